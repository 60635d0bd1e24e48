"""Libraries that one can do without."""

import importlib
from typing import Any


def require(module: str, extra: str, purpose: str) -> Any:
    """Imports an optional library.

    Args:
        module: What to import.
        extra: The extra of the ``chainer`` distribution that installs it.
        purpose: What it is needed for, as the subject of a sentence.
    Raises:
        ImportError: It is not there. The message tells how to install it.

    Example:
        >>> from chainer.utils.optional_dependency import require
        >>> require("json", "json", "reading logs").loads("[1]")
        [1]
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        distribution = module.partition(".")[0]
        raise ImportError(f"{purpose} needs {distribution}: pip install 'chainer[{extra}]'", name=module) from error
