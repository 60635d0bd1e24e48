from __future__ import annotations

import pickle
import zipfile

import chainer
import numpy as np
import pytest
from chainer.datasets import (
    ImageDataset,
    LabeledImageDataset,
    LabeledZippedImageDataset,
    MultiZippedImageDataset,
    ZippedImageDataset,
)
from chainer.iterators import MultiprocessIterator, MultithreadIterator
from PIL import Image

RGB = np.random.RandomState(0).randint(0, 256, (4, 3, 3), "u1")
GRAY = RGB[..., 0]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(RGB).save("rgb.png")
    Image.fromarray(GRAY).save("gray.png")
    Image.fromarray(np.concatenate([RGB, GRAY[..., None]], 2)).save("rgba.png")
    Image.fromarray(GRAY > 127).save("binary.png")
    with zipfile.ZipFile("a.zip", "w") as file:
        file.mkdir("sub")
        file.write("rgb.png", "sub/rgb.png")
        file.write("gray.png")
    with zipfile.ZipFile("b.zip", "w") as file:
        file.write("rgba.png")
    return tmp_path


EXPECTED = {
    "rgb.png": RGB.transpose(2, 0, 1),
    "gray.png": GRAY[None],
    "rgba.png": np.concatenate([RGB.transpose(2, 0, 1), GRAY[None]]),
    "binary.png": (GRAY > 127)[None],
}


def assert_image(actual, name, dtype="float32"):
    assert actual.dtype == dtype
    np.testing.assert_array_equal(actual, EXPECTED[name].astype(dtype))


@pytest.mark.parametrize("name", EXPECTED)
def test_images_are_channels_height_width(folder, name):
    assert_image(ImageDataset([name])[0], name)


@pytest.mark.parametrize("dtype", ["float16", "float64", "uint8"])
def test_dtype(folder, dtype):
    assert_image(ImageDataset(["rgb.png"], dtype=dtype)[0], "rgb.png", dtype)
    assert_image(ZippedImageDataset("a.zip", dtype=dtype)[1], "gray.png", dtype)


@pytest.mark.parametrize("dtype", ["float16", "mixed16"])
def test_dtype_is_that_of_the_configuration(folder, dtype):
    value = chainer.mixed16 if dtype == "mixed16" else np.dtype(dtype)
    with chainer.using_config("dtype", value):
        assert_image(ImageDataset(["rgb.png"])[0], "rgb.png", "float16")


def test_names_from_a_file_and_a_root(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "list.txt"
    elsewhere.write_text("rgb.png\ngray.png \n")
    dataset = ImageDataset(str(elsewhere), root=str(folder))
    assert len(dataset) == 2
    for image, name in zip(dataset[:], ("rgb.png", "gray.png")):
        assert_image(image, name)


def test_labels(folder):
    (folder / "pairs.txt").write_text("rgb.png 1\ngray.png  2\n")
    for dataset in (LabeledImageDataset("pairs.txt"), LabeledImageDataset([("rgb.png", 1), ("gray.png", 2)])):
        assert len(dataset) == 2
        image, label = dataset[1]
        assert_image(image, "gray.png")
        assert (label.dtype, label.shape, label) == (np.int32, (), 2)
    label = LabeledImageDataset([("rgb.png", [0.5, 1])], label_dtype="f")[0][1]
    assert (label.dtype, label.tolist()) == (np.float32, [0.5, 1.0])


@pytest.mark.parametrize("line", ["rgb.png", "a b.png 3"])
def test_refuses_lines_that_are_no_pairs(folder, line):
    (folder / "pairs.txt").write_text(f"rgb.png 1\n{line}\n")
    with pytest.raises(ValueError, match="invalid format at line 1 in file pairs.txt"):
        LabeledImageDataset("pairs.txt")


def test_images_in_a_zip_file(folder):
    dataset = ZippedImageDataset("a.zip")
    assert len(dataset) == 2  # a folder is no image
    assert_image(dataset[0], "rgb.png")
    assert_image(dataset["gray.png"], "gray.png")
    assert len(dataset[:]) == 2
    with pytest.raises(KeyError, match="none.png"):
        dataset["none.png"]
    with pytest.raises(IndexError):
        dataset[2]
    assert_image(pickle.loads(pickle.dumps(dataset))[1], "gray.png")


def test_images_in_several_zip_files(folder):
    dataset = MultiZippedImageDataset(["a.zip", "b.zip"])
    assert len(dataset) == 3
    for image, name in zip(dataset[:], ("rgb.png", "gray.png", "rgba.png"), strict=True):
        assert_image(image, name)
    for index in (-1, 3):
        with pytest.raises(IndexError, match="out of range for 3 images"):
            dataset[index]
    assert len(MultiZippedImageDataset([])) == 0


def test_labels_beside_a_zip_file(folder):
    (folder / "labels.txt").write_text("gray.png 4\nsub/rgb.png 5\n")
    dataset = LabeledZippedImageDataset("a.zip", "labels.txt", label_dtype="int64")
    assert len(dataset) == 2
    image, label = dataset[1]
    assert_image(image, "rgb.png")
    assert (label.dtype, label) == (np.int64, 5)


@pytest.mark.parametrize("Iterator", [MultithreadIterator, MultiprocessIterator])
def test_a_zip_file_may_be_read_by_many_at_once(folder, Iterator):
    dataset = ZippedImageDataset("a.zip")
    n_workers = {"n_threads": 4} if Iterator is MultithreadIterator else {"n_processes": 4}
    with Iterator(dataset, 20, shuffle=False, **n_workers) as iterator:
        for _ in range(5):
            for k, image in enumerate(next(iterator)):
                assert_image(image, ("rgb.png", "gray.png")[k % 2])


def test_an_error_names_the_file(folder):
    (folder / "no.png").write_text("no image")
    with zipfile.ZipFile("c.zip", "w") as file:
        file.write("no.png")
    with pytest.raises(OSError, match="cannot identify") as caught:
        ImageDataset(["no.png"])[0]
    assert "no.png" in str(caught.value) + str(caught.value.__notes__)
    with pytest.raises(OSError, match="cannot identify") as caught:
        ZippedImageDataset("c.zip")[0]
    assert "c.zip:no.png" in str(caught.value.__notes__)
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        ImageDataset(["none.png"])[0]


def test_formats_that_run_programs_are_not_read(folder):
    Image.fromarray(RGB).save("rgb.eps")
    with pytest.raises(OSError, match="cannot identify"):
        ImageDataset(["rgb.eps"])[0]
