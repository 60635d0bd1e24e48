"""Hooks around every link's forward."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from chainer.link import Link

_thread_local = threading.local()
n_active = 0
"""Hooks active in all threads: while it is zero, links do not look any further."""


def get_link_hooks() -> dict[str, LinkHook]:
    """Hooks active in this thread, by name, in the order in which they were entered."""
    hooks: dict[str, LinkHook] | None = getattr(_thread_local, "hooks", None)
    if hooks is None:
        hooks = _thread_local.hooks = {}
    return hooks


class _ForwardArgs:
    """What a hook is told of a link's forward pass."""

    def __init__(self, link: Link, forward_name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.link = link
        self.forward_name = forward_name
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        return f"<{type(self).__name__} link={type(self.link).__name__} forward_name={self.forward_name!r}>"


class _ForwardPreprocessCallbackArgs(_ForwardArgs):
    """Arguments of a forward pass that is about to run."""


class _ForwardPostprocessCallbackArgs(_ForwardArgs):
    """Arguments of a forward pass that has run, and what it returned."""

    def __init__(self, link: Link, forward_name: str, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        super().__init__(link, forward_name, args, kwargs)
        self.out = out


class LinkHook:
    """Base of what wants to see links at work, or to change their parameters as they are used.

    Used as a context manager it sees every link that is called inside the block, in this thread;
    registered by :meth:`chainer.Link.add_hook`, the one link.

    Attributes:
        name: Name under which it is registered; one hook a name at a time.

    Example:
        >>> import chainer, numpy as np
        >>> class Show(chainer.LinkHook):
        ...     name = "Show"
        ...     def forward_postprocess(self, args):
        ...         print(type(args.link).__name__, args.out.shape)
        >>> with Show():
        ...     y = chainer.links.Linear(3, 2)(np.zeros((1, 3), np.float32))
        Linear (1, 2)
    """

    name: str = "LinkHook"

    def __enter__(self) -> Self:
        global n_active
        hooks = get_link_hooks()
        if self.name in hooks:
            raise KeyError(f"hook {self.name} already exists")
        hooks[self.name] = self
        n_active += 1
        self.added(None)
        return self

    def __exit__(self, *_: object) -> None:
        global n_active
        n_active -= 1
        del get_link_hooks()[self.name]
        self.deleted(None)

    def added(self, link: Link | None) -> None:
        """Called when the hook is registered: with the link, or ``None`` for a context manager."""

    def deleted(self, link: Link | None) -> None:
        """Called when the hook is removed: with the link, or ``None`` for a context manager."""

    def forward_preprocess(self, args: Any) -> None:
        """Called before a forward pass; ``args`` has ``link``, ``forward_name``, ``args``, ``kwargs``."""

    def forward_postprocess(self, args: Any) -> None:
        """Called after a forward pass; ``args`` has also ``out``, what the pass returned."""

    def forward_failed(self, args: Any) -> None:
        """Called instead of :meth:`forward_postprocess` if the forward pass raises: a place to undo."""


def call_with_hooks(link: Link, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Runs a forward pass between its hooks: those of this thread, then those of the link."""
    hooks = [*get_link_hooks().values(), *link.local_link_hooks.values()]
    before = _ForwardPreprocessCallbackArgs(link, "forward", args, kwargs)
    entered: list[LinkHook] = []
    try:
        for hook in hooks:
            hook.forward_preprocess(before)
            entered.append(hook)
        out = forward(*args, **kwargs)
    except BaseException:
        for hook in reversed(entered):
            hook.forward_failed(before)
        raise
    after = _ForwardPostprocessCallbackArgs(link, "forward", args, kwargs, out)
    for hook in hooks:
        hook.forward_postprocess(after)
    return out
