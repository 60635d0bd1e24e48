"""Update rules of optimizers, all parameters in one call. Each says whether it has done its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._counters import declined
from chainer_onednn_ext._table import serves

Arrays = list[NdArray]  # one for each parameter

STATES: dict[str, tuple[str, ...]] = {  # of each kernel, in the order in which its routine takes them
    "sgd_update": (),
    "momentum_sgd_update": ("v",),
    "corrected_momentum_sgd_update": ("v",),
    "nesterov_ag_update": ("v",),
    "ada_grad_update": ("h",),
    "ada_delta_update": ("msg", "msdx"),
    "rmsprop_update": ("ms",),
    "rmsprop_graves_update": ("n", "g", "delta"),
    "smorms3_update": ("mem", "g", "g2"),
    "msvag_update": ("m", "v"),
}


def _rule(name: str, states: tuple[str, ...]) -> Callable[..., bool]:
    routine: Callable[..., bool] = getattr(_core, name)

    def update(thetas: Arrays, grads: Arrays, values: dict[str, Arrays], *hyperparameters: Any) -> bool:
        done = routine(thetas, grads, *[values[state] for state in states], *hyperparameters)
        if not done:
            declined[name] += 1
        return done

    update.__name__ = update.__qualname__ = name
    return update


for _name, _states in STATES.items():
    serves(_name)(_rule(_name, _states))


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
    done = _core.adam_update(
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
    if not done:
        declined["adam_update"] += 1
    return done
