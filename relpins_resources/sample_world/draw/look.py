"""The colours of one picture, resolved from its plan: what its wall, wood, metal and cloth look like today."""

from dataclasses import dataclass

import numpy as np

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.draw.canvas import jittered
from relpins_resources.sample_world.draw.patterns import Fill, pattern
from relpins_resources.sample_world.styles import COLORS, FLOORS, METALS, STYLES, WOODS, Color, Style, darker, lighter


@dataclass(frozen=True)
class Look:
    """Style and colours of one picture; `main` and `second` are the accents its truth names."""

    style: Style
    wall: Color
    main: Color
    second: Color
    neutral: Color
    wood: Color
    floor: Color
    metal: Color
    scale: int

    @property
    def ink(self) -> Color:
        """The darkest colour about: outlines, frames, lines."""
        return darker(self.wood, 0.45)

    def cloth(self, base: Color | None = None, cell: float = 14.0, name: str = "") -> Fill:
        """The style's own pattern on `base`; `cell` in final pixels."""
        ground = self.neutral if base is None else base
        first = self.main if ground != self.main else self.second
        return pattern(name or self.style.pattern, ground, first, self.second, cell * self.scale)


def look_of(spec: PinSpec, rng: np.random.Generator, scale: int) -> Look:
    """Colours of `spec`, each a little off its name as real ones are."""
    style = STYLES[spec.style]
    names = spec.colors if spec.kind == "room" else (style.walls[0], *spec.colors[:2])
    wall, main, second = (COLORS[name] for name in names[:3])
    quiet = 2.5 if spec.style == "minimalist" else 6.0
    neutral = COLORS[style.neutrals[int(rng.integers(len(style.neutrals)))]]
    if spec.style == "minimalist" and spec.kind == "room":
        main, second = lighter(main, 0.35), lighter(second, 0.2)
    return Look(
        style,
        jittered(rng, wall, quiet * 0.7),
        jittered(rng, main, quiet),
        jittered(rng, second, quiet),
        jittered(rng, neutral, quiet),
        jittered(rng, WOODS[style.wood], quiet),
        jittered(rng, FLOORS[style.floor], quiet),
        METALS[style.metal],
        scale,
    )
