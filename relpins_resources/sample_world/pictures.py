"""Writes the picture files: originals drawn on several processes, copies and broken files after them."""

import io
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from PIL import Image, ImageEnhance

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import WorldConfig, stream
from relpins_resources.sample_world.draw import Box, paint

CHUNK = 24
WORTH_A_POOL = 240
"""Under this many pictures, starting processes costs more than it saves."""


def write_pictures(
    folder: Path, config: WorldConfig, seed: int, specs: Sequence[PinSpec], jobs: int
) -> tuple[list[PinSpec], list[list[Box]]]:
    """Writes `<pin_id>.jpg` for every pin; returns the plans with final sizes, and each picture's objects."""
    folder.mkdir(parents=True)
    originals = [i for i, spec in enumerate(specs) if not spec.copy_of]
    chunks = [[specs[i] for i in originals[k : k + CHUNK]] for k in range(0, len(originals), CHUNK)]
    tasks = [(folder, config, seed, chunk) for chunk in chunks]
    if jobs > 1 and len(originals) >= WORTH_A_POOL:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            drawn = list(pool.map(_draw_chunk, tasks))
    else:
        drawn = [_draw_chunk(task) for task in tasks]
    boxes_of = {specs[i].pin_id: boxes for i, boxes in zip(originals, (b for c in drawn for b in c), strict=True)}
    made, boxes = [], []
    for spec in specs:
        final, found = (
            _copied(folder, seed, spec, boxes_of[spec.copy_of]) if spec.copy_of else (spec, boxes_of[spec.pin_id])
        )
        made.append(final)
        boxes.append(found)
    for spec in specs:
        _break(folder, spec)
    return made, boxes


def _draw_chunk(task: tuple[Path, WorldConfig, int, list[PinSpec]]) -> list[list[Box]]:
    folder, config, seed, specs = task
    boxes = []
    for spec in specs:
        picture, found = paint(spec, seed, config.supersample)
        quality = config.jpeg_quality
        if spec.quality < 0.6:  # a poor phone photo: dull and hard pressed
            picture = ImageEnhance.Brightness(ImageEnhance.Color(picture).enhance(0.85)).enhance(0.93)
            quality = 62
        (folder / f"{spec.pin_id}.jpg").write_bytes(_jpeg(picture, quality))
        boxes.append(found)
    return boxes


def _copied(folder: Path, seed: int, spec: PinSpec, boxes: list[Box]) -> tuple[PinSpec, list[Box]]:
    data = (folder / f"{spec.copy_of}.jpg").read_bytes()
    if spec.copy_kind == "repin":
        (folder / f"{spec.pin_id}.jpg").write_bytes(data)
        return spec, boxes
    rng = stream(seed, "near-duplicate", spec.pin_id)
    picture: Image.Image = Image.open(io.BytesIO(data))
    width, height = picture.size
    left, top = 0, 0
    if spec.copy_kind == "cropped":
        left, top = (int(side * (0.02 + 0.05 * rng.random())) for side in (width, height))
        right, bottom = (int(side * (0.93 + 0.05 * rng.random())) for side in (width, height))
        picture = picture.crop((left, top, right, bottom))
        boxes = [Box(b.name, b.x0 - left, b.y0 - top, b.x1 - left, b.y1 - top) for b in boxes]
    else:
        share = 0.75 + 0.2 * float(rng.random())
        picture = picture.resize((round(width * share), round(height * share)), Image.Resampling.LANCZOS)
        boxes = [Box(b.name, *(value * share for value in (b.x0, b.y0, b.x1, b.y1))) for b in boxes]
    (folder / f"{spec.pin_id}.jpg").write_bytes(_jpeg(picture, 70 + int(rng.integers(20))))
    return replace(spec, size=picture.size), boxes


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _break(folder: Path, spec: PinSpec) -> None:
    path = folder / f"{spec.pin_id}.jpg"
    if spec.broken == "truncated":
        path.write_bytes(path.read_bytes()[:1500])
    elif spec.broken == "text":
        path.write_text("404 not found\n", encoding="utf-8")
    elif spec.broken == "missing":
        path.unlink()
