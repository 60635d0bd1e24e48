"""Names of functions in the profiles of NVIDIA's tools."""

from __future__ import annotations

from typing import Any

from chainer.backends import cuda
from chainer.function_hook import FunctionHook
from chainer.function_node import FunctionNode
from chainer.types import Arrays


class CUDAProfileHook(FunctionHook):
    """Marks the forward and backward pass of each function as a range of NVTX, for Nsight.

    Raises:
        RuntimeError: CUDA is not available.
    """

    name = "CUDAProfileHook"

    def __init__(self) -> None:
        cuda.check_cuda_available()
        self._nvtx = cuda.cupy.cuda.nvtx

    def forward_preprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._nvtx.RangePush(f"{function.label}.forward")

    def forward_postprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self._nvtx.RangePop()

    def backward_preprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._nvtx.RangePush(f"{function.label}.backward")

    def backward_postprocess(self, function: FunctionNode, in_data: Any, out_grad: Any) -> None:
        self._nvtx.RangePop()
