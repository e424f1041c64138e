"""Reading who could help whom, with reasons, and the introductions of a bank. The same few
questions, however many members."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import Some, one_or_refuse, some_of_each, table_of
from timebank.clock import local_date
from timebank.errors import NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Given
from timebank.exchanges.rules import Side, other
from timebank.ledger import queries as ledger
from timebank.matching import rules
from timebank.matching.models import Introduction, IntroductionStep, MatchWeight
from timebank.matching.rules import (
    UNDER_WAY,
    Fit,
    Helper,
    IntroductionStatus,
    IntroductionStepKind,
    Kinship,
    Reason,
    Route,
    Says,
    Weights,
    Wish,
)
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Group, Member, Organisation, Profile
from timebank.members.queries import Party
from timebank.room import Near
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.rules import Kind
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.models import Listing, Skill
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind, ListingStatus


@dataclass(frozen=True)
class Candidate:
    """Somebody who could help, over which request, with which offer (None: they gave that kind of
    help before), and why.

    `score` is from 0 to 1; `kinship` is how what they offer answers to what is asked for, and
    `nearness`, from 0 to 1, how near it comes. `barred` says in sentences why they cannot be
    introduced; it is empty on a shortlist. `lacks` are the checks that are needed and not held.
    """

    party: Party
    request: Shown
    offer: Shown | None
    score: float
    reasons: list[Reason]
    barred: list[Said]
    lacks: frozenset[Kind]
    kinship: Kinship
    nearness: float

    @property
    def rank(self) -> tuple[bool, Kinship, float]:
        """Whoever may not help goes behind everybody who may, and what answers goes before what is
        only like it. Of those that answer the score counts, and of the others how near they come:
        who lives close by is of no use who cannot do it."""
        counts = self.score if self.kinship == Kinship.FITS else self.nearness
        return bool(self.barred), self.kinship, -counts


@dataclass(frozen=True)
class Way:
    """An offer that may answer to a request, and how near it comes to it."""

    request: Shown
    offer: Shown
    score: float
    fits: bool
    akin: bool


@dataclass(frozen=True)
class Suggested:
    """The shortlist, those who would fit as well but for a hard rule (not for people kept apart),
    each the best first; and where nobody fits, who comes nearest.

    `closed` says in sentences why nobody at all can be introduced just now; there is no list then.
    `route` is by what offers are held against requests.
    """

    fitting: list[Candidate]
    but: list[Candidate]
    closed: list[Said]
    route: Route
    nearest: list[Candidate] = field(default_factory=list["Candidate"])


def weights(session: Session, bank: Bank) -> Weights:
    """How much each reason counts in this bank."""
    rows = session.execute(
        select(MatchWeight.reason, MatchWeight.weight).where(MatchWeight.bank_id == bank.id)
    )
    return replace(Weights(), **{row.reason: row.weight for row in rows})


def shortlist(
    session: Session, bank: Bank, listing_id: int, *, now: datetime, limit: int = 5
) -> list[Candidate]:
    """Who could answer a request, or whose requests an offer could answer; the best first. Raises
    NotFound.

    For a request everybody stands on it once, with their best offer; for an offer every request of
    anybody.
    """
    return suggested(session, bank, listing_id, now=now, limit=limit).fitting


def suggested(
    session: Session, bank: Bank, listing_id: int, *, now: datetime, limit: int = 5
) -> Suggested:
    """Who could answer a request, or whose requests an offer could answer, see `Suggested`. Raises
    NotFound."""
    from timebank.matching import search  # noqa: PLC0415  (heavy, and few starts come to look who could help)

    listing, on = skills.listing(session, bank, listing_id), local_date(now, bank.timezone)
    asked = skills.shown(session, bank, [listing])[0]
    is_request = listing.kind == ListingKind.REQUEST
    near = search.nearest(session, bank, asked, on=on)
    if is_request:
        requests = [asked]
        ways = [Way(asked, one.shown, one.score, one.fits, one.akin) for one in near]
    else:
        held = set(session.execute(taken(bank)).scalars())
        near = [one for one in near if one.shown.listing.id not in held]
        requests = [one.shown for one in near]
        ways = [Way(one.shown, asked, one.score, one.fits, one.akin) for one in near]
    candidates = pairs(session, bank, requests, ways, on=on, by_experience=is_request)
    answers = [one for one in candidates if one.kinship != Kinship.NEAREST]
    fitting = [one for one in answers if not one.barred]
    but = [one for one in answers if one.barred]
    if is_request and not fitting:
        closed = rules.closed(wish_of(session, bank, listing, on=on), on=on)
        if closed:
            return Suggested([], [], closed, search.route(bank))
    nearest = [one for one in candidates if one not in answers and not one.barred]
    return Suggested(
        fitting[:limit],
        but[:limit],
        [],
        search.route(bank),
        nearest=[] if fitting else nearest[: rules.NEAREST],
    )


def skill_meant(session: Session, bank: Bank, listing: Listing) -> int | None:
    """The skill that the words of a request mean which stands under none; None where it does, and
    where none is plain."""
    from timebank.matching import search  # noqa: PLC0415  (as above)

    if listing.kind != ListingKind.REQUEST or listing.skill_id or listing.status != "open":
        return None
    return search.skill_meant(session, bank, search.asking(listing))


def pairs(
    session: Session,
    bank: Bank,
    requests: Sequence[Shown],
    ways: Sequence[Way],
    *,
    on: date,
    by_experience: bool = True,
) -> list[Candidate]:
    """Everybody who could help with each of the requests by one of these ways, once a request, with
    their best offer; the best first.

    `by_experience`: also those without such an offer who gave the skill before. Who is kept apart
    is left out altogether.
    """
    offered = list({way.offer.listing.id: way.offer for way in ways}.values())
    weighing = _weighing(session, bank, requests, offered, on=on, by_experience=by_experience)
    ways_to: dict[int, list[Way]] = {}
    for way in ways:
        ways_to.setdefault(way.request.listing.id, []).append(way)
    candidates: list[Candidate] = []
    for request in requests:
        made = [weighing.candidate(request, way) for way in ways_to.get(request.listing.id, ())]
        made += [weighing.experienced(request, one) for one in sorted(weighing.gave(request))]
        best: dict[int, Candidate] = {}
        for candidate in filter(None, made):
            # Of several offers of one helper the best speaks for them.
            account_id = candidate.party.account_id
            if account_id not in best or candidate.rank < best[account_id].rank:
                best[account_id] = candidate
        candidates += best.values()
    return sorted(
        candidates, key=lambda one: (*one.rank, one.request.listing.id, one.party.account_id)
    )


@dataclass(frozen=True)
class _Weighing:
    """What is asked of the database once, for all that is weighed against each other."""

    wishes: Mapping[int, Wish]
    helpers: Mapping[int, Helper]
    parties: Mapping[int, Party]
    before: Mapping[str, Collection[int]]
    """By the name of a skill, the accounts that gave it."""
    apart: Collection[tuple[int, int]]
    known: Mapping[int, Collection[int]]
    """By asker, with whom they have helped one another."""
    steps: Callable[[str | None, str | None], int | None]
    counting: rules.Weights
    on: date

    def gave(self, request: Shown) -> Collection[int]:
        """The accounts that gave the skill that a request asks for."""
        return self.before.get(_skill_name(request), ())

    def candidate(self, request: Shown, way: Way) -> Candidate | None:
        """Whoever holds an offer as a helper with a request; None for who takes part no more, asks
        themselves, or is kept apart from the asker."""
        offer, account_id = way.offer, way.offer.party.account_id
        fit = _fit(request, offer, way.score, gave=account_id in self.gave(request))
        kinship = Kinship.NEAREST
        if way.fits or fit.same_skill or fit.gave_skill:
            kinship = Kinship.FITS
        elif way.akin or fit.same_category:
            kinship = Kinship.AKIN
        return self._weighed(request, offer, account_id, fit, kinship)

    def experienced(self, request: Shown, account_id: int) -> Candidate | None:
        """The same of somebody who gave what is asked for before."""
        fit = _fit(request, None, 0.0, gave=True)
        return self._weighed(request, None, account_id, fit, Kinship.FITS)

    def _weighed(
        self, request: Shown, offer: Shown | None, account_id: int, fit: Fit, kinship: Kinship
    ) -> Candidate | None:
        wish, helper = self.wishes[request.listing.id], self.helpers.get(account_id)
        if (
            helper is None
            or account_id == wish.account_id
            or (wish.account_id, account_id) in self.apart
        ):
            return None
        area = offer.listing.area if offer and offer.listing.area else helper.area
        fit = replace(
            fit,
            steps=self.steps(wish.area, area),
            known=account_id in self.known[wish.account_id],
        )
        asked = also_needs(wish, offer) if offer else wish
        strengths = rules.strengths(asked, helper, fit, on=self.on)
        return Candidate(
            self.parties[account_id],
            request,
            offer,
            rules.score(strengths, self.counting),
            rules.in_words(strengths),
            rules.barred(asked, helper, on=self.on),
            rules.lacking(asked, helper, on=self.on),
            kinship,
            fit.likeness,
        )


def _weighing(
    session: Session,
    bank: Bank,
    wanted: Sequence[Shown],
    offered: Sequence[Shown],
    *,
    on: date,
    by_experience: bool,
) -> _Weighing:
    before = _gave_before(session, bank, wanted) if by_experience else {}
    offering = {one.listing.account_id for one in offered}
    helpers = helpers_of(session, bank, offering.union(*before.values()), on=on)
    wishes = _wishes(session, bank, wanted, on=on)
    askers = {wish.account_id for wish in wishes.values()}
    return _Weighing(
        wishes,
        helpers,
        members.parties(session, bank, helpers.keys()),
        before,
        meeting.between(session, bank, askers | helpers.keys()),
        exchanges.helped_one_another(session, bank, askers, helpers.keys()),
        skills.steps_between(session, bank),
        weights(session, bank),
        on,
    )


def _fit(request: Shown, offer: Shown | None, likeness: float, *, gave: bool) -> Fit:
    skill, category = request.skill, request.category
    same_skill = (
        skill is not None
        and offer is not None
        and offer.skill is not None
        and skill.id == offer.skill.id
    )
    same_category = category and offer and offer.category and category.id == offer.category.id
    return Fit(
        likeness=likeness,
        title=offer.listing.title if offer else "",
        same_skill=skill.name if skill and same_skill else "",
        same_category=category.name if category and same_category else "",
        gave_skill=skill.name if skill and gave else "",
        offer_times=offer.listing.times if offer else 0,
    )


def also_needs(wish: Wish, offer: Shown) -> Wish:
    """What an offer's own skill needs is needed too."""
    return replace(wish, needs=wish.needs | offer.needs)


