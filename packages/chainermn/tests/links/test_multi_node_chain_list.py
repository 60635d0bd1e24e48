"""A model cut into pieces computes what it computes in one."""

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _two_ranks(comm):
    if comm.size < 2:
        pytest.skip("needs another rank")


def linear(n_in, n_out, seed):
    return L.Linear(n_in, n_out, initialW=np.random.RandomState(seed).normal(size=(n_out, n_in)))


@pytest.fixture
def x():
    return np.random.default_rng(3).normal(size=(5, 4)).astype("float32")


def test_a_chain_over_all_ranks(comm, x):
    """One layer a rank, each with its output to the next."""
    layers = [linear(4, 4, seed) for seed in range(comm.size)]
    whole = chainer.Sequential(*[chainer.Sequential(layer.copy(mode="copy"), F.tanh) for layer in layers])
    loss = F.sum(whole(x))
    loss.backward()

    first, last = comm.rank == 0, comm.rank == comm.size - 1
    model = chainermn.MultiNodeChainList(comm)
    mine = chainer.Sequential(layers[comm.rank], F.tanh)
    model.add_link(mine, rank_in=None if first else comm.rank - 1, rank_out=None if last else comm.rank + 1)
    y = model(x) if first else model()
    if last:
        np.testing.assert_allclose(F.sum(y).array, loss.array, rtol=1e-5)
        F.sum(y).backward()
    else:
        y.backward()
    expected = whole[comm.rank][0]
    np.testing.assert_allclose(layers[comm.rank].W.grad, expected.W.grad, rtol=1e-4, atol=1e-5)


def test_there_and_back_on_one_rank(comm, x):
    """Rank 0 has the first layer and the last, rank 1 the one in between."""
    a, b, c = linear(4, 3, 0), linear(3, 3, 1), linear(3, 2, 2)
    whole = chainer.Sequential(*[link.copy(mode="copy") for link in (a, b, c)])
    F.sum(whole(x) ** 2).backward()
    model = chainermn.MultiNodeChainList(comm)
    if comm.rank == 0:
        model.add_link(a, rank_in=None, rank_out=1)
        model.add_link(c, rank_in=1, rank_out=None)
        F.sum(model(x) ** 2).backward()
        np.testing.assert_allclose(a.W.grad, whole[0].W.grad, rtol=1e-4)
        np.testing.assert_allclose(c.W.grad, whole[2].W.grad, rtol=1e-4)
    elif comm.rank == 1:
        model.add_link(b, rank_in=0, rank_out=0)
        model().backward()
        np.testing.assert_allclose(b.W.grad, whole[1].W.grad, rtol=1e-4)


class Add(chainer.Chain):
    def forward(self, a, b):
        return a + 2 * b


def test_branches(comm, x):
    """Rank 0 gives its output to itself and to rank 1, which gives it back."""
    a, b = linear(4, 3, 0), linear(3, 3, 1)
    whole_a, whole_b = a.copy(mode="copy"), b.copy(mode="copy")
    h = whole_a(x)
    F.sum(h + 2 * whole_b(h)).backward()
    model = chainermn.MultiNodeChainList(comm)
    if comm.rank == 0:
        model.add_link(a, rank_in=None, rank_out=[0, 1])
        model.add_link(Add(), rank_in=[0, 1], rank_out=None)
        F.sum(model(x)).backward()
        np.testing.assert_allclose(a.W.grad, whole_a.W.grad, rtol=1e-4)
    elif comm.rank == 1:
        model.add_link(b, rank_in=0, rank_out=0)
        model().backward()
        np.testing.assert_allclose(b.W.grad, whole_b.W.grad, rtol=1e-4)


def test_a_graph_that_cannot_run_names_both_ranks(comm, monkeypatch):
    comm.allgather_obj(None)
    monkeypatch.setattr(comm.supervisor, "timeout", 1.0)
    if comm.rank < 2:
        model = chainermn.MultiNodeChainList(comm)
        model.add_link(linear(2, 2, 0), rank_in=1 - comm.rank, rank_out=1 - comm.rank)
        message = f"rank {1 - comm.rank} waits in recv from rank {comm.rank} .*while rank {comm.rank} waited in recv"
        with pytest.raises(chainermn.CommunicationError, match=message):
            model()
    monkeypatch.undo()
    comm.allgather_obj(None)


def test_refuses_ranks_that_are_not_there(comm):
    with pytest.raises(ValueError, match="rank_in and rank_out must be from 0 to"):
        chainermn.MultiNodeChainList(comm).add_link(linear(1, 1, 0), rank_in=comm.size)


def test_refuses_two_results_and_missing_inputs(comm, x):
    two = chainermn.MultiNodeChainList(comm)
    two.add_link(linear(4, 4, 0))
    two.add_link(linear(4, 4, 0))
    with pytest.raises(ValueError, match="only one link of a rank may have rank_out=None"):
        two(x)
    waiting = chainermn.MultiNodeChainList(comm)
    waiting.add_link(linear(4, 4, 0), rank_in=comm.rank)
    with pytest.raises(ValueError, match="waits for another link of this rank"):
        waiting()
