"""Whose language is spoken: on a page, in a letter, in the API, on paper, at the command line."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_member, post_listing, write_notice
from timebank import clock
from timebank.act import Act, Channel, Word
from timebank.banks import queries as banks
from timebank.banks.rules import reads_english
from timebank.cli import timebank
from timebank.db import transaction
from timebank.errors import Invalid
from timebank.measures.figures import Topic
from timebank.members import service as members_service
from timebank.messages import service as messages_service
from timebank.messages.rules import Words
from timebank.notices.models import Notice
from timebank.reports import archive, publish
from timebank.reports.rules import Asked, Format
from timebank.settings import service as settings_service
from timebank.settings.rules import NewSettings
from timebank.voices import voice

SignIn = Callable[..., Browser]


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """An English bank where Spanish may be chosen, and Ana has; Ben and the broker have not."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, name="Fife Time Bank", slug="fife")
        bank.languages = "en es"
        ana = make_member(session, bank, "Ana Ruiz", email="ana@example.org")
        ben = make_member(session, bank, "Ben", email="ben@example.org")
        bo = make_member(session, bank, "Bo", role="broker")
        co = make_member(session, bank, "Co", role="coordinator")
        for member in (ana, co):
            members_service.set_language(
                session, bank, member.id, "es", Act(actor(member), clock.now())
            )
        offer = post_listing(
            session,
            bank,
            "offer",
            Act(actor(ana), clock.now()),
            holder_id=ana.account_id or 0,
            title="Bread",
        )
        made = messages_service.write_about_listing(
            session,
            bank,
            offer.id,
            Words("Could I have a loaf?"),
            Act(actor(bo), clock.now(), Word(Channel.PHONE, ben.account_id)),
        )
        people = {"ana": ana.id, "ben": ben.id, "bo": bo.id, "co": co.id}
        return {**people, "conversation": made.conversation_id}


def test_a_page_is_in_the_language_its_reader_has_chosen(
    people: dict[str, int], sign_in: SignIn
) -> None:
    address = f"/b/fife/messages/{people['conversation']}"
    answer = sign_in(people["ana"]).get(address)
    assert '<html lang="es"' in answer.text
    for words in ("¿Hay algo que le moleste?", "anotado por Bo, por teléfono", "Buscar ayuda"):
        assert words in answer.text
    assert answer.headers["Content-Language"] == "es"
    assert "Does something bother you?" in sign_in(people["ben"]).get(address).text


def test_a_notice_is_written_in_its_receiver_s_language(app: Flask, people: dict[str, int]) -> None:
    """An English broker writes down what Ben says, and Ana reads of it in Spanish."""
    with app.app_context(), transaction() as session:
        (notice,) = session.execute(
            select(Notice).where(Notice.addressee == f"member:{people['ana']}")
        ).scalars()
        assert notice.language == "es"
        assert notice.subject == "Ben le ha escrito: Bread"
        assert "Could I have a loaf?" in notice.body
        assert "Responda en la página «Mensajes»" in notice.body


def test_a_notice_to_somebody_who_has_chosen_none_is_in_the_bank_s(session) -> None:
    bank = make_bank(session, language="es")
    write_notice(session, bank)
    write_notice(session, bank, addressee="member:13", language="en")
    languages = session.execute(select(Notice.language).order_by(Notice.id)).scalars().all()
    assert languages == ["es", "en"]


def test_the_printed_report_is_in_the_language_of_whoever_prints_it(session) -> None:
    bank = make_bank(session)
    today = clock.now().date()
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    asked = Asked(Topic.ACTIVITIES, first, today.replace(day=1) - timedelta(days=1))
    report = archive.report(session, bank, asked, now=clock.now())
    spanish, english = (
        publish.file(report, Format.PDF, voice=voice(code)) for code in ("es", "en")
    )
    assert b"/Lang(es" in spanish
    assert b"/Lang(en-GB" in english
    assert spanish != english
    assert spanish == publish.file(report, Format.PDF, voice=voice("es"))
    assert publish.file(report, Format.CSV, voice=voice("es")) == publish.file(report, Format.CSV)


