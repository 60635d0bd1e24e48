"""Clipping of the whole gradient by its norm."""

from __future__ import annotations

import math
from typing import Any

from chainer import utils


class GradientClipping:
    """Scales all gradients down together when their common L2 norm exceeds a threshold.

    Args:
        threshold: Largest norm.

    References:
        Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, ICML 2013.
    """

    name = "GradientClipping"
    timing = "pre"
    works_on_parts = True

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold

    def __call__(self, opt: Any) -> None:
        params = [param for param in opt.target.params(False) if param.grad is not None]
        norm = math.sqrt(opt.sum_over_parts(sum(_squared_norm(param.grad) for param in params)))
        # A norm that is not finite leaves the gradients as they are, for the user to see where they went wrong.
        if norm == 0 or not math.isfinite(norm):
            return
        rate = float(self.threshold) / norm
        if rate < 1:
            for param in params:
                param.grad = utils.force_array(param.grad * rate)


def _squared_norm(x: Any) -> float:
    flat = x.ravel()
    if flat.dtype.char == "e":  # squares of float16 overflow early
        flat = flat.astype("f")
    return float(flat.dot(flat))
