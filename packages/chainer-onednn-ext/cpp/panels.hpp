// Packing the right matrix of a product into panels, and dividing a product among threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "onednn.hpp"
#include "parallel.hpp"
#include "simd.hpp"

inline int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Of the calling thread's arena.
inline float *take_floats(int64_t n) { return static_cast<float *>(Arena::mine().take(n * sizeof(float))); }

inline int64_t panels_size(int64_t k, int64_t n) { return k * round_up(n, kPanel); }

// Element (l, j) of k x n is at(l, j); panels are filled up with zeros.
template <typename F> void pack_panels(int64_t k, int64_t n, float *panels, F at) {
    parallel_for(round_up(n, kPanel) / kPanel, k * kPanel * 4, [=](int64_t panel) {
        float *to = panels + panel * k * kPanel;
        int64_t first = panel * kPanel, columns = std::min(kPanel, n - first);
        for (int64_t l = 0; l < k; ++l, to += kPanel) {
            for (int64_t j = 0; j < columns; ++j) to[j] = at(l, first + j);
            for (int64_t j = columns; j < kPanel; ++j) to[j] = 0;
        }
    });
}

// How many elements of a pass over memory take as long as a product of so many multiplications.
inline int64_t elements_of_product(int64_t m, int64_t n, int64_t k) { return m * n * k / 16; }

struct Part {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
};

// The part of n elements that one of some threads takes: whole units, and as even as can be.
inline Part part_of(int64_t n, int64_t unit, int64_t index, int64_t parts) {
    int64_t units = (n + unit - 1) / unit;
    return {std::min(n, units * index / parts * unit), std::min(n, units * (index + 1) / parts * unit)};
}

// Rows or columns of an m x n product are divided among threads, whichever leaves less work for the last one:
// f(thread, rows, columns).
template <typename F> void divide_product(int64_t m, int64_t n, int64_t k, F f) {
    int64_t rows = round_up(m, kTileRows) / kTileRows, columns = round_up(n, kTileColumns) / kTileColumns;
    int64_t work = elements_of_product(m, n, k);
    int64_t threads = std::min<int64_t>(omp_get_max_threads(), 1 + work / kElementsPerThread);
    int64_t by_rows = round_up(rows, threads) * columns, by_columns = round_up(columns, threads) * rows;
    bool is_by_rows = by_rows <= by_columns;
    threads = std::min(threads, is_by_rows ? rows : columns);
    parallel_for(threads, work / threads, [=](int64_t i) {
        if (is_by_rows)
            f(i, part_of(m, kTileRows, i, threads), Part{0, n});
        else
            f(i, Part{0, m}, part_of(n, kTileColumns, i, threads));
    });
}
