"""The digit classifiers: data on all ranks, layers on all ranks, and both."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.launcher, pytest.mark.example]


@pytest.mark.parametrize("options", [["--communicator", "flat"], ["--double-buffering"]], ids=" ".join)
def test_learns_the_digits(run_example, read_log, tmp_path, options):
    run_example(2, "mnist/train_mnist.py", "--epoch", 5, "--unit", 100, "--batchsize", 25, *options)
    assert read_log()[-1]["validation/main/accuracy"] > 0.9
    assert not list((tmp_path / "result").glob("mnist.*")), "checkpoints of a finished training are deleted"


@pytest.mark.parametrize("n", [2, 3])
def test_layers_on_several_ranks_learn_together(run_example, read_log, n):
    run_example(n, "mnist/train_mnist_model_parallel.py", "--test")
    log = read_log()
    assert log[-1]["validation/main/accuracy"] > 0.8
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 2


def test_copies_of_a_model_in_two_pieces_learn_together(run_example, read_log):
    printed = run_example(4, "mnist/train_mnist_dual_parallel.py", "--test")
    assert printed.startswith("2 copies of the model in 2 pieces on 4 processes")
    log = read_log()
    assert log[-1]["validation/main/accuracy"] > 0.8
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 2


@pytest.mark.parametrize(
    ("n", "script", "message"),
    [
        (1, "train_mnist_model_parallel.py", "the layers are spread over two processes at least"),
        (3, "train_mnist_dual_parallel.py", "so their number must be even, got 3"),
    ],
)
def test_refuses_a_wrong_number_of_ranks(start_example, n, script, message):
    job = start_example(n, f"mnist/{script}")
    assert job.returncode
    assert job.stdout.count(message) == 1, job.stdout
    assert "Traceback" not in job.stdout
