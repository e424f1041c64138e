"""Introductions and weights: one function per step. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for what is not in the bank,
and NotAllowed when it is not `by`'s to do.
"""

from dataclasses import asdict, replace
from datetime import date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Word
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.exchanges import steps
from timebank.exchanges.rules import NO_LONGER_COUNTS, NewLog, Note, Side, other
from timebank.matching import letters, queries, rules
from timebank.matching.errors import AlreadyIntroduced, CannotBeIntroduced, WrongMoment
from timebank.matching.models import Introduction, IntroductionStep, MatchWeight
from timebank.matching.rules import (
    UNDER_WAY,
    Answer,
    FollowUp,
    IntroductionStatus,
    IntroductionStepKind,
    NewIntroduction,
    Outcome,
    Says,
    Weights,
)
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.members.rules import require_broker, require_coordinator
from timebank.notices.rules import Letter
from timebank.say import one_after_another, say
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing
from timebank.skills.rules import ListingKind, ListingStatus

_STANDS = {
    IntroductionStatus.DECLINED: say(
        "One of the two has said no to this already. Nothing more can be done about it."
    ),
    IntroductionStatus.WITHDRAWN: say(
        "This introduction was called off already. Nothing more can be done about it."
    ),
    IntroductionStatus.DONE: say("This was done already. Nothing more can be done about it."),
}


