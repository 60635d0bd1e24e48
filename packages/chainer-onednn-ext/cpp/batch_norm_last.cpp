// Batch normalization of channels-last images, in one pass with what follows it. Numbers of a channel lie C apart, so
// the innermost loops go over the channels.
#include <cmath>

#include "channels_last.hpp"
#include "kernels.hpp"
#include "parallel.hpp"

namespace {

constexpr int64_t kTogether = 1;  // rows
constexpr int64_t kRows = 64;  // sums of so many rows are float32, sums of those float64

// What two sums are to be taken of, for an element of a channel.
struct OfCentred {
    const float *x, *center;
    inline void operator()(int64_t at, int64_t c, float &s, float &t) const {
        float v = x[at] - center[c];
        s += v;
        t += v * v;
    }
};

struct OfGradients {
    const float *x, *gy, *mean;
    inline void operator()(int64_t at, int64_t c, float &s, float &t) const {
        s += gy[at];
        t += gy[at] * (x[at] - mean[c]);
    }
};

// Behind a rectifier of output y.
struct OfMaskedGradients {
    const float *x, *gy, *y, *mean;
    inline void operator()(int64_t at, int64_t c, float &s, float &t) const {
        float upper = gy[at], g = y[at] > 0.0f ? upper : 0.0f;
        s += g;
        t += g * (x[at] - mean[c]);
    }
};

// The same, where the output has been (x - mean) * scale + shift: computing its sign again is cheaper than reading it.
struct OfRectifiedGradients {
    const float *x, *gy, *mean, *scale, *shift;
    inline void operator()(int64_t at, int64_t c, float &s, float &t) const {
        float centred = x[at] - mean[c], upper = gy[at];
        float g = centred * scale[c] + shift[c] > 0.0f ? upper : 0.0f;
        s += g;
        t += g * centred;
    }
};

// Sums over rows [begin, end) of a matrix of `channels` columns, added to s and t. The rows are read as they lie, some
// together: reading a few columns of many rows leaves the memory idle.
template <typename Term> void add_rows(Term term, int64_t begin, int64_t end, int64_t channels, double *s, double *t) {
    std::vector<float> partial(2 * channels);
    float *__restrict a = partial.data(), *__restrict b = a + channels;
    for (int64_t r = begin; r < end; r += kRows) {
        int64_t stop = std::min(end, r + kRows), row = r;
        std::fill(partial.begin(), partial.end(), 0.0f);
        for (; row + kTogether <= stop; row += kTogether) {
#pragma omp simd
            for (int64_t c = 0; c < channels; ++c) {
                float u = 0, v = 0;
                for (int64_t i = 0; i < kTogether; ++i) term((row + i) * channels + c, c, u, v);
                a[c] += u, b[c] += v;
            }
        }
        for (; row < stop; ++row) {
#pragma omp simd
            for (int64_t c = 0; c < channels; ++c) {
                float u = 0, v = 0;
                term(row * channels + c, c, u, v);
                a[c] += u, b[c] += v;
            }
        }
        for (int64_t c = 0; c < channels; ++c) s[c] += a[c], t[c] += b[c];
    }
}

struct Sums {
    std::vector<double> s, t;
};

// The same over all rows. Each thread adds up a range of them, and the ranges are added in their order.
template <typename Term> Sums sums(Term term, int64_t rows, int64_t channels) {
    int64_t parts = std::max<int64_t>(1, std::min<int64_t>({omp_get_max_threads(), rows, 1 + rows * channels / kElementsPerThread}));
    std::vector<Sums> of_part(parts, {std::vector<double>(channels), std::vector<double>(channels)});
    parallel_for(parts, kElementsPerThread, [&](int64_t i) {
        add_rows(term, i * rows / parts, (i + 1) * rows / parts, channels, of_part[i].s.data(), of_part[i].t.data());
    });
    for (int64_t i = 1; i < parts; ++i)
        for (int64_t c = 0; c < channels; ++c) of_part[0].s[c] += of_part[i].s[c], of_part[0].t[c] += of_part[i].t[c];
    return of_part[0];
}

// Calls f(row * channels, channels) for every row, shared among the threads.
template <typename F> void for_rows(int64_t rows, int64_t channels, F f) {
    parallel_parts(rows, channels, [=](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) f(r * channels);
    });
}

