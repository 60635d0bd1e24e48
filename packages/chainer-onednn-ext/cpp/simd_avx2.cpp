#include "simd_loops.hpp"

const Simd simd_avx2{multiply};
