"""Tables, storage, vases, rugs and mirrors, in the shapes of each style."""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.seating import legs
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed

LEAF = (74, 116, 72)


def table(c: Canvas, look: Look, x: float, floor: float, width: float, height: float, name: str) -> Box:
    """A coffee, dining or writing table."""
    x0, x1, top = x - width / 2, x + width / 2, floor - height
    c.shadow(x0, floor - width * 0.04, x1, floor + width * 0.06, 0.4)
    marble = look.style.name in ("art deco", "minimalist")
    slab = (242, 240, 237) if marble else look.wood
    thick = max(3.0, width * 0.035)
    if look.style.sofa in ("round", "low") and name == "coffee table":
        c.rect(x - width * 0.2, top, x + width * 0.2, floor, look.metal if marble else darker(look.wood, 0.18), 6)
        c.ellipse(x0, top - width * 0.06, x1, top + width * 0.1, darker(slab, 0.2))
        c.ellipse(x0, top - width * 0.09, x1, top + width * 0.07, slab)
    else:
        inset = width * (0.12 if look.style.legs == "tapered" else 0.06)
        legs(c, look, x0 + inset, x1 - inset, top, floor, width * 0.035)
        c.poly(
            [(x0, top), (x1, top), (x1 - width * 0.05, top - width * 0.09), (x0 + width * 0.05, top - width * 0.09)],
            lighter(slab, 0.12),
        )
        c.rect(x0, top, x1, top + thick, darker(slab, 0.1), thick * 0.4)
    return Box(name, x0, top - width * 0.09, x1, floor)


def sideboard(c: Canvas, look: Look, x: float, floor: float, width: float, rng: np.random.Generator) -> Box:
    """A low cabinet with doors and drawers."""
    height, leg = width * 0.34, width * 0.13
    x0, x1, top = x - width / 2, x + width / 2, floor - leg - height
    c.shadow(x0 - 4, floor - width * 0.04, x1 + 4, floor + width * 0.05, 0.45)
    legs(c, look, x0 + width * 0.1, x1 - width * 0.1, floor - leg, floor, width * 0.035)
    c.rect(x0, top, x1, floor - leg, look.wood, 3)
    c.rect(x0 + 3, top + 4, x1 - 3, floor - leg - 3, darker(look.wood, 0.14), 2)
    n = int(rng.integers(3, 5))
    for k in range(n):
        a, b = (x0 + 4 + (width - 8) * (k + side) / n for side in (0, 1))
        face = [(a + 1, top + 5), (b - 1, top + 5), (b - 1, floor - leg - 4), (a + 1, floor - leg - 4)]
        if k == 0 and look.style.pattern in ("geometric", "fans", "slats", "kilim"):
            c.filled(face, look.cloth(mixed(look.wood, look.neutral, 0.35), width * 0.07))
        else:
            c.poly(face, lighter(look.wood, 0.05 + 0.03 * (k % 2)))
        c.disc((a + b) / 2, (top + floor - leg) / 2, max(1.2, width * 0.012), look.metal)
    c.rect(x0 - 1, top - 2, x1 + 1, top + 3, lighter(look.wood, 0.12), 1)
    return Box("sideboard", x0, top, x1, floor)


def bookshelf(
    c: Canvas, look: Look, x: float, floor: float, width: float, height: float, rng: np.random.Generator
) -> Box:
    """Shelves with books and things."""
    x0, x1, top = x - width / 2, x + width / 2, floor - height
    c.shadow(x0 - 4, floor - width * 0.08, x1 + 4, floor + width * 0.08, 0.4)
    frame = look.metal if look.style.legs == "metal" else look.wood
    c.rect(x0, top, x1, floor, darker(frame, 0.1) if look.style.legs != "metal" else look.wall, 2)
    c.rect(x0 + 3, top + 3, x1 - 3, floor - 3, mixed(look.wall, (60, 50, 44), 0.22))
    rows = int(np.clip(round(height / 34), 3, 5))
    for k in range(rows):
        level = top + 3 + (height - 6) * (k + 1) / rows
        _books(c, look, x0 + 5, x1 - 5, level - 2, (height / rows) * 0.72, rng)
        c.rect(x0, level - 2, x1, level + 1, look.wood)
    for side in (x0, x1 - 3):
        c.rect(side, top, side + 3, floor, frame)
    return Box("bookshelf", x0, top, x1, floor)


