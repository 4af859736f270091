"""Training of two towers: sampled softmax over in-batch targets and random negatives, in torch.

Sources: Yi et al., "Sampling-bias-corrected neural modeling" (RecSys 2019) for the correction by log Q, here of the
negatives alone, since the target is there for certain; content dropout in the place of ids after Volkovs et al.,
"DropoutNet" (NeurIPS 2017). Pins of one board, or saves of one user, are never each other's negatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from relpins_resources.collaborative.two_tower_network import Floats, Pins, Towers, centred
from relpins_resources.collaborative.two_tower_sampling import Lessons, Sampler, Step
from relpins_resources.encoders.heads import reproducible
from relpins_resources.encoders.rows import one_thread

if TYPE_CHECKING:
    import torch

COMPONENTS = 96
"""Of each group of content, the principal components that are learnt from."""
LEAST_STEPS = 8
"""A pass over a small catalog takes so many steps."""


@dataclass(frozen=True)
class TwoTowerConfig:
    """How the towers are shaped and trained; measured in tests/benchmarks/two_tower.py.

    Attributes:
        group_dropout: chance that a pin is shown without a group of its content.
        id_dropout: chance that it is shown without its own vector and without what boards say of it, as a new pin is.
        board_groups: which groups boards say; they go with the id.
        user_weight: of the loss over users, beside 1 of that over pairs.
        patience: passes without a better score on what is held out before training ends.
    """

    dim: int = 64
    hidden: int = 128
    epochs: int = 6
    batch: int = 512
    n_negatives: int = 2048
    history: int = 20
    id_dropout: float = 0.3
    temperature: float = 0.1
    corrects_sampling: bool = True
    masks_known: bool = True
    group_dropout: float = 0.25
    input_dropout: float = 0.2
    hidden_dropout: float = 0.3
    board_groups: tuple[int, ...] = ()
    user_weight: float = 0.5
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    patience: int = 3


@dataclass(frozen=True)
class Trained:
    """The towers of the best pass, its number (from 1; 0 untrained), and the score of each pass, first before any."""

    towers: Towers
    epoch: int
    scores: tuple[float, ...]


def train_two_tower(
    pins: Pins,
    lessons: Lessons,
    seed: int,
    config: TwoTowerConfig,
    score: Callable[[Towers], float] | None = None,
) -> Trained:
    """Train on `lessons` of `pins`; the same inputs give the same bits on one machine.

    Args:
        pins: n pins; `ids` number those with an own vector from 0.
        score: of the towers on what is held out, higher is better; None to train all epochs.
    """
    with reproducible(seed), one_thread():
        network = _Network(pins, lessons, config)
        sampler = Sampler(lessons, config.batch, config.n_negatives, config.history, config.masks_known)
        rng = np.random.default_rng(seed)
        n_saves = max(lessons.boards.nnz, lessons.users.nnz)
        steps = max(LEAST_STEPS, -(-n_saves // config.batch))
        schedule = network.schedule(steps * config.epochs)
        best = network.towers()
        scores, epoch = [score(best)] if score else [0.0], 0
        for number in range(1, 1 + (0 if sampler.is_empty else config.epochs)):
            for _ in range(steps):
                network.learn(sampler.step(rng), sampler.log_expected)
                schedule.step()
            towers = network.towers()
            scores.append(score(towers) if score else float(number))
            if scores[-1] > scores[epoch] or number == 1:
                best, epoch = towers, number
            elif number - epoch >= config.patience:
                break
    return Trained(best, epoch, tuple(scores) if score else ())


class _Network:
    """The towers while they are trained: on principal components, which `towers` folds back into the weights."""

    def __init__(self, pins: Pins, lessons: Lessons, config: TwoTowerConfig) -> None:
        import torch

        self.config, self.widths = config, pins.widths
        self.mean = _means(pins)
        self.bases = _bases(pins, self.mean)
        parts = np.split(centred(pins, self.mean), np.cumsum(self.widths)[:-1], axis=1) if len(self.widths) else []
        reduced = [(part @ basis).astype(np.float32) for part, basis in zip(parts, self.bases, strict=True)]
        self.parts = [torch.from_numpy(part) for part in reduced]
        width = sum(part.shape[1] for part in reduced)
        self.has_content = width > 0
        self.hidden = torch.nn.Linear(max(width, 1), config.hidden)
        self.out = torch.nn.Linear(config.hidden, config.dim, bias=False)
        self.straight = torch.nn.Linear(max(width, 1), config.dim)
        n_ids = int(pins.ids.max(initial=-1)) + 1
        scale = 0.01 if self.has_content else 1.0 / np.sqrt(config.dim)
        self.ids = torch.nn.Parameter(torch.randn(max(n_ids, 1), config.dim) * scale)
        self.n_ids, self.row_of = n_ids, torch.from_numpy(pins.ids)
        self.history = torch.nn.Linear(config.dim, config.dim, bias=False)
        torch.nn.init.zeros_(self.history.weight)
        self.column_rows = lessons.columns
        self.columns = torch.nn.Parameter(torch.zeros(lessons.columns.shape[1], config.dim))
        decayed = [layer.weight for layer in (self.hidden, self.out, self.straight, self.history)]
        rest = [self.hidden.bias, self.straight.bias, self.ids, self.columns]
        groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)

    def schedule(self, n_steps: int) -> torch.optim.lr_scheduler.LRScheduler:
        import torch

        def factor(step: int) -> float:
            """Linear over the first tenth, then half a cosine down to 0."""
            return float(min(1.0, 10 * (step + 1) / n_steps) * (1 + np.cos(np.pi * step / n_steps)) / 2)

        return torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)

    def learn(self, step: Step, log_expected: npt.NDArray[np.float32]) -> None:
        """One step down the loss."""
        import torch

        named = [step.queries, step.targets, step.negatives, step.saved, step.histories.ravel()]
        distinct, back = np.unique(np.concatenate(named), return_inverse=True)
        vectors = self.placed(torch.from_numpy(distinct))
        ends = np.cumsum([len(one) for one in named])[:-1]
        queries, targets, negatives, saved, histories = (
            vectors[torch.from_numpy(rows)] for rows in np.split(back.reshape(-1), ends)
        )
        loss = torch.zeros(())
        if len(step.queries):
            candidates = np.concatenate([step.targets, step.negatives])
            loss = loss + self._softmax(
                queries, targets, torch.cat([targets, negatives]), step.pairs_barred, log_expected[candidates]
            )
        if len(step.users):
            candidates = np.concatenate([step.saved, step.negatives])
            weight = self.config.user_weight if len(step.queries) else 1.0
            users = self.users(histories.reshape(*step.histories.shape, -1), step)
            loss = loss + weight * self._softmax(
                users, saved, torch.cat([saved, negatives]), step.users_barred, log_expected[candidates]
            )
        if loss.requires_grad:
            self.optimizer.zero_grad()
            torch.autograd.backward(loss)
            self.optimizer.step()

    def placed(self, rows: torch.Tensor) -> torch.Tensor:
        """(r, k) unit vectors of pins as shown in training, some without their id or a group of their content."""
        import torch
        from torch.nn import functional

        config = self.config
        is_new = (torch.rand(len(rows), 1) < config.id_dropout).float()
        own = self.ids[self.row_of[rows].clamp(min=0)] * (self.row_of[rows] >= 0).float()[:, None] * (1 - is_new)
        if not self.has_content:
            return functional.normalize(own, dim=1)
        parts = []
        for number, part in enumerate(self.parts):
            shown = (torch.rand(len(rows), 1) >= config.group_dropout).float()
            shown = shown * (1 - is_new) if number in config.board_groups else shown
            parts.append(functional.dropout(part[rows], config.input_dropout) * shown)
        content = torch.cat(parts, dim=1)
        inner = functional.dropout(functional.relu(self.hidden(content)), config.hidden_dropout)
        said = functional.normalize(self.out(inner) + self.straight(content), dim=1)
        return functional.normalize(said + own, dim=1)

    def users(self, histories: torch.Tensor, step: Step) -> torch.Tensor:
        """(v, k) unit vectors of users by their histories (v, l, k), the target left out."""
        import torch
        from torch.nn import functional

        counts = torch.from_numpy(step.counts.astype(np.float32))
        mean = torch.einsum("vlk,vl->vk", histories, counts) / counts.sum(1, keepdim=True).clamp(min=1)
        users = mean + self.history(mean)
        if self.columns.shape[0]:
            users = users + torch.from_numpy(self.column_rows[step.users].toarray()) @ self.columns
        return functional.normalize(users, dim=1)

    def _softmax(
        self,
        rows: torch.Tensor,
        targets: torch.Tensor,
        candidates: torch.Tensor,
        barred: npt.NDArray[np.bool_],
        log_expected: npt.NDArray[np.float32],
    ) -> torch.Tensor:
        """Mean cross entropy of each row's target among the candidates that are not barred."""
        import torch

        right = (rows * targets).sum(1) / self.config.temperature
        wrong = rows @ candidates.T / self.config.temperature
        if self.config.corrects_sampling:
            wrong = wrong - torch.from_numpy(log_expected)
        wrong = wrong.masked_fill(torch.from_numpy(barred), -torch.inf)
        total = torch.logsumexp(torch.cat([right[:, None], wrong], dim=1), dim=1)
        return (total - right).mean()

    def towers(self) -> Towers:
        """As they are now, for numpy."""

        def array(tensor: torch.Tensor) -> Floats:
            return np.ascontiguousarray(tensor.detach().numpy().copy(), np.float32)

        if self.has_content:
            basis = _block_diagonal(self.bases)
            hidden, straight = basis @ array(self.hidden.weight).T, basis @ array(self.straight.weight).T
        else:
            hidden = np.zeros((0, self.config.hidden), np.float32)
            straight = np.zeros((0, self.config.dim), np.float32)
        return Towers(
            widths=self.widths,
            mean=self.mean,
            hidden=np.ascontiguousarray(hidden, np.float32),
            hidden_bias=array(self.hidden.bias),
            out=np.ascontiguousarray(array(self.out.weight).T),
            straight=np.ascontiguousarray(straight, np.float32),
            bias=array(self.straight.bias),
            ids=array(self.ids)[: self.n_ids],
            history=np.ascontiguousarray(array(self.history.weight).T),
            columns=array(self.columns),
        )


