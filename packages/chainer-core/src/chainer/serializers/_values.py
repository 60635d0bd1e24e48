"""What is common to all formats: from a value to the array in the file, and back into the value's place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO, Any, TypeAlias

import numpy

from chainer import backend
from chainer.backends import cuda

FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
"""A path, or a binary file that is open."""

_SCALARS = (bool, int, float, complex, str, bytes, numpy.generic)


def to_array(value: Any, name: str) -> numpy.ndarray[Any, Any]:
    """The NumPy array that stands for ``value`` in a file; ``None`` is a 0-d object array.

    Raises:
        TypeError: ``value`` is no array, number, string, ``None`` or sequence of these.
    """
    if isinstance(value, numpy.ndarray):
        return value
    if isinstance(value, cuda.ndarray):
        return cuda.to_cpu(value)
    if value is None:
        return numpy.array(None)
    if isinstance(value, list | tuple):
        return numpy.array([to_array(element, name) for element in value])
    if isinstance(value, _SCALARS):
        array = numpy.asarray(value)
        if array.dtype.hasobject:
            raise TypeError(f"cannot save {name!r}: {value!r} does not fit in 64 bits")
        return array
    raise TypeError(
        f"cannot save {name!r}: expected an array, a number, a string or None, got {type(value).__name__}"
        + (" (its .array can be saved)" if hasattr(value, "array") else "")
    )


def is_none(stored: numpy.ndarray[Any, Any]) -> bool:
    """Whether an array is the one that stands for ``None``."""
    return stored.dtype.kind == "O" and stored.shape == () and stored.item() is None


def restore(stored: numpy.ndarray[Any, Any], value: Any, name: str, source: str) -> Any:
    """Loads an array of a file in the place of ``value``.

    An array is overwritten, with a cast of the same kind where dtypes differ; of anything else a new one of the same
    type is made.

    Args:
        stored: What the file holds.
        value: What is there so far; ``None`` takes the stored array as it is.
        name: Key in the file, for messages.
        source: The file, for messages.
    Raises:
        ValueError: The shapes differ.
        TypeError: The dtype cannot be cast without harm.
    """
    if is_none(stored):
        return None
    if value is None:
        return stored
    if isinstance(value, numpy.ndarray | cuda.ndarray):
        _check_shape(stored.shape, value.shape, name, source)
        _check_dtype(numpy.can_cast(stored.dtype, value.dtype, "same_kind"), stored, str(value.dtype), name, source)
        backend.copyto(value, stored)
        return value
    kind = type(value)
    _check_dtype(numpy.can_cast(stored.dtype, kind), stored, kind.__name__, name, source)
    if not isinstance(value, _SCALARS):
        return kind(stored)
    if stored.size != 1:
        raise ValueError(f"{name!r} of {source} has shape {stored.shape}, expected a single {kind.__name__}")
    scalar = stored.item()
    if isinstance(value, str) and isinstance(scalar, bytes):  # text saved by Python 2
        scalar = scalar.decode()
    return kind(scalar)


def _check_shape(found: tuple[int, ...], expected: tuple[int, ...], name: str, source: str) -> None:
    # Axes of length one may come and go, as in files made by hand, but no value is repeated to fill a place.
    if found != expected and [n for n in found if n != 1] != [n for n in expected if n != 1]:
        raise ValueError(f"{name!r} of {source} has shape {found}, expected {expected}")


def _check_dtype(is_safe: bool, stored: numpy.ndarray[Any, Any], expected: str, name: str, source: str) -> None:
    if not is_safe:
        raise TypeError(f"{name!r} of {source} has dtype {stored.dtype}, which cannot be turned into {expected} safely")


def missing_key(name: str, keys: Iterable[str], source: str) -> KeyError:
    """The error for a key that is not in a file: says what is, and the way out."""
    import difflib

    names = sorted(keys)
    shown = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    # A key whose last part agrees is a better guess than one that merely looks alike: mostly a prefix differs.
    same_end = [key for key in names if key.rpartition("/")[2] == name.rpartition("/")[2]]
    closest = difflib.get_close_matches(name, same_end or names, 1, cutoff=0.0 if same_end else 0.6)
    hint = f"; did you mean {closest[0]!r}" if closest else ""
    return KeyError(
        f"no key {name!r} in {source}, which has {shown or 'none'}{hint}? "
        "Check `path`, or pass strict=False to keep the value of what is not in the file"
    )


def name_of(file: FileLike) -> str:
    """What messages call a file."""
    if isinstance(file, str | os.PathLike):
        return os.fspath(file)
    return str(getattr(file, "name", f"the {type(file).__name__}"))
