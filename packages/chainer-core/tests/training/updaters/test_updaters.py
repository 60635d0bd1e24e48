import multiprocessing
from multiprocessing.connection import Client, Listener

import chainer
import numpy as np
import pytest
from chainer import Parameter, optimizers
from chainer.iterators import SerialIterator
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import Trainer, Updater, updaters
from chainer.training.updaters import multiprocess_parallel_updater as mpu


class Scale(chainer.Link):
    """Loss: the mean over the batch of (W x - t)^2 / 2. Tells how it was called."""

    def __init__(self, W=0.5):
        super().__init__()
        self.calls = []
        with self.init_scope():
            self.W = Parameter(np.array([W], "f"))

    def forward(self, *args, **kwargs):
        self.calls.append((len(args), sorted(kwargs)))
        x, t = (*args, *kwargs.values(), 1.0)[:2]
        error = self.W.data[0] * np.asarray(x) - t
        # The gradient of the loss by W, as a constant: the loss is linear in W here, which is all these tests need.
        slope = float((error * x).mean())
        loss = (self.W * slope).reshape(())
        chainer.report({"loss": loss}, self)
        return loss


def expected_gradient(W, batch):
    x, t = (np.array(column) for column in zip(*batch))
    return ((W * x - t) * x).mean()


DATA = [(np.float32(i), np.float32(2 * i + 1)) for i in range(6)]


def make(cls=updaters.StandardUpdater, data=DATA, batch_size=2, model=None, lr=0.125, **kwargs):
    model = Scale() if model is None else model
    optimizer = optimizers.SGD(lr).setup(model)
    return model, optimizer, cls(SerialIterator(data, batch_size, shuffle=False), optimizer, **kwargs)


def test_an_update_is_a_step_of_the_optimizer():
    model, optimizer, updater = make()
    updater.update()
    assert model.W.array[0] == pytest.approx(0.5 - 0.125 * expected_gradient(0.5, DATA[:2]))
    assert (updater.iteration, optimizer.t) == (1, 1)
    assert (updater.epoch, updater.epoch_detail, updater.previous_epoch_detail) == (0, pytest.approx(1 / 3), 0.0)


@pytest.mark.parametrize("auto_new_epoch", [True, False])
def test_epochs_are_told_to_the_optimizer(auto_new_epoch):
    _, optimizer, updater = make(auto_new_epoch=auto_new_epoch)
    epochs = []
    for _ in range(6):
        updater.update()
        epochs.append((updater.is_new_epoch, updater.epoch, optimizer.epoch))
    told = (0, 1, 2) if auto_new_epoch else (0, 0, 0)
    assert epochs == [
        *[(False, 0, told[0])] * 2, (True, 1, told[1]), *[(False, 1, told[1])] * 2, (True, 2, told[2]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "call"),
    [
        (np.float32(1), (1, [])),
        ((np.float32(1), np.float32(2)), (2, [])),
        ({"x": np.float32(1), "t": np.float32(2)}, (0, ["t", "x"])),
        ([np.float32(1), np.float32(2)], (1, [])),
        (np.ones(2, "f"), (1, [])),
    ],
    ids=["scalar", "tuple", "dict", "list", "array"],
)
def test_batches_are_spread_over_arguments(example, call):
    model, _, updater = make(data=[example] * 4)
    if isinstance(example, list):
        updater.loss_func = lambda *args: model(args[0][0])  # a list of arrays stays one argument
    updater.update()
    assert model.calls == [call]


def test_loss_function_converter_and_devices():
    model = Scale()
    seen = []

    def converter(batch, device):
        seen.append(device)
        return (np.array([x for x, _ in batch]),)

    losses = []

    def loss_func(x):
        losses.append(x.tolist())
        return model(x)

    _, optimizer, updater = make(model=model, converter=converter, device="@numpy", loss_func=loss_func, loss_scale=4.0)
    updater.update()
    assert losses == [[0.0, 1.0]]
    assert seen == [-1]
    assert updater.device == updater.input_device == chainer.get_device("@numpy")
    assert optimizer._loss_scale == 4.0
    assert model.W.array[0] == pytest.approx(0.5 - 0.125 * np.mean([0, -0.5]))  # scaled back
    assert make()[2].device is None
    assert make(input_device=-1)[2].input_device == chainer.get_device("@numpy")
    with pytest.raises(TypeError, match="devise"):
        make(devise=-1)


def test_dicts_of_iterators_and_optimizers():
    model, other = Scale(), Scale()
    optimizer = {"main": optimizers.SGD().setup(model), "other": optimizers.SGD().setup(other)}
    iterator = {"main": SerialIterator(DATA, 2), "more": SerialIterator(DATA, 3)}
    updater = updaters.StandardUpdater(iterator, optimizer)
    assert updater.get_all_optimizers() == optimizer
    assert updater.get_optimizer("other").target is other
    assert updater.get_iterator("more") is iterator["more"]
    serializer = DictionarySerializer()
    updater.serialize(serializer)
    prefixes = {key.split("/")[0] for key in serializer.target}
    assert prefixes == {
        "iterator:main", "iterator:more", "model:main", "model:other", "optimizer:main", "optimizer:other", "iteration",
    }  # fmt: skip
    updater.finalize()


