"""Normalizations: definitions on float64 arrays, gradients of first and second order, laws and refusals."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.normalization import _moments
from chainer.functions.normalization.batch_normalization import BatchNormalization, GeneralBatchNormalizationImpl
from chainer.utils.type_check import InvalidType


def expand(v, ndim, axis):
    return np.expand_dims(v, axis) if np.ndim(v) + len(axis) == ndim else v


def normalise(x, axis, eps):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + eps)


def batch_norm(x, gamma, beta, axis=(0, 2, 3), eps=2e-5):
    return normalise(x, axis, eps) * expand(gamma, x.ndim, axis) + expand(beta, x.ndim, axis)


def fixed_batch_norm(x, gamma, beta, mean, var, axis=(0, 2, 3), eps=2e-5):
    gamma, beta, mean, var = [expand(v, x.ndim, axis) for v in (gamma, beta, mean, var)]
    return (x - mean) / np.sqrt(var + eps) * gamma + beta


def group_norm(x, groups, gamma, beta, eps=1e-5):
    y = normalise(x.reshape(len(x), groups, -1), 2, eps).reshape(x.shape)
    shape = (-1,) + (1,) * (x.ndim - 2)
    return y * gamma.reshape(shape) + beta.reshape(shape)


def local_response(x, n, k, alpha, beta):
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        near = x[:, max(c - n // 2, 0) : c + n // 2 + 1]
        y[:, c] = x[:, c] / (k + alpha * (near**2).sum(1)) ** beta
    return y


def renorm(x, gamma, beta, mean, var, rmax, dmax, eps):
    std, running_std = np.sqrt(x.var(0) + eps), np.sqrt(var + eps)
    r = np.clip(std / running_std, 1 / rmax, rmax)
    d = np.clip((x.mean(0) - mean) / running_std, -dmax, dmax)
    return (normalise(x, 0, eps) * r + d) * gamma + beta


def whiten(x, groups, eps):
    m = x.reshape(len(x), groups, -1, *x.shape[2:])
    y = np.empty_like(m)
    for g in range(groups):
        rows = np.moveaxis(m[:, g], 1, 0).reshape(m.shape[2], -1)
        rows = rows - rows.mean(1, keepdims=True)
        values, vectors = np.linalg.eigh(rows @ rows.T / rows.shape[1] + eps * np.eye(len(rows)))
        rows = vectors @ np.diag(values**-0.5) @ vectors.T @ rows
        y[:, g] = np.moveaxis(rows.reshape(m.shape[2], len(x), *x.shape[2:]), 0, 1)
    return y.reshape(x.shape)


def fixed_whiten(x, mean, projection):
    m = x.reshape(len(x), *mean.shape, -1) - mean[..., None]
    return np.einsum("gij,bgjp->bgip", projection, m).reshape(x.shape)


MEAN, VAR = np.array([-0.3, 0.2, 0.5]), np.array([0.2, 1, 2.5])
RENORM = {"rmax": 2, "dmax": 0.4, "eps": 0.01}
B4, P3 = (4, 3, 2, 5), (3,)  # a batch of images, and parameters of its channels
CASES = {
    "batch_normalization of vectors": (F.batch_normalization, lambda *a: batch_norm(*a, axis=(0,)), [(5, 3), P3, P3]),
    "batch_normalization of images": (F.batch_normalization, batch_norm, [B4, P3, P3]),
    "batch_normalization of wide images": (F.batch_normalization, batch_norm, [(2, 3, 4, 5), P3, P3]),
    "batch_normalization, eps": (
        lambda *a: F.batch_normalization(*a, eps=0.3),
        lambda *a: batch_norm(*a, eps=0.3),
        [B4, P3, P3],
    ),
    "batch_normalization, parameters of two axes": (
        F.batch_normalization,
        lambda *a: batch_norm(*a, axis=(0, 3)),
        [B4, (3, 2), (3, 2)],
    ),
    "batch_normalization, axis in front": (
        lambda *a: F.batch_normalization(*a, axis=(0, 1, 2)),
        lambda *a: batch_norm(*a, axis=(0, 1, 2)),
        [B4, (5,), (5,)],
    ),
    "batch_normalization, axis apart": (
        lambda *a: F.batch_normalization(*a, axis=(1, 3)),
        lambda *a: batch_norm(*a, axis=(1, 3)),
        [B4, (4, 2), (4, 2)],
    ),
    "batch_normalization, one axis": (
        lambda *a: F.batch_normalization(*a, axis=2),
        lambda *a: batch_norm(*a, axis=(2,)),
        [(4, 3, 6), (4, 3), (4, 3)],
    ),
    "fixed_batch_normalization": (
        lambda x, g, b, m, v: F.fixed_batch_normalization(x, g, b, m, v),
        fixed_batch_norm,
        [B4, P3, P3, P3, P3],
    ),
    "fixed_batch_normalization, axis": (
        lambda *a: F.fixed_batch_normalization(*a, eps=0.1, axis=(0, 2)),
        lambda *a: fixed_batch_norm(*a, eps=0.1, axis=(0, 2)),
        [(4, 3, 2, 5)] + [(3, 5)] * 4,
    ),
    "fixed_batch_renormalization": (
        lambda *a: F.fixed_batch_renormalization(*a, eps=0.1),
        lambda *a: fixed_batch_norm(*a, eps=0.1),
        [B4, P3, P3, P3, P3],
    ),
    "batch_renormalization": (
        lambda x, g, b: F.batch_renormalization(
            x, g, b, running_mean=MEAN.astype(g.dtype), running_var=VAR.astype(g.dtype), **RENORM
        ),
        lambda x, g, b: renorm(x, g, b, MEAN, VAR, **RENORM),
        [(5, 3), P3, P3],
    ),
    "group_normalization": (
        lambda x, g, b: F.group_normalization(x, 2, g, b),
        lambda x, g, b: group_norm(x, 2, g, b),
        [(3, 4, 2, 3), (4,), (4,)],
    ),
    "group_normalization of wide images": (
        lambda x, g, b: F.group_normalization(x, 1, g, b, eps=0.1),
        lambda x, g, b: group_norm(x, 1, g, b, eps=0.1),
        [(2, 2, 5, 6), (2,), (2,)],
    ),
    "group_normalization of vectors": (
        lambda x, g, b: F.group_normalization(x, 3, g, b),
        lambda x, g, b: group_norm(x, 3, g, b),
        [(3, 6), (6,), (6,)],
    ),
    "layer_normalization": (
        F.layer_normalization,
        lambda x, g, b: normalise(x, 1, 1e-5) * g + b,
        [(3, 7), (7,), (7,)],
    ),
    "normalize": (F.normalize, lambda x: x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-5), [(3, 4, 2)]),
    "normalize, axes": (
        lambda x: F.normalize(x, eps=0.5, axis=(0, -1)),
        lambda x: x / (np.sqrt((x * x).sum((0, 2), keepdims=True)) + 0.5),
        [(3, 4, 2)],
    ),
    "local_response_normalization": (
        lambda x: F.local_response_normalization(x, 3, 1, 0.5, 0.6),
        lambda x: local_response(x, 3, 1, 0.5, 0.6),
        [(2, 6, 3)],
    ),
    "local_response_normalization, defaults": (
        F.local_response_normalization,
        lambda x: local_response(x, 5, 2, 1e-4, 0.75),
        [(2, 7, 2, 2)],
    ),
    "local_response_normalization, wider than the channels": (
        lambda x: F.local_response_normalization(x, 12, 1, 0.5),
        lambda x: local_response(x, 12, 1, 0.5, 0.75),
        [(3, 4)],
    ),
    "decorrelated_batch_normalization": (
        lambda x: F.decorrelated_batch_normalization(x, groups=2, eps=0.01),
        lambda x: whiten(x, 2, 0.01),
        [(6, 4, 2, 3)],
    ),
    "fixed_decorrelated_batch_normalization": (
        lambda x, m, p: F.fixed_decorrelated_batch_normalization(x, m, p, groups=2),
        fixed_whiten,
        [(3, 4, 2), (2, 2), (2, 2, 2)],
    ),
}


def draw(rng, shapes):
    return [rng.uniform(0.3, 1.3, shape) for shape in shapes]


@pytest.mark.parametrize("name", CASES)
def test_matches_definition(rng, assert_computes, name):
    function, reference, shapes = CASES[name]
    assert_computes(function, reference, *draw(rng, shapes))


@pytest.mark.parametrize("name", [n for n in CASES if n != "batch_renormalization"])
def test_gradients(rng, assert_differentiates, name):
    function, _, shapes = CASES[name]
    assert_differentiates(function, *draw(rng, shapes), twice=name != "decorrelated_batch_normalization", eps=1e-4)


def test_gradients_of_batch_renormalization(rng, assert_differentiates):
    """No gradient flows through its corrections, so they have to be at rest: at their limits."""

    def function(x, gamma, beta):
        mean, var = np.array([9.0, -9.0]), np.array([1e-4, 1e4])
        return F.batch_renormalization(x, gamma, beta, 1.5, 0.5, running_mean=mean, running_var=var)

    assert_differentiates(function, *draw(rng, [(5, 2, 3), (2,), (2,)]))


@pytest.mark.parametrize(
    "name", ["batch_normalization of images", "fixed_batch_normalization", "group_normalization", "normalize"]
)
def test_third_gradients(rng, name):
    """What a recorded second gradient is made of can be differentiated again, even where gy depends on x."""
    function, _, shapes = CASES[name]
    x, *params = draw(rng, shapes)

    def second(x, recorded):
        x = chainer.Variable(x)
        y = function(x, *params)
        (gx,) = chainer.grad([F.sum(y**3)], [x], enable_double_backprop=True)
        (ggx,) = chainer.grad([F.sum(gx * gx)], [x], enable_double_backprop=recorded)
        return x, ggx

    x_var, ggx = second(x, True)
    np.testing.assert_allclose(ggx.array, second(x, False)[1].array, rtol=1e-6, atol=1e-6)
    (gggx,) = chainer.grad([F.sum(ggx * ggx)], [x_var])
    direction, eps = rng.standard_normal(x.shape), 1e-5
    ahead, behind = [(second(x + e * direction, False)[1].array ** 2).sum() for e in (eps, -eps)]
    np.testing.assert_allclose((gggx.array * direction).sum(), (ahead - behind) / (2 * eps), rtol=1e-4)


BATCH_IS_REDUCED = [n for n in CASES if not any(w in n for w in ("decorrelated_batch_n", "axis apart", "one axis"))]


@pytest.mark.parametrize("name", BATCH_IS_REDUCED)
def test_empty_batch(name):
    function, _, shapes = CASES[name]
    x = chainer.Variable(np.ones((0, *shapes[0][1:]), "f"))
    y = function(x, *[np.ones(shape, "f") for shape in shapes[1:]])
    assert y.shape == x.shape
    y.grad = y.array
    y.backward()
    assert x.grad.shape == x.shape


def test_chunks_make_no_difference(rng, monkeypatch):
    x, gamma, beta = draw(rng, [(7, 3, 4, 5), (3,), (3,)])
    gy = rng.uniform(-1, 1, x.shape)

    def run():
        variables = [chainer.Variable(v) for v in (x, gamma, beta)]
        y = F.batch_normalization(*variables)
        y.grad = gy
        y.backward()
        return [y.array] + [v.grad for v in variables]

    usual = run()
    monkeypatch.setattr(_moments, "_CHUNK", 130)
    for a, b in zip(run(), usual):
        np.testing.assert_allclose(a, b)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_running_statistics(rng, dtype):
    x = rng.uniform(-1, 1, (6, 3, 4)).astype(dtype)
    gamma, beta = np.ones(3, dtype), np.zeros(3, dtype)
    mean, var = np.full(3, 0.5, dtype), chainer.Variable(np.full(3, 2, dtype))
    F.batch_normalization(x, gamma, beta, running_mean=mean, running_var=var, decay=0.7)
    tolerance = 1e-2 if dtype == "float16" else 1e-5
    x = x.astype("d")
    np.testing.assert_allclose(mean, 0.7 * 0.5 + 0.3 * x.mean((0, 2)), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(var.array, 0.7 * 2 + 0.3 * x.var((0, 2), ddof=1), rtol=tolerance)
    assert (mean.dtype, var.dtype) == (dtype, dtype)


def test_float16_data_with_float32_parameters(rng):
    x = chainer.Variable((rng.uniform(-1, 1, (64, 2, 30, 30)) + 100).astype("float16"))
    gamma, beta = chainer.Variable(np.ones(2, "f")), chainer.Variable(np.zeros(2, "f"))
    y = F.batch_normalization(x, gamma, beta)
    y.grad = y.array
    y.backward()
    assert (y.dtype, x.grad.dtype, gamma.grad.dtype) == ("float16", "float16", "float32")
    np.testing.assert_allclose(y.array.astype("d"), batch_norm(x.array.astype("d"), np.ones(2), np.zeros(2)), atol=5e-3)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_numpy_scalars_change_no_dtype(dtype):
    """Hyperparameters that come out of arrays are NumPy scalars, which promote where Python's numbers do not."""
    x, param, tenth = np.ones((2, 4), dtype), np.ones(4, dtype), np.float64(0.1)
    running = {"running_mean": param.copy(), "running_var": param.copy(), "decay": tenth}
    results = [
        F.batch_normalization(x, param, param, eps=tenth, **running),
        F.fixed_batch_normalization(x, param, param, param, param, eps=tenth),
        F.batch_renormalization(x, param, param, np.float64(2), tenth, eps=tenth, **running),
        F.group_normalization(x, 2, param, param, eps=tenth),
        F.layer_normalization(x, param, param, eps=tenth),
        F.normalize(x, eps=tenth),
        F.local_response_normalization(x, 3, np.float64(2), tenth, tenth),
        F.decorrelated_batch_normalization(x, groups=2, eps=tenth),
    ]
    assert [y.dtype for y in results] == [dtype] * len(results)