template <bool kCenters, bool kScales, bool kShifts, bool kAdds, bool kRectifies>
void affine_rows(int64_t rows, int64_t n, const float *x, const float *center, const float *scale, const float *shift,
                 const float *addend, float *y) {
    for_rows(rows, n, [=](int64_t at) {
        const float *__restrict from = x + at;
        const float *__restrict more = addend + (kAdds ? at : 0);
        float *__restrict to = y + at;
#pragma omp simd
        for (int64_t c = 0; c < n; ++c) {
            float v = from[c];
            if (kCenters) v -= center[c];
            if (kScales) v *= scale[c];
            if (kShifts) v += shift[c];
            if (kAdds) v += more[c];
            if (kRectifies) v = v < 0.0f ? 0.0f : v;  // NaN stays
            to[c] = v;
        }
    });
}

using AffineRows = void (*)(int64_t, int64_t, const float *, const float *, const float *, const float *, const float *,
                            float *);

template <size_t... kFlags> AffineRows choose(size_t flags, std::index_sequence<kFlags...>) {
    static constexpr AffineRows table[] = {
        affine_rows<(kFlags & 1) != 0, (kFlags & 2) != 0, (kFlags & 4) != 0, (kFlags & 8) != 0, (kFlags & 16) != 0>...};
    return table[flags];
}

bool is_channel(const Floats &a, int64_t channels) { return !a || a.size() == channels; }

}  // namespace

nb::object affine_last(nb::handle x, nb::handle center, nb::handle scale, nb::handle shift, nb::handle addend,
                       bool rectifies) {
    Floats source = Floats::from(x), of_center = Floats::from(center), of_scale = Floats::from(scale),
           of_shift = Floats::from(shift), more = Floats::from(addend);
    if (!source || source.ndim() != 4) return nb::none();
    int64_t n = source.dim(3), rows = n == 0 ? 0 : source.size() / n;
    if (!is_channel(of_center, n) || !is_channel(of_scale, n) || !is_channel(of_shift, n)) return nb::none();
    if (more && more.shape() != source.shape()) return nb::none();
    Floats y = Floats::empty(source.shape());
    size_t flags = (of_center ? 1 : 0) | (of_scale ? 2 : 0) | (of_shift ? 4 : 0) | (more ? 8 : 0) | (rectifies ? 16 : 0);
    auto data = [](const Floats &a) { return a ? a.data() : nullptr; };
    AffineRows f = choose(flags, std::make_index_sequence<32>());
    run_without_gil(source.size(), [&] {
        f(rows, n, source.data(), data(of_center), data(of_scale), data(of_shift), data(more), y.data());
    });
    return y.object();
}

nb::object moments_last(nb::handle x) {
    Floats source = Floats::from(x);
    if (!source || source.ndim() != 4 || source.size() == 0) return nb::none();
    int64_t n = source.dim(3), rows = source.size() / n;
    Floats mean = Floats::empty({n}), var = Floats::empty({n});
    run_without_gil(source.size(), [&] {
        // One pass, with deviations from the mean of some rows: close enough to the mean of all for the variance to
        // lose nothing when the square of the rest is taken off.
        const float *data = source.data();
        int64_t sample = std::min<int64_t>(rows, 32), step = rows / sample;
        std::vector<double> near(n);
        for (int64_t i = 0; i < sample; ++i)
            for (int64_t c = 0; c < n; ++c) near[c] += data[i * step * n + c];
        std::vector<float> center(n);
        for (int64_t c = 0; c < n; ++c) center[c] = static_cast<float>(near[c] / sample);
        Sums total = sums(OfCentred{data, center.data()}, rows, n);
        for (int64_t c = 0; c < n; ++c) {
            double rest = total.s[c] / rows;
            mean.data()[c] = static_cast<float>(center[c] + rest);
            var.data()[c] = static_cast<float>(std::max(total.t[c] / rows - rest * rest, 0.0));
        }
    });
    return nb::make_tuple(mean.object(), var.object());
}

