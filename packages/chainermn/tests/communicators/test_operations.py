"""Arrays and objects between ranks."""

import chainermn
import numpy as np
import pytest
from chainermn import CommunicationError

DTYPES = ["bool", "int8", "int64", "float16", "float32", "float64", "complex128"]


@pytest.fixture(autouse=True, params=["whole", "in pieces"])
def piece_size(request, monkeypatch):
    if request.param == "in pieces":
        monkeypatch.setattr("chainermn.communicators._wire.CHUNK", 64)
        monkeypatch.setattr("chainermn.communicators.mpi_communicator_base._INLINE", 16)


def arrays_of(rank):
    return (
        np.arange(6, dtype="float32").reshape(2, 3) + rank,
        np.array(rank, "int64"),
        np.zeros((0, 2), "float16"),
        np.arange(200, dtype="float64")[::2] * rank,
    )


@pytest.mark.parametrize("x", [*arrays_of(1), arrays_of(2), [np.ones(2)]], ids=lambda x: type(x).__name__)
def test_arrays_go_round_in_a_ring(comm, x):
    if comm.size == 1:
        pytest.skip("needs another rank")
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    comm.send(x, after, tag=3)
    received = comm.recv(before, tag=3)
    if isinstance(x, np.ndarray):
        assert received.dtype == x.dtype
        np.testing.assert_array_equal(received, x, strict=True)
    else:
        assert isinstance(received, tuple)
        for y, expected in zip(received, x, strict=True):
            np.testing.assert_array_equal(y, expected, strict=True)


def test_tags_tell_messages_apart(comm):
    if comm.size == 1:
        pytest.skip("needs another rank")
    if comm.rank == 0:
        comm.send(np.zeros(1), 1, tag=1)
        comm.send(np.ones(1), 1, tag=2)
    elif comm.rank == 1:
        assert comm.recv(0, tag=2) == 1
        assert comm.recv(0, tag=1) == 0


@pytest.mark.parametrize("obj", [None, "text", {"a": [1, 2]}, list(range(1000))], ids=["None", "text", "dict", "long"])
def test_objects_go_round_in_a_ring(comm, obj):
    if comm.size == 1:
        pytest.skip("needs another rank")
    comm.send_obj((comm.rank, obj), (comm.rank + 1) % comm.size, tag=0)
    before = (comm.rank - 1) % comm.size
    assert comm.recv_obj(before, tag=0) == (before, obj)


