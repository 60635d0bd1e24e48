"""Networks in the shape of a sentence."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize(("model", "bound"), [("recursive", 0.7), ("tree_lstm", 0.95)])
def test_sentences_are_understood_from_their_parts(run_example, read_log, model, bound):
    run_example("sentiment/train_sentiment.py", "--test", "--model", model)
    assert read_log()[-1]["validation/main/root_accuracy"] > bound


def test_reads_the_format_of_the_stanford_treebank(run_example, read_log, tmp_path):
    (tmp_path / "trees.txt").write_text("(3 (2 the) (4 (3 good) (2 film)))\n(1 (2 the) (0 (0 bad) (2 film)))\n" * 100)
    args = ["--train", "trees.txt", "--validation", "trees.txt", "--epoch", 10]
    assert "(3 (2 the) (4 (3 good) (2 film)))" in run_example("sentiment/train_sentiment.py", *args)
    assert read_log()[-1]["validation/main/accuracy"] == 1
