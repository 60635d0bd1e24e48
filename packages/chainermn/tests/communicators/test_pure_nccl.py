"""The NCCL communicator without a GPU: a double records its calls and computes on the CPU, through MPI."""

import contextlib
import ctypes
import types

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainermn import _mpi
from chainermn.communicators import _halves, _nccl

DTYPES = {"HALF": "float16", "FLOAT": "float32", "DOUBLE": "float64"}
DTYPES |= {"UINT8": "uint8", "INT32": "int32", "INT64": "int64"}


class NcclDouble:
    """Stands for ``cupy.cuda.nccl``."""

    NCCL_SUM = "sum"
    NCCL_BFLOAT16 = "BFLOAT16"

    def __init__(self, device):
        self.device = device
        self.calls = []
        self.error = None
        for name in DTYPES:
            setattr(self, f"NCCL_{name}", name)
        # Integers stand for the constants, as in NCCL.
        self.kinds = {}
        for number, name in enumerate([*DTYPES, "BFLOAT16"]):
            setattr(self, f"NCCL_{name}", number)
            self.kinds[number] = name

    def get_unique_id(self):
        return ("identity", 7)

    def NcclCommunicator(self, size, identity, rank):
        assert identity == ("identity", 7)
        return CommunicatorDouble(self, size, rank)


class CommunicatorDouble:
    def __init__(self, module, size, rank):
        self.module = module
        self.mpi_comm = _mpi.get_world().Dup()
        assert (size, rank) == (self.mpi_comm.size, self.mpi_comm.rank)

    def allReduce(self, source, target, count, kind, op, stream):
        assert op == "sum"
        assert source == target
        name = self._note("allReduce", kind, count, stream)
        array = self._memory(source, count, name)
        array[...] = self._sum(array, name)

    def reduceScatter(self, source, target, count, kind, op, stream):
        assert op == "sum"
        name = self._note("reduceScatter", kind, count, stream)
        total = self._sum(self._memory(source, count * self.mpi_comm.size, name), name)
        self._memory(target, count, name)[...] = total.reshape(self.mpi_comm.size, count)[self.mpi_comm.rank]

    def allGather(self, source, target, count, kind, stream):
        name = self._note("allGather", kind, count, stream)
        mine = self._memory(source, count, name)
        self.mpi_comm.Allgather(mine, self._memory(target, count * self.mpi_comm.size, name))

    def _note(self, call, kind, count, stream):
        assert stream == self.module.device.current[-1]
        name = self.module.kinds[kind]
        self.module.calls.append((call, name, count, stream))
        return name

    def _memory(self, address, count, name):
        dtype = np.dtype("uint16" if name == "BFLOAT16" else DTYPES[name])
        memory = (ctypes.c_char * (count * dtype.itemsize)).from_address(address)
        return np.frombuffer(memory, dtype)

    def _sum(self, array, name):
        """As NCCL does it: every sum is rounded to the type."""
        total, *others = self.mpi_comm.allgather(array)
        for other in others:
            if name == "BFLOAT16":
                wide = _halves.from_wire(total, "bfloat16") + _halves.from_wire(other, "bfloat16")
                total = _halves.to_wire(wide, "bfloat16")
            else:
                total = total + other
        return total

    def check_async_error(self):
        if self.module.error is not None:
            raise self.module.error

    def abort(self):
        self.module.calls.append(("abort",))

    def destroy(self):
        self.module.calls.append(("destroy",))


class DeviceDouble:
    """Streams that finish at the third look."""

    def __init__(self):
        self.n_streams = 0
        self.waited_for = []
        self.current = []

    def of(self, array):
        return contextlib.nullcontext()

    def stream(self):
        self.n_streams += 1
        return StreamDouble(self, self.n_streams)

    def mark(self):
        return "event"

    def pointer(self, array):
        assert array.flags.c_contiguous
        return array.ctypes.data


class StreamDouble:
    def __init__(self, device, number):
        self.device, self.ptr, self.n_looks = device, number, 0

    def wait_event(self, event):
        self.device.waited_for.append(event)

    def __enter__(self):
        self.device.current.append(self.ptr)
        self.n_looks = 0

    def __exit__(self, *_):
        self.device.current.pop()

    @property
    def done(self):
        self.n_looks += 1
        return self.n_looks > 2


@pytest.fixture
def double(monkeypatch):
    device = DeviceDouble()
    module = NcclDouble(device)
    monkeypatch.setattr(_nccl, "load", lambda: (module, device))
    return types.SimpleNamespace(module=module, device=device)


