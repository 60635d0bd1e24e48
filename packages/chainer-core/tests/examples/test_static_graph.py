"""The mark of static graphs, which changes nothing."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.example


def test_a_marked_network_learns_as_one_without_a_mark(run_example):
    printed = run_example("static_graph/train_mnist.py", "--compare")
    accuracies = [float(number) for number in re.findall(r"test accuracy: ([\d.]+)", printed)]
    assert len(accuracies) == 2
    assert min(accuracies) > 0.93
    assert printed.endswith("identical weights\n")
