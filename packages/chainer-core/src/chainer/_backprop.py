"""The walk back through the graph.

Functions are visited in the reverse order of their creation, which is a
topological order: a function is created after those that made its inputs. A
gradient is held only until the function that consumes it has run. Leaves
accumulate theirs in :class:`_Gradients` too and hand them to their variables
as soon as no function can contribute any more.

With ``enable_double_backprop`` gradients are variables, and the walk itself is recorded and can be
differentiated. Without it they are bare arrays, and functions that can (``backward_arrays``) never
see a variable.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy

import chainer.variable  # by its whole name: it imports this module first
from chainer import _diagnosis
from chainer.backends.raw import RawArray
from chainer.configuration import using_config

if TYPE_CHECKING:
    from chainer.function_node import FunctionNode
    from chainer.variable import Variable, VariableNode

_thread_local = threading.local()
_n_listeners = 0  # over all threads: the walk looks no further while it is zero


@contextlib.contextmanager
def gradient_final_hook(callback: Callable[[Variable], None]) -> Iterator[None]:
    """Tells, while backward still runs, which gradients are final.

    Inside the ``with`` block, each :meth:`chainer.Variable.backward` and :func:`chainer.backward` of this thread calls
    ``callback(variable)`` for each leaf that got a gradient (parameters and input variables), once,
    in the order in which their gradients become final: nothing that is still to be computed will
    change ``variable.grad``. Averaging over processes, clipping by parameter and early release of
    memory build on it. Without a listener the walk does not even count.

    Args:
        callback: Called with the leaf; its ``grad`` is set. It must not start another walk over the
            same graph. An exception in it ends the walk.

    Example:
        >>> import chainer, numpy as np
        >>> x = chainer.Variable(np.ones(2, np.float32), name="x")
        >>> with chainer.gradient_final_hook(lambda v: print(v.name, v.grad)):
        ...     chainer.functions.sum(x * 3).backward()
        x [3. 3.]
    """
    global _n_listeners
    listeners: list[Callable[[Variable], None]] = _thread_local.__dict__.setdefault("listeners", [])
    listeners.append(callback)
    _n_listeners += 1
    try:
        yield
    finally:
        _n_listeners -= 1
        listeners.remove(callback)


def backward_from(
    outputs: Sequence[Variable],
    retain_grad: bool = False,
    enable_double_backprop: bool = False,
    loss_scale: float | None = None,
    release_since: int | None = None,
) -> None:
    """Adds to the ``grad`` of each leaf behind ``outputs``, starting from their own ``grad``.

    Args:
        outputs: Variables whose ``grad`` is set, or which have one element.
        retain_grad: Keep the gradients of intermediate variables too.
        enable_double_backprop: Record the walk.
        loss_scale: Factor on gradients that start as 1.
        release_since: Serial number of the first function whose retained arrays are dropped as
            soon as it has been visited; ``None`` drops none. See :func:`chainer.function_node.next_serial`.
    """
    roots: list[tuple[VariableNode, Variable]] = []
    for output in outputs:
        grad = output.grad_var
        if grad is None:
            grad = _first_gradient(output, loss_scale)
            if retain_grad:
                output._grad = grad
        roots.append((output.node, grad))
    gradients = _Gradients(enable_double_backprop)
    for node, grad in roots:
        gradients.start(node, grad)

    def finish(node: VariableNode) -> None:
        gradient = gradients.pending.pop(node, None)
        variable = node.get_variable_or_none()
        if variable is None or gradient is None:
            return
        _accumulate(variable, gradients.as_variable(gradient), loss_scale)
        for listener in listeners:
            listener(variable)

    listeners = list(getattr(_thread_local, "listeners", ())) if _n_listeners else []
    start = [node for node, _ in roots]
    visited = _CountDown(start, finish).visited if listeners else None
    del roots, grad
    with using_config("enable_backprop", enable_double_backprop):
        for node in _walk(gradients, start, retain_grad, None, release_since, visited):
            finish(node)


def backward(outputs: Sequence[Variable], grad_outputs: Sequence[Variable | None] | None = None, **kwargs: Any) -> None:
    """Computes gradients from several outputs at once, as :meth:`chainer.Variable.backward` does from one.

    Args:
        outputs: List or tuple of variables.
        grad_outputs: Gradients to start from, one an output; ``None`` takes the outputs' own ``grad``.
        kwargs: ``retain_grad``, ``enable_double_backprop`` and ``loss_scale``, as for
            :meth:`chainer.Variable.backward`.

    Raises:
        TypeError: ``outputs`` is not a list or tuple.

    Example:
        >>> import chainer, numpy as np
        >>> x = chainer.Variable(np.array(3, np.float32))
        >>> chainer.backward([x * 2, x * x])
        >>> float(x.grad)
        8.0
    """
    if not isinstance(outputs, list | tuple):
        raise TypeError(f"outputs must be a list or tuple of variables, got {type(outputs).__name__}")
    if grad_outputs is not None:
        for y, gy in zip(outputs, grad_outputs, strict=True):
            y.grad_var = gy
    backward_from(outputs, **kwargs)


def grad(
    outputs: Sequence[Variable],
    inputs: Sequence[Variable],
    grad_outputs: Sequence[Variable | None] | None = None,
    grad_inputs: Sequence[Variable | None] | None = None,
    set_grad: bool = False,
    retain_grad: bool = False,
    enable_double_backprop: bool = False,
    loss_scale: float | None = None,
) -> list[Variable | None]:
    """Computes the gradients of ``outputs`` with respect to ``inputs`` and returns them.

    Unlike :meth:`chainer.Variable.backward` it visits only what lies between the two, and leaves
    the ``grad`` of every variable as it is, unless asked.

    Args:
        outputs: Variables to differentiate.
        inputs: Variables to differentiate by; they need not be leaves.
        grad_outputs: Gradients to start from, one an output; ``None`` is 1 for an output of one element.
        grad_inputs: Gradients to add to the results, one an input.
        set_grad: Also set ``grad`` of the inputs to the results.
        retain_grad: Also set ``grad`` of the variables in between.
        enable_double_backprop: Record the computation, so that the results can be differentiated.
        loss_scale: Factor on gradients that start as 1.

    Returns:
        A variable an input, or ``None`` for an input on which no output depends.

    Raises:
        TypeError: ``outputs`` or ``inputs`` is not a list or tuple of variables.
        RuntimeError: An output has more than one element and no gradient to start from.

    Example:
        >>> import chainer, numpy as np
        >>> x = chainer.Variable(np.array(3, np.float32))
        >>> gx, = chainer.grad([x ** 3], [x], enable_double_backprop=True)
        >>> ggx, = chainer.grad([gx], [x])
        >>> float(gx.array), float(ggx.array)
        (27.0, 18.0)
    """
    for name, variables in (("outputs", outputs), ("inputs", inputs)):
        if not isinstance(variables, list | tuple):
            raise TypeError(f"{name} must be a list or tuple of variables, got {type(variables).__name__}")
    given = [None] * len(outputs) if grad_outputs is None else list(grad_outputs)
    if len(given) != len(outputs):
        raise ValueError(f"grad_outputs must have one entry an output: {len(outputs)} outputs, {len(given)} entries")
    targets = {x.node for x in inputs}
    gradients = _Gradients(enable_double_backprop, targets)
    roots = []
    for output, gy in zip(outputs, given, strict=True):
        gradients.start(output.node, _first_gradient(output, loss_scale) if gy is None else _as_gradient(gy))
        roots.append(output.node)
    if grad_inputs is not None:
        for x, gx in zip(inputs, grad_inputs, strict=True):
            if gx is not None:
                gradients.start(x.node, _as_gradient(gx))
    useful = _functions_between(roots, targets)
    with using_config("enable_backprop", enable_double_backprop):
        _walk(gradients, roots, retain_grad, useful, None, None)
    results = [gradients.found(x.node) for x in inputs]
    if set_grad:
        for x, gx in zip(inputs, results, strict=True):
            x.grad_var = gx
    return results


def unchain_from(variable: Variable) -> None:
    """Cuts every edge of the graph behind a variable."""
    funcs = [variable.creator_node]
    variable.unchain()
    while funcs:
        func = funcs.pop()
        if func is None:
            continue
        inputs = func.inputs or ()
        func.unchain()
        for node in inputs:
            funcs.append(node._creator_node)
            node.unchain()


class _Gradients:
    """The gradients that are on their way, one a node: variables if the walk is recorded, else bare arrays.

    The first contribution is kept as it came: a function may return one array for several inputs. The
    sum of two is ours, so a third is added to it in place, unless the walk is recorded.

    Attributes:
        recorded: Whether the walk is.
        pending: What each node has got so far.
        targets: Nodes whose gradients are kept when the walk passes through them.
    """

    def __init__(self, recorded: bool, targets: set[VariableNode] | None = None) -> None:
        self.recorded = recorded
        self.pending: dict[VariableNode, Any] = {}
        self.targets = targets
        self._owned: set[VariableNode] = set()
        self._found: dict[VariableNode, Any] = {}

    def start(self, node: VariableNode, gradient: Variable) -> None:
        """Adds the gradient of a node where the walk begins."""
        self.add(node, gradient if self.recorded else gradient.array)

    def add(self, node: VariableNode, gradient: Any) -> None:
        """Adds a gradient to what the node has got."""
        before = self.pending.get(node)
        if before is None:
            self.pending[node] = gradient
        elif node in self._owned and not isinstance(gradient, RawArray):
            before += gradient
        else:
            total = before + gradient
            # The sum of two 0-d arrays is a scalar, which cannot be added to; nor can a raw array.
            if not self.recorded and total.ndim and not isinstance(total, RawArray):
                self._owned.add(node)
            self.pending[node] = total

    def keep(self, node: VariableNode, gradient: Any) -> None:
        """Notes the final gradient of a node, if it is a target."""
        if gradient is not None and node in self.targets:  # type: ignore[operator]
            self._found[node] = gradient

    def found(self, node: VariableNode) -> Variable | None:
        """Final gradient of a target, whether the walk passed through it or ended there."""
        gradient = self._found.get(node)
        return self.as_variable(self.pending.get(node) if gradient is None else gradient)

    def as_variable(self, gradient: Any) -> Any:
        """A gradient as the variable that it is for those outside."""
        if self.recorded or gradient is None:
            return gradient
        return chainer.variable.constant(numpy.asarray(gradient) if isinstance(gradient, numpy.generic) else gradient)


def _for_creator(node: VariableNode, gx: RawArray) -> Any:
    """A gradient in the form in which the function that made the variable takes it."""
    creator = node._creator_node
    return gx if creator is not None and creator.takes_raw else gx.array


_ALL = tuple(tuple(range(n)) for n in range(64))


def _walk(
    gradients: _Gradients,
    roots: Iterable[VariableNode],
    retain_grad: bool,
    useful: set[FunctionNode] | None,
    release_since: int | None,
    visited: Callable[[Sequence[VariableNode]], None] | None,
) -> Iterable[VariableNode]:
    """Visits the functions behind ``roots`` and passes gradients through them.

    Args:
        gradients: Holds those of the roots; afterwards, those of the leaves.
        roots: Where to begin.
        retain_grad: Whether variables in between keep their gradients.
        useful: Functions to visit; ``None`` for all.
        release_since: As for :func:`backward_from`.
        visited: Called after each function with its inputs that require gradients.

    Returns:
        The leaves, in the order in which they were first met.
    """
    # The heap holds serial numbers alone: integers compare faster than pairs.
    heap: list[int] = []
    funcs: dict[int, FunctionNode] = {}
    leaves: dict[VariableNode, None] = {}
    for node in roots:
        creator = node._creator_node
        if creator is not None and (useful is None or creator in useful) and -creator._serial not in funcs:
            funcs[-creator._serial] = creator
            heappush(heap, -creator._serial)
    pending = gradients.pending
    recorded = gradients.recorded
    targeted = gradients.targets is not None
    while heap:
        func = funcs.pop(heappop(heap))
        inputs = func.inputs
        outputs = func.outputs
        if inputs is None or outputs is None:
            continue  # unchained since it was recorded
        gys = []
        for ref in outputs:
            output = ref()
            gy = None if output is None else pending.pop(output, None)
            if targeted and output is not None:
                gradients.keep(output, gy)
            gys.append(gy)
        if retain_grad:
            _retain(outputs, [gradients.as_variable(gy) for gy in gys])
        targets = func._targets
        in_nodes: Sequence[VariableNode]
        if targets is None:
            in_nodes = inputs
            n = len(inputs)
            targets = _ALL[n] if n < 64 else tuple(range(n))
        else:
            in_nodes = [inputs[i] for i in targets]
        try:
            gxs = func._backward(targets, tuple(gys)) if recorded else func._backward_unrecorded(targets, gys)
            for node, gx in zip(in_nodes, gxs):
                if gx is None:
                    continue
                if gx.shape != node.shape or gx.dtype is not node.dtype:  # NumPy's own dtypes exist once
                    func._check_gradient_fits(node, gx)
                if func.takes_raw and isinstance(gx, RawArray):
                    gx = _for_creator(node, gx)
                if node in pending:
                    gradients.add(node, gx)
                    continue
                pending[node] = gx
                creator = node._creator_node
                if creator is None:
                    leaves[node] = None
                    continue
                serial = -creator._serial
                if serial not in funcs and (useful is None or creator in useful):
                    funcs[serial] = creator
                    heappush(heap, serial)
        except Exception as error:
            error.add_note(_diagnosis.explain_backward(func, gys))
            raise
        if release_since is not None and func._serial >= release_since:
            func._release()
        # Nothing of this step may outlive it: the next one may need the memory.
        del func, inputs, outputs, gys, gxs
        gy = gx = output = None
        if visited is not None:
            visited(in_nodes)
    return leaves


class _CountDown:
    """Counts the functions that have a say in the gradient of each leaf, and finishes a leaf after the last.

    Args:
        roots: Where the walk begins.
        finish: Called with each leaf that is final.
    """

    def __init__(self, roots: Sequence[VariableNode], finish: Callable[[VariableNode], None]) -> None:
        self._finish = finish
        self._waiting: dict[VariableNode, int] = {}
        for func in _functions_behind(roots):
            for node in func.inputs or ():
                if node._creator_node is None and node._requires_grad:
                    self._waiting[node] = self._waiting.get(node, 0) + 1

    def visited(self, in_nodes: Sequence[VariableNode]) -> None:
        """A function has been visited: what it had to say to these inputs is said."""
        for node in in_nodes:
            if node._creator_node is None:
                self._waiting[node] -= 1
                if self._waiting[node] == 0:
                    self._finish(node)


def _first_gradient(output: Variable, loss_scale: float | None) -> Variable:
    if output.size != 1:
        raise RuntimeError(
            f"backward starts from one number, but {output._describe()} has shape {output.shape}: set its grad before "
            f"calling backward(), or reduce it, for example with chainer.functions.sum{_diagnosis.made_by(output)}"
        )
    start = 1 if loss_scale is None else loss_scale
    data = output.array
    if type(data) is numpy.ndarray:
        return chainer.variable.constant(numpy.full(data.shape, start, data.dtype))
    with output.device.create_context():
        return chainer.variable.constant(output.xp.full_like(data, start))


def _as_gradient(gradient: Any) -> Variable:
    return chainer.variable.as_variable(gradient)


def _accumulate(variable: Variable, gradient: Variable, loss_scale: float | None) -> None:
    variable._loss_scale = loss_scale  # what an optimizer has to divide by
    # The raw slot first: a parameter's untouched gradient (NaN) is made only if it is asked for.
    before = variable._grad
    if before is not None:
        before = variable.grad_var
    if before is None:
        variable._grad = gradient
    else:
        variable._grad = before + gradient


def _retain(outputs: Sequence[Any], gys: Sequence[Variable | None]) -> None:
    for ref, gy in zip(outputs, gys, strict=True):
        node = ref()
        variable = None if node is None else node.get_variable_or_none()
        if variable is not None and gy is not None:
            variable._grad = gy


def _functions_behind(roots: Iterable[VariableNode]) -> list[FunctionNode]:
    """All functions behind ``roots``, in the order of their creation."""
    found: dict[int, FunctionNode] = {}
    stack = [node._creator_node for node in roots]
    while stack:
        func = stack.pop()
        if func is None or func._serial in found or func.inputs is None:
            continue
        found[func._serial] = func
        stack.extend([node._creator_node for node in func.inputs if node._requires_grad])
    return [found[serial] for serial in sorted(found)]


def _functions_between(roots: Sequence[VariableNode], targets: set[VariableNode]) -> set[FunctionNode]:
    """Functions behind ``roots`` that depend on a target."""
    useful: set[FunctionNode] = set()
    for func in _functions_behind(roots):
        for node in func.inputs or ():
            if node in targets or node._creator_node in useful:
                useful.add(func)
                break
    return useful
