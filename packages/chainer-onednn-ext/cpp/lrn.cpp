// Local response normalization across channels, which are the second axis or the last one.
#include <cmath>
#include <vector>

#include "kernels.hpp"
#include "parallel.hpp"
#include "vectors.hpp"

namespace {

// What a thread works on at once: rows of an array, copied to scratch memory where the neighbouring channels of an
// element lie `step` before and behind it. With channels second, a row is some positions of one channel, and a step is
// a row; with channels last, a row is one position with all its channels, and zeros between rows end the windows.
struct Tile {
    int64_t offset, rows, length, stride;  // in the array
    int64_t pitch, step;                   // in scratch memory

    int64_t size() const { return rows * pitch; }
};

struct Lrn {
    int64_t outer = 1, channels = 1, inner = 1;
    int64_t reach;
    bool channels_last;
    float k, alpha, beta;

    Lrn(const Floats &x, int64_t n, double k, double alpha, double beta, bool channels_last)
        : reach(std::max<int64_t>(n / 2, 0)), channels_last(channels_last), k(static_cast<float>(k)),
          alpha(static_cast<float>(alpha)), beta(static_cast<float>(beta)) {
        int axis = channels_last ? x.ndim() - 1 : 1;
        for (int a = 0; a < x.ndim(); ++a) (a < axis ? outer : a == axis ? channels : inner) *= x.dim(a);
        reach = std::min(reach, channels);
    }

    // Calls f(tile) for each tile, of about as many elements as fit into the cache.
    template <typename F> void for_each_tile(F f) const {
        constexpr int64_t kElements = 8192;
        if (outer * channels * inner == 0) return;
        int64_t positions = channels_last ? outer : inner;
        int64_t together = std::min(positions, std::max<int64_t>(kElements / channels, 16));
        int64_t tiles = (positions + together - 1) / together, images = channels_last ? 1 : outer;
        parallel_for(images * tiles, channels * together * 8, [&](int64_t i) {
            int64_t begin = i % tiles * together, n = std::min(together, positions - begin);
            if (channels_last) f(Tile{begin * channels, n, channels, channels, channels + reach, 1});
            else f(Tile{i / tiles * channels * inner + begin, channels, n, inner, n, n});
        });
    }
};

// Scratch memory of the calling thread for a tile, with zeros before and behind it and between the rows.
float *scratch_for(const Tile &tile, int64_t reach) {
    static thread_local std::vector<float> memory;
    int64_t margin = reach * tile.step;
    memory.assign(tile.size() + 2 * margin, 0.0f);
    return memory.data() + margin;
}

// Sum over the neighbours and the element itself.
template <typename Lanes> Vector window_sum(Lanes lanes, const float *term, int64_t step, int64_t reach) {
    Vector sum = lanes.load(term);
    for (int64_t i = 1; i <= reach; ++i) sum += lanes.load(term + i * step) + lanes.load(term - i * step);
    return sum;
}

// Writes term(i, lanes) of all elements i of a tile, then calls finish(i, lanes, sum) with the sums over the windows.
template <typename Term, typename Finish> void over_windows(const Lrn &p, const Tile &tile, Term term, Finish finish) {
    float *terms = scratch_for(tile, p.reach);
    for (int64_t r = 0; r < tile.rows; ++r) {
        for_vectors(tile.length, [=, i0 = tile.offset + r * tile.stride, to = terms + r * tile.pitch](int64_t i,
                                                                                                    auto lanes) {
            lanes.store(to + i, term(i0 + i, lanes));
        });
    }
    for (int64_t r = 0; r < tile.rows; ++r) {
        for_vectors(tile.length, [=, &tile, &p, i0 = tile.offset + r * tile.stride,
                                  from = terms + r * tile.pitch](int64_t i, auto lanes) {
            finish(i0 + i, lanes, window_sum(lanes, from + i, tile.step, p.reach));
        });
    }
}

// s^-beta. The exponent of the paper takes two roots instead of eight calls of pow.
Vector power(Vector s, float beta) {
    if (beta == 0.75f) {
        Vector root = _mm256_sqrt_ps(s);
        return vector(1) / (root * _mm256_sqrt_ps(root));
    }
    alignas(32) float each[8];
    _mm256_store_ps(each, s);
    for (float &value : each) value = std::pow(value, -beta);
    return _mm256_load_ps(each);
}

}  // namespace

nb::object lrn_forward(nb::handle x, int64_t n, double k, double alpha, double beta, bool channels_last) {
    Floats source = Floats::from(x);
    if (!source) return nb::none();
    Floats y = Floats::empty(source.shape()), scale = Floats::empty(source.shape());
    Lrn p(source, n, k, alpha, beta, channels_last);
    const float *from = source.data();
    float *to = y.data(), *unit_scale = scale.data();
    run_without_gil(source.size() * 8, [&] {
        p.for_each_tile([&](const Tile &tile) {
            auto square = [=](int64_t i, auto lanes) {
                Vector a = lanes.load(from + i);
                return a * a;
            };
            over_windows(p, tile, square, [=, &p](int64_t i, auto lanes, Vector sum) {
                Vector s = vector(p.k) + vector(p.alpha) * sum;
                lanes.store(unit_scale + i, s);
                lanes.store(to + i, lanes.load(from + i) * power(s, p.beta));
            });
        });
    });
    return nb::make_tuple(y.object(), scale.object());
}

nb::object lrn_backward(nb::handle x, nb::handle y, nb::handle gy, nb::handle unit_scale, int64_t n, double k,
                        double alpha, double beta, bool channels_last) {
    Floats source = Floats::from(x), output = Floats::from(y), upper = Floats::from(gy), scale = Floats::from(unit_scale);
    if (!source || !output || !upper || !scale) return nb::none();
    if (output.size() != source.size() || upper.size() != source.size() || scale.size() != source.size())
        return nb::none();
    Floats gx = Floats::empty(source.shape());
    Lrn p(source, n, k, alpha, beta, channels_last);
    const float *a = source.data(), *b = output.data(), *g = upper.data(), *s = scale.data();
    float *to = gx.data();
    run_without_gil(source.size() * 8, [&] {
        p.for_each_tile([&](const Tile &tile) {
            auto shared = [=](int64_t i, auto lanes) {
                return lanes.load(g + i) * lanes.load(b + i) / lanes.load(s + i);
            };
            over_windows(p, tile, shared, [=, &p](int64_t i, auto lanes, Vector sum) {
                Vector direct = power(lanes.load(s + i), p.beta) * lanes.load(g + i);
                lanes.store(to + i, direct - vector(2 * p.alpha * p.beta) * lanes.load(a + i) * sum);
            });
        });
    });
    return gx.object();
}
