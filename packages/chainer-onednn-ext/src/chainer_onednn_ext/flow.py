"""The kernels for channels-last images. Each takes plain images beside them, and returns channels-last ones.

What one does not do, the function of Chainer does with plain images: with the kernel for those, where there is one.
"""

from __future__ import annotations

from typing import Any

import numpy
from chainer.backends import kernels, raw
from chainer.configuration import config
from chainer.functions.connection._convolution import (
    conv_backward_data as general_conv_backward_data,
)
from chainer.functions.connection._convolution import (
    conv_backward_weights as general_conv_backward_weights,
)
from chainer.functions.connection._convolution import (
    conv_forward as general_conv_forward,
)
from chainer.functions.normalization.batch_normalization import GeneralBatchNormalizationImpl, normalised
from chainer.functions.pooling import _windowed
from chainer.types import Arrays, NdArray, Shape

from chainer_onednn_ext import _core, autotune
from chainer_onednn_ext._counters import declined
from chainer_onednn_ext.channels_last import Affine, ChannelsLast, Convolution, Masked, values_of

_IMAGES = (0, 2, 3)  # the axes that share a channel
_plain_batch_norm = GeneralBatchNormalizationImpl()


def _serves(name: str) -> Any:
    return kernels.register(name, ChannelsLast)


def _are_float32(*arrays: Any) -> bool:
    return all(a is None or a.dtype == numpy.float32 for a in arrays)


@_serves("conv_forward")
def conv_forward(
    x: Any, W: NdArray, b: NdArray | None, stride: Shape, pad: Shape, dilate: Shape, groups: int, out_size: Shape
) -> Any:
    """Convolution, to be computed with what follows it."""
    core = None
    if _are_float32(W, b):
        values = values_of(x)
        if config.autotune:
            autotune.conv_forward(values, W, stride, pad, dilate, groups, out_size)
        core = _core.conv_forward_last(values, W, stride, pad, dilate, groups, out_size)
    if core is None:
        return general_conv_forward(raw.plain(x), W, b, stride, pad, dilate, groups, out_size)
    convolution = Convolution(core, None if b is None else b.copy())
    return ChannelsLast((x.shape[0], W.shape[0], *out_size), None, Affine(convolution))


@_serves("conv_backward_data")
def conv_backward_data(
    gy: Any, W: NdArray, b: NdArray | None, stride: Shape, pad: Shape, dilate: Shape, groups: int, in_size: Shape
) -> Any:
    """Gradient of a convolution by its input, which is a transposed convolution."""
    gx = None
    if _are_float32(W, b):
        values = values_of(gy)
        if config.autotune:
            autotune.conv_backward_data(values, W, stride, pad, dilate, groups, in_size)
        gx = _core.conv_backward_data_last(values, W, stride, pad, dilate, groups, in_size)
    if gx is None:
        return general_conv_backward_data(raw.plain(gy), W, b, stride, pad, dilate, groups, in_size)
    if b is None:
        return ChannelsLast.of(gx)
    return ChannelsLast((gx.shape[0], gx.shape[3], *in_size), None, Affine(gx, shift=b.copy()))


@_serves("conv_backward_weights")
def conv_backward_weights(
    x: Any, gy: Any, stride: Shape, pad: Shape, dilate: Shape, groups: int, ksize: Shape, dtype: Any
) -> NdArray:
    """Gradient of a convolution by its filters."""
    gW = None
    if _are_float32(x, gy):
        values, upper = values_of(x), values_of(gy)
        if config.autotune:
            autotune.conv_backward_weights(values, upper, stride, pad, dilate, groups, ksize)
        gW = _core.conv_backward_weights_last(values, upper, stride, pad, dilate, groups, ksize)
    if gW is None:
        return general_conv_backward_weights(raw.plain(x), raw.plain(gy), stride, pad, dilate, groups, ksize, dtype)
    return gW if gW.dtype == dtype else gW.astype(dtype)


@_serves("relu")
def relu(x: Any) -> ChannelsLast:
    """Rectifier, in one pass with what is pending."""
    pending = x.pending
    if isinstance(pending, Affine):
        y = ChannelsLast(x.shape, pending.compute(rectifies=True))
        if pending.center is not None and pending.addend is None and config.enable_backprop:
            y.rectified = pending
        return y
    return ChannelsLast(x.shape, _core.relu(x.values))


@_serves("relu_backward")
def relu_backward(y: Any, gy: Any) -> ChannelsLast:
    """What flows back through a rectifier of output ``y``."""
    before = y.rectified if isinstance(y, ChannelsLast) and y.is_untouched else None
    return ChannelsLast(y.shape, None, Masked(values_of(gy), values_of(y), before))


@_serves("batch_norm_forward")
def batch_norm_forward(x: Any, gamma: NdArray, beta: NdArray, axis: tuple[int, ...], eps: float) -> Any:
    """Output, mean, biased variance and inverse standard deviation."""
    moments = _core.moments_last(x.values) if axis == _IMAGES and _are_float32(gamma, beta) else None
    if moments is None:
        declined["batch_norm_forward"] += 1
        return _plain_batch_norm.forward(x.array, gamma, beta, axis, eps)
    mean, var = moments
    inv_std = 1 / numpy.sqrt(var + eps)
    return x.affine(mean, gamma * inv_std, beta.copy()), mean, var, inv_std


