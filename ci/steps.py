#!/usr/bin/env python3
"""Runs what CI runs, step by step, and sums up: all steps, or those that are named.

A step that fails does not keep the others from running.
"""

import argparse
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


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="step", help=f"any of {', '.join(STEPS)} (default: all)")
    args = parser.parse_args(argv)
    if unknown := [step for step in args.steps if step not in STEPS]:
        parser.error(f"step must be one of {', '.join(STEPS)}, got {', '.join(unknown)}")
    rows = []
    for step in args.steps or STEPS:
        print(f"\n=== {step} ===", flush=True)
        start = time.monotonic()
        passed = run(step)
        rows.append((passed, f"{'ok    ' if passed else 'FAILED'} {step:10} {time.monotonic() - start:5.0f} s"))
    print("", *(line for _, line in rows), sep="\n")
    return 0 if all(passed for passed, _ in rows) else 1


def run(step: str) -> bool:
    if step == "examples" and not any(ROOT.glob("packages/*/examples/**/*.py")):
        print("no package has an example yet")
        return True
    return all(subprocess.run([*DEV, *task], cwd=ROOT).returncode == 0 for task in STEPS[step])


if __name__ == "__main__":
    sys.exit(main())
