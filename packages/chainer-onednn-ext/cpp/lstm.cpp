// One step of LSTM units behind the products with weights. What comes in holds the four gates of one unit after the other
// (cell input, input, forget, output); the gates that are kept lie one plane after the other.
#include <algorithm>

#include "kernels.hpp"
#include "parallel.hpp"
#include "vector_math.hpp"

namespace {

constexpr int64_t kCost = 32;  // of an exponential or so, in elements that are copied

// The four gates of up to kBlock units, one plane after the other.
constexpr int64_t kBlock = 64;

struct Planes {
    float at[4][kBlock];

    void read(int64_t n, const float *x) {
        for (int64_t k = 0; k < n; ++k)
            for (int gate = 0; gate < 4; ++gate) at[gate][k] = x[4 * k + gate];
    }
    void write(int64_t n, float *x) const {
        for (int64_t k = 0; k < n; ++k)
            for (int gate = 0; gate < 4; ++gate) x[4 * k + gate] = at[gate][k];
    }
};

void forward_row(int64_t n, int64_t plane, const float *x, const float *c_prev, float *g, float *c, float *t, float *h) {
    Planes sums;
    for (int64_t begin = 0; begin < n; begin += kBlock) {
        int64_t size = std::min(kBlock, n - begin);
        sums.read(size, x + 4 * begin);
        for_vectors(size, [&, begin](int64_t at, auto lanes) {
            int64_t k = begin + at;
            Vector a = tanh_of(lanes.load(sums.at[0] + at)), i = sigmoid_of(lanes.load(sums.at[1] + at));
            Vector f = sigmoid_of(lanes.load(sums.at[2] + at)), o = sigmoid_of(lanes.load(sums.at[3] + at));
            Vector next = f * lanes.load(c_prev + k) + a * i, squashed = tanh_of(next);
            lanes.store(g + k, a);
            lanes.store(g + plane + k, i);
            lanes.store(g + 2 * plane + k, f);
            lanes.store(g + 3 * plane + k, o);
            lanes.store(c + k, next);
            lanes.store(t + k, squashed);
            lanes.store(h + k, o * squashed);
        });
    }
}

void backward_row(int64_t n, int64_t plane, const float *g, const float *c_prev, const float *t, const float *gc,
                  const float *gh, float *gc_prev, float *gx) {
    const Vector one = vector(1);
    Planes sums;
    for (int64_t begin = 0; begin < n; begin += kBlock) {
        int64_t size = std::min(kBlock, n - begin);
        for_vectors(size, [&, begin](int64_t at, auto lanes) {
            int64_t k = begin + at;
            Vector a = lanes.load(g + k), i = lanes.load(g + plane + k);
            Vector f = lanes.load(g + 2 * plane + k), o = lanes.load(g + 3 * plane + k);
            Vector squashed = lanes.load(t + k), up = lanes.load(gh + k);
            Vector down = lanes.load(gc + k) + up * o * (one - squashed * squashed);
            lanes.store(sums.at[0] + at, down * i * (one - a * a));
            lanes.store(sums.at[1] + at, down * a * i * (one - i));
            lanes.store(sums.at[2] + at, down * lanes.load(c_prev + k) * f * (one - f));
            lanes.store(sums.at[3] + at, up * squashed * o * (one - o));
            lanes.store(gc_prev + k, down * f);
        });
        sums.write(size, gx + 4 * begin);
    }
}

// A gradient, or zeros for one that is not there.
Floats given_or_zeros(nb::handle array, const Dims &shape) {
    return array.is_none() ? Floats::zeros(shape) : Floats::from(array);
}

}  // namespace

nb::object lstm(nb::handle c_prev, nb::handle x) {
    Floats cells = Floats::from(c_prev), sums = Floats::from(x);
    if (!cells || !sums || cells.ndim() != 2 || sums.ndim() != 2) return nb::none();
    int64_t rows = sums.dim(0), n = cells.dim(1), all = cells.dim(0);
    if (sums.dim(1) != 4 * n || rows > all) return nb::none();
    Floats c = Floats::empty({all, n}), h = Floats::empty({rows, n}), gates = Floats::empty({4, rows, n});
    Floats tanh_c = Floats::empty({rows, n});
    const float *from = sums.data(), *before = cells.data();
    float *next = c.data(), *out = h.data(), *g = gates.data(), *t = tanh_c.data();
    run_without_gil(rows * n * kCost, [=] {
        parallel_for(rows, n * kCost, [=](int64_t i) {
            int64_t at = i * n;
            forward_row(n, rows * n, from + 4 * at, before + at, g + at, next + at, t + at, out + at);
        });
        std::copy(before + rows * n, before + all * n, next + rows * n);  // of sequences that have ended
    });
    return nb::make_tuple(c.object(), h.object(), gates.object(), tanh_c.object());
}

nb::object lstm_backward(nb::handle c_prev, nb::handle gc, nb::handle gh, nb::handle gates, nb::handle tanh_c) {
    Floats cells = Floats::from(c_prev), kept = Floats::from(gates), squashed = Floats::from(tanh_c);
    if (!cells || !kept || !squashed || cells.ndim() != 2 || squashed.ndim() != 2) return nb::none();
    int64_t rows = squashed.dim(0), n = cells.dim(1), all = cells.dim(0);
    if (squashed.dim(1) != n || rows > all || kept.shape() != Dims{4, rows, n}) return nb::none();
    Floats upper_c = given_or_zeros(gc, cells.shape()), upper_h = given_or_zeros(gh, squashed.shape());
    if (!upper_c || !upper_h || upper_c.shape() != cells.shape() || upper_h.shape() != squashed.shape())
        return nb::none();
    Floats gc_prev = Floats::empty({all, n}), gx = Floats::empty({rows, 4 * n});
    const float *before = cells.data(), *g = kept.data(), *t = squashed.data();
    const float *up_c = upper_c.data(), *up_h = upper_h.data();
    float *down_c = gc_prev.data(), *down = gx.data();
    run_without_gil(rows * n * kCost, [=] {
        parallel_for(rows, n * kCost, [=](int64_t i) {
            int64_t at = i * n;
            backward_row(n, rows * n, g + at, before + at, t + at, up_c + at, up_h + at, down_c + at, down + 4 * at);
        });
        std::copy(up_c + rows * n, up_c + all * n, down_c + rows * n);
    });
    return nb::make_tuple(gc_prev.object(), gx.object());
}
