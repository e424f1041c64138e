"""The page of settings, as a coordinator uses it."""

import pytest

from tests.factories import make_bank, make_member
from timebank.banks import queries as banks
from timebank.db import reading, transaction

ADDRESS = "/b/fife/settings"


@pytest.fixture
def coordinator(app, sign_in):
    """The browser of a coordinator of the bank `fife`, which has another member."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        maggie = make_member(session, bank, "Maggie", role="coordinator")
        make_member(session, bank, "Joan")
    return sign_in(maggie)


def written(**changes):
    """The form as it stands, with some answers changed; None for a box that is not ticked."""
    form = {
        "name": "Fife Time Bank",
        "timezone": "Europe/London",
        "language": "en",
        "languages": "en",
        "joining_open": "yes",
        "rounding": "15",
        "smallest_log": "15 min",
        "largest_log": "12 h",
        "member_floor": "10 h",
        "chest_floor": "0 h",
        "waiting_days": "14",
        "few": "8",
        "why": "It was settled at the meeting.",
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def bank_now(app):
    with app.app_context():
        return banks.by_slug(reading(), "fife")


def test_the_page_shows_what_is_settled_and_takes_it_back_unchanged(app, coordinator):
    before = {
        name: value for name, value in vars(bank_now(app)).items() if not name.startswith("_")
    }
    page = coordinator.get(ADDRESS)
    assert page.status_code == 200
    assert 'value="10 h"' in page.text
    assert coordinator.post(ADDRESS, data=written()).status_code == 303
    kept = {name: getattr(bank_now(app), name) for name in before}
    # That they were kept, as they are, is known.
    assert before.pop("settled_at") is None
    assert kept.pop("settled_at") is not None
    assert kept == before


def test_what_is_changed_holds_from_now_on(app, coordinator):
    changes = {
        "name": "Kirkcaldy Time Bank",
        "timezone": "Europe/Lisbon",
        "contact_phone": "01592 000 000",
        "joining_open": None,
        "rounding": "30",
        "smallest_log": "0:30",
        "member_floor": "20 h",
        "member_ceiling": "100 hours",
        "confirm_automatically": "yes",
        "few": "10",
    }
    coordinator.post(ADDRESS, data=written(**changes))
    bank = bank_now(app)
    assert (bank.name, bank.timezone, bank.contact_phone) == (
        "Kirkcaldy Time Bank",
        "Europe/Lisbon",
        "01592 000 000",
    )
    assert (bank.joining_open, bank.confirm_automatically) == (False, True)
    assert bank.few == 10
    assert (bank.rounding, bank.smallest_log, bank.member_floor, bank.member_ceiling) == (
        30,
        30,
        -1200,
        6000,
    )


def test_nonsense_is_refused_with_all_that_was_written_and_nothing_changes(app, coordinator):
    answer = coordinator.post(
        ADDRESS, data=written(name="Another name", timezone="Atlantis", member_floor="10 min")
    )
    assert answer.status_code == 422
    assert "“Atlantis” is no time zone" in answer.text
    assert "an hour or more, such as 10 h" in answer.text
    assert 'value="Another name"' in answer.text
    assert bank_now(app).name == "Fife Time Bank"


def test_everything_there_is_to_put_right_is_said_at_once_in_the_order_of_the_page(coordinator):
    wrong = {
        "waiting_days": "soon",
        "chest_floor": "5 min",
        "timezone": "Atlantis",
        "contact_email": "me",
        "smallest_log": "a while",
    }
    page = coordinator.post(ADDRESS, data=written(**wrong)).text
    said = (
        "is no time zone",
        "a whole e-mail address",
        "is not a length of time",
        "such as 10 h",
        "whole number",
    )
    assert sorted(said, key=page.index) == list(said)
    assert "The largest log:" not in page


def test_limits_carried_over_are_counted_in_words(coordinator):
    coordinator.post(ADDRESS, data=written(member_floor="20 h", carry_over="yes"))
    assert "2 members now have the new limits." in coordinator.get(ADDRESS).text


def test_a_broker_does_not_get_to_see_them(app, sign_in, coordinator):
    with app.app_context(), transaction() as session:
        broker = make_member(session, banks.by_slug(session, "fife"), "Ben", role="broker")
    assert sign_in(broker).get(ADDRESS).status_code == 403


def test_two_answers_with_the_same_fault_are_told_apart(coordinator):
    page = coordinator.post(
        ADDRESS, data=written(smallest_log="a while", largest_log="a while")
    ).text
    for name in ("The smallest log", "The largest log"):
        assert f"{name}: “a while” is not a length of time." in page
