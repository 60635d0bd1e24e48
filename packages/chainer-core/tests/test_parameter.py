import copy
import pickle

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import Parameter, initializers


def test_array_is_taken_as_it_is():
    array = np.ones(3, "float32")
    p = Parameter(array)
    assert p.array is array
    assert p.is_initialized
    assert p.grad is None


@pytest.mark.parametrize(
    ("initializer", "expected"), [(3, 3), (2.5, 2.5), (initializers.Constant(4), 4), (np.float64(1), 1), (None, np.nan)]
)
def test_initializers(initializer, expected):
    p = Parameter(initializer, (2, 3))
    np.testing.assert_array_equal(p.array, np.full((2, 3), expected))
    assert p.dtype == np.float32


def test_array_as_initializer_is_copied():
    array = np.arange(3, dtype="float32")
    p = Parameter(array, (3,))
    np.testing.assert_array_equal(p.array, array)
    assert p.array is not array


def test_shape_may_be_an_integer():
    assert Parameter(0, 3).shape == (3,)


class TestLazy:
    def test_array_comes_with_the_shape(self):
        p = Parameter(5, name="w")
        assert not p.is_initialized
        assert p.array is None
        assert p.dtype == np.float32
        with pytest.raises(AttributeError, match="parameter 'w' has no array yet"):
            _ = p.shape
        p.initialize((2,))
        np.testing.assert_array_equal(p.array, [5, 5])
        assert p.is_initialized

    def test_dtype_is_the_initializers_or_the_configured_one(self):
        p = Parameter(initializers.Zero(np.float64))
        p.initialize((2,))
        assert p.dtype == np.float64
        with chainer.using_config("dtype", np.dtype("float16")):
            assert Parameter(0).dtype == np.float16
        with chainer.using_config("dtype", chainer.mixed16):
            assert Parameter(0, (2,)).dtype == np.float16

    def test_gradient_asked_for_too_early(self):
        with pytest.raises(RuntimeError, match="not initialised"):
            _ = Parameter().grad

    def test_cleared_before_it_is_there(self):
        p = Parameter(0)
        p.cleargrad()
        assert p.grad is None
        p.initialize((2,))
        assert p.grad is None

    def test_zeroed_before_it_is_there(self):
        p = Parameter(0)
        p.zerograd()
        p.initialize((2,))
        np.testing.assert_array_equal(p.grad, [0, 0])

    def test_device_is_remembered(self):
        p = Parameter(0)
        p.to_device("@numpy")
        assert p.device == chainer.get_device("@numpy")
        p.initialize((2,))
        assert p.device == chainer.get_device("@numpy")


class TestGradientIsNaNUntilCleared:
    def test_so_that_a_forgotten_cleargrads_shows(self):
        p = Parameter(0, (2,))
        assert np.isnan(p.grad).all()
        assert p.grad.dtype == p.dtype
        F.sum(p * 2).backward()
        assert np.isnan(p.grad).all()

    def test_cleared(self):
        p = Parameter(0, (2,))
        p.cleargrad()
        F.sum(p * 2).backward()
        np.testing.assert_array_equal(p.grad, [2, 2])

    def test_zeroed(self):
        p = Parameter(0, (2,))
        p.zerograd()
        F.sum(p * 2).backward()
        np.testing.assert_array_equal(p.grad, [2, 2])

    def test_added(self):
        p, q = Parameter(0, (2,)), Parameter(0, (2,))
        q.grad = np.ones(2, "float32")
        p.addgrad(q)
        assert np.isnan(p.grad).all()


class TestCopydata:
    def test_into_an_uninitialised_one(self):
        p, q = Parameter(), Parameter(np.ones(2, "float32"))
        p.copydata(q)
        np.testing.assert_array_equal(p.array, [1, 1])
        assert p.array is not q.array

    def test_from_an_uninitialised_one(self):
        p, q = Parameter(7), Parameter(np.ones(2, "float32"))
        q.copydata(p)
        np.testing.assert_array_equal(q.array, [7, 7])
        assert p.is_initialized

    def test_between_two_uninitialised_ones(self):
        p = Parameter()
        p.copydata(Parameter())
        assert not p.is_initialized


class TestCopies:
    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
    @pytest.mark.parametrize("state", ["lazy", "nan", "cleared", "set"])
    def test_all_states_survive(self, duplicate, state):
        p = Parameter(3, None if state == "lazy" else (2,), name="w")
        if state == "cleared":
            p.cleargrad()
        if state == "set":
            p.grad = np.array([5, 6], "float32")
        q = duplicate(p)
        assert isinstance(q, Parameter)
        assert q.name == "w"
        assert q.is_initialized is (state != "lazy")
        if state == "lazy":
            q.initialize((2,))
        np.testing.assert_array_equal(q.array, [3, 3])
        expected = {"lazy": [np.nan] * 2, "nan": [np.nan] * 2, "cleared": None, "set": [5, 6]}[state]
        if expected is None:
            assert q.grad is None
        else:
            np.testing.assert_array_equal(q.grad, expected)

    def test_shallow_copy_shares_the_array(self):
        p = Parameter(3, (2,))
        p.update_rule = object()
        q = copy.copy(p)
        assert q.array is p.array
        assert q.update_rule is p.update_rule
        assert q.initializer is p.initializer


def test_update_calls_the_rule():
    p = Parameter(0, (2,))
    p.update()  # without a rule: nothing
    called = []

    class Rule:
        def update(self, param):
            called.append(param)

    p.update_rule = Rule()
    p.update()
    assert len(called) == 1
    assert called[0] is p
