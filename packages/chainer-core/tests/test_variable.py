import copy
import pickle

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import Variable
from hypothesis import given
from hypothesis import strategies as st

SHAPES = [(), (3,), (2, 3), (0, 2)]


def variable(*values, **kwargs):
    return Variable(np.array(values, "float32"), **kwargs)


class TestArray:
    def test_is_held_not_copied(self):
        x = np.ones(3, "float32")
        v = Variable(x)
        assert v.array is v.data is v.raw_array is x

    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "bool"])
    def test_properties(self, shape, dtype):
        v = Variable(np.zeros(shape, dtype))
        assert (v.shape, v.ndim, v.size, v.dtype) == (shape, len(shape), np.prod(shape), np.dtype(dtype))
        assert v.xp is np
        assert v.device == chainer.get_device("@numpy")
        assert v.layout is None
        assert v.as_layout(None) is v

    def test_may_be_replaced_by_one_of_another_shape(self):
        v = variable(1, 2)
        node = v.node
        for name in ("array", "data"):
            setattr(v, name, np.ones((3, 1)))
            assert v.shape == node.shape == (3, 1)
            assert node.dtype == np.float64
        v.array = None
        assert node.shape is None
        assert node.dtype is None

    def test_without_array(self):
        v = Variable()
        assert v.array is None
        for name in ("shape", "ndim", "size", "dtype"):
            with pytest.raises(AttributeError, match="has no array yet"):
                getattr(v, name)

    def test_len_item_iter(self):
        v = variable(1, 2, 3)
        assert len(v) == 3
        assert v[1].item() == 2
        assert [x.item() for x in v] == [1, 2, 3]
        with pytest.raises(TypeError):
            len(Variable(np.array(1.0)))

    @pytest.mark.parametrize("data", [[1], 1.0, np.float32(1), (1, 2), "x"])
    def test_refuses_what_is_no_array(self, data):
        with pytest.raises(TypeError, match=f"got {type(data).__name__}"):
            Variable(data)
        with pytest.raises(TypeError, match=f"got {type(data).__name__}"):
            variable(1).array = data

    def test_refuses_unknown_arguments(self):
        with pytest.raises(TypeError, match="foo"):
            Variable(np.ones(2), foo=1)
        with pytest.raises(ValueError, match="no_backprop_mode"):
            Variable(np.ones(2), volatile=True)
        with pytest.raises(ValueError, match="layout must be None"):
            Variable(np.ones(2), layout="x")
        with pytest.raises(TypeError):
            Variable(np.ones(2), "name")


class TestGradient:
    def test_set_and_clear(self):
        v = variable(1, 2)
        assert v.grad is None
        assert v.grad_var is None
        gradient = np.array([3, 4], "float32")
        v.grad = gradient
        assert v.grad is gradient
        assert isinstance(v.grad_var, Variable)
        v.cleargrad()
        assert v.grad is None
        v.zerograd()
        np.testing.assert_array_equal(v.grad, [0, 0])
        assert v.grad.dtype == np.float32
        v.grad = None
        assert v.grad_var is None

    def test_as_argument(self):
        gradient = np.array([3], "float32")
        assert variable(1, grad=gradient).grad is gradient

    def test_addgrad(self):
        a, b = variable(1, 2), variable(1, 2, grad=np.array([5, 6], "float32"))
        a.addgrad(b)
        a.addgrad(b)
        np.testing.assert_array_equal(a.grad, [10, 12])
        np.testing.assert_array_equal(b.grad, [5, 6])
        a.addgrad(variable(1, 2))  # has none: nothing to add
        np.testing.assert_array_equal(a.grad, [10, 12])

    def test_copydata(self):
        a = variable(1, 2)
        array = a.array
        a.copydata(Variable(np.array([3, 4], "float64")))
        assert a.array is array
        np.testing.assert_array_equal(array, [3, 4])
        with pytest.raises(ValueError, match="from a variable without array"):
            a.copydata(Variable())
        with pytest.raises(ValueError, match="into a variable without array"):
            Variable().copydata(a)


