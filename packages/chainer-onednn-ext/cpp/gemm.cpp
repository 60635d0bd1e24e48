#include "gemm.hpp"

#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <stdexcept>

void gemm(char op_a, char op_b, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
          int64_t ldb, float beta, float *c, int64_t ldc) {
    if (m == 0 || n == 0) return;
    if (k == 0) {  // the sum of nothing
        if (beta == 0)
            for (int64_t row = 0; row < m; ++row) std::fill_n(c + row * ldc, n, 0.0f);
        return;
    }
    if (dnnl_sgemm(op_a, op_b, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc) != dnnl_success)
        throw std::runtime_error("dnnl_sgemm failed");
}