def model_of(dtype):
    model = chainer.Link()
    with model.init_scope():
        model.a = chainer.Parameter(np.zeros((2, 3), dtype))
        model.b = chainer.Parameter(np.zeros(4, dtype))
    return model


def mean(values, size):
    return values * sum(range(1, size + 1)) / size


@pytest.mark.parametrize("batched_copy", [True, False])
@pytest.mark.parametrize(
    ("dtype", "wire", "kind"),
    [
        ("float32", None, "FLOAT"),
        ("float64", None, "DOUBLE"),
        ("float16", None, "FLOAT"),
        ("float32", "float16", "HALF"),
        ("float32", "bfloat16", "BFLOAT16"),
    ],
)
def test_all_gradients_go_in_one_sum(double, dtype, wire, kind, batched_copy):
    comm = chainermn.create_communicator("pure_nccl", allreduce_grad_dtype=wire, batched_copy=batched_copy)
    model = model_of(dtype)
    for param in model.params():
        param.grad = np.arange(param.size).reshape(param.shape).astype(dtype) * (comm.rank + 1)
    comm.multi_node_mean_grad(model)
    for param in model.params():
        expected = mean(np.arange(param.size).reshape(param.shape), comm.size).astype(dtype)
        np.testing.assert_array_equal(param.grad, expected, strict=True)
    sums = [call for call in double.module.calls if call[0] == "allReduce"]
    assert [call[1:3] for call in sums] == ([(kind, 10)] if comm.size > 1 else [])
    assert double.device.waited_for == ["event"] * len(sums)  # what packs them has to be done


def test_buckets_have_streams_of_their_own(double, monkeypatch):
    comm = chainermn.create_communicator()
    model = L.Linear(4, 3, initialW=1)
    optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(1.0), comm, bucket_bytes=8).setup(model)
    monkeypatch.setattr("chainermn._multi_node_optimizer.FIRST_BYTES", 8)
    x = np.full((1, 4), comm.rank + 1, "float32")
    for _ in range(2):
        optimizer.update(lambda: F.sum(model(x)))
    np.testing.assert_allclose(model.W.array, np.full((3, 4), 1 - mean(1, comm.size)), rtol=1e-6)
    if comm.size > 1:
        streams = [call[3] for call in double.module.calls if call[0] == "allReduce"]
        # Two parameters, two buckets; the second of the steps sends, the first one distributes.
        assert len(set(streams)) == len(streams) == 2


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
def test_arrays_are_added_too(double, dtype):
    comm = chainermn.create_communicator("pure_nccl")
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    np.testing.assert_array_equal(comm.allreduce(x), x * comm.size, strict=True)
    np.testing.assert_array_equal(comm.allreduce(x.T), x.T * comm.size)
    if comm.size > 1:
        with pytest.raises(TypeError, match="NCCL adds floating point numbers and integers, got an array of uint16"):
            comm.allreduce(x.astype("uint16"))


def test_an_error_of_nccl_aborts(double):
    comm = chainermn.create_communicator("pure_nccl")
    if comm.size == 1:
        return
    double.module.error = RuntimeError("network is down")
    with pytest.raises(RuntimeError, match="network is down"):
        comm.allreduce(np.zeros(2, "float32"))
    assert double.module.calls[-1] == ("abort",)


def test_a_sum_that_does_not_end_aborts(double, monkeypatch):
    comm = chainermn.create_communicator("pure_nccl")
    if comm.size == 1:
        return
    comm.allgather_obj(None)
    monkeypatch.setattr(StreamDouble, "done", False)
    monkeypatch.setattr(comm.supervisor, "timeout", 1.0)
    with pytest.raises(chainermn.CommunicationError, match="all ranks have begun it and none ends it; 1 s passed"):
        comm.allreduce(np.zeros(2, "float32"))
    assert double.module.calls[-1] == ("abort",)
    monkeypatch.undo()
    comm.mpi_comm.Barrier()


def test_batch_normalization_finds_it(double):
    comm = chainermn.create_communicator("pure_nccl")
    from chainermn.functions.batch_normalization import get_communication_backend

    assert get_communication_backend(comm) == "nccl"
    link = chainermn.links.MultiNodeBatchNormalization(2, comm)
    y = link(np.arange(4, dtype="float32").reshape(2, 2) + 4 * comm.rank)
    total = comm.allreduce(y.array.sum(axis=0))
    np.testing.assert_allclose(total, [0, 0], atol=1e-4)


def test_finalize_frees_it(double):
    comm = chainermn.create_communicator("pure_nccl")
    comm.finalize()
    assert double.module.calls == [("destroy",)]
