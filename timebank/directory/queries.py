"""What the form of a listing means, and what answers to what somebody looks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Word
from timebank.activities import queries as activities
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.directory.rules import Filters, WrittenListing
from timebank.exchanges import queries as exchanges
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.queries import Circle, Party
from timebank.members.rules import HOLDERS
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind, NewListing


def meant(
    session: Session, bank: Bank, written: WrittenListing, act: Act
) -> tuple[NewListing, Act]:
    """What is to be posted, and the act with the channel by which the word came. Raises Invalid for
    a name that means nobody or several."""
    if not act.by.is_broker or not written.who:
        return NewListing.of(written, holder_id=written.for_id), act
    holder = members.named(
        session, bank, written.who, field="who", within=members.EVERYBODY, kinds=HOLDERS
    )
    new = NewListing.of(written, holder_id=holder.account_id)
    return new, replace(act, word=Word(written.channel))


# ---- Looking for something ----

_AT_MOST = 24
"""So many listings are looked at: what answers worse is never shown."""

_NEAR = 3
"""So many that are only of the same kind."""

_PEOPLE, _TOGETHER = 8, 3
"""So many people, and so many activities."""

_LONGEST_NAME = 4
"""What has more words than this is no name."""

_NEW = timedelta(days=28)
_SOON = timedelta(days=14)


@dataclass(frozen=True)
class Answer:
    """Somebody's offer or request that answers to what was looked for: why, in words; when they
    and the reader last helped one another; and what speaks against it for this reader."""

    shown: Shown
    reasons: Sequence[Said]
    known: date | None
    against: Sequence[Said]

    @property
    def area(self) -> str:
        """Where it is: its own area, or its holder's."""
        return self.shown.listing.area or self.shown.party.area or ""


@dataclass(frozen=True)
class Card:
    """A skill with everybody whose listing answers, the best first. Who names no skill stands on a
    card of their own, by what they wrote."""

    title: str
    category: str
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Found:
    """What answers to a text: skills with their people; where there are none, what is `near` it,
    being of the same kind; people of that name; and sessions to come. `understood`: whether it went
    by its meaning."""

    cards: Sequence[Card]
    near: Sequence[Answer]
    people: Sequence[Party]
    meetings: Sequence[Meeting]
    understood: bool

    @property
    def total(self) -> int:
        """How many listings fit."""
        return sum(len(card.answers) for card in self.cards)


def only(bank: Bank, filters: Filters, act: Act) -> list[ColumnElement[bool]]:
    """The conditions of what alone is looked through."""
    since = act.now - _NEW if filters.new else None
    return skills.only(bank, day=filters.day, area=filters.area, since=since)


def find(
    session: Session,
    bank: Bank,
    text: str,
    kind: ListingKind,
    filters: Filters,
    act: Act,
    *,
    within: Circle,
) -> Found:
    """What answers to a text for `act.by`, but for what is their own. `within` is whom they find by
    a name. Raises Invalid as `search.find` does."""
    from timebank.matching import search  # noqa: PLC0415  (heavy, and few starts search)

    by, on = act.by, local_date(act.now, bank.timezone)
    wanted = only(bank, filters, act)
    if by.account_id is not None:
        wanted.append(skills.not_of(by.account_id))
    ranked = search.find(
        session, bank, text, kind=kind, by=by, wanted=wanted, limit=_AT_MOST, on=on
    )
    fitting = [hit for hit in ranked.hits if hit.fits]
    shown = fitting or [hit for hit in ranked.hits if hit.akin][:_NEAR]
    others = {hit.shown.party.account_id for hit in shown}
    known = exchanges.known_to(session, bank, by.account_id or 0, others)
    times = members.profile(session, bank, by.member_id).times if by.member_id else 0
    answers = [
        Answer(
            hit.shown,
            hit.reasons,
            known.get(hit.shown.party.account_id),
            list(_against(hit.shown, times, on)),
        )
        for hit in shown
    ]
    return Found(
        cards=_cards(answers) if fitting else [],
        near=[] if fitting else answers,
        people=_people(session, bank, text, by, within),
        meetings=_meetings(session, bank, text, act.now) if kind == ListingKind.OFFER else [],
        understood=ranked.understood,
    )


def _cards(answers: Iterable[Answer]) -> list[Card]:
    """In the order of the best answer of each."""
    cards: dict[str, list[Answer]] = {}
    for answer in answers:
        skill = answer.shown.skill
        cards.setdefault(skill.name if skill else answer.shown.listing.title, []).append(answer)
    return [
        Card(title, category.name if category else "", theirs)
        for title, theirs in cards.items()
        for category in [theirs[0].shown.category]
    ]


def _against(shown: Shown, times: int, on: date) -> Iterable[Said]:
    """What speaks against it, for somebody to whom these times of the week are convenient."""
    if times and shown.listing.times and not times & shown.listing.times:
        yield say("Not at the times that you said suit you")
    if shown.listing.starts_on is not None and shown.listing.starts_on > on:
        yield say("Only from %(day)s", day=shown.listing.starts_on)
    if shown.listing.ends_on <= on + _SOON:
        yield say("Only until %(day)s", day=shown.listing.ends_on)


def _people(session: Session, bank: Bank, text: str, by: Actor, within: Circle) -> list[Party]:
    """Those who are called so, as far as the reader finds them by a name."""
    if len(text.strip()) < 3 or len(text.split()) > _LONGEST_NAME:
        return []
    named = members.find_parties(session, bank, text, within=within, limit=_PEOPLE)
    others = [one for one in named if one.kind in HOLDERS and one.account_id != by.account_id]
    accounts = meeting.hidden_from(bank, by)
    if not others or accounts is None:
        return others
    hidden = set(session.execute(accounts).scalars())
    return [one for one in others if one.account_id not in hidden]


def _meetings(session: Session, bank: Bank, text: str, now: datetime) -> list[Meeting]:
    """The next session of each activity that answers."""
    from timebank.matching import search  # noqa: PLC0415  (as in `find`)

    coming = activities.meetings(session, bank, *activities.not_called_off(), since=now)
    first: dict[int, Meeting] = {}
    for next_one in coming:
        first.setdefault(next_one.activity.id, next_one)
    texts = [f"{one.activity.title}. {one.activity.purpose}" for one in first.values()]
    answering = search.answering(bank, text, texts)
    return [one for one, answers in zip(first.values(), answering, strict=True) if answers][
        :_TOGETHER
    ]
