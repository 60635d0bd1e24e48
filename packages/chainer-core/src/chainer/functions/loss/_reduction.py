"""How losses are reduced to one number."""

from __future__ import annotations

from chainer.types import NdArray


def expect_reduce(reduce: str, choices: tuple[str, ...]) -> None:
    """Refuses a ``reduce`` that is not among the choices.

    Raises:
        ValueError: It is not.
    """
    if reduce not in choices:
        names = ", ".join(map(repr, choices[:-1]))
        raise ValueError(f"only {names} and {choices[-1]!r} are valid for 'reduce', but {reduce!r} is given")


def scaled_sum(x: NdArray, coeff: float) -> NdArray:
    """Sum of an array times a number, in its dtype; float16 is added up in float32, lest it overflows."""
    if x.dtype.itemsize > 2:
        return x.sum() * coeff
    return (x.sum(dtype="float32") * coeff).astype(x.dtype)
