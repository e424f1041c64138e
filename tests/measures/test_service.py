"""Figures from the books, through the services, on both engines."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.activities.test_posting import post
from tests.activities.test_register import mark
from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_bank,
    make_entry,
    make_group,
    make_logged_exchange,
    make_meeting,
    make_member,
    make_organisation,
    system,
)
from tests.measures.networks import Act as Help
from tests.measures.networks import crowd
from timebank import clock
from timebank.act import Act, Channel, Word
from timebank.activities.rules import Mark
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.exchanges import gifts, history
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.history import Past
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import NewGift
from timebank.ledger import service as ledger_service
from timebank.measures import service
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import CHANGED_NOT_CAUSED, NO_HELP, Among, Left, Position, Totals
from timebank.measures.measuring import Series
from timebank.measures.service import measure
from timebank.measures.windows import Period
from timebank.members.models import Member
from timebank.say import Said

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, member_floor=-(10**12), chest_floor=-60_000, largest_log=1440)


def make_people(session: Session, bank: Bank, count: int, **details) -> list[Member]:
    return [make_member(session, bank, f"Member {number}", **details) for number in range(count)]


def record(
    session: Session,
    bank: Bank,
    people: Sequence[Member],
    acts: Sequence[Help],
    on: date = date(2026, 5, 4),
) -> list[int]:
    """Confirmed exchanges by places in `people`, all on one day; and their numbers."""
    past = [
        Past(
            f"{on}:{number}:{giver}:{receiver}",
            on,
            people[giver].account_id or 0,
            people[receiver].account_id or 0,
            minutes,
            "import",
            f"{on}:{number}",
        )
        for number, (giver, receiver, minutes) in enumerate(acts)
    ]
    return history.record_hours(session, bank, past, Act(system(bank), NOW))


def ring(people: int, minutes: int = 60) -> list[Help]:
    """Everybody helps the next one: all of it comes round, none of it directly."""
    return [(giver, (giver + 1) % people, minutes) for giver in range(people)]


def confirmed(
    session: Session, bank: Bank, giver: Member, receiver: Member, minutes: int = 60, **details
) -> Exchange:
    exchange = make_logged_exchange(session, bank, giver, receiver, minutes, **details)
    return exchanges_service.confirm(session, bank, exchange.id, Act(actor(receiver), NOW)).exchange


def values(report: Series, *ids: str, window: int = 0) -> list[float | int | None]:
    return [report.windows[window][id_].value for id_ in ids]


def whys(report: Series) -> set[Said | str | None]:
    return {one.withheld for one in report.windows[0].measures}


# ---- The network ----


def test_a_ring_of_thirty_returns_everything_through_others(session: Session, bank: Bank) -> None:
    record(session, bank, make_people(session, bank, 30), ring(30))
    report = measure(session, bank, *YEAR)
    split = ("split_direct", "split_through_others", "split_not_returned", "split_ceiling")
    assert values(report, *split) == [0, 1, 0, 1]
    assert values(report, *(f"{name}_minutes" for name in split)) == [0, 1800, 0, 1800]
    assert values(
        report, "both", "strong_component_share", "gini_given", "partners_per_active"
    ) == [1, 1, 0, 2]
    assert report.totals == Totals(30, 1800, 30)
    through = report.windows[0]["split_through_others"]
    assert (through.n, through.interval, through.withheld) == (30, None, None)


def test_twenty_nine_people_are_too_few_to_say(session: Session, bank: Bank) -> None:
    record(session, bank, make_people(session, bank, 29), ring(29))
    report = measure(session, bank, *YEAR)
    one = report.windows[0]["split_direct"]
    assert (one.value, one.interval, one.n) == (None, None, 29)
    assert (
        str(one.withheld)
        == "Too few people to say: 29 were active, and of fewer than 30 a network says nothing."
    )
    assert (
        values(report, "gini_given", "arc_reciprocity", "ei_index:capacity", "core") == [None] * 4
    )
    assert values(report, "members", "active_90d_people", "partners_per_active") == [29, 0, 2]
    assert report.windows[0].bridging == {}


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_has_helped_anybody(session: Session, bank: Bank, count: int) -> None:
    make_people(session, bank, count)
    report = measure(session, bank, *YEAR)
    assert report.windows[0]["split_direct"].withheld == NO_HELP
    assert report.totals == Totals(0, 0, 0)
    assert all(
        (one.value is None) == (one.withheld is not None) for one in report.windows[0].measures
    )
    assert values(report, "members", "velocity", "codelivery_resident") == [count, None, None]


def test_a_window_before_the_bank_began_says_so(session: Session, bank: Bank) -> None:
    record(session, bank, make_people(session, bank, 31), ring(31))
    report = measure(session, bank, date(1999, 1, 1), date(1999, 12, 31))
    assert {NO_HELP, None} < whys(report)
    assert values(report, "members", "new", "active_90d") == [0, 0, None]


def test_minutes_beyond_32_bits_are_right(session: Session, bank: Bank) -> None:
    """A lifetime's worth in each exchange."""
    people, most = make_people(session, bank, 40), 50_000_000
    acts = [act for _ in range(3) for act in ring(40, most)]
    record(session, bank, people, acts)
    report = measure(session, bank, *YEAR)
    assert report.totals.minutes == 6_000_000_000
    assert values(report, "split_through_others_minutes", "split_not_returned_minutes") == [
        6_000_000_000,
        0,
    ]


