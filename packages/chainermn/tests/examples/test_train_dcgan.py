"""The generator and its critic."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.launcher, pytest.mark.example]


def test_the_drawings_come_closer_to_digits(run_example, read_log, tmp_path):
    run_example(2, "dcgan/train_dcgan.py", "--test")
    log = read_log()
    assert log[-1]["gen/distance_of_means"] < 0.7 * log[0]["gen/distance_of_means"]
    assert all(0.1 < row["dis/loss"] < 3 for row in log)  # neither has won
    pictures = sorted((tmp_path / "result" / "preview").iterdir())
    assert len(pictures) == len(log)
    with Image.open(pictures[-1]) as picture:
        assert picture.size == (320, 320)
        sheet = np.asarray(picture)
    assert sheet.std() > 30  # black and white, not one gray
