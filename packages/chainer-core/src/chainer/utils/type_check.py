"""Checks of the types of a function's inputs, with messages made only on failure.

``FunctionNode.check_type_forward`` receives the inputs and states what it expects::

    type_check.expect(in_types.size() == 2, in_types[0].dtype.kind == "f")

The check runs first on the arrays themselves (*light mode*): comparisons give
plain booleans, at the cost of an attribute look-up each. Only if one of them is
false it runs a second time on expressions (:class:`Expr`), which remember how
they were made, and can therefore say ``x.shape[1] == W.shape[1]`` and with
which values that failed.
"""

from __future__ import annotations

import contextlib
import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy

from chainer.types import NdArray, Shape


class InvalidType(Exception):
    """The inputs of a function are not of the types it takes.

    Attributes:
        expect: The condition that does not hold.
        actual: The same condition with values.
    """

    def __init__(self, expect: str, actual: str, msg: str | None = None) -> None:
        super().__init__(msg if msg is not None else f"Expect: {expect}\nActual: {actual}")
        self.expect = expect
        self.actual = actual

    def __reduce__(self) -> Any:
        return type(self), (self.expect, self.actual, self.args[0])


class TypeInfo:
    """Shape and dtype of an array.

    Attributes:
        shape: Shape of the array.
        dtype: ``numpy.dtype`` of the array.
        ndim: Number of axes.
    """

    def __init__(self, shape: Shape, dtype: Any) -> None:
        self.shape = tuple(shape)
        self.dtype = numpy.dtype(dtype)
        self.ndim = len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(numpy.prod(self.shape, dtype=int))


class TypeInfoTuple(tuple[Any, ...]):
    """Types of the inputs as expressions, for the message of a failed check."""

    name: str | None = None

    def size(self) -> Expr:
        """Their number, as an expression."""
        return Variable(len(self), f"{self.name}.size")


class LightTypeInfoTuple(tuple[Any, ...]):
    """Types of the inputs, stood for by the arrays themselves."""

    def size(self) -> int:
        """Their number."""
        return len(self)


def get_types(
    data: Sequence[Any], name: str, accept_none: bool, *, shapes: Sequence[Shape | None] | None = None
) -> TypeInfoTuple:
    """Types of arrays as expressions called ``name[0]``, ``name[1]``, ...

    Args:
        data: Arrays.
        name: What to call them.
        accept_none: Whether ``None`` may stand among them.
        shapes: Shapes to use instead of the arrays' own.
    """
    if not isinstance(data, tuple):
        raise TypeError(f"{name} must be a tuple of arrays, got {type(data).__name__}")
    given = [None] * len(data) if shapes is None else shapes
    info = TypeInfoTuple(
        _get_type(name, i, array, accept_none, shape) for i, (array, shape) in enumerate(zip(data, given, strict=True))
    )
    info.name = name
    return info


def _get_type(name: str, index: int, array: Any, accept_none: bool, shape: Shape | None) -> Expr:
    label = f"{name}[{index}]"
    if array is None and accept_none:
        return Variable(TypeInfo((), None), label)
    if not hasattr(array, "shape") or not hasattr(array, "dtype"):
        raise TypeError(f"{label} must be an array, got {type(array).__name__}")
    return Variable(TypeInfo(array.shape if shape is None else shape, array.dtype), label)


def get_light_types(data: Sequence[Any], *, shapes: Sequence[Shape | None] | None = None) -> LightTypeInfoTuple:
    """Types of arrays for a check in light mode."""
    if shapes is None or all(shape is None for shape in shapes):
        return LightTypeInfoTuple(data)
    return LightTypeInfoTuple(
        x if shape is None else TypeInfo(shape, x.dtype) for x, shape in zip(data, shapes, strict=True)
    )


class LightMode:
    """Context manager under which :func:`in_light_mode` says so. Its instance is :data:`light_mode`."""

    _thread: ClassVar[threading.local] = threading.local()

    def __enter__(self) -> None:
        self._thread.depth = getattr(self._thread, "depth", 0) + 1

    def __exit__(self, exc_type: object, exc_value: object, traceback: object) -> None:
        self._thread.depth -= 1


light_mode = LightMode()


def in_light_mode() -> bool:
    """Whether this thread is inside :data:`light_mode`."""
    return getattr(LightMode._thread, "depth", 0) > 0


