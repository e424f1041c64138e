"""What goes out on paper, as tagged PDF in large print: ballot papers with their codes, and a
result as poster, as letter, and to be read out.
"""

import pathlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from timebank.banks.models import Bank
from timebank.dialogue.papers import printed
from timebank.fund.models import Proposal, Round
from timebank.fund.telling import Told, amount
from timebank.fund.voting import Paper
from timebank.say import Said, Voice, say

_LAYOUT = pathlib.Path(__file__).with_name("paper.typ")

ON_A_SIDE = 20
"""So many lines stand on a side of a ballot paper, in large print."""


def ballots(
    bank: Bank, round_: Round, listed: Sequence[Proposal], papers: Sequence[Paper], voice: Voice
) -> bytes:
    """A ballot paper for each, in the order of the ballot; the last line is “None of these”. A name
    stands on the slip that is torn off, alone."""
    lines: list[tuple[str, Said | str, Any]] = [
        (str(n), one.title, amount(round_.unit, one.cost)) for n, one in enumerate(listed, 1)
    ]
    lines.append(("0", say("None of these"), ""))
    content = {
        "title": round_.title,
        "lead": say("Put a cross beside every idea you would like to see. One, some or all."),
        "columns": [say("Cross"), say("Number"), say("Idea"), say("Costs")],
        "sides": [lines[at : at + ON_A_SIDE] for at in range(0, len(lines), ON_A_SIDE)],
        "more": say("There are more ideas on the next side."),
        "box": say("Put it in the box by %(day)s.", day=round_.closes_on),
        "kept": say(
            "With this code you can look at your vote and change it until the vote closes."
        ),
        "papers": [
            {
                "code": one.code,
                "slip": say("Tear off here: for %(name)s", name=one.name) if one.name else "",
                "number": say("Paper %(number)s", number=str(one.number)) if one.number else "",
            }
            for one in papers
        ],
    }
    return printed("ballots", bank, voice, content, layout=_LAYOUT)


def poster(bank: Bank, told: Told, voice: Voice, *, today: date) -> bytes:
    """The result on A3, to be hung up."""
    return printed("poster", bank, voice, _content(bank, told, today=today), layout=_LAYOUT)


def letter(bank: Bank, told: Told, voice: Voice, *, today: date) -> bytes:
    """The result as a letter on A4, for those who have no e-mail."""
    return printed("letter", bank, voice, _content(bank, told, today=today), layout=_LAYOUT)


def script(bank: Bank, told: Told, voice: Voice, *, today: date) -> bytes:
    """The result to be read out: what to say, sentence by sentence, in very large print."""
    return printed("script", bank, voice, _content(bank, told, today=today), layout=_LAYOUT)


def _content(bank: Bank, told: Told, *, today: date) -> dict[str, Any]:
    ring = say("You would rather ask somebody? Ring us: %(phone)s", phone=bank.contact_phone or "")
    return {
        "title": told.headline,
        "day": say("As of %(day)s", day=today),
        "greeting": say("Dear neighbour,"),
        "slowly": say("Read it slowly, and wait a little after each idea."),
        "lead": [told.voted, told.head],
        "won": say("Why these won"),
        "lost": say("Why these did not"),
        "funded": [_line(told, one) for one in told.verdicts if one.funded],
        "not_funded": [_line(told, one) for one in told.verdicts if not one.funded],
        "how": [say("How it was counted"), *told.how],
        "other": [told.other_heading, *told.other],
        "check": say(
            "Whoever has the code of their vote can look it up, and anybody can ask for the count."
        ),
        "ring": ring if bank.contact_phone else "",
    }


def _line(told: Told, one: Any) -> list[Any]:
    return [one.title, amount(told.unit, one.cost), one.why]
