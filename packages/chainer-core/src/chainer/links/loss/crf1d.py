"""Conditional random fields on chains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainer import initializers
from chainer.functions.array.permutate import permutate
from chainer.functions.array.transpose_sequence import transpose_sequence
from chainer.functions.loss.crf1d import argmax_crf1d, crf1d
from chainer.initializers.constant import Zero
from chainer.link import Link
from chainer.links.rnn.n_step_rnn import argsort_list_descent, permutate_list
from chainer.types import InitializerLike, NdArray, VariableLike
from chainer.variable import Parameter, Variable


class CRF1d(Link):
    """Loss of label sequences with learnt costs of transitions; see :func:`chainer.functions.crf1d`.

    Args:
        n_label: Number of labels.
        initial_cost: Initial value of the transition costs; zero by default.

    Attributes:
        cost: Cost of going from one label to another. Shape ``(n_label, n_label)``.

    Example:
        >>> import chainer.links as L, numpy as np
        >>> crf = L.CRF1d(2)
        >>> score, path = crf.argmax([np.array([[1, 0], [0, 3]], np.float32)], transpose=True)
        >>> path[0].tolist()
        [0, 1]
    """

    cost: Parameter

    def __init__(self, n_label: int, initial_cost: InitializerLike = None) -> None:
        super().__init__()
        with self.init_scope():
            self.cost = Parameter(initializers.get_initializer(initial_cost, Zero()), (n_label, n_label))

    def forward(
        self,
        xs: Sequence[VariableLike],
        ys: Sequence[VariableLike],
        reduce: str = "mean",
        transpose: bool = False,
    ) -> Variable:
        """Negative log-likelihood of the labels.

        Args:
            xs: Scores of the labels, one array of shape ``(B, n_label)`` a time; batches do not grow. With
                ``transpose``, one of shape ``(length, n_label)`` a sequence, in any order.
            ys: Labels, likewise without the last axis.
            reduce: ``'mean'`` over the batch, or ``'no'``.
            transpose: Whether the lists are by sequence, and not by time.

        Returns:
            The loss; with ``reduce='no'`` an array of shape ``(B,)``, with the longest sequence first if ``transpose``.
        """
        if transpose:
            indices = argsort_list_descent(xs)
            xs = transpose_sequence(permutate_list(xs, indices, inv=False))
            ys = transpose_sequence(permutate_list(ys, indices, inv=False))
        return crf1d(self.cost, xs, ys, reduce)

    def argmax(self, xs: Sequence[VariableLike], transpose: bool = False) -> tuple[Variable, list[NdArray]]:
        """The most likely labels.

        Args:
            xs: Scores of the labels, as for :meth:`forward`.
            transpose: Whether the list is by sequence, and not by time.

        Returns:
            Score of each sequence, of shape ``(B,)``, and the labels: one array a time, or with ``transpose`` one a
            sequence.
        """
        if not transpose:
            return argmax_crf1d(self.cost, xs)
        indices = argsort_list_descent(xs)
        score, path = argmax_crf1d(self.cost, transpose_sequence(permutate_list(xs, indices, inv=False)))
        by_sequence: Any = permutate_list(transpose_sequence(path), indices, inv=True)
        return permutate(score, self.xp.asarray(indices), inv=True), [labels.array for labels in by_sequence]
