"""The picture on a bank's front page: what is kept of it, who puts it there, and who sees it."""

import io

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.errors import Invalid, NoPicture, NotAllowed, NotFound
from timebank.settings import service
from timebank.settings.rules import NewBankPicture

HERE = "/b/fife/settings/picture"
WORDS = "Neighbours at the long table"


def photograph(size: tuple[int, int] = (2400, 1200)) -> bytes:
    """What a telephone takes: with the place in it."""
    out, place = io.BytesIO(), Image.Exif()
    place[0x8825] = {1: "N", 2: (56.0, 3.0, 10.0)}
    Image.new("RGB", size, "teal").save(out, "JPEG", exif=place)
    return out.getvalue()


def test_a_coordinator_alone_puts_a_picture_there_which_says_nothing_of_where(
    session: Session,
) -> None:
    bank = make_bank(session)
    owen = Act(actor(make_member(session, bank, "Owen", role="coordinator")), NOW)
    maggie = Act(actor(make_member(session, bank, "Maggie", role="broker")), NOW)
    new = NewBankPicture(photograph(), f" {WORDS} ")
    with pytest.raises(NotAllowed):
        service.put_picture(session, bank, new, maggie)
    for data, refusal in ((b"", NoPicture), (bytes(40_000_000), NoPicture), (b"GIF89a", NoPicture)):
        with pytest.raises(refusal):
            service.put_picture(session, bank, NewBankPicture(data, WORDS), owen)
    with pytest.raises(Invalid) as refused:
        service.put_picture(session, bank, NewBankPicture(b"", " "), owen)
    assert refused.value.fields.keys() == {"photo", "alt"}
    first = service.put_picture(session, bank, new, owen)
    assert (first.width, first.height, first.alt) == (1600, 800, WORDS)
    with Image.open(io.BytesIO(first.jpeg)) as kept:
        assert (kept.size, dict(kept.getexif())) == ((1600, 800), {})
    mark = first.mark
    again = service.put_picture(session, bank, NewBankPicture(b"", "The hall"), owen)
    assert (again.mark, again.alt) == (mark, "The hall")
    assert service.put_picture(session, bank, new, owen).mark != mark
    with pytest.raises(NotAllowed):
        service.take_picture_away(session, bank, maggie)
    service.take_picture_away(session, bank, owen)
    assert banks.picture(session, bank) is None
    with pytest.raises(NotFound):
        service.take_picture_away(session, bank, owen)


def test_everybody_sees_it_on_the_front_page_until_it_is_taken_away(app: Flask, sign_in) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        owen = make_member(session, bank, "Owen", role="coordinator")
        make_bank(session, slug="elsewhere")
    visitor, browser = app.test_client(), sign_in(owen)
    assert '<svg class="street"' in visitor.get("/b/fife/").text
    refused = browser.post(HERE, data={"photo": (io.BytesIO(b"no"), "a.jpg"), "alt": WORDS})
    assert (refused.status_code, WORDS in refused.text) == (422, True)
    browser.post(HERE, data={"photo": (io.BytesIO(photograph()), "a.jpg"), "alt": WORDS})
    page = visitor.get("/b/fife/").text
    assert f'alt="{WORDS}"' in page
    assert '<svg class="street"' not in page
    address = page.partition('<img class="street"')[2].split('"')[1]
    picture = visitor.get(address)
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert visitor.get(address.replace("fife", "elsewhere")).status_code == 404
    browser.post(f"{HERE}/remove")
    assert visitor.get(address).status_code == 404
    assert '<svg class="street"' in visitor.get("/b/fife/").text


def test_the_database_keeps_no_picture_of_nothing_and_none_without_words(session: Session) -> None:
    bank = make_bank(session)
    for alt, jpeg in (("", b"x"), (WORDS, b"")):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO bank_picture (bank_id, mark, alt, width, height, by, at, jpeg)"
                    " VALUES (:bank, 'a', :alt, 1, 1, 'member:1', :now, :jpeg)"
                ),
                {"bank": bank.id, "alt": alt, "jpeg": jpeg, "now": NOW},
            )
