"""What there is to read of conversations: their options, what was said, and the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.activities import queries as activities
from timebank.activities.models import Activity
from timebank.banks.models import Bank
from timebank.base import held, one_or_refuse
from timebank.dialogue.models import (
    Dialogue,
    DialogueMeeting,
    Option,
    Point,
    Sounding,
    Verdict,
)
from timebank.dialogue.rules import (
    Decision,
    Sound,
    Sounded,
)
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.rules import Capacity
from timebank.say import Said, say


def dialogues(session: Session, bank: Bank, partnership_id: int) -> Sequence[Dialogue]:
    """The conversations of a partnership, the latest first."""
    return (
        session.execute(
            select(Dialogue)
            .where(Dialogue.bank_id == bank.id, Dialogue.partnership_id == partnership_id)
            .order_by(Dialogue.id.desc())
        )
        .scalars()
        .all()
    )


def dialogue(session: Session, bank: Bank, dialogue_id: int, *, lock: bool = False) -> Dialogue:
    """Raises NotFound."""
    statement = select(Dialogue).where(Dialogue.bank_id == bank.id, Dialogue.id == dialogue_id)
    return one_or_refuse(
        session, held(statement) if lock else statement, say("There is no such conversation here.")
    )


def meetings(session: Session, bank: Bank, dialogue_id: int) -> list[int]:
    """The ids of the sessions that are its meetings."""
    return list(
        session.execute(
            select(DialogueMeeting.session_id).where(
                DialogueMeeting.bank_id == bank.id, DialogueMeeting.dialogue_id == dialogue_id
            )
        ).scalars()
    )


def series(session: Session, bank: Bank, dialogue_id: int) -> Activity | None:
    """The activity in which a conversation met last, unless that is over."""
    met = [activities.meeting(session, bank, one) for one in meetings(session, bank, dialogue_id)]
    under_way = [one for one in met if one.activity.ended_at is None]
    return max(under_way, key=lambda one: one.row.starts_at).activity if under_way else None


def option_with_talk(
    session: Session, bank: Bank, option_id: int, *, lock: bool = False
) -> tuple[Option, Dialogue]:
    """An option and its conversation, which nobody else closes meanwhile. Raises NotFound."""
    option = one_or_refuse(
        session,
        select(Option).where(Option.bank_id == bank.id, Option.id == option_id),
        say("There is no such option here."),
    )
    return option, dialogue(session, bank, option.dialogue_id, lock=lock)


def verdict(session: Session, bank: Bank, option_id: int) -> Verdict | None:
    """The answer to an option, if there is one."""
    return session.get(Verdict, (bank.id, option_id))


@dataclass(frozen=True)
class OptionLine:
    """An option with what was said of it: its answer, how residents and professionals find it
    (hands, and what was said one by one where it is of enough people), and how many more have said
    so where it is not."""

    option: Option
    verdict: Verdict | None
    residents: Sounded
    professionals: Sounded
    withheld: int = 0


def options(session: Session, bank: Bank, dialogue_id: int) -> list[OptionLine]:
    """The options of a conversation in their order. What fewer than `bank.few` people of a group
    said one by one is counted and not told apart."""
    rows = session.execute(
        select(Option, Verdict)
        .outerjoin(Verdict, and_(Verdict.bank_id == Option.bank_id, Verdict.option_id == Option.id))
        .where(Option.bank_id == bank.id, Option.dialogue_id == dialogue_id)
        .order_by(Option.id)
    ).all()
    sums = session.execute(
        select(
            Sounding.option_id,
            Sounding.part,
            Sounding.session_id.is_not(None),
            Sounding.answer,
            func.sum(Sounding.people),
        )
        .where(Sounding.bank_id == bank.id, Sounding.option_id.in_([row[0].id for row in rows]))
        .group_by(
            Sounding.option_id,
            Sounding.part,
            Sounding.session_id.is_not(None),
            Sounding.answer,
        )
    ).all()
    counted: dict[tuple[int, bool, bool], dict[Sound, int]] = {}
    for option_id, part, hands, answer, people in sums:
        of = counted.setdefault((option_id, part == Capacity.RESIDENT, bool(hands)), {})
        of[answer] = of.get(answer, 0) + int(people)
    lines = []
    for option, verdict_ in rows:
        groups, withheld = [], 0
        for resident in (True, False):
            hands = _sounded(counted.get((option.id, resident, True), {}))
            single = _sounded(counted.get((option.id, resident, False), {}))
            if single.people < bank.few:
                withheld, single = withheld + single.people, Sounded()
            groups.append(hands + single)
        lines.append(OptionLine(option, verdict_, *groups, withheld=withheld))
    return lines


def _sounded(counts: Mapping[Sound, int]) -> Sounded:
    return Sounded(counts.get(Sound.YES, 0), counts.get(Sound.CAN_LIVE, 0), counts.get(Sound.NO, 0))


def sounding(session: Session, bank: Bank, option_id: int, member_id: int) -> Sounding | None:
    """How a member finds an option, if they have said so."""
    return session.execute(
        select(Sounding).where(
            Sounding.bank_id == bank.id,
            Sounding.option_id == option_id,
            Sounding.member_id == member_id,
        )
    ).scalar_one_or_none()


@dataclass(frozen=True)
class EnteredLine:
    """How somebody finds an option, as it was entered on their word: their name, and by whom."""

    sounding: Sounding
    name: str
    entered_by: str | Said


def entered_soundings(
    session: Session, bank: Bank, option_id: int, *, by: Actor
) -> list[EnteredLine]:
    """What was entered on the word of members, by name: by anybody to the staff, by themselves to
    who else sees to the conversation. What somebody said by themselves is nobody's to read."""
    wanted = select(Sounding).where(
        Sounding.bank_id == bank.id,
        Sounding.option_id == option_id,
        Sounding.member_id.is_not(None),
        Sounding.by.is_not(None),
    )
    if not by.is_broker:
        wanted = wanted.where(Sounding.by == by.key)
    rows = session.execute(wanted).scalars().all()
    people = meeting.names(session, bank, {row.member_id or 0 for row in rows}, by=by)
    called = members.who(session, bank, {row.by or "" for row in rows})
    lines = [
        EnteredLine(row, people[row.member_id or 0], called.get(row.by or "", ""))
        for row in rows
        if people[row.member_id or 0]
    ]
    return sorted(lines, key=lambda line: line.name.casefold())


