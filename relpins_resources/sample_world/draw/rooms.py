"""Living rooms, bedrooms, home offices and dining rooms."""

from collections.abc import Callable

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between
from relpins_resources.sample_world.draw.lamps import floor_lamp, pendant, table_lamp
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.objects import bookshelf, rug, sideboard, table, vase
from relpins_resources.sample_world.draw.plants import plant
from relpins_resources.sample_world.draw.rooms_fitted import bathroom, kitchen, photo_studio
from relpins_resources.sample_world.draw.rooms_white import white_room
from relpins_resources.sample_world.draw.seating import armchair, bed, chair, sofa
from relpins_resources.sample_world.draw.shell import picture, room_shell, sunlight, window
from relpins_resources.sample_world.styles import lighter, mixed

Painter = Callable[[Canvas, Look, np.random.Generator], list[Box]]


def paint_room(c: Canvas, look: Look, room: str, rng: np.random.Generator) -> list[Box]:
    """Draws `room` and returns what stands in it, back to front."""
    if look.style.name == "minimalist" and room in ("kitchen", "bathroom", "photo studio"):
        return white_room(c, look, room, rng)
    return PAINTERS[room](c, look, rng)


def _pictures(c: Canvas, look: Look, x: float, y: float, width: float, rng: np.random.Generator) -> list[Box]:
    """One large picture, a pair, or a gallery, centred over x with its lower edge at y."""
    n = 5 if look.style.art == "gallery" else int(rng.integers(1, 4))
    if n == 1:
        w, h = width * between(rng, 0.5, 0.7), width * between(rng, 0.36, 0.5)
        return [picture(c, look, x - w / 2, y - h, w, h, rng)]
    w = width / (n + 0.6)
    made = []
    for k in range(n):
        h = w * between(rng, 1.1, 1.45)
        left = x - width / 2 + (k + 0.5) * width / n - w * 0.42
        made.append(picture(c, look, left, y - h - between(rng, 0, w * 0.25), w * 0.84, h, rng))
    return made


def _plants(c: Canvas, look: Look, floor: float, rng: np.random.Generator, spots: tuple[float, ...]) -> list[Box]:
    made = []
    for k in range(min(look.style.plants, len(spots))):
        if rng.random() < 0.85:
            height = c.width * between(rng, 0.24, 0.42)
            made.append(plant(c, look, c.width * spots[k], floor + between(rng, 0, 10), height, rng))
    return made


