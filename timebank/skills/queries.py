"""Reading the tree, the listings, and which areas lie next to each other."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session, aliased, selectinload

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import Some, held, one_or_refuse, some_of_each
from timebank.errors import NotAllowed, NotFound
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Group, Member, Organisation
from timebank.members.queries import Party
from timebank.members.rules import Status
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.models import CheckKind
from timebank.safeguarding.rules import Kind, is_held
from timebank.say import say
from timebank.skills import rules
from timebank.skills.models import (
    AreaLink,
    Category,
    Listing,
    ListingNeed,
    ListingStep,
    Skill,
    SkillNeed,
)
from timebank.skills.rules import (
    Details,
    ListingKind,
    ListingStatus,
    ListingStepKind,
    SkillDetails,
)
from timebank.text import folded
from timebank.times import times_of


@dataclass(frozen=True)
class Branch:
    """A category with its skills in order, retired ones left out unless asked for."""

    category: Category
    skills: Sequence[Skill]


@dataclass(frozen=True)
class Shown:
    """A listing with whose it is and where it belongs in the tree. `kinds` are the checks that a
    helper has to hold, those of the listing itself and of its skill: None where nobody asked."""

    listing: Listing
    party: Party
    skill: Skill | None
    category: Category | None
    kinds: frozenset[Kind] | None = None

    @property
    def needs(self) -> frozenset[Kind]:
        """The checks that a helper has to hold, of a listing that was asked for with them."""
        if self.kinds is None:
            raise LookupError("This listing was asked for without the checks that it needs.")
        return self.kinds

    @property
    def needs_checks(self) -> tuple[str, ...]:
        """Their codes."""
        return tuple(sorted(kind.code for kind in self.needs))

    def stands(self, on: date) -> bool:
        """Whether it is open and has not ended on that day. (Whether its holder takes part is
        another matter.)"""
        return self.listing.status == ListingStatus.OPEN and self.listing.ends_on >= on


@dataclass(frozen=True)
class Area:
    """A part of the bank's town, and the names of those next to it."""

    name: str
    neighbours: Sequence[str]


def tree(
    session: Session, bank: Bank, *, retired: bool = False, needs: bool = False
) -> list[Branch]:
    """The bank's categories in order, each with its skills, and with the checks that these need
    where `needs` says so."""
    inside = and_(Skill.bank_id == Category.bank_id, Skill.category_id == Category.id)
    if not retired:
        inside = and_(inside, Skill.retired_at.is_(None))
    rows = session.execute(
        select(Category, Skill)
        .outerjoin(Skill, inside)
        .where(Category.bank_id == bank.id)
        .order_by(Category.position, Category.name, Category.id, Skill.position, Skill.name)
        .options(*([selectinload(Skill.needs)] if needs else []))
    )
    skills: dict[Category, list[Skill]] = {}
    for category, skill in rows:
        skills.setdefault(category, []).extend([] if skill is None else [skill])
    return [Branch(category, skills) for category, skills in skills.items()]


def category(session: Session, bank: Bank, category_id: int) -> Category:
    """Raises NotFound when the bank has no such category."""
    return one_or_refuse(
        session,
        select(Category).where(Category.bank_id == bank.id, Category.id == category_id),
        say("There is no such category here."),
    )


def skill(session: Session, bank: Bank, skill_id: int) -> Skill:
    """Raises NotFound when the bank has no such skill."""
    return one_or_refuse(
        session,
        select(Skill)
        .where(Skill.bank_id == bank.id, Skill.id == skill_id)
        .options(selectinload(Skill.needs)),
        say("There is no such skill here."),
    )


def listing(session: Session, bank: Bank, listing_id: int, *, lock: bool = False) -> Listing:
    """Raises NotFound when the bank has no such offer or request. With `lock` nobody else changes
    it until this transaction ends."""
    this = (Listing.bank_id == bank.id, Listing.id == listing_id)
    statement = select(Listing).where(*this).options(selectinload(Listing.needs))
    return one_or_refuse(
        session,
        held(statement) if lock else statement,
        say("There is no such offer or request here."),
    )


# ---- What was done with listings ----

_UNDONE = aliased(ListingStep)