def test_only_hours_taken_back_are_no_help(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 30)
    ids = record(session, bank, people, ring(30))
    history.take_back_hours(session, bank, dict.fromkeys(ids, "import"), Act(system(bank), NOW))
    report = measure(session, bank, *YEAR)
    direct = report.windows[0]["split_direct"]
    assert (direct.value, direct.withheld) == (None, NO_HELP)
    assert direct.excluded == {"taken_back": Left(acts=30, minutes=1800)}
    assert values(report, "traded", "active_90d_people", "velocity") == [0, 0, None]


def test_what_is_taken_back_later_counts_nowhere(session: Session, bank: Bank) -> None:
    """Neither on the day it was said to be, nor on the day of its correction."""
    ana, ben = make_people(session, bank, 2)
    wrong = confirmed(session, bank, ana, ben, 600, occurred_on=date(2026, 10, 1))
    confirmed(session, bank, ana, ben, 60, occurred_on=date(2026, 10, 1))
    word = Word(Channel.PHONE, wrong.giver_id)
    exchanges_service.reverse(
        session, bank, wrong.id, Act(system(bank), NOW, word), note="Ten times too much"
    )
    report = measure(session, bank, date(2026, 10, 1), date(2026, 11, 30), by=Period.MONTH)
    assert [one.totals.minutes for one in report.windows] == [60, 0]
    assert [one["velocity"].value is None for one in report.windows] == [False, False]


def test_as_of_an_earlier_moment_it_is_what_it_was(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 30)
    ids = record(session, bank, people, ring(30))
    then = clock.now()
    before = measure(session, bank, *YEAR, as_of=then)
    record(session, bank, people, [(0, 15, 600)], on=date(2026, 6, 1))
    history.take_back_hours(session, bank, {ids[0]: "import"}, Act(system(bank), NOW))
    again = measure(session, bank, *YEAR, as_of=then)
    assert (again.totals, again.windows[0].measures) == (before.totals, before.windows[0].measures)
    assert measure(session, bank, *YEAR).totals.minutes == 1800 - 60 + 600


# ---- Who is in it ----


def test_what_is_left_out_is_counted_by_why(session: Session, bank: Bank) -> None:
    ana, ben = make_people(session, bank, 2)
    surgery = make_organisation(session, bank)
    club = make_group(session, bank, people=[ana])

    def move(kind: str, giver: int | None, receiver: int | None, minutes: int) -> None:
        leg = (receiver, giver, minutes)
        make_entry(session, bank, f"{kind}{minutes}", leg, kind=kind, on=date(2026, 5, 4))

    move("exchange", ana.account_id, ben.account_id, 60)
    move("exchange", ana.account_id, surgery.account_id, 30)
    move("exchange", club.account_id, ben.account_id, 45)
    move("exchange", club.account_id, surgery.account_id, 20)
    gifts.give(
        session,
        bank,
        NewGift(from_id=ana.account_id or 0, to_id=ben.account_id or 0, minutes=15),
        Act(actor(ana), NOW),
    )
    report = measure(session, bank, *YEAR)
    left = report.windows[0]["giver_only"].excluded
    assert left == {
        "gift": Left(acts=1, minutes=15),
        "group": Left(acts=2, minutes=65),
        "organisation": Left(acts=1, minutes=30),
    }
    assert report.totals == Totals(1, 60, 2)
    everybody = measure(session, bank, *YEAR, among=Among.EVERYBODY)
    assert everybody.totals == Totals(4, 155, 4)
    assert everybody.windows[0]["giver_only"].excluded == {"gift": Left(acts=1, minutes=15)}


