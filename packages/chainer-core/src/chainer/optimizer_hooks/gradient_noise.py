"""Noise on gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer import utils
from chainer.optimizer import UpdateRule
from chainer.types import NdArray
from chainer.variable import Parameter


def exponential_decay_noise(xp: Any, shape: Any, dtype: Any, hook: GradientNoise, opt: UpdateRule) -> NdArray:
    r"""Gaussian noise of variance :math:`\eta / (1 + t)^{0.55}`, from the generator of ``xp``."""
    std = (hook.eta / (1 + opt.t) ** 0.55) ** 0.5
    return xp.random.normal(0, std, shape).astype(dtype)


class GradientNoise:
    """Adds noise to each gradient.

    Args:
        eta: Scale of the noise; the paper takes 0.01, 0.3 or 1.
        noise_func: Called with ``(xp, shape, dtype, hook, rule)``, returns the noise.

    References:
        Neelakantan et al., *Adding Gradient Noise Improves Learning for Very Deep Networks*, arXiv:1511.06807.
    """

    name = "GradientNoise"
    call_for_each_param = True
    timing = "pre"
    works_on_parts = True

    def __init__(self, eta: float, noise_func: Callable[..., NdArray] = exponential_decay_noise) -> None:
        self.eta = eta
        self.noise_func = noise_func

    def __call__(self, rule: UpdateRule, param: Parameter) -> None:
        if param.grad is not None:
            noise = self.noise_func(param.xp, param.shape, param.grad.dtype, self, rule)
            param.grad = utils.force_array(param.grad + noise)
