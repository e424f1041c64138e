"""Reading statements: the ledger's lines, with the people and the words that belong to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from sqlalchemy import and_, literal, or_, select, union_all
from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.activities.models import Activity, ActivitySession, SessionPosting
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotFound
from timebank.exchanges import queries as exchanges
from timebank.ledger import queries as ledger
from timebank.ledger.queries import AccountState
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members import rules as members_rules
from timebank.members.queries import Party
from timebank.say import Said, say
from timebank.statement import rules
from timebank.statement.rules import Name


@dataclass(frozen=True)
class Line:
    """One line in words. `minutes` is negative where they were taken off; `balance` is what there
    was afterwards.

    `what` says more, and may be empty. `exchange_id` is the exchange behind it, `session_id` the
    session of an activity, `other_id` the account on the other side, each where there is one that
    the reader may know of. `recorded_at` is UTC; `reverses` is the entry that this one puts right.
    """

    seq: int
    entry_id: int
    kind: str
    occurred_on: date
    recorded_at: datetime
    happened: Said
    what: str | Said
    minutes: int
    balance: int
    exchange_id: int | None
    session_id: int | None
    other_id: int | None
    reverses: int | None

    @property
    def added(self) -> int | None:
        return self.minutes if self.minutes > 0 else None

    @property
    def taken_off(self) -> int | None:
        return -self.minutes if self.minutes < 0 else None


@dataclass(frozen=True)
class Statement:
    """Part of an account's history. Between dates it carries the sums, in minutes; else they are
    None."""

    lines: list[Line]
    brought_forward: int | None = None
    added: int | None = None
    taken_off: int | None = None
    carried_forward: int | None = None


@dataclass(frozen=True)
class Reader:
    """Whoever reads a statement, and the account it is of. `own`: it is their own; `names`: they
    are told who was helped, but for those of `hidden`, from whom the holder is kept apart.

    `address` is where a printed statement goes, empty for those who may not know where its holder
    lives. `others` are the other accounts whose statements they may well want: those they act for,
    by name, and the chest.
    """

    by: Actor
    account: AccountState
    holder: Party
    acting_for: frozenset[int]
    address: str = ""
    others: tuple[Party, ...] = ()
    hidden: frozenset[int] = frozenset()

    @property
    def own(self) -> bool:
        return self.account.id == self.by.account_id

    @property
    def names(self) -> bool:
        return rules.shows_names(self.by, self.account.id, self.account.kind, self.acting_for)

    def knows(self, party: Party) -> bool:
        """Whether the reader may be told who that is."""
        if party.account_id in self.hidden:
            return False
        return self.names or party.kind != "member" or party.account_id in self.acting_for


_HELD = ledger.ACCOUNTS.c
_READ = members.PARTIES.add_columns(
    members.ACTED_FOR.label("acted_for"),
    members.ADDRESS,
    *(_HELD[field.name] for field in fields(AccountState)),
)
"""Holders, whether the reader acts for them, where they live, and their accounts as they stand."""


def reader(session: Session, bank: Bank, account_id: int | None, *, by: Actor) -> Reader:
    """Somebody as the reader of an account's statement; without an account, of their own.

    Raises NotFound where there is none, and where they may not see it.
    """
    wanted = account_id if account_id is not None else by.account_id
    if wanted is None:
        raise NotFound(say("There is no such account here."))
    # The account, its holder, whom the reader acts for and the chest, in one question.
    of_these = or_(_HELD.id.in_([wanted, by.account_id]), _HELD.kind == "chest", members.ACTED_FOR)
    rows = session.execute(_READ.where(of_these), {"bank": bank.id, "actors": [by.member_id]}).all()
    acting_for = frozenset(
        row.account_id for row in rows if row.acted_for or row.account_id == by.account_id
    )
    row = next((row for row in rows if row.account_id == wanted), None)
    if row is None or not rules.may_see(by, wanted, row.kind, acting_for):
        raise NotFound(say("There is no such account here."))
    parties = {row.account_id: Party(*row[: len(fields(Party))]) for row in rows}
    holder = parties.pop(wanted)
    may_know = holder.member_id is not None and members_rules.may_see(by, holder.member_id)
    others = [
        party
        for party in parties.values()
        if party.kind == "chest" or party.account_id in acting_for
    ]
    others.sort(key=lambda party: (party.kind == "chest", party.name))
    account = AccountState(*row[-len(fields(AccountState)) :])
    address = row.address if may_know and row.address else ""
    return Reader(by, account, holder, acting_for, address, tuple(others))


def newest(
    session: Session, bank: Bank, reader: Reader, *, before: int | None = None, limit: int = 50
) -> Statement:
    """Up to `limit + 1` lines, the newest first, those before the line numbered `before`."""
    state = reader.account
    lines = ledger.lines(session, bank, state.id, before_seq=before, limit=limit, state=state)
    return Statement(_in_words(session, bank, reader, lines))


def between(
    session: Session, bank: Bank, reader: Reader, start: date | None, end: date | None
) -> Statement:
    """What happened from `start` to `end`, both included; None: no bound.

    Raises Invalid for days the wrong way round, and when there are more than `rules.MOST_LINES`.
    """
    if start and end and start > end:
        words = say("That is before the first day. Write the earlier one first.")
        raise Invalid.on("to", words)
    period = ledger.statement(
        session, bank, reader.account.id, start, end, at_most=rules.MOST_LINES
    )
    return Statement(
        _in_words(session, bank, reader, period.lines),
        brought_forward=period.brought_forward,
        added=period.added,
        taken_off=period.taken_off,
        carried_forward=period.carried_forward,
    )


def _others(
    session: Session, bank: Bank, reader: Reader, account_ids: Collection[int]
) -> tuple[dict[int, Party], frozenset[int]]:
    """Who stands across in the lines, and which of them the reader is not told by name, since they
    and the holder are kept apart. The staff are told."""
    columns = ledger.ACCOUNTS.c
    apart = meeting.are_apart(bank, columns.id, literal(reader.account.id))
    asked = members.PARTIES.add_columns(apart).where(columns.id.in_(account_ids))
    rows = session.execute(asked, {"bank": bank.id}).all()
    parties = {row[0]: Party(*row[:-1]) for row in rows}
    hidden = () if reader.by.is_broker else (row[0] for row in rows if row[-1])
    return parties, frozenset(hidden)


def _in_words(
    session: Session, bank: Bank, reader: Reader, lines: Sequence[ledger.Line]
) -> list[Line]:
    parties, hidden = _others(session, bank, reader, {line.other_id for line in lines})
    reader = replace(reader, hidden=hidden)
    exchanges_, sessions = _behind(session, bank, lines)
    return [
        _session_line(reader, line, parties[line.other_id], sessions[line.entry_id])
        if line.entry_id in sessions
        else _line(reader, line, parties[line.other_id], exchanges_)
        for line in lines
    ]


@dataclass(frozen=True)
class _Words:
    """What an exchange, or a session of an activity, adds to a line."""

    id: int
    title: str
    again: bool


def _any_of(kind: str, lines: Sequence[ledger.Line]) -> bool:
    """Whether any of the lines is of this kind, or takes back one that is."""
    return any(kind in (line.kind, line.reverses_kind) for line in lines)


def _behind(
    session: Session, bank: Bank, lines: Sequence[ledger.Line]
) -> tuple[Mapping[int, _Words], Mapping[int, _Words]]:
    """The exchanges and the sessions behind the lines, by the entry that posted or took back their
    hours: in one question, and none where there are neither."""
    entries = [line.entry_id for line in lines]
    queries = {
        "exchange": exchanges.behind(bank, entries),
        "session": _sessions_behind(bank, entries),
    }
    asked = [
        query.add_columns(literal(kind).label("kind"))
        for kind, query in queries.items()
        if _any_of(kind, lines)
    ]
    words_of: dict[str, dict[int, _Words]] = {kind: {} for kind in queries}
    for row in session.execute(union_all(*asked)) if asked else ():
        words = _Words(row.id, row.title, bool(row.again))
        of_it = (row.entry_id, row.reversal_id)
        words_of[row.kind] |= {entry: words for entry in of_it if entry is not None}
    return words_of["exchange"], words_of["session"]


def _sessions_behind(bank: Bank, entry_ids: Collection[int]) -> exchanges.Behind:
    """As `exchanges.behind`, of sessions."""
    of_entries = or_(
        SessionPosting.entry_id.in_(entry_ids), SessionPosting.reversal_id.in_(entry_ids)
    )
    posted = and_(
        SessionPosting.bank_id == bank.id, SessionPosting.session_id == ActivitySession.id
    )
    activity = and_(Activity.bank_id == bank.id, Activity.id == ActivitySession.activity_id)
    return (
        select(
            ActivitySession.id,
            Activity.title,
            (SessionPosting.n > 1).label("again"),
            SessionPosting.entry_id,
            SessionPosting.reversal_id,
        )
        .join(SessionPosting, posted)
        .join(Activity, activity)
        .where(ActivitySession.bank_id == bank.id, of_entries)
    )


_ANEW = say("Written down anew, under another number")
"""What stands on a line that says again what was taken back as somebody turned out to be written in
twice, or not to be."""


def _session_line(reader: Reader, line: ledger.Line, other: Party, words: _Words) -> Line:
    """A line of a session: what it was of everybody may read, with whom goes the way of all
    lines."""
    plain = _line(reader, line, other, {})
    if line.reverses_on is not None:
        what = say("Taken back: %(title)s, %(day)s", title=words.title, day=line.reverses_on)
        return replace(plain, what=what, session_id=words.id)
    holder = rules.YOU if reader.own else _name(reader, reader.holder)
    chest = (reader.holder if line.minutes > 0 else other).kind == "chest"
    remarks: list[str | Said] = [
        rules.share(line.minutes, holder, _name(reader, other), for_coming=chest)
    ]
    if words.again:
        remarks.append(say("Posted anew"))
    elif line.anew:
        remarks.append(_ANEW)
    if line.taken_back_on is not None:
        remarks.append(say("Taken back on %(day)s", day=line.taken_back_on))
    happened = say("%(title)s, %(day)s", title=words.title, day=line.occurred_on)
    what = rules.one_after_another(remarks)
    return replace(plain, happened=happened, what=what, session_id=words.id)


def _line(reader: Reader, line: ledger.Line, other: Party, behind: Mapping[int, _Words]) -> Line:
    known = reader.knows(other)
    words = behind.get(line.entry_id) if known else None
    holder = rules.YOU if reader.own else _name(reader, reader.holder)
    return Line(
        seq=line.seq,
        entry_id=line.entry_id,
        kind=line.kind,
        occurred_on=line.occurred_on,
        recorded_at=line.recorded_at,
        happened=rules.happened(line.kind, line.minutes, holder, _name(reader, other)),
        what=_what(line, words, holder, _name(reader, other)),
        minutes=line.minutes,
        balance=line.balance,
        # What is between two who are kept apart is a page of the staff alone.
        exchange_id=words.id if words and line.other_id not in reader.hidden else None,
        session_id=None,
        other_id=other.account_id if known else None,
        reverses=line.reverses,
    )


def _name(reader: Reader, party: Party) -> Name:
    if party.account_id == reader.by.account_id:
        return rules.YOU
    if party.kind == "chest":
        return rules.CHEST
    return Name(party.name, party.name) if reader.knows(party) else rules.SOMEBODY


def _what(line: ledger.Line, words: _Words | None, holder: Name, other: Name) -> str | Said:
    """The smaller words of a line: what the help was, and what was corrected."""
    remarks: list[str | Said] = []
    if words and words.title and line.reverses is None:
        # A title may be a sentence of its own, and is followed by a full stop where more comes.
        remarks.append(words.title.rstrip(". "))
    if (
        line.reverses is not None
        and line.reverses_kind is not None
        and line.reverses_on is not None
    ):
        before = rules.happened(line.reverses_kind, -line.minutes, holder, other)
        # Translators: `what` is what the line was, such as "You helped Joan".
        remarks.append(say("Taken back: %(what)s, %(day)s", what=before, day=line.reverses_on))
    if words and words.again and line.reverses is None:
        remarks.append(say("Logged again"))
    if line.anew:
        remarks.append(_ANEW)
    if line.taken_back_on is not None:
        remarks.append(say("Taken back on %(day)s", day=line.taken_back_on))
    return rules.one_after_another(remarks)
