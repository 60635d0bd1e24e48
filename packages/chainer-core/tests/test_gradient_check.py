import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import gradient_check
from chainer.gradient_check import NondifferentiableError, check_backward, check_double_backward, numerical_grad


class Scaled(chainer.FunctionNode):
    """x ** 2 with a chosen factor in its gradient: right only for a factor of 2."""

    def __init__(self, factor, dtype=None, double_factor=None):
        self.factor = factor
        self.dtype = dtype
        self.double_factor = factor if double_factor is None else double_factor

    def forward(self, inputs):
        self.retain_inputs((0,))
        return (inputs[0] ** 2,)

    def backward(self, indexes, grad_outputs):
        (x,) = self.get_retained_inputs()
        if self.dtype is not None:
            return (chainer.Variable((self.factor * x.array * grad_outputs[0].array).astype(self.dtype)),)
        # The value has one factor, its derivative may have another.
        value = self.double_factor * x * grad_outputs[0]
        return (value + (self.factor - self.double_factor) * x.array * grad_outputs[0].array,)


def scaled(x, *args, **kwargs):
    return Scaled(*args, **kwargs).apply((x,))[0]


class Half(chainer.FunctionNode):
    """x * y that forgets the gradient of y."""

    def forward(self, inputs):
        self.retain_inputs((1,))
        return (inputs[0] * inputs[1],)

    def backward(self, indexes, grad_outputs):
        (y,) = self.get_retained_inputs()
        return tuple([y * grad_outputs[0] if i == 0 else None for i in indexes])


def half(x, y):
    return Half().apply((x, y))[0]


class TestNumericalGrad:
    @pytest.mark.parametrize("detect", [False, True])
    @pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
    def test_polynomial(self, rng, shape, detect):
        x, gy = rng.uniform(0.5, 1, (2, *shape))
        x, gy = np.asarray(x), np.asarray(gy)
        (gx,) = numerical_grad(lambda: (x**2,), (x,), (gy,), detect_nondifferentiable=detect)
        assert gx.shape == shape
        np.testing.assert_allclose(gx, 2 * x * gy, rtol=1e-9)

    def test_inputs_are_put_back(self, rng):
        x, y = rng.uniform(-1, 1, (2, 3))
        before = x.copy(), y.copy()
        gx, gy = numerical_grad(lambda: (x * y, x), (x, y), (np.ones(3), np.full(3, 2.0)))
        np.testing.assert_allclose(gx, y + 2)
        np.testing.assert_allclose(gy, x)
        np.testing.assert_array_equal((x, y), before)

    def test_output_may_be_the_input(self):
        x = np.array([1.0, 2.0])
        (gx,) = numerical_grad(lambda: (x,), (x,), (np.ones(2),))
        np.testing.assert_allclose(gx, 1)

    def test_outputs_without_gradient_do_not_count(self):
        x = np.array([1.0, 2.0])
        (gx,) = numerical_grad(lambda: (x * 3, None, x * 5), (x,), (np.ones(2), None, None))
        np.testing.assert_allclose(gx, 3)

    def test_low_precision_divides_by_the_step_that_was_made(self):
        x = np.array([1, 2, 3], np.float16)
        (gx,) = numerical_grad(lambda: (x * 2.0,), (x,), (np.ones(3, np.float16),), eps=1e-3)
        assert gx.dtype == np.float16
        np.testing.assert_array_equal(gx, 2)

    def test_non_contiguous_input(self, rng):
        x = rng.uniform(-1, 1, (3, 4)).T[::2]
        (gx,) = numerical_grad(lambda: (x**2,), (x,), (np.ones(x.shape),))
        np.testing.assert_allclose(gx, 2 * x)

    @pytest.mark.parametrize("f", [np.abs, np.sign, np.sqrt, lambda x: np.maximum(x, 0)])
    def test_detects_kinks(self, f):
        x = np.array([0.0, 1.0])
        with (
            np.errstate(invalid="ignore"),
            pytest.raises(NondifferentiableError, match=r"output 0 .* inputs\[0\]\[0\]"),
        ):
            numerical_grad(lambda: (f(x),), (x,), (np.ones(2),), detect_nondifferentiable=True)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("f", [np.exp, np.sin, lambda x: 0 * x + 3.3])
    def test_smooth_functions_are_smooth(self, rng, f, dtype):
        x = rng.uniform(-1, 1, 20).astype(dtype)
        numerical_grad(lambda: (f(x),), (x,), (np.ones_like(x),), detect_nondifferentiable=True)

    def test_known_centre_saves_a_call(self):
        x = np.array([2.0])
        calls = []

        def f():
            calls.append(x.copy())
            return (x**2,)

        numerical_grad(f, (x,), (np.ones(1),), detect_nondifferentiable=True, center_outputs=(np.array([4.0]),))
        assert sorted(float(c[0]) for c in calls) == pytest.approx([1.999, 1.9995, 2.0005, 2.001])

    def test_refusals(self):
        x = np.array([4096], np.float16)
        one = np.ones(1, np.float16)
        with pytest.raises(ValueError, match=r"eps=0\.001 is too small to change inputs\[0\]\[0\]"):
            numerical_grad(lambda: (x,), (x,), (one,))
        integers = np.arange(3)
        with pytest.raises(RuntimeError, match=r"int64 for inputs\[0\]"):
            numerical_grad(lambda: (integers,), (integers,), (one,))
        y = np.ones(2)
        with pytest.raises(ValueError, match="output 0 has shape"):
            numerical_grad(lambda: (y,), (y,), (np.ones(3),))
        with pytest.raises(ValueError, match="one entry an output"):
            numerical_grad(lambda: (y,), (y,), ())


