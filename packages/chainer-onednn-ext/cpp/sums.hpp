// Sums of many float32.
#pragma once

#include <algorithm>
#include <cstdint>

// Sum of f(i) for i < n: float32 in vector registers for some hundred terms, float64 between these.
template <typename F> double blockwise_sum(int64_t n, F f) {
    constexpr int64_t kBlock = 512;
    double total = 0;
    for (int64_t begin = 0; begin < n; begin += kBlock) {
        int64_t end = std::min(n, begin + kBlock);
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = begin; i < end; ++i) sum += f(i);
        total += sum;
    }
    return total;
}
