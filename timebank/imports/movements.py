"""Hours and gifts on their way into the books, a batch at a time. What is written differs from what
is checked in nothing."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act, Channel
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.exchanges import history
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Exchange
from timebank.exchanges.rules import A_DAY_OFF, Help, may_be_same
from timebank.imports import queries
from timebank.imports.meant import People
from timebank.imports.queries import Known
from timebank.imports.result import Apart, Task, Widened
from timebank.imports.rules import (
    NAMINGS,
    Account,
    Bounds,
    Brought,
    Imported,
    ImportFormat,
    Movement,
    Pairing,
    Record,
    References,
    Unit,
    movement,
)
from timebank.ledger import rules as ledger_rules
from timebank.ledger import service as ledger_service
from timebank.members import acts, meeting
from timebank.members import rules as members_rules
from timebank.members.meeting import Pair
from timebank.reports import queries as reports
from timebank.reports.rules import IMPORTED_GIFT, IMPORTED_HOURS
from timebank.say import say

BATCH = 1000


class Movements:
    """Takes records in the order of the file and, when `write` is set, writes them in batches.

    Records that have to be mended go to `refuse`, with their problems.
    """

    def __init__(
        self,
        session: Session,
        bank: Bank,
        task: Task,
        act: Act,
        *,
        originals: Mapping[int, Bounds],
    ):
        self._session, self._bank = session, bank
        self._result, self._refuse, self._slice = task.result, task.refuse, task.slice_
        self.write, self._by, self._now = task.write, act.by, act.now
        self._today = local_date(act.now, bank.timezone)
        self._naming = NAMINGS[task.result.kind]
        self._people = task.people
        self._limits = Limits(session, bank, self._people, originals, by=act.by.key)
        self._pairing = Pairing(self._naming)
        self._references = References()
        self._answers, self._wrote = task.answers, task.wrote
        # The help that the rows above tell of, by who gave it and who received it.
        self._above: dict[tuple[int, int], list[tuple[int, Help]]] = {}
        self._batch: list[Unit] = []
        self._let_meet = task.let_meet
        self._apart: dict[Pair, list[int]] = {}

    def take(self, record: Record) -> None:
        """The next row of the file."""
        self._references.check(record, "reference")
        read = movement(record, self._naming, self._people, self._today)
        if read is None:
            for record_ in (*self._pairing.refuse(record), record):
                self._refuse(record_)
            return
        unit, refused = self._pairing.take(read)
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
        if not self.write:
            self._settle_batch()
            self._result.widened = self._limits.widened()
        else:
            with self._slice():
                self._write_batch(last=True)
                self._result.widened = self._limits.widened()
                self._limits.settle(Act(self._by, self._now), last=True)
        named = meeting.named(self._session, self._bank, self._apart)
        self._result.apart = [
            Apart(*pair, words, lines)
            for (pair, lines), words in zip(self._apart.items(), named, strict=True)
        ]

    @property
    def originals(self) -> dict[int, Bounds]:
        """What the limits were of the accounts whose limits are wider by now."""
        return self._limits.originals()

    def _flush(self) -> None:
        if not self.write:
            self._settle_batch()
            return
        with self._slice():
            self._write_batch()
            self._limits.settle(Act(self._by, self._now), last=False)

    def _write_batch(self, *, last: bool = False) -> None:
        # Others who bring in a file wait here, so that what was known of a reference holds.
        one_at_a_time(self._session, self._bank)
        held = {
            account_id
            for unit in self._batch
            for move in filter(None, (unit.movement, unit.correction))
            for account_id in (move.payer_id, move.payee_id)
        }
        # After the last, those that have wider limits are settled for good.
        self._limits.hold(held.union(self._limits.originals()) if last else held)
        fresh, back = self._settle_batch()
        if self.write:
            self._limits.lift()
            self._record(fresh, back)

    def _settle_batch(self) -> tuple[list[Unit], dict[int, Movement]]:
        """Tell what of the batch is new, here already, or has to be mended; what is new, and what
        is to be taken back."""
        batch, self._batch = self._batch, []
        known = (queries.known_hours if self._result.kind == "hours" else queries.known_gifts)(
            self._session, self._bank, [unit.movement.reference for unit in batch]
        )
        fresh: list[Unit] = []
        back: dict[int, Movement] = {}
        written_here = self._told_here(batch)
        for unit in batch:
            earlier = known.get(unit.movement.reference)
            self._compare(unit, ask=earlier is None)
            if earlier is None and self._is_told(unit, written_here):
                self._result.unchanged += len(unit.records)
                continue
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
        self._note_apart([unit.movement for unit in fresh])
        corrections = [
            *(back[id_] for id_ in sorted(back)),
            *(unit.correction for unit in fresh if unit.correction),
        ]
        for correction in corrections:
            self._count(correction, -correction.minutes)
        return fresh, back

    def _note_apart(self, new: Sequence[Movement]) -> None:
        """Take down which rows are between two who are kept apart."""
        accounts = {account for one in new for account in (one.payer_id, one.payee_id)}
        apart = meeting.between(self._session, self._bank, accounts, but_for=self._let_meet)
        for move in new:
            for pair in apart.get((move.payer_id, move.payee_id), ()):
                self._apart.setdefault(pair, []).append(move.record.line)

    def _told_here(self, batch: Sequence[Unit]) -> dict[tuple[int, int], list[Exchange]]:
        """The hours that people wrote down here themselves, between the two of any of these rows,
        about the same days. (What came from files is known by its reference.)"""
        if self._result.kind != Imported.HOURS or not batch:
            return {}
        days = [unit.movement.on for unit in batch]
        written_here: dict[tuple[int, int], list[Exchange]] = {}
        for there in exchanges.written_here(
            self._session,
            self._bank,
            {unit.movement.payee_id for unit in batch},
            {unit.movement.payer_id for unit in batch},
            first=min(days) - A_DAY_OFF,
            last=max(days) + A_DAY_OFF,
        ):
            written_here.setdefault((there.giver_id, there.receiver_id), []).append(there)
        return written_here

    def _is_told(self, unit: Unit, told: Mapping[tuple[int, int], list[Exchange]]) -> bool:
        """Whether a row is help that is here already, as somebody has answered; one that may be and
        is not answered has to be."""
        move, line = unit.movement, unit.movement.record.line
        if line in self._answers.same:
            return True
        new = Help(move.on, move.minutes, move.description, move.skill)
        for there in told.get((move.payee_id, move.payer_id), []):
            on, minutes = there.occurred_on or move.on, there.minutes or 0
            earlier = Help(on, minutes, there.title, there.skill)
            if may_be_same(earlier, new) and line not in self._answers.other:
                words = say(
                    "There is %(hours)s on %(day)s between these two already, “%(title)s”. Is it"
                    " the same help?",
                    hours=hours.table(minutes),
                    day=on,
                    title=there.title,
                )
                self._result.ask(move.record, "reference", words)
                break
        return False

    def _compare(self, unit: Unit, *, ask: bool) -> None:
        """Ask about a row that says word for word what one above it says. (Two times of help on one
        day are nothing to ask about in a file, where each has a reference of its own; nor are rows
        out of books, which have the number of their entry.)"""
        move, record = unit.movement, unit.movement.record
        by_hand = self._result.format == ImportFormat.TIMEBANK and not move.entry
        if self._result.kind != Imported.HOURS or not by_hand or not move.description:
            return
        above = self._above.setdefault((move.payee_id, move.payer_id), [])
        here = Help(move.on, move.minutes, move.description, move.skill)
        line = next((line for line, there in above if there == here), None)
        above.append((record.line, here))
        answered = record.line in self._answers.same | self._answers.other
        if ask and line is not None and not answered:
            words = say(
                "Line %(line)s says the same word for word. Is it the same help?", line=line
            )
            self._result.ask(record, "reference", words)

    def _count(self, one: Movement, minutes: int) -> None:
        """Count a new row, which moves so many minutes from payer to payee."""
        self._result.new += 1
        self._result.minutes += minutes
        self._limits.move(one.payer_id, one.payee_id, minutes)

    def _is_bad(self, unit: Unit, earlier: Known | None) -> bool:
        move = unit.movement
        if earlier is None:
            if queries.is_own(self._bank, move.reference):
                move.record.wrong(
                    "reference",
                    say(
                        "It is one of this bank's own, and the bank holds nothing under it. Write"
                        " another."
                    ),
                )
            for column, account_id in (
                (self._naming.payer, move.payer_id),
                (self._naming.payee, move.payee_id),
            ):
                if self._limits.is_closed(account_id):
                    move.record.wrong(
                        column,
                        say("This account is closed and takes no more hours. Leave the row out."),
                    )
        else:
            parts = {
                self._naming.on: earlier.on == move.on,
                self._naming.payer: earlier.payer_id == move.payer_id,
                self._naming.payee: earlier.payee_id == move.payee_id,
                "minutes": earlier.minutes == move.minutes,
            }
            if not any(
                self._people.by_account[account_id].has_left
                for account_id in (move.payer_id, move.payee_id)
            ):
                # The words of those who leave are forgotten, so they prove nothing any more.
                words = zip(
                    ("skill", "activity", "description"), earlier.words, move.words, strict=True
                )
                parts |= {column: there == here for column, there, here in words}
            other = [column for column, same in parts.items() if not same]
            if other:
                move.record.wrong(
                    "reference",
                    say(
                        "It was brought in before with another %(those)s. If these are other"
                        " hours, give them a reference of their own; if they were wrong, take"
                        " them back on their page.",
                        those=", ".join(other),
                    ),
                )
        if move.record.problems and unit.correction:
            unit.correction.record.wrong(
                "reverses",
                say(
                    "Mend the row that it takes back first, on line %(line)s.",
                    line=move.record.line,
                ),
            )
        return bool(move.record.problems)

    def _record(self, fresh: list[Unit], back: dict[int, Movement]) -> None:
        """Write what is new, and take back what is in `back`, by what says so."""
        session, bank, by = self._session, self._bank, self._by
        movements = [unit.movement for unit in fresh]
        start = IMPORTED_HOURS if self._result.kind == Imported.HOURS else IMPORTED_GIFT
        causes = [f"{start}{one.reference}" for one in movements]
        free = queries.free_causes(session, bank, causes)
        causes = [free.get(cause, cause) for cause in causes]
        if self._result.kind == "hours":
            past = [
                history.Past(
                    cause,
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
                for one, cause in zip(movements, causes, strict=True)
            ]
            ids = history.record_hours(session, bank, past, Act(by, self._now)) if past else []
        else:
            gifts = [
                history.PastGift(
                    cause,
                    one.on,
                    one.payer_id,
                    one.payee_id,
                    one.minutes,
                    Channel(one.channel),
                )
                for one, cause in zip(movements, causes, strict=True)
            ]
            ids = history.record_gifts(session, bank, gifts, by=by) if gifts else []
        hours_or_gifts = Brought.EXCHANGE if start == IMPORTED_HOURS else Brought.GIFT
        self._wrote(hours_or_gifts, ids)
        back = back | {
            id_: unit.correction for id_, unit in zip(ids, fresh, strict=True) if unit.correction
        }
        channels = {id_: Channel(correction.channel) for id_, correction in back.items()}
        if back and self._result.kind == "hours":
            history.take_back_hours(session, bank, channels, Act(by, self._now))
        elif back:
            history.take_back_gifts(session, bank, channels, by=by)


class Limits:
    """Every account of the bank, as the rows move it.

    `originals` are the limits that accounts had before an earlier part of the same file widened
    them.
    """

    def __init__(
        self,
        session: Session,
        bank: Bank,
        people: People,
        originals: Mapping[int, Bounds],
        *,
        by: str,
    ):
        self._session, self._bank, self._people, self._by = session, bank, people, by
        self._closed: set[int] = set()
        self._accounts: dict[int, Account] = {}
        self._moved: set[int] = set()
        self._lifted: set[int] = set()
        self._wider = set(originals)
        for account in reports.balances(session, bank).values():
            bounds = originals.get(account.id, (account.floor, account.ceiling))
            self._accounts[account.id] = Account(account.balance, *bounds)
            if account.closed:
                self._closed.add(account.id)

    def hold(self, account_ids: Collection[int]) -> None:
        """Take these accounts as they are now, with what others have moved meanwhile. Nobody else
        can move any of them until this transaction ends; all others go on."""
        for there in reports.held_balances(self._session, self._bank, account_ids).values():
            account = self._accounts.setdefault(
                there.id, Account(there.balance, there.floor, there.ceiling)
            )
            account.move(there.balance - account.balance)
            if there.id not in self._wider:
                account.floor, account.ceiling = there.floor, there.ceiling
            if there.closed:
                self._closed.add(there.id)

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
        strays = {id_ for id_ in self._moved - self._lifted if self._accounts[id_].strays}
        self._limit(dict.fromkeys(strays, ledger_rules.Limits(None, None)))
        self._lifted |= strays
        self._moved.clear()

    def widened(self) -> list[Widened]:
        """The accounts whose limits have to be wider than they were, for their balances to be
        within them. One that only strayed on the way, and came back, keeps those it had."""
        widened: list[Widened] = []
        for account_id, account in self._accounts.items():
            floor, ceiling = account.fitting
            if (floor, ceiling) != (account.floor, account.ceiling) and account.strays:
                holder = self._people.by_account[account_id]
                widened.append(
                    Widened(
                        holder.text, holder.name, account.floor, floor, account.ceiling, ceiling
                    )
                )
        return widened

    def originals(self) -> dict[int, Bounds]:
        """What the limits were of the accounts that have wider ones now."""
        return {
            id_: (self._accounts[id_].floor, self._accounts[id_].ceiling) for id_ in self._wider
        }

    def settle(self, act: Act, *, last: bool) -> None:
        """After a batch: put the limits that were taken off back as near to where they were as the
        balances allow. After the last, those of every account whose limits are wider, which is
        written down with the member."""
        fitting = {
            id_: ledger_rules.Limits(*self._accounts[id_].fitting)
            for id_ in sorted(self._lifted | self._wider if last else self._lifted)
        }
        self._limit(fitting)
        for account_id, limits in fitting.items():
            account = self._accounts[account_id]
            member_id = self._people.by_account[account_id].member_id
            if limits == (account.floor, account.ceiling):
                self._wider.discard(account_id)
            else:
                self._wider.add(account_id)
            if last and account_id in self._wider and member_id is not None:
                words = members_rules.limits_in_words(members_rules.Limits(*limits))
                acts.record_for_accounts(
                    self._session, self._bank, [account_id], act, "limits", words
                )
        self._lifted.clear()

    def _limit(self, limits: Mapping[int, ledger_rules.Limits]) -> None:
        ledger_service.set_limits_of_many(self._session, self._bank, limits, why=None, by=self._by)
