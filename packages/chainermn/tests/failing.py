"""A training in which one rank goes wrong: ``failing.py HOW RANK FILE``; the file gets the time when that happens."""

import os
import signal
import sys
import time
from pathlib import Path

import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
from chainer import training
from chainer.iterators import SerialIterator
from chainer.optimizers import SGD
from chainer.training.triggers import ManualScheduleTrigger


def main(what, wrong_rank, path):
    comm = chainermn.create_communicator("naive")
    others_compute = what.endswith(" while others compute")
    what = what.removesuffix(" while others compute")
    model = L.Linear(2, 1)
    optimizer = chainermn.create_multi_node_optimizer(SGD(), comm).setup(model)

    def go_on():
        if comm.rank == wrong_rank:
            path.write_text(str(time.time()))
            go_wrong(what, comm)
        elif others_compute:
            compute(seconds=1000)
        elif what == "differs in shape":
            comm.allreduce(np.zeros(4, "float32"))
        elif what == "forgets to walk back" and comm.rank == 0:
            F.sum(chainermn.functions.recv(comm, rank=wrong_rank)).backward()
        elif what == "differs in dtype":
            comm.allreduce(np.zeros(3, "float64"))

    def loss():
        return F.sum(model(np.ones((1, 2), "float32")))

    if what.endswith("in a trainer"):
        what = what.removesuffix(" in a trainer")
        updater = training.StandardUpdater(SerialIterator(np.ones((30, 2)), 1), optimizer, loss_func=lambda _: loss())
        trainer = training.Trainer(updater, (5, "iteration"), out=path.parent)
        trainer.extend(lambda _: go_on(), trigger=ManualScheduleTrigger(4, "iteration"), name="go on")
        trainer.run()
        return
    for _ in range(4):
        optimizer.update(loss)
    go_on()
    if not what.endswith("at the end"):
        optimizer.update(loss)


def compute(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        np.ones((64, 64)).sum()


def go_wrong(what, comm):
    match what:
        case "raises":
            raise ValueError("boom")
        case "exits":
            sys.exit(0)
        case "exits with a status":
            sys.exit(3)
        case "vanishes":
            os._exit(0)
        case "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "is stopped" | "stops at the end":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "is late at the end":
            time.sleep(3)
        case "sleeps":
            time.sleep(1000)
        case "stalls inside":
            type(comm)._mean_piece = lambda *_: time.sleep(1000)
        case "stops inside":
            type(comm)._mean_piece = lambda *_: os.kill(os.getpid(), signal.SIGSTOP)
        case "differs in shape" | "differs in dtype":
            comm.allreduce(np.zeros(3, "float32"))
        case "calls another operation":
            comm.bcast_obj(None)
        case "forgets to walk back":  # of an array that no MPI takes without a receiver
            chainermn.functions.send(np.ones(2**22, "float32"), comm, rank=0)
        case "is elsewhere":
            comm.recv((comm.rank + 1) % comm.size, tag=5)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
