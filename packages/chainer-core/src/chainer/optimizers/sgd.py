"""Stochastic gradient descent."""

from __future__ import annotations

from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray


class SGDRule(UpdateRule):
    """Update rule of :class:`SGD`. The kernel ``sgd_update(thetas, grads, {}, lr)`` may serve it."""

    is_elementwise = True

    def __init__(self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None) -> None:
        super().__init__(parent_hyperparam or SGD().hyperparam)
        set_given(self.hyperparam, lr=lr)

    @served_by("sgd_update", hyperparameters("lr"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        grad *= self.hyperparam.effective.lr
        theta -= grad


class SGD(GradientMethod):
    r"""Stochastic gradient descent: :math:`\theta \leftarrow \theta - \eta g`.

    Args:
        lr: Step size.

    References:
        Robbins and Monro, *A Stochastic Approximation Method*, 1951.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.SGD().setup(model)
    """

    lr = HyperparameterProxy("lr")

    def __init__(self, lr: float = 0.01) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr)

    def create_update_rule(self) -> SGDRule:
        return SGDRule(self.hyperparam)
