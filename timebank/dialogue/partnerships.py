"""Partnerships: forming them, who is in them, steps reached and lost, and what matters first. The
caller commits."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import audit_queries, queries, results, rules
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.models import Milestone, MilestoneWords, Partner, Partnership, Priority
from timebank.dialogue.rules import (
    PROFESSIONALS,
    Lost,
    NewPartner,
    NewPartnership,
    Priorities,
    Reached,
)
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import Capacity, Status
from timebank.say import say


def form_partnership(session: Session, bank: Bank, new: NewPartnership, act: Act) -> Partnership:
    """Form a partnership, its chair the first in it.

    Raises NotAllowed unless a broker does; Invalid when there is one of that name, or the chair is
    no resident.
    """
    if not act.by.is_broker:
        raise NotAllowed(say("Brokers form partnerships. Ask one of them."))
    chair = _chair(session, bank, new.chair_id)
    today = local_date(act.now, bank.timezone)
    formed_on = new.formed_on or today
    if formed_on > today:
        raise Invalid.on("formed_on", say("That day is still to come."))
    row = Partnership(
        bank_id=bank.id,
        name=new.name,
        about=new.about,
        place=new.place,
        chair_id=chair.id if chair else None,
        formed_on=formed_on,
        by=act.by.key,
        at=act.now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise _same_name() from None
    if chair:
        _add(session, row, NewPartner(member_id=chair.id, part=chair.capacity), formed_on)
    return row


def change(
    session: Session, bank: Bank, partnership_id: int, new: NewPartnership, act: Act
) -> Partnership:
    """Change what a partnership says of itself, and who chairs it. Raises as `form_partnership`,
    and NotFound."""
    row = queries.running(session, bank, partnership_id)
    require_run(row, act.by)
    chair = _chair(session, bank, new.chair_id)
    if chair and not queries.is_partner(session, bank, row.id, chair.id):
        raise Invalid.on("chair", say("The chair is one of the partnership. Add them first."))
    try:
        with session.begin_nested():
            row.name, row.about, row.place = new.name, new.about, new.place
            row.chair_id = chair.id if chair else None
    except IntegrityError:
        raise _same_name() from None
    return row


def end(session: Session, bank: Bank, partnership_id: int, act: Act) -> Partnership:
    """End a partnership. What it promised stays in the open."""
    row = queries.running(session, bank, partnership_id)
    require_run(row, act.by)
    row.ended_on = local_date(act.now, bank.timezone)
    session.flush()
    return row


def _same_name() -> Invalid:
    return Invalid.on("name", say("There is a partnership of that name. Write another name."))


def _chair(session: Session, bank: Bank, member_id: int | None) -> Member | None:
    if member_id is None:
        return None
    chair = members.member(session, bank, member_id)
    if chair.capacity != Capacity.RESIDENT or chair.status != Status.ACTIVE:
        raise Invalid.on("chair", say("A resident chairs it. Choose one."))
    return chair


def may_run(partnership: Partnership | None, actor: Actor) -> bool:
    """Whether somebody sees to a partnership: its chair, and the staff."""
    chairs = partnership is not None and actor.member_id is not None
    return actor.is_broker or (
        chairs and partnership is not None and partnership.chair_id == actor.member_id
    )


def require_run(partnership: Partnership | None, actor: Actor) -> None:
    """Raises NotAllowed unless `may_run`."""
    if not may_run(partnership, actor):
        raise NotAllowed(say("Only the chair and the staff can do that. Ask one of them."))


# ---- Partners ----


def add_partner(
    session: Session, bank: Bank, partnership_id: int, new: NewPartner, act: Act
) -> Partner:
    """Have a member or an organisation take part.

    A member's part is what they are; an organisation's is said. Raises NotFound, NotAllowed;
    Invalid where nobody or two are named, or no part of an organisation; Conflict when they are in
    it already; CannotTakePart and KeptApart where they would meet somebody they are kept apart
    from.
    """
    partnership = queries.running(session, bank, partnership_id)
    require_run(partnership, act.by)
    if (new.member_id is None) == (new.organisation_id is None):
        raise Invalid.on("member", say("Name somebody, or an organisation."))
    if new.member_id is not None:
        member = members.member(session, bank, new.member_id)
        if member.status != Status.ACTIVE:
            raise Invalid.on("member", say("They do not take part in the time bank now."))
        new = replace(new, part=member.capacity)
    else:
        organisation = members.organisation(session, bank, new.organisation_id or 0)
        if organisation.closed_at is not None:
            raise Invalid.on("organisation", say("That organisation has ended."))
        if new.part not in PROFESSIONALS:
            raise Invalid.on("part", say("Choose whether it provides services or plans them."))
    there = queries.partners(session, bank, partnership.id)
    if any(
        (partner.member_id, partner.organisation_id) == (new.member_id, new.organisation_id)
        for partner in there
    ):
        raise Conflict(say("They are in the partnership already."))
    bring(session, bank, partnership.id, queries.accounts_of(session, bank, [new]), act)
    return _add(session, partnership, new, local_date(act.now, bank.timezone))


def bring(
    session: Session, bank: Bank, partnership_id: int | None, accounts: Collection[int], act: Act
) -> None:
    """See to it that who is behind these accounts may come to do with those in a partnership: with
    whom they are in it already they have. Raises as `meeting.bring`."""
    there = queries.partner_accounts(session, bank, partnership_id)
    meeting.bring(
        session, bank, set(accounts) - there, there, act, what=f"partnership:{partnership_id}"
    )


def _add(session: Session, partnership: Partnership, new: NewPartner, since: date) -> Partner:
    partner = Partner(
        bank_id=partnership.bank_id,
        partnership_id=partnership.id,
        member_id=new.member_id,
        organisation_id=new.organisation_id,
        part=new.part,
        since=since,
    )
    session.add(partner)
    session.flush()
    return partner


def end_partner(session: Session, bank: Bank, partner_id: int, act: Act) -> Partner:
    """Somebody takes part no more: by their own word, or the chair's. Raises NotFound,
    NotAllowed."""
    partner = queries.partner(session, bank, partner_id)
    partnership = queries.running(session, bank, partner.partnership_id)
    if act.by.member_id is None or partner.member_id != act.by.member_id:
        require_run(partnership, act.by)
    partner.until = local_date(act.now, bank.timezone)
    if partner.member_id is not None and partnership.chair_id == partner.member_id:
        partnership.chair_id = None
    session.flush()
    return partner


# ---- Steps ----


def reach_step(
    session: Session, bank: Bank, partnership_id: int, reached: Reached, act: Act
) -> Milestone:
    """A step is reached, on the word of a resident and a professional of the partnership.

    Raises NotFound, NotAllowed; Invalid with everything that has to be put right; NotInThatState
    when it stands reached; CannotTakePart and KeptApart for two who are kept apart.
    """
    partnership = queries.running(session, bank, partnership_id, lock=True)
    require_run(partnership, act.by)
    today = local_date(act.now, bank.timezone)
    reached_on = reached.reached_on or today
    parts = {
        partner.member_id: partner.part
        for partner in queries.partners(session, bank, partnership.id)
        if partner.member_id is not None
    }
    wrong = {}
    if not (reached.words or reached.session_id or reached.audit_id or reached.commitment_id):
        wrong["words"] = say("Write what shows it.")
    if reached_on > today:
        wrong["reached_on"] = say("That day is still to come.")
    if parts.get(reached.resident_id) != Capacity.RESIDENT:
        wrong["resident"] = say("Choose a resident of the partnership who says so.")
    if parts.get(reached.professional_id) not in PROFESSIONALS:
        wrong["professional"] = say("Choose a professional of the partnership who says so.")
    if reached.step not in queries.step_words(session, bank):
        wrong["step"] = say("Choose one of the steps.")
    if wrong:
        raise Invalid.of(wrong)
    if queries.stands(session, bank, partnership.id, reached.step):
        raise NotInThatState(say("That step is reached already."))
    resident, professional = (
        members.accounts_of(session, bank, {one})
        for one in (reached.resident_id, reached.professional_id)
    )
    what = f"partnership:{partnership.id}"
    meeting.bring(session, bank, resident, professional, act, what=what)
    return _milestone(
        session,
        bank,
        act,
        partnership_id=partnership.id,
        reached_on=reached_on,
        **{
            name: getattr(reached, name)
            for name in (
                "step",
                "words",
                "session_id",
                "audit_id",
                "commitment_id",
                "resident_id",
                "professional_id",
            )
        },
    )


def lose_step(session: Session, bank: Bank, partnership_id: int, lost: Lost, act: Act) -> Milestone:
    """A step that was reached is lost again, with a reason. Raises as `reach_step`."""
    partnership = queries.running(session, bank, partnership_id, lock=True)
    require_run(partnership, act.by)
    today = local_date(act.now, bank.timezone)
    if not lost.words:
        raise Invalid.on("words", say("Write why it is lost: everybody can read it."))
    if (lost.lost_on or today) > today:
        raise Invalid.on("lost_on", say("That day is still to come."))
    if not queries.stands(session, bank, partnership.id, lost.step):
        raise NotInThatState(say("That step is not reached, so it cannot be lost."))
    return _milestone(
        session,
        bank,
        act,
        partnership_id=partnership.id,
        step=lost.step,
        words=lost.words,
        lost_on=lost.lost_on or today,
    )


def _milestone(session: Session, bank: Bank, act: Act, **values: object) -> Milestone:
    row = Milestone(bank_id=bank.id, by=act.by.key, at=act.now, **values)
    session.add(row)
    session.flush()
    return row


def name_step(session: Session, bank: Bank, step: int, words: str, act: Act) -> None:
    """The bank's own words for a step; without words those of Timebank again.

    Raises NotAllowed unless a coordinator does.
    """
    if not act.by.is_coordinator:
        raise NotAllowed(say("Coordinators name the steps. Ask one of them."))
    if not 1 <= step <= rules.MOST_STEPS:
        raise NotFound(say("There is no such step."))
    row = session.get(MilestoneWords, (bank.id, step))
    if row is not None:
        session.delete(row)
        session.flush()
    if words:
        session.add(MilestoneWords(bank_id=bank.id, step=step, words=words))
        session.flush()


# ---- What matters first ----


def set_priorities(
    session: Session, bank: Bank, partnership_id: int, set_: Priorities, act: Act
) -> list[Priority]:
    """What matters, in the order in which a meeting put it; those set before it end.

    Where that is another order than the count of an audit that has closed, each that stands before
    what clearly more people named says why. Raises NotFound, NotAllowed; Invalid when there is
    none, one has neither words nor theme, or a reason is missing.
    """
    partnership = queries.running(session, bank, partnership_id, lock=True)
    require_run(partnership, act.by)
    today = local_date(act.now, bank.timezone)
    set_on = set_.set_on or today
    if set_on > today:
        raise Invalid.on("set_on", say("That day is still to come."))
    if not set_.priorities:
        raise Invalid.on("priorities", say("Write at least one thing that matters."))
    themes = _themes(session, bank, set_.audit_id)
    rows = []
    for place, priority in enumerate(set_.priorities, start=1):
        words = priority.words or themes.get(priority.theme_id or 0, "")
        if not words or (priority.theme_id is not None and priority.theme_id not in themes):
            raise Invalid.on("priorities", say("Each needs its words, or a theme of the audit."))
        rows.append(
            Priority(
                bank_id=bank.id,
                partnership_id=partnership.id,
                audit_id=set_.audit_id,
                theme_id=priority.theme_id,
                session_id=set_.session_id,
                place=place,
                words=words,
                reason=priority.reason,
                evidence=priority.evidence,
                going_on=priority.going_on,
                touches=priority.touches,
                set_on=set_on,
                by=act.by.key,
                at=act.now,
            )
        )
    _require_reasons(session, bank, set_, [row.words for row in rows])
    session.execute(
        update(Priority)
        .where(
            Priority.bank_id == bank.id,
            Priority.partnership_id == partnership.id,
            Priority.ended_on.is_(None),
        )
        .values(ended_on=today)
    )
    session.add_all(rows)
    session.flush()
    return rows


def _require_reasons(session: Session, bank: Bank, set_: Priorities, words: Sequence[str]) -> None:
    audit = audit_queries.audit(session, bank, set_.audit_id) if set_.audit_id else None
    if audit is None or audit.closed_at is None:
        return
    blocks = results.results(session, bank, audit).blocks
    passed, uncounted = rules.out_of_order(
        [[one.theme_id for one in block] for block in blocks],
        [one.theme_id for one in set_.priorities],
    )
    missing = {
        index: say("Say why “%(words)s” comes before what more people named.", words=words[index])
        for index in passed
    } | {
        index: say("Say why “%(words)s” comes before what was counted.", words=words[index])
        for index in uncounted
    }
    wrong = {
        f"priorities.{index}.reason": sentence
        for index, sentence in sorted(missing.items())
        if not set_.priorities[index].reason.strip()
    }
    if wrong:
        raise Invalid.of(wrong)


def _themes(session: Session, bank: Bank, audit_id: int | None) -> dict[int, str]:
    """What the themes of an audit are called, by id; nothing where none is named."""
    themes = audit_queries.themes(session, bank, audit_id) if audit_id else []
    return {theme.id: theme.words for theme in themes}
