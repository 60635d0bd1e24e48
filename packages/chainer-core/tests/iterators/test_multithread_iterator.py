"""What only threads can do."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time

import pytest
from chainer.iterators import MultithreadIterator


def threads_of_iterators():
    return [thread for thread in threading.enumerate() if thread.name.startswith("MultithreadIterator")]


class Names:
    def __len__(self):
        return 8

    def __getitem__(self, i):
        time.sleep(0.01)
        return threading.current_thread().name


def test_examples_are_read_by_that_many_threads():
    with MultithreadIterator(Names(), 8, n_threads=4) as iterator:
        assert set(next(iterator)) == {f"MultithreadIterator-{i}" for i in range(4)}


def test_threads_end_with_the_iterator():
    before = set(threads_of_iterators())  # of other tests; they may end meanwhile
    iterator = MultithreadIterator([1, 2, 3], 1, n_threads=3)
    next(iterator)
    own = set(threads_of_iterators()) - before
    assert len(own) == 3
    del iterator
    gc.collect()
    for thread in own:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in own)


def test_can_be_used_after_finalize():
    iterator = MultithreadIterator("abc", 1, shuffle=False, n_threads=2)
    assert next(iterator) == ["a"]
    iterator.finalize()
    assert next(iterator) == ["b"]
    iterator.finalize()


def test_refuses_to_have_no_threads():
    with pytest.raises(ValueError, match="n_threads must be positive, got 0"):
        MultithreadIterator([1], 1, n_threads=0)


def test_a_dataset_that_never_answers_does_not_keep_the_program_from_ending():
    script = """
import time
from chainer.iterators import MultithreadIterator
class Dataset:
    def __len__(self):
        return 4
    def __getitem__(self, i):
        if i > 1:
            time.sleep(1000)
        return i
iterator = MultithreadIterator(Dataset(), 2, shuffle=False, n_threads=2)
print(next(iterator))
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20)
    assert (result.returncode, result.stdout, result.stderr) == (0, "[0, 1]\n", "")
