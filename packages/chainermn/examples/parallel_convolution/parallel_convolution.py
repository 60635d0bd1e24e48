"""A convolution whose filters are spread over the ranks."""

from __future__ import annotations

from typing import Any

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np


class ParallelConvolution2D(L.Convolution2D):
    """Each rank has an equal share of the filters, and uses them on the images of all ranks.

    Every rank gives its own images and gets all channels of these back, so that the layers around it need not know:

    * ``allgather`` brings the images of all ranks here,
    * the filters of this rank make their channels of all of them,
    * ``alltoall`` gives each rank those of its own images.

    A filter sees all images, so its gradient is a sum over ranks already, and nothing of it is to be averaged.

    Args:
        comm: The ranks.
        in_channels: Channels of the images.
        out_channels: Channels that the ranks make together; a multiple of their number.
        ksize: As for :class:`chainer.links.Convolution2D`; so are the others.
        **kwargs: The others.

    Raises:
        ValueError: ``out_channels`` is no multiple of the number of ranks.
    """

    def __init__(
        self, comm: chainermn.CommunicatorBase, in_channels: int | None, out_channels: int, ksize: int, **kwargs: Any
    ) -> None:
        if out_channels % comm.size:
            raise ValueError(f"out_channels must be a multiple of the {comm.size} ranks, got {out_channels}")
        super().__init__(in_channels, out_channels // comm.size, ksize, **kwargs)
        self.comm = comm

    def forward(self, x: chainer.types.VariableLike) -> chainer.Variable:
        xs = chainermn.functions.allgather(self.comm, x)
        y = super().forward(F.concat(xs, axis=0))  # (B of all ranks, C of this rank, H, W)
        ends = np.cumsum([len(each) for each in xs])[:-1]
        ys = chainermn.functions.alltoall(self.comm, F.split_axis(y, ends, axis=0))
        return F.concat(ys, axis=1)  # (B of this rank, C of all ranks, H, W)


class MeanOverRanks:
    """Optimizer hook that makes the gradient of a sum of losses over ranks that of their mean.

    Args:
        comm: The ranks.
    """

    name = "MeanOverRanks"
    timing = "pre"
    call_for_each_param = True

    def __init__(self, comm: chainermn.CommunicatorBase) -> None:
        self.factor = 1 / comm.size

    def __call__(self, rule: Any, param: chainer.Parameter) -> None:
        param.grad *= self.factor
