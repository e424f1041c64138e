"""What was written down of checks before there was a file of them is there afterwards, and goes
down again."""

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank, make_member, post_listing, system
from tests.test_house import revisions
from timebank.act import Act
from timebank.db import WRITING, migrate
from timebank.skills import service as skills_service
from timebank.skills.rules import NewCategory, SkillDetails

REVISION = "0016"


def ask(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def do(engine: Engine, statement: str) -> None:
    with engine.connect().execution_options(**WRITING) as connection:
        connection.execute(text(statement))
        connection.commit()


def test_checks_and_what_needs_them_go_up_and_down(database: str, engine: Engine) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, maggie = make_member(session, bank, "Ana"), make_member(session, bank, "Maggie")
        act = Act(system(bank), NOW)
        category = skills_service.add_category(session, bank, NewCategory("Care"), act)
        skills_service.add_skill(session, bank, SkillDetails("Sitting", category.id), act)
        post_listing(session, bank, "request", act, holder_id=ana.account_id, title="Sit with me")
        bank_id, ana_id, maggie_id = bank.id, ana.id, maggie.id
        session.commit()
    engine.dispose()
    every = revisions()
    down = f"-{len(every) - every.index(REVISION)}"
    migrate(database, down)
    do(engine, "UPDATE skill SET needs_check = 'care'")
    do(engine, "UPDATE listing SET needs_check = 'driving'")
    for kind, by in (("care", f"member:{maggie_id}"), ("children", "system:import")):
        do(
            engine,
            "INSERT INTO member_check (bank_id, member_id, kind, held_since, expires_on, by, at)"
            f" VALUES ({bank_id}, {ana_id}, '{kind}', '2025-01-01', '2027-01-01', '{by}',"
            " '2025-01-02 10:00:00')",
        )
    old = "SELECT kind, held_since, expires_on, by, at FROM member_check ORDER BY id"
    written = ask(engine, old)
    needed = "SELECT skill.needs_check, listing.needs_check FROM skill, listing"
    engine.dispose()

    migrate(database, REVISION)
    assert ask(
        engine,
        "SELECT check_kind.code, member_id, seen_by_id, ended_at FROM held_check"
        " JOIN check_kind ON check_kind.id = kind_id ORDER BY held_check.id",
    ) == [("care", ana_id, maggie_id, None), ("children", ana_id, None, None)]
    for table, code in (("skill", "care"), ("listing", "driving")):
        needs = f"SELECT code FROM {table}_need JOIN check_kind ON check_kind.id = kind_id"
        assert ask(engine, needs) == [(code,)]
    change = "(SELECT id FROM check_kind WHERE code = 'criminal_record')"
    do(engine, f"UPDATE skill_need SET kind_id = {change}")
    engine.dispose()

    migrate(database, "-1")
    assert ask(engine, old) == written
    # Who was barred is barred: a criminal record check goes down as a care check.
    assert ask(engine, needed) == [("care", "driving")]
    engine.dispose()
    migrate(database, REVISION)
    assert len(ask(engine, "SELECT id FROM held_check")) == 2
