// What a step of gated recurrent units does elementwise, between the products with weights. The sum that comes into a
// gate is given as its terms, so that it is not written to memory.
#include <initializer_list>

#include "kernels.hpp"
#include "parallel.hpp"
#include "vector_math.hpp"

namespace {

constexpr int64_t kCost = 16;  // of an exponential or so, in elements that are copied

bool have_shape(const Dims &shape, std::initializer_list<const Floats *> arrays) {
    for (const Floats *a : arrays)
        if (!*a || a->shape() != shape) return false;
    return true;
}

// The terms of a sum, of one shape.
struct Terms {
    std::vector<Floats> arrays;
    bool fit = true;

    Terms(nb::handle list, const Dims &shape) {
        for (nb::handle term : list) {
            arrays.push_back(Floats::from(term));
            fit = fit && have_shape(shape, {&arrays.back()});
        }
        fit = fit && !arrays.empty();
    }

    template <typename Lanes> Vector sum(int64_t i, Lanes lanes) const {
        Vector total = lanes.load(arrays[0].data() + i);
        for (size_t t = 1; t < arrays.size(); ++t) total += lanes.load(arrays[t].data() + i);
        return total;
    }
};

template <typename F> void over_units(int64_t n, F f) {
    run_without_gil(n * kCost, [&] {
        parallel_parts(n, kCost, [&](int64_t begin, int64_t end) {
            for_vectors(end - begin, [&](int64_t i, auto lanes) { f(begin + i, lanes); });
        });
    });
}

}  // namespace

nb::object gru_reset(nb::handle h, nb::handle terms) {
    Floats state = Floats::from(h);
    if (!state) return nb::none();
    Terms sums(terms, state.shape());
    if (!sums.fit) return nb::none();
    Floats y = Floats::empty(state.shape()), gate = Floats::empty(state.shape());
    const float *before = state.data();
    float *out = y.data(), *g = gate.data();
    over_units(y.size(), [&, before, out, g](int64_t i, auto lanes) {
        Vector r = sigmoid_of(sums.sum(i, lanes));
        lanes.store(g + i, r);
        lanes.store(out + i, r * lanes.load(before + i));
    });
    return nb::make_tuple(y.object(), gate.object());
}

nb::object gru_reset_backward(nb::handle h, nb::handle gate, nb::handle gy) {
    Floats state = Floats::from(h), kept = Floats::from(gate), upper = Floats::from(gy);
    if (!state || !have_shape(state.shape(), {&kept, &upper})) return nb::none();
    Floats gh = Floats::empty(state.shape()), gsum = Floats::empty(state.shape());
    const float *before = state.data(), *g = kept.data(), *up = upper.data();
    float *down = gh.data(), *of_sum = gsum.data();
    over_units(gh.size(), [=](int64_t i, auto lanes) {
        Vector r = lanes.load(g + i), part = lanes.load(up + i) * r;
        lanes.store(down + i, part);
        lanes.store(of_sum + i, part * lanes.load(before + i) * (vector(1) - r));
    });
    return nb::make_tuple(gh.object(), gsum.object());
}

nb::object gru_output(nb::handle h, nb::handle update_terms, nb::handle candidate_terms) {
    Floats state = Floats::from(h);
    if (!state) return nb::none();
    Terms of_update(update_terms, state.shape()), of_candidate(candidate_terms, state.shape());
    if (!of_update.fit || !of_candidate.fit) return nb::none();
    Floats y = Floats::empty(state.shape()), update = Floats::empty(state.shape());
    Floats candidate = Floats::empty(state.shape());
    const float *before = state.data();
    float *out = y.data(), *z_out = update.data(), *c_out = candidate.data();
    over_units(y.size(), [&, before, out, z_out, c_out](int64_t i, auto lanes) {
        Vector z = sigmoid_of(of_update.sum(i, lanes)), c = tanh_of(of_candidate.sum(i, lanes));
        lanes.store(z_out + i, z);
        lanes.store(c_out + i, c);
        lanes.store(out + i, z * c + (vector(1) - z) * lanes.load(before + i));
    });
    return nb::make_tuple(y.object(), update.object(), candidate.object());
}

nb::object gru_output_backward(nb::handle h, nb::handle update, nb::handle candidate, nb::handle gy) {
    Floats state = Floats::from(h), zs = Floats::from(update), cs = Floats::from(candidate), upper = Floats::from(gy);
    if (!state || !have_shape(state.shape(), {&zs, &cs, &upper})) return nb::none();
    Floats gh = Floats::empty(state.shape()), gz = Floats::empty(state.shape()), gc = Floats::empty(state.shape());
    const float *before = state.data(), *z_in = zs.data(), *c_in = cs.data(), *up = upper.data();
    float *down = gh.data(), *of_update = gz.data(), *of_candidate = gc.data();
    over_units(gh.size(), [=](int64_t i, auto lanes) {
        Vector z = lanes.load(z_in + i), c = lanes.load(c_in + i), g = lanes.load(up + i), one = vector(1);
        Vector rest = g * (one - z);
        lanes.store(down + i, rest);
        lanes.store(of_update + i, rest * z * (c - lanes.load(before + i)));
        lanes.store(of_candidate + i, g * z * (one - c * c));
    });
    return nb::make_tuple(gh.object(), gz.object(), gc.object());
}
