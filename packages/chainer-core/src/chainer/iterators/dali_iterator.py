"""Batches from an NVIDIA DALI pipeline."""

from __future__ import annotations

from typing import Any

from chainer.dataset.iterator import Iterator


class DaliIterator(Iterator):
    """Deals out the batches that an NVIDIA DALI pipeline makes. Needs ``nvidia-dali-cuda120`` and CuPy.

    Args:
        pipeline: A ``nvidia.dali.pipeline.Pipeline`` with readers; it decides on order and batch size.
        repeat: Go on with another epoch after the last example, without end.
    """

    def __init__(self, pipeline: Any, repeat: bool = True) -> None:
        for name in ("build", "run", "epoch_size"):
            if not hasattr(pipeline, name):
                raise TypeError(f"pipeline must be a nvidia.dali.pipeline.Pipeline, got {type(pipeline).__name__}")
        pipeline.build()
        sizes = pipeline.epoch_size()
        if not sizes:
            raise ValueError("the DALI pipeline has no reader, so it has no epochs")
        self.pipeline = pipeline
        self._repeat = repeat
        self.epoch_size = min(sizes.values())
        self.current_position = 0
        self.epoch = 0
        self.is_new_epoch = False
        self._previous_epoch_detail = -1.0

    @property
    def batch_size(self) -> int:
        """Number of examples in a batch."""
        return getattr(self.pipeline, "max_batch_size", None) or self.pipeline.batch_size

    @property
    def repeat(self) -> bool:
        """Whether another epoch follows upon the last."""
        return self._repeat

    @property
    def epoch_detail(self) -> float:
        """Completed epochs, with the fraction of the current one."""
        return self.epoch + self.current_position / self.epoch_size

    @property
    def previous_epoch_detail(self) -> float | None:
        """:attr:`epoch_detail` before the last batch; ``None`` if there was none."""
        return None if self._previous_epoch_detail < 0 else self._previous_epoch_detail

    def next(self) -> list[tuple[Any, ...]]:
        """The next batch: tuples of what the pipeline puts out."""
        if not self._repeat and self.epoch > 0:
            raise StopIteration
        self._previous_epoch_detail = self.epoch_detail
        outputs = [[tensors.at(i) for i in range(len(tensors))] for tensors in map(_on_cpu, self.pipeline.run())]
        batch = list(zip(*outputs))
        self.current_position += len(batch)
        self.is_new_epoch = self.current_position >= self.epoch_size
        if self.is_new_epoch:
            self.epoch += 1
            extra = self.current_position - self.epoch_size
            if self._repeat:
                self.current_position = extra
            else:
                batch = batch[: len(batch) - extra]
                self.current_position = 0
        return batch

    def reset(self) -> None:
        """Counts from the beginning; the pipeline itself goes on where it is."""
        self.current_position = 0
        self.epoch = 0
        self.is_new_epoch = False
        self._previous_epoch_detail = -1.0

    def serialize(self, serializer: Any) -> None:
        """Saves or restores the counters. The state of the pipeline is not part of it."""
        self.current_position = serializer("current_position", self.current_position)
        self.epoch = serializer("epoch", self.epoch)
        self.is_new_epoch = serializer("is_new_epoch", self.is_new_epoch)
        self._previous_epoch_detail = serializer("previous_epoch_detail", self._previous_epoch_detail)


def _on_cpu(tensors: Any) -> Any:
    return tensors.as_cpu() if hasattr(tensors, "as_cpu") else tensors
