"""Does our side run every workload, and compute what the last release does?"""

import json
from pathlib import Path

import pytest

from benchmarks import work
from benchmarks.agreement import TOLERANCE, distance
from benchmarks.connection import Worker
from benchmarks.peers import PEERS

EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())  # values of chainer 7.8.1
CASES = [workload.name for name in work.names() for workload in work.load(name) if workload.peers is None]


@pytest.mark.parametrize("case", CASES)
def test_computes_what_the_last_release_does(case):
    with Worker(PEERS["chainer"], threads=1) as worker:
        worker.ask("facts")
        for variant in worker.ask("prepare", case=case, small=True):
            assert distance(EXPECTED[case], worker.ask("numbers", variant=variant)) <= TOLERANCE
