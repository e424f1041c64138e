"""Addresses that came from outside and may only lead back into this site."""

from urllib.parse import urlsplit

from flask import request


def inside(address: str | None) -> str | None:
    """The path and query of an address, when it is one of ours; None for anywhere else.

    "//elsewhere" and "/\\elsewhere" look like paths, but browsers leave the site for them.
    """
    try:
        parts = urlsplit((address or "").strip())
    except ValueError:
        return None
    ours = (parts.scheme in ("http", "https") and parts.netloc == request.host) or not (parts.scheme or parts.netloc)
    if not ours or not parts.path.startswith("/") or parts.path[1:2] in ("/", "\\"):
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
