"""Batch, group and layer normalization, and local response normalization."""

from __future__ import annotations

from chainer.functions.normalization.batch_normalization import GeneralBatchNormalizationImpl, normalised
from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import declined
from chainer_onednn_ext._table import offers, serves

_plain = GeneralBatchNormalizationImpl()


@serves("batch_norm_forward")
def batch_norm_forward(
    x: NdArray, gamma: NdArray, beta: NdArray, axis: tuple[int, ...], eps: float
) -> tuple[NdArray, NdArray, NdArray, NdArray]:
    """Output, mean, biased variance and inverse standard deviation."""
    result = _core.batch_norm_forward(x, gamma, beta, axis, eps)
    if result is None:
        declined["batch_norm_forward"] += 1
        return _plain.forward(x, gamma, beta, axis, eps)
    return result


@serves("batch_norm_backward")
def batch_norm_backward(
    x: NdArray, gamma: NdArray, gy: NdArray, mean: NdArray, inv_std: NdArray, axis: tuple[int, ...]
) -> tuple[NdArray, NdArray, NdArray]:
    """Gradients of input, scale and shift."""
    result = _core.batch_norm_backward(x, gamma, gy, mean, inv_std, axis)
    if result is None:
        declined["batch_norm_backward"] += 1
        return _plain.backward(x, gamma, gy, mean, inv_std, axis)
    return result


@serves("batch_norm_inference")
def batch_norm_inference(
    x: NdArray, gamma: NdArray, beta: NdArray, mean: NdArray, var: NdArray, axis: tuple[int, ...], eps: float
) -> NdArray:
    """Output with given statistics."""
    y = _core.batch_norm_inference(x, gamma, beta, mean, var, axis, eps)
    if y is None:
        declined["batch_norm_inference"] += 1
        return normalised(x, gamma, beta, mean, (var + eps) ** -0.5, axis)
    return y


batch_norm_inference_backward = offers("batch_norm_inference_backward", _core.batch_norm_inference_backward)
group_norm = offers("group_norm", _core.group_norm)
group_norm_backward = offers("group_norm_backward", _core.group_norm_backward)
layer_norm = offers("layer_norm", _core.group_norm)
layer_norm_backward = offers("layer_norm_backward", _core.group_norm_backward)
lrn_forward = offers("lrn_forward", _core.lrn_forward)
lrn_backward = offers("lrn_backward", _core.lrn_backward)