def test_batch_renormalization_updates_on_request(rng):
    x = rng.uniform(-1, 1, (6, 3))
    for update in (False, True):
        mean, var = MEAN.copy(), VAR.copy()
        F.batch_renormalization(
            x, np.ones(3), np.zeros(3), 3, 5, running_mean=mean, running_var=var, update_statistics=update
        )
        factor = 0.1 if update else 0
        np.testing.assert_allclose(mean, MEAN + factor * (x.mean(0) - MEAN))
        np.testing.assert_allclose(var, VAR + factor * (x.var(0, ddof=1) - VAR))


def test_batch_renormalization_without_room_is_batch_normalization(rng):
    x, gamma, beta = draw(rng, [(5, 3), (3,), (3,)])
    y = F.batch_renormalization(x, gamma, beta, 1, 0, running_mean=MEAN.copy(), running_var=VAR.copy())
    np.testing.assert_allclose(y.array, F.batch_normalization(x, gamma, beta).array)


def test_decorrelation_gives_unit_covariance(rng):
    x = rng.standard_normal((50, 6)) @ rng.standard_normal((6, 6))
    mean, projection = np.zeros((2, 3)), np.zeros((2, 3, 3))
    y = F.decorrelated_batch_normalization(
        x, groups=2, eps=1e-9, running_mean=mean, running_projection=projection, decay=0
    ).array
    for g in (slice(0, 3), slice(3, 6)):
        np.testing.assert_allclose(np.cov(y[:, g].T, ddof=0), np.eye(3), atol=1e-6)
    # Published statistics hold the projection times n / (n - 1).
    again = F.fixed_decorrelated_batch_normalization(x, mean, projection * 49 / 50, groups=2)
    np.testing.assert_allclose(again.array, y, atol=1e-9)


