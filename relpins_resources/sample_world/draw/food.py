"""Dishes from above on a laid table."""

from collections.abc import Callable

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed

HERB, BASIL = (86, 132, 70), (62, 112, 62)
Chef = Callable[[Canvas, Look, float, float, float, np.random.Generator], None]


def paint_dish(c: Canvas, look: Look, scene: str, rng: np.random.Generator) -> list[Box]:
    """Draws the table, the plate or board, the dish, and cutlery, cloth or herbs about it."""
    _tabletop(c, look, rng)
    x, y = c.width * between(rng, 0.46, 0.54), c.height * between(rng, 0.47, 0.55)
    r = min(c.width, c.height) * between(rng, 0.36, 0.41)
    _napkin(c, look, x, y, r, rng)
    c.shadow(x - r * 1.2, y - r * 1.05, x + r * 1.3, y + r * 1.35, 0.6)
    DISHES[scene](c, look, x, y, r, rng)
    _fork(c, look, x - r * 1.24, y, r)
    for _ in range(int(rng.integers(3, 9))):
        t = between(rng, 0, 2 * np.pi)
        _leaf(c, x + np.cos(t) * r * 1.28, y + np.sin(t) * r * 1.28, r * 0.07, BASIL, t)
    return [Box(scene, x - r, y - r, x + r, y + r)]


def _tabletop(c: Canvas, look: Look, rng: np.random.Generator) -> None:
    kind = rng.random()
    if kind < 0.5:
        tone = mixed(look.wood, (230, 220, 206), 0.25)
        c.rect(0, 0, c.width, c.height, tone)
        n = int(rng.integers(5, 8))
        for k in range(n):
            shift = between(rng, -0.07, 0.07)
            board = darker(tone, shift) if shift > 0 else lighter(tone, -shift)
            c.rect(0, c.height * k / n, c.width, c.height * (k + 1) / n - 1.2, board)
            for _ in range(5):
                y = c.height * (k + float(rng.random())) / n
                a = c.width * between(rng, -0.2, 0.8)
                c.line(bezier((a, y), (a + 60, y - 3), (a + 120, y + 3), (a + 200, y), 6), darker(board, 0.08), 0.7)
    elif kind < 0.75:
        c.rect(0, 0, c.width, c.height, (238, 235, 231))
        for _ in range(5):
            ends = [(between(rng, -0.2, 1.2) * c.width, between(rng, -0.2, 1.2) * c.height) for _ in range(4)]
            c.line(bezier(ends[0], ends[1], ends[2], ends[3]), (208, 204, 200), between(rng, 0.6, 2))
    else:
        c.filled([(0, 0), (c.width, 0), (c.width, c.height), (0, c.height)], look.cloth(lighter(look.neutral, 0.3), 28))
    c.glow(c.width * 0.15, c.height * 0.1, c.width * 0.8, (255, 250, 236), 0.4)


