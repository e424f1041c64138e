"""A session's hours: looked over, posted as one entry, taken back. The caller commits."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Actor
from timebank.activities import letters, queries, rules
from timebank.activities.errors import (
    HelpedAlready,
    NotEnough,
    PlanChanged,
    SponsorshipUsedUp,
    WrongMoment,
)
from timebank.activities.models import Contribution, SessionPosting, Sponsorship
from timebank.activities.queries import Line, Meeting
from timebank.activities.rules import Leg, Rule, Terms
from timebank.activities.service import hold
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import NotAllowed
from timebank.ledger import queries as ledger
from timebank.ledger import rules as ledger_rules
from timebank.ledger import service as ledger_service
from timebank.ledger.queries import AccountState
from timebank.ledger.rules import AccountKind, InterventionKind, NewEntry, Provenance, Reason
from timebank.members import acts
from timebank.members import meeting as guard
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.notices.rules import Letter, NewNotice
from timebank.room import Room
from timebank.say import Said, one_after_another, say

_TO_COME = say("This session is still to come. Its hours can be posted once it has begun.")


@dataclass(frozen=True)
class Change:
    """What posting does to one account: `minutes` more (or fewer, below 0), and why it cannot be,
    if it cannot."""

    party: Party
    minutes: int
    after: int
    wrong: Said | None = None


@dataclass(frozen=True)
class Preview:
    """What posting a session would do, in full. Nothing else would move.

    `uncounted` took part without hours moving for them; `sponsorship` is what a sponsor's agreement
    pays from. `digest` identifies all of it, so that what is posted is what was looked over.
    `wrong` are the reasons why it cannot be posted, beside those of `changes`.
    """

    meeting: Meeting
    legs: list[Leg]
    changes: list[Change]
    uncounted: list[Line]
    organisation: str
    sponsorship: Sponsorship | None
    wrong: list[Said]

    @property
    def digest(self) -> str:
        shown = (
            self.meeting.activity.rule,
            self.meeting.row.starts_at.isoformat(),
            self.legs,
            sorted((line.key, line.state) for line in self.uncounted),
        )
        return hashlib.sha256(json.dumps(shown, separators=(",", ":")).encode()).hexdigest()

    @property
    def minutes(self) -> int:
        return sum(leg.minutes for leg in self.legs)


def preview(session: Session, bank: Bank, session_id: int, act: Act) -> Preview:
    """What posting the session would do. Raises NotFound, NotAllowed, WrongMoment."""
    _require_broker(act.by)
    meeting = queries.meeting(session, bank, session_id)
    if meeting.row.cancelled_at is not None:
        raise WrongMoment(say("This session was called off."))
    if meeting.posting is not None:
        raise WrongMoment(say("The hours of this session are in the books already."))
    return _preview(session, bank, meeting, now=act.now)


def post(
    session: Session,
    bank: Bank,
    session_id: int,
    act: Act,
    *,
    digest: str | None = None,
    another: bool = False,
    rooms: Iterable[Room] = (),
) -> SessionPosting:
    """Post a session's hours as one entry. `digest` is of the preview that was looked over, None
    where nobody has.

    `rooms` are those in which help may be written down that is the same: it is asked about
    (HelpedAlready), unless it is said that it is `another`.

    A broker's to do. Raises WrongMoment when it was called off, posted, or is not yet; PlanChanged
    when the register was changed since it was looked over; NotEnough with everybody concerned;
    SponsorshipUsedUp; KeptApart where hours would go between two who are. Nothing is posted then.
    """
    _require_broker(act.by)
    meeting, plan = _held_plan(session, bank, session_id, digest, act)
    _check(plan)
    _check_apart(session, bank, session_id, plan.legs, act)
    if not another:
        _ask_if_twice(session, bank, meeting, plan.legs, rooms)
    n = len(queries.postings(session, bank, session_id)) + 1
    posting = SessionPosting(
        bank_id=bank.id,
        session_id=session_id,
        n=n,
        rule=meeting.activity.rule,
        by=act.by.key,
        at=act.now,
        sponsored=0,
    )
    if plan.legs:
        posting.entry_id = ledger_service.post(
            session,
            bank,
            NewEntry(
                f"session:{session_id}:{n}",
                "session",
                queries.held_on(bank, meeting.row),
                [ledger_rules.Leg(*leg) for leg in plan.legs],
                Provenance(act.by.key),
            ),
        )
    if plan.sponsorship is not None and plan.minutes:
        posting.sponsorship_id, posting.sponsored = plan.sponsorship.id, plan.minutes
    session.add(posting)
    session.flush()
    for change in plan.changes:
        letter = letters.hours_moved(bank, meeting.activity.title, meeting.row, change.minutes)
        _tell(session, bank, change.party, letter, f"session:{session_id}:{n}", act)
    return posting


def _held_plan(
    session: Session, bank: Bank, session_id: int, digest: str | None, act: Act
) -> tuple[Meeting, Preview]:
    """The session, held until this transaction ends, and what posting it comes to now."""
    meeting = hold(session, bank, session_id)
    if meeting.row.starts_at > act.now:
        raise WrongMoment(_TO_COME)
    if not meeting.here:
        raise WrongMoment(say("Nobody is on the register yet. Write down who was there first."))
    _take_in(session, bank, meeting)
    plan = _preview(session, bank, meeting, hold=True, now=act.now)
    if digest is not None and digest != plan.digest:
        raise PlanChanged(
            say(
                "The register was changed after you looked the hours over. Look at them again, then"
                " post them."
            )
        )
    return meeting, plan


def take_back(
    session: Session, bank: Bank, session_id: int, act: Act, *, why: str
) -> SessionPosting:
    """Take a session's hours back, by the exact mirror of its entry, so that its register can be
    put right and posted anew.

    A broker's to do. Raises Invalid; WrongMoment when they are not in the books; NotEnough with
    whoever has spent theirs since.
    """
    _require_broker(act.by)
    reason_given = rules.tidy("why", why, required=say("Write why, for those concerned to read."))
    meeting = hold(session, bank, session_id, posted=True)
    posting = meeting.posting
    if posting is None:
        raise WrongMoment(say("The hours of this session are not in the books."))
    changes: list[Change] = []
    if posting.entry_id is not None:
        back = [
            Leg(payee, payer, minutes)
            for payer, payee, minutes in ledger.entry(session, bank, posting.entry_id).legs
        ]
        changes = _changes(session, bank, back, hold=True)
        _refuse(changes)
        today = local_date(act.now, bank.timezone)
        by_whom = Provenance(act.by.key)
        reason = Reason(InterventionKind.REVERSAL, f"session:{session_id}", reason_given)
        posting.reversal_id = ledger_service.reverse(
            session, bank, posting.entry_id, occurred_on=today, by=by_whom, reason=reason
        )
    posting.undone_by, posting.undone_at, posting.why_undone = act.by.key, act.now, reason_given
    session.flush()
    for change in changes:
        letter = letters.hours_back(bank, meeting.activity.title, meeting.row, reason_given)
        _tell(
            session,
            bank,
            change.party,
            letter,
            f"session:{session_id}:{posting.n}:back",
            act,
        )
    return posting


def terms(session: Session, bank: Bank, meeting: Meeting) -> Terms:
    """By which rule the hours of this session move."""
    activity, chest = meeting.activity, ledger.chest(session, bank).id
    if activity.rule == Rule.SPONSORED:
        return Terms(activity.rule, chest, sponsor=activity.payer_id)
    return Terms(activity.rule, chest, receiver=activity.payer_id, percent=activity.percent)


def _take_in(session: Session, bank: Bank, meeting: Meeting) -> None:
    """A newcomer whose application was answered with yes since is a member now, and no guest."""
    of_newcomers = (
        Contribution.bank_id == bank.id,
        Contribution.session_id == meeting.row.id,
        Contribution.newcomer_id.is_not(None),
    )
    for row in session.execute(select(Contribution).where(*of_newcomers)).scalars():
        member = members.member(session, bank, row.newcomer_id or 0)
        if member.status in members.TAKING_PART:
            row.member_id, row.guest, row.newcomer_id, row.capacity = (
                member.id,
                None,
                None,
                member.capacity,
            )
    session.flush()


def _preview(
    session: Session, bank: Bank, meeting: Meeting, *, hold: bool = False, now: datetime
) -> Preview:
    wrong: list[Said] = [_TO_COME] if meeting.row.starts_at > now else []
    lines = [line for line in queries.register(session, bank, meeting) if line.here]
    by_rule = terms(session, bank, meeting)
    parts = [
        rules.Contribution(line.account, part, minutes, line.without_hours)
        for line in lines
        for part, minutes in line.parts
    ]
    legs = rules.legs(by_rule, parts)
    gone = [
        line for line in lines if line.left and not line.without_hours and by_rule.rule != Rule.NONE
    ]
    wrong += [
        say(
            "%(name)s has left the time bank. Tick “no hours” for them on the page of times.",
            name=line.name,
        )
        for line in gone
    ]
    changes = _changes(session, bank, legs, hold=hold)
    moving = {change.party.account_id for change in changes}
    uncounted = [line for line in lines if line.account not in moving]
    organisation, agreed = queries.sponsoring(
        session, bank, meeting.activity, on=queries.held_on(bank, meeting.row), hold=hold
    )
    minutes = sum(leg.minutes for leg in legs)
    chosen = next((one for one in agreed if one.minutes - one.used >= minutes), None)
    if organisation is not None and legs and chosen is None:
        wrong.append(_used_up(organisation.name, agreed, minutes))
    return Preview(
        meeting, legs, changes, uncounted, organisation.name if organisation else "", chosen, wrong
    )


def _used_up(name: str, agreed: Sequence[Sponsorship], minutes: int) -> Said:
    if not agreed:
        return say(
            "%(name)s has no agreement that holds on that day for this activity. Speak to them"
            " about more, or let the chest pay.",
            name=name,
        )
    return say(
        # Translators: both gaps are amounts of time, such as "3½ hours".
        "%(name)s has agreed to pay for %(left)s more, and this takes %(needed)s. Speak to them"
        " about more, or let the chest pay.",
        name=name,
        left=hours.words(max(agreement.minutes - agreement.used for agreement in agreed)),
        needed=hours.words(minutes),
    )


def _check(plan: Preview) -> None:
    if plan.organisation and plan.legs and plan.sponsorship is None:
        raise SponsorshipUsedUp(plan.wrong[-1])
    if plan.wrong:
        raise NotEnough(one_after_another(plan.wrong))
    _refuse(plan.changes)


def _check_apart(
    session: Session, bank: Bank, session_id: int, legs: Sequence[Leg], act: Act
) -> None:
    """Whoever pays meets whom they pay, in the statements of both. (Who came together was looked at
    when the register was kept; somebody may have asked to be kept apart since.)"""
    accounts = {side for leg in legs for side in (leg.payer, leg.payee)}
    what = f"session:{session_id}"
    apart = guard.among(session, bank, accounts, what=what)
    pairs = guard.each_once(apart.get((leg.payer, leg.payee), ()) for leg in legs)
    if pairs:
        guard.insist_of(session, bank, pairs, act)
        guard.record(session, bank, pairs, act, what=what)


def _ask_if_twice(
    session: Session, bank: Bank, meeting: Meeting, legs: Sequence[Leg], rooms: Iterable[Room]
) -> None:
    pairs = {(leg.payee, leg.payer) for leg in legs}
    on = queries.held_on(bank, meeting.row)
    repeats = [
        words for room in rooms if room.helped for words in room.helped(session, bank, pairs, on)
    ]
    if repeats:
        raise HelpedAlready(one_after_another(repeats))


def _refuse(changes: Iterable[Change]) -> None:
    """Raises NotEnough with everybody whose account does not allow what would move."""
    faults = {
        f"account:{change.party.account_id}": change.wrong for change in changes if change.wrong
    }
    if faults:
        mend = say(
            "Nothing is posted. Tick “no hours” for them, let the chest give them some, or change"
            " their limits."
        )
        raise NotEnough(one_after_another([*faults.values(), mend]), fields=faults)


def _changes(session: Session, bank: Bank, legs: Sequence[Leg], *, hold: bool) -> list[Change]:
    moved = rules.moved(legs)
    states = ledger.accounts(session, bank, list(moved), hold=hold)
    parties = members.parties(session, bank, list(moved))
    changes = [
        Change(
            parties[account],
            minutes,
            states[account].balance + minutes,
            _fault(parties[account], states[account], minutes),
        )
        for account, minutes in moved.items()
        if minutes
    ]
    return sorted(
        changes, key=lambda one: (one.party.kind == AccountKind.CHEST, -one.minutes, one.party.name)
    )


def _fault(party: Party, state: AccountState, minutes: int) -> Said | None:
    """Why an account cannot gain these minutes, or lose them where they are below 0."""
    balance, after = hours.table(state.balance), hours.table(state.balance + minutes)
    floor, ceiling = state.floor, state.ceiling
    below = floor is not None and state.balance + minutes < floor
    if party.kind == AccountKind.CHEST and floor is not None and below:
        return say(
            # Translators: the gaps are amounts, such as "−2 h 30".
            "The chest has %(balance)s and may go down to %(floor)s; this would make it %(after)s."
            " Somebody can give to it, an organisation can sponsor this, or a coordinator can let"
            " it go lower in the settings.",
            balance=balance,
            floor=hours.table(floor),
            after=after,
        )
    if state.closed_at is not None:
        if party.kind == AccountKind.CHEST:
            return say("The account of the chest is closed.")
        return say("The account of %(name)s is closed.", name=party.name)
    if minutes < 0 and floor is not None and below:
        return say(
            # Translators: the gaps but the name are amounts, such as "−2 h 30".
            "%(name)s has %(balance)s and may go down to %(floor)s; this would make it %(after)s.",
            name=party.name,
            balance=balance,
            floor=hours.table(floor),
            after=after,
        )
    if minutes > 0 and ceiling is not None and state.balance + minutes > ceiling:
        return say(
            # Translators: the gaps but the name are amounts, such as "12 h".
            "%(name)s may hold %(ceiling)s; this would make it %(after)s.",
            name=party.name,
            ceiling=hours.table(ceiling),
            after=after,
        )
    return None


def _tell(session: Session, bank: Bank, party: Party, letter: Letter, cause: str, act: Act) -> None:
    if party.member_id is not None and party.member_id != act.by.member_id:
        notice = NewNotice(letter, cause, worth_a_call=False, to_helpers=True)
        acts.tell(session, bank, party.member_id, notice, now=act.now)


def _require_broker(by: Actor) -> None:
    if not by.is_broker:
        raise NotAllowed(
            say("Hours are posted by a broker. Tell yours that the register is complete.")
        )