def test_decorrelation_with_equal_eigenvalues_has_gradients():
    x = chainer.Variable(np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], "d"))
    y = F.decorrelated_batch_normalization(x, groups=1)
    y.grad = np.arange(8.0).reshape(4, 2)
    y.backward()
    assert np.isfinite(x.grad).all()


def test_gradient_of_normalizing_zero():
    x = chainer.Variable(np.zeros((2, 3), "f"))
    y = F.normalize(x, eps=0.5)
    y.grad = np.ones((2, 3), "f")
    y.backward()
    np.testing.assert_array_equal(y.array, 0)
    np.testing.assert_array_equal(x.grad, 2)


def test_axes_may_be_numpy_numbers(rng):
    x, gamma = rng.uniform(-1, 1, (3, 4, 2)), np.ones(4)
    axis = (np.int64(0), np.int64(2))
    usual = F.batch_normalization(x, gamma, gamma).array
    np.testing.assert_array_equal(F.batch_normalization(x, gamma, gamma, axis=axis).array, usual)
    np.testing.assert_array_equal(F.normalize(x, axis=axis).array, F.normalize(x, axis=(0, 2)).array)
    usual = F.group_normalization(x, 2, gamma, gamma).array
    np.testing.assert_array_equal(F.group_normalization(x, np.int64(2), gamma, gamma).array, usual)


