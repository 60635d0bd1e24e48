"""Connectionist temporal classification."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy

from chainer import backend
from chainer.backends import kernels
from chainer.function import Function
from chainer.functions.activation.log_softmax import logsumexp
from chainer.functions.array._scatter import add_at
from chainer.functions.loss._reduction import expect_reduce
from chainer.types import Arrays, NdArray, VariableLike
from chainer.utils import type_check
from chainer.variable import Variable, as_array

# Logarithm of zero: finite, so that the difference of two is no NaN, and far below the sum of a whole sequence.
_LOG_ZERO = -1e30
_IMPOSSIBLE = 1e10  # loss of labels that do not fit into the sequence


class ConnectionistTemporalClassification(Function):
    """Function behind :func:`connectionist_temporal_classification`, of ``(input_length, label_length, t, *x)``.

    Asks for the kernel ``ctc(x, t, input_length, label_length, blank_symbol)``, where ``x`` has shape ``(T, B, V)``; it
    returns the loss of each sample and its gradient by ``x``.

    All is computed with logarithms, step by step, for all samples and labels at once.
    """

    def __init__(self, blank_symbol: int, reduce: str = "mean") -> None:
        expect_reduce(reduce, ("mean", "no"))
        self.blank_symbol = blank_symbol
        self.reduce = reduce

    def check_type_forward(self, in_types: Any) -> None:
        type_check.expect(in_types.size() > 3)
        input_length, label_length, t_type, x_type, *others = in_types
        type_check.expect(
            input_length.dtype.kind == "i",
            input_length.ndim == 1,
            label_length.dtype.kind == "i",
            label_length.ndim == 1,
            t_type.dtype.kind == "i",
            t_type.ndim == 2,
            x_type.dtype.kind == "f",
            x_type.ndim == 2,
            t_type.shape[:1] == x_type.shape[:1],
            input_length.shape == x_type.shape[:1],
            label_length.shape == x_type.shape[:1],
            x_type.shape[1] > self.blank_symbol,
        )
        for other in others:
            type_check.expect(other.dtype == x_type.dtype, other.shape == x_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        input_length, label_length, t, *xs = inputs
        self.retain_inputs(())
        xp = backend.get_array_module(t)
        _check_length("input_length", input_length, 1, len(xs))
        _check_length("label_length", label_length, 0, t.shape[1])
        x = xp.stack(xs)  # (T, B, V)
        self._dtype = x.dtype
        self._gradient = None
        kernel = kernels.find("ctc", x)
        if kernel is not None:
            loss, self._gradient = kernel(x, t, input_length, label_length, self.blank_symbol)
        else:
            if x.dtype.itemsize == 2:
                x = x.astype("float32")  # float16 has too few digits for sums of logarithms
            self._lattice = _Lattice(x, t, label_length, self.blank_symbol)
            self._input_length = input_length
            loss = self._lattice.forward(input_length)
        if self.reduce == "mean":
            loss = loss.mean()
        return (loss.astype(self._dtype, copy=False),)

    def backward(self, inputs: Any, grad_outputs: Any) -> Any:
        (gy,) = grad_outputs
        gx = self._lattice.backward(self._input_length) if self._gradient is None else self._gradient
        scale = gy / gx.shape[1] if self.reduce == "mean" else gy[:, None]
        gx = (gx * scale).astype(self._dtype, copy=False)
        return (None, None, None, *gx)


class _Lattice:
    """All ways to stretch the labels over the steps of the sequence.

    The states of a sample are its labels with blanks around each: ``blank, t[0], blank, t[1], ..., blank``. A step
    stays in its state, goes on to the next, or skips a blank between two different labels.
    """

    def __init__(self, x: NdArray, t: NdArray, label_length: NdArray, blank_symbol: int) -> None:
        self.xp = xp = backend.get_array_module(x)
        n_batch, max_label = t.shape
        self.n_state = 2 * max_label + 1
        self.log_y = x - logsumexp(x, axis=2)  # (T, B, V)
        symbol = xp.full((n_batch, self.n_state), blank_symbol, dtype=numpy.intp)
        # Labels past the end are padding of any value; their states are never part of a way to the end.
        symbol[:, 1::2] = xp.where(xp.arange(max_label) < label_length[:, None], t, blank_symbol)
        self.symbol = symbol
        self.rows = xp.arange(n_batch)[:, None]
        may_skip = xp.zeros((n_batch, self.n_state), bool)
        may_skip[:, 2:] = (symbol[:, 2:] != blank_symbol) & (symbol[:, 2:] != symbol[:, :-2])
        self.skip_cost = xp.where(may_skip, 0, _LOG_ZERO).astype(x.dtype)  # (B, S)
        # A way ends in the last label or in the blank after it.
        state = xp.arange(self.n_state)
        last = 2 * label_length[:, None]
        self.end_cost = xp.where((state == last) | (state == last - 1), 0, _LOG_ZERO).astype(x.dtype)  # (B, S)

    def forward(self, input_length: NdArray) -> NdArray:
        """Negative log-likelihood of each sample; keeps the sums over the ways to each state."""
        xp, log_y = self.xp, self.log_y
        n_step = len(log_y)
        score = log_y[:, self.rows, self.symbol]  # (T, B, S)
        alphas = xp.empty_like(score)
        alphas[0] = score[0]
        alphas[0, :, 2:] = _LOG_ZERO
        for t in range(1, n_step):
            self._step(alphas[t - 1], alphas[t], self.skip_cost)
            alphas[t] += score[t]
        self.score, self.alphas = score, alphas
        last = alphas[input_length - 1, xp.arange(len(input_length))]  # (B, S)
        self.log_likelihood = logsumexp(last + self.end_cost, axis=1)[:, 0]
        self.is_possible = self.log_likelihood > _LOG_ZERO / 2
        return xp.where(self.is_possible, -self.log_likelihood, log_y.dtype.type(_IMPOSSIBLE))

    def backward(self, input_length: NdArray) -> NdArray:
        """Gradient of each sample's loss by the scores ``x``: the softmax minus how often each symbol is expected."""
        xp = self.xp
        n_step, n_batch, n_symbol = self.log_y.shape
        # Backwards a skip starts from the state before, so its cost moves there.
        skip_cost = xp.full_like(self.skip_cost, _LOG_ZERO)
        skip_cost[:, :-2] = self.skip_cost[:, 2:]
        log_gamma = self.alphas.copy()
        beta = xp.empty_like(self.end_cost)
        for t in range(n_step - 1, -1, -1):
            if t < n_step - 1:
                following = beta + self.score[t + 1]
                self._step(following[:, ::-1], beta[:, ::-1], skip_cost[:, ::-1])
            beta = xp.where((input_length == t + 1)[:, None], self.end_cost, beta)
            log_gamma[t] += beta
        log_gamma -= self.log_likelihood[:, None]
        is_used = (xp.arange(n_step)[:, None] < input_length) & self.is_possible  # (T, B)
        gamma = xp.where(is_used[:, :, None], xp.exp(xp.minimum(log_gamma, 0)), log_gamma.dtype.type(0))
        gx = xp.exp(self.log_y)
        gx *= is_used[:, :, None]
        position = xp.arange(n_step * n_batch).reshape(n_step, n_batch, 1) * n_symbol + self.symbol
        add_at(gx.reshape(-1), (position.reshape(-1),), -gamma.reshape(-1))
        return gx

    def _step(self, source: NdArray, out: NdArray, skip_cost: NdArray) -> None:
        """Sums the ways into each state from itself, from the state before, and from the one before that."""
        xp = self.xp
        ways = xp.full((3, *source.shape), _LOG_ZERO, dtype=source.dtype)
        ways[0] = source
        ways[1, :, 1:] = source[:, :-1]
        xp.add(source[:, :-2], skip_cost[:, 2:], out=ways[2, :, 2:])
        out[:] = logsumexp(ways, axis=0)[0]


