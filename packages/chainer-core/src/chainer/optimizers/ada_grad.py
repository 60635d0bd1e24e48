"""AdaGrad."""

from __future__ import annotations

from chainer import backend
from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class AdaGradRule(UpdateRule):
    """Update rule of :class:`AdaGrad`.

    The kernel ``ada_grad_update(thetas, grads, states, lr, eps)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None, eps: float | None = None
    ) -> None:
        super().__init__(parent_hyperparam or AdaGrad().hyperparam)
        set_given(self.hyperparam, lr=lr, eps=eps)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["h"] = self._state_array(param)

    @served_by("ada_grad_update", hyperparameters("lr", "eps"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        h, hp = state["h"], self.hyperparam.effective
        h += grad * grad
        grad *= hp.lr
        grad /= backend.get_array_module(h).sqrt(h) + hp.eps
        theta -= grad


class AdaGrad(GradientMethod):
    r"""AdaGrad: steps scaled by the root of the sum of squared gradients.

    Args:
        lr: Step size.
        eps: Added to the root, against division by zero.

    References:
        Duchi, Hazan and Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic
        Optimization*, JMLR 2011.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.AdaGrad().setup(model)
    """

    lr = HyperparameterProxy("lr")
    eps = HyperparameterProxy("eps")

    def __init__(self, lr: float = 0.001, eps: float = 1e-8) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, eps=eps)

    def create_update_rule(self) -> AdaGradRule:
        return AdaGradRule(self.hyperparam)
