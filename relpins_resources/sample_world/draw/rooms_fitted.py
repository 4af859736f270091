"""Kitchens, bathrooms and photo studios: fitted rooms of boxes and tiles; the white ones stand in `rooms_white.py`."""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between
from relpins_resources.sample_world.draw.lamps import pendant
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.objects import mirror, rug, vase
from relpins_resources.sample_world.draw.plants import LEAVES, plant, sprig
from relpins_resources.sample_world.draw.seating import stool
from relpins_resources.sample_world.draw.shell import room_shell, sunlight, window
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed


def _front(look: Look) -> Color:
    """The colour of doors: the accent where the style paints them, else its wood."""
    if look.style.name == "art deco":
        return look.main
    if look.style.name in ("scandinavian", "coastal", "farmhouse", "cottagecore", "maximalist"):
        return mixed(look.main, (250, 248, 244), 0.12)
    return look.wood


def _counter(look: Look) -> Color:
    return {
        "industrial": (120, 118, 116),
        "farmhouse": look.wood,
        "bohemian": look.wood,
        "traditional": (70, 64, 60),
    }.get(look.style.name, (240, 238, 234))


def units(
    c: Canvas, look: Look, x0: float, x1: float, top: float, base: float, n: int, color: Color, drawers: bool
) -> None:
    """A run of cupboards; slab doors for the modern styles, framed ones for the others."""
    c.rect(x0, top, x1, base, darker(color, 0.14))
    framed = look.style.legs in ("turned",) or look.style.name == "coastal"
    for k in range(n):
        a, b = (x0 + (x1 - x0) * (k + side) / n for side in (0, 1))
        rows = 3 if drawers and k % 3 == 1 else 1
        for row in range(rows):
            y0, y1 = (top + (base - top) * (row + side) / rows for side in (0, 1))
            c.rect(a + 1, y0 + 1, b - 1, y1 - 1, color, 1)
            if framed:
                c.rect(a + 4, y0 + 4, b - 4, y1 - 4, darker(color, 0.09))
                c.rect(a + 5, y0 + 5, b - 4, y1 - 4, lighter(color, 0.08))
            side = b - 5 if k % 2 == 0 else a + 5
            if rows > 1:
                c.line([((a + b) / 2 - 5, y0 + 5), ((a + b) / 2 + 5, y0 + 5)], look.metal, 1.6)
            else:
                c.line([(side, y0 + (y1 - y0) * 0.2), (side, y0 + (y1 - y0) * 0.2 + 9)], look.metal, 1.6)


def tiles(
    c: Canvas,
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    size: tuple[float, float],
    color: Color,
    brick: bool,
    look: Look,
) -> None:
    """A tiled field; patterned where the style would."""
    if look.style.pattern in ("geometric", "kilim", "fans") and look.style.name != "minimalist":
        c.filled([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], look.cloth(lighter(color, 0.2), 15))
        return
    c.rect(x0, y0, x1, y1, darker(color, 0.12))
    for row, y in enumerate(np.arange(y0, y1, size[1])):
        for x in np.arange(x0 - size[0] * 0.5 * (row % 2 if brick else 0), x1, size[0]):
            left, right = max(x0, x), min(x1, x + size[0] - 0.8)
            tone = lighter(color, 0.08 * ((row * 7 + int(x)) % 3) / 2)
            c.rect(left, y, right, min(y1, y + size[1] - 0.8), tone)


