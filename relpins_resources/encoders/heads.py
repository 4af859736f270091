"""Two small heads that align image vectors and sentence vectors by a bidirectional contrastive loss.

The image head is a network of one hidden layer, the text head is linear; both end on the unit sphere. Trained by
torch, applied by numpy in fixed-shape batches. Source of the loss: CLIP (Radford et al., ICML 2021), symmetric cross
entropy over a batch; pairs that (nearly) share their text or share their image are no negatives and are masked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.rows import in_fixed_batches, normalised

if TYPE_CHECKING:
    import torch

Rows = npt.NDArray[np.int64]
SAME_TEXT_COSINE = 0.95  # above it two sentences say the same
SAME_IMAGE_COSINE = 0.999
MAX_PAIRS = 100_000  # of more, a seeded sample is learnt from
MIN_STEPS = 16  # per epoch, as long as a batch has MIN_BATCH pairs
MIN_BATCH = 64
LOSS_ROWS = 512  # of a held-out set the loss is taken over batches of this many
THREADS = 1  # so that sums have one order; more gain little at this size, and lose much on a busy machine


@dataclass(frozen=True)
class HeadsConfig:
    """How the heads are shaped and trained; measured in tests/benchmarks/encoders.py."""

    dim: int = 128
    hidden: int = 1536
    batch: int = 512  # less for a small catalog, see MIN_STEPS
    epochs: int = 30
    patience: int = 5
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    image_dropout: float = 0.3  # of inputs
    text_dropout: float = 0.2  # of inputs
    hidden_dropout: float = 0.6
    temperature: float = 0.07


@dataclass(frozen=True)
class Heads:
    """Weights, float32: hidden (k, h), hidden_bias (h,), image (h, d), image_bias (d,), text (t, d), text_bias (d,)."""

    hidden: Vectors
    hidden_bias: Vectors
    image: Vectors
    image_bias: Vectors
    text: Vectors
    text_bias: Vectors

    @property
    def dim(self) -> int:
        return int(self.image.shape[1])

    @property
    def text_dim(self) -> int:
        return int(self.text.shape[0])

    def of_images(self, vectors: Vectors) -> Vectors:
        """Image rows (n, k), of about unit norm, into the shared space, (n, d) normalised."""

        def forward(rows: Vectors) -> Vectors:
            hidden: Vectors = np.matmul(rows * _spread(rows.shape[1]), self.hidden) + self.hidden_bias
            result: Vectors = np.matmul(np.maximum(hidden, np.float32(0)), self.image) + self.image_bias
            return result

        return normalised(in_fixed_batches(vectors, forward, self.dim))

    def of_texts(self, vectors: Vectors) -> Vectors:
        """Text rows (n, t), of about unit norm, into the shared space, (n, d) normalised."""

        def forward(rows: Vectors) -> Vectors:
            result: Vectors = np.matmul(rows * _spread(rows.shape[1]), self.text) + self.text_bias
            return result

        return normalised(in_fixed_batches(vectors, forward, self.dim))

    def arrays(self) -> dict[str, Vectors]:
        """The weights by name, to be saved and given to `Heads(**arrays)`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def train_heads(
    images: Vectors, texts: Vectors, train: Rows, held_out: Rows, seed: int, config: HeadsConfig
) -> tuple[Heads, int]:
    """Train on the pairs (images[i], texts[i]) for i in `train`; stop early on the loss of those in `held_out`.

    Args:
        images: (n, k), rows of about unit norm.
        texts: (n, t), likewise.

    Returns:
        The heads of the best epoch, and its number (from 1). The same inputs give the same bits on one machine.
    """
    import torch

    with reproducible(seed):
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        image_rows = torch.from_numpy(images * _spread(images.shape[1])).to(device)
        text_rows = torch.from_numpy(texts * _spread(texts.shape[1])).to(device)
        network = _Network(images.shape[1], texts.shape[1], config, device)
        best: tuple[float, int, Heads] = (float("inf"), 0, network.heads())
        order = np.random.default_rng(seed)
        train = order.permutation(train)[:MAX_PAIRS]
        steps = max(1, len(train) // int(np.clip(len(train) // MIN_STEPS, MIN_BATCH, config.batch)))
        schedule = network.schedule(steps * config.epochs)
        for epoch in range(1, config.epochs + 1):
            for rows in np.array_split(order.permutation(train), steps):
                network.step(image_rows[rows], text_rows[rows])
                schedule.step()
            loss = network.held_out_loss(image_rows, text_rows, held_out)
            if loss < best[0]:
                best = (loss, epoch, network.heads())
            elif epoch - best[1] >= config.patience:
                break
    return best[2], best[1]


class _Network:
    """The heads while they are trained."""

    def __init__(self, k: int, t: int, config: HeadsConfig, device: "torch.device") -> None:
        import torch

        self.config = config
        self.hidden = torch.nn.Linear(k, config.hidden, device=device)
        self.image = torch.nn.Linear(config.hidden, config.dim, device=device)
        self.text = torch.nn.Linear(t, config.dim, device=device)
        self.log_scale = torch.nn.Parameter(torch.tensor(-np.log(config.temperature), device=device))
        weights = [self.hidden.weight, self.image.weight, self.text.weight]
        rest = [self.hidden.bias, self.image.bias, self.text.bias, self.log_scale]
        groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)

    def schedule(self, n_steps: int) -> "torch.optim.lr_scheduler.LRScheduler":
        import torch

        def factor(step: int) -> float:
            """Linear over the first tenth, then half a cosine down to 0."""
            return float(min(1.0, 10 * (step + 1) / n_steps) * (1 + np.cos(np.pi * step / n_steps)) / 2)

        return torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)

    def step(self, images: "torch.Tensor", texts: "torch.Tensor") -> None:
        self.optimizer.zero_grad()
        self.loss(images, texts, training=True).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def loss(self, images: "torch.Tensor", texts: "torch.Tensor", training: bool) -> "torch.Tensor":
        """Mean of the cross entropies image to text and text to image over the batch."""
        import torch
        from torch.nn import functional

        seen = functional.dropout(images, self.config.image_dropout, training)
        read = functional.dropout(texts, self.config.text_dropout, training)
        hidden = functional.dropout(functional.relu(self.hidden(seen)), self.config.hidden_dropout, training)
        image_vectors = functional.normalize(self.image(hidden))
        text_vectors = functional.normalize(self.text(read))
        logits = self.log_scale.clamp(max=np.log(100.0)).exp() * image_vectors @ text_vectors.T  # (b, b)
        logits = logits.masked_fill(_not_negatives(images, texts), -torch.inf)
        own = torch.arange(len(images), device=images.device)
        return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2

    def held_out_loss(self, images: "torch.Tensor", texts: "torch.Tensor", rows: Rows) -> float:
        import torch

        batches = np.array_split(rows, max(1, round(len(rows) / LOSS_ROWS)))
        with torch.inference_mode():
            losses = [float(self.loss(images[batch], texts[batch], training=False)) for batch in batches]
        return float(np.mean(losses))

    def heads(self) -> Heads:
        def array(tensor: "torch.Tensor") -> Vectors:
            result: Vectors = np.ascontiguousarray(tensor.detach().cpu().numpy().T.copy())
            return result

        layers = {"hidden": self.hidden, "image": self.image, "text": self.text}
        weights = {name: array(layer.weight) for name, layer in layers.items()}
        biases = {f"{name}_bias": array(layer.bias) for name, layer in layers.items()}
        return Heads(**weights, **biases)


def _not_negatives(images: "torch.Tensor", texts: "torch.Tensor") -> "torch.Tensor":
    """(b, b) true where two different rows say or show the same."""
    import torch
    from torch.nn import functional

    with torch.no_grad():
        image_rows, text_rows = functional.normalize(images), functional.normalize(texts)
        same = (text_rows @ text_rows.T > SAME_TEXT_COSINE) | (image_rows @ image_rows.T > SAME_IMAGE_COSINE)
        return same.fill_diagonal_(False)


def _spread(dim: int) -> np.float32:
    """Unit rows times this have coordinates of about unit variance, which is what the initial weights expect."""
    return np.float32(np.sqrt(dim))


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """torch seeded, deterministic and on THREADS threads, and as it was afterwards."""
    import torch

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        torch.set_num_threads(THREADS)
        torch.use_deterministic_algorithms(True, warn_only=bool(devices))
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)
