"""Graves' RMSprop."""

from __future__ import annotations

from chainer import backend
from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class RMSpropGravesRule(UpdateRule):
    """Update rule of :class:`RMSpropGraves`.

    The kernel ``rmsprop_graves_update(thetas, grads, states, lr, alpha, momentum, eps)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        alpha: float | None = None,
        momentum: float | None = None,
        eps: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or RMSpropGraves().hyperparam)
        set_given(self.hyperparam, lr=lr, alpha=alpha, momentum=momentum, eps=eps)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["n"] = self._state_array(param)
        self._state["g"] = self._state_array(param)
        self._state["delta"] = self._state_array(param)

    @served_by("rmsprop_graves_update", hyperparameters("lr", "alpha", "momentum", "eps"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        n, g, delta, hp = state["n"], state["g"], state["delta"], self.hyperparam.effective
        n *= hp.alpha
        n += (1 - hp.alpha) * grad * grad
        g *= hp.alpha
        g += (1 - hp.alpha) * grad
        delta *= hp.momentum
        delta -= hp.lr * grad / backend.get_array_module(n).sqrt(n - g * g + hp.eps)
        theta += delta


class RMSpropGraves(GradientMethod):
    r"""RMSprop by the variance of gradients, with momentum.

    Args:
        lr: Step size.
        alpha: Decay of the averages.
        momentum: Share of the last step that is kept.
        eps: Added inside the root.

    References:
        Graves, *Generating Sequences With Recurrent Neural Networks*, arXiv:1308.0850, section 4.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.RMSpropGraves().setup(model)
    """

    lr = HyperparameterProxy("lr")
    alpha = HyperparameterProxy("alpha")
    momentum = HyperparameterProxy("momentum")
    eps = HyperparameterProxy("eps")

    def __init__(self, lr: float = 1e-4, alpha: float = 0.95, momentum: float = 0.9, eps: float = 1e-4) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, alpha=alpha, momentum=momentum, eps=eps)

    def create_update_rule(self) -> RMSpropGravesRule:
        return RMSpropGravesRule(self.hyperparam)
