"""Training of the one vector per pin: pairwise sigmoid losses of image with text, and of pins that share a board.

    L(X, Y) = 1/B sum_ij softplus(-z_ij (t x_i.y_j + b)),  z = 1 for a pair, -1 for others, none for masked ones
    L = L(pin, neighbour) neighbour_weight + L(image alone, text alone) image_text_weight,  mean over the prefixes

Masked in the first are pins of the batch that are no pair and share a board all the same; in the second the words of a
board mate are another pin's words. Sources: SigLIP (Zhai et al., ICCV 2023), PinCLIP (arXiv 2603.03544), Matryoshka
representations (Kusupati et al., NeurIPS 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.heads import reproducible
from relpins_resources.encoders.pinclip import Bools, PinClipEncoder, Rows, Shown
from relpins_resources.encoders.pinclip_start import Start, starting_point
from relpins_resources.encoders.shared_groups import Mates

if TYPE_CHECKING:
    import torch

MIN_STEPS, MIN_BATCH = 4, 16


@dataclass(frozen=True)
class PinClipConfig:
    """How the space is shaped and trained; measured in tests/benchmarks/pinclip.py."""

    dims: tuple[int, ...] = (32, 64, 128)  # ascending
    epochs: int = 30
    batch: int = 128  # less for a small catalog, see MIN_STEPS
    neighbour_weight: float = 1.0
    image_text_weight: float = 0.2
    hidden: int = 256
    width: int = 192  # principal components of image, and of text, that are learnt from
    learning_rate: float = 3e-3
    base_rate: float = 0.1  # of the learning rate, what the base learns by
    weight_decay: float = 0.05
    input_dropout: float = 0.1
    hidden_dropout: float = 0.2
    modality_dropout: float = 0.3  # how often a pin that has both is shown without one
    scale: float = 10.0
    bias: float = -7.0
    patience: int = 8

    def untrained(self) -> PinClipConfig:
        """The same without an epoch: the principal components."""
        return replace(self, epochs=0)


@dataclass(frozen=True)
class Lesson:
    """n pins, the groups (boards) that each stands in, (n, g), and which rows are learnt from and which judged by."""

    pins: Shown
    groups: csr_array
    train: Rows
    held_out: Rows


@dataclass(frozen=True)
class Trained:
    """The encoder of the best epoch, its number (0: as it began), the held-out loss then and before training."""

    encoder: PinClipEncoder
    epoch: int
    loss: float
    loss_before: float


def train_pinclip(lesson: Lesson, weights: Vectors, seed: int, config: PinClipConfig) -> Trained:
    """Train on the pins `train` and pairs among them; stop early on pairs of those in `held_out`.

    Args:
        weights: (w,) of hashed words, kept with the encoder.

    Returns:
        The same inputs give the same bits on one machine. Where nothing is held out, the last epoch's encoder; where no
        pins share a group and none has both image and text, the principal components.
    """
    start = starting_point(lesson.pins.take(lesson.train), config.dims, config.width)
    mates = Mates.of(lesson.groups, np.isin(np.arange(len(lesson.pins)), lesson.train))
    both = lesson.train[np.all(lesson.pins.has[lesson.train], axis=1)]
    anchors = mates.anchors if config.neighbour_weight > 0 else both
    with reproducible(seed):
        network = _Network(start, lesson.pins, weights, config)
        judge = _Judge(lesson, seed, config)
        before = judge.loss(network)
        best = Trained(network.encoder(), 0, before, before)
        if len(anchors) < 2 or config.epochs == 0:
            return best
        order = np.random.default_rng(seed)
        steps = max(1, len(anchors) // int(np.clip(len(anchors) // MIN_STEPS, MIN_BATCH, config.batch)))
        schedule = network.schedule(steps * config.epochs)
        for epoch in range(1, config.epochs + 1):
            for rows in np.array_split(order.permutation(anchors), steps):
                network.step(rows, mates, order)
                schedule.step()
            loss = judge.loss(network)
            if loss < best.loss or np.isnan(loss):
                best = Trained(network.encoder(), epoch, loss, before)
            elif epoch - best.epoch >= config.patience:
                break
    return best


class _Judge:
    """The neighbour loss of a fixed draw of pairs of held-out pins; nan where there is none."""

    def __init__(self, lesson: Lesson, seed: int, config: PinClipConfig) -> None:
        mates = Mates.of(lesson.groups, np.ones(len(lesson.pins), bool))
        chosen = lesson.held_out[np.isin(lesson.held_out, mates.anchors)]
        draws = np.random.default_rng([seed, 1])
        self.anchors = np.concatenate([chosen, chosen])
        self.partners = mates.drawn(self.anchors, draws)
        self.batches = np.array_split(np.arange(len(self.anchors)), max(1, round(len(self.anchors) / config.batch)))
        self.mates = mates

    def loss(self, network: _Network) -> float:
        import torch

        if len(self.anchors) == 0:
            return float("nan")
        with torch.inference_mode():
            losses = [
                float(network.neighbour_loss(self.anchors[at], self.partners[at], self.mates)) for at in self.batches
            ]
        return float(np.mean(losses))


class _Network:
    """The encoder while it is trained: it reads principal components, which `encoder` folds into its weights."""

    def __init__(self, start: Start, pins: Shown, weights: Vectors, config: PinClipConfig) -> None:
        import torch

        self.start, self.config, self.weights = start, config, weights
        image, text = start.components(pins)
        self.spread = [float(np.sqrt(pins.image.shape[1])), float(np.sqrt(pins.text.shape[1]))]
        self.inputs = [torch.from_numpy(image), torch.from_numpy(text)]
        self.has = torch.from_numpy(pins.has.astype(np.float32))
        d, sizes = max(config.dims), (image.shape[1], text.shape[1])
        self.base = [torch.nn.Parameter(torch.from_numpy(part.copy())) for part in start.base]
        self.hidden = [torch.nn.Linear(size, config.hidden, bias=False) for size in sizes]
        self.present = torch.nn.Linear(2, config.hidden)
        self.out = torch.nn.Linear(config.hidden, d)
        with torch.no_grad():
            self.out.weight.zero_()  # so that it begins as the principal components
            self.out.bias.zero_()
        self.log_scale = torch.nn.Parameter(torch.tensor(float(np.log(config.scale))))
        self.bias = torch.nn.Parameter(torch.tensor(float(config.bias)))
        decayed = [*(one.weight for one in self.hidden), self.out.weight]
        rest = [self.present.weight, self.present.bias, self.out.bias, self.log_scale, self.bias]
        rate = config.learning_rate
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": config.weight_decay},
                {"params": rest, "weight_decay": 0.0},
                {"params": self.base, "weight_decay": 0.0, "lr": rate * config.base_rate},
            ],
            lr=rate,
        )

    def schedule(self, n_steps: int) -> torch.optim.lr_scheduler.LRScheduler:
        import torch

        def factor(step: int) -> float:
            """Linear over the first tenth, then half a cosine down to 0."""
            return float(min(1.0, 10 * (step + 1) / n_steps) * (1 + np.cos(np.pi * step / n_steps)) / 2)

        return torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)

    def step(self, rows: Rows, mates: Mates, order: np.random.Generator) -> None:
        import torch

        self.optimizer.zero_grad()
        loss = torch.zeros(())
        if self.config.neighbour_weight > 0:
            partners = mates.drawn(rows, order)
            loss = loss + self.config.neighbour_weight * self.neighbour_loss(rows, partners, mates, order)
        texted = rows[np.asarray(self.has[rows].all(dim=1))]
        if self.config.image_text_weight > 0 and len(texted) > 1:
            loss = loss + self.config.image_text_weight * self.image_text_loss(texted)
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()

    def neighbour_loss(
        self, rows: Rows, partners: Rows, mates: Mates, order: np.random.Generator | None = None
    ) -> torch.Tensor:
        """Loss of the pairs (rows[i], partners[i]); `order` draws what is left out in training, None judges."""
        vectors = self._vectors(np.concatenate([rows, partners]), order)
        return self._loss(vectors[: len(rows)], vectors[len(rows) :], mates.share_any(rows, partners))

    def image_text_loss(self, rows: Rows) -> torch.Tensor:
        """Loss of the pairs of each pin's image alone and its text alone, in training."""
        import torch

        sums = self._sums(rows, training=True)
        ones, zeros = torch.ones(len(rows), 1), torch.zeros(len(rows), 1)
        image = self._placed(sums, torch.cat([ones, zeros], dim=1), training=True)
        text = self._placed(sums, torch.cat([zeros, ones], dim=1), training=True)
        return self._loss(image, text, np.zeros((len(rows), len(rows)), bool))

    def _vectors(self, rows: Rows, order: np.random.Generator | None) -> torch.Tensor:
        import torch

        shown = self.has[rows]
        if order is not None:
            is_cut = (order.random(len(rows)) < self.config.modality_dropout) & np.asarray(shown.all(dim=1))
            kept = np.ones((len(rows), 2), np.float32)
            kept[is_cut, order.integers(0, 2, len(rows))[is_cut]] = 0
            shown = shown * torch.from_numpy(kept)
        return self._placed(self._sums(rows, order is not None), shown, order is not None)

    def _sums(self, rows: Rows, training: bool) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Of image and of text: what each adds to the vectors (b, d), and to the hidden units (b, h)."""
        from torch.nn import functional

        found = []
        for given, base, hidden, spread in zip(self.inputs, self.base, self.hidden, self.spread, strict=True):
            part = given[rows]
            found.append((part @ base, hidden(functional.dropout(part * spread, self.config.input_dropout, training))))
        return found

    def _placed(
        self, sums: list[tuple[torch.Tensor, torch.Tensor]], shown: torch.Tensor, training: bool
    ) -> torch.Tensor:
        from torch.nn import functional

        (image, image_hidden), (text, text_hidden) = sums
        by_image, by_text = shown[:, :1], shown[:, 1:]
        hidden = functional.relu(image_hidden * by_image + text_hidden * by_text + self.present(shown))
        added: torch.Tensor = self.out(functional.dropout(hidden, self.config.hidden_dropout, training))
        return image * by_image + text * by_text + added

    def _loss(self, left: torch.Tensor, right: torch.Tensor, is_masked: Bools) -> torch.Tensor:
        scale = self.log_scale.clamp(max=float(np.log(100.0))).exp()
        return sigmoid_loss(left, right, is_masked, scale, self.bias, self.config.dims)

    def encoder(self) -> PinClipEncoder:
        """As it is now, the principal components folded into its weights."""
        arrays = [[_array(base), _array(one.weight).T] for base, one in zip(self.base, self.hidden, strict=True)]
        image, text = (
            np.concatenate([axes @ base, spread * (axes @ hidden)], axis=1).astype(np.float32)
            for axes, spread, (base, hidden) in zip(self.start.axes, self.spread, arrays, strict=True)
        )
        return PinClipEncoder(
            image_mean=self.start.means[0],
            image=image,
            text_mean=self.start.means[1],
            text=text,
            present=np.ascontiguousarray(_array(self.present.weight).T),
            hidden_bias=_array(self.present.bias),
            out=np.ascontiguousarray(_array(self.out.weight).T),
            out_bias=_array(self.out.bias),
            word_weights=self.weights,
            dims=np.array(self.config.dims, np.int64),
        )


def sigmoid_loss(
    left: torch.Tensor,
    right: torch.Tensor,
    is_masked: Bools,
    scale: torch.Tensor | float,
    bias: torch.Tensor | float,
    dims: Sequence[int],
) -> torch.Tensor:
    """Mean over the prefixes `dims` of the loss of the pairs (left[i], right[i]), rows (b, d) of any length.

    Args:
        is_masked: (b, b) which others count neither as a pair nor as none.
    """
    import torch
    from torch.nn import functional

    n = len(left)
    own = torch.eye(n)
    counts = torch.maximum(torch.from_numpy((~is_masked).astype(np.float32)), own)
    total = torch.zeros(())
    for dim in dims:
        cosines = functional.normalize(left[:, :dim]) @ functional.normalize(right[:, :dim]).T
        total = total + (functional.softplus((1 - 2 * own) * (scale * cosines + bias)) * counts).sum() / n
    return total / len(dims)


def _array(tensor: torch.Tensor) -> Vectors:
    values: Vectors = tensor.detach().numpy().copy()
    return values
