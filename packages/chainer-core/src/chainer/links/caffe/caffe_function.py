"""Models of Caffe as links."""

from __future__ import annotations

import functools
import operator
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy

from chainer.configuration import using_config
from chainer.functions.activation.leaky_relu import leaky_relu
from chainer.functions.activation.relu import relu
from chainer.functions.activation.sigmoid import sigmoid
from chainer.functions.activation.softmax import softmax
from chainer.functions.array.concat import concat
from chainer.functions.array.reshape import reshape
from chainer.functions.array.split_axis import split_axis
from chainer.functions.loss.softmax_cross_entropy import softmax_cross_entropy
from chainer.functions.math.maximum import maximum
from chainer.functions.noise.dropout import dropout
from chainer.functions.normalization.local_response_normalization import local_response_normalization
from chainer.functions.pooling.average_pooling_2d import average_pooling_2d
from chainer.functions.pooling.max_pooling_nd import max_pooling_2d
from chainer.link import Chain, Link
from chainer.links.caffe._schema import NET, OLD_TYPES
from chainer.links.caffe._wire import Message, decode
from chainer.links.connection.convolution_2d import Convolution2D
from chainer.links.connection.deconvolution_2d import Deconvolution2D
from chainer.links.connection.linear import Linear
from chainer.links.connection.scale import Scale
from chainer.links.normalization.batch_normalization import BatchNormalization
from chainer.types import NdArray, VariableLike
from chainer.utils import argument
from chainer.variable import Variable

_DATA_TYPES = ("Data", "ImageData", "Input", "HDF5Data", "DummyData", "MemoryData")


class CaffeFunction(Chain):
    """A model of Caffe, read from its ``.caffemodel`` file.

    Layers with parameters become children of the same name. Layers that are not supported are passed over, with a
    warning; what depends on them cannot be computed.

    Args:
        model_path: The file.

    Attributes:
        forwards: Functions of the layers, by name.
        layers: Name, inputs and outputs of each layer, in order.
        split_map: Names of blobs that are another by a second name.

    Raises:
        ValueError: The file is not a model of Caffe.

    Example:
        Export a model and read it back:

        >>> import chainer, chainer.links as L, numpy as np, os, tempfile
        >>> from chainer.exporters import caffe
        >>> from chainer.links.caffe import CaffeFunction
        >>> model = chainer.Sequential(L.Linear(3, 2), chainer.functions.softmax)
        >>> x = chainer.Variable(np.ones((1, 3), np.float32))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     caffe.export(model, [x], folder)
        ...     net = CaffeFunction(os.path.join(folder, "chainer_model.caffemodel"))
        >>> (y,) = net(inputs={"data": x}, outputs=["Softmax-1-1"])
        >>> y.shape
        (1, 2)
    """

    def __init__(self, model_path: str | os.PathLike[str]) -> None:
        super().__init__()
        with open(model_path, "rb") as file:
            data = file.read()
        try:
            net = decode(NET, memoryview(data))
        except ValueError as error:
            raise ValueError(f"{os.fspath(model_path)} is not a model of Caffe: {error}") from error
        layers = [(layer, layer.type) for layer in net.layer]
        layers += [(layer, OLD_TYPES.get(layer.type, f"number {layer.type}")) for layer in net.layers]
        if not layers:
            raise ValueError(f"{os.fspath(model_path)} is not a model of Caffe: it has no layer")
        self.forwards: dict[str, Callable[..., Any]] = {}
        self._with_fixed_statistics: set[str] = set()
        self.split_map: dict[str, str] = {}
        self.layers: list[tuple[str, list[str], list[str]]] = []
        for layer, type_name in layers:
            self._add_layer(layer, type_name)

    def _add_layer(self, layer: Message, type_name: str) -> None:
        if type_name in _DATA_TYPES:
            return
        if type_name == "Split":
            for top in layer.top:
                self.split_map[top] = self.split_map.get(layer.bottom[0], layer.bottom[0])
            return
        make = _MAKERS.get(type_name)
        if make is None:
            warnings.warn(
                f"layer {layer.name!r} is passed over: CaffeFunction does not support layers of type {type_name}",
                RuntimeWarning,
                stacklevel=4,
            )
            return
        function = make(layer)
        if isinstance(function, Link):
            with self.init_scope():
                setattr(self, layer.name, function)
            if type_name == "BatchNorm" and layer.batch_norm_param.use_global_stats:
                self._with_fixed_statistics.add(layer.name)
        self.forwards[layer.name] = function
        bottom = [self.split_map.get(blob, blob) for blob in layer.bottom]
        self.layers.append((layer.name, bottom, list(layer.top)))

    def forward(
        self, inputs: Mapping[str, VariableLike], outputs: Sequence[str], disable: Iterable[str] = (), **kwargs: Any
    ) -> tuple[Variable, ...]:
        """Computes some blobs.

        Args:
            inputs: Blobs that are given, by name.
            outputs: Names of blobs to compute.
            disable: Names of layers to leave out.

        Returns:
            The blobs, in the order of ``outputs``.

        Raises:
            KeyError: A blob cannot be computed.
        """
        argument.parse_kwargs(
            kwargs, train="train is not an argument any more: use chainer.using_config('train', value)"
        )
        blobs: dict[str, Any] = dict(inputs)
        disabled = set(disable)
        for name, bottom, top in self.layers:
            if name in disabled or any(blob not in blobs for blob in bottom):
                continue
            result = self._call_layer(name, [blobs[blob] for blob in bottom])
            blobs.update(zip(top, result if isinstance(result, tuple | list) else (result,)))
        self.variables = blobs
        sources = [self.split_map.get(blob, blob) for blob in outputs]
        missing = [blob for blob in sources if blob not in blobs]
        if missing:
            raise KeyError(f"blobs {', '.join(missing)} cannot be computed from {', '.join(inputs)}")
        return tuple(blobs[blob] for blob in sources)

    def _call_layer(self, name: str, xs: list[Any]) -> Any:
        function = self.forwards[name]
        if isinstance(function, Link):
            function = self[name]  # in a copy of the chain, the copy of the child
        if name not in self._with_fixed_statistics:
            return function(*xs)
        with using_config("train", False):
            return function(*xs)


