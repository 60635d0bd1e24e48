"""Record what a release computes in the first steps of each workload: ``python -m benchmarks.tests.record PEER``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import work
from benchmarks.connection import Worker
from benchmarks.peers import PEERS

PATH = Path(__file__).with_name("expected.json")


def main(name: str) -> None:
    expected = {}
    for workload in (workload for family in work.names() for workload in work.load(family)):
        if workload.peers is not None:
            continue
        with Worker(PEERS[name], threads=1) as worker:
            facts = worker.ask("facts")
            (variant,) = worker.ask("prepare", case=workload.name, small=True)
            expected[workload.name] = worker.ask("numbers", variant=variant)
    lines = ",\n".join(f" {json.dumps(case)}: {json.dumps(numbers)}" for case, numbers in expected.items())
    PATH.write_text(f'{{\n "values of": {json.dumps(facts)},\n{lines}\n}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
