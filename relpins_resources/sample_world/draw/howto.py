"""How-to collages: a title band and numbered panels, each a step of the work."""

from collections.abc import Callable

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.objects import sideboard, vase
from relpins_resources.sample_world.draw.plants import LEAVES, plant
from relpins_resources.sample_world.draw.seating import armchair
from relpins_resources.sample_world.styles import darker, lighter, mixed

Panel = tuple[float, float, float, float]
Step = Callable[[Canvas, Look, Panel, int, np.random.Generator], None]

HEADLINES = {
    "furniture restoration": "RESTORE IT",
    "wall painting": "PAINT DAY",
    "floating shelf": "DIY SHELF",
    "plant care": "PLANT CARE",
    "macrame hanger": "MACRAME",
    "sewing a tote": "SEW A TOTE",
    "bread baking": "BAKE BREAD",
}


def paint_guide(c: Canvas, look: Look, scene: str, rng: np.random.Generator) -> list[Box]:
    """Draws the collage; plant care is a shelf of plants on two panels' height."""
    w, h = c.width, c.height
    c.rect(0, 0, w, h, (250, 248, 243))
    band = h * 0.13
    c.rect(0, 0, w, band, look.main)
    ink = (255, 252, 244) if sum(look.main) < 540 else darker(look.ink, 0.2)
    c.text(w / 2, band * 0.52, HEADLINES[scene], min(w * 0.1, band * 0.55), ink)
    boxes = []
    if scene == "plant care":
        _plant_shelf(c, look, (w * 0.03, band + w * 0.03, w * 0.97, h * 0.985), rng)
        return [Box("plant", w * 0.05, band + w * 0.05, w * 0.95, h * 0.95)]
    columns, rows = (2, 2) if h < w * 1.3 else (2, 3) if rng.random() < 0.4 else (1, 3)
    gap = w * 0.025
    pw, ph = (w - gap * (columns + 1)) / columns, (h - band - gap * (rows + 1)) / rows
    n = columns * rows
    for k in range(n):
        x0, y0 = gap + (pw + gap) * (k % columns), band + gap + (ph + gap) * (k // columns)
        panel = (x0, y0, x0 + pw, y0 + ph)
        tone = mixed(look.wall, (255, 255, 255), 0.3) if k % 2 == 0 else mixed(look.second, (255, 255, 255), 0.7)
        c.gradient(*panel, lighter(tone, 0.15), darker(tone, 0.05))
        stage = k if k < n - 1 else 3
        STEPS[scene](c, look, panel, min(stage, 3), rng)
        _trim(c, panel, w, h)
        c.disc(x0 + 15, y0 + 15, 11, look.second if look.second != look.main else darker(look.main, 0.3))
        c.text(x0 + 15, y0 + 15, str(k + 1), 13, (255, 255, 255))
        if stage == 3:
            boxes.append(Box(_thing(scene), *panel))
    return boxes


def _thing(scene: str) -> str:
    return {
        "furniture restoration": "sideboard",
        "wall painting": "wall",
        "floating shelf": "shelf",
        "macrame hanger": "macrame",
        "sewing a tote": "bag",
    }.get(scene, "bread")


def _trim(c: Canvas, panel: Panel, w: float, h: float) -> None:
    """A thin frame, so that panels read as photos side by side."""
    x0, y0, x1, y1 = panel
    c.line([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], (236, 232, 224), 1.6)


def _restore(c: Canvas, look: Look, p: Panel, stage: int, rng: np.random.Generator) -> None:
    x, floor, size = (p[0] + p[2]) / 2, p[1] + (p[3] - p[1]) * 0.84, min((p[2] - p[0]) * 0.78, (p[3] - p[1]) * 1.5)
    c.rect(p[0], floor - 4, p[2], p[3], mixed(look.floor, (250, 244, 236), 0.35))
    if stage == 3 and rng.random() < 0.3:
        armchair(c, look, x, floor, min(size * 0.6, (p[3] - p[1]) * 0.7), look.main, rng)
        return
    box = sideboard(c, look, x, floor, size, rng)
    top = box.y0
    if stage < 3:
        dull = (150, 140, 128)
        share = (0.62, 0.42, 0.2)[stage]
        c.veil([(box.x0, top), (box.x1, top), (box.x1, floor - size * 0.1), (box.x0, floor - size * 0.1)], dull, share)
        for _ in range(14 - 5 * stage):
            sx, sy = between(rng, box.x0, box.x1), between(rng, top, floor - size * 0.14)
            c.line([(sx, sy), (sx + between(rng, -8, 8), sy + between(rng, -5, 5))], (232, 224, 212), 0.9)
    else:
        vase(c, look, x + size * 0.3, top, size * 0.16, look.main, rng)
        c.glow(x - size * 0.2, top + size * 0.12, size * 0.3, (255, 246, 224), 0.35)
    if stage == 1:  # a sanding block and dust
        c.rect(x + size * 0.06, top - 11, x + size * 0.28, top, (206, 150, 84), 2)
        for _ in range(12):
            c.disc(x + between(rng, -0.4, 0.5) * size, floor + between(rng, -2, 8), 1.2, (222, 200, 166))
    if stage == 2:  # a brush and a tin of oil
        c.line([(x + size * 0.1, top - 4), (x + size * 0.34, top - size * 0.3)], (196, 146, 86), 5)
        c.poly([(x + size * 0.02, top - 1), (x + size * 0.13, top - 9), (x + size * 0.16, top + 2)], (70, 52, 40))
        c.rect(p[2] - size * 0.26, floor - size * 0.16, p[2] - size * 0.06, floor + 5, look.second, 2)
        c.ellipse(p[2] - size * 0.26, floor - size * 0.19, p[2] - size * 0.06, floor - size * 0.13, (178, 120, 60))


def _paint_wall(c: Canvas, look: Look, p: Panel, stage: int, rng: np.random.Generator) -> None:
    x0, y0, x1, y1 = p
    w, h = x1 - x0, y1 - y0
    c.rect(x0, y0, x1, y1 - h * 0.16, (240, 236, 228))
    c.rect(x0, y1 - h * 0.16, x1, y1, mixed(look.floor, (250, 246, 240), 0.2))
    done = (0.0, 0.4, 0.75, 1.0)[stage]
    strips = 9
    for k in range(round(strips * done)):
        c.rect(
            x0 + w * k / strips,
            y0 + between(rng, 0, 5) * (stage < 3),
            x0 + w * (k + 1) / strips + 0.5,
            y1 - h * 0.17,
            look.main,
        )
    if stage == 0:
        for k, tone in enumerate((look.main, look.second, look.neutral)):
            c.rect(x0 + w * (0.24 + 0.2 * k), y0 + h * 0.26, x0 + w * (0.4 + 0.2 * k), y0 + h * 0.56, tone, 2)
        return
    if stage < 3:
        rx = x0 + w * done + 6
        c.rect(rx - 16, y0 + h * 0.3, rx + 16, y0 + h * 0.4, lighter(look.main, 0.2), 4)
        c.line([(rx, y0 + h * 0.4), (rx + 8, y0 + h * 0.52), (rx + 8, y0 + h * 0.8)], (90, 92, 96), 2.6)
    else:
        armchair(c, look, x0 + w * 0.68, y1 - h * 0.04, min(w * 0.3, h * 0.4), look.second, rng)
        plant(c, look, x0 + w * 0.24, y1 - h * 0.05, h * 0.5, rng)


def _build_shelf(c: Canvas, look: Look, p: Panel, stage: int, rng: np.random.Generator) -> None:
    if stage < 2:
        (_boards_and_saw, _brackets_and_drill)[stage](c, look, p)
        return
    x0, y0, x1, y1 = p
    w, h = x1 - x0, y1 - y0
    for level in (0.42, 0.72):
        c.shadow(x0 + w * 0.14, y0 + h * level, x1 - w * 0.1, y0 + h * (level + 0.14), 0.35)
        c.rect(x0 + w * 0.12, y0 + h * level, x1 - w * 0.12, y0 + h * (level + 0.045), look.wood)
        for k in range(5 if stage == 3 else 0):
            tone = (look.main, look.second, look.neutral)[k % 3]
            vase(c, look, x0 + w * (0.2 + 0.15 * k), y0 + h * level, h * between(rng, 0.1, 0.17), tone, rng)


def _boards_and_saw(c: Canvas, look: Look, p: Panel) -> None:
    x0, y0, x1, y1 = p
    w, h, x = x1 - x0, y1 - y0, (x0 + x1) / 2
    for k in range(3):
        y = y0 + h * (0.36 + 0.15 * k)
        c.rect(x0 + w * 0.14, y, x0 + w * 0.8, y + h * 0.1, lighter(look.wood, 0.06 * k), 1)
    blade = [(x + w * 0.02, y0 + h * 0.22), (x + w * 0.36, y0 + h * 0.6), (x + w * 0.3, y0 + h * 0.68)]
    c.poly(blade, (196, 200, 204))
    c.disc(x + w * 0.01, y0 + h * 0.2, w * 0.06, look.second)


def _brackets_and_drill(c: Canvas, look: Look, p: Panel) -> None:
    x0, y0, x1, y1 = p
    w, h, x, y = x1 - x0, y1 - y0, (x0 + x1) / 2, (y0 + y1) / 2
    for k in (-1, 1):
        high, low = (x + k * w * 0.26, y - h * 0.1), (x + k * w * 0.26, y + h * 0.2)
        c.line([high, low, (x + k * w * 0.14, y - h * 0.1), high], look.metal, 3)
    c.rect(x - w * 0.06, y - h * 0.02, x + w * 0.14, y + h * 0.1, look.main, 4)
    c.rect(x + w * 0.04, y + h * 0.08, x + w * 0.12, y + h * 0.32, darker(look.main, 0.2), 3)
    c.rect(x - w * 0.14, y + h * 0.02, x - w * 0.06, y + h * 0.06, (120, 122, 126))


def _plant_shelf(c: Canvas, look: Look, p: Panel, rng: np.random.Generator) -> None:
    x0, y0, x1, y1 = p
    w, h = x1 - x0, y1 - y0
    c.gradient(*p, lighter(look.wall, 0.35), look.wall)
    c.veil([(x0, y0), (x0 + w * 0.4, y0), (x0 + w * 0.9, y1), (x0 + w * 0.3, y1)], (255, 255, 255), 0.25)
    for level in (0.36, 0.66, 0.95):
        y = y0 + h * level
        c.shadow(x0 + w * 0.04, y, x1, y + h * 0.07, 0.35)
        c.rect(x0 + w * 0.03, y, x1 - w * 0.03, y + h * 0.022, look.wood)
        for k in range(int(rng.integers(3, 5))):
            px = x0 + w * (0.15 + 0.235 * k)
            if level < 0.9 and rng.random() < 0.35:
                _trailing(c, look, px, y, h * 0.2, rng)
            else:
                plant(c, look, px, y, h * between(rng, 0.19, 0.27), rng)


def _trailing(c: Canvas, look: Look, x: float, y: float, reach: float, rng: np.random.Generator) -> None:
    leaf = LEAVES[int(rng.integers(4))]
    c.rect(x - 13, y - 20, x + 13, y, (204, 116, 82), 3)
    for k in range(6):
        end = (x + between(rng, -26, 26), y + reach * between(rng, 0.2, 0.75))
        for px, py in bezier((x, y - 20), (x + (k - 2.5) * 8, y - 34), (end[0], y), end, 9):
            c.ellipse(px - 3.6, py - 2.6, px + 3.6, py + 2.6, darker(leaf, 0.05 * (k % 3)))


def _knot(c: Canvas, look: Look, p: Panel, stage: int, rng: np.random.Generator) -> None:
    x0, y0, x1, y1 = p
    w, h = x1 - x0, y1 - y0
    x, rope = (x0 + x1) / 2, (236, 222, 194)
    c.line([(x0 + w * 0.2, y0 + h * 0.14), (x1 - w * 0.2, y0 + h * 0.14)], look.wood, 5)
    n, length = 10, h * (0.3, 0.48, 0.62, 0.74)[stage]
    for k in range(n):
        a = x0 + w * (0.26 + 0.48 * k / (n - 1))
        c.line(
            [(a, y0 + h * 0.14), (a + (x - a) * 0.12 * stage, y0 + h * 0.14 + length * (1 - 0.06 * abs(k - n / 2)))],
            darker(rope, 0.06 * (k % 2)),
            2.4,
        )
    for row in range(stage * 2):
        for k in range(n - 1 - row % 2):
            a = x0 + w * (0.26 + 0.48 * (k + 0.5 + 0.5 * (row % 2)) / (n - 1))
            y = y0 + h * (0.22 + 0.075 * row)
            c.poly([(a - 5, y), (a, y - 5), (a + 5, y), (a, y + 5)], darker(rope, 0.12))
    if stage == 3:
        plant(c, look, x, y1 - h * 0.04, h * 0.42, rng)


def _sew(c: Canvas, look: Look, p: Panel, stage: int, rng: np.random.Generator) -> None:
    x0, y0, x1, y1 = p
    w, h = x1 - x0, y1 - y0
    x, y, s = (x0 + x1) / 2, (y0 + y1) / 2, min(w, h) * 0.34
    cut = [(x - s, y - s * 0.6), (x + s, y - s * 0.6), (x + s, y + s), (x - s, y + s)]
    c.filled(cut, look.cloth(lighter(look.main, 0.15), 16, "gingham" if look.style.pattern == "plain" else ""))
    if stage == 0:
        c.line([(x + s * 0.4, y - s), (x + s * 1.2, y + s * 0.2)], (186, 190, 196), 4)
        c.line([(x + s * 1.2, y - s), (x + s * 0.4, y + s * 0.2)], (186, 190, 196), 4)
        c.ring(x + s * 1.25, y + s * 0.35, s * 0.2, look.second, 4)
    elif stage == 1:
        for k in range(12):
            c.line([(x - s + k * s / 6, y + s * 0.9), (x - s + k * s / 6 + 6, y + s * 0.9)], (255, 255, 255), 1.8)
        c.disc(x + s * 1.2, y - s * 0.5, s * 0.24, look.second)
        c.disc(x + s * 1.2, y - s * 0.5, s * 0.09, (250, 246, 238))
    else:
        for side in (-0.45, 0.45):
            px = x + s * side
            c.arc(px - s * 0.3, y - s * 1.5, px + s * 0.3, y - s * 0.1, 180, 360, darker(look.main, 0.2), 4)
        c.line([(x - s, y - s * 0.5), (x + s, y - s * 0.5)], darker(look.main, 0.25), 1.6)


def _bake(c: Canvas, look: Look, p: Panel, stage: int, rng: np.random.Generator) -> None:
    x0, y0, x1, y1 = p
    w, h = x1 - x0, y1 - y0
    x, y, s = (x0 + x1) / 2, y0 + h * 0.58, min(w, h) * 0.36
    c.rect(x0, y0 + h * 0.66, x1, y1, mixed(look.wood, (250, 244, 232), 0.3))
    if stage == 0:
        c.pie(x - s, y - s * 0.9, x + s, y + s * 0.8, 0, 180, look.main)
        c.ellipse(x - s, y - s * 0.25, x + s, y + s * 0.15, (250, 246, 236))
        c.glow(x, y - s * 0.4, s * 0.7, (255, 255, 255), 0.6)
    elif stage < 3:
        c.shadow(x - s * 1.1, y + s * 0.2, x + s * 1.1, y + s * 0.8, 0.4)
        c.ellipse(
            x - s * (0.8 + 0.1 * stage), y - s * 0.45 * stage, x + s * (0.8 + 0.1 * stage), y + s * 0.6, (244, 230, 202)
        )
        for _ in range(14):
            c.disc(x + between(rng, -1.2, 1.2) * s, y + s * between(rng, 0.5, 0.9), 1.4, (255, 252, 246))
    else:
        c.shadow(x - s * 1.3, y + s * 0.2, x + s * 1.3, y + s * 0.9, 0.5)
        c.ellipse(x - s * 1.1, y - s * 0.6, x + s * 1.1, y + s * 0.6, (192, 126, 66))
        c.glow(x - s * 0.3, y - s * 0.25, s * 0.6, (236, 190, 126), 0.6)
        for k in range(-2, 3):
            c.line([(x + k * s * 0.36 - 5, y - s * 0.4), (x + k * s * 0.36 + 7, y + s * 0.1)], (246, 226, 188), 3)


STEPS: dict[str, Step] = {
    "furniture restoration": _restore,
    "wall painting": _paint_wall,
    "floating shelf": _build_shelf,
    "macrame hanger": _knot,
    "sewing a tote": _sew,
    "bread baking": _bake,
}
