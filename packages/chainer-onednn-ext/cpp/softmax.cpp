// Softmax and its logarithm along any axis, and their gradients. Seen as (outer, n, inner), over the second of the three.
#include "softmax.hpp"

#include <cmath>

#include "kernels.hpp"
#include "parallel.hpp"

namespace {

constexpr int64_t kTile = 256;  // neighbouring lines that are worked on together where inner is not 1

struct View {
    int64_t outer = 1, n = 1, inner = 1;

    View(const Floats &x, int64_t axis) {
        axis = axis < 0 ? axis + x.ndim() : axis;
        for (int a = 0; a < x.ndim(); ++a) (a < axis ? outer : a == axis ? n : inner) *= x.dim(a);
    }

    // Calls row(offset) for each line whose elements are neighbours, or else tile(offset, width) for some lines that
    // lie side by side, `inner` apart from element to element.
    template <typename Row, typename Tile> void for_each(Row row, Tile tile) const {
        if (inner == 1) {
            parallel_for(outer, n * 8, [&](int64_t o) { row(o * n); });
            return;
        }
        int64_t tiles = (inner + kTile - 1) / kTile;
        parallel_for(outer * tiles, n * std::min(inner, kTile) * 8, [&](int64_t i) {
            int64_t begin = i % tiles * kTile;
            tile(i / tiles * n * inner + begin, std::min(kTile, inner - begin));
        });
    }
};

void log_softmax_row(const float *x, float *y, int64_t n) {
    float m = largest_of_row(x, n);
    auto log_total = static_cast<float>(std::log(exp_row(x, m, y, n)));
    for_vectors(n, [=](int64_t i, auto lanes) {
        lanes.store(y + i, lanes.load(x + i) - vector(m) - vector(log_total));
    });
}

template <bool is_log> void forward_tile(const float *x, float *y, int64_t n, int64_t stride, int64_t width) {
    float m[kTile], total[kTile];
    std::fill_n(m, width, -std::numeric_limits<float>::infinity());
    std::fill_n(total, width, 0.0f);
    for (int64_t i = 0; i < n; ++i) {
        const float *a = x + i * stride;
        for (int64_t j = 0; j < width; ++j) m[j] = a[j] > m[j] ? a[j] : m[j];
    }
    for (int64_t i = 0; i < n; ++i) {
        const float *a = x + i * stride;
        float *b = y + i * stride;
        for_vectors(width, [&](int64_t j, auto lanes) {
            Vector z = lanes.load(a + j) - lanes.load(m + j), e = exp_of_negative(z);
            lanes.store(b + j, is_log ? z : e);
            lanes.store(total + j, lanes.load(total + j) + e);
        });
    }
    for (int64_t j = 0; j < width; ++j) total[j] = is_log ? std::log(total[j]) : 1 / total[j];
    for (int64_t i = 0; i < n; ++i) {
        float *b = y + i * stride;
        for_vectors(width, [&](int64_t j, auto lanes) {
            Vector z = lanes.load(b + j), t = lanes.load(total + j);
            lanes.store(b + j, is_log ? z - t : z * t);
        });
    }
}

// The two formulas of the gradient: what is summed along the axis, and what becomes of it.
template <bool is_log> Vector term(Vector y, Vector gy) { return is_log ? gy : y * gy; }
template <bool is_log> Vector gradient(Vector y, Vector gy, Vector sum) {
    return is_log ? gy - exp_of_negative(y) * sum : y * (gy - sum);
}

template <bool is_log> void backward_row(const float *y, const float *gy, float *gx, int64_t n) {
    auto sum = static_cast<float>(sum_of_vectors(n, [=](int64_t i, auto lanes) {
        return term<is_log>(lanes.load(y + i), lanes.load(gy + i));
    }));
    for_vectors(n, [=](int64_t i, auto lanes) {
        lanes.store(gx + i, gradient<is_log>(lanes.load(y + i), lanes.load(gy + i), vector(sum)));
    });
}

template <bool is_log>
void backward_tile(const float *y, const float *gy, float *gx, int64_t n, int64_t stride, int64_t width) {
    float sum[kTile];
    std::fill_n(sum, width, 0.0f);
    for (int64_t i = 0; i < n; ++i) {
        for_vectors(width, [&, a = y + i * stride, g = gy + i * stride](int64_t j, auto lanes) {
            lanes.store(sum + j, lanes.load(sum + j) + term<is_log>(lanes.load(a + j), lanes.load(g + j)));
        });
    }
    for (int64_t i = 0; i < n; ++i) {
        for_vectors(width, [&, a = y + i * stride, g = gy + i * stride, to = gx + i * stride](int64_t j, auto lanes) {
            lanes.store(to + j, gradient<is_log>(lanes.load(a + j), lanes.load(g + j), lanes.load(sum + j)));
        });
    }
}

template <bool is_log> nb::object forward(nb::handle x, int64_t axis) {
    Floats source = Floats::from(x);
    if (!source) return nb::none();
    Floats out = Floats::empty(source.shape());
    View v(source, axis);
    const float *from = source.data();
    float *to = out.data();
    run_without_gil(source.size() * 8, [=] {
        v.for_each(
            [=](int64_t i) {
                float largest, total;
                if (is_log) log_softmax_row(from + i, to + i, v.n);
                else softmax_row(from + i, to + i, v.n, largest, total);
            },
            [=](int64_t i, int64_t width) { forward_tile<is_log>(from + i, to + i, v.n, v.inner, width); });
    });
    return out.object();
}

template <bool is_log> nb::object backward(nb::handle y, nb::handle gy, int64_t axis) {
    Floats output = Floats::from(y), upper = Floats::from(gy);
    if (!output || !upper || output.size() != upper.size()) return nb::none();
    Floats gx = Floats::empty(output.shape());
    View v(output, axis);
    const float *a = output.data(), *g = upper.data();
    float *to = gx.data();
    run_without_gil(output.size() * 8, [=] {
        v.for_each(
            [=](int64_t i) { backward_row<is_log>(a + i, g + i, to + i, v.n); },
            [=](int64_t i, int64_t width) { backward_tile<is_log>(a + i, g + i, to + i, v.n, v.inner, width); });
    });
    return gx.object();
}

}  // namespace

nb::object softmax(nb::handle x, int64_t axis) { return forward<false>(x, axis); }
nb::object softmax_backward(nb::handle y, nb::handle gy, int64_t axis) { return backward<false>(y, gy, axis); }
nb::object log_softmax(nb::handle x, int64_t axis) { return forward<true>(x, axis); }
nb::object log_softmax_backward(nb::handle y, nb::handle gy, int64_t axis) { return backward<true>(y, gy, axis); }
