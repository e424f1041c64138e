"""The weekly letter. Jobs write it, a slice of a bank's members at a time; the caller commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, and_, cast, or_, select
from sqlalchemy.orm import Session

from timebank import voices
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.home import digest, rules
from timebank.jobs import queries as jobs
from timebank.jobs.service import queue
from timebank.members.models import Member
from timebank.notices import queries as notices
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.notices.service import Digest
from timebank.room import Room
from timebank.say import say
from timebank.skills import leaving as listings
from timebank.skills import queries as skills

WRITE_DIGESTS = "home.write_digests"
"""The job that writes a slice."""


def waiting_for_letters(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks where it is time for the week's letters and they have not been
    begun with, or where some wait to go out."""
    weeks = {zone: rules.week(now, zone) for zone in banks.timezones(session)}
    due = [zone for zone, week in weeks.items() if week is not None]
    # Where it is late enough in the week, it is the same week everywhere.
    week = next(filter(None, weeks.values()), "")
    begun = jobs.has_key(WRITE_DIGESTS, cast(Bank.id, String) + f":{week}:0")
    which = or_(and_(Bank.timezone.in_(due), ~begun), notices.a_letter_waits())
    return banks.ids_after(session, after, limit, which)


def begin_digests(session: Session, bank: Bank, *, now: datetime) -> None:
    """If it is time, begin with the week's letters, once in a week; and strike what stands no more
    from those that wait."""
    _strike_what_has_ended(session, bank, now=now)
    week = rules.week(now, bank.timezone)
    if week is not None:
        _queue_slice(session, bank.id, week, 0, now=now)


def write_digests(
    session: Session,
    bank_id: int,
    rooms: Sequence[Room],
    *,
    week: str,
    after: int,
    base_url: str,
    now: datetime,
) -> None:
    """Write the weekly letter to the next members after the member `after`, and queue those who
    follow.

    Only to those who want it, whom e-mail reaches or who asked for paper, and for whom there is
    something new.
    """
    bank = banks.by_id(session, bank_id)
    # Whoever leaves meanwhile waits for this to end, and is struck from these letters too.
    banks.one_at_a_time(session, bank)
    if after == 0:
        notices_service.drop_digests(session, bank, before=now - rules.KEPT)
    readers, last = digest.readers(session, bank, after=after, limit=rules.SLICE)
    slice_ = digest.Slice(session, bank, readers, rooms, now=now)
    site = f"{base_url.rstrip('/')}/b/{bank.slug}"
    ring = " ".join(filter(None, [bank.contact_name, bank.contact_phone])) or say("your broker")
    written: list[Digest] = []
    for reader in readers:
        week_of_theirs = slice_.week(reader)
        if week_of_theirs is not None:
            letter = rules.letter(week_of_theirs, site=site, ring=ring)
            written.append(Digest(reader.addressee, reader.channel, letter, reader.member_id))
    notices_service.write_digests(session, bank, written, week=week, now=now)
    if last is not None:
        _queue_slice(session, bank.id, week, last, now=now)


def _queue_slice(session: Session, bank_id: int, week: str, after: int, *, now: datetime) -> None:
    payload = {"bank": bank_id, "week": week, "after": after}
    queue(session, WRITE_DIGESTS, payload, run_at=now, key=f"{bank_id}:{week}:{after}")


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Strike what weekly letters say of the member's offers and requests, whether they have gone
    out or not."""
    listing_ids = listings.ids(session, bank, member.account_id or 0)
    if listing_ids:
        mention = or_(
            *[Notice.body.contains(f"/directory/{one}\n", autoescape=True) for one in listing_ids]
        )
        for notice in session.execute(
            select(Notice).where(*notices.digests(bank), mention)
        ).scalars():
            notice.body = rules.struck(notice.body, listing_ids, voices.voice(notice.language))
        session.flush()


def _strike_what_has_ended(session: Session, bank: Bank, *, now: datetime) -> None:
    waiting = (*notices.digests(bank), Notice.sent_at.is_(None), Notice.failed_at.is_(None))
    letters = {
        notice: rules.named(notice.body)
        for notice in session.execute(select(Notice).where(*waiting)).scalars()
    }
    listed = {one for ids in letters.values() for one in ids}
    ended = listed - skills.standing(session, bank, listed, on=local_date(now, bank.timezone))
    for notice, ids in letters.items():
        if ids & ended:
            notice.body = rules.struck(notice.body, ended, voices.voice(notice.language))
    session.flush()
