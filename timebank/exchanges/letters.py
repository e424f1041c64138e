"""What people are told about an exchange, in the words of a neighbour. Pure: names, minutes and
days in, a letter out.

The giver and the receiver read different sentences: what is added to one is taken off the other.
"""

from datetime import date
from typing import NamedTuple

from timebank import hours
from timebank.exchanges.rules import Side

_SAY_SO = "Say so on your first page, or tell your broker."


class Letter(NamedTuple):
    """Subject and body of a notice."""

    subject: str
    body: str


def weekday(on: date) -> str:
    """Thursday 12 November 2026."""
    return f"{on:%A} {on.day} {on:%B %Y}"


def proposed(to: Side, who: str, title: str, planned_on: date | None) -> Letter:
    when = f", on {weekday(planned_on)}" if planned_on else ""
    asks = "asks for your help" if to == "giver" else "offers to help you"
    return Letter(
        f"{who} {asks}",
        f"{who} {asks}: {title}{when}. Is that all right? Say yes or no on your first page.",
    )


def agreed(who: str, title: str) -> Letter:
    return Letter(
        f"{who} said yes", f"{who} said yes: {title}. Afterwards, one of you logs the hours."
    )


def declined(who: str, title: str, note: str) -> Letter:
    return Letter(f"{who} said no this time", _with(note, f"{who} said no this time: {title}."))


def cancelled(who: str, title: str, note: str) -> Letter:
    return Letter(
        f"Called off: {title}", _with(note, f"{who} called this off: {title}. No hours move.")
    )


def logged(to: Side, who: str, title: str, minutes: int, on: date, thanks: str) -> Letter:
    subject = f"Is this right? {hours.words(minutes)} with {who}"
    return Letter(
        subject, _with(thanks, f"{_claim(to, who, title, minutes, on)} Is that right? {_SAY_SO}")
    )


def confirmed(
    to: Side, who: str, title: str, minutes: int, *, on_nobodys_word: bool = False
) -> Letter:
    moved = "added to yours" if to == "giver" else "taken off yours"
    said = (
        "Nobody objected in the waiting time, so this counts as right"
        if on_nobodys_word
        else f"{who} said “that’s right”"
    )
    return Letter(
        f"{hours.words(minutes)} with {who}: confirmed",
        f"{said}: {title}. {_are(minutes)} {moved}.",
    )


def disputed(who: str, title: str, note: str) -> Letter:
    body = (
        f"{who} says that something is wrong: {title}. Log it again as it was, call it off, or talk"
        " it over."
    )
    return Letter(f"{who} says something is wrong", _with(note, body))


def disputed_for_brokers(who: str, what: str, note: str) -> Letter:
    """`what` is the exchange as a `line`."""
    return Letter(
        f"To settle: {who} says something is wrong",
        _with(note, f"{what}. {who} says that this is wrong."),
    )


def slip_entered(
    slip: str, giver: str, receiver: str, title: str, minutes: int, on: date
) -> Letter:
    what = line(giver, receiver, title, minutes, on)
    return Letter(
        f"Slip {slip} is entered",
        f"The paper slip you signed is in the books: {what}. If that is not right, tell your"
        " broker.",
    )


def settled(to: Side, who: str, title: str, minutes: int, note: str) -> Letter:
    moved = "added to yours" if to == "giver" else "taken off yours"
    body = f"What you and {who} did not agree on is settled: {title}. {_are(minutes)} {moved}."
    return Letter(f"Settled: {hours.words(minutes)} with {who}", _with(note, body))


def dismissed(who: str, title: str, note: str) -> Letter:
    body = f"What you and {who} did not agree on is settled: {title}. No hours move."
    return Letter(f"Settled: no hours move between you and {who}", _with(note, body))


def taken_back(who: str, title: str, minutes: int, on: date, note: str) -> Letter:
    what = f"The {hours.words(minutes)} with {who} on {weekday(on)} were taken back: {title}."
    body = f"{what} The hours are where they were before."
    return Letter(f"Taken back: {hours.words(minutes)} with {who}", _with(note, body))


def reminder(
    to: Side, who: str, title: str, minutes: int, on: date, until: date, *, automatic: bool
) -> Letter:
    subject = f"Still waiting for you: {hours.words(minutes)} with {who}"
    then = "it counts as right" if automatic else "a broker may confirm it for you"
    claim = _claim(to, who, title, minutes, on)
    return Letter(subject, f"{claim} Is that right? {_SAY_SO} After {weekday(until)} {then}.")


def overdue(lines: list[str], *, automatic: bool) -> Letter:
    """For brokers: what has waited too long, a line each. `automatic`: it could not be confirmed by
    itself."""
    how = (
        "could not be confirmed by themselves"
        if automatic
        else "are past the waiting time and yours to confirm"
    )
    return Letter(
        f"Past the waiting time: {len(lines)}",
        f"These {how}:\n\n" + "\n".join(f"- {line}" for line in lines),
    )


def line(giver: str, receiver: str, title: str, minutes: int, on: date) -> str:
    """One exchange in a list of several."""
    return f"{giver} gave {receiver} {hours.words(minutes)} on {weekday(on)}: {title}"


def gift(who: str, minutes: int, message: str) -> Letter:
    return Letter(
        f"A gift from {who}", _with(message, f"{_first(who)} gave you {hours.words(minutes)}.")
    )


def gift_taken_back(who: str, minutes: int) -> Letter:
    return Letter(
        f"A gift taken back: {hours.words(minutes)}",
        f"{_first(who)} took back a gift of {hours.words(minutes)}.",
    )


def _claim(to: Side, who: str, title: str, minutes: int, on: date) -> str:
    gave = f"{who} gave you" if to == "receiver" else f"you gave {who}"
    return f"It is written down that {gave} {hours.words(minutes)} on {weekday(on)}: {title}."


def _first(who: str) -> str:
    """At the beginning of a sentence."""
    return who[:1].upper() + who[1:]


def _are(minutes: int) -> str:
    return f"{hours.words(minutes)} {'is' if minutes in (1, 60) else 'are'}"


def _with(words: str, body: str) -> str:
    """The body, and what somebody wrote along with it."""
    return f"{body}\n\nThey write: {words}" if words else body
