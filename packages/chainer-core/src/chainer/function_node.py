"""Function nodes: one application of a differentiable function."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Sequence
from typing import Any

import numpy

from chainer import _diagnosis, backend, function_hook
from chainer._backprop import grad
from chainer.backends import raw
from chainer.backends.raw import RawArray
from chainer.configuration import config
from chainer.function_hook import FunctionHook
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils.type_check import InvalidType, LightTypeInfoTuple, get_types
from chainer.variable import Variable, VariableNode, _revive, as_variable, constant

__all__ = ["FunctionNode", "grad", "next_serial"]

_ndarray = numpy.ndarray
_ref = weakref.ref
_new = Variable.__new__
_new_node = VariableNode.__new__
_serials = itertools.count()


def next_serial() -> int:
    """A number smaller than that of every function applied after this call."""
    return next(_serials)


class FunctionNode:
    """A differentiable function, applied once.

    A subclass says what is computed in :meth:`forward`, on arrays, and how
    gradients flow in :meth:`backward`, on variables, so that the gradients can be
    differentiated again. What ``backward`` needs, ``forward`` asks to keep with
    :meth:`retain_inputs` and :meth:`retain_outputs`; all else is free to go.

    A function's result depends on its inputs and on the attributes that its constructor set, on
    nothing else.

    Attributes:
        inputs: Nodes of the inputs, once applied and recorded, else ``None``.
        outputs: Weak references to the nodes of the outputs, likewise.
        stack: Traceback of the application, in debug mode, else ``None``.
        lazy_grad_sum: Kept for old code; has no effect.
        is_elementwise: Whether each output element depends on one element of each input.
        takes_raw: Whether :meth:`forward` and :meth:`backward_arrays` know what to do with a
            :class:`chainer.backends.raw.RawArray` among their arrays; others see plain arrays alone.

    Example:
        >>> import chainer, numpy as np
        >>> class Square(chainer.FunctionNode):
        ...     def forward(self, inputs):
        ...         self.retain_inputs((0,))
        ...         return inputs[0] ** 2,
        ...     def backward(self, target_input_indexes, grad_outputs):
        ...         x, = self.get_retained_inputs()
        ...         return 2 * x * grad_outputs[0],
        >>> x = chainer.Variable(np.array([1, 2], np.float32))
        >>> y, = Square().apply((x,))
        >>> chainer.grad([chainer.functions.sum(y)], [x])
        [variable([2., 4.])]
    """

    # What an application sets stands here with its value before it, so that
    # subclasses need not call our constructor, and making a node costs nothing.
    inputs: tuple[VariableNode, ...] | None = None
    outputs: tuple[weakref.ref[VariableNode], ...] | None = None
    stack: Any = None
    lazy_grad_sum: bool = False
    is_elementwise: bool = False
    takes_raw: bool = False
    _old_style_function: Any = None  # what a FunctionAdapter stands for
    _serial: int = -1
    _rank: int | None = None
    _targets: tuple[int, ...] | None = None  # indexes of the inputs that require gradients; None for all
    _call_site: _diagnosis.CallSite | None = None
    _link_path: str | None = None
    _indexes_of_retained_inputs: Sequence[int] | None = None
    _indexes_of_retained_outputs: Sequence[int] | None = None
    _retained_inputs: Sequence[NdArray] | None = None
    _retained_outputs: Sequence[NdArray] | None = None
    _local_function_hooks: dict[str, FunctionHook] | None = None

    # Facts about the class, so that a call need not find them out.
    _checks_types: bool = False
    _accumulates: bool = False
    _has_backward_arrays: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._checks_types = cls.check_type_forward is not FunctionNode.check_type_forward
        cls._accumulates = cls.backward_accumulate is not FunctionNode.backward_accumulate
        # The two forms of backward say the same only if no class in between redefines one of them.
        arrays = _place(cls, "backward_arrays")
        cls._has_backward_arrays = (
            cls.backward_arrays is not FunctionNode.backward_arrays
            and arrays <= _place(cls, "backward")
            and arrays <= _place(cls, "backward_accumulate")
        )

    def __call__(self, *args: VariableLike, **kwargs: Any) -> Any:
        """Refused, to tell this class from the old-style :class:`chainer.Function`: call :meth:`apply`.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(f"{self.label} is a FunctionNode: use apply((x, ...)), which takes and returns tuples")

    @property
    def label(self) -> str:
        """Name of the function in messages and pictures of the graph."""
        return type(self).__name__

    @property
    def rank(self) -> int:
        """Length of the longest chain of functions behind this one; counted when first asked for, may be set."""
        if self._rank is None:
            _count_ranks(self)
        return self._rank or 0

    @rank.setter
    def rank(self, rank: int) -> None:
        self._rank = rank

    @property
    def local_function_hooks(self) -> dict[str, FunctionHook]:
        """Hooks of this function alone, by name."""
        if self._local_function_hooks is None:
            self._local_function_hooks = {}
        return self._local_function_hooks

    @property
    def input_layouts(self) -> tuple[None, ...]:
        """Memory layouts of the inputs; ``None`` is the only one."""
        return (None,) * len(self.inputs or ())

    @property
    def output_layouts(self) -> tuple[None, ...]:
        """Memory layouts of the outputs; ``None`` is the only one."""
        return (None,) * len(self.outputs or ())

    @property
    def output_data(self) -> tuple[NdArray | None, ...]:
        """Output arrays that were retained, and ``None`` in the place of the others.

        Raises:
            RuntimeError: The function has not been applied, or the graph was not recorded.
        """
        if self.outputs is None:
            raise RuntimeError(f"{self.label} has no outputs to look at: it was not applied, or not recorded")
        data: list[NdArray | None] = [None] * len(self.outputs)
        for i, y in zip(self._indexes_of_retained_outputs or (), self._retained_outputs or (), strict=False):
            data[i] = raw.plain(y)
        return tuple(data)

    # Applying

    def apply(self, inputs: Sequence[VariableLike]) -> tuple[Variable, ...]:
        """Runs :meth:`forward` and, if any input requires a gradient, records the application.

        Args:
            inputs: Variables and arrays.

        Returns:
            One variable an output.

        Raises:
            InvalidType: :meth:`check_type_forward` refuses the inputs.
            RuntimeError: This function was applied before: a node stands for one application.
        """
        variables = []
        data = []
        n_requiring = 0
        plain = True
        for x in inputs:
            if not isinstance(x, Variable):
                x = as_variable(x)
            elif x._requires_grad:
                n_requiring += 1
            array = x._data
            if type(array) is not _ndarray:
                plain = False
            variables.append(x)
            data.append(array)
        in_data: Arrays = tuple(data)
        if not plain:
            data = self._admit(variables, data)
            in_data = tuple(data)
        if self.inputs is not None:
            raise RuntimeError(f"{self.label} was applied before; make a new one: a node stands for one application")

        if self._checks_types and config.type_check:
            try:
                self.check_type_forward(LightTypeInfoTuple(data))
            except InvalidType as error:
                self._explain_invalid_type(error, in_data)

        watched = function_hook.n_watching
        if watched:
            self._before_forward(in_data)
        outputs = self.forward(in_data)
        if type(outputs) is not tuple:
            raise TypeError(
                f"forward output must be a tuple ({self.label})\nActual: {type(outputs)}; "
                "write `return y,` for one output"
            )
        if watched:
            self._after_forward(in_data, outputs)

        records = n_requiring > 0 and config.enable_backprop
        results = []
        for y in outputs:
            if type(y) is not _ndarray:
                y = self._as_output(y)
            variable = _new(Variable)
            variable._data = y
            variable._node = None
            variable._requires_grad = records
            results.append(variable)
        if not records:
            return tuple(results)

        # Enter this application into the graph, and keep the arrays that backward asked for.
        self._serial = next(_serials)
        nodes = []
        for x in variables:
            node = x._node
            if node is None:
                node = x._node = VariableNode(x, x._name)
            nodes.append(node)
        self.inputs = tuple(nodes)
        if n_requiring != len(nodes):
            self._targets = tuple([i for i, node in enumerate(nodes) if node._requires_grad])
        refs = []
        for variable in results:
            node = variable._node = _new_node(VariableNode)
            node._variable = _ref(variable)
            node._creator_node = self
            array = variable._data
            if array is None:
                node.dtype = node.shape = None
            else:
                node.dtype = array.dtype
                node.shape = array.shape
            refs.append(_ref(node))
        self.outputs = tuple(refs)
        self._call_site = _diagnosis.call_site(1)
        indexes = self._indexes_of_retained_inputs
        if indexes is not None:
            self._retained_inputs = [data[i] for i in indexes]
        indexes = self._indexes_of_retained_outputs
        if indexes is not None:
            self._retained_outputs = [results[i]._data for i in indexes]
        return tuple(results)

    def _as_output(self, y: object) -> NdArray:
        if isinstance(y, numpy.generic):  # NumPy makes scalars of 0-d results
            return numpy.asarray(y)
        if isinstance(y, numpy.ndarray | backend.cuda.ndarray | RawArray) or y is None:
            return y
        raise TypeError(f"forward of {self.label} must return arrays, got {type(y).__name__}")

    def _admit(self, variables: Sequence[Variable], data: list[Any]) -> list[Any]:
        """Makes inputs that are not all plain NumPy arrays such as this function takes, or tells what is wrong."""
        if any(isinstance(x, RawArray) for x in data):
            if not self.takes_raw or self._is_watched() or config.use_ideep == "never":
                data = [raw.plain(x) for x in data]
            if all(isinstance(x, numpy.ndarray | RawArray) for x in data):
                return data
        self._check_devices(variables, tuple(data))
        return data

    def _check_devices(self, variables: Sequence[Variable], in_data: Arrays) -> None:
        devices = {}
        for i, (x, data) in enumerate(zip(variables, in_data, strict=True)):
            if data is None:
                self._accept_missing(i, x)
            else:
                devices[str(backend.get_device_from_array(data))] = i
        if len(devices) > 1:
            where = ", ".join(f"input {i} on {device}" for device, i in sorted(devices.items(), key=lambda d: d[1]))
            raise TypeError(
                f"incompatible array types are mixed in the forward input ({self.label}): {where}; move them to one "
                f"device with to_device\n{_diagnosis.explain_forward(self, in_data, _diagnosis.current_frame(2))}"
            )

    def _accept_missing(self, index: int, x: Variable) -> None:
        raise TypeError(
            f"input {index} of {self.label} is {x._describe()}, which has no array: a parameter that is not "
            "initialised gets its array from initialize(shape)"
        )

    def _explain_invalid_type(self, error: InvalidType, in_data: Arrays) -> None:
        """Runs a failed check once more on expressions, for its message."""
        frame = _diagnosis.current_frame(2)
        try:
            self.check_type_forward(get_types(in_data, "in_types", False))
        except InvalidType as precise:
            error = precise
        message = str(error)
        head = f"\nInvalid operation is performed in: {self.label} (Forward)\n\n"
        if message.startswith("Expect:"):
            message = head + message
        message += f"\n\n{_diagnosis.explain_forward(self, in_data, frame)}"
        raise InvalidType(error.expect, error.actual, msg=message) from None

    def _before_forward(self, in_data: Arrays) -> None:
        for hook in function_hook.active_hooks(self):
            hook.forward_preprocess(self, in_data)

    def _after_forward(self, in_data: Arrays, outputs: Arrays) -> None:
        for hook in function_hook.active_hooks(self):
            hook.forward_postprocess(self, in_data)
        if config.debug:
            self._check_forward(in_data, outputs)

    def _check_forward(self, in_data: Arrays, outputs: Arrays) -> None:
        """What debug mode checks after a forward pass, and notes for the backward pass."""
        import traceback

        frame = _diagnosis.current_frame(3)
        self.stack = traceback.extract_stack(frame)
        self._link_path = _diagnosis.link_path(frame)
        for y in outputs:
            if y is not None and _has_nan(y):
                raise RuntimeError(
                    f"NaN is detected on forward computation of {self.label}\n"
                    f"{_diagnosis.explain_forward(self, in_data, frame)}"
                )

    # What subclasses define

    def check_type_forward(self, in_types: Any) -> None:
        """States what is expected of the inputs, with :func:`chainer.utils.type_check.expect`."""

    def check_layout_forward(self, inputs: Sequence[Variable]) -> None:
        """Kept for the published signature; there is one memory layout."""

    def forward(self, inputs: Arrays) -> Arrays:
        """Computes the outputs; calls :meth:`forward_gpu` if an input is on a GPU, else :meth:`forward_cpu`.

        Args:
            inputs: Arrays.

        Returns:
            Tuple of arrays.
        """
        if any(isinstance(x, backend.cuda.ndarray) for x in inputs):
            return self.forward_gpu(inputs)
        return self.forward_cpu(inputs)

    def forward_cpu(self, inputs: Arrays) -> Arrays:
        """Computes the outputs on the CPU."""
        raise NotImplementedError(f"{self.label} has no forward pass on the CPU: define forward or forward_cpu")

    def forward_gpu(self, inputs: Arrays) -> Arrays:
        """Computes the outputs on a GPU."""
        raise NotImplementedError(f"{self.label} has no forward pass on the GPU: define forward or forward_gpu")

    def forward_chainerx(self, inputs: Arrays) -> Any:
        """Never called: ChainerX has been discontinued."""
        raise NotImplementedError("ChainerX has been discontinued")

    def backward(self, target_input_indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        """Computes the gradients of the inputs.

        Args:
            target_input_indexes: Sorted indexes of the inputs whose gradients are asked for.
            grad_outputs: Gradients of the outputs; ``None`` for one on which nothing depends.

        Returns:
            One variable an index in ``target_input_indexes``; ``None`` means zero.
        """
        return (None,) * len(target_input_indexes)

    def backward_arrays(self, target_input_indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        """Computes the gradients of the inputs on bare arrays. Optional.

        Most walks back are not recorded: nobody will differentiate the gradients. A function whose maths costs less
        than the variables around it may say here what :meth:`backward` says, without them. It is not called while a
        hook or debug mode watches, nor in a subclass that overrides :meth:`backward` alone.

        Args:
            target_input_indexes: As for :meth:`backward`.
            grad_outputs: Arrays, or ``None``. They must not be written to: others may hold them.

        Returns:
            One array an index in ``target_input_indexes``; ``None`` means zero.
        """
        raise NotImplementedError

    def backward_accumulate(
        self, target_input_indexes: tuple[int, ...], grad_outputs: Variables, grad_inputs: Variables
    ) -> Variables:
        """Computes the gradients of the inputs and adds them to ``grad_inputs``.

        Override it where adding can be had for free; else :meth:`backward` is enough.

        Args:
            target_input_indexes: As for :meth:`backward`.
            grad_outputs: As for :meth:`backward`.
            grad_inputs: Gradients so far, one a target; ``None`` for zero.
        """
        gxs = self.backward(target_input_indexes, grad_outputs)
        if len(gxs) != len(target_input_indexes):
            gxs = self._match_targets(gxs, target_input_indexes)
        return tuple(
            [
                gx if before is None else before if gx is None else before + gx
                for gx, before in zip(gxs, grad_inputs, strict=True)
            ]
        )

    # Called by the walk back

    def _backward(self, targets: tuple[int, ...], grad_outputs: Variables) -> Variables:
        """Gradients of the target inputs; with hooks and checks, where there are any."""
        if function_hook.n_watching:
            gxs = self._backward_watched(targets, grad_outputs)
        elif self._accumulates:
            gxs = self.backward_accumulate(targets, grad_outputs, (None,) * len(targets))
        else:
            gxs = self.backward(targets, grad_outputs)
        if type(gxs) is not tuple or len(gxs) != len(targets):
            gxs = self._match_targets(gxs, targets)
        for i, gx in zip(targets, gxs):
            if gx is not None and not isinstance(gx, Variable):
                raise TypeError(
                    f"backward of {self.label} must return variables or None, got {type(gx).__name__} for input {i}; "
                    "compute gradients with variables, so that they can be differentiated"
                )
        return gxs

    def _backward_unrecorded(self, targets: tuple[int, ...], grad_outputs: Sequence[NdArray | None]) -> Any:
        """Gradient arrays of the target inputs, from :meth:`backward_arrays` if it is there and nobody watches."""
        if self._has_backward_arrays and not (function_hook.n_watching and self._is_watched()):
            return self.backward_arrays(targets, tuple(grad_outputs))
        gys = tuple([None if gy is None else constant(gy) for gy in grad_outputs])
        gxs = self._backward(targets, gys)
        return [None if gx is None else gx._data if self.takes_raw else gx.array for gx in gxs]

    def _is_watched(self) -> bool:
        return function_hook.is_watched() or bool(self._local_function_hooks)

    def _backward_watched(self, targets: tuple[int, ...], grad_outputs: Variables) -> Variables:
        in_data: list[NdArray | None] = [None] * len(self.inputs or ())
        for i, x in zip(self._indexes_of_retained_inputs or (), self._retained_inputs or (), strict=False):
            in_data[i] = raw.plain(x)
        out_grad = tuple([None if gy is None else gy.array for gy in grad_outputs])
        hooks = function_hook.active_hooks(self)
        for hook in hooks:
            hook.backward_preprocess(self, tuple(in_data), out_grad)
        gxs = self.backward_accumulate(targets, grad_outputs, (None,) * len(targets))
        for hook in hooks:
            hook.backward_postprocess(self, tuple(in_data), out_grad)
        if config.debug:
            self._check_backward(gxs)
        return gxs

    def _match_targets(self, gxs: Any, targets: tuple[int, ...]) -> Variables:
        if not isinstance(gxs, tuple | list):
            gxs = (gxs,)
        n_inputs = len(self.inputs or ())
        if len(gxs) == len(targets):
            return tuple(gxs)
        if len(gxs) == n_inputs:  # old functions answer for every input, asked for or not
            return tuple([gxs[i] for i in targets])
        raise ValueError(
            f"number of gradients returned from backward is incorrect: {len(gxs)} != expected {len(targets)} "
            f"(function {self.label})"
        )

    def _check_gradient_fits(self, node: VariableNode, gx: NdArray) -> None:
        index = next(i for i, own in enumerate(self.inputs or ()) if own is node)
        where = f"(backward of {self.label}, input {index})"
        if gx.shape != node.shape:
            raise ValueError(f"Shape of data and grad mismatch\ngrad: {gx.shape} != data: {node.shape} {where}")
        if gx.dtype != node.dtype:
            raise TypeError(f"Dtype of data and grad mismatch\ngrad: {gx.dtype} != data: {node.dtype} {where}")

    def _check_backward(self, gxs: Variables) -> None:
        for gx in gxs:
            if isinstance(gx, Variable) and _has_nan(gx.array):
                raise RuntimeError(f"NaN is detected on backward computation of {self.label}")

    # Retaining

    def retain_inputs(self, indexes: Sequence[int]) -> None:
        """Asks, from inside :meth:`forward`, to keep input arrays for :meth:`backward`.

        Args:
            indexes: Indexes of the inputs.
        """
        self._indexes_of_retained_inputs = indexes

    def retain_outputs(self, indexes: Sequence[int]) -> None:
        """Asks, from inside :meth:`forward`, to keep output arrays for :meth:`backward`.

        Args:
            indexes: Indexes of the outputs.
        """
        self._indexes_of_retained_outputs = indexes

    def get_retained_inputs(self) -> tuple[Variable, ...]:
        """Variables of the retained inputs, in the order of the indexes, from inside :meth:`backward`."""
        arrays = self._retained_inputs
        if arrays is None:
            return self._no_retained(self._indexes_of_retained_inputs)
        inputs: Any = self.inputs
        variables = []
        for i, array in zip(self._indexes_of_retained_inputs, arrays, strict=True):  # type: ignore[arg-type]
            node = inputs[i]
            variable = node._variable()
            # Whoever gave the variable another array since then means that for later calls.
            variables.append(_revive(node, array) if variable is None or variable._data is not array else variable)
        return tuple(variables)

    def get_retained_input_arrays(self) -> Sequence[NdArray]:
        """The retained inputs as arrays, for :meth:`backward_arrays`."""
        arrays = self._retained_inputs
        return self._no_retained(self._indexes_of_retained_inputs) if arrays is None else arrays

    def get_retained_output_arrays(self) -> Sequence[NdArray]:
        """The retained outputs as arrays, for :meth:`backward_arrays`."""
        arrays = self._retained_outputs
        return self._no_retained(self._indexes_of_retained_outputs) if arrays is None else arrays

    def get_retained_outputs(self) -> tuple[Variable, ...]:
        """Variables of the retained outputs, in the order of the indexes, from inside :meth:`backward`."""
        arrays = self._retained_outputs
        if arrays is None:
            return self._no_retained(self._indexes_of_retained_outputs)
        outputs: Any = self.outputs
        variables = []
        for i, array in zip(self._indexes_of_retained_outputs, arrays, strict=True):  # type: ignore[arg-type]
            node = outputs[i]()
            if node is None:
                variables.append(self._renew_output(i, array))
                continue
            variable = node._variable()
            variables.append(_revive(node, array) if variable is None or variable._data is not array else variable)
        return tuple(variables)

    def _renew_output(self, index: int, array: NdArray) -> Variable:
        """A variable with a node of its own for an output of which both are gone."""
        variable = Variable(array)
        node = variable.node
        node._creator_node = self
        outputs: Any = self.outputs
        self.outputs = (*outputs[:index], _ref(node), *outputs[index + 1 :])
        return variable

    def _no_retained(self, indexes: Sequence[int] | None) -> tuple[Variable, ...]:
        if indexes:
            raise RuntimeError(
                f"the arrays that {self.label} had retained were released: optimizer.update(lossfun, ...) "
                "drops them as it goes, so that graph can be walked only once; call loss.backward() and "
                "optimizer.update() yourself to walk it again"
            )
        return ()

    def _release(self) -> None:
        """Drops the retained arrays; the graph stays, for pictures of it."""
        self._retained_inputs = None
        self._retained_outputs = None

    def unchain(self) -> None:
        """Takes this function out of the graph: its outputs become leaves, its inputs are forgotten."""
        for ref in self.outputs or ():
            node = ref()
            if node is not None:
                node.unchain()
        self.inputs = None
        self._release()

    # Hooks

    def add_hook(self, hook: FunctionHook, name: str | None = None) -> None:
        """Registers a hook for this function alone.

        Args:
            hook: The hook.
            name: Name to register it under; ``hook.name`` unless given.

        Raises:
            TypeError: ``hook`` is not a :class:`chainer.FunctionHook`.
            KeyError: There is one of this name.
        """
        if not isinstance(hook, FunctionHook):
            raise TypeError(f"hook must be a chainer.FunctionHook, got {type(hook).__name__}")
        name = hook.name if name is None else name
        hooks = self.local_function_hooks
        if name in hooks:
            raise KeyError(f"hook {name} already exists")
        hooks[name] = hook
        function_hook.n_watching += 1
        hook.added(self)

    def delete_hook(self, name: str) -> None:
        """Removes a hook of this function.

        Raises:
            KeyError: There is none of this name.
        """
        hooks = self.local_function_hooks
        if name not in hooks:
            raise KeyError(f"hook {name} does not exist")
        function_hook.n_watching -= 1
        hooks.pop(name).deleted(self)


def _place(cls: type, method: str) -> int:
    """How far up the bases a class finds a method."""
    return next(i for i, base in enumerate(cls.__mro__) if method in base.__dict__)


def _count_ranks(func: FunctionNode) -> None:
    """Counts ranks from the leaves on; without recursion, since graphs are deep."""
    stack = [func]
    while stack:
        current = stack[-1]
        creators = [node._creator_node for node in current.inputs or ()]
        uncounted = [creator for creator in creators if creator is not None and creator._rank is None]
        if uncounted:
            stack += uncounted
            continue
        stack.pop()
        current._rank = max([creator._rank + 1 for creator in creators if creator is not None], default=0)  # type: ignore[operator]


def _has_nan(x: NdArray) -> bool:
    return x.dtype.kind in "fc" and bool(backend.get_array_module(x).isnan(x).any())
