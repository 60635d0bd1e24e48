"""The main example, run as a person would: from the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "mnist" / "train_mnist.py"
pytestmark = pytest.mark.example


def run(*args: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(SCRIPT), *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


def log(folder: Path) -> list[dict[str, float]]:
    return json.loads((folder / "log").read_text())


def weights(folder: Path) -> dict[str, np.ndarray]:
    newest = max(folder.glob("snapshot_iter_*"), key=lambda path: int(path.name.split("_")[-1]))
    with np.load(newest) as npz:
        return {key: npz[key] for key in npz.files if key.startswith("updater/model:main/")}


def test_default_reaches_97_percent_and_leaves_its_pictures(tmp_path):
    result = run(cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    out = tmp_path / "result"
    assert log(out)[-1]["validation/main/accuracy"] > 0.97
    assert "test accuracy: 0.97" in result.stdout or "test accuracy: 0.98" in result.stdout
    for picture in ("loss.png", "accuracy.png", "confusion_matrix.png", "wrong.png"):
        assert (out / picture).read_bytes().startswith(b"\x89PNG"), picture
    assert (out / "cg.dot").read_text().startswith("digraph")
    assert str(out) in result.stdout
    assert "epoch" in result.stdout and "Estimated time to finish" in result.stdout


def test_cnn_reaches_98_5_percent(tmp_path):
    result = run("--model", "cnn", "--noplot", "--unit", 200, "--epoch", 12, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert max(row["validation/main/accuracy"] for row in log(tmp_path / "result")[-3:]) > 0.985
    assert not list((tmp_path / "result").glob("*.png"))


def test_resuming_equals_never_having_stopped(tmp_path):
    short = ["--unit", 20, "--noplot", "--batchsize", 200]
    assert run(*short, "-e", 4, "-o", "whole", cwd=tmp_path).returncode == 0
    assert run(*short, "-e", 2, "-o", "parts", cwd=tmp_path).returncode == 0
    again = run(*short, "-e", 4, "-o", "parts", "--resume", "parts", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole.keys() == parts.keys() and whole
    for key in whole:
        np.testing.assert_array_equal(whole[key], parts[key])


def test_an_interrupted_training_can_be_resumed(tmp_path):
    args = ["--unit", "20", "--noplot", "-e", "100000"]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *args], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "result" / "log").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 143, stderr
    assert list((tmp_path / "result").glob("snapshot_iter_*"))


def test_momentum_sgd_on_request(tmp_path):
    result = run("--learnrate", 0.1, "-e", 2, "--unit", 20, "--noplot", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert log(tmp_path / "result")[-1]["main/loss"] < log(tmp_path / "result")[0]["main/loss"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--resume", "nowhere"], "nowhere"),
        (["--resume", "."], "no snapshot_iter_"),
        (["--device", "0"], "CUDA"),
        (["--device", "@abacus"], "@abacus"),
        (["--batchsize", "0"], "--batchsize"),
        (["--epoch", "many"], "--epoch"),
        (["--dataset", "cats"], "cats"),
        (["--alpha", "0.1", "--learnrate", "0.1"], "not allowed"),
    ],
)
def test_refuses_nonsense_in_a_sentence(tmp_path, args, message):
    result = run(*args, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_refuses_a_resume_file_that_is_no_snapshot(tmp_path):
    (tmp_path / "notes.txt").write_text("not a snapshot")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    for name in ("notes.txt", "other.npz"):
        result = run("--resume", name, "--unit", 20, cwd=tmp_path)
        assert result.returncode == 2, name
        assert name in result.stderr
        assert "Traceback" not in result.stderr


def test_refuses_an_out_that_cannot_be_written(tmp_path):
    (tmp_path / "taken").write_text("a file")
    result = run("--out", "taken", "--unit", 20, cwd=tmp_path)
    assert result.returncode == 2
    assert "taken" in result.stderr
    assert "Traceback" not in result.stderr
