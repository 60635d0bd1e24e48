"""Update rules of optimizers. Each says whether it has done its work; arrays that do not lie in one piece it leaves."""

from __future__ import annotations

from typing import Any

from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import serves

sgd_update = serves("sgd_update")(_core.sgd_update)
momentum_sgd_update = serves("momentum_sgd_update")(_core.momentum_sgd_update)


@serves("adam_update")
def adam_update(
    theta: NdArray,
    grad: NdArray,
    state: dict[str, NdArray],
    alpha_t: float,
    hp: Any,
    lr_bounds: tuple[float, float] | None,
) -> bool:
    """One step of Adam, AdamW, AMSGrad or AdaBound."""
    return _core.adam_update(
        theta,
        grad,
        state["m"],
        state["v"],
        state["vhat"] if hp.amsgrad else None,
        alpha_t,
        hp.beta1,
        hp.beta2,
        hp.eps,
        hp.eta,
        hp.weight_decay_rate,
        lr_bounds,
    )
