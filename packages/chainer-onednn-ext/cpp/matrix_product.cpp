#include "matrix_product.hpp"

#include <cstring>

#include "panels.hpp"

namespace {

// Blocks of a product that stay in the second cache of a core (1 MB, half a MB on older ones).
constexpr int64_t kBlockRows = 8 * kTileRows, kBlockDepth = 512, kBlockPixels = 192, kBlockColumns = 512;

// The columns of the unfolded image of one group are (kh, kw, c), so those of one row of the window that lie beside
// each other in the image do so here too.
struct Unfolding {
    const ConvShape &s;
    const float *x;
    int64_t group;
    int64_t channels() const { return s.c / s.groups; }
    int64_t width() const { return s.kh * s.kw * channels(); }
    int64_t rows() const { return s.n * s.oh * s.ow; }

    // The image is its own unfolding.
    bool is_trivial() const { return s.is_pointwise() && s.sh == 1 && s.sw == 1 && s.groups == 1; }

    // Writes columns [first, last) of rows [begin, end), `ld` floats from row to row.
    void write(int64_t begin, int64_t end, int64_t first, int64_t last, float *to, int64_t ld) const {
        int64_t ow = begin % s.ow, oh = begin / s.ow % s.oh, n = begin / s.ow / s.oh;
        for (int64_t row = begin; row < end; ++row, to += ld) {
            write_row(n, oh * s.sh - s.ph, ow * s.sw - s.pw, first, last, to);
            if (++ow < s.ow) continue;
            ow = 0;
            if (++oh < s.oh) continue;
            oh = 0, ++n;
        }
    }

private:
    void write_row(int64_t n, int64_t top, int64_t left, int64_t first, int64_t last, float *to) const {
        const int64_t c = channels();
        const bool is_dense = s.dw == 1 && s.groups == 1;  // a row of the window is one piece of the image
        const float *image = x + n * s.h * s.w * s.c + group * c;
        for (int64_t column = first; column < last;) {
            int64_t tap = column / c, i = tap / s.kw, j = tap % s.kw;
            int64_t h = top + i * s.dh, w = left + j * s.dw;
            int64_t taps = is_dense ? s.kw - j : 1;
            int64_t count = std::min(last, (tap + taps) * c) - column;
            if (h < 0 || h >= s.h || (!is_dense && (w < 0 || w >= s.w))) {
                std::memset(to, 0, count * sizeof(float));
            } else if (!is_dense || (w >= 0 && w + taps <= s.w)) {
                std::memcpy(to, image + (h * s.w + w) * s.c + column % c, count * sizeof(float));
            } else {
                for (int64_t q = 0; q < count; ++q) {
                    int64_t ww = left + (column + q) / c % s.kw;
                    to[q] = ww < 0 || ww >= s.w ? 0 : image[(h * s.w + ww) * s.c + (column + q) % c];
                }
            }
            column += count;
            to += count;
        }
    }
};

bool is_served(const ConvShape &s) {
    // With a few channels a group most of a tile would be empty.
    return s.x_size() > 0 && s.y_size() > 0 && (s.groups == 1 || (s.c / s.groups >= 8 && s.o / s.groups >= 8));
}

// Product of the unfolded image of a group with a matrix of `n` columns in panels.
void multiply_unfolded(const Unfolding &image, int64_t n, const float *panels, float *y, int64_t y_row,
                       const Epilogue &epilogue) {
    const int64_t m = image.rows(), k = image.width();
    const bool is_trivial = image.is_trivial();
    constexpr int64_t kRow = kBlockDepth + kPanel;  // not a power of two: the rows of a tile would share cache lines
    float *scratch = is_trivial ? nullptr : take_floats(omp_get_max_threads() * kBlockRows * kRow);
    divide_product(m, n, k, [=](int64_t thread, Part rows, Part columns) {
        float *unfolded = scratch + thread * kBlockRows * kRow;
        for (int64_t i = rows.begin; i < rows.end; i += kBlockRows)
            for (int64_t l = 0; l < k; l += kBlockDepth) {
                int64_t depth = std::min(kBlockDepth, k - l), height = std::min(kBlockRows, rows.end - i);
                if (!is_trivial) image.write(i, i + height, l, l + depth, unfolded, kRow);
                int64_t offset = i * y_row + columns.begin;
                simd().multiply({height, columns.size(), depth, is_trivial ? image.x + i * k + l : unfolded,
                                 is_trivial ? k : kRow, 1, panels + columns.begin * k + l * kPanel, k * kPanel, kPanel,
                                 y + offset, y_row, l > 0,
                                 l + depth == k ? epilogue.moved(offset, columns.begin) : Epilogue()});
            }
    });
}

// gx of a strided 1x1 convolution: most of it is zero.
void scatter_rows(const ConvShape &s, const float *rows, float *gx) {
    std::memset(gx, 0, s.x_size() * sizeof(float));
    parallel_for(s.n * s.oh, s.ow * s.c, [=](int64_t i) {
        float *to = gx + ((i / s.oh) * s.h + i % s.oh * s.sh) * s.w * s.c;
        for (int64_t j = 0; j < s.ow; ++j)
            std::memcpy(to + j * s.sw * s.c, rows + (i * s.ow + j) * s.c, s.c * sizeof(float));
    });
}

}  // namespace

