"""The data sets that are downloaded, from tiny files of the same formats in a folder that plays the mirror."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile

import numpy as np
import pytest
import scipy.io
from chainer import datasets
from chainer.dataset import _sources, download
from chainer.datasets._idx import read_idx_gz

RNG = np.random.RandomState(0)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder that serves every data set; returns a function that puts a file there."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    prefixes = {url.rpartition("/")[0] + "/" for url in _sources._DIGESTS}
    monkeypatch.setattr(_sources, "_mirrors", dict.fromkeys(prefixes, (f"file://{folder}/",)))
    monkeypatch.setattr(_sources, "_DIGESTS", {})
    monkeypatch.setattr(download, "_dataset_root", str(tmp_path / "root"))

    def put(name, content):
        (folder / name).write_bytes(content)

    return put


def idx(array):
    return gzip.compress(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


def put_mnist(mirror):
    parts = {}
    for part, n in (("train", 6), ("t10k", 4)):
        x, y = RNG.randint(0, 256, (n, 28, 28), "u1"), np.arange(n, dtype="u1")
        mirror(f"{part}-images-idx3-ubyte.gz", idx(x))
        mirror(f"{part}-labels-idx1-ubyte.gz", idx(y))
        parts[part] = x, y
    return parts["train"], parts["t10k"]


MNIST_LIKE = [datasets.get_mnist, datasets.get_fashion_mnist, datasets.get_kuzushiji_mnist]


@pytest.mark.parametrize("get", MNIST_LIKE)
@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (784,)),
        ({"ndim": 2}, (28, 28)),
        ({"ndim": 3}, (1, 28, 28)),
        ({"ndim": 3, "rgb_format": True}, (3, 28, 28)),
        ({"ndim": 2, "rgb_format": True}, (28, 28)),
    ],
)
def test_mnist_and_its_heirs(mirror, get, options, shape):
    raw = put_mnist(mirror)
    for _ in range(2):  # from the downloaded files, then from the cache
        for dataset, (x, y) in zip(get(**options), raw, strict=True):
            assert len(dataset) == len(x)
            for (image, label), pixels, number in zip(dataset[:], x, y):
                assert (image.shape, image.dtype, label, label.dtype) == (shape, np.float32, number, np.int32)
                expected = pixels.astype("f") * np.float32(1 / 255)
                expected = np.broadcast_to(expected, shape) if len(shape) == 3 else expected.reshape(shape)
                np.testing.assert_array_equal(image, expected)
        mirror("train-images-idx3-ubyte.gz", b"gone")


def test_mnist_options(mirror):
    (x, _), _ = put_mnist(mirror)
    images = datasets.get_mnist(withlabel=False, scale=255.0, dtype="float64")[0]
    np.testing.assert_array_equal(images, x.reshape(6, 784).astype("d"))
    assert datasets.get_mnist(label_dtype="int64")[0][0][1].dtype == np.int64
    assert datasets.get_mnist(dtype="float16")[0][0][0].dtype == np.float16
    with pytest.raises(ValueError, match="invalid ndim for MNIST dataset"):
        datasets.get_mnist(ndim=4)


def test_mnist_is_kept_where_it_was(mirror, tmp_path):
    """Files of chainer 7.8.1 are used."""
    folder = tmp_path / "root" / "pfnet" / "chainer" / "mnist"
    folder.mkdir(parents=True)
    for name in ("train", "test"):
        np.savez_compressed(folder / f"{name}.npz", x=np.full((2, 784), 255, "u1"), y=np.array([3, 4], "u1"))
    train, test = datasets.get_mnist()
    assert [label for _, label in train] == [label for _, label in test] == [3, 4]
    assert train[0][0].max() == 1.0


def test_a_cache_with_pickles_is_refused(mirror, tmp_path):
    folder = tmp_path / "root" / "pfnet" / "chainer" / "mnist"
    folder.mkdir(parents=True)
    np.savez_compressed(folder / "train.npz", x=np.array([print], object), y=np.zeros(1))
    with pytest.raises(ValueError, match="allow_pickle"):
        datasets.get_mnist()


IMAGE = np.zeros((2, 3, 4), "u1")


DAMAGED_IDX = {
    "foreign": (b"text", "no gzipped IDX file"),
    "cut off": (idx(IMAGE)[:-8], "no gzipped IDX file, or its end is missing"),
    "data cut off": (gzip.compress(gzip.decompress(idx(IMAGE))[:-1]), "ends 1 bytes too early"),
    "data too long": (gzip.compress(gzip.decompress(idx(IMAGE)) + b"x"), "holds more than it announces"),
    "head cut off": (gzip.compress(b"\0\0\x08"), "too early"),
    "wrong checksum": (idx(IMAGE)[:-8] + bytes(8), "CRC"),
    "axes": (idx(IMAGE[0]), "no IDX file of bytes with 3 axes"),
    "floats": (gzip.compress(b"\0\0\x0d\x03" + bytes(12)), "no IDX file of bytes with 3 axes"),
    "huge": (gzip.compress(struct.pack(">HBB3I", 0, 8, 3, *[1 << 20] * 3)), "announces 1152921504606846976 elements"),
}


@pytest.mark.parametrize("name", DAMAGED_IDX)
def test_damaged_idx_files_are_refused(tmp_path, name):
    content, match = DAMAGED_IDX[name]
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(ValueError, match=match):
        read_idx_gz(str(tmp_path / "f"), 3)
    (tmp_path / "f").write_bytes(idx(IMAGE))
    np.testing.assert_array_equal(read_idx_gz(str(tmp_path / "f"), 3), IMAGE)


def test_mnist_refuses_parts_that_do_not_fit(mirror):
    put_mnist(mirror)
    mirror("train-labels-idx1-ubyte.gz", idx(np.zeros(5, "u1")))
    with pytest.raises(ValueError, match="6 images and 5 labels"):
        datasets.get_mnist()


def archive(members):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def records(n, n_labels):
    return RNG.randint(0, 10, (n, n_labels), "u1"), RNG.randint(0, 256, (n, 3072), "u1")


def put_cifar(mirror, name):
    n_labels, train_names, test_name = {
        "cifar-10": (1, [f"data_batch_{i}.bin" for i in range(1, 6)], "test_batch.bin"),
        "cifar-100": (2, ["train.bin"], "test.bin"),
    }[name]
    parts = {file: records(2, n_labels) for file in [*train_names, test_name]}
    # Members need not be in order, and there are others.
    members = {f"{name}-binary/{file}": np.hstack(parts[file]).tobytes() for file in reversed(parts)}
    mirror(f"{name}-binary.tar.gz", archive(members | {f"{name}-binary/readme.html": b"read me"}))
    train = [parts[file] for file in train_names]
    return [
        (np.concatenate([x for _, x in part]), np.concatenate([y[:, -1] for y, _ in part]))
        for part in (train, [parts[test_name]])
    ]


CIFAR = {"cifar-10": datasets.get_cifar10, "cifar-100": datasets.get_cifar100}


@pytest.mark.parametrize("name", CIFAR)
@pytest.mark.parametrize(("options", "shape"), [({}, (3, 32, 32)), ({"ndim": 1}, (3072,))])
def test_cifar(mirror, name, options, shape):
    raw = put_cifar(mirror, name)
    for _ in range(2):
        for dataset, (x, y) in zip(CIFAR[name](scale=255.0, **options), raw, strict=True):
            assert len(dataset) == len(x)
            for (image, label), pixels, number in zip(dataset[:], x, y):
                assert (image.shape, image.dtype, label, label.dtype) == (shape, np.float32, number, np.int32)
                np.testing.assert_array_equal(image.ravel(), pixels)
        mirror(f"{name}-binary.tar.gz", b"gone")


def test_cifar_options(mirror):
    put_cifar(mirror, "cifar-10")
    train, test = datasets.get_cifar10(withlabel=False, dtype="float16")
    assert (train.shape, test.shape, train.dtype) == ((10, 3, 32, 32), (2, 3, 32, 32), np.float16)
    assert 0.9 < train.max() <= 1
    with pytest.raises(ValueError, match="invalid ndim for CIFAR dataset: expected one of 1, 3, got 2"):
        datasets.get_cifar10(ndim=2)


DAMAGED_ARCHIVES = {
    "foreign": (b"text", "no gzipped tar archive"),
    "member missing": (archive({"train.bin": bytes(3074)}), "does not hold test.bin"),
    "record cut off": (archive({"train.bin": bytes(3074), "test.bin": bytes(3075)}), "records of 3074 bytes"),
}


@pytest.mark.parametrize("name", DAMAGED_ARCHIVES)
def test_damaged_archives_are_refused(mirror, name):
    content, match = DAMAGED_ARCHIVES[name]
    mirror("cifar-100-binary.tar.gz", content)
    with pytest.raises(ValueError, match=match):
        datasets.get_cifar100()


def test_members_that_are_too_large_are_not_read(mirror, monkeypatch):
    monkeypatch.setattr(datasets.cifar, "_MAX_MEMBER", 3073)
    mirror("cifar-100-binary.tar.gz", archive({"train.bin": bytes(3074), "test.bin": bytes(3074)}))
    with pytest.raises(ValueError, match="train.bin is larger than 3073 bytes"):
        datasets.get_cifar100()


def test_an_archive_writes_nothing_outside(mirror, tmp_path):
    outside = str(tmp_path / "test.bin")
    mirror("cifar-100-binary.tar.gz", archive({"../../../train.bin": bytes(3074), outside: bytes(3074)}))
    train, test = datasets.get_cifar100()
    assert (len(train), len(test)) == (1, 1)
    assert {path.name for path in tmp_path.iterdir()} == {"mirror", "root"}
    assert not list(tmp_path.rglob("*.bin"))


def matlab(x, y):
    content = io.BytesIO()
    scipy.io.savemat(content, {"X": x, "y": y})
    return content.getvalue()


def test_svhn(mirror):
    raw = {part: RNG.randint(0, 256, (32, 32, 3, 4), "u1") for part in ("train", "test", "extra")}
    for part, x in raw.items():
        mirror(f"{part}_32x32.mat", matlab(x, np.array([[1], [2], [10], [9]], "u1")))
    for _ in range(2):
        parts = datasets.get_svhn(scale=255.0, add_extra=True)
        assert len(parts) == 3
        for dataset, x in zip(parts, raw.values()):
            assert [int(label) for _, label in dataset[:]] == [1, 2, 0, 9]
            for i, (image, _) in enumerate(dataset[:]):
                np.testing.assert_array_equal(image, x[..., i].transpose(2, 0, 1))
        mirror("train_32x32.mat", b"gone")
    train, test = datasets.get_svhn(withlabel=False)
    assert (train.shape, train.dtype, test.shape) == ((4, 3, 32, 32), np.float32, (4, 3, 32, 32))
    assert datasets.get_svhn(label_dtype="int64")[0][0][1].dtype == np.int64


DAMAGED_MATLAB = {
    "foreign": (b"text", "is no MATLAB file with X and y"),
    "shape": (matlab(np.zeros((8, 8, 3, 1), "u1"), np.zeros((1, 1))), r"expected bytes X \(32, 32, 3, B\)"),
}


@pytest.mark.parametrize("name", DAMAGED_MATLAB)
def test_damaged_matlab_files_are_refused(mirror, name):
    content, match = DAMAGED_MATLAB[name]
    mirror("train_32x32.mat", content)
    with pytest.raises(ValueError, match=match):
        datasets.get_svhn()


def test_ptb(mirror):
    mirror("ptb.train.txt", b" a b <unk> c \n d a \n")
    mirror("ptb.valid.txt", b" b e \n")
    mirror("ptb.test.txt", b" d \n c")
    for _ in range(2):
        train, valid, test = datasets.get_ptb_words()
        assert train.tolist() == [0, 1, 2, 3, 4, 5, 0, 4]
        assert valid.tolist() == [1, 6, 4]
        assert test.tolist() == [5, 4, 3, 4]
        assert {part.dtype for part in (train, valid, test)} == {np.dtype(np.int32)}
        vocabulary = datasets.get_ptb_words_vocabulary()
        assert vocabulary == {"a": 0, "b": 1, "<unk>": 2, "c": 3, "<eos>": 4, "d": 5, "e": 6}
        mirror("ptb.train.txt", b"gone")


def test_names_of_classes():
    assert len(datasets.get_fashion_mnist_labels()) == len(datasets.get_kuzushiji_mnist_labels()) == 10
    assert datasets.get_fashion_mnist_labels()[9] == "Ankle boot"
    assert datasets.get_kuzushiji_mnist_labels()[0] == ("o", "お")
