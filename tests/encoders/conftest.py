"""A catalog of drawn pictures, every backend, and a small CLIP checkpoint in open_clip's own folder format."""

import json
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
def tiny_clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vision tower and a text tower of width 32 with random weights, saved as open_clip saves for the hub."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("tiny-clip")
    config = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.CLIP(**config)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    preprocess = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    return folder


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