def _still_done(bank: Bank) -> Select[ListingStep]:
    """The steps of a bank that were not undone."""
    undone = exists().where(_UNDONE.bank_id == bank.id, _UNDONE.undoes_id == ListingStep.id)
    return select(ListingStep).where(
        ListingStep.bank_id == bank.id, ListingStep.step != ListingStepKind.UNDONE, ~undone
    )


def last_step(session: Session, bank: Bank, listing_id: int) -> ListingStep | None:
    """What was done with a listing last, and not undone."""
    of_it = _still_done(bank).where(ListingStep.listing_id == listing_id)
    return session.execute(of_it.order_by(ListingStep.id.desc()).limit(1)).scalar_one_or_none()


@dataclass(frozen=True)
class Step:
    """Something that was done with a listing, and whether it can be undone."""

    step: ListingStep
    shown: Shown
    may_undo: bool


def steps_by(session: Session, bank: Bank, by: str, *, since: datetime) -> list[Step]:
    """What somebody did with listings since an instant, as far as it was not undone."""
    own = _still_done(bank).where(ListingStep.by == by, ListingStep.at >= since)
    steps = session.execute(own.order_by(ListingStep.id)).scalars().all()
    of_these = Listing.id.in_({step.listing_id for step in steps})
    listings = session.execute(select(Listing).where(Listing.bank_id == bank.id, of_these))
    by_id = {one.listing.id: one for one in shown(session, bank, listings.scalars().all())}
    later = ListingStep.listing_id.in_(by_id)
    last = func.max(ListingStep.id)
    grouped = _still_done(bank).with_only_columns(last).where(later)
    latest = set(session.execute(grouped.group_by(ListingStep.listing_id)).scalars())
    return [
        Step(step, by_id[step.listing_id], may_undo(step, by_id[step.listing_id].listing))
        if step.id in latest
        else Step(step, by_id[step.listing_id], may_undo=False)
        for step in steps
    ]


def may_undo(step: ListingStep, listing: Listing) -> bool:
    """Whether a listing is as its last step left it."""
    if step.step == ListingStepKind.RENEWED:
        return listing.status == ListingStatus.OPEN and listing.ends_on == step.until
    return listing.status == step.step.value


def skill_details(skill: Skill) -> SkillDetails:
    """What is said of a skill, as a value."""
    return SkillDetails(skill.name, skill.category_id, skill.synonyms, skill.needs_checks)


def details(listing: Listing) -> Details:
    """What a listing says, as a value."""
    return Details(**{field.name: getattr(listing, field.name) for field in fields(Details)})


_HOLDER = members.Holder()
SHOWN = (
    select(Listing, _HOLDER.party, Skill, Category)
    .join(_HOLDER.rows, _HOLDER.of(Listing.bank_id, Listing.account_id))
    .outerjoin(Skill, and_(Skill.bank_id == Listing.bank_id, Skill.id == Listing.skill_id))
    .outerjoin(Category, and_(Category.bank_id == Skill.bank_id, Category.id == Skill.category_id))
)
"""What `Shown` holds, but for the checks."""


def shown(session: Session, bank: Bank, listings: Sequence[Listing]) -> list[Shown]:
    """The listings with their holders, their places in the tree and the checks they need."""
    if not listings:
        return []
    of_these = (Listing.bank_id == bank.id, Listing.id.in_({listing.id for listing in listings}))
    rows = session.execute(SHOWN.where(*of_these)).all()
    by_id = {one.listing.id: one for one in _with_needs(session, bank, rows)}
    return [by_id[listing.id] for listing in listings]


def _with_needs(session: Session, bank: Bank, rows: Iterable[Sequence[Any]]) -> list[Shown]:
    """Rows of `SHOWN` with the checks that they need, in one question more."""
    shown_so_far = [Shown(*row) for row in rows]
    ids = [one.listing.id for one in shown_so_far]
    of_listing = select(ListingNeed.listing_id, CheckKind).where(
        ListingNeed.bank_id == bank.id,
        ListingNeed.listing_id.in_(ids),
        CheckKind.id == ListingNeed.kind_id,
    )
    of_skill = select(Listing.id, CheckKind).where(
        Listing.bank_id == bank.id,
        Listing.id.in_(ids),
        SkillNeed.bank_id == bank.id,
        SkillNeed.skill_id == Listing.skill_id,
        CheckKind.id == SkillNeed.kind_id,
    )
    needs: dict[int, set[Kind]] = {listing_id: set() for listing_id in ids}
    if ids:
        both = union_all(of_listing, of_skill).subquery()
        kind = aliased(CheckKind, both)
        for listing_id, check in session.execute(select(both.c.listing_id, kind)):
            needs[listing_id].add(check.value)
    return [replace(one, kinds=frozenset(needs[one.listing.id])) for one in shown_so_far]


