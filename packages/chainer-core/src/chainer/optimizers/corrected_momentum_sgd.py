"""Gradient descent with momentum whose velocity does not contain the step size."""

from __future__ import annotations

from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class CorrectedMomentumSGDRule(UpdateRule):
    """Update rule of :class:`CorrectedMomentumSGD`.

    The kernel ``corrected_momentum_sgd_update(thetas, grads, states, lr, momentum)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None, momentum: float | None = None
    ) -> None:
        super().__init__(parent_hyperparam or CorrectedMomentumSGD().hyperparam)
        set_given(self.hyperparam, lr=lr, momentum=momentum)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["v"] = self._state_array(param)

    @served_by("corrected_momentum_sgd_update", hyperparameters("lr", "momentum"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        v = state["v"]
        v *= self.hyperparam.effective.momentum
        v -= grad
        theta += self.hyperparam.effective.lr * v


class CorrectedMomentumSGD(GradientMethod):
    r"""Gradient descent with momentum: :math:`v \leftarrow \mu v - g`, :math:`\theta \leftarrow \theta + \eta v`.

    With a constant step size it equals :class:`MomentumSGD`; when the step size changes, the velocity
    needs no correction.

    Args:
        lr: Step size.
        momentum: Share of the velocity that is kept.

    References:
        Goyal et al., *Accurate, Large Minibatch SGD*, arXiv:1706.02677, section 3.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.CorrectedMomentumSGD().setup(model)
    """

    lr = HyperparameterProxy("lr")
    momentum = HyperparameterProxy("momentum")

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, momentum=momentum)

    def create_update_rule(self) -> CorrectedMomentumSGDRule:
        return CorrectedMomentumSGDRule(self.hyperparam)
