"""What every communicator can do."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self

from chainer import Link
from chainer.types import NdArray


class CommunicatorBase(metaclass=ABCMeta):
    """Interface of the processes of a training to each other.

    Processes are numbered by their *rank*. Those on one machine form a *node*: ``intra_rank`` counts within it,
    ``inter_rank`` counts the nodes. Operations on arrays and models are written for many calls of the same shape;
    those that end in ``_obj`` move any object that can be pickled.

    Collective operations have to be called by all ranks, in the same order. Where ranks disagree, or one is missing,
    each of them raises :class:`chainermn.CommunicationError`.
    """

    _configs: dict[str, Any]

    def __init__(self) -> None:
        self._configs = {}
        self._within_config_scope = False

    def __deepcopy__(self, memo: Any) -> Self:
        return self  # the processes are the same for the copy of a model

    # Position

    @property
    @abstractmethod
    def rank(self) -> int:
        """Number of this process, from 0."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of processes."""

    @property
    @abstractmethod
    def intra_rank(self) -> int:
        """Number of this process on its node; by convention also the number of its GPU."""

    @property
    @abstractmethod
    def intra_size(self) -> int:
        """Number of processes on this node."""

    @property
    @abstractmethod
    def inter_rank(self) -> int:
        """Number of this node."""

    @property
    @abstractmethod
    def inter_size(self) -> int:
        """Number of nodes."""

    # Configuration

    def set_config(self, name: str, value: Any = True, **kwargs: Any) -> None:
        """Sets an option.

        Args:
            name: ``'batched_copy'``: whether the gradients of a GPU are packed by one kernel; or
                ``'allreduce_grad_dtype'``: the dtype in which gradients travel, where the communicator has it.
            value: The value.

        Raises:
            ValueError: There is no such option.
        """
        if kwargs or name not in self._configs:
            unknown = next(iter(kwargs), name)
            raise ValueError(f"unknown config {unknown!r}; there are {', '.join(map(repr, sorted(self._configs)))}")
        self._configs[name] = value

    def get_config(self, name: str | None = None) -> Any:
        """An option by name, or a dict of all.

        Raises:
            KeyError: There is no such option.
        """
        return dict(self._configs) if name is None else self._configs[name]

    @contextmanager
    def _config_scope(self) -> Iterator[Self]:
        object.__setattr__(self, "_within_config_scope", True)
        try:
            yield self
        finally:
            object.__setattr__(self, "_within_config_scope", False)

    def config_scope(self) -> AbstractContextManager[Self]:
        """Inside this scope, attributes that are set on the communicator become options of its.

        Example:
            >>> import chainermn
            >>> comm = chainermn.create_communicator("naive")
            >>> with comm.config_scope():
            ...     comm.batched_copy = False
            >>> comm.get_config("batched_copy")
            False
        """
        return self._config_scope()

    @property
    def within_config_scope(self) -> bool:
        """Whether a :meth:`config_scope` is open."""
        return self._within_config_scope

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get("_within_config_scope", False):
            self._configs[name] = value
        else:
            super().__setattr__(name, value)

    # Operations

    @abstractmethod
    def split(self, color: int, key: int) -> CommunicatorBase:
        """Splits the communicator: ranks with the same ``color`` form a new one, in the order of ``key``."""

    @abstractmethod
    def send(self, data: NdArray | Sequence[NdArray], dest: int, tag: int) -> None:
        """Sends an array, or a tuple of arrays, to a rank that calls :meth:`recv`."""

    @abstractmethod
    def recv(self, source: int, tag: int) -> Any:
        """Receives what a rank sends by :meth:`send`: an array, or a tuple of arrays."""

    @abstractmethod
    def alltoall(self, xs: Sequence[NdArray]) -> tuple[NdArray, ...]:
        """Gives ``xs[i]`` to rank ``i``; returns what the ranks have for this one, in their order."""

    @abstractmethod
    def bcast(self, data: NdArray | None, max_buf_len: int | None = None, root: int = 0) -> NdArray:
        """The array of rank ``root``, on all ranks."""

    @abstractmethod
    def gather(self, data: NdArray, root: int = 0) -> tuple[NdArray, ...] | None:
        """The arrays of all ranks, on rank ``root``; ``None`` on the others. Shapes may differ."""

    @abstractmethod
    def allgather(self, x: NdArray) -> tuple[NdArray, ...]:
        """The arrays of all ranks, on all ranks. Shapes may differ."""

    @abstractmethod
    def scatter(self, xs: Any, root: int = 0) -> NdArray:
        """Gives ``xs[i]`` of rank ``root`` to rank ``i``; ``xs`` is an array or a tuple of arrays."""

    @abstractmethod
    def allreduce(self, data: NdArray) -> NdArray:
        """The sum of the arrays of all ranks, on all ranks. Shapes and dtypes are the same."""

    @abstractmethod
    def send_obj(self, obj: Any, dest: int, tag: int) -> None:
        """Sends an object to a rank that calls :meth:`recv_obj`."""

    @abstractmethod
    def recv_obj(self, source: int, tag: int) -> Any:
        """Receives what a rank sends by :meth:`send_obj`."""

    @abstractmethod
    def bcast_obj(self, obj: Any, max_buf_len: int | None = None, root: int = 0) -> Any:
        """The object of rank ``root``, on all ranks.

        Args:
            max_buf_len: Largest message in bytes; the object travels in as many as it takes.
        """

    @abstractmethod
    def gather_obj(self, obj: Any, root: int = 0) -> list[Any] | None:
        """The objects of all ranks, on rank ``root``; ``None`` on the others."""

    @abstractmethod
    def allreduce_obj(self, obj: Any) -> Any:
        """The sum of the objects of all ranks, on all ranks: whatever ``+`` means for them."""

    @abstractmethod
    def bcast_data(self, model: Link) -> None:
        """Gives all ranks the parameters that rank 0 has."""

    def broadcast_data(self, model: Link) -> None:
        """Old name of :meth:`bcast_data`."""
        self.bcast_data(model)

    @abstractmethod
    def multi_node_mean_grad(self, model: Link, zero_fill: bool = False) -> None:
        """Gives each parameter the mean of its gradients over all ranks.

        Args:
            model: Holds the parameters; they have the same names, shapes and dtypes on all ranks.
            zero_fill: Whether a parameter without gradient on any rank gets one of zeros; otherwise it stays without.
                A gradient that only some ranks have counts as zero on the others.
        """

    def allreduce_grad(self, model: Link, zero_fill: bool = False) -> None:
        """Old name of :meth:`multi_node_mean_grad`."""
        self.multi_node_mean_grad(model, zero_fill)

    @abstractmethod
    def finalize(self) -> None:
        """Frees what the communicator holds; it cannot be used afterwards."""
