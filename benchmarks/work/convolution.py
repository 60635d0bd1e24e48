"""Two-dimensional convolution, forward and backward, in the shapes of common networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.work._data import normal
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workload import Steps


class Convolution(Workload):
    """Output and the gradients of input, filters and bias."""

    def __init__(
        self, case: str, x_shape: tuple[int, int, int, int], out_channels: int, ksize: int, stride: int, groups: int = 1
    ) -> None:
        self.name = f"convolution/{case}"
        self.summary = (
            f"conv2d forward and backward: {'x'.join(map(str, x_shape))} to {out_channels} channels, "
            f"{ksize}x{ksize}, stride {stride}, groups {groups}"
        )
        self.stride, self.pad, self.groups = stride, ksize // 2, groups
        fan_in = x_shape[1] // groups * ksize**2
        self.x = normal(0, *x_shape)
        self.W = normal(1, out_channels, x_shape[1] // groups, ksize, ksize) / fan_in**0.5
        self.b = normal(2, out_channels)
        out_size = [(n + 2 * self.pad - ksize) // stride + 1 for n in x_shape[2:]]
        self.gy = normal(3, x_shape[0], out_channels, *out_size)

    def chainer(self) -> Steps:
        import chainer
        import chainer.functions as F

        x, W, b = inputs = tuple(chainer.Variable(array) for array in (self.x, self.W, self.b))

        def step() -> Sequence[object]:
            for variable in inputs:
                variable.cleargrad()
            y = F.convolution_2d(x, W, b, stride=self.stride, pad=self.pad, groups=self.groups)
            y.grad = self.gy
            y.backward()
            return y, x.grad, W.grad, b.grad

        return {SIMPLE: step}

    def torch(self) -> Steps:
        import torch

        x, W, b = inputs = tuple(torch.from_numpy(array).requires_grad_() for array in (self.x, self.W, self.b))
        gy = torch.from_numpy(self.gy)

        def step() -> Sequence[object]:
            for tensor in inputs:
                tensor.grad = None
            y = torch.nn.functional.conv2d(x, W, b, stride=self.stride, padding=self.pad, groups=self.groups)
            y.backward(gy)
            return y, x.grad, W.grad, b.grad

        return {SIMPLE: step}


WORKLOADS = (
    Convolution("stem", (8, 3, 64, 64), out_channels=32, ksize=5, stride=2),
    Convolution("body", (8, 64, 28, 28), out_channels=64, ksize=3, stride=1),
    Convolution("pointwise", (8, 128, 14, 14), out_channels=128, ksize=1, stride=1),
    Convolution("depthwise", (8, 64, 28, 28), out_channels=64, ksize=3, stride=1, groups=64),
)
