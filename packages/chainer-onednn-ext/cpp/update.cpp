// Update rules of optimizers: one pass over parameters, gradients and states, which are written in place.
#include <cmath>

#include "kernels.hpp"
#include "parallel.hpp"

namespace {

// Arrays of one size that can be written in place.
template <typename... A> bool fit(const Floats &first, const A &...others) {
    return first && (... && (others && others.size() == first.size()));
}

}  // namespace

bool sgd_update(nb::handle theta, nb::handle grad, double lr) {
    Floats parameter = Floats::in_place(theta), gradient = Floats::from(grad);
    if (!fit(parameter, gradient)) return false;
    float *p = parameter.data();
    const float *g = gradient.data();
    auto step = static_cast<float>(lr);
    int64_t n = parameter.size();
    run_without_gil(n, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) p[i] -= step * g[i];
        });
    });
    return true;
}

bool momentum_sgd_update(nb::handle theta, nb::handle grad, nb::handle v, double lr, double momentum) {
    Floats parameter = Floats::in_place(theta), gradient = Floats::from(grad), velocity = Floats::in_place(v);
    if (!fit(parameter, gradient, velocity)) return false;
    float *__restrict p = parameter.data(), *__restrict u = velocity.data();
    const float *__restrict g = gradient.data();
    auto step = static_cast<float>(lr), keep = static_cast<float>(momentum);
    int64_t n = parameter.size();
    run_without_gil(n, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                u[i] = keep * u[i] - step * g[i];
                p[i] += u[i];
            }
        });
    });
    return true;
}

namespace {

struct Adam {
    float beta1, beta2, eps, eta, decay, alpha_t, lower, upper;
};

template <bool is_amsgrad, bool is_bounded>
void adam_range(int64_t n, float *__restrict p, const float *__restrict g, float *__restrict m, float *__restrict v,
                float *__restrict vhat, const Adam &hp) {
    for (int64_t i = 0; i < n; ++i) {
        m[i] += (1 - hp.beta1) * (g[i] - m[i]);
        v[i] += (1 - hp.beta2) * (g[i] * g[i] - v[i]);
        float second = v[i];
        if (is_amsgrad) second = vhat[i] = vhat[i] < second ? second : vhat[i];
        float root = std::sqrt(second) + hp.eps;
        float step;
        if (is_bounded) {
            float rate = hp.alpha_t / root;
            rate = rate < hp.lower ? hp.lower : rate;
            rate = rate > hp.upper ? hp.upper : rate;
            step = rate * m[i];
        } else {
            step = hp.alpha_t * (m[i] / root);
        }
        p[i] -= hp.eta * (step + hp.decay * p[i]);
    }
}

}  // namespace

bool adam_update(nb::handle theta, nb::handle grad, nb::handle m, nb::handle v, nb::handle vhat, double alpha_t,
                 double beta1, double beta2, double eps, double eta, double decay, nb::handle bounds) {
    Floats parameter = Floats::in_place(theta), gradient = Floats::from(grad);
    Floats first = Floats::in_place(m), second = Floats::in_place(v), largest;
    if (!fit(parameter, gradient, first, second)) return false;
    if (!vhat.is_none()) {
        largest = Floats::in_place(vhat);
        if (!fit(parameter, largest)) return false;
    }
    Adam hp{static_cast<float>(beta1), static_cast<float>(beta2), static_cast<float>(eps), static_cast<float>(eta),
            static_cast<float>(decay), static_cast<float>(alpha_t), 0, 0};
    bool is_bounded = !bounds.is_none();
    if (is_bounded) {
        hp.lower = nb::cast<float>(bounds[0]);
        hp.upper = nb::cast<float>(bounds[1]);
    }
    auto range = largest ? (is_bounded ? adam_range<true, true> : adam_range<true, false>)
                         : (is_bounded ? adam_range<false, true> : adam_range<false, false>);
    float *p = parameter.data(), *a = first.data(), *b = second.data(), *c = largest ? largest.data() : nullptr;
    const float *g = gradient.data();
    int64_t n = parameter.size();
    run_without_gil(n, [=] {
        parallel_ranges(n, [=](int64_t begin, int64_t end) {
            range(end - begin, p + begin, g + begin, a + begin, b + begin, c ? c + begin : nullptr, hp);
        });
    });
    return true;
}
