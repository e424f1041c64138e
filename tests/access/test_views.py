"""Signing in and out as people do it: pages, buttons, wrong turns."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from pyotp.totp import TOTP
from sqlalchemy import func, select, text

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_member, system
from tests.letters import plain, received
from timebank import clock
from timebank.access import links, queries, rules, service, sessions
from timebank.access.models import FailedSignIn, SignInLink
from timebank.access.seals import Seals
from timebank.act import Act
from timebank.app import FEATURES, create_app
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import db, reading, transaction
from timebank.jobs.models import Job
from timebank.jobs.worker import Worker
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.notices import mail
from timebank.notices.models import Notice
from timebank.notices.outbox import Refused

PASSWORD = "three words together"


@pytest.fixture
def bank(app) -> int:
    """The id of the only bank, at /b/fife."""
    with app.app_context(), transaction() as session:
        return make_bank(session, slug="fife", contact_phone="01632 960 142").id


@pytest.fixture
def joan(app, bank) -> int:
    """A member, number 1042, joan@example.org, with a password."""
    return person(app, bank, "Joan", number="1042", email="joan@example.org")


@pytest.fixture
def ben(app, bank) -> int:
    """A broker, number 2, with a password and no second factor yet."""
    return person(app, bank, "Ben", number="2", role="broker")


@pytest.fixture
def browser(sign_in) -> Browser:
    """A stranger's browser."""
    return sign_in()


def person(app, bank_id, name, **details) -> int:
    with app.app_context(), transaction() as session:
        bank = session.get_one(Bank, bank_id)
        member = make_member(session, bank, name, **details)
        service.set_password(session, bank, member.id, PASSWORD, Act(actor(member), clock.now()))
        return member.id


def make_link(app, member_id, **more) -> str:
    with app.app_context(), transaction() as session:
        bank = session.get_one(Bank, session.get_one(Member, member_id).bank_id)
        return links.make(session, bank, member_id, Act(system(bank), clock.now()), **more)


def set_up_second_factor(app, member_id) -> tuple[str, list[str]]:
    """The seed and the recovery codes, set up half an hour ago."""
    with app.app_context(), transaction() as session:
        member = session.get_one(Member, member_id)
        bank, seed, then = (
            session.get_one(Bank, member.bank_id),
            service.new_second_factor(),
            clock.now() - timedelta(minutes=30),
        )
        code, seals = TOTP(seed).at(then), Seals.of(app.config["TIMEBANK"])
        return seed, service.set_up_second_factor(
            session, bank, member_id, seed, code, seals, Act(actor(member), then)
        )


def try_password(browser, name="1042", password=PASSWORD, **more):
    """Send the sign-in form. Signing in changes the token against forged forms, so another try
    opens the page anew."""
    browser.open_a_page()
    return browser.post("/sign-in", data={"name": name, "password": password, **more})


def send(app) -> list[EmailMessage]:
    """What a worker sends that does all there is to do."""
    sent: list[EmailMessage] = []
    config = replace(app.config["TIMEBANK"], mail_server="mail.example")
    app.config["TIMEBANK"] = config
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "_hand_over", lambda message: sent.append(received(message)))
        Worker(app, [job for feature in FEATURES for job in feature.jobs]).run_due()
    return sent


def the_link(message: EmailMessage) -> str:
    found = re.search(r"http://localhost(/sign-in/\S+)", plain(message))
    assert found is not None
    return found[1]


def sign_out(browser) -> None:
    browser.open_a_page()
    assert browser.post("/sign-out").status_code == 303


def is_signed_in(browser, name="Joan") -> bool:
    return f"Signed in as {name}" in browser.get("/help").text


# ---- By password ----


def test_a_member_signs_in_with_name_and_password_and_lands_at_home(browser, joan):
    assert "Sign in" in browser.get("/sign-in").text
    answer = try_password(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/b/fife/")
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    ("name", "password"),
    [("1042", "wrong password"), ("nobody", PASSWORD), ("1042", PASSWORD.upper())],
)
def test_a_wrong_sign_in_says_what_to_do_and_keeps_the_name_but_not_the_password(
    browser, joan, name, password
):
    answer = try_password(browser, name, password)
    assert answer.status_code == 422
    assert "do not go together" in answer.text
    assert "ask for a one-time link" in answer.text
    assert f'value="{name}"' in answer.text
    assert password not in answer.text
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "data", [{}, {"name": "1042"}, {"password": PASSWORD}, {"name": "a\0b", "password": "x"}]
)
def test_a_form_half_filled_is_shown_again(browser, joan, data):
    answer = browser.post("/sign-in", data=data)
    assert answer.status_code == 422
    assert "to correct" in answer.text


def test_one_goes_on_to_the_page_one_wanted(browser, joan):
    sent = browser.get("/b/fife/me/tokens?x=1")
    assert sent.headers["Location"] == "/sign-in?next=/b/fife/me/tokens?x%3D1&to=fife"
    page = browser.get(sent.headers["Location"]).text
    wanted = re.search(r'name="next"\s+value="([^"]+)"', page)
    assert wanted is not None
    assert try_password(browser, next=wanted[1]).headers["Location"] == "/b/fife/me/tokens?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "http:/evil",
    ],
)
def test_nobody_is_led_off_the_site_by_signing_in(browser, joan, elsewhere):
    assert try_password(browser, next=elsewhere).headers["Location"] == "/b/fife/"
    assert (
        browser.get("/sign-in", query_string={"next": elsewhere}).headers["Location"] == "/b/fife/"
    )


