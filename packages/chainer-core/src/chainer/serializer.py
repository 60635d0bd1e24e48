"""The protocol by which objects write themselves to files and read themselves back."""

from __future__ import annotations

from typing import Any, Protocol


class Serializable(Protocol):
    """Anything with a ``serialize`` method: links, optimizers, iterators, trainers."""

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Hands every value worth keeping to ``serializer``, under a name, and takes back what it returns."""


class AbstractSerializer:
    """Common face of serializers and deserializers.

    An object tells what it consists of once, for both directions::

        def serialize(self, serializer):
            self.t = serializer("t", self.t)  # saving: returns self.t; loading: returns what the file holds
            self.child.serialize(serializer["child"])
    """

    def __getitem__(self, key: str) -> AbstractSerializer:
        """The serializer of a child, whose names all begin with ``key``.

        Args:
            key: Name of the child; slashes around it mean nothing.
        """
        raise NotImplementedError

    def __call__(self, key: str, value: Any) -> Any:
        """Saves or loads one value.

        Args:
            key: Name of the value.
            value: An array, a number, a string or ``None``. A deserializer overwrites an array in place; of anything
                else the type alone matters to it, and ``None`` means "whatever the file holds".
        Returns:
            A serializer returns ``value``. A deserializer returns ``value`` if it is an array, else the loaded value.
        """
        raise NotImplementedError


class Serializer(AbstractSerializer):
    """Base of what saves."""

    def save(self, obj: Serializable) -> None:
        """Saves ``obj``: calls ``obj.serialize(self)``."""
        obj.serialize(self)


class Deserializer(AbstractSerializer):
    """Base of what loads."""

    def load(self, obj: Serializable) -> None:
        """Loads into ``obj``: calls ``obj.serialize(self)``."""
        obj.serialize(self)
