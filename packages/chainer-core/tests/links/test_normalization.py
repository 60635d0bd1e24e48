"""What normalisations do beyond the common table."""

import chainer
import chainer.links as L
import numpy as np
import pytest
from chainer.links.normalization.decorrelated_batch_normalization import fix_avg_mean, fix_avg_projection
from chainer.serializers import NpzDeserializer


def floats(*shape, seed=0):
    return np.random.RandomState(seed).rand(*shape).astype("f")


def test_batch_normalization_matches_the_formula():
    x = floats(5, 3, 2)
    link = L.BatchNormalization(3, initial_gamma=2, initial_beta=np.array([1.0, 2.0, 3.0]))
    mean, var = x.mean(axis=(0, 2)), x.var(axis=(0, 2))
    normalized = (x - mean[:, None]) / np.sqrt(var + 2e-5)[:, None]
    np.testing.assert_allclose(link(x).array, 2 * normalized + np.array([[1], [2], [3]]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(link.avg_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(link.avg_var, 0.9 + 0.1 * var * 10 / 9, rtol=1e-5)  # the unbiased variance
    assert link.N == 0


def test_test_mode_uses_averages_and_leaves_them():
    link = L.BatchNormalization(3, initial_avg_mean=2, initial_avg_var=4)
    x = floats(5, 3)
    with chainer.using_config("train", False):
        y = link(x)
    np.testing.assert_allclose(y.array, (x - 2) / np.sqrt(4 + 2e-5), rtol=1e-5)
    np.testing.assert_array_equal(link.avg_mean, 2)


@pytest.mark.parametrize(
    "make, shape",
    [
        (lambda: L.BatchNormalization(3), (9, 3)),
        (lambda: L.BatchRenormalization(3), (9, 3)),
        (lambda: L.DecorrelatedBatchNormalization(4, groups=2), (9, 4)),
    ],
)
def test_finetuning_averages_batches_with_equal_weight(make, shape):
    link = make()
    batches = [floats(*shape, seed=seed) for seed in range(3)]
    link(floats(*shape, seed=5))
    link.start_finetuning()
    for batch in batches:
        link(batch, finetune=True)
    assert link.N == 3
    np.testing.assert_allclose(link.avg_mean.ravel(), np.mean(batches, axis=(0, 1)), rtol=1e-5)
    link.start_finetuning()
    assert link.N == 0


def test_initializer_of_the_caller_is_left_alone():
    initializer = chainer.initializers.Normal(1)
    assert L.BatchNormalization(3, dtype=np.float64, initial_gamma=initializer).gamma.dtype == np.float64
    assert initializer.dtype is None
    assert L.GroupNormalization(1, 3, initial_gamma=initializer).gamma.dtype == np.float32


def test_initializer_that_names_a_dtype_keeps_it():
    link = L.BatchNormalization(3, initial_gamma=chainer.initializers.One(np.float64))
    assert (link.gamma.dtype, link.beta.dtype) == (np.float64, np.float32)


def test_statistics_stay_in_float32_with_mixed16():
    with chainer.using_config("dtype", chainer.mixed16):
        batch, group = L.BatchNormalization(3), L.GroupNormalization(1, 3)
    assert {batch.gamma.dtype, batch.avg_var.dtype, group.beta.dtype} == {np.dtype("f")}
    assert batch(floats(4, 3).astype(np.float16)).dtype == np.float16


def test_renormalization_does_not_swap_its_initial_averages():
    link = L.BatchRenormalization(3, initial_avg_mean=1, initial_avg_var=2)
    np.testing.assert_array_equal(link.avg_mean, 1)
    np.testing.assert_array_equal(link.avg_var, 2)


def test_renormalization_without_correction_is_normalization():
    x = floats(5, 3)
    np.testing.assert_allclose(L.BatchRenormalization(3)(x).array, L.BatchNormalization(3)(x).array, rtol=1e-4)


def test_decorrelation_whitens():
    link = L.DecorrelatedBatchNormalization(4, groups=1)
    y = link(floats(50, 4)).array
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(4), atol=2e-3)


def test_old_statistics_are_shared_among_groups():
    link = L.DecorrelatedBatchNormalization(4, groups=2)
    old = {"N": np.array(0), "avg_mean": floats(2), "avg_projection": floats(2, 2)}
    with pytest.warns(UserWarning, match="old version"):
        link.serialize(NpzDeserializer(old))
    for group in range(2):
        np.testing.assert_array_equal(link.avg_mean[group], old["avg_mean"])
        np.testing.assert_array_equal(link.avg_projection[group], old["avg_projection"])
    new = floats(2, 3)
    assert fix_avg_mean(new, 2) is new
    assert fix_avg_projection(floats(2, 3, 3), 2).shape == (2, 3, 3)


@pytest.mark.parametrize(
    "run, error, message",
    [
        (lambda: L.BatchNormalization(), RuntimeError, "size or axis"),
        (lambda: L.BatchNormalization(3)(floats(2, 3), test=True), ValueError, "using_config"),
        (lambda: L.BatchNormalization(3)(floats(2, 3), tune=True), TypeError, "tune"),
        (lambda: L.DecorrelatedBatchNormalization(4)(floats(2, 4), tune=True), TypeError, "tune"),
        (lambda: L.GroupNormalization(2)(floats(2, 3, 4)), ValueError, "groups"),
    ],
)
def test_refuses(run, error, message):
    with pytest.raises(error, match=message):
        run()
