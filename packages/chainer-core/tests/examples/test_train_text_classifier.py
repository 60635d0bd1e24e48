"""Three encoders of texts."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize(("model", "bound"), [("bow", 0.7), ("cnn", 0.95), ("rnn", 0.85)])
def test_questions_are_told_apart(run_example, read_log, tmp_path, model, bound):
    run_example("text_classification/train_text_classifier.py", "--test", "--model", model)
    assert read_log()[-1]["validation/main/accuracy"] > bound
    with np.load(tmp_path / "result" / "best_model.npz") as weights:
        assert "encoder/embed/W" in weights


def test_reads_labelled_lines(run_example, read_log, tmp_path):
    lines = ["good\ta fine film", "bad\ta dull film", "good\tsuch fine music that we stayed", "bad\tdull"] * 10
    (tmp_path / "reviews.tsv").write_text("\n".join(lines))
    args = ["--dataset", "reviews.tsv", "--unit", 30, "--epoch", 10, "--batchsize", 8]
    run_example("text_classification/train_text_classifier.py", *args)
    assert read_log()[-1]["validation/main/accuracy"] == 1
    run_example("text_classification/train_text_classifier.py", *args, "--char-based")
    assert read_log()[-1]["main/loss"] < read_log()[0]["main/loss"]
