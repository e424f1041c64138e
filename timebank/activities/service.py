"""Activities, their sessions, outcomes and sponsors: one function per use case. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for what is not in the bank,
and NotAllowed when it is not `by`'s to do: an activity is opened by the staff, and run by its leads
and the staff.
"""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
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
    Sponsorship,
)
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed, together
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import require_broker, require_coordinator
from timebank.notices.rules import Letter, NewNotice
from timebank.say import Said, say

DETAILS = (
    "title",
    "purpose",
    "stage",
    "place",
    "access_notes",
    "rule",
    "payer_id",
    "percent",
    "resident_lead_id",
    "professional_lead_id",
    "places",
    "public",
    "lessons",
)
"""What an activity says of itself, and what can be changed about it."""

_OF_THE_STAFF = (
    "rule",
    "payer_id",
    "percent",
    "resident_lead_id",
    "professional_lead_id",
    "public",
)


def open_activity(session: Session, bank: Bank, act: Act, **details: Any) -> Activity:
    """Begin something. `details` are `DETAILS`; title, purpose and rule are needed. Raises Invalid
    for what cannot be so."""
    require_broker(act.by)
    plain = {
        "stage": "deliver",
        "place": "",
        "access_notes": "",
        "percent": 100,
        "public": False,
        "lessons": "",
    }
    kept = _checked(session, bank, plain | details)
    activity = Activity(bank_id=bank.id, by=act.by.key, created_at=act.now, **kept)
    session.add(activity)
    session.flush()
    return activity


def change(
    session: Session, bank: Bank, activity_id: int, *, by: Actor, **changes: Any
) -> Activity:
    """Change any of `DETAILS`. Who pays, who leads and what is public is the staff's to say. Raises
    Invalid."""
    activity = _run(session, bank, activity_id, by)
    asked = {
        name: changes[name]
        for name in DETAILS
        if name in changes and changes[name] != getattr(activity, name)
    }
    if not by.is_broker and set(asked) & set(_OF_THE_STAFF):
        raise NotAllowed(
            say(
                "Who pays for an activity, who leads it and whether it is public is for the staff"
                " to say."
            )
        )
    kept = _checked(
        session,
        bank,
        {name: getattr(activity, name) for name in DETAILS} | asked,
        changed=set(asked),
    )
    for name, value in kept.items():
        setattr(activity, name, value)
    session.flush()
    return activity


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


def _checked(
    session: Session, bank: Bank, details: dict[str, Any], changed: set[str] | None = None
) -> dict[str, Any]:
    """The details as they are kept; whatever is wrong is said together. Only what is `changed` is
    looked up."""
    new = set(DETAILS) if changed is None else changed
    kept = dict(details)
    if kept["rule"] not in ("sponsored", "working_bee"):
        kept |= {"payer_id": None, "percent": 100}

    def words(kind: str, required: Said | None = None) -> None:
        kept[kind] = rules.tidy(kind, kept.get(kind), required=required)

    together(
        lambda: words("title", say("Write what it is called.")),
        lambda: words("purpose", say("Write what it is for, in a sentence or two.")),
        lambda: words("place"),
        lambda: words("access_notes"),
        lambda: words("lessons"),
        lambda: _choice("stage", kept["stage"], rules.STAGES),
        lambda: rules.check_terms(
            kept["rule"], payer_id=kept.get("payer_id"), percent=kept["percent"]
        ),
        lambda: rules.check_places(kept.get("places")),
        lambda: "payer_id" in new | {"rule"} and _check_payer(session, bank, kept),
        *(
            lambda name=name: name in new and _check_lead(session, bank, name, kept.get(name))
            for name in _LEADS
        ),
    )
    return kept


_LEADS = {"resident_lead_id": "resident_lead", "professional_lead_id": "professional_lead"}


