import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from chainer.training import extensions
from chainer.training.extensions import snapshot_writers
from chainer.training.extensions._serialized_state import SerializedState

WRITERS = [
    snapshot_writers.SimpleWriter,
    snapshot_writers.ThreadWriter,
    snapshot_writers.ProcessWriter,
    snapshot_writers.ThreadQueueWriter,
    snapshot_writers.ProcessQueueWriter,
]


def slow_save(path, target):
    time.sleep(0.05)
    with open(path, "wb") as file:
        np.savez(file, **target)


def broken_save(path, target):
    if target["x"][0] == 1:
        raise OSError("disk full")
    slow_save(path, target)


def state(value):
    return SerializedState(x=np.full(3, value))


@pytest.fixture(params=WRITERS)
def writer_class(request):
    return request.param


def test_snapshots_are_written_as_they_were(writer_class, tmp_path):
    writer = writer_class(savefun=slow_save)
    target = state(0)
    for value in range(3):
        target["x"][...] = value
        writer(f"s{value}", str(tmp_path), target)
        target["x"][...] = 99  # training goes on in place
    writer.finalize()
    for value in range(3):
        with np.load(tmp_path / f"s{value}") as archive:
            np.testing.assert_array_equal(archive["x"], [value] * 3)
    assert len(os.listdir(tmp_path)) == 3


def test_an_error_of_a_worker_is_raised_in_the_end(writer_class, tmp_path, capfd):
    writer = writer_class(savefun=broken_save)
    with pytest.raises((OSError, RuntimeError), match="disk full|exit code 1"):
        for value in range(3):
            writer(f"s{value}", str(tmp_path), state(value))
        writer.finalize()
    assert "s1" not in os.listdir(tmp_path)
    writer.finalize()


def test_savefun_takes_options(tmp_path):
    seen = []

    def savefun(path, target, **options):
        seen.append(options)
        slow_save(path, target)

    for writer_class in WRITERS[:2]:
        writer = writer_class(savefun=savefun, compression=False)
        writer("s", str(tmp_path), state(0))
        writer.finalize()
    assert seen == [{"compression": False}] * 2


def test_queue_runs_a_task_of_ones_own(tmp_path):
    done = []
    writer = snapshot_writers.ThreadQueueWriter(task=lambda filename, outdir, target: done.append(filename))
    for name in ("a", "b"):
        writer(name, str(tmp_path), state(0))
    writer.finalize()
    writer.finalize()
    assert done == ["a", "b"]


def test_a_queue_whose_process_was_killed_does_not_hang(tmp_path):
    writer = snapshot_writers.ProcessQueueWriter()
    writer._consumer.kill()
    writer._consumer.join()
    writer("s", str(tmp_path), state(0))
    with pytest.raises(RuntimeError, match="ended with exit code -9"):
        writer.finalize()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_to_all_processes_of_a_job_lose_no_snapshot(tmp_path, number):
    writer = snapshot_writers.ProcessQueueWriter(savefun=slow_save)
    writer("s0", str(tmp_path), state(0))
    while not list(tmp_path.iterdir()):  # the process is at work
        time.sleep(0.01)
    os.kill(writer._consumer.pid, number)
    writer("s1", str(tmp_path), state(1))
    writer.finalize()
    assert sorted(os.listdir(tmp_path)) == ["s0", "s1"]


SCRIPT = """
import os, sys
import numpy as np
from chainer.training.extensions import snapshot_writers
from chainer.training.extensions._serialized_state import SerializedState

snapshot_writers._SECONDS_BETWEEN_LOOKS = 0.1
writer = snapshot_writers.ProcessQueueWriter()
writer("s", {out!r}, SerializedState(x=np.ones(3)))
print(writer._consumer.pid, flush=True)
if {is_killed}:
    while not os.path.exists({out!r} + "/s"):
        pass
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
@pytest.mark.parametrize("is_killed", [False, True])
def test_process_ends_with_a_training_that_does_not_finalize_it(tmp_path, is_killed):
    script = SCRIPT.format(out=str(tmp_path), is_killed=is_killed)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == (-9 if is_killed else 0), done.stderr
    assert os.listdir(tmp_path) == ["s"]
    for _ in range(100):
        if not os.path.exists(f"/proc/{int(done.stdout)}"):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the process is still there")


def test_bases_say_what_is_missing(tmp_path):
    with pytest.raises(NotImplementedError, match="Writer must override __call__"):
        snapshot_writers.Writer()("s", str(tmp_path), state(0))
    with pytest.raises(NotImplementedError, match="StandardWriter must override create_worker"):
        snapshot_writers.StandardWriter()("s", str(tmp_path), state(0))
    with pytest.raises(NotImplementedError, match="QueueWriter must override create_queue"):
        snapshot_writers.QueueWriter()


def test_trainer_waits_for_the_last_snapshot(make_trainer, tmp_path, writer_class):
    trainer = make_trainer((6, "iteration"))
    trainer.extend(extensions.snapshot(writer=writer_class(), n_retains=2), trigger=(1, "iteration"))
    trainer.run()
    assert sorted(os.listdir(tmp_path / "result")) == ["snapshot_iter_5", "snapshot_iter_6"]


def test_training_goes_on_while_a_thread_writes(tmp_path):
    gate = threading.Event()
    writer = snapshot_writers.ThreadWriter(savefun=lambda path, target: gate.wait(10))
    writer("s", str(tmp_path), state(0))  # returns though nothing is written
    assert not (tmp_path / "s").exists()
    gate.set()
    writer.finalize()
    assert (tmp_path / "s").exists()
