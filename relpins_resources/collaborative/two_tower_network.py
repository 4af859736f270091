"""Two towers in one space, as numpy applies them: of pins by what they show and who saved them, of users by history.

A pin's vector is the unit vector of what its content says plus an own vector, which only pins have that were saved when
the towers were trained. A pin without one, or without a part of its content, is placed by the rest: nothing is blank.
Training is in `two_tower_training`; here are no tables and no torch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.rows import in_fixed_batches, normalised

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
TINY = np.float32(1e-6)


@dataclass(frozen=True)
class Pins:
    """n pins as the item tower reads them.

    Attributes:
        groups: (n, d_g) per kind of content, the same kinds in the same order for every pin; a row of zeros says that
            the pin lacks that kind.
        ids: (n,) which own vector each pin has, -1 for none.
    """

    groups: tuple[Floats, ...]
    ids: Ints

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def widths(self) -> Ints:
        return np.array([group.shape[1] for group in self.groups], np.int64)

    def without_ids(self) -> Pins:
        """The same pins as if they were new."""
        return Pins(self.groups, np.full(len(self.ids), -1, np.int64))


@dataclass(frozen=True)
class Towers:
    """Weights; D is the width of all groups together, k the dimensions of the space.

    Attributes:
        widths: of each group; they sum to D.
        mean: (D,) taken off a group that is there.
        hidden: (D, h), hidden_bias (h,), out (h, k): the part with one hidden layer.
        straight: (D, k), bias (k,): the linear part beside it.
        ids: (m, k) own vectors.
        history: (k, k) added to the mean of a history.
        columns: (c, k) what each column of users adds.
    """

    widths: Ints
    mean: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    straight: Floats
    bias: Floats
    ids: Floats
    history: Floats
    columns: Floats

    @property
    def dim(self) -> int:
        return int(self.history.shape[0])

    def of_pins(self, pins: Pins) -> Floats:
        """(n, k) unit vectors; each row is the same whichever rows stand beside it."""
        own = np.zeros((len(pins), self.dim), np.float32)
        known = pins.ids >= 0
        own[known] = self.ids[pins.ids[known]]
        rows = np.concatenate([centred(pins, self.mean), own], axis=1)
        return normalised(in_fixed_batches(rows, self._placed, self.dim))

    def _placed(self, rows: Floats) -> Floats:
        content, own = np.ascontiguousarray(rows[:, : -self.dim]), rows[:, -self.dim :]
        if content.shape[1] == 0:
            return own
        inner: Floats = np.maximum(np.matmul(content, self.hidden) + self.hidden_bias, np.float32(0))
        said: Floats = np.matmul(inner, self.out) + np.matmul(content, self.straight) + self.bias
        length = np.sqrt(np.einsum("nd,nd->n", said, said))[:, None]
        placed: Floats = said / np.maximum(length, TINY) + own
        return placed

    def of_users(self, means: Floats, columns: Floats) -> Floats:
        """(n, k) unit vectors of users.

        Args:
            means: (n, k) mean vector of what each saved.
            columns: (n, c) 1 where a column says so of the user.
        """
        rows = np.concatenate([means, columns], axis=1)

        def placed(batch: Floats) -> Floats:
            mean, said = np.ascontiguousarray(batch[:, : self.dim]), np.ascontiguousarray(batch[:, self.dim :])
            result: Floats = mean + np.matmul(mean, self.history)
            return result + np.matmul(said, self.columns) if said.shape[1] else result

        return normalised(in_fixed_batches(rows, placed, self.dim))

    def save(self, path: Path) -> None:
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})


def load_towers(path: Path) -> Towers:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as held:
        return Towers(**{field.name: held[field.name] for field in fields(Towers)})


def centred(pins: Pins, mean: Floats) -> Floats:
    """(n, D) all groups beside one another, less `mean` where a group is there."""
    parts, start = [np.zeros((len(pins), 0), np.float32)], 0
    for group in pins.groups:
        has = np.any(group != 0, axis=1)
        parts.append(np.where(has[:, None], group - mean[start : start + group.shape[1]], np.float32(0)))
        start += group.shape[1]
    return np.concatenate(parts, axis=1)


def mean_histories(vectors: Floats, indptr: Ints) -> Floats:
    """(u, k) mean of each user's rows of `vectors`, from indptr[u] to indptr[u + 1]; zeros for one without.

    Summed in float64 over rows that lie on a grid, so that the order does not show.
    """
    sums = np.zeros((len(indptr) - 1, vectors.shape[1]))
    users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    np.add.at(sums, users, vectors.astype(np.float64))
    means: Floats = (sums / np.maximum(np.diff(indptr), 1)[:, None]).astype(np.float32)
    return means
