"""CUDA on a machine without: everything is importable, and what needs a GPU says so."""

import chainer
import numpy as np
import pytest
from chainer.backends import cuda

pytestmark = pytest.mark.skipif(cuda.available, reason="there is a GPU")


@pytest.mark.parametrize(
    "use",
    [
        cuda.check_cuda_available,
        cuda.ndarray,
        cuda.Device,
        cuda.Event,
        cuda.Stream,
        lambda: cuda.cupy.zeros(3),
        lambda: cuda.to_gpu(np.ones(2)),
        lambda: cuda.copy(np.ones(2)),
        lambda: cuda.get_device_from_id(0),
        lambda: cuda.elementwise("", "", "", "name"),
        lambda: cuda.reduce("", "", "", "", "", "", "name"),
        lambda: cuda.raw("", "name"),
        lambda: cuda.GpuDevice.from_device_id(0),
        lambda: chainer.links.Linear(2, 2).to_gpu(),
        lambda: chainer.get_device("@cupy:0"),
    ],
)
def test_says_how_to_get_it(use):
    with pytest.raises(RuntimeError, match="chainer-cupy-ext"):
        use()


def test_cpu_arrays_pass():
    x = np.ones(2)
    assert cuda.to_cpu(x) is x
    assert cuda.to_cpu([x])[0] is x
    assert cuda.get_array_module(x) is np
    assert isinstance(x, cuda.ndarray) is False


def test_dummy_device():
    device = cuda.get_device_from_array(np.ones(2))
    assert device is cuda.DummyDevice
    assert int(device) == -1
    with device as entered:
        assert entered is device
    device.use()
    device.synchronize()
    assert device == cuda.DummyDeviceType()
    assert not device != cuda.DummyDeviceType()
    assert hash(device) == hash(cuda.DummyDeviceType())
    assert cuda.get_device_from_id(None) is device


def test_memoize():
    calls = []

    @cuda.memoize()
    def square(x):
        calls.append(x)
        return x * x

    assert [square(3), square(3), square(4)] == [9, 9, 16]
    assert calls == [3, 4]


def test_cudnn_is_off():
    assert not cuda.should_use_cudnn(">=auto")
    assert not cuda.should_use_cudnn("==always", 5000)
    assert not cuda.should_use_cudnn_tensor_core(np.float16)
    with pytest.raises(ValueError):
        cuda.should_use_cudnn("sometimes")


def test_workspace_size():
    before = cuda.get_max_workspace_size()
    cuda.set_max_workspace_size(123)
    try:
        assert cuda.get_max_workspace_size() == 123
    finally:
        cuda.set_max_workspace_size(before)
