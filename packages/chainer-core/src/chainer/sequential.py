"""A chain of callables, each fed with what the one before it returned."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from chainer.link import ChainList, Link


class Sequential(ChainList):
    """Callables, links or functions, applied one after the other.

    Only the links among them have parameters, and only they are numbered in the paths of
    parameters: in ``Sequential(f, Linear, g, Linear)`` these are ``/0/W``, ``/1/W``.

    Args:
        layers: Callables.

    Raises:
        ValueError: One is not callable.

    Example:
        >>> import chainer, numpy as np
        >>> import chainer.functions as F, chainer.links as L
        >>> model = chainer.Sequential(L.Linear(3, 4), F.relu, L.Linear(4, 2))
        >>> model(np.zeros((1, 3), np.float32)).shape
        (1, 2)
    """

    _layers: list[Callable[..., Any]]

    def __init__(self, *layers: Callable[..., Any]) -> None:
        super().__init__()
        self._layers = []
        for layer in layers:
            self.append(layer)

    def forward(self, *x: Any) -> Any:
        """Applies all layers; a tuple from one becomes the arguments of the next.

        Raises:
            RuntimeError: There is no layer.
        """
        if not self._layers:
            raise RuntimeError("Sequential does not have any layer.")
        for layer in self._layers:
            x = layer(*x)
            if not isinstance(x, tuple):
                x = (x,)
        return x[0] if len(x) == 1 else x

    def _settle(self, layers: Iterable[Callable[..., Any]]) -> None:
        """Makes ``layers`` the content: the links among them are the children."""
        layers = list(layers)
        for layer in layers:
            if not callable(layer):
                raise ValueError(
                    f"All elements of the argument should be callable. But given {layer!r} is not callable."
                )
        self._layers = layers
        self._children = [layer for layer in layers if isinstance(layer, Link)]
        self._number_children()

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._layers)

    def __getitem__(self, i: Any) -> Any:
        """Layer of an index, or a list of layers of a slice."""
        return self._layers[i]

    def __setitem__(self, i: Any, layer: Any) -> None:
        layers = list(self._layers)
        layers[i] = layer
        self._settle(layers)

    def __delitem__(self, i: Any) -> None:
        layers = list(self._layers)
        del layers[i]
        self._settle(layers)

    def __iadd__(self, other: Iterable[Callable[..., Any]]) -> Self:
        self._settle([*self._layers, *other])
        return self

    def __add__(self, other: Sequential) -> Sequential:
        """A new sequence of the layers of both.

        Raises:
            TypeError: ``other`` is not a :class:`Sequential`.
        """
        if not isinstance(other, Sequential):
            raise TypeError(f"can only concatenate Sequential (not {type(other).__name__!r}) to Sequential")
        return Sequential(*self, *other)

    def insert(self, i: int, layer: Callable[..., Any]) -> None:
        """Inserts a layer before an index."""
        layers = list(self._layers)
        layers.insert(i, layer)
        self._settle(layers)

    def append(self, layer: Callable[..., Any]) -> None:
        """Appends a layer."""
        self._settle([*self._layers, layer])

    def extend(self, sequential: Sequential) -> None:  # type: ignore[override]
        """Appends the layers of another sequence."""
        self._settle([*self._layers, *sequential])

    def pop(self, i: int = -1) -> Any:
        """Removes a layer and returns it."""
        layer = self._layers[i]
        del self[i]
        return layer

    def remove(self, layer: Callable[..., Any]) -> None:
        """Removes the first occurrence of a layer.

        Raises:
            ValueError: It is not there.
        """
        del self[self.index(layer)]

    def clear(self) -> None:
        """Removes all layers."""
        self._settle([])

    def index(self, layer: Callable[..., Any], start: int | None = None, end: int | None = None) -> int:
        """Index of the first occurrence of a layer.

        Args:
            layer: What to look for.
            start: Where to begin.
            end: Where to stop.

        Raises:
            ValueError: It is not there.
        """
        return self._layers.index(layer, 0 if start is None else start, len(self) if end is None else end)

    def count(self, layer: Callable[..., Any]) -> int:
        """Number of occurrences of a layer."""
        return self._layers.count(layer)

    def count_by_layer_type(self, type_name: str) -> int:
        """Number of layers whose class, or function, has the given name."""
        return sum(_type_name(layer) == type_name for layer in self._layers)

    def remove_by_layer_type(self, type_name: str) -> None:
        """Removes the layers whose class, or function, has the given name."""
        self._settle([layer for layer in self._layers if _type_name(layer) != type_name])

    def flatten(self) -> Sequential:
        """A sequence of the same layers, in which nested sequences have been opened."""
        flat: list[Callable[..., Any]] = []
        for layer in self._layers:
            flat += layer.flatten() if isinstance(layer, Sequential) else [layer]
        return Sequential(*flat)

    def copy(self, mode: str = "share") -> Self:
        copied = super().copy(mode)
        if mode == "copy":
            return copied
        children = iter(copied._children)
        copied._layers = [next(children) if isinstance(layer, Link) else copy.copy(layer) for layer in self._layers]
        return copied

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        if not isinstance(link, Sequential):
            raise TypeError(f"Sequential.copyparams takes a Sequential, got {type(link).__name__}")
        super().copyparams(link, copy_persistent)

    # Copies within a process may hold what a pickle cannot.

    def __copy__(self) -> Self:
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied.__dict__.update({name: copy.deepcopy(value, memo) for name, value in self.__dict__.items()})
        return copied

    def __reduce_ex__(self, protocol: Any) -> Any:
        for layer in self._layers:
            if getattr(layer, "__name__", "") == "<lambda>":
                raise ValueError(
                    "a Sequential that holds a lambda function cannot be pickled; use a function defined with def"
                )
        return super().__reduce_ex__(protocol)

    def __str__(self) -> str:
        return self._print((str(i), _layer_name(layer)) for i, layer in enumerate(self._layers))


def _type_name(layer: Any) -> str:
    return type(layer).__name__ if isinstance(layer, Link) else getattr(layer, "__name__", type(layer).__name__)


def _layer_name(layer: Any) -> str:
    if isinstance(layer, Link):
        return str(layer)
    return f"<function {getattr(layer, '__name__', type(layer).__name__)}>"
