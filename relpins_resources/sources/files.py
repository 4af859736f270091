"""Which files of a folder are whose: tables by name, images by suffix, the rest unknown. Names and stats only."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from relpins_resources.sources.layout import INPUT_TABLES
from relpins_resources.sources.reading import SUFFIXES

_PHOTOS = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
IMAGE_SUFFIXES = frozenset((*_PHOTOS, ".avif", ".heic", ".heif", ".ppm", ".pgm"))
_UNFINISHED = (".tmp", ".part")
_SHARD = re.compile(r"-.+|_(\d|part|shard).*")
_MAX_NAMED = 10

Stamp = tuple[int, int]


@dataclass
class FolderFiles:
    """Paths relative to the folder, `/` between parts, with (size in bytes, mtime in ns)."""

    tables: dict[str, dict[str, Stamp]] = field(default_factory=dict)
    images: dict[str, Stamp] = field(default_factory=dict)
    unknown: dict[str, Stamp] = field(default_factory=dict)

    def data_files(self) -> dict[str, Stamp]:
        """Every file that reads as rows, of a table or not."""
        files = {path: stamp for of_table in self.tables.values() for path, stamp in of_table.items()}
        files.update({path: stamp for path, stamp in self.unknown.items() if is_data(path)})
        return files


def list_files(root: Path, stems: Mapping[str, str]) -> FolderFiles:
    """Sort the files under `root`. `stems` maps a table's file stem to the table, e.g. pin_interactions: interactions.

    Names that start with `_` or `.` and unfinished ones (`.tmp`, `.part`) are passed over, and so are symlinked
    folders inside the source: what they lead to is listed where it lies, or is outside.
    """
    found = FolderFiles()
    for path, stamp in _walk(str(root)):
        suffix = os.path.splitext(path)[1].lower()
        table = table_of(path, stems) if is_data(path) else None
        if table is not None:
            found.tables.setdefault(table, {})[path] = stamp
        elif suffix in IMAGE_SUFFIXES or not suffix:
            found.images[path] = stamp
        else:
            found.unknown[path] = stamp
    return found


def _walk(root: str) -> Iterator[tuple[str, Stamp]]:
    folders = [(root, "")]
    while folders:
        folder, prefix = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name[0] in "_." or name.lower().endswith(_UNFINISHED):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=not prefix):
                        folders.append((entry.path, f"{prefix}{name}/"))
                    elif entry.is_file():
                        stat = entry.stat()
                        yield prefix + name, (stat.st_size, stat.st_mtime_ns)
                except OSError:  # it went while the folder was listed, or is a symlink to itself
                    continue


def is_data(path: str) -> bool:
    """True for a file that reads as rows, by its suffix."""
    return path.lower().endswith(SUFFIXES)


def table_of(path: str, stems: Mapping[str, str]) -> str | None:
    """The table a data file belongs to.

    By its own name at the top (`pins.csv`, `pins-*.csv`, `pins_2026.csv`, `pins_part3.csv`), or by the top folder
    it lies in (`pins/`, also `pins.parquet/`), however deep.
    """
    parts = PurePosixPath(path).parts
    name = parts[0]
    stem = name
    for suffix in SUFFIXES:
        stem = stem[: -len(suffix)] if stem.lower().endswith(suffix) else stem
    if stem in stems:
        return stems[stem]
    if len(parts) > 1:
        return None
    matches = [known for known in stems if stem.startswith(known) and _SHARD.fullmatch(stem[len(known) :])]
    return stems[max(matches, key=len)] if matches else None


def table_stems(aliases: Mapping[str, str]) -> dict[str, str]:
    """File stem to table: the layout's names, with a table's alias instead of its own name where it has one."""
    return {aliases.get(table, table): table for table in INPUT_TABLES}


def digest(stamps: Mapping[str, Stamp], *also: str) -> str:
    """A hash over paths, sizes and mtimes, whatever order they were met in."""
    hasher = hashlib.sha256()
    for path in sorted(stamps):
        size, mtime_ns = stamps[path]
        hasher.update(f"{path}\0{size}\0{mtime_ns}\n".encode(errors="surrogateescape"))
    for text in also:
        hasher.update(f"\0{text}".encode())
    return hasher.hexdigest()[:32]


def unknown_files_warning(unknown: Mapping[str, Stamp], stems: Mapping[str, str]) -> list[str]:
    """No line or one, naming the first files that are neither a table nor an image."""
    if not unknown:
        return []
    names = sorted(unknown)
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    line = f"kept out of the source, neither a table nor an image: {', '.join(names[:_MAX_NAMED])}{more}"
    near = next((n for n in names if _near_table(n, stems)), None)
    if near is not None:
        stem = _near_table(near, stems)
        rest = PurePosixPath(near).name[len(str(stem)) + 1 :]
        line += f" (rename {near} to {stem}-{rest} to have it read as {stem})"
    return [line]


def _near_table(path: str, stems: Mapping[str, str]) -> str | None:
    if "/" in path or not path.lower().endswith(SUFFIXES):
        return None
    return next((stem for stem in sorted(stems, key=len, reverse=True) if path.startswith(f"{stem}_")), None)
