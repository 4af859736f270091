"""Places: seas, villages, mountains, deserts, cities, lakes and fields under the sky of an hour."""

from collections.abc import Callable

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, Point, between
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.styles import Color, darker, lighter, mixed

SKIES: dict[str, tuple[Color, Color, Color]] = {
    # top, horizon, light
    "day": ((98, 164, 214), (214, 234, 240), (255, 255, 246)),
    "sunset": ((104, 92, 148), (250, 176, 106), (255, 214, 140)),
    "dawn": ((150, 152, 200), (248, 212, 200), (255, 236, 214)),
}
FACADES: tuple[Color, ...] = (
    (236, 178, 120),
    (240, 206, 160),
    (222, 130, 104),
    (246, 230, 206),
    (236, 196, 108),
    (214, 150, 140),
)
Guide = Callable[[Canvas, tuple[Color, Color, Color], np.random.Generator], str]


def paint_place(c: Canvas, look: Look, scene: str, hour: str, rng: np.random.Generator) -> list[Box]:
    """Draws sky and sun, then the place in front of them; the box is the place's main thing."""
    sky = SKIES[hour]
    horizon = c.height * 0.6
    c.gradient(0, 0, c.width, horizon, sky[0], sky[1])
    c.rect(0, horizon - 1, c.width, c.height, sky[1])
    x, y = (
        c.width * between(rng, 0.15, 0.85),
        horizon * (between(rng, 0.2, 0.4) if hour == "day" else between(rng, 0.62, 0.85)),
    )
    c.glow(x, y, c.width * 0.5, sky[2], 0.75)
    c.disc(x, y, c.width * (0.045 if hour == "day" else 0.075), lighter(sky[2], 0.6))
    if hour == "day":
        _clouds(c, rng)
    name = PLACES[scene](c, sky, rng)
    return [Box(name, c.width * 0.05, horizon * 0.5, c.width * 0.95, c.height * 0.95)]


def _clouds(c: Canvas, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(2, 5))):
        x, y, s = between(rng, 0, 1) * c.width, between(rng, 0.05, 0.3) * c.height, between(rng, 0.05, 0.1) * c.width
        for k in range(5):
            c.ellipse(
                x + (k - 2.7) * s * 0.8,
                y - s * (0.3 + 0.2 * (2 - abs(k - 2))),
                x + (k - 1.3) * s * 0.8,
                y + s * 0.18,
                (250, 252, 253),
            )
        c.rect(x - s * 2, y, x + s * 2, y + s * 0.2, (250, 252, 253), s * 0.1)


def _ridge(c: Canvas, base: float, height: float, rough: float, color: Color, rng: np.random.Generator) -> list[Point]:
    n = 26
    steps = np.cumsum(rng.normal(0, 1, n))
    steps = (steps - steps.min()) / max(float(np.ptp(steps)), 1e-9)
    points = [
        (c.width * k / (n - 1), base - height * (0.25 + 0.75 * float(s)) * (1 + rough * float(rng.normal())))
        for k, s in enumerate(steps)
    ]
    c.poly([(0, c.height), *points, (c.width, c.height)], color)
    return points


def _water(c: Canvas, top: float, bottom: float, near: Color, far: Color, rng: np.random.Generator) -> None:
    c.gradient(0, top, c.width, bottom, far, near)
    for _ in range(34):
        y = top + (bottom - top) * float(rng.random()) ** 1.5
        x, half = float(rng.random()) * c.width, c.width * between(rng, 0.02, 0.09) * (0.4 + (y - top) / (bottom - top))
        c.line([(x - half, y), (x + half, y)], lighter(near, 0.35), 0.9)


