"""Variables: handles on arrays that remember how they were computed.

A :class:`Variable` is what the user holds: an array and its gradient. The graph
behind it is made of :class:`VariableNode` and
:class:`~chainer.function_node.FunctionNode`, which hold no arrays but those that
a function asked to keep for its backward pass. So an intermediate array dies
with its last Variable, while the graph lives on.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy

from chainer import _backprop, backend
from chainer._device import Device, current_device, get_device
from chainer._mixed16 import get_dtype
from chainer.backends.raw import plain
from chainer.types import AxisLike, DeviceSpec, InitializerLike, NdArray, Shape, VariableLike
from chainer.utils.argument import parse_kwargs

if TYPE_CHECKING:
    from chainer.function import Function
    from chainer.function_node import FunctionNode
    from chainer.optimizer import UpdateRule

_ndarray = numpy.ndarray


def _check_is_array(data: object) -> None:
    types: tuple[type, ...] = (numpy.ndarray, backend.cuda.ndarray)
    if not isinstance(data, types):
        raise TypeError(
            f"a Variable holds a numpy.ndarray or cupy.ndarray, got {type(data).__name__}; "
            "wrap it as in chainer.Variable(numpy.array(value, dtype=numpy.float32))"
        )


class VariableNode:
    """A variable's place in the graph: what is known of it without its array.

    Attributes:
        dtype: ``numpy.dtype`` of the array.
        shape: Shape of the array.
        name: Name of the variable, or ``None``.

    Args:
        variable: The variable that this is the node of.
        name: Its name.
        grad: Gradient array to give the variable, or ``None``.
    """

    __slots__ = ("__dict__", "__weakref__", "_creator_node", "_variable", "dtype", "shape")

    dtype: Any
    shape: Shape | None
    _creator_node: FunctionNode | None
    _variable: weakref.ref[Variable] | None
    # As in Variable: what differs from this is in the dictionary.
    name: str | None = None
    _data: NdArray | None = None  # set by retain_data alone
    _requires_grad: bool = True

    def __init__(self, variable: Variable, name: str | None, **kwargs: Any) -> None:
        data = variable._data
        self._variable = weakref.ref(variable)
        self._creator_node = None
        if not variable._requires_grad:
            self._requires_grad = False
        if name is not None:
            self.name = name
        if data is None:
            self.dtype = self.shape = None
        else:
            self.dtype = data.dtype
            self.shape = data.shape
        if kwargs:
            (grad,) = parse_kwargs(kwargs, ("grad", None))
            if grad is not None:
                variable.grad = grad

    @property
    def creator(self) -> FunctionNode | Function | None:
        """Function that made the variable: an old-style :class:`chainer.Function` as itself."""
        node = self._creator_node
        return node if node is None else node._old_style_function or node

    @creator.setter
    def creator(self, func: FunctionNode | Function | None) -> None:
        self.creator_node = getattr(func, "node", func)

    @property
    def creator_node(self) -> FunctionNode | None:
        """Function node that made the variable, or ``None`` for a leaf of the graph."""
        return self._creator_node

    @creator_node.setter
    def creator_node(self, func: Any) -> None:
        self._creator_node = getattr(func, "node", func)

    @property
    def data(self) -> NdArray | None:
        """Array of the variable if it was retained by :meth:`retain_data`, else ``None``."""
        return self._data

    @property
    def grad(self) -> NdArray | None:
        """Gradient array of the variable, if both are still there."""
        grad_var = self.grad_var
        return None if grad_var is None else grad_var.array

    @property
    def grad_var(self) -> Variable | None:
        """Gradient of the variable, if both are still there."""
        variable = self.get_variable_or_none()
        return None if variable is None else variable.grad_var

    @property
    def label(self) -> str:
        """Shape and dtype, as drawn in a picture of the graph."""
        if self.shape is None:
            return str(self.dtype)
        text = f"{self.dtype}" if self.shape == () else f"({', '.join(map(str, self.shape))}), {self.dtype}"
        return f"{self.name}: {text}" if self.name else text

    @property
    def rank(self) -> int:
        """Length of the longest chain of functions behind the variable; 0 for a leaf."""
        return 0 if self._creator_node is None else self._creator_node.rank + 1

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow into the variable."""
        return self._requires_grad

    def get_variable(self) -> Variable:
        """The variable of this node; a new one (without array, unless retained) if it is gone."""
        variable = self.get_variable_or_none()
        return variable if variable is not None else _revive(self, self._data)

    def get_variable_or_none(self) -> Variable | None:
        """The variable of this node, or ``None`` if it is gone."""
        return None if self._variable is None else self._variable()

    def set_creator(self, creator: FunctionNode | Function) -> None:
        """Makes a function the creator of the variable."""
        self.creator = creator

    def set_creator_node(self, creator_node: FunctionNode) -> None:
        """Makes a function node the creator of the variable."""
        self.creator_node = creator_node

    def unchain(self) -> None:
        """Cuts the graph here: the variable becomes a leaf."""
        self._creator_node = None

    def retain_data(self) -> None:
        """Lets this node hold the variable's array, even when the variable is gone.

        Raises:
            RuntimeError: It is gone already.
        """
        variable = self.get_variable_or_none()
        if variable is None:
            raise RuntimeError("cannot retain the array of a variable that is gone")
        self._data = variable.array


