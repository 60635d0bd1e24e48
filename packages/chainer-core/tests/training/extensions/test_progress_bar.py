import io
import re

import pytest
from chainer.training import extensions
from chainer.training.extensions import progress_bar
from chainer.training.extensions.util import ProgressBar as Lines


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    """A second goes by with each look."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 1.0
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress_bar, "time", clock)
    return clock


def run(make_trainer, bar, stop=(10, "iteration")):
    trainer = make_trainer(stop)
    trainer.extend(bar)
    trainer.run()


def test_lines_where_nothing_can_be_redrawn(make_trainer, clock):
    out = io.StringIO()
    run(make_trainer, extensions.ProgressBar(update_interval=4, out=out), (2, "epoch"))
    # The second comes too soon after the first.
    assert out.getvalue() == (" 50.00%, 4 iter, 1 epoch / 2 epochs, 4 iters/sec. Estimated time to finish: 0:00:01\n")


def test_lines_keep_their_distance(make_trainer, clock):
    out = io.StringIO()
    run(make_trainer, extensions.ProgressBar(update_interval=1, out=out), (9, "iteration"))
    assert [line.split(" iter")[0] for line in out.getvalue().splitlines()] == [
        " 11.11%, 1", " 44.44%, 4", " 77.78%, 7",
    ]  # fmt: skip
    assert out.getvalue().endswith(
        "7 iter, 1 epoch / 9 iterations, 0.53846 iters/sec. Estimated time to finish: 0:00:04\n"
    )


def test_length_can_be_given_or_unknown(make_trainer, clock):
    out = io.StringIO()
    run(make_trainer, extensions.ProgressBar((40, "iteration"), update_interval=10, out=out))
    assert out.getvalue().startswith(" 25.00%, 10 iter, 2 epoch / 40 iterations, ")
    out = io.StringIO()
    run(
        make_trainer, extensions.ProgressBar(update_interval=10, out=out), lambda trainer: trainer.updater.iteration > 9
    )
    assert out.getvalue() == "10 iter, 2 epoch, 10 iters/sec\n"


def test_bars_on_a_terminal(make_trainer):
    out = Terminal()
    run(make_trainer, extensions.ProgressBar(update_interval=2, bar_length=20, out=out))
    text = out.getvalue()
    assert re.search(r"     total \|.{20}\|  60\.00%", text)
    assert re.search(r"this epoch \|.{20}\|  50\.00%", text)
    assert "6 iter, 1 epoch / 10 iterations" in text
    assert re.search(r" iters/sec\. Estimated time to finish: 0:00:0\d", text)
    assert text.rstrip(" ").endswith("\r")  # the bars are gone at the end


def test_rows_of_a_table_stay_above_the_bars(make_trainer):
    out = Terminal()
    trainer = make_trainer((4, "iteration"))
    trainer.extend(extensions.LogReport(trigger=(2, "iteration")))
    trainer.extend(extensions.PrintReport(["iteration", "x"], out=out))
    trainer.extend(extensions.ProgressBar(update_interval=1, out=out))
    trainer.run()
    lines = [line.replace("\x1b[A", "").rsplit("\r", 1)[-1] for line in out.getvalue().split("\n")]
    for row in ("iteration   x", "2           1.5", "4           3.5"):
        assert row in lines


def test_notebook_class_is_the_same_bar(make_trainer, clock):
    out = io.StringIO()
    bar = extensions.ProgressBarNotebook(update_interval=4, out=out)
    assert bar.default_name == "ProgressBar"
    run(make_trainer, bar)
    assert out.getvalue().startswith(" 40.00%")


def test_lines_that_redraw_themselves():
    class Two(Lines):
        def get_lines(self):
            return ["a\n", "b\n"]

    out = io.StringIO()
    lines = Two(out=out)
    lines.update()
    lines.close()
    assert out.getvalue() == "\033[Ja\nb\n\033[2A\033[J"  # as in chainer 7.8.1
    with pytest.raises(NotImplementedError, match="ProgressBar must override get_lines"):
        Lines(out=out).update()


def test_speed_is_that_of_the_last_calls(monkeypatch):
    from chainer.training.extensions import util

    monkeypatch.setattr(util, "time", Clock())
    lines = Lines()
    assert lines.update_speed(0, 0.0) == (float("inf"), float("inf"))
    assert lines.update_speed(10, 0.5) == (10, 0.5)
