// The product of two matrices; see simd_registers.hpp.
#pragma once

#include "simd_registers.hpp"

namespace {

#ifdef __AVX512F__
constexpr int kMaxRows = 12, kMaxPanels = 2;  // 24 sums and 2 of 32 registers in the loop below
#else
constexpr int kMaxRows = 6, kMaxPanels = 1;  // 12 sums and 2 of 16 registers
#endif

// So many terms are summed up in one go, then the sums. With all in a row, the error of products over 512 channels is
// three times larger, and so is that of Winograd's algorithms; the detour costs three in a hundred of the time.
constexpr int64_t kTerms = 32;

// R rows and P panels of a product, from element (i, j) on: the sums of the inner loop stay in registers.
template <int R, int P, bool kRowsTogether> void tile(const Product &p, int64_t i, int64_t j) {
    constexpr int N = P * kParts;
    Vector totals[R][N];
    // Rows are addressed from three places, so that the addresses fit into the registers there are.
    int64_t row = p.a_row, row3 = 3 * row, step = kRowsTogether ? p.a_k : 1;
    const float *a0 = p.a + i * row, *a4 = a0 + 4 * row, *a8 = a0 + 8 * row;
    const float *b0 = p.b + j / kPanel * p.b_panel, *b1 = b0 + p.b_panel;
    for (int64_t l = 0; l < p.k;) {
        Vector sums[R][N];
        for (int r = 0; r < R; ++r)
            for (int n = 0; n < N; ++n) sums[r][n] = Vector{};
        const bool is_first = l == 0;
        for (int64_t end = l + kTerms < p.k ? l + kTerms : p.k; l < end; ++l) {
            Vector b[N];
            for (int n = 0; n < N; ++n) b[n] = load((n < kParts ? b0 : b1) + n % kParts * kLanes);
#pragma GCC unroll 16
            for (int r = 0; r < R; ++r) {
                const float *from = r < 4 ? a0 : r < 8 ? a4 : a8;
                float a = kRowsTogether ? a0[r] : from[r % 4 == 3 ? row3 : r % 4 * row];
                for (int n = 0; n < N; ++n) sums[r][n] += a * b[n];
            }
            a0 += step, a4 += step, a8 += step;
            b0 += p.b_k, b1 += p.b_k;
        }
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r)
            for (int n = 0; n < N; ++n) totals[r][n] = is_first ? sums[r][n] : totals[r][n] + sums[r][n];
    }
    for (int r = 0; r < R; ++r)
        for (int n = 0; n < N; ++n) {
            int64_t column = j + n * kLanes, left = p.n - column;
            if (left > 0) finish(totals[r][n], p.epilogue, p.c, (i + r) * p.c_row + column, column, left, p.accumulate);
        }
}

using Tile = void (*)(const Product &, int64_t, int64_t);

template <int P, bool kRowsTogether, int... R> Tile tile_of(int rows) {
    static constexpr Tile tiles[] = {tile<R + 1, P, kRowsTogether>...};
    return tiles[rows - 1];
}

template <int P, bool kRowsTogether> Tile find_tile(int64_t rows) {
#ifdef __AVX512F__
    return tile_of<P, kRowsTogether, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>(rows);
#else
    return tile_of<P, kRowsTogether, 0, 1, 2, 3, 4, 5>(rows);
#endif
}

// Tiles of rows run innermost, so that their panels of b stay in the first cache.
template <int P, bool kRowsTogether> int64_t multiply_panels(const Product &p, int64_t j) {
    for (; p.n - j > (P - 1) * kPanel; j += P * kPanel) {
        int64_t i = 0;
        for (; i + kMaxRows <= p.m; i += kMaxRows) tile<kMaxRows, P, kRowsTogether>(p, i, j);
        if (i < p.m) find_tile<P, kRowsTogether>(p.m - i)(p, i, j);
    }
    return j;
}

template <bool kRowsTogether> void multiply_any(const Product &p) {
    multiply_panels<1, kRowsTogether>(p, multiply_panels<kMaxPanels, kRowsTogether>(p, 0));
}

void multiply(const Product &p) {
    if (p.a_row == 1 && p.a_k != 1)
        multiply_any<true>(p);
    else
        multiply_any<false>(p);
}

}  // namespace
