"""Einstein summation."""

from __future__ import annotations

import functools
import string
from typing import Any

from chainer import backend
from chainer.function_node import FunctionNode
from chainer.functions.math._half import by_way_of_float32
from chainer.types import Arrays, NdArray, Shape, Variables
from chainer.utils import type_check
from chainer.variable import Variable

_LETTERS = frozenset(string.ascii_letters)
_ELLIPSIS = "@"  # one character, while a string is parsed
# Finding a way through BLAS takes NumPy 10 us, which pays from about this many elements of an input on.
_WORTH_PLANNING = 1024


class EinSum(FunctionNode):
    """Node of :func:`einsum`.

    Args:
        in_subs: For each input, a letter an axis.
        out_sub: A letter for each axis of the result.
    """

    def __init__(self, in_subs: list[str], out_sub: str) -> None:
        self.in_subs = in_subs
        self.out_sub = out_sub

    def check_type_forward(self, in_types: Any) -> None:
        type_check.argname(in_types, tuple([f"x{i}" for i in range(len(self.in_subs))]))
        first: dict[str, Any] = {}
        for x, sub in zip(in_types, self.in_subs):
            type_check.expect(x.dtype.kind == "f", x.ndim == len(sub))
            for axis, letter in enumerate(sub):
                type_check.expect(first.setdefault(letter, x.shape[axis]) == x.shape[axis])

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(tuple(range(len(inputs))))
        return (_einsum(self.in_subs, self.out_sub, inputs),)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        xs = self.get_retained_inputs()
        (gy,) = grad_outputs
        results = []
        for i in indexes:
            in_subs = [*self.in_subs[:i], *self.in_subs[i + 1 :], self.out_sub]
            out_sub = self.in_subs[i]
            node = EinSum(in_subs, out_sub)
            if len(set(out_sub)) < len(out_sub) or not set(out_sub) <= set("".join(in_subs)):
                node = DiagEinSum(in_subs, out_sub, xs[i].shape)
            (gx,) = node.apply((*xs[:i], *xs[i + 1 :], gy))
            results.append(_cast(gx, xs[i].dtype))
        return tuple(results)


class DiagEinSum(EinSum):
    """Gradient of :func:`einsum`, where a letter of the result may be new, or come more than once.

    Along the axis of a new letter, elements are repeated; a repeated letter makes a diagonal, with zeros beside it.
    """

    def __init__(self, in_subs: list[str], out_sub: str, out_shape: Shape) -> None:
        super().__init__(in_subs, out_sub)
        self.out_shape = out_shape

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(tuple(range(len(inputs))))
        known = set("".join(self.in_subs))
        letters = list(dict.fromkeys(self.out_sub))
        y = _einsum(self.in_subs, "".join([letter for letter in letters if letter in known]), inputs)
        xp = backend.get_array_module(y)
        gx = xp.zeros(self.out_shape, y.dtype)
        strides = [sum([gx.strides[i] for i, other in enumerate(self.out_sub) if other == c]) for c in letters]
        shape = [self.out_shape[self.out_sub.index(c)] for c in letters]
        diagonal = xp.lib.stride_tricks.as_strided(gx, shape, strides)
        diagonal[...] = y[tuple([slice(None) if c in known else None for c in letters])]
        return (gx,)


def _einsum(in_subs: list[str], out_sub: str, inputs: Arrays) -> NdArray:
    subscripts = f"{','.join(in_subs)}->{out_sub}"
    plan = len(inputs) > 1 and max([x.size for x in inputs]) >= _WORTH_PLANNING
    einsum = functools.partial(backend.get_array_module(*inputs).einsum, subscripts, optimize=plan)
    return by_way_of_float32(einsum, *inputs)


def _cast(x: Variable, dtype: Any) -> Variable:
    from chainer.functions.array.cast import cast

    return x if x.dtype == dtype else cast(x, dtype)


