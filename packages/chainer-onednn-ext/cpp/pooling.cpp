// Max and average pooling with any number of spatial axes, a thread to some of the images' channels.
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels.hpp"
#include "parallel.hpp"

namespace {

// The windows over one plane, the spatial axes of one channel of one image.
struct Windows {
    Dims in, out, ksize, stride, pad;

    int64_t row_in() const { return in.back(); }
    int64_t row_out() const { return out.back(); }
    int64_t taps() const { return product(ksize); }
    int64_t work() const { return product(out) * taps(); }

    bool fits() const {
        size_t n = ksize.size();
        return n > 0 && in.size() == n && out.size() == n && stride.size() == n && pad.size() == n;
    }

};

// Whether the one window is the whole plane, as in global pooling: then it lies in one piece.
bool is_global(const Windows &w) {
    return product(w.out) == 1 && w.ksize == w.in && w.pad == Dims(w.pad.size(), 0);
}

// Positions of a row of the output for which a tap of the last axis meets the image: [first, last).
struct Span {
    int64_t first, last;
};

std::vector<Span> spans(const Windows &w) {
    std::vector<Span> spans(w.ksize.back());
    for (int64_t k = 0; k < w.ksize.back(); ++k) {
        int64_t before = w.pad.back() - k, room = w.row_in() - 1 + w.pad.back() - k;
        spans[k].first = before <= 0 ? 0 : std::min(w.row_out(), (before + w.stride.back() - 1) / w.stride.back());
        spans[k].last = room < 0 ? 0 : std::min(w.row_out(), room / w.stride.back() + 1);
    }
    return spans;
}

// Steps to the next index in C order; false at the end.
bool advance(Dims &index, const Dims &shape, size_t n) {
    for (size_t a = n; a-- > 0;) {
        if (++index[a] < shape[a]) return true;
        index[a] = 0;
    }
    return false;
}

// Scratch for the indexes of the outer axes, all 0 between calls.
struct Odometers {
    Dims at, tap;
    explicit Odometers(const Windows &w) : at(w.ksize.size() - 1, 0), tap(at) {}
};

// For each row of the output: begin(row), then step(row, start of a row of the image, first tap) for each row of
// the window that meets the image, then end(row, index of the row).
template <typename Begin, typename Step, typename End>
void over_rows(const Windows &w, Odometers &odometers, Begin begin, Step step, End end) {
    auto &[at, tap] = odometers;
    size_t outer = at.size();
    int64_t row = 0;
    do {
        begin(row);
        int64_t tap_row = 0;
        do {
            int64_t start = 0;
            bool is_inside = true;
            for (size_t a = 0; a < outer; ++a) {
                int64_t position = at[a] * w.stride[a] - w.pad[a] + tap[a];
                is_inside &= position >= 0 && position < w.in[a];
                start = start * w.in[a] + position;
            }
            if (is_inside) step(row, start * w.row_in(), tap_row * w.ksize.back());
            ++tap_row;
        } while (advance(tap, w.ksize, outer));
        end(row, at);
        ++row;
    } while (advance(at, w.out, outer));
}

// Gives f the stride as a constant where it is a common one: the loops over rows become vector code.
template <typename F> void with_stride(int64_t stride, F f) {
    if (stride == 1)
        f(std::integral_constant<int64_t, 1>());
    else if (stride == 2)
        f(std::integral_constant<int64_t, 2>());
    else
        f(stride);
}

template <typename Stride>
void max_row(int64_t n, Stride stride, int32_t tap, const float *__restrict in, float *__restrict best,
             int32_t *__restrict where) {
    for (int64_t j = 0; j < n; ++j) {
        float v = in[j * stride], b = best[j];
        int32_t at = where[j];
        bool is_better = !(v <= b) & (b == b);  // NaN wins, and the first one stays
        best[j] = is_better ? v : b;
        where[j] = is_better ? tap : at;
    }
}

template <typename Stride>
void add_row(int64_t n, Stride stride, const float *__restrict in, float *__restrict sum) {
    for (int64_t j = 0; j < n; ++j) sum[j] += in[j * stride];
}

template <typename Stride>
void spread_row(int64_t n, Stride stride, const float *__restrict share, float *__restrict out) {
    for (int64_t j = 0; j < n; ++j) out[j * stride] += share[j];
}

template <typename Index>
void max_plane(const Windows &w, Odometers &odometers, const std::vector<Span> &spans, const float *x, float *y,
               Index *indexes, int32_t *where) {
    int64_t n = w.row_out(), pad = w.pad.back();
    over_rows(
        w, odometers,
        [&](int64_t row) {
            std::fill_n(y + row * n, n, -std::numeric_limits<float>::infinity());
            std::fill_n(where, n, 0);
        },
        [&](int64_t row, int64_t start, int64_t tap) {
            float *best = y + row * n;
            if (n == 1) {  // one window: along it
                int64_t from = std::max<int64_t>(0, pad), to = std::min(w.ksize.back(), w.row_in() + pad);
                float b = best[0];
                for (int64_t k = from; k < to; ++k) {
                    float v = x[start + k - pad];
                    if (!(v <= b) & (b == b)) {
                        b = v;
                        where[0] = static_cast<int32_t>(tap + k);
                    }
                }
                best[0] = b;
                return;
            }
            with_stride(w.stride.back(), [&](auto stride) {
                for (int64_t k = 0; k < w.ksize.back(); ++k) {
                    auto [first, last] = spans[k];
                    const float *in = x + start + k - pad + first * stride;
                    max_row(last - first, stride, static_cast<int32_t>(tap + k), in, best + first, where + first);
                }
            });
        },
        [&](int64_t row, const Dims &) {
            for (int64_t j = 0; j < n; ++j) indexes[row * n + j] = static_cast<Index>(where[j]);
        });
}

// Of each tap of a window: the row of the image that it reads, or null, and its place in that row.
struct Taps {
    std::vector<float *> rows;
    std::vector<int64_t> places;

