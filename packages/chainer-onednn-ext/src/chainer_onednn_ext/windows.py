"""Windows of images laid out as columns, and their sum back into images."""

from __future__ import annotations

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import offers

im2col = offers("im2col", _core.im2col)
col2im = offers("col2im", _core.col2im)
