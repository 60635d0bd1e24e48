import re
import stat
import sys

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.computational_graph import ComputationalGraph, DotNode, build_computational_graph
from chainer.variable import VariableNode


@pytest.fixture
def graph_outputs():
    x = chainer.Variable(np.zeros((2, 3), "float32"), name="x")
    y = x * x + x
    y.name = "y"
    return x, y, F.relu(y)


def parse(dot):
    """Labels of the nodes, and the edges between labels."""
    labels = {name: re.search('label="(.*?)"', text)[1] for name, text in re.findall(r"(\d+) \[(.*?)\];", dot)}
    return sorted(labels.values()), sorted((labels[a], labels[b]) for a, b in re.findall(r"(\d+) -> (\d+);", dot))


def test_nodes_and_edges(graph_outputs):
    graph = build_computational_graph(graph_outputs[2])
    array = "(2, 3), float32"
    nodes, edges = parse(graph.dump())
    assert nodes == [array, array, "ReLU", "_ * _", "_ + _", f"x: {array}", f"y: {array}"]
    assert edges == sorted(
        [
            (f"x: {array}", "_ * _"),
            ("_ * _", array),
            (array, "_ + _"),
            (f"x: {array}", "_ + _"),
            ("_ + _", f"y: {array}"),
            (f"y: {array}", "ReLU"),
            ("ReLU", array),
        ]
    )
    assert len(graph.nodes) == 7
    assert len(graph.edges) == 7
    assert {a for edge in graph.edges for a in edge} == set(graph.nodes)


def test_text_of_version_7(graph_outputs):
    # The text of chainer 7.8.1, with numbers instead of addresses and in the order of computation.
    style = 'shape="octagon",fillcolor="#E0E0E0",style="filled"'
    function = 'shape="record",fillcolor="#6495ED",style="filled"'
    x = graph_outputs[0]
    assert build_computational_graph([F.relu(x)]).dump() == (
        f'digraph graphname{{rankdir=TB;0 [label="x: (2, 3), float32",{style}];1 [label="ReLU",{function}];'
        f'2 [label="(2, 3), float32",{style}];0 -> 1;1 -> 2;}}'
    )


def test_is_repeatable():
    def text():
        x = chainer.Variable(np.zeros(2, "float32"))
        return build_computational_graph(F.relu(x * 2 + x)).dump()

    assert text() == text()


def test_outputs_of_any_kind(graph_outputs):
    _, y, z = graph_outputs
    expected = build_computational_graph(z).dump()
    for outputs in ([z], (z,), [z, z], [z, y], z.node, [z.node]):
        assert build_computational_graph(outputs).dump() == expected
    nodes, _ = parse(build_computational_graph(z.creator_node).dump())
    assert nodes.count("ReLU") == 1
    assert len(nodes) == 6  # not what it made
    assert parse(build_computational_graph([]).dump()) == ([], [])
    with pytest.raises(TypeError, match="variables or nodes of a graph, got ndarray"):
        build_computational_graph(z.array)


def test_leaf_alone(graph_outputs):
    assert parse(build_computational_graph(graph_outputs[0]).dump()) == (["x: (2, 3), float32"], [])


def test_graph_stays_after_backward(graph_outputs):
    z = graph_outputs[2]
    before = build_computational_graph(z).dump()
    z.grad = np.ones_like(z.array)
    z.backward()
    assert build_computational_graph(z).dump() == before


def test_old_functions_have_their_own_names():
    class Old(chainer.Function):
        def forward(self, inputs):
            return inputs

    assert "Old" in parse(build_computational_graph(Old()(np.ones(2) * chainer.Variable(np.ones(2)))).dump())[0]


def test_remove_variable(graph_outputs):
    graph = build_computational_graph(graph_outputs[2], remove_variable=True)
    assert parse(graph.dump()) == (["ReLU", "_ * _", "_ + _"], [("_ * _", "_ + _"), ("_ + _", "ReLU")])


