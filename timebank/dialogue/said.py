"""What people said, what was decided and what became of it, put together for a page, a poster, a
letter and a feed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from timebank import atom
from timebank.act import Actor, Channel
from timebank.banks.models import Bank
from timebank.dialogue import audit_queries, conversation_queries, promise_queries, queries
from timebank.dialogue.models import (
    CommitmentStep,
    Dialogue,
    Option,
    Partnership,
    Priority,
    Verdict,
)
from timebank.dialogue.promise_queries import Promise, Sums
from timebank.dialogue.rules import DECISION_WORDS, STEP_KIND_WORDS, StepKind
from timebank.say import Said, count, say


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


def told(
    session: Session, bank: Bank, partnership: Partnership, *, by: Actor | None, today: date
) -> Told:
    """What was said and done in a partnership, as this reader reads it: by the order of its
    priorities, what belongs to none last."""
    promises = promise_queries.promises_of(session, bank, partnership.id, by=by)
    talks = {one.id: one for one in conversation_queries.dialogues(session, bank, partnership.id)}
    named = audit_queries.named(
        session, bank, {one.priority.theme_id for one in promises if one.priority is not None}
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
        for one in promises
    ]
    refused = conversation_queries.refused_options(session, bank, partnership.id)
    priorities = {one.id: one for one in queries.priorities(session, bank, partnership.id)}
    with_promise = {one.option.id for one in promises if one.option}
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
    return Told(entries, promise_queries.sums(promises, today=today), asked, overdue)


def became(entry: Entry, today: date) -> Said:
    """What became of something, in one sentence."""
    promise = entry.promise
    if promise is None:
        verdict = entry.verdict
        return DECISION_WORDS[verdict.answer] if verdict else say("Not answered yet")
    late = promise.late(today)
    if late:
        return count("Late by %(n)s day", "Late by %(n)s days", late)
    return _BECAME[promise.state]


_BECAME: dict[StepKind, Said] = {
    StepKind.PROMISED: say("On the way"),
    StepKind.MOVED: say("On the way"),
    StepKind.HANDED: say("On the way"),
    StepKind.DONE: say("Done", context="a promise"),
    StepKind.CONFIRMED: say("Done", context="a promise"),
    StepKind.DROPPED: say("Not done"),
    StepKind.MISTAKEN: say("Written down by mistake"),
}


def heard(promise: Promise) -> dict[int, list[Said]]:
    """By number of the step: on whose word it was written down, how that came, and by whom."""
    return {
        one.n: [
            *([_SAID[one.channel](one.said_by or say("Somebody"))] if one.channel in _SAID else []),
            *([say("Entered by %(by)s.", by=one.entered_by)] if one.entered_by else []),
        ]
        for one in promise.heard
    }


_SAID: dict[Channel, Callable[[str | Said], Said]] = {
    Channel.IN_PERSON: lambda who: say("%(who)s said so in person.", who=who),
    Channel.PHONE: lambda who: say("%(who)s said so by telephone.", who=who),
    Channel.PAPER: lambda who: say("%(who)s said so on paper.", who=who),
    Channel.TEXT: lambda who: say("%(who)s said so by text message.", who=who),
}


FED = 50
"""So many of the last steps stand in the feed."""


def feed(
    bank: Bank,
    partnership: Partnership,
    found: Sequence[Promise],
    *,
    own: str,
    page: str,
    url: Callable[[Promise], str],
) -> atom.Feed:
    """The last steps of promises. It names nobody who did not agree. `own` is its address, `page`
    that of the same for people, and `url` says where the page of a promise is."""
    steps = sorted(
        ((step, one) for one in found for step in one.steps if step.kind != StepKind.MISTAKEN),
        key=lambda pair: (pair[0].at, pair[0].n),
        reverse=True,
    )[:FED]
    return atom.Feed(
        names=bank.lasting_name,
        key=f"partnership-{partnership.id}",
        title=f"{partnership.name} – {bank.name}",
        author=bank.name,
        updated=steps[0][0].at if steps else partnership.at,
        own=own,
        page=page,
        entries=[_entry(step, one, url(one)) for step, one in steps],
    )


def _entry(step: CommitmentStep, promise: Promise, page: str) -> atom.Entry:
    kind = STEP_KIND_WORDS[step.kind]
    return atom.Entry(
        key=f"promise-{promise.row.id}-step-{step.n}",
        title=say("%(kind)s: %(promise)s", kind=kind, promise=promise.row.words),
        updated=step.at,
        page=f"{page}#step-{step.n}",
        summary=step.words or kind,
    )
