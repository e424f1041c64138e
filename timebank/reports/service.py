"""Making exports. A seal is all that is ever written here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.fund import records as fund
from timebank.fund.records import Given, Moved
from timebank.fund.rules import FundUnit
from timebank.ledger import service as ledger_service
from timebank.ledger.service import Sealed
from timebank.reports import export_files, queries
from timebank.reports.queries import Names
from timebank.reports.rules import (
    BACK,
    IMPORTED_GIFT,
    KINDS,
    STILL_TO_COME,
    ControlTotals,
    ExportAsked,
    Format,
    Wanted,
    as_of_instant,
    description,
    mark,
    times_written,
)


@dataclass
class Export:
    """A file about to be made, as often as it is asked for: the same file each time. `totals` count
    the last one made."""

    wanted: Wanted
    books: Sealed
    bank: Bank
    totals: ControlTotals = field(default_factory=ControlTotals)

    def name(self, file_format: Format) -> str:
        """What to call the file: the kind, the bank, the range."""
        days = [day.isoformat() for day in (self.wanted.start, self.wanted.end) if day]
        return f"{'-'.join([self.bank.slug, self.wanted.kind.name, *days])}.{file_format}"

    def about(self, file_format: Format, url: str | None = None) -> dict[str, Any]:
        """The contents of FILE.meta.json, once the file has been made."""
        return description(
            self.wanted,
            self.totals,
            bank=self.bank.slug,
            books={
                "entries": self.books.entries,
                "last": self.books.last,
                "hash": self.books.hash,
            },
            url=url or self.name(file_format),
            file_format=file_format,
        )

    def pieces(self, session: Session, file_format: Format) -> Iterator[bytes]:
        """The file as CSV or JSON, in pieces."""
        self.totals = ControlTotals()
        kind, lines = self.wanted.kind, rows(session, self.bank, self.wanted, self.totals)
        if file_format is Format.JSON:
            return export_files.json_pieces(
                kind, lines, self.totals, lambda: _without_digest(self.about(Format.JSON))
            )
        return export_files.csv_pieces(kind, lines, self.totals)

    def write(self, session: Session, file_format: Format, out: IO[bytes]) -> None:
        """Write the file, whatever its format, to `out`. Raises Invalid for a spreadsheet that
        would be too long."""
        if file_format is not Format.XLSX:
            for piece in self.pieces(session, file_format):
                out.write(piece)
            return
        self.totals = ControlTotals()
        lines = rows(session, self.bank, self.wanted, self.totals)
        export_files.write_xlsx(
            out, self.wanted.kind, lines, self.totals, lambda: self.about(Format.XLSX)
        )


def _without_digest(about: dict[str, Any]) -> dict[str, Any]:
    """A file cannot hold its own digest."""
    return {name: value for name, value in about.items() if name != "sha256"}


def prepare(session: Session, bank: Bank, asked: ExportAsked, *, now: datetime) -> Export:
    """Seal the books and say what an export will hold: everything recorded by the moment asked for,
    or by this one.

    The caller commits the seal before the file is made. Raises Invalid for a range the wrong way
    round, and for an instant still to come; StillWriting when somebody takes long to write.
    """
    as_of = as_of_instant(asked.as_of, bank.timezone) if asked.as_of else None
    sealed = ledger_service.seal(session, bank, now=now)
    if as_of is not None and as_of > sealed.as_of:
        raise Invalid.on("as_of", STILL_TO_COME)
    wanted = Wanted(KINDS[asked.kind], asked.start, asked.end, as_of or sealed.as_of)
    return Export(wanted, sealed, bank)


_Read = Callable[[Session, Bank, Wanted], Iterator[Any]]
_Make = Callable[[Any], dict[str, Any]]


def rows(
    session: Session, bank: Bank, wanted: Wanted, totals: ControlTotals
) -> Iterator[dict[str, Any]]:
    """The rows of an export, streamed, under the names of its columns. What no sum of them tells is
    put into `totals`."""
    if wanted.kind.name == "activities":
        return _activities(session, bank, wanted, totals)
    names, own = Names(session, bank), mark(bank.id, bank.created_at)
    how: dict[str, tuple[_Read, _Make]] = {
        "members": (queries.members, _member),
        "hours": (queries.hours, lambda row: _hours(row, names, own)),
        "gifts": (queries.gifts, lambda row: _gift(row, names, own)),
        "postings": (queries.postings, lambda row: _posting(row, names)),
        "offers": (queries.offers, lambda row: _listing(row, names, own)),
        "requests": (queries.requests, lambda row: _listing(row, names, own)),
        "awards": (_awards, lambda one: _award(one, names)),
        "money": (_movements, lambda one: _money(one, names)),
    }
    read, make = how[wanted.kind.name]
    return map(make, read(session, bank, wanted))


def _activities(
    session: Session, bank: Bank, wanted: Wanted, totals: ControlTotals
) -> Iterator[dict[str, Any]]:
    codelivery = activities.codelivery(
        session, bank, start=wanted.start, end=wanted.end, as_of=wanted.as_of
    )
    totals.besides = {
        "sessions": codelivery.sessions,
        "people": codelivery.people,
        "led_by": codelivery.led,
    }
    known = {
        activity.id: activity
        for ended in (False, True)
        for activity in activities.activities(session, bank, ended=ended)
    }
    for share in codelivery.shares:
        activity = known[share.activity_id]
        yield {
            "activity": activity.id,
            "title": activity.title,
            "rule": activity.rule,
            **vars(share),
        }


def _awards(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Given]:
    given = fund.given(session, bank, as_of=wanted.as_of)
    return (one for one in given if wanted.holds(one.decided_on))


def _movements(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Moved]:
    moved = fund.moved(session, bank, as_of=wanted.as_of)
    return (one for one in moved if wanted.holds(one.row.occurred_on))


def _award(one: Given, names: Names) -> dict[str, Any]:
    money, report = one.unit == FundUnit.PENCE, one.report
    spent = report.spent if report else None
    return {
        "reference": one.reference,
        "decided_by": "vote" if one.round_id else "panel",
        "round": one.round,
        "title": one.title,
        "to": names.of_account(one.party_id) if one.party_id else "",
        "decided_on": one.decided_on,
        "pence": one.amount if money else None,
        "minutes": None if money else one.amount,
        "paid_at": one.paid_at,
        "report_due_on": one.report_due_on,
        "reported_at": report.at if report else None,
        "spent_pence": spent if money else None,
        "spent_minutes": None if money else spent,
        "reached": report.reached if report else None,
        "entry": one.entry_id,
    }


def _money(one: Moved, names: Names) -> dict[str, Any]:
    return {
        "number": one.row.id,
        "occurred_on": one.row.occurred_on,
        "from": one.from_pot,
        "to": one.to_pot,
        "pence": one.row.pence,
        "cause": one.row.cause,
        "memo": one.row.memo,
        "reverses": one.row.reverses_id,
        "recorded_at": one.row.at,
        "recorded_by": names.of_key(one.row.by),
    }


def _member(row: Any) -> dict[str, Any]:
    return {**row._mapping, "opening_balance": int(row.minutes or 0)}


def _provenance(row: Any, names: Names) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "recorded_at": row.recorded_at,
        "recorded_by": names.of_key(row.recorded_by),
        "on_word_of": names.of_key(row.on_word_of),
        "reverses": row.reverses,
        "reversed_by": row.reversed_by,
        "entry": row.entry,
    }


def _hours(row: Any, names: Names, own: str) -> dict[str, Any]:
    reference = row.reference or f"{own}-{row.number}"
    return {
        "reference": f"{reference}{BACK}" if row.reverses else reference,
        "occurred_on": row.day,
        "giver": names.of_account(row.giver_id),
        "receiver": names.of_account(row.receiver_id),
        "minutes": -row.minutes if row.reverses else row.minutes,
        "skill": row.skill,
        "activity": row.activity,
        "description": row.title,
        **_provenance(row, names),
    }


def _gift(row: Any, names: Names, own: str) -> dict[str, Any]:
    imported = row.cause.startswith(IMPORTED_GIFT)
    reference = row.cause.removeprefix(IMPORTED_GIFT) if imported else f"{own}-g{row.number}"
    return {
        "reference": f"{reference}{BACK}" if row.reverses else reference,
        "given_on": row.day,
        "from": names.of_account(row.payer_id),
        "to": names.of_account(row.payee_id),
        "minutes": -row.minutes if row.reverses else row.minutes,
        **_provenance(row, names),
    }


def _listing(row: Any, names: Names, own: str) -> dict[str, Any]:
    listing = row.Listing
    as_they_are = (
        "title",
        "description",
        "area",
        "place",
        "frequency",
        "minutes",
        "starts_on",
        "ends_on",
    )
    return {
        "reference": listing.reference or f"{own}-l{listing.id}",
        "member": names.of_account(listing.account_id),
        "skill": row.skill,
        "times": times_written(listing.times),
        "needs_check": "; ".join(listing.needs_checks) or None,
        "posted_at": listing.posted_at,
        **{name: getattr(listing, name) for name in as_they_are},
    }


def _posting(row: Any, names: Names) -> dict[str, Any]:
    return {
        **row._mapping,
        **_provenance(row, names),
        "payer": names.of_account(row.payer_id),
        "payee": names.of_account(row.payee_id),
    }
