import unittest

import chainer
import numpy as np
import pytest
from chainer import testing
from scipy import stats


class Exponential:
    """As much of a distribution as the tests look at, by NumPy."""

    event_shape = ()
    support = "positive"

    def __init__(self, lam):
        self.lam = chainer.as_array(lam)
        self.batch_shape = self.lam.shape

    def sample(self, sample_shape=()):
        return chainer.Variable(np.asarray(np.random.exponential(1 / self.lam, sample_shape + self.batch_shape)))

    mean = property(lambda self: chainer.Variable(np.asarray(1 / self.lam)))
    stddev = property(lambda self: 1 / self.lam)
    variance = property(lambda self: 1 / self.lam**2)
    entropy = property(lambda self: 1 - np.log(self.lam))

    def prob(self, x):
        return self.lam * np.exp(-self.lam * x)

    def log_prob(self, x):
        return np.log(self.lam) - self.lam * x

    def cdf(self, x):
        return 1 - np.exp(-self.lam * x)

    def icdf(self, x):
        return -np.log(1 - x) / self.lam

    def survival_function(self, x):
        return np.exp(-self.lam * x)

    def log_cdf(self, x):
        return np.log(self.cdf(x))

    def log_survival_function(self, x):
        return -self.lam * x


class Base(testing.distribution_unittest):
    __test__ = False
    shape = (3, 2)
    sample_shape = (4,)
    is_variable = False
    dist = Exponential

    def setUp_configure(self):
        self.scipy_dist = stats.expon
        self.support = "positive"
        self.test_targets = {"batch_shape", "cdf", "entropy", "event_shape", "icdf", "log_cdf", "log_prob"}
        self.test_targets |= {"log_survival", "mean", "prob", "sample", "stddev", "support", "survival", "variance"}
        lam = np.random.uniform(0.5, 2, self.shape)
        self.params = {"lam": lam}
        self.scipy_params = {"scale": 1 / lam}

    def sample_for_test(self):
        return np.random.exponential(size=self.sample_shape + self.shape)


@testing.parameterize(
    *testing.product(
        {
            "shape": [(3, 2), ()],
            "sample_shape": [(4,), ()],
            "is_variable": [True, False],
            "scipy_onebyone": [True, False],
        }
    )
)
@testing.fix_random()
@testing.with_requires("scipy")
class TestExponential(Base):
    __test__ = True


def run(cls, name):
    result = unittest.TestResult()
    cls(name).run(result)
    return result


@pytest.mark.parametrize("name", ["mean", "cdf", "icdf", "sample", "support", "batch_shape", "log_prob", "entropy"])
def test_failures(name):
    class Wrong(Exponential):
        support = "real"

        def __init__(self, lam):
            super().__init__(lam * 2)
            self.batch_shape = (*self.batch_shape, 1)

    assert not run(type("T", (Base,), {"dist": Wrong}), f"test_{name}_cpu").wasSuccessful()


def test_only_targets_are_tested():
    class Few(Base):
        def setUp_configure(self):
            super().setUp_configure()
            self.test_targets = {"mean"}

    assert not run(Few, "test_mean_cpu").skipped
    assert [reason for _, reason in run(Few, "test_cdf_cpu").skipped] == ["'cdf' is not in test_targets"]


def test_unknown_targets_are_refused():
    class Odd(Base):
        def setUp_configure(self):
            super().setUp_configure()
            self.test_targets = {"median"}

    assert "got ['median']" in run(Odd, "test_mean_cpu").errors[0][1]
