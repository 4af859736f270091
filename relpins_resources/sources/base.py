"""What every source offers: a cheap look at what is there, rows of one file, and where an image lies.

A source only reads. Which files were read before, which rows changed and what becomes of deleted ones is the
catalog's business.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa


class SourceFileUnreadable(Exception):
    """A file of the source cannot be read now: truncated, still being written, vanished.

    Not the end of a run: the file's old rows are kept and the message becomes a warning.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} cannot be read: {why}")
        self.path = path
        self.why = why


class ImageOutside(Exception):
    """An image path that leaves the source folder, by `..`, by an absolute path or by a symlink."""

    def __init__(self, image_url: str, why: str) -> None:
        super().__init__(why)
        self.image_url = image_url
        self.why = why


@dataclass(frozen=True)
class SourceFile:
    """One file of one table as last seen: `path` is relative to the source, with `/`; `size` in bytes."""

    table: str
    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Scan:
    """What a source holds, by names and stats alone; no file was opened.

    `files` are sorted by table and path. `images` maps an image file's path to (size in bytes, mtime in ns), and
    `images_digest` changes whenever `images` does.
    """

    files: list[SourceFile]
    images_digest: str
    warnings: list[str] = field(default_factory=list)
    images: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def of_table(self, table: str) -> list[SourceFile]:
        return [file for file in self.files if file.table == table]


class Source(ABC):
    """A catalog to read from.

    `identity` names it the same way in every run; a home remembers it. `reading_version` changes when the same files
    would give other rows: another mapping, another layout.
    """

    identity: str
    reading_version: str

    @abstractmethod
    def scan(self) -> Scan:
        """Files by table and a digest of the images, from stats only. RelpinsError where there is no catalog."""

    @abstractmethod
    def check(self) -> None:
        """Read every file's column names; RelpinsError names the first missing required column.

        Files that cannot be read now pass: they are a warning of the run, not the caller's mistake.
        """

    @abstractmethod
    def read(self, file: SourceFile) -> pa.Table:
        """Rows of one file under the layout's column names, not yet typed: `validate` does that.

        Raises SourceFileUnreadable, and RelpinsError where a required column is missing.
        """

    @abstractmethod
    def read_batches(self, file: SourceFile) -> Iterator[pa.RecordBatch]:
        """The rows of `read` in order, a part at a time; for files with images in them.

        Parts of a Parquet file weigh about 32 MB and only they are in memory; CSV and JSONL are read whole first.
        Raises as `read` does, SourceFileUnreadable also after the last batch where the file changed meanwhile.
        """

    @abstractmethod
    def column_warnings(self) -> list[str]:
        """One line per table that names the columns kept out of what was read so far."""

    @abstractmethod
    def image_path(self, image_url: str) -> Path:
        """The file an image_url names, symlinks resolved, inside the source; it may not exist.

        Raises ImageOutside. Only for urls that `classify_image_url` calls a file.
        """