def test_state_survives():
    model, _, updater = make()
    for _ in range(2):
        updater.update()
    serializer = DictionarySerializer()
    updater.serialize(serializer)
    resumed_model, optimizer, resumed = make(model=Scale(99.0))
    resumed.serialize(NpzDeserializer(serializer.target))
    for each in (updater, resumed):
        each.update()
    assert resumed_model.W.array == model.W.array
    assert (resumed.iteration, optimizer.t, resumed.epoch) == (3, 3, 1)


@pytest.mark.parametrize("n_accumulation", [1, 2, 3])
def test_accumulated_gradients_are_those_of_one_large_batch(n_accumulation):
    large_model, _, large = make(batch_size=2 * n_accumulation)
    model, optimizer, small = make(updaters.GradientAccumulationUpdater, n_accumulation=n_accumulation)
    for _ in range(2):
        large.update()
        small.update()
        np.testing.assert_allclose(model.W.array, large_model.W.array, rtol=1e-6)
        assert small.epoch_detail == pytest.approx(large.epoch_detail)
    assert optimizer.t == small.iteration == 2


def test_accumulation_reports_means_and_every_new_epoch(tmp_path):
    model, optimizer, updater = make(updaters.GradientAccumulationUpdater, data=DATA[:4], n_accumulation=3)
    trainer = Trainer(updater, (2, "iteration"), out=tmp_path)
    seen = []
    trainer.extend(
        lambda trainer: seen.append((trainer.observation["main/loss"], updater.is_new_epoch, optimizer.epoch))
    )
    W = model.W.array[0]
    losses = [W * expected_gradient(W, batch) for batch in (DATA[0:2], DATA[2:4], DATA[0:2])]
    trainer.run()
    assert seen[0][0] == pytest.approx(np.mean(losses), rel=1e-6)
    # Two batches are an epoch: the first ends within the first update, two more with the second.
    assert [entry[1:] for entry in seen] == [(True, 1), (True, 2)]
    with pytest.raises(ValueError, match="n_accumulation must be at least 1, got 0"):
        make(updaters.GradientAccumulationUpdater, n_accumulation=0)


def test_accumulation_scales_the_loss():
    plain, _, first = make(updaters.GradientAccumulationUpdater, n_accumulation=2)
    scaled, _, second = make(updaters.GradientAccumulationUpdater, n_accumulation=2, loss_scale=8.0)
    first.update()
    second.update()
    np.testing.assert_allclose(plain.W.array, scaled.W.array, rtol=1e-6)


@pytest.mark.parametrize("how", ["devices", "models"])
def test_parallel_sums_gradients(how):
    model = Scale()
    given = (
        {"devices": {"main": -1, "second": "@numpy"}}
        if how == "devices"
        else {"models": {"main": model, "second": Scale()}}
    )
    _, optimizer, updater = make(updaters.ParallelUpdater, model=model, batch_size=5, **given)
    updater.update()
    gradient = expected_gradient(0.5, DATA[0:5:2]) + expected_gradient(0.5, DATA[1:5:2])
    assert model.W.array[0] == pytest.approx(0.5 - 0.125 * gradient, rel=1e-6)
    np.testing.assert_array_equal(updater._models["second"].W.array, model.W.array)
    assert (updater.iteration, optimizer.t) == (1, 1)


def test_parallel_models_are_observed_under_their_names(tmp_path):
    _, _, updater = make(updaters.ParallelUpdater, devices={"main": -1, "b": -1})
    trainer = Trainer(updater, (1, "iteration"), out=tmp_path)
    seen = []
    trainer.extend(lambda trainer: seen.extend(trainer.observation))
    trainer.run()
    assert seen == ["main/loss", "b/loss"]


def test_parallel_serves_batches_smaller_than_the_number_of_models():
    model, _, updater = make(updaters.ParallelUpdater, batch_size=1, devices={"main": -1, "b": -1})
    updater._models["b"].W.grad = np.array([1e9], "f")  # of the last batch
    updater.update()
    assert model.W.array[0] == pytest.approx(0.5 - 0.125 * expected_gradient(0.5, DATA[:1]))


def test_parallel_checks_its_arguments():
    with pytest.raises(ValueError, match="either models or devices"):
        make(updaters.ParallelUpdater)
    for nonsense in ({"a": -1}, [0]):
        with pytest.raises(ValueError, match="devices must be a dict with a 'main' entry"):
            make(updaters.ParallelUpdater, devices=nonsense)


def test_base_says_what_is_missing():
    updater = Updater()
    updater.connect_trainer(None)
    updater.finalize()
    for call in (updater.update, updater.get_all_optimizers):
        with pytest.raises(NotImplementedError, match="Updater must override"):
            call()
    for call in (updater.get_optimizer, updater.serialize):
        with pytest.raises(NotImplementedError, match="Updater must override"):
            call("main")


