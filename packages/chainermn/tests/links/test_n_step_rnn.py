"""An encoder and a decoder on two ranks."""

import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest


def draw(link, seed):
    rng = np.random.RandomState(seed)
    for _, param in sorted(link.namedparams()):
        param.array[...] = rng.normal(0, 0.5, param.shape)
    return link


@pytest.mark.parametrize("kind", [L.NStepLSTM, L.NStepGRU, L.NStepRNNTanh])
def test_states_travel(comm, kind):
    if comm.size < 2:
        pytest.skip("needs another rank")
    rng = np.random.default_rng(1)
    xs, ts = ([rng.normal(size=(n, 3)).astype("float32") for n in lengths] for lengths in ((4, 2), (3, 1)))
    encoder, decoder = draw(kind(1, 3, 5, 0.0), 0), draw(kind(1, 3, 5, 0.0), 1)
    states = [None] * encoder.n_cells
    *last, _ = encoder(*states, xs)
    loss = F.sum(F.concat(decoder(*last, ts)[-1], axis=0) ** 2)
    loss.backward()
    expected = (encoder if comm.rank == 0 else decoder)[0].w0.grad

    part = draw(kind(1, 3, 5, 0.0), int(comm.rank > 0))
    if comm.rank == 0:
        link = chainermn.links.create_multi_node_n_step_rnn(part, comm, rank_out=1)
        *_, ys, delegate = link(xs)
        assert len(ys) == 2
        delegate.backward()
    elif comm.rank == 1:
        link = chainermn.links.create_multi_node_n_step_rnn(part, comm, rank_in=0)
        *_, ys, delegate = link(ts)
        assert delegate is None
        y = F.sum(F.concat(ys, axis=0) ** 2)
        np.testing.assert_allclose(y.array, loss.array, rtol=1e-5)
        y.backward()
        with pytest.raises(ValueError, match="states must be None, for they come from rank 0"):
            link(np.zeros((1, 2, 5), "float32"), ts)
    if comm.rank < 2:
        np.testing.assert_allclose(part[0].w0.grad, expected, rtol=1e-4, atol=1e-6)


def test_refuses_other_links(comm):
    with pytest.raises(TypeError, match="actual_link must be a link of the NStepRNN family, got Linear"):
        chainermn.links.create_multi_node_n_step_rnn(L.Linear(1, 1), comm)