def kitchen(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """Base units and worktop along the wall, shelves or wall units above, often an island with stools."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.7, 0.75)
    room_shell(c, look, horizon, rng)
    color, counter_top = _front(look), _counter(look)
    left = rng.random() < 0.5
    top = horizon - w * 0.29
    splash = top - w * 0.2
    pale = look.style.name == "scandinavian"
    tile = mixed(look.main, (255, 255, 255), 0.5) if pale else mixed(look.second, (250, 246, 238), 0.62)
    tiles(c, 0, splash, w, top, (13, 7), tile, True, look)
    boxes = []
    win_w = w * 0.24
    win_x = w * (0.2 if left else 0.56)
    boxes.append(window(c, look, win_x, splash - w * 0.2, win_w, w * 0.34, rng))
    boxes += _over(c, look, color, left, splash, win_x, win_w, rng)
    units(c, look, 0, w, top + 7, horizon - 6, 7, color, True)
    c.rect(0, horizon - 6, w, horizon + 1, darker(color, 0.5))
    c.rect(0, top, w, top + 7, counter_top)
    c.rect(0, top + 6, w, top + 8, darker(counter_top, 0.2))
    boxes.append(stove(c, look, w * (0.72 if left else 0.28), top, horizon, w * 0.16))
    tap = win_x + win_w / 2
    c.line([(tap, top), (tap, top - 18), (tap + 8, top - 18), (tap + 8, top - 12)], look.metal, 2.4)
    for k, tone in enumerate((look.main, look.second, look.neutral)):
        vase(c, look, w * ((0.06 if left else 0.84) + 0.05 * k), top, w * between(rng, 0.06, 0.1), tone, rng)
    sunlight(c, win_x, win_w, horizon, rng)
    if rng.random() < 0.7:
        boxes += _island(c, look, color, counter_top, rng)
    elif look.style.pattern != "plain":
        boxes.append(rug(c, look, w * 0.5, horizon + (h - horizon) * 0.3, w * 0.6, (h - horizon) * 0.45, look.neutral))
    if look.style.plants > 2:
        boxes.append(plant(c, look, w * (0.94 if left else 0.06), horizon + 18, w * 0.3, rng))
    return boxes


def _over(
    c: Canvas, look: Look, color: Color, left: bool, splash: float, win_x: float, win_w: float, rng: np.random.Generator
) -> list[Box]:
    """Wall units on both sides of the window, or open shelves for the relaxed styles."""
    w = c.width
    open_shelves = look.style.name in ("bohemian", "scandinavian", "industrial", "farmhouse", "japandi", "cottagecore")
    boxes = []
    for a, b in ((0.0, win_x - 8), (win_x + win_w + 8, w)):
        if b - a < w * 0.12:
            continue
        if open_shelves and rng.random() < 0.85:
            for y in (splash - 4, splash - w * 0.13):
                c.rect(a + 3, y, b - 3, y + 3.4, look.wood)
                for x in np.arange(a + 12, b - 10, 15):
                    _crock(c, look, float(x), y, w * between(rng, 0.03, 0.06), rng)
            boxes.append(Box("shelf", a, splash - w * 0.2, b, splash))
        else:
            units(c, look, a, b, splash - w * 0.3, splash, max(1, round((b - a) / (w * 0.14))), color, False)
            boxes.append(Box("cabinet", a, splash - w * 0.3, b, splash))
    return boxes


def _crock(c: Canvas, look: Look, x: float, base: float, size: float, rng: np.random.Generator) -> None:
    tone = ((248, 246, 240), look.main, look.second, look.neutral)[int(rng.integers(4))]
    if rng.random() < 0.5:
        c.rect(x - size * 0.35, base - size, x + size * 0.35, base, tone, 2)
    else:
        c.pie(x - size * 0.6, base - size * 1.1, x + size * 0.6, base + size * 0.1 - 0.5, 0, 180, tone)
        c.rect(x - size * 0.25, base - 2, x + size * 0.25, base, darker(tone, 0.15))


def stove(c: Canvas, look: Look, x: float, top: float, floor: float, width: float) -> Box:
    """A stove with its hood, its top at the worktop."""
    metal = (60, 62, 64) if look.style.name in ("industrial", "farmhouse", "art deco") else (208, 210, 212)
    c.rect(x - width / 2, top - 1, x + width / 2, floor - 4, metal, 1)
    c.rect(x - width * 0.4, top + width * 0.3, x + width * 0.4, floor - 10, darker(metal, 0.45), 2)
    c.line([(x - width * 0.4, top + width * 0.22), (x + width * 0.4, top + width * 0.22)], look.metal, 2)
    for k in range(4):
        c.disc(x - width * 0.33 + k * width * 0.22, top + width * 0.1, 1.7, look.metal)
    c.poly(
        [
            (x - width * 0.5, top - width * 1.3),
            (x + width * 0.5, top - width * 1.3),
            (x + width * 0.3, top - width * 1.75),
            (x - width * 0.3, top - width * 1.75),
        ],
        lighter(metal, 0.1),
    )
    c.rect(x - width * 0.18, 0, x + width * 0.18, top - width * 1.7, lighter(metal, 0.05))
    return Box("stove", x - width / 2, top, x + width / 2, floor)


def _island(c: Canvas, look: Look, color: Color, counter_top: Color, rng: np.random.Generator) -> list[Box]:
    w, h = c.width, c.height
    x, half, base = w * between(rng, 0.42, 0.58), w * 0.33, h * 0.965
    top = base - w * 0.28
    c.shadow(x - half * 1.1, base - 14, x + half * 1.1, base + 16, 0.45)
    body = look.main if rng.random() < 0.35 and look.style.name != "minimalist" else color
    c.rect(x - half * 0.94, top, x + half * 0.94, base, darker(body, 0.06))
    if look.style.pattern == "slats" or look.style.name == "mid-century modern":
        c.filled(
            [(x - half * 0.94, top), (x + half * 0.94, top), (x + half * 0.94, base), (x - half * 0.94, base)],
            look.cloth(look.wood, 6, "slats"),
        )
    c.shade(x - half * 0.94, top, x + half * 0.94, base, 0.2)
    c.poly(
        [(x - half, top), (x + half, top), (x + half * 0.86, top - w * 0.07), (x - half * 0.86, top - w * 0.07)],
        lighter(counter_top, 0.2),
    )
    c.rect(x - half, top, x + half, top + 6, counter_top)
    boxes = [Box("kitchen island", x - half, top - w * 0.07, x + half, base)]
    for k in (-1, 0, 1):
        boxes.append(
            stool(c, look, x + k * half * 0.56, h * 0.99, w * 0.3, look.second if body != look.second else look.wood)
        )
    vase(c, look, x + half * 0.3, top - 6, w * 0.07, look.second, rng)
    for k in (-1, 1):
        boxes.append(pendant(c, look, x + k * half * 0.45, 0, h * between(rng, 0.24, 0.28), w * 0.05))
    return boxes


def bathroom(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A tub under a window or a vanity with a mirror, tiles up to the middle."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.7, 0.75)
    room_shell(c, look, horizon, rng)
    tile = (
        (246, 246, 244)
        if look.style.name in ("minimalist", "scandinavian")
        else mixed(look.second, (250, 248, 244), 0.6)
    )
    tiles(c, 0, horizon * 0.46, w, horizon, (15, 15) if rng.random() < 0.5 else (13, 7), tile, True, look)
    c.rect(0, horizon * 0.46 - 3, w, horizon * 0.46, lighter(tile, 0.3))
    left = rng.random() < 0.5
    boxes = [window(c, look, w * (0.62 if left else 0.1), h * 0.08, w * 0.26, horizon * 0.32, rng)]
    boxes += _vanity(c, look, w * (0.3 if left else 0.7), horizon, w * 0.46, rng)
    sunlight(c, w * (0.62 if left else 0.1), w * 0.26, horizon, rng)
    boxes.append(_tub(c, look, w * (0.66 if left else 0.34), horizon + (h - horizon) * 0.6, w * 0.56))
    if rng.random() < 0.6:
        boxes.append(rug(c, look, w * 0.5, horizon + (h - horizon) * 0.68, w * 0.4, (h - horizon) * 0.24, look.neutral))
    for k in range(2):
        x = w * (0.93 if left else 0.03) + 2 * k
        c.rect(x, horizon * 0.55, x + 10, horizon * 0.72, (look.main, look.neutral)[k], 2)
    if look.style.plants:
        boxes.append(plant(c, look, w * (0.94 if left else 0.06), horizon + 16, w * between(rng, 0.22, 0.36), rng))
    if rng.random() < 0.5:
        boxes.append(pendant(c, look, w * 0.5, 0, h * 0.12, w * 0.045))
    return boxes


def _vanity(c: Canvas, look: Look, x: float, floor: float, width: float, rng: np.random.Generator) -> list[Box]:
    color = _front(look) if look.style.name != "bohemian" else look.wood
    top, x0, x1 = floor - width * 0.6, x - width / 2, x + width / 2
    units(c, look, x0, x1, top + 6, floor - 8, 3, color, True)
    counter = _counter(look)
    c.rect(x0 - 3, top, x1 + 3, top + 7, counter)
    c.pie(x - width * 0.2, top - width * 0.16, x + width * 0.2, top + width * 0.14, 0, 180, (252, 252, 250))
    c.ellipse(x - width * 0.2, top - width * 0.05, x + width * 0.2, top + width * 0.03, (232, 234, 234))
    c.line([(x, top - width * 0.03), (x, top - width * 0.2), (x + width * 0.06, top - width * 0.2)], look.metal, 2.4)
    vase(c, look, x + width * 0.36, top, width * 0.16, look.second, rng)
    found = mirror(c, look, x, top - width * 0.58, width * 0.52)
    for out in (-1, 1):
        c.glow(x + out * width * 0.42, top - width * 0.6, width * 0.2, (255, 240, 205), 0.45)
        c.disc(x + out * width * 0.42, top - width * 0.6, 4, (255, 250, 232))
    return [Box("vanity", x0, top, x1, floor), found]


def _tub(c: Canvas, look: Look, x: float, floor: float, width: float) -> Box:
    x0, x1, height = x - width / 2, x + width / 2, width * 0.36
    c.shadow(x0 - 6, floor - 8, x1 + 6, floor + 10, 0.5)
    shell = (252, 252, 250) if look.style.name not in ("art deco", "maximalist") else look.main
    for px in (x0 + width * 0.16, x1 - width * 0.16):
        c.disc(px, floor - 3, 5, look.metal)
    c.pie(x0, floor - 2 * height, x1, floor - 2, 0, 180, shell)
    c.rect(x0, floor - height - 4, x1, floor - height + 3, lighter(shell, 0.4), 4)
    c.veil(
        [
            (x, floor - height + 2),
            (x1 - 3, floor - height + 2),
            (x1 - width * 0.16, floor - height * 0.3),
            (x, floor - 4),
        ],
        (90, 96, 104),
        0.1,
    )
    c.line(
        [
            (x0 + width * 0.12, floor - height),
            (x0 + width * 0.12, floor - height * 1.7),
            (x0 + width * 0.22, floor - height * 1.7),
        ],
        look.metal,
        2.6,
    )
    return Box("bathtub", x0, floor - height - 4, x1, floor)


def photo_studio(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A paper backdrop between softboxes, white shelves behind, a table with a product."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.7, 0.75)
    room_shell(c, look, horizon, rng)
    units(c, look, 0, w * 0.24, horizon * 0.32, horizon, 2, mixed(look.wall, look.main, 0.15), True)
    boxes = [window(c, look, w * 0.76, h * 0.1, w * 0.2, horizon * 0.4, rng)]
    paper = lighter(look.main, 0.55)
    c.rect(w * 0.26, h * 0.06, w * 0.74, h * 0.085, look.metal, 2)
    c.gradient(w * 0.28, h * 0.08, w * 0.72, horizon, lighter(paper, 0.4), paper)
    c.poly([(w * 0.28, horizon), (w * 0.72, horizon), (w * 0.8, h * 0.93), (w * 0.2, h * 0.93)], lighter(paper, 0.15))
    for out in (-1, 1):
        boxes.append(softbox(c, w * (0.5 + 0.36 * out), h * 0.2, w * 0.22, h * 0.95, out))
    top = h * 0.72
    c.shadow(w * 0.34, h * 0.86, w * 0.66, h * 0.92, 0.35)
    c.rect(w * 0.36, top, w * 0.64, h * 0.89, (244, 243, 240), 2)
    c.shade(w * 0.36, top, w * 0.64, h * 0.89, 0.12)
    for k in range(3):
        boxes.append(
            vase(
                c,
                look,
                w * (0.42 + 0.08 * k),
                top,
                w * between(rng, 0.1, 0.2),
                (look.second, look.neutral, look.main)[k],
                rng,
            )
        )
    sprig(c, w * 0.6, top, w * 0.16, LEAVES[int(rng.integers(4))], 5)
    return boxes


def softbox(c: Canvas, x: float, y: float, size: float, floor: float, out: int) -> Box:
    """A studio lamp on a stand; `out` is the side it leans to."""
    c.line([(x, y + size * 0.5), (x, floor - size * 0.3)], (52, 52, 54), 2.4)
    for lean in (-0.35, 0.35):
        c.line([(x, floor - size * 0.45), (x + lean * size, floor)], (52, 52, 54), 2)
    tilt = size * 0.16 * out
    frame = [
        (x - size / 2, y + tilt),
        (x + size / 2, y - tilt),
        (x + size / 2, y + size - tilt),
        (x - size / 2, y + size + tilt),
    ]
    c.glow(x, y + size / 2, size * 1.2, (255, 252, 240), 0.6)
    c.poly(frame, (44, 44, 46))
    c.poly([(px + (x - px) * 0.12, py + (y + size / 2 - py) * 0.12) for px, py in frame], (255, 254, 250))
    return Box("softbox", x - size / 2, y - abs(tilt), x + size / 2, floor)
