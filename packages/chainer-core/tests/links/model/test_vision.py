"""Image classifiers with published weights."""

import os

import chainer
import chainer.links as L
import numpy as np
import pytest
from chainer.links.model.vision import _pretrained, googlenet, resnet, vgg
from chainer.serializers import save_npz
from PIL import Image


@pytest.fixture
def zeros(tmp_path, monkeypatch):
    """A file to make models of: it leaves them the zeros they start with, where random weights take seconds to draw."""
    monkeypatch.setattr("chainer.serializers.npz.load_npz", lambda path, model: None)
    return os.fspath(tmp_path / "zeros.npz")


def n_values(model):
    target = {}
    chainer.serializers.DictionarySerializer(target).save(model)
    return len(target), sum(np.asarray(value).size for value in target.values())


@pytest.mark.parametrize(
    "cls, keys, values",
    [
        (L.GoogLeNet, 128, 13378280),
        (L.ResNet50Layers, 321, 25610269),
        (L.ResNet101Layers, 627, None),
        (L.ResNet152Layers, 933, None),
        pytest.param(L.VGG16Layers, 32, 138357544, marks=pytest.mark.slow),
        pytest.param(L.VGG19Layers, 38, 143667240, marks=pytest.mark.slow),
    ],
)
def test_keys_of_published_files(zeros, cls, keys, values):
    found_keys, found_values = n_values(cls(zeros))
    assert found_keys == keys
    if values is not None:
        assert found_values == values


def test_layers(zeros):
    assert L.VGG16Layers(zeros).available_layers[-6:] == ["conv5_3", "pool5", "fc6", "fc7", "fc8", "prob"]
    assert L.ResNet50Layers(zeros).available_layers == [
        "conv1", "pool1", "res2", "res3", "res4", "res5", "pool5", "fc6", "prob",
    ]  # fmt: skip
    assert L.GoogLeNet(zeros).available_layers[-5:] == ["pool5", "loss3_fc", "prob", "loss1_fc2", "loss2_fc2"]


