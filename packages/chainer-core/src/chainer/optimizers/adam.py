"""Adam and its variants: AdamW, AMSGrad, AdaBound, AMSBound."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer._flat_update import served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


def _kernel_arguments(rule: AdamRule) -> tuple[Any, ...]:
    hp = rule.hyperparam.effective
    return rule.alpha_t, hp, rule.bounds if hp.adabound else None


class AdamRule(UpdateRule):
    """Update rule of :class:`Adam` and its variants, which its hyperparameters tell apart.

    The kernel ``adam_update(thetas, grads, states, alpha_t, hyperparam, lr_bounds)`` may serve it; ``lr_bounds`` is
    ``None`` or the pair of AdaBound.
    """

    is_elementwise = True

    def __init__(
        self,
        parent_hyperparam: Hyperparameter | None = None,
        alpha: float | None = None,
        beta1: float | None = None,
        beta2: float | None = None,
        eps: float | None = None,
        eta: float | None = None,
        weight_decay_rate: float | None = None,
        amsgrad: bool | None = None,
        adabound: bool | None = None,
        final_lr: float | None = None,
        gamma: float | None = None,
    ) -> None:
        super().__init__(parent_hyperparam or Adam().hyperparam)
        set_given(
            self.hyperparam,
            alpha=alpha,
            beta1=beta1,
            beta2=beta2,
            eps=eps,
            eta=eta,
            weight_decay_rate=weight_decay_rate,
            amsgrad=amsgrad,
            adabound=adabound,
            final_lr=final_lr,
            gamma=gamma,
        )
        # AdaBound's bounds follow a schedule of alpha, so they are relative to where it began.
        self.initial_alpha: float = self.hyperparam.alpha

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        for name in ("m", "v", "vhat") if self.hyperparam.amsgrad else ("m", "v"):
            self._state[name] = self._state_array(param)

    @property
    def alpha_t(self) -> float:
        """Step size with the bias corrections of both moments folded in."""
        return _alpha_t(self.hyperparam.effective, self.t)

    @property
    def lr(self) -> float:
        """Step size with the bias corrections, as :attr:`alpha_t`."""
        return self.alpha_t

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest step size under AdaBound, section 4 of its paper."""
        hp = self.hyperparam
        final_lr = hp.final_lr * hp.alpha / self.initial_alpha
        return final_lr * (1 - 1 / (hp.gamma * self.t + 1)), final_lr * (1 + 1 / (hp.gamma * self.t))

    @served_by("adam_update", _kernel_arguments)
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        hp = self.hyperparam.effective
        xp = backend.get_array_module(theta)
        m, v = state["m"], state["v"]
        # m += (1 - beta1) * (g - m) and so on, each pass in place on one scratch array
        scratch = grad - m
        scratch *= 1 - hp.beta1
        m += scratch
        xp.multiply(grad, grad, out=grad)
        grad -= v
        grad *= 1 - hp.beta2
        v += grad
        if hp.amsgrad:
            v = xp.maximum(state["vhat"], v, out=state["vhat"])
        xp.sqrt(v, out=scratch)
        scratch += hp.eps
        if hp.adabound:
            xp.divide(self.alpha_t, scratch, out=scratch)
            xp.clip(scratch, *self.bounds, out=scratch)
            scratch *= m
        else:
            xp.divide(m, scratch, out=scratch)
            scratch *= self.alpha_t
        if hp.weight_decay_rate != 0:
            scratch += hp.weight_decay_rate * theta
        if hp.eta != 1:
            scratch *= hp.eta
        theta -= scratch


def _alpha_t(hp: Hyperparameter, t: int) -> float:
    if t == 0:
        raise RuntimeError(
            "Can't determine the learning rate of Adam optimizer because the update steps have not been started."
        )
    alpha: float = hp.alpha
    return alpha * math.sqrt(1 - hp.beta2**t) / (1 - hp.beta1**t)


