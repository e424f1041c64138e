"""Reading audits, their sheets as numbers, and answers to be sorted. Raises NotFound for what is
not in the bank."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import one_or_refuse
from timebank.codes import folded_code, secret_hash
from timebank.dialogue import audit_rules as rules
from timebank.dialogue.audit_models import (
    Audit,
    AuditAnswer,
    AuditCode,
    AuditGroup,
    AuditQuestion,
    AuditRound,
    AuditSheet,
    ContactLeft,
    SortedAs,
    Theme,
    Wording,
)
from timebank.dialogue.audit_rules import NewAudit, NewSheet
from timebank.dialogue.models import Priority
from timebank.dialogue.ranking import shown
from timebank.dialogue.rules import ASSETS, GroupKind, QuestionKind, Way
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.members.models import Member
from timebank.members.rules import Capacity
from timebank.say import Said, as_written, say


@dataclass(frozen=True)
class Asked:
    """What a closed question asks, and the words for each number it is answered with."""

    n: int
    words: str
    options: tuple[tuple[int, str], ...]

    @property
    def scale(self) -> bool:
        """Whether it is answered on the scale, and not by a choice."""
        return self.options == tuple((n, str(n)) for n in range(rules.SCALE[0], rules.SCALE[1] + 1))


@dataclass(frozen=True)
class Whole:
    """A sheet with everything on it, until its audit closes: `wishes` as others read them, `first`
    as they were given."""

    key: str
    way: Way
    round_id: int | None
    stack: int | None
    age: str
    area: str
    part: Capacity | None
    wishes: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    closed: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def as_given(self) -> NewSheet:
        """The same as it came in."""
        return NewSheet(
            *(self.way, self.first, self.assets, self.closed),
            *(self.age, self.area, self.part, self.round_id),
        )

    @property
    def words(self) -> tuple[str, ...]:
        """All that is on it in somebody's own words, as others read it."""
        return self.wishes + self.assets


@dataclass(frozen=True)
class Reach:
    """Who has been asked so far: people by group and by way, beside how many of the group the
    coordinator knows of."""

    people: int
    target: int | None
    by: Mapping[GroupKind, tuple[tuple[str, int, int | None], ...]]
    ways: Mapping[Way, int]

    @property
    def asked(self) -> int:
        """How many were asked, and did not answer by the public link: those who are told of."""
        return self.people - self.ways.get(Way.LINK, 0)

    @property
    def nobody(self) -> list[str]:
        """The groups that nobody asked so far says they are of."""
        named = (self.by[kind] for kind in (GroupKind.AGE, GroupKind.AREA))
        return [words for groups in named for words, asked, _ in groups if not asked]


@dataclass(frozen=True)
class Unsorted:
    """An answer that is to be sorted: its sheet's key and place, its words, and what in them could
    tell who wrote it."""

    key: str
    place: int
    words: str
    left: int
    wording: str = ""
    signs: Sequence[Said] = ()


@dataclass(frozen=True)
class Sheet:
    """Of one person: how it came, who they said they are, the themes they named, and their answers
    to closed questions."""

    way: Way
    age: str | None
    area: str | None
    part: Capacity | None
    themes: frozenset[int] = frozenset()
    closed: Mapping[int, int] = field(default_factory=dict[int, int])


def audit(session: Session, bank: Bank, audit_id: int) -> Audit:
    audit = session.get(Audit, audit_id)
    if audit is None or audit.bank_id != bank.id:
        raise NotFound(say("There is no such round of asking here."))
    return audit


def audits(session: Session, bank: Bank, partnership_id: int | None = None) -> Sequence[Audit]:
    """The latest first; of one partnership, if it is named."""
    wanted = select(Audit).where(Audit.bank_id == bank.id)
    if partnership_id is not None:
        wanted = wanted.where(Audit.partnership_id == partnership_id)
    return session.execute(wanted.order_by(Audit.opens_on.desc(), Audit.id.desc())).scalars().all()


