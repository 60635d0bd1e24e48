"""Running elementwise update rules over flat arrays, with few and cache-sized NumPy calls.

Two facts about NumPy on a CPU decide the shape of this module. A call costs about half a microsecond whatever it
does, so many small parameters are gathered into one flat array and updated together. And a rule is ten passes over
memory, so a large parameter is updated in blocks whose arrays stay in the cache between passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy

from chainer.backends import kernels
from chainer.types import NdArray

if TYPE_CHECKING:
    from chainer.optimizer import UpdateRule
    from chainer.variable import Parameter

UpdateElements = TypeVar("UpdateElements", bound=Callable[..., None])

_BLOCK = 32768  # elements: a block of value, gradient, two states and scratch is 640 KiB of float32
_SMALL = 8192  # elements: above it a call's overhead no longer counts


def served_by(kernel: str) -> Callable[[UpdateElements], UpdateElements]:
    """Decorator of an ``update_elements`` that asks for a kernel, which leaves the gradient as it is.

    What a kernel serves needs neither blocks nor a copy of the gradient. The mark is on the method, not on the
    class: a subclass that overrides the method is not bound by it.
    """

    def mark(method: UpdateElements) -> UpdateElements:
        method.kernel = kernel  # type: ignore[attr-defined]
        return method

    return mark


def _is_served(rule: UpdateRule, theta: NdArray, grad: NdArray, state: dict[str, Any]) -> bool:
    kernel = getattr(type(rule).update_elements, "kernel", None)
    return (
        kernel is not None
        and kernels.find(kernel, theta) is not None
        and all(value.dtype == theta.dtype and value.flags.aligned for value in (theta, grad, *state.values()))
        and _all_contiguous(theta, grad, state)
    )


def update_one(rule: UpdateRule, param: Parameter) -> None:
    """Updates one parameter that has a gradient."""
    theta: Any = param._data
    grad: Any = param.grad
    state: dict[str, Any] = rule._state or {}
    compute_dtype = next(iter(state.values())).dtype if state else grad.dtype
    if theta.ndim == 0:  # a rule works in place, which NumPy's scalar results would not let it
        theta, grad = theta.reshape(1), grad.reshape(1)
        state = {name: value.reshape(1) for name, value in state.items()}
    if _is_served(rule, theta, grad, state):
        rule.update_elements(theta, grad, state)
        return
    if theta.size <= _BLOCK or type(theta) is not numpy.ndarray or not _all_contiguous(theta, grad, state):
        # A rule may overwrite the gradient it is given; the user's stays.
        rule.update_elements(theta, grad.astype(compute_dtype, copy=True), state)
        return
    theta, grad = theta.reshape(-1), grad.reshape(-1)
    flat = {name: value.reshape(-1) for name, value in state.items()}
    scratch = numpy.empty(_BLOCK, compute_dtype)
    for start in range(0, theta.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        g = grad[block]
        own = scratch[: g.size]
        numpy.copyto(own, g, casting="unsafe")
        rule.update_elements(theta[block], own, {name: value[block] for name, value in flat.items()})


def _all_contiguous(theta: NdArray, grad: NdArray, state: dict[str, Any]) -> bool:
    return (
        theta.flags.c_contiguous
        and grad.flags.c_contiguous
        and all(value.flags.c_contiguous and value.size == theta.size for value in state.values())
    )


class UpdateTogether:
    """Updates the parameters of a model, the small ones of one rule together.

    The states of parameters that go together live in one flat array for each name; what the
    rules hold are views into it.
    """

    def __init__(self) -> None:
        self._group: _Group | None = None  # made when first needed

    def __getstate__(self) -> dict[str, Any]:
        return {"_group": None}  # views would be pickled as copies; the group forms anew

    def __deepcopy__(self, memo: Any) -> UpdateTogether:
        return UpdateTogether()

    def update(self, params: Sequence[Parameter]) -> None:
        """Calls the update rule of each parameter, or does what that would have done."""
        group = self._group
        if group is not None and group.is_as_before(params):
            group.update()
            return
        together: list[Parameter] = []
        rest: list[Parameter] = []
        leader: UpdateRule | None = None
        for param in params:
            rule = param.update_rule
            if rule is None:
                continue
            if leader is None and _may_lead(rule):
                leader = rule
            (together if leader is not None and _may_join(leader, rule, param) else rest).append(param)
        if leader is None or len(together) < 2:
            together, rest = [], list(params)
        for param in rest:
            param.update()
        if together:
            if group is None or not group.is_as_before(together):
                group = self._group = _Group(together)
            group.update()


def _may_lead(rule: UpdateRule) -> bool:
    from chainer.optimizer import UpdateRule

    cls = type(rule)
    return (
        rule.enabled
        and not rule._hooks
        and rule.is_elementwise
        and cls.update is UpdateRule.update
        and cls.update_core is UpdateRule.update_core
        and cls.update_core_cpu is UpdateRule.update_core_cpu
        and not rule.hyperparam.has_own
    )


def _may_join(leader: UpdateRule, rule: UpdateRule, param: Parameter) -> bool:
    theta, grad = param._data, param._grad
    if type(theta) is not numpy.ndarray or theta.size > _SMALL or theta.dtype != numpy.float32 or grad is None:
        return False
    if rule is leader:
        return True
    return (
        type(rule) is type(leader)
        and rule.t == leader.t
        and rule.enabled
        and not rule._hooks
        and not rule.hyperparam.has_own
        and rule.hyperparam._parent is leader.hyperparam._parent
    )


class _Group:
    """Parameters whose elements are updated as one flat array; their rules may all do so.

    Args:
        params: Initialised parameters with gradients, of which the first one's rule leads.
    """

    def __init__(self, params: Sequence[Parameter]) -> None:
        for param in params:
            param.update_rule.prepare_state(param)  # type: ignore[union-attr]
        self._params = list(params)
        self._rules: list[Any] = [param.update_rule for param in params]
        self._thetas: list[Any] = [param._data for param in params]
        ends = numpy.cumsum([theta.size for theta in self._thetas]).tolist()
        parts = list(zip([0, *ends], ends))
        self._theta = numpy.empty(ends[-1], numpy.float32)
        self._grad = numpy.empty(ends[-1], numpy.float32)
        self._theta_views = [
            self._theta[start:end].reshape(theta.shape) for theta, (start, end) in zip(self._thetas, parts)
        ]
        self._state: dict[str, NdArray] = {}
        for name, example in self._rules[0]._state.items():
            flat = self._state[name] = numpy.empty(ends[-1], example.dtype)
            for rule, theta, (start, end) in zip(self._rules, self._thetas, parts):
                view = flat[start:end].reshape(theta.shape)
                view[...] = rule._state[name]
                rule._state[name] = view
        self._state_views = [list(rule._state.values()) for rule in self._rules]

    def is_as_before(self, params: Sequence[Parameter]) -> bool:
        """Whether these are its parameters, and nothing has changed but values since it was made."""
        if len(params) != len(self._params):
            return False
        leader = self._rules[0]
        t, common = leader.t, leader.hyperparam._parent
        for param, own, rule, theta, views in zip(params, self._params, self._rules, self._thetas, self._state_views):
            if (
                param is not own
                or param._data is not theta
                or param._grad is None
                or rule.t != t
                or not rule.enabled
                or rule._hooks.pre
                or rule._hooks.post
                or len(rule.hyperparam.__dict__) != 1
                or rule.hyperparam._parent is not common
                or len(rule._state) != len(views)
                or param.update_rule is not rule
            ):
                return False
            state: Any = param.update_rule._state
            for held, view in zip(state.values(), views):
                if held is not view:
                    return False
        return True

    def update(self) -> None:
        """Gathers values and gradients, lets the rule of the first parameter update them, and spreads the values."""
        for rule in self._rules:
            rule.t += 1
        numpy.concatenate([theta.reshape(-1) for theta in self._thetas], out=self._theta)
        numpy.concatenate([param.grad_var._data.reshape(-1) for param in self._params], out=self._grad)  # type: ignore[union-attr]
        self._rules[0].update_elements(self._theta, self._grad, self._state)
        for theta, view in zip(self._thetas, self._theta_views):
            theta[...] = view
