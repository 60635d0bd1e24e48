// Layers of recurrent units over packed sequences. The inputs of all steps are multiplied by weights at once, and so are
// the gradients of all gates; a step multiplies the states alone, by weights that were put in the order in which the
// product reads fastest, and then goes through its gates once.

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "gemm.hpp"
#include "kernels.hpp"
#include "onednn.hpp"
#include "parallel.hpp"
#include "vector_math.hpp"

namespace {

// How the gates of a kind of unit lie in a row of the buffer, each C columns wide. Those to which the states contribute
// come first; `from_x` lists those to which the inputs do. See chainer/functions/rnn/_layer.py.
struct Kind {
    bool has_cells;
    int width;    // gates in a row
    int from_h;   // gates of the states: the first ones
    std::vector<int> from_x;
    bool keeps_state;  // whether the gradient of a state has a part that does not go through the weights
};

const Kind kLstm{true, 4, 4, {0, 1, 2, 3}, false};   // input, forget, cell input, output
const Kind kGru{false, 4, 3, {0, 1, 3}, true};       // reset, update, what the states say to the candidate, candidate
const Kind kSimple{false, 1, 1, {0}, false};

enum class Unit { lstm, gru, tanh, relu };

std::optional<Unit> unit_of(const std::string &name) {
    if (name == "lstm") return Unit::lstm;
    if (name == "gru") return Unit::gru;
    if (name == "tanh") return Unit::tanh;
    if (name == "relu") return Unit::relu;
    return std::nullopt;
}

const Kind &kind_of(Unit unit) { return unit == Unit::lstm ? kLstm : unit == Unit::gru ? kGru : kSimple; }

// A time step: the rows [begin, begin + batch) of packed arrays. States before it come from the step before for the
// first `running` sequences, and for the others, which begin now, from the initial ones.
struct Step {
    int64_t begin, batch;
    int64_t before, running;  // first row of the step before, and how many of its rows go on
    int64_t going_on;         // how many of its own rows go on in the step after
};

std::vector<Step> steps_of(const Dims &batches, bool is_reversed) {
    std::vector<Step> steps;
    int64_t row = 0;
    for (int64_t batch : batches) {
        steps.push_back({row, batch, 0, 0, 0});
        row += batch;
    }
    if (is_reversed) std::reverse(steps.begin(), steps.end());
    for (size_t i = 1; i < steps.size(); ++i) {
        steps[i].before = steps[i - 1].begin;
        steps[i].running = steps[i - 1].going_on = std::min(steps[i].batch, steps[i - 1].batch);
    }
    return steps;
}

// What forward and backward are given alike; empty `steps` if it is not for us.
struct Layer {
    Unit unit;
    const Kind *kind;
    Floats x, h0, c0;
    std::vector<Floats> ws;  // those of the inputs, then those of the states
    std::vector<Step> steps;
    int64_t n, n_in, batch, c;  // rows, inputs, sequences, units

