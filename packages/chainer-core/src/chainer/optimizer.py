"""Optimizers: what changes parameters by their gradients.

An :class:`Optimizer` looks after a whole model; to each parameter it gives an
:class:`UpdateRule` of its own, which holds the state (momentum, ...) and the
hyperparameters in so far as they differ from the optimizer's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from chainer import _backprop, _flat_update, backend, function_node
from chainer._hyperparameter import Hyperparameter as Hyperparameter
from chainer._hyperparameter import HyperparameterProxy as HyperparameterProxy
from chainer._hyperparameter import set_given as set_given
from chainer._update_rule import Hooks
from chainer._update_rule import UpdateRule as UpdateRule
from chainer.configuration import config
from chainer.link import Link
from chainer.variable import Variable


class Optimizer:
    """Base of everything that trains a link.

    Attributes:
        target: The link, once :meth:`setup` has been called.
        t: Number of updates.
        epoch: Number of finished epochs.
        use_auto_new_epoch: Whether an updater calls :meth:`new_epoch`.
    """

    target: Link | None = None
    t: int = 0
    epoch: int = 0
    use_auto_new_epoch: bool = False
    _hooks: Hooks | None = None
    _loss_scale: float | None = None
    _loss_scale_max: float = 65504.0  # the largest float16
    _loss_scaling_is_dynamic: bool = False
    _loss_scaling_multiplier: float = 1.0
    _loss_scaling_isnan_ever: bool = False
    _loss_scaling_isnan: bool = False

    def setup(self, link: Link) -> Self:
        """Sets the link to train, and returns the optimizer itself.

        Raises:
            TypeError: ``link`` is not a link.
        """
        if not isinstance(link, Link):
            raise TypeError(f"optimization target must be a link, got {type(link).__name__}")
        self.target = link
        self.t = 0
        self.epoch = 0
        self._hooks = Hooks()
        return self

    def _set_up_hooks(self) -> Hooks:
        if self._hooks is None:
            raise RuntimeError("Optimizer is not set up. Call `setup` method.")
        return self._hooks

    def _set_up_target(self) -> Link:
        if self.target is None:
            raise RuntimeError("Optimizer is not set up. Call `setup` method.")
        return self.target

    def update(self, lossfun: Callable[..., Variable] | None = None, *args: Any, **kwds: Any) -> None:
        """Updates the parameters.

        Args:
            lossfun: Function that computes the loss; ``None`` uses the gradients that are there.
            args: Its arguments.
            kwds: Its keyword arguments.
        """
        raise NotImplementedError

    def new_epoch(self, auto: bool = False) -> None:
        """Counts an epoch.

        Args:
            auto: ``True`` when an updater calls it.

        Raises:
            RuntimeError: Called both by an updater and by hand.
        """
        if auto and not self.use_auto_new_epoch:
            raise RuntimeError(
                "invalid new_epoch call with auto=True.\nFix the updater to set optimizer.use_auto_new_epoch = True."
            )
        if not auto and self.use_auto_new_epoch:
            raise RuntimeError(
                "duplicated new_epoch with the updater.\n"
                "Pass auto_new_epoch=False to the updater or stop calling new_epoch outside the updater."
            )
        self.epoch += 1

    def add_hook(self, hook: Callable[..., None], name: str | None = None, timing: str = "auto") -> None:
        """Registers a function that is called at each update.

        It is called with the optimizer, or, if it has a true attribute ``call_for_each_param``, with the
        update rule and the parameter, for each parameter.

        Args:
            hook: The function.
            name: Name; its own unless given.
            timing: ``'pre'`` (before the update), ``'post'``, or ``'auto'``: as its ``timing`` says, else before.

        Raises:
            RuntimeError: :meth:`setup` has not been called.
            TypeError: ``hook`` is not callable.
            KeyError: There is one of this name.
            ValueError: Another ``timing``.
        """
        self._set_up_hooks().add(hook, name, timing)

    def remove_hook(self, name: str) -> None:
        """Removes a hook.

        Raises:
            KeyError: There is none of this name.
        """
        self._set_up_hooks().remove(name)

    def call_hooks(self, timing: str = "pre") -> None:
        """Calls the hooks of one timing."""
        hooks = self._set_up_hooks()
        for hook in list((hooks.pre if timing == "pre" else hooks.post).values()):
            self.call_hook(hook)

    def call_hook(self, hook: Callable[..., None]) -> None:
        """Calls one hook: with the optimizer, or for each parameter, as it wants."""
        if not getattr(hook, "call_for_each_param", False):
            hook(self)
            return
        for param in self._set_up_target().params():
            hook(param.update_rule, param)

    def sum_over_parts(self, value: float) -> float:
        """Completes a sum over gradients, for hooks that look at all of them, such as clipping by their norm.

        Here all gradients are in this process, so the sum is complete. Where each process updates a part of the
        parameters (``sharded=True`` of chainermn), what the others have is added.

        Args:
            value: Sum over the gradients of the parameters of :attr:`target`.

        Returns:
            The sum over all of them.
        """
        return value

    def serialize(self, serializer: Any) -> None:
        """Saves or loads counters and the states of the update rules; hyperparameters are not saved."""
        self.t = int(serializer("t", self.t))
        self.epoch = int(serializer("epoch", self.epoch))
        for name, param in self._set_up_target().namedparams():
            if param.update_rule is not None:
                param.update_rule.serialize(serializer[name])

    # Loss scaling

    def loss_scaling(self, interval: int = 1000, scale: float | None = None) -> None:
        """Scales the loss against underflow of float16 gradients.

        Args:
            interval: Updates without overflow over which the scale doubles.
            scale: A fixed scale; ``None`` finds and adapts one.
        """
        self._loss_scaling_is_dynamic = scale is None
        if scale is None:
            self._loss_scale = 1.0
            self._loss_scaling_multiplier = 2.0 ** (1.0 / interval)
            self._loss_scaling_isnan_ever = False
        else:
            self._loss_scale = scale

    def set_loss_scale(self, loss_scale: float) -> None:
        """Sets a fixed loss scale; prefer ``loss_scaling(scale=...)``."""
        self.loss_scaling(scale=loss_scale)

    def get_loss_scale(self) -> float | None:
        """The factor on the loss that is in use; ``None`` without loss scaling."""
        return self._loss_scale

    def check_nan_in_grads(self) -> None:
        """Looks for gradients that are not finite, under dynamic loss scaling."""
        self._loss_scaling_isnan = False
        if not self._loss_scaling_is_dynamic:
            return
        grads = [param.grad for param in self._set_up_target().params()]
        is_nan = any(grad is not None and not backend.get_array_module(grad).isfinite(grad).all() for grad in grads)
        if self.sum_over_parts(is_nan):
            self._loss_scaling_isnan = True
            self._loss_scaling_isnan_ever = True

    def is_safe_to_update(self) -> bool:
        """Whether :meth:`check_nan_in_grads` found all gradients finite."""
        return not self._loss_scaling_isnan

    def update_loss_scale(self) -> None:
        """Adapts the dynamic scale: halved on overflow, else raised, fast until the first overflow."""
        if not self._loss_scaling_is_dynamic:
            return
        if self._loss_scaling_isnan:
            factor = 0.5
        else:
            factor = self._loss_scaling_multiplier if self._loss_scaling_isnan_ever else 2.0
        assert self._loss_scale is not None
        self._loss_scale = max(1.0, min(self._loss_scale_max, self._loss_scale * factor))


class GradientMethod(Optimizer):
    """Base of optimizers that give each parameter an update rule.

    Subclasses define :meth:`create_update_rule`.

    Attributes:
        hyperparam: Hyperparameters common to all parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hyperparam = Hyperparameter()
        self._use_fp32_update = False
        self._together = _flat_update.UpdateTogether()

    def setup(self, link: Link) -> Self:
        super().setup(link)
        for param in link.params():
            param.update_rule = self.create_update_rule()
            if self._use_fp32_update:
                param.update_rule.use_fp32_update()
        return self

    def create_update_rule(self) -> UpdateRule:
        """A new update rule, whose hyperparameters fall back to :attr:`hyperparam`."""
        raise NotImplementedError

    def reallocate_cleared_grads(self) -> None:
        """Gives initialised parameters without gradient one of zeros, as published: hooks expect it."""
        for _, param in self._set_up_target().namedparams(False):
            if param._grad is None and param._data is not None:
                param.zerograd()

    def call_hook(self, hook: Callable[..., None]) -> None:
        """Calls one hook: with the optimizer, or for each initialised parameter, as it wants."""
        if not getattr(hook, "call_for_each_param", False):
            hook(self)
            return
        for param in self._set_up_target().params():
            if param.is_initialized:
                hook(param.update_rule, param)

    def update(self, lossfun: Callable[..., Variable] | None = None, *args: Any, **kwds: Any) -> None:
        """Updates the parameters by their gradients.

        Args:
            lossfun: Function that computes the loss; its gradients replace what was there. ``None``
                uses the gradients that are there.
            args: Its arguments.
            kwds: Its keyword arguments.

        The loss is computed, walked back and used up here: arrays that ``lossfun``'s own functions kept for
        the walk are dropped as it goes, so the same graph cannot be walked again.
        Graphs that existed before are left as they were.
        """
        if lossfun is not None:
            self.compute_gradients(lossfun, args, kwds)
        params = list(self._set_up_target().params())
        self.unscale_gradients()
        for param in params:
            if param._grad is None and param._data is not None:
                param.zerograd()
        self.check_nan_in_grads()
        self.call_hooks("pre")
        self.t += 1
        if self.is_safe_to_update():
            self._together.update(params)
            self.call_hooks("post")
        self.update_loss_scale()

    def compute_gradients(
        self,
        lossfun: Callable[..., Variable],
        args: Sequence[Any] = (),
        kwds: Mapping[str, Any] | None = None,
        *,
        accumulate: bool = False,
    ) -> None:
        """The first half of :meth:`update`: computes the loss, walks it back and uses it up.

        The gradients carry the loss scale until :meth:`unscale_gradients`, which :meth:`update` calls. For code that
        does something with them in between: ``update()`` without arguments is the second half.

        Args:
            lossfun: Function that computes the loss.
            args: Its arguments.
            kwds: Its keyword arguments.
            accumulate: Whether to add to the gradients that are there rather than replace them.

        Example:
            >>> import chainer
            >>> import chainer.functions as F, chainer.links as L, numpy as np
            >>> model = L.Linear(2, 1, initialW=0)
            >>> optimizer = chainer.optimizers.SGD(lr=1).setup(model)
            >>> for i, x in enumerate(np.eye(2, dtype="float32")):
            ...     optimizer.compute_gradients(lambda x: F.sum(model(x)), (x[None],), accumulate=i > 0)
            >>> optimizer.update()
            >>> model.W.array
            array([[-1., -1.]], dtype=float32)
        """
        target = self._set_up_target()
        since = None if config.keep_graph_on_report else function_node.next_serial()
        loss = lossfun(*args, **(kwds or {}))
        if not accumulate:
            target.cleargrads()
        if loss.creator_node is not None:
            _backprop.backward_from((loss,), loss_scale=self._loss_scale, release_since=since)

    def needs_whole_parameters(self) -> list[str]:
        """What of this optimizer looks at more of a parameter than the element that it changes.

        An optimizer that gives each process a part of every parameter has to refuse these.

        Returns:
            Names of classes: of update rules that are not :attr:`UpdateRule.is_elementwise`, and of hooks without a
            true attribute ``works_on_parts``.
        """
        rules = [param.update_rule for param in self._set_up_target().params() if param.update_rule is not None]
        hooks = self._set_up_hooks().all() + [hook for rule in rules for hook in rule._hooks.all()]
        names = [type(rule).__name__ for rule in rules if not rule.is_elementwise]
        for hook in hooks:
            if not getattr(hook, "works_on_parts", False):
                names.append(getattr(hook, "__name__", type(hook).__name__))
        return list(dict.fromkeys(names))

    def unscale_gradients(self) -> None:
        """Divides out the loss scale that a backward pass left on the gradients; does nothing a second time."""
        for param in self._set_up_target().params():
            scale = param._loss_scale
            if scale is not None:
                param._loss_scale = None
                if scale != 1 and param.grad is not None:
                    param.grad = param.grad * (1.0 / scale)

    def use_cleargrads(self, use: bool = True) -> None:
        """Kept for old code: gradients are always cleared rather than zeroed.

        Args:
            use: Has no effect; ``False`` warns.
        """
        warnings.warn(
            "use_cleargrads is deprecated since 7.9 and has no effect: gradients are always cleared; it goes in 7.11",
            DeprecationWarning,
            stacklevel=2,
        )

    def use_fp32_update(self, flag: bool = True) -> None:
        """Lets float16 parameters be updated through float32 copies, in which small steps add up."""
        self._use_fp32_update = flag
        if self.target is not None:
            for param in self.target.params():
                if param.update_rule is not None:
                    param.update_rule.use_fp32_update(flag)


def make_deprecation_message(module_name: str) -> str:
    """What is said when a hook is used under its old name in this module."""
    return f"chainer.optimizer.{module_name} is deprecated. Use chainer.optimizer_hooks.{module_name} instead."


def _old_hook(name: str) -> Any:
    """A hook under its old name: warns, and makes the one of :mod:`chainer.optimizer_hooks`."""

    def make(*args: Any, **kwargs: Any) -> Any:
        from chainer import optimizer_hooks

        warnings.warn(make_deprecation_message(name), DeprecationWarning, stacklevel=2)
        return getattr(optimizer_hooks, name)(*args, **kwargs)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Old name of :class:`chainer.optimizer_hooks.{name}`."
    return make


GradientClipping = _old_hook("GradientClipping")
GradientHardClipping = _old_hook("GradientHardClipping")
GradientNoise = _old_hook("GradientNoise")
Lasso = _old_hook("Lasso")
WeightDecay = _old_hook("WeightDecay")
