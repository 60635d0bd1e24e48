"""Negative sampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.array._scatter import add_at
from chainer.functions.array.get_item import get_item
from chainer.functions.array.reshape import reshape
from chainer.functions.array.scatter_add import scatter_add
from chainer.functions.loss._reduction import expect_reduce, scaled_sum
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.argument import parse_kwargs


class NegativeSamplingFunction(FunctionNode):
    """Node of :func:`negative_sampling`.

    Attributes:
        samples: The label and the sampled words of each sample. Shape ``(B, 1 + sample_size)``.
        ignore_mask: Which samples count.
        wx: Scores, with those of the labels negated. Shape ``(B, 1 + sample_size)``; 0 where ignored.
    """

    ignore_label = -1
    samples: NdArray | None = None

    def __init__(self, sampler: Callable[[Shape], NdArray], sample_size: int, reduce: str = "sum") -> None:
        expect_reduce(reduce, ("sum", "no"))
        self.sampler = sampler
        self.sample_size = sample_size
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "t", "W"))
        x_type, t_type, W_type = in_types
        type_check.expect(
            x_type.dtype.kind == "f",
            x_type.ndim == 2,
            t_type.dtype.kind == "i",
            t_type.shape == x_type.shape[:1],
            W_type.dtype == x_type.dtype,
            W_type.ndim == 2,
            W_type.shape[1:] == x_type.shape[1:],
        )

    def forward(self, inputs: Arrays) -> Arrays:
        x, t, W = inputs
        self.retain_inputs((0, 1, 2))
        xp = backend.get_array_module(x)
        if self.samples is None:
            samples = xp.asarray(self.sampler((len(t), self.sample_size + 1)))
            samples[:, 0] = t
            self.samples = samples
        self.ignore_mask = t != self.ignore_label
        wx = xp.matmul(W[self.samples], x[:, :, None])[:, :, 0]  # (B, 1 + S)
        wx[:, 0] *= -1
        wx *= self.ignore_mask[:, None]
        self.wx = wx
        loss = xp.logaddexp(wx, 0).astype(x.dtype, copy=False).sum(axis=1)
        loss *= self.ignore_mask
        return (scaled_sum(loss, 1.0) if self.reduce == "sum" else loss,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, _, W = self.get_retained_inputs()
        grad = NegativeSamplingFunctionGrad(self.reduce, self.ignore_mask, self.sample_size, self.samples, self.wx)
        gx, gW = grad.apply((x, W, grad_outputs[0]))
        return tuple([(gx, None, gW)[i] for i in indexes])


class NegativeSamplingFunctionGrad(FunctionNode):
    """Gradients of :func:`negative_sampling`, of ``(x, W, gy)``.

    Args:
        reduce: As for the function.
        ignore_mask: Which samples count.
        sample_size: As for the function.
        samples: Words of each sample, the label first.
        wx: Scores, with those of the labels negated.
    """

    def __init__(
        self, reduce: str, ignore_mask: NdArray, sample_size: int, samples: NdArray | None, wx: NdArray
    ) -> None:
        self.reduce = reduce
        self.ignore_mask = ignore_mask
        self.sample_size = sample_size
        self.samples = samples
        self.wx = wx

    def forward(self, inputs: Arrays) -> Arrays:
        x, W, gy = inputs
        self.retain_inputs((0, 1, 2))
        xp = backend.get_array_module(x)
        g = xp.tanh(self.wx * 0.5)  # the sigmoid by way of tanh, which cannot overflow
        g *= 0.5
        g += 0.5
        g[:, 0] *= -1
        g *= self.ignore_mask[:, None]
        g *= gy if self.reduce == "sum" else gy[:, None]
        gx = xp.matmul(g[:, None, :], W[self.samples])[:, 0]
        gW = xp.zeros_like(W)
        add_at(gW, (self.samples,), g[:, :, None] * x[:, None, :])
        return gx, gW

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        x, W, gy = self.get_retained_inputs()
        ggx, ggW = grad_outputs
        n, dim = x.shape
        column = reshape(x, (n, dim, 1))
        w = get_item(W, self.samples)  # (B, 1 + S, D)
        signs = numpy.ones(self.sample_size + 1, dtype=x.dtype)
        signs[0] = -1
        signs = x.xp.asarray(signs)
        p = sigmoid(reshape(matmul(w, column), (n, -1)) * signs)
        mask = self.ignore_mask.astype(x.dtype)[:, None]
        scale = (gy if self.reduce == "sum" else reshape(gy, (n, 1))) * mask
        # With g the gradients of the scores, gx = g w and gW = g x: their inner product with (ggx, ggW) is g (a + b).
        dot: Any = 0
        if ggx is not None:
            dot = reshape(matmul(w, reshape(ggx, (n, dim, 1))), (n, -1))
        if ggW is not None:
            ggw = get_item(ggW, self.samples)  # (B, 1 + S, D)
            dot = dot + reshape(matmul(ggw, column), (n, -1))
        g = signs * p * scale
        curvature = p * (1 - p) * scale * dot
        gx = _sum(reshape(curvature, (n, -1, 1)) * w, axis=1)
        gw = reshape(curvature, (n, -1, 1)) * reshape(x, (n, 1, dim))
        if ggW is not None:
            gx = gx + _sum(reshape(g, (n, -1, 1)) * ggw, axis=1)
        if ggx is not None:
            gw = gw + reshape(g, (n, -1, 1)) * reshape(ggx, (n, 1, dim))
        gW = scatter_add(x.xp.zeros_like(W.array), self.samples, gw)
        ggy = signs * p * mask * dot
        ggy = _sum(ggy) if self.reduce == "sum" else _sum(ggy, axis=1)
        return tuple([(gx, gW, ggy)[i] for i in indexes])


def negative_sampling(
    x: VariableLike,
    t: VariableLike,
    W: VariableLike,
    sampler: Callable[[Shape], NdArray],
    sample_size: int,
    reduce: str = "sum",
    **kwargs: Any,
) -> Any:
    r"""Negative sampling: tells the label apart from a few random words, instead of a softmax over all.

    With the label :math:`t` and samples :math:`s` it is
    :math:`-\log \sigma(x^\top W_t) - \sum_s \log \sigma(-x^\top W_s)`.

    Args:
        x: Hidden vectors. Shape ``(B, D)``, float.
        t: Labels, -1 for samples that do not count. Shape ``(B,)``, a signed integer dtype.
        W: Weights, a row a word. Shape ``(V, D)``, the dtype of ``x``.
        sampler: Takes a shape and returns an integer array of words, such as
            :meth:`chainer.utils.WalkerAlias.sample`.
        sample_size: Number of negative samples.
        reduce: ``'sum'`` over the batch, or ``'no'`` for the loss of each sample.
        kwargs: ``return_samples``, whether to return the words too.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of shape ``(B,)`` for ``reduce='no'``. With ``return_samples=True`` a
        pair of it and of an integer array of shape ``(B, 1 + sample_size)``, the labels first.

    Raises:
        ValueError: ``reduce`` is neither of those.
        TypeError: An unknown keyword argument.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Mikolov et al., *Distributed Representations of Words and Phrases and their Compositionality*,
        arXiv:1310.4546.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, W = np.float32([[1, 0]]), np.eye(2, dtype=np.float32)
        >>> F.negative_sampling(x, np.array([0]), W, lambda shape: np.ones(shape, int), sample_size=1)
        variable(1.006)
    """
    (return_samples,) = parse_kwargs(kwargs, ("return_samples", False))
    func = NegativeSamplingFunction(sampler, sample_size, reduce)
    (y,) = func.apply((x, t, W))
    return (y, func.samples) if return_samples else y
