// Matrix products on a part of arrays, by oneDNN.
#pragma once

#include <cstdint>

// c = op_a(a) op_b(b) + beta c, of shape (m, n), with a sum over k, and op 'N' or 'T'; a leading dimension is the
// distance of two rows as they lie in memory. Its threads are those of OpenMP.
void gemm(char op_a, char op_b, int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b,
          int64_t ldb, float beta, float *c, int64_t ldc);
