"""What two-dimensional poolings have in common."""

from __future__ import annotations

from chainer.functions.pooling.pooling_nd import _PoolingND
from chainer.utils.conv_nd import Sizes


class Pooling2D(_PoolingND):
    """Base of the nodes that slide a window over two-dimensional images.

    Attributes:
        kh, kw: Height and width of the window.
        sy, sx: Vertical and horizontal stride.
        ph, pw: Padding.
    """

    def __init__(
        self,
        ksize: Sizes,
        stride: Sizes | None = None,
        pad: Sizes = 0,
        cover_all: bool = True,
        return_indices: bool = False,
    ) -> None:
        super().__init__(2, ksize, stride, pad, cover_all=cover_all)
        self.return_indices = return_indices
        self.kh, self.kw = self.ksize
        self.sy, self.sx = self.stride
        self.ph, self.pw = self.pad