def test_with_and_without_the_staff(session: Session, bank: Bank) -> None:
    people = [*make_people(session, bank, 2), make_member(session, bank, "Broker", role="broker")]
    record(session, bank, people, [(0, 1, 60), (2, 0, 30), (1, 2, 15)])
    report = measure(session, bank, *YEAR, among=Among.WITHOUT_STAFF)
    assert report.totals == Totals(1, 60, 2)
    assert report.windows[0]["both"].excluded == {"staff": Left(acts=2, minutes=45)}
    assert measure(session, bank, *YEAR).totals.minutes == 105


def test_sessions_count_where_people_helped_people(session: Session, bank: Bank) -> None:
    lee, ana, ben = make_people(session, bank, 3)
    shared = make_meeting(session, bank, make_activity(session, bank, rule="shared_cost"))
    mark(
        session,
        bank,
        shared.id,
        Mark(lee.id, part="led"),
        Mark(ana.id, part="attended"),
        Mark(ben.id, part="attended"),
    )
    paid = make_meeting(session, bank)
    mark(session, bank, paid.id, Mark(ana.id, part="led"), Mark(ben.id, part="co_led"))
    for meeting in (shared, paid):
        post(session, bank, meeting)
    report = measure(session, bank, *YEAR)
    assert report.totals == Totals(1, 60, 3)
    assert report.windows[0]["both"].excluded == {"chest": Left(acts=2, minutes=120)}
    assert values(
        report, "codelivery_resident", "codelivery_professional", "codelivery_together"
    ) == [1, 0, 0]
    assert report.windows[0]["codelivery_resident"].n == 2


def test_groups_mix_or_keep_to_themselves(session: Session, bank: Bank) -> None:
    east = make_people(session, bank, 20, area="East", date_of_birth=date(1950, 1, 1))
    west = make_people(session, bank, 20, area="West")
    record(
        session,
        bank,
        east + west,
        [*ring(20), *((a + 20, b + 20, minutes) for a, b, minutes in ring(20)), (0, 20, 1200)],
    )
    report = measure(session, bank, *YEAR)
    area = report.windows[0].bridging["area"]
    assert area.groups == ("East", "West")
    assert area.between.tolist() == [[1200, 1200], [0, 1200]]
    assert values(report, "ei_index:area") == [pytest.approx(-1 / 3)]
    assert report.windows[0]["ei_z:area"].value < 0
    age, capacity = report.windows[0]["ei_index:age_band"], report.windows[0]["ei_index:capacity"]
    assert (age.value, age.n, age.excluded["unknown"]) == (None, 20, {"people": 20})
    assert "of 20 active people it is known" in str(age.withheld)
    assert (capacity.value, capacity.n) == (None, 40)
    assert "one group" in str(capacity.withheld)


# ---- Taking part ----


def test_who_takes_part(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 6, act=Act(system(bank), datetime(2025, 1, 2, tzinfo=UTC)))
    record(session, bank, people, [(0, 1, 60), (2, 3, 60)], on=date(2025, 11, 20))
    record(session, bank, people, [(0, 4, 60)], on=date(2026, 11, 10))
    window = (date(2026, 1, 1), date(2026, 11, 30))
    report = measure(session, bank, *window)
    assert values(report, "joined", "members", "traded", "active_90d_people", "dormant", "new") == [
        6,
        6,
        5,
        2,
        3,
        0,
    ]
    assert values(report, "active_90d", "retention_12m") == [pytest.approx(1 / 3), 1 / 4]
    days = (date(2026, 11, 10) - date(2025, 1, 2)).days
    assert values(report, "median_days_to_first") == [days]
    # 60 minutes in 334 days; only the three who gave have hours: 120, 60.
    assert values(report, "velocity") == [pytest.approx(60 / (334 / 365.25) / 180)]


