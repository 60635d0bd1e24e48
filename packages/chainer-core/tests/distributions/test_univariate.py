"""Distributions of one number, each a row of a table, against those of SciPy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import chainer
import chainer.distributions as D
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends.cuda import to_cpu
from chainer.gradient_check import check_backward, check_double_backward
from scipy import special, stats

TOLERANCE = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-9}


@dataclasses.dataclass(frozen=True)
class Case:
    """A way to make a distribution, the ranges of its parameters, the same of SciPy's, and its draws with NumPy's."""

    make: Callable[..., chainer.Distribution]
    params: dict[str, tuple[float, float]]
    scipy: Callable[..., Any]
    draw: Callable[..., Any]  # of the size, then the parameters
    support: str = "real"
    reparametrised: tuple[str, ...] = ()
    has_entropy: bool = True
    has_cdf: bool = False
    outside: tuple[float, ...] = ()

    @property
    def is_discrete(self) -> bool:
        return hasattr(self.scipy(**{name: high for name, (_, high) in self.params.items()}), "pmf")

    def draw_params(self, rng, shape, dtype="float64"):
        return {name: rng.uniform(*limits, shape).astype(dtype) for name, limits in self.params.items()}


REAL, POSITIVE, PROBABILITY = (-1, 1), (0.5, 2), (0.1, 0.9)
LOCATED = {"params": {"loc": REAL, "scale": POSITIVE}, "reparametrised": ("loc", "scale")}

CASES = {
    "bernoulli": Case(
        D.Bernoulli,
        {"p": PROBABILITY},
        stats.bernoulli,
        lambda size, p: np.random.binomial(1, p, size),
        "{0, 1}",
    ),
    "bernoulli of logits": Case(
        lambda logit: D.Bernoulli(logit=logit, binary_check=True),
        {"logit": (-2, 2)},
        lambda logit: stats.bernoulli(special.expit(logit)),
        lambda size, logit: np.random.binomial(1, special.expit(logit), size),
        "{0, 1}",
        outside=(-1, 0.5, 2),
    ),
    "beta": Case(
        D.Beta,
        {"a": POSITIVE, "b": POSITIVE},
        stats.beta,
        lambda size, a, b: np.random.beta(a, b, size),
        "[0, 1]",
        outside=(-0.5, 1.5),
    ),
    "cauchy": Case(
        D.Cauchy,
        scipy=stats.cauchy,
        draw=lambda size, loc, scale: loc + scale * np.random.standard_cauchy(size),
        has_cdf=True,
        **LOCATED,
    ),
    "chisquare": Case(
        D.Chisquare,
        {"k": (1, 5)},
        lambda k: stats.chi2(k),
        lambda size, k: np.random.chisquare(k, size),
        "positive",
        outside=(-1,),
    ),
    "exponential": Case(
        D.Exponential,
        {"lam": POSITIVE},
        lambda lam: stats.expon(scale=1 / lam),
        lambda size, lam: np.random.standard_exponential(size) / lam,
        "positive",
        reparametrised=("lam",),
        has_cdf=True,
        outside=(-1,),
    ),
    "gamma": Case(
        D.Gamma,
        {"k": (0.5, 5), "theta": POSITIVE},
        lambda k, theta: stats.gamma(k, scale=theta),
        lambda size, k, theta: np.random.gamma(k, size=size) * theta,
        "positive",
        reparametrised=("theta",),
        outside=(-1,),
    ),
    "geometric": Case(
        D.Geometric,
        {"p": PROBABILITY},
        stats.geom,
        lambda size, p: np.random.geometric(p, size),
        "positive integer",
        has_entropy=False,
        outside=(-1, 0),
    ),
    "gumbel": Case(
        D.Gumbel,
        scipy=stats.gumbel_r,
        draw=lambda size, loc, scale: loc + scale * np.random.gumbel(size=size),
        **LOCATED,
    ),
    "laplace": Case(
        D.Laplace,
        scipy=stats.laplace,
        draw=lambda size, loc, scale: loc + scale * np.random.laplace(size=size),
        has_cdf=True,
        **LOCATED,
    ),
    "log_normal": Case(
        D.LogNormal,
        {"mu": REAL, "sigma": (0.3, 0.8)},
        lambda mu, sigma: stats.lognorm(sigma, scale=np.exp(mu)),
        lambda size, mu, sigma: np.exp(mu + sigma * np.random.standard_normal(size)),
        "positive",
        reparametrised=("mu", "sigma"),
        outside=(-1, 0),
    ),
    "normal": Case(
        D.Normal,
        scipy=stats.norm,
        draw=lambda size, loc, scale: loc + scale * np.random.standard_normal(size),
        has_cdf=True,
        **LOCATED,
    ),
    "normal of log_scale": Case(
        lambda loc, log_scale: D.Normal(loc, log_scale=log_scale),
        {"loc": REAL, "log_scale": REAL},
        lambda loc, log_scale: stats.norm(loc, np.exp(log_scale)),
        lambda size, loc, log_scale: loc + np.exp(log_scale) * np.random.standard_normal(size),
        reparametrised=("loc", "log_scale"),
        has_cdf=True,
    ),
    "pareto": Case(
        D.Pareto,
        {"scale": POSITIVE, "alpha": (4.5, 9)},
        lambda scale, alpha: stats.pareto(alpha, scale=scale),
        lambda size, scale, alpha: scale * (1 + np.random.pareto(alpha, size)),
        "[scale, inf]",
        reparametrised=("scale",),
        outside=(-1, 0, 0.4),
    ),
    "poisson": Case(
        D.Poisson,
        {"lam": (0.5, 5)},
        lambda lam: stats.poisson(lam),
        lambda size, lam: np.random.poisson(lam, size),
        "non negative integer",
        has_entropy=False,
        outside=(-1,),
    ),
    "uniform": Case(
        lambda low, high: D.Uniform(low=low, high=high),
        {"low": REAL, "high": (2, 3)},
        lambda low, high: stats.uniform(low, high - low),
        lambda size, low, high: low + (high - low) * np.random.uniform(0, 1, size),
        "[low, high]",
        reparametrised=("low", "high"),
        has_cdf=True,
        outside=(-1.5, 3.5),
    ),
    "uniform of loc and scale": Case(
        lambda loc, scale: D.Uniform(loc=loc, scale=scale),
        scipy=stats.uniform,
        draw=lambda size, loc, scale: loc + scale * np.random.uniform(0, 1, size),
        support="[low, high]",
        has_cdf=True,
        outside=(-1.5, 3.5),
        **LOCATED,
    ),
}
WITH_CDF = {name: case for name, case in CASES.items() if case.has_cdf}
WITH_KL = CASES.keys() - {"cauchy", "chisquare"}

cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
dtypes = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
shapes = pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)], ids=str)


def make(case, params, xp=np):
    return case.make(**{name: xp.asarray(value) for name, value in params.items()})


def assert_close(actual, expected, dtype):
    assert isinstance(actual, chainer.Variable)
    assert actual.dtype == dtype
    assert actual.shape == np.shape(expected)
    tolerance = TOLERANCE[str(np.dtype(dtype))]
    np.testing.assert_allclose(to_cpu(actual.array), expected, rtol=tolerance, atol=tolerance)


def in_double(params):
    return {name: np.asarray(value, "float64") for name, value in params.items()}


@cases
@shapes
@dtypes
def test_statistics(xp, rng, case, shape, dtype):
    params = case.draw_params(rng, shape, dtype)
    dist, reference = make(case, params, xp), case.scipy(**in_double(params))
    assert dist.batch_shape == shape and dist.event_shape == ()
    assert dist.support == case.support
    assert dist.xp is xp
    if case.make is not D.Cauchy:
        assert_close(dist.mean, reference.mean(), dtype)
        assert_close(dist.variance, reference.var(), dtype)
        assert_close(dist.stddev, reference.std(), dtype)
    if case.has_entropy:
        expected = np.array([case.scipy(**dict(zip(params, one))).entropy() for one in each(in_double(params))])
        assert_close(dist.entropy, expected.reshape(shape), dtype)


def each(params):
    return zip(*[np.ravel(value) for value in params.values()])


@cases
@shapes
@dtypes
def test_log_prob(xp, rng, case, shape, dtype):
    params = case.draw_params(rng, shape, dtype)
    dist, reference = make(case, params, xp), case.scipy(**in_double(params))
    x = reference.rvs(size=(4, *shape), random_state=rng).astype(dtype)
    log_prob = reference.logpmf if case.is_discrete else reference.logpdf
    for observed in (xp.asarray(x), chainer.Variable(xp.asarray(x))):
        assert_close(dist.log_prob(observed), log_prob(x.astype("float64")), dtype)
        assert_close(dist.prob(observed), np.exp(log_prob(x.astype("float64"))), dtype)
    for one in case.outside:
        far = xp.full(shape, one, dtype)
        np.testing.assert_array_equal(to_cpu(dist.log_prob(far).array), -np.inf)
        np.testing.assert_array_equal(to_cpu(dist.prob(far).array), 0)


@pytest.mark.parametrize("name", ["bernoulli", "geometric", "poisson"])
def test_takes_integers(rng, name):
    case = CASES[name]
    params = case.draw_params(rng, (3,), "float32")
    x = np.array([1, 1, 0 if name != "geometric" else 2])
    dist = make(case, params)
    assert_close(dist.log_prob(x), case.scipy(**in_double(params)).logpmf(x), "float32")
    assert_close(dist.prob(x), case.scipy(**in_double(params)).pmf(x), "float32")


@pytest.mark.parametrize("case", WITH_CDF.values(), ids=WITH_CDF.keys())
@shapes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cdf(xp, rng, case, shape, dtype):
    params = case.draw_params(rng, shape, dtype)
    dist, reference = make(case, params, xp), case.scipy(**in_double(params))
    q = rng.uniform(0.05, 0.95, (4, *shape)).astype(dtype)
    x = reference.ppf(q).astype(dtype)
    assert_close(dist.icdf(xp.asarray(q)), x, dtype)
    for name, of_scipy in (
        ("cdf", reference.cdf),
        ("log_cdf", reference.logcdf),
        ("survival_function", reference.sf),
        ("log_survival_function", reference.logsf),
    ):
        assert_close(getattr(dist, name)(xp.asarray(x)), of_scipy(x.astype("float64")), dtype)
    for one in case.outside:
        np.testing.assert_array_equal(to_cpu(dist.cdf(xp.full(shape, one, dtype)).array), float(one > 3))


def assert_differentiates(rng, function, *xs):
    """First and second derivatives, along random directions, by all arguments that the result depends on."""
    variables = [chainer.Variable(x) for x in xs]
    gradients = chainer.grad([function(*variables)], variables, grad_outputs=[chainer.Variable(function(*xs).array)])
    used = [gradient is not None for gradient in gradients]
    constants = [x for x, use in zip(xs, used) if not use]
    inner = function

    def function(*values):
        these, those = iter(values), iter(constants)
        return inner(*[next(these) if use else next(those) for use in used])

    xs = tuple(x for x, use in zip(xs, used) if use)
    gy = rng.normal(size=function(*xs).shape)
    ggxs = tuple(rng.normal(size=x.shape) for x in xs)
    options = {"eps": 1e-4, "atol": 1e-4, "rtol": 1e-3, "dtype": np.float64}
    check_backward(function, xs, gy, **options)
    # What is linear has no second derivative to compare: its square has.
    check_double_backward(lambda *xs: function(*xs) ** 2, xs, gy, ggxs, **options)


@cases
def test_gradients(rng, case):
    params = case.draw_params(rng, (2, 3))
    x = case.scipy(**params).rvs(size=(2, 2, 3), random_state=rng).astype("float64")

    def log_prob(x, *values):
        return case.make(*values).log_prob(x)

    if case.is_discrete:
        assert_differentiates(rng, lambda *values: log_prob(x, *values), *params.values())
    else:
        assert_differentiates(rng, log_prob, x, *params.values())
    if case.has_entropy:
        assert_differentiates(rng, lambda *values: case.make(*values).entropy, *params.values())
    if case.has_cdf:
        q = rng.uniform(0.1, 0.9, (2, 3))
        assert_differentiates(rng, lambda q, *values: case.make(*values).icdf(q), q, *params.values())
        assert_differentiates(rng, lambda x, *values: case.make(*values).cdf(x), x, *params.values())


@cases
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_samples_are_those_of_numpy(rng, case, dtype):
    params = case.draw_params(rng, (2, 3), dtype)
    dist = make(case, params)
    np.random.seed(3)
    y = dist.sample_n(5)
    np.random.seed(3)
    expected = case.draw((5, 2, 3), **params)
    assert y.dtype == ("int64" if case.support == "{0, 1}" else dtype)
    np.testing.assert_allclose(y.array, expected, rtol=TOLERANCE[dtype])


@cases
@pytest.mark.parametrize("sample_shape", [(), (4,), (2, 5), (0,), 4], ids=str)
def test_shape_of_samples(xp, rng, case, sample_shape):
    dist = make(case, case.draw_params(rng, (3, 2), "float32"), xp)
    expected = (sample_shape,) if isinstance(sample_shape, int) else sample_shape
    assert dist.sample(sample_shape).shape == (*expected, 3, 2)


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"cauchy"}))
def test_moments_of_samples(xp, rng, name):
    case, n = CASES[name], 20000
    params = case.draw_params(rng, (3,))
    reference = case.scipy(**params)
    y = to_cpu(make(case, params, xp).sample(n).array)
    np.testing.assert_array_less(abs(y.mean(axis=0) - reference.mean()), 6 * reference.std() / np.sqrt(n))
    np.testing.assert_allclose(y.var(axis=0), reference.var(), rtol=0.25)


@cases
def test_gradients_flow_through_samples(rng, case):
    params = {name: chainer.Variable(value) for name, value in case.draw_params(rng, (3,)).items()}
    y = case.make(**params).sample((2,))
    if y.dtype.kind == "f":
        y.grad = np.ones_like(y.array)
        y.backward()
    assert {name for name, value in params.items() if value.grad is not None} == set(case.reparametrised)
    if case.reparametrised:
        arrays = [value.array for value in params.values()]

        def sample(*values):
            np.random.seed(0)
            return case.make(*values).sample((2,))

        no_grads = [name not in case.reparametrised for name in params]
        check_backward(sample, arrays, y.grad, no_grads=no_grads, atol=1e-4, rtol=1e-3, dtype=np.float64)


def kl(case, *values):
    n = len(case.params)
    return chainer.kl_divergence(case.make(*values[:n]), case.make(*values[n:]))


@pytest.mark.parametrize("name", sorted(WITH_KL))
def test_kl_divergence(rng, name):
    case = CASES[name]
    p, q = case.draw_params(rng, (4,)), case.draw_params(rng, (4,))
    if name == "pareto":
        q["scale"] = 0.9 * p["scale"]
    if name.startswith("uniform"):
        low, high = p.keys()
        q = {low: p[low] - 0.5, high: p[high] + 1}
    expected = []
    for one, other in zip(each(p), each(q)):
        p_, q_ = case.scipy(**dict(zip(p, one))), case.scipy(**dict(zip(q, other)))
        log_p, log_q = (p_.logpmf, q_.logpmf) if case.is_discrete else (p_.logpdf, q_.logpdf)
        expected.append(p_.expect(lambda x, f=log_p, g=log_q: f(x) - g(x), **bounds(p_, case)))
    assert_kl_close(kl(case, *p.values(), *q.values()), expected)
    if case.has_entropy:
        entropy = case.make(*p.values()).entropy.array
        actual = chainer.cross_entropy(case.make(*p.values()), case.make(*q.values()))
        assert_kl_close(actual, entropy + expected)
    same = kl(case, *p.values(), *p.values())
    np.testing.assert_allclose(same.array, 0, atol=1e-9)
    assert_differentiates(rng, lambda *values: kl(case, *values), *p.values(), *q.values())


def bounds(dist, case):
    """Limits of integration without the tails, in which the logarithms of SciPy are minus infinity."""
    return {} if case.is_discrete else {"lb": dist.ppf(1e-12), "ub": dist.ppf(1 - 1e-12)}


def assert_kl_close(actual, expected):
    np.testing.assert_allclose(actual.array, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if len(case.params) == 2])
def test_parameters_broadcast(xp, rng, name):
    case = CASES[name]
    first, second = case.params
    given = {**case.draw_params(rng, (2, 1)), second: rng.uniform(*case.params[second], (3,))}
    full = {key: np.broadcast_to(value, (2, 3)) for key, value in given.items()}
    dist, reference = make(case, given, xp), make(case, full, xp)
    assert dist.batch_shape == (2, 3)
    assert {key: value.shape for key, value in dist.params.items()} == dict.fromkeys(dist.params, (2, 3))
    x = xp.asarray(case.scipy(**full).rvs(size=(4, 2, 3), random_state=rng))
    for y, expected in ((dist.log_prob(x), reference.log_prob(x)), (dist.entropy, reference.entropy)):
        np.testing.assert_array_equal(to_cpu(y.array), to_cpu(expected.array))
    assert dist.sample((4,)).shape == (4, 2, 3)


def test_kl_is_infinite_where_the_second_has_no_mass():
    pareto = kl(CASES["pareto"], *map(np.array, ([1.0], [2.0], [1.5], [2.0])))
    uniform = kl(CASES["uniform"], *map(np.array, ([0.0], [1.0], [0.5], [2.0])))
    assert pareto.array == uniform.array == np.inf


def test_pareto_has_infinite_moments():
    dist = D.Pareto(np.ones(4), np.array([0.5, 1, 2, 3]))
    np.testing.assert_array_equal(dist.mean.array, [np.inf, np.inf, 2, 1.5])
    np.testing.assert_array_equal(dist.variance.array, [np.inf, np.inf, np.inf, 0.75])


def test_cauchy_has_no_moments():
    dist = D.Cauchy(np.zeros(2, "float32"), np.ones(2, "float32"))
    for name in ("mean", "variance"):
        with pytest.warns(RuntimeWarning, match="undefined"):
            value = getattr(dist, name)
        assert value.dtype == "float32"
        np.testing.assert_array_equal(value.array, [np.nan, np.nan])


def test_logarithms_are_exact_in_the_tail_of_normal():
    dist = D.Normal(np.zeros(1), np.ones(1))
    np.testing.assert_allclose(dist.log_cdf(np.array([-40.0])).array, stats.norm.logcdf(-40), rtol=1e-12)
    np.testing.assert_allclose(dist.log_survival_function(np.array([40.0])).array, stats.norm.logsf(40), rtol=1e-12)


@pytest.mark.parametrize(
    ("dist", "reference", "x"),
    [
        (D.Gamma(np.ones(2), np.ones(2)), stats.gamma(1), 0.0),
        (D.Chisquare(np.full(2, 2.0)), stats.chi2(2), 0.0),
        (D.Beta(np.ones(2), np.ones(2)), stats.beta(1, 1), 0.0),
        (D.Beta(np.ones(2), np.ones(2)), stats.beta(1, 1), 1.0),
        (D.Beta(np.full(2, 2.0), np.ones(2)), stats.beta(2, 1), 1.0),
    ],
)
def test_edges_of_the_support(dist, reference, x):
    log_prob = reference.logpmf if hasattr(reference, "pmf") else reference.logpdf
    np.testing.assert_allclose(dist.log_prob(np.full(2, x)).array, log_prob(x), atol=1e-12)


def test_no_gradient_comes_from_outside_the_support():
    x = chainer.Variable(np.array([-1.0, 0.5, 2.0]))
    for dist in (D.Beta(*np.full((2, 3), 2.0)), D.LogNormal(*np.ones((2, 3))), D.Pareto(*np.ones((2, 3)))):
        x.cleargrad()
        y = dist.log_prob(x)
        y.grad = np.ones(3)
        y.backward()
        np.testing.assert_array_equal(x.grad[np.isinf(y.array)], 0)
        assert np.isfinite(x.grad).all()


class TestBernoulli:
    def test_infinite_logits(self):
        logit = chainer.Variable(np.array([np.inf, np.inf, -np.inf, -np.inf], "float32"))
        dist = D.Bernoulli(logit=logit)
        y = dist.log_prob(np.array([0, 1, 0, 1], "float32"))
        np.testing.assert_array_equal(y.array, [-np.inf, 0, 0, -np.inf])
        np.testing.assert_array_equal(dist.entropy.array, 0)

    def test_values_between_are_mixtures_unless_checked(self):
        p, x = np.array([0.2, 0.6]), np.array([0.5, 1])
        expected = x * np.log(p) + (1 - x) * np.log(1 - p)
        np.testing.assert_allclose(D.Bernoulli(p).log_prob(x).array, expected)
        np.testing.assert_allclose(D.Bernoulli(p, binary_check=True).log_prob(x).array, [-np.inf, np.log(0.6)])

    def test_no_gradient_of_what_is_not_binary(self):
        logit = chainer.Variable(np.zeros(3))
        F.sum(F.exp(D.Bernoulli(logit=logit, binary_check=True).log_prob(np.array([0, 0.5, 1])))).backward()
        np.testing.assert_allclose(logit.grad, [-0.25, 0, 0.25])


def test_a_subclass_has_no_formula_of_divergence():
    class Narrow(D.Normal):
        pass

    normal = D.Normal(np.zeros(1), np.ones(1))
    with pytest.raises(KeyError, match="Narrow from Normal; give one with chainer.register_kl"):
        chainer.kl_divergence(Narrow(np.zeros(1), np.ones(1)), normal)


def test_values_are_computed_once_and_apart_without_backprop():
    log_scale = chainer.Variable(np.zeros(2))
    dist = D.Normal(np.zeros(2), log_scale=log_scale)
    with chainer.no_backprop_mode():
        assert dist.scale.creator is None
    assert dist.scale is dist.scale
    assert dist.scale.creator is not None


ONES = np.ones(3, "float32")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: D.Normal(ONES), ValueError, "either scale or log_scale must be given"),
        (lambda: D.Normal(ONES, ONES, log_scale=ONES), ValueError, "either scale or log_scale must be given"),
        (lambda: D.Normal(ONES, sigma=ONES), TypeError, "unexpected keyword argument 'sigma'"),
        (lambda: D.Normal(0.0, 1.0), TypeError, "a Variable holds a numpy.ndarray"),
        (lambda: D.Normal(ONES, np.ones(2, "float32")).mean, ValueError, r"loc \(3,\), scale \(2,\)"),
        (lambda: D.Bernoulli(), ValueError, "either p or logit must be given"),
        (lambda: D.Bernoulli(ONES, ONES), ValueError, "either p or logit must be given"),
        (lambda: D.Uniform(), ValueError, "either low and high or loc and scale .* none of them"),
        (lambda: D.Uniform(low=ONES, scale=ONES), ValueError, "either low and high or loc and scale .* low, scale"),
        (lambda: D.Uniform(low=ONES, high=ONES, loc=ONES, scale=ONES), ValueError, "and not both"),
        (lambda: D.Uniform(width=ONES), TypeError, "unexpected keyword argument 'width'"),
        (lambda: D.Beta(ONES, ONES).cdf(ONES), NotImplementedError, "Beta does not offer cdf"),
        (lambda: D.Poisson(ONES).entropy, NotImplementedError, "Poisson does not offer entropy"),
    ],
)
def test_refuses(make, error, message):
    with pytest.raises(error, match=message):
        make()
