"""A catalog of drawn pictures, and every backend."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from encoder_pictures import COLOURS, SHAPES, Catalog, draw

from relpins_resources.encoders import ClipEncoder, GridClipEncoder, GridSentenceEncoder, OpenClipEncoder
from relpins_resources.encoders.descriptor import DescriptorEncoder


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """288 pictures: every shape in every colour twelve times, each title in a few wordings."""
    images, titles = [], []
    wordings = ("a {c} {s}", "{s} in {c}", "{c} {s} no. {i}", "my {s}, {c}, size {i}")
    for i in range(12):
        for s in SHAPES:
            for c in COLOURS:
                images.append(draw(s, c, len(images)))
                titles.append(wordings[i % 4].format(c=c, s=s, i=i))
    return Catalog(images, titles)


@pytest.fixture(scope="session")
def clip_encoders(tiny_clip_folder: Path) -> dict[str, Callable[[], ClipEncoder]]:
    """Every backend by name, each small; a new instance on every call."""
    return {
        "descriptor": lambda: DescriptorEncoder(dim=64, head_dim=32),
        "grid": lambda: GridClipEncoder(),
        "open_clip": lambda: OpenClipEncoder(pretrained=str(tiny_clip_folder), device="cpu"),
    }


@pytest.fixture(scope="session")
def words() -> GridSentenceEncoder:
    return GridSentenceEncoder(dim=64)


@pytest.fixture(scope="session")
def catalog_features(catalog: Catalog) -> npt.NDArray[np.float32]:
    """The descriptor's features of the catalog."""
    return DescriptorEncoder().features(catalog.images)
