"""Activities, their sessions, outcomes and sponsors: one function per use case. The caller commits.

Every function raises NotFound for what is not in the bank, and NotAllowed when it is not theirs to
do who act: an activity is opened by the staff, and run by its leads
and the staff.
"""

import secrets
from collections.abc import Collection
from dataclasses import fields, replace
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Actor
from timebank.activities import letters, queries, rules
from timebank.activities.errors import WrongMoment
from timebank.activities.models import (
    Activity,
    ActivitySession,
    Contribution,
    Outcome,
    SignUp,
    Sponsorship,
)
from timebank.activities.queries import Meeting
from timebank.activities.rules import (
    About,
    Details,
    NewOutcome,
    NewSponsorship,
    Occasion,
    Part,
    Plan,
    Result,
    Rule,
    SignUpStatus,
)
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed, together
from timebank.ledger.rules import AccountKind
from timebank.members import acts
from timebank.members import meeting as guard
from timebank.members import queries as members
from timebank.members.rules import Capacity, Status, require_broker, require_coordinator
from timebank.notices.rules import Letter, NewNotice
from timebank.say import say

_REQUIRED = {
    "title": say("Write what it is called."),
    "purpose": say("Write what it is for, in a sentence or two."),
    "place": None,
    "access_notes": None,
    "lessons": None,
}
"""What an activity says in words, and what to say where that is missing."""

_OF_ITS_LEADS = {field.name for field in fields(About)}


def open_activity(session: Session, bank: Bank, details: Details, act: Act) -> Activity:
    """Begin something. Raises Invalid for what cannot be so; KeptApart for leads who are kept apart
    from one another."""
    require_broker(act.by)
    checked = _checked(session, bank, details, {field.name for field in fields(Details)})
    activity = Activity(
        bank_id=bank.id,
        by=act.by.key,
        created_at=act.now,
        changed_at=act.now,
        **vars(checked),
    )
    session.add(activity)
    session.flush()
    _bring_together(session, bank, activity.id, queries.hosts(session, bank, activity), act)
    return activity


def change(session: Session, bank: Bank, activity_id: int, details: Details, act: Act) -> Activity:
    """Let an activity say this of itself. Who pays, who leads and what is public is the staff's to
    change. Raises Invalid; KeptApart for one who comes to lead it or to pay and is kept apart from
    another who does, or from somebody who means to come."""
    activity = _run(session, bank, activity_id, act.by)
    before = queries.details(activity)
    changed = {name for name, value in vars(details).items() if value != getattr(before, name)}
    if not act.by.is_broker and not changed <= _OF_ITS_LEADS:
        raise NotAllowed(
            say(
                "Who pays for an activity, who leads it and whether it is public is for the staff"
                " to say."
            )
        )
    checked = _checked(session, bank, details, changed)
    hosts, earlier = (queries.hosts(session, bank, one) for one in (checked, activity))
    _bring_together(session, bank, activity.id, hosts, act, before=earlier)
    for name, value in vars(checked).items():
        setattr(activity, name, value)
    if changed:
        activity.changed_at = act.now
    session.flush()
    return activity


def _bring_together(
    session: Session,
    bank: Bank,
    activity_id: int,
    hosts: Collection[int],
    act: Act,
    *,
    before: Collection[int] = (),
) -> None:
    """Those who come to lead an activity or to pay for it, and have not `before`, meet the others
    who do, and those who mean to come."""
    new = {*hosts} - {*before}
    if not new:
        return
    comers = select(SignUp.member_id).join(
        ActivitySession,
        and_(ActivitySession.bank_id == SignUp.bank_id, ActivitySession.id == SignUp.session_id),
    )
    comers = comers.where(
        SignUp.bank_id == bank.id,
        SignUp.status != SignUpStatus.WITHDRAWN,
        ActivitySession.activity_id == activity_id,
        ActivitySession.starts_at > act.now,
    )
    accounts = members.accounts_of(session, bank, session.execute(comers).scalars().all())
    guard.bring(session, bank, new, {*hosts, *accounts}, act, what=f"activity:{activity_id}")


def end(session: Session, bank: Bank, activity_id: int, act: Act) -> Activity:
    """It is over: no new sessions. What is planned has to be held or called off first. Raises
    WrongMoment."""
    require_broker(act.by)
    activity = _run(session, bank, activity_id, act.by)
    planned = (ActivitySession.starts_at > act.now, ActivitySession.cancelled_at.is_(None))
    if queries.meetings(session, bank, *planned, activity_id=activity.id, limit=1):
        raise WrongMoment(
            say(
                "There are sessions to come. Call them off first; whoever means to come is then"
                " told."
            )
        )
    activity.ended_at = act.now
    session.flush()
    return activity


