"""Promises: one owner, one day, and steps that are only ever added to. The caller commits."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Channel, Role
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import conversation_queries, partnerships, promise_queries, queries, rules
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.models import Commitment, CommitmentStep
from timebank.dialogue.rules import Decision, NewCommitment, NewStep, Owner, OwnerKind, StepKind
from timebank.errors import Invalid, NotAllowed, Refusal, together
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.rules import Capacity, Status
from timebank.say import say


def promise(session: Session, bank: Bank, new: NewCommitment, act: Act) -> Commitment:
    """Promise something: for a partnership, a priority or an option, or for the bank at large.

    Members promise for themselves and for organisations they speak for; the chair and the staff
    enter what others promised, on their word, and say how they heard it. Raises NotFound,
    NotAllowed; Invalid with everything that has to be put right; CannotTakePart and KeptApart as
    `partnerships.add_partner`.
    """
    partnership_id, priority_id = _for(session, bank, new)
    partnership = queries.running(session, bank, partnership_id) if partnership_id else None
    word = _word(session, bank, new.owner, act.by)
    may = word.own or partnerships.may_run(partnership, act.by)
    _, _, owned = together(
        lambda: rules.check_new(new, today=local_date(act.now, bank.timezone)),
        lambda: _check_heard(word, act) if may else None,
        lambda: _owned(session, bank, new.owner),
    )
    if not may:
        raise NotAllowed(
            say("You can promise for yourself. For others, ask the chair or your broker.")
        )
    if partnership_id:
        accounts = queries.accounts_of(session, bank, [new.owner])
        partnerships.bring(session, bank, partnership_id, accounts, act)
    row = Commitment(
        bank_id=bank.id,
        first_step=1,
        partnership_id=partnership_id,
        priority_id=priority_id,
        option_id=new.option_id,
        words=new.words,
        answers_to=new.answers_to,
        by=act.by.key,
        at=act.now,
        **owned,
    )
    session.add(row)
    session.flush()
    first = NewStep(StepKind.PROMISED, due_on=new.due_on)
    _add(session, bank, row, 1, first, new.due_on, word, act)
    return row


def _for(session: Session, bank: Bank, new: NewCommitment) -> tuple[int | None, int | None]:
    """The partnership and the priority a promise is for: those of its option's conversation, or of
    its priority, else the partnership that is said.

    Raises NotInThatState when the option was not agreed, Invalid when they do not go together.
    """
    partnership_id, priority_id = new.partnership_id, new.priority_id
    if new.option_id is not None:
        _, talk = conversation_queries.option_with_talk(session, bank, new.option_id)
        verdict = conversation_queries.verdict(session, bank, new.option_id)
        if verdict is None or verdict.answer not in _AGREED:
            raise NotInThatState(
                say("This option is not agreed, so nothing can be promised for it yet.")
            )
        partnership_id, priority_id = talk.partnership_id, talk.priority_id
    if priority_id is not None:
        priority = queries.priority(session, bank, priority_id)
        if partnership_id not in (None, priority.partnership_id):
            raise Invalid.on("priority_id", say("That priority is another partnership’s."))
        partnership_id = priority.partnership_id
    return partnership_id, priority_id


_AGREED = (Decision.AGREED, Decision.AGREED_IF)


def _owned(session: Session, bank: Bank, owner: Owner) -> dict[str, object]:
    """The columns of an owner. Raises Invalid when they have left or ended."""
    part = owner.part or Capacity.PRACTITIONER
    if owner.member_id is not None:
        member = members.member(session, bank, owner.member_id)
        if member.status != Status.ACTIVE:
            raise Invalid.on("member", say("They do not take part any more. Name another owner."))
        part = member.capacity
    if owner.organisation_id is not None:
        organisation = members.organisation(session, bank, owner.organisation_id)
        if organisation.closed_at is not None:
            raise Invalid.on("member", say("That organisation has ended. Name another owner."))
    if owner.commissioner_id is not None:
        promise_queries.commissioner(session, bank, owner.commissioner_id)
    return {
        "owner_kind": owner.kind,
        "member_id": owner.member_id,
        "organisation_id": owner.organisation_id,
        "body": owner.body,
        "contact_name": owner.contact_name,
        "contact_phone": owner.contact_phone,
        "contact_email": owner.contact_email,
        "commissioner_id": owner.commissioner_id,
        "part": part,
        "shown": owner.shown if owner.kind == OwnerKind.MEMBER else False,
    }


@dataclass(frozen=True)
class _Word:
    """Whose word a step is: that of whoever writes it down, or `of` a member or an organisation;
    None for a body that is neither."""

    own: bool
    of: str | None = None


_OWN = _Word(own=True)


def _word(session: Session, bank: Bank, owner: Owner | Commitment, by: Actor) -> _Word:
    """Whose word it is that an owner promises, moves, does or drops something."""
    if _is_own(session, bank, owner, by):
        return _OWN
    if owner.member_id is not None:
        return _Word(own=False, of=f"member:{owner.member_id}")
    organisation = owner.organisation_id
    return _Word(own=False, of=f"organisation:{organisation}" if organisation else None)


def _word_of_step(session: Session, bank: Bank, row: Commitment, new: NewStep, by: Actor) -> _Word:
    """The same of a step: a resident's own where they confirm it; and whoever marks a mistake says
    so themselves."""
    if new.kind == StepKind.MISTAKEN:
        return _OWN
    if new.kind == StepKind.CONFIRMED:
        own = by.member_id is not None and new.confirmed_id == by.member_id
        return _OWN if own else _Word(own=False, of=f"member:{new.confirmed_id}")
    return _word(session, bank, row, by)


def _check_heard(word: _Word, act: Act) -> None:
    """Raises Invalid where somebody writes down another's word and does not say how they heard it.
    (The application itself, by which a file or a demonstration comes in, heard nobody.)"""
    if not word.own and act.by.role != Role.SYSTEM and act.word.channel not in rules.SPOKEN:
        raise Invalid.on(
            "channel",
            say(
                "It is not your own word. Say how you heard it: in person, by telephone, on paper"
                " or by text message."
            ),
        )


def _is_own(session: Session, bank: Bank, owner: Owner | Commitment, by: Actor) -> bool:
    """Whether whoever acts is the owner, speaks for the organisation that is, or is the
    commissioner who answers for the body."""
    if by.commissioner_id is not None:
        return owner.commissioner_id == by.commissioner_id
    if by.member_id is None:
        return False
    if owner.member_id is not None:
        return owner.member_id == by.member_id
    return owner.organisation_id is not None and owner.organisation_id in {
        organisation.id for organisation in members.speaks_for(session, bank, by.member_id)
    }


def take_step(
    session: Session, bank: Bank, commitment_id: int, new: NewStep, act: Act
) -> CommitmentStep:
    """What has become of a promise: moved, done or dropped on the owner's word; confirmed by a
    resident of the partnership who is not the owner; or marked as a mistake.

    Raises NotFound, NotAllowed; NotInThatState when it cannot follow; Invalid with everything that
    has to be put right; CannotTakePart and KeptApart for who confirms and is kept apart from the
    owner.
    """
    row = promise_queries.commitment(session, bank, commitment_id, lock=True)
    last = promise_queries.last_step(session, bank, row.id)
    if new.kind in (StepKind.PROMISED, StepKind.HANDED):
        raise Invalid.on("kind", say("Choose what has become of it."))
    new = _with_confirming(new, act)
    _check_may(session, bank, row, new, act.by)
    word = _word_of_step(session, bank, row, new, act.by)
    today = local_date(act.now, bank.timezone)
    together(
        lambda: rules.check_step(last.kind, last.due_on, new, today=today),
        lambda: _check_heard(word, act),
    )
    if new.kind == StepKind.CONFIRMED:
        _check_confirming(session, bank, row, new.confirmed_id or 0)
        confirming = members.accounts_of(session, bank, {new.confirmed_id})
        _bring(session, bank, row, confirming, act)
    due_on = new.due_on if new.kind == StepKind.MOVED and new.due_on else last.due_on
    return _add(session, bank, row, last.n + 1, new, due_on, word, act)


def _bring(
    session: Session, bank: Bank, row: Commitment, accounts: Collection[int], act: Act
) -> None:
    """See to it that who is behind these accounts may come to do with the owner of a promise."""
    what = f"partnership:{row.partnership_id}" if row.partnership_id else f"promise:{row.id}"
    owner = queries.accounts_of(session, bank, [row])
    meeting.bring(session, bank, accounts, owner, act, what=what)


def _with_confirming(new: NewStep, act: Act) -> NewStep:
    """Who confirms is whoever says so, unless somebody of the staff enters another's word."""
    if new.kind != StepKind.CONFIRMED or act.by.is_broker or act.by.member_id is None:
        return new
    return NewStep(
        new.kind, new.words, None, new.happened_on, confirmed_id=act.by.member_id, shown=new.shown
    )


