"""Finding banks and changing their rules."""

import pytest

from tests.factories import make_bank
from timebank.banks import queries, service
from timebank.errors import Invalid, NotFound


@pytest.mark.parametrize("slug", ["nowhere", "", "\0", "FIFE", "fife\n"])
def test_there_is_no_bank_at_an_address_nobody_gave_one(session, slug):
    make_bank(session, slug="fife")
    with pytest.raises(NotFound):
        queries.by_slug(session, slug)


def test_a_bank_is_found_by_its_address(session):
    bank = make_bank(session, slug="fife")
    assert queries.by_slug(session, "fife") is bank


def test_some_rules_change_and_the_others_stay(session):
    bank = make_bank(session)
    service.change_rules(session, bank, rounding=5, smallest_log=5, waiting_days=7)
    session.expire(bank)
    assert (bank.rounding, bank.smallest_log, bank.waiting_days, bank.largest_log) == (5, 5, 7, 720)


def test_a_rule_is_judged_by_the_one_it_stands_beside(session):
    bank = make_bank(session)
    with pytest.raises(Invalid) as refused:
        service.change_rules(session, bank, smallest_log=780)
    assert "largest_log" in refused.value.fields
    assert bank.smallest_log == 15


@pytest.mark.parametrize("column", ["slug", "id", "created_at", "colour"])
def test_nothing_but_rules_can_be_changed(session, column):
    with pytest.raises(TypeError):
        service.change_rules(session, make_bank(session), **{column: "x"})
