"""A mark for results that differ from run to run."""

from __future__ import annotations

import warnings

from chainer.configuration import config


def nondeterministic(f_name: str) -> None:
    """Warns, if ``chainer.config.warn_nondeterministic`` is set, that ``f_name`` is not repeatable bit by bit."""
    if config.warn_nondeterministic:
        warnings.warn(
            f"Potentially non-deterministic code is being executed while config.warn_nondeterministic set. "
            f"Source: {f_name}",
            stacklevel=2,
        )