def _check_length(name: str, length: NdArray, smallest: int, largest: int) -> None:
    if length.size and not (smallest <= int(length.min()) and int(length.max()) <= largest):
        raise ValueError(
            f"{name} must be in [{smallest}, {largest}], got values from {int(length.min())} to {int(length.max())}"
        )


def connectionist_temporal_classification(
    x: Sequence[VariableLike],
    t: VariableLike,
    blank_symbol: int,
    input_length: VariableLike | None = None,
    label_length: VariableLike | None = None,
    reduce: str = "mean",
) -> Variable:
    r"""Connectionist temporal classification: likelihood of labels of which nobody knows when they occur.

    The network tells at each step the probabilities of all symbols and of a blank. The probability of the labels is
    the sum over all sequences of symbols that become the labels when first repetitions, then blanks, are taken out.
    The loss is the negative logarithm of it.

    Args:
        x: Scores before the softmax, one array of shape ``(B, V)`` and a float dtype a step.
        t: Labels. Shape ``(B, L)``, a signed integer dtype.
        blank_symbol: Index of the blank among the ``V`` symbols.
        input_length: Number of steps of each sample, at least 1. Shape ``(B,)``; ``None`` means all steps.
        label_length: Number of labels of each sample. Shape ``(B,)``; ``None`` means ``L``.
        reduce: ``'mean'``, or ``'no'`` for the loss of each sample.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of shape ``(B,)`` for ``reduce='no'``. Labels that do not fit into the
        steps have the loss 1e10 and no gradient. It can be differentiated once.

    Raises:
        TypeError: ``x`` is not a list or tuple, or ``blank_symbol`` not an integer.
        ValueError: ``reduce`` is neither of those, or a length or ``blank_symbol`` is out of range.
        IndexError: A label is not smaller than ``V``.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Graves et al., *Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent Neural
        Networks*, ICML 2006.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = [np.zeros((1, 2), np.float32)] * 2  # two steps, all symbols alike
        >>> F.connectionist_temporal_classification(x, np.array([[1]]), blank_symbol=0)  # 3 ways of 4
        variable(0.288)
    """
    if not isinstance(x, list | tuple):
        raise TypeError(f"x must be a list of Variables, one a step, got {type(x).__name__}")
    if not isinstance(blank_symbol, numbers.Integral):
        raise TypeError(f"blank_symbol must be non-negative integer, got {blank_symbol!r}")
    if not x or not 0 <= blank_symbol < x[0].shape[1]:
        n_symbol = x[0].shape[1] if x else 0
        raise ValueError(f"blank_symbol must be in [0, {n_symbol}), the symbols of {len(x)} steps, got {blank_symbol}")
    labels = as_array(t)
    xp = backend.get_array_module(labels)
    n_batch = len(x[0])
    if input_length is None:
        input_length = xp.full(n_batch, len(x), dtype=numpy.int32)
    if label_length is None:
        label_length = xp.full(n_batch, labels.shape[-1], dtype=numpy.int32)
    func = ConnectionistTemporalClassification(int(blank_symbol), reduce)
    return func(as_array(input_length), as_array(label_length), labels, *x)
