"""Sealing: blocks that follow each other, and cover everything that can no longer be joined by
something earlier."""

import hashlib
import threading
from collections.abc import Callable, Generator

import pytest
from sqlalchemy import Engine, create_engine, delete, select, text
from sqlalchemy.orm import Session

from tests.conftest import Databases
from tests.ledger.books import NOW, balance_at, give, make_bank, open_account
from timebank.banks.models import Bank
from timebank.jobs.models import Job
from timebank.ledger import feature, queries, service
from timebank.ledger.errors import StillWriting
from timebank.ledger.models import Block


def blocks(session: Session) -> list[Block]:
    return list(session.execute(select(Block).order_by(Block.bank_id, Block.n)).scalars())


def test_a_block_covers_everything_so_far(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    numbers = [give(session, bank, f"exchange:{n}", (ana, ben, 1)) for n in range(3)]
    sealed = service.seal(session, bank, now=NOW)
    assert (sealed.entries, sealed.last) == (3, numbers[-1])
    assert queries.position(session, bank) == queries.Position(3, numbers[-1], sealed.hash, 0)


def test_what_comes_later_is_in_the_next_block(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    first = give(session, bank, "exchange:1", (ana, ben, 1))
    service.seal(session, bank, now=NOW)
    second = give(session, bank, "exchange:2", (ana, ben, 1))
    assert queries.position(session, bank).unsealed == 1
    service.seal(session, bank, now=NOW)
    assert [
        (block.n, block.first, block.last, block.entries, block.total) for block in blocks(session)
    ] == [
        (1, first, first, 1, 1),
        (2, second, second, 1, 2),
    ]


def test_where_nothing_came_no_block_is_made(session: Session) -> None:
    bank = make_bank(session)
    assert service.seal(session, bank, now=NOW).hash is None
    give(session, bank, "exchange:1", (open_account(session, bank), open_account(session, bank), 1))
    first = service.seal(session, bank, now=NOW)
    assert service.seal(session, bank, now=NOW).hash == first.hash
    assert len(blocks(session)) == 1


def test_a_long_history_is_sealed_in_blocks_of_bounded_size(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BLOCK", 2)
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    for n in range(5):
        give(session, bank, f"exchange:{n}", (ana, ben, 1))
    assert service.seal(session, bank, now=NOW).entries == 5
    assert [block.entries for block in blocks(session)] == [2, 2, 1]


def test_each_bank_has_a_chain_of_its_own(session: Session) -> None:
    sealed = {}
    for slug in ("fife", "angus"):
        bank = make_bank(session, slug)
        give(
            session,
            bank,
            "exchange:1",
            (open_account(session, bank), open_account(session, bank), 1),
        )
        sealed[slug] = service.seal(session, bank, now=NOW)
    assert [(block.n, block.entries) for block in blocks(session)] == [(1, 1), (1, 1)]
    assert sealed["fife"].hash != sealed["angus"].hash
    # Neither has anything more to seal, and after another entry one has.
    assert queries.unsealed(session, NOW, 0, 10) == []
    give(session, bank, "exchange:2", (open_account(session, bank), open_account(session, bank), 1))
    assert queries.unsealed(session, NOW, 0, 10) == [bank.id]


def test_the_hash_can_be_followed_by_hand(session: Session) -> None:
    """As docs/ledger.md describes it, written once more without the code it describes."""
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    number = give(session, bank, "exchange:1", (ana, ben, 90))
    content, recorded_at = session.execute(
        text("SELECT request_hash, recorded_at FROM entry")
    ).one()
    written = (
        recorded_at
        if isinstance(recorded_at, str)
        else recorded_at.astimezone(NOW.tzinfo).strftime("%Y-%m-%d %H:%M:%S.%f")
    )
    lines = (
        f'["block",{bank.id},1,"{"0" * 64}","2026-11-12T10:42:00.000000+00:00"]\n'
        f'["entry",{number},{bank.id},"exchange","exchange:1","{content}",1,"2026-11-10",'
        f'"{written.replace(" ", "T")}+00:00","member:1","member:2","paper",null]\n'
        f'["posting",{number},1,{bank.id},{ana},{ben},90,1,-90,1,90]\n'
    )
    assert service.seal(session, bank, now=NOW).hash == hashlib.sha256(lines.encode()).hexdigest()


def test_the_job_seals_one_block_at_a_time_until_nothing_is_left(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BLOCK", 2)
    jobs = {job.kind: job for job in feature.feature.jobs}
    for slug in ("fife", "angus"):
        bank = make_bank(session, slug)
        ana, ben = open_account(session, bank), open_account(session, bank)
        for n in range(3):
            give(session, bank, f"exchange:{n}", (ana, ben, 1))
    runs: list[str] = []
    queued = [(feature.SEAL, {})]
    while queued:
        kind, payload = queued.pop(0)
        jobs[kind].run(session, payload, NOW)
        runs.append(kind)
        rows = session.execute(delete(Job).returning(Job.id, Job.kind, Job.payload)).all()
        queued += [(kind, payload) for _, kind, payload in sorted(rows)]
    # The first block of each bank is full, and there may be more behind it.
    assert runs == ["ledger.seal", *["ledger.seal_of_bank"] * 4]
    assert [(block.n, block.entries) for block in blocks(session)] == [
        (1, 2),
        (2, 1),
        (1, 2),
        (2, 1),
    ]


def test_as_of_an_instant_the_books_stay_as_they_are(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    give(session, bank, "exchange:1", (ana, ben, 1))
    sealed = service.seal(session, bank, now=NOW)
    before = balance_at(session, ben, sealed.as_of)
    give(session, bank, "exchange:2", (ana, ben, 1))
    assert before == balance_at(session, ben, sealed.as_of) == 1


# PostgreSQL: entries that commit late.


@pytest.fixture
def server(databases: Databases) -> Generator[Engine]:
    url = databases.new("postgresql")
    engine = create_engine(url)
    yield engine
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def begin(server: Engine) -> Generator[Callable[[], Session]]:
    opened: list[Session] = []

    def session() -> Session:
        opened.append(Session(server))
        return opened[-1]

    yield session
    for one in opened:
        one.close()


def open_bank(session: Session) -> tuple[Bank, int, int, int, int]:
    bank = make_bank(session)
    ana, ben, cy, dee = (open_account(session, bank) for _ in range(4))
    session.commit()
    return bank, ana, ben, cy, dee


def test_an_entry_that_commits_late_is_waited_for(begin: Callable[[], Session]) -> None:
    late, other, sealer = begin(), begin(), begin()
    bank, ana, ben, cy, dee = open_bank(other)
    first = give(late, bank, "late", (ana, ben, 1))
    second = give(other, bank, "early", (cy, dee, 1))
    other.commit()
    assert first < second
    sealed: list[service.Sealed] = []
    waiting = threading.Thread(target=lambda: sealed.append(service.seal(sealer, bank, now=NOW)))
    waiting.start()
    late.commit()
    waiting.join()
    assert (sealed[0].entries, sealed[0].last) == (2, second)


def test_nothing_is_sealed_past_an_entry_that_does_not_commit(
    begin: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_PATIENCE", "0 seconds")
    late, other, sealer = begin(), begin(), begin()
    bank, ana, ben, cy, dee = open_bank(other)
    give(late, bank, "late", (ana, ben, 1))
    give(other, bank, "early", (cy, dee, 1))
    other.commit()
    assert service.seal_next(sealer, bank, now=NOW) == 0
    with pytest.raises(StillWriting):
        service.seal(sealer, bank, now=NOW)
    late.rollback()
    assert service.seal(sealer, bank, now=NOW).entries == 1


def test_sealing_holds_up_nobody_who_writes(begin: Callable[[], Session]) -> None:
    sealer, writer = begin(), begin()
    bank, ana, ben, *_ = open_bank(writer)
    give(writer, bank, "exchange:1", (ana, ben, 1))
    writer.commit()
    service.seal(sealer, bank, now=NOW)
    writer.execute(text("SET lock_timeout = '1s'"))
    give(writer, bank, "exchange:2", (ana, ben, 1))
    writer.commit()
    sealer.commit()
    assert queries.position(sealer, bank).unsealed == 1


def test_a_number_cannot_be_drawn_beforehand(begin: Callable[[], Session]) -> None:
    """Numbers drawn by hand leave a gap, and come after nothing."""
    sealer, writer = begin(), begin()
    bank, ana, ben, *_ = open_bank(writer)
    drawn = writer.execute(text("SELECT nextval('entry_id_seq')")).scalar_one()
    writer.commit()
    service.seal(sealer, bank, now=NOW)
    sealer.commit()
    assert give(writer, bank, "exchange:1", (ana, ben, 1)) > drawn


def test_what_is_settled_by_an_instant_stays_so(begin: Callable[[], Session]) -> None:
    late, other, sealer = begin(), begin(), begin()
    bank, ana, ben, cy, dee = open_bank(other)
    late.execute(text("SELECT 1"))
    give(other, bank, "early", (cy, dee, 1))
    other.commit()
    as_of = service.seal(sealer, bank, now=NOW).as_of
    sealer.commit()
    number = give(late, bank, "late", (ana, ben, 1))
    late.commit()
    recorded_at = sealer.execute(
        text("SELECT recorded_at FROM entry WHERE id = :id"), {"id": number}
    ).scalar_one()
    assert recorded_at > as_of


def test_a_second_sealer_waits_for_the_first(begin: Callable[[], Session]) -> None:
    first, second, writer = begin(), begin(), begin()
    bank, ana, ben, *_ = open_bank(writer)
    give(writer, bank, "exchange:1", (ana, ben, 1))
    writer.commit()
    service.seal(first, bank, now=NOW)
    sealed: list[service.Sealed] = []
    waiting = threading.Thread(target=lambda: sealed.append(service.seal(second, bank, now=NOW)))
    waiting.start()
    first.commit()
    waiting.join()
    assert sealed[0].entries == 1
    assert len(blocks(second)) == 1


def test_a_transaction_that_sees_the_past_cannot_seal(begin: Callable[[], Session]) -> None:
    sealer = begin()
    bank, *_ = open_bank(begin())
    sealer.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    with pytest.raises(Exception, match="READ COMMITTED"):
        service.seal(sealer, bank, now=NOW)
