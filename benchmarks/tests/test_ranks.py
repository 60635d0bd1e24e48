"""Several processes that take a step together."""

import subprocess
import time
from pathlib import Path

import pytest

from benchmarks.agreement import TOLERANCE, distance
from benchmarks.connection import Worker, WorkerFailure
from benchmarks.peers import PEERS

pytestmark = pytest.mark.launcher

# Of rank 0, by DistributedDataParallel of PyTorch 2.13.0: root mean square and product with a wave of one number.
LOSSES = [[loss, loss] for loss in (2.42401123, 2.38643193, 2.35054541)]


def test_our_mean_over_ranks_is_that_of_pytorch():
    with Worker(PEERS["chainer"], threads=1, ranks=2) as worker:
        worker.ask("facts")
        (variant,) = worker.ask("prepare", case="data_parallel/small")
        assert distance(LOSSES, worker.ask("numbers", variant=variant)) <= TOLERANCE
        loops = worker.ask("calibrate", variant=variant, seconds=0.0)
        assert 0 < worker.ask("measure", variant=variant, loops=loops) < 10


def test_ranks_leave_with_their_worker():
    with Worker(PEERS["chainer"], threads=1, ranks=2) as worker:
        worker.ask("facts")
        listing = subprocess.run(["pgrep", "-P", str(worker._process.pid)], capture_output=True, text=True, check=True)
        children = listing.stdout.split()
    assert worker._process.returncode == 0
    assert len(children) == 2
    time.sleep(0.1)
    assert not any(Path("/proc", pid).exists() for pid in children)


def test_a_failure_of_all_ranks_is_an_answer():
    with Worker(PEERS["chainer"], threads=1, ranks=2) as worker:
        worker.ask("facts")
        with pytest.raises(WorkerFailure, match="benchmark must be one of"):
            worker.ask("prepare", case="nothing")
        assert worker.ask("prepare", case="data_parallel/small") == ["eager"]
        assert 2**20 < worker.ask("peak", variant="eager") < 2**30
