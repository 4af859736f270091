"""Pictures: every scene draws, looks keep to their style, and white rooms are hard to tell apart."""

import numpy as np
import pytest

from relpins_resources.sample_world import WorldConfig
from relpins_resources.sample_world.catalog import PinSpec, plan_catalog
from relpins_resources.sample_world.draw import paint
from relpins_resources.sample_world.styles import STYLES

SPECS = [spec for spec in plan_catalog(WorldConfig(), 0, 1500) if not spec.copy_of]


def _look(spec: PinSpec) -> np.ndarray:
    """A tiny layout of colours and edges, (n,)."""
    small = np.asarray(paint(spec, 0, 1)[0].convert("L").resize((24, 24)), dtype=np.float64)
    return np.concatenate(
        [small.ravel(), 2 * np.abs(np.diff(small, axis=0)).ravel(), 2 * np.abs(np.diff(small, axis=1)).ravel()]
    )


@pytest.mark.parametrize("scene", sorted({(spec.kind, spec.scene) for spec in SPECS}))
def test_every_scene_draws_in_its_size_with_its_objects(scene: tuple[str, str]) -> None:
    spec = next(spec for spec in SPECS if (spec.kind, spec.scene) == scene)
    picture, boxes = paint(spec, 0, 1)
    assert picture.size == spec.size
    assert picture.mode == "RGB"
    assert boxes
    assert np.asarray(picture).std() > 4


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_has_a_living_room_of_its_colours(style: str) -> None:
    spec = next(s for s in SPECS if s.scene == "living room" and s.style == style)
    picture, boxes = paint(spec, 0, 1)
    assert "sofa" in {box.name for box in boxes}
    again, _ = paint(spec, 0, 1)
    assert again.tobytes() == picture.tobytes()
    other, _ = paint(spec, 1, 1)
    assert other.tobytes() != picture.tobytes()


def test_a_white_kitchen_is_nearer_to_a_white_bathroom_than_to_other_kitchens() -> None:
    def some(scene: str, style: str, count: int) -> np.ndarray:
        found = [s for s in SPECS if s.scene == scene and s.style == style and s.size[1] > s.size[0]][:count]
        return np.stack([_look(spec) for spec in found])

    kitchens, bathrooms = some("kitchen", "minimalist", 4), some("bathroom", "minimalist", 4)
    others = some("kitchen", "mid-century modern", 4)
    to_bathrooms = np.linalg.norm(kitchens[:, None] - bathrooms[None], axis=2).mean()
    to_others = np.linalg.norm(kitchens[:, None] - others[None], axis=2).mean()
    assert to_bathrooms < 0.8 * to_others
