"""Every communicator averages the same gradients to the same numbers."""

import chainer
import chainermn
import numpy as np
import pytest
from chainermn import _processes
from chainermn.communicators import COMMUNICATORS

AVERAGING = [name for name in COMMUNICATORS if name not in ("pure_nccl", "dummy")]
SHAPES = {"weights": (3, 5), "scalar": (), "nothing": (0, 4), "long": (1000,)}


def model_of(dtype, shapes=SHAPES):
    model = chainer.Link()
    with model.init_scope():
        for name, shape in shapes.items():
            setattr(model, name, chainer.Parameter(np.zeros(shape, dtype)))
    return model


def set_gradients(model, rank):
    """Small integers: their sums and means are exact in any dtype."""
    for k, (_, param) in enumerate(sorted(model.namedparams())):
        param.grad = (np.arange(param.size) % 7 + 12 * k + 12 * rank).reshape(param.shape).astype(param.dtype)


def mean_of_gradients(model, size):
    expected = {}
    for k, (name, param) in enumerate(sorted(model.namedparams())):
        total = sum((np.arange(param.size) % 7 + 12 * k + 12 * rank).astype("float64") for rank in range(size))
        expected[name] = (total / size).reshape(param.shape)
    return expected


@pytest.mark.parametrize("batched_copy", [True, False])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", AVERAGING)
def test_gradients_become_their_mean(communicator, name, dtype, batched_copy):
    comm = communicator(name)
    comm.set_config("batched_copy", batched_copy)
    model = model_of(dtype)
    set_gradients(model, comm.rank)
    comm.multi_node_mean_grad(model)
    for path, expected in mean_of_gradients(model, comm.size).items():
        grad = dict(model.namedparams())[path].grad
        assert grad.dtype == dtype
        np.testing.assert_array_equal(grad, expected.astype(dtype))


