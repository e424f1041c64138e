"""Reading activities: what there is, who comes, who came, what it came to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from timebank.act import Actor
from timebank.activities import rules
from timebank.activities.models import (
    Activity,
    ActivitySession,
    Contribution,
    Outcome,
    Photo,
    Quote,
    SessionPosting,
    SignUp,
    Sponsorship,
)
from timebank.activities.rules import (
    Details,
    LedBy,
    MeetingStatus,
    Part,
    PartInTheRoom,
    Rule,
    SignUpStatus,
    Stage,
)
from timebank.banks.models import Bank
from timebank.base import Base, Some, one_or_refuse, some_of_each
from timebank.base import held as locked
from timebank.clock import local_date
from timebank.errors import NotFound
from timebank.members import meeting as guard
from timebank.members import queries as members
from timebank.members.models import Member, Organisation
from timebank.members.queries import Party
from timebank.members.rules import Capacity, Status
from timebank.room import Near
from timebank.say import Said, say
from timebank.text import folded


def activity(session: Session, bank: Bank, activity_id: int, *, lock: bool = False) -> Activity:
    """Raises NotFound when the bank has no such activity. With `lock` nobody else changes it until
    this transaction ends."""
    statement = select(Activity).where(Activity.bank_id == bank.id, Activity.id == activity_id)
    return one_or_refuse(
        session, locked(statement) if lock else statement, say("There is no such activity here.")
    )


def details(activity: Activity) -> Details:
    """What an activity says of itself."""
    return Details(**{field.name: getattr(activity, field.name) for field in fields(Details)})


def activities(session: Session, bank: Bank, *, ended: bool = False) -> Sequence[Activity]:
    """What goes on, by title; with `ended`, what has ended instead, the latest first."""
    statement = select(Activity).where(Activity.bank_id == bank.id)
    if ended:
        statement = statement.where(Activity.ended_at.is_not(None)).order_by(
            Activity.ended_at.desc(), Activity.id
        )
    else:
        statement = statement.where(Activity.ended_at.is_(None)).order_by(
            func.lower(Activity.title), Activity.id
        )
    return session.execute(statement).scalars().all()


@dataclass(frozen=True)
class Meeting:
    """A session with its activity, how many mean to come, wait for a place and were there, and the
    posting that stands."""

    row: ActivitySession
    activity: Activity
    coming: int
    waiting: int
    here: int
    posting: SessionPosting | None

    @property
    def ends_at(self) -> datetime:
        return self.row.starts_at + timedelta(minutes=self.row.minutes)

    @property
    def place(self) -> str:
        return self.row.place or self.activity.place

    @property
    def changed_at(self) -> datetime:
        """When what is said of it was last changed."""
        return max(self.row.changed_at, self.activity.changed_at)

    @property
    def stage(self) -> Stage:
        return self.row.stage or self.activity.stage

    @property
    def cost(self) -> Said:
        """What coming costs, said before it is pressed."""
        return rules.cost(self.activity.rule, self.row.minutes)

    @property
    def costs(self) -> bool:
        """Whether whoever comes pays for it."""
        return self.activity.rule in rules.COSTS

    @property
    def coming_words(self) -> Said:
        """What is pressed to say that one will come."""
        return rules.coming(self.activity.rule, self.row.minutes)

    @property
    def places(self) -> int | None:
        return self.row.places or self.activity.places

    @property
    def left(self) -> int | None:
        """How many places there still are; None where there is no end of them."""
        return None if self.places is None else max(0, self.places - self.coming)

    @property
    def status(self) -> MeetingStatus:
        """Where it stands."""
        if self.row.cancelled_at is not None:
            return MeetingStatus.CANCELLED
        if self.posting:
            return MeetingStatus.POSTED
        return MeetingStatus.REGISTERED if self.here else MeetingStatus.PLANNED


_NO_SUCH_SESSION = say("There is no such session here.")


def meeting(session: Session, bank: Bank, session_id: int) -> Meeting:
    """One session. Raises NotFound when the bank has no such one."""
    rows = meetings(session, bank, ActivitySession.id == session_id, limit=1)
    if not rows:
        raise NotFound(_NO_SUCH_SESSION)
    return rows[0]


def meetings(
    session: Session,
    bank: Bank,
    *wanted: ColumnElement[bool],
    activity_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    latest_first: bool = False,
    limit: int = 100,
) -> list[Meeting]:
    """Up to `limit` sessions that start from `since` and before `until`, in order. `wanted` are
    more conditions."""
    statement = _MEETINGS.where(ActivitySession.bank_id == bank.id, *wanted)
    if activity_id is not None:
        statement = statement.where(ActivitySession.activity_id == activity_id)
    if since is not None:
        statement = statement.where(ActivitySession.starts_at >= since)
    if until is not None:
        statement = statement.where(ActivitySession.starts_at < until)
    order = (ActivitySession.starts_at, ActivitySession.id)
    ordered = statement.order_by(
        *(column.desc() if latest_first else column for column in order)
    ).limit(limit)
    return [Meeting(*row) for row in session.execute(ordered)]


def run_by(session: Session, bank: Bank, by: Actor) -> list[Activity]:
    """The activities under way that somebody leads; for the staff all of them."""
    there = activities(session, bank)
    return [one for one in there if rules.may_run(by, one.lead_ids)]


_NEAR = timedelta(days=60)
"""Sessions so long before and after today can be chosen as meetings of something."""


def near(session: Session, bank: Bank, but: Collection[int], *, now: datetime) -> list[Meeting]:
    """The sessions round about now that are not called off, but those with these ids; those that
    were held last in front, then those to come."""
    there = meetings(
        session,
        bank,
        *not_called_off(),
        ActivitySession.id.not_in(but),
        since=now - _NEAR,
        until=now + _NEAR,
        latest_first=True,
    )
    past = [one for one in there if one.row.starts_at <= now]
    return [*past, *reversed(there[: len(there) - len(past)])]


def shown_to_all(
    session: Session, bank: Bank, *, since: datetime, limit: int, called_off: bool = False
) -> list[Meeting]:
    """The next sessions of activities that anybody may read of; those called off only if they are
    asked for."""
    wanted = (Activity.public.is_(True), *([] if called_off else not_called_off()))
    return meetings(session, bank, *wanted, since=since, limit=limit)


def last_begun(session: Session, bank: Bank, *, before: datetime) -> datetime | None:
    """When the latest session began that anybody may read of; None before the first."""
    latest = meetings(
        session, bank, Activity.public.is_(True), until=before, latest_first=True, limit=1
    )
    return latest[0].row.starts_at if latest else None


def not_called_off() -> list[ColumnElement[bool]]:
    """The condition that a session was not called off."""
    return [ActivitySession.cancelled_at.is_(None)]


def after(session: Session, bank: Bank, session_id: int | None) -> list[ColumnElement[bool]]:
    """The condition of coming after that session in the order of `meetings`. Raises NotFound."""
    if session_id is None:
        return []
    last = _one(session, bank, ActivitySession, session_id, _NO_SUCH_SESSION)
    return [tuple_(ActivitySession.starts_at, ActivitySession.id) > (last.starts_at, last.id)]


@dataclass(frozen=True)
class ToSeeTo:
    """What the staff have to see to, the oldest first; sessions called off are left out. Those
    `to_post` have begun, and nobody has posted their hours; to those of `apart`, which are to come,
    two mean to come who are kept apart."""

    to_post: Some[Meeting]
    apart: Some[Meeting]


def to_see_to(session: Session, bank: Bank, *, now: datetime, limit: int = 100) -> ToSeeTo:
    """What waits for the staff."""
    waiting, another = aliased(SignUp), aliased(SignUp)
    both = select(waiting.id).where(
        waiting.bank_id == bank.id,
        waiting.session_id == ActivitySession.id,
        another.bank_id == bank.id,
        another.session_id == ActivitySession.id,
        # Who waits for such a reason; where the staff let both come, nobody does any more.
        waiting.status == SignUpStatus.WAITING,
        another.status != SignUpStatus.WITHDRAWN,
        guard.members_apart(bank, waiting.member_id, another.member_id),
    )
    there = _unposted(bank)
    kinds = {
        "to_post": and_(ActivitySession.starts_at < now, *there),
        "apart": and_(ActivitySession.starts_at >= now, *there, both.exists()),
    }
    by_kind = _some_of_each(session, bank, kinds, limit=limit)
    return ToSeeTo(by_kind["to_post"], by_kind["apart"])


def _unposted(bank: Bank) -> tuple[ColumnElement[bool], ...]:
    stands = select(SessionPosting.id).where(
        SessionPosting.bank_id == bank.id,
        SessionPosting.session_id == ActivitySession.id,
        SessionPosting.undone_at.is_(None),
    )
    return ActivitySession.cancelled_at.is_(None), ~stands.exists()


def to_come(
    session: Session, bank: Bank, member_id: int, *, since: datetime, limit: int = 100
) -> list[tuple[Meeting, SignUp]]:
    """The next sessions that a member has signed up for, with what they said; never those called
    off."""
    own = aliased(SignUp)
    statement = (
        _MEETINGS.add_columns(own)
        .join(own, and_(own.bank_id == bank.id, own.session_id == ActivitySession.id))
        .where(
            ActivitySession.bank_id == bank.id,
            ActivitySession.starts_at >= since,
            *not_called_off(),
            own.member_id == member_id,
            own.status != SignUpStatus.WITHDRAWN,
        )
        .order_by(ActivitySession.starts_at, ActivitySession.id)
        .limit(limit)
    )
    return [(Meeting(*row), said) for *row, said in session.execute(statement)]


def attended(
    session: Session, bank: Bank, member_id: int, *, since: datetime, limit: int = 500
) -> list[tuple[Meeting, SignUp | None]]:
    """The sessions from an instant on that a member has signed up for, with what they said, or
    leads; with those called off."""
    own = aliased(SignUp)
    of_member = and_(
        own.bank_id == bank.id,
        own.session_id == ActivitySession.id,
        own.member_id == member_id,
        own.status != SignUpStatus.WITHDRAWN,
    )
    leads_it = or_(
        Activity.resident_lead_id == member_id, Activity.professional_lead_id == member_id
    )
    statement = (
        _MEETINGS.add_columns(own)
        .outerjoin(own, of_member)
        .where(
            ActivitySession.bank_id == bank.id,
            ActivitySession.starts_at >= since,
            or_(own.id.is_not(None), leads_it),
        )
        .order_by(ActivitySession.starts_at, ActivitySession.id)
        .limit(limit)
    )
    return [(Meeting(*row), said) for *row, said in session.execute(statement)]


def _some_of_each(
    session: Session,
    bank: Bank,
    kinds: Mapping[str, ColumnElement[bool]],
    *wanted: ColumnElement[bool],
    limit: int,
) -> dict[str, Some[Meeting]]:
    """The first sessions of each kind in the order of `meetings`."""
    there = (ActivitySession.bank_id == bank.id, *wanted)
    order = (ActivitySession.starts_at, ActivitySession.id)
    by_kind = some_of_each(
        session, _MEETINGS, kinds, *there, key=ActivitySession.id, order=order, limit=limit
    )
    return {
        kind: Some([Meeting(*row) for row in rows.shown], rows.total)
        for kind, rows in by_kind.items()
    }


_PEOPLE = func.count(Contribution.member_id.distinct()) + func.count(
    Contribution.guest_key.distinct()
)


def _signed_up(status: SignUpStatus) -> ScalarSelect[int]:
    """How many have said so of a session."""
    of_session = (
        SignUp.bank_id == ActivitySession.bank_id,
        SignUp.session_id == ActivitySession.id,
        SignUp.status == status,
    )
    return select(func.count()).select_from(SignUp).where(*of_session).scalar_subquery()


# What `Meeting` holds.
_MEETINGS = (
    select(
        ActivitySession,
        Activity,
        _signed_up(SignUpStatus.COMING),
        _signed_up(SignUpStatus.WAITING),
        select(_PEOPLE)
        .where(
            Contribution.bank_id == ActivitySession.bank_id,
            Contribution.session_id == ActivitySession.id,
        )
        .scalar_subquery(),
        SessionPosting,
    )
    .join(
        Activity,
        and_(
            Activity.bank_id == ActivitySession.bank_id,
            Activity.id == ActivitySession.activity_id,
        ),
    )
    .outerjoin(
        SessionPosting,
        and_(
            SessionPosting.bank_id == ActivitySession.bank_id,
            SessionPosting.session_id == ActivitySession.id,
            SessionPosting.undone_at.is_(None),
        ),
    )
)


def shown(session: Session, bank: Bank, rows: Sequence[ActivitySession]) -> list[Meeting]:
    """The sessions with what belongs to them, in the same order."""
    of_these = (
        ActivitySession.bank_id == bank.id,
        ActivitySession.id.in_([row.id for row in rows]),
    )
    meeting_of = {row[0].id: Meeting(*row) for row in session.execute(_MEETINGS.where(*of_these))}
    return [meeting_of[row.id] for row in rows]


def postings(session: Session, bank: Bank, session_id: int) -> Sequence[SessionPosting]:
    """Every time a session's hours were posted, the first first, also those taken back since."""
    of_session = SessionPosting.session_id == session_id
    return _of(session, bank, SessionPosting, of_session, order=[SessionPosting.n])


