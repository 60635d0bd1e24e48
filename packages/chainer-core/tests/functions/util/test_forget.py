import gc
import weakref

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.gradient_check import check_backward


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_values_and_gradients_are_those_of_the_function(rng, shape, dtype):
    def func(x, y):
        return x * y + F.exp(x), x - y

    x, y, g, h = [chainer.Variable(np.asarray(v, dtype)) for v in rng.uniform(-1, 1, (4, *shape))]
    expected, actual = func(x, y), F.forget(func, x, y)
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a.array, b.array)
        assert a.dtype == dtype
    for a, b in zip(chainer.grad(actual, [x, y], [g, h]), chainer.grad(expected, [x, y], [g, h]), strict=True):
        np.testing.assert_array_equal(a.array, b.array)


def test_gradients(rng):
    x, y, gy = rng.uniform(-1, 1, (3, 4))
    check_backward(lambda x, y: F.forget(lambda x, y: x * y + x, x, y), (x, y), gy)


def test_one_output_with_a_gradient():
    x = chainer.Variable(np.ones(3))
    y, _ = F.forget(lambda x: (x * 2, x * 3), x)
    y.grad = np.ones(3)
    y.backward()
    np.testing.assert_array_equal(x.grad, 2)


def test_function_may_return_its_input():
    x = chainer.Variable(np.ones(3))
    y, z = F.forget(lambda x: (x, x * 3), x)
    y.grad = z.grad = np.ones(3)
    chainer.backward([y, z])
    np.testing.assert_array_equal(x.grad, 4)


def test_parameters_inside_get_their_gradients():
    x, p = chainer.Variable(np.full(3, 2.0)), chainer.Parameter(np.ones(3))
    p.cleargrad()
    F.sum(F.forget(lambda x: x * p, x)).backward()
    np.testing.assert_array_equal(p.grad, 2)


def test_what_is_inside_is_not_kept():
    inside = []

    def func(x):
        h = F.exp(x)
        inside.append(weakref.ref(h.array))
        return h * h

    y = F.forget(func, chainer.Variable(np.ones(3)))
    gc.collect()
    assert inside[0]() is None
    assert y.creator_node.label == "Forget"


def test_second_pass_is_told_to_be_one():
    passes = []

    def func(x):
        passes.append((chainer.config.in_recomputing, chainer.config.enable_backprop))
        return x * 2

    F.sum(F.forget(func, chainer.Variable(np.ones(3)))).backward()
    assert passes == [(False, False), (True, True)]
    assert chainer.config.in_recomputing is False


def test_arrays():
    np.testing.assert_array_equal(F.forget(lambda x: x * 2, np.ones(3)).array, 2)


def test_refusals():
    x = chainer.Variable(np.ones(3))
    with pytest.raises(TypeError, match="func must be callable, got int"):
        F.forget(3, x)
    for bad in (None, x.array, [x]):
        with pytest.raises(RuntimeError, match="a variable or a tuple of variables"):
            F.forget(lambda x, bad=bad: bad, x)
    with pytest.raises(RuntimeError, match="cannot be differentiated twice"):
        F.sum(F.forget(lambda x: x * x, x)).backward(enable_double_backprop=True)