def _check_payer(session: Session, bank: Bank, kept: dict[str, Any]) -> None:
    if kept.get("payer_id") is None:
        return
    payer = members.party(session, bank, kept["payer_id"])
    if payer.closed:
        raise Invalid.on(
            "payer", say("%(name)s no longer takes part in the time bank.", name=payer.name)
        )
    if kept["rule"] == "sponsored" and payer.kind not in ("chest", "organisation"):
        raise Invalid.on(
            "payer", say("The chest or an organisation sponsors an activity, not a member.")
        )
    if kept["rule"] == "working_bee" and payer.kind == "chest":
        raise Invalid.on(
            "payer",
            say(
                "A working bee is for a member, a group or an organisation. The chest pays what"
                " they do not."
            ),
        )


def _check_lead(session: Session, bank: Bank, name: str, member_id: int | None) -> None:
    if member_id is None:
        return
    lead, field = members.member(session, bank, member_id), _LEADS[name]
    if lead.status != "active":
        raise Invalid.on(field, say("%(name)s does not take part just now.", name=lead.name))
    if (lead.capacity == "resident") != (field == "resident_lead"):
        side = "a resident" if field == "resident_lead" else "a practitioner or a planner"
        raise Invalid.on(
            field,
            say(
                "%(name)s takes part as %(capacity)s; this lead is %(side)s.",
                name=lead.name,
                capacity=_a(lead.capacity),
                side=side,
            ),
        )


def _a(capacity: str) -> str:
    return f"a {capacity}"


# ---- Sessions ----


def plan(
    session: Session,
    bank: Bank,
    activity_id: int,
    act: Act,
    *,
    starts_at: datetime,
    minutes: int,
    repeat: str = "once",
    count: int = 1,
    stage: str | None = None,
    place: str | None = None,
    places: int | None = None,
) -> list[ActivitySession]:
    """Plan one session or, every so often, `count` of them, all of `minutes`. Raises Invalid, and
    WrongMoment for an activity that is over, or two sessions at one time.
    """
    activity = _run(session, bank, activity_id, act.by)
    if activity.ended_at is not None:
        raise WrongMoment(say("This activity is over. Open a new one."))
    kept_place, starts, *_ = together(
        lambda: rules.tidy("place", place) or None,
        lambda: rules.repeated(starts_at, repeat, count, timezone=bank.timezone),
        lambda: _check_time(bank, starts_at, minutes, act.now),
        lambda: stage is None or _choice("stage", stage, rules.STAGES),
        lambda: rules.check_places(places),
    )
    taken = ActivitySession.starts_at.in_(starts), ActivitySession.cancelled_at.is_(None)
    for same in queries.meetings(session, bank, *taken, activity_id=activity.id, limit=1):
        when = queries.held_on(bank, same.row)
        raise WrongMoment(say("There is a session at that time already, on %(when)s.", when=when))
    planned = [
        ActivitySession(
            bank_id=bank.id,
            activity_id=activity.id,
            starts_at=start,
            minutes=minutes,
            stage=stage,
            place=kept_place,
            places=places,
            door_key=secrets.token_urlsafe(9),
        )
        for start in starts
    ]
    session.add_all(planned)
    session.flush()
    return planned


