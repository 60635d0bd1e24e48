"""What a step of gated recurrent units does elementwise, as two functions: before and behind the second product."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

from chainer import backend
from chainer.backends import kernels
from chainer.function_node import FunctionNode
from chainer.functions._composed import gradients
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.tanh import tanh
from chainer.functions.rnn._gates import to_logistic
from chainer.types import Arrays, NdArray, VariableLike, Variables
from chainer.utils import type_check
from chainer.variable import Variable


def _expect_one_shape(in_types: Any) -> None:
    state = in_types[0]
    type_check.expect(state.dtype.kind == "f")
    for term in in_types[1:]:
        type_check.expect(term.dtype == state.dtype, term.shape == state.shape)


def _sum(terms: Sequence[Any]) -> Any:
    return functools.reduce(operator.add, terms)


def _array_of_sum(terms: Sequence[NdArray]) -> NdArray:
    """An array of its own, which may be written to."""
    return _sum(terms) if len(terms) > 1 else terms[0].copy()


class ResetState(FunctionNode):
    """Node of :func:`reset_state`.

    The kernel ``gru_reset(h, terms)`` returns the output and the gate, ``gru_reset_backward(h, gate, gy)`` the
    gradients of ``h`` and of each term. Both may return ``None`` to leave it to the plain body.
    """

    def check_type_forward(self, in_types: Any) -> None:
        _expect_one_shape(in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))  # the terms for second derivatives
        h, *terms = inputs
        kernel = kernels.find("gru_reset", h)
        if kernel is not None and (result := kernel(h, terms)) is not None:
            y, self.gate = result
            return (y,)
        self.gate = _array_of_sum(terms)
        to_logistic(self.gate)
        return (self.gate * h,)

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(_reset_composed, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        h, (gy,) = self.get_retained_input_arrays()[0], grad_outputs
        gh, gsum = _reset_gradients(h, self.gate, gy)
        return tuple([gsum if i else gh for i in indexes])

    def _release(self) -> None:
        super()._release()
        self.gate = None


def _reset_gradients(h: NdArray, gate: NdArray, gy: NdArray) -> tuple[NdArray, NdArray]:
    kernel = kernels.find("gru_reset_backward", h)
    if kernel is not None and (result := kernel(h, gate, gy)) is not None:
        return result
    gh = gy * gate
    return gh, gh * h * (1 - gate)


def _reset_composed(h: Variable, *terms: Variable) -> tuple[Variable]:
    return (sigmoid(_sum(terms)) * h,)


def reset_state(h: VariableLike, *terms: VariableLike) -> Variable:
    r"""State behind the reset gate, :math:`\sigma(\sum_i a_i) \odot h`.

    Args:
        h: State.
        terms: What comes into the gate, in parts. Shape and dtype of ``h`` each.
    """
    return ResetState().apply((h, *terms))[0]


class NextState(FunctionNode):
    """Node of :func:`next_state`.

    The kernel ``gru_output(h, update_terms, candidate_terms)`` returns the output, the update gate and the candidate,
    ``gru_output_backward(h, update, candidate, gy)`` the gradients of ``h`` and of each term of the two. Both may
    return ``None`` to leave it to the plain body.

    Args:
        n_terms: Number of terms of the update gate.
    """

    def __init__(self, n_terms: int) -> None:
        self._n_terms = n_terms

    def check_type_forward(self, in_types: Any) -> None:
        _expect_one_shape(in_types)

    def forward(self, inputs: Arrays) -> Arrays:
        self.retain_inputs(range(len(inputs)))  # the terms for second derivatives
        h, of_update, of_candidate = self._parts(inputs)
        kernel = kernels.find("gru_output", h)
        if kernel is not None and (result := kernel(h, of_update, of_candidate)) is not None:
            y, self.update, self.candidate = result
            return (y,)
        self.update, self.candidate = z, c = _array_of_sum(of_update), _array_of_sum(of_candidate)
        to_logistic(z)
        backend.get_array_module(c).tanh(c, out=c)
        return (z * c + (1 - z) * h,)

    def _parts(self, inputs: Sequence[Any]) -> tuple[Any, Sequence[Any], Sequence[Any]]:
        return inputs[0], inputs[1 : 1 + self._n_terms], inputs[1 + self._n_terms :]

    def backward(self, indexes: tuple[int, ...], grad_outputs: Variables) -> Variables:
        gxs = gradients(self._composed, self.get_retained_inputs(), grad_outputs)
        return tuple([gxs[i] for i in indexes])

    def _composed(self, *inputs: Variable) -> tuple[Variable]:
        h, of_update, of_candidate = self._parts(inputs)
        z, c = sigmoid(_sum(of_update)), tanh(_sum(of_candidate))
        return (z * c + (1 - z) * h,)

    def backward_arrays(self, indexes: tuple[int, ...], grad_outputs: Arrays) -> Arrays:
        h, (gy,) = self.get_retained_input_arrays()[0], grad_outputs
        gh, gz, gc = _output_gradients(h, self.update, self.candidate, gy)
        return tuple([gh if i == 0 else gz if i <= self._n_terms else gc for i in indexes])

    def _release(self) -> None:
        super()._release()
        self.update = self.candidate = None


def _output_gradients(h: NdArray, z: NdArray, c: NdArray, gy: NdArray) -> tuple[NdArray, NdArray, NdArray]:
    kernel = kernels.find("gru_output_backward", h)
    if kernel is not None and (result := kernel(h, z, c, gy)) is not None:
        return result
    gh = gy * (1 - z)
    return gh, gh * z * (c - h), gy * z * (1 - c * c)


def next_state(
    h: VariableLike, update_terms: Sequence[VariableLike], candidate_terms: Sequence[VariableLike]
) -> Variable:
    r"""State after a step, :math:`z \odot \bar h + (1 - z) \odot h`.

    Args:
        h: State before it.
        update_terms: What comes into the update gate :math:`z`, a logistic function, in parts.
        candidate_terms: What comes into the candidate :math:`\bar h`, a hyperbolic tangent, in parts.
    """
    return NextState(len(update_terms)).apply((h, *update_terms, *candidate_terms))[0]
