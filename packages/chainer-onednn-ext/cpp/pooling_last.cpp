// Max and average pooling of channels-last images: the taps of a window are rows of channels.
#include <cstring>
#include <limits>
#include <string_view>

#include "channels_last.hpp"
#include "kernels.hpp"
#include "parallel.hpp"

namespace {

struct Pool {
    int64_t n, h, w, c, oh, ow, kh, kw, sh, sw, ph, pw;

    // The part of a window at (i, j) that lies inside the image.
    struct Window {
        int64_t top, bottom, left, right, first_row, first_column;
    };
    Window window(int64_t i, int64_t j) const {
        int64_t row = i * sh - ph, column = j * sw - pw;
        return {std::max<int64_t>(row, 0), std::min(row + kh, h), std::max<int64_t>(column, 0), std::min(column + kw, w),
                row, column};
    }
    // Whether each pixel lies in one window, no more and no less.
    bool tiles() const {
        return sh == kh && sw == kw && ph == 0 && pw == 0 && oh * kh >= h && ow * kw >= w;
    }
    // How many elements a mean is taken over: with padding those within it, which the last window may reach beyond.
    float weight(const Window &v, bool includes_pad) const {
        int64_t rows = includes_pad ? kh : v.bottom - v.top, columns = includes_pad ? kw : v.right - v.left;
        return 1.0f / static_cast<float>(std::max<int64_t>(rows * columns, 1));
    }
};

bool complete(Pool &p, const Dims &images, nb::handle ksize, nb::handle stride, nb::handle pad, const Dims &size,
              bool is_output) {
    Dims k = dims_of(ksize), s = dims_of(stride), d = dims_of(pad);
    if (images.size() != 4 || k.size() != 2 || s.size() != 2 || d.size() != 2 || size.size() != 2) return false;
    p.n = images[0], p.c = images[3];
    p.h = is_output ? images[1] : size[0], p.w = is_output ? images[2] : size[1];
    p.oh = is_output ? size[0] : images[1], p.ow = is_output ? size[1] : images[2];
    p.kh = k[0], p.kw = k[1], p.sh = s[0], p.sw = s[1], p.ph = d[0], p.pw = d[1];
    return p.kh * p.kw <= 256 && p.n * p.c * p.h * p.w * p.oh * p.ow > 0;
}

// Channels [c, c + kCount) of a window, with what is found so far in registers.
template <int kCount> void max_channels(const Pool &p, const Pool::Window &v, const float *x, float *y, uint8_t *index) {
    float best[kCount];
    int32_t place[kCount];
    const float *first = x + (v.top * p.w + v.left) * p.c;
    auto number = static_cast<int32_t>((v.top - v.first_row) * p.kw + v.left - v.first_column);
    for (int j = 0; j < kCount; ++j) best[j] = first[j], place[j] = number;
    for (int64_t r = v.top; r < v.bottom; ++r) {
        for (int64_t q = v.left; q < v.right; ++q) {
            const float *tap = x + (r * p.w + q) * p.c;
            number = static_cast<int32_t>((r - v.first_row) * p.kw + q - v.first_column);
#pragma omp simd
            for (int j = 0; j < kCount; ++j) {
                float a = best[j], b = tap[j];
                place[j] = b > a ? number : place[j];
                best[j] = b > a || b != b ? b : a;  // NaN is the largest
            }
        }
    }
    for (int j = 0; j < kCount; ++j) y[j] = best[j], index[j] = static_cast<uint8_t>(place[j]);
}

void max_row(const Pool &p, const float *x, int64_t i, int64_t j, float *y, uint8_t *index) {
    auto v = p.window(i, j);
    if (v.top >= v.bottom || v.left >= v.right) {  // all of it is padding, which is minus infinity
        for (int64_t c = 0; c < p.c; ++c) y[c] = -std::numeric_limits<float>::infinity(), index[c] = 0;
        return;
    }
    constexpr int kVector = 16;
    int64_t c = 0;
    for (; c + kVector <= p.c; c += kVector) max_channels<kVector>(p, v, x + c, y + c, index + c);
    for (; c < p.c; ++c) max_channels<1>(p, v, x + c, y + c, index + c);
}

void average_row(const Pool &p, const float *x, int64_t i, int64_t j, bool includes_pad, float *__restrict y) {
    auto v = p.window(i, j);
    std::memset(y, 0, p.c * sizeof(float));
    for (int64_t r = v.top; r < v.bottom; ++r) {
        for (int64_t q = v.left; q < v.right; ++q) {
            const float *__restrict tap = x + (r * p.w + q) * p.c;
#pragma omp simd
            for (int64_t c = 0; c < p.c; ++c) y[c] += tap[c];
        }
    }
    float weight = p.weight(v, includes_pad);
    for (int64_t c = 0; c < p.c; ++c) y[c] *= weight;
}

// Windows may overlap, so one thread takes all of an image for some of the channels.
void back(const Pool &p, int64_t image, int64_t first, int64_t last, const float *gy, const uint8_t *indexes,
          bool includes_pad, float *gx) {
    gx += image * p.h * p.w * p.c;
    int64_t n = last - first;
    const bool tiles = p.tiles();  // then there is nothing to add to
    if (!tiles)
        for (int64_t at = 0; at < p.h * p.w; ++at) std::memset(gx + at * p.c + first, 0, n * sizeof(float));
    for (int64_t i = 0; i < p.oh; ++i) {
        for (int64_t j = 0; j < p.ow; ++j) {
            int64_t at = ((image * p.oh + i) * p.ow + j) * p.c + first;
            const float *__restrict up = gy + at;
            const uint8_t *__restrict index = indexes + (indexes == nullptr ? 0 : at);
            auto v = p.window(i, j);
            float weight = p.weight(v, includes_pad);
            for (int64_t r = v.top; r < v.bottom; ++r) {
                for (int64_t q = v.left; q < v.right; ++q) {
                    float *__restrict to = gx + (r * p.w + q) * p.c + first;
                    if (indexes == nullptr) {
#pragma omp simd
                        for (int64_t c = 0; c < n; ++c) to[c] = (tiles ? 0.0f : to[c]) + up[c] * weight;
                    } else {
                        auto number = static_cast<uint8_t>((r - v.first_row) * p.kw + q - v.first_column);
#pragma omp simd
                        for (int64_t c = 0; c < n; ++c) {
                            float g = up[c];
                            to[c] = (tiles ? 0.0f : to[c]) + (index[c] == number ? g : 0.0f);
                        }
                    }
                }
            }
        }
    }
}

}  // namespace

