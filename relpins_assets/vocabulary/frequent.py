"""Which values enough images carry to be of use, and who carries them, frozen together so that later counts agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.vocabulary.spelling import spelling_key
from relpins_resources.lake import Lake

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
VALUES_FILE, CARRIERS_FILE, IMAGES_FILE = "values.parquet", "carriers.parquet", "images.parquet"


@dataclass(frozen=True)
class Frequent:
    """Every value that was said, and which images carry the kept ones.

    Args:
        values: key, value, n_pins, is_kept, reason; in order of key and value.
        carriers: form (place among the kept values), image (place among `join_ids`), source; each once, in order.
        join_ids: every image there was, in order.
    """

    values: pa.Table
    carriers: pa.Table
    join_ids: tuple[str, ...]

    @cached_property
    def kept(self) -> pa.Table:
        """key, value, n_pins of the kept values: the forms, in order."""
        return self.values.filter(self.values["is_kept"]).select(["key", "value", "n_pins"])

    @cached_property
    def form(self) -> Ints:
        return np.asarray(self.carriers["form"], np.int64)

    @cached_property
    def image(self) -> Ints:
        return np.asarray(self.carriers["image"], np.int64)

    def images_of(self, forms: Ints) -> Ints:
        """The distinct images that carry any of these forms, in order."""
        return np.unique(self.image[np.isin(self.form, forms)])


def least_images(n_images: int, min_pins: int, min_share: float) -> int:
    """f_min: how many images must carry a value for it to be kept."""
    return max(min_pins, math.ceil(min_share * n_images))


def find_frequent(lake: Lake, min_pins: int, min_share: float) -> Frequent:
    """Count images, never repins, per key and value; cut what too few carry.

    Spellings of one value (hyphens, spaces, plurals) count together: none is lost for being one of many.
    """
    join_ids = lake.query("SELECT join_id FROM pin_joins ORDER BY join_id")["join_id"].to_pylist()
    said = lake.query("""
        SELECT DISTINCT a.key, a.value, a.source, j.join_id
        FROM raw_attributes a JOIN (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
        ORDER BY ALL""")
    names = list(zip(said["key"].to_pylist(), said["value"].to_pylist(), strict=True))
    forms = sorted(set(names))
    form = _places(names, forms)
    image = _places(said["join_id"].to_pylist(), join_ids)
    n_pins = _n_images(form, image, len(forms))
    spellings = [(key, spelling_key(value)) for key, value in forms]
    family = _places(spellings, sorted(set(spellings)))
    together = _n_images(family[form], image, len(set(spellings)))[family] if forms else n_pins
    bound = least_images(len(join_ids), min_pins, min_share)
    is_kept = together >= bound
    kept_place = np.cumsum(is_kept) - 1
    is_carried = is_kept[form] if forms else np.zeros(0, bool)
    carriers = pa.table(
        {
            "form": pa.array(kept_place[form[is_carried]].astype(np.int32)),
            "image": pa.array(image[is_carried].astype(np.int32)),
            "source": said["source"].filter(pa.array(is_carried)).dictionary_encode(),
        }
    )
    share = f"{min_share:.2%} of {len(join_ids):,} images, {min_pins} at least"
    reasons = [None if kept else _reason(int(n), bound, share) for n, kept in zip(together, is_kept, strict=True)]
    columns: dict[str, Any] = {
        "key": pa.array([key for key, _ in forms], pa.string()),
        "value": pa.array([value for _, value in forms], pa.string()),
        "n_pins": pa.array(n_pins, pa.int64()),
        "is_kept": pa.array(is_kept, pa.bool_()),
        "reason": pa.array(reasons, pa.string()),
    }
    return Frequent(pa.table(columns), carriers, tuple(join_ids))


def save_frequent(found: Frequent, folder: Path) -> None:
    """Write what `load_frequent` reads."""
    pq.write_table(found.values, folder / VALUES_FILE)
    pq.write_table(found.carriers, folder / CARRIERS_FILE)
    pq.write_table(pa.table({"join_id": pa.array(found.join_ids, pa.string())}), folder / IMAGES_FILE)


def load_frequent(folder: Path) -> Frequent:
    """What `save_frequent` wrote."""
    images = pq.read_table(folder / IMAGES_FILE)["join_id"].to_pylist()
    return Frequent(pq.read_table(folder / VALUES_FILE), pq.read_table(folder / CARRIERS_FILE), tuple(images))


def _reason(n_images: int, bound: int, share: str) -> str:
    return f"{n_images} image{'s' * (n_images != 1)} carry it in any spelling, fewer than {bound} ({share})"


def _places(values: list[Any], known: list[Any]) -> Ints:
    at = {value: place for place, value in enumerate(known)}
    return np.fromiter((at[value] for value in values), np.int64, len(values))


def _n_images(group: Ints, image: Ints, n_groups: int) -> Ints:
    """Distinct images of each group."""
    if not len(group):
        return np.zeros(n_groups, np.int64)
    pairs = np.unique(np.stack([group, image]), axis=1)
    return np.bincount(pairs[0], minlength=n_groups).astype(np.int64)
