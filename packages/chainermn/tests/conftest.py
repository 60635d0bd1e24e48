"""The same tests run on 1, 2 and 3 ranks: what they do is written for any number."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import chainermn
import pytest
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from filelock import FileLock

# The launcher and MPI tell each process its place by these: a job started from a test is a new one.
_OF_ANOTHER_JOB = ("OMPI_", "PMIX_", "PMI_", "PRTE_")


class Job(subprocess.CompletedProcess[str]):
    """What has become of a job, and how many seconds it took; waiting for other jobs does not count."""

    seconds: float


@pytest.fixture(scope="session")
def communicator() -> Callable[[str], MpiCommunicatorBase]:
    """Communicators by name, made once."""
    made: dict[str, MpiCommunicatorBase] = {}

    def get(name: str) -> MpiCommunicatorBase:
        if name not in made:
            made[name] = chainermn.create_communicator(name)
        return made[name]

    return get


@pytest.fixture
def comm(communicator: Callable[[str], MpiCommunicatorBase]) -> MpiCommunicatorBase:
    return communicator("naive")


@pytest.fixture
def shared_path(tmp_path: Path, comm: MpiCommunicatorBase) -> Path:
    """One directory for all ranks."""
    return Path(comm.bcast_obj(str(tmp_path)))


@pytest.fixture
def alone() -> Iterator[None]:
    """For a test that starts a job by itself: no other job runs beside it."""
    with _alone():
        yield


def _alone() -> FileLock:
    return FileLock(Path(tempfile.gettempdir()) / f"chainermn-tests-{os.getuid()}.lock")


@pytest.fixture
def mpiexec() -> Callable[..., Job]:
    """Starts Python on several ranks, as a user would."""
    return _mpiexec


def _mpiexec(n: int, *command: str | Path, timeout: float = 120, cwd: Path | None = None, **environ: str) -> Job:
    """Runs Python on ``n`` ranks and returns what they printed, stderr included, in ``stdout``.

    One job at a time, whatever number of workers runs the tests: more would fight for the cores.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(_OF_ANOTHER_JOB)}
    env |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
    env |= environ
    launcher = Path(sys.executable).parent / "mpiexec"
    with _alone():
        start = time.monotonic()
        job = subprocess.Popen(
            [launcher, "-n", str(n), "--oversubscribe", sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env=env,
        )
        try:
            output, _ = job.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            job.terminate()  # and thereby its ranks, which a kill would leave behind
            output, _ = job.communicate(timeout=20)
            raise AssertionError(f"the job did not end within {timeout} s:\n{output}") from None
        result = Job(job.args, job.returncode, output)
        result.seconds = time.monotonic() - start
        return result
