import gc

import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import _core

SHAPE = (4, 16, 128, 128)  # 4 MiB


@pytest.fixture(autouse=True)
def empty_pool():
    gc.collect()
    _core.free_memory_pool()
    yield
    _core.free_memory_pool()


@pytest.fixture
def x(rng):
    return rng.standard_normal(SHAPE).astype(np.float32)


def test_memory_is_used_again(x):
    used, kept = _core.memory_pool_bytes()
    assert kept == 0
    y = _core.relu(x)
    assert _core.memory_pool_bytes() == (used + y.nbytes, 0)
    place = y.ctypes.data
    del y
    assert _core.memory_pool_bytes() == (used, x.nbytes)
    y = _core.relu(x)
    assert y.ctypes.data == place
    np.testing.assert_array_equal(y, np.maximum(x, 0))


def test_it_never_holds_more_than_was_in_use_at_once(x):
    used, _ = _core.memory_pool_bytes()
    most = 0
    for n in (3, 1, 2, 4, 1, 3):
        for size in (SHAPE, (2, 32, 200, 100), (3, 7, 301, 77)):
            arrays = [_core.relu(np.zeros(size, np.float32)) for _ in range(n)]
            now, kept = _core.memory_pool_bytes()
            most = max(most, now)
            assert now + kept <= most
            del arrays
    now, kept = _core.memory_pool_bytes()
    assert now == used and kept <= most - used


def test_a_large_block_serves_small_ones_and_is_whole_again_afterwards(x):
    y = _core.relu(x)
    begin, end = y.ctypes.data, y.ctypes.data + y.nbytes
    del y
    halves = [_core.relu(x[:2]), _core.relu(x[2:])]
    assert sorted(half.ctypes.data for half in halves) == [begin, (begin + end) // 2]
    assert _core.memory_pool_bytes()[1] == 0
    np.testing.assert_array_equal(np.concatenate(halves), np.maximum(x, 0))
    halves.reverse()
    del halves[:]
    assert _core.relu(x).ctypes.data == begin


def test_what_is_kept_can_be_given_back(x):
    _core.relu(x)
    assert _core.memory_pool_bytes()[1] > 0
    _core.free_memory_pool()
    assert _core.memory_pool_bytes()[1] == 0


def test_arrays_own_their_memory_and_may_change_their_size(x):
    y = F.relu(x).array
    expected = np.maximum(x, 0).ravel()
    assert y.flags.owndata and y.flags.aligned and y.flags.writeable
    y.resize(x.size * 2, refcheck=False)
    np.testing.assert_array_equal(y[: x.size], expected)
    assert not y[x.size :].any()


def test_other_arrays_are_left_alone(x):
    used, _ = _core.memory_pool_bytes()
    copies = [x.copy(), np.empty(SHAPE), _core.relu(x[:1, :1])]
    assert _core.memory_pool_bytes()[0] == used
    del copies
