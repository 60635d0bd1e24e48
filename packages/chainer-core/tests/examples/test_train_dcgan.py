"""The generator and its critic."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.example


def test_the_drawings_come_closer_to_digits(run_example, read_log, tmp_path):
    run_example("dcgan/train_dcgan.py", "--test")
    log = read_log()
    assert log[-1]["gen/distance_of_means"] < 0.7 * log[0]["gen/distance_of_means"]
    assert all(0.1 < row["dis/loss"] < 3 for row in log)  # neither has won
    pictures = sorted((tmp_path / "result" / "preview").iterdir())
    assert len(pictures) == 6
    with Image.open(pictures[-1]) as picture:
        assert picture.size == (320, 320)


def test_learns_from_a_folder(run_example, read_log, tmp_path, rng):
    (tmp_path / "photos").mkdir()
    for i in range(8):
        picture = Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))
        picture.save(tmp_path / "photos" / f"{i}.png")
    run_example("dcgan/train_dcgan.py", "-i", "photos", "--size", 16, "-b", 4, "-w", 4, "-e", 2)
    assert len(read_log()) == 2
