import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import FunctionHook, FunctionNode, Variable


def variable(*values, **kwargs):
    return Variable(np.array(values, "float32"), **kwargs)


class TwoByTwo(FunctionNode):
    """(x, y) -> (x y, x + y), with what it keeps chosen by the test."""

    def __init__(self, inputs=(0, 1), outputs=()):
        self.keep_inputs, self.keep_outputs = inputs, outputs
        self.seen = None

    def forward(self, inputs):
        x, y = inputs
        self.retain_inputs(self.keep_inputs)
        self.retain_outputs(self.keep_outputs)
        return x * y, x + y

    def backward(self, indexes, grad_outputs):
        self.seen = self.get_retained_inputs(), self.get_retained_outputs()
        return tuple([None for _ in indexes])


class TestApply:
    def test_takes_arrays_and_variables(self):
        x, y = variable(1, 2), np.array([3, 4], "float32")
        node = TwoByTwo()
        product, total = node.apply((x, y))
        np.testing.assert_array_equal(product.array, [3, 8])
        np.testing.assert_array_equal(total.array, [4, 6])
        assert product.creator is total.creator is node
        assert node.inputs[0] is x.node
        assert [ref() for ref in node.outputs] == [product.node, total.node]
        assert node.rank == 0

    def test_scalars_of_numpy_become_arrays(self):
        class Sum(FunctionNode):
            def forward(self, inputs):
                return (inputs[0].sum(),)

        (y,) = Sum().apply((variable(1, 2),))
        assert isinstance(y.array, np.ndarray)
        assert y.shape == ()

    def test_type_check(self):
        class Checked(FunctionNode):
            def check_type_forward(self, in_types):
                chainer.utils.type_check.expect(in_types.size() == 1, in_types[0].ndim == 2)

            def forward(self, inputs):
                return inputs

        Checked().apply((np.ones((1, 1)),))
        with pytest.raises(chainer.utils.type_check.InvalidType, match=r"in_types\[0\].ndim == 2"):
            Checked().apply((np.ones(1),))
        with chainer.using_config("type_check", False):
            Checked().apply((np.ones(1),))

    def test_forward_cpu(self):
        class OnCpu(FunctionNode):
            def forward_cpu(self, inputs):
                return (inputs[0] + 1,)

        np.testing.assert_array_equal(OnCpu().apply((variable(1),))[0].array, [2])

    @pytest.mark.parametrize("method", ["forward_cpu", "forward_gpu", "forward_chainerx"])
    def test_what_is_to_be_overridden(self, method):
        with pytest.raises(NotImplementedError):
            getattr(FunctionNode(), method)(())

    def test_labels_and_layouts(self):
        node = TwoByTwo()
        node.apply((variable(1), variable(1)))
        assert node.label == "TwoByTwo"
        assert node.input_layouts == node.output_layouts == (None, None)

    def test_serial_numbers_grow(self):
        a, b = TwoByTwo(), TwoByTwo()
        a.apply((variable(1), variable(1)))
        b.apply((variable(1), variable(1)))
        assert a._serial < b._serial


class TestRetaining:
    def run(self, node, keep=True):
        x, y = variable(1, 2), variable(3, 4)
        outputs = node.apply((x, y))
        chosen = outputs if keep else (outputs[1],)
        for output in chosen:
            output.grad = np.ones(2, "float32")
        del outputs, output
        chainer.backward(list(chosen))
        return x, y, chosen

    def test_inputs_are_the_variables_themselves(self):
        node = TwoByTwo(inputs=(1, 0))
        x, y, _ = self.run(node)
        first, second = node.seen[0]
        assert first is y
        assert second is x

    def test_outputs_are_the_variables_themselves(self):
        node = TwoByTwo(outputs=(1,))
        _, _, outputs = self.run(node)
        assert node.seen[1][0] is outputs[1]
        assert node.output_data[0] is None
        np.testing.assert_array_equal(node.output_data[1], [4, 6])

    def test_outputs_that_are_gone_come_back(self):
        node = TwoByTwo(outputs=(0, 1))
        self.run(node, keep=False)
        np.testing.assert_array_equal(node.seen[1][0].array, [3, 8])
        assert node.seen[1][0].creator is node

    def test_nothing_is_retained_unasked(self):
        node = TwoByTwo(inputs=())
        self.run(node)
        assert node.seen == ((), ())

    def test_later_changes_of_a_variable_do_not_matter(self):
        x, y = variable(1, 2), variable(3, 4)
        z = F.sum(x * y)
        x.array = np.array([100, 100], "float32")
        z.backward()
        np.testing.assert_array_equal(y.grad, [1, 2])

    def test_output_data_before(self):
        with pytest.raises(RuntimeError, match="not applied"):
            _ = TwoByTwo().output_data


