"""Train N, stop anywhere, resume, train the rest: the same, to the last bit, as training without a stop."""

import os
import random
import signal
import subprocess
import sys

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer import Parameter, initializers, iterators, optimizers, training
from chainer.serializers.npz import serialize
from chainer.training import extensions, triggers

N_ITERATION = 17  # of 20 examples in batches of 6: epochs end within batches, and the last stop is in the middle of one


class Net(chainer.Link):
    """A classifier with dropout, that is, with randomness of its own in each step."""

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.W = Parameter(initializers.Normal(0.5), (8, 4))
            self.V = Parameter(initializers.Normal(0.5), (3, 8))

    def forward(self, x, t):
        y = F.linear(F.dropout(F.relu(F.linear(x, self.W)), 0.3), self.V)
        loss = F.softmax_cross_entropy(y, t)
        chainer.report({"loss": loss, "accuracy": F.accuracy(y, t)}, self)
        return loss


class Augmented(chainer.dataset.DatasetMixin):
    """Examples that are disturbed each time they are fetched."""

    def __init__(self, is_random):
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(20, 4)).astype("f")
        self.t = rng.integers(3, size=20).astype("i")
        self.is_random = is_random

    def __len__(self):
        return len(self.x)

    def get_example(self, i):
        noise = np.random.normal(0, 0.1) + random.gauss(0, 0.1) if self.is_random else 0
        return (self.x[i] + noise).astype("f"), self.t[i]


ITERATORS = {
    "serial": lambda: iterators.SerialIterator(Augmented(True), 6),
    "multithread": lambda: iterators.MultithreadIterator(Augmented(False), 6, n_threads=2),
    "multiprocess": lambda: iterators.MultiprocessIterator(Augmented(False), 6, n_processes=1, n_prefetch=3),
}
OPTIMIZERS = {"adam": optimizers.Adam, "momentum": lambda: optimizers.MomentumSGD(0.1)}


def make_trainer(out, iterator="serial", optimizer="adam", stop=N_ITERATION):
    np.random.seed(1)
    random.seed(1)
    model = Net()
    opt = OPTIMIZERS[optimizer]().setup(model)
    updater = training.StandardUpdater(ITERATORS[iterator](), opt)
    trainer = training.Trainer(updater, (stop, "iteration"), out=str(out))
    test = iterators.SerialIterator(Augmented(False), 7, repeat=False, shuffle=False)
    rate = "alpha" if optimizer == "adam" else "lr"
    trainer.extend(extensions.Evaluator(test, model))
    trainer.extend(extensions.ExponentialMovingAverage(model, 0.9))
    trainer.extend(extensions.WarmupShift(rate, 1e-4, 5, 1e-2))
    trainer.extend(extensions.ExponentialShift(rate, 0.5), trigger=triggers.ManualScheduleTrigger([6, 11], "iteration"))
    trainer.extend(extensions.MicroAverage("main/loss", "main/accuracy", "ratio", (3, "iteration")))
    trainer.extend(extensions.ParameterStatistics(model, trigger=(4, "iteration")))
    trainer.extend(extensions.LogReport(trigger=(1, "epoch")))
    trainer.extend(extensions.LogReport(trigger=(2, "iteration"), filename="fine.csv"), name="fine")
    trainer.extend(extensions.PlotReport(["main/loss"], trigger=(5, "iteration")))
    trainer.extend(
        extensions.snapshot_object(model, "best"), trigger=triggers.MinValueTrigger("main/loss", (2, "iteration"))
    )
    trainer.extend(extensions.snapshot(filename="latest", autoload=True), trigger=(1, "epoch"))
    return trainer


def state_of(trainer):
    """All that is saved, but for what tells the time."""
    state = serialize(trainer)
    return {key: state[key] for key in state if not key.endswith(("_log", "elapsed_time"))}


def logs_of(trainer):
    logs = (trainer.get_extension(name).log for name in ("LogReport", "fine"))
    return [[{key: entry[key] for key in entry if key != "elapsed_time"} for entry in log] for log in logs]


def run_and_stop(out, stop, **options):
    """Trains until SIGTERM comes in the middle of an update."""
    trainer = make_trainer(out, **options)
    update = trainer.updater.update

    def update_and_terminate():
        if trainer.updater.iteration == stop - 1:
            os.kill(os.getpid(), signal.SIGTERM)
        update()

    trainer.updater.update = update_and_terminate
    with pytest.raises(SystemExit):
        trainer.run()
    assert trainer.updater.iteration == stop


def assert_same(first, second):
    one, two = state_of(first), state_of(second)
    assert one.keys() == two.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], two[key], err_msg=key)
    assert logs_of(first) == logs_of(second)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Trainings without a stop."""
    done = {}

    def get(**options):
        key = tuple(sorted(options.items()))
        if key not in done:
            done[key] = make_trainer(tmp_path_factory.mktemp("whole"), **options)
            done[key].run()
        return done[key]

    return get


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 6, 7, 10, 14, 16])
def test_any_iteration(tmp_path, whole, stop):
    run_and_stop(tmp_path, stop)
    resumed = make_trainer(tmp_path)
    resumed.run()
    assert_same(resumed, whole())


@pytest.mark.parametrize("iterator", ["multithread", "multiprocess"])
@pytest.mark.parametrize("stop", [3, 7])
def test_any_iterator(tmp_path, whole, iterator, stop):
    run_and_stop(tmp_path, stop, iterator=iterator)
    resumed = make_trainer(tmp_path, iterator=iterator)
    resumed.run()
    assert_same(resumed, whole(iterator=iterator))


def test_another_optimizer(tmp_path, whole):
    run_and_stop(tmp_path, 9, optimizer="momentum")
    resumed = make_trainer(tmp_path, optimizer="momentum")
    resumed.run()
    assert_same(resumed, whole(optimizer="momentum"))


def test_a_chain_of_stops(tmp_path, whole):
    for stop in (2, 5, 6, 13):
        run_and_stop(tmp_path, stop)
    resumed = make_trainer(tmp_path)
    resumed.run()
    assert_same(resumed, whole())
    for name in ("best", "plot.png"):
        assert (tmp_path / name).read_bytes() == (type(tmp_path)(whole().out) / name).read_bytes()


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from {module} import make_trainer

trainer = make_trainer({out!r}, stop=10**9)
from chainer.training import extensions
trainer.extend(extensions.snapshot(filename="often_{{.updater.iteration}}", n_retains=3), trigger=(1, "iteration"))
print("ready", flush=True)
trainer.run()
"""


@pytest.mark.slow
def test_kill_minus_nine_leaves_a_snapshot_to_resume_from(tmp_path):
    folder, module = os.path.split(__file__)
    script = KILLED.format(folder=folder, module=module.removesuffix(".py"), out=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    while not (tmp_path / "often_5").exists():
        assert process.poll() is None
    process.kill()
    process.wait()
    process.stdout.close()

    trainer = make_trainer(tmp_path, stop=10**9)
    trainer.extend(
        extensions.snapshot(filename="often_{.updater.iteration}", n_retains=3, autoload=True), trigger=(1, "iteration")
    )
    del trainer._extensions["_Snapshot_1"]  # "latest" is older
    before = trainer.updater.iteration
    trainer.stop_trigger = lambda trainer: True
    trainer.run()
    assert before == 0
    assert trainer.updater.iteration >= 4
