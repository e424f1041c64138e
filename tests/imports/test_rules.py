"""What a row has to be."""

from datetime import date

import pytest

from timebank.imports import rules
from timebank.imports.rules import (
    NAMINGS,
    Account,
    Holder,
    Movement,
    Pairing,
    People,
    Record,
    References,
)

TODAY = date(2026, 11, 12)
PEOPLE = People(
    [
        Holder(1, "1", "Ana Silva", "member", 1),
        Holder(2, "02", "Ben Okoro", "member", 2),
        Holder(3, "3", "Ben Okoro", "member", 3),
        Holder(4, "St Anne’s Surgery", "St Anne’s Surgery", "organisation"),
        Holder(5, "chest", "Community chest", "chest"),
    ]
)
GOOD = {
    "reference": "R1",
    "occurred_on": "2026-11-01",
    "giver": "1",
    "receiver": "02",
    "minutes": "60",
}


def movement(**values: str) -> tuple[Movement | None, Record]:
    record = Record(2, {**GOOD, **values})
    return rules.movement(record, NAMINGS["hours"], PEOPLE, TODAY), record


def problem(**values: str) -> tuple[str, str]:
    """The one problem of a row: its column and what to do."""
    found, record = movement(**values)
    assert found is None
    assert len(record.problems) == 1
    return record.problems[0].column, str(record.problems[0].mend)


def test_a_good_row_debits_the_receiver_and_credits_the_giver():
    found, _ = movement()
    assert found
    assert (found.payer_id, found.payee_id, found.minutes, found.on) == (
        2,
        1,
        60,
        date(2026, 11, 1),
    )
    assert found.channel == "import"


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("90", 90), ("1:30", 90), ("1.5h", 90), ("90m", 90), ("1,5", 90), ("2h", 120)],
)
def test_minutes_are_read_as_people_write_them(written: str, minutes: int):
    found, _ = movement(minutes=written)
    assert found
    assert found.minutes == minutes


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "Write how long it took"),
        ("an age", "is not a length of time"),
        ("0", "at least one minute"),
        ("-60", "at least one minute"),
        ("1.333", "not a whole number of minutes"),
        ("999999", "more than a thousand hours"),
    ],
)
def test_minutes_that_cannot_be_are_refused(written: str, says: str):
    column, mend = problem(minutes=written)
    assert column == "minutes"
    assert says in mend


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "year-month-day"),
        ("01/11/2026", "year-month-day"),
        ("2026-02-30", "year-month-day"),
        ("2026-W45", "year-month-day"),
        ("1899-12-31", "before 1900"),
        ("2026-11-13", "in the future"),
    ],
)
def test_dates_that_cannot_be_are_refused(written: str, says: str):
    column, mend = problem(occurred_on=written)
    assert column == "occurred_on"
    assert says in mend


def test_today_is_not_the_future():
    assert movement(occurred_on="2026-11-12")[0]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "Write a member's number, an organisation, a group, or chest."),
        ("99", "No member has this number or this name, and no organisation or group."),
        ("2", "Is it 02?"),
        ("Ben Okoro", "Several members have this name. Write the number of the right one: 02, 3."),
    ],
)
def test_somebody_unknown_is_refused_with_a_guess(written: str, says: str):
    column, mend = problem(giver=written)
    assert column == "giver"
    assert says in mend


@pytest.mark.parametrize(
    ("written", "account_id"), [("St Anne’s Surgery", 4), ("st anne’s surgery", 4), ("Chest", 5)]
)
def test_organisations_and_the_chest_are_called_by_name(written: str, account_id: int):
    found, _ = movement(giver=written)
    assert found
    assert found.payee_id == account_id


def test_nobody_gives_to_themselves():
    assert problem(receiver="1") == (
        "giver",
        "It is the same as receiver. Nobody gives hours to themselves.",
    )


@pytest.mark.parametrize("kind", ["organisation", "group"])
def test_a_number_that_is_also_somebody_elses_name_is_not_guessed(kind: str):
    people = People([Holder(1, "42", "Ana", "member", 1), Holder(2, "42", "42", kind)])
    record = Record(2, {**GOOD, "giver": "42"})
    assert rules.movement(record, NAMINGS["hours"], people, TODAY) is None
    assert "names more than one" in str(record.problems[-1].mend)


def test_every_problem_of_a_row_is_named_at_once():
    _, record = movement(reference="", giver="99", minutes="0", channel="pigeon")
    assert [one.column for one in record.problems] == ["reference", "giver", "minutes", "channel"]


def test_problems_carry_the_names_that_the_file_itself_has():
    record = Record(2, {**GOOD, "minutes": "0"}, {"minutes": "amount"})
    rules.movement(record, NAMINGS["hours"], PEOPLE, TODAY)
    assert record.problems[0].words == "Line 2, amount “0”: " + str(record.problems[0].mend)


@pytest.mark.parametrize("column", ["reference", "skill", "activity", "description"])
def test_text_that_is_too_long_is_not_cut(column: str):
    found, mend = problem(**{column: "x" * (rules.LONGEST[column] + 1)})
    assert (found, f"Write at most {rules.LONGEST[column]} characters" in mend) == (column, True)


