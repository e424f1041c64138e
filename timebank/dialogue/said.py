"""What people said, what was decided and what became of it, put together for a page, a poster, a
letter and a feed."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.dialogue import audit_queries, conversation_queries, promise_queries, queries
from timebank.dialogue.models import Dialogue, Option, Partnership, Priority, Verdict
from timebank.dialogue.promise_queries import Promise, Sums
from timebank.dialogue.rules import STEP_KIND_WORDS, StepKind
from timebank.say import Voice


@dataclass(frozen=True)
class Entry:
    """One thing that people said: its priority, if it is one; what was decided of it (an option and
    its answer); and the promise that came of it, or none where the answer was no."""

    priority: Priority | None
    named: tuple[int, int] | None
    talk: Dialogue | None
    option: Option | None
    verdict: Verdict | None
    promise: Promise | None

    @property
    def words(self) -> str:
        """What people said, in the words of the priority, or what it is about."""
        if self.priority is not None:
            return self.priority.words
        if self.talk is not None:
            return self.talk.title
        return self.promise.row.words if self.promise is not None else ""


@dataclass(frozen=True)
class Told:
    """All of it, and how many people were asked in how many audits; `overdue` are conversations
    whose answer has not come in time."""

    entries: Sequence[Entry]
    sums: Sums
    asked: int
    overdue: Sequence[Dialogue]


def told(session: Session, bank: Bank, partnership: Partnership, *, today: date) -> Told:
    """What was said and done in a partnership: by the order of its priorities, what belongs to none
    last."""
    found = promise_queries.promises_of(session, bank, partnership.id)
    talks = {one.id: one for one in conversation_queries.dialogues(session, bank, partnership.id)}
    named = audit_queries.named(
        session, bank, {one.priority.theme_id for one in found if one.priority is not None}
    )
    entries = [
        Entry(
            one.priority,
            named.get(one.priority.theme_id or 0) if one.priority else None,
            talks.get(one.option.dialogue_id) if one.option else None,
            one.option,
            one.verdict,
            one,
        )
        for one in found
    ]
    refused = conversation_queries.refused_options(session, bank, partnership.id)
    priorities = {one.id: one for one in queries.priorities(session, bank, partnership.id)}
    with_promise = {one.option.id for one in found if one.option}
    entries += [
        Entry(priorities.get(talk.priority_id or 0), None, talk, option, verdict, None)
        for talk, option, verdict in refused
        if option.id not in with_promise
    ]
    entries.sort(key=lambda entry: entry.priority.place if entry.priority else 1_000)
    overdue = [
        talk
        for talk in talks.values()
        if talk.opened_at is not None
        and talk.closed_at is None
        and talk.answers_on is not None
        and talk.answers_on < today
    ]
    asked = audit_queries.people_asked(session, bank, partnership.id)
    return Told(entries, promise_queries.sums(found, today=today), asked, overdue)


ATOM = "http://www.w3.org/2005/Atom"
FED = 50
"""So many of the last steps stand in the feed."""


def feed(
    bank: Bank,
    partnership: Partnership,
    found: Sequence[Promise],
    voice: Voice,
    *,
    own: str,
    page: Callable[[Promise], str],
) -> bytes:
    """The last steps of promises as an Atom feed (RFC 4287). It names nobody who did not agree."""
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    steps = sorted(
        ((step, one) for one in found for step in one.steps if step.kind != StepKind.MISTAKEN),
        key=lambda pair: (pair[0].at, pair[0].n),
        reverse=True,
    )[:FED]
    updated = steps[0][0].at if steps else partnership.at
    _add(root, "id", own)
    _add(root, "title", f"{partnership.name} – {bank.name}")
    _add(root, "updated", _instant(updated))
    _add(root, "link", rel="self", href=own)
    _add(_add(root, "author"), "name", bank.name)
    for step, one in steps:
        entry = _add(root, "entry")
        _add(entry, "id", f"{page(one)}#step-{step.n}")
        kind = STEP_KIND_WORDS[step.kind].render(voice)
        _add(entry, "title", f"{kind}: {one.row.words}")
        _add(entry, "updated", _instant(step.at))
        _add(entry, "link", href=page(one))
        _add(entry, "summary", step.words or kind)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _add(
    parent: ElementTree.Element, name: str, text: str = "", **marks: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", marks)
    element.text = text or None
    return element


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
