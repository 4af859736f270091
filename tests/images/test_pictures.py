"""Contact sheets and charts: right pictures in right places, small files, any text."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from relpins_resources.images import as_markdown, contact_sheet, histogram_chart
from relpins_resources.images.lettering import fitted, font, printable

COLORS = [(200, 40, 40), (40, 160, 60), (40, 60, 200), (230, 200, 40)]


def square(color: tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "JPEG", quality=95)
    return file.getvalue()


def opened(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_images_stand_in_reading_order() -> None:
    sheet = opened(contact_sheet([square(color) for color in COLORS], columns=2, cell=50))
    tile, gap, margin = 50, 4, 2
    for position, color in enumerate(COLORS):
        row, column = divmod(position, 2)
        x = margin + column * (tile + gap) + tile // 2
        y = margin + row * (tile + gap) + tile // 2
        assert np.abs(sheet[y, x] - color).max() < 12


def test_the_default_sheet_is_at_most_600_pixels_wide() -> None:
    assert opened(contact_sheet([square(COLORS[0])] * 12)).shape[1] <= 600


def test_a_frame_marks_the_query_only() -> None:
    white = square((255, 255, 255))
    plain, framed = (opened(contact_sheet([white] * 3, framed=chosen)) for chosen in ((), {0}))
    changed = np.flatnonzero(np.abs(plain - framed).max(axis=(0, 2)) > 60)
    assert len(changed) > 0
    assert changed.max() < 2 + 96
    edge = framed[framed.shape[0] // 2, 3]
    assert edge[0] > 150 > 100 > edge[1]


def test_captions_and_row_labels_take_room() -> None:
    images = [square(color) for color in COLORS]
    heights = [
        opened(contact_sheet(images, columns=2)).shape[0],
        opened(contact_sheet(images, ["a"], columns=2)).shape[0],
        opened(contact_sheet(images, ["a"], columns=2, row_labels=["first", "second"])).shape[0],
    ]
    assert heights == sorted(set(heights))


def test_missing_and_broken_images_become_empty_tiles() -> None:
    sheet = opened(contact_sheet([b"", b"not an image", square(COLORS[1])], columns=3))
    assert np.abs(sheet[20, 20] - (241, 238, 234)).max() < 6
    assert np.abs(sheet[50, 2 + 2 * 100 + 48] - COLORS[1]).max() < 12
    assert opened(contact_sheet([])).size > 0


def test_odd_shapes_are_shown_whole() -> None:
    wide = Image.new("RGB", (200, 40), COLORS[0])
    wide.paste(COLORS[2], (0, 0, 8, 40))
    wide.paste(COLORS[2], (192, 0, 200, 40))
    file = io.BytesIO()
    wide.save(file, "JPEG", quality=95)
    sheet = opened(contact_sheet([file.getvalue(), square(COLORS[1]), square(COLORS[1])], columns=3))
    middle = sheet[2 + 48, 2:98]
    assert np.abs(middle[3] - COLORS[2]).max() < 40
    assert np.abs(middle[-3] - COLORS[2]).max() < 40


@pytest.mark.parametrize("max_bytes", [90_000, 20_000, 4_000])
def test_a_sheet_fits_its_bytes(max_bytes: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=95)
    sheet = contact_sheet([file.getvalue()] * 30, max_bytes=max_bytes)
    assert len(sheet) <= max_bytes
    assert opened(sheet).shape[0] > 40


def test_markdown_carries_the_picture_and_a_safe_caption() -> None:
    sheet, chart = contact_sheet([square(COLORS[0])]), histogram_chart({"one": 1}, "count")
    text = as_markdown(sheet, 'a [pin](x) `of`\n<b> "sofas"')
    head, data = text.split("(data:image/jpeg;base64,")
    assert head == "![a pin x of b sofas]"
    assert base64.b64decode(data.removesuffix(")")) == sheet
    assert as_markdown(chart, "c").startswith("![c](data:image/png;base64,")


def bar_lengths(chart: bytes, n_bars: int, top: int) -> list[int]:
    picture = opened(chart)
    rows = [picture[top + 22 * bar + 11] for bar in range(n_bars)]
    return [int((np.abs(row - (70, 110, 140)).max(axis=1) < 24).sum()) for row in rows]


def test_bars_are_as_long_as_their_values() -> None:
    chart = histogram_chart({"a": 100, "b": 50, "c": 25, "d": 0}, "title")
    full, half, quarter, none = bar_lengths(chart, 4, top=36)
    assert full > 300
    assert abs(half - full / 2) <= 4
    assert abs(quarter - full / 4) <= 4
    assert none == 0
    assert len(chart) < 90_000
    assert opened(chart).shape[1] == 560


def test_logarithmic_bars_keep_small_counts_visible() -> None:
    chart = histogram_chart({"once": 99_999, "twice": 99}, "title", is_log=True)
    long, short = bar_lengths(chart, 2, top=36 + 19)
    assert abs(short - long * 2 / 5) <= 4  # log10(100) / log10(100,000)


@pytest.mark.parametrize("counts", [{}, {"a": float("nan"), "b": -3.0, "c": float("inf")}, dict.fromkeys("abc", 0)])
def test_counts_without_a_bar(counts: dict[str, float]) -> None:
    assert opened(histogram_chart(counts, "")).shape[1] == 560


def test_more_bars_than_asked_for_become_a_line() -> None:
    many = {str(number): float(number) for number in range(100)}
    assert opened(histogram_chart(many, "t", max_bars=5)).shape[0] < opened(histogram_chart(many, "t")).shape[0]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=st.text(max_size=60), width=st.integers(0, 200))
def test_text_is_cut_to_its_width(text: str, width: int) -> None:
    line = fitted(text, 11, width)
    assert line == "" or font(11).getlength(line) <= width


def test_printable_text_has_a_glyph_for_every_letter() -> None:
    assert printable("  café\n\u0007 Ñandú 🌿 客 ok ") == "cafe Nandu ok"
