"""What the database keeps of the fund, attacked with SQL past the application on both engines.

Each attack is refused by the rule that is named; where that one trigger is taken away it goes
through, so that each is known to be what stood in the way.
"""

from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import CursorResult, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, make_member
from tests.fund import rounds
from tests.fund.rounds import TODAY, Town, make_town, ticks
from timebank.dialogue.rules import PointKind
from timebank.fund import awards, queries, service, small, voting
from timebank.fund.models import Panel, Panelist, Round
from timebank.fund.rules import NewPoint, NewReport

RULES: list[tuple[str, str, str, str, str]] = []
for _file in sorted((Path(__file__).parents[2] / "migrations" / "versions").glob("*_fund*.py")):
    _spec = util.spec_from_file_location(_file.stem, _file)
    assert _spec
    assert _spec.loader
    _migration = util.module_from_spec(_spec)
    _spec.loader.exec_module(_migration)
    RULES += _migration.RULES
TABLE_OF = {name: table for name, table, *_ in RULES}

OPEN: list[tuple[str, str]] = [
    # the trigger, the attack on a round that is voted on
    ("fund_round_step", "UPDATE fund_round SET state = 'talking' WHERE id = :round"),
    ("fund_round_frozen", "UPDATE fund_round SET budget = budget + 1 WHERE id = :round"),
    ("fund_round_frozen", "UPDATE fund_round SET lot = '1' WHERE id = :round"),
    (
        "fund_round_papers",
        "UPDATE fund_round SET state = 'counted', given_out = 2, spoilt = 0 WHERE id = :round",
    ),
    (
        "fund_round_papers",
        "UPDATE fund_round SET state = 'counted', given_out = 1, spoilt = 2 WHERE id = :round",
    ),
    (
        "fund_round_papers",
        "UPDATE fund_round SET state = 'counted', given_out = 1 WHERE id = :round",
    ),
    ("fund_round_frozen", "UPDATE fund_round SET method = 'votes' WHERE id = :round"),
    ("fund_round_frozen", "UPDATE fund_round SET scrutineer_1 = :pat WHERE id = :round"),
    ("fund_proposal_frozen", "UPDATE fund_proposal SET cost = 1 WHERE id = :pond"),
    (
        "fund_proposal_frozen",
        "UPDATE fund_proposal SET verdict = 'can_if', why = 'x' WHERE id = :pond",
    ),
    ("fund_proposal_kept", "DELETE FROM fund_proposal WHERE id = :unsaid"),
    (
        "fund_proposal_open",
        "INSERT INTO fund_proposal (bank_id, round_id, title, what, whom, place, cost, brings, why, by,"
        " channel, at, verdict) SELECT bank_id, round_id, 'New', what, whom, place, cost, brings, why,"
        " by, channel, at, verdict FROM fund_proposal WHERE id = :pond",
    ),
    ("fund_point_kept", "UPDATE fund_point SET words = 'Other'"),
    ("fund_point_kept_delete", "DELETE FROM fund_point"),
    (
        "fund_point_open",
        "INSERT INTO fund_point (bank_id, proposal_id, kind, words, capacity, channel, hidden_why, at)"
        " SELECT bank_id, proposal_id, kind, 'More', capacity, channel, hidden_why, at FROM fund_point",
    ),
    ("fund_proposal_agreed", "UPDATE fund_proposal SET agreed = NOT agreed WHERE id = :pond"),
    (
        "fund_ballot_agreed",
        "INSERT INTO fund_ballot (bank_id, round_id, key, choices, receipt_hash, replaces)"
        " VALUES (:bank, :round, 'k', :one_word, 'r', :empty)",
    ),
    (
        "fund_round_apart",
        "UPDATE fund_round SET state = 'voting', lot = '', ballot_order = '', scrutineer_1 = :rosa,"
        " scrutineer_2 = :pat WHERE id = :talked",
    ),
    ("fund_count_same", "UPDATE fund_count SET announced_at = made_at WHERE id = :other_count"),
    ("fund_elector_once", "UPDATE fund_elector SET voted = NOT voted WHERE member_id = :voted"),
    ("fund_elector_once", "UPDATE fund_elector SET member_id = :late WHERE member_id = :voted"),
    ("fund_elector_kept", "DELETE FROM fund_elector WHERE member_id = :unvoted"),
    ("fund_code_kept", "UPDATE fund_paper_code SET elector_id = elector_id"),
    ("fund_ballot_kept", "UPDATE fund_ballot SET choices = '' WHERE choices <> ''"),
    ("fund_ballot_kept", "UPDATE fund_ballot SET receipt_hash = 'x' WHERE choices = ''"),
    ("fund_ballot_kept_delete", "DELETE FROM fund_ballot WHERE choices = ''"),
    (
        "fund_ballot_entitled",
        "INSERT INTO fund_ballot (bank_id, round_id, key, choices, receipt_hash)"
        " VALUES (:bank, :round, 'k', '', 'r')",
    ),
    (
        "fund_ballot_listed",
        "INSERT INTO fund_ballot (bank_id, round_id, key, choices, receipt_hash, replaces)"
        " VALUES (:bank, :round, 'k', '999', 'r', :empty)",
    ),
    (
        "fund_ballot_listed",
        "INSERT INTO fund_ballot (bank_id, round_id, key, choices, receipt_hash, replaces)"
        " VALUES (:bank, :round, 'k', :twice, 'r', :empty)",
    ),
    (
        "fund_ballot_listed",
        "INSERT INTO fund_ballot (bank_id, round_id, key, choices, receipt_hash, replaces)"
        " VALUES (:bank, :round, 'k', :unsorted, 'r', :empty)",
    ),
    (
        "fund_count_of_counted",
        "INSERT INTO fund_count (bank_id, round_id, n, content, sha256, made_at)"
        " SELECT bank_id, id, 1, '{}', '', at FROM fund_round WHERE id = :round",
    ),
    (
        "fund_award_fits",
        "INSERT INTO fund_award (bank_id, round_id, proposal_id, count_id, amount, conditions,"
        " report_due_on, by, at) SELECT bank_id, round_id, id, :other_count, 1, '', '2027-01-01', by, at"
        " FROM fund_proposal WHERE id = :pond",
    ),
    ("fund_pot_moved", "UPDATE fund_pot SET balance = balance + 1 WHERE kind = 'available'"),
    (
        "fund_pot_moved",
        "UPDATE fund_pot SET balance = balance + 1, last_id = last_id + 1 WHERE kind = 'available'",
    ),
    ("fund_pot_kept", "DELETE FROM fund_pot WHERE kind = 'spent'"),
    (
        "fund_pot_empty",
        "INSERT INTO fund_pot (bank_id, kind, balance, last_id, round_id)"
        " VALUES (:bank, 'spent', 5, 0, :round)",
    ),
    ("fund_money_kept", "UPDATE fund_money SET pence = pence + 1"),
    (
        "fund_money_kept_delete",
        "DELETE FROM fund_money WHERE id = (SELECT max(id) FROM fund_money)",
    ),
    (
        "fund_money_reversed",
        "INSERT INTO fund_money (bank_id, from_pot, to_pot, pence, cause, occurred_on, memo, by, at,"
        " reverses_id) SELECT bank_id, to_pot, from_pot, pence - 1, 'back', occurred_on, memo, by, at,"
        " id FROM fund_money WHERE id = (SELECT max(id) FROM fund_money)",
    ),
]
CLOSED: list[tuple[str, str]] = [
    ("fund_round_kept", "DELETE FROM fund_round WHERE id = :drafted"),
    (
        "fund_ballot_open",
        "INSERT INTO fund_ballot (bank_id, round_id, key, choices, receipt_hash, replaces)"
        " VALUES (:bank, :round, 'k', '', 'r', :empty)",
    ),
    ("fund_ballot_kept", "UPDATE fund_ballot SET key = 'x' || substr(key, 2) WHERE choices = ''"),
    ("fund_elector_once", "UPDATE fund_elector SET voted = NOT voted WHERE member_id = :unvoted"),
    (
        "fund_elector_open",
        "INSERT INTO fund_elector (bank_id, round_id, paper_number, voted)"
        " SELECT bank_id, id, 900, publish_ballots FROM fund_round WHERE id = :round",
    ),
    ("fund_round_papers", "UPDATE fund_round SET given_out = given_out + 1 WHERE id = :round"),
    ("fund_count_kept", "UPDATE fund_count SET content = '{}' WHERE round_id = :round"),
    ("fund_count_kept", "UPDATE fund_count SET announced_at = NULL WHERE round_id = :round"),
    ("fund_count_kept_delete", "DELETE FROM fund_count WHERE id = :spare_count"),
    (
        "fund_award_fits",
        "INSERT INTO fund_award (bank_id, round_id, proposal_id, count_id, amount, conditions,"
        " report_due_on, by, at) SELECT bank_id, round_id, :pond, count_id, 90001, '', report_due_on,"
        " by, at FROM fund_award WHERE round_id = :round",
    ),
    ("fund_award_kept", "UPDATE fund_award SET amount = amount + 1"),
    ("fund_award_kept_delete", "DELETE FROM fund_award WHERE id = :spare_award"),
    ("fund_report_kept", "UPDATE fund_report SET spent = spent - 1"),
    ("fund_report_kept_delete", "DELETE FROM fund_report"),
    (
        "fund_report_fits",
        "INSERT INTO fund_report (bank_id, award_id, words, spent, reached, lesson, by, channel, at)"
        " SELECT bank_id, :spare_award, words, 90000000, reached, lesson, by, channel, at"
        " FROM fund_report",
    ),
]
_GIVE = (
    "INSERT INTO fund_small_award (bank_id, panel_id, title, unit, amount, party_id, why,"
    " report_due_on, by, at) SELECT bank_id, {panel}, title, unit, {amount}, {party}, why,"
    " report_due_on, by, at FROM fund_small_award WHERE id = :small"
)
SMALL: list[tuple[str, str]] = [
    ("fund_ceiling_kept", "UPDATE fund_ceiling SET a_year = a_year + 1"),
    ("fund_ceiling_kept_delete", "DELETE FROM fund_ceiling"),
    ("fund_panel_kept", "UPDATE fund_panel SET sat_on = '2025-01-01'"),
    ("fund_panel_kept_delete", "DELETE FROM fund_panel WHERE id = :empty_panel"),
    (
        "fund_panelist_sits",
        "INSERT INTO fund_panelist (bank_id, panel_id, n, member_id, capacity)"
        " VALUES (:bank, :panel, 9, :late, 'resident')",
    ),
    (
        "fund_panelist_sits",
        "INSERT INTO fund_panelist (bank_id, panel_id, n, member_id, capacity)"
        " VALUES (:bank, :empty_panel, 9, :late, 'planner')",
    ),
    ("fund_panelist_kept", "UPDATE fund_panelist SET capacity = 'planner' WHERE n = 1"),
    ("fund_panelist_kept", "UPDATE fund_panelist SET member_id = :late WHERE n = 1"),
    ("fund_panelist_kept_delete", "DELETE FROM fund_panelist WHERE n = 1"),
    ("fund_small_fits", _GIVE.format(panel=":empty_panel", amount="1", party="party_id")),
    ("fund_small_fits", _GIVE.format(panel=":panel_of_two", amount="1", party="party_id")),
    ("fund_small_fits", _GIVE.format(panel=":spare_panel", amount="20001", party="party_id")),
    ("fund_small_fits", _GIVE.format(panel=":spare_panel", amount="18001", party="party_id")),
    ("fund_small_fits", _GIVE.format(panel=":spare_panel", amount="1", party=":rosas")),
    ("fund_small_kept", "UPDATE fund_small_award SET amount = amount - 1"),
    ("fund_small_kept_delete", "DELETE FROM fund_small_award WHERE id = :unsaid_small"),
    (
        "fund_small_report_fits",
        "INSERT INTO fund_small_report (bank_id, small_id, words, spent, reached, lesson, by,"
        " channel, at) SELECT bank_id, :unsaid_small, words, 12001, reached, lesson, by, channel,"
        " at FROM fund_small_report",
    ),
    ("fund_small_report_kept", "UPDATE fund_small_report SET spent = spent - 1"),
    ("fund_small_report_kept_delete", "DELETE FROM fund_small_report"),
    (
        "fund_count_two",
        "UPDATE fund_count SET same_1 = 'member:1', same_2 = 'member:1' WHERE id = :open_count",
    ),
]


