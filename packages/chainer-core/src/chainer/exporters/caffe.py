"""Models for Caffe."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy

from chainer.backends import cuda
from chainer.configuration import using_config
from chainer.function import force_backprop_mode
from chainer.function_hook import FunctionHook
from chainer.function_node import FunctionNode
from chainer.link import Link
from chainer.links.caffe._schema import NET
from chainer.links.caffe._wire import encode
from chainer.types import Arrays, NdArray
from chainer.utils.atomic_file import replacing
from chainer.variable import Variable

Layer = dict[str, Any]


def export(
    model: Link,
    args: Sequence[Variable],
    directory: str | os.PathLike[str] | None = None,
    export_params: bool = True,
    graph_name: str = "Graph",
) -> None:
    """Writes a model as ``chainer_model.prototxt``, its structure, and ``chainer_model.caffemodel``, its parameters.

    The model is called once, in test mode, and what it does is written. These functions can be written: average and
    max pooling, batch normalization, concat, convolution and deconvolution in two dimensions, leaky ReLU, linear, local
    response normalization, ReLU, reshape, sigmoid, softmax, and sums. Names of layers are those of the functions, with
    their rank and number, as in ``ReLU-2-1``; the input is ``data``. Caffe rounds the output size of pooling up.

    Args:
        model: The model.
        args: Its argument: one variable, in a list.
        directory: Folder to write to. ``None`` writes nothing, which shows whether the model can be exported.
        export_params: Whether to write the parameters too.
        graph_name: Name of the network.

    Raises:
        TypeError: ``args`` is not a list or tuple of variables.
        ValueError: There is not one argument, or the model does what Caffe cannot.
    """
    if not isinstance(args, list | tuple) or not all(isinstance(arg, Variable) for arg in args):
        raise TypeError("args must be a list or tuple of chainer.Variable")
    if len(args) != 1:
        raise ValueError(f"args must hold one variable, the only input, got {len(args)}")
    with using_config("train", False), force_backprop_mode(), _Recorder() as recorder:
        output = model(*args)
    outputs = output if isinstance(output, list | tuple) else (output,)
    layers = list(_layers(args[0], outputs, recorder.in_data))
    if directory is None:
        return
    structure = [{key: value for key, value in layer.items() if key != "blobs"} for layer in layers]
    prototxt = "".join([f"name: {json.dumps(graph_name)}\n", *_text({"layer": structure}, "")])
    with replacing(os.path.join(directory, "chainer_model.prototxt")) as path:
        path.write_text(prototxt, encoding="utf-8")
    if export_params:
        with replacing(os.path.join(directory, "chainer_model.caffemodel")) as path:
            path.write_bytes(encode(NET, {"name": graph_name, "layer": layers}))


class _Recorder(FunctionHook):
    """Keeps the input arrays of all functions, which they themselves may let go."""

    name = "CaffeExport"

    def __init__(self) -> None:
        self.in_data: dict[FunctionNode, Arrays] = {}

    def forward_postprocess(self, function: FunctionNode, in_data: Arrays) -> None:
        self.in_data[function] = in_data


def _layers(x: Variable, outputs: Sequence[Variable], in_data: Mapping[FunctionNode, Arrays]) -> Iterator[Layer]:
    """Layers of the network, those of lower rank first."""
    yield {"name": "data", "type": "Input", "top": ["data"], "input_param": {"shape": [{"dim": x.shape}]}}
    reachable = _ancestors(outputs)
    functions = sorted((function for function in in_data if function in reachable), key=lambda f: f.rank)
    names = {id(x.node): "data"}
    numbers: Counter[tuple[str, int]] = Counter()
    for function in functions:
        label, rank = function.label, function.rank
        convert = _CONVERTERS.get(label)
        if convert is None:
            raise ValueError(f"the model cannot be written for Caffe: it calls {label}, which is none of what can be")
        numbers[label, rank] += 1
        name = f"{label}-{rank}-{numbers[label, rank]}"
        assert function.inputs is not None and function.outputs is not None
        bottom = [names[id(node)] for node in function.inputs if id(node) in names]
        yield from convert(function, in_data[function], {"name": name, "bottom": bottom, "top": [name]})
        for reference in function.outputs:
            names[id(reference())] = name


def _ancestors(outputs: Sequence[Variable]) -> set[FunctionNode]:
    waiting = [output.creator_node for output in outputs]
    found: set[FunctionNode] = set()
    while waiting:
        function = waiting.pop()
        if function is not None and function not in found:
            found.add(function)
            waiting += [node.creator_node for node in function.inputs or ()]
    return found


def _text(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    """A message in the text format of Protocol Buffers."""
    for name, value in values.items():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, Mapping):
                yield f"{indent}{name} {{\n"
                yield from _text(item, indent + "  ")
                yield f"{indent}}}\n"
            else:
                # JSON writes strings, numbers, true and false as the text format does.
                yield f"{indent}{name}: {json.dumps(item)}\n"


def _blob(array: NdArray) -> dict[str, Any]:
    return {"shape": {"dim": array.shape}, "data": cuda.to_cpu(array).astype(numpy.float32).ravel()}


def _simple(type_name: str) -> Callable[[Any, Arrays, Layer], Iterator[Layer]]:
    def convert(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
        yield {"type": type_name, **layer}

    return convert


def _convolution(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    W, *bias = in_data[1:]
    is_transposed = function.label == "Deconvolution2DFunction"
    param = {
        "num_output": W.shape[1] * function.groups if is_transposed else W.shape[0],
        "bias_term": bool(bias),
        "pad_h": function.ph,
        "pad_w": function.pw,
        "kernel_h": W.shape[2],
        "kernel_w": W.shape[3],
        "stride_h": function.sy,
        "stride_w": function.sx,
        "group": function.groups,
    }
    if (function.dy, function.dx) != (1, 1):
        param["dilation"] = [function.dy, function.dx]
    yield {
        "type": "Deconvolution" if is_transposed else "Convolution",
        **layer,
        "convolution_param": param,
        "blobs": [_blob(array) for array in (W, *bias)],
    }


def _linear(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    W, *bias = in_data[1:]
    yield {
        "type": "InnerProduct",
        **layer,
        "inner_product_param": {"num_output": W.shape[0], "bias_term": bool(bias)},
        "blobs": [_blob(array) for array in (W, *bias)],
    }


def _pooling(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    (kernel_h, kernel_w), (stride_h, stride_w), (pad_h, pad_w) = function.ksize, function.stride, function.pad
    param = {
        "pool": 0 if function.label == "MaxPoolingND" else 1,
        "pad_h": pad_h,
        "pad_w": pad_w,
        "kernel_h": kernel_h,
        "kernel_w": kernel_w,
        "stride_h": stride_h,
        "stride_w": stride_w,
    }
    yield {"type": "Pooling", **layer, "pooling_param": param}


def _local_response_normalization(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    param = {
        "norm_region": 0,
        "local_size": function.n,
        "k": float(function.k),
        "alpha": float(function.alpha * function.n),  # Caffe divides it by the number of channels it sums over
        "beta": float(function.beta),
    }
    yield {"type": "LRN", **layer, "lrn_param": param}


def _batch_normalization(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    _, gamma, beta, mean, var = in_data
    middle = f"{layer['name']}_bn"
    yield {
        "type": "BatchNorm",
        **layer,
        "name": middle,
        "top": [middle],
        "batch_norm_param": {"use_global_stats": True, "eps": float(function.eps)},
        "blobs": [_blob(mean), _blob(var), _blob(numpy.ones(1))],
    }
    yield {
        "type": "Scale",
        **layer,
        "bottom": [middle],
        "scale_param": {"axis": 1, "bias_term": True},
        "blobs": [_blob(gamma), _blob(beta)],
    }


def _leaky_relu(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    yield {"type": "ReLU", **layer, "relu_param": {"negative_slope": float(function.negative_slope)}}


def _concat(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    yield {"type": "Concat", **layer, "concat_param": {"axis": function.axis}}


def _reshape(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    yield {"type": "Reshape", **layer, "reshape_param": {"shape": {"dim": list(function.shape)}}}


def _softmax(function: Any, in_data: Arrays, layer: Layer) -> Iterator[Layer]:
    if function.axis == 1:
        yield {"type": "Softmax", **layer}
    else:
        yield {"type": "Softmax", **layer, "softmax_param": {"axis": function.axis}}


_CONVERTERS: dict[str, Callable[[Any, Arrays, Layer], Iterator[Layer]]] = {
    "AveragePooling2D": _pooling,
    "Concat": _concat,
    "Convolution2DFunction": _convolution,
    "Deconvolution2DFunction": _convolution,
    "FixedBatchNormalization": _batch_normalization,
    "LeakyReLU": _leaky_relu,
    "LinearFunction": _linear,
    "LocalResponseNormalization": _local_response_normalization,
    "MaxPoolingND": _pooling,
    "MultiAdd": _simple("Eltwise"),
    "ReLU": _simple("ReLU"),
    "Reshape": _reshape,
    "Sigmoid": _simple("Sigmoid"),
    "Softmax": _softmax,
    "_ + _": _simple("Eltwise"),
}
