"""The files that pages need: each under a name that changes with what is in it, and kept by
browsers for a year."""

import gzip
import hashlib
import pathlib
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask, abort, request
from werkzeug.wrappers import Response

from timebank.config import STATIC

FOR_A_YEAR = "public, max-age=31536000, immutable"

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_SMALL_ALREADY = (".png", ".woff2")

_NAMED = re.compile(rb'url\("([\w.-]+)"\)')
_REMARK = re.compile(rb"/\*.*?\*/\s*", re.DOTALL)


@dataclass(frozen=True)
class File:
    """A file of ours, as it is and packed, and the name it goes by while it is so."""

    name: str
    kind: str
    version: str
    content: bytes
    packed: bytes | None


def read(folder: pathlib.Path) -> dict[str, File]:
    """The files of the folder, by their plain names."""
    # A stylesheet names other files, and so comes after them.
    paths = sorted(folder.iterdir(), key=lambda path: (path.suffix == ".css", path.name))
    files: dict[str, File] = {}
    for path in paths:
        content = path.read_bytes()
        if path.suffix == ".css":
            content = _NAMED.sub(
                lambda found: b'url("%s")' % files[found[1].decode()].name.encode(),
                _REMARK.sub(b"", content),
            )
        files[path.name] = _file(path, content)
    return files


def _file(path: pathlib.Path, content: bytes) -> File:
    version = hashlib.sha256(content).hexdigest()[:8]
    packed = None if path.suffix in _SMALL_ALREADY else gzip.compress(content, mtime=0)
    name = f"{path.stem}.{version}{path.suffix}"
    return File(name, _KINDS[path.suffix], version, content, packed)


def install(app: Flask) -> None:
    """Serve them in place of what Flask would.

    The versioned name of anything but what is here is refused: where two versions are served at
    once for a while, nobody keeps the old file for a year under the name of the new one.
    """
    files = read(STATIC)
    versioned = {file.name: file for file in files.values()}

    @app.url_defaults
    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and values.get("filename") in files:
            values["filename"] = files[values["filename"]].name

    def static(filename: str) -> Response:
        file = versioned.get(filename) or files.get(filename)
        if file is None:
            abort(404)
        packed = file.packed if "gzip" in request.accept_encodings else None
        answer = Response(file.content if packed is None else packed, content_type=file.kind)
        answer.set_etag(file.version if packed is None else f"{file.version}-gzip")
        answer.headers["Cache-Control"] = FOR_A_YEAR if filename in versioned else "no-cache"
        answer.vary.add("Accept-Encoding")
        if packed is not None:
            answer.content_encoding = "gzip"
        return answer.make_conditional(request)

    app.view_functions["static"] = static