def _bind(town: Town, round_: Round, **more: object) -> dict[str, object]:
    session, bank = town.session, town.bank
    found = rounds.proposals(town, round_)
    pond, welsh = sorted((found["Pond"].id, found["Welsh"].id))
    empty = session.execute(
        text("SELECT receipt_hash FROM fund_ballot WHERE choices = '' AND round_id = :r"),
        {"r": round_.id},
    ).scalar_one()
    return {
        "bank": bank.id,
        "round": round_.id,
        "pond": found["Pond"].id,
        "unsaid": found["Sewing"].id,
        "pat": town.pat.id,
        "rosa": town.rosa.id,
        "late": make_member(session, bank, "Late").id,
        "drafted": service.plan_round(session, bank, rounds.new_round(), town.by).id,
        "voted": town.voters[0].id,
        "unvoted": town.voters[-1].id,
        "empty": empty,
        "twice": f"{pond},{pond}",
        "unsorted": f"{welsh},{pond}",
        "other_count": 1,
        **more,
    }


def _open(town: Town) -> dict[str, object]:
    session, bank = town.session, town.bank
    other = rounds.counted(town, title="Another")
    round_ = rounds.talked_over(town, rounds.IDEAS | {"Kiosk": 100})
    found = rounds.proposals(town, round_)
    # One person alone has found it.
    found["Kiosk"].agreed = False
    point = NewPoint(PointKind.FOR, "Good")
    service.speak(session, bank, found["Pond"].id, point, town.act(town.rosa))
    rounds.put_in(town, 1200)
    rounds.begin(town, round_)
    voting.vote(session, bank, round_.id, ticks(town, round_, "Pond"), town.act(town.voters[0]))
    voting.vote(session, bank, round_.id, ticks(town, round_), town.act(town.voters[1]))
    voting.hand_out(session, bank, round_.id, 1, town.by)
    rounds.empty_pot(town)
    count = queries.counts(session, bank, other.id)[0].id
    talked = rounds.talked_over(town, {"Bench": 100}, title="Later").id
    return _bind(town, round_, other_count=count, talked=talked, one_word=str(found["Kiosk"].id))


