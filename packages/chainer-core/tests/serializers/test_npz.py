import io
import pathlib
import pickle
import zipfile

import numpy as np
import pytest
from chainer import serializers
from chainer.serializers import DictionarySerializer, NpzDeserializer, load_npz, npz, save_npz

DATA = pathlib.Path(__file__).parent / "data"


class Trainer:
    """Keeps what the files in data/ hold."""

    def __init__(self):
        self.W = np.zeros((3, 2), "f4")
        self.b = np.zeros(3, "f2")
        self.lazy_W = None
        self.lazy_b = np.ones(3, "f4")
        self.t = 0
        self.epoch_detail = 0.0
        self.is_new_epoch = False
        self.log = ""

    def serialize(self, serializer):
        model = serializer["predictor"]
        self.W = model["l1"]("W", self.W)
        self.b = model["/l1"]("b", self.b)
        self.lazy_W = model["lazy/"]("W", self.lazy_W)
        self.lazy_b = model["lazy"]("/b", self.lazy_b)
        self.t = serializer("t", self.t)
        self.epoch_detail = serializer("epoch_detail", self.epoch_detail)
        self.is_new_epoch = serializer("is_new_epoch", self.is_new_epoch)
        self.log = serializer("log", self.log)


@pytest.mark.parametrize("name", ["chainer-7.8.1.npz", "chainer-7.8.1-stored.npz"])
def test_reads_files_of_the_last_release(name):
    trainer = Trainer()
    load_npz(DATA / name, trainer)
    np.testing.assert_array_equal(trainer.W, np.arange(6).reshape(3, 2) / 4)
    np.testing.assert_array_equal(trainer.b, [0.5, -1, 2])
    assert trainer.b.dtype == np.float16
    assert trainer.lazy_W is None
    np.testing.assert_array_equal(trainer.lazy_b, 0)
    assert (trainer.t, trainer.epoch_detail, trainer.is_new_epoch) == (7, 1.25, True)
    assert trainer.log == '[{"loss": 0.5}] ü'


@pytest.mark.parametrize(
    ("compression", "reference"), [(True, "chainer-7.8.1.npz"), (False, "chainer-7.8.1-stored.npz")]
)
def test_writes_the_layout_of_the_last_release(tmp_path, compression, reference):
    trainer = Trainer()
    load_npz(DATA / reference, trainer)
    save_npz(tmp_path / "ours.npz", trainer, compression)

    def layout(path):
        with np.load(path, allow_pickle=True) as arrays, zipfile.ZipFile(path) as archive:
            methods = {info.filename: info.compress_type for info in archive.infolist()}
            return {
                key: (array.dtype.str, array.tolist(), methods[f"{key}.npy"]) for key, array in sorted(arrays.items())
            }

    assert layout(tmp_path / "ours.npz") == layout(DATA / reference)


def test_the_same_object_makes_the_same_bytes():
    first, second = io.BytesIO(), io.BytesIO()
    save_npz(first, Trainer())
    save_npz(second, Trainer())
    assert first.getvalue() == second.getvalue()


@pytest.mark.parametrize(
    ("value", "dtype"),
    [(None, "O"), (1, "i8"), (2.5, "f8"), (True, "?"), ("ü", "<U1"), (b"xy", "S2"), (1j, "c16"), (np.float32(3), "f4")],
)
def test_dictionary_serializer_keeps_scalars_in_arrays(value, dtype):
    serializer = DictionarySerializer()
    assert serializer("key", value) is value
    assert serializer.target["key"].dtype == dtype
    assert serializer.target["key"].shape == ()
    assert serializer.target["key"][()] == value


def test_dictionary_serializer_shares_its_target_and_copies_nothing():
    target = {}
    array = np.zeros(3)
    serializer = DictionarySerializer(target, "model/")
    serializer["/a/"]["b"]("/W", array)
    serializer("t", 1)
    assert list(target) == ["model/a/b/W", "model/t"]
    assert target["model/a/b/W"] is array


def test_dictionary_serializer_says_how_to_save_a_variable():
    class Variable:
        array = np.zeros(3)

    with pytest.raises(TypeError, match=r"cannot save 'x': .* got Variable \(its \.array can be saved\)"):
        DictionarySerializer()("x", Variable())


def test_serialize_returns_the_dictionary():
    assert sorted(npz.serialize(Trainer())) == [
        "epoch_detail",
        "is_new_epoch",
        "log",
        "predictor/l1/W",
        "predictor/l1/b",
        "predictor/lazy/W",
        "predictor/lazy/b",
        "t",
    ]


@pytest.mark.parametrize("key", ["file", "allow_pickle", "a.npy", "args"])
def test_any_key_will_do(key):
    class Target:
        x = 3

        def serialize(self, serializer):
            self.x = serializer(key, self.x)

    file = io.BytesIO()
    save_npz(file, Target())
    target = Target()
    target.x = 0
    load_npz(file, target)
    assert target.x == 3


class Part:
    def __init__(self, *keys):
        self.values = dict.fromkeys(keys, 0)

    def serialize(self, serializer):
        for key in self.values:
            self.values[key] = serializer(key, self.values[key])


@pytest.fixture
def archive():
    return {"a/x": np.array(1), "a/y": np.array(2), "x": np.array(3), "y": np.array(4)}