def _checked(session: Session, bank: Bank, details: Details, changed: Collection[str]) -> Details:
    """The details as they are kept; whatever is wrong is said together. Only those who are
    `changed` are looked up: who led or paid before may have left since."""
    if details.rule not in rules.NEED_PAYER:
        details = replace(details, payer_id=None, percent=100)
    tidied: dict[str, str] = {}

    def tidy(name: str) -> None:
        tidied[name] = rules.tidy(name, getattr(details, name), required=_REQUIRED[name])

    together(
        *(lambda name=name: tidy(name) for name in _REQUIRED),
        lambda: rules.check_terms(details.rule, payer_id=details.payer_id, percent=details.percent),
        lambda: rules.check_places(details.places),
        lambda: {"payer_id", "rule"} & {*changed} and _check_payer(session, bank, details),
        lambda: "resident_lead_id" in changed and _check_resident(session, bank, details),
        lambda: "professional_lead_id" in changed and _check_professional(session, bank, details),
    )
    return replace(details, **tidied)


def _check_payer(session: Session, bank: Bank, details: Details) -> None:
    if details.payer_id is None:
        return
    payer = members.party(session, bank, details.payer_id)
    if payer.closed:
        raise Invalid.on(
            "payer", say("%(name)s no longer takes part in the time bank.", name=payer.name)
        )
    if details.rule == Rule.SPONSORED and payer.kind not in (
        AccountKind.CHEST,
        AccountKind.ORGANISATION,
    ):
        raise Invalid.on(
            "payer", say("The chest or an organisation sponsors an activity, not a member.")
        )
    if details.rule == Rule.WORKING_BEE and payer.kind == AccountKind.CHEST:
        raise Invalid.on(
            "payer",
            say(
                "A working bee is for a member, a group or an organisation. The chest pays what"
                " they do not."
            ),
        )


def _check_resident(session: Session, bank: Bank, details: Details) -> None:
    if details.resident_lead_id is None:
        return
    lead = members.member(session, bank, details.resident_lead_id)
    _check_active("resident_lead", lead.name, lead.status)
    if lead.capacity != Capacity.RESIDENT:
        raise Invalid.on(
            "resident_lead",
            say("%(name)s takes part as a professional; this lead is a resident.", name=lead.name),
        )


def _check_professional(session: Session, bank: Bank, details: Details) -> None:
    if details.professional_lead_id is None:
        return
    lead = members.member(session, bank, details.professional_lead_id)
    _check_active("professional_lead", lead.name, lead.status)
    if lead.capacity == Capacity.RESIDENT:
        raise Invalid.on(
            "professional_lead",
            say(
                "%(name)s takes part as a resident; this lead is a practitioner or a planner.",
                name=lead.name,
            ),
        )


def _check_active(field: str, name: str, status: Status) -> None:
    if status != Status.ACTIVE:
        raise Invalid.on(field, say("%(name)s does not take part just now.", name=name))


# ---- Sessions ----


def plan(
    session: Session, bank: Bank, activity_id: int, plan: Plan, act: Act
) -> list[ActivitySession]:
    """Plan one session or, every so often, several. Raises Invalid, and WrongMoment for an activity
    that is over, or two sessions at one time.
    """
    activity = _run(session, bank, activity_id, act.by)
    if activity.ended_at is not None:
        raise WrongMoment(say("This activity is over. Open a new one."))
    place, starts, *_ = together(
        lambda: rules.tidy("place", plan.place) or None,
        lambda: rules.repeated(plan.starts_at, plan.repeat, plan.count, timezone=bank.timezone),
        lambda: _check_time(bank, plan, act.now),
        lambda: rules.check_places(plan.places),
    )
    taken = ActivitySession.starts_at.in_(starts), ActivitySession.cancelled_at.is_(None)
    for clash in queries.meetings(session, bank, *taken, activity_id=activity.id, limit=1):
        day = queries.held_on(bank, clash.row)
        raise WrongMoment(say("There is a session at that time already, on %(day)s.", day=day))
    planned = [
        ActivitySession(
            bank_id=bank.id,
            activity_id=activity.id,
            starts_at=start,
            changed_at=act.now,
            minutes=plan.minutes,
            stage=plan.stage,
            place=place,
            places=plan.places,
            door_key=new_door_key(),
        )
        for start in starts
    ]
    session.add_all(planned)
    session.flush()
    return planned


def new_door_key() -> str:
    """What stands in the code that is scanned at the door."""
    return secrets.token_urlsafe(9)


