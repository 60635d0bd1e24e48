"""Links in files: what becomes of lazy parameters and persistent values, and of a load that fails."""

import numpy as np
import pytest
from chainer import serializers
from chainer.link import Chain, Link
from chainer.variable import Parameter

FORMATS = {
    "npz": (serializers.save_npz, serializers.load_npz),
    "hdf5": (serializers.save_hdf5, serializers.load_hdf5),
    "safetensors": (serializers.save_safetensors, serializers.load_safetensors),
}


class Layer(Link):
    def __init__(self, *shape):
        super().__init__()
        with self.init_scope():
            self.W = Parameter(0, shape or None)
            self.b = Parameter(0, (2,))
        self.add_persistent("count", 0)
        self.add_persistent("mean", np.zeros(3, "f4"))


def model(*shape, last=(4,)):
    return Chain(first=Layer(*shape), last=Layer(*last))


def filled(*shape):
    chain = model(*shape)
    for i, (_, param) in enumerate(chain.namedparams()):
        if param.array is not None:
            param.array[...] = i + 1
    chain.first.count = 7
    chain.first.mean[...] = [1, 2, 3]
    return chain


@pytest.fixture(params=FORMATS)
def save_and_load(request):
    return FORMATS[request.param]


@pytest.mark.parametrize("shape", [(2, 3), ()], ids=["with a shape", "without a shape"])
def test_loading_fills_parameters_and_persistent_values(save_and_load, tmp_path, shape):
    save, load = save_and_load
    source, target = filled(2, 3), model(*shape)
    save(tmp_path / "model", source)
    load(tmp_path / "model", target)
    for (path, actual), (_, expected) in zip(target.namedparams(), source.namedparams(), strict=True):
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual.array, expected.array, err_msg=path)
    assert target.first.count == 7
    np.testing.assert_array_equal(target.first.mean, [1, 2, 3])


def test_what_has_no_shape_is_kept_without_one(save_and_load, tmp_path):
    save, load = save_and_load
    save(tmp_path / "model", filled())
    target = model()
    load(tmp_path / "model", target)
    assert not target.first.W.is_initialized
    assert target.first.count == 7


@pytest.mark.parametrize("shape", [(2, 3), ()], ids=["with a shape", "without a shape"])
def test_a_failed_load_leaves_the_link_as_it_was(save_and_load, tmp_path, shape):
    save, load = save_and_load
    save(tmp_path / "model", filled(2, 3))
    target = model(*shape, last=(5,))
    mean = target.first.mean
    with pytest.raises(ValueError, match=r"'last/W' of .*model has shape \(4,\), expected \(5,\)"):
        load(tmp_path / "model", target)
    for path, param in target.namedparams():
        if param.array is not None:
            np.testing.assert_array_equal(param.array, 0, err_msg=path)
    assert target.first.W.is_initialized == bool(shape)
    assert target.first.count == 0
    assert target.first.mean is mean
    np.testing.assert_array_equal(mean, 0)
    target.first.W.initialize((6,))  # may be given another shape
