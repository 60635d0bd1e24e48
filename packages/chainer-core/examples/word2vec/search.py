#!/usr/bin/env python3
"""Lists the words whose vectors are nearest to that of a word.

python search.py result/word2vec.model integer string
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=Path("result/word2vec.model"), help="vectors")
    parser.add_argument("query", nargs="*", default=["class"], help="words (default: class)")
    parser.add_argument("--nearest", "-n", type=int, default=5, help="how many to list (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with args.model.open(encoding="utf-8") as file:
        next(file)  # the shape
        rows = [line.split() for line in file]
    words = [row[0] for row in rows]
    vectors = np.array([row[1:] for row in rows], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for query in args.query:
        if query not in words:
            raise SystemExit(f"search.py: {query!r} is not among the {len(words)} words of {args.model}")
        similarity = vectors @ vectors[words.index(query)]
        print(f"\n{query}")
        for i in (-similarity).argsort()[1 : args.nearest + 1]:
            print(f"  {similarity[i]:.3f}  {words[i]}")


if __name__ == "__main__":
    main()