def test_layer_normalization_ignores_scale_and_shift_of_its_input(rng):
    x, gamma, beta = draw(rng, [(3, 7), (7,), (7,)])
    y = F.layer_normalization(x, gamma, beta, eps=0)
    np.testing.assert_allclose(F.layer_normalization(5 * x - 2, gamma, beta, eps=0).array, y.array)


def test_statistics_may_be_gathered_elsewhere(rng):
    """What several processes do: the implementation is asked for once, and for whole arrays."""

    class Doubled(GeneralBatchNormalizationImpl):
        def get_mean_and_var(self, axis, gamma, x, xp, interm_dtype):
            mean, var = super().get_mean_and_var(axis, gamma, x, xp, interm_dtype)
            return 2 * mean, 2 * var

    x, gamma, beta = draw(rng, [(5, 3), (3,), (3,)])
    (y,) = BatchNormalization(eps=0, impl_selector=lambda func, inputs: Doubled()).apply((x, gamma, beta))
    expected = (x - 2 * x.mean(0)) / np.sqrt(2 * x.var(0)) * gamma + beta
    np.testing.assert_allclose(y.array, expected)


def test_attributes_of_the_node(rng):
    x, gamma, beta = draw(rng, [(4, 3, 5), (3,), (3,)])
    node = BatchNormalization()
    node.apply((x, gamma, beta))
    assert (node.axis, node.key_axis, node.eps, node.decay) == ((0, 2), (1,), 2e-5, 0.9)
    assert node.expander == (None, slice(None), None)
    np.testing.assert_allclose(node.mean, x.mean((0, 2)))
    np.testing.assert_allclose(node.inv_std, (x.var((0, 2)) + 2e-5) ** -0.5)


