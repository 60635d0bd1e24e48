from __future__ import annotations

import copy
import pickle

import chainer
import numpy as np
import pytest
from chainer.backend import CpuDevice
from chainer.dataset import ConcatWithAsyncTransfer, Converter, concat_examples, converter, to_device
from chainer.dataset.convert import Conveyor, _call_converter, concat_examples_func
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays


def ramp(*shape, dtype="f"):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def assert_same(actual, expected):
    if isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)
    elif isinstance(expected, dict):
        assert type(actual) is dict and list(actual) == list(expected)
        for key in expected:
            assert_same(actual[key], expected[key])
    else:
        assert type(actual) is type(expected) and len(actual) == len(expected)
        for a, e in zip(actual, expected):
            assert_same(a, e)


# Dtypes are those of chainer 7.8.1.
CASES = {
    "ints": ([1, 2, 3], np.array([1, 2, 3], "l")),
    "floats": ([1.0, 2.0], np.array([1.0, 2.0])),
    "bools": ([True, False], np.array([True, False])),
    "int and float": ([1, 2.5], np.array([1.0, 2.5])),
    "numpy scalars": ([np.int8(1), np.int8(3)], np.array([1, 3], "i1")),
    "half": ([np.float16(1)], np.array([1], "e")),
    "complex": ([1j], np.array([1j])),
    "0-d arrays": ([np.array(1.0), np.array(2.0)], np.array([1.0, 2.0])),
    "arrays": ([ramp(2, 3), 2 * ramp(2, 3)], np.stack([ramp(2, 3), 2 * ramp(2, 3)])),
    "empty arrays": ([ramp(0, 3), ramp(0, 3)], np.zeros((2, 0, 3), "f")),
    "arrays of two dtypes": ([ramp(2), ramp(2, dtype="d")], np.array([[0.0, 1.0]] * 2)),
    "lists": ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
    "tuples": ([(ramp(2), np.int32(4)), (ramp(2), np.int32(5))], (np.stack([ramp(2)] * 2), np.array([4, 5], "i"))),
    "nested tuples": ([((1, 2), 3), ((4, 5), 6)], (np.array([[1, 2], [4, 5]]), np.array([3, 6]))),
    "longer later tuples": ([(1,), (2, 3)], (np.array([1, 2]),)),
    "dicts": ([{"a": 1, "b": ramp(2)}, {"b": ramp(2), "a": 2}], {"a": np.array([1, 2]), "b": np.stack([ramp(2)] * 2)}),
    "an array": (ramp(3, 2), ramp(3, 2)),
}


@pytest.mark.parametrize("case", CASES)
def test_concatenates(case):
    batch, expected = CASES[case]
    assert_same(concat_examples(batch), expected)
    assert_same(concat_examples_func(batch), expected)


PADDED = {
    "one": ([ramp(2), ramp(3)], -1, np.array([[0, 1, -1], [0, 1, 2]], "f")),
    "two axes": ([ramp(2, 1), ramp(1, 2)], 9, np.array([[[0, 9], [1, 9]], [[0, 1], [9, 9]]], "f")),
    "dtype of the first": ([ramp(1, dtype="i"), ramp(2, dtype="d")], 0, np.array([[0, 0], [0, 1]], "i")),
    "same in all parts": ([(ramp(1), 5), (ramp(2), 6)], 7, (np.array([[0, 7], [0, 1]], "f"), np.array([5, 6]))),
    "by part": (
        [(ramp(1), ramp(2)), (ramp(2), ramp(2))],
        (3, None),
        (np.array([[0, 3], [0, 1]], "f"), np.stack([ramp(2)] * 2)),
    ),
    "by key": (
        [{"a": ramp(1), "b": 1}, {"a": ramp(2), "b": 2}],
        {"a": 4, "b": 0},
        {"a": np.array([[0, 4], [0, 1]], "f"), "b": np.array([1, 2])},
    ),
    "numbers": ([1, 2], 0, np.array([1, 2])),
}


@pytest.mark.parametrize("case", PADDED)
def test_pads(case):
    batch, padding, expected = PADDED[case]
    assert_same(concat_examples(batch, padding=padding), expected)


digits = arrays("int32", array_shapes(min_dims=2, max_dims=2, min_side=0), elements=st.integers(0, 9))


@given(st.lists(digits, min_size=1, max_size=5))
def test_padding_keeps_every_array_and_adds_nothing_else(batch):
    padded = concat_examples(batch, padding=-1)
    assert padded.shape == (len(batch), max(x.shape[0] for x in batch), max(x.shape[1] for x in batch))
    for row, x in zip(padded, batch):
        np.testing.assert_array_equal(row[: x.shape[0], : x.shape[1]], x)
    assert (padded >= 0).sum() == sum(x.size for x in batch)


def test_takes_arrays_that_are_not_contiguous():
    x = ramp(4, 6)[::2, ::3]
    assert_same(concat_examples([x, x]), np.stack([x, x]))


