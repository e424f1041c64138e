"""Members on their way into the bank, and the balances they bring from earlier books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Channel
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.imports import queries
from timebank.imports.result import Task, Widened
from timebank.imports.rules import Account, Brought, MemberRow, Record, References, member
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry, Provenance
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Acquaintances, Details, NewMember, Traits
from timebank.reports import queries as reports
from timebank.say import Either, Said, count, say
from timebank.text import folded

BATCH = 500

_LEFT_ALONE = ("role", "status")
"""What an import never changes in a member who is here: these have consequences, and a page that
says which."""


@dataclass(frozen=True)
class _Opening:
    """An opening balance that is to be brought in: the row, whose account it goes to (None: that of
    whoever is written in with the row), and the limits it needs, where they have to be wider."""

    row: MemberRow
    account_id: int | None
    wider: Widened | None


class Members:
    """Takes records in the order of the file and, when `write` is set, enrols whoever is new.

    Records that have to be mended go to `refuse`. With `update`, the details of members who are
    here are changed too.
    """

    def __init__(
        self,
        session: Session,
        bank: Bank,
        task: Task,
        act: Act,
        *,
        update: bool,
    ):
        self._session, self._bank = session, bank
        self._result, self._refuse, self._slice = task.result, task.refuse, task.slice_
        self.write, self._update, self._by, self._now = task.write, update, act.by, act.now
        self._today = local_date(act.now, bank.timezone)
        self._shared = {folded(name) for name in queries.shared_names(session, bank)}
        self._openings = reports.opening_balances(session, bank)
        self._opening_account = ledger.opening(session, bank).id
        self._references = References()
        self._answers, self._wrote = task.answers, task.wrote
        self._above = Acquaintances[tuple[int, str]]()
        self._batch: list[MemberRow] = []
        self._free: Mapping[str, str] = {}
        self._new: list[MemberRow] = []
        self._opening: list[_Opening] = []
        self._next: int | None = None
        self._by_name = 0

    def take(self, record: Record) -> None:
        """The next row of the file."""
        self._references.check(record, "number")
        row = member(record, self._today, lambda number: folded(number) in self._shared)
        if row is None:
            self._refuse(record)
            return
        self._batch.append(row)
        if len(self._batch) >= BATCH:
            self._flush()

    def finish(self) -> None:
        """After the last row."""
        self._flush()
        if self._next is not None:
            self._result.notes.append(
                say("The file gives no numbers, so the next ones that are free are given.")
            )
        if self._by_name:
            words = count(
                "%(n)s member was known by the name alone, for the file gives no number.",
                "%(n)s members were known by their names alone, for the file gives no number.",
                self._by_name,
            )
            self._result.notes.append(words)

    def _flush(self) -> None:
        if not self.write:
            self._settle_batch()
            return
        with self._slice():
            # Two files at once would both find a number free.
            one_at_a_time(self._session, self._bank)
            self._settle_batch()
            if self.write:
                self._write()

    def _settle_batch(self) -> None:
        """Tell what of the batch is new, here already, or has to be mended."""
        self._new, self._opening = [], []
        batch, self._batch = self._batch, []
        batch = self._with_numbers(batch)
        here = queries.members_by_number(self._session, self._bank, [row.number for row in batch])
        causes = [_cause(row.number) for row in batch if row.opening]
        spent = {
            entry.cause: entry
            for entry in reports.entries(self._session, self._bank, causes=causes)
            if not entry.taken_back
        }
        self._free = queries.free_causes(self._session, self._bank, causes)
        new = {row.number: _traits(row) for row in batch if row.number not in here}
        known = members.look_alikes(self._session, self._bank, set(new.values()))
        bare = queries.members_by_noughts(self._session, self._bank, list(new))
        for row in batch:
            there = here.get(row.number)
            earlier = spent.get(_cause(row.number))
            if earlier and (
                there is None or there.account_id not in {earlier.payer_id, earlier.payee_id}
            ):
                row.record.wrong(
                    "number",
                    say(
                        "An opening balance was brought in under this number for somebody else,"
                        " who has another now. Choose a number that was never used."
                    ),
                )
                self._refuse(row.record)
            elif there is None:
                traits = new[row.number]
                shortened = bare.get(row.number.lstrip("0"), ())
                alike = known[traits] or [one for one in shortened if _is_called(one, traits)]
                self._take_in(row, traits, alike)
            elif there.status != "left" and not _may_be_same(there.name, row.details["name"]):
                # Hours that come after would be somebody else's.
                row.record.wrong(
                    "number",
                    say(
                        "%(number)s is %(name)s here. Give one of the two another number; or if"
                        " they are the same person, change the name on their page first.",
                        number=row.number,
                        name=there.name,
                    ),
                )
                self._refuse(row.record)
            else:
                self._compare(row, there)

    def _with_numbers(self, batch: list[MemberRow]) -> list[MemberRow]:
        """The rows with the numbers of those who are here under the name and nothing that speaks
        against it, where the file gives none; for everybody else the next numbers that are free."""
        without = {folded(row.details["name"]) for row in batch if not row.number}
        if not without:
            return batch
        named = queries.members_by_name(self._session, self._bank, without)
        taken = {row.number for row in batch if row.number}
        return [row if row.number else self._numbered(row, named, taken) for row in batch]

    def _numbered(
        self, row: MemberRow, named: Mapping[str, Sequence[Member]], taken: set[str]
    ) -> MemberRow:
        traits = _traits(row)
        here = [
            there
            for there in named.get(traits.name_key, ())
            if there.number not in taken and _agree(traits, members.traits(there))
        ]
        if len(here) == 1 and here[0].number:
            self._by_name += 1
            taken.add(here[0].number)
            return replace(row, number=here[0].number)
        if self._next is None:
            self._next = int(members.next_number(self._session, self._bank))
        while str(self._next) in taken or folded(str(self._next)) in self._shared:
            self._next += 1
        taken.add(str(self._next))
        self._next += 1
        return replace(row, number=str(self._next - 1))

    def _take_in(self, row: MemberRow, traits: Traits, known: Sequence[Member]) -> None:
        """Enrol whoever is new, once it is said that they are where somebody is like them."""
        line, name = row.record.line, row.details["name"]
        alike = [_who(member) for member in known] + [
            say("%(name)s (line %(line)s)", name=other, line=earlier)
            for earlier, other in self._above.like(traits)
        ]
        if line in self._answers.same:
            self._result.unchanged += 1
            return
        if alike and line not in self._answers.other:
            words = say("Do we know %(name)s? It may be %(those)s.", name=name, those=Either(alike))
            self._result.ask(row.record, "name", words)
            self._refuse(row.record)
            return
        self._above.add(traits, (line, name))
        self._result.new += 1
        self._new.append(row)
        self._bring_opening(
            row, name, None, Account(0, self._bank.member_floor, self._bank.member_ceiling)
        )

    def _write(self) -> None:
        """Write down whoever is new, and the balances they bring."""
        new = [
            NewMember(
                **{name: value for name, value in row.details.items() if value is not None},
                number=row.number,
            )
            for row in self._new
        ]
        act = Act(self._by, self._now)
        enrolled = members_service.enrol_many(self._session, self._bank, new, act)
        accounts = {
            row.number: one.account_id for row, one in zip(self._new, enrolled, strict=True)
        }
        self._wrote(Brought.MEMBER, [one.id for one in enrolled])
        entries = [
            self._entry(opening, opening.account_id or accounts[opening.row.number])
            for opening in self._opening
        ]
        opened = ledger_service.post_many(self._session, self._bank, entries)
        self._wrote(Brought.OPENING, opened)

    def _compare(self, row: MemberRow, there: Member) -> None:
        if there.status == "left":
            if row.details.get("status") != "left":
                self._differs(
                    row,
                    say("%(number)s has left since, and is left alone.", number=there.number or ""),
                )
            else:
                self._result.unchanged += 1
            return
        other = {
            name: value
            for name, value in row.details.items()
            if value is not None and value != getattr(there, name)
        }
        opening = self._openings.get(there.account_id or 0, 0)
        wanted = opening if row.opening is None else row.opening
        may = (
            {name: value for name, value in other.items() if name not in _LEFT_ALONE}
            if self._update
            else {}
        )
        left_alone = {
            name: (getattr(there, name), value) for name, value in other.items() if name not in may
        }
        brings = self._update and not opening and wanted != 0
        if wanted != opening and not brings:
            left_alone["opening_balance"] = (hours.table(opening), hours.table(wanted))
        if left_alone:
            differences = [_difference(name, *both) for name, both in left_alone.items()]
            self._differs(row, say("%(those)s", those=differences))
        elif not may and not brings:
            self._result.unchanged += 1
        if may or brings:
            self._result.updated += 1
        if may and self.write:
            details = replace(members.details(there), **may)
            act = Act(self._by, self._now)
            # Whom the file says it is has been read by their number.
            members_service.change(self._session, self._bank, there.id, details, act, another=True)
        if brings:
            state = ledger.account(self._session, self._bank, there.account_id or 0)
            self._bring_opening(
                row,
                there.name,
                there.account_id,
                Account(state.balance, state.floor, state.ceiling),
            )

    def _differs(self, row: MemberRow, words: Said) -> None:
        self._result.different += 1
        self._result.differs(
            say(
                "Line %(line)s, member %(number)s: %(words)s",
                line=row.record.line,
                number=row.number,
                words=words,
            )
        )

    def _bring_opening(
        self, row: MemberRow, name: str, account_id: int | None, account: Account
    ) -> None:
        """Count the opening balance, and the limits that have to be widened to hold it."""
        minutes = row.opening or 0
        if not minutes:
            return
        self._result.minutes += minutes
        account.move(minutes)
        floor, ceiling = account.fitting
        wider = None
        if account.strays:
            wider = Widened(row.number, name, account.floor, floor, account.ceiling, ceiling)
            self._result.widened.append(wider)
        self._opening.append(_Opening(row, account_id, wider))

    def _entry(self, opening: _Opening, account_id: int) -> NewEntry:
        """The entry of an opening balance, once the account can hold it."""
        if opening.wider:
            ledger_service.set_limits(
                self._session,
                self._bank,
                account_id,
                floor=opening.wider.new_floor,
                ceiling=opening.wider.new_ceiling,
                why=None,
                by=self._by.key,
            )
        minutes, cause = opening.row.opening or 0, _cause(opening.row.number)
        payer, payee = (
            (self._opening_account, account_id)
            if minutes > 0
            else (account_id, self._opening_account)
        )
        return NewEntry(
            self._free.get(cause, cause),
            "opening",
            self._today,
            [Leg(payer, payee, abs(minutes))],
            Provenance(self._by.key, Channel.IMPORT),
        )


def _is_called(member: Member, traits: Traits) -> bool:
    return member.status != "left" and member.name_key == traits.name_key


def _may_be_same(name: str, other: str) -> bool:
    """Whether two names share a word, as they do when somebody has married or is written in
    full."""
    return bool(set(folded(name).split()) & set(folded(other).split()))


def _traits(row: MemberRow) -> Traits:
    given = row.details
    return Traits.of(
        Details(
            given["name"],
            email=given.get("email"),
            phone=given.get("phone"),
            date_of_birth=given.get("date_of_birth"),
        )
    )


def _who(member: Member) -> Said:
    """Somebody who is here, told apart from others of that name."""
    about: list[Said | str] = [
        say("number %(number)s", number=member.number)
        if member.number
        else say("who asks to join"),
        *([member.area] if member.area else []),
        *(
            [say("born %(year)s", year=str(member.date_of_birth.year))]
            if member.date_of_birth
            else []
        ),
    ]
    known = about[0]
    for more in about[1:]:
        known = say("%(first)s, %(more)s", first=known, more=more)
    return say("%(name)s (%(about)s)", name=member.name, about=known)


def _agree(one: Traits, other: Traits) -> bool:
    """Whether nothing that is known of both speaks against their being the same."""
    return all(
        mine is None or its is None or mine == its
        for mine, its in (
            (one.email_key, other.email_key),
            (one.phone_key, other.phone_key),
            (one.date_of_birth, other.date_of_birth),
        )
    )


def _cause(number: str) -> str:
    return f"opening:{number}"


def _difference(column: str, here: Any, there: Any) -> Said:
    def shown(value: Any) -> Said | str:
        if value in {None, ""}:
            return say("empty")
        return value.isoformat() if isinstance(value, date) else str(value)

    return say(
        "%(column)s is %(here)s here and %(there)s in the file",
        column=column,
        here=shown(here),
        there=shown(there),
    )
