"""The hooks for GPUs: refused without one; with one replaced by a fake, their bookkeeping."""

import io
from types import SimpleNamespace

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.backends import cuda
from chainer.function_hooks import CUDAProfileHook, CupyMemoryProfileHook


@pytest.mark.parametrize("hook", [CUDAProfileHook, CupyMemoryProfileHook])
@pytest.mark.skipif(cuda.available, reason="there is a GPU")
def test_refused_without_gpu(hook):
    with pytest.raises(RuntimeError, match="chainer-cupy-ext"):
        hook()


class FakeMemoryHook:
    def __enter__(self):
        FakeMemoryHook.active = self
        return self

    def __exit__(self, *args):
        FakeMemoryHook.active = None


@pytest.fixture
def fake(monkeypatch):
    log = []
    nvtx = SimpleNamespace(RangePush=log.append, RangePop=lambda: log.append("pop"))
    memory_hook = SimpleNamespace(MemoryHook=FakeMemoryHook)
    cupy = SimpleNamespace(cuda=SimpleNamespace(nvtx=nvtx, memory_hook=memory_hook))
    monkeypatch.setattr(cuda, "check_cuda_available", lambda: None)
    monkeypatch.setattr(cuda, "cupy", cupy, raising=False)
    return log


def test_ranges(fake):
    x = chainer.Variable(np.ones(3, "float32"))
    with CUDAProfileHook():
        y = F.relu(x)
    y.grad = x.array
    with CUDAProfileHook():
        y.backward()
    assert fake[:4] == ["ReLU.forward", "pop", "ReLU.backward", "ReLUGrad2.forward"]
    assert fake.count("pop") == len(fake) / 2


class Allocating(chainer.FunctionNode):
    def forward(self, inputs):
        FakeMemoryHook.active.malloc_preprocess(device_id=0, size=3000, mem_size=3072)
        FakeMemoryHook.active.alloc_preprocess(device_id=0, mem_size=2048)
        return inputs


def test_memory(fake):
    hook = CupyMemoryProfileHook()
    with hook:
        Allocating().apply((np.ones(3),))
        Allocating().apply((np.ones(3),))
    assert FakeMemoryHook.active is None
    assert hook.call_history == [("Allocating", 3072, 2048)] * 2
    assert hook.summary() == {"Allocating": {"used_bytes": 6144, "acquired_bytes": 4096, "occurrence": 2}}
    assert hook.total_used_bytes() == 6144
    assert hook.total_acquired_bytes() == 4096


@pytest.mark.parametrize(("unit", "cells"), [("auto", ["6.00KB", "4.00KB"]), ("B", ["6144.00B", "4096.00B"])])
def test_memory_report(fake, unit, cells):
    hook = CupyMemoryProfileHook()
    hook.call_history = [("Allocating", 3072, 2048)] * 2
    file = io.StringIO()
    hook.print_report(unit, file)
    heading, row = [line.split() for line in file.getvalue().splitlines()]
    assert heading == ["FunctionName", "UsedBytes", "AcquiredBytes", "Occurrence"]
    assert row == ["Allocating", *cells, "2"]
    with pytest.raises(ValueError, match="unit must be auto, B, KB"):
        hook.print_report("KiB")


def test_memory_report_of_nothing(fake):
    file = io.StringIO()
    CupyMemoryProfileHook().print_report(file=file)
    assert len(file.getvalue().splitlines()) == 1
