"""Sofas, chairs, stools and beds, seen from the front, in the shapes of each style."""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed


def legs(c: Canvas, look: Look, x0: float, x1: float, top: float, floor: float, thick: float = 5.0) -> None:
    """A pair of front legs in the style's manner between `top` and `floor`."""
    kind, wood = look.style.legs, look.wood
    for x, out in ((x0, -1.0), (x1, 1.0)):
        if kind == "tapered":
            lean = 0.28 * (floor - top) * out
            c.poly(
                [(x - thick * 0.6, top), (x + thick * 0.6, top), (x + lean + 1.2, floor), (x + lean - 1.2, floor)], wood
            )
        elif kind == "turned":
            c.rect(x - thick * 0.4, top, x + thick * 0.4, floor, wood)
            for k in (0.3, 0.7):
                y = top + (floor - top) * k
                c.ellipse(x - thick * 0.75, y - thick * 0.35, x + thick * 0.75, y + thick * 0.35, lighter(wood, 0.08))
        elif kind in ("metal", "hairpin"):
            c.line([(x - thick * 0.5 * out, top), (x, floor)], look.metal, 1.8)
            c.line([(x + thick * 0.7 * out, top), (x, floor)], look.metal, 1.8)
        elif kind == "low":
            c.rect(x - thick * 0.9, top, x + thick * 0.9, floor, darker(wood, 0.1))
        else:
            c.rect(x - thick * 0.45, top, x + thick * 0.45, floor, wood)


def pillow(c: Canvas, look: Look, x: float, y: float, size: float, color: Color, patterned: bool) -> None:
    """A cushion standing on its corner or side, about its centre."""
    s = size / 2
    points = [
        *bezier((x - s, y - s), (x - s * 0.3, y - s * 0.8), (x + s * 0.3, y - s * 0.8), (x + s, y - s), 5),
        *bezier((x + s, y - s), (x + s * 0.8, y), (x + s * 0.8, y), (x + s, y + s), 5),
        *bezier((x + s, y + s), (x, y + s * 0.85), (x, y + s * 0.85), (x - s, y + s), 5),
        *bezier((x - s, y + s), (x - s * 0.8, y), (x - s * 0.8, y), (x - s, y - s), 5),
    ]
    c.shadow(x - s, y - s * 0.4, x + s * 1.3, y + s * 1.3, 0.25)
    if patterned and look.style.pattern != "plain":
        c.filled(points, look.cloth(lighter(color, 0.3), max(4.0, size * 0.36)))
    else:
        c.poly(points, color)
        c.line(points[:6], lighter(color, 0.18), 0.8)


def sofa(c: Canvas, look: Look, x: float, floor: float, width: float, color: Color, rng: np.random.Generator) -> Box:
    """A sofa with cushions, its base on `floor`, centred on `x`."""
    kind = look.style.sofa
    leg = {"low": 0.03, "rolled": 0.07, "tufted": 0.07, "round": 0.05}.get(kind, 0.11) * width
    height = {"low": 0.30, "round": 0.36, "tufted": 0.40, "rolled": 0.40}.get(kind, 0.36) * width
    x0, x1, top = x - width / 2, x + width / 2, floor - leg - height
    arm = width * {"track": 0.055, "low": 0.09, "round": 0.12, "rolled": 0.12, "tufted": 0.12}[kind]
    radius = {"track": 4, "low": 11, "round": 26, "rolled": 9, "tufted": 12}[kind] * width / 190
    seat = floor - leg - height * 0.42
    c.shadow(x0 - width * 0.06, floor - width * 0.05, x1 + width * 0.06, floor + width * 0.07, 0.5)
    legs(c, look, x0 + width * 0.08, x1 - width * 0.08, floor - leg, floor, width * 0.026)
    dark, light = darker(color, 0.16), lighter(color, 0.12)
    c.rect(x0 + arm * 0.4, top, x1 - arm * 0.4, floor - leg, mixed(color, dark, 0.35), radius)
    _back(c, kind, x0 + arm, x1 - arm, top, seat, color)
    c.rect(x0 + arm * 0.6, seat + height * 0.1, x1 - arm * 0.6, floor - leg, dark, 3)
    n = 3 if width > 150 and kind in ("track", "low") else 2
    for k in range(n):
        a, b = (x0 + arm + (x1 - x0 - 2 * arm) * (k + side) / n for side in (0, 1))
        c.rect(a + 0.6, seat - height * 0.05, b - 0.6, seat + height * 0.17, light, 4)
        c.shade(a + 1.5, seat + height * 0.06, b - 1.5, seat + height * 0.15, 0.14)
    _arms(c, kind, (x0, x1), arm, (seat, height), floor - leg, color)
    for k, (share, tone) in enumerate(((0.2, look.second), (0.33, look.neutral), (0.8, look.main))):
        tone = look.second if tone == color else tone
        if kind != "tufted" or k != 1:
            size = height * between(rng, 0.36, 0.44)
            pillow(c, look, x0 + width * share, seat - size * 0.48, size, tone, k != 1)
    return Box("sofa", x0, top, x1, floor)


