"""A vision-language model on this machine, by folder or hub id, through transformers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from relpins_resources.chat import Malformed
from relpins_resources.describers.base import Keep, KeyTold, NoView, ViewInput
from relpins_resources.describers.prompting import instructions, read_prompt, told_words
from relpins_resources.describers.view import View, read_view
from relpins_resources.describers.viewing import PROMPTS, ViewConfig, bounded_picture
from relpins_resources.errors import RelpinsError
from relpins_resources.images import ImageRejected

ASKED_VERSION = "1"
_MODEL_SUFFIXES = (".json", ".safetensors", ".bin", ".txt", ".model", ".jinja")
_QUOTED_CHARS = 2_000
_SAMPLES, _SAMPLE_BYTES = 64, 65_536
"""Of a file of weights so many pieces are hashed, evenly spread: gigabytes would be read in every run."""


class TransformersConfig(ViewConfig):
    """The `describer` section of a profile for this backend: `model` is a folder or a name on the hub."""

    model: str = Field(min_length=1)
    revision: str | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    max_output_tokens: int = Field(800, ge=1)


class TransformersViewer:
    """Views pins with a model that is loaded on first use; greedy, one pin at a time, so that each stands alone.

    Args:
        config: the model and the view.
        keys: the closed list of keys; whatever the model says, no other comes out.

    Raises:
        RelpinsError: the prompt is not there.
    """

    name = "transformers"

    def __init__(self, config: TransformersConfig, keys: Mapping[str, KeyTold]) -> None:
        self.model = Path(config.model).name if Path(config.model).is_dir() else config.model
        self.sources: tuple[str, ...] = config.sources
        self.share = config.share
        self._config, self._keys = config, dict(keys)
        self._system = instructions(read_prompt(PROMPTS, config.prompt), self._keys, config.outputs)

    @cached_property
    def version(self) -> str:
        """Of a folder its files count (large ones by samples), of a hub id the id and revision."""
        config, folder = self._config, Path(self._config.model)
        weights = _folder_hash(folder) if folder.is_dir() else (config.model, config.revision)
        asked = (ASKED_VERSION, weights, self._system, config.outputs, config.sources, config.image_side)
        singles = [(name, key.is_single) for name, key in sorted(self._keys.items())]
        return hashlib.sha256(repr((asked, config.max_output_tokens, singles)).encode()).hexdigest()[:16]

    def view(self, inputs: Sequence[ViewInput], keep: Keep) -> None:
        """View one input after the other.

        Raises:
            RelpinsError: the model cannot be loaded.
        """
        for position, item in enumerate(inputs):
            keep(position, self._viewed(item))

    def usage(self) -> dict[str, float]:
        return {}

    def stopped(self) -> str | None:
        return None

    def _viewed(self, item: ViewInput) -> View | NoView:
        words = {name: text for name, text in item.words.items() if name in self.sources}
        content: list[dict[str, Any]] = [{"type": "text", "text": told_words(words)}]
        if "image" in self.sources:
            try:
                picture = bounded_picture(item.jpeg, self._config.image_side)
            except ImageRejected as error:
                return NoView(f"its stored image cannot be read: {error}", is_final=True)
            content.insert(0, {"type": "image", "image": picture})
        messages = [
            {"role": "system", "content": [{"type": "text", "text": self._system}]},
            {"role": "user", "content": content},
        ]
        return self._read(messages)

    def _read(self, messages: list[dict[str, Any]]) -> View | NoView:
        """The view in what the model says; what cannot be read is asked for once more."""
        reason = ""
        for _ in range(2):
            said = self._generated(messages)
            try:
                return read_view(said, self._keys, self._config.outputs)
            except Malformed as error:
                reason = str(error)
            again = f"That answer could not be read: {reason}. Answer again, with one JSON object and nothing else."
            messages = [
                *messages,
                {"role": "assistant", "content": [{"type": "text", "text": said[:_QUOTED_CHARS]}]},
                {"role": "user", "content": [{"type": "text", "text": again}]},
            ]
        return NoView(f"unreadable twice: {reason}", is_final=True)

    def _generated(self, messages: list[dict[str, Any]]) -> str:
        import torch

        processor, model = self._loaded
        inputs = processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            tokens = model.generate(**inputs, max_new_tokens=self._config.max_output_tokens, do_sample=False)
        new = tokens[0, inputs["input_ids"].shape[1] :]
        return str(processor.decode(new, skip_special_tokens=True))

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        config = self._config
        has_gpu = torch.cuda.is_available() and config.device != "cpu"
        if config.device == "cuda" and not has_gpu:
            raise RelpinsError("describer 'transformers' was given device cuda, and there is none; use auto or cpu")
        try:
            of_processor: Any = AutoProcessor  # untyped there
            of_model: Any = AutoModelForImageTextToText
            processor = of_processor.from_pretrained(config.model, revision=config.revision)
            model: Any = of_model.from_pretrained(
                config.model, revision=config.revision, dtype=torch.bfloat16 if has_gpu else torch.float32
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RelpinsError(
                f"the vision-language model {config.model} did not load ({reason}); name a folder in transformers' own "
                "format, or a model on the hub that AutoModelForImageTextToText knows"
            ) from error
        return processor, model.to("cuda" if has_gpu else "cpu").eval()


def _folder_hash(folder: Path) -> str:
    """Names, sizes and (samples of the) bytes of a model's files."""
    hashed = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.suffix in _MODEL_SUFFIXES and one.is_file()):
        size = path.stat().st_size
        hashed.update(f"{path.relative_to(folder).as_posix()}\n{size}\n".encode())
        step = max(_SAMPLE_BYTES, size // _SAMPLES)
        with path.open("rb") as file:
            for start in range(0, size, step):
                file.seek(start)
                hashed.update(file.read(_SAMPLE_BYTES))
    return hashed.hexdigest()
