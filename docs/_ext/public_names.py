"""Ties the reference to the names that people use.

A page of the reference shows a module, but code says ``chainer.Variable``, not ``chainer.variable.Variable``, and some
public names live in private modules, which have no page. So this extension leads references by a public name to the
place where the object is documented, and tells the template which names a page has to document for want of another.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)


def is_private(path: str) -> bool:
    return any(part.startswith("_") for part in path.split("."))


def is_definition(value: object) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value)


def is_decorated(value: object) -> bool:
    """Whether something is a function inside a callable object, which autodoc passes over."""
    return not is_definition(value) and inspect.isroutine(getattr(value, "__wrapped__", None))


@functools.cache
def modules_of(package: str) -> list[ModuleType]:
    """All public modules of a package, the outer ones first."""
    root = importlib.import_module(package)
    paths = [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.") if not is_private(info.name)]
    return [root, *(importlib.import_module(path) for path in sorted(paths, key=lambda path: path.count(".")))]


def exports_of(module: ModuleType) -> list[str]:
    """Public classes and functions that a module offers though it does not define them."""
    names = []
    source = inspect.getsource(module)
    listed = getattr(module, "__all__", None)
    for name, value in sorted(vars(module).items()):
        home = getattr(value, "__module__", None) or ""
        if is_private(name) or not (is_definition(value) or is_decorated(value)):
            continue
        if home == module.__name__ or home.partition(".")[0] != module.__name__.partition(".")[0]:
            continue
        # A module without __all__ marks what it passes on by `as`, unless it is a package.
        if name in listed if listed is not None else hasattr(module, "__path__") or f" {name} as {name}\n" in source:
            names.append(name)
    return names


@functools.cache
def adopted(package: str) -> dict[int, str]:
    """For each exported object that no page would document, by its id: the path to document it under."""
    paths: dict[int, str] = {}
    for module in modules_of(package):
        for name in exports_of(module):
            value = getattr(module, name)
            if is_private(value.__module__) or is_decorated(value):
                paths.setdefault(id(value), f"{module.__name__}.{name}")
    return paths


def context(*packages: str) -> dict[str, dict[str, list[Any]]]:
    """What the template is told of each module.

    ``exported`` are the names that a package offers, ``adopted`` pairs of directive and path of what the page of a
    module documents in the place of a private one.
    """
    paths = {path for package in packages for path in adopted(package).values()}
    told: dict[str, dict[str, list[Any]]] = {"exported": {}, "adopted": {}}
    for module in (module for package in packages for module in modules_of(package)):
        names = exports_of(module)
        if hasattr(module, "__path__"):
            told["exported"][module.__name__] = list(names)
        told["adopted"][module.__name__] = [
            ("autoclass" if inspect.isclass(getattr(module, name)) else "autofunction", path)
            for name in names
            if (path := f"{module.__name__}.{name}") in paths
        ]
    return told


def find(path: str) -> Any:
    """The object that a dotted path names.

    Raises:
        LookupError: There is none.
    """
    module, _, names = path, "", ""
    while module:
        try:
            value: Any = importlib.import_module(module)
            return functools.reduce(getattr, filter(None, names.split(".")), value)
        except (ImportError, AttributeError):
            module, _, name = module.rpartition(".")
            names = f"{name}.{names}".rstrip(".")
    raise LookupError(path)


def candidates(node: nodes.Element, packages: list[str]) -> list[str]:
    """Where the object of a reference may be: its path as it is, or a bare name seen from where it is written."""
    path = node.get("reftarget", "")
    if path.partition(".")[0] in packages:
        return [path]
    module = node.get("py:module") or ""
    if module.partition(".")[0] not in packages:
        return []
    scope = f"{module}.{node['py:class']}" if node.get("py:class") else module
    parts = scope.split(".")
    return [f"{'.'.join(parts[:n])}.{path}" for n in range(len(parts), 0, -1)]


def resolve(app: Sphinx, env: Any, node: nodes.Element, content: nodes.Element) -> nodes.Element | None:
    """Leads a reference by another name to where the object is documented; warns of a full path to nowhere."""
    if node.get("refdomain") != "py":
        return None
    objects = env.get_domain("py").objects
    packages = app.config.reference_packages
    for path in candidates(node, packages):
        try:
            value = find(path)
        except LookupError:
            if path == node["reftarget"]:
                logger.warning("nothing is called %s", path, location=node, type="ref", subtype="public_names")
            continue
        package = path.partition(".")[0]
        home = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
        for target in (adopted(package).get(id(value), ""), home):
            if target in objects:
                page = objects[target]
                return make_refnode(app.builder, node["refdoc"], page.docname, page.node_id, content, target)
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("reference_packages", [], "env")
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
