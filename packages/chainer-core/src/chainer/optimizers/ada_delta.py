"""AdaDelta."""

from __future__ import annotations

from chainer import backend
from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class AdaDeltaRule(UpdateRule):
    """Update rule of :class:`AdaDelta`.

    The kernel ``ada_delta_update(thetas, grads, states, rho, eps)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self, parent_hyperparam: Hyperparameter | None = None, rho: float | None = None, eps: float | None = None
    ) -> None:
        super().__init__(parent_hyperparam or AdaDelta().hyperparam)
        set_given(self.hyperparam, rho=rho, eps=eps)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["msg"] = self._state_array(param)
        self._state["msdx"] = self._state_array(param)

    @served_by("ada_delta_update", hyperparameters("rho", "eps"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        msg, msdx, hp = state["msg"], state["msdx"], self.hyperparam.effective
        msg *= hp.rho
        msg += (1 - hp.rho) * grad * grad
        step = backend.get_array_module(msg).sqrt((msdx + hp.eps) / (msg + hp.eps))
        step *= grad
        msdx *= hp.rho
        msdx += (1 - hp.rho) * step * step
        theta -= step


class AdaDelta(GradientMethod):
    r"""AdaDelta: steps in the units of the parameter, without step size.

    Args:
        rho: Decay of both averages.
        eps: Added to both averages.

    References:
        Zeiler, *ADADELTA: An Adaptive Learning Rate Method*, arXiv:1212.5701.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.AdaDelta().setup(model)
    """

    rho = HyperparameterProxy("rho")
    eps = HyperparameterProxy("eps")

    def __init__(self, rho: float = 0.95, eps: float = 1e-6) -> None:
        super().__init__()
        set_given(self.hyperparam, rho=rho, eps=eps)

    def create_update_rule(self) -> AdaDeltaRule:
        return AdaDeltaRule(self.hyperparam)
