"""What every use case about people stands on: who is there and takes part, the audit trail, telling
somebody, winding up an account. The caller commits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Role
from timebank.banks.models import Bank
from timebank.base import Instant
from timebank.clock import local_date
from timebank.errors import NotAllowed, together
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry, Provenance, said_why
from timebank.members import queries, rules
from timebank.members.errors import LastCoordinator, NotInThatState
from timebank.members.models import Member, MemberEvent, Profile
from timebank.members.rules import NewLimits, Status
from timebank.notices import service as notices_service
from timebank.notices.rules import Addressee, Letter, NewNotice
from timebank.say import Said, say


def tell(session: Session, bank: Bank, member_id: int, notice: NewNotice, *, now: datetime) -> None:
    """Tell a member something in their language, the way they like to be told; when that cannot be,
    another, at last through a broker's call; and those who act for them, where the member wishes it
    and the notice allows. Who has left is told nothing."""
    member = queries.member(session, bank, member_id)
    if member.status == Status.LEFT:
        return
    notices_service.write(session, bank, _addressee(member), notice, now=now)
    if notice.to_helpers and notice.secret is None:
        for helper in queries.told_too(session, bank, member.id):
            copy = replace(notice, letter=_copy(notice.letter, member), about=None, through=None)
            copy = replace(copy, worth_a_call=False)
            notices_service.write(session, bank, _addressee(helper), copy, now=now)


def _copy(letter: Letter, member: Member) -> Letter:
    """What a helper reads of it: the same words, and no link that answers for the member."""
    body = [letter.body] if isinstance(letter.body, Said) else letter.body
    why = say(
        "You act for %(name)s, who wishes you to read this too. To answer, sign in as yourself.",
        name=member.name,
    )
    subject = say("For %(name)s: %(subject)s", name=member.name, subject=letter.subject)
    return Letter(subject, [why, *body])


def _addressee(member: Member) -> Addressee:
    return Addressee(
        key=f"member:{member.id}",
        name=member.name,
        language=member.language,
        email=member.email,
        phone=member.phone,
        postal=member.address,
    )


def record(session: Session, member: Member, act: Act, kind: str, detail: str = "") -> None:
    """Take down in the audit trail what was done to a member. `detail` is no personal data."""
    event = MemberEvent(
        bank_id=member.bank_id,
        member_id=member.id,
        kind=kind,
        detail=detail,
        by=act.by.key,
        at=act.now,
    )
    session.add(event)
    session.flush()


def record_for_accounts(
    session: Session, bank: Bank, account_ids: Sequence[int], act: Act, kind: str, detail: str
) -> None:
    """The same for every member whose account is one of these, in one statement."""
    columns = ["bank_id", "member_id", "kind", "detail", "by", "at"]
    event = (literal(kind), literal(detail), literal(act.by.key), literal(act.now, Instant))
    members = select(Member.bank_id, Member.id, *event).where(
        Member.bank_id == bank.id, Member.account_id.in_(account_ids)
    )
    session.execute(insert(MemberEvent).from_select(columns, members))


def require_near(session: Session, bank: Bank, member_id: int, by: Actor) -> None:
    """Raises NotAllowed for others than the member, those who act for them, and the staff."""
    if not by.is_broker and not queries.acts_for(session, bank, by, member_id):
        raise NotAllowed(say("This is for the member, those who act for them, and the staff."))


def present(session: Session, bank: Bank, member_id: int) -> Member:
    """A member, or somebody who would like to be one. Raises NotInThatState for one who has
    left."""
    member = queries.member(session, bank, member_id)
    if member.status == Status.LEFT:
        raise NotInThatState(
            say("This member has left; nothing is kept of them that could be changed.")
        )
    return member


def taking_part(session: Session, bank: Bank, member_id: int) -> Member:
    """One who is a member now. Raises NotInThatState."""
    member = present(session, bank, member_id)
    if member.status == Status.APPLIED:
        raise NotInThatState(
            say("%(name)s has asked to join. Answer the application first.", name=member.name)
        )
    return member


def managed(session: Session, bank: Bank, member_id: int, by: Actor) -> Member:
    """A member whom `by` may pause or take out. Raises NotAllowed, NotInThatState."""
    rules.require_broker(by)
    member = taking_part(session, bank, member_id)
    if not rules.may_manage(by, member.role):
        raise NotAllowed(say("Only a coordinator may do this to one of the staff."))
    return member


def keep_a_coordinator(session: Session, bank: Bank, member: Member) -> None:
    """Raises LastCoordinator when the bank would have none without this one. The bank is locked by
    the caller."""
    others = set(queries.coordinators(session, bank)) - {member.id}
    if member.role == Role.COORDINATOR and not others:
        raise LastCoordinator


def account_of(member: Member) -> int:
    """The member's account. Raises NotInThatState before they have one."""
    if member.account_id is None:
        raise NotInThatState(say("%(name)s has no account yet.", name=member.name))
    return member.account_id


def limit(session: Session, bank: Bank, account_id: int, limits: NewLimits, act: Act) -> None:
    """Give an account other limits, and keep why. Raises Invalid."""
    why, _ = together(
        lambda: said_why(limits.why),
        lambda: rules.check_limits(limits, balance=ledger.balance(session, bank, account_id)),
    )
    ledger_service.set_limits(
        session,
        bank,
        account_id,
        floor=limits.floor,
        ceiling=limits.ceiling,
        why=why,
        by=act.by.key,
    )


def settle(
    session: Session, bank: Bank, account_id: int, act: Act, *, cause: str, on_word_of: str
) -> None:
    """Bring an account to zero over the chest, as `rules.settlement` says."""
    chest = ledger.chest(session, bank)
    balance = ledger.balance(session, bank, account_id)
    minutes = rules.settlement(balance, chest_balance=chest.balance, chest_floor=chest.floor)
    if minutes == 0:
        return
    payer, payee = (account_id, chest.id) if minutes > 0 else (chest.id, account_id)
    channel = Channel.SYSTEM if act.by.role == Role.SYSTEM else Channel.WEB
    provenance = Provenance(act.by.key, channel, on_word_of)
    leg = Leg(payer, payee, abs(minutes))
    entry = NewEntry(cause, "settlement", today(bank, act), [leg], provenance)
    ledger_service.post(session, bank, entry)


def set_status(session: Session, member: Member, status: Status, act: Act) -> Member:
    """Where a member stands from now on, and that it was said."""
    member.status = status
    record(session, member, act, "resumed" if status == Status.ACTIVE else status)
    return member


def hand_over(session: Session, bank: Bank, broker_id: int) -> None:
    """Nobody is looked after by somebody who is no broker any more."""
    looked_after = (Profile.bank_id == bank.id, Profile.broker_id == broker_id)
    session.execute(update(Profile).where(*looked_after).values(broker_id=None))


def today(bank: Bank, act: Act) -> date:
    """The day of an act where the bank is."""
    return local_date(act.now, bank.timezone)
