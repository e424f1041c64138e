"""The outbox emptied: whatever the channel, one notice at a time is looked at, handed over, and its
fate reported.

Neither a mail server nor a text gateway can take part in our transaction. So a notice is sent first
and marked as sent after the other side has taken it: a worker killed in between sends it again, and
nothing is ever lost. The repeat carries the same key, by which it can be known. What is promised is
therefore: at least once, and recognisably so.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank import voices
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.feature import ask_of, secret_of
from timebank.notices import queries, rules, service
from timebank.notices.models import Notice
from timebank.notices.rules import WayIn, Words
from timebank.say import Said, say, spoken


class Refused(Exception):
    """This notice cannot go, for good; the reason is ours, or in the other side's words."""

    def __init__(self, reason: Said | str):
        super().__init__(reason)
        self.reason = reason


Driver = Callable[[Notice, Bank, Words], Callable[[], None]]
"""A way for notices to go: it makes of a notice, and of what it says, what has only to be called to
hand it over. Both may raise Refused, and TryLater when nothing can go that way just now."""


def send(
    driver: Driver, session: Session, payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Send the payload's notice and say what came of it: `sent`, `refused` with the reason in the
    language of the bank's staff, `quiet` with when it may go, `dropped` when what it carries is
    wanted no more, or none. Raises TryLater."""
    notice = queries.to_send(session, payload["notice"])
    if notice is None:
        return payload
    bank = banks.by_id(session, notice.bank_id)
    staff = voices.voice(bank.language)
    try:
        if now - notice.created_at > rules.STALE:
            raise Refused(say("it waited for more than %(days)s days", days=rules.STALE.days))
        until = None
        if not payload.get("at_once"):
            until = service.quiet_until(session, bank, notice, now=now)
        if until is not None:
            return {**payload, "quiet": until.isoformat()}
        words = _words(notice, now)
        if words is None:
            return {**payload, "dropped": True}
        hand_over = driver(notice, bank, words)
        session.rollback()  # No transaction stays open while we talk to somebody else.
        hand_over()
    except Refused as refusal:
        return {**payload, "refused": spoken(refusal.reason, staff)}
    return {**payload, "sent": True}


def _words(notice: Notice, now: datetime) -> Words | None:
    """What a notice says on its way out. A way in, and the link to a question, are made now, and
    stand nowhere but in what is handed over."""
    if notice.secret is None:
        return _plain(notice, now)
    with transaction() as session:
        way_in: WayIn | None = secret_of(notice.secret).make(
            session, notice.cause, notice.address or "", now
        )
    if way_in is None:
        return None
    voice = voices.voice(notice.language)
    subject, body = way_in.letter.render(voice)
    return Words(
        rules.one_line(subject, rules.SUBJECT), body, way_in.short.render(voice), way_in.link
    )


def _plain(notice: Notice, now: datetime) -> Words:
    """What stands in the outbox, with the link to what it asks."""
    plain = Words(notice.subject, notice.body, notice.subject)
    # On the screen of a locked device stands no way to answer: see `push`.
    if notice.asks is None or notice.channel == rules.NoticeChannel.PUSH:
        return plain
    with transaction() as session:
        ask = ask_of(session, notice.id, now)
    return plain if ask is None else replace(plain, link=ask.address, ask=ask)
