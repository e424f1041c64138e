"""What members say on the front page: nobody reads it there before a broker has."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_member
from timebank import clock
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.errors import Invalid, NotAllowed
from timebank.members import queries, sayings, service
from timebank.members.errors import NotInThatState
from timebank.members.models import Member
from timebank.members.rules import Details, Showing, StreetOff
from timebank.notices.models import Notice

FIRST, SECOND = "It is good to be asked.", "Ring me on 0777 123."
HERE = "/b/fife"


@dataclass(frozen=True)
class Street:
    bank: Bank
    joan: Member
    maggie: Act

    def say(self, session: Session, words: str, act: Act | None = None) -> None:
        showing = Showing(page=bool(words), street=words)
        by = act or Act(actor(self.joan), NOW)
        service.set_showing(session, self.bank, self.joan.id, showing, by)

    def front(self, session: Session) -> list[str]:
        rows = queries.street_words(session, self.bank, NOW.date(), limit=9)
        return [row.words for row in rows]


@pytest.fixture
def street(session: Session) -> Street:
    bank = make_bank(session)
    joan = make_member(session, bank, "Joan Whitlock", email="joan@example.org")
    maggie = make_member(session, bank, "Maggie Dunne", role="broker")
    return Street(bank, joan, Act(actor(maggie), NOW))


def test_words_stand_on_the_front_page_once_they_were_read(session: Session, street: Street):
    street.say(session, FIRST)
    assert street.front(session) == []
    sayings.let_stand(session, street.bank, street.joan.id, FIRST, street.maggie)
    assert street.front(session) == [FIRST]
    # Another choice about the page leaves them; other words wait again.
    kept = Showing(page=True, about=True, street=FIRST)
    by = Act(actor(street.joan), NOW)
    service.set_showing(session, street.bank, street.joan.id, kept, by)
    assert street.front(session) == [FIRST]
    street.say(session, SECOND)
    assert street.front(session) == []


def test_what_a_broker_writes_on_somebodys_word_is_read(session: Session, street: Street):
    street.say(session, FIRST, street.maggie)
    assert street.front(session) == [FIRST]


def test_what_is_read_is_the_sentence_and_who_says_it(session: Session, street: Street):
    street.say(session, FIRST)
    # A broker who changes something else has not read it.
    other = Showing(page=True, languages=True, street=FIRST)
    service.set_showing(session, street.bank, street.joan.id, other, street.maggie)
    assert street.front(session) == []
    sayings.let_stand(session, street.bank, street.joan.id, FIRST, street.maggie)
    renamed = replace(queries.details(street.joan), name="Ring 0900 555 Whitlock")
    by = Act(actor(street.joan), NOW)
    service.change(session, street.bank, street.joan.id, Details(**_own(renamed)), by)
    assert street.front(session) == []


def _own(details: Details) -> dict[str, object]:
    return {field.name: getattr(details, field.name) for field in fields(Details)}


def test_words_that_have_changed_are_read_again(session: Session, street: Street):
    street.say(session, FIRST)
    street.say(session, SECOND)
    with pytest.raises(NotInThatState, match="Read it again"):
        sayings.let_stand(session, street.bank, street.joan.id, FIRST, street.maggie)
    with pytest.raises(NotInThatState, match="Read it again"):
        off = StreetOff(FIRST, "A number.")
        sayings.take_off(session, street.bank, street.joan.id, off, street.maggie)
    street.say(session, "")
    with pytest.raises(NotInThatState, match="says nothing"):
        sayings.let_stand(session, street.bank, street.joan.id, SECOND, street.maggie)
    assert street.front(session) == []


def test_a_member_lets_nobodys_words_stand(session: Session, street: Street):
    street.say(session, FIRST)
    by = Act(actor(street.joan), NOW)
    with pytest.raises(NotAllowed):
        sayings.let_stand(session, street.bank, street.joan.id, FIRST, by)
    with pytest.raises(NotAllowed):
        off = StreetOff(FIRST, "No.")
        sayings.take_off(session, street.bank, street.joan.id, off, by)


def test_what_is_taken_off_is_gone_and_the_member_is_told_why(session: Session, street: Street):
    street.say(session, SECOND)
    with pytest.raises(Invalid, match="Write why"):
        off = StreetOff(SECOND, "")
        sayings.take_off(session, street.bank, street.joan.id, off, street.maggie)
    off = StreetOff(SECOND, "Leave the number out.")
    sayings.take_off(session, street.bank, street.joan.id, off, street.maggie)
    assert queries.showing(session, street.bank, street.joan.id) == Showing(page=True)
    notice = session.execute(select(Notice)).scalar_one()
    assert "Leave the number out." in str(notice.body)
    assert SECOND in str(notice.body)


def test_the_database_lets_nothing_that_is_empty_be_read(session: Session, street: Street):
    street.say(session, "")
    service.set_showing(
        session, street.bank, street.joan.id, Showing(page=True), Act(actor(street.joan), NOW)
    )
    session.flush()
    with pytest.raises(IntegrityError, match="street_read"):
        session.execute(text("UPDATE member_page SET street_read = true"))


def test_the_desk_lists_what_is_to_be_read_and_a_press_lets_it_stand(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        joan = make_member(session, bank, "Joan Whitlock")
        maggie = make_member(session, bank, "Maggie Dunne", role="broker")
        by = Act(actor(joan), clock.now())
        service.set_showing(session, bank, joan.id, Showing(page=True, street=FIRST), by)
        joan_id, maggie_id = joan.id, maggie.id
    desk, stranger = sign_in(maggie_id), sign_in()
    queue = desk.get(f"{HERE}/desk").text
    assert "Joan Whitlock would like to say on the front page:" in queue
    assert FIRST in queue
    assert FIRST not in stranger.get(f"{HERE}/").text
    page = f"{HERE}/members/{joan_id}/street"
    assert "Look for what should not be there" in desk.get(page).text
    let = desk.post(f"{page}/stand", data={"words": FIRST, "back": f"{HERE}/desk"})
    assert (let.status_code, let.headers["Location"]) == (303, f"{HERE}/desk")
    assert FIRST in stranger.get(f"{HERE}/").text
    assert FIRST not in desk.get(f"{HERE}/desk").text
    unsaid = desk.post(page, data={"words": FIRST})
    assert (unsaid.status_code, "Write why" in unsaid.text) == (422, True)
    assert desk.post(page, data={"words": FIRST, "reason": "She asked."}).status_code == 303
    assert FIRST not in stranger.get(f"{HERE}/").text
