"""Somebody who offers something, somebody who writes to them, and those around them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_logged_exchange, make_member, post_listing
from timebank.act import Act, Word
from timebank.banks.models import Bank
from timebank.exchanges.models import Exchange
from timebank.members import helping
from timebank.members.models import Member
from timebank.messages import service
from timebank.messages.models import Message
from timebank.messages.rules import Words
from timebank.notices.models import Notice
from timebank.skills.models import Listing


@dataclass
class Close:
    """Joan offers to mend taps. Ravi writes to her. Hal helps Edith, who has no e-mail. Cy knows
    neither. Bo is a broker."""

    session: Session
    bank: Bank
    joan: Member
    ravi: Member
    edith: Member
    hal: Member
    cy: Member
    bo: Member
    taps: Listing
    gate: Exchange

    def write(
        self, words: str = "Could you look at my tap?", *, by: Member | None = None, **given: Any
    ) -> Message:
        """Ravi (or `by`) writes about the taps."""
        act = _act(by or self.ravi, given)
        return service.write_about_listing(self.session, self.bank, self.taps.id, Words(words), act)

    def answer(
        self, message: Message, words: str = "On Thursday.", *, by: Member, **given: Any
    ) -> Message:
        act = _act(by, given)
        return service.answer(self.session, self.bank, message.conversation_id, Words(words), act)

    def notices(self, member: Member) -> list[Notice]:
        """What a member was told of messages, in order."""
        theirs = select(Notice).where(
            Notice.addressee == f"member:{member.id}", Notice.cause.startswith("message:")
        )
        return list(self.session.execute(theirs.order_by(Notice.id)).scalars())


def _act(by: Member, given: dict[str, Any]) -> Act:
    """What a member does now unless an act is given, on the word that is given."""
    act = given.pop("act", None) or Act(actor(by), NOW)
    return replace(act, word=Word(**given)) if given else act


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.fixture
def close(session: Session) -> Close:
    bank = make_bank(session, slug="fife", contact_name="Maggie Dunne")
    joan, ravi, hal, cy = (
        make_member(session, bank, name, email=f"{name.lower()}@example.org")
        for name in ("Joan", "Ravi", "Hal", "Cy")
    )
    edith, bo = (
        make_member(session, bank, "Edith"),
        make_member(session, bank, "Bo", "broker", email="bo@example.org"),
    )
    helping.grant_helper(session, bank, edith.id, hal.id, Act(actor(edith), NOW))
    given = {
        "holder_id": joan.account_id,
        "title": "Small plumbing jobs",
        "act": Act(actor(joan), NOW),
    }
    taps = post_listing(session, bank, "offer", **given)
    gate = make_logged_exchange(session, bank, edith, ravi, title="Mending the gate")
    return Close(session, bank, joan, ravi, edith, hal, cy, bo, taps, gate)
