"""Average pooling over regions of interest, with interpolation."""

from __future__ import annotations

from functools import cache
from typing import Any

from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions.pooling._roi import (
    LinearMap,
    SampledAxis,
    check_outsize,
    check_roi_types,
    check_sampling_ratio,
    check_spatial_scale,
    spread_means,
    weighted_means,
)
from chainer.types import Arrays, NdArray, Shape, VariableLike, Variables
from chainer.variable import Variable


class ROIAverageAlign2D(FunctionNode):
    """Node of :func:`roi_average_align_2d`.

    The kernel ``roi_align("average", x, rois, roi_indices, (outh, outw), spatial_scale, sampling_ratio)`` returns the
    output and ``None``, the kernel ``roi_align_backward("average", gy, None, rois, roi_indices, x_shape,
    spatial_scale, sampling_ratio)`` the gradient; either may return ``None`` to leave it to the plain body.

    Attributes:
        outh, outw, spatial_scale: As given.
        sampling_ratio: Samples a bin along each axis, a pair.
    """

    _x_shape: Shape

    def __init__(self, outsize: Any, spatial_scale: float, sampling_ratio: Any = None) -> None:
        self.outh, self.outw = check_outsize(outsize)
        self.spatial_scale = check_spatial_scale(spatial_scale)
        self.sampling_ratio = check_sampling_ratio(sampling_ratio)

    def check_type_forward(self, in_types: Any) -> None:
        check_roi_types(in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs((1, 2))
        x, rois, roi_indices = inputs
        self._x_shape = x.shape
        kernel = kernels.find("roi_align", x)
        if kernel is not None:
            outsize = (self.outh, self.outw)
            result = kernel("average", x, rois, roi_indices, outsize, self.spatial_scale, self.sampling_ratio)
            if result is not None:
                return (result[0],)
        return (weighted_means(x, roi_indices, self._weights(rois)),)

    def _weights(self, rois: NdArray) -> tuple[NdArray, NdArray]:
        scale, (height, width), (ratio_h, ratio_w) = self.spatial_scale, self._x_shape[2:], self.sampling_ratio
        rows = SampledAxis(rois[:, 0], rois[:, 2], scale, self.outh, height, ratio_h)
        columns = SampledAxis(rois[:, 1], rois[:, 3], scale, self.outw, width, ratio_w)
        return rows.weights(rois.dtype), columns.weights(rois.dtype)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        rois, roi_indices = [v.array for v in self.get_retained_inputs()]
        (gy,) = grad_outputs
        assert gy is not None
        weights, shape = cache(lambda: self._weights(rois)), self._x_shape

        def back(gy: NdArray) -> NdArray:
            kernel = kernels.find("roi_align_backward", gy)
            if kernel is not None:
                gx = kernel("average", gy, None, rois, roi_indices, shape, self.spatial_scale, self.sampling_ratio)
                if gx is not None:
                    return gx
            return spread_means(gy, roi_indices, weights(), shape)

        (gx,) = LinearMap(back, lambda x: weighted_means(x, roi_indices, weights())).apply((gy,))
        return tuple([gx if i == 0 else None for i in indexes])


def roi_average_align_2d(
    x: VariableLike,
    rois: VariableLike,
    roi_indices: VariableLike,
    outsize: Any,
    spatial_scale: float,
    sampling_ratio: Any = None,
) -> Variable:
    """Average pooling over regions of interest, of samples interpolated between pixels.

    Nothing is rounded: each bin is sampled at equal distances, and each sample is interpolated bilinearly. Samples
    more than a pixel outside the image count as 0.

    Args:
        x: Images. Shape ``(B, C, H, W)``.
        rois: Regions ``(y_min, x_min, y_max, x_max)``, of the dtype of ``x``. Shape ``(R, 4)``.
        roi_indices: Index of the image of each region. Signed integers of shape ``(R,)``.
        outsize: Number of bins, an int or a pair ``(height, width)``.
        spatial_scale: Pixels of ``x`` to the unit of ``rois``.
        sampling_ratio: Samples a bin along each axis, an int or a pair; ``None`` takes about one a pixel.

    Returns:
        Variable of the dtype of ``x``. Shape ``(R, C, outh, outw)``.

    Raises:
        chainer.utils.type_check.InvalidType: Shapes or dtypes do not match.
        TypeError: ``outsize``, ``spatial_scale`` or ``sampling_ratio`` is not positive, or not of such a type.
        IndexError: There is no image of an index.

    References:
        He, Gkioxari, Dollar and Girshick, *Mask R-CNN*, ICCV 2017, arXiv:1703.06870.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
        >>> rois, roi_indices = np.array([[0, 0, 2, 3]], np.float32), np.array([0], np.int32)
        >>> F.roi_average_align_2d(x, rois, roi_indices, 1, 1.0)
        variable([[[[5.5]]]])
    """
    return ROIAverageAlign2D(outsize, spatial_scale, sampling_ratio).apply((x, rois, roi_indices))[0]
