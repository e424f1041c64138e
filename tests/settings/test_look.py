"""A bank's own colour, logo and welcome: what is taken, what is kept, and where it is seen."""

import io
import json

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.rules import ON_FILL, ON_FILL_DARK, palettes
from timebank.colours import READABLE, contrast, mixed
from timebank.db import transaction
from timebank.errors import NoPicture, NotAllowed, NotFound
from timebank.settings import service

BLUE = "#1f5f8b"


def sign(size: tuple[int, int] = (900, 600)) -> bytes:
    """A logo that one looks through, with words written into the file."""
    out, words = io.BytesIO(), PngImagePlugin.PngInfo()
    words.add_text("Author", "Somebody at home")
    Image.new("RGBA", size, (31, 95, 139, 120)).save(out, "PNG", pnginfo=words)
    return out.getvalue()


def test_contrast_is_as_wcag_reckons_it() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#777777", "#777777") == 1
    assert mixed("#000000", "#ff8000", 0.5) == "#804000"


@pytest.mark.parametrize("colour", [BLUE, "#2f6f62", "#000000", "#66204f", "#8a3b2c", "#4b4bc8"])
def test_what_is_made_of_a_colour_can_be_read_by_day_and_by_night(colour: str) -> None:
    by_day, by_night = palettes(colour, "")
    for sheet in ("#fdfcf9", "#f4f1ea", "#ffffff", by_day.wash, ON_FILL):
        assert contrast(by_day.colour, sheet) >= READABLE
    for sheet in ("#1b161b", "#262027", "#231c23", by_night.wash, ON_FILL_DARK):
        assert contrast(by_night.colour, sheet) >= READABLE


