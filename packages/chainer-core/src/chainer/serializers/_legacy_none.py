"""The one pickled value that snapshots contain: ``None``, in a 0-d object array."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy

MAX_BYTES = 1024
"""More than any release of NumPy needs for it."""

# NumPy 2 pickles names that NumPy 1 does not know, and the last release of Chainer for it is to read our files. So None
# is written in the words that both understand: protocol 2, and the module's old name.
PICKLED_NONE = (
    b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"
    b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"
    b"cnumpy\nndarray\nK\x00\x85X\x01\x00\x00\x00b\x87R"  # an empty array ...
    b"(K\x01)cnumpy\ndtype\nX\x02\x00\x00\x00O8K\x00K\x01\x87R"
    b"(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
    b"\x89]Natb."  # ... given its state: version 1, shape (), dtype object, C order, elements [None]
)
"""A ``.npy`` file of a 0-d object array that holds ``None``."""


class _Inert:
    """Stands for all that the pickle calls. Does nothing but keep the state it is given."""

    state: Any = None

    def __init__(self, *args: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _NoneUnpickler(pickle.Unpickler):
    _NAMES = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),  # NumPy 1
            ("numpy._core.multiarray", "_reconstruct"),  # NumPy 2
            ("_codecs", "encode"),  # how protocols up to 2 write bytes
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._NAMES:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a pickled None")
        # A class for each pickle, so that a file cannot change one that others use.
        return type("Inert", (_Inert,), {})


def is_pickled_none(data: bytes) -> bool:
    """Whether ``data`` is a ``.npy`` file of a 0-d object array that holds ``None``. Runs nothing that is in it."""
    if len(data) > MAX_BYTES:
        return False
    file = io.BytesIO(data)
    try:
        if numpy.lib.format.read_magic(file) != (1, 0):
            return False
        shape, _, dtype = numpy.lib.format.read_array_header_1_0(file)
        if shape != () or dtype.kind != "O":
            return False
        array = _NoneUnpickler(file, encoding="latin1").load()
    except Exception:  # a damaged pickle may raise anything
        return False
    # The state of an array: version, shape, dtype, order, elements.
    state = getattr(array, "state", None)
    return isinstance(state, tuple) and len(state) == 5 and state[1] == () and state[4] == [None]
