"""A test class to derive tests of probability distributions from, with those of SciPy as the reference."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from chainer import backend
from chainer.backends import cuda
from chainer.testing import attr
from chainer.testing._bundle import Abstract
from chainer.testing.array import assert_allclose
from chainer.types import NdArray, Shape
from chainer.variable import Parameter, Variable, as_array

is_available = attr.is_available
check_available = attr.check_available
get_error = attr.get_error

# Attribute or method of a distribution, and the method of SciPy's that computes the same.
_STATISTICS = {"entropy": "entropy", "mean": "mean", "stddev": "std", "variance": "var"}
_FUNCTIONS = {
    "cdf": "cdf",
    "log_cdf": "logcdf",
    "log_prob": "logpdf",
    "log_survival": "logsf",
    "prob": "pdf",
    "survival": "sf",
}
_METHODS = {"log_survival": "log_survival_function", "survival": "survival_function"}  # the others have their names
_DISCRETE = {"log_prob": "logpmf", "prob": "pmf"}
_N_SAMPLES = 10000
_SIGMAS = 6  # how far two means of samples may be apart, in their standard deviations


class distribution_unittest(Abstract, unittest.TestCase):
    """Test of a distribution. A subclass overrides :meth:`setUp_configure` and :meth:`sample_for_test`.

    Attributes:
        dist: Class of the distribution under test.
        scipy_dist: Distribution of SciPy.
        params: Arguments of ``dist``: a dict of arrays.
        scipy_params: Arguments of the methods of ``scipy_dist``.
        shape: Batch shape.
        event_shape: Shape of one event.
        sample_shape: Leading shape of samples.
        is_variable: Whether to pass variables instead of arrays.
        continuous: Whether there is a density, and not a probability of each value.
        options: Tolerances for :func:`~chainer.testing.assert_allclose`.
        support: What the attribute of this name should be.
        test_targets: Names of what is tested; the other tests are skipped.
        scipy_onebyone: Whether SciPy takes the parameters of a single distribution only.
    """

    __test__ = False
    scipy_onebyone = True

    dist: Any
    scipy_dist: Any
    params: dict[str, NdArray]
    scipy_params: dict[str, NdArray]
    shape: Shape
    sample_shape: Shape
    is_variable: bool

    def setUp(self) -> None:
        self.support = "real"
        self.event_shape: Shape = ()
        self.continuous = True
        self.test_targets: set[str] = set()
        self.options: dict[str, Any] = {}
        self.setUp_configure()
        unknown = self.test_targets - _TARGETS
        if unknown:
            raise ValueError(f"test_targets must be among {sorted(_TARGETS)}, got {sorted(unknown)}")

    def setUp_configure(self) -> None:
        """Sets the attributes. To be overridden."""
        raise NotImplementedError("setUp_configure() is not implemented")

    def sample_for_test(self) -> NdArray:
        """Draws values at which to look at the distribution. To be overridden.

        Returns:
            Array of shape ``sample_shape + shape + event_shape``.
        """
        raise NotImplementedError("sample_for_test() is not implemented")

    @property
    def cpu_dist(self) -> Any:
        """The distribution, on the CPU."""
        return self.dist(**{k: Parameter(v) if self.is_variable else v for k, v in self.params.items()})

    @property
    def gpu_dist(self) -> Any:
        """The distribution, on a GPU."""
        params = {k: cuda.to_gpu(v) for k, v in self.params.items()}
        return self.dist(**{k: Variable(v) if self.is_variable else v for k, v in params.items()})

    def scipy_onebyone_params_iter(self) -> Iterator[dict[str, Any]]:
        """Parameters for SciPy of each distribution of the batch, one after the other."""
        for index in numpy.ndindex(self.shape):
            yield {k: v[index] for k, v in self.scipy_params.items()}

    def _check_statistic(self, is_gpu: bool, name: str) -> None:
        actual = getattr(self.gpu_dist if is_gpu else self.cpu_dist, name)
        method = getattr(self.scipy_dist, _STATISTICS[name])
        if self.scipy_onebyone:
            expected = numpy.stack([method(**one) for one in self.scipy_onebyone_params_iter()])
            expected = expected.reshape(self.shape + expected.shape[1:])
        else:
            expected = method(**self.scipy_params)
        self._assert_close(actual, expected)

    def _check_function(self, is_gpu: bool, name: str, x: NdArray, scipy_name: str) -> None:
        on_device = cuda.to_gpu(x) if is_gpu else x
        actual = getattr(self.gpu_dist if is_gpu else self.cpu_dist, _METHODS.get(name, name))(on_device)
        method = getattr(self.scipy_dist, scipy_name)
        if self.scipy_onebyone:
            n = len(self.sample_shape)
            columns = x.reshape(self.sample_shape + (-1,) + x.shape[n + len(self.shape) :])
            columns = numpy.moveaxis(columns, n, 0)
            ones = [method(c, **one) for c, one in zip(columns, self.scipy_onebyone_params_iter(), strict=True)]
            expected = numpy.moveaxis(numpy.stack(ones), 0, n).reshape(self.sample_shape + self.shape)
        else:
            expected = method(x, **self.scipy_params)
        self._assert_close(actual, expected)

    def _assert_close(self, actual: Any, expected: Any) -> None:
        array = backend.CpuDevice().send(as_array(actual))
        assert_allclose(array, numpy.broadcast_to(expected, array.shape), **self.options)

    def check_icdf(self, is_gpu: bool) -> None:
        """Compares the inverse of the cumulative distribution function with SciPy's."""
        q = numpy.random.uniform(0, 1, self.sample_shape + self.shape).astype(numpy.float32)
        self._check_function(is_gpu, "icdf", q, "ppf")

    def check_batch_shape(self, is_gpu: bool) -> None:
        """Checks the attribute."""
        self.assertEqual((self.gpu_dist if is_gpu else self.cpu_dist).batch_shape, self.shape)

    def check_event_shape(self, is_gpu: bool) -> None:
        """Checks the attribute."""
        self.assertEqual((self.gpu_dist if is_gpu else self.cpu_dist).event_shape, self.event_shape)

    def check_support(self, is_gpu: bool) -> None:
        """Checks the attribute."""
        self.assertEqual((self.gpu_dist if is_gpu else self.cpu_dist).support, self.support)

    def check_sample(self, is_gpu: bool) -> None:
        """Checks the shape of samples, and their means against those of SciPy's samples."""
        dist = self.gpu_dist if is_gpu else self.cpu_dist
        self.assertEqual(dist.sample(self.sample_shape).shape, self.sample_shape + self.shape + self.event_shape)
        ours = backend.CpuDevice().send(as_array(dist.sample((_N_SAMPLES,)))).astype(numpy.float64)
        if self.scipy_onebyone:
            ones = [self.scipy_dist.rvs(size=_N_SAMPLES, **one) for one in self.scipy_onebyone_params_iter()]
            theirs = numpy.stack(ones, axis=1).reshape(ours.shape)
        else:
            theirs = self.scipy_dist.rvs(size=(_N_SAMPLES, *self.shape), **self.scipy_params)
        allowed = _SIGMAS * numpy.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / _N_SAMPLES) + 1e-6
        error = abs(ours.mean(axis=0) - theirs.mean(axis=0))
        self.assertTrue((error <= allowed).all(), f"means of samples differ by {error}, more than {allowed}")


