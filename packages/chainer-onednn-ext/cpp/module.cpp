// The Python module. A routine returns None for what it does not do; the plain body does it then.
#define CHAINER_IMPORTS_NUMPY
#include "arrays.hpp"

#include <nanobind/stl/string.h>
#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>

#include <string>
#include <utility>

#include "candidates.hpp"
#include "candidates_binding.hpp"
#include "channels_last.hpp"
#include "convolution.hpp"
#include "convolution_last.hpp"
#include "kernels.hpp"
#include "memory_pool.hpp"
#include "simd.hpp"

namespace {

std::string onednn_version() {
    const dnnl_version_t *v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

// The instructions that oneDNN goes by; ONEDNN_MAX_CPU_ISA may have set a limit.
std::string onednn_isa() {
    static constexpr std::pair<dnnl::cpu_isa, const char *> kNames[] = {
        {dnnl::cpu_isa::sse41, "SSE4.1"},
        {dnnl::cpu_isa::avx, "AVX"},
        {dnnl::cpu_isa::avx2, "AVX2"},
        {dnnl::cpu_isa::avx2_vnni, "AVX2, VNNI"},
        {dnnl::cpu_isa::avx2_vnni_2, "AVX2, VNNI, conversions"},
        {dnnl::cpu_isa::avx512_core, "AVX-512"},
        {dnnl::cpu_isa::avx512_core_vnni, "AVX-512, VNNI"},
        {dnnl::cpu_isa::avx512_core_bf16, "AVX-512, VNNI, BF16"},
        {dnnl::cpu_isa::avx512_core_fp16, "AVX-512, VNNI, BF16, FP16"},
        {dnnl::cpu_isa::avx512_core_amx, "AVX-512, VNNI, BF16, FP16, AMX"},
        {dnnl::cpu_isa::avx512_core_amx_fp16, "AVX-512, VNNI, BF16, FP16, AMX, AMX-FP16"},
    };
    const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
    for (auto [known, name] : kNames)
        if (known == isa) return name;
    return "unnamed (" + std::to_string(static_cast<int>(isa)) + ")";
}

// Those of the code in this folder: CMakeLists.txt compiles for AVX2, simd.cpp picks the loops of products.
std::string own_isa() { return &simd() == &simd_avx512 ? "AVX2, matrix products AVX-512" : "AVX2"; }

int import_numpy() {
    import_array1(-1);
    return 0;
}

}  // namespace

NB_MODULE(_core, m) {
    if (import_numpy() != 0) nb::raise_python_error();
    constexpr int kChoose = 3;
    m.def("onednn_version", onednn_version);
    m.def("onednn_isa", onednn_isa);
    m.def("own_isa", own_isa);
    m.def("memory_pool_bytes", memory_pool_bytes);
    m.def("free_memory_pool", free_memory_pool);
    m.def("get_num_threads", [] { return omp_get_max_threads(); });
    m.def("set_num_threads", [](int n) { omp_set_num_threads(n); });

    m.def("conv_forward", conv_forward, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg("layout") = kChoose);
    m.def("conv_backward_data", conv_backward_data, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg(), nb::arg("layout") = kChoose);
    m.def("conv_backward_weights", conv_backward_weights, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg("layout") = kChoose);

    m.def("candidate_forward", candidate_forward, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(),
          nb::arg().none(), nb::arg().none(), nb::arg());
    m.def("candidate_backward_data", candidate_backward_data);
    m.def("candidate_backward_weights", candidate_backward_weights);
    m.def("choose_candidate", choose_candidate);
    m.def("set_choice", set_choice);
    m.attr("CANDIDATES") = static_cast<int>(kCandidates);
    nb::class_<PendingConvolution>(m, "PendingConvolution")
        .def("run", &PendingConvolution::run, nb::arg().none(), nb::arg().none(), nb::arg().none(), nb::arg())
        .def_prop_ro("shapes", &PendingConvolution::shapes);
    m.def("conv_forward_last", PendingConvolution::make, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg("layout") = kChoose);
    m.def("conv_backward_data_last", conv_backward_data_last, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg("layout") = kChoose);
    m.def("conv_backward_weights_last", conv_backward_weights_last, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg("layout") = kChoose);
    m.def("to_channels_last", to_channels_last);
    m.def("from_channels_last", from_channels_last);
    m.def("concat_last", concat_last);
    m.def("slice_last", slice_last);
    m.def("affine_last", affine_last, nb::arg(), nb::arg().none(), nb::arg().none(), nb::arg().none(), nb::arg().none(),
          nb::arg());
    m.def("moments_last", moments_last);
    m.def("sum_last", sum_last);
    m.def("batch_norm_backward_last", batch_norm_backward_last, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(),
          nb::arg().none(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg());
    m.def("pool_forward_last", pool_forward_last);
    m.def("pool_backward_last", pool_backward_last, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg());

    m.def("relu", relu);
    m.def("relu_backward", relu_backward, nb::arg(), nb::arg(), nb::arg() = nb::none());
    m.def("dropout", dropout);
    m.def("eltwise", eltwise, nb::arg(), nb::arg(), nb::arg("parameter") = 0.0);
    m.def("eltwise_backward", eltwise_backward, nb::arg(), nb::arg(), nb::arg(), nb::arg("parameter") = 0.0);
    m.def("matmul", matmul);
    m.def("pool_forward", pool_forward);
    m.def("pool_backward", pool_backward, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg());
    m.def("batch_norm_forward", batch_norm_forward);
    m.def("batch_norm_backward", batch_norm_backward);
    m.def("batch_norm_inference", batch_norm_inference);
    m.def("batch_norm_inference_backward", batch_norm_inference_backward);
    m.def("group_norm", group_norm);
    m.def("group_norm_backward", group_norm_backward);
    m.def("lrn_forward", lrn_forward, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg("channels_last") = false);
    m.def("lrn_backward", lrn_backward, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg("channels_last") = false);
    m.def("softmax", softmax);
    m.def("softmax_backward", softmax_backward);
    m.def("log_softmax", log_softmax);
    m.def("log_softmax_backward", log_softmax_backward);
    m.def("softmax_cross_entropy", softmax_cross_entropy);
    m.def("softmax_cross_entropy_backward", softmax_cross_entropy_backward);
    m.def("roi_align", roi_align);
    m.def("roi_align_backward", roi_align_backward, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg());
    m.def("roi_pool", roi_pool);
    m.def("roi_pool_backward", roi_pool_backward, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg());
    m.def("nms", nms);
    m.def("sum_many", sum_many);
    m.def("im2col", im2col);
    m.def("col2im", col2im);
    m.def("embed_backward", embed_backward);
    m.def("lstm", lstm);
    m.def("lstm_backward", lstm_backward, nb::arg(), nb::arg().none(), nb::arg().none(), nb::arg(), nb::arg());
    m.def("gru_reset", gru_reset);
    m.def("gru_reset_backward", gru_reset_backward);
    m.def("gru_output", gru_output);
    m.def("gru_output_backward", gru_output_backward);
    m.def("rnn_forward", rnn_forward, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(), nb::arg(),
          nb::arg());
    m.def("rnn_backward", rnn_backward, nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg().none(), nb::arg().none(), nb::arg().none(), nb::arg().none(),
          nb::arg().none(), nb::arg());
    m.def("sgd_update", sgd_update);
    m.def("momentum_sgd_update", momentum_sgd_update);
    m.def("corrected_momentum_sgd_update", corrected_momentum_sgd_update);
    m.def("nesterov_ag_update", nesterov_ag_update);
    m.def("ada_grad_update", ada_grad_update);
    m.def("ada_delta_update", ada_delta_update);
    m.def("rmsprop_update", rmsprop_update);
    m.def("rmsprop_graves_update", rmsprop_graves_update);
    m.def("smorms3_update", smorms3_update);
    m.def("msvag_update", msvag_update);
    m.def("adam_update", adam_update, nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none(), nb::arg(),
          nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg().none());
}
