"""Errors tell where: the function, the user's line, the link, the shapes and the way out."""

import traceback

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import Variable
from chainer.utils.type_check import InvalidType

x = np.ones((2, 3), "float32")


def message_of(error):
    """What a traceback shows, notes included."""
    return "".join(traceback.format_exception_only(error))


def raised(kind, function):
    with pytest.raises(kind) as caught:
        function()
    return message_of(caught.value)


class Failing(chainer.FunctionNode):
    def forward(self, inputs):
        return (inputs[0] * 1,)

    def backward(self, indexes, grad_outputs):
        raise KeyError("a bug in backward")


class NotANumber(chainer.FunctionNode):
    def forward(self, inputs):
        return (inputs[0] * np.float32("nan"),)


class NaNGradient(chainer.FunctionNode):
    def forward(self, inputs):
        return (inputs[0] * 1,)

    def backward(self, indexes, grad_outputs):
        return (Variable(np.full(grad_outputs[0].shape, np.nan, "float32")),)


class Model(chainer.Chain):
    def __init__(self, function):
        super().__init__()
        self.function = function
        with self.init_scope():
            self.predictor = chainer.Sequential(L.Linear(3, 4), Inner(function))

    def forward(self, x):
        return self.predictor(x)


class Inner(chainer.Link):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function().apply((x,))[0]


def test_wrong_shape():
    message = raised(InvalidType, lambda: L.Linear(4, 2)(x))
    for part in (
        "LinearFunction",
        "Expect: ",
        "Actual: 3 != 4",
        "float32 (2, 3), float32 (2, 4)",
        "test_errors.py, line",
    ):
        assert part in message
    assert "L.Linear(4, 2)(x)" in message  # the user's line


