"""How good the translations are."""

from __future__ import annotations

from typing import Any

import chainer
import numpy as np
from chainer import training
from words import Corpus, to_numbers


class ExactMatch(training.Extension):
    """Reports the share of held-out sources that are translated without any mistake.

    Args:
        model: Translates.
        corpus: Has the sources and their translations.

    Attributes:
        example: The first source and its translation.
    """

    trigger = (1, "epoch")
    priority = training.PRIORITY_WRITER

    def __init__(self, model: Any, corpus: Corpus) -> None:
        self.model, self.pairs, self.words = model, list(corpus.held_out), list(corpus.target_numbers)
        self.sources = [to_numbers(x, corpus.source_numbers) for x, _ in self.pairs]

    def __call__(self, trainer: training.Trainer) -> None:
        xs = [self.model.device.send(x) for x in self.sources]
        translations = [[self.words[number] for number in y] for y in self.model.translate(xs)]
        exact = np.mean([y == truth for y, (_, truth) in zip(translations, self.pairs)])
        chainer.report({"validation/main/exact": float(exact)})
        self.example = self.pairs[0][0], translations[0]