def einsum(*operands: Any) -> Variable:
    r"""Einstein summation: sums products of elements over named axes.

    Args:
        operands: Subscripts, then variables or arrays of float dtypes. Subscripts are letters, one an axis, with
            commas between the arrays, as in ``"ij,jk->ik"``. Without ``->`` the axes of the result are the letters that
            come once, in alphabetical order. ``...`` stands for any number of axes, which the result must keep.
            Or each array followed by a list of integers that name its axes, and at the end such a list for the result.

    Returns:
        Variable.

    Raises:
        ValueError: The subscripts are not of this form, or not as many as there are arrays.
        chainer.utils.type_check.InvalidType: They do not fit the shapes, or a dtype is not a float.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> x = np.array([[1, 2], [3, 4]], np.float32)
        >>> F.einsum("ii->i", x)
        variable([1., 4.])
        >>> F.einsum("ij,kj->ik", x, x)
        variable([[ 5., 11.],
                  [11., 25.]])
    """
    in_subs, out_sub, xs = _parse(operands)
    in_subs, out_sub = _spell_out_ellipsis(in_subs, out_sub, [x.ndim for x in xs])
    return EinSum(in_subs, out_sub).apply(xs)[0]


def _parse(operands: tuple[Any, ...]) -> tuple[list[str], str, tuple[Any, ...]]:
    """Subscripts of the inputs and of the result, and the inputs."""
    if not operands:
        raise ValueError("einsum needs subscripts and arrays, got nothing")
    given_out: str | None = None
    if isinstance(operands[0], str):
        subscripts = operands[0].replace(" ", "").replace("...", _ELLIPSIS)
        xs = operands[1:]
        parts = subscripts.split("->")
        if len(parts) > 2:
            raise ValueError(f"subscripts can only contain one '->', got {operands[0]!r}")
        in_subs = parts[0].split(",")
        given_out = parts[1] if len(parts) == 2 else None
    else:
        n = len(operands) // 2
        xs = operands[: 2 * n : 2]
        in_subs = [_letters_of(sub) for sub in operands[1 : 2 * n : 2]]
        given_out = _letters_of(operands[-1]) if len(operands) % 2 else None
    if len(in_subs) != len(xs):
        raise ValueError(
            f"number of einsum subscripts must be equal to the number of operands, got {len(in_subs)} and {len(xs)}"
        )
    everything = "".join(in_subs)
    for character in everything + (given_out or ""):
        if character not in _LETTERS and character != _ELLIPSIS:
            raise ValueError(f"subscripts must be letters, commas, '...' and '->', got {character!r}")
    out_sub = given_out
    if out_sub is None:
        out_sub = _ELLIPSIS * (_ELLIPSIS in everything) + "".join(
            sorted(c for c in _LETTERS if everything.count(c) == 1)
        )
    for character in out_sub:
        shown = character.replace(_ELLIPSIS, "...")
        if out_sub.count(character) > 1:
            raise ValueError(f"einstein sum subscripts string includes output subscript {shown!r} multiple times")
        if character not in everything:
            raise ValueError(f"output character {shown!r} did not appear in the input")
    if _ELLIPSIS in everything and _ELLIPSIS not in out_sub:
        raise ValueError(
            "einsum does not sum over the axes of an ellipsis: put '...' into the output, or name the axes"
        )
    return in_subs, out_sub, xs


def _letters_of(sub: Any) -> str:
    return "".join([_ELLIPSIS if i is Ellipsis else string.ascii_letters[i] for i in sub])


def _spell_out_ellipsis(in_subs: list[str], out_sub: str, ndims: list[int]) -> tuple[list[str], str]:
    """Puts unused letters in the place of ``...``; shorter ones mean the last axes of longer ones."""
    if _ELLIPSIS not in out_sub:
        return in_subs, out_sub
    unused = sorted(_LETTERS - set("".join(in_subs)))
    lengths = [max(ndim - len(sub) + 1, 0) if _ELLIPSIS in sub else 0 for sub, ndim in zip(in_subs, ndims)]
    letters = "".join(unused[: max(lengths)])
    spelt = [sub.replace(_ELLIPSIS, letters[len(letters) - n :]) for sub, n in zip(in_subs, lengths)]
    return spelt, out_sub.replace(_ELLIPSIS, letters)