def change_session(
    session: Session,
    bank: Bank,
    session_id: int,
    act: Act,
    *,
    starts_at: datetime,
    minutes: int,
    stage: str | None = None,
    place: str | None = None,
    places: int | None = None,
) -> ActivitySession:
    """Move a session, or say something else of it; those who mean to come are told when time or
    place are others.

    Raises Invalid; WrongMoment when it was called off or posted, or when parts on its register are
    longer.
    """
    found = hold(session, bank, session_id, by=act.by)
    kept_place, *_ = together(
        lambda: rules.tidy("place", place) or None,
        lambda: _check_time(bank, starts_at, minutes, act.now),
        lambda: stage is None or _choice("stage", stage, rules.STAGES),
        lambda: rules.check_places(places),
        lambda: _check_room(found, places or found.activity.places),
    )
    longest = select(func.max(Contribution.minutes)).where(
        Contribution.bank_id == bank.id,
        Contribution.session_id == session_id,
        Contribution.part != "prepared",
    )
    if (session.execute(longest).scalar() or 0) > minutes:
        raise Invalid.on(
            "minutes",
            say(
                "Somebody on the register was there for longer than that. Change their minutes"
                " first."
            ),
        )
    row, moved = found.row, (starts_at, kept_place) != (found.row.starts_at, found.row.place)
    row.starts_at, row.minutes, row.stage, row.place, row.places = (
        starts_at,
        minutes,
        stage,
        kept_place,
        places,
    )
    session.flush()
    if moved and starts_at > act.now:
        letter = letters.moved(
            bank, found.activity.title, row, kept_place or found.activity.place or ""
        )
        _tell_comers(session, bank, found, letter, f"moved:{act.now:%Y%m%d%H%M%S}", act)
    return row


def call_off(
    session: Session, bank: Bank, session_id: int, act: Act, *, why: str = ""
) -> ActivitySession:
    """It does not happen. Those who mean to come, or wait for a place, are told. Raises
    WrongMoment."""
    found = hold(session, bank, session_id, by=act.by)
    if found.here:
        raise WrongMoment(
            say("People are on its register. Take them off first, if it did not happen.")
        )
    found.row.cancelled_at, found.row.why_cancelled = act.now, rules.tidy("why", why)
    session.flush()
    letter = letters.called_off(bank, found.activity.title, found.row, found.row.why_cancelled)
    _tell_comers(session, bank, found, letter, "called_off", act)
    return found.row


def write_up(
    session: Session, bank: Bank, session_id: int, *, done: str, by: Actor
) -> ActivitySession:
    """Keep what was done in a session. Raises Invalid."""
    found = queries.meeting(session, bank, session_id)
    require_run(found.activity, by)
    found.row.done = rules.tidy("done", done)
    session.flush()
    return found.row


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
    rows = (
        session.execute(statement.with_for_update().execution_options(populate_existing=True))
        .scalars()
        .all()
    )
    found = (
        queries.shown(session, bank, rows)[0]
        if rows
        else queries.meeting(session, bank, session_id)
    )
    if by is not None:
        require_run(found.activity, by)
    if found.row.cancelled_at is not None:
        raise WrongMoment(say("This session was called off."))
    if found.posting is not None and not posted:
        raise WrongMoment(
            say(
                "The hours of this session are in the books. Take them back first, then put it"
                " right."
            )
        )
    return found


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
    session: Session, bank: Bank, found: Meeting, letter: Letter, what: str, act: Act
) -> None:
    for one in queries.comers(session, bank, found.row.id):
        if one.member.id != act.by.member_id:
            notice = NewNotice(letter, cause=f"session:{found.row.id}:{what}")
            acts.tell(session, bank, one.member.id, notice, now=act.now)


def _check_time(bank: Bank, starts_at: datetime, minutes: int, now: datetime) -> None:
    day, today = local_date(starts_at, bank.timezone), local_date(now, bank.timezone)
    together(lambda: rules.check_minutes(minutes), lambda: rules.check_day(day, today=today))


def _check_room(found: Meeting, places: int | None) -> None:
    if places is not None and found.coming > places:
        raise Invalid.on(
            "places",
            say(
                "%(coming)s people mean to come already. Write at least %(coming)s.",
                coming=found.coming,
            ),
        )


# ---- Outcomes ----


