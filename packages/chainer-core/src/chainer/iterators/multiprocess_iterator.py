"""An iterator that reads the examples of a batch in processes."""

from __future__ import annotations

import math
import multiprocessing
import time
import warnings
import weakref
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy

from chainer.iterators._epoch_state import EpochState, OrderFunction, check_batch_size, choose_order_function
from chainer.iterators._prefetching_iterator import PrefetchingIterator
from chainer.iterators._worker_pool import MAX_CHUNK, WorkerPool


class MultiprocessIterator(PrefetchingIterator["_Batch"]):
    """Deals out the batches of :class:`SerialIterator`, read ahead by worker processes.

    Pays when reading an example is work: decoding, augmenting. Arrays come back through shared memory (on Linux;
    elsewhere through pipes). The workers are started with the first batch, by fork or whatever
    :func:`multiprocessing.set_start_method` says, and end with :meth:`finalize`, with the iterator, or with the
    program, however that ends.

    Before a worker reads its part of a batch, it seeds the global generators of NumPy and :mod:`random`: no two
    parts see the same random numbers, and if the dataset is shuffled, a resumed run sees those of the first one,
    given the same ``n_processes``.

    Args:
        dataset: Anything with ``len`` and integer indices.
        batch_size: Number of examples in a batch.
        repeat: Go on with another epoch after the last example, without end.
        shuffle: Whether to shuffle each epoch; ``None`` does if there is no ``order_sampler``.
        n_processes: Number of workers; ``None`` is the number of CPUs.
        n_prefetch: Number of batches to read ahead.
        shared_mem: Bytes of shared memory for an example. ``None`` measures the first batch; larger examples
            come through pipes, as do all with 0.
        order_sampler: Draws the order of each epoch: see :class:`OrderSampler`.
        dataset_timeout: Seconds after which a batch that does not come is worth a
            :class:`MultiprocessIterator.TimeoutWarning`; ``None`` never warns.
        maxtasksperchild: Replace a worker after so many examples; ``None`` never does.

    Raises:
        RuntimeError: (by :meth:`next`) A worker process was killed.
    """

    class TimeoutWarning(RuntimeWarning):
        """A batch takes longer than ``dataset_timeout``."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        repeat: bool = True,
        shuffle: bool | None = None,
        n_processes: int | None = None,
        n_prefetch: int = 1,
        shared_mem: int | None = None,
        order_sampler: OrderFunction | None = None,
        dataset_timeout: float | None = 30.0,
        maxtasksperchild: int | None = None,
    ) -> None:
        check_batch_size(batch_size)
        _check_at_least(1, n_processes=n_processes, maxtasksperchild=maxtasksperchild)
        _check_at_least(0, n_prefetch=n_prefetch, shared_mem=shared_mem)
        self.dataset = dataset
        self.batch_size = batch_size
        self._repeat = repeat
        self.shuffle = shuffle
        self.n_processes = n_processes or multiprocessing.cpu_count()
        self.n_prefetch = n_prefetch
        self.shared_mem = shared_mem
        self.order_sampler = choose_order_function(shuffle, order_sampler)
        self.dataset_timeout = dataset_timeout
        self._maxtasksperchild = maxtasksperchild
        self._n_ahead = n_prefetch
        self._pool: WorkerPool | None = None
        self._finalized = False
        self._seed_source: tuple[Any, int] = (None, 0)
        self.reset()

    def next(self) -> list[Any]:
        """The next batch.

        Raises:
            StopIteration: There are no more batches.
            RuntimeError: A worker was killed, or the iterator was finalized.
            Exception: What the dataset raised, with a note that names the index and the worker's traceback. The
                place stays where it was, so that the next call tries the same batch again.
        """
        if self._finalized:
            raise RuntimeError("this MultiprocessIterator was finalized; make a new one")
        try:
            return super().next()
        except KeyboardInterrupt:
            self._close_pool()  # it may have come in the middle of a message
            raise

    __next__ = next  # without a frame in between, so that warnings blame the caller

    def finalize(self) -> None:
        """Ends the workers. The iterator is of no use after that. May be called more than once."""
        self._finalized = True
        self._close_pool()

    def __copy__(self) -> MultiprocessIterator:
        other = MultiprocessIterator(
            self.dataset,
            self.batch_size,
            self._repeat,
            False,  # an order is not drawn, but taken over
            self.n_processes,
            self.n_prefetch,
            self.shared_mem,
            dataset_timeout=self.dataset_timeout,
            maxtasksperchild=self._maxtasksperchild,
        )
        other.shuffle = self.shuffle
        other._go_to_place_of(self)
        return other

    def _submit(self, indices: list[int], state: EpochState) -> _Batch:
        if self._pool is None or self._pool.closed:
            self._pool = WorkerPool(self.dataset, self.n_processes, self._maxtasksperchild)
            weakref.finalize(self, self._pool.close)
            if self.shared_mem:
                self._make_arena(self.shared_mem * self._chunk_size)
        batch = _Batch(len(indices))
        seed = self._seed(state)
        size = self._chunk_size
        for start in range(0, len(indices), size):
            part = indices[start : start + size]
            batch.starts[self._pool.submit(part, (seed + start) % 2**32)] = start
        return batch

    def _collect(self, job: _Batch) -> list[Any]:
        pool = self._pool
        assert pool is not None
        warn_at = None if not self.dataset_timeout else time.monotonic() + self.dataset_timeout
        needed = 0
        while job.starts and job.error is None:
            # Results of the batches ahead come in between.
            jobs = [under_way.job for under_way in self._under_way]
            timeout = None if warn_at is None else max(0.0, warn_at - time.monotonic())
            for chunk, examples, size in pool.receive(timeout):
                owner = next(job for job in jobs if chunk in job.starts)
                start = owner.starts.pop(chunk)
                if isinstance(examples, BaseException):
                    owner.error = examples  # raised when its batch is asked for
                    continue
                owner.examples[start : start + len(examples)] = examples
                needed = max(needed, math.ceil(size / len(examples)) * self._chunk_size)
            if warn_at is not None and job.starts and time.monotonic() >= warn_at:
                warn_at = None
                self._warn_of_timeout()
        if job.error is not None:
            raise job.error
        if pool.arena is None and self.shared_mem is None and needed:
            self._make_arena(needed + needed // 4)  # some examples may be larger than those of the first batch
        return job.examples

    def _cancel(self) -> None:
        if self._pool is not None:
            self._pool.forget()

    def _close_pool(self) -> None:
        pool = getattr(self, "_pool", None)
        if pool is not None:
            pool.close()
            self._pool = None

    @property
    def _chunk_size(self) -> int:
        return min(math.ceil(self.batch_size / self.n_processes), MAX_CHUNK)

    def _make_arena(self, region_size: int) -> None:
        assert self._pool is not None
        n_chunks = math.ceil(self.batch_size / self._chunk_size)
        self._pool.make_arena(region_size, n_chunks * (self.n_prefetch + 1))

    def _seed(self, state: EpochState) -> int:
        # From the order, which the generator of the run decides and which is saved. Without one, from the
        # generator itself, without drawing: the numbers that others draw do not depend on the iterator.
        source, crc = self._seed_source
        if source is not state.order or source is None:
            content = numpy.random.get_state(legacy=False)["state"]["key"] if state.order is None else state.order
            crc = zlib.crc32(numpy.asarray(content).tobytes())
            self._seed_source = (state.order, crc)
        return zlib.crc32(b"%d %d" % (state.epoch, state.position), crc)

    def _warn_of_timeout(self) -> None:
        assert self._pool is not None
        warnings.warn(
            f"a batch has not come within {self.dataset_timeout} seconds (dataset_timeout): the dataset is slow, or "
            f"one of the worker processes {self._pool.pids} is stuck",
            MultiprocessIterator.TimeoutWarning,
            stacklevel=5,
        )


@dataclass(slots=True)
class _Batch:
    """A batch whose examples come in chunks; ``starts`` tells where those that are missing belong."""

    size: int
    starts: dict[int, int] = field(default_factory=dict)
    examples: list[Any] = field(init=False)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.examples = [None] * self.size


def _check_at_least(minimum: int, **arguments: int | None) -> None:
    for name, value in arguments.items():
        if value is not None and value < minimum:
            raise ValueError(f"{name} must be at least {minimum}, got {value}")
