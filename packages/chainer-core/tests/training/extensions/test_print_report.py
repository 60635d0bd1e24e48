import io
import sys
from types import ModuleType

import pytest
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions

TABLE = """\
iteration   x           a value with a long name  nothing
2           1.5         0.333333
4           3.5         0.333333
"""


def make(make_trainer, stop, report):
    trainer = make_trainer((stop, "iteration"), observe=lambda i: {"x": i, "a value with a long name": 1 / 3})
    trainer.extend(extensions.LogReport(trigger=(2, "iteration")))
    trainer.extend(report)
    return trainer


COLUMNS = ["iteration", "x", "a value with a long name", "nothing"]


def test_table(make_trainer):
    out = io.StringIO()
    make(make_trainer, 4, extensions.PrintReport(COLUMNS, out=out)).run()
    assert out.getvalue() == TABLE


def test_stdout_is_the_default(make_trainer, capsys):
    make(make_trainer, 4, extensions.PrintReport(COLUMNS)).run()
    assert capsys.readouterr().out == TABLE


def test_resumed_training_prints_the_rows_before(make_trainer):
    serializer = DictionarySerializer()
    first = make(make_trainer, 3, extensions.PrintReport(COLUMNS, out=io.StringIO()))
    first.run()
    first.serialize(serializer)
    out = io.StringIO()
    second = make(make_trainer, 4, extensions.PrintReport(COLUMNS, out=out))
    second.serialize(NpzDeserializer(serializer.target))
    second.run()
    assert out.getvalue() == TABLE


def test_a_log_of_its_own_is_driven_and_saved(make_trainer):
    def table():
        out = io.StringIO()
        log = extensions.LogReport(trigger=(2, "iteration"), filename="")
        return out, extensions.PrintReport(["iteration", "x"], log_report=log, out=out)

    out, report = table()
    trainer = make_trainer((3, "iteration"))
    trainer.extend(report)
    trainer.run()
    serializer = DictionarySerializer()
    trainer.serialize(serializer)
    assert "extensions/PrintReport/_log_report/_log" in serializer.target  # as in chainer 7.8.1

    out, report = table()
    trainer = make_trainer((4, "iteration"))
    trainer.extend(report)
    trainer.serialize(NpzDeserializer(serializer.target))
    trainer.run()
    assert out.getvalue() == "iteration   x\n2           1.5\n4           3.5\n"


def test_a_missing_log_is_named(make_trainer):
    trainer = make_trainer()
    trainer.extend(extensions.PrintReport(["x"], log_report="Log"))
    with pytest.raises(ValueError, match="extension Log not found"):
        trainer.run(show_loop_exception_msg=False)


def test_notebook_shows_one_table_that_grows(make_trainer, monkeypatch):
    shown = []

    class Display:
        def update(self, content):
            shown.append(content)

    module = ModuleType("IPython.display")
    module.HTML = str
    module.display = lambda content, display_id: Display()
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    make(make_trainer, 4, extensions.PrintReportNotebook(["x", "<&>"])).run()
    assert shown[-1] == (
        "<table><tr><th>x</th><th>&lt;&amp;&gt;</th></tr><tr><td>1.5</td><td></td></tr>"
        "<tr><td>3.5</td><td></td></tr></table>"
    )