def _closed(town: Town) -> dict[str, object]:
    session, bank = town.session, town.bank
    round_ = rounds.open_round(town)
    for voter in town.voters[:-2]:
        voting.vote(session, bank, round_.id, ticks(town, round_, "Tea and Tools"), town.act(voter))
    voting.vote(session, bank, round_.id, ticks(town, round_), town.act(town.voters[-2]))
    voting.close(session, bank, round_.id, None, town.by)
    voting.count_round(session, bank, round_.id, now=NOW)
    rounds.both_say_same(town, round_)
    voting.announce(session, bank, round_.id, town.by)
    tea = rounds.proposals(town, round_)["Tea and Tools"].id
    made = awards.award(session, bank, tea, "", town.by)
    awards.pay(session, bank, made.id, town.by)
    awards.report(session, bank, made.id, NewReport("Good", 100), town.by)
    other = rounds.counted_beside(town)
    return _bind(town, round_, spare_award=other.award, spare_count=other.count)


def _small(town: Town) -> dict[str, object]:
    """Two small awards of £120 and £1 (of last year), the first reported on; and panels that have
    decided nothing: one of two, one of three and one of nobody."""
    session, bank = town.session, town.bank
    rounds.settled(town)
    count = queries.counts(session, bank, rounds.counted(town).id)[0]
    rounds.put_in(town, 1000)
    made = rounds.small_award(town)
    other = rounds.small_award(town, sat_on=TODAY.replace(year=2025))
    small.pay_small(session, bank, made.id, town.by)
    report = NewReport("Done", 100 * rounds.POUND)
    small.report_small(session, bank, made.id, report, town.by)
    panels: list[Panel] = []
    for people in ((), (town.rosa, town.dr_lee), (town.rosa, town.kwame, town.dr_lee)):
        panel = Panel(bank_id=bank.id, sat_on=TODAY, by="member:1", at=NOW)
        session.add(panel)
        session.flush()
        panels.append(panel)
        for n, one in enumerate(people, 1):
            session.add(
                Panelist(
                    bank_id=bank.id,
                    panel_id=panel.id,
                    n=n,
                    member_id=one.id,
                    capacity=one.capacity,
                )
            )
    session.flush()
    empty, of_two, spare = (one.id for one in panels)
    return {
        "bank": bank.id,
        "small": made.id,
        "unsaid_small": other.id,
        "panel": made.panel_id,
        "empty_panel": empty,
        "panel_of_two": of_two,
        "spare_panel": spare,
        "rosas": town.rosa.account_id,
        "late": make_member(session, bank, "Late").id,
        "open_count": count.id,
    }


