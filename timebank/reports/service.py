"""Making exports. A seal is all that is ever written here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.ledger import service as ledger_service
from timebank.reports import files, queries
from timebank.reports.queries import Names
from timebank.reports.rules import (
    BACK,
    IMPORTED_GIFT,
    KINDS,
    Format,
    Totals,
    Wanted,
    description,
    mark,
    times_written,
)

_CONTENT_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass
class Export:
    """A file about to be made, as often as it is asked for: the same file each time. `totals` count
    the last one made."""

    wanted: Wanted
    ledger: Mapping[str, Any]
    bank: Bank
    totals: Totals = field(default_factory=Totals)

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
            ledger=self.ledger,
            url=url or self.name(file_format),
            file_format=file_format,
        )

    def pieces(self, session: Session, file_format: Format) -> Iterator[bytes]:
        """The file as CSV or JSON, in pieces."""
        self.totals = Totals()
        kind, found = self.wanted.kind, rows(session, self.bank, self.wanted, self.totals)
        if file_format == "json":
            return files.json_pieces(
                kind, found, self.totals, lambda: _without_digest(self.about("json"))
            )
        return files.csv_pieces(kind, found, self.totals)

    def write(self, session: Session, file_format: Format, out: IO[bytes]) -> None:
        """Write the file, whatever its format, to `out`. Raises Invalid for a spreadsheet that
        would be too long."""
        if file_format != "xlsx":
            for piece in self.pieces(session, file_format):
                out.write(piece)
            return
        self.totals = Totals()
        found = rows(session, self.bank, self.wanted, self.totals)
        files.write_xlsx(out, self.wanted.kind, found, self.totals, lambda: self.about("xlsx"))


def _without_digest(about: dict[str, Any]) -> dict[str, Any]:
    """A file cannot hold its own digest."""
    return {name: value for name, value in about.items() if name != "sha256"}


def content_type(file_format: Format) -> str:
    """What the file is, for HTTP."""
    return _CONTENT_TYPES[file_format]


def prepare(
    session: Session,
    bank: Bank,
    kind: str,
    *,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime | None = None,
    now: datetime,
) -> Export:
    """Seal the books and say what an export will hold: everything recorded by `as_of`, or by this
    moment.

    The caller commits the seal before the file is made. Raises Invalid for a range the wrong way
    round, and for an instant still to come; StillWriting when somebody takes long to write.
    """
    sealed = ledger_service.seal(session, bank, now=now)
    if as_of is not None and as_of > sealed.as_of:
        words = "That moment is still to come. Leave it empty for now."
        raise Invalid(words, fields={"as_of": words})
    books = {"entries": sealed.entries, "last": sealed.last, "hash": sealed.hash}
    return Export(Wanted(KINDS[kind], start, end, as_of or sealed.as_of), books, bank)


def rows(session: Session, bank: Bank, wanted: Wanted, totals: Totals) -> Iterator[dict[str, Any]]:
    """The rows of an export, streamed, under the names of its columns. What no sum of them tells is
    put into `totals`."""
    if wanted.kind.name == "activities":
        return _activities(session, bank, wanted, totals)
    names = Names(session, bank)
    maker: Callable[[Any], dict[str, Any]] = {
        "members": _member,
        "hours": lambda row: _hours(row, names, mark(bank.id, bank.created_at)),
        "gifts": lambda row: _gift(row, names, mark(bank.id, bank.created_at)),
        "postings": lambda row: _posting(row, names),
        "offers": lambda row: _listing(row, names, mark(bank.id, bank.created_at)),
        "requests": lambda row: _listing(row, names, mark(bank.id, bank.created_at)),
    }[wanted.kind.name]
    found = getattr(queries, wanted.kind.name)(session, bank, wanted)
    return map(maker, found)


def _activities(
    session: Session, bank: Bank, wanted: Wanted, totals: Totals
) -> Iterator[dict[str, Any]]:
    found = activities.codelivery(
        session, bank, start=wanted.start, end=wanted.end, as_of=wanted.as_of
    )
    totals.besides = {"sessions": found.sessions, "people": found.people, "led_by": found.led}
    known = {
        one.id: one
        for ended in (False, True)
        for one in activities.activities(session, bank, ended=ended)
    }
    for share in found.shares:
        activity = known[share.activity_id]
        yield {
            "activity": activity.id,
            "title": activity.title,
            "rule": activity.rule,
            **vars(share),
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
        "needs_check",
        "starts_on",
        "ends_on",
    )
    return {
        "reference": listing.reference or f"{own}-l{listing.id}",
        "member": names.of_account(listing.account_id),
        "skill": row.skill,
        "times": times_written(listing.times),
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