class TestNames:
    def test_name_reaches_the_node(self):
        v = variable(1, name="a")
        assert v.node.name == "a"
        v.name = "b"
        assert v.node.name == "b"

    def test_labels(self):
        assert variable(1, 2).label == "(2), float32"
        assert variable(1, 2, name="x").label == "x: (2), float32"
        assert Variable(np.array(1.0)).label == "float64"

    @pytest.mark.parametrize(
        ("array", "name", "expected"),
        [
            (np.array([1.0, 2.0]), None, ("variable([1., 2.])", "variable([1. 2.])")),
            (np.array([1, 2]), "x", ("variable x([1, 2])", "variable x([1 2])")),
            (np.array(3.0), None, ("variable(3.)", "variable(3.)")),
            (np.zeros((0, 2)), None, ("variable([], shape=(0, 2))", "variable([], shape=(0, 2))")),
            (None, "x", ("variable x(None)", "variable x(None)")),
        ],
    )
    def test_printing(self, array, name, expected):
        v = Variable(array, name=name)
        assert (repr(v), str(v)) == expected

    def test_rows_are_aligned(self):
        assert repr(Variable(np.eye(2))) == "variable([[1., 0.],\n          [0., 1.]])"

    def test_summaries(self):
        v = variable(1, 3, name="x", grad=np.array([2, 2], "float32"))
        assert v.summary() == f"<variable x at 0x{id(v):x}>"
        assert v.debug_print().splitlines()[1:] == [
            "- device: CPU",
            "- backend: <class 'numpy.ndarray'>",
            "- shape: (2,)",
            "- dtype: float32",
            "- statistics: mean=2.00000000, std=1.00000000",
            "- grad: mean=2.00000000, std=0.00000000",
        ]
        assert Variable().debug_print().splitlines()[1:3] == ["- device: None", "- backend: None"]


class TestOperators:
    X, Y = np.array([[1.0, -2.0, 0.5]]), np.array([[3.0], [2.0]])

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize(
        "operation",
        [
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: a * b,
            lambda a, b: a / b,
            lambda a, b: a // b,
            lambda a, b: abs(a) ** b,
            lambda a, b: -a,
            lambda a, b: +a,
            lambda a, b: abs(a),
            lambda a, b: b @ a,
        ],
    )
    def test_match_numpy(self, operation, dtype):
        x, y = self.X.astype(dtype), self.Y.astype(dtype)
        expected = operation(x, y)
        for a, b in ((Variable(x), Variable(y)), (Variable(x), y), (x, Variable(y))):
            result = operation(a, b)
            result = chainer.as_array(result)
            np.testing.assert_allclose(result, expected, rtol=2e-3 if dtype == "float16" else 1e-6)
            assert result.dtype == dtype

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    @pytest.mark.parametrize("scalar", [2, 0.5, True, np.float64(0.5), np.float32(0.5), np.int64(2)])
    @pytest.mark.parametrize(
        "operation", [lambda a, s: a + s, lambda a, s: s - a, lambda a, s: s * a, lambda a, s: s / a, lambda a, s: a**s]
    )
    def test_scalars_do_not_change_the_dtype(self, dtype, scalar, operation):
        x = np.array([1, 2], dtype)
        result = operation(Variable(x), scalar)
        assert result.dtype == dtype
        np.testing.assert_allclose(result.array, operation(x.astype("d"), float(scalar)), rtol=2e-3)

    @pytest.mark.parametrize("other", ["a", None, [1, 2], {}])
    def test_refuse_other_things(self, other):
        with pytest.raises(TypeError):
            variable(1, 2) + other

    @pytest.mark.parametrize(
        "slices", [0, -1, slice(None, None, -1), (slice(None), 1), None, ..., [0, 1], np.array([True, False])]
    )
    def test_getitem_matches_numpy(self, slices):
        x = np.arange(6, dtype="float32").reshape(2, 3)
        np.testing.assert_array_equal(Variable(x)[slices].array, x[slices])

    def test_methods(self):
        v = Variable(np.arange(24, dtype="float32").reshape(2, 3, 4))
        assert v.T.shape == v.transpose().shape == v.transpose(None).shape == (4, 3, 2)
        assert v.transpose(2, 0, 1).shape == v.transpose((2, 0, 1)).shape == v.transpose([2, 0, 1]).shape == (4, 2, 3)
        assert v.reshape(6, 4).shape == v.reshape((6, -1)).shape == v.reshape([-1, 4]).shape == (6, 4)
        np.testing.assert_allclose(v.mean(axis=(0, 2), keepdims=True).array, v.array.mean((0, 2), keepdims=True))

    def test_not_hashable(self):
        with pytest.raises(TypeError, match="unhashable"):
            hash(variable(1))


