"""Tables that are computed from others when they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.dataset.tabular.tabular_dataset import KeyIndices, Mode, RowIndices, TabularDataset

_UNKNOWN: Any = object()


class _Computed(TabularDataset):
    """What both kinds of transformed tables share."""

    def __init__(self, dataset: TabularDataset, keys: str | tuple[str, ...], function: Callable[..., Any]) -> None:
        self._dataset = dataset
        self._keys = (keys,) if isinstance(keys, str) else tuple(keys)
        self._function = function
        # Only the function knows whether it returns a tuple, a dict or a bare value: its first result tells.
        self._mode: Mode = None if isinstance(keys, str) else _UNKNOWN

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def keys(self) -> tuple[str, ...]:
        return self._keys

    @property
    def mode(self) -> Mode:
        if self._mode is _UNKNOWN:
            self.get_examples([0], None)
        return self._mode

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        raise NotImplementedError

    def convert(self, data: Any) -> Any:
        return self._dataset.convert(data)

    def _compute(self, parts: tuple[Any, ...]) -> tuple[Any, ...]:
        """The function's result for the parts of an example (or for columns), in the order of the keys."""
        mode = self._dataset.mode
        if mode is dict:
            result = self._function(**dict(zip(self._dataset.keys, parts)))
        else:
            result = self._function(*parts)
        if self._mode is _UNKNOWN:
            self._mode = _mode_of(result)
        if self._mode is None:
            result = (result,)
        elif self._mode is dict:
            result = tuple([result[key] for key in self._keys])
        if len(result) < len(self._keys):
            raise ValueError(f"the transform must return {len(self._keys)} values ({self._keys}), got {len(result)}")
        return tuple(result)


class Transform(_Computed):
    """Table of :meth:`TabularDataset.transform`."""

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        rows = [self._compute(parts) for parts in zip(*self._dataset.get_examples(indices, None))]
        wanted = range(len(self._keys)) if key_indices is None else key_indices
        return tuple([[row[k] for row in rows] for k in wanted])


class TransformBatch(_Computed):
    """Table of :meth:`TabularDataset.transform_batch`."""

    def get_examples(self, indices: RowIndices, key_indices: KeyIndices) -> tuple[Any, ...]:
        columns = self._compute(self._dataset.get_examples(indices, None))
        wanted = range(len(self._keys)) if key_indices is None else key_indices
        return tuple([columns[k] for k in wanted])


def _mode_of(result: Any) -> Mode:
    if isinstance(result, tuple):
        return tuple
    return dict if isinstance(result, dict) else None
