"""Clipping of gradients, element by element."""

from __future__ import annotations

from chainer import utils
from chainer.optimizer import UpdateRule
from chainer.variable import Parameter


class GradientHardClipping:
    """Clips each element of each gradient to an interval.

    Args:
        lower_bound: Smallest value.
        upper_bound: Largest value.
    """

    name = "GradientHardClipping"
    call_for_each_param = True
    timing = "pre"
    works_on_parts = True

    def __init__(self, lower_bound: float, upper_bound: float) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def __call__(self, rule: UpdateRule, param: Parameter) -> None:
        if param.grad is not None:
            clipped = param.xp.clip(param.grad, float(self.lower_bound), float(self.upper_bound))
            param.grad = utils.force_array(clipped)
