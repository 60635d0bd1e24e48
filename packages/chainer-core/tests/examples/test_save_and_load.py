"""Every format of files."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


def test_nothing_is_lost_in_any_format(run_example, tmp_path):
    pytest.importorskip("h5py")
    pytest.importorskip("safetensors")
    lines = run_example("serialization/save_and_load.py").splitlines()
    assert len(lines) == 5
    assert all(line.endswith("True") for line in lines), lines
    names = {path.name for path in (tmp_path / "result").iterdir()}
    assert {"model.npz", "model.h5", "model.safetensors", "optimizer.npz", "optimizer.h5"} <= names