def _back(c: Canvas, kind: str, a: float, b: float, top: float, seat: float, color: Color) -> None:
    if kind == "tufted":
        for row in range(3):
            for k in range(9):
                px = a + (b - a) * (k + 0.5 + 0.5 * (row % 2)) / 9.5
                c.disc(px, top + (seat - top) * (0.2 + 0.25 * row), 1.2, darker(color, 0.35))
        c.arc(a - 4, top - 2, b + 4, top + (seat - top), 190, 350, lighter(color, 0.15), 1.2)
    elif kind in ("track", "low"):
        n = 3 if b - a > 120 else 2
        for k in range(n):
            p, q = (a + (b - a) * (k + side) / n for side in (0, 1))
            c.rect(p + 0.8, top + 3, q - 0.8, seat + 2, lighter(color, 0.05), 5)
            c.shade(p + 2, top + (seat - top) * 0.4, q - 2, seat + 1, 0.16)
    elif kind == "round":
        for k in range(1, 9):
            px = a + (b - a) * k / 9
            c.line([(px, top + 6), (px, seat)], darker(color, 0.18), 0.9)
    else:
        c.shade(a, top + (seat - top) * 0.3, b, seat + 2, 0.18)


def _arms(
    c: Canvas, kind: str, ends: tuple[float, float], arm: float, seat: tuple[float, float], base: float, color: Color
) -> None:
    (x0, x1), (level, height) = ends, seat
    top = level - height * {"track": 0.2, "low": 0.12, "round": 0.3, "rolled": 0.26, "tufted": 0.34}[kind]
    for a, b in ((x0, x0 + arm), (x1 - arm, x1)):
        c.rect(a, top, b, base, darker(color, 0.06), arm * (0.5 if kind != "track" else 0.25))
        c.rect(a + arm * 0.15, top + arm * 0.12, b - arm * 0.4, base - 2, lighter(color, 0.08), arm * 0.3)
        if kind in ("rolled", "tufted"):
            c.disc((a + b) / 2, top + arm * 0.5, arm * 0.55, lighter(color, 0.06))
            c.ring((a + b) / 2, top + arm * 0.5, arm * 0.3, darker(color, 0.2), 1)


def armchair(
    c: Canvas, look: Look, x: float, floor: float, width: float, color: Color, rng: np.random.Generator
) -> Box:
    """A lounge chair: shell, wing or frame according to the style."""
    w, kind = width, look.style.sofa
    leg, height = w * 0.24, w * 0.95
    x0, x1, top, seat = x - w / 2, x + w / 2, floor - leg - height * 0.85, floor - leg
    c.shadow(x0 - w * 0.1, floor - w * 0.1, x1 + w * 0.1, floor + w * 0.12, 0.5)
    legs(c, look, x0 + w * 0.2, x1 - w * 0.2, seat, floor, w * 0.06)
    if look.style.legs in ("metal", "low") and kind != "round":
        _sling(c, look, (x0, x1), top, seat, floor, color)
    else:
        _shell(c, kind, (x0, x1), top, seat, color)
    c.shade(x0 + w * 0.16, top + height * 0.2, x1 - w * 0.16, seat - w * 0.1, 0.16)
    cushion = (x0 + w * 0.13, seat - height * 0.3, x1 - w * 0.13, seat - height * 0.08)
    c.rect(*cushion, lighter(color, 0.14), w * 0.07)
    if rng.random() < 0.6:
        tone = look.second if color != look.second else look.main
        pillow(c, look, x + w * 0.06, seat - height * 0.42, w * 0.36, tone, True)
    return Box("accent chair", x0, top, x1, floor)


