"""Connections, poolings and normalizations ask the table of kernels, and take what it gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends import kernels, raw

MARK = 7.0
ROIS, INDICES = np.array([[0, 0, 2, 2]], "f"), np.zeros(1, "int32")


def filled(*shape: int) -> np.ndarray:
    return np.full(shape, MARK, "f")


IMAGE, VECTOR, PARAM = (2, 4, 3, 3), (2, 4), (4,)
FORWARD: dict[str, tuple[str, Callable[..., Any], list[tuple[int, ...]], Callable[..., Any]]] = {
    "linear": ("linear", F.linear, [VECTOR, (5, 4)], lambda x, W, b: filled(2, 5)),
    "convolution": (
        "conv_forward",
        F.convolution_2d,
        [IMAGE, (5, 4, 2, 2)],
        lambda x, W, b, stride, pad, dilate, groups, out_size: filled(2, 5, *out_size),
    ),
    "deconvolution": (
        "conv_backward_data",
        F.deconvolution_2d,
        [IMAGE, (4, 5, 2, 2)],
        lambda gy, W, b, stride, pad, dilate, groups, in_size: filled(2, 5, *in_size),
    ),
    "max pooling": (
        "pool_forward",
        lambda x: F.max_pooling_2d(x, 2),
        [IMAGE],
        lambda mode, x, ksize, stride, pad, out_size: (filled(2, 4, *out_size), None),
    ),
    "average pooling": (
        "pool_forward",
        lambda x: F.average_pooling_2d(x, 2),
        [IMAGE],
        lambda mode, x, ksize, stride, pad, out_size: (filled(2, 4, *out_size), None),
    ),
    "batch normalization": (
        "batch_norm_forward",
        F.batch_normalization,
        [IMAGE, PARAM, PARAM],
        lambda x, gamma, beta, axis, eps: (filled(*IMAGE), filled(4), filled(4), filled(4)),
    ),
    "fixed batch normalization": (
        "batch_norm_inference",
        F.fixed_batch_normalization,
        [IMAGE, PARAM, PARAM, PARAM, PARAM],
        lambda x, gamma, beta, mean, var, axis, eps: filled(*IMAGE),
    ),
    "group normalization": (
        "group_norm",
        lambda x, gamma, beta: F.group_normalization(x, 2, gamma, beta),
        [IMAGE, PARAM, PARAM],
        lambda x, gamma, beta, groups, eps: (filled(*IMAGE), filled(4), filled(4)),
    ),
    "layer normalization": (
        "layer_norm",
        F.layer_normalization,
        [VECTOR, PARAM, PARAM],
        lambda x, gamma, beta, groups, eps: (filled(*VECTOR), filled(2), filled(2)),
    ),
    "local response normalization": (
        "lrn_forward",
        F.local_response_normalization,
        [IMAGE],
        lambda x, n, k, alpha, beta: (filled(*IMAGE), filled(*IMAGE)),
    ),
    "ROI pooling, first": (
        "roi_pool",
        lambda x: F.roi_pooling_2d(x, np.zeros((1, 5), "f"), 2, 2, 1.0),
        [IMAGE],
        lambda mode, x, rois, roi_indices, outsize, scale: (filled(1, 4, 2, 2), None),
    ),
    "ROI max pooling": (
        "roi_pool",
        lambda x: F.roi_max_pooling_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, x, rois, roi_indices, outsize, scale: (filled(1, 4, 2, 2), None),
    ),
    "ROI average pooling": (
        "roi_pool",
        lambda x: F.roi_average_pooling_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, x, rois, roi_indices, outsize, scale: (filled(1, 4, 2, 2), None),
    ),
    "ROI max align": (
        "roi_align",
        lambda x: F.roi_max_align_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, x, rois, roi_indices, outsize, scale, ratio: (filled(1, 4, 2, 2), None),
    ),
    "ROI average align": (
        "roi_align",
        lambda x: F.roi_average_align_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, x, rois, roi_indices, outsize, scale, ratio: (filled(1, 4, 2, 2), None),
    ),
}
BACKWARD: dict[str, tuple[str, Callable[..., Any], list[tuple[int, ...]], Callable[..., Any], list[int]]] = {
    "linear": (
        "linear_backward",
        F.linear,
        [VECTOR, (5, 4)],
        lambda gy, other, is_weight: filled(5, 4) if is_weight else filled(*VECTOR),
        [0, 1],
    ),
    "convolution by data": (
        "conv_backward_data",
        F.convolution_2d,
        [IMAGE, (5, 4, 2, 2)],
        lambda gy, W, b, stride, pad, dilate, groups, in_size: filled(2, 4, *in_size),
        [0],
    ),
    "convolution by weights": (
        "conv_backward_weights",
        F.convolution_2d,
        [IMAGE, (5, 4, 2, 2)],
        lambda x, gy, stride, pad, dilate, groups, ksize, dtype: filled(5, 4, *ksize),
        [1],
    ),
    "max pooling": (
        "pool_backward",
        lambda x: F.max_pooling_2d(x, 2),
        [IMAGE],
        lambda mode, gy, indexes, ksize, stride, pad, in_size: filled(2, 4, *in_size),
        [0],
    ),
    "average pooling": (
        "pool_backward",
        lambda x: F.average_pooling_2d(x, 2),
        [IMAGE],
        lambda mode, gy, indexes, ksize, stride, pad, in_size: filled(2, 4, *in_size),
        [0],
    ),
    "batch normalization": (
        "batch_norm_backward",
        F.batch_normalization,
        [IMAGE, PARAM, PARAM],
        lambda x, gamma, gy, mean, inv_std, axis: (filled(*IMAGE), filled(4), filled(4)),
        [0, 1, 2],
    ),
    "group normalization": (
        "group_norm_backward",
        lambda x, gamma, beta: F.group_normalization(x, 2, gamma, beta),
        [IMAGE, PARAM, PARAM],
        lambda x, gamma, gy, mean, inv_std, groups: (filled(*IMAGE), filled(4), filled(4)),
        [0, 1, 2],
    ),
    "layer normalization": (
        "layer_norm_backward",
        F.layer_normalization,
        [VECTOR, PARAM, PARAM],
        lambda x, gamma, gy, mean, inv_std, groups: (filled(*VECTOR), filled(4), filled(4)),
        [0, 1, 2],
    ),
    "local response normalization": (
        "lrn_backward",
        F.local_response_normalization,
        [IMAGE],
        lambda x, y, gy, unit_scale, n, k, alpha, beta: filled(*IMAGE),
        [0],
    ),
    "embed_id": (
        "embed_backward",
        lambda W: F.embed_id(np.array([0, 1]), W),
        [VECTOR],
        lambda x, gy, w_shape: filled(*w_shape),
        [0],
    ),
    "ROI pooling, first": (
        "roi_pool_backward",
        lambda x: F.roi_pooling_2d(x, np.zeros((1, 5), "f"), 2, 2, 1.0),
        [IMAGE],
        lambda mode, gy, argmax, rois, roi_indices, shape, scale: filled(*shape),
        [0],
    ),
    "ROI max pooling": (
        "roi_pool_backward",
        lambda x: F.roi_max_pooling_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, gy, argmax, rois, roi_indices, shape, scale: filled(*shape),
        [0],
    ),
    "ROI average pooling": (
        "roi_pool_backward",
        lambda x: F.roi_average_pooling_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, gy, argmax, rois, roi_indices, shape, scale: filled(*shape),
        [0],
    ),
    "ROI max align": (
        "roi_align_backward",
        lambda x: F.roi_max_align_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, gy, argmax, rois, roi_indices, shape, scale, ratio: filled(*shape),
        [0],
    ),
    "ROI average align": (
        "roi_align_backward",
        lambda x: F.roi_average_align_2d(x, ROIS, INDICES, 2, 1.0),
        [IMAGE],
        lambda mode, gy, argmax, rois, roi_indices, shape, scale, ratio: filled(*shape),
        [0],
    ),
}


def offer(monkeypatch: pytest.MonkeyPatch, name: str, kernel: Callable[..., Any]) -> None:
    """Makes ``kernel`` the only one there is."""
    assert name in kernels.NAMES
    monkeypatch.setattr(kernels, "find", lambda asked, x, *others: kernel if asked == name else None)
    monkeypatch.setattr(raw, "_entrance", None)


@pytest.mark.parametrize("case", FORWARD)
def test_kernel_serves_forward(monkeypatch, case):
    name, function, shapes, kernel = FORWARD[case]
    offer(monkeypatch, name, kernel)
    y = function(*[np.ones(shape, "f") for shape in shapes])
    np.testing.assert_array_equal(y.array, MARK)


@pytest.mark.parametrize("case", BACKWARD)
def test_kernel_serves_backward(monkeypatch, case):
    name, function, shapes, kernel, served = BACKWARD[case]
    offer(monkeypatch, name, kernel)
    variables = [chainer.Variable(np.ones(shape, "f")) for shape in shapes]
    y = function(*variables)
    y.grad = np.ones_like(y.array)
    y.backward()
    for i in served:
        np.testing.assert_array_equal(variables[i].grad, MARK)


def test_a_kernel_may_leave_the_gradients_of_linear_to_the_plain_body(monkeypatch):
    offer(monkeypatch, "linear_backward", lambda gy, other, is_weight: None)
    x, W = chainer.Variable(np.ones(VECTOR, "f")), chainer.Variable(np.ones((5, 4), "f"))
    y = F.linear(x, W)
    y.grad = np.ones_like(y.array)
    y.backward()
    np.testing.assert_array_equal(x.grad, 5)
    np.testing.assert_array_equal(W.grad, 2)


@pytest.mark.parametrize(
    ("names", "function", "shapes"),
    [
        (("group_norm", "group_norm_backward"), FORWARD["group normalization"][1], [IMAGE, PARAM, PARAM]),
        (("layer_norm", "layer_norm_backward"), F.layer_normalization, [VECTOR, PARAM, PARAM]),
        (("lrn_forward", "lrn_backward"), F.local_response_normalization, [IMAGE]),
    ],
    ids=["groups", "layers", "local responses"],
)
def test_a_kernel_may_leave_a_normalization_to_the_plain_body(monkeypatch, rng, names, function, shapes):
    arrays = [rng.standard_normal(shape) for shape in shapes]

    def value_and_gradients():
        variables = [chainer.Variable(array) for array in arrays]
        y = function(*variables)
        y.grad = np.arange(y.size, dtype=float).reshape(y.shape)
        y.backward()
        return [y.array, *[v.grad for v in variables]]

    expected = value_and_gradients()
    asked = []
    decline = {name: lambda *args, name=name: asked.append(name) for name in names}
    monkeypatch.setattr(kernels, "find", lambda name, x, *others: decline.get(name))
    for actual, wanted in zip(value_and_gradients(), expected):
        np.testing.assert_array_equal(actual, wanted)
    assert asked == list(names)
