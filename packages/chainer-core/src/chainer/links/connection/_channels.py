"""What convolutions share about their channels."""

from __future__ import annotations


def channels_per_group(in_channels: int, out_channels: int, groups: int) -> tuple[int, int]:
    """Numbers of input and output channels of each group.

    Raises:
        ValueError: ``groups`` does not divide one of the numbers.
    """
    for kind, n_channels in (("input", in_channels), ("output", out_channels)):
        if n_channels % groups != 0:
            raise ValueError(
                f"the number of {kind} channels must be divisible by the number of groups, got {n_channels} and "
                f"{groups}"
            )
    return in_channels // groups, out_channels // groups
