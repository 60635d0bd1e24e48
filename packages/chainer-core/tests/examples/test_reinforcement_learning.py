"""Agents that get better by trying."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytestmark = pytest.mark.example


def mean_returns(printed: str) -> list[float]:
    return [float(number) for number in re.findall(r"mean return of the last \d+: (-?[\d.]+)", printed)]


@pytest.mark.parametrize("options", [(), ("--double-dqn",)])
def test_the_pole_stands_longer(run_example, tmp_path, options):
    returns = mean_returns(run_example("reinforcement_learning/dqn_cartpole.py", "--test", *options))
    assert len(returns) == 6
    assert max(returns) > 3 * returns[0]
    assert np.load(tmp_path / "result" / "q.npz")["l3/W"].shape == (2, 64)


def test_the_pendulum_swings_up(run_example, tmp_path):
    returns = mean_returns(run_example("reinforcement_learning/ddpg_pendulum.py", "--test"))
    assert returns[0] < -800
    assert returns[-1] > -500
    assert np.load(tmp_path / "result" / "policy.npz")["l3/W"].shape == (1, 64)
