// Batch normalization. Seen as (outer, channels, inner), with statistics over the first and the last of the three.
#include <cmath>

#include "kernels.hpp"
#include "parallel.hpp"

namespace {

struct View {
    int64_t outer = 1, channels = 1, inner = 1;
    Dims key_shape;
    bool fits = false;

    // Fits if the axes that are not reduced are neighbours.
    View(const Floats &x, nb::handle axis) {
        Dims reduced = dims_of(axis);
        int part = 0;  // 0: before the keys, 1: among them, 2: behind
        for (int a = 0; a < x.ndim(); ++a) {
            bool is_key = std::find(reduced.begin(), reduced.end(), a) == reduced.end();
            if (is_key && part == 2) return;
            if (is_key) {
                part = 1;
                key_shape.push_back(x.dim(a));
                channels *= x.dim(a);
            } else {
                if (part == 1) part = 2;
                (part == 0 ? outer : inner) *= x.dim(a);
            }
        }
        fits = outer * inner * channels > 0;
    }
    int64_t count() const { return outer * inner; }
};

bool are_parameters(const View &view, std::initializer_list<const Floats *> arrays) {
    for (const Floats *a : arrays)
        if (!*a || a->size() != view.channels) return false;
    return true;
}

// How many channels a thread takes together where their elements alternate: those of some cache lines.
constexpr int64_t kTogether = 64;

// Sums within a row are float32 in vector registers, sums of rows float64.
inline double sum(const float *x, int64_t n) {
    float s = 0;
#pragma omp simd reduction(+ : s)
    for (int64_t i = 0; i < n; ++i) s += x[i];
    return s;
}

inline double sum_of_squares(const float *x, float mean, int64_t n) {
    float s = 0;
#pragma omp simd reduction(+ : s)
    for (int64_t i = 0; i < n; ++i) s += (x[i] - mean) * (x[i] - mean);
    return s;
}

void forward_channel(const View &v, int64_t c, const float *x, float gamma, float beta, double eps, float *y,
                     float *mean, float *var, float *inv_std) {
    int64_t stride = v.channels * v.inner;
    x += c * v.inner;
    y += c * v.inner;
    double total = 0;
    for (int64_t o = 0; o < v.outer; ++o) total += sum(x + o * stride, v.inner);
    auto m = static_cast<float>(total / v.count());
    total = 0;
    for (int64_t o = 0; o < v.outer; ++o) total += sum_of_squares(x + o * stride, m, v.inner);
    double variance = total / v.count();
    auto s = static_cast<float>(1 / std::sqrt(variance + eps));
    float scale = gamma * s;
    for (int64_t o = 0; o < v.outer; ++o) {
        const float *from = x + o * stride;
        float *to = y + o * stride;
        for (int64_t i = 0; i < v.inner; ++i) to[i] = (from[i] - m) * scale + beta;
    }
    mean[c] = m;
    var[c] = static_cast<float>(variance);
    inv_std[c] = s;
}

void backward_channel(const View &v, int64_t c, const float *x, const float *gy, float gamma, float mean, float inv_std,
                      float *gx, float *ggamma, float *gbeta) {
    int64_t stride = v.channels * v.inner;
    x += c * v.inner;
    gy += c * v.inner;
    gx += c * v.inner;
    double of_gy = 0, of_product = 0;
    for (int64_t o = 0; o < v.outer; ++o) {
        const float *a = x + o * stride, *b = gy + o * stride;
        float s = 0, t = 0;
#pragma omp simd reduction(+ : s, t)
        for (int64_t i = 0; i < v.inner; ++i) {
            s += b[i];
            t += b[i] * (a[i] - mean);
        }
        of_gy += s;
        of_product += t;
    }
    double gamma_gradient = of_product * inv_std;
    // gx = gamma s (gy - (x_hat ggamma + gbeta) / n)
    float scale = gamma * inv_std;
    auto of_x = static_cast<float>(-scale * inv_std * gamma_gradient / v.count());
    auto constant = static_cast<float>(-scale * of_gy / v.count());
    for (int64_t o = 0; o < v.outer; ++o) {
        const float *a = x + o * stride, *b = gy + o * stride;
        float *to = gx + o * stride;
        for (int64_t i = 0; i < v.inner; ++i) to[i] = scale * b[i] + (of_x * (a[i] - mean) + constant);
    }
    ggamma[c] = static_cast<float>(gamma_gradient);
    gbeta[c] = static_cast<float>(of_gy);
}

// The same where the elements of channels alternate (inner == 1), for channels [c, c + n).
void forward_columns(const View &v, int64_t c, int64_t n, const float *x, const float *gamma, const float *beta,
                     double eps, float *y, float *mean, float *var, float *inv_std) {
    double total[kTogether] = {};
    float scale[kTogether];
    x += c;
    y += c;
    for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = 0; i < n; ++i) total[i] += x[o * v.channels + i];
    for (int64_t i = 0; i < n; ++i) {
        mean[c + i] = static_cast<float>(total[i] / v.outer);
        total[i] = 0;
    }
    for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = 0; i < n; ++i) {
            float d = x[o * v.channels + i] - mean[c + i];
            total[i] += d * d;
        }
    for (int64_t i = 0; i < n; ++i) {
        double variance = total[i] / v.outer;
        var[c + i] = static_cast<float>(variance);
        inv_std[c + i] = static_cast<float>(1 / std::sqrt(variance + eps));
        scale[i] = gamma[c + i] * inv_std[c + i];
    }
    for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = 0; i < n; ++i)
            y[o * v.channels + i] = (x[o * v.channels + i] - mean[c + i]) * scale[i] + beta[c + i];
}

