"""Images with sentences about them: generated, or those of MS COCO."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

EOS, UNKNOWN = 0, 1
COLOURS = {"red": (1, 0, 0), "green": (0, 0.8, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0)}
SHAPES = ("circle", "square", "triangle")
WORD = re.compile(r"\w+")


def draw(image: np.ndarray, shape: str, colour: str, y: float, x: float, radius: float) -> None:
    """Paints a shape into an image of shape ``(3, H, W)``, in place."""
    rows, columns = np.ogrid[: image.shape[1], : image.shape[2]]
    dy, dx = rows - y, columns - x
    if shape == "circle":
        inside = dy**2 + dx**2 <= radius**2
    elif shape == "square":
        inside = np.maximum(abs(dy), abs(dx)) <= 0.9 * radius
    else:
        inside = (dy <= radius) & (dy >= 2 * abs(dx) - radius)
    image[:, inside] = np.array(COLOURS[colour])[:, None]


def make_shapes(n: int, rng: np.random.Generator, size: int = 16) -> list[tuple[np.ndarray, list[str]]]:
    """A coloured shape on noise, its size, and where it is: ``a small red circle at the top left``."""
    pairs = []
    for _ in range(n):
        image = rng.uniform(0, 0.2, (3, size, size)).astype(np.float32)
        shape, colour = rng.choice(SHAPES), rng.choice(list(COLOURS))
        (is_large, is_low, is_right) = rng.random(3) < 0.5
        y, x = (0.5 + np.where([is_low, is_right], 0.2, -0.2) + rng.uniform(-0.05, 0.05, 2)) * size
        draw(image, shape, colour, y, x, (0.32 if is_large else 0.2) * size)
        place = f"{'bottom' if is_low else 'top'} {'right' if is_right else 'left'}"
        pairs.append((image, f"a {'large' if is_large else 'small'} {colour} {shape} at the {place}".split()))
    return pairs


def read_image(path: Path, size: int) -> np.ndarray:
    """An image file as float32 in ``[0, 1]``. Shape ``(3, size, size)``."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((size, size)), np.float32)
    return pixels.transpose(2, 0, 1) / 255


def read_coco(annotations: Path, images: Path, size: int, at_most: int) -> list[tuple[np.ndarray, list[str]]]:
    """Images and sentences of a ``captions_*.json`` file of MS COCO, the first sentence of each image."""
    content = json.loads(annotations.read_text(encoding="utf-8"))
    files = {image["id"]: image["file_name"] for image in content["images"]}
    sentences = {entry["image_id"]: entry["caption"] for entry in reversed(content["annotations"])}
    return [
        (read_image(images / files[number], size), WORD.findall(sentence.lower()))
        for number, sentence in list(sentences.items())[:at_most]
    ]


def number_words(sentences: list[list[str]], at_least: int) -> dict[str, int]:
    """Number of each word that is seen often enough; the end comes first, then the unknown word."""
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted(word for word, count in counts.items() if count >= at_least)
    return {word: number for number, word in enumerate(["<eos>", "<unk>", *words])}
