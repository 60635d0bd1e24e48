"""Standing in for an object."""

from __future__ import annotations

from typing import Any


class Wrapper:
    """Has the attributes of an optimizer, besides a few of its own: reading and setting the others goes through.

    Args:
        actual_optimizer: The optimizer.
    """

    def __init__(self, actual_optimizer: Any) -> None:
        self._set_own(actual_optimizer=actual_optimizer)

    def _set_own(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name == "actual_optimizer":  # not there yet, as while it is being unpickled
            raise AttributeError(name)
        return getattr(self.actual_optimizer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.actual_optimizer, name, value)
