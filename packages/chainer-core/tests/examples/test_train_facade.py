"""House fronts drawn from their plans."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.example


def test_drawings_come_closer_to_the_truth(run_example, read_log, tmp_path):
    run_example("pix2pix/train_facade.py", "--test")
    log = read_log()
    assert log[-1]["validation/l1"] < 0.16
    assert log[-1]["validation/l1"] < 0.75 * log[0]["validation/l1"]
    assert len(list((tmp_path / "result" / "preview").glob("*.png"))) == 3


def test_learns_from_plans_beside_photos(run_example, read_log, tmp_path, rng):
    (tmp_path / "base").mkdir()
    for i in range(4):
        plan = Image.fromarray(rng.integers(1, 13, (20, 30), dtype=np.uint8), mode=None)
        plan.save(tmp_path / "base" / f"{i}.png")
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / "base" / f"{i}.jpg")
    run_example("pix2pix/train_facade.py", "-i", "base", "--size", 16, "-w", 4, "-e", 2)
    assert len(read_log()) == 2
