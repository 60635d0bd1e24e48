"""SMORMS3."""

from __future__ import annotations

from chainer import backend
from chainer._flat_update import hyperparameters, served_by
from chainer.optimizer import GradientMethod, Hyperparameter, HyperparameterProxy, UpdateRule, set_given
from chainer.types import NdArray
from chainer.variable import Parameter


class SMORMS3Rule(UpdateRule):
    """Update rule of :class:`SMORMS3`.

    The kernel ``smorms3_update(thetas, grads, states, lr, eps)`` may serve it.
    """

    is_elementwise = True

    def __init__(
        self, parent_hyperparam: Hyperparameter | None = None, lr: float | None = None, eps: float | None = None
    ) -> None:
        super().__init__(parent_hyperparam or SMORMS3().hyperparam)
        set_given(self.hyperparam, lr=lr, eps=eps)

    def init_state(self, param: Parameter) -> None:
        assert self._state is not None
        self._state["mem"] = self._state_array(param)
        self._state["g"] = self._state_array(param)
        self._state["g2"] = self._state_array(param)
        self._state["mem"] += 1

    @served_by("smorms3_update", hyperparameters("lr", "eps"))
    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        mem, g, g2, hp = state["mem"], state["g"], state["g2"], self.hyperparam.effective
        xp = backend.get_array_module(g)
        r = 1 / (mem + 1)
        g += r * (grad - g)
        g2 += r * (grad * grad - g2)
        x = g * g / (g2 + hp.eps)
        grad *= xp.minimum(hp.lr, x) / (xp.sqrt(g2) + hp.eps)
        theta -= grad
        mem *= 1 - x
        mem += 1


class SMORMS3(GradientMethod):
    r"""SMORMS3: RMSprop with an adaptive memory, and steps bounded by the step size.

    Args:
        lr: Largest step size.
        eps: Added to denominators.

    References:
        Funk, *RMSprop loses to SMORMS3 - Beware the Epsilon!*, https://sifter.org/~simon/journal/20150420.html.

    Example:
        >>> import chainer
        >>> model = chainer.links.Linear(3, 2)
        >>> optimizer = chainer.optimizers.SMORMS3().setup(model)
    """

    lr = HyperparameterProxy("lr")
    eps = HyperparameterProxy("eps")

    def __init__(self, lr: float = 0.001, eps: float = 1e-16) -> None:
        super().__init__()
        set_given(self.hyperparam, lr=lr, eps=eps)

    def create_update_rule(self) -> SMORMS3Rule:
        return SMORMS3Rule(self.hyperparam)
