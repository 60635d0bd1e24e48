"""The files are made here by hand, in the layout of ``torch.save``, because PyTorch is no dependency of the tests."""

import io
import pickle
import pickletools
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from chainer.serializers import load_pth


class Storage:
    """Raw data under a key: pickled as a persistent id."""

    def __init__(self, key, kind):
        self.key, self.kind = key, kind


class Tensor:
    """Pickled as a call of ``torch._utils._rebuild_tensor_v2``."""

    def __init__(self, storage, shape, strides, offset=0):
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return ("storage", getattr(sys.modules["torch"], obj.kind), obj.key, "cuda:0", 0)
        return None


@pytest.fixture
def torch(monkeypatch):
    """Just enough of the names that a pickle holds."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def define(module, name):
        setattr(module, name, type(name, (), {"__module__": module.__name__}))

    for name in ["FloatStorage", "HalfStorage", "BFloat16Storage", "LongStorage", "BoolStorage", "FloatTensor", "Size"]:
        define(torch, name)
    define(utils, "_rebuild_tensor_v2")
    define(utils, "_rebuild_parameter")
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def save(content, storages, root="archive", **members):
    pickled = io.BytesIO()
    Pickler(pickled, protocol=2).dump(content)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{root}/data.pkl", pickled.getvalue())
        for key, data in storages.items():
            archive.writestr(f"{root}/data/{key}", data)
        for name, data in members.items():
            archive.writestr(f"{root}/{name}", data)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("FloatStorage", "<f4"),
        ("FloatTensor", "<f4"),
        ("HalfStorage", "<f2"),
        ("LongStorage", "<i8"),
        ("BoolStorage", "?"),
    ],
)
def test_reads_a_state_dict(torch, kind, dtype):
    data = np.array([0, 1, 1, 0, 1, 0], dtype)
    storage = Storage("0", kind)
    state = OrderedDict(
        [
            ("weight", Tensor(storage, (2, 3), (3, 1))),
            ("transposed", Tensor(storage, (3, 2), (1, 3))),
            ("view", Tensor(storage, (2,), (2,), offset=3)),
            ("scalar", Tensor(storage, (), (), offset=1)),
            ("empty", Tensor(storage, (0, 3), (3, 1))),
            ("expanded", Tensor(storage, (4,), (0,), offset=1)),
        ]
    )
    state._metadata = OrderedDict([("", {"version": 1})])
    loaded = load_pth(save(state, {"0": data.tobytes()}))
    expected = {
        "weight": data.reshape(2, 3),
        "transposed": data.reshape(2, 3).T,
        "view": data[[3, 5]],
        "scalar": data[1],
        "empty": np.zeros((0, 3), dtype),
        "expanded": np.ones(4, dtype),
    }
    assert list(loaded) == list(expected)
    for name, array in expected.items():
        assert loaded[name].dtype == dtype
        assert loaded[name].flags.writeable
        np.testing.assert_array_equal(loaded[name], array, err_msg=name)


def test_bfloat16_is_read_as_float32(torch):
    data = np.array([0x3F80, 0xC020], "<u2").tobytes()  # 1 and -2.5
    loaded = load_pth(save({"x": Tensor(Storage("0", "BFloat16Storage"), (2,), (1,))}, {"0": data}))
    assert loaded["x"].dtype == np.float32
    np.testing.assert_array_equal(loaded["x"], [1, -2.5])


def test_byte_order_is_minded(torch):
    file = save(
        {"x": Tensor(Storage("0", "FloatStorage"), (2,), (1,))},
        {"0": np.array([1, 2], ">f4").tobytes()},
        byteorder="big",
    )
    loaded = load_pth(file)
    assert loaded["x"].dtype.isnative
    np.testing.assert_array_equal(loaded["x"], [1, 2])


def test_checkpoints_may_be_nested(torch, tmp_path):
    tensor = Tensor(Storage("7", "FloatStorage"), (1,), (1,))
    content = {
        "model": {"w": tensor},
        "epoch": 3,
        "groups": [{"lr": 0.1, "betas": (0.9, 0.99), "p": tensor}],
        "n": None,
    }
    path = tmp_path / "checkpoint.pth"
    path.write_bytes(save(content, {"7": np.float32(5).tobytes()}, root="any name").getvalue())
    loaded = load_pth(path)
    assert loaded["model"]["w"] == [5]
    assert loaded["groups"] == [{"lr": 0.1, "betas": (0.9, 0.99), "p": np.float32([5])}]
    assert loaded["epoch"] == 3
    assert loaded["n"] is None


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "builtins.eval"),
        (b"ctorch._utils\n_rebuild_parameter\n.", "torch._utils._rebuild_parameter"),
        (b"ctorch\nSize\n.", "torch.Size"),
        (b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93.", "collections.OrderedDict.__init__"),
    ],
)
def test_refuses_other_names_and_tells_them(tmp_path, payload, name):
    pickletools.dis(payload, out=io.StringIO())  # a sound pickle: it is the name that is refused
    with zipfile.ZipFile(tmp_path / "evil.pth", "w") as archive:
        archive.writestr("archive/data.pkl", payload)
    with pytest.raises(ValueError, match=rf"refused to load .*evil\.pth: it asks for {name}, which is not on the list"):
        load_pth(tmp_path / "evil.pth")


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ({"shape": (3,), "strides": (1,)}, "beyond its storage of 2 elements"),
        ({"shape": (2,), "strides": (1,), "offset": 1}, "beyond its storage of 2 elements"),
        ({"shape": (2,), "strides": (2**40,)}, "beyond its storage of 2 elements"),
        ({"shape": (2,), "strides": (-1,)}, r"strides \(-1,\)"),
        ({"shape": (-2,), "strides": (1,)}, r"shape \(-2,\)"),
        ({"shape": (1,), "strides": (1,), "offset": -1}, "offset -1"),
        ({"shape": (1, 2), "strides": (1,)}, r"strides \(1,\)"),
        ({"shape": "x", "strides": (1,)}, "invalid literal"),
    ],
)
def test_refuses_tensors_outside_their_storage(torch, tensor, message):
    file = save({"x": Tensor(Storage("0", "FloatStorage"), **tensor)}, {"0": bytes(8)})
    with pytest.raises(ValueError, match=f"no sound .pth file: .*{message}"):
        load_pth(file)


def test_refuses_a_missing_storage(torch):
    with pytest.raises(ValueError, match="no sound .pth file: .*archive/data/0"):
        load_pth(save({"x": Tensor(Storage("0", "FloatStorage"), (1,), (1,))}, {}))


def test_refuses_what_contains_itself():
    content = []
    content.append(content)
    with pytest.raises(ValueError, match="no sound .pth file"):
        load_pth(save(content, {}))


@pytest.mark.parametrize("content", [b"", b"\x80\x02}.", b"PK\x03\x04"], ids=repr)
def test_refuses_what_is_no_zip(tmp_path, content):
    (tmp_path / "old.pth").write_bytes(content)
    with pytest.raises(ValueError, match=r"old\.pth is no \.pth file of PyTorch 1\.6 or later"):
        load_pth(tmp_path / "old.pth")


def test_refuses_another_zip(tmp_path):
    np.savez(tmp_path / "file.npz", x=1)
    with pytest.raises(ValueError, match=r"file\.npz is no sound \.pth file: it is a zip archive without data\.pkl"):
        load_pth(tmp_path / "file.npz")
