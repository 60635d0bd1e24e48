from __future__ import annotations

import os
import pickle

import pytest
from chainer.datasets import TextDataset
from chainer.iterators import MultiprocessIterator, MultithreadIterator


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (b"one\ntwo\r\n\nfour", {}, ["one\n", "two\n", "\n", "four"]),
        (b"one\ntwo\r\n\nfour", {"newline": ""}, ["one\n", "two\r\n", "\n", "four"]),
        (b"a\rb\rc", {}, ["a\n", "b\n", "c"]),
        ("日本\n語\n".encode(), {"encoding": "utf-8"}, ["日本\n", "語\n"]),
        ("日本\n語\n".encode("utf-16"), {"encoding": "utf-16"}, ["日本\n", "語\n"]),
        ("日本\n語\n".encode(), {"encoding": "ascii", "errors": "ignore"}, ["\n", "\n"]),
        (b"x\ny\nz\n", {"filter_func": lambda line: line != "y\n"}, ["x\n", "z\n"]),
        (b"", {}, []),
    ],
)
def test_lines_of_a_file(write, content, options, expected):
    dataset = TextDataset(write("a.txt", content), **options)
    assert len(dataset) == len(expected)
    assert list(dataset) == expected
    assert dataset[::-1] == expected[::-1]
    dataset.close()


def test_lines_of_several_files_are_tuples(write):
    paths = [write("a.txt", b"1\n2\n3\n"), write("b.txt", b"x\ny\nz\n")]
    dataset = TextDataset(paths)
    assert dataset[1] == ("2\n", "y\n")
    dataset.close()
    dataset = TextDataset(paths, filter_func=lambda a, b: a != "2\n" and b != "z\n")
    assert dataset[:] == [("1\n", "x\n")]
    dataset.close()


@pytest.mark.parametrize("index", [-1, 3])
def test_other_indices_are_refused(write, index):
    dataset = TextDataset(write("a.txt", b"1\n2\n3\n"))
    with pytest.raises(IndexError, match=f"line {index} is out of range for 3 lines"):
        dataset[index]
    dataset.close()


def test_refuses_files_that_do_not_go_together(write, tmp_path):
    a = write("a.txt", b"1\n2\n")
    with pytest.raises(ValueError, match=r"number of lines in files does not match \(.*a.txt: 2, .*b.txt: 1\)"):
        TextDataset([a, write("b.txt", b"1\n")])
    with pytest.raises(ValueError, match="at least one text file"):
        TextDataset([])
    with pytest.raises(FileNotFoundError):
        TextDataset([a, str(tmp_path / "none.txt")])
    with pytest.raises(UnicodeDecodeError):
        TextDataset(write("c.txt", "é".encode()), encoding="ascii")


def test_travels_to_another_process(write):
    dataset = TextDataset(write("a.txt", b"1\n2\n3\n"))
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy[:] == dataset[:]
    copy.close()
    dataset.close()
    with pytest.raises(ValueError, match="closed file"):
        dataset[0]


@pytest.mark.parametrize("Iterator", [MultithreadIterator, MultiprocessIterator])
def test_may_be_read_by_many_at_once(write, Iterator):
    lines = [f"{i} {'x' * (i % 100)}\n" for i in range(2000)]
    dataset = TextDataset(write("a.txt", "".join(lines).encode()))
    n_workers = {"n_threads": 4} if Iterator is MultithreadIterator else {"n_processes": 4}
    with Iterator(dataset, 100, repeat=False, shuffle=False, **n_workers) as iterator:
        assert sum(iterator, []) == lines
    dataset.close()
    assert os.path.exists(dataset._paths[0])
