"""Pictures of the graph behind variables, in the DOT language of Graphviz."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from chainer.function_node import FunctionNode
from chainer.utils.atomic_file import replacing
from chainer.utils.optional_dependency import require
from chainer.variable import Variable, VariableNode

Node: TypeAlias = VariableNode | FunctionNode
Style: TypeAlias = Mapping[str, str]

_VARIABLE_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}
_FUNCTION_STYLE = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}
_RANKDIRS = ("TB", "BT", "LR", "RL")
_RECORD_SYNTAX = str.maketrans({c: f"\\{c}" for c in "{}|<>"})  # what the labels of records are structured by


class DotNode:
    """A node of the graph as a node in the DOT language.

    Args:
        node: Variable node or function node.
        attribute: DOT attributes that are added to the label and the shape, or replace them.
        show_name: Whether the label tells the name of a variable.

    Attributes:
        node: The node.
        id_: What edges know it by.
        attribute: DOT attributes.
    """

    def __init__(self, node: Node, attribute: Style | None = None, show_name: bool = True) -> None:
        self.node = node
        self.id_: int | str = id(node)
        self.attribute = {
            "label": _label(node, show_name),
            "shape": "oval" if isinstance(node, VariableNode) else "box",
            **(attribute or {}),
        }

    @property
    def label(self) -> str:
        """The node and its attributes, in the DOT language."""
        is_record = self.attribute["shape"] in ("record", "Mrecord")
        entries = []
        for key, value in self.attribute.items():
            text = str(value).replace("\\", "\\\\").replace('"', '\\"')
            entries.append(f'{key}="{text.translate(_RECORD_SYNTAX) if is_record and key == "label" else text}"')
        return f"{self.id_} [{','.join(entries)}];"


class ComputationalGraph:
    """A graph of variables and functions, made by :func:`build_computational_graph`.

    Args:
        nodes: Variable nodes and function nodes.
        edges: Pairs of a node and one that depends on it.
        variable_style: DOT attributes of variables; ``'default'`` for grey octagons.
        function_style: DOT attributes of functions; ``'default'`` for blue boxes.
        rankdir: Direction: ``'TB'`` (top to bottom), ``'BT'``, ``'LR'`` or ``'RL'``.
        remove_variable: Whether to draw functions only.
        show_name: Whether labels tell the names of variables.

    Raises:
        ValueError: ``rankdir`` is none of these.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        edges: Sequence[tuple[Node, Node]],
        variable_style: Style | str | None = "default",
        function_style: Style | str | None = "default",
        rankdir: str = "TB",
        remove_variable: bool = False,
        show_name: bool = True,
    ) -> None:
        if rankdir not in _RANKDIRS:
            raise ValueError(f"rankdir must be one of {', '.join(_RANKDIRS)}, got {rankdir!r}")
        self.nodes = list(nodes)
        self.edges = list(edges)
        self.variable_style = _VARIABLE_STYLE if variable_style == "default" else variable_style
        self.function_style = _FUNCTION_STYLE if function_style == "default" else function_style
        self.rankdir = rankdir
        self.remove_variable = remove_variable
        self.show_name = show_name

    def _to_dot(self) -> str:
        """The graph in the DOT language. Nodes are numbered, so that equal graphs give equal texts."""
        nodes, edges = self.nodes, self.edges
        if self.remove_variable:
            nodes, edges = _without_variables(nodes, edges)
        numbers = {id(node): i for i, node in enumerate(nodes)}
        text = [f"digraph graphname{{rankdir={self.rankdir};"]
        for node in nodes:
            style: Any = self.variable_style if isinstance(node, VariableNode) else self.function_style
            dot_node = DotNode(node, style, self.show_name)
            dot_node.id_ = numbers[id(node)]
            text.append(dot_node.label)
        for head, tail in edges:
            text.append(f"{numbers[id(head)]} -> {numbers[id(tail)]};")
        return "".join([*text, "}"])

    def dump(self, format: str = "dot") -> str:
        """The graph as text.

        Args:
            format: ``'dot'`` is the only one; for pictures there is :meth:`render`.

        Raises:
            NotImplementedError: Another format.
        """
        if format != "dot":
            raise NotImplementedError(f"only the format 'dot' is text, got {format!r}; render(path) draws pictures")
        return self._to_dot()

    def render(self, path: str | os.PathLike[str]) -> None:
        """Draws the graph, with the package ``graphviz`` (the extra ``graph``) and the program ``dot`` of Graphviz.

        Args:
            path: File to write. Its suffix tells the format: ``.png``, ``.svg``, ``.pdf``, ...

        Raises:
            ImportError: The package is missing.
            RuntimeError: The program is missing, or fails.
            ValueError: The suffix is missing or none that Graphviz knows.
        """
        path = Path(path)
        graphviz = require("graphviz", "graph", "drawing a graph")
        format = path.suffix[1:].lower()
        if format not in graphviz.FORMATS:
            raise ValueError(f"path must end in the suffix of a format such as .png or .svg, got {str(path)!r}")
        try:
            picture = graphviz.Source(self._to_dot()).pipe(format=format)
        except graphviz.ExecutableNotFound as error:
            raise RuntimeError(
                "drawing a graph needs the program 'dot' of Graphviz, which is not on the PATH; install it, "
                "for example with `apt install graphviz`, or write dump() to a file and draw it elsewhere"
            ) from error
        except graphviz.CalledProcessError as error:
            raise RuntimeError(f"the program 'dot' of Graphviz could not draw the graph: {error}") from error
        with replacing(path) as unfinished:
            unfinished.write_bytes(picture)


