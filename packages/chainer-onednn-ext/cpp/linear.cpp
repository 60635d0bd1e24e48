// The matrix products of affine maps, by oneDNN.
#include <oneapi/dnnl/dnnl.h>

#include <stdexcept>

#include "kernels.hpp"

namespace {

// Below so many multiplications the BLAS of NumPy is as fast or faster.
constexpr int64_t kFewest = 1 << 24;

// c = op(a) op(b), of shape (m, n), with op one of 'N' and 'T'.
void product_into(float *c, char op_a, char op_b, const Floats &a, const Floats &b, int64_t m, int64_t n, int64_t k) {
    dnnl_status_t status =
        dnnl_sgemm(op_a, op_b, m, n, k, 1.0f, a.data(), a.dim(1), b.data(), b.dim(1), 0.0f, c, n);
    if (status != dnnl_success) throw std::runtime_error("dnnl_sgemm failed");
}

}  // namespace

nb::object matmul(nb::handle a, nb::handle b, bool transpose_a, bool transpose_b) {
    Floats left = Floats::from(a), right = Floats::from(b);
    if (!left || !right || left.ndim() != 2 || right.ndim() != 2) return nb::none();
    int64_t m = left.dim(transpose_a ? 1 : 0), k = left.dim(transpose_a ? 0 : 1), n = right.dim(transpose_b ? 0 : 1);
    if (m * n * k < kFewest || right.dim(transpose_b ? 1 : 0) != k) return nb::none();
    Floats c = Floats::empty({m, n});
    {
        nb::gil_scoped_release release;
        product_into(c.data(), transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', left, right, m, n, k);
    }
    return c.object();
}
