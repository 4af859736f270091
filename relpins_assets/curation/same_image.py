"""Which of a catalog's images are the same picture, re-encoded, resized or with an edge cut off.

What was compared once is kept with the caches (images compared, pairs confirmed), so a run compares arrivals alone and
one in which nothing came compares nothing. A pair is judged by its two pictures only: what is kept is true of any
catalog that holds both, and dropping it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from relpins_assets.workspace import Workspace
from relpins_resources.images.alike import Looks, components, confirmed, look_at, near_pairs, small_pictures
from relpins_resources.images.alike.looks import CUTS
from relpins_resources.images.alike.looks import VERSION as LOOKS_VERSION
from relpins_resources.lake import Lake
from relpins_resources.lake.files import new_folder

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Booleans = npt.NDArray[np.bool_]

VERSION = f"4.{LOOKS_VERSION}"
"""Changes when other pairs would be found."""
WITHIN = 6
"""Bits of the perceptual hash in which the same picture, or the view of it that a crop left, may differ."""
MOST_LAYOUT = 20.0
"""Difference of mean colour (0 to 255) of any of 4 x 4 cells, between a picture and the view that is like it."""
MOST_SHAPE = 0.15
"""Difference of the logarithms of width over height: what cropping both sides differently can come to."""
LEAST_SPREAD = 4.0
"""Standard deviation of the luma under which a picture is flat: its hash says nothing, its pixels must be equal."""
CROWD = 50
"""Pictures of one hash beyond which the hash tells nothing apart, as among logos: their pixels must be equal."""
PAIRS_AT_ONCE = 1_024
LOOKED_AT_ONCE = 1_024
FOLDER = f"same_images@{VERSION}"


@dataclass(frozen=True)
class Compared:
    """Images in order of name, which of them were compared with one another, and the pairs that are the same."""

    names: pa.Array  # pixel hashes
    hashes: Hashes  # (n, 1 + len(CUTS)) of the whole and of the inner views
    spread: npt.NDArray[np.float32]  # (n,)
    is_done: Booleans  # (n,) compared with all others that are done; false of what stood in a crowd
    pairs: Ints  # (p, 2) positions, the first below the second

    def only(self, names: pa.Array) -> Compared:
        """Those among `names`."""
        kept = np.flatnonzero(pc.is_in(self.names, value_set=names).to_numpy(zero_copy_only=False))
        place = np.full(len(self.names), -1)
        place[kept] = np.arange(len(kept))
        pairs = place[self.pairs].reshape(-1, 2)
        pairs = pairs[(pairs >= 0).all(axis=1)]
        held = self.names.take(pa.array(kept, pa.int64()))
        return Compared(held, self.hashes[kept], self.spread[kept], self.is_done[kept], pairs)


def same_images(workspace: Workspace) -> pa.Table:
    """The images that are the same as others (pixel_hash, join_id: the smallest pixel hash of those it is one with)."""
    images = _images(workspace.lake)
    folder = (workspace.cache_home or workspace.home) / "cache" / FOLDER
    known = _load(folder).only(images["pixel_hash"])
    if len(known.names) < images.num_rows or (_are_telling(known) & ~known.is_done).any():
        known = _with_arrivals(workspace, images, known)
        if workspace.cache_home is None:  # an evaluation beside a home keeps nothing
            _save(known, folder)
    is_one = np.zeros(len(known.names), bool)
    pairs = known.pairs[_are_telling(known)[known.pairs].all(axis=1)]
    is_one[pairs] = True
    first = components(pairs[:, 0], pairs[:, 1], known.hashes[:, 0])
    is_one &= first != np.arange(len(first))
    return pa.table(
        {
            "pixel_hash": known.names.filter(pa.array(is_one, pa.bool_())),
            "join_id": known.names.take(pa.array(first[is_one], pa.int64())),
        }
    )


def _images(lake: Lake) -> pa.Table:
    """One row per distinct image, in order of pixel hash; pin_id is one of those that carry it."""
    return lake.query("""
        SELECT pixel_hash, min(phash) AS phash, min(pin_id) AS pin_id,
               ln(min(width)::DOUBLE / min(height)) AS shape FROM pin_images
        GROUP BY pixel_hash ORDER BY pixel_hash""").combine_chunks()


def _are_telling(images: Compared) -> Booleans:
    """(n,) whether its hash tells an image from others: it is not flat, and not one of a crowd."""
    _, group, sizes = np.unique(images.hashes[:, 0], return_inverse=True, return_counts=True)
    telling: Booleans = (images.spread >= LEAST_SPREAD) & (sizes[group] <= CROWD)
    return telling


def _with_arrivals(workspace: Workspace, images: pa.Table, known: Compared) -> Compared:
    """What is known and what came since, compared with one another."""
    together = _put_together(workspace, images, known)
    telling = _are_telling(together)
    found = list(_candidates(workspace, images, together, np.flatnonzero(telling), np.flatnonzero(~together.is_done)))
    pairs = np.unique(np.concatenate([np.zeros((0, 2), np.int64), *found]), axis=0)
    same = pairs[_confirm(workspace.lake, images, pairs)]
    is_done = telling | (together.spread < LEAST_SPREAD)  # what stands in a crowd now was not held against what came
    return replace(together, is_done=is_done, pairs=np.unique(np.concatenate([together.pairs, same]), axis=0))


def _put_together(workspace: Workspace, images: pa.Table, known: Compared) -> Compared:
    """All images, those that came since not yet compared."""
    names = images["pixel_hash"].combine_chunks()
    is_old = pc.is_in(names, value_set=known.names).to_numpy(zero_copy_only=False)
    old, new = np.flatnonzero(is_old), np.flatnonzero(~is_old)
    looks = _looks(workspace, images, new)
    hashes = np.zeros((len(names), 1 + len(CUTS)), np.uint64)
    hashes[old], hashes[new, 1:] = known.hashes, looks.inner
    hashes[new, 0] = [int(text, 16) for text in images["phash"].take(pa.array(new, pa.int64())).to_pylist()]
    spread, is_done = np.zeros(len(names), np.float32), np.zeros(len(names), bool)
    spread[old], spread[new], is_done[old] = known.spread, looks.spread, known.is_done
    return Compared(names, hashes, spread, is_done, old[known.pairs].reshape(-1, 2))


def _looks(workspace: Workspace, images: pa.Table, at: Ints) -> Looks:
    """Of the images at these positions, each looked at once."""
    some = images.take(pa.array(at, pa.int64()))
    pin_ids = some["pin_id"].to_pylist()

    def look(positions: list[int]) -> npt.NDArray[np.float32]:
        return look_at(_thumbnails(workspace.lake, [pin_ids[i] for i in positions]))

    rows = workspace.cache(f"looks@{LOOKS_VERSION}").vectors(some["pixel_hash"].to_pylist(), look)
    return Looks.from_rows(rows)


def _candidates(workspace: Workspace, images: pa.Table, together: Compared, telling: Ints, new: Ints) -> Iterator[Ints]:
    """Pairs (p, 2) worth a closer look in which an arrival stands, in blocks; a pair may come twice.

    A picture is held against the whole and the inner views of others: what is left of a cropped one is such a view.
    """
    arrived, shapes = np.intersect1d(telling, new), images["shape"].to_numpy()
    for view in range(together.hashes.shape[1]):
        is_both = view == 0 or len(arrived) == len(telling)
        sides = [(arrived, telling)] if is_both else [(arrived, telling), (telling, arrived)]
        for wholes, viewed in sides:
            for at, key_at in near_pairs(together.hashes[wholes, 0], together.hashes[viewed, view], WITHIN):
                pairs = np.stack([wholes[at], viewed[key_at]], axis=1)
                is_alike = np.abs(shapes[pairs[:, 0]] - shapes[pairs[:, 1]]) <= MOST_SHAPE
                pairs = pairs[is_alike & (pairs[:, 0] != pairs[:, 1])]
                yield np.sort(pairs[_same_colors(workspace, images, pairs, view)], axis=1)


def _same_colors(workspace: Workspace, images: pa.Table, pairs: Ints, view: int) -> Booleans:
    """(p,) whether the first of a pair has the colours of that view of the second, cell by cell."""
    if not len(pairs):
        return np.zeros(0, bool)
    used, at = np.unique(pairs, return_inverse=True)
    layouts, at = _looks(workspace, images, used).layouts, at.reshape(-1, 2)
    apart = [
        np.abs(layouts[some[:, 0], 0] - layouts[some[:, 1], view]).max(axis=1)
        for some in (at[start : start + 65_536] for start in range(0, len(at), 65_536))
    ]
    near: Booleans = np.concatenate(apart) <= MOST_LAYOUT
    return near


def _confirm(lake: Lake, images: pa.Table, pairs: Ints) -> Booleans:
    """(p,) whether the pictures of a pair are the same."""
    found = [np.zeros(0, bool)]
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        block = pairs[start : start + PAIRS_AT_ONCE]
        used, at = np.unique(block, return_inverse=True)
        pictures = small_pictures(_thumbnails(lake, images["pin_id"].take(pa.array(used, pa.int64())).to_pylist()))
        left, right = at.reshape(-1, 2).T
        found.append(confirmed(pictures[left], pictures[right]))
    return np.concatenate(found)


def _thumbnails(lake: Lake, pin_ids: list[str]) -> list[bytes]:
    rows = lake.table("pin_images").read_keys(pin_ids, ["pin_id", "thumbnail"])
    of_pin = dict(zip(rows["pin_id"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True))
    return [of_pin[pin_id] for pin_id in pin_ids]


def _load(folder: Path) -> Compared:
    if not folder.exists():
        none = np.zeros((0, 1 + len(CUTS)), np.uint64)
        spread, is_done, pairs = np.zeros(0, np.float32), np.zeros(0, bool), np.zeros((0, 2), np.int64)
        return Compared(pa.array([], pa.string()), none, spread, is_done, pairs)
    images, links = (pq.read_table(folder / f"{name}.parquet").combine_chunks() for name in ("images", "pairs"))
    hashes = np.stack([images[f"hash{view}"].to_numpy() for view in range(1 + len(CUTS))], axis=1)
    both = np.stack([links[side].to_numpy() for side in ("left", "right")], axis=1)
    spread, is_done = images["spread"].to_numpy(), images["is_done"].to_numpy(zero_copy_only=False)
    return Compared(images["pixel_hash"].combine_chunks(), hashes, spread, is_done, both)


def _save(known: Compared, folder: Path) -> None:
    views = {f"hash{view}": known.hashes[:, view] for view in range(known.hashes.shape[1])}
    with new_folder(folder) as aside:
        images = {"pixel_hash": known.names, **views, "spread": known.spread, "is_done": known.is_done}
        pq.write_table(pa.table(images), aside / "images.parquet")
        both = {"left": known.pairs[:, 0], "right": known.pairs[:, 1]}
        pq.write_table(pa.table(both), aside / "pairs.parquet")