# ---- People ----


def leads(
    session: Session, bank: Bank, activity: Activity, *, by: Actor | None = None
) -> dict[str, Member]:
    """Who is responsible, by side: `resident` and `professional`, as far as they are named and `by`
    is shown them; None: all of them."""
    named = {"resident": activity.resident_lead_id, "professional": activity.professional_lead_id}
    shown_ = guard.leave_out(session, bank, named.items(), lambda lead: lead[1], by=by)
    return {
        side: members.member(session, bank, member_id)
        for side, member_id in shown_
        if member_id is not None
    }


def leads_shown(
    session: Session, bank: Bank, activities: Iterable[Activity], *, by: Actor
) -> frozenset[int]:
    """The members who lead any of these activities and of whom `by` is shown something."""
    leading = {lead for one in activities for lead in one.lead_ids if lead is not None}
    return frozenset(guard.leave_out(session, bank, leading, lambda lead: lead, by=by))


def hosts(session: Session, bank: Bank, activity: Activity | Details) -> frozenset[int]:
    """The accounts that whoever comes has to do with: of those who lead, and of who pays."""
    payer = frozenset([activity.payer_id] if activity.payer_id is not None else [])
    leading = (activity.resident_lead_id, activity.professional_lead_id)
    return members.accounts_of(session, bank, leading) | payer


