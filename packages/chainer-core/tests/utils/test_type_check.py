import pickle

import numpy as np
import pytest
from chainer.utils import type_check as T
from chainer.utils.type_check import InvalidType


def types(*arrays):
    return T.get_types(arrays, "in_types", False)


@pytest.fixture
def in_types():
    return types(np.zeros((2, 3), "float32"), np.zeros(3, "int32"))


def failure(*expressions):
    with pytest.raises(InvalidType) as caught:
        T.expect(*expressions)
    return caught.value.expect, caught.value.actual


def test_what_holds_passes(in_types):
    x, t = in_types
    T.expect(
        in_types.size() == 2,
        x.ndim == 2,
        x.shape[1] == t.shape[0],
        x.dtype.kind == "f",
        t.dtype != x.dtype,
        x.shape[0] * 2 + 1 > t.shape[0],
        -x.ndim <= 0,
        x.size // 2 >= 3,
        7 % x.shape[1] < 2,
        2**x.ndim == 4,
        T.prod(x.shape) == 6,
    )


@pytest.mark.parametrize(
    ("expression", "expect", "actual"),
    [
        (lambda x, t: x.ndim == 1, "in_types[0].ndim == 1", "2 != 1"),
        (lambda x, t: x.shape[0] == t.shape[0], "in_types[0].shape[0] == in_types[1].shape[0]", "2 != 3"),
        (lambda x, t: t.dtype.kind == "f", "in_types[1].dtype.kind == f", "i != f"),
        (lambda x, t: x.ndim != 2, "in_types[0].ndim != 2", "2 == 2"),
        (lambda x, t: x.ndim > 2, "in_types[0].ndim > 2", "2 <= 2"),
        (lambda x, t: x.ndim >= 3, "in_types[0].ndim >= 3", "2 < 3"),
        (lambda x, t: x.ndim < 2, "in_types[0].ndim < 2", "2 >= 2"),
        (lambda x, t: x.ndim <= 1, "in_types[0].ndim <= 1", "2 > 1"),
        (lambda x, t: (x.ndim + 1) * 2 == 5, "(in_types[0].ndim + 1) * 2 == 5", "6 != 5"),
        (lambda x, t: 1 - x.ndim == 5, "1 - in_types[0].ndim == 5", "-1 != 5"),
        (lambda x, t: T.prod(x.shape) == 5, "prod(in_types[0].shape) == 5", "6 != 5"),
    ],
)
def test_what_does_not_hold_is_told_in_its_own_terms(in_types, expression, expect, actual):
    assert failure(expression(*in_types)) == (expect, actual)


def test_message():
    with pytest.raises(InvalidType, match="Expect: in_types.size"):
        T.expect(types(np.ones(1)).size() == 2)


def test_names_of_arguments(in_types):
    T.argname(in_types, ("x", "t"))
    assert failure(in_types[0].ndim == 1) == ("x.ndim == 1", "2 != 1")
    with pytest.raises(InvalidType, match="3"):
        T.argname(in_types, ("x", "t", "u"))


def test_truth_of_an_expression_is_refused(in_types):
    with pytest.raises(RuntimeError):
        bool(in_types[0].ndim == 2)


def test_broadcasting():
    def shapes(*shapes):
        return [T.make_variable(shape, f"s{i}") for i, shape in enumerate(shapes)]

    T.expect_broadcast_shapes(*shapes((2, 1, 3), (4, 1), ()))
    with pytest.raises(InvalidType):
        T.expect_broadcast_shapes(*shapes((2, 3), (2, 4)))


def test_light_types_compare_at_once():
    light = T.get_light_types([np.zeros((2, 3)), np.zeros(3)])
    assert light.size() == 2
    assert light[0].ndim == 2
    T.expect(light[0].shape[1] == light[1].shape[0])
    with pytest.raises(InvalidType):
        T.expect(light[0].ndim == 1)


def test_same_types():
    assert T.same_types(np.ones(1), np.ones(2))
    assert not T.same_types(np.ones(1), "x")


def test_eval():
    assert T.eval(T.make_variable(3, "n") + 1) == 4
    assert T.eval(5) == 5


def test_survives_pickling():
    error = pickle.loads(pickle.dumps(InvalidType("a == b", "1 != 2")))
    assert (error.expect, error.actual) == ("a == b", "1 != 2")
    assert "Expect: a == b" in str(error)
