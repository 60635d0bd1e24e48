"""Environments on demand: made once, made again when the recipe changes, and a clear word when they cannot be made."""

import sys

import pytest

from benchmarks import venvs

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def commands(monkeypatch, tmp_path):
    """The cache is empty, and commands are noted instead of run."""
    noted = []

    def note(*command):
        noted.append(command)
        if "venv" in command:
            (tmp_path / "peer").mkdir()

    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(venvs, "run", note)
    return noted


def test_an_environment_is_made_once(commands, tmp_path):
    for _ in range(2):
        assert venvs.ensure("peer", PYTHON, [["wheel"], ["a==1", "b"]]) == tmp_path / "peer" / "bin" / "python"
    assert len(commands) == 3  # venv, and two of pip
    assert commands[2][-2:] == ("a==1", "b")


def test_another_version_is_another_environment(commands):
    venvs.ensure("peer", PYTHON, [["a==1"]])
    (venvs.cache_folder() / "peer" / "old").touch()
    venvs.ensure("peer", PYTHON, [["a==2"]])
    assert commands[-1][-1] == "a==2"
    assert not (venvs.cache_folder() / "peer" / "old").exists()


def test_an_environment_left_half_made_is_made_again(commands):
    (venvs.cache_folder() / "peer").mkdir()
    venvs.ensure("peer", PYTHON, [["a==1"]])
    assert len(commands) == 2


def test_no_such_python_is_told():
    with pytest.raises(venvs.EnvironmentFailure, match=r"no Python 2\.0 found"):
        venvs.ensure("peer", "2.0", [])


def test_a_command_that_fails_is_told_by_its_last_line(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(venvs.EnvironmentFailure, match="failed: the last line$"):
        venvs.run(sys.executable, "-c", "print('more'); print('the last line'); raise SystemExit(1)")
