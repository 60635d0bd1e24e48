"""The parent's end of the pipe to a worker."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from types import TracebackType
from typing import Any, Self

from benchmarks.peers import ROOT, Peer

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# What would change the peers behind our back: modules of the caller, and a BLAS kernel other than the one that the
# library chooses for this processor.
DROPPED_VARIABLES = ("PYTHONPATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class WorkerFailure(Exception):
    """A worker could not do what it was asked; the message is what it answered."""


class Worker:
    """A process that runs one peer. Leaving the context ends it.

    Raises:
        EnvironmentFailure: The peer has no interpreter.
        WorkerFailure: Its interpreter does not start.
    """

    def __init__(self, peer: Peer, threads: int) -> None:
        environ = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
        environ |= dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"PYTHONNOUSERSITE": "1"} | dict(peer.environ)
        command = [peer.interpreter(), "-m", "benchmarks.worker", peer.framework, str(threads)]
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
            self._log.close()
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
        self._process.kill()  # nothing it holds is worth a farewell
        self._process.communicate()
        self._log.close()
