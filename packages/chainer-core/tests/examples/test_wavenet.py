"""Notes learnt and sung by WaveNet."""

from __future__ import annotations

import re
import wave

import numpy as np
import pytest

pytestmark = pytest.mark.example


def test_the_network_sings_the_notes_that_it_is_asked_for(run_example, read_log, tmp_path):
    run_example("wavenet/train.py", "--test")
    log = read_log()
    assert log[-1]["validation/main/loss"] < log[0]["validation/main/loss"] / 2
    printed = run_example("wavenet/generate.py", "--voice", 0, 7, "--length", 800)
    low, high = (float(frequency) for frequency in re.findall(r"loudest at (\d+) Hz", printed))
    assert low == pytest.approx(220, rel=0.25)
    assert high == pytest.approx(440, rel=0.25)
    with wave.open(str(tmp_path / "result" / "voice7.wav")) as file:
        assert (file.getnframes(), file.getframerate()) == (800, 4000)


def test_learns_from_wav_files_of_a_folder(run_example, read_log, tmp_path):
    for frequency in (200, 300):
        folder = tmp_path / "sounds" / str(frequency)
        folder.mkdir(parents=True)
        sound = 20000 * np.sin(2 * np.pi * frequency * np.arange(3000) / 4000)
        with wave.open(str(folder / "tone.wav"), "wb") as file:
            file.setparams((1, 2, 4000, 0, "NONE", "not compressed"))
            file.writeframes(sound.astype("<i2").tobytes())
    run_example("wavenet/train.py", "--dataset", "sounds", "--test")
    log = read_log()
    assert log[-1]["main/loss"] < log[0]["main/loss"]
