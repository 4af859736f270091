"""What one run has spent on a server, and whether it may spend more. A limit is never knowingly passed."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True)
class Reserved:
    """Tokens put aside for one request until its answer says how many it took."""

    input_tokens: int
    output_tokens: int
    estimated_input: int


class Budget:
    """Tokens and money of one run, shared by threads.

    A request is let through when the most it can cost still fits beside all that is under way. What it can cost is
    estimated; the estimate grows with the worst that was seen, so only a server that counts far more input tokens than
    expected, or writes more than it may, in its first answers can take a run past its limit, by those.

    Args:
        input_price, output_price: per million tokens; None counts as nothing.
        spend_limit: what a run may cost; None for any.
        token_limit: input and output tokens of a run together; None for any.
    """

    def __init__(
        self,
        input_price: float | None = None,
        output_price: float | None = None,
        spend_limit: float | None = None,
        token_limit: int | None = None,
    ) -> None:
        self._prices = (input_price or 0.0, output_price or 0.0)
        self._spend_limit, self._token_limit = spend_limit, token_limit
        self._under_way: dict[int, Reserved] = {}
        self._worst_ratio, self._worst_output = 1.0, 0
        self._changed = threading.Condition()
        self.n_answers = 0
        self.input_tokens = 0
        self.output_tokens = 0

    @property
    def spent(self) -> float:
        """What was spent, in the currency of the prices."""
        return self._cost(self.input_tokens, self.output_tokens)

    def reserve(self, estimated_input: int, most_output: int) -> Reserved | None:
        """Put aside what a request can cost; None if it does not fit, once nothing under way can make room."""
        with self._changed:
            while True:
                inputs = math.ceil(estimated_input * self._worst_ratio)
                outputs = max(most_output, self._worst_output)
                if self._fits(inputs, outputs):
                    reserved = Reserved(inputs, outputs, max(1, estimated_input))
                    self._under_way[id(reserved)] = reserved
                    return reserved
                if not self._under_way:
                    return None
                self._changed.wait()

    def settle(self, reserved: Reserved, usage: tuple[int, int] | None) -> None:
        """Count what a request took, (input, output) tokens; what was put aside if the server did not say."""
        with self._changed:
            inputs, outputs = usage or (reserved.input_tokens, reserved.output_tokens)
            if usage is not None:
                self._worst_ratio = max(self._worst_ratio, inputs / reserved.estimated_input)
                self._worst_output = max(self._worst_output, outputs)
            self.n_answers += 1
            self.input_tokens += inputs
            self.output_tokens += outputs
            self._free(reserved)

    def release(self, reserved: Reserved) -> None:
        """Put back what was put aside, if it still is: a request that was refused took nothing."""
        with self._changed:
            self._free(reserved)

    def limits(self) -> str:
        """The limits in words."""
        told = [f"spend limit {self._spend_limit:g}"] if self._spend_limit is not None else []
        told += [f"limit of {self._token_limit:,} tokens"] if self._token_limit is not None else []
        return " and ".join(told) or "no limit"

    def _free(self, reserved: Reserved) -> None:
        self._under_way.pop(id(reserved), None)
        self._changed.notify_all()

    def _fits(self, inputs: int, outputs: int) -> bool:
        inputs += self.input_tokens + sum(one.input_tokens for one in self._under_way.values())
        outputs += self.output_tokens + sum(one.output_tokens for one in self._under_way.values())
        if self._token_limit is not None and inputs + outputs > self._token_limit:
            return False
        return self._spend_limit is None or self._cost(inputs, outputs) <= self._spend_limit

    def _cost(self, inputs: int, outputs: int) -> float:
        return (inputs * self._prices[0] + outputs * self._prices[1]) / MILLION
