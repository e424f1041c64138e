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
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import Side, Status
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.room import (
    LINES,
    ROWS,
    Answer,
    Cell,
    FirstPage,
    Line,
    Link,
    Person,
    Place,
    Row,
    Time,
    Waiting,
)
from timebank.say import Said, Weekday, count, say


def waiting(session: Session, bank: Bank, place: Place, act: Act) -> Sequence[Waiting]:
    """What the staff have to see to."""
    looked_after = (
        members.accounts_looked_after(bank, act.by.member_id) if place == Place.CASELOAD else None
    )
    to_see_to = queries.to_see_to(session, bank, account_ids=looked_after, now=act.now, limit=LINES)
    on = local_date(act.now, bank.timezone)
    return [
        _unchecked(visits.unchecked(session, bank, account_ids=looked_after, on=on), LINES),
        _apart(to_see_to.apart),
        _disputed(to_see_to.disputed),
        _overdue(bank, to_see_to.overdue),
        _logged(to_see_to),
    ]


def _unchecked(found: visits.Unchecked, limit: int) -> Waiting:
    lines = [
        Line(
            one.shown.exchange.title,
            _page("show", one.shown),
            cells=[
                one.shown.giver.name,
                one.shown.receiver.name,
                ", ".join(kind.name for kind in one.kinds),
            ],
            answers=_to_look(one.shown),
        )
        for one in found.lacking[:limit]
    ]
    return Waiting(
        "unchecked",
        say("Visits for which a check is lacking"),
        say("visits without a check"),
        lines,
        len(found.lacking),
        columns=[say("What"), say("Who is to help"), say("Whom"), say("Lacking")],
        closing=_untold(found.untold) if found.untold else None,
        place=15,
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


def _apart(exchanges: Some[Shown]) -> Waiting:
    return Waiting(
        "apart",
        say("Between two who are kept apart"),
        say("between two who are kept apart"),
        [_line(shown, say("Settle it"), shown.giver) for shown in exchanges.shown],
        exchanges.total,
        columns=[say("Who helped whom"), say("When"), say("Hours"), say("Who gave")],
        place=35,
    )


def _disputed(exchanges: Some[Shown]) -> Waiting:
    # Who objects stands across from whose word is awaited.
    lines = [
        _line(shown, say("Settle it"), shown.other(_awaited(shown).account_id))
        for shown in exchanges.shown
    ]
    return Waiting(
        "disputed",
        say("Something is wrong here"),
        say("where something is wrong"),
        lines,
        exchanges.total,
        columns=[say("Who helped whom"), say("When"), say("Hours"), say("Who objects")],
        all=_rest(exchanges, Status.DISPUTED),
        place=40,
    )


def _overdue(bank: Bank, exchanges: Some[Shown]) -> Waiting:
    lines = [_line(shown, say("Ask, and confirm"), _awaited(shown)) for shown in exchanges.shown]
    return Waiting(
        "overdue",
        count(
            "Past the waiting time of %(n)s day",
            "Past the waiting time of %(n)s days",
            bank.waiting_days,
        ),
        say("past the waiting time"),
        lines,
        exchanges.total,
        columns=[say("Who helped whom"), say("When"), say("Hours"), say("Waits for")],
        all=_rest(exchanges, Status.LOGGED),
        place=50,
    )


def _logged(to_see_to: queries.ToSeeTo) -> Waiting:
    return Waiting(
        "logged",
        say("Waiting to be confirmed"),
        say("waiting to be confirmed"),
        [],
        to_see_to.logged,
        all=_all_of(Status.LOGGED),
        place=90,
    )


def _rest(exchanges: Some[Shown], status: Status) -> Answer | None:
    return _all_of(status) if exchanges.total > len(exchanges.shown) else None


def _all_of(status: Status) -> Answer:
    return Answer(say("See all"), Link("exchanges.index", {"status": str(status)}))


def _line(shown: Shown, answer: Said, who: Party) -> Line:
    exchange, page = shown.exchange, _page("show", shown)
    if shown.receiver.kind == "chest":
        helped = say("%(giver)s helped the community chest", giver=shown.giver.name)
    else:
        helped = say(
            "%(giver)s helped %(receiver)s", giver=shown.giver.name, receiver=shown.receiver.name
        )
    on: Cell = exchange.occurred_on or ""
    return Line(
        helped,
        page,
        about=exchange.title,
        cells=[on, Time(exchange.minutes or 0), who.name],
        answers=[Answer(answer, page)],
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
