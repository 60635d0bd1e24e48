import io

import numpy as np
import pytest
from chainer.serializer import Serializer
from chainer.serializers import load_npz


class Parameter:
    def __init__(self, array):
        self.array = array


class Model:
    """Behaves as a link does: parameters without a shape take that of the file."""

    def __init__(self, **params):
        self.params = {name: Parameter(array) for name, array in params.items()}
        self.t = 1
        self.order = []

    def namedparams(self):
        return ((f"/{name}", param) for name, param in self.params.items())

    def serialize(self, serializer):
        self.t = serializer("t", self.t)
        for name, param in self.params.items():
            data = serializer(name, param.array)
            if param.array is None and data is not None:
                param.array = np.array(data)
            self.order.append(name)


@pytest.fixture
def file():
    stream = io.BytesIO()
    np.savez(stream, t=5, a=np.ones(2), lazy=np.ones(3), z=np.ones(4))
    stream.seek(0)
    return stream


def test_a_failed_load_takes_shapes_back(file):
    model = Model(a=np.zeros(2), lazy=None, z=np.zeros(5))
    with pytest.raises(ValueError, match="'z'"):
        load_npz(file, model)
    np.testing.assert_array_equal(model.params["a"].array, 0)
    assert model.params["lazy"].array is None
    assert model.t == 1


def test_a_failed_load_of_a_part_is_undone(file):
    stream = io.BytesIO()
    np.savez(stream, **{"model/t": 5, "model/a": np.ones(2), "model/z": np.ones(4)})
    stream.seek(0)
    model = Model(a=np.zeros(2), z=np.zeros(5))
    with pytest.raises(ValueError, match="'model/z'"):
        load_npz(stream, model, path="model/")
    np.testing.assert_array_equal(model.params["a"].array, 0)
    assert model.t == 1


def test_an_interrupted_load_is_undone(file):
    class Impatient(Model):
        def serialize(self, serializer):
            super().serialize(serializer)
            raise KeyboardInterrupt

    model = Impatient(a=np.zeros(2))
    with pytest.raises(KeyboardInterrupt):
        load_npz(file, model)
    np.testing.assert_array_equal(model.params["a"].array, 0)


def test_the_first_error_is_told_if_undoing_fails_too(file):
    class Stubborn(Model):
        def serialize(self, serializer):
            if self.order:
                raise RuntimeError("loaded twice")
            super().serialize(serializer)

    model = Stubborn(a=np.zeros(2), z=np.zeros(5))
    with pytest.raises(ValueError, match="'z'"):
        load_npz(file, model)
    np.testing.assert_array_equal(model.params["a"].array, 0)


def test_an_array_loaded_twice_gets_its_first_content_back(file):
    class Shared:
        def __init__(self):
            self.array = np.zeros(2)

        def serialize(self, serializer):
            assert not isinstance(serializer, Serializer)
            serializer("a", self.array)
            serializer("a", self.array)
            serializer("missing", 0)

    target = Shared()
    with pytest.raises(KeyError, match="'missing'"):
        load_npz(file, target)
    np.testing.assert_array_equal(target.array, 0)
