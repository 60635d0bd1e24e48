#include "simd_product.hpp"
#include "simd_winograd.hpp"

const Simd simd_avx2{multiply, winograd_loops<F2>(), winograd_loops<F4>()};
