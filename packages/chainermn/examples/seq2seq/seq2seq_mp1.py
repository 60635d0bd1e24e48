#!/usr/bin/env python3
"""Translates sequences with the encoder on one process and the decoder on another.

    mpiexec -n 2 python seq2seq_mp1.py --test                            dates into ISO 8601, in seconds
    mpiexec -n 2 python seq2seq_mp1.py --source de.txt --target en.txt   lines of words in two files

Rank 0 reads the source and sends the last states of its LSTM to rank 1, which begins with them and writes the target;
on the way back rank 1 sends the gradients of the states. What differs from training on one process is marked by
"ranks:".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import chainer
import chainer.links as L
import chainermn
import numpy as np
from chainer import training
from chainer.training import extensions

# The networks are those of the example for one process.
sys.path.append(str(Path(__file__).resolve().parents[3] / "chainer-core" / "examples" / "seq2seq"))
from exact_match import ExactMatch
from model import Decoder, Encoder
from options import in_words, open_corpus, parse_args
from words import convert

ENCODER, DECODER = 0, 1  # ranks


class EncoderSide(chainer.Chain):
    """The part of the model on rank 0."""

    def __init__(self, comm: chainermn.CommunicatorBase, n_layers: int, n_vocab: int, n_units: int) -> None:
        super().__init__()
        # ranks: this LSTM gives its last states away.
        rnn = chainermn.links.create_multi_node_n_step_rnn(
            L.NStepLSTM(n_layers, n_units, n_units, 0.1), comm, rank_out=DECODER
        )
        with self.init_scope():
            self.encoder = Encoder(n_vocab, n_units, rnn)

    def forward(self, xs: list[np.ndarray], ys: list[np.ndarray]) -> chainer.Variable:
        # ranks: what stands for the states that were sent; its gradient is what comes back for them.
        *_, delegate = self.encoder(xs)
        return delegate

    def translate(self, xs: list[np.ndarray]) -> None:
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            self.encoder(xs)


class DecoderSide(chainer.Chain):
    """The part of the model on rank 1."""

    def __init__(self, comm: chainermn.CommunicatorBase, n_layers: int, n_vocab: int, n_units: int) -> None:
        super().__init__()
        self.comm = comm
        with self.init_scope():
            self.decoder = Decoder(n_vocab, n_units, L.NStepLSTM(n_layers, n_units, n_units, 0.1))

    def forward(self, xs: list[np.ndarray], ys: list[np.ndarray]) -> chainer.Variable:
        loss, accuracy = self.decoder(*self._states(), ys)
        chainer.report({"loss": loss, "accuracy": accuracy}, self)
        return loss

    def translate(self, xs: list[np.ndarray]) -> list[np.ndarray]:
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            return self.decoder.translate(*self._states())

    def _states(self) -> Any:
        # ranks: backward through these variables sends their gradients to the encoder.
        return chainermn.functions.recv(self.comm, ENCODER)


def main() -> None:
    args = parse_args(__doc__)
    comm = chainermn.create_communicator(args.communicator)
    if comm.size != 2:
        # ranks: all of them leave, one of them tells why.
        message = f"the model has two parts, so it takes two processes, got {comm.size}: mpiexec -n 2 python ..."
        raise SystemExit(message if comm.rank == 0 else 1)
    device = chainer.get_device(f"@cupy:{comm.intra_rank}" if args.gpu else "@numpy")
    device.use()
    np.random.seed(args.seed + comm.rank)

    # ranks: each has one of the two parts, and an optimizer of its own for it. There is nothing to average.
    corpus = comm.bcast_obj(open_corpus(args) if comm.rank == 0 else None)
    if comm.rank == ENCODER:
        model: Any = EncoderSide(comm, args.layer, len(corpus.source_numbers), args.unit)
    else:
        model = DecoderSide(comm, args.layer, len(corpus.target_numbers), args.unit)
    model.to_device(device)
    optimizer = chainer.optimizers.Adam(alpha=0.003).setup(model)
    # ranks: both get the batches that rank 0 draws.
    train_iter = chainermn.iterators.create_multi_node_iterator(
        chainer.iterators.SerialIterator(corpus.train, args.batchsize), comm, rank_master=0
    )
    updater = training.StandardUpdater(train_iter, optimizer, converter=convert, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    exact_match = ExactMatch(model, corpus)
    if comm.rank == ENCODER:
        trainer.extend(lambda _: model.translate(exact_match.sources), trigger=(1, "epoch"), name="read")
    else:
        trainer.extend(exact_match)
    checkpointer = chainermn.create_multi_node_checkpointer("seq2seq-mp1", comm)
    if args.resume:
        checkpointer.maybe_load(trainer)
    trainer.extend(checkpointer, trigger=(1, "epoch"))
    # ranks: the one with the decoder knows the loss, so it tells.
    if comm.rank == DECODER:
        trainer.extend(extensions.LogReport())
        names = ["main/loss", "main/accuracy", "validation/main/exact"]
        trainer.extend(extensions.PrintReport(["epoch", *names, "elapsed_time"]))
    trainer.run()
    if comm.rank == DECODER:
        print("\n" + in_words(args, exact_match.example))


if __name__ == "__main__":
    main()
