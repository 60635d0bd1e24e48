"""What every format has to keep: one table of formats, one suite."""

import io
import os
import signal
import subprocess
import sys
import textwrap
from functools import partial

import hypothesis
import hypothesis.extra.numpy as hypothesis_numpy
import hypothesis.strategies as st
import numpy as np
import pytest
from chainer import serializers

FORMATS = {
    "npz": (serializers.save_npz, serializers.load_npz),
    "npz-stored": (partial(serializers.save_npz, compression=False), serializers.load_npz),
    "hdf5": (serializers.save_hdf5, serializers.load_hdf5),
    "hdf5-stored": (partial(serializers.save_hdf5, compression=None), serializers.load_hdf5),
    "safetensors": (serializers.save_safetensors, serializers.load_safetensors),
}
VALUES = {
    **{
        f"array {dtype}": np.array([[0, 1, 2], [3, 4, 5]], dtype)
        for dtype in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8"]
    },
    "big endian": np.array([1, 2], ">f4"),
    "0-d array": np.array(1.5, "f4"),
    "empty array": np.zeros((0, 3), "f4"),
    "transposed": np.arange(6, dtype="f4").reshape(2, 3).T,
    "strided": np.arange(12, dtype="i4").reshape(3, 4)[::2, 1::2],
    "one element": np.array([[7]], "u1"),
    "not a number": np.array([np.nan, np.inf, -0.0], "f4"),
    "bool": True,
    "int": -3,
    "large int": 2**63 - 1,
    "float": 0.1,
    "numpy scalar": np.float32(0.1),
    "list": [1, 2, 3],
    "tuple": (1.5, 2.5),
    "text": "",
    "unicode": "重み ünï 😀",
    "json": '["main/loss"]',
}


class Record:
    """A target with values by name; names with slashes are values of children."""

    def __init__(self, **values):
        self.values = values

    def serialize(self, serializer):
        for name, value in self.values.items():
            *parents, key = name.split("/")
            child = serializer
            for parent in parents:
                child = child[parent]
            self.values[name] = child(key, value)


def blank(value):
    """Something of the same type to load into."""
    if isinstance(value, np.ndarray):
        return np.ones_like(value) if value.dtype.kind != "U" else np.full_like(value, "x")
    return None if value is None else type(value)()


def assert_same(actual, expected):
    assert type(actual) is type(expected)
    if isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
    np.testing.assert_array_equal(actual, expected)


@pytest.fixture(params=FORMATS)
def save_and_load(request):
    return FORMATS[request.param]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_round_trip(save_and_load, tmp_path, value):
    save, load = save_and_load
    target = Record(x=blank(value))
    place = target.values["x"]
    saved = Record(x=value)
    save(tmp_path / "file", saved)
    assert saved.values["x"] is value
    load(tmp_path / "file", target)
    assert_same(target.values["x"], value)
    if isinstance(value, np.ndarray):
        assert target.values["x"] is place  # filled in place


@pytest.mark.parametrize("value", [np.arange(3, dtype="f2"), np.array(3), np.zeros((0, 2)), None], ids=repr)
def test_a_target_of_none_takes_what_the_file_holds(save_and_load, tmp_path, value):
    save, load = save_and_load
    save(tmp_path / "file", Record(x=value))
    target = Record(x=None)
    load(tmp_path / "file", target)
    assert_same(target.values["x"], value)


def test_a_stored_none_leaves_an_array_alone(save_and_load, tmp_path):
    save, load = save_and_load
    save(tmp_path / "file", Record(x=None))
    array = np.ones(3)
    target = Record(x=array)
    load(tmp_path / "file", target)
    assert target.values["x"] is None
    np.testing.assert_array_equal(array, 1)


def test_children_are_kept_apart(save_and_load, tmp_path):
    save, load = save_and_load
    values = {"x": 1, "a/x": 2, "a/b/x": 3, "b/x": 4, "a/y": 5, "updater/model:main/l1/W": np.eye(2)}
    save(tmp_path / "file", Record(**values))
    target = Record(**{name: blank(value) for name, value in values.items()})
    load(tmp_path / "file", target)
    for name, value in values.items():
        assert_same(target.values[name], value)


