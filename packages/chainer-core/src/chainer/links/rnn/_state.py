"""What links that keep a state between calls share."""

from __future__ import annotations

from typing import Any, ClassVar

from chainer.device_resident import DeviceResidentsVisitor
from chainer.link import Chain
from chainer.types import VariableLike
from chainer.variable import Variable, as_variable


class StatefulChain(Chain):
    """A chain with variables that live from one call to the next, move with it, and are not saved.

    Subclasses name them in ``_state_names``; ``None`` is the state before the first call.
    """

    _state_names: ClassVar[tuple[str, ...]] = ("h",)

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        for name in self._state_names:
            state: Any = getattr(self, name)
            if state is not None:
                visitor.visit_variable(state)

    def reset_state(self) -> None:
        """Forgets the state: the next call starts a new sequence."""
        for name in self._state_names:
            setattr(self, name, None)

    def _set_state(self, name: str, value: VariableLike) -> None:
        variable: Variable = as_variable(value)
        variable.to_device(self.device)
        setattr(self, name, variable)
