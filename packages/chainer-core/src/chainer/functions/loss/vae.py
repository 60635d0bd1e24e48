"""Losses of variational auto-encoders."""

from __future__ import annotations

import math

from chainer.functions.activation.softplus import softplus
from chainer.functions.loss._reduction import expect_reduce
from chainer.functions.math.average import average
from chainer.functions.math.exponential import exp
from chainer.functions.math.sum import sum as _sum
from chainer.types import VariableLike
from chainer.variable import Variable, as_variable


def _reduced(loss: Variable, reduce: str) -> Variable:
    if reduce == "sum":
        return _sum(loss)
    return average(loss) if reduce == "mean" else loss


def gaussian_kl_divergence(mean: VariableLike, ln_var: VariableLike, reduce: str = "sum") -> Variable:
    r"""Divergence of normal distributions from the standard one, :math:`D_{KL}(N(\mu, \sigma^2) \| N(0, 1))`.

    It is :math:`\frac12 (\mu^2 + \sigma^2 - \ln \sigma^2 - 1)`.

    Args:
        mean: Means :math:`\mu`. Variable or array of a float dtype.
        ln_var: Logarithms of the variances, of the shape and dtype of ``mean``.
        reduce: ``'sum'``, ``'mean'`` over all elements, or ``'no'``.

    Returns:
        Variable of the dtype of ``mean``: 0-d, or of its shape for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is none of those.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.gaussian_kl_divergence(np.float32([1, 2]), np.float32([0, 0]), reduce="no")
        variable([0.5, 2. ])
    """
    expect_reduce(reduce, ("sum", "mean", "no"))
    mean, ln_var = as_variable(mean), as_variable(ln_var)
    return _reduced((mean * mean + exp(ln_var) - ln_var - 1) * 0.5, reduce)


def bernoulli_nll(x: VariableLike, y: VariableLike, reduce: str = "sum") -> Variable:
    r"""Negative log-likelihood of Bernoulli distributions, with the probabilities :math:`\sigma(y)`.

    It is :math:`-x \log \sigma(y) - (1 - x) \log(1 - \sigma(y))`. Unlike
    :func:`~chainer.functions.sigmoid_cross_entropy` it takes any observation in :math:`[0, 1]`, and differentiates
    by it.

    Args:
        x: Observations. Variable of the shape and dtype of ``y``, or array of any dtype.
        y: Scores before the sigmoid. Variable or array of a float dtype.
        reduce: ``'sum'``, ``'mean'`` over all elements, or ``'no'``.

    Returns:
        Variable of the dtype of ``y``: 0-d, or of its shape for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is none of those.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.bernoulli_nll(np.float32([0, 1]), np.float32([0, 100]), reduce="no")
        variable([0.693, 0.   ])
    """
    expect_reduce(reduce, ("sum", "mean", "no"))
    y = as_variable(y)
    return _reduced(softplus(y) - y * x, reduce)


def gaussian_nll(x: VariableLike, mean: VariableLike, ln_var: VariableLike, reduce: str = "sum") -> Variable:
    r"""Negative log-likelihood of normal distributions.

    It is :math:`\frac12 (\ln 2\pi + \ln \sigma^2 + (x - \mu)^2 / \sigma^2)`.

    Args:
        x: Observations. Variable or array of a float dtype.
        mean: Means :math:`\mu`, of the shape and dtype of ``x``.
        ln_var: Logarithms of the variances, likewise.
        reduce: ``'sum'``, ``'mean'`` over all elements, or ``'no'``.

    Returns:
        Variable of the dtype of ``x``: 0-d, or of its shape for ``reduce='no'``.

    Raises:
        ValueError: ``reduce`` is none of those.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.gaussian_nll(np.float32([1, 2]), np.float32([1, 1]), np.float32([0, 0]), reduce="no")
        variable([0.919, 1.419])
    """
    expect_reduce(reduce, ("sum", "mean", "no"))
    x, mean, ln_var = as_variable(x), as_variable(mean), as_variable(ln_var)
    difference = x - mean
    return _reduced((difference * difference * exp(-ln_var) + ln_var + math.log(2 * math.pi)) * 0.5, reduce)
