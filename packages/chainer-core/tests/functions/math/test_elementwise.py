"""Every smooth function of one array, element by element: values, gradients, dtypes and layouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import chainer
import chainer.functions as F
import numpy as np
import pytest
import scipy.special
from chainer.utils.type_check import InvalidType


class Case(NamedTuple):
    """A function, its definition on float64 arrays, and an interval of its domain."""

    function: Callable[..., Any]
    reference: Callable[..., np.ndarray]
    low: float = -2.0
    high: float = 2.0
    label: str = ""


CASES = {
    "absolute": Case(F.absolute, np.abs, 0.5, label="|_|"),
    "absolute, below zero": Case(F.absolute, np.abs, -2, -0.5, label="|_|"),
    "arccos": Case(F.arccos, np.arccos, -0.9, 0.9),
    "arcsin": Case(F.arcsin, np.arcsin, -0.9, 0.9),
    "arctan": Case(F.arctan, np.arctan),
    "arctanh": Case(F.arctanh, lambda x: 0.5 * np.log((1 + x) / (1 - x)), -0.9, 0.9, label="Arctanh"),
    "clip": Case(lambda x: F.clip(x, -4, 4), lambda x: x, label="Clip"),
    "cos": Case(F.cos, np.cos),
    "cosh": Case(F.cosh, lambda x: (np.exp(x) + np.exp(-x)) / 2),
    "digamma": Case(F.digamma, scipy.special.digamma, 0.5, 4),
    "erf": Case(F.erf, scipy.special.erf),
    "erfc": Case(F.erfc, lambda x: 1 - scipy.special.erf(x)),
    "erfcinv": Case(F.erfcinv, lambda x: scipy.special.erfinv(1 - x), 0.3, 1.7),
    "erfcx": Case(F.erfcx, lambda x: np.exp(x**2) * scipy.special.erfc(x)),
    "erfinv": Case(F.erfinv, scipy.special.erfinv, -0.8, 0.8),
    "exp": Case(F.exp, np.exp),
    "expm1": Case(F.expm1, lambda x: np.exp(x) - 1),
    "identity": Case(F.identity, lambda x: x, label="Identity"),
    "lgamma": Case(F.lgamma, scipy.special.gammaln, 0.5, 4),
    "log": Case(F.log, np.log, 0.5, 4),
    "log10": Case(F.log10, lambda x: np.log(x) / np.log(10), 0.5, 4),
    "log1p": Case(F.log1p, lambda x: np.log(1 + x), -0.5, 4),
    "log2": Case(F.log2, lambda x: np.log(x) / np.log(2), 0.5, 4),
    "log_ndtr": Case(F.log_ndtr, lambda x: np.log(scipy.special.ndtr(x))),
    "ndtr": Case(F.ndtr, lambda x: 0.5 * (1 + scipy.special.erf(x / np.sqrt(2)))),
    "ndtri": Case(F.ndtri, lambda x: np.sqrt(2) * scipy.special.erfinv(2 * x - 1), 0.1, 0.9),
    "neg": Case(lambda x: -chainer.as_variable(x), lambda x: -x, label="__neg__"),
    "polygamma": Case(lambda x: F.polygamma(2, x), lambda x: scipy.special.polygamma(2, x), 1, 4),
    "rsqrt": Case(F.rsqrt, lambda x: x**-0.5, 0.5, 4),
    "sin": Case(F.sin, np.sin),
    "sinh": Case(F.sinh, lambda x: (np.exp(x) - np.exp(-x)) / 2),
    "sqrt": Case(F.sqrt, lambda x: x**0.5, 0.5, 4),
    "square": Case(F.square, lambda x: x * x),
    "tan": Case(F.tan, lambda x: np.sin(x) / np.cos(x), -1, 1),
    "zeta": Case(lambda q: F.zeta(3, q), lambda q: scipy.special.zeta(3, q), 1, 4),
}
TOLERANCE = {"float16": 2e-2, "float32": 2e-5, "float64": 1e-12}

cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def draw(rng: np.random.Generator, case: Case, shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    return rng.uniform(case.low, case.high, shape).astype(dtype)


@cases
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_matches_reference(rng, case, shape, dtype):
    x = draw(rng, case, shape, dtype)
    y = case.function(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(
        y.array, case.reference(x.astype("float64")), atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype]
    )


@cases
@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_gradients(rng, check_gradients, case, shape):
    check_gradients(case.function, draw(rng, case, shape))


@cases
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_gradients_keep_the_dtype(rng, case, dtype):
    x = chainer.Variable(draw(rng, case, (2, 3), dtype))
    (gx,) = chainer.grad([F.sum(case.function(x))], [x], enable_double_backprop=True)
    gx = gx + x  # so that the second walk has somewhere to go, whatever the function
    (ggx,) = chainer.grad([F.sum(gx)], [x])
    assert gx.dtype == ggx.dtype == dtype
    wide = chainer.Variable(x.array.astype("float64"))
    (expected,) = chainer.grad([F.sum(case.function(wide))], [wide])
    np.testing.assert_allclose(gx.array - x.array, expected.array, rtol=3e-2, atol=3e-2)


@cases
def test_takes_any_layout(rng, case):
    x = draw(rng, case, (6, 5))
    for view in (x[::2, ::-1], x.T):
        np.testing.assert_array_equal(case.function(view).array, case.function(view.copy()).array)


@pytest.mark.parametrize("name", CASES)
def test_names_itself(rng, name):
    case = CASES[name]
    creator = case.function(chainer.Variable(draw(rng, case, (2,)))).creator
    assert creator.label == (case.label or name)
    assert creator.is_elementwise


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"identity", "neg"}))
def test_refuses_integers(name):
    with pytest.raises(InvalidType, match="dtype.kind == f"):
        CASES[name].function(np.ones(3, "int32"))


@pytest.mark.parametrize(
    ("forward", "inverse"),
    [("erf", "erfinv"), ("erfc", "erfcinv"), ("ndtr", "ndtri"), ("exp", "log"), ("expm1", "log1p"), ("sin", "arcsin")],
)
def test_inverses(rng, forward, inverse):
    x = rng.uniform(-1, 1, 20)
    np.testing.assert_allclose(CASES[inverse].function(CASES[forward].function(x)).array, x, rtol=1e-9)


def test_tails_are_exact():
    """Far out, where the naive formula has no digit left."""
    x = np.array([-40.0, -20.0])
    np.testing.assert_allclose(F.log_ndtr(x).array, [-804.6084420137538, -203.91715537109727])
    np.testing.assert_allclose(F.erfc(-x).array, scipy.special.erfc(-x))
    np.testing.assert_allclose(F.expm1(x * 1e-12).array, x * 1e-12, rtol=1e-9)
    np.testing.assert_allclose(F.log1p(x * 1e-12).array, x * 1e-12, rtol=1e-9)
    v = chainer.Variable(x)
    (g,) = chainer.grad([F.sum(F.log_ndtr(v))], [v])
    np.testing.assert_allclose(g.array, [40.024968827881711, 20.049753117884915], rtol=1e-6)


def test_the_gradient_of_absolute_at_zero_is_zero():
    x = chainer.Variable(np.array([-2, 0, 3], "float32"))
    F.sum(abs(x)).backward()
    np.testing.assert_array_equal(x.grad, [-1, 0, 1])


def test_identity_passes_several_arrays_of_any_dtype():
    x, y = F.identity(np.arange(2), np.ones(3, "float16"))
    assert x.dtype == np.arange(2).dtype and y.dtype == "float16"
    v, w = chainer.Variable(np.ones(2)), chainer.Variable(np.ones(3))
    a, b = F.identity(v, w)
    (gv, gw) = chainer.grad([F.sum(b)], [v, w])
    assert gv is None
    np.testing.assert_array_equal(gw.array, np.ones(3))
    assert F.identity() == ()


ROUNDING = {"floor": np.floor, "ceil": np.ceil, "fix": np.trunc, "sign": np.sign}


@pytest.mark.parametrize("name", ROUNDING)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
@pytest.mark.parametrize("shape", [(), (4,), (0, 2)])
def test_rounding_gives_constants(rng, name, dtype, shape):
    x = chainer.Variable(np.asarray(rng.uniform(-3, 3, shape), dtype))
    y = getattr(F, name)(x)
    assert y.dtype == dtype
    assert not y.requires_grad and y.creator is None
    np.testing.assert_array_equal(y.array, ROUNDING[name](x.array))
    assert isinstance(y.array, np.ndarray)
