#!/usr/bin/env python3
"""Lets a model of train_ptb.py write a text.

python gentxt.py --model result/model.npz --primetext "the name"
"""

from __future__ import annotations

import argparse

import chainer
import chainer.functions as F
import numpy as np
from corpus import CORPORA, WORD
from network import RNNForLM


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", "-m", required=True, help="weights that train_ptb.py has saved")
    add("--primetext", "-p", required=True, help="how the text begins")
    add("--dataset", choices=CORPORA, default="python", help="what the model has read (default: %(default)s)")
    add("--seed", "-s", type=int, default=123, help="where random numbers begin (default: %(default)s)")
    add("--sample", type=int, default=1, help="1 draws each word, 0 takes the likeliest (default: %(default)s)")
    add("--length", type=int, default=20, help="words to write (default: %(default)s)")
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    np.random.seed(args.seed)
    _, _, vocabulary = CORPORA[args.dataset]()
    words = list(vocabulary)
    prime = WORD.findall(args.primetext.lower())
    unknown = [word for word in prime if word not in vocabulary]
    if unknown or not prime:
        raise SystemExit(f"gentxt.py: --primetext must be of words that the model knows, not {' '.join(unknown)!r}")

    with np.load(args.model) as weights:
        n_units = weights["embed/W"].shape[1]
    model = RNNForLM(len(vocabulary), n_units)
    chainer.serializers.load_npz(args.model, model)

    text = list(prime)
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        for word in prime:
            score = model(np.array([vocabulary[word]], np.int32))
        for _ in range(args.length):
            probability = F.softmax(score).array[0].astype(np.float64)
            if args.sample:
                number = np.random.choice(len(words), p=probability / probability.sum())
            else:
                number = probability.argmax()
            text.append(words[number])
            score = model(np.array([number], np.int32))
    print(" ".join(text).replace("<eos>", "\n"))


if __name__ == "__main__":
    main()
