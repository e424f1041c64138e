"""What people are told about an exchange, in the words of a neighbour. Pure: names, minutes and
days in, a letter out.

The giver and the receiver read different sentences: what is added to one is taken off the other.
"""

from collections.abc import Sequence
from datetime import date

from timebank import hours
from timebank.exchanges.rules import Side
from timebank.notices.rules import Item, Letter
from timebank.say import Said, Weekday, say

AGREE, CONFIRM, DISPUTED = "exchanges.agree", "exchanges.confirm", "exchanges.disputed"
THOUGHT, SETTLE, OVERDUE = "exchanges.thought", "exchanges.settle", "exchanges.overdue"
"""What these letters ask, by the kinds of `asking.QUESTIONS`."""

_SAY_SO = say("Is that right? Say yes or no, or tell your broker.")


def proposed(to: Side, who: str, title: str, planned_on: date | None, note: str) -> Letter:
    if to == "giver":
        subject = say("%(name)s asks for your help", name=who)
        words = say("%(name)s asks for your help: %(title)s.", name=who, title=title)
        if planned_on:
            words = say(
                "%(name)s asks for your help: %(title)s, on %(day)s.",
                name=who,
                title=title,
                day=Weekday(planned_on),
            )
    else:
        subject = say("%(name)s offers to help you", name=who)
        words = say("%(name)s offers to help you: %(title)s.", name=who, title=title)
        if planned_on:
            words = say(
                "%(name)s offers to help you: %(title)s, on %(day)s.",
                name=who,
                title=title,
                day=Weekday(planned_on),
            )
    ask = say("Is that all right? Say yes or no, or tell your broker.")
    return Letter(subject, [*_with(note, words), ask], AGREE)


def bothers(who: str, other: str, title: str, why: str) -> Letter:
    """For brokers: what somebody was asked bothers them."""
    body = say(
        "%(name)s is bothered by what %(other)s asked, and said no: %(title)s. %(other)s is told of"
        " the no alone.",
        name=who,
        other=other,
        title=title,
    )
    return Letter(say("%(name)s is bothered by what was asked", name=who), _with(why, body), SETTLE)


def agreed(who: str, title: str) -> Letter:
    return Letter(
        say("%(name)s said yes", name=who),
        say(
            "%(name)s said yes: %(title)s. Afterwards, one of you logs the hours.",
            name=who,
            title=title,
        ),
    )


def declined(who: str, title: str, note: str) -> Letter:
    body = say("%(name)s said no this time: %(title)s.", name=who, title=title)
    return Letter(say("%(name)s said no this time", name=who), _with(note, body))


def cancelled(who: str, title: str, note: str) -> Letter:
    body = say("%(name)s called this off: %(title)s. No hours move.", name=who, title=title)
    # Translators: the title of an exchange, an introduction or an activity.
    subject = say("Called off: %(title)s", title=title)
    return Letter(subject, _with(note, body))


def logged(to: Side, who: str, title: str, minutes: int, on: date, thanks: str) -> Letter:
    subject = say("Is this right? %(hours)s with %(name)s", hours=hours.words(minutes), name=who)
    return Letter(subject, _with(thanks, _claim(to, who, title, minutes, on), _SAY_SO), CONFIRM)


def confirmed(
    to: Side, who: str, title: str, minutes: int, *, on_nobodys_word: bool = False
) -> Letter:
    if on_nobodys_word:
        words = say(
            "Nobody objected in the waiting time, so this counts as right: %(title)s.", title=title
        )
    else:
        words = say("%(name)s said “that’s right”: %(title)s.", name=who, title=title)
    subject = say("%(hours)s with %(name)s: confirmed", hours=hours.words(minutes), name=who)
    return Letter(subject, [words, moves(to, minutes)])


def moves(to: Side, minutes: int) -> Said:
    """What an exchange does to the reader's account."""
    if to == "giver":
        # Translators: “%(hours)s” is "1 hour" or "1½ hours"; “yours” are the reader's hours.
        return say("This adds %(hours)s to yours.", hours=hours.words(minutes))
    return say("This takes %(hours)s off yours.", hours=hours.words(minutes))


def disputed(who: str, title: str, note: str) -> Letter:
    body = say(
        "%(name)s says that something is wrong: %(title)s. Log it again as it was, call it off, or"
        " talk it over.",
        name=who,
        title=title,
    )
    subject = say("%(name)s says something is wrong", name=who)
    return Letter(subject, _with(note, body), DISPUTED)


def thought(
    to: Side, who: str, title: str, on: date, minutes: int, thought_minutes: int, note: str
) -> Letter:
    """`minutes` are those that were logged, `thought_minutes` those that the other side thinks it
    was."""
    thinks = hours.words(thought_minutes)
    body = say(
        "%(name)s thinks it was %(thinks)s and not %(logged)s on %(day)s: %(title)s.",
        name=who,
        thinks=thinks,
        logged=hours.words(minutes),
        day=Weekday(on),
        title=title,
    )
    if to == "giver":
        then = say("If you say so too, %(hours)s are added to yours.", hours=thinks)
    else:
        then = say("If you say so too, %(hours)s are taken off yours.", hours=thinks)
    ask = say("Say yes, or write to each other.")
    subject = say("%(name)s thinks it was %(hours)s", name=who, hours=thinks)
    return Letter(subject, _with(note, body, then, ask), THOUGHT)


