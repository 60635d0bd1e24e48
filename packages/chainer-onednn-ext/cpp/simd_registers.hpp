// Registers of floats, for the instruction set that the file which includes this is compiled for. Nothing of the
// standard library is used there: an inline function compiled for AVX-512 must not become that of the whole module.
#pragma once

#include "simd.hpp"

namespace {

#ifdef __AVX512F__
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif
constexpr int kParts = kPanel / kLanes;  // registers a panel

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));
using Unaligned = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

inline Vector load(const float *p) { return *reinterpret_cast<const Unaligned *>(p); }
inline void store(float *p, Vector v) { *reinterpret_cast<Unaligned *>(p) = v; }
inline Vector relu(Vector v) { return v > Vector{} ? v : v != v ? v : Vector{}; }  // NaN stays NaN

// Of a register at the end of some rows, the first n elements: the others are not there.
inline Vector load_some(const float *p, int64_t n) {
    if (n >= kLanes) return load(p);
    float values[kLanes] = {};
    for (int64_t i = 0; i < n; ++i) values[i] = p[i];
    return load(values);
}

inline void store_some(float *p, Vector v, int64_t n) {
    if (n >= kLanes) return store(p, v);
    for (int64_t i = 0; i < n; ++i) p[i] = v[i];
}

// The first n sums of a register on their way to `c + at`, in columns from `column` on.
inline void finish(Vector sum, const Epilogue &e, float *c, int64_t at, int64_t column, int64_t n, bool accumulate) {
    if (accumulate) sum += load_some(c + at, n);
    if (e.scale) sum *= load_some(e.scale + column, n);
    if (e.shift) sum += load_some(e.shift + column, n);
    if (e.addend) sum += load_some(e.addend + at, n);
    store_some(c + at, e.relu ? relu(sum) : sum, n);
}

}  // namespace
