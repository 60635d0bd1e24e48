"""Update rules: how one parameter is changed by its gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy

from chainer import _flat_update, backend
from chainer._hyperparameter import Hyperparameter
from chainer.serializer import Deserializer
from chainer.types import NdArray
from chainer.variable import Parameter

_TIMINGS = ("pre", "post", "auto")


class Hooks:
    """Hooks in order of registration, before the update and after it."""

    def __init__(self) -> None:
        self.pre: dict[str, Callable[..., None]] = {}
        self.post: dict[str, Callable[..., None]] = {}

    def __bool__(self) -> bool:
        return bool(self.pre or self.post)

    def all(self) -> list[Callable[..., None]]:
        """The hooks of both timings."""
        return [*self.pre.values(), *self.post.values()]

    def add(self, hook: Callable[..., None], name: str | None, timing: str) -> None:
        if not callable(hook):
            raise TypeError("hook function must be callable")
        if timing not in _TIMINGS:
            raise ValueError(f"timing must be one of {_TIMINGS}, got {timing!r}")
        if timing == "auto":
            timing = getattr(hook, "timing", "pre")
        name = getattr(hook, "name", getattr(hook, "__name__", None)) if name is None else name
        if not name:
            raise ValueError("a hook without a name attribute needs one: pass name=")
        if name in self.pre or name in self.post:
            raise KeyError(f'hook "{name}" already exists')
        getattr(self, timing)[name] = hook

    def remove(self, name: str) -> None:
        for hooks in (self.pre, self.post):
            if name in hooks:
                del hooks[name]
                return
        raise KeyError(f'hook "{name}" does not exist')


class UpdateRule:
    """How one parameter is changed by its gradient.

    A subclass defines :meth:`init_state` and either :meth:`update_elements`, maths on flat arrays,
    which serves parameters of any shape and many small ones at once, or :meth:`update_core`, which sees
    the parameter.

    Args:
        parent_hyperparam: Hyperparameters of the optimizer, to fall back to.

    Attributes:
        hyperparam: Hyperparameters of this rule.
        enabled: Whether :meth:`update` does anything.
        t: How many times it has.
        is_elementwise: Whether an element's update depends on its own gradient alone.
    """

    is_elementwise: bool = False
    _state: dict[str, Any] | None

    def __init__(self, parent_hyperparam: Hyperparameter | None = None) -> None:
        self._hooks = Hooks()
        self._state = None
        self.enabled = True
        self.hyperparam = Hyperparameter(parent_hyperparam)
        self.t = 0
        self._use_fp32_update = False
        self._fp32_param: Parameter | None = None

    @property
    def state(self) -> dict[str, Any] | None:
        """Arrays that the rule keeps, by name; ``None`` before the first update."""
        return self._state

    def add_hook(
        self, hook: Callable[[UpdateRule, Parameter], None], name: str | None = None, timing: str = "auto"
    ) -> None:
        """Registers a function that is called with the rule and the parameter at each update.

        Args:
            hook: The function.
            name: Name; its own unless given.
            timing: ``'pre'`` (before the update), ``'post'``, or ``'auto'``: as its ``timing`` says, else before.

        Raises:
            TypeError: ``hook`` is not callable.
            KeyError: There is one of this name.
            ValueError: Another ``timing``.
        """
        self._hooks.add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Removes a hook.

        Raises:
            KeyError: There is none of this name.
        """
        self._hooks.remove(name)

    def use_fp32_update(self, flag: bool = True) -> None:
        """Lets a float16 parameter be updated through a float32 copy, in which small steps add up."""
        self._use_fp32_update = flag

    def update(self, param: Parameter) -> None:
        """Updates a parameter by its gradient, between the hooks; nothing if the rule is disabled."""
        if not self.enabled:
            return
        self.t += 1
        if self._use_fp32_update and param.dtype == numpy.float16:
            self._update_through_fp32(param)
        else:
            self._update(param)

    def _update(self, param: Parameter) -> None:
        for hook in self._hooks.pre.values():
            hook(self, param)
        if param._data is not None:
            self.prepare_state(param)
        self.update_core(param)
        for hook in self._hooks.post.values():
            hook(self, param)

    def _update_through_fp32(self, param: Parameter) -> None:
        if self._fp32_param is None:
            self._fp32_param = Parameter(param.array.astype(numpy.float32), name=param.name)
        fp32_param = self._fp32_param
        fp32_param.grad = None if param.grad is None else param.grad.astype(numpy.float32)
        self._update(fp32_param)
        param.array[...] = fp32_param.array
        fp32_param.cleargrad()

    def prepare_state(self, param: Parameter) -> None:
        """Makes the state if there is none, and sees that it is where the parameter is."""
        if self._state is None:
            self._state = {}
            with backend.using_device(param.device):
                self.init_state(param)
        elif type(param._data) is not numpy.ndarray:
            for name, value in self._state.items():
                if isinstance(value, numpy.ndarray | backend.cuda.ndarray):
                    self._state[name] = param.device.send(value)

    def init_state(self, param: Parameter) -> None:
        """Puts the initial arrays into :attr:`state`, on the device of ``param``."""

    def _state_array(self, param: Parameter) -> NdArray:
        """Zeros for a state. Squares of float16 gradients underflow, so it is at least float32."""
        return param.xp.zeros(param.shape, numpy.promote_types(param.dtype, numpy.float32))

    def update_core(self, param: Parameter) -> None:
        """Updates ``param.array`` in place by ``param.grad``; does nothing if there is no gradient."""
        if isinstance(param._data, backend.cuda.ndarray):
            self.update_core_gpu(param)
        else:
            self.update_core_cpu(param)

    def update_core_cpu(self, param: Parameter) -> None:
        """Updates a parameter on the CPU; unless overridden, by :meth:`update_elements`."""
        self._update_flat(param)

    def update_core_gpu(self, param: Parameter) -> None:
        """Updates a parameter on a GPU; unless overridden, by :meth:`update_elements`."""
        self._update_flat(param)

    def _update_flat(self, param: Parameter) -> None:
        if param.grad is not None:
            _flat_update.update_one(self, param)

    def update_core_chainerx(self, param: Parameter) -> None:
        """Never called: ChainerX has been discontinued."""
        raise NotImplementedError("ChainerX has been discontinued")

    def update_elements(self, theta: NdArray, grad: NdArray, state: dict[str, NdArray]) -> None:
        """Updates elements in place; the maths of an elementwise rule.

        Args:
            theta: Values of parameters. Any shape.
            grad: Their gradients, in the dtype of the states; may be overwritten.
            state: Arrays of :attr:`state` for these elements, to be updated in place too.
        """
        raise NotImplementedError(f"{type(self).__name__} defines neither update_core nor update_elements")

    def serialize(self, serializer: Any) -> None:
        """Saves or loads ``t`` and the state.

        A rule saved before its first update has no state; one loaded from that starts anew.
        """
        self.t = int(serializer("t", self.t))
        if self._state is not None:
            for name in sorted(self._state):
                self._state[name] = serializer(name, self._state[name])
        elif isinstance(serializer, Deserializer):
            self._load_state(serializer)

    def _load_state(self, serializer: Any) -> None:
        names = self._state_names()
        try:
            state = {name: serializer(name, None) for name in names}
        except KeyError:
            return
        if names and all(value is not None for value in state.values()):
            self._state = state

    def _state_names(self) -> list[str]:
        trial = copy.copy(self)
        trial._state = {}
        trial.init_state(Parameter(numpy.zeros((1, 1), numpy.float32)))
        return sorted(trial._state)
