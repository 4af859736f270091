"""White minimalist kitchens, bathrooms and photo studios: one fitted white run, put to three uses.

They look alike on purpose, as they do in magazines: the same units, tiles, window and light; only what stands on the
worktop and in front of it tells the room. Visual similarity alone confuses them.
"""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between
from relpins_resources.sample_world.draw.lamps import pendant
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.objects import mirror, vase
from relpins_resources.sample_world.draw.rooms_fitted import softbox, stove, tiles, units
from relpins_resources.sample_world.draw.seating import stool
from relpins_resources.sample_world.draw.shell import room_shell, sunlight, window
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed

TILE: Color = (246, 246, 244)
WORKTOP: Color = (240, 239, 236)


def white_room(c: Canvas, look: Look, room: str, rng: np.random.Generator) -> list[Box]:
    """Draws the white run as `room` (kitchen, bathroom or photo studio)."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.7, 0.75)
    room_shell(c, look, horizon, rng)
    left = bool(rng.random() < 0.5)
    front = mixed(look.wall, look.main, 0.12)
    top = horizon - w * 0.29
    splash = top - w * 0.2
    tiles(c, 0, splash, w, top, (13, 7), TILE, True, look)
    win_x, win_w = w * (0.2 if left else 0.56), w * 0.24
    boxes = [window(c, look, win_x, splash - w * 0.2, win_w, w * 0.34, rng)]
    for a, b in ((0.0, win_x - 8), (win_x + win_w + 8, w)):
        units(c, look, a, b, splash - w * 0.3, splash, max(1, round((b - a) / (w * 0.14))), front, False)
        boxes.append(Box("cabinet", a, splash - w * 0.3, b, splash))
    units(c, look, 0, w, top + 7, horizon - 6, 7, front, True)
    c.rect(0, horizon - 6, w, horizon + 1, darker(front, 0.4))
    c.rect(0, top, w, top + 7, WORKTOP)
    c.rect(0, top + 6, w, top + 8, darker(WORKTOP, 0.2))
    tap = win_x + win_w / 2
    c.line([(tap, top), (tap, top - 18), (tap + 8, top - 18), (tap + 8, top - 12)], look.metal, 2.4)
    boxes += _on_the_worktop(c, look, room, (w * (0.72 if left else 0.28), top, horizon), rng)
    sunlight(c, win_x, win_w, horizon, rng)
    if rng.random() < 0.75:
        boxes += _in_front(c, look, room, front, rng)
        for side in (-1, 1):
            boxes.append(pendant(c, look, w * (0.5 + 0.15 * side), 0, h * between(rng, 0.24, 0.28), w * 0.05))
    return boxes


def _on_the_worktop(
    c: Canvas, look: Look, room: str, place: tuple[float, float, float], rng: np.random.Generator
) -> list[Box]:
    w, (x, top, horizon) = c.width, place
    if room == "kitchen":
        return [stove(c, look, x, top, horizon, w * 0.16)]
    if room == "photo studio":
        made = [softbox(c, x, top - w * 0.34, w * 0.2, horizon, 1)]
        return [*made, vase(c, look, x - w * 0.13, top, w * 0.12, look.second, rng)]
    c.pie(x - w * 0.1, top - w * 0.08, x + w * 0.1, top + w * 0.07, 0, 180, (252, 252, 250))
    c.ellipse(x - w * 0.1, top - w * 0.026, x + w * 0.1, top + w * 0.014, (228, 230, 230))
    return [Box("basin", x - w * 0.1, top - w * 0.03, x + w * 0.1, top), mirror(c, look, x, top - w * 0.27, w * 0.22)]


def _in_front(c: Canvas, look: Look, room: str, front: Color, rng: np.random.Generator) -> list[Box]:
    """An island with stools, a tub or a shooting table: blocks of one size in one place."""
    w, h = c.width, c.height
    x, half, base = w * between(rng, 0.42, 0.58), w * 0.33, h * 0.965
    top = base - w * 0.28
    c.shadow(x - half * 1.1, base - 14, x + half * 1.1, base + 16, 0.45)
    block = {"kitchen": darker(front, 0.06), "bathroom": (252, 252, 250), "photo studio": (246, 246, 244)}[room]
    c.rect(x - half * 0.94, top, x + half * 0.94, base, block, w * 0.09 if room == "bathroom" else 1)
    c.shade(x - half * 0.8, top, x + half * 0.8, base - 4, 0.16)
    back = [(x - half, top), (x + half, top), (x + half * 0.86, top - w * 0.07), (x - half * 0.86, top - w * 0.07)]
    if room == "bathroom":
        c.poly(back, (222, 228, 230))
        c.rect(x - half, top - 3, x + half, top + 5, (254, 254, 253), 4)
        c.rect(x - half * 0.5, top - 4, x - half * 0.24, top + w * 0.09, look.neutral)
        return [Box("bathtub", x - half, top - w * 0.07, x + half, base)]
    c.poly(back, lighter(WORKTOP, 0.2))
    c.rect(x - half, top, x + half, top + 6, WORKTOP)
    tall = w * (0.07 if room == "kitchen" else 0.12)
    made = [vase(c, look, x + half * 0.3, top - 6, tall, look.second, rng)]
    if room == "photo studio":
        made.append(vase(c, look, x - half * 0.2, top - 6, w * 0.16, look.neutral, rng))
        made.append(stool(c, look, x + half * 0.56, h * 0.99, w * 0.3, look.second))
        return [Box("table", x - half, top - w * 0.07, x + half, base), *made]
    for k in (-1, 0, 1):
        made.append(stool(c, look, x + k * half * 0.56, h * 0.99, w * 0.3, look.second))
    return [Box("kitchen island", x - half, top - w * 0.07, x + half, base), *made]
