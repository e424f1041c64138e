"""Pictures and quotes: with consent, made small, and with nothing in them but what is to be
seen."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms
from sqlalchemy.orm import Session

from tests.activities.test_register import refused
from tests.factories import NOW, actor, make_activity, make_bank, make_member, system
from timebank import pictures
from timebank.act import Act
from timebank.activities import evidence, queries
from timebank.activities.models import Activity, Photo, Quote
from timebank.activities.rules import NewPhoto, NewQuote
from timebank.banks.models import Bank
from timebank.errors import Invalid, NoPicture, NotAllowed, NotFound

RED, BLUE = (254, 0, 0), (0, 0, 254)


def picture(
    file_format: str = "JPEG",
    size: tuple[int, int] = (40, 30),
    mode: str = "RGB",
    colour: Any = RED,
    **more,
) -> bytes:
    return written(Image.new(mode, size, colour), file_format, **more)


def written(image: Image.Image, file_format: str, **more) -> bytes:
    out = io.BytesIO()
    image.save(out, file_format, **more)
    return out.getvalue()


def two_halves(size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def add(session: Session, bank: Bank, activity: Activity, data: bytes, **given) -> Photo:
    act = given.pop("act", Act(system(bank), NOW))
    new = NewPhoto(data, **{"alt": "Mending a lamp", "consent": True, **given})
    return evidence.add_photo(session, bank, activity.id, new, act)


def kept(session: Session, photo: Photo) -> Image.Image:
    """The picture as it lies in the database."""
    session.expire(photo)
    image = Image.open(io.BytesIO(photo.jpeg))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (photo.width, photo.height))
    return image


def near(seen: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(seen, colour, strict=True))


def segments(jpeg: bytes) -> list[int]:
    """The markers of a JPEG file up to its first scan."""
    found, at = [], 2
    while not found or found[-1] != 0xDA:
        marker, length = struct.unpack(">xBH", jpeg[at : at + 4])
        found.append(marker)
        at += 2 + length
    return found


# ---- Pictures ----


def test_nothing_that_a_camera_writes_into_a_picture_is_kept(session: Session) -> None:
    bank = make_bank(session)
    exif = Image.Exif()
    exif[0x010F], exif[0x9286] = "Nokia", "Joan at home"
    exif.get_ifd(0x8825).update({1: "N", 2: (56.0, 12.0, 27.5), 3: "W", 4: (3.0, 9.0, 1.5)})
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>Home of Joan</place></x:xmpmeta>'
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = picture(
        exif=exif, xmp=xmp, comment=b"Joan Whitlock", icc_profile=profile, dpi=(300, 300)
    )
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)[4] == (3.0, 9.0, 1.5)
    photo = add(session, bank, make_activity(session, bank), data)
    image = kept(session, photo)
    assert not image.getexif()
    assert set(image.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    # APP0 (JFIF), tables and frame: none of APP1 to APP15, and no comment.
    assert set(segments(photo.jpeg)) <= {0xE0, 0xDB, 0xC2, 0xC4, 0xDA}
    for words in (b"Joan", b"Nokia", b"Exif", b"adobe", b"ICC_PROFILE"):
        assert words in data
        assert words not in photo.jpeg


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(orientation: int, file_format: str) -> None:
    """As the camera held it the red half is on the left."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    flat = pictures.shrunk(written(two_halves(), file_format, exif=exif))
    turned = orientation > 4
    assert flat.size == ((40, 80) if turned else (80, 40))
    first, last = flat.getpixel((4, 4)), flat.getpixel((flat.width - 5, flat.height - 5))
    red_first = orientation in (1, 4, 5, 6)
    assert near(first, RED) == red_first
    assert near(last, RED) != red_first


@pytest.mark.parametrize(
    ("size", "becomes"),
    [((2000, 500), (1600, 400)), ((30, 4000), (12, 1600)), ((40, 30), (40, 30))],
)
def test_a_large_picture_is_made_small_and_a_small_one_is_left(
    size: tuple[int, int], becomes: tuple[int, int]
) -> None:
    for file_format in ("JPEG", "PNG"):
        assert pictures.shrunk(picture(file_format, size)).size == becomes


@pytest.mark.parametrize(
    ("file_format", "mode", "colour", "becomes"),
    [
        ("PNG", "RGBA", (0, 0, 254, 0), (255, 255, 255)),
        ("PNG", "LA", (0, 0), (255, 255, 255)),
        ("PNG", "P", 0, (0, 0, 0)),
        ("PNG", "1", 1, (255, 255, 255)),
        ("WEBP", "RGBA", (0, 0, 254, 255), BLUE),
        ("JPEG", "CMYK", (0, 0, 0, 0), (255, 255, 255)),
        ("JPEG", "L", 200, (200, 200, 200)),
        ("MPO", "RGB", RED, RED),
        ("GIF", "RGB", RED, RED),
    ],
)
def test_pictures_of_every_kind_become_one_kind(
    session: Session, file_format, mode, colour, becomes
) -> None:
    bank = make_bank(session)
    more = {"transparency": 9} if mode == "P" else {}
    photo = add(
        session,
        bank,
        make_activity(session, bank),
        picture(file_format, mode=mode, colour=colour, **more),
    )
    assert near(kept(session, photo).getpixel((9, 9)), becomes)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(file_format: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, BLUE)]
    more = {"lossless": True} if file_format == "WEBP" else {}
    data = written(
        frames[0], file_format, save_all=True, append_images=frames[1:], duration=100, **more
    )
    assert near(pictures.shrunk(data).getpixel((9, 9)), RED)


