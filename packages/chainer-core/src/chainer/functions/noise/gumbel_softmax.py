"""Samples of a categorical distribution that can be differentiated."""

from __future__ import annotations

from chainer.functions.activation.softmax import softmax
from chainer.types import VariableLike
from chainer.variable import Variable, as_variable


def gumbel_softmax(log_pi: VariableLike, tau: float = 0.1, axis: int = 1) -> Variable:
    r"""Almost one-hot samples of categorical distributions, through which gradients flow.

    The softmax of :math:`(\log \pi + g) / \tau`, where the noise :math:`g` is drawn from the Gumbel distribution, with
    ``numpy.random``, or with CuPy's generator on a GPU. For :math:`\tau \to 0` it becomes a one-hot sample.

    Args:
        log_pi: Logarithms of the probabilities, which need not be normalised. Variable or array of a float dtype.
        tau: Temperature, a positive number.
        axis: Axis along which the classes lie.

    Returns:
        Variable of the shape and dtype of ``log_pi``, which sums to one along ``axis``.

    References:
        Jang et al., *Categorical Reparameterization with Gumbel-Softmax*, arXiv:1611.01144.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.gumbel_softmax(np.array([[0, 1000]], np.float32))
        variable([[0., 1.]])
    """
    log_pi = as_variable(log_pi)
    noise = log_pi.xp.random.gumbel(size=log_pi.shape).astype(log_pi.dtype)
    return softmax((log_pi + noise) / tau, axis=axis)