def _batch_norm_gradients(
    x: Any, gamma: NdArray, gy: Any, mean: NdArray, inv_std: NdArray, axis: tuple[int, ...], is_fixed: bool
) -> tuple[Any, NdArray, NdArray] | None:
    if axis != _IMAGES or not _are_float32(x, gamma, gy, mean, inv_std):
        return None
    values = values_of(x)
    masked = gy.pending if isinstance(gy, ChannelsLast) else None
    output = scale = shift = None
    if not isinstance(masked, Masked):
        upper = values_of(gy)
    elif masked.before is not None and masked.before.base is values and masked.before.center is mean:
        upper, scale, shift = masked.upper, masked.before.scale, masked.before.shift
    else:
        upper, output = masked.upper, masked.output
    gradients = _core.batch_norm_backward_last(values, gamma, upper, output, scale, shift, mean, inv_std, is_fixed)
    if gradients is None:
        return None
    gx, ggamma, gbeta = gradients
    return ChannelsLast.of(gx), ggamma, gbeta


@_serves("batch_norm_backward")
def batch_norm_backward(
    x: Any, gamma: NdArray, gy: Any, mean: NdArray, inv_std: NdArray, axis: tuple[int, ...]
) -> tuple[Any, NdArray, NdArray]:
    """Gradients of input, scale and shift."""
    result = _batch_norm_gradients(x, gamma, gy, mean, inv_std, axis, is_fixed=False)
    if result is None:
        declined["batch_norm_backward"] += 1
        return _plain_batch_norm.backward(raw.plain(x), gamma, raw.plain(gy), mean, inv_std, axis)
    return result


@_serves("batch_norm_inference")
def batch_norm_inference(
    x: Any, gamma: NdArray, beta: NdArray, mean: NdArray, var: NdArray, axis: tuple[int, ...], eps: float
) -> Any:
    """Output with given statistics, in one pass with the convolution before it if there are no gradients to come."""
    if axis != _IMAGES or not _are_float32(gamma, beta, mean, var):
        declined["batch_norm_inference"] += 1
        return normalised(x.array, gamma, beta, mean, (var + eps) ** -0.5, axis)
    return x.affine(mean.copy(), gamma / numpy.sqrt(var + eps), beta.copy())


@_serves("batch_norm_inference_backward")
def batch_norm_inference_backward(
    x: Any, gamma: NdArray, gy: Any, mean: NdArray, var: NdArray, axis: tuple[int, ...], eps: float
) -> tuple[Any, NdArray, NdArray] | None:
    """Gradients of input, scale and shift, with given statistics."""
    result = _batch_norm_gradients(x, gamma, gy, mean, 1 / numpy.sqrt(var + eps), axis, is_fixed=True)
    if result is None:
        declined["batch_norm_inference_backward"] += 1
    return result


@_serves("pool_forward")
def pool_forward(mode: str, x: Any, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape) -> tuple[Any, Any]:
    """Output, and for maxima where in its window each was found."""
    result = _core.pool_forward_last(mode, x.values, ksize, stride, pad, out_size)
    if result is None:
        declined["pool_forward"] += 1
        return _general_pool(mode, x.array, ksize, stride, pad, out_size)
    y, indexes = result
    return ChannelsLast.of(y), None if indexes is None else ChannelsLast.of(indexes)


def _general_pool(mode: str, x: NdArray, ksize: Shape, stride: Shape, pad: Shape, out_size: Shape) -> Any:
    if mode == "max":
        return _windowed.max_pool(x, ksize, stride, pad, out_size)
    return _windowed.average_pool(x, ksize, stride, pad, out_size, mode == "average"), None


@_serves("pool_backward")
def pool_backward(mode: str, gy: Any, indexes: Any, ksize: Shape, stride: Shape, pad: Shape, in_size: Shape) -> Any:
    """Gradient of the input."""
    places = None if indexes is None else values_of(indexes)
    gx = _core.pool_backward_last(mode, values_of(gy), places, ksize, stride, pad, in_size)
    if gx is None:
        declined["pool_backward"] += 1
        if mode == "max":
            return _windowed.max_pool_back(raw.plain(gy), raw.plain(indexes), ksize, stride, pad, in_size)
        return _windowed.average_pool_back(raw.plain(gy), ksize, stride, pad, in_size, mode == "average")
    return ChannelsLast.of(gx)


@_serves("concat")
def concat(xs: Arrays, axis: int) -> Any:
    """Images joined along their channels."""
    if axis % 4 != 1 or not _are_float32(*xs):
        return numpy.concatenate([raw.plain(x) for x in xs], axis)
    return ChannelsLast.of(_core.concat_last([values_of(x) for x in xs]))


@_serves("dropout")
def dropout(x: Any, ratio: float) -> tuple[ChannelsLast, ChannelsLast]:
    """Output and mask."""
    y, mask = _core.dropout(x.values, ratio, int(numpy.random.random_sample() * 2**53))
    return ChannelsLast.of(y), ChannelsLast.of(mask)


@_serves("lrn_forward")
def lrn_forward(x: Any, n: int, k: float, alpha: float, beta: float) -> tuple[ChannelsLast, ChannelsLast] | None:
    """Output, and the base of its denominator."""
    served = _core.lrn_forward(x.values, n, k, alpha, beta, True)
    return None if served is None else (ChannelsLast.of(served[0]), ChannelsLast.of(served[1]))


@_serves("lrn_backward")
def lrn_backward(
    x: Any, y: Any, gy: Any, unit_scale: Any, n: int, k: float, alpha: float, beta: float
) -> ChannelsLast | None:
    """Gradient of the input."""
    x, y, gy, unit_scale = [values_of(a) for a in (x, y, gy, unit_scale)]
    gx = _core.lrn_backward(x, y, gy, unit_scale, n, k, alpha, beta, True)
    return None if gx is None else ChannelsLast.of(gx)
