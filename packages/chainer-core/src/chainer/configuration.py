"""Ambient settings: one value for the process, with overrides for a thread.

``chainer.config`` answers on every call of every function, so reading it has to
be cheap. The values of :data:`global_config` are therefore kept as *class*
attributes of a ``threading.local`` subclass, and a thread's overrides as its
instance attributes: Python's own attribute look-up finds the override first and
falls back to the global value, without a line of our code running.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import Any, TextIO

_ABSENT = object()


class LocalConfig(threading.local):
    """Thread-local view of the configuration; what is not set here is global.

    Args:
        global_config: The process-wide settings to fall back to.

    Example:
        >>> import chainer
        >>> chainer.config.train
        True
        >>> with chainer.using_config("train", False):
        ...     chainer.config.train
        False
    """

    def __new__(cls, global_config: GlobalConfig, *args: Any) -> LocalConfig:
        # One class for each global configuration: its attributes are the global values.
        # Its arguments are kept: __init__ is called with them again in each thread that looks.
        return super().__new__(global_config._fallback, global_config)  # type: ignore[call-arg]

    def __init__(self, global_config: GlobalConfig) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the configuration has no entry {name!r}; chainer.config.show() lists the entries")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "debug" and value:
            _note_debug_mode()
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name not in self.__dict__:
            raise AttributeError(f"the configuration entry {name!r} is not overridden in this thread")
        super().__delattr__(name)

    def _entries(self) -> dict[str, Any]:
        return {**_own_entries(type(self)), **self.__dict__}

    def show(self, file: TextIO | None = None) -> None:
        """Prints every entry as this thread sees it."""
        _print_entries(self._entries(), file)


class GlobalConfig:
    """Process-wide settings. Each attribute is an entry; a new name makes a new entry."""

    _fallback: type[LocalConfig]

    def __init__(self) -> None:
        object.__setattr__(self, "_fallback", type("LocalConfig", (LocalConfig,), {"__module__": __name__}))

    def __getattr__(self, name: str) -> Any:
        entries = _own_entries(self._fallback)
        if name not in entries:
            raise AttributeError(f"the global configuration has no entry {name!r}")
        return entries[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") or name in LocalConfig.__dict__:
            raise AttributeError(f"{name!r} is reserved and cannot be a configuration entry")
        if name == "debug" and value:
            _note_debug_mode()
        setattr(self._fallback, name, _Plain(value) if hasattr(value, "__get__") else value)

    def __delattr__(self, name: str) -> None:
        self.__getattr__(name)
        delattr(self._fallback, name)

    def show(self, file: TextIO | None = None) -> None:
        """Prints every global entry."""
        _print_entries(_own_entries(self._fallback), file)


_debug_mode_was_on = False


def _note_debug_mode() -> None:
    """Debug mode watches functions as hooks do; until it has been on, no function asks whether it is."""
    global _debug_mode_was_on
    if not _debug_mode_was_on:
        from chainer import function_hook

        _debug_mode_was_on = True
        function_hook.n_watching += 1


class _Plain:
    """Keeps a function stored as a class attribute from turning into a bound method."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __get__(self, instance: Any, owner: type) -> Any:
        return self.value


def _own_entries(cls: type) -> dict[str, Any]:
    return {
        name: value.value if isinstance(value, _Plain) else value
        for name, value in vars(cls).items()
        if not name.startswith("__")
    }


def _print_entries(entries: dict[str, Any], file: TextIO | None) -> None:
    out = sys.stdout if file is None else file
    width = max(map(len, entries), default=0)
    for name in sorted(entries):
        print(f"{name:<{width}} {entries[name]}", file=out)


global_config = GlobalConfig()
config: Any = LocalConfig(global_config)


class using_config(contextlib.ContextDecorator):
    """Sets an entry of ``config`` inside a ``with`` block and restores it at its end.

    A class rather than a generator, since models are called under it one input at a time.

    Args:
        name: Entry to set.
        value: Value inside the block.
        config: ``chainer.config`` (this thread alone, the default) or ``chainer.global_config``.
    """

    __slots__ = ("_before", "_config", "_name", "_value")

    def __init__(self, name: str, value: Any, config: Any = config) -> None:
        self._name = name
        self._value = value
        self._config = config

    def _recreate_cm(self) -> using_config:
        # As a decorator, each call has an earlier value of its own to restore.
        return using_config(self._name, self._value, self._config)

    def __enter__(self) -> None:
        name, config = self._name, self._config
        if isinstance(config, LocalConfig):
            overrides = config.__dict__
            self._before = overrides.get(name, _ABSENT)
            if name != "debug":  # the one entry that something is done about
                overrides[name] = self._value
                return
        else:
            self._before = getattr(config, name, _ABSENT)
        setattr(config, name, self._value)

    def __exit__(self, *exc_info: object) -> None:
        if self._before is _ABSENT and isinstance(self._config, LocalConfig):
            self._config.__dict__.pop(self._name, None)
        elif self._before is _ABSENT:
            delattr(self._config, self._name)
        else:
            setattr(self._config, self._name, self._before)


def no_backprop_mode() -> using_config:
    """Context manager under which no graph is recorded: for inference.

    Example:
        >>> import chainer, numpy as np
        >>> x = chainer.Variable(np.ones(2, np.float32))
        >>> with chainer.no_backprop_mode():
        ...     y = x + 1
        >>> y.creator is None
        True
    """
    return using_config("enable_backprop", False)


def force_backprop_mode() -> using_config:
    """Context manager under which the graph is recorded, also inside :func:`no_backprop_mode`."""
    return using_config("enable_backprop", True)
