"""What waits among the exchanges: for the staff, and for the word of a member."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.clock import local_date
from timebank.exchanges import queries, visits
from timebank.exchanges.models import Step
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import Side, Status, StepKind, undo_ends
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.room import (
    ROWS,
    Answer,
    Did,
    FirstPage,
    Line,
    Link,
    Person,
    Reach,
    Row,
    Urgency,
    Waiting,
)
from timebank.say import Said, Weekday, count, say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """What the staff have to see to."""
    looked_after = members.accounts_looked_after(bank, act.by.member_id) if reach.mine else None
    to_see_to = queries.to_see_to(
        session, bank, account_ids=looked_after, now=act.now, limit=reach.lines
    )
    on = local_date(act.now, bank.timezone)
    return [
        _unchecked(visits.unchecked(session, bank, account_ids=looked_after, on=on), reach.lines),
        _apart(bank, to_see_to.apart),
        _disputed(bank, to_see_to.disputed),
        _overdue(bank, to_see_to.overdue),
        _logged(to_see_to),
    ]


def did(session: Session, bank: Bank, since: datetime, act: Act, *, undo_minutes: int) -> list[Did]:
    """What one of the staff confirmed or settled, with the button that takes it back for as long as
    it is theirs to undo."""
    done: list[Did] = []
    for shown, step in queries.finished_by(session, bank, act.by.key, since=since):
        stays = _stays(step, act, undo_minutes)
        undo = None if stays else _page("undo", shown)
        done.append(Did(_finished(shown, step), step.at, _page("show", shown), undo, stays))
    return done


def _finished(shown: Shown, step: Step) -> Said:
    helped, time = _helped(shown), hours.words(shown.exchange.minutes or 0)
    if step.step == StepKind.DISMISSED:
        return say("%(helped)s: settled, and no hours move.", helped=helped)
    if step.step == StepKind.CONFIRMED:
        return say("%(helped)s, %(time)s: that’s right.", helped=helped, time=time)
    return say("%(helped)s: settled with %(time)s.", helped=helped, time=time)


def _stays(step: Step, act: Act, undo_minutes: int) -> Said | None:
    """Why one button does not take it back."""
    if step.step == StepKind.DISMISSED:
        return say("Both are told that it is over. If hours should move after all, log them again.")
    if act.now > undo_ends(step.at, undo_minutes):
        return say("The time to undo it is over. It can be taken back on its page, with a reason.")
    return None


def _unchecked(unchecked: visits.Unchecked, limit: int) -> Waiting:
    return Waiting(
        "unchecked",
        say("Visits for which a check is lacking"),
        say("without a check"),
        [_to_check(visit) for visit in unchecked.lacking[:limit]],
        len(unchecked.lacking),
        urgency=Urgency.NOW,
        closing=_untold(unchecked.untold) if unchecked.untold else None,
        place=15,
    )


def _to_check(visit: visits.Lacking) -> Line:
    shown = visit.shown
    return Line(
        say(
            # Translators: the checks are the bank's own names, such as "First aid certificate".
            "%(giver)s is to help %(receiver)s, and a check is lacking: %(checks)s.",
            giver=shown.giver.name,
            receiver=shown.receiver.name,
            checks=", ".join(kind.name for kind in visit.kinds),
        ),
        _page("show", shown),
        since=shown.exchange.planned_on,
        about=shown.exchange.title,
        answers=_to_look(shown),
        name=shown.exchange.title,
        who=_person(shown.giver),
    )


def _untold(visits: int) -> Said:
    return count(
        "%(n)s more visit names no skill, so nobody can tell whether it needs a check.",
        "%(n)s more visits name no skill, so nobody can tell whether they need a check.",
        visits,
    )


def _to_look(shown: Shown) -> list[Answer]:
    call_off = Answer(say("Call it off"), _page("cancel", shown))
    if shown.giver.member_id is None:
        return [call_off]
    file = Link("safeguarding.member", {"member_id": shown.giver.member_id})
    return [Answer(say("Look at the checks"), file, main=True), call_off]


def _apart(bank: Bank, exchanges: Some[Shown]) -> Waiting:
    return Waiting(
        "apart",
        say("Between two who are kept apart"),
        say("kept apart"),
        [_to_settle(bank, shown, shown.giver) for shown in exchanges.shown],
        exchanges.total,
        urgency=Urgency.NOW,
        place=35,
    )


def _disputed(bank: Bank, exchanges: Some[Shown]) -> Waiting:
    # Who objects stands across from whose word is awaited.
    return Waiting(
        "disputed",
        say("Something is wrong here"),
        say("something wrong"),
        [
            _to_settle(bank, shown, shown.other(_awaited(shown).account_id))
            for shown in exchanges.shown
        ],
        exchanges.total,
        urgency=Urgency.NOW,
        all=_all_of(Status.DISPUTED),
        place=40,
    )


def _to_settle(bank: Bank, shown: Shown, who: Party) -> Line:
    exchange, thinks = shown.exchange, shown.exchange.thought_minutes
    answers = [Answer(say("Settle it"), _page("show", shown), main=thinks is None)]
    title = _helped(shown)
    if thinks is not None:
        title = say(
            "Something is wrong: written down %(time)s, they say %(thinks)s.",
            time=hours.words(exchange.minutes or 0),
            thinks=hours.words(thinks),
        )
        right = say("%(time)s is right", time=hours.words(thinks))
        word = {"on_word_of": _awaited(shown).account_id, "channel": "phone"}
        answers.insert(0, Answer(right, _page("accept", shown), at_once=True, fields=word))
    return Line(
        title,
        _page("show", shown),
        since=exchange.occurred_on or local_date(exchange.proposed_at, bank.timezone),
        about=exchange.title,
        answers=answers,
        name=exchange.title,
        who=_person(who),
    )


def _overdue(bank: Bank, exchanges: Some[Shown]) -> Waiting:
    return Waiting(
        "overdue",
        count(
            "Past the waiting time of %(n)s day",
            "Past the waiting time of %(n)s days",
            bank.waiting_days,
        ),
        say("is this right?"),
        [_to_confirm(shown) for shown in exchanges.shown],
        exchanges.total,
        all=_all_of(Status.LOGGED),
        place=50,
    )


def _to_confirm(shown: Shown) -> Line:
    exchange, who = shown.exchange, _awaited(shown)
    word = {"on_word_of": who.account_id, "channel": "phone"}
    return Line(
        say(
            "Is this right? %(helped)s, %(time)s.",
            helped=_helped(shown),
            time=hours.words(exchange.minutes or 0),
        ),
        _page("show", shown),
        since=exchange.occurred_on,
        about=exchange.title,
        answers=[
            Answer(
                say("That’s right"), _page("confirm", shown), at_once=True, main=True, fields=word
            ),
            Answer(say("Not right"), _page("dispute", shown)),
        ],
        name=exchange.title,
        who=_person(who),
    )


def _logged(to_see_to: queries.ToSeeTo) -> Waiting:
    return Waiting(
        "logged",
        say("Waiting to be confirmed"),
        say("to be confirmed"),
        [],
        to_see_to.logged,
        all=_all_of(Status.LOGGED),
        place=90,
    )


def _all_of(status: Status) -> Answer:
    return Answer(say("See all"), Link("exchanges.index", {"status": str(status)}))


def _helped(shown: Shown) -> Said:
    if shown.receiver.kind == "chest":
        return say("%(giver)s helped the community chest", giver=shown.giver.name)
    return say(
        "%(giver)s helped %(receiver)s", giver=shown.giver.name, receiver=shown.receiver.name
    )


def _page(endpoint: str, shown: Shown) -> Link:
    return Link(f"exchanges.{endpoint}", {"exchange_id": shown.id})


def _awaited(shown: Shown) -> Party:
    # The table has it so of what is proposed, logged or disputed.
    return cast(Party, shown.awaited)


# ---- For a member ----


_STEPS = 4
"""Of an exchange, as dots: asked, agreed, done and logged, confirmed."""

_DONE = {Status.PROPOSED: 1, Status.AGREED: 2, Status.LOGGED: 3, Status.DISPUTED: 3}


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """What waits for the word of a member, or of somebody they act for; what is agreed, or waits
    for others; and of it what has a day to come."""
    accounts = members.accounts_acted_for(bank, act.by)
    own = queries.own(session, bank, accounts, by=act.by, limit=ROWS)
    today = local_date(act.now, bank.timezone)
    # Who waits for hours comes before what is still to be talked over.
    waiting = sorted(own.waiting.shown, key=lambda shown: shown.exchange.status != Status.LOGGED)
    return FirstPage(
        waiting=[_awaiting(bank, shown, act) for shown in waiting],
        waits=own.waiting.total,
        under_way=[_under_way(shown, act, today) for shown in own.under_way.shown],
        coming=[_to_come(shown, act) for shown in own.under_way.shown if _is_to_come(shown, today)],
        news=[_to_be_shown(shown, at, act) for shown, at in own.to_be_shown],
    )


def _to_be_shown(shown: Shown, at: datetime, act: Act) -> Row:
    they = _they(shown, act)
    return Row(
        say("%(name)s would like these thanks to be shown. May they be?", name=they.name),
        _page("show", shown),
        f"“{shown.exchange.thanks}”",
        who=_person(they),
        at=at,
    )


def _awaiting(bank: Bank, shown: Shown, act: Act) -> Line:
    title, answers = {
        Status.PROPOSED: (_proposed, _MAY_AGREE),
        Status.LOGGED: (_logged_so, _MAY_CONFIRM),
    }.get(shown.exchange.status, (_wrong, _MAY_LOOK))
    own = _awaited(shown).account_id == act.by.account_id
    thanks = shown.exchange.thanks
    if shown.exchange.thought_minutes is not None:
        title, answers = _thought, _MAY_ACCEPT
    return Line(
        title(bank, shown, act, own=own),
        _page("show", shown),
        about=f"“{thanks}”" if thanks and shown.exchange.status == Status.LOGGED else "",
        answers=[
            Answer(words, _page(endpoint, shown), at_once=at_once, main=place == 0)
            for place, (words, endpoint, at_once) in enumerate(answers)
        ],
        name=shown.exchange.title,
        who=_person(shown.other(_awaited(shown).account_id)),
    )


def _person(party: Party) -> Person:
    return Person(party.name, party.account_id, party.member_id)


_MAY_AGREE = [
    (say("Yes, let’s"), "agree", True),
    (say("Not this time"), "decline", False),
]
_MAY_CONFIRM = [
    (say("Yes, that’s right"), "confirm", True),
    (say("Not right"), "dispute", False),
]
_MAY_ACCEPT = [
    (say("Yes, that’s right"), "accept", True),
    (say("Talk it over"), "show", False),
]
_MAY_LOOK = [(say("See what they say"), "show", False)]


def _logged_so(bank: Bank, shown: Shown, act: Act, *, own: bool) -> Said:
    exchange, name = shown.exchange, _awaited(shown).name
    they = shown.other(_awaited(shown).account_id).name
    time, day, title = hours.words(exchange.minutes or 0), _day(bank, shown, act), exchange.title
    they_gave = exchange.waiting_for == Side.RECEIVER
    if they_gave and own:
        return say(
            "%(they)s gave you %(time)s on %(day)s: %(title)s.",
            they=they,
            time=time,
            day=day,
            title=title,
        )
    if they_gave:
        return say(
            "%(they)s gave %(name)s %(time)s on %(day)s: %(title)s.",
            name=name,
            they=they,
            time=time,
            day=day,
            title=title,
        )
    if own:
        return say(
            "You gave %(they)s %(time)s on %(day)s: %(title)s.",
            they=they,
            time=time,
            day=day,
            title=title,
        )
    return say(
        "%(name)s gave %(they)s %(time)s on %(day)s: %(title)s.",
        name=name,
        they=they,
        time=time,
        day=day,
        title=title,
    )


def _proposed(bank: Bank, shown: Shown, act: Act, *, own: bool) -> Said:
    exchange, name = shown.exchange, _awaited(shown).name
    they = shown.other(_awaited(shown).account_id).name
    what: str | Said = exchange.title
    if exchange.planned_on is not None:
        # Translators: some help, and the day for which it is proposed.
        what = say("%(title)s, on %(day)s", title=exchange.title, day=_day(bank, shown, act))
    they_give = exchange.waiting_for == Side.RECEIVER
    if they_give and own:
        return say("%(they)s would like to help you: %(what)s.", they=they, what=what)
    if they_give:
        return say(
            "%(they)s would like to help %(name)s: %(what)s.", they=they, name=name, what=what
        )
    if own:
        return say("%(they)s asks for your help: %(what)s.", they=they, what=what)
    return say("%(they)s asks for the help of %(name)s: %(what)s.", they=they, name=name, what=what)


def _wrong(bank: Bank, shown: Shown, act: Act, *, own: bool) -> Said:
    return say(
        "Not right, says %(they)s: %(time)s on %(day)s, %(title)s.",
        they=shown.other(_awaited(shown).account_id).name,
        time=hours.words(shown.exchange.minutes or 0),
        day=_day(bank, shown, act),
        title=shown.exchange.title,
    )


def _thought(bank: Bank, shown: Shown, act: Act, *, own: bool) -> Said:
    return say(
        "%(they)s thinks it was %(thinks)s, not %(time)s, on %(day)s: %(title)s.",
        they=shown.other(_awaited(shown).account_id).name,
        thinks=hours.words(shown.exchange.thought_minutes or 0),
        time=hours.words(shown.exchange.minutes or 0),
        day=_day(bank, shown, act),
        title=shown.exchange.title,
    )


def _day(bank: Bank, shown: Shown, act: Act) -> Weekday | str:
    on = shown.exchange.occurred_on or shown.exchange.planned_on
    return Weekday(on, local_date(act.now, bank.timezone)) if on is not None else ""


def _under_way(shown: Shown, act: Act, today: date) -> Row:
    exchange, they = shown.exchange, _they(shown, act)
    if exchange.status == Status.LOGGED:
        about = say("Waits for %(name)s", name=_awaited(shown).name)
    elif exchange.status != Status.AGREED:
        about = shown.standing(act.by.account_id)
    elif exchange.planned_on is None:
        about = say("With %(name)s, on a day you agree on", name=they.name)
    elif exchange.planned_on < today:
        about = say("With %(name)s. Next: log the time", name=they.name)
    else:
        about = say("With %(name)s", name=they.name)
    return Row(
        exchange.title,
        _page("show", shown),
        about,
        who=_person(they),
        done=_DONE[exchange.status],
        steps=_STEPS,
    )


def _is_to_come(shown: Shown, today: date) -> bool:
    exchange = shown.exchange
    on = exchange.planned_on
    return exchange.status == Status.AGREED and on is not None and on >= today


def _to_come(shown: Shown, act: Act) -> Row:
    they = _they(shown, act).name
    return Row(
        shown.exchange.title,
        _page("show", shown),
        say("With %(name)s", name=they),
        at=shown.exchange.planned_on,
    )


def _they(shown: Shown, act: Act) -> Party:
    """Who is across from the reader; of somebody they act for, the one who gives."""
    own = act.by.account_id
    return shown.other(own) if own is not None and shown.side(own) else shown.giver
