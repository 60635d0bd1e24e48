import sys
import unittest

import chainer
import numpy as np
import pytest
from chainer import testing
from chainer.testing import BackendConfig


def test_defaults_are_the_plain_cpu():
    config = BackendConfig({})
    assert config.device == chainer.get_device("@numpy")
    assert config.xp is np
    assert config.get_pytest_marks() == []
    x = np.ones(2)
    assert config.get_array(x) is x
    assert config.get_array(None) is None
    assert config.use_cudnn == "never"
    assert config.use_ideep == "never"


def test_names_tell_all_settings():
    assert BackendConfig({"use_cuda": True, "autotune": True}).get_func_str() == (
        "use_chainerx_false__chainerx_device_None__use_cuda_true__cuda_device_0__use_cudnn_never__"
        "cudnn_deterministic_false__autotune_true__cudnn_fast_batch_normalization_false__use_ideep_never"
    )
    assert repr(BackendConfig({})).startswith("<BackendConfig use_chainerx=False chainerx_device=None use_cuda=False ")


def test_context_sets_and_restores_and_nests():
    def settings():
        return chainer.config.use_cudnn, chainer.config.autotune, chainer.config.use_ideep

    before = settings()
    config = BackendConfig({"use_cudnn": "always", "autotune": True})
    with config as entered, config:
        assert entered is config
        assert settings() == ("always", True, "never")
    assert settings() == before


def test_refuses_unknown_settings():
    with pytest.raises(ValueError, match="no parameter 'use_gpu'"):
        BackendConfig({"use_gpu": True})


def test_chainerx_is_known_and_refused():
    config = BackendConfig({"use_chainerx": True, "chainerx_device": "native:0"})
    with pytest.raises(RuntimeError, match="discontinued"):
        _ = config.device


@pytest.mark.parametrize(
    ("params", "marks"),
    [
        ({"use_cuda": True}, {"gpu"}),
        ({"use_cuda": True, "use_cudnn": "always"}, {"gpu", "cudnn"}),
        ({"use_ideep": "always"}, {"ideep"}),
        ({"use_chainerx": True}, {"chainerx", "skipif"}),
    ],
)
def test_marks_tell_what_a_test_needs(params, marks):
    def test():
        pass

    for mark in BackendConfig(params).get_pytest_marks():
        test = mark(test)
    assert marks <= {mark.name for mark in test.pytestmark}


def take(bundle):
    for case in bundle.cases:
        delattr(sys.modules[__name__], case.__name__)
    return bundle.cases


def make_base():
    class Base(unittest.TestCase):
        def test_x(self, backend_config):
            assert backend_config.autotune, "no autotune"

        def test_other(self):
            pass

    return Base


def test_injects_one_test_a_setting():
    loader = unittest.TestLoader()
    cases = take(testing.inject_backend_tests(["test_x"], [{}, {"autotune": True}])(make_base()))
    assert [loader.getTestCaseNames(case) for case in cases] == [["test_other"], ["test_x"], ["test_x"]]
    assert [case.__name__ for case in cases] == ["Base", "Base_cpu", "Base_autotune_True"]
    result = unittest.TestResult()
    cases[1]("test_x").run(result)
    assert "no autotune" in result.failures[0][1]
    assert "backend: <BackendConfig" in result.failures[0][1]
    result = unittest.TestResult()
    cases[2]("test_x").run(result)
    assert result.wasSuccessful()


def test_none_means_all_that_take_a_config():
    cases = take(testing.inject_backend_tests(None, [{}])(make_base()))
    assert [unittest.TestLoader().getTestCaseNames(case) for case in cases] == [["test_other"], ["test_x"]]


@testing.inject_backend_tests(None, [{}, {"use_cudnn": "auto"}, {"use_cuda": True}, {"use_chainerx": True}])
class TestPlainClass:
    @pytest.mark.parametrize("n", [1, 2])
    def test_fixtures_follow_the_config(self, backend_config, rng, n):
        assert backend_config.device.xp.__name__ == ("cupy" if backend_config.use_cuda else "numpy")
        assert n in (1, 2)
        assert isinstance(rng, np.random.Generator)