def test_people_to_ring(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 33)
    record(session, bank, people, [*ring(30), (0, 30, 15), (31, 1, 15)], on=date(2026, 11, 1))
    record(session, bank, people, [(2, 32, 15)], on=date(2026, 2, 1))
    found = service.to_act_on(session, bank, date(2026, 10, 1), date(2026, 11, 30))
    accounts = [one.account_id for one in people]
    assert found.only_receive == (accounts[30],)
    assert found.only_give == (accounts[31],)
    assert found.gone_quiet == (accounts[32],)
    assert found.never_traded == ()
    assert found.bridges == (accounts[0], accounts[1])
    assert service.to_act_on(session, bank, date(2026, 2, 1), date(2026, 2, 2)).why is not None


# ---- Over time ----


def test_growth_is_against_the_first_window_with_an_interval(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 40)
    acts = crowd(40)
    record(session, bank, people, acts, on=date(2026, 1, 15))
    record(
        session,
        bank,
        people,
        [*acts, *((b, a, minutes) for a, b, minutes in acts)],
        on=date(2026, 2, 15),
    )
    report = measure(session, bank, date(2026, 1, 1), date(2026, 3, 15), by=Period.MONTH)
    first, second = (one["split_direct"] for one in report.windows)
    assert (first.change, second.value) == (None, 1)
    assert second.change == 1 - first.value
    assert second.change_interval is not None
    low, high = second.change_interval
    assert 0 < low < second.change < high
    (note,) = report.notes
    assert str(note) == "Left out, being no whole window: 2026-03-01 to 2026-03-15."
    assert report.totals.active_people == 40
    assert report.windows[1]["members"].change_interval is None


def test_before_and_after_comes_with_its_caution(session: Session, bank: Bank) -> None:
    record(session, bank, make_people(session, bank, 30), ring(30), on=date(2026, 3, 1))
    report = service.before_and_after(session, bank, date(2026, 3, 1), months=2)
    assert [one.totals.minutes for one in report.windows] == [0, 1800]
    assert report.windows[1]["split_direct"].change is None
    assert report.notes == (CHANGED_NOT_CAUSED,)
    with pytest.raises(Invalid):
        service.before_and_after(session, bank, date(2026, 3, 1), months=0)


def test_all_banks_together_are_the_sum_of_each(session: Session, bank: Bank) -> None:
    other = make_bank(session, name="Perth", slug="perth", member_floor=-(10**9))
    for one in (bank, other):
        record(session, one, make_people(session, one, 20, area="North"), ring(20))
    together = service.measure_all(session, *YEAR)
    assert together.totals == Totals(40, 2400, 40)
    assert values(together, "split_through_others", "members") == [1, 40]
    assert set(together.books) == {bank.slug, "perth"}
    assert values(measure(session, bank, *YEAR), "split_through_others", "members") == [None, 20]


def test_all_banks_of_an_empty_installation(session: Session) -> None:
    report = service.measure_all(session, *YEAR)
    assert report.totals == Totals(0, 0, 0)


# ---- What belongs to the staff ----


def test_what_is_about_single_people_is_measured_for_the_staff_alone(
    session: Session, bank: Bank
) -> None:
    record(session, bank, make_people(session, bank, 30), ring(30))
    ids = [one.id for one in measure(session, bank, *YEAR).windows[0].measures]
    assert ids == list(FIGURES)
    assert {id_ for id_ in ids if FIGURES[id_].staff_only} == {"constraint", "core"}
    assert all(figure.topic or figure.staff_only for figure in FIGURES.values())


def test_the_books_are_named_beside_what_was_made_of_them(session: Session, bank: Bank) -> None:
    record(
        session, bank, make_people(session, bank, 30), ring(30), on=NOW.date() - timedelta(days=3)
    )
    sealed = ledger_service.seal(session, bank, now=NOW)
    assert measure(session, bank, *YEAR).books == {bank.slug: Position(30, sealed.hash, 0)}
