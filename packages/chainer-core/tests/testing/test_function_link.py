import unittest

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import initializers, testing
from chainer.testing import BackendConfig

CPU = BackendConfig({})


def draw(*shape, dtype="float32"):
    return np.random.uniform(0.5, 1, shape).astype(dtype)


class Product(testing.FunctionTestCase):
    """A test that passes; the tests below break it in one place each."""

    __test__ = False
    dtype = "float32"

    def setUp(self):
        if self.dtype == "float16":
            self.check_forward_options = self.check_backward_options = {"atol": 1e-2, "rtol": 1e-2}
            self.check_double_backward_options = {"atol": 1e-2, "rtol": 1e-2}

    def generate_inputs(self):
        return draw(2, 3, dtype=self.dtype), draw(2, 3, dtype=self.dtype)

    def forward(self, inputs, device):
        x, y = inputs
        return (x * y,)

    def forward_expected(self, inputs):
        x, y = inputs
        return (x * y,)


@testing.parameterize(*testing.product({"dtype": ["float16", "float32", "float64"], "contiguous": [None, "C"]}))
@testing.inject_backend_tests(None, [{}, {"use_cuda": True}])
class TestProduct(Product):
    __test__ = True


@testing.inject_backend_tests(None, [{}, {"use_cuda": True}])
class TestDodging(testing.FunctionTestCase):
    """Half of the points are on a kink: it passes because others are drawn."""

    dodge_nondifferentiable = True

    def generate_inputs(self):
        return (np.array([np.random.choice([0.0, 0.5]), 0.7], "float32"),)

    def forward(self, inputs, device):
        return (F.relu(inputs[0]),)

    def forward_expected(self, inputs):
        return (np.maximum(inputs[0], 0),)


def outcome(cls, method, config=CPU, **members):
    """Runs one test of a class with some of its members replaced; what it raises."""
    case = type("Broken", (cls,), members)(method)
    case.setUp()
    try:
        getattr(case, method)(config)
    except Exception as error:
        return error
    return None


def broken_square(x, factor):
    class Square(chainer.FunctionNode):
        def forward(self, inputs):
            self.retain_inputs((0,))
            return (inputs[0] ** 2,)

        def backward(self, indexes, grad_outputs):
            (x,) = self.get_retained_inputs()
            return (factor(x) * grad_outputs[0],)

    return Square().apply((x,))[0]


