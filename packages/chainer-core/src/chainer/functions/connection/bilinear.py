"""Bilinear maps."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions._composed import gradients
from chainer.functions.array.broadcast import broadcast_to
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def _flat(e: NdArray) -> NdArray:
    """All axes but the first in one."""
    return e.reshape(len(e), math.prod(e.shape[1:]))


class BilinearFunction(FunctionNode):
    """Node of :func:`bilinear`."""

    def check_type_forward(self, in_types: Any) -> None:
        n_in = type_check.eval(in_types.size())
        if n_in not in (3, 6):
            raise ValueError(f"bilinear takes e1, e2 and W, or these and V1, V2 and b; got {n_in} inputs")
        type_check.argname(in_types, ("e1", "e2", "W", "V1", "V2", "b")[:n_in])
        e1, e2, W = in_types[:3]
        type_check.expect(
            e1.dtype.kind == "f",
            e1.ndim >= 2,
            e2.dtype == e1.dtype,
            e2.ndim >= 2,
            W.dtype == e1.dtype,
            W.ndim == 3,
        )
        type_check.expect(
            e1.shape[0] == e2.shape[0],
            type_check.prod(e1.shape[1:]) == W.shape[0],
            type_check.prod(e2.shape[1:]) == W.shape[1],
        )
        if n_in == 6:
            V1, V2, b = in_types[3:]
            out_size = W.shape[2]
            type_check.expect(V1.ndim == 2, V2.ndim == 2, b.ndim == 1)
            type_check.expect(V1.shape[0] == W.shape[0], V1.shape[1] == out_size)
            type_check.expect(V2.shape[0] == W.shape[1], V2.shape[1] == out_size)
            type_check.expect(b.shape[0] == out_size)
            for v in (V1, V2, b):
                type_check.expect(v.dtype == e1.dtype)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))
        e1, e2 = _flat(inputs[0]), _flat(inputs[1])
        W = inputs[2]
        # Two matrix products: the outer product of e1 and e2 is never made.
        e1_W = e1.dot(W.reshape(len(W), -1)).reshape(len(e1), *W.shape[1:])
        y = backend.get_array_module(W).matmul(e2[:, None, :], e1_W)[:, 0]
        if len(inputs) == 6:
            V1, V2, b = inputs[3:]
            y += e1.dot(V1)
            y += e2.dot(V2)
            y += b
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        inputs = self.get_retained_inputs()
        gxs = BilinearFunctionGrad().apply((*inputs, grad_outputs[0]))
        return tuple([gxs[i] for i in indexes])


class BilinearFunctionGrad(FunctionNode):
    """Gradients of :func:`bilinear` by its inputs, of these and ``gy``."""

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))
        *xs, gy = inputs
        e1, e2 = _flat(xs[0]), _flat(xs[1])
        W = xs[2]
        xp = backend.get_array_module(W)
        matrix_W = W.reshape(len(W), -1)
        e2_gy = (e2[:, :, None] * gy[:, None, :]).reshape(len(gy), -1)
        e1_W = e1.dot(matrix_W).reshape(len(e1), *W.shape[1:])
        ge1 = e2_gy.dot(matrix_W.T)
        ge2 = xp.matmul(e1_W, gy[:, :, None])[..., 0]
        gW = e1.T.dot(e2_gy).reshape(W.shape)
        if len(xs) == 3:
            return ge1.reshape(xs[0].shape), ge2.reshape(xs[1].shape), gW
        V1, V2 = xs[3:5]
        ge1 += gy.dot(V1.T)
        ge2 += gy.dot(V2.T)
        return ge1.reshape(xs[0].shape), ge2.reshape(xs[1].shape), gW, e1.T.dot(gy), e2.T.dot(gy), gy.sum(axis=0)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(_composed_gradient, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])


def _composed_gradient(*inputs: Variable) -> tuple[Variable, ...]:
    """The same as :class:`BilinearFunctionGrad`, of simple functions."""
    *xs, gy = inputs
    e1, e2, W = _flat(xs[0]), _flat(xs[1]), xs[2]
    shape = (len(gy), e2.shape[1], gy.shape[1])
    e2_gy = _flat(broadcast_to(e2[:, :, None], shape) * broadcast_to(gy[:, None, :], shape))
    e1_W = matmul(e1, _flat(W)).reshape(shape)
    ge1 = matmul(e2_gy, _flat(W), transb=True)
    ge2 = _sum(e1_W * broadcast_to(gy[:, None, :], shape), 2)
    gW = matmul(e1, e2_gy, transa=True).reshape(W.shape)
    if len(xs) == 3:
        return ge1.reshape(xs[0].shape), ge2.reshape(xs[1].shape), gW
    ge1 = ge1 + matmul(gy, xs[3], transb=True)
    ge2 = ge2 + matmul(gy, xs[4], transb=True)
    gV1, gV2 = matmul(e1, gy, transa=True), matmul(e2, gy, transa=True)
    return ge1.reshape(xs[0].shape), ge2.reshape(xs[1].shape), gW, gV1, gV2, _sum(gy, 0)


def bilinear(
    e1: VariableLike,
    e2: VariableLike,
    W: VariableLike,
    V1: VariableLike | None = None,
    V2: VariableLike | None = None,
    b: VariableLike | None = None,
) -> Variable:
    r"""Bilinear map of two batches of vectors, with linear parts and a bias if given.

    .. math:: y_l = \sum_{jk} e^1_j e^2_k W_{jkl} + \sum_j e^1_j V^1_{jl} + \sum_k e^2_k V^2_{kl} + b_l

    Args:
        e1: Batch of vectors; further axes are flattened. Shape ``(B, J)``.
        e2: Likewise. Shape ``(B, K)``.
        W: Weight. Shape ``(J, K, L)``.
        V1: Weight of the linear part in ``e1``, or ``None``. Shape ``(J, L)``.
        V2: Weight of the linear part in ``e2``. Shape ``(K, L)``.
        b: Bias. Shape ``(L,)``.

    Returns:
        Variable of the dtype of the inputs. Shape ``(B, L)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.
        ValueError: Some of ``V1``, ``V2`` and ``b`` are given, but not all.

    References:
        Socher, Chen, Manning and Ng, *Reasoning With Neural Tensor Networks for Knowledge Base Completion*, NIPS
        2013.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> e1, e2 = np.array([[1, 2]], np.float32), np.array([[3, 4]], np.float32)
        >>> F.bilinear(e1, e2, np.ones((2, 2, 1), np.float32))
        variable([[21.]])
    """
    linear_part = (V1, V2, b)
    if all(v is None for v in linear_part):
        return BilinearFunction().apply((e1, e2, W))[0]
    if any(v is None for v in linear_part):
        raise ValueError("V1, V2 and b must be given together, or none of them")
    return BilinearFunction().apply((e1, e2, W, *linear_part))[0]
