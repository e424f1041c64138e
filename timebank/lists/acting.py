"""What each verb does to a line of a list, and how it is undone: one step of a run, through the use
case of the room that the line is from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.errors import Conflict
from timebank.exchanges import waiting
from timebank.lists.models import ListRun, MemberTag, RunLine
from timebank.lists.rules import ListKind, Verb
from timebank.members import acts
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.safeguarding import reminders
from timebank.say import say
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import Carer


@dataclass(frozen=True)
class Step:
    """A line of a run that is being done, or undone, and by whom."""

    session: Session
    bank: Bank
    run: ListRun
    line: RunLine
    act: Act

    @property
    def subject_id(self) -> int:
        return self.line.subject_id

    def write_down(self, kind: str) -> None:
        """On the person whose line it is, that it was done."""
        if self.line.member_id is not None:
            member = members.member(self.session, self.bank, self.line.member_id)
            acts.record(self.session, member, self.act, kind)


Doing: TypeAlias = Callable[[Step], str]
"""Does a step, and says how it was before. Raises a Refusal where it cannot be."""


def _tag(step: Step) -> str:
    member = acts.taking_part(step.session, step.bank, step.subject_id)
    row = {"bank_id": step.bank.id, "member_id": member.id, "tag_id": step.run.tag_id}
    tagged = insert_of(step.session)(MemberTag).values(**row, by=step.act.by.key, at=step.act.now)
    once = tagged.on_conflict_do_nothing().returning(MemberTag.member_id)
    if step.session.execute(once).first() is None:
        raise Conflict(say("%(name)s has this tag already.", name=member.name))
    step.write_down("tagged")
    return ""


def _untag(step: Step) -> str:
    gone = delete(MemberTag).where(
        MemberTag.bank_id == step.bank.id,
        MemberTag.member_id == step.subject_id,
        MemberTag.tag_id == step.run.tag_id,
    )
    if step.session.execute(gone.returning(MemberTag.member_id)).first() is None:
        member = members.member(step.session, step.bank, step.subject_id)
        raise Conflict(say("%(name)s has not got this tag.", name=member.name))
    step.write_down("untagged")
    return ""


def _give_broker(step: Step, broker_id: int | None) -> str:
    suiting = members.suiting(step.session, step.bank, step.subject_id)
    if suiting.broker_id == broker_id:
        raise Conflict(say("That is so already."))
    wanted = replace(suiting, broker_id=broker_id)
    members_service.set_profile(step.session, step.bank, step.subject_id, wanted, step.act)
    return _written(suiting.broker_id)


def _broker(step: Step) -> str:
    return _give_broker(step, step.run.broker_id)


def _former_broker(step: Step) -> str:
    suiting = members.suiting(step.session, step.bank, step.subject_id)
    _require_same(suiting.broker_id, step.run.broker_id)
    return _give_broker(step, _read(step.line.was))


def _carer(step: Step) -> str:
    listing = skills.listing(step.session, step.bank, step.subject_id)
    before = listing.broker_id
    if before == step.run.broker_id:
        raise Conflict(say("That is so already."))
    _take_on(step, step.run.broker_id)
    return _written(before)


def _former_carer(step: Step) -> str:
    listing = skills.listing(step.session, step.bank, step.subject_id)
    _require_same(listing.broker_id, step.run.broker_id)
    _take_on(step, _read(step.line.was))
    return ""


def _take_on(step: Step, broker_id: int | None) -> None:
    carer = Carer(broker_id)
    skills_service.take_on(step.session, step.bank, step.subject_id, carer, step.act)
    step.write_down("listing_broker")


def _pause(step: Step) -> str:
    members_service.pause(step.session, step.bank, step.subject_id, step.act)
    return ""


def _resume(step: Step) -> str:
    members_service.resume(step.session, step.bank, step.subject_id, step.act)
    return ""


def _renew(step: Step) -> str:
    before = skills.listing(step.session, step.bank, step.subject_id).ends_on
    skills_service.renew(step.session, step.bank, step.subject_id, step.act)
    step.write_down("listing_renewed")
    return before.isoformat()


def _end_as_before(step: Step) -> str:
    last = skills.last_step(step.session, step.bank, step.subject_id)
    if last is None or last.was_until != date.fromisoformat(step.line.was):
        raise _changed_since()
    skills_service.undo(step.session, step.bank, step.subject_id, step.act)
    step.write_down("listing_renewed")
    return ""


def _take_out(step: Step) -> str:
    skills_service.withdraw(step.session, step.bank, step.subject_id, step.act)
    step.write_down("listing_taken_out")
    return ""


def _remind_of_hours(step: Step) -> str:
    waiting.remind_now(step.session, step.bank, step.subject_id, step.act)
    step.write_down("reminded")
    return ""


def _remind_of_check(step: Step) -> str:
    reminders.remind_now(step.session, step.bank, step.subject_id, step.act)
    step.write_down("reminded")
    return ""


def _on_labels(step: Step) -> str:
    acts.present(step.session, step.bank, step.subject_id)
    step.write_down("on_labels")
    return ""


def _in_file(step: Step) -> str:
    step.write_down("in_file")
    return ""


def _require_same(now: int | None, then: int | None) -> None:
    """What was changed since stays as somebody else made it."""
    if now != then:
        raise _changed_since()


def _changed_since() -> Conflict:
    return Conflict(say("It was changed again since, and stays as it is now."))


def _written(broker_id: int | None) -> str:
    return "" if broker_id is None else str(broker_id)


def _read(was: str) -> int | None:
    return int(was) if was else None


_OF_MEMBERS: Mapping[Verb, Doing] = {
    Verb.TAG: _tag,
    Verb.UNTAG: _untag,
    Verb.BROKER: _broker,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.LABELS: _on_labels,
    Verb.EXPORT: _in_file,
}
_OF_LISTINGS: Mapping[Verb, Doing] = {
    Verb.BROKER: _carer,
    Verb.RENEW: _renew,
    Verb.TAKE_OUT: _take_out,
    Verb.EXPORT: _in_file,
}
DOES: Mapping[ListKind, Mapping[Verb, Doing]] = {
    ListKind.MEMBERS: _OF_MEMBERS,
    ListKind.OFFERS: _OF_LISTINGS,
    ListKind.REQUESTS: _OF_LISTINGS,
    ListKind.ENDINGS: _OF_LISTINGS,
    ListKind.EXCHANGES: {Verb.REMIND: _remind_of_hours, Verb.EXPORT: _in_file},
    ListKind.CHECKS: {Verb.REMIND: _remind_of_check, Verb.EXPORT: _in_file},
}
"""What each verb does to a line."""

_UNDOES_LISTINGS: Mapping[Verb, Doing] = {Verb.BROKER: _former_carer, Verb.RENEW: _end_as_before}
UNDOES: Mapping[ListKind, Mapping[Verb, Doing]] = {
    ListKind.MEMBERS: {
        Verb.TAG: _untag,
        Verb.UNTAG: _tag,
        Verb.BROKER: _former_broker,
        Verb.PAUSE: _resume,
        Verb.RESUME: _pause,
    },
    ListKind.OFFERS: _UNDOES_LISTINGS,
    ListKind.REQUESTS: _UNDOES_LISTINGS,
    ListKind.ENDINGS: _UNDOES_LISTINGS,
}
"""What undoes it."""
