"""Networks for ImageNet on tiny images."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytestmark = pytest.mark.example

# Published counts for 1000 classes, less the weights of the 996 that the short mode has not.
PARAMETERS = {"resnet50": 25.557 - 0.996 * 2.049, "resnext50": 25.029 - 0.996 * 2.049}


@pytest.mark.parametrize("arch", ["alex", "nin", "googlenet", "googlenetbn", "resnet50", "resnext50"])
def test_each_network_takes_its_steps(run_example, read_log, tmp_path, arch):
    run_example("imagenet/make_images.py", "images", "--number", 16)
    run_example("imagenet/compute_mean.py", "images/train.txt", "--root", "images")
    mean = np.load(tmp_path / "mean.npy")
    assert mean.shape == (3, 112, 112)
    assert abs(mean.mean() - 128) < 2
    args = ["images/train.txt", "images/val.txt", "--root", "images", "--test", "-j", 1, "--arch", arch]
    printed = run_example("imagenet/train_imagenet.py", *args)
    log = read_log()
    assert len(log) == 3
    assert abs(log[0]["main/loss"] - math.log(4)) < 0.6
    assert math.isfinite(log[-1]["main/loss"])
    assert math.isfinite(log[-1]["validation/main/loss"])
    if arch in PARAMETERS:
        assert float(printed.split()[-3]) == pytest.approx(PARAMETERS[arch], abs=0.01)
