"""What goes out on paper, as tagged PDF: poster, letter, cost cards, register of hands, what to say
on the telephone, and the form of an evaluation."""

import json
import pathlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from timebank import hours
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.dialogue import said
from timebank.dialogue.conversation_queries import OptionLine
from timebank.dialogue.models import Dialogue, Evaluation, Option, Partnership
from timebank.dialogue.promise_queries import Promise
from timebank.dialogue.rules import (
    OPEN_QUESTIONS,
    RUNGS,
    STATEMENTS,
    Decision,
)
from timebank.dialogue.said import Entry, Told
from timebank.say import ENGLISH, Money, Said, Voice, count, say, spoken

_LAYOUT = pathlib.Path(__file__).with_name("paper.typ")
_ROOMS = pathlib.Path(__file__).parents[1]


def poster(bank: Bank, partnership: Partnership, told: Told, voice: Voice, *, today: date) -> bytes:
    """“You said, we did” on one A3 after another."""
    return printed("poster", bank, voice, _of_told(bank, partnership, told, voice, today=today))


def letter(bank: Bank, partnership: Partnership, told: Told, voice: Voice, *, today: date) -> bytes:
    """The same as a letter on A4, to go out by post."""
    return printed("letter", bank, voice, _of_told(bank, partnership, told, voice, today=today))


def _of_told(
    bank: Bank, partnership: Partnership, told: Told, voice: Voice, *, today: date
) -> dict[str, Any]:
    asked = (
        count(
            "%(n)s neighbour was asked what would make life better round here.",
            "%(n)s neighbours were asked what would make life better round here.",
            told.asked,
        )
        if told.asked
        else say("This is what people asked for, and what became of it.")
    )
    ring = say("Something missing, or not true? Ring us: %(phone)s", phone=bank.contact_phone or "")
    return {
        "title": say("You said, we did"),
        "place": partnership.name,
        "lead": asked,
        "day": say("As of %(day)s", day=today),
        "became": say("What became of it"),
        "entries": [_entry(entry, today) for entry in told.entries],
        "ring": ring if bank.contact_phone else "",
        "greeting": say("Dear neighbour,"),
        "close": say("Nothing is ever taken off this list; a mistake is marked as one."),
    }


def _entry(entry: Entry, today: date) -> dict[str, Any]:
    decided: Said | str = entry.option.words if entry.option else ""
    reason = entry.priority.reason if entry.priority else ""
    return {
        "said": entry.words,
        "named": named_words(entry.named) if entry.named else "",
        "here": say("Why it comes here: %(why)s", why=reason) if reason else "",
        "about": say("We decided") if entry.promise else say("We looked at"),
        "decided": decided or (entry.promise.row.words if entry.promise else ""),
        "why": _reason(entry),
        "became": said.became(entry, today),
        "words": _last_words(entry),
        "owner": _owner(entry.promise) if entry.promise else "",
    }


def _reason(entry: Entry) -> Said | str:
    """Why it was decided so, told apart from what it hangs on."""
    if entry.verdict is None:
        return ""
    if entry.verdict.answer == Decision.AGREED_IF:
        return say("Agreed, if: %(condition)s", condition=entry.verdict.reason)
    return entry.verdict.reason


def named_words(named: tuple[int, int]) -> Said:
    """How many of how many people named it."""
    people, asked = named
    return say("%(people)s of %(asked)s people named it.", people=people, asked=asked)


def _last_words(entry: Entry) -> str:
    promise = entry.promise
    if promise is None:
        return ""
    return promise.last.words or (promise.done.words if promise.done else "")


def _owner(promise: Promise) -> Said:
    if promise.public_owner:
        return say(
            "Promised by %(owner)s, for %(day)s",
            owner=promise.public_owner,
            day=promise.due_on,
        )
    return say("Promised by a neighbour, for %(day)s", day=promise.due_on)


def cards(bank: Bank, talk: Dialogue, options: Sequence[OptionLine], voice: Voice) -> bytes:
    """What each option costs, on cards: eight to an A4, to be cut and laid on a table."""
    content = {
        "title": talk.title,
        "cards": [
            {
                "words": one.option.words,
                "about": _short(one.option.about),
                "cost": [
                    [say("Hours"), hours_of(one.option)],
                    [say("Money"), money_of(one.option)],
                ],
                "facts": [
                    [say("Residents carry"), _short(one.option.from_residents) or _NOTHING],
                    [say("Practitioners carry"), _short(one.option.from_practitioners) or _NOTHING],
                    [say("Planners carry"), _short(one.option.from_planners) or _NOTHING],
                    [say("Gains"), _short(one.option.gains)],
                    [say("Loses"), _short(one.option.loses)],
                    [say("Given up for it"), _short(one.option.given_up)],
                ],
            }
            for one in options
        ],
    }
    return printed("cards", bank, voice, content)


