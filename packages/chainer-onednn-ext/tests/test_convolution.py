"""Against the plain body in float64; tolerance 2e-6 of the largest element, times the root of the terms of a sum."""

import math
import subprocess
import sys
import threading

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.connection import _convolution as plain
from chainer_onednn_ext import declined

pytestmark = pytest.mark.ideep

# batch, channels in and out, size, ksize, stride, pad, dilate, groups; more behind the windows (cover_all)
CASES = {
    "3x3": (2, 16, 32, (14, 14), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "odd": (3, 5, 7, (9, 11), (3, 2), (2, 1), (1, 0), (1, 1), 1, 0),
    "first layer": (2, 3, 64, (31, 30), (7, 7), (2, 2), (3, 3), (1, 1), 1, 0),
    "one channel": (2, 1, 1, (5, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "1x1": (2, 32, 8, (7, 7), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "1x1 strided": (2, 32, 8, (7, 7), (1, 1), (2, 2), (0, 0), (1, 1), 1, 0),
    "one pixel": (1, 1, 1, (1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "whole image": (4, 8, 10, (5, 5), (5, 5), (1, 1), (0, 0), (1, 1), 1, 0),
    "cover_all": (2, 4, 6, (8, 8), (3, 3), (2, 2), (0, 0), (1, 1), 1, 1),
    "dilated": (2, 6, 4, (11, 12), (3, 3), (1, 2), (2, 2), (2, 3), 1, 0),
    "groups": (2, 8, 16, (9, 9), (3, 3), (1, 1), (1, 1), (1, 1), 4, 0),
    "depthwise": (2, 8, 8, (9, 9), (3, 3), (1, 1), (1, 1), (1, 1), 8, 0),
    "1-d": (2, 6, 4, (17,), (3,), (2,), (1,), (1,), 1, 0),
    "3-d": (2, 6, 4, (5, 6, 7), (3, 2, 3), (1, 1, 2), (1, 0, 1), (1, 1, 1), 1, 0),
    "3-d groups": (2, 6, 4, (5, 6, 7), (3, 2, 3), (1, 1, 2), (1, 0, 1), (1, 1, 1), 2, 0),
    "empty batch": (0, 3, 4, (5, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "4-d": (1, 2, 3, (3, 3, 3, 3), (2, 2, 2, 2), (1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 1, 1), 1, 0),
}
DECLINED = ("empty batch", "4-d")


def close(actual, expected, n_terms):
    assert actual.dtype == np.float32
    assert actual.shape == expected.shape
    tolerance = 2e-6 * math.sqrt(n_terms) * np.abs(expected).max(initial=0)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


@pytest.fixture(params=CASES)
def case(request, rng):
    batch, n_in, n_out, size, ksize, stride, pad, dilate, groups, more = CASES[request.param]
    out_size = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1 + more for n, k, s, p, d in zip(size, ksize, stride, pad, dilate)
    )
    x = rng.standard_normal((batch, n_in, *size)).astype(np.float32)
    W = rng.standard_normal((n_out, n_in // groups, *ksize)).astype(np.float32)
    b = rng.standard_normal(n_out).astype(np.float32)
    gy = rng.standard_normal((batch, n_out, *out_size)).astype(np.float32)
    return request.param, x, W, b, gy, (stride, pad, dilate, groups)


def wide(*arrays):
    return [None if a is None else a.astype(np.float64) for a in arrays]


@pytest.mark.parametrize("nobias", [False, True])
def test_forward(case, nobias, lay):
    name, x, W, b, gy, geometry = case
    before = declined["conv_forward"]
    b = None if nobias else b
    y = plain.conv_forward(lay(x), lay(W), b, *geometry, gy.shape[2:])
    close(y, plain.plain_conv_forward(*wide(x, W, b), *geometry, gy.shape[2:]), W[0].size)
    assert declined["conv_forward"] - before == (name in DECLINED)


@pytest.mark.parametrize("nobias", [False, True])
def test_backward_data(case, nobias, lay):
    name, x, W, _, gy, geometry = case
    before = declined["conv_backward_data"]
    b = None if nobias else np.arange(x.shape[1], dtype=np.float32)
    gx = plain.conv_backward_data(lay(gy), lay(W), b, *geometry, x.shape[2:])
    close(gx, plain.plain_conv_backward_data(*wide(gy, W, b), *geometry, x.shape[2:]), W[:, 0].size)
    assert declined["conv_backward_data"] - before == (name in DECLINED)


def test_backward_weights(case, lay):
    name, x, W, _, gy, geometry = case
    before = declined["conv_backward_weights"]
    gW = plain.conv_backward_weights(lay(x), lay(gy), *geometry, W.shape[2:], np.dtype(np.float32))
    expected = plain.plain_conv_backward_weights(*wide(x, gy), *geometry, W.shape[2:], np.dtype(np.float64))
    close(gW, expected, max(gy[:, 0].size, 1))
    assert declined["conv_backward_weights"] - before == (name in DECLINED)


def test_weights_of_another_dtype_are_left_to_the_plain_body(rng):
    x = rng.standard_normal((1, 2, 4, 4)).astype(np.float32)
    W = rng.standard_normal((3, 2, 3, 3))
    before = declined["conv_forward"]
    y = F.convolution_2d(x, W)
    assert declined["conv_forward"] == before + 1
    assert y.dtype == np.float32


def test_gradients_of_functions(rng):
    x, W, b = (chainer.Variable(rng.standard_normal(s).astype("f")) for s in ((2, 4, 7, 7), (6, 4, 3, 3), (6,)))
    F.sum(F.convolution_2d(x, W, b, stride=2, pad=1) ** 2).backward()
    kernel = [v.grad for v in (x, W, b)]
    for v in (x, W, b):
        v.cleargrad()
    with chainer.using_config("use_ideep", "never"):
        F.sum(F.convolution_2d(x, W, b, stride=2, pad=1) ** 2).backward()
    for v, expected in zip((x, W, b), kernel):
        np.testing.assert_allclose(v.grad, expected, rtol=1e-4, atol=1e-4)


def test_same_input_same_bits(rng):
    x = rng.standard_normal((4, 16, 15, 15)).astype(np.float32)
    W = rng.standard_normal((16, 16, 3, 3)).astype(np.float32)

    def step():
        y = F.convolution_2d(chainer.Variable(x), chainer.Parameter(W), pad=1)
        gW = plain.conv_backward_weights(x, y.array, (1, 1), (1, 1), (1, 1), 1, (3, 3), W.dtype)
        return y.array.tobytes() + gW.tobytes()

    assert len({step() for _ in range(5)}) == 1


def test_threads_of_python_share_primitives(rng):
    x = rng.standard_normal((4, 8, 15, 15)).astype(np.float32)
    W = rng.standard_normal((8, 8, 3, 3)).astype(np.float32)
    expected = F.convolution_2d(x, W, pad=1).array
    results = []

    def work():
        results.extend(F.convolution_2d(x, W, pad=1).array for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    for y in results:
        np.testing.assert_array_equal(y, expected)


def test_works_in_a_forked_process():
    code = """
import os, numpy as np, chainer.functions as F
x, W = np.ones((8, 16, 32, 32), "f"), np.ones((16, 16, 3, 3), "f")
expected = F.convolution_2d(x, W).array
if child := os.fork():
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0 if (F.relu(F.convolution_2d(x, W)).array == expected).all() else 1)
"""
    environment = {"OMP_NUM_THREADS": "2", "PYTHONWARNINGS": "ignore"}
    run = subprocess.run([sys.executable, "-c", code], timeout=100, env=environment)
    assert run.returncode == 0
