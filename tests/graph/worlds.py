"""A small catalog that tests change by hand: sixty pins of drawn colours, boards, people, as a source folder."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
BROKEN = -1
COPY = 1_000_000
"""Picture COPY + n is picture n as another file: larger, and a JPEG."""
WORDS = ("oak", "linen", "blue", "velvet", "boho", "kitchen", "sofa", "lamp", "tulip", "denim", "picnic", "harbour")


@dataclass
class SmallWorld:
    """The source as plain Python; `write` puts it on disk as it is now."""

    pins: dict[str, dict[str, object]] = field(default_factory=dict)
    boards: dict[str, str] = field(default_factory=dict)
    saves: dict[tuple[str, str], datetime] = field(default_factory=dict)
    searches: list[str] = field(default_factory=lambda: ["blue sofa", "oak lamp under $100", "blue sofa"])
    requests: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    as_of: datetime = AS_OF
    n_made: int = 0

    @classmethod
    def of(cls, n_pins: int = 60, n_boards: int = 18) -> SmallWorld:
        world = cls()
        for _ in range(n_pins - 1):
            world.add_pin()
        world.add_pin(picture=BROKEN)
        pin_ids = list(world.pins)
        for b in range(n_boards):
            world.boards[f"board{b:02d}"] = f"{WORDS[b % len(WORDS)]} ideas"
            for k in range(4):
                world.save(f"board{b:02d}", pin_ids[(b * 7 + k * 3 + (b % 5) * k) % n_pins])
        for number in range(48):
            world.ask(pin_ids[(number % 12) * 4 % n_pins])
        return world

    def add_pin(self, picture: int | None = None) -> str:
        """A new pin, every third one for sale; `picture` repeats the picture of an earlier number."""
        number = self.n_made
        self.n_made += 1
        pin_id = f"pin{(number * 37) % 1000:03d}"
        rng = np.random.default_rng(number)
        is_sold = number % 3 == 0
        title = " ".join(rng.choice(WORDS, 3)) if number % 2 else ""
        self.pins[pin_id] = {
            "title": title,
            "description": "",
            "picture": number if picture is None else picture,
            "merchant_tags": [WORDS[number % 11], WORDS[number % 5], WORDS[7 + number % 5]] if is_sold else None,
            "price": 30.0 + 40 * (number % 4) if is_sold else None,
            "currency": "USD" if is_sold else None,
            "created_at": AS_OF - timedelta(days=60 - number % 50),
        }
        return pin_id

    def save(self, board_id: str, pin_id: str) -> None:
        self.saves[board_id, pin_id] = AS_OF - timedelta(days=(len(self.saves) * 5) % 40 + 1)

    def ask(self, query_pin_id: str) -> None:
        """A request for what goes with a pin: four pins of the same eight, shown in one order or another."""
        others = sorted(pin_id for pin_id in self.pins if pin_id != query_pin_id)
        rng = np.random.default_rng(len(self.requests))
        pool = [others[(sum(map(ord, query_pin_id)) * 5 + 3 * k) % len(others)] for k in range(8)]
        shown = rng.permutation(list(dict.fromkeys(pool)))[:4]
        self.requests.append((query_pin_id, tuple(str(pin_id) for pin_id in shown)))

    def drop_pin(self, pin_id: str) -> None:
        del self.pins[pin_id]
        self.saves = {key: at for key, at in self.saves.items() if key[1] != pin_id}

    def write(self, folder: Path) -> None:
        """All tables, pins in two files; three people's boards, one's clicks and searches, one who did nothing yet."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "_source.yaml").write_text(f"as_of: {self.as_of.date().isoformat()}\n")
        rows = [{"pin_id": pin_id, **pin} for pin_id, pin in self.pins.items()]
        for part in (0, 1):
            mine = [row for row in rows if int(str(row["pin_id"])[-1]) % 2 == part]
            _write(folder / f"pins-{part}.parquet", [_pin_row(row, folder / "images") for row in mine])
        boards = [{"board_id": b, "title": t, "owner_id": f"u{sum(map(ord, b)) % 3}"} for b, t in self.boards.items()]
        _write(folder / "boards.parquet", boards)
        saves = [{"board_id": b, "pin_id": p, "saved_at": at} for (b, p), at in self.saves.items()]
        _write(folder / "board_pins.parquet", saves)
        clicks = [
            {"user_id": "u1", "pin_id": row["pin_id"], "event": "click", "created_at": AS_OF - timedelta(days=3)}
            for row in rows[:5]
        ]
        _write(folder / "interactions.parquet", [*self._shown(), *clicks])  # the columns are those of the first row
        searches = [{"query": q, "created_at": AS_OF - timedelta(days=2 + n)} for n, q in enumerate(self.searches)]
        _write(folder / "searches.parquet", searches)
        _write(folder / "users.parquet", [{"user_id": who, "country": "IT"} for who in ("u1", "u9")])

    def _shown(self) -> list[dict[str, object]]:
        """What every request showed, and what was done: more at upper places; every fourth list was in random order."""
        rows: list[dict[str, object]] = []
        for number, (query, shown) in enumerate(self.requests):
            rng = np.random.default_rng(number)
            for place, pin_id in enumerate(shown, start=1):
                done = [event for event in ("closeup", "click", "long_click", "save") if rng.random() < 0.5 / place]
                told = {"request_id": f"r{number}", "query_pin_id": query, "position": place, "surface": "related"}
                told |= {"device": ("phone", "desktop")[number % 2], "is_randomised": number % 4 == 0, "user_id": "u2"}
                at = AS_OF - timedelta(days=number % 9 + 1)
                rows += [{**told, "pin_id": pin_id, "event": e, "created_at": at} for e in ("impression", *done)]
        return rows


def picture(number: int, side: int = 24) -> bytes:
    """A PNG of two colours that the number decides; every fourth has an object, away from its border.

    Of a copy it is a JPEG of other pixels that show the same.
    """
    if number >= COPY:
        original, file = Image.open(io.BytesIO(picture(number - COPY, side))), io.BytesIO()
        original.resize((40, 40), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)
        return file.getvalue()
    rng = np.random.default_rng(1_000 + number)
    pixels = np.empty((side, side, 3), np.uint8)
    pixels[:] = rng.integers(0, 256, 3)
    first = 3 if number % 4 == 1 else 0
    pixels[first : rng.integers(4, side - 4), first : rng.integers(4, side - 4)] = rng.integers(0, 256, 3)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _pin_row(row: dict[str, object], images: Path) -> dict[str, object]:
    """A row of the source; every tenth pin names an image file, the others carry their image."""
    number, pin_id = row["picture"], str(row["pin_id"])
    assert isinstance(number, int)
    given = {name: value for name, value in row.items() if name != "picture"}
    data = b"no image" if number == BROKEN else picture(number)
    if not pin_id.endswith("4"):
        return {**given, "image_bytes": data, "image_url": None}
    images.mkdir(exist_ok=True)
    path = images / f"{pin_id}.png"
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
    return {**given, "image_bytes": None, "image_url": f"images/{path.name}"}


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    """A Parquet file, or none where there is no row, replaced in one step as a careful exporter would."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    aside = path.with_suffix(".tmp")
    pq.write_table(pa.Table.from_pylist(rows), aside)
    aside.replace(path)
