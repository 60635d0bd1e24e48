import threading

import chainer
import numpy as np
import pytest
from chainer import backend
from chainer.backends import cuda

needs_no_gpu = pytest.mark.skipif(cuda.available, reason="there is a GPU")


class TestGetDevice:
    @pytest.mark.parametrize("spec", ["@numpy", -1, np.int32(-1), "-1", backend.CpuDevice(), (np, 0)])
    def test_cpu(self, spec):
        device = chainer.get_device(spec)
        assert device == backend.CpuDevice()
        assert str(device) == device.name == "@numpy"
        assert device.xp is np
        assert device.supported_array_types == (np.ndarray,)
        assert repr(device) == "<CpuDevice (numpy)>"

    @needs_no_gpu
    @pytest.mark.parametrize("spec", ["@cupy:0", 0, "0"])
    def test_missing_gpu(self, spec):
        with pytest.raises(RuntimeError, match="CuPy"):
            chainer.get_device(spec)

    @pytest.mark.parametrize("spec", ["native:0", "cuda:0", "cuda"])
    def test_chainerx(self, spec):
        with pytest.raises(RuntimeError, match="discontinued; use '@numpy'"):
            chainer.get_device(spec)

    @pytest.mark.parametrize("spec", ["", "numpy", "@gpu", "cpu"])
    def test_unknown(self, spec):
        with pytest.raises(ValueError, match="is not a device specifier; expected '@numpy'"):
            chainer.get_device(spec)

    @pytest.mark.parametrize("spec", [None, 1.5, ("a",), [0]])
    def test_wrong_kind(self, spec):
        with pytest.raises(TypeError, match="is not a device specifier"):
            chainer.get_device(spec)


class TestCpuDevice:
    def test_equality(self):
        a, b = backend.CpuDevice(), backend.CpuDevice()
        assert a == b
        assert not a != b
        assert hash(a) == hash(b)
        assert a != 3
        assert a != "@numpy"

    def test_send(self):
        device, x = backend.CpuDevice(), np.ones(2)
        assert device.send(x) is x
        assert device.send(None) is None
        sent = device.send([x, (1.5, None), {"a": x}])
        assert sent[0] is x
        assert isinstance(sent[1], tuple)
        assert sent[1][0].shape == ()
        assert sent[2]["a"] is x
        with pytest.raises(TypeError, match="cannot send a str to @numpy"):
            device.send("x")

    def test_arrays(self):
        device = backend.CpuDevice()
        assert device.is_array_supported(np.ones(1))
        assert not device.is_array_supported([1])
        assert backend.CpuDevice.from_array(np.ones(1)) == device
        assert backend.CpuDevice.from_array("x") is None

    def test_is_no_context_manager(self):
        device = backend.CpuDevice()
        with pytest.raises(RuntimeError, match="using_device"), device:
            pass
        with device.create_context():
            pass
        device.use()


class TestUsingDevice:
    def test_nests_and_restores(self):
        before = backend.current_device()
        with chainer.using_device("@numpy") as device:
            assert backend.current_device() == device == chainer.get_device("@numpy")
            with pytest.raises(KeyError), chainer.using_device(-1):
                raise KeyError
        assert backend.current_device() == before

    def test_threads(self):
        found = []
        with chainer.using_device("@numpy"):
            thread = threading.Thread(target=lambda: found.append(backend.current_device()))
            thread.start()
            thread.join()
        assert found == [backend.CpuDevice()]


class TestArrays:
    def test_module(self):
        assert backend.get_array_module(np.ones(1), chainer.Variable(np.ones(1)), None, 3) is np
        assert backend.get_array_module() is np

    def test_device(self):
        assert backend.get_device_from_array(np.ones(1)) == backend.CpuDevice()
        assert backend.get_device_from_array(chainer.Variable(np.ones(1)), None) == backend.CpuDevice()

    @pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
    def test_copyto(self, dtype):
        target = np.zeros((2, 3), "float32")
        backend.copyto(target, np.array([1, 2, 3], dtype))
        np.testing.assert_array_equal(target, [[1, 2, 3]] * 2)
        with pytest.raises(TypeError, match="cannot copy into a list"):
            backend.copyto([0], np.ones(1))
        with pytest.raises(ValueError):
            backend.copyto(target, np.ones(4))

    def test_types(self):
        assert chainer.get_cpu_array_types() == (np.ndarray,)
        assert chainer.get_array_types() == (np.ndarray, cuda.ndarray)
        assert chainer.is_arrays_compatible([np.ones(1), None, np.ones(2)])
        assert not chainer.is_arrays_compatible([np.ones(1), "x"])

    def test_compute_mode(self):
        assert chainer.get_compute_mode() is None
        with chainer.using_config("compute_mode", "float16"):
            assert chainer.get_compute_mode() == "float16"