def test_a_form_that_no_page_of_ours_sent_signs_nobody_in(app, joan):
    bare = app.test_client()
    answer = bare.post("/sign-in", data={"name": "1042", "password": PASSWORD})
    assert answer.status_code == 400
    assert "_user_id" not in _cookie(bare)


def _cookie(browser) -> dict:
    with browser.session_transaction() as cookie:
        return dict(cookie)


def test_nothing_planted_in_the_browser_before_survives_signing_in(browser, joan):
    with browser.session_transaction() as cookie:
        cookie["stays"], cookie["planted"], before = True, "x", cookie["csrf_token"]
    try_password(browser)
    after = _cookie(browser)
    assert "stays" not in after
    assert "planted" not in after
    assert after.get("csrf_token") != before


def test_a_sign_in_lasts_for_the_hours_it_is_set_to_and_no_longer(app, browser, joan):
    browser.get("/sign-in/link/0000")
    visitors = browser.get_cookie("session")
    assert visitors is not None
    assert visitors.expires is None
    try_password(browser)
    cookie = browser.get_cookie("session")
    assert cookie is not None
    assert cookie.expires is not None
    hours = (cookie.expires - clock.now()) / timedelta(hours=1)
    assert 11.9 < hours <= 12
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_cookies_go_over_https_only_unless_told_otherwise(database):
    app = create_app(Config(database_url=database, secret_key="for tests only " * 4))
    client = app.test_client()
    assert "Secure" in client.get("/sign-in/link/0000").headers["Set-Cookie"]
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_two_who_share_an_address_and_a_password_use_the_number(app, bank, browser, joan):
    person(app, bank, "Tom", number="7", email="joan@example.org")
    answer = try_password(browser, "joan@example.org")
    assert answer.status_code == 422
    assert "member number always does" in answer.text
    assert try_password(browser, "7").status_code == 303
    assert is_signed_in(browser, "Tom")


def test_with_several_banks_one_is_chosen_first(app, browser, joan):
    with app.app_context(), transaction() as session:
        make_bank(session, name="Another Time Bank", slug="another")
    page = browser.get("/sign-in").text
    assert "Which is your time bank?" in page
    assert "/sign-in?to=another" in page
    assert try_password(browser, to="another").status_code == 422
    assert try_password(browser, to="fife").status_code == 303
    assert browser.get("/sign-in?to=nowhere").status_code in (302, 404)


def test_a_stranger_at_an_unknown_bank_is_told_so(browser, joan):
    assert browser.get("/sign-in?to=nowhere").status_code == 404


# ---- Failures ----