class TestCheckBackward:
    @pytest.mark.parametrize("dtype", [None, "float64"])
    @pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
    def test_accepts_right_gradients(self, rng, shape, dtype):
        x, gy = [np.asarray(v, "float32") for v in rng.uniform(-1, 1, (2, *shape))]
        check_backward(lambda x: scaled(x, 2), x, gy, dtype=dtype, atol=1e-3)

    def test_float16_is_sharp_when_computed_in_float64(self, rng):
        x, gy = rng.uniform(0.5, 1, (2, 5)).astype("float16")
        check_backward(lambda x: scaled(x, 2), x, gy, dtype="float64", rtol=3e-3)
        with pytest.raises(AssertionError):
            check_backward(lambda x: scaled(x, 2.05), x, gy, dtype="float64", rtol=3e-3)

    def test_catches_every_wrong_factor(self, rng):
        x, gy = rng.uniform(0.5, 1, (2, 5))
        for _ in range(20):
            with pytest.raises(AssertionError):
                check_backward(lambda x: scaled(x, 2.01), x, gy)

    def test_message_tells_which_input_which_element_and_the_seed(self):
        x, y = np.array([1.0, 2.0, 3.0]), np.array([[4.0, 5.0, 60.0]]).repeat(2, axis=0)
        with pytest.raises(AssertionError) as caught:
            check_backward(lambda x, y: half(F.broadcast_to(x, (2, 3)), y), (x, y), np.ones((2, 3)))
        message = str(caught.value)
        assert message.startswith(
            "check_backward failed (eps=0.001 atol=1e-05 rtol=0.0001): gradient of inputs[1] is wrong"
        )
        assert "inputs[1] float64 (2, 3): numerical" in message
        assert "backward gave None" in message
        assert "worst element: inputs[1][0, 2]: numerical 3, backward 0, error 3" in message
        seed = int(message.partition("random seed of the direction: ")[2].split()[0])
        assert 0 <= seed < 2**31

    def test_seed_follows_numpy(self, rng):
        def message():
            np.random.seed(3)
            with pytest.raises(AssertionError) as caught:
                check_backward(lambda x: scaled(x, 3), np.ones(3), np.ones(3))
            return str(caught.value)

        assert message() == message()

    def test_worst_element_is_not_sought_in_large_arrays(self):
        with pytest.raises(AssertionError) as caught:
            check_backward(lambda x: scaled(x, 3), np.ones(1000), np.ones(1000))
        assert "worst element" not in str(caught.value)
        assert "inputs[0]: float64 (1000,)" in str(caught.value)

    def test_several_inputs_and_outputs(self, rng):
        x, y, g = rng.uniform(-1, 1, (3, 4))
        check_backward(lambda x, y: (x * y, x + y), (x, y), (g, None))
        check_backward(lambda x, y: [x * y, x + y], [x, y], [g, y])

    def test_takes_variables_and_parameters_as_inputs(self, rng):
        x, g = rng.uniform(-1, 1, (2, 4))
        check_backward(lambda x, p: x * p, (chainer.Variable(x), chainer.Parameter(x.copy())), chainer.Variable(g))

    def test_passes_none_on(self):
        check_backward(lambda x, y: x * 2 if y is None else None, (np.ones(2), None), np.ones(2))

    def test_loss_needs_no_gradient(self, rng):
        check_backward(lambda x: F.sum(x * x), rng.uniform(-1, 1, (2, 3)), None)
        with pytest.raises(ValueError, match=r"single output of shape \(\).*\(2,\):float64"):
            check_backward(lambda x: x * x, np.ones(2), None)

    def test_function_may_return_its_input(self):
        check_backward(lambda x: (x, x), np.ones(2), (np.ones(2), np.ones(2)))

    @pytest.mark.parametrize("dtype", [None, "float64"])
    def test_parameters(self, rng, dtype):
        x, gy = rng.uniform(-1, 1, (2, 2, 3)).astype("float32")
        p = chainer.Parameter(rng.uniform(-1, 1, 3).astype("float32"))
        array = p.array
        p.cleargrad()
        seen = set()

        def func(x):
            seen.add(p.dtype)
            return x * F.broadcast_to(p, (2, 3))

        check_backward(func, x, gy, p, dtype=dtype, atol=1e-3)
        assert p.array is array  # given back as it was
        assert p.grad is None
        assert seen == {np.dtype("float32"), np.dtype(dtype or "float32")}
        with pytest.raises(AssertionError, match=r"gradient of params\[0\] is wrong"):
            check_backward(lambda x: half(x, F.broadcast_to(p, (2, 3))), x, gy, [p], dtype=dtype)

    def test_parameters_come_back_after_an_error(self):
        p = chainer.Parameter(np.ones(3, "float32"))
        calls = []

        def func(x):
            calls.append(x)
            if len(calls) == 2:
                raise KeyError("second call")
            return x * p

        with pytest.raises(KeyError):
            check_backward(func, np.ones(3, "float32"), np.ones(3, "float32"), p, dtype="float64")
        assert p.dtype == np.float32

    def test_no_grads(self, rng):
        x, y = rng.uniform(0.5, 1, (2, 3))
        check_backward(half, (x, y), np.ones(3), no_grads=[False, True])
        with pytest.raises(AssertionError):
            check_backward(half, (x, y), np.ones(3), no_grads=[False, False])
        with pytest.raises(RuntimeError, match=r"gradient of inputs\[0\] \(float64\) must be None"):
            check_backward(half, (x, y), np.ones(3), no_grads=[True, False])
        with pytest.raises(ValueError, match="no_grads must have one entry an input: 2 inputs, 1 entries"):
            check_backward(half, (x, y), np.ones(3), no_grads=[False])

    def test_integers_have_no_gradient(self):
        check_backward(lambda x, i: half(x, i.array.astype("float64")), (np.ones(3), np.arange(3)), np.ones(3))

    def test_detects_kinks(self):
        x = np.array([1e-6, 1.0])
        with pytest.raises(NondifferentiableError, match="direction drawn from seed"):
            check_backward(F.relu, x, np.ones(2), detect_nondifferentiable=True)
        check_backward(F.relu, np.array([-0.5, 1.0]), np.ones(2), detect_nondifferentiable=True)

    def test_refuses_gradients_of_another_dtype(self):
        x = np.ones(3, "float32")
        with pytest.raises(TypeError, match="float64 != data: float32 .backward of Scaled, input 0"):
            check_backward(lambda x: scaled(x, 2, "float64"), x, x)

    def test_refusals(self):
        x = np.ones(3)
        with pytest.raises(ValueError, match="floating point dtype or None, got int32"):
            check_backward(F.relu, x, x, dtype="int32")
        with pytest.raises(ValueError, match="as many as outputs: 2 for outputs"):
            check_backward(F.relu, x, (x, x))
        for gy in (np.ones(2), np.ones(3, "float32")):
            with pytest.raises(ValueError, match="shapes and dtypes of the outputs"):
                check_backward(F.relu, x, gy)
        with pytest.raises(TypeError, match="x_data must be arrays or variables, got float at index 0"):
            check_backward(F.relu, 1.0, x)
        with pytest.raises(TypeError, match="params must be variables, got ndarray at index 0"):
            check_backward(F.relu, x, x, params=x)
        with pytest.raises(ValueError, match=r"params\[0\] is not initialised"):
            check_backward(F.relu, x, x, params=chainer.Parameter())
        with pytest.raises(TypeError, match="outputs of the function must be variables, got ndarray"):
            check_backward(lambda x: x.array, x, x)


