"""Equality and area data: what is asked, the answers, and how many people gave which. The caller
commits.

An answer can be read back by the member alone. All else that comes out is a count once in a
quarter, through the disclosure layer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.apart import new_key
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed
from timebank.measures import disclosure
from timebank.measures.windows import Period, ended
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import require_coordinator
from timebank.say import say
from timebank.surveys import rules
from timebank.surveys.categories import CATEGORIES, NO_ANSWER, NOT_SAID, Category
from timebank.surveys.errors import CountedAlready
from timebank.surveys.models import (
    EqualityAnswer,
    EqualityArea,
    EqualityAsked,
    EqualityCount,
    EqualityLink,
)
from timebank.text import tidy

MOST_AREAS = 100


@dataclass(frozen=True)
class Table:
    """How many members gave which answer to one question; None: withheld. `members` is the total,
    as it may be shown."""

    key: str
    title: str
    words: str
    counts: tuple[tuple[str, int | None], ...]
    members: int | None


@dataclass(frozen=True)
class Counts:
    """A table for each question that was asked when it was counted, never crossed with another;
    None: not counted yet.

    Counts of 1 to below `threshold` are withheld.
    """

    threshold: int
    tables: tuple[Table, ...]
    counted_on: date | None = None


def questions(session: Session, bank: Bank) -> list[Category]:
    """What the bank asks, with the answers to choose from."""
    asked = set(
        session.execute(
            select(EqualityAsked.question).where(EqualityAsked.bank_id == bank.id)
        ).scalars()
    )
    categories = [one for one in CATEGORIES if one.key in asked]
    return [
        replace(one, options=tuple(areas(session, bank))) if one.key == "area" else one
        for one in categories
    ]


def areas(session: Session, bank: Bank) -> Sequence[str]:
    """The areas that the bank has listed, in the order of letters."""
    statement = (
        select(EqualityArea.words)
        .where(EqualityArea.bank_id == bank.id)
        .order_by(EqualityArea.words)
    )
    return session.execute(statement).scalars().all()


def ask(session: Session, bank: Bank, asked: rules.EqualityAsked, act: Act) -> None:
    """Ask these questions from now on, and offer these areas. Answers given before are kept.

    A coordinator's to do. Raises NotAllowed, Invalid.
    """
    require_coordinator(act.by)
    keys, listed = asked.questions, asked.areas
    known = {one.key for one in CATEGORIES}
    if not set(keys) <= known:
        raise Invalid(
            say("Choose among the questions that are listed."),
            fields={"questions": say("Choose among those listed.")},
        )
    wanted = sorted({tidy("areas", one, rules.LONGEST["area"]) for one in listed} - {""})
    if len(wanted) > MOST_AREAS:
        words = say(
            "List at most %(most_areas)s areas: of more, each would be of too few people to say.",
            most_areas=MOST_AREAS,
        )
        raise Invalid.on("areas", words)
    if "area" in keys and not wanted:
        words = say("List the areas that people can choose from, one on a line.")
        raise Invalid.on("areas", words)
    for table in (EqualityAsked, EqualityArea):
        session.execute(delete(table).where(table.bank_id == bank.id))
    session.add_all([EqualityAsked(bank_id=bank.id, question=key) for key in sorted(set(keys))])
    session.add_all([EqualityArea(bank_id=bank.id, words=words) for words in wanted])
    session.flush()


def own(session: Session, bank: Bank, member_id: int) -> dict[str, str]:
    """A member's own answers by question, for nobody but them: words, or `not_said`."""
    joined = and_(
        EqualityLink.bank_id == EqualityAnswer.bank_id,
        EqualityLink.respondent == EqualityAnswer.respondent,
    )
    of_member = (EqualityLink.bank_id == bank.id, EqualityLink.member_id == member_id)
    rows = session.execute(
        select(EqualityAnswer.question, EqualityAnswer.choice)
        .join(EqualityLink, joined)
        .where(*of_member)
        .order_by(EqualityAnswer.question)
    )
    return {question: rules.NOT_SAID if choice is None else choice for question, choice in rows}


def answer(
    session: Session, bank: Bank, member_id: int, given: rules.EqualityAnswers, act: Act
) -> None:
    """Keep a member's answers: words of the question's, or `not_said`.

    From the member, they take the place of all earlier ones; from a broker, on their word, of those
    to the same questions, since a broker does not see the others. Raises NotFound; NotAllowed for
    anybody else; Invalid.
    """
    _require(session, bank, member_id, act.by)
    chosen, wrong = {}, {}
    for category in questions(session, bank):
        choice_given = given.answers.get(category.key, "")
        if choice_given == rules.NOT_SAID or choice_given in category.options:
            chosen[category.key] = None if choice_given == rules.NOT_SAID else choice_given
        elif choice_given:
            wrong[category.key] = say("Choose one of the answers that are listed.")
    if wrong:
        raise Invalid.of(wrong)
    one_at_a_time(session, bank)
    earlier = {} if act.by.member_id == member_id else own(session, bank, member_id)
    unchanged = {
        key: None if words == rules.NOT_SAID else words for key, words in earlier.items()
    } | chosen
    unlink(session, bank, member_id)
    if not unchanged:
        return
    key = new_key()
    session.add(EqualityLink(bank_id=bank.id, member_id=member_id, respondent=key))
    session.flush()
    for question, choice in sorted(unchanged.items()):
        session.add(
            EqualityAnswer(bank_id=bank.id, respondent=key, question=question, choice=choice)
        )
    session.flush()