def test_a_visitor_chooses_at_the_foot_of_the_page(people: dict[str, int], sign_in: SignIn) -> None:
    browser = sign_in()
    page = browser.get("/b/fife/help").text
    assert 'lang="en-GB"' in page
    assert ">Español</button>" in page
    answer = browser.post("/b/fife/language", data={"language": "es", "then": "/b/fife/help"})
    assert answer.location == "/b/fife/help"
    assert '<html lang="es"' in browser.get("/b/fife/help").text
    browser.post("/b/fife/language", data={"language": "tlh", "then": "https://evil.example/"})
    assert '<html lang="es"' in browser.get("/b/fife/help").text


def test_a_bank_of_one_language_offers_no_choice(app: Flask, sign_in: SignIn) -> None:
    with app.app_context(), transaction() as session:
        make_bank(session, slug="leith")
    browser = sign_in()
    assert "Español" not in browser.get("/b/leith/help").text
    asked = browser.get("/b/leith/help", headers={"Accept-Language": "es"})
    assert '<html lang="en-GB"' in asked.text


def test_the_api_says_what_is_wrong_in_the_language_asked_for(
    people: dict[str, int], sign_in: SignIn, bearer
) -> None:
    headers = {**bearer(people["ben"]), "Accept-Language": "es"}
    answer = sign_in().get("/api/v1/conversations/999", headers=headers)
    assert answer.json["code"] == "not_found"
    assert answer.headers["Content-Language"] == "es"
    assert "Accept-Language" in answer.headers["Vary"]
    assert "Aquí no hay" in answer.json["message"]


def test_a_member_s_language_is_one_of_the_bank_s(
    app: Flask, people: dict[str, int], sign_in: SignIn, bearer
) -> None:
    headers, client = bearer(people["ben"]), sign_in()
    address = f"/api/v1/members/{people['ben']}/language"
    there = client.get(address, headers=headers).json
    assert there == {"language": None, "languages": ["en", "es"]}
    assert client.patch(address, headers=headers, json={"language": "ca"}).status_code == 422
    changed = client.patch(address, headers=headers, json={"language": "es"})
    assert changed.json["language"] == "es"
    browser = sign_in(people["bo"])
    page = browser.get(f"/b/fife/members/{people['ben']}/language").text
    assert "Español" in page
    sent = browser.post(f"/b/fife/members/{people['ben']}/language", data={"language": ""})
    assert sent.status_code == 303
    assert client.get(address, headers=headers).json["language"] is None


def test_a_bank_speaks_what_there_is_and_its_own(session) -> None:
    bank = make_bank(session)
    act = Act(actor(make_member(session, bank, "Co", role="coordinator")), clock.now())
    settings = NewSettings(**asdict(banks.settings(bank)))
    for changes in ({"languages": "en tlh"}, {"language": "tlh"}, {"language": "es"}):
        with pytest.raises(Invalid):
            settings_service.change(session, bank, replace(settings, **changes), act)
    spanish = replace(settings, language="es", languages="es en")
    settings_service.change(session, bank, spanish, act)
    assert (bank.language, bank.languages) == ("es", "es en")


def test_a_command_says_what_is_wrong_in_the_language_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIMEBANK_SESSION_HOURS", "many")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    words = {}
    for language in ("en-XA", "tlh"):
        done = CliRunner().invoke(timebank, ["--language", language, "doctor"])
        assert done.exit_code == 1
        words[language] = done.output
    assert "⟦" in words["en-XA"]
    assert "write a whole number" in words["tlh"]


def test_only_an_english_bank_is_understood_by_what_was_learned_from_english() -> None:
    assert [reads_english(code) for code in ("en", "en-GB", "es", "enm")] == [
        True,
        True,
        False,
        False,
    ]
