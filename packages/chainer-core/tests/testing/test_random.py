import random
import unittest

import numpy as np
import pytest
from chainer import testing
from chainer.testing.random import do_setup, do_teardown


def draw():
    return np.random.rand(), random.random(), testing.generate_seed()


@testing.fix_random()
class TestUnittest(unittest.TestCase):
    def setUp(self):
        self.drawn = draw()

    def test_same_each_time(self):
        # numpy.random.RandomState(100), as in 7.8.1
        self.assertEqual(self.drawn[0], 0.5434049417909654)
        self.assertEqual(self.drawn[2], 1195587395)

    def test_and_in_each_test(self):
        self.test_same_each_time()


@testing.fix_random(setup_method="setup_method", teardown_method="teardown_method")
class TestPlain:
    def test_needs_no_methods_of_its_own(self):
        assert np.random.rand() == 0.5434049417909654

    def test_is_a_class_like_before(self):
        assert isinstance(TestPlain, type)


def test_states_come_back():
    before = np.random.get_state()[1].tolist(), random.getstate()
    do_setup()
    first = draw()
    do_setup()
    assert draw() == first
    do_teardown()
    assert np.random.rand() != first[0]
    do_teardown()
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before


def test_unpredictable_on_demand():
    do_setup(deterministic=False)
    first = draw()
    do_teardown()
    do_setup(deterministic=False)
    second = draw()
    do_teardown()
    assert first != second


def test_states_come_back_when_set_up_fails():
    @testing.fix_random()
    class Failing(unittest.TestCase):
        def setUp(self):
            raise KeyError

        def test(self):
            raise AssertionError("never reached")

    before = np.random.get_state()[1].tolist()
    result = unittest.TestResult()
    Failing("test").run(result)
    assert len(result.errors) == 1
    assert np.random.get_state()[1].tolist() == before
    with pytest.raises(RuntimeError, match="fix_random"):
        testing.generate_seed()
