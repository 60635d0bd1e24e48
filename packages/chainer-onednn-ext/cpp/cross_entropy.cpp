// Softmax cross entropy with labels, and its gradient.
#include <cmath>
#include <string>

#include "kernels.hpp"
#include "parallel.hpp"
#include "softmax.hpp"

namespace {

// Number of a label's class, counted from behind if negative as NumPy's indexing does.
inline int64_t class_of(int64_t label, int64_t n_class) { return label < 0 ? label + n_class : label; }

// Multiplies a row by f; the sum of what it was.
float scaled_row(const float *__restrict row, int64_t n, float f, float *__restrict out) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; ++i) {
        out[i] = row[i] * f;
        sum += row[i];
    }
    return sum;
}

}  // namespace

nb::object softmax_cross_entropy(nb::handle x, nb::handle t, int64_t ignore_label) {
    Floats scores = Floats::from(x);
    Array<int64_t> labels = Array<int64_t>::from(t, true);
    if (!scores || scores.ndim() != 2 || !labels || labels.size() != scores.dim(0)) return nb::none();
    int64_t n = scores.dim(0), n_class = scores.dim(1);
    const int64_t *label = labels.data();
    for (int64_t i = 0; i < n; ++i) {
        int64_t c = class_of(label[i], n_class);
        if (label[i] != ignore_label && (c < 0 || c >= n_class)) {
            std::string message = "label " + std::to_string(label[i]) + " of t is out of bounds: x has " +
                                  std::to_string(n_class) + " classes, and ignore_label is " +
                                  std::to_string(ignore_label);
            throw nb::index_error(message.c_str());
        }
    }
    Floats loss = Floats::empty({n}), y = Floats::empty(scores.shape());
    const float *from = scores.data();
    float *to = y.data(), *out = loss.data();
    run_without_gil(n * n_class * 8, [=] {
        parallel_for(n, n_class * 8, [=](int64_t i) {
            const float *row = from + i * n_class;
            float largest, total;
            softmax_row(row, to + i * n_class, n_class, largest, total);
            bool is_ignored = label[i] == ignore_label;
            out[i] = is_ignored ? 0 : std::log(total) - (row[class_of(label[i], n_class)] - largest);
        });
    });
    return nb::make_tuple(loss.object(), y.object());
}

nb::object softmax_cross_entropy_backward(nb::handle y, nb::handle t, nb::handle scale, int64_t ignore_label) {
    Floats softmax = Floats::from(y), factors = Floats::from(scale, true);
    Array<int64_t> labels = Array<int64_t>::from(t, true);
    if (!softmax || !factors || !labels) return nb::none();
    int64_t n = softmax.dim(0), n_class = softmax.dim(1);
    bool is_common = factors.size() == 1 && factors.ndim() == 0;
    if (!is_common && factors.size() != n) return nb::none();
    Floats gx = Floats::empty(softmax.shape());
    const float *from = softmax.data(), *factor = factors.data();
    const int64_t *label = labels.data();
    float *to = gx.data();
    run_without_gil(n * n_class, [=] {
        parallel_for(n, n_class, [=](int64_t i) {
            const float *row = from + i * n_class;
            float *out = to + i * n_class;
            if (label[i] == ignore_label) {
                std::fill_n(out, n_class, 0.0f);
                return;
            }
            int64_t c = class_of(label[i], n_class);
            float f = factor[is_common ? 0 : i];
            // p - 1 of the label as minus the sum of the others: exact also where p is so near to 1 that it is
            // rounded to it.
            float others = scaled_row(row, c, f, out) + scaled_row(row + c + 1, n_class - c - 1, f, out + c + 1);
            out[c] = -others * f;
        });
    });
    return gx.object();
}
