"""What image classifiers with published weights share."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy

from chainer.configuration import using_config
from chainer.function import no_backprop_mode
from chainer.functions.array.reshape import reshape
from chainer.functions.math.average import average
from chainer.link import Chain
from chainer.links.model.vision._pretrained import load_published
from chainer.types import NdArray, VariableLike
from chainer.utils import argument
from chainer.utils.imgproc import oversample as crop_ten
from chainer.variable import Variable

if TYPE_CHECKING:
    from chainer.links.caffe.caffe_function import CaffeFunction

WITHDRAWN = {
    "test": "test is not an argument any more: use chainer.using_config('train', False)",
    "volatile": "volatile is not an argument any more: use chainer.no_backprop_mode()",
}
"""Arguments of older versions, as :func:`chainer.utils.argument.parse_kwargs` takes them."""

Steps = list[Callable[[Any], Any]]


class ImageClassifier(Chain):
    """A classifier made of named layers, any of whose outputs may be asked for.

    Subclasses tell their layers in :attr:`functions`, how an image becomes an input in ``_prepare``, and where the
    published weights are.
    """

    _default_extract: ClassVar[str]
    _prepare: ClassVar[Callable[..., NdArray]]
    # A side branch, by the name of its only layer, to the layer that it starts from.
    _branches: ClassVar[Mapping[str, str]] = {}

    def _load_pretrained(
        self, pretrained_model: str | os.PathLike[str] | None, published_name: str, source: str
    ) -> None:
        """Fills the parameters, unless ``None`` is asked for.

        Args:
            pretrained_model: ``'auto'`` for the published weights, the path of an ``.npz`` or a ``.caffemodel``, or
                ``None``.
            published_name: Name of the published file without ending.
            source: Where it is to be had.
        """
        if pretrained_model is None:
            return
        path = os.fspath(pretrained_model)
        if path == "auto":
            load_published(self, published_name, source)
        elif path.endswith(".caffemodel"):
            self._copy_from_caffemodel(path)
        else:
            from chainer.serializers.npz import load_npz

            load_npz(path, self)

    def _copy_from_caffemodel(self, path: str | os.PathLike[str]) -> None:
        from chainer.links.caffe.caffe_function import CaffeFunction

        self._copy_from_caffe(CaffeFunction(path))

    def _copy_from_caffe(self, caffe: CaffeFunction) -> None:
        """Copies the parameters of the published Caffe model."""
        raise NotImplementedError

    @property
    def functions(self) -> OrderedDict[str, Steps]:
        """Layers by name, each a list of callables to apply one after the other."""
        raise NotImplementedError

    @property
    def available_layers(self) -> list[str]:
        """Names of the layers whose outputs may be asked for."""
        return list(self.functions)

    def forward(self, x: VariableLike, layers: Sequence[str] | None = None, **kwargs: Any) -> dict[str, Variable]:
        """Computes the outputs of some layers.

        Args:
            x: Images as :func:`prepare` makes them. Shape ``(B, 3, H, W)``.
            layers: Names of the layers; ``['prob']`` by default.

        Returns:
            Outputs by name.

        Raises:
            ValueError: There is no such layer.
        """
        argument.parse_kwargs(kwargs, **WITHDRAWN)
        functions = self.functions
        wanted = {"prob"} if layers is None else set(layers)
        unknown = wanted.difference(functions)
        if unknown:
            raise ValueError(f"layers must be some of {', '.join(functions)}, got {', '.join(sorted(unknown))}")
        outputs: dict[str, Variable] = {}
        starts: dict[str, Any] = {}
        h: Any = x
        for name, steps in functions.items():
            if not wanted:
                break
            if name in self._branches:
                h = starts[self._branches[name]]
            if name not in self._branches or name in wanted:
                for step in steps:
                    h = step(h)
            if name in self._branches.values():
                starts[name] = h
            if name in wanted:
                outputs[name] = h
                wanted.remove(name)
        return outputs

    def extract(
        self,
        images: Sequence[Any],
        layers: Sequence[str] | None = None,
        size: tuple[int, int] | None = (224, 224),
        **kwargs: Any,
    ) -> dict[str, Variable]:
        """Computes the outputs of some layers for images as they are.

        Whether dropout is active and a graph is made is left to the configuration: call it with
        ``chainer.using_config('train', False)`` and in ``chainer.no_backprop_mode()`` to use features alone.

        Args:
            images: Images as :func:`prepare` takes them.
            layers: Names of the layers; by default the last but the classifier.
            size: Width and height to resize to, or ``None`` to keep those of the images, which must be equal then.

        Returns:
            Outputs by name.
        """
        argument.parse_kwargs(kwargs, **WITHDRAWN)
        return self(self._batch(images, size), layers=[self._default_extract] if layers is None else layers)

    def predict(self, images: Sequence[Any], oversample: bool = True) -> Variable:
        """Computes the probabilities of the classes.

        Args:
            images: Images as :func:`prepare` takes them.
            oversample: Whether to average over ten crops of each, of corners, centre and mirror images, instead of
                taking the centre.

        Returns:
            Probabilities. Shape ``(len(images), 1000)``.
        """
        x = self._batch(images, (256, 256))
        x = crop_ten(x, (224, 224)) if oversample else x[:, :, 16:240, 16:240]
        with using_config("train", False), no_backprop_mode():
            y: Variable = self(x)["prob"]
            if oversample:
                y = average(reshape(y, (len(images), 10, *y.shape[1:])), axis=1)
        return y

    def _batch(self, images: Sequence[Any], size: tuple[int, int] | None) -> NdArray:
        if not len(images):
            raise ValueError("images must hold at least one image, got none")
        prepare = type(self)._prepare
        return self.device.send(numpy.stack([prepare(image, size) for image in images]))


def prepare_bgr(image: Any, size: tuple[int, int] | None, mean: Sequence[float]) -> NdArray:
    """An image as the published Caffe models take it: blue, green and red planes, less their means.

    Args:
        image: A ``PIL.Image``, or an array of shape ``(H, W)``, ``(H, W, 3)``, ``(H, W, 4)``, ``(1, H, W)`` or
            ``(3, H, W)`` with values of 0 to 255.
        size: Width and height to resize to, or ``None``.
        mean: Means of blue, green and red.

    Returns:
        Shape ``(3, H, W)``, float32.
    """
    from PIL import Image

    if isinstance(image, numpy.ndarray):
        image = Image.fromarray(_height_width_channels(image).astype(numpy.uint8))
    elif not isinstance(image, Image.Image):
        raise TypeError(f"image must be a PIL.Image or an array, got {type(image).__name__}")
    image = image.convert("RGB")
    if size is not None:
        image = image.resize(size)
    bgr = numpy.asarray(image, dtype=numpy.float32)[:, :, ::-1]
    bgr = bgr - numpy.array(mean, dtype=numpy.float32)
    return bgr.transpose(2, 0, 1)


def _height_width_channels(image: NdArray) -> NdArray:
    if image.ndim == 3:
        if image.shape[0] == 1:
            return image[0]
        if image.shape[0] == 3:
            return image.transpose(1, 2, 0)
        if image.shape[2] == 1:
            return image[:, :, 0]
    return image


def copy_caffe_affine(own: Any, caffe: Any) -> None:
    """Copies ``W``, and ``b`` if both have it, of a convolution or an affine map."""
    _copy(own.W, caffe.W)
    if own.b is not None and caffe.b is not None:
        _copy(own.b, caffe.b)


def copy_caffe_normalization(own: Any, normalization: Any, scale: Any) -> None:
    """Copies batch normalization, which Caffe has in two layers: statistics, and scale with shift."""
    own.avg_mean[...] = own.device.send(normalization.avg_mean)
    own.avg_var[...] = own.device.send(normalization.avg_var)
    _copy(own.gamma, scale.W)
    _copy(own.beta, scale.bias.b)


def _copy(own: Any, other: Any) -> None:
    own.array[...] = own.device.send(other.array.reshape(own.shape))
