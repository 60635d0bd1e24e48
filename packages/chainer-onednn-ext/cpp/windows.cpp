// Windows of images laid out as columns (im2col), and their sum back into images (col2im), of up to three dimensions.
#include <algorithm>
#include <cstring>
#include <optional>

#include "kernels.hpp"
#include "parallel.hpp"

namespace {

constexpr int kMost = 3;
using Sizes = std::array<int64_t, kMost>;

// Windows over an image; axes that are not there have length 1.
struct Windows {
    Sizes size, ksize, out, stride, pad, dilate;

    int64_t pixels() const { return product_of(size); }
    int64_t offsets() const { return product_of(ksize); }
    int64_t positions() const { return product_of(out); }
    // Pixel of position o of the window and offset k in it, along an axis; it may lie outside the image.
    int64_t pixel(int axis, int64_t o, int64_t k) const { return o * stride[axis] - pad[axis] + k * dilate[axis]; }

    // The first position from which on offset k lies behind the first `pixels` pixels.
    int64_t reaching(int64_t pixels, int64_t k) const {
        return std::clamp<int64_t>((pixels - pixel(2, 0, k) + stride[2] - 1) / stride[2], 0, out[2]);
    }

private:
    static int64_t product_of(const Sizes &sizes) { return sizes[0] * sizes[1] * sizes[2]; }
};

std::optional<Sizes> sizes_of(const Dims &dims, int64_t missing) {
    if (dims.empty() || dims.size() > kMost) return std::nullopt;
    Sizes sizes;
    sizes.fill(missing);
    std::copy(dims.begin(), dims.end(), sizes.end() - static_cast<int64_t>(dims.size()));
    return sizes;
}

std::optional<Windows> windows_of(const Dims &size, const Dims &ksize, const Dims &out, nb::handle stride,
                                  nb::handle pad, nb::handle dilate) {
    Dims strides = dims_of(stride), pads = dims_of(pad), dilations = dims_of(dilate);
    for (size_t n : {ksize.size(), out.size(), strides.size(), pads.size(), dilations.size()})
        if (n != size.size()) return std::nullopt;
    for (int64_t s : strides)
        if (s < 1) return std::nullopt;
    auto a = sizes_of(size, 1), b = sizes_of(ksize, 1), c = sizes_of(out, 1), d = sizes_of(strides, 1);
    auto e = sizes_of(pads, 0), f = sizes_of(dilations, 1);
    if (!a) return std::nullopt;
    return Windows{*a, *b, *c, *d, *e, *f};
}

Dims part(const Dims &shape, size_t begin, size_t end) { return Dims(shape.begin() + begin, shape.begin() + end); }

// Calls f(line, at) for each row of positions of the window: with the line of the image where offset k of the window
// lies then, or nullptr outside the image, and the number of the row's first position.
template <typename Pixel, typename F> void for_rows(const Windows &w, int64_t k, Pixel *image, F f) {
    int64_t k0 = k / (w.ksize[1] * w.ksize[2]), k1 = k / w.ksize[2] % w.ksize[1];
    for (int64_t i = 0; i < w.out[0]; ++i)
        for (int64_t j = 0; j < w.out[1]; ++j) {
            int64_t y = w.pixel(0, i, k0), x = w.pixel(1, j, k1);
            bool is_inside = y >= 0 && y < w.size[0] && x >= 0 && x < w.size[1];
            f(is_inside ? image + (y * w.size[1] + x) * w.size[2] : nullptr, (i * w.out[1] + j) * w.out[2]);
        }
}

// Where windows move pixel by pixel and are as many as pixels, an offset of them is the image, moved: one copy, with
// wrong values only where the window reaches beyond the left or the right.
void copy_moved(const Windows &w, int64_t k, const float *image, float value, float *col) {
    int64_t k2 = k % w.ksize[2], k1 = k / w.ksize[2] % w.ksize[1], n = w.out[2];
    int64_t begin = w.reaching(0, k2), end = w.reaching(n, k2), top = w.pixel(1, 0, k1);
    int64_t from_row = std::clamp<int64_t>(-top, 0, w.out[1]);
    int64_t to_row = std::clamp<int64_t>(w.size[1] - top, from_row, w.out[1]);
    int64_t moved = top * n + w.pixel(2, 0, k2);
    int64_t first = std::clamp<int64_t>(-moved, from_row * n, to_row * n);
    int64_t last = std::clamp<int64_t>(w.size[1] * n - moved, first, to_row * n);
    std::fill(col, col + from_row * n, value);
    std::copy(image + moved + first, image + moved + last, col + first);
    for (int64_t j = from_row; j < to_row; ++j) {
        for (int64_t o = 0; o < begin; ++o) col[j * n + o] = value;
        for (int64_t o = end; o < n; ++o) col[j * n + o] = value;
    }
    std::fill(col + to_row * n, col + w.out[1] * n, value);
}

void copy_offset(const Windows &w, int64_t k, const float *image, float value, float *col) {
    int64_t k2 = k % w.ksize[2], n = w.out[2], s = w.stride[2];
    int64_t begin = w.reaching(0, k2), end = w.reaching(w.size[2], k2), first = w.pixel(2, 0, k2);
    if (w.out[0] == 1 && w.size[0] == 1 && w.ksize[0] == 1 && w.pad[0] == 0 && w.stride[1] == 1 && s == 1 &&
        n == w.size[2]) {
        copy_moved(w, k, image, value, col);
        return;
    }
    for_rows(w, k, image, [=](const float *line, int64_t at) {
        float *row = col + at;
        if (line == nullptr) {
            std::fill_n(row, n, value);
            return;
        }
        std::fill(row, row + begin, value);
        if (s == 1)
            std::copy(line + first + begin, line + first + end, row + begin);
        else
            for (int64_t o = begin; o < end; ++o) row[o] = line[first + o * s];
        std::fill(row + end, row + n, value);
    });
}

void add_offset(const Windows &w, int64_t k, const float *col, float *image) {
    int64_t k2 = k % w.ksize[2], s = w.stride[2];
    int64_t begin = w.reaching(0, k2), end = w.reaching(w.size[2], k2), first = w.pixel(2, 0, k2);
    for_rows(w, k, image, [=](float *__restrict line, int64_t at) {
        const float *__restrict row = col + at;
        if (line == nullptr) return;
        if (s == 1)
            for (int64_t o = begin; o < end; ++o) line[first + o] += row[o];
        else
            for (int64_t o = begin; o < end; ++o) line[first + o * s] += row[o];
    });
}

}  // namespace