def _skill_name(shown: Shown) -> str:
    return shown.skill.name.lower() if shown.skill else ""


def _gave_before(session: Session, bank: Bank, requests: Sequence[Shown]) -> dict[str, set[int]]:
    """The accounts that gave each of the wanted skills, by its name in small letters; those who
    have left are forgotten."""
    names = {_skill_name(one) for one in requests} - {""}
    left = select(Member.account_id).where(
        Member.bank_id == bank.id, Member.status == "left", Member.account_id.is_not(None)
    )
    return exchanges.givers_of(session, bank, names, but=left)


def wish_of(session: Session, bank: Bank, listing: Listing, *, on: date) -> Wish:
    """One request, as a decision about it needs to know it."""
    return _wishes(session, bank, skills.shown(session, bank, [listing]), on=on)[listing.id]


def _wishes(
    session: Session, bank: Bank, requests: Sequence[Shown], *, on: date
) -> dict[int, Wish]:
    people = helpers_of(
        session, bank, {one.party.account_id for one in requests}, on=on, history=False
    )
    wishes: dict[int, Wish] = {}
    for request in requests:
        asker, listing = people.get(request.party.account_id), request.listing
        wishes[listing.id] = Wish(
            account_id=request.party.account_id,
            member_id=request.party.member_id,
            name=request.party.name,
            active=asker is not None and asker.active,
            open=listing.status == ListingStatus.OPEN,
            ends_on=listing.ends_on,
            area=listing.area or (asker.area if asker else None),
            place=listing.place,
            times=listing.times or (asker.times if asker else 0),
            languages=asker.languages if asker else "",
            needs=request.needs,
        )
    return wishes


