"""Pictures through matplotlib, which is optional."""

from __future__ import annotations

import importlib.util
import os
import warnings
from typing import Any

from chainer.utils.atomic_file import replacing


def is_available() -> bool:
    """Whether matplotlib is installed; warns if not."""
    if importlib.util.find_spec("matplotlib") is not None:
        return True
    warnings.warn(
        "matplotlib is not installed, so nothing will be plotted; install it with pip install 'chainer[plot]'",
        stacklevel=3,
    )
    return False


def new_figure(figsize: tuple[float, float] | None = None) -> Any:
    """A figure of its own, outside of what pyplot keeps: it needs no display and is freed when it is no longer used."""
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="tight")


def save_figure(figure: Any, path: str) -> None:
    """Replaces a picture; its format goes by the suffix, ``.png`` if there is none."""
    format = os.path.splitext(path)[1].lstrip(".") or "png"
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format=format)
