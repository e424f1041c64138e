"""The register of a session: who was there, in which part, for how long. The caller commits.

Several people may keep one register at once, and others scan themselves in meanwhile. So a mark
says what its writer saw; what nobody else has touched is written, and what somebody has is refused,
by name.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from timebank import voices
from timebank.act import Act
from timebank.activities import queries, rules
from timebank.activities.errors import MarkedMeanwhile, WrongMoment
from timebank.activities.models import Contribution
from timebank.activities.queries import Line, Meeting
from timebank.activities.rules import Mark, Newcomer, Part, Source
from timebank.activities.service import hold
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed
from timebank.members import meeting as guard
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.errors import CannotTakePart
from timebank.members.rules import Capacity, Details
from timebank.say import Said, count, one_after_another, say
from timebank.text import folded

EARLY = timedelta(hours=2)
"""From so long before a session until so long after it the code at its door lets people in."""


def mark(
    session: Session,
    bank: Bank,
    session_id: int,
    marks: Sequence[Mark],
    act: Act,
    *,
    channel: Source = Source.WEB,
) -> Meeting:
    """Write the marks into the register; those whom none of them names stay as they were.

    Raises Invalid with a sentence for every mark that cannot be; MarkedMeanwhile; NotFound for
    somebody of another bank; NotAllowed; WrongMoment for a session that was called off, posted, or
    is not yet.
    """
    meeting = hold(session, bank, session_id, by=act.by)
    _check_day(bank, meeting, act.now)
    lines = {line.key: line for line in queries.register(session, bank, meeting)}
    _check_once(marks, lines)
    wanted = {one.key: _line(session, bank, meeting, one, lines) for one in marks}
    _check_unchanged(marks, wanted, lines)
    _check_parts(wanted.values(), meeting)
    _check_apart(session, bank, meeting, wanted, lines, act)
    for mark in marks:
        key, line = mark.key, wanted[mark.key]
        if line.state == mark.was:
            continue
        if (
            key not in lines
            or line.state != lines[key].state
            or line.capacity != lines[key].capacity
        ):
            _write(session, bank, meeting, lines.get(key), line, channel, act)
    meeting.row.registered_by, meeting.row.registered_at = act.by.key, act.now
    session.flush()
    return queries.meeting(session, bank, session_id)


def add_newcomer(
    session: Session, bank: Bank, session_id: int, newcomer: Newcomer, act: Act
) -> Meeting:
    """Mark somebody who is no member and would like to be one: a guest today, with an application
    for a broker to answer.

    Raises what `mark` and `members.service.join` raise.
    """
    meeting = mark(session, bank, session_id, [Mark(guest=newcomer.name, part=Part.ATTENDED)], act)
    about = say(
        "Came to %(title)s on %(day)s.",
        title=meeting.activity.title,
        day=queries.held_on(bank, meeting.row),
    )
    # It is kept for whoever of the staff answers, as the applicant's own words would be.
    written = about.render(voices.voice(bank.language))
    details = Details(newcomer.name, phone=newcomer.phone, about=written)
    applicant = members_service.join(session, bank, details, now=act.now)
    of_guest = _of(bank, session_id, Contribution.guest_key == folded(newcomer.name))
    for row in session.execute(select(Contribution).where(*of_guest)).scalars():
        row.newcomer_id = applicant.id
    session.flush()
    return meeting


def check_in(session: Session, bank: Bank, session_id: int, act: Act, *, key: str) -> bool:
    """A member has scanned the code at the door: they came. False when the register had them
    already.

    Raises NotAllowed for a code that is not this session's; WrongMoment when it was called off,
    posted, over or is not yet.
    """
    meeting = hold(session, bank, session_id)
    if act.by.member_id is None or not hmac.compare_digest(
        key.encode(), meeting.row.door_key.encode()
    ):
        raise NotAllowed(
            say(
                "That code is not the one at the door of this session. Ask whoever keeps the"
                " register."
            )
        )
    if not meeting.row.starts_at - EARLY <= act.now <= meeting.ends_at + EARLY:
        raise WrongMoment(
            say("The code works on the day, from two hours before until two hours after.")
        )
    mine = _of(bank, session_id, Contribution.member_id == act.by.member_id)
    if session.execute(select(Contribution.id).where(*mine)).first() is not None:
        return False
    capacity = members.member(session, bank, act.by.member_id).capacity
    line = Line(
        act.by.name,
        capacity,
        act.by.member_id,
        account=act.by.account_id,
        part=Part.ATTENDED,
    )
    there = {line.key: line for line in queries.register(session, bank, meeting)}
    _check_apart(session, bank, meeting, {line.key: line}, there, act)
    _add(session, meeting, line, Part.ATTENDED, meeting.row.minutes, Source.SCAN, act)
    session.flush()
    return True


def _check_day(bank: Bank, meeting: Meeting, now: datetime) -> None:
    if meeting.row.starts_at - EARLY > now:
        day = queries.held_on(bank, meeting.row)
        raise WrongMoment(
            say(
                "This session is still to come, on %(day)s. Its register opens two hours before.",
                day=day,
            )
        )


def _check_once(marks: Iterable[Mark], lines: dict[str, Line]) -> None:
    seen: set[str] = set()
    for mark in marks:
        if mark.key in seen:
            name = (
                lines[mark.key].name
                if mark.key in lines
                else mark.guest or say("member %(id)s", id=str(mark.member_id))
            )
            raise Invalid.on(
                mark.key,
                say(
                    "%(name)s is there twice. Keep one line, with the part and all the minutes.",
                    name=name,
                ),
            )
        seen.add(mark.key)


def _line(
    session: Session, bank: Bank, meeting: Meeting, mark: Mark, lines: dict[str, Line]
) -> Line:
    """What the register is to say of this person."""
    known = lines.get(mark.key)
    if known is None and mark.member_id is not None:
        member = members.member(session, bank, mark.member_id)
        if member.status not in members.TAKING_PART:
            words = say(
                "%(name)s takes no part in the time bank. Add them as a guest.", name=member.name
            )
            raise Invalid.on(mark.key, words)
        known = Line(member.name, member.capacity, member.id, member.number, member.account_id)
    elif known is None:
        name = rules.tidy("guest", " ".join(mark.guest.split()), required=say("Write the name."))
        known = Line(name, Capacity.RESIDENT)
    minutes = (meeting.row.minutes if mark.minutes is None else mark.minutes) if mark.part else 0
    return Line(
        known.name,
        mark.capacity or known.capacity,
        known.member_id,
        known.number,
        known.account,
        part=mark.part,
        minutes=minutes,
        prepared=mark.prepared,
        without_hours=mark.without_hours,
    )


def _check_unchanged(
    marks: Iterable[Mark], wanted: dict[str, Line], lines: dict[str, Line]
) -> None:
    """What was changed since the writer looked, to something else than they write, is refused by
    name: no mark is lost."""
    clashes: dict[str, Said] = {}
    for mark in marks:
        now_there = lines[mark.key].state if mark.key in lines else ""
        if (
            mark.was is not None
            and mark.was != now_there
            and wanted[mark.key].state not in (now_there, mark.was)
        ):
            clashes[mark.key] = _clash(wanted[mark.key].name, lines.get(mark.key))
    if clashes:
        mend = say("Nothing is saved yet; look at them and save again.")
        raise MarkedMeanwhile(one_after_another([*clashes.values(), mend]), fields=clashes)


def _clash(name: str, line: Line | None) -> Said:
    """What somebody else has marked of this person meanwhile."""
    if line is None or not line.here:
        return say("%(name)s: somebody else has just marked that they are not here.", name=name)
    # Translators: the part in a session and how long, such as “Came, 90 minutes”.
    marked = [
        say(
            "%(part)s, %(time)s",
            part=rules.PART_WORDS[part],
            time=count("%(n)s minute", "%(n)s minutes", minutes),
        )
        for part, minutes in line.parts
    ]
    return say(
        # Translators: such as “Ana: somebody else has just marked “Led, 90 minutes””.
        "%(name)s: somebody else has just marked “%(marked)s”.",
        name=name,
        marked=marked,
    )


def _check_parts(lines: Iterable[Line], meeting: Meeting) -> None:
    wrong: dict[str, Said] = {}
    for line in lines:
        try:
            if line.part == Part.PREPARED:
                raise Invalid(
                    say(
                        "%(name)s: write the time of preparing beside the part in the room.",
                        name=line.name,
                    )
                )
            if line.part:
                rules.check_part(line.part, line.minutes, lasts=meeting.row.minutes, name=line.name)
            if line.prepared:
                rules.check_part(
                    Part.PREPARED, line.prepared, lasts=meeting.row.minutes, name=line.name
                )
        except Invalid as refusal:
            wrong[line.key] = refusal.message
    if wrong:
        raise Invalid(one_after_another([*wrong.values()]), fields=wrong)


def _check_apart(
    session: Session,
    bank: Bank,
    meeting: Meeting,
    wanted: Mapping[str, Line],
    lines: Mapping[str, Line],
    act: Act,
) -> None:
    """Whoever comes onto the register meets those who are on it, those who lead, who pays, and the
    others who come onto it; and nobody writes of somebody of whom they are shown nothing."""
    hidden = guard.hidden_people(session, bank, act.by)
    for line in wanted.values():
        if line.member_id in hidden:
            raise CannotTakePart(guard.not_just_now(bank))
    new = {
        line.account
        for key, line in wanted.items()
        if line.account is not None and line.here and not (key in lines and lines[key].here)
    }
    if not new:
        return
    gone = {key for key, line in wanted.items() if not line.here}
    there = {
        line.account
        for key, line in lines.items()
        if line.account is not None and line.here and key not in gone
    }
    hosts = queries.hosts(session, bank, meeting.activity)
    what = f"session:{meeting.row.id}"
    guard.bring(session, bank, new, {*there, *hosts}, act, what=what)


def _write(
    session: Session,
    bank: Bank,
    meeting: Meeting,
    before: Line | None,
    line: Line,
    channel: Source,
    act: Act,
) -> None:
    rows: dict[bool, Contribution] = {}
    if before is not None and before.here:
        who = (
            Contribution.member_id == line.member_id
            if line.member_id is not None
            else Contribution.guest_key == folded(line.name)
        )
        of_line = select(Contribution).where(*_of(bank, meeting.row.id, who))
        # Somebody has at most one row for the room, and one for preparing.
        rows = {row.part == Part.PREPARED: row for row in session.execute(of_line).scalars()}
    for part, minutes in line.parts:
        row = rows.pop(part == Part.PREPARED, None)
        if row is None:
            _add(session, meeting, line, part, minutes, channel, act)
            continue
        row.part, row.minutes = part, minutes
        row.without_hours, row.capacity = line.without_hours, line.capacity
        row.by, row.channel, row.at = act.by.key, channel, act.now
    for row in rows.values():
        session.delete(row)
    session.flush()


def _add(
    session: Session,
    meeting: Meeting,
    line: Line,
    part: Part,
    minutes: int,
    channel: Source,
    act: Act,
) -> None:
    session.add(
        Contribution(
            bank_id=meeting.row.bank_id,
            session_id=meeting.row.id,
            member_id=line.member_id,
            guest=None if line.member_id is not None else line.name,
            capacity=line.capacity,
            part=part,
            minutes=minutes,
            without_hours=line.without_hours,
            by=act.by.key,
            channel=channel,
            at=act.now,
        )
    )


def _of(
    bank: Bank, session_id: int, *wanted: ColumnElement[bool]
) -> tuple[ColumnElement[bool], ...]:
    return Contribution.bank_id == bank.id, Contribution.session_id == session_id, *wanted
