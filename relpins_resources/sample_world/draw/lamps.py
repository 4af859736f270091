"""Lamps: standing, hanging and on tables, with the head that each style gives them."""

from collections.abc import Callable

from relpins_resources.sample_world.draw.canvas import Box, Canvas, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.styles import Color, darker, mixed

GLOW: Color = (255, 232, 180)
CANE: Color = (150, 112, 66)
IRON: Color = (36, 36, 38)


def floor_lamp(c: Canvas, look: Look, x: float, floor: float, height: float, lit: bool = True) -> Box:
    """A standing lamp; an arc for the modern, a shade for the classic."""
    kind, h = look.style.lamp, height
    c.shadow(x - h * 0.1, floor - h * 0.03, x + h * 0.1, floor + h * 0.035, 0.4)
    head = h * 0.17
    if kind == "globe":
        c.line(
            bezier(
                (x, floor),
                (x - h * 0.04, floor - h * 0.8),
                (x + h * 0.02, floor - h * 1.04),
                (x + h * 0.2, floor - h * 0.86),
            ),
            look.metal,
            2.4,
        )
        x, top = x + h * 0.2, floor - h * 0.86
        base_x = x - h * 0.2
    else:
        base_x, top = x, floor - h + head
        if kind in ("dome", "cage") or look.style.legs == "straight":
            for out in (-0.1, 0.1):
                c.line([(x, floor - h * 0.7), (x + h * out, floor)], look.wood, 2)
        c.line([(x, floor), (x, top)], look.metal, 2.4)
    c.ellipse(base_x - h * 0.07, floor - h * 0.02, base_x + h * 0.07, floor + h * 0.015, look.metal)
    if lit:
        c.glow(x, top, h * 0.34, GLOW, 0.42)
    shade(c, look, x, top, head)
    return Box("lamp", min(x, base_x) - head, floor - h, x + head, floor)


def pendant(c: Canvas, look: Look, x: float, top: float, drop: float, size: float) -> Box:
    """A lamp hanging from the ceiling."""
    c.line([(x, top), (x, top + drop)], darker(look.metal, 0.2), 1.2)
    c.glow(x, top + drop, size * 2.4, GLOW, 0.4)
    shade(c, look, x, top + drop, size)
    return Box("lamp", x - size, top + drop - size, x + size, top + drop + size)


def table_lamp(c: Canvas, look: Look, x: float, base: float, height: float) -> Box:
    """A lamp to stand on something."""
    c.glow(x, base - height * 0.7, height * 0.9, GLOW, 0.4)
    c.ellipse(x - height * 0.14, base - height * 0.45, x + height * 0.14, base, look.main)
    c.line([(x, base - height * 0.4), (x, base - height * 0.6)], look.metal, 1.6)
    shade(c, look, x, base - height * 0.75, height * 0.3)
    return Box("lamp", x - height * 0.3, base - height, x + height * 0.3, base)


def shade(c: Canvas, look: Look, x: float, y: float, size: float) -> None:
    """A lamp's head about (x, y)."""
    HEADS[look.style.lamp](c, look, x, y, size)


def _globe(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    c.disc(x, y, s * 0.72, (255, 246, 222))
    c.disc(x - s * 0.2, y - s * 0.2, s * 0.3, (255, 253, 244))
    c.rect(x - s * 0.16, y - s * 0.85, x + s * 0.16, y - s * 0.6, look.metal)


def _dome(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    c.pie(x - s, y - s * 0.9, x + s, y + s * 1.1, 180, 360, mixed(look.main, (60, 62, 64), 0.25))
    c.ellipse(x - s, y, x + s, y + s * 0.22, (255, 244, 214))


def _rattan(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    cane = look.wood if look.style.wood == "rattan" else (206, 170, 118)
    top, low = y - s * 0.8, y + s * 0.5
    c.poly([(x - s * 0.4, top), (x + s * 0.4, top), (x + s, low), (x - s, low)], cane)
    for k in range(-3, 4):
        c.line([(x + k * s * 0.12, top), (x + k * s * 0.3, low)], CANE, 0.9)
    c.line([(x - s * 0.7, y - s * 0.1), (x + s * 0.7, y - s * 0.1)], CANE, 0.9)


def _cage(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    c.disc(x, y, s * 0.4, (255, 214, 130))
    for lean in (-0.6, 0.0, 0.6):
        c.line([(x, y - s * 0.9), (x + lean * s, y), (x, y + s * 0.8)], IRON, 1.2)
    c.rect(x - s * 0.2, y - s, x + s * 0.2, y - s * 0.6, IRON)


def _paper(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    c.ellipse(x - s, y - s * 0.85, x + s, y + s * 0.85, (252, 244, 226))
    for k in range(-3, 4):
        half, begin = s * 0.85 * (abs(k) / 4 + 0.05), 0 if k > 0 else 180
        c.arc(x - s, y - half, x + s, y + half, begin, begin + 180, (226, 212, 184), 0.8)


def _deco(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    for k, share in enumerate((1.0, 0.72, 0.44)):
        tone = mixed((255, 240, 206), look.metal, 0.2 * k)
        c.pie(x - s * share, y - s * (0.7 - 0.1 * k), x + s * share, y + s * (0.9 - 0.1 * k), 180, 360, tone)
    c.rect(x - s, y + s * 0.06, x + s, y + s * 0.16, look.metal)


def _drum(c: Canvas, look: Look, x: float, y: float, s: float) -> None:
    top, low = y - s * 0.7, y + s * 0.6
    linen = mixed(look.neutral, (255, 240, 208), 0.5)
    c.poly([(x - s * 0.55, top), (x + s * 0.55, top), (x + s * 0.9, low), (x - s * 0.9, low)], linen)
    c.line([(x - s * 0.88, y + s * 0.54), (x + s * 0.88, y + s * 0.54)], look.main, 1.4)


HEADS: dict[str, Callable[[Canvas, Look, float, float, float], None]] = {
    "globe": _globe,
    "dome": _dome,
    "rattan": _rattan,
    "cage": _cage,
    "paper": _paper,
    "deco": _deco,
    "drum": _drum,
}
