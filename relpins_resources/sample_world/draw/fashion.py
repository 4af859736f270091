"""Garments laid flat or hung, with the cut, length and pattern their plan names."""

from collections.abc import Mapping

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, Point, between, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.draw.plants import LEAVES, sprig
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed

DENIM = (72, 98, 138)
PRINTED = ("industrial", "maximalist", "mid-century modern", "bohemian")


def paint_garment(c: Canvas, look: Look, scene: str, traits: Mapping[str, str], rng: np.random.Generator) -> list[Box]:
    """Draws one garment on a hanger or a bag on a ledge, in front of a quiet wall."""
    _backdrop(c, look, rng)
    x, top, size = c.width / 2, c.height * 0.17, min(c.width, c.height * 0.8)
    color = mixed(DENIM, look.main, 0.6) if traits.get("material") == "denim" else look.main
    if scene == "bag":
        return [_bag(c, look, x, c.height * 0.78, size * 0.62, color, traits)]
    hem = c.height * 0.9
    _hanger(c, look, x, top, size)
    wide = {"slim": 0.85, "relaxed": 1.0, "oversized": 1.17}[traits.get("fit", "relaxed")]
    if scene in ("trousers", "jeans"):
        box = _legs(c, look, x, top + size * 0.02, hem, size * 0.4 * wide, color, traits)
    elif scene == "skirt":
        box = _skirt(c, look, x, top + size * 0.06, hem, size * 0.34, color, traits)
    elif scene == "dress":
        box = _dress(c, look, x, top, hem, size * 0.36 * wide, color, traits)
    else:
        box = _top(c, look, scene, x, top, size * (0.46 if scene == "coat" else 0.56) * wide, color, traits)
    if rng.random() < 0.3:
        for lean in (0.07, 0.12, 0.16):
            sprig(c, c.width * lean, c.height, c.height * (0.34 - lean), LEAVES[int(rng.integers(4))], 9)
    return [Box(scene, *box)]


def _backdrop(c: Canvas, look: Look, rng: np.random.Generator) -> None:
    tone = mixed(look.wall, (250, 246, 240), between(rng, 0.35, 0.75))
    if look.style.name in ("art deco", "industrial", "maximalist") and rng.random() < 0.5:
        tone = mixed(look.second, (232, 226, 220), 0.55)
    c.gradient(0, 0, c.width, c.height, lighter(tone, 0.25), darker(tone, 0.06))
    if rng.random() < 0.35:
        r = c.width * between(rng, 0.34, 0.44)
        c.disc(c.width / 2, c.height * 0.42, r, mixed(tone, look.second, 0.28))
    lean = between(rng, 0.2, 0.5) * c.width
    for k in range(3):
        a = c.width * (0.1 + 0.22 * k)
        c.veil(
            [(a, 0), (a + c.width * 0.14, 0), (a + c.width * 0.14 + lean, c.height), (a + lean, c.height)],
            (255, 255, 255),
            0.16,
        )
    c.rect(0, c.height * 0.955, c.width, c.height, darker(tone, 0.13))


def _hanger(c: Canvas, look: Look, x: float, top: float, size: float) -> None:
    metal = look.metal
    for out in (-1, 1):
        c.line([(x, top - size * 0.035), (x + out * size * 0.17, top + size * 0.035)], look.wood, 3.4)
    c.arc(x - size * 0.035, top - size * 0.15, x + size * 0.035, top - size * 0.08, 150, 400, metal, 2)
    c.line([(x, top - size * 0.085), (x, top - size * 0.03)], metal, 2)


