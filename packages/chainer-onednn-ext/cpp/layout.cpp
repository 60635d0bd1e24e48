// Images between the plain order (B, C, H, W) and channels-last (B, H, W, C), and joins and cuts along the channels.
#include "channels_last.hpp"
#include "kernels.hpp"
#include "parallel.hpp"

#include <cstring>

namespace {

// Of each image a matrix of (rows, columns) is transposed; bands of rows go to the threads.
nb::object transposed(const Floats &x, int64_t rows, int64_t columns, const Dims &shape) {
    Floats y = Floats::empty(shape);
    const float *from = x.data();
    float *to = y.data();
    constexpr int64_t kBand = 64;
    int64_t bands = (columns + kBand - 1) / kBand;
    run_without_gil(x.size(), [=] {
        parallel_for(x.dim(0) * bands, rows * std::min(kBand, columns), [=](int64_t i) {
            int64_t image = i / bands, c = i % bands * kBand, n = std::min(kBand, columns - c);
            const float *source = from + image * rows * columns + c;
            float *target = to + image * rows * columns + c * rows;
            constexpr int64_t kTile = 16;
            for (int64_t r = 0; r < rows; r += kTile) {
                int64_t height = std::min(kTile, rows - r);
                for (int64_t j = 0; j < n; ++j)
                    for (int64_t k = 0; k < height; ++k) target[j * rows + r + k] = source[(r + k) * columns + j];
            }
        });
    });
    return y.object();
}

}  // namespace

nb::object to_channels_last(nb::handle x) {
    Floats source = Floats::from(x);
    if (!source || source.ndim() != 4) return nb::none();
    return transposed(source, source.dim(1), source.dim(2) * source.dim(3),
                      {source.dim(0), source.dim(2), source.dim(3), source.dim(1)});
}

nb::object from_channels_last(nb::handle x) {
    Floats source = Floats::from(x);
    if (!source || source.ndim() != 4) return nb::none();
    return transposed(source, source.dim(1) * source.dim(2), source.dim(3),
                      {source.dim(0), source.dim(3), source.dim(1), source.dim(2)});
}

nb::object concat_last(nb::handle xs) {
    std::vector<Floats> parts;
    int64_t channels = 0;
    for (nb::handle x : xs) {
        parts.push_back(Floats::from(x));
        if (!parts.back() || parts.back().ndim() != 4) return nb::none();
        channels += parts.back().dim(3);
    }
    if (parts.empty()) return nb::none();
    Dims shape = parts[0].shape();
    int64_t rows = product(shape) / std::max<int64_t>(shape[3], 1);
    shape[3] = channels;
    Floats y = Floats::empty(shape);
    float *to = y.data();
    run_without_gil(y.size(), [&] {
        parallel_parts(rows, channels, [&](int64_t begin, int64_t end) {
            for (int64_t r = begin; r < end; ++r) {
                float *target = to + r * channels;
                for (const Floats &part : parts) {
                    int64_t n = part.dim(3);
                    std::memcpy(target, part.data() + r * n, n * sizeof(float));
                    target += n;
                }
            }
        });
    });
    return y.object();
}

nb::object slice_last(nb::handle x, int64_t begin, int64_t end) {
    Floats source = Floats::from(x);
    if (!source || source.ndim() != 4 || begin < 0 || end > source.dim(3) || begin > end) return nb::none();
    Dims shape = source.shape();
    int64_t channels = shape[3], n = end - begin, rows = shape[0] * shape[1] * shape[2];
    shape[3] = n;
    Floats y = Floats::empty(shape);
    const float *from = source.data() + begin;
    float *to = y.data();
    run_without_gil(y.size(), [=] {
        parallel_parts(rows, n, [=](int64_t first, int64_t last) {
            for (int64_t r = first; r < last; ++r) std::memcpy(to + r * n, from + r * channels, n * sizeof(float));
        });
    });
    return y.object();
}
