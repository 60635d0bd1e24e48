import io
import os
import re
import subprocess
import sys
import warnings

import chainer
import numpy as np
import pytest
from chainer.backends import intel64, kernels
from chainer_onednn_ext import _register, declined, reorders


def explained():
    """What the runtime info tells, by name."""
    file = io.StringIO()
    chainer.print_runtime_info(file)
    return {line[:34].strip(): line[35:] for line in file.getvalue().splitlines()}


@pytest.mark.ideep
def test_describes_itself(rng):
    from chainer_onednn_ext import _core

    lines = explained()
    assert "plug-in onednn: loaded" in lines
    assert re.fullmatch(r"\d+\.\d+\.\d+", lines["oneDNN"])
    assert lines["threads"] == str(_core.get_num_threads())
    x = rng.standard_normal((1, 3, 8, 8)).astype(np.float32)
    chainer.functions.convolution_2d(x, x).array.sum()
    counts = explained()["images brought to another layout"]
    assert counts == f"to channels-last {reorders['to channels-last']}x, to plain {reorders['to plain']}x"
    declined["nms"] += 7
    assert "nms 7x" in explained()["left to the plain body"]
    del declined["nms"]


@pytest.mark.ideep
@pytest.mark.parametrize(("limit", "onednn", "own"), [("AVX2", "AVX2", "AVX2"), ("AVX", "AVX", "AVX2")])
def test_instructions_follow_the_limit_of_onednn(limit, onednn, own):
    code = "from chainer_onednn_ext import _core; print(_core.onednn_isa(), _core.own_isa(), sep='\\n')"
    assert run(code, ONEDNN_MAX_CPU_ISA=limit).splitlines() == [onednn, own]


def run(code, **environ):
    env = os.environ | environ
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.ideep
def test_can_be_turned_off():
    text = run("import chainer; chainer.print_runtime_info()", CHAINER_USE_IDEEP="never")
    assert text.count("chainer.config.use_ideep is 'never'") == 1
    rows = dict(line.split(maxsplit=1) for line in text.splitlines() if line.startswith("  "))
    assert {rows[name] for name in kernels.NAMES} == {"plain body"}


@pytest.mark.ideep
def test_public_names_of_the_last_release():
    intel64.check_ideep_available()
    assert intel64.is_ideep_available()
    x = np.ones((2, 3, 4, 4), np.float32)
    assert not intel64.inputs_all_ready((x,)) and not isinstance(x, intel64.mdarray)
    device = chainer.get_device("@intel64")
    assert isinstance(device, intel64.Intel64Device) and device.xp is np


@pytest.mark.ideep
def test_to_intel64_changes_where_a_model_is_said_to_be_and_nothing_else(rng):
    x = rng.standard_normal((2, 3, 5, 5)).astype(np.float32)
    model = chainer.links.Convolution2D(3, 4, 3)
    expected = model(x).array
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model.to_intel64()
    assert isinstance(model.device, intel64.Intel64Device)
    assert type(model.W.array) is np.ndarray
    np.testing.assert_array_equal(model(x).array, expected)
    v = chainer.Variable(x)
    v.to_intel64()
    assert type(v.array) is np.ndarray
    before = model.W.array.copy()
    chainer.optimizers.SGD().setup(model).update(lambda: chainer.functions.sum(model(v)))
    assert (model.W.array != before).any()


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
    code = "from chainer_onednn_ext import _core; print(_core.get_num_threads())"
    assert run(code, OMP_NUM_THREADS="3") == "3\n"
