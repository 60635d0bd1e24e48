"""Update rules of optimizers, all parameters in one call. Each says whether it has done its work."""

from __future__ import annotations

from typing import Any

from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import serves

Arrays = list[NdArray]  # one for each parameter


@serves("sgd_update")
def sgd_update(thetas: Arrays, grads: Arrays, states: dict[str, Arrays], lr: float) -> bool:
    """One step of gradient descent."""
    return _core.sgd_update(thetas, grads, lr)


@serves("momentum_sgd_update")
def momentum_sgd_update(thetas: Arrays, grads: Arrays, states: dict[str, Arrays], lr: float, momentum: float) -> bool:
    """One step of gradient descent with momentum."""
    return _core.momentum_sgd_update(thetas, grads, states["v"], lr, momentum)


@serves("rmsprop_update")
def rmsprop_update(
    thetas: Arrays,
    grads: Arrays,
    states: dict[str, Arrays],
    lr: float,
    alpha: float,
    eps: float,
    eps_inside_sqrt: bool,
) -> bool:
    """One step of RMSprop."""
    return _core.rmsprop_update(thetas, grads, states["ms"], lr, alpha, eps, bool(eps_inside_sqrt))


@serves("adam_update")
def adam_update(
    thetas: Arrays,
    grads: Arrays,
    states: dict[str, Arrays],
    alpha_t: float,
    hp: Any,
    lr_bounds: tuple[float, float] | None,
) -> bool:
    """One step of Adam, AdamW, AMSGrad or AdaBound."""
    return _core.adam_update(
        thetas,
        grads,
        states["m"],
        states["v"],
        states["vhat"] if hp.amsgrad else None,
        alpha_t,
        hp.beta1,
        hp.beta2,
        hp.eps,
        hp.eta,
        hp.weight_decay_rate,
        lr_bounds,
    )
