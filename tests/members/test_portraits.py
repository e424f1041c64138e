"""The picture that somebody gives of themselves: what is kept of it, and who sees it."""

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    make_bank,
    make_logged_exchange,
    make_member,
    system,
)
from timebank.act import Act
from timebank.app import FEATURES
from timebank.db import transaction
from timebank.errors import NoPicture, NotAllowed, NotFound
from timebank.leaving import queries as leaving
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members import helping, portraits
from timebank.members import queries as members
from timebank.members.models import Member, Picture
from timebank.members.rules import PICTURE_SIDE, NewPicture, Sight

HERE = "/b/fife"


def photograph(size: tuple[int, int] = (900, 600)) -> bytes:
    """What a telephone takes: with the place in it."""
    out, place = io.BytesIO(), Image.Exif()
    place[0x8825] = {1: "N", 2: (56.0, 3.0, 10.0)}
    Image.new("RGB", size, "teal").save(out, "JPEG", exif=place)
    return out.getvalue()


def test_what_is_kept_is_small_square_and_says_nothing_of_where(session: Session) -> None:
    bank = make_bank(session)
    rosa, nell, helper = (make_member(session, bank, name) for name in ("Rosa", "Nell", "Hal"))
    helping.grant_helper(session, bank, rosa.id, helper.id, Act(actor(rosa), NOW))
    act = Act(actor(helper), NOW)
    kept = portraits.put(session, bank, rosa.id, NewPicture(photograph(), Sight.KNOWN), act)
    with Image.open(io.BytesIO(kept.jpeg)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (PICTURE_SIDE, PICTURE_SIDE))
        assert not opened.getexif()
    assert len(kept.jpeg) < 40_000
    mark = kept.mark
    said_anew = NewPicture(b"", Sight.MEMBERS)
    assert portraits.put(session, bank, rosa.id, said_anew, act).mark == mark
    another = portraits.put(session, bank, rosa.id, NewPicture(photograph(), Sight.MEMBERS), act)
    assert another.mark != mark
    with pytest.raises(NotAllowed):
        portraits.put(session, bank, rosa.id, said_anew, Act(actor(nell), NOW))
    portraits.take_away(session, bank, rosa.id, act)
    assert members.party(session, bank, rosa.account_id or 0).picture is None
    with pytest.raises(NotFound):
        portraits.take_away(session, bank, rosa.id, act)
    for data, words in ((b"", "Choose a picture"), (bytes(40_000_000), "has 40 MB")):
        with pytest.raises(NoPicture, match=words):
            portraits.put(session, bank, rosa.id, NewPicture(data, Sight.KNOWN), act)


def test_a_picture_is_seen_by_whom_its_owner_chose(session: Session) -> None:
    bank = make_bank(session)
    rosa, joan, apart = (make_member(session, bank, name) for name in ("Rosa", "Joan", "Al"))
    broker = make_member(session, bank, "Maggie", "broker")
    helping.keep_apart(session, bank, rosa.id, apart.id, Act(actor(rosa), NOW))

    def sees(reader: Member, *, knows: bool) -> bool:
        try:
            portraits.seen(session, bank, rosa.id, by=actor(reader), knows=knows)
        except NotFound:
            return False
        return True

    assert not sees(broker, knows=True)
    act = Act(actor(rosa), NOW)
    portraits.put(session, bank, rosa.id, NewPicture(photograph(), Sight.KNOWN), act)
    assert [sees(joan, knows=knows) for knows in (False, True)] == [False, True]
    assert sees(rosa, knows=False)
    assert sees(broker, knows=False)
    assert not sees(apart, knows=True)
    portraits.put(session, bank, rosa.id, NewPicture(b"", Sight.MEMBERS), act)
    assert sees(joan, knows=False)
    assert not sees(apart, knows=True)


def test_a_picture_goes_with_its_owner_and_is_handed_over(session: Session) -> None:
    bank = make_bank(session)
    rosa = make_member(session, bank, "Rosa")
    act = Act(actor(rosa), NOW)
    portraits.put(session, bank, rosa.id, NewPicture(photograph(), Sight.KNOWN), act)
    told = leaving.held(session, bank, rosa.id, FEATURES, now=NOW)
    assert told["picture"]["shown_to"] == "known"
    leaving_service.leave(session, bank, rosa.id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert session.execute(select(Picture)).first() is None


def test_the_database_keeps_no_picture_of_nothing_and_no_other_reader(session: Session) -> None:
    bank = make_bank(session)
    rosa = make_member(session, bank, "Rosa")
    session.flush()
    row = {"member": rosa.id, "bank": bank.id, "at": NOW, "jpeg": b"x", "to": "known"}
    for wrong in ({"jpeg": b""}, {"to": "everybody"}, {"bank": bank.id + 1}):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO member_picture (member_id, bank_id, mark, shown_to, by, at, jpeg)"
                    " VALUES (:member, :bank, 'm', :to, 'demo', :at, :jpeg)"
                ),
                {**row, **wrong},
            )


def test_the_pages_show_a_picture_beside_the_name(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        rosa, joan, nell = (make_member(session, bank, name) for name in ("Rosa", "Joan", "Nell"))
        make_logged_exchange(session, bank, rosa, joan)
        ids = rosa.id, joan.id, nell.id
    own = sign_in(ids[0])
    sent = {"photo": (io.BytesIO(photograph()), "me.jpg"), "shown_to": "known", "once": "1"}
    refused = own.post(f"{HERE}/members/{ids[0]}/picture", data={"once": "0"})
    assert refused.status_code == 422
    assert "Choose who sees it." in refused.text
    no_picture = {**sent, "photo": (io.BytesIO(b"My holidays"), "me.jpg"), "once": "2"}
    answer = own.post(f"{HERE}/members/{ids[0]}/picture", data=no_picture)
    assert (answer.status_code, "no picture that can be read" in answer.text) == (422, True)
    assert "The file has to be chosen again." in answer.text
    assert own.post(f"{HERE}/members/{ids[0]}/picture", data=sent).status_code == 303
    # With a picture there already, nothing is taken for no other one.
    nothing = {**sent, "photo": (io.BytesIO(b""), "me.jpg"), "once": "4"}
    answer = own.post(f"{HERE}/members/{ids[0]}/picture", data=nothing)
    assert (answer.status_code, "The file is empty." in answer.text) == (422, True)
    page = own.get(f"{HERE}/me").text
    address = page.split('<img src="')[1].split('"')[0]
    shown = own.get(address)
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "private, no-cache")
    kept = {"If-None-Match": shown.headers["ETag"]}
    assert own.get(address, headers=kept).status_code == 304
    joan, nell = sign_in(ids[1]), sign_in(ids[2])
    assert address in joan.get(f"{HERE}/exchanges/mine").text
    assert joan.get(address).status_code == 200
    assert nell.get(address, headers=kept).status_code == 404
    assert own.get(address[:-1] + "0").status_code == 404 or address.endswith("0")
    gone = own.post(f"{HERE}/members/{ids[0]}/picture/remove", data={"once": "3"})
    assert gone.status_code == 303
    assert joan.get(address, headers=kept).status_code == 404
