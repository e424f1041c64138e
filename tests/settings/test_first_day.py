"""What a new bank begins with: ticked by what is really there, set aside and brought back."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask_mailman import EmailMessage
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member
from timebank import clock
from timebank.access.models import Credential
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import db, reading, transaction
from timebank.errors import Conflict, NotAllowed
from timebank.jobs import service as jobs_service
from timebank.jobs.worker import Worker
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.room import Step, first_day
from timebank.running import backups
from timebank.running.cli import backup
from timebank.say import say
from timebank.settings import service
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import ListingKind, NewListing, TwoAreas

MAIL = {"mail_server": "mail.example", "mail_from": "office@example.org"}
KINDS = [
    "worker", "mail", "second_factor", "broker", "contact", "rules", "privacy", "areas", "members",
    "skills", "backup",
]  # fmt: skip


@pytest.fixture
def owen(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        return make_member(session, bank, "Owen", role="coordinator", email="owen@example.org").id


def steps(app: Flask, owen_id: int) -> dict[str, Step]:
    with app.app_context():
        session = reading()
        owen = session.get(Member, owen_id)
        assert owen is not None
        bank = session.get(Bank, owen.bank_id)
        found = first_day(session, bank, FEATURES, Act(actor(owen), clock.now()))
        db.session.remove()
    return {step.kind: step for step in found}


def done(app: Flask, owen_id: int) -> set[str]:
    return {kind for kind, step in steps(app, owen_id).items() if step.done}


def test_what_timebank_backup_copies_is_ticked_and_what_it_cannot_copy_is_not(
    app: Flask, owen: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(config: Config, file: Path, **_: object) -> None:
        file.write_bytes(b"A copy.")

    def refused(config: Config, file: Path, **_: object) -> None:
        raise Conflict(say("There is no room."))

    def run() -> None:
        with app.app_context():
            # PostgreSQL's own tools are tried with the copies themselves.
            CliRunner().invoke(backup, [str(tmp_path / "copy")], obj=app.config["TIMEBANK"])

    monkeypatch.setattr(backups, "backup", refused)
    run()
    assert "backup" not in done(app, owen)
    monkeypatch.setattr(backups, "backup", copied)
    run()
    assert "backup" in done(app, owen)


def test_each_line_is_ticked_by_what_is_really_there(app: Flask, lend, owen: int) -> None:
    lend(app, **MAIL)
    assert list(steps(app, owen)) == KINDS
    assert done(app, owen) == set()

    def after(do) -> set[str]:
        before = done(app, owen)
        with app.app_context(), transaction() as session:
            one = session.get(Member, owen)
            assert one is not None
            bank = session.get(Bank, one.bank_id)
            do(session, bank, Act(actor(one), clock.now()))
        return done(app, owen) - before

    assert after(lambda session, bank, act: jobs_service.beat(session, "one", now=act.now)) == {
        "worker"
    }
    assert after(lambda session, bank, act: setattr(bank, "contact_phone", "01632 960 142")) == {
        "contact"
    }
    assert after(lambda session, bank, act: setattr(bank, "privacy", "Ask Owen.")) == {"privacy"}
    assert (
        after(
            lambda session, bank, act: jobs_service.note_backup(
                session, "0048", now=bank.created_at - timedelta(days=1)
            )
        )
        == set()
    ), "A copy of before the bank was there has nothing of it."
    assert after(
        lambda session, bank, act: jobs_service.note_backup(session, "0048", now=act.now)
    ) == {"backup"}
    assert (
        after(lambda session, bank, act: make_member(session, bank, "Maggie", role="broker"))
        == set()
    ), "A broker without a way in is not invited."
    assert after(
        lambda session, bank, act: make_member(
            session, bank, "Bo", role="broker", email="bo@example.org"
        )
    ) == {"broker"}
    assert after(
        lambda session, bank, act: make_member(session, bank, "Ana", area="Mill Lane")
    ) == {"areas", "members"}
    assert (
        after(lambda session, bank, act: make_member(session, bank, "Ben", area="Canal Street"))
        == set()
    )
    assert "areas" not in done(app, owen), "Two parts of town of which nobody knows the way."
    assert after(
        lambda session, bank, act: skills_service.link_areas(
            session, bank, TwoAreas("Mill Lane", "Canal Street"), act
        )
    ) == {"areas"}
    assert after(lambda session, bank, act: _offer(session, bank, act, skill=False)) == set()
    assert after(lambda session, bank, act: _offer(session, bank, act, skill=True)) == {"skills"}
    assert (
        after(
            lambda session, bank, act: session.add(
                Credential(member_id=owen, bank_id=bank.id, totp_confirmed_at=act.now)
            )
        )
        == set()
    ), "The brokers have none yet."


def _offer(session: Session, bank: Bank, act: Act, *, skill: bool) -> None:
    if skill:
        skills_service.plant_tree(session, bank)
    skill_id = skills.tree(session, bank)[0].skills[0].id if skill else None
    new = NewListing(title="Clean a gutter", skill_id=skill_id)
    skills_service.post(session, bank, ListingKind.OFFER, new, act)


def test_the_staff_are_asked_for_a_second_factor_by_name(app: Flask, owen: int) -> None:
    step = steps(app, owen)["second_factor"]
    assert [str(one.words) for one in step.answers] == ["Set it up"]
    with app.app_context(), transaction() as session:
        bank = session.get(Bank, session.get(Member, owen).bank_id)
        session.add(Credential(member_id=owen, bank_id=bank.id, totp_confirmed_at=NOW))
    assert "second_factor" in done(app, owen)
    with app.app_context(), transaction() as session:
        bank = session.get(Bank, session.get(Member, owen).bank_id)
        make_member(session, bank, "Maggie", role="broker")
    step = steps(app, owen)["second_factor"]
    assert (step.done, str(step.to_do)) == (False, "Ask Maggie to set up a second factor.")


def test_a_coordinator_alone_sets_the_list_aside_and_sends_a_trial(session: Session) -> None:
    bank = make_bank(session)
    owen = Act(actor(make_member(session, bank, "Owen", role="coordinator")), NOW)
    assert bank.first_day_over_at is None
    service.set_first_day_aside(session, bank, owen)
    assert bank.first_day_over_at == NOW
    service.bring_first_day_back(session, bank, owen)
    assert bank.first_day_over_at is None
    maggie = Act(actor(make_member(session, bank, "Maggie", role="broker")), NOW)
    for verb in (service.set_first_day_aside, service.bring_first_day_back, service.send_trial):
        with pytest.raises(NotAllowed):
            verb(session, bank, maggie)
    with pytest.raises(Conflict) as refused:
        service.send_trial(session, bank, owen)
    assert "no e-mail address" in str(refused.value.message)


def test_mail_works_once_a_server_took_a_letter_and_not_because_one_is_set(
    app: Flask, lend, sign_in, owen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[EmailMessage] = []
    lend(app, mail_server="")
    assert "TIMEBANK_MAIL_SERVER" in str(steps(app, owen)["mail"].to_do)
    lend(app, **MAIL)
    assert "Send yourself a letter" in str(steps(app, owen)["mail"].to_do)
    browser = sign_in(owen)
    answer = browser.post("/b/fife/settings/trial-letter", follow_redirects=True)
    assert "on its way" in answer.text
    assert "mail" not in done(app, owen)
    monkeypatch.setattr("timebank.notices.mail._hand_over", taken.append)
    with app.app_context():
        Worker(app, [job for feature in FEATURES for job in feature.jobs]).run_due()
    assert [message.to for message in taken] == [["Owen <owen@example.org>"]]
    assert "mail" in done(app, owen)
    with app.app_context(), transaction() as session:
        (sent,) = session.query(Notice).filter_by(channel="email").all()
        sent.sent_at, sent.failed_at, sent.error = None, clock.now(), "the mailbox is full"
    assert "mail" not in done(app, owen)
    assert "the mailbox is full" in str(steps(app, owen)["mail"].to_do)
    lend(app, mail_server="")
    assert "mail" not in done(app, owen)


def test_nothing_says_that_a_trial_letter_went_where_none_can(
    app: Flask, lend, sign_in, owen: int
) -> None:
    lend(app, mail_server="")
    page = sign_in(owen).post("/b/fife/settings/trial-letter", follow_redirects=True).text
    assert "on its way" not in page
    assert "no e-mail leaves this time bank yet" in page


def test_the_list_stands_on_the_desk_until_it_is_set_aside(
    app: Flask, lend, sign_in, bearer, owen: int
) -> None:
    with app.app_context(), transaction() as session:
        bank = session.get(Member, owen).bank_id
        maggie = make_member(session, session.get(Bank, bank), "Maggie", role="broker").id
    browser = sign_in(owen)
    assert "See the whole list" in browser.get("/b/fife/desk").text
    assert "See the whole list" not in sign_in(maggie).get("/b/fife/desk").text
    page = browser.get("/b/fife/settings/first-day").text
    assert page.count("<h3>") == 10
    assert sign_in(maggie).get("/b/fife/settings/first-day").status_code == 403
    aside = browser.post("/b/fife/settings/first-day/aside", follow_redirects=True).text
    assert "set aside" in aside
    assert "See the whole list" not in browser.get("/b/fife/desk").text
    assert "Show it on the desk again" in browser.get("/b/fife/settings/first-day").text
    client, headers = app.test_client(), bearer(owen)
    told = client.get("/api/v1/settings/first-day", headers=headers).json
    assert told["set_aside_at"] is not None
    assert {step["kind"] for step in told["steps"]} == set(KINDS)
    back = client.patch(
        "/api/v1/settings/first-day", json={"set_aside": False}, headers=headers
    ).json
    assert back["set_aside_at"] is None
    assert "See the whole list" in browser.get("/b/fife/desk").text
    wrong = client.patch("/api/v1/settings/first-day", json={"set_aside": "maybe"}, headers=headers)
    assert wrong.status_code == 422
    assert client.get("/api/v1/settings/first-day", headers=bearer(maggie)).status_code == 403


def test_with_everything_there_the_list_is_gone_by_itself(
    app: Flask, sign_in, owen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(owen)
    there = Step("mail", say("E-mail leaves"), True, say("Send a letter."))
    monkeypatch.setattr("timebank.desk.views.first_day", lambda *_: [there])
    assert "See the whole list" not in browser.get("/b/fife/desk").text
    monkeypatch.setattr("timebank.settings.views.first_day_of", lambda *_: [there])
    assert "All of it is there." in browser.get("/b/fife/settings/first-day").text
