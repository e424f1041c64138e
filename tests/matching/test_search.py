"""Finding offers and requests: by letters, by meaning, with reasons, and as they stand at that
moment."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.browsers import Browser
from tests.factories import (
    NOW,
    act_of,
    actor,
    change_listing,
    make_bank,
    make_member,
    post_listing,
)
from tests.matching.conftest import Row
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.cli import timebank
from timebank.db import reading, transaction
from timebank.errors import Invalid
from timebank.matching import index, meaning, queries, search
from timebank.matching.feature import keep, vectors
from timebank.matching.models import Embedding
from timebank.matching.rules import Route
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import ListingKind

TODAY = NOW.date()


@pytest.fixture
def offers(row: Row) -> Row:
    """Ten offers, each under its skill."""
    for title, skill in (
        ("Dripping taps and blocked sinks", "Plumbing"),
        ("Hedges cut and taken away", "Hedges and trees"),
        ("Company for a cup of tea", "Befriending"),
        ("Lifts to hospital", "Lifts"),
        ("Bread and how to bake it", "Baking"),
        ("Help with your laptop", "Computers"),
        ("Trousers taken up", "Sewing and mending"),
        ("Walking your dog", "Dog walking"),
        ("Chess in the evening", "Games and cards"),
        ("Filling in forms", "Forms"),
    ):
        row.post("offer", row.ben, title, skill_id=row.skill(skill))
    return row


def titles(row: Row, text: str, **wanted: object) -> list[str]:
    found = search.find(row.session, row.bank, text, on=TODAY, **wanted)  # pyright: ignore[reportArgumentType]
    return [hit.shown.listing.title for hit in found.hits]


@pytest.mark.parametrize("typed", ["plumbing", "plumber", "plumbign", "tap", "TAPS", "sink"])
def test_a_word_is_found_by_its_letters_however_it_is_spelt(offers: Row, typed: str):
    found = search.find(offers.session, offers.bank, typed, on=TODAY)
    assert found.route == "words"
    assert found.hits[0].shown.listing.title == "Dripping taps and blocked sinks"
    assert len(found.hits) == 3


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        (
            "The toilet won't flush and there is water on the floor",
            "Dripping taps and blocked sinks",
        ),
        ("I have not spoken to a soul since Sunday", "Company for a cup of tea"),
        ("How do I get to the clinic on Monday, there is no bus", "Lifts to hospital"),
        ("My PC shows nothing but a blue screen", "Help with your laptop"),
        ("I don't understand the letter about my benefits", "Filling in forms"),
    ],
)
def test_a_sentence_is_found_by_what_it_means(offers: Row, sentence: str, title: str):
    found = search.find(offers.session, offers.bank, sentence, on=TODAY)
    assert found.route == "meaning"
    assert title in [hit.shown.listing.title for hit in found.hits][:2]


def test_a_misspelt_word_is_taken_for_the_one_that_was_meant_and_a_right_one_for_itself(
    offers: Row,
):
    offers.post("offer", offers.ben, "Kettles and toasters repaired")
    offers.post("offer", offers.ben, "Weeds pulled up")
    assert titles(offers, "my trowsres are far too long")[0] == "Trousers taken up"
    assert titles(offers, "there are nettles all over the place")[0] == "Weeds pulled up"


def test_there_are_always_three_suggestions_the_likest_first(offers: Row):
    for text in ("xylophone", "quantum field theory for beginners", "水が漏れる", "🪴 garden"):
        found = search.find(offers.session, offers.bank, text, on=TODAY)
        assert len(found.hits) == 3
        scores = [hit.score for hit in found.hits]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_reasons_say_why_and_say_nothing_that_is_not_so(offers: Row):
    tap = search.find(offers.session, offers.bank, "taps", on=TODAY).hits[0]
    assert [*map(str, tap.reasons)] == ["says “taps”", "is listed under Plumbing, Around the house"]
    misspelt = search.find(offers.session, offers.bank, "trowsers", on=TODAY).hits[0]
    assert str(misspelt.reasons[0]) == "“trousers” is close to what you wrote"
    meant = search.find(
        offers.session, offers.bank, "my kitchen tap has started dripping", on=TODAY
    ).hits[0]
    assert any("My tap won't stop dripping" in str(reason) for reason in meant.reasons)
    far = search.find(offers.session, offers.bank, "quantum", on=TODAY).hits[0]
    assert str(far.reasons[0]) == "nothing listed is closer"


@pytest.mark.parametrize("text", ["", "   ", "?!", "🪴", "_"])
def test_nothing_to_look_for_is_said_so(offers: Row, text: str):
    with pytest.raises(Invalid, match="Write what you are looking for"):
        titles(offers, text)


def test_too_much_is_said_so_and_not_cut(offers: Row):
    assert titles(offers, ("tap " * 125).strip())
    with pytest.raises(Invalid, match="10,000 characters"):
        titles(offers, "a" * 10_000)


def test_only_what_stands_is_found_and_a_change_at_once(offers: Row):
    bank, session, ben = offers.bank, offers.session, offers.ben
    harp = offers.post("offer", ben, "Harp lessons")
    assert titles(offers, "harp")[0] == "Harp lessons"
    change_listing(
        session,
        bank,
        harp.id,
        Act(actor(ben), NOW + timedelta(minutes=1)),
        title="Bagpipe lessons",
    )
    assert titles(offers, "bagpipe")[0] == "Bagpipe lessons"
    assert "Bagpipe lessons" not in titles(offers, "bagpipe", kind="request")
    skills_service.withdraw(session, bank, harp.id, Act(actor(ben), NOW + timedelta(minutes=2)))
    assert "Bagpipe lessons" not in titles(offers, "bagpipe")
    short = offers.post("offer", ben, "Ocarina lessons", ends_on=TODAY)
    assert titles(offers, "ocarina")[0] == short.title
    later = search.find(session, bank, "ocarina", on=TODAY + timedelta(days=1))
    assert short.title not in [hit.shown.listing.title for hit in later.hits]


def test_a_bank_finds_nothing_of_another(offers: Row):
    other = make_bank(offers.session, name="Elsewhere", slug="elsewhere")
    assert search.find(offers.session, other, "tap", on=TODAY).hits == []


def test_of_many_banks_those_stay_in_memory_that_were_asked_for_last(
    offers: Row, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(index, "MOST", 10)
    session, banks = offers.session, [offers.bank]
    for number in range(3):
        bank = make_bank(session, name=f"Elsewhere {number}", slug=f"elsewhere-{number}")
        skills_service.plant_tree(session, bank)
        holder = make_member(session, bank, "Ida")
        for title in ("Lifts to hospital", "Walking your dog", "Bread and how to bake it"):
            post_listing(
                session,
                bank,
                "offer",
                holder_id=holder.account_id,
                title=title,
                act=act_of(actor(holder), {}),
            )
        banks.append(bank)
    before = [index.state_of(session, bank) for bank in banks]
    # Ten, three and three were more than ten: the first was let go of, and is read anew.
    for bank, state in zip(banks[1:], before[1:], strict=True):
        assert index.state_of(session, bank) is state
    again = index.state_of(session, offers.bank)
    assert again is not before[0]
    assert list(again.ids) == list(before[0].ids)
    assert titles(offers, "lift")[0] == "Lifts to hospital"


def test_without_the_model_words_synonyms_and_categories_are_found(
    offers: Row, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(meaning, "model", lambda: None)
    found = search.find(offers.session, offers.bank, "my cistern makes a noise all night", on=TODAY)
    assert found.route == "words"
    assert found.hits[0].shown.listing.title == "Dripping taps and blocked sinks"
    assert titles(offers, "garden")[0] == "Hedges cut and taken away"
    assert (
        search.find(offers.session, offers.bank, "quantum chromodynamics and beyond", on=TODAY).hits
        == []
    )


# ---- Vectors ----


def test_the_job_stores_a_vector_for_each_listing_and_again_when_it_says_something_else(
    offers: Row,
):
    session, bank = offers.session, offers.bank

    def run() -> int:
        prepared = vectors(session, {"bank": bank.id}, NOW)
        keep(session, prepared, NOW)
        return len(prepared["made"])

    assert run() == 10
    assert session.execute(select(func.count()).select_from(Embedding)).scalar_one() == 10
    assert run() == 0
    harp = offers.post("offer", offers.ben, "Harp lessons")
    assert run() == 1
    change_listing(
        session,
        bank,
        harp.id,
        Act(actor(offers.ben), NOW + timedelta(minutes=1)),
        title="Bagpipes",
    )
    assert run() == 1
    assert session.execute(select(func.count()).select_from(Embedding)).scalar_one() == 11


def test_where_the_model_does_not_read_the_language_of_the_bank_it_goes_by_words(offers: Row):
    session, bank = offers.session, offers.bank
    bank.language = "es"
    tap = offers.post("offer", offers.ben, "Arreglo grifos que gotean")
    offers.post("offer", offers.cy, "Pan casero")
    found = search.find(session, bank, "Me gotea el grifo de la cocina", on=TODAY)
    assert (found.route, found.understood) == (Route.WORDS, False)
    assert [hit.shown.listing.id for hit in found.hits] == [tap.id]
    assert [*map(str, found.hits[0].reasons)] == ["“gotean, grifos” is close to what you wrote"]
    # English is not understood here either, though the model would.
    assert "Company for a cup of tea" not in titles(offers, "I have not spoken to a soul since May")
    assert search.embed(session, bank, now=NOW) == 0


def test_in_that_bank_a_shortlist_goes_by_words_too(offers: Row):
    offers.bank.language = "es"
    offers.post("offer", offers.ben, "Arreglo grifos que gotean")
    offers.post("offer", offers.cy, "Desatasco inodoros")
    asked = offers.post("request", offers.joan, "El grifo de la cocina gotea")
    found = queries.suggested(offers.session, offers.bank, asked.id, now=NOW)
    assert found.route == Route.WORDS
    assert [one.party.name for one in found.fitting] == ["Ben"]


# ---- The other faces ----


@pytest.fixture
def town(app: Flask, monkeypatch: pytest.MonkeyPatch, rows: Callable[[Session], Row]) -> int:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context(), transaction() as session:
        row = rows(session)
        row.post("offer", row.ben, "Dripping taps", skill_id=row.skill("Plumbing"))
        row.post("request", row.joan, "My tap drips", skill_id=row.skill("Plumbing"))
        return row.joan.id


def test_programs_search_as_people_do(town: int, app: Flask, bearer: Callable[..., dict[str, str]]):
    client, headers = app.test_client(), bearer(town)
    asked = {"q": "my tap is dripping all night", "kind": "offers"}
    body = client.get("/api/v1/search", query_string=asked, headers=headers).get_json()
    assert (body["query"], body["route"]) == ("my tap is dripping all night", "meaning")
    assert [(one["kind"], one["title"]) for one in body["results"]] == [("offer", "Dripping taps")]
    assert body["results"][0]["reasons"]
    for wrong in (
        {},
        {"q": " "},
        {"q": "tap", "kind": "all"},
        {"q": "tap", "limit": "0"},
        {"q": "a" * 10_000},
    ):
        assert client.get("/api/v1/search", query_string=wrong, headers=headers).status_code == 422
    assert client.get("/api/v1/search", query_string=asked).status_code == 401


def test_pages_and_programs_say_when_it_goes_by_words(
    town: int,
    app: Flask,
    bearer: Callable[..., dict[str, str]],
    sign_in: Callable[..., Browser],
):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        broker = make_member(session, bank, "Bea", role="broker").id
        wished = skills.open_listings(session, bank, kind=ListingKind.REQUEST, on=TODAY)[0].id
    by_words = "Looked for by words, not by meaning."
    pages = (f"/b/fife/matching/{wished}", "/b/fife/directory/search?q=my+tap+is+dripping")
    assert [by_words in sign_in(broker).get(page).text for page in pages] == [False, False]
    with app.app_context(), transaction() as session:
        banks.by_slug(session, "fife").language = "es"
    assert [by_words in sign_in(broker).get(page).text for page in pages] == [True, True]
    client, headers = app.test_client(), bearer(broker)
    calls = ("/api/v1/search?q=my+tap+is+dripping", f"/api/v1/requests/{wished}/matches")
    answers = [client.get(call, headers=headers).get_json() for call in calls]
    assert [answer["route"] for answer in answers] == ["words", "words"]


def test_the_command_prints_the_likest_with_reasons(town: int, database: str, app: Flask):
    def run(*words: str) -> Result:
        settings = {"TIMEBANK_DATABASE_URL": database, "TIMEBANK_SECRET_KEY": "for tests only " * 4}
        return CliRunner(env=settings, catch_exceptions=False).invoke(
            timebank, ["search", *words, "--bank", "fife"]
        )

    answer = json.loads(run("tap", "--json").stdout)
    assert (answer["query"], answer["route"]) == ("tap", "words")
    assert {one["kind"] for one in answer["results"]} == {"offer", "request"}
    assert run("tap", "--kind", "offers").stdout.startswith("1. Dripping taps (offer ")
    with app.app_context():
        assert reading().execute(select(func.count()).select_from(Embedding)).scalar_one() == 2
    refused = run(" ")
    assert (refused.exit_code, "Write what you are looking for" in refused.stderr) == (1, True)
