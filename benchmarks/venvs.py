"""Environments for the peers, made when first needed and kept in a cache folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path


class EnvironmentFailure(Exception):
    """The interpreter of a peer cannot be had; the message says why."""


def cache_folder() -> Path:
    """Return the folder of the environments: ``BENCH_CACHE``, or one under the user's cache folder."""
    if chosen := os.environ.get("BENCH_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "chainer-benchmarks"


def ensure(name: str, python: str, installs: Sequence[Sequence[str]]) -> Path:
    """Return the interpreter of the environment ``name``, making it first if it is not there.

    Args:
        name: Name of its folder.
        python: Version of Python that it needs, as ``"3.8"``.
        installs: Arguments of one ``pip install`` after the other.
    Raises:
        EnvironmentFailure: There is no such Python, or a command failed.
    """
    home = cache_folder() / name
    interpreter = home / "bin" / "python"
    # Written last: an environment without its recipe was left half-made, one with another is of an older version of us.
    made_by, recipe = home / "recipe.txt", repr(installs)
    if not made_by.exists() or made_by.read_text() != recipe:
        base = find_python(python)
        print(f"making the environment {name} in {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        run(base, "-m", "venv", str(home))
        for packages in installs:
            run(str(interpreter), "-m", "pip", "install", "--quiet", *packages)
        made_by.write_text(recipe)
    return interpreter


def find_python(version: str) -> str:
    """Return an interpreter of this version: the running one, one on ``PATH`` or one of pyenv.

    Raises:
        EnvironmentFailure: There is none.
    """
    for candidate in candidates(version):
        # A shim of pyenv is on the path even when the version behind it is not there: only running it tells.
        command = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        except OSError:
            continue
        if answer == version:
            return candidate
    raise EnvironmentFailure(f"no Python {version} found on PATH or under pyenv")


def candidates(version: str) -> Iterator[str]:
    """Yield where an interpreter of this version may be."""
    yield sys.executable
    if found := shutil.which(f"python{version}"):
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True))


def run(*command: str) -> None:
    """Run a command; if it fails, say so by the last line that it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["it printed nothing"])[-1]
        raise EnvironmentFailure(f"{' '.join(command)} failed: {last}")
