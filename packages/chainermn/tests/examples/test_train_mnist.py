"""The digit classifier on two ranks."""

import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.launcher, pytest.mark.example]

SCRIPT = Path(__file__).parents[2] / "examples" / "mnist" / "train_mnist.py"


def accuracies(output):
    return [float(line.split()[4]) for line in output.splitlines() if re.match(r"\d+ +\d", line)]


@pytest.mark.parametrize("options", [["--communicator", "flat"], ["--double-buffering"]], ids=" ".join)
def test_learns_the_digits(mpiexec, tmp_path, options):
    result = mpiexec(2, SCRIPT, "--epoch", "5", "--unit", "100", "--batchsize", "25", *options, cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert accuracies(result.stdout)[-1] > 0.9, result.stdout
    assert not list((tmp_path / "result").glob("mnist.*")), "checkpoints of a finished training are deleted"
