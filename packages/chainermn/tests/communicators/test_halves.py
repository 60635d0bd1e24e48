"""Rounding to 16 bits and back."""

import numpy as np
import pytest
from chainermn.communicators import _halves
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 70000)])
@pytest.mark.parametrize("kind", _halves.KINDS)
def test_there_and_back(kind, shape):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    bits = _halves.to_wire(x, kind)
    assert (bits.shape, bits.itemsize) == (shape, 2)
    back = _halves.from_wire(bits, kind)
    assert back.dtype == "float32"
    np.testing.assert_allclose(back, x, rtol=2**-11 if kind == "float16" else 2**-8, atol=1e-7)
    np.testing.assert_array_equal(_halves.to_wire(back, kind), bits)  # what has been rounded stays as it is


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_bfloat16_is_the_nearest_with_ties_to_even(x):
    mantissa, exponent = np.frexp(x)
    with np.errstate(over="ignore"):
        expected = np.float32(np.ldexp(np.rint(mantissa * 2**8), exponent - 8))
    assert _halves.from_wire(_halves.to_wire(np.array([x], "float32"), "bfloat16"), "bfloat16") == expected


@pytest.mark.parametrize("kind", _halves.KINDS)
def test_what_is_no_number(kind):
    x = np.array([np.nan, -np.nan, np.inf, -np.inf], "float32")
    x.view("uint32")[1] = 0xFFFFFFFF  # rounding would carry it over to zero
    np.testing.assert_array_equal(_halves.from_wire(_halves.to_wire(x, kind), kind), [np.nan, np.nan, np.inf, -np.inf])
