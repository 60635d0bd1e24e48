"""What a trainer calls besides its updater."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from chainer.serializer import AbstractSerializer
from chainer.utils import argument

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer

PRIORITY_WRITER = 300
"""Of extensions that write to the observation, such as an evaluation: they run first."""

PRIORITY_EDITOR = 200
"""Of extensions that change what has been observed."""

PRIORITY_READER = 100
"""Of extensions that only read the observation, such as a log: the default."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Extension:
    """Base of extensions. A function does as well: see :func:`make_extension`.

    Attributes:
        trigger: When to call the extension, unless :meth:`chainer.training.Trainer.extend` is told otherwise.
        priority: Extensions of a higher priority are called earlier in an iteration.
        name: Name under which the trainer knows it; the trainer sets it.
    """

    trigger: Any = (1, "iteration")
    priority: int = PRIORITY_READER
    name: str | None = None

    @property
    def default_name(self) -> str:
        """Name that the trainer uses if it is given none: that of the class."""
        return type(self).__name__

    def __call__(self, trainer: Trainer) -> Any:
        """Called in each iteration in which the trigger fires.

        Raises:
            NotImplementedError: The subclass does not provide it.
        """
        raise NotImplementedError(f"{type(self).__name__} must override __call__")

    def initialize(self, trainer: Trainer) -> None:
        """Called once before the first iteration of a run, also of a resumed one."""

    def on_error(self, trainer: Trainer, exc: Exception, tb: TracebackType | None) -> None:
        """Called when an iteration raised ``exc``, before anything is finalized."""

    def on_interrupt(self, trainer: Trainer) -> None:
        """Called when Ctrl-C or SIGTERM ends the run, between two iterations, before anything is finalized."""

    def finalize(self) -> None:
        """Called when a run ends, however it ends."""

    def serialize(self, serializer: AbstractSerializer) -> None:
        """Saves or restores what the extension must remember when training is resumed."""


def make_extension(
    trigger: Any = None,
    default_name: str | None = None,
    priority: int | None = None,
    finalizer: Callable[[], None] | None = None,
    initializer: Callable[[Trainer], None] | None = None,
    on_error: Callable[[Trainer, Exception, TracebackType | None], None] | None = None,
    **kwargs: Any,
) -> Callable[[_Function], _Function]:
    """Decorator that gives a function what a trainer looks for in an extension.

    Args:
        trigger: When to call it; ``None`` is every iteration.
        default_name: Its name; ``None`` is that of the function.
        priority: Its priority; ``None`` is :data:`PRIORITY_READER`.
        finalizer: Called without arguments when a run ends.
        initializer: Called with the trainer before the first iteration.
        on_error: Called with the trainer, the exception and its traceback when an iteration raises.

    Raises:
        TypeError: An unknown argument.
        ValueError: ``invoke_before_training``, which is gone.

    Example:
        >>> from chainer.training import make_extension
        >>> @make_extension(trigger=(1, "epoch"))
        ... def greet(trainer):
        ...     print(f"epoch {trainer.updater.epoch} is over")
        >>> greet.trigger
        (1, 'epoch')
    """
    argument.check_unexpected_kwargs(
        kwargs, invoke_before_training="invoke_before_training has been removed; use initializer instead"
    )
    argument.assert_kwargs_empty(kwargs)

    def decorate(function: _Function) -> _Function:
        attributes = {
            "trigger": Extension.trigger if trigger is None else trigger,
            "default_name": getattr(function, "__name__", None) if default_name is None else default_name,
            "priority": Extension.priority if priority is None else priority,
            "finalize": finalizer,
            "on_error": on_error,
            "initialize": initializer,
        }
        for name, value in attributes.items():
            setattr(function, name, value)
        return function

    return decorate
