#!/usr/bin/env python3
"""Translates sequences with an encoder and a decoder, on several processes, each with a part of the pairs.

    mpiexec -n 2 python seq2seq.py --test                            dates into ISO 8601, in seconds
    mpiexec -n 2 python seq2seq.py --source de.txt --target en.txt   lines of words in two files

What differs from training on one process is marked by "ranks:". seq2seq_mp1.py cuts the model in place of the data.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import chainer
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions

# The networks are those of the example for one process.
sys.path.append(str(Path(__file__).resolve().parents[3] / "chainer-core" / "examples" / "seq2seq"))
from exact_match import ExactMatch
from model import Seq2seq
from options import in_words, open_corpus, parse_args
from words import convert


def main() -> None:
    args = parse_args(__doc__)
    # ranks: each process makes the same communicator and learns its place.
    comm = chainermn.create_communicator(args.communicator)
    is_first = comm.rank == 0
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)

    # ranks: one process opens the files; all know all words, and get equal parts of the pairs.
    corpus = comm.bcast_obj(open_corpus(args) if is_first else None)
    train = chainermn.scatter_dataset(corpus.train, comm, shuffle=True, seed=args.seed)
    corpus = replace(corpus, held_out=chainermn.scatter_dataset(corpus.held_out, comm))

    model = Seq2seq(args.layer, len(corpus.source_numbers), len(corpus.target_numbers), args.unit).to_device(device)
    # ranks: gradients are averaged, and the first update gives all processes the same parameters.
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.Adam(alpha=0.003), comm).setup(model)
    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    updater = training.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    # ranks: each translates its part of what was held out; the mean of the shares is reported.
    exact_match = ExactMatch(model, corpus)
    trainer.extend(exact_match)
    key = "validation/main/exact"
    trainer.extend(chainermn.extensions.ObservationAggregator(comm, key, comm_trigger=(1, "epoch")))
    checkpointer = chainermn.create_multi_node_checkpointer("seq2seq", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(1, "epoch"))
    # ranks: one process tells.
    if is_first:
        trainer.extend(extensions.LogReport())
        trainer.extend(extensions.PrintReport(["epoch", "main/loss", "main/accuracy", key, "elapsed_time"]))
        trainer.extend(extensions.snapshot_object(model, "model.npz"))
    trainer.run()
    if is_first:
        print("\n" + in_words(args, exact_match.example))


if __name__ == "__main__":
    main()
