"""A local vision-language model by folder: a checkpoint of a few thousand random weights, saved as the hub has them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from relpins_assets.enrichment.attribute_keys import shipped_keys
from relpins_resources.describers import NoView, View, ViewInput, get_viewer
from relpins_resources.errors import RelpinsError

TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %} {% endfor %}"
)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LLaVA with one layer of width 16 over bytes: it says nothing that makes sense, through the whole machinery."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )

    folder = tmp_path_factory.mktemp("tiny-llava")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {name: place for place, name in enumerate(["<pad>", "<s>", "</s>", "<image>", *letters])}
    plain = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, additional_special_tokens=["<image>"], **special)
    pictures = CLIPImageProcessor(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    LlavaProcessor(
        pictures,
        tokenizer,
        patch_size=4,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlavaForConditionalGeneration(
            LlavaConfig(
                vision_config=CLIPVisionConfig(**sizes, image_size=8, patch_size=4, projection_dim=16),
                text_config=LlamaConfig(**sizes, vocab_size=len(vocabulary), max_position_embeddings=16_384),
                image_token_index=3,
                image_seq_length=4,
                vision_feature_layer=-1,
            )
        )
    model.save_pretrained(folder)
    return folder


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(file, "JPEG")
    return file.getvalue()


def viewer_of(model: str, **options: Any) -> Any:
    given = {"device": "cpu", "max_output_tokens": 6, "image_side": 64, **options}
    return get_viewer({"backend": "transformers", "model": model, **given}, shipped_keys())


def viewed(viewer: Any, *words: dict[str, str]) -> list[View | NoView]:
    found: dict[int, View | NoView] = {}
    viewer.view([ViewInput(jpeg(), one) for one in words], found.__setitem__)
    return [found[i] for i in range(len(words))]


def test_a_model_in_a_folder_is_asked_and_its_babble_is_a_failure(tiny_model: Path) -> None:
    viewer = viewer_of(str(tiny_model))
    found = viewed(viewer, {"title": "a sofa"}, {"title": "a lamp"})
    assert all(isinstance(one, NoView) and one.is_final for one in found)
    assert all(one.reason.startswith("unreadable twice: ") for one in found if isinstance(one, NoView))
    assert found == viewed(viewer, {"title": "a sofa"}, {"title": "a lamp"})  # greedy: the same again
    assert (viewer.model, viewer.usage(), viewer.stopped()) == (tiny_model.name, {}, None)


def test_what_the_model_says_is_read_like_a_servers(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words are put into its mouth where tokens become text; all else is the machinery."""
    said = {"description": "A grey thing.", "attributes": [{"key": "color", "value": "Grey"}], "objects": ["thing"]}
    viewer = viewer_of(str(tiny_model))
    processor, _ = viewer._loaded
    monkeypatch.setattr(processor, "decode", lambda *_, **__: json.dumps(said))
    assert viewed(viewer, {"title": "x"}) == [View("A grey thing.", (("color", "grey"),), ("thing",))]


def test_its_version_is_its_weights_and_its_question(tiny_model: Path, tmp_path: Path) -> None:
    first = viewer_of(str(tiny_model))
    assert viewer_of(str(tiny_model)).version == first.version
    assert viewer_of(str(tiny_model), sources=["image"]).version != first.version
    assert viewer_of("some/model").version != first.version
    assert str(tiny_model) not in first.version


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match="did not load"):
        viewed(viewer_of(str(tmp_path)), {})
