#!/usr/bin/env python3
"""Runs the tests of chainer-onednn-ext with its C++ compiled under a sanitizer of GCC, and prints what that reports.

    .venv/bin/python tools/sanitize.py address                  memory out of bounds, or freed; undefined behaviour
    .venv/bin/python tools/sanitize.py thread                   two threads that race for memory
    .venv/bin/python tools/sanitize.py address -k pooling -x    arguments of pytest

The module is compiled into a temporary folder and takes the place of the installed one in these tests alone. Needs the
interpreter of an environment in which they run (tools/dev.py setup makes it), and GCC with its sanitizers. The tests
take some minutes. Exit status: 0 if they pass and nothing is reported, 1 if not, 2 if they could not be run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "packages" / "chainer-onednn-ext"
WRAPPER = Path(__file__).resolve().parent / "sanitize_openmp.cpp"


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """How to compile with a sanitizer, and how to run."""

    flags: str
    preloads: tuple[str, ...]
    """Libraries that must be there before Python is, which is not compiled with them; the one that throws exceptions
    too, as the sanitizer looks for it when it starts."""
    options: Mapping[str, str]
    wraps_openmp: bool = False
    launcher: tuple[str, ...] = ()


SANITIZERS = {
    "address": Sanitizer(
        "-fsanitize=address,undefined -fsanitize-recover=all",
        ("libasan.so", "libubsan.so", "libstdc++.so"),
        {
            # CPython leaves memory behind when it ends, so leaks are not looked for.
            "ASAN_OPTIONS": "detect_leaks=0:halt_on_error=0:log_path={log}",
            "UBSAN_OPTIONS": "print_stacktrace=1:log_path={log}",
            "PYTHONMALLOC": "malloc",  # one allocation of Python is one for the sanitizer
        },
    ),
    "thread": Sanitizer(
        "-fsanitize=thread",
        ("libtsan.so", "libstdc++.so", "libgomp.so"),  # the last one, so that what wraps it finds it
        # What the others read and write goes unseen; their locks, such as CPython's, are heeded all the same.
        {"TSAN_OPTIONS": "die_after_fork=0:ignore_noninstrumented_modules=1:log_path={log}"},
        wraps_openmp=True,
        launcher=("setarch", "-R"),  # its map of memory knows no randomised addresses
    ),
}

# The editable installation puts a finder of its own in front, so the other module needs one before that.
SITE = """import importlib.machinery, sys


class Sanitized:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "chainer_onednn_ext":
            path = [{folder!r}]
        elif not name.startswith("chainer_onednn_ext."):
            return None
        return importlib.machinery.PathFinder.find_spec(name, path)


