"""The input layout: the tables and columns a catalog comes in, declared once.

Only names, types and rules that can be said in a word live here. How a cell becomes a value is `cells.py`, what
makes a row bad is `validate.py`, where the files are is `folder.py`.
"""

from dataclasses import dataclass

import pyarrow as pa

TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")
FLAG = pa.bool_()
NUMBER = pa.float64()
COUNT = pa.int64()
TAGS = pa.list_(pa.string())
BYTES = pa.large_binary()

EVENTS = ("impression", "click", "closeup", "long_click", "save", "hide")
SURFACES = ("related", "home", "search")
SEARCH_KINDS = ("search", "autocomplete", "filter", "browse")

MAX_TEXT_CHARS = 20_000
MAX_ID_CHARS = 1_000


@dataclass(frozen=True)
class InputColumn:
    """One column of an input table; `required` means that a file without it is an error."""

    name: str
    type: pa.DataType
    description: str
    required: bool = False

    @property
    def is_id(self) -> bool:
        return self.name.endswith("_id")


@dataclass(frozen=True)
class InputTable:
    """One table of the input layout.

    `key` names the columns that tell two rows apart. `derived_id` is the key column that is made from the row's
    content where the source gives none. `recency` orders duplicates (the newest wins) where the table has it.
    `keeps_unknown_columns`: columns outside the layout are gathered as JSON in `attributes`.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[InputColumn, ...]
    derived_id: str | None = None
    recency: str | None = None
    keeps_unknown_columns: bool = False

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> InputColumn:
        return next(column for column in self.columns if column.name == name)


PINS = InputTable(
    name="pins",
    description="one row per pin: an image and what its owner says about it",
    key=("pin_id",),
    recency="updated_at",
    columns=(
        InputColumn("pin_id", TEXT, "the pin's id in the catalog", required=True),
        InputColumn("image_bytes", BYTES, "the encoded image; base64 text in CSV and JSONL"),
        InputColumn("image_url", TEXT, "http, https, s3, gs, or a file path relative to the source"),
        InputColumn("title", TEXT, "the pin's title"),
        InputColumn("description", TEXT, "the pin's description"),
        InputColumn("link", TEXT, "the page the pin leads to"),
        InputColumn("price", NUMBER, "price, in `currency`"),
        InputColumn("currency", TEXT, "ISO 4217 code of the price"),
        InputColumn("board_category", TEXT, "category of the board it was first saved to"),
        InputColumn("merchant_tags", TAGS, "words a merchant gave the pin"),
        InputColumn("created_at", TIME, "when the pin was made"),
        InputColumn("updated_at", TIME, "when the pin was last changed; the newest of duplicate ids wins"),
        InputColumn("deleted", FLAG, "true takes the pin out of the catalog"),
    ),
)
BOARDS = InputTable(
    name="boards",
    description="one row per board",
    key=("board_id",),
    columns=(
        InputColumn("board_id", TEXT, "the board's id", required=True),
        InputColumn("title", TEXT, "the board's title"),
        InputColumn("description", TEXT, "the board's description"),
        InputColumn("owner_id", TEXT, "the user whose board it is"),
        InputColumn("category", TEXT, "the board's category"),
    ),
)
BOARD_PINS = InputTable(
    name="board_pins",
    description="one row per board and pin saved to it; of repeats the later file, then the later row, is kept",
    key=("board_id", "pin_id"),
    columns=(
        InputColumn("board_id", TEXT, "the board", required=True),
        InputColumn("pin_id", TEXT, "the pin saved to it", required=True),
        InputColumn("saved_at", TIME, "when it was saved"),
        InputColumn("note", TEXT, "what the saver wrote"),
    ),
)
INTERACTIONS = InputTable(
    name="interactions",
    description="one row per event of a user with a pin",
    key=("interaction_id",),
    derived_id="interaction_id",
    columns=(
        InputColumn("interaction_id", TEXT, "the event's id; made from the row's content where not given"),
        InputColumn("user_id", TEXT, "who", required=True),
        InputColumn("pin_id", TEXT, "which pin", required=True),
        InputColumn("event", TEXT, " | ".join(EVENTS), required=True),
        InputColumn("created_at", TIME, "when"),
        InputColumn("surface", TEXT, f"where it was shown: {', '.join(SURFACES)}"),
        InputColumn("query_pin_id", TEXT, "the pin whose feed it was shown in"),
        InputColumn("position", COUNT, "rank it was shown at, 1-based"),
        InputColumn("device", TEXT, "device it was shown on"),
        InputColumn("locale", TEXT, "locale of the user"),
        InputColumn("request_id", TEXT, "the request that showed it"),
        InputColumn("is_randomised", FLAG, "true where positions were drawn at random"),
    ),
)
SEARCHES = InputTable(
    name="searches",
    description="one row per search, or per query with its count",
    key=("search_id",),
    derived_id="search_id",
    columns=(
        InputColumn("search_id", TEXT, "the search's id; made from the row's content where not given"),
        InputColumn("query", TEXT, "what was typed", required=True),
        InputColumn("user_id", TEXT, "who searched"),
        InputColumn("created_at", TIME, "when"),
        InputColumn("count", COUNT, "how often, where rows are counted already"),
        InputColumn("clicked_pin_id", TEXT, "the pin clicked in the results"),
        InputColumn("filters", TEXT, "filters that were set"),
        InputColumn("kind", TEXT, f"how it was asked: {', '.join(SEARCH_KINDS)}"),
    ),
)
USERS = InputTable(
    name="users",
    description="one row per user",
    key=("user_id",),
    keeps_unknown_columns=True,
    columns=(
        InputColumn("user_id", TEXT, "the user's id", required=True),
        InputColumn("attributes", TEXT, "every other column, as one JSON object of texts"),
    ),
)

INPUT_TABLES: dict[str, InputTable] = {
    table.name: table for table in (PINS, BOARDS, BOARD_PINS, INTERACTIONS, SEARCHES, USERS)
}
IMAGE_COLUMNS = ("image_bytes", "image_url")