    int64_t width() const { return kind->width * c; }
    // Rows [0, step.batch) of the states before a step: f(row, count, pointer) for the two parts of them.
    template <typename F> void each_part(const Step &step, const float *states, const float *initial, F f) const {
        if (step.running > 0) f(int64_t{0}, step.running, states + step.before * c);
        if (step.running < step.batch) f(step.running, step.batch - step.running, initial + step.running * c);
    }
    const float *before(const Step &step, int64_t row, const float *states, const float *initial) const {
        return row < step.running ? states + (step.before + row) * c : initial + row * c;
    }
};

std::optional<std::vector<Floats>> arrays_of(nb::handle list) {
    std::vector<Floats> arrays;
    for (nb::handle item : list) {
        arrays.push_back(Floats::from(item));
        if (!arrays.back()) return std::nullopt;
    }
    return arrays;
}

std::optional<Layer> layer_of(const std::string &name, nb::handle x, nb::handle h0, nb::handle c0, nb::handle ws,
                              nb::handle batches, bool is_reversed) {
    std::optional<Unit> unit = unit_of(name);
    std::optional<std::vector<Floats>> weights = arrays_of(ws);
    if (!unit || !weights) return std::nullopt;
    Layer layer{*unit, &kind_of(*unit), Floats::from(x), Floats::from(h0), {}, *weights, {}, 0, 0, 0, 0};
    if (!layer.x || !layer.h0 || layer.x.ndim() != 2 || layer.h0.ndim() != 2) return std::nullopt;
    layer.n = layer.x.dim(0);
    layer.n_in = layer.x.dim(1);
    layer.batch = layer.h0.dim(0);
    layer.c = layer.h0.dim(1);
    if (layer.kind->has_cells) {
        layer.c0 = Floats::from(c0);
        if (!layer.c0 || layer.c0.shape() != layer.h0.shape()) return std::nullopt;
    }
    size_t n_x = layer.kind->from_x.size();
    if (weights->size() != n_x + layer.kind->from_h) return std::nullopt;
    for (size_t i = 0; i < weights->size(); ++i)
        if ((*weights)[i].shape() != Dims{layer.c, i < n_x ? layer.n_in : layer.c}) return std::nullopt;
    Dims sizes = dims_of(batches);
    if (sizes.empty() || sizes[0] > layer.batch || layer.c == 0) return std::nullopt;
    for (size_t i = 1; i < sizes.size(); ++i)
        if (sizes[i] > sizes[i - 1]) return std::nullopt;
    int64_t total = 0;
    for (int64_t size : sizes) total += size;
    if (total != layer.n) return std::nullopt;
    layer.steps = steps_of(sizes, is_reversed);
    return layer;
}

// Calls f(row, first column, end column) for parts of `rows` rows of C columns, each of which costs some exponentials.
template <typename F> void each_piece(int64_t rows, int64_t c, F f) {
    constexpr int64_t kColumns = 256, kCost = 32;
    int64_t pieces = (c + kColumns - 1) / kColumns;
    parallel_for(rows * pieces, std::min(c, kColumns) * kCost, [=](int64_t i) {
        int64_t begin = i % pieces * kColumns;
        f(i / pieces, begin, std::min(c, begin + kColumns));
    });
}

// Weights of the states, (C, C) each, side by side and transposed: (C, gates * C).
void transpose_into(float *to, const Layer &layer) {
    constexpr int64_t kTile = 16;
    int64_t c = layer.c, gates = layer.kind->from_h, n_x = layer.kind->from_x.size();
    parallel_for((c + kTile - 1) / kTile * gates, kTile * c * 4, [&](int64_t i) {
        int64_t gate = i % gates, begin = i / gates * kTile, end = std::min(c, begin + kTile);
        const float *from = layer.ws[n_x + gate].data();
        for (int64_t k = 0; k < c; ++k)
            for (int64_t j = begin; j < end; ++j) to[k * gates * c + gate * c + j] = from[j * c + k];
    });
}

// The same one below the other as they are: (gates * C, C).
void stack_into(float *to, const Layer &layer) {
    int64_t size = layer.c * layer.c, n_x = layer.kind->from_x.size();
    parallel_for(layer.kind->from_h, size, [&](int64_t gate) {
        std::memcpy(to + gate * size, layer.ws[n_x + gate].data(), size * sizeof(float));
    });
}

// Gates of one row, columns [begin, end), from their sums; `g` holds the sums and then the gates, C columns each.
void lstm_row(int64_t begin, int64_t end, int64_t c, float *g, const float *b, const float *c_prev, float *cell,
              float *h) {
    for_vectors(end - begin, [=](int64_t at, auto lanes) {
        int64_t k = begin + at;
        auto sum = [=](int64_t gate) { return lanes.load(g + gate * c + k) + lanes.load(b + gate * c + k); };
        Vector i = sigmoid_of(sum(0)), f = sigmoid_of(sum(1)), a = tanh_of(sum(2)), o = sigmoid_of(sum(3));
        Vector next = f * lanes.load(c_prev + k) + i * a;
        lanes.store(g + k, i);
        lanes.store(g + c + k, f);
        lanes.store(g + 2 * c + k, a);
        lanes.store(g + 3 * c + k, o);
        lanes.store(cell + k, next);
        lanes.store(h + k, o * tanh_of(next));
    });
}

void gru_row(int64_t begin, int64_t end, int64_t c, float *g, const float *b, const float *h_prev, float *h) {
    for_vectors(end - begin, [=](int64_t at, auto lanes) {
        int64_t k = begin + at;
        auto sum = [=](int64_t gate) { return lanes.load(g + gate * c + k) + lanes.load(b + gate * c + k); };
        Vector r = sigmoid_of(sum(0)), z = sigmoid_of(sum(1)), s = sum(2);
        Vector candidate = tanh_of(sum(3) + r * s);
        lanes.store(g + k, r);
        lanes.store(g + c + k, z);
        lanes.store(g + 2 * c + k, s);
        lanes.store(g + 3 * c + k, candidate);
        lanes.store(h + k, candidate + z * (lanes.load(h_prev + k) - candidate));
    });
}

void tanh_row(int64_t begin, int64_t end, float *h, const float *b) {
    for_vectors(end - begin, [h = h + begin, b = b + begin](int64_t k, auto lanes) {
        lanes.store(h + k, tanh_of(lanes.load(h + k) + lanes.load(b + k)));
    });
}

void relu_row(int64_t begin, int64_t end, float *__restrict h, const float *__restrict b) {
    for (int64_t k = begin; k < end; ++k) {
        float sum = h[k] + b[k];
        h[k] = sum < 0 ? 0 : sum;
    }
}

// Biases in the order of the gates in a row; of a gate that inputs and states share, their sum.
std::vector<float> biases_of(const Layer &layer, const std::vector<Floats> &bs) {
    std::vector<float> sums(layer.width(), 0.0f);
    const std::vector<int> &from_x = layer.kind->from_x;
    auto add = [&](int gate, const Floats &b) {
        for (int64_t k = 0; k < layer.c; ++k) sums[gate * layer.c + k] += b.data()[k];
    };
    for (size_t i = 0; i < from_x.size(); ++i) add(from_x[i], bs[i]);
    for (int gate = 0; gate < layer.kind->from_h; ++gate) add(gate, bs[from_x.size() + gate]);
    return sums;
}

void forward_step(const Layer &layer, const Step &step, const float *weights, const float *bias, float *gates,
                  float *cells, float *hs) {
    int64_t c = layer.c, width = layer.width(), from_h = layer.kind->from_h * c;
    float *g = gates + step.begin * width, *h = hs + step.begin * c;
    layer.each_part(step, hs, layer.h0.data(), [&](int64_t row, int64_t count, const float *states) {
        gemm('N', 'N', count, from_h, c, states, c, weights, from_h, 1, g + row * width, width);
    });
    each_piece(step.batch, c, [&](int64_t row, int64_t begin, int64_t end) {
        float *out = h + row * c;
        switch (layer.unit) {
            case Unit::lstm:
                return lstm_row(begin, end, c, g + row * width, bias,
                                layer.before(step, row, cells, layer.c0.data()), cells + (step.begin + row) * c, out);
            case Unit::gru:
                return gru_row(begin, end, c, g + row * width, bias, layer.before(step, row, hs, layer.h0.data()),
                               out);
            case Unit::tanh: return tanh_row(begin, end, out, bias);
            case Unit::relu: return relu_row(begin, end, out, bias);
        }
    });
}

// The states after the last step of each sequence.
void gather_last(const Layer &layer, const float *states, const float *initial, float *last) {
    std::memcpy(last, initial, layer.batch * layer.c * sizeof(float));
    for (const Step &step : layer.steps)
        if (step.going_on < step.batch)
            std::memcpy(last + step.going_on * layer.c, states + (step.begin + step.going_on) * layer.c,
                        (step.batch - step.going_on) * layer.c * sizeof(float));
}

}  // namespace

