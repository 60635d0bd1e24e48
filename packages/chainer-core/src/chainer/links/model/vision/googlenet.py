"""GoogLeNet."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Any

from chainer.functions.activation.relu import relu
from chainer.functions.activation.softmax import softmax
from chainer.functions.noise.dropout import dropout
from chainer.functions.normalization.local_response_normalization import local_response_normalization
from chainer.functions.pooling.average_pooling_2d import average_pooling_2d
from chainer.functions.pooling.max_pooling_nd import max_pooling_2d
from chainer.initializers.constant import Zero
from chainer.initializers.uniform import LeCunUniform
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.links.connection.inception import Inception
from chainer.links.connection.linear import Linear
from chainer.links.model.vision._classifier import ImageClassifier, Steps, copy_caffe_affine, prepare_bgr
from chainer.types import NdArray, VariableLike
from chainer.variable import Variable

# in_channels, out1, proj3, out3, proj5, out5, proj_pool: table 1 of the paper.
_INCEPTIONS = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}

_CAFFE_NAMES = {
    "conv1": "conv1/7x7_s2",
    "conv2_reduce": "conv2/3x3_reduce",
    "conv2": "conv2/3x3",
    "loss3_fc": "loss3/classifier",
    "loss1_conv": "loss1/conv",
    "loss1_fc1": "loss1/fc",
    "loss1_fc2": "loss1/classifier",
    "loss2_conv": "loss2/conv",
    "loss2_fc1": "loss2/fc",
    "loss2_fc2": "loss2/classifier",
}

_CAFFE_NAMES_IN_INCEPTION = {
    "conv1": "1x1",
    "proj3": "3x3_reduce",
    "conv3": "3x3",
    "proj5": "5x5_reduce",
    "conv5": "5x5",
    "projp": "pool_proj",
}


def prepare(image: Any, size: tuple[int, int] | None = (224, 224)) -> NdArray:
    """Makes of an image what :class:`GoogLeNet` takes: blue, green and red planes less their means.

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
    return prepare_bgr(image, size, (104.0, 117.0, 123.0))


class GoogLeNet(ImageClassifier):
    """The network of inception modules, with its two side branches.

    Args:
        pretrained_model: ``'auto'`` for the published weights, which are looked for under the dataset root; the path of
            an ``.npz`` or a ``.caffemodel``; ``None`` for random ones.

    Raises:
        OSError: The weights are not there.

    References:
        Szegedy et al., *Going Deeper with Convolutions*, CVPR 2015.
    """

    _default_extract = "pool5"
    _prepare = staticmethod(prepare)
    _branches = {"loss1_fc2": "inception_4a", "loss2_fc2": "inception_4d"}

    def __init__(self, pretrained_model: str | os.PathLike[str] | None = "auto") -> None:
        super().__init__()
        random = pretrained_model is None
        options: dict[str, Any] = {"initialW": LeCunUniform(scale=1.0) if random else Zero()}
        inception_options: dict[str, Any] = {"conv_init": None if random else Zero()}
        with self.init_scope():
            self.conv1 = Convolution2D(3, 64, 7, stride=2, pad=3, **options)
            self.conv2_reduce = Convolution2D(64, 64, 1, **options)
            self.conv2 = Convolution2D(64, 192, 3, stride=1, pad=1, **options)
            for name, sizes in _INCEPTIONS.items():
                setattr(self, f"inc{name}", Inception(*sizes, **inception_options))
            self.loss3_fc = Linear(1024, 1000, **options)
            self.loss1_conv = Convolution2D(512, 128, 1, **options)
            self.loss1_fc1 = Linear(2048, 1024, **options)
            self.loss1_fc2 = Linear(1024, 1000, **options)
            self.loss2_conv = Convolution2D(528, 128, 1, **options)
            self.loss2_fc1 = Linear(2048, 1024, **options)
            self.loss2_fc2 = Linear(1024, 1000, **options)
        self._load_pretrained(
            pretrained_model, "bvlc_googlenet", "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel"
        )

    @property
    def functions(self) -> OrderedDict[str, Steps]:
        """Layers by name, each a list of callables to apply one after the other; the last two are side branches."""
        layers: OrderedDict[str, Steps] = OrderedDict()
        layers["conv1"] = [self.conv1, relu]
        layers["pool1"] = [_max_pooling_2d, _local_response_normalization]
        layers["conv2_reduce"] = [self.conv2_reduce, relu]
        layers["conv2"] = [self.conv2, relu, _local_response_normalization]
        layers["pool2"] = [_max_pooling_2d]
        for name in _INCEPTIONS:
            layers[f"inception_{name}"] = [self[f"inc{name}"]]
            if name in ("3b", "4e"):
                layers[f"pool{int(name[0])}"] = [_max_pooling_2d]
        layers["pool5"] = [_average_pooling_2d_k7]
        layers["loss3_fc"] = [_dropout, self.loss3_fc]
        layers["prob"] = [softmax]
        for side in ("loss1", "loss2"):
            layers[f"{side}_fc2"] = [
                _average_pooling_2d_k5,
                self[f"{side}_conv"],
                relu,
                self[f"{side}_fc1"],
                relu,
                self[f"{side}_fc2"],
            ]
        return layers

    def _copy_from_caffe(self, caffe: Any) -> None:
        for name, caffe_name in _CAFFE_NAMES.items():
            copy_caffe_affine(self[name], caffe[caffe_name])
        for name in _INCEPTIONS:
            inception: Any = self[f"inc{name}"]
            for part, caffe_name in _CAFFE_NAMES_IN_INCEPTION.items():
                copy_caffe_affine(inception[part], caffe[f"inception_{name}/{caffe_name}"])

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
    return max_pooling_2d(x, ksize=3, stride=2)


def _local_response_normalization(x: VariableLike) -> Variable:
    # Caffe divides alpha by the number of channels it sums over.
    return local_response_normalization(x, n=5, k=1, alpha=1e-4 / 5)


def _average_pooling_2d_k5(x: VariableLike) -> Variable:
    return average_pooling_2d(x, ksize=5, stride=3)


def _average_pooling_2d_k7(x: VariableLike) -> Variable:
    return average_pooling_2d(x, ksize=7, stride=1)


def _dropout(x: VariableLike) -> Variable:
    return dropout(x, ratio=0.4)
