"""Layer-wise adaptive rate scaling."""

from __future__ import annotations

from chainer import utils
from chainer.optimizer import UpdateRule
from chainer.variable import Parameter


class GradientLARS:
    """Scales each gradient by the ratio of the parameter's norm to its own, for large batches.

    Args:
        threshold: Norm of a parameter below which its gradient is left as it is.
        weight_decay: Rate of an L2 penalty, which counts in the ratio.
        eps: Added to the denominator.

    References:
        You, Gitman and Ginsburg, *Large Batch Training of Convolutional Networks*, arXiv:1708.03888.
    """

    name = "GradientLARS"
    call_for_each_param = True
    timing = "pre"

    def __init__(self, threshold: float = 0.01, weight_decay: float = 0.0, eps: float = 1e-9) -> None:
        self.threshold = threshold
        self.weight_decay = weight_decay
        self.eps = eps

    def __call__(self, rule: UpdateRule, param: Parameter) -> None:
        theta, grad = param.array, param.grad
        if grad is None:
            return
        norm = param.xp.linalg.norm
        theta_norm, grad_norm = float(norm(theta)), float(norm(grad))
        # A parameter near zero could never leave it, so it keeps its gradient.
        rate = 1.0
        if theta_norm > self.threshold:
            rate = theta_norm / float(self.eps + grad_norm + self.weight_decay * theta_norm)
        param.grad = utils.force_array((grad + float(self.weight_decay) * theta) * rate)