def own_soundings(
    session: Session, bank: Bank, dialogue_id: int, member_id: int
) -> dict[int, Sounding]:
    """What a member has said of the options of a conversation, by option."""
    rows = (
        session.execute(
            select(Sounding)
            .join(Option, Option.id == Sounding.option_id)
            .where(
                Sounding.bank_id == bank.id,
                Option.dialogue_id == dialogue_id,
                Sounding.member_id == member_id,
            )
        )
        .scalars()
        .all()
    )
    return {row.option_id: row for row in rows}


def reasons_against(session: Session, bank: Bank, dialogue_id: int) -> dict[int, list[str]]:
    """Why people said no, by option, in no order that tells who."""
    rows = session.execute(
        select(Sounding.option_id, Sounding.why)
        .join(Option, Option.id == Sounding.option_id)
        .where(Sounding.bank_id == bank.id, Option.dialogue_id == dialogue_id, Sounding.why != "")
        .order_by(Sounding.why)
    ).all()
    by_option: dict[int, list[str]] = {}
    for option_id, why in rows:
        by_option.setdefault(option_id, []).append(why)
    return by_option


def hands(
    session: Session, bank: Bank, dialogue_id: int, session_id: int
) -> dict[tuple[int, Capacity, Sound], int]:
    """The hands that were counted at a meeting, by option, part and answer."""
    rows = session.execute(
        select(Sounding.option_id, Sounding.part, Sounding.answer, Sounding.people)
        .join(Option, Option.id == Sounding.option_id)
        .where(
            Sounding.bank_id == bank.id,
            Option.dialogue_id == dialogue_id,
            Sounding.session_id == session_id,
        )
    )
    return {(row.option_id, row.part, row.answer): row.people for row in rows}


@dataclass(frozen=True)
class PointLine:
    """Something said, and by whom, where that is known."""

    point: Point
    name: str


def points(session: Session, bank: Bank, dialogue_id: int, *, by: Actor | None) -> list[PointLine]:
    """What was said in a conversation, in the order in which it was, as this reader reads it."""
    rows = (
        session.execute(
            select(Point)
            .where(Point.bank_id == bank.id, Point.dialogue_id == dialogue_id)
            .order_by(Point.id)
        )
        .scalars()
        .all()
    )
    people = meeting.names(session, bank, {row.member_id for row in rows if row.member_id}, by=by)
    return [PointLine(row, people.get(row.member_id or 0, "")) for row in rows]


def unanswered(bank: Bank, today: date) -> Select[*tuple[Any, ...]]:
    """Open conversations whose day of the answer is past while an option has none."""
    without = (
        select(Option.dialogue_id)
        .outerjoin(Verdict, Verdict.option_id == Option.id)
        .where(Option.bank_id == bank.id, Verdict.option_id.is_(None))
    )
    return select(
        Dialogue.id,
        Dialogue.title.label("words"),
        Dialogue.answers_on.label("on"),
        Dialogue.decides.label("who"),
    ).where(
        Dialogue.bank_id == bank.id,
        Dialogue.opened_at.is_not(None),
        Dialogue.closed_at.is_(None),
        Dialogue.answers_on < today,
        Dialogue.id.in_(without),
    )


def refused_options(
    session: Session, bank: Bank, partnership_id: int
) -> list[tuple[Dialogue, Option, Verdict]]:
    """Options of closed conversations that were answered “not now” or “no”: what we did not, and
    why."""
    return [
        (talk, option, verdict_)
        for talk, option, verdict_ in session.execute(
            select(Dialogue, Option, Verdict)
            .join(Option, Option.dialogue_id == Dialogue.id)
            .join(Verdict, Verdict.option_id == Option.id)
            .where(
                Dialogue.bank_id == bank.id,
                Dialogue.partnership_id == partnership_id,
                Dialogue.closed_at.is_not(None),
                Verdict.answer.in_((Decision.NO, Decision.NOT_NOW)),
            )
            .order_by(Verdict.given_on, Option.id)
        ).all()
    ]
