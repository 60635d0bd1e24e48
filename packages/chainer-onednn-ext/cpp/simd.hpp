// The innermost loops, compiled once for AVX2 and once for AVX-512: the processor decides which ones run.
#pragma once

#include <cstdint>

// What a convolution does to its sums on their way, each part optional: y = relu(sum * scale[o] + shift[o] + addend).
struct Epilogue {
    const float *scale = nullptr, *shift = nullptr;  // one for each output channel
    const float *addend = nullptr;                   // lies like y
    bool relu = false;

    // The same as seen from another element of y: `offset` floats on, in column `column`.
    Epilogue moved(int64_t offset, int64_t column) const {
        return {scale ? scale + column : nullptr, shift ? shift + column : nullptr, addend ? addend + offset : nullptr,
                relu};
    }
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

// c = a b^T, or c += a b^T, for matrices of m x k and n x k elements whose rows lie so many floats apart.
struct Dots {
    int64_t m, n, k;
    const float *a;
    int64_t a_row;
    const float *b;
    int64_t b_row;
    float *c;
    int64_t c_row;
    bool accumulate;
};

// A square of `side` pixels of an image, of which those in [top, bottom) and [left, right) are there.
struct Square {
    int64_t top, bottom, left, right;
};

// The transforms of Winograd's algorithms between squares of pixels and the positions of the products, which are
// `position` floats apart: in each one float a channel, filled up to whole panels.
struct WinogradLoops {
    // From x, whose pixels are `row` and `pixel` floats apart and begin at that of the square's corner.
    void (*input)(const float *x, int64_t row, int64_t pixel, Square there, int64_t channels, float *to,
                  int64_t position);
    // To y; the epilogue's pointers are those of the corner.
    void (*output)(const float *from, int64_t position, Square there, int64_t channels, float *y, int64_t row,
                   int64_t pixel, const Epilogue &epilogue);
    // Up to kPanel filters of 3x3, `lane` floats apart, from the last tap to the first if they are rotated.
    void (*filters)(const float *W, int64_t lane, int64_t lanes, bool is_rotated, float *to, int64_t position);
    // The adjoints of the last two: from gy to positions, and from positions to filters.
    void (*output_adjoint)(const float *gy, int64_t row, int64_t pixel, Square there, int64_t channels, float *to,
                           int64_t position);
    void (*filters_adjoint)(const float *from, int64_t position, float *gW, int64_t lane, int64_t lanes);
};

struct Simd {
    void (*multiply)(const Product &);
    void (*dots)(const Dots &);
    WinogradLoops winograd2, winograd4;  // F(2x2, 3x3) and F(4x4, 3x3)
};

extern const Simd simd_avx2, simd_avx512;

const Simd &simd();
