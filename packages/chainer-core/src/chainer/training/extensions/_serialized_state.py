"""A snapshot in memory."""

from __future__ import annotations

from typing import Any

from chainer.serializer import AbstractSerializer, Serializable
from chainer.serializers.npz import DictionarySerializer


class SerializedState(dict[str, Any]):
    """Arrays by key: what an object handed to a serializer. It can be serialized in its place, to any format."""

    @classmethod
    def of(cls, target: Serializable) -> SerializedState:
        """The state of ``target`` as of now. Arrays on the CPU are shared with it."""
        state = cls()
        DictionarySerializer(state).save(target)
        return state

    def copied(self) -> SerializedState:
        """The same with arrays of its own, so that it stays while training goes on."""
        return SerializedState((key, array.copy()) for key, array in self.items())

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Hands out all arrays."""
        for key, array in self.items():
            serializer(key, array.item() if array.dtype == object else array)
