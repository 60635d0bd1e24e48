"""Candidates of a convolution over channels-last arrays, against the plain body in float64.

Tolerance 2e-6 of the largest element, times the root of the terms of a sum; what the algorithms of Winograd lose is
tested by itself.
"""

import math
import subprocess
import sys

import numpy as np
import pytest
from chainer.functions.connection import _convolution as plain
from chainer_onednn_ext import _core

pytestmark = pytest.mark.ideep

MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4 = 2, 3, 4

# batch, channels in and out, size, ksize, stride, pad, dilate, groups, more behind the windows (cover_all)
CASES = {
    "1x1": (2, 32, 24, (7, 9), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "1x1 odd channels": (3, 37, 21, (5, 5), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "1x1 of many channels": (1, 1100, 70, (5, 3), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "1x1 strided": (2, 32, 8, (7, 8), (1, 1), (2, 3), (0, 0), (1, 1), 1, 0),
    "1x1 padded": (2, 8, 8, (3, 4), (1, 1), (1, 1), (1, 2), (1, 1), 1, 0),
    "many pixels": (2, 16, 48, (30, 31), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "3x3": (2, 16, 32, (14, 14), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "3x3 without pad": (2, 20, 17, (9, 7), (3, 3), (1, 1), (0, 0), (1, 1), 1, 0),
    "3x3 of many channels": (2, 130, 67, (6, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "3x3 of many pixels": (2, 40, 24, (43, 38), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "3x3 with more behind": (2, 9, 20, (6, 6), (3, 3), (1, 1), (0, 0), (1, 1), 1, 1),
    "3x3 strided": (2, 16, 32, (9, 10), (3, 3), (2, 2), (1, 1), (1, 1), 1, 0),
    "wide pad": (2, 8, 8, (4, 5), (3, 3), (1, 1), (3, 2), (1, 1), 1, 0),
    "odd": (3, 5, 7, (9, 11), (3, 2), (2, 1), (1, 0), (1, 1), 1, 0),
    "first layer": (2, 3, 64, (31, 30), (7, 7), (2, 2), (3, 3), (1, 1), 1, 0),
    "large stride": (2, 3, 16, (31, 30), (11, 11), (4, 4), (0, 0), (1, 1), 1, 0),
    "one pixel": (1, 1, 1, (1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 1, 0),
    "one pixel 3x3": (1, 3, 5, (1, 1), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
    "whole image": (4, 8, 10, (5, 5), (5, 5), (1, 1), (0, 0), (1, 1), 1, 0),
    "cover_all": (2, 4, 6, (8, 8), (3, 3), (2, 2), (0, 0), (1, 1), 1, 1),
    "dilated": (2, 6, 4, (11, 12), (3, 3), (1, 2), (2, 2), (2, 3), 1, 0),
    "groups": (2, 32, 48, (9, 9), (3, 3), (1, 1), (1, 1), (1, 1), 2, 0),
    "depthwise": (2, 8, 8, (9, 9), (3, 3), (1, 1), (1, 1), (1, 1), 8, 0),
    "empty batch": (0, 3, 4, (5, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1, 0),
}


class Case:
    """One convolution: arrays in Chainer's order of axes, and the numbers that the module wants."""

    def __init__(self, name, rng):
        batch, c, o, size, ksize, stride, pad, dilate, groups, more = CASES[name]
        self.out_size = tuple(
            (n + 2 * p - d * (k - 1) - 1) // s + 1 + more for n, k, s, p, d in zip(size, ksize, stride, pad, dilate)
        )
        self.x = rng.standard_normal((batch, c, *size)).astype(np.float32)
        self.W = rng.standard_normal((o, c // groups, *ksize)).astype(np.float32)
        self.gy = rng.standard_normal((batch, o, *self.out_size)).astype(np.float32)
        self.rest = (stride, pad, dilate, groups)
        self.geometry = (batch, *size, c, *self.out_size, o, *ksize, *stride, *pad, *dilate, groups)

    def forward(self, scale=None, shift=None, addend=None, relu=False):
        y = plain.plain_conv_forward(*wide(self.x, self.W), None, *self.rest, self.out_size)
        for factor, term in ((scale, None), (None, shift)):
            y = y if factor is None else y * factor[:, None, None]
            y = y if term is None else y + term[:, None, None]
        y = y if addend is None else y + addend
        return np.maximum(y, 0) if relu else y

    def backward_data(self):
        return plain.plain_conv_backward_data(*wide(self.gy, self.W), None, *self.rest, self.x.shape[2:])

    def backward_weights(self):
        wanted = np.dtype(np.float64)
        return plain.plain_conv_backward_weights(*wide(self.x, self.gy), *self.rest, self.W.shape[2:], wanted)


def wide(*arrays):
    return [a.astype(np.float64) for a in arrays]


def last(a):
    return np.ascontiguousarray(np.moveaxis(a, 1, -1))


def close(actual, expected, tolerance):
    assert actual.dtype == np.float32
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max(initial=0))


@pytest.fixture(params=CASES)
def case(request, rng):
    return Case(request.param, rng), request.param


@pytest.fixture(params=[1, 3])
def threads(request):
    before = _core.get_num_threads()
    _core.set_num_threads(request.param)
    yield request.param
    _core.set_num_threads(before)


def is_done(candidate, name, case, direction):
    """Whether a candidate promises to do this."""
    if name in ("depthwise", "empty batch"):
        return False
    stride, _, dilate, groups = case.rest
    if candidate != MATRIX_PRODUCT:
        return case.W.shape[2:] == (3, 3) and (stride, dilate, groups) == ((1, 1), (1, 1), 1)
    return direction != "backward_data" or stride == (1, 1) or name == "1x1 strided"


@pytest.mark.parametrize("candidate", [MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4])
@pytest.mark.parametrize("epilogue", ["", "scale addend", "shift relu", "scale shift addend relu"])
def test_forward(case, rng, candidate, epilogue):
    case, name = case
    o = case.W.shape[0]
    given = {
        "scale": rng.standard_normal(o).astype(np.float32),
        "shift": rng.standard_normal(o).astype(np.float32),
        "addend": rng.standard_normal(case.gy.shape).astype(np.float32),
    }
    scale, shift, addend = (given[key] if key in epilogue else None for key in given)
    relu = "relu" in epilogue
    last_addend = None if addend is None else last(addend)
    y = _core.candidate_forward(candidate, case.geometry, last(case.x), case.W, scale, shift, last_addend, relu)
    assert (y is not None) == is_done(candidate, name, case, "forward")
    if y is not None:
        close(y, last(case.forward(scale, shift, addend, relu)), 2e-6 * math.sqrt(case.W[0].size))


@pytest.mark.parametrize("candidate", [MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4])
def test_forward_on_threads(case, candidate, threads):
    case, name = case
    y = _core.candidate_forward(candidate, case.geometry, last(case.x), case.W, None, None, None, False)
    if y is not None:
        close(y, last(case.forward()), 2e-6 * math.sqrt(case.W[0].size))


@pytest.mark.parametrize("candidate", [MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4])
def test_backward_data(case, candidate, threads):
    case, name = case
    gx = _core.candidate_backward_data(candidate, case.geometry, last(case.gy), case.W)
    assert (gx is not None) == is_done(candidate, name, case, "backward_data")
    if gx is not None:
        close(gx, last(case.backward_data()), 2e-6 * math.sqrt(case.W[:, 0].size))


@pytest.mark.parametrize("candidate", [MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4])
def test_backward_weights(case, candidate, threads):
    case, name = case
    gW = _core.candidate_backward_weights(candidate, case.geometry, last(case.x), last(case.gy))
    assert (gW is not None) == is_done(candidate, name, case, "backward_weights")
    if gW is not None:
        close(gW, case.backward_weights(), 2e-6 * math.sqrt(case.gy[:, 0].size))


@pytest.mark.parametrize("direction", ["forward", "backward_data", "backward_weights"])
@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("shape", [(2, 16, 16, 14), (1, 512, 48, 14), (1, 48, 512, 14), (4, 32, 32, 28)])
@pytest.mark.parametrize(("candidate", "bound"), [(MATRIX_PRODUCT, 3e-7), (WINOGRAD2, 4.5e-7), (WINOGRAD4, 1e-6)])
def test_error(candidate, bound, shape, rectified, direction, rng):
    """Mean square error, as a share of the mean square; that of the plain body is about 3e-7."""
    batch, c, o, size = shape
    x = rng.standard_normal((batch, c, size, size)).astype(np.float32)
    x = np.maximum(x, 0) if rectified else x
    W = rng.standard_normal((o, c, 3, 3)).astype(np.float32)
    gy = rng.standard_normal((batch, o, size, size)).astype(np.float32)
    rest, geometry = ((1, 1), (1, 1), (1, 1), 1), (batch, size, size, c, size, size, o, 3, 3, 1, 1, 1, 1, 1, 1, 1)
    if direction == "forward":
        actual = _core.candidate_forward(candidate, geometry, last(x), W, None, None, None, False)
        expected = last(plain.plain_conv_forward(*wide(x, W), None, *rest, (size, size)))
    elif direction == "backward_data":
        actual = _core.candidate_backward_data(candidate, geometry, last(gy), W)
        expected = last(plain.plain_conv_backward_data(*wide(gy, W), None, *rest, (size, size)))
    else:
        actual = _core.candidate_backward_weights(candidate, geometry, last(x), last(gy))
        expected = plain.plain_conv_backward_weights(*wide(x, gy), *rest, (3, 3), np.dtype(np.float64))
    assert np.sqrt(np.mean((actual - expected) ** 2) / np.mean(expected**2)) < bound


@pytest.mark.parametrize("candidate", [MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4])
def test_same_input_same_bits(candidate, rng, threads):
    case = Case("3x3 of many pixels", rng)
    x, gy = last(case.x), last(case.gy)

    def step():
        y = _core.candidate_forward(candidate, case.geometry, x, case.W, None, None, None, False)
        gx = _core.candidate_backward_data(candidate, case.geometry, gy, case.W)
        gW = _core.candidate_backward_weights(candidate, case.geometry, x, gy)
        return y.tobytes() + gx.tobytes() + gW.tobytes()

    assert len({step() for _ in range(5)}) == 1


@pytest.mark.parametrize("candidate", [MATRIX_PRODUCT, WINOGRAD2, WINOGRAD4])
def test_relu_keeps_nan(candidate):
    x = np.full((1, 4, 4, 8), np.nan, np.float32)
    W = np.ones((8, 8, 3, 3), np.float32)
    geometry = (1, 4, 4, 8, 4, 4, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1)
    assert np.isnan(_core.candidate_forward(candidate, geometry, x, W, None, None, None, True)).all()


def test_inner_loops_for_avx2_agree(tmp_path):
    code = """
import sys, numpy as np
from chainer_onednn_ext import _core
rng = np.random.default_rng(0)
x, W, gy = (rng.standard_normal(s).astype("f") for s in ((2, 9, 9, 40), (70, 40, 3, 3), (2, 9, 9, 70)))
geometry = (2, 9, 9, 40, 9, 9, 70, 3, 3, 1, 1, 1, 1, 1, 1, 1)
done = []
for candidate in range(5):
    y = _core.candidate_forward(candidate, geometry, x, W, None, None, None, True)
    gx = _core.candidate_backward_data(candidate, geometry, gy, W)
    gW = _core.candidate_backward_weights(candidate, geometry, x, gy)
    done += [a for a in (y, gx, gW) if a is not None]
np.savez(sys.argv[1], *done)
"""
    results = []
    for isa in ("AVX2", "ALL"):
        environment = {"ONEDNN_MAX_CPU_ISA": isa, "OMP_NUM_THREADS": "1"}
        subprocess.run([sys.executable, "-c", code, tmp_path / isa], check=True, timeout=100, env=environment)
        results.append(np.load(tmp_path / f"{isa}.npz"))
    assert len(results[0]) == len(results[1]) > 0
    for key, array in results[0].items():
        close(array, results[1][key], 1e-4)


@pytest.mark.parametrize(
    ("direction", "n", "size", "c", "o", "ksize", "stride", "expected"),
    [
        (0, 8, 56, 64, 64, 3, 1, WINOGRAD4),
        (1, 8, 56, 64, 64, 3, 1, WINOGRAD4),
        (2, 8, 56, 64, 64, 3, 1, WINOGRAD4),
        (0, 1, 6, 384, 1024, 3, 1, WINOGRAD2),
        (0, 1, 3, 512, 512, 3, 1, 0),
        (0, 8, 224, 3, 64, 3, 1, 0),
        (0, 8, 56, 64, 64, 3, 2, 0),
        (0, 8, 56, 64, 256, 1, 1, 0),
        (0, 1, 7, 2048, 512, 1, 1, 1),
        (2, 1, 7, 2048, 512, 1, 1, MATRIX_PRODUCT),
        (1, 8, 28, 512, 256, 1, 2, MATRIX_PRODUCT),
    ],
)
def test_rule_chooses_what_was_the_fastest(direction, n, size, c, o, ksize, stride, expected):
    out, pad = (size - 1) // stride + 1, ksize // 2
    geometry = (n, size, size, c, out, out, o, ksize, ksize, stride, stride, pad, pad, 1, 1, 1)
    assert _core.choose_candidate(direction, geometry) == expected
