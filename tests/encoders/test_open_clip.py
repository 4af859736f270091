"""The real open_clip loading code, on a small checkpoint in open_clip's own folder format."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from encoder_pictures import Catalog

from relpins_resources.encoders import EncoderUnavailable, OpenClipEncoder
from relpins_resources.errors import RelpinsError


def test_vectors_are_those_of_open_clip(tiny_clip_folder: Path, catalog: Catalog) -> None:
    import open_clip
    import torch
    from PIL import Image

    encoder = OpenClipEncoder(pretrained=str(tiny_clip_folder), device="cpu")
    name = f"local-dir:{tiny_clip_folder}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    images, texts = catalog.images[:5], ["a red circle", "blue stripes"]
    with torch.inference_mode():
        pixels = torch.stack([preprocess(Image.fromarray(image)) for image in images])
        shown = model.eval().encode_image(pixels, normalize=True).numpy()
        said = model.encode_text(open_clip.get_tokenizer(name)(texts), normalize=True).numpy()
    assert encoder.feature_dim == 24
    assert encoder.features(images) == pytest.approx(shown, abs=1e-5)
    assert encoder.encode_text(texts) == pytest.approx(said, abs=1e-5)


def test_the_version_follows_the_weights(tiny_clip_folder: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    other = shutil.copytree(tiny_clip_folder, tmp_path / "other")
    version = OpenClipEncoder(pretrained=str(tiny_clip_folder)).features_version
    assert OpenClipEncoder(pretrained=str(other)).features_version == version
    weights = load_file(other / "open_clip_model.safetensors")
    weights["logit_scale"] = weights["logit_scale"] + torch.tensor(1.0)
    save_file(weights, other / "open_clip_model.safetensors")
    assert OpenClipEncoder(pretrained=str(other)).features_version != version


def test_a_hub_that_cannot_be_reached_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    encoder = OpenClipEncoder("ViT-B-32", "openai", device="cpu")
    with pytest.raises(EncoderUnavailable, match="set 'pretrained' to a local folder"):
        _ = encoder.features_version
    with pytest.raises(EncoderUnavailable, match="set 'pretrained' to a local folder"):
        encoder.features([np.zeros((8, 8, 3), np.uint8)])


@pytest.mark.parametrize(
    ("model", "pretrained", "message"),
    [
        ("ViT-B-33", "openai", "open_clip has no model 'ViT-B-33'"),
        ("ViT-B-32", "opanai", "'opanai' is neither a folder or file here nor a tag of ViT-B-32; its tags: openai"),
    ],
)
def test_an_unknown_model_or_tag_names_the_known_ones(model: str, pretrained: str, message: str) -> None:
    with pytest.raises(EncoderUnavailable, match=message):
        _ = OpenClipEncoder(model, pretrained).feature_dim


@pytest.mark.parametrize("missing", ["open_clip_config.json", "open_clip_model.safetensors"])
def test_a_folder_with_a_file_missing_is_refused(missing: str, tiny_clip_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_clip_folder, tmp_path / "incomplete")
    (folder / missing).unlink()
    with pytest.raises(EncoderUnavailable, match="open_clip's own format"):
        OpenClipEncoder(pretrained=str(folder), device="cpu").features([np.zeros((8, 8, 3), np.uint8)])


def test_the_activation_is_the_one_that_a_tag_was_trained_with() -> None:
    assert OpenClipEncoder("ViT-B-32", "openai").needs_quick_gelu()
    assert not OpenClipEncoder("ViT-B-32", "laion2b_s34b_b79k").needs_quick_gelu()


def test_half_precision_needs_a_gpu(tiny_clip_folder: Path) -> None:
    encoder = OpenClipEncoder(pretrained=str(tiny_clip_folder), precision="bf16", device="cpu")
    with pytest.raises(RelpinsError, match="precision bf16 was asked for on cpu"):
        encoder.features([np.zeros((8, 8, 3), np.uint8)])
    with pytest.raises(RelpinsError, match="'int3' is unknown; known: fp32, bf16, fp16"):
        OpenClipEncoder(precision="int3")
