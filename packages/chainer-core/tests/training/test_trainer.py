import errno

import pytest
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import PRIORITY_WRITER, Extension, Trainer, make_extension


class Diary(Extension):
    """Writes down what the trainer does to it."""

    def __init__(self, name, events):
        self.own_name = name
        self.events = events

    def __call__(self, trainer):
        self.events.append(f"call {self.own_name} {trainer.updater.iteration}")

    def initialize(self, trainer):
        self.events.append(f"initialize {self.own_name}")

    def on_error(self, trainer, exc, tb):
        assert tb is not None
        self.events.append(f"on_error {self.own_name} {exc!r}")

    def finalize(self):
        self.events.append(f"finalize {self.own_name}")


def fail(iteration):
    if iteration == 2:
        raise ValueError("x")


def test_extensions_are_called_by_priority_then_in_order(make_trainer):
    trainer, events = make_trainer((2, "iteration")), []
    trainer.extend(Diary("a", events), priority=1)
    trainer.extend(Diary("b", events), priority=5, call_before_training=True)
    trainer.extend(Diary("c", events))
    trainer.extend(Diary("d", events), priority=PRIORITY_WRITER, trigger=(2, "iteration"))
    trainer.run()
    assert events == [
        *("initialize d", "initialize c", "initialize b", "initialize a"),
        "call b 0",
        *("call c 1", "call b 1", "call a 1"),
        *("call d 2", "call c 2", "call b 2", "call a 2"),
        *("finalize d", "finalize c", "finalize b", "finalize a"),
    ]
    assert trainer.updater.is_finalized


def test_an_error_is_told_then_everything_is_finalized(make_trainer, capsys):
    trainer, events = make_trainer(on_update=fail), []
    trainer.extend(Diary("a", events))
    with pytest.raises(ValueError, match="x"):
        trainer.run()
    assert events == ["initialize a", "call a 1", "on_error a ValueError('x')", "finalize a"]
    assert trainer.updater.is_finalized
    message = capsys.readouterr().err
    assert message.startswith("Exception in main training loop: x\nTraceback (most recent call last):\n")
    assert message.endswith("Will finalize trainer extensions and updater before reraising the exception.\n")
    assert "in fail" in message


def test_the_message_of_an_error_can_be_left_out(make_trainer, capsys):
    with pytest.raises(ValueError):
        make_trainer(on_update=fail).run(show_loop_exception_msg=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit(3)])
def test_what_is_no_exception_passes_through(make_trainer, error):
    def leave(iteration):
        raise error

    trainer, events = make_trainer(on_update=leave), []
    trainer.extend(Diary("a", events))
    with pytest.raises(error if isinstance(error, type) else type(error)):
        trainer.run()
    assert events == ["initialize a", "finalize a"]


class Broken(Extension):
    def on_error(self, trainer, exc, tb):
        raise RuntimeError("on_error is broken")

    def finalize(self):
        raise RuntimeError("finalize is broken")

    def __call__(self, trainer):
        pass


def test_a_handler_that_fails_neither_hides_the_error_nor_the_other_handlers(make_trainer, capsys):
    trainer, events = make_trainer(on_update=fail), []
    trainer.extend(Broken(), priority=200)
    trainer.extend(Diary("a", events))
    with pytest.raises(ValueError, match="x"):
        trainer.run()
    assert events[-2:] == ["on_error a ValueError('x')", "finalize a"]
    message = capsys.readouterr().err
    assert "Exception in error handler: on_error is broken" in message
    assert "Exception in finalization: finalize is broken" in message


def test_a_finalizer_that_fails_is_an_error_of_a_good_run(make_trainer):
    trainer, events = make_trainer(), []
    trainer.extend(Broken())
    trainer.extend(Diary("a", events))
    with pytest.raises(RuntimeError, match="finalize is broken"):
        trainer.run()
    assert events[-1] == "finalize a"
    assert trainer.updater.is_finalized


def test_training_is_done_once(make_trainer):
    trainer = make_trainer()
    trainer.run()
    with pytest.raises(RuntimeError, match="multiple times"):
        trainer.run()


def test_training_that_failed_can_be_tried_again(make_trainer):
    trainer = make_trainer((4, "iteration"), on_update=fail)
    with pytest.raises(ValueError):
        trainer.run(show_loop_exception_msg=False)
    before = trainer.elapsed_time
    trainer.run()
    assert trainer.updater.iteration == 4
    assert trainer.elapsed_time > before


def test_names(make_trainer):
    trainer = make_trainer()

    def function(trainer):
        pass

    trainer.extend(function)
    trainer.extend(function)
    trainer.extend(Broken())
    trainer.extend(Broken(), name="Broken")
    trainer.extend(make_extension(default_name="made")(lambda trainer: None))
    named = Broken()
    trainer.extend(named, name="own")
    assert named.name == "own"
    names = ["function", "function_1", "Broken", "Broken_1", "made", "own"]
    assert [trainer.get_extension(name) is not None for name in names] == [True] * 6
    with pytest.raises(ValueError, match="extension nobody not found; there are function, function_1"):
        trainer.get_extension("nobody")


