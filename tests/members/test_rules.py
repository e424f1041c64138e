"""Who may change what, and what can be written down about people."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.act import Actor, Role
from timebank.errors import Invalid
from timebank.members import rules
from timebank.members.rules import (
    ROLES,
    Details,
    FullDetails,
    Limits,
    SharedDetails,
    Traits,
    Wishes,
    checked,
    key_of,
    may_be_same_person,
)
from timebank.text import folded

TODAY = date(2026, 11, 12)

people = st.integers(1, 4)
roles = st.sampled_from(ROLES)
actors = st.builds(Actor, bank_id=st.just(1), name=st.just("x"), role=roles, member_id=people)
minutes = st.integers(-10_000, 10_000)


@given(actors, people, roles)
def test_members_change_nobody_but_themselves(actor: Actor, member_id: int, role: Role) -> None:
    if actor.role == Role.MEMBER:
        assert rules.may_change(actor, member_id, role) == (actor.member_id == member_id)
        assert rules.may_see(actor, member_id) == (actor.member_id == member_id)
        assert not rules.may_manage(actor, role)


@given(actors, people, roles)
def test_brokers_manage_members_and_never_the_staff(
    actor: Actor, member_id: int, role: Role
) -> None:
    if actor.role == Role.BROKER:
        assert rules.may_manage(actor, role) == (role == Role.MEMBER)
        assert rules.may_change(actor, member_id, role) == (
            role == Role.MEMBER or actor.member_id == member_id
        )


@given(actors, people, roles)
def test_who_may_manage_may_change_and_see(actor: Actor, member_id: int, role: Role) -> None:
    if rules.may_manage(actor, role):
        assert rules.may_change(actor, member_id, role)
        assert rules.may_see(actor, member_id)


@given(actors, people, people)
def test_either_side_may_always_end_help_and_only_one_may_begin_it(
    actor: Actor, member_id: int, helper_id: int
) -> None:
    ends = rules.may_revoke_help(actor, member_id, helper_id)
    assert ends or not rules.may_grant_help(actor, member_id)
    assert ends == (actor.is_broker or actor.member_id in {member_id, helper_id})


@given(minutes, minutes, st.none() | st.integers(-10_000, 0))
def test_winding_up_never_takes_the_chest_below_its_floor(
    balance: int, chest: int, floor: int | None
) -> None:
    """It moves all of the balance, or nothing; and never less than nothing into the chest when
    hours are left."""
    moved = rules.settlement(balance, chest_balance=chest, chest_floor=floor)
    assert moved in {balance, 0}
    if moved < 0:
        assert floor is None or chest + moved >= floor
    if balance > 0:
        assert moved == balance


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_name_is_found_whatever_its_case_and_spaces(name: str, other: str) -> None:
    assert folded(f"  {name.upper()} ") == folded(name.upper())
    assert folded(folded(name)) == folded(name)
    assert len(folded(name + other)) <= 240


@pytest.mark.parametrize(
    ("written", "looked_for"),
    [
        ("José Ångström", "jose angstrom"),
        ("STRASSE", "straße"),
        ("Zoë  Ray", "zoe ray"),
        ("李明", "李明"),
        ("Maureen O’Neill", "maureen o'neill"),
        ("O´Connor", "oconnor"),
        ("Łukasz Żak", "lukasz zak"),
        ("Søren Ǿ", "soren o"),
        ("Þóra Đorđe", "thora dorde"),
        ("Işık", "isik"),
        ("Mary-Jane", "mary jane"),
        ("Zoe\u0308", "zoë"),
    ],
)
def test_accents_do_not_hide_a_name(written: str, looked_for: str) -> None:
    assert folded(looked_for) == folded(written)


@pytest.mark.parametrize("name", ["Ana", "Zoë O’Brien-李", "🌻", "محمد", "נועה", "👩‍👩‍👧 family"])
def test_names_are_written_in_any_script(name: str) -> None:
    assert rules.checked(Details(f" {name} "), today=TODAY) == Details(name)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "a" * 121}, "name"),
        ({"name": "A\x00na"}, "name"),
        ({"name": "A\u200bna"}, "name"),
        ({"name": "An\u200da"}, "name"),
        ({"name": "\u202eanA"}, "name"),
        ({"name": "-"}, "name"),
        ({"number": "１７"}, "number"),
        ({"number": "1\u00ad7"}, "number"),
        ({"name": "A\x7fna"}, "name"),
        ({"email": "joan@"}, "email"),
        ({"email": "joan@example.org, ana@example.org"}, "email"),
        ({"email": f"{'j' * 250}@example.org"}, "email"),
        ({"phone": "0" * 41}, "phone"),
        ({"date_of_birth": date(2026, 11, 13)}, "date_of_birth"),
        ({"date_of_birth": date(1895, 12, 31)}, "date_of_birth"),
        ({"joined_on": date(2026, 11, 13)}, "joined_on"),
        ({"about": "a" * 1001}, "about"),
    ],
)
def test_what_cannot_be_right_is_named(details: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked(FullDetails(**{"name": "Ana", **details}), today=TODAY)
    assert list(refused.value.fields) == [field]


def test_born_today_and_the_oldest_are_let_in() -> None:
    for born in (TODAY, date(1896, 1, 1)):
        assert rules.checked(Details("Ana", date_of_birth=born), today=TODAY)


def test_an_empty_detail_is_no_detail() -> None:
    empty = Details("Ana", email=" ", phone="", area=None)
    assert rules.checked(empty, today=TODAY) == Details("Ana")
    assert rules.checked(SharedDetails("Choir", " "), today=TODAY) == SharedDetails("Choir", "")


def test_what_was_wrong_before_is_in_the_way_of_nothing_else() -> None:
    before = Details("Ana", email="ana at home")
    assert rules.checked(replace(before, phone="1"), today=TODAY, before=before).phone == "1"
    with pytest.raises(Invalid):
        rules.checked(replace(before, email="ana at work"), today=TODAY, before=before)


@pytest.mark.parametrize(
    ("floor", "ceiling", "fields"),
    [
        (60, None, {"floor"}),
        (-10, None, {"floor"}),
        (None, -60, {"ceiling"}),
        (-600, -30, {"ceiling"}),
        (-10, -11, {"floor", "ceiling"}),
    ],
)
def test_limits_that_make_no_sense_are_refused(
    floor: int | None, ceiling: int | None, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_limits(Limits(floor, ceiling), balance=-20)
    assert set(refused.value.fields) == fields


@given(minutes, minutes, minutes)
def test_limits_are_let_in_exactly_when_the_balance_is_within(
    balance: int, floor: int, ceiling: int
) -> None:
    try:
        rules.check_limits(Limits(floor, ceiling), balance=balance)
        let_in = True
    except Invalid:
        let_in = False
    assert let_in == (floor <= 0 <= ceiling and floor <= balance <= ceiling)


REACH = {"email": "ana@example.org", "text": "07700 900123", "letter": None}


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        (Wishes(), None),
        (Wishes("call"), None),
        (Wishes("email"), None),
        (Wishes("text"), None),
        (Wishes("letter"), "channel"),
        (Wishes(quiet_from=0, quiet_until=24 * 60 - 1), None),
        (Wishes(quiet_from=60, quiet_until=24 * 60), "quiet_from"),
        (Wishes(quiet_from=-1, quiet_until=60), "quiet_from"),
        (Wishes(quiet_from=60), "quiet_until"),
        (Wishes(quiet_until=60), "quiet_from"),
        (Wishes(quiet_from=60, quiet_until=60), "quiet_until"),
    ],
)
def test_one_is_told_in_a_way_that_can_be(wishes: Wishes, field: str | None) -> None:
    try:
        rules.check_wishes(wishes, reach=REACH)
        wrong = None
    except Invalid as refused:
        (wrong,) = refused.fields
    assert wrong == field


def test_a_number_that_takes_no_texts_is_no_way_to_send_one() -> None:
    with pytest.raises(Invalid):
        rules.check_wishes(Wishes("text"), reach={**REACH, "text": "at the shop"})


@pytest.mark.parametrize(
    ("detail", "one", "other"),
    [
        ("phone", "07700 900291", "+44 (0)7700-900291"),
        ("phone", "٠٧٧٠٠ ٩٠٠٢٩١", "07700900291 (mornings)"),
        ("email", "Joan@Example.org ", "joan@example.org"),
        ("address", "4 Mill Lane,\nFife", "4 mill lane  fife"),
        ("area", "Łódź-West", "lodz west"),
    ],
)
def test_what_somebody_is_known_by_is_the_same_however_it_is_typed(
    detail: str, one: str, other: str
) -> None:
    assert key_of(detail, one) == key_of(detail, other)
    assert key_of(detail, " ") is None


def test_who_may_be_one_person() -> None:
    joan = Traits.of(Details("Joan O’Neill", "joan@example.org", "01632 960187", "4 Mill Lane"))
    for other in (
        Details("Somebody", email="JOAN@example.org"),
        Details("Somebody", phone="+44 1632 960187"),
        Details("joan oneill", address="4, Mill Lane"),
    ):
        assert may_be_same_person(joan, Traits.of(other)), other
    for other in (
        Details("Joan O'Neill"),
        Details("Joan O'Neill", date_of_birth=date(1950, 1, 1)),
        Details("Una Low", address="4 Mill Lane"),
    ):
        assert not may_be_same_person(joan, Traits.of(other)), other


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Jоan Low"),
        ("name", "Αna"),
        ("name", "\u0301\u0302"),
        ("number", "١٧"),
        ("number", "А17"),
    ],
)
def test_signs_that_nobody_can_tell_apart_are_refused(field: str, value: str) -> None:
    written = FullDetails(**{"name": "Ana", field: value})
    with pytest.raises(Invalid) as refused:
        checked(written, today=date(2026, 11, 1))
    assert field in refused.value.fields


@pytest.mark.parametrize("name", ["Анна", "Łukasz Żak", "Μαρία", "Jean-Luc O’Neill", "王芳"])
def test_names_of_any_one_alphabet_are_taken(name: str) -> None:
    assert checked(Details(name), today=date(2026, 11, 1)).name == name
