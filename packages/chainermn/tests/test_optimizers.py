"""Training on N ranks is training on one."""

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainermn.communicators import COMMUNICATORS

AVERAGING = [name for name in COMMUNICATORS if name not in ("pure_nccl", "dummy")]
STEPS = 50


class MLP(chainer.Chain):
    def __init__(self, seed=0):
        super().__init__()
        rng = np.random.RandomState(seed)
        with self.init_scope():
            self.l1 = L.Linear(6, 16, initialW=rng.normal(0, 0.4, (16, 6)))
            self.l2 = L.Linear(16, 8, initialW=rng.normal(0, 0.4, (8, 16)))
            self.l3 = L.Linear(8, 3, initialW=rng.normal(0, 0.4, (3, 8)))

    def forward(self, x):
        return self.l3(F.tanh(self.l2(F.tanh(self.l1(x)))))


def batches(rng, n_steps, size):
    for _ in range(n_steps):
        yield rng.normal(size=(6 * size, 6)).astype("float32"), rng.integers(0, 3, 6 * size)


def train(comm, optimizer, model, rng, n_steps=STEPS):
    """Each rank gets its part of every batch."""
    optimizer.setup(model)
    for x, t in batches(rng, n_steps, comm.size):
        mine = slice(6 * comm.rank, 6 * comm.rank + 6)
        optimizer.update(lambda x, t: F.softmax_cross_entropy(model(x), t), x[mine], t[mine])
    return {path: param.array for path, param in model.namedparams()}


def train_alone(optimizer, model, rng, size, n_steps=STEPS):
    optimizer.setup(model)
    for step, (x, t) in enumerate(batches(rng, n_steps, size)):
        if step > 0:  # the first update of a multi-node optimizer only distributes parameters
            optimizer.update(lambda x, t: F.softmax_cross_entropy(model(x), t), x, t)
    return {path: param.array for path, param in model.namedparams()}


@pytest.mark.parametrize("rule", [chainer.optimizers.MomentumSGD, chainer.optimizers.Adam])
@pytest.mark.parametrize("name", AVERAGING)
def test_many_ranks_equal_one_process(communicator, name, rule):
    comm = communicator(name)
    seed = 4
    alone = train_alone(rule(), MLP(), np.random.default_rng(seed), comm.size)
    for overlap in (True, False):
        optimizer = chainermn.create_multi_node_optimizer(rule(), comm, overlap=overlap, bucket_bytes=400)
        together = train(comm, optimizer, MLP(seed=comm.rank), np.random.default_rng(seed))
        for path, array in together.items():
            np.testing.assert_allclose(array, alone[path], rtol=2e-4, atol=2e-5)


def test_overlap_changes_no_bit(comm):
    results = []
    for overlap in (True, False):
        optimizer = chainermn.create_multi_node_optimizer(
            chainer.optimizers.Adam(), comm, overlap=overlap, bucket_bytes=400
        )
        results.append(train(comm, optimizer, MLP(seed=comm.rank), np.random.default_rng(1), 10))
    for path, array in results[0].items():
        np.testing.assert_array_equal(array, results[1][path])


def test_all_ranks_end_with_the_same_parameters(comm):
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.Adam(), comm)
    params = train(comm, optimizer, MLP(seed=comm.rank), np.random.default_rng(2), 10)
    for path in sorted(params):
        for other in comm.allgather(params[path]):
            np.testing.assert_array_equal(other, params[path])


def test_buckets_are_sent_while_backward_runs(comm, monkeypatch):
    from chainermn._gradient_buckets import GradientBuckets

    sent = []
    final = GradientBuckets.gradient_final
    finish = GradientBuckets.finish
    monkeypatch.setattr(
        GradientBuckets, "gradient_final", lambda self, v: (final(self, v), sent.append(self._n_sent))[0]
    )
    monkeypatch.setattr(GradientBuckets, "finish", lambda self, z: (sent.append("end"), finish(self, z))[1])
    monkeypatch.setattr("chainermn.optimizers._FIRST_BYTES", 64)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(), comm, bucket_bytes=600)
    train(comm, optimizer, MLP(), np.random.default_rng(3), 2)
    during = sent[: sent.index("end")]
    assert len(during) == 6  # parameters, last layer first
    assert during[-1] >= 2 and during[2] >= 1


