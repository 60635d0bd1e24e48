"""Two hosts and the cable between them, which delays, loses packets, and is cut in the middle of a training."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import hosts
import pytest

pytestmark = [
    pytest.mark.launcher,
    pytest.mark.slow,
    pytest.mark.skipif(bool(hosts.missing()), reason=hosts.missing() or "there are hosts"),
    pytest.mark.usefixtures("alone"),
]

SCRIPT = Path(__file__).parents[1] / "examples" / "mnist" / "train_mnist.py"
BAD_CABLE = hosts.Cable(rate=1e9, delay=1e-3, loss=1e-3)
LIMIT = 5.0  # seconds, CHAINERMN_TIMEOUT of these tests
DELAYS = 10.0  # seconds: the other rank may speak first, then MPI may end the job, before processes are killed
SLACK = 15.0  # seconds on a busy machine


class Training:
    """The digit classifier on two hosts, begun."""

    def __init__(self, directory, cable, n, *options):
        self._output = directory / "output.txt"
        self._file = self._output.open("w")
        self._hosts = hosts.Hosts(directory, cable)
        self.directory, self._n, self._options = directory, n, options

    def __enter__(self):
        self._hosts.__enter__()
        command = [sys.executable, SCRIPT, "--unit", "300", "--out", self.directory / "result", *self._options]
        self.job = self._hosts.start(self._n, command, self._file)
        return self

    def __exit__(self, *error):
        self._hosts.__exit__(*error)
        self.job.wait(timeout=20)
        self._file.close()

    @property
    def output(self):
        return self._output.read_text(errors="replace")

    def ranks(self):
        """Process identifiers of the ranks, by host name."""
        ranks = {}
        for pid in self._hosts.processes():
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
                host = os.readlink(f"/proc/{pid}/ns/uts")
            except OSError:  # it has just ended
                continue
            if arguments[0] == sys.executable:
                ranks.setdefault(host, []).append(pid)
        return list(ranks.values())

    def wait_until(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.output
            time.sleep(0.05)

    def wait_for_epoch(self, epoch):
        self.wait_until(lambda: re.search(rf"^{epoch} +\d", self.output, re.M), 120)

    def cut(self):
        self._hosts.cut()

    def messages(self):
        return re.findall(r"chainermn: .*", self.output)


@pytest.mark.parametrize(
    ("cable", "n", "options"),
    [(BAD_CABLE, 1, []), (hosts.Cable(), 2, ["--communicator", "hierarchical"])],
    ids=["bad", "good"],
)
def test_training(tmp_path, cable, n, options):
    with Training(tmp_path, cable, n, "--epoch", "4", "--batchsize", "40", *options) as training:
        assert training.job.wait(timeout=120) == 0, training.output
        assert f"{2 * n} processes on 2 nodes" in training.output
        accuracies = [float(line.split()[4]) for line in training.output.splitlines() if re.match(r"\d+ +\d", line)]
        assert accuracies[-1] > 0.9


@pytest.mark.parametrize(("cable", "n"), [(BAD_CABLE, 1), (hosts.Cable(), 2)], ids=["silently", "with the interface"])
def test_the_cable_is_cut(tmp_path, monkeypatch, cable, n):
    monkeypatch.setenv("CHAINERMN_TIMEOUT", str(LIMIT))
    with Training(tmp_path, cable, n, "--epoch", "1000") as training:
        training.wait_for_epoch(2)
        assert [len(ranks) for ranks in training.ranks()] == [n, n]
        training.cut()
        training.wait_until(lambda: not training.ranks(), LIMIT + DELAYS + SLACK)
        training.wait_until(lambda: training.job.poll() is not None, DELAYS + SLACK)
        assert training.job.returncode != 0
        (message,) = training.messages()
    far = "rank 1" if n == 1 else "ranks 2, 3"
    assert re.search(
        rf"error on rank 0 of {2 * n}: {far} on host host1-\d+, perhaps out of reach, .*; 5 s passed .* while rank 0 "
        r"waited in .* \(step \d+, operation \d+ of ",
        message,
    )


def test_a_rank_on_the_other_host_is_killed(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINERMN_TIMEOUT", str(LIMIT))
    with Training(tmp_path, BAD_CABLE, 1, "--epoch", "1000") as training:
        training.wait_for_epoch(1)
        os.kill(training.ranks()[1][0], signal.SIGKILL)
        assert training.job.wait(timeout=LIMIT + DELAYS + SLACK) != 0
        assert not training.ranks()
        # MPI sees its connection close, and mpiexec its process end: both are quicker than those that wait in Python.
        # Which is the first is chance, and MPI does not always say whose connection it was.
        assert re.search(
            r"Peer host: +host1|process rank 1 with PID \d+ on node host1|error occurred in Socket closed",
            " ".join(training.output.split()),
        )
        assert len(training.messages()) <= 1