nb::object rnn_forward(const std::string &unit, nb::handle x, nb::handle h0, nb::handle c0, nb::handle ws,
                       nb::handle bs, nb::handle batches, bool is_reversed) {
    std::optional<Layer> found = layer_of(unit, x, h0, c0, ws, batches, is_reversed);
    std::optional<std::vector<Floats>> offsets = arrays_of(bs);
    if (!found || !offsets || offsets->size() != found->ws.size()) return nb::none();
    for (const Floats &b : *offsets)
        if (b.shape() != Dims{found->c}) return nb::none();
    const Layer &layer = *found;
    const Kind &kind = *layer.kind;
    int64_t n = layer.n, c = layer.c;
    Floats hs = Floats::empty({n, c}), h = Floats::empty({layer.batch, c}), cells, last_c, gates;
    if (kind.has_cells) {
        cells = Floats::empty({n, c});
        last_c = Floats::empty({layer.batch, c});
    }
    if (kind.width > 1) gates = Floats::empty({n, layer.width()});  // of simple units, the states are the gates
    float *g = kind.width > 1 ? gates.data() : hs.data();
    {
        nb::gil_scoped_release release;
        Arena &arena = Arena::mine();
        arena.rewind();
        std::vector<float> bias = biases_of(layer, *offsets);
        auto *weights = static_cast<float *>(arena.take(kind.from_h * c * c * sizeof(float)));
        transpose_into(weights, layer);
        for (size_t i = 0; i < kind.from_x.size(); ++i)
            gemm('N', 'T', n, c, layer.n_in, layer.x.data(), layer.n_in, layer.ws[i].data(), layer.n_in, 0,
                 g + kind.from_x[i] * c, layer.width());
        for (int gate = 0; gate < kind.width; ++gate)  // to which the inputs contribute nothing
            if (std::find(kind.from_x.begin(), kind.from_x.end(), gate) == kind.from_x.end())
                for (int64_t row = 0; row < n; ++row) std::fill_n(g + row * layer.width() + gate * c, c, 0.0f);
        float *cell = kind.has_cells ? cells.data() : nullptr;
        for (const Step &step : layer.steps) forward_step(layer, step, weights, bias.data(), g, cell, hs.data());
        gather_last(layer, hs.data(), layer.h0.data(), h.data());
        if (kind.has_cells) gather_last(layer, cell, layer.c0.data(), last_c.data());
    }
    auto or_none = [](const Floats &array) { return array ? array.object() : nb::none(); };
    return nb::make_tuple(hs.object(), h.object(), or_none(last_c), or_none(gates), or_none(cells));
}

