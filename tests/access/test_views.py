"""Signing in and out as people do it: pages, buttons, wrong turns."""

import re
from datetime import datetime, timedelta

import pytest
from pyotp.totp import TOTP
from sqlalchemy import func, select

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_member, system
from timebank import clock
from timebank.access import queries, service
from timebank.access.models import FailedSignIn, SignInLink
from timebank.act import Act
from timebank.app import create_app
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import db, reading, transaction
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.notices.models import Notice

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
        return service.make_link(session, bank, member_id, Act(system(bank), clock.now()), **more)


def set_up_second_factor(app, member_id) -> tuple[str, list[str]]:
    """The seed and the recovery codes, set up half an hour ago."""
    with app.app_context(), transaction() as session:
        member = session.get_one(Member, member_id)
        bank, seed, then = (
            session.get_one(Bank, member.bank_id),
            service.new_second_factor(),
            clock.now() - timedelta(minutes=30),
        )
        code = TOTP(seed).at(then)
        return seed, service.set_up_second_factor(
            session, bank, member_id, seed, code, Act(actor(member), then)
        )


def try_password(browser, name="1042", password=PASSWORD, **more):
    """Send the sign-in form. Signing in changes the token against forged forms, so another try
    opens the page anew."""
    browser.open_a_page()
    return browser.post("/sign-in", data={"name": name, "password": password, **more})


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
    assert "to put right" in answer.text


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
        cookie["second_factor"], cookie["planted"], before = True, "x", cookie["csrf_token"]
    try_password(browser)
    after = _cookie(browser)
    assert "second_factor" not in after
    assert "planted" not in after
    assert after.get("csrf_token") != before


def test_a_sign_in_lasts_for_the_hours_it_is_set_to_and_no_longer(app, browser, joan):
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


def test_who_shares_an_address_is_told_to_use_the_number(app, bank, browser, joan):
    person(app, bank, "Tom", number="7", email="joan@example.org")
    answer = try_password(browser, "joan@example.org")
    assert answer.status_code == 422
    assert "write your member number instead" in answer.text
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