def some_shown(
    session: Session,
    bank: Bank,
    *wanted: ColumnElement[bool],
    order: Sequence[Any],
    limit: int,
    needs: bool = False,
) -> Some[Shown]:
    """The first few of the bank's listings that are `wanted`, and how many there are in all; with
    the checks they need where `needs` says so."""
    kinds = {"wanted": and_(Listing.bank_id == bank.id, *wanted)}
    statement = SHOWN
    if needs:
        # A listing stands there once for each check, and once if it needs none.
        statement = statement.add_columns(CheckKind).outerjoin(CheckKind, _is_needed())
    listings = some_of_each(session, statement, kinds, key=Listing.id, order=order, limit=limit)[
        "wanted"
    ]
    if not needs:
        return Some([Shown(*row) for row in listings.shown], listings.total)
    shown: dict[int, Shown] = {}
    for *row, kind in listings.shown:
        so_far = shown.setdefault(row[0].id, Shown(*row, kinds=frozenset()))
        if kind is not None:
            shown[row[0].id] = replace(so_far, kinds=so_far.needs | {kind.value})
    return Some(list(shown.values()), listings.total)


def _is_needed() -> ColumnElement[bool]:
    """A kind of check is one that a listing needs, by itself or for its skill."""
    by_itself = (ListingNeed.bank_id == Listing.bank_id, ListingNeed.listing_id == Listing.id)
    by_skill = (SkillNeed.bank_id == Listing.bank_id, SkillNeed.skill_id == Listing.skill_id)
    return and_(
        CheckKind.bank_id == Listing.bank_id,
        or_(
            exists().where(*by_itself, ListingNeed.kind_id == CheckKind.id),
            exists().where(*by_skill, SkillNeed.kind_id == CheckKind.id),
        ),
    )


def in_hands_of(bank: Bank, broker_id: int | None) -> ColumnElement[bool]:
    """Whether this broker looks after a listing: they took it on, or nobody did and they look after
    its holder."""
    holders = members.accounts_looked_after(bank, broker_id)
    return or_(
        Listing.broker_id == broker_id,
        and_(Listing.broker_id.is_(None), Listing.account_id.in_(holders)),
    )


def about_to_end(
    session: Session,
    bank: Bank,
    *wanted: ColumnElement[bool],
    on: date,
    limit: int,
    since: date | None = None,
    needs: bool = False,
) -> Some[Shown]:
    """Offers and requests that end within a week of that day, or have ended `since` then, the
    earliest first. `wanted` are more conditions on `Listing`; `needs` is as in `some_shown`."""
    ends = (*stands(bank, since or on), Listing.ends_on <= on + rules.NOTICE, *wanted)
    order = (Listing.ends_on, Listing.id)
    return some_shown(session, bank, *ends, order=order, limit=limit, needs=needs)


def stands(
    bank: Bank, on: date, *, by: Actor | None = None, to_members: bool = False
) -> tuple[ColumnElement[bool], ...]:
    """Whether a listing of the bank stands open on that day: not closed or ended, its holder taking
    part, and not one from whom the reader `by` is kept apart.

    Members are shown no offer whose holder lacks a check that it needs: `to_members` says that they
    read it, where `by` does not.
    """
    taking_part = select(Member.account_id).where(
        Member.bank_id == bank.id, Member.status == Status.ACTIVE
    )
    shared = (
        select(one.account_id).where(one.bank_id == bank.id, one.closed_at.is_(None))
        for one in (Organisation, Group)
    )
    holder = or_(*(Listing.account_id.in_(theirs) for theirs in (taking_part, *shared)))
    hidden = meeting.hidden_from(bank, by)
    return (
        Listing.bank_id == bank.id,
        Listing.status == ListingStatus.OPEN,
        Listing.ends_on >= on,
        holder,
        *([] if hidden is None else [Listing.account_id.not_in(hidden)]),
        *([_has_its_checks(on, by)] if to_members or (by and not by.is_broker) else []),
    )


