"""A network written for Caffe."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


def test_what_is_written_answers_as_the_network_does(run_example, tmp_path):
    printed = run_example("caffe_export/export.py")
    assert float(printed.split()[-1]) < 1e-5
    structure = (tmp_path / "result" / "chainer_model.prototxt").read_text()
    types = [line.split('"')[1] for line in structure.splitlines() if line.startswith("  type:")]
    assert types == [
        "Input", "Convolution", "BatchNorm", "Scale", "ReLU", "Convolution", "ReLU", "Pooling", "Reshape",
        "InnerProduct", "ReLU", "InnerProduct", "Softmax",
    ]  # fmt: skip
