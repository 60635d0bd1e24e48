import datetime
from pathlib import Path

import pytest
import release

DAY = datetime.date(2026, 1, 2)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "LICENSE").write_text("MIT")
    add_package(tmp_path, "base", "7.9.0", "_version.py", [])
    add_package(tmp_path, "base-fast", "0.1.2", "__init__.py", ["numpy>=2", "base[plot]>=7.9,<8; python_version > '3'"])
    return tmp_path


def add_package(root: Path, name: str, version: str, file: str, dependencies: list[str]) -> None:
    folder = root / "packages" / name
    source = folder / "src" / name.replace("-", "_")
    source.mkdir(parents=True)
    (folder / "changes").mkdir()
    (source / file).write_text(f'"""A package."""\n\n__version__ = "{version}"\n')
    (source / "py.typed").touch()
    (folder / "LICENSE").write_text("MIT")
    (folder / "README.md").write_text(name)
    rows = "".join(f'  "{dependency}",\n' for dependency in dependencies)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\ndynamic = ["version"]\ndependencies = [\n{rows}]\n', encoding="utf-8"
    )


def run(workspace: Path, *args: str) -> int:
    return release.main(["--root", str(workspace), *args])


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_this_workspace_agrees(capsys):
    assert release.main(["check"]) == 0
    assert "chainer 7." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "compatible"), [("7.9.0", ">=7.9,<8"), ("1.4.3", ">=1.4,<2"), ("0.1.0", ">=0.1,<0.2")]
)
def test_compatible_range(tmp_path, version, compatible):
    add_package(tmp_path, "base", version, "_version.py", [])
    assert release.read_workspace(tmp_path)["base"].compatible == compatible


def spoil_pin(packages: Path) -> None:
    edit(packages / "base-fast/pyproject.toml", ">=7.9,<8", ">=7.8,<8")


def spoil_version(packages: Path) -> None:
    edit(packages / "base/src/base/_version.py", "7.9.0", "7.9")


def write_version_twice(packages: Path) -> None:
    (packages / "base/src/base/__init__.py").write_text('__version__ = "7.9.0"\n')


def make_version_static(packages: Path) -> None:
    edit(packages / "base/pyproject.toml", 'dynamic = ["version"]', 'version = "7.9.0"')


def misname_fragment(packages: Path) -> None:
    (packages / "base/changes/faster.md").write_text("Faster.")


def empty_fragment(packages: Path) -> None:
    (packages / "base/changes/faster.feature.md").write_text("\n")


def change_license(packages: Path) -> None:
    (packages / "base/LICENSE").write_text("other")


def remove_marker_file(packages: Path) -> None:
    (packages / "base-fast/src/base_fast/py.typed").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_pin, "base-fast: needs \"base[plot]>=7.8,<8; python_version > '3'\", but base is at 7.9.0"),
        (spoil_version, "base: the version must look like 1.2.3 or 1.2.3rc1, got '7.9'"),
        (write_version_twice, "base must write its __version__ once, found it 2 times"),
        (make_version_static, 'base: pyproject.toml must say dynamic = ["version"]'),
        (misname_fragment, "base: changes/faster.md must be named"),
        (empty_fragment, "base: changes/faster.feature.md is empty"),
        (change_license, "base: LICENSE differs"),
        (remove_marker_file, "base-fast: src/base_fast/py.typed is missing"),
    ],
)
def test_check_names_what_does_not_agree(workspace, capsys, spoil, message):
    assert run(workspace, "check") == 0
    spoil(workspace / "packages")
    assert run(workspace, "check") == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wanted", "version", "pin"),
    [
        ("patch", "7.9.1", ">=7.9,<8"),
        ("minor", "7.10.0", ">=7.10,<8"),
        ("major", "8.0.0", ">=8.0,<9"),
        ("7.11.0rc1", "7.11.0rc1", ">=7.11,<8"),
    ],
)
def test_bump_moves_the_version_and_the_pins_of_siblings(workspace, wanted, version, pin):
    assert run(workspace, "bump", "base", wanted) == 0
    assert release.read_workspace(workspace)["base"].version == version
    assert f"base[plot]{pin}; python_version" in (workspace / "packages/base-fast/pyproject.toml").read_text()
    assert run(workspace, "check") == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("bump", "nowhere", "patch"), "package must be one of base, base-fast, got 'nowhere'"),
        (("bump", "base", "7.9"), "version must look like 1.2.3 or 1.2.3rc1, or be major, minor or patch, got '7.9'"),
    ],
)
def test_bump_refuses(workspace, capsys, args, message):
    assert run(workspace, *args) == 1
    assert message in capsys.readouterr().err


def test_refuses_a_folder_without_packages(tmp_path, capsys):
    assert run(tmp_path, "check") == 1
    assert f"no packages/*/pyproject.toml in {tmp_path}" in capsys.readouterr().err


def test_changelog_gathers_fragments_above_earlier_releases(workspace):
    folder = workspace / "packages/base"
    (folder / "changes/relu.bugfix.md").write_text("A fix\nof relu.\n")
    (folder / "changes/adam.feature.md").write_text("A faster Adam.\n")
    (folder / "CHANGELOG.md").write_text("# Changes of base\n\n## 7.8.1 (2022-01-05)\n\nThe last one.\n")
    packages = release.read_workspace(workspace)
    release.gather(packages, DAY, draft=False)
    assert (folder / "CHANGELOG.md").read_text() == (
        "# Changes of base\n\n"
        "## 7.9.0 (2026-01-02)\n\n### Features\n\n* A faster Adam.\n\n### Bug fixes\n\n* A fix of relu.\n\n"
        "## 7.8.1 (2022-01-05)\n\nThe last one.\n"
    )
    assert not packages["base"].fragments
    assert not (workspace / "packages/base-fast/CHANGELOG.md").exists()


def test_changelog_draft_changes_nothing(workspace, capsys):
    fragment = workspace / "packages/base/changes/adam.feature.md"
    fragment.write_text("A faster Adam.")
    assert run(workspace, "changelog", "--draft") == 0
    assert "* A faster Adam." in capsys.readouterr().out
    assert fragment.exists()
    assert not (workspace / "packages/base/CHANGELOG.md").exists()
