"""Texts as sequences of word numbers."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import chainer
import numpy as np

WORD = re.compile(r"[a-z_]+|\d+|[^\w\s]+")


def get_python_words(at_least: int = 5) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """The help pages that come with Python: 700,000 characters about its own syntax, in good English.

    Args:
        at_least: Words seen less often become ``<unk>``.

    Returns:
        Training part, the last tenth of each page for validation, both int32, and the number of each word.
    """
    from pydoc_data.topics import topics

    pages = [[*WORD.findall(topics[name].lower()), "<eos>"] for name in sorted(topics)]
    frequent = [word for word, count in Counter(chain(*pages)).most_common() if count >= at_least]
    vocabulary = {word: number for number, word in enumerate(["<unk>", *frequent])}
    numbers = [np.array([vocabulary.get(word, 0) for word in page], np.int32) for page in pages]
    train = np.concatenate([page[: len(page) * 9 // 10] for page in numbers])
    validation = np.concatenate([page[len(page) * 9 // 10 :] for page in numbers])
    return train, validation, vocabulary


def get_ptb_words() -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Training and validation part of the Penn Treebank, and the number of each word."""
    train, validation, _ = chainer.datasets.get_ptb_words()
    return train, validation, chainer.datasets.get_ptb_words_vocabulary()


CORPORA = {"python": get_python_words, "ptb": get_ptb_words}
