"""The decorators under the runners themselves: what they find and what they report."""

import subprocess
import sys

import pytest

SUITE = """
import unittest
import numpy as np
import pytest
from chainer import testing
from chainer.testing import FunctionTestCase, LinkTestCase, attr, condition, distribution_unittest

@testing.parameterize({"n": 1}, {"n": 2})
class TestUnittest(unittest.TestCase):
    def test_n(self):
        self.assertEqual(self.n, 1)

@testing.parameterize({"n": 1}, {"n": 2})
@testing.inject_backend_tests(["test_n"], [{}, {"use_chainerx": True}])
class TestPlain:
    def test_n(self, backend_config):
        assert self.n == 1

@testing.inject_backend_tests(None, [{}])
class TestFunction(FunctionTestCase):
    def generate_inputs(self):
        return np.ones(3, "f"),
    def forward(self, inputs, device):
        return inputs[0] * 2,
    def forward_expected(self, inputs):
        return inputs[0] * 2,

testing.run_module(__name__, __file__)
"""


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["pytest", "unittest"])
def test_finds_and_reports(tmp_path, runner):
    (tmp_path / "test_suite.py").write_text(SUITE)
    arguments = ["-W", "ignore::pytest.PytestUnknownMarkWarning"] if runner == "pytest" else ["test_suite"]
    command = [sys.executable, "-m", runner, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 1, output
    assert "n: 2" in output  # the parameters of what failed
    if runner == "pytest":
        assert "2 failed, 5 passed, 2 skipped" in output
    else:
        assert "failures=1" in output