nb::object pool_forward_last(const char *mode, nb::handle x, nb::handle ksize, nb::handle stride, nb::handle pad,
                             nb::handle out_size) {
    std::string_view name(mode);
    Floats source = Floats::from(x);
    Pool p{};
    if (!source || !complete(p, source.shape(), ksize, stride, pad, dims_of(out_size), true)) return nb::none();
    Dims shape{p.n, p.oh, p.ow, p.c};
    Floats y = Floats::empty(shape);
    bool is_max = name == "max", includes_pad = name == "average";
    Array<uint8_t> indexes = is_max ? Array<uint8_t>::empty(shape) : Array<uint8_t>();
    const float *from = source.data();
    float *to = y.data();
    uint8_t *where = is_max ? indexes.data() : nullptr;
    run_without_gil(source.size(), [=] {
        parallel_for(p.n * p.oh, p.ow * p.c * p.kh * p.kw, [=](int64_t k) {
            const float *image = from + k / p.oh * p.h * p.w * p.c;
            for (int64_t j = 0; j < p.ow; ++j) {
                int64_t at = (k * p.ow + j) * p.c;
                if (is_max) {
                    max_row(p, image, k % p.oh, j, to + at, where + at);
                } else {
                    average_row(p, image, k % p.oh, j, includes_pad, to + at);
                }
            }
        });
    });
    return nb::make_tuple(y.object(), is_max ? indexes.object() : nb::none());
}

nb::object pool_backward_last(const char *mode, nb::handle gy, nb::handle indexes, nb::handle ksize, nb::handle stride,
                              nb::handle pad, nb::handle in_size) {
    std::string_view name(mode);
    Floats upper = Floats::from(gy);
    Pool p{};
    if (!upper || !complete(p, upper.shape(), ksize, stride, pad, dims_of(in_size), false)) return nb::none();
    bool is_max = name == "max", includes_pad = name == "average";
    Array<uint8_t> places = is_max ? Array<uint8_t>::from(indexes) : Array<uint8_t>();
    if (is_max && (!places || places.shape() != upper.shape())) return nb::none();
    Floats gx = Floats::empty({p.n, p.h, p.w, p.c});
    const float *from = upper.data();
    float *to = gx.data();
    const uint8_t *where = is_max ? places.data() : nullptr;
    run_without_gil(gx.size(), [=] {
        constexpr int64_t kChannels = 64;
        int64_t blocks = (p.c + kChannels - 1) / kChannels;
        parallel_for(p.n * blocks, p.oh * p.ow * kChannels * p.kh * p.kw, [=](int64_t k) {
            int64_t first = k % blocks * kChannels;
            back(p, k / blocks, first, std::min(p.c, first + kChannels), from, where, includes_pad, to);
        });
    });
    return gx.object();
}
