from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from chainer.datasets import PickleDataset, PickleDatasetWriter, open_pickle_dataset, open_pickle_dataset_writer
from chainer.iterators import MultiprocessIterator


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "examples.pkl")
    with open_pickle_dataset_writer(path) as writer:
        for example in (1, "a", np.arange(3)):
            writer.write(example)
        writer.flush()
    return path


def test_what_was_written_comes_back(path):
    with open_pickle_dataset(path) as dataset:
        assert len(dataset) == 3
        assert dataset[0] == 1
        assert dataset[1] == "a"
        np.testing.assert_array_equal(dataset[-1], np.arange(3))
        assert dataset[:2] == dataset[[0, 1]] == [1, "a"]
        with pytest.raises(IndexError):
            dataset[3]
    with pytest.raises(ValueError, match="closed"):
        dataset[0]


def test_files_may_be_appended_to(path):
    with PickleDatasetWriter(open(path, "ab"), protocol=2) as writer:
        writer.write("more")
    with pytest.raises(ValueError, match="closed"):
        writer.write("too late")
    with open_pickle_dataset(path) as dataset:
        assert len(dataset) == 4
        assert dataset[3] == "more"


def test_any_file_in_which_one_can_seek_will_do():
    file = io.BytesIO()
    writer = PickleDatasetWriter(file)
    writer.write(5)
    writer.write(6)
    assert PickleDataset(file)[:] == [5, 6]
    assert len(PickleDataset(io.BytesIO())) == 0
    file.seekable = lambda: False
    with pytest.raises(ValueError, match="one can seek"):
        PickleDataset(file)


@pytest.mark.parametrize("content", [b"hello", pickle.dumps(1) + b"\x80"], ids=["foreign", "cut off"])
def test_refuses_files_that_are_cut_off_or_foreign(tmp_path, content):
    (tmp_path / "bad.pkl").write_bytes(content)
    with pytest.raises(
        pickle.UnpicklingError, match=r"bad.pkl is no pickle dataset, or its end is missing: example \d"
    ):
        open_pickle_dataset(str(tmp_path / "bad.pkl"))


def test_travels_to_another_process(path):
    with open_pickle_dataset(path) as dataset, pickle.loads(pickle.dumps(dataset)) as copy:
        assert copy[:2] == dataset[:2]


def test_may_be_read_by_many_processes_at_once(tmp_path):
    path = str(tmp_path / "many.pkl")
    with open_pickle_dataset_writer(path) as writer:
        for i in range(500):
            writer.write((i, "x" * (i % 50)))
    with open_pickle_dataset(path) as dataset:
        with MultiprocessIterator(dataset, 50, repeat=False, shuffle=False, n_processes=4) as iterator:
            assert sum(iterator, []) == [(i, "x" * (i % 50)) for i in range(500)]