def _napkin(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    t = between(rng, 0.3, 1.2)
    cx, cy = x + np.cos(t) * r * 1.05, y + np.sin(t) * r * 1.05
    side, turn = r * 0.55, between(rng, 0, 1.5)
    points = [(cx + np.cos(turn + k * np.pi / 2) * side, cy + np.sin(turn + k * np.pi / 2) * side) for k in range(4)]
    c.filled(points, look.cloth(mixed(look.main, (250, 246, 240), 0.35), 14))


def _plate(c: Canvas, look: Look, x: float, y: float, r: float) -> None:
    tone = lighter(look.neutral, 0.45)
    c.disc(x, y, r, darker(tone, 0.1))
    c.disc(x, y, r * 0.985, tone)
    c.ring(x, y, r * 0.94, look.main, 1.6)
    c.disc(x, y, r * 0.73, darker(tone, 0.05))
    c.disc(x, y, r * 0.71, lighter(tone, 0.3))


def _bowl(c: Canvas, look: Look, x: float, y: float, r: float, soup: Color) -> None:
    tone = mixed(look.main, (60, 60, 62), 0.25)
    c.disc(x, y, r * 0.92, darker(tone, 0.15))
    c.disc(x, y, r * 0.89, lighter(tone, 0.12))
    c.disc(x, y, r * 0.8, darker(soup, 0.25))
    c.disc(x, y, r * 0.78, soup)
    c.glow(x - r * 0.3, y - r * 0.3, r * 0.4, (255, 255, 255), 0.25)


def _leaf(c: Canvas, x: float, y: float, size: float, color: Color, turn: float) -> None:
    dx, dy = np.cos(turn) * size, np.sin(turn) * size
    c.poly([(x - dx, y - dy), (x + dy * 0.55, y - dx * 0.55), (x + dx, y + dy), (x - dy * 0.55, y + dx * 0.55)], color)
    c.line([(x - dx, y - dy), (x + dx, y + dy)], lighter(color, 0.3), 0.6)


def _scatter(rng: np.random.Generator, x: float, y: float, r: float, n: int) -> list[tuple[float, float]]:
    t, reach = rng.random(n) * 2 * np.pi, np.sqrt(rng.random(n)) * r
    return [(x + float(np.cos(a) * d), y + float(np.sin(a) * d)) for a, d in zip(t, reach, strict=True)]


def _fork(c: Canvas, look: Look, x: float, y: float, r: float) -> None:
    metal = look.metal if look.style.metal in ("brass", "gold", "copper") else (168, 172, 176)
    c.line([(x, y - r * 0.2), (x, y + r * 0.8)], metal, 3.2)
    for k in (-1.5, -0.5, 0.5, 1.5):
        c.line([(x + k * 3, y - r * 0.6), (x + k * 3, y - r * 0.3)], metal, 1.6)
    c.rect(x - 6, y - r * 0.34, x + 6, y - r * 0.2, metal, 3)


def _pasta(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _plate(c, look, x, y, r)
    for px, py in _scatter(rng, x, y, r * 0.42, 46):
        size, start = r * between(rng, 0.1, 0.22), between(rng, 0, 360)
        c.arc(
            px - size,
            py - size,
            px + size,
            py + size,
            start,
            start + between(rng, 120, 260),
            mixed((240, 204, 120), (214, 160, 76), float(rng.random())),
            2.6,
        )
    sauce = (196, 62, 40) if rng.random() < 0.65 else (96, 138, 66)
    for px, py in _scatter(rng, x, y, r * 0.24, 14):
        c.disc(px, py, r * between(rng, 0.04, 0.1), mixed(sauce, (240, 190, 110), 0.25 * float(rng.random())))
    for px, py in _scatter(rng, x, y, r * 0.26, 6):
        _leaf(c, px, py, r * 0.1, BASIL, between(rng, 0, 6))


def _pizza(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    c.disc(x, y, r * 1.04, darker(look.wood, 0.1))
    c.disc(x, y, r * 0.94, (206, 150, 84))
    c.disc(x, y, r * 0.83, (200, 74, 44))
    for px, py in _scatter(rng, x, y, r * 0.74, 26):
        c.disc(px, py, r * between(rng, 0.06, 0.13), mixed((250, 236, 200), (240, 196, 110), float(rng.random())))
    for px, py in _scatter(rng, x, y, r * 0.64, 9):
        c.disc(px, py, r * 0.1, (168, 40, 34))
        c.disc(px - 2, py - 2, r * 0.04, (206, 84, 70))
    for px, py in _scatter(rng, x, y, r * 0.6, 9):
        _leaf(c, px, py, r * 0.09, BASIL, between(rng, 0, 6))
    for k in range(4):
        t = k * np.pi / 4
        c.line(
            [
                (x - np.cos(t) * r * 0.93, y - np.sin(t) * r * 0.93),
                (x + np.cos(t) * r * 0.93, y + np.sin(t) * r * 0.93),
            ],
            (150, 66, 40),
            1,
        )


def _salad(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _bowl(c, look, x, y, r, (214, 222, 170))
    for px, py in _scatter(rng, x, y, r * 0.6, 60):
        _leaf(
            c,
            px,
            py,
            r * between(rng, 0.1, 0.2),
            mixed((70, 128, 60), (160, 196, 92), float(rng.random())),
            between(rng, 0, 6),
        )
    for px, py in _scatter(rng, x, y, r * 0.58, 10):
        c.disc(px, py, r * 0.085, (206, 48, 42))
        c.disc(px - 1.5, py - 1.5, r * 0.03, (244, 150, 130))
    for px, py in _scatter(rng, x, y, r * 0.5, 6):
        c.disc(px, py, r * 0.09, (226, 240, 200))
        c.ring(px, py, r * 0.09, (110, 160, 80), 1.4)
    for px, py in _scatter(rng, x, y, r * 0.5, 7):
        c.rect(px, py, px + r * 0.1, py + r * 0.09, (252, 250, 242), 1)


def _pancakes(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _plate(c, look, x, y, r)
    for k in range(4):
        lift = k * r * 0.06
        c.disc(x + between(rng, -3, 3), y + r * 0.08 - lift, r * 0.52, (186, 120, 60))
        c.disc(x, y + r * 0.05 - lift, r * 0.49, (226, 168, 96))
    for px, py in _scatter(rng, x, y - r * 0.18, r * 0.34, 10):
        c.disc(px, py, r * between(rng, 0.05, 0.09), (200, 130, 40))
    c.rect(x - r * 0.1, y - r * 0.3, x + r * 0.12, y - r * 0.1, (252, 236, 160), 3)
    for px, py in _scatter(rng, x, y - r * 0.1, r * 0.46, 9):
        c.disc(px, py, r * 0.065, (60, 70, 140) if rng.random() < 0.6 else (204, 44, 60))


def _tacos(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _plate(c, look, x, y, r)
    for k in (-1, 0, 1):
        cx = x + k * r * 0.42
        c.shadow(cx - r * 0.3, y - r * 0.5, cx + r * 0.36, y + r * 0.62, 0.4)
        c.ellipse(cx - r * 0.24, y - r * 0.55, cx + r * 0.24, y + r * 0.55, (232, 192, 112))
        c.ellipse(cx - r * 0.14, y - r * 0.5, cx + r * 0.14, y + r * 0.5, (150, 84, 48))
        for _ in range(22):
            tone = ((206, 52, 40), (110, 164, 70), (250, 224, 120), (246, 244, 236), (122, 60, 110))[
                int(rng.integers(5))
            ]
            c.disc(
                cx + between(rng, -0.13, 0.13) * r,
                y + between(rng, -0.46, 0.46) * r,
                r * between(rng, 0.03, 0.06),
                tone,
            )
    c.pie(x + r * 0.1, y + r * 0.5, x + r * 0.5, y + r * 0.9, 180, 360, (150, 196, 74))


def _ramen(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _bowl(c, look, x, y, r, (208, 152, 84))
    for k in range(9):
        yy = y - r * 0.3 + k * r * 0.075
        c.line(
            bezier(
                (x - r * 0.62, yy), (x - r * 0.2, yy - r * 0.14), (x + r * 0.1, yy + r * 0.14), (x + r * 0.45, yy), 10
            ),
            (246, 220, 150),
            2.6,
        )
    for ex in (0.3, 0.52):
        c.ellipse(x + r * (ex - 0.16), y - r * 0.5, x + r * (ex + 0.16), y - r * 0.12, (252, 250, 244))
        c.disc(x + r * ex, y - r * 0.3, r * 0.1, (238, 150, 40))
    for k in range(3):
        c.ellipse(
            x - r * (0.62 - 0.2 * k),
            y + r * 0.14,
            x - r * (0.26 - 0.2 * k),
            y + r * 0.5,
            mixed((168, 98, 72), (232, 190, 160), 0.22 * k),
        )
    c.rect(x - r * 0.5, y - r * 0.72, x - r * 0.16, y - r * 0.3, (34, 52, 44), 2)
    for px, py in _scatter(rng, x + r * 0.2, y + r * 0.3, r * 0.26, 16):
        c.ring(px, py, r * 0.04, (110, 164, 80), 1.6)
    for k in (0, 1):
        c.line(
            [(x + r * (0.5 + 0.1 * k), y - r * 1.2), (x + r * (1.1 + 0.06 * k), y + r * 0.7)],
            darker(look.wood, 0.2),
            3.4,
        )


def _cake(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _plate(c, look, x, y, r)
    icing = lighter(look.main, 0.5)
    c.disc(x + 3, y + 5, r * 0.63, darker(icing, 0.25))
    c.disc(x, y, r * 0.62, icing)
    for k in range(18):
        t = k * 2 * np.pi / 18
        c.disc(x + np.cos(t) * r * 0.54, y + np.sin(t) * r * 0.54, r * 0.075, lighter(icing, 0.35))
        c.disc(x + np.cos(t) * r * 0.54, y + np.sin(t) * r * 0.54, r * 0.03, look.second)
    c.pie(x - r * 0.62, y - r * 0.62, x + r * 0.62, y + r * 0.62, 20, 58, (226, 184, 126))
    c.pie(x - r * 0.5, y - r * 0.5, x + r * 0.5, y + r * 0.5, 20, 58, (240, 208, 156))
    for px, py in _scatter(rng, x, y, r * 0.3, 12):
        c.disc(
            px,
            py,
            r * between(rng, 0.05, 0.09),
            (196, 40, 62) if rng.random() < 0.5 else mixed(look.second, (255, 255, 255), 0.3),
        )
    for px, py in _scatter(rng, x, y, r * 0.32, 5):
        _leaf(c, px, py, r * 0.08, HERB, between(rng, 0, 6))


def _berry_bowl(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _bowl(c, look, x, y, r, ((150, 76, 140), (236, 178, 190), (246, 240, 226))[int(rng.integers(3))])
    for k in range(8):
        c.disc(x - r * 0.58 + k * r * 0.165, y - r * 0.2 - abs(3.5 - k) * r * -0.02, r * 0.1, (250, 236, 176))
    for px, py in _scatter(rng, x - r * 0.2, y + r * 0.28, r * 0.3, 20):
        c.disc(px, py, r * 0.07, (62, 66, 134))
        c.disc(px - 1, py - 1, r * 0.025, (130, 134, 190))
    for px, py in _scatter(rng, x + r * 0.34, y + r * 0.2, r * 0.22, 9):
        c.disc(px, py, r * 0.085, (208, 42, 58))
    for px, py in _scatter(rng, x + r * 0.1, y - r * 0.44, r * 0.28, 40):
        c.disc(px, py, r * 0.025, (190, 140, 80))


def _soup(c: Canvas, look: Look, x: float, y: float, r: float, rng: np.random.Generator) -> None:
    _bowl(c, look, x, y, r, ((214, 118, 40), (196, 74, 44), (128, 150, 76))[int(rng.integers(3))])
    c.line(
        bezier((x - r * 0.4, y), (x - r * 0.1, y - r * 0.5), (x + r * 0.1, y + r * 0.5), (x + r * 0.4, y), 14),
        (252, 244, 226),
        3.4,
    )
    for px, py in _scatter(rng, x, y, r * 0.4, 14):
        c.disc(px, py, r * 0.035, (232, 206, 150) if rng.random() < 0.5 else HERB)
    for k in range(2):
        c.ellipse(
            x + r * (0.55 + 0.2 * k),
            y - r * (1.1 - 0.3 * k),
            x + r * (1.05 + 0.2 * k),
            y - r * (0.6 - 0.3 * k),
            (212, 164, 100),
        )


DISHES: dict[str, Chef] = {
    "pasta": _pasta,
    "pizza": _pizza,
    "salad": _salad,
    "pancakes": _pancakes,
    "tacos": _tacos,
    "ramen": _ramen,
    "layer cake": _cake,
    "berry bowl": _berry_bowl,
    "soup": _soup,
}