def helpers_of(
    session: Session, bank: Bank, account_ids: Collection[int], *, on: date, history: bool = True
) -> dict[int, Helper]:
    """Members, organisations and groups by account, as matching needs to know them on that day;
    others are left out."""
    rows = session.execute(
        select(Member, Profile)
        .join(
            Profile,
            and_(Profile.bank_id == Member.bank_id, Profile.member_id == Member.id),
            isouter=True,
        )
        .where(Member.bank_id == bank.id, Member.account_id.in_(account_ids))
    ).all()
    shared = session.execute(
        union_all(
            *(
                select(one.account_id, one.name, one.closed_at).where(
                    one.bank_id == bank.id, one.account_id.in_(account_ids)
                )
                for one in (Organisation, Group)
            )
        )
    )
    held = safeguarding.standing(session, bank, [row.Member.id for row in rows])
    states = ledger.accounts(session, bank, account_ids) if history else {}
    gave = (
        exchanges.given(
            session, bank, account_ids, lately=on - rules.LATELY, month=on.replace(day=1)
        )
        if history
        else {}
    )
    engaged = busy(session, bank, account_ids) if history else {}
    helpers = [
        *(_as_helper(member, profile, held.get(member.id, {})) for member, profile in rows),
        *(
            Helper(
                account_id=party.account_id,
                member_id=None,
                name=party.name,
                active=party.closed_at is None,
            )
            for party in shared
        ),
    ]
    return {
        helper.account_id: _with_past(
            helper,
            states[helper.account_id].balance if helper.account_id in states else 0,
            engaged.get(helper.account_id, 0),
            gave.get(helper.account_id),
        )
        for helper in helpers
    }


