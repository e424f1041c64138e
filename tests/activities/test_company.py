"""Who comes, for those who may see it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_meeting, make_member, system
from timebank.act import Act
from timebank.activities import queries, signing
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed
from timebank.members import helping
from timebank.members import service as members_service
from timebank.members.models import Member

Comes = Callable[..., None]


def seen(session: Session, bank: Bank, session_id: int, reader: Member) -> list[str]:
    found = queries.company(session, bank, [session_id], by=actor(reader))
    return [party.name for party in found.get(session_id, [])]


def test_who_comes_is_shown_where_they_say_so_and_to_nobody_kept_apart(session: Session) -> None:
    bank = make_bank(session)
    joan, tom, ida, nell = (
        make_member(session, bank, name) for name in ("Joan", "Tom", "Ida", "Nell")
    )
    row = make_meeting(session, bank, starts_at=NOW + timedelta(days=1), places=3)
    for one in (joan, tom, ida, nell):
        signing.sign_up(session, bank, row.id, one.id, Act(actor(one), NOW))
    assert seen(session, bank, row.id, ida) == []
    for one in (joan, tom, nell):
        signing.let_show(session, bank, row.id, one.id, True, Act(actor(one), NOW))
    # Nell waits for a place.
    assert seen(session, bank, row.id, ida) == ["Joan", "Tom"]
    helping.keep_apart(session, bank, tom.id, ida.id, Act(actor(tom), NOW))
    assert seen(session, bank, row.id, ida) == ["Joan"]
    members_service.pause(session, bank, joan.id, Act(system(bank), NOW))
    assert seen(session, bank, row.id, nell) == ["Tom"]
    signing.let_show(session, bank, row.id, tom.id, False, Act(actor(tom), NOW))
    assert seen(session, bank, row.id, nell) == []


def test_it_is_their_own_to_say_and_said_anew_each_time(session: Session) -> None:
    bank = make_bank(session)
    joan, tom, ruth = (make_member(session, bank, name) for name in ("Joan", "Tom", "Ruth"))
    row = make_meeting(session, bank, starts_at=NOW + timedelta(days=1))
    with pytest.raises(Invalid):
        signing.let_show(session, bank, row.id, joan.id, True, Act(actor(joan), NOW))
    signing.sign_up(session, bank, row.id, joan.id, Act(actor(joan), NOW))
    for other in (actor(tom), system(bank)):
        with pytest.raises(NotAllowed):
            signing.let_show(session, bank, row.id, joan.id, True, Act(other, NOW))
    helping.grant_helper(session, bank, joan.id, ruth.id, Act(actor(joan), NOW))
    signing.let_show(session, bank, row.id, joan.id, True, Act(actor(ruth), NOW))
    assert seen(session, bank, row.id, tom) == ["Joan"]
    signing.withdraw(session, bank, row.id, joan.id, Act(actor(joan), NOW))
    signing.sign_up(session, bank, row.id, joan.id, Act(actor(joan), NOW))
    assert seen(session, bank, row.id, tom) == []


def test_nobody_is_shown_to_come_who_does_not(session: Session) -> None:
    bank = make_bank(session)
    joan = make_member(session, bank, "Joan")
    row = make_meeting(session, bank, starts_at=NOW + timedelta(days=1))
    signing.sign_up(session, bank, row.id, joan.id, Act(actor(joan), NOW))
    signing.let_show(session, bank, row.id, joan.id, True, Act(actor(joan), NOW))
    with pytest.raises(IntegrityError, match="ck_sign_up_shown"):
        session.execute(text("UPDATE sign_up SET status = 'withdrawn'"))
