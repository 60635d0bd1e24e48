"""Debug mode: NaN checks and records of where functions were called."""

from __future__ import annotations

from chainer.configuration import config, using_config


def is_debug() -> bool:
    """Whether debug mode is on in this thread."""
    return bool(config.debug)


def set_debug(debug: bool) -> None:
    """Turns debug mode on or off in this thread.

    In debug mode each function checks its outputs and gradients for NaN, and remembers the line and the link that
    called it, for messages about its backward pass. It is slower.
    """
    config.debug = bool(debug)


class DebugMode:
    """Context manager that sets debug mode, for old code; prefer ``using_config("debug", True)``.

    Args:
        debug: Whether it is on inside.
    """

    def __init__(self, debug: bool) -> None:
        self._scope = using_config("debug", bool(debug))

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(self, *exc_info: object) -> None:
        self._scope.__exit__(None, None, None)
