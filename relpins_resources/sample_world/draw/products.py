"""Shop pictures: one piece on a plain backdrop with a soft shadow, or a shop's display of a style's pieces."""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between
from relpins_resources.sample_world.draw.lamps import floor_lamp, shade
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.objects import bookshelf, mirror, rug, sideboard, table, vase
from relpins_resources.sample_world.draw.plants import plant
from relpins_resources.sample_world.draw.seating import armchair, bed, sofa, stool
from relpins_resources.sample_world.styles import darker, lighter, mixed


def paint_product(c: Canvas, look: Look, scene: str, rng: np.random.Generator) -> list[Box]:
    """Draws one piece of furniture, or a shop display."""
    if scene == "furniture shop":
        return shop(c, look, rng)
    w, h = c.width, c.height
    backdrop(c, look, rng)
    x, floor = w * between(rng, 0.48, 0.52), h * between(rng, 0.74, 0.8)
    size = w * between(rng, 0.72, 0.86)
    if scene == "sofa":
        return [sofa(c, look, x, floor, size, look.main, rng)]
    if scene == "accent chair":
        return [armchair(c, look, x, floor, size * 0.68, look.main, rng)]
    if scene == "bed":
        return [bed(c, look, x, floor, size * 0.92, look.main, rng)]
    if scene == "bar stool":
        return [stool(c, look, x, h * 0.86, min(size * 0.95, h * 0.68), look.main)]
    if scene in ("coffee table", "dining table", "desk"):
        tall = {"coffee table": 0.34, "dining table": 0.46, "desk": 0.52}[scene]
        box = table(c, look, x, floor, size, size * tall, scene)
        vase(c, look, x + size * between(rng, -0.2, 0.2), floor - size * (tall + 0.03), size * 0.16, look.second, rng)
        return [box]
    if scene == "sideboard":
        box = sideboard(c, look, x, floor, size, rng)
        vase(c, look, x - size * 0.3, floor - size * 0.47, size * 0.16, look.second, rng)
        return [box]
    if scene == "bookshelf":
        return [bookshelf(c, look, x, h * 0.86, size * 0.62, h * 0.66, rng)]
    if scene == "rug":
        return [_flat_rug(c, look, rng)]
    if scene == "mirror":
        return [mirror(c, look, x, h * 0.46, size * 0.62)]
    return [_lamp(c, look, x, rng)]


def backdrop(c: Canvas, look: Look, rng: np.random.Generator) -> None:
    """Studio paper: nearly white, or a tint of the wall, with a soft bend where it meets the ground."""
    tone = (248, 247, 245) if rng.random() < 0.55 else mixed(look.wall, (250, 248, 244), 0.55)
    c.gradient(0, 0, c.width, c.height * 0.66, tone, darker(tone, 0.03))
    c.gradient(0, c.height * 0.66, c.width, c.height, darker(tone, 0.03), darker(tone, 0.1))
    c.glow(c.width * between(rng, 0.3, 0.7), c.height * 0.36, c.width * 0.6, (255, 255, 255), 0.7)


def _lamp(c: Canvas, look: Look, x: float, rng: np.random.Generator) -> Box:
    w, h = c.width, c.height
    draw = rng.random()
    if draw < 0.45:
        return floor_lamp(c, look, x - w * 0.04, h * 0.9, h * 0.76)
    if draw < 0.75:
        c.line([(x, 0), (x, h * 0.34)], darker(look.metal, 0.3), 1.6)
        c.glow(x, h * 0.5, w * 0.5, (255, 232, 180), 0.5)
        shade(c, look, x, h * 0.48, w * 0.25)
        return Box("lamp", x - w * 0.25, h * 0.26, x + w * 0.25, h * 0.7)
    base = h * 0.8
    c.shadow(x - w * 0.28, base - 12, x + w * 0.28, base + 16, 0.5)
    c.glow(x, h * 0.4, w * 0.5, (255, 232, 180), 0.45)
    c.ellipse(x - w * 0.13, base - h * 0.26, x + w * 0.13, base, look.metal)
    c.ellipse(x - w * 0.09, base - h * 0.23, x - w * 0.02, base - h * 0.08, lighter(look.metal, 0.25))
    c.line([(x, base - h * 0.25), (x, base - h * 0.34)], look.metal, 3)
    shade(c, look, x, base - h * 0.4, w * 0.22)
    return Box("lamp", x - w * 0.22, h * 0.22, x + w * 0.22, base)


