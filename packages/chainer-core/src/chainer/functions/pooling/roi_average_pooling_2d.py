"""Average pooling over regions of interest."""

from __future__ import annotations

from functools import cache
from typing import Any

from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions.pooling._roi import (
    LinearMap,
    bin_weights,
    check_outsize,
    check_roi_types,
    check_spatial_scale,
    rounded_bins,
    spread_means,
    weighted_means,
)
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.variable import Variable


class ROIAveragePooling2D(FunctionNode):
    """Node of :func:`roi_average_pooling_2d`.

    The kernel ``roi_pool("average", x, rois, roi_indices, (outh, outw), spatial_scale)`` returns the output and
    ``None``, the kernel ``roi_pool_backward("average", gy, None, rois, roi_indices, x_shape, spatial_scale)`` the
    gradient; either may return ``None`` to leave it to the plain body.

    Attributes:
        outh, outw, spatial_scale: As given.
    """

    _x_shape: Shape

    def __init__(self, outsize: Any, spatial_scale: float) -> None:
        self.outh, self.outw = check_outsize(outsize)
        self.spatial_scale = check_spatial_scale(spatial_scale)

    def check_type_forward(self, in_types: Any) -> None:
        check_roi_types(in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((1, 2))
        x, rois, roi_indices = inputs
        self._x_shape = x.shape
        kernel = kernels.find("roi_pool", x)
        if kernel is not None:
            result = kernel("average", x, rois, roi_indices, (self.outh, self.outw), self.spatial_scale)
            if result is not None:
                return (result[0],)
        return (weighted_means(x, roi_indices, self._weights(rois)),)

    def _weights(self, rois: NdArray) -> tuple[NdArray, NdArray]:
        height, width = self._x_shape[2:]
        rows = rounded_bins(rois[:, 0], rois[:, 2], self.spatial_scale, self.outh, height, False)
        columns = rounded_bins(rois[:, 1], rois[:, 3], self.spatial_scale, self.outw, width, False)
        return bin_weights(rows, height, rois.dtype), bin_weights(columns, width, rois.dtype)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        rois, roi_indices = [v.array for v in self.get_retained_inputs()]
        (gy,) = grad_outputs
        assert gy is not None
        weights, shape = cache(lambda: self._weights(rois)), self._x_shape

        def back(gy: NdArray) -> NdArray:
            kernel = kernels.find("roi_pool_backward", gy)
            if kernel is not None:
                gx = kernel("average", gy, None, rois, roi_indices, shape, self.spatial_scale)
                if gx is not None:
                    return gx
            return spread_means(gy, roi_indices, weights(), shape)

        (gx,) = LinearMap(back, lambda x: weighted_means(x, roi_indices, weights())).apply((gy,))
        return tuple([gx if i == 0 else None for i in indexes])


def roi_average_pooling_2d(
    x: VariableLike, rois: VariableLike, roi_indices: VariableLike, outsize: Any, spatial_scale: float
) -> Variable:
    """Average pooling over regions of interest, rounded to whole pixels.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        rois: Regions ``(y_min, x_min, y_max, x_max)``, of the dtype of ``x``; the pixel at the maxima belongs to none.
            Shape ``(R, 4)``.
        roi_indices: Index of the image of each region. Signed integers of shape ``(R,)``.
        outsize: Number of bins, an int or a pair ``(height, width)``.
        spatial_scale: Pixels of ``x`` to the unit of ``rois``.

    Returns:
        Variable of the dtype of ``x``; an empty bin, outside the image, gives 0. Shape ``(R, C, outh, outw)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.
        TypeError: ``outsize`` or ``spatial_scale`` is not positive, or not of such a type.
        IndexError: There is no image of an index.

    References:
        Girshick, *Fast R-CNN*, ICCV 2015, arXiv:1504.08083.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
        >>> rois, roi_indices = np.array([[0, 0, 2, 4]], np.float32), np.array([0], np.int32)
        >>> F.roi_average_pooling_2d(x, rois, roi_indices, (1, 2), 1.0)
        variable([[[[2.5, 4.5]]]])
    """
    return ROIAveragePooling2D(outsize, spatial_scale).apply((x, rois, roi_indices))[0]
