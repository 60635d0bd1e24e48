// Rectifiers and dropout: loops over all elements in the order in which they lie.
#include "kernels.hpp"
#include "parallel.hpp"

namespace {

// Loops in functions of their own, whose arrays the compiler may take to be apart, become vector code. What a choice
// is made between is read before it, or it becomes a branch that is mispredicted every other time.

void relu_range(int64_t n, const float *__restrict x, float *__restrict y) {
    for (int64_t i = 0; i < n; ++i) {
        float v = x[i];
        y[i] = v < 0.0f ? 0.0f : v;  // NaN stays
    }
}

template <bool kAdds>
void relu_backward_range(int64_t n, const float *__restrict y, const float *__restrict gy, const float *__restrict more,
                         float *__restrict gx) {
    for (int64_t i = 0; i < n; ++i) {
        float g = gy[i], masked = y[i] > 0.0f ? g : 0.0f;
        gx[i] = kAdds ? masked + more[i] : masked;
    }
}

}  // namespace

nb::object relu(nb::handle x) {
    Floats source = Floats::from(x);
    if (!source) return nb::none();
    Floats y = Floats::empty(source.shape());
    const float *from = source.data();
    float *to = y.data();
    int64_t n = source.size();
    run_without_gil(n, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            relu_range(end - begin, from + begin, to + begin);
        });
    });
    return y.object();
}

nb::object relu_backward(nb::handle y, nb::handle gy, nb::handle addend) {
    Floats output = Floats::from(y), upper = Floats::from(gy), added = Floats::from(addend);
    if (!output || !upper || output.size() != upper.size() || (added && added.size() != upper.size())) return nb::none();
    Floats gx = Floats::empty(upper.shape());
    const float *mask = output.data(), *from = upper.data(), *more = added ? added.data() : nullptr;
    float *to = gx.data();
    int64_t n = upper.size();
    run_without_gil(n, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            if (more != nullptr)
                relu_backward_range<true>(end - begin, mask + begin, from + begin, more + begin, to + begin);
            else
                relu_backward_range<false>(end - begin, mask + begin, from + begin, nullptr, to + begin);
        });
    });
    return gx.object();
}

namespace {

// A generator without state: a bijection of 32 bits whose output looks random (Mueller's mixer, two rounds), fed with
// the number of the element and two words of the key. The mask is the same whatever the number of threads.
inline uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

void dropout_range(int64_t begin, int64_t n, uint32_t low, uint32_t high, uint32_t threshold, float scale,
                   const float *__restrict x, float *__restrict y, float *__restrict mask) {
    uint32_t part = mix(high ^ mix(static_cast<uint32_t>(begin >> 32) + 1));
    uint32_t first = static_cast<uint32_t>(begin) + low;
    for (int32_t i = 0; i < static_cast<int32_t>(n); ++i) {
        auto random = static_cast<int32_t>(mix(mix(first + static_cast<uint32_t>(i)) ^ part) >> 8);
        float f = random >= static_cast<int32_t>(threshold) ? scale : 0.0f;
        mask[i] = f;
        y[i] = x[i] * f;
    }
}

}  // namespace

nb::object dropout(nb::handle x, double ratio, uint64_t key) {
    Floats source = Floats::from(x);
    if (!source) return nb::none();
    Floats y = Floats::empty(source.shape()), mask = Floats::empty(source.shape());
    const float *from = source.data();
    float *to = y.data(), *factor = mask.data();
    int64_t n = source.size();
    // 24 bits of the 32, so that the comparison is one of exactly represented floats.
    auto threshold = static_cast<uint32_t>(ratio * (1 << 24) + 0.5);
    auto scale = static_cast<float>(1 / (1 - ratio));
    auto low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
    run_without_gil(n * 2, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            dropout_range(begin, end - begin, low, high, threshold, scale, from + begin, to + begin, factor + begin);
        });
    });
    return nb::make_tuple(y.object(), mask.object());
}
