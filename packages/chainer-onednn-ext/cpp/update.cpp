// Update rules of optimizers: one pass over the values, gradients and states of all parameters, written in place.
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "kernels.hpp"
#include "parallel.hpp"
#include "vectors.hpp"

namespace {

constexpr size_t kMostStates = 3;

struct Parameter {
    Floats theta, grad;
    std::array<Floats, kMostStates> states;
    int64_t begin;  // where it begins, if all of them lay one behind the other
};

// All parameters of a call; nothing if some array does not lie in one piece or is not of float32.
std::optional<std::vector<Parameter>> parameters_of(nb::list thetas, nb::list grads,
                                                    std::initializer_list<nb::handle> states) {
    std::vector<Parameter> found(nb::len(thetas));
    if (nb::len(grads) != found.size()) return std::nullopt;
    for (nb::handle list : states)
        if (nb::len(list) != found.size()) return std::nullopt;
    int64_t begin = 0;
    for (size_t i = 0; i < found.size(); ++i) {
        Parameter &p = found[i];
        p.theta = Floats::in_place(thetas[i]);
        p.grad = Floats::from(grads[i]);
        if (!p.theta || !p.grad || p.grad.size() != p.theta.size()) return std::nullopt;
        size_t s = 0;
        for (nb::handle list : states) {
            p.states[s] = Floats::in_place(nb::borrow<nb::list>(list)[i]);
            if (!p.states[s] || p.states[s].size() != p.theta.size()) return std::nullopt;
            ++s;
        }
        p.begin = begin;
        begin += p.theta.size();
    }
    return found;
}

// Calls rule(lanes, theta, gradient, states...) for vectors of all elements. It returns the new theta, and changes the
// states in place.
template <size_t kStates, typename Rule, size_t... S>
void update_range(const Parameter &p, int64_t begin, int64_t end, const Rule &rule, std::index_sequence<S...>) {
    float *theta = p.theta.data() + begin;
    const float *grad = p.grad.data() + begin;
    [[maybe_unused]] std::array<float *, kMostStates> state{};
    for (size_t s = 0; s < kStates; ++s) state[s] = p.states[s].data() + begin;
    for_vectors(end - begin, [&](int64_t i, auto lanes) {
        [[maybe_unused]] std::array<Vector, kMostStates> values{};
        ((values[S] = lanes.load(state[S] + i)), ...);
        Vector next = rule(lanes.load(theta + i), lanes.load(grad + i), values[S]...);
        ((lanes.store(state[S] + i, values[S])), ...);
        lanes.store(theta + i, next);
    });
}

template <size_t kStates, typename Rule>
bool update_all(nb::list thetas, nb::list grads, std::initializer_list<nb::handle> states, const Rule &rule) {
    std::optional<std::vector<Parameter>> found = parameters_of(thetas, grads, states);
    if (!found) return false;
    if (found->empty()) return true;
    int64_t n = found->back().begin + found->back().theta.size();
    run_without_gil(n, [&] {
        parallel_parts(n, 1, [&](int64_t begin, int64_t end) {
            for (const Parameter &p : *found) {
                int64_t from = std::max(begin - p.begin, int64_t{0}), to = std::min(end - p.begin, p.theta.size());
                if (from < to) update_range<kStates>(p, from, to, rule, std::make_index_sequence<kStates>());
            }
        });
    });
    return true;
}

Vector vector_of(double value) { return vector(static_cast<float>(value)); }

}  // namespace

bool sgd_update(nb::list thetas, nb::list grads, double lr) {
    return update_all<0>(thetas, grads, {}, [step = vector_of(lr)](Vector p, Vector g) { return p - step * g; });
}

bool momentum_sgd_update(nb::list thetas, nb::list grads, nb::list velocities, double lr, double momentum) {
    return update_all<1>(thetas, grads, {velocities},
                         [step = vector_of(lr), keep = vector_of(momentum)](Vector p, Vector g, Vector &v) {
                             v = keep * v - step * g;
                             return p + v;
                         });
}

bool rmsprop_update(nb::list thetas, nb::list grads, nb::list squares, double lr, double alpha, double eps,
                    bool eps_inside_sqrt) {
    Vector step = vector_of(lr), keep = vector_of(alpha), take = vector_of(1 - alpha), e = vector_of(eps);
    return update_all<1>(thetas, grads, {squares}, [=](Vector p, Vector g, Vector &ms) {
        ms = keep * ms + take * g * g;
        return p - step * g / (eps_inside_sqrt ? _mm256_sqrt_ps(ms + e) : _mm256_sqrt_ps(ms) + e);
    });
}

bool corrected_momentum_sgd_update(nb::list thetas, nb::list grads, nb::list velocities, double lr, double momentum) {
    return update_all<1>(thetas, grads, {velocities},
                         [step = vector_of(lr), keep = vector_of(momentum)](Vector p, Vector g, Vector &v) {
                             v = keep * v - g;
                             return p + step * v;
                         });
}

bool nesterov_ag_update(nb::list thetas, nb::list grads, nb::list velocities, double lr, double momentum) {
    Vector step = vector_of(lr), keep = vector_of(momentum);
    Vector ahead = vector_of(1 + momentum), back = vector_of(momentum * momentum);
    return update_all<1>(thetas, grads, {velocities}, [=](Vector p, Vector g, Vector &v) {
        g *= step;
        v = keep * v - g;
        return p - (ahead * g - back * v);
    });
}

