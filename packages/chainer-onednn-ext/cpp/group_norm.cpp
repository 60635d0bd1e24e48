// Group normalization, and layer normalization as that with one group. Seen as (batch, groups, channels, inner), with
// statistics over the last two of the four.
#include <cmath>
#include <vector>

#include "kernels.hpp"
#include "parallel.hpp"
#include "sums.hpp"

namespace {

struct View {
    int64_t batch, groups, channels, inner = 1;  // channels: of a group

    View(const Floats &x, int64_t groups) : batch(x.dim(0)), groups(groups), channels(x.dim(1) / groups) {
        for (int a = 2; a < x.ndim(); ++a) inner *= x.dim(a);
    }
    int64_t length() const { return channels * inner; }
    int64_t all_channels() const { return groups * channels; }
};

bool fit(const Floats &x, int64_t groups, std::initializer_list<const Floats *> parameters) {
    if (!x || x.ndim() < 2 || x.size() == 0) return false;
    for (const Floats *a : parameters)
        if (!*a || a->size() != x.dim(1)) return false;
    return x.dim(1) % groups == 0;
}

void scale_each(int64_t n, const float *__restrict x, float mean, float inv_std, const float *__restrict gamma,
                const float *__restrict beta, float *__restrict y) {
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * inv_std * gamma[i] + beta[i];
}

void scale_all(int64_t n, const float *__restrict x, float mean, float scale, float shift, float *__restrict y) {
    for (int64_t i = 0; i < n; ++i) y[i] = (x[i] - mean) * scale + shift;
}

void forward_row(const View &v, const float *x, const float *gamma, const float *beta, double eps, float *y,
                 float *mean, float *inv_std) {
    int64_t n = v.length();
    auto m = static_cast<float>(blockwise_sum(n, [=](int64_t i) { return x[i]; }) / n);
    double variance = blockwise_sum(n, [=](int64_t i) { return (x[i] - m) * (x[i] - m); }) / n;
    auto s = static_cast<float>(1 / std::sqrt(variance + eps));
    if (v.inner == 1) {
        scale_each(n, x, m, s, gamma, beta, y);
    } else {
        for (int64_t c = 0; c < v.channels; ++c)
            scale_all(v.inner, x + c * v.inner, m, s * gamma[c], beta[c], y + c * v.inner);
    }
    *mean = m;
    *inv_std = s;
}

// What the gradients of a row are made of besides x and gy: gx = inv_std (gamma gy - x_hat of_product - of_gy).
struct Means {
    float of_gy, of_product;  // of gamma gy, and of gamma gy x_hat
};

void gx_each(int64_t n, const float *__restrict x, const float *__restrict gy, const float *__restrict gamma,
             float mean, float inv_std, Means means, float *__restrict gx, float *__restrict ggamma,
             float *__restrict gbeta) {
    for (int64_t i = 0; i < n; ++i) {
        float x_hat = (x[i] - mean) * inv_std;
        gx[i] = inv_std * (gamma[i] * gy[i] - x_hat * means.of_product - means.of_gy);
        ggamma[i] += gy[i] * x_hat;
        gbeta[i] += gy[i];
    }
}

void gx_all(int64_t n, const float *__restrict x, const float *__restrict gy, float gamma, float mean, float inv_std,
            Means means, float *__restrict gx) {
    for (int64_t i = 0; i < n; ++i)
        gx[i] = inv_std * (gamma * gy[i] - (x[i] - mean) * inv_std * means.of_product - means.of_gy);
}

// A row whose channels are single elements; adds to the gradients of their parameters.
void backward_row_of_units(const View &v, const float *x, const float *gy, const float *gamma, float mean,
                           float inv_std, float *gx, float *ggamma, float *gbeta) {
    int64_t n = v.length();
    double of_gy = blockwise_sum(n, [=](int64_t i) { return gamma[i] * gy[i]; });
    double of_product = blockwise_sum(n, [=](int64_t i) { return gamma[i] * gy[i] * ((x[i] - mean) * inv_std); });
    Means means{static_cast<float>(of_gy / n), static_cast<float>(of_product / n)};
    gx_each(n, x, gy, gamma, mean, inv_std, means, gx, ggamma, gbeta);
}

// A row whose channels have several elements; writes this row's gradients of their parameters.
void backward_row_of_images(const View &v, const float *x, const float *gy, const float *gamma, float mean,
                            float inv_std, float *gx, double *ggamma, double *gbeta) {
    double of_gy = 0, of_product = 0;
    for (int64_t c = 0; c < v.channels; ++c) {
        const float *a = x + c * v.inner, *b = gy + c * v.inner;
        gbeta[c] = blockwise_sum(v.inner, [=](int64_t i) { return b[i]; });
        ggamma[c] = blockwise_sum(v.inner, [=](int64_t i) { return b[i] * ((a[i] - mean) * inv_std); });
        of_gy += gamma[c] * gbeta[c];
        of_product += gamma[c] * ggamma[c];
    }
    double n = v.length();
    Means means{static_cast<float>(of_gy / n), static_cast<float>(of_product / n)};
    for (int64_t c = 0; c < v.channels; ++c)
        gx_all(v.inner, x + c * v.inner, gy + c * v.inner, gamma[c], mean, inv_std, means, gx + c * v.inner);
}

// The sum over the first axis of (rows, n).
template <typename T> void sum_rows(int64_t rows, int64_t n, const T *terms, float *out) {
    std::vector<double> totals(n, 0.0);
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = 0; i < n; ++i) totals[i] += terms[r * n + i];
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(totals[i]);
}

}  // namespace

