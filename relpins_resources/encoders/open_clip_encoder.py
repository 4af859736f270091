"""CLIP models through open_clip: a hub tag such as ViT-B-32 / openai, or a local folder in open_clip's own format.

A local folder holds `open_clip_config.json` ({"model_cfg", "preprocess_cfg"}) and one checkpoint
(`open_clip_model.safetensors` and the other names that open_clip looks for), and tokenizer files if the
configuration names a tokenizer of its own. That is what open_clip writes for the hub.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import (
    ClipEncoder,
    ClipModel,
    EncoderUnavailable,
    FitReport,
    Image,
    SentenceEncoder,
    Vectors,
    check_catalog,
    check_features,
    check_images,
)
from relpins_resources.encoders.rows import normalised
from relpins_resources.encoders.versions import (
    file_sha256,
    folder_sha256,
    read_manifest,
    short_hash,
    write_manifest,
)
from relpins_resources.errors import RelpinsError

if TYPE_CHECKING:
    import torch

BATCH_IMAGES = 16
BATCH_TEXTS = 16
FOLDER_SUFFIXES = (".json", ".safetensors", ".bin", ".pth", ".txt", ".model")
PRECISIONS = ("fp32", "bf16", "fp16")
CONFIG_FILE = "open_clip_config.json"


@dataclass(frozen=True)
class _Loaded:
    model: Any
    preprocess: Callable[[Any], Any]
    tokenizer: Callable[[Sequence[str]], Any]


class OpenClipEncoder(ClipEncoder):
    """A pretrained CLIP: `features` are its normalised image embeddings and nothing is fitted.

    Args:
        model: an architecture that open_clip knows; ignored when `pretrained` is a folder, which carries its own.
        pretrained: a tag of that architecture, a checkpoint file, or a folder in open_clip's own format.
        precision: fp32, or bf16 or fp16 on a CUDA device.
        device: 'auto' (the GPU when there is one), 'cpu' or 'cuda'.
    """

    name = "open_clip"

    def __init__(
        self,
        model: str = "ViT-B-32",
        pretrained: str = "openai",
        precision: str = "fp32",
        device: str = "auto",
    ) -> None:
        if precision not in PRECISIONS:
            raise RelpinsError(f"precision '{precision}' is unknown; known: {', '.join(PRECISIONS)}")
        self.model = model
        self.pretrained = pretrained
        self.precision = precision
        self._wanted_device = device

    @property
    def features_version(self) -> str:
        return self._features_version

    @property
    def feature_dim(self) -> int:
        return self._feature_dim

    @cached_property
    def _features_version(self) -> str:
        return short_hash(self.name, 1, self.precision, *self._source_hash())

    @cached_property
    def _feature_dim(self) -> int:
        import open_clip

        self._check_source()
        config = self._explained(lambda: open_clip.get_model_config(self._open_clip_name()))
        return int(config["embed_dim"])

    @cached_property
    def _loaded(self) -> _Loaded:
        import open_clip

        self._check_source()
        name = self._open_clip_name()
        model, preprocess = self._explained(
            lambda: open_clip.create_model_from_pretrained(
                name,
                None if self._is_folder() else self.pretrained,
                precision=self.precision,
                device=self._device,
                force_quick_gelu=self.needs_quick_gelu(),
            )
        )
        tokenizer = self._explained(lambda: open_clip.get_tokenizer(name))
        return _Loaded(model.eval(), preprocess, tokenizer)

    def features(self, images: Sequence[Image]) -> Vectors:
        """Normalised image embeddings, (n, feature_dim), in batches of one shape."""
        import open_clip
        import torch
        from PIL import Image as PilImage

        check_images(images)
        out = np.empty((len(images), self.feature_dim), np.float32)
        dtype = open_clip.get_input_dtype(self.precision)
        for start in range(0, len(images), BATCH_IMAGES):
            chunk = images[start : start + BATCH_IMAGES]
            rows = [self._loaded.preprocess(PilImage.fromarray(image)) for image in chunk]
            rows += [torch.zeros_like(rows[0])] * (BATCH_IMAGES - len(rows))
            with torch.inference_mode():
                batch = torch.stack(rows).to(self._device, dtype)  # (BATCH_IMAGES, 3, side, side)
                vectors = _as_numpy(self._loaded.model.encode_image(batch))
            out[start : start + len(chunk)] = vectors[: len(chunk)]
        return normalised(out)

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Normalised text embeddings, (n, feature_dim), in batches of one shape."""
        import torch

        out = np.empty((len(texts), self.feature_dim), np.float32)
        for start in range(0, len(texts), BATCH_TEXTS):
            chunk = list(texts[start : start + BATCH_TEXTS])
            tokens = self._loaded.tokenizer(chunk + [""] * (BATCH_TEXTS - len(chunk)))
            with torch.inference_mode():
                vectors = _as_numpy(self._loaded.model.encode_text(tokens.to(self._device)))
            out[start : start + len(chunk)] = vectors[: len(chunk)]
        return normalised(out)

    def fit(self, features: Vectors, texts: Sequence[str], text_vectors: Vectors, folder: Path, seed: int) -> FitReport:
        """Nothing is learnt: writes a manifest that names the weights."""
        check_catalog(features, texts, text_vectors, self.feature_dim)
        write_manifest(
            folder,
            {
                "encoder": self.name,
                "features_version": self.features_version,
                "dim": self.feature_dim,
                "model": self.model,
                "pretrained": Path(self.pretrained).name,
                "precision": self.precision,
            },
        )
        return {"encoder": self.name, "dim": float(self.feature_dim)}

    def load(self, folder: Path, text_encoder: SentenceEncoder) -> ClipModel:
        """The text tower answers text queries, so `text_encoder` is not used."""
        read_manifest(folder, self.name, self.features_version)
        return OpenClipModel(self)

    @cached_property
    def _device(self) -> "torch.device":
        import torch

        has_gpu = torch.cuda.is_available()
        kind = ("cuda" if has_gpu else "cpu") if self._wanted_device == "auto" else self._wanted_device
        if kind != "cuda" and self.precision != "fp32":
            raise RelpinsError(f"precision {self.precision} was asked for on {kind}; use fp32, or a CUDA device")
        return torch.device(kind)

    def _is_folder(self) -> bool:
        return Path(self.pretrained).is_dir()

    def _open_clip_name(self) -> str:
        return f"local-dir:{self.pretrained}" if self._is_folder() else self.model

    def _check_source(self) -> None:
        """Raise EncoderUnavailable if the architecture, the tag or the folder cannot be what open_clip loads."""
        import open_clip

        if self._is_folder():
            if not (Path(self.pretrained) / CONFIG_FILE).is_file():
                raise EncoderUnavailable(
                    f"the folder '{self.pretrained}' has no {CONFIG_FILE}; name a folder in open_clip's own format"
                )
            return
        if self.model not in open_clip.list_models():
            raise EncoderUnavailable(
                f"open_clip has no model '{self.model}'; it has ViT-B-32 and others (open_clip.list_models())"
            )
        tags = open_clip.list_pretrained_tags_by_model(self.model)
        if self.pretrained not in tags and not Path(self.pretrained).is_file():
            raise EncoderUnavailable(
                f"'{self.pretrained}' is neither a folder or file here nor a tag of {self.model}; "
                f"its tags: {', '.join(tags)}"
            )

    def needs_quick_gelu(self) -> bool:
        """Whether the tag was trained with the quick GELU: open_clip 3 only warns, and computes with the other."""
        import open_clip

        if self._is_folder():
            return False  # the folder's configuration says so itself
        config = open_clip.get_pretrained_cfg(self.model, self.pretrained)
        return bool(config.get("quick_gelu", False))

    def _source_hash(self) -> tuple[str, ...]:
        import open_clip

        self._check_source()
        if self._is_folder():
            return (folder_sha256(Path(self.pretrained), FOLDER_SUFFIXES),)
        if Path(self.pretrained).is_file():
            return (self.model, file_sha256(Path(self.pretrained)))
        config = open_clip.get_pretrained_cfg(self.model, self.pretrained)
        checkpoint = self._explained(lambda: open_clip.download_pretrained(config))
        return (self.model, self.pretrained, file_sha256(Path(checkpoint)))

    def _explained(self, load: Callable[[], Any]) -> Any:
        """load(), with what open_clip raises turned into one line that says what to do."""
        try:
            return load()
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise EncoderUnavailable(
                f"open_clip could not load {self.model} / {self.pretrained} ({reason}); without a network, set "
                "'pretrained' to a local folder in open_clip's own format"
            ) from error


class OpenClipModel(ClipModel):
    """Image embeddings as they are, and the text tower beside them."""

    supports_text = True

    def __init__(self, encoder: OpenClipEncoder) -> None:
        self._encoder = encoder
        self.dim = encoder.feature_dim
        self.description = f"open_clip {encoder.model} / {Path(encoder.pretrained).name} ({encoder.precision})"

    def project(self, features: Vectors) -> Vectors:
        check_features(features, self.dim)
        return normalised(features)

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_text(texts)


def _as_numpy(vectors: "torch.Tensor") -> npt.NDArray[np.float32]:
    result: npt.NDArray[np.float32] = vectors.float().cpu().numpy()
    return result
