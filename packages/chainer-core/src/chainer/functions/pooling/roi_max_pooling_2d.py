"""Max pooling over regions of interest."""

from __future__ import annotations

from functools import cache
from typing import Any

from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions.pooling._roi import (
    LinearMap,
    bin_places,
    check_outsize,
    check_roi_types,
    check_spatial_scale,
    largest_in_bins,
    rounded_bins,
)
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.variable import Variable


class ROIMaxPooling2D(FunctionNode):
    """Node of :func:`roi_max_pooling_2d`.

    The kernel ``roi_pool("max", x, rois, roi_indices, (outh, outw), spatial_scale)`` returns the output and
    ``argmax_data``, the kernel ``roi_pool_backward("max", gy, argmax_data, rois, roi_indices, x_shape,
    spatial_scale)`` the gradient; either may return ``None`` to leave it to the plain body.

    Attributes:
        outh, outw, spatial_scale: As given.
        argmax_data: Number of the largest pixel of each bin in its channel, -1 for an empty bin. Shape of the output.
    """

    argmax_data: NdArray
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
            result = kernel("max", x, rois, roi_indices, (self.outh, self.outw), self.spatial_scale)
            if result is not None:
                y, self.argmax_data = result
                return (y,)
        rows = rounded_bins(rois[:, 0], rois[:, 2], self.spatial_scale, self.outh, x.shape[2], False)
        columns = rounded_bins(rois[:, 1], rois[:, 3], self.spatial_scale, self.outw, x.shape[3], False)
        y, self.argmax_data = largest_in_bins(x, roi_indices, rows, columns)
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        rois, roi_indices = [v.array for v in self.get_retained_inputs()]
        (gy,) = grad_outputs
        assert gy is not None
        shape, argmax = self._x_shape, self.argmax_data
        dtype = gy.dtype
        places = cache(lambda: bin_places(argmax, roi_indices, shape, dtype))

        def back(gy: NdArray) -> NdArray:
            kernel = kernels.find("roi_pool_backward", gy)
            if kernel is not None:
                gx = kernel("max", gy, argmax, rois, roi_indices, shape, self.spatial_scale)
                if gx is not None:
                    return gx
            return places().spread(gy, shape)

        (gx,) = LinearMap(back, lambda x: places().gather(x)).apply((gy,))
        return tuple([gx if i == 0 else None for i in indexes])


def roi_max_pooling_2d(
    x: VariableLike, rois: VariableLike, roi_indices: VariableLike, outsize: Any, spatial_scale: float
) -> Variable:
    """Max pooling over regions of interest, rounded to whole pixels.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        rois: Regions ``(y_min, x_min, y_max, x_max)``, of the dtype of ``x``; the pixel at the maxima belongs to none.
            Shape ``(R, 4)``.
        roi_indices: Index of the image of each region. Signed integers of shape ``(R,)``.
        outsize: Number of bins, an int or a pair ``(height, width)``.
        spatial_scale: Pixels of ``x`` to the unit of ``rois``.

    Returns:
        Variable of the dtype of ``x``; an empty bin, outside the image, gives minus infinity. Shape
        ``(R, C, outh, outw)``.

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
        >>> F.roi_max_pooling_2d(x, rois, roi_indices, (1, 2), 1.0)
        variable([[[[5., 7.]]]])
    """
    return ROIMaxPooling2D(outsize, spatial_scale).apply((x, rois, roi_indices))[0]