@dataclass(frozen=True)
class Comer:
    """Somebody who signed up, in the order of asking."""

    row: SignUp
    member: Member


def comers(
    session: Session, bank: Bank, session_id: int, *, by: Actor | None = None
) -> list[Comer]:
    """Those who mean to come or wait for a place, in the order of asking, and whom `by` is shown;
    None: all of them."""
    statement = (
        select(SignUp, Member)
        .join(Member, and_(Member.bank_id == SignUp.bank_id, Member.id == SignUp.member_id))
        .where(
            SignUp.bank_id == bank.id,
            SignUp.session_id == session_id,
            SignUp.status != SignUpStatus.WITHDRAWN,
        )
        .order_by(SignUp.at, SignUp.id)
    )
    whole = [Comer(row.SignUp, row.Member) for row in session.execute(statement)]
    return guard.leave_out(session, bank, whole, lambda comer: comer.member.id, by=by)


def company(
    session: Session, bank: Bank, session_ids: Collection[int], *, by: Actor
) -> dict[int, list[Party]]:
    """Those who come to each of these sessions and let other members see it, in the order of
    asking, by session. Who is kept apart from the reader `by`, or takes no part just now, is left
    out."""
    statement = (
        select(SignUp.session_id, Member.id, Member.account_id)
        .join(Member, and_(Member.bank_id == SignUp.bank_id, Member.id == SignUp.member_id))
        .where(
            SignUp.bank_id == bank.id,
            SignUp.session_id.in_(session_ids),
            SignUp.status == SignUpStatus.COMING,
            SignUp.shown.is_(True),
            Member.status == Status.ACTIVE,
        )
        .order_by(SignUp.at, SignUp.id)
    )
    rows = session.execute(statement).all()
    if not rows:
        return {}
    seen = guard.leave_out(session, bank, rows, lambda row: row.id, by=by)
    accounts = {row.account_id for row in seen if row.account_id is not None}
    parties = members.parties(session, bank, accounts)
    by_session: dict[int, list[Party]] = {}
    for row in seen:
        if row.account_id is not None:
            by_session.setdefault(row.session_id, []).append(parties[row.account_id])
    return by_session


