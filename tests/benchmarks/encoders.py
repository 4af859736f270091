"""Quality and speed of the encoders on real photos: `python tests/benchmarks/encoders.py --data DIR`, prints JSON.

clothing_p5: same-garment precision@5 by cosine, the pin itself left out, labels Not sure, Skip and Other left out;
there are no titles, so this is the descriptor alone. fashion_recall: fitted on about 10,000 pins, 2,000 others
unseen; the share of images whose own title is among the ten nearest of the 2,000 titles, and the other way.
labels.parquet is read here, by the answer key's side, and never by the package.
"""

import argparse
import io
import json
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

from relpins_resources.encoders import clip_encoder, sentence_encoder
from relpins_resources.encoders.alignment import recall_of_own

LEFT_OUT = ("Not sure", "Skip", "Other")
N_UNSEEN = 2000


def read_pins(path: Path, limit: int | None = None) -> tuple[list[str], list[str], list[npt.NDArray[np.uint8]]]:
    """Ids, titles and RGB pixels of the first `limit` pins, if their image decodes."""
    ids, titles, images = [], [], []
    for row in pq.read_table(path).slice(0, limit).to_pylist():
        try:
            pixels = np.asarray(Image.open(io.BytesIO(row["image_bytes"])).convert("RGB"))
        except (UnidentifiedImageError, OSError):
            continue
        ids.append(row["pin_id"])
        titles.append(row["title"] or "")
        images.append(pixels)
    return ids, titles, images


def clothing(folder: Path, sentences: Any, limit: int | None) -> dict[str, float]:
    """Same-garment precision@5 of the final vectors; images per second of `features`."""
    ids, titles, images = read_pins(folder / "pins.parquet", limit)
    labels = {row["pin_id"]: row["label"] for row in pq.read_table(folder / "labels.parquet").to_pylist()}
    encoder = clip_encoder({"backend": "descriptor"})
    start = time.perf_counter()
    features = encoder.features(images)
    rate = len(images) / (time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as model:
        start = time.perf_counter()
        encoder.fit(features, titles, np.zeros((len(ids), sentences.dim), np.float32), Path(model), seed=0)
        fit_s = time.perf_counter() - start
        vectors = encoder.load(Path(model), sentences).project(features)
    garments = np.array([labels[pin_id] for pin_id in ids])
    judged = ~np.isin(garments, LEFT_OUT)
    precision = precision_at_5(vectors[judged], garments[judged])
    chance = float(sum((garments[judged] == garment).mean() ** 2 for garment in np.unique(garments[judged])))
    return {"p5": precision, "chance": chance, "dim": vectors.shape[1], "images_per_s": rate, "fit_s": fit_s}


def precision_at_5(vectors: npt.NDArray[np.float32], labels: npt.NDArray[Any]) -> float:
    """Share of each row's five nearest others that carry its label, (n, d)."""
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :5]
    return float((labels[nearest] == labels[:, None]).mean())


def fashion(folder: Path, sentences: Any, seed: int) -> dict[str, Any]:
    """Recall@10 between images and titles among unseen pins, and what fitting took."""
    _, titles, images = read_pins(folder / "pins.parquet")
    start = time.perf_counter()
    text_vectors = sentences.encode(titles)
    text_rate = len(set(titles)) / (time.perf_counter() - start)
    encoder = clip_encoder({"backend": "descriptor"})
    start = time.perf_counter()
    features = encoder.features(images)
    image_rate = len(images) / (time.perf_counter() - start)
    order = np.random.default_rng(seed).permutation(len(titles))
    unseen, learnt = order[:N_UNSEEN], np.sort(order[N_UNSEEN:])
    with tempfile.TemporaryDirectory() as model:
        start = time.perf_counter()
        report = encoder.fit(features[learnt], [titles[i] for i in learnt], text_vectors[learnt], Path(model), seed=0)
        fit_s = time.perf_counter() - start
        fitted = encoder.load(Path(model), sentences)
        shown = fitted.project(features[unseen])
        said = fitted.encode_text([titles[i] for i in unseen])
    scores = shown @ said.T
    return {
        "image_to_title_recall10": recall_of_own(scores),
        "title_to_image_recall10": recall_of_own(scores.T),
        "dim": fitted.dim,
        "images_per_s": image_rate,
        "texts_per_s": text_rate,
        "fit_s": fit_s,
        "report": report,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="folder with clothing/ and fashion/")
    parser.add_argument("--seed", type=int, default=0, help="of the unseen pins")
    parser.add_argument("--limit", type=int, help="judge the first so many clothing photos only")
    parser.add_argument("--only", choices=["clothing", "fashion"])
    options = parser.parse_args()
    sentences = sentence_encoder({"backend": "sentence_transformers", "model": "bundled"})
    sentences.encode(["a first text loads the model"])
    result: dict[str, Any] = {"machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    if options.only != "fashion":
        result["clothing"] = clothing(options.data / "clothing", sentences, options.limit)
    if options.only != "clothing":
        result["fashion"] = fashion(options.data / "fashion", sentences, options.seed)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
