import io

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.function_hooks import TimerHook


@pytest.fixture
def hook():
    hook = TimerHook()
    x = chainer.Variable(np.ones((2, 3), "float32"))
    with hook:
        F.sum(F.relu(F.relu(x))).backward()
    return hook


def test_history(hook):
    names = [name for name, _ in hook.call_history]
    assert names[:3] == ["ReLU", "ReLU", "Sum"]
    assert names.count("ReLU") == 4
    assert all(seconds > 0 for _, seconds in hook.call_history)
    assert hook.total_time() == pytest.approx(sum(seconds for _, seconds in hook.call_history))


def test_summary(hook):
    row = hook.summary()["ReLU"]
    assert row["occurrence"] == 4
    assert row["elapsed_time"] == pytest.approx(sum(t for name, t in hook.call_history if name == "ReLU"))


def test_inner_functions_count_for_the_outer_too():
    class Outer(chainer.FunctionNode):
        def forward(self, inputs):
            F.relu(inputs[0])
            return inputs

    hook = TimerHook()
    with hook:
        Outer().apply((np.ones(3, "float32"),))
    (inner, inner_time), (outer, outer_time) = hook.call_history
    assert (inner, outer) == ("ReLU", "Outer")
    assert outer_time > inner_time


def test_old_functions_have_their_own_names():
    class Old(chainer.Function):
        def forward(self, inputs):
            return inputs

    hook = TimerHook()
    with hook:
        Old()(np.ones(3, "float32"))
    assert hook.call_history[0][0] == "Old"


@pytest.mark.parametrize(("unit", "factor"), [("sec", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_report(hook, unit, factor):
    hook.call_history[:] = [("LongFunctionName", 0.5), ("ReLU", 0.25), ("ReLU", 0.25)]
    file = io.StringIO()
    hook.print_report(unit, file)
    heading, *rows = file.getvalue().splitlines()
    assert heading == f"    FunctionName  {'ElapsedTime':>{len(rows[0].split()[1])}}  Occurrence"
    assert [row.split() for row in rows] == [
        ["LongFunctionName", f"{0.5 * factor:.2f}{unit}", "1"],
        ["ReLU", f"{0.5 * factor:.2f}{unit}", "2"],
    ]
    assert {len(row) for row in rows} == {len(heading)}


@pytest.mark.parametrize(
    ("seconds", "expected"), [(2.5, "2.50sec"), (0.0125, "12.50ms"), (3e-5, "30.00us"), (0, "0.00ns")]
)
def test_auto_unit_fits_the_longest_time(hook, capsys, seconds, expected):
    hook.call_history[:] = [("ReLU", seconds)]
    hook.print_report()
    assert expected in capsys.readouterr().out


def test_report_of_nothing(capsys):
    TimerHook().print_report()
    assert capsys.readouterr().out.split() == ["FunctionName", "ElapsedTime", "Occurrence"]


def test_unknown_unit(hook):
    with pytest.raises(ValueError, match="unit must be auto, sec, ms, us, ns, got 'min'"):
        hook.print_report("min")