def _as_helper(
    member: Member, profile: Profile | None, checks: Mapping[int, date | None]
) -> Helper:
    return Helper(
        account_id=cast(int, member.account_id),
        member_id=member.id,
        name=member.name,
        active=member.status == "active",
        area=member.area,
        times=profile.times if profile else 0,
        languages=profile.languages if profile else "",
        access_needs=profile.access_needs if profile else "",
        checks=checks,
    )


def _with_past(helper: Helper, balance: int, under_way: int, given: Given | None) -> Helper:
    """The helper with what is on their account, what they are engaged in and what they gave."""
    known = replace(helper, balance=balance, under_way=under_way)
    if given is None:
        return known
    return replace(
        known,
        given_lately=given.lately,
        given_this_month=given.this_month,
        people_helped=given.people,
        last_gave_on=given.last,
    )


def busy(session: Session, bank: Bank, account_ids: Collection[int]) -> dict[int, int]:
    """How many introductions each of the accounts is giving help in just now."""
    rows = session.execute(
        select(Introduction.giver_id, func.count())
        .where(*_under_way(bank), Introduction.giver_id.in_(account_ids))
        .group_by(Introduction.giver_id)
    )
    return {row[0]: row[1] for row in rows}


# ---- Introductions ----


@dataclass(frozen=True)
class Contact:
    """How somebody is reached, once they have been introduced."""

    name: str
    phone: str | None
    email: str | None


@dataclass(frozen=True)
class Seen:
    """An introduction with its request and its two sides by name."""

    introduction: Introduction
    request: Shown
    giver: Party
    receiver: Party

    def party(self, side: Side) -> Party:
        return self.giver if side == Side.GIVER else self.receiver


def introduction(session: Session, bank: Bank, introduction_id: int) -> Introduction:
    """Raises NotFound when the bank has no such introduction."""
    statement = select(Introduction).where(
        Introduction.bank_id == bank.id, Introduction.id == introduction_id
    )
    return one_or_refuse(session, statement, say("There is no such introduction here."))


