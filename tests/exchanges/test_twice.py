"""The same help, told twice: noticed and asked about, whoever tells it and by whichever way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.exchanges.conftest import Neighbours, Street, account, by
from timebank.act import Channel, Word
from timebank.exchanges import service
from timebank.exchanges.errors import EnteredAlready
from timebank.exchanges.rules import Figures, Help, NewLog, Proposal, may_be_same
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import Leg, NewEntry, Provenance

HERE = "/b/fife/exchanges"
DAY = timedelta(days=1)


def new(row: Neighbours, **said: object) -> NewLog:
    today = by(row.ana).now.date()
    plain = {"occurred_on": today, "minutes": 60, "title": "Hedge"}
    return NewLog(account(row.ana), account(row.ben), **{**plain, **said})


@pytest.mark.parametrize(
    ("days", "minutes", "title", "skill", "asked"),
    [
        (0, 30, "Shopping", None, True),
        (1, 60, "The hedge", None, True),
        (-1, 60, "Hedge", "gardening", True),
        (1, 60, "Shopping", None, False),
        (1, 60, "Hedge", "shopping", False),
        (1, 90, "Hedge", None, False),
        (2, 60, "Hedge", None, False),
    ],
)
def test_what_may_be_the_same_help(
    row: Neighbours, days: int, minutes: int, title: str, skill: str | None, asked: bool
) -> None:
    today = by(row.ana).now.date()
    earlier = Help(today, 60, "Hedge", "Gardening")
    other = Help(today + days * DAY, minutes, title, skill)
    assert may_be_same(earlier, other) is asked
    assert may_be_same(other, earlier) is asked


def test_the_other_side_is_asked_and_may_say_that_it_was_another(row: Neighbours) -> None:
    first = service.log_new(row.session, row.bank, new(row), by(row.ana)).exchange
    with pytest.raises(EnteredAlready, match="Ana wrote down 1 hour on .* already") as asked:
        service.log_new(row.session, row.bank, new(row, title="Garden"), by(row.ben))
    assert asked.value.exchange_id == first.id
    service.log_new(row.session, row.bank, new(row, another=True), by(row.ben))


def test_the_other_way_round_it_is_other_help(row: Neighbours) -> None:
    service.log_new(row.session, row.bank, new(row), by(row.ana))
    back = NewLog(account(row.ben), account(row.ana), new(row).occurred_on, 60, "Hedge")
    service.log_new(row.session, row.bank, back, by(row.ben))


def test_what_no_longer_counts_is_not_asked_about(row: Neighbours) -> None:
    first = service.log_new(row.session, row.bank, new(row), by(row.ana)).exchange
    service.cancel(row.session, row.bank, first.id, by(row.ana))
    service.log_new(row.session, row.bank, new(row), by(row.ben))


def test_a_slip_and_what_was_agreed_are_asked_about_too(row: Neighbours) -> None:
    agreed = service.propose(
        row.session,
        row.bank,
        Proposal(account(row.ana), account(row.ben), "Hedge"),
        by(row.ana),
    ).exchange
    service.agree(row.session, row.bank, agreed.id, by(row.ben))
    service.log_new(row.session, row.bank, new(row), by(row.ana))
    figures = Figures(new(row).occurred_on, 60)
    with pytest.raises(EnteredAlready):
        service.log(row.session, row.bank, agreed.id, figures, by(row.ben))
    with pytest.raises(EnteredAlready):
        service.enter_slip(row.session, row.bank, new(row), by(row.maggie), slip=None)
    told = by(row.maggie, word=Word(Channel.PHONE, account(row.ben)))
    with pytest.raises(EnteredAlready):
        service.log_new(row.session, row.bank, new(row), told)


def test_the_hours_of_a_session_are_asked_about(row: Neighbours) -> None:
    legs = [Leg(account(row.ben), account(row.ana), 60)]
    entry = NewEntry(
        "session:1:1", "session", new(row).occurred_on, legs, Provenance(by(row.ana).by.key)
    )
    ledger_service.post(row.session, row.bank, entry)
    with pytest.raises(EnteredAlready, match="from a session you were at together"):
        service.log_new(row.session, row.bank, new(row), by(row.ana))


LOG = {
    **{"side": "gave", "who": "Ben Pell", "day": "today"},
    **{"minutes": "1:30", "title": "Hedge"},
}


def test_the_page_shows_the_earlier_one_and_takes_either_answer(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    ana = sign_in(street.ana)
    asked = ana.post(f"{HERE}/new", data={**LOG, "for_id": street.ana_account, "then": "check"})
    assert asked.status_code == 409
    assert "Ana Marsh wrote down 1½ hours on" in asked.text
    assert f'href="{HERE}/{street.exchange}"' in asked.text
    assert (
        ana.post(
            f"{HERE}/new", data={**LOG, "for_id": street.ana_account, "then": "done"}
        ).status_code
        == 409
    )
    another = {**LOG, "for_id": street.ana_account, "another": "yes"}
    looked = ana.post(f"{HERE}/new", data={**another, "then": "check"})
    assert looked.status_code == 200
    assert 'name="another" value="yes"' in " ".join(looked.text.split())
    assert ana.post(f"{HERE}/new", data={**another, "then": "done"}).status_code == 303


def test_a_program_is_asked_and_answers(
    street: Street, app: Flask, bearer: Callable[..., dict[str, str]]
) -> None:
    client, headers = app.test_client(), bearer(street.ana)
    there = client.get(f"/api/v1/exchanges/{street.exchange}", headers=headers).get_json()
    sent = {
        "giver": f"member:{street.ana}",
        "receiver": f"member:{street.ben}",
        "title": "Hedge",
        "occurred_on": there["occurred_on"],
        "minutes": 90,
    }
    asked = client.post("/api/v1/exchanges", json=sent, headers=headers)
    assert asked.json is not None
    assert (asked.status_code, asked.json["code"]) == (409, "entered_already")
    assert asked.json["candidates"] == [{"exchange": street.exchange}]
    made = client.post("/api/v1/exchanges", json={**sent, "another": True}, headers=headers)
    assert made.status_code == 201
