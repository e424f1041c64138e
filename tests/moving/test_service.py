"""A bank that moves is the same in its new home, and what cannot be moved says why."""

import io
import json
import uuid
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from tests.conftest import ENGINES, Databases
from tests.factories import NOW, make_bank, make_entry, make_member, system
from tests.moving.archives import compared, rows_of
from tests.town import build
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.dialogue.audit_models import Audit
from timebank.errors import Conflict, Invalid
from timebank.fund import service as fund_service
from timebank.fund.models import Round
from timebank.fund.rules import RoundState
from timebank.ledger import check
from timebank.ledger import service as ledger_service
from timebank.measures.figures import Topic
from timebank.moving import service
from timebank.moving.errors import NoArchive, NotYet, TooNew
from timebank.moving.models import Arriving
from timebank.reports import archive as reports
from timebank.reports.rules import Asked
from timebank.settings import service as settings_service
from timebank.surveys.models import Wave


@pytest.fixture
def other(database: str, databases: Databases) -> Generator[Engine]:
    """A database of the other engine, in which there is a bank already."""
    kind = next(one for one in ENGINES if not database.startswith(one))
    url = databases.new(kind)
    engine = databases.engine(url)
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session, slug="here-before")
        ana, ben = make_member(session, bank, "Ana"), make_member(session, bank, "Ben")
        make_entry(session, bank, "before", (ana.account_id, ben.account_id, 60))
        session.commit()
    yield engine
    engine.dispose()
    databases.drop(url)


def close_everything(session: Session) -> None:
    """End the waves, audits and votes of the town."""
    today = clock.now().date()
    session.execute(update(Wave).values(closed_on=today))
    session.execute(update(Audit).where(Audit.closed_at.is_(None)).values(closed_at=clock.now()))
    bank = session.execute(select(Bank)).scalar_one()
    for round_ in session.execute(select(Round).where(Round.state == RoundState.VOTING)).scalars():
        fund_service.move_on(
            session,
            bank,
            round_.id,
            RoundState.CALLED_OFF,
            "It moves.",
            Act(system(bank), clock.now()),
        )
    session.commit()


def export(engine: Engine, slug: str, path: Path) -> Path:
    with Session(engine) as session, path.open("wb") as out:
        bank = session.execute(select(Bank).where(Bank.slug == slug)).scalar_one()
        service.pack(session, bank, FEATURES, out, now=clock.now())
    return path


def bring(engine: Engine, path: Path, slug: str | None = None) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        arrived = service.bring(session, path, FEATURES, slug=slug, now=clock.now())
        address = arrived.bank.slug
        session.commit()
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = session.execute(select(Bank).where(Bank.slug == address)).scalar_one()
        ledger_service.seal(session, bank, now=clock.now())
        assert check.check(session, only=bank).faults == []
        session.commit()


def figures(engine: Engine, slug: str) -> list[object]:
    """What the report of reciprocity says of the last two years."""
    today = clock.now().date()
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = session.execute(select(Bank).where(Bank.slug == slug)).scalar_one()
        asked = Asked(Topic.RECIPROCITY, today.replace(year=today.year - 2), today)
        report = reports.report(session, bank, asked, now=clock.now())
        return [report.totals.minutes, report.windows]


def test_a_bank_that_moves_there_and_back_is_the_same(
    app: Flask, engine: Engine, other: Engine, tmp_path: Path
) -> None:
    town = build(app)
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = session.execute(select(Bank)).scalar_one()
        ledger_service.seal(session, bank, now=clock.now())
        with pytest.raises(NotYet):
            service.pack(session, bank, FEATURES, io.BytesIO(), now=clock.now())
        close_everything(session)
    home = export(engine, town.slug, tmp_path / "home.zip")
    bring(other, home)
    away = export(other, town.slug, tmp_path / "away.zip")
    bring(engine, away, "back-home")
    back = export(engine, "back-home", tmp_path / "back.zip")
    first, second, third = compared(home), compared(away), compared(back)
    for there in (second, third):
        assert [row for row in there.pop("block") if row["home"] == 1] == first["block"]
    del first["block"]
    # The town has something of nearly everything.
    assert sum(not rows for rows in first.values()) < 22
    assert [name for name in first if first[name] != second[name]] == []
    assert [name for name in first if first[name] != third[name]] == []
    assert figures(engine, town.slug) == figures(other, town.slug) == figures(engine, "back-home")


def test_how_a_bank_looks_and_greets_moves_with_it(
    engine: Engine, other: Engine, tmp_path: Path
) -> None:
    looks = {
        "colour": "#1f5f8b",
        "colour_dark": "#8fc1e3",
        "welcome": "Good that you are here.\n\nRing Maggie if anything is unclear.",
    }
    sign = io.BytesIO()
    Image.new("RGB", (64, 32), "#1f5f8b").save(sign, "PNG")
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session, slug="small")
        for name, value in looks.items():
            setattr(bank, name, value)
        settings_service.put_logo(session, bank, sign.getvalue(), Act(system(bank), NOW))
        logo = banks.logo(session, bank)
        assert logo is not None
        drawn = (logo.mark, logo.width, logo.height, logo.png)
        session.commit()
    bring(other, export(engine, "small", tmp_path / "small.zip"))
    with Session(other) as session:
        bank = session.execute(select(Bank).where(Bank.slug == "small")).scalar_one()
        assert {name: getattr(bank, name) for name in looks} == looks
        logo = banks.logo(session, bank)
        assert logo is not None
        assert (logo.mark, logo.width, logo.height, logo.png) == drawn
        assert bank.logo_mark == logo.mark