def _has_its_checks(on: date, by: Actor | None) -> ColumnElement[bool]:
    """Whether a listing is a request, the reader's own, or an offer whose holder holds every check
    that it needs on that day."""
    lacking = (
        exists()
        .where(
            need.bank_id == Listing.bank_id,
            mine == theirs,
            ~safeguarding.holds(Listing.account_id, need.kind_id, on=on),
        )
        .correlate(Listing)
        for need, mine, theirs in (
            (SkillNeed, SkillNeed.skill_id, Listing.skill_id),
            (ListingNeed, ListingNeed.listing_id, Listing.id),
        )
    )
    own = Listing.account_id == (by.account_id if by else None)
    return or_(Listing.kind == ListingKind.REQUEST, own, ~or_(*lacking))


def references(bank: Bank, by: Actor, on: date) -> Select[Any]:
    """A query for what stands open that day as far as the reader `by` is shown it, as records name
    it: `offer:12`."""
    kind = type_coerce(Listing.kind, String)
    return select(kind + ":" + cast(Listing.id, String)).where(*stands(bank, on, by=by))


def shows(bank: Bank, by: Actor, on: date) -> Select[Any]:
    """A query for the accounts of those who offer or ask for something that stands open that day,
    as far as the reader `by` is shown it."""
    return select(Listing.account_id).where(*stands(bank, on, by=by))


def offering(bank: Bank, by: Actor, on: date, *, category_id: int) -> Select[Any]:
    """A query for the accounts of those who offer something of a category that day, as far as the
    reader `by` is shown it."""
    inside = select(Skill.id).where(Skill.bank_id == bank.id, Skill.category_id == category_id)
    offers = (Listing.kind == ListingKind.OFFER, Listing.skill_id.in_(inside))
    return select(Listing.account_id).where(*stands(bank, on, by=by), *offers)


def standing_of(
    session: Session, bank: Bank, account_ids: Collection[int], *, by: Actor, on: date
) -> list[Shown]:
    """What these accounts' holders offer and ask for that stands open that day, the newest first;
    `by` is who reads it."""
    statement = SHOWN.where(*stands(bank, on, by=by), Listing.account_id.in_(account_ids))
    return _with_needs(session, bank, session.execute(statement.order_by(Listing.id.desc())))


def open_listings(
    session: Session,
    bank: Bank,
    *,
    kind: ListingKind | None = None,
    on: date,
    posted_after: datetime | None = None,
    by: Actor | None = None,
    to_members: bool = False,
    limit: int | None = None,
) -> list[Listing]:
    """The listings that stand open on that day, the newest first; `by` is who reads them, or
    members do (`to_members`)."""
    there = stands(bank, on, by=by, to_members=to_members)
    statement = select(Listing).where(*there).order_by(Listing.id.desc())
    if kind is not None:
        statement = statement.where(Listing.kind == kind)
    if posted_after is not None:
        statement = statement.where(Listing.posted_at > posted_after)
    return list(session.execute(statement.limit(limit)).scalars())


@dataclass(frozen=True)
class OnOffer:
    """How many offers stand on a day, and of how many holders."""

    offers: int
    holders: int


def on_offer(session: Session, bank: Bank, on: date) -> OnOffer:
    """What is on offer that day, as members are shown it, counted."""
    counted = select(func.count(), func.count(Listing.account_id.distinct()))
    there = (*stands(bank, on, to_members=True), Listing.kind == ListingKind.OFFER)
    return OnOffer(*session.execute(counted.where(*there)).one())


def on_street(session: Session, bank: Bank, on: date, *, limit: int) -> list[Shown]:
    """The newest offers that stand that day and whose holders let them be on the bank's front
    page, no two of one holder. They are to be shown without the holder's name."""
    first = (
        select(func.max(Listing.id))
        .where(*stands(bank, on, to_members=True), Listing.on_street.is_(True))
        .group_by(Listing.account_id)
    )
    statement = SHOWN.where(Listing.id.in_(first)).order_by(Listing.id.desc()).limit(limit)
    return _with_needs(session, bank, session.execute(statement))


