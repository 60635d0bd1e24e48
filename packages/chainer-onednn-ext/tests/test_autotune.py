"""Trying the ways of a convolution, with a clock that says how long each takes."""

import itertools
import json

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer_onednn_ext import _core, autotune
from chainer_onednn_ext.autotune import FORWARD, Choices

pytestmark = pytest.mark.ideep

_numbers = itertools.count(1000)


@pytest.fixture
def geometry():
    """A shape that no other test sets a choice for."""
    n = next(_numbers)
    return (n, 4, 4, 32, 4, 4, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1)


class Trial:
    """Runs of a convolution on an invented machine: seconds by candidate, ``None`` where it cannot."""

    def __init__(self, geometry, *seconds):
        self.geometry, self.seconds = geometry, seconds
        self.now = 0.0
        self.runs = 0

    def clock(self):
        return self.now

    def run(self):
        self.runs += 1
        taken = self.seconds[_core.choose_candidate(FORWARD, self.geometry)]
        self.now += taken or 0
        return None if taken is None else object()


def test_takes_the_fastest_and_remembers(tmp_path, geometry):
    trial = Trial(geometry, 5, 4, None, 2, 3)
    choices = Choices(tmp_path / "sub" / "choices.json", trial.clock)
    choices.ensure(FORWARD, geometry, trial.run)
    assert _core.choose_candidate(FORWARD, geometry) == 3
    runs = trial.runs
    choices.ensure(FORWARD, geometry, trial.run)
    assert trial.runs == runs

    _core.set_choice(FORWARD, geometry, 0)
    later = Choices(tmp_path / "sub" / "choices.json", trial.clock)
    later.ensure(FORWARD, geometry, trial.run)
    assert trial.runs == runs
    assert _core.choose_candidate(FORWARD, geometry) == 3


def test_what_nothing_can_do_keeps_the_rule(tmp_path, geometry):
    rule = _core.choose_candidate(FORWARD, geometry)
    trial = Trial(geometry, *[None] * 5)
    Choices(tmp_path / "choices.json", trial.clock).ensure(FORWARD, geometry, trial.run)
    assert _core.choose_candidate(FORWARD, geometry) == rule


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"format": 1}',
        '{"format": 99, "choices": {}}',
        '{"format": 1, "choices": []}',
        '{"format": 1, "choices": {"nonsense": 1}}',
        '{"format": 1, "choices": {"1 7 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1": 1}}',
        '{"format": 1, "choices": {"1 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 --1": 1}}',
        '{"format": 1, "choices": {"1 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1": 77}}',
        "\0\0\0",
    ],
)
def test_a_damaged_file_is_written_anew(tmp_path, geometry, content):
    path = tmp_path / "choices.json"
    path.write_text(content)
    trial = Trial(geometry, 5, 1, None, 2, 3)
    Choices(path, trial.clock).ensure(FORWARD, geometry, trial.run)
    assert _core.choose_candidate(FORWARD, geometry) == 1
    assert list(json.loads(path.read_text())["choices"].values()) == [1]
    assert [p.name for p in tmp_path.iterdir()] == ["choices.json"]


def test_keeps_what_another_process_has_written(tmp_path, geometry):
    path = tmp_path / "choices.json"
    trial = Trial(geometry, 5, 1, None, 2, 3)
    first, second = Choices(path, trial.clock), Choices(path, trial.clock)
    first.ensure(FORWARD, geometry, trial.run)
    other = (*geometry[:-1], 2)
    trial.geometry = other
    second.ensure(FORWARD, other, trial.run)
    assert len(json.loads(path.read_text())["choices"]) == 2


def test_without_a_place_to_write_the_choice_holds_for_the_process(tmp_path, geometry):
    (tmp_path / "file").write_text("in the way")
    trial = Trial(geometry, 5, 1, None, 2, 3)
    choices = Choices(tmp_path / "file" / "choices.json", trial.clock)
    choices.ensure(FORWARD, geometry, trial.run)
    runs = trial.runs
    choices.ensure(FORWARD, geometry, trial.run)
    assert trial.runs == runs
    assert _core.choose_candidate(FORWARD, geometry) == 1


def test_is_told_apart_by_the_number_of_threads(tmp_path, geometry):
    trial = Trial(geometry, 5, 1, None, 2, 3)
    choices = Choices(tmp_path / "choices.json", trial.clock)
    choices.ensure(FORWARD, geometry, trial.run)
    before, runs = _core.get_num_threads(), trial.runs
    try:
        _core.set_num_threads(before + 1)
        choices.ensure(FORWARD, geometry, trial.run)
    finally:
        _core.set_num_threads(before)
    assert trial.runs > runs


def test_default_file_is_in_the_cache_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert autotune.default_path().parent == tmp_path / "chainer"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert autotune.default_path().parent == tmp_path / ".cache" / "chainer"


def test_convolutions_are_tried_in_all_directions(monkeypatch, tmp_path, rng):
    choices = Choices(tmp_path / "choices.json")
    monkeypatch.setattr(autotune, "choices", lambda: choices)
    x = chainer.Variable(rng.standard_normal((3, 20, 9, 7)).astype(np.float32))
    W = chainer.Parameter(rng.standard_normal((18, 20, 3, 3)).astype(np.float32))

    def step(**config):
        x.cleargrad()
        W.cleargrad()
        with chainer.using_config("autotune", config.get("autotune", False)):
            y = F.relu(F.convolution_2d(F.relu(x), W, pad=1))
            F.sum(y * y).backward()
        return y.array, x.grad, W.grad

    expected, actual = step(), step(autotune=True)
    assert len(json.loads(choices.path.read_text())["choices"]) == 3
    for a, e in zip(actual, expected):
        np.testing.assert_allclose(a, e, rtol=0, atol=1e-5 * np.abs(e).max())


def test_set_choice_refuses_what_is_not_there(geometry):
    with pytest.raises(ValueError, match="direction"):
        _core.set_choice(3, geometry, 0)
    with pytest.raises(ValueError, match="candidate"):
        _core.set_choice(0, geometry, 5)
