// Loops over float32 in vectors of eight, written out where the compiler would not find the instructions by itself:
// it must not take a comparison with NaN for a maximum, and makes five instructions of what is one.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

using Vector = __m256;  // knows + - * / and comparisons

inline Vector vector(float value) { return _mm256_set1_ps(value); }

// NaN where x is. (The instructions return the second operand if one is NaN.)
inline Vector at_least(float low, Vector x) { return _mm256_max_ps(vector(low), x); }
inline Vector at_most(float high, Vector x) { return _mm256_min_ps(vector(high), x); }

inline Vector where(Vector mask, Vector a, Vector b) { return _mm256_blendv_ps(b, a, mask); }
inline Vector is_less(Vector a, Vector b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }

inline float sum_of(Vector v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

struct AllLanes {
    Vector load(const float *p) const { return _mm256_loadu_ps(p); }
    void store(float *p, Vector v) const { _mm256_storeu_ps(p, v); }
    Vector or_zero(Vector v) const { return v; }
};

// The first few lanes; memory behind them is not touched.
struct SomeLanes {
    __m256i mask;

    explicit SomeLanes(int64_t n)
        : mask(_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))) {}
    Vector load(const float *p) const { return _mm256_maskload_ps(p, mask); }
    void store(float *p, Vector v) const { _mm256_maskstore_ps(p, mask, v); }
    Vector or_zero(Vector v) const { return _mm256_and_ps(v, _mm256_castsi256_ps(mask)); }
};

// Calls f(i, lanes) for each vector of n elements, which begins at i.
template <typename F> inline void for_vectors(int64_t n, F f) {
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) f(i, AllLanes{});
    if (i < n) f(i, SomeLanes(n - i));
}

// Sum of f(i, lanes): float32 for some hundred terms, float64 between these.
template <typename F> inline double sum_of_vectors(int64_t n, F f) {
    constexpr int64_t kBlock = 512;
    double total = 0;
    for (int64_t begin = 0; begin < n; begin += kBlock) {
        Vector sum = vector(0);
        for_vectors(std::min(kBlock, n - begin), [&](int64_t i, auto lanes) {
            sum += lanes.or_zero(f(begin + i, lanes));
        });
        total += sum_of(sum);
    }
    return total;
}