def _cloth(c: Canvas, look: Look, points: list[Point], color: Color, traits: Mapping[str, str]) -> None:
    """Fills a shape with the garment's cloth on a soft shade to its right; satin and silk shine."""
    for step in (3.0, 6.0, 9.0):
        c.veil([(px + step, py + step) for px, py in points], (40, 30, 25), 0.045)
    if traits.get("pattern", "plain") != "plain":
        ground = (
            mixed(color, look.neutral, 0.25)
            if look.style.pattern in ("floral", "stripes", "gingham", "dots")
            else color
        )
        first = look.neutral if look.style.pattern in ("stripes", "gingham", "dots") else look.main
        fill = look.cloth(ground if first is look.main else lighter(look.neutral, 0.2), 22)
        c.filled(points, fill)
    else:
        c.poly(points, color)
    if traits.get("material") in ("silk", "satin", "velvet"):
        xs = [p[0] for p in points]
        mid, half = sum(xs) / len(xs), (max(xs) - min(xs)) * 0.1
        low, high = min(p[1] for p in points), max(p[1] for p in points)
        c.veil(
            [
                (mid - half * 2, low + (high - low) * 0.3),
                (mid - half, low + (high - low) * 0.25),
                (mid - half * 1.4, high),
                (mid - half * 2.8, high),
            ],
            (255, 255, 255),
            0.2,
        )


def _folds(c: Canvas, x: float, y0: float, y1: float, spread0: float, spread1: float, color: Color, n: int) -> None:
    for k in range(n):
        share = (k + 0.5) / n * 2 - 1
        c.line([(x + spread0 * share, y0), (x + spread1 * share, y1)], darker(color, 0.13), 1.1)


def _mirrored(x: float, half: list[Point]) -> list[Point]:
    """A closed outline from its right half, given as offsets from the middle, top to bottom."""
    return [(x + dx, y) for dx, y in half] + [(x - dx, y) for dx, y in reversed(half)]


def _sleeves(
    c: Canvas, look: Look, x: float, top: float, half: float, size: float, color: Color, traits: Mapping[str, str]
) -> None:
    reach = {"short sleeve": 0.34, "long sleeve": 0.95}.get(traits.get("sleeve", ""), 0.0) * size
    if not reach:
        return
    drop = 0.9 if reach > size * 0.5 else 0.62
    for out in (-1, 1):
        shoulder, pit = (x + out * half, top + size * 0.07), (x + out * half * 0.9, top + size * 0.36)
        end = (x + out * (half + reach * 0.42), top + size * 0.07 + reach * drop)
        cuff = (end[0] - out * size * 0.17, end[1] + size * 0.05)
        _cloth(c, look, [shoulder, end, cuff, pit], darker(color, 0.05), traits)
        c.line([end, cuff], darker(color, 0.2), 1.6)
        c.line([pit, (pit[0] + out * size * 0.02, pit[1] + size * 0.12)], darker(color, 0.18), 1.1)


def _dress(
    c: Canvas, look: Look, x: float, top: float, hem: float, size: float, color: Color, traits: Mapping[str, str]
) -> tuple[float, float, float, float]:
    bottom = top + (hem - top) * {"mini": 0.62, "midi": 0.82, "maxi": 1.0}[traits["length"]]
    waist = top + size * 0.95
    _sleeves(c, look, x, top, size * 0.46, size, color, traits)
    flare = size * (0.75 if traits["length"] != "mini" else 0.62)
    neck = size * 0.2
    half = [(neck, top), (size * 0.46, top + size * 0.07), (size * 0.42, top + size * 0.36), (size * 0.36, waist)]
    half += bezier(
        (size * 0.36, waist), (size * 0.46, waist + size * 0.3), (flare * 0.85, bottom - size * 0.4), (flare, bottom), 8
    )
    _cloth(c, look, _mirrored(x, half), color, traits)
    scoop = size * (0.42 if traits.get("sleeve") == "sleeveless" else 0.24)
    c.pie(x - neck, top - scoop, x + neck, top + scoop, 0, 180, darker(color, 0.35))
    _folds(c, x, waist + 4, bottom, size * 0.3, flare * 0.9, color, 6)
    c.rect(
        x - size * 0.37,
        waist - 4,
        x + size * 0.37,
        waist + 4,
        darker(look.second if look.second != color else color, 0.1),
        2,
    )
    c.arc(x - flare, bottom - 5, x + flare, bottom + 6, 0, 180, darker(color, 0.2), 1.4)
    return x - flare, top, x + flare, bottom


