// Smooth and piecewise linear activations. Each is two formulas: the value at x, and the derivative as a function of
// the value. `p` is the parameter that some have.
#include <cstring>

#include "kernels.hpp"
#include "parallel.hpp"
#include "vector_math.hpp"

namespace {

struct Sigmoid {
    static Vector value(Vector x, float) { return sigmoid_of(x); }
    static Vector slope(Vector y, float) { return y * (vector(1) - y); }
};

struct Tanh {
    static Vector value(Vector x, float) { return tanh_of(x); }
    static Vector slope(Vector y, float) { return vector(1) - y * y; }
};

struct Elu {
    static Vector value(Vector x, float alpha) {
        return vector(alpha) * expm1_of_negative(at_most(0, x)) + at_least(0, x);
    }
    static Vector slope(Vector y, float alpha) { return where(is_less(y, vector(0)), y + vector(alpha), vector(1)); }
};

struct LeakyRelu {
    static Vector value(Vector x, float slope) { return where(is_less(x, vector(0)), vector(slope) * x, x); }
    static Vector slope(Vector y, float slope) { return where(is_less(y, vector(0)), vector(slope), vector(1)); }
};

struct ClippedRelu {
    static Vector value(Vector x, float z) { return at_most(z, at_least(0, x)); }
    static Vector slope(Vector y, float z) {
        Vector is_inside = _mm256_and_ps(is_less(vector(0), y), is_less(y, vector(z)));
        return _mm256_and_ps(is_inside, vector(1));
    }
};

struct Softplus {
    static Vector value(Vector x, float beta) {
        Vector z = vector(beta) * x;
        Vector y = log1p_of_fraction(exp_of_negative(negative_magnitude(z))) + at_least(0, z);
        return y * vector(1 / beta);
    }
    static Vector slope(Vector y, float beta) { return vector(0) - expm1_of_negative(vector(-beta) * y); }
};

template <typename F> void value_range(int64_t n, const float *x, float *y, float p) {
    for_vectors(n, [=](int64_t i, auto lanes) { lanes.store(y + i, F::value(lanes.load(x + i), p)); });
}

template <typename F> void slope_range(int64_t n, const float *y, const float *gy, float *gx, float p) {
    for_vectors(n, [=](int64_t i, auto lanes) {
        lanes.store(gx + i, F::slope(lanes.load(y + i), p) * lanes.load(gy + i));
    });
}

struct Activation {
    const char *name;
    void (*values)(int64_t, const float *, float *, float);
    void (*gradients)(int64_t, const float *, const float *, float *, float);
};

template <typename F> constexpr Activation activation(const char *name) {
    return {name, value_range<F>, slope_range<F>};
}

constexpr Activation kActivations[] = {
    activation<Sigmoid>("sigmoid"),        activation<Tanh>("tanh"),
    activation<Elu>("elu"),                activation<LeakyRelu>("leaky_relu"),
    activation<ClippedRelu>("clipped_relu"), activation<Softplus>("softplus"),
};

const Activation *find(const char *name) {
    for (const Activation &a : kActivations)
        if (std::strcmp(a.name, name) == 0) return &a;
    return nullptr;
}

}  // namespace

nb::object eltwise(nb::handle x, const char *name, double parameter) {
    const Activation *f = find(name);
    Floats source = Floats::from(x);
    if (f == nullptr || !source) return nb::none();
    Floats y = Floats::empty(source.shape());
    const float *from = source.data();
    float *to = y.data();
    int64_t n = source.size();
    auto p = static_cast<float>(parameter);
    run_without_gil(n * 4, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) { f->values(end - begin, from + begin, to + begin, p); });
    });
    return y.object();
}

nb::object eltwise_backward(nb::handle y, nb::handle gy, const char *name, double parameter) {
    const Activation *f = find(name);
    Floats output = Floats::from(y), upper = Floats::from(gy);
    if (f == nullptr || !output || !upper || output.size() != upper.size()) return nb::none();
    Floats gx = Floats::empty(output.shape());
    const float *values = output.data(), *from = upper.data();
    float *to = gx.data();
    int64_t n = output.size();
    auto p = static_cast<float>(parameter);
    run_without_gil(n * 4, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            f->gradients(end - begin, values + begin, from + begin, to + begin, p);
        });
    });
    return gx.object();
}
