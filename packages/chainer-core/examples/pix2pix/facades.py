"""Fronts of houses: plans of their parts, and pictures to go with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SKY, WALL, ROOF, WINDOW, DOOR = range(5)
N_PARTS = 5


def make_facade(size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A plan, one channel a part, and a picture with pixels from -1 to 1.

    The picture follows from the plan alone, so a network can learn to draw it: the sky pales towards the ground, bricks
    have joints, windows have crosses.
    """
    plan = np.full((size, size), SKY)
    left, right = int(rng.integers(0, size // 8)), size - int(rng.integers(0, size // 8))
    top = int(rng.integers(size // 8, size // 3))
    plan[top:, left:right] = WALL
    plan[top : top + size // 8, left:right] = ROOF
    step = int(rng.integers(size // 5, size // 3))
    for y in range(top + size // 6, size - step, step):
        for x in range(left + 2, right - step // 2, step):
            plan[y : y + step // 2, x : x + step // 2] = WINDOW
    door = int(rng.integers(left + 2, right - size // 6))
    plan[size - size // 5 :, door : door + size // 7] = DOOR

    colour = np.array([[0.2, 0.5, 1.0], [0.8, 0.6, 0.4], [0.6, 0.1, 0.1], [0.1, 0.2, 0.4], [0.4, 0.2, 0.0]])
    picture = colour[plan]  # (size, size, 3)
    picture[plan == SKY] += 0.4 * (np.indices(plan.shape)[0] / size)[plan == SKY][:, None]
    picture[(plan == WALL) & (np.indices(plan.shape)[0] % 4 == 0)] *= 0.8
    picture[(plan == WINDOW) & (np.roll(plan, -2, axis=1) != WINDOW)] = 0.9
    image = (2 * picture.clip(0, 1) - 1).transpose(2, 0, 1).astype(np.float32)
    return (plan == np.arange(N_PARTS)[:, None, None]).astype(np.float32), image


def make_facades(n: int, size: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [make_facade(size, rng) for _ in range(n)]


def read_facades(folder: Path, size: int, n_parts: int = 12) -> list[tuple[np.ndarray, np.ndarray]]:
    """The CMP facade database: ``NAME.png`` is the plan, an image with a palette of twelve, ``NAME.jpg`` the photo."""
    pairs = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as plan, Image.open(path.with_suffix(".jpg")) as photo:
            parts = np.asarray(plan.resize((size, size), Image.Resampling.NEAREST)).astype(np.int32) - 1
            pixels = np.asarray(photo.convert("RGB").resize((size, size)))
        one_hot = (parts == np.arange(n_parts)[:, None, None]).astype(np.float32)
        pairs.append((one_hot, pixels.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1))
    if not pairs:
        raise SystemExit(f"{folder}: there is no NAME.png with a NAME.jpg here")
    return pairs