def test_show_name(graph_outputs):
    nodes, _ = parse(build_computational_graph(graph_outputs[2], show_name=False).dump())
    assert nodes == ["(2, 3), float32"] * 4 + ["ReLU", "_ * _", "_ + _"]


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_rankdir(graph_outputs, rankdir):
    text = build_computational_graph(graph_outputs[2], rankdir=rankdir).dump()
    assert text.startswith(f"digraph graphname{{rankdir={rankdir};")


def test_styles(graph_outputs):
    text = build_computational_graph(
        graph_outputs[0] * 2, variable_style={"shape": "box", "color": "red"}, function_style={}
    ).dump()
    assert '0 [label="x: (2, 3), float32",shape="box",color="red"];' in text
    assert '1 [label="_ * 2",shape="box"];' in text


def test_refusals(graph_outputs):
    with pytest.raises(ValueError, match="remove_split"):
        build_computational_graph(graph_outputs[2], remove_split=False)
    with pytest.raises(ValueError, match="rankdir must be one of TB, BT, LR, RL, got 'XX'"):
        ComputationalGraph([], [], rankdir="XX")
    with pytest.raises(NotImplementedError, match="'png'; render"):
        build_computational_graph(graph_outputs[2]).dump("png")


def test_dot_node(graph_outputs):
    x, _, z = graph_outputs
    node = DotNode(x.node, {"color": "red"})
    assert isinstance(node.node, VariableNode)
    assert node.attribute == {"label": "x: (2, 3), float32", "shape": "oval", "color": "red"}
    assert node.label == f'{id(x.node)} [label="x: (2, 3), float32",shape="oval",color="red"];'
    assert DotNode(x.node, show_name=False).attribute["label"] == "(2, 3), float32"
    assert DotNode(z.creator_node).attribute == {"label": "ReLU", "shape": "box"}


def test_syntax_of_dot_in_names_is_escaped():
    x = chainer.Variable(np.zeros(2), name='a"b\\c{')
    assert r'label="a\"b\\c{: (2), float64"' in DotNode(x.node).label
    assert r"c\{" in DotNode(x.node, {"shape": "record"}).label.replace("\\\\", "\\")


class TestRender:
    """A program named dot that copies its input stands for Graphviz."""

    @pytest.fixture
    def dot(self, tmp_path, monkeypatch):
        program = tmp_path / "bin" / "dot"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], sys.stdin.read())\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(program.parent))
        return program

    @pytest.mark.parametrize("suffix", ["png", "svg"])
    def test_suffix_is_the_format(self, dot, tmp_path, graph_outputs, suffix):
        graph = build_computational_graph(graph_outputs[2])
        path = tmp_path / f"graph.{suffix}"
        graph.render(path)
        assert f"-T{suffix}" in path.read_text()
        assert graph.dump() in path.read_text()

    def test_unknown_suffix(self, tmp_path, graph_outputs):
        for name in ("graph", "graph.exe"):
            with pytest.raises(ValueError, match=re.escape(f"{name}'")):
                build_computational_graph(graph_outputs[2]).render(tmp_path / name)

    def test_missing_program(self, tmp_path, monkeypatch, graph_outputs):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(RuntimeError, match="apt install graphviz"):
            build_computational_graph(graph_outputs[2]).render(tmp_path / "graph.png")
        assert list(tmp_path.iterdir()) == []

    def test_failing_program(self, dot, tmp_path, graph_outputs):
        dot.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('it is broken')\n")
        with pytest.raises(RuntimeError, match=r"could not draw the graph[\s\S]*it is broken"):
            build_computational_graph(graph_outputs[2]).render(tmp_path / "graph.png")
        assert not (tmp_path / "graph.png").exists()

    def test_missing_package(self, tmp_path, monkeypatch, graph_outputs):
        monkeypatch.setitem(sys.modules, "graphviz", None)
        with pytest.raises(ImportError, match=r"chainer\[graph\]"):
            build_computational_graph(graph_outputs[2]).render(tmp_path / "graph.png")
