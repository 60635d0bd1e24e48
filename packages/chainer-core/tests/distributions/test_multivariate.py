"""Distributions of vectors and of labels, the joint ones, and the nodes that they are made of."""

from __future__ import annotations

import chainer
import chainer.distributions as D
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends.cuda import to_cpu
from chainer.distributions.bernoulli import BernoulliLogProb
from chainer.distributions.laplace import LaplaceCDF, LaplaceICDF
from chainer.distributions.multivariate_normal import TriangularInv
from chainer.distributions.utils import ModifiedXLogX
from chainer.gradient_check import check_backward, check_double_backward
from chainer.utils.type_check import InvalidType
from scipy import stats

TOLERANCE = {"float16": 2e-2, "float32": 1e-4, "float64": 1e-9}


def probabilities(rng, *shape):
    return rng.dirichlet(np.full(shape[-1], 2.0), shape[:-1])


def triangles(rng, *shape):
    """Lower triangular matrices."""
    d = shape[-1]
    return np.tril(rng.uniform(-1, 1, (*shape, d)), -1) + np.eye(d) * rng.uniform(0.5, 2, (*shape, 1))


MAKE = {
    "categorical": lambda rng, *batch: (D.Categorical, {"p": probabilities(rng, *batch, 3)}),
    "categorical of logits": lambda rng, *batch: (D.Categorical, {"logit": rng.uniform(-1, 1, (*batch, 3))}),
    "one_hot_categorical": lambda rng, *batch: (D.OneHotCategorical, {"p": probabilities(rng, *batch, 3)}),
    "dirichlet": lambda rng, *batch: (D.Dirichlet, {"alpha": rng.uniform(0.5, 3, (*batch, 3))}),
    "multivariate_normal": lambda rng, *batch: (
        D.MultivariateNormal,
        {"loc": rng.uniform(-1, 1, (*batch, 3)), "scale_tril": triangles(rng, *batch, 3)},
    ),
}
names = pytest.mark.parametrize("name", MAKE)
batches = pytest.mark.parametrize("batch", [(), (2,), (3, 2), (0,)], ids=str)
dtypes = pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])


def log_probs(dist, params, x):
    """Logarithms of the density of one distribution of the batch, of several outcomes."""
    if isinstance(dist, D.MultivariateNormal):
        return stats.multivariate_normal(params["loc"], params["scale_tril"] @ params["scale_tril"].T).logpdf(x)
    if isinstance(dist, D.Dirichlet):
        return [stats.dirichlet(params["alpha"]).logpdf(one / one.sum()) for one in x]
    logit = np.log(params["p"]) if "p" in params else params["logit"]
    log_p = logit - np.log(np.exp(logit).sum())
    return log_p[x] if isinstance(dist, D.Categorical) else (x * log_p).sum(axis=-1)


@names
@batches
@dtypes
def test_log_prob_of_samples(xp, rng, name, batch, dtype):
    cls, params = MAKE[name](rng, *batch)
    dist = cls(**{key: xp.asarray(value, dtype) for key, value in params.items()})
    x = dist.sample((4, 5))
    event_shape = () if cls is D.Categorical else (3,)
    assert (dist.batch_shape, dist.event_shape) == (batch, event_shape)
    assert x.shape == (4, 5, *batch, *event_shape)
    assert x.dtype == ("int64" if cls is D.Categorical else dtype)
    y, p = dist.log_prob(x), dist.prob(x)
    assert y.dtype == p.dtype == dtype and y.shape == p.shape == (4, 5, *batch)
    samples = to_cpu(x.array) if cls is D.Categorical else to_cpu(x.array).astype("float64")
    for index in np.ndindex(batch):
        one = {key: value.astype(dtype).astype("float64")[index] for key, value in params.items()}
        for i in range(4):
            expected = log_probs(dist, one, samples[(i, slice(None), *index)])
            tolerance = TOLERANCE[dtype] * (5 if cls is D.Dirichlet else 1)  # of small numbers that do not sum to 1
            np.testing.assert_allclose(to_cpu(y.array)[(i, slice(None), *index)], expected, tolerance, tolerance)
            np.testing.assert_allclose(
                to_cpu(p.array)[(i, slice(None), *index)], np.exp(expected), 10 * tolerance, tolerance
            )