def _check_may(session: Session, bank: Bank, row: Commitment, new: NewStep, by: Actor) -> None:
    """Raises NotAllowed unless the step is theirs to take."""
    if by.is_broker or (new.kind in _OWNERS and _is_own(session, bank, row, by)):
        return
    if by.commissioner_id is None and new.kind == StepKind.CONFIRMED:
        return
    if new.kind == StepKind.MISTAKEN and row.partnership_id is not None:
        partnership = queries.partnership(session, bank, row.partnership_id)
        if partnerships.may_run(partnership, by):
            return
    raise NotAllowed(say("This is not your promise. Whoever owns it says what became of it."))


_OWNERS = (StepKind.MOVED, StepKind.DONE, StepKind.DROPPED)


def _check_confirming(session: Session, bank: Bank, row: Commitment, member_id: int) -> None:
    """Raises NotAllowed unless they are a resident of the partnership who is not the owner."""
    member = members.member(session, bank, member_id)
    own = row.member_id == member.id or (
        row.organisation_id is not None
        and row.organisation_id
        in {organisation.id for organisation in members.speaks_for(session, bank, member.id)}
    )
    if own:
        raise NotAllowed(say("Nobody confirms what they promised themselves. Ask a neighbour."))
    if row.partnership_id is None:
        may = member.capacity == Capacity.RESIDENT and member.status == Status.ACTIVE
    else:
        may = any(
            partner.member_id == member.id and partner.part == Capacity.RESIDENT
            for partner in queries.partners(session, bank, row.partnership_id)
        )
    if not may:
        raise NotAllowed(say("A resident of the partnership confirms that it is done."))


