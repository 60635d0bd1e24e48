"""Dropout."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.backends import kernels, raw
from chainer.configuration import config
from chainer.function_node import FunctionNode
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.utils.argument import parse_kwargs
from chainer.variable import as_variable


class Dropout(FunctionNode):
    """Node of :func:`dropout`. Asks for the kernel ``dropout(x, ratio)``, which returns the output and the mask.

    Attributes:
        mask: What the input was multiplied by: 0, or ``1 / (1 - ratio)``.
    """

    is_elementwise = True
    takes_raw = True

    def __init__(self, dropout_ratio: float, mask: NdArray | None = None, return_mask: bool = False) -> None:
        if not 0.0 <= dropout_ratio < 1.0:
            raise ValueError(f"dropout_ratio must be in the range [0, 1), got {dropout_ratio}")
        self.dropout_ratio = float(dropout_ratio)
        self._mask = mask
        self.return_mask = return_mask

    @property
    def mask(self) -> NdArray:
        return raw.plain(self._mask)

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x",))
        type_check.expect(in_types[0].dtype.kind == "f")

    def forward(self, inputs: Arrays) -> Arrays:
        (x,) = inputs
        if self._mask is not None:
            return (x * self._mask,)
        kernel = kernels.find("dropout", x)
        if kernel is not None:
            y, self._mask = kernel(x, self.dropout_ratio)
            return (y,)
        xp = backend.get_array_module(x)
        # Drawn in float64 whatever the dtype, so that a seed gives one mask for all.
        is_kept = xp.asarray(xp.random.rand(*x.shape) >= self.dropout_ratio)
        mask = self._mask = is_kept.astype(x.dtype)
        mask *= 1 / (1 - self.dropout_ratio)
        return (x * mask,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return DropoutGrad(self.mask).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return (grad_outputs[0] * self._mask,)


class DropoutGrad(FunctionNode):
    """Gradient of :func:`dropout`: the mask, a constant, times the gradient."""

    is_elementwise = True

    def __init__(self, mask: NdArray) -> None:
        self.mask = mask

    def forward(self, inputs: Arrays) -> Arrays:
        return (inputs[0] * self.mask,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        return DropoutGrad(self.mask).apply(grad_outputs)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        return self.forward(grad_outputs)


def dropout(x: VariableLike, ratio: float = 0.5, **kwargs: Any) -> Any:
    r"""Sets elements to zero at random, and scales the others by :math:`1 / (1 - ratio)`.

    Only while training: with ``chainer.config.train`` false it returns ``x`` as it is. The mask is drawn from
    ``numpy.random``, or from CuPy's generator on a GPU.

    Args:
        x: Variable or array of a float dtype.
        ratio: Probability of an element to be dropped, in ``[0, 1)``.
        kwargs: ``mask``, an array of the shape of ``x`` to multiply with instead of one drawn at random; and
            ``return_mask``, whether to return the mask too.

    Returns:
        Variable of the shape and dtype of ``x``; with ``return_mask=True`` a pair of it and of the mask, which is
        ``None`` if ``chainer.config.train`` is false.

    Raises:
        ValueError: ``ratio`` is out of range.
        TypeError: An unknown keyword argument.
        chainer.utils.type_check.InvalidType: ``x`` is not of a float dtype.

    References:
        Hinton et al., *Improving neural networks by preventing co-adaptation of feature detectors*, arXiv:1207.0580.

    Example:
        >>> import chainer, numpy as np, chainer.functions as F
        >>> x = np.ones(4, np.float32)
        >>> F.dropout(x, mask=np.array([0, 2, 0, 2], np.float32))
        variable([0., 2., 0., 2.])
        >>> with chainer.using_config("train", False):
        ...     F.dropout(x)
        variable([1., 1., 1., 1.])
    """
    mask, return_mask = None, False
    if kwargs:
        mask, return_mask = parse_kwargs(
            kwargs,
            ("mask", None),
            ("return_mask", False),
            train="train argument is not supported anymore. Use chainer.using_config",
        )
    if not config.train:
        y = as_variable(x)
        return (y, None) if return_mask else y
    func = Dropout(ratio, mask, return_mask)
    (y,) = func.apply((x,))
    return (y, func.mask) if return_mask else y
