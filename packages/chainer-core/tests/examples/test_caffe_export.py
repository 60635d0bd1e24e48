"""A network in the format of Caffe."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize("arch", ["lenet", "resnet50"])
def test_what_is_read_back_computes_the_same(run_example, tmp_path, arch):
    printed = run_example("caffe_export/export.py", "--arch", arch)
    assert float(printed.split()[-1]) < 1e-6
    prototxt = (tmp_path / "result" / "chainer_model.prototxt").read_text()
    assert f'name: "{arch}"' in prototxt
    assert 'type: "Convolution"' in prototxt
    assert (tmp_path / "result" / "chainer_model.caffemodel").stat().st_size > 1_000_000
