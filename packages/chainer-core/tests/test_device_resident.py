import chainer
import numpy as np
import pytest
from chainer.device_resident import DeviceResident, DeviceResidentsVisitor


class Box(DeviceResident):
    def __init__(self):
        super().__init__()
        self.array = np.ones(2)

    def device_resident_accept(self, visitor):
        super().device_resident_accept(visitor)
        self.array = visitor.visit_array(self.array)


def test_lives_where_it_was_made():
    with chainer.using_device("@numpy"):
        box = Box()
    assert box.device == chainer.get_device("@numpy")
    assert box.xp is np


@pytest.mark.parametrize("move", [Box.to_cpu, lambda box: box.to_device("@numpy"), Box.from_chx])
def test_moving_returns_itself(move):
    box = Box()
    array = box.array
    assert move(box) is box
    assert box.array is array


def test_refusals():
    with pytest.raises(RuntimeError, match="discontinued"):
        Box().to_chx()
    if not chainer.backends.cuda.available:
        with pytest.raises(RuntimeError, match="CuPy"):
            Box().to_gpu()
    if not chainer.backends.intel64.is_ideep_available():
        with pytest.raises(RuntimeError, match="chainer-onednn-ext"):
            Box().to_intel64()


def test_visitors_see_everything():
    seen = []

    class Visitor(DeviceResidentsVisitor):
        def visit_device_resident(self, device_resident):
            seen.append(type(device_resident).__name__)

        def visit_array(self, arr):
            seen.append("array")
            return arr * 2

        def visit_variable(self, param):
            seen.append(param.name)

    chain = chainer.Chain(l=chainer.links.Linear(2, 2))
    chain.add_persistent("n", np.ones(1))
    chain.add_persistent("text", "x")
    chain.device_resident_accept(Visitor())
    assert seen[:2] == ["Chain", "array"]
    assert seen[2] == "Linear"
    assert sorted(seen[3:]) == ["W", "b"]
    np.testing.assert_array_equal(chain.n, 2)


def test_visitors_must_say_what_they_do():
    visitor = DeviceResidentsVisitor()
    for method in ("visit_device_resident", "visit_array", "visit_variable"):
        with pytest.raises(NotImplementedError):
            getattr(visitor, method)(None)
