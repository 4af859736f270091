"""The shell of a room: wall treatments, floors in perspective, windows with their light, and pictures."""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.plants import LEAVES, sprig
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed


def room_shell(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    """Wall, floor and skirting; `horizon` is the line where wall meets floor."""
    w = c.width
    c.gradient(0, 0, w, horizon, lighter(look.wall, 0.1), darker(look.wall, 0.05))
    WALLS[look.style.wall_kind](c, look, horizon, rng)
    c.glow(w * between(rng, 0.2, 0.8), horizon * 0.3, w * 0.7, lighter(look.wall, 0.6), 0.35)
    floor(c, look, horizon, rng)
    if look.style.wall_kind not in ("brick", "slats"):
        c.rect(0, horizon - 7, w, horizon, lighter(look.wall, 0.45))
        c.rect(0, horizon - 1.2, w, horizon + 0.6, darker(look.floor, 0.3))


def _plain(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    """Paint."""


def _brick(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    brick = look.wall if look.wall[0] > look.wall[2] + 40 else mixed((150, 92, 74), look.wall, 0.35)
    c.rect(0, 0, c.width, horizon, darker(mixed(brick, (190, 180, 170), 0.4), 0.1))
    rows = int(horizon / 9) + 1
    tones = rng.normal(0, 0.09, (rows, 18))
    for row in range(rows):
        for k in range(-1, int(c.width / 22) + 1):
            x = k * 22 + 11 * (row % 2)
            tone = tones[row, k % 18]
            c.rect(x, row * 9, x + 21, row * 9 + 8, darker(brick, tone) if tone > 0 else lighter(brick, -tone))


def _shiplap(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    for y in np.arange(16, horizon, 16):
        c.rect(0, y, c.width, y + 1.1, darker(look.wall, 0.13))
        c.rect(0, y + 1.1, c.width, y + 2, lighter(look.wall, 0.5))


def _panels(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    n = 4
    for k in range(n):
        x0, x1 = c.width * (k + 0.1) / n, c.width * (k + 0.9) / n
        for y0, y1 in ((horizon * 0.07, horizon * 0.66), (horizon * 0.73, horizon * 0.92)):
            c.rect(x0, y0, x1, y1, darker(look.wall, 0.16))
            c.rect(x0 + 1, y0 + 1, x1, y1, lighter(look.wall, 0.22))
            c.rect(x0 + 2, y0 + 2, x1 - 1, y1 - 1, darker(look.wall, 0.02))
            if look.style.metal == "gold":
                c.line([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], look.metal, 0.9)
    c.rect(0, horizon * 0.69, c.width, horizon * 0.705, lighter(look.wall, 0.3))


def _wallpaper(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    top = horizon if look.style.name == "maximalist" else horizon * 0.64
    c.filled([(0, 0), (c.width, 0), (c.width, top), (0, top)], look.cloth(look.wall, 40 if top == horizon else 26))
    if top < horizon:
        c.rect(0, top, c.width, horizon, lighter(look.second, 0.55))
        for x in np.arange(0, c.width, 12):
            c.rect(x, top, x + 0.8, horizon, mixed(look.second, (255, 255, 255), 0.3))
        c.rect(0, top - 2, c.width, top + 3, (250, 247, 240))


def _slats(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    start = c.width * between(rng, 0.45, 0.62)
    c.rect(start, 0, c.width, horizon, darker(look.wood, 0.35))
    for x in np.arange(start, c.width, 7):
        c.rect(x, 0, x + 4.6, horizon, lighter(look.wood, 0.05))


def _arch(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    x, r = c.width * between(rng, 0.3, 0.7), c.width * between(rng, 0.26, 0.34)
    tone = mixed(look.wall, look.main, 0.42)
    c.pie(x - r, horizon * 0.12, x + r, horizon * 0.12 + 2 * r, 180, 360, tone)
    c.rect(x - r, horizon * 0.12 + r - 0.6, x + r, horizon, tone)


WALLS = {
    "plain": _plain,
    "brick": _brick,
    "shiplap": _shiplap,
    "panels": _panels,
    "wallpaper": _wallpaper,
    "slats": _slats,
    "arch": _arch,
}


def floor(c: Canvas, look: Look, horizon: float, rng: np.random.Generator) -> None:
    """Boards, herringbone, tiles or concrete running away from the viewer."""
    w, h = c.width, c.height
    c.gradient(0, horizon, w, h, darker(look.floor, 0.1), lighter(look.floor, 0.06))
    vanish = (w * between(rng, 0.4, 0.6), horizon - h * 0.5)
    kind = look.style.floor_kind
    if kind == "planks":
        _converging(c, look, horizon, vanish, 17, darker(look.floor, 0.2))
        tones = rng.random((8, 17))
        for row in range(8):
            y = horizon + (h - horizon) * (row / 8) ** 1.6
            for k in range(17):
                if tones[row, k] < 0.35:
                    x = _at(vanish, w * (k / 8 - 0.5), y, h)
                    c.line([(x, y), (_at(vanish, w * ((k + 1) / 8 - 0.5), y, h), y)], darker(look.floor, 0.22), 0.8)
    elif kind == "herringbone":
        for row in range(9):
            y0, y1 = (horizon + (h - horizon) * (k / 9) ** 1.5 for k in (row, row + 1))
            for k in range(-2, 22):
                a, b = _at(vanish, w * (k / 9 - 0.6), y0, h), _at(vanish, w * ((k + 1) / 9 - 0.6), y1, h)
                shift = (1 if row % 2 else -1) * (b - a) * 0.5
                c.poly(
                    [(a, y0), (a + (b - a) * 0.8, y0), (b + shift, y1), (a + shift, y1)],
                    lighter(look.floor, 0.07) if k % 2 else darker(look.floor, 0.1),
                )
    elif kind == "checker":
        for row in range(7):
            y0, y1 = (horizon + (h - horizon) * (k / 7) ** 1.6 for k in (row, row + 1))
            for k in range(-6, 20):
                if (k + row) % 2:
                    quad = [
                        (_at(vanish, w * (i / 7 - 0.5), y, h), y)
                        for i, y in ((k, y0), (k + 1, y0), (k + 1, y1), (k, y1))
                    ]
                    c.poly(quad, (52, 50, 54))
    else:
        c.glow(w * 0.5, h, w * 0.6, (255, 255, 255), 0.18)


def _at(vanish: tuple[float, float], x_front: float, y: float, front: float) -> float:
    """Where a line from (x_front, front) to the vanishing point crosses height y."""
    share = (y - vanish[1]) / (front - vanish[1])
    return vanish[0] + (x_front - vanish[0]) * share


def _converging(c: Canvas, look: Look, horizon: float, vanish: tuple[float, float], n: int, ink: Color) -> None:
    for k in range(n + 1):
        front = c.width * (k / 8 - 0.5)
        c.line([(_at(vanish, front, horizon, c.height), horizon), (front, c.height)], ink, 0.9)


def window(c: Canvas, look: Look, x: float, y: float, width: float, height: float, rng: np.random.Generator) -> Box:
    """A window about its upper left corner, sky and green behind it, curtains for the soft styles."""
    kind = look.style.window
    frame = (52, 50, 50) if kind == "grid" else lighter(look.wall, 0.7)
    sky, low = (198, 222, 236), (226, 236, 232)
    if kind == "arched":
        c.pie(x - 4, y - 4, x + width + 4, y + width + 4, 180, 360, frame)
        c.rect(x - 4, y + width / 2 - 1, x + width + 4, y + height + 4, frame)
        c.pie(x, y, x + width, y + width, 180, 360, sky)
        c.gradient(x, y + width / 2, x + width, y + height, sky, low)
    else:
        c.rect(x - 4, y - 4, x + width + 4, y + height + 4, frame)
        c.gradient(x, y, x + width, y + height, sky, low)
    for _ in range(4):
        r = width * between(rng, 0.1, 0.2)
        px = x + between(rng, r, width - r)
        c.ellipse(px - r, y + height - r * 0.9, px + r, y + height, mixed(LEAVES[int(rng.integers(4))], low, 0.5))
    columns, rows = {"grid": (3, 4), "sash": (2, 2), "wide": (2, 1), "arched": (2, 3), "plain": (1, 1)}[kind]
    for k in range(1, columns):
        c.rect(x + width * k / columns - 1, y, x + width * k / columns + 1, y + height, frame)
    for k in range(1, rows):
        c.rect(x, y + height * k / rows - 1, x + width, y + height * k / rows + 1, frame)
    c.rect(x - 7, y + height + 3, x + width + 7, y + height + 8, frame)
    if kind in ("sash", "plain", "wide", "arched"):
        _curtains(c, look, x, y, width, height)
    return Box("window", x - 4, y - 4, x + width + 4, y + height + 8)


def _curtains(c: Canvas, look: Look, x: float, y: float, width: float, height: float) -> None:
    cloth = look.main if look.style.sofa == "tufted" else lighter(look.neutral, 0.45)
    c.line([(x - width * 0.22, y - 9), (x + width * 1.22, y - 9)], look.metal, 1.8)
    for a, b in ((x - width * 0.2, x + width * 0.06), (x + width * 0.94, x + width * 1.2)):
        c.rect(a, y - 8, b, y + height + 26, cloth)
        for k in range(1, 5):
            fold = a + (b - a) * k / 5
            c.line([(fold, y - 7), (fold, y + height + 25)], darker(cloth, 0.1), 1.1)


def sunlight(c: Canvas, x: float, width: float, horizon: float, rng: np.random.Generator) -> None:
    """A patch of sun on the floor, falling in from a window between x and x + width."""
    lean = between(rng, -0.3, 0.3) * c.width
    depth = (c.height - horizon) * 0.8
    for a, b in ((0.0, 0.46), (0.54, 1.0)):
        left, right = x + width * a, x + width * b
        c.veil(
            [
                (left, horizon + 4),
                (right, horizon + 4),
                (right + lean + width * 0.2, horizon + depth),
                (left + lean, horizon + depth),
            ],
            (255, 246, 220),
            0.22,
        )


def picture(c: Canvas, look: Look, x: float, y: float, width: float, height: float, rng: np.random.Generator) -> Box:
    """A framed picture (or what the style hangs up) with (x, y) its upper left corner."""
    if look.style.art == "sunburst" and rng.random() < 0.5:
        cx, cy, r = x + width / 2, y + height / 2, min(width, height) / 2
        for k in range(24):
            t, reach = k * np.pi / 12, 1.0 if k % 2 else 0.72
            c.line([(cx, cy), (cx + np.cos(t) * r * reach, cy + np.sin(t) * r * reach)], look.metal, 1.7)
        c.disc(cx, cy, r * 0.34, darker(look.metal, 0.1))
        c.disc(cx, cy, r * 0.26, lighter(look.metal, 0.4))
        return Box("wall art", x, y, x + width, y + height)
    frame = {"botanical": look.wood, "deco": look.metal, "portrait": look.metal}.get(look.style.art, look.ink)
    c.veil(
        [(x + 3, y + 4), (x + width + 4, y + 4), (x + width + 4, y + height + 5), (x + 3, y + height + 5)],
        (30, 24, 20),
        0.18,
    )
    c.rect(x - 2.4, y - 2.4, x + width + 2.4, y + height + 2.4, frame)
    c.rect(x, y, x + width, y + height, (248, 244, 236))
    ARTS[look.style.art](c, look, x + width * 0.08, y + height * 0.08, width * 0.84, height * 0.84, rng)
    return Box("wall art", x, y, x + width, y + height)


def _art_shapes(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    c.rect(x, y, x + w, y + h, lighter(look.neutral, 0.3))
    for color in (look.main, look.second, look.ink, look.metal):
        r = w * between(rng, 0.1, 0.24)
        px, py = x + between(rng, r, w - r), y + between(rng, r, max(r + 1, h - r))
        if rng.random() < 0.5:
            c.pie(px - r, py - r, px + r, py + r, 90 * int(rng.integers(4)), 180 + 90 * int(rng.integers(3)), color)
        else:
            c.ellipse(px - r, py - r * 0.7, px + r, py + r * 0.7, color)


def _art_botanical(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    sprig(c, x + w / 2, y + h * 0.95, h * 0.8, LEAVES[int(rng.integers(4))], 6)


def _art_lines(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    for _ in range(3):
        ends = [(x + between(rng, 0.1, 0.9) * w, y + between(rng, 0.1, 0.9) * h) for _ in range(4)]
        c.line(bezier(ends[0], ends[1], ends[2], ends[3]), look.ink, 1.1)
    c.disc(
        x + w * between(rng, 0.3, 0.7),
        y + h * between(rng, 0.3, 0.7),
        w * 0.14,
        mixed(look.second, (255, 255, 255), 0.25),
    )


def _art_sea(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    c.gradient(x, y, x + w, y + h * 0.5, (196, 222, 236), (240, 236, 224))
    c.gradient(x, y + h * 0.5, x + w, y + h * 0.82, (54, 108, 142), (140, 190, 200))
    c.rect(x, y + h * 0.82, x + w, y + h, (228, 208, 170))


def _art_deco(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    c.rect(x, y, x + w, y + h, (34, 34, 40))
    for k in range(7):
        c.line([(x + w / 2, y + h), (x + w * k / 6, y)], look.metal, 1)
    for share in (0.8, 0.5, 0.25):
        c.arc(
            x + w * (0.5 - share / 2),
            y + h * (1 - share * 0.6),
            x + w * (0.5 + share / 2),
            y + h * (1 + share * 0.6),
            180,
            360,
            look.metal,
            1,
        )


def _art_gallery(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    c.gradient(x, y, x + w, y + h, lighter(look.main, 0.25), darker(look.second, 0.2))
    c.poly([(x, y + h), (x + w * between(rng, 0.2, 0.6), y + h * between(rng, 0.2, 0.5)), (x + w, y + h)], look.ink)


def _art_portrait(c: Canvas, look: Look, x: float, y: float, w: float, h: float, rng: np.random.Generator) -> None:
    c.gradient(x, y, x + w, y + h, (92, 78, 58), (48, 42, 36))
    c.ellipse(x + w * 0.36, y + h * 0.2, x + w * 0.64, y + h * 0.52, (224, 184, 150))
    c.pie(x + w * 0.16, y + h * 0.5, x + w * 0.84, y + h * 1.5, 180, 360, look.main)


ARTS = {
    "sunburst": _art_shapes,
    "shapes": _art_shapes,
    "botanical": _art_botanical,
    "lines": _art_lines,
    "sea": _art_sea,
    "deco": _art_deco,
    "gallery": _art_gallery,
    "portrait": _art_portrait,
}
