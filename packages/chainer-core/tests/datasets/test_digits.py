from __future__ import annotations

import numpy as np
import pytest
from chainer.datasets import get_digits


def test_the_division_is_fixed_and_stratified():
    train, test = get_digits()
    assert (len(train), len(test)) == (1437, 360)
    labels = np.array([label for _, label in test])
    assert np.bincount(labels).tolist() == [36] * 10
    labels = np.concatenate([labels, [label for _, label in train]])
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as the UCI states


def test_the_scans_are_what_the_classes_look_like():
    """The nearest class mean knows nine digits of ten, so images and labels belong together."""
    (x, t), (x_test, t_test) = [dataset[np.arange(len(dataset))] for dataset in get_digits()]
    means = np.stack([x[t == k].mean(axis=0) for k in range(10)])
    nearest = ((x_test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == t_test).mean() > 0.88


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (64,)),
        ({"ndim": 2}, (8, 8)),
        ({"ndim": 3}, (1, 8, 8)),
        ({"ndim": 3, "rgb_format": True}, (3, 8, 8)),
    ],
)
def test_shapes(options, shape):
    for dataset in get_digits(**options):
        image, label = dataset[0]
        assert (image.shape, image.dtype) == (shape, np.float32)
        assert (label.shape, label.dtype) == ((), np.int32)


def test_range_and_dtypes():
    x, _ = get_digits(withlabel=False)
    assert (x.shape, x.min(), x.max()) == ((1437, 64), 0.0, 1.0)
    x, _ = get_digits(withlabel=False, scale=16, dtype="uint8")
    assert (x.dtype, x.max()) == (np.uint8, 16)
    np.testing.assert_array_equal(get_digits(withlabel=False, scale=16.0, dtype="float64")[0], x)
    assert get_digits(label_dtype="int64")[0][0][1].dtype == np.int64


@pytest.mark.parametrize("ndim", [0, 4])
def test_refuses_other_ndim(ndim):
    with pytest.raises(ValueError, match=f"invalid ndim for digits dataset: expected one of 1, 2, 3, got {ndim}"):
        get_digits(ndim=ndim)
