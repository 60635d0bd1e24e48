"""RMSprop."""

from __future__ import annotations

from chainer import backend
from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class RMSpropRule(UpdateRule):
    """Update rule of :class:`RMSprop`.

    The kernel ``rmsprop_update(thetas, grads, states, lr, alpha, eps, eps_inside_sqrt)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        alpha: float | None = None,
        eps: float | None = None,
        eps_inside_sqrt: bool | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or RMSprop().hyperparam)
        set_given(self.hyperparam, lr=lr, alpha=alpha, eps=eps, eps_inside_sqrt=eps_inside_sqrt)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["ms"] = self._state_array(param)

    @served_by("rmsprop_update", hyperparameters("lr", "alpha", "eps", "eps_inside_sqrt"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        ms, hp = state["ms"], self.hyperparam.effective
        xp = backend.get_array_module(ms)
        ms *= hp.alpha
        ms += (1 - hp.alpha) * grad * grad
        grad *= hp.lr
        grad /= xp.sqrt(ms + hp.eps) if hp.eps_inside_sqrt else xp.sqrt(ms) + hp.eps
        theta -= grad


class RMSprop(GradientMethod):
    r"""RMSprop: steps scaled by the root of the average of squared gradients.

    Args:
        lr: Step size.
        alpha: Decay of the average.
        eps: Added to the root, against division by zero.
        eps_inside_sqrt: Whether ``eps`` is added inside the root.

    References:
        Tieleman and Hinton, *Lecture 6.5 - rmsprop*, COURSERA: Neural Networks for Machine Learning, 2012.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.RMSprop().setup(model)
    """

    lr = HyperparameterProxy("lr")
    alpha = HyperparameterProxy("alpha")
    eps = HyperparameterProxy("eps")
    eps_inside_sqrt = HyperparameterProxy("eps_inside_sqrt")

    def __init__(self, lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8, eps_inside_sqrt: bool = False) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, alpha=alpha, eps=eps, eps_inside_sqrt=eps_inside_sqrt)

    def create_update_rule(self) -> RMSpropRule:
        return RMSpropRule(self.hyperparam)