class Adam(GradientMethod):
    r"""Adam: steps scaled by running averages of gradients and of their squares.

    .. math::
        m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
        \theta \leftarrow \theta - \eta (\alpha_t m / (\sqrt v + \epsilon) + \lambda \theta)

    with :math:`\alpha_t = \alpha \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)`: ``eps`` is added to the
    uncorrected root, as in the efficient form at the end of section 2 of the paper.

    Args:
        alpha: Step size.
        beta1: Decay of the average of gradients.
        beta2: Decay of the average of their squares.
        eps: Added to the root, against division by zero.
        eta: Factor on the whole update, for schedules.
        weight_decay_rate: Decoupled weight decay (AdamW).
        amsgrad: Whether to divide by the largest average of squares so far (AMSGrad).
        adabound: Whether to bound the step sizes (AdaBound).
        final_lr: Step size that the bounds of AdaBound converge to.
        gamma: How fast they do.

    References:
        Kingma and Ba, *Adam: A Method for Stochastic Optimization*, ICLR 2015, arXiv:1412.6980;
        Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, arXiv:1711.05101;
        Reddi, Kale and Kumar, *On the Convergence of Adam and Beyond*, ICLR 2018;
        Luo et al., *Adaptive Gradient Methods with Dynamic Bound of Learning Rate*, ICLR 2019.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.Adam(alpha=3e-4).setup(model)
    """

    alpha = HyperparameterProxy("alpha")
    beta1 = HyperparameterProxy("beta1")
    beta2 = HyperparameterProxy("beta2")
    eps = HyperparameterProxy("eps")
    eta = HyperparameterProxy("eta")
    weight_decay_rate = HyperparameterProxy("weight_decay_rate")
    amsgrad = HyperparameterProxy("amsgrad")
    adabound = HyperparameterProxy("adabound")
    final_lr = HyperparameterProxy("final_lr")
    gamma = HyperparameterProxy("gamma")

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay_rate: float = 0,
        amsgrad: bool = False,
        adabound: bool = False,
        final_lr: float = 0.1,
        gamma: float = 1e-3,
    ) -> None:
        super().__init__()
        set_given(
            self.hyperparam,
            alpha=alpha,
            beta1=beta1,
            beta2=beta2,
            eps=eps,
            eta=eta,
            weight_decay_rate=weight_decay_rate,
            amsgrad=amsgrad,
            adabound=adabound,
            final_lr=final_lr,
            gamma=gamma,
        )

    def create_update_rule(self) -> AdamRule:
        return AdamRule(self.hyperparam)

    @property
    def alpha_t(self) -> float:
        """Step size of the latest update, with the bias corrections folded in.

        Raises:
            RuntimeError: There was no update yet.
        """
        return _alpha_t(self.hyperparam, self.t)

    @property
    def lr(self) -> float:
        """Step size of the latest update, as :attr:`alpha_t`; kept under the name other optimizers use.

        Raises:
            RuntimeError: There was no update yet.
        """
        return self.alpha_t


class AdamW(Adam):
    """Adam with decoupled weight decay; see :class:`Adam`."""

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay_rate: float = 0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, weight_decay_rate)


class AMSGrad(Adam):
    """Adam that divides by the largest average of squares so far; see :class:`Adam`."""

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        eta: float = 1.0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, amsgrad=True)


class AdaBound(Adam):
    """Adam with step sizes between bounds that close in on ``final_lr``; see :class:`Adam`."""

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        final_lr: float = 0.1,
        gamma: float = 1e-3,
        eps: float = 1e-8,
        eta: float = 1.0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, adabound=True, final_lr=final_lr, gamma=gamma)


class AMSBound(Adam):
    """:class:`AdaBound` and :class:`AMSGrad` at once; see :class:`Adam`."""

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        final_lr: float = 0.1,
        gamma: float = 1e-3,
        eps: float = 1e-8,
        eta: float = 1.0,
    ) -> None:
        super().__init__(alpha, beta1, beta2, eps, eta, amsgrad=True, adabound=True, final_lr=final_lr, gamma=gamma)
