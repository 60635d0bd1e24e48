"""Runs the other tests of this package on several ranks; on one, pytest itself does."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.launcher

TESTS = Path(__file__).parent
# Each rank has temporary directories of its own: pytest deletes old ones, and ranks would do so at the same time.
RUN = """
import sys, pytest
from mpi4py import MPI
sys.exit(pytest.main([*sys.argv[2:], f"--basetemp={sys.argv[1]}/rank{MPI.COMM_WORLD.rank}"]))
"""
# Four ranks make two nodes of two, and parts that are empty on more of them: of interest where ranks exchange arrays.
ON_FOUR = (
    "communicators/test_gradients.py",
    "communicators/test_pure_nccl.py",
    "functions",
    "test_sharded_optimizer.py",
)


@pytest.mark.parametrize(("n", "what"), [(2, (".",)), (3, (".",)), (4, ON_FOUR)], ids=["2", "3", "4"])
def test_all_pass(mpiexec, tmp_path, n, what):
    # The first failure ends a rank, and thereby the others: after it they could be out of step.
    options = ["-q", "-x", "--color=no", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not launcher"]
    arguments = ["-c", RUN, tmp_path, *options, *(TESTS / each for each in what)]
    result = mpiexec(n, *arguments, timeout=300, cwd=TESTS.parents[2], CHAINERMN_TIMEOUT="20")
    assert result.returncode == 0, result.stdout
    assert result.stdout.count(" passed") == n
