"""Sounds to learn from: generated melodies, or WAV files."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

NOTES = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)  # A major, in Hz


def make_tones(n: int, length: int, rate: int, rng: np.random.Generator) -> list[tuple[np.ndarray, int]]:
    """Single notes with one overtone and a soft beginning, in ``[-1, 1]``, and the number of each note."""
    time = np.arange(length) / rate
    tones = []
    for note in rng.integers(len(NOTES), size=n):
        phase = 2 * np.pi * (NOTES[note] * time + rng.random())
        sound = 0.6 * np.sin(phase) + 0.2 * np.sin(2 * phase)
        tones.append((np.minimum(1, time * 50) * sound, int(note)))
    return tones


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    """First channel of a file of 16 bits, in ``[-1, 1]``, and its rate in Hz."""
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path}: expected samples of 16 bits, got {8 * file.getsampwidth()}")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[:: file.getnchannels()]
        return samples / 32768, file.getframerate()


def write_wav(path: Path, sound: np.ndarray, rate: int) -> None:
    """Writes a sound in ``[-1, 1]`` as 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def mu_law(sound: np.ndarray, n_levels: int) -> np.ndarray:
    """Sound in ``[-1, 1]`` as levels, finer where it is quiet (ITU-T G.711)."""
    mu = n_levels - 1
    compressed = np.sign(sound) * np.log1p(mu * abs(sound)) / np.log1p(mu)
    return ((compressed + 1) / 2 * mu + 0.5).astype(np.int32)


def inverse_mu_law(levels: np.ndarray, n_levels: int) -> np.ndarray:
    """Sound of levels."""
    mu = n_levels - 1
    compressed = 2 * levels / mu - 1
    return np.sign(compressed) * np.expm1(abs(compressed) * np.log1p(mu)) / mu
