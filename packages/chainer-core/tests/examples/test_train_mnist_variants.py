"""Two devices and loops of one's own."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize("kind", ["data", "model"])
def test_two_devices_learn_the_digits(run_example, read_log, kind):
    run_example(f"mnist/train_mnist_{kind}_parallel.py")
    assert read_log()[-1]["validation/main/accuracy"] > 0.95


def test_a_parallel_training_goes_on_from_a_snapshot(run_example, read_log):
    run_example("mnist/train_mnist_data_parallel.py", "--epoch", 2)
    run_example("mnist/train_mnist_data_parallel.py", "--epoch", 4, "--resume", "result/snapshot_iter_15")
    assert [row["epoch"] for row in read_log()] == [1, 2, 3, 4]


def test_custom_loop_learns_and_goes_on(run_example, tmp_path):
    printed = run_example("mnist/train_mnist_custom_loop.py")
    assert float(printed.split()[-1]) > 0.96
    assert "l1/W" in np.load(tmp_path / "result" / "mlp.npz")
    again = run_example("mnist/train_mnist_custom_loop.py", "--epoch", 1, "--resume", "result")
    assert float(again.split()[-1]) > 0.96
