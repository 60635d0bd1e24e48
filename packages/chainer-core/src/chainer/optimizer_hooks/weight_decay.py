"""Weight decay."""

from __future__ import annotations

from chainer import utils
from chainer.optimizer import UpdateRule
from chainer.variable import Parameter


class WeightDecay:
    """Adds ``rate * parameter`` to each gradient: the gradient of an L2 penalty.

    With adaptive optimizers prefer decoupled decay, as in :class:`chainer.optimizers.AdamW`.

    Args:
        rate: Factor on the parameter.
    """

    name = "WeightDecay"
    call_for_each_param = True
    timing = "pre"
    works_on_parts = True

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, rule: UpdateRule, param: Parameter) -> None:
        if param.grad is not None:
            param.grad = utils.force_array(param.grad + float(self.rate) * param.array)