def signed_up(
    session: Session, bank: Bank, member_ids: Collection[int], session_ids: Collection[int]
) -> dict[int, list[SignUp]]:
    """What each of the members has said of each of the sessions, by session; those withdrawn are
    left out."""
    of_members = (
        SignUp.member_id.in_(member_ids),
        SignUp.session_id.in_(session_ids),
        SignUp.status != SignUpStatus.WITHDRAWN,
    )
    by_session: dict[int, list[SignUp]] = {}
    for row in _of(session, bank, SignUp, *of_members):
        by_session.setdefault(row.session_id, []).append(row)
    return by_session


@dataclass(frozen=True)
class Line:
    """A line of the register: somebody, and what they did. Without a part they were not there
    (yet).

    `number` is a member's, and `area` and the year they were `born` tell them apart from others;
    `minutes` in the room, `prepared` before. `coming` says that they signed
    up, `account` is where their hours go; None for a guest, a newcomer, and who has left. `leads`
    says that the activity is theirs to lead.
    """

    name: str
    capacity: Capacity
    member_id: int | None = None
    number: str | None = None
    account: int | None = None
    coming: bool = False
    leads: bool = False
    left: bool = False
    newcomer: bool = False
    part: PartInTheRoom = ""
    minutes: int = 0
    prepared: int = 0
    without_hours: bool = False
    area: str | None = None
    born: int | None = None

    @property
    def key(self) -> str:
        """What a form calls the person."""
        return rules.person_key(self.member_id, self.name)

    @property
    def parts(self) -> list[tuple[Part, int]]:
        """What they did, with the minutes of each: a part in the room, preparing, or both."""
        in_the_room = [(self.part, self.minutes)] if self.part and self.minutes else []
        return in_the_room + ([(Part.PREPARED, self.prepared)] if self.prepared else [])

    @property
    def here(self) -> bool:
        return bool(self.part or self.prepared)

    @property
    def state(self) -> str:
        """What the register says of them, in short, to tell whether it was changed meanwhile."""
        return (
            f"{self.part} {self.minutes} {self.prepared} {int(self.without_hours)}"
            if self.here
            else ""
        )


