// Compiled for AVX-512; see CMakeLists.txt.
#include "simd_dots.hpp"
#include "simd_product.hpp"
#include "simd_winograd.hpp"

const Simd simd_avx512{multiply, dots, winograd_loops<F2>(), winograd_loops<F4>()};
