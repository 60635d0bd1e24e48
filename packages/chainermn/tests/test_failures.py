"""Whatever goes wrong on one rank ends all of them, soon, with one message that names it."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "failing.py"
LIMIT = 3.0  # seconds, CHAINERMN_TIMEOUT of these tests
SLACK = 20.0  # seconds to end the processes on a busy machine

# BAD is the rank that goes wrong, ALL how many there are, GOOD the first of the others.
WAITED = r"while rank GOOD waited in mean of 3 gradients in float32 \(step 3, operation \d+ of the communicator"
LATE = rf"rank BAD did not come; 3 s passed .*, {WAITED}"
ENDED = rf"rank BAD has ended its program, {WAITED}"
ELSEWHERE = rf"rank BAD waits in (bcast_obj|recv) from rank \d.*; 3 s passed .*, {WAITED}|while rank BAD waited in"
DIFFER = r"all ranks must call the same operation, but .*rank BAD calls allreduce of float32 \(3,\).* \(step 2, operat"
RAISED = r"rank BAD of ALL stopped with ValueError: boom, in or after .*\(step 2, operation"
ROWS = {
    "raises": RAISED,
    "raises in a trainer": RAISED,
    "raises in a trainer while others compute": RAISED,
    "exits": ENDED,
    "exits with a status": ENDED,
    "is stopped": LATE,
    "sleeps": LATE,
    "sleeps in a trainer": LATE,
    "stops inside": rf"rank BAD stopped in the middle; 3 s passed .*, {WAITED}",
    "stalls inside": r"all ranks have begun it and none ends it; 3 s passed .* in mean of 3 gradients .*\(step 3, ",
    "stops at the end": r"rank BAD stopped; nothing came .* rank GOOD waited for the end of all .*\(step 2, operation",
    "differs in shape": DIFFER,
    "differs in shape in a trainer": DIFFER,
    "differs in dtype": DIFFER,
    "calls another operation": ELSEWHERE,
    "is elsewhere": ELSEWHERE,
    "forgets to walk back": "rank BAD waits in mean .* while rank 0 waited in send to|"
    "rank 0 waits in send to rank BAD .* waited in mean",
}
DEATHS = ["vanishes", "is killed", "is killed in a trainer"]


def fail(mpiexec, path, how, n, bad):
    """Runs a job in which a rank goes wrong, and returns its output; checks what holds for all of them."""
    result = mpiexec(n, SCRIPT, how, str(bad), path / "when", timeout=LIMIT + 2 * SLACK, CHAINERMN_TIMEOUT=str(LIMIT))
    assert time.time() - float((path / "when").read_text()) < LIMIT + SLACK, result.stdout
    assert result.returncode != 0
    return result.stdout


def messages(output):
    return [line for line in output.splitlines() if "chainermn: " in line]


def matches(pattern, text, n, bad):
    values = {"BAD": bad, "GOOD": 1 if bad == 0 else 0, "ALL": n}
    return re.search(re.sub("|".join(values), lambda name: str(values[name[0]]), pattern), text)


@pytest.mark.launcher
@pytest.mark.parametrize(
    ("how", "n", "bad"),
    [(how, 3, 1) for how in ROWS]
    + [(how, n, bad) for how in ("raises", "sleeps", "differs in shape") for n, bad in ((2, 0), (4, 2))],
)
def test_one_rank(mpiexec, tmp_path, how, n, bad):
    output = fail(mpiexec, tmp_path, how, n, bad)
    (message,) = messages(output)
    assert matches(ROWS[how], message, n, bad), output
    # What Chainer shows of an error in a training, once: no other rank has an error of its own to show.
    assert output.count("Exception in main training loop") == ("in a trainer" in how)
    # The launcher ends the others by a signal, which is no request to stop after an iteration.
    assert "training stops" not in output


@pytest.mark.launcher
@pytest.mark.parametrize(("how", "n", "bad"), [*((how, 3, 1) for how in DEATHS), (DEATHS[1], 2, 0), (DEATHS[1], 4, 2)])
def test_one_rank_dies(mpiexec, tmp_path, how, n, bad):
    output = fail(mpiexec, tmp_path, how, n, bad)
    assert len(messages(output)) <= 1, output
    assert "training stops" not in output
    # mpiexec ends the others the moment it sees the death: who speaks first is not ours to decide, and it names the
    # rank too.
    ours = rf"rank BAD died: it was killed or crashed, {WAITED}"
    assert matches(rf"{ours}|process rank BAD .*exited", output, n, bad), output


@pytest.mark.launcher
@pytest.mark.parametrize("how", ["nothing", "is late at the end"])
def test_no_rank(mpiexec, tmp_path, how):
    result = mpiexec(3, SCRIPT, how, "1", tmp_path / "when", timeout=60, CHAINERMN_TIMEOUT="1")
    assert result.returncode == 0, result.stdout
    assert result.stdout == ""


@pytest.mark.launcher
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


def test_a_process_that_does_not_end_is_killed():
    code = "import time; from chainermn._processes import *; kill_later([Process.current()], 0.1); time.sleep(1000)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -signal.SIGKILL


def test_a_process_that_has_followed_is_not_killed():
    code = (
        "import dataclasses, time; from chainermn._processes import *\n"
        "kill_later([dataclasses.replace(Process.current(), born='1')], 0.1); time.sleep(1)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@pytest.mark.launcher
def test_the_launcher_of_a_rank(mpiexec):
    code = "from chainermn._processes import *; print(len(Process.launcher()))"
    assert mpiexec(1, "-c", code).stdout == "1\n"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "0\n"