nb::object im2col(nb::handle img, nb::handle ksize, nb::handle stride, nb::handle pad, nb::handle dilate,
                  nb::handle out_size, double value) {
    Floats images = Floats::from(img);
    if (!images || images.ndim() < 3) return nb::none();
    Dims shape = images.shape(), window = dims_of(ksize), out = dims_of(out_size);
    std::optional<Windows> w = windows_of(part(shape, 2, shape.size()), window, out, stride, pad, dilate);
    if (!w) return nb::none();
    Dims col_shape = part(shape, 0, 2);
    col_shape.insert(col_shape.end(), window.begin(), window.end());
    col_shape.insert(col_shape.end(), out.begin(), out.end());
    Floats col = Floats::empty(col_shape);
    const float *from = images.data();
    float *to = col.data();
    run_without_gil(col.size(), [&, from, to] {
        parallel_for(shape[0] * shape[1] * w->offsets(), w->positions(), [&](int64_t i) {
            copy_offset(*w, i % w->offsets(), from + i / w->offsets() * w->pixels(), static_cast<float>(value),
                        to + i * w->positions());
        });
    });
    return col.object();
}

nb::object col2im(nb::handle col, nb::handle stride, nb::handle pad, nb::handle dilate, nb::handle size) {
    Floats columns = Floats::from(col);
    Dims in_size = dims_of(size);
    size_t n = in_size.size();
    if (!columns || static_cast<size_t>(columns.ndim()) != 2 + 2 * n) return nb::none();
    Dims shape = columns.shape();
    std::optional<Windows> w =
        windows_of(in_size, part(shape, 2, 2 + n), part(shape, 2 + n, 2 + 2 * n), stride, pad, dilate);
    if (!w) return nb::none();
    Dims in_shape = part(shape, 0, 2);
    in_shape.insert(in_shape.end(), in_size.begin(), in_size.end());
    Floats images = Floats::empty(in_shape);
    const float *from = columns.data();
    float *to = images.data();
    run_without_gil(columns.size(), [&, from, to] {
        int64_t pixels = w->pixels(), positions = w->positions(), offsets = w->offsets();
        parallel_for(shape[0] * shape[1], offsets * positions, [=, &w](int64_t i) {
            std::memset(to + i * pixels, 0, pixels * sizeof(float));
            for (int64_t k = 0; k < offsets; ++k)
                add_offset(*w, k, from + (i * offsets + k) * positions, to + i * pixels);
        });
    });
    return images.object();
}
