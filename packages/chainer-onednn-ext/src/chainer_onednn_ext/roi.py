"""Regions of interest: pooling over them, and which of them to keep."""

from __future__ import annotations

import numpy
from chainer.types import NdArray

from chainer_onednn_ext import _core
from chainer_onednn_ext._table import offers, serves

roi_align = offers("roi_align", _core.roi_align)
roi_align_backward = offers("roi_align_backward", _core.roi_align_backward)
roi_pool = offers("roi_pool", _core.roi_pool)
roi_pool_backward = offers("roi_pool_backward", _core.roi_pool_backward)


@serves("nms")
def nms(bbox: NdArray, thresh: float, score: NdArray | None = None, limit: int | None = None) -> NdArray:
    """Non-maximum suppression: goes through the boxes and keeps those that overlap little with all kept before.

    It is meant for ``chainercv.utils.non_maximum_suppression``, whose arguments these are; Chainer itself has no
    function of this kind.

    Args:
        bbox: Boxes ``(y_min, x_min, y_max, x_max)``. Shape ``(R, 4)``, float32.
        thresh: Intersection over union from which on a box is left out.
        score: Boxes of higher score come first, those of one score in the order given, those of NaN last; ``None``
            for the order given. Shape ``(R,)``.
        limit: Most boxes to keep; ``None`` for any number.

    Returns:
        Indices of the boxes that are kept, in the order in which they came. int32, shape ``(n,)``.

    Raises:
        ValueError: Shapes do not fit.

    Example:
        >>> import numpy as np
        >>> bbox = np.array([[0, 0, 2, 2], [0, 0, 2, 3], [5, 5, 6, 6]], np.float32)
        >>> nms(bbox, 0.5, np.array([0.1, 0.9, 0.2]))
        array([1, 2], dtype=int32)
    """
    if bbox.ndim != 2 or bbox.shape[1] != 4:
        raise ValueError(f"bbox must be of shape (R, 4), got {bbox.shape}")
    if score is not None and score.shape != bbox.shape[:1]:
        raise ValueError(f"score must be of shape {bbox.shape[:1]}, one for each box, got {score.shape}")
    order = numpy.arange(len(bbox)) if score is None else numpy.argsort(-score, kind="stable")
    return _core.nms(bbox, thresh, order, -1 if limit is None else limit)
