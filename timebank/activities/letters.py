"""What people are told about activities. Pure: what happened in, a letter out."""

from zoneinfo import ZoneInfo

from timebank import hours
from timebank.activities.models import ActivitySession
from timebank.banks.models import Bank
from timebank.notices.rules import Letter
from timebank.say import Said, Weekday, say

COMING = "activities.coming"
"""What letters ask those who signed up, by the kind of `asking.QUESTIONS`."""

_ASK = say("Questions? Ring your broker.")


def moved(bank: Bank, title: str, row: ActivitySession, place: str) -> Letter:
    words = say("%(title)s is now on %(moment)s.", title=title, moment=when(bank, row))
    if place:
        words = say(
            "%(title)s is now on %(moment)s, %(place)s.",
            title=title,
            moment=when(bank, row),
            place=place,
        )
    subject = say("%(title)s: another time or place", title=title)
    return Letter(subject, [words, _ASK], COMING)


def called_off(bank: Bank, title: str, row: ActivitySession, why: str) -> Letter:
    words = say("%(title)s on %(moment)s does not happen.", title=title, moment=when(bank, row))
    return Letter(say("Called off: %(title)s", title=title), [words, *_reason(why), _ASK])


def place_free(bank: Bank, title: str, row: ActivitySession) -> Letter:
    return Letter(
        say("You have a place: %(title)s", title=title),
        [
            say(
                "A place has come free: you are on the list for %(title)s on %(moment)s.",
                title=title,
                moment=when(bank, row),
            ),
            say("If you cannot come, say so, or tell your broker."),
        ],
        COMING,
    )


def hours_moved(bank: Bank, title: str, row: ActivitySession, minutes: int) -> Letter:
    """`minutes` above 0 were added to the reader's, below 0 taken off."""
    moment, amount = when(bank, row), hours.words(minutes)
    if minutes > 0:
        words = say(
            "%(title)s on %(moment)s adds %(hours)s to yours.",
            title=title,
            moment=moment,
            hours=amount,
        )
    else:
        words = say(
            "%(title)s on %(moment)s takes %(hours)s off yours.",
            title=title,
            moment=moment,
            hours=amount,
        )
    return Letter(
        say("%(title)s: %(hours)s", title=title, hours=amount),
        [words, say("If that is not right, tell your broker.")],
    )


def hours_back(bank: Bank, title: str, row: ActivitySession, why: str) -> Letter:
    words = say(
        "The hours for %(title)s on %(moment)s were taken back, to be corrected.",
        title=title,
        moment=when(bank, row),
    )
    return Letter(say("%(title)s: hours taken back", title=title), [words, *_reason(why)])


def when(bank: Bank, row: ActivitySession) -> Said:
    """Thursday 12 November 2026 at 10:00, on the clock of the bank."""
    local = row.starts_at.astimezone(ZoneInfo(bank.timezone))
    return say("%(day)s at %(time)s", day=Weekday(local.date()), time=local.time())


def _reason(words: str) -> list[Said]:
    return [say("“%(words)s”", words=words)] if words else []
