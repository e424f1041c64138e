"""Pictures made small and upright, and freed of everything that a camera writes into them. Pure
functions."""

import io
import threading
from collections.abc import Callable

from PIL import Image, ImageOps

from timebank.errors import NoPicture
from timebank.say import say

LARGEST = 10
"""As many megabytes (of a million bytes) as a picture may have: twice what phones make of one."""

MOST_PIXELS = 25_000_000
"""A picture of more is not unpacked: a small file can hold one that fills the memory. Unpacked with
what lets one look through, each takes four bytes, and there are two of them for a moment."""

MOST_PIXELS_JPEG = 64_000_000
"""A JPEG is made smaller while it is unpacked, so that what phones take, 12 to 50 million, can be
sent as it is; more than this is no photograph."""

_one_at_a_time = threading.Lock()

LONGER_SIDE = 1600
"""As many pixels as the longer side of a picture keeps: enough to fill a screen, and to print a
postcard."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 82

# Pillow would warn of large pictures, or refuse them in words of its own; `shrunk` counts before
# anything is unpacked.
Image.MAX_IMAGE_PIXELS = None


SIGN_SIDE = 480
"""As many pixels as the longer side of a sign keeps: enough to print it at the head of a letter."""


def sign(data: bytes) -> Image.Image:
    """The same as `shrunk`, smaller, and one looks through it where one did before."""
    return _read(data, lambda opened: _upright(opened, SIGN_SIDE))


def shrunk(data: bytes) -> Image.Image:
    """The picture, told by its content whatever its file is called, made small and upright. Raises
    NoPicture."""
    return _read(data, _flat)


def _read(data: bytes, make: Callable[[Image.Image], Image.Image]) -> Image.Image:
    if not data:
        raise NoPicture(say("Choose a picture."))
    if len(data) > LARGEST * 1_000_000:
        # Rounded up, so that nobody reads of 10 MB where 10 MB are allowed.
        size = f"{-(-len(data) // 100_000) / 10:g}"
        raise NoPicture(
            say(
                "This file has %(size)s MB, and a picture may have %(largest)s MB. Save it smaller,"
                " and choose it again.",
                size=size,
                largest=LARGEST,
            )
        )
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            most = MOST_PIXELS_JPEG if opened.format == "JPEG" else MOST_PIXELS
            # While four are unpacked at once a small machine has no memory left for anything else.
            if opened.width * opened.height <= most:
                with _one_at_a_time:
                    opened.draft("RGB", (LONGER_SIDE, LONGER_SIDE))
                    return make(opened)
            size = f"{opened.width:,} by {opened.height:,} pixels"
    # What is broken makes Pillow raise nearly anything: OSError, SyntaxError, ValueError,
    # struct.error, zlib.error.
    except Exception as fault:
        words = say(
            "This is no picture that can be read here. Choose a JPEG, PNG, WebP or GIF; phones can"
            " save any picture as JPEG."
        )
        raise NoPicture(words) from fault
    raise NoPicture(
        say(
            "This picture has %(size)s, and may have %(what)s million. Save it smaller.",
            size=size,
            what=most // 1_000_000,
        )
    )


def _flat(opened: Image.Image) -> Image.Image:
    """A new picture with nothing of the old one but what is to be seen, its first frame, with white
    where one looks through."""
    seen = _upright(opened, LONGER_SIDE)
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen)
    return flat


def _upright(opened: Image.Image, longer_side: int) -> Image.Image:
    """The picture as it is seen, its first frame, its longer side no longer than that."""
    # Colours by number cannot be mixed while they are made smaller.
    mixed = opened.convert("RGBA") if opened.mode in ("1", "P") else opened
    mixed.thumbnail((longer_side, longer_side))
    seen = ImageOps.exif_transpose(mixed).convert("RGBA")
    # Without whatever was written into the file beside the picture.
    return Image.frombytes("RGBA", seen.size, seen.tobytes())


def squared(picture: Image.Image, side: int) -> Image.Image:
    """The middle of a picture, a little above it where it is upright, since faces stand there;
    `side` pixels long."""
    return ImageOps.fit(picture, (side, side), centering=(0.5, 0.35))


def jpeg(picture: Image.Image) -> bytes:
    """The picture as a file, without anything but what is to be seen."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def png(picture: Image.Image) -> bytes:
    """The same for a sign, which keeps its sharp edges and what one looks through."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