def living_room(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A sofa with a rug, a coffee table and pictures; a window on one side."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.6, 0.66)
    room_shell(c, look, horizon, rng)
    left = rng.random() < 0.5
    boxes = []
    win_w = w * between(rng, 0.2, 0.26)
    win_x = w * (0.1 if left else 0.9) - win_w / 2 + (0.03 if left else -0.03) * w
    boxes.append(window(c, look, win_x, h * 0.1, win_w, horizon * 0.62, rng))
    sunlight(c, win_x, win_w, horizon, rng)
    centre = w * (0.57 if left else 0.43)
    width = w * between(rng, 0.5, 0.6)
    boxes += _pictures(c, look, centre, horizon - width * 0.42, width * 0.8, rng)
    if rng.random() < 0.55:
        boxes.append(pendant(c, look, centre + w * between(rng, -0.1, 0.1), 0, h * between(rng, 0.08, 0.13), w * 0.055))
    ground = horizon + (h - horizon) * 0.3
    boxes.append(rug(c, look, centre, horizon + (h - horizon) * 0.22, w * 0.78, (h - horizon) * 0.62, look.neutral))
    lamp_x = centre + (width * 0.62 if left else -width * 0.62)
    boxes.append(
        floor_lamp(c, look, float(np.clip(lamp_x, w * 0.08, w * 0.92)), horizon + 10, w * between(rng, 0.5, 0.6))
    )
    boxes += _plants(c, look, horizon + 16, rng, (0.08 if left else 0.92, 0.26 if left else 0.74))
    boxes.append(sofa(c, look, centre, ground, width, look.main, rng))
    front = horizon + (h - horizon) * 0.72
    boxes.append(table(c, look, centre, front, w * between(rng, 0.26, 0.34), w * 0.11, "coffee table"))
    vase(c, look, centre + between(rng, -14, 14), front - w * 0.125, w * 0.06, look.second, rng)
    if rng.random() < 0.75:
        side = w * (0.13 if left else 0.87)
        boxes.append(
            armchair(c, look, side, horizon + (h - horizon) * 0.66, w * between(rng, 0.22, 0.27), look.second, rng)
        )
    boxes += _plants(c, look, h * 0.99, rng, (0.95 if left else 0.05,)) if look.style.plants > 3 else []
    return boxes


def bedroom(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A bed between nightstands, pictures above, a rug below."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.58, 0.64)
    room_shell(c, look, horizon, rng)
    left = rng.random() < 0.5
    centre = w * (0.56 if left else 0.44)
    boxes = []
    if rng.random() < 0.8:
        win_w = w * 0.2
        win_x = w * (0.04 if left else 0.76)
        boxes.append(window(c, look, win_x, h * 0.1, win_w, horizon * 0.56, rng))
        sunlight(c, win_x, win_w, horizon, rng)
    width = w * between(rng, 0.5, 0.58)
    ground = horizon + (h - horizon) * 0.62
    boxes += _pictures(c, look, centre, ground - width * 0.8, width * 0.62, rng)
    boxes.append(rug(c, look, centre, horizon + (h - horizon) * 0.4, w * 0.86, (h - horizon) * 0.5, look.neutral))
    for out in (-1, 1):
        x = centre + out * (width / 2 + w * 0.09)
        if w * 0.03 < x < w * 0.97:
            boxes.append(_nightstand(c, look, x, horizon + 12, w * 0.12))
            boxes.append(table_lamp(c, look, x, horizon + 12 - w * 0.15, w * 0.15))
    boxes.append(bed(c, look, centre, ground, width, look.main, rng))
    boxes += _plants(c, look, horizon + 22, rng, (0.07 if left else 0.93, 0.94 if left else 0.06))
    if rng.random() < 0.5:
        boxes.append(pendant(c, look, centre, 0, h * 0.1, w * 0.06))
    return boxes


def _nightstand(c: Canvas, look: Look, x: float, floor: float, width: float) -> Box:
    c.shadow(x - width * 0.6, floor - 4, x + width * 0.6, floor + 6, 0.4)
    for out in (-1, 1):
        c.line([(x + out * width * 0.4, floor - width * 0.3), (x + out * width * 0.44, floor)], look.wood, 2.2)
    c.rect(x - width / 2, floor - width * 1.25, x + width / 2, floor - width * 0.25, look.wood, 2)
    for k in (0, 1):
        c.rect(
            x - width * 0.42,
            floor - width * (1.15 - 0.45 * k),
            x + width * 0.42,
            floor - width * (0.77 - 0.45 * k),
            lighter(look.wood, 0.1),
            1,
        )
        c.disc(x, floor - width * (0.96 - 0.45 * k), 1.4, look.metal)
    return Box("nightstand", x - width / 2, floor - width * 1.25, x + width / 2, floor)


def home_office(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A desk with a screen and a chair, shelves and a lamp."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.64, 0.7)
    room_shell(c, look, horizon, rng)
    left = rng.random() < 0.5
    boxes = []
    shelf_x = w * (0.85 if left else 0.15)
    if rng.random() < 0.6:
        boxes.append(window(c, look, w * (0.1 if left else 0.62), h * 0.09, w * 0.28, horizon * 0.45, rng))
        sunlight(c, w * (0.1 if left else 0.62), w * 0.28, horizon, rng)
    else:
        boxes += _pictures(c, look, w * (0.33 if left else 0.67), horizon * 0.52, w * 0.46, rng)
    boxes.append(bookshelf(c, look, shelf_x, horizon + 6, w * 0.26, horizon * between(rng, 0.66, 0.82), rng))
    boxes.append(rug(c, look, w * 0.5, horizon + (h - horizon) * 0.3, w * 0.7, (h - horizon) * 0.5, look.neutral))
    desk_x, desk_w, ground = w * (0.38 if left else 0.62), w * 0.56, horizon + (h - horizon) * 0.36
    boxes.append(table(c, look, desk_x, ground, desk_w, w * 0.27, "desk"))
    top = ground - w * 0.27 - desk_w * 0.05
    _screen(c, desk_x + desk_w * between(rng, -0.12, 0.12), top, w * 0.2, look)
    boxes.append(table_lamp(c, look, desk_x - desk_w * 0.38, top, w * 0.15))
    vase(c, look, desk_x + desk_w * 0.36, top, w * 0.07, look.second, rng)
    boxes.append(chair(c, look, desk_x, horizon + (h - horizon) * 0.66, w * 0.42, look.main))
    boxes += _plants(c, look, horizon + 18, rng, (0.04 if left else 0.96, 0.68 if left else 0.32))
    return boxes


def _screen(c: Canvas, x: float, base: float, width: float, look: Look) -> None:
    c.rect(x - width * 0.05, base - width * 0.2, x + width * 0.05, base, (170, 172, 176))
    c.rect(x - width * 0.2, base - 2, x + width * 0.2, base + 1, (190, 192, 196))
    c.rect(x - width / 2, base - width * 0.78, x + width / 2, base - width * 0.16, (38, 40, 44), 3)
    c.gradient(
        x - width * 0.47,
        base - width * 0.74,
        x + width * 0.47,
        base - width * 0.2,
        mixed(look.main, (200, 220, 235), 0.6),
        mixed(look.second, (250, 250, 250), 0.6),
    )


def dining_room(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A table with chairs under a pendant, a sideboard behind."""
    w, h = c.width, c.height
    horizon = h * between(rng, 0.56, 0.62)
    room_shell(c, look, horizon, rng)
    boxes = []
    if rng.random() < 0.5:
        boxes.append(window(c, look, w * 0.36, h * 0.1, w * 0.28, horizon * 0.56, rng))
        sunlight(c, w * 0.36, w * 0.28, horizon, rng)
    else:
        boxes += _pictures(c, look, w * 0.5, horizon - w * 0.3, w * 0.5, rng)
        boxes.append(sideboard(c, look, w * 0.5, horizon + 8, w * 0.52, rng))
    boxes.append(rug(c, look, w * 0.5, horizon + (h - horizon) * 0.36, w * 0.92, (h - horizon) * 0.54, look.neutral))
    ground = horizon + (h - horizon) * 0.74
    for x in (0.32, 0.5, 0.68):
        boxes.append(chair(c, look, w * x, ground - w * 0.1, w * 0.38, look.main))
    boxes.append(table(c, look, w * 0.5, ground, w * 0.68, w * 0.25, "dining table"))
    for k in range(3):
        px = w * (0.32 + 0.18 * k)
        c.ellipse(px - 11, ground - w * 0.285, px + 11, ground - w * 0.265, (250, 248, 244))
    vase(c, look, w * 0.5, ground - w * 0.28, w * 0.09, look.second, rng)
    for x in (0.13, 0.87):
        boxes.append(chair(c, look, w * x, ground + 8, w * 0.42, look.second))
    n = int(rng.integers(1, 4))
    for k in range(n):
        boxes.append(
            pendant(c, look, w * (0.5 + 0.16 * (k - (n - 1) / 2)), 0, h * 0.19, w * (0.075 if n == 1 else 0.05))
        )
    boxes += _plants(c, look, horizon + 14, rng, (0.07, 0.93))
    return boxes


PAINTERS: dict[str, Painter] = {
    "living room": living_room,
    "bedroom": bedroom,
    "home office": home_office,
    "dining room": dining_room,
    "kitchen": kitchen,
    "bathroom": bathroom,
    "photo studio": photo_studio,
}
