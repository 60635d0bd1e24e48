"""Files of models and trainings, in three formats."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.example


def number(pattern: str, printed: str) -> str:
    return re.search(pattern, printed)[1]


def test_every_format_holds_the_model_and_resumes_the_training_exactly(run_example):
    whole = run_example("serialization/save.py", "--epoch", 3, "--out", "whole")
    run_example("serialization/save.py", "--epoch", 2, "--out", "parts")
    wanted = number(r"after epoch 3: (\w{16})", whole)
    accuracies = set()
    for suffix in ("npz", "h5", "safetensors"):
        resumed = run_example("serialization/resume.py", f"parts/training.{suffix}", "--epoch", 3)
        assert number(r"after epoch 3: (\w{16})", resumed) == wanted, suffix
        loaded = run_example("serialization/load.py", f"parts/model.{suffix}")
        accuracies.add(float(number(r"test accuracy: ([\d.]+)", loaded)))
    assert len(accuracies) == 1
    assert accuracies.pop() > 0.85
