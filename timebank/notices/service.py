"""Writing notices and keeping track of them. The caller commits: a notice and its cause are written
together."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Row, case, delete, or_, select, update
from sqlalchemy.orm import Session

from timebank import voices
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import insert_of, table_of
from timebank.errors import Invalid
from timebank.jobs.service import queue, queue_all
from timebank.notices import queries, rules
from timebank.notices.errors import NoSuchNotice, NotACall
from timebank.notices.models import Notice, Preference, PushDevice
from timebank.notices.rules import NoticeChannel
from timebank.room import MAILED
from timebank.say import Said, say

_AT_ONCE = 500  # rows

_NOTICE = table_of(Notice)

_SENDER = {
    NoticeChannel.EMAIL: "notices.send",
    NoticeChannel.TEXT: "notices.text",
    NoticeChannel.PUSH: "notices.push",
}
_GOES_BY_ITSELF = {
    NoticeChannel.EMAIL: say("That notice goes out by e-mail, so there is nobody to ring."),
    NoticeChannel.TEXT: say("That notice goes out by text, so there is nobody to ring."),
    NoticeChannel.PUSH: say("That notice goes to a device of theirs, so there is nobody to ring."),
}


class Teller(Protocol):
    """Whoever passed a notice on, by the key under which records name them."""

    @property
    def key(self) -> str: ...


class Digest(NamedTuple):
    """A weekly letter to be written, by `channel` to one of the addresses of `to`; what it asks is
    asked `about` this member."""

    to: rules.Addressee
    channel: NoticeChannel
    letter: rules.Letter
    about: int


def write(
    session: Session, bank: Bank, to: rules.Addressee, notice: rules.NewNotice, *, now: datetime
) -> None:
    """Tell somebody something in their language, by their own preference and as far as it is
    possible, at last through a broker's call.

    Written again for the same addressee and cause through the same channel, nothing happens. Names
    and subjects are made one line; what is too long is cut short.
    """
    reach = to.reach
    wishes = queries.preference(session, bank, to.key)
    pushed = wishes is not None and wishes.channel == NoticeChannel.PUSH
    if pushed and queries.devices(session, bank, to.key):
        # Where it goes when no device takes it.
        instead = reach.get(NoticeChannel.EMAIL) or reach.get(NoticeChannel.TEXT)
        reach[NoticeChannel.PUSH] = instead or ""
    channel = notice.through or rules.way(
        wishes.channel if wishes else None, reach, worth_a_call=notice.worth_a_call
    )
    if channel is None:
        return
    row = _row(bank, to, channel, notice.letter, cause=notice.cause, now=now)
    row["secret"] = notice.secret
    if channel == NoticeChannel.PUSH:
        row["address"] = reach[channel] or (None if notice.worth_a_call else "")
    if notice.letter.asks is not None:
        row["about"] = notice.about
    if channel == NoticeChannel.EMAIL:
        session.info[MAILED] = True
    notice_id = next((added.id for added in _add_all(session, [row])), None)
    if notice_id is not None and channel in _SENDER:
        hours = None if notice.at_once else _quiet_hours(channel, wishes)
        due = rules.not_before(now, bank.timezone, hours)
        payload = {"notice": notice_id} | ({"at_once": True} if notice.at_once else {})
        queue(
            session,
            _SENDER[channel],
            payload,
            run_at=due,
            key=str(notice_id),
            awaited=notice.at_once,
        )


def write_digests(
    session: Session, bank: Bank, digests: Sequence[Digest], *, week: str, now: datetime
) -> None:
    """Write the weekly letters of several people at once, each once in a `week` (`2026-W48`), and
    keep when they were."""
    cause = f"{rules.DIGEST}:{week}"
    rows = [
        _row(bank, to, way, letter, cause=cause, now=now) | {"about": about}
        for to, way, letter, about in digests
    ]
    written = _add_all(session, rows)
    wishes = queries.preferences(session, bank, [one.addressee for one in written])
    queue_all(
        session,
        _SENDER[NoticeChannel.EMAIL],
        [
            (
                {"notice": one.id},
                rules.not_before(
                    now, bank.timezone, _quiet_hours(one.channel, wishes.get(one.addressee))
                ),
                str(one.id),
            )
            for one in written
            if one.channel == NoticeChannel.EMAIL
        ],
    )
    if written:
        preferences = [
            {"bank_id": bank.id, "addressee": one.addressee, "digest": True, "digest_at": now}
            for one in written
        ]
        key = [Preference.bank_id, Preference.addressee]
        insert = insert_of(session)(Preference).values(preferences)
        session.execute(insert.on_conflict_do_update(index_elements=key, set_={"digest_at": now}))


def _row(
    bank: Bank,
    to: rules.Addressee,
    channel: NoticeChannel,
    letter: rules.Letter,
    *,
    cause: str,
    now: datetime,
) -> dict[str, Any]:
    """A notice as it is written: what it says, in the language of whoever gets it."""
    voice = voices.voice(to.language or bank.language)
    subject, body = letter.render(voice)
    address = to.reach.get(channel)
    if address is not None and channel != NoticeChannel.LETTER:
        address = rules.one_line(address, rules.ADDRESS)
    return {
        "bank_id": bank.id,
        "addressee": to.key,
        "name": rules.one_line(to.name, rules.NAME),
        "channel": channel,
        "address": address,
        "subject": rules.one_line(subject, rules.SUBJECT),
        "body": body,
        "language": voice.language,
        "cause": cause,
        "secret": None,
        "asks": letter.asks,
        "about": None,
        "created_at": now,
    }


def drop_digests(session: Session, bank: Bank, *, before: datetime) -> None:
    """Drop the weekly letters written before that instant which have gone out, or could not."""
    over = or_(Notice.sent_at.is_not(None), Notice.failed_at.is_not(None))
    session.execute(delete(Notice).where(*queries.digests(bank), Notice.created_at < before, over))


def quiet_until(session: Session, bank: Bank, notice: Notice, *, now: datetime) -> datetime | None:
    """When the quiet hours end that its addressee has just now; None if a notice may go out."""
    hours = _quiet_hours(notice.channel, queries.preference(session, bank, notice.addressee))
    due = rules.not_before(now, bank.timezone, hours)
    return due if due > now else None


def put_off(session: Session, notice_id: int, *, until: datetime) -> None:
    """Send a notice later, because it is quiet where it goes. One dropped in the meantime stays
    dropped."""
    notice = queries.to_send(session, notice_id)
    if notice is not None:
        queue(
            session,
            _SENDER[notice.channel],
            {"notice": notice_id},
            run_at=until,
            key=f"{notice_id}:{until.isoformat()}",
        )


def _quiet_hours(channel: NoticeChannel, wishes: Preference | None) -> tuple[int, int] | None:
    return rules.quiet_hours(
        channel, (wishes.quiet_from, wishes.quiet_until) if wishes else (None, None)
    )


def set_preference(
    session: Session,
    bank: Bank,
    addressee: str,
    *,
    channel: NoticeChannel | None,
    quiet_from: int | None,
    quiet_until: int | None,
    digest: bool,
    letters: bool = True,
) -> Preference:
    """Keep how somebody likes to be told. Quiet hours are minutes after midnight where the bank is,
    both or neither."""
    wishes = {
        "channel": channel,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "digest": digest,
        "letters": letters,
    }
    insert = insert_of(session)(Preference).values(bank_id=bank.id, addressee=addressee, **wishes)
    statement = insert.on_conflict_do_update(
        index_elements=[Preference.bank_id, Preference.addressee], set_=wishes
    )
    return session.execute(
        statement.returning(Preference), execution_options={"populate_existing": True}
    ).scalar_one()


def add_device(
    session: Session,
    bank: Bank,
    addressee: str,
    new: rules.NewDevice,
    *,
    server_key: str,
    now: datetime,
) -> PushDevice:
    """Tell somebody things on this device too, and nobody else who was told on it before. Raises
    Invalid when they have as many as can be."""
    digest = hashlib.sha256(new.endpoint.encode()).hexdigest()
    there = (PushDevice.bank_id == bank.id, PushDevice.endpoint_hash == digest)
    device = session.execute(select(PushDevice).where(*there)).scalar_one_or_none()
    own = queries.devices(session, bank, addressee)
    if device not in own and len(own) >= rules.DEVICES:
        raise Invalid.on(
            "endpoint",
            say("You are told on %(n)s devices already. End one first.", n=rules.DEVICES),
        )
    if device is None:
        device = PushDevice(bank_id=bank.id, endpoint=new.endpoint, endpoint_hash=digest)
        session.add(device)
    device.addressee, device.name = addressee, rules.one_line(new.name, rules.NAME)
    device.p256dh, device.auth, device.server_key = new.p256dh, new.auth, server_key
    device.added_at = now
    session.flush()
    return device


def end_device(session: Session, bank: Bank, addressee: str, device_id: int) -> None:
    """Tell somebody nothing more on a device of theirs. Raises NoSuchNotice for what is none."""
    of_addressee = (PushDevice.bank_id == bank.id, PushDevice.addressee == addressee)
    ended = session.execute(
        delete(PushDevice).where(*of_addressee, PushDevice.id == device_id).returning(PushDevice.id)
    ).scalar_one_or_none()
    if ended is None:
        raise NoSuchNotice(say("There is no such device here."))


def end_devices(session: Session, bank: Bank, addressee: str) -> None:
    """Tell somebody nothing more on any device."""
    of_addressee = (PushDevice.bank_id == bank.id, PushDevice.addressee == addressee)
    session.execute(delete(PushDevice).where(*of_addressee))


def note_devices(
    session: Session, *, reached: Collection[int], gone: Collection[int], now: datetime
) -> None:
    """Take down which devices took a message, and drop those that are there no more."""
    session.execute(update(PushDevice).where(PushDevice.id.in_(reached)).values(used_at=now))
    session.execute(delete(PushDevice).where(PushDevice.id.in_(gone)))


def mark_told(session: Session, bank: Bank, notice_id: int, *, by: Teller, now: datetime) -> None:
    """Take down that `by` has passed a notice on: rung, called round, or posted the letter. A
    second time changes nothing.

    Raises NoSuchNotice, NotACall.
    """
    notice = queries.notice(session, bank, notice_id)
    if notice.channel in rules.BY_ITSELF:
        raise NotACall(_GOES_BY_ITSELF[notice.channel])
    if notice.sent_at is None:
        notice.sent_at, notice.told_by = now, by.key
        session.flush()


def mark_told_about(
    session: Session, bank: Bank, addressee: str, event: str, *, by: Teller, now: datetime
) -> None:
    """Take down that somebody has spoken about an event (`exchange:12`): nobody has to ring or
    write to them about it now."""
    waiting = (Notice.bank_id == bank.id, Notice.addressee == addressee, Notice.sent_at.is_(None))
    about = (
        Notice.channel.not_in(rules.BY_ITSELF),
        Notice.cause.startswith(f"{event}:", autoescape=True),
    )
    statement = update(Notice).where(*waiting, *about).values(sent_at=now, told_by=by.key)
    session.execute(statement, execution_options={"synchronize_session": False})


def mark_these_told(
    session: Session, bank: Bank, notice_ids: Collection[int], *, by: Teller, now: datetime
) -> list[str]:
    """The same for a whole stack: whom it told of something, by name.

    What was told before, and what was dropped since the stack was printed, is passed over.
    """
    waiting = (
        Notice.bank_id == bank.id,
        Notice.sent_at.is_(None),
        Notice.channel.not_in(rules.BY_ITSELF),
    )
    names_told: dict[str, str] = {}
    ids = sorted(notice_ids)
    for start in range(0, len(ids), _AT_ONCE):
        block = update(Notice).where(*waiting, Notice.id.in_(ids[start : start + _AT_ONCE]))
        marked = block.values(sent_at=now, told_by=by.key).returning(Notice.addressee, Notice.name)
        names_told |= {row.addressee: row.name for row in session.execute(marked)}
    return sorted(names_told.values())


def mark_all_told(session: Session, bank: Bank, *, before: datetime, by: Teller) -> None:
    """Take down that `by` passed on everything written before that instant which is still waiting,
    e-mails included, as it was written."""
    waiting = (
        Notice.bank_id == bank.id,
        Notice.created_at < before,
        Notice.sent_at.is_(None),
        Notice.failed_at.is_(None),
    )
    session.execute(
        update(Notice).where(*waiting).values(sent_at=Notice.created_at, told_by=by.key)
    )


def forget(session: Session, bank: Bank, addressee: str) -> None:
    """Erase what notices say about somebody who leaves; those that have not gone out are
    dropped."""
    of_addressee = (Notice.bank_id == bank.id, Notice.addressee == addressee)
    session.execute(
        delete(Notice).where(*of_addressee, Notice.sent_at.is_(None), Notice.failed_at.is_(None))
    )
    # What goes out by itself always has an address, if only an empty one.
    address = case((Notice.channel.in_(rules.BY_ITSELF), ""), else_=None)
    session.execute(
        update(Notice)
        .where(*of_addressee)
        .values(name="", address=address, subject="", body="", error=None)
    )
    for table in (Preference, PushDevice):
        mine = (table.bank_id == bank.id, table.addressee == addressee)
        session.execute(delete(table).where(*mine))


def forget_causes(session: Session, bank: Bank, causes: Iterable[str]) -> None:
    """Erase what notices of these causes (`exchange:12`) and of their steps say, to whomever they
    went."""
    wanted = set(causes)
    causes_kept = session.execute(
        select(Notice.id, Notice.cause).where(Notice.bank_id == bank.id)
    ).all()
    ids = [
        notice_id for notice_id, cause in causes_kept if ":".join(cause.split(":")[:2]) in wanted
    ]
    for start in range(0, len(ids), _AT_ONCE):
        of_block = Notice.id.in_(ids[start : start + _AT_ONCE])
        session.execute(
            delete(Notice).where(of_block, Notice.sent_at.is_(None), Notice.failed_at.is_(None))
        )
        session.execute(update(Notice).where(of_block).values(subject="", body=""))


def rename(session: Session, bank: Bank, name: str, instead: str) -> None:
    """Put another name in place of `name` wherever the bank's notices say it."""
    part = rules.part_to_look_for(name)
    mention = or_(
        Notice.body.icontains(part, autoescape=True),
        Notice.subject.icontains(part, autoescape=True),
    )
    for notice in session.execute(
        select(Notice).where(Notice.bank_id == bank.id, mention)
    ).scalars():
        notice.subject, notice.body = (
            rules.renamed(words, name, instead) for words in (notice.subject, notice.body)
        )
    session.flush()