    explicit Taps(const Windows &w) : rows(w.taps()), places(w.taps()) {
        for (int64_t t = 0; t < w.taps(); ++t) places[t] = t % w.ksize.back() - w.pad.back();
    }
};

template <typename Index>
void max_plane_back(const Windows &w, Odometers &odometers, Taps &taps, const float *gy, const Index *indexes,
                    float *gx) {
    int64_t n = w.row_out();
    std::fill_n(gx, product(w.in), 0.0f);
    auto &[rows, places] = taps;
    int64_t length = w.ksize.back(), row_in = w.row_in(), stride = w.stride.back();
    over_rows(
        w, odometers, [&](int64_t) { std::fill(rows.begin(), rows.end(), nullptr); },
        [&](int64_t, int64_t start, int64_t tap) { std::fill_n(rows.begin() + tap, length, gx + start); },
        [&](int64_t row, const Dims &) {
            const Index *taken = indexes + row * n;
            const float *g = gy + row * n;
            for (int64_t j = 0; j < n; ++j) {
                int64_t place = j * stride + places[taken[j]];
                float *target = rows[taken[j]];
                // A window of nothing but -inf has its maximum in the padding.
                if (target != nullptr && place >= 0 && place < row_in) target[place] += g[j];
            }
        });
}

// Elements that the windows of a row average, as a product over the axes: that of the outer ones.
int64_t met(const Windows &w, size_t axis, int64_t at) {
    int64_t start = at * w.stride[axis] - w.pad[axis];
    return std::min(start + w.ksize[axis], w.in[axis]) - std::max<int64_t>(start, 0);
}

// Factors of the means: of position j of a row; those of the other axes are multiplied in for each row.
float row_factor(const Windows &w, bool includes_pad, const Dims &at) {
    int64_t n = 1;
    for (size_t a = 0; a + 1 < w.ksize.size(); ++a) n *= includes_pad ? w.ksize[a] : met(w, a, at[a]);
    return 1.0f / static_cast<float>(n);
}

std::vector<float> factors_in_row(const Windows &w, bool includes_pad) {
    std::vector<float> factors(w.row_out());
    size_t axis = w.ksize.size() - 1;
    for (int64_t j = 0; j < w.row_out(); ++j)
        factors[j] = 1.0f / static_cast<float>(includes_pad ? w.ksize[axis] : met(w, axis, j));
    return factors;
}

void average_plane(const Windows &w, Odometers &odometers, const std::vector<Span> &spans,
                   const std::vector<float> &factors, bool includes_pad, const float *x, float *y) {
    int64_t n = w.row_out(), pad = w.pad.back(), length = w.ksize.back();
    if (is_global(w)) {
        float s = 0;
        int64_t size = w.taps();
#pragma omp simd reduction(+ : s)
        for (int64_t i = 0; i < size; ++i) s += x[i];
        y[0] = s / static_cast<float>(size);
        return;
    }
    over_rows(
        w, odometers, [&](int64_t row) { std::fill_n(y + row * n, n, 0.0f); },
        [&](int64_t row, int64_t start, int64_t) {
            float *sum = y + row * n;
            if (n < length) {  // few long windows: along each
                for (int64_t j = 0; j < n; ++j) {
                    int64_t from = std::max<int64_t>(0, j * w.stride.back() - pad);
                    int64_t to = std::min(w.row_in(), j * w.stride.back() - pad + length);
                    float s = 0;
#pragma omp simd reduction(+ : s)
                    for (int64_t i = from; i < to; ++i) s += x[start + i];
                    sum[j] += s;
                }
                return;
            }
            with_stride(w.stride.back(), [&](auto stride) {
                for (int64_t k = 0; k < length; ++k) {
                    auto [first, last] = spans[k];
                    add_row(last - first, stride, x + start + k - pad + first * stride, sum + first);
                }
            });
        },
        [&](int64_t row, const Dims &at) {
            float factor = row_factor(w, includes_pad, at);
            for (int64_t j = 0; j < n; ++j) y[row * n + j] *= factor * factors[j];
        });
}

void average_plane_back(const Windows &w, Odometers &odometers, const std::vector<Span> &spans,
                        const std::vector<float> &factors, bool includes_pad, const float *gy, float *gx,
                        float *share) {
    int64_t n = w.row_out(), pad = w.pad.back();
    if (is_global(w)) {
        std::fill_n(gx, w.taps(), gy[0] / static_cast<float>(w.taps()));
        return;
    }
    std::fill_n(gx, product(w.in), 0.0f);
    over_rows(
        w, odometers,
        [&](int64_t row) {
            float factor = row_factor(w, includes_pad, odometers.at);
            for (int64_t j = 0; j < n; ++j) share[j] = gy[row * n + j] * factor * factors[j];
        },
        [&](int64_t, int64_t start, int64_t) {
            if (n == 1) {  // one window: along it
                int64_t from = std::max<int64_t>(0, -pad), to = std::min(w.row_in(), w.ksize.back() - pad);
                for (int64_t i = from; i < to; ++i) gx[start + i] += share[0];
                return;
            }
            with_stride(w.stride.back(), [&](auto stride) {
                for (int64_t k = 0; k < w.ksize.back(); ++k) {
                    auto [first, last] = spans[k];
                    spread_row(last - first, stride, share + first, gx + start + k - pad + first * stride);
                }
            });
        },
        [](int64_t, const Dims &) {});
}

enum Mode { kMax, kAverage, kAverageNoPad };

Mode mode_of(const char *name) {
    return std::strcmp(name, "max") == 0 ? kMax : std::strcmp(name, "average") == 0 ? kAverage : kAverageNoPad;
}

Dims behind_channels(const Dims &shape) { return Dims(shape.begin() + 2, shape.end()); }

Dims with_channels(const Floats &like, const Dims &size) {
    Dims shape{like.dim(0), like.dim(1)};
    shape.insert(shape.end(), size.begin(), size.end());
    return shape;
}

template <typename Index> nb::object max_forward(const Windows &w, const Floats &x) {
    Floats y = Floats::empty(with_channels(x, w.out));
    Array<Index> indexes = Array<Index>::empty(y.shape());
    int64_t planes = x.dim(0) * x.dim(1), size_in = product(w.in), size_out = product(w.out);
    const float *from = x.data();
    float *to = y.data();
    Index *where = indexes.data();
    std::vector<Span> taps = spans(w);
    run_without_gil(planes * w.work(), [&] {
        parallel_parts(planes, w.work(), [&](int64_t begin, int64_t end) {
            Odometers odometers(w);
            std::vector<int32_t> row(w.row_out());
            for (int64_t i = begin; i < end; ++i)
                max_plane(w, odometers, taps, from + i * size_in, to + i * size_out, where + i * size_out, row.data());
        });
    });
    return nb::make_tuple(y.object(), indexes.object());
}

template <typename Index> nb::object max_backward(const Windows &w, const Floats &gy, nb::handle indexes) {
    Array<Index> taken = Array<Index>::from(indexes, true);
    if (!taken || taken.size() != gy.size()) return nb::none();
    Floats gx = Floats::empty(with_channels(gy, w.in));
    int64_t planes = gy.dim(0) * gy.dim(1), size_in = product(w.in), size_out = product(w.out);
    const float *from = gy.data();
    const Index *where = taken.data();
    float *to = gx.data();
    run_without_gil(gx.size(), [&] {
        parallel_parts(planes, size_in + 4 * size_out, [&](int64_t begin, int64_t end) {
            Odometers odometers(w);
            Taps taps(w);
            for (int64_t i = begin; i < end; ++i)
                max_plane_back(w, odometers, taps, from + i * size_out, where + i * size_out, to + i * size_in);
        });
    });
    return gx.object();
}

}  // namespace

