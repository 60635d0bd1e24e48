import sys
import unittest

import numpy as np
import pytest
from chainer import testing


def run(case):
    result = unittest.TestResult()
    case.run(result)
    return result


def test_product_of_a_dict():
    assert testing.product({"b": [1, 2], "a": "xy"}) == [
        {"a": "x", "b": 1},
        {"a": "x", "b": 2},
        {"a": "y", "b": 1},
        {"a": "y", "b": 2},
    ]
    assert testing.product({"a": []}) == []
    assert testing.product({}) == [{}]


def test_product_of_lists_of_sets():
    sets = [[{"a": 1, "b": 2}, {"a": 3, "b": 4}], [{"c": 5}, {"c": 6, "a": 7}]]
    expected = [{"a": 1, "b": 2, "c": 5}, {"a": 7, "b": 2, "c": 6}, {"a": 3, "b": 4, "c": 5}, {"a": 7, "b": 4, "c": 6}]
    assert testing.product(sets) == testing.product_dict(*sets) == expected


def test_product_refuses_anything_else():
    with pytest.raises(TypeError, match="must be either dict or list"):
        testing.product(3)


def test_from_pytest_parameterize():
    assert testing.from_pytest_parameterize("a", [1, (2, 3)]) == [{"a": 1}, {"a": (2, 3)}]
    assert testing.from_pytest_parameterize("a,  b", [(1, 2)]) == [{"a": 1, "b": 2}]
    with pytest.raises(TypeError, match="one string"):
        testing.from_pytest_parameterize(["a"], [1])
    with pytest.raises(ValueError, match="a value for each of a, b"):
        testing.from_pytest_parameterize("a,b", [(1,)])


def test_classes_stand_in_the_module_with_their_parameters():
    class Base(unittest.TestCase):
        a = 0

        def test_a(self):
            self.assertEqual(self.a, 1)

    bundle = testing.parameterize({"a": 1, "dtype": np.float32}, {"a": 2, "f": lambda: "called"})(Base)
    module = sys.modules[__name__]
    names = [case.__name__ for case in bundle.cases]
    assert names == ["Base_param_0_{a=1, dtype=float32}", "Base_param_1_{a=2, f=<lambda>}"]
    for case in bundle.cases:
        assert getattr(module, case.__name__) is case
        delattr(module, case.__name__)
    good, bad = [case("test_a") for case in bundle.cases]
    assert good.dtype is np.float32
    assert bad.f() == "called"  # not a method
    assert "parameter: {'a': 1" in str(good)
    assert run(good).wasSuccessful()
    ((_, message),) = run(bad).failures
    assert "test parameters:\n  a: 2" in message
    assert Base.a == 0


def test_long_values_are_cut_in_the_name_alone():
    bundle = testing.parameterize({"a": "x" * 100})(type("Long", (), {"__module__": __name__}))
    (case,) = bundle.cases
    delattr(sys.modules[__name__], case.__name__)
    assert len(case.__name__) < 70
    assert case.a == "x" * 100


def test_decorators_stack():
    class Stacked(unittest.TestCase):
        def test_a(self, backend_config):
            assert backend_config.use_cuda is False

        def test_b(self):
            pass

    bundle = testing.parameterize({"a": 1}, {"a": 2})(testing.inject_backend_tests(["test_a"], [{}])(Stacked))
    bundle = testing.fix_random()(bundle)
    module = sys.modules[__name__]
    assert not hasattr(module, "Stacked_cpu")
    tests = []
    for case in bundle.cases:
        assert vars(module).pop(case.__name__) is case
        tests += [case(name) for name in unittest.TestLoader().getTestCaseNames(case)]
    assert sorted([(t.a, t._testMethodName) for t in tests]) == [
        (1, "test_a"),
        (1, "test_b"),
        (2, "test_a"),
        (2, "test_b"),
    ]
    assert all(run(t).wasSuccessful() for t in tests)


def test_marks_on_a_bundle_go_to_its_classes():
    bundle = pytest.mark.slow(testing.parameterize({"a": 1})(type("Marked", (), {"__module__": __name__})))
    (case,) = bundle.cases
    delattr(sys.modules[__name__], case.__name__)
    assert [mark.name for mark in case.pytestmark] == ["slow"]


@testing.parameterize({"n": 1}, {"n": 2})
class TestPlainClass:
    seen = []

    @pytest.mark.parametrize("m", [3, 4])
    def test_with_fixtures_of_pytest(self, rng, m):
        self.seen.append((self.n, m))
        assert isinstance(rng, np.random.Generator)

    @classmethod
    def teardown_class(cls):
        assert sorted(cls.seen)[-2:] == [(cls.n, 3), (cls.n, 4)]


@testing.parameterize_pytest("n, dtype", [(1, np.float32), (2, np.float64)])
class TestUnittestClass(unittest.TestCase):
    def test_parameters_are_attributes(self):
        self.assertEqual({np.float32: 1, np.float64: 2}[self.dtype], self.n)
