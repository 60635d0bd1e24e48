// Compiled for AVX-512; see CMakeLists.txt.
#include "simd_loops.hpp"

const Simd simd_avx512{multiply};
