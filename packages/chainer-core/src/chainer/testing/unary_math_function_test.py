"""Tests of functions of one variable, elementwise, that NumPy has as well."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from typing import Any

import numpy

from chainer import gradient_check
from chainer.backends import cuda
from chainer.testing import attr
from chainer.testing._bundle import Decorator
from chainer.testing.array import assert_allclose
from chainer.testing.parameterized import parameterize, product
from chainer.types import NdArray, Shape
from chainer.variable import Variable

is_available = attr.is_available
check_available = attr.check_available
get_error = attr.get_error

_LOOSE = {"atol": 1e-3, "rtol": 1e-3}
_FLOAT16_OPTIONS = {
    "forward": _LOOSE,
    "backward": {"atol": 1e-2, "rtol": 1e-2},
    "double_backward": {"atol": 1e-2, "rtol": 1e-2},
}


def _draw(shape: Shape, dtype: Any) -> tuple[NdArray, NdArray, NdArray]:
    """Input, gradient of the output and gradient of the gradient of the input."""
    x, gy, ggx = [numpy.asarray(numpy.random.uniform(-1, 1, shape)).astype(dtype) for _ in range(3)]
    return x, gy, ggx


def unary_math_function_unittest(
    func: Callable[[Any], Variable],
    func_expected: Callable[[NdArray], NdArray] | None = None,
    label_expected: str | None = None,
    make_data: Callable[..., Any] | None = None,
    is_linear: bool | None = None,
    forward_options: dict[str, Any] | None = None,
    backward_options: dict[str, Any] | None = None,
    double_backward_options: dict[str, Any] | None = None,
) -> Decorator:
    """Class decorator that fills a test class for an elementwise function of one variable.

    It makes classes for shapes ``(3, 2)`` and ``()``, and dtypes float16, float32 and float64, with tests of the
    forward pass and of gradients of first and second order, on CPU and GPU.

    Args:
        func: The function.
        func_expected: The same function of arrays; that of NumPy of the same name unless given.
        label_expected: Label of the function's node, if it is to be tested.
        make_data: Takes shape and dtype and returns input, gradient and gradient of the gradient;
            from -1 to 1 unless given.
        is_linear: Kept for old tests; has no effect.
        forward_options: Tolerances for :func:`~chainer.testing.assert_allclose`.
        backward_options: Options of :func:`~chainer.gradient_check.check_backward`.
        double_backward_options: Options of :func:`~chainer.gradient_check.check_double_backward`.

    Raises:
        ValueError: NumPy has no function of this name, and ``func_expected`` is not given.

    Example:
        >>> import unittest, chainer.functions as F
        >>> from chainer import testing
        >>> @testing.unary_math_function_unittest(F.exp)
        ... class TestExp(unittest.TestCase):
        ...     pass
        >>> len(TestExp.cases)
        6
    """
    name = getattr(func, "__name__", type(func).__name__).lower()
    expected = getattr(numpy, name, None) if func_expected is None else func_expected
    if expected is None:
        raise ValueError(f"NumPy has no function corresponding to {name!r}; give func_expected")
    draw = _draw if make_data is None else make_data
    given = {"forward": forward_options, "backward": backward_options, "double_backward": double_backward_options}

    def options(self: Any, kind: str) -> dict[str, Any]:
        chosen = given[kind]
        if chosen is not None:
            return chosen
        return _FLOAT16_OPTIONS[kind] if self.dtype == numpy.float16 else {}

    def set_up(self: Any) -> None:
        data = draw(self.shape, self.dtype)
        self.x, self.gy, *rest = data
        self.ggx = rest[0] if rest else _draw(self.shape, self.dtype)[2]

    def check_forward(self: Any, x: NdArray) -> None:
        y = func(Variable(x))
        self.assertEqual(y.dtype, self.dtype)
        wanted: Any = expected(self.x)
        assert_allclose(y, numpy.asarray(wanted).astype(self.dtype), **options(self, "forward"))

    def check_backward(self: Any, x: NdArray, gy: NdArray) -> None:
        gradient_check.check_backward(func, x, gy, **{"dtype": numpy.float64, **options(self, "backward")})

    def check_double_backward(self: Any, x: NdArray, gy: NdArray, ggx: NdArray) -> None:
        gradient_check.check_double_backward(
            func, x, gy, ggx, **{"dtype": numpy.float64, **options(self, "double_backward")}
        )

    def check_label(self: Any) -> None:
        creator = func(Variable(self.x)).creator_node
        assert creator is not None
        self.assertEqual(creator.label, label_expected)

    def on(is_gpu: bool, check: Callable[..., None], *names: str) -> Callable[[Any], None]:
        def run(self: Any) -> None:
            arrays = [getattr(self, name) for name in names]
            check(self, *[cuda.to_gpu(x) if is_gpu else x for x in arrays])

        return attr.gpu(run) if is_gpu else run

    def decorate(cls: type[unittest.TestCase]) -> Any:
        members: dict[str, Any] = {
            "setUp": set_up,
            "check_forward": check_forward,
            "check_backward": check_backward,
            "check_double_backward": check_double_backward,
        }
        for is_gpu, where in ((False, "cpu"), (True, "gpu")):
            members[f"test_forward_{where}"] = on(is_gpu, check_forward, "x")
            members[f"test_backward_{where}"] = on(is_gpu, check_backward, "x", "gy")
            members[f"test_double_backward_{where}"] = on(is_gpu, check_double_backward, "x", "gy", "ggx")
        if label_expected is not None:
            members["test_label"] = check_label
        for key, value in members.items():
            setattr(cls, key, value)
        grid = product({"shape": [(3, 2), ()], "dtype": [numpy.float16, numpy.float32, numpy.float64]})
        return parameterize(*grid)(cls)

    return decorate
