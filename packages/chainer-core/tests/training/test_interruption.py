"""Ctrl-C and SIGTERM: the iteration ends, a snapshot is taken, training leaves and can be resumed."""

import multiprocessing
import os
import signal
import threading
import time

import pytest
from chainer.serializers.npz import load_npz
from chainer.training import Extension, _interruption, extensions, triggers

LEAVING = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: SystemExit}


def send_at(number, when, times=1):
    def on_update(iteration):
        if iteration == when:
            for _ in range(times):
                os.kill(os.getpid(), number)
                time.sleep(0.001)  # Python runs handlers between two instructions

    return on_update


class Witness(Extension):
    def __init__(self):
        self.events = []

    def __call__(self, trainer):
        self.events.append(trainer.updater.iteration)

    def on_error(self, trainer, exc, tb):
        self.events.append("on_error")

    def on_interrupt(self, trainer):
        self.events.append("on_interrupt")

    def finalize(self):
        self.events.append("finalize")


@pytest.mark.parametrize("number", LEAVING)
def test_training_stops_between_two_iterations(make_trainer, number, capfd):
    before = signal.getsignal(number)
    trainer, witness = make_trainer(on_update=send_at(number, 3)), Witness()
    trainer.extend(witness)
    with pytest.raises(LEAVING[number]) as caught:
        trainer.run()
    assert witness.events == [1, 2, 3, "on_interrupt", "finalize"]
    assert getattr(caught.value, "code", 143) == 143
    assert signal.getsignal(number) == before
    assert f"{number.name}: training stops after this iteration" in capfd.readouterr().err


def test_a_signal_when_training_is_over_still_leaves(make_trainer):
    trainer, witness = make_trainer(), Witness()
    trainer.extend(witness)

    def stop(trainer):
        if trainer.updater.iteration == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return trainer.updater.iteration == 2

    trainer.stop_trigger = stop
    with pytest.raises(SystemExit):
        trainer.run()
    assert witness.events == [1, 2, "finalize"]  # there is nothing to resume


@pytest.mark.parametrize("number", LEAVING)
def test_a_second_signal_stops_at_once(make_trainer, number):
    trainer, witness = make_trainer(on_update=send_at(number, 3, times=2)), Witness()
    trainer.extend(witness)
    with pytest.raises(LEAVING[number]):
        trainer.run()
    assert witness.events == [1, 2, "finalize"]


@pytest.mark.parametrize("number", LEAVING)
def test_snapshot_is_taken_and_resumes(make_trainer, tmp_path, number):
    trainer = make_trainer(on_update=send_at(number, 3))
    trainer.extend(extensions.snapshot())
    trainer.extend(extensions.LogReport(trigger=(2, "iteration")))
    with pytest.raises(LEAVING[number]):
        trainer.run()
    assert sorted(path.name for path in (tmp_path / "result").iterdir()) == ["log", "snapshot_iter_3"]

    resumed = make_trainer()
    resumed.extend(extensions.snapshot())
    resumed.extend(extensions.LogReport(trigger=(2, "iteration")))
    load_npz(tmp_path / "result" / "snapshot_iter_3", resumed)
    resumed.run()
    assert [entry["x"] for entry in resumed.get_extension("LogReport").log] == [1.5, 3.5, 5.5, 7.5]


def test_only_a_snapshot_of_the_latest_trainer_is_taken(make_trainer, tmp_path):
    trainer = make_trainer(on_update=send_at(signal.SIGTERM, 3), observe=lambda i: {"x": -i})
    best = triggers.MaxValueTrigger("x", (1, "iteration"))
    trainer.extend(extensions.snapshot(filename="best"), trigger=best)
    trainer.extend(extensions.snapshot(filename="forbidden", condition=lambda: False))
    trainer.extend(extensions.snapshot_object(trainer.updater, "model"))
    trainer.extend(extensions.snapshot(filename="just_done"), trigger=(3, "iteration"))
    taken = []
    trainer.get_extension("_Snapshot_3").writer.save = lambda filename, *args, **kwargs: taken.append(filename)
    with pytest.raises(SystemExit):
        trainer.run()
    assert [path.name for path in (tmp_path / "result").iterdir()] == ["best"]
    assert taken == ["just_done"]
    restored = make_trainer()
    load_npz(tmp_path / "result" / "best", restored.updater, path="updater/")
    assert restored.updater.iteration == 1


@pytest.mark.parametrize("failed", [False, True])
def test_no_word_when_another_process_has_failed(make_trainer, monkeypatch, capfd, failed):
    monkeypatch.setattr(_interruption, "failed_elsewhere", [lambda: False, lambda: failed])
    trainer, witness = make_trainer(on_update=send_at(signal.SIGTERM, 3)), Witness()
    trainer.extend(witness)
    with pytest.raises(SystemExit):
        trainer.run()
    assert witness.events == [1, 2, 3, "on_interrupt", "finalize"]  # the same in any case
    assert ("SIGTERM: training stops after" in capfd.readouterr().err) is not failed


def test_handlers_of_others_are_left_alone(make_trainer):
    received = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        make_trainer((4, "iteration"), on_update=send_at(signal.SIGTERM, 2)).run()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert received == [signal.SIGTERM]


def test_training_in_another_thread_has_no_handlers(make_trainer):
    trainer = make_trainer()
    seen = []
    trainer.extend(lambda trainer: seen.append(signal.getsignal(signal.SIGTERM)), trigger=(1, "iteration"))
    thread = threading.Thread(target=trainer.run)
    thread.start()
    thread.join()
    assert set(seen) == {signal.getsignal(signal.SIGTERM)}


def _sleep():
    time.sleep(60)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_workers_forked_meanwhile_die_as_usual(make_trainer):
    exit_codes = []

    def fork(iteration):
        worker = multiprocessing.get_context("fork").Process(target=_sleep)
        worker.start()
        time.sleep(0.1)
        worker.terminate()
        worker.join(timeout=20)
        exit_codes.append(worker.exitcode)

    make_trainer((1, "iteration"), on_update=fork).run()
    assert exit_codes == [-signal.SIGTERM]
