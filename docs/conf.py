"""How Sphinx builds the documentation."""

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import public_names

project = "Chainer"
copyright = "the authors of this repository, MIT licence"
release = importlib.metadata.version("chainer")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "public_names",
]
reference_packages = ["chainer", "chainermn"]
autosummary_context = public_names.context(*reference_packages)
autodoc_typehints = "description"
# A method that says nothing new, as forward of a function, is left to the page of its base class.
autodoc_inherit_docstrings = False
# Attributes that a docstring lists may be properties, which describe themselves.
napoleon_use_ivar = True
myst_enable_extensions = ["dollarmath"]

templates_path = ["_templates"]
# type_check has a Variable of its own, so a bare name in a type hint is ambiguous.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"Chainer {release}"
html_static_path = ["_static"]
html_css_files = ["tables.css"]


def strip_last_line(app: Any, page: str, source: list[str]) -> None:
    """Takes away the empty line that ends a doctest inside a Markdown fence, which a reader need not see."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def setup(app: Any) -> None:
    app.connect("source-read", strip_last_line)