def by_link(session: Session, bank: Bank, link_key: str) -> Audit:
    """The audit of a public link."""
    return one_or_refuse(
        session,
        select(Audit).where(Audit.bank_id == bank.id, Audit.link_key == link_key),
        say("This link does not lead anywhere any more. Ring the time bank."),
    )


def takes_sheets(one: Audit, today: date) -> bool:
    """Whether it takes answers today."""
    return one.closed_at is None and one.opens_on <= today <= one.closes_on


def by_code(session: Session, bank: Bank, code: str) -> tuple[Audit, AuditCode]:
    """The audit that a printed sheet belongs to, by the code on it however it was typed. Raises
    Invalid."""
    printed = session.get(AuditCode, (bank.id, secret_hash(folded_code(code))))
    if printed is None:
        raise Invalid.on(
            "code",
            say(
                "No sheet has that code. Look at the sixteen letters and digits at the head of the"
                " sheet again."
            ),
        )
    return audit(session, bank, printed.audit_id), printed


def questions(session: Session, bank: Bank, audit_id: int) -> list[Asked]:
    """The closed ones, in their order."""
    rows = session.execute(
        select(AuditQuestion)
        .where(AuditQuestion.bank_id == bank.id, AuditQuestion.audit_id == audit_id)
        .order_by(AuditQuestion.n)
    ).scalars()
    return [
        Asked(
            row.n,
            row.words,
            (
                tuple(enumerate(row.choices.split("\n"), 1))
                if row.kind == QuestionKind.CHOICE
                else tuple((n, str(n)) for n in range(rules.SCALE[0], rules.SCALE[1] + 1))
            ),
        )
        for row in rows
    ]


def planned(session: Session, bank: Bank, audit: Audit) -> NewAudit:
    """What is asked, of whom and when, as it is written to plan it."""
    asked = [
        one.words if one.scale else f"{one.words} {' / '.join(words for _, words in one.options)}"
        for one in questions(session, bank, audit.id)
    ]
    ages, areas = (
        [
            one.words if one.people is None else f"{one.words} = {one.people}"
            for one in groups(session, bank, audit.id, kind)
        ]
        for kind in (GroupKind.AGE, GroupKind.AREA)
    )
    return NewAudit(
        *(audit.title, audit.opens_on, audit.closes_on, audit.question, audit.assets),
        *(audit.target, audit.partnership_id, asked, ages, areas),
    )


def groups(session: Session, bank: Bank, audit_id: int, kind: GroupKind) -> Sequence[AuditGroup]:
    """What somebody can choose from, in its order."""
    return (
        session.execute(
            select(AuditGroup)
            .where(
                AuditGroup.bank_id == bank.id,
                AuditGroup.audit_id == audit_id,
                AuditGroup.kind == kind,
            )
            .order_by(AuditGroup.n)
        )
        .scalars()
        .all()
    )


def rounds(session: Session, bank: Bank, audit_id: int) -> Sequence[tuple[AuditRound, str | None]]:
    """Each with the name of who goes."""
    rows = session.execute(
        select(AuditRound, Member.name)
        .outerjoin(
            Member,
            and_(Member.bank_id == AuditRound.bank_id, Member.id == AuditRound.collector_id),
        )
        .where(AuditRound.bank_id == bank.id, AuditRound.audit_id == audit_id)
        .order_by(AuditRound.id)
    )
    return [(row[0], row[1]) for row in rows]


def collects(session: Session, bank: Bank, audit_id: int, by: Actor) -> bool:
    """Whether somebody goes on a round of the audit."""
    if by.member_id is None:
        return False
    of_collector = (
        AuditRound.bank_id == bank.id,
        AuditRound.audit_id == audit_id,
        AuditRound.collector_id == by.member_id,
    )
    return session.execute(select(AuditRound.id).where(*of_collector).limit(1)).first() is not None