def erase(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Erase a member's answers, as they may ask at any time. Raises NotFound, NotAllowed."""
    _require(session, bank, member_id, act.by)
    unlink(session, bank, member_id)


def unlink(session: Session, bank: Bank, member_id: int) -> None:
    """Erase a member's answers; they leave, or give others."""
    of_member = (EqualityLink.bank_id == bank.id, EqualityLink.member_id == member_id)
    session.execute(delete(EqualityLink).where(*of_member))
    session.expire_all()


def count(session: Session, bank: Bank, act: Act) -> Counts:
    """Count the answers of those who take part today, for everybody to be told until the next
    quarter's count.

    Once in a quarter: counts that moved with each answer would tell whose it was. A coordinator's
    to do. Raises NotAllowed; CountedAlready; Invalid where nothing is asked.
    """
    require_coordinator(act.by)
    today = local_date(act.now, bank.timezone)
    quarter = ended(Period.QUARTER, today) + timedelta(days=1)
    if not questions(session, bank):
        raise Invalid(say("Nothing is asked yet. Choose the questions first."))
    one_at_a_time(session, bank)
    latest = published(session, bank)
    if latest.counted_on is not None and latest.counted_on >= quarter:
        raise CountedAlready(
            say(
                "It was counted in this quarter, and is counted once in each: so no single answer"
                " shows."
            )
        )
    counts = _counted(session, bank, bank.few)
    content = json.dumps(
        {"threshold": counts.threshold, "tables": [asdict(one) for one in counts.tables]},
        ensure_ascii=False,
    )
    session.add(
        EqualityCount(bank_id=bank.id, counted_on=today, quarter_on=quarter, content=content)
    )
    session.flush()
    return replace(counts, counted_on=today)


def published(session: Session, bank: Bank) -> Counts:
    """The latest count, as it was published; without tables before the first."""
    latest = (
        select(EqualityCount)
        .where(EqualityCount.bank_id == bank.id)
        .order_by(EqualityCount.counted_on.desc())
        .limit(1)
    )
    row = session.execute(latest).scalar_one_or_none()
    if row is None:
        return Counts(bank.few, ())
    content = json.loads(row.content)
    tables = tuple(
        Table(**{**one, "counts": tuple(map(tuple, one["counts"]))}) for one in content["tables"]
    )
    return Counts(content["threshold"], tables, row.counted_on)


def _counted(session: Session, bank: Bank, threshold: int) -> Counts:
    taking_part = (Member.bank_id == bank.id, Member.status.in_(("active", "paused")))
    everybody = session.execute(
        select(func.count()).select_from(Member).where(*taking_part)
    ).scalar_one()
    rows = session.execute(
        select(EqualityAnswer.question, EqualityAnswer.choice, func.count())
        .join(
            EqualityLink,
            and_(
                EqualityLink.bank_id == EqualityAnswer.bank_id,
                EqualityLink.respondent == EqualityAnswer.respondent,
            ),
        )
        .join(
            Member,
            and_(Member.bank_id == EqualityLink.bank_id, Member.id == EqualityLink.member_id),
        )
        .where(*taking_part)
        .group_by(EqualityAnswer.question, EqualityAnswer.choice)
    )
    by_answer = {
        (question, NOT_SAID if choice is None else choice): number
        for question, choice, number in rows
    }
    return Counts(
        threshold,
        tuple(_table(one, by_answer, everybody, threshold) for one in questions(session, bank)),
    )


def _table(
    one: Category, found: Mapping[tuple[str, str], int], everybody: int, threshold: int
) -> Table:
    counts = {words: found.get((one.key, words), 0) for words in (*one.options, NOT_SAID)}
    answered = sum(counts.values())
    shown = rules.parts(counts | {NO_ANSWER: everybody - answered}, threshold)
    if 0 < answered < threshold:
        # Even that nobody gave an answer would tell what the few who answered said.
        shown = dict.fromkeys(shown)
    return Table(
        one.key,
        str(one.title),
        str(one.words),
        tuple(shown.items()),
        disclosure.shown(everybody, threshold),
    )


def _require(session: Session, bank: Bank, member_id: int, by: Actor) -> None:
    member = members.member(session, bank, member_id)
    if by.member_id != member_id and not by.is_broker:
        raise NotAllowed(say("Only the member, and a broker on their word, may do this."))
    if member.status == "left":
        raise NotAllowed(say("Who has left the time bank answers nothing more."))