sys.meta_path.insert(0, Sanitized)
"""


class SanitizerError(Exception):
    """The tests cannot be run; the message tells the way out."""


def main(argv: Sequence[str] | None = None) -> int:
    args = parse(argv)
    sanitizer = SANITIZERS[args.sanitizer]
    try:
        check(sanitizer)
        with tempfile.TemporaryDirectory(prefix="sanitize-") as temporary:
            folder = (args.keep or Path(temporary)).resolve()
            build(sanitizer, folder)
            status = run_tests(sanitizer, folder, args.threads, args.tests)
            reports = collect(folder)
    except SanitizerError as error:
        print(f"sanitize.py: {error}", file=sys.stderr)
        return 2
    for summary, (count, text) in reports.items():
        print(f"\n=== {count}x {summary}\n{text}")
    print(
        f"\n{args.sanitizer} sanitizer: {len(reports)} different reports; the tests {'FAILED' if status else 'passed'}"
    )
    return int(bool(reports) or status != 0)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="of OpenMP (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="build there, and faster the next time")
    parser.add_argument("sanitizer", choices=SANITIZERS)
    parser.add_argument(
        "tests", nargs=argparse.REMAINDER, metavar="...", help="arguments of pytest (default: all tests)"
    )
    return parser.parse_args(argv)


def check(sanitizer: Sanitizer) -> None:
    """Raises a :class:`SanitizerError` if something is missing."""
    if importlib.util.find_spec("chainer") is None or importlib.util.find_spec("pytest") is None:
        raise SanitizerError(f"{sys.executable} has no chainer or no pytest; run it by .venv/bin/python")
    if shutil.which("g++") is None:
        raise SanitizerError("there is no g++; on Debian and Ubuntu: apt install g++")
    for library in sanitizer.preloads:
        if not Path(located(library)).is_absolute():
            raise SanitizerError(f"g++ has no {library}")


def located(library: str) -> str:
    """The path of a library of GCC; its bare name if there is none."""
    command = ["g++", f"-print-file-name={library}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def build(sanitizer: Sanitizer, folder: Path) -> None:
    """Compiles the module into a folder, with what else its tests have to load."""
    print(f"building in {folder}, some minutes", flush=True)
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    (site / "sitecustomize.py").write_text(SITE.format(folder=str(folder / "package")), encoding="utf-8")
    shutil.rmtree(folder / "package", ignore_errors=True)
    call(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder / "package", PACKAGE),
        f"-Cbuild-dir={folder / 'build'}",
        "-Ccmake.build-type=RelWithDebInfo",
        "-Cinstall.strip=false",
        f"-Ccmake.define.CMAKE_CXX_FLAGS={sanitizer.flags} -fno-omit-frame-pointer",
        environ={"CXX": "g++"},
    )
    if sanitizer.wraps_openmp:
        call("g++", "-O1", "-g", "-shared", "-fPIC", "-o", folder / "openmp.so", WRAPPER, "-ldl")


def run_tests(sanitizer: Sanitizer, folder: Path, threads: int, arguments: Sequence[str]) -> int:
    """The exit status of pytest."""
    logs = folder / "reports"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    wrapper = [str(folder / "openmp.so")] if sanitizer.wraps_openmp else []
    preloads = [*wrapper, *[located(library) for library in sanitizer.preloads]]
    environ = os.environ | {
        "LD_PRELOAD": ":".join(preloads),
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",
        "PYTHONPATH": str(folder / "site"),
        **{name: value.format(log=logs / "log") for name, value in sanitizer.options.items()},
    }
    is_served = "import sys, chainer_onednn_ext._core as c; sys.exit(not c.__file__.startswith(sys.argv[1]))"
    python = [*sanitizer.launcher, sys.executable]
    if subprocess.run([*python, "-c", is_served, str(folder)], env=environ, cwd=ROOT).returncode:
        raise SanitizerError(f"the module in {folder} does not load")
    command = [*python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    if not any(Path(argument.split("::")[0]).exists() for argument in arguments):
        command.append(str(PACKAGE / "tests"))
    return subprocess.run(command, env=environ, cwd=ROOT).returncode


def collect(folder: Path) -> dict[str, tuple[int, str]]:
    """What was reported, by its summary: how often, and the first report in full."""
    found: dict[str, tuple[int, str]] = {}
    for log in sorted((folder / "reports").iterdir()):
        for report in split(log.read_text(encoding="utf-8", errors="replace")):
            summary = re.sub(r"0x[0-9a-f]+", "0x...", summarise(report))
            count, first = found.get(summary, (0, report))
            found[summary] = (count + 1, first)
    return found


def split(log: str) -> list[str]:
    """The reports of a log: each begins with one of these lines."""
    parts = re.split(r"(?m)^(?==+\d*=*ERROR: |WARNING: ThreadSanitizer|.*: runtime error: )", log)
    return [part.strip(" =\n") for part in parts if re.match(r"=*\d*=*ERROR|WARNING|.*runtime error", part)]


def summarise(report: str) -> str:
    """The line that tells what happened and where."""
    lines = report.splitlines()
    return next((line.removeprefix("SUMMARY: ") for line in lines if line.startswith("SUMMARY: ")), lines[0])


def call(*command: str | Path, environ: Mapping[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=ROOT, env=os.environ | (environ or {})).returncode:
        raise SanitizerError(f"this command failed, its message is above: {' '.join(map(str, command))}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