def _sling(
    c: Canvas, look: Look, ends: tuple[float, float], top: float, seat: float, floor: float, color: Color
) -> None:
    """An open frame with a sling of cloth."""
    (x0, x1), w, arm = ends, ends[1] - ends[0], seat - (ends[1] - ends[0]) * 0.4
    for side in (x0 + w * 0.06, x1 - w * 0.06):
        c.line([(side, floor), (side, arm)], look.wood, w * 0.055)
    c.rect(x0 + w * 0.12, top, x1 - w * 0.12, seat, darker(color, 0.18), w * 0.08)
    c.rect(x0 + w * 0.02, arm - w * 0.03, x1 - w * 0.02, arm + w * 0.04, look.wood, 3)


def _shell(c: Canvas, kind: str, ends: tuple[float, float], top: float, seat: float, color: Color) -> None:
    """An upholstered shell with arms, buttons or channels."""
    (x0, x1), w, dark = ends, ends[1] - ends[0], darker(color, 0.18)
    round_top = w * {"round": 0.46, "track": 0.2, "rolled": 0.3, "tufted": 0.34, "low": 0.3}[kind]
    c.rect(x0 + w * 0.06, top, x1 - w * 0.06, seat, dark, round_top)
    c.rect(x0 + w * 0.13, top + w * 0.06, x1 - w * 0.13, seat - w * 0.1, color, round_top * 0.85)
    for a in (x0, x1 - w * 0.16):
        c.rect(a, seat - w * 0.46, a + w * 0.16, seat + 1, mixed(color, dark, 0.45), w * 0.08)
    if kind == "tufted":
        for k in range(9):
            c.disc(x0 + w * (0.28 + 0.22 * (k % 3)), top + w * (0.16 + 0.14 * (k // 3)), 1.1, darker(color, 0.4))
    if kind == "round":
        for k in range(1, 6):
            px = x0 + w * (0.14 + 0.12 * k)
            c.line([(px, top + w * 0.16), (px, seat - w * 0.2)], dark, 1)


def stool(c: Canvas, look: Look, x: float, floor: float, height: float, color: Color) -> Box:
    """A bar stool."""
    w = height * 0.36
    seat = floor - height * 0.78
    c.shadow(x - w * 0.7, floor - w * 0.15, x + w * 0.7, floor + w * 0.2, 0.45)
    frame = look.metal if look.style.legs in ("metal", "straight") else look.wood
    for out in (-1, 1):
        c.line([(x + out * w * 0.34, seat), (x + out * w * 0.5, floor)], frame, max(2.0, w * 0.09))
    c.line([(x - w * 0.42, floor - height * 0.26), (x + w * 0.42, floor - height * 0.26)], frame, max(1.5, w * 0.06))
    c.rect(x - w * 0.42, floor - height, x + w * 0.42, floor - height * 0.86, color, w * 0.12)
    for out in (-1, 1):
        c.line([(x + out * w * 0.34, floor - height * 0.88), (x + out * w * 0.34, seat)], frame, max(1.5, w * 0.06))
    c.rect(x - w * 0.5, seat - w * 0.14, x + w * 0.5, seat + w * 0.06, lighter(color, 0.1), w * 0.1)
    return Box("bar stool", x - w / 2, floor - height, x + w / 2, floor)


def chair(c: Canvas, look: Look, x: float, floor: float, height: float, color: Color) -> Box:
    """A dining or desk chair from the front."""
    w = height * 0.46
    seat = floor - height * 0.5
    c.shadow(x - w * 0.7, floor - w * 0.12, x + w * 0.7, floor + w * 0.16, 0.4)
    legs(c, look, x - w * 0.36, x + w * 0.36, seat, floor, w * 0.12)
    for out in (-1, 1):
        c.line([(x + out * w * 0.38, seat), (x + out * w * 0.34, floor - height)], look.wood, max(1.6, w * 0.07))
    if look.style.sofa in ("tufted", "round"):
        c.rect(x - w * 0.4, floor - height, x + w * 0.4, seat + 1, color, w * 0.34)
    elif look.style.legs == "turned":
        for k in range(-2, 3):
            c.line([(x + k * w * 0.13, floor - height), (x + k * w * 0.13, seat)], look.wood, 1.4)
        c.rect(x - w * 0.42, floor - height, x + w * 0.42, floor - height * 0.9, look.wood, 2)
    else:
        c.rect(x - w * 0.4, floor - height, x + w * 0.4, floor - height * 0.74, color, w * 0.14)
    c.rect(x - w * 0.5, seat - w * 0.08, x + w * 0.5, seat + w * 0.1, lighter(color, 0.1), w * 0.08)
    return Box("chair", x - w / 2, floor - height, x + w / 2, floor)


def bed(c: Canvas, look: Look, x: float, floor: float, width: float, color: Color, rng: np.random.Generator) -> Box:
    """A made bed seen from its foot, headboard against the wall."""
    w = width
    x0, x1 = x - w / 2, x + w / 2
    foot, mattress, head = floor, floor - w * 0.36, floor - w * 0.74
    c.shadow(x0 - w * 0.06, foot - w * 0.06, x1 + w * 0.06, foot + w * 0.07, 0.5)
    _headboard(c, look, x0, x1, head, foot, color)
    for share in (0.27, 0.73):
        c.rect(
            x0 + w * (share - 0.2),
            mattress - w * 0.16,
            x0 + w * (share + 0.2),
            mattress + w * 0.02,
            (250, 248, 244),
            w * 0.05,
        )
        c.shade(x0 + w * (share - 0.18), mattress - w * 0.06, x0 + w * (share + 0.18), mattress + w * 0.01, 0.1)
    for share, tone in ((0.36, look.second), (0.62, look.main)):
        pillow(c, look, x0 + w * share, mattress - w * 0.04, w * 0.17, tone, True)
    sheet = lighter(look.neutral, 0.45)
    c.poly([(x0 + w * 0.03, mattress), (x1 - w * 0.03, mattress), (x1, foot - w * 0.05), (x0, foot - w * 0.05)], sheet)
    fold = mattress + w * between(rng, 0.1, 0.15)
    spread = [
        (x0 + w * 0.015, fold),
        (x1 - w * 0.015, fold),
        (x1 + w * 0.01, foot - w * 0.02),
        (x0 - w * 0.01, foot - w * 0.02),
    ]
    c.filled(spread, look.cloth(lighter(color, 0.15), w * 0.07))
    c.veil([(x0, (fold + foot) / 2), (x1, (fold + foot) / 2), (x1, foot), (x0, foot)], (30, 24, 20), 0.12)
    c.rect(x0 + w * 0.012, fold - w * 0.035, x1 - w * 0.012, fold + w * 0.015, lighter(sheet, 0.5), 3)
    legs(c, look, x0 + w * 0.05, x1 - w * 0.05, foot - w * 0.03, foot + w * 0.02, w * 0.03)
    return Box("bed", x0, head, x1, floor)


def _headboard(c: Canvas, look: Look, x0: float, x1: float, top: float, base: float, color: Color) -> None:
    kind, w = look.style.sofa, x1 - x0
    if look.style.wood == "rattan":
        c.pie(x0 - 2, top, x1 + 2, top + w * 0.9, 180, 360, look.wood)
        for k in range(2, 9):
            c.arc(
                x0 + w * 0.05 * k,
                top + w * 0.05 * k,
                x1 - w * 0.05 * k,
                top + w * 0.9,
                180,
                360,
                darker(look.wood, 0.25),
                1.2,
            )
    elif kind in ("tufted", "round"):
        c.rect(x0, top, x1, base - 4, darker(color, 0.12), w * 0.16)
        for k in range(1, 8):
            c.line([(x0 + w * k / 8, top + 6), (x0 + w * k / 8, base - w * 0.3)], darker(color, 0.28), 1)
    elif look.style.legs == "metal":
        for k in range(9):
            c.line([(x0 + w * k / 8, top), (x0 + w * k / 8, base - w * 0.3)], look.metal, 1.8)
        c.line([(x0, top), (x1, top)], look.metal, 3)
    else:
        c.rect(x0 - 2, top + w * 0.08, x1 + 2, base - 4, look.wood, 5)
        c.shade(x0, top + w * 0.2, x1, base - w * 0.3, 0.18)
        for k in (1, 2):
            c.line([(x0, top + w * (0.08 + 0.1 * k)), (x1, top + w * (0.08 + 0.1 * k))], darker(look.wood, 0.2), 0.9)
