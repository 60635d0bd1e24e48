import re
from types import SimpleNamespace

import dev
import pytest
import steps


@pytest.fixture
def commands(monkeypatch) -> list[str]:
    """Stands in for the tasks: ``lint`` fails, the others pass; keeps what was run."""
    made = []

    def run(command, cwd):
        made.append(" ".join(command[2:]))
        return SimpleNamespace(returncode=made[-1] == "lint")

    monkeypatch.setattr(steps.subprocess, "run", run)
    return made


def test_every_step_is_made_of_tasks():
    assert {task for tasks in steps.STEPS.values() for task, *_ in tasks} <= set(dev.TASKS)


def test_the_workflow_runs_every_step():
    workflow = (steps.ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    named = " ".join(re.findall(r"ci/steps.py (.*)", workflow)).split()
    assert sorted(named) == sorted(steps.STEPS)


def test_a_failing_step_is_told_and_keeps_no_other_from_running(commands, capsys):
    assert steps.main(["lint", "types"]) == 1
    assert commands == ["lint", "types"]
    assert re.findall(r"^(ok|FAILED) +(\w+)", capsys.readouterr().out, re.MULTILINE) == [
        ("FAILED", "lint"),
        ("ok", "types"),
    ]


def test_a_step_stops_at_its_first_failure(commands, monkeypatch):
    monkeypatch.setitem(steps.STEPS, "wheels", [["lint"], ["types"]])
    assert steps.main(["wheels"]) == 1
    assert commands == ["lint"]


def test_passes_when_all_steps_pass(commands):
    assert steps.main(["types", "docs"]) == 0


def test_refuses_an_unknown_step(capsys):
    with pytest.raises(SystemExit, match="2"):
        steps.main(["dance"])
    assert "step must be one of test, lint" in capsys.readouterr().err


def test_says_that_there_is_no_example_yet(tmp_path, monkeypatch, commands, capsys):
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    assert steps.main(["examples"]) == 0
    assert not commands
    assert "no package has an example yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "user", "made"),
    [
        (["ip", "tc", "apt-get"], 0, []),
        (["tc", "apt-get"], 0, ["-qq", "-qq --yes --no-install-recommends iproute2"]),
        (["tc", "apt-get"], 1000, []),
        ([], 0, []),
    ],
    ids=["nothing is missing", "as root", "as somebody else", "without apt"],
)
def test_missing_programs_are_installed_where_that_can_be(commands, monkeypatch, found, user, made):
    monkeypatch.setattr(steps.shutil, "which", lambda name: name if name in found else None)
    monkeypatch.setattr(steps.os, "geteuid", lambda: user)
    steps.install_programs()
    assert commands == made