@pytest.fixture
def at(monkeypatch):
    """`at(moment)` sets the clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_clock


def test_after_ten_failures_there_is_a_pause_that_even_the_right_password_waits_out(
    app, browser, joan, at
):
    start = clock.now()
    for second in range(10):
        at(start + timedelta(seconds=second))
        assert try_password(browser, "joan@example.org", "wrong password").status_code == 422
    answer = try_password(browser)
    assert answer.status_code == 429
    assert "there is a pause until" in answer.text
    assert "one-time link" in answer.text
    at(start + timedelta(minutes=15, seconds=30))
    assert try_password(browser).status_code == 303


def test_a_name_is_the_same_however_it_is_written(browser, joan):
    for name in ("1042", "joan@example.org", "JOAN@example.org", " 1042 ", "Joan@Example.Org") * 2:
        assert try_password(browser, name, "wrong password").status_code == 422
    assert try_password(browser, "joan@example.ORG", "wrong password").status_code == 429


def test_a_pause_for_one_is_none_for_another(app, bank, browser, joan):
    person(app, bank, "Tom", number="7")
    answers = [try_password(browser, "1042", "wrong password") for _ in range(11)]
    assert answers[-1].status_code == 429
    assert try_password(browser, "7").status_code == 303


def test_a_name_nobody_has_is_paused_in_the_same_words(browser, joan):
    seen = []
    for name in ("1042", "nobody@example.org"):
        last = [try_password(browser, name, "wrong password") for _ in range(11)][-1]
        assert last.status_code == 429
        seen.append(re.sub(r"\d\d:\d\d", "", re.sub(r"(?s).*summary-title|</ul>.*", "", last.text)))
    assert seen[0] == seen[1]


def guess_from(browser, address):
    """A wrong password for Joan, sent from an address of the network."""
    browser.open_a_page()
    return browser.post(
        "/sign-in",
        data={"name": "1042", "password": "wrong password"},
        environ_overrides={"REMOTE_ADDR": address},
    ).status_code


def test_an_address_is_no_person_and_locks_out_no_neighbour(app, bank, browser, joan):
    """Seventy failures at one library, over many names: who is there signs in all the same."""
    person(app, bank, "Ben", number="2")
    for number in range(60):
        try_password(browser, f"nobody {number}", "wrong password")
    answers = [try_password(browser, "2", "wrong password").status_code for _ in range(11)]
    assert answers[-2:] == [422, 429]
    assert try_password(browser).status_code == 303


def test_a_stranger_cannot_lock_anybody_out_where_they_are_known(sign_in, browser, joan):
    try_password(browser)
    sign_out(browser)
    assert browser.get_cookie("device") is not None
    stranger = sign_in()
    answers = [guess_from(stranger, f"192.0.2.{number}") for number in range(101)]
    assert answers[-2:] == [422, 429]  # a hundred in a day, from wherever
    assert try_password(browser).status_code == 303


def test_a_stranger_at_another_address_locks_nobody_out_who_comes_for_the_first_time(
    sign_in, browser, joan
):
    stranger = sign_in()
    answers = [guess_from(stranger, "192.0.2.7") for _ in range(11)]
    assert answers[-2:] == [422, 429]
    assert try_password(browser).status_code == 303


def test_guesses_where_somebody_is_known_are_held_back_too(browser, joan):
    try_password(browser)
    sign_out(browser)
    for _ in range(10):
        assert try_password(browser, "1042", "wrong password").status_code == 422
    assert try_password(browser).status_code == 429


def test_success_forgets_the_failures_of_the_name(app, browser, joan):
    for _ in range(9):
        try_password(browser, "1042", "wrong password")
    assert try_password(browser).status_code == 303
    with app.app_context():
        left = reading().execute(select(func.count()).select_from(FailedSignIn)).scalar_one()
    assert left == 9  # those of all unknown devices together, for a day
    browser.sign_out()
    assert try_password(browser, "1042", "wrong password").status_code == 422


def test_attempts_made_side_by_side_cannot_outrun_the_count(app, browser, joan, monkeypatch):
    """Each attempt is on record before it is judged: the eleventh, begun while ten are being
    judged, is not judged at all."""
    judged = []

    def slow(session, bank, name, password):
        if len(judged) < 30:
            judged.append(name)
            try_password(app.test_client(), "1042", "wrong password")
        raise service.NotRecognised("No.")

    monkeypatch.setattr(service, "recognise", slow)
    try_password(browser, "1042", "wrong password")
    assert len(judged) == 10


def test_neither_names_nor_addresses_are_kept_in_clear(app, browser, joan):
    try_password(browser, "joan@example.org", "wrong password")
    with app.app_context():
        kept = reading().execute(select(FailedSignIn.counted)).scalars().all()
    assert len(kept) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}", against) for against in kept)


def test_an_address_behind_a_proxy_is_the_visitors(database, joan):
    app = create_app(
        Config(
            database_url=database, secret_key="for tests only " * 4, secure_cookies=False, proxies=1
        )
    )
    app.test_client_class = Browser
    browser = app.test_client()
    with app.app_context():
        before = dict.fromkeys(reading().execute(select(FailedSignIn.counted)).scalars(), 0)
    browser.post(
        "/sign-in",
        data={"name": "nobody", "password": "wrong password", "to": "fife"},
        headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.7"},
    )
    with app.app_context():
        kept = set(reading().execute(select(FailedSignIn.counted)).scalars()) - before.keys()
        fife = reading().execute(select(Bank)).scalar_one()
        subject = queries.subject(reading(), fife, "nobody")
        db.session.remove()
        db.engine.dispose()
    assert rules.counted("for tests only " * 4, "address", subject, "192.0.2.7") in kept


# ---- By one-time link ----


def asked(app) -> list[Notice]:
    with app.app_context():
        return list(reading().execute(select(Notice)).scalars())


def with_mail(app) -> None:
    """From now on e-mail leaves this bank."""
    app.config["TIMEBANK"] = replace(app.config["TIMEBANK"], mail_server="mail.example")


def test_where_no_mail_leaves_nobody_is_told_that_a_link_is_on_its_way(
    app, browser, bank, joan, sign_in
):
    owen = person(app, bank, "Owen", role="coordinator")
    staff, member = sign_in(owen), sign_in(joan)
    said = dict[bool, list[str]]()
    for mail_leaves in (False, True):
        if mail_leaves:
            with_mail(app)
        new = {"email": f"joan.{mail_leaves}@example.org", "phone": ""}
        reader = {
            "name": "Jo Reid",
            "organisation": "Council",
            "email": f"{mail_leaves}@x.example",
        }
        said[mail_leaves] = [
            staff.get("/b/fife/", follow_redirects=True).text,
            browser.get("/sign-in/link").text,
            browser.post("/sign-in/link", data={"name": "9999"}, follow_redirects=True).text,
            member.post("/b/fife/me/addresses", data=new, follow_redirects=True).text,
            member.post("/b/fife/me/addresses/proof", follow_redirects=True).text,
            staff.post("/b/fife/reports/readers", data=reader, follow_redirects=True).text,
        ]
    says = {
        leaves: ["e-mail leaves this time bank" in page for page in pages]
        for leaves, pages in said.items()
    }
    assert says == {False: [True] * 6, True: [False] * 6}
    assert "No e-mail leaves" not in member.get("/b/fife/").text


@pytest.mark.parametrize("name", ["joan@example.org", "1042", "nobody@example.org", "9999"])
def test_asking_for_a_link_is_answered_alike_whoever_is_asked_for(app, browser, joan, name):
    with_mail(app)
    answer = browser.post(
        "/sign-in/link", data={"name": name, "password": "whatever"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert f"If {name} is known here, a link and a code are on their way." in answer.text
    assert "within 1 hour" in answer.text
    # Whom it means is found out by a job: one is queued, and nothing else done, whoever it is.
    assert len([notice for notice in asked(app) if notice.secret]) == 0
    with app.app_context():
        jobs = reading().execute(select(Job.payload).where(Job.kind == links.JOB)).scalars().all()
    assert [list(payload) for payload in jobs] == [["request"]]
    sent = [message for message in send(app) if "/sign-in/link/" in plain(message)]
    assert len(sent) == (1 if name in ("joan@example.org", "1042") else 0)


def test_the_link_in_the_mail_shows_a_button_and_the_button_signs_in(app, browser, joan):
    browser.post("/sign-in/link", data={"name": "1042", "next": "/b/fife/me/tokens"})
    mail = send(app)[-1]
    link = the_link(mail)
    for _ in range(3):  # Mail scanners look, too, and more than once.
        page = browser.get(link)
        assert page.status_code == 200
        assert "Hello, Joan" in page.text
    assert not is_signed_in(browser)
    answer = browser.post(link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/b/fife/me/tokens")
    assert is_signed_in(browser)
    # Opened again from the mail by who is signed in, it leads home.
    assert browser.get(link).headers["Location"] == "/b/fife/"


def test_six_digits_read_out_sign_in_where_they_were_asked_for_and_nowhere_else(
    app, browser, sign_in, joan
):
    browser.post("/sign-in/link", data={"name": "1042", "next": "/b/fife/me"})
    mail = send(app)[-1]
    digits = re.search(r"\b\d{6}\b", plain(mail))[0]
    assert sign_in().post("/sign-in/code", data={"code": digits}).status_code == 422
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    answer = browser.post("/sign-in/code", data={"code": wrong})
    assert answer.status_code == 422
    assert "Those digits do not fit" in answer.text
    assert f'value="{wrong}"' in answer.text
    answer = browser.post("/sign-in/code", data={"code": f"{digits[:3]} {digits[3:]}"})
    assert answer.headers["Location"] == "/b/fife/me"
    assert is_signed_in(browser)


def test_nothing_that_shows_notices_shows_a_link_in_flight(
    app, bank, browser, sign_in, bearer, joan
):
    """One letter under way, one that has gone and one that has bounced: none of the pages, sheets,
    files and calls holds a code of theirs."""
    ben = person(app, bank, "Ben", role="broker")
    owen = person(app, bank, "Owen", role="coordinator", email="owen@example.org")
    browser.post("/sign-in/link", data={"name": "1042"})
    gone = send(app)[-1]
    browser.post("/sign-in/link", data={"name": "owen@example.org"})

    def bounce(message):
        words = plain(received(message))
        raise Refused(f"550 no such box: {words}")

    with pytest.MonkeyPatch.context() as patch:
        bounced = []
        patch.setattr(
            mail, "_hand_over", lambda message: bounced.append(received(message)) or bounce(message)
        )
        Worker(app, [job for feature in FEATURES for job in feature.jobs]).run_due()
    browser.post("/sign-in/link", data={"name": "1042"})
    secrets = [
        *(the_link(message).rsplit("/", 1)[1] for message in (gone, bounced[-1])),
        *(re.search(r"\b\d{6}\b", plain(message))[0] for message in (gone, bounced[-1])),
        "sign-in/link/",
    ]
    pages = ["desk", "desk/calls", "desk/letters", "desk/notices", "me", "me/sign-in", "me/data"]
    pages += [f"members/{joan}", f"members/{owen}", f"members/{joan}/notices"]
    seen = []
    for who in (joan, ben, owen):
        by = sign_in(who)
        seen += [by.get(f"/b/fife/{page}").text for page in pages]
        for path in ("notices", "notices?channel=call", f"members/{owen}/notices"):
            seen.append(by.get(f"/api/v1/{path}", headers=bearer(who)).text)
    with app.app_context():
        for table in ("notice", "job", "link_request", "sign_in_link", "member_event"):
            seen.append(str(reading().execute(text(f"SELECT * FROM {table}")).all()))
    assert [secret for secret in secrets if any(secret in page for page in seen)] == []
    assert any("did not get through to owen@example.org (550)" in page for page in seen)
    # What bounced opens nothing, whoever has read it on the way.
    assert "works no more" in sign_in().get(the_link(bounced[-1])).text


def test_a_link_works_for_one_browser_only(app, sign_in, joan):
    code = make_link(app, joan)
    hers, anothers = sign_in(), sign_in()
    for browser in (hers, anothers):
        browser.get(f"/sign-in/link/{code}")
    assert hers.post(f"/sign-in/link/{code}").status_code == 303
    answer = anothers.post(f"/sign-in/link/{code}")
    assert answer.status_code == 409
    assert "This link works no more" in answer.text
    assert not is_signed_in(anothers)
    assert "This link works no more" in anothers.get(f"/sign-in/link/{code}").text


def test_a_second_click_on_the_button_does_no_harm(app, browser, joan):
    code = make_link(app, joan)
    browser.get(f"/sign-in/link/{code}")
    kept = browser.get_cookie("session")
    assert browser.post(f"/sign-in/link/{code}").status_code == 303
    # The second click was made before the answer to the first one came, and so with the same
    # cookie.
    browser.set_cookie("session", kept.value)
    assert browser.post(f"/sign-in/link/{code}").status_code == 303
    assert is_signed_in(browser)


def test_a_link_that_has_run_out_offers_another(app, browser, joan):
    code = make_link(app, joan, minutes=0)
    page = browser.get(f"/sign-in/link/{code}")
    assert "This link works no more" in page.text
    assert "/sign-in/link" in page.text
    assert browser.post(f"/sign-in/link/{code}").status_code == 409


def test_a_code_on_paper_is_typed(app, browser, joan):
    code = make_link(app, joan)
    sent = browser.post("/sign-in/code", data={"code": f"  {code.upper().replace('-', ' ')} "})
    assert sent.headers["Location"] == f"/sign-in/link/{code}"
    browser.post(sent.headers["Location"])
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("////", "this has 0"),
        ("é", "no letter É"),
        ("7kqf-2mpx-9dtw-h3v", "this has 15"),
        ("7kqf-2mpx-9dtw-h3vu", "no letter U"),
        ("7kqf-2mpx-9dtw-h3vn", "No link has that code"),
        ("0" * 80, "this has 80"),
    ],
)
def test_a_code_that_is_wrong_stays_in_its_field_and_is_told_about(browser, joan, code, words):
    answer = browser.post("/sign-in/code", data={"code": code})
    assert answer.status_code in (409, 422)
    assert words in answer.text
    assert f'value="{code}"' in answer.text
    assert 'id="code-error"' in answer.text


def test_a_link_signs_in_another_member_only_as_themselves(app, bank, sign_in, joan):
    tom = person(app, bank, "Tom", number="7")
    browser = sign_in(joan)
    browser.post(f"/sign-in/link/{make_link(app, tom)}")
    assert is_signed_in(browser, "Tom")


def test_asking_for_links_is_rationed_by_address(app, browser, joan, at):
    now = clock.now()
    at(now)
    with app.app_context(), transaction() as session:
        against = rules.counted(app.config["SECRET_KEY"], "link", "127.0.0.1")
        service.note_attempt(session, [against] * 49, now=now)
    assert browser.post("/sign-in/link", data={"name": "1042"}).status_code == 303
    assert browser.post("/sign-in/link", data={"name": "1042"}).status_code == 429


def test_staff_need_their_second_factor_after_a_link_too(app, browser, ben):
    browser.post(f"/sign-in/link/{make_link(app, ben)}")
    assert browser.get("/b/fife/lists").headers["Location"].startswith("/second-factor")


# ---- Out ----


def test_signing_out_is_a_button_and_no_link(sign_in, joan):
    browser = sign_in(joan)
    assert browser.get("/sign-out").status_code == 405
    assert is_signed_in(browser)
    answer = browser.post("/sign-out", follow_redirects=True)
    assert "You are signed out." in answer.text
    assert not is_signed_in(browser)


def test_signing_out_everywhere_reaches_other_browsers(sign_in, joan):
    here, there = sign_in(joan), sign_in(joan)
    here.post("/b/fife/me/sign-out-everywhere")
    assert not is_signed_in(here)
    assert not is_signed_in(there)


def test_who_is_signed_in_is_not_asked_to_sign_in(sign_in, joan):
    assert sign_in(joan).get("/sign-in").headers["Location"] == "/b/fife/"


# ---- A password of one's own ----


def test_a_member_without_a_password_sets_one_and_stays_signed_in_here_alone(app, bank, sign_in):
    with app.app_context(), transaction() as session:
        tom = make_member(session, session.get_one(Bank, bank), "Tom", number="7")
    here, there = sign_in(tom), sign_in(tom)
    answer = here.post("/b/fife/me/password", data={"password": PASSWORD}, follow_redirects=True)
    assert "that is your password from now on" in answer.text
    assert is_signed_in(here, "Tom")
    assert not is_signed_in(there, "Tom")
    assert try_password(sign_in(), "7").status_code == 303


def test_a_cookie_copied_before_signing_out_opens_nothing_afterwards(sign_in, browser, joan):
    try_password(browser)
    kept = browser.get_cookie("session")
    assert is_signed_in(browser)
    sign_out(browser)
    thief = sign_in()
    thief.set_cookie("session", kept.value)
    assert not is_signed_in(thief)


def test_who_signs_in_where_somebody_was_signed_in_ends_that(app, bank, sign_in, browser, joan):
    person(app, bank, "Tom", number="7")
    try_password(browser)
    joans = browser.get_cookie("session")
    try_password(browser, "7")
    assert is_signed_in(browser, "Tom")
    thief = sign_in()
    thief.set_cookie("session", joans.value)
    assert not is_signed_in(thief)


def test_one_sign_in_is_ended_from_another_and_nobody_elses(app, bank, sign_in, joan):
    here, there = sign_in(joan), sign_in(joan)
    tom = sign_in(person(app, bank, "Tom", number="7"))
    page = here.get("/b/fife/me/sign-in").text
    (where,) = set(re.findall(r"/b/fife/me/sign-ins/\d+/end", page))
    tom.post(where)
    assert is_signed_in(there)
    assert here.post(where).status_code == 303
    assert not is_signed_in(there)
    assert is_signed_in(here)


def test_who_stays_signed_in_does_for_ninety_days_and_the_staff_never(
    app, browser, sign_in, joan, ben, at
):
    start = clock.now()
    at(start)
    try_password(browser, stay="true")
    cookie = browser.get_cookie("session")
    assert 89.9 < (cookie.expires - start) / timedelta(days=1) <= 90
    bens = sign_in()
    try_password(bens, "2", stay="true")
    at(start + timedelta(days=80))
    assert is_signed_in(browser)
    assert bens.get("/b/fife/lists").headers["Location"].startswith("/sign-in")
    at(start + timedelta(days=91))
    assert not is_signed_in(browser)


def test_the_guard_asks_one_question_and_seldom_writes_that_somebody_was_there(
    app, sign_in, joan, at
):
    start = clock.now()
    at(start)
    browser = sign_in(joan)

    def last_used():
        with app.app_context():
            return sessions.open_ones(
                reading(),
                reading().get_one(Bank, 1),
                queries.actor_of(reading().get_one(Member, joan)),
                sessions.lasting(app.config["TIMEBANK"]),
                now=clock.now(),
            )[0].last_used_at

    for minutes, expected in ((0, 0), (4, 0), (6, 6), (10, 6)):
        at(start + timedelta(minutes=minutes))
        assert is_signed_in(browser)
        assert last_used() == start + timedelta(minutes=expected)


# ---- Who one is, said again ----


FRESH = ("me/password", "me/addresses", "me/tokens", "me/passkeys", "me/leave", "me/data")


@pytest.mark.parametrize("page", FRESH)
def test_what_changes_a_way_in_asks_again_who_one_is(sign_in, joan, at, page):
    start = clock.now()
    at(start)
    browser = sign_in(joan)
    assert browser.get(f"/b/fife/{page}").status_code == 200
    at(start + timedelta(minutes=11))
    sent = browser.get(f"/b/fife/{page}")
    assert sent.headers["Location"] == f"/b/fife/me/again?next=/b/fife/{page}"
    assert "say again that it is you" in browser.get(sent.headers["Location"]).text
    at(start + timedelta(minutes=31))
    if page != "me/data":
        sent = browser.post(f"/b/fife/{page}", data={"password": "new words here"})
        assert sent.status_code == 302
    wrong = browser.post("/b/fife/me/again", data={"secret": "guess"})
    assert wrong.status_code == 422
    right = browser.post("/b/fife/me/again", data={"secret": PASSWORD, "next": f"/b/fife/{page}"})
    assert right.headers["Location"] == f"/b/fife/{page}"
    assert browser.get(f"/b/fife/{page}").status_code == 200


@pytest.mark.parametrize("page", ["link", "second-factor", "role"])
def test_what_the_staff_change_of_another_asks_again_too(app, bank, sign_in, joan, at, page):
    start = clock.now()
    at(start)
    browser = sign_in(person(app, bank, "Owen", number="8", role="coordinator"))
    assert browser.get(f"/b/fife/members/{joan}/{page}").status_code == 200
    at(start + timedelta(minutes=11))
    sent = browser.get(f"/b/fife/members/{joan}/{page}")
    assert sent.headers["Location"].startswith("/b/fife/me/again")


def test_a_form_that_waited_too_long_is_offered_again_with_what_was_written(sign_in, joan, at):
    start = clock.now()
    at(start)
    browser = sign_in(joan)
    at(start + timedelta(minutes=31))
    answer = browser.post(
        "/b/fife/me/addresses",
        data={"email": "new@example.org"},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 400
    assert "say again who you are" in answer.text
    assert 'value="new@example.org"' in answer.text


def test_who_has_no_password_says_who_they_are_by_six_digits(app, bank, sign_in, at):
    with app.app_context(), transaction() as session:
        tom = make_member(
            session, session.get_one(Bank, bank), "Tom", number="7", email="tom@example.org"
        ).id
    start = clock.now()
    at(start)
    browser = sign_in(tom)
    at(start + timedelta(minutes=11))
    browser.post("/b/fife/me/again/code")
    digits = re.search(r"\b\d{6}\b", plain(send(app)[-1]))[0]
    # Somebody else's session in the same browser cannot use them, nor a stranger.
    assert sign_in(tom).post("/b/fife/me/again", data={"secret": digits}).status_code == 422
    assert browser.post("/b/fife/me/again", data={"secret": digits}).status_code == 303
    assert browser.get("/b/fife/me/addresses").status_code == 200
    assert browser.post("/b/fife/me/again", data={"secret": digits}).status_code == 422


def test_who_one_is_cannot_be_guessed_at_length(sign_in, joan):
    browser = sign_in(joan)
    for _ in range(10):
        assert browser.post("/b/fife/me/again", data={"secret": "guess"}).status_code == 422
    assert browser.post("/b/fife/me/again", data={"secret": PASSWORD}).status_code == 429


def test_an_address_is_changed_proved_and_then_signed_in_with(app, browser, sign_in, joan):
    hers = sign_in(joan)
    answer = hers.post("/b/fife/me/addresses", data={"email": "new@example.org"})
    assert answer.headers["Location"] == "/b/fife/me/sign-in"
    assert "It counts once a link can go there" in hers.get("/b/fife/me/sign-in").text
    assert try_password(browser, "new@example.org").status_code == 422
    sent = send(app)
    old = [message["Subject"] for message in sent if "joan@example.org" in message["To"]]
    assert any("was changed" in subject for subject in old)
    # What somebody waits for goes before the rest.
    link = the_link(next(message for message in sent if "new@example.org" in message["To"]))
    assert "One press" in browser.get(link).text
    assert try_password(browser, "new@example.org").status_code == 422  # looking proves nothing
    browser.open_a_page()
    assert browser.post(link).status_code == 303
    assert try_password(browser, "new@example.org").status_code == 303
    assert try_password(sign_in(), "joan@example.org").status_code == 422


def test_ones_own_address_is_not_changed_past_the_question(app, sign_in, bearer, browser, joan):
    """Neither by the form of all the details nor by a key, which is no proof of who one is."""
    sign_in(joan).post(
        f"/b/fife/members/{joan}/edit", data={"name": "Joan", "email": "thief@example.org"}
    )
    answer = browser.patch(
        f"/api/v1/members/{joan}", json={"email": "thief@example.org"}, headers=bearer(joan)
    )
    assert answer.status_code == 403
    assert "ways to sign in" in answer.json["message"]
    with app.app_context():
        assert reading().get_one(Member, joan).email == "joan@example.org"


@pytest.mark.parametrize("password", ["", "short", "password123", "joan@example.org"])
def test_a_bad_password_is_refused_beside_its_field(app, bank, sign_in, password):
    with app.app_context(), transaction() as session:
        tom = make_member(session, session.get_one(Bank, bank), "Tom", email="joan@example.org")
    answer = sign_in(tom).post("/b/fife/me/password", data={"password": password})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text


# ---- The second factor ----


def test_staff_set_up_their_second_factor_when_they_first_sign_in(app, browser, ben):
    assert (
        try_password(browser, "2", next="/b/fife/lists").headers["Location"]
        == "/second-factor?next=/b/fife/lists"
    )
    browser.open_a_page()
    sent = browser.get("/second-factor?next=/b/fife/lists")
    assert sent.headers["Location"] == "/second-factor/set-up?next=/b/fife/lists"
    page = browser.get(sent.headers["Location"]).text
    assert "data:image/svg+xml" in page
    shown = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)
    assert shown is not None
    seed = shown[1].replace(" ", "")
    # The seed stays on the server: the cookie is signed, and can be read.
    assert seed not in str(_cookie(browser))
    assert browser.post("/second-factor/set-up", data={"code": "000000x"}).status_code == 422
    assert seed in browser.get("/second-factor/set-up").text.replace(" ", "")
    done = browser.post(
        "/second-factor/set-up", data={"code": TOTP(seed).now(), "next": "/b/fife/lists"}
    )
    assert len(re.findall(r"<code>\w{4}-\w{4}-\w{4}</code>", done.text)) == 10
    assert browser.get("/b/fife/lists").status_code == 200


def test_staff_show_a_code_at_each_sign_in(app, browser, ben):
    seed, _ = set_up_second_factor(app, ben)
    try_password(browser, "2")
    browser.open_a_page()
    assert browser.get("/b/fife/lists").headers["Location"] == "/second-factor?next=/b/fife/lists"
    assert browser.post("/second-factor", data={"code": "123"}).status_code == 422
    answer = browser.post(
        "/second-factor", data={"code": TOTP(seed).now(), "next": "/b/fife/lists"}
    )
    assert answer.headers["Location"] == "/b/fife/lists"
    assert browser.get("/b/fife/lists").status_code == 200


def test_a_code_seen_over_somebodys_shoulder_is_worth_nothing(app, sign_in, ben):
    seed, _ = set_up_second_factor(app, ben)
    hers, anothers = (sign_in(ben, second_factor=False) for _ in range(2))
    code = TOTP(seed).now()
    assert hers.post("/second-factor", data={"code": code}).status_code == 303
    assert anothers.post("/second-factor", data={"code": code}).status_code == 422


def test_codes_cannot_be_guessed_at_length(app, sign_in, ben):
    seed, _ = set_up_second_factor(app, ben)
    browser = sign_in(ben, second_factor=False)
    for _ in range(10):
        assert browser.post("/second-factor", data={"code": "x"}).status_code == 422
    assert browser.post("/second-factor", data={"code": TOTP(seed).now()}).status_code == 429


def test_a_recovery_code_does_instead_and_then_there_are_nine(app, sign_in, ben):
    _, codes = set_up_second_factor(app, ben)
    browser = sign_in(ben, second_factor=False)
    assert browser.post("/second-factor", data={"code": codes[0]}).status_code == 303
    assert "<b>nine</b>" in browser.get("/second-factor/recovery-codes").text


def test_who_knows_the_password_alone_cannot_set_up_another_second_factor(app, sign_in, ben):
    set_up_second_factor(app, ben)
    browser = sign_in(ben, second_factor=False)
    for method in ("get", "post"):
        answer = getattr(browser, method)("/second-factor/set-up")
        assert answer.headers["Location"].startswith("/second-factor")
        assert not answer.headers["Location"].startswith("/second-factor/set-up")


def test_who_has_not_shown_the_second_factor_is_a_visitor_on_open_pages(app, sign_in, ben):
    set_up_second_factor(app, ben)
    page = sign_in(ben, second_factor=False).get("/b/fife/").text
    assert "Signed in as" not in page


def test_a_second_factor_can_be_moved_to_another_phone(app, sign_in, ben):
    old, _ = set_up_second_factor(app, ben)
    browser = sign_in(ben)
    shown = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", browser.get("/second-factor/set-up").text)
    assert shown is not None
    new = shown[1].replace(" ", "")
    browser.post("/second-factor/set-up", data={"code": TOTP(new).now()})
    fresh = sign_in(ben, second_factor=False)
    assert fresh.post("/second-factor", data={"code": TOTP(old).now()}).status_code == 422


def test_with_the_second_factor_off_staff_just_sign_in(database, ben):
    app = create_app(
        Config(
            database_url=database,
            secret_key="for tests only " * 4,
            secure_cookies=False,
            second_factor="off",
        )
    )
    app.test_client_class = Browser
    browser = app.test_client()
    try_password(browser, "2")
    assert browser.get("/b/fife/lists").status_code == 200
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_coordinator_takes_off_a_lost_second_factor(app, bank, sign_in, ben):
    set_up_second_factor(app, ben)
    maggie = person(app, bank, "Maggie", role="coordinator")
    bens, coordinators = sign_in(ben), sign_in(maggie)
    where = f"/b/fife/members/{ben}/second-factor"
    assert "Make sure who is asking" in coordinators.get(where).text
    assert coordinators.post(where).status_code == 303
    assert bens.get("/b/fife/lists").headers["Location"].startswith("/sign-in")
    assert "nothing to take off" in coordinators.get(where).text
    assert coordinators.post(where).status_code == 409


# ---- Links handed over, and keys for programs ----


def test_a_broker_hands_over_a_link_that_works(app, sign_in, browser, joan, ben):
    bens = sign_in(ben)
    assert "How long is it to be good?" in bens.get(f"/b/fife/members/{joan}/link").text
    page = bens.post(f"/b/fife/members/{joan}/link", data={"minutes": "1440"}).text
    assert "within a day" in page
    assert "http://localhost/sign-in/code" in page
    assert "data:image/svg+xml" in page
    found = re.search(r"<code>(\w{4}-\w{4}-\w{4}-\w{4})</code>", page)
    assert found is not None
    browser.post(f"/sign-in/link/{found[1]}")
    assert is_signed_in(browser)


@pytest.mark.parametrize("minutes", ["", "0", "-5", "999999999", "soon"])
def test_a_link_is_good_for_a_week_at_most(app, sign_in, joan, ben, minutes):
    assert (
        sign_in(ben).post(f"/b/fife/members/{joan}/link", data={"minutes": minutes}).status_code
        == 422
    )
    with app.app_context():
        assert reading().execute(select(SignInLink)).first() is None


def test_a_broker_hands_no_link_to_staff(app, bank, sign_in, ben):
    maggie = person(app, bank, "Maggie", role="coordinator")
    answer = sign_in(ben).post(f"/b/fife/members/{maggie}/link", data={"minutes": "60"})
    assert answer.status_code == 403
    assert "Only a coordinator" in answer.text


def test_a_key_is_shown_once_works_and_is_taken_away(app, sign_in, joan):
    browser = sign_in(joan)
    made = browser.post("/b/fife/me/tokens", data={"name": "My sheet", "scope": "read"})
    found = re.search(r"<code>(tb_[\w-]+)</code>", made.text)
    assert found is not None
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert browser.get("/api/v1/me", headers=headers).json["name"] == "Joan"
    page = browser.get("/b/fife/me/tokens").text
    assert found[1] not in page
    assert "My sheet" in page
    where = re.search(r"/b/fife/me/tokens/\d+/revocation", page)
    assert where is not None
    browser.post(where[0])
    assert browser.get("/api/v1/me", headers=headers).status_code == 401
    assert "My sheet" not in browser.get("/b/fife/me/tokens").text


@pytest.mark.parametrize(
    "data", [{}, {"name": "x"}, {"scope": "read"}, {"name": "x", "scope": "all"}]
)
def test_a_key_needs_a_name_and_a_scope(sign_in, joan, data):
    assert sign_in(joan).post("/b/fife/me/tokens", data=data).status_code == 422


def test_nobody_takes_away_a_neighbours_key(app, bank, sign_in, joan):
    tom = person(app, bank, "Tom", number="7")
    sign_in(joan).post("/b/fife/me/tokens", data={"name": "My sheet", "scope": "read"})
    with app.app_context():
        (token,) = queries.tokens(reading(), reading().get_one(Bank, bank), joan, now=clock.now())
        token_id = token.id
    assert sign_in(tom).post(f"/b/fife/me/tokens/{token_id}/revocation").status_code == 404


def test_a_key_says_when_it_was_last_used_without_writing_at_every_call(
    app, bank, browser, bearer, joan, at
):
    headers, start = bearer(joan), clock.now()

    def last_used():
        with app.app_context():
            return queries.tokens(reading(), reading().get_one(Bank, bank), joan, now=clock.now())[
                0
            ].last_used_at

    for minutes, expected in ((0, 0), (30, 0), (61, 61), (90, 61)):
        at(start + timedelta(minutes=minutes))
        assert browser.get("/api/v1/me", headers=headers).status_code == 200
        assert last_used() == start + timedelta(minutes=expected)


def test_who_is_paused_still_sees_their_pages(app, bank, sign_in, joan):
    browser = sign_in(joan)
    with app.app_context(), transaction() as session:
        found = session.get_one(Bank, bank)
        members_service.pause(session, found, joan, Act(system(found), clock.now()))
    assert browser.get("/b/fife/me").status_code == 200