def change_session(
    session: Session, bank: Bank, session_id: int, occasion: Occasion, act: Act
) -> ActivitySession:
    """Move a session, or say something else of it; those who mean to come are told when time or
    place are others.

    Raises Invalid; WrongMoment when it was called off or posted, or when parts on its register are
    longer.
    """
    meeting = hold(session, bank, session_id, by=act.by)
    place, *_ = together(
        lambda: rules.tidy("place", occasion.place) or None,
        lambda: _check_time(bank, occasion, act.now),
        lambda: rules.check_places(occasion.places),
        lambda: _check_room(meeting, occasion.places or meeting.activity.places),
    )
    longest = select(func.max(Contribution.minutes)).where(
        Contribution.bank_id == bank.id,
        Contribution.session_id == session_id,
        Contribution.part != Part.PREPARED,
    )
    if (session.execute(longest).scalar() or 0) > occasion.minutes:
        raise Invalid.on(
            "minutes",
            say(
                "Somebody on the register was there for longer than that. Change their minutes"
                " first."
            ),
        )
    row = meeting.row
    moved = (occasion.starts_at, place) != (row.starts_at, row.place)
    row.sequence += moved or occasion.minutes != row.minutes
    row.starts_at, row.minutes, row.stage = occasion.starts_at, occasion.minutes, occasion.stage
    row.place, row.places, row.changed_at = place, occasion.places, act.now
    session.flush()
    if moved and occasion.starts_at > act.now:
        letter = letters.moved(bank, meeting.activity.title, row, place or meeting.activity.place)
        _tell_comers(session, bank, meeting, letter, f"moved:{act.now:%Y%m%d%H%M%S}", act)
    return row


def call_off(
    session: Session, bank: Bank, session_id: int, act: Act, *, why: str = ""
) -> ActivitySession:
    """It does not happen. Those who mean to come, or wait for a place, are told. Raises
    WrongMoment."""
    meeting = hold(session, bank, session_id, by=act.by)
    if meeting.here:
        raise WrongMoment(
            say("People are on its register. Take them off first, if it did not happen.")
        )
    meeting.row.cancelled_at, meeting.row.why_cancelled = act.now, rules.tidy("why", why)
    meeting.row.sequence += 1
    meeting.row.changed_at = act.now
    session.flush()
    letter = letters.called_off(
        bank, meeting.activity.title, meeting.row, meeting.row.why_cancelled
    )
    _tell_comers(session, bank, meeting, letter, "called_off", act)
    return meeting.row


def write_up(
    session: Session, bank: Bank, session_id: int, act: Act, *, done: str
) -> ActivitySession:
    """Keep what was done in a session. Raises Invalid."""
    meeting = queries.meeting(session, bank, session_id)
    require_run(meeting.activity, act.by)
    meeting.row.done = rules.tidy("done", done)
    session.flush()
    return meeting.row


def hold(
    session: Session, bank: Bank, session_id: int, *, by: Actor | None = None, posted: bool = False
) -> Meeting:
    """The session as it is now, nobody else's to change until this transaction ends. `by` has to be
    somebody who runs it.

    Raises WrongMoment when it was called off and, unless `posted`, when its hours stand posted.
    """
    statement = select(ActivitySession).where(
        ActivitySession.bank_id == bank.id, ActivitySession.id == session_id
    )
    session.execute(statement.with_for_update().execution_options(populate_existing=True)).all()
    meeting = queries.meeting(session, bank, session_id)
    if by is not None:
        require_run(meeting.activity, by)
    if meeting.row.cancelled_at is not None:
        raise WrongMoment(say("This session was called off."))
    if meeting.posting is not None and not posted:
        raise WrongMoment(
            say(
                "The hours of this session are in the books. Take them back first, then put it"
                " right."
            )
        )
    return meeting


def require_run(activity: Activity, by: Actor) -> None:
    """Raises NotAllowed for anybody but the leads of the activity and the staff."""
    if not rules.may_run(by, activity.lead_ids):
        raise NotAllowed(
            say(
                "This is for those who lead the activity and for the staff. Ring your broker if you"
                " need it."
            )
        )


def _tell_comers(
    session: Session, bank: Bank, meeting: Meeting, letter: Letter, cause: str, act: Act
) -> None:
    for comer in queries.comers(session, bank, meeting.row.id):
        if comer.member.id != act.by.member_id:
            id_ = meeting.row.id
            notice = NewNotice(letter, cause=f"session:{id_}:{cause}", about=id_, to_helpers=True)
            acts.tell(session, bank, comer.member.id, notice, now=act.now)


def _check_time(bank: Bank, occasion: Occasion, now: datetime) -> None:
    day, today = local_date(occasion.starts_at, bank.timezone), local_date(now, bank.timezone)
    together(
        lambda: rules.check_minutes(occasion.minutes), lambda: rules.check_day(day, today=today)
    )