def test_does_not_share_memory_with_the_examples():
    batch = [ramp(2), ramp(2)]
    concat_examples(batch)[:] = 7
    np.testing.assert_array_equal(batch[0], ramp(2))


REFUSED = {
    "empty batch": ([], {}, ValueError, "batch is empty"),
    "shapes": ([ramp(2), ramp(3)], {}, ValueError, r"example 0 has \(2,\), example 1 has \(3,\); pass padding"),
    "array and number": ([ramp(2), 1], {}, ValueError, "example 1 has int"),
    "ranks": ([ramp(2), ramp(2, 3)], {"padding": 0}, ValueError, r"same ndim, got \[1, 2\]"),
    "strings": (["a", "b"], {}, TypeError, "cannot make an array of str"),
    "None": ([(1, None)], {}, TypeError, "cannot make an array of NoneType"),
    "variables": ([object()], {}, TypeError, "cannot make an array of object"),
    "short tuples": ([(1, 2), (1,)], {}, IndexError, "out of range"),
    "missing keys": ([{"a": 1}, {"b": 1}], {}, KeyError, "a"),
    "short padding": ([(1, 2)], {"padding": (0,)}, IndexError, "out of range"),
    "device": ([1], {"device": "nowhere"}, ValueError, "not a device specifier"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case):
    batch, options, error, match = REFUSED[case]
    with pytest.raises(error, match=match):
        concat_examples(batch, **options)


@pytest.mark.parametrize("device", [None, -1, "@numpy", CpuDevice()], ids=str)
def test_devices_of_the_cpu(device):
    assert_same(concat_examples([(1, ramp(2))], device), (np.array([1]), ramp(1, 2)))
    assert_same(to_device(device, ramp(2)), ramp(2))
    assert_same(ConcatWithAsyncTransfer()([{"a": 1}], device), {"a": np.array([1])})


def test_to_device_refuses_what_is_no_array():
    with pytest.raises(TypeError, match="cannot send a list"):
        to_device("@numpy", [ramp(2)])


@converter()
def describe(batch, device, extra=3):
    """Tells what came."""
    return batch, device, extra


def test_a_decorated_function_gets_devices():
    assert isinstance(describe, Converter)
    assert describe([1], -1) == ([1], CpuDevice(), 3)
    assert describe([1], device="@numpy", extra=5) == ([1], CpuDevice(), 5)
    assert describe([1], None, 4) == ([1], None, 4)
    assert (describe.__name__, describe.__doc__) == ("describe", "Tells what came.")
    assert "describe" in repr(describe)
    with pytest.raises(TypeError, match="device"):
        describe([1])


def test_converters_travel_by_name():
    for function in (concat_examples, describe):
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.deepcopy(function) is function


def test_a_plain_function_gets_the_device_of_old_scripts():
    def plain(batch, device):
        return device

    assert _call_converter(plain, [1], None) is None
    assert _call_converter(plain, [1], CpuDevice()) == -1
    assert _call_converter(describe, [1], CpuDevice())[1] == CpuDevice()


def test_the_base_class_converts_nothing():
    with pytest.raises(NotImplementedError, match="__call__"):
        Converter()([1], None)


@pytest.mark.parametrize("device", [None, "@numpy"])
def test_a_conveyor_keeps_the_order(device):
    conveyor = Conveyor(device)
    conveyor.put(ramp(2))
    conveyor.put(ramp(3))
    assert_same(conveyor.get(), ramp(2))
    assert_same(conveyor.get(sync=False), ramp(3))
    with pytest.raises(RuntimeError, match="conveyor is empty"):
        conveyor.get()


@pytest.mark.gpu
def test_batches_on_the_gpu_stay_whole_while_they_are_used():
    convert = ConcatWithAsyncTransfer()
    device = chainer.get_device("@cupy:0")
    sums, expected = [], []
    for i in range(50):
        batch = [(np.full(100_000, i + k, "f"), k) for k in range(8)]
        x, t = convert(batch, device)
        sums.append((x.sum(), t))
        expected.append(sum(100_000 * (i + k) for k in range(8)))
    for (total, t), value in zip(sums, expected):
        np.testing.assert_allclose(total.get(), value, rtol=1e-5)
        np.testing.assert_array_equal(t.get(), np.arange(8))


@pytest.mark.gpu
def test_concatenates_on_the_gpu():
    import cupy

    x, t = concat_examples([(cupy.arange(3), 1), (cupy.arange(3), 2)], "@cupy:0", padding=(0, None))
    assert type(x) is type(t) is cupy.ndarray
    np.testing.assert_array_equal(x.get(), [[0, 1, 2]] * 2)
    conveyor = Conveyor("@cupy:0")
    conveyor.put(ramp(3))
    np.testing.assert_array_equal(conveyor.get().get(), ramp(3))
