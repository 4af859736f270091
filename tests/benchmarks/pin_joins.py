"""Copies of pictures: how many are recognised, how many are not copies, and how long near hashes take to find.

    python tests/benchmarks/pin_joins.py SAMPLE_WORLD [...] [--hashes 1000000] [--json]

Against the answer key of sample worlds (`_truth/duplicates.parquet`): of the copies of each kind how many stand in one
join with their original, by this code and by the perceptual hash alone at its best bound; and pairs that are no copies.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.curation.same_image import same_images
from relpins_assets.home import open_home
from relpins_assets.schemas import TABLES
from relpins_resources.images import DecodedImage, ImageRejected, decode_image
from relpins_resources.images.alike import near_pairs

KINDS = ("repin", "reencoded", "cropped")
BOUNDS = (4, 6, 8, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worlds", nargs="*", type=Path)
    parser.add_argument("--hashes", type=int, default=0, help="search so many hashes for near pairs")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    told = {"worlds": [judged(world) for world in given.worlds]}
    if given.hashes:
        told["search"] = [searched(given.hashes)]
    print(json.dumps(told) if given.json else json.dumps(told, indent=1))


def judged(world: Path) -> dict[str, object]:
    """Recall by kind of copy and wrong pairs, of this code and of hashes alone."""
    images = dict(decoded(world))
    original = originals(world)
    started_at = time.perf_counter()
    join_of = joins(images)
    seconds = time.perf_counter() - started_at
    by_hash = {f"hash within {bound}": report(images, original, by_hashes(images, bound)) for bound in BOUNDS}
    ours = report(images, original, join_of)
    return {"world": world.name, "images": len(images), "seconds": round(seconds, 2), "ours": ours, **by_hash}


def decoded(world: Path) -> Iterator[tuple[str, DecodedImage]]:
    names = pq.read_table(world / "_truth" / "pin_truth.parquet", columns=["pin_id"])["pin_id"].to_pylist()
    files = {path.stem: path for path in world.rglob("*.jpg")}
    for name in names:
        try:
            yield name, decode_image(files[name].read_bytes())
        except (KeyError, ImageRejected):
            continue


def originals(world: Path) -> dict[str, tuple[str, str]]:
    """Per copy what it was made from, through copies of copies, and how."""
    rows = pq.read_table(world / "_truth" / "duplicates.parquet").to_pylist()
    made_from = {row["pin_id"]: row["original_pin_id"] for row in rows}

    def first(pin_id: str) -> str:
        return first(made_from[pin_id]) if pin_id in made_from else pin_id

    return {row["pin_id"]: (first(row["pin_id"]), row["copy_kind"]) for row in rows}


def joins(images: dict[str, DecodedImage]) -> dict[str, str]:
    """The join of each pin."""
    with tempfile.TemporaryDirectory() as home:
        workspace = open_home(Path(home), profile="test").workspace()
        names = ("jpeg", "thumbnail", "width", "height", "pixel_hash", "phash")
        columns = {name: [getattr(one, name) for one in images.values()] for name in names}
        rows = {"pin_id": list(images), **columns, "jpeg_hash": [""] * len(images), "fingerprint": [""] * len(images)}
        schema = TABLES["pin_images"].arrow()
        table = pa.table({name: rows[name] for name in schema.names}, schema=schema)
        workspace.lake.table("pin_images").overwrite(table)
        same = same_images(workspace)
    of_hash = dict(zip(same["pixel_hash"].to_pylist(), same["join_id"].to_pylist(), strict=True))
    return {pin_id: of_hash.get(one.pixel_hash, one.pixel_hash) for pin_id, one in images.items()}


def by_hashes(images: dict[str, DecodedImage], bound: int) -> dict[str, str]:
    """Joined where perceptual hashes differ in at most `bound` bits, chains and all: the usual way."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    hashes = np.array([int(one.phash, 16) for one in images.values()], np.uint64)
    left, right = np.nonzero(np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= bound)
    links = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(hashes), len(hashes)))
    _, labels = connected_components(links, directed=False)
    return dict(zip(images, map(str, labels), strict=True))


def report(
    images: dict[str, DecodedImage], original: dict[str, tuple[str, str]], join_of: dict[str, str]
) -> dict[str, object]:
    told: dict[str, object] = {}
    for kind in KINDS:
        pairs = [(pin, of) for pin, (of, how) in original.items() if how == kind and {pin, of} <= join_of.keys()]
        told[kind] = f"{sum(join_of[pin] == join_of[of] for pin, of in pairs)} of {len(pairs)}"
    looks: dict[str, dict[str, str]] = {}
    for pin, join_id in join_of.items():
        looks.setdefault(join_id, {}).setdefault(images[pin].pixel_hash, original.get(pin, (pin, ""))[0])
    pairs_joined = [pair for one in looks.values() for pair in combinations(one.values(), 2)]
    n_right = sum(one == other for one, other in pairs_joined)
    return {**told, "pairs joined by looks": len(pairs_joined), "of one original": n_right}


def searched(n: int) -> dict[str, object]:
    """Seconds to find the near pairs of n hashes with half their bits set, a hundredth of them near another."""
    rng = np.random.default_rng(0)
    hashes = balanced(n, rng)
    n_copies = n // 100
    for _ in range(2):
        hashes[:n_copies] = hashes[-n_copies:] ^ (np.uint64(1) << rng.integers(0, 64, n_copies).astype(np.uint64))
    started_at = time.perf_counter()
    n_pairs = sum(len(at) for at, _ in near_pairs(hashes, hashes, 6)) - n
    seconds = time.perf_counter() - started_at
    started_at = time.perf_counter()
    arrivals = sum(len(at) for at, _ in near_pairs(hashes[:100], hashes, 6))
    return {
        "hashes": n,
        "seconds": round(seconds, 2),
        "near pairs, from either side": n_pairs,
        "seconds of 100 arrivals": round(time.perf_counter() - started_at, 3),
        "their pairs": arrivals,
    }


def balanced(n: int, rng: np.random.Generator) -> npt.NDArray[np.uint64]:
    """Hashes of 32 ones, as perceptual hashes have."""
    bits = np.concatenate([_balanced_block(min(50_000, n - start), rng) for start in range(0, n, 50_000)])
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(">u8")[:, 0].astype(np.uint64)


def _balanced_block(n: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    is_set: npt.NDArray[np.bool_] = rng.random((n, 64)).argsort(axis=1) < 32
    return is_set


if __name__ == "__main__":
    main()