def build_computational_graph(
    outputs: Variable | Node | Sequence[Variable | Node],
    remove_split: bool = True,
    variable_style: Style | str | None = "default",
    function_style: Style | str | None = "default",
    rankdir: str = "TB",
    remove_variable: bool = False,
    show_name: bool = True,
) -> ComputationalGraph:
    """Collects the graph behind variables.

    Args:
        outputs: Variable or variables (or nodes) at which the graph ends.
        remove_split: Kept for the published signature; ``True`` is the only value.
        variable_style: DOT attributes of variables; ``'default'`` for grey octagons.
        function_style: DOT attributes of functions; ``'default'`` for blue boxes.
        rankdir: Direction: ``'TB'`` (top to bottom), ``'BT'``, ``'LR'`` or ``'RL'``.
        remove_variable: Whether to draw functions only.
        show_name: Whether labels tell the names of variables.

    Raises:
        TypeError: An output is neither a variable nor a node.
        ValueError: ``remove_split`` is ``False``, or ``rankdir`` is not a direction.

    Example:
        >>> import chainer, numpy as np
        >>> from chainer.computational_graph import build_computational_graph
        >>> x = chainer.Variable(np.zeros((2, 3), np.float32), name="x")
        >>> graph = build_computational_graph(chainer.functions.relu(x), variable_style={}, function_style={})
        >>> print(graph.dump().replace(";", ";" + chr(10)))
        digraph graphname{rankdir=TB;
        0 [label="x: (2, 3), float32",shape="oval"];
        1 [label="ReLU",shape="box"];
        2 [label="(2, 3), float32",shape="oval"];
        0 -> 1;
        1 -> 2;
        }
    """
    if not remove_split:
        raise ValueError("remove_split=False is not supported")
    roots = [_as_node(y) for y in (outputs if isinstance(outputs, list | tuple) else [outputs])]
    functions = _functions_behind(roots)
    nodes: dict[Node, None] = {}  # in the order in which they were computed
    edges: dict[tuple[Node, Node], None] = {}
    reached: set[Node] = set(roots)
    for function in functions:
        reached.update(function.inputs or ())
    for function in functions:
        for x in function.inputs or ():
            nodes[x] = None
            edges[x, function] = None
        nodes[function] = None
        for reference in function.outputs or ():
            y = reference()
            if y is not None and y in reached:
                nodes[y] = None
                edges[function, y] = None
    for root in roots:
        nodes[root] = None
    return ComputationalGraph(
        list(nodes), list(edges), variable_style, function_style, rankdir, remove_variable, show_name
    )


def _as_node(output: object) -> Node:
    node = output.node if isinstance(output, Variable) else output
    if not isinstance(node, VariableNode | FunctionNode):
        raise TypeError(f"outputs must be variables or nodes of a graph, got {type(output).__name__}")
    return node


def _functions_behind(roots: Sequence[Node]) -> list[FunctionNode]:
    """All functions behind nodes, in the order in which they were applied."""
    found: dict[int, FunctionNode] = {}
    stack = [node if isinstance(node, FunctionNode) else node.creator_node for node in roots]
    while stack:
        function = stack.pop()
        if function is not None and function._serial not in found:
            found[function._serial] = function
            stack += [x.creator_node for x in function.inputs or ()]
    return [found[serial] for serial in sorted(found)]


def _without_variables(
    nodes: Sequence[Node], edges: Sequence[tuple[Node, Node]]
) -> tuple[list[Node], list[tuple[Node, Node]]]:
    makers: dict[Node, list[Node]] = {}
    for head, tail in edges:
        if isinstance(tail, VariableNode):
            makers.setdefault(tail, []).append(head)
    direct = dict.fromkeys([(maker, tail) for head, tail in edges for maker in makers.get(head, ())])
    return [node for node in nodes if isinstance(node, FunctionNode)], list(direct)


def _label(node: Node, show_name: bool) -> str:
    if isinstance(node, VariableNode) and not show_name and node.name:
        return node.label.removeprefix(f"{node.name}: ")
    return node.label