def hand_over(
    session: Session, bank: Bank, commitment_id: int, owner: Owner, words: str, act: Act
) -> CommitmentStep:
    """Give a promise that is under way another owner, on their word. Raises NotFound, NotAllowed,
    Invalid, NotInThatState; CannotTakePart and KeptApart where they would meet the owner before, or
    a partner, and are kept apart from them."""
    row = promise_queries.commitment(session, bank, commitment_id, lock=True)
    partnership = (
        queries.partnership(session, bank, row.partnership_id) if row.partnership_id else None
    )
    partnerships.require_run(partnership, act.by)
    last = promise_queries.last_step(session, bank, row.id)
    new = NewStep(StepKind.HANDED, words)
    rules.check_step(last.kind, last.due_on, new, today=local_date(act.now, bank.timezone))
    word = _word(session, bank, owner, act.by)
    if owner.kind is None or (owner.kind == OwnerKind.BODY and not owner.contact_name):
        raise Invalid.on(
            "member", say("Name one owner; for a body also whom there one can ask about it.")
        )
    _check_heard(word, act)
    columns = _owned(session, bank, owner)
    accounts = queries.accounts_of(session, bank, [owner])
    _bring(session, bank, row, accounts, act)
    if row.partnership_id:
        partnerships.bring(session, bank, row.partnership_id, accounts, act)
    step = _add(session, bank, row, last.n + 1, new, last.due_on, word, act)
    for name, value in columns.items():
        setattr(row, name, value)
    session.flush()
    return step


def show_name(
    session: Session, bank: Bank, commitment_id: int, shown: bool, act: Act
) -> Commitment:
    """The owner lets their name stand where everybody can read it, or no longer. Raises NotFound,
    NotAllowed."""
    row = promise_queries.commitment(session, bank, commitment_id, lock=True)
    require_own_name(row, act.by)
    row.shown = shown and row.owner_kind == OwnerKind.MEMBER
    session.flush()
    return row


def require_own_name(row: Commitment, by: Actor) -> None:
    """Raises NotAllowed unless it is their name, or the staff enter it on their word."""
    if not by.is_broker and (by.member_id is None or row.member_id != by.member_id):
        raise NotAllowed(say("This is not your promise. Whoever owns it says what became of it."))


def _add(
    session: Session,
    bank: Bank,
    row: Commitment,
    n: int,
    new: NewStep,
    due_on: object,
    word: _Word,
    act: Act,
) -> CommitmentStep:
    step = CommitmentStep(
        bank_id=row.bank_id,
        commitment_id=row.id,
        n=n,
        kind=new.kind,
        due_on=due_on,
        words=new.words,
        confirmed_id=new.confirmed_id,
        shown=new.shown if new.kind == StepKind.CONFIRMED else False,
        from_kind=row.owner_kind if new.kind == StepKind.HANDED else None,
        from_part=row.part if new.kind == StepKind.HANDED else None,
        by=act.by.key,
        on_word_of=word.of,
        channel=Channel.WEB if word.own else act.word.channel,
        happened_on=new.happened_on or local_date(act.now, bank.timezone),
        at=act.now,
    )
    session.add(step)
    session.flush()
    return step


def may(
    session: Session, bank: Bank, row: Commitment, state: StepKind, by: Actor
) -> list[StepKind]:
    """The steps that somebody may take next, for a page to offer."""
    offered = []
    for kind in rules.FOLLOWS[state]:
        try:
            if kind == StepKind.CONFIRMED and not by.is_broker:
                _check_confirming(session, bank, row, by.member_id or 0)
                if any(
                    meeting.hides(session, bank, account, by=by)
                    for account in queries.accounts_of(session, bank, [row])
                ):
                    continue
            elif kind == StepKind.HANDED:
                continue
            else:
                _check_may(session, bank, row, NewStep(kind), by)
        except Refusal:
            continue
        offered.append(kind)
    return offered


def may_hand(session: Session, bank: Bank, row: Commitment, by: Actor) -> bool:
    """Whether somebody may give a promise another owner."""
    partnership = (
        queries.partnership(session, bank, row.partnership_id) if row.partnership_id else None
    )
    return partnerships.may_run(partnership, by)
