"""Which iterations triggers fire in: one table, with and without a resume in the middle."""

import operator

import pytest
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import get_trigger, triggers

VALUES = [1, 3, 2, 5, 4]  # of the observation "k", by iteration modulo 5

# Trigger, iterations an epoch, iterations of 1 to 12 in which it fires. Values of chainer 7.8.1.
SCHEDULES = {
    "every 3 iterations": (lambda: triggers.IntervalTrigger(3, "iteration"), 4, [3, 6, 9, 12]),
    "every 1.5 iterations": (lambda: triggers.IntervalTrigger(1.5, "iteration"), 4, [2, 3, 5, 6, 8, 9, 11, 12]),
    "every epoch": (lambda: triggers.IntervalTrigger(1, "epoch"), 4, [4, 8, 12]),
    "every epoch of 3.5": (lambda: triggers.IntervalTrigger(1, "epoch"), 3.5, [4, 7, 11]),
    "every half epoch": (lambda: triggers.IntervalTrigger(0.5, "epoch"), 3.5, [2, 4, 6, 7, 9, 11]),
    "every 2 epochs": (lambda: triggers.IntervalTrigger(2, "epoch"), 4, [8]),
    "points": (lambda: triggers.ManualScheduleTrigger([2, 5, 7], "iteration"), 4, [2, 5, 7]),
    "one point": (lambda: triggers.ManualScheduleTrigger(4, "iteration"), 4, [4]),
    "points in epochs": (lambda: triggers.ManualScheduleTrigger([0.5, 1, 1.2, 2], "epoch"), 3.5, [2, 4, 5, 7]),
    "once": (lambda: triggers.OnceTrigger(), 4, [1]),
    "every 3 seconds": (lambda: triggers.TimeTrigger(3), 4, [4, 7, 10]),
    "every 2.5 seconds": (lambda: triggers.TimeTrigger(2.5), 4, [3, 6, 8, 11]),
    "maximum": (lambda: triggers.MaxValueTrigger("k", (2, "iteration")), 4, [2, 4]),
    "minimum": (lambda: triggers.MinValueTrigger("k", (2, "iteration")), 4, [2, 6]),
    "best": (lambda: triggers.BestValueTrigger("k", operator.le, (1, "iteration")), 4, [1, 3, 8]),
    "early stopping": (
        lambda: triggers.EarlyStoppingTrigger(
            (2, "iteration"), "k", patience=2, mode="max", max_trigger=(11, "iteration")
        ),
        4,
        [8, 10, 11, 12],
    ),
}


def fired(make, per_epoch, fake_trainer, resumed_after=None):
    trigger, iterations = make(), []
    for iteration in range(1, 13):
        if trigger(fake_trainer(iteration, per_epoch, k=VALUES[iteration % 5])):
            iterations.append(iteration)
        if iteration == resumed_after:
            serializer = DictionarySerializer()
            trigger.serialize(serializer)
            trigger = make()
            trigger.serialize(NpzDeserializer(serializer.target))
    return iterations


@pytest.mark.parametrize(("make", "per_epoch", "expected"), SCHEDULES.values(), ids=SCHEDULES)
def test_schedule(make, per_epoch, expected, fake_trainer):
    assert fired(make, per_epoch, fake_trainer) == expected


