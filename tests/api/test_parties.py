"""There is one way in which a program names somebody, and nothing can be taken for it."""

from types import SimpleNamespace

import pytest

from tests.factories import make_bank, make_group, make_member, make_organisation
from timebank.db import transaction
from timebank.errors import Invalid
from timebank.members.rules import PartyName, party_name


@pytest.fixture
def town(app):
    with app.app_context(), transaction() as session:
        bank, other = make_bank(session, slug="fife"), make_bank(session, slug="ayr")
        return SimpleNamespace(
            stranger=make_member(session, other, "Eve").id,
            ana=make_member(session, bank, "Ana", number="17").id,
            ben=make_member(session, bank, "Ben").id,
            bo=make_member(session, bank, "Bo", role="broker").id,
            surgery=make_organisation(session, bank, "Surgery").id,
            choir=make_group(session, bank, "Choir").id,
        )


@pytest.fixture
def log(app, bearer, town):
    """`log(giver, receiver)`: a broker's program logs help on the giver's word."""
    client, headers = app.test_client(), bearer(town.bo)

    def call(giver, receiver):
        help_ = {"title": "A lift", "occurred_on": "2026-11-17", "minutes": 60}
        body = {"giver": giver, "receiver": receiver, "on_word_of": giver, "channel": "phone"}
        return client.post("/api/v1/exchanges", json=help_ | body, headers=headers)

    return call


def test_every_kind_of_party_is_named_and_answered_by_its_name(log, town):
    for giver, receiver in (
        (f"member:{town.ana}", f"organisation:{town.surgery}"),
        (f"member:{town.ben}", f"group:{town.choir}"),
    ):
        made = log(giver, receiver)
        assert made.status_code == 201, made.text
        assert (made.json["giver"]["party"], made.json["receiver"]["party"]) == (giver, receiver)


def test_a_member_is_named_by_the_banks_own_number_too(log, town):
    made = log("no:17", f"member:{town.ben}").json
    assert (made["giver"]["party"], made["giver"]["name"]) == (f"member:{town.ana}", "Ana")


@pytest.mark.parametrize("name", [4, "4", " 4 ", -4, 10**12])
def test_a_bare_number_is_refused_with_the_words_for_it(log, town, name):
    answer = log(name, f"member:{town.ben}")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    words = answer.json["fields"]["giver"]
    assert words.startswith("A number alone does not say whose it is.")
    assert "“member:4”" in words
    assert "“no:17”" in words


@pytest.mark.parametrize(
    "name", ["Ana", "member", "member:", "member:x", "account:4", "no:", "chest:1", "", ":4"]
)
def test_what_is_no_party_is_refused_with_the_forms_there_are(log, town, name):
    answer = log(name, f"member:{town.ben}")
    assert answer.status_code == 422
    assert "“member:4”" in answer.json["fields"]["giver"]


@pytest.mark.parametrize("name", [True, None, [], {"member": 4}, 4.5])
def test_a_party_of_another_shape_is_refused(log, town, name):
    answer = log(name, f"member:{town.ben}")
    assert answer.status_code == 422
    assert answer.json["fields"]["giver"]


def test_a_name_that_means_nobody_here_is_refused_in_a_sentence(log, town):
    ben = f"member:{town.ben}"
    for name, words in {
        "member:999999": "member:999999 is nobody here.",
        f"member:{town.stranger}": f"member:{town.stranger} is nobody here.",
        "group:99": "group:99 is nobody here.",
        "no:99": "No member here has the number 99.",
    }.items():
        answer = log(name, ben)
        assert (answer.status_code, answer.json["fields"]["giver"]) == (422, words)


def test_an_id_of_another_kind_is_refused_where_only_a_member_can_be_meant(app, bearer, town):
    address = f"/api/v1/groups/{town.choir}/people"
    for name in (f"group:{town.choir}", "chest", f"organisation:{town.surgery}"):
        answer = app.test_client().post(address, json={"member": name}, headers=bearer(town.bo))
        assert answer.status_code == 422
        assert "“member:4”, or the member’s own number" in answer.json["fields"]["member"]


@pytest.mark.parametrize("name", ["member:4", "organisation:2", "group:3", "chest", "no:A 17"])
def test_a_name_reads_back_as_it_was_written(name):
    assert str(party_name(name)) == name


def test_a_number_as_the_banks_own_may_hold_anything():
    assert party_name("no:4:2") == PartyName("no", number="4:2")
    with pytest.raises(Invalid):
        party_name("no:4", only="organisation")
