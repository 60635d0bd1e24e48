"""Stories with questions, as in the bAbI tasks (Weston et al., ICLR 2016), read or made up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

PEOPLE = ["mary", "john", "sandra", "daniel"]
PLACES = ["kitchen", "garden", "office", "bathroom", "hallway", "bedroom"]
MOVES = ["moved to", "went to", "travelled to", "journeyed to"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked after some sentences, and the answer, as words."""

    story: list[list[str]]
    question: list[str]
    answer: str


def make_questions(n: int, rng: np.random.Generator) -> list[Question]:
    """People walk about, then one of those seen is asked for: the first of the bAbI tasks."""
    questions = []
    for _ in range(n):
        story, place = [], {}
        for _ in range(rng.integers(2, 9)):
            who, where = str(rng.choice(PEOPLE)), str(rng.choice(PLACES))
            place[who] = where
            story.append(f"{who} {rng.choice(MOVES)} the {where}".split())
        who = str(rng.choice(list(place)))
        questions.append(Question(story, f"where is {who}".split(), place[who]))
    return questions


def read_questions(path: Path) -> list[Question]:
    """The bAbI format: numbered sentences, numbers begin again with each story, questions have tabs."""
    questions, story = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        number, _, text = line.partition(" ")
        if number == "1":
            story = []
        text, *answer = text.split("\t")
        words = text.lower().replace(".", " ").replace("?", " ").split()
        if answer:
            questions.append(Question(list(story), words, answer[0].lower()))
        else:
            story.append(words)
    return questions
