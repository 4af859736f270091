"""Seeded 64-bit hashes of ids, the only chance in evaluation: they do not move when other ids come or go."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

HashArray = npt.NDArray[np.uint64]


def hash_ids(ids: Iterable[str], seed: int) -> HashArray:
    """(n,) one hash per id; another seed gives unrelated hashes."""
    key = seed.to_bytes(16, "little", signed=True)
    digests = b"".join(blake2b(value.encode(), digest_size=8, key=key).digest() for value in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def mix(left: HashArray, right: HashArray) -> HashArray:
    """A hash of each pair (left, right), order mattering, by SplitMix64's finaliser (Steele et al. 2014)."""
    z = left * np.uint64(0x9E3779B97F4A7C15) + right  # wraps modulo 2^64
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
