"""What every section of a profile is, and the bound of its counts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MOST = 1_000_000_000
"""No count that a profile bounds is higher."""


class Section(BaseModel):
    """Named settings; an unknown key, or a number that is not finite, is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