def _revive(node: VariableNode, array: NdArray | None) -> Variable:
    """A new handle on a node whose variable is gone (or holds another array by now)."""
    variable = Variable.__new__(Variable)
    variable._data = array
    variable._node = node
    variable._requires_grad = node._requires_grad
    if node.name is not None:
        variable._name = node.name
    if node.get_variable_or_none() is None:  # else gradients go to the one that is there
        node._variable = weakref.ref(variable)
    return variable


class Variable:
    """An array with a gradient, and the history of how it was computed.

    Arithmetic operators, indexing and the functions of :mod:`chainer.functions`
    take variables and arrays alike, and record what they do; :meth:`backward`
    walks that record back.

    Args:
        data: ``numpy.ndarray`` or ``cupy.ndarray``, or ``None`` for one without array.
        name: Name, used in messages and pictures of the graph.
        grad: Gradient array to start with.
        requires_grad: ``False`` for data into which no gradient should flow.
        layout: Kept for the published signature; ``None`` is the only layout.

    Raises:
        TypeError: ``data`` is not an array.

    Example:
        >>> import chainer, numpy as np
        >>> x = chainer.Variable(np.array([1, 2], np.float32))
        >>> y = (x * x).mean()
        >>> y.backward()
        >>> x.grad
        array([1., 2.], dtype=float32)
    """

    # What every variable has is a slot; what few have (a gradient, a name) is in the dictionary, and its
    # absence costs nothing when a function makes its outputs.
    __slots__ = ("__dict__", "__weakref__", "_data", "_node", "_requires_grad")

    # So that `numpy_array + variable` is left to us instead of being tried element by element.
    __array_priority__: ClassVar[int] = 200
    __array_ufunc__: ClassVar[None] = None
    __hash__: ClassVar[None]  # type: ignore[assignment]

    _data: NdArray  # None until it is there
    _node: VariableNode | None
    _requires_grad: bool
    _grad: Variable | None = None
    _name: str | None = None
    _loss_scale: float | None = None

    def __init__(self, data: NdArray | None = None, **kwargs: Any) -> None:
        if kwargs:
            name, grad, requires_grad, layout = parse_kwargs(
                kwargs,
                ("name", None),
                ("grad", None),
                ("requires_grad", True),
                ("layout", None),
                volatile="volatile is gone since version 2; use chainer.no_backprop_mode() instead",
            )
            if layout is not None:
                raise ValueError(f"layout must be None, got {layout!r}")
        else:
            name, grad, requires_grad = None, None, True
        if data is not None and type(data) is not _ndarray:
            _check_is_array(data)
        self._data = data
        self._node = None  # made when the variable enters a graph
        self._requires_grad = bool(requires_grad)
        if name is not None:
            self._name = name
        if grad is not None:
            self.grad = grad

    def __copy__(self) -> Variable:
        copied = self.__class__.__new__(self.__class__)
        copied._data = self._data
        copied._requires_grad = self._requires_grad
        copied._node = None
        copied.__dict__.update(self.__dict__)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        """Pickles the array and its gradient; the graph stays behind."""
        grad = self._grad
        return {
            **self.__dict__,
            "_data": self.array,
            "_grad": None if grad is None else grad.array,
            "_name": self._name,
            "_requires_grad": self._requires_grad,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        self._data = state.pop("_data")
        grad = state.pop("_grad")
        self._grad = None if grad is None else Variable(grad, requires_grad=False)
        self._name = state.pop("_name")
        self._requires_grad = state.pop("_requires_grad")
        self._node = None
        self.__dict__.update(state)

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        from copy import deepcopy

        copied = self.__class__.__new__(self.__class__)
        memo[id(self)] = copied
        copied.__setstate__(deepcopy(self.__getstate__(), memo))
        return copied

    # The record

    @property
    def node(self) -> VariableNode:
        """Node of this variable in the graph."""
        node = self._node
        if node is None:
            node = self._node = VariableNode(self, self._name)
        return node

    @property
    def creator(self) -> FunctionNode | Function | None:
        """Function that made this variable, or ``None`` for a leaf; may be set."""
        return None if self._node is None else self._node.creator

    @creator.setter
    def creator(self, func: FunctionNode | Function | None) -> None:
        self.node.creator = func

    @property
    def creator_node(self) -> FunctionNode | None:
        """Function node that made this variable, or ``None`` for a leaf; may be set."""
        return None if self._node is None else self._node._creator_node

    @creator_node.setter
    def creator_node(self, func: Any) -> None:
        self.node.creator_node = func

    def set_creator(self, gen_func: FunctionNode | Function) -> None:
        """Makes a function the creator of this variable."""
        self.node.creator = gen_func

    def set_creator_node(self, fnode: FunctionNode) -> None:
        """Makes a function node the creator of this variable."""
        self.node.creator_node = fnode

    @property
    def rank(self) -> int:
        """Length of the longest chain of functions behind this variable; 0 for a leaf."""
        return 0 if self._node is None else self._node.rank

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow into this variable."""
        return self._requires_grad

    @property
    def name(self) -> str | None:
        """Name, used in messages and pictures of the graph; may be set."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name
        if self._node is not None:
            self._node.name = name

    @property
    def label(self) -> str:
        """Shape and dtype, as drawn in a picture of the graph."""
        return self.node.label

    # The array

    @property
    def array(self) -> NdArray:
        """The array; may be set to another one, also of another shape."""
        data = self._data
        return data if type(data) is _ndarray else plain(data)

    @array.setter
    def array(self, data: NdArray | None) -> None:
        if data is not None and type(data) is not _ndarray:
            _check_is_array(data)
        self._data = data
        node = self._node
        if node is not None:
            node.dtype = None if data is None else data.dtype
            node.shape = None if data is None else data.shape
            if node._data is not None:
                node._data = data

    @property
    def data(self) -> NdArray:
        """The array, under its older name; prefer :attr:`array`."""
        return self.array

    @data.setter
    def data(self, data: NdArray | None) -> None:
        self.array = data

    @property
    def raw_array(self) -> NdArray:
        """The array as it is held: a plain one, or a :class:`chainer.backends.raw.RawArray` that nobody has touched."""
        return self._data

    @property
    def chx_array(self) -> NoReturn:
        """Not available: ChainerX has been discontinued.

        Raises:
            ValueError: Always.
        """
        raise ValueError("chx_array is not available: ChainerX has been discontinued; use array")

    @property
    def layout(self) -> None:
        """Memory layout; ``None`` is the only one."""
        return None

    def as_layout(self, layout: None) -> Variable:
        """The variable in another memory layout; there is none but ``None``."""
        if layout is not None:
            raise ValueError(f"layout must be None, got {layout!r}")
        return self

    def _array(self) -> NdArray:
        if self._data is None:
            raise AttributeError(f"{self._describe()} has no array yet, and so no shape, dtype, ndim or size")
        return self._data

    def _describe(self) -> str:
        kind = "parameter" if isinstance(self, Parameter) else "variable"
        return f"{kind} {self._name!r}" if self._name else f"this {kind}"

    @property
    def shape(self) -> Shape:
        """Shape of the array."""
        return self._array().shape

    @property
    def ndim(self) -> int:
        """Number of axes of the array."""
        return self._array().ndim

    @property
    def size(self) -> int:
        """Number of elements of the array."""
        return self._array().size

    @property
    def dtype(self) -> Any:
        """``numpy.dtype`` of the array."""
        return self._array().dtype

    @property
    def xp(self) -> Any:
        """Array module: ``numpy`` or ``cupy``."""
        return backend.get_array_module(self._data)

    @property
    def device(self) -> Device:
        """Device on which the array lives."""
        return backend.get_device_from_array(self._data)

    def item(self) -> Any:
        """The value of an array of one element, as a Python number."""
        return plain(self._array()).item()

    def __len__(self) -> int:
        return len(self._array())

    # The gradient

    @property
    def grad_var(self) -> Variable | None:
        """Gradient as a variable, or ``None``; may be set."""
        return self._grad

    @grad_var.setter
    def grad_var(self, grad: Variable | None) -> None:
        if grad is not None:
            _check_grad_fits(self._data, grad._data)
        self._grad = grad

    @property
    def grad(self) -> NdArray:
        """Gradient array, or ``None``; may be set to one of the shape and dtype of :attr:`array`.

        Raises:
            TypeError: Set to something of another type or dtype.
            ValueError: Set to an array of another shape.
        """
        grad = self.grad_var
        return None if grad is None else grad.array

    @grad.setter
    def grad(self, grad: NdArray | None) -> None:
        if grad is not None:
            _check_grad_fits(self._data, grad)
            self.grad_var = constant(grad)
        else:
            self.grad_var = None

    def cleargrad(self) -> None:
        """Forgets the gradient: it becomes ``None``."""
        self.grad_var = None

    def zerograd(self) -> None:
        """Sets the gradient to zeros; :meth:`cleargrad` is cheaper and usually what is meant."""
        with backend.using_device(self.device):
            self.grad_var = constant(self.xp.zeros_like(self._array()))

    def addgrad(self, var: Variable) -> None:
        """Adds the gradient of another variable to that of this one, across devices.

        Args:
            var: Variable of the same shape; if it has no gradient, nothing happens.
        """
        other = var._grad
        if other is None:
            return
        source = other if var.device == self.device else Variable(self.device.send(other.array), requires_grad=False)
        own = self.grad_var
        self.grad_var = source if own is None else own + source

    def copydata(self, var: Variable) -> None:
        """Copies the values of another variable's array into that of this one, across devices.

        Args:
            var: Variable of the same shape. An uninitialised :class:`Parameter` on one side is
                initialised first.
        """
        source, target = var.array, self.array
        if source is None:
            if target is None:
                return
            if not isinstance(var, Parameter):
                raise ValueError("cannot copy from a variable without array")
            var.initialize(target.shape)
            source = var.array
        elif target is None:
            if not isinstance(self, Parameter):
                raise ValueError("cannot copy into a variable without array")
            self.initialize(source.shape)
            target = self.array
        backend.copyto(target, source)

    # The walk back

    def backward(
        self,
        retain_grad: bool = False,
        enable_double_backprop: bool = False,
        loss_scale: float | None = None,
    ) -> None:
        """Computes the gradients of this variable with respect to all that it was computed from.

        They are added to the ``grad`` of each leaf: parameters and input variables. A variable of
        one element starts with the gradient 1; any other needs its :attr:`grad` set before.

        Args:
            retain_grad: Keep the gradients of intermediate variables too.
            enable_double_backprop: Record the computation of gradients, to differentiate again.
            loss_scale: Factor on the first gradient, against underflow in float16.

        Raises:
            RuntimeError: This variable has more than one element and no gradient.
        """
        if self.creator_node is None:
            return
        _backprop.backward_from((self,), retain_grad, enable_double_backprop, loss_scale)

    def unchain(self) -> None:
        """Cuts the graph here: this variable becomes a leaf."""
        if self._node is not None:
            self._node.unchain()

    def unchain_backward(self) -> None:
        """Cuts the whole graph behind this variable, as truncated backpropagation through time does."""
        _backprop.unchain_from(self)

    def retain_data(self) -> None:
        """Lets the node of this variable hold its array."""
        self.node.retain_data()

    # Moving

    def to_cpu(self) -> None:
        """Moves the array and its gradient to the CPU."""
        self.to_device("@numpy")

    def to_gpu(self, device: Any = None) -> None:
        """Moves the array and its gradient to a GPU: the current one, or that of the given index."""
        backend.cuda.check_cuda_available()
        gpu = backend.cuda.Device() if device is None else backend.cuda.get_device(device)
        self.to_device(backend.GpuDevice(gpu))

    def to_intel64(self) -> None:
        """Moves the array and its gradient to the CPU, to be served by accelerated kernels."""
        self.to_device("@intel64")

    def to_chx(self) -> None:
        """Not available: ChainerX has been discontinued.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("ChainerX has been discontinued; use to_device('@numpy') or to_device('@cupy:0')")

    def from_chx(self) -> None:
        """Does nothing: no array can be one of ChainerX."""

    def to_device(self, device: DeviceSpec) -> None:
        """Moves the array and its gradient to a device.

        Args:
            device: As for :func:`chainer.get_device`.
        """
        target = get_device(device)
        if self._data is not None:
            self.array = target.send(self.array)
        if self._grad is not None:
            self._grad.to_device(target)

    # Array methods

    def reshape(self, *shape: Any) -> Variable:
        """The same elements in another shape; see :func:`chainer.functions.reshape`."""
        from chainer.functions.array.reshape import reshape

        return reshape(self, tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape)

    def transpose(self, *axes: Any) -> Variable:
        """Axes in another order, reversed if none is given; see :func:`chainer.functions.transpose`."""
        from chainer.functions.array.transpose import transpose

        if not axes or axes == (None,):
            return transpose(self, None)
        return transpose(self, tuple(axes[0]) if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes)

    @property
    def T(self) -> Variable:
        """Axes in reversed order."""
        return self.transpose()

    def mean(self, axis: AxisLike = None, *, weights: VariableLike | None = None, keepdims: bool = False) -> Variable:
        """Mean over axes; see :func:`chainer.functions.average`."""
        from chainer.functions.math.average import average

        return average(self, axis, weights, keepdims)

    # Looking

    def __repr__(self) -> str:
        return variable_repr(self)

    def __str__(self) -> str:
        return variable_str(self)

    def debug_print(self) -> str:
        """A summary of device, shape, dtype and statistics of the array and of its gradient."""
        data = self.array
        if data is None:
            names = ("device", "backend", "shape", "dtype", "statistics", "grad")
            return "\n".join([self.summary(), *[f"- {name}: None" for name in names]])
        lines = [
            self.summary(),
            f"- device: {self._device_name()}",
            f"- backend: {type(data)}",
            f"- shape: {data.shape}",
            f"- dtype: {data.dtype}",
            f"- statistics: {_statistics(data)}",
            f"- grad: {'None' if self.grad is None else _statistics(self.grad)}",
        ]
        return "\n".join(lines)

    def _device_name(self) -> str:
        device = self.device
        return "CPU" if device.xp is numpy else str(device)

    def summary(self) -> str:
        """One line: name and address."""
        name = f" {self._name}" if self._name else ""
        return f"<variable{name} at 0x{id(self):x}>"

    def __pos__(self) -> Variable:
        return self

    # Comparison is refused: `==` on variables has no answer that everybody expects.

    def __bool__(self) -> NoReturn:
        raise TypeError("Variables cannot be evaluated as Python bool.")

    def __lt__(self, other: object) -> NoReturn:
        _refuse_comparison("<")

    def __le__(self, other: object) -> NoReturn:
        _refuse_comparison("<=")

    def __eq__(self, other: object) -> NoReturn:
        _refuse_comparison("==")

    def __ne__(self, other: object) -> NoReturn:
        _refuse_comparison("!=")

    def __gt__(self, other: object) -> NoReturn:
        _refuse_comparison(">")

    def __ge__(self, other: object) -> NoReturn:
        _refuse_comparison(">=")

    if TYPE_CHECKING:  # installed by chainer.functions, which builds on this module
        __array__: Any

        def __getitem__(x, slices: Any) -> Variable: ...
        def __neg__(self) -> Variable: ...
        def __abs__(self) -> Variable: ...
        def __add__(self, other: Any) -> Variable: ...
        def __radd__(self, other: Any) -> Variable: ...
        def __sub__(self, other: Any) -> Variable: ...
        def __rsub__(self, other: Any) -> Variable: ...
        def __mul__(self, other: Any) -> Variable: ...
        def __rmul__(self, other: Any) -> Variable: ...
        def __truediv__(self, other: Any) -> Variable: ...
        def __rtruediv__(self, other: Any) -> Variable: ...
        def __floordiv__(self, other: Any) -> Variable: ...
        def __rfloordiv__(self, other: Any) -> Variable: ...
        def __pow__(self, other: Any) -> Variable: ...
        def __rpow__(self, other: Any) -> Variable: ...
        def __matmul__(self, other: Any) -> Variable: ...
        def __rmatmul__(self, other: Any) -> Variable: ...


def _refuse_comparison(operator: str) -> NoReturn:
    raise TypeError(f"Variables do not support {operator} operator. You could use `array` attribute instead.")


def _check_grad_fits(data: NdArray | None, grad: object) -> None:
    if data is None or grad is None:
        return
    if not isinstance(grad, numpy.ndarray | backend.cuda.ndarray):
        raise TypeError(f"a gradient is an array of the type of its data, got {type(grad).__name__}")
    if grad.shape != data.shape:
        raise ValueError(f"Shape of data and grad mismatch\ngrad: {grad.shape} != data: {data.shape}")
    if grad.dtype != data.dtype:
        raise TypeError(f"Dtype of data and grad mismatch\ngrad: {grad.dtype} != data: {data.dtype}")


def _statistics(array: NdArray) -> str:
    if array.size == 0:
        return "empty"
    return f"mean={float(array.mean()):.8f}, std={float(array.std()):.8f}"


def variable_repr(var: Variable) -> str:
    """What ``repr`` shows: the array as NumPy prints it, with the word ``variable`` in front."""
    return _print(var, numpy.array2string, separator=", ")


def variable_str(var: Variable) -> str:
    """What ``str`` shows: as ``repr``, without commas."""
    return _print(var, numpy.array2string, separator=" ")


def _print(var: Variable, to_string: Any, separator: str) -> str:
    head = f"variable {var.name}" if var.name else "variable"
    if var.array is None:
        return f"{head}(None)"
    array = backend.CpuDevice().send(var.array)
    prefix = f"{head}("
    if array.size == 0:
        body = f"[], shape={array.shape}"
    else:
        body = to_string(array, separator=separator, prefix=prefix)
    return f"{prefix}{body})"


class _Unset:
    """Marks the gradient of a parameter that nobody has cleared, zeroed or computed yet."""

    def __repr__(self) -> str:
        return "<not computed yet>"

    def __deepcopy__(self, memo: object) -> _Unset:
        return self

    def __reduce__(self) -> str:
        return "_UNSET"


_UNSET: Any = _Unset()


class Parameter(Variable):
    """A variable that a link owns and an optimizer updates. Its shape may be settled later.

    Args:
        initializer: What fills the array: an :class:`~chainer.Initializer`, a scalar, or an array. With an
            array and no ``shape``, it becomes the parameter's own array, uncopied.
        shape: Shape, an integer for one axis, or ``None``: then the parameter is uninitialised until
            :meth:`initialize`, and its array is ``None``.
        name: Name, which a link sets to its attribute's.
        layout: Kept for the published signature; ``None`` is the only layout.

    Until it is cleared, the gradient of a parameter that was filled by an initializer is NaN, so
    that a forgotten ``cleargrads()`` shows.
    """

    __slots__ = ("_at_initialize", "initializer", "update_rule")

    initializer: InitializerLike
    update_rule: UpdateRule | None

    def __init__(
        self,
        initializer: InitializerLike = None,
        shape: Shape | int | None = None,
        name: str | None = None,
        *,
        layout: None = None,
    ) -> None:
        if initializer is None:
            from chainer.initializers import NaN

            initializer = NaN(get_dtype())
        elif isinstance(initializer, float | int) or numpy.isscalar(initializer):
            from chainer.initializers import Constant

            initializer = Constant(initializer)
        self.update_rule = None
        self._at_initialize = "nan"
        is_array = isinstance(initializer, numpy.ndarray | backend.cuda.ndarray)
        if shape is None and is_array:
            super().__init__(initializer, name=name, layout=layout)
            self.initializer = None
            return
        super().__init__(None, name=name, layout=layout)
        if is_array:
            from chainer.initializers import Constant

            initializer = Constant(initializer)
        self.initializer = initializer
        if shape is not None:
            self.initialize((shape,) if isinstance(shape, int | numpy.integer) else tuple(shape))

    @property
    def is_initialized(self) -> bool:
        """Whether the array is there."""
        return self._data is not None

    @property
    def dtype(self) -> Any:
        """``numpy.dtype`` of the array, or the one that it will have."""
        if self._data is not None:
            return self._data.dtype
        dtype = getattr(self.initializer, "dtype", None)
        return get_dtype(dtype)

    def initialize(self, shape: Shape) -> None:
        """Makes and fills the array, on the device that is current or was asked for before.

        Args:
            shape: Shape of the array.
        """
        from chainer.initializers import generate_array

        device = self.__dict__.pop("_wanted_device", None) or current_device()
        with backend.using_device(device):
            self.array = generate_array(self.initializer, shape, device.xp, dtype=self.dtype, device=device)
        if self._at_initialize == "nan":
            self._grad = _UNSET
        elif self._at_initialize == "zero":
            self.zerograd()

    @property
    def grad_var(self) -> Variable | None:
        if self._grad is _UNSET:
            with backend.using_device(self.device):
                self._grad = Variable(self.xp.full_like(self._data, numpy.nan), requires_grad=False)
        if self._data is None and self._at_initialize == "nan":
            raise RuntimeError(
                f"{self._describe()} is not initialised, so it has no gradient: call cleargrad(), or run a "
                "forward pass, which settles its shape"
            )
        return self._grad

    @grad_var.setter
    def grad_var(self, grad: Variable | None) -> None:
        if grad is not None:
            _check_grad_fits(self._data, grad._data)
        self._grad = grad

    def cleargrad(self) -> None:
        """Forgets the gradient: it becomes ``None``, also after a later :meth:`initialize`."""
        self._grad = None
        self._loss_scale = None  # of the gradient that is gone
        if self._data is None:
            self._at_initialize = "clear"

    def zerograd(self) -> None:
        """Sets the gradient to zeros, now or as soon as the array is there."""
        if self._data is None:
            self._at_initialize = "zero"
        else:
            super().zerograd()

    def to_device(self, device: DeviceSpec) -> None:
        """Moves the array and its gradient to a device, or sees to it that they will be made there."""
        target = get_device(device)
        if self._data is None:
            self._wanted_device = target
        if self._grad is _UNSET:
            self.array = target.send(self._data)
            return
        super().to_device(target)

    @property
    def device(self) -> Device:
        """Device on which the array lives, or will."""
        if self._data is None:
            return self.__dict__.get("_wanted_device") or current_device()
        return super().device

    def update(self) -> None:
        """Lets the update rule, if any, change the array by its gradient."""
        if self.update_rule is not None:
            self.update_rule.update(self)

    def __copy__(self) -> Parameter:
        copied: Any = super().__copy__()
        for slot in Parameter.__slots__:
            setattr(copied, slot, getattr(self, slot))
        return copied

    def __getstate__(self) -> dict[str, Any]:
        unset = self._grad is _UNSET
        if unset:
            self._grad = None
        state = super().__getstate__()
        if unset:
            self._grad = _UNSET
        state["_unset"] = unset
        for slot in Parameter.__slots__:
            state[slot] = getattr(self, slot)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        for slot in Parameter.__slots__:
            setattr(self, slot, state.pop(slot))
        unset = state.pop("_unset")
        super().__setstate__(state)
        if unset:
            self._grad = _UNSET


def as_variable(obj: VariableLike) -> Variable:
    """The variable itself, or a new one around an array, into which no gradient flows.

    Args:
        obj: Variable or array.

    Raises:
        TypeError: ``obj`` is neither.
    """
    if isinstance(obj, Variable):
        return obj
    if type(obj) is not _ndarray:
        _check_is_array(obj)
    return constant(obj)


def constant(array: NdArray) -> Variable:
    """A variable around an array that is known to be one, into which no gradient flows."""
    variable = Variable.__new__(Variable)
    variable._data = array
    variable._node = None
    variable._requires_grad = False
    return variable


def as_array(obj: VariableLike) -> NdArray:
    """The array of a variable, or the array itself."""
    return obj.array if isinstance(obj, Variable) else obj
