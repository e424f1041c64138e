"""What a wave says: means, and what changed since the wave before it among those who let their
answers be linked.

Of fewer people than the threshold nothing is told, to the staff neither, and means are told to one
decimal: whoever looks twice, before and after somebody has left, cannot work out that person's
answers from the difference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from timebank.banks.models import Bank
from timebank.measures import disclosure
from timebank.members.models import Member
from timebank.say import Said
from timebank.surveys import queries, rules
from timebank.surveys.instruments import Better, Instrument, Measure
from timebank.surveys.models import Answer, Invitation, Link, Wave
from timebank.surveys.queries import Progress
from timebank.surveys.rules import Estimate, both, estimate


@dataclass(frozen=True)
class Change:
    """By how much a score changed, later minus earlier: of everybody, of those active in between,
    and of the others."""

    everybody: Estimate | None
    active: Estimate | None
    others: Estimate | None


@dataclass(frozen=True)
class Scored:
    """One measure of a wave. `better` says which way is better; None: too few people to say."""

    instrument: Said | str
    words: Said | str
    better: Better
    lowest: int
    highest: int
    source: Said | str
    mean: Estimate | None
    change: Change | None


@dataclass(frozen=True)
class Outcome:
    """What a wave says. `share` of those asked answered; `both` let their answers to this wave and
    the one before it be linked, of `asked_both` who were asked in both, which is `share_both`.
    None: withheld, or of nobody.
    """

    wave_id: int
    title: str
    opens_on: date
    closes_on: date
    asked: int | None
    answered: int | None
    share: float | None
    after: str | None
    asked_both: int | None
    both: int | None
    share_both: float | None
    measures: tuple[Scored, ...]
    caution: Said = rules.NO_PROOF


Sheets = Mapping[str, Mapping[tuple[int, int], int | None]]
"""Answers by respondent, then by instrument and question."""


def outcome(session: Session, bank: Bank, wave: Wave, threshold: int) -> Outcome:
    """The staff's own figures of a wave that is over."""
    counted = queries.progress(session, bank, [wave.id]).get(wave.id, Progress())
    asked_with = queries.instruments(session, bank, wave.id)
    sheets = _sheets(session, bank, wave.id)
    before = queries.wave(session, bank, wave.follows_id) if wave.follows_id else None
    pairs = _pairs(session, bank, before, wave, sheets) if before else None
    asked_both = _asked_both(session, bank, before, wave) if before else None
    measured = tuple(
        _scored(number, one, measure, sheets, pairs, threshold)
        for number, one in enumerate(asked_with)
        for measure in one.measures
    )
    paired = _at_least(len(pairs.now), threshold) if pairs else None
    return Outcome(
        wave_id=wave.id,
        title=wave.title,
        opens_on=wave.opens_on,
        closes_on=wave.closed_on or wave.closes_on,
        asked=counted.asked,
        answered=counted.answered,
        share=disclosure.share(counted.answered, counted.asked),
        after=before.title if before else None,
        asked_both=asked_both,
        both=paired,
        share_both=disclosure.share(paired, asked_both),
        measures=measured,
    )


def published(outcome: Outcome, threshold: int) -> Outcome:
    """The same as it may leave the staff: counts rounded or withheld, shares made of those."""
    counts = {
        name: _shown(getattr(outcome, name), threshold)
        for name in ("asked", "answered", "asked_both", "both")
    }
    return replace(
        outcome,
        **counts,
        share=disclosure.share(counts["answered"], counts["asked"]),
        share_both=disclosure.share(counts["both"], counts["asked_both"]),
        measures=tuple(
            replace(
                one,
                mean=_rounded(one.mean),
                change=_change(one.change, _rounded) if one.change else None,
            )
            for one in outcome.measures
        ),
    )


@dataclass(frozen=True)
class _Pairs:
    """The linked sheets of two waves, of the same people, and which of them were active in
    between."""

    before: Sheets
    now: Sheets
    active: frozenset[str]