namespace {

// Gradients of the sums behind the gates of one row, columns [begin, end). `dh` and `dc` are those of the states after
// the step, and then of those before it, but for what comes through the weights.
void lstm_backward_row(int64_t begin, int64_t end, int64_t c, const float *g, const float *cell, const float *c_prev,
                       const float *dh, float *dc, float *d) {
    for_vectors(end - begin, [=](int64_t at, auto lanes) {
        int64_t k = begin + at;
        const Vector one = vector(1);
        Vector i = lanes.load(g + k), f = lanes.load(g + c + k);
        Vector a = lanes.load(g + 2 * c + k), o = lanes.load(g + 3 * c + k);
        Vector t = tanh_of(lanes.load(cell + k)), up = lanes.load(dh + k);
        Vector down = lanes.load(dc + k) + up * o * (one - t * t);
        lanes.store(d + k, down * a * i * (one - i));
        lanes.store(d + c + k, down * lanes.load(c_prev + k) * f * (one - f));
        lanes.store(d + 2 * c + k, down * i * (one - a * a));
        lanes.store(d + 3 * c + k, up * t * o * (one - o));
        lanes.store(dc + k, down * f);
    });
}

void gru_backward_row(int64_t begin, int64_t end, int64_t c, const float *__restrict g,
                      const float *__restrict h_prev, float *__restrict dh, float *__restrict d) {
    for (int64_t k = begin; k < end; ++k) {
        float r = g[k], z = g[c + k], s = g[2 * c + k], candidate = g[3 * c + k], up = dh[k];
        float inner = up * (1 - z) * (1 - candidate * candidate);
        d[k] = inner * s * r * (1 - r);
        d[c + k] = up * (h_prev[k] - candidate) * z * (1 - z);
        d[2 * c + k] = inner * r;
        d[3 * c + k] = inner;
        dh[k] = up * z;
    }
}

void tanh_backward_row(int64_t begin, int64_t end, const float *__restrict h, const float *__restrict dh,
                       float *__restrict d) {
    for (int64_t k = begin; k < end; ++k) d[k] = dh[k] * (1 - h[k] * h[k]);
}

void relu_backward_row(int64_t begin, int64_t end, const float *__restrict h, const float *__restrict dh,
                       float *__restrict d) {
    for (int64_t k = begin; k < end; ++k) {
        float up = dh[k];
        d[k] = h[k] > 0 ? up : 0;
    }
}

void add_range(int64_t begin, int64_t end, const float *__restrict from, float *__restrict to) {
    for (int64_t k = begin; k < end; ++k) to[k] += from[k];
}

// Arrays that backward reads, and those that it makes.
struct Gradients {
    const float *gates, *cells, *hs, *ghs;  // ghs: null for zeros
    float *dh, *dc;                         // of the states of all sequences, as far as the walk has come
    float *d;                               // of the sums behind all gates: (N, width)
};

void backward_step(const Layer &layer, const Step &step, const float *weights, const Gradients &grads) {
    int64_t c = layer.c, width = layer.width(), from_h = layer.kind->from_h * c;
    each_piece(step.batch, c, [&](int64_t row, int64_t begin, int64_t end) {
        int64_t at = step.begin + row;
        const float *g = grads.gates + at * width;
        float *dh = grads.dh + row * c, *d = grads.d + at * width;
        if (grads.ghs != nullptr) add_range(begin, end, grads.ghs + at * c, dh);
        switch (layer.unit) {
            case Unit::lstm:
                return lstm_backward_row(begin, end, c, g, grads.cells + at * c,
                                         layer.before(step, row, grads.cells, layer.c0.data()), dh,
                                         grads.dc + row * c, d);
            case Unit::gru:
                return gru_backward_row(begin, end, c, g, layer.before(step, row, grads.hs, layer.h0.data()), dh, d);
            case Unit::tanh: return tanh_backward_row(begin, end, g, dh, d);
            case Unit::relu: return relu_backward_row(begin, end, g, dh, d);
        }
    });
    gemm('N', 'N', step.batch, c, from_h, grads.d + step.begin * width, width, weights, c, layer.kind->keeps_state,
         grads.dh, c);
}

// The states before each step, packed as those after it are.
void gather_before(const Layer &layer, const float *hs, float *to) {
    for (const Step &step : layer.steps)
        layer.each_part(step, hs, layer.h0.data(), [&](int64_t row, int64_t count, const float *states) {
            std::memcpy(to + (step.begin + row) * layer.c, states, count * layer.c * sizeof(float));
        });
}

void sum_rows(int64_t n, int64_t width, int64_t c, const float *from, float *to) {
    std::fill_n(to, c, 0.0f);
    for (int64_t row = 0; row < n; ++row) add_range(0, c, from + row * width, to);
}

// A copy of an array, or zeros, that can be added to.
Floats copy_or_zeros(nb::handle array, const Dims &shape) {
    Floats made = Floats::empty(shape);
    Floats given = Floats::from(array);
    if (given)
        std::memcpy(made.data(), given.data(), given.size() * sizeof(float));
    else
        std::fill_n(made.data(), made.size(), 0.0f);
    return made;
}

bool is_none_or_fits(nb::handle array, const Dims &shape) {
    if (array.is_none()) return true;
    Floats given = Floats::from(array);
    return given && given.shape() == shape;
}

}  // namespace

