"""Functions whose gradient is zero wherever there is one: their results are constants."""

from __future__ import annotations

from chainer import backend
from chainer.types import VariableLike
from chainer.utils import force_array
from chainer.variable import Variable, as_array


def constant(name: str, x: VariableLike) -> Variable:
    """The result of a function of the array module, in the dtype of ``x``, behind which there is no graph."""
    array = as_array(x)
    y = getattr(backend.get_array_module(array), name)(array)
    return Variable(force_array(y, array.dtype), requires_grad=False)
