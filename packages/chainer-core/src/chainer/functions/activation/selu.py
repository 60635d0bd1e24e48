"""Scaled exponential linear unit."""

from __future__ import annotations

from chainer.functions.activation.elu import elu
from chainer.types import VariableLike
from chainer.variable import Variable


def selu(x: VariableLike, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805) -> Variable:
    r"""Scaled exponential linear unit, :math:`\lambda x` for :math:`x \ge 0`, else :math:`\lambda\alpha(\exp x - 1)`.

    The defaults make zero mean and unit variance a fixed point from layer to layer, with weights drawn by
    ``chainer.initializers.LeCunNormal``.

    Args:
        x: Variable or array of a float dtype, of any shape.
        alpha: Scale of the negative part, :math:`\alpha`.
        scale: Scale of both parts, :math:`\lambda`.

    Returns:
        Variable of the shape and dtype of ``x``.

    Raises:
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    References:
        Klambauer et al., *Self-Normalizing Neural Networks*, arXiv:1706.02515.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> F.selu(np.array([0, 2], np.float32))
        variable([0.   , 2.101])
    """
    return scale * elu(x, alpha)
