"""Max pooling over regions of interest, as first published."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy

from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions.pooling._roi import LinearMap, bin_places, check_outsize, largest_in_bins, rounded_bins
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


class ROIPooling2D(FunctionNode):
    """Node of :func:`roi_pooling_2d`.

    The kernel ``roi_pool("max_inclusive", x, rois, roi_indices, (outh, outw), spatial_scale)`` returns the output and
    ``argmax_data``, or ``None`` to leave it to the plain body; ``rois`` are in the order of
    :func:`roi_max_pooling_2d`.

    Attributes:
        outh, outw, spatial_scale: As given.
        argmax_data: Number of the largest pixel of each bin in its channel, -1 for an empty bin. Shape of the output.
    """

    argmax_data: NdArray

    def __init__(self, outh: int, outw: int, spatial_scale: float) -> None:
        self.outh, self.outw = check_outsize((outh, outw))
        self.spatial_scale = spatial_scale

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, ("x", "rois"))
        x_type, rois_type = in_types
        type_check.expect(
            x_type.dtype.kind == "f",
            x_type.ndim == 4,
            rois_type.dtype == x_type.dtype,
            rois_type.ndim == 2,
        )
        type_check.expect(rois_type.shape[1] == 5)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((1,))
        x, rois = inputs
        self._bottom_data_shape = x.shape
        roi_indices = rois[:, 0].astype(numpy.int32)
        kernel = kernels.find("roi_pool", x)
        if kernel is not None:
            yx = rois[:, (2, 1, 4, 3)]
            result = kernel("max_inclusive", x, yx, roi_indices, (self.outh, self.outw), self.spatial_scale)
            if result is not None:
                y, self.argmax_data = result
                return (y,)
        rows = rounded_bins(rois[:, 2], rois[:, 4], self.spatial_scale, self.outh, x.shape[2], True)
        columns = rounded_bins(rois[:, 1], rois[:, 3], self.spatial_scale, self.outw, x.shape[3], True)
        y, self.argmax_data = largest_in_bins(x, roi_indices, rows, columns)
        y[self.argmax_data < 0] = 0
        return (y,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        (rois,) = self.get_retained_inputs()
        grad = ROIPooling2DGrad(self.outh, self.outw, self.spatial_scale, self._bottom_data_shape, self.argmax_data)
        (gx,) = grad.apply((rois, grad_outputs[0]))
        return tuple([gx if i == 0 else None for i in indexes])


class ROIPooling2DGrad(FunctionNode):
    """Gradient of :func:`roi_pooling_2d`, of the regions and ``gy``.

    The kernel ``roi_pool_backward("max_inclusive", gy, argmax_data, rois, roi_indices, x_shape, spatial_scale)``
    returns it, or ``None`` to leave it to the plain body.

    Args:
        outh, outw, spatial_scale, argmax_data: As the attributes of :class:`ROIPooling2D`.
        bottom_data_shape: Shape of the images.
    """

    def __init__(
        self, outh: int, outw: int, spatial_scale: float, bottom_data_shape: Shape, argmax_data: NdArray
    ) -> None:
        self.outh = outh
        self.outw = outw
        self.spatial_scale = spatial_scale
        self.bottom_data_shape = bottom_data_shape
        self.argmax_data = argmax_data

    def forward(self, inputs: Arrays) -> Arrays:
        rois, gy = inputs
        shape = self.bottom_data_shape
        roi_indices = rois[:, 0].astype(numpy.int32)
        self._places = cache(lambda: bin_places(self.argmax_data, roi_indices, shape, gy.dtype))
        kernel = kernels.find("roi_pool_backward", gy)
        if kernel is not None:
            yx = rois[:, (2, 1, 4, 3)]
            gx = kernel("max_inclusive", gy, self.argmax_data, yx, roi_indices, shape, self.spatial_scale)
            if gx is not None:
                return (gx,)
        return (self._places().spread(gy, shape),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        shape, places = self.bottom_data_shape, self._places
        gather, spread = lambda x: places().gather(x), lambda gy: places().spread(gy, shape)
        (ggy,) = LinearMap(gather, spread).apply(grad_outputs)
        return tuple([ggy if i == 1 else None for i in indexes])


def roi_pooling_2d(x: VariableLike, rois: VariableLike, outh: int, outw: int, spatial_scale: float) -> Variable:
    """Max pooling over regions of interest, rounded to whole pixels; both corners belong to a region.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        rois: Regions ``(index of the image, x_min, y_min, x_max, y_max)``, of the dtype of ``x``. Shape ``(R, 5)``.
        outh: Number of bins along the height.
        outw: Number of bins along the width.
        spatial_scale: Pixels of ``x`` to the unit of ``rois``.

    Returns:
        Variable of the dtype of ``x``; empty bins give 0. Shape ``(R, C, outh, outw)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.
        TypeError: ``outh`` or ``outw`` is not a positive int.
        IndexError: There is no image of an index.

    References:
        Girshick, *Fast R-CNN*, ICCV 2015, arXiv:1504.08083.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
        >>> F.roi_pooling_2d(x, np.array([[0, 0, 0, 3, 1]], np.float32), 1, 2, 1.0)
        variable([[[[5., 7.]]]])
    """
    return ROIPooling2D(outh, outw, spatial_scale).apply((x, rois))[0]