def _flat_rug(c: Canvas, look: Look, rng: np.random.Generator) -> Box:
    w, h = c.width, c.height
    if rng.random() < 0.4:
        return rug(c, look, w * 0.5, h * 0.36, w * 0.9, h * 0.42, look.main)
    x0, x1, y0, y1 = w * 0.2, w * 0.8, h * 0.1, h * 0.9
    c.shadow(x0 - 14, y0 - 8, x1 + 18, y1 + 20, 0.4)
    if look.style.sofa == "round":
        t = np.linspace(0, 2 * np.pi, 48)
        r = min(w * 0.38, h * 0.4)
        c.disc(w / 2, h / 2, r, darker(look.main, 0.15))
        c.filled([(w / 2 + r * 0.95 * np.cos(a), h / 2 + r * 0.95 * np.sin(a)) for a in t], look.cloth(look.main, 30))
        return Box("rug", w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r)
    c.rect(x0, y0, x1, y1, mixed(look.second, look.main, 0.25))
    c.filled([(x0 + 9, y0 + 9), (x1 - 9, y0 + 9), (x1 - 9, y1 - 9), (x0 + 9, y1 - 9)], look.cloth(look.main, 32))
    for k in range(40):
        x = x0 + (x1 - x0) * (k + 0.5) / 40
        c.line([(x, y0 - 6), (x, y0)], (240, 232, 214), 1)
        c.line([(x, y1), (x, y1 + 6)], (240, 232, 214), 1)
    return Box("rug", x0, y0, x1, y1)


def shop(c: Canvas, look: Look, rng: np.random.Generator) -> list[Box]:
    """A page of a shop: its pieces in a grid of cards, each with a price."""
    w, h = c.width, c.height
    c.rect(0, 0, w, h, (252, 251, 248))
    c.rect(0, 0, w, h * 0.09, look.main)
    for k, share in enumerate((0.3, 0.1, 0.1)):
        x = w * (0.06 + (0.0, 0.62, 0.76)[k])
        c.rect(x, h * 0.038, x + w * share, h * 0.055, lighter(look.main, 0.7), 2)
    columns, rows = (2, 3) if h > w * 1.15 else (2, 2) if h > w * 0.9 else (3, 2)
    pieces = [
        str(p)
        for p in rng.permutation(["sideboard", "accent chair", "lamp", "coffee table", "sofa", "mirror", "plant"])
    ]
    pieces = ["sideboard", *[p for p in pieces if p != "sideboard"]]
    boxes = []
    card_w, card_h = w * 0.94 / columns, h * 0.88 / rows
    for k in range(columns * rows):
        x0, y0 = w * 0.03 + card_w * (k % columns), h * 0.105 + card_h * (k // columns)
        tone = mixed(look.wall, (255, 255, 255), 0.5) if k % 3 else mixed(look.second, (255, 255, 255), 0.72)
        c.rect(x0 + 4, y0 + 4, x0 + card_w - 4, y0 + card_h - 4, tone, 6)
        boxes.append(
            _piece(
                c, look, pieces[k % len(pieces)], x0 + card_w / 2, y0 + card_h * 0.76, min(card_w, card_h) * 0.74, rng
            )
        )
        c.rect(x0 + card_w * 0.1, y0 + card_h * 0.86, x0 + card_w * 0.42, y0 + card_h * 0.885, (150, 146, 140), 1)
        c.text(
            x0 + card_w * 0.78,
            y0 + card_h * 0.875,
            f"${int(rng.integers(8, 99)) * 10 - 1}",
            card_w * 0.085,
            darker(look.main, 0.25),
        )
    return boxes


def _piece(c: Canvas, look: Look, name: str, x: float, floor: float, size: float, rng: np.random.Generator) -> Box:
    if name == "sideboard":
        return sideboard(c, look, x, floor, size, rng)
    if name == "accent chair":
        return armchair(c, look, x, floor, size * 0.66, look.main, rng)
    if name == "lamp":
        return floor_lamp(c, look, x - size * 0.06, floor, size * 0.92)
    if name == "coffee table":
        return table(c, look, x, floor, size * 0.95, size * 0.4, "coffee table")
    if name == "sofa":
        return sofa(c, look, x, floor, size * 1.05, look.second, rng)
    if name == "mirror":
        return mirror(c, look, x, floor - size * 0.42, size * 0.52)
    return plant(c, look, x, floor, size * 0.9, rng)
