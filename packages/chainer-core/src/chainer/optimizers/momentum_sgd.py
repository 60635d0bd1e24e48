"""Gradient descent with momentum."""

from __future__ import annotations

from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class MomentumSGDRule(UpdateRule):
    """Update rule of :class:`MomentumSGD`.

    The kernel ``momentum_sgd_update(thetas, grads, states, lr, momentum)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None, momentum: float | None = None
    ) -> None:
        super().__init__(parent_hyperparam or MomentumSGD().hyperparam)
        set_given(self.hyperparam, lr=lr, momentum=momentum)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["v"] = self._state_array(param)

    @served_by("momentum_sgd_update", hyperparameters("lr", "momentum"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        hp, v = self.hyperparam.effective, state["v"]
        v *= hp.momentum
        grad *= hp.lr
        v -= grad
        theta += v


class MomentumSGD(GradientMethod):
    r"""Gradient descent with momentum: :math:`v \leftarrow \mu v - \eta g`, :math:`\theta \leftarrow \theta + v`.

    Args:
        lr: Step size.
        momentum: Share of the velocity that is kept.

    References:
        Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.MomentumSGD().setup(model)
    """

    lr = HyperparameterProxy("lr")
    momentum = HyperparameterProxy("momentum")

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, momentum=momentum)

    def create_update_rule(self) -> MomentumSGDRule:
        return MomentumSGDRule(self.hyperparam)
