"""The global random generators as part of a snapshot."""

from __future__ import annotations

import random
from typing import Any

import numpy

from chainer.serializer import AbstractSerializer, Serializer
from chainer.training._resume import optional


def serialize(serializer: AbstractSerializer) -> None:
    """Saves or restores the state of NumPy's global generator and of :mod:`random`.

    Initializers, dropout, shuffling and most augmentations draw from them. A file without these keys changes nothing.
    """
    if isinstance(serializer, Serializer):
        for key, value in _get_state().items():
            serializer(key, value)
    else:
        state = {key: optional(serializer, key, None) for key in _get_state()}
        if all(value is not None for value in state.values()):
            _set_state(state)


def _get_state() -> dict[str, Any]:
    _, keys, position, has_gauss, cached_gaussian = numpy.random.get_state(legacy=True)
    version, words, gauss_next = random.getstate()
    return {
        "numpy_keys": keys,
        "numpy_position": numpy.array([position, has_gauss]),
        "numpy_gauss": float(cached_gaussian),
        "python_version": version,
        "python_words": numpy.array(words, numpy.uint32),
        "python_gauss": numpy.nan if gauss_next is None else gauss_next,
    }


def _set_state(state: dict[str, Any]) -> None:
    position, has_gauss = (int(value) for value in state["numpy_position"])
    numpy.random.set_state(("MT19937", state["numpy_keys"], position, has_gauss, float(state["numpy_gauss"])))
    gauss = float(state["python_gauss"])
    words = tuple(int(word) for word in state["python_words"])
    random.setstate((int(state["python_version"]), words, None if numpy.isnan(gauss) else gauss))
