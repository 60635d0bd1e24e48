#!/usr/bin/env python3
"""Everything a developer runs, by one command each: sets up ``.venv`` when needed, then does the task.

The tasks themselves are hatch commands of the root ``pyproject.toml``; hatch keeps ``.venv`` in step with the
requirements named there and in ``packages/*/pyproject.toml``. Needs Python 3.11 or newer and nothing else.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python reads as far as this
    sys.exit("tools/dev.py needs Python 3.11 or newer, this is {}.{}".format(*sys.version_info[:2]))

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = ("--quiet", "--disable-pip-version-check")


@dataclass(frozen=True, slots=True)
class Task:
    """One hatch command; ``with_args`` is the one that takes over when the user gives arguments."""

    command: str
    about: str
    with_args: str | None = None


TASKS = {
    "demo": Task("demo:mnist", "train a classifier of handwritten digits and draw what it learnt"),
    "test": Task("test:all", "run all tests with coverage; with arguments, pytest on these alone", "test:some"),
    "examples": Task("test:examples", "run every example in its short mode"),
    "lint": Task("lint:check", "check style and format"),
    "fix": Task("lint:fix", "mend style and format where a tool can"),
    "types": Task("lint:types", "check the type hints"),
    "docs": Task("docs:build", "build the documentation into build/docs"),
    "bench": Task("bench:run", "measure speed beside other frameworks"),
    "release": Task("release:run", "check versions, build wheels, gather the changelog: tools/release.py"),
}


class SetupError(Exception):
    """Set-up cannot go on; the message tells the way out."""


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        venv = set_up(args.python)
    except SetupError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 1
    if args.task == "setup":
        return hatch(venv, "run", "python", "--version")
    task = TASKS[args.task]
    command = task.with_args if args.args and task.with_args else task.command
    return hatch(venv, "run", command, *args.args)


def parse(argv: list[str] | None) -> argparse.Namespace:
    rows = {"setup": "make the environment, then stop"} | {name: task.about for name, task in TASKS.items()}
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="tasks:\n" + "\n".join(f"  {name:10}{about}" for name, about in rows.items()),
    )
    parser.add_argument(
        "--python",
        metavar="VERSION",
        help="a version such as 3.13, or the path of an interpreter: works in an environment of its own, .venv-3.13",
    )
    parser.add_argument("task", choices=rows, metavar="task", help="one of the tasks below")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="goes to the task as it is")
    return parser.parse_args(argv)


def set_up(python: str | None = None) -> Path:
    """The ready environment; made, mended or brought up to date only if needed."""
    interpreter, venv = find_interpreter(python)
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["setup"]
    # The stamp is written last, so an environment whose set-up was interrupted counts as not made.
    stamp = venv / "setup-done.txt"
    wanted = "\n".join(requirements)
    if executable(venv, "python").exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        rebuild_extensions(venv)
        return venv
    print(f"setting up {venv.name}, a few minutes the first time", flush=True)
    if not runs(executable(venv, "python"), "import pip"):
        make_venv(interpreter, venv)
    call(executable(venv, "python"), "-m", "pip", *QUIET, "install", *requirements)
    for folder in extensions():  # hatch is about to build them for the first time
        tell_without_compiler(folder)
        stamp_of(venv, folder).write_text(digest(folder), encoding="utf-8")
    stamp.write_text(wanted, encoding="utf-8")
    return venv


def extensions() -> list[Path]:
    """Packages with a module in C++, which an editable installation compiles once."""
    return [path.parent for path in sorted(ROOT.glob("packages/*/CMakeLists.txt"))]


def rebuild_extensions(venv: Path) -> None:
    """Compiles again what has changed since it was last compiled: hatch only sees that it is installed."""
    for folder in extensions():
        stamp = stamp_of(venv, folder)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == digest(folder):
            continue
        print(f"building {folder.name}, a minute or two", flush=True)
        tell_without_compiler(folder)
        call(executable(venv, "python"), "-m", "pip", *QUIET, "install", "--no-deps", "--editable", folder)
        stamp.write_text(digest(folder), encoding="utf-8")


def stamp_of(venv: Path, folder: Path) -> Path:
    return venv / f"built-{folder.name}.txt"


def tell_without_compiler(folder: Path) -> None:
    if not compiler():
        print(f"no C++ compiler was found: {folder.name} is installed without its kernels, all else works", flush=True)


def compiler() -> str:
    """The C++ compiler that CMake is going to find; empty if there is none."""
    names = (os.environ.get("CXX", "c++"), "c++", "g++", "clang++")
    return next((path for name in names if (path := shutil.which(name))), "")


def digest(folder: Path) -> str:
    """Changes with what a module in C++ is made from, and with the compiler."""
    sources = [folder / "CMakeLists.txt", folder / "pyproject.toml", *sorted(folder.glob("cpp/*.*"))]
    parts = [compiler().encode(), *[path.read_bytes() for path in sources]]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def find_interpreter(python: str | None) -> tuple[Path, Path]:
    """The interpreter asked for, and the environment that goes with it."""
    if python is None:
        return Path(sys.executable), ROOT / ".venv"
    name = f"python{python}" if re.fullmatch(r"\d+(\.\d+)*", python) else python
    path = shutil.which(name)
    if path is None:
        raise SetupError(f"--python must be a version or an interpreter on this machine, got {python!r}: no {name}")
    probe = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    found = subprocess.run(probe, capture_output=True, text=True)
    if found.returncode:
        raise SetupError(f"{path} does not run: {found.stderr.strip()}")
    version = found.stdout.strip()
    if tuple(map(int, version.split("."))) < (3, 11):
        raise SetupError(f"--python must be 3.11 or newer, got {version} ({path})")
    return Path(path), ROOT / f".venv-{version}"


def make_venv(interpreter: Path, venv: Path) -> None:
    """An empty environment with pip, also from a Python that Debian shipped without ``ensurepip``."""
    if runs(interpreter, "import ensurepip; ensurepip.version()"):
        call(interpreter, "-m", "venv", "--clear", venv)
    elif runs(interpreter, "import pip"):
        call(interpreter, "-m", "venv", "--clear", "--without-pip", venv)
        call(interpreter, "-m", "pip", "--python", executable(venv, "python"), *QUIET, "install", "pip")
    else:
        raise SetupError(
            f"{interpreter} has neither ensurepip nor pip, so it cannot make an environment; "
            "on Debian and Ubuntu: apt install python3-venv"
        )


def runs(interpreter: Path, code: str) -> bool:
    return interpreter.exists() and not subprocess.run([interpreter, "-c", code], stderr=subprocess.DEVNULL).returncode


def hatch(venv: Path, *args: str) -> int:
    # An empty file: what a user has set for hatch elsewhere stays out, and hatch writes nothing into the home.
    config = venv / "hatch.toml"
    config.touch()
    env = os.environ | {
        "HATCH_ENV_TYPE_VIRTUAL_PATH": str(venv),
        # What hatch remembers of an environment must vanish with it, or a new one would pass for synchronised.
        "HATCH_DATA_DIR": str(venv / "hatch"),
        "HATCH_CONFIG": str(config),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return subprocess.run([executable(venv, "hatch"), *args], cwd=ROOT, env=env).returncode


def executable(venv: Path, name: str) -> Path:
    return venv / ("Scripts" if os.name == "nt" else "bin") / name


def call(*command: str | Path) -> None:
    if subprocess.run(command, cwd=ROOT).returncode:
        raise SetupError(f"this command failed, its message is above: {' '.join(map(str, command))}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # the task has had the same signal and said what there was to say
        sys.exit(130)