def test_what_extend_refuses(make_trainer):
    trainer = make_trainer()
    with pytest.raises(TypeError, match="must be callable with the trainer, got int"):
        trainer.extend(5)
    with pytest.raises(ValueError, match="'training' is prohibited"):
        trainer.extend(Broken(), name="training")
    with pytest.raises(ValueError, match="use an initializer"):
        trainer.extend(Broken(), invoke_before_training=True)
    with pytest.raises(TypeError, match="priorty"):
        trainer.extend(Broken(), priorty=3)

    class Nameless:
        def __call__(self, trainer):
            pass

    with pytest.raises(TypeError, match="name is not given"):
        trainer.extend(Nameless())


def test_made_extension_has_all_hooks(make_trainer):
    events = []

    @make_extension(
        trigger=(2, "iteration"),
        priority=7,
        initializer=lambda trainer: events.append("initialize"),
        finalizer=lambda: events.append("finalize"),
        on_error=lambda trainer, exc, tb: events.append("on_error"),
    )
    def call(trainer):
        events.append(f"call {trainer.updater.iteration}")

    assert (call.trigger, call.priority, call.default_name) == ((2, "iteration"), 7, "call")
    trainer = make_trainer((3, "iteration"))
    trainer.extend(call)
    trainer.run()
    assert events == ["initialize", "call 2", "finalize"]
    with pytest.raises(ValueError, match="use initializer"):
        make_extension(invoke_before_training=True)
    with pytest.raises(TypeError, match="prio"):
        make_extension(prio=1)


def test_plain_functions_are_extensions_of_every_iteration(make_trainer):
    calls = []
    trainer = make_trainer((3, "iteration"))
    trainer.extend(lambda trainer: calls.append(dict(trainer.observation)))
    trainer.run()
    assert calls == [{"x": 1}, {"x": 2}, {"x": 3}]


def test_extensions_of_the_constructor_and_what_is_abstract():
    class Bare(Extension):
        pass

    class NoUpdater:
        iteration = 0

        def get_all_optimizers(self):
            return {}

        def connect_trainer(self, trainer):
            self.trainer = trainer

    updater = NoUpdater()
    trainer = Trainer(updater, extensions=[Bare(), Bare()])
    assert updater.trainer is trainer
    assert trainer.out == "result"
    assert not trainer.stop_trigger(trainer)
    with pytest.raises(NotImplementedError, match="Bare must override __call__"):
        trainer.get_extension("Bare_1")(trainer)


def test_time_is_that_of_training(make_trainer):
    trainer = make_trainer()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = trainer.elapsed_time
    assert trainer.is_before_training
    trainer.run()
    first = trainer.elapsed_time
    assert trainer.elapsed_time == first > 0
    assert not trainer.is_before_training

    serializer = DictionarySerializer()
    trainer.serialize(serializer)
    resumed = make_trainer((9, "iteration"))
    resumed.serialize(NpzDeserializer(serializer.target))
    resumed.run()
    assert resumed.elapsed_time > first
    assert resumed.updater.iteration == 9


def test_a_trainer_can_be_saved_before_it_runs(make_trainer):
    serializer = DictionarySerializer()
    make_trainer().serialize(serializer)
    assert serializer.target["_snapshot_elapsed_time"] == 0


def test_an_output_that_is_a_file_is_told_before_training(make_trainer, tmp_path):
    (tmp_path / "result").write_text("in the way")
    trainer = make_trainer()
    with pytest.raises(OSError, match=r"cannot write to the output directory '.*result' \(.*\); choose another `out`"):
        trainer.run()
    assert trainer.updater.iteration == 0


def test_an_output_without_permission_is_told_before_training(make_trainer, monkeypatch):
    def refuse(dir):
        raise PermissionError(errno.EACCES, "Permission denied", dir)

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # root, who may run this, is never refused
    trainer = make_trainer()
    with pytest.raises(PermissionError, match=r"cannot write to the output directory '.*' \(Permission denied\)"):
        trainer.run()
    assert trainer.updater.iteration == 0


def test_random_generators_are_part_of_a_snapshot(make_trainer):
    import random

    import numpy as np

    def draw():
        return [np.random.normal(), np.random.random(3).tolist(), random.random(), random.gauss(0, 1)]

    np.random.normal(), random.gauss(0, 1)  # each leaves a second number behind
    serializer = DictionarySerializer()
    make_trainer().serialize(serializer)
    expected = draw()
    make_trainer().serialize(NpzDeserializer(serializer.target))
    assert draw() == expected

    without = {key: value for key, value in serializer.target.items() if "random_state" not in key}
    state = np.random.get_state()[1].copy()
    make_trainer().serialize(NpzDeserializer(without))
    np.testing.assert_array_equal(np.random.get_state()[1], state)