def seen(session: Session, bank: Bank, rows: Sequence[Introduction]) -> list[Seen]:
    """The introductions with their requests and sides."""
    of_these = Introduction.id.in_([row.id for row in rows])
    rows_seen = session.execute(_SEEN.where(Introduction.bank_id == bank.id, of_these))
    by_id = {seen.introduction.id: seen for seen in map(_seen, rows_seen)}
    return [by_id[row.id] for row in rows]


# Whose request it is may be somebody who is no side of the introduction.
_GIVER, _RECEIVER = members.Holder(), members.Holder()
_SEEN = (
    skills.SHOWN.add_columns(Introduction, _GIVER.party, _RECEIVER.party)
    .join(
        Introduction,
        and_(Introduction.bank_id == Listing.bank_id, Introduction.request_id == Listing.id),
    )
    .join(_GIVER.rows, _GIVER.of(Introduction.bank_id, Introduction.giver_id))
    .join(_RECEIVER.rows, _RECEIVER.of(Introduction.bank_id, Introduction.receiver_id))
)


def _seen(row: Sequence[Any]) -> Seen:
    *request, introduction, giver, receiver = row
    return Seen(introduction, Shown(*request), giver, receiver)


def show(session: Session, bank: Bank, introduction_id: int, *, by: Actor) -> Seen:
    """One introduction, for its sides once they have heard of it unless they are kept apart, those
    who act for them, and brokers. Raises NotFound for everybody else."""
    wanted = introduction(session, bank, introduction_id)
    two = (wanted.giver_id, wanted.receiver_id)
    heard = {wanted.giver_id} | ({wanted.receiver_id} if wanted.asked(Side.RECEIVER) else set())
    if not by.is_broker and (
        not heard & members.may_act_for(session, bank, by)
        or two in meeting.between(session, bank, two)
    ):
        raise NotFound(say("There is no such introduction here."))
    return seen(session, bank, [wanted])[0]


@dataclass(frozen=True)
class Step:
    """Something that was done with an introduction, and why it stays so; None: it can be undone."""

    step: IntroductionStep
    seen: Seen
    stays: Said | None


_UNDONE, _LATER = aliased(IntroductionStep), aliased(IntroductionStep)


def _still_done(bank: Bank, step: Any) -> tuple[ColumnElement[bool], ...]:
    """Whether a step, as a row of the table, was not undone."""
    undone = exists().where(_UNDONE.bank_id == bank.id, _UNDONE.undoes_id == step.id)
    return step.bank_id == bank.id, step.step != IntroductionStepKind.UNDONE, ~undone


def steps_of(session: Session, bank: Bank, *wanted: ColumnElement[bool]) -> list[Step]:
    """What was done with introductions and not undone, the first first; `wanted` are conditions on
    `IntroductionStep`."""
    later = exists().where(
        *_still_done(bank, _LATER),
        _LATER.introduction_id == IntroductionStep.introduction_id,
        _LATER.id > IntroductionStep.id,
    )
    statement = select(IntroductionStep, ~later).where(
        *_still_done(bank, IntroductionStep), *wanted
    )
    rows = session.execute(statement.order_by(IntroductionStep.id)).all()
    ids = {step.introduction_id for step, _ in rows}
    statement_seen = _SEEN.where(Introduction.bank_id == bank.id, Introduction.id.in_(ids))
    by_id = {one.introduction.id: one for one in map(_seen, session.execute(statement_seen))}
    steps: list[Step] = []
    for step, is_last in rows:
        row = by_id[step.introduction_id].introduction
        stays = rules.why_it_stays(
            step.step,
            row.status,
            last=is_last,
            heard=step.side is not None and row.asked(other(step.side)),
            hours=row.exchange_id is not None,
        )
        steps.append(Step(step, by_id[row.id], stays))
    return steps