def accepted(to: Side, who: str, title: str, minutes: int) -> Letter:
    words = say(
        "%(name)s says it was %(hours)s, as you thought: %(title)s.",
        name=who,
        hours=hours.words(minutes),
        title=title,
    )
    subject = say("%(hours)s with %(name)s: confirmed", hours=hours.words(minutes), name=who)
    return Letter(subject, [words, moves(to, minutes)])


def undone(by: str, who: str, title: str, minutes: int) -> Letter:
    body = say(
        "%(by)s took back “that’s right” for %(hours)s with %(name)s: %(title)s. Nothing is lost:"
        " it waits as it did before.",
        by=by,
        hours=hours.words(minutes),
        name=who,
        title=title,
    )
    return Letter(
        say("Waits again: %(hours)s with %(name)s", hours=hours.words(minutes), name=who), body
    )


def disputed_for_brokers(who: str, exchange: Said, note: str) -> Letter:
    """`exchange` is it as a `line`."""
    return Letter(
        say("To settle: %(name)s says something is wrong", name=who),
        _with(note, exchange, say("%(name)s says that this is wrong.", name=who)),
        SETTLE,
    )


def slip_entered(slip: str, exchange: Said) -> Letter:
    """`exchange` is what the slip says, as a `line`; it may have no number."""
    return Letter(
        say("Slip %(slip)s is entered", slip=slip) if slip else say("A slip of yours is entered"),
        [
            say("The paper slip you signed is in the books."),
            exchange,
            say("If that is not right, tell your broker."),
        ],
    )


def settled(to: Side, who: str, title: str, minutes: int, note: str) -> Letter:
    body = say(
        "What you and %(name)s did not agree on is settled: %(title)s.", name=who, title=title
    )
    subject = say("Settled: %(hours)s with %(name)s", hours=hours.words(minutes), name=who)
    return Letter(subject, _with(note, body, moves(to, minutes)))


def dismissed(who: str, title: str, note: str) -> Letter:
    body = say(
        "What you and %(name)s did not agree on is settled: %(title)s. No hours move.",
        name=who,
        title=title,
    )
    subject = say("Settled: no hours move between you and %(name)s", name=who)
    return Letter(subject, _with(note, body))


def taken_back(who: str, title: str, minutes: int, on: date, note: str) -> Letter:
    body = say(
        "The %(hours)s with %(name)s on %(day)s were taken back: %(title)s. The hours are where"
        " they were before.",
        hours=hours.words(minutes),
        name=who,
        day=Weekday(on),
        title=title,
    )
    subject = say("Taken back: %(hours)s with %(name)s", hours=hours.words(minutes), name=who)
    return Letter(subject, _with(note, body))


def reminder(
    to: Side, who: str, title: str, minutes: int, on: date, until: date, *, automatic: bool
) -> Letter:
    if automatic:
        then = say("After %(day)s it counts as right.", day=Weekday(until))
    else:
        then = say("After %(day)s a broker may confirm it for you.", day=Weekday(until))
    return Letter(
        say(
            "Still waiting for you: %(hours)s with %(name)s",
            hours=hours.words(minutes),
            name=who,
        ),
        [_claim(to, who, title, minutes, on), _SAY_SO, then],
        CONFIRM,
    )


def overdue(lines: Sequence[Said], *, automatic: bool) -> Letter:
    """For brokers: what has waited too long, a line each. `automatic`: it could not be confirmed by
    itself."""
    if automatic:
        words = say("These could not be confirmed by themselves:")
    else:
        words = say("These are past the waiting time and yours to confirm:")
    return Letter(
        say("Past the waiting time: %(number)s", number=len(lines)),
        [words, [Item(line) for line in lines]],
        OVERDUE,
    )


def line(giver: str, receiver: str, title: str, minutes: int, on: date) -> Said:
    """One exchange in a list of several."""
    return say(
        "%(giver)s gave %(receiver)s %(hours)s on %(day)s: %(title)s",
        giver=giver,
        receiver=receiver,
        hours=hours.words(minutes),
        day=Weekday(on),
        title=title,
    )


def gift(who: str | None, minutes: int, message: str) -> Letter:
    """`who` is None for the chest."""
    amount = hours.words(minutes)
    if who is None:
        subject = say("A gift from the community chest")
        body = say("The community chest gave you %(hours)s.", hours=amount)
    else:
        subject = say("A gift from %(name)s", name=who)
        body = say("%(name)s gave you %(hours)s.", name=who, hours=amount)
    return Letter(subject, _with(message, body))


def gift_taken_back(who: str | None, minutes: int) -> Letter:
    """`who` is None for the chest."""
    amount = hours.words(minutes)
    if who is None:
        body = say("The community chest took back a gift of %(hours)s.", hours=amount)
    else:
        body = say("%(name)s took back a gift of %(hours)s.", name=who, hours=amount)
    return Letter(say("A gift taken back: %(hours)s", hours=amount), body)


def _claim(to: Side, who: str, title: str, minutes: int, on: date) -> Said:
    if to == "receiver":
        return say(
            "It is written down that %(name)s gave you %(hours)s on %(day)s: %(title)s.",
            name=who,
            hours=hours.words(minutes),
            day=Weekday(on),
            title=title,
        )
    return say(
        "It is written down that you gave %(name)s %(hours)s on %(day)s: %(title)s.",
        name=who,
        hours=hours.words(minutes),
        day=Weekday(on),
        title=title,
    )


def _with(words: str, *body: Said) -> list[Said]:
    """The body, and what somebody wrote along with it."""
    return [*body, say("They write: %(words)s", words=words)] if words else [*body]
