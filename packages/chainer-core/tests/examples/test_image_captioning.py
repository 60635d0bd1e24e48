"""Sentences about images."""

from __future__ import annotations

import json

import pytest
from PIL import Image

pytestmark = pytest.mark.example


def test_sentences_fit_images_that_were_not_learnt_from(run_example, read_log):
    run_example("image_captioning/train.py", "--test")
    log = read_log()
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 5
    assert log[-1]["validation/main/exact"] > 0.4
    lines = run_example("image_captioning/predict.py").splitlines()
    assert len(lines) == 3
    assert all(": a " in line and " at the " in line for line in lines)


def test_reads_captions_of_coco(run_example, read_log, tmp_path):
    images, annotations = [], []
    for i, colour in enumerate(["red", "green", "blue"] * 8):
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png"})
        annotations += [{"image_id": i, "caption": f"A {colour} wall."}, {"image_id": i, "caption": "Paint."}]
    (tmp_path / "captions.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    args = ("--annotations", "captions.json", "--images", ".", "--size", 16, "-e", 10, "-b", 6)
    run_example("image_captioning/train.py", *args)
    assert read_log()[-1]["main/loss"] < 0.2
    assert run_example("image_captioning/predict.py", "3.png").strip() == "3.png: a red wall"
