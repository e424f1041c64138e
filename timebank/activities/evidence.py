"""Pictures of an activity, and what people said of it: nothing of anybody without their consent. The caller commits."""

import io
from datetime import datetime

from PIL import Image, ImageOps
from sqlalchemy.orm import Session

from timebank.activities import queries, rules
from timebank.activities.errors import NoPicture
from timebank.activities.models import Activity, Photo, Quote
from timebank.activities.service import require_run
from timebank.banks.models import Bank
from timebank.errors import Invalid, together
from timebank.members.rules import Actor

LARGEST = 10
"""As many megabytes (of a million bytes) as a picture may have: twice what phones make of one."""

MOST_PIXELS = 64_000_000
"""A picture of more is not unpacked: a small file can hold one that fills the memory. Most phones take 12 to 50 million."""

LONGER_SIDE = 1600
"""As many pixels as the longer side of a picture keeps: enough to fill a screen, and to print a postcard."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 82

# Pillow would warn of large pictures, or refuse them in words of its own; `shrunk` counts before anything is unpacked.
Image.MAX_IMAGE_PIXELS = None


def add_photo(
    session: Session, bank: Bank, activity_id: int, *, data: bytes, alt: str, consent: bool, by: Actor, now: datetime
) -> Photo:
    """Keep a picture: upright, at most `LONGER_SIDE` pixels long, and freed of everything that a camera writes into it.

    `data` is the file as it came, `alt` says what is to be seen. For those who run the activity. Raises NoPicture; Invalid
    without words or consent.
    """
    activity = _run(session, bank, activity_id, by)
    words, _, picture = together(
        lambda: rules.tidy("alt", alt, required="Write what is to be seen, for those who cannot see it."),
        lambda: _agreed(consent, "Tick that everybody who can be recognised has agreed."),
        lambda: shrunk(data),
    )
    photo = Photo(
        bank_id=bank.id,
        activity_id=activity.id,
        alt=words,
        width=picture.width,
        height=picture.height,
        consent=True,
        by=by.key,
        at=now,
        jpeg=_jpeg(picture),
    )
    session.add(photo)
    session.flush()
    return photo


def remove_photo(session: Session, bank: Bank, photo_id: int, *, by: Actor) -> Activity:
    """Delete a picture, as whoever is on it may ask at any time. Returns the activity it was of."""
    return _remove(session, bank, queries.photo(session, bank, photo_id), by)


def add_quote(
    session: Session, bank: Bank, activity_id: int, *, words: str, said_by: str, consent: bool, by: Actor, now: datetime
) -> Quote:
    """Keep what somebody said. `said_by` is what they want to be called. For those who run the activity. Raises Invalid."""
    activity = _run(session, bank, activity_id, by)
    kept, name, _ = together(
        lambda: rules.tidy("words", words, required="Write what they said."),
        lambda: rules.tidy("said_by", said_by, required="Write what they want to be called, such as “a member, 71”."),
        lambda: _agreed(consent, "Tick that they have agreed to be quoted."),
    )
    quote = Quote(bank_id=bank.id, activity_id=activity.id, words=kept, said_by=name, consent=True, by=by.key, at=now)
    session.add(quote)
    session.flush()
    return quote


def remove_quote(session: Session, bank: Bank, quote_id: int, *, by: Actor) -> Activity:
    """Delete what somebody said, as they may ask at any time. Returns the activity it was about."""
    return _remove(session, bank, queries.quote(session, bank, quote_id), by)


def _run(session: Session, bank: Bank, activity_id: int, by: Actor) -> Activity:
    activity = queries.activity(session, bank, activity_id)
    require_run(activity, by)
    return activity


def _remove(session: Session, bank: Bank, row: Photo | Quote, by: Actor) -> Activity:
    activity = _run(session, bank, row.activity_id, by)
    session.delete(row)
    session.flush()
    return activity


def _agreed(consent: bool, words: str) -> None:
    if not consent:
        raise Invalid(words, fields={"consent": words})


def shrunk(data: bytes) -> Image.Image:
    """The picture, told by its content whatever its file is called, made small and upright. Raises NoPicture."""
    if not data:
        raise NoPicture("Choose a picture.")
    if len(data) > LARGEST * 1_000_000:
        # Rounded up, so that nobody reads of 10 MB where 10 MB are allowed.
        size = f"{-(-len(data) // 100_000) / 10:g}"
        raise NoPicture(f"This file has {size} MB, and a picture may have {LARGEST} MB. Save it smaller, and choose it again.")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height <= MOST_PIXELS:
                return _flat(opened)
            size = f"{opened.width:,} by {opened.height:,} pixels"
    # What is broken makes Pillow raise nearly anything: OSError, SyntaxError, ValueError, struct.error, zlib.error.
    except Exception as fault:
        words = (
            "This is no picture that can be read here. Choose a JPEG, PNG, WebP or GIF; phones can save any picture as JPEG."
        )
        raise NoPicture(words) from fault
    raise NoPicture(f"This picture has {size}, and may have {MOST_PIXELS // 1_000_000} million. Save it smaller.")


def _flat(opened: Image.Image) -> Image.Image:
    """A new picture with nothing of the old one but what is to be seen, its first frame, with white where one looks through."""
    # Colours by number cannot be mixed while they are made smaller.
    mixed = opened.convert("RGBA") if opened.mode in ("1", "P") else opened
    mixed.thumbnail((LONGER_SIDE, LONGER_SIDE))
    seen = ImageOps.exif_transpose(mixed).convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen)
    return flat


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()
