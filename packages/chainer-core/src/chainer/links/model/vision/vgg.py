"""The VGG networks of 16 and 19 layers."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Any

from chainer.functions.activation.relu import relu
from chainer.functions.activation.softmax import softmax
from chainer.functions.noise.dropout import dropout
from chainer.functions.pooling.max_pooling_nd import max_pooling_2d
from chainer.initializers.constant import Zero
from chainer.initializers.normal import Normal
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.links.connection.linear import Linear
from chainer.links.model.vision._classifier import ImageClassifier, Steps, copy_caffe_affine, prepare_bgr
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable

_CONVOLUTIONS_OF_BLOCKS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_CHANNELS_OF_BLOCKS = (64, 128, 256, 512, 512)


def prepare(image: Any, size: tuple[int, int] | None = (224, 224)) -> NdArray:
    """Makes of an image what :class:`VGG16Layers` takes: blue, green and red planes less their means.

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
    return prepare_bgr(image, size, (103.939, 116.779, 123.68))


class VGGLayers(ImageClassifier):
    """A VGG network: blocks of 3x3 convolutions, each followed by max pooling, and three affine layers.

    Args:
        pretrained_model: ``'auto'`` for the published weights, which are looked for under the dataset root; the path of
            an ``.npz`` or a ``.caffemodel``; ``None`` for random ones.
        n_layers: 16 or 19.

    Raises:
        ValueError: Another ``n_layers``.
        OSError: The weights are not there.

    References:
        Simonyan and Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, ICLR 2015.
    """

    _default_extract = "fc7"
    _prepare = staticmethod(prepare)

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto", n_layers: int = 16) -> None:
        super().__init__()
        if n_layers not in _CONVOLUTIONS_OF_BLOCKS:
            raise ValueError(f"n_layers must be 16 or 19, got {n_layers}")
        self._n_convolutions = _CONVOLUTIONS_OF_BLOCKS[n_layers]
        initialW = Normal(0.01) if pretrained_model is None else Zero()
        options: dict[str, Any] = {"initialW": initialW, "initial_bias": Zero()}
        with self.init_scope():
            n_in = 3
            for block, (n_out, n_convolutions) in enumerate(zip(_CHANNELS_OF_BLOCKS, self._n_convolutions), start=1):
                for i in range(1, n_convolutions + 1):
                    setattr(self, f"conv{block}_{i}", Convolution2D(n_in, n_out, 3, 1, 1, **options))
                    n_in = n_out
            self.fc6 = Linear(512 * 7 * 7, 4096, **options)
            self.fc7 = Linear(4096, 4096, **options)
            self.fc8 = Linear(4096, 1000, **options)
        page = "https://www.robots.ox.ac.uk/%7Evgg/software/very_deep/caffe"
        name = f"VGG_ILSVRC_{n_layers}_layers"
        self._load_pretrained(pretrained_model, name, f"{page}/{name}.caffemodel")

    @property
    def functions(self) -> OrderedDict[str, Steps]:
        """Layers by name, each a list of callables to apply one after the other."""
        layers: OrderedDict[str, Steps] = OrderedDict()
        for block, n_convolutions in enumerate(self._n_convolutions, start=1):
            for i in range(1, n_convolutions + 1):
                name = f"conv{block}_{i}"
                layers[name] = [self[name], relu]
            layers[f"pool{block}"] = [_max_pooling_2d]
        layers["fc6"] = [self.fc6, relu, dropout]
        layers["fc7"] = [self.fc7, relu, dropout]
        layers["fc8"] = [self.fc8]
        layers["prob"] = [softmax]
        return layers

    def _copy_from_caffe(self, caffe: Any) -> None:
        for child in self.children():
            copy_caffe_affine(child, caffe[child.name])

    @classmethod
    def convert_caffemodel_to_npz(
        cls, path_caffemodel: str | os.PathLike[str], path_npz: str | os.PathLike[str]
    ) -> None:
        """Turns the published Caffe model into a file that loads faster.

        Args:
            path_caffemodel: The Caffe model.
            path_npz: Where to write.
        """
        from chainer.serializers.npz import save_npz

        save_npz(path_npz, cls(path_caffemodel), compression=False)


def _max_pooling_2d(x: VariableLike) -> Variable:
    return max_pooling_2d(x, ksize=2)


class VGG16Layers(VGGLayers):
    """The VGG network of 16 layers; see :class:`VGGLayers`.

    Args:
        pretrained_model: As for :class:`VGGLayers`.
    """

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto") -> None:
        super().__init__(pretrained_model, 16)


class VGG19Layers(VGGLayers):
    """The VGG network of 19 layers; see :class:`VGGLayers`.

    Args:
        pretrained_model: As for :class:`VGGLayers`.
    """

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto") -> None:
        super().__init__(pretrained_model, 19)
