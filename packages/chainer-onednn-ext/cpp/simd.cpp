#include "simd.hpp"

#include <oneapi/dnnl/dnnl.hpp>

const Simd &simd() {
    // What oneDNN goes by, so that ONEDNN_MAX_CPU_ISA holds here too.
    static const int isa = static_cast<int>(dnnl::get_effective_cpu_isa());
    constexpr int kNeeded = static_cast<int>(dnnl::cpu_isa::avx512_core);
    return (isa & kNeeded) == kNeeded ? simd_avx512 : simd_avx2;
}