bool ada_grad_update(nb::list thetas, nb::list grads, nb::list squares, double lr, double eps) {
    return update_all<1>(thetas, grads, {squares},
                         [step = vector_of(lr), e = vector_of(eps)](Vector p, Vector g, Vector &h) {
                             h += g * g;
                             return p - step * g / (_mm256_sqrt_ps(h) + e);
                         });
}

bool ada_delta_update(nb::list thetas, nb::list grads, nb::list squares, nb::list steps, double rho, double eps) {
    Vector keep = vector_of(rho), take = vector_of(1 - rho), e = vector_of(eps);
    return update_all<2>(thetas, grads, {squares, steps}, [=](Vector p, Vector g, Vector &msg, Vector &msdx) {
        msg = keep * msg + take * g * g;
        Vector step = _mm256_sqrt_ps((msdx + e) / (msg + e)) * g;
        msdx = keep * msdx + take * step * step;
        return p - step;
    });
}

bool rmsprop_graves_update(nb::list thetas, nb::list grads, nb::list squares, nb::list means, nb::list deltas,
                           double lr, double alpha, double momentum, double eps) {
    Vector step = vector_of(lr), keep = vector_of(alpha), take = vector_of(1 - alpha), e = vector_of(eps);
    Vector inertia = vector_of(momentum);
    return update_all<3>(thetas, grads, {squares, means, deltas},
                         [=](Vector p, Vector g, Vector &n, Vector &mean, Vector &delta) {
                             n = keep * n + take * g * g;
                             mean = keep * mean + take * g;
                             delta = inertia * delta - step * g / _mm256_sqrt_ps(n - mean * mean + e);
                             return p + delta;
                         });
}

bool smorms3_update(nb::list thetas, nb::list grads, nb::list memories, nb::list means, nb::list squares, double lr,
                    double eps) {
    Vector most = vector_of(lr), e = vector_of(eps), one = vector(1);
    return update_all<3>(thetas, grads, {memories, means, squares},
                         [=](Vector p, Vector g, Vector &memory, Vector &mean, Vector &square) {
                             Vector r = one / (memory + one);
                             mean += r * (g - mean);
                             square += r * (g * g - square);
                             Vector x = mean * mean / (square + e);
                             memory = memory * (one - x) + one;
                             return p - g * _mm256_min_ps(most, x) / (_mm256_sqrt_ps(square) + e);
                         });
}

bool msvag_update(nb::list thetas, nb::list grads, nb::list ms, nb::list vs, double lr, double beta, double eta,
                  double decay, int64_t t) {
    double beta_t = std::pow(beta, t);
    double rho = (1 - beta) * (1 + beta_t) / ((1 + beta) * (1 - beta_t));
    Vector keep = vector_of(beta), take = vector_of(1 - beta), unbias = vector_of(1 - beta_t);
    Vector ratio = vector_of(rho / (1 - rho)), step = vector_of(lr), eta_ = vector_of(eta), decay_ = vector_of(decay);
    bool is_first = t <= 1;  // its average tells nothing of the variance
    return update_all<2>(thetas, grads, {ms, vs}, [=](Vector p, Vector g, Vector &m, Vector &v) {
        m = keep * m + take * g;
        v = keep * v + take * g * g;
        Vector mean = m / unbias, square = mean * mean;
        Vector damping = is_first ? vector(1) : square / (square + ratio * (v / unbias - square));
        return p - eta_ * (step * damping * mean + decay_ * p);
    });
}

bool adam_update(nb::list thetas, nb::list grads, nb::list ms, nb::list vs, nb::handle vhats, double alpha_t,
                 double beta1, double beta2, double eps, double eta, double decay, nb::handle bounds) {
    Vector take1 = vector_of(1 - beta1), take2 = vector_of(1 - beta2), e = vector_of(eps), rate = vector_of(alpha_t);
    Vector eta_ = vector_of(eta), decay_ = vector_of(decay), low{}, high{};
    bool is_bounded = !bounds.is_none();
    if (is_bounded) {
        low = vector(nb::cast<float>(bounds[0]));
        high = vector(nb::cast<float>(bounds[1]));
    }
    auto moments = [=](Vector g, Vector &m, Vector &v) {
        m += take1 * (g - m);
        v += take2 * (g * g - v);
    };
    auto step = [=](Vector p, Vector m, Vector second) {
        Vector root = _mm256_sqrt_ps(second) + e;
        Vector s = is_bounded ? m * _mm256_min_ps(high, _mm256_max_ps(low, rate / root)) : rate * (m / root);
        return p - eta_ * (s + decay_ * p);
    };
    if (vhats.is_none()) {
        return update_all<2>(thetas, grads, {ms, vs}, [=](Vector p, Vector g, Vector &m, Vector &v) {
            moments(g, m, v);
            return step(p, m, v);
        });
    }
    return update_all<3>(thetas, grads, {ms, vs, vhats}, [=](Vector p, Vector g, Vector &m, Vector &v, Vector &vhat) {
        moments(g, m, v);
        vhat = _mm256_max_ps(vhat, v);
        return step(p, m, vhat);
    });
}