def contributions(session: Session, bank: Bank, session_id: int) -> Sequence[Contribution]:
    """The rows of a session's register."""
    of_session = Contribution.session_id == session_id
    return _of(session, bank, Contribution, of_session, order=[Contribution.id])


def there(
    session: Session, bank: Bank, meeting: Meeting, member_ids: Collection[int]
) -> frozenset[int]:
    """Those of the members who are on the register of a session."""
    if not meeting.here:
        return frozenset()
    on_register = (
        Contribution.bank_id == bank.id,
        Contribution.session_id == meeting.row.id,
        Contribution.member_id.in_(member_ids),
    )
    ids = session.execute(select(Contribution.member_id).where(*on_register)).scalars()
    return frozenset(member_id for member_id in ids if member_id is not None)


def came_since(bank: Bank, member_id: Any, since: date) -> ColumnElement[bool]:
    """Whether this member (a column of another question) was at a session on that day or since."""
    its = and_(ActivitySession.bank_id == bank.id, ActivitySession.id == Contribution.session_id)
    came = (
        select(Contribution.member_id)
        .join(ActivitySession, its)
        .where(
            Contribution.bank_id == bank.id,
            Contribution.member_id.is_not(None),
            ActivitySession.starts_at >= midnight(bank, since),
        )
    )
    return member_id.in_(came)


def register(
    session: Session, bank: Bank, meeting: Meeting, *, by: Actor | None = None
) -> list[Line]:
    """Everybody on a session's register, by name, and before them whoever may be expected: the
    leads, who signed up, who came last time. Those alone whom `by` is shown; None: all of them.
    """
    rows = contributions(session, bank, meeting.row.id)
    coming = {
        comer.member.id
        for comer in comers(session, bank, meeting.row.id)
        if comer.row.status == SignUpStatus.COMING
    }
    leading = {one.id for one in leads(session, bank, meeting.activity).values()}
    expected = coming | leading
    if meeting.posting is None:
        expected |= set(_last_time(session, bank, meeting))
    ids = expected | {row.member_id for row in rows if row.member_id is not None}
    people = {row.id: row for row in _of(session, bank, Member, Member.id.in_(ids))}
    lines: list[Line] = []
    for person in people.values():
        parts = [row for row in rows if row.member_id == person.id]
        if not parts and person.status not in members.TAKING_PART:
            continue
        left = person.status == Status.LEFT
        line = Line(
            person.name,
            person.capacity,
            person.id,
            person.number,
            None if left else person.account_id,
            coming=person.id in coming,
            leads=person.id in leading,
            left=left,
            area=person.area,
            born=person.date_of_birth.year if person.date_of_birth else None,
        )
        lines.append(_with_parts(line, parts))
    for guest in dict.fromkeys(row.guest_key for row in rows if row.guest_key):
        parts = [row for row in rows if row.guest_key == guest]
        newcomer = any(row.newcomer_id for row in parts)
        line = Line(str(parts[0].guest), Capacity.RESIDENT, newcomer=newcomer)
        lines.append(_with_parts(line, parts))
    lines.sort(key=lambda line: (folded(line.name), line.member_id or 0))
    return guard.leave_out(session, bank, lines, lambda line: line.member_id, by=by)


