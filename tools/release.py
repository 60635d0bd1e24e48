#!/usr/bin/env python3
"""One release of all packages: checks that they agree, changes versions, builds, tries out, gathers the changelog.

A version is written once, as ``__version__`` in ``src/<import name>/_version.py`` or ``__init__.py``. A package that
needs a sibling accepts the range that is compatible with the sibling's present version: ``chainer>=7.9,<8`` for 7.9.0,
``chainer-cupy-ext>=0.1,<0.2`` for 0.1.0.
"""

import argparse
import datetime
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dev

KINDS = {
    "feature": "Features",
    "bugfix": "Bug fixes",
    "doc": "Documentation",
    "deprecation": "Deprecations",
    "removal": "Removals",
    "misc": "Miscellaneous",
}
VERSION_LINE = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^]]*\])?(?P<range>[^;]*)")
VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


class ReleaseError(Exception):
    """What stands in the way of a release, in one sentence."""


@dataclass(frozen=True, slots=True)
class Package:
    """One member of the workspace, read from its folder."""

    folder: Path
    project: dict[str, Any]  # the [project] table

    @property
    def name(self) -> str:
        return self.project["name"]

    @property
    def import_name(self) -> str:
        return self.name.replace("-", "_")

    @property
    def version_file(self) -> Path:
        source = self.folder / "src" / self.import_name
        files = [path for name in ("_version.py", "__init__.py") if VERSION_LINE.search(read(path := source / name))]
        if len(files) != 1:
            raise ReleaseError(f"{self.name} must write its __version__ once, found it {len(files)} times in {source}")
        return files[0]

    @property
    def version(self) -> str:
        return VERSION_LINE.findall(read(self.version_file))[0]

    @property
    def compatible(self) -> str:
        """The range of versions that work wherever the present one does."""
        major, minor = self.version.split(".")[:2]
        # Before 1.0 a minor release may break, as semantic versioning has it.
        limit = f"0.{int(minor) + 1}" if major == "0" else f"{int(major) + 1}"
        return f">={major}.{minor},<{limit}"

    @property
    def requirements(self) -> Iterator[str]:
        yield from self.project.get("dependencies", [])
        for extra in self.project.get("optional-dependencies", {}).values():
            yield from extra

    @property
    def fragments(self) -> list[Path]:
        return sorted((self.folder / "changes").glob("[!.]*"))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=dev.ROOT, help="the workspace (default: the one of this script)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="say what does not agree: versions, sibling pins, fragments, common files")
    bump = commands.add_parser("bump", help="set the version of a package, and the pins of its siblings")
    bump.add_argument("package", help="a distribution, such as chainermn")
    bump.add_argument("version", help="a version such as 1.4.1, or one of: major, minor, patch")
    commands.add_parser("build", help="build the wheel and the sdist of every package into dist/")
    verifier = commands.add_parser("verify", help="install what dist/ holds into an empty environment and import it")
    verifier.add_argument("--python", metavar="VERSION", help="as for tools/dev.py")
    changelog = commands.add_parser("changelog", help="move the fragments of changes/ into each CHANGELOG.md")
    changelog.add_argument("--draft", action="store_true", help="print, change nothing")
    args = parser.parse_args(argv)
    try:
        packages = read_workspace(args.root)
        match args.command:
            case "check":
                check(args.root, packages)
            case "bump":
                check(args.root, packages)
                set_version(packages, args.package, args.version)
            case "build":
                build(args.root, packages)
            case "verify":
                verify(args.root, packages, args.python)
            case "changelog":
                gather(packages, datetime.date.today(), draft=args.draft)
    except (ReleaseError, dev.SetupError) as error:
        print(f"release.py: {error}", file=sys.stderr)
        return 1
    return 0


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def read_workspace(root: Path) -> dict[str, Package]:
    files = sorted(root.glob("packages/*/pyproject.toml"))
    if not files:
        raise ReleaseError(f"no packages/*/pyproject.toml in {root}")
    packages = [Package(path.parent, tomllib.loads(read(path))["project"]) for path in files]
    return {package.name: package for package in packages}


def check(root: Path, packages: dict[str, Package]) -> None:
    problems = [problem for package in packages.values() for problem in problems_of(package, root, packages)]
    if problems:
        raise ReleaseError("the packages are not ready:\n  " + "\n  ".join(problems))
    print(", ".join(f"{package.name} {package.version}" for package in packages.values()), "agree", flush=True)


