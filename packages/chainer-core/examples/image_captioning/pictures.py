"""Pictures with sentences that say what is in them, made up or read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

COLOURS = {"red": (220, 40, 40), "green": (40, 180, 60), "blue": (50, 80, 230), "yellow": (230, 210, 50)}
SHAPES = ["circle", "square", "triangle"]
Captioned = tuple[np.ndarray, list[str]]  # pixels from 0 to 1, of shape (3, H, W), and words


def make_picture(size: int, rng: np.random.Generator) -> Captioned:
    """Two things, one above the other or side by side."""
    image = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(image)
    things = []
    is_above = bool(rng.integers(2))
    for i in range(2):
        colour, shape, is_small = str(rng.choice(list(COLOURS))), str(rng.choice(SHAPES)), bool(rng.integers(2))
        radius = size * (0.12 if is_small else 0.22)
        along, across = size * (0.25 + 0.5 * i), size * rng.uniform(0.3, 0.7)
        x, y = (across, along) if is_above else (along, across)
        box = (x - radius, y - radius, x + radius, y + radius)
        if shape == "circle":
            draw.ellipse(box, COLOURS[colour])
        elif shape == "square":
            draw.rectangle(box, COLOURS[colour])
        else:
            draw.polygon([(x, y - radius), (x - radius, y + radius), (x + radius, y + radius)], COLOURS[colour])
        things.append(f"a {'small' if is_small else 'large'} {colour} {shape}")
    words = f"{things[0]} {'above' if is_above else 'left of'} {things[1]}".split()
    return to_array(image), words


def make_pictures(n: int, size: int, seed: int) -> list[Captioned]:
    rng = np.random.default_rng(seed)
    return [make_picture(size, rng) for _ in range(n)]


def read_captions(annotations: Path, root: Path, size: int) -> list[Captioned]:
    """The format of MS COCO: a JSON file of images and of sentences about them."""
    content = json.loads(annotations.read_text(encoding="utf-8"))
    files = {image["id"]: root / image["file_name"] for image in content["images"]}
    pairs = []
    for annotation in content["annotations"]:
        with Image.open(files[annotation["image_id"]]) as image:
            pixels = to_array(image.convert("RGB").resize((size, size)))
        pairs.append((pixels, annotation["caption"].lower().replace(".", " ").split()))
    return pairs


def to_array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32).transpose(2, 0, 1) / 255