void backward_columns(const View &v, int64_t c, int64_t n, const float *x, const float *gy, const float *gamma,
                      const float *mean, const float *inv_std, float *gx, float *ggamma, float *gbeta) {
    double of_gy[kTogether] = {}, of_product[kTogether] = {};
    float scale[kTogether], of_x[kTogether], constant[kTogether];
    for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = 0; i < n; ++i) {
            float g = gy[o * v.channels + c + i];
            of_gy[i] += g;
            of_product[i] += g * (x[o * v.channels + c + i] - mean[c + i]);
        }
    for (int64_t i = 0; i < n; ++i) {
        double gamma_gradient = of_product[i] * inv_std[c + i];
        scale[i] = gamma[c + i] * inv_std[c + i];
        of_x[i] = static_cast<float>(-scale[i] * inv_std[c + i] * gamma_gradient / v.outer);
        constant[i] = static_cast<float>(-scale[i] * of_gy[i] / v.outer);
        ggamma[c + i] = static_cast<float>(gamma_gradient);
        gbeta[c + i] = static_cast<float>(of_gy[i]);
    }
    for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = 0; i < n; ++i) {
            int64_t at = o * v.channels + c + i;
            gx[at] = scale[i] * gy[at] + (of_x[i] * (x[at] - mean[c + i]) + constant[i]);
        }
}

// With statistics that do not depend on x: gx = gamma s gy, and the same sums.
void inference_backward_channel(const View &v, int64_t c, const float *x, const float *gy, float scale, float mean,
                                float *gx, double *of_gy, double *of_product) {
    int64_t stride = v.channels * v.inner;
    for (int64_t o = 0; o < v.outer; ++o) {
        const float *a = x + o * stride + c * v.inner, *b = gy + o * stride + c * v.inner;
        float *to = gx + o * stride + c * v.inner;
        float s = 0, t = 0;
#pragma omp simd reduction(+ : s, t)
        for (int64_t i = 0; i < v.inner; ++i) {
            s += b[i];
            t += b[i] * (a[i] - mean);
            to[i] = scale * b[i];
        }
        of_gy[c] += s;
        of_product[c] += t;
    }
}

void inference_backward_columns(const View &v, int64_t c, int64_t n, const float *x, const float *gy, const float *scale,
                                const float *mean, float *gx, double *of_gy, double *of_product) {
    for (int64_t o = 0; o < v.outer; ++o)
        for (int64_t i = c; i < c + n; ++i) {
            int64_t at = o * v.channels + i;
            of_gy[i] += gy[at];
            of_product[i] += gy[at] * (x[at] - mean[i]);
            gx[at] = scale[i] * gy[at];
        }
}

// Runs by_channel(c) for all channels, or by_columns(c, n) where their elements alternate.
template <typename F, typename G> void over_channels(const View &v, F by_channel, G by_columns) {
    run_without_gil(v.count() * v.channels, [&] {
        if (v.inner > 1 || v.channels == 1) {
            parallel_for(v.channels, v.count(), by_channel);
            return;
        }
        int64_t parts = (v.channels + kTogether - 1) / kTogether;
        parallel_for(parts, v.count() * kTogether, [&](int64_t part) {
            int64_t c = part * kTogether;
            by_columns(c, std::min(kTogether, v.channels - c));
        });
    });
}

}  // namespace

nb::object batch_norm_forward(nb::handle x, nb::handle gamma, nb::handle beta, nb::handle axis, double eps) {
    Floats source = Floats::from(x), factor = Floats::from(gamma), shift = Floats::from(beta);
    if (!source) return nb::none();
    View v(source, axis);
    if (!v.fits || !are_parameters(v, {&factor, &shift})) return nb::none();
    Floats y = Floats::empty(source.shape());
    Floats mean = Floats::empty(v.key_shape), var = Floats::empty(v.key_shape), inv_std = Floats::empty(v.key_shape);
    const float *from = source.data(), *g = factor.data(), *b = shift.data();
    float *to = y.data(), *m = mean.data(), *variance = var.data(), *s = inv_std.data();
    over_channels(
        v, [=, &v](int64_t c) { forward_channel(v, c, from, g[c], b[c], eps, to, m, variance, s); },
        [=, &v](int64_t c, int64_t n) { forward_columns(v, c, n, from, g, b, eps, to, m, variance, s); });
    return nb::make_tuple(y.object(), mean.object(), var.object(), inv_std.object());
}