def _vector(blob: Message) -> NdArray:
    return numpy.asarray(blob.data if blob.has("data") else blob.double_data, numpy.float32)


def _array(blob: Message) -> NdArray:
    shape = list(blob.shape.dim) if blob.has("shape") else [blob.num, blob.channels, blob.height, blob.width]
    return _vector(blob).reshape(shape)


def _both(param: Message, name: str, default: int) -> tuple[int, int]:
    """Vertical and horizontal value of an option that may be given as one or two, or by names of its own."""
    if param.has(f"{name}_h") or param.has(f"{name}_w"):
        return getattr(param, f"{name}_h"), getattr(param, f"{name}_w")
    given: Any = getattr(param, "kernel_size" if name == "kernel" else name)
    if isinstance(given, int):
        return given, given
    return (given[0], given[-1]) if given else (default, default)


def _convolution(layer: Message) -> Convolution2D:
    param = layer.convolution_param
    filters = _array(layer.blobs[0])
    groups = param.group
    # The filters of groups become blocks of one array, as ever: scripts copy it into convolutions without groups.
    n_out, n_in = filters.shape[0] // groups, filters.shape[1]
    W = numpy.zeros((filters.shape[0], n_in * groups, *filters.shape[2:]), numpy.float32)
    for g in range(groups):
        W[g * n_out : (g + 1) * n_out, g * n_in : (g + 1) * n_in] = filters[g * n_out : (g + 1) * n_out]
    b = _vector(layer.blobs[1]) if param.bias_term else None
    return Convolution2D.from_params(
        W,
        b,
        _both(param, "stride", 1),
        _both(param, "pad", 0),
        b is None,
        dilate=_both(param, "dilation", 1),
    )


def _deconvolution(layer: Message) -> Deconvolution2D:
    param = layer.convolution_param
    W = _array(layer.blobs[0])
    b = _vector(layer.blobs[1]) if param.bias_term else None
    return Deconvolution2D(
        W.shape[0],
        W.shape[1] * param.group,
        W.shape[2:],
        _both(param, "stride", 1),
        _both(param, "pad", 0),
        b is None,
        initialW=W,
        initial_bias=b,
        groups=param.group,
    )


def _inner_product(layer: Message) -> Linear:
    param = layer.inner_product_param
    if param.axis != 1:
        raise RuntimeError(f"layer {layer.name!r}: InnerProduct of axis {param.axis} is not supported, only of axis 1")
    W = _array(layer.blobs[0])
    W = W.reshape(W.shape[-2:])
    if param.transpose:
        W = W.T
    return Linear.from_params(W, _vector(layer.blobs[1]) if param.bias_term else None, not param.bias_term)


def _batch_norm(layer: Message) -> BatchNormalization:
    param = layer.batch_norm_param
    mean, var, factor = map(_vector, layer.blobs)
    # Caffe saves sums and what to divide them by.
    scale = 0 if factor[0] == 0 else 1 / factor[0]
    return BatchNormalization(
        len(mean),
        param.moving_average_fraction,
        param.eps,
        use_gamma=False,
        use_beta=False,
        initial_avg_mean=mean * scale,
        initial_avg_var=var * scale,
    )


