"""Introductions and weights: one function per step. The caller commits.

`now` is UTC and `by` whoever does it. Every function raises NotFound for what is not in the bank,
and NotAllowed when it is not `by`'s to do.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.exchanges import steps
from timebank.exchanges.rules import CHANNELS, NO_LONGER_COUNTS, NewLog
from timebank.matching import letters, queries, rules
from timebank.matching.errors import AlreadyIntroduced, CannotBeIntroduced, WrongMoment
from timebank.matching.models import Introduction, MatchWeight
from timebank.matching.queries import Seen
from timebank.matching.rules import UNDER_WAY
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.members.rules import require_broker, require_coordinator
from timebank.notices.rules import Letter
from timebank.say import one_after_another, say
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing

_STANDS = {
    "declined": "One of the two has said no to this already.",
    "withdrawn": "This introduction was called off already.",
    "done": "This was done already.",
}


def introduce(
    session: Session,
    bank: Bank,
    request_id: int,
    act: Act,
    *,
    giver_id: int,
    offer_id: int | None = None,
    channel: str = "phone",
    follow_up_on: date | None = None,
) -> Introduction:
    """Put two people in touch over a request: both are told, with how to reach the other. A
    broker's to do.

    `giver_id` is an account, `offer_id` the offer that answers the request, `follow_up_on` the day
    to ask how it went (a week from today unless it is said). One introduction at a time holds a
    request: whoever comes second waits here, and gets AlreadyIntroduced with the name of who was
    faster. Nobody leaves, or comes to be kept apart from the other, meanwhile. Raises
    CannotBeIntroduced with every hard rule that stands in the way, Invalid.
    """
    require_broker(act.by)
    today = local_date(act.now, bank.timezone)
    one_at_a_time(session, bank)
    request = _locked(session, bank, request_id)
    if request.kind != "request":
        raise Invalid.on(
            "request",
            say("People are introduced over a request. Choose one, or write it down first."),
        )
    if channel not in CHANNELS:
        raise Invalid.on(
            "channel", say("Choose one of: %(channels)s.", channels=", ".join(CHANNELS))
        )
    if follow_up_on is not None and follow_up_on < today:
        raise Invalid.on("follow_up_on", say("That day is past. Choose a later one."))
    _refuse_if_taken(session, bank, request.id)
    _check_hard_rules(session, bank, request, giver_id, offer_id, today)
    made = Introduction(
        bank_id=bank.id,
        request_id=request.id,
        offer_id=offer_id,
        giver_id=giver_id,
        receiver_id=request.account_id,
        status="introduced",
        by=act.by.key,
        channel=channel,
        introduced_at=act.now,
        follow_up_on=follow_up_on or queries.default_follow_up(bank, act.now),
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:
        # Whoever was faster has committed by now, and can be named.
        _refuse_if_taken(session, bank, request.id)
        raise
    seen = queries.seen(session, bank, [made])[0]
    for side, other in (("giver", "receiver"), ("receiver", "giver")):
        reached = [_in_words(one) for one in queries.contacts_of(session, bank, seen.party(other))]
        letter = letters.introduced(
            side, seen.party(other).name, request.title, [words for words in reached if words]
        )
        _tell(session, bank, made, seen.party(side), letter, "introduced", act)
    return made


def answer(
    session: Session, bank: Bank, introduction_id: int, act: Act, *, side: str, says: str
) -> Introduction:
    """One side says yes or no; `side` is giver or receiver. Their own to say, of those who act for
    them, of a broker on their word. Nobody is asked for a reason.

    When both say yes it is agreed. A no ends it, even after a yes; the request is open again, and
    the other side is told kindly that nothing came of it. Raises WrongMoment, Invalid.
    """
    found = _under_way(session, bank, introduction_id, act.by)
    if side not in ("giver", "receiver"):
        raise Invalid.on("side", say("Choose one of: giver, receiver."))
    if says not in ("yes", "no"):
        raise Invalid.on("says", say("Choose yes or no."))
    seen = queries.seen(session, bank, [found])[0]
    party, other = seen.party(side), seen.party("receiver" if side == "giver" else "giver")
    if not act.by.is_broker and party.account_id not in members.may_act_for(session, bank, act.by):
        raise NotAllowed(
            say(
                "Only %(name)s, those who act for them, and brokers on their word may answer this.",
                name=party.name,
            )
        )
    before = found.giver_says if side == "giver" else found.receiver_says
    if before == says:
        return found
    if side == "giver":
        found.giver_says, found.giver_said_by = says, act.by.key
    else:
        found.receiver_says, found.receiver_said_by = says, act.by.key
    title = seen.request.listing.title
    if says == "no":
        _end(session, found, "declined", act.now)
        _tell(session, bank, found, other, letters.came_to_nothing(title), "declined", act)
        return found
    if found.giver_says == found.receiver_says == "yes":
        found.status = "agreed"
    session.flush()
    _tell(
        session,
        bank,
        found,
        other,
        letters.said_yes(party.name, title),
        f"{side}_yes",
        act,
    )
    return found


def withdraw(
    session: Session, bank: Bank, introduction_id: int, act: Act, *, note: str = ""
) -> Introduction:
    """Call an introduction off; both are told, and the request is open again. A broker's to do.
    Raises WrongMoment."""
    require_broker(act.by)
    found = _under_way(session, bank, introduction_id, act.by)
    found.note = note
    _end(session, found, "withdrawn", act.now)
    _tell_both(session, bank, found, act)
    return found


def follow_up(
    session: Session, bank: Bank, introduction_id: int, act: Act, *, on: date | None
) -> Introduction:
    """Ask how it went on another day; None: not at all. A broker's to do. Raises WrongMoment,
    Invalid."""
    require_broker(act.by)
    if on is not None and on < local_date(act.now, bank.timezone):
        raise Invalid.on("follow_up_on", say("That day is past. Choose a later one."))
    found = _under_way(session, bank, introduction_id, act.by)
    found.follow_up_on = on
    session.flush()
    return found


def finish(
    session: Session,
    bank: Bank,
    introduction_id: int,
    act: Act,
    *,
    exchange_id: int | None = None,
    occurred_on: date | None = None,
    minutes: int | None = None,
) -> Introduction:
    """The help was given: the request is met. A broker's to do.

    The hours are an exchange of the two that is there already (`exchange_id`), or are logged here,
    in the same transaction, on the word of one of them (`occurred_on`, `minutes`, `word`, see
    `exchanges.service.log_new`, whose refusals are raised); with neither, the help went without
    hours. Raises WrongMoment, Invalid.
    """
    require_broker(act.by)
    found = _under_way(session, bank, introduction_id, act.by)
    request = skills.listing(session, bank, found.request_id)
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
                giver_id=found.giver_id,
                receiver_id=found.receiver_id,
                occurred_on=occurred_on,
                minutes=minutes,
                title=request.title,
                skill=queries.skill_name(session, bank, request.skill_id),
            ),
            act,
        ).exchange.id
    elif exchange_id is not None:
        _check_hours(session, bank, found, exchange_id)
    found.exchange_id = exchange_id
    _end(session, found, "done", act.now)
    if request.status == "open":
        skills_service.mark_met(session, bank, request.id, act)
    return found


def call_off_all(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """End what is under way with somebody who goes, and tell the other side without naming who."""
    theirs = (Introduction.bank_id == bank.id, Introduction.status.in_(UNDER_WAY))
    rows = session.execute(
        select(Introduction).where(
            *theirs,
            (Introduction.giver_id == account_id) | (Introduction.receiver_id == account_id),
        )
    ).scalars()
    for found in rows.all():
        seen = queries.seen(session, bank, [found])[0]
        _end(session, found, "withdrawn", act.now)
        other = seen.receiver if seen.giver.account_id == account_id else seen.giver
        title = say("one of your introductions")
        _tell(session, bank, found, other, letters.came_to_nothing(title), "gone", act)


def set_weights(session: Session, bank: Bank, weights: Mapping[str, int], *, by: Actor) -> None:
    """Say how much each reason counts, 0 to 10; reasons that are left out count as banks begin
    with. A coordinator's to do.

    Raises Invalid.
    """
    require_coordinator(by)
    rules.check_weights(weights)
    one_at_a_time(session, bank)
    session.execute(delete(MatchWeight).where(MatchWeight.bank_id == bank.id))
    own = [
        {"bank_id": bank.id, "reason": name, "weight": weight}
        for name, weight in weights.items()
        if weight != rules.WEIGHTS[name]
    ]
    if own:
        session.execute(insert(MatchWeight), own)


def _check_hard_rules(
    session: Session, bank: Bank, request: Listing, giver_id: int, offer_id: int | None, today: date
) -> None:
    helper = queries.helpers_of(session, bank, [giver_id], on=today, history=False).get(giver_id)
    if helper is None:
        raise NotFound(say("There is nobody of that account who could help."))
    wish, offer = queries.wish_of(session, bank, request, on=today), None
    if offer_id is not None:
        offer = skills.listing(session, bank, offer_id)
        if offer.kind != "offer" or offer.account_id != giver_id:
            raise Invalid.on(
                "offer_id",
                say(
                    "That is no offer of %(name)s’s. Choose one of theirs, or none.",
                    name=helper.name,
                ),
            )
        wish = queries.also_needs(wish, skills.shown(session, bank, [offer])[0])
    apart = members.kept_apart(session, bank, [wish.member_id]) if wish.member_id else set()
    stands_in_the_way = rules.barred(
        wish, helper, apart=(wish.member_id, helper.member_id) in apart, on=today
    )
    if stands_in_the_way:
        raise CannotBeIntroduced(one_after_another(stands_in_the_way))
    if offer is not None and (offer.status != "open" or offer.ends_on < today):
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


def _locked(session: Session, bank: Bank, listing_id: int) -> Listing:
    """The listing as it is now, held until this transaction ends."""
    listing = skills.listing(session, bank, listing_id)
    session.refresh(listing, with_for_update=True)
    return listing


def _under_way(session: Session, bank: Bank, introduction_id: int, by: Actor) -> Introduction:
    """The introduction, held until this transaction ends. Raises NotFound for those it is none of
    the business of."""
    queries.show(session, bank, introduction_id, by=by)
    found = queries.introduction(session, bank, introduction_id)
    session.refresh(found, with_for_update=True)
    if found.status not in UNDER_WAY:
        raise WrongMoment(
            say("%(stands)s Nothing more can be done about it.", stands=_STANDS[found.status])
        )
    return found


def _end(session: Session, found: Introduction, status: str, now: datetime) -> None:
    found.status, found.ended_at, found.follow_up_on = status, now, None
    session.flush()


def _tell_both(session: Session, bank: Bank, found: Introduction, act: Act) -> None:
    seen: Seen = queries.seen(session, bank, [found])[0]
    for party in (seen.giver, seen.receiver):
        letter = letters.withdrawn(seen.request.listing.title)
        _tell(session, bank, found, party, letter, "withdrawn", act)


def _tell(
    session: Session,
    bank: Bank,
    found: Introduction,
    party: Party,
    letter: Letter,
    what: str,
    act: Act,
) -> None:
    steps.tell_party(session, bank, party, letter, act, cause=f"introduction:{found.id}:{what}")


def _in_words(contact: queries.Contact) -> str:
    reached = ", ".join(filter(None, [contact.phone, contact.email]))
    return f"{contact.name}: {reached}" if reached else ""
