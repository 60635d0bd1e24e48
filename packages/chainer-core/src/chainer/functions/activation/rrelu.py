"""Rectified linear unit that leaks at random."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.configuration import config
from chainer.functions.activation._piecewise_linear import PiecewiseLinear, Slope, negative_slope
from chainer.types import Arrays, NdArray, VariableLike
from chainer.utils import type_check
from chainer.utils.argument import parse_kwargs


class RReLU(PiecewiseLinear):
    """Node of :func:`rrelu`.

    Attributes:
        r: Slopes for negative values, one an element.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, r: NdArray | None = None) -> None:
        if not 0.0 <= lower < upper < 1.0:
            raise ValueError(f"slopes must satisfy 0 <= lower < upper < 1, got lower {lower} and upper {upper}")
        self.lower = float(lower)
        self.upper = float(upper)
        self.r = r

    def check_type_forward(self, in_types: Any) -> None:
        super().check_type_forward(in_types)
        if self.r is not None:
            type_check.expect(in_types[0].dtype == self.r.dtype, in_types[0].shape == self.r.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        xp = backend.get_array_module(x)
        self.retain_inputs((0,))
        if not config.train:
            self.r = xp.full_like(x, (self.lower + self.upper) / 2)
        elif self.r is None:
            self.r = xp.random.uniform(self.lower, self.upper, x.shape).astype(x.dtype, copy=False)
        y = xp.minimum(x, 0)
        y *= self.r
        y += xp.maximum(x, 0)
        return (y,)

    def gradient(self, retained: NdArray) -> Slope:
        return Slope(negative_slope(retained < 0, self.r, retained.dtype))


def rrelu(x: VariableLike, l: float = 1.0 / 8, u: float = 1.0 / 3, **kwargs: Any) -> Any:  # noqa: E741 - published
    r"""Rectified linear unit that leaks at random: :math:`x` for :math:`x \ge 0`, else :math:`r x`.

    While training, the slopes :math:`r` are drawn from the uniform distribution on :math:`[l, u)`, with
    ``numpy.random``, or CuPy's generator on a GPU. With ``chainer.config.train`` false they are :math:`(l + u) / 2`.

    Args:
        x: Variable or array of a float dtype, of any shape.
        l: Smallest slope, at least 0.
        u: Largest slope, below 1.
        kwargs: ``r``, an array of slopes of the shape and dtype of ``x`` to use while training instead of random ones;
            and ``return_r``, whether to return the slopes too.

    Returns:
        Variable of the shape and dtype of ``x``; with ``return_r=True`` a pair of it and of the slopes.

    Raises:
        ValueError: ``l`` and ``u`` are not as above.
        TypeError: An unknown keyword argument.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype, or ``r`` not like ``x``.

    References:
        Xu et al., *Empirical Evaluation of Rectified Activations in Convolutional Network*, arXiv:1505.00853.

    Example:
        >>> import chainer, numpy as np, chainer.functions as F
        >>> with chainer.using_config("train", False):
        ...     F.rrelu(np.array([-2, 0, 2], np.float32), l=0.2, u=0.4)
        variable([-0.6,  0. ,  2. ])
    """
    r, return_r = parse_kwargs(
        kwargs,
        ("r", None),
        ("return_r", False),
        train="train argument is not supported anymore. Use chainer.using_config",
    )
    func = RReLU(l, u, r)
    (y,) = func.apply((x,))
    return (y, func.r) if return_r else y