def of_scipy(name, params):
    if name == "dirichlet":
        return stats.dirichlet(params["alpha"])
    return stats.multivariate_normal(params["loc"], params["scale_tril"] @ params["scale_tril"].T)


@pytest.mark.parametrize("name", ["dirichlet", "multivariate_normal"])
def test_statistics(rng, name):
    cls, params = MAKE[name](rng, 2)
    dist = cls(**params)
    references = [of_scipy(name, {key: value[i] for key, value in params.items()}) for i in range(2)]
    np.testing.assert_allclose(dist.entropy.array, [one.entropy() for one in references])
    if name == "dirichlet":
        np.testing.assert_allclose(dist.mean.array, [one.mean() for one in references])
        np.testing.assert_allclose(dist.variance.array, [one.var() for one in references])
        np.testing.assert_allclose(dist.alpha0.array, params["alpha"].sum(axis=-1))
        assert dist.support == "[0, 1]"
    else:
        np.testing.assert_allclose(dist.mean.array, params["loc"])
        np.testing.assert_allclose(dist.mode.array, params["loc"])
        np.testing.assert_allclose(dist.covariance.array, [one.cov for one in references])
        np.testing.assert_allclose(dist.variance.array, [np.diag(one.cov) for one in references])
        assert dist.d == 3 and dist.support == "real"


def test_statistics_of_categories(rng):
    p = probabilities(rng, 2, 3)
    dist, one_hot = D.Categorical(p), D.OneHotCategorical(p)
    np.testing.assert_allclose(dist.entropy.array, -(p * np.log(p)).sum(axis=1))
    np.testing.assert_allclose(dist.log_p.array, np.log(p))
    np.testing.assert_allclose(D.Categorical(logit=np.log(p) + 3).p.array, p)
    np.testing.assert_allclose(one_hot.mean.array, p)
    np.testing.assert_allclose(one_hot.variance.array, p * (1 - p))
    for one in (dist, one_hot):
        assert one.params.keys() == {"p"}
        with pytest.raises(NotImplementedError, match="does not offer support"):
            one.support  # noqa: B018


def test_samples_are_those_of_numpy(rng):
    p, alpha = probabilities(rng, 2, 3), rng.uniform(0.5, 3, (2, 3))
    loc, scale_tril = rng.uniform(-1, 1, (2, 3)), triangles(rng, 2, 3)
    index = seeded(lambda: np.stack([np.random.choice(3, 5, p=one) for one in p], axis=1))
    np.testing.assert_array_equal(seeded(lambda: D.Categorical(p).sample_n(5).array), index)
    np.testing.assert_array_equal(seeded(lambda: D.OneHotCategorical(p).sample_n(5).array), np.eye(3)[index])
    np.testing.assert_allclose(
        seeded(lambda: D.Dirichlet(alpha).sample_n(5).array),
        seeded(lambda: np.stack([np.random.dirichlet(one, 5) for one in alpha], axis=1)),
    )
    np.testing.assert_allclose(
        seeded(lambda: D.MultivariateNormal(loc, scale_tril=scale_tril).sample_n(5).array),
        seeded(lambda: loc + np.einsum("bij,nbj->nbi", scale_tril, np.random.standard_normal((5, 2, 3)))),
    )


def seeded(function):
    np.random.seed(5)
    return function()


