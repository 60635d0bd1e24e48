import chainer
import numpy as np
import pytest
from chainer.testing import assert_allclose


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "uint8", "bool"])
def test_equal_arrays_are_close(rng, dtype):
    x = rng.uniform(0, 9, (2, 3)).astype(dtype)
    assert_allclose(x, x.copy(), atol=0, rtol=0)


def test_tolerance_is_absolute_plus_relative_to_the_second():
    assert_allclose(np.array(103.0), np.array(100.0), atol=1, rtol=0.02)
    with pytest.raises(AssertionError):
        assert_allclose(np.array(103.01), np.array(100.0), atol=1, rtol=0.02)


def test_dtypes_may_differ_and_numbers_will_do():
    assert_allclose(np.float16(1), 1.0)
    assert_allclose([1, 2], (1.0, 2.0))
    assert_allclose(chainer.Variable(np.ones(2)), np.ones(2, "float32"))


def test_unsigned_differences_do_not_wrap():
    with pytest.raises(AssertionError, match="absolute error.*: 1.0"):
        assert_allclose(np.array([1], "uint8"), np.array([2], "uint8"))


def test_non_finite_numbers():
    special = np.array([np.nan, np.inf, -np.inf])
    assert_allclose(special, special)
    for other in ([1, np.inf, -np.inf], [np.nan, -np.inf, -np.inf], [np.nan, np.inf, 1]):
        with pytest.raises(AssertionError, match="1 of 3 elements"):
            assert_allclose(special, np.array(other))


@pytest.mark.parametrize("shape", [(2,), (1, 3), ()])
def test_shapes_are_not_broadcast(shape):
    with pytest.raises(AssertionError, match="shapes differ"):
        assert_allclose(np.zeros(3), np.zeros(shape))


def test_message_names_the_worst_element():
    x = np.array([[1.0, 2.0], [3.0, 4.5]])
    with pytest.raises(AssertionError) as caught:
        assert_allclose(x, np.array([[1.0, 2.1], [3.0, 4.0]]))
    message = str(caught.value)
    for line in ("2 of 4 elements", "worst element: (1, 1)", "x[i]: 4.5", "y[i]: 4.0", "absolute error[i]: 0.5"):
        assert line in message


def test_large_arrays_are_shown_only_if_asked_for():
    x = np.arange(500.0)
    with pytest.raises(AssertionError, match=r"x: float64 \(500,\)"):
        assert_allclose(x, x + 1, verbose=False)
    with pytest.raises(AssertionError, match="499"):
        assert_allclose(x, x + 1, verbose=True)
