import io
import os
import subprocess
import sys

import numpy as np
import pytest
from chainer.backends import kernels
from chainer_onednn_ext import _register


@pytest.mark.ideep
def test_registered():
    file = io.StringIO()
    kernels.explain(file)
    assert "plug-in onednn: loaded" in file.getvalue()


@pytest.mark.ideep
def test_serves_float32_alone():
    assert kernels.find("conv_forward", np.ones(1, np.float32)) is not None
    assert kernels.find("conv_forward", np.ones(1, np.float64)) is None


def test_without_module(monkeypatch):
    monkeypatch.setattr(_register.importlib.util, "find_spec", lambda name: None)
    assert _register.register().startswith("it was installed without kernels: ")


def test_without_avx2(monkeypatch):
    monkeypatch.setattr(_register.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(_register, "_has_avx2", lambda: False)
    assert "AVX2" in _register.register()


@pytest.mark.ideep
def test_threads_follow_the_environment():
    code = "from chainer_onednn_ext import _core; print(_core.get_num_threads(), _core.onednn_version())"
    env = os.environ | {"OMP_NUM_THREADS": "3"}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert out.split()[0] == "3"
    assert out.split()[1].startswith("3.")
