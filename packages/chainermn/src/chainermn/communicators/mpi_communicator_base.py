"""All operations by MPI, on arrays of any device: those of a GPU pass through the host."""

from __future__ import annotations

import functools
import itertools
import operator
import pickle
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy
from chainer import Link, Parameter
from chainer.types import NdArray

from chainermn._mpi import get_mpi
from chainermn._supervisor import Operation, Supervisor, supervisor_of
from chainermn.communicators import _halves, _packing, _piecewise, _wire
from chainermn.communicators._handshake import meet
from chainermn.communicators._topology import Topology
from chainermn.communicators.communicator_base import CommunicatorBase
from chainermn.errors import CommunicationError

if TYPE_CHECKING:
    from mpi4py import MPI

_COLLECTIVE_TAG = 2**20  # of the messages that make up a collective operation
_INLINE = 32 * 1024  # bytes: a smaller object travels in its header


class MpiCommunicatorBase(CommunicatorBase):
    """Base of communicators; a subclass says how a buffer of gradients is added over all ranks.

    Args:
        mpi_comm: The processes.
        supervisor: Looks after waits; ``None`` is that of ``mpi_comm``.
        ranks: Ranks of the supervisor by rank of ``mpi_comm``; ``None`` if they are the same.

    Attributes:
        mpi_comm: As given.
        supervisor: As given.
    """

    def __init__(
        self, mpi_comm: MPI.Intracomm, supervisor: Supervisor | None = None, ranks: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self._configs.update(batched_copy=True, allreduce_grad_dtype=None)
        self.mpi_comm = mpi_comm
        self.supervisor = supervisor_of(mpi_comm) if supervisor is None else supervisor
        self._ranks = tuple(range(mpi_comm.size)) if ranks is None else tuple(ranks)
        self._name = "the communicator" if ranks is None else f"the communicator of ranks {list(self._ranks)}"
        self._topology = Topology.of(mpi_comm)
        self._counter = itertools.count()

    @property
    def rank(self) -> int:
        return self.mpi_comm.rank

    @property
    def size(self) -> int:
        return self.mpi_comm.size

    @property
    def intra_rank(self) -> int:
        return self._topology.intra_rank

    @property
    def intra_size(self) -> int:
        return self._topology.intra_size

    @property
    def inter_rank(self) -> int:
        return self._topology.inter_rank

    @property
    def inter_size(self) -> int:
        return self._topology.inter_size

    @property
    def batched_copy(self) -> bool:
        """Whether the gradients of a GPU are packed by one kernel."""
        return bool(self._configs["batched_copy"])

    def split(self, color: int, key: int) -> Self:
        self._meet("split")
        mpi_comm = self.mpi_comm.Split(color, key)
        return self._of(mpi_comm, [self._ranks[rank] for rank in mpi_comm.allgather(self.rank)])

    def twin(self) -> Self:
        """A communicator of the same kind and ranks whose messages never meet those of this one: for a thread."""
        self._meet("twin")
        return self._of(self.mpi_comm.Dup(), self._ranks)

    def _of(self, mpi_comm: Any, ranks: Sequence[int]) -> Self:
        other = type(self)(mpi_comm, self.supervisor, ranks)
        other._configs.update(self._configs)
        return other

    # Arrays between two ranks

    def send(self, data: NdArray | Sequence[NdArray], dest: int, tag: int) -> None:
        operation = self._with_one(f"send to rank {dest} with tag {tag}", dest)
        is_tuple = isinstance(data, tuple | list)
        arrays = [_host_array(x, "data") for x in (data if is_tuple else [data])]
        header = pickle.dumps(("tuple" if is_tuple else "array", [(x.dtype.str, x.shape) for x in arrays]))
        self._isend(header, dest, tag, operation)
        for array in arrays:
            for piece in _wire.pieces(array.reshape(-1)):
                self._isend(_wire.message(piece), dest, tag, operation)

    def recv(self, source: int, tag: int) -> Any:
        operation = self._with_one(f"recv from rank {source} with tag {tag}", source)
        kind, described = self._recv_header(source, tag, operation)
        if kind not in ("array", "tuple"):
            raise self._wrong_kind(operation, source, "an object by send_obj: receive it by recv_obj")
        arrays = []
        for dtype, shape in described:
            array = numpy.empty(shape, dtype)
            for piece in _wire.pieces(array.reshape(-1)):
                self._recv_into(_wire.message(piece), source, tag, operation)
            arrays.append(array)
        return tuple(arrays) if kind == "tuple" else arrays[0]

    def send_obj(self, obj: Any, dest: int, tag: int) -> None:
        operation = self._with_one(f"send_obj to rank {dest} with tag {tag}", dest)
        body = pickle.dumps(obj, pickle.HIGHEST_PROTOCOL)
        inline = body if len(body) <= _INLINE else None
        self._isend(pickle.dumps(("object", (len(body), inline))), dest, tag, operation)
        if inline is None:
            for piece in _wire.pieces(numpy.frombuffer(body, numpy.uint8)):
                self._isend(piece, dest, tag, operation)

    def recv_obj(self, source: int, tag: int) -> Any:
        operation = self._with_one(f"recv_obj from rank {source} with tag {tag}", source)
        kind, described = self._recv_header(source, tag, operation)
        if kind != "object":
            raise self._wrong_kind(operation, source, "an array by send: receive it by recv")
        nbytes, inline = described
        if inline is not None:
            return pickle.loads(inline)
        body = numpy.empty(nbytes, numpy.uint8)
        for piece in _wire.pieces(body):
            self._recv_into(piece, source, tag, operation)
        return pickle.loads(body.data)

    # Arrays among all ranks

    def bcast(self, data: NdArray | None, max_buf_len: int | None = None, root: int = 0) -> NdArray:
        self._check_root(root)
        if isinstance(data, tuple | list):
            raise TypeError(f"data must be an array, got {type(data).__name__}; use bcast_obj for it")
        array = _host_array(data, "data") if self.rank == root else None
        operation, owns = self._meet(f"bcast from rank {root}", "" if array is None else _describe(array))
        if array is None:
            array = _empty(owns[root])
        self._bcast_flat(array.reshape(-1), root, operation)
        return data if self.rank == root else array

    def allreduce(self, data: NdArray) -> NdArray:
        host = _host_array(data, "data")
        operation, _ = self._meet(f"allreduce of {host.dtype} {host.shape}")
        # MPI cannot add float16; float32 also has room for the sum on the way.
        total = host.astype(numpy.float32 if host.dtype == numpy.float16 else host.dtype, order="C")
        if self.size > 1:
            for piece in _wire.pieces(total.reshape(-1)):
                with self.supervisor.blocking(operation, piece.nbytes):
                    self.mpi_comm.Allreduce(get_mpi().IN_PLACE, *_wire.addend(piece))
        return _wire.as_given(total.astype(host.dtype, copy=False), data)

    def gather(self, data: NdArray, root: int = 0) -> tuple[NdArray, ...] | None:
        self._check_root(root)
        host = _host_array(data, "data")
        operation, owns = self._meet(f"gather to rank {root}", _describe(host))
        if self.rank != root:
            self._exchange({root: host}, {}, operation)
            return None
        arrays = {rank: _empty(own) for rank, own in enumerate(owns) if rank != root}
        self._exchange({}, arrays, operation)
        return tuple(data if rank == root else _wire.as_given(arrays[rank], data) for rank in range(self.size))

    def allgather(self, x: NdArray) -> tuple[NdArray, ...]:
        host = _host_array(x, "x")
        operation, owns = self._meet("allgather", _describe(host))
        arrays = [_empty(own) for own in owns]
        self._allgather_bytes(_bytes_of(host), [_bytes_of(array) for array in arrays], operation)
        return tuple(_wire.as_given(array, x) for array in arrays)

    def scatter(self, xs: Any, root: int = 0) -> NdArray:
        self._check_root(root)
        arrays = []
        if self.rank == root:
            arrays = [_host_array(x, "xs") for x in xs]
            self._check_one_a_rank(arrays)
        operation, _ = self._meet(f"scatter from rank {root}")
        if self.rank == root:
            described = {rank: _ascii(_describe(array)) for rank, array in enumerate(arrays) if rank != root}
            self._exchange(described, {}, operation)
            self._exchange({rank: array for rank, array in enumerate(arrays) if rank != root}, {}, operation)
            return xs[root]
        field = _ascii("")
        self._exchange({}, {root: field}, operation)
        mine = _empty(_text(field))
        self._exchange({}, {root: mine}, operation)
        return mine

    def alltoall(self, xs: Sequence[NdArray]) -> tuple[NdArray, ...]:
        if not isinstance(xs, tuple | list):
            raise TypeError(f"xs must be a tuple of arrays, one a rank, got {type(xs).__name__}")
        hosts = [_host_array(x, "xs") for x in xs]
        self._check_one_a_rank(hosts)
        operation, _ = self._meet("alltoall")
        others = [rank for rank in range(self.size) if rank != self.rank]
        fields = {rank: _ascii("") for rank in others}
        self._exchange({rank: _ascii(_describe(hosts[rank])) for rank in others}, fields, operation)
        arrays = {rank: _empty(_text(fields[rank])) for rank in others}
        self._exchange({rank: hosts[rank] for rank in others}, arrays, operation)
        like = xs[self.rank]
        return tuple(like if rank == self.rank else _wire.as_given(arrays[rank], like) for rank in range(self.size))

    # Objects among all ranks

    def bcast_obj(self, obj: Any, max_buf_len: int | None = None, root: int = 0) -> Any:
        self._check_root(root)
        body = pickle.dumps(obj, pickle.HIGHEST_PROTOCOL) if self.rank == root else b""
        operation, owns = self._meet(f"bcast_obj from rank {root}", str(len(body)))
        flat = numpy.frombuffer(body, numpy.uint8) if body else numpy.empty(int(owns[root]), numpy.uint8)
        self._bcast_flat(flat, root, operation, max_buf_len)
        return obj if self.rank == root else pickle.loads(flat.data)

    def gather_obj(self, obj: Any, root: int = 0) -> list[Any] | None:
        self._check_root(root)
        body = numpy.frombuffer(pickle.dumps(obj, pickle.HIGHEST_PROTOCOL), numpy.uint8)
        operation, owns = self._meet(f"gather_obj to rank {root}", str(body.size))
        if self.rank != root:
            self._exchange({root: body}, {}, operation)
            return None
        bodies = {rank: numpy.empty(int(n), numpy.uint8) for rank, n in enumerate(owns) if rank != root}
        self._exchange({}, bodies, operation)
        return [obj if rank == root else pickle.loads(bodies[rank].data) for rank in range(self.size)]

    def allgather_obj(self, obj: Any) -> list[Any]:
        """The objects of all ranks, on all ranks."""
        body = numpy.frombuffer(pickle.dumps(obj, pickle.HIGHEST_PROTOCOL), numpy.uint8)
        operation, owns = self._meet("allgather_obj", str(body.size))
        bodies = [numpy.empty(int(n), numpy.uint8) for n in owns]
        self._allgather_bytes(body, bodies, operation)
        return [pickle.loads(other.data) for other in bodies]

    def allreduce_obj(self, obj: Any) -> Any:
        return functools.reduce(operator.add, self.allgather_obj(obj))

    # Models

    def bcast_data(self, model: Link) -> None:
        params = _packing.initialized(model)
        layout = _packing.layout(params, "array")
        operation, _ = self._meet_layout("bcast_data", layout)
        for _, param in params:
            host = _wire.to_host(param.array)
            self._bcast_flat(host.reshape(-1), 0, operation)
            if host is not param.array and self.rank != 0:
                param.array[...] = _wire.as_given(host, param.array)

    def multi_node_mean_grad(self, model: Link, zero_fill: bool = False) -> None:
        params = _packing.initialized(model)
        operation, _ = self._meet_layout("multi_node_mean_grad", _packing.layout(params, "grad"))
        wanted = self.agree_on_gradients([param.grad is not None for _, param in params], operation)
        chosen = [param for (_, param), has_grad in zip(params, wanted, strict=True) if has_grad or zero_fill]
        _packing.fill_missing(chosen)
        for group in self._buffers(chosen):
            buffer = self.pack([param.grad for param in group], self.wire_dtype(group[0].dtype))
            self.mean_in_place(buffer, operation)
            for param, grad in zip(group, _packing.unpack(buffer, group), strict=True):
                param.grad = grad  # a new array: another variable may hold the one that was there

    def _buffers(self, params: list[Parameter]) -> list[list[Parameter]]:
        """Parameters that travel together: all of one dtype."""
        return _packing.by_dtype(params)

    def wire_dtype(self, dtype: numpy.dtype[Any]) -> numpy.dtype[Any]:
        """In which dtype gradients of a dtype are packed and added: those that are or travel in 16 bits, in float32."""
        configured = self._configs["allreduce_grad_dtype"]
        if configured is None:
            return numpy.promote_types(dtype, numpy.float32)
        return numpy.dtype(numpy.float32 if configured in _halves.KINDS else configured)

    def agree_on_gradients(self, present: Sequence[bool], operation: Operation | None = None) -> list[bool]:
        """Which parameters have a gradient on any rank."""
        mask = numpy.array(present, numpy.uint8)
        if operation is None:
            operation, _ = self._meet(f"agreement on {mask.size} gradients")
        if self.size > 1 and mask.size:
            with self.supervisor.blocking(operation, mask.nbytes):
                self.mpi_comm.Allreduce(get_mpi().IN_PLACE, mask, get_mpi().MAX)
        return [bool(flag) for flag in mask]

    def pack(self, grads: Sequence[NdArray], dtype: numpy.dtype[Any]) -> NdArray:
        """Gradients one after another, where this communicator adds."""
        return _packing.pack(grads, dtype)

    def empty(self, size: int, dtype: numpy.dtype[Any], param: Parameter) -> NdArray:
        """A buffer for gradients of parameters like this one, where this communicator adds."""
        return numpy.empty(size, dtype)

    def keep(self, buffer: NdArray) -> None:
        """A buffer is going to be averaged again and again."""

    def on_wire(self, grad: NdArray) -> NdArray:
        """A gradient, brought to where such a buffer is."""
        return _wire.to_host(grad)

    def mark(self) -> Any:
        """What :meth:`mean_in_place` has to wait for: when all that was asked of the device until now is done."""
        return None

    def mean_in_place(self, buffer: NdArray, operation: Operation | None = None, after: Any = None) -> None:
        """Replaces a flat array by its mean over all ranks.

        Args:
            operation: ``None`` if the ranks have not met yet.
            after: A :meth:`mark`; ``None`` is now.
        """
        if operation is None:
            operation, _ = self._meet(f"mean of {buffer.size} gradients in {buffer.dtype}")
        if self.size > 1 and buffer.size:
            self._mean_in_place(buffer, operation, after)

    def mean_of_part(self, parts: NdArray, after: Any = None) -> NdArray:
        """The row of this rank of the mean over all ranks of an array.

        Args:
            parts: Array with one row a rank; may be overwritten, also by the result.
            after: As for :meth:`mean_in_place`.
        """
        operation, _ = self._meet(f"mean of a part of {parts.size} gradients in {parts.dtype}")
        return self._mean_of_part(parts, operation, after) if self.size > 1 and parts.size else parts[self.rank]

    def allgather_parts(self, mine: NdArray, everyone: NdArray, after: Any = None) -> None:
        """Fills the rows of an array by what the ranks have.

        Args:
            mine: What this rank has: a flat array, of the same size on all ranks, where :meth:`empty` makes one; may
                be its row of ``everyone``.
            everyone: Has one row a rank.
            after: As for :meth:`mean_in_place`.
        """
        operation, _ = self._meet(f"allgather of parts of {mine.size} elements of {mine.dtype}")
        if self.size == 1 or not mine.size:
            everyone[self.rank] = mine
        else:
            self._allgather_parts(mine, everyone, operation, after)

    def _mean_in_place(self, buffer: NdArray, operation: Operation, after: Any = None) -> None:
        """How a buffer is averaged over all ranks: what communicators differ in."""
        for piece in _wire.pieces(buffer):
            with self.supervisor.blocking(operation, piece.nbytes):
                self._mean_piece(self.mpi_comm, piece)

    def _mean_piece(self, mpi_comm: MPI.Comm, piece: numpy.ndarray[Any, Any]) -> None:
        """Replaces a piece by its sum over the ranks of ``mpi_comm``, divided by the number of all ranks."""
        if mpi_comm.size > 1 and self._half is not None:
            _piecewise.mean_in_place(mpi_comm, piece, self._half, self.size)
            return
        if mpi_comm.size > 1:
            mpi_comm.Allreduce(get_mpi().IN_PLACE, *_wire.addend(piece))
        piece /= self.size

    def _mean_of_part(self, parts: NdArray, operation: Operation, after: Any = None) -> NdArray:
        for columns in _wire.columns(parts):
            piece = parts[:, columns]
            with self.supervisor.blocking(operation, piece.nbytes):
                _piecewise.mean_of_part(self.mpi_comm, piece, self._half, self.size)
        return parts[self.rank]

    def _allgather_parts(self, mine: NdArray, everyone: NdArray, operation: Operation, after: Any = None) -> None:
        for columns in _wire.columns(everyone):
            rows = everyone[:, columns]
            with self.supervisor.blocking(operation, rows.nbytes):
                _piecewise.allgather(self.mpi_comm, mine[columns], rows)

    @property
    def _half(self) -> str | None:
        """The kind of 16-bit numbers in which gradients travel, if they do."""
        configured = self._configs["allreduce_grad_dtype"]
        return configured if configured in _halves.KINDS else None

    def finalize(self) -> None:
        pass  # the MPI communicator is the caller's

    # Parts of the above

    def _meet(self, common: str, own: str = "") -> tuple[Operation, list[str]]:
        operation = self.supervisor.begin(Operation(common, self._ranks, next(self._counter), self._name))
        return operation, meet(self.mpi_comm, self.supervisor, operation, common, own)

    def _meet_layout(self, name: str, layout: _packing.Layout) -> tuple[Operation, list[str]]:
        operation, owns = self._meet(name, layout.digest)
        if len(set(owns)) > 1:  # all ranks see it, so all can afford the time to find the culprit
            raise _packing.difference(self.allgather_obj(layout.rows), name, operation)
        return operation, owns

    def _with_one(self, text: str, other: int) -> Operation:
        if not 0 <= other < self.size:
            raise ValueError(f"rank must be from 0 to {self.size - 1}, got {other} in {text}")
        ranks = [self._ranks[other]]
        return self.supervisor.begin(Operation(text, ranks, next(self._counter), self._name))

    def _isend(self, buffer: Any, dest: int, tag: int, operation: Operation) -> None:
        request = self.mpi_comm.Isend(buffer, dest, tag)
        self.supervisor.wait(request, operation, len(buffer))

    def _recv_into(self, buffer: Any, source: int, tag: int, operation: Operation) -> None:
        self.supervisor.wait(self.mpi_comm.Irecv(buffer, source, tag), operation, len(buffer))

    def _recv_header(self, source: int, tag: int, operation: Operation) -> Any:
        message = self.supervisor.wait(_Arrival(self.mpi_comm, source, tag), operation)
        header = bytearray(message[1])
        message[0].Recv(header)
        return pickle.loads(header)

    def _wrong_kind(self, operation: Operation, source: int, what: str) -> CommunicationError:
        return CommunicationError(f"rank {source} sends {what}; it met {operation}")

    def _exchange(
        self,
        outgoing: Mapping[int, numpy.ndarray[Any, Any]],
        incoming: Mapping[int, numpy.ndarray[Any, Any]],
        operation: Operation,
    ) -> None:
        """Sends arrays to ranks and fills others from ranks, all at once."""
        requests = []
        for rank, array in incoming.items():
            for piece in _wire.pieces(_bytes_of(array)):
                requests.append((self.mpi_comm.Irecv(piece, rank, _COLLECTIVE_TAG), piece.size))
        for rank, array in outgoing.items():
            for piece in _wire.pieces(_bytes_of(array)):
                requests.append((self.mpi_comm.Isend(piece, rank, _COLLECTIVE_TAG), piece.size))
        for request, nbytes in requests:
            self.supervisor.wait(request, operation, nbytes)

    def _bcast_flat(
        self, flat: numpy.ndarray[Any, Any], root: int, operation: Operation, max_buf_len: int | None = None
    ) -> None:
        if self.size == 1:
            return
        data = _bytes_of(flat)
        length = min(max_buf_len or _wire.CHUNK, _wire.CHUNK)
        for start in range(0, data.size, length):
            piece = data[start : start + length]
            with self.supervisor.blocking(operation, piece.size):
                self.mpi_comm.Bcast(piece, root)

    def _allgather_bytes(
        self, mine: numpy.ndarray[Any, Any], everyone: list[numpy.ndarray[Any, Any]], operation: Operation
    ) -> None:
        """Fills ``everyone``, flat arrays of bytes whose sizes all ranks know, by ``mine`` of each rank."""
        everyone[self.rank][...] = mine
        if self.size == 1:
            return
        sizes = [array.size for array in everyone]
        if sum(sizes) > _wire.CHUNK:
            for rank, array in enumerate(everyone):
                self._bcast_flat(array, rank, operation)
            return
        together = numpy.empty(sum(sizes), numpy.uint8)
        with self.supervisor.blocking(operation, together.size):
            self.mpi_comm.Allgatherv(mine, [together, sizes])
        for array, part in zip(everyone, numpy.split(together, numpy.cumsum(sizes)[:-1]), strict=True):
            array[...] = part

    def _check_root(self, root: int) -> None:
        if not 0 <= root < self.size:
            raise ValueError(f"root must be from 0 to {self.size - 1}, got {root}")

    def _check_one_a_rank(self, arrays: list[Any]) -> None:
        if len(arrays) != self.size:
            raise ValueError(f"xs must have one array a rank: {self.size} ranks, got {len(arrays)} arrays")


class _Arrival:
    """A message that is to come; asked like a request."""

    def __init__(self, mpi_comm: MPI.Intracomm, source: int, tag: int) -> None:
        self._mpi_comm, self._source, self._tag = mpi_comm, source, tag
        self._status = get_mpi().Status()

    def Test(self) -> Any:
        message = self._mpi_comm.Improbe(self._source, self._tag, self._status)
        return None if message is None else (message, self._status.Get_count(get_mpi().BYTE))


def _host_array(x: Any, name: str) -> numpy.ndarray[Any, Any]:
    if not hasattr(x, "dtype") or not hasattr(x, "shape"):
        raise TypeError(f"{name} must be made of arrays, got {type(x).__name__}; objects have methods ending in _obj")
    if x.dtype.hasobject:
        raise TypeError(f"{name} must have numbers as elements, got dtype object; use the method ending in _obj")
    return _wire.to_host(x if hasattr(x, "flags") else numpy.asarray(x))


def _bytes_of(array: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    return _wire.message(array.reshape(-1))


def _describe(array: numpy.ndarray[Any, Any]) -> str:
    return f"{array.dtype.str}:{','.join(map(str, array.shape))}"


def _empty(described: str) -> numpy.ndarray[Any, Any]:
    dtype, _, shape = described.partition(":")
    return numpy.empty([int(n) for n in shape.split(",") if n], dtype)


def _ascii(text: str) -> numpy.ndarray[Any, Any]:
    field = numpy.zeros(320, numpy.uint8)
    field[: len(text)] = numpy.frombuffer(text.encode(), numpy.uint8)
    return field


def _text(field: numpy.ndarray[Any, Any]) -> str:
    return field.tobytes().rstrip(b"\0").decode()