bool matrix_product::forward(const ConvShape &s, const float *x, const float *W, float *y, const Epilogue &epilogue) {
    if (!is_served(s)) return false;
    for (int64_t group = 0; group < s.groups; ++group) {
        Unfolding image{s, x, group};
        const int64_t n = s.o / s.groups, k = image.width(), c = image.channels(), taps = s.kh * s.kw;
        const float *filters = W + group * n * k;
        Arena::mine().rewind();
        float *panels = take_floats(panels_size(k, n));
        pack_panels(k, n, panels, [=](int64_t l, int64_t j) { return filters[j * k + l % c * taps + l / c]; });
        multiply_unfolded(image, n, panels, y + group * n, s.o, epilogue.moved(group * n, group * n));
    }
    return true;
}

bool matrix_product::backward_data(const ConvShape &s, const float *gy, const float *W, float *gx) {
    const bool is_strided = s.sh != 1 || s.sw != 1;
    if (!is_served(s) || (is_strided && !(s.is_pointwise() && s.groups == 1))) return false;
    // A strided 1x1 convolution is one of stride 1 of the pixels that it looks at.
    ConvShape dense = s;
    if (is_strided) dense.h = s.oh, dense.w = s.ow, dense.sh = 1, dense.sw = 1;
    const ConvShape t = dense.transposed();
    for (int64_t group = 0; group < s.groups; ++group) {
        Unfolding image{t, gy, group};
        const int64_t n = t.o / s.groups, k = image.width(), o = image.channels(), taps = s.kh * s.kw;
        const float *filters = W + group * o * n * taps;
        Arena::mine().rewind();
        float *panels = take_floats(panels_size(k, n));
        pack_panels(k, n, panels, [=](int64_t l, int64_t j) {
            return filters[(l % o * n + j) * taps + taps - 1 - l / o];
        });
        float *rows = is_strided ? take_floats(t.y_size()) : gx + group * n;
        multiply_unfolded(image, n, panels, rows, s.c, Epilogue());
        if (is_strided) scatter_rows(s, rows, gx);
    }
    return true;
}

namespace {

// Threads take columns of the gradient if it has enough of them, else pixels, whose sums are added up at the end.
struct Division {
    int64_t by_columns, by_pixels;
    Division(int64_t o, int64_t pixels, int64_t columns) {
        int64_t threads =
            std::min<int64_t>(omp_get_max_threads(), 1 + elements_of_product(o, columns, pixels) / kElementsPerThread);
        int64_t units = round_up(columns, kTileColumns) / kTileColumns;
        by_columns = threads;
        while (by_columns > 1 && (threads % by_columns != 0 || units < 4 * by_columns)) --by_columns;
        by_pixels = std::min(threads / by_columns, round_up(pixels, kBlockPixels) / kBlockPixels);
    }
};

// Adds the product of gy and the unfolded image over some pixels to some columns of sums (o, row).
void add_pixels(const Unfolding &image, const float *gy, Part pixels, Part columns, float *sums, int64_t row,
                float *scratch) {
    const int64_t o = image.s.o / image.s.groups, gy_row = o + kPanel;
    constexpr int64_t kRow = kBlockColumns + kPanel;
    float *unfolded = scratch, *gradient = scratch + kBlockPixels * kRow;
    for (int64_t first = columns.begin; first < columns.end; first += kBlockColumns) {
        int64_t last = std::min(columns.end, first + kBlockColumns);
        for (int64_t i = pixels.begin; i < pixels.end; i += kBlockPixels) {
            int64_t count = std::min(kBlockPixels, pixels.end - i);
            image.write(i, i + count, first, last, unfolded, kRow);
            for (int64_t q = 0; q < count; ++q)
                std::memcpy(gradient + q * gy_row, gy + (i + q) * image.s.o, o * sizeof(float));
            simd().multiply({o, last - first, count, gradient, 1, gy_row, unfolded, kPanel, kRow, sums + first, row,
                             i > pixels.begin, Epilogue()});
        }
    }
}

}  // namespace

bool matrix_product::backward_weights(const ConvShape &s, const float *x, const float *gy, float *gW) {
    if (!is_served(s)) return false;
    for (int64_t group = 0; group < s.groups; ++group) {
        Unfolding image{s, x, group};
        const int64_t o = s.o / s.groups, k = image.width(), c = image.channels(), taps = s.kh * s.kw;
        const Division division(o, image.rows(), k);
        const int64_t parts = division.by_pixels, threads = parts * division.by_columns, row = round_up(k, kPanel);
        const int64_t scratch_size = kBlockPixels * (kBlockColumns + kPanel + o + kPanel);
        Arena::mine().rewind();
        float *sums = take_floats(parts * o * row), *scratch = take_floats(threads * scratch_size);
        parallel_for(threads, elements_of_product(o, k, image.rows()) / threads, [=](int64_t i) {
            int64_t part = i % parts;
            add_pixels(image, gy + group * o, part_of(image.rows(), kBlockPixels, part, parts),
                       part_of(k, kTileColumns, i / parts, division.by_columns), sums + part * o * row, row,
                       scratch + i * scratch_size);
        });
        float *gradient = gW + group * o * k;
        parallel_for(o, k * parts * 4, [=](int64_t i) {
            for (int64_t q = 0; q < c; ++q)
                for (int64_t tap = 0; tap < taps; ++tap) {
                    const float *from = sums + i * row + tap * c + q;
                    float sum = 0;
                    for (int64_t part = 0; part < parts; ++part) sum += from[part * o * row];
                    gradient[i * k + q * taps + tap] = sum;
                }
        });
    }
    return true;
}