class TestFailures:
    @pytest.mark.parametrize(
        ("members", "match"),
        [
            ({"forward_expected": lambda self, xs: (xs[0],)}, r"outputs do not match the expected values[\s\S]*\[0\]:"),
            ({"forward_expected": lambda self, xs: (xs[0], xs[1])}, "number of outputs is 1, expected 2"),
            ({"forward_expected": lambda self, xs: ((xs[0] * xs[1]).astype("d"),)}, "shapes or dtypes of outputs"),
            ({"forward_expected": lambda self, xs: ((xs[0] * xs[1])[0],)}, "shapes or dtypes of outputs"),
            ({"forward": lambda self, xs, device: xs[0] * xs[1]}, r"forward\(\) must return a tuple, not Variable"),
            ({"forward": lambda self, xs, device: (xs[0].array,)}, "tuple of variables, got ndarray"),
        ],
    )
    def test_forward(self, members, match):
        error = outcome(Product, "test_forward", **members)
        assert isinstance(error, testing.FunctionTestError)
        with pytest.raises(testing.FunctionTestError, match=match):
            raise error

    def test_inputs_must_be_left_alone(self):
        def forward(self, inputs, device):
            inputs[1].array[...] += 1
            return (inputs[0] * (inputs[1].array - 1),)

        error = outcome(Product, "test_forward", forward=forward)
        assert "forward modified its input 1" in str(error)

    @pytest.mark.parametrize(
        ("members", "match"),
        [
            (
                {"generate_inputs": lambda self: [draw(3), draw(3)]},
                r"generate_inputs\(\) must return a tuple, not list",
            ),
            ({"generate_inputs": lambda self: (draw(3), 1.0)}, "NumPy arrays or None, got ndarray, float"),
            ({"forward_expected": lambda self, xs: xs[0]}, r"forward_expected\(\) must return a tuple"),
            ({"generate_grad_outputs": lambda self, ys: list(ys)}, r"generate_grad_outputs\(\) must return a tuple"),
        ],
    )
    def test_of_the_test_itself(self, members, match):
        with pytest.raises(TypeError, match=match):
            raise outcome(Product, "test_backward", **members)

    def test_backward(self):
        def forward(self, inputs, device):
            return (broken_square(inputs[0], lambda x: 3 * x),)

        error = outcome(Product, "test_backward", forward=forward, forward_expected=lambda self, xs: (xs[0] ** 2,))
        assert isinstance(error, testing.FunctionTestError)
        assert str(error).startswith("backward is not implemented correctly: check_backward failed")

    def test_double_backward(self):
        def forward(self, inputs, device):
            return (broken_square(inputs[0], lambda x: x + x.array),)

        members = {
            "forward": forward,
            "forward_expected": lambda self, xs: (xs[0] ** 2,),
            "generate_inputs": lambda self: (draw(3),),
        }
        assert outcome(Product, "test_backward", **members) is None
        error = outcome(Product, "test_double_backward", **members)
        assert str(error).startswith("double backward is not implemented correctly: check_double_backward failed")

    def test_kinks_everywhere_are_an_error(self):
        members = {
            "forward": lambda self, xs, device: (F.relu(xs[0]),),
            "forward_expected": lambda self, xs: (np.maximum(xs[0], 0),),
            "generate_inputs": lambda self: (np.zeros(3, "float32"),),
            "dodge_nondifferentiable": True,
        }
        error = outcome(Product, "test_backward", **members)
        assert isinstance(error, chainer.gradient_check.NondifferentiableError)


@pytest.mark.parametrize("name", ["forward", "backward", "double_backward"])
def test_skips(name):
    error = outcome(Product, f"test_{name}", **{f"skip_{name}_test": True})
    assert isinstance(error, unittest.SkipTest)


def test_options_and_hooks():
    seen = []
    members = {
        "forward_expected": lambda self, xs: (xs[0] * xs[1] + 0.5,),
        "before_test": lambda self, name: seen.append((name, self.backend_config)),
        "setUp": lambda self: self.check_forward_options.update(atol=1),
    }
    assert outcome(Product, "test_forward", **members) is None
    assert seen == [("test_forward", CPU)]
    compared = []
    members["check_forward_outputs"] = lambda self, ys, expected: compared.append((ys, expected))
    members["setUp"] = lambda self: None
    assert outcome(Product, "test_forward", **members) is None
    assert [(len(ys), len(expected)) for ys, expected in compared] == [(1, 1)]


def test_options_belong_to_one_test():
    assert Product("test_forward").check_forward_options is not Product("test_forward").check_forward_options


@pytest.mark.parametrize(("contiguous", "expected"), [(None, False), ("C", True)])
def test_inputs_have_gaps_unless_told_otherwise(contiguous, expected):
    seen = []

    def forward(self, inputs, device):
        seen.extend([x.array.flags.c_contiguous for x in inputs])
        return (inputs[0] * inputs[1],)

    assert outcome(Product, "test_forward", forward=forward, contiguous=contiguous) is None
    assert seen == [expected, expected]
    assert "contiguous must be 'C' or None" in str(outcome(Product, "test_forward", contiguous="F"))


class LinearTest(testing.LinkTestCase):
    __test__ = False
    param_names = ("W", "b")
    in_size = 3

    def generate_params(self):
        return draw(2, 3), draw(2)

    def create_link(self, initializers):
        initialW, initial_bias = initializers
        return L.Linear(self.in_size, 2, initialW=initialW, initial_bias=initial_bias)

    def generate_inputs(self):
        return (draw(4, 3),)

    def forward_expected(self, link, inputs):
        return (inputs[0] @ link.W.array.T + link.b.array,)


@testing.parameterize({"in_size": 3}, {"in_size": None})
@testing.inject_backend_tests(None, [{}, {"use_cuda": True}])
class TestLinear(LinearTest):
    __test__ = True