def require_collector(session: Session, bank: Bank, audit_id: int, by: Actor) -> None:
    """Raises NotAllowed for whoever neither goes on a round of it nor is of the staff: they alone
    read what people wrote."""
    if not by.is_broker and not collects(session, bank, audit_id, by):
        raise NotAllowed(
            say("This is for those who go round and ask, and for the staff of the time bank.")
        )


def collected_by(session: Session, bank: Bank, member_id: int) -> Sequence[Audit]:
    """The audits that are not closed, of which the member goes on a round."""
    of_collector = select(AuditRound.audit_id).where(
        AuditRound.bank_id == bank.id, AuditRound.collector_id == member_id
    )
    return (
        session.execute(
            select(Audit)
            .where(Audit.bank_id == bank.id, Audit.id.in_(of_collector), Audit.closed_at.is_(None))
            .order_by(Audit.closes_on, Audit.id)
        )
        .scalars()
        .all()
    )


def people(session: Session, bank: Bank, audit_id: int) -> int:
    """How many sheets there are."""
    return session.execute(
        select(func.count()).where(AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit_id)
    ).scalar_one()


def stacks(session: Session, bank: Bank, audit_id: int) -> dict[int, Counter[Way]]:
    """The files that sheets came in with, by number: how many of each way."""
    rows = session.execute(
        select(AuditSheet.stack, AuditSheet.way, func.count())
        .where(
            AuditSheet.bank_id == bank.id,
            AuditSheet.audit_id == audit_id,
            AuditSheet.stack.is_not(None),
        )
        .group_by(AuditSheet.stack, AuditSheet.way)
        .order_by(AuditSheet.stack)
    )
    files: dict[int, Counter[Way]] = {}
    for stack, way, people in rows:
        files.setdefault(stack or 0, Counter())[Way(way)] += people
    return files


def whole_sheets(
    session: Session, bank: Bank, audit_id: int, *, key: str | None = None
) -> list[Whole]:
    """Every sheet with everything on it, in the order of its random key; or the one of that key.
    For the staff alone, and until the audit closes."""
    own = [AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit_id]
    answers_of = [AuditAnswer.bank_id == bank.id, AuditAnswer.audit_id == audit_id]
    if key is not None:
        own.append(AuditSheet.key == key)
        answers_of.append(AuditAnswer.key == key)
    answers: dict[str, list[tuple[AuditAnswer, str | None]]] = {}
    for answer, wording in session.execute(
        select(AuditAnswer, Wording.words)
        .outerjoin(Wording, _wording_of())
        .where(*answers_of)
        .order_by(AuditAnswer.key, AuditAnswer.question, AuditAnswer.place)
    ).all():
        answers.setdefault(answer.key, []).append((answer, wording))
    sheets = session.execute(select(AuditSheet).where(*own).order_by(AuditSheet.key)).scalars()
    return [_whole(sheet, answers.get(sheet.key, [])) for sheet in sheets]


def _whole(sheet: AuditSheet, answers: Sequence[tuple[AuditAnswer, str | None]]) -> Whole:
    wishes = [
        (one.words or "", other or one.words or "") for one, other in answers if not one.question
    ]
    return Whole(
        sheet.key,
        Way(sheet.way),
        sheet.round_id,
        sheet.stack,
        sheet.age or "",
        sheet.area or "",
        sheet.part,
        tuple(shown for _, shown in wishes),
        tuple(first for first, _ in wishes),
        tuple(one.words or "" for one, _ in answers if one.question == ASSETS),
        {one.question: one.value for one, _ in answers if one.value is not None},
    )


def whole_sheet(session: Session, bank: Bank, audit_id: int, key: str) -> Whole:
    """One of them. Raises NotFound for one that is not there, or has got another key since."""
    for sheet in whole_sheets(session, bank, audit_id, key=key):
        return sheet
    raise NotFound(
        say("Another sheet has come in, and they were mixed again. Look for it in the list.")
    )


