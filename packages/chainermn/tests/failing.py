"""A training in which one rank goes wrong; how is the first argument."""

import os
import signal
import sys
import time

import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
from chainer.optimizers import SGD


def main(what):
    comm = chainermn.create_communicator("naive")
    model = L.Linear(2, 1)
    optimizer = chainermn.create_multi_node_optimizer(SGD(), comm).setup(model)

    def step():
        optimizer.update(lambda: F.sum(model(np.ones((1, 2), "float32"))))

    for _ in range(4):
        step()
    if comm.rank == 1:
        go_wrong(what, comm)
    if what == "forgets to walk back" and comm.rank == 0:
        F.sum(chainermn.functions.recv(comm, rank=1)).backward()
    if what == "differs":
        comm.allreduce(np.zeros(4, "float32"))
    step()


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
        case "is stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "sleeps":
            time.sleep(1000)
        case "stalls inside":
            type(comm)._mean_piece = lambda *_: time.sleep(1000)
        case "differs":
            comm.allreduce(np.zeros(3, "float32"))
        case "forgets to walk back":  # of an array that no MPI takes without a receiver
            chainermn.functions.send(np.ones(2**22, "float32"), comm, rank=0)
        case "is elsewhere":
            comm.recv(0, tag=5)


if __name__ == "__main__":
    main(sys.argv[1])
