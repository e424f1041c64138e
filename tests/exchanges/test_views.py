"""The pages of exchanges, as the people concerned use them."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.exchanges.conftest import Street, balance
from tests.pages import Outline
from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import queries

HERE = "/b/fife/exchanges"


LOG = {
    "side": "gave",
    "who": "Ben Pell",
    "day": "today",
    "minutes": "1:30",
    "title": "Hedge",
    "once": "a",
    "another": "yes",
}


def test_hours_are_written_looked_over_and_logged_once(
    street: Street, sign_in: Callable[..., Browser], app: Flask
) -> None:
    ana = sign_in(street.ana)
    looked = ana.post(f"{HERE}/new", data={**LOG, "for_id": street.ana_account, "then": "check"})
    assert looked.status_code == 200
    assert "Is this right?" in looked.text
    assert "1½ hours" in looked.text
    first, second = (
        ana.post(f"{HERE}/new", data={**LOG, "for_id": street.ana_account, "then": "done"})
        for _ in "ab"
    )
    assert (first.status_code, first.location) == (303, second.location)
    with app.app_context(), transaction() as session:
        assert (
            len(queries.index(session, banks.by_slug(session, "fife"), by=Actor.system(1, "test")))
            == 2
        )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"who": "Ben"}, "You wrote “Ben”, and we know several. Choose one."),
        ({"who": "B"}, "We know nobody called “B”"),
        ({"who": "Nobody"}, "We know nobody called “Nobody”"),
        ({"who": "Ana Marsh"}, "Giver and receiver are the same"),
        ({"minutes": "50"}, "We count in steps"),
        ({"minutes": "a while"}, "is not a length of time"),
        ({"day": "other", "occurred_on": "2099-01-01"}, "still to come"),
        ({"day": "other"}, "Write which day it was"),
        ({"title": ""}, "Write in a few words what it is."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_is_kept(
    street: Street, sign_in: Callable[..., Browser], wrong: dict[str, str], words: str
) -> None:
    for then in ("check", "done"):
        answer = sign_in(street.ana).post(
            f"{HERE}/new",
            data={
                **LOG,
                "for_id": street.ana_account,
                "thanks": "You are kind",
                **wrong,
                "then": then,
            },
        )
        assert answer.status_code == 422
        assert words in answer.text
        assert "You are kind" in answer.text


def wrong_fields(html: str) -> set[str]:
    """The fields to which the list of what is to be put right leads, each of which says itself what
    is wrong with it."""
    summary = html[html.index('class="summary"') : html.index("<h1>")]
    names = set(re.findall(r'href="#([^"]+)"', summary))
    outline = Outline(html)
    for name in names:
        assert {name, f"{name}-error"} <= set(outline.ids())
        told = [
            one
            for one in outline.elements
            if f"{name}-error" in str(one[1].get("aria-describedby")).split()
        ]
        assert told, name
        assert all(
            element == "fieldset" or values.get("aria-invalid") == "true"
            for element, values in told
        ), name
    return names


@pytest.mark.parametrize(
    ("page", "wrong", "fields"),
    [
        (
            "new",
            {"minutes": "50", "day": "other", "occurred_on": "2099-01-01", "who": "Nobody"},
            {"minutes", "occurred_on", "who"},
        ),
        ("new", {"minutes": "a while", "who": "Ben", "title": ""}, {"minutes", "who_id", "title"}),
        (
            "new",
            {"day": "other", "occurred_on": "soon", "who": "", "title": "x" * 300},
            {"occurred_on", "who", "title"},
        ),
        (
            "propose",
            {"who": "Nobody", "planned_on": "2020-01-01", "title": ""},
            {"who", "planned_on", "title"},
        ),
        ("give", {"to": "somebody", "who": "Nobody", "minutes": "50"}, {"who", "minutes"}),
        ("give", {"to": "somebody", "who": "Nobody", "minutes": "a few"}, {"who", "minutes"}),
    ],
)
def test_everything_there_is_to_put_right_is_said_at_once_beside_its_field(
    street: Street,
    sign_in: Callable[..., Browser],
    page: str,
    wrong: dict[str, str],
    fields: set[str],
) -> None:
    for then in ("check", "done"):
        answer = sign_in(street.ana).post(
            f"{HERE}/{page}", data={**LOG, "for_id": street.ana_account, **wrong, "then": then}
        )
        assert answer.status_code == 422
        assert wrong_fields(answer.text) == fields


@pytest.mark.parametrize(
    ("page", "asked", "field", "words"),
    [
        ("new", {"side": ""}, "side", "Choose which of the two it is."),
        ("new", {"day": ""}, "day", "Choose which day it was."),
        ("new", {"occurred_on": "2026-10-01"}, "occurred_on", "You chose"),
        ("new", {"long": "60"}, "minutes", "You chose 1 hour and wrote “1:30”."),
        ("new", {"minutes": ""}, "minutes", "Choose how long it was, or write it."),
        ("new", {"minutes": "", "long": "other"}, "minutes", "Write how long it was."),
        ("new", {"who": "", "who_id": "other"}, "who", "Choose somebody"),
        ("give", {"to": "", "minutes": "1 h"}, "to", "Choose to whom"),
        ("give", {"to": "chest", "minutes": "1 h"}, "to", "You chose the chest and somebody"),
        (
            "give",
            {"to": "somebody", "minutes": "500 h"},
            "minutes",
            "past what your account allows",
        ),
        ("propose", {"side": ""}, "side", "Choose which of the two it is."),
        ("new", {"for_id": ""}, "for_id", "Choose whose hours these are."),
    ],
)
def test_a_form_never_decides_by_itself_nor_passes_over_what_is_written(
    street: Street,
    sign_in: Callable[..., Browser],
    page: str,
    asked: dict[str, str],
    field: str,
    words: str,
) -> None:
    ana = sign_in(street.ana)
    answer = ana.post(
        f"{HERE}/{page}", data={**LOG, "for_id": street.ana_account, **asked, "then": "check"}
    )
    assert answer.status_code == 422
    assert wrong_fields(answer.text) == {field}
    assert words in answer.text
    chosen = [
        values["name"]
        for name, values in Outline(ana.get(f"{HERE}/{page}").text).elements
        if name == "input" and "checked" in values
    ]
    assert chosen == []


def test_the_forms_of_one_exchange_say_everything_at_once(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    ben, maggie = sign_in(street.ben), sign_in(street.maggie)
    address = f"{HERE}/{street.exchange}"
    ben.post(f"{address}/dispute", data={"note": "Wrong"})
    answer = maggie.post(f"{address}/settle", data={"minutes": "50", "note": ""})
    assert wrong_fields(answer.text) == {"minutes", "note"}
    future = {"occurred_on": "2099-01-01", "title": "Hedge"}
    for minutes in ("50", "a while"):
        answer = ben.post(f"{address}/log", data={**future, "minutes": minutes})
        assert wrong_fields(answer.text) == {"minutes", "occurred_on"}


def test_the_other_side_confirms_and_may_undo(
    street: Street, sign_in: Callable[..., Browser], app: Flask
) -> None:
    ben = sign_in(street.ben)
    assert "Yes, that’s right" in ben.get(f"{HERE}/{street.exchange}").text
    assert ben.post(f"{HERE}/{street.exchange}/confirm").status_code == 303
    assert balance(app, street) == -90
    page = ben.get(f"{HERE}/{street.exchange}").text
    assert "You can undo this until" in page
    assert ben.post(f"{HERE}/{street.exchange}/undo").status_code == 303
    assert balance(app, street) == 0


def test_a_stale_page_says_who_was_faster_and_shows_how_it_stands(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    ben = sign_in(street.ben)
    ben.post(f"{HERE}/{street.exchange}/confirm")
    answer = ben.post(f"{HERE}/{street.exchange}/dispute", data={"note": "Wrong"})
    assert answer.status_code == 409
    assert "confirmed already" in answer.text
    assert "Ben Pell" in answer.text


def test_a_broker_confirms_on_the_word_of_somebody_on_the_phone(
    street: Street, sign_in: Callable[..., Browser], app: Flask
) -> None:
    maggie = sign_in(street.maggie)
    assert "Ben Pell has told you" in maggie.get(f"{HERE}/{street.exchange}").text
    refused = maggie.post(f"{HERE}/{street.exchange}/confirm")
    assert refused.status_code == 409
    said = {"on_word_of": street.ben_account, "channel": "phone"}
    assert maggie.post(f"{HERE}/{street.exchange}/confirm", data=said).status_code == 303
    assert "on the word of Ben Pell, by phone" in maggie.get(f"{HERE}/{street.exchange}").text
    assert balance(app, street) == -90


def test_an_exchange_is_seen_by_its_sides_and_brokers_and_nobody_else(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    address = f"{HERE}/{street.exchange}"
    seen = {
        who: sign_in(getattr(street, who)).get(address).status_code
        for who in ("ana", "ben", "maggie", "cy", "eve")
    }
    assert seen == {"ana": 200, "ben": 200, "maggie": 200, "cy": 404, "eve": 404}
    assert sign_in(street.cy).post(f"{address}/confirm").status_code == 404
    assert sign_in(street.ana).get(f"{address}/settle").status_code == 403


def test_a_dispute_is_settled_by_a_broker_and_taken_back_and_logged_again(
    street: Street, sign_in: Callable[..., Browser], app: Flask
) -> None:
    ben, maggie = sign_in(street.ben), sign_in(street.maggie)
    address = f"{HERE}/{street.exchange}"
    assert ben.post(f"{address}/dispute", data={"note": "It was an hour."}).status_code == 303
    assert maggie.get(f"{address}/settle").status_code == 200
    assert (
        maggie.post(f"{address}/settle", data={"minutes": "1 h", "note": "Both agree."}).status_code
        == 303
    )
    assert balance(app, street) == -60
    assert maggie.get(f"{address}/reverse").status_code == 200
    assert maggie.post(f"{address}/reverse", data={"note": "It was Cy."}).status_code == 303
    assert balance(app, street) == 0
    figures = {"occurred_on": "2026-01-05", "minutes": "45", "title": "Hedge"}
    again = sign_in(street.ana).post(f"{address}/again", data=figures)
    assert again.status_code == 303
    assert "What this replaces" in ben.get(re.sub("^http://[^/]+", "", again.location)).text


def test_help_is_arranged_agreed_and_logged(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    ana, ben = sign_in(street.ana), sign_in(street.ben)
    help_wanted = {"for_id": street.ana_account, "side": "got", "who": "Ben Pell", "title": "Lift"}
    address = ana.post(f"{HERE}/propose", data=help_wanted).location
    assert "Yes, let’s" in ben.get(address).text
    assert ben.post(f"{address}/agree").status_code == 303
    assert ben.get(f"{address}/log").status_code == 200
    figures = {"occurred_on": "2026-01-05", "minutes": "45", "title": "Lift"}
    assert ben.post(f"{address}/log", data=figures).status_code == 303
    assert "Yes, that’s right" in ana.get(address).text


def test_a_gift_is_looked_over_given_and_undone(
    street: Street, sign_in: Callable[..., Browser], app: Flask
) -> None:
    ben = sign_in(street.ben)
    gift = {"to": "chest", "minutes": "1 h", "once": "g"}
    assert "Is this right?" in ben.post(f"{HERE}/give", data={**gift, "then": "check"}).text
    given = ben.post(f"{HERE}/give", data={**gift, "then": "done"}, follow_redirects=True)
    assert "1 hour went to" in given.text
    assert balance(app, street) == -60
    undo = re.search(r"/b/fife/exchanges/gifts/\d+/take-back", given.text)
    assert undo
    ben.post(undo.group())
    assert balance(app, street) == 0


def test_a_broker_passes_on_hours_from_the_chest(
    street: Street, sign_in: Callable[..., Browser], app: Flask
) -> None:
    ana, maggie = sign_in(street.ana), sign_in(street.maggie)
    chest = {"for_id": street.ana_account, "to": "chest", "minutes": "2 h", "then": "done"}
    both = ana.post(f"{HERE}/give", data=chest | {"who": "Maggie"})
    assert both.status_code == 422
    assert "You chose the chest and somebody besides" in both.text
    ana.post(f"{HERE}/give", data=chest)
    assert f"{HERE}/give-from-chest" in maggie.get(f"{HERE}/give").text
    assert "give-from-chest" not in ana.get(f"{HERE}/give").text
    page = f"{HERE}/give-from-chest"
    assert "holds 2 hours" in maggie.get(page).text
    gift = {
        "who": "Ben Pell",
        "minutes": "1:30",
        "message": "Get well",
        "decided_by": "The steering group",
        "once": "c",
    }
    looked = maggie.post(page, data={**gift, "then": "check"}).text
    assert all(
        words in looked
        for words in (
            "Is this right?",
            "Community chest",
            "Ben Pell",
            "1½ hours",
            "Get well",
            "The steering group",
        )
    )
    assert balance(app, street) == 0
    given = maggie.post(page, data={**gift, "then": "done"}, follow_redirects=True)
    assert "1½ hours went to Ben Pell" in given.text
    assert balance(app, street) == 90
    wrong = wrong_fields(maggie.post(page, data={"who": "Nobody", "minutes": "50"}).text)
    assert wrong == {"who", "minutes", "decided_by", "message"}
    empty = maggie.post(page, data={**gift, "once": "d", "then": "done"})
    assert (empty.status_code, "The chest does not hold that much." in empty.text) == (409, True)


def test_nobody_gives_from_the_chest_to_themselves_and_members_not_at_all(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    page, why = f"{HERE}/give-from-chest", {"decided_by": "I did", "message": "For me"}
    for then in ("check", "done"):
        own = sign_in(street.maggie).post(
            page, data={"who": "Maggie", "minutes": "1 h", **why, "then": then}
        )
        assert (own.status_code, "Another broker has to do this." in own.text) == (403, True)
    statuses = {who: sign_in(getattr(street, who)).get(page).status_code for who in ("ana", "eve")}
    assert statuses == {"ana": 403, "eve": 404}


def test_where_it_stands_says_whom_it_waits_for_and_what_for(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    ana, ben, maggie = sign_in(street.ana), sign_in(street.ben), sign_in(street.maggie)
    one = f"{HERE}/{street.exchange}"
    for browser, addresses, name in (
        (ana, (f"{HERE}/mine", one), "Ben Pell"),
        (ben, (f"{HERE}/mine", one), "you"),
        (maggie, (HERE, one), "Ben Pell"),
    ):
        for address in addresses:
            assert f"Waits for {name} to say “that’s right”" in browser.get(address).text, address
    ben.post(f"{one}/dispute", data={"note": "Wrong"})
    assert "Something is wrong: waits for Ana Marsh to look at it again" in ben.get(one).text
    help_wanted = {"for_id": street.ana_account, "side": "got", "who": "Ben Pell", "title": "Lift"}
    proposed = ana.post(f"{HERE}/propose", data=help_wanted).location
    for address in ("/b/fife/", f"{HERE}/mine", proposed):
        assert "Waits for Ben Pell to say yes" in ana.get(address).text, address


def test_lists_are_ones_own_and_for_brokers_all(
    street: Street, sign_in: Callable[..., Browser]
) -> None:
    assert "Hedge" in sign_in(street.ben).get(f"{HERE}/mine").text
    assert "Hedge" not in sign_in(street.cy).get(f"{HERE}/mine").text
    assert sign_in(street.ben).get(HERE).status_code == 302
    assert "Hedge" in sign_in(street.maggie).get(f"{HERE}?who=Ben&status=logged").text
    assert "Hedge" not in sign_in(street.maggie).get(f"{HERE}?who=Cy").text
