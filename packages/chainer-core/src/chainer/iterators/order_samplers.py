"""In which order an epoch visits the examples."""

from __future__ import annotations

import json
from typing import Any

import numpy

from chainer.types import NdArray

_STATE_BYTES = 8192  # holds the state of any of NumPy's bit generators as JSON


class OrderSampler:
    """Base of what decides the order of each epoch. A plain function with the same arguments serves as well."""

    def __call__(self, current_order: NdArray, current_position: int) -> NdArray | None:
        """The order of the next epoch.

        Args:
            current_order: Order of the epoch that ends, an array of indices.
            current_position: Where in it the batch begins at whose end the new epoch starts.

        Returns:
            Array of indices, as many in each epoch. ``None``, at the start: the order of the dataset.
        """
        raise NotImplementedError


class ShuffleOrderSampler(OrderSampler):
    """Shuffles at the start of each epoch.

    Args:
        random_state: A ``numpy.random.RandomState`` or ``Generator`` of its own, whose state is then saved with
            the iterator; ``None`` is NumPy's global generator.
    """

    _random: Any

    def __init__(self, random_state: Any = None) -> None:
        if random_state is None:
            random_state = numpy.random.mtrand._rand
        if not hasattr(random_state, "permutation"):
            raise TypeError(
                "random_state must be a numpy.random.RandomState or numpy.random.Generator, "
                f"got {type(random_state).__name__}"
            )
        self._random = random_state

    def __call__(self, current_order: NdArray, current_position: int) -> NdArray:
        return self._random.permutation(len(current_order))

    def serialize(self, serializer: Any) -> None:
        """Saves or restores the generator; nothing to do for the global one, which belongs to all."""
        if self._random is numpy.random.mtrand._rand:
            return
        bit_generator = getattr(self._random, "bit_generator", None) or self._random._bit_generator
        saved = serializer("random_state", _to_bytes(bit_generator.state))
        bit_generator.state = _from_bytes(saved)


def _to_bytes(state: dict[str, Any]) -> numpy.ndarray:
    text = json.dumps(state, default=numpy.ndarray.tolist, separators=(",", ":")).encode()
    # Of one length whatever the state, since loading writes into an array of the size that is there.
    return numpy.frombuffer(text.ljust(_STATE_BYTES), numpy.uint8).copy()


def _from_bytes(saved: NdArray) -> dict[str, Any]:
    return json.loads(numpy.asarray(saved).tobytes())
