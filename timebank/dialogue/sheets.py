"""Sheets that are in: put right, taken out, and files of them taken back, until the audit closes.
The caller commits.

A sheet is never changed where it lies: it goes, and what it should have said comes in its place,
hidden among others as any sheet is. What was sorted of an answer that stays goes along. Every
function raises NotFound for what is not in the bank.
"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from timebank import apart
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import leave_no_log
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits, evaluation_queries
from timebank.dialogue.audit_models import Audit, AuditAnswer, AuditSheet, SortedAs, Wording
from timebank.dialogue.audit_queries import Whole
from timebank.dialogue.audit_rules import NewSheet
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.rules import Way
from timebank.errors import NotFound
from timebank.members.rules import require_broker, require_coordinator
from timebank.say import count, say


def put_right(
    session: Session, bank: Bank, audit_id: int, key: str, new: NewSheet, act: Act
) -> None:
    """Write a sheet again as it should have been typed. A broker's to do.

    What somebody wrote by the public link stays as they wrote it. Raises AuditClosed, Invalid;
    NotInThatState for a sheet that came by the link.
    """
    require_broker(act.by)
    audit = audits.not_closed(session, bank, audit_id)
    one_at_a_time(session, bank)
    before = queries.whole_sheet(session, bank, audit.id, key)
    if before.way == Way.LINK:
        raise NotInThatState(
            say("Whoever answered by the link wrote it themselves: it stays so, or is taken out.")
        )
    audits.refuse_link(new)
    stays = _staying(before, new)
    wishes = [
        before.first[stays[place] - 1] if place in stays else words
        for place, words in enumerate(new.wishes, 1)
    ]
    sheet, answers = audits.rows_of(
        bank,
        audit,
        replace(new, wishes=wishes, code=""),
        audits.what_is_asked(session, bank, audit),
        stack=before.stack,
    )
    sorted_before = _sorted(session, bank, audit, key)
    _erase(session, bank, audit, [key])
    session.execute(insert(AuditSheet), [sheet])
    session.execute(insert(AuditAnswer), answers)
    for row in sorted_before:
        for place in (new for new, old in stays.items() if old == row["place"]):
            table = SortedAs if "theme_id" in row else Wording
            session.execute(insert(table), [{**row, "key": sheet["key"], "place": place}])
    own = AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit.id
    apart.hide(session, AuditSheet.key, sheet["key"], *own)


def _staying(before: Whole, new: NewSheet) -> dict[int, int]:
    """The answers to the open question that stay in words, by their place, each with the place it
    had."""
    places = dict(enumerate(before.wishes, 1))
    stays: dict[int, int] = {}
    for place, words in enumerate(new.wishes, 1):
        same = next((old for old, said in places.items() if said == words.strip()), None)
        if same is not None:
            stays[place] = same
            del places[same]
    return stays


def _sorted(session: Session, bank: Bank, audit: Audit, key: str) -> list[dict[str, object]]:
    """What was sorted of a sheet's answers, and the other wordings of them, as rows."""
    return [
        dict(row)
        for table in (SortedAs.__table__, Wording.__table__)
        for row in session.execute(
            select(table).where(
                table.c.bank_id == bank.id, table.c.audit_id == audit.id, table.c.key == key
            )
        ).mappings()
    ]


def take_out(session: Session, bank: Bank, audit_id: int, key: str, act: Act) -> None:
    """Take a sheet out with all its answers, as one that was typed twice. A broker's to do; a
    printed code by which it came stays used. Raises AuditClosed, NotInThatState."""
    require_broker(act.by)
    audit = audits.not_closed(session, bank, audit_id)
    one_at_a_time(session, bank)
    queries.whole_sheet(session, bank, audit.id, key)
    _require_people(session, bank, audit, 1)
    _erase(session, bank, audit, [key])


def take_back(session: Session, bank: Bank, audit_id: int, stack: int, act: Act) -> int:
    """Take back a file of sheets as a whole; how many there were. A coordinator's to do. Raises
    AuditClosed, NotInThatState."""
    require_coordinator(act.by)
    audit = audits.not_closed(session, bank, audit_id)
    one_at_a_time(session, bank)
    keys = [one.key for one in queries.whole_sheets(session, bank, audit.id) if one.stack == stack]
    if not keys:
        raise NotFound(say("No file of this asking has that number any more."))
    _require_people(session, bank, audit, len(keys))
    _erase(session, bank, audit, keys)
    return len(keys)


def _require_people(session: Session, bank: Bank, audit: Audit, fewer: int) -> None:
    """Raises NotInThatState where more people would have said how the asking was than were
    asked."""
    evaluation = evaluation_queries.evaluation_of(session, bank, audit_id=audit.id)
    answered = evaluation_queries.sheets(session, bank, evaluation.id) if evaluation else 0
    if answered > queries.people(session, bank, audit.id) - fewer:
        raise NotInThatState(
            count(
                "%(n)s person has said how the asking was: that many sheets stay at least. Put"
                " this one right instead.",
                "%(n)s people have said how the asking was: that many sheets stay at least. Put"
                " this one right instead.",
                answered,
            )
        )


def _erase(session: Session, bank: Bank, audit: Audit, keys: Collection[str]) -> None:
    """Take sheets out, with what was answered and sorted, and from the database's own log."""
    leave_no_log(session)
    for table in (SortedAs, Wording, AuditAnswer, AuditSheet):
        session.execute(
            delete(table)
            .where(table.bank_id == bank.id, table.audit_id == audit.id, table.key.in_(keys))
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
