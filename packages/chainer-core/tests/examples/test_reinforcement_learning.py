"""Agents for a pole and a pendulum."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize("args", [(), ("--double",)])
def test_q_networks_learn_to_balance_a_pole(run_example, tmp_path, args):
    printed = run_example("reinforcement_learning/dqn_cartpole.py", "--test", *args)
    before = float(re.search(r"before: ([\d.]+)", printed)[1])
    after = float(re.search(r"after: ([\d.]+)", printed)[1])
    assert before < 60
    assert after > 100
    with np.load(tmp_path / "result" / "q.npz") as weights:
        assert weights["l3/W"].shape == (2, 64)


def test_ddpg_learns_to_swing_a_pendulum_up(run_example, tmp_path):
    printed = run_example("reinforcement_learning/ddpg_pendulum.py", "--test")
    before = float(re.search(r"before: mean return (-\d+)", printed)[1])
    after = float(re.search(r"after: mean return (-\d+)", printed)[1])
    assert after > before / 2
    assert (tmp_path / "result" / "policy.npz").exists()