def _scored(
    number: int,
    asked: Instrument,
    measure: Measure,
    sheets: Sheets,
    pairs: _Pairs | None,
    threshold: int,
) -> Scored:
    change = None
    if pairs is not None:
        changed = _changes(number, measure, pairs)
        active = [value for key, value in changed.items() if key in pairs.active]
        others = [value for key, value in changed.items() if key not in pairs.active]
        change = Change(
            estimate(list(changed.values()), threshold), *both(active, others, threshold)
        )
    return Scored(
        instrument=asked.title,
        words=measure.words,
        better=measure.better,
        lowest=measure.lowest,
        highest=measure.highest,
        source=asked.source,
        mean=_one_decimal(estimate(list(_scores(number, measure, sheets).values()), threshold)),
        change=_change(change, _one_decimal) if change else None,
    )


def _scores(number: int, measure: Measure, sheets: Sheets) -> dict[str, float]:
    """By respondent; who left out a question that belongs to the measure is left out."""
    by_respondent = {
        key: rules.score(
            measure, {item: value for (n, item), value in answers.items() if n == number}
        )
        for key, answers in sheets.items()
    }
    return {key: value for key, value in by_respondent.items() if value is not None}


def _changes(number: int, measure: Measure, pairs: _Pairs) -> dict[str, float]:
    earlier, later = (_scores(number, measure, sheets) for sheets in (pairs.before, pairs.now))
    return {key: later[key] - earlier[key] for key in sorted(earlier.keys() & later.keys())}


def _sheets(session: Session, bank: Bank, wave_id: int) -> Sheets:
    sheets: dict[str, dict[tuple[int, int], int | None]] = {}
    columns = (Answer.respondent, Answer.n, Answer.item, Answer.value)
    for key, n, item, value in session.execute(
        select(*columns).where(Answer.bank_id == bank.id, Answer.wave_id == wave_id)
    ):
        sheets.setdefault(key, {})[n, item] = value
    return sheets


def _pairs(session: Session, bank: Bank, before: Wave, wave: Wave, now: Sheets) -> _Pairs:
    """Instruments are put in the order of the later wave, which asks with the same ones."""
    from timebank.measures import queries as measures  # noqa: PLC0415  (heavy, and few starts measure anything)

    order = [one.key for one in queries.instruments(session, bank, wave.id)]
    place = {
        n: order.index(one.key)
        for n, one in enumerate(queries.instruments(session, bank, before.id))
    }
    earlier = {
        key: {(place[n], item): value for (n, item), value in answers.items()}
        for key, answers in _sheets(session, bank, before.id).items()
    }
    who = (
        select(Link.respondent, Member.account_id)
        .join(Member, and_(Member.bank_id == Link.bank_id, Member.id == Link.member_id))
        .where(Link.bank_id == bank.id)
    )
    linked = {row[0]: row[1] for row in session.execute(who)}
    keys = earlier.keys() & now.keys() & linked.keys()
    active = measures.active_between(session, bank, before.opens_on, wave.opens_on)
    return _Pairs(
        before={key: earlier[key] for key in keys},
        now={key: now[key] for key in keys},
        active=frozenset(key for key in keys if linked[key] in active),
    )


def _asked_both(session: Session, bank: Bank, before: Wave, wave: Wave) -> int:
    earlier = aliased(Invitation)
    same = and_(earlier.bank_id == Invitation.bank_id, earlier.member_id == Invitation.member_id)
    statement = select(func.count()).select_from(Invitation).join(earlier, same)
    asked_twice = (
        Invitation.bank_id == bank.id,
        Invitation.wave_id == wave.id,
        earlier.wave_id == before.id,
    )
    return session.execute(statement.where(*asked_twice)).scalar_one()


def _change(change: Change, of: Callable[[Estimate | None], Estimate | None]) -> Change:
    return Change(of(change.everybody), of(change.active), of(change.others))


def _one_decimal(one: Estimate | None) -> Estimate | None:
    return one and Estimate(one.n, round(one.mean, 1), round(one.low, 1), round(one.high, 1))


def _rounded(one: Estimate | None) -> Estimate | None:
    return one and replace(one, n=disclosure.rounded(one.n))


def _at_least(count: int, threshold: int) -> int | None:
    return count if count >= threshold else None


def _shown(count: int | None, threshold: int) -> int | None:
    return None if count is None else disclosure.shown(count, threshold)
