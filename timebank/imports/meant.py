"""Whom a file means: by a number, a name, a number behind a name, or an e-mail address; and whom it
may mean, where that has to be asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from timebank.errors import Invalid
from timebank.imports.questions import Option, Question
from timebank.imports.survey import turned, untitled
from timebank.say import Said, say
from timebank.text import folded

NOBODY = "nobody"
"""The answer that a name means none of those offered: its lines are left out."""

MOST_ASKED = 200
"""So many names are asked about. A file that has more is of another bank, or names its people by
something else."""

_NUMBERED = re.compile(r"(?P<name>.*\S)\s*[(\[]\s*(?P<number>[^()\[\]]+?)\s*[)\]]")
_NEAR = 0.75
_FEW = 5


@dataclass(frozen=True)
class Holder:
    """Whoever an account belongs to. `text` is what files call them: a member's number, the name of
    an organisation or a group, or chest. `apart` is what tells a member apart from others of the
    name; `email` how they are written to.

    `member_id` is there for members who take part: the limits of their accounts are part of their
    record.
    """

    account_id: int
    text: str
    name: str
    kind: str
    member_id: int | None = None
    apart: Said | str = ""
    email: str | None = None

    @property
    def has_left(self) -> bool:
        """Whether this is a member who has left."""
        return self.kind == "member" and self.member_id is None


class People:
    """Who can be named in a file. Raises Invalid, in words that help to mend it, for a name that is
    nobody or not one."""

    def __init__(self, holders: list[Holder]):
        self._members = {holder.text: holder for holder in holders if holder.kind == "member"}
        self._others: dict[str, list[Holder]] = {}
        self._names: dict[str, list[Holder]] = {}
        self._emails: dict[str, list[Holder]] = {}
        self._found: dict[str, Holder] = {}
        for holder in holders:
            if holder.kind != "member":
                self._others.setdefault(folded(holder.text), []).append(holder)
            elif not holder.has_left:
                self._names.setdefault(folded(holder.name), []).append(holder)
                if holder.email:
                    self._emails.setdefault(holder.email.casefold(), []).append(holder)
        self.by_account = {holder.account_id: holder for holder in holders}

    def find(self, text: str) -> Holder:
        """The member with that number, else the organisation or group of that name, or the chest;
        else the one member who is called exactly so, or has that e-mail address."""
        if text in self._found:
            return self._found[text]
        holders = [
            *([self._members[text]] if text in self._members else []),
            *self._others.get(folded(text), []),
        ]
        if len(holders) > 1:
            raise Invalid(
                say(
                    "This names more than one: a member's number, an organisation, a group. Change"
                    " one of them first."
                )
            )
        named = holders or self._numbered(text) or self._called(text)
        if len(named) == 1:
            return self._found.setdefault(text, named[0])
        raise Invalid(self._advice(text, named))

    def _numbered(self, text: str) -> list[Holder]:
        """Whoever is meant by a name with a number behind it. Raises Invalid when the number is
        somebody else's."""
        match = _NUMBERED.fullmatch(text)
        holder = self._members.get(match["number"]) if match else None
        if match is None or holder is None:
            return []
        words = set(folded(match["name"]).split())
        if not holder.has_left and not words & set(folded(holder.name).split()):
            raise Invalid(
                say(
                    "%(number)s is %(name)s here. Look whom it means.",
                    number=holder.text,
                    name=holder.name,
                )
            )
        return [holder]

    def _called(self, text: str) -> list[Holder]:
        """Those who are called exactly so, with or without a title, or written to there."""
        if "@" in text:
            return self._emails.get(text.strip().casefold(), [])
        match = _NUMBERED.fullmatch(text)
        for name in (text, untitled(turned(text)), match["name"] if match else ""):
            if folded(name) in self._names:
                return self._names[folded(name)]
        return []

    def _advice(self, text: str, named: list[Holder]) -> Said:
        if named:
            numbers = ", ".join(sorted(holder.text for holder in named))
            return say(
                "Several members have this name. Write the number of the right one: %(numbers)s.",
                numbers=numbers,
            )
        alike = [
            number
            for number in self._members
            if number.lstrip("0") == text.lstrip("0") and text.isdigit()
        ]
        if len(alike) == 1:
            return say(
                "No member has this number. Is it %(number)s? Spreadsheets take off noughts at the"
                " front.",
                number=alike[0],
            )
        return say(
            "No member has this number or this name, and no organisation or group. Bring in the"
            " members first, add the organisation or group on its page, or write chest for the"
            " bank’s own account."
        )

    def questions(self, texts: Iterable[str]) -> list[Question]:
        """What has to be asked of names that could be one of several: each once, whatever number of
        lines it stands on."""
        asked: list[Question] = []
        for text in sorted(texts):
            try:
                self.find(text)
            except Invalid:
                several = self._called(text) or self._near(text)
                if several and len(asked) < MOST_ASKED:
                    asked.append(_question(text, several))
        return asked

    def _near(self, text: str) -> list[Holder]:
        """Those few whose names have a word nearly like each that was written, the likest first."""
        match = _NUMBERED.fullmatch(text)
        name = untitled(turned(match["name"] if match else text))
        words = [word for word in folded(name).split() if len(word) > 1]
        if not words or any(sign.isdigit() for sign in name):
            return []
        near: list[tuple[float, str, Holder]] = []
        for key, holders in self._names.items():
            parts = key.split()
            alike = min(max(_alike(word, part) for part in parts or [""]) for word in words)
            if alike >= _NEAR:
                near += [(-alike, holder.text, holder) for holder in holders]
        return [holder for *_, holder in sorted(near, key=lambda one: one[:2])[:_FEW]]


def key_of(text: str) -> str:
    """The key of the question about whom a name means."""
    return f"person:{folded(text)}"


def _question(text: str, several: list[Holder]) -> Question:
    options = [
        Option(holder.text, holder.name, holder.apart if isinstance(holder.apart, Said) else None)
        for holder in several
    ]
    none = Option(NOBODY, say("None of them"), say("Its lines are left out"))
    return Question(
        key_of(text),
        say("Who is “%(name)s”?", name=text),
        say("Asked once, for every line that has it."),
        (*options, none),
    )


def _alike(word: str, part: str) -> float:
    """How alike two words are, from 0 to 1: one that begins the other is nearly the same."""
    if word == part:
        return 1.0
    if word[:1] != part[:1] or abs(len(word) - len(part)) > max(len(word), len(part)) // 2:
        # Whoever misspells a name seldom begins it with another letter.
        return 0.9 if part.startswith(word) else 0.0
    if part.startswith(word):
        return 0.9
    matcher = SequenceMatcher(a=word, b=part, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _NEAR else 0.0