def news(
    session: Session, bank: Bank, *, by: Actor, on: date, since: datetime, limit: int
) -> list[Shown]:
    """What others have posted since then and stands open that day, the newest first; `by` is who
    reads it."""
    others = Listing.account_id.not_in(members.accounts_acted_for(bank, by))
    statement = SHOWN.where(*stands(bank, on, by=by), Listing.posted_at > since, others)
    rows = session.execute(statement.order_by(Listing.id.desc()).limit(limit))
    return [Shown(*row) for row in rows]


def begun(session: Session, bank: Bank, account_id: int | None) -> set[ListingKind]:
    """Of which kinds the holder of an account has ever posted anything."""
    of_account = (Listing.bank_id == bank.id, Listing.account_id == account_id)
    return set(session.execute(select(Listing.kind).where(*of_account).distinct()).scalars())


def standing(session: Session, bank: Bank, listing_ids: Collection[int], *, on: date) -> set[int]:
    """Those of the listings that stand open on that day."""
    return set(
        session.execute(
            select(Listing.id).where(*stands(bank, on), Listing.id.in_(listing_ids))
        ).scalars()
    )


def offered(
    session: Session, bank: Bank, account_ids: Collection[int], *, on: date
) -> dict[int, set[tuple[int, int]]]:
    """Skill and category of what each of the accounts' holders offers on that day; those who offer
    nothing are left out."""
    statement = (
        select(Listing.account_id, Skill.id, Skill.category_id)
        .join(Skill, and_(Skill.bank_id == Listing.bank_id, Skill.id == Listing.skill_id))
        .where(
            *stands(bank, on),
            Listing.kind == ListingKind.OFFER,
            Listing.account_id.in_(account_ids),
        )
    )
    by_account: dict[int, set[tuple[int, int]]] = {}
    for account_id, skill_id, category_id in session.execute(statement):
        by_account.setdefault(account_id, set()).add((skill_id, category_id))
    return by_account


