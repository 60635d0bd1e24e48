"""VGG on small images."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


def test_narrow_vgg_learns_enlarged_digits(run_example, read_log):
    run_example("cifar/train_cifar.py", "--test")
    log = read_log()
    assert log[-1]["validation/main/accuracy"] > 0.75
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 3