def problems_of(package: Package, root: Path, packages: dict[str, Package]) -> Iterator[str]:
    name = package.name
    if package.project.get("dynamic") != ["version"]:
        yield f'{name}: pyproject.toml must say dynamic = ["version"], so that the version is written once'
    if not VERSION.fullmatch(package.version):
        yield f"{name}: the version must look like 1.2.3 or 1.2.3rc1, got {package.version!r}"
    for requirement in package.requirements:
        sibling, pin = split_requirement(requirement)
        if sibling in packages and pin != packages[sibling].compatible:
            wanted = f"{sibling}{packages[sibling].compatible}"
            yield f"{name}: needs {requirement!r}, but {sibling} is at {packages[sibling].version}: expected {wanted}"
    for fragment in package.fragments:
        if not re.fullmatch(rf"[\w-]+\.({'|'.join(KINDS)})\.md", fragment.name):
            yield f"{name}: changes/{fragment.name} must be named <slug>.<{'|'.join(KINDS)}>.md"
        elif not read(fragment).strip():
            yield f"{name}: changes/{fragment.name} is empty"
    if read(package.folder / "LICENSE") != read(root / "LICENSE"):
        yield f"{name}: LICENSE differs from the one of the workspace"
    for file in ("README.md", f"src/{package.import_name}/py.typed"):
        if not (package.folder / file).exists():
            yield f"{name}: {file} is missing"


def split_requirement(requirement: str) -> tuple[str, str]:
    """The name and the version range: ``chainer[plot]>=7.9,<8; marker`` gives ``chainer`` and ``>=7.9,<8``."""
    found = REQUIREMENT.match(requirement)
    if found is None:
        raise ReleaseError(f"a requirement must begin with a name, got {requirement!r}")
    return found["name"], found["range"].replace(" ", "")


def set_version(packages: dict[str, Package], name: str, version: str) -> None:
    if name not in packages:
        raise ReleaseError(f"package must be one of {', '.join(packages)}, got {name!r}")
    package = packages[name]
    old, old_pin = package.version, package.compatible
    new = next_version(old, version) if version in ("major", "minor", "patch") else version
    if not VERSION.fullmatch(new):
        raise ReleaseError(f"version must look like 1.2.3 or 1.2.3rc1, or be major, minor or patch, got {version!r}")
    file = package.version_file
    file.write_text(VERSION_LINE.sub(f'__version__ = "{new}"', read(file)), encoding="utf-8")
    print(f"{name}: {old} -> {new}")
    for other in packages.values():
        path = other.folder / "pyproject.toml"
        pinned = re.compile(rf'(["\']{re.escape(name)}(?:\[[^]]*\])?){re.escape(old_pin)}')
        text, changed = pinned.subn(rf"\g<1>{package.compatible}", read(path))
        if changed and text != read(path):
            path.write_text(text, encoding="utf-8")
            print(f"{other.name}: needs {name}{package.compatible}")


def next_version(version: str, part: str) -> str:
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    position = ("major", "minor", "patch").index(part)
    return ".".join(map(str, [*numbers[:position], numbers[position] + 1, *[0] * (2 - position)]))


def build(root: Path, packages: dict[str, Package]) -> None:
    check(root, packages)
    python = dev.executable(dev.set_up(), "python")
    dist = root / "dist"
    for old in [*dist.glob("*.whl"), *dist.glob("*.tar.gz")]:
        old.unlink()
    for package in packages.values():
        # The wheel is made from the sdist, which shows that the sdist is whole.
        run(python, "-m", "build", "--outdir", dist, package.folder)
    print(*sorted(path.name for path in dist.iterdir()), sep="\n")


def verify(root: Path, packages: dict[str, Package], python_version: str | None = None) -> None:
    interpreter, _ = dev.find_interpreter(python_version)
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        dev.make_venv(interpreter, venv)
        python = dev.executable(venv, "python")
        wanted = [f"{package.name}=={package.version}" for package in packages.values()]
        # --only-binary keeps pip from building what a wheel should have brought.
        options = ("--only-binary", ":all:", "--find-links", root / "dist")
        run(python, "-m", "pip", *dev.QUIET, "install", *options, *wanted)
        for package in packages.values():
            code = f"import {package.import_name} as package; print(package.__name__, package.__version__)"
            # In an empty folder, so that nothing but the installed wheel can be imported.
            run(python, "-W", "error", "-c", code, cwd=folder)


def gather(packages: dict[str, Package], today: datetime.date, draft: bool) -> None:
    for package in packages.values():
        section = changelog_section(package, today)
        if not section:
            continue
        if draft:
            print(f"# {package.name}\n\n{section}")
            continue
        title, path = f"# Changes of {package.name}\n\n", package.folder / "CHANGELOG.md"
        path.write_text(f"{title}{section}{read(path).removeprefix(title)}", encoding="utf-8")
        for fragment in package.fragments:
            fragment.unlink()
        print(f"{package.name}: CHANGELOG.md tells of {package.version}")


def changelog_section(package: Package, today: datetime.date) -> str:
    blocks = []
    for kind, title in KINDS.items():
        entries = [" ".join(read(path).split()) for path in package.fragments if path.name.endswith(f".{kind}.md")]
        if entries:
            blocks.append(f"### {title}\n\n" + "".join(f"* {entry}\n" for entry in entries))
    return f"## {package.version} ({today})\n\n" + "\n".join(blocks) + "\n" if blocks else ""


def run(*command: str | Path, cwd: str | Path | None = None) -> None:
    if subprocess.run(command, cwd=cwd).returncode:
        raise ReleaseError(f"this command failed, its message is above: {' '.join(map(str, command))}")


if __name__ == "__main__":
    sys.exit(main())
