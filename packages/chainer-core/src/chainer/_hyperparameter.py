"""Numbers that update rules read: common ones, and those of one rule."""

from __future__ import annotations

from typing import Any

import numpy


class Hyperparameter:
    """A set of numbers that an update rule reads; what is not set here is looked up in the parent.

    Args:
        parent: Hyperparameters to fall back to.

    Example:
        >>> from chainer.optimizer import Hyperparameter
        >>> common = Hyperparameter()
        >>> common.lr = 0.1
        >>> own = Hyperparameter(common)
        >>> own.lr
        0.1
    """

    _parent: Hyperparameter | None

    def __init__(self, parent: Hyperparameter | None = None) -> None:
        self._parent = parent

    def __setattr__(self, name: str, value: Any) -> None:
        # A NumPy scalar would turn the float16 and float32 arrays it meets into its own dtype.
        super().__setattr__(name, value.item() if isinstance(value, numpy.generic) else value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_parent" not in self.__dict__:
            raise AttributeError(name)
        if self._parent is None:
            raise AttributeError(f"there is no hyperparameter {name!r}")
        return getattr(self._parent, name)

    def __repr__(self) -> str:
        values = self.get_dict()
        return f"Hyperparameter({', '.join(f'{name}={values[name]}' for name in sorted(values))})"

    @property
    def parent(self) -> Hyperparameter | None:
        """Hyperparameters to fall back to."""
        return self._parent

    @property
    def effective(self) -> Hyperparameter:
        """Where all values can be read at the least cost: the parent, unless something is set here."""
        return self if self._parent is None or self.has_own else self._parent

    @property
    def has_own(self) -> bool:
        """Whether anything is set here rather than in the parent."""
        return len(self.__dict__) > 1

    def get_dict(self) -> dict[str, Any]:
        """All values, the parent's included."""
        values = {} if self._parent is None else self._parent.get_dict()
        values.update((name, value) for name, value in self.__dict__.items() if name != "_parent")
        return values


def set_given(hyperparam: Hyperparameter, **values: Any) -> None:
    """Sets those values that are not ``None``."""
    for name, value in values.items():
        if value is not None:
            setattr(hyperparam, name, value)


class HyperparameterProxy:
    """Makes a hyperparameter an attribute of its optimizer.

    Args:
        attr_name: Name of the hyperparameter.
    """

    def __init__(self, attr_name: str) -> None:
        self._attr_name = attr_name
        self.__doc__ = f"Alias of ``self.hyperparam.{attr_name}``."

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else getattr(instance.hyperparam, self._attr_name)

    def __set__(self, instance: Any, value: Any) -> None:
        setattr(instance.hyperparam, self._attr_name, value)
