// Loops over the threads of OpenMP, as many as OMP_NUM_THREADS says.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

// Below so many elements a thread costs more than it brings: waking one takes some microseconds on an idle machine, and
// milliseconds on a busy one.
constexpr int64_t kElementsPerThread = 1 << 17;

// Calls f(i) for each i < n, each of which works on about `work` elements. Which thread takes which i depends on
// nothing but the number of threads.
template <typename F> void parallel_for(int64_t n, int64_t work, F f) {
    int64_t threads = std::min<int64_t>({omp_get_max_threads(), n, 1 + n * work / kElementsPerThread});
    if (threads <= 1) {
        for (int64_t i = 0; i < n; ++i) f(i);
        return;
    }
#pragma omp parallel for schedule(static) num_threads(static_cast<int>(threads))
    for (int64_t i = 0; i < n; ++i) f(i);
}

// Calls f(begin, end) for one part of [0, n) a thread; each element means about `work` elements of arrays.
template <typename F> void parallel_parts(int64_t n, int64_t work, F f) {
    int64_t parts = std::min<int64_t>({omp_get_max_threads(), n, 1 + n * work / kElementsPerThread});
    parallel_for(parts, kElementsPerThread, [&](int64_t i) { f(i * n / parts, (i + 1) * n / parts); });
}

// Calls f(begin, end) for parts of [0, n) that are short enough to stay in the cache.
template <typename F> void parallel_ranges(int64_t n, F f) {
    constexpr int64_t kPart = 4096;
    parallel_for((n + kPart - 1) / kPart, kPart, [&](int64_t i) { f(i * kPart, std::min(n, (i + 1) * kPart)); });
}
