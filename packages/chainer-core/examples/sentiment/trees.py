"""Sentences as binary trees with a sentiment at every node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# A sentiment is a number from 0, very bad, by way of 2, neutral, to 4, very good.
LEXICON = {
    **dict.fromkeys(["awful", "horrible", "worst", "disaster"], 0),
    **dict.fromkeys(["dull", "weak", "boring", "slow", "bad"], 1),
    **dict.fromkeys(["the", "film", "plot", "cast", "scene", "music", "a", "story", "and", "ending"], 2),
    **dict.fromkeys(["good", "fresh", "warm", "funny", "clever"], 3),
    **dict.fromkeys(["great", "brilliant", "masterpiece", "superb"], 4),
}
WORDS = [[word for word, sentiment in LEXICON.items() if sentiment == label] for label in range(5)]


@dataclass(frozen=True, slots=True)
class Tree:
    """A node: a word, or two smaller trees.

    Attributes:
        label: Sentiment of everything below.
        word: The word of a leaf.
        children: The two parts of an inner node.
    """

    label: int
    word: str = ""
    children: tuple[Tree, ...] = ()

    def __str__(self) -> str:
        return f"({self.label} {self.word or ' '.join(map(str, self.children))})"

    def walk(self) -> Iterator[Tree]:
        yield self
        for child in self.children:
            yield from child.walk()


def make_tree(n_words: int, rng: np.random.Generator) -> Tree:
    """A sentence of a language with three rules: *not* turns, *very* doubles, and neighbours add up."""
    if n_words == 1:
        label = int(rng.choice(5, p=[0.15, 0.15, 0.4, 0.15, 0.15]))
        return Tree(label, word=str(rng.choice(WORDS[label])))
    modifier = rng.choice(["not", "very", ""], p=[0.2, 0.2, 0.6])
    if modifier:
        rest = make_tree(n_words - 1, rng)
        value = -(rest.label - 2) if modifier == "not" else 2 * (rest.label - 2)
        return Tree(int(np.clip(value, -2, 2)) + 2, children=(Tree(2, word=str(modifier)), rest))
    n_left = int(rng.integers(1, n_words))
    left, right = make_tree(n_left, rng), make_tree(n_words - n_left, rng)
    return Tree(int(np.clip(left.label + right.label - 4, -2, 2)) + 2, children=(left, right))


def make_trees(n: int, rng: np.random.Generator) -> list[Tree]:
    return [make_tree(int(rng.integers(2, 11)), rng) for _ in range(n)]


def read_trees(path: Path) -> list[Tree]:
    """Trees in the format of the Stanford Sentiment Treebank, ``(3 (2 the) (4 (3 good) (2 film)))``, one a line."""
    return [parse(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def parse(line: str) -> Tree:
    tokens = iter(re.findall(r"\(|\)|[^\s()]+", line))

    def node() -> Tree:
        label, children, word = int(next(tokens)), [], ""
        for token in tokens:
            if token == ")":
                break
            if token == "(":
                children.append(node())
            else:
                word = token
        return Tree(label, word, tuple(children))

    if next(tokens, "") != "(":
        raise ValueError(f"a tree must begin with '(', got {line[:40]!r}")
    return node()