def image(height=40, width=50):
    return np.random.RandomState(0).randint(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.slow
def test_googlenet():
    np.random.seed(0)
    model = L.GoogLeNet(None)
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        outputs = model.extract([image()], layers=["pool5", "loss1_fc2", "loss2_fc2", "prob"])
    assert {name: y.shape for name, y in outputs.items()} == {
        "pool5": (1, 1024, 1, 1),
        "prob": (1, 1000),
        "loss1_fc2": (1, 1000),
        "loss2_fc2": (1, 1000),
    }
    probabilities = model.predict([image(), image(50, 40)], oversample=False)
    np.testing.assert_allclose(probabilities.array.sum(axis=1), 1, rtol=1e-5)
    assert probabilities.creator is None


def test_resnet_on_a_small_image():
    model = L.ResNet50Layers(None, downsample_fb=True)
    assert (model.res3.a.conv1.stride, model.res3.a.conv2.stride) == ((1, 1), (2, 2))
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        outputs = model.extract([image()], layers=["res2", "pool5"], size=(64, 32))
    assert {name: y.shape for name, y in outputs.items()} == {"res2": (1, 256, 8, 16), "pool5": (1, 2048)}
    model.res2.forward = None  # layers behind those asked for are not computed
    with chainer.using_config("train", False):
        assert set(model(np.zeros((1, 3, 32, 32), "f"), layers=["pool1"])) == {"pool1"}


def test_first_layers_of_vgg(zeros):
    model = L.VGG16Layers(zeros)
    model.conv1_1.W.array[:, :, 1, 1] = 1
    x = np.ones((1, 3, 8, 8), "f")
    outputs = model(x, layers=["conv1_1", "pool1"])
    np.testing.assert_allclose(outputs["conv1_1"].array, 3)
    assert outputs["pool1"].shape == (1, 64, 4, 4)


MEANS = {vgg: (103.939, 116.779, 123.68), resnet: (103.063, 115.903, 123.152), googlenet: (104.0, 117.0, 123.0)}


@pytest.mark.parametrize("module", MEANS, ids=lambda module: module.__name__.split(".")[-1])
def test_prepare(module):
    pixels = image()
    expected = pixels[:, :, ::-1].transpose(2, 0, 1) - np.array(MEANS[module], "f")[:, None, None]
    gray = pixels[None, :, :, 0] - np.array(MEANS[module], "f")[:, None, None]
    for given in (pixels, pixels.transpose(2, 0, 1), pixels.astype("f"), Image.fromarray(pixels)):
        prepared = module.prepare(given, size=None)
        assert prepared.dtype == np.float32
        np.testing.assert_allclose(prepared, expected, rtol=1e-5, atol=1e-4)
    for given in (pixels[:, :, 0], pixels[None, :, :, 0], pixels[:, :, :1]):
        np.testing.assert_allclose(module.prepare(given, size=None), gray, rtol=1e-5, atol=1e-4)
    assert module.prepare(pixels).shape == (3, 224, 224)
    assert module.prepare(pixels, size=(20, 30)).shape == (3, 30, 20)
    with pytest.raises(TypeError, match=r"PIL\.Image or an array"):
        module.prepare("cat.jpg")


@pytest.fixture
def dataset_root(tmp_path):
    before = chainer.dataset.get_dataset_root()
    chainer.dataset.set_dataset_root(tmp_path)
    yield tmp_path
    chainer.dataset.set_dataset_root(before)


def test_missing_weights_name_file_and_address(dataset_root):
    with pytest.raises(OSError, match="KaimingHe/deep-residual-networks") as error:
        L.ResNet50Layers()
    folder = dataset_root / "pfnet/chainer/models"
    assert str(folder / "ResNet-50-model.npz") in str(error.value)
    assert str(folder / "ResNet-50-model.caffemodel") in str(error.value)


def test_weights_that_cannot_be_downloaded(dataset_root, monkeypatch):
    def fail(url):
        raise OSError("no network")

    monkeypatch.setattr(_pretrained, "cached_download", fail)
    with pytest.raises(OSError, match=r"no network.*bvlc_googlenet\.npz.*dl\.caffe\.berkeleyvision\.org"):
        L.GoogLeNet()


def test_caffemodel_that_is_there_is_converted_once(dataset_root, monkeypatch):
    folder = dataset_root / "pfnet/chainer/models"
    folder.mkdir(parents=True)
    (folder / "bvlc_googlenet.caffemodel").touch()
    converted = []
    monkeypatch.setattr(L.GoogLeNet, "_copy_from_caffemodel", lambda self, path: converted.append(path))
    for _ in range(2):
        L.GoogLeNet()
    assert converted == [str(folder / "bvlc_googlenet.caffemodel")]


def test_published_weights_are_found(dataset_root):
    np.random.seed(0)
    saved = L.GoogLeNet(None)
    folder = dataset_root / "pfnet/chainer/models"
    folder.mkdir(parents=True)
    save_npz(folder / "bvlc_googlenet.npz", saved, compression=False)
    for given in ("auto", folder / "bvlc_googlenet.npz"):
        np.testing.assert_array_equal(L.GoogLeNet(given).inc4c.conv3.W.array, saved.inc4c.conv3.W.array)


class FakeCaffe:
    """Stands for a model of Caffe: each layer has all a layer may have, filled with a number of its own."""

    def __init__(self):
        self.asked = {}

    def __getitem__(self, name):
        self.asked.setdefault(name, len(self.asked) + 1)
        return FakeLayer(self.asked[name])


class FakeLayer:
    def __init__(self, number):
        self.W = self.b = self.bias = self
        self.array = FakeArray(number)
        self.avg_mean = self.avg_var = np.array(number)


class FakeArray:
    def __init__(self, number):
        self.number = number

    def reshape(self, shape):
        return np.full(shape, self.number, "f")


@pytest.mark.parametrize(
    "make, n_layers, some",
    [
        (lambda file: L.VGG16Layers(file), 16, {"conv1_1", "conv5_3", "fc8"}),
        (lambda file: L.GoogLeNet(file), 64, {"conv1/7x7_s2", "inception_4c/5x5_reduce", "loss3/classifier"}),
        # Convolutions and affine maps, and two layers of normalization for each convolution.
        (lambda file: L.ResNet50Layers(file), 54 + 2 * 53, {"res3d_branch2c", "bn2a_branch1", "scale5c_branch2b"}),
        (lambda file: L.ResNet152Layers(file), 156 + 2 * 155, {"res3b7_branch2c", "bn4b35_branch2a", "res5c_branch2c"}),
    ],
    ids=["VGG16Layers", "GoogLeNet", "ResNet50Layers", "ResNet152Layers"],
)
def test_all_parameters_come_from_the_caffe_model(zeros, make, n_layers, some):
    model = make(zeros)
    caffe = FakeCaffe()
    model._copy_from_caffe(caffe)
    assert len(caffe.asked) == n_layers
    assert some <= set(caffe.asked)
    assert all((param.array > 0).all() for param in model.params())


@pytest.mark.parametrize("cls", [L.GoogLeNet, L.ResNet50Layers, pytest.param(L.VGG16Layers, marks=pytest.mark.slow)])
def test_convert_caffemodel_to_npz(tmp_path, monkeypatch, cls):
    def fill(model, path):
        next(model.params()).array.fill(3)

    monkeypatch.setattr("chainer.links.model.vision._classifier.ImageClassifier._copy_from_caffemodel", fill)
    cls.convert_caffemodel_to_npz(tmp_path / "net.caffemodel", tmp_path / "net.npz")
    model = cls(tmp_path / "net.npz")
    np.testing.assert_array_equal(next(model.params()).array, 3)


def test_refuses(zeros):
    model = L.ResNet50Layers(zeros)
    x = np.zeros((1, 3, 32, 32), "f")
    with pytest.raises(ValueError, match="layers must be some of conv1, .*, got fc8"):
        model(x, layers=["fc8"])
    with pytest.raises(ValueError, match="using_config"):
        model(x, test=True)
    with pytest.raises(ValueError, match="no_backprop_mode"):
        model.extract([image()], volatile=True)
    with pytest.raises(ValueError, match="at least one image"):
        model.extract([])
    with pytest.raises(ValueError, match="50, 101 or 152"):
        resnet.ResNetLayers(None, 18)
    with pytest.raises(ValueError, match="16 or 19"):
        vgg.VGGLayers(None, 11)
    with pytest.raises(FileNotFoundError):
        resnet.ResNetLayers("nothing.caffemodel", 50)