def agree_outcome(
    session: Session,
    bank: Bank,
    activity_id: int,
    act: Act,
    *,
    words: str,
    partner: str,
    target: int | None = None,
    agreed_on: date | None = None,
) -> Outcome:
    """Write down what an activity is to lead to, and with whom that was agreed. Raises Invalid."""
    activity, today = _run(session, bank, activity_id, act.by), local_date(act.now, bank.timezone)
    kept, named, *_ = together(
        lambda: rules.tidy("words", words, required=say("Write what it is to lead to.")),
        lambda: rules.tidy("partner", partner, required=say("Write with whom this was agreed.")),
        lambda: _number("target", target, least=1),
        lambda: _past("agreed_on", agreed_on or today, today),
    )
    outcome = Outcome(
        bank_id=bank.id,
        activity_id=activity.id,
        words=kept,
        partner=named,
        target=target,
        agreed_on=agreed_on or today,
        by=act.by.key,
        at=act.now,
    )
    session.add(outcome)
    session.flush()
    return outcome


def record_result(
    session: Session, bank: Bank, outcome_id: int, act: Act, *, reached: int | None, result: str
) -> Outcome:
    """Say what it led to: a number beside the target, and words. Raises Invalid."""
    outcome = queries.outcome(session, bank, outcome_id)
    _run(session, bank, outcome.activity_id, act.by)
    kept, _ = together(
        lambda: rules.tidy(
            "result", result, required=say("Write what it led to.") if reached is None else None
        ),
        lambda: _number("reached", reached, least=0),
    )
    outcome.reached, outcome.result, outcome.by, outcome.at = reached, kept, act.by.key, act.now
    session.flush()
    return outcome


# ---- Sponsors ----


def sponsor(
    session: Session,
    bank: Bank,
    organisation_id: int,
    act: Act,
    *,
    minutes: int,
    starts_on: date,
    ends_on: date,
    terms: str,
    activity_id: int | None = None,
) -> Sponsorship:
    """Write down that an organisation pays for so many minutes, between two days, for one activity
    or any.

    A coordinator's to do. Raises Invalid.
    """
    require_coordinator(act.by)
    organisation = members.organisation(session, bank, organisation_id)
    if organisation.closed_at is not None:
        raise WrongMoment(say("%(name)s is no longer a partner.", name=organisation.name))
    if activity_id is not None:
        queries.activity(session, bank, activity_id)
    kept, *_ = together(
        lambda: rules.tidy(
            "terms", terms, required=say("Write what it is for, and who agreed to it.")
        ),
        lambda: _minutes(minutes),
        lambda: _window(starts_on, ends_on),
    )
    made = Sponsorship(
        bank_id=bank.id,
        organisation_id=organisation.id,
        activity_id=activity_id,
        minutes=minutes,
        used=0,
        starts_on=starts_on,
        ends_on=ends_on,
        terms=kept,
        by=act.by.key,
        at=act.now,
    )
    session.add(made)
    session.flush()
    return made


def end_sponsorship(session: Session, bank: Bank, sponsorship_id: int, act: Act) -> Sponsorship:
    """The organisation pays for no more. What was posted stands. Raises WrongMoment."""
    require_coordinator(act.by)
    found = queries.sponsorship(session, bank, sponsorship_id)
    if found.ended_at is not None:
        raise WrongMoment(say("That agreement was ended already."))
    found.ended_at = act.now
    session.flush()
    return found


# ---- What the others have in common ----


def _run(session: Session, bank: Bank, activity_id: int, by: Actor) -> Activity:
    activity = queries.activity(session, bank, activity_id)
    require_run(activity, by)
    return activity


def _choice(name: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise Invalid.on(name, say("Choose one of: %(choices)s.", choices=", ".join(choices)))


def _number(name: str, value: int | None, *, least: int) -> None:
    if value is not None and not least <= value <= 1_000_000:
        raise Invalid.on(
            name, say("Write a number from %(least)s to a million, or leave it empty.", least=least)
        )


def _minutes(minutes: int) -> None:
    if not 1 <= minutes <= hours.LARGEST:
        raise Invalid.on("minutes", say("Write how many hours they pay for."))


def _window(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Invalid.on("ends_on", say("It ends before it begins. Check the dates."))


def _past(name: str, day: date, today: date) -> None:
    if not rules.EARLIEST <= day <= today:
        raise Invalid.on(name, say("That day is still to come, or very long ago. Check the year."))
