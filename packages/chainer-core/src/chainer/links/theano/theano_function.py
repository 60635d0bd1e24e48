"""Functions of Theano, which is no longer maintained."""

from __future__ import annotations

from typing import Any

from chainer.link import Link


class TheanoFunction(Link):
    """Not available: Theano is no longer maintained.

    Args:
        inputs: Inputs of the Theano function.
        outputs: Its outputs.

    Raises:
        RuntimeError: Always.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        raise RuntimeError(
            "TheanoFunction needs Theano, which is no longer maintained; write the function as a chainer.FunctionNode"
        )

    def forward(self, *args: Any) -> Any:
        """Never reached: there is no such link."""
        raise NotImplementedError