def _checks() -> dict[str, Callable[[Any, bool], None]]:
    def statistic(name: str) -> Callable[[Any, bool], None]:
        return lambda self, is_gpu: self._check_statistic(is_gpu, name)

    def function(name: str) -> Callable[[Any, bool], None]:
        def check(self: Any, is_gpu: bool) -> None:
            scipy_name = _FUNCTIONS[name] if self.continuous else _DISCRETE.get(name, _FUNCTIONS[name])
            self._check_function(is_gpu, name, self.sample_for_test(), scipy_name)

        return check

    checks = {name: statistic(name) for name in _STATISTICS}
    checks |= {name: function(name) for name in _FUNCTIONS}
    for name in ("icdf", "batch_shape", "event_shape", "support", "sample"):
        checks[name] = getattr(distribution_unittest, f"check_{name}")
    return checks


def _test(name: str, is_gpu: bool) -> Callable[[Any], None]:
    def run(self: Any) -> None:
        if name not in self.test_targets:
            raise unittest.SkipTest(f"{name!r} is not in test_targets")
        getattr(self, f"check_{name}")(is_gpu)

    return attr.gpu(run) if is_gpu and attr.is_available() else run


_TARGETS = set(_checks())
for _name, _check in _checks().items():
    setattr(distribution_unittest, f"check_{_name}", _check)
    setattr(distribution_unittest, f"test_{_name}_cpu", _test(_name, False))
    setattr(distribution_unittest, f"test_{_name}_gpu", _test(_name, True))
