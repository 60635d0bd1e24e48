import io

import chainer
import chainer.links as L
import numpy as np
import pytest
from chainer.link_hooks import TimerHook


class MLP(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.l1, self.l2 = L.Linear(3, 4), L.Linear(4, 2)

    def forward(self, x):
        return self.l2(self.l1(x))


def test_inner_links_come_first_and_count_for_the_outer_too():
    hook = TimerHook()
    with hook:
        MLP()(np.ones((2, 3), "float32"))
    assert [name for name, _ in hook.call_history] == ["Linear", "Linear", "MLP"]
    summary = hook.summary()
    assert summary["Linear"]["occurrence"] == 2
    assert summary["MLP"]["elapsed_time"] > summary["Linear"]["elapsed_time"]
    assert hook.total_time() == pytest.approx(sum(row["elapsed_time"] for row in summary.values()))
    file = io.StringIO()
    hook.print_report("us", file)
    assert [line.split()[0] for line in file.getvalue().splitlines()] == ["LinkName", "Linear", "MLP"]


def test_failed_calls_do_not_count():
    hook, model = TimerHook(), MLP()
    with hook:
        with pytest.raises(chainer.utils.type_check.InvalidType):
            model(np.ones((2, 5), "float32"))
        model.l1(np.ones((2, 3), "float32"))
    assert [name for name, _ in hook.call_history] == ["Linear"]
    assert hook._stopwatch._started == []