def _wording_of() -> ColumnElement[bool]:
    """The other wording of an answer."""
    return and_(
        Wording.bank_id == AuditAnswer.bank_id,
        Wording.audit_id == AuditAnswer.audit_id,
        Wording.key == AuditAnswer.key,
        Wording.question == AuditAnswer.question,
        Wording.place == AuditAnswer.place,
    )


def reach(session: Session, bank: Bank, audit: Audit) -> Reach:
    """Who has been asked so far."""
    rows = session.execute(
        select(AuditSheet.way, AuditSheet.age, AuditSheet.area, AuditSheet.part).where(
            AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit.id
        )
    ).all()
    counted = {
        GroupKind.AGE: Counter(row.age for row in rows),
        GroupKind.AREA: Counter(row.area for row in rows),
    }
    by = {
        kind: tuple(
            (group.words, counts[group.words], group.people)
            for group in groups(session, bank, audit.id, kind)
        )
        for kind, counts in counted.items()
    }
    parts = Counter(row.part for row in rows)
    by[GroupKind.PART] = tuple((part.value, parts[part], None) for part in Capacity)
    return Reach(len(rows), audit.target, by, Counter(Way(row.way) for row in rows))


def details(session: Session, bank: Bank, audit_id: int) -> Sequence[ContactLeft]:
    """What people left to be reached by, by name."""
    return (
        session.execute(
            select(ContactLeft)
            .where(ContactLeft.bank_id == bank.id, ContactLeft.audit_id == audit_id)
            .order_by(ContactLeft.name, ContactLeft.key)
        )
        .scalars()
        .all()
    )


# ---- Themes, and sorting ----


def themes(session: Session, bank: Bank, audit_id: int, *, joined: bool = False) -> Sequence[Theme]:
    """In the order in which they were named; those that were joined to another only if asked."""
    wanted = select(Theme).where(
        Theme.bank_id == bank.id, Theme.audit_id == audit_id, Theme.rest.is_(False)
    )
    if not joined:
        wanted = wanted.where(Theme.joined_id.is_(None))
    return session.execute(wanted.order_by(Theme.id)).scalars().all()


def rest(session: Session, bank: Bank, audit_id: int) -> Theme | None:
    """What answers are put under that fit none of the themes, once one was."""
    return session.execute(
        select(Theme).where(
            Theme.bank_id == bank.id, Theme.audit_id == audit_id, Theme.rest.is_(True)
        )
    ).scalar_one_or_none()


def heads(session: Session, bank: Bank, audit_id: int) -> dict[int, int]:
    """By the id of a theme, that of the one it counts as, however often it was joined; what fits
    none of them counts as itself."""
    to = {one.id: one.joined_id for one in themes(session, bank, audit_id, joined=True)}
    fits_none = rest(session, bank, audit_id)
    if fits_none is not None:
        to[fits_none.id] = None

    def head(theme_id: int) -> int:
        next_id = to[theme_id]
        return theme_id if next_id is None else head(next_id)

    return {theme_id: head(theme_id) for theme_id in to}


@dataclass(frozen=True)
class Choice:
    """What one sorter put an answer under, the first theme first."""

    sorter_id: int
    themes: tuple[int, ...]


def choices(session: Session, bank: Bank, audit_id: int) -> dict[tuple[str, int], list[Choice]]:
    """By sheet and place, what each sorter put an answer under, in the order of sorters."""
    to = heads(session, bank, audit_id)
    rows = session.execute(
        select(SortedAs.key, SortedAs.place, SortedAs.sorter_id, SortedAs.theme_id)
        .where(SortedAs.bank_id == bank.id, SortedAs.audit_id == audit_id)
        .order_by(SortedAs.key, SortedAs.place, SortedAs.sorter_id, SortedAs.n)
    )
    by_answer: dict[tuple[str, int], dict[int, list[int]]] = {}
    for key, place, sorter, theme in rows:
        by_answer.setdefault((key, place), {}).setdefault(sorter, []).append(to[theme])
    return {
        answer: [Choice(sorter, tuple(dict.fromkeys(put))) for sorter, put in by.items()]
        for answer, by in by_answer.items()
    }


