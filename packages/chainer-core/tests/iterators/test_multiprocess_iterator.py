"""What only worker processes can do: die, hang, share memory, outlive their parent."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from chainer.iterators import MultiprocessIterator
from chainer.iterators._shared_arena import SharedArena, attach
from chainer.iterators._worker_pool import MAX_CHUNK
from chainer.serializers import DictionarySerializer, NpzDeserializer

TIMEOUT = 20  # seconds within which anything here must be over


class Dataset:
    """Calls a function for each example."""

    def __init__(self, function, n=8):
        self.function = function
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.function(i)


def pid_of_worker(i):
    return os.getpid()


def test_examples_are_read_by_that_many_processes():
    with MultiprocessIterator(Dataset(pid_of_worker), 8, n_processes=2) as iterator:
        pids = {pid for _ in range(20) for pid in next(iterator)}
    assert os.getpid() not in pids
    assert 1 <= len(pids) <= 2


def test_defaults():
    iterator = MultiprocessIterator([1], 1)
    assert iterator.n_processes == multiprocessing.cpu_count()
    assert (iterator.n_prefetch, iterator.shared_mem, iterator.dataset_timeout) == (1, None, 30.0)


@pytest.mark.parametrize(
    "argument", [{"n_processes": 0}, {"n_prefetch": -1}, {"shared_mem": -1}, {"maxtasksperchild": 0}], ids=str
)
def test_refuses_numbers_that_are_too_small(argument):
    with pytest.raises(ValueError, match=f"{next(iter(argument))} must be at least"):
        MultiprocessIterator([1], 1, **argument)


def test_a_finalized_iterator_says_so():
    iterator = MultiprocessIterator([1, 2], 1, n_processes=1)
    next(iterator)
    iterator.finalize()
    with pytest.raises(RuntimeError, match="was finalized"):
        next(iterator)


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="shared memory is a feature of Linux")
@pytest.mark.parametrize("shared_mem", [None, 400, 399, 10, 0])
def test_arrays_come_back_whole_through_shared_memory_or_beside_it(shared_mem):
    dataset = [(np.full(100, i, "f"), i) for i in range(12)]
    with MultiprocessIterator(dataset, 4, shuffle=False, n_processes=2, shared_mem=shared_mem) as iterator:
        for _epoch in range(3):
            kept = [next(iterator) for _ in range(3)]
        for i, (x, t) in enumerate(sum(kept, [])):
            assert t == i
            np.testing.assert_array_equal(x, dataset[i][0])
        assert (iterator._pool.arena is not None) == (shared_mem != 0)


def test_examples_larger_than_those_of_the_first_batch_come_as_well():
    dataset = [np.arange(10 + 1000 * i) for i in range(20)]
    with MultiprocessIterator(dataset, 3, shuffle=False, repeat=False, n_processes=2) as iterator:
        for x, expected in zip(sum(iterator, []), dataset, strict=True):
            np.testing.assert_array_equal(x, expected)


def test_more_indices_than_a_pipe_holds():
    n = 5 * MAX_CHUNK
    with MultiprocessIterator(range(n), n, shuffle=False, n_processes=1, n_prefetch=10) as iterator:
        assert next(iterator) == list(range(n))
        assert next(iterator) == list(range(n))


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="shared memory is a feature of Linux")
def test_regions_of_shared_memory_do_not_overlap():
    arena = SharedArena(100, 3)
    memory = attach(arena.address)
    for region in range(3):
        memory[region * arena.region_size : region * arena.region_size + 100] = bytes([region]) * 100
    assert [arena.read(region, 100).tolist() for region in range(3)] == [[region] * 100 for region in range(3)]
    arena.close()
    assert attach(arena.address) is None


def test_arrays_that_are_kept_are_not_overwritten():
    dataset = [np.full(1000, i) for i in range(40)]
    with MultiprocessIterator(dataset, 4, shuffle=False, n_processes=2, n_prefetch=2) as iterator:
        kept = [[x[::2].reshape(20, -1) for x in next(iterator)[1:3]] for _ in range(40)]
    for k, batch in enumerate(kept):
        for i, x in enumerate(batch):
            assert x.flags.writeable
            assert (x == (4 * k + 1 + i) % 40).all()


def test_reset_in_the_middle_keeps_the_workers_and_mixes_nothing_up():
    with MultiprocessIterator(Dataset(lambda i: (i, os.getpid()), 50), 5, n_processes=2, n_prefetch=4) as iterator:
        pids = set()
        for _ in range(10):
            iterator.reset()
            examples = sum([next(iterator) for _ in range(10)], [])
            assert sorted(i for i, _ in examples) == list(range(50))
            pids |= {pid for _, pid in examples}
            iterator.reset()
            pids |= {pid for _, pid in next(iterator)}
        assert len(pids) <= 2


def test_workers_are_replaced_after_their_share():
    with MultiprocessIterator(Dataset(pid_of_worker), 4, shuffle=False, n_processes=2, maxtasksperchild=4) as iterator:
        pids = [pid for _ in range(10) for pid in next(iterator)]
    assert len(pids) == 40
    assert len(set(pids)) >= 8
    assert max(pids.count(pid) for pid in pids) <= 4


def kill_worker(i):
    if i == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return i


def leave_worker(i):
    if i == 5:
        os._exit(7)
    return i


@pytest.mark.parametrize(
    ("function", "how"), [(kill_worker, "was killed by SIGKILL"), (leave_worker, "exited with status 7")]
)
def test_a_dead_worker_is_noticed_and_named(function, how):
    with MultiprocessIterator(Dataset(function), 4, shuffle=False, n_processes=2) as iterator:
        start = time.monotonic()
        with pytest.raises(RuntimeError, match=rf"MultiprocessIterator-\d \(pid \d+\) {how}.*examples \[.*5"):
            next(iterator), next(iterator)
        assert time.monotonic() - start < TIMEOUT


def test_a_worker_killed_between_batches_is_noticed():
    with MultiprocessIterator(list(range(100)), 2, n_processes=2) as iterator:
        next(iterator)
        for pid in iterator._pool.pids:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="was killed by SIGKILL"):
            for _ in range(10):
                next(iterator)
        # It can go on with new workers.
        next(iterator)


def test_what_cannot_be_sent_back_is_an_error_of_its_own():
    with MultiprocessIterator(Dataset(lambda i: lambda: i), 2, n_processes=1) as iterator:
        with pytest.raises(Exception, match="pickle"):
            next(iterator)


def test_a_stuck_dataset_gives_a_warning_and_is_waited_for():
    def slow(i):
        if i == 3:
            time.sleep(1)
        return i

    with MultiprocessIterator(
        Dataset(slow, 4), 2, shuffle=False, repeat=False, n_processes=1, dataset_timeout=0.2
    ) as iterator:
        assert next(iterator) == [0, 1]
        with pytest.warns(MultiprocessIterator.TimeoutWarning, match=r"within 0.2 seconds.*\[\d+\]") as caught:
            assert next(iterator) == [2, 3]
        assert len(caught) == 1
        assert caught[0].filename == __file__


def draws(i):
    return float(np.random.rand()), random.random()


def test_no_two_parts_of_a_batch_see_the_same_random_numbers():
    for shuffle in (True, False):
        with MultiprocessIterator(Dataset(draws, 40), 8, shuffle=shuffle, n_processes=4) as iterator:
            numbers = [pair for _ in range(10) for pair in next(iterator)]
        assert len(set(numbers)) == len(numbers)


def test_augmentation_resumes_exactly():
    np.random.seed(1)
    with MultiprocessIterator(Dataset(draws, 10), 4, n_processes=2) as first:
        for _ in range(4):
            next(first)
        saved = DictionarySerializer()
        first.serialize(saved)
        generator = np.random.get_state()
        expected = [next(first) for _ in range(5)]
    np.random.seed(2)
    with MultiprocessIterator(Dataset(draws, 10), 4, n_processes=2) as second:
        next(second)
        second.serialize(NpzDeserializer(saved.target))
        np.random.set_state(generator)
        assert [next(second) for _ in range(5)] == expected


def test_the_generator_of_the_parent_is_left_alone():
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    with MultiprocessIterator(Dataset(draws), 4, shuffle=False, n_processes=1) as iterator:
        next(iterator)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


SCRIPT = """
import os, signal, sys, time
from chainer.iterators import MultiprocessIterator

