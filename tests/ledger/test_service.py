"""Posting, reversing, limits and many at once, as the rest of the application uses them."""

from datetime import date

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.ledger.books import BY, NOW, ON, REASON, give, make_bank, open_account
from tests.races import outcome_behind
from timebank import hours
from timebank.db import WRITING
from timebank.errors import NotFound
from timebank.ledger import queries, service
from timebank.ledger.errors import (
    AboveCeiling,
    AccountClosed,
    AlreadyReversed,
    BadPosting,
    BelowFloor,
    CauseUsedForAnother,
    OutsideLimits,
)
from timebank.ledger.rules import Leg, NewEntry


def test_a_posting_moves_minutes_from_payer_to_payee(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    give(session, bank, "exchange:1", (ana, ben, 90))
    assert (queries.balance(session, bank, ana), queries.balance(session, bank, ben)) == (-90, 90)


def test_an_entry_says_who_recorded_it_on_whose_word_and_how(session: Session) -> None:
    bank = make_bank(session)
    number = give(
        session, bank, "exchange:1", (open_account(session, bank), open_account(session, bank), 90)
    )
    said = session.execute(
        text("SELECT recorded_by, on_word_of, channel, occurred_on FROM entry WHERE id = :id"),
        {"id": number},
    )
    assert [str(value) for value in said.one()] == ["member:1", "member:2", "paper", "2026-11-10"]


def test_the_same_cause_sent_again_answers_with_the_first_entry(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    first = give(session, bank, "exchange:1", (ana, ben, 90))
    assert give(session, bank, "exchange:1", (ana, ben, 90)) == first
    assert queries.balance(session, bank, ben) == 90


@pytest.mark.parametrize("change", ["minutes", "sides", "day"])
def test_the_same_cause_with_other_content_is_refused(session: Session, change: str) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    give(session, bank, "exchange:1", (ana, ben, 90))
    posting = {"minutes": (ana, ben, 91), "sides": (ben, ana, 90)}.get(change, (ana, ben, 90))
    with pytest.raises(CauseUsedForAnother):
        give(session, bank, "exchange:1", posting, on=date(2026, 11, 9) if change == "day" else ON)


def test_two_banks_may_have_the_same_cause(session: Session) -> None:
    for slug in ("fife", "angus"):
        bank = make_bank(session, slug)
        ben = open_account(session, bank)
        give(session, bank, "exchange:1", (open_account(session, bank), ben, 30))
        assert queries.balance(session, bank, ben) == 30


def test_a_refusal_at_the_floor_says_how_things_stand(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank, floor=-60), open_account(session, bank)
    give(session, bank, "exchange:1", (ana, ben, 45))
    with pytest.raises(BelowFloor) as refused:
        give(session, bank, "exchange:2", (ana, ben, 30))
    said = refused.value
    assert (said.account_id, said.balance, said.minutes, said.floor, said.cause) == (
        ana,
        -45,
        30,
        -60,
        "exchange:2",
    )


def test_a_refusal_at_the_ceiling_says_how_things_stand(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank, ceiling=60)
    give(session, bank, "exchange:1", (ana, ben, 45))
    with pytest.raises(AboveCeiling) as refused:
        give(session, bank, "exchange:2", (ana, ben, 30))
    said = refused.value
    assert (said.account_id, said.balance, said.minutes, said.ceiling, said.cause) == (
        ben,
        45,
        30,
        60,
        "exchange:2",
    )


def test_limits_may_be_reached_to_the_minute(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank, floor=-60), open_account(session, bank, ceiling=60)
    give(session, bank, "exchange:1", (ana, ben, 60))
    assert queries.balance(session, bank, ben) == 60


@pytest.mark.parametrize("side", ["payer", "payee"])
def test_a_closed_account_takes_no_postings(session: Session, side: str) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    closed = ana if side == "payer" else ben
    service.close_account(session, bank, closed, now=NOW)
    with pytest.raises(AccountClosed) as refused:
        give(session, bank, "exchange:1", (ana, ben, 60))
    assert refused.value.account_id == closed


@pytest.mark.parametrize("minutes", [0, -15, hours.LARGEST + 1, 2**70])
def test_an_impossible_length_of_time_is_refused_in_words(session: Session, minutes: int) -> None:
    bank = make_bank(session)
    with pytest.raises(BadPosting):
        give(
            session,
            bank,
            "exchange:1",
            (open_account(session, bank), open_account(session, bank), minutes),
        )


def test_giving_to_oneself_is_refused_in_words(session: Session) -> None:
    bank = make_bank(session)
    ana = open_account(session, bank)
    with pytest.raises(BadPosting):
        give(session, bank, "exchange:1", (ana, ana, 60))


def test_an_entry_that_moves_nothing_is_refused_in_words(session: Session) -> None:
    with pytest.raises(BadPosting):
        give(session, make_bank(session), "exchange:1")


@pytest.mark.parametrize("side", ["another bank's", "nobody's"])
def test_an_account_that_is_not_the_banks_is_refused(session: Session, side: str) -> None:
    bank, other = make_bank(session), make_bank(session, "angus")
    stranger = open_account(session, other) if side == "another bank's" else 9_999
    with pytest.raises(BadPosting):
        give(session, bank, "exchange:1", (stranger, open_account(session, bank), 30))


def test_an_entry_of_several_postings_is_written_whole(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (open_account(session, bank) for _ in range(3))
    number = give(session, bank, "session:1", (ana, cy, 60), (ben, cy, 45), (cy, ana, 5))
    assert [queries.balance(session, bank, account) for account in (ana, ben, cy)] == [
        -55,
        -45,
        100,
    ]
    assert [leg.minutes for leg in queries.entry(session, bank, number).legs] == [60, 45, 5]


def test_a_reversal_is_the_exact_mirror(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (open_account(session, bank) for _ in range(3))
    number = give(session, bank, "session:1", (ana, ben, 60), (ben, cy, 45))
    mirror = queries.entry(
        session, bank, service.reverse(session, bank, number, occurred_on=ON, by=BY, reason=REASON)
    )
    assert (mirror.kind, mirror.reverses_id) == ("reversal", number)
    assert mirror.legs == ((ben, ana, 60), (cy, ben, 45))
    assert [queries.balance(session, bank, account) for account in (ana, ben, cy)] == [0, 0, 0]


def test_a_reversal_sent_again_answers_with_the_first(session: Session) -> None:
    bank = make_bank(session)
    number = give(
        session, bank, "exchange:1", (open_account(session, bank), open_account(session, bank), 60)
    )
    first = service.reverse(session, bank, number, occurred_on=ON, by=BY, reason=REASON)
    assert service.reverse(session, bank, number, occurred_on=ON, by=BY, reason=REASON) == first


def test_an_entry_is_reversed_once(session: Session) -> None:
    bank = make_bank(session)
    number = give(
        session, bank, "exchange:1", (open_account(session, bank), open_account(session, bank), 60)
    )
    service.reverse(session, bank, number, occurred_on=ON, by=BY, reason=REASON)
    with pytest.raises(AlreadyReversed):
        service.reverse(session, bank, number, occurred_on=date(2026, 11, 11), by=BY, reason=REASON)


def test_a_reversal_is_not_reversed(session: Session) -> None:
    bank = make_bank(session)
    number = give(
        session, bank, "exchange:1", (open_account(session, bank), open_account(session, bank), 60)
    )
    mirror = service.reverse(session, bank, number, occurred_on=ON, by=BY, reason=REASON)
    with pytest.raises(BadPosting):
        service.reverse(session, bank, mirror, occurred_on=ON, by=BY, reason=REASON)


def test_an_entry_of_another_bank_is_not_there_to_reverse(session: Session) -> None:
    bank, other = make_bank(session), make_bank(session, "angus")
    number = give(
        session, bank, "exchange:1", (open_account(session, bank), open_account(session, bank), 60)
    )
    with pytest.raises(NotFound):
        service.reverse(session, other, number, occurred_on=ON, by=BY, reason=REASON)


def test_a_reversal_keeps_to_the_limits(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank, floor=0)
    number = give(session, bank, "exchange:1", (ana, ben, 60))
    give(session, bank, "exchange:2", (ben, ana, 30))
    with pytest.raises(BelowFloor):
        service.reverse(session, bank, number, occurred_on=ON, by=BY, reason=REASON)


def test_limits_change(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank, floor=0), open_account(session, bank)
    service.set_limits(
        session, bank, ana, floor=-30, ceiling=120, why="So that it fits.", by="member:1"
    )
    give(session, bank, "exchange:1", (ana, ben, 30))
    state = queries.account(session, bank, ana)
    assert (state.floor, state.ceiling, state.balance) == (-30, 120, -30)


@pytest.mark.parametrize(
    "limits", [{"floor": -29, "ceiling": None}, {"floor": None, "ceiling": -31}]
)
def test_limits_leave_room_for_the_balance(session: Session, limits: dict[str, int | None]) -> None:
    bank = make_bank(session)
    ana = open_account(session, bank)
    give(session, bank, "exchange:1", (ana, open_account(session, bank), 30))
    with pytest.raises(OutsideLimits):
        service.set_limits(session, bank, ana, **limits, why="So that it fits.", by="member:1")


def test_limits_leave_room_for_what_is_posted_at_the_same_moment(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, ben = open_account(session, bank), open_account(session, bank)
        session.commit()

    def set_limits(session: Session) -> None:
        service.set_limits(
            session, bank, ana, floor=0, ceiling=None, why="So that it fits.", by="member:1"
        )

    def pay(session: Session) -> None:
        give(session, bank, "exchange:1", (ana, ben, 30))

    assert outcome_behind(engine, pay, set_limits) == "OutsideLimits"


def test_a_posting_keeps_to_limits_that_are_set_at_the_same_moment(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        ana, ben = open_account(session, bank), open_account(session, bank)
        session.commit()

    def set_limits(session: Session) -> None:
        service.set_limits(
            session, bank, ana, floor=0, ceiling=None, why="So that it fits.", by="member:1"
        )

    def pay(session: Session) -> None:
        give(session, bank, "exchange:1", (ana, ben, 30))

    assert outcome_behind(engine, set_limits, pay) == "BelowFloor"


def test_a_relabelled_account_keeps_its_history(session: Session) -> None:
    bank = make_bank(session)
    ana = open_account(session, bank)
    give(session, bank, "exchange:1", (ana, open_account(session, bank), 30))
    service.relabel(session, bank, ana, "Somebody who left")
    state = queries.account(session, bank, ana)
    assert (state.label, state.balance) == ("Somebody who left", -30)


def test_a_bank_has_one_chest(session: Session) -> None:
    bank = make_bank(session)
    assert queries.chest(session, bank).floor == bank.chest_floor


# Many at once.


def entries(*postings: tuple[int, int, int], start: int = 1) -> list[NewEntry]:
    return [
        NewEntry(f"import:{n}", "exchange", ON, [Leg(*posting)], BY)
        for n, posting in enumerate(postings, start=start)
    ]


def test_many_entries_are_written_in_order(session: Session) -> None:
    bank = make_bank(session)
    ana, ben, cy = (open_account(session, bank) for _ in range(3))
    ids = service.post_many(
        session,
        bank,
        [
            *entries((ana, ben, 60), (ben, cy, 15)),
            NewEntry("group", "session", ON, [Leg(ana, cy, 5), Leg(ben, cy, 7)], BY),
        ],
    )
    assert [queries.entry(session, bank, number).cause for number in ids] == [
        "import:1",
        "import:2",
        "group",
    ]
    assert queries.entry(session, bank, ids[2]).legs == ((ana, cy, 5), (ben, cy, 7))
    assert [queries.balance(session, bank, account) for account in (ana, ben, cy)] == [-65, 38, 27]


def test_many_entries_leave_the_same_books_as_one_by_one(session: Session) -> None:
    written = []
    for slug in ("fife", "angus"):
        bank = make_bank(session, slug)
        ana, ben = open_account(session, bank), open_account(session, bank)
        if slug == "fife":
            service.post_many(session, bank, entries((ana, ben, 60), (ben, ana, 15)))
        else:
            give(session, bank, "import:1", (ana, ben, 60))
            give(session, bank, "import:2", (ben, ana, 15))
        lines = queries.lines(session, bank, ana)
        written.append(
            [(line.seq, line.minutes, line.balance, line.kind, line.occurred_on) for line in lines]
        )
    assert written[0] == written[1]


def test_many_entries_sent_again_answer_with_the_first(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    one = give(session, bank, "import:1", (ana, ben, 60))
    first = service.post_many(session, bank, entries((ana, ben, 60), (ben, ana, 15)))
    assert first[0] == one
    assert (
        service.post_many(session, bank, entries((ana, ben, 60), (ben, ana, 15), (ana, ben, 1)))[:2]
        == first
    )
    assert queries.balance(session, bank, ben) == 46


def test_a_cause_that_comes_twice_among_many_is_written_once(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    twice = entries((ana, ben, 60)) * 2
    first, second = service.post_many(session, bank, twice)
    assert first == second
    assert queries.balance(session, bank, ben) == 60


@pytest.mark.parametrize("where", ["in the books", "among them"])
def test_many_entries_refuse_a_cause_used_for_another(session: Session, where: str) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank), open_account(session, bank)
    if where == "in the books":
        give(session, bank, "import:2", (ana, ben, 1))
        batch = entries((ana, ben, 60), (ben, ana, 15))
    else:
        batch = [*entries((ana, ben, 60)), *entries((ana, ben, 61))]
    with pytest.raises(CauseUsedForAnother) as refused:
        service.post_many(session, bank, batch)
    assert refused.value.cause == ("import:2" if where == "in the books" else "import:1")


def test_many_entries_are_refused_with_the_cause_of_the_first_that_cannot_be(
    session: Session,
) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank, floor=-60), open_account(session, bank)
    with pytest.raises(BelowFloor) as refused:
        service.post_many(
            session, bank, entries((ana, ben, 30), (ben, ana, 5), (ana, ben, 60), (ana, ben, 600))
        )
    said = refused.value
    assert (said.cause, said.account_id, said.balance, said.minutes, said.floor) == (
        "import:3",
        ana,
        -25,
        60,
        -60,
    )


def test_many_entries_refuse_accounts_of_another_bank(session: Session) -> None:
    bank, other = make_bank(session), make_bank(session, "angus")
    ana, eve = open_account(session, bank), open_account(session, other)
    with pytest.raises(BadPosting):
        service.post_many(session, bank, entries((ana, eve, 30)))


def test_more_entries_than_fit_one_statement_are_written(session: Session) -> None:
    bank = make_bank(session)
    ana, ben = open_account(session, bank, floor=None), open_account(session, bank)
    ids = service.post_many(session, bank, entries(*[(ana, ben, 1)] * 2_100))
    assert len(set(ids)) == 2_100
    assert queries.balance(session, bank, ben) == 2_100


def test_no_entries_are_no_work(session: Session) -> None:
    assert service.post_many(session, make_bank(session), []) == []