def _scale(layer: Message) -> Scale:
    param = layer.scale_param
    blobs = [_array(blob) for blob in layer.blobs]
    if len(layer.bottom) == 1:
        link = Scale(param.axis, blobs[0].shape, param.bias_term)
        _fill(link.W, blobs[0])
    else:  # the factor is the second input
        link = Scale(param.axis, None, param.bias_term, blobs[0].shape if param.bias_term else None)
    if param.bias_term:
        _fill(link.bias.b, blobs[-1])
    return link


def _fill(param: Any, array: NdArray) -> None:
    param.array[...] = array.reshape(param.shape)


def _pooling(layer: Message) -> Callable[..., Any]:
    param = layer.pooling_param
    if param.pool not in (0, 1):
        raise RuntimeError(f"layer {layer.name!r}: stochastic pooling is not supported, only max and average pooling")
    pool = max_pooling_2d if param.pool == 0 else average_pooling_2d
    if param.global_pooling:
        return functools.partial(_pool_all, pool)
    return functools.partial(
        pool, ksize=_both(param, "kernel", 0), stride=_both(param, "stride", 1), pad=_both(param, "pad", 0)
    )


def _pool_all(pool: Callable[..., Any], x: Any) -> Any:
    return pool(x, x.shape[2:])


def _local_response_normalization(layer: Message) -> Callable[..., Any]:
    param = layer.lrn_param
    if param.norm_region != 0:
        raise RuntimeError(f"layer {layer.name!r}: LRN within channels is not supported, only across channels")
    # Caffe divides alpha by the number of channels it sums over.
    return functools.partial(
        local_response_normalization,
        n=param.local_size,
        k=param.k,
        alpha=param.alpha / param.local_size,
        beta=param.beta,
    )


def _relu(layer: Message) -> Callable[..., Any]:
    slope = layer.relu_param.negative_slope
    return functools.partial(leaky_relu, slope=slope) if slope != 0 else relu


def _eltwise(layer: Message) -> Callable[..., Any]:
    param = layer.eltwise_param
    combine = (operator.mul, operator.add, maximum)[param.operation]
    coefficients = [float(c) for c in param.coeff] if param.operation == 1 else []
    return functools.partial(_combine, combine, coefficients)


def _combine(combine: Callable[[Any, Any], Any], coefficients: list[float], *xs: Any) -> Any:
    terms = [c * x for c, x in zip(coefficients, xs)] if coefficients else xs
    return functools.reduce(combine, terms)


def _concat(layer: Message) -> Callable[..., Any]:
    param = layer.concat_param
    return functools.partial(_concat_along, param.concat_dim if param.has("concat_dim") else param.axis)


def _concat_along(axis: int, *xs: Any) -> Any:
    return concat(xs, axis=axis)


def _slice(layer: Message) -> Callable[..., Any]:
    param = layer.slice_param
    axis = param.slice_dim if param.has("slice_dim") else param.axis
    sections: Any = list(param.slice_point) or len(layer.top)
    return functools.partial(split_axis, indices_or_sections=sections, axis=axis)


def _reshape(layer: Message) -> Callable[..., Any]:
    param = layer.reshape_param
    if param.axis != 0 or param.num_axes != -1:
        raise RuntimeError(f"layer {layer.name!r}: Reshape of some axes alone is not supported, only of all")
    return functools.partial(_reshape_to, list(param.shape.dim))


def _reshape_to(dims: list[int], x: Any) -> Any:
    return reshape(x, tuple(x.shape[i] if dim == 0 else dim for i, dim in enumerate(dims)))


def _softmax_with_loss(layer: Message) -> Callable[..., Any]:
    param = layer.loss_param
    return functools.partial(softmax_cross_entropy, normalize=param.normalize, ignore_label=param.ignore_label)


_MAKERS: dict[str, Callable[[Message], Any]] = {
    "BatchNorm": _batch_norm,
    "Concat": _concat,
    "Convolution": _convolution,
    "Deconvolution": _deconvolution,
    "Dropout": lambda layer: functools.partial(dropout, ratio=layer.dropout_param.dropout_ratio),
    "Eltwise": _eltwise,
    "InnerProduct": _inner_product,
    "LRN": _local_response_normalization,
    "Pooling": _pooling,
    "ReLU": _relu,
    "Reshape": _reshape,
    "Scale": _scale,
    "Sigmoid": lambda layer: sigmoid,
    "Slice": _slice,
    "Softmax": lambda layer: functools.partial(softmax, axis=layer.softmax_param.axis),
    "SoftmaxWithLoss": _softmax_with_loss,
}
