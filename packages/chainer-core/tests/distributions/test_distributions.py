"""All distributions, by one table, against SciPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import chainer
import chainer.distributions as D
import chainer.functions as F
import numpy as np
import pytest
import scipy.stats
from chainer import distribution, gradient_check
from chainer.distributions.bernoulli import BernoulliLogProb
from chainer.distributions.laplace import LaplaceCDF, LaplaceICDF
from chainer.distributions.multivariate_normal import TriangularInv
from chainer.distributions.utils import ModifiedXLogX


def uniform(*shape, low=0.2, high=1.5, seed=0):
    return np.random.RandomState(seed).uniform(low, high, shape)


def rows(*shape):
    x = uniform(*shape)
    return x / x.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Case:
    """A distribution of numbers, and the same of SciPy.

    Args:
        make: Makes the distribution of its parameters.
        params: Parameters.
        reference: Makes the frozen distribution of SciPy.
        has: What else there is beside mean, variance and the logarithm of the density.
        through_samples: Parameters that a gradient of samples flows to.
    """

    make: Callable[..., distribution.Distribution]
    params: tuple[Any, ...]
    reference: Callable[..., Any]
    has: tuple[str, ...] = ()
    through_samples: tuple[int, ...] = ()


A, B = uniform(2, 3), uniform(2, 3, seed=1)
P = uniform(2, 3, high=0.9)
CASES = {
    "bernoulli": Case(lambda p: D.Bernoulli(p=p), (P,), scipy.stats.bernoulli, ("entropy",)),
    "bernoulli of logit": Case(
        lambda x: D.Bernoulli(logit=x), (A - 1,), lambda x: scipy.stats.bernoulli(1 / (1 + np.exp(-x))), ("entropy",)
    ),
    "beta": Case(D.Beta, (A, B), scipy.stats.beta, ("entropy",)),
    "cauchy": Case(D.Cauchy, (A, B), scipy.stats.cauchy, ("entropy", "cdf"), (0, 1)),
    "chisquare": Case(D.Chisquare, (A * 3,), scipy.stats.chi2, ("entropy",)),
    "exponential": Case(D.Exponential, (A,), lambda lam: scipy.stats.expon(scale=1 / lam), ("entropy", "cdf"), (0,)),
    "gamma": Case(D.Gamma, (A, B), lambda k, theta: scipy.stats.gamma(k, scale=theta), ("entropy",), (1,)),
    "geometric": Case(D.Geometric, (P,), scipy.stats.geom),
    "gumbel": Case(D.Gumbel, (A, B), scipy.stats.gumbel_r, ("entropy",), (0, 1)),
    "laplace": Case(D.Laplace, (A, B), scipy.stats.laplace, ("entropy", "cdf"), (0, 1)),
    "log normal": Case(D.LogNormal, (A, B), lambda m, s: scipy.stats.lognorm(s, scale=np.exp(m)), ("entropy",), (0, 1)),
    "normal": Case(D.Normal, (A, B), scipy.stats.norm, ("entropy", "cdf"), (0, 1)),
    "normal of log scale": Case(
        lambda loc, x: D.Normal(loc, log_scale=x),
        (A, B),
        lambda loc, x: scipy.stats.norm(loc, np.exp(x)),
        ("entropy", "cdf"),
        (0, 1),
    ),
    "pareto": Case(D.Pareto, (A, B + 2), lambda s, a: scipy.stats.pareto(a, scale=s), ("entropy",), (0, 1)),
    "poisson": Case(D.Poisson, (A,), scipy.stats.poisson),
    "uniform": Case(
        lambda low, high: D.Uniform(low=low, high=high),
        (A - 2, B),
        lambda low, high: scipy.stats.uniform(low, high - low),
        ("entropy", "cdf"),
        (0, 1),
    ),
    "uniform of length": Case(
        lambda loc, scale: D.Uniform(loc=loc, scale=scale), (A, B), scipy.stats.uniform, ("entropy", "cdf"), (0, 1)
    ),
}

every_distribution = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def draw(case, n=5):
    return case.reference(*case.params).rvs(size=(n, 2, 3), random_state=np.random.RandomState(0))


@every_distribution
def test_matches_scipy(case):
    dist, reference = case.make(*case.params), case.reference(*case.params)
    assert dist.batch_shape == (2, 3) and dist.event_shape == ()
    assert {param.shape for param in dist.params.values()} == {(2, 3)}
    np.testing.assert_allclose(dist.mean.array, reference.mean(), rtol=1e-6)
    np.testing.assert_allclose(dist.variance.array, reference.var(), rtol=1e-6)
    np.testing.assert_allclose(dist.stddev.array, reference.std(), rtol=1e-6)
    x = draw(case)
    is_discrete = isinstance(reference.dist, scipy.stats.rv_discrete)
    log_density = (reference.logpmf if is_discrete else reference.logpdf)(x)
    np.testing.assert_allclose(dist.log_prob(x).array, log_density, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(dist.prob(x).array, np.exp(log_density), rtol=1e-5)
    np.testing.assert_allclose(dist.perplexity(x).array, np.exp(-log_density), rtol=1e-5)
    for name in case.has:
        if name == "entropy":
            np.testing.assert_allclose(dist.entropy.array, reference.entropy(), rtol=1e-5)
        else:
            np.testing.assert_allclose(dist.cdf(x).array, reference.cdf(x), rtol=1e-5)
            np.testing.assert_allclose(dist.survival_function(x).array, reference.sf(x), rtol=1e-5)
            np.testing.assert_allclose(dist.log_cdf(x).array, reference.logcdf(x), rtol=1e-5)
            np.testing.assert_allclose(dist.log_survival_function(x).array, reference.logsf(x), rtol=1e-5)
            np.testing.assert_allclose(dist.icdf(dist.cdf(x)).array, x, rtol=1e-5)


@every_distribution
def test_samples_follow_the_distribution(case):
    dist, reference = case.make(*case.params), case.reference(*case.params)
    samples = dist.sample(2000)
    assert samples.shape == (2000, 2, 3)
    for place in np.ndindex(2, 3):
        one = case.reference(*[param[place] for param in case.params])
        drawn = samples.array[(slice(None), *place)]
        if isinstance(reference.dist, scipy.stats.rv_discrete):
            error = abs(drawn.mean() - one.mean()) / (one.std() / np.sqrt(2000))
            assert error < 5
        else:
            assert scipy.stats.kstest(drawn, one.cdf).pvalue > 1e-5


@every_distribution
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_shapes_and_dtypes(case, dtype):
    dist = case.make(*[param.astype(dtype) for param in case.params])
    for shape, expected in (((), ()), (4, (4,)), ((4, 1), (4, 1)), ((0,), (0,))):
        sample = dist.sample(shape)
        assert sample.shape == (*expected, 2, 3)
        assert sample.dtype.kind == "i" or sample.dtype == dtype
    assert {dist.mean.dtype, dist.variance.dtype, dist.log_prob(sample).dtype} == {np.dtype(dtype)}
    np.random.seed(0)
    first = dist.sample((2, 3)).array
    np.random.seed(0)
    np.testing.assert_array_equal(dist.sample_n(6).array.reshape(2, 3, 2, 3), first)


@every_distribution
def test_gradients(case):
    x = draw(case)
    grad = uniform(5, 2, 3, seed=4)
    gradient_check.check_backward(
        lambda *params: case.make(*params).log_prob(x), case.params, grad, eps=1e-6, atol=1e-4, rtol=1e-4
    )
    if "entropy" in case.has:
        gradient_check.check_backward(
            lambda *params: case.make(*params).entropy, case.params, grad[0], eps=1e-6, atol=1e-4
        )

    def sample(*chosen):
        params = list(case.params)
        for place, param in zip(case.through_samples, chosen):
            params[place] = param
        np.random.seed(0)
        return case.make(*params).sample_n(5)

    if case.through_samples:
        chosen = [case.params[place] for place in case.through_samples]
        gradient_check.check_backward(sample, chosen, grad, eps=1e-6, atol=1e-4, rtol=1e-4)
    else:
        assert not sample().requires_grad


def pairs():
    a, b = uniform(2, 3, seed=2), uniform(2, 3, seed=3)
    tril = [np.tril(uniform(2, 3, 3, seed=seed)) for seed in range(2)]
    return {
        "bernoulli": (D.Bernoulli(p=P), D.Bernoulli(p=1 - P)),
        "beta": (D.Beta(A + 1, B + 1), D.Beta(a + 1, b + 1)),
        "categorical": (D.Categorical(rows(2, 3)), D.Categorical(logit=a)),
        "one hot categorical": (D.OneHotCategorical(rows(2, 3)), D.OneHotCategorical(rows(2, 3)[:, ::-1].copy())),
        "dirichlet": (D.Dirichlet(A), D.Dirichlet(a)),
        "exponential": (D.Exponential(A), D.Exponential(a)),
        "gamma": (D.Gamma(A, B), D.Gamma(a, b)),
        "geometric": (D.Geometric(P), D.Geometric(1 - P)),
        "gumbel": (D.Gumbel(A, B + 1), D.Gumbel(a, b + 1)),
        "laplace": (D.Laplace(A, B), D.Laplace(a, b)),
        "log normal": (D.LogNormal(A, B), D.LogNormal(a, b)),
        "multivariate normal": (
            D.MultivariateNormal(A, scale_tril=tril[0]),
            D.MultivariateNormal(a, scale_tril=tril[1]),
        ),
        "normal": (D.Normal(A, B), D.Normal(a, log_scale=b)),
        "pareto": (D.Pareto(A + 1, B + 1), D.Pareto(A, b + 1)),
        "poisson": (D.Poisson(A), D.Poisson(a)),
        "uniform": (D.Uniform(low=A, high=A + B), D.Uniform(low=A - b, high=A + B + a)),
        "independent": (D.Independent(D.Normal(A, B)), D.Independent(D.Normal(a, b))),
    }


@pytest.mark.parametrize("name", pairs())
def test_divergence_is_the_mean_of_the_difference(name):
    dist1, dist2 = pairs()[name]
    divergence = distribution.kl_divergence(dist1, dist2).array
    x = dist1.sample(20000).array
    difference = (dist1.log_prob(x) - dist2.log_prob(x)).array
    error = abs(difference.mean(axis=0) - divergence)
    assert (error < 5 * difference.std(axis=0) / np.sqrt(len(difference)) + 1e-6).all()
    np.testing.assert_allclose(distribution.kl_divergence(dist1, dist1).array, 0, atol=1e-6)


def test_cross_entropy():
    dist1, dist2 = pairs()["normal"]
    expected = dist1.entropy.array + distribution.kl_divergence(dist1, dist2).array
    np.testing.assert_allclose(distribution.cross_entropy(dist1, dist2).array, expected)


def test_divergence_is_infinite_where_the_second_is_impossible():
    one = np.ones(1)
    assert distribution.kl_divergence(D.Pareto(one, one), D.Pareto(2 * one, one)).array == np.inf
    assert (
        distribution.kl_divergence(D.Uniform(low=0 * one, high=one), D.Uniform(low=0.5 * one, high=one)).array == np.inf
    )


def test_unknown_divergence():
    with pytest.raises(KeyError, match="Normal and Laplace"):
        distribution.kl_divergence(D.Normal(A, B), D.Laplace(A, B))


def test_divergences_can_be_registered():
    class Own(distribution.Distribution):
        pass

    distribution.register_kl(Own, D.Normal)(lambda own, normal: 3)
    assert distribution.kl_divergence(Own(), D.Normal(A, B)) == 3


def test_what_is_not_known():
    with pytest.raises(NotImplementedError, match="entropy of Geometric"):
        D.Geometric(P).entropy  # noqa: B018
    with pytest.raises(NotImplementedError, match="cdf of Gumbel"):
        D.Gumbel(A, B).cdf(A)
    with pytest.raises(NotImplementedError, match="support of Categorical"):
        D.Categorical(rows(3)).support  # noqa: B018


@pytest.mark.parametrize(
    "dist, x",
    [
        (D.Beta(A, B), -A),
        (D.Exponential(A), -A),
        (D.Gamma(A, B), -A),
        (D.LogNormal(A, B), -A),
        (D.Pareto(A, B), 0.5 * A),
        (D.Uniform(low=A, high=A + 1), A + 2),
        (D.Bernoulli(p=P, binary_check=True), 0 * A + 0.5),
    ],
)
def test_impossible_events(dist, x):
    np.testing.assert_array_equal(dist.log_prob(x).array, -np.inf)
    np.testing.assert_array_equal(dist.prob(x).array, 0)


def test_certain_events():
    dist = D.Bernoulli(p=np.array([0.0, 1.0, 0.5]))
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(dist.log_prob(np.array([0, 1, 1])).array, [0, 0, -np.log(2)])
        np.testing.assert_allclose(dist.log_prob(np.array([1, 0, 1])).array, [-np.inf, -np.inf, -np.log(2)])
    np.testing.assert_allclose(dist.entropy.array, [0, 0, np.log(2)])


def test_categorical():
    p = rows(2, 3)
    dist, one_hot = D.Categorical(p), D.OneHotCategorical(p)
    assert (dist.batch_shape, dist.event_shape) == ((2,), ())
    assert (one_hot.batch_shape, one_hot.event_shape) == ((2,), (3,))
    x = np.array([[0, 1], [2, 2]])
    expected = np.log(np.stack([p[0][x[:, 0]], p[1][x[:, 1]]], axis=1))
    np.testing.assert_allclose(dist.log_prob(x).array, expected)
    np.testing.assert_allclose(one_hot.log_prob(np.eye(3)[x]).array, expected)
    np.testing.assert_allclose(D.Categorical(logit=np.log(p) + 3).p.array, p)
    np.testing.assert_allclose(dist.entropy.array, -(p * np.log(p)).sum(axis=1))
    np.testing.assert_allclose(one_hot.mean.array, p)
    samples = dist.sample(20000).array
    np.testing.assert_allclose([(samples == i).mean(axis=0) for i in range(3)], p.T, atol=0.02)
    np.testing.assert_allclose(one_hot.sample(20000).array.mean(axis=0), p, atol=0.02)
    np.testing.assert_allclose(one_hot.variance.array, p * (1 - p))


def test_dirichlet():
    dist, reference = D.Dirichlet(A), [scipy.stats.dirichlet(alpha) for alpha in A]
    assert (dist.batch_shape, dist.event_shape) == ((2,), (3,))
    x = dist.sample(4).array
    np.testing.assert_allclose(x.sum(axis=-1), 1)
    expected = [[one.logpdf(x[i, j] / x[i, j].sum()) for j, one in enumerate(reference)] for i in range(4)]
    np.testing.assert_allclose(dist.log_prob(x).array, expected, rtol=1e-5)
    np.testing.assert_allclose(dist.mean.array, [one.mean() for one in reference])
    np.testing.assert_allclose(dist.variance.array, [one.var() for one in reference])
    np.testing.assert_allclose(dist.entropy.array, [one.entropy() for one in reference])


def test_multivariate_normal():
    tril = np.tril(uniform(2, 3, 3))
    dist = D.MultivariateNormal(A, scale_tril=tril)
    reference = [scipy.stats.multivariate_normal(m, L @ L.T) for m, L in zip(A, tril)]
    x = dist.sample(4).array
    expected = np.stack([one.logpdf(x[:, i]) for i, one in enumerate(reference)], axis=1)
    np.testing.assert_allclose(dist.log_prob(x).array, expected)
    np.testing.assert_allclose(dist.entropy.array, [one.entropy() for one in reference])
    np.testing.assert_allclose(dist.covariance.array, [one.cov for one in reference])
    np.testing.assert_allclose(dist.variance.array, [np.diag(one.cov) for one in reference])
    covariance = np.cov(dist.sample(50000).array[:, 0].T)
    np.testing.assert_allclose(covariance, reference[0].cov, atol=0.1)
    gradient_check.check_backward(
        lambda loc, L: D.MultivariateNormal(loc, scale_tril=L).log_prob(x),
        (A, tril),
        uniform(4, 2),
        atol=1e-4,
        rtol=1e-4,
    )


@pytest.mark.parametrize("n_axes, batch_shape, event_shape", [(None, (2,), (3,)), (0, (2, 3), ()), (2, (), (2, 3))])
def test_independent(n_axes, batch_shape, event_shape):
    inner = D.Normal(A, B)
    dist = D.Independent(inner, n_axes)
    assert (dist.batch_shape, dist.event_shape) == (batch_shape, event_shape)
    assert dist.support == "real" and dist.params.keys() == {"loc", "scale"} and dist.xp is np
    axes = tuple(range(-len(event_shape), 0))
    x = dist.sample(4).array
    for name in ("log_prob", "log_cdf", "log_survival_function"):
        np.testing.assert_allclose(getattr(dist, name)(x).array, getattr(inner, name)(x).array.sum(axis=axes))
    for name in ("prob", "cdf", "survival_function", "perplexity"):
        np.testing.assert_allclose(getattr(dist, name)(x).array, getattr(inner, name)(x).array.prod(axis=axes))
    np.testing.assert_allclose(dist.entropy.array, inner.entropy.array.sum(axis=axes))
    for name in ("mean", "variance", "stddev"):
        np.testing.assert_array_equal(getattr(dist, name).array, getattr(inner, name).array)
    np.testing.assert_allclose(
        np.diagonal(dist.covariance.array, axis1=-2, axis2=-1).ravel(), inner.variance.array.ravel()
    )
    with pytest.raises(RuntimeError, match="not invertible"):
        dist.icdf(P)


def test_covariance_of_independent_vectors_is_in_blocks():
    tril = np.tril(uniform(4, 2, 3, 3))
    dist = D.Independent(D.MultivariateNormal(uniform(4, 2, 3), scale_tril=tril))
    covariance = dist.covariance.array
    blocks = tril @ tril.swapaxes(-1, -2)
    assert covariance.shape == (4, 6, 6)
    np.testing.assert_allclose(covariance[:, :3, :3], blocks[:, 0])
    np.testing.assert_allclose(covariance[:, 3:, 3:], blocks[:, 1])
    np.testing.assert_array_equal(covariance[:, :3, 3:], 0)


def test_mode_of_laplace():
    np.testing.assert_array_equal(D.Laplace(A, B).mode.array, A)
    np.testing.assert_array_equal(D.Independent(D.Laplace(A, B)).mode.array, A)


NODES = {
    "bernoulli log prob": (lambda x: BernoulliLogProb().apply((x, np.array([0, 1, 1])))[0], uniform(3, low=-2)),
    "laplace cdf": (lambda x: LaplaceCDF().apply((x,))[0], uniform(4, low=-1) + 0.01),
    "laplace icdf": (lambda x: LaplaceICDF().apply((x,))[0], uniform(4, low=0.1, high=0.9)),
    "lower inverse": (lambda x: TriangularInv(True).apply((x,))[0], np.tril(uniform(2, 3, 3))),
    "upper inverse": (lambda x: TriangularInv(False).apply((x,))[0], np.triu(uniform(3, 3))),
    "x log x": (lambda x: ModifiedXLogX(F.log(x)).apply((x,))[0], uniform(4)),
}


@pytest.mark.parametrize("name", NODES)
def test_gradients_of_nodes(name):
    function, x = NODES[name]
    y = function(chainer.Variable(x))
    gradient_check.check_backward(function, x, uniform(*y.shape, seed=1), atol=1e-4, rtol=1e-4)
    gradient_check.check_double_backward(
        function, x, uniform(*y.shape, seed=1), uniform(*x.shape, seed=2), atol=1e-3, rtol=1e-3
    )


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: D.Bernoulli(), "p or logit"),
        (lambda: D.Bernoulli(p=P, logit=P), "p or logit"),
        (lambda: D.Categorical(), "p or logit"),
        (lambda: D.Normal(A), "scale or log_scale"),
        (lambda: D.Normal(A, B, log_scale=B), "scale or log_scale"),
        (lambda: D.Uniform(low=A, scale=B), "low and high or loc and scale"),
        (lambda: D.MultivariateNormal(A), "scale_tril"),
        (lambda: D.Independent(D.Normal(A, B), 3), "at most 2"),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()