def introduce(
    session: Session, bank: Bank, request_id: int, new: NewIntroduction, act: Act
) -> Introduction:
    """Ask two people whether they would like to be put in touch over a request: the giver first,
    and once they have said yes the receiver, unless they have told the broker already. Neither has
    the other's number until both have said yes. A broker's to do.

    One introduction at a time holds a request: whoever comes second waits here, and gets
    AlreadyIntroduced with the name of who was faster. Nobody leaves, or comes to be kept apart from
    the other, meanwhile. Raises CannotBeIntroduced with every hard rule that stands in the way,
    KeptApart, Invalid.
    """
    require_broker(act.by)
    act = replace(act, word=Word(new.channel, despite=new.despite))
    today = local_date(act.now, bank.timezone)
    one_at_a_time(session, bank)
    request = skills.listing(session, bank, request_id, lock=True)
    if request.kind != ListingKind.REQUEST:
        raise Invalid.on(
            "request",
            say("People are introduced over a request. Choose one, or write it down first."),
        )
    if new.follow_up_on is not None and new.follow_up_on < today:
        raise Invalid.on("follow_up_on", say("That day is past. Choose a later one."))
    _refuse_if_taken(session, bank, request.id)
    _check_hard_rules(session, bank, request, new, today)
    sides = members.parties(session, bank, [new.giver_id, request.account_id])
    apart = meeting.insist(session, bank, sides[new.giver_id], sides[request.account_id], act)
    made = Introduction(
        bank_id=bank.id,
        request_id=request.id,
        offer_id=new.offer_id,
        giver_id=new.giver_id,
        receiver_id=request.account_id,
        status=IntroductionStatus.INTRODUCED,
        by=act.by.key,
        channel=new.channel,
        introduced_at=act.now,
        follow_up_on=new.follow_up_on or queries.default_follow_up(bank, act.now),
        receiver_says=Says.YES if new.receiver_agrees else None,
        receiver_said_by=act.by.key if new.receiver_agrees else None,
        receiver_asked_at=act.now if new.receiver_agrees else None,
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        # Whoever was faster has committed by now, and can be named.
        _refuse_if_taken(session, bank, request.id)
        raise
    _keep_step(session, made, IntroductionStepKind.ASKED, act)
    meeting.record(session, bank, apart, act, what=f"introduction:{made.id}")
    _ask(session, bank, made, Side.GIVER, act)
    return made


def answer(
    session: Session, bank: Bank, introduction_id: int, answer: Answer, act: Act
) -> Introduction:
    """One side says yes or no. Their own to say, of those who act for them, of a broker on their
    word. Nobody is asked for a reason.

    With a yes they say by what the other may reach them. When both say yes it is agreed, and each
    is told how to reach the other. A no ends it, even after a yes; the request is open again, and
    the other side, if it has heard of it, is told kindly that nothing came of it. Raises
    WrongMoment; CannotTakePart and KeptApart for a yes to somebody from whom they are kept apart.
    """
    introduction = _under_way(session, bank, introduction_id, act.by)
    side, says = answer.side, answer.says
    seen = queries.seen(session, bank, [introduction])[0]
    party, across = seen.party(side), seen.party(other(side))
    if not act.by.is_broker and party.account_id not in members.may_act_for(session, bank, act.by):
        raise NotAllowed(
            say(
                "Only %(name)s, those who act for them, and brokers on their word may answer this.",
                name=party.name,
            )
        )
    before = introduction.giver_says if side == Side.GIVER else introduction.receiver_says
    if before == says:
        # Said again, it only says anew by what they may be reached.
        _answered(introduction, answer, act)
        session.flush()
        return introduction
    if says == Says.NO:
        _keep_step(session, introduction, IntroductionStepKind.NO, act, side)
        _answered(introduction, answer, act)
        _end(session, introduction, IntroductionStatus.DECLINED, act.now)
        if introduction.asked(other(side)):
            letter = letters.came_to_nothing(seen.request.listing.title)
            _tell(session, bank, introduction, across, letter, "declined", act)
        return introduction
    act = replace(act, word=replace(act.word, despite=answer.despite))
    apart = meeting.insist(session, bank, party, across, act)
    meeting.record(session, bank, apart, act, what=f"introduction:{introduction.id}")
    _keep_step(session, introduction, IntroductionStepKind.YES, act, side)
    _answered(introduction, answer, act)
    session.flush()
    if introduction.giver_says == introduction.receiver_says == Says.YES:
        introduction.status = IntroductionStatus.AGREED
        session.flush()
        _put_in_touch(session, bank, introduction, act)
    elif side == Side.GIVER and introduction.receiver_asked_at is None:
        introduction.receiver_asked_at = act.now
        _ask(session, bank, introduction, Side.RECEIVER, act)
    return introduction


def _answered(introduction: Introduction, answer: Answer, act: Act) -> None:
    """Keep what one side says, and by what they may be reached."""
    yes = answer.says == Says.YES
    phone, email = yes and answer.phone, yes and answer.email
    if answer.side == Side.GIVER:
        introduction.giver_says, introduction.giver_said_by = answer.says, act.by.key
        introduction.giver_phone, introduction.giver_email = phone, email
    else:
        introduction.receiver_says, introduction.receiver_said_by = answer.says, act.by.key
        introduction.receiver_phone, introduction.receiver_email = phone, email
        introduction.receiver_asked_at = introduction.receiver_asked_at or act.now


def _ask(session: Session, bank: Bank, introduction: Introduction, side: Side, act: Act) -> None:
    """Ask one side, naming the other and nothing more of them."""
    seen = queries.seen(session, bank, [introduction])[0]
    letter = letters.asked(side, seen.party(other(side)).name, seen.request.listing.title)
    _tell(session, bank, introduction, seen.party(side), letter, f"asked:{side}", act)


def _put_in_touch(session: Session, bank: Bank, introduction: Introduction, act: Act) -> None:
    """Both have said yes: tell each by what the other may be reached."""
    seen = queries.seen(session, bank, [introduction])[0]
    for side in Side:
        contacts = queries.contacts_for(session, bank, seen, other(side))
        reached = [words for words in map(_in_words, contacts) if words]
        letter = letters.agreed(seen.party(other(side)).name, seen.request.listing.title, reached)
        _tell(session, bank, introduction, seen.party(side), letter, "agreed", act)


def withdraw(
    session: Session, bank: Bank, introduction_id: int, note: Note, act: Act
) -> Introduction:
    """Call an introduction off; whoever has heard of it is told, and the request is open again. A
    broker's to do. Raises WrongMoment."""
    require_broker(act.by)
    introduction = _under_way(session, bank, introduction_id, act.by)
    introduction.note = note.note
    _keep_step(session, introduction, IntroductionStepKind.CALLED_OFF, act)
    _call_off(session, bank, introduction, act)
    return introduction


def _call_off(session: Session, bank: Bank, introduction: Introduction, act: Act) -> None:
    """End it, and tell whoever has heard of it."""
    _end(session, introduction, IntroductionStatus.WITHDRAWN, act.now)
    seen = queries.seen(session, bank, [introduction])[0]
    for side in filter(introduction.asked, Side):
        letter = letters.withdrawn(seen.request.listing.title)
        _tell(session, bank, introduction, seen.party(side), letter, "withdrawn", act)


def follow_up(
    session: Session, bank: Bank, introduction_id: int, new: FollowUp, act: Act
) -> Introduction:
    """Ask how it went on another day, or not at all. A broker's to do. Raises WrongMoment,
    Invalid."""
    require_broker(act.by)
    on = new.follow_up_on
    if on is not None and on < local_date(act.now, bank.timezone):
        raise Invalid.on("follow_up_on", say("That day is past. Choose a later one."))
    introduction = _under_way(session, bank, introduction_id, act.by)
    _keep_step(session, introduction, IntroductionStepKind.PUT_OFF, act)
    introduction.follow_up_on = on
    session.flush()
    return introduction


def finish(
    session: Session, bank: Bank, introduction_id: int, outcome: Outcome, act: Act
) -> Introduction:
    """The help was given: the request is met. A broker's to do.

    The hours are an exchange of the two that is there already, or are logged here, in the same
    transaction, on the word of one of them (see `exchanges.service.log_new`, whose refusals are
    raised); with neither, the help went without hours. Raises WrongMoment, Invalid.
    """
    require_broker(act.by)
    introduction = _under_way(session, bank, introduction_id, act.by)
    request = skills.listing(session, bank, introduction.request_id)
    occurred_on, minutes = outcome.occurred_on, outcome.minutes
    exchange_id = outcome.exchange_id
    if exchange_id is None and (occurred_on is None) != (minutes is None):
        missing = "occurred_on" if occurred_on is None else "minutes"
        raise Invalid.on(
            missing, say("Say both when it was and how long it took, or leave both empty.")
        )
    if exchange_id is None and occurred_on is not None and minutes is not None:
        exchange_id = exchanges_service.log_new(
            session,
            bank,
            NewLog(
                giver_id=introduction.giver_id,
                receiver_id=introduction.receiver_id,
                occurred_on=occurred_on,
                minutes=minutes,
                title=request.title,
                skill=queries.skill_name(session, bank, request.skill_id),
                another=outcome.another,
            ),
            act,
        ).exchange.id
    elif exchange_id is not None:
        _check_hours(session, bank, introduction, exchange_id)
    introduction.exchange_id = exchange_id
    _keep_step(session, introduction, IntroductionStepKind.DONE, act)
    _end(session, introduction, IntroductionStatus.DONE, act.now)
    if request.status == ListingStatus.OPEN:
        skills_service.mark_met(session, bank, request.id, act)
    return introduction


def undo(session: Session, bank: Bank, introduction_id: int, act: Act) -> Introduction:
    """Take back what one of the staff did with an introduction last, if it was they: whoever was
    asked is told that it is off, a no waits for an answer again, the day to ask how it went is what
    it was, and what was done without hours is under way, its request open.

    What others have been told is not taken back from them: then, and where something else was done
    since, WrongMoment says so. Raises NotAllowed, AlreadyIntroduced.
    """
    require_broker(act.by)
    one_at_a_time(session, bank)
    introduction = queries.introduction(session, bank, introduction_id)
    session.refresh(introduction, with_for_update=True)
    of_it = IntroductionStep.introduction_id == introduction.id
    steps_taken = queries.steps_of(session, bank, of_it)
    if not steps_taken:
        raise WrongMoment(say("Nothing was done with it that can be undone."))
    step, stays = steps_taken[-1].step, steps_taken[-1].stays
    if stays is not None:
        raise WrongMoment(stays)
    if step.by != act.by.key:
        raise NotAllowed(say("Only the one who did it may undo it."))
    if step.step == IntroductionStepKind.ASKED:
        _call_off(session, bank, introduction, act)
    elif step.step == IntroductionStepKind.PUT_OFF:
        introduction.follow_up_on = step.was_on
    else:
        _go_on(session, bank, introduction, step, act)
    undone = _keep_step(session, introduction, IntroductionStepKind.UNDONE, act)
    undone.undoes_id = step.id
    session.flush()
    return introduction


def _go_on(
    session: Session, bank: Bank, introduction: Introduction, step: IntroductionStep, act: Act
) -> None:
    """What ended is under way again, as it was before, where the two could be introduced anew."""
    request_id = introduction.request_id
    sides = members.parties(session, bank, [introduction.giver_id, introduction.receiver_id])
    if meeting.between(session, bank, sides.keys()):
        raise WrongMoment(
            say("These two are kept apart by now. If it is meant, introduce them anew and say why.")
        )
    if any(side.closed for side in sides.values()):
        raise WrongMoment(say("One of them does not take part any more."))
    _refuse_if_taken(session, bank, request_id)
    met = skills.last_step(session, bank, request_id)
    if step.step == IntroductionStepKind.DONE and met is not None and met.at == step.at:
        skills_service.undo(session, bank, request_id, act)
    if skills.listing(session, bank, request_id).status != ListingStatus.OPEN:
        raise WrongMoment(say("The request is closed by now. Write a new one if it is wanted."))
    if step.side == Side.GIVER:
        introduction.giver_says = introduction.giver_said_by = None
    elif step.side == Side.RECEIVER:
        introduction.receiver_says = introduction.receiver_said_by = None
    agreed = introduction.giver_says == introduction.receiver_says == Says.YES
    introduction.status = IntroductionStatus.AGREED if agreed else IntroductionStatus.INTRODUCED
    introduction.ended_at, introduction.follow_up_on = None, step.was_on
    session.flush()


def _keep_step(
    session: Session,
    introduction: Introduction,
    kind: IntroductionStepKind,
    act: Act,
    side: Side | None = None,
) -> IntroductionStep:
    """Keep what is being done with an introduction, and when somebody was to ask how it went."""
    step = IntroductionStep(
        bank_id=introduction.bank_id,
        introduction_id=introduction.id,
        step=kind,
        side=side,
        was_on=introduction.follow_up_on,
        by=act.by.key,
        at=act.now,
    )
    session.add(step)
    return step


def call_off_all(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """End what is under way with somebody who goes, and tell the other side without naming who."""
    under_way = (Introduction.bank_id == bank.id, Introduction.status.in_(UNDER_WAY))
    rows = session.execute(
        select(Introduction).where(
            *under_way,
            (Introduction.giver_id == account_id) | (Introduction.receiver_id == account_id),
        )
    ).scalars()
    for introduction in rows.all():
        seen = queries.seen(session, bank, [introduction])[0]
        _end(session, introduction, IntroductionStatus.WITHDRAWN, act.now)
        across = Side.RECEIVER if seen.giver.account_id == account_id else Side.GIVER
        if introduction.asked(across):
            letter = letters.came_to_nothing(say("one of your introductions"))
            _tell(session, bank, introduction, seen.party(across), letter, "gone", act)


def set_weights(session: Session, bank: Bank, weights: Weights, act: Act) -> None:
    """Say how much each reason counts, 0 to 10. A coordinator's to do. Raises Invalid."""
    require_coordinator(act.by)
    rules.check_weights(weights)
    one_at_a_time(session, bank)
    session.execute(delete(MatchWeight).where(MatchWeight.bank_id == bank.id))
    usual = asdict(Weights())
    own = [
        {"bank_id": bank.id, "reason": name, "weight": weight}
        for name, weight in asdict(weights).items()
        if weight != usual[name]
    ]
    if own:
        session.execute(insert(MatchWeight), own)


def _check_hard_rules(
    session: Session, bank: Bank, request: Listing, new: NewIntroduction, today: date
) -> None:
    giver_id, offer_id = new.giver_id, new.offer_id
    helper = queries.helpers_of(session, bank, [giver_id], on=today, history=False).get(giver_id)
    if helper is None:
        raise NotFound(say("There is nobody of that account who could help."))
    wish, offer = queries.wish_of(session, bank, request, on=today), None
    if offer_id is not None:
        offer = skills.listing(session, bank, offer_id)
        if offer.kind != ListingKind.OFFER or offer.account_id != giver_id:
            raise Invalid.on(
                "offer_id",
                say(
                    "That is no offer of %(name)s’s. Choose one of theirs, or none.",
                    name=helper.name,
                ),
            )
        wish = queries.also_needs(wish, skills.shown(session, bank, [offer])[0])
    stands_in_the_way = rules.barred(wish, helper, on=today)
    if stands_in_the_way:
        raise CannotBeIntroduced(one_after_another(stands_in_the_way))
    if offer is not None and (offer.status != ListingStatus.OPEN or offer.ends_on < today):
        raise CannotBeIntroduced(
            say(
                "The offer “%(title)s” no longer stands. Choose another, or renew it first.",
                title=offer.title,
            )
        )


def _refuse_if_taken(session: Session, bank: Bank, request_id: int) -> None:
    """Raises AlreadyIntroduced, naming who was faster."""
    earlier = queries.under_way_for(session, bank, request_id)
    if earlier is None:
        return
    seen = queries.seen(session, bank, [earlier])[0]
    faster = members.who(session, bank, [earlier.by]).get(earlier.by, members.ITSELF)
    on = local_date(earlier.introduced_at, bank.timezone)
    raise AlreadyIntroduced(
        say(
            "%(faster)s has introduced %(name)s to %(name_2)s for this on %(on)s. Wait for what"
            " comes of it, or call that introduction off first.",
            faster=faster,
            name=seen.giver.name,
            name_2=seen.receiver.name,
            on=on,
        )
    )


def _check_hours(session: Session, bank: Bank, found: Introduction, exchange_id: int) -> None:
    hours = exchanges.exchange(session, bank, exchange_id)
    if (hours.giver_id, hours.receiver_id) != (
        found.giver_id,
        found.receiver_id,
    ) or hours.status in NO_LONGER_COUNTS:
        raise Invalid.on(
            "exchange_id",
            say("Those hours are not of these two, or do not count any more. Choose others."),
        )
    taken = select(Introduction.id).where(
        Introduction.bank_id == bank.id, Introduction.exchange_id == exchange_id
    )
    if session.execute(taken).first():
        raise Invalid.on(
            "exchange_id",
            say("Those hours belong to another introduction. Choose others, or log new ones."),
        )


def _under_way(session: Session, bank: Bank, introduction_id: int, by: Actor) -> Introduction:
    """The introduction, held until this transaction ends. Raises NotFound for those it is none of
    the business of."""
    queries.show(session, bank, introduction_id, by=by)
    introduction = queries.introduction(session, bank, introduction_id)
    session.refresh(introduction, with_for_update=True)
    if introduction.status not in UNDER_WAY:
        raise WrongMoment(_STANDS[introduction.status])
    return introduction


def _end(session: Session, found: Introduction, status: IntroductionStatus, now: datetime) -> None:
    found.status, found.ended_at, found.follow_up_on = status, now, None
    session.flush()


def _tell(
    session: Session,
    bank: Bank,
    found: Introduction,
    party: Party,
    letter: Letter,
    what: str,
    act: Act,
) -> None:
    cause = f"introduction:{found.id}:{what}"
    steps.tell_party(session, bank, party, letter, act, cause=cause, about=found.id)


def _in_words(contact: queries.Contact) -> str:
    reached = ", ".join(filter(None, [contact.phone, contact.email]))
    return f"{contact.name}: {reached}" if reached else ""
