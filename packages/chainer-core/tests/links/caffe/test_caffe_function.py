"""Models of Caffe as links."""

import pickle

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.links.caffe import CaffeFunction
from chainer.links.caffe._schema import NET
from chainer.links.caffe._wire import decode, encode


def floats(*shape, seed=0):
    return np.random.RandomState(seed).rand(*shape).astype("f")


X = floats(2, 4, 8, 8)


def blob(array):
    return {"shape": {"dim": array.shape}, "data": array.ravel()}


def write(path, *layers, old=False):
    path.write_bytes(encode(NET, {"name": "net", "layers" if old else "layer": layers}))
    return path


def layer(type_name, *, bottom=("data",), top=("out",), **params):
    return {"name": "layer", "type": type_name, "bottom": bottom, "top": top, **params}


W, DEEP, MATRIX, B = floats(6, 4, 3, 2), floats(4, 3, 2, 2), floats(5, 256), floats(6)

LAYERS = {
    "convolution": (
        layer(
            "Convolution",
            convolution_param={
                "num_output": 6,
                "kernel_h": 3,
                "kernel_w": 2,
                "stride": [2],
                "pad": [1, 0],
                "dilation": [2],
            },
            blobs=[blob(W), blob(B)],
        ),
        lambda x: F.convolution_2d(x, W, B, stride=2, pad=(1, 0), dilate=2),
    ),
    "convolution of groups": (
        layer(
            "Convolution",
            convolution_param={"num_output": 6, "kernel_size": [3, 2], "group": 2, "bias_term": False},
            blobs=[blob(W[:, :2])],
        ),
        lambda x: F.convolution_2d(x, W[:, :2], groups=2),
    ),
    "deconvolution": (
        layer(
            "Deconvolution",
            convolution_param={"num_output": 6, "kernel_size": [2], "group": 2, "stride_h": 2, "stride_w": 1},
            blobs=[blob(DEEP), blob(B)],
        ),
        lambda x: F.deconvolution_2d(chainer.as_variable(x), DEEP, B, stride=(2, 1), groups=2),
    ),
    "inner product": (
        layer("InnerProduct", inner_product_param={"num_output": 5, "bias_term": False}, blobs=[blob(MATRIX)]),
        lambda x: F.linear(x, MATRIX),
    ),
    "transposed inner product": (
        layer(
            "InnerProduct",
            inner_product_param={"num_output": 5, "bias_term": False, "transpose": True},
            blobs=[blob(MATRIX.T)],
        ),
        lambda x: F.linear(x, MATRIX),
    ),
    "max pooling": (
        layer("Pooling", pooling_param={"pool": 0, "kernel_size": 3, "stride": 2, "pad": 1}),
        lambda x: F.max_pooling_2d(x, 3, 2, 1),
    ),
    "average pooling": (
        layer("Pooling", pooling_param={"pool": 1, "kernel_h": 3, "kernel_w": 2, "stride_h": 2, "stride_w": 1}),
        lambda x: F.average_pooling_2d(x, (3, 2), (2, 1)),
    ),
    "global pooling": (
        layer("Pooling", pooling_param={"pool": 1, "global_pooling": True}),
        lambda x: F.average_pooling_2d(x, 8),
    ),
    "relu": (layer("ReLU"), F.relu),
    "leaky relu": (layer("ReLU", relu_param={"negative_slope": 0.5}), lambda x: F.leaky_relu(x, 0.5)),
    "lrn": (
        layer("LRN", lrn_param={"local_size": 3, "alpha": 0.3, "k": 2.0}),
        lambda x: F.local_response_normalization(x, 3, 2, 0.1, 0.75),
    ),
    "batch norm": (
        layer("BatchNorm", blobs=[blob(B[:4]), blob(B[:4] + 1), blob(np.array([2.0]))], batch_norm_param={"eps": 1e-3}),
        lambda x: (x - B[:4, None, None] / 2) / np.sqrt((B[:4, None, None] + 1) / 2 + 1e-3),
    ),
    "scale": (
        layer("Scale", blobs=[blob(B[:4]), blob(B[1:5])], scale_param={"bias_term": True}),
        lambda x: x * B[:4, None, None] + B[1:5, None, None],
    ),
    "scale by a blob": (layer("Scale", bottom=("data", "data"), scale_param={"axis": 0}), lambda x: x * x),
    "sum": (layer("Eltwise", bottom=("data", "data")), lambda x: x + x),
    "weighted sum": (
        layer("Eltwise", bottom=("data", "data"), eltwise_param={"coeff": [3, -1]}),
        lambda x: 3 * x - x,
    ),
    "product": (layer("Eltwise", bottom=("data", "data"), eltwise_param={"operation": 0}), lambda x: x * x),
    "maximum": (layer("Eltwise", bottom=("data", "data"), eltwise_param={"operation": 2}), lambda x: x),
    "concat": (
        layer("Concat", bottom=("data", "data"), concat_param={"axis": 2}),
        lambda x: np.concatenate([x, x], axis=2),
    ),
    "slice": (layer("Slice", top=("other", "out"), slice_param={"slice_point": [1]}), lambda x: x[:, 1:]),
    "reshape": (
        layer("Reshape", reshape_param={"shape": {"dim": [0, 2, -1]}}),
        lambda x: x.reshape(2, 2, -1),
    ),
    "softmax": (layer("Softmax", softmax_param={"axis": 2}), lambda x: F.softmax(x, axis=2)),
    "sigmoid": (layer("Sigmoid"), F.sigmoid),
    "dropout": (layer("Dropout"), lambda x: x),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(tmp_path, name):
    definition, expected = LAYERS[name]
    net = CaffeFunction(write(tmp_path / "net.caffemodel", definition))
    for loaded in (net, net.copy("copy"), pickle.loads(pickle.dumps(net))):
        with chainer.using_config("train", False):
            (y,) = loaded(inputs={"data": X}, outputs=["out"])
        np.testing.assert_allclose(chainer.as_array(y), chainer.as_array(expected(X)), rtol=1e-4, atol=1e-5)


def test_softmax_with_loss(tmp_path):
    definition = layer("SoftmaxWithLoss", bottom=("data", "label"))
    net = CaffeFunction(write(tmp_path / "net.caffemodel", definition))
    x, t = floats(3, 4), np.array([0, 3, 1], "i")
    (loss,) = net(inputs={"data": x, "label": t}, outputs=["out"])
    np.testing.assert_allclose(loss.array, F.softmax_cross_entropy(x, t).array)


def test_global_statistics_are_used_in_training_too(tmp_path):
    definition = layer(
        "BatchNorm",
        blobs=[blob(B[:4]), blob(B[:4] + 1), blob(np.ones(1))],
        batch_norm_param={"use_global_stats": True},
    )
    net = CaffeFunction(write(tmp_path / "net.caffemodel", definition))
    (y,) = net(inputs={"data": X}, outputs=["out"])
    np.testing.assert_allclose(y.array, (X - B[:4, None, None]) / np.sqrt(B[:4, None, None] + 1 + 1e-5), rtol=1e-4)
    np.testing.assert_array_equal(net["layer"].avg_mean, B[:4])


def test_old_models(tmp_path):
    array = floats(1, 1, 5, 256)
    old_blob = {"num": 1, "channels": 1, "height": 5, "width": 256, "data": array.ravel()}
    layers = [
        {"name": "data", "type": 5, "top": ["data"]},
        {"name": "split", "type": 22, "bottom": ["data"], "top": ["a", "b"]},
        {
            "name": "fc",
            "type": 14,
            "bottom": ["b"],
            "top": ["fc"],
            "inner_product_param": {"bias_term": False},
            "blobs": [old_blob],
        },
        {"name": "relu", "type": 18, "bottom": ["fc"], "top": ["fc"]},
    ]
    net = CaffeFunction(write(tmp_path / "net.caffemodel", *layers, old=True))
    assert net.layers == [("fc", ["data"], ["fc"]), ("relu", ["fc"], ["fc"])]
    (y, a) = net(inputs={"data": X}, outputs=["fc", "a"])
    np.testing.assert_allclose(y.array, F.linear(X, array[0, 0]).array, rtol=1e-5)
    assert a is X


def test_layers_may_be_disabled(tmp_path):
    relu = layer("ReLU", bottom=("data",), top=("data",))
    net = CaffeFunction(write(tmp_path / "net.caffemodel", relu))
    (y,) = net(inputs={"data": -X}, outputs=["data"], disable=["layer"])
    assert y is not None and (chainer.as_array(y) <= 0).all()


def test_unknown_layers_are_passed_over(tmp_path):
    path = write(tmp_path / "net.caffemodel", layer("SPP"), layer("ReLU"))
    with pytest.warns(RuntimeWarning, match="'layer' is passed over.*SPP"):
        net = CaffeFunction(path)
    assert [name for name, _, _ in net.layers] == ["layer"]


@pytest.mark.parametrize(
    "definition, message",
    [
        (layer("Pooling", pooling_param={"pool": 2}), "stochastic"),
        (layer("LRN", lrn_param={"norm_region": 1}), "within channels"),
        (layer("InnerProduct", inner_product_param={"axis": 2}), "axis 2"),
        (layer("Reshape", reshape_param={"axis": 1}), "some axes"),
    ],
)
def test_refuses_what_is_not_supported(tmp_path, definition, message):
    with pytest.raises(RuntimeError, match=message):
        CaffeFunction(write(tmp_path / "net.caffemodel", definition))


def test_refuses_missing_blobs(tmp_path):
    net = CaffeFunction(write(tmp_path / "net.caffemodel", layer("ReLU")))
    with pytest.raises(KeyError, match="out cannot be computed from label"):
        net(inputs={"label": X}, outputs=["out"])
    with pytest.raises(ValueError, match="using_config"):
        net(inputs={"data": X}, outputs=["out"], train=True)


@pytest.mark.parametrize("content", [b"", b"no model of Caffe at all", b"\xa2\x06\x7f\x00", b"\xff" * 20, b"\x0b"])
def test_refuses_other_files(tmp_path, content):
    path = tmp_path / "other.caffemodel"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.caffemodel is not a model of Caffe"):
        CaffeFunction(path)


def test_messages_survive_the_wire():
    values = {
        "name": "größe",
        "layer": [
            layer("Reshape", reshape_param={"shape": {"dim": [0, -1, 1 << 40]}, "axis": -2}),
            layer("Eltwise", eltwise_param={"coeff": [0.5, -1.5], "operation": 1}),
            layer("Scale", scale_param={"bias_term": True}, blobs=[blob(B)]),
        ],
    }
    net = decode(NET, memoryview(encode(NET, values)))
    assert net.name == "größe"
    assert [item.type for item in net.layer] == ["Reshape", "Eltwise", "Scale"]
    assert net.layer[0].reshape_param.shape.dim == [0, -1, 1 << 40]
    assert net.layer[0].reshape_param.axis == -2
    assert net.layer[1].eltwise_param.coeff == [0.5, -1.5]
    assert net.layer[2].scale_param.bias_term is True
    np.testing.assert_array_equal(net.layer[2].blobs[0].data, B)
    assert net.layer[0].blobs == [] and net.layer[0].pooling_param.stride == 1  # defaults
    with pytest.raises(AttributeError, match="color"):
        net.color  # noqa: B018
    with pytest.raises(KeyError):
        encode(NET, {"color": 1})
