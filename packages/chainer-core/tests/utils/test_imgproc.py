import numpy as np
import pytest
from chainer.utils.imgproc import oversample


def test_corners_and_centre_then_mirrored(rng):
    image = rng.uniform(size=(3, 9, 10)).astype("float32")
    crops = oversample([image], (4, 5))
    assert crops.shape == (10, 3, 4, 5)
    assert crops.dtype == np.float32
    for i, (y, x) in enumerate([(0, 0), (0, 5), (5, 0), (5, 5), (2, 2)]):
        crop = image[:, y : y + 4, x : x + 5]
        np.testing.assert_array_equal(crops[i], crop)
        np.testing.assert_array_equal(crops[i + 5], crop[:, :, ::-1])


def test_several_images(rng):
    images = rng.uniform(size=(2, 1, 4, 4))
    crops = oversample(images, (2, 2))
    np.testing.assert_array_equal(crops[10:], oversample(images[1:], (2, 2)))


def test_too_small():
    with pytest.raises(ValueError, match=r"\(3, 4, 4\) is smaller than crops of \(5, 2\)"):
        oversample([np.zeros((3, 4, 4))], (5, 2))
