"""A profile names what ran in C++, with its shapes, and leaves all as it was."""

import chainer
import chainer.functions as F
import chainer_onednn_ext
import numpy as np
import pytest
from chainer.backends import kernels
from chainer_onednn_ext import _profiling

pytestmark = pytest.mark.ideep


def routines(calls):
    return [call.routine for call in calls]


def test_tells_a_convolution_and_its_gradients():
    x, W = chainer.Variable(np.ones((2, 16, 8, 8), "f")), chainer.Variable(np.ones((4, 16, 3, 3), "f"))
    with chainer_onednn_ext.profile() as calls:
        y = F.relu(F.convolution_2d(x, W))
        y.grad = np.ones(y.shape, "f")
        y.backward()
        x.grad, y.array  # noqa: B018 - images are computed when somebody asks
    found = {call.routine: call.shapes for call in calls}
    assert found["conv_forward_last"] == ((2, 8, 8, 16), (4, 16, 3, 3), (2, 6, 6, 4))
    assert found["conv_backward_data_last"] == ((2, 6, 6, 4), (4, 16, 3, 3), (2, 8, 8, 16))
    assert found["conv_backward_weights_last"] == ((2, 8, 8, 16), (2, 6, 6, 4), (4, 16, 3, 3))
    assert all(call.seconds > 0 for call in calls)


def test_tells_routines_that_are_in_the_table_themselves():
    with chainer_onednn_ext.profile() as calls:
        F.relu(np.ones((3, 4), "f"))
    assert [(call.routine, call.shapes) for call in calls] == [("relu", ((3, 4), (3, 4)))]


def test_a_routine_that_declines_has_done_nothing():
    with chainer_onednn_ext.profile() as calls:
        F.linear(np.ones((2, 3), "f"), np.ones((4, 3), "f"))  # too small to pay
    assert routines(calls) == []


def test_leaves_all_as_it_was():
    x = np.ones((3, 4), "f")
    before = {name: kernels.find(name, x) for name in kernels.NAMES}
    with pytest.raises(ZeroDivisionError), chainer_onednn_ext.profile() as calls:
        1 / 0  # noqa: B018
    F.relu(x)
    assert routines(calls) == []
    assert {name: kernels.find(name, x) for name in kernels.NAMES} == before
    assert kernels.find("relu", x.astype("d")) is None


def test_says_why_there_is_nothing_to_profile(monkeypatch):
    monkeypatch.setattr(_profiling, "why_not", lambda: "it was installed without kernels")
    with pytest.raises(RuntimeError, match="no routines to profile: it was installed without"):
        chainer_onednn_ext.profile().__enter__()