def test_loads_into_a_strided_place(save_and_load, tmp_path):
    save, load = save_and_load
    save(tmp_path / "file", Record(x=np.arange(3)))
    whole = np.zeros((3, 2))
    load(tmp_path / "file", Record(x=whole[:, 0]))
    np.testing.assert_array_equal(whole, [[0, 0], [1, 0], [2, 0]])


@pytest.mark.parametrize(("stored", "place"), [("f4", "f2"), ("f4", "f8"), ("i8", "f4"), ("f4", "c8"), ("i8", "i2")])
def test_casts_within_a_kind(save_and_load, tmp_path, stored, place):
    save, load = save_and_load
    save(tmp_path / "file", Record(x=np.arange(3, dtype=stored)))
    array = np.zeros(3, place)
    load(tmp_path / "file", Record(x=array))
    assert array.dtype == place
    np.testing.assert_array_equal(array, [0, 1, 2])


@pytest.mark.parametrize(
    ("stored", "target", "error", "message"),
    [
        (np.zeros(3, "f4"), np.zeros(3, "i4"), TypeError, "float32, which cannot be turned into int32"),
        (np.zeros(3, "c8"), np.zeros(3, "f4"), TypeError, "complex64, which cannot be turned into float32"),
        (0.5, 0, TypeError, "float64, which cannot be turned into int"),
        (3, True, TypeError, "int64, which cannot be turned into bool"),
        (np.zeros(3), np.zeros(4), ValueError, r"shape \(3,\), expected \(4,\)"),
        (np.zeros((2, 3)), np.zeros((3, 2)), ValueError, r"shape \(2, 3\), expected \(3, 2\)"),
        (np.zeros(1), np.zeros(4), ValueError, r"shape \(1,\), expected \(4,\)"),
        (np.zeros(3), 0.0, ValueError, r"shape \(3,\), expected a single float"),
    ],
)
def test_refuses_what_does_not_fit(save_and_load, tmp_path, stored, target, error, message):
    save, load = save_and_load
    save(tmp_path / "model.file", Record(**{"a/x": stored}))
    with pytest.raises(error, match=rf"'a/x' of .*model\.file has .*{message}"):
        load(tmp_path / "model.file", Record(**{"a/x": target}))


@pytest.mark.parametrize(("stored", "place"), [((), (1,)), ((3,), (1, 3)), ((1, 3), (3,))])
def test_axes_of_length_one_may_come_and_go(save_and_load, tmp_path, stored, place):
    save, load = save_and_load
    save(tmp_path / "file", Record(x=np.full(stored, 2.0)))
    array = np.zeros(place)
    load(tmp_path / "file", Record(x=array))
    np.testing.assert_array_equal(array, 2)


def test_a_missing_key_is_named_with_its_neighbours(save_and_load, tmp_path):
    save, load = save_and_load
    save(tmp_path / "model.file", Record(**{"l1/W": 1, "l1/b": 2}))
    with pytest.raises(KeyError, match=r"no key 'l1/w' in .*model\.file.*'l1/W', 'l1/b'.*strict=False"):
        load(tmp_path / "model.file", Record(**{"l1/w": 1}))


def test_a_missing_child_is_named(save_and_load, tmp_path):
    save, load = save_and_load
    save(tmp_path / "file", Record(**{"l1/W": 1}))
    with pytest.raises(KeyError, match=r"no key 'predictor/l1/W'"):
        load(tmp_path / "file", Record(**{"predictor/l1/W": 1}))


@pytest.mark.parametrize(
    "bad", [{"z": np.zeros(3)}, {"z": "text"}, {"missing": 0}], ids=["shape", "kind", "missing key"]
)
def test_a_failed_load_leaves_the_target_as_it_was(save_and_load, tmp_path, bad):
    save, load = save_and_load
    save(tmp_path / "file", Record(**{"a/x": np.ones(2), "n": 5, "none": np.ones(2), "z": np.ones(4)}))
    array = np.array([7.0, 8.0])
    target = Record(**{"a/x": array, "n": 1, "none": None, **bad})
    with pytest.raises((ValueError, TypeError, KeyError)):
        load(tmp_path / "file", target)
    assert target.values["a/x"] is array
    np.testing.assert_array_equal(array, [7, 8])
    assert target.values["n"] == 1
    assert target.values["none"] is None


