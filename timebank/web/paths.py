"""Addresses that came from outside and may only lead back into this site."""

from urllib.parse import urlsplit

from flask import request


def inside(address: str | None) -> str | None:
    """The path and query of an address, when it is one of ours; None for anywhere else.

    "//elsewhere" and "/\\elsewhere" look like paths, but browsers leave the site for them.
    """
    if not address:
        return None
    parts = urlsplit(address.strip())
    if parts.netloc and parts.netloc != request.host:
        return None
    if parts.scheme not in ("", "http", "https") or (parts.scheme and not parts.netloc):
        return None
    path = parts.path
    if not path.startswith("/") or path[1:2] in ("/", "\\"):
        return None
    return f"{path}?{parts.query}" if parts.query else path