def test_multiprocess_needs_nccl(monkeypatch):
    monkeypatch.setattr(mpu, "_nccl", lambda: None)
    assert not updaters.MultiprocessParallelUpdater.available()
    with pytest.raises(RuntimeError, match="needs CuPy with NCCL; .*ParallelUpdater"):
        updaters.MultiprocessParallelUpdater([], None)


class SocketCommunicator:
    """Two processes that talk over a socket, in place of GPUs that talk over NCCL."""

    def __init__(self, size, identity, rank):
        assert size == 2
        self.rank = rank
        if rank == 0:
            with self.listener as listener:
                self.connection = listener.accept()
        else:
            self.connection = Client(identity)

    @classmethod
    def new_identity(cls):
        cls.listener = Listener()
        return cls.listener.address

    def sum_to_root(self, array):
        if self.rank == 0:
            array += self.connection.recv()
        else:
            self.connection.send(array)

    def broadcast(self, array):
        if self.rank == 0:
            self.connection.send(array)
        else:
            array[...] = self.connection.recv()


@pytest.fixture
def sockets_for_nccl(monkeypatch):
    monkeypatch.setattr(mpu, "_nccl", lambda: "there")
    monkeypatch.setattr(mpu, "_Communicator", SocketCommunicator)
    monkeypatch.setattr(mpu, "multiprocessing", multiprocessing.get_context("fork"))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_multiprocess_sums_gradients_and_shares_parameters(sockets_for_nccl):
    model = Scale()
    optimizer = optimizers.SGD(0.125).setup(model)
    # The second process takes batches of its own, from the other end of the data.
    pair = [SerialIterator(data, 2, shuffle=False) for data in (DATA, DATA[::-1])]
    updater = updaters.MultiprocessParallelUpdater(pair, optimizer, devices=["@numpy", "@numpy"])
    W = 0.5
    for start in (0, 2):
        gradients = [expected_gradient(W, data[start : start + 2]) for data in (DATA, DATA[::-1])]
        W -= 0.125 * sum(gradients)
        updater.update()
        assert model.W.array[0] == pytest.approx(W, rel=1e-5)
    updater.finalize()
    assert (updater.iteration, optimizer.t) == (2, 2)


def test_multiprocess_with_one_device_needs_no_workers(sockets_for_nccl):
    model = Scale()
    optimizer = optimizers.SGD(0.125).setup(model)
    iterator = SerialIterator(DATA, 2, shuffle=False)
    updater = updaters.MultiprocessParallelUpdater([iterator], optimizer, devices={"main": -1})
    updater.update()
    assert model.W.array[0] == pytest.approx(0.5 - 0.125 * expected_gradient(0.5, DATA[:2]))
    updater.finalize()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_multiprocess_tells_of_a_dead_worker(sockets_for_nccl):
    optimizer = optimizers.SGD(0.125).setup(Scale())
    pair = [SerialIterator(DATA, 2) for _ in range(2)]
    updater = updaters.MultiprocessParallelUpdater(pair, optimizer, devices=[-1, -1])
    updater.update()
    (worker,) = updater._workers
    worker.terminate()
    worker.join()
    with pytest.raises(RuntimeError, match="worker process of the updater has died with exit code -15"):
        updater.update()
    updater.finalize()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_multiprocess_ends_workers_that_wait_for_a_process_that_failed(sockets_for_nccl, monkeypatch):
    monkeypatch.setattr(mpu, "_SECONDS_TO_END", 0.1)
    model = Scale()
    optimizer = optimizers.SGD(0.125).setup(model)
    pair = [SerialIterator(DATA, 2) for _ in range(2)]
    updater = updaters.MultiprocessParallelUpdater(pair, optimizer, devices=[-1, -1])
    updater.update()
    (worker,) = updater._workers
    monkeypatch.setattr(optimizer, "update", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        updater.update()
    updater.finalize()
    assert worker.exitcode is not None


def test_multiprocess_needs_an_iterator_for_each_device(sockets_for_nccl):
    optimizer = optimizers.SGD().setup(Scale())
    with pytest.raises(ValueError, match="one iterator for each device, got 1 for 2"):
        updaters.MultiprocessParallelUpdater([SerialIterator(DATA, 2)], optimizer, devices=[-1, -1])


def test_gathering():
    link = chainer.Chain(a=Scale(1.0), b=Scale(2.0))
    with link.init_scope():
        link.lazy = Parameter(0)
    link.cleargrads()
    link.a.W.grad = np.array([3], "f")
    assert mpu.size_num_grads(link) == (2, 2)
    np.testing.assert_array_equal(mpu._concatenate(link, "data"), [1, 2])
    np.testing.assert_array_equal(mpu._concatenate(link, "grad"), [3, 0])
    mpu.scatter_params(link, np.array([5, 6], "f"))
    mpu.scatter_grads(link, np.array([7, 8], "f"))
    assert [(p.array[0], p.grad[0]) for p in (link.a.W, link.b.W)] == [(5, 7), (6, 8)]
    assert mpu._concatenate(chainer.Link(), "data") is None
    for gather in (mpu.gather_grads, mpu.gather_params):
        with pytest.raises(RuntimeError, match="works on a GPU only"):
            gather(link)
