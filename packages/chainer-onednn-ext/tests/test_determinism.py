"""Same input, same number of threads, same bits: for steps of training whole networks, in this process or another."""

import hashlib
import subprocess
import sys

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

pytestmark = pytest.mark.ideep

SIZE = 32


class ConvBN(chainer.Chain):
    """Convolution and batch normalization."""

    def __init__(self, *args, **kwargs):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(*args, nobias=True, **kwargs)
            self.bn = L.BatchNormalization(args[1])

    def forward(self, x):
        return self.bn(self.conv(x))


class Residual(chainer.Chain):
    """A bottleneck block with a projection beside it."""

    def __init__(self, in_channels, middle, out, stride):
        super().__init__()
        with self.init_scope():
            self.a = ConvBN(in_channels, middle, 1)
            self.b = ConvBN(middle, middle, 3, stride, 1)
            self.c = ConvBN(middle, out, 1)
            self.beside = ConvBN(in_channels, out, 1, stride)

    def forward(self, x):
        return F.relu(self.c(F.relu(self.b(F.relu(self.a(x))))) + self.beside(x))


class Inception(chainer.Chain):
    """Four towers over the same images."""

    def __init__(self, in_channels):
        super().__init__()
        with self.init_scope():
            self.one = ConvBN(in_channels, 24, 1)
            self.proj3 = ConvBN(in_channels, 16, 1)
            self.three = ConvBN(16, 32, 3, 1, 1)
            self.proj5 = ConvBN(in_channels, 8, 1)
            self.five = ConvBN(8, 16, 5, 1, 2)
            self.pool = ConvBN(in_channels, 8, 1)

    def forward(self, x):
        towers = [self.one(x), self.three(F.relu(self.proj3(x))), self.five(F.relu(self.proj5(x)))]
        return F.relu(F.concat([*towers, self.pool(F.max_pooling_2d(x, 3, 1, 1))]))


def small_resnet():
    return chainer.Sequential(
        ConvBN(3, 32, 7, 2, 3), F.relu, lambda x: F.max_pooling_2d(x, 3, 2, 1),
        Residual(32, 16, 64, 1), Residual(64, 32, 96, 2),
        lambda x: F.average_pooling_2d(x, 4), L.Linear(None, 10),
    )  # fmt: skip


def small_googlenet():
    return chainer.Sequential(
        L.Convolution2D(3, 32, 3, pad=1), F.relu, F.local_response_normalization,
        lambda x: F.max_pooling_2d(x, 3, 2), Inception(32), Inception(80),
        lambda x: F.dropout(F.average_pooling_2d(x, 8), 0.4), L.Linear(None, 10),
    )  # fmt: skip


NETWORKS = {"resnet": small_resnet, "googlenet": small_googlenet}


def train(network, threads, n_steps=3):
    """Digest of the losses, and of all parameters and statistics after some steps."""
    from chainer_onednn_ext import _core

    before = _core.get_num_threads()
    _core.set_num_threads(threads)
    np.random.seed(1)
    model = L.Classifier(NETWORKS[network]())
    optimizer = chainer.optimizers.Adam().setup(model)
    bits = hashlib.sha256()
    for _ in range(n_steps):
        x = np.random.standard_normal((6, 3, SIZE, SIZE)).astype(np.float32)
        loss = model(x, np.random.randint(0, 10, 6))
        model.cleargrads()
        loss.backward()
        optimizer.update()
        bits.update(loss.array.tobytes())
        np.empty(np.random.randint(1, 2**20), np.uint8)  # so that arrays come to lie elsewhere
    for _, param in sorted(model.namedparams()):
        bits.update(param.array.tobytes() + param.grad.tobytes())
    for link in model.links():
        if isinstance(link, L.BatchNormalization):
            bits.update(link.avg_mean.tobytes() + link.avg_var.tobytes())
    _core.set_num_threads(before)
    return bits.hexdigest()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("network", NETWORKS)
def test_training_repeats_bit_by_bit(network, threads):
    first = train(network, threads)
    assert [train(network, threads) for _ in range(3)] == [first] * 3
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['train'](sys.argv[2], int(sys.argv[3])))"
    command = [sys.executable, "-c", code, __file__, network, str(threads)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == first


def test_another_seed_gives_other_bits(monkeypatch):
    # Without this, a digest of nothing would pass as well.
    first = train("resnet", 1, n_steps=1)
    monkeypatch.setitem(NETWORKS, "resnet", lambda: (np.random.seed(2), small_resnet())[1])
    assert train("resnet", 1, n_steps=1) != first
