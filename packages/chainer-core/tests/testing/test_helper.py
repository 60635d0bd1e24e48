import os
import unittest
import unittest.mock
import warnings

import numpy as np
import pytest
from chainer import testing
from chainer.links import Linear
from chainer.testing import condition, doctest_helper, helper


@pytest.mark.parametrize(
    ("requirements", "there"),
    [
        (["numpy"], True),
        (["numpy>=2"], True),
        (["numpy<1"], False),
        (["NumPy", "scipy>=1"], True),
        (["numpy", "no-such-distribution-at-all"], False),
    ],
)
def test_requirements(requirements, there):
    def test():
        return "ran"

    assert helper.installed(*requirements) is there
    for decorator, runs in ((testing.with_requires, there), (testing.without_requires, not there)):
        decorated = decorator(*requirements)(test)
        if runs:
            assert decorated() == "ran"
        else:
            with pytest.raises(unittest.SkipTest, match="requires"):
                decorated()


def test_requirements_of_a_class():
    skipped = testing.with_requires("numpy<1")(type("T", (unittest.TestCase,), {"test": lambda self: None}))
    result = unittest.TestResult()
    skipped("test").run(result)
    assert [reason for _, reason in result.skipped] == ["requires: numpy<1"]


def test_assert_warns():
    with testing.assert_warns(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    with pytest.raises(AssertionError, match="no UserWarning was given"), testing.assert_warns(UserWarning):
        pass


def test_assert_warns_passes_others_on():
    with pytest.warns(UserWarning, match="other"), testing.assert_warns(DeprecationWarning):
        warnings.warn("other", UserWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_patch_calls_what_it_stands_for():
    name = "chainer.testing.condition.QuietTestRunner.run"
    suite, runner = unittest.TestSuite(), condition.QuietTestRunner()
    with testing.patch(name, autospec=True) as mock:
        assert runner.run(suite).wasSuccessful()
        mock.assert_called_once_with(runner, suite)
    with testing.patch(name, autospec=True, return_value=7):
        assert runner.run(suite) == 7
    with testing.patch("os.getcwd", lambda: "elsewhere"):
        assert os.getcwd() == "elsewhere"
    assert not isinstance(os.getcwd, unittest.mock.Mock)


def test_run_module(monkeypatch, tmp_path):
    file = tmp_path / "test_sample.py"
    file.write_text("def test(): pass\n")
    testing.run_module("test_sample", str(file))  # imported: nothing happens
    monkeypatch.setattr("sys.argv", ["test_sample.py", "-q"])
    called = []
    monkeypatch.setattr(pytest, "main", lambda args: called.append(args) or 0)
    with pytest.raises(SystemExit) as exited:
        testing.run_module("__main__", str(file))
    assert exited.value.code == 0
    assert called == [[str(file), "-q"]]


def test_skips_of_examples():
    doctest_helper.skipif(False)
    doctest_helper.skipif_requires_satisfied("numpy<1")
    doctest_helper.skipif_not_enough_cuda_devices(0)
    for skip in (
        lambda: doctest_helper.skipif(True),
        lambda: doctest_helper.skipif_requires_satisfied("numpy"),
        lambda: doctest_helper.skipif_not_enough_cuda_devices(10**6),
    ):
        with pytest.raises(pytest.skip.Exception):
            skip()


@pytest.mark.parametrize("save_and_load", [testing.save_and_load_npz, testing.save_and_load_hdf5])
def test_save_and_load(save_and_load):
    src, dst = Linear(3, 2), Linear(3, 2)
    save_and_load(src, dst)
    np.testing.assert_array_equal(src.W.array, dst.W.array)


class TestGenerateMatrix:
    @pytest.mark.parametrize("shape", [(2, 3), (3, 2), (4, 2, 3), (2, 2)])
    @pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
    def test_singular_values(self, shape, dtype):
        a = testing.generate_matrix(shape, dtype, singular_values=[2.0, 0.5])
        assert a.shape == shape
        assert a.dtype == dtype
        values = np.linalg.svd(a, compute_uv=False)
        np.testing.assert_allclose(values, np.broadcast_to([2, 0.5], values.shape), rtol=1e-5)

    def test_refusals(self):
        with pytest.raises(ValueError, match="at least two axes"):
            testing.generate_matrix((3,), singular_values=1)
        with pytest.raises(TypeError, match="floating point, got int32"):
            testing.generate_matrix((3, 3), "int32", singular_values=1)
        with pytest.raises(ValueError, match="must not be negative"):
            testing.generate_matrix((3, 3), singular_values=-1)
        with pytest.raises(TypeError, match="singular_values"):
            testing.generate_matrix((3, 3))


def test_mock_updater_counts_as_one_does():
    trainer = testing.get_trainer_with_mock_updater(stop_trigger=(2, "epoch"), iter_per_epoch=4)
    updater = trainer.updater
    assert (updater.iteration, updater.epoch, updater.epoch_detail, updater.previous_epoch_detail) == (0, 0, 0, None)
    updater.update()
    assert (updater.iteration, updater.epoch, updater.epoch_detail, updater.previous_epoch_detail) == (1, 0, 0.25, 0.0)
    assert not updater.is_new_epoch
    trainer.run()
    assert (updater.iteration, updater.epoch, updater.is_new_epoch) == (8, 2, True)