def _skirt(
    c: Canvas, look: Look, x: float, top: float, hem: float, size: float, color: Color, traits: Mapping[str, str]
) -> tuple[float, float, float, float]:
    bottom = top + (hem - top) * {"mini": 0.5, "midi": 0.75, "maxi": 0.98}[traits["length"]]
    flare = size * 1.05
    half = [
        (size * 0.5, top),
        (size * 0.54, top + 10),
        *bezier(
            (size * 0.54, top + 10), (size * 0.7, top + size * 0.4), (flare, bottom - size * 0.4), (flare, bottom), 8
        ),
    ]
    _cloth(c, look, _mirrored(x, half), color, traits)
    _folds(c, x, top + 12, bottom, size * 0.46, flare * 0.9, color, 8)
    c.rect(x - size * 0.51, top - 3, x + size * 0.51, top + 9, darker(color, 0.18), 2)
    return x - flare, top, x + flare, bottom


def _legs(
    c: Canvas, look: Look, x: float, top: float, hem: float, size: float, color: Color, traits: Mapping[str, str]
) -> tuple[float, float, float, float]:
    rise = size * (0.75 if traits.get("rise") == "high rise" else 0.55)
    wide = {"slim": 0.3, "relaxed": 0.42, "oversized": 0.52}[traits.get("fit", "relaxed")] * size
    for out in (-1, 1):
        outer = [
            (x, top),
            (x + out * size * 0.46, top),
            (x + out * size * 0.56, top + rise),
            (x + out * (size * 0.34 + wide * 0.6), hem),
        ]
        inner = [(x + out * (size * 0.34 - wide * 0.5), hem), (x + out * 2, top + rise)]
        _cloth(c, look, outer + inner, color if out > 0 else darker(color, 0.04), traits)
        crease = x + out * size * 0.34
        c.line([(crease, top + rise * 0.7), (crease, hem)], darker(color, 0.14), 1.2)
        c.arc(
            x + out * size * 0.34 - size * 0.2,
            top - size * 0.1,
            x + out * size * 0.34 + size * 0.2,
            top + size * 0.25,
            10,
            170,
            darker(color, 0.22),
            1.3,
        )
        if traits.get("material") == "denim":
            c.rect(
                min(x + out * (size * 0.34 - wide * 0.5), x + out * (size * 0.34 + wide * 0.6)),
                hem - 9,
                max(x + out * (size * 0.34 - wide * 0.5), x + out * (size * 0.34 + wide * 0.6)),
                hem,
                lighter(color, 0.22),
            )
    c.rect(x - size * 0.47, top - 4, x + size * 0.47, top + 9, darker(color, 0.2), 2)
    c.disc(x, top + 2, 2.6, look.metal)
    c.line([(x, top + 9), (x, top + rise)], darker(color, 0.28), 1.2)
    return x - size * 0.6, top, x + size * 0.6, hem


def _top(
    c: Canvas, look: Look, scene: str, x: float, top: float, size: float, color: Color, traits: Mapping[str, str]
) -> tuple[float, float, float, float]:
    worn = dict(traits)
    if scene in ("coat", "jacket"):
        worn["sleeve"] = "long sleeve"
    length = {"coat": 1.75, "jacket": 1.0, "sweater": 1.05, "shirt": 1.12, "t-shirt": 1.0}[scene] * size
    half, bottom = size * 0.5, min(top + length, c.height * 0.93)
    _sleeves(c, look, x, top, half * 0.94, size, color, worn)
    flare = half * (1.08 if scene == "coat" else 0.96)
    outline = [
        (size * 0.16, top),
        (half, top + size * 0.08),
        (half * 0.93, top + size * 0.38),
        (half * 0.9, (top + bottom) / 2),
        (flare, bottom),
    ]
    _cloth(c, look, _mirrored(x, outline), color, traits)
    c.pie(x - size * 0.16, top - size * 0.14, x + size * 0.16, top + size * 0.14, 0, 180, darker(color, 0.4))
    if scene == "sweater":
        _knit(c, x, top, bottom, size, flare, color)
    elif scene in ("coat", "jacket"):
        _lapels(c, look, x, top, bottom, size, color, 3 if scene == "coat" else 2)
    elif scene == "shirt":
        _buttons(c, x, top, bottom, size, color)
    else:
        c.arc(x - size * 0.17, top - size * 0.15, x + size * 0.17, top + size * 0.15, 5, 175, lighter(color, 0.18), 3)
        if traits.get("pattern", "plain") == "plain" and look.style.name in PRINTED:
            c.disc(x, top + size * 0.42, size * 0.12, look.second)
            c.pie(x - size * 0.12, top + size * 0.3, x + size * 0.12, top + size * 0.54, 180, 360, look.neutral)
    c.line([(x - half * 0.4, bottom - size * 0.3), (x - half * 0.5, bottom - 3)], darker(color, 0.13), 1.1)
    return x - half * 1.3, top, x + half * 1.3, bottom


