"""Updates with the gradients of the step before, so that communication has a whole step of time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

from chainer import GradientMethod, Parameter, Variable
from chainer.types import NdArray

from chainermn._mpi import has_free_threads
from chainermn._wrapper import Wrapper
from chainermn.communicators import _packing
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase

Means: TypeAlias = list[tuple[Parameter, NdArray | None]]


class DoubleBufferingOptimizer(Wrapper):
    """The optimizer of ``create_multi_node_optimizer(double_buffering=True)``.

    The first call of ``update`` gives all ranks the parameters of rank 0, the second one only sends gradients, and
    each later one updates with those that the call before it has sent.

    Raises:
        ValueError: MPI does not let a thread communicate beside the main one.
    """

    def __init__(self, actual_optimizer: GradientMethod, communicator: MpiCommunicatorBase, zero_fill: bool) -> None:
        if not has_free_threads():
            raise ValueError("double_buffering needs an MPI whose thread level is MPI_THREAD_MULTIPLE; pass False")
        super().__init__(
            actual_optimizer,
            communicator=communicator,
            zero_fill=zero_fill,
            _thread=ThreadPoolExecutor(1, "chainermn-double-buffering"),
            _twin=None,
            _on_its_way=None,
        )

    def update(self, lossfun: Callable[..., Variable] | None = None, *args: Any, **kwds: Any) -> None:
        """Sends the gradients of this step and updates the parameters by those of the step before."""
        target = self.actual_optimizer.target
        self.communicator.supervisor.step = self.actual_optimizer.t
        if lossfun is not None:
            self.actual_optimizer.compute_gradients(lossfun, args, kwds)
        self.actual_optimizer.unscale_gradients()  # each rank its own: one that lacks a gradient lacks its scale
        if self._has_changed():
            self.wait()
            self._set_own(_on_its_way=None)
            self.communicator.bcast_data(target)
            return
        if self._twin is None:
            self._set_own(_twin=self.communicator.twin())
        before: Future[Means] | None = self._on_its_way
        params = [param for _, param in _packing.initialized(target)]
        grads = [param.grad for param in params]
        means = None if before is None else before.result()
        self._set_own(_on_its_way=self._thread.submit(self._mean, params, grads))
        if means is not None:
            for param, grad in means:
                param.grad = grad
            self.actual_optimizer.update(None)

    def wait(self) -> None:
        """Waits until no gradients are on their way."""
        if self._on_its_way is not None:
            self._on_its_way.result()

    def _mean(self, params: list[Parameter], grads: list[NdArray | None]) -> Means:
        wanted = self._twin.agree_on_gradients([grad is not None for grad in grads])
        chosen = [param for param, has_grad in zip(params, wanted, strict=True) if has_grad or self.zero_fill]
        own = {id(param): grad for param, grad in zip(params, grads, strict=True)}
        chosen_ids = set(map(id, chosen))
        means: Means = [(param, None) for param in params if id(param) not in chosen_ids]
        for group in _packing.by_dtype(chosen):
            arrays = [param.xp.zeros_like(param.array) if own[id(param)] is None else own[id(param)] for param in group]
            buffer = self._twin.pack(arrays, self._twin.wire_dtype(group[0].dtype))
            self._twin.mean_in_place(buffer)
            means += zip(group, _packing.unpack(buffer, group), strict=True)
        return means
