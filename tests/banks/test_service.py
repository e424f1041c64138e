"""Finding banks and changing their rules."""

from dataclasses import replace

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
    changed = replace(queries.settings(bank), rounding=5, about="Neighbours", waiting_days=7)
    service.change(session, bank, changed)
    session.expire(bank)
    assert (bank.rounding, bank.about, bank.waiting_days) == (5, "Neighbours", 7)
    assert (bank.smallest_log, bank.largest_log) == (15, 720)


def test_a_rule_is_judged_by_the_one_it_stands_beside(session):
    bank = make_bank(session)
    with pytest.raises(Invalid) as refused:
        service.change(session, bank, replace(queries.settings(bank), smallest_log=780))
    assert "largest_log" in refused.value.fields
    assert bank.smallest_log == 15