@names
def test_gradients(rng, name):
    cls, params = MAKE[name](rng, 2)
    x = cls(**params).sample((4,)).array
    keys, values = params.keys(), tuple(params.values())
    functions = [lambda *values: cls(**dict(zip(keys, values))).log_prob(x)]
    if name != "one_hot_categorical":
        functions.append(lambda *values: cls(**dict(zip(keys, values))).entropy)
    if name == "multivariate_normal":
        functions.append(lambda *values: seeded(lambda: cls(**dict(zip(keys, values))).sample((2,))))
    for function in functions:
        gy = rng.normal(size=function(*values).shape)
        check_backward(function, values, gy, atol=1e-4, rtol=1e-3, no_grads=unused(function, values))
    ggxs = tuple(rng.normal(size=value.shape) for value in values)
    check_double_backward(lambda *xs: functions[0](*xs) ** 2, values, rng.normal(size=(4, 2)), ggxs, atol=1e-3)


def unused(function, values):
    variables = [chainer.Variable(value) for value in values]
    return [g is None for g in chainer.grad([F.sum(function(*variables))], variables)]


@names
def test_kl_divergence_is_the_mean_of_the_difference(rng, name):
    (cls, p), (_, q) = MAKE[name](rng, 2), MAKE[name](rng, 2)
    dist1, dist2 = cls(**p), cls(**q)
    x = dist1.sample(20000)
    difference = (dist1.log_prob(x) - dist2.log_prob(x)).array
    divergence = chainer.kl_divergence(dist1, dist2).array
    allowed = 5 * difference.std(axis=0) / np.sqrt(len(difference))
    np.testing.assert_array_less(abs(difference.mean(axis=0) - divergence), allowed)
    np.testing.assert_allclose(chainer.kl_divergence(dist1, dist1).array, 0, atol=1e-9)

    def function(*values):
        half = len(p)
        return chainer.kl_divergence(cls(**dict(zip(p, values[:half]))), cls(**dict(zip(p, values[half:]))))

    check_backward(function, (*p.values(), *q.values()), rng.normal(size=(2,)), atol=1e-4, rtol=1e-3)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_categories_of_probability_zero():
    p = chainer.Variable(np.array([0.0, 0.5, 0.5]))
    dist, other = D.Categorical(p), D.Categorical(np.array([0.0, 0.25, 0.75]))
    np.testing.assert_allclose(dist.entropy.array, np.log(2))
    expected = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    np.testing.assert_allclose(chainer.kl_divergence(dist, other).array, expected)
    assert chainer.kl_divergence(other, D.Categorical(np.array([0.5, 0.5, 0.0]))).array == np.inf
    dist.entropy.backward()
    np.testing.assert_allclose(p.grad, [0, np.log(2) - 1, np.log(2) - 1])


def test_labels_broadcast(rng):
    p = probabilities(rng, 2, 3)
    x = np.array([[0], [1], [2]])
    np.testing.assert_allclose(D.Categorical(p).log_prob(x).array, np.log(p).T)
    np.testing.assert_allclose(D.Categorical(p).log_prob(x.astype("float32")).array, np.log(p).T)


def test_parameters_broadcast(rng):
    loc, scale_tril = rng.uniform(-1, 1, (4, 1, 3)), triangles(rng, 2, 3)
    dist = D.MultivariateNormal(loc, scale_tril=scale_tril)
    full = D.MultivariateNormal(
        np.broadcast_to(loc, (4, 2, 3)), scale_tril=np.broadcast_to(scale_tril, (4, 2, 3, 3)).copy()
    )
    assert dist.batch_shape == (4, 2)
    x = seeded(lambda: dist.sample((5,)))
    np.testing.assert_array_equal(x.array, seeded(lambda: full.sample((5,))).array)
    np.testing.assert_allclose(dist.log_prob(x).array, full.log_prob(x).array)


