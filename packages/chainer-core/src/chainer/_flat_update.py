"""Running elementwise update rules: in one call of a kernel, or over flat arrays with few and cache-sized NumPy calls.

A kernel takes all parameters of a model at once, as lists of arrays. Where there is none, two facts about NumPy on a
CPU decide what is done. A call costs about half a microsecond whatever it does, so many small parameters are gathered
into one flat array and updated together. And a rule is ten passes over memory, so a large parameter is updated in
blocks whose arrays stay in the cache between passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy

from chainer.backends import kernels
from chainer.types import NdArray

if TYPE_CHECKING:
    from chainer.optimizer import UpdateRule
    from chainer.variable import Parameter

UpdateElements = TypeVar("UpdateElements", bound=Callable[..., None])

_BLOCK = 32768  # elements: a block of value, gradient, two states and scratch is 640 KiB of float32
_SMALL = 8192  # elements: above it a call's overhead no longer counts


class _Served(NamedTuple):
    kernel: str
    arguments: Callable[[Any], tuple[Any, ...]]


def served_by(kernel: str, arguments: Callable[[Any], tuple[Any, ...]]) -> Callable[[UpdateElements], UpdateElements]:
    """Decorator of an ``update_elements`` that a kernel may take the place of.

    The kernel is called as ``kernel(thetas, grads, states, *arguments(rule))``: with lists of C-contiguous, aligned
    arrays of one dtype, and for each name of a state such a list. It updates values and states in place and leaves the
    gradients as they are; or it returns ``False`` and has done nothing. The mark is on the method, not on the class: a
    subclass that overrides the method is not bound by it.

    Args:
        kernel: Name of the kernel.
        arguments: Makes the further arguments of a rule, those that all its parameters share.
    """

    def mark(method: UpdateElements) -> UpdateElements:
        method.served = _Served(kernel, arguments)  # type: ignore[attr-defined]
        return method

    return mark


def hyperparameters(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    """Arguments of a kernel that are nothing but hyperparameters; see :func:`served_by`."""

    def arguments(rule: Any) -> tuple[Any, ...]:
        hp = rule.hyperparam.effective
        return tuple([getattr(hp, name) for name in names])

    return arguments


def _served(rule: UpdateRule) -> _Served | None:
    return getattr(type(rule).update_elements, "served", None)


def _kernel_of(rule: UpdateRule, theta: NdArray) -> Any:
    served = _served(rule)
    return None if served is None else kernels.find(served.kernel, theta)


def _fits_kernel(value: NdArray, dtype: Any) -> bool:
    flags = value.flags
    return value.dtype == dtype and flags.c_contiguous and getattr(flags, "aligned", True)


def _updated_by_kernel(rule: UpdateRule, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> bool:
    served, kernel = _served(rule), _kernel_of(rule, theta)
    if (
        served is None
        or kernel is None
        or not all(_fits_kernel(a, theta.dtype) for a in (theta, grad, *state.values()))
    ):
        return False
    return kernel([theta], [grad], {name: [value] for name, value in state.items()}, *served.arguments(rule))


def update_one(rule: UpdateRule, param: Parameter) -> None:
    """Updates one parameter that has a gradient."""
    theta: Any = param._data
    grad: Any = param.grad
    state: dict[str, Any] = rule._state or {}
    compute_dtype = next(iter(state.values())).dtype if state else grad.dtype
    if theta.ndim == 0:  # a rule works in place, which NumPy's scalar results would not let it
        theta, grad = theta.reshape(1), grad.reshape(1)
        state = {name: value.reshape(1) for name, value in state.items()}
    if _updated_by_kernel(rule, theta, grad, state):
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
    """Updates the parameters of a model, those of one rule together: all if a kernel serves it, else the small ones."""

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
        kind: type[_Group] = _Gathered
        for param in params:
            rule = param.update_rule
            if rule is None:
                continue
            if leader is None and _may_lead(rule):
                leader = rule
                if param._data is not None and _kernel_of(rule, param._data) is not None:
                    kind = _Listed
            (together if leader is not None and _may_join(leader, rule, param, kind) else rest).append(param)
        if leader is None or len(together) < 2:
            together, rest = [], list(params)
        for param in rest:
            param.update()
        if together:
            if group is None or type(group) is not kind or not group.is_as_before(together):
                group = self._group = kind(together)
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


def _may_join(leader: UpdateRule, rule: UpdateRule, param: Parameter, kind: type[_Group]) -> bool:
    theta, grad = param._data, param._grad
    if type(theta) is not numpy.ndarray or theta.dtype != numpy.float32 or grad is None or not kind.takes(theta):
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
    """Parameters that are updated together; their rules may all do so.

    Args:
        params: Initialised parameters with gradients, of which the first one's rule leads.

    Attributes:
        is_by_kernel: Whether it stands for parameters that a kernel serves.
    """

    is_by_kernel = False

    def __init__(self, params: Sequence[Parameter]) -> None:
        for param in params:
            param.update_rule.prepare_state(param)  # type: ignore[union-attr]
        self._params = list(params)
        self._rules: list[Any] = [param.update_rule for param in params]
        self._thetas: list[Any] = [param._data for param in params]
        self._arrange()
        self._held_states = [list(rule._state.values()) for rule in self._rules]

    @staticmethod
    def takes(theta: NdArray) -> bool:
        """Whether a parameter with these values may belong to such a group."""
        raise NotImplementedError

    def _arrange(self) -> None:
        raise NotImplementedError

    def _update_all(self) -> None:
        raise NotImplementedError

    def is_as_before(self, params: Sequence[Parameter]) -> bool:
        """Whether these are its parameters, and nothing has changed but values since it was made."""
        leader = self._rules[0]
        if len(params) != len(self._params) or (_kernel_of(leader, self._thetas[0]) is not None) != self.is_by_kernel:
            return False
        t, common = leader.t, leader.hyperparam._parent
        for param, own, rule, theta, states in zip(params, self._params, self._rules, self._thetas, self._held_states):
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
                or len(rule._state) != len(states)
                or param.update_rule is not rule
            ):
                return False
            state: Any = param.update_rule._state
            for held, known in zip(state.values(), states):
                if held is not known:
                    return False
        return True

    def update(self) -> None:
        """Updates all parameters by their gradients."""
        for rule in self._rules:
            rule.t += 1
        self._update_all()

    def _gradients(self) -> list[Any]:
        grads = [param.grad_var._data for param in self._params]  # type: ignore[union-attr]
        return [grad if type(grad) is numpy.ndarray else param.grad for grad, param in zip(grads, self._params)]


class _Listed(_Group):
    """Parameters that a kernel updates in one call."""

    is_by_kernel = True

    @staticmethod
    def takes(theta: NdArray) -> bool:
        return _fits_kernel(theta, numpy.float32)

    def _arrange(self) -> None:
        names = self._rules[0]._state
        self._states = {name: [rule._state[name] for rule in self._rules] for name in names}
        self._can_list = all(_fits_kernel(v, numpy.float32) for values in self._states.values() for v in values)

    def _update_all(self) -> None:
        leader, grads = self._rules[0], self._gradients()
        served, kernel = _served(leader), _kernel_of(leader, self._thetas[0])
        if (
            served is None
            or not self._can_list
            or not all(_fits_kernel(grad, numpy.float32) for grad in grads)
            or not kernel(self._thetas, grads, self._states, *served.arguments(leader))
        ):
            for rule, param in zip(self._rules, self._params):
                update_one(rule, param)


class _Gathered(_Group):
    """Small parameters whose elements are updated as one flat array.

    Their states live in one flat array for each name; what the rules hold are views into it.
    """

    @staticmethod
    def takes(theta: NdArray) -> bool:
        return theta.size <= _SMALL

    def _arrange(self) -> None:
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

    def _update_all(self) -> None:
        numpy.concatenate([theta.reshape(-1) for theta in self._thetas], out=self._theta)
        numpy.concatenate([grad.reshape(-1) for grad in self._gradients()], out=self._grad)
        self._rules[0].update_elements(self._theta, self._grad, self._state)
        for theta, view in zip(self._thetas, self._theta_views):
            theta[...] = view
