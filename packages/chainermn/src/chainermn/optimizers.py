"""Any optimizer, with gradients averaged over ranks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer import GradientMethod, Parameter, Variable, gradient_final_hook

from chainermn._double_buffering import DoubleBufferingOptimizer
from chainermn._gradient_buckets import GradientBuckets
from chainermn._mpi import has_free_threads
from chainermn._wrapper import Wrapper
from chainermn.communicators.mpi_communicator_base import MpiCommunicatorBase
from chainermn.timeline import Timeline

_BUCKET_BYTES = 25 * 2**20
_FIRST_BYTES = 2**20


def create_multi_node_optimizer(
    actual_optimizer: GradientMethod,
    communicator: MpiCommunicatorBase,
    double_buffering: bool = False,
    zero_fill: bool = True,
    *,
    overlap: bool = True,
    bucket_bytes: int = _BUCKET_BYTES,
) -> Any:
    """Makes an optimizer average the gradients of all ranks before it updates the parameters.

    The first call of ``update`` gives all ranks the parameters of rank 0 and updates nothing; so does the first one
    after parameters have been added. ``update(lossfun, ...)`` averages gradients in buckets while backward still
    computes others; ``update()`` averages what gradients there are at once. A parameter that has a gradient on some
    ranks counts as zero on the others.

    Args:
        actual_optimizer: The optimizer; all its attributes are those of the result too.
        communicator: Averages.
        double_buffering: Whether to update with the mean gradients of the update before, while those of this one
            travel: hides the communication behind a whole iteration, with gradients one step old.
        zero_fill: Whether a parameter without gradient on any rank gets one of zeros; otherwise it stays without.
        overlap: Whether to send buckets while backward runs. The numbers are the same either way.
        bucket_bytes: Size of a bucket.

    Raises:
        TypeError: ``actual_optimizer`` is not a gradient method.

    Example:
        >>> import chainer, chainermn, numpy as np
        >>> import chainer.functions as F, chainer.links as L
        >>> comm = chainermn.create_communicator("naive")
        >>> model = L.Linear(2, 1)
        >>> optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.SGD(), comm).setup(model)
        >>> for _ in range(3):
        ...     optimizer.update(lambda: F.sum(model(np.ones((1, 2), "float32"))))
        >>> optimizer.t
        2
    """
    if not isinstance(actual_optimizer, GradientMethod):
        raise TypeError(f"actual_optimizer must be a gradient method, got {type(actual_optimizer).__name__}")
    if double_buffering:
        return DoubleBufferingOptimizer(actual_optimizer, communicator, zero_fill)
    return _MultiNodeOptimizer(actual_optimizer, communicator, zero_fill, overlap, bucket_bytes)


class _MultiNodeOptimizer(Wrapper):
    """The optimizer behind :func:`create_multi_node_optimizer`.

    Attributes:
        actual_optimizer: As given.
        communicator: As given.
        zero_fill: As given.
    """

    def __init__(
        self,
        actual_optimizer: GradientMethod,
        communicator: MpiCommunicatorBase,
        zero_fill: bool,
        overlap: bool,
        bucket_bytes: int,
    ) -> None:
        super().__init__(
            actual_optimizer,
            communicator=communicator,
            zero_fill=zero_fill,
            _overlap=overlap,
            _bucket_bytes=bucket_bytes,
            _twin=None,
            _buckets=None,
        )

    @property
    def timeline(self) -> Timeline:
        """When the gradients of the latest step travelled, and how much of that backward has hidden."""
        return Timeline() if self._buckets is None else self._buckets.timeline

    def update(self, lossfun: Callable[..., Variable] | None = None, *args: Any, **kwds: Any) -> None:
        """Averages the gradients and updates the parameters by them; see :func:`create_multi_node_optimizer`."""
        target = self.actual_optimizer.target
        self.communicator.supervisor.step = self.actual_optimizer.t
        if lossfun is None:
            if self._has_changed():
                self._start_anew()
            else:
                self.communicator.multi_node_mean_grad(target, self.zero_fill)
                self.actual_optimizer.update(None)
            return
        loss = lossfun(*args, **kwds)
        target.cleargrads()
        is_new = self._has_changed()
        if is_new:
            self._start_anew()
        buckets: GradientBuckets | None = self._buckets
        if buckets is None:
            buckets = self._learn_buckets(loss)
            if is_new:
                return
            buckets.begin()
            for param in target.params():
                if param.grad is not None:
                    buckets.gradient_final(param)
        else:
            buckets.begin()
            with gradient_final_hook(buckets.gradient_final):
                loss.backward(loss_scale=self.actual_optimizer._loss_scale)
        del loss
        buckets.finish(self.zero_fill)
        self.actual_optimizer.update(None)

    def _start_anew(self) -> None:
        if self._buckets is not None:
            self._buckets.close()
        self._set_own(_buckets=None)
        self.communicator.bcast_data(self.actual_optimizer.target)

    def _learn_buckets(self, loss: Variable) -> GradientBuckets:
        """Walks back, and makes buckets in the order in which gradients become final."""
        paths = {id(param): path for path, param in self.actual_optimizer.target.namedparams()}
        order: list[str] = []
        with gradient_final_hook(lambda variable: order.append(paths[id(variable)]) if id(variable) in paths else None):
            loss.backward(loss_scale=self.actual_optimizer._loss_scale)
        return self._make_buckets(order)

    def _make_buckets(self, order: list[str]) -> GradientBuckets:
        params: dict[str, Parameter] = {
            path: param for path, param in sorted(self.actual_optimizer.target.namedparams()) if param.array is not None
        }
        # Ranks may have walked different graphs: the order of rank 0 counts, and what it has not met comes last.
        order = self.communicator.bcast_obj(order)
        order += [path for path in params if path not in set(order)]
        if self._twin is None:
            self._set_own(_twin=self.communicator.twin())
        self._twin.set_config("allreduce_grad_dtype", self.communicator.get_config("allreduce_grad_dtype"))
        is_overlapped = self._overlap and has_free_threads()
        buckets = GradientBuckets(
            self._twin, [params[path] for path in order], self._bucket_bytes, _FIRST_BYTES, is_overlapped
        )
        self._set_own(_buckets=buckets)
        return buckets
