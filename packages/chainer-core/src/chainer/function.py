"""Functions as they were written before version 3: backward on arrays, differentiable once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import backend, function_hook
from chainer.configuration import force_backprop_mode, no_backprop_mode
from chainer.function_hook import FunctionHook
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.variable import Variable

__all__ = ["Function", "FunctionAdapter", "FunctionHook", "force_backprop_mode", "no_backprop_mode"]


class FunctionAdapter(FunctionNode):
    """The node that stands for an old-style function in the graph.

    Args:
        function: The function.
    """

    def __init__(self, function: Function) -> None:
        self._old_style_function = function
        function._node = self

    @property
    def function(self) -> Function:
        """The function that this node stands for."""
        return self._old_style_function

    @property
    def label(self) -> str:
        return self._old_style_function.label

    def check_type_forward(self, in_types: Any) -> None:
        self._old_style_function.check_type_forward(in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        # Unless it says otherwise, an old function sees all its inputs again in backward, and no output.
        self.retain_inputs(tuple(range(len(inputs))))
        return self._old_style_function.forward(inputs)

    def backward(self, target_input_indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs: Any = self.inputs
        in_data: list[NdArray | None] = [None] * len(inputs)
        retained = self._indexes_of_retained_inputs
        for i, x in zip(retained, self.get_retained_inputs(), strict=True):  # type: ignore[arg-type]
            in_data[i] = x.array
        arrays = tuple([None if gy is None else gy.array for gy in grad_outputs])
        gxs = self._old_style_function.backward(tuple(in_data), arrays)
        if len(gxs) != len(inputs):
            raise ValueError(
                f"number of gradients returned from backward of {self.label} is {len(gxs)}, "
                f"but it has {len(inputs)} inputs"
            )
        results: list[Variable | None] = []
        for i in target_input_indexes:
            gx = gxs[i]
            if gx is None:
                results.append(None)
                continue
            results.append(_OnceDifferentiable.mark(gx, inputs[i].get_variable(), self.label))
        return tuple(results)


class _OnceDifferentiable(FunctionNode):
    """Stands behind the gradients of an old function, to say that they cannot be differentiated."""

    def __init__(self, gradient: NdArray, label: str) -> None:
        self._gradient = gradient
        self._of = label

    @classmethod
    def mark(cls, gradient: NdArray, x: Variable, label: str) -> Variable:
        (gx,) = cls(gradient, label).apply((x,))
        return gx

    def _accept_missing(self, index: int, x: Variable) -> None:
        pass  # the input stands for its place in the graph alone

    def forward(self, inputs: Arrays) -> Arrays:
        return (self._gradient,)

    def backward(self, target_input_indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        raise RuntimeError(
            f'cannot twice-differentiate an old style Function "{self._of}"; write it as a chainer.FunctionNode'
        )


class Function:
    """A differentiable function in the style of versions 1 and 2: an object that is called.

    New code should subclass :class:`chainer.FunctionNode`, which can be differentiated twice. A function may be
    called several times; each call makes a node of its own.

    Example:
        >>> import chainer, numpy as np
        >>> class Twice(chainer.Function):
        ...     def forward(self, inputs):
        ...         return inputs[0] * 2,
        ...     def backward(self, inputs, grad_outputs):
        ...         return grad_outputs[0] * 2,
        >>> Twice()(np.array([1, 2], np.float32))
        variable([2., 4.])
    """

    _node: FunctionAdapter | None = None
    _pending_hooks: dict[str, FunctionHook] | None = None

    def __call__(self, *inputs: VariableLike) -> Any:
        """Applies the function: one variable, or a tuple of them for several outputs."""
        node = FunctionAdapter(self if self._node is None else _fresh(self))
        node._old_style_function._node = node
        if self._pending_hooks:
            node._local_function_hooks = self._pending_hooks
        outputs = node.apply(inputs)
        return outputs if len(outputs) > 1 else outputs[0]

    @property
    def node(self) -> FunctionAdapter:
        """Node of the latest call; made on demand before the first."""
        if self._node is None:
            FunctionAdapter(self)
        assert self._node is not None
        return self._node

    @property
    def inputs(self) -> Any:
        """Nodes of the inputs of the latest call."""
        return self.node.inputs

    @property
    def outputs(self) -> Any:
        """Weak references to the nodes of the outputs of the latest call."""
        return self.node.outputs

    @property
    def output_data(self) -> Any:
        """Retained output arrays of the latest call."""
        return self.node.output_data

    @property
    def label(self) -> str:
        """Name of the function in messages and pictures of the graph."""
        return type(self).__name__

    @property
    def rank(self) -> int:
        """Length of the longest chain of functions behind the latest call."""
        return self.node.rank

    @property
    def stack(self) -> Any:
        """Traceback of the latest call, in debug mode."""
        return self.node.stack

    @property
    def local_function_hooks(self) -> dict[str, FunctionHook]:
        """Hooks of this function alone, by name."""
        if self._pending_hooks is None:
            self._pending_hooks = {}
        return self._pending_hooks

    def check_type_forward(self, in_types: Any) -> None:
        """States what is expected of the inputs, with :func:`chainer.utils.type_check.expect`."""

    def forward(self, inputs: Arrays) -> Arrays:
        """Computes the outputs; calls :meth:`forward_gpu` if an input is on a GPU, else :meth:`forward_cpu`."""
        if any(isinstance(x, backend.cuda.ndarray) for x in inputs):
            return self.forward_gpu(inputs)
        return self.forward_cpu(inputs)

    def forward_cpu(self, inputs: Arrays) -> Arrays:
        """Computes the outputs on the CPU."""
        raise NotImplementedError(f"{self.label} has no forward pass on the CPU: define forward or forward_cpu")

    def forward_gpu(self, inputs: Arrays) -> Arrays:
        """Computes the outputs on a GPU."""
        raise NotImplementedError(f"{self.label} has no forward pass on the GPU: define forward or forward_gpu")

    def backward(self, inputs: Any, grad_outputs: Any) -> Any:
        """Computes the gradient arrays of all inputs; ``None`` for zero."""
        if any(isinstance(x, backend.cuda.ndarray) for x in (*inputs, *grad_outputs)):
            return self.backward_gpu(inputs, grad_outputs)
        return self.backward_cpu(inputs, grad_outputs)

    def backward_cpu(self, inputs: Any, grad_outputs: Any) -> Any:
        """Computes the gradient arrays on the CPU; all zero unless overridden."""
        return (None,) * len(inputs)

    def backward_gpu(self, inputs: Any, grad_outputs: Any) -> Any:
        """Computes the gradient arrays on a GPU; all zero unless overridden."""
        return (None,) * len(inputs)

    def retain_inputs(self, indexes: Sequence[int]) -> None:
        """Asks, from inside :meth:`forward`, to keep these inputs alone; without it all are kept."""
        self.node.retain_inputs(indexes)

    def retain_outputs(self, indexes: Sequence[int], retain_after_backward: bool = False) -> None:
        """Asks, from inside :meth:`forward`, to keep output arrays, for :attr:`output_data`.

        Args:
            indexes: Indexes of the outputs.
            retain_after_backward: Kept for the published signature; has no effect.
        """
        self.node.retain_outputs(indexes)

    def unchain(self) -> None:
        """Takes the latest call out of the graph."""
        self.node.unchain()

    def add_hook(self, hook: FunctionHook, name: str | None = None) -> None:
        """Registers a hook for the calls of this function; see :meth:`chainer.FunctionNode.add_hook`."""
        name = hook.name if name is None else name
        if name in self.local_function_hooks:
            raise KeyError(f"hook {name} already exists")
        self.local_function_hooks[name] = hook
        function_hook.n_watching += 1
        hook.added(self)  # type: ignore[arg-type]

    def delete_hook(self, name: str) -> None:
        """Removes a hook of this function."""
        if name not in self.local_function_hooks:
            raise KeyError(f"hook {name} does not exist")
        function_hook.n_watching -= 1
        self.local_function_hooks.pop(name).deleted(self)  # type: ignore[arg-type]


def _fresh(function: Function) -> Function:
    """A copy for another call: a node keeps the function whose attributes its backward reads."""
    import copy

    return copy.copy(function)