class TestIndependent:
    @pytest.mark.parametrize(
        ("n", "batch_shape", "event_shape"), [(None, (2,), (3,)), (0, (2, 3), ()), (1, (2,), (3,)), (2, (), (2, 3))]
    )
    def test_reduces_the_last_batch_axes(self, rng, n, batch_shape, event_shape):
        inner = D.Normal(rng.uniform(-1, 1, (2, 3)), rng.uniform(0.5, 2, (2, 3)))
        dist = D.Independent(inner, n)
        assert (dist.batch_shape, dist.event_shape) == (batch_shape, event_shape)
        assert (dist.distribution, dist.reinterpreted_batch_ndims) == (inner, len(event_shape))
        assert dist.support == "real" and dist.params.keys() == {"loc", "scale"} and dist.xp is np
        x = dist.sample((4,))
        assert x.shape == (4, 2, 3)
        axes = tuple(range(-len(event_shape), 0))
        for name in ("log_prob", "log_cdf", "log_survival_function"):
            np.testing.assert_allclose(getattr(dist, name)(x).array, getattr(inner, name)(x).array.sum(axis=axes))
        for name in ("prob", "cdf", "survival_function", "perplexity"):
            np.testing.assert_allclose(getattr(dist, name)(x).array, getattr(inner, name)(x).array.prod(axis=axes))
        np.testing.assert_allclose(dist.entropy.array, inner.entropy.array.sum(axis=axes))
        for name in ("mean", "variance", "stddev", "mode"):
            assert getattr(dist, name) is getattr(inner, name)
        diagonals = np.diagonal(dist.covariance.array, axis1=-2, axis2=-1)
        np.testing.assert_allclose(diagonals.reshape(2, 3), inner.variance.array)
        kl = chainer.kl_divergence(inner, D.Normal(np.zeros((2, 3)), np.ones((2, 3)))).array
        other = D.Independent(D.Normal(np.zeros((2, 3)), np.ones((2, 3))), n)
        np.testing.assert_allclose(chainer.kl_divergence(dist, other).array, kl.sum(axis=axes))

    def test_covariance_of_vectors_is_in_blocks(self, rng):
        scale_tril = triangles(rng, 4, 2, 3)
        dist = D.Independent(D.MultivariateNormal(np.zeros((4, 2, 3)), scale_tril=scale_tril))
        covariance, blocks = dist.covariance.array, scale_tril @ scale_tril.swapaxes(-1, -2)
        assert covariance.shape == (4, 6, 6)
        np.testing.assert_allclose(covariance[:, :3, :3], blocks[:, 0])
        np.testing.assert_allclose(covariance[:, 3:, 3:], blocks[:, 1])
        np.testing.assert_array_equal(covariance[:, :3, 3:], 0)

    def test_refuses(self):
        normal = D.Normal(np.zeros((2, 3)), np.ones((2, 3)))
        for n in (-1, 3):
            with pytest.raises(ValueError, match=f"which is 2, and not negative, got {n}"):
                D.Independent(normal, n)
        with pytest.raises(RuntimeError, match="has no inverse"):
            D.Independent(normal).icdf(np.full((2, 3), 0.5))
        with pytest.raises(ValueError, match=r"event shapes do not match: \(3,\) and \(2, 3\)"):
            chainer.kl_divergence(D.Independent(normal, 1), D.Independent(normal, 2))
        nested = D.Independent(D.Independent(normal, 1), 1)
        with pytest.raises(NotImplementedError, match="different event shapes"):
            chainer.kl_divergence(nested, D.Independent(normal, 2))


NODES = {
    "bernoulli log prob": (lambda x: BernoulliLogProb().apply((x, np.array([0.0, 1, 1])))[0], (-2, 2)),
    "bernoulli log prob of x": (lambda x: BernoulliLogProb().apply((np.array([0.5, -2, 1]), x))[0], (0.1, 0.9)),
    "laplace cdf": (lambda x: LaplaceCDF().apply((x,))[0], (-2, 2)),
    "laplace icdf": (lambda x: LaplaceICDF().apply((x,))[0], (0.1, 0.9)),
    "lower inverse": (lambda x: TriangularInv(True).apply((x,))[0], None),
    "upper inverse": (lambda x: TriangularInv(False).apply((F.transpose(x, (0, 2, 1)),))[0], None),
    "x log x": (lambda x: ModifiedXLogX(F.log(x)).apply((x,))[0], (0.5, 2)),
}