@pytest.mark.parametrize("content", [b"", b"foo", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\xff" * 100], ids=repr)
def test_a_foreign_file_is_named(save_and_load, tmp_path, content):
    _, load = save_and_load
    (tmp_path / "model.file").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.file is no .* file, or is not complete"):
        load(tmp_path / "model.file", Record(x=0))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_named(save_and_load, tmp_path, part):
    save, load = save_and_load
    path = tmp_path / "model.file"
    save(path, Record(x=np.arange(1000), y=np.arange(1000)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    array = np.zeros(1000, int)
    with pytest.raises(ValueError, match=r"model\.file"):
        load(path, Record(x=array, y=np.zeros(1000, int)))
    np.testing.assert_array_equal(array, 0)


def test_a_missing_file_is_named(save_and_load, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model\.file"):
        save_and_load[1](tmp_path / "model.file", Record(x=0))


def test_takes_open_files(save_and_load):
    save, load = save_and_load
    file = io.BytesIO()
    save(file, Record(x=np.arange(3)))
    file.seek(0)
    target = Record(x=np.zeros(3, int))
    load(file, target)
    np.testing.assert_array_equal(target.values["x"], [0, 1, 2])


def test_takes_strings_as_paths_and_adds_no_suffix(save_and_load, tmp_path):
    save, load = save_and_load
    save(str(tmp_path / "snapshot_iter_10"), Record(x=1))
    assert os.listdir(tmp_path) == ["snapshot_iter_10"]
    load(str(tmp_path / "snapshot_iter_10"), Record(x=0))


@pytest.mark.parametrize("value", [object(), {"a": 1}, 2**70], ids=["object", "dict", "huge integer"])
def test_refuses_to_save_what_is_no_value(save_and_load, tmp_path, value):
    save, _ = save_and_load
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(TypeError, match="cannot save 'a/x'"):
        save(tmp_path / "file", Record(**{"a/x": value}))
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_process_killed_while_it_saves_leaves_the_old_file(tmp_path, name):
    save, load = FORMATS[name]
    path = tmp_path / "file"
    save(path, Record(x=np.arange(3)))
    script = """
        import os, signal, sys
        import numpy as np
        from chainer import serializers
        from chainer.utils import atomic_file

        # Everything is written, nothing is on the disk for sure: the worst moment to die.
        atomic_file._flush_to_disk = lambda path: os.kill(os.getpid(), signal.SIGKILL)

        class Record:
            def serialize(self, serializer):
                serializer("x", np.zeros(100_000))

        getattr(serializers, sys.argv[1])(sys.argv[2], Record())
    """
    command = [sys.executable, "-c", textwrap.dedent(script), f"save_{name.partition('-')[0]}", str(path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    target = Record(x=np.zeros(3, int))
    load(path, target)
    np.testing.assert_array_equal(target.values["x"], [0, 1, 2])


_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
_KEYS = st.lists(st.text("abcWb0_:", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)
_ARRAYS = hypothesis_numpy.arrays(
    st.sampled_from(["?", "i4", "u8", "f2", "f4", "f8"]),
    hypothesis_numpy.array_shapes(min_dims=0, min_side=0, max_side=4),
)


def _is_tree(values):
    """No name is both a value and a child."""
    return not any(other.startswith(name + "/") for name in values for other in values)


@hypothesis.given(
    values=st.dictionaries(
        _KEYS, st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | _TEXT | _ARRAYS, max_size=5
    ).filter(_is_tree)
)
@hypothesis.settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("name", FORMATS)
def test_loading_undoes_saving(name, values):
    save, load = FORMATS[name]
    file = io.BytesIO()
    save(file, Record(**values))
    file.seek(0)
    target = Record(**{key: blank(value) for key, value in values.items()})
    load(file, target)
    for key, value in values.items():
        assert_same(target.values[key], value)
