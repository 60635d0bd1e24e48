"""Picture of the computational graph."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainer.configuration import config
from chainer.serializer import AbstractSerializer
from chainer.training.extension import Extension
from chainer.utils import argument
from chainer.utils.atomic_file import replacing
from chainer.variable import Variable

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

_VARIABLE_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}
_FUNCTION_STYLE = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}


def is_return_code_zero(args: Sequence[str]) -> bool:
    """Whether a command can be run and succeeds; what it prints is dropped.

    Args:
        args: The command and its arguments.
    """
    try:
        return subprocess.run(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def is_graphviz_available() -> bool:
    """Whether the command ``dot`` of Graphviz is there."""
    return shutil.which("dot") is not None


class DumpGraph(Extension):
    """Writes the graph behind a reported value in the first iteration, in the DOT language.

    If the command ``dot`` of Graphviz is there, a PNG is written beside it.

    Args:
        root_name: Name of the observed value, for example ``'main/loss'``.
        filename: Name of the file in the trainer's ``out``; ``None`` is ``cg.dot``.
        variable_style: DOT attributes of variable nodes.
        function_style: DOT attributes of function nodes.
        out_name: Former name of ``filename``.

    Raises:
        TypeError: An unknown argument.
    """

    default_name = "dump_graph"

    def __init__(
        self,
        root_name: str,
        filename: str | None = None,
        variable_style: Mapping[str, str] | None = None,
        function_style: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        (out_name,) = argument.parse_kwargs(kwargs, ("out_name", "cg.dot"))
        self._root_name = root_name
        self._filename = out_name if filename is None else filename
        self._variable_style = dict(_VARIABLE_STYLE if variable_style is None else variable_style)
        self._function_style = dict(_FUNCTION_STYLE if function_style is None else function_style)
        self._original_flag: bool | None = None
        self._flag_called = False
        self._is_keeping = False

    def initialize(self, trainer: Trainer) -> None:
        """Has graphs kept until the first iteration is over."""
        if not self._flag_called:
            self._original_flag = config.keep_graph_on_report
            self._is_keeping = config.keep_graph_on_report = True

    def trigger(self, trainer: Trainer) -> bool:
        """Whether the graph has not been written yet."""
        if self._flag_called:
            return False
        self._flag_called = True
        return True

    def __call__(self, trainer: Trainer) -> None:
        """Writes the graph.

        Raises:
            TypeError: What is observed under the name is no Variable.
        """
        from chainer.computational_graph import build_computational_graph

        try:
            root = trainer.observation[self._root_name]
            if not isinstance(root, Variable):
                raise TypeError(f"{self._root_name!r} must be reported as a Variable, got {type(root).__name__}")
            graph = build_computational_graph(
                [root], variable_style=self._variable_style, function_style=self._function_style
            ).dump()
        finally:
            self.finalize()
        path = os.path.join(trainer.out, self._filename)
        with replacing(path) as unfinished:
            unfinished.write_text(graph, encoding="utf-8")
        if is_graphviz_available():
            picture = os.path.splitext(path)[0] + ".png"
            subprocess.run(["dot", "-Tpng", path, "-o", picture], check=True)

    def finalize(self) -> None:
        """Puts the setting back."""
        if self._is_keeping:
            self._is_keeping = False
            config.keep_graph_on_report = self._original_flag

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores whether the graph has been written."""
        self._original_flag = serializer("_original_flag", bool(self._original_flag))
        self._flag_called = serializer("_flag_called", self._flag_called)
