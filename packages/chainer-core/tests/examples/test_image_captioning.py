"""Sentences about pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.example


def test_held_out_pictures_are_told(run_example, read_log):
    printed = run_example("image_captioning/train.py", "--test")
    log = read_log()
    assert log[-1]["validation/exact"] > 0.35  # one sentence of 1152 would be right by chance
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 4
    assert "told:" in printed


def test_reads_the_format_of_coco(run_example, read_log, tmp_path, rng):
    images = [{"id": i, "file_name": f"{i}.png"} for i in range(8)]
    for image in images:
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(tmp_path / image["file_name"])
    captions = [{"image_id": i, "caption": "A cat." if i % 2 else "Two dogs run."} for i in range(8)]
    (tmp_path / "captions.json").write_text(json.dumps({"images": images, "annotations": captions}))
    run_example("image_captioning/train.py", "--test", "--captions", "captions.json", "-b", 4)
    assert read_log()[-1]["main/loss"] < read_log()[0]["main/loss"]
