"""Target networks."""

from __future__ import annotations

import chainer


def follow(slow: chainer.Link, fast: chainer.Link, share: float) -> None:
    """Moves the weights of one network a share of the way to those of another (Lillicrap et al., ICLR 2016)."""
    for slow_param, fast_param in zip(slow.params(), fast.params()):
        slow_param.array += share * (fast_param.array - slow_param.array)