nb::object batch_norm_backward(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle mean, nb::handle inv_std,
                               nb::handle axis) {
    Floats source = Floats::from(x), factor = Floats::from(gamma), upper = Floats::from(gy);
    Floats center = Floats::from(mean), inverse = Floats::from(inv_std);
    if (!source || !upper || upper.size() != source.size()) return nb::none();
    View v(source, axis);
    if (!v.fits || !are_parameters(v, {&factor, &center, &inverse})) return nb::none();
    Floats gx = Floats::empty(source.shape()), ggamma = Floats::empty(v.key_shape), gbeta = Floats::empty(v.key_shape);
    const float *from = source.data(), *up = upper.data(), *g = factor.data(), *m = center.data(), *s = inverse.data();
    float *to = gx.data(), *of_gamma = ggamma.data(), *of_beta = gbeta.data();
    over_channels(
        v, [=, &v](int64_t c) { backward_channel(v, c, from, up, g[c], m[c], s[c], to, of_gamma, of_beta); },
        [=, &v](int64_t c, int64_t n) { backward_columns(v, c, n, from, up, g, m, s, to, of_gamma, of_beta); });
    return nb::make_tuple(gx.object(), ggamma.object(), gbeta.object());
}

nb::object batch_norm_inference(nb::handle x, nb::handle gamma, nb::handle beta, nb::handle mean, nb::handle var,
                                nb::handle axis, double eps) {
    Floats source = Floats::from(x), factor = Floats::from(gamma), shift = Floats::from(beta);
    Floats center = Floats::from(mean), variance = Floats::from(var);
    if (!source) return nb::none();
    View v(source, axis);
    if (!v.fits || !are_parameters(v, {&factor, &shift, &center, &variance})) return nb::none();
    Floats y = Floats::empty(source.shape());
    std::vector<float> scales(v.channels);
    for (int64_t c = 0; c < v.channels; ++c)
        scales[c] = static_cast<float>(factor.data()[c] / std::sqrt(variance.data()[c] + eps));
    const float *from = source.data(), *m = center.data(), *b = shift.data(), *scale = scales.data();
    float *to = y.data();
    run_without_gil(source.size(), [&] {
        bool alternate = v.inner == 1;
        int64_t n = alternate ? v.channels : v.inner;
        parallel_for(source.size() / n, n, [&](int64_t row) {
            const float *in = from + row * n;
            float *out = to + row * n;
            if (alternate) {
                for (int64_t i = 0; i < n; ++i) out[i] = (in[i] - m[i]) * scale[i] + b[i];
            } else {
                int64_t c = row % v.channels;
                float center_c = m[c], scale_c = scale[c], shift_c = b[c];
                for (int64_t i = 0; i < n; ++i) out[i] = (in[i] - center_c) * scale_c + shift_c;
            }
        });
    });
    return y.object();
}

nb::object batch_norm_inference_backward(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle mean,
                                         nb::handle var, nb::handle axis, double eps) {
    Floats source = Floats::from(x), factor = Floats::from(gamma), upper = Floats::from(gy);
    Floats center = Floats::from(mean), variance = Floats::from(var);
    if (!source || !upper || upper.size() != source.size()) return nb::none();
    View v(source, axis);
    if (!v.fits || !are_parameters(v, {&factor, &center, &variance})) return nb::none();
    Floats gx = Floats::empty(source.shape()), ggamma = Floats::empty(v.key_shape), gbeta = Floats::empty(v.key_shape);
    std::vector<double> inv_std(v.channels), of_gy(v.channels), of_product(v.channels);
    std::vector<float> scales(v.channels);
    for (int64_t c = 0; c < v.channels; ++c) {
        inv_std[c] = 1 / std::sqrt(variance.data()[c] + eps);
        scales[c] = static_cast<float>(factor.data()[c] * inv_std[c]);
    }
    const float *from = source.data(), *up = upper.data(), *m = center.data(), *scale = scales.data();
    float *to = gx.data();
    double *s = of_gy.data(), *t = of_product.data();
    over_channels(
        v, [=, &v](int64_t c) { inference_backward_channel(v, c, from, up, scale[c], m[c], to, s, t); },
        [=, &v](int64_t c, int64_t n) { inference_backward_columns(v, c, n, from, up, scale, m, to, s, t); });
    for (int64_t c = 0; c < v.channels; ++c) {
        ggamma.data()[c] = static_cast<float>(of_product[c] * inv_std[c]);
        gbeta.data()[c] = static_cast<float>(of_gy[c]);
    }
    return nb::make_tuple(gx.object(), ggamma.object(), gbeta.object());
}