def _check_room(meeting: Meeting, places: int | None) -> None:
    if places is not None and meeting.coming > places:
        raise Invalid.on(
            "places",
            say(
                "%(coming)s people mean to come already. Write at least %(coming)s.",
                coming=meeting.coming,
            ),
        )


# ---- Outcomes ----


def agree_outcome(
    session: Session, bank: Bank, activity_id: int, new: NewOutcome, act: Act
) -> Outcome:
    """Write down what an activity is to lead to, and with whom that was agreed. Raises Invalid."""
    activity, today = _run(session, bank, activity_id, act.by), local_date(act.now, bank.timezone)
    agreed_on = new.agreed_on or today
    words, partner, *_ = together(
        lambda: rules.tidy("words", new.words, required=say("Write what it is to lead to.")),
        lambda: rules.tidy(
            "partner", new.partner, required=say("Write with whom this was agreed.")
        ),
        lambda: _check_number("target", new.target, least=1),
        lambda: _check_past("agreed_on", agreed_on, today),
    )
    outcome = Outcome(
        bank_id=bank.id,
        activity_id=activity.id,
        words=words,
        partner=partner,
        target=new.target,
        agreed_on=agreed_on,
        by=act.by.key,
        at=act.now,
    )
    session.add(outcome)
    session.flush()
    return outcome


def record_result(
    session: Session, bank: Bank, outcome_id: int, result: Result, act: Act
) -> Outcome:
    """Say what it led to: a number beside the target, or words, or both. Raises Invalid."""
    outcome = queries.outcome(session, bank, outcome_id)
    _run(session, bank, outcome.activity_id, act.by)
    required = say("Write what it led to.") if result.reached is None else None
    words, _ = together(
        lambda: rules.tidy("result", result.result, required=required),
        lambda: _check_number("reached", result.reached, least=0),
    )
    outcome.reached, outcome.result = result.reached, words
    outcome.by, outcome.at = act.by.key, act.now
    session.flush()
    return outcome


# ---- Sponsors ----


def sponsor(session: Session, bank: Bank, new: NewSponsorship, act: Act) -> Sponsorship:
    """Write down what an organisation pays for. A coordinator's to do. Raises Invalid; WrongMoment
    when it is no longer a partner."""
    require_coordinator(act.by)
    organisation = members.organisation(session, bank, new.organisation_id)
    if organisation.closed_at is not None:
        raise WrongMoment(say("%(name)s is no longer a partner.", name=organisation.name))
    if new.activity_id is not None:
        queries.activity(session, bank, new.activity_id)
    terms, *_ = together(
        lambda: rules.tidy(
            "terms", new.terms, required=say("Write what it is for, and who agreed to it.")
        ),
        lambda: _check_paid(new),
        lambda: _check_window(new.starts_on, new.ends_on),
    )
    sponsorship = Sponsorship(
        bank_id=bank.id,
        organisation_id=organisation.id,
        activity_id=new.activity_id,
        minutes=new.minutes,
        used=0,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        terms=terms,
        by=act.by.key,
        at=act.now,
    )
    session.add(sponsorship)
    session.flush()
    return sponsorship


def end_sponsorship(session: Session, bank: Bank, sponsorship_id: int, act: Act) -> Sponsorship:
    """The organisation pays for no more. What was posted stands. Raises WrongMoment."""
    require_coordinator(act.by)
    sponsorship = queries.sponsorship(session, bank, sponsorship_id)
    if sponsorship.ended_at is not None:
        raise WrongMoment(say("That agreement was ended already."))
    sponsorship.ended_at = act.now
    session.flush()
    return sponsorship


# ---- What the others have in common ----


def _run(session: Session, bank: Bank, activity_id: int, by: Actor) -> Activity:
    activity = queries.activity(session, bank, activity_id)
    require_run(activity, by)
    return activity


def _check_number(name: str, value: int | None, *, least: int) -> None:
    if value is not None and not least <= value <= 1_000_000:
        raise Invalid.on(
            name, say("Write a number from %(least)s to a million, or leave it empty.", least=least)
        )


def _check_paid(new: NewSponsorship) -> None:
    if not 1 <= new.minutes <= hours.LARGEST:
        raise Invalid.on("minutes", say("Write how many hours they pay for."))
    if new.minutes > rules.MANY and not new.sure:
        words = say(
            "That is %(time)s, a great many. Tick that you mean so many, or write it again.",
            time=hours.words(new.minutes),
        )
        raise Invalid.on("sure", words)


def _check_window(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Invalid.on("ends_on", say("It ends before it begins. Check the dates."))


def _check_past(name: str, day: date, today: date) -> None:
    if not rules.EARLIEST <= day <= today:
        raise Invalid.on(name, say("That day is still to come, or very long ago. Check the year."))
