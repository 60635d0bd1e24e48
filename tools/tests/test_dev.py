import os
import sys
import tomllib
from pathlib import Path

import dev
import pytest

SETTINGS = tomllib.loads((dev.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMMANDS = {command for task in dev.TASKS.values() for command in (task.command, task.with_args) if command}


@pytest.fixture
def calls(monkeypatch) -> list[tuple]:
    """Stands in for set-up and hatch; keeps what hatch was asked to run."""
    made = []
    monkeypatch.setattr(dev, "set_up", lambda python: Path(python or "venv"))
    monkeypatch.setattr(dev, "hatch", lambda *args: made.append(args) or 3)
    return made


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A workspace whose set-up needs pip alone."""
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\nsetup = ["pip"]\n')
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_task_is_a_hatch_command(command):
    env, script = command.split(":")
    assert script in SETTINGS["tool"]["hatch"]["envs"][env]["scripts"]


@pytest.mark.parametrize("task", ["setup", *dev.TASKS])
def test_help_names_every_task(task, capsys):
    with pytest.raises(SystemExit, match="0"):
        dev.main(["--help"])
    assert f"  {task} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "call"),
    [
        (["test"], ("venv", "run", "test:all")),
        (["test", "-k", "relu", "--lf"], ("venv", "run", "test:some", "-k", "relu", "--lf")),
        (["demo", "--epoch", "3"], ("venv", "run", "demo:mnist", "--epoch", "3")),
        (["--python", "3.13", "lint"], ("3.13", "run", "lint:check")),
        (["setup"], ("venv", "run", "python", "--version")),
    ],
)
def test_runs_the_hatch_command_and_returns_its_status(calls, argv, call):
    assert dev.main(argv) == 3
    ((venv, *rest),) = calls
    assert (str(venv), *rest) == call


def test_refuses_an_unknown_task(capsys):
    with pytest.raises(SystemExit, match="2"):
        dev.main(["dance"])
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_a_second_set_up_starts_nothing(root, monkeypatch):
    started = []

    def make_venv(interpreter, venv):
        started.append("make")
        dev.executable(venv, "python").parent.mkdir(parents=True)
        dev.executable(venv, "python").touch()

    monkeypatch.setattr(dev, "make_venv", make_venv)
    monkeypatch.setattr(dev, "call", lambda *args: started.append("install"))
    assert dev.set_up() == dev.set_up() == root / ".venv"
    assert started == ["make", "install"]


def test_set_up_follows_its_requirements(root, monkeypatch):
    installed = []
    monkeypatch.setattr(dev, "make_venv", lambda interpreter, venv: venv.mkdir(exist_ok=True))
    monkeypatch.setattr(dev, "call", lambda *command: installed.append(command[-1]))
    dev.set_up()
    (root / "pyproject.toml").write_text('[dependency-groups]\nsetup = ["pip>=26"]\n')
    dev.set_up()
    assert installed == ["pip", "pip>=26"]


def test_changed_sources_in_cpp_are_compiled_again(root, monkeypatch, capsys):
    monkeypatch.setattr(dev, "compiler", lambda: "/usr/bin/c++")

    def make_venv(interpreter, venv):
        dev.executable(venv, "python").parent.mkdir(parents=True)
        dev.executable(venv, "python").touch()

    installed = []
    monkeypatch.setattr(dev, "make_venv", make_venv)
    monkeypatch.setattr(dev, "call", lambda *command: installed.append(command[-1]))
    package = root / "packages" / "fast"
    (package / "cpp").mkdir(parents=True)
    for name in ("CMakeLists.txt", "pyproject.toml", "cpp/module.cpp"):
        (package / name).touch()
    dev.set_up()
    dev.set_up()
    assert installed == ["pip"]  # the first time is hatch's
    (package / "cpp" / "module.cpp").write_text("int x;")
    dev.set_up()
    dev.set_up()
    assert installed == ["pip", package]
    assert "without its kernels" not in capsys.readouterr().out
    monkeypatch.setattr(dev, "compiler", lambda: "")
    dev.set_up()
    dev.set_up()
    assert installed == ["pip", package, package]
    assert "no C++ compiler was found: fast is installed without its kernels" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["make_venv", "call"])
def test_an_interrupted_set_up_is_done_again(root, monkeypatch, step):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(dev, "make_venv", lambda interpreter, venv: venv.mkdir(exist_ok=True))
    monkeypatch.setattr(dev, "call", lambda *args: None)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(dev, step, interrupt)
        dev.set_up()
    assert not (root / ".venv" / "setup-done.txt").exists()
    dev.set_up()
    assert (root / ".venv" / "setup-done.txt").read_text() == "pip"


def test_the_python_asked_for_has_an_environment_of_its_own():
    version = "{}.{}".format(*sys.version_info[:2])
    assert dev.find_interpreter(sys.executable) == (Path(sys.executable), dev.ROOT / f".venv-{version}")
    assert dev.find_interpreter(None)[1] == dev.ROOT / ".venv"


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "--python must be a version or an interpreter on this machine, got '3.99': no python3.99"),
        ("echo 3.9", "--python must be 3.11 or newer, got 3.9 "),
        ("echo not here >&2; exit 127", "python3.99 does not run: not here"),
    ],
)
def test_refuses_a_python_it_cannot_use(tmp_path, monkeypatch, capsys, script, message):
    if script:
        (tmp_path / "python3.99").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "python3.99").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert dev.main(["--python", "3.99", "test"]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("modules", "commands"),
    [
        ({"ensurepip", "pip"}, ["python -m venv --clear venv"]),
        (
            {"pip"},
            [
                "python -m venv --clear --without-pip venv",
                f"python -m pip --python {dev.executable(Path('venv'), 'python')} {' '.join(dev.QUIET)} install pip",
            ],
        ),
    ],
)
def test_makes_an_environment_with_what_the_python_has(monkeypatch, modules, commands):
    made = []
    monkeypatch.setattr(dev, "runs", lambda interpreter, code: code.split(";")[0].removeprefix("import ") in modules)
    monkeypatch.setattr(dev, "call", lambda *command: made.append(" ".join(map(str, command))))
    dev.make_venv(Path("python"), Path("venv"))
    assert made == commands


def test_tells_the_way_out_where_no_environment_can_be_made(monkeypatch, root, capsys):
    monkeypatch.setattr(dev, "runs", lambda interpreter, code: False)
    assert dev.main(["test"]) == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_a_failing_command_is_named(root, capsys):
    with pytest.raises(dev.SetupError, match="this command failed, its message is above: .* -c raise SystemExit"):
        dev.call(sys.executable, "-c", "raise SystemExit(5)")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_hatch_keeps_to_the_environment(root, capfd):
    executable = dev.executable(root / ".venv", "hatch")
    executable.parent.mkdir(parents=True)
    executable.write_text(
        '#!/bin/sh\ncat "$HATCH_CONFIG"\necho "$HATCH_DATA_DIR|$HATCH_ENV_TYPE_VIRTUAL_PATH|$PWD|$*"\nexit 4\n'
    )
    executable.chmod(0o755)
    assert dev.hatch(root / ".venv", "run", "test:some", "-x") == 4
    assert capfd.readouterr().out == f"{root}/.venv/hatch|{root}/.venv|{root}|run test:some -x\n"
