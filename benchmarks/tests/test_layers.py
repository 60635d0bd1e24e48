"""The report of a network by the routines of our CPU kernels."""

import importlib.util
import re

import pytest

from benchmarks import layers
from benchmarks.__main__ import main
from benchmarks.worker.layers import flops

HAS_KERNELS = (
    importlib.util.find_spec("chainer_onednn_ext") is not None
    and importlib.util.find_spec("chainer_onednn_ext._core") is not None
)


@pytest.mark.parametrize(
    ("routine", "shapes", "expected"),
    [
        ("conv_forward_last", [(8, 56, 56, 64), (128, 64, 3, 3), (8, 28, 28, 128)], 2 * 8 * 28 * 28 * 128 * 64 * 9),
        ("conv_forward", [(8, 64, 56, 56), (128, 64, 3, 3), (128,), (8, 128, 28, 28)], 2 * 8 * 28 * 28 * 128 * 64 * 9),
        ("conv_backward_data_last", [(8, 7, 7, 16), (16, 4, 1, 1), (8, 7, 7, 4)], 2 * 8 * 49 * 16 * 4),
        ("conv_backward_weights_last", [(8, 7, 7, 4), (8, 7, 7, 16), (16, 4, 1, 1)], 2 * 8 * 49 * 16 * 4),
        ("matmul", [(128, 9216), (4096, 9216), (128, 4096)], 2 * 128 * 9216 * 4096),
        ("relu", [(128, 9216), (128, 9216)], 0),
    ],
)
def test_counts_operations_by_definition(routine, shapes, expected):
    assert flops(routine, shapes) == expected


@pytest.mark.parametrize(
    ("name", "found"),
    [("resnet50", "networks/resnet50_train"), ("alexnet", "networks/alexnet_backward"), ("chain", "chain")],
)
def test_a_network_is_found_by_its_short_name(name, found):
    assert layers.find(name).name == found


def test_refuses_what_it_does_not_know(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["layers", "nothing"])
    assert "benchmark must be one of" in capsys.readouterr().err


@pytest.mark.ideep
@pytest.mark.skipif(not HAS_KERNELS, reason="chainer-onednn-ext is not installed, or without kernels")
def test_prints_and_draws_a_report(tmp_path, capsys):
    assert main(["layers", "convolution/body", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^\d.*% .* conv_backward_weights.* 64x64x3x3$", out, re.MULTILINE)
    assert "GFLOP/s" in out
    assert list(tmp_path.glob("layers-convolution-body-1.png"))
