"""Runs the other tests of this package on several ranks."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.launcher

TESTS = Path(__file__).parent


@pytest.mark.parametrize("n", [2, 3])
def test_all_pass(mpiexec, n):
    # The first failure ends a rank, and thereby the others: after it they could be out of step.
    options = ["-q", "-x", "--color=no", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not launcher"]
    result = mpiexec(n, "-m", "pytest", *options, TESTS, timeout=170, cwd=TESTS.parents[2], CHAINERMN_TIMEOUT="20")
    assert result.returncode == 0, result.stdout
    assert result.stdout.count(" passed") == n
