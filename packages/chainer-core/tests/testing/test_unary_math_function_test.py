import sys
import unittest

import chainer.functions as F
import numpy as np
import pytest
from chainer import testing


@testing.unary_math_function_unittest(F.exp, label_expected="exp")
class TestExp(unittest.TestCase):
    pass


@testing.unary_math_function_unittest(
    lambda x: x * x,
    func_expected=np.square,
    make_data=lambda shape, dtype: tuple(np.full(shape, v, dtype) for v in (0.5, 1, 2)),
)
class TestSquare(unittest.TestCase):
    pass


def cases(*args, **kwargs):
    cls = type("T", (unittest.TestCase,), {"__module__": __name__})
    bundle = testing.unary_math_function_unittest(*args, **kwargs)(cls)
    for case in bundle.cases:
        delattr(sys.modules[__name__], case.__name__)
    return bundle.cases


def test_all_shapes_and_dtypes():
    assert {(case.shape, case.dtype) for case in cases(F.exp)} == {
        (shape, dtype) for shape in ((3, 2), ()) for dtype in (np.float16, np.float32, np.float64)
    }


@pytest.mark.parametrize("kind", ["forward", "label"])
def test_failures(kind):
    for case in cases(F.exp, np.cos, label_expected="cos"):
        result = unittest.TestResult()
        case("test_label" if kind == "label" else "test_forward_cpu").run(result)
        assert len(result.failures) == 1


def test_options_are_used():
    loose = {"atol": 10, "rtol": 0}
    for case in cases(F.exp, np.cos, forward_options=loose):
        result = unittest.TestResult()
        case("test_forward_cpu").run(result)
        assert result.wasSuccessful()


def test_unknown_to_numpy():
    with pytest.raises(ValueError, match="no function corresponding to 'relu'"):
        testing.unary_math_function_unittest(F.relu)
