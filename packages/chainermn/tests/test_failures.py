"""Whatever goes wrong on one rank ends all of them, soon, with one message that names it."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.launcher

SCRIPT = Path(__file__).parent / "failing.py"
LIMIT = 3.0  # seconds, CHAINERMN_TIMEOUT of these tests
SLACK = 25.0  # seconds to start and to end the processes on a busy machine

WAITED = r"while rank [02] waited in mean of 3 gradients in float32 \(step 3, operation \d+ of the communicator"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("raises", r"rank 1 of 3 stopped with ValueError: boom, in or after .*step 2, operation"),
        ("exits", rf"rank 1 has ended its program, {WAITED}"),
        ("exits with a status", rf"rank 1 has ended its program, {WAITED}"),
        ("is stopped", rf"rank 1 did not come; 3 s passed .*, {WAITED}"),
        ("stalls inside", r"one of the ranks has stopped in mean of 3 gradients .*step 3, .* says rank 0"),
        ("sleeps", rf"rank 1 did not come; 3 s passed .*, {WAITED}"),
        (
            "differs",
            r"ranks 0, 2 call allreduce of float32 \(4,\), rank 1 calls allreduce of float32 \(3,\) \(step 2, ",
        ),
        (
            "forgets to walk back",
            r"rank 1 waits in mean .* while rank 0 waited in send to|rank 0 waits in send to rank 1 .* waited in mean",
        ),
        (
            "is elsewhere",
            rf"rank 1 waits in recv from rank 0 with tag 5 .*; 3 s passed .*, {WAITED}|while rank 1 waited",
        ),
    ],
)
def test_one_rank(mpiexec, what, message):
    result = mpiexec(3, SCRIPT, what, timeout=LIMIT + 2 * SLACK, CHAINERMN_TIMEOUT=str(LIMIT))
    assert result.seconds < LIMIT + SLACK
    assert result.returncode != 0
    lines = [line for line in result.stdout.splitlines() if "chainermn: " in line]
    assert any(re.search(message, line) for line in lines), result.stdout
    assert len(lines) == 1, lines


@pytest.mark.parametrize("what", ["vanishes", "is killed"])
def test_one_rank_dies(mpiexec, what):
    result = mpiexec(3, SCRIPT, what, timeout=LIMIT + 2 * SLACK, CHAINERMN_TIMEOUT=str(LIMIT))
    assert result.seconds < LIMIT + SLACK
    assert result.returncode != 0
    lines = [line for line in result.stdout.splitlines() if "chainermn: " in line]
    assert len(lines) <= 1, lines
    # mpiexec ends the others the moment it sees the death: who speaks first is not ours to decide, and it names the
    # rank too.
    ours = rf"rank 1 died: it was killed or crashed, {WAITED}"
    assert re.search(ours, result.stdout) or re.search(r"process rank 1 .*exited", result.stdout), result.stdout


def test_none(mpiexec):
    result = mpiexec(3, SCRIPT, "nothing", timeout=60)
    assert result.returncode == 0, result.stdout
    assert result.stdout == ""


def test_an_error_before_the_first_communicator(mpiexec, tmp_path):
    script = tmp_path / "early.py"
    script.write_text(
        "import chainermn, os, time\n"
        "if os.environ['OMPI_COMM_WORLD_RANK'] == '1': raise KeyError('early')\n"
        "time.sleep(1000)\n"
    )
    result = mpiexec(2, script, timeout=60, CHAINERMN_FORCE_ABORT_ON_EXCEPTIONS="1")
    assert result.returncode != 0
    assert "rank 1 of 2 stopped with KeyError: 'early', before the first operation" in result.stdout
