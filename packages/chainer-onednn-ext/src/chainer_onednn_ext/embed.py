"""Gradient of vectors that were looked up by id."""

from __future__ import annotations

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import offers

embed_backward = offers("embed_backward", _core.embed_backward)
