"""Over N ranks it is batch normalization of all their batches."""

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainermn.functions.batch_normalization import get_communication_backend
from chainermn.links import MultiNodeBatchNormalization, create_mnbn_model


def parts(shape, size, ragged, dtype="float32"):
    """The batch of each rank."""
    rng = np.random.default_rng(8)
    counts = [4 + 2 * rank * ragged for rank in range(size)]
    return [rng.normal(3, 2, (n, *shape)).astype(dtype) for n in counts]


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("shape", [(3,), (3, 2, 2)])
@pytest.mark.parametrize("use", [True, False])
def test_equals_one_process(comm, shape, ragged, use):
    batches = parts(shape, comm.size, ragged)
    alone = L.BatchNormalization(3, use_gamma=use, use_beta=use)
    together = MultiNodeBatchNormalization(3, comm, use_gamma=use, use_beta=use)
    for link in (alone, together):
        for k, param in enumerate(link.params()):
            param.array[...] = np.arange(3) + k + 1
    x_all = chainer.Variable(np.concatenate(batches))
    x = chainer.Variable(batches[comm.rank])
    y_all, y = alone(x_all), together(x)
    start = sum(len(batch) for batch in batches[: comm.rank])
    mine = slice(start, start + len(x))
    np.testing.assert_allclose(y.array, y_all.array[mine], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(together.avg_mean, alone.avg_mean, rtol=1e-5)
    weight = np.arange(y_all.size).reshape(y_all.shape).astype("float32") % 5
    F.sum(y_all * weight).backward()
    F.sum(y * weight[mine]).backward()
    np.testing.assert_allclose(x.grad, x_all.grad[mine], rtol=1e-3, atol=1e-4)
    # The sum over ranks is the gradient of the whole.
    for param, param_all in zip(together.params(), alone.params(), strict=True):
        np.testing.assert_allclose(comm.allreduce(param.grad), param_all.grad, rtol=1e-3, atol=1e-3)


def test_float16_is_computed_in_float32(comm):
    with chainer.using_config("dtype", chainer.mixed16):
        link = MultiNodeBatchNormalization(3, comm)
    batches = parts((3,), comm.size, False, "float16")
    y = link(batches[comm.rank])
    assert (y.dtype, link.avg_mean.dtype) == (np.float16, np.float32)
    whole = np.concatenate(batches).astype("float64")
    expected = (batches[comm.rank] - whole.mean(0)) / whole.std(0)
    np.testing.assert_allclose(y.array, expected, atol=5e-3)


def test_finetuning_averages_batches(comm):
    link = MultiNodeBatchNormalization(2, comm)
    link.start_finetuning()
    batches = [np.full((2, 2), 2.0 * k + comm.rank, "float32") for k in range(3)]
    for x in batches:
        link(x, finetune=True)
    assert link.N == 3
    np.testing.assert_allclose(link.avg_mean, np.full(2, 2 + (comm.size - 1) / 2), rtol=1e-6)


def test_nothing_is_sent_in_test_mode(comm):
    link = MultiNodeBatchNormalization(2, comm)
    if comm.rank == 0:
        with chainer.using_config("train", False):
            np.testing.assert_allclose(link(np.ones((1, 2), "float32")).array, np.ones((1, 2)), rtol=1e-4)


def test_create_mnbn_model_converts_a_copy(comm):
    class Model(chainer.Chain):
        def __init__(self):
            super().__init__()
            with self.init_scope():
                self.first = L.BatchNormalization(3)
                self.rest = chainer.Sequential(L.Linear(3, 3), L.BatchNormalization(3), F.relu)
                self.lists = chainer.ChainList(L.BatchNormalization(axis=(0,)))

        def forward(self, x):
            return self.lists[0](self.rest(self.first(x)))

    model = Model()
    model.first.gamma.array[...] = 5
    copied = create_mnbn_model(model, comm)
    kinds = [type(link) for link in copied.links() if isinstance(link, L.BatchNormalization)]
    assert kinds == [MultiNodeBatchNormalization] * 3
    assert type(model.first) is L.BatchNormalization
    np.testing.assert_array_equal(copied.first.gamma.array, [5, 5, 5])
    copied.first.gamma.array[...] = 6
    np.testing.assert_array_equal(model.first.gamma.array, [5, 5, 5])
    assert sorted(dict(copied.namedparams())) == sorted(dict(model.namedparams()))
    x = np.full((2, 3), comm.rank, "float32") + np.arange(6, dtype="float32").reshape(2, 3)
    copied(x)  # the last one learns its size here, from its own batch
    copied(x)
    for other in comm.allgather(copied.first.avg_mean):
        np.testing.assert_array_equal(other, copied.first.avg_mean)
    assert type(create_mnbn_model(model.first, comm)) is MultiNodeBatchNormalization
    assert create_mnbn_model(F.relu, comm) is F.relu


def test_saved_as_the_plain_one(comm, shared_path):
    path = shared_path / f"{comm.rank}.npz"
    link = MultiNodeBatchNormalization(3, comm)
    link.avg_mean[...] = 7
    chainer.serializers.save_npz(path, link)
    plain = L.BatchNormalization(3)
    chainer.serializers.load_npz(path, plain)
    np.testing.assert_array_equal(plain.avg_mean, [7, 7, 7])


def test_refuses_backends_that_are_not_there(comm):
    assert get_communication_backend(comm, "mpi") == "mpi"
    with pytest.raises(ValueError, match="'nccl' needs a pure_nccl communicator, got NaiveCommunicator"):
        MultiNodeBatchNormalization(3, comm, communication_backend="nccl")
    with pytest.raises(ValueError, match="communication_backend must be one of auto, mpi, nccl, got 'tcp'"):
        chainermn.links.create_mnbn_model(L.BatchNormalization(3), comm, "tcp")
