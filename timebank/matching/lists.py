"""What waits in matching: requests that nobody is introduced for, and introductions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.clock import local_date
from timebank.exchanges.rules import Side, other
from timebank.matching import queries, rules
from timebank.matching.models import Introduction
from timebank.matching.queries import Seen
from timebank.matching.rules import IntroductionStepKind, Says
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
    Waiting,
)
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.lists import holder
from timebank.skills.models import Listing
from timebank.skills.queries import Shown

LONG = timedelta(days=7)
"""After so long without anybody a request is late."""


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """Whom to find somebody for, and whom to ask."""
    on, limit, broker_id = local_date(act.now, bank.timezone), reach.lines, act.by.member_id
    of_listings = [skills.in_hands_of(bank, broker_id)] if reach.mine else []
    of_introductions = [queries.in_hands_of(bank, broker_id)] if reach.mine else []
    requests = queries.nobody_yet(session, bank, *of_listings, on=on, limit=limit)
    before = act.now - rules.NO_ANSWER
    to_hear_of = queries.to_hear_of(
        session, bank, *of_introductions, on=on, before=before, limit=limit
    )
    return [
        _requests(bank, requests, on),
        _unanswered(bank, to_hear_of.unanswered, on),
        _follow_ups(to_hear_of.follow_ups, on),
    ]


def did(session: Session, bank: Bank, since: datetime, act: Act) -> list[Did]:
    """What one of the staff did with introductions, with the button that takes it back, or why
    there is none."""
    return [
        Did(
            _done(done),
            done.step.at,
            _page(done.seen.introduction),
            None
            if done.stays
            else Link("matching.undo", {"introduction_id": done.step.introduction_id}),
            done.stays,
        )
        for done in queries.steps_by(session, bank, act.by.key, since=since)
    ]


def _done(done: queries.Step) -> Said:
    step, seen = done.step, done.seen
    giver, receiver = seen.giver.name, seen.receiver.name
    if step.side is not None:
        who, across = seen.party(step.side).name, seen.party(other(step.side)).name
        if step.step == IntroductionStepKind.YES:
            return say("%(who)s says yes to meeting %(across)s.", who=who, across=across)
        return say("%(who)s says no to meeting %(across)s.", who=who, across=across)
    return _DONE[step.step](giver, receiver)


_DONE: Mapping[IntroductionStepKind, Callable[[str, str], Said]] = {
    IntroductionStepKind.ASKED: lambda giver, receiver: say(
        "%(giver)s is asked to help %(receiver)s.", giver=giver, receiver=receiver
    ),
    IntroductionStepKind.PUT_OFF: lambda giver, receiver: say(
        "%(giver)s helps %(receiver)s: asked about another day.", giver=giver, receiver=receiver
    ),
    IntroductionStepKind.CALLED_OFF: lambda giver, receiver: say(
        "%(giver)s helps %(receiver)s: called off.", giver=giver, receiver=receiver
    ),
    IntroductionStepKind.DONE: lambda giver, receiver: say(
        "%(giver)s helped %(receiver)s: it is done.", giver=giver, receiver=receiver
    ),
}


def _requests(bank: Bank, requests: Some[Shown], on: date) -> Waiting:
    lines: list[Line] = []
    for shown in requests.shown:
        asked_on = local_date(shown.listing.posted_at, bank.timezone)
        page = Link("matching.show", {"listing_id": shown.listing.id})
        lines.append(
            Line(
                say("Wanted: %(title)s", title=shown.listing.title),
                page,
                since=asked_on,
                about=_needs(shown),
                answers=[Answer(say("Who could help?"), page, main=True)],
                name=shown.listing.title,
                who=holder(shown),
                late=asked_on + LONG < on,
            )
        )
    return Waiting(
        "requests",
        say("Nobody has these yet"),
        say("nobody yet"),
        lines,
        requests.total,
        all=Answer(say("See who could help with each"), Link("matching.board")),
        place=10,
    )


def _needs(shown: Shown) -> Said | str:
    if not shown.needs:
        return ""
    names = ", ".join(kind.name for kind in sorted(shown.needs))
    # Translators: the bank's own names for its checks, such as "First aid certificate".
    return say("Needs: %(checks)s", checks=names)


def _unanswered(bank: Bank, introductions: Some[Seen], on: date) -> Waiting:
    return Waiting(
        "unanswered",
        say("May we introduce them?"),
        say("may we introduce?"),
        [_to_ask(bank, seen) for seen in introductions.shown],
        introductions.total,
        place=20,
    )


def _to_ask(bank: Bank, seen: Seen) -> Line:
    """Who is asked next: the one who would help, and once they have said yes the other."""
    row = seen.introduction
    side = Side.GIVER if row.giver_says is None else Side.RECEIVER
    who, across = seen.party(side), seen.party(other(side))
    page = Link("matching.answer", {"introduction_id": row.id, "side": str(side)})
    post = Link("matching.answer", {"introduction_id": row.id})
    no: dict[str, int | str] = {"side": str(side), "says": str(Says.NO)}
    # They are on the telephone: by that they can be reached.
    yes: dict[str, int | str] = {"side": str(side), "says": str(Says.YES), "phone": "yes"}
    return Line(
        say("May we introduce you to %(name)s?", name=across.name),
        _page(row),
        since=local_date(row.introduced_at, bank.timezone),
        about=seen.request.listing.title,
        answers=[
            Answer(say("Yes, by telephone"), post, at_once=True, main=True, fields=yes),
            Answer(say("Yes, another way"), page),
            Answer(say("No", context="to being introduced"), post, at_once=True, fields=no),
        ],
        name=seen.request.listing.title,
        who=_person(who),
    )


def _follow_ups(introductions: Some[Seen], on: date) -> Waiting:
    return Waiting(
        "follow-ups",
        say("How did it go?"),
        say("how did it go?"),
        [_to_follow_up(seen, on) for seen in introductions.shown],
        introductions.total,
        place=30,
    )


def _to_follow_up(seen: Seen, on: date) -> Line:
    row, due = seen.introduction, seen.introduction.follow_up_on
    again: dict[str, int | str] = {"follow_up_on": (on + rules.FOLLOW_UP).isoformat()}
    later = Link("matching.follow_up", {"introduction_id": row.id})
    done = Link("matching.finish", {"introduction_id": row.id})
    return Line(
        say(
            "How did it go? %(giver)s helps %(receiver)s.",
            giver=seen.giver.name,
            receiver=seen.receiver.name,
        ),
        _page(row),
        since=due,
        about=seen.request.listing.title,
        answers=[
            Answer(say("It is done"), done, main=True),
            Answer(say("Ask in a week"), later, at_once=True, fields=again),
        ],
        name=seen.request.listing.title,
        who=_person(seen.receiver),
        late=due is not None and due < on,
    )


def _page(introduction: Introduction) -> Link:
    return Link("matching.introduction", {"introduction_id": introduction.id})


# ---- For a member ----

_STEPS = 4
"""As of an exchange, which comes of it: asked, agreed, done and logged, confirmed."""


def first_page(session: Session, bank: Bank, act: Act) -> FirstPage:
    """Whom a member, or somebody they act for, is introduced to; and what they have asked for and
    nobody has been found for."""
    accounts = members.accounts_acted_for(bank, act.by)
    today = local_date(act.now, bank.timezone)
    waiting, answered = queries.introduced(session, bank, accounts, limit=ROWS)
    asked = queries.asked_for(session, bank, accounts, on=today, limit=ROWS)
    us = bank.contact_name or say("the broker")
    return FirstPage(
        waiting=[_for_your_word(seen, act) for seen in waiting.shown],
        waits=waiting.total,
        under_way=[
            *(_answered(seen, act) for seen in answered.shown),
            *(_asked_for(listing, us, introduced=introduced) for listing, introduced in asked),
        ],
    )


def _for_your_word(seen: Seen, act: Act) -> Line:
    row, title = seen.introduction, seen.request.listing.title
    side = next((side for side in Side if seen.party(side).account_id == act.by.account_id), None)
    yes = Answer(
        say("Yes, let’s"),
        Link("matching.answer", {"introduction_id": row.id, "side": str(side)}),
        main=True,
    )
    return Line(
        _who_could_help(seen, act.by.account_id),
        _page(row),
        about=title,
        answers=[*([yes] if side else []), Answer(say("See more"), _page(row))],
        name=title,
        who=_person(_across(seen, act)),
    )


def _answered(seen: Seen, act: Act) -> Row:
    they = _across(seen, act)
    return Row(
        seen.request.listing.title,
        _page(seen.introduction),
        say("%(name)s is asked", name=they.name),
        who=_person(they),
        done=1,
        steps=_STEPS,
    )


def _asked_for(listing: Listing, us: str | Said, *, introduced: bool) -> Row:
    return Row(
        listing.title,
        Link("directory.show", {"listing_id": listing.id}),
        say("%(us)s is asking somebody", us=us) if introduced else say("Nobody has it yet"),
        icon="find",
        done=1,
        steps=_STEPS,
    )


def _across(seen: Seen, act: Act) -> Party:
    return seen.receiver if seen.giver.account_id == act.by.account_id else seen.giver


def _person(party: Party) -> Person:
    return Person(party.name, party.account_id, party.member_id)


def _who_could_help(seen: Seen, reader_id: int | None) -> Said:
    giver, receiver = seen.giver, seen.receiver
    if giver.account_id == reader_id:
        return say("You could help %(receiver)s. Would you?", receiver=receiver.name)
    if receiver.account_id == reader_id:
        return say("%(giver)s would help you. Is that all right?", giver=giver.name)
    return say("%(giver)s could help %(receiver)s", giver=giver.name, receiver=receiver.name)