class TestLinkFailures:
    def test_forward(self):
        error = outcome(LinearTest, "test_forward", forward_expected=lambda self, link, xs: (np.zeros((4, 2), "f"),))
        assert isinstance(error, testing.LinkTestError)
        assert "outputs do not match the expected values" in str(error)

    def test_backward_of_a_parameter(self):
        class Forgetful(L.Linear):
            def forward(self, x):
                return F.linear(x, self.W, self.b.array)

        error = outcome(LinearTest, "test_backward", create_link=lambda self, inits: Forgetful(3, 2))
        assert isinstance(error, testing.LinkTestError)
        assert "gradient of params[1] is wrong" in str(error)

    @pytest.mark.parametrize(
        ("members", "kind", "match"),
        [
            ({"param_names": ("W", "c")}, testing.LinkTestError, "no parameter 'c'"),
            ({"param_names": ("W",)}, ValueError, "a value for each of"),
            ({"generate_params": lambda self: [1, 2]}, TypeError, "must return a tuple"),
            ({"create_link": lambda self, inits: None}, TypeError, "must return a chainer.Link, got NoneType"),
            ({"forward": lambda self, link, xs, device: [link(*xs)]}, testing.LinkTestError, "must return a tuple"),
        ],
    )
    def test_of_the_test_itself(self, members, kind, match):
        with pytest.raises(kind, match=match):
            raise outcome(LinearTest, "test_backward", **members)

    @pytest.mark.parametrize("name", ["forward", "backward"])
    def test_skips(self, name):
        error = outcome(LinearTest, f"test_{name}", **{f"skip_{name}_test": True})
        assert isinstance(error, unittest.SkipTest)


class LinearInitializers(testing.LinkInitializersTestCase):
    __test__ = False
    param_names = ("W", "b")

    def generate_params(self):
        return initializers.Uniform(), initializers.Uniform()

    def get_initializers(self):
        initialW = [initializers.Normal(), 2, draw(2, 3), testing.InitializerArgument(3, initializers.Constant(3))]
        return initialW, [initializers.Constant(4), 0.5, testing.InitializerArgument(None, 0)]

    create_link = LinearTest.create_link
    in_size = 3
    generate_inputs = LinearTest.generate_inputs


@testing.parameterize({"in_size": 3}, {"in_size": None})
@testing.inject_backend_tests(None, [{}, {"use_cuda": True}])
class TestLinearInitializers(LinearInitializers):
    __test__ = True


def test_wrong_initializer():
    wrong = testing.InitializerArgument(None, initializers.Constant(3))
    error = outcome(LinearInitializers, "test_initializers", get_initializers=lambda self: ([], [wrong]))
    assert isinstance(error, testing.LinkTestError)
    assert "parameter b initialised with <" in str(error)


def test_defaults_that_draw_numbers_cannot_be_compared():
    drawing = testing.InitializerArgument(None, initializers.LeCunNormal())
    with pytest.raises(ValueError, match="draws random numbers"):
        raise outcome(LinearInitializers, "test_initializers", get_initializers=lambda self: ([drawing], []))


def test_none_is_no_initializer():
    with pytest.raises(ValueError, match="InitializerArgument"):
        raise outcome(LinearInitializers, "test_initializers", get_initializers=lambda self: ([None], []))
    with pytest.raises(ValueError, match="got None"):
        testing.InitializerArgument(3, None)
    with pytest.raises(ValueError, match="a list for each of"):
        raise outcome(LinearInitializers, "test_initializers", get_initializers=lambda self: ([0],))


@pytest.mark.parametrize(
    ("cls", "method", "missing"),
    [
        (testing.FunctionTestCase, "test_forward", "generate_inputs"),
        (testing.LinkTestCase, "test_forward", "generate_params"),
        (testing.LinkInitializersTestCase, "test_initializers", "get_initializers"),
    ],
)
def test_what_is_to_be_overridden(cls, method, missing):
    with pytest.raises(NotImplementedError, match=missing):
        raise outcome(cls, method)
    assert not cls.__test__
    assert type("Sub", (cls,), {}).__test__
