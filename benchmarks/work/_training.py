"""Training of a perceptron by Adam: the step that `mlp_small` and `mlp_large` take on different sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.work._data import batches, cycle
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.workload import Step, Steps


class Training(Workload):
    """Forward, softmax cross entropy, backward and one update by Adam."""

    def __init__(self, name: str, sizes: tuple[int, ...], batch_size: int, aim: float) -> None:
        self.name, self.aim = name, aim
        self.sizes, self.batch_size = sizes, batch_size
        self.summary = f"MLP {'-'.join(map(str, sizes))}, batch of {batch_size}: forward, loss, backward, Adam"

    def chainer(self) -> Steps:
        import chainer
        import chainer.functions as F

        from benchmarks.work._mlp_chainer import MLP

        model = MLP(*self.sizes)
        optimizer = chainer.optimizers.Adam().setup(model)
        examples = cycle(batches(self.batch_size, self.sizes[0], self.sizes[-1]))

        def step() -> Sequence[object]:
            x, t = next(examples)
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()
            return (loss,)

        return {SIMPLE: step}

    def torch(self) -> Steps:
        from benchmarks.work._mlp_torch import ADAM

        return {variant: self._torch_step(options) for variant, options in ADAM.items()}

    def _torch_step(self, adam_options: Mapping[str, bool]) -> Step:
        import torch

        from benchmarks.work._mlp_torch import MLP

        model = MLP(*self.sizes)
        optimizer = torch.optim.Adam(model.parameters(), **adam_options)
        arrays = batches(self.batch_size, self.sizes[0], self.sizes[-1])
        examples = cycle([(torch.from_numpy(x), torch.from_numpy(t).long()) for x, t in arrays])

        def step() -> Sequence[object]:
            x, t = next(examples)
            loss = torch.nn.functional.cross_entropy(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return (loss,)

        return step
