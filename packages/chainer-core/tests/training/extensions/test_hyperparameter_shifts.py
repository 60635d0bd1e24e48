"""All shifts: values against their formulas, and a resume in the middle."""

from types import SimpleNamespace

import pytest
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions


def trainer_of(lr=2.0):
    optimizer = SimpleNamespace(lr=lr)
    updater = SimpleNamespace(get_optimizer={"main": optimizer}.__getitem__)
    return SimpleNamespace(updater=updater), optimizer


# Shift, values before the first call and after each. The optimizer's own rate is 2. Values of chainer 7.8.1, whose
# formulas are in the docstrings.
SHIFTS = {
    "exponential": (lambda: extensions.ExponentialShift("lr", 0.5), [2.0 * 0.5**t for t in range(9)]),
    "exponential, init": (lambda: extensions.ExponentialShift("lr", 0.5, init=1.0), [0.5**t for t in range(9)]),
    "exponential, target": (
        lambda: extensions.ExponentialShift("lr", 0.5, target=0.1),
        [2.0, 1.0, 0.5, 0.25, 0.125, 0.1, 0.1, 0.1, 0.1],
    ),
    "exponential, up": (
        lambda: extensions.ExponentialShift("lr", 2.0, init=1.0, target=10.0),
        [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 10.0],
    ),
    "exponential, negative": (
        lambda: extensions.ExponentialShift("lr", 0.5, init=-1.0, target=-0.1),
        [-1.0, -0.5, -0.25, -0.125, -0.1, -0.1, -0.1, -0.1, -0.1],
    ),
    "exponential, target zero": (
        lambda: extensions.ExponentialShift("lr", 0.5, target=0.0),
        [2.0 * 0.5**t for t in range(9)],
    ),
    "step": (lambda: extensions.StepShift("lr", 0.5, 3), [2.0 * 0.5 ** (t // 3) for t in range(9)]),
    "step, target": (
        lambda: extensions.StepShift("lr", 2.0, 2, init=1.0, target=5),
        [1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 5, 5, 5],
    ),
    "inverse": (lambda: extensions.InverseShift("lr", 0.5, 2.0), [2.0 * (1 + 0.5 * t) ** -2.0 for t in range(9)]),
    "inverse, target": (
        lambda: extensions.InverseShift("lr", 0.5, 1, init=1.0, target=0.4),
        [1.0, 1 / 1.5, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4],
    ),
    "inverse, up": (
        lambda: extensions.InverseShift("lr", 0.5, -1, init=1.0, target=2.2),
        [1.0, 1.5, 2.0, 2.2, 2.2, 2.2, 2.2, 2.2, 2.2],
    ),
    "linear": (
        lambda: extensions.LinearShift("lr", (1.0, 0.2), (2, 6)),
        [1.0, 1.0, 1.0, 0.8, 0.6, 0.3999999999999999, 0.2, 0.2, 0.2],
    ),
    "linear from zero": (lambda: extensions.LinearShift("lr", (0, 4), (0, 4)), [0, 1, 2, 3, 4, 4, 4, 4, 4]),
    "multistep": (
        lambda: extensions.MultistepShift("lr", 0.1, [2, 5], 1.0),
        [1.0, 1.0, 0.1, 0.1, 0.1, *[0.010000000000000002] * 4],
    ),
    "multistep, the same step twice": (
        lambda: extensions.MultistepShift("lr", 0.5, [1, 1, 3], 1.0),
        [1.0, 0.5, 0.25, *[0.125] * 6],
    ),
    "polynomial": (
        lambda: extensions.PolynomialShift("lr", 2.0, 5),
        [2.0, 1.2800000000000002, 0.72, 0.32000000000000006, 0.07999999999999996, 0, 0, 0, 0],
    ),
    "polynomial, target": (
        lambda: extensions.PolynomialShift("lr", 1, 4, init=1.0, target=0.3),
        [1.0, 0.75, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3],
    ),
    "warm-up": (
        lambda: extensions.WarmupShift("lr", 0.1, 4, 1.0),
        [0.1, 0.325, 0.55, 0.775, 1.0, 1.0, 1.0, 1.0, 1.0],
    ),
}


def values_of(make, resumed_after=None):
    trainer, optimizer = trainer_of()
    shift = make()
    shift.initialize(trainer)
    values = [optimizer.lr]
    for t in range(1, 9):
        if t - 1 == resumed_after:
            serializer = DictionarySerializer()
            shift.serialize(serializer)
            trainer, optimizer = trainer_of()  # as the script makes them again
            shift = make()
            shift.serialize(NpzDeserializer(serializer.target))
            shift.initialize(trainer)
            assert optimizer.lr == values[-1]
        shift(trainer)
        values.append(optimizer.lr)
    return values


@pytest.mark.parametrize(("make", "expected"), SHIFTS.values(), ids=SHIFTS)
def test_values(make, expected):
    assert values_of(make) == expected


@pytest.mark.parametrize(("make", "expected"), SHIFTS.values(), ids=SHIFTS)
@pytest.mark.parametrize("resumed_after", range(8))
def test_resume_changes_nothing(make, expected, resumed_after):
    assert values_of(make, resumed_after) == expected


@pytest.mark.parametrize(
    ("make", "published"),
    [
        (lambda: extensions.ExponentialShift("lr", 0.5), {"_t": 3, "_last_value": 0.25}),
        (lambda: extensions.LinearShift("lr", (1.0, 0.2), (2, 6)), {"_t": 3, "_last_value": 0.8}),
        (lambda: extensions.MultistepShift("lr", 0.1, [2, 5], 1.0), {"_t": 3, "_current_step": 1}),
        (lambda: extensions.WarmupShift("lr", 0.1, 4, 1.0), {"_t": 3}),
    ],
)
def test_keys_are_those_published(make, published):
    """The keys of chainer 7.8.1 are there, and alone they are enough to resume."""
    trainer, optimizer = trainer_of()
    shift = make()
    shift.initialize(trainer)
    for _ in range(3):
        shift(trainer)
    serializer = DictionarySerializer()
    shift.serialize(serializer)
    assert published.items() <= {key: value.item() for key, value in serializer.target.items()}.items()

    resumed_trainer, resumed_optimizer = trainer_of()
    resumed = make()
    resumed.serialize(NpzDeserializer({key: serializer.target[key] for key in published}))
    resumed.initialize(resumed_trainer)
    assert resumed_optimizer.lr == optimizer.lr


def test_another_optimizer_can_be_shifted():
    trainer, main = trainer_of()
    other = SimpleNamespace(lr=5.0)
    shift = extensions.ExponentialShift("lr", 0.5, optimizer=other)
    shift.initialize(trainer)
    shift(trainer)
    assert (main.lr, other.lr) == (2.0, 2.5)


def test_warm_up_leaves_the_rate_to_others_when_it_is_done():
    trainer, optimizer = trainer_of()
    warm_up = extensions.WarmupShift("lr", 0.1, 2, 1.0)
    warm_up.initialize(trainer)
    for _ in range(2):
        warm_up(trainer)
    optimizer.lr = 0.01
    warm_up(trainer)
    assert optimizer.lr == 0.01

    serializer = DictionarySerializer()
    warm_up.serialize(serializer)
    resumed_trainer, resumed_optimizer = trainer_of()
    resumed = extensions.WarmupShift("lr", 0.1, 2, 1.0)
    resumed.serialize(NpzDeserializer(serializer.target))
    resumed.initialize(resumed_trainer)
    assert resumed_optimizer.lr == 0.01


def test_signs_are_checked():
    with pytest.raises(ValueError, match="negative rate"):
        extensions.ExponentialShift("lr", -0.5)
    with pytest.raises(ValueError, match="negative gamma"):
        extensions.InverseShift("lr", -0.5, 1)
