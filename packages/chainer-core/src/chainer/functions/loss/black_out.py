"""BlackOut loss."""

from __future__ import annotations

from chainer.functions.array.concat import concat
from chainer.functions.array.get_item import get_item
from chainer.functions.array.reshape import reshape
from chainer.functions.loss._reduction import expect_reduce
from chainer.functions.math.average import average
from chainer.functions.math.exponential import log
from chainer.functions.math.exponential_m1 import expm1
from chainer.functions.math.logsumexp import logsumexp
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.types import VariableLike
from chainer.variable import Variable, as_array, as_variable


def black_out(
    x: VariableLike, t: VariableLike, W: VariableLike, samples: VariableLike, reduce: str = "mean"
) -> Variable:
    r"""BlackOut loss: a softmax over the label and a few sampled words instead of the whole vocabulary.

    With the softmax :math:`p` over the scores :math:`W_k x` of the label :math:`t` and of the samples, it is
    :math:`-\log p_t - \sum_{s} \log(1 - p_s)`.

    Args:
        x: Hidden vectors. Shape ``(B, D)``, float.
        t: Labels. Shape ``(B,)``, an integer dtype.
        W: Weights, a row a word. Shape ``(V, D)``, the dtype of ``x``.
        samples: Words that are not the label. Shape ``(B, S)``, or ``(S,)`` for the same ones for all, an integer
            dtype.
        reduce: ``'mean'``, or ``'no'`` for the loss of each sample.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of shape ``(B,)`` for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is neither of those.
        IndexError: A label or sample is not smaller than ``V``.
        chainer.utils.type_check.InvalidType: Shapes do not match.

    References:
        Ji et al., *BlackOut: Speeding up Recurrent Neural Network Language Models With Very Large Vocabularies*,
        arXiv:1511.06909.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, W = np.float32([[1, 0]]), np.eye(2, dtype=np.float32)
        >>> F.black_out(x, np.array([0]), W, np.array([[1]]))
        variable(0.627)
    """
    expect_reduce(reduce, ("mean", "no"))
    x, W = as_variable(x), as_variable(W)
    column = reshape(x, (*x.shape, 1))  # (B, D, 1)
    positive = matmul(reshape(get_item(W, as_array(t)), (-1, 1, W.shape[1])), column)  # (B, 1, 1)
    negative = matmul(get_item(W, as_array(samples)), column)  # (B, S, 1)
    scores = concat([reshape(y, (len(x), -1)) for y in (positive, negative)], axis=1)  # (B, 1 + S)
    log_p = scores - reshape(logsumexp(scores, axis=1), (-1, 1))
    loss = -(log_p[:, 0] + _sum(log(-expm1(log_p[:, 1:])), axis=1))
    return average(loss) if reduce == "mean" else loss
