"""Questions with what they ask for, made up or read from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ASKING = {
    "person": ["who", "which person", "what scientist", "whose student"],
    "place": ["where", "in which city", "in what country", "at what place"],
    "time": ["when", "in which year", "on what day", "how long ago"],
    "number": ["how many people", "how often", "how much", "what percentage of them"],
}
DOING = "discovered invented built painted described lost sold found".split()
THINGS = "telescope bridge law comet letter engine portrait map theorem island".split()
# Words that ask for something else, in the middle of the question: it is the order that tells.
ASIDES = ["that tells when", "that shows where", "of one who knew how often", "that explains who", "that says how much"]
ENDS = ["the storms come", "the ships went", "it rained", "people slept"]


def make_questions(n: int, rng: np.random.Generator) -> list[tuple[list[str], str]]:
    questions = []
    for _ in range(n):
        label = str(rng.choice(list(ASKING)))
        parts = [rng.choice(ASKING[label]), rng.choice(DOING), "the", rng.choice(THINGS)]
        if rng.random() < 0.6:
            parts += [rng.choice(ASIDES), rng.choice(ENDS)]
        questions.append((" ".join(parts).split(), label))
    return questions


def read_texts(path: Path, char_based: bool) -> list[tuple[list[str], str]]:
    """Lines of a label, a tab and a text."""
    texts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        label, tab, text = line.partition("\t")
        if not tab:
            raise SystemExit(f"{path}: a line must be a label, a tab and a text, got {line[:60]!r}")
        texts.append((list(text) if char_based else text.lower().split(), label))
    return texts
