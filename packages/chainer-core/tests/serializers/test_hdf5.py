import pathlib
import sys

import h5py
import numpy as np
import pytest
from chainer.serializers import HDF5Deserializer, HDF5Serializer, load_hdf5, save_hdf5

DATA = pathlib.Path(__file__).parent / "data"


@pytest.fixture
def group(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        yield file


def test_reads_a_file_of_the_last_release():
    class Target:
        def serialize(self, serializer):
            self.W = serializer["l1"]("W", np.zeros((3, 2), "f4"))
            self.lazy = serializer["l1"]("lazy", None)
            self.t = serializer("t", 0)

    target = Target()
    load_hdf5(DATA / "chainer-7.8.1.h5", target)
    np.testing.assert_array_equal(target.W, np.arange(6).reshape(3, 2) / 4)
    assert target.lazy is None
    assert target.t == 7


# What chainer 7.8.1 writes: dtype, shape and compression of each dataset.
@pytest.mark.parametrize(
    ("value", "dtype", "shape", "compression"),
    [
        (None, "<f4", None, None),
        (1, "<i8", (), None),
        (2.5, "<f8", (), None),
        (True, "?", (), None),
        (1j, "<c16", (), None),
        (b"xx", "S2", (), None),
        (np.float32(3), "<f4", (), None),
        (np.arange(3, dtype="f2"), "<f2", (3,), "gzip"),
        (np.zeros((0, 2)), "<f8", (0, 2), None),
        (np.zeros(1, "u1"), "u1", (1,), None),
    ],
    ids=repr,
)
def test_writes_the_layout_of_the_last_release(group, value, dtype, shape, compression):
    HDF5Serializer(group)("x", value)
    dataset = group["x"]
    assert (dataset.dtype, dataset.shape, dataset.compression) == (dtype, shape, compression)
    assert dataset.compression_opts == (4 if compression else None)


@pytest.mark.parametrize("compression", [None, 0, 9])
def test_compression_is_passed_on(tmp_path, compression):
    class Source:
        def serialize(self, serializer):
            serializer["child"]("x", np.arange(10))

    save_hdf5(tmp_path / "file.h5", Source(), compression=compression)
    with h5py.File(tmp_path / "file.h5") as file:
        assert file["child/x"].compression_opts == compression


def test_children_are_groups(group):
    HDF5Serializer(group)["/a/"]["b"]("/x", 1)
    assert isinstance(group["a"], h5py.Group)
    assert group["a/b/x"][()] == 1


def test_arrays_of_strings_survive(group):
    names = np.array([["a", "üb"], ["", "ccc"]])
    HDF5Serializer(group)("x", names)
    loaded = HDF5Deserializer(group)("x", None)
    assert loaded.dtype == "<U3"
    np.testing.assert_array_equal(loaded, names)


def test_without_strict_what_is_missing_stays(group):
    group["a/x"] = 3
    deserializer = HDF5Deserializer(group, strict=False)
    assert deserializer["a"]("x", 0) == 3
    assert deserializer["a"]("y", 1) == 1
    assert deserializer["b"]["c"]("x", 2) == 2


@pytest.mark.parametrize("path", [("a",), ("a", "x", "y")], ids=["group for value", "value for group"])
def test_groups_and_values_are_no_substitutes(group, path):
    group["a/x"] = 3
    deserializer = HDF5Deserializer(group)
    *children, key = path
    for child in children:
        deserializer = deserializer[child]
    with pytest.raises(KeyError, match=f"no key '{'/'.join(path)}'"):
        deserializer(key, 0)


@pytest.mark.parametrize("use", [HDF5Serializer, HDF5Deserializer])
def test_tells_how_to_get_h5py(monkeypatch, use):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"needs h5py: pip install 'chainer\[hdf5\]'"):
        use(None)
