"""Gaussian noise, reparametrised."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math.exponential import exp
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.argument import parse_kwargs


class Gaussian(FunctionNode):
    """Node of :func:`gaussian`.

    Attributes:
        eps: Sample of the standard normal distribution that is scaled and shifted.
    """

    is_elementwise = True

    def __init__(self, eps: NdArray | None = None) -> None:
        self.eps = eps

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("mean", "ln_var"))
        mean, ln_var = in_types
        type_check.expect(mean.dtype.kind == "f", mean.dtype == ln_var.dtype, mean.shape == ln_var.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        mean, ln_var = inputs
        self.retain_inputs((1,))
        xp = backend.get_array_module(mean)
        if self.eps is None:
            self.eps = xp.asarray(xp.random.standard_normal(mean.shape))
        self.eps = self.eps.astype(mean.dtype, copy=False)
        return (mean + xp.exp(ln_var * 0.5) * self.eps,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (gy,) = grad_outputs
        (ln_var,) = self.get_retained_inputs()
        eps: Any = self.eps
        return tuple([gy * exp(ln_var * 0.5) * (eps * 0.5) if i else gy for i in indexes])


def gaussian(mean: VariableLike, ln_var: VariableLike, **kwargs: Any) -> Any:
    r"""Sample of normal distributions through which gradients flow: :math:`\mu + \exp(\ln(\sigma^2) / 2) \, \epsilon`.

    The noise :math:`\epsilon` is drawn from the standard normal distribution, with ``numpy.random``, or with CuPy's
    generator on a GPU; whether Chainer is training makes no difference.

    Args:
        mean: Means. Variable or array of a float dtype.
        ln_var: Logarithms of the variances, of the shape and dtype of ``mean``.
        kwargs: ``eps``, an array of the shape of ``mean`` to use for :math:`\epsilon`; and ``return_eps``, whether to
            return it too.

    Returns:
        Variable of the shape and dtype of ``mean``; with ``return_eps=True`` a pair of it and of :math:`\epsilon`.

    Raises:
        TypeError: An unknown keyword argument.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Kingma and Welling, *Auto-Encoding Variational Bayes*, arXiv:1312.6114.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> mean, ln_var = np.array([1, 2], np.float32), np.zeros(2, np.float32)
        >>> F.gaussian(mean, ln_var, eps=np.array([-1, 0.5], np.float32))
        variable([0. , 2.5])
    """
    eps, return_eps = parse_kwargs(kwargs, ("eps", None), ("return_eps", False))
    func = Gaussian(eps)
    (y,) = func.apply((mean, ln_var))
    return (y, func.eps) if return_eps else y
