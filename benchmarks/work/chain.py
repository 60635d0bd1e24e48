"""A long chain of tiny operations: nothing but the overhead of the tape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workload import Steps


class Chain(Workload):
    """``h = h + 1``, a thousand times, on one float32, and its backward; told per operation."""

    name = "chain"
    summary = "1000 x h = h + 1 on a (1,) float32 and its backward, per operation"
    operations = 1000
    aim = 0.9

    def chainer(self) -> Steps:
        import chainer

        x = chainer.Variable(np.zeros(1, np.float32))

        def step() -> Sequence[object]:
            x.cleargrad()
            h = x
            for _ in range(self.operations):
                h = h + 1
            h.backward()
            return h, x.grad

        return {SIMPLE: step}

    def torch(self) -> Steps:
        import torch

        x = torch.zeros(1, requires_grad=True)

        def step() -> Sequence[object]:
            x.grad = None
            h = x
            for _ in range(self.operations):
                h = h + 1
            h.backward()
            return h, x.grad

        return {SIMPLE: step}


WORKLOADS = (Chain(),)
