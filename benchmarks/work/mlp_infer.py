"""One forward of one example without a graph, as an agent chooses an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.work._data import normal
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.workload import Step, Steps

SIZES = (4, 64, 64, 2)


class Inference(Workload):
    """The mode is entered in each step: an agent that also learns leaves it again every time."""

    name = "mlp_infer"
    summary = f"MLP {'-'.join(map(str, SIZES))}, batch of 1: forward without backprop"
    aim = 0.75

    def chainer(self) -> Steps:
        import chainer

        from benchmarks.work._mlp_chainer import MLP

        model = MLP(*SIZES)
        x = normal(200, 1, SIZES[0])

        def step() -> Sequence[object]:
            with chainer.using_config("train", False), chainer.no_backprop_mode():
                return (model(x),)

        return {SIMPLE: step}

    def torch(self) -> Steps:
        import torch

        from benchmarks.work._mlp_torch import MLP

        model = MLP(*SIZES).eval()
        x = torch.from_numpy(normal(200, 1, SIZES[0]))

        def step_in(mode: Callable[[], torch.autograd.grad_mode.no_grad]) -> Step:
            def step() -> Sequence[object]:
                with mode():
                    return (model(x),)

            return step

        return {mode.__name__: step_in(mode) for mode in (torch.no_grad, torch.inference_mode)}


WORKLOADS = (Inference(),)
