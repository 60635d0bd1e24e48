"""Dates translated character by character."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


def test_held_out_dates_are_translated(run_example, read_log):
    printed = run_example("seq2seq/seq2seq.py", "--test")
    log = read_log()
    assert log[-1]["validation/main/exact"] > 0.4
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 4
    assert " -> " in printed.splitlines()[-1]


def test_lines_of_two_files(run_example, read_log, tmp_path):
    lines = ["a b c", "c b a", "b b", "a", ""] * 8
    (tmp_path / "x.txt").write_text("\n".join(lines))
    (tmp_path / "y.txt").write_text("\n".join(line.upper() for line in lines))
    args = ["--source", "x.txt", "--target", "y.txt", "--unit", 20, "--epoch", 3, "--batchsize", 4]
    run_example("seq2seq/seq2seq.py", *args)
    assert read_log()[-1]["main/loss"] < read_log()[0]["main/loss"]