nb::object rnn_backward(const std::string &unit, nb::handle x, nb::handle h0, nb::handle c0, nb::handle ws,
                        nb::handle batches, bool is_reversed, nb::handle hs, nb::handle gates, nb::handle cells,
                        nb::handle ghs, nb::handle gh, nb::handle gc, bool needs_gx) {
    std::optional<Layer> found = layer_of(unit, x, h0, c0, ws, batches, is_reversed);
    if (!found) return nb::none();
    const Layer &layer = *found;
    const Kind &kind = *layer.kind;
    int64_t n = layer.n, c = layer.c, width = layer.width();
    Dims packed{n, c}, state{layer.batch, c};
    Floats states = Floats::from(hs), kept = kind.width > 1 ? Floats::from(gates) : states;
    Floats kept_cells = kind.has_cells ? Floats::from(cells) : Floats();
    if (!states || states.shape() != packed || !kept || kept.shape() != Dims{n, width}) return nb::none();
    if (kind.has_cells && (!kept_cells || kept_cells.shape() != packed)) return nb::none();
    if (!is_none_or_fits(ghs, packed) || !is_none_or_fits(gh, state) || !is_none_or_fits(gc, state)) return nb::none();

    Floats upper = Floats::from(ghs), dh = copy_or_zeros(gh, state), dc, gx;
    if (kind.has_cells) dc = copy_or_zeros(gc, state);
    if (needs_gx) gx = Floats::empty(layer.x.shape());
    std::vector<Floats> gws, gbs;
    for (const Floats &w : layer.ws) {
        gws.push_back(Floats::empty(w.shape()));
        gbs.push_back(Floats::empty({c}));
    }
    {
        nb::gil_scoped_release release;
        Arena &arena = Arena::mine();
        arena.rewind();
        auto take = [&](int64_t size) { return static_cast<float *>(arena.take(size * sizeof(float))); };
        float *weights = take(kind.from_h * c * c), *d = take(n * width), *h_before = take(n * c);
        stack_into(weights, layer);
        Gradients grads{kept.data(), kind.has_cells ? kept_cells.data() : nullptr, states.data(),
                        upper ? upper.data() : nullptr, dh.data(), kind.has_cells ? dc.data() : nullptr, d};
        for (auto step = layer.steps.rbegin(); step != layer.steps.rend(); ++step)
            backward_step(layer, *step, weights, grads);
        gather_before(layer, states.data(), h_before);
        size_t n_x = kind.from_x.size();
        for (size_t i = 0; i < layer.ws.size(); ++i) {
            bool is_of_x = i < n_x;
            const float *part = d + (is_of_x ? kind.from_x[i] : static_cast<int>(i - n_x)) * c;
            int64_t columns = is_of_x ? layer.n_in : c;
            gemm('T', 'N', c, columns, n, part, width, is_of_x ? layer.x.data() : h_before, columns, 0,
                 gws[i].data(), columns);
            sum_rows(n, width, c, part, gbs[i].data());
            if (is_of_x && needs_gx)
                gemm('N', 'N', n, columns, c, part, width, layer.ws[i].data(), columns, i > 0, gx.data(), columns);
        }
    }
    auto or_none = [](const Floats &array) { return array ? array.object() : nb::none(); };
    auto list_of = [](const std::vector<Floats> &arrays) {
        nb::list list;
        for (const Floats &array : arrays) list.append(array.object());
        return list;
    };
    return nb::make_tuple(or_none(gx), dh.object(), or_none(dc), list_of(gws), list_of(gbs));
}
