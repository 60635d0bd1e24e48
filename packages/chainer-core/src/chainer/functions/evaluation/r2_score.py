"""Coefficient of determination."""

from __future__ import annotations

from typing import Any

import numpy

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, VariableLike
from chainer.utils import type_check
from chainer.variable import Variable


class R2_score(FunctionNode):
    """Node of :func:`r2_score`; no gradient flows through it."""

    def __init__(self, sample_weight: NdArray | None, multioutput: str) -> None:
        if sample_weight is not None:
            raise NotImplementedError("sample_weight must be None: weights of samples are not supported")
        if multioutput not in ("uniform_average", "raw_values"):
            raise ValueError(
                f"invalid multioutput argument: it must be 'uniform_average' or 'raw_values', got {multioutput!r}"
            )
        self.sample_weight = sample_weight
        self.multioutput = multioutput

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("pred", "true"))
        pred_type, true_type = in_types
        type_check.expect(
            pred_type.dtype.kind == "f", pred_type.dtype == true_type.dtype, pred_type.shape == true_type.shape
        )

    def forward(self, inputs: Arrays) -> Arrays:
        pred, true = inputs
        xp = backend.get_array_module(pred)
        error = xp.square(true - pred).sum(axis=0)
        total = xp.square(true - true.mean(axis=0)).sum(axis=0)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            score = xp.where(total != 0, 1 - error / total, 0).astype(pred.dtype, copy=False)
        return (score if self.multioutput == "raw_values" else score.mean(),)


def r2_score(
    pred: VariableLike,
    true: VariableLike,
    sample_weight: NdArray | None = None,
    multioutput: str = "uniform_average",
) -> Variable:
    r"""Coefficient of determination, :math:`1 - \sum (t - y)^2 / \sum (t - \bar t)^2`. Not differentiable.

    It is 1 for a perfect prediction and 0 for one that is no better than the mean; 0 also where the true values do not
    vary.

    Args:
        pred: Predictions :math:`y`, the samples along the first axis. Float.
        true: True values :math:`t`, of the shape and dtype of ``pred``.
        sample_weight: Must be ``None``.
        multioutput: ``'uniform_average'`` for the mean over all outputs, ``'raw_values'`` for the score of each.

    Returns:
        Variable of the dtype of ``pred``: 0-d, or of shape ``pred.shape[1:]``.

    Raises:
        ValueError: ``multioutput`` is neither of those.
        NotImplementedError: ``sample_weight`` is given.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.r2_score(np.array([1, 2, 3], np.float32), np.array([1, 2, 4], np.float32))
        variable(0.786)
    """
    return R2_score(sample_weight, multioutput).apply((pred, true))[0]