class TestBackward:
    def test_default_is_no_gradient(self):
        assert FunctionNode().backward((0, 1), (None,)) == (None, None)

    def test_accumulate_adds(self):
        class Twice(FunctionNode):
            def forward(self, inputs):
                return (inputs[0] * 2,)

            def backward(self, indexes, grad_outputs):
                return tuple([grad_outputs[0] * 2 for _ in indexes])

        gy, before = variable(1), variable(10)
        node = Twice()
        assert node.backward_accumulate((0,), (gy,), (None,))[0].item() == 2
        assert node.backward_accumulate((0,), (gy,), (before,))[0].item() == 12

    def test_overridden_accumulate_is_called(self):
        called = []

        class Own(FunctionNode):
            def forward(self, inputs):
                return (inputs[0] * 2,)

            def backward_accumulate(self, indexes, grad_outputs, grad_inputs):
                called.append((indexes, grad_inputs))
                return (grad_outputs[0] * 2,)

        x = variable(1)
        Own().apply((x,))[0].backward()
        assert called == [((0,), (None,))]
        np.testing.assert_array_equal(x.grad, [2])

    def test_one_gradient_an_input_is_understood(self):
        class OldHabit(FunctionNode):
            def forward(self, inputs):
                return (inputs[0] + inputs[1],)

            def backward(self, indexes, grad_outputs):
                return None, grad_outputs[0] * 5

        y = variable(1)
        OldHabit().apply((np.ones(1, "float32"), y))[0].backward()
        np.testing.assert_array_equal(y.grad, [5])


class Log(FunctionHook):
    def __init__(self, name="Log", log=None):
        self.name = name
        self.log = [] if log is None else log

    def added(self, function):
        self.log.append((self.name, "added", function and function.label))

    def deleted(self, function):
        self.log.append((self.name, "deleted", function and function.label))

    def forward_preprocess(self, function, in_data):
        self.log.append((self.name, "forward", function.label, len(in_data)))

    def forward_postprocess(self, function, in_data):
        self.log.append((self.name, "forward done", function.label, len(in_data)))

    def backward_preprocess(self, function, in_data, out_grad):
        self.log.append((self.name, "backward", function.label, [g is not None for g in out_grad]))

    def backward_postprocess(self, function, in_data, out_grad):
        self.log.append((self.name, "backward done", function.label, [g is not None for g in out_grad]))


class TestHooks:
    def test_of_the_thread(self):
        hook = Log()
        x = variable(1)
        with hook as entered:
            assert entered is hook
            assert chainer.get_function_hooks() == {"Log": hook}
            TwoByTwo().apply((x, x))[0].backward()
        TwoByTwo().apply((x, x))
        assert hook.log == [
            ("Log", "added", None),
            ("Log", "forward", "TwoByTwo", 2),
            ("Log", "forward done", "TwoByTwo", 2),
            ("Log", "backward", "TwoByTwo", [True, False]),
            ("Log", "backward done", "TwoByTwo", [True, False]),
            ("Log", "deleted", None),
        ]
        assert chainer.get_function_hooks() == {}

    def test_of_one_function(self):
        hook, node = Log(), TwoByTwo()
        node.add_hook(hook)
        assert node.local_function_hooks == {"Log": hook}
        node.apply((variable(1), variable(1)))
        TwoByTwo().apply((variable(1), variable(1)))
        node.delete_hook("Log")
        assert [entry[1] for entry in hook.log] == ["added", "forward", "forward done", "deleted"]

    def test_order_and_names(self):
        log = []
        node = TwoByTwo()
        node.add_hook(Log("own", log), "other name")
        with Log("first", log), Log("second", log):
            node.apply((np.ones(1), np.ones(1)))
        assert [name for name, what, *_ in log if what == "forward"] == ["first", "second", "own"]
        with pytest.raises(KeyError, match="other name already exists"):
            node.add_hook(Log(), "other name")
        with pytest.raises(KeyError, match="nobody does not exist"):
            node.delete_hook("nobody")
        with pytest.raises(TypeError, match="must be a chainer.FunctionHook, got str"):
            node.add_hook("hook")
        with Log("same"), pytest.raises(KeyError, match="same already exists"), Log("same"):
            pass

    def test_hooks_leave_after_an_error(self):
        with pytest.raises(KeyError), Log():
            raise KeyError
        assert chainer.get_function_hooks() == {}


class TestTwoFormsOfBackward:
    """``backward_arrays`` serves only while nobody between has redefined ``backward``."""

    class Twice(chainer.FunctionNode):
        def forward(self, inputs):
            return (inputs[0] * 2,)

        def backward(self, indexes, grad_outputs):
            return (grad_outputs[0] * 2,)

        def backward_arrays(self, indexes, grad_outputs):
            return (grad_outputs[0] * 2,)

    class Negated:
        def backward(self, indexes, grad_outputs):
            return (grad_outputs[0] * -2,)

    class Overridden(Twice):
        def backward(self, indexes, grad_outputs):
            return (grad_outputs[0] * -2,)

    class Mixed(Negated, Twice):
        pass

    class Inherited(Twice):
        pass

    @pytest.mark.parametrize(
        ("cls", "expected"),
        [(Twice, 2), (Inherited, 2), (Overridden, -2), (Mixed, -2)],
        ids=lambda value: str(value)[-20:],
    )
    def test_the_nearest_definition_counts(self, cls, expected):
        x = chainer.Variable(np.ones(2, "f"))
        (y,) = cls().apply((x,))
        chainer.functions.sum(y).backward()
        np.testing.assert_array_equal(x.grad, np.full(2, expected, "f"))
