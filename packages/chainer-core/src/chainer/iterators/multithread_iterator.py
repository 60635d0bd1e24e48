"""An iterator that reads the examples of a batch in threads."""

from __future__ import annotations

import itertools
import queue
import threading
from typing import Any

from chainer.iterators._epoch_state import EpochState, OrderFunction, check_batch_size, choose_order_function
from chainer.iterators._prefetching_iterator import PrefetchingIterator
from chainer.iterators._worker_error import explain


class MultithreadIterator(PrefetchingIterator["_Batch"]):
    """Deals out the batches of :class:`SerialIterator`, read one batch ahead by threads.

    Pays when reading an example waits for a disk or spends its time in libraries that let other threads run. In
    the threads the dataset sees the global configuration, not what ``using_config`` set.

    Args:
        dataset: Anything with ``len`` and integer indices, that several threads may use at once.
        batch_size: Number of examples in a batch.
        repeat: Go on with another epoch after the last example, without end.
        shuffle: Whether to shuffle each epoch; ``None`` does if there is no ``order_sampler``.
        n_threads: Number of threads.
        order_sampler: Draws the order of each epoch: see :class:`OrderSampler`.
    """

    _order_key = "_order"

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        repeat: bool = True,
        shuffle: bool | None = None,
        n_threads: int = 1,
        order_sampler: OrderFunction | None = None,
    ) -> None:
        check_batch_size(batch_size)
        if n_threads < 1:
            raise ValueError(f"n_threads must be positive, got {n_threads}")
        self.dataset = dataset
        self.batch_size = batch_size
        self._repeat = repeat
        self._shuffle = shuffle
        self.n_threads = n_threads
        self.order_sampler = choose_order_function(shuffle, order_sampler)
        self._jobs: queue.SimpleQueue[_Batch | None] | None = None
        self.reset()

    def finalize(self) -> None:
        """Ends the threads. Should the iterator be used again, it starts new ones."""
        if getattr(self, "_jobs", None) is not None:
            self._throw_away()
            assert self._jobs is not None
            for _ in range(self.n_threads):
                self._jobs.put(None)
            self._jobs = None

    def __copy__(self) -> MultithreadIterator:
        other = MultithreadIterator(self.dataset, self.batch_size, self._repeat, False, self.n_threads)
        other._shuffle = self._shuffle
        other._go_to_place_of(self)
        return other

    def serialize(self, serializer: Any) -> None:
        """As of any iterator; the key of the order has an underscore, and is there even if nothing is shuffled."""
        super().serialize(serializer)
        if self._state.order is None:
            try:
                serializer("_order", None)
            except KeyError:
                pass

    def _submit(self, indices: list[int], state: EpochState) -> _Batch:
        if self._jobs is None:
            self._jobs = queue.SimpleQueue()
            for i in range(self.n_threads):
                # Daemons: a dataset that never answers does not keep the program from ending.
                name = f"MultithreadIterator-{i}"
                threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()
        batch = _Batch(self.dataset, indices)
        for _ in range(min(self.n_threads, len(indices))):
            self._jobs.put(batch)
        return batch

    def _collect(self, job: _Batch) -> list[Any]:
        job.done.wait()
        if job.error is not None:
            raise job.error
        return job.examples

    def _cancel(self) -> None:
        pass  # threads end what they have begun; nobody looks at it


class _Batch:
    """A batch that several threads fill: each takes the next example that nobody has taken."""

    def __init__(self, dataset: Any, indices: list[int]) -> None:
        self._dataset = dataset
        self._indices = indices
        self._next = itertools.count()  # stepping it is one operation, which no thread can interrupt
        self._n_missing = len(indices)
        self._lock = threading.Lock()
        self.examples: list[Any] = [None] * len(indices)
        self.error: BaseException | None = None
        self.done = threading.Event()

    def fill(self) -> None:
        """Reads examples until all are taken."""
        while (k := next(self._next)) < len(self._indices):
            try:
                if self.error is None:
                    self.examples[k] = self._dataset[self._indices[k]]
            except BaseException as error:
                name = threading.current_thread().name
                self.error = explain(error, self._indices[k], f"thread {name}")
            with self._lock:
                self._n_missing -= 1
                if self._n_missing == 0:
                    self.done.set()


def _work(jobs: queue.SimpleQueue[_Batch | None]) -> None:
    while (batch := jobs.get()) is not None:
        batch.fill()
        del batch  # or it would live until the next one comes
