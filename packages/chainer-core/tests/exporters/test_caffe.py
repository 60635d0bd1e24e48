"""Models for Caffe."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer.exporters import caffe
from chainer.links.caffe import CaffeFunction

X = np.random.RandomState(0).rand(2, 4, 8, 8).astype("f")


class Model(chainer.Chain):
    def __init__(self, function, **links):
        super().__init__(**links)
        self.function = function

    def forward(self, *xs):
        return self.function(self, *xs)


def normalization():
    link = L.BatchNormalization(4, initial_gamma=chainer.initializers.Normal(1), initial_avg_mean=0.5)
    link.avg_var[...] = [1, 2, 3, 4]
    return link


MODELS = {
    "convolution": lambda: Model(lambda m, x: m.c(x), c=L.Convolution2D(4, 6, (3, 2), stride=(2, 1), pad=1, groups=2)),
    "dilated convolution": lambda: Model(lambda m, x: m.c(x), c=L.Convolution2D(4, 6, 3, nobias=True, dilate=2)),
    "deconvolution": lambda: Model(lambda m, x: m.c(x), c=L.Deconvolution2D(4, 6, 3, stride=2, groups=2)),
    "linear": lambda: Model(lambda m, x: m.c(x), c=L.Linear(256, 5)),
    "linear without bias": lambda: Model(lambda m, x: m.c(x), c=L.Linear(256, 5, nobias=True)),
    "batch normalization": lambda: Model(lambda m, x: m.c(x), c=normalization()),
    "max pooling": lambda: Model(lambda m, x: F.max_pooling_2d(x, (3, 2), stride=2, pad=1)),
    "average pooling": lambda: Model(lambda m, x: F.average_pooling_2d(x, 2)),
    "local response normalization": lambda: Model(lambda m, x: F.local_response_normalization(x, n=3, alpha=0.1)),
    "relu": lambda: Model(lambda m, x: F.relu(x)),
    "leaky relu": lambda: Model(lambda m, x: F.leaky_relu(x, 0.1)),
    "sigmoid": lambda: Model(lambda m, x: F.sigmoid(x)),
    "softmax": lambda: Model(lambda m, x: F.softmax(x)),
    "softmax of another axis": lambda: Model(lambda m, x: F.softmax(x, axis=2)),
    "concat": lambda: Model(lambda m, x: F.concat([x, F.relu(x)])),
    "sum": lambda: Model(lambda m, x: F.add(F.relu(x), F.sigmoid(x), x)),
    "reshape": lambda: Model(lambda m, x: F.reshape(x, (2, -1))),
    "dropout": lambda: Model(lambda m, x: F.relu(F.dropout(x))),
    "network": lambda: Model(
        lambda m, x: F.softmax(m.b(F.relu(m.a(F.max_pooling_2d(F.relu(m.n(m.c(x))), 2))))),
        c=L.Convolution2D(4, 4, 3, pad=1),
        n=normalization(),
        a=L.Linear(64, 7),
        b=L.Linear(7, 3),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_exported_model_computes_the_same(tmp_path, name):
    model = MODELS[name]()
    caffe.export(model, [chainer.Variable(X)], tmp_path)
    net = CaffeFunction(tmp_path / "chainer_model.caffemodel")
    with chainer.using_config("train", False):
        (y,) = net(inputs={"data": X}, outputs=[net.layers[-1][2][0]])
        np.testing.assert_allclose(y.array, model(X).array, rtol=1e-4, atol=1e-6)


def test_structure(tmp_path):
    def function(model, x):
        h = F.relu(x) + F.relu(x)
        return F.max_pooling_2d(h, (3, 2), stride=2)

    caffe.export(Model(function), [chainer.Variable(X)], tmp_path, export_params=False, graph_name="Net")
    text = (tmp_path / "chainer_model.prototxt").read_text()
    assert text.startswith('name: "Net"\nlayer {\n  name: "data"\n  type: "Input"\n')
    # Names of chainer 7.8.1.
    for name in ("ReLU-0-1", "ReLU-0-2", "_ + _-1-1", "MaxPoolingND-2-1"):
        assert f'  name: "{name}"\n' in text
    assert '  bottom: "ReLU-0-1"\n  bottom: "ReLU-0-2"\n' in text
    assert "    kernel_h: 3\n    kernel_w: 2\n" in text
    assert not (tmp_path / "chainer_model.caffemodel").exists()


def test_only_what_leads_to_the_output_is_written(tmp_path):
    def function(model, x):
        F.tanh(x)  # not for Caffe, and not used
        return F.relu(x), F.sigmoid(x)

    caffe.export(Model(function), [chainer.Variable(X)], tmp_path)
    net = CaffeFunction(tmp_path / "chainer_model.caffemodel")
    assert [name for name, _, _ in net.layers] == ["ReLU-0-1", "Sigmoid-0-1"]


def test_nothing_is_written_without_a_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    caffe.export(MODELS["network"](), [chainer.Variable(X)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "function, args, error, message",
    [
        (lambda m, x: F.tanh(x), [chainer.Variable(X)], ValueError, "it calls Tanh"),
        (lambda m, x: F.relu(x), [X], TypeError, "list or tuple of chainer.Variable"),
        (lambda m, x: F.relu(x), chainer.Variable(X), TypeError, "list or tuple"),
        (lambda m, x, y: F.relu(x), [chainer.Variable(X)] * 2, ValueError, "one variable"),
    ],
)
def test_refuses(tmp_path, function, args, error, message):
    with pytest.raises(error, match=message):
        caffe.export(Model(function), args, tmp_path)
    assert list(tmp_path.iterdir()) == []
