"""What people are told: of promises, and of what became of what they said. Pure: what happened in,
a letter out."""

from collections.abc import Sequence
from datetime import date

from timebank.dialogue import said as saying
from timebank.dialogue.results import Results
from timebank.dialogue.said import Told
from timebank.notices.rules import Item, Letter, Lines
from timebank.say import Said, say


def due_soon(words: str, due_on: date) -> Letter:
    """To the owner of a promise, two weeks before its day."""
    return Letter(
        say("Promised for %(day)s", day=due_on),
        [
            say("You promised: %(words)s", words=words),
            say("That is for %(day)s.", day=due_on),
            say(
                "Is it done, or does it need another day? Say so on its page, or tell your broker."
            ),
        ],
    )


MOST_NAMED, MOST_TOLD = 5, 12
"""So many themes, and so much that became of them, stand in a letter; all of it on the page."""


def what_was_said(
    title: str, results: Results, told: Told | None, page: str, *, today: date
) -> Letter:
    """To somebody who left their details: what people said, and what became of it."""
    body: list[Lines] = [
        say("You talked to us for “%(title)s”. Thank you. This is what came of it.", title=title),
        *paragraphs(results, told, today=today),
        [Item(say("All of it, kept up to date:"), page, bullet=False)],
        say("Ring us if you would like to talk, or if you want no more of these letters."),
    ]
    return Letter(say("You said, we did: %(title)s", title=title), body)


def paragraphs(results: Results, told: Told | None, *, today: date) -> Sequence[Lines]:
    """What people said, and what became of it, for a letter of any kind."""
    lines: list[Lines] = []
    if results.people is None:
        lines.append(say("Too few people to say."))
    else:
        asked = say("%(n)s neighbours were asked. They named most:", n=results.people)
        lines.append([asked, *(Item(words) for words in named(results))])
    entries = told.entries[:MOST_TOLD] if told else []
    if entries:
        became_of = [
            Item(
                say(
                    "%(what)s: %(became)s",
                    what=entry.promise.row.words
                    if entry.promise
                    else entry.option.words
                    if entry.option
                    else entry.words,
                    became=saying.became(entry, today),
                )
            )
            for entry in entries
        ]
        lines.append([say("What was decided, and what became of it:"), *became_of])
    return lines


def named(results: Results) -> list[Said]:
    """The themes that most people named, with how many did."""
    return [
        say("%(words)s: %(people)s people", words=one.words, people=one.standing.people)
        for one in results.named[:MOST_NAMED]
        if one.standing is not None
    ]
