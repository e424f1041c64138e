"""Hours and gifts on their way into the books, a batch at a time. What is written differs from what
is checked in nothing."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Act, Channel
from timebank.banks.models import Bank
from timebank.exchanges import history
from timebank.imports import queries
from timebank.imports.queries import Known
from timebank.imports.result import Result, Widened
from timebank.imports.rules import (
    NAMINGS,
    Account,
    Movement,
    Pairing,
    People,
    Record,
    References,
    Unit,
    movement,
)
from timebank.ledger import service as ledger_service
from timebank.members import rules as members_rules
from timebank.members import service as members_service
from timebank.reports import queries as reports
from timebank.reports.rules import IMPORTED_GIFT, IMPORTED_HOURS

BATCH = 1000


class Movements:
    """Takes records in the order of the file and, when `write` is set, writes them in batches.

    Records that have to be mended go to `refuse`, with their problems.
    """

    def __init__(
        self,
        session: Session,
        bank: Bank,
        result: Result,
        refuse: Callable[[Record], None],
        act: Act,
        *,
        write: bool,
        today: date,
    ):
        self._session, self._bank, self._result, self._refuse = session, bank, result, refuse
        self.write, self._today, self._by, self._now = write, today, act.by, act.now
        self._naming = NAMINGS[result.kind]
        self._people = queries.people(session, bank)
        self._limits = Limits(session, bank, self._people, hold=write)
        self._pairing = Pairing(self._naming)
        self._references = References()
        self._batch: list[Unit] = []

    def take(self, record: Record) -> None:
        """The next row of the file."""
        self._references.check(record, "reference")
        found = movement(record, self._naming, self._people, self._today)
        if found is None:
            for record_ in (*self._pairing.refuse(record), record):
                self._refuse(record_)
            return
        unit, refused = self._pairing.take(found)
        for record_ in refused:
            self._refuse(record_)
        if unit:
            self._batch.append(unit)
        if len(self._batch) >= BATCH:
            self._flush()

    def finish(self) -> None:
        """After the last row."""
        for record in self._pairing.left_over():
            self._refuse(record)
        self._flush()
        self._result.widened = self._limits.settle(write=self.write, act=Act(self._by, self._now))

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        known = (queries.known_hours if self._result.kind == "hours" else queries.known_gifts)(
            self._session, self._bank, [unit.movement.reference for unit in batch]
        )
        fresh: list[Unit] = []
        back: dict[int, Movement] = {}
        for unit in batch:
            earlier = known.get(unit.movement.reference)
            if self._is_bad(unit, earlier):
                for record in unit.records:
                    self._refuse(record)
            elif earlier is None:
                fresh.append(unit)
            elif unit.correction and not earlier.taken_back:
                back[earlier.id] = unit.correction
                self._result.unchanged += 1
            else:
                self._result.unchanged += len(unit.records)
        # In the order in which they are written, for no account may go past its limits even on the
        # way.
        for unit in fresh:
            self._count(unit.movement, unit.movement.minutes)
        corrections = [
            *(back[id_] for id_ in sorted(back)),
            *(unit.correction for unit in fresh if unit.correction),
        ]
        for correction in corrections:
            self._count(correction, -correction.minutes)
        if self.write:
            self._limits.lift()
            self._record(fresh, back)

    def _count(self, one: Movement, minutes: int) -> None:
        """Count a new row, which moves so many minutes from payer to payee."""
        self._result.new += 1
        self._result.minutes += minutes
        self._limits.move(one.payer_id, one.payee_id, minutes)

    def _is_bad(self, unit: Unit, earlier: Known | None) -> bool:
        one = unit.movement
        if earlier is None:
            if queries.is_own(self._bank, one.reference):
                one.record.wrong(
                    "reference",
                    "It is one of this bank's own, and the bank holds nothing under it. Write"
                    " another.",
                )
            for column, account_id in (
                (self._naming.payer, one.payer_id),
                (self._naming.payee, one.payee_id),
            ):
                if self._limits.is_closed(account_id):
                    one.record.wrong(
                        column, "This account is closed and takes no more hours. Leave the row out."
                    )
        else:
            parts = {
                self._naming.on: earlier.on == one.on,
                self._naming.payer: earlier.payer_id == one.payer_id,
                self._naming.payee: earlier.payee_id == one.payee_id,
                "minutes": earlier.minutes == one.minutes,
            }
            if not any(
                self._people.by_account[account_id].has_left
                for account_id in (one.payer_id, one.payee_id)
            ):
                # The words of those who leave are forgotten, so they prove nothing any more.
                words = zip(
                    ("skill", "activity", "description"), earlier.words, one.words, strict=True
                )
                parts |= {column: there == here for column, there, here in words}
            other = [column for column, same in parts.items() if not same]
            if other:
                one.record.wrong(
                    "reference",
                    f"It was brought in before with another {', '.join(other)}. If these are other"
                    " hours, give them a reference of their own; if they were wrong, take them"
                    " back on their page.",
                )
        if one.record.problems and unit.correction:
            unit.correction.record.wrong(
                "reverses", f"Mend the row that it takes back first, on line {one.record.line}."
            )
        return bool(one.record.problems)

    def _record(self, fresh: list[Unit], back: dict[int, Movement]) -> None:
        """Write what is new, and take back what is in `back`, by what says so."""
        session, bank, by = self._session, self._bank, self._by
        movements = [unit.movement for unit in fresh]
        if self._result.kind == "hours":
            past = [
                history.Past(
                    f"{IMPORTED_HOURS}{one.reference}",
                    one.on,
                    giver_id=one.payee_id,
                    receiver_id=one.payer_id,
                    minutes=one.minutes,
                    channel=Channel(one.channel),
                    reference=one.reference,
                    title=one.description,
                    skill=one.skill,
                    activity=one.activity,
                )
                for one in movements
            ]
            ids = history.record_hours(session, bank, past, Act(by, self._now)) if past else []
        else:
            gifts = [
                history.PastGift(
                    f"{IMPORTED_GIFT}{one.reference}",
                    one.on,
                    one.payer_id,
                    one.payee_id,
                    one.minutes,
                    Channel(one.channel),
                )
                for one in movements
            ]
            ids = history.record_gifts(session, bank, gifts, by=by) if gifts else []
        back = back | {
            id_: unit.correction for id_, unit in zip(ids, fresh, strict=True) if unit.correction
        }
        channels = {id_: Channel(correction.channel) for id_, correction in back.items()}
        if back and self._result.kind == "hours":
            history.take_back_hours(session, bank, channels, Act(by, self._now))
        elif back:
            history.take_back_gifts(session, bank, channels, by=by)


class Limits:
    """Every account of the bank, as the rows move it. With `hold` nobody else can move any of them
    meanwhile."""

    def __init__(self, session: Session, bank: Bank, people: People, *, hold: bool):
        self._session, self._bank, self._people = session, bank, people
        self._closed: set[int] = set()
        self._accounts: dict[int, Account] = {}
        self._moved: set[int] = set()
        self._lifted: set[int] = set()
        for account in reports.balances(session, bank, hold=hold).values():
            self._accounts[account.id] = Account(account.balance, account.floor, account.ceiling)
            if account.closed:
                self._closed.add(account.id)

    def is_closed(self, account_id: int) -> bool:
        """Whether the account takes no more hours."""
        return account_id in self._closed

    def move(self, payer_id: int, payee_id: int, minutes: int) -> None:
        """Take minutes from the payer to the payee; fewer than none the other way."""
        self._accounts[payer_id].move(-minutes)
        self._accounts[payee_id].move(minutes)
        self._moved |= {payer_id, payee_id}

    def lift(self) -> None:
        """Take the limits off those accounts that the rows so far take past them, before these are
        written."""
        for account_id in sorted(self._moved - self._lifted):
            if self._accounts[account_id].strays:
                ledger_service.set_limits(
                    self._session, self._bank, account_id, floor=None, ceiling=None
                )
                self._lifted.add(account_id)
        self._moved.clear()

    def settle(self, act: Act, *, write: bool) -> list[Widened]:
        """After the last row: put the limits back as near to where they were as the balances allow,
        and say which are wider.

        An account that only strayed on the way, and came back, keeps the limits it had.
        """
        widened: list[Widened] = []
        for account_id, account in self._accounts.items():
            if not account.strays:
                continue
            floor, ceiling = account.fitting
            holder = self._people.by_account[account_id]
            changed = (floor, ceiling) != (account.floor, account.ceiling)
            if changed:
                widened.append(
                    Widened(
                        holder.text, holder.name, account.floor, floor, account.ceiling, ceiling
                    )
                )
            if write and changed and holder.member_id is not None:
                limits = members_rules.Limits(floor, ceiling)
                members_service.set_limits(self._session, self._bank, holder.member_id, limits, act)
            elif write:
                ledger_service.set_limits(
                    self._session, self._bank, account_id, floor=floor, ceiling=ceiling
                )
        return widened
