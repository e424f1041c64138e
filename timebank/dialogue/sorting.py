"""Themes named from the answers, and answers sorted into them by two people. The caller commits.

The staff sort, and those who went round and asked: they heard the answers. Nobody else reads one
before the audit is closed. Where two sort the same answer, both are kept, and where they differ
that is shown, for them to talk about.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audit_rules as rules
from timebank.dialogue import ranking
from timebank.dialogue.audit_models import Audit, AuditAnswer, SortedAs, Theme, Wording
from timebank.dialogue.audit_queries import Choice, Unsorted
from timebank.dialogue.audit_rules import Joining, NewThemes, Sorting
from timebank.dialogue.errors import AuditClosed, NotInThatState
from timebank.errors import Conflict, Invalid, NotAllowed
from timebank.say import say
from timebank.text import tidy


@dataclass(frozen=True)
class Agreement:
    """How far two sorters agree on the first theme of the answers that both sorted: Cohen's κ
    (None: too few to say), of how many answers, and those on which they have no theme in common."""

    kappa: float | None
    answers: int
    differ: tuple[tuple[str, int], ...]


# ---- Themes ----


def name_themes(
    session: Session, bank: Bank, audit_id: int, new: NewThemes, act: Act
) -> Sequence[Theme]:
    """Add themes to those there are, as the group that read the answers calls them. Raises
    AuditClosed, NotAllowed, Invalid."""
    audit = _sortable(session, bank, audit_id, act.by)
    one_at_a_time(session, bank)
    there = queries.themes(session, bank, audit.id, joined=True)
    wanted = [tidy("words", line, rules.LONGEST["theme"]) for line in new.words if line.strip()]
    if not wanted:
        raise Invalid.on("words", say("Write the themes, one on a line."))
    known = {_DASH, *(theme.words.casefold() for theme in there)}
    twice = [
        words for n, words in enumerate(wanted) if words.casefold() in known | _before(wanted, n)
    ]
    if twice:
        raise Invalid.on("words", say("“%(theme)s” is there already.", theme=twice[0]))
    if sum(theme.joined_id is None for theme in there) + len(wanted) > rules.MOST_THEMES:
        raise Invalid.on(
            "words",
            say(
                "Keep to %(most)s themes at most: nobody can have more in mind. Join some first.",
                most=rules.MOST_THEMES,
            ),
        )
    session.add_all(
        Theme(bank_id=bank.id, audit_id=audit.id, words=words, by=act.by.key) for words in wanted
    )
    session.flush()
    return queries.themes(session, bank, audit.id)


def _before(wanted: Sequence[str], n: int) -> set[str]:
    return {words.casefold() for words in wanted[:n]}


def join_theme(
    session: Session, bank: Bank, audit_id: int, theme_id: int, joining: Joining, act: Act
) -> Theme:
    """Join a theme to another, with all its answers; it can be seen from which it was joined.
    Raises AuditClosed, NotAllowed, Invalid."""
    audit = _sortable(session, bank, audit_id, act.by)
    one_at_a_time(session, bank)
    there = {theme.id: theme for theme in queries.themes(session, bank, audit.id)}
    if theme_id not in there or joining.to_id not in there or theme_id == joining.to_id:
        raise Invalid.on("to_id", say("Choose another theme of those that are listed."))
    there[theme_id].joined_id = joining.to_id
    session.flush()
    return there[joining.to_id]


# ---- Sorting ----


def next_answer(session: Session, bank: Bank, audit_id: int, by: Actor) -> Unsorted | None:
    """The next answer that this sorter has to sort: one that nobody has, or one of those that are
    for two. None: there is none.

    Everybody begins at another place, so that two who sort at once seldom have the same answer
    before them. Raises AuditClosed, NotAllowed.
    """
    audit = _sortable(session, bank, audit_id, by)
    todo = waiting(session, bank, audit, by)
    if not todo:
        return None
    start = hashlib.sha256(f"{audit.id}:{by.key}".encode()).hexdigest()[:32]
    key, place = min(todo, key=lambda answer: (answer[0] < start, answer))
    words, wording = queries.wish(session, bank, audit.id, key, place)
    return Unsorted(key, place, words, len(todo), wording, rules.could_tell(words))


def waiting(session: Session, bank: Bank, audit: Audit, by: Actor) -> list[tuple[str, int]]:
    """The answers that this sorter could sort now, by sheet and place."""
    mine = by.member_id or 0
    put = aliased(SortedAs)
    same = and_(
        put.bank_id == AuditAnswer.bank_id,
        put.audit_id == AuditAnswer.audit_id,
        put.key == AuditAnswer.key,
        put.place == AuditAnswer.place,
        put.n == 1,
    )
    rows = session.execute(
        select(AuditAnswer.key, AuditAnswer.place, put.sorter_id)
        .outerjoin(put, same)
        .where(
            AuditAnswer.bank_id == bank.id,
            AuditAnswer.audit_id == audit.id,
            AuditAnswer.question == 0,
        )
    )
    sorters: dict[tuple[str, int], set[int]] = {}
    for key, place, sorter in rows:
        sorters.setdefault((key, place), set()).update([sorter] if sorter is not None else [])
    return [
        answer
        for answer, by_whom in sorters.items()
        if not by_whom or (len(by_whom) == 1 and mine not in by_whom and rules.is_for_two(*answer))
    ]


def sort(session: Session, bank: Bank, audit_id: int, sorting: Sorting, act: Act) -> None:
    """Put an answer under one or two themes, or under none of them; again, instead of what one has
    put it under before. A shorter wording is what others read of it, and all of it can be taken
    back until one sorts the next. Raises AuditClosed, NotAllowed, NotFound, Invalid."""
    audit = _sortable(session, bank, audit_id, act.by)
    if act.by.member_id is None:
        raise NotAllowed(say("Somebody has to have sorted it: a member of the time bank."))
    one_at_a_time(session, bank)
    first, _ = queries.wish(session, bank, audit.id, sorting.key, sorting.place)
    wording = tidy("wording", sorting.wording, rules.LONGEST["wish"])
    (themes,) = _put_under(session, bank, audit, [sorting], act)
    answer = {
        "bank_id": bank.id,
        "audit_id": audit.id,
        "key": sorting.key,
        "question": 0,
        "place": sorting.place,
    }
    session.execute(
        delete(SortedAs).where(
            *(getattr(SortedAs, name) == value for name, value in answer.items()),
            SortedAs.sorter_id == act.by.member_id,
        )
    )
    session.execute(
        update(SortedAs)
        .where(*queries.latest_of(bank, audit, act.by))
        .values(latest=False)
        .execution_options(synchronize_session=False)
    )
    session.add_all(
        SortedAs(**answer, sorter_id=act.by.member_id, n=n, theme_id=theme, latest=True)
        for n, theme in enumerate(themes, 1)
    )
    if wording and wording != first:
        session.merge(Wording(**answer, words=wording, by=act.by.key))
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            say("This answer has just been sorted by you. Take the next one.")
        ) from error


def _put_under(
    session: Session, bank: Bank, audit: Audit, many: Sequence[Sorting], act: Act
) -> list[list[int]]:
    """The ids of the themes that each answer is put under. Raises Invalid."""
    there = {theme.id for theme in queries.themes(session, bank, audit.id)}
    if not all(one.fits(there) for one in many):
        raise Invalid.on(
            "themes",
            say("Choose one theme, or two, of those that are listed; or that it fits none."),
        )
    rest = _rest(session, bank, audit, act).id if any(one.none for one in many) else 0
    return [[rest] if one.none else list(dict.fromkeys(one.themes)) for one in many]


def _rest(session: Session, bank: Bank, audit: Audit, act: Act) -> Theme:
    """What fits none of the themes, made when it is first needed."""
    theme = queries.rest(session, bank, audit.id)
    if theme is None:
        theme = Theme(bank_id=bank.id, audit_id=audit.id, words=_DASH, rest=True, by=act.by.key)
        session.add(theme)
        session.flush()
    return theme


_DASH = "–"
"""What stands in the place of words for what fits no theme; no page shows it."""


def unsort(session: Session, bank: Bank, audit_id: int, act: Act) -> None:
    """Take back what one sorted last, with the wording that one gave it: it waits to be sorted
    again. Raises AuditClosed, NotAllowed; NotInThatState where there is nothing to take back."""
    audit = _sortable(session, bank, audit_id, act.by)
    one_at_a_time(session, bank)
    mine = queries.latest_of(bank, audit, act.by)
    answer = session.execute(
        select(SortedAs.key, SortedAs.place).where(*mine, SortedAs.n == 1)
    ).first()
    if answer is None:
        raise NotInThatState(
            say("There is nothing of yours to take back: you have not sorted one since.")
        )
    session.execute(delete(SortedAs).where(*mine))
    session.execute(
        delete(Wording).where(
            Wording.bank_id == bank.id,
            Wording.audit_id == audit.id,
            Wording.key == answer.key,
            Wording.question == 0,
            Wording.place == answer.place,
            Wording.by == act.by.key,
        )
    )
    session.expire_all()


def sort_many(
    session: Session, bank: Bank, audit_id: int, many: Sequence[Sorting], act: Act
) -> int:
    """Many answers at once, none of which the sorter has sorted before, as for a demonstration or
    from a file; how many. Raises as `sort`, before any is kept."""
    audit = _sortable(session, bank, audit_id, act.by)
    if act.by.member_id is None:
        raise NotAllowed(say("Somebody has to have sorted it: a member of the time bank."))
    themes = _put_under(session, bank, audit, many, act)
    session.add_all(
        SortedAs(
            bank_id=bank.id,
            audit_id=audit.id,
            key=one.key,
            question=0,
            place=one.place,
            sorter_id=act.by.member_id,
            n=n,
            theme_id=theme,
        )
        for one, put in zip(many, themes, strict=True)
        for n, theme in enumerate(put, 1)
    )
    session.flush()
    return len(many)


def agreement(session: Session, bank: Bank, audit: Audit) -> Agreement:
    """How far two people agree who sorted the same answers."""
    both = {
        answer: put
        for answer, put in queries.choices(session, bank, audit.id).items()
        if len(put) > 1
    }
    pairs = [(put[0].themes[0], put[1].themes[0]) for put in both.values()]
    return Agreement(
        ranking.kappa(pairs) if len(pairs) >= bank.few else None,
        len(pairs),
        tuple(sorted(answer for answer, put in both.items() if queries.differ(put))),
    )


def differences(
    session: Session, bank: Bank, audit_id: int, by: Actor
) -> list[tuple[str, int, str, list[Choice]]]:
    """The answers on which two sorters have no theme in common, with their words and what each put
    them under. Raises AuditClosed, NotAllowed."""
    audit = _sortable(session, bank, audit_id, by)
    put = queries.choices(session, bank, audit.id)
    words = queries.wishes(session, bank, audit.id)
    return [
        (key, place, words[key, place], put[key, place])
        for key, place in agreement(session, bank, audit).differ
    ]


def suggested(bank: Bank, words: str, themes: Sequence[Theme]) -> list[Theme]:
    """The themes, those first that a small model on this machine finds nearest; as they are where
    there is none for the bank's language. It orders the buttons and sorts nothing."""
    # Heavy and optional, and few requests sort anything.
    from timebank.matching import meaning  # noqa: PLC0415

    model = meaning.model_for(bank.language)
    if model is None or not themes:
        return list(themes)
    vectors = model.vectors([words, *(theme.words for theme in themes)])
    near = vectors[1:] @ vectors[0]
    return [themes[place] for place in sorted(range(len(themes)), key=lambda n: -near[n])]


def _sortable(session: Session, bank: Bank, audit_id: int, by: Actor) -> Audit:
    audit = queries.audit(session, bank, audit_id)
    queries.require_collector(session, bank, audit.id, by)
    if audit.closed_at is not None:
        raise AuditClosed(
            say("“%(title)s” is closed: its answers are sorted for good.", title=audit.title)
        )
    return audit
