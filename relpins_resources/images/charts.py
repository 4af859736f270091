"""Small bar charts drawn with Pillow, for the metadata of a run."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping

from PIL import Image, ImageDraw

from relpins_resources.images.lettering import BAR, INK, PAPER, SOFT_INK, TILE, fitted, font

_WIDTH = 560
_ROW = 22
_MARGIN = 12
_TITLE_SIZE = 15
_TEXT_SIZE = 12
_SCALE = 2  # drawn at twice the size, then reduced: smooth edges
_MAX_LABEL_WIDTH = 190


def histogram_chart(
    counts: Mapping[str, float],
    title: str,
    *,
    is_log: bool = False,
    max_bars: int = 20,
    note: str = "",
) -> bytes:
    """Return a PNG, 560 pixels wide, with one horizontal bar per entry of `counts`, in their order.

    Args:
        counts: label to value; values that are negative, infinite or no number are drawn without a bar.
        is_log: bar lengths grow with log(1 + value): for counts that fall by orders of magnitude.
        max_bars: the entries after these are summed up in one line of text.
        note: a line under the title, such as the unit of the values.
    """
    shown = list(counts.items())[:max_bars]
    n_left_out = len(counts) - len(shown)
    notes = [note] if note else []
    notes += ["bar lengths are logarithmic"] if is_log else []
    subtitle = "; ".join(notes)
    top = _MARGIN + _TITLE_SIZE + 9 + (_TEXT_SIZE + 7 if subtitle else 0)
    height = top + _ROW * (len(shown) + (n_left_out > 0) + (not shown)) + _MARGIN - 4
    canvas = Image.new("RGB", (_WIDTH * _SCALE, height * _SCALE), PAPER)
    draw = ImageDraw.Draw(canvas)
    _write(draw, _MARGIN, _MARGIN, title, INK, _TITLE_SIZE, _WIDTH - 2 * _MARGIN)
    if subtitle:
        y = _MARGIN + _TITLE_SIZE + 6
        _write(draw, _MARGIN, y, subtitle, SOFT_INK, _TEXT_SIZE, _WIDTH - 2 * _MARGIN)
    _bars(draw, shown, top, is_log)
    if n_left_out:
        rest = f"and {n_left_out:,} more"
        _write(draw, _MARGIN, top + _ROW * len(shown) + 4, rest, SOFT_INK, _TEXT_SIZE, _WIDTH)
    if not shown:
        _write(draw, _MARGIN, top + 4, "nothing to count", SOFT_INK, _TEXT_SIZE, _WIDTH)
    file = io.BytesIO()
    small = canvas.resize((_WIDTH, height), Image.Resampling.BOX)
    small.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _bars(draw: ImageDraw.ImageDraw, shown: list[tuple[str, float]], top: int, is_log: bool) -> None:
    face = font(_TEXT_SIZE * _SCALE)
    labels = [fitted(label, _TEXT_SIZE * _SCALE, _MAX_LABEL_WIDTH * _SCALE) for label, _ in shown]
    values = [_number(value) for _, value in shown]
    left = _MARGIN + max((face.getlength(label) for label in labels), default=0.0) / _SCALE + 10
    value_width = max((face.getlength(value) for value in values), default=0.0) / _SCALE
    room = _WIDTH - _MARGIN - left - value_width - 8
    lengths = [_length(value, is_log) for _, value in shown]
    longest = max(lengths, default=0.0) or 1.0
    for row, (label, value, length) in enumerate(zip(labels, values, lengths, strict=True)):
        y = top + row * _ROW
        bar = max(room * length / longest, 2.0 if length > 0 else 0.0)
        _write(draw, left - 10, y + 4, label, INK, _TEXT_SIZE, _MAX_LABEL_WIDTH, anchor="ra")
        _box(draw, (left, y + 3, left + room, y + _ROW - 4), TILE)
        if bar:
            _box(draw, (left, y + 3, left + bar, y + _ROW - 4), BAR)
        _write(draw, _WIDTH - _MARGIN, y + 4, value, SOFT_INK, _TEXT_SIZE, _WIDTH, anchor="ra")


def _length(value: float, is_log: bool) -> float:
    if not math.isfinite(value) or value <= 0:
        return 0.0
    return math.log1p(value) if is_log else float(value)


def _number(value: float) -> str:
    if not math.isfinite(value) or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.1f}"


def _box(draw: ImageDraw.ImageDraw, box: tuple[float, ...], colour: tuple[int, int, int]) -> None:
    x0, y0, x1, y1 = (side * _SCALE for side in box)
    draw.rounded_rectangle((x0, y0, max(x1, x0 + 1), y1), min(6, (x1 - x0) / 2), fill=colour)


def _write(
    draw: ImageDraw.ImageDraw,
    x: float,
    y: float,
    text: str,
    ink: tuple[int, int, int],
    size: int,
    width: float,
    anchor: str = "la",
) -> None:
    line = fitted(text, size * _SCALE, width * _SCALE)
    draw.text((x * _SCALE, y * _SCALE), line, ink, font(size * _SCALE), anchor=anchor)
