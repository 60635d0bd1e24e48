"""VGG on small images."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.launcher, pytest.mark.example]


@pytest.mark.parametrize("options", [[], ["--mnbn", "--communicator", "flat"]], ids=" ".join)
def test_narrow_vgg_learns_enlarged_digits(run_example, read_log, tmp_path, options):
    run_example(2, "cifar/train_cifar.py", "--test", *options)
    log = read_log()
    assert max(row["validation/main/accuracy"] for row in log) > 0.75
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 3
    assert (tmp_path / "result" / "model.npz").exists()