nb::object pool_forward(const char *name, nb::handle x, nb::handle ksize, nb::handle stride, nb::handle pad,
                        nb::handle out_size) {
    Floats source = Floats::from(x);
    if (!source || source.ndim() < 3) return nb::none();
    Windows w{behind_channels(source.shape()), dims_of(out_size), dims_of(ksize), dims_of(stride), dims_of(pad)};
    if (!w.fits()) return nb::none();
    Mode mode = mode_of(name);
    if (mode == kMax) {
        if (w.taps() <= 1 << 8) return max_forward<uint8_t>(w, source);
        return w.taps() <= 1 << 16 ? max_forward<uint16_t>(w, source) : max_forward<uint32_t>(w, source);
    }
    Floats y = Floats::empty(with_channels(source, w.out));
    int64_t planes = source.dim(0) * source.dim(1), size_in = product(w.in), size_out = product(w.out);
    std::vector<float> factors = factors_in_row(w, mode == kAverage);
    std::vector<Span> taps = spans(w);
    const float *from = source.data();
    float *to = y.data();
    run_without_gil(planes * w.work(), [&] {
        parallel_parts(planes, w.work(), [&](int64_t begin, int64_t end) {
            Odometers odometers(w);
            for (int64_t i = begin; i < end; ++i)
                average_plane(w, odometers, taps, factors, mode == kAverage, from + i * size_in, to + i * size_out);
        });
    });
    return nb::make_tuple(y.object());
}