@pytest.mark.parametrize(("make", "per_epoch", "expected"), SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("resumed_after", range(1, 12))
def test_resume_changes_nothing(make, per_epoch, expected, resumed_after, fake_trainer):
    assert fired(make, per_epoch, fake_trainer, resumed_after) == expected


def test_nothing_is_missed_by_a_trigger_that_is_asked_rarely(fake_trainer):
    trigger = triggers.IntervalTrigger(3, "iteration")
    assert [i for i in range(1, 13, 3) if trigger(fake_trainer(i))] == [4, 7, 10]
    trigger = triggers.ManualScheduleTrigger([2, 5, 7], "iteration")
    assert [i for i in range(1, 13, 3) if trigger(fake_trainer(i))] == [4, 7]


def test_interval_knows_the_length_of_a_training():
    trigger = triggers.IntervalTrigger(20, "epoch")
    assert trigger.get_training_length() == (20, "epoch")
    assert repr(trigger) == "IntervalTrigger(20, 'epoch')"
    assert triggers.EarlyStoppingTrigger(max_trigger=(7, "epoch")).get_training_length() == (7, "epoch")


@pytest.mark.parametrize("make", [triggers.IntervalTrigger, triggers.ManualScheduleTrigger])
def test_unit_is_checked(make):
    with pytest.raises(ValueError, match="either 'epoch' or 'iteration', got 'epochs'"):
        make(1, "epochs")


@pytest.mark.parametrize("period", [0, -1, float("nan")])
def test_period_is_checked(period):
    with pytest.raises(ValueError, match="larger than zero"):
        triggers.IntervalTrigger(period, "epoch")


def test_get_trigger(fake_trainer):
    assert isinstance(get_trigger((1, "epoch")), triggers.IntervalTrigger)
    assert get_trigger(len) is len
    assert get_trigger(None)(fake_trainer(1)) is False
    for nonsense in (5, "epoch", (1,), (1, "epoch", 2)):
        with pytest.raises(TypeError, match="trigger must be a callable, None, or a pair"):
            get_trigger(nonsense)


def test_manual_schedule_tells_when_it_is_finished(fake_trainer):
    trigger = triggers.ManualScheduleTrigger([2, 5], "iteration")
    finished = []
    for iteration in range(1, 7):
        trigger(fake_trainer(iteration))
        finished.append(trigger.finished)
    assert finished == [False, False, False, False, True, True]


def test_once_trigger_may_fire_again_in_a_resumed_run(fake_trainer):
    serializer = DictionarySerializer()
    first = triggers.OnceTrigger(call_on_resume=True)
    assert not first.finished
    assert [first(fake_trainer(i)) for i in (1, 2)] == [True, False]
    assert first.finished
    first.serialize(serializer)
    resumed = triggers.OnceTrigger(call_on_resume=True)
    resumed.serialize(NpzDeserializer(serializer.target))
    assert [resumed(fake_trainer(i)) for i in (3, 4)] == [True, False]


@pytest.mark.parametrize("make", [triggers.MaxValueTrigger, triggers.MinValueTrigger])
def test_a_value_that_is_not_observed_is_named(make, fake_trainer):
    with pytest.raises(KeyError, match="'main/loss' has not been observed as a scalar; .* there are x"):
        make("main/loss", (1, "iteration"))(fake_trainer(1, x=1))


def test_best_value_is_saved_under_published_keys(fake_trainer):
    serializer = DictionarySerializer()
    trigger = triggers.MaxValueTrigger("k")
    trigger.serialize(serializer)
    assert serializer.target["best_value"].item() is None
    trigger(fake_trainer(4, k=0.5))
    trigger.serialize(serializer)
    assert {key: value.item() for key, value in serializer.target.items()} == {
        "interval_trigger/previous_iteration": 4,
        "interval_trigger/previous_epoch_detail": 1.0,
        "summary/_names": "[]",
        "best_value": 0.5,
    }


def stops(trigger, values, fake_trainer, key="main/loss"):
    return [trigger(fake_trainer(i, **{key: value})) for i, value in enumerate(values, 1)]


def test_early_stopping_has_patience(fake_trainer):
    trigger = triggers.EarlyStoppingTrigger(check_trigger=(1, "iteration"), patience=2)
    assert stops(trigger, [5, 4, 3, 3, 3, 3], fake_trainer) == [False] * 4 + [True] * 2
    assert (trigger.best, trigger.count) == (3.0, 3)


def test_early_stopping_takes_means_between_looks(fake_trainer):
    trigger = triggers.EarlyStoppingTrigger(check_trigger=(2, "iteration"), patience=1)
    assert stops(trigger, [5, 1, 9, 1, 0, 0], fake_trainer) == [False, False, False, True, False, False]


def test_early_stopping_goes_up_for_accuracy(fake_trainer):
    trigger = triggers.EarlyStoppingTrigger((1, "iteration"), "main/accuracy", patience=1)
    assert stops(trigger, [1, 2, 3, 3, 4], fake_trainer, "main/accuracy") == [False, False, False, True, False]


def test_early_stopping_ends_at_the_latest(fake_trainer):
    trigger = triggers.EarlyStoppingTrigger((1, "iteration"), patience=2, max_trigger=(4, "iteration"))
    assert stops(trigger, [9, 8, 7, 6, 5], fake_trainer) == [False, False, False, True, False]


def test_early_stopping_takes_the_former_name_of_patience():
    assert triggers.EarlyStoppingTrigger(patients=7).patience == 7
    assert triggers.EarlyStoppingTrigger().patience == 3
    with pytest.raises(TypeError, match="patent"):
        triggers.EarlyStoppingTrigger(patent=7)
    with pytest.raises(ValueError, match="mode must be one of auto, max, min, got 'maximum'"):
        triggers.EarlyStoppingTrigger(mode="maximum")


def test_early_stopping_warns_once_of_a_value_that_is_not_observed(fake_trainer):
    trigger = triggers.EarlyStoppingTrigger((1, "iteration"), "nothing")
    with pytest.warns(UserWarning, match="nothing has not been observed"):
        assert not trigger(fake_trainer(1))
    assert not trigger(fake_trainer(2))


def test_early_stopping_tells_why(capsys, fake_trainer):
    trigger = triggers.EarlyStoppingTrigger((1, "iteration"), patience=1, verbose=True)
    stops(trigger, [1, 2], fake_trainer)
    assert capsys.readouterr().out == "early stopping: operator is less\nEpoch 0: early stopping\n"


def test_early_stopping_loads_a_snapshot_without_its_state():
    trigger = triggers.EarlyStoppingTrigger()
    trigger.serialize(NpzDeserializer({"unrelated": 1}))
    assert trigger.count == 0
