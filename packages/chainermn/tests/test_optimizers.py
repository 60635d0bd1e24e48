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


def train(comm, optimizer, model, rng, n_steps=STEPS, n_batches=1):
    """Each rank gets its part of every batch, in so many smaller ones."""
    optimizer.setup(model)
    for step, (x, t) in enumerate(batches(rng, n_steps, comm.size)):
        mine = slice(6 * comm.rank, 6 * comm.rank + 6)
        # The first update only distributes parameters.
        for part in zip(*(np.split(each[mine], n_batches if step else 1) for each in (x, t))):
            optimizer.update(lambda x, t: F.softmax_cross_entropy(model(x), t), *part)
    return {path: param.array for path, param in model.namedparams()}


def train_alone(optimizer, model, rng, size, n_steps=STEPS):
    optimizer.setup(model)
    for step, (x, t) in enumerate(batches(rng, n_steps, size)):
        if step > 0:  # as above
            optimizer.update(lambda x, t: F.softmax_cross_entropy(model(x), t), x, t)
    return {path: param.array for path, param in model.namedparams()}


MODES = {
    "overlapped": {},
    "one by one": {"overlap": False},
    "sharded": {"sharded": True},
    "sharded one by one": {"sharded": True, "overlap": False},
    "accumulated": {"accumulate_steps": 3},
    "sharded and accumulated": {"sharded": True, "accumulate_steps": 2},
}


@pytest.fixture(scope="module")
def trained_alone(comm_size):
    """Parameters after training in one process, by the class of the optimizer."""
    return {
        rule: train_alone(rule(), MLP(), np.random.default_rng(4), comm_size)
        for rule in (chainer.optimizers.MomentumSGD, chainer.optimizers.Adam)
    }


@pytest.fixture(scope="module")
def comm_size(communicator):
    return communicator("naive").size


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "rule"), [("naive", "MomentumSGD"), *((name, "Adam") for name in AVERAGING)])
def test_many_ranks_equal_one_process(communicator, trained_alone, name, rule, mode):
    comm, rule = communicator(name), getattr(chainer.optimizers, rule)
    options = MODES[mode]
    optimizer = chainermn.create_multi_node_optimizer(rule(), comm, bucket_bytes=400, **options)
    n_batches = options.get("accumulate_steps", 1)
    together = train(comm, optimizer, MLP(seed=comm.rank), np.random.default_rng(4), n_batches=n_batches)
    assert optimizer.t == STEPS - 1
    for path, array in together.items():
        np.testing.assert_allclose(array, trained_alone[rule][path], rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("mode", ["overlapped", "sharded"])
@pytest.mark.parametrize("wire", ["float16", "bfloat16"])
def test_16_bits_on_the_wire_train_as_well(trained_alone, wire, mode):
    comm = chainermn.create_communicator("flat", allreduce_grad_dtype=wire)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.MomentumSGD(), comm, **MODES[mode])
    together = train(comm, optimizer, MLP(seed=comm.rank), np.random.default_rng(4))
    start = dict(MLP().namedparams())
    for path, array in together.items():
        expected = trained_alone[chainer.optimizers.MomentumSGD][path]
        way = np.linalg.norm(expected - start[path].array)
        # bfloat16 has 8 bits: each gradient is right to 2^-9, and errors of many steps partly cancel.
        assert np.linalg.norm(array - expected) < 0.01 * way


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
    monkeypatch.setattr(GradientBuckets, "finish", lambda self, *args: (sent.append("end"), finish(self, *args))[1])
    monkeypatch.setattr("chainermn._multi_node_optimizer.FIRST_BYTES", 64)
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


def test_a_link_that_is_replaced_by_one_like_it_is_averaged_too(comm):
    model = chainer.Sequential(L.Linear(2, 2, initialW=1))
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm).setup(model)

    def loss():
        return F.sum(model(np.full((1, 2), comm.rank, "float32")))

    for _ in range(2):
        optimizer.update(loss)
    model[0] = L.Linear(2, 2, initialW=7)
    for param in model[0].params():
        param.update_rule = optimizer.create_update_rule()
    optimizer.update(loss)
    np.testing.assert_array_equal(model[0].W.array, np.full((2, 2), 7 - (comm.size - 1) / 2))


def test_another_model_is_distributed(comm):
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm)
    for start in (1, 2):
        model = L.Linear(2, 1, initialW=start + comm.rank)
        optimizer.setup(model)
        optimizer.update(lambda model=model: F.sum(model(np.ones((1, 2), "float32"))))
        np.testing.assert_array_equal(model.W.array, np.full((1, 2), start))


