"""Standing in for an optimizer."""

from __future__ import annotations

from typing import Any, Self

from chainer import Link


class Wrapper:
    """Has the attributes of an optimizer, besides a few of its own: reading and setting the others goes through.

    Args:
        actual_optimizer: The optimizer.
        own: Attributes of its own.

    Attributes:
        actual_optimizer: As given.
        target_params: Names of the parameters that all ranks have in common, and whether they have arrays.
    """

    def __init__(self, actual_optimizer: Any, **own: Any) -> None:
        self._set_own(actual_optimizer=actual_optimizer, target_params=[], **own)

    def _set_own(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name == "actual_optimizer":  # not there yet, as while it is being unpickled
            raise AttributeError(name)
        return getattr(self.actual_optimizer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.actual_optimizer, name, value)

    def setup(self, link: Link) -> Self:
        """Sets the link to train, and returns this optimizer."""
        if link is not self.actual_optimizer.target:
            self._set_own(target_params=[])  # its parameters may differ between ranks, whatever they are called
        self.actual_optimizer.setup(link)
        return self

    def assume_distributed(self) -> None:
        """Takes the parameters for equal on all ranks, as after each has loaded them: the next update is one."""
        self._has_changed()

    def _has_changed(self) -> bool:
        """Whether there are parameters that the ranks do not have in common yet; from now on they do."""
        names = [(name, param.array is not None) for name, param in sorted(self.actual_optimizer.target.namedparams())]
        if names == self.target_params:
            return False
        self._set_own(target_params=names)
        return True