class TestCheckDoubleBackward:
    @pytest.mark.parametrize("dtype", [None, "float64"])
    def test_accepts_right_gradients(self, rng, dtype):
        x, gy, ggx = rng.uniform(-1, 1, (3, 2, 3)).astype("float32")
        check_double_backward(lambda x: scaled(x, 2), x, gy, ggx, dtype=dtype, atol=1e-3)

    def test_catches_a_gradient_with_a_wrong_gradient(self, rng):
        x, gy, ggx = rng.uniform(0.5, 1, (3, 2, 3))

        def func(x):
            return scaled(x, 2, double_factor=3)

        check_backward(func, x, gy)
        with pytest.raises(
            AssertionError, match=r"check_double_backward failed .* gradient of (inputs|grad_outputs)\[0\]"
        ):
            check_double_backward(func, x, gy, ggx)

    def test_linear_functions_have_a_second_derivative_of_zero(self, rng):
        x, gy, ggx = rng.uniform(-1, 1, (3, 4))
        check_double_backward(lambda x: x * 2, x, gy, ggx)

    def test_several_inputs_and_outputs(self, rng):
        x, y, g, ggx, ggy = rng.uniform(-1, 1, (5, 4))
        check_double_backward(lambda x, y: (x * y, x + y), (x, y), (g, None), (ggx, ggy))
        check_double_backward(lambda x, y: (x * y, x * x), (x, y), (g, y), (ggx, None))

    def test_loss(self, rng):
        x, ggx = rng.uniform(-1, 1, (2, 4)).astype("float32")
        check_double_backward(lambda x: F.sum(x * x), x, None, ggx, dtype="float64")

    def test_parameters(self, rng):
        x, gy, ggx = rng.uniform(-1, 1, (3, 2, 3))
        p = chainer.Parameter(rng.uniform(-1, 1, 3))
        ggp = rng.uniform(-1, 1, 3)

        def func(x):
            q = F.broadcast_to(p, (2, 3))
            return x * q * q

        check_double_backward(func, x, gy, ggx, p, ggp)
        check_double_backward(func, x, gy, ggx, [p], [None])
        with pytest.raises(ValueError, match="params_grad_grad must have 1 entries"):
            check_double_backward(func, x, gy, ggx, p)

    def test_inputs_without_gradient(self):
        x, i = np.ones(3), np.arange(3)
        check_double_backward(lambda x, i: x * x * i.array.astype("float64"), (x, i), x, (x, None))
        with pytest.raises(RuntimeError, match=r"inputs\[1\] has no gradient to differentiate"):
            check_double_backward(half, (x, x), x, (x, x))

    def test_no_grads_counts_the_inputs_alone_or_all(self, rng):
        x, y, g = rng.uniform(0.5, 1, (3, 3))
        for no_grads in ([False, True], [False, True, False]):
            with pytest.raises(RuntimeError, match=r"gradient of inputs\[1\] \(float64\) must be None"):
                check_double_backward(lambda x, y: x * y, (x, y), g, (g, None), no_grads=no_grads)

    def test_number_of_gradients(self):
        x = np.ones(3)
        with pytest.raises(ValueError, match="x_grad_grad must have 2 entries"):
            check_double_backward(lambda x, y: x * y, (x, x), x, x)
        with pytest.raises(ValueError, match="1 outputs, 2 entries"):
            check_double_backward(F.relu, x, (x, x), x)


def test_assert_allclose_is_at_hand():
    gradient_check.assert_allclose(np.zeros(3), np.zeros(3))
