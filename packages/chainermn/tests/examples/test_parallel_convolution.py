"""A convolution whose filters are spread over the ranks; the tests of the link itself run on any number of ranks."""

from __future__ import annotations

import importlib.util

import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import Variable

from .conftest import EXAMPLES


@pytest.fixture
def link_class():
    path = EXAMPLES / "parallel_convolution" / "parallel_convolution.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ParallelConvolution2D


def test_equals_one_convolution_of_all_images(comm, link_class):
    rng = np.random.default_rng(0)  # the same everywhere
    n_out = 2 * comm.size
    whole = L.Convolution2D(3, n_out, 3, pad=1, initialW=rng.normal(size=(n_out, 3, 3, 3)))
    whole.b.array[...] = rng.normal(size=n_out)
    xs = [Variable(rng.normal(size=(rank + 1, 3, 5, 4)).astype("float32")) for rank in range(comm.size)]
    weights = [rng.normal(size=(rank + 1, n_out, 5, 4)).astype("float32") for rank in range(comm.size)]
    ys = [whole(x) for x in xs]
    F.sum(sum(F.sum(y * weight) for y, weight in zip(ys, weights))).backward()

    mine = slice(2 * comm.rank, 2 * comm.rank + 2)
    part = link_class(comm, 3, n_out, 3, pad=1)
    part.W.array[...] = whole.W.array[mine]
    part.b.array[...] = whole.b.array[mine]
    x = Variable(xs[comm.rank].array)
    y = part(x)
    np.testing.assert_allclose(y.array, ys[comm.rank].array, rtol=1e-4, atol=1e-5)
    F.sum(y * weights[comm.rank]).backward()
    np.testing.assert_allclose(x.grad, xs[comm.rank].grad, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(part.W.grad, whole.W.grad[mine], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(part.b.grad, whole.b.grad[mine], rtol=1e-4, atol=1e-4)


def test_refuses_channels_that_cannot_be_shared(comm, link_class):
    if comm.size < 2:
        pytest.skip("one rank takes any number")
    message = f"out_channels must be a multiple of the {comm.size} ranks, got {comm.size + 1}"
    with pytest.raises(ValueError, match=message):
        link_class(comm, 3, comm.size + 1, 3)


@pytest.mark.launcher
@pytest.mark.example
def test_learns_enlarged_digits(run_example, read_log):
    printed = run_example(2, "parallel_convolution/train_cifar.py", "--test")
    # Half of 9 * (3 * 12 + 12 * 24 + 24 * 48 + 48 * 96) weights.
    assert printed.startswith("2 processes: 27378 weights of filters on each")
    log = read_log()
    assert log[-1]["validation/main/accuracy"] > 0.75
    assert log[-1]["main/loss"] < log[0]["main/loss"] / 3


@pytest.mark.launcher
@pytest.mark.example
def test_refuses_a_width_that_cannot_be_shared(start_example):
    job = start_example(2, "parallel_convolution/train_cifar.py", "--width", 3)
    assert job.returncode
    assert job.stdout.count("--width must be a multiple of the 2 processes") == 1, job.stdout
    assert "Traceback" not in job.stdout