def _knit(c: Canvas, x: float, top: float, bottom: float, size: float, flare: float, color: Color) -> None:
    for k in range(-5, 6):
        px = x + k * size * 0.085
        c.line([(px, top + size * 0.2), (px, bottom - 12)], darker(color, 0.09), 1.4)
    c.rect(x - flare, bottom - 11, x + flare, bottom, darker(color, 0.12), 2)
    c.arc(x - size * 0.18, top - size * 0.16, x + size * 0.18, top + size * 0.17, 5, 175, lighter(color, 0.15), 4)


def _lapels(
    c: Canvas, look: Look, x: float, top: float, bottom: float, size: float, color: Color, n_buttons: int
) -> None:
    c.line([(x, top + size * 0.4), (x, bottom)], darker(color, 0.3), 1.6)
    for out in (-1, 1):
        lapel = [(x + out * size * 0.14, top), (x + out * size * 0.3, top + size * 0.2), (x, top + size * 0.46)]
        c.poly(lapel, darker(color, 0.14))
        pocket = x + out * size * 0.275
        c.rect(pocket - 14, top + size * 0.74, pocket + 14, top + size * 0.77, darker(color, 0.25), 1)
    for k in range(n_buttons):
        c.disc(x + 7, top + size * (0.54 + 0.2 * k), 2.8, look.metal)


def _buttons(c: Canvas, x: float, top: float, bottom: float, size: float, color: Color) -> None:
    c.line([(x, top + size * 0.1), (x, bottom)], darker(color, 0.18), 1.2)
    for k in range(5):
        c.disc(x, top + size * (0.2 + 0.2 * k), 1.8, (250, 248, 240))
    for out in (-1, 1):
        fold = [(0.0, 0.14), (0.18, -0.01), (0.24, 0.1), (0.1, 0.2)]
        c.poly([(x + out * size * dx, top + size * dy) for dx, dy in fold], lighter(color, 0.16))


def _bag(c: Canvas, look: Look, x: float, base: float, size: float, color: Color, traits: Mapping[str, str]) -> Box:
    height = size * 0.78
    c.shadow(x - size * 0.6, base - 12, x + size * 0.6, base + 16, 0.5)
    c.arc(x - size * 0.3, base - height * 1.75, x + size * 0.3, base - height * 0.5, 180, 360, darker(color, 0.25), 5)
    outline = [
        (x - size * 0.42, base - height),
        (x + size * 0.42, base - height),
        (x + size * 0.5, base),
        (x - size * 0.5, base),
    ]
    _cloth(c, look, outline, color, traits)
    if look.style.legs in ("metal", "turned", "tapered"):
        c.poly(
            [
                (x - size * 0.43, base - height),
                (x + size * 0.43, base - height),
                (x + size * 0.3, base - height * 0.5),
                (x - size * 0.3, base - height * 0.5),
            ],
            darker(color, 0.12),
        )
    c.disc(x, base - height * 0.5, size * 0.035, look.metal)
    c.line([(x - size * 0.47, base - 8), (x + size * 0.47, base - 8)], lighter(color, 0.2), 1)
    return Box("bag", x - size / 2, base - height * 1.7, x + size / 2, base)
