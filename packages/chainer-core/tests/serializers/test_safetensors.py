import io
import json
import struct
import sys

import numpy as np
import pytest
import safetensors.numpy
from chainer.serializers import load_safetensors, save_safetensors


class Target:
    def __init__(self, **values):
        self.values = values

    def serialize(self, serializer):
        child = serializer["l1"]
        for key, value in self.values.items():
            self.values[key] = child(key, value)


def test_others_can_read_what_we_write(tmp_path):
    W = np.arange(6, dtype="f4").reshape(2, 3).T
    save_safetensors(tmp_path / "file", Target(W=W, t=3, lazy=None, log="ü"))
    tensors = safetensors.numpy.load_file(tmp_path / "file")
    assert sorted(tensors) == ["l1/W", "l1/t"]
    np.testing.assert_array_equal(tensors["l1/W"], W)
    with safetensors.safe_open(tmp_path / "file", "numpy") as file:
        assert json.loads(file.metadata()["chainer"]) == {"none": ["l1/lazy"], "text": {"l1/log": "ü"}}


def test_we_can_read_what_others_write(tmp_path):
    W = np.arange(6, dtype="f2").reshape(2, 3)
    safetensors.numpy.save_file({"l1/W": W, "l1/extra": W}, tmp_path / "file", metadata={"format": "pt"})
    target = Target(W=np.zeros((2, 3), "f4"))
    load_safetensors(tmp_path / "file", target)
    np.testing.assert_array_equal(target.values["W"], W)


def _file(dtype, shape, data):
    header = json.dumps({"l1/x": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    return io.BytesIO(struct.pack("<Q", len(header)) + header + data)


def test_bfloat16_is_read_as_float32():
    values = np.array([[1, -2.5], [0.15625, 2.0**100]], "<f4")  # all of them exact in bfloat16
    data = (values.view("<u4") >> 16).astype("<u2").tobytes()
    target = Target(x=None)
    load_safetensors(_file("BF16", [2, 2], data), target)
    assert target.values["x"].dtype == np.float32
    np.testing.assert_array_equal(target.values["x"], values)


def test_refuses_types_unknown_to_numpy():
    with pytest.raises(ValueError, match="'l1/x' of the BytesIO is of type F8_E4M3, which NumPy does not have"):
        load_safetensors(_file("F8_E4M3", [2], b"\0\0"), Target(x=None))


@pytest.mark.parametrize("value", [1j, b"bytes", np.array(["a", "b"])], ids=repr)
def test_refuses_to_write_what_the_format_does_not_have(value):
    with pytest.raises(TypeError, match="cannot save 'l1/x': a safetensors file holds no "):
        save_safetensors(io.BytesIO(), Target(x=value))


def test_path_strict_and_ignore_names_are_those_of_npz():
    file = io.BytesIO()
    save_safetensors(file, Target(x=1, y=2))
    nested = {"l1/l1/x": np.array(1), "l1/l1/y": np.array(2)}
    file = io.BytesIO(safetensors.numpy.save(nested))
    target = Target(x=0, y=0, z=0)
    load_safetensors(file, target, path="l1/", strict=False, ignore_names="l1/l1/y")
    assert target.values == {"x": 1, "y": 0, "z": 0}


@pytest.mark.parametrize("use", [save_safetensors, load_safetensors])
def test_tells_how_to_get_safetensors(monkeypatch, use):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"needs safetensors: pip install 'chainer\[safetensors\]'"):
        use(io.BytesIO(), Target(x=1))
