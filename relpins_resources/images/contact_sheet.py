"""Contact sheets: many pictures in one small JPEG, for people who look at a run in the UI."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image, ImageDraw, ImageOps

from relpins_resources.images.decode import decode_pixels
from relpins_resources.images.lettering import ACCENT, INK, LINE, PAPER, SOFT_INK, TILE, fitted, font
from relpins_resources.images.limits import ImageRejected

_GAP = 4
_MARGIN = 2
_RADIUS = 7
_CAPTION_SIZE = 11
_LABEL_SIZE = 13
_LABEL_ROOM = (5, 6)  # pixels above and below a row's label
_LOSS_ALLOWED = 0.3  # share of a picture that cropping to its tile may cost; else it is shown whole
_QUALITIES = (90, 82, 74, 64, 52)


def contact_sheet(
    images: Sequence[bytes],
    captions: Sequence[str] | None = None,
    *,
    columns: int = 6,
    cell: int = 96,
    max_bytes: int = 90_000,
    framed: Collection[int] = (),
    row_labels: Sequence[str] | None = None,
) -> bytes:
    """Return one JPEG that shows `images` in rows of `columns` tiles, `cell` pixels wide each.

    Args:
        images: JPEG bytes, in reading order; empty or broken ones become an empty tile.
        captions: one line under each tile (the first ones may be fewer than the images), cut to its width.
        framed: positions of images with a frame around them: a query before its results.
        row_labels: one line above each row.
        max_bytes: the quality, then the size, is lowered until the file is no larger.

    Example:
        `contact_sheet([query, *results], ["query", *titles], framed={0})`
    """
    pictures = [_opened(image, 2 * cell) for image in images]
    sheet = _Layout.of(pictures, captions or (), row_labels or (), columns, cell)
    canvas = Image.new("RGB", sheet.size, PAPER)
    draw = ImageDraw.Draw(canvas)
    for row, label in enumerate(sheet.labels):
        x, y = sheet.row_origin(row)
        y += _LABEL_ROOM[0]
        draw.text((x, y), fitted(label, _LABEL_SIZE, sheet.size[0] - 2 * _MARGIN), INK, font(_LABEL_SIZE))
    for position, picture in enumerate(pictures):
        x, y = sheet.tile_origin(position)
        _paste(canvas, picture, (x, y), sheet.tile, is_framed=position in framed)
        if position < len(sheet.captions):
            caption = fitted(sheet.captions[position], _CAPTION_SIZE, sheet.tile[0] - 2)
            ink = ACCENT if position in framed else SOFT_INK
            draw.text((x + 1, y + sheet.tile[1] + 3), caption, ink, font(_CAPTION_SIZE))
    if not pictures:
        draw.text((_MARGIN + 8, _MARGIN + 8), "no images", SOFT_INK, font(_LABEL_SIZE))
    return _under(canvas, max_bytes)


def as_markdown(picture: bytes, alt: str) -> str:
    """Return a Markdown image whose data (a JPEG or PNG) travels inside the text."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    words = " ".join("".join(" " if c in "[]()\\`<>\"'" else c for c in alt).split())
    return f"![{words}](data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')})"


@dataclass(frozen=True)
class _Layout:
    """Where things stand on the sheet, in pixels."""

    columns: int
    n_rows: int
    tile: tuple[int, int]
    captions: Sequence[str]
    labels: Sequence[str]

    @classmethod
    def of(
        cls,
        pictures: Sequence[Image.Image | None],
        captions: Sequence[str],
        labels: Sequence[str],
        columns: int,
        cell: int,
    ) -> _Layout:
        shapes = [picture.height / picture.width for picture in pictures if picture is not None]
        shape = min(1.34, max(0.75, median(shapes))) if shapes else 1.0
        columns = max(1, min(columns, len(pictures) or columns))
        n_rows = -(-len(pictures) // columns)
        return cls(columns, n_rows, (cell, round(cell * shape)), captions, labels[:n_rows])

    @property
    def size(self) -> tuple[int, int]:
        width = 2 * _MARGIN + self.columns * (self.tile[0] + _GAP) - _GAP
        return max(width, 120), max(2 * _MARGIN + self.n_rows * self._row_height, 34)

    @property
    def _row_height(self) -> int:
        caption = _CAPTION_SIZE + 9 if self.captions else _GAP
        return self._label_height + self.tile[1] + caption

    @property
    def _label_height(self) -> int:
        return _LABEL_SIZE + sum(_LABEL_ROOM) if self.labels else 0

    def row_origin(self, row: int) -> tuple[int, int]:
        return _MARGIN, _MARGIN + row * self._row_height

    def tile_origin(self, position: int) -> tuple[int, int]:
        row, column = divmod(position, self.columns)
        x, y = self.row_origin(row)
        return x + column * (self.tile[0] + _GAP), y + self._label_height


def _opened(image: bytes, max_side: int) -> Image.Image | None:
    try:
        return Image.fromarray(decode_pixels(image, max_side))
    except ImageRejected:
        return None


def _paste(
    canvas: Image.Image,
    picture: Image.Image | None,
    origin: tuple[int, int],
    tile: tuple[int, int],
    *,
    is_framed: bool,
) -> None:
    """One tile with round corners; drawn at twice the size so that its edges are smooth."""
    double = (2 * tile[0], 2 * tile[1])
    corners = Image.new("L", double)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, double[0] - 1, double[1] - 1), 2 * _RADIUS, fill=255)
    front = _fill(picture, double) if picture is not None else _empty_tile(double)
    edge = ImageDraw.Draw(front)
    box = (0, 0, double[0] - 1, double[1] - 1)
    if is_framed:
        edge.rounded_rectangle(box, 2 * _RADIUS, outline=PAPER, width=10)
        edge.rounded_rectangle(box, 2 * _RADIUS, outline=ACCENT, width=6)
    else:
        edge.rounded_rectangle(box, 2 * _RADIUS, outline=LINE, width=2)
    canvas.paste(front.resize(tile, Image.Resampling.BOX), origin, corners.resize(tile, Image.Resampling.BOX))


def _fill(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    shape, wanted = picture.width / picture.height, size[0] / size[1]
    if 1 - min(shape, wanted) / max(shape, wanted) <= _LOSS_ALLOWED:
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    return ImageOps.pad(picture, size, Image.Resampling.LANCZOS, color=TILE)


def _empty_tile(size: tuple[int, int]) -> Image.Image:
    tile = Image.new("RGB", size, TILE)
    draw = ImageDraw.Draw(tile)
    draw.text((size[0] / 2, size[1] / 2), "no image", SOFT_INK, font(2 * _CAPTION_SIZE), anchor="mm")
    return tile


def _under(canvas: Image.Image, max_bytes: int) -> bytes:
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            canvas.save(file, "JPEG", quality=quality, subsampling=0)
            if file.tell() <= max_bytes or max(canvas.size) <= 32:
                return file.getvalue()
        smaller = (max(1, canvas.width * 3 // 4), max(1, canvas.height * 3 // 4))
        canvas = canvas.resize(smaller, Image.Resampling.LANCZOS)
