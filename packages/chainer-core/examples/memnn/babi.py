"""Stories with questions, in the format of the bAbI tasks (Weston et al., arXiv:1502.05698)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

WORD = re.compile(r"\w+")
PEOPLE = ("Mary", "John", "Daniel", "Sandra")
PLACES = ("kitchen", "garden", "office", "hallway", "bathroom", "bedroom")
VERBS = ("went to", "moved to", "travelled to", "journeyed to")


class Query(NamedTuple):
    """A question about the sentences before it, all as lists of words."""

    story: list[list[str]]
    question: list[str]
    answer: str


def make_stories(n: int, rng: np.random.Generator) -> Iterator[str]:
    """Lines of stories of the kind of task 1: people go to places, and after every two moves one is asked for."""
    for _ in range(n):
        where: dict[str, tuple[str, int]] = {}
        number = 0
        for _ in range(5):
            for _ in range(2):
                number += 1
                person, place = str(rng.choice(PEOPLE)), str(rng.choice(PLACES))
                where[person] = place, number
                yield f"{number} {person} {rng.choice(VERBS)} the {place}."
            number += 1
            person = str(rng.choice(list(where)))
            yield f"{number} Where is {person}? \t{where[person][0]}\t{where[person][1]}"


def parse(lines: Iterable[str]) -> Iterator[Query]:
    """Queries of lines ``number sentence`` and ``number question <tab> answer <tab> supports``; 1 begins a story."""
    story: list[list[str]] = []
    for line in lines:
        number, _, text = line.strip().partition(" ")
        if int(number) == 1:
            story = []
        sentence, *rest = text.split("\t")
        words = WORD.findall(sentence.lower())
        if rest:
            yield Query(list(story), words, rest[0].lower())
        else:
            story.append(words)


def read(path: Path) -> list[Query]:
    """Queries of a file."""
    with path.open(encoding="utf-8") as file:
        return list(parse(file))


class Vocabulary(dict[str, int]):
    """Number of each word; 0 fills sentences up."""

    def add(self, queries: Iterable[Query]) -> None:
        for query in queries:
            for word in (*(word for sentence in query.story for word in sentence), *query.question, query.answer):
                self.setdefault(word, len(self) + 1)


def to_arrays(
    queries: list[Query], vocabulary: Vocabulary, n_sentences: int, n_words: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stories ``(N, n_sentences, n_words)``, latest sentence first, questions ``(N, n_words)``, answers ``(N,)``."""
    stories = np.zeros((len(queries), n_sentences, n_words), np.int32)
    questions = np.zeros((len(queries), n_words), np.int32)
    for i, query in enumerate(queries):
        for j, sentence in enumerate(query.story[: -n_sentences - 1 : -1]):
            stories[i, j, : len(sentence)] = [vocabulary[word] for word in sentence]
        questions[i, : len(query.question)] = [vocabulary[word] for word in query.question]
    return stories, questions, np.array([vocabulary[query.answer] for query in queries], np.int32)