def _books(c: Canvas, look: Look, x0: float, x1: float, base: float, height: float, rng: np.random.Generator) -> None:
    tones = (look.main, look.second, look.neutral, darker(look.wood, 0.2), (236, 232, 222))
    x = x0
    while x < x1 - 4:
        draw = rng.random()
        if draw < 0.16 and x1 - x > 16:
            vase(c, look, x + 7, base, height * 0.6, tones[int(rng.integers(3))], rng)
            x += 16
        elif draw < 0.28:
            x += between(rng, 5, 12)
        else:
            w = between(rng, 2.4, 5.0)
            c.rect(x, base - height * between(rng, 0.6, 0.95), min(x + w, x1), base, tones[int(rng.integers(5))])
            x += w + 0.4


def vase(c: Canvas, look: Look, x: float, base: float, height: float, color: Color, rng: np.random.Generator) -> Box:
    """A vase, now and then with branches."""
    w = height * between(rng, 0.4, 0.7)
    if rng.random() < 0.5:
        for _ in range(4):
            lean = between(rng, -0.8, 0.8) * height
            c.line(
                [(x, base - height * 0.8), (x + lean * 0.5, base - height * 1.5), (x + lean, base - height * 1.9)],
                darker(LEAF, 0.1),
                1,
            )
            c.disc(x + lean, base - height * 1.9, 2.2, mixed(look.second, LEAF, 0.4))
    c.ellipse(x - w / 2, base - height * 0.72, x + w / 2, base, color)
    c.rect(x - w * 0.18, base - height, x + w * 0.18, base - height * 0.6, color, 2)
    c.ellipse(x - w * 0.36, base - height * 0.6, x - w * 0.12, base - height * 0.2, lighter(color, 0.25))
    return Box("vase", x - w / 2, base - height, x + w / 2, base)


def rug(c: Canvas, look: Look, x: float, y: float, width: float, depth: float, color: Color) -> Box:
    """A rug lying on the floor, seen at a slant: round for soft styles, else with borders and fringes."""
    x0, x1 = x - width / 2, x + width / 2
    slant = width * 0.09
    if look.style.sofa == "round" or look.style.wood == "light oak":
        c.ellipse(x0, y, x1, y + depth, darker(color, 0.08))
        points = [
            (x + width * 0.485 * np.cos(t), y + depth / 2 + depth * 0.47 * np.sin(t))
            for t in np.linspace(0, 2 * np.pi, 40)
        ]
        c.filled(points, look.cloth(color, width * 0.07))
    else:
        corners = [(x0 + slant, y), (x1 - slant, y), (x1, y + depth), (x0, y + depth)]
        inner = [(x0 + slant + width * 0.05, y + depth * 0.09), (x1 - slant - width * 0.05, y + depth * 0.09),
                 (x1 - width * 0.06, y + depth * 0.91), (x0 + width * 0.06, y + depth * 0.91)]  # fmt: skip
        c.poly(corners, mixed(look.second, color, 0.3))
        c.filled(inner, look.cloth(color, width * 0.085))
        for k in range(24) if look.style.pattern == "kilim" else ():
            fx = x0 + width * (k + 0.5) / 24
            c.line([(fx, y + depth), (fx, y + depth + 3)], lighter(color, 0.3), 0.8)
    return Box("rug", x0, y, x1, y + depth)


def mirror(c: Canvas, look: Look, x: float, y: float, width: float) -> Box:
    """A wall mirror about its centre."""
    frame = look.metal
    h = width * (1.0 if look.style.art in ("sunburst", "shapes", "lines") else 1.35)
    if look.style.art == "sunburst":
        for t in np.linspace(0, 2 * np.pi, 28, endpoint=False):
            c.line([(x, y), (x + np.cos(t) * width * 0.68, y + np.sin(t) * width * 0.68)], frame, 1.6)
    box = (x - width / 2, y - h / 2, x + width / 2, y + h / 2)
    tall = look.style.window == "arched"
    if h == width or tall:
        c.ellipse(box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4, frame)
        c.ellipse(*box, (214, 226, 230))
    else:
        c.rect(box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4, frame, 5)
        c.rect(*box, (214, 226, 230), 3)
    c.veil(
        [
            (x - width * 0.3, y),
            (x - width * 0.1, y - h * 0.3),
            (x + width * 0.02, y - h * 0.3),
            (x - width * 0.22, y + h * 0.12),
        ],
        (255, 255, 255),
        0.55,
    )
    return Box("mirror", box[0] - 4, box[1] - 4, box[2] + 4, box[3] + 4)
