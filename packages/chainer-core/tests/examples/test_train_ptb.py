"""The LSTM language model, and the text it writes."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.example


def test_reading_helps_to_foretell(run_example, read_log):
    printed = run_example("ptb/train_ptb.py", "--test")
    frequencies_alone = float(re.search(r"frequencies alone: ([\d.]+)", printed)[1])
    log = read_log()
    assert log[-1]["val_perplexity"] < 0.9 * frequencies_alone
    assert log[-1]["val_perplexity"] < log[0]["val_perplexity"]
    text = run_example("ptb/gentxt.py", "--model", "result/model.npz", "--primetext", "The name", "--length", 5)
    assert text.startswith("the name ")
    assert len(text.split()) > 2
