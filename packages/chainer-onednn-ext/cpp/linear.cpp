// The matrix products of affine maps, by oneDNN.
#include "gemm.hpp"
#include "kernels.hpp"

namespace {

// What NumPy's BLAS does on one thread it does well. Larger products it divides among threads of its own, which go on
// spinning for some 25 ms after each: in the way of OpenMP's, and of the whole network. OpenBLAS begins to divide a
// product of matrices at 2^18 multiplications, and one with a vector at 9216 elements.
bool is_left_to_blas(int64_t m, int64_t n, int64_t k) {
    const int64_t limit = m == 1 || n == 1 ? int64_t{1} << 13 : int64_t{1} << 18;
    return m * n * k < limit;
}

}  // namespace

nb::object matmul(nb::handle a, nb::handle b, bool transpose_a, bool transpose_b) {
    Floats left = Floats::from(a), right = Floats::from(b);
    if (!left || !right || left.ndim() != 2 || right.ndim() != 2) return nb::none();
    int64_t m = left.dim(transpose_a ? 1 : 0), k = left.dim(transpose_a ? 0 : 1), n = right.dim(transpose_b ? 0 : 1);
    if (is_left_to_blas(m, n, k) || right.dim(transpose_b ? 1 : 0) != k) return nb::none();
    Floats c = Floats::empty({m, n});
    {
        nb::gil_scoped_release release;
        gemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, left.data(), left.dim(1), right.data(),
             right.dim(1), 0, c.data(), n);
    }
    return c.object();
}
