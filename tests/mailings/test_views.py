"""Letters to many and announcements: who gets them how, who does not and why, and that nobody reads
who else has them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_member, system
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.jobs.worker import Worker
from timebank.mailings import service
from timebank.mailings.models import Mailing, MailingTo
from timebank.mailings.rules import NewMailing, Recipients
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import MemberEvent
from timebank.members.rules import Wishes
from timebank.notices.models import Notice

SignIn = Callable[..., Browser]
HERE = "/b/fife"
WORDS = {"subject": "The hall is shut", "body": "Dear {first name},\n\nNumber {number}: go round."}


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """One for each way of being told, one who wishes for no letters, one without any way."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        made = {
            "bo": make_member(session, bank, "Bo Reed", role="broker"),
            "mail": make_member(session, bank, "Ana Mail", email="ana@example.org"),
            "text": make_member(session, bank, "Tom Text", phone="07700 900123"),
            "paper": make_member(session, bank, "Pat Paper", address="1 Mill Lane"),
            "call": make_member(session, bank, "Cal Call", phone="07700 900124"),
            "wish": make_member(session, bank, "Wyn Wish", email="wyn@example.org"),
            "none": make_member(session, bank, "Nan None"),
        }
        act = Act(system(bank), clock.now())
        for name, wishes in (
            ("text", Wishes("text")),
            ("paper", Wishes("letter")),
            ("wish", Wishes(letters=False)),
        ):
            members_service.set_preference(session, bank, made[name].id, wishes, act)
        return {name: member.id for name, member in made.items()}


def run_jobs(app: Flask) -> None:
    jobs = [job for room in FEATURES for job in room.jobs if job.kind == service.GO_ON]
    Worker(app, jobs).run_due()


def tick_all(browser: Browser) -> str:
    """Tick everybody, and choose to write to them: where the letter is written."""
    asked = browser.post(f"{HERE}/lists/tick", data={"all": "yes", "do": "write"})
    return asked.headers["Location"]


def test_a_letter_goes_to_each_the_way_they_like_and_to_nobody_who_wishes_for_none(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(people["bo"])
    page = tick_all(browser)
    assert "To the 7 members you ticked." in browser.get(page).text
    wrong = browser.post(page, data={**WORDS, "body": "Dear {surname},"})
    assert "Nothing can be filled in for {surname}" in wrong.text
    seen = browser.post(page, data={**WORDS, "calls": "yes"}, follow_redirects=True)
    assert "It would go to 4 people." in seen.text
    for words in ("E-mail: 1", "Text: 1", "Letter on paper: 1", "Telephone: 1"):
        assert words in seen.text
    assert "Wishes for no such letters: 1" in seen.text
    assert "No way to reach them: 2" in seen.text
    assert "Dear Ana," in seen.text
    path = seen.request.path
    # One changes their mind between the look and the sending.
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        text = members.member(session, bank, people["text"])
        mine = Wishes("text", letters=False)
        members_service.set_preference(session, bank, text.id, mine, Act(actor(text), clock.now()))
    sent = browser.post(f"{path}/send", follow_redirects=True).text
    assert "Sent to 3 people." in sent
    assert browser.post(f"{path}/send").status_code == 409
    with app.app_context():
        told = {one.name: one for one in reading().execute(select(Notice)).scalars()}
        assert {name: str(one.channel) for name, one in told.items()} == {
            "Ana Mail": "email",
            "Pat Paper": "letter",
            "Cal Call": "call",
        }
        for name, one in told.items():
            others = [word for other in told if other != name for word in other.split()]
            assert not [word for word in others if word in one.body + one.subject]
        written = select(MemberEvent.member_id).where(MemberEvent.kind == "written_to")
        assert len(reading().execute(written).all()) == 3


def test_a_letter_to_nobody_and_to_people_without_any_way_is_refused_in_words(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(people["bo"])
    nobody = browser.post(f"{HERE}/mailings/new", data=WORDS)
    assert (nobody.status_code, "This letter is for nobody." in nobody.text) == (422, True)
    ticked = {"ids": [people["none"], people["wish"], people["call"]], "do": "write"}
    page = browser.post(f"{HERE}/lists/tick", data=ticked).headers["Location"]
    seen = browser.post(page, data=WORDS, follow_redirects=True)
    assert "It would go to 0 people." in seen.text
    assert "Would have to be rung: 1" in seen.text
    refused = browser.post(f"{seen.request.path}/send")
    assert (refused.status_code, "It would reach nobody." in refused.text) == (409, True)


def test_a_letter_to_five_thousand_goes_out_in_parts_and_can_be_stopped(
    app: Flask, people: dict[str, int], sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 2)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        bo = members.member(session, bank, people["bo"])
        act = Act(actor(bo), clock.now())
        ids = (people["mail"], people["text"], people["paper"], people["call"])
        letter = NewMailing("Shut", "Go round.", calls=True)
        made = [
            service.write(session, bank, letter, Recipients(members=ids), act).id for _ in range(2)
        ]
    browser = sign_in(people["bo"])
    for mailing_id, stopped in zip(made, (True, False), strict=True):
        path = f"{HERE}/mailings/{mailing_id}"
        browser.post(f"{path}/send")
        assert "2 of 4 are in the outbox" in browser.get(path).text
        if stopped:
            browser.post(f"{path}/stop")
        run_jobs(app)
        words = "Stopped. 2 people have it." if stopped else "Sent to 4 people."
        assert words in browser.get(path).text
    with app.app_context():
        fates = select(MailingTo.fate, Mailing.state).join(
            Mailing, Mailing.id == MailingTo.mailing_id
        )
        assert len([1 for row in reading().execute(fates) if row.fate == "written"]) == 6


def test_an_announcement_stands_on_everybodys_first_page_for_its_days(
    people: dict[str, int], sign_in: SignIn
) -> None:
    browser, on = sign_in(people["bo"]), clock.now().date()
    page = f"{HERE}/mailings/announcements"
    new = {"title": "The hall is shut", "words": "Until the roof is done.", "starts_on": on}
    over = browser.post(page, data={**new, "ends_on": on - timedelta(days=1)})
    assert "over before it begins" in over.text
    long = browser.post(page, data={**new, "ends_on": on + timedelta(days=61)})
    assert "60 days at most" in long.text
    browser.post(page, data={**new, "ends_on": on + timedelta(days=7)})
    reader = sign_in(people["mail"])
    assert "The hall is shut" in reader.get(f"{HERE}/").text
    assert "Until the roof is done." in reader.get(f"{page}/1").text
    assert reader.get(page).status_code == 403
    browser.post(f"{page}/1/take-down")
    assert "The hall is shut" not in reader.get(f"{HERE}/").text
