"""Where things stand on the site, and which addresses of others may stand on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from relpins_resources.errors import RelpinsError

WEB = ("http", "https")
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\\\"<>^`{|}]")


@dataclass(frozen=True)
class Site:
    """What the site is called and where it will be served: `base_url` is checked, without a slash at its end."""

    name: str
    base_url: str

    def url(self, path: str) -> str:
        """The full address of a file of the site; of its front page for an empty path."""
        return f"{self.base_url}/{quote(path)}"


def page_path(slug: str) -> str:
    return f"collections/{slug}.html"


def category_path(slug: str, number: int = 1) -> str:
    """Of a category's first, second ... page; no slug has two hyphens in a row."""
    return f"categories/{slug}.html" if number == 1 else f"categories/{slug}--{number}.html"


def image_path(image_hash: str) -> str:
    return f"images/{image_hash[:2]}/{image_hash[:32]}.jpg"


def checked_base_url(address: str) -> str:
    """The address that a site is served from, without a slash at its end.

    Raises:
        RelpinsError: it is no web address, or has a user, a query or a fragment.
    """
    parts = _split(address.strip())
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc or web_link(address) is None:
        raise RelpinsError(
            f"base_url {address!r} is no address to serve pages from; give one such as https://shop.example/ideas,"
            " by --base-url or as collections.base_url in the profile"
        )
    return address.strip().rstrip("/")


def web_link(address: str | None) -> str | None:
    """A pin's own link as it may stand on a page: absolute, http or https; None for anything else."""
    if not address or len(address) > 2_000 or _CONTROLS.search(address.strip()):
        return None
    parts = _split(address.strip())
    is_web = parts is not None and parts.scheme.lower() in WEB and bool(parts.hostname)
    return address.strip() if is_web else None


def host_of(address: str) -> str:
    """Whose page a link leads to, as people read it."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts
