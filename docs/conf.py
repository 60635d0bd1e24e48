"""How Sphinx builds the documentation."""

import importlib.metadata

project = "Chainer"
copyright = "the authors of this repository, MIT licence"
release = importlib.metadata.version("chainer")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
]
autodoc_typehints = "description"
myst_enable_extensions = ["dollarmath"]

templates_path = ["_templates"]
# type_check has a Variable of its own, so a bare name in a type hint is ambiguous.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"Chainer {release}"
