"""Double backprop: the gradient penalty of WGAN-GP (Gulrajani et al., NeurIPS 2017, arXiv:1704.00028)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.work._data import normal
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.workload import Steps

SIZES = (4, 64, 64, 1)
BATCH_SIZE = 32


class GradientPenalty(Workload):
    """Mean of ``(|d critic / d x| - 1)^2``, differentiated by the parameters of the critic."""

    name = "gradient_penalty"
    summary = f"critic {'-'.join(map(str, SIZES))}, batch of {BATCH_SIZE}: WGAN-GP penalty and its backward"
    aim = 0.5

    def chainer(self) -> Steps:
        import chainer
        import chainer.functions as F

        from benchmarks.work._mlp_chainer import MLP

        critic = MLP(*SIZES)
        x_data = normal(200, BATCH_SIZE, SIZES[0])

        def step() -> Sequence[object]:
            x = chainer.Variable(x_data)
            (gx,) = chainer.grad([F.sum(critic(x))], [x], enable_double_backprop=True)
            assert gx is not None
            norm = F.sqrt(F.sum(gx * gx, axis=1))
            penalty = F.mean((norm - 1) ** 2)
            critic.cleargrads()
            penalty.backward()
            return penalty, critic.l1.W.grad, critic.l3.W.grad

        return {SIMPLE: step}

    def torch(self) -> Steps:
        import torch

        from benchmarks.work._mlp_torch import MLP

        critic = MLP(*SIZES)
        x_data = torch.from_numpy(normal(200, BATCH_SIZE, SIZES[0]))

        def step() -> Sequence[object]:
            x = x_data.detach().requires_grad_()
            (gx,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
            norm = (gx * gx).sum(1).sqrt()
            penalty = ((norm - 1) ** 2).mean()
            critic.zero_grad()
            penalty.backward()
            return penalty, critic.l1.weight.grad, critic.l3.weight.grad

        return {SIMPLE: step}


WORKLOADS = (GradientPenalty(),)