def test_only_a_description_may_have_several_lines():
    assert movement(description="one\ntwo")[0]
    assert problem(skill="one\ntwo")[0] == "skill"
    assert problem(description="a bell \x07")[0] == "description"


def test_references_of_corrections_are_kept_for_corrections():
    assert problem(reference="R1/back")[0] == "reference"


def test_a_reference_stands_once():
    references = References()
    first, second = Record(2, dict(GOOD)), Record(9, dict(GOOD))
    references.check(first, "reference")
    references.check(second, "reference")
    assert first.problems == []
    assert "Line 2 has it already" in str(second.problems[0].mend)


# ---- Rows and the rows that take them back ----


def pair(**second: str) -> tuple[Movement, Movement]:
    taken = {"reference": "R1", "entry": "10", "reversed_by": "11"}
    back = {"reference": "R1/back", "entry": "11", "reverses": "10", "minutes": "-60", **second}
    first, _ = movement(**taken)
    correction, record = movement(**back)
    assert first
    assert correction, record.problems
    return first, correction


def test_a_row_waits_for_the_row_that_takes_it_back():
    pairing = Pairing(NAMINGS["hours"])
    first, correction = pair()
    assert pairing.take(first) == (None, [])
    unit, refused = pairing.take(correction)
    assert refused == []
    assert unit
    assert unit.records == [first.record, correction.record]


@pytest.mark.parametrize(
    "other", [{"minutes": "-61"}, {"giver": "3"}, {"occurred_on": "2026-11-02"}, {"entry": "12"}]
)
def test_a_row_that_takes_back_something_else_is_refused_with_what_it_names(other: dict[str, str]):
    pairing = Pairing(NAMINGS["hours"])
    first, correction = pair(**other)
    pairing.take(first)
    unit, refused = pairing.take(correction)
    assert unit is None
    assert refused == [first.record, correction.record]
    assert "exactly" in str(correction.record.problems[0].mend)


def test_a_row_that_takes_back_nothing_here_is_refused():
    _, correction = pair()
    unit, refused = Pairing(NAMINGS["hours"]).take(correction)
    assert (unit, refused) == (None, [correction.record])


def test_a_row_whose_correction_is_missing_is_refused_at_the_end():
    pairing = Pairing(NAMINGS["hours"])
    first, _ = pair()
    pairing.take(first)
    assert list(pairing.left_over()) == [first.record]
    assert "not in the file" in str(first.record.problems[0].mend)


def test_a_bad_row_takes_its_other_half_with_it():
    pairing = Pairing(NAMINGS["hours"])
    first, _ = pair()
    pairing.take(first)
    _, bad = movement(reference="R1/back", entry="11", reverses="10", minutes="60")
    assert list(pairing.refuse(bad)) == [first.record]
    _, bad = movement(entry="20", reversed_by="21", giver="99")
    _, later = pair(entry="21", reverses="20")
    assert list(pairing.refuse(bad)) == []
    assert "Mend the row that it takes back first." in str(
        pairing.take(later)[1][0].problems[0].mend
    )


# ---- Members ----


def member(**values: str) -> tuple[rules.MemberRow | None, list[tuple[str, str]]]:
    record = Record(2, {"number": "7", "name": "Ana Silva", **values})
    found = rules.member(record, TODAY, lambda number: number == "St Anne’s Surgery")
    return found, [(one.column, str(one.mend)) for one in record.problems]


def test_a_member_needs_a_name():
    assert member(number="")[1] == []
    assert member(name="")[1] == [("name", "Write the name.")]


@pytest.mark.parametrize("number", ["chest", "Opening", "St Anne’s Surgery"])
def test_a_number_that_files_use_for_another_account_is_refused(number: str):
    assert member(number=number)[1][0][0] == "number"


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("email", "no address"),
        ("capacity", "king"),
        ("role", "boss"),
        ("status", "applied"),
        ("joined_on", "2026-11-13"),
        ("joined_on", "1.5.2020"),
        ("date_of_birth", "2030-01-01"),
        ("phone", "0" * 41),
        ("opening_balance", "lots"),
        ("name", "Ana\nSilva"),
    ],
)
def test_a_detail_that_cannot_be_is_refused(column: str, written: str):
    found, problems = member(**{column: written})
    assert found is None
    assert [one for one, _ in problems] == [column]


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("", None), ("0", 0), ("90", 90), ("-90", -90), ("−1:30", -90), ("- 1.5h", -90), ("+60", 60)],
)
def test_opening_balances_have_either_sign(written: str, minutes: int | None):
    found, _ = member(opening_balance=written)
    assert found
    assert found.opening == minutes


def test_what_a_file_leaves_empty_it_says_nothing_about():
    found, _ = member(email="", status="", joined_on="")
    assert found
    assert {name: value for name, value in found.details.items() if value is not None} == {
        "name": "Ana Silva"
    }


# ---- Limits ----


def test_limits_are_widened_to_the_end_and_not_to_the_lowest_point():
    account = Account(balance=0, floor=-600, ceiling=None)
    account.move(-1200)
    account.move(500)
    assert account.strays
    assert account.fitting == (-700, None)
    account.move(700)
    assert account.fitting == (-600, None)


def test_a_ceiling_is_widened_too():
    account = Account(balance=0, floor=-600, ceiling=60)
    account.move(90)
    assert (account.strays, account.fitting) == (True, (-600, 90))
