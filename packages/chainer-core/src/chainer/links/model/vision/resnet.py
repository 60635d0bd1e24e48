"""The residual networks of 50, 101 and 152 layers."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from chainer.functions.activation.relu import relu
from chainer.functions.activation.softmax import softmax
from chainer.functions.array.reshape import reshape
from chainer.functions.pooling.average_pooling_2d import average_pooling_2d
from chainer.functions.pooling.max_pooling_nd import max_pooling_2d
from chainer.initializers.constant import Zero
from chainer.initializers.normal import HeNormal
from chainer.link import Chain
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.links.connection.linear import Linear
from chainer.links.model.vision._classifier import (
    ImageClassifier,
    Steps,
    copy_caffe_affine,
    copy_caffe_normalization,
    prepare_bgr,
)
from chainer.links.normalization.batch_normalization import BatchNormalization
from chainer.types import InitializerLike, NdArray, VariableLike
from chainer.variable import Variable

_BLOCK_LENGTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def prepare(image: Any, size: tuple[int, int] | None = (224, 224)) -> NdArray:
    """Makes of an image what :class:`ResNet50Layers` takes: blue, green and red planes less their means.

    Args:
        image: A ``PIL.Image``, or an array of shape ``(H, W)``, ``(H, W, 3)`` or ``(3, H, W)`` with values of 0 to 255
            in the order of red, green and blue.
        size: Width and height to resize to, or ``None`` to keep those of the image.

    Returns:
        Shape ``(3, H, W)``, float32.

    Example:
        >>> import numpy as np
        >>> prepare(np.zeros((20, 30, 3), np.uint8)).shape
        (3, 224, 224)
    """
    return prepare_bgr(image, size, (103.063, 115.903, 123.152))


class ResNetLayers(ImageClassifier):
    """A residual network: four stages of bottleneck blocks whose output is added to their input.

    Args:
        pretrained_model: ``'auto'`` for the published weights, which are looked for under the dataset root; the path of
            an ``.npz`` or a ``.caffemodel``; ``None`` for random ones.
        n_layers: 50, 101 or 152.
        downsample_fb: Where a stage halves the image: in the 3x3 convolution of its first block, as Facebook's
            models do, and not in the first 1x1 convolution, as in the paper.

    Raises:
        ValueError: Another ``n_layers``.
        OSError: The weights are not there.

    References:
        He et al., *Deep Residual Learning for Image Recognition*, CVPR 2016.
    """

    _default_extract = "pool5"
    _prepare = staticmethod(prepare)

    def __init__(
        self, pretrained_model: str | os.PathLike[str] | None, n_layers: int, downsample_fb: bool = False
    ) -> None:
        super().__init__()
        if n_layers not in _BLOCK_LENGTHS:
            raise ValueError(f"n_layers must be 50, 101 or 152, got {n_layers}")
        random = pretrained_model is None
        conv_init: Any = HeNormal(scale=1.0) if random else Zero()
        lengths = _BLOCK_LENGTHS[n_layers]
        with self.init_scope():
            self.conv1 = Convolution2D(3, 64, 7, 2, 3, initialW=conv_init)
            self.bn1 = BatchNormalization(64)
            self.res2 = BuildingBlock(lengths[0], 64, 64, 256, 1, conv_init, downsample_fb)
            self.res3 = BuildingBlock(lengths[1], 256, 128, 512, 2, conv_init, downsample_fb)
            self.res4 = BuildingBlock(lengths[2], 512, 256, 1024, 2, conv_init, downsample_fb)
            self.res5 = BuildingBlock(lengths[3], 1024, 512, 2048, 2, conv_init, downsample_fb)
            self.fc6 = Linear(2048, 1000, initialW=None if random else Zero())
        self._load_pretrained(
            pretrained_model,
            f"ResNet-{n_layers}-model",
            "https://github.com/KaimingHe/deep-residual-networks",
        )

    @property
    def functions(self) -> OrderedDict[str, Steps]:
        """Layers by name, each a list of callables to apply one after the other."""
        return OrderedDict(
            [
                ("conv1", [self.conv1, self.bn1, relu]),
                ("pool1", [_max_pooling_2d]),
                ("res2", [self.res2]),
                ("res3", [self.res3]),
                ("res4", [self.res4]),
                ("res5", [self.res5]),
                ("pool5", [_global_average_pooling_2d]),
                ("fc6", [self.fc6]),
                ("prob", [softmax]),
            ]
        )

    def _copy_from_caffe(self, caffe: Any) -> None:
        copy_caffe_affine(self.conv1, caffe["conv1"])
        copy_caffe_normalization(self.bn1, caffe["bn_conv1"], caffe["scale_conv1"])
        for stage in ("2", "3", "4", "5"):
            blocks: BuildingBlock = self[f"res{stage}"]  # type: ignore[assignment]
            for block, name in zip(blocks, _caffe_block_names(len(blocks._forward))):
                for i, branch in enumerate(("branch2a", "branch2b", "branch2c", "branch1"), start=1):
                    if f"conv{i}" in block._children:
                        layer = f"{stage}{name}_{branch}"
                        copy_caffe_affine(block[f"conv{i}"], caffe[f"res{layer}"])
                        copy_caffe_normalization(block[f"bn{i}"], caffe[f"bn{layer}"], caffe[f"scale{layer}"])
        copy_caffe_affine(self.fc6, caffe["fc1000"])

    @classmethod
    def convert_caffemodel_to_npz(
        cls, path_caffemodel: str | os.PathLike[str], path_npz: str | os.PathLike[str], n_layers: int = 50
    ) -> None:
        """Turns the published Caffe model into a file that loads faster.

        Args:
            path_caffemodel: The Caffe model.
            path_npz: Where to write.
            n_layers: 50, 101 or 152.
        """
        from chainer.serializers.npz import save_npz

        save_npz(path_npz, ResNetLayers(path_caffemodel, n_layers), compression=False)


def _caffe_block_names(n_blocks: int) -> list[str]:
    """Names of the blocks of a stage: letters, or ``a, b1, b2, ...`` in the long stages of the deeper networks."""
    if n_blocks <= 6:
        return list("abcdef"[:n_blocks])
    return ["a", *(f"b{i}" for i in range(1, n_blocks))]


def _max_pooling_2d(x: VariableLike) -> Variable:
    return max_pooling_2d(x, ksize=3, stride=2)


def _global_average_pooling_2d(x: VariableLike) -> Variable:
    n_batch, n_channels, height, width = x.shape
    return reshape(average_pooling_2d(x, (height, width), stride=1), (n_batch, n_channels))


class ResNet50Layers(ResNetLayers):
    """The residual network of 50 layers; see :class:`ResNetLayers`.

    Args:
        pretrained_model: As for :class:`ResNetLayers`.
        downsample_fb: As for :class:`ResNetLayers`.
    """

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto", downsample_fb: bool = False) -> None:
        super().__init__(pretrained_model, 50, downsample_fb)


class ResNet101Layers(ResNetLayers):
    """The residual network of 101 layers; see :class:`ResNetLayers`.

    Args:
        pretrained_model: As for :class:`ResNetLayers`.
        downsample_fb: As for :class:`ResNetLayers`.
    """

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto", downsample_fb: bool = False) -> None:
        super().__init__(pretrained_model, 101, downsample_fb)


class ResNet152Layers(ResNetLayers):
    """The residual network of 152 layers; see :class:`ResNetLayers`.

    Args:
        pretrained_model: As for :class:`ResNetLayers`.
        downsample_fb: As for :class:`ResNetLayers`.
    """

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto", downsample_fb: bool = False) -> None:
        super().__init__(pretrained_model, 152, downsample_fb)


class BuildingBlock(Chain):
    """A stage: one :class:`BottleneckA`, then several :class:`BottleneckB`.

    Args:
        n_layers: Number of blocks.
        in_channels: Number of input channels.
        mid_channels: Number of channels inside the blocks.
        out_channels: Number of output channels.
        stride: By what the stage reduces height and width.
        initialW: Initial value of all filters; :class:`~chainer.initializers.LeCunNormal` by default.
        downsample_fb: As for :class:`ResNetLayers`.
    """

    def __init__(
        self,
        n_layers: int,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int,
        initialW: InitializerLike = None,
        downsample_fb: bool = False,
    ) -> None:
        super().__init__()
        self._forward = ["a", *(f"b{i}" for i in range(1, n_layers))]
        with self.init_scope():
            self.a = BottleneckA(in_channels, mid_channels, out_channels, stride, initialW, downsample_fb)
            for name in self._forward[1:]:
                setattr(self, name, BottleneckB(out_channels, mid_channels, initialW))

    def __iter__(self) -> Iterator[Any]:
        return (self[name] for name in self._forward)

    def forward(self, x: VariableLike) -> Variable:
        """Applies all blocks.

        Args:
            x: Shape ``(B, in_channels, H, W)``.

        Returns:
            Shape ``(B, out_channels, H / stride, W / stride)``.
        """
        h: Any = x
        for block in self:
            h = block(h)
        return h


class BottleneckA(Chain):
    """The first block of a stage, which changes the number of channels and maybe the size.

    Args:
        in_channels: Number of input channels.
        mid_channels: Number of channels inside.
        out_channels: Number of output channels.
        stride: By what height and width are reduced.
        initialW: Initial value of all filters; :class:`~chainer.initializers.LeCunNormal` by default.
        downsample_fb: As for :class:`ResNetLayers`.
    """

    def __init__(
        self,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        stride: int = 2,
        initialW: InitializerLike = None,
        downsample_fb: bool = False,
    ) -> None:
        super().__init__()
        first_stride, second_stride = (1, stride) if downsample_fb else (stride, 1)
        with self.init_scope():
            self.conv1 = Convolution2D(in_channels, mid_channels, 1, first_stride, 0, True, initialW)
            self.bn1 = BatchNormalization(mid_channels)
            self.conv2 = Convolution2D(mid_channels, mid_channels, 3, second_stride, 1, True, initialW)
            self.bn2 = BatchNormalization(mid_channels)
            self.conv3 = Convolution2D(mid_channels, out_channels, 1, 1, 0, True, initialW)
            self.bn3 = BatchNormalization(out_channels)
            self.conv4 = Convolution2D(in_channels, out_channels, 1, stride, 0, True, initialW)
            self.bn4 = BatchNormalization(out_channels)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the block.

        Args:
            x: Shape ``(B, in_channels, H, W)``.

        Returns:
            Shape ``(B, out_channels, H / stride, W / stride)``.
        """
        h = relu(self.bn1(self.conv1(x)))
        h = relu(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return relu(h + self.bn4(self.conv4(x)))


class BottleneckB(Chain):
    """A block that keeps its shape.

    Args:
        in_channels: Number of input channels, and of output channels.
        mid_channels: Number of channels inside.
        initialW: Initial value of all filters; :class:`~chainer.initializers.LeCunNormal` by default.
    """

    def __init__(self, in_channels: int, mid_channels: int, initialW: InitializerLike = None) -> None:
        super().__init__()
        with self.init_scope():
            self.conv1 = Convolution2D(in_channels, mid_channels, 1, 1, 0, True, initialW)
            self.bn1 = BatchNormalization(mid_channels)
            self.conv2 = Convolution2D(mid_channels, mid_channels, 3, 1, 1, True, initialW)
            self.bn2 = BatchNormalization(mid_channels)
            self.conv3 = Convolution2D(mid_channels, in_channels, 1, 1, 0, True, initialW)
            self.bn3 = BatchNormalization(in_channels)

    def forward(self, x: VariableLike) -> Variable:
        """Applies the block.

        Args:
            x: Shape ``(B, in_channels, H, W)``.

        Returns:
            Shape of ``x``.
        """
        h = relu(self.bn1(self.conv1(x)))
        h = relu(self.bn2(self.conv2(h)))
        h = self.bn3(self.conv3(h))
        return relu(h + x)
