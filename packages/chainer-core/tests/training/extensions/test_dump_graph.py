import chainer
import numpy as np
import pytest
from chainer import Variable
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions
from chainer.training.extensions import computational_graph


@pytest.fixture(autouse=True)
def no_graphviz(monkeypatch):
    monkeypatch.setattr(computational_graph.shutil, "which", lambda command: None)


def run(make_trainer, extension, stop=2):
    graphs = []
    trainer = make_trainer((stop, "iteration"), observe=lambda i: {"loss": Variable(np.ones(3, "f")) * 2, "n": 1})
    trainer.extend(extension)
    trainer.extend(
        lambda trainer: graphs.append(trainer.observation["loss"].creator_node is not None), name="look", priority=300
    )
    trainer.run(show_loop_exception_msg=False)
    return trainer, graphs


def test_first_graph_is_written(make_trainer, tmp_path):
    style = {"shape": "box"}
    trainer, graphs = run(make_trainer, extensions.DumpGraph("loss", function_style=style))
    text = (tmp_path / "result" / "cg.dot").read_text()
    assert text.startswith("digraph")
    assert 'shape="octagon"' in text
    assert 'shape="box"' in text
    assert graphs == [True, False]  # kept in the first iteration only
    assert chainer.config.keep_graph_on_report is False

    serializer = DictionarySerializer()
    trainer.get_extension("dump_graph").serialize(serializer)
    # keys and values of chainer 7.8.1
    assert {key: value.item() for key, value in serializer.target.items()} == {
        "_flag_called": True,
        "_original_flag": False,
    }
    (tmp_path / "result" / "cg.dot").unlink()
    resumed = extensions.DumpGraph("loss")
    resumed.serialize(NpzDeserializer(serializer.target))
    _, graphs = run(make_trainer, resumed)
    assert graphs == [False, False]
    assert not (tmp_path / "result" / "cg.dot").exists()


def test_picture_is_drawn_if_graphviz_is_there(make_trainer, tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(computational_graph.shutil, "which", lambda command: "/usr/bin/" + command)
    monkeypatch.setattr(computational_graph.subprocess, "run", lambda args, check: commands.append(args))
    run(make_trainer, extensions.DumpGraph("loss", filename="g.dot"))
    out = str(tmp_path / "result")
    assert commands == [["dot", "-Tpng", f"{out}/g.dot", "-o", f"{out}/g.png"]]


def test_what_is_no_variable_is_named(make_trainer):
    with pytest.raises(TypeError, match="'n' must be reported as a Variable, got int"):
        run(make_trainer, extensions.DumpGraph("n"))
    assert chainer.config.keep_graph_on_report is False


def test_names():
    assert extensions.dump_graph is extensions.DumpGraph
    assert extensions.DumpGraph("x", out_name="old")._filename == "old"
    with pytest.raises(TypeError, match="filenam'"):
        extensions.DumpGraph("x", filenam="y")


def test_commands():
    assert computational_graph.is_return_code_zero(["true"])
    assert not computational_graph.is_return_code_zero(["false"])
    assert not computational_graph.is_return_code_zero(["no such command"])
    assert not computational_graph.is_graphviz_available()
