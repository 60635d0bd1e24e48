"""Orthogonal matrices."""

from __future__ import annotations

import math
from typing import Any

from chainer import backend
from chainer.initializer import Initializer
from chainer.types import DTypeSpec, NdArray
from chainer.utils.argument import parse_kwargs

_MODES = ("auto", "projection", "embedding", "basis")


class Orthogonal(Initializer):
    """Fills an array with a random matrix whose rows or columns are orthogonal, and all of norm ``scale``.

    The array is taken as a matrix from ``shape[1] * shape[2] * ...`` inputs to ``shape[0]`` outputs.

    Args:
        scale: Norm of each row or column.
        dtype: Dtype of the array to fill.
        mode: ``'projection'`` requires no more outputs than inputs, ``'embedding'`` no fewer, ``'basis'`` as many;
            ``'auto'`` takes what fits.
        rng: Keyword only: a generator with a method ``normal``; by default the global one of the array module.

    Raises:
        ValueError: Another ``mode``; when called, a shape that does not fit it, or an empty array.

    References:
        Saxe, McClelland and Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
        networks*, arXiv:1312.6120.
    """

    def __init__(self, scale: float = 1.1, dtype: DTypeSpec = None, mode: str = "auto", **kwargs: Any) -> None:
        (self.rng,) = parse_kwargs(kwargs, ("rng", None))
        if mode not in _MODES:
            raise ValueError(f"Invalid mode: {mode!r}. Choose from {', '.join(map(repr, _MODES))}.")
        self.scale = scale
        self.mode = mode
        super().__init__(dtype)

    def __call__(self, array: NdArray) -> None:
        xp = backend.get_array_module(array)
        if array.ndim == 0:  # a 1 x 1 matrix, whose sign makes no difference
            array[...] = self.scale
            return
        if array.size == 0:
            raise ValueError("Array to be initialized must be non-empty.")
        n_out, n_in = array.shape[0], math.prod(array.shape[1:])
        self._check_fits(n_out, n_in, array.shape)
        source = xp.random if self.rng is None else self.rng
        matrix = source.normal(loc=0.0, scale=1.0, size=(n_out, n_in))
        wide = n_out < n_in
        q, r = xp.linalg.qr(matrix.T if wide else matrix)
        # With the signs of R's diagonal the distribution is uniform over orthogonal matrices (Mezzadri, 2007).
        q *= xp.sign(xp.diag(r))
        backend.copyto(array, self.scale * (q.T if wide else q).reshape(array.shape))

    def _check_fits(self, n_out: int, n_in: int, shape: Any) -> None:
        fits = {"auto": True, "projection": n_out <= n_in, "embedding": n_in <= n_out, "basis": n_in == n_out}
        if not fits[self.mode]:
            raise ValueError(
                f"Cannot make orthogonal {self.mode}. shape = {shape}, interpreted as {n_in}-dim input and "
                f"{n_out}-dim output."
            )