X, ONE = np.ones((2, 4, 3), "f"), np.ones(4, "f")
INTEGERS = X.astype("i")


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (InvalidType, "x.dtype.kind == f", lambda: F.batch_normalization(INTEGERS, ONE, ONE)),
        (InvalidType, r"x.shape\[1\] == gamma.shape\[0\]", lambda: F.batch_normalization(X, ONE[:3], ONE[:3])),
        (InvalidType, "beta.shape == gamma.shape", lambda: F.batch_normalization(X, ONE, ONE[:3])),
        (InvalidType, "beta.dtype == gamma.dtype", lambda: F.batch_normalization(X, ONE, ONE.astype("d"))),
        (InvalidType, "gamma.ndim == 2", lambda: F.batch_normalization(X, ONE, ONE, axis=(0,))),
        (RuntimeError, "ascending order", lambda: F.batch_normalization(X, ONE, ONE, axis=(2, 0))),
        (TypeError, "axis must be None, an int", lambda: F.batch_normalization(X, ONE, ONE, axis=(0, 2.0))),
        (TypeError, "unexpected keyword argument 'foo'", lambda: F.batch_normalization(X, ONE, ONE, foo=1)),
        (ValueError, "using_config", lambda: F.batch_normalization(X, ONE, ONE, train=True)),
        (
            InvalidType,
            "var.dtype == gamma.dtype",
            lambda: F.fixed_batch_normalization(X, ONE, ONE, ONE, ONE.astype("d")),
        ),
        (TypeError, "running_mean is required", lambda: F.batch_renormalization(X, ONE, ONE, 3, 5)),
        (
            TypeError,
            "running_var is required",
            lambda: F.batch_renormalization(X, ONE, ONE, 3, 5, running_mean=ONE.copy()),
        ),
        (ValueError, "groups must divide", lambda: F.group_normalization(X, 3, ONE, ONE)),
        (ValueError, "groups must divide", lambda: F.group_normalization(X, 0, ONE, ONE)),
        (TypeError, "groups must be an int, got float", lambda: F.group_normalization(X, 2.0, ONE, ONE)),
        (InvalidType, r"x.shape\[1\] == gamma.shape\[0\]", lambda: F.group_normalization(X, 2, ONE[:3], ONE[:3])),
        (InvalidType, "x.ndim == 2", lambda: F.layer_normalization(X, ONE, ONE)),
        (InvalidType, "x.ndim >= 2", lambda: F.layer_normalization(ONE, ONE, ONE)),
        (InvalidType, "x.ndim >= 2", lambda: F.decorrelated_batch_normalization(ONE)),
        (InvalidType, "x.shape", lambda: F.batch_normalization(ONE, ONE, ONE)),
        (InvalidType, "x.dtype.kind == f", lambda: F.normalize(INTEGERS)),
        (InvalidType, "3 < x.ndim", lambda: F.normalize(X, axis=3)),
        (ValueError, "duplicate value in axis", lambda: F.normalize(X, axis=(1, 1))),
        (TypeError, "axis must be an int or a tuple", lambda: F.normalize(X, axis=[1])),
        (InvalidType, "x.ndim >= 2", lambda: F.local_response_normalization(ONE)),
        (InvalidType, r"x.shape\[1\] % 16 == 0", lambda: F.decorrelated_batch_normalization(X)),
        (TypeError, "unexpected keyword argument", lambda: F.decorrelated_batch_normalization(X, axis=1)),
        (
            InvalidType,
            "mean.ndim == 2",
            lambda: F.fixed_decorrelated_batch_normalization(X, ONE, np.ones((2, 2, 2), "f"), groups=2),
        ),
    ],
)
def test_refuses(error, match, call):
    with pytest.raises(error, match=match):
        call()


def test_decorrelation_cannot_be_differentiated_twice():
    x = chainer.Variable(np.random.standard_normal((5, 2)))
    y = F.decorrelated_batch_normalization(x, groups=1)
    (gx,) = chainer.grad([F.sum(y**3)], [x], enable_double_backprop=True)
    with pytest.raises(NotImplementedError, match="cannot be differentiated twice"):
        F.sum(gx * gx).backward()