def settled(put: Sequence[Choice]) -> frozenset[int]:
    """The themes an answer counts under: those that all who sorted it put it under; where there is
    none, those that each of them put it under first."""
    if not put:
        return frozenset()
    shared = frozenset.intersection(*(frozenset(one.themes) for one in put))
    return shared or frozenset(one.themes[0] for one in put)


def differ(put: Sequence[Choice]) -> bool:
    """Whether two sorters have no theme in common for an answer."""
    return len(put) > 1 and not frozenset.intersection(*(frozenset(one.themes) for one in put))


def wishes(session: Session, bank: Bank, audit_id: int) -> dict[tuple[str, int], str]:
    """The answers to the open question as others read them: with the shortened wording where there
    is one. By sheet and place; of sorters alone until the audit has closed."""
    rows = session.execute(
        select(AuditAnswer.key, AuditAnswer.place, func.coalesce(Wording.words, AuditAnswer.words))
        .outerjoin(Wording, _wording_of())
        .where(
            AuditAnswer.bank_id == bank.id,
            AuditAnswer.audit_id == audit_id,
            AuditAnswer.question == 0,
        )
        .order_by(AuditAnswer.key, AuditAnswer.place)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def wish(session: Session, bank: Bank, audit_id: int, key: str, place: int) -> tuple[str, str]:
    """An answer in its first wording, and the one that others read, if there is one. Raises
    NotFound for one that has got another key since."""
    answer = session.get(AuditAnswer, (bank.id, audit_id, key, 0, place))
    if answer is None or answer.words is None:
        raise NotFound(
            say("Another sheet has come in, and the answers were mixed again. Take the next one.")
        )
    other = session.get(Wording, (bank.id, audit_id, key, 0, place))
    return answer.words, other.words if other else ""


def latest_of(bank: Bank, audit: Audit, by: Actor) -> tuple[ColumnElement[bool], ...]:
    """What somebody sorted last in an audit."""
    return (
        SortedAs.bank_id == bank.id,
        SortedAs.audit_id == audit.id,
        SortedAs.sorter_id == by.member_id,
        SortedAs.latest.is_(True),
    )


@dataclass(frozen=True)
class Latest:
    """What a sorter sorted last: the answer as others read it, and the themes they put it under;
    none where it fits none."""

    words: str
    themes: tuple[str, ...]


def latest(session: Session, bank: Bank, audit: Audit, by: Actor) -> Latest | None:
    """What somebody sorted last and can take back, if there is such an answer."""
    rows = session.execute(
        select(SortedAs.key, SortedAs.place, Theme.words, Theme.rest)
        .join(Theme, and_(Theme.bank_id == SortedAs.bank_id, Theme.id == SortedAs.theme_id))
        .where(*latest_of(bank, audit, by))
        .order_by(SortedAs.n)
    ).all()
    if not rows:
        return None
    first, wording = wish(session, bank, audit.id, rows[0].key, rows[0].place)
    return Latest(wording or first, tuple(row.words for row in rows if not row.rest))


def theme_words(session: Session, bank: Bank, audit: Audit) -> dict[int, Said]:
    """What answers can be put under, in words: the themes, and that it is none of them."""
    words = {one.id: as_written(one.words) for one in themes(session, bank, audit.id)}
    fits_none = rest(session, bank, audit.id)
    return words | ({fits_none.id: rules.NO_THEME} if fits_none else {})


def assets(session: Session, bank: Bank, audit_id: int) -> list[str]:
    """What people would be glad to do or show, in no order of theirs."""
    rows = session.execute(
        select(AuditAnswer.words).where(
            AuditAnswer.bank_id == bank.id,
            AuditAnswer.audit_id == audit_id,
            AuditAnswer.question == ASSETS,
        )
    ).scalars()
    return sorted((words for words in rows if words), key=str.casefold)


def sheets(session: Session, bank: Bank, audit_id: int) -> list[Sheet]:
    """Every sheet with the themes its answers count under, in the order of its random key."""
    put = choices(session, bank, audit_id)
    named: dict[str, set[int]] = {}
    for (key, _), by in put.items():
        named.setdefault(key, set()).update(settled(by))
    closed: dict[str, dict[int, int]] = {}
    for key, n, value in session.execute(
        select(AuditAnswer.key, AuditAnswer.question, AuditAnswer.value).where(
            AuditAnswer.bank_id == bank.id,
            AuditAnswer.audit_id == audit_id,
            AuditAnswer.value.is_not(None),
        )
    ):
        closed.setdefault(key, {})[n] = value or 0
    rows = session.execute(
        select(AuditSheet.key, AuditSheet.way, AuditSheet.age, AuditSheet.area, AuditSheet.part)
        .where(AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit_id)
        .order_by(AuditSheet.key)
    )
    return [
        Sheet(
            row.way,
            row.age,
            row.area,
            row.part,
            frozenset(named.get(row.key, ())),
            closed.get(row.key, {}),
        )
        for row in rows
    ]


def named(
    session: Session, bank: Bank, theme_ids: Collection[int | None]
) -> dict[int, tuple[int, int]]:
    """By theme how many people named it, and of how many who were asked, as its audit tells them;
    nothing where that is of too few, or the audit has not closed."""
    wanted = {one for one in theme_ids if one}
    of_audit = session.execute(
        select(Theme.id, Theme.audit_id)
        .join(Audit, and_(Audit.bank_id == Theme.bank_id, Audit.id == Theme.audit_id))
        .where(Theme.bank_id == bank.id, Theme.id.in_(wanted), Audit.closed_at.is_not(None))
    ).all()
    counts: dict[int, tuple[int, int]] = {}
    for audit_id in {row.audit_id for row in of_audit}:
        asked = [one for one in sheets(session, bank, audit_id) if one.way != Way.LINK]
        to = heads(session, bank, audit_id)
        for theme_id in (row.id for row in of_audit if row.audit_id == audit_id):
            people = sum(to[theme_id] in sheet.themes for sheet in asked)
            if people and shown(people, len(asked), bank.few):
                counts[theme_id] = people, len(asked)
    return counts


def place_of(session: Session, bank: Bank, audit: Audit) -> int | None:
    """The id of the partnership that an audit was for, or that made priorities of it; None where
    there is neither."""
    if audit.partnership_id is not None:
        return audit.partnership_id
    return session.execute(
        select(Priority.partnership_id)
        .where(Priority.bank_id == bank.id, Priority.audit_id == audit.id)
        .order_by(Priority.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def people_asked(session: Session, bank: Bank, partnership_id: int) -> int:
    """How many were asked in closed audits of a partnership, and in those its priorities come from;
    not those who answered by a public link; 0 where they are few."""
    people = session.execute(
        select(func.count())
        .select_from(AuditSheet)
        .join(Audit, and_(Audit.bank_id == AuditSheet.bank_id, Audit.id == AuditSheet.audit_id))
        .where(
            Audit.bank_id == bank.id,
            or_(
                Audit.partnership_id == partnership_id,
                Audit.id.in_(
                    select(Priority.audit_id).where(
                        Priority.bank_id == bank.id, Priority.partnership_id == partnership_id
                    )
                ),
            ),
            Audit.closed_at.is_not(None),
            AuditSheet.way != Way.LINK,
        )
    ).scalar_one()
    return people if people >= bank.few else 0