def test_a_file_that_is_too_large_is_refused_with_its_size_and_the_limit() -> None:
    with pytest.raises(NoPicture, match="This file has 40 MB, and a picture may have 10 MB"):
        pictures.shrunk(bytes(40_000_000))
    with pytest.raises(NoPicture, match=r"10\.1 MB"):
        pictures.shrunk(bytes(10_000_001))


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def test_a_picture_that_would_fill_the_memory_is_not_unpacked() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(60)))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(NoPicture, match="60,000 by 60,000"):
        pictures.shrunk(bomb)
    just = pictures.MOST_PIXELS // 8000
    with pytest.raises(NoPicture, match=f"8,000 by {just + 1:,} pixels"):
        pictures.shrunk(picture("PNG", (8000, just + 1), "1", 0))


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        picture("BMP"),
        picture("TIFF"),
        picture("JPEG", (400, 300))[:300],
        picture("PNG", (400, 300))[:60],
        b"\xff\xd8\xff",
        b"GIF89a",
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(NoPicture, match="no picture that can be read") as refusal:
        pictures.shrunk(data)
    assert set(refusal.value.fields) == {"photo"}


def test_everything_wrong_with_a_picture_is_said_at_once(session: Session) -> None:
    bank = make_bank(session)
    activity = make_activity(session, bank)
    with pytest.raises(Invalid) as refusal:
        add(session, bank, activity, b"", alt=" ", consent=False)
    assert set(refusal.value.fields) == {"photo", "alt", "consent"}
    assert queries.photos(session, bank, activity.id) == []


def test_a_picture_without_consent_is_not_kept(session: Session) -> None:
    bank = make_bank(session)
    activity = make_activity(session, bank)
    with pytest.raises(Invalid, match="everybody who can be recognised"):
        add(session, bank, activity, picture(), consent=False)
    photo = add(session, bank, activity, picture())
    refused(
        session, "UPDATE photo SET consent = false WHERE id = :id", "ck_photo_consent", id=photo.id
    )
    unasked = (
        "INSERT INTO photo (bank_id, activity_id, alt, width, height, consent, by, at, jpeg) SELECT"
        " bank_id, activity_id, alt, width, height, false, by, at, jpeg FROM photo WHERE id = :id"
    )
    refused(session, unasked, "ck_photo_consent", id=photo.id)


# ---- Quotes ----


def quoted(session: Session, bank: Bank, activity: Activity, **given) -> Quote:
    act = given.pop("act", Act(system(bank), NOW))
    plain = {"words": "I came for a toaster.", "said_by": "A neighbour", "consent": True}
    return evidence.add_quote(session, bank, activity.id, NewQuote(**{**plain, **given}), act)


def test_what_somebody_said_is_kept_under_the_name_they_want(session: Session) -> None:
    bank = make_bank(session)
    activity = make_activity(session, bank)
    quote = quoted(session, bank, activity, said_by=" Joan, 79 ")
    assert [(one.words, one.said_by) for one in queries.quotes(session, bank, activity.id)] == [
        ("I came for a toaster.", "Joan, 79")
    ]
    refused(
        session, "UPDATE quote SET consent = false WHERE id = :id", "ck_quote_consent", id=quote.id
    )
    with pytest.raises(Invalid) as refusal:
        quoted(session, bank, activity, words="", said_by=" ", consent=False)
    assert set(refusal.value.fields) == {"words", "said_by", "consent"}


# ---- Who may ----


def test_those_who_run_the_activity_add_and_remove(session: Session) -> None:
    bank = make_bank(session)
    lead, other = make_member(session, bank, "Bea"), make_member(session, bank, "Cy")
    activity = make_activity(session, bank, resident_lead_id=lead.id)
    photo = add(session, bank, activity, picture(), act=Act(actor(lead), NOW))
    quote = quoted(session, bank, activity, act=Act(actor(lead), NOW))
    for attempt in (
        lambda: add(session, bank, activity, b"nothing", act=Act(actor(other), NOW)),
        lambda: quoted(session, bank, activity, act=Act(actor(other), NOW)),
        lambda: evidence.remove_photo(session, bank, photo.id, by=actor(other)),
        lambda: evidence.remove_quote(session, bank, quote.id, by=actor(other)),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert evidence.remove_photo(session, bank, photo.id, by=actor(lead)) is activity
    assert evidence.remove_quote(session, bank, quote.id, by=actor(lead)) is activity
    assert (
        queries.photos(session, bank, activity.id)
        == queries.quotes(session, bank, activity.id)
        == []
    )


def test_another_bank_s_pictures_and_quotes_are_not_there(session: Session) -> None:
    here, there = make_bank(session), make_bank(session, name="Elsewhere")
    activity = make_activity(session, here)
    photo, quote = add(session, here, activity, picture()), quoted(session, here, activity)
    for attempt in (
        lambda: add(session, there, activity, picture()),
        lambda: evidence.remove_photo(session, there, photo.id, by=system(there)),
        lambda: evidence.remove_quote(session, there, quote.id, by=system(there)),
    ):
        with pytest.raises(NotFound):
            attempt()
