"""The gradients of a model as one flat array, in an order that is the same on all ranks."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from chainer import Link, Parameter
from chainer.types import NdArray

from chainermn._supervisor import Operation
from chainermn.communicators import _wire
from chainermn.errors import CommunicationError


@dataclass(frozen=True, slots=True)
class Layout:
    """What ranks compare before they move a model: ``rows`` of name, shape and dtype, and a digest of them."""

    rows: list[str]
    digest: str


def initialized(model: Link) -> list[tuple[str, Parameter]]:
    """The parameters that have arrays, with their paths, sorted by these."""
    return sorted(((path, param) for path, param in model.namedparams() if param.array is not None), key=lambda p: p[0])


def layout(params: list[tuple[str, Parameter]], what: str) -> Layout:
    """The layout of parameters; ``what`` is ``'array'`` or ``'grad'`` and only named."""
    rows = [f"{path} {param.dtype} {param.shape}" for path, param in params]
    return Layout(rows, f"{what} {len(rows)} {zlib.crc32(chr(10).join(rows).encode()):08x}")


def difference(rows_by_rank: list[list[str]], name: str, operation: Operation) -> CommunicationError:
    """The error that names the first parameter in which ranks differ from rank 0."""
    first = rows_by_rank[0]
    for rank, rows in enumerate(rows_by_rank):
        if rows != first:
            n = next(
                (i for i, (a, b) in enumerate(zip(first, rows, strict=False)) if a != b), min(len(first), len(rows))
            )
            ours, theirs = (r[n] if n < len(r) else "nothing more" for r in (first, rows))
            message = f"{name} needs the same parameters on all ranks: rank 0 has {ours}, but rank {rank} has {theirs}"
            return CommunicationError(f"{message} ({operation})", speaker=0)
    raise AssertionError("layouts are equal")


def fill_missing(params: Sequence[Parameter]) -> None:
    """Gives parameters without gradient one of zeros."""
    for param in params:
        if param.grad is None:
            param.zerograd()


def by_dtype(params: Sequence[Parameter]) -> list[list[Parameter]]:
    """Groups of parameters of one dtype, in the order of their first."""
    groups: dict[Any, list[Parameter]] = {}
    for param in params:
        groups.setdefault(numpy.dtype(param.dtype), []).append(param)
    return list(groups.values())


def pack(arrays: Sequence[NdArray], dtype: numpy.dtype[Any]) -> numpy.ndarray[Any, Any]:
    """Arrays one after another, on the host."""
    buffer = numpy.empty(sum(array.size for array in arrays), dtype)
    start = 0
    for array in arrays:
        buffer[start : start + array.size] = _wire.to_host(array).reshape(-1)
        start += array.size
    return buffer


def unpack(buffer: numpy.ndarray[Any, Any], params: Sequence[Parameter]) -> Iterator[NdArray]:
    """An array a parameter from a buffer, of its shape, in its dtype and on its device; a view where that is enough."""
    start = 0
    for param in params:
        values = buffer[start : start + param.size].reshape(param.shape)
        yield _wire.as_given(values.astype(param.dtype, copy=False), param.array)
        start += param.size
