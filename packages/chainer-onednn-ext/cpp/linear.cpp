// The matrix products of affine maps, by oneDNN.
#include "gemm.hpp"
#include "kernels.hpp"

namespace {

// Below so many multiplications the BLAS of NumPy is as fast or faster.
constexpr int64_t kFewest = 1 << 24;

}  // namespace

nb::object matmul(nb::handle a, nb::handle b, bool transpose_a, bool transpose_b) {
    Floats left = Floats::from(a), right = Floats::from(b);
    if (!left || !right || left.ndim() != 2 || right.ndim() != 2) return nb::none();
    int64_t m = left.dim(transpose_a ? 1 : 0), k = left.dim(transpose_a ? 0 : 1), n = right.dim(transpose_b ? 0 : 1);
    if (m * n * k < kFewest || right.dim(transpose_b ? 1 : 0) != k) return nb::none();
    Floats c = Floats::empty({m, n});
    {
        nb::gil_scoped_release release;
        gemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, left.data(), left.dim(1), right.data(),
             right.dim(1), 0, c.data(), n);
    }
    return c.object();
}
