"""Base of hooks that give a link another weight while it runs."""

from __future__ import annotations

from typing import Any

from chainer.function import no_backprop_mode
from chainer.link import Link
from chainer.link_hook import LinkHook
from chainer.variable import Parameter, Variable


class ReplacedWeightHook(LinkHook):
    """Replaces a link's weight by a function of it, for the time of each forward pass.

    The parameter stays what the optimizer updates and the serializer saves.

    Args:
        weight_name: Attribute of the link that holds the weight.
        name: Name of the hook; that of its class unless given.
    """

    def __init__(self, weight_name: str, name: str | None) -> None:
        self.weight_name = weight_name
        if name is not None:
            self.name = name
        self._originals: list[Any] = []  # one a forward pass that is running: they may nest

    def __enter__(self) -> Any:
        """Refused: the hook belongs to a link."""
        raise NotImplementedError(f"{type(self).__name__} is not a context manager; use link.add_hook(hook)")

    def __exit__(self, *_: object) -> None:
        raise NotImplementedError(f"{type(self).__name__} is not a context manager; use link.delete_hook(name)")

    def added(self, link: Link | None) -> None:
        if not isinstance(getattr(link, self.weight_name, None), Parameter):
            raise ValueError(f"{type(link).__name__} has no weight {self.weight_name!r} for {self.name}")

    def normalize_weight(self, link: Any) -> Variable:
        """What a link computes with instead of its weight, which has its shape."""
        raise NotImplementedError

    def forward_preprocess(self, cb_args: Any) -> None:
        link = cb_args.link
        weight = getattr(link, self.weight_name)
        if weight.array is None:
            # The link settles the shape of its weight in its first forward pass: this one comes before.
            with no_backprop_mode():
                link.forward(*cb_args.args, **cb_args.kwargs)
        replacement = self.normalize_weight(link)
        self._originals.append(weight)
        vars(link)[self.weight_name] = replacement

    def forward_postprocess(self, cb_args: Any) -> None:
        vars(cb_args.link)[self.weight_name] = self._originals.pop()

    def forward_failed(self, args: Any) -> None:
        self.forward_postprocess(args)
