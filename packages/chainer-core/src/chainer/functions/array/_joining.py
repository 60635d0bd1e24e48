"""What hstack, vstack and dstack have in common."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from chainer.function_node import FunctionNode
from chainer.functions.array.reshape import reshape
from chainer.functions.array.split_axis import split_axis
from chainer.types import Variables
from chainer.utils import type_check


class Joining(FunctionNode):
    """Joins arrays along an axis that those of few axes get first."""

    def result_axis(self, ndim: int) -> int:
        """Axis of the result along which inputs of ``ndim`` axes are joined."""
        raise NotImplementedError

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() > 0)
        type_check.argname(in_types, [f"x{i}" for i in range(type_check.eval(in_types.size()))])
        first = in_types[0]
        ndim = type_check.eval(first.ndim)
        joined = self.result_axis(ndim)
        for other in in_types[1:]:
            type_check.expect(first.dtype == other.dtype, first.ndim == other.ndim)
            for d in range(ndim):
                if d != joined or self.adds_axis(ndim):
                    type_check.expect(first.shape[d] == other.shape[d])

    def adds_axis(self, ndim: int) -> bool:
        """Whether the axis along which inputs of ``ndim`` axes are joined is one that they do not have."""
        raise NotImplementedError

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs: Any = self.inputs
        ndim = len(inputs[0].shape)
        axis = self.result_axis(ndim)
        is_new = self.adds_axis(ndim)
        ends = list(accumulate([1 if is_new else node.shape[axis] for node in inputs[:-1]]))
        gxs = split_axis(grad_outputs[0], ends, axis)
        return tuple([reshape(gxs[i], inputs[i].shape) for i in indexes])
