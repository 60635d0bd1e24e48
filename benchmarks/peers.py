"""Whom we compare with, and where the interpreter of each comes from."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import venvs

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Peer:
    """A framework in an environment of its own."""

    name: str
    framework: str
    """The module to import, and the method of a workload that speaks its dialect."""
    summary: str
    python: str | None = None
    """The version of Python of its environment; ``None`` is the interpreter that runs the benchmarks."""
    installs: tuple[tuple[str, ...], ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def variable(self) -> str:
        """The environment variable that names its interpreter."""
        return f"BENCH_{self.name.upper().replace('-', '_')}_PYTHON"

    def interpreter(self) -> str:
        """Return its interpreter: the one its variable names, or that of an environment made on demand.

        Raises:
            EnvironmentFailure: There is none; the message says what was tried.
        """
        if chosen := os.environ.get(self.variable):
            if shutil.which(chosen) is None:
                raise venvs.EnvironmentFailure(f"{self.variable} names {chosen}, which is not an executable file")
            return chosen
        if self.python is None:
            return sys.executable
        try:
            return str(venvs.ensure(self.name, self.python, self.installs))
        except venvs.EnvironmentFailure as error:
            raise venvs.EnvironmentFailure(f"{error}; {self.variable} may name an interpreter that has it") from error


_LEGACY_BUILD = ("wheel", "setuptools<66")  # the last release builds with the setuptools of its time
_LEGACY_NEEDS = ("six", "filelock", "protobuf==3.20.3", "typing_extensions")
_LEGACY_CHAINER = ("--no-build-isolation", "chainer==7.8.1")

PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "chainer",
            "chainer",
            "this tree",
            environ={"PYTHONPATH": str(ROOT / "packages" / "chainer-core" / "src")},
        ),
        Peer(
            "torch",
            "torch",
            "PyTorch eager",
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            installs=(("numpy", "torch==2.13.0"),),
        ),
        Peer(
            "chainer7",
            "chainer",
            "the last release",
            python="3.8",
            installs=(_LEGACY_BUILD, ("numpy==1.23.5", *_LEGACY_NEEDS), _LEGACY_CHAINER),
        ),
        Peer(
            "chainer7-ideep",
            "chainer",
            "the last release with its Intel acceleration",
            python="3.7",
            installs=(_LEGACY_BUILD, ("numpy==1.21.6", "ideep4py==2.0.0.post3", *_LEGACY_NEEDS), _LEGACY_CHAINER),
            # Models stay in plain arrays: converted by `to_intel64`, they made its Adam 2.4 times slower still.
            environ={"CHAINER_USE_IDEEP": "auto"},
        ),
    )
}