def _beach(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    _water(c, h * 0.5, h * 0.74, mixed((70, 180, 188), sky[1], 0.15), mixed((26, 104, 150), sky[1], 0.2), rng)
    shore = h * between(rng, 0.68, 0.74)
    sand = mixed((236, 214, 170), sky[2], 0.2)
    for k, tone in enumerate((lighter(sand, 0.6), darker(sand, 0.12), sand)):
        wave = [(w * i / 20, shore + 5 * k + 5 * np.sin(i * 0.8 + k)) for i in range(21)]
        c.poly([*wave, (w, h), (0, h)], tone)
    out = 1 if rng.random() < 0.5 else -1
    base = (w * (0.5 - 0.42 * out), h * 0.92)
    crown = (base[0] + out * w * 0.16, h * 0.36)
    c.line([base, (base[0] + out * w * 0.03, h * 0.66), crown], (122, 90, 62), 5)
    for k in range(8):
        t = -np.pi * (0.02 + k * 0.14)
        tip = (crown[0] + np.cos(t) * w * 0.26, crown[1] + np.sin(t) * w * 0.15 + w * 0.05)
        mid = ((crown[0] + tip[0]) / 2, min(crown[1], tip[1]) - w * 0.03)
        c.poly([crown, mid, tip, ((crown[0] + tip[0]) / 2, mid[1] + w * 0.035)], darker((70, 128, 74), 0.06 * (k % 3)))
    px = w * (0.5 + 0.2 * out)
    c.line([(px, h * 0.76), (px, h * 0.9)], (240, 236, 226), 2.4)
    tones = ((226, 84, 70), (250, 246, 238))
    for k in range(6):
        c.pie(px - w * 0.16, h * 0.7, px + w * 0.16, h * 0.84, 180 + 30 * k, 210 + 30 * k, tones[k % 2])
    c.shadow(px - w * 0.16, h * 0.885, px + w * 0.2, h * 0.93, 0.5)
    return "palm tree"


def _santorini(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    _ridge(c, h * 0.5, h * 0.07, 0.05, mixed((120, 130, 156), sky[1], 0.4), rng)
    _water(c, h * 0.5, h, mixed((40, 110, 170), sky[1], 0.15), mixed((70, 130, 180), sky[1], 0.35), rng)
    white = mixed((252, 250, 246), sky[2], 0.25)
    left = rng.random() < 0.5
    for row in range(6):
        y = h * (0.56 + 0.08 * row)
        for k in range(7):
            x = w * ((0.02 + 0.11 * k) if left else (0.98 - 0.11 * k)) + between(rng, -8, 8)
            if k * 0.13 > 0.25 + row * 0.17:
                continue
            bw, bh = w * between(rng, 0.1, 0.15), h * between(rng, 0.09, 0.14)
            c.rect(x - bw / 2, y - bh + h * 0.06, x + bw / 2, h, darker(white, 0.05 * ((k + row) % 3)))
            c.rect(x + bw * 0.2, y - bh + h * 0.06, x + bw / 2, h, darker(white, 0.14))
            door = (46, 106, 168) if rng.random() < 0.6 else (140, 160, 180)
            c.rect(x - bw * 0.25, y - bh * 0.35 + h * 0.06, x - bw * 0.02, y + h * 0.06, door, 3)
    for _ in range(2):
        x = w * (between(rng, 0.08, 0.4) if left else between(rng, 0.6, 0.92))
        y, r = h * between(rng, 0.56, 0.7), w * between(rng, 0.07, 0.1)
        c.rect(x - r, y, x + r, y + r * 1.6, white)
        c.pie(x - r, y - r, x + r, y + r, 180, 360, (42, 100, 170))
        c.pie(x - r * 0.7, y - r * 0.9, x - r * 0.1, y + r * 0.6, 190, 300, (90, 146, 204))
        c.line([(x, y - r), (x, y - r * 1.4)], white, 2)
    for _ in range(16):
        c.disc(
            w * (between(rng, 0, 0.3) if left else between(rng, 0.7, 1)),
            h * between(rng, 0.86, 1),
            w * 0.025,
            mixed((206, 50, 130), (240, 120, 170), float(rng.random())),
        )
    return "dome"


def _amalfi(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    left = rng.random() < 0.5
    _water(c, h * 0.55, h, mixed((44, 138, 168), sky[1], 0.1), mixed((70, 130, 176), sky[1], 0.3), rng)
    hill = [(0.0, 0.22), (0.2, 0.2), (0.45, 0.4), (0.7, 0.6), (0.86, 0.8), (0.97, 1.0), (0.0, 1.0)]
    c.poly([(w * (x if left else 1 - x), h * y) for x, y in hill], mixed((92, 120, 84), sky[1], 0.2))
    for row in range(9):
        y = h * (0.34 + 0.068 * row)
        reach = 0.24 + 0.062 * row
        for k in range(int(reach / 0.085)):
            x = w * (0.02 + 0.085 * k) + between(rng, -4, 4)
            x = x if left else w - x
            bw, bh = w * between(rng, 0.07, 0.1), h * between(rng, 0.06, 0.095)
            tone = mixed(FACADES[int(rng.integers(6))], sky[2], 0.15)
            c.rect(x - bw / 2, y - bh, x + bw / 2, y + h * 0.03, tone)
            c.rect(x - bw / 2, y - bh, x + bw / 2, y - bh + 2.6, (186, 98, 66))
            for i in (-1, 1):
                c.rect(x + i * bw * 0.2 - 2, y - bh * 0.6, x + i * bw * 0.2 + 2, y - bh * 0.3, darker(tone, 0.4))
    for _ in range(20):
        x = w * between(rng, 0, 0.5)
        c.disc(
            x if left else w - x,
            h * between(rng, 0.35, 0.95),
            w * between(rng, 0.012, 0.03),
            mixed((58, 104, 62), (110, 150, 80), float(rng.random())),
        )
    for _ in range(3):
        x, y = w * (between(rng, 0.68, 0.95) if left else between(rng, 0.05, 0.32)), h * between(rng, 0.64, 0.92)
        c.poly([(x - 14, y), (x + 14, y), (x + 9, y + 6), (x - 9, y + 6)], (250, 248, 242))
        c.poly([(x, y - 2), (x, y - 26), (x + 12, y - 2)], (252, 250, 246))
    return "village"


def _mountains(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    _ridge(c, h * 0.62, h * 0.3, 0.04, mixed((132, 150, 178), sky[1], 0.5), rng)
    for cx, top, half in ((between(rng, 0.2, 0.4), 0.2, 0.46), (between(rng, 0.6, 0.85), 0.28, 0.42)):
        rock = mixed((92, 106, 128), sky[1], 0.18)
        x = w * cx
        c.poly([(x, h * top), (x + w * half, h * 0.7), (x - w * half, h * 0.7)], rock)
        c.poly([(x, h * top), (x + w * half, h * 0.7), (x + w * half * 0.1, h * 0.7)], darker(rock, 0.16))
        snow, cut = mixed((252, 252, 255), sky[2], 0.2), h * (top + 0.17)
        share = (cut - h * top) / (h * (0.7 - top))
        zig = [(x + w * half * share * k / 4, cut + (8 if k % 2 else -5)) for k in range(-4, 5)]
        c.poly([(x, h * top), *reversed(zig)], snow)
    _ridge(c, h * 0.76, h * 0.1, 0.05, mixed((66, 96, 92), sky[1], 0.12), rng)
    for k in range(26):
        x, base = w * (k + float(rng.random())) / 26, h * between(rng, 0.86, 1.02)
        tall = h * between(rng, 0.1, 0.2)
        tone = darker((44, 76, 66), between(rng, 0, 0.25))
        for step in range(3):
            y = base - tall * step * 0.28
            c.poly(
                [(x - tall * (0.2 - 0.04 * step), y), (x + tall * (0.2 - 0.04 * step), y), (x, y - tall * 0.46)], tone
            )
    return "mountain"


def _desert(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    for _ in range(2):
        x, top, half = w * between(rng, 0.1, 0.9), h * between(rng, 0.36, 0.44), w * between(rng, 0.08, 0.16)
        c.poly(
            [(x - half, top), (x + half, top), (x + half * 1.5, h * 0.62), (x - half * 1.5, h * 0.62)],
            mixed((178, 92, 62), sky[1], 0.25),
        )
    for k, tone in enumerate(((222, 150, 94), (206, 126, 74), (190, 106, 62))):
        base, phase = h * (0.6 + 0.13 * k), between(rng, 0, 6)
        dune = [(w * i / 30, base + h * 0.05 * np.sin(i * 0.21 + phase)) for i in range(31)]
        c.poly([*dune, (w, h), (0, h)], mixed(tone, sky[2], 0.18))
        c.poly([*dune[8:18], (w * 0.6, h), (w * 0.5, h)], darker(tone, 0.06))
    for _ in range(3):
        x, base, tall = w * between(rng, 0.1, 0.9), h * between(rng, 0.78, 0.96), h * between(rng, 0.13, 0.22)
        green = (72, 112, 76)
        c.rect(x - 6, base - tall, x + 6, base, green, 6)
        for out, lift in ((-1, 0.45), (1, 0.6)):
            ax = x + out * 18
            c.rect(min(x, ax), base - tall * lift, max(x, ax), base - tall * lift + 8, green, 3)
            c.rect(ax - 4.5, base - tall * (lift + 0.3), ax + 4.5, base - tall * lift + 8, green, 4)
    return "cactus"


def _city(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    for layer, tone in enumerate(((128, 140, 168), (84, 94, 124), (48, 54, 78))):
        x = -10.0
        while x < w:
            bw, tall = w * between(rng, 0.07, 0.14), h * between(rng, 0.16, 0.44) * (1 - 0.15 * layer)
            top = h * (0.66 + 0.08 * layer) - tall
            color = mixed(tone, sky[1], 0.35 - 0.12 * layer)
            c.rect(x, top, x + bw, h, color)
            if rng.random() < 0.25:
                c.poly([(x + bw * 0.3, top), (x + bw * 0.7, top), (x + bw * 0.5, top - h * 0.08)], color)
            if layer:
                for wy in np.arange(top + 6, h * 0.86, 9):
                    for wx in np.arange(x + 4, x + bw - 4, 7):
                        if rng.random() < 0.4:
                            c.rect(
                                wx,
                                wy,
                                wx + 3,
                                wy + 4.5,
                                (252, 214, 130) if rng.random() < 0.7 else lighter(color, 0.25),
                            )
            x += bw + between(rng, 0, 4)
    _water(c, h * 0.86, h, mixed((52, 66, 96), sky[1], 0.15), mixed((90, 104, 134), sky[1], 0.4), rng)
    return "skyline"


def _lake(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    _ridge(c, h * 0.58, h * 0.2, 0.04, mixed((108, 130, 140), sky[1], 0.4), rng)
    shore = h * 0.6
    _water(c, shore, h, mixed((62, 112, 122), sky[1], 0.15), mixed((140, 172, 172), sky[1], 0.45), rng)
    for k in range(40):
        x, tall = w * (k + float(rng.random())) / 40, h * between(rng, 0.08, 0.19)
        tone = ((52, 88, 66), (196, 120, 50), (214, 158, 62), (78, 108, 66), (170, 84, 44))[int(rng.integers(5))]
        c.poly([(x - tall * 0.22, shore), (x + tall * 0.22, shore), (x, shore - tall)], tone)
        c.veil([(x - tall * 0.2, shore), (x + tall * 0.2, shore), (x, shore + tall * 0.8)], tone, 0.4)
    x = w * between(rng, 0.3, 0.7)
    c.poly(
        [(x - w * 0.03, shore + h * 0.12), (x + w * 0.03, shore + h * 0.12), (x + w * 0.14, h), (x - w * 0.14, h)],
        (134, 100, 70),
    )
    for k in range(9):
        y = shore + h * 0.12 + (h * 0.28) * (k / 9) ** 1.4
        half = w * (0.03 + 0.11 * (y - shore - h * 0.12) / (h * 0.28))
        c.line([(x - half, y), (x + half, y)], (98, 72, 50), 1.4)
    return "lake"


def _lavender(c: Canvas, sky: tuple[Color, Color, Color], rng: np.random.Generator) -> str:
    w, h = c.width, c.height
    _ridge(c, h * 0.58, h * 0.1, 0.03, mixed((120, 138, 130), sky[1], 0.4), rng)
    c.gradient(0, h * 0.56, w, h, (170, 164, 120), (150, 140, 96))
    vx = w * between(rng, 0.35, 0.65)
    for k in range(-7, 9):
        a, b = vx + k * w * 0.028, w * 0.5 + k * w * 0.21
        tone = mixed((128, 92, 176), (172, 136, 208), float(rng.random()))
        c.poly([(a, h * 0.57), (a + w * 0.017, h * 0.57), (b + w * 0.14, h), (b, h)], tone)
        for _ in range(26):
            t = float(rng.random()) ** 0.6
            x, y = a + (b + w * 0.07 - a) * t + between(rng, -1, 1) * w * 0.06 * t, h * 0.57 + h * 0.43 * t
            c.ellipse(x - 2.4 * t - 0.6, y - 6 * t, x + 2.4 * t + 0.6, y, lighter(tone, between(rng, 0, 0.35)))
    x = w * between(rng, 0.12, 0.85)
    c.rect(x, h * 0.51, x + w * 0.13, h * 0.58, (226, 206, 170))
    c.poly([(x - 4, h * 0.51), (x + w * 0.13 + 4, h * 0.51), (x + w * 0.065, h * 0.46)], (178, 100, 70))
    return "lavender"


PLACES: dict[str, Guide] = {
    "beach": _beach,
    "santorini": _santorini,
    "amalfi coast": _amalfi,
    "mountains": _mountains,
    "desert": _desert,
    "city skyline": _city,
    "forest lake": _lake,
    "lavender fields": _lavender,
}
