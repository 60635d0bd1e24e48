"""Networks for ImageNet on tiny images."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import OF_ONE_PROCESS

pytestmark = [pytest.mark.launcher, pytest.mark.example]


@pytest.fixture
def lists(tmp_path):
    """Arguments that name images of stripes and their mean."""
    folder = OF_ONE_PROCESS / "imagenet"
    for script, *args in (["make_images.py", "images"], ["compute_mean.py", "images/train.txt", "--root", "images"]):
        subprocess.run([sys.executable, folder / script, *args], cwd=tmp_path, check=True, capture_output=True)
    return ["images/train.txt", "images/val.txt", "--root", "images"]


def test_tells_stripes_apart(run_example, read_log, lists):
    run_example(2, "imagenet/train_imagenet.py", *lists, "--test")
    log = read_log()
    assert max(row["validation/main/accuracy"] for row in log) > 0.7  # one in four by chance
    assert min(row["main/loss"] for row in log) < log[0]["main/loss"] / 2


def test_refuses_an_unknown_network(start_example, lists):
    job = start_example(2, "imagenet/train_imagenet.py", *lists, "--arch", "lenet")
    assert job.returncode
    assert "invalid choice: 'lenet'" in job.stdout, job.stdout
