"""Where an image_url points: a file under the source folder, or a remote place to be fetched."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from relpins_resources.sources.base import ImageOutside

REMOTE_SCHEMES = ("http", "https", "s3", "gs")
# a colon alone may be part of a file name ("photo:1.jpg"); one letter is a Windows drive
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://|(data|file):", re.IGNORECASE)


class UnsupportedScheme(ValueError):
    """An image_url with a scheme that relpins does not read."""


@dataclass(frozen=True)
class ImageLocation:
    """`location` is a file path as written (kind 'file') or a url (kind 'remote')."""

    kind: Literal["file", "remote"]
    location: str


def classify_image_url(url: str) -> ImageLocation:
    """Tell a file from a remote image.

    `file://` and plain paths are files (a `file:` url is percent-decoded, a plain path is taken as written);
    http, https, s3 and gs are remote. Any other scheme raises UnsupportedScheme.
    """
    match = _SCHEME.match(url.strip())
    if match is None:
        return ImageLocation("file", url.strip())
    scheme = (match[1] or match[2]).lower()
    if scheme in REMOTE_SCHEMES:
        return ImageLocation("remote", url.strip())
    if scheme == "file":
        return ImageLocation("file", _path_of_file_url(url.strip()))
    raise UnsupportedScheme(f"scheme {scheme!r} is not read; known: file, {', '.join(REMOTE_SCHEMES)}, or a path")


def lexically_outside(path: str) -> bool:
    """True where a path as written climbs out of the folder it is relative to; absolute paths do."""
    if "\0" in path or path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[\\/]", path):
        return True
    return os.path.normpath(path).split(os.sep)[0] == ".."


def resolve_image(root: Path, image_url: str) -> Path:
    """The file that image_url names, symlinks resolved; `root` is a resolved folder.

    An absolute path is fine where it ends inside `root`. The file need not exist. Raises ImageOutside, also for
    remote urls, and UnsupportedScheme.
    """
    kind, path = (place := classify_image_url(image_url)).kind, place.location
    if kind == "remote":
        raise ImageOutside(image_url, "it is no file")
    if "\0" in path:
        raise ImageOutside(image_url, "the path holds a NUL character")
    try:
        resolved = os.path.realpath(os.path.join(root, path))
    except (OSError, ValueError) as error:
        raise ImageOutside(image_url, f"the path cannot be resolved: {error}") from error
    if not (resolved + os.sep).startswith(str(root).rstrip(os.sep) + os.sep):
        raise ImageOutside(image_url, "it leads outside the source folder")
    return Path(resolved)


def _path_of_file_url(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.netloc if parts.netloc not in ("", "localhost") else "") + unquote(parts.path)
