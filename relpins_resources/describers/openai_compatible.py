"""A vision-language model behind any server that speaks /v1/chat/completions: one call gives a pin's whole view."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from relpins_resources.chat import ChatClient, ChatConfig, Failed, Question, ask_for
from relpins_resources.describers.base import Keep, KeyTold, NoView, ViewInput
from relpins_resources.describers.prompting import instructions, read_prompt, told_words
from relpins_resources.describers.view import View, read_view, view_schema
from relpins_resources.describers.viewing import PROMPTS, ViewConfig, bounded_jpeg
from relpins_resources.images import ImageRejected

ASKED_VERSION = "1"
"""Another when requests are put together, or answers read, in another way."""


class OpenAICompatibleConfig(ViewConfig, ChatConfig):
    """The `describer` section of a profile for this backend."""


class OpenAICompatibleViewer:
    """Views pins through a server.

    Args:
        config: the server, its limits, and the view.
        keys: the closed list of keys; whatever the model says, no other comes out.
    """

    name = "openai_compatible"

    def __init__(self, config: OpenAICompatibleConfig, keys: Mapping[str, KeyTold]) -> None:
        self.model = config.model
        self.sources: tuple[str, ...] = config.sources
        self.share = config.share
        self._config, self._keys = config, dict(keys)
        self._system = instructions(read_prompt(PROMPTS, config.prompt), self._keys, config.outputs)
        self._schema = view_schema(self._keys, config.outputs)
        self._client = ChatClient(config)
        asked = (ASKED_VERSION, self.model, self._system, config.outputs, config.sources, config.image_side)
        more = (config.max_output_tokens, sorted(config.extra.items()), _told_keys(self._keys))
        self._version = hashlib.sha256(repr((asked, more)).encode()).hexdigest()[:16]

    @property
    def version(self) -> str:
        return self._version

    def view(self, inputs: Sequence[ViewInput], keep: Keep) -> None:
        """Ask for every input, several at a time.

        Raises:
            RelpinsError: the environment variable with the key is not set.
        """
        self._client.each(len(inputs), lambda i: self._viewed(inputs[i]), keep)

    def usage(self) -> dict[str, float]:
        budget = self._client.budget
        told: dict[str, float] = {
            "answers paid for": budget.n_answers,
            "input tokens": budget.input_tokens,
            "output tokens": budget.output_tokens,
        }
        return {**told, "spent": round(budget.spent, 6)} if self._config.input_price is not None else told

    def stopped(self) -> str | None:
        return self._client.stopped

    def _viewed(self, item: ViewInput) -> View | NoView:
        if self._client.stopped:
            return NoView(self._client.stopped, is_final=False)
        try:
            question = self._question(item)
            return ask_for(self._client, question, lambda text: read_view(text, self._keys, self._config.outputs))
        except Failed as failed:
            return NoView(failed.reason, is_final=failed.kind == "for_good")
        except ImageRejected as error:
            return NoView(f"its stored image cannot be read: {error}", is_final=True)

    def _question(self, item: ViewInput) -> Question:
        words = {name: text for name, text in item.words.items() if name in self.sources}
        content: list[dict[str, Any]] = [{"type": "text", "text": told_words(words)}]
        has_image = "image" in self.sources
        if has_image:
            data = base64.b64encode(bounded_jpeg(item.jpeg, self._config.image_side)).decode()
            content.append({"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}})
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": self._system},
            {"role": "user", "content": content},
        ]
        return Question(messages, self._schema, "view", n_images=int(has_image))


def _told_keys(keys: Mapping[str, KeyTold]) -> list[tuple[str, bool]]:
    return [(name, key.is_single) for name, key in sorted(keys.items())]
