"""Hooks around every function's forward and backward."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from chainer.configuration import config
from chainer.types import Arrays

if TYPE_CHECKING:
    from chainer.function_node import FunctionNode

_thread_local = threading.local()
n_watching = 0
"""Hooks in all threads and on single functions, and one more once debug mode has been on: while it is zero, no
function looks any further."""


def is_watched() -> bool:
    """Whether a hook, or debug mode, watches all functions of this thread now."""
    return bool(n_watching) and (bool(get_function_hooks()) or config.debug)


def get_function_hooks() -> dict[str, FunctionHook]:
    """Hooks active in this thread, by name, in the order in which they were entered."""
    hooks: dict[str, FunctionHook] | None = getattr(_thread_local, "hooks", None)
    if hooks is None:
        hooks = _thread_local.hooks = {}
    return hooks


class FunctionHook:
    """Base of what wants to see each function at work: timers, printers, memory profilers.

    Used as a context manager it sees every function that runs inside the block, in this thread;
    registered by :meth:`chainer.FunctionNode.add_hook`, the one function.

    Attributes:
        name: Name under which it is registered; one hook a name at a time.

    Example:
        >>> import chainer, numpy as np
        >>> class Show(chainer.FunctionHook):
        ...     name = "Show"
        ...     def forward_postprocess(self, function, in_data):
        ...         print(function.label, [x.shape for x in in_data])
        >>> with Show():
        ...     y = chainer.functions.relu(np.zeros((2, 3), np.float32))
        ReLU [(2, 3)]
    """

    name: str = "FunctionHook"

    def __enter__(self) -> Self:
        global n_watching
        hooks = get_function_hooks()
        if self.name in hooks:
            raise KeyError(f"hook {self.name} already exists")
        hooks[self.name] = self
        n_watching += 1
        self.added(None)
        return self

    def __exit__(self, *_: object) -> None:
        global n_watching
        hooks = get_function_hooks()
        n_watching -= 1
        del hooks[self.name]
        self.deleted(None)

    def added(self, function: FunctionNode | None) -> None:
        """Called when the hook is registered: with the function, or ``None`` for a context manager."""

    def deleted(self, function: FunctionNode | None) -> None:
        """Called when the hook is removed: with the function, or ``None`` for a context manager."""

    def forward_preprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        """Called before a forward pass with the input arrays."""

    def forward_postprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        """Called after a forward pass with the input arrays."""

    def backward_preprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        """Called before a backward pass with the retained input arrays and the output gradients (or ``None``)."""

    def backward_postprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        """Called after a backward pass, with the same arguments as before it."""


def active_hooks(function: FunctionNode) -> list[FunctionHook]:
    """Hooks of this thread, then those of the function itself."""
    hooks = list(get_function_hooks().values())
    if function._local_function_hooks:
        hooks += function._local_function_hooks.values()
    return hooks