@pytest.mark.parametrize("wire", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", AVERAGING)
def test_gradients_travel_in_another_dtype(name, wire):
    comm = chainermn.create_communicator(name, allreduce_grad_dtype=wire)
    model = model_of("float32", {"w": (64,)})
    model.w.grad = (np.arange(64, dtype="float32") % 8) * (comm.rank + 1)
    comm.multi_node_mean_grad(model)
    expected = (np.arange(64) % 8) * sum(range(1, comm.size + 1)) / comm.size
    np.testing.assert_array_equal(model.w.grad, expected.astype("float32"))


def rounded(x, wire):
    """Reference: to nearest with ties to even, in float64."""
    if wire == "float16":
        return np.asarray(x, "float64").astype("float16").astype("float64")
    mantissa, exponent = np.frexp(np.asarray(x, "float64"))
    return np.ldexp(np.rint(mantissa * 2**8), exponent - 8)


@pytest.mark.parametrize("nodes", [1, 2, 3])
@pytest.mark.parametrize("wire", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", AVERAGING)
def test_16_bits_are_rounded_once_on_each_way(comm, monkeypatch, name, wire, nodes):
    if comm.size % nodes or (nodes > 1 and name == "single_node"):
        pytest.skip("not for so many nodes")
    hosts = [rank % nodes for rank in range(comm.size)]
    monkeypatch.setattr(_processes, "host_name", lambda: hosts[comm.rank])
    several = chainermn.create_communicator(name, allreduce_grad_dtype=wire)
    all_grads = np.random.default_rng(3).normal(size=(comm.size, 37)).astype("float32")
    if name in ("hierarchical", "two_dimensional", "non_cuda_aware"):  # in float32 within nodes
        sent = [sum(g for g, h in zip(all_grads, hosts, strict=True) if h == host) for host in range(nodes)]
        is_rounded = nodes > 1
    else:
        sent, is_rounded = list(all_grads), comm.size > 1
    way = (lambda x: rounded(x, wire)) if is_rounded else (lambda x: x)
    expected = way(np.float32(sum(way(g).astype("float32") for g in sent)) / np.float32(comm.size))
    model = model_of("float32", {"w": (37,)})
    model.w.grad = all_grads[comm.rank].copy()
    several.multi_node_mean_grad(model)
    # Only within nodes is the order of the additions MPI's.
    tolerance = 0 if is_rounded and nodes in (1, comm.size) else 1e-6
    np.testing.assert_allclose(model.w.grad, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("wire", [None, "float16", "bfloat16"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_sums_of_large_gradients_do_not_overflow_on_the_way(wire, dtype):
    comm = chainermn.create_communicator("flat", allreduce_grad_dtype=wire)
    model = model_of(dtype, {"w": (4,)})
    model.w.grad = np.full(4, 61440, dtype)  # exact in all of these dtypes
    comm.multi_node_mean_grad(model)
    np.testing.assert_array_equal(model.w.grad, np.full(4, 61440, dtype))


def test_what_float16_cannot_hold_is_infinite_and_nan_stays():
    for wire, huge in (("float16", np.inf), ("bfloat16", 70144)):
        comm = chainermn.create_communicator("flat", allreduce_grad_dtype=wire)
        model = model_of("float32", {"w": (3,)})
        model.w.grad = np.array([70000, -np.inf, np.nan], "float32")
        comm.multi_node_mean_grad(model)
        if comm.size > 1:
            np.testing.assert_array_equal(model.w.grad, np.array([huge, -np.inf, np.nan], "float32"))


def test_16_bits_are_for_gradients_alone():
    comm = chainermn.create_communicator("flat", allreduce_grad_dtype="bfloat16")
    x = np.array([1 + 2**-20], "float32")
    np.testing.assert_array_equal(comm.allreduce(x), x * comm.size)


@pytest.mark.parametrize("wire", [None, "float16", "bfloat16", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("piece", [2**20, 16])
@pytest.mark.parametrize("chunk", [2**20, 64])
@pytest.mark.parametrize("name", AVERAGING)
def test_each_rank_gets_its_part_of_a_mean_and_spreads_it(monkeypatch, name, chunk, piece, dtype, wire):
    monkeypatch.setattr("chainermn.communicators._wire.CHUNK", chunk)
    monkeypatch.setattr("chainermn.communicators._piecewise._PIECE", piece)
    monkeypatch.setattr("chainermn.communicators._piecewise._LEAST", 8)
    comm = chainermn.create_communicator(name, allreduce_grad_dtype=wire)
    for width in (0, 1, 21):
        whole = np.arange(comm.size * width, dtype=comm.wire_dtype(np.dtype(dtype))).reshape(comm.size, width) % 8
        mine = comm.mean_of_part(whole * (comm.rank + 1))
        expected = whole * sum(range(1, comm.size + 1)) / comm.size
        np.testing.assert_array_equal(mine, expected[comm.rank].astype(whole.dtype), strict=True)
        everyone = np.full_like(whole, -1)
        comm.allgather_parts(mine, everyone)
        np.testing.assert_array_equal(everyone, expected.astype(whole.dtype))


@pytest.mark.parametrize("zero_fill", [True, False])
@pytest.mark.parametrize("name", AVERAGING)
def test_a_gradient_that_some_ranks_lack_counts_as_zero(communicator, name, zero_fill):
    comm = communicator(name)
    model = model_of("float32", {"everywhere": (2,), "here": (3,), "nowhere": (4,)})
    model.cleargrads()
    model.everywhere.grad = np.ones(2, "float32")
    if comm.rank == comm.size - 1:
        model.here.grad = np.full(3, comm.size, "float32")
    comm.multi_node_mean_grad(model, zero_fill=zero_fill)
    np.testing.assert_array_equal(model.everywhere.grad, np.ones(2))
    np.testing.assert_array_equal(model.here.grad, np.ones(3))
    if zero_fill:
        np.testing.assert_array_equal(model.nowhere.grad, np.zeros(4))
    else:
        assert model.nowhere.grad is None


def test_gradients_need_not_be_contiguous(comm):
    model = model_of("float32", {"w": (2, 3)})
    model.w.grad = np.arange(6, dtype="float32").reshape(3, 2).T
    comm.multi_node_mean_grad(model)
    np.testing.assert_array_equal(model.w.grad, [[0, 2, 4], [1, 3, 5]])


def test_an_array_that_two_gradients_share_is_left_alone(comm):
    model = model_of("float32", {"a": (2,), "b": (2,)})
    shared = np.full(2, comm.rank, "float32")
    model.a.grad = model.b.grad = shared
    comm.multi_node_mean_grad(model)
    np.testing.assert_array_equal(shared, np.full(2, comm.rank))
    np.testing.assert_array_equal(model.b.grad, np.full(2, (comm.size - 1) / 2))


def test_dummy_leaves_gradients_as_they_are(communicator):
    comm = communicator("dummy")
    model = model_of("float32", {"w": (2,)})
    model.w.grad = np.full(2, comm.rank, "float32")
    comm.multi_node_mean_grad(model)
    np.testing.assert_array_equal(model.w.grad, np.full(2, comm.rank))


def test_allreduce_grad_is_the_old_name(comm):
    model = model_of("float32", {"w": (1,)})
    model.w.grad = np.array([comm.rank], "float32")
    comm.allreduce_grad(model)
    assert model.w.grad == (comm.size - 1) / 2


@pytest.mark.parametrize("name", ["hierarchical", "two_dimensional", "non_cuda_aware", "flat"])
@pytest.mark.parametrize("nodes", [["a"], ["a", "b"], ["a", "b", "c"], ["a", "a", "b"]])
def test_ranks_on_several_nodes(comm, monkeypatch, name, nodes):
    hosts = [nodes[rank % len(nodes)] for rank in range(comm.size)]
    monkeypatch.setattr(_processes, "host_name", lambda: hosts[comm.rank])
    counts = {hosts.count(host) for host in hosts}
    if name == "two_dimensional" and len(counts) > 1:
        with pytest.raises(ValueError, match="use hierarchical"):
            chainermn.create_communicator(name)
        return
    several = chainermn.create_communicator(name)
    mine = hosts[comm.rank]
    assert several.intra_size == hosts.count(mine)
    assert several.intra_rank == hosts[: comm.rank].count(mine)
    assert several.inter_size == len(set(hosts))
    assert several.inter_rank == list(dict.fromkeys(hosts)).index(mine)
    model = model_of("float32")
    set_gradients(model, comm.rank)
    several.multi_node_mean_grad(model)
    for path, expected in mean_of_gradients(model, comm.size).items():
        np.testing.assert_array_equal(dict(model.namedparams())[path].grad, expected.astype("float32"))


def test_single_node_refuses_several(comm, monkeypatch):
    monkeypatch.setattr(_processes, "host_name", lambda: f"host{comm.rank}")
    if comm.size > 1:
        with pytest.raises(ValueError, match="single_node works on one node"):
            chainermn.create_communicator("single_node")


def test_different_models_are_an_error_that_names_the_parameter(comm):
    if comm.size == 1:
        pytest.skip("one rank agrees with itself")
    model = model_of("float32", {"w": (2 + (comm.rank == 1),)})
    model.w.grad = np.zeros_like(model.w.array)
    with pytest.raises(chainermn.CommunicationError, match=r"rank 0 has /w .*\(2,\), but rank 1 has /w .*\(3,\)"):
        comm.multi_node_mean_grad(model)
    assert comm.allreduce_obj(1) == comm.size  # it goes on


def test_bcast_data_gives_all_the_parameters_of_rank_0(comm):
    model = model_of("float32")
    for param in model.params():
        param.array[...] = comm.rank + 1
    comm.bcast_data(model)
    for param in model.params():
        np.testing.assert_array_equal(param.array, np.ones(param.shape))


def test_large_buffers_travel_in_pieces(communicator, monkeypatch):
    monkeypatch.setattr("chainermn.communicators._wire.CHUNK", 256)
    for name in AVERAGING:
        comm = communicator(name)
        model = model_of("float32")
        set_gradients(model, comm.rank)
        comm.multi_node_mean_grad(model)
        expected = mean_of_gradients(model, comm.size)["/long"]
        np.testing.assert_array_equal(model.long.grad, expected.astype("float32"))