@pytest.mark.parametrize("name", NODES)
def test_gradients_of_nodes(rng, name):
    function, limits = NODES[name]
    x = triangles(rng, 2, 3) if limits is None else rng.uniform(*limits, 3)
    gy, ggx = rng.normal(size=x.shape), rng.normal(size=x.shape)
    check_backward(function, x, gy, atol=1e-4, rtol=1e-3)
    check_double_backward(lambda x: function(x) ** 2, x, gy, ggx, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("lower", [True, False])
@dtypes
def test_triangular_inverse(xp, rng, lower, dtype):
    x = triangles(rng, 2, 3)
    x = (x if lower else x.swapaxes(-1, -2)).astype(dtype)
    noise = np.triu(np.ones((3, 3), dtype), 1)  # on the other side, which is not looked at
    (y,) = TriangularInv(lower).apply((xp.asarray(x + (noise if lower else noise.T)),))
    assert y.dtype == dtype
    np.testing.assert_allclose(to_cpu(y.array), np.linalg.inv(x.astype("float64")), *[10 * TOLERANCE[dtype]] * 2)


def test_refuses_matrices_that_are_not_square():
    with pytest.raises(InvalidType, match=r"x.shape\[-1\] == x.shape\[-2\]"):
        TriangularInv(True).apply((np.ones((2, 3)),))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: D.Categorical(), "either p or logit must be given"),
        (lambda: D.Categorical(np.ones(2), logit=np.ones(2)), "either p or logit must be given"),
        (lambda: D.MultivariateNormal(np.ones(2)), "scale_tril must be given"),
        (lambda: D.Categorical(np.array([-0.5, 1.5])).sample(), "of Categorical must not be negative"),
        (lambda: D.OneHotCategorical(np.array([np.nan, 1])).sample(), "of OneHotCategorical must not be negative"),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=message):
        make()


class TestInterface:
    def test_offers_nothing_by_itself(self):
        dist = chainer.Distribution()
        for name in ("batch_shape", "event_shape", "params", "support", "xp", "mean", "mode", "variance", "stddev"):
            with pytest.raises(NotImplementedError, match="Distribution does not offer"):
                getattr(dist, name)
        for name in ("log_prob", "prob", "cdf", "icdf", "log_cdf", "survival_function", "perplexity", "sample"):
            with pytest.raises(NotImplementedError, match="Distribution does not offer"):
                getattr(dist, name)(3)

    def test_what_follows_from_the_rest(self):
        class Steps(chainer.Distribution):
            variance = chainer.Variable(np.array(4.0))

            def cdf(self, x):
                return chainer.as_variable(x) * 0.25

            def log_prob(self, x):
                return F.log(chainer.as_variable(x))

        dist, x = Steps(), np.array(1.0)
        assert dist.stddev.array == 2
        assert dist.survival_function(x).array == 0.75
        np.testing.assert_allclose(dist.log_cdf(x).array, np.log(0.25))
        np.testing.assert_allclose(dist.log_survival_function(x).array, np.log(0.75))
        np.testing.assert_allclose(dist.perplexity(np.array(0.25)).array, 4)

    def test_a_divergence_can_be_registered(self):
        class Own(chainer.Distribution):
            pass

        @chainer.register_kl(Own, D.Normal)
        def formula(own, normal):
            return "mine", own, normal

        own, normal = Own(), D.Normal(np.zeros(1), np.ones(1))
        assert chainer.kl_divergence(own, normal) == formula(own, normal)
        with pytest.raises(KeyError, match="of Normal from Own"):
            chainer.kl_divergence(normal, own)
