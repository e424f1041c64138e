"""What leaves the staff: whatever is shown, nobody can tell from it how few people there are."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.errors import Invalid
from timebank.measures import disclosure
from timebank.measures.disclosure import shown, shown_parts
from timebank.measures.figures import Among, Measure, Topic, Totals, Unit
from timebank.measures.windows import Period
from timebank.reports import sharing
from timebank.reports.figures import Books, Cell, Report, Table, Window
from timebank.reports.rules import Asked

FEW = st.sampled_from((5, 8, 10))
COUNTS = st.integers(0, 60)


def measure(id_: str, value: float | None, n: int, unit: Unit = Unit.SHARE, **more: Any) -> Measure:
    made = Measure(id_, value, n, unit, (0.123456, 0.654321), None, None, "")
    return replace(made, **more)


def result(*measures: Measure, tables: tuple[Table, ...] = ()) -> Report:
    """A report of a quarter."""
    totals = Totals(100, 6000, 40)
    start, end = date(2026, 1, 1), date(2026, 3, 31)
    return Report(
        topic=Topic.RECIPROCITY,
        bank="fife",
        name="Fife",
        start=start,
        end=end,
        by=None,
        among=Among.PEOPLE,
        as_of=datetime(2026, 11, 26, tzinfo=UTC),
        books=Books(0, None),
        totals=totals,
        windows=(Window(start, end, totals, measures, tables),),
        notes=(),
        shared=None,
        version="1",
    )


def a_year(*tables: Table) -> Report:
    made = result(tables=tables)
    window = replace(made.windows[0], start=date(2025, 10, 1), end=date(2026, 9, 30))
    return replace(made, windows=(window,))


def table(cells: dict[tuple[str, str], tuple[int, int]], id_: str = "between:area") -> Table:
    return Table(
        id=id_,
        title="",
        rows=tuple(dict.fromkeys(row for row, _ in cells)),
        columns=(),
        unit=Unit.MINUTES,
        cells=tuple(Cell(*place, value, people) for place, (value, people) in cells.items()),
    )


# ---- Counts ----


@given(COUNTS, FEW)
def test_a_count_of_few_is_never_shown_and_others_are_fives(count, few):
    found = shown(count, few)
    assert (found is None) == (0 < count < few)
    assert found is None or (found % 5 == 0 and abs(found - count) <= 2)


@pytest.mark.parametrize("few", [5, 8, 10])
def test_the_parts_of_a_total_never_tell_a_count_of_few(few):
    """Every table of two or three parts and their total is shown; what looks the same may be
    different tables."""
    for size in (2, 3):
        looks: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
        for counts in product(range(few + 13), repeat=size):
            parts = shown_parts(dict(enumerate(counts)), few)
            looks[*parts.values(), shown(sum(counts), few)].append(counts)
        # Tables near the largest that were tried look alike to others that were not.
        for same in (tables for tables in looks.values() if max(map(max, tables)) < few + 8):
            for place in range(size):
                possible = {counts[place] for counts in same}
                assert len(possible) > 1 or not 0 < min(possible) < few, (same, place)


@pytest.mark.parametrize("few", [5, 8, 10])
def test_the_difference_of_two_shown_counts_never_tells_a_count_of_few(few):
    """One count lies inside another (a quarter in its year, the active among the members): what is
    between them stays open."""
    differences: dict[Any, set[int]] = defaultdict(set)
    for whole in range(41):
        for part in range(whole + 1):
            differences[shown(whole, few), shown(part, few)].add(whole - part)
    for possible in differences.values():
        assert len(possible) > 1 or not 0 < min(possible) < few


def test_where_one_part_is_withheld_so_is_another():
    assert shown_parts({"gave": 3, "helped": 20, "both": 40}) == {
        "gave": None,
        "helped": None,
        "both": 40,
    }
    assert shown_parts({"gave": 30, "helped": 4, "both": 10}) == {
        "gave": None,
        "helped": None,
        "both": 10,
    }
    assert shown_parts({"gave": 0, "helped": 20, "both": 40}) == {
        "gave": 0,
        "helped": 20,
        "both": 40,
    }


def test_a_part_is_not_withheld_for_two_others_that_nobody_can_tell():
    """Of 10, rounded as 10 is, two parts may be up to 4 together: neither is told."""
    assert shown_parts({"gave": 1, "helped": 1, "both": 8}) == {
        "gave": None,
        "helped": None,
        "both": 10,
    }
    # Of up to 7 with 5 or more in the third, they can only be 1 each.
    assert shown_parts({"gave": 1, "helped": 1, "both": 5}, 5) == dict.fromkeys(
        ("gave", "helped", "both")
    )


# ---- Reports ----


def shares(gave: int, helped: int, both: int) -> Iterator[Measure]:
    n = gave + helped + both
    for name, count in (("giver_only", gave), ("receiver_only", helped), ("both", both)):
        yield measure(name, count / n, n)


@settings(deadline=None)  # The first case brings scipy in.
@given(COUNTS, COUNTS, COUNTS.map(lambda count: count + 30), FEW)
def test_shares_of_people_are_made_of_shown_counts(gave, helped, both, few):
    made = sharing.shared(result(*shares(gave, helped, both)), few).windows[0]
    parts = shown_parts({"giver_only": gave, "receiver_only": helped, "both": both}, few)
    n = shown(gave + helped + both, few)
    for name, count in parts.items():
        one = made[name]
        assert one.n == n
        if count is None:
            assert (one.value, one.interval) == (None, None)
            assert one.withheld == disclosure.WITHHELD
        else:
            assert one.value == round(count / n, 4)
            # The interval of the exact numbers would tell them.
            assert one.interval != (0.123456, 0.654321)


def test_what_is_the_same_number_twice_is_withheld_twice():
    made = sharing.shared(
        result(
            measure("active_90d_people", 40, 60, Unit.PEOPLE),
            measure("dormant", 3, 60, Unit.PEOPLE),
            measure("active_90d", 40 / 60, 60),
        ),
        8,
    ).windows[0]
    assert {one.id: one.value for one in made.measures} == {
        "active_90d_people": None,
        "dormant": None,
        "active_90d": None,
    }


def test_figures_of_a_network_are_rough_and_minutes_whole_five_hours():
    made = sharing.shared(
        result(
            measure("gini_given", 0.123456, 41),
            measure("split_direct_minutes", 1234, 41, Unit.MINUTES, interval=None),
        ),
        8,
    )
    assert made.windows[0]["gini_given"].value == 0.12
    assert made.windows[0]["split_direct_minutes"].value == 1200
    assert made.totals == Totals(100, 6000, 40)
    assert made.shared == 8
    assert any("fewer than 8" in str(note) for note in made.notes)


def test_a_mean_of_few_is_withheld():
    made = sharing.shared(result(measure("median_days_to_first", 12.0, 7, Unit.DAYS)), 8).windows[0]
    assert made["median_days_to_first"].value is None


@pytest.mark.parametrize(
    ("each", "n", "shared"),
    [
        (2.0, 40, 80 / 40),
        (1.0, 42, 40 / 40),
        # Few people, whatever each did; and few meetings, however many people.
        (5.0, 6, None),
        (0.1, 40, None),
        (0.0, 0, None),
    ],
)
def test_so_many_for_each_is_made_again_of_what_is_shown(each, n, shared):
    made = sharing.shared(result(measure("partners_per_active", each, n, Unit.EACH)), 8)
    one = made.windows[0]["partners_per_active"]
    assert (one.value, one.interval) == (shared, None if shared is None else (0, 1))


def test_who_led_is_told_by_how_many_were_on_the_registers():
    """Sessions may be few where people are many, and the other way round."""
    for people, value in ((7, None), (8, 0.33)):
        registers = replace(table({("resident led", "deliver"): (6000, 30)}), people=people)
        led = measure("codelivery_resident", 0.3333, 3)
        made = sharing.shared(result(led, tables=(registers,)), 8).windows[0]
        assert made["codelivery_resident"].value == value
        # Other tables come before the one that knows.
        hours = table({("A", "X"): (6000, 30)})
        assert sharing.shared(result(led, tables=(hours, registers)), 8).windows[0] == made
    alone = sharing.shared(result(measure("codelivery_resident", 0.3333, 30)), 8)
    assert alone.windows[0]["codelivery_resident"].value is None


def test_what_is_for_the_staff_alone_is_never_shared():
    made = sharing.shared(result(measure("constraint", 0.4, 60, Unit.INDEX)), 8).windows[0]
    assert made["constraint"].value is None


def test_the_middle_of_days_is_whole_and_its_ends_are_nobodys():
    days = measure("median_days_to_first", 12.5, 20, Unit.DAYS, change_interval=(-3.6, 2.4))
    first = sharing.shared(result(days), 8)
    assert (first.windows[0]["median_days_to_first"].value, first.shared) == (12, 8)
    assert first.windows[0]["median_days_to_first"].interval is None


def test_the_ends_of_a_change_are_as_rough_as_the_figure():
    of_network = measure("gini_given", 0.5, 40, change_interval=(-0.1234, 0.2345))
    of_people = measure("both", 0.5, 40, change_interval=(-0.1234, 0.2345))
    report = result(of_network, of_people)
    twice = replace(report, windows=report.windows * 2)
    last = sharing.shared(twice, 8).windows[1]
    assert last["gini_given"].change_interval == (-0.12, 0.23)
    assert last["both"].change_interval is None
    assert (last["gini_given"].change, last["both"].change) == (0, 0)


def test_counts_of_few_in_the_totals_are_withheld_too():
    report = result()
    totals = replace(report.totals, exchanges=7, minutes=449, active_people=8)
    made = sharing.shared(replace(report, totals=totals), 8)
    assert made.totals == Totals(None, 300, 10)


def test_a_window_of_twelve_months_is_one_wherever_it_begins():
    hours = table({("A", "X"): (6000, 30)})
    for start, end, there in (
        (date(2025, 10, 1), date(2026, 9, 30), True),
        (date(2025, 1, 1), date(2025, 12, 31), True),
        (date(2025, 1, 1), date(2026, 12, 31), False),
        (date(2025, 10, 1), date(2026, 9, 29), False),
        (date(2025, 1, 1), date(2025, 9, 30), False),
    ):
        report = result(tables=(hours,))
        window = replace(report.windows[0], start=start, end=end)
        made = sharing.shared(replace(report, windows=(window,)), 8)
        assert bool(made.windows[0].tables) == there
        assert (sharing.NO_TABLES in made.notes) == (not there)


def test_what_members_said_is_handed_on_as_it_is():
    scores = Table(
        "outcomes:1", "", ("Trust",), ("mean",), Unit.SCORE, (Cell("Trust", "mean", 7.1, 9),)
    )
    made = sharing.shared(result(tables=(scores,)), 8)
    assert made.windows[0].tables == (scores,)


def test_what_cannot_be_said_keeps_its_reason():
    made = sharing.shared(
        result(measure("split_direct", None, 12, withheld="Too few people to say.", interval=None)),
        8,
    )
    assert made.windows[0]["split_direct"].withheld == "Too few people to say."


def test_what_was_left_out_is_rounded_too():
    left = {"chest": {"acts": 3, "minutes": 1234}, "unknown": {"people": 4}}
    made = sharing.shared(result(measure("gini_given", 0.5, 40, excluded=left)), 8)
    assert made.windows[0]["gini_given"].excluded == {
        "chest": {"acts": None, "minutes": 1200},
        "unknown": {"people": None},
    }


def test_the_change_is_between_what_is_shown():
    first = result(measure("gini_given", 0.204, 40))
    later = replace(first.windows[0], measures=(measure("gini_given", 0.296, 40, change=0.092),))
    two = replace(first, windows=(*first.windows, later))
    last = sharing.shared(two, 8).windows[1]
    assert last["gini_given"].change == 0.1


CELLS = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("XYZ")),
    st.tuples(st.integers(0, 5000), st.integers(1, 30)),
    min_size=1,
)


@given(CELLS, FEW)
def test_no_row_and_no_column_of_a_table_has_one_cell_withheld_alone(cells, few):
    made = sharing.shared(a_year(table(cells)), few).windows[0].tables[0].cells
    for one in made:
        value, people = cells[one.row, one.column]
        if value and people < few:
            assert one.value is None
        if one.value is not None:
            assert one.value % sharing.FIVE_HOURS == 0
    for side in ("row", "column"):
        for name in {getattr(one, side) for one in made}:
            line = [one for one in made if getattr(one, side) == name]
            hidden = sum(one.value is None for one in line)
            others = sum(bool(cells[one.row, one.column][0]) for one in line) - hidden
            assert hidden != 1 or not others


# ---- Days ----


@pytest.mark.parametrize(
    ("start", "end", "by"),
    [
        (date(2026, 1, 2), date(2026, 3, 31), None),
        (date(2026, 1, 1), date(2026, 3, 30), None),
        (date(2026, 2, 1), date(2026, 4, 30), None),
        (date(2026, 1, 1), date(2026, 4, 30), None),
        (date(2026, 1, 1), date(2026, 3, 15), None),
        (date(2026, 10, 1), date(2026, 12, 31), None),
        (date(2026, 1, 1), date(2026, 6, 30), Period.MONTH),
    ],
)
def test_what_is_shared_covers_whole_quarters_that_have_ended(start, end, by):
    with pytest.raises(Invalid):
        sharing.check(Asked(Topic.RECIPROCITY, start, end, by, True), today=date(2026, 11, 26))


def test_a_quarter_has_ended_when_its_last_day_is_over():
    asked = Asked(Topic.RECIPROCITY, date(2026, 7, 1), date(2026, 9, 30), None, True)
    with pytest.raises(Invalid):
        sharing.check(asked, today=date(2026, 9, 30))
    sharing.check(asked, today=date(2026, 10, 1))


@pytest.mark.parametrize("among", [Among.WITHOUT_STAFF, Among.EVERYBODY])
def test_what_is_shared_is_about_members_and_always_the_same(among):
    with pytest.raises(Invalid):
        sharing.check(
            Asked(Topic.RECIPROCITY, date(2025, 1, 1), date(2025, 12, 31), None, True, among),
            today=date(2026, 11, 26),
        )


def test_tables_of_hours_come_with_twelve_months_alone():
    quarter = result(tables=(table({("A", "X"): (6000, 30)}),))
    found = sharing.shared(quarter, 8)
    assert found.windows[0].tables == ()
    assert sharing.NO_TABLES in found.notes
    year = a_year(*quarter.windows[0].tables)
    both = sharing.shared(replace(year, windows=(*year.windows, *quarter.windows)), 8)
    assert [bool(window.tables) for window in both.windows] == [True, False]
    assert sharing.NO_TABLES in both.notes


def test_the_rows_of_a_list_are_not_in_the_order_of_its_hours():
    cells = {("Cooking", ""): (9000, 30), ("Animals", ""): (300, 2), ("Baking", ""): (200, 3)}
    made = sharing.shared(a_year(table(cells, "hours_by_category")), 8).windows[0].tables[0]
    assert tuple(cell.row for cell in made.cells) == made.rows == ("Animals", "Baking", "Cooking")


def test_what_the_busiest_few_gave_is_withheld():
    made = sharing.shared(
        result(measure("top_tenth_given", 0.33, 54), measure("top_tenth_received", 0.3, 90)), 8
    ).windows[0]
    assert made["top_tenth_given"].value is None
    assert made["top_tenth_received"].value == 0.3


def test_quarters_and_years_may_be_shared():
    for start, end, by in (
        (date(2025, 10, 1), date(2026, 9, 30), Period.QUARTER),
        (date(2025, 1, 1), date(2025, 12, 31), None),
    ):
        sharing.check(Asked(Topic.RECIPROCITY, start, end, by, True), today=date(2026, 11, 26))


def test_rounding_is_halves_up():
    assert [disclosure.rounded(one) for one in (8, 12, 13, 17, 18)] == [10, 10, 15, 15, 20]
    assert disclosure.rounded(450, 300) == 600
