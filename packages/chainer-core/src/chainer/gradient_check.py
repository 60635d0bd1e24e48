"""Checks of gradients: what ``backward`` says against finite differences.

One random direction is drawn in the space of all inputs and parameters, and the
slope of the function along it is measured twice: as the inner product of the
direction with the gradients of ``backward``, and as a central difference. Two
evaluations are enough, however many elements there are, and a wrong element of a
gradient escapes only with probability zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

import numpy

from chainer import _backprop, backend
from chainer.testing.array import assert_allclose as assert_allclose
from chainer.types import NdArray
from chainer.variable import Variable, as_array, as_variable

_STEPS = numpy.array([-1.0, -0.5, 0.0, 0.5, 1.0])  # where a function is looked at to see whether it is smooth, in eps
_QUADRATIC = numpy.stack([numpy.ones(5), _STEPS, _STEPS**2], axis=1)
_UNFITTED = numpy.eye(5) - _QUADRATIC @ numpy.linalg.pinv(_QUADRATIC)  # what a parabola through the five points leaves
_MAX_PRINTED = 100  # inputs of more elements are not printed, and their worst element is not looked for


class NondifferentiableError(Exception):
    """A function is not smooth at the point where its slope is to be measured."""


def numerical_grad(
    f: Callable[[], Sequence[NdArray | None]],
    inputs: Sequence[NdArray],
    grad_outputs: Sequence[NdArray | None],
    eps: float = 1e-3,
    detect_nondifferentiable: bool = False,
    diff_atol: float = 0,
    diff_rtol: float = 1e-2,
    center_outputs: Sequence[NdArray | None] | None = None,
) -> list[NdArray]:
    r"""Gradients by central differences, element by element.

    For each element :math:`x_i` of each input, with :math:`\langle\cdot,\cdot\rangle` the sum over all outputs,

    .. math:: \frac{\partial}{\partial x_i} \approx
        \frac{\langle gy, f(x_i + \epsilon) - f(x_i - \epsilon)\rangle}{2 \epsilon}.

    Args:
        f: Function without arguments that computes arrays from ``inputs``, which are changed in place before each call.
        inputs: Floating point arrays.
        grad_outputs: Gradients of the outputs, one an output; ``None`` for one that does not count.
        eps: Size of the step.
        detect_nondifferentiable: Whether to look at the function at five points instead of two, and to refuse where
            they are not on a parabola.
        diff_atol: How far from the parabola they may be, absolutely.
        diff_rtol: The same, relative to the largest difference of two of the five values.
        center_outputs: Outputs at the unchanged inputs if they are known; saves one call when detecting.

    Returns:
        One array an input, of its shape and dtype.

    Raises:
        NondifferentiableError: The function is not smooth here, if this was to be detected.
        RuntimeError: An input is not a floating point array.
        ValueError: ``eps`` is too small to change an input, or outputs and ``grad_outputs`` do not match.

    Example:
        >>> import numpy as np
        >>> from chainer.gradient_check import numerical_grad
        >>> x = np.array([1.0, 2.0])
        >>> gx, = numerical_grad(lambda: (x ** 3,), (x,), (np.ones(2),))
        >>> gx.round(3)
        array([ 3., 12.])
    """
    for i, x in enumerate(inputs):
        if x.dtype.kind != "f":
            raise RuntimeError(f"inputs of numerical_grad must be floating point arrays, got {x.dtype} for inputs[{i}]")
    if detect_nondifferentiable and center_outputs is None:
        center_outputs = _copies(f())
    gradients = []
    for i, x in enumerate(inputs):
        gx = numpy.zeros(x.shape, numpy.float64)
        for index in numpy.ndindex(x.shape):
            line = _ElementLine(f, x, index, eps, f"inputs[{i}]{_subscript(index)}")
            ahead, behind = line.at(eps), line.at(-eps)
            if detect_nondifferentiable:
                values = [behind, line.at(-eps / 2), center_outputs, line.at(eps / 2), ahead]
                _refuse_kink(values, grad_outputs, diff_atol, diff_rtol, line.noise, line.name)  # type: ignore[arg-type]
            gx[index] = _difference(ahead, behind, grad_outputs) / line.width()
        gradients.append(backend.get_device_from_array(x).send(gx.astype(x.dtype)))
    return gradients


class _ElementLine:
    """A function of one element of one input, which is changed in place and put back."""

    def __init__(
        self, f: Callable[[], Sequence[NdArray | None]], x: NdArray, index: Any, eps: float, name: str
    ) -> None:
        self.f, self.x, self.index, self.eps, self.name = f, x, index, eps, name
        self.center = x[index].copy()
        self.noise = _rounding(x.dtype, abs(float(self.center)), eps)

    def at(self, step: float) -> list[NdArray | None]:
        self.x[self.index] = self.center + step
        try:
            return _copies(self.f())
        finally:
            self.x[self.index] = self.center

    def width(self) -> float:
        """Length of the step from behind to ahead as it was really made: low precision rounds it."""
        ahead, behind = [float((self.center + t).astype(self.x.dtype)) for t in (self.eps, -self.eps)]
        if ahead == behind:
            raise ValueError(
                f"eps={self.eps} is too small to change {self.name}, which is {self.center} in {self.x.dtype}"
            )
        return ahead - behind


def check_backward(
    func: Callable[..., Any],
    x_data: NdArray | Sequence[NdArray | None],
    y_grad: NdArray | Sequence[NdArray | None] | None,
    params: Variable | Sequence[Variable] = (),
    eps: float = 1e-3,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
    detect_nondifferentiable: bool = False,
) -> None:
    """Asserts that the gradients of a function are right.

    The slope along one random direction through all inputs and parameters is compared with a central difference.

    Args:
        func: Takes variables and returns a variable or several.
        x_data: Inputs: one or several arrays or variables; ``None`` is passed on as it is.
        y_grad: Gradients of the outputs, one an output; ``None`` for an output that does not count. ``None`` in the
            place of all means 1 for a function with one output of shape ``()``.
        params: Variables that ``func`` uses besides its arguments and whose gradients are to be checked as well.
        eps: Size of the step.
        atol: Absolute tolerance of the slope.
        rtol: Relative tolerance of the slope.
        no_grads: One flag an input: ``True`` asserts that ``func`` gives it no gradient. Unless given, that holds for
            the inputs that are not floating point arrays.
        dtype: Floating point dtype in which the central difference is computed, whatever that of the inputs is:
            ``float64`` makes checks of float16 and float32 functions sharp. ``None`` computes in the dtype of the
            inputs.
        detect_nondifferentiable: Whether to check that the function is smooth along the direction, at five points.

    Raises:
        AssertionError: A gradient is wrong. The message tells which, by how much, and the seed of the direction.
        NondifferentiableError: The function is not smooth here, if this was to be detected.
        TypeError: A gradient is of another dtype than its input, or an argument is of a wrong type.
        ValueError: The gradients given do not fit the outputs.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> from chainer.gradient_check import check_backward
        >>> x, gy = np.random.uniform(-1, 1, (2, 4, 3)).astype(np.float32)
        >>> check_backward(lambda x: x * x, x, gy, dtype=np.float64)
    """
    xs = _arrays(x_data, "x_data")
    names = [f"inputs[{i}]" for i in range(len(xs))]
    tolerance = _Tolerance(eps, atol, rtol, dtype, detect_nondifferentiable)
    _Check("check_backward", func, xs, names, _gradients(y_grad), _variables(params), no_grads, tolerance).run()


def check_double_backward(
    func: Callable[..., Any],
    x_data: NdArray | Sequence[NdArray | None],
    y_grad: NdArray | Sequence[NdArray | None] | None,
    x_grad_grad: NdArray | Sequence[NdArray | None],
    params: Variable | Sequence[Variable] = (),
    params_grad_grad: NdArray | Sequence[NdArray | None] = (),
    eps: float = 1e-3,
    atol: float = 1e-4,
    rtol: float = 1e-3,
    no_grads: Sequence[bool] | None = None,
    dtype: Any = None,
    detect_nondifferentiable: bool = False,
) -> None:
    """Asserts that the second derivatives of a function are right.

    The gradients of ``func``, as a function of its inputs, its parameters and ``y_grad``, go through
    :func:`check_backward`.

    Args:
        func: As for :func:`check_backward`.
        x_data: As for :func:`check_backward`.
        y_grad: As for :func:`check_backward`; the second derivatives depend on it, too, which is checked.
        x_grad_grad: Gradients of the gradients of the inputs, one an input; ``None`` for an input whose gradient does
            not count or which has none.
        params: As for :func:`check_backward`.
        params_grad_grad: Gradients of the gradients of ``params``, one a parameter, likewise.
        eps: Size of the step.
        atol: Absolute tolerance of the slope.
        rtol: Relative tolerance of the slope.
        no_grads: One flag an input, or one an input and gradient of an output: ``True`` asserts that the gradients
            of ``func`` do not depend on it.
        dtype: As for :func:`check_backward`.
        detect_nondifferentiable: As for :func:`check_backward`, of the gradient.

    Raises:
        AssertionError: As :func:`check_backward`.
        NondifferentiableError: As :func:`check_backward`.
        RuntimeError: An input or parameter whose gradient is to be differentiated has none.
        TypeError: As :func:`check_backward`.
        ValueError: As :func:`check_backward`.

    Example:
        >>> import numpy as np
        >>> from chainer.gradient_check import check_double_backward
        >>> x, gy, ggx = np.random.uniform(-1, 1, (3, 4, 3))
        >>> check_double_backward(lambda x: x * x * x, x, gy, ggx)
    """
    xs = _arrays(x_data, "x_data")
    parameters = _variables(params)
    gys = _gradients(y_grad)
    if gys is None:  # a loss: the gradient that it starts from is 1, of the dtype of the inputs
        dtypes = [x.dtype for x in xs if _is_float(x)]
        device = backend.get_device_from_array(*[x for x in xs if x is not None])
        gys = [device.send(numpy.ones((), dtypes[0] if dtypes else None))]
    ggxs = _gradients(x_grad_grad) or []
    ggparams = _gradients(params_grad_grad) or []
    for name, ggs, n in (("x_grad_grad", ggxs, len(xs)), ("params_grad_grad", ggparams, len(parameters))):
        if len(ggs) != n:
            raise ValueError(f"{name} must have {n} entries, one an input or parameter, got {len(ggs)}")
    counted = [gg for gg in (*ggxs, *ggparams) if gg is not None]

    def first_order(*args: Variable | None) -> list[Variable]:
        inputs, grad_outputs = args[: len(xs)], args[len(xs) :]
        outputs = _as_tuple(func(*inputs))
        if len(outputs) != len(grad_outputs):
            raise ValueError(
                f"y_grad must have one entry an output: {len(outputs)} outputs, {len(grad_outputs)} entries"
            )
        targets: list[Any] = []
        names = []
        for kind, variables, ggs in (("inputs", inputs, ggxs), ("params", parameters, ggparams)):
            for i, (variable, gg) in enumerate(zip(variables, ggs, strict=True)):
                if gg is not None:
                    targets.append(variable)
                    names.append(f"{kind}[{i}]")
        gradients = _backpropagate(outputs, grad_outputs, targets, enable_double_backprop=True)
        for name, gradient in zip(names, gradients, strict=True):
            if gradient is None:
                raise RuntimeError(
                    f"{name} has no gradient to differentiate; give None as its gradient of the gradient"
                )
        return cast(list[Variable], gradients)

    if no_grads is not None and len(no_grads) == len(xs):
        no_grads = [*no_grads, *[gy is None for gy in gys]]
    names = [f"inputs[{i}]" for i in range(len(xs))] + [f"grad_outputs[{i}]" for i in range(len(gys))]
    tolerance = _Tolerance(eps, atol, rtol, dtype, detect_nondifferentiable)
    _Check("check_double_backward", first_order, [*xs, *gys], names, counted, parameters, no_grads, tolerance).run()


@dataclass(frozen=True, slots=True)
class _Tolerance:
    eps: float
    atol: float
    rtol: float
    dtype: Any
    detect_nondifferentiable: bool

    def allows(self, numerical: float, backward: float) -> bool:
        return bool(numpy.isclose(numerical, backward, rtol=self.rtol, atol=self.atol))


class _Check:
    """One comparison of the two slopes, and its explanation if they differ."""

    def __init__(
        self,
        title: str,
        func: Callable[..., Any],
        xs: Sequence[NdArray | None],
        names: Sequence[str],
        gys: Sequence[NdArray | None] | None,
        params: Sequence[Variable],
        no_grads: Sequence[bool] | None,
        tolerance: _Tolerance,
    ) -> None:
        if tolerance.dtype is not None and numpy.dtype(tolerance.dtype).kind != "f":
            raise ValueError(f"dtype must be a floating point dtype or None, got {numpy.dtype(tolerance.dtype)}")
        if no_grads is None:
            no_grads = [not _is_float(x) for x in xs]
        elif len(no_grads) != len(xs):
            raise ValueError(f"no_grads must have one entry an input: {len(xs)} inputs, {len(no_grads)} entries")
        self.title, self.func, self.tolerance = title, func, tolerance
        self.xs, self.gys, self.params = list(xs), gys, list(params)
        self.no_grads = [flag or not _is_float(x) for flag, x in zip(no_grads, xs, strict=True)]
        self.names = [*names, *[f"params[{i}]" for i in range(len(params))]]
        # From NumPy's global state, so that numpy.random.seed() repeats it; the message tells it.
        self.seed = int(numpy.random.randint(2**31))

    def run(self) -> None:
        gradients = self._backward()
        directions = self._draw_directions()
        point = [*self.xs, *[p.array for p in self.params]]
        numerical, taken = self._numerical_slope(point, directions, self.tolerance.detect_nondifferentiable)
        backward = _slope(gradients, taken)
        if not self.tolerance.allows(numerical, backward):
            raise AssertionError(self._explain(point, directions, gradients, numerical, backward))

    def _backward(self) -> list[NdArray | None]:
        """Gradients of inputs and parameters by backward, checked for what can be seen at a glance."""
        inputs = [None if x is None else Variable(x) for x in self.xs]
        outputs = _as_tuple(self.func(*inputs))
        gys = self._fitting_gradients(outputs)
        variables = [x for x in (*inputs, *self.params) if x is not None]
        found = iter(_backpropagate(outputs, [None if gy is None else as_variable(gy) for gy in gys], variables))
        gradients = [None if x is None else next(found) for x in (*inputs, *self.params)]
        self.gys = gys
        forbidden = [*self.no_grads, *[False] * len(self.params)]
        for name, x, gx, is_forbidden in zip(self.names, [*inputs, *self.params], gradients, forbidden, strict=True):
            if x is None or gx is None:
                continue
            if is_forbidden:
                raise RuntimeError(
                    f"{self.title}: gradient of {name} ({x.dtype}) must be None, got one of {gx.dtype} {gx.shape}"
                )
        return [None if gx is None else gx.array for gx in gradients]

    def _fitting_gradients(self, outputs: Sequence[Any]) -> Sequence[NdArray | None]:
        shapes = ", ".join("None" if y is None else f"{y.shape}:{y.dtype}" for y in outputs)
        if self.gys is None:
            if len(outputs) != 1 or outputs[0].shape != ():
                raise ValueError(
                    "y_grad may be left out only if the function has a single output of shape (), like a loss; "
                    f"it has outputs {shapes}"
                )
            return [outputs[0].xp.ones_like(outputs[0].array)]
        if len(self.gys) != len(outputs):
            raise ValueError(f"output gradients must be as many as outputs: {len(self.gys)} for outputs {shapes}")
        for i, (y, gy) in enumerate(zip(outputs, self.gys, strict=True)):
            if gy is not None and (y is None or y.shape != gy.shape or y.dtype != gy.dtype):
                raise ValueError(
                    f"output gradients must have the shapes and dtypes of the outputs ({shapes}), "
                    f"got {gy.shape}:{gy.dtype} for output {i}"
                )
        return self.gys

    def _draw_directions(self) -> list[NdArray | None]:
        """A direction of length 1 in the space of all that may have a gradient."""
        random = numpy.random.RandomState(self.seed)
        point = [None if flag else x for x, flag in zip(self.xs, self.no_grads, strict=True)]
        point += [p.array for p in self.params]
        directions = [None if x is None else random.standard_normal(x.shape) for x in point]
        length = numpy.sqrt(sum((d * d).sum() for d in directions if d is not None))
        return [
            None if d is None else backend.get_device_from_array(x).send(numpy.asarray(d / (length or 1.0)))
            for x, d in zip(point, directions, strict=True)
        ]

    def _numerical_slope(
        self, point: Sequence[NdArray | None], directions: Sequence[NdArray | None], detect: bool = False
    ) -> tuple[float, list[NdArray | None]]:
        """Slope by a central difference, and the direction that was really taken: low precision rounds the steps."""
        eps, dtype = self.tolerance.eps, self.tolerance.dtype
        start = [_cast(x, dtype) for x in point]
        gys = [_cast(gy, dtype) for gy in self.gys or ()]

        def moved(step: float) -> list[Any]:
            return [x if d is None else _step(x, step, d) for x, d in zip(start, directions, strict=True)]

        ahead, behind = moved(eps), moved(-eps)
        y_ahead, y_behind = self._evaluate(ahead), self._evaluate(behind)
        if detect:
            values = [y_behind, *[self._evaluate(moved(t * eps)) for t in (-0.5, 0, 0.5)], y_ahead]
            noise = max(
                [_rounding(x.dtype, float(abs(x).max(initial=0)), eps) for x in start if _is_float(x)], default=0
            )
            _refuse_kink(values, gys, 0, self.tolerance.rtol, noise, f"a direction drawn from seed {self.seed}")
        taken = [
            None if d is None else (a.astype("d") - b.astype("d")) / (2 * eps)
            for a, b, d in zip(ahead, behind, directions, strict=True)
        ]
        return _difference(y_ahead, y_behind, gys) / (2 * eps), taken

    def _evaluate(self, point: Sequence[NdArray | None]) -> list[NdArray | None]:
        n = len(self.xs)
        with _replaced(self.params, point[n:]):
            return _copies(self.func(*[None if x is None else Variable(x) for x in point[:n]]))

    def _explain(
        self,
        point: Sequence[NdArray | None],
        directions: Sequence[NdArray | None],
        gradients: Sequence[NdArray | None],
        numerical: float,
        backward: float,
    ) -> str:
        """Measures again, now along each input alone, to tell which gradient is to blame."""
        slopes = []
        for i, d in enumerate(directions):
            if d is not None:
                alone = [d if j == i else None for j in range(len(directions))]
                measured, taken = self._numerical_slope(point, alone)
                slopes.append((i, measured, _slope(gradients, taken)))
        worst = max(slopes, key=lambda s: numpy.nan_to_num(abs(s[1] - s[2]), nan=numpy.inf))[0]
        t = self.tolerance
        lines = [
            f"{self.title} failed (eps={t.eps} atol={t.atol} rtol={t.rtol}): gradient of {self.names[worst]} is wrong",
            _compare("slope along a random direction", numerical, backward),
        ]
        for i, measured, claimed in slopes:
            x: Any = point[i]
            line = _compare(f"  {self.names[i]} {x.dtype} {x.shape}", measured, claimed)
            lines.append(line if gradients[i] is not None else f"{line}; backward gave None")
        lines += self._worst_element(point, gradients, worst)
        lines.append(f"random seed of the direction: {self.seed}")
        lines += [_show(name, x) for name, x in zip(self.names, point, strict=True) if x is not None]
        lines += [_show(f"gradients of output {i}", gy) for i, gy in enumerate(self.gys or ()) if gy is not None]
        return "\n".join(lines)

    def _worst_element(self, point: Sequence[Any], gradients: Sequence[Any], worst: int) -> list[str]:
        x = point[worst]
        if x.size > _MAX_PRINTED:
            return []
        found = None
        for index in numpy.ndindex(x.shape):
            direction = x.astype("d")
            direction[...] = 0
            direction[index] = 1
            numerical, taken = self._numerical_slope(
                point, [direction if j == worst else None for j in range(len(point))]
            )
            backward = _slope(gradients, taken)
            error = abs(numerical - backward)
            if found is None or not error <= found[0]:
                found = (error, index, numerical, backward)
        if found is None:
            return []
        _, index, numerical, backward = found
        return [_compare(f"worst element: {self.names[worst]}{_subscript(index)}", numerical, backward)]


def _compare(what: str, numerical: float, backward: float) -> str:
    return f"{what}: numerical {numerical:.8g}, backward {backward:.8g}, error {abs(numerical - backward):.3g}"


def _backpropagate(
    outputs: Sequence[Any],
    gys: Sequence[Variable | None],
    targets: Sequence[Variable],
    enable_double_backprop: bool = False,
) -> list[Variable | None]:
    counted = [(y, gy) for y, gy in zip(outputs, gys, strict=True) if gy is not None]
    for y, _ in counted:
        if not isinstance(y, Variable):
            raise TypeError(f"outputs of the function must be variables, got {type(y).__name__}")
    if not counted:
        return [None] * len(targets)
    ys, given = zip(*counted, strict=True)
    return _backprop.grad(ys, targets, given, enable_double_backprop=enable_double_backprop)


def _difference(ahead: Sequence[Any], behind: Sequence[Any], gys: Sequence[Any]) -> float:
    """Sum over all outputs of the difference, weighted by the gradients, in double precision."""
    if len(ahead) != len(gys):
        raise ValueError(f"grad_outputs must have one entry an output: {len(ahead)} outputs, {len(gys)} entries")
    total = 0.0
    for i, (a, b, gy) in enumerate(zip(ahead, behind, gys, strict=True)):
        if gy is None:
            continue
        if a is None or a.shape != gy.shape:
            raise ValueError(f"output {i} has shape {None if a is None else a.shape}, its gradient {gy.shape}")
        total += float(((a.astype("d") - b.astype("d")) * gy).sum())
    return total


def _slope(gradients: Sequence[Any], directions: Sequence[Any]) -> float:
    pairs = zip(gradients, directions, strict=True)
    return sum([float((g.astype("d") * d).sum()) for g, d in pairs if g is not None and d is not None], 0.0)


def _refuse_kink(
    values: Sequence[Sequence[Any]], gys: Sequence[Any], atol: float, rtol: float, noise: float, where: str
) -> None:
    """Raises unless the outputs at the five steps lie on a parabola, elementwise."""
    cpu = backend.CpuDevice()
    for i, gy in enumerate(gys):
        if gy is None:
            continue
        y = numpy.stack([numpy.asarray(cpu.send(outputs[i])) for outputs in values])
        rounding = numpy.finfo(y.dtype).eps if y.dtype.kind == "f" else 0
        y = y.astype(numpy.float64)
        finite = numpy.isfinite(y)
        mixed = finite.any(axis=0) & ~finite.all(axis=0)
        y = numpy.where(finite.all(axis=0), y, 0)
        spread = y.max(axis=0) - y.min(axis=0)
        allowed = atol + (rtol + noise) * spread + 8 * rounding * abs(y).max(axis=0)
        error = numpy.sqrt((numpy.tensordot(_UNFITTED, y, axes=1) ** 2).mean(axis=0))
        rough = mixed | (error > allowed)
        if rough.any():
            index = tuple(int(k) for k in numpy.argwhere(rough)[0])
            element = [outputs[i][index] for outputs in values]
            raise NondifferentiableError(
                f"output {i} is not differentiable along {where}: element {index} is "
                f"{', '.join(f'{float(v):.8g}' for v in element)} at the steps -eps, -eps/2, 0, eps/2, eps, "
                f"{float(error[index]):.3g} off a parabola where {float(allowed[index]):.3g} is allowed"
            )


def _rounding(dtype: Any, size: float, eps: float) -> float:
    """Relative error of a step of ``eps`` from a number of the given size."""
    return float(numpy.finfo(dtype).eps) * size / eps


@contextmanager
def _replaced(params: Sequence[Variable], arrays: Sequence[NdArray | None]) -> Iterator[None]:
    """Gives parameters other arrays for a while."""
    originals = [p.array for p in params]
    try:
        for p, array in zip(params, arrays, strict=True):
            p.array = array
        yield
    finally:
        for p, array in zip(params, originals, strict=True):
            p.array = array


def _cast(x: NdArray | None, dtype: Any) -> NdArray | None:
    return x if dtype is None or not _is_float(x) else x.astype(dtype, copy=False)


def _is_float(x: Any) -> TypeGuard[Any]:
    return x is not None and x.dtype.kind == "f"


def _step(x: NdArray, step: float, direction: NdArray) -> NdArray:
    moved = x.copy()
    moved += (step * direction).astype(x.dtype)
    return moved


def _copies(outputs: Any) -> list[NdArray | None]:
    """Arrays of the outputs, safe from later changes of the inputs that they may be views of."""
    return [None if y is None else as_array(y).copy() for y in _as_tuple(outputs)]


def _subscript(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, tuple | list) else (x,)


def _gradients(grads: Any) -> list[NdArray | None] | None:
    return None if grads is None else [None if g is None else as_array(g) for g in _as_tuple(grads)]


def _arrays(xs: Any, name: str) -> list[NdArray | None]:
    arrays = [None if x is None else as_array(x) for x in _as_tuple(xs)]
    for i, x in enumerate(arrays):
        if x is not None and not isinstance(x, numpy.ndarray | backend.cuda.ndarray):
            raise TypeError(f"{name} must be arrays or variables, got {type(x).__name__} at index {i}")
    return arrays


def _variables(params: Any) -> list[Variable]:
    variables = list(_as_tuple(params))
    for i, p in enumerate(variables):
        if not isinstance(p, Variable):
            raise TypeError(f"params must be variables, got {type(p).__name__} at index {i}")
        if p.array is None:
            raise ValueError(f"params[{i}] is not initialised; run the function once before checking it")
    return variables


def _show(name: str, x: Any) -> str:
    if x.size > _MAX_PRINTED:
        return f"{name}: {x.dtype} {x.shape}"
    return f"{name}:\n{x}"