@pytest.mark.parametrize("way", ["loss", "present", "double buffering"])
@pytest.mark.parametrize("sharded", [False, True])
def test_a_loss_scale_is_divided_out_also_where_there_was_no_gradient(comm, way, sharded):
    if way == "double buffering" and sharded:
        pytest.skip("do not go together")
    model = TwoRoads()
    optimizer = chainermn.create_multi_node_optimizer(
        chainer.optimizers.SGD(1.0), comm, sharded=sharded, double_buffering=way == "double buffering"
    ).setup(model)
    optimizer.loss_scaling(scale=8.0)
    x = np.ones((1, 2), "float32")
    for _ in range(3 if way == "double buffering" else 2):
        if way == "present":
            model.cleargrads()
            model(x, comm.rank == 0).backward(loss_scale=8.0)
            optimizer.update()
        else:
            optimizer.update(model, x, comm.rank == 0)
    if way == "double buffering":
        optimizer.wait()
    np.testing.assert_allclose(model.left.W.array, np.full((1, 2), 1 - 2 / comm.size), rtol=1e-6)


def linear_steps(comm, n_updates, **options):
    """Weight after each of some updates whose gradients are 1, 2, 4, ..., times the rank plus one."""
    model = L.Linear(1, 1, initialW=0, nobias=True)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm, **options).setup(model)
    weights = []
    for step in range(n_updates):
        x = np.full((1, 1), 2.0 ** (step - 1) * (comm.rank + 1), "float32")
        optimizer.update(lambda x=x: F.sum(model(x)))
        weights.append(float(model.W.array[0, 0]))
    return optimizer, weights


@pytest.mark.parametrize("sharded", [False, True])
def test_accumulating_communicates_in_each_kth_update(comm, monkeypatch, sharded):
    from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

    met = []
    meet = MpiCommunicatorBase._meet
    monkeypatch.setattr(MpiCommunicatorBase, "_meet", lambda self, *args: (met.append(args[0]), meet(self, *args))[1])
    optimizer, weights = linear_steps(comm, 1, accumulate_steps=2, sharded=sharded)
    counts = []
    for _ in range(4):
        before = len(met)
        optimizer.update(lambda: F.sum(optimizer.target(np.ones((1, 1), "float32"))))
        counts.append(len(met) - before)
    assert counts[0] == counts[2] == 0
    assert counts[1] == counts[3] > 0
    assert optimizer.t == 2


def test_accumulated_gradients_are_a_mean_over_the_batches(comm):
    _, weights = linear_steps(comm, 5, accumulate_steps=2)
    mean = (comm.size + 1) / 2
    np.testing.assert_allclose(weights, [0, 0, -1.5 * mean, -1.5 * mean, -7.5 * mean], rtol=1e-6)


def test_a_parameter_that_an_earlier_batch_alone_has_reached_counts(comm):
    model = TwoRoads()
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm, accumulate_steps=2)
    optimizer.setup(model)
    x = np.ones((1, 2), "float32")
    for goes_left in (True, True, False):
        optimizer.update(model, x, goes_left)
    for W in (model.left.W, model.right.W):
        np.testing.assert_array_equal(W.array, np.zeros((1, 2)))  # 1 minus half of the gradient 2


def test_it_goes_on_in_the_middle_of_an_accumulation(comm, shared_path):
    path = shared_path / f"middle{comm.rank}.npz"
    optimizer, _ = linear_steps(comm, 2, accumulate_steps=2)  # the gradient 1 waits
    chainer.serializers.save_npz(path, optimizer)
    model = L.Linear(1, 1, initialW=0, nobias=True)
    other = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm, accumulate_steps=2).setup(model)
    other.assume_distributed()
    chainer.serializers.load_npz(path, other)
    for each in (optimizer, other):
        each.update(lambda each=each: F.sum(each.target(np.full((1, 1), 2 * (comm.rank + 1), "float32"))))
    assert float(model.W.array[0, 0]) == float(optimizer.target.W.array[0, 0]) == -1.5 * (comm.size + 1) / 2


def test_the_updater_that_accumulates_works_with_it(comm):
    data = [(np.full(1, 2.0**i * (comm.rank + 1), "float32"),) for i in range(4)]
    model = L.Linear(1, 1, initialW=0, nobias=True)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm).setup(model)
    updater = chainer.training.updaters.GradientAccumulationUpdater(
        chainer.iterators.SerialIterator(data, 1, shuffle=False), optimizer, 2, loss_func=lambda x: F.sum(model(x))
    )
    for _ in range(2):  # of which the first one distributes
        updater.update()
    np.testing.assert_array_equal(model.W.array, [[-6 * (comm.size + 1) / 2]])


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
    with pytest.raises(ValueError, match="accumulate_steps must be at least 1, got 0"):
        chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(), comm, accumulate_steps=0)


@pytest.mark.parametrize("options", [{"sharded": True}, {"accumulate_steps": 2}])
def test_refuses_what_does_not_go_with_double_buffering(comm, options):
    with pytest.raises(ValueError, match="double_buffering works neither with sharded nor with accumulate_steps"):
        chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(), comm, double_buffering=True, **options)


def test_refuses_to_shard_over_ranks_that_do_not_communicate(communicator):
    with pytest.raises(ValueError, match="sharded needs a communicator that communicates"):
        chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(), communicator("dummy"), sharded=True)