class TwoRoads(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.both = L.Linear(2, 2, initialW=1)
            self.left = L.Linear(2, 1, initialW=1)
            self.right = L.Linear(2, 1, initialW=1)
            self.never = L.Linear(2, 1, initialW=1)

    def forward(self, x, goes_left):
        h = self.both(x)
        return F.sum(self.left(h) if goes_left else self.right(h))


@pytest.mark.parametrize("overlap", [True, False])
@pytest.mark.parametrize("zero_fill", [True, False])
def test_ranks_may_take_different_roads(comm, zero_fill, overlap):
    model = TwoRoads()
    optimizer = chainermn.create_multi_node_optimizer(
        chainer.optimizers.SGD(0.0), comm, zero_fill=zero_fill, overlap=overlap, bucket_bytes=8
    ).setup(model)
    seen = {}
    optimizer.actual_optimizer.update = lambda _: seen.update({path: p.grad for path, p in model.namedparams()})
    x = np.ones((1, 2), "float32")
    for _ in range(3):
        optimizer.update(model, x, comm.rank == 0)
    others = comm.size - 1
    np.testing.assert_array_equal(seen["/both/W"], np.ones((2, 2)))
    np.testing.assert_allclose(seen["/left/W"], np.full((1, 2), 2 / comm.size), rtol=1e-6)
    if others:
        np.testing.assert_allclose(seen["/right/W"], np.full((1, 2), 2 * others / comm.size), rtol=1e-6)
    if zero_fill:
        np.testing.assert_array_equal(seen["/never/W"], np.zeros((1, 2)))
    else:
        assert seen["/never/W"] is None


def test_the_first_update_distributes_parameters(comm):
    model = L.Linear(2, 1, initialW=comm.rank + 1)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm).setup(model)
    optimizer.update(lambda: F.sum(model(np.ones((1, 2), "float32"))))
    np.testing.assert_array_equal(model.W.array, np.ones((1, 2)))
    assert optimizer.t == 0
    model.W.grad = np.full((1, 2), comm.rank, "float32")
    model.b.grad = np.zeros(1, "float32")
    optimizer.update()
    np.testing.assert_array_equal(model.W.array, np.full((1, 2), 1 - (comm.size - 1) / 2))
    assert optimizer.t == 1


def test_a_new_parameter_is_distributed(comm):
    model = chainer.Sequential(L.Linear(2, 2, initialW=1))
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm).setup(model)

    def loss():
        return F.sum(model(np.ones((1, 2), "float32")))

    for _ in range(2):
        optimizer.update(loss)
    model.append(L.Linear(2, 1, initialW=comm.rank + 5))
    optimizer.setup(model)
    optimizer.update(loss)
    np.testing.assert_array_equal(model[1].W.array, np.full((1, 2), 5))


def test_double_buffering_uses_the_gradients_of_the_step_before(comm):
    model = L.Linear(1, 1, initialW=0, nobias=True)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm, double_buffering=True)
    optimizer.setup(model)
    weights = []
    for step in range(5):
        x = np.full((1, 1), 2.0**step * (comm.rank + 1), "float32")
        optimizer.update(lambda x=x: F.sum(model(x)))
        weights.append(float(model.W.array[0, 0]))
    mean = (comm.size + 1) / 2
    # Nothing at first, then the gradients of steps 1, 2, 3.
    assert weights == [0, 0, -2 * mean, -6 * mean, -14 * mean]
    optimizer.wait()


def test_gradients_of_float16_travel(comm):
    with chainer.using_config("dtype", np.float16):
        model = L.Linear(4, 2, initialW=1)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(0.5), comm).setup(model)
    x = np.full((1, 4), comm.rank, "float16")
    for _ in range(2):
        optimizer.update(lambda: F.sum(model(x)))
    assert model.W.array.dtype == np.float16
    np.testing.assert_array_equal(model.W.array, np.full((2, 4), 1 - 0.25 * (comm.size - 1), "float16"))


def test_it_has_the_attributes_of_the_actual_optimizer(comm, shared_path):
    actual = chainer.optimizers.Adam(alpha=0.5)
    optimizer = chainermn.create_multi_node_optimizer(actual, comm).setup(L.Linear(2, 1))
    optimizer.alpha = 0.25
    optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(0.1))
    assert actual.alpha == 0.25
    assert optimizer.target is actual.target
    with pytest.raises(AttributeError, match="colour"):
        optimizer.colour  # noqa: B018
    path = shared_path / f"optimizer{comm.rank}.npz"
    optimizer.t = 7
    chainer.serializers.save_npz(path, optimizer)
    other = chainermn.create_multi_node_optimizer(chainer.optimizers.Adam(), comm).setup(L.Linear(2, 1))
    chainer.serializers.load_npz(path, other)
    assert other.t == 7


def test_refuses_what_is_no_optimizer(comm):
    with pytest.raises(TypeError, match="actual_optimizer must be a gradient method, got str"):
        chainermn.create_multi_node_optimizer("adam", comm)