@pytest.mark.parametrize(
    ("setting", "attacks"), [(_open, OPEN), (_closed, CLOSED), (_small, SMALL)]
)
def test_each_promise_is_kept_by_the_trigger_that_is_named(
    session: Session,
    setting: Callable[[Town], dict[str, object]],
    attacks: list[tuple[str, str]],
) -> None:
    town = make_town(session)
    values = setting(town)
    sqlite = session.get_bind().dialect.name == "sqlite"
    wrong: list[str] = []
    for trigger, attack in attacks:
        needed = {name: value for name, value in values.items() if f":{name}" in attack}
        for guarded in (True, False):
            savepoint = session.begin_nested()
            if not guarded:
                table = "" if sqlite else f" ON {TABLE_OF[trigger]}"
                session.execute(text(f"DROP TRIGGER {trigger}{table}"))
            try:
                done = cast(CursorResult[Any], session.execute(text(attack), needed))
                changed = done.rowcount
                outcome = f"went through ({changed})"
                passed = not guarded and changed > 0
            except DBAPIError as error:
                outcome = str(error.orig)
                passed = guarded and _why(trigger) in outcome
            if not passed:
                wrong.append(
                    f"{trigger}, {'kept' if guarded else 'taken away'}: {attack}: {outcome}"
                )
            savepoint.rollback()
    assert wrong == [], "\n".join(wrong)