def test_one_address_may_fail_fifty_times_over_many_names(app, browser, joan, at):
    now = clock.now()
    at(now)
    with app.app_context(), transaction() as session:
        against = service.rules.counted(app.config["SECRET_KEY"], "address", "127.0.0.1")
        service.note_attempt(session, [against] * 49, now=now)
    assert try_password(browser, "somebody", "wrong password").status_code == 422
    assert try_password(browser).status_code == 429
    elsewhere = browser.post(
        "/sign-in",
        data={"name": "1042", "password": PASSWORD},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert elsewhere.status_code == 303


def test_success_forgets_the_failures_of_the_name(app, browser, joan):
    for _ in range(9):
        try_password(browser, "1042", "wrong password")
    assert try_password(browser).status_code == 303
    with app.app_context():
        left = reading().execute(select(func.count()).select_from(FailedSignIn)).scalar_one()
    assert left == 9  # those counted against the address
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
        db.session.remove()
        db.engine.dispose()
    assert service.rules.counted("for tests only " * 4, "address", "192.0.2.7") in kept


# ---- By one-time link ----


def asked(app) -> list[Notice]:
    with app.app_context():
        return list(reading().execute(select(Notice)).scalars())


@pytest.mark.parametrize("name", ["joan@example.org", "1042", "nobody@example.org", "9999"])
def test_asking_for_a_link_is_answered_alike_whoever_is_asked_for(app, browser, joan, name):
    answer = browser.post(
        "/sign-in/link", data={"name": name, "password": "whatever"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert f"If {name} is known here, a link is on its way by e-mail." in answer.text
    assert "within 1 hour" in answer.text
    assert len(asked(app)) == (1 if name in ("joan@example.org", "1042") else 0)


def test_the_link_in_the_mail_shows_a_button_and_the_button_signs_in(app, browser, joan):
    browser.post("/sign-in/link", data={"name": "1042"})
    (mail,) = asked(app)
    found = re.search(r"http://localhost(/sign-in/link/\S+)", mail.body)
    assert found is not None
    for _ in range(3):  # Mail scanners look, too, and more than once.
        page = browser.get(found[1])
        assert page.status_code == 200
        assert "Hello, Joan" in page.text
    assert not is_signed_in(browser)
    answer = browser.post(found[1])
    assert (answer.status_code, answer.headers["Location"]) == (303, "/b/fife/")
    assert is_signed_in(browser)


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


@pytest.mark.parametrize("code", ["////", "..", "%2e%2e", "é", "0" * 80])
def test_a_code_that_is_none_leads_to_a_page_that_says_so(browser, joan, code):
    answer = browser.post("/sign-in/code", data={"code": code}, follow_redirects=True)
    assert "This link works no more" in answer.text


def test_a_link_signs_in_another_member_only_as_themselves(app, bank, sign_in, joan):
    tom = person(app, bank, "Tom", number="7")
    browser = sign_in(joan)
    browser.post(f"/sign-in/link/{make_link(app, tom)}")
    assert is_signed_in(browser, "Tom")


def test_asking_for_links_is_rationed_by_address(app, browser, joan, at):
    now = clock.now()
    at(now)
    with app.app_context(), transaction() as session:
        against = service.rules.counted(app.config["SECRET_KEY"], "link", "127.0.0.1")
        service.note_attempt(session, [against] * 49, now=now)
    assert browser.post("/sign-in/link", data={"name": "1042"}).status_code == 303
    assert browser.post("/sign-in/link", data={"name": "1042"}).status_code == 429


def test_staff_need_their_second_factor_after_a_link_too(app, browser, ben):
    browser.post(f"/sign-in/link/{make_link(app, ben)}")
    assert browser.get("/b/fife/members").headers["Location"].startswith("/second-factor")


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


@pytest.mark.parametrize(
    ("current", "status"), [(PASSWORD, 303), ("wrong password", 422), ("", 422)]
)
def test_who_has_a_password_shows_it_to_change_it(sign_in, joan, current, status):
    browser = sign_in(joan)
    assert "The password you have now" in browser.get("/b/fife/me/password").text
    data = {"current": current, "password": "four quite other words"}
    assert browser.post("/b/fife/me/password", data=data).status_code == status
    tried = try_password(sign_in(), password="four quite other words")
    assert tried.status_code == (303 if status == 303 else 422)


def test_the_present_password_cannot_be_guessed_at_length(sign_in, joan):
    browser = sign_in(joan)
    for _ in range(10):
        browser.post(
            "/b/fife/me/password", data={"current": "guess", "password": "four quite other words"}
        )
    answer = browser.post(
        "/b/fife/me/password", data={"current": PASSWORD, "password": "four quite other words"}
    )
    assert answer.status_code == 429


def test_who_forgot_it_signs_in_by_link_and_sets_another(app, browser, sign_in, joan):
    browser.post(f"/sign-in/link/{make_link(app, joan)}")
    browser.open_a_page()
    assert "The password you have now" not in browser.get("/b/fife/me/password").text
    assert (
        browser.post("/b/fife/me/password", data={"password": "four quite other words"}).status_code
        == 303
    )
    assert try_password(sign_in(), password="four quite other words").status_code == 303


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
        try_password(browser, "2", next="/b/fife/members").headers["Location"]
        == "/second-factor?next=/b/fife/members"
    )
    browser.open_a_page()
    sent = browser.get("/second-factor?next=/b/fife/members")
    assert sent.headers["Location"] == "/second-factor/set-up?next=/b/fife/members"
    page = browser.get(sent.headers["Location"]).text
    assert "data:image/svg+xml" in page
    shown = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page)
    assert shown is not None
    seed = shown[1].replace(" ", "")
    assert browser.post("/second-factor/set-up", data={"code": "000000x"}).status_code == 422
    assert seed in browser.get("/second-factor/set-up").text.replace(" ", "")
    done = browser.post(
        "/second-factor/set-up", data={"code": TOTP(seed).now(), "next": "/b/fife/members"}
    )
    assert len(re.findall(r"<code>\w{4}-\w{4}-\w{4}</code>", done.text)) == 10
    assert browser.get("/b/fife/members").status_code == 200


def test_staff_show_a_code_at_each_sign_in(app, browser, ben):
    seed, _ = set_up_second_factor(app, ben)
    try_password(browser, "2")
    browser.open_a_page()
    assert (
        browser.get("/b/fife/members").headers["Location"] == "/second-factor?next=/b/fife/members"
    )
    assert browser.post("/second-factor", data={"code": "123"}).status_code == 422
    answer = browser.post(
        "/second-factor", data={"code": TOTP(seed).now(), "next": "/b/fife/members"}
    )
    assert answer.headers["Location"] == "/b/fife/members"
    assert browser.get("/b/fife/members").status_code == 200


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
    assert browser.get("/b/fife/members").status_code == 200
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
    assert bens.get("/b/fife/members").headers["Location"].startswith("/sign-in")
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
        (token,) = queries.tokens(reading(), reading().get_one(Bank, bank), joan)
        token_id = token.id
    assert sign_in(tom).post(f"/b/fife/me/tokens/{token_id}/revocation").status_code == 404


def test_a_key_says_when_it_was_last_used_without_writing_at_every_call(
    app, bank, browser, bearer, joan, at
):
    headers, start = bearer(joan), clock.now()

    def last_used():
        with app.app_context():
            return queries.tokens(reading(), reading().get_one(Bank, bank), joan)[0].last_used_at

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
