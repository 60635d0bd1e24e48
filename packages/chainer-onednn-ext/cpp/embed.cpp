// Gradient of vectors that were looked up by id: rows are added up.
#include <string>

#include "kernels.hpp"
#include "parallel.hpp"

namespace {

void add_columns(int64_t n, const float *__restrict from, float *__restrict to) {
    for (int64_t k = 0; k < n; ++k) to[k] += from[k];
}

}  // namespace

nb::object embed_backward(nb::handle x, nb::handle gy, nb::handle w_shape) {
    Array<int64_t> ids = Array<int64_t>::from(x, true);
    Floats upper = Floats::from(gy);
    Dims shape = dims_of(w_shape);
    if (!ids || !upper || shape.size() != 2 || upper.size() != ids.size() * shape[1]) return nb::none();
    int64_t n = ids.size(), n_rows = shape[0], width = shape[1];
    const int64_t *id = ids.data();
    for (int64_t i = 0; i < n; ++i)
        if (id[i] < -n_rows || id[i] >= n_rows) {
            std::string message = "id " + std::to_string(id[i]) + " is out of bounds: there are " +
                                  std::to_string(n_rows) + " vectors";
            throw nb::index_error(message.c_str());
        }
    Floats gW = Floats::zeros(shape);
    const float *from = upper.data();
    float *to = gW.data();
    run_without_gil(n * width, [=] {
        // Each thread adds to columns of its own, so that sums are in the order of the ids for any number of threads.
        parallel_parts(width, n, [=](int64_t begin, int64_t end) {
            for (int64_t i = 0; i < n; ++i) {
                int64_t row = id[i] < 0 ? id[i] + n_rows : id[i];  // from behind, as NumPy's indexing does
                add_columns(end - begin, from + i * width + begin, to + row * width + begin);
            }
        });
    });
    return gW.object();
}
