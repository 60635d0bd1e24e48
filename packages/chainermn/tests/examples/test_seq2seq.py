"""Dates translated character by character."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.launcher, pytest.mark.example]


@pytest.mark.parametrize("script", ["seq2seq.py", "seq2seq_mp1.py"])
def test_held_out_dates_are_translated(run_example, read_log, script):
    printed = run_example(2, f"seq2seq/{script}", "--test")
    log = read_log()
    assert log[-1]["validation/main/exact"] > 0.4
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 4
    assert " -> " in printed.splitlines()[-1]


def test_encoder_and_decoder_learn_from_lines_of_two_files(run_example, read_log, tmp_path):
    lines = ["a b c", "c b a", "b b", "a", ""] * 8
    (tmp_path / "x.txt").write_text("\n".join(lines))
    (tmp_path / "y.txt").write_text("\n".join(line.upper() for line in lines))
    args = ["--source", "x.txt", "--target", "y.txt", "--unit", 20, "--epoch", 3, "--batchsize", 4]
    run_example(2, "seq2seq/seq2seq_mp1.py", *args)
    assert read_log()[-1]["main/loss"] < read_log()[0]["main/loss"]


def test_refuses_a_third_rank(start_example):
    job = start_example(3, "seq2seq/seq2seq_mp1.py", "--test")
    assert job.returncode
    assert job.stdout.count("the model has two parts, so it takes two processes, got 3") == 1, job.stdout
    assert "Traceback" not in job.stdout