class Expr:
    """A value that remembers how it was computed.

    Attributes:
        priority: How tightly its outermost operator binds, as in Python's grammar; decides on parentheses.
    """

    def __init__(self, priority: int) -> None:
        self.priority = priority

    def eval(self) -> Any:
        """The value."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> GetAttr:
        if name.startswith("__"):  # copy and pickle ask for protocols, which are not part of the expression
            raise AttributeError(name)
        return GetAttr(self, name)

    def __getitem__(self, key: Any) -> GetItem:
        return GetItem(self, key)

    def __call__(self, *args: Any) -> Call:
        return Call(self, args)

    def __bool__(self) -> bool:
        raise RuntimeError(
            "an expression of a type check has no truth value of its own; pass it to type_check.expect, "
            "or its value from type_check.eval to `if`"
        )

    # Comparisons of expressions are conditions; they state what is false as well, for the message.
    def __eq__(self, other: object) -> BoolBinaryOperator:  # type: ignore[override]
        return BoolBinaryOperator(self, other, "==", "!=", operator.eq)

    def __ne__(self, other: object) -> BoolBinaryOperator:  # type: ignore[override]
        return BoolBinaryOperator(self, other, "!=", "==", operator.ne)

    def __lt__(self, other: object) -> BoolBinaryOperator:
        return BoolBinaryOperator(self, other, "<", ">=", operator.lt)

    def __le__(self, other: object) -> BoolBinaryOperator:
        return BoolBinaryOperator(self, other, "<=", ">", operator.le)

    def __gt__(self, other: object) -> BoolBinaryOperator:
        return BoolBinaryOperator(self, other, ">", "<=", operator.gt)

    def __ge__(self, other: object) -> BoolBinaryOperator:
        return BoolBinaryOperator(self, other, ">=", "<", operator.ge)

    __hash__ = object.__hash__

    def __add__(self, other: object) -> BinaryOperator:
        return BinaryOperator(4, self, other, "+", operator.add)

    def __radd__(self, other: object) -> BinaryOperator:
        return BinaryOperator(4, other, self, "+", operator.add)

    def __sub__(self, other: object) -> BinaryOperator:
        return BinaryOperator(4, self, other, "-", operator.sub)

    def __rsub__(self, other: object) -> BinaryOperator:
        return BinaryOperator(4, other, self, "-", operator.sub)

    def __mul__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, self, other, "*", operator.mul)

    def __rmul__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, other, self, "*", operator.mul)

    def __floordiv__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, self, other, "//", operator.floordiv)

    def __rfloordiv__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, other, self, "//", operator.floordiv)

    def __truediv__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, self, other, "/", operator.truediv)

    def __rtruediv__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, other, self, "/", operator.truediv)

    def __mod__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, self, other, "%", operator.mod)

    def __rmod__(self, other: object) -> BinaryOperator:
        return BinaryOperator(5, other, self, "%", operator.mod)

    def __pow__(self, other: object) -> BinaryOperator:
        return BinaryOperator(7, self, other, "**", operator.pow, right_associative=True)

    def __rpow__(self, other: object) -> BinaryOperator:
        return BinaryOperator(7, other, self, "**", operator.pow, right_associative=True)

    def __neg__(self) -> UnaryOperator:
        return UnaryOperator(6, self, "-", operator.neg)


class Atom(Expr):
    """An expression that never needs parentheses."""

    def __init__(self) -> None:
        super().__init__(8)


class Constant(Atom):
    """A plain value."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def __str__(self) -> str:
        return str(self.value)

    def eval(self) -> Any:
        return self.value


class Variable(Atom):
    """A value with a name."""

    def __init__(self, value: Any, name: str) -> None:
        super().__init__()
        self.value = value
        self.name = name

    def __str__(self) -> str:
        return self.name

    def eval(self) -> Any:
        return self.value


class GetAttr(Atom):
    """An attribute of an expression's value."""

    def __init__(self, obj: Expr, name: str) -> None:
        super().__init__()
        self.obj = obj
        self.name = name

    def __str__(self) -> str:
        return f"{self.obj}.{self.name}"

    def eval(self) -> Any:
        return getattr(self.obj.eval(), self.name)


class GetItem(Atom):
    """An item or slice of an expression's value."""

    def __init__(self, obj: Expr, key: Any) -> None:
        super().__init__()
        self.obj = obj
        self.key = key

    def __str__(self) -> str:
        if not isinstance(self.key, slice):
            return f"{self.obj}[{self.key}]"
        start, stop, step = ("" if i is None else str(i) for i in (self.key.start, self.key.stop, self.key.step))
        return f"{self.obj}[{start}:{stop}{':' + step if step else ''}]"

    def eval(self) -> Any:
        key = self.key
        return self.obj.eval()[key.eval() if isinstance(key, Expr) else key]


class Call(Atom):
    """A call of an expression's value, or of a function on expressions."""

    def __init__(self, obj: Any, args: Sequence[Any]) -> None:
        super().__init__()
        self.obj = obj
        self.args = args

    def __str__(self) -> str:
        return f"{self.obj}({', '.join(map(str, self.args))})"

    def eval(self) -> Any:
        return eval(self.obj)(*map(eval, self.args))


class UnaryOperator(Expr):
    """An operator before its term."""

    def __init__(self, priority: int, term: Any, exp: str, func: Callable[[Any], Any]) -> None:
        super().__init__(priority)
        self.term = _wrap(term)
        self.exp = exp
        self.func = func

    def __str__(self) -> str:
        return self.exp + _parenthesise(self.term, self.term.priority < self.priority)

    def eval(self) -> Any:
        return self.func(self.term.eval())


