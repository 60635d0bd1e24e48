// The products of all rows of one matrix with all rows of another, read as they lie; see simd_registers.hpp.
#pragma once

#include "simd_registers.hpp"

namespace {

#ifdef __AVX512F__
constexpr int kDotRows = 4;  // 16 sums and 5 of 32 registers
#else
constexpr int kDotRows = 3;  // 9 sums and 4 of 16 registers
#endif

inline float sum_of(Vector v) {
#ifdef __AVX512F__
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    using Half = float __attribute__((vector_size(32)));
    Half h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
#else
    Vector h = v;
#endif
    h += __builtin_shufflevector(h, h, 4, 5, 6, 7, 0, 1, 2, 3);
    h += __builtin_shufflevector(h, h, 2, 3, 0, 1, 6, 7, 4, 5);
    return h[0] + h[1];
}

// R rows of a times Q rows of b.
template <int R, int Q> void dot_tile(const Dots &p, const float *a, const float *b, float *c) {
    Vector sums[R][Q] = {};
    auto add = [&](auto load_at) __attribute__((always_inline)) {
        Vector from[Q];
        for (int q = 0; q < Q; ++q) from[q] = load_at(b + q * p.b_row);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            Vector row = load_at(a + r * p.a_row);
            for (int q = 0; q < Q; ++q) sums[r][q] += row * from[q];
        }
    };
    int64_t l = 0;
    for (; l + kLanes <= p.k; l += kLanes) add([l](const float *row) { return load(row + l); });
    if (l < p.k) add([l, &p](const float *row) { return load_some(row + l, p.k - l); });
    for (int r = 0; r < R; ++r)
        for (int q = 0; q < Q; ++q) {
            float &to = c[r * p.c_row + q], sum = sum_of(sums[r][q]);
            to = p.accumulate ? to + sum : sum;
        }
}

template <int Q> void dot_rows(const Dots &p, const float *b, float *c) {
    int64_t i = 0;
    for (; i + kDotRows <= p.m; i += kDotRows) dot_tile<kDotRows, Q>(p, p.a + i * p.a_row, b, c + i * p.c_row);
    for (; i < p.m; ++i) dot_tile<1, Q>(p, p.a + i * p.a_row, b, c + i * p.c_row);
}

void dots(const Dots &p) {
    int64_t j = 0;
    for (; j + kDotRows <= p.n; j += kDotRows) dot_rows<kDotRows>(p, p.b + j * p.b_row, p.c + j);
    for (; j < p.n; ++j) dot_rows<1>(p, p.b + j * p.b_row, p.c + j);
}

}  // namespace