def directory(
    session: Session,
    bank: Bank,
    *,
    kind: ListingKind,
    on: date,
    among: Collection[ColumnElement[bool]] = (),
    by: Actor | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """Up to `limit + 1` listings that stand open that day, the newest first, those older than the
    listing `before`, `among` those of certain conditions (see `only`); `by` is who reads them."""
    there = (*stands(bank, on, by=by), Listing.kind == kind, *among)
    return _some(session, bank, *there, category_id=None, before=before, limit=limit)


def of_category(bank: Bank, category_id: int) -> ColumnElement[bool]:
    """That a listing's skill is one of this category."""
    inside = select(Skill.id).where(Skill.bank_id == bank.id, Skill.category_id == category_id)
    return Listing.skill_id.in_(inside)


def only(
    bank: Bank, *, day: int | None = None, area: str = "", since: datetime | None = None
) -> list[ColumnElement[bool]]:
    """The conditions of being for a day of the week (0 is Monday; what says no times is for any),
    of one part of the town, and of having been posted since then."""
    wanted: list[ColumnElement[bool]] = []
    if day is not None:
        parts = times_of(range(3 * day, 3 * day + 3))
        wanted.append(or_(Listing.times == 0, Listing.times.bitwise_and(parts) != 0))
    if area:
        living = select(Member.account_id).where(
            Member.bank_id == bank.id, Member.area_key == folded(area)
        )
        at_home = and_(Listing.area.is_(None), Listing.account_id.in_(living))
        wanted.append(or_(func.lower(Listing.area) == area.strip().lower(), at_home))
    if since is not None:
        wanted.append(Listing.posted_at >= since)
    return wanted


def not_of(account_id: int) -> ColumnElement[bool]:
    """That a listing is somebody else's."""
    return Listing.account_id != account_id


def held_by(
    session: Session,
    bank: Bank,
    account_ids: Collection[int],
    *,
    kind: ListingKind,
    category_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """As `directory`, of these accounts, whether open or not."""
    of_holders = (
        Listing.bank_id == bank.id,
        Listing.account_id.in_(account_ids),
        Listing.kind == kind,
    )
    return _some(session, bank, *of_holders, category_id=category_id, before=before, limit=limit)


def _some(
    session: Session,
    bank: Bank,
    *wanted: ColumnElement[bool],
    category_id: int | None,
    before: int | None,
    limit: int,
) -> list[Shown]:
    statement = SHOWN.where(*wanted)
    if category_id is not None:
        statement = statement.where(of_category(bank, category_id))
    if before is not None:
        statement = statement.where(Listing.id < before)
    rows = session.execute(statement.order_by(Listing.id.desc()).limit(limit + 1)).all()
    return _with_needs(session, bank, rows)


def show(
    session: Session,
    bank: Bank,
    listing_id: int,
    *,
    kind: ListingKind | None = None,
    by: Actor,
    on: date,
) -> Shown:
    """One listing, as of that day.

    What does not stand in the directory is there for its holder, those who act for them, and
    brokers. Raises NotFound for everybody else, and for one of another kind.
    """
    wanted = listing(session, bank, listing_id)
    mine = by.is_broker or wanted.account_id in members.may_act_for(session, bank, by)
    there = (
        mine
        or session.execute(
            select(Listing.id).where(*stands(bank, on, by=by), Listing.id == listing_id)
        ).first()
    )
    if not there or kind not in (None, wanted.kind):
        raise NotFound(say("There is no such offer or request here."))
    return shown(session, bank, [wanted])[0]


def require_holder(session: Session, bank: Bank, account_id: int, by: Actor) -> None:
    """Raises NotAllowed when what that account offers or asks for is not `by`'s to change: it is
    its holder's, of those who act for them, and of brokers."""
    if not by.is_broker and account_id not in members.may_act_for(session, bank, by):
        raise NotAllowed(
            say(
                "This is somebody else’s. Only they, those who act for them, and brokers may do"
                " this."
            )
        )


def counts(
    session: Session, bank: Bank, *, kind: ListingKind, by: Actor | None = None, on: date
) -> dict[int | None, int]:
    """How many listings of the kind stand open that day, by skill; None: those without one. `by`
    is who reads them."""
    statement = (
        select(Listing.skill_id, func.count())
        .where(*stands(bank, on, by=by), Listing.kind == kind)
        .group_by(Listing.skill_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


@dataclass(frozen=True)
class Kinds:
    """How many listings stand open in each of the bank's categories, in their order, and in all,
    with those that are in none."""

    numbers: Sequence[tuple[Category, int]]
    total: int


def kinds(session: Session, bank: Bank, *, kind: ListingKind, by: Actor, on: date) -> Kinds:
    """The same as `counts`, by category."""
    number = func.count().label("number")
    counted = (
        select(Skill.category_id, number)
        .select_from(Listing)
        .outerjoin(Skill, and_(Skill.bank_id == Listing.bank_id, Skill.id == Listing.skill_id))
        .where(*stands(bank, on, by=by), Listing.kind == kind)
        .group_by(Skill.category_id)
        .cte("counted")
    )
    total = select(func.coalesce(func.sum(counted.c.number), 0)).scalar_subquery()
    # From the bank, so that there is a row with the total even where there are no categories.
    rows = session.execute(
        select(Category, func.coalesce(counted.c.number, 0), total)
        .select_from(Bank)
        .outerjoin(Category, Category.bank_id == Bank.id)
        .outerjoin(counted, counted.c.category_id == Category.id)
        .where(Bank.id == bank.id)
        .order_by(Category.position, Category.name, Category.id)
    ).all()
    numbers = [(category, number) for category, number, _ in rows if category is not None]
    return Kinds(numbers, int(rows[0][2]))


def of_accounts(session: Session, bank: Bank, account_ids: Collection[int]) -> list[Listing]:
    """Every listing of these accounts, open ones first, then the newest."""
    statement = select(Listing).where(
        Listing.bank_id == bank.id, Listing.account_id.in_(account_ids)
    )
    return list(
        session.execute(
            statement.order_by(Listing.status != ListingStatus.OPEN, Listing.id.desc())
        ).scalars()
    )


def checks_needed(session: Session, bank: Bank, on: date) -> dict[int, set[int]]:
    """The kinds of checks that members need for what they offer on that day, by member."""
    offers = (*stands(bank, on), Listing.kind == ListingKind.OFFER)
    holder = and_(Member.bank_id == Listing.bank_id, Member.account_id == Listing.account_id)
    by_member: dict[int, set[int]] = {}
    for need, mine, of_listing in (
        (SkillNeed, SkillNeed.skill_id, Listing.skill_id),
        (ListingNeed, ListingNeed.listing_id, Listing.id),
    ):
        statement = (
            select(Member.id, need.kind_id)
            .select_from(Listing)
            .join(need, and_(need.bank_id == Listing.bank_id, mine == of_listing))
            .join(Member, holder)
            .where(*offers)
            .distinct()
        )
        for member_id, kind_id in session.execute(statement):
            by_member.setdefault(member_id, set()).add(kind_id)
    return by_member


def lacking(session: Session, bank: Bank, shown: Shown, *, on: date) -> list[Kind]:
    """The checks that an offer needs and its holder does not hold on that day, for which members
    are not shown it; a request lacks nothing."""
    if shown.listing.kind == ListingKind.REQUEST or not shown.needs:
        return []
    holder = shown.party.member_id or 0
    held = safeguarding.standing(session, bank, [holder]).get(holder, {})
    return sorted(kind for kind in shown.needs if not is_held(held, kind.id, on=on))


def needs_of_skills(session: Session, bank: Bank) -> dict[str, frozenset[Kind]]:
    """The checks that help needs with each of the bank's skills, by the name of the skill folded;
    nothing at all where no skill needs one."""
    rows = session.execute(
        select(Skill.name, CheckKind).outerjoin(Skill.needs).where(Skill.bank_id == bank.id)
    ).all()
    needs: dict[str, set[Kind]] = {}
    for name, kind in rows:
        needs.setdefault(folded(name), set()).update([] if kind is None else [kind.value])
    if not any(needs.values()):
        return {}
    return {name: frozenset(kinds) for name, kinds in needs.items()}


def ending(session: Session, bank: Bank, *, first: date, last: date) -> list[Listing]:
    """Open listings that end from the first day to the last, both included, the earliest first."""
    ends = (*stands(bank, first), Listing.ends_on <= last)
    return list(
        session.execute(
            select(Listing).where(*ends).order_by(Listing.ends_on, Listing.id)
        ).scalars()
    )


def has_offer(session: Session, bank: Bank) -> bool:
    """Whether anything was ever offered under a skill."""
    offers = select(Listing.id).where(
        Listing.bank_id == bank.id,
        Listing.kind == ListingKind.OFFER,
        Listing.skill_id.is_not(None),
    )
    return bool(session.execute(select(offers.exists())).scalar())


def areas(session: Session, bank: Bank) -> list[str]:
    """The areas that members of the bank live in, each once, by name."""
    return areas_of(session, bank, None)[0]


def areas_of(session: Session, bank: Bank, member_id: int | None) -> tuple[list[str], str | None]:
    """The same, and the one that a member has written down for themselves."""
    living = (
        Member.bank_id == bank.id,
        Member.status.in_(members.TAKING_PART),
        Member.area.is_not(None),
    )
    names: dict[str, str] = {}
    own: str | None = None
    is_own = func.max(case((Member.id == member_id, 1), else_=0))
    for name, is_theirs in session.execute(
        select(Member.area, is_own).where(*living).group_by(Member.area).order_by(Member.area)
    ):
        own = name if is_theirs else own
        if name and name.strip():
            names.setdefault(folded(name), name.strip())
    return [names[key] for key in sorted(names)], own


def links(session: Session, bank: Bank) -> set[tuple[str, str]]:
    """Pairs of areas next to each other, by folded names, the lesser first."""
    rows = session.execute(select(AreaLink.area, AreaLink.other).where(AreaLink.bank_id == bank.id))
    return {(row.area, row.other) for row in rows}


def neighbourhood(session: Session, bank: Bank) -> list[Area]:
    """Every area that members live in or that lies next to another, by name."""
    pairs = links(session, bank)
    names = {name: name.title() for pair in pairs for name in pair} | {
        folded(name): name for name in areas(session, bank)
    }
    return [
        Area(
            names[key],
            [
                names[other]
                for other in sorted(names)
                if (min(key, other), max(key, other)) in pairs
            ],
        )
        for key in sorted(names)
    ]


def steps_between(session: Session, bank: Bank) -> Callable[[str | None, str | None], int | None]:
    """How far two areas are apart: 0 for the same, 1 for neighbours, None for farther or not
    known."""
    neighbours = links(session, bank)

    def steps(one: str | None, other: str | None) -> int | None:
        if not one or not other:
            return None
        pair = sorted((folded(one), folded(other)))
        if pair[0] == pair[1]:
            return 0
        return 1 if (pair[0], pair[1]) in neighbours else None

    return steps
