"""Sequences of words as sequences of numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import chainer
import numpy as np

UNKNOWN, EOS = 0, 1


@chainer.dataset.converter()
def convert(batch: list[tuple[np.ndarray, np.ndarray]], device: chainer.backend.Device) -> dict[str, list[np.ndarray]]:
    """Two lists of sequences: they are of many lengths, so no array can hold them."""
    return {"xs": [device.send(x) for x, _ in batch], "ys": [device.send(y) for _, y in batch]}


def number_words(sequences: list[list[str]], at_most: int) -> dict[str, int]:
    """Numbers of the most frequent words; those of the unknown word and the end come first."""
    frequent = Counter(word for sequence in sequences for word in sequence).most_common(at_most)
    return {word: number for number, word in enumerate(["<UNK>", "<EOS>", *(word for word, _ in frequent)])}


def to_numbers(sequence: list[str], numbers: dict[str, int]) -> np.ndarray:
    return np.array([numbers.get(word, UNKNOWN) for word in sequence], np.int32)


@dataclass(frozen=True)
class Corpus:
    """Pairs of a source and its translation.

    Attributes:
        train: Those to learn from, as arrays of numbers.
        held_out: Those to judge by, as lists of words.
        source_numbers: Number of each word of the sources.
        target_numbers: Number of each word of the translations.
    """

    train: Any
    held_out: Any
    source_numbers: dict[str, int]
    target_numbers: dict[str, int]


def make_corpus(pairs: list[tuple[list[str], list[str]]], n_words: int) -> Corpus:
    """Holds out a tenth of the pairs, 200 at most, and numbers the most frequent words of the others."""
    n_held_out = max(1, min(200, len(pairs) // 10))
    held_out, learnt = pairs[:n_held_out], pairs[n_held_out:]
    source_numbers = number_words([x for x, _ in learnt], n_words)
    target_numbers = number_words([y for _, y in learnt], n_words)
    train = [(to_numbers(x, source_numbers), to_numbers(y, target_numbers)) for x, y in learnt]
    return Corpus(train, held_out, source_numbers, target_numbers)
