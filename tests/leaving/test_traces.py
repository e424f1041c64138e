"""A mark of its own in every personal column, found from the models: when somebody has left, none
of them is in any table, in any byte of the file, in the log, or in anything made afterwards."""

import io
import json
import pathlib
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr

import pytest
from sqlalchemy import Column, Engine, String, Table, Text, make_url, or_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, set_profile, system
from tests.leaving.test_rooms import columns, names_somebody, tables
from tests.leaving.test_service import every_value
from tests.running.test_backups import has_tools_for
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES, create_app
from timebank.banks.models import Bank
from timebank.base import Coded
from timebank.config import Config
from timebank.db import WRITING, db
from timebank.leaving import service
from timebank.leaving.rules import Farewell
from timebank.ledger import check
from timebank.members.models import Member
from timebank.reports import service as reports_service
from timebank.reports.rules import KINDS, ControlTotals, ExportAsked
from timebank.running import backups, logs, versions
from timebank.running.serving import worker_of

NOT_WRITTEN = {
    # Made by the application: hashes, keys, codes of closed sets, the words of a machine.
    *("token.token_hash", "notice.secret", "job.kind"),
    *("notice.channel", "notice.cause", "notice.language", "member.language", "notice.error"),
    *("request_once.key", "request_once.request_hash", "request_once.body"),
    *("entry.kind", "entry.cause", "entry.request_hash", "listing.reference", "exchange.reference"),
    *("exchange.slip", "member_event.kind"),
    *("contribution.guest_key", "account.kind", "member.name_key", "notice_preference.channel"),
    *("listing.channel", "member_event.detail"),
    # What kind of help it was: names out of the bank's own lists.
    *("exchange.skill", "exchange.activity"),
    # What the bank or somebody else wrote for everybody, which is about nobody.
    *("organisation.name", "organisation.about", "member_group.name", "member_group.about"),
    *("activity.title", "activity.purpose", "activity.place", "activity.lessons"),
    *("activity.access_notes", "activity_session.place", "activity_session.done"),
    *("activity_session.why_cancelled", "outcome.words", "outcome.partner", "outcome.result"),
    *("sponsorship.terms", "photo.alt", "quote.words", "session_posting.why_undone"),
    *("message.channel", "upload.kind"),
}
"""Columns of text, in rows that name somebody, that hold nothing they or others write of them."""


def plantable(table: Table) -> Iterator[Column[str]]:
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        written = isinstance(column.type, String | Text) and not isinstance(column.type, Coded)
        if written and not names_somebody(table, column) and name not in NOT_WRITTEN:
            yield column


def of_whom(table: Table, member_id: int, account_id: int) -> list[object]:
    """Conditions, one for each column of the table that names this member."""
    conditions: list[object] = []
    for name in columns():
        table_name, _, column_name = name.partition(".")
        if table_name != table.name or column_name.endswith("by"):
            continue
        column = table.columns[column_name]
        if isinstance(column.type, String):
            conditions.append(column == f"member:{member_id}")
            continue
        accounts = any(
            key.referred_table.name == "account"
            for key in table.foreign_key_constraints
            if column_name in key.column_keys
        )
        conditions.append(column == (account_id if accounts else member_id))
    if table.name == "member":
        conditions.append(table.columns["id"] == member_id)
    return conditions


def plant(session: Session, member: Member) -> Mapping[str, str]:
    """The marks, by the columns in which they stand."""
    marks: dict[str, str] = {}
    for table in tables().values():
        conditions = of_whom(table, member.id, member.account_id or 0)
        if not conditions:
            continue
        for column in plantable(table):
            name, mark = f"{table.name}.{column.name}", f"zq{len(marks):03}qz"
            try:
                with session.begin_nested():
                    change = update(table).where(or_(*conditions)).values({column.name: mark})
                    rows = session.execute(change.returning(*table.primary_key)).all()
            # What the database itself keeps from being written over holds nothing personal, or is
            # named below.
            except DBAPIError:
                continue
            if rows:
                marks[name] = mark
    session.expire_all()
    return marks


MUST = {
    *("member.name", "member.email", "member.phone", "member.address", "member.area"),
    *("member.about", "member.number", "contact.phone", "contact.email", "contact.name"),
    *("helper.relation", "listing.title", "listing.description", "exchange.title", "message.words"),
    *("notice.subject", "notice.body", "notice.name", "notice.address", "call_note.words"),
    *("profile.access_needs", "profile.languages", "token.name"),
}
"""Columns in which there is something about somebody, without which this would prove nothing."""


def test_nothing_of_somebody_who_left_is_left_anywhere(
    engine: Engine,
    session: Session,
    bank: Bank,
    leaver: Member,
    database: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_profile(session, bank, leaver.id, Act(system(bank), NOW), access_needs="a ramp")
    marks = plant(session, leaver)
    missing = {name for name in MUST if name not in marks and name.split(".")[0] in tables()}
    assert not missing, missing
    bank_id, leaver_id = bank.id, leaver.id
    session.commit()
    session.close()
    assert left(session_values(engine), marks) >= MUST

    said = io.StringIO()
    app = create_app(Config(database_url=database, secret_key="for tests only " * 4))
    with redirect_stderr(said), Session(engine) as writing:
        logs.install()
        writing.connection(execution_options=WRITING)
        here = writing.get_one(Bank, bank_id)
        her = writing.get_one(Member, leaver_id)
        service.leave(writing, here, her.id, FEATURES, Farewell(), Act(actor(her), clock.now()))
        writing.commit()
        worker_of(app).run_due()

    assert left(session_values(engine), marks) == set()
    assert left([said.getvalue()], marks) == set()
    with Session(engine) as reading:
        assert check.check(reading).faults == []
    assert left(exported(engine, bank_id), marks) == set()
    if engine.dialect.name == "sqlite":
        engine.dispose()
        file = pathlib.Path(str(make_url(database).database))
        content = [
            each.read_bytes().decode("latin-1") for each in file.parent.glob(f"{file.name}*")
        ]
        assert left(content, marks) == set()
    if engine.dialect.name == "sqlite" or has_tools_for(database):
        copy = tmp_path / "copy"
        config = Config(database_url=database)
        backups.backup(config, copy, force=False, revision=versions.wanted(), now=NOW)
        content = (
            [copy.read_bytes().decode("latin-1")]
            if engine.dialect.name == "sqlite"
            else [backups._run([], "pg_restore", "--file=-", copy)]
        )
        assert left(content, marks) == set()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def session_values(engine: Engine) -> list[str]:
    with Session(engine) as reading:
        return [value for _, value in every_value(reading)]


def exported(engine: Engine, bank_id: int) -> Iterator[str]:
    """Every file that the bank gives out, row by row."""
    with Session(engine) as writing:
        writing.connection(execution_options=WRITING)
        bank = writing.get_one(Bank, bank_id)
        for kind in KINDS:
            asked = ExportAsked(kind, None, None, None)
            wanted = reports_service.prepare(writing, bank, asked, now=clock.now()).wanted
            for row in reports_service.rows(writing, bank, wanted, ControlTotals()):
                yield json.dumps(row, default=str)
        writing.commit()


def left(values: list[str] | Iterator[str], marks: Mapping[str, str]) -> set[str]:
    """The columns whose marks stand in these."""
    text = "\n".join(values)
    return {name for name, mark in marks.items() if mark in text}


def test_the_list_of_what_nobody_writes_names_columns_that_there_are() -> None:
    there = {
        f"{table.name}.{column.name}" for table in tables().values() for column in table.columns
    }
    assert there >= NOT_WRITTEN
