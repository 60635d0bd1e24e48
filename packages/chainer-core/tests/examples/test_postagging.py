"""The conditional random field."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


def test_ambiguous_words_are_told_apart_by_their_neighbours(run_example, read_log):
    printed = run_example("pos/postagging.py", "--test")
    assert read_log()[-1]["validation/main/accuracy"] > 0.97
    assert all("/" in token for token in printed.splitlines()[-1].split())


def test_reads_tagged_lines(run_example, read_log, tmp_path):
    (tmp_path / "brown.txt").write_text("the/at dog/nn runs/vbz\n\na/at cat/nn sleeps/vbz soundly/rb\n" * 5)
    run_example("pos/postagging.py", "--dataset", "brown.txt", "--epoch", 3, "--batchsize", 4)
    assert read_log()[-1]["main/loss"] < read_log()[0]["main/loss"]