nb::object pool_backward(const char *name, nb::handle gy, nb::handle indexes, nb::handle ksize, nb::handle stride,
                         nb::handle pad, nb::handle in_size) {
    Floats upper = Floats::from(gy);
    if (!upper || upper.ndim() < 3) return nb::none();
    Windows w{dims_of(in_size), behind_channels(upper.shape()), dims_of(ksize), dims_of(stride), dims_of(pad)};
    if (!w.fits()) return nb::none();
    Mode mode = mode_of(name);
    if (mode == kMax) {
        if (w.taps() <= 1 << 8) return max_backward<uint8_t>(w, upper, indexes);
        if (w.taps() <= 1 << 16) return max_backward<uint16_t>(w, upper, indexes);
        return max_backward<uint32_t>(w, upper, indexes);
    }
    Floats gx = Floats::empty(with_channels(upper, w.in));
    int64_t planes = upper.dim(0) * upper.dim(1), size_in = product(w.in), size_out = product(w.out);
    std::vector<float> factors = factors_in_row(w, mode == kAverage);
    std::vector<Span> taps = spans(w);
    const float *from = upper.data();
    float *to = gx.data();
    run_without_gil(planes * w.work(), [&] {
        parallel_parts(planes, w.work(), [&](int64_t begin, int64_t end) {
            Odometers odometers(w);
            std::vector<float> share(w.row_out());
            for (int64_t i = begin; i < end; ++i)
                average_plane_back(w, odometers, taps, factors, mode == kAverage, from + i * size_out,
                                   to + i * size_in, share.data());
        });
    });
    return gx.object();
}
