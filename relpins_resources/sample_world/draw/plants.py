"""Plants: potted ones in four habits, and single sprigs."""

import numpy as np

from relpins_resources.sample_world.draw.canvas import Box, Canvas, between, bezier
from relpins_resources.sample_world.draw.look import Look
from relpins_resources.sample_world.styles import Color, darker, lighter

LEAVES: tuple[Color, ...] = ((74, 116, 72), (92, 136, 84), (58, 96, 64), (108, 146, 96))


def plant(c: Canvas, look: Look, x: float, floor_y: float, height: float, rng: np.random.Generator) -> Box:
    """A potted plant: monstera, snake plant, fiddle-leaf or a bush."""
    pot_h, leaf = height * 0.26, LEAVES[int(rng.integers(4))]
    pot = (look.main, look.second, look.neutral, (200, 116, 82))[int(rng.integers(4))]
    top, w = floor_y - pot_h, height * 0.15
    c.shadow(x - w * 1.7, floor_y - w * 0.4, x + w * 1.7, floor_y + w * 0.5, 0.45)
    kind = int(rng.integers(4))
    if kind == 0:
        _monstera(c, x, top, height, leaf, rng)
    elif kind == 1:
        _blades(c, x, top, height, leaf, rng)
    else:
        _crown(c, x, top, height, height * (0.3 if kind == 2 else 0.1), rng)
    c.poly([(x - w, top), (x + w, top), (x + w * 0.72, floor_y), (x - w * 0.72, floor_y)], pot)
    c.poly([(x + w * 0.3, top), (x + w, top), (x + w * 0.72, floor_y), (x + w * 0.2, floor_y)], darker(pot, 0.13))
    c.rect(x - w * 1.06, top - 2, x + w * 1.06, top + 4, lighter(pot, 0.1), 1)
    return Box("plant", x - height * 0.4, floor_y - height, x + height * 0.4, floor_y)


def _monstera(c: Canvas, x: float, top: float, height: float, leaf: Color, rng: np.random.Generator) -> None:
    """Broad round leaves on arching stems."""
    for k in range(8):
        t, reach = -np.pi / 2 + (k - 3.5) * 0.36, height * between(rng, 0.46, 0.68)
        px, py = x + np.cos(t) * reach * 0.75, top + np.sin(t) * reach
        stem = bezier((x, top), (x, top - reach * 0.5), (px, py + reach * 0.2), (px, py), 8)
        c.line(stem, darker(leaf, 0.2), 1.3)
        r = height * between(rng, 0.09, 0.13)
        c.ellipse(px - r, py - r * 0.8, px + r, py + r * 0.8, darker(leaf, 0.08 * (k % 3)))
        c.line([(px - r * 0.8, py), (px + r * 0.8, py)], lighter(leaf, 0.2), 0.8)


def _blades(c: Canvas, x: float, top: float, height: float, leaf: Color, rng: np.random.Generator) -> None:
    """Upright blades of a snake plant."""
    for k in range(8):
        foot, lean = x + (k - 3.5) * height * 0.03, x + (k - 3.5) * height * 0.045
        tall = height * between(rng, 0.45, 0.74)
        blade = [(foot - 2, top), (foot + 2, top), (lean + 1.4, top - tall * 0.8), (lean, top - tall)]
        c.poly(blade, darker(leaf, 0.09 * (k % 3)))


def _crown(c: Canvas, x: float, top: float, height: float, trunk: float, rng: np.random.Generator) -> None:
    """A trunk with a crown, or a bush where the trunk is short."""
    c.line([(x, top), (x, top - trunk - height * 0.2)], (112, 84, 58), 2)
    for _ in range(26):
        t, reach = between(rng, 0, 2 * np.pi), height * between(rng, 0.02, 0.24)
        px, py = x + np.cos(t) * reach, top - trunk - height * 0.22 + np.sin(t) * reach
        r, leaf = height * between(rng, 0.05, 0.085), LEAVES[int(rng.integers(4))]
        c.ellipse(px - r, py - r * 0.72, px + r, py + r * 0.72, darker(leaf, between(rng, 0, 0.16)))


def sprig(c: Canvas, x: float, base: float, height: float, leaf: Color, n: int) -> None:
    """One stem with small paired leaves."""
    c.line([(x, base), (x, base - height)], darker(leaf, 0.15), 1)
    for k in range(n):
        y = base - height * (0.25 + 0.75 * k / n)
        size = height * 0.1 * (1.2 - 0.6 * k / n)
        for out in (-1, 1):
            c.poly(
                [
                    (x, y),
                    (x + out * size * 0.5, y - size * 0.9),
                    (x + out * size * 1.3, y - size),
                    (x + out * size * 0.9, y - size * 0.25),
                ],
                leaf,
            )
    c.ellipse(x - height * 0.02, base - height * 1.07, x + height * 0.02, base - height * 0.96, leaf)