def drop_naming(session: Session, bank: Bank, addressee: str, name: str) -> None:
    """Drop what has not gone out to somebody yet and names somebody else."""
    mention = or_(
        Notice.body.contains(name, autoescape=True), Notice.subject.contains(name, autoescape=True)
    )
    of_addressee = (Notice.bank_id == bank.id, Notice.addressee == addressee)
    session.execute(delete(Notice).where(*of_addressee, Notice.sent_at.is_(None), mention))


def mark_sent(session: Session, notice_id: int, *, now: datetime) -> None:
    """Take down that the other side took an e-mail or a text. One dropped in the meantime stays
    dropped."""
    session.execute(
        update(Notice).where(Notice.id == notice_id, Notice.sent_at.is_(None)).values(sent_at=now)
    )


def drop(session: Session, notice_id: int) -> None:
    """Drop a notice of which nothing is wanted any more."""
    session.execute(delete(Notice).where(Notice.id == notice_id, Notice.sent_at.is_(None)))


def mark_failed(session: Session, notice_id: int, *, error: str, now: datetime) -> Notice | None:
    """Take down that an e-mail or a text cannot be delivered, and ask a broker to pass it on, so
    that nobody is left out; which notice it was, if it had not been settled before.

    A weekly letter is not worth a call. Of a letter with a way in the broker learns that it did
    not get through, and nothing of it; what it held is for the caller to end.
    """
    failed = update(Notice).where(
        Notice.id == notice_id, Notice.sent_at.is_(None), Notice.failed_at.is_(None)
    )
    notice = session.execute(
        failed.values(failed_at=now, error=error).returning(Notice)
    ).scalar_one_or_none()
    if notice is None or notice.cause.startswith(f"{rules.DIGEST}:"):
        return notice
    if notice.channel == NoticeChannel.PUSH:
        _go_another_way(session, notice, error, now=now)
        return notice
    if notice.secret is not None:
        # A mail server may answer with what it was sent.
        notice.error = error = rules.code_of(error)
    _add_all(session, [_call_instead(session, notice, error, now)])
    return notice