class BinaryOperator(Expr):
    """An operator between two terms."""

    def __init__(
        self,
        priority: int,
        lhs: Any,
        rhs: Any,
        exp: str,
        func: Callable[[Any, Any], Any],
        right_associative: bool = False,
    ) -> None:
        super().__init__(priority)
        self.lhs = _wrap(lhs)
        self.rhs = _wrap(rhs)
        self.exp = exp
        self.func = func
        self.right_associative = right_associative

    def __str__(self) -> str:
        # Of two operators that bind alike, the one on the "wrong" side needs parentheses: a - (b - c).
        left_bar = self.priority + 1 if self.right_associative else self.priority
        right_bar = self.priority if self.right_associative else self.priority + 1
        left = _parenthesise(self.lhs, self.lhs.priority < left_bar)
        right = _parenthesise(self.rhs, self.rhs.priority < right_bar)
        return f"{left} {self.exp} {right}"

    def eval(self) -> Any:
        return self.func(self.lhs.eval(), self.rhs.eval())


class Testable:
    """A condition that can be required to hold."""

    __test__ = False  # not a test case, whatever its name makes pytest think

    def expect(self) -> None:
        """Raises :class:`InvalidType` if the condition does not hold."""
        raise NotImplementedError


class BoolBinaryOperator(BinaryOperator, Testable):
    """A comparison of two terms.

    Attributes:
        inv: The opposite operator, which states what is the case when the condition fails.
    """

    def __init__(self, lhs: Any, rhs: Any, exp: str, inv: str, func: Callable[[Any, Any], Any]) -> None:
        super().__init__(3, lhs, rhs, exp, func)
        self.inv = inv

    def expect(self) -> None:
        left, right = self.lhs.eval(), self.rhs.eval()
        if not self.func(left, right):
            raise InvalidType(f"{self.lhs} {self.exp} {self.rhs}", f"{left} {self.inv} {right}")


def _wrap(value: Any) -> Expr:
    return value if isinstance(value, Expr) else Constant(value)


def _parenthesise(term: Expr, needed: bool) -> str:
    return f"({term})" if needed else str(term)


def eval(exp: Any) -> Any:
    """The value of an expression; anything else is its own value, as in light mode."""
    return exp.eval() if isinstance(exp, Expr) else exp


def make_variable(value: Any, name: str) -> Any:
    """Gives a value a name that messages will call it by."""
    return value if in_light_mode() else Variable(value, name)


def prod(xs: Any) -> Any:
    """Product of a shape or an expression of one."""
    if isinstance(xs, Expr):
        return Call(Variable(_prod, "prod"), (xs,))
    return _prod(xs)


def _prod(xs: Iterable[int]) -> int:
    return int(numpy.prod(tuple(xs), dtype=int))


def expect(*bool_exprs: Any) -> None:
    """Requires conditions to hold, in their order.

    Raises:
        InvalidType: One does not.
    """
    for condition in bool_exprs:
        if condition is True:
            continue
        if isinstance(condition, Testable):
            condition.expect()
        elif not condition:
            raise InvalidType("a condition on the inputs", "it does not hold")


def same_types(*arrays: NdArray) -> bool:
    """Whether all arrays are of NumPy, or all of CuPy."""
    from chainer import backend

    return all(isinstance(x, numpy.ndarray) for x in arrays) or all(isinstance(x, backend.cuda.ndarray) for x in arrays)


def expect_broadcast_shapes(*shape_types: Any) -> None:
    """Requires shapes to be broadcastable together.

    Raises:
        InvalidType: They are not; the message lists them.
    """
    shapes = [eval(shape) for shape in shape_types]
    try:
        numpy.broadcast_shapes(*shapes)
    except ValueError as error:
        lines = [f"{exp} = {shape}" for exp, shape in zip(shape_types, shapes, strict=True)]
        message = "cannot broadcast inputs of the following shapes:\n" + "\n".join(lines)
        raise InvalidType("each pair of shapes can be broadcast", str(error), message) from None


def argname(in_types: Any, names: Sequence[str]) -> None:
    """Tells the names of a function's arguments, so that messages use them instead of ``in_types[0]``.

    Requires that there are as many inputs as names.
    """
    if isinstance(in_types, LightTypeInfoTuple):
        if len(in_types) != len(names):
            raise InvalidType("as many inputs as names", "another number")
        return
    expect(in_types.size() == len(names))
    for in_type, name in zip(in_types, names, strict=True):
        in_type.name = name


@contextlib.contextmanager
def get_function_check_context(f: Any) -> Iterator[None]:
    """Context manager that names a function in the message of a check that fails inside."""
    try:
        yield
    except InvalidType as error:
        message = f"\nInvalid operation is performed in: {f.label} (Forward)\n\n"
        message += f"Expect: {error.expect}\nActual: {error.actual}"
        raise InvalidType(error.expect, error.actual, msg=message) from None


_argname = argname  # the name under which published functions of third parties call it
