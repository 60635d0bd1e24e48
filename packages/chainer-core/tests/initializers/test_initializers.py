"""All initializers: their distributions, the numbers of chainer 7.8.1 for a seed, shapes they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainer
import numpy as np
import pytest
from chainer import initializers
from chainer.initializers import generate_array, get_initializer

SHAPE = (30, 20, 3, 3)
FAN_IN, FAN_OUT = 20 * 9, 30 * 9

# Name, how to make it, standard deviation for SHAPE.
RANDOM: list[tuple[str, Callable[..., Any], float]] = [
    ("Normal", initializers.Normal, 0.05),
    ("Normal-scale", lambda **kw: initializers.Normal(2, **kw), 2),
    ("LeCunNormal", initializers.LeCunNormal, (1 / FAN_IN) ** 0.5),
    ("GlorotNormal", initializers.GlorotNormal, (2 / (FAN_IN + FAN_OUT)) ** 0.5),
    ("HeNormal", initializers.HeNormal, (2 / FAN_IN) ** 0.5),
    ("HeNormal-scale", lambda **kw: initializers.HeNormal(0.5, **kw), 0.5 * (2 / FAN_IN) ** 0.5),
    ("HeNormal-out", lambda **kw: initializers.HeNormal(fan_option="fan_out", **kw), (2 / FAN_OUT) ** 0.5),
    ("Uniform", initializers.Uniform, 0.05 / 3**0.5),
    ("LeCunUniform", initializers.LeCunUniform, (1 / FAN_IN) ** 0.5),
    ("GlorotUniform", initializers.GlorotUniform, (2 / (FAN_IN + FAN_OUT)) ** 0.5),
    ("HeUniform", initializers.HeUniform, (2 / FAN_IN) ** 0.5),
]
each_random = pytest.mark.parametrize(("make", "std"), [r[1:] for r in RANDOM], ids=[r[0] for r in RANDOM])

# For seed 0 and shape (2, 3); values of chainer 7.8.1.
PUBLISHED = {
    "Normal": [0.08820262, 0.02000786, 0.04893690, 0.11204466, 0.09337790, -0.04886389],
    "LeCunNormal": [1.01847610, 0.23103087, 0.56507464, 1.29378029, 1.07823511, -0.56423165],
    "GlorotNormal": [1.11568467, 0.25308164, 0.61900825, 1.41726530, 1.18114738, -0.61808480],
    "HeNormal": [1.44034271, 0.32672699, 0.79913622, 1.82968164, 1.52485471, -0.79794405],
    "Uniform": [0.00488135, 0.02151894, 0.01027634, 0.00448832, -0.00763452, 0.01458941],
    "LeCunUniform": [0.09762701, 0.43037873, 0.20552675, 0.08976637, -0.15269040, 0.29178823],
    "GlorotUniform": [0.10694503, 0.47145628, 0.22514328, 0.09833413, -0.16726395, 0.31963799],
    "HeUniform": [0.13806544, 0.60864744, 0.29065872, 0.12694881, -0.21593684, 0.41265087],
    "Orthogonal": [0.94349007, 0.21402106, 0.52347061, 0.30140337, 0.67123752, -0.81767732],
}


@each_random
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_random_values_have_the_deviation(make, std: float, dtype: str) -> None:
    array = np.empty(SHAPE, dtype)
    make()(array)
    assert array.dtype == dtype
    np.testing.assert_allclose(array.std(dtype="float64"), std, rtol=0.05)
    assert abs(array.mean(dtype="float64")) < 0.05 * std
    if "Uniform" in type(make()).__name__:
        assert abs(array).max() <= std * 3**0.5 * 1.001


@each_random
def test_a_generator_may_be_given(make, std: float) -> None:
    first, second, other = (np.empty(SHAPE, np.float32) for _ in range(3))
    make(rng=np.random.RandomState(1))(first)
    make(rng=np.random.RandomState(1))(second)
    make()(other)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    with pytest.raises(TypeError, match="seed"):
        make(seed=1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_seed_gives_the_numbers_of_the_last_release(name: str) -> None:
    np.random.seed(0)
    array = np.empty((2, 3))
    getattr(initializers, name)()(array)
    np.testing.assert_allclose(array.ravel(), PUBLISHED[name], atol=1e-7)


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        (initializers.Zero(), np.zeros((3, 3))),
        (initializers.One(), np.ones((3, 3))),
        (initializers.NaN(), np.full((3, 3), np.nan)),
        (initializers.Constant(2.5), np.full((3, 3), 2.5)),
        (initializers.Constant(np.array([1, 2, 3])), np.array([[1, 2, 3]] * 3)),
        (initializers.Identity(), np.eye(3)),
        (initializers.Identity(scale=3), 3 * np.eye(3)),
    ],
    ids=["zero", "one", "nan", "number", "array", "identity", "scaled identity"],
)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_constants(initializer, expected: np.ndarray, dtype: str) -> None:
    array = np.empty((3, 3), dtype)
    initializer(array)
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (5, 2), (3, 2, 4), (8, 2, 2), (4,)])
@pytest.mark.parametrize("mode", ["auto", "projection", "embedding", "basis"])
def test_orthogonal(shape: tuple[int, ...], mode: str) -> None:
    n_out, n_in = shape[0], int(np.prod(shape[1:]))
    initializer = initializers.Orthogonal(scale=1.5, mode=mode)
    array = np.empty(shape)
    if (mode, np.sign(n_out - n_in)) in {("projection", 1), ("embedding", -1), ("basis", 1), ("basis", -1)}:
        with pytest.raises(ValueError, match=f"Cannot make orthogonal {mode}"):
            initializer(array)
        return
    initializer(array)
    matrix = array.reshape(n_out, n_in)
    product = matrix @ matrix.T if n_out <= n_in else matrix.T @ matrix
    np.testing.assert_allclose(product, 1.5**2 * np.eye(min(n_out, n_in)), atol=1e-12)


def test_orthogonal_without_axes_is_a_scalar() -> None:
    array = np.empty(())
    initializers.Orthogonal(scale=2)(array)
    assert array == 2


def test_upsampling_filter_interpolates_linearly() -> None:
    array = np.empty((2, 2, 3, 3))
    initializers.UpsamplingDeconvFilter()(array)
    tent = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    np.testing.assert_allclose(array[0, 0], tent)
    np.testing.assert_array_equal(array[0, 1], 0)
    even = np.empty((1, 1, 4))
    initializers.UpsamplingDeconvFilter()(even)
    np.testing.assert_allclose(even[0, 0], [0.25, 0.75, 0.75, 0.25])


def test_downsampling_filter_averages() -> None:
    array = np.empty((3, 1, 4, 4), np.float32)
    initializers.DownsamplingConvFilter()(array)
    np.testing.assert_allclose(array.sum(axis=(1, 2, 3)), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: initializers.HeNormal(fan_option="fan_up"), "fan_option should be"),
        (lambda: initializers.Orthogonal(mode="left"), "Invalid mode"),
        (lambda: initializers.Orthogonal()(np.empty((0, 2))), "must be non-empty"),
        (lambda: initializers.LeCunNormal()(np.empty(3)), "length >= 2"),
        (lambda: initializers.Identity()(np.empty((2, 3))), "squared matrices"),
        (lambda: initializers.UpsamplingDeconvFilter("cubic"), "interpolation method: cubic"),
        (lambda: initializers.UpsamplingDeconvFilter()(np.empty((1, 1, 2, 3))), "must be all same"),
        (lambda: initializers.UpsamplingDeconvFilter()(np.empty((1, 1))), "spatial axes"),
        (lambda: initializers.DownsamplingConvFilter()(np.empty((3, 2, 2, 2))), "channel axes"),
        (lambda: generate_array(initializers.Zero(np.float16), (1,), np, np.float32), "dtype mismatch"),
    ],
)
def test_refuses(call, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()


def test_fans() -> None:
    assert chainer.initializer.get_fans((30, 20, 3, 3)) == (FAN_IN, FAN_OUT)
    assert chainer.initializer.get_fans((4, 5)) == (5, 4)


def test_a_generated_array_has_the_dtype_that_is_asked_for() -> None:
    assert generate_array(initializers.Zero(), (2,), np).dtype == np.float32
    assert generate_array(initializers.Zero(np.float16), (2,), np).dtype == np.float16
    assert generate_array(initializers.Zero(), (2,), np, dtype="float64").dtype == np.float64
    assert generate_array(initializers.Zero(), (2,), np, device="@numpy").shape == (2,)
    with chainer.using_config("dtype", chainer.mixed16):
        assert generate_array(initializers.Zero(), (2,), np).dtype == np.float16


def test_what_links_take_becomes_an_initializer() -> None:
    assert isinstance(get_initializer(None), initializers.LeCunNormal)
    assert isinstance(get_initializer(None, 0), initializers.Constant)
    assert get_initializer(3).fill_value == 3
    assert get_initializer(np.ones(2)).fill_value.shape == (2,)
    given = initializers.HeNormal()
    assert get_initializer(given) is given
    assert get_initializer(print) is print
    with pytest.raises(TypeError, match="invalid type of initializer: str|expected a callable"):
        get_initializer([1, 2])


def test_refuses_the_name_of_an_initializer() -> None:
    with pytest.raises(TypeError, match="invalid type of initializer: str"):
        get_initializer("HeNormal")