nb::object group_norm(nb::handle x, nb::handle gamma, nb::handle beta, int64_t groups, double eps) {
    Floats source = Floats::from(x), scale = Floats::from(gamma), shift = Floats::from(beta);
    if (!fit(source, groups, {&scale, &shift})) return nb::none();
    View v(source, groups);
    Floats y = Floats::empty(source.shape());
    Floats mean = Floats::empty({v.batch * groups}), inv_std = Floats::empty({v.batch * groups});
    const float *from = source.data(), *g = scale.data(), *b = shift.data();
    float *to = y.data(), *m = mean.data(), *s = inv_std.data();
    run_without_gil(source.size() * 2, [=] {
        parallel_for(v.batch * groups, v.length() * 2, [=](int64_t r) {
            int64_t c = r % groups * v.channels, i = r * v.length();
            forward_row(v, from + i, g + c, b + c, eps, to + i, m + r, s + r);
        });
    });
    return nb::make_tuple(y.object(), mean.object(), inv_std.object());
}

nb::object group_norm_backward(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle mean, nb::handle inv_std,
                               int64_t groups) {
    Floats source = Floats::from(x), scale = Floats::from(gamma), upper = Floats::from(gy);
    Floats means = Floats::from(mean), inv_stds = Floats::from(inv_std);
    if (!fit(source, groups, {&scale}) || !upper || upper.size() != source.size() || !means || !inv_stds)
        return nb::none();
    View v(source, groups);
    if (means.size() != v.batch * groups || inv_stds.size() != v.batch * groups) return nb::none();
    Floats gx = Floats::empty(source.shape()), ggamma = Floats::empty(scale.shape()),
           gbeta = Floats::empty(scale.shape());
    const float *from = source.data(), *g = scale.data(), *up = upper.data(), *m = means.data(), *s = inv_stds.data();
    float *to = gx.data(), *gg = ggamma.data(), *gb = gbeta.data();
    int64_t n = v.all_channels();
    run_without_gil(source.size() * 4, [=] {
        if (v.inner > 1) {
            std::vector<double> ggammas(v.batch * n), gbetas(v.batch * n);
            double *to_gg = ggammas.data(), *to_gb = gbetas.data();
            parallel_for(v.batch * groups, v.length() * 4, [=](int64_t r) {
                int64_t i = r * v.length(), c = r * v.channels;
                backward_row_of_images(v, from + i, up + i, g + r % groups * v.channels, m[r], s[r], to + i, to_gg + c,
                                       to_gb + c);
            });
            sum_rows(v.batch, n, to_gg, gg);
            sum_rows(v.batch, n, to_gb, gb);
            return;
        }
        // A number of parts that is not the one of threads: sums are the same whatever that is.
        int64_t parts = std::min<int64_t>(v.batch, 16);
        std::vector<float> ggammas(parts * n, 0.0f), gbetas(parts * n, 0.0f);
        float *to_gg = ggammas.data(), *to_gb = gbetas.data();
        parallel_for(parts, v.batch * n * 4 / parts, [=](int64_t p) {
            for (int64_t r = p * v.batch / parts * groups; r < (p + 1) * v.batch / parts * groups; ++r) {
                int64_t i = r * v.length(), c = r % groups * v.channels;
                backward_row_of_units(v, from + i, up + i, g + c, m[r], s[r], to + i, to_gg + p * n + c,
                                      to_gb + p * n + c);
            }
        });
        sum_rows(parts, n, to_gg, gg);
        sum_rows(parts, n, to_gb, gb);
    });
    return nb::make_tuple(gx.object(), ggamma.object(), gbeta.object());
}
