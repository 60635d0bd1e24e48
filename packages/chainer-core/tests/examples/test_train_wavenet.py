"""WaveNet on tones."""

from __future__ import annotations

import math
import wave

import numpy as np
import pytest

pytestmark = pytest.mark.example


def test_tones_are_foretold_and_go_on(run_example, read_log, tmp_path):
    run_example("wavenet/train.py", "--test")
    assert read_log()[-1]["validation/main/loss"] < 0.6 * math.log(64)
    with wave.open(str(tmp_path / "result" / "generated.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(samples) == 132
    assert abs(samples).max() > 1000


def test_learns_from_a_folder(run_example, read_log, tmp_path):
    (tmp_path / "recordings").mkdir()
    with wave.open(str(tmp_path / "recordings" / "hum.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((8000 * np.sin(np.arange(4000) / 5)).astype("<i2").tobytes())
    run_example("wavenet/train.py", "--test", "--dataset", "recordings")
    assert read_log()[-1]["main/loss"] < read_log()[0]["main/loss"]
