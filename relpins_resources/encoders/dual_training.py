"""Training of the two towers: a bidirectional contrastive loss in which known positives are no negatives.

For a product p that has attribute a: softmax of a against the attributes that p is not known to have, and of p against
the products that are not known to have a. Source: CLIP's symmetric cross entropy (Radford et al., ICML 2021), in the
multi-positive form; each positive stands alone against the negatives, so positives do not compete. An attribute of a
key that nothing is known about for p is a weak negative: it counts `unknown_weight` of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.dual_encoder import GROUPS, DualEncoder, Products, Rows
from relpins_resources.encoders.heads import reproducible

if TYPE_CHECKING:
    import torch

MIN_STEPS, MIN_BATCH = 6, 16
LOSS_ROWS = 1024


@dataclass(frozen=True)
class DualConfig:
    """How the towers are shaped and trained."""

    dim: int = 128
    hidden: int = 256
    batch: int = 512  # less for a small catalog, see MIN_STEPS
    epochs: int = 25
    patience: int = 5
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    input_dropout: float = 0.2
    hidden_dropout: float = 0.4
    group_dropout: float = 0.5  # how often a product is shown without its image, its content or its words
    temperature: float = 0.07
    unknown_weight: float = 0.15
    attributes: int = 4096  # in a step; of more, those of the batch and a sample


@dataclass(frozen=True)
class Pairs:
    """What is known of n products and a attributes.

    Attributes:
        weights: (n, a) how far it is believed that product i has attribute j; nothing stored where nothing says so.
        known_keys: (n, k) whether anything is known of a key for the product.
        key_of: (a,) the key of each attribute.
    """

    weights: csr_array
    known_keys: npt.NDArray[np.bool_]
    key_of: Rows


View = Callable[[int], Products]
"""The products as they are shown in an epoch: what names a hidden attribute is left out of some."""


@dataclass(frozen=True)
class Trained:
    """The towers of the best epoch, its number (from 1), the held-out loss then and before training."""

    encoder: DualEncoder
    epoch: int
    loss: float
    loss_before: float


def train_dual_encoder(
    view: View, phrases: Vectors, pairs: Pairs, train: Rows, held_out: Rows, seed: int, config: DualConfig
) -> Trained:
    """Train on the products `train`; stop early on the loss of those in `held_out`.

    Args:
        view: the products as shown in epoch 1, 2 ...; view(0) is what the held-out loss is taken on.
        phrases: (a, t) rows of `phrase_inputs`.

    Returns:
        The same inputs give the same bits on one machine. Without an epoch, the initial towers.
    """
    import torch

    with reproducible(seed):
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        judged = view(0)
        data = _Data(phrases, pairs, device)
        network = _Network(
            judged.inputs().shape[1] if len(judged) else _width(judged), phrases.shape[1], config, device
        )
        before = network.mean_loss(judged, data, held_out)
        best = Trained(network.encoder(), 0, before, before)
        order = np.random.default_rng(seed)
        steps = max(1, len(train) // int(np.clip(len(train) // MIN_STEPS, MIN_BATCH, config.batch)))
        schedule = network.schedule(max(1, steps * config.epochs))
        for epoch in range(1, config.epochs + 1):
            shown = view(epoch)
            for rows in np.array_split(order.permutation(train), steps):
                network.step(_dropped(shown.take(rows), order, config.group_dropout), rows, data, order)
                schedule.step()
            loss = network.mean_loss(judged, data, held_out)
            if loss < best.loss:
                best = Trained(network.encoder(), epoch, loss, before)
            elif epoch - best.epoch >= config.patience:
                break
    return best


def _width(products: Products) -> int:
    widths = (products.image.shape[1], products.content.shape[1], products.words.shape[1])
    return int(sum(widths)) + len(GROUPS)


def _dropped(products: Products, order: np.random.Generator, share: float) -> Vectors:
    """Their inputs, some without one or two groups; a product never loses all that it has."""
    inputs, width = products.inputs(), [products.image.shape[1], products.content.shape[1], products.words.shape[1]]
    present = inputs[:, -len(GROUPS) :] > 0
    dropped = order.random(present.shape) < share
    dropped[(present & ~dropped).sum(axis=1) == 0] = False
    ends = np.cumsum(width)
    for group, end in enumerate(ends):
        inputs[dropped[:, group], end - width[group] : end] = 0
        inputs[dropped[:, group], ends[-1] + group] = 0
    return inputs


class _Data:
    """Phrases and pairs where the device can reach them."""

    def __init__(self, phrases: Vectors, pairs: Pairs, device: torch.device) -> None:
        import torch

        self.pairs, self.device, self.n_attributes = pairs, device, len(phrases)
        self.phrases = torch.from_numpy(phrases * np.float32(np.sqrt(phrases.shape[1]))).to(device)

    def of(self, rows: Rows, attributes: Rows) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """phrases (k, t), weights (b, k) and is_unknown (b, k) of some products and attributes."""
        import torch

        known = self.pairs.known_keys[np.ix_(rows, self.pairs.key_of[attributes])]
        weights = torch.from_numpy(self.pairs.weights[rows][:, attributes].toarray().astype(np.float32))
        phrases = self.phrases[torch.from_numpy(attributes).to(self.device)]
        return phrases, weights.to(self.device), torch.from_numpy(~known).to(self.device)

    def chosen(self, rows: Rows, order: np.random.Generator, limit: int) -> Rows:
        """Attributes of a step: all, or those of its products and a sample of the rest."""
        if self.n_attributes <= limit:
            return np.arange(self.n_attributes)
        own = np.unique(self.pairs.weights[rows].indices)
        rest = np.setdiff1d(np.arange(self.n_attributes), own)
        return np.sort(np.concatenate([own, order.permutation(rest)[: max(0, limit - len(own))]]))


class _Network:
    """The towers while they are trained."""

    def __init__(self, k: int, t: int, config: DualConfig, device: torch.device) -> None:
        import torch

        self.config, self.device = config, device
        self.hidden = torch.nn.Linear(k, config.hidden, device=device)
        self.out = torch.nn.Linear(config.hidden, config.dim, device=device)
        self.phrase = torch.nn.Linear(t, config.dim, bias=False, device=device)
        self.log_scale = torch.nn.Parameter(torch.tensor(-np.log(config.temperature), device=device))
        weights = [self.hidden.weight, self.out.weight, self.phrase.weight]
        rest = [self.hidden.bias, self.out.bias, self.log_scale]
        groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)

    def schedule(self, n_steps: int) -> torch.optim.lr_scheduler.LRScheduler:
        import torch

        def factor(step: int) -> float:
            """Linear over the first tenth, then half a cosine down to 0."""
            return float(min(1.0, 10 * (step + 1) / n_steps) * (1 + np.cos(np.pi * step / n_steps)) / 2)

        return torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)

    def step(self, inputs: Vectors, rows: Rows, data: _Data, order: np.random.Generator) -> None:
        self.optimizer.zero_grad()
        attributes = data.chosen(rows, order, self.config.attributes)
        self.loss(inputs, *data.of(rows, attributes), training=True).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def loss(
        self,
        inputs: Vectors,
        phrases: torch.Tensor,
        weights: torch.Tensor,
        unknown: torch.Tensor,
        training: bool,
    ) -> torch.Tensor:
        """Mean over products, and over attributes, of the weighted cross entropy of each positive."""
        import torch
        from torch.nn import functional

        shown = functional.dropout(torch.from_numpy(inputs).to(self.device), self.config.input_dropout, training)
        hidden = functional.dropout(functional.relu(self.hidden(shown)), self.config.hidden_dropout, training)
        products, attributes = functional.normalize(self.out(hidden)), functional.normalize(self.phrase(phrases))
        logits = self.log_scale.clamp(max=np.log(100.0)).exp() * products @ attributes.T  # (b, k)
        faint = logits + np.log(self.config.unknown_weight) * unknown
        negatives = faint.masked_fill(weights > 0, -1e4)
        losses = [
            (functional.softplus(negatives.logsumexp(dim=side, keepdim=True) - logits) * weights).sum(dim=side)
            / weights.sum(dim=side).clamp(min=1.0)
            for side in (1, 0)
        ]
        n_rows = [(weights.sum(dim=side) > 0).sum().clamp(min=1) for side in (1, 0)]
        total: torch.Tensor = (losses[0].sum() / n_rows[0] + losses[1].sum() / n_rows[1]) / 2
        return total

    def mean_loss(self, products: Products, data: _Data, rows: Rows) -> float:
        import torch

        if len(rows) == 0:
            return float("inf")
        with torch.inference_mode():
            losses = [
                float(
                    self.loss(
                        products.take(batch).inputs(), *data.of(batch, np.arange(data.n_attributes)), training=False
                    )
                )
                for batch in np.array_split(rows, max(1, round(len(rows) / LOSS_ROWS)))
            ]
        return float(np.mean(losses))

    def encoder(self) -> DualEncoder:
        def array(tensor: torch.Tensor) -> Vectors:
            result: Vectors = np.ascontiguousarray(tensor.detach().cpu().numpy().T.copy())
            return result

        scale = float(self.log_scale.detach().clamp(max=float(np.log(100.0))).exp())
        return DualEncoder(
            hidden=array(self.hidden.weight),
            hidden_bias=array(self.hidden.bias),
            out=array(self.out.weight),
            out_bias=array(self.out.bias),
            phrase=array(self.phrase.weight),
            scale=scale,
        )
