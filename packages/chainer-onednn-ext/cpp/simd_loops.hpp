// The innermost loops, for the instruction set that the file which includes this is compiled for. Nothing of the
// standard library is used: an inline function compiled here for AVX-512 must not become that of the whole module.
#include "simd.hpp"

namespace {

#ifdef __AVX512F__
constexpr int kLanes = 16, kMaxRows = 12, kMaxPanels = 2;  // 24 sums and 2 of 32 registers in the loop below
#else
constexpr int kLanes = 8, kMaxRows = 6, kMaxPanels = 1;  // 12 sums and 2 of 16 registers
#endif
constexpr int kParts = kPanel / kLanes;  // registers a panel

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));
using Unaligned = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

inline Vector load(const float *p) { return *reinterpret_cast<const Unaligned *>(p); }
inline void store(float *p, Vector v) { *reinterpret_cast<Unaligned *>(p) = v; }
inline Vector relu(Vector v) { return v > Vector{} ? v : v != v ? v : Vector{}; }  // NaN stays NaN

// The sums of one register and where they go: `row` from the first row of c, `column` from its first column.
inline void finish(Vector sum, const Product &p, int64_t row, int64_t column) {
    const Epilogue &e = p.epilogue;
    int64_t at = row * p.c_row + column;
    if (p.accumulate) sum += load(p.c + at);
    if (e.scale) sum *= load(e.scale + column);
    if (e.shift) sum += load(e.shift + column);
    if (e.addend) sum += load(e.addend + at);
    store(p.c + at, e.relu ? relu(sum) : sum);
}

// The same for fewer columns than a register has.
inline void finish_some(Vector sum, const Product &p, int64_t row, int64_t column, int64_t n) {
    const Epilogue &e = p.epilogue;
    for (int64_t j = 0; j < n; ++j) {
        int64_t at = row * p.c_row + column + j;
        float value = sum[j];
        if (p.accumulate) value += p.c[at];
        if (e.scale) value *= e.scale[column + j];
        if (e.shift) value += e.shift[column + j];
        if (e.addend) value += e.addend[at];
        p.c[at] = e.relu && value < 0 ? 0 : value;
    }
}

// R rows and P panels of a product, from element (i, j) on: all sums stay in registers.
template <int R, int P, bool kRowsTogether> void tile(const Product &p, int64_t i, int64_t j) {
    constexpr int N = P * kParts;
    Vector sums[R][N];
    for (int r = 0; r < R; ++r)
        for (int n = 0; n < N; ++n) sums[r][n] = Vector{};
    // Rows are addressed from three places, so that the addresses fit into the registers there are.
    int64_t row = p.a_row, row3 = 3 * row, step = kRowsTogether ? p.a_k : 1;
    const float *a0 = p.a + i * row, *a4 = a0 + 4 * row, *a8 = a0 + 8 * row;
    const float *b0 = p.b + j / kPanel * p.b_panel, *b1 = b0 + p.b_panel;
    for (int64_t l = 0; l < p.k; ++l) {
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
    for (int r = 0; r < R; ++r)
        for (int n = 0; n < N; ++n) {
            int64_t column = j + n * kLanes, left = p.n - column;
            if (left >= kLanes)
                finish(sums[r][n], p, i + r, column);
            else if (left > 0)
                finish_some(sums[r][n], p, i + r, column, left);
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
