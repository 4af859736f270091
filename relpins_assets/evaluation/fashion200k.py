"""Fashion200K's own label files, read by path, so that whoever has them can run the published protocol.

A label line is `image path <tab> detection score <tab> description`; files are `<category>_<split>_detect_all.txt`, and
the split's name is train or test. The words of a description are the image's attributes, as in Han et al., ICCV 2017.
Images are found beside the labels and are not read here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_resources.errors import RelpinsError

LABEL_FILE = re.compile(r"(?P<category>[a-z]+)_(?P<split>train|test)_detect(_all)?\.txt")
STOPWORDS = frozenset(("and", "with", "the", "in", "of", "for", "a", "an", "by", "to", "on", "at", "from"))
SPLITS = ("train", "test")


@dataclass(frozen=True)
class LabelledImage:
    """One line of a label file: where its image lies, how sure the detector was, its category and description."""

    path: str
    score: float
    category: str
    description: str

    @property
    def attributes(self) -> frozenset[str]:
        """The words of its description, in lower case, without stopwords and numbers."""
        words = re.findall(r"[^\W\d_]+", self.description.casefold())
        return frozenset(word for word in words if word not in STOPWORDS and len(word) > 1)


def load_fashion200k(labels: Path, split: str, least_score: float = 0.0) -> list[LabelledImage]:
    """The labelled images of a split, in the order of category and line.

    Args:
        labels: the folder of the label files.
        split: train or test.
        least_score: lines whose detection score is lower are left out.

    Raises:
        RelpinsError: another split, no label files, or a line that is no label.
    """
    if split not in SPLITS:
        raise RelpinsError(f"split {split!r} is unknown; Fashion200K has {', '.join(SPLITS)}")
    files = sorted(path for path in labels.glob("*.txt") if _split_of(path) == split)
    if not files:
        raise RelpinsError(
            f"{labels} has no label file of split {split!r}; expected names such as dress_{split}_detect_all.txt"
        )
    return [image for path in files for image in _read(path) if image.score >= least_score]


def attribute_vocabulary(images: Sequence[LabelledImage], least: int) -> list[str]:
    """Attributes that `least` images or more carry, most frequent first, ties by name."""
    counts = Counter(word for image in images for word in image.attributes)
    return [word for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= least]


def recall_at(ranked: npt.NDArray[np.int64], true: npt.NDArray[np.bool_], k: int) -> Mapping[str, float]:
    """Both readings of recall@k over images that have any attribute: hit@k and set_recall@k.

    Args:
        ranked: (n, >= k) positions of attributes, best first.
        true: (n, a).
    """
    has_any = true.any(axis=1)
    if not has_any.any():
        return {f"hit@{k}": 0.0, f"set_recall@{k}": 0.0}
    found = np.take_along_axis(true, ranked[:, :k], axis=1)[has_any].sum(axis=1)
    return {f"hit@{k}": float((found > 0).mean()), f"set_recall@{k}": float((found / true[has_any].sum(axis=1)).mean())}


def truth_matrix(images: Sequence[LabelledImage], vocabulary: Collection[str]) -> npt.NDArray[np.bool_]:
    """(n, a) which attributes of the vocabulary each image has."""
    at = {word: place for place, word in enumerate(vocabulary)}
    out = np.zeros((len(images), len(at)), bool)
    for row, image in enumerate(images):
        out[row, [at[word] for word in image.attributes if word in at]] = True
    return out


def _split_of(path: Path) -> str | None:
    match = LABEL_FILE.fullmatch(path.name)
    return match["split"] if match else None


def _read(path: Path) -> list[LabelledImage]:
    match = LABEL_FILE.fullmatch(path.name)
    assert match is not None, path
    images = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split("\t")
        if len(parts) < 3 or not _is_number(parts[1]):
            raise RelpinsError(
                f"{path}, line {number}: {line[:60]!r} is no label; expected image path, score and description by tabs"
            )
        images.append(LabelledImage(parts[0], float(parts[1]), match["category"], " ".join(parts[2:]).strip()))
    return images


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text.strip()) is not None
