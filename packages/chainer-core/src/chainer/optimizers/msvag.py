"""M-SVAG."""

from __future__ import annotations

from chainer._flat_update import served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


def _kernel_arguments(rule: MSVAGRule) -> tuple[float, ...]:
    hp = rule.hyperparam.effective
    return hp.lr, hp.beta, hp.eta, hp.weight_decay_rate, rule.t


class MSVAGRule(UpdateRule):
    """Update rule of :class:`MSVAG`.

    The kernel ``msvag_update(thetas, grads, states, lr, beta, eta, weight_decay_rate, t)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        lr: float | None = None,
        beta: float | None = None,
        eta: float | None = None,
        weight_decay_rate: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or MSVAG().hyperparam)
        set_given(self.hyperparam, lr=lr, beta=beta, eta=eta, weight_decay_rate=weight_decay_rate)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["m"] = self._state_array(param)
        self._state["v"] = self._state_array(param)

    @served_by("msvag_update", _kernel_arguments)
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        m, v, hp = state["m"], state["v"], self.hyperparam.effective
        beta_t = hp.beta**self.t
        m *= hp.beta
        m += (1 - hp.beta) * grad
        v *= hp.beta
        v += (1 - hp.beta) * grad * grad
        m_hat = m / (1 - beta_t)
        square = m_hat * m_hat
        variance = v / (1 - beta_t) - square
        # rho: how much of the variance of single gradients is left in their average, section 4.1
        rho = (1 - hp.beta) * (1 + beta_t) / ((1 + hp.beta) * (1 - beta_t))
        # At the first step the average is the one gradient and tells nothing of its variance.
        damping = square / (square + rho / (1 - rho) * variance) if self.t > 1 else 1
        theta -= hp.eta * (hp.lr * damping * m_hat + hp.weight_decay_rate * theta)


class MSVAG(GradientMethod):
    r"""M-SVAG: momentum whose steps are damped where gradients vary much.

    Args:
        lr: Step size.
        beta: Decay of both averages.
        eta: Factor on the whole update, for schedules.
        weight_decay_rate: Decoupled weight decay.

    References:
        Balles and Hennig, *Dissecting Adam: The Sign, Magnitude and Variance of Stochastic Gradients*, ICML
        2018, arXiv:1705.07774.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.MSVAG().setup(model)
    """

    lr = HyperparameterProxy("lr")
    beta = HyperparameterProxy("beta")
    eta = HyperparameterProxy("eta")
    weight_decay_rate = HyperparameterProxy("weight_decay_rate")

    def __init__(self, lr: float = 0.1, beta: float = 0.9, eta: float = 1.0, weight_decay_rate: float = 0) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, beta=beta, eta=eta, weight_decay_rate=weight_decay_rate)

    def create_update_rule(self) -> MSVAGRule:
        return MSVAGRule(self.hyperparam)
