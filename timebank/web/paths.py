"""Addresses that came from outside: what they ask for, and whether they lead back into this
site."""

from urllib.parse import urlsplit

from flask import current_app, request

from timebank.room import Link
from timebank.schema import LARGEST_NUMBER


def row_id(text: str) -> int:
    """The number of a row, out of an address. Raises ValueError for what no row can have."""
    number = int(text)
    if not 0 < number <= LARGEST_NUMBER:
        raise ValueError(text[:20])
    return number


def inside(address: str | None) -> str | None:
    """The path and query of an address, when it is one of ours; None for anywhere else.

    "//elsewhere" and "/\\elsewhere" look like paths, but browsers leave the site for them.
    """
    try:
        parts = urlsplit((address or "").strip())
    except ValueError:
        return None
    ours = (parts.scheme in ("http", "https") and parts.netloc == request.host) or not (
        parts.scheme or parts.netloc
    )
    if not ours or not parts.path.startswith("/") or parts.path[1:2] in ("/", "\\"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def path_of(link: Link, slug: str) -> str:
    """The path of a page of the bank with that slug, where no request is there to say so: in what a
    worker sends."""
    addresses = current_app.url_map.bind("localhost")
    return addresses.build(link.endpoint, {**link.values, "bank": slug})
