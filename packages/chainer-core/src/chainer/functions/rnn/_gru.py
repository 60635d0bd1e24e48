"""A step of gated recurrent units, after the products with weights."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions._composed import second_gradients
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.array.split_axis import split_axis
from chainer.types import Arrays, NdArray, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class GRU(FunctionNode):
    """Node of :func:`gru`. Keeps the gates, so that backward need not compute them again."""

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("h", "x", "s"))
        h_type, x_type, s_type = in_types
        type_check.expect(
            h_type.dtype.kind == "f",
            x_type.dtype == h_type.dtype,
            x_type.shape == s_type.shape,
            x_type.shape[0] == h_type.shape[0],
            x_type.shape[1] == 3 * h_type.shape[1],
        )

    def forward(self, inputs: Arrays) -> Arrays:
        h, x, s = inputs
        self.retain_inputs((0, 1, 2))
        tanh = backend.get_array_module(x).tanh
        n = h.shape[1]
        self.gates = gates = x[:, : 2 * n] + s[:, : 2 * n]
        gates *= 0.5  # the logistic function is a hyperbolic tangent of half the argument
        tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5
        candidate = gates[:, :n] * s[:, 2 * n :]
        candidate += x[:, 2 * n :]
        self.candidate = tanh(candidate, out=candidate)
        y = h - candidate
        y *= gates[:, n:]
        y += candidate
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = GRUGrad(self.gates, self.candidate).apply((*self.get_retained_inputs(), *grad_outputs))
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        h, x, s = self.get_retained_input_arrays()
        gxs = _gradients(h, x, s, grad_outputs[0], self.gates, self.candidate)
        return tuple([gxs[i] for i in indexes])

    def _release(self) -> None:
        super()._release()
        self.gates = self.candidate = None


def _gradients(
    h: NdArray, x: NdArray, s: NdArray, gy: NdArray, gates: NdArray, candidate: NdArray
) -> tuple[NdArray, NdArray, NdArray]:
    """Gradients of ``h``, ``x`` and ``s``."""
    n = h.shape[1]
    r, z = gates[:, :n], gates[:, n:]
    gh = gy * z
    gx = backend.get_array_module(x).empty_like(x)
    gx[:, 2 * n :] = gcandidate = (gy - gh) * (1 - candidate * candidate)
    gx[:, :n] = gcandidate * s[:, 2 * n :] * r * (1 - r)
    gx[:, n : 2 * n] = (h - candidate) * gh * (1 - z)
    gs = gx.copy()
    gs[:, 2 * n :] *= r
    return gh, gx, gs


class GRUGrad(FunctionNode):
    """Gradients of :func:`gru`, of ``(h, x, s, gy)``.

    Args:
        gates: Reset and update gates. Shape ``(B, 2 C)``.
        candidate: The new states that the update gate lets in. Shape ``(B, C)``.
    """

    def __init__(self, gates: NdArray, candidate: NdArray) -> None:
        self.gates = gates
        self.candidate = candidate

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((0, 1, 2, 3))
        h, x, s, gy = inputs
        return _gradients(h, x, s, gy, self.gates, self.candidate)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        *inputs, gy = self.get_retained_inputs()
        gradients = second_gradients(_composed, inputs, (gy,), grad_outputs)
        return tuple([gradients[i] for i in indexes])


def _composed(h: Variable, x: Variable, s: Variable) -> tuple[Variable]:
    """The same as :class:`GRU`, of simple functions."""
    (xr, xz, xh), (sr, sz, sh) = split_axis(x, 3, axis=1), split_axis(s, 3, axis=1)
    z = sigmoid(xz + sz)
    candidate = tanh(xh + sigmoid(xr + sr) * sh)
    return (candidate + z * (h - candidate),)


def gru(h: Variable, x: Variable, s: Variable) -> Variable:
    r"""The next states :math:`(1 - z) \bar{h} + z h`, with :math:`\bar{h} = \tanh(x_h + r s_h)`.

    Args:
        h: States. Shape ``(B, C)``.
        x: Inputs of reset gate :math:`r`, update gate :math:`z` and candidate, multiplied by weights. Shape
            ``(B, 3 C)``.
        s: States multiplied by weights, likewise.
    """
    return GRU().apply((h, x, s))[0]
