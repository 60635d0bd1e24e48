"""The parent's end of the pipe to a worker."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.peers import ROOT, Peer
from benchmarks.worker.ranks import MEETING_PLACE

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# What would change the peers behind our back: modules of the caller, and a BLAS kernel other than the one that the
# library chooses for this processor.
DROPPED_VARIABLES = ("PYTHONPATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

MPIEXEC_OPTIONS = ("--oversubscribe", "--bind-to", "none")
HOSTS = ROOT / "tools" / "hosts.py"
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}  # as in a container
FAREWELL_SECONDS = 10


class WorkerFailure(Exception):
    """A worker could not do what it was asked; the message is what it answered."""


class Worker:
    """A process that runs one peer, or several that do so together. Leaving the context ends it.

    Args:
        peer: Whose interpreter to start.
        threads: Of each process.
        ranks: Number of processes; several are started by the mpiexec that is installed beside this interpreter.
        on_hosts: Whether several are on two hosts of ``tools/hosts.py``, half on each, joined by a gigabit cable.

    Raises:
        EnvironmentFailure: The peer has no interpreter.
        WorkerFailure: Its interpreter does not start.
    """

    def __init__(self, peer: Peer, threads: int, ranks: int = 1, on_hosts: bool = False) -> None:
        environ = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
        environ |= dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"PYTHONNOUSERSITE": "1"} | dict(peer.environ)
        command = [peer.interpreter(), "-m", "benchmarks.worker", peer.framework, str(threads)]
        self._ranks = ranks
        self._meeting_place = tempfile.TemporaryDirectory()
        if ranks > 1 and on_hosts:
            # mpiexec passes few variables on to another host, and PyTorch would look for the name of its own.
            handed = {"PYTHONPATH", "PYTHONNOUSERSITE", *THREAD_VARIABLES, *dict(peer.environ)} & environ.keys()
            variables = {name: environ[name] for name in handed}
            variables |= {MEETING_PLACE: self._meeting_place.name, "GLOO_SOCKET_IFNAME": "cable"}
            start = [sys.executable, str(HOSTS), "-n", str(ranks // 2), "env"]
            command = [*start, *(f"{name}={value}" for name, value in variables.items()), *command]
        elif ranks > 1:
            environ |= AS_ROOT | {MEETING_PLACE: self._meeting_place.name}
            command = [str(Path(sys.executable).parent / "mpiexec"), *MPIEXEC_OPTIONS, "-n", str(ranks), *command]
        self._log = tempfile.TemporaryFile("w+", errors="replace")
        try:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,  # the first entry of the worker's path
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
            )
        except OSError as error:
            self._close()
            raise WorkerFailure(f"{command[0]} does not start: {error}") from error

    def ask(self, do: str, **arguments: object) -> Any:
        """Send a request, a method of `benchmarks.worker.session.Session`, and return its value.

        Raises:
            WorkerFailure: The worker answered with an error, or died.
        """
        assert self._process.stdin and self._process.stdout
        try:
            print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerFailure(f"the worker died: {self._last_words()}")
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerFailure(reply["error"])
        return reply["value"]

    def _last_words(self) -> str:
        status = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return f"{lines[-1] if lines else 'no message'} (exit status {status})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._ranks == 1:
            self._process.kill()  # nothing it holds is worth a farewell
        else:
            self._end_ranks()
        self._process.communicate()
        self._close()

    def _end_ranks(self) -> None:
        """Lets all ranks leave: killing mpiexec would leave them behind."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            print(file=self._process.stdin, flush=True)
        try:
            self._process.wait(FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.terminate()

    def _close(self) -> None:
        self._log.close()
        self._meeting_place.cleanup()
