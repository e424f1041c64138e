"""What people are told about an exchange, in the words of a neighbour. Pure: names, minutes and
days in, a letter out.

The giver and the receiver read different sentences: what is added to one is taken off the other.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from timebank import hours
from timebank.exchanges.rules import Side
from timebank.say import Said, Weekday, say


class Letter(NamedTuple):
    """Subject and body of a notice."""

    subject: Said
    body: Said


def proposed(to: Side, name: str, title: str, planned_on: date | None) -> Letter:
    day = None if planned_on is None else Weekday(planned_on)
    if to == Side.GIVER:
        return Letter(
            say("%(name)s asks for your help", name=name),
            say(
                "%(name)s asks for your help: %(title)s. Is that all right? Say yes or no on your"
                " first page.",
                name=name,
                title=title,
            )
            if day is None
            else say(
                "%(name)s asks for your help: %(title)s, on %(day)s. Is that all right? Say yes or"
                " no on your first page.",
                name=name,
                title=title,
                day=day,
            ),
        )
    return Letter(
        say("%(name)s offers to help you", name=name),
        say(
            "%(name)s offers to help you: %(title)s. Is that all right? Say yes or no on your"
            " first page.",
            name=name,
            title=title,
        )
        if day is None
        else say(
            "%(name)s offers to help you: %(title)s, on %(day)s. Is that all right? Say yes or no"
            " on your first page.",
            name=name,
            title=title,
            day=day,
        ),
    )


def agreed(name: str, title: str) -> Letter:
    return Letter(
        say("%(name)s said yes", name=name),
        say(
            "%(name)s said yes: %(title)s. Afterwards, one of you logs the hours.",
            name=name,
            title=title,
        ),
    )


def declined(name: str, title: str, note: str) -> Letter:
    return Letter(
        say("%(name)s said no this time", name=name),
        _with(note, say("%(name)s said no this time: %(title)s.", name=name, title=title)),
    )


def cancelled(name: str, title: str, note: str) -> Letter:
    return Letter(
        say("Called off: %(title)s", title=title),
        _with(
            note,
            say("%(name)s called this off: %(title)s. No hours move.", name=name, title=title),
        ),
    )


def logged(to: Side, name: str, title: str, minutes: int, on: date, thanks: str) -> Letter:
    return Letter(
        say("Is this right? %(time)s with %(name)s", time=hours.words(minutes), name=name),
        _with(thanks, _claim(to, name, title, minutes, on)),
    )


def confirmed(
    to: Side, name: str, title: str, minutes: int, *, on_nobodys_word: bool = False
) -> Letter:
    what = (
        say("Nobody objected in the waiting time, so this counts as right: %(title)s.", title=title)
        if on_nobodys_word
        else say("%(name)s said “that’s right”: %(title)s.", name=name, title=title)
    )
    return Letter(
        say("%(time)s with %(name)s: confirmed", time=hours.words(minutes), name=name),
        _then(what, _moved(to, minutes)),
    )


def disputed(name: str, title: str, note: str) -> Letter:
    body = say(
        "%(name)s says that something is wrong: %(title)s. Log it again as it was, call it off, or"
        " talk it over.",
        name=name,
        title=title,
    )
    return Letter(say("%(name)s says something is wrong", name=name), _with(note, body))


def disputed_for_brokers(name: str, exchange: Said, note: str) -> Letter:
    """`exchange` is what it is about, as a `line`."""
    return Letter(
        say("To settle: %(name)s says something is wrong", name=name),
        _with(
            note,
            # Translators: `exchange` is "Ana gave Ben 1 hour on Thursday 12 November: Hedge".
            say(
                "%(exchange)s. %(name)s says that this is wrong.",
                exchange=exchange,
                name=name,
            ),
        ),
    )


def slip_entered(slip: str, exchange: Said) -> Letter:
    """`exchange` is what the slip says, as a `line`."""
    return Letter(
        say("Slip %(slip)s is entered", slip=slip),
        # Translators: `exchange` is "Ana gave Ben 1 hour on Thursday 12 November: Hedge".
        say(
            "The paper slip you signed is in the books: %(exchange)s. If that is not right, tell"
            " your broker.",
            exchange=exchange,
        ),
    )


def settled(to: Side, name: str, title: str, minutes: int, note: str) -> Letter:
    return Letter(
        say("Settled: %(time)s with %(name)s", time=hours.words(minutes), name=name),
        _with(note, _then(_settled(name, title), _moved(to, minutes))),
    )


def dismissed(name: str, title: str, note: str) -> Letter:
    return Letter(
        say("Settled: no hours move between you and %(name)s", name=name),
        _with(note, _then(_settled(name, title), say("No hours move."))),
    )


def taken_back(name: str, title: str, minutes: int, on: date, note: str) -> Letter:
    body = say(
        "Hours with %(name)s on %(day)s were taken back: %(title)s, %(time)s. They are where they"
        " were before.",
        name=name,
        day=Weekday(on),
        title=title,
        time=hours.words(minutes),
    )
    return Letter(
        say("Taken back: %(time)s with %(name)s", time=hours.words(minutes), name=name),
        _with(note, body),
    )


def reminder(
    to: Side, name: str, title: str, minutes: int, on: date, until: date, *, automatic: bool
) -> Letter:
    after = (
        say("After %(day)s it counts as right.", day=Weekday(until))
        if automatic
        else say("After %(day)s a broker may confirm it for you.", day=Weekday(until))
    )
    return Letter(
        say("Still waiting for you: %(time)s with %(name)s", time=hours.words(minutes), name=name),
        _then(_claim(to, name, title, minutes, on), after),
    )


def overdue(lines: Sequence[Said], *, automatic: bool) -> Letter:
    """For brokers: what has waited too long, a line each, at least one. `automatic`: it could not
    be confirmed by itself."""
    what = (
        say("These could not be confirmed by themselves:")
        if automatic
        else say("These are past the waiting time and yours to confirm:")
    )
    items = [say("- %(line)s", line=line) for line in lines]
    return Letter(
        say("Past the waiting time: %(number)s", number=len(lines)),
        say("%(heading)s\n\n%(list)s", heading=what, list=_one_below_another(items)),
    )


def line(giver: str, receiver: str, title: str, minutes: int, on: date) -> Said:
    """One exchange in a list of several."""
    return say(
        "%(giver)s gave %(receiver)s %(time)s on %(day)s: %(title)s",
        giver=giver,
        receiver=receiver,
        time=hours.words(minutes),
        day=Weekday(on),
        title=title,
    )


def gift(name: str | None, minutes: int, message: str) -> Letter:
    """`name` is the giver's; None: it is the community chest's."""
    time = hours.words(minutes)
    if name is None:
        return Letter(
            say("A gift from the community chest"),
            _with(message, say("The community chest gave you %(time)s.", time=time)),
        )
    return Letter(
        say("A gift from %(name)s", name=name),
        _with(message, say("%(name)s gave you %(time)s.", name=name, time=time)),
    )


def gift_taken_back(name: str | None, minutes: int) -> Letter:
    """`name` is the giver's; None: it was the community chest's."""
    time = hours.words(minutes)
    return Letter(
        say("A gift taken back: %(time)s", time=time),
        say("The community chest took back a gift of %(time)s.", time=time)
        if name is None
        else say("%(name)s took back a gift of %(time)s.", name=name, time=time),
    )


def _claim(to: Side, name: str, title: str, minutes: int, on: date) -> Said:
    gaps = {"name": name, "time": hours.words(minutes), "day": Weekday(on), "title": title}
    if to == Side.RECEIVER:
        return say(
            "It is written down that %(name)s gave you %(time)s on %(day)s: %(title)s. Is that"
            " right? Say so on your first page, or tell your broker.",
            **gaps,
        )
    return say(
        "It is written down that you gave %(name)s %(time)s on %(day)s: %(title)s. Is that right?"
        " Say so on your first page, or tell your broker.",
        **gaps,
    )


def _settled(name: str, title: str) -> Said:
    return say(
        "What you and %(name)s did not agree on is settled: %(title)s.", name=name, title=title
    )


def _moved(to: Side, minutes: int) -> Said:
    time = hours.words(minutes)
    if to == Side.GIVER:
        return say("Added to your hours: %(time)s.", time=time)
    return say("Taken off your hours: %(time)s.", time=time)


def _then(first: Said, then: Said) -> Said:
    # Translators: two whole sentences, one after the other.
    return say("%(first)s %(then)s", first=first, then=then)


def _one_below_another(items: Sequence[Said]) -> Said:
    """Lines, as one. Halved again and again: one nested in the next, a long list would be too deep
    to say."""
    if len(items) == 1:
        return items[0]
    half = len(items) // 2
    above, below = _one_below_another(items[:half]), _one_below_another(items[half:])
    return say("%(above)s\n%(below)s", above=above, below=below)


def _with(note: str, body: Said) -> Said:
    """The body, and what somebody wrote along with it."""
    if not note:
        return body
    return say("%(letter)s\n\nThey write: %(note)s", letter=body, note=note)
