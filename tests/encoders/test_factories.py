"""Encoders from a profile, and what loading them costs."""

import subprocess
import sys

import pytest

from relpins_resources.encoders import (
    DescriptorEncoder,
    GridSentenceEncoder,
    OpenClipEncoder,
    SentenceTransformerEncoder,
    clip_encoder,
    sentence_encoder,
)
from relpins_resources.errors import RelpinsError


def test_a_profile_names_the_backend_and_its_options() -> None:
    clip = clip_encoder({"backend": "open_clip", "model": "ViT-L-14", "pretrained": "openai"})
    assert isinstance(clip, OpenClipEncoder)
    assert (clip.model, clip.pretrained) == ("ViT-L-14", "openai")
    descriptor = clip_encoder({"backend": "descriptor", "dim": 128})
    assert isinstance(descriptor, DescriptorEncoder)
    assert descriptor.dim == 128
    assert isinstance(sentence_encoder({"backend": "sentence_transformers"}), SentenceTransformerEncoder)
    grid = sentence_encoder({"backend": "grid", "dim": 16})
    assert isinstance(grid, GridSentenceEncoder)
    assert grid.dim == 16


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"backend": "descripter"}, "'descripter' is unknown; known: descriptor, grid, open_clip"),
        ({}, "'None' is unknown; known: descriptor, grid, open_clip"),
        ({"backend": "grid", "dims": 8}, "'grid' has no key 'dims'; its keys: dim"),
        ({"backend": "grid", "dim": "8"}, "dim is '8'; it must be of type int"),
        ({"backend": "descriptor", "dim": 4}, "dim 4 .* allowed: 8 to 1024"),
    ],
)
def test_a_profile_that_names_no_encoder_is_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(RelpinsError, match=message):
        clip_encoder(config)
    with pytest.raises(RelpinsError, match="known: grid, sentence_transformers"):
        sentence_encoder({"backend": "word2vec"})


def test_importing_the_encoders_imports_no_heavy_library() -> None:
    heavy = ["torch", "open_clip", "sentence_transformers", "sklearn", "skimage", "transformers"]
    code = f"import sys, relpins_resources.encoders; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
