"""Sounds, made up or read, and their companded form."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

SAMPLING_RATE = 8000


def mu_law(x: np.ndarray, n_levels: int) -> np.ndarray:
    """Samples from -1 to 1 as levels, int32: fine ones for quiet sounds, coarse ones for loud sounds."""
    mu = n_levels - 1
    y = np.sign(x) * np.log1p(mu * np.abs(x)) / np.log1p(mu)
    return ((y + 1) / 2 * mu + 0.5).astype(np.int32)


def inverse_mu_law(level: np.ndarray, n_levels: int) -> np.ndarray:
    """The way back, float32."""
    mu = n_levels - 1
    y = 2 * (level.astype(np.float32) / mu) - 1
    return (np.sign(y) * np.expm1(np.abs(y) * np.log1p(mu)) / mu).astype(np.float32)


def make_tones(n: int, length: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Notes of a string: a tone from 200 to 800 Hz with two overtones, that fades."""
    time = np.arange(length) / SAMPLING_RATE
    tones = []
    for _ in range(n):
        phase = 2 * np.pi * rng.uniform(200, 800) * time + rng.uniform(0, 6)
        sound = np.sin(phase) + 0.5 * np.sin(2 * phase) + 0.25 * np.sin(3 * phase)
        tones.append(0.5 * sound * np.exp(-2 * time))
    return tones


def read_wave(path: Path) -> np.ndarray:
    """Samples from -1 to 1 of a file with one channel of 16 bits."""
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            raise SystemExit(f"{path}: must have one channel of 16 bits")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def write_wave(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLING_RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