@pytest.mark.parametrize(
    ("colours", "wrong"),
    [
        ({"colour": "#e5a31f"}, {"colour": "Choose a darker colour."}),
        ({"colour": BLUE, "colour_dark": "#402030"}, {"colour_dark": "Choose a lighter colour."}),
        (
            {"colour": "#ffff00", "colour_dark": "#000001"},
            {"colour": "darker", "colour_dark": "lighter"},
        ),
        ({"colour": "blue"}, {"colour": "such as #1f5f8b"}),
        ({"colour": "#12345g"}, {"colour": "such as #1f5f8b"}),
        ({"colour": "red;} body{display:none"}, {"colour": "20"}),
        ({"colour_dark": "#a0c8ff"}, {"colour": "light screens as well"}),
        ({"welcome": "w" * 2001}, {"welcome": "2000"}),
        ({"slip_numbers": "perhaps"}, {"slip_numbers": ""}),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_too_weak(
    app: Flask, bearer, colours: dict[str, str], wrong: dict[str, str]
) -> None:
    with app.app_context(), transaction() as session:
        owen = make_member(session, make_bank(session), "Owen", role="coordinator").id
    answer = app.test_client().patch("/api/v1/settings", json=colours, headers=bearer(owen))
    assert answer.status_code == 422
    assert answer.json["fields"].keys() == wrong.keys()
    for name, words in wrong.items():
        assert words in answer.json["fields"][name].replace(",", "")


def test_the_colour_is_in_a_stylesheet_of_ones_own_and_in_letters(
    app: Flask, bearer, sign_in
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        owen = make_member(session, bank, "Owen", role="coordinator")
        make_bank(session, slug="elsewhere")
    visitor = app.test_client()
    assert "colours/" not in visitor.get("/b/fife/").text
    change = {"colour": BLUE.upper(), "welcome": "Come in.\n\nThe kettle is on."}
    change |= {"slip_numbers": "none"}
    answer = visitor.patch("/api/v1/settings", json=change, headers=bearer(owen.id))
    assert (answer.status_code, answer.json["colour"]) == (200, BLUE)
    page = visitor.get("/b/fife/").text
    address = page.partition('<link rel="stylesheet" href="/b/')[2].partition('"')[0]
    style = visitor.get(f"/b/{address}")
    assert (style.status_code, style.mimetype) == (200, "text/css")
    assert f"--fill: {BLUE};" in style.text
    assert "prefers-contrast: no-preference" in style.text
    assert f'content="{BLUE}"' in page
    assert (
        json.loads(visitor.get("/b/fife/phones/manifest.webmanifest").text)["theme_color"] == BLUE
    )
    assert visitor.get(f"/b/{address}".replace("fife", "elsewhere")).status_code == 404
    assert visitor.get("/b/fife/settings/colours/ffffff.css").status_code == 404
    assert "The kettle is on." in visitor.get("/b/fife/join").text
    form = sign_in(owen).get("/b/fife/settings").text
    assert f'value="{BLUE}"' in form


def test_a_coordinator_alone_gives_the_bank_a_logo_within_the_bounds_of_pictures(
    session: Session,
) -> None:
    bank = make_bank(session)
    owen = Act(actor(make_member(session, bank, "Owen", role="coordinator")), NOW)
    maggie = Act(actor(make_member(session, bank, "Maggie", role="broker")), NOW)
    with pytest.raises(NotAllowed):
        service.put_logo(session, bank, sign(), maggie)
    for data in (b"", bytes(40_000_000), b"<svg onload=alert(1)>", sign()[:200]):
        with pytest.raises(NoPicture):
            service.put_logo(session, bank, data, owen)
    first = service.put_logo(session, bank, sign(), owen)
    with Image.open(io.BytesIO(first.png)) as kept:
        assert (kept.format, kept.size, kept.mode) == ("PNG", (480, 320), "RGBA")
        assert "Author" not in kept.info
        assert kept.getchannel("A").getextrema() == (120, 120)
    mark = first.mark
    assert service.put_logo(session, bank, sign((10, 10)), owen).mark != mark
    with pytest.raises(NotAllowed):
        service.take_logo_away(session, bank, maggie)
    service.take_logo_away(session, bank, owen)
    with pytest.raises(NotFound):
        service.take_logo_away(session, bank, owen)


def test_the_logo_stands_beside_the_name_until_it_is_taken_away(app: Flask, sign_in) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        owen = make_member(session, bank, "Owen", role="coordinator")
        make_bank(session, slug="elsewhere")
    visitor, browser = app.test_client(), sign_in(owen)
    assert 'class="logo"' not in visitor.get("/b/fife/").text
    refused = browser.post("/b/fife/settings/logo", data={"photo": (io.BytesIO(b"no"), "a.png")})
    assert refused.status_code == 422
    browser.post("/b/fife/settings/logo", data={"photo": (io.BytesIO(sign()), "a.png")})
    page = visitor.get("/b/fife/").text
    address = page.partition('class="logo"')[2].split('"')[1]
    picture = visitor.get(address)
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert visitor.get(address.replace("fife", "elsewhere")).status_code == 404
    browser.post("/b/fife/settings/logo/remove")
    assert visitor.get(address).status_code == 404
    assert 'class="logo"' not in visitor.get("/b/fife/").text


@pytest.mark.parametrize(
    "change",
    [
        "colour = 'blue'",
        "colour = '#12345'",
        "colour = '#12345g'",
        "colour_dark = '#ABCDEF'",
        "slip_numbers = 'perhaps'",
        "welcome = NULL",
    ],
)
def test_the_database_keeps_no_colour_that_is_none(session: Session, change: str) -> None:
    make_bank(session)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(f"UPDATE bank SET {change}"))


def test_the_database_keeps_no_logo_of_nothing_or_too_large(session: Session) -> None:
    bank = make_bank(session)
    assert banks.logo(session, bank) is None
    for width, png in ((1, b""), (481, b"x"), (0, b"x")):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO bank_logo (bank_id, mark, width, height, by, at, png)"
                    " VALUES (:bank, 'a', :width, 1, 'member:1', :now, :png)"
                ),
                {"bank": bank.id, "width": width, "png": png, "now": NOW},
            )
