#include "gemm.hpp"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <stdexcept>

#include "onednn.hpp"
#include "parallel.hpp"
#include "simd.hpp"

namespace {

// With a few rows or columns, bringing a transposed b into another order takes longer than the product, which is done
// with the rows of both as they lie.
constexpr int64_t kFew = 10;

void few_by_transposed(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                       float *c, int64_t ldc) {
    constexpr int64_t kDepth = 2048;  // so much of some rows of b stays in the first cache
    parallel_parts(std::max(m, n), std::min(m, n) * k / 8, [=](int64_t begin, int64_t end) {
        const bool is_by_rows = m > n;
        const int64_t i = is_by_rows ? begin : 0, j = is_by_rows ? 0 : begin, size = end - begin;
        for (int64_t l = 0; l < k; l += kDepth)
            simd().dots({is_by_rows ? size : m, is_by_rows ? n : size, std::min(kDepth, k - l), a + i * lda + l, lda,
                         b + j * ldb + l, ldb, c + i * ldc + j, ldc, l > 0});
    });
}

// With few rows of a, dnnl_sgemm takes about as long to bring a transposed b into its own order as to multiply by it.
// oneDNN's matmul reads b as it lies: at 20x650x2600 it makes 164 GFLOP/s on two threads, against 108.
constexpr int64_t kFewRows = 64;

void few_rows_by_transposed(int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                            float *c, int64_t ldc) {
    using dnnl::matmul;
    using dnnl::memory;
    static Cache<std::pair<matmul::primitive_desc, matmul>> cache;
    auto made = cache.get({m, n, k, lda, ldb, ldc}, [&] {
        auto f32 = memory::data_type::f32;
        matmul::primitive_desc desc(engine(), {{m, k}, f32, memory::dims{lda, 1}}, {{k, n}, f32, memory::dims{1, ldb}},
                                    {{m, n}, f32, memory::dims{ldc, 1}});
        return std::make_shared<std::pair<matmul::primitive_desc, matmul>>(desc, matmul(desc));
    });
    const auto &[desc, product] = *made;
    auto over = [](const memory::desc &layout, const float *data) {
        return memory(layout, engine(), const_cast<float *>(data));
    };
    product.execute(stream(), {{DNNL_ARG_SRC, over(desc.src_desc(), a)},
                               {DNNL_ARG_WEIGHTS, over(desc.weights_desc(), b)},
                               {DNNL_ARG_DST, over(desc.dst_desc(), c)}});
}

}  // namespace

void gemm(char op_a, char op_b, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
          int64_t ldb, float beta, float *c, int64_t ldc) {
    if (m == 0 || n == 0) return;
    if (k == 0) {  // the sum of nothing
        if (beta == 0)
            for (int64_t row = 0; row < m; ++row) std::fill_n(c + row * ldc, n, 0.0f);
        return;
    }
    const bool is_by_transposed = op_a == 'N' && op_b == 'T' && beta == 0;
    if (is_by_transposed && std::min(m, n) <= kFew) return few_by_transposed(m, n, k, a, lda, b, ldb, c, ldc);
    if (is_by_transposed && m <= kFewRows) return few_rows_by_transposed(m, n, k, a, lda, b, ldb, c, ldc);
    if (dnnl_sgemm(op_a, op_b, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc) != dnnl_success)
        throw std::runtime_error("dnnl_sgemm failed");
}
