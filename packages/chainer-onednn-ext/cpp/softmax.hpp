// The softmax of one row, on which softmax and its cross entropy are built.
#pragma once

#include <cstdint>
#include <limits>

#include "vector_math.hpp"

inline float largest_of_row(const float *x, int64_t n) {
    float m = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : m)
    for (int64_t i = 0; i < n; ++i) m = x[i] > m ? x[i] : m;
    return m;
}

// Writes exp(x - m), and returns its sum.
inline double exp_row(const float *x, float m, float *y, int64_t n) {
    return sum_of_vectors(n, [=](int64_t i, auto lanes) {
        Vector e = exp_of_negative(lanes.load(x + i) - vector(m));
        lanes.store(y + i, e);
        return e;
    });
}

// NaN if an element is, or if the largest one is infinite.
inline void softmax_row(const float *x, float *y, int64_t n, float &largest, float &total) {
    largest = largest_of_row(x, n);
    total = static_cast<float>(exp_row(x, largest, y, n));
    float factor = 1 / total;
    for (int64_t i = 0; i < n; ++i) y[i] *= factor;
}
