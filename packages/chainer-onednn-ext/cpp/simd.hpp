// The innermost loops, compiled once for AVX2 and once for AVX-512: the processor decides which ones run.
#pragma once

#include <cstdint>

// What a convolution does to its sums on their way, each part optional: y = relu(sum * scale[o] + shift[o] + addend).
struct Epilogue {
    const float *scale = nullptr, *shift = nullptr;  // one for each output channel
    const float *addend = nullptr;                   // lies like y
    bool relu = false;
};

// The right matrix of a product lies in panels of so many columns.
constexpr int64_t kPanel = 16;
// Products are fastest if their rows and columns are multiples of these.
constexpr int64_t kTileRows = 12, kTileColumns = 32;

// c = a b, or c += a b, for matrices of m x k and k x n elements.
struct Product {
    int64_t m, n, k;
    const float *a;
    int64_t a_row, a_k;  // element (i, l) is a[i * a_row + l * a_k]; one of the two is 1
    const float *b;
    int64_t b_panel, b_k;  // element (l, j) is b[j / 16 * b_panel + l * b_k + j % 16]; j goes up to whole panels
    float *c;
    int64_t c_row;
    bool accumulate;
    Epilogue epilogue;  // its pointers are those of element (0, 0) of c
};

struct Simd {
    void (*multiply)(const Product &);
};

extern const Simd simd_avx2, simd_avx512;

const Simd &simd();
