"""Old-style functions."""

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import Function, Variable
from chainer.gradient_check import check_backward


def variable(*values):
    return Variable(np.array(values, "float32"))


class Product(Function):
    def forward(self, inputs):
        x, y = inputs
        return x * y, x + y

    def backward(self, inputs, grad_outputs):
        x, y = inputs
        product, total = [0 if g is None else g for g in grad_outputs]
        return product * y + total, product * x + total


def test_values_and_gradients(rng):
    x, y, g, h = rng.uniform(-1, 1, (4, 3))
    check_backward(lambda x, y: Product()(x, y), (x, y), (g, h))
    product, total = Product()(x, y)
    np.testing.assert_array_equal(product.array, x * y)
    np.testing.assert_array_equal(total.array, x + y)


def test_one_output_is_no_tuple():
    class Twice(Function):
        def forward(self, inputs):
            return (inputs[0] * 2,)

        def backward(self, inputs, grad_outputs):
            return (grad_outputs[0] * 2,)

    x = variable(1)
    y = Twice()(x)
    assert isinstance(y, Variable)
    y.backward()
    np.testing.assert_array_equal(x.grad, [2])


def test_what_is_known_of_the_call():
    function = Product()
    x = variable(1, 2)
    product, total = function(F.relu(x), x)
    assert product.creator is total.creator is function
    assert isinstance(product.creator_node, chainer.FunctionAdapter)
    assert product.creator_node is function.node
    assert product.creator_node.function is function
    assert function.label == product.creator_node.label == "Product"
    assert function.rank == 1
    assert function.inputs[1] is x.node
    assert function.outputs[0]() is product.node
    assert function.stack is None


def test_calls_are_independent():
    class Scaled(Function):
        def forward(self, inputs):
            self.factor = float(inputs[0].sum())
            return (inputs[0] * self.factor,)

        def backward(self, inputs, grad_outputs):
            return (grad_outputs[0] * self.factor,)

    function = Scaled()
    x, y = variable(2), variable(3)
    (function(x) + function(y)).backward()
    np.testing.assert_array_equal(x.grad, [2])
    np.testing.assert_array_equal(y.grad, [3])


def test_retaining():
    seen = []

    class Retaining(Function):
        def forward(self, inputs):
            self.retain_inputs((1,))
            self.retain_outputs((0,))
            return (inputs[0] + inputs[1],)

        def backward(self, inputs, grad_outputs):
            seen.append((inputs, self.output_data))
            return grad_outputs[0], grad_outputs[0]

    x, y = variable(1), variable(2)
    Retaining()(x, y).backward()
    ((inputs, outputs),) = seen
    assert inputs[0] is None
    assert inputs[1] is y.array
    np.testing.assert_array_equal(outputs[0], [3])


def test_device_methods():
    class OnCpu(Function):
        def forward_cpu(self, inputs):
            return (inputs[0] * 3,)

        def backward_cpu(self, inputs, grad_outputs):
            return (grad_outputs[0] * 3,)

    x = variable(1)
    OnCpu()(x).backward()
    np.testing.assert_array_equal(x.grad, [3])
    for method in ("forward_cpu", "forward_gpu"):
        with pytest.raises(NotImplementedError):
            getattr(Function(), method)(())
    assert Function().backward_cpu((1, 2), ()) == Function().backward_gpu((1, 2), ()) == (None, None)


def test_type_check():
    class Checked(Function):
        def check_type_forward(self, in_types):
            chainer.utils.type_check.expect(in_types[0].dtype.kind == "f")

        def forward(self, inputs):
            return inputs

    with pytest.raises(chainer.utils.type_check.InvalidType, match="Checked"):
        Checked()(np.ones(2, "int32"))


def test_cannot_be_differentiated_twice():
    x, y = variable(1), variable(2)
    product, _ = Product()(x, y)
    product.backward(enable_double_backprop=True)
    gx = x.grad_var
    with pytest.raises(RuntimeError, match='cannot twice-differentiate an old style Function "Product"'):
        gx.backward()


def test_wrong_number_of_gradients():
    class Wrong(Function):
        def forward(self, inputs):
            return (inputs[0],)

        def backward(self, inputs, grad_outputs):
            return grad_outputs[0], grad_outputs[0]

    with pytest.raises(ValueError, match="Wrong is 2, but it has 1 inputs"):
        Wrong()(variable(1)).backward()


def test_hooks():
    calls = []

    class Hook(chainer.FunctionHook):
        name = "Hook"

        def forward_preprocess(self, function, in_data):
            calls.append(function.label)

    function = Product()
    function.add_hook(Hook())
    with pytest.raises(KeyError, match="already exists"):
        function.add_hook(Hook())
    function(variable(1), variable(1))
    function.delete_hook("Hook")
    with pytest.raises(KeyError, match="does not exist"):
        function.delete_hook("Hook")
    Product()(variable(1), variable(1))
    assert calls == ["Product"]


def test_unchain():
    function = Product()
    x = variable(1)
    product, _ = function(x, x)
    function.unchain()
    assert product.creator is None
    product.backward()
    assert x.grad is None