def _means(pins: Pins) -> Floats:
    """(D,) mean of each group over the pins that have it."""
    means = [np.zeros(0, np.float32)]
    for group in pins.groups:
        rows = group[np.any(group != 0, axis=1)]
        mean = rows.mean(axis=0, dtype=np.float64) if len(rows) else np.zeros(group.shape[1])
        means.append(mean.astype(np.float32))
    return np.concatenate(means)


def _bases(pins: Pins, mean: Floats) -> list[Floats]:
    """(d_g, c_g) principal axes of each group, scaled so that its coordinates have a variance of about one."""
    bases, start = [], 0
    for group in pins.groups:
        rows = group[np.any(group != 0, axis=1)].astype(np.float64) - mean[start : start + group.shape[1]]
        start += group.shape[1]
        variances, axes = np.linalg.eigh(rows.T @ rows / max(len(rows), 1))
        kept = np.argsort(-variances, kind="stable")[:COMPONENTS]
        scale = np.sqrt(max(len(kept), 1) / max(float(variances[kept].sum()), 1e-12))
        bases.append((axes[:, kept] * scale).astype(np.float32))
    return bases


def _block_diagonal(blocks: list[Floats]) -> Floats:
    from scipy.linalg import block_diag

    return np.asarray(block_diag(*blocks), np.float32)
