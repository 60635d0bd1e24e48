import pickle

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import Sequential


@pytest.fixture
def model():
    return Sequential(L.Linear(2, 3), F.relu, L.Linear(3, 1))


x = np.ones((4, 2), "float32")


def paths(model):
    return [path for path, _ in model.namedparams()]


def test_applies_all_in_order(model):
    expected = model[2](F.relu(model[0](x)))
    np.testing.assert_array_equal(model(x).array, expected.array)


def test_tuples_become_arguments():
    model = Sequential(lambda a: (a, a + 1), lambda a, b: (b, a), lambda a, b: a * 10 + b)
    assert model(1) == 21
    assert Sequential(lambda a, b: (a, b))(1, 2) == (1, 2)


def test_only_links_are_numbered(model):
    assert paths(model) == ["/0/W", "/0/b", "/1/W", "/1/b"]
    assert [link.name for link in model.children()] == ["0", "1"]


def test_is_a_list(model):
    first, _, last = model
    assert len(model) == 3
    assert model[1] is F.relu
    assert model[:2] == [first, F.relu]
    assert model.index(F.relu) == 1
    assert model.count(F.relu) == 1
    model.insert(0, F.tanh)
    model.append(F.relu)
    model.extend(Sequential(F.tanh))
    model += [F.sigmoid]
    assert list(model) == [F.tanh, first, F.relu, last, F.relu, F.tanh, F.sigmoid]
    assert model.index(F.relu, 3) == 4
    model.remove(F.tanh)
    assert model.pop() is F.sigmoid
    model[0] = last
    del model[2]
    assert list(model) == [last, F.relu, F.relu, F.tanh]
    assert paths(model) == ["/0/W", "/0/b"]
    model.clear()
    assert len(model) == 0
    with pytest.raises(ValueError):
        model.remove(F.relu)


def test_sums(model):
    both = model + Sequential(F.relu)
    assert len(both) == 4
    assert len(model) == 3
    with pytest.raises(TypeError, match="can only concatenate Sequential"):
        model + [F.relu]


def test_layer_types(model):
    assert model.count_by_layer_type("Linear") == 2
    assert model.count_by_layer_type("relu") == 1
    model.remove_by_layer_type("Linear")
    assert list(model) == [F.relu]


def test_flatten(model):
    nested = Sequential(F.tanh, Sequential(model, F.relu))
    assert list(nested.flatten()) == [F.tanh, *model, F.relu]


@pytest.mark.parametrize("mode", ["share", "copy", "init"])
def test_copy(model, mode):
    other = model.copy(mode)
    assert other[0] is not model[0]
    assert other[1] is F.relu
    assert (other[0].W.array is model[0].W.array) is (mode == "share")
    assert next(iter(other.params())) is other[0].W
    other.append(F.relu)
    assert len(model) == 3


def test_repeat(model):
    repeated = model.repeat(2)
    assert len(repeated) == 2
    assert all(isinstance(part, Sequential) for part in repeated)


def test_copyparams(model):
    other = model.copy("init")
    other.copyparams(model)
    np.testing.assert_array_equal(other(x).array, model(x).array)
    with pytest.raises(TypeError, match="takes a Sequential, got Linear"):
        other.copyparams(L.Linear(2, 3))


def test_pickle(model):
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(x).array, model(x).array)


@pytest.mark.parametrize("mode", ["share", "copy", "init"])
def test_lambdas_can_be_copied_but_not_pickled(mode):
    model = Sequential(L.Linear(2, 2), lambda x: x * 2)
    other = model.copy(mode)
    assert other[0] is not model[0]
    assert other(x).shape == (4, 2)
    with pytest.raises(ValueError, match="lambda function cannot be pickled"):
        pickle.dumps(model)


def test_printing(model):
    assert str(model) == (
        "Sequential(\n"
        "  (0): Linear(in_size=2, out_size=3, nobias=False),\n"
        "  (1): <function relu>,\n"
        "  (2): Linear(in_size=3, out_size=1, nobias=False),\n"
        ")"
    )
    assert str(Sequential()) == "Sequential()"


def test_refusals(model):
    with pytest.raises(ValueError, match="3 is not callable"):
        Sequential(F.relu, 3)
    with pytest.raises(ValueError, match="not callable"):
        model[0] = 3
    assert len(model) == 3
    with pytest.raises(RuntimeError, match="does not have any layer"):
        Sequential()(x)


def test_moves_with_its_layers(model):
    assert model.to_device("@numpy") is model
    assert model.device == chainer.get_device("@numpy")
