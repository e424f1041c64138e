"""What an entry is before it is written, and which could never be right."""

from dataclasses import replace
from datetime import date

import pytest

from tests.ledger.books import BY
from timebank import hours
from timebank.ledger import rules
from timebank.ledger.errors import BadPosting
from timebank.ledger.rules import Leg, NewEntry, Provenance

ENTRY = NewEntry("exchange:1", "exchange", date(2026, 11, 10), [Leg(1, 2, 60), Leg(3, 2, 15)], BY)


def test_an_entry_is_prepared_as_it_was_handed_over() -> None:
    prepared = rules.prepare(ENTRY, reverses_id=7)
    assert (prepared.cause, prepared.kind, prepared.occurred_on) == (
        "exchange:1",
        "exchange",
        date(2026, 11, 10),
    )
    assert (prepared.legs, prepared.by, prepared.reverses_id) == (
        (Leg(1, 2, 60), Leg(3, 2, 15)),
        BY,
        7,
    )


def test_what_an_entry_says_is_known_by_its_content() -> None:
    """Digests are in the books for good, so that they must never come out otherwise."""
    assert rules.prepare(ENTRY).content == (
        "cc9200858d422cf7b117e829b542e8ceab6e21d1903b846fb55e77a8558c3e63"
    )


@pytest.mark.parametrize(
    "same",
    [
        replace(ENTRY, cause="exchange:2"),
        replace(ENTRY, by=Provenance("member:9")),
        replace(ENTRY, legs=(Leg(1, 2, 60), Leg(3, 2, 15))),
    ],
)
def test_who_says_it_and_for_what_is_no_part_of_the_content(same: NewEntry) -> None:
    assert rules.prepare(same).content == rules.prepare(ENTRY).content


@pytest.mark.parametrize(
    "other",
    [
        replace(ENTRY, kind="gift"),
        replace(ENTRY, occurred_on=date(2026, 11, 11)),
        replace(ENTRY, legs=[Leg(3, 2, 15), Leg(1, 2, 60)]),
        replace(ENTRY, legs=[Leg(1, 2, 60), Leg(3, 2, 16)]),
        replace(ENTRY, legs=[Leg(1, 2, 60)]),
    ],
)
def test_another_kind_day_or_leg_is_another_content(other: NewEntry) -> None:
    assert rules.prepare(other).content != rules.prepare(ENTRY).content


def test_a_correction_is_of_one_entry() -> None:
    contents = {rules.prepare(ENTRY, reverses_id=entry).content for entry in (None, 7, 8)}
    assert len(contents) == 3


@pytest.mark.parametrize(
    ("legs", "fields"),
    [
        ([], set()),
        ([Leg(1, 2, 0)], {"minutes"}),
        ([Leg(1, 2, -5)], {"minutes"}),
        ([Leg(1, 2, hours.LARGEST + 1)], {"minutes"}),
        ([Leg(1, 1, 5)], set()),
        ([Leg(1, 2, 5), Leg(2, 1, 0)], {"minutes"}),
    ],
)
def test_what_no_books_could_hold_is_refused_before_they_are_asked(
    legs: list[Leg], fields: set[str]
) -> None:
    with pytest.raises(BadPosting) as refused:
        rules.prepare(replace(ENTRY, legs=legs))
    assert set(refused.value.fields) == fields


def test_one_minute_and_a_lifetime_are_taken() -> None:
    rules.check_legs([Leg(1, 2, 1), Leg(1, 2, hours.LARGEST)])
