"""Nesterov's accelerated gradient."""

from __future__ import annotations

from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class NesterovAGRule(UpdateRule):
    """Update rule of :class:`NesterovAG`.

    The kernel ``nesterov_ag_update(thetas, grads, states, lr, momentum)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None, momentum: float | None = None
    ) -> None:
        super().__init__(parent_hyperparam or NesterovAG().hyperparam)
        set_given(self.hyperparam, lr=lr, momentum=momentum)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["v"] = self._state_array(param)

    @served_by("nesterov_ag_update", hyperparameters("lr", "momentum"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        v, momentum = state["v"], self.hyperparam.effective.momentum
        grad *= self.hyperparam.effective.lr
        v *= momentum
        v -= grad
        # Equation 7 has the velocity before the step here; the published one is kept, see NesterovAG.
        grad *= 1 + momentum
        grad -= momentum * momentum * v
        theta -= grad


class NesterovAG(GradientMethod):
    r"""Nesterov's accelerated gradient, in the form whose gradient is taken at the parameter.

    .. math::
        v \leftarrow \mu v - \eta g, \quad \theta \leftarrow \theta + \mu^2 v - (1 + \mu) \eta g

    The paper's :math:`\theta \leftarrow \theta + \mu v - \eta g` would follow if :math:`\mu^2` met the
    velocity from before the step. Every release so far has taken the one after it, and so do we.

    Args:
        lr: Step size.
        momentum: Share of the velocity that is kept.

    References:
        Bengio, Boulanger-Lewandowski and Pascanu, *Advances in Optimizing Recurrent Networks*, arXiv:1212.0901.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.NesterovAG().setup(model)
    """

    lr = HyperparameterProxy("lr")
    momentum = HyperparameterProxy("momentum")

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, momentum=momentum)

    def create_update_rule(self) -> NesterovAGRule:
        return NesterovAGRule(self.hyperparam)