@pytest.mark.parametrize(("path", "expected"), [("", 3), ("a/", 1)])
def test_path_is_what_the_keys_begin_with(tmp_path, archive, path, expected):
    np.savez(tmp_path / "file.npz", **archive)
    part = Part("x")
    load_npz(tmp_path / "file.npz", part, path=path)
    assert part.values == {"x": expected}


def test_path_without_a_slash_gets_a_hint(tmp_path, archive):
    np.savez(tmp_path / "file.npz", **archive)
    with pytest.raises(KeyError, match="no key 'ax' in .*did you mean 'a/x'"):
        load_npz(tmp_path / "file.npz", Part("x"), path="a")


def test_without_strict_what_is_missing_stays(tmp_path, archive):
    np.savez(tmp_path / "file.npz", **archive)
    part = Part("x", "z")
    load_npz(tmp_path / "file.npz", part, strict=False)
    assert part.values == {"x": 3, "z": 0}


@pytest.mark.parametrize(
    "ignore_names",
    ["a/x", ["a/x"], ("a/x", "z"), lambda name: name.endswith("x"), [lambda name: name == "a/x", "y"]],
)
def test_ignored_names_stay(archive, ignore_names):
    part = Part("x", "y")
    part.serialize(NpzDeserializer(archive, ignore_names=ignore_names)["a"])
    assert part.values == {"x": 0, "y": 2}


@pytest.mark.parametrize("ignore_names", [3, {"x"}])
def test_refuses_other_kinds_of_ignore_names(archive, ignore_names):
    with pytest.raises(ValueError, match="ignore_names must be a string, a function or a list"):
        NpzDeserializer(archive, ignore_names=ignore_names)("x", 0)


def test_takes_what_numpy_load_returns(tmp_path, archive):
    np.savez(tmp_path / "file.npz", **archive)
    with np.load(tmp_path / "file.npz") as opened:
        assert NpzDeserializer(opened)["a"]("x", 0) == 1


def test_text_of_python_2_is_decoded():
    assert NpzDeserializer({"log": np.array(b"[]")})("log", "") == "[]"


def _npy(pickled):
    file = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": ()}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + pickled


def _old(protocol):
    # NumPy 1 has another name for the module.
    return pickle.dumps(np.array(None), protocol=protocol).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


PICKLES_OF_NONE = {
    "protocol 0, NumPy 1": _old(0),
    "protocol 1, NumPy 1": _old(1),
    "protocol 2, NumPy 1": _old(2),
    "protocol 3, NumPy 1": _old(3),
    **{f"protocol {protocol}": pickle.dumps(np.array(None), protocol=protocol) for protocol in range(6)},
    "Python 2": (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        b"(K\x01)cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
        b"\x89]q\x06Natb."
    ),
}


@pytest.mark.parametrize("pickled", PICKLES_OF_NONE.values(), ids=PICKLES_OF_NONE)
def test_reads_a_pickled_none(tmp_path, pickled):
    with zipfile.ZipFile(tmp_path / "file.npz", "w") as archive:
        archive.writestr("x.npy", _npy(pickled))
    part = Part("x")
    part.values["x"] = None
    load_npz(tmp_path / "file.npz", part)
    assert part.values["x"] is None


class Exploit:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return pathlib.Path.touch, (self.trace,)


@pytest.mark.parametrize("make", [np.array, lambda obj: np.array([obj, None])], ids=["0-d", "1-d"])
def test_runs_nothing_that_is_in_a_file(tmp_path, make):
    trace = tmp_path / "trace"
    np.savez(tmp_path / "evil.npz", x=make(Exploit(trace)))
    with pytest.raises(ValueError, match=r"'x' of .*evil\.npz holds pickled objects.*allow_pickle=True"):
        load_npz(tmp_path / "evil.npz", Part("x"))
    assert not trace.exists()


def test_a_pickle_after_the_header_of_none_is_not_run(tmp_path):
    trace = tmp_path / "trace"
    with zipfile.ZipFile(tmp_path / "evil.npz", "w") as archive:
        archive.writestr("x.npy", _npy(pickle.dumps(Exploit(trace))))
    with pytest.raises(ValueError, match="holds pickled objects"):
        load_npz(tmp_path / "evil.npz", Part("x"))
    assert not trace.exists()


def test_pickled_objects_are_read_if_asked_for(tmp_path):
    np.savez(tmp_path / "file.npz", x=np.array([{"a": 1}, None], object))
    part = Part("x")
    part.values["x"] = None
    load_npz(tmp_path / "file.npz", part, allow_pickle=True)
    assert part.values["x"].tolist() == [{"a": 1}, None]


@pytest.mark.parametrize("compression", [True, False])
def test_a_flipped_bit_is_noticed(tmp_path, compression):
    path = tmp_path / "model.npz"
    save_npz(path, Trainer(), compression)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("predictor/l1/W.npy")
    content[member.header_offset + 30 + len(member.filename) + 20 + member.compress_size - 5] ^= 0x40
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"'predictor/l1/W' of .*model\.npz is damaged"):
        load_npz(path, Trainer())


def test_a_zip_of_something_else_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("x", b"no array at all")
    with pytest.raises(ValueError, match=r"'x' of .*photos\.zip is damaged"):
        load_npz(tmp_path / "photos.zip", Part("x"))


def test_published_names_are_there():
    assert serializers.npz.NpzDeserializer is NpzDeserializer
    assert serializers.npz.DictionarySerializer is DictionarySerializer