def test_wrong_shape_in_a_link_tells_its_path():
    class Outer(chainer.Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.predictor = chainer.Sequential(L.Linear(3, 4), L.Linear(5, 2))

        def forward(self, x):
            return self.predictor(x)

    assert "link: /predictor/1" in raised(InvalidType, lambda: Outer()(x))


def test_integers():
    message = raised(InvalidType, lambda: F.relu(np.zeros(3, "int32")))
    assert "ReLU" in message
    assert "dtype.kind == f" in message
    assert "i != f" in message
    assert "int32 (3,)" in message


def test_backward_from_many_numbers():
    message = raised(RuntimeError, lambda: (Variable(x) * 2).backward())
    for part in ("(2, 3)", "set its grad", "chainer.functions.sum", "made by _ * 2", "test_errors.py, line"):
        assert part in message


@pytest.mark.parametrize("name", [None, "my_loss"])
def test_backward_from_many_numbers_names_the_variable(name):
    y = Variable(x) * 2
    y.name = name
    assert (f"variable {name!r}" if name else "this variable") in raised(RuntimeError, y.backward)


def test_missing_gradient_of_a_lazy_parameter():
    message = raised(RuntimeError, lambda: L.Linear(None, 2).W.grad)
    assert "parameter 'W' is not initialised" in message
    assert "cleargrad()" in message


def test_uninitialised_parameter_as_input():
    message = raised(TypeError, lambda: F.relu(chainer.Parameter(name="w")))
    for part in ("input 0 of ReLU", "parameter 'w'", "no array", "initialize(shape)"):
        assert part in message


def test_gradient_of_another_shape():
    variable = Variable(x)

    def assign(gradient):
        variable.grad = gradient

    assert "(3,) != data: (2, 3)" in raised(ValueError, lambda: assign(np.ones(3, "float32")))
    assert "float64 != data: float32" in raised(TypeError, lambda: assign(np.ones((2, 3))))
    assert "got list" in raised(TypeError, lambda: assign([1, 2, 3]))


def test_no_array():
    message = raised(TypeError, lambda: Variable([1, 2]))
    assert "got list" in message
    assert "numpy.array" in message


@pytest.mark.parametrize("use", [bool, lambda v: v == v, lambda v: v < 1, lambda v: 1 >= v, lambda v: v != None])  # noqa: E711
def test_comparison(use):
    message = raised(TypeError, lambda: use(Variable(x)))
    assert "Variables" in message


class TestBackward:
    def backward(self, function=Failing, debug=False):
        h = Variable(x, name="my_input")
        with chainer.using_config("debug", debug):
            y = Model(function)(h)
            y.grad = np.ones_like(y.array)
            y.backward()

    def test_exception_carries_where_it_came_from(self):
        message = raised(KeyError, self.backward)
        for part in (
            "a bug in backward",
            "function: Failing (backward)",
            "inputs: float32 (2, 4)",
            "output gradients: float32 (2, 4)",
            "forward called at: ",
            "in forward: return self.function().apply((x,))[0]",
            "chainer.set_debug(True)",
        ):
            assert part in message

    def test_debug_mode_adds_the_link(self):
        message = raised(KeyError, lambda: self.backward(debug=True))
        assert "link: /predictor/1" in message
        assert "set_debug" not in message

    def test_names_of_inputs(self):
        def backward():
            y = Failing().apply((Variable(x, name="my_input"),))[0]
            y.grad = x
            y.backward()

        assert "float32 (2, 3) (my_input)" in raised(KeyError, backward)

    def test_nan(self):
        message = raised(RuntimeError, lambda: self.backward(NaNGradient, debug=True))
        for part in ("NaN is detected on backward computation of NaNGradient", "link: /predictor/1", "test_errors.py"):
            assert part in message
        self.backward(NaNGradient)  # outside debug mode it is none of our business

    def test_wrong_shape(self):
        class Wrong(Failing):
            def backward(self, indexes, grad_outputs):
                return (F.sum(grad_outputs[0]),)

        message = raised(ValueError, lambda: self.backward(Wrong))
        for part in ("Shape of data and grad mismatch", "() != data: (2, 4)", "backward of Wrong, input 0"):
            assert part in message

    @pytest.mark.parametrize("enable_double_backprop", [False, True])
    def test_wrong_dtype(self, enable_double_backprop):
        class Wrong(Failing):
            def backward(self, indexes, grad_outputs):
                return (F.cast(grad_outputs[0], "float64"),)

        def backward():
            y = Wrong().apply((Variable(x),))[0]
            y.grad = x
            y.backward(enable_double_backprop=enable_double_backprop)

        message = raised(TypeError, backward)
        for part in ("Dtype of data and grad mismatch", "float64 != data: float32", "backward of Wrong, input 0"):
            assert part in message

    def test_equal_dtypes_need_not_be_one_object(self):
        class Swapped(Failing):
            def backward(self, indexes, grad_outputs):
                gx = grad_outputs[0].array
                return (Variable(gx.astype(np.dtype("float32", metadata={"unit": "m"}))),)

        v = Variable(x)
        y = Swapped().apply((v,))[0]
        y.grad = x
        y.backward()
        np.testing.assert_array_equal(v.grad, 1)

    def test_no_variable(self):
        class Wrong(Failing):
            def backward(self, indexes, grad_outputs):
                return (np.ones((2, 4), "float32"),)

        message = raised(TypeError, lambda: self.backward(Wrong))
        assert "backward of Wrong must return variables or None, got ndarray for input 0" in message

    @pytest.mark.parametrize("debug", [False, True])
    def test_wrong_number(self, debug):
        class Wrong(Failing):
            def backward(self, indexes, grad_outputs):
                return grad_outputs[0], grad_outputs[0]

        assert "2 != expected 1 (function Wrong)" in raised(ValueError, lambda: self.backward(Wrong, debug))


class TestForward:
    def test_nan_in_debug_mode(self):
        def forward():
            with chainer.using_config("debug", True):
                Model(NotANumber)(x)

        message = raised(RuntimeError, forward)
        for part in (
            "NaN is detected on forward computation of NotANumber",
            "inputs: float32 (2, 4)",
            "link: /predictor/1",
            "called at: ",
            "return self.function().apply((x,))[0]",
        ):
            assert part in message
        assert np.isnan(Model(NotANumber)(x).array).all()  # outside debug mode

    def test_no_tuple(self):
        class Wrong(chainer.FunctionNode):
            def forward(self, inputs):
                return inputs[0]

        message = raised(TypeError, lambda: Wrong().apply((x,)))
        for part in ("Wrong", "must be a tuple", "return y,"):
            assert part in message

    def test_no_arrays(self):
        class Wrong(chainer.FunctionNode):
            def forward(self, inputs):
                return ("text",)

        assert "forward of Wrong must return arrays, got str" in raised(TypeError, lambda: Wrong().apply((x,)))

    def test_applied_twice(self):
        function = Failing()
        function.apply((Variable(x),))
        message = raised(RuntimeError, lambda: function.apply((Variable(x),)))
        assert "Failing was applied before; make a new one" in message

    def test_called(self):
        message = raised(RuntimeError, lambda: Failing()(x))
        assert "use apply((x, ...))" in message

    def test_no_body(self):
        message = raised(NotImplementedError, lambda: chainer.FunctionNode().apply((x,)))
        assert "no forward pass on the CPU" in message

    def test_devices_are_not_mixed(self, monkeypatch):
        class FakeCupyArray:
            """As much of an array on a GPU as the check looks at."""

            dtype, shape, ndim, size = np.dtype("float32"), (2, 3), 2, 6

        class FakeGpu(chainer.backend.Device):
            name = "@cupy:0"

        from chainer import variable as variable_module
        from chainer.backends import cuda

        monkeypatch.setattr(cuda, "ndarray", FakeCupyArray)
        monkeypatch.setattr(
            chainer.backend.GpuDevice,
            "from_array",
            classmethod(lambda cls, a: FakeGpu() if isinstance(a, FakeCupyArray) else None),
        )
        on_gpu = variable_module._revive(Variable(x).node, FakeCupyArray())
        message = raised(TypeError, lambda: F.add(Variable(x), on_gpu))
        for part in (
            "incompatible array types",
            "input 0 on @numpy",
            "input 1 on @cupy:0",
            "to_device",
            "test_errors.py",
        ):
            assert part in message


def test_released_arrays():
    link = chainer.Link()
    with link.init_scope():
        link.w = chainer.Parameter(np.ones(3, "float32"))
    kept = []

    def loss():
        kept.append(F.sum(F.exp(link.w)))
        return kept[0]

    chainer.optimizers.SGD().setup(link).update(loss)
    message = raised(RuntimeError, kept[0].backward)
    assert "released" in message
    assert "loss.backward()" in message