class Dataset:
    def __len__(self):
        return 100
    def __getitem__(self, i):
        if i >= 8:
            time.sleep({delay})
        return i

if __name__ == "__main__":
    import multiprocessing
    multiprocessing.set_start_method({method!r})
    iterator = MultiprocessIterator(Dataset(), 4, shuffle=False, n_processes=2, n_prefetch=3)
    assert next(iterator) == [0, 1, 2, 3]
    print(*iterator._pool.pids, flush=True)
    {then}
"""


def run(tmp_path, then, delay=0, method="fork"):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(then=then, delay=delay, method=method))
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pids = list(map(int, process.stdout.readline().split()))
    return process, pids


def assert_gone(pids):
    end = time.monotonic() + TIMEOUT
    while any(map(is_alive, pids)):
        assert time.monotonic() < end, "workers outlive their parent"
        time.sleep(0.05)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks into /proc")


@needs_proc
@pytest.mark.parametrize("delay", [0, 1000])
@pytest.mark.parametrize("then", ["pass", "sys.exit(0)", "del iterator", "iterator.finalize()"])
def test_the_program_ends_without_finalize(tmp_path, then, delay):
    process, pids = run(tmp_path, then, delay)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")
    assert len(pids) == 2
    assert_gone(pids)


@needs_proc
@pytest.mark.parametrize("delay", [0, 1000])
def test_workers_end_when_their_parent_is_killed(tmp_path, delay):
    process, pids = run(tmp_path, "time.sleep(1000)", delay)
    process.kill()
    process.communicate(timeout=TIMEOUT)
    assert_gone(pids)


@needs_proc
def test_ctrl_c_ends_the_program_with_one_clean_traceback(tmp_path):
    process, pids = run(tmp_path, "[next(iterator) for _ in range(20)]", delay=1000)
    time.sleep(0.5)
    for pid in [*pids, process.pid]:  # as a terminal does
        os.kill(pid, signal.SIGINT)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert_gone(pids)


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_start_methods(tmp_path, method):
    process, pids = run(tmp_path, "assert sum([next(iterator) for _ in range(4)], []) == list(range(4, 20))", 0, method)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert_gone(pids)


class Unreadable:
    def __reduce__(self):
        return int, ("no number",)


def test_what_cannot_be_read_is_an_error_of_its_own():
    with MultiprocessIterator([1, Unreadable(), 3], 1, shuffle=False, n_processes=1) as iterator:
        assert next(iterator) == [1]
        with pytest.raises(ValueError, match="no number"):
            next(iterator)
