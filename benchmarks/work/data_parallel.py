"""A step of training on several ranks, each with a batch of its own: the gradients are averaged over all.

PyTorch does it by DistributedDataParallel over gloo, both by SGD with momentum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.work._data import cycle, labels, normal
from benchmarks.work._networks import N_CLASS
from benchmarks.work._parameters import Parameters
from benchmarks.worker import ranks
from benchmarks.workload import SIMPLE, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from benchmarks.workload import Step, Steps

LR = 1e-4  # small enough for random labels not to drive a model to infinity
N_BATCHES = 4


class DataParallel(Workload):
    """Forward, softmax cross entropy, backward, mean over ranks and update."""

    ranks = 2
    peers = ("chainer", "torch")
    aim = 0.9
    rounds = 7
    layouts: Sequence[str] = ("contiguous_format",)
    """In which orders of memory PyTorch keeps the data: variants."""

    def __init__(
        self, case: str, model: str, shape: tuple[int, ...], n_class: int, batch_size: int, wire: str | None
    ) -> None:
        self.name = f"data_parallel/{case}"
        work = "forward, loss, backward, mean, SGD" + (f", {wire} on the wire" if wire else "")
        self.summary = f"{model}, {self.ranks} ranks, batch of {batch_size} each: {work}"
        self.wire = wire
        self.shape, self.n_class, self.batch_size = shape, n_class, batch_size

    def batches(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the minibatches of this rank."""
        seeds = [N_BATCHES * ranks.rank() + i for i in range(N_BATCHES)]
        size = self.batch_size
        return [(normal(200 + i, size, *self.shape), labels(300 + i, size, self.n_class)) for i in seeds]

    def chainer_model(self) -> Any:
        """Return the network."""
        raise NotImplementedError

    def torch_model(self) -> Any:
        """Return the network with the same parameters."""
        raise NotImplementedError

    def chainer(self) -> Steps:
        import chainer
        import chainer.functions as F
        import chainermn

        comm = chainermn.create_communicator("flat", allreduce_grad_dtype=self.wire)
        model = self.chainer_model()
        optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.MomentumSGD(lr=LR), comm).setup(model)
        examples = cycle(self.batches())
        optimizer.update()  # the first one only distributes the parameters

        def step() -> Sequence[object]:
            x, t = next(examples)
            losses = []

            def lossfun() -> Any:
                losses.append(F.softmax_cross_entropy(model(x), t))
                return losses[0]

            optimizer.update(lossfun)
            return losses

        return {SIMPLE: step}

    def torch(self) -> Steps:
        import torch.distributed

        if not torch.distributed.is_initialized():
            store = f"file://{ranks.meeting_place() / 'gloo'}"
            torch.distributed.init_process_group("gloo", store, rank=ranks.rank(), world_size=ranks.size())
        return {
            f"{layout}, bucket views" if views else layout: self._torch_step(getattr(torch, layout), views)
            for layout in self.layouts
            for views in (False, True)
        }

    def _torch_step(self, layout: Any, views: bool) -> Step:
        import torch

        model = self.torch_model().to(memory_format=layout)
        model = torch.nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=views)
        if self.wire == "float16":
            from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import fp16_compress_hook

            model.register_comm_hook(None, fp16_compress_hook)
        optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9, fused=True)
        examples = cycle(
            [(torch.from_numpy(x).to(memory_format=layout), torch.from_numpy(t).long()) for x, t in self.batches()]
        )

        def step() -> Sequence[object]:
            x, t = next(examples)
            loss = torch.nn.functional.cross_entropy(model(x), t)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return (loss,)

        return step


class Perceptron(DataParallel):
    """Three affine layers with ReLU between them."""

    def __init__(self, case: str, sizes: tuple[int, ...], batch_size: int, wire: str | None = None) -> None:
        super().__init__(case, f"MLP {'-'.join(map(str, sizes))}", sizes[:1], sizes[-1], batch_size, wire)
        self.sizes = sizes

    def chainer_model(self) -> Any:
        from benchmarks.work._mlp_chainer import MLP

        return MLP(*self.sizes)

    def torch_model(self) -> Any:
        from benchmarks.work._mlp_torch import MLP

        return MLP(*self.sizes)


class ResNet50(DataParallel):
    """The residual network of 50 layers."""

    layouts = ("contiguous_format", "channels_last")

    def __init__(self, case: str, batch_size: int, image_size: int = 224, wire: str | None = None) -> None:
        super().__init__(case, "ResNet-50", (3, image_size, image_size), N_CLASS, batch_size, wire)
        self.case, self.image_size = case, image_size

    def small(self) -> ResNet50:
        return ResNet50(self.case, 2, image_size=96, wire=self.wire)

    def chainer_model(self) -> Any:
        from benchmarks.work import _networks_chainer

        return _networks_chainer.ResNet50(Parameters(), self.image_size, N_CLASS)

    def torch_model(self) -> Any:
        from benchmarks.work import _networks_torch

        return _networks_torch.ResNet50(Parameters(), self.image_size, N_CLASS)


WORKLOADS = (
    Perceptron("small", (784, 1000, 1000, 10), batch_size=100),
    Perceptron("wide", (4096, 7168, 4096, 256), batch_size=32),
    Perceptron("wide_float16", (4096, 7168, 4096, 256), batch_size=32, wire="float16"),
    ResNet50("resnet50", batch_size=4),
    ResNet50("resnet50_float16", batch_size=4, wire="float16"),
)
