"""Reading accounts: line by line, between two days, and at an instant of the past."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.ledger.books import BY, ON, REASON, give, make_bank, open_account
from timebank.errors import NotFound
from timebank.ledger import queries, service
from timebank.ledger.errors import TooManyLines
from timebank.ledger.queries import Turnover


def test_lines_come_newest_first_with_the_balance_after_each(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    for number, minutes in enumerate((60, 15, 30), start=1):
        give(
            session,
            bank,
            f"exchange:{number}",
            (ana, ben, minutes) if number != 2 else (ben, ana, minutes),
        )
    found = queries.lines(session, bank, ana)
    assert [(line.seq, line.minutes, line.balance, line.other_id) for line in found] == [
        (3, -30, -75, ben),
        (2, 15, -45, ben),
        (1, -60, -60, ben),
    ]


def test_pages_of_lines_join_without_a_gap(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank, floor=None), open_account(session, bank)
    for number in range(7):
        give(session, bank, f"exchange:{number}", (ana, ben, 1))
    pages, before = [], None
    while True:
        page = queries.lines(session, bank, ana, before_seq=before, limit=3)
        pages += [line.seq for line in page[:3]]
        if len(page) <= 3:
            break
        before = page[2].seq
    assert pages == [7, 6, 5, 4, 3, 2, 1]


def test_a_line_knows_what_it_takes_back_and_what_took_it_back(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    number = give(session, bank, "exchange:1", (ana, ben, 60))
    service.reverse(session, bank, number, occurred_on=date(2026, 11, 12), by=BY, reason=REASON)
    later, earlier = queries.lines(session, bank, ana)
    assert (later.reverses, later.reverses_kind, later.reverses_on) == (number, "exchange", ON)
    assert (earlier.reverses, earlier.taken_back_on) == (None, date(2026, 11, 12))


def test_what_moved_is_summed_by_kind_without_what_was_taken_back(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    old, new = ON - timedelta(days=30), date(2026, 11, 12)
    earlier = give(session, bank, "exchange:1", (ana, ben, 15), on=old)
    give(session, bank, "exchange:2", (ana, ben, 30))
    give(session, bank, "exchange:3", (ben, ana, 45), (ben, ana, 60))
    latest = give(session, bank, "exchange:4", (ben, ana, 75))
    service.reverse(session, bank, latest, occurred_on=new, by=BY, reason=REASON)
    assert queries.turnover(session, bank, ana, old) == {"exchange": Turnover(105, 45)}
    assert queries.turnover(session, bank, ana, ON) == {"exchange": Turnover(105, 30)}
    service.reverse(session, bank, earlier, occurred_on=new, by=BY, reason=REASON)
    assert queries.turnover(session, bank, ana, old) == {"exchange": Turnover(105, 30)}
    assert queries.turnover(session, bank, ana, ON) == {
        "exchange": Turnover(105, 30),
        "reversal": Turnover(15, 0),
    }
    assert queries.turnover(session, make_bank(session, "angus"), ana, old) == {}


def test_a_line_has_one_place_and_one_balance_wherever_it_is_shown(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    for number, (day, minutes) in enumerate(((12, 60), (3, 15), (10, 30), (28, 5), (10, 1))):
        give(session, bank, f"exchange:{number}", (ana, ben, minutes), on=date(2026, 11, day))
    within = queries.statement(session, bank, ben, None, None).lines
    pages, before = [], None
    while True:
        page = queries.lines(session, bank, ben, before_seq=before, limit=2)
        pages += page[:2]
        if len(page) <= 2:
            break
        before = page[1].seq
    assert pages == [*reversed(within)]
    assert [line.balance for line in pages] == [111, 106, 46, 45, 15]
    assert queries.lines(session, bank, ben, before_seq=99) == []


def test_an_account_of_another_bank_has_no_lines_here(session: Session) -> None:
    bank, other = make_bank(session), make_bank(session, "angus")
    with pytest.raises(NotFound):
        queries.lines(session, other, open_account(session, bank))


def test_a_statement_follows_the_days_on_which_things_happened(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    for number, (day, minutes) in enumerate(
        ((12, 60), (3, 15), (10, -30), (28, 5), (10, 1)), start=1
    ):
        sides = (ana, ben, minutes) if minutes > 0 else (ben, ana, -minutes)
        give(session, bank, f"exchange:{number}", sides, on=date(2026, 11, day))
    period = queries.statement(session, bank, ben, date(2026, 11, 10), date(2026, 11, 12))
    assert [(line.occurred_on.day, line.minutes, line.balance) for line in period.lines] == [
        (10, -30, -15),
        (10, 1, -14),
        (12, 60, 46),
    ]
    assert (period.brought_forward, period.added, period.taken_off, period.carried_forward) == (
        15,
        61,
        30,
        46,
    )


def test_a_statement_without_bounds_carries_forward_the_balance(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    give(session, bank, "exchange:1", (ana, ben, 60))
    give(session, bank, "exchange:2", (ben, ana, 20), on=date(2020, 2, 29))
    period = queries.statement(session, bank, ben, None, None)
    assert (period.brought_forward, period.carried_forward) == (0, 40)


def test_a_statement_of_a_quiet_period_carries_forward_what_was_brought(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    give(session, bank, "exchange:1", (ana, ben, 60))
    period = queries.statement(session, bank, ben, ON + timedelta(1), ON + timedelta(9))
    assert (period.brought_forward, period.lines, period.carried_forward) == (60, (), 60)


def test_a_statement_too_long_to_show_is_refused(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    for number in range(3):
        give(session, bank, f"exchange:{number}", (ana, ben, 1))
    assert len(queries.statement(session, bank, ben, None, None, at_most=3).lines) == 3
    with pytest.raises(TooManyLines):
        queries.statement(session, bank, ben, None, None, at_most=2)
