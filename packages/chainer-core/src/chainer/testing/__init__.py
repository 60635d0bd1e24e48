"""What test suites of this package and of others are built with."""

from chainer.testing.array import assert_allclose as assert_allclose
