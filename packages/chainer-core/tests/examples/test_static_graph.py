"""A forward pass under ``static_graph``."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


def test_a_marked_forward_learns_as_any_other(run_example, read_log):
    run_example("static_graph_optimizations/train_mnist.py")
    assert read_log()[-1]["validation/main/accuracy"] > 0.95
