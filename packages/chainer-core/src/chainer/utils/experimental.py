"""A mark for what may still change."""

from __future__ import annotations

import warnings

import chainer


def experimental(api_name: str) -> None:
    """Warns that ``api_name`` may change; silent where ``chainer.disable_experimental_feature_warning`` is set."""
    if not chainer.disable_experimental_feature_warning:
        warnings.warn(
            f"{api_name} is experimental. The interface can change in the future.", FutureWarning, stacklevel=3
        )
