import io

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import function_hook
from chainer.backends import kernels, raw


class Reversed(raw.RawArray):
    """Elements in the opposite order, as a layout of its own."""

    __slots__ = ("elements",)

    def __init__(self, elements):
        super().__init__(elements.shape, elements.dtype)
        self.elements = elements

    def _unpack(self):
        return np.ascontiguousarray(self.elements[::-1])


class Twice(chainer.FunctionNode):
    """Doubles, and speaks the layout."""

    takes_raw = True

    def forward(self, inputs):
        (x,) = inputs
        self.retain_inputs((0,))
        self.seen = type(x)
        x = raw.enter(x)
        return (Reversed(x.elements * 2) if isinstance(x, Reversed) else x * 2,)

    def backward(self, indexes, grad_outputs):
        return Twice().apply(grad_outputs)

    def backward_arrays(self, indexes, grad_outputs):
        (gy,) = grad_outputs
        self.seen_back = type(gy)
        return (Reversed(gy.elements * 2) if isinstance(gy, Reversed) else Reversed(gy[::-1] * 2),)


@pytest.fixture(autouse=True)
def entrance(monkeypatch):
    monkeypatch.setattr(raw, "_entrance", lambda x: Reversed(x[::-1]))


@pytest.fixture
def x():
    return chainer.Variable(np.arange(3, dtype=np.float32))


def twice(x):
    node = Twice()
    return node, node.apply((x,))[0]


def test_only_a_function_that_says_so_sees_raw_arrays(x):
    _, y = twice(x)
    second, z = twice(y)
    assert second.seen is Reversed
    np.testing.assert_array_equal(F.sqrt(z).array, np.sqrt(4 * x.array))


def test_the_plain_array_is_made_once_and_stays(x):
    _, y = twice(x)
    assert isinstance(y.raw_array, Reversed)
    assert (y.shape, y.dtype, y.ndim, y.size, len(y)) == ((3,), np.float32, 1, 3, 3)
    assert y.array is y.array is y.data
    assert y.array.flags.c_contiguous and type(y.array) is np.ndarray
    assert y[1].array.item() == 2.0


def test_gradients_flow_raw_between_those_who_take_them_and_plain_to_others(x):
    first, y = twice(F.identity(x))
    second, z = twice(y)
    F.sum(z).backward()
    assert second.seen_back is np.ndarray and first.seen_back is Reversed
    np.testing.assert_array_equal(x.grad, [4, 4, 4])
    assert type(x.grad_var.raw_array) is np.ndarray


def test_gradients_of_both_kinds_add_up(x):
    _, y = twice(x)
    parts = [twice(y)[1] for _ in range(3)]
    F.sum(F.add(y * 5, *parts)).backward()
    np.testing.assert_array_equal(x.grad, [22, 22, 22])


def test_hooks_see_plain_arrays(x):
    class Look(chainer.FunctionHook):
        name = "Look"
        types: list = []

        def forward_postprocess(self, function, in_data):
            self.types.append(type(in_data[0]))

        def backward_preprocess(self, function, in_data, out_grad):
            self.types += [type(out_grad[0]), *[type(a) for a in in_data if a is not None]]

    _, y = twice(x)
    with Look() as hook:
        _, z = twice(y)
        F.sum(z).backward()
    assert set(hook.types) == {np.ndarray}
    np.testing.assert_array_equal(x.grad, [4, 4, 4])
    assert not function_hook.is_watched()


def test_never_means_never(x):
    with chainer.using_config("use_ideep", "never"):
        _, y = twice(x)
    assert type(y.raw_array) is np.ndarray
    _, y = twice(x)
    with chainer.using_config("use_ideep", "never"):
        second, _ = twice(y)
    assert second.seen is np.ndarray


def test_copies_pickles_and_retained_data_are_plain(x, tmp_path):
    import copy
    import pickle

    _, y = twice(x)
    for other in (copy.copy(y), copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert type(other.array) is np.ndarray
        np.testing.assert_array_equal(other.array, 2 * x.array)
    y.retain_data()
    assert type(y.node.data) is np.ndarray
    stream = io.BytesIO()
    np.savez(stream, y=y.array)
    assert "variable" in repr(y) and "float32" in y.debug_print()


def test_a_raw_argument_decides_which_kernel_serves(own_kernels):
    a, b = np.zeros(3, np.float32), Reversed(np.zeros(3, np.float32))
    kernels.register("relu", Reversed)(routine := lambda x: x)
    assert kernels.find("relu", a, b) is routine
    assert kernels.find("relu", b) is routine
    assert kernels.find("relu", a, a) is not routine


def test_can_be_differentiated_twice(x):
    _, y = twice(x)
    (gx,) = chainer.grad([F.sum(y * y)], [x], enable_double_backprop=True)
    (ggx,) = chainer.grad([F.sum(gx)], [x])
    np.testing.assert_array_equal(gx.array, 8 * x.array)
    np.testing.assert_array_equal(ggx.array, [8, 8, 8])


def test_what_nobody_defined_is_refused():
    with pytest.raises(NotImplementedError):
        raw.RawArray((2,), "float32").array  # noqa: B018
