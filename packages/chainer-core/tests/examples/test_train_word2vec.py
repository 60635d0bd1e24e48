"""Word vectors with each loss."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize("args", [("skipgram", "hsm"), ("skipgram", "ns"), ("cbow", "ns"), ("cbow", "original")])
def test_the_loss_falls_and_words_have_neighbours(run_example, read_log, tmp_path, args):
    model, out_type = args
    run_example("word2vec/train_word2vec.py", "--test", "--model", model, "--out-type", out_type)
    first, last = read_log()
    assert last["main/loss"] < first["main/loss"] - 0.1
    assert last["validation/main/loss"] < first["validation/main/loss"]
    n_words, n_units = map(int, (tmp_path / "result" / "word2vec.model").read_text().split("\n", 1)[0].split())
    assert n_words > 1000
    assert n_units == 30
    neighbours = run_example("word2vec/search.py", "result/word2vec.model", "class", "--nearest", 3)
    assert len(neighbours.split()) == 1 + 3 * 2