def steps_by(session: Session, bank: Bank, by: str, *, since: datetime) -> list[Step]:
    """What somebody did with introductions since an instant, as far as it was not undone."""
    return steps_of(session, bank, IntroductionStep.by == by, IntroductionStep.at >= since)


def under_way_for(session: Session, bank: Bank, request_id: int) -> Introduction | None:
    """The introduction that holds the request just now, if there is one."""
    statement = select(Introduction).where(*_under_way(bank), Introduction.request_id == request_id)
    return session.execute(statement).scalar_one_or_none()


def introductions(
    session: Session,
    bank: Bank,
    *,
    request_id: int | None = None,
    account_ids: Collection[int] | None = None,
    by: Actor | None = None,
    under_way: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[Seen]:
    """Introductions of a request, or of these accounts, the newest first; `before` the introduction
    of that id. `by`: somebody who reads them as one of those accounts' holders, and so those alone
    of which they have heard, and between nobody who is kept apart; None: somebody of the staff.
    """
    wanted: list[ColumnElement[bool]] = [Introduction.bank_id == bank.id]
    if by is not None and not by.is_broker:
        wanted.append(~_apart(bank))
    if request_id is not None:
        wanted.append(Introduction.request_id == request_id)
    if account_ids is not None:
        heard = (Introduction.receiver_asked_at.is_not(None),) if by else ()
        received = and_(Introduction.receiver_id.in_(account_ids), *heard)
        wanted.append(or_(Introduction.giver_id.in_(account_ids), received))
    if under_way:
        wanted.append(Introduction.status.in_(UNDER_WAY))
    if before is not None:
        wanted.append(Introduction.id < before)
    rows = session.execute(_SEEN.where(*wanted).order_by(Introduction.id.desc()).limit(limit))
    return [_seen(row) for row in rows]


def _apart(bank: Bank) -> ColumnElement[bool]:
    """Whether the two sides of an introduction are kept apart."""
    columns = table_of(Introduction).c
    return meeting.are_apart(bank, columns.giver_id, columns.receiver_id)


def introduced(
    session: Session, bank: Bank, account_ids: exchanges.Accounts, *, limit: int
) -> tuple[Some[Seen], Some[Seen]]:
    """Introductions under way of which these accounts' holders have heard: those that wait for
    their word, and those that wait for the other side's. The oldest first, and how many in all."""
    row = Introduction
    gives, gets = row.giver_id.in_(account_ids), row.receiver_id.in_(account_ids)
    asked = row.receiver_asked_at.is_not(None)
    kinds = {
        "waiting": or_(
            and_(gives, row.giver_says.is_(None)),
            and_(gets, asked, row.receiver_says.is_(None)),
        ),
        "answered": or_(gives, and_(gets, asked)),
    }
    there = (row.bank_id == bank.id, row.status.in_(UNDER_WAY), ~_apart(bank))
    by_kind = some_of_each(session, _SEEN, kinds, *there, key=row.id, order=(row.id,), limit=limit)
    waiting, answered = (
        Some([_seen(one) for one in by_kind[kind].shown], by_kind[kind].total) for kind in kinds
    )
    return waiting, answered


def asked_for(
    session: Session, bank: Bank, account_ids: exchanges.Accounts, *, on: date, limit: int
) -> list[tuple[Listing, bool]]:
    """Requests of these accounts that stand open that day, the newest first, and whether somebody
    is being asked; those are left out of whose introduction their holders have heard."""
    of_this = (*_under_way(bank), Introduction.request_id == Listing.id)
    heard = select(Introduction.id).where(*of_this, Introduction.receiver_asked_at.is_not(None))
    introduced = select(Introduction.id).where(*of_this).exists()
    statement = select(Listing, introduced).where(
        *skills.stands(bank, on),
        Listing.kind == ListingKind.REQUEST,
        Listing.account_id.in_(account_ids),
        ~heard.exists(),
    )
    rows = session.execute(statement.order_by(Listing.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def taken(bank: Bank) -> Select[Any]:
    """A query for the ids of the requests that somebody is introduced for just now."""
    return select(Introduction.request_id).where(*_under_way(bank))


def in_hands_of(bank: Bank, broker_id: int | None) -> ColumnElement[bool]:
    """Whether this broker looks after the request of an introduction."""
    in_hands = (Listing.bank_id == bank.id, skills.in_hands_of(bank, broker_id))
    return Introduction.request_id.in_(select(Listing.id).where(*in_hands))


def nobody_yet(
    session: Session,
    bank: Bank,
    *wanted: ColumnElement[bool],
    on: date,
    limit: int = 50,
) -> Some[Shown]:
    """Requests that stand open and for which nobody is introduced just now, the oldest first, with
    the checks they need.

    `wanted` are more conditions on `Listing`.
    """
    order = (Listing.posted_at, Listing.id)
    waiting = (*without_anybody(bank, on), *wanted)
    return skills.some_shown(session, bank, *waiting, order=order, limit=limit, needs=True)


def without_anybody(bank: Bank, on: date) -> tuple[ColumnElement[bool], ...]:
    """Whether a listing is a request that stands open that day and that nobody is introduced
    for."""
    asked = (*skills.stands(bank, on), Listing.kind == ListingKind.REQUEST)
    return *asked, Listing.id.not_in(taken(bank))


@dataclass(frozen=True)
class ToHearOf:
    """Introductions under way that somebody should ask about: those of which they wanted to hear by
    now how they went, the longest overdue first, and others to which one of the two has not said
    yes or no for long, the oldest first."""

    follow_ups: Some[Seen]
    unanswered: Some[Seen]


def to_hear_of(
    session: Session,
    bank: Bank,
    *wanted: ColumnElement[bool],
    on: date,
    before: datetime,
    limit: int = 50,
) -> ToHearOf:
    """What is to be heard of by that day, and what was made before that instant and is unanswered.

    `wanted` are more conditions on `Introduction`.
    """
    due = Introduction.follow_up_on <= on
    kinds = {
        "follow_ups": due,
        "unanswered": and_(
            Introduction.status == IntroductionStatus.INTRODUCED,
            Introduction.introduced_at < before,
        ),
    }
    order = (case((due, Introduction.follow_up_on)), Introduction.id)
    there = (*_under_way(bank), *wanted)
    by_kind = some_of_each(
        session, _SEEN, kinds, *there, key=Introduction.id, order=order, limit=limit
    )
    return ToHearOf(
        *(Some([_seen(row) for row in by_kind[kind].shown], by_kind[kind].total) for kind in kinds)
    )


def awaited(
    session: Session, bank: Bank, account_ids: Collection[int]
) -> dict[int, tuple[int, datetime]]:
    """How many introductions wait for the yes or no of each of these accounts' holders, and when
    the latest was made; none of two who are kept apart."""
    there = (
        Introduction.bank_id == bank.id,
        Introduction.status == IntroductionStatus.INTRODUCED,
        ~_apart(bank),
    )
    asked = Introduction.receiver_asked_at.is_not(None)
    silent = {
        Introduction.giver_id: (*there, Introduction.giver_says.is_(None)),
        Introduction.receiver_id: (*there, asked, Introduction.receiver_says.is_(None)),
    }
    return exchanges.number_and_latest(session, silent, Introduction.introduced_at, account_ids)


def contacts_of(session: Session, bank: Bank, party: Party) -> list[Contact]:
    """How to reach a member, those who speak for an organisation, or everybody in a group."""
    if party.organisation_id is not None:
        people = members.contacts(session, bank, party.organisation_id)
    else:
        people = [
            members.member(session, bank, one) for one in members.speakers(session, bank, party)
        ]
    return [Contact(one.name, one.phone, one.email) for one in people]


def contacts_for(session: Session, bank: Bank, seen: Seen, side: Side) -> list[Contact]:
    """How to reach that side, as far as the other may know it."""
    phone, email = seen.introduction.may_reach(side)
    if not (phone or email):
        return []
    return [
        Contact(contact.name, contact.phone if phone else None, contact.email if email else None)
        for contact in contacts_of(session, bank, seen.party(side))
    ]


def default_follow_up(bank: Bank, now: datetime) -> date:
    """When somebody rings to hear how an introduction made now has gone."""
    return local_date(now, bank.timezone) + rules.FOLLOW_UP


def _under_way(bank: Bank) -> tuple[ColumnElement[bool], ...]:
    return Introduction.bank_id == bank.id, Introduction.status.in_(UNDER_WAY)


def skill_name(session: Session, bank: Bank, skill_id: int | None) -> str | None:
    """What a skill is called; None for none."""
    if skill_id is None:
        return None
    return session.execute(
        select(Skill.name).where(Skill.bank_id == bank.id, Skill.id == skill_id)
    ).scalar()


@dataclass(frozen=True)
class View:
    """What somebody sees of an introduction: whose sides they are on, what was said as far as it is
    theirs to know, contacts.

    What the other one said is told while it is a yes: a no is nobody's but the one's who said it,
    and the staff's.
    """

    seen: Seen
    sides: frozenset[Side]
    says: dict[Side, Says | None]
    contacts: dict[Side, list[Contact]]


def view(session: Session, bank: Bank, introduction_id: int, *, by: Actor) -> View:
    """One introduction as this person may see it. Raises NotFound for those it is none of the
    business of."""
    return views(session, bank, [show(session, bank, introduction_id, by=by)], by=by)[0]


def views(session: Session, bank: Bank, found: Sequence[Seen], *, by: Actor) -> list[View]:
    """Introductions that this person may see, each as they may see it."""
    mine = members.may_act_for(session, bank, by)
    return [_view(session, bank, one, mine, by) for one in found]


def _view(session: Session, bank: Bank, found: Seen, mine: Collection[int], by: Actor) -> View:
    row = found.introduction
    sides = frozenset(side for side in Side if found.party(side).account_id in mine)
    answers = {Side.GIVER: row.giver_says, Side.RECEIVER: row.receiver_says}
    return View(
        seen=found,
        sides=sides,
        says={
            side: words
            for side, words in answers.items()
            if by.is_broker or side in sides or words == Says.YES
        },
        contacts={
            side: contacts_of(session, bank, found.party(side))
            if by.is_broker and row.status in UNDER_WAY
            else contacts_for(session, bank, found, side)
            for side in Side
        },
    )


def access_needs(session: Session, bank: Bank, account_id: int) -> str:
    """What whoever helps this account's holder has to allow for; empty when nothing is written."""
    member_id = members.party(session, bank, account_id).member_id
    return members.profile(session, bank, member_id).access_needs if member_id else ""


def phones(session: Session, bank: Bank, parties: Collection[Party]) -> dict[int, str | None]:
    """The telephone numbers of the members among these, by account: for brokers, who ring before
    they introduce anybody."""
    accounts = {one.account_id for one in parties}
    statement = select(Member.account_id, Member.phone).where(
        Member.bank_id == bank.id, Member.account_id.in_(accounts)
    )
    return {cast(int, row.account_id): row.phone for row in session.execute(statement)}


def who(session: Session, bank: Bank, row: Introduction) -> dict[str, str | Said]:
    """Who introduced the two, and who entered what each of them said, by name: `by`, `giver`,
    `receiver`."""
    keys = {"by": row.by, "giver": row.giver_said_by, "receiver": row.receiver_said_by}
    names = members.who(session, bank, [key for key in keys.values() if key])
    return {part: names.get(key, members.ITSELF) for part, key in keys.items() if key}


def knows(bank: Bank, near: Near) -> Select[Any]:
    """Those to whom somebody was introduced, once both have heard of it."""
    return select(
        union_all(
            *(
                select(there.label("account_id"), Introduction.introduced_at.label("at")).where(
                    Introduction.bank_id == bank.id,
                    here.in_(near.accounts),
                    Introduction.receiver_asked_at.is_not(None),
                )
                for there, here in (
                    (Introduction.giver_id, Introduction.receiver_id),
                    (Introduction.receiver_id, Introduction.giver_id),
                )
            )
        ).subquery()
    )
