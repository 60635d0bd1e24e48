#!/usr/bin/env python3
"""Runs what CI runs, step by step, and sums up: all steps, or those that are named.

A step that fails does not keep the others from running.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV = [sys.executable, "tools/dev.py"]
STEPS = {
    "test": [["test"]],
    "lint": [["lint"]],
    "types": [["types"]],
    "examples": [["examples"]],
    "docs": [["docs"]],
    "wheels": [["release", "build"], ["release", "verify"]],
}
# Programs without which tests are skipped, and the Debian packages that bring them: two hosts joined by a cable are
# made by ip and tc.
PROGRAMS = {"ip": "iproute2", "tc": "iproute2"}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="step", help=f"any of {', '.join(STEPS)} (default: all)")
    args = parser.parse_args(argv)
    if unknown := [step for step in args.steps if step not in STEPS]:
        parser.error(f"step must be one of {', '.join(STEPS)}, got {', '.join(unknown)}")
    if "test" in (args.steps or STEPS):
        install_programs()
    rows = []
    for step in args.steps or STEPS:
        print(f"\n=== {step} ===", flush=True)
        start = time.monotonic()
        passed = run(step)
        rows.append((passed, f"{'ok    ' if passed else 'FAILED'} {step:10} {time.monotonic() - start:5.0f} s"))
    print("", *(line for _, line in rows), sep="\n")
    return 0 if all(passed for passed, _ in rows) else 1


def install_programs() -> None:
    """Installs what is missing where nobody need be asked: as root on Debian and its descendants."""
    packages = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    if not packages:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"some tests will be skipped without {', '.join(packages)}")
        return
    subprocess.run(["apt-get", "update", "-qq"], cwd=ROOT)
    subprocess.run(["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *packages], cwd=ROOT)


def run(step: str) -> bool:
    if step == "examples" and not any(ROOT.glob("packages/*/examples/**/*.py")):
        print("no package has an example yet")
        return True
    return all(subprocess.run([*DEV, *task], cwd=ROOT).returncode == 0 for task in STEPS[step])


if __name__ == "__main__":
    sys.exit(main())
