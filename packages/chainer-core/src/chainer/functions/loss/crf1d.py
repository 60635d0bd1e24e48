"""Linear-chain conditional random field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from chainer import backend
from chainer.functions.array.concat import concat
from chainer.functions.array.get_item import get_item
from chainer.functions.array.reshape import reshape
from chainer.functions.array.scatter_add import scatter_add
from chainer.functions.loss._reduction import expect_reduce
from chainer.functions.math.average import average
from chainer.functions.math.logsumexp import logsumexp
from chainer.types import NdArray, VariableLike
from chainer.utils.type_check import InvalidType
from chainer.variable import Variable, as_array, as_variable


def crf1d(cost: VariableLike, xs: Sequence[VariableLike], ys: Sequence[VariableLike], reduce: str = "mean") -> Variable:
    r"""Negative log-likelihood of a linear-chain conditional random field.

    A sequence of labels has the score :math:`s(y) = \sum_t x_{t, y_t} + \sum_t c_{y_{t-1}, y_t}`, and the probability
    :math:`\exp s(y) / \sum_{y'} \exp s(y')`.

    The sequences are given step by step, sorted by their length, the longest first: ``xs[t]`` holds the ``t``-th
    elements of those sequences that are so long (see :func:`chainer.functions.transpose_sequence`).

    Args:
        cost: Score of each transition, from the row to the column. Shape ``(C, C)``, float.
        xs: Scores of the labels, one array of shape ``(B_t, C)`` a step, with ``B_t`` not growing.
        ys: Labels, one array of shape ``(B_t,)`` and an integer dtype a step.
        reduce: ``'mean'``, or ``'no'`` for the loss of each sequence.

    Returns:
        Variable of the dtype of ``cost``: 0-d, or of shape ``(B_0,)`` for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is neither of those, ``xs`` is empty, or ``ys`` has another number of steps.
        chainer.utils.type_check.InvalidType: Shapes are not as above.

    References:
        Lafferty et al., *Conditional Random Fields: Probabilistic Models for Segmenting and Labeling Sequence Data*,
        ICML 2001.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> cost, x = np.zeros((2, 2), np.float32), np.zeros((1, 2), np.float32)
        >>> F.crf1d(cost, [x, x], [np.array([0]), np.array([1])])  # one of four sequences alike
        variable(1.386)
    """
    expect_reduce(reduce, ("mean", "no"))
    cost, steps = as_variable(cost), [as_variable(x) for x in xs]
    labels = [as_array(y) for y in ys]
    lengths = _lengths(cost, steps)
    if len(labels) != len(steps):
        raise ValueError(f"ys must have as many steps as xs, {len(steps)}, got {len(labels)}")
    for t, (label, n) in enumerate(zip(labels, lengths, strict=True)):
        if label.shape != (n,):
            raise InvalidType(f"ys[{t}].shape == xs[{t}].shape[:1]", f"{label.shape} != {(n,)}")
    loss = _log_partition(cost, steps, lengths) - _score(cost, steps, labels)
    return average(loss) if reduce == "mean" else loss


def _lengths(cost: Variable, steps: Sequence[Variable]) -> list[int]:
    """Number of sequences in each step, after a check of all shapes."""
    if not steps:
        raise ValueError("xs must have at least one step, got none")
    n_label = steps[0].shape[1]
    if cost.shape != (n_label, n_label):
        raise InvalidType("cost.shape == (n_label, n_label)", f"{cost.shape} != {(n_label, n_label)}")
    for t in range(1, len(steps)):
        if steps[t].shape[1:] != (n_label,) or len(steps[t]) > len(steps[t - 1]):
            raise InvalidType(
                f"xs[{t}].shape[0] <= xs[{t - 1}].shape[0] and xs[{t}].shape[1] == n_label",
                f"{steps[t].shape} after {steps[t - 1].shape}; sort the sequences, the longest first",
            )
    return [len(x) for x in steps]


def _log_partition(cost: Variable, steps: Sequence[Variable], lengths: Sequence[int]) -> Variable:
    """Logarithm of the sum over all sequences of labels, by the forward algorithm."""
    alpha = steps[0]
    finished = []
    n_label = alpha.shape[1]
    for x, n in zip(steps[1:], lengths[1:], strict=True):
        if n < len(alpha):
            finished.append(alpha[n:])
            alpha = alpha[:n]
        alpha = logsumexp(reshape(alpha, (n, n_label, 1)) + cost, axis=1) + x
    if finished:
        alpha = concat([alpha, *reversed(finished)], axis=0)
    return logsumexp(alpha, axis=1)


def _score(cost: Variable, steps: Sequence[Variable], labels: Sequence[NdArray]) -> Variable:
    """Score of each given sequence; all steps at once."""
    xp = cost.xp
    row = [xp.arange(len(y)) for y in labels]
    rows, flat = xp.concatenate(row), xp.concatenate(labels)
    x = concat(steps, axis=0) if len(steps) > 1 else steps[0]
    score = scatter_add(xp.zeros(len(labels[0]), x.dtype), rows, get_item(x, (xp.arange(len(flat)), flat)))
    if len(steps) == 1:
        return score
    before = xp.concatenate([y[: len(z)] for y, z in zip(labels, labels[1:], strict=False)])
    transitions = get_item(cost, (before, xp.concatenate(labels[1:])))
    return scatter_add(score, xp.concatenate(row[1:]), transitions)


def argmax_crf1d(cost: VariableLike, xs: Sequence[VariableLike]) -> tuple[Variable, list[NdArray]]:
    """The most probable labels under a linear-chain conditional random field, by the Viterbi algorithm.

    Not differentiable.

    Args:
        cost: As for :func:`crf1d`.
        xs: As for :func:`crf1d`.

    Returns:
        Scores of the best sequences, a variable of shape ``(B_0,)``, and their labels, one int32 array of shape
        ``(B_t,)`` a step.

    Raises:
        ValueError: ``xs`` is empty.
        chainer.utils.type_check.InvalidType: Shapes are not as for :func:`crf1d`.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> cost, x = np.zeros((2, 2), np.float32), np.array([[0, 1]], np.float32)
        >>> F.argmax_crf1d(cost, [x, -x])
        (variable([1.]), [array([1], dtype=int32), array([0], dtype=int32)])
    """
    variable, steps = as_variable(cost), [as_variable(x) for x in xs]
    lengths = _lengths(variable, steps)
    transition = as_array(variable)
    xp = backend.get_array_module(transition)
    alpha = as_array(steps[0]).copy()
    sources = []  # label before, for each label
    for x, n in zip(steps[1:], lengths[1:], strict=True):
        scores = alpha[:n, :, None] + transition
        sources.append(scores.argmax(axis=1))
        alpha[:n] = scores.max(axis=1) + as_array(x)
    label = alpha.argmax(axis=1).astype(numpy.int32)
    path = [label[: lengths[-1]].copy()]
    for source, n, n_before in zip(sources[::-1], lengths[:0:-1], lengths[-2::-1], strict=True):
        label[:n] = source[xp.arange(n), label[:n]]
        path.append(label[:n_before].copy())
    return Variable(alpha.max(axis=1), requires_grad=False), path[::-1]
