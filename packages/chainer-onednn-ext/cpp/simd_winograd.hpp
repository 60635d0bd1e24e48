// The transforms of Winograd's minimal filtering (Lavin and Gray, 2016, arXiv:1509.09308), over registers of channels.
// For filters of three taps: outputs = A^T [(G filter) * (B^T inputs)], on both axes of an image.
#pragma once

#include "simd_registers.hpp"

namespace {

// Interpolates at 0, 1, -1 and infinity.
struct F2 {
    static constexpr int kOut = 2, kIn = 4;
    // B^T
    static void input(const Vector *d, Vector *t) {
        t[0] = d[0] - d[2];
        t[1] = d[1] + d[2];
        t[2] = d[2] - d[1];
        t[3] = d[3] - d[1];
    }
    // A^T
    static void output(const Vector *m, Vector *y) {
        y[0] = m[0] + m[1] + m[2];
        y[1] = m[1] - m[2] + m[3];
    }
    // G
    static void filter(const Vector *g, Vector *t) {
        Vector even = 0.5f * (g[0] + g[2]), odd = 0.5f * g[1];
        t[0] = g[0];
        t[1] = even + odd;
        t[2] = even - odd;
        t[3] = g[2];
    }
    // A
    static void output_adjoint(const Vector *g, Vector *t) {
        t[0] = g[0];
        t[1] = g[0] + g[1];
        t[2] = g[0] - g[1];
        t[3] = g[1];
    }
    // G^T
    static void filter_adjoint(const Vector *t, Vector *g) {
        Vector even = 0.5f * (t[1] + t[2]);
        g[0] = t[0] + even;
        g[1] = 0.5f * (t[1] - t[2]);
        g[2] = even + t[3];
    }
};

// Interpolates at 0, a, -a, b, -b and infinity with a = sqrt(1/2) and b = sqrt(2): half the error of the usual 1 and 2,
// since the powers that sums are multiplied with differ less (Barabasz et al., 2020, arXiv:1803.10986, on the choice).
struct F4 {
    static constexpr int kOut = 4, kIn = 6;
    static constexpr float a = 0.70710678118654752440f, b = 1.41421356237309504880f;
    static void input(const Vector *d, Vector *t) {
        Vector even_a = d[4] - 2.0f * d[2], odd_a = a * (d[3] - 2.0f * d[1]);
        Vector even_b = d[4] - 0.5f * d[2], odd_b = b * (d[3] - 0.5f * d[1]);
        t[0] = d[0] + d[4] - 2.5f * d[2];
        t[1] = even_a + odd_a;
        t[2] = even_a - odd_a;
        t[3] = even_b + odd_b;
        t[4] = even_b - odd_b;
        t[5] = d[1] + d[5] - 2.5f * d[3];
    }
    static void output(const Vector *m, Vector *y) {
        Vector even_a = m[1] + m[2], odd_a = a * (m[1] - m[2]), even_b = m[3] + m[4], odd_b = b * (m[3] - m[4]);
        y[0] = m[0] + even_a + even_b;
        y[1] = odd_a + odd_b;
        y[2] = 0.5f * even_a + 2.0f * even_b;
        y[3] = 0.5f * odd_a + 2.0f * odd_b + m[5];
    }
    static void filter(const Vector *g, Vector *t) {
        constexpr float third = 1.0f / 3, sixth = 1.0f / 6;
        Vector even_a = -third * (2.0f * g[0] + g[2]), odd_a = (-2 * third * a) * g[1];
        Vector even_b = sixth * g[0] + third * g[2], odd_b = (sixth * b) * g[1];
        t[0] = g[0];
        t[1] = even_a + odd_a;
        t[2] = even_a - odd_a;
        t[3] = even_b + odd_b;
        t[4] = even_b - odd_b;
        t[5] = g[2];
    }
    static void output_adjoint(const Vector *g, Vector *t) {
        Vector even_a = g[0] + 0.5f * g[2], odd_a = a * (g[1] + 0.5f * g[3]);
        Vector even_b = g[0] + 2.0f * g[2], odd_b = b * (g[1] + 2.0f * g[3]);
        t[0] = g[0];
        t[1] = even_a + odd_a;
        t[2] = even_a - odd_a;
        t[3] = even_b + odd_b;
        t[4] = even_b - odd_b;
        t[5] = g[3];
    }
    static void filter_adjoint(const Vector *t, Vector *g) {
        constexpr float third = 1.0f / 3, sixth = 1.0f / 6;
        Vector even_a = t[1] + t[2], odd_a = t[1] - t[2], even_b = t[3] + t[4], odd_b = t[3] - t[4];
        g[0] = t[0] - (2 * third) * even_a + sixth * even_b;
        g[1] = (sixth * b) * odd_b - (2 * third * a) * odd_a;
        g[2] = third * (even_b - even_a) + t[5];
    }
};

// Applies `transform` from N to M elements to the columns and then to the rows of a square: get(i, j) to put(i, j, v).
template <int N, int M, typename Transform, typename Get, typename Put>
inline void on_both_axes(Transform transform, Get get, Put put) {
    Vector half[M][N];
    for (int j = 0; j < N; ++j) {
        Vector column[N], result[M];
        for (int i = 0; i < N; ++i) column[i] = get(i, j);
        transform(column, result);
        for (int i = 0; i < M; ++i) half[i][j] = result[i];
    }
    for (int i = 0; i < M; ++i) {
        Vector result[M];
        transform(half[i], result);
        for (int j = 0; j < M; ++j) put(i, j, result[j]);
    }
}

// From pixels, of which not all need be there, to positions.
template <int N, int M, typename Transform>
inline void from_pixels(Transform transform, const float *x, int64_t row, int64_t pixel, Square there, int64_t channels,
                        float *to, int64_t position) {
    const bool is_whole = there.top <= 0 && there.left <= 0 && there.bottom >= N && there.right >= N;
    for (int64_t c = 0; c < channels; c += kLanes) {
        auto put = [=](int i, int j, Vector v) { store(to + (i * M + j) * position + c, v); };
        const float *corner = x + c;
        if (is_whole && channels - c >= kLanes)
            on_both_axes<N, M>(transform, [=](int i, int j) { return load(corner + i * row + j * pixel); }, put);
        else
            on_both_axes<N, M>(
                transform,
                [=](int i, int j) {
                    if (i < there.top || i >= there.bottom || j < there.left || j >= there.right) return Vector{};
                    return load_some(corner + i * row + j * pixel, channels - c);
                },
                put);
    }
}

template <typename F>
void winograd_input(const float *x, int64_t row, int64_t pixel, Square there, int64_t channels, float *to,
                    int64_t position) {
    from_pixels<F::kIn, F::kIn>(F::input, x, row, pixel, there, channels, to, position);
}

template <typename F>
void winograd_output_adjoint(const float *gy, int64_t row, int64_t pixel, Square there, int64_t channels, float *to,
                             int64_t position) {
    from_pixels<F::kOut, F::kIn>(F::output_adjoint, gy, row, pixel, there, channels, to, position);
}

template <typename F>
void winograd_output(const float *from, int64_t position, Square there, int64_t channels, float *y, int64_t row,
                     int64_t pixel, const Epilogue &epilogue) {
    for (int64_t c = 0; c < channels; c += kLanes)
        on_both_axes<F::kIn, F::kOut>(
            F::output, [=](int i, int j) { return load(from + (i * F::kIn + j) * position + c); },
            [=, &epilogue](int i, int j, Vector v) {
                if (i < there.bottom && j < there.right)
                    finish(v, epilogue, y, i * row + j * pixel + c, c, channels - c, false);
            });
}

template <typename F>
void winograd_filters(const float *W, int64_t lane, int64_t lanes, bool is_rotated, float *to, int64_t position) {
    float taps[9][kPanel];
    for (int64_t o = 0; o < kPanel; ++o)
        for (int64_t tap = 0; tap < 9; ++tap) taps[tap][o] = o < lanes ? W[o * lane + (is_rotated ? 8 - tap : tap)] : 0;
    for (int part = 0; part < kPanel; part += kLanes)
        on_both_axes<3, F::kIn>(F::filter, [&](int i, int j) { return load(taps[i * 3 + j] + part); },
                                [=](int i, int j, Vector v) { store(to + (i * F::kIn + j) * position + part, v); });
}

template <typename F>
void winograd_filters_adjoint(const float *from, int64_t position, float *gW, int64_t lane, int64_t lanes) {
    float taps[9][kPanel];
    for (int part = 0; part < kPanel; part += kLanes)
        on_both_axes<F::kIn, 3>(
            F::filter_adjoint, [=](int i, int j) { return load(from + (i * F::kIn + j) * position + part); },
            [&](int i, int j, Vector v) { store(taps[i * 3 + j] + part, v); });
    for (int64_t o = 0; o < lanes; ++o)
        for (int64_t tap = 0; tap < 9; ++tap) gW[o * lane + tap] = taps[tap][o];
}

template <typename F> constexpr WinogradLoops winograd_loops() {
    return {winograd_input<F>, winograd_output<F>, winograd_filters<F>, winograd_output_adjoint<F>,
            winograd_filters_adjoint<F>};
}

}  // namespace