@pytest.mark.parametrize("root", [0, -1])
def test_bcast(comm, root):
    root %= comm.size
    for x in arrays_of(7):
        np.testing.assert_array_equal(comm.bcast(x if comm.rank == root else None, root=root), x, strict=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_allreduce_adds(comm, dtype):
    x = (np.arange(60).reshape(3, 20) % 5 + comm.rank).astype(dtype)
    before = x.copy()
    total = comm.allreduce(x)
    expected = sum((np.arange(60).reshape(3, 20) % 5 + rank).astype(dtype) for rank in range(comm.size))
    np.testing.assert_array_equal(total, expected.astype(dtype), strict=True)
    np.testing.assert_array_equal(x, before)


def test_allreduce_of_a_number(comm):
    assert comm.allreduce(np.array(2.0)).shape == ()
    assert comm.allreduce(np.array(2.0)) == 2 * comm.size


def test_allgather_takes_ragged_arrays(comm):
    ys = comm.allgather(np.full((comm.rank, 3), comm.rank, "float32"))
    for rank, y in enumerate(ys):
        np.testing.assert_array_equal(y, np.full((rank, 3), rank, "float32"), strict=True)


@pytest.mark.parametrize("root", [0, -1])
def test_gather(comm, root):
    root %= comm.size
    ys = comm.gather(np.full((2, comm.rank + 1), comm.rank), root)
    if comm.rank != root:
        assert ys is None
        return
    for rank, y in enumerate(ys):
        np.testing.assert_array_equal(y, np.full((2, rank + 1), rank))


@pytest.mark.parametrize("root", [0, -1])
def test_scatter(comm, root):
    root %= comm.size
    xs = tuple(np.full((rank + 1, 20), rank, "float32") for rank in range(comm.size))
    y = comm.scatter(xs if comm.rank == root else None, root)
    np.testing.assert_array_equal(y, xs[comm.rank], strict=True)


def test_scatter_of_one_array_gives_its_rows(comm):
    xs = np.arange(4 * comm.size).reshape(comm.size, 4)
    np.testing.assert_array_equal(comm.scatter(xs if comm.rank == 0 else None), xs[comm.rank])


def test_alltoall_transposes(comm):
    xs = tuple(np.full(comm.rank + to, 10 * comm.rank + to) for to in range(comm.size))
    for rank, y in enumerate(comm.alltoall(xs)):
        np.testing.assert_array_equal(y, np.full(comm.rank + rank, 10 * rank + comm.rank))


def test_objects_among_all(comm):
    everyone = [("rank", rank) for rank in range(comm.size)]
    mine = everyone[comm.rank]
    last = comm.size - 1
    assert comm.allgather_obj(mine) == everyone
    assert comm.gather_obj(mine, root=last) == (everyone if comm.rank == last else None)
    assert comm.bcast_obj(mine, root=last) == everyone[last]
    assert comm.bcast_obj(list(range(500)), max_buf_len=7) == list(range(500))
    assert comm.allreduce_obj(comm.rank) == sum(range(comm.size))
    assert comm.allreduce_obj([comm.rank]) == list(range(comm.size))


def test_split_makes_smaller_ones(comm):
    part = comm.split(comm.rank % 2, -comm.rank)
    members = [rank for rank in range(comm.size) if rank % 2 == comm.rank % 2][::-1]
    assert type(part) is type(comm)
    assert (part.size, part.rank) == (len(members), members.index(comm.rank))
    assert part.allgather_obj(comm.rank) == members
    np.testing.assert_array_equal(part.allreduce(np.array([comm.rank])), [sum(members)])


def test_a_twin_does_not_meet_the_messages_of_the_original(comm):
    twin = comm.twin()
    if comm.size == 1:
        return
    if comm.rank == 0:
        comm.send_obj("original", 1, tag=0)
        twin.send_obj("twin", 1, tag=0)
    elif comm.rank == 1:
        assert twin.recv_obj(0, tag=0) == "twin"
        assert comm.recv_obj(0, tag=0) == "original"


def test_ranks_that_do_different_things_all_learn_of_it(comm):
    if comm.size == 1:
        pytest.skip("one rank agrees with itself")
    odd = comm.rank == 1
    cases = [
        (lambda: comm.allreduce(np.zeros(3 + odd)), r"rank.* allreduce of float64 \(3,\), rank 1 .*\(4,\)"),
        (lambda: comm.allreduce(np.zeros(3, "f" if odd else "d")), "rank 1 calls allreduce of float32"),
        (lambda: comm.allgather(np.zeros(3)) if odd else comm.allreduce(np.zeros(3)), "rank 1 calls allgather"),
        (lambda: comm.bcast_obj(1, root=int(odd)), "rank 1 calls bcast_obj from rank 1"),
    ]
    for call, message in cases:
        with pytest.raises(CommunicationError, match=message):
            call()
    assert comm.allreduce_obj(1) == comm.size


def test_an_object_is_not_received_as_an_array(comm):
    if comm.size == 1:
        pytest.skip("needs another rank")
    if comm.rank == 0:
        comm.send_obj("x", 1, tag=5)
        comm.send(np.zeros(0), 1, tag=6)
    elif comm.rank == 1:
        with pytest.raises(CommunicationError, match="rank 0 sends an object by send_obj"):
            comm.recv(0, tag=5)
        with pytest.raises(CommunicationError, match="rank 0 sends an array by send"):
            comm.recv_obj(0, tag=6)


def test_waiting_has_a_limit(comm, monkeypatch):
    if comm.size == 1:
        pytest.skip("needs another rank")
    monkeypatch.setattr(comm.supervisor, "timeout", 0.4)
    monkeypatch.setattr(comm.supervisor, "step", 12)
    if comm.rank == 0:
        with pytest.raises(CommunicationError, match=r"rank 1 did not come; .* recv from rank 1 with tag 9 \(step 12"):
            comm.recv(1, tag=9)
    monkeypatch.undo()
    comm.allgather_obj(None)


def test_two_ranks_that_wait_for_each_other_are_both_named(comm, monkeypatch):
    if comm.size == 1:
        pytest.skip("needs another rank")
    comm.allgather_obj(None)
    monkeypatch.setattr(comm.supervisor, "timeout", 1.0)
    if comm.rank < 2:
        with pytest.raises(CommunicationError, match=f"rank {1 - comm.rank} waits in recv from rank {comm.rank} with"):
            comm.recv(1 - comm.rank, tag=8)
    monkeypatch.undo()
    comm.allgather_obj(None)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.allreduce([1, 2]), TypeError, "data must be made of arrays, got list"),
        (lambda c: c.allreduce(np.array([None])), TypeError, "dtype object"),
        (lambda c: c.bcast((np.zeros(1),)), TypeError, "data must be an array, got tuple"),
        (lambda c: c.alltoall(np.zeros(3)), TypeError, "xs must be a tuple of arrays"),
        (lambda c: c.alltoall((np.zeros(1),) * (c.size + 1)), ValueError, "xs must have one array a rank"),
        (lambda c: c.bcast_obj(1, root=c.size), ValueError, "root must be from 0 to"),
        (lambda c: c.send(np.zeros(1), c.size, 0), ValueError, "rank must be from 0 to"),
    ],
)
def test_refuses_nonsense(comm, call, error, message):
    with pytest.raises(error, match=message):
        call(comm)


def test_communicators_are_not_copied_with_models(comm):
    import copy

    assert copy.deepcopy({"comm": comm})["comm"] is comm
    assert isinstance(comm, chainermn.CommunicatorBase)