class TestGraph:
    def test_leaf(self):
        v = variable(1)
        assert v.creator is None
        assert v.creator_node is None
        assert v.rank == v.node.rank == 0

    def test_result(self):
        v = variable(1)
        y = F.relu(F.relu(v))
        assert y.creator is y.creator_node
        assert y.creator.inputs[0].creator_node.inputs == (v.node,)
        assert y.creator.outputs[0]() is y.node
        assert y.rank == 2
        assert y.node.get_variable() is y

    def test_creator_may_be_set(self):
        y, z = variable(1) * 2, variable(1)
        for assign in (z.set_creator, z.set_creator_node, lambda f: setattr(z, "creator", f), z.node.set_creator_node):
            z.creator_node = None
            assign(y.creator_node)
            assert z.creator_node is y.creator_node

    def test_requires_grad(self):
        assert variable(1).requires_grad
        assert not variable(1, requires_grad=False).requires_grad
        assert (variable(1) + variable(1, requires_grad=False)).requires_grad
        assert not chainer.as_variable(np.ones(1)).requires_grad

    def test_node_outlives_its_variable(self):
        v = variable(1, 2, name="x")
        node = v.node
        del v
        assert node.get_variable_or_none() is None
        assert (node.shape, node.dtype, node.name, node.data, node.grad) == ((2,), np.float32, "x", None, None)
        revived = node.get_variable()
        assert revived.array is None
        assert revived.node is node
        with pytest.raises(RuntimeError, match="gone"):
            type(node).retain_data(variable(1).node)

    def test_retained_data(self):
        v = variable(1, 2)
        node, array = v.node, v.array
        v.retain_data()
        del v
        assert node.data is array
        assert node.get_variable().array is array


class TestCopies:
    def test_pickle_leaves_the_graph_behind(self):
        y = variable(1, 2) * 2
        y.name = "y"
        y.grad = np.array([3, 4], "float32")
        z = pickle.loads(pickle.dumps(y))
        np.testing.assert_array_equal(z.array, y.array)
        np.testing.assert_array_equal(z.grad, y.grad)
        assert (z.name, z.creator, z.requires_grad) == ("y", None, True)

    def test_deep_copy(self):
        x = variable(1, 2, name="x", grad=np.array([3, 4], "float32"), requires_grad=False)
        x.note = [1]
        y = copy.deepcopy(x)
        assert y.array is not x.array
        assert y.grad is not x.grad
        np.testing.assert_array_equal(y.grad, x.grad)
        assert (y.name, y.requires_grad, y.note) == ("x", False, [1])
        assert y.note is not x.note

    def test_shallow_copy(self):
        x = variable(1, 2, grad=np.array([3, 4], "float32"))
        y = copy.copy(x)
        assert y.array is x.array
        assert y.grad is x.grad
        assert y.node is not x.node

    def test_as_variable_and_as_array(self):
        x = np.ones(2)
        v = Variable(x)
        assert chainer.as_variable(v) is v
        assert chainer.as_variable(x).array is x
        assert chainer.as_array(v) is chainer.as_array(x) is x


class TestMoving:
    def test_to_the_cpu_changes_nothing(self):
        v = variable(1, grad=np.ones(1, "float32"))
        array, gradient = v.array, v.grad
        v.to_cpu()
        v.to_device("@numpy")
        v.from_chx()
        assert v.array is array
        assert v.grad is gradient

    def test_refusals(self):
        v = variable(1)
        with pytest.raises(RuntimeError, match="discontinued"):
            v.to_chx()
        with pytest.raises(ValueError, match="discontinued"):
            _ = v.chx_array
        if not chainer.backends.cuda.available:
            with pytest.raises(RuntimeError, match="CuPy"):
                v.to_gpu()


@given(st.lists(st.integers(-2, 2), min_size=1, max_size=4), st.integers(-3, 3))
def test_powers_of_integers_match_numpy(values, exponent):
    x = np.array(values, "float64")
    x = x[x != 0]
    np.testing.assert_allclose((Variable(x) ** exponent).array, x ** float(exponent))