_NOTHING = say("Nothing that was said yet")
_SHORT = 150


def _short(words: str) -> str:
    """As much as finds room on a card that lies on a table; all of it stands on the page."""
    return words if len(words) <= _SHORT else f"{words[: _SHORT - 1].rstrip()}…"


NOT_KNOWN = say("Not known yet")


def hours_of(option: Option) -> Said | str:
    """What an option takes in hours."""
    return NOT_KNOWN if option.minutes is None else hours.words(option.minutes)


def money_of(option: Option) -> Said | str:
    """What an option takes in money."""
    return NOT_KNOWN if option.pence is None else f"£{option.pence / 100:,.2f}"


def register(
    bank: Bank,
    talk: Dialogue,
    options: Sequence[OptionLine],
    meeting: Meeting | None,
    voice: Voice,
) -> bytes:
    """A sheet on which hands are written down, by part: of one meeting, or to write in which."""
    if meeting is not None:
        moment = meeting.row.starts_at.astimezone(ZoneInfo(bank.timezone))
        when = [voice.moment(moment), meeting.row.place or meeting.activity.place]
    else:
        when = []
    content = {
        "title": say("Hands: %(title)s", title=talk.title),
        "lead": say(
            "Ask each part by itself. Count the hands aloud. Who has answered by themselves already"
            " keeps their hand down."
        ),
        "when": [one for one in when if one],
        "blanks": [] if when else [say("On which day?"), say("Where?")],
        "columns": [say("Option"), say("Whose hands"), _YES, _LIVE, _NO],
        "parts": [say("Residents"), say("Practitioners"), say("Planners")],
        "rows": [one.option.words for one in options],
    }
    return printed("register", bank, voice, content)


_YES = say("Yes", context="to an option")
_LIVE = say("I can live with it")
_NO = say("No", context="to an option")


def script(bank: Bank, talk: Dialogue, options: Sequence[OptionLine], voice: Voice) -> bytes:
    """What to say on the telephone, with boxes for what one is told."""
    content = {
        "title": say("On the telephone: %(title)s", title=talk.title),
        "lead": say(
            "Hello, this is %(bank)s. We are talking about “%(title)s”. May I read you what could"
            " be done? You can say yes, I can live with it, or no to each.",
            bank=bank.name,
            title=talk.title,
        ),
        "frame": [
            [say("What can change"), talk.can_change],
            [say("What cannot, and why"), talk.fixed],
            [
                say("Who decides"),
                say("%(decides)s, by %(day)s", decides=talk.decides, day=talk.answers_on)
                if talk.answers_on
                else talk.decides,
            ],
        ],
        "answers": [_YES, _LIVE, _NO],
        "why": say("If no: why?"),
        "name": say("Member’s number or name"),
        "rows": [
            {
                "words": one.option.words,
                "cost": [
                    [say("Hours"), hours_of(one.option)],
                    [say("Money"), money_of(one.option)],
                ],
            }
            for one in options
        ],
    }
    return printed("script", bank, voice, content)


def evaluation_form(bank: Bank, row: Evaluation, voice: Voice) -> bytes:
    """How it was, on one side of A4. No name, no number."""
    content = {
        "title": say("How was it?"),
        "lead": say(
            "A minute, if you like. No name: nobody can tell who wrote this. 1: not at all."
            " 5: very much so."
        ),
        "statements": list(STATEMENTS.values()),
        "ladder": say("On which of these rungs do you see how things are decided here?"),
        "rungs": list(RUNGS.values()),
        "questions": list(OPEN_QUESTIONS.values()),
        "source": say(
            "The rungs are those of the Ladder of Co-production, Think Local Act Personal."
        ),
    }
    return printed("evaluation", bank, voice, content)


def printed(
    kind: str,
    bank: Bank,
    voice: Voice,
    content: dict[str, Any],
    *,
    layout: pathlib.Path = _LAYOUT,
) -> bytes:
    """The PDF of one kind of paper of a layout; the same content is the same file."""
    import typst  # noqa: PLC0415  (heavy, and most starts print nothing)

    language, _, region = ("en-GB" if voice is ENGLISH else voice.language).partition("-")
    page = {
        "kind": kind,
        "language": language,
        "region": region if len(region) == 2 else None,
        "bank": bank.name,
        **_said(content, voice),
    }
    compile_: Any = typst.compile
    return compile_(
        str(layout),
        root=str(_ROOMS),
        sys_inputs={"page": json.dumps(page)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=0,
    )


def _said(content: Any, voice: Voice) -> Any:
    """The same with every sentence as this voice says it."""
    if isinstance(content, dict):
        return {name: _said(value, voice) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_said(value, voice) for value in content]
    return spoken(content, voice) if isinstance(content, (Said, Money)) else content