def _call_instead(session: Session, notice: Notice, error: str, now: datetime) -> dict[str, Any]:
    """A call in the place of a notice that did not get through."""
    staff = voices.voice(banks.by_id(session, notice.bank_id).language)
    return _again(notice, NoticeChannel.CALL, now) | {"error": _why(notice, error).render(staff)}


def _again(notice: Notice, channel: NoticeChannel, now: datetime) -> dict[str, Any]:
    """The same notice by another channel."""
    by_itself = channel in rules.BY_ITSELF
    return {
        "bank_id": notice.bank_id,
        "addressee": notice.addressee,
        "name": notice.name,
        "channel": channel,
        "address": notice.address if by_itself else None,
        "subject": notice.subject,
        "body": notice.body,
        "language": notice.language,
        "cause": notice.cause,
        "secret": None,
        "asks": notice.asks if by_itself else None,
        "about": notice.about if by_itself else None,
        "created_at": now,
    }


def _go_another_way(session: Session, notice: Notice, error: str, *, now: datetime) -> None:
    """Tell by the next channel what no device took."""
    channel = rules.instead_of_push(notice.address)
    if channel is None:
        return
    if channel == NoticeChannel.CALL:
        _add_all(session, [_call_instead(session, notice, error, now)])
        return
    bank = banks.by_id(session, notice.bank_id)
    wishes = queries.preference(session, bank, notice.addressee)
    for added in _add_all(session, [_again(notice, channel, now)]):
        due = rules.not_before(now, bank.timezone, _quiet_hours(channel, wishes))
        queue(session, _SENDER[channel], {"notice": added.id}, run_at=due, key=str(added.id))


def _why(notice: Notice, reason: str) -> Said:
    if notice.secret is None:
        return _not_through(notice.channel, notice.address or "", reason)
    return say(
        "A link to sign in did not get through to %(address)s (%(reason)s). If they ask for one,"
        " make it on their page.",
        address=notice.address or "",
        reason=reason,
    )


def _not_through(channel: NoticeChannel, address: str, reason: str) -> Said:
    if channel == NoticeChannel.PUSH:
        return say("No device of theirs took it: %(reason)s", reason=reason)
    if channel == NoticeChannel.TEXT:
        return say(
            "The text to %(address)s did not get through: %(reason)s",
            address=address,
            reason=reason,
        )
    # Translators: the reason stands in the words of a mail server, or in ours.
    return say(
        "The e-mail to %(address)s did not get through: %(reason)s", address=address, reason=reason
    )


def _add_all(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[Row[int, str, str]]:
    """Insert notices; id, addressee and channel of those that were not there already."""
    if not rows:
        return []
    insert = insert_of(session)(_NOTICE).on_conflict_do_nothing()
    return session.execute(
        insert.returning(_NOTICE.c.id, _NOTICE.c.addressee, _NOTICE.c.channel), rows
    ).all()