# ---- What is no archive ----


@pytest.fixture
def small(engine: Engine, tmp_path: Path) -> Path:
    """The archive of a bank of two."""
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session, slug="small")
        ana, ben = make_member(session, bank, "Ana"), make_member(session, bank, "Ben")
        make_entry(session, bank, "exchange", (ana.account_id, ben.account_id, 60))
        session.commit()
    return export(engine, "small", tmp_path / "small.zip")


def rewritten(path: Path, change: dict[str, bytes], *, honest: bool) -> Path:
    """The archive with other files; `honest`: its manifest says so."""
    made = path.with_name(f"{uuid.uuid4()}.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        files = {name: old.read(name) for name in old.namelist()} | change
        about = json.loads(files["manifest.json"])
        for name, content in change.items() if honest else ():
            part = service.packing.part_of(content)
            table = name.removeprefix("rows/").removesuffix(".jsonl")
            about["tables"][table] = {
                "rows": content.count(b"\n"),
                "bytes": part.size,
                "sha256": part.sha256,
            }
        if "manifest.json" not in change:
            files["manifest.json"] = json.dumps(about).encode()
        for name, content in files.items():
            new.writestr(name, content)
    return made


def test_what_is_no_whole_archive_is_refused_in_words(
    engine: Engine, other: Engine, small: Path, tmp_path: Path
) -> None:
    whole = small.read_bytes()
    with zipfile.ZipFile(small) as archive:
        about = json.loads(archive.read("manifest.json"))
        members = archive.read("rows/member.jsonl")
        accounts = archive.read("rows/account.jsonl")
        postings = archive.read("rows/posting.jsonl")
    files = {
        "cut.zip": whole[: len(whole) // 2],
        "text.zip": b"number,name\n1,Ana\n",
        "empty.zip": b"",
        "flipped.zip": whole[:2000] + bytes([whole[2000] ^ 255]) + whole[2001:],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("manifest.json", b" " * (64 << 20))
    plain = tmp_path / "plain.zip"
    with zipfile.ZipFile(plain, "w") as packed:
        packed.writestr("letter.txt", "Dear all")
    newer = json.dumps(about | {"format_version": 2}).encode()
    stranger = members.replace(b'"name":', b'"shoe_size": 7, "name":')
    richer = accounts.replace(b'"balance": 60', b'"balance": 90')
    nobody = postings.replace(b'"payer_id": ', b'"payer_id": 99')
    mistyped = members.replace(b'"name": "Ana"', b'"name": 7')
    cases = [
        *((tmp_path / name, NoArchive) for name in files),
        (bomb, NoArchive),
        (plain, NoArchive),
        (rewritten(small, {"manifest.json": newer}, honest=False), TooNew),
    ]
    for change, honest, refusal in (
        ({"rows/member.jsonl": members + members}, False, NoArchive),
        ({"rows/member.jsonl": members + members}, True, NoArchive),
        ({"rows/member.jsonl": stranger}, True, TooNew),
        ({"rows/member.jsonl": mistyped}, True, NoArchive),
        ({"rows/member.jsonl": members.replace(b"{", b"[", 1)}, True, NoArchive),
        ({"rows/account.jsonl": richer}, True, Conflict),
        ({"rows/posting.jsonl": nobody}, True, Invalid | Conflict),
        ({"rows/passwords.jsonl": b"{}\n"}, True, TooNew),
        ({"letter.txt": b"Dear all"}, False, NoArchive),
    ):
        made = rewritten(small, change, honest=honest)
        cases.append((made, refusal))
    for path, refusal in cases:
        with Session(other) as session:
            session.connection(execution_options=WRITING)
            with pytest.raises((Conflict, Invalid)) as refused:
                service.bring(session, path, FEATURES, slug=None, now=NOW)
            assert isinstance(refused.value, refusal), path.name
            session.rollback()
    with Session(other) as session:
        assert list(session.execute(select(Bank.slug)).scalars()) == ["here-before"]


def test_an_address_is_taken_once(other: Engine, small: Path) -> None:
    bring(other, small)
    for slug, words in ((None, "This very archive"), ("here-before", "There is a bank")):
        with Session(other) as session:
            session.connection(execution_options=WRITING)
            with pytest.raises(Conflict, match=words):
                service.bring(session, small, FEATURES, slug=slug, now=NOW)
            session.rollback()
    bring(other, small, "another")


def test_nothing_secret_is_in_an_archive(small: Path) -> None:
    assert not {"credential", "token", "concern", "equality_answer", "survey_link", "message"} & {
        *rows_of(small)
    }
    with zipfile.ZipFile(small) as archive:
        about = json.loads(archive.read("manifest.json"))
        assert archive.read("csv/member.csv").startswith(b"\xef\xbb\xbf")
    listed = {one["what"] for one in about["left_behind"]}
    assert {"credential", "concern", "equality_answer", "survey_link", "message"} <= listed


# ---- Guards look away for a bank that arrives, and for no other ----


def test_a_bank_arrives_within_one_transaction_and_before_there_is_anything_of_it(
    engine: Engine,
) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        session.commit()
        session.connection(execution_options=WRITING)
        with pytest.raises(DBAPIError, match="arrives before"):
            session.execute(insert(Arriving).values(bank_id=bank.id))
        session.rollback()
        session.connection(execution_options=WRITING)
        empty = Bank(slug="empty", name="Empty", created_at=NOW)
        session.add(empty)
        session.flush()
        session.add(Arriving(bank_id=empty.id))
        with pytest.raises(IntegrityError):
            session.commit()