def _why(trigger: str) -> str:
    return next(why for name, *_, why in RULES if name == trigger).partition(":")[0]


def test_every_trigger_is_attacked() -> None:
    beyond = {
        "fund_round_begins",
        "fund_round_ready",
        "fund_code_new",
        "fund_ballot_new",
        "fund_money_adds",
        "fund_ceiling_new",
        "fund_panel_new",
    }
    assert {name for name, _ in OPEN + CLOSED + SMALL} | beyond == set(TABLE_OF)


def test_nothing_is_replaced_on_sqlite(session: Session) -> None:
    """INSERT OR REPLACE would delete without firing a trigger."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE.")
    town = make_town(session)
    _open(town)
    rounds.settled(town)
    rounds.put_in(town, 200)
    made = rounds.small_award(town)
    small.pay_small(session, town.bank, made.id, town.by)
    small.report_small(session, town.bank, made.id, NewReport("Done", 1), town.by)
    wrong: list[str] = []
    for table in sorted(set(TABLE_OF.values()) - {"fund_award", "fund_report"}):
        savepoint = session.begin_nested()
        try:
            session.execute(
                text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE TRUE LIMIT 1")
            )
            wrong.append(table)
        except DBAPIError as error:
            if "fund_" not in str(error.orig):
                wrong.append(str(error.orig))
        savepoint.rollback()
    assert wrong == [], "\n".join(wrong)


def test_a_pot_is_never_below_nought(session: Session) -> None:
    town = make_town(session, 0)
    rounds.put_in(town, 10)
    with pytest.raises(DBAPIError, match="ck_fund_pot_balance"):
        session.execute(
            text(
                "INSERT INTO fund_money (bank_id, from_pot, to_pot, pence, cause, occurred_on, memo,"
                " by, at) SELECT bank_id, to_pot, from_pot, pence + 1, 'x', occurred_on, memo, by, at"
                " FROM fund_money"
            )
        )
