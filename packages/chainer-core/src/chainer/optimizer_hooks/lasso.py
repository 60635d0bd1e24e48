"""L1 regularisation."""

from __future__ import annotations

from chainer import utils
from chainer.optimizer import UpdateRule
from chainer.variable import Parameter


class Lasso:
    """Adds ``rate * sign(parameter)`` to each gradient: the gradient of an L1 penalty.

    Args:
        rate: Factor on the sign.
    """

    name = "Lasso"
    call_for_each_param = True
    timing = "pre"
    works_on_parts = True

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, rule: UpdateRule, param: Parameter) -> None:
        if param.grad is not None:
            param.grad = utils.force_array(param.grad + float(self.rate) * param.xp.sign(param.array))
