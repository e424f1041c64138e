"""What an audit puts on paper, as tagged PDF: its form with a code on each, what to say on the
telephone, a poster of what people said, and letters to those who left their address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from timebank.banks.models import Bank
from timebank.dialogue import letters, results
from timebank.dialogue.audit_models import Audit, ContactLeft
from timebank.dialogue.audit_queries import Asked
from timebank.dialogue.audit_rules import PARTS
from timebank.dialogue.contacts import News
from timebank.dialogue.papers import printed
from timebank.dialogue.results import Results
from timebank.dialogue.rules import WISHES
from timebank.notices.rules import Item
from timebank.say import Said, Voice, say

SCALE_HINT = say("1 is not at all, 5 is very much.")


@dataclass(frozen=True)
class Asks:
    """What a sheet asks: its audit, its short questions, the groups somebody can say they are
    of."""

    audit: Audit
    questions: Sequence[Asked]
    ages: Sequence[str]
    areas: Sequence[str]


def _who(asks: Asks) -> list[list[Any]]:
    """Who somebody is, question by question, with what to choose from."""
    questions: list[list[Any]] = [[say("How old are you?"), list(asks.ages)]]
    if asks.areas:
        questions.append([say("Where do you live?"), list(asks.areas)])
    return [*questions, [say("Which fits you best?"), list(PARTS.values())]]


def _questions(asks: Asks) -> list[dict[str, Any]]:
    return [
        {
            "words": one.words,
            "options": [words for _, words in one.options],
            "hint": SCALE_HINT if one.scale else "",
        }
        for one in asks.questions
    ]


def sheets(bank: Bank, asks: Asks, codes: Sequence[str], address: str, voice: Voice) -> bytes:
    """The form, one for each code. `address` is where whoever holds one can type it in."""
    audit = asks.audit
    content = {
        "title": audit.title,
        "codes": list(codes),
        "code": say("Code"),
        "lead": say(
            "By %(day)s, please. Leave out what you like. We do not ask your name.",
            day=audit.closes_on,
        ),
        "typed": say("Hand it in, or type it in yourself at %(address)s", address=address),
        "question": audit.question,
        "lines": WISHES,
        "questions": _questions(asks),
        "assets": audit.assets,
        "who": _who(asks),
        "slip": say(
            "Would you like to hear what becomes of it? This slip is cut off and kept apart from"
            " your answers."
        ),
        "fields": [say("Name"), say("Telephone, e-mail or address")],
        "for": [
            say("Tell me what becomes of it"),
            say("Ask me to help"),
            say("I would like to join the time bank"),
        ],
    }
    return printed("sheets", bank, voice, content)


def script(bank: Bank, asks: Asks, voice: Voice) -> bytes:
    """What to say on the telephone, with the form's questions in their order."""
    audit = asks.audit
    content = {
        "title": say("What to say on the telephone"),
        "place": audit.title,
        "steps": [
            say(
                "“Good day. I am ringing from %(bank)s. We ask neighbours what would make life"
                " better here. Have you ten minutes? It is fine to say no.”",
                bank=bank.name,
            ),
            say("“We do not write down your name, and you can leave out any question.”"),
            say(
                "“%(question)s” Write up to three things, in their words. Do not suggest any.",
                question=audit.question,
            ),
            *(
                say(
                    "“%(question)s” %(choices)s",
                    question=one.words,
                    choices=" · ".join(words for _, words in one.options),
                )
                for one in asks.questions
            ),
            say("“%(question)s” Write it in their words.", question=audit.assets),
            *(
                say("“%(question)s” %(choices)s", question=question, choices=_list(choices, voice))
                for question, choices in _who(asks)
            ),
            say(
                "“Would you like to hear what becomes of it?” If so, write the name on another"
                " slip, for another pile."
            ),
            say("“Thank you. You can read what people said on our page, or ask me to send it.”"),
        ],
    }
    return printed("steps", bank, voice, content)


def _list(choices: Sequence[Said | str], voice: Voice) -> str:
    return " · ".join(one.render(voice) if isinstance(one, Said) else one for one in choices)


def poster(bank: Bank, found: Results, voice: Voice) -> bytes:
    """What people said most, on an A3."""
    content = {
        "title": say("You said"),
        "place": found.title,
        "lead": say("Too few people to say.")
        if found.people is None
        else say(
            "%(n)s neighbours were asked: “%(question)s”", n=found.people, question=found.question
        ),
        "entries": [
            [
                one.words,
                say(
                    "%(people)s of %(asked)s people named it.",
                    people=one.standing.people,
                    asked=one.standing.n,
                ),
                results.rank_words(one.standing),
                one.standing.share,
            ]
            for one in found.named
            if one.standing is not None
        ],
        "close": say(
            "People were asked at their doors and where they meet. They are no drawn lot. Where two"
            " places stand, nobody can say which of them is right."
        ),
    }
    return printed("results", bank, voice, content)


def post(
    bank: Bank, people: Sequence[ContactLeft], news: News, page: str, voice: Voice, *, today: date
) -> bytes:
    """A letter to each, on a sheet of its own."""
    content = {
        "title": say("You said, we did: %(title)s", title=news.audit.title),
        "people": [[one.name, one.address] for one in people],
        "day": say("%(day)s", day=today),
        "thanks": say(
            "You talked to us for “%(title)s”. Thank you. This is what came of it.",
            title=news.audit.title,
        ),
        "parts": [
            [line.words if isinstance(line, Item) else line for line in lines]
            if isinstance(lines, (list, tuple))
            else [lines]
            for lines in letters.paragraphs(news.results, news.told, today=today)
        ],
        "page": say("All of it, kept up to date: %(page)s", page=page),
        "ring": say("Or ring us: %(phone)s", phone=bank.contact_phone)
        if bank.contact_phone
        else "",
    }
    return printed("post", bank, voice, content)
