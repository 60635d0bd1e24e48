"""Averages gradients over ranks, and lets an optimizer update by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer import Deserializer, GradientMethod, Variable, gradient_final_hook

from chainermn._buckets import Buckets
from chainermn._gradient_buckets import GradientBuckets
from chainermn._mpi import has_free_threads
from chainermn._wrapper import Wrapper
from chainermn.communicators import _packing, _wire
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.timeline import Timeline

FIRST_BYTES = 2**20  # of the first bucket


class MultiNodeOptimizer(Wrapper):
    """The optimizer behind :func:`chainermn.create_multi_node_optimizer`.

    Attributes:
        actual_optimizer: As given.
        communicator: As given.
        zero_fill: As given.
        accumulate_steps: As given.
    """

    buckets_class: type[Buckets] = GradientBuckets

    def __init__(
        self,
        actual_optimizer: GradientMethod,
        communicator: MpiCommunicatorBase,
        zero_fill: bool,
        overlap: bool,
        bucket_bytes: int,
        accumulate_steps: int,
    ) -> None:
        super().__init__(
            actual_optimizer,
            communicator=communicator,
            zero_fill=zero_fill,
            accumulate_steps=accumulate_steps,
            _overlap=overlap,
            _bucket_bytes=bucket_bytes,
            _n_accumulated=0,
            _twin=None,
            _buckets=None,
        )

    def update(self, lossfun: Callable[..., Variable] | None = None, *args: Any, **kwds: Any) -> None:
        """Averages the gradients and updates the parameters by them; see :func:`create_multi_node_optimizer`."""
        self.communicator.supervisor.step = self.actual_optimizer.t
        if lossfun is not None:
            self._update_by_loss(lossfun, args, kwds)
        elif self._has_changed():
            self._start_anew()
        else:
            self._update_by_present()

    def _update_by_present(self) -> None:
        # Ranks may lack gradients, and with them their scale, so it cannot be left to the actual optimizer.
        self.actual_optimizer.unscale_gradients()
        self.communicator.multi_node_mean_grad(self.actual_optimizer.target, self.zero_fill)
        self.actual_optimizer.update(None)

    def _update_by_loss(self, lossfun: Callable[..., Variable], args: Any, kwds: Any) -> None:
        actual = self.actual_optimizer
        is_first, is_last = self._n_accumulated == 0, self._n_accumulated == self.accumulate_steps - 1
        is_new = False
        order: list[Variable] = []
        take = order.append

        def compute_loss() -> Variable:
            nonlocal is_new, take
            loss = lossfun(*args, **kwds)
            if is_new := self._has_changed():  # only now, for parameters may have got their shapes meanwhile
                self._start_anew()
            elif is_last and self._has_buckets():
                self._buckets.begin()
                take = self._buckets.gradient_final
            return loss if self.accumulate_steps == 1 else loss / self.accumulate_steps

        with gradient_final_hook(lambda variable: take(variable)):
            actual.compute_gradients(compute_loss, accumulate=not is_first)
        if is_new or (is_last and not self._has_buckets()):
            self._make_buckets(order)
        if is_new:
            actual.target.cleargrads()  # some are of parameters that have been replaced
        if is_new or not is_last:
            self._set_own(_n_accumulated=0 if is_new else self._n_accumulated + 1)
            return
        self._set_own(_n_accumulated=0)
        if take != self._buckets.gradient_final:
            self._buckets.begin()
        self._finish(actual.get_loss_scale())

    def _finish(self, loss_scale: float | None) -> None:
        """All gradients of this rank are final: waits for those of the others and updates."""
        self._buckets.finish(self.zero_fill, loss_scale)
        self.actual_optimizer.update(None)

    def _start_anew(self) -> None:
        self._drop_buckets()
        self.communicator.bcast_data(self.actual_optimizer.target)

    def _drop_buckets(self) -> None:
        if self._buckets is not None:
            self._buckets.close()
        self._set_own(_buckets=None)

    def _has_buckets(self) -> bool:
        """Whether there are buckets for the parameters that there are now."""
        if self._buckets is None:
            return False
        params = [param for _, param in _packing.initialized(self.actual_optimizer.target)]
        if not self._buckets.are_of(params):  # a link has been replaced by one like it
            self._drop_buckets()
            return False
        return True

    def _make_buckets(self, finished: list[Variable]) -> None:
        """Makes buckets in the order in which gradients have become final on rank 0."""
        params = dict(_packing.initialized(self.actual_optimizer.target))
        paths = {id(param): path for path, param in params.items()}
        order = [paths[id(variable)] for variable in finished if id(variable) in paths]
        # Ranks may have walked different graphs: what rank 0 has not met comes last.
        order = self.communicator.bcast_obj(order)
        order += [path for path in params if path not in set(order)]
        if self._twin is None:
            self._set_own(_twin=self.communicator.twin())
        self._twin.set_config("allreduce_grad_dtype", self.communicator.get_config("allreduce_grad_dtype"))
        self._set_own(
            _buckets=self.buckets_class(
                self._twin,
                [params[path] for path in order],
                self._bucket_bytes,
                FIRST_BYTES,
                self._overlap and has_free_threads(),
                self.n_parts,
            )
        )

    def serialize(self, serializer: Any) -> None:
        """Saves or loads the actual optimizer, and gradients that wait for the rest of their step."""
        self._serialize_states(serializer)
        if self.accumulate_steps > 1:
            self._serialize_accumulated(serializer)

    def _serialize_states(self, serializer: Any) -> None:
        self.actual_optimizer.serialize(serializer)

    def _serialize_accumulated(self, serializer: Any) -> None:
        params = _packing.initialized(self.actual_optimizer.target)
        if not isinstance(serializer, Deserializer):
            serializer("n_accumulated", self._n_accumulated)
            for path, param in params if self._n_accumulated else []:
                if param.grad is not None:
                    serializer["accumulated"][path]("grad", param.grad)
            return
        self._set_own(_n_accumulated=int(optional(serializer, "n_accumulated") or 0))
        for path, param in params if self._n_accumulated else []:
            grad = optional(serializer["accumulated"][path], "grad")
            param.grad = None if grad is None else _wire.as_given(grad, param.array)

    @property
    def timeline(self) -> Timeline:
        """When the gradients of the latest step travelled, and how much of that backward has hidden."""
        return Timeline() if self._buckets is None else self._buckets.timeline

    @property
    def n_parts(self) -> int:
        """Into how many parts parameters are cut."""
        return 1


def optional(serializer: Any, key: str) -> Any:
    """A value that the file may lack: then ``None``."""
    try:
        return serializer(key, None)
    except KeyError:
        return None
