"""Linear function with dropped connections."""

from __future__ import annotations

from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math.matmul import matmul
from chainer.functions.math.sum import sum as _sum
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class SimplifiedDropconnect(FunctionNode):
    """Node of :func:`simplified_dropconnect`.

    Attributes:
        mask: Which weights are kept: one mask of the shape of ``W``, or one a sample, ``(B, *W.shape)``.
    """

    def __init__(self, ratio: float, mask: NdArray | None = None, use_batchwise_mask: bool = True) -> None:
        if not 0.0 <= ratio < 1.0:
            raise ValueError(f"ratio must be in the range [0, 1), got {ratio}")
        self.ratio = float(ratio)
        self.mask = mask
        self.use_batchwise_mask = use_batchwise_mask

    def check_type_forward(self, in_types: Any) -> None:
        n_in = type_check.eval(in_types.size())
        type_check.argname(in_types, ("x", "W", "b")[: max(n_in, 2)])
        x_type, W_type = in_types[:2]
        type_check.expect(
            x_type.dtype.kind == "f",
            W_type.dtype == x_type.dtype,
            x_type.ndim >= 2,
            W_type.ndim == 2,
            type_check.prod(x_type.shape[1:]) == W_type.shape[1],
        )
        if n_in == 3:
            type_check.expect(in_types[2].dtype == x_type.dtype, in_types[2].shape == W_type.shape[:1])
        if self.mask is not None:
            mask_shape = type_check.make_variable(self.mask.shape, "mask.shape")
            if self.use_batchwise_mask:
                type_check.expect(mask_shape == x_type.shape[:1] + W_type.shape)
            else:
                type_check.expect(mask_shape == W_type.shape)

    def forward(self, inputs: Arrays) -> Arrays:
        x, W = inputs[:2]
        self.retain_inputs((0, 1))
        xp = backend.get_array_module(x)
        if self.mask is None:
            shape: Shape = (len(x), *W.shape) if self.use_batchwise_mask else W.shape
            self.mask = xp.asarray(xp.random.rand(*shape) >= self.ratio)
        self._scaled_mask = self.mask.astype(x.dtype)
        self._scaled_mask *= 1 / (1 - self.ratio)
        x = x.reshape(len(x), -1)
        weight = W * self._scaled_mask
        if self.use_batchwise_mask:
            y = xp.matmul(weight, x[:, :, None])[:, :, 0]  # (B, out)
        else:
            y = x.dot(weight.T)
        if len(inputs) == 3:
            y += inputs[2]
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gy: Any = grad_outputs[0]  # (B, out)
        x, W = self.get_retained_inputs()
        flat = x.reshape(len(x), -1)  # (B, in)
        gx = gW = gb = None
        if 0 in indexes:
            weight = W * self._scaled_mask
            if self.use_batchwise_mask:
                gx = matmul(gy.reshape(len(gy), 1, -1), weight)
            else:
                gx = matmul(gy, weight)
            gx = gx.reshape(x.shape)
        if 1 in indexes:
            if self.use_batchwise_mask:
                outer = gy.reshape(*gy.shape, 1) * flat.reshape(len(x), 1, -1)
                gW = _sum(outer * self._scaled_mask, axis=0)
            else:
                gW = matmul(gy, flat, transa=True) * self._scaled_mask
        if 2 in indexes:
            gb = _sum(gy, axis=0)
        return tuple([(gx, gW, gb)[i] for i in indexes])


def simplified_dropconnect(
    x: VariableLike,
    W: VariableLike,
    b: VariableLike | None = None,
    ratio: float = 0.5,
    train: bool = True,
    mask: NdArray | None = None,
    use_batchwise_mask: bool = True,
) -> Variable:
    r"""Linear function of which connections are dropped at random: :math:`y = (M \odot W) x / (1 - ratio) + b`.

    It is simplified in that it scales at training, as dropout does, where the paper samples at test. The mask is drawn
    with ``numpy.random``, or with CuPy's generator on a GPU.

    Args:
        x: Variable or array of a float dtype, the batch along the first axis; the others are flattened.
        W: Weights, of shape ``(out, in)``.
        b: Biases, of shape ``(out,)``, or ``None``.
        ratio: Probability of a connection to be dropped, in ``[0, 1)``.
        train: Whether to draw a mask and to scale; ``chainer.config.train`` is not looked at.
        mask: Which connections to keep, instead of a random choice: shape ``(B, out, in)``, or ``(out, in)`` if
            ``use_batchwise_mask`` is false.
        use_batchwise_mask: Whether each sample has a mask of its own.

    Returns:
        Variable of shape ``(B, out)``.

    Raises:
        ValueError: ``ratio`` is out of range.
        chainer.utils.type_check.InvalidType: Shapes or dtypes are not as above.

    References:
        Wan et al., *Regularization of Neural Networks using DropConnect*, ICML 2013.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x, W = np.ones((1, 2), np.float32), np.ones((1, 2), np.float32)
        >>> F.simplified_dropconnect(x, W, mask=np.array([[[True, False]]]))
        variable([[2.]])
    """
    if not train:
        ratio = 0.0
        use_batchwise_mask = use_batchwise_mask and mask is not None  # one mask of ones is enough
    func = SimplifiedDropconnect(ratio, mask, use_batchwise_mask)
    return func.apply((x, W) if b is None else (x, W, b))[0]