def _with_parts(line: Line, rows: Iterable[Contribution]) -> Line:
    """The line with what its rows of the register say."""
    for row in rows:
        line = replace(line, capacity=row.capacity, without_hours=row.without_hours)
        if row.part == Part.PREPARED:
            line = replace(line, prepared=row.minutes)
        else:
            line = replace(line, part=row.part, minutes=row.minutes)
    return line


def _last_time(session: Session, bank: Bank, meeting: Meeting) -> Iterable[int]:
    before = (
        select(ActivitySession.id)
        .join(Contribution, Contribution.session_id == ActivitySession.id)
        .where(
            ActivitySession.bank_id == bank.id, ActivitySession.activity_id == meeting.activity.id
        )
        .where(ActivitySession.starts_at < meeting.row.starts_at)
        .order_by(ActivitySession.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    who_came = select(Contribution.member_id).where(
        Contribution.bank_id == bank.id, Contribution.session_id == before
    )
    return [one for one in session.execute(who_came.distinct()).scalars() if one is not None]


# ---- Evidence and agreements ----


def outcomes(session: Session, bank: Bank, activity_id: int) -> Sequence[Outcome]:
    """What was agreed that an activity is to lead to, in the order of agreeing."""
    order = [Outcome.agreed_on, Outcome.id]
    return _of(session, bank, Outcome, Outcome.activity_id == activity_id, order=order)


def outcome(session: Session, bank: Bank, outcome_id: int) -> Outcome:
    """Raises NotFound."""
    return _one(session, bank, Outcome, outcome_id, say("There is no such outcome here."))


def photos(session: Session, bank: Bank, activity_id: int) -> Sequence[Photo]:
    """An activity's pictures, the latest first, without the pictures themselves."""
    order = [Photo.id.desc()]
    return _of(session, bank, Photo, Photo.activity_id == activity_id, order=order)


def covers(session: Session, bank: Bank, activity_ids: Collection[int]) -> dict[int, Photo]:
    """The picture that stands for each of these activities, by activity: its first one. Those
    without any are left out."""
    first = (
        select(func.min(Photo.id))
        .where(Photo.bank_id == bank.id, Photo.activity_id.in_(activity_ids))
        .group_by(Photo.activity_id)
    )
    first_photos = _of(session, bank, Photo, Photo.id.in_(first))
    return {photo.activity_id: photo for photo in first_photos}


def photo(session: Session, bank: Bank, photo_id: int) -> Photo:
    """Raises NotFound."""
    return _one(session, bank, Photo, photo_id, say("There is no such picture here."))


def quotes(session: Session, bank: Bank, activity_id: int) -> Sequence[Quote]:
    """What was said of an activity, the latest first."""
    order = [Quote.id.desc()]
    return _of(session, bank, Quote, Quote.activity_id == activity_id, order=order)


def quote(session: Session, bank: Bank, quote_id: int) -> Quote:
    """Raises NotFound."""
    return _one(session, bank, Quote, quote_id, say("There is no such quote here."))


def sponsorships(
    session: Session, bank: Bank, organisation_id: int | None = None
) -> Sequence[Sponsorship]:
    """What organisations have agreed to pay for, those that end last first; of one organisation or
    all."""
    of_organisation = (
        () if organisation_id is None else (Sponsorship.organisation_id == organisation_id,)
    )
    order = [Sponsorship.ends_on.desc(), Sponsorship.id.desc()]
    return _of(session, bank, Sponsorship, *of_organisation, order=order)


def sponsorship(session: Session, bank: Bank, sponsorship_id: int) -> Sponsorship:
    """Raises NotFound."""
    return _one(
        session, bank, Sponsorship, sponsorship_id, say("There is no such sponsorship here.")
    )


def sponsoring(
    session: Session, bank: Bank, activity: Activity, *, on: date, hold: bool = False
) -> tuple[Organisation | None, Sequence[Sponsorship]]:
    """The organisation that pays for an activity, if one does, and its agreements that hold for it
    on that day.

    Those for this activity alone come first, then those that end first. With `hold` nobody uses
    them up meanwhile.
    """
    payer = select(Organisation).where(
        Organisation.bank_id == bank.id, Organisation.account_id == activity.payer_id
    )
    organisation = (
        session.execute(payer).scalar_one_or_none() if activity.rule == Rule.SPONSORED else None
    )
    if organisation is None:
        return None, []
    statement = select(Sponsorship).where(
        Sponsorship.bank_id == bank.id,
        Sponsorship.organisation_id == organisation.id,
        or_(Sponsorship.activity_id.is_(None), Sponsorship.activity_id == activity.id),
        Sponsorship.starts_on <= on,
        Sponsorship.ends_on >= on,
        Sponsorship.ended_at.is_(None),
    )
    if hold:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    any_activity = case((Sponsorship.activity_id.is_(None), 1), else_=0)
    ordered = statement.order_by(any_activity, Sponsorship.ends_on, Sponsorship.id)
    return organisation, session.execute(ordered).scalars().all()


def spent(session: Session, bank: Bank, activity_id: int) -> dict[int, int]:
    """The minutes on the register of each of an activity's sessions, by session; those nobody has
    come to are left out."""
    of = and_(
        ActivitySession.id == Contribution.session_id, ActivitySession.activity_id == activity_id
    )
    summed = select(Contribution.session_id, func.sum(Contribution.minutes)).join(
        ActivitySession, of
    )
    rows = session.execute(
        summed.where(Contribution.bank_id == bank.id).group_by(Contribution.session_id)
    )
    return {row[0]: row[1] for row in rows}


# ---- Co-delivery ----


@dataclass(frozen=True)
class Share:
    """Minutes in one stage, by people of one capacity, in one part; and in how many sessions, by
    how many people."""

    activity_id: int
    stage: Stage
    capacity: Capacity
    part: Part
    sessions: int
    people: int
    minutes: int


@dataclass(frozen=True)
class CoDelivery:
    """Who planned, delivered and judged: `shares` add up to `minutes`.

    `led` are minutes by who led their sessions: residents alone, professionals alone, both
    together, or nobody named. They add up to the same.
    """

    shares: list[Share]
    led: dict[LedBy, int]
    sessions: int
    people: int

    @property
    def minutes(self) -> int:
        return sum(self.led.values())


def codelivery(
    session: Session,
    bank: Bank,
    *,
    activity_id: int | None = None,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime | None = None,
) -> CoDelivery:
    """Who did what in the sessions whose hours stand posted, of one activity or all, held from
    `start` to `end`.

    With `as_of` only those count that were posted by then. Minutes are those on the registers, also
    those for which no hours moved.
    """
    wanted = _counted(bank, activity_id, start, end, as_of)
    stage = func.coalesce(ActivitySession.stage, Activity.stage)
    rows = _on_registers(
        bank,
        Activity.id.label("activity_id"),
        stage.label("stage"),
        Contribution.capacity,
        Contribution.part,
        func.count(ActivitySession.id.distinct()).label("sessions"),
        _PEOPLE.label("people"),
        func.sum(Contribution.minutes).label("minutes"),
    )
    grouped = rows.where(*wanted).group_by(
        Activity.id, stage, Contribution.capacity, Contribution.part
    )
    shares = [Share(**row._mapping) for row in session.execute(grouped)]
    # In the order of the cycle and of the parts, which the database does not know.
    stages, parts = list(Stage), list(Part)
    shares.sort(
        key=lambda share: (
            share.activity_id,
            stages.index(share.stage),
            share.capacity,
            parts.index(share.part),
        )
    )
    sessions = _held(session, bank, wanted)
    people = session.execute(_on_registers(bank, _PEOPLE).where(*wanted)).scalar_one()
    return CoDelivery(shares, led(sessions), len(sessions), people)


@dataclass(frozen=True)
class Held:
    """A session whose hours stand posted: its day where the bank is, who led it, and the minutes on
    its register."""

    day: date
    led_by: LedBy
    minutes: int


def held(
    session: Session, bank: Bank, start: date, end: date, *, as_of: datetime | None = None
) -> list[Held]:
    """Each session that `codelivery` counts."""
    return _held(session, bank, _counted(bank, None, start, end, as_of))


def led(sessions: Iterable[Held]) -> dict[LedBy, int]:
    """Their minutes by who led."""
    sums = dict.fromkeys(LedBy, 0)
    for held_session in sessions:
        sums[held_session.led_by] += held_session.minutes
    return sums


def _held(session: Session, bank: Bank, wanted: Sequence[ColumnElement[bool]]) -> list[Held]:
    leaders = _on_registers(bank, Contribution.session_id, Contribution.capacity).distinct()
    who: dict[int, list[Capacity]] = {}
    for session_id, capacity in session.execute(
        leaders.where(*wanted, Contribution.part.in_((Part.LED, Part.CO_LED)))
    ):
        who.setdefault(session_id, []).append(capacity)
    each = (ActivitySession.id, ActivitySession.starts_at)
    spent = (
        _on_registers(bank, *each, func.sum(Contribution.minutes)).where(*wanted).group_by(*each)
    )
    return [
        Held(local_date(starts_at, bank.timezone), rules.led_by(who.get(session_id, ())), minutes)
        for session_id, starts_at, minutes in session.execute(spent)
    ]


def _on_registers(bank: Bank, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Contributions to sessions whose hours stand posted."""
    return (
        select(*columns)
        .select_from(Contribution)
        .join(
            ActivitySession,
            and_(ActivitySession.id == Contribution.session_id, ActivitySession.bank_id == bank.id),
        )
        .join(
            Activity, and_(Activity.id == ActivitySession.activity_id, Activity.bank_id == bank.id)
        )
        .join(
            SessionPosting,
            and_(
                SessionPosting.session_id == ActivitySession.id, SessionPosting.undone_at.is_(None)
            ),
        )
    )


def _counted(
    bank: Bank,
    activity_id: int | None,
    start: date | None,
    end: date | None,
    as_of: datetime | None,
) -> list[ColumnElement[bool]]:
    wanted = [Contribution.bank_id == bank.id]
    if as_of is not None:
        wanted.append(SessionPosting.at <= as_of)
    if activity_id is not None:
        wanted.append(ActivitySession.activity_id == activity_id)
    if start is not None:
        wanted.append(ActivitySession.starts_at >= midnight(bank, start))
    if end is not None:
        wanted.append(ActivitySession.starts_at < midnight(bank, end + timedelta(days=1)))
    return wanted


def midnight(bank: Bank, day: date) -> datetime:
    """When a day begins where the bank is."""
    return datetime.combine(day, time(), ZoneInfo(bank.timezone))


def held_on(bank: Bank, row: ActivitySession) -> date:
    """The day of a session where the bank is."""
    return local_date(row.starts_at, bank.timezone)


Row = TypeVar("Row", bound=Base)


def _one(session: Session, bank: Bank, table: type[Row], row_id: int, missing: Said) -> Row:
    identity: Any = table
    rows = _of(session, bank, table, identity.id == row_id)
    if not rows:
        raise NotFound(missing)
    return rows[0]


def _of(
    session: Session,
    bank: Bank,
    table: type[Row],
    *wanted: ColumnElement[bool],
    order: Sequence[Any] = (),
) -> Sequence[Row]:
    of_bank: Any = table
    statement = select(table).where(of_bank.bank_id == bank.id, *wanted).order_by(*order)
    return session.execute(statement).scalars().all()


def knows(bank: Bank, near: Near) -> Select[Any]:
    """Those who were at a session with somebody."""
    other, mine = aliased(Contribution), aliased(Contribution)
    account_id: Any = Member.account_id.label("account_id")
    at: Any = other.at.label("at")
    met: Any = (
        select(account_id, at)
        .join(other, and_(other.bank_id == Member.bank_id, other.member_id == Member.id))
        .join(mine, and_(mine.bank_id == other.bank_id, mine.session_id == other.session_id))
        .where(Member.bank_id == bank.id, mine.member_id.in_(near.members))
    )
    return cast("Select[Any]", met)