nb::object sum_last(nb::handle x) {
    Floats source = Floats::from(x);
    if (!source || source.ndim() != 4) return nb::none();
    int64_t n = source.dim(3), rows = n == 0 ? 0 : source.size() / n;
    Floats y = Floats::empty({n});
    run_without_gil(source.size(), [&] {
        std::vector<float> zero(n);
        Sums total = sums(OfCentred{source.data(), zero.data()}, rows, n);
        for (int64_t c = 0; c < n; ++c) y.data()[c] = static_cast<float>(total.s[c]);
    });
    return y.object();
}

nb::object batch_norm_backward_last(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle y, nb::handle scale,
                                    nb::handle shift, nb::handle mean, nb::handle inv_std, bool is_fixed) {
    Floats of_scale = Floats::from(scale), of_shift = Floats::from(shift);
    Floats source = Floats::from(x), upper = Floats::from(gy), output = Floats::from(y), factor = Floats::from(gamma),
           of_mean = Floats::from(mean), of_std = Floats::from(inv_std);
    if (!source || !upper || !factor || !of_mean || !of_std || source.ndim() != 4 || source.size() == 0) return nb::none();
    int64_t n = source.dim(3), rows = source.size() / n;
    if (upper.shape() != source.shape() || (output && output.shape() != source.shape())) return nb::none();
    if (!is_channel(of_scale, n) || !is_channel(of_shift, n) || of_scale.operator bool() != of_shift.operator bool())
        return nb::none();
    if (factor.size() != n || of_mean.size() != n || of_std.size() != n) return nb::none();
    Floats gx = Floats::empty(source.shape()), ggamma = Floats::empty({n}), gbeta = Floats::empty({n});
    run_without_gil(source.size() * 2, [&] {
        const float *a = source.data(), *g = upper.data(), *m = of_mean.data(), *mask = output ? output.data() : nullptr;
        const float *factors = of_scale ? of_scale.data() : nullptr, *terms = of_shift ? of_shift.data() : nullptr;
        Sums total = factors != nullptr ? sums(OfRectifiedGradients{a, g, m, factors, terms}, rows, n)
                     : mask != nullptr  ? sums(OfMaskedGradients{a, g, mask, m}, rows, n)
                                        : sums(OfGradients{a, g, m}, rows, n);
        // gx = gamma s (gy - (x_hat ggamma + gbeta) / n), where the statistics are those of the images; else gamma s gy
        std::vector<float> by_gy(n), of_x(n), constant(n);
        for (int64_t c = 0; c < n; ++c) {
            double s = of_std.data()[c], gamma_gradient = total.t[c] * s, outer = factor.data()[c] * s;
            by_gy[c] = static_cast<float>(outer);
            of_x[c] = is_fixed ? 0 : static_cast<float>(-outer * s * gamma_gradient / rows);
            constant[c] = is_fixed ? 0 : static_cast<float>(-outer * total.s[c] / rows);
            ggamma.data()[c] = static_cast<float>(gamma_gradient);
            gbeta.data()[c] = static_cast<float>(total.s[c]);
        }
        const float *by_g = by_gy.data(), *by_x = of_x.data(), *rest = constant.data();
        float *to = gx.data();
        for_rows(rows, n, [=](int64_t at) {
            const float *__restrict from = a + at, *__restrict up = g + at;
            float *__restrict out = to + at;
            if (factors != nullptr) {
#pragma omp simd
                for (int64_t c = 0; c < n; ++c) {
                    float v = up[c], centred = from[c] - m[c];
                    float masked = centred * factors[c] + terms[c] > 0.0f ? v : 0.0f;
                    out[c] = by_g[c] * masked + (by_x[c] * centred + rest[c]);
                }
            } else if (mask == nullptr) {
#pragma omp simd
                for (int64_t c = 0; c < n; ++c) out[c] = by_g[c] * up[c] + (by_x[c] * (from[c] - m[c]) + rest[c]);
            } else {
                const float *__restrict out_of_relu = mask + at;
#pragma omp simd
                for (int64_t c = 0; c < n; ++c) {
                    float v = up[c], masked = out_of_relu[c] > 0.0f ? v : 0.0f;
                    out[c] = by_g[c] * masked + (by_x[c] * (from[c] - m[c]) + rest[c]);
                }
            }
        });
    });
    return nb::make_tuple(gx.object(), ggamma.object(), gbeta.object());
}
