"""What people sign in with: passwords, links, the second factor, tokens. Each on both engines."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from pyotp.totp import TOTP
from sqlalchemy import select, text, update

from tests.factories import NOW, actor, make_bank, make_member, system
from timebank.access import leaving, links, queries, service, sessions
from timebank.access.errors import LinkGone, NotForStaff, NotRecognised, PasswordRefused, WrongCode
from timebank.access.links import Sending
from timebank.access.models import Credential, FailedSignIn, LinkRequest, SignInLink, Token
from timebank.access.rules import Lasting, NewToken, Scope, SignedInBy
from timebank.access.schemas import TokenIn
from timebank.access.seals import Seals
from timebank.act import Act, Role
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Addresses, AddressKind
from timebank.notices import queries as notices_queries
from timebank.notices import service as notices_service
from timebank.notices.models import Notice
from timebank.notices.rules import NewDevice
from timebank.say import ENGLISH
from timebank.schema import load

PASSWORD = "three words together"


def member_with_password(session, bank=None, name="Joan Whitlock", **details):
    member = make_member(session, bank, name=name, **details)
    set_password(session, member)
    return member


def set_password(session, member, password=PASSWORD):
    bank = bank_of(session, member)
    service.set_password(session, bank, member.id, password, Act(actor(member), NOW))


def bank_of(session, member):
    return session.get_one(service.Bank, member.bank_id)


SENDING = Sending("https://time.example", 60, "for tests only " * 4, texts=False)
SEALS = Seals("for tests only " * 4)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LASTING = Lasting(12 * HOUR, 7 * DAY, 90 * DAY, 2 * HOUR, 12 * HOUR)


def links_told(session, member, now=NOW):
    """The codes in the mail that goes to a member, made as a worker makes them while it sends."""
    mail = select(Notice.cause).where(
        Notice.addressee == f"member:{member.id}",
        Notice.channel == "email",
        Notice.secret == links.LINK,
    )
    ways = [
        links.fill(session, cause, SENDING, now=now) for cause in session.execute(mail).scalars()
    ]
    return [way.link.split("/sign-in/link/")[1] for way in ways if way is not None]


def used(session, code, *, browser, now):
    """Whom a link signs in, used up."""
    link = links.use(session, code, browser=browser, now=now)
    return session.get_one(Member, link.member_id)


def sign_in(session, member, now=NOW):
    """The token of a browser session that begins."""
    return sessions.begin(session, actor(member), SignedInBy.PASSWORD, LASTING, agent="", now=now)


# ---- Passwords ----


@pytest.mark.parametrize(
    "name", ["joan@example.org", " JOAN@Example.org ", "1042", "01632 960142", "+44 1632 960 142"]
)
def test_a_member_is_recognised_by_e_mail_number_or_phone(session, name):
    joan = member_with_password(
        session, number="1042", email="Joan@example.org", phone="01632 960 142"
    )
    assert service.recognise(session, bank_of(session, joan), name, PASSWORD) is joan


@pytest.mark.parametrize(
    "name", ["nobody@example.org", "9999", "01632 111111", "Joan Whitlock", "%", ""]
)
def test_a_name_nobody_has_is_refused_like_a_wrong_password(session, name):
    joan = member_with_password(
        session, number="1042", email="joan@example.org", phone="01632 960 142"
    )
    bank = bank_of(session, joan)
    with pytest.raises(NotRecognised) as nobody:
        service.recognise(session, bank, name, PASSWORD)
    with pytest.raises(NotRecognised) as wrong:
        service.recognise(session, bank, "1042", "three words apart")
    assert str(nobody.value) == str(wrong.value)


def test_a_name_nobody_has_costs_as_much_hashing_as_one_somebody_has(session, monkeypatch):
    joan = member_with_password(session, number="1042", email="shared@example.org")
    make_member(session, name="Cy", number="77")
    make_member(session, name="Tom", email="shared@example.org")
    verified = []

    honest = service._fits
    monkeypatch.setattr(
        service, "_fits", lambda kept, password: verified.append(kept) or honest(kept, password)
    )
    for name in ("1042", "nobody", "77", "shared@example.org"):
        with pytest.raises(NotRecognised):
            service.recognise(session, bank_of(session, joan), name, "not the password")
    assert [kept.startswith("$argon2id$") for kept in verified] == [True] * 4


def test_who_shares_an_e_mail_address_is_known_by_the_password(session):
    joan = member_with_password(session, number="1", email="us@example.org")
    tom = make_member(session, name="Tom", number="2", email="us@example.org")
    set_password(session, tom, "four quite other words")
    bank = bank_of(session, joan)
    assert service.recognise(session, bank, "us@example.org", PASSWORD) is joan
    assert service.recognise(session, bank, "us@example.org", "four quite other words") is tom
    # With the same password, nobody knows which of them it is.
    set_password(session, tom)
    with pytest.raises(NotRecognised, match="member number always does"):
        service.recognise(session, bank, "us@example.org", PASSWORD)
    assert service.recognise(session, bank, "2", PASSWORD) is tom


def test_nobody_loses_an_address_because_somebody_else_wrote_it_down(session):
    joan = member_with_password(session, number="1", email="joan@example.org")
    tom = member_with_password(session, name="Tom", number="2")
    bank = bank_of(session, joan)
    members_service.set_addresses(
        session, bank, Addresses("Joan@example.org", None), Act(actor(tom), NOW)
    )
    assert service.recognise(session, bank, "joan@example.org", PASSWORD) is joan
    ask(session, bank, "joan@example.org")
    assert len(links_told(session, joan)) == 1
    assert links_told(session, tom) == []


def test_an_address_one_has_written_counts_when_the_link_sent_there_is_opened(session):
    joan = member_with_password(session, number="1", email="old@example.org")
    bank = bank_of(session, joan)
    members_service.set_addresses(
        session, bank, Addresses("new@example.org", None), Act(actor(joan), NOW)
    )
    with pytest.raises(NotRecognised):
        service.recognise(session, bank, "new@example.org", PASSWORD)
    ask(session, bank, "1")
    assert links_told(session, joan) == []  # nothing goes where nobody has looked yet
    links.ask_proof(session, bank, joan.id, AddressKind.EMAIL, SENDING, now=NOW)
    proof = select(Notice).where(Notice.secret == links.ADDRESS)
    notice = session.execute(proof).scalar_one()
    way = links.fill_proof(session, notice.cause, notice.address, SENDING, now=NOW)
    code = way.link.split("/sign-in/address/")[1]
    with pytest.raises(LinkGone):  # It proves, and signs nobody in.
        links.use(session, code, browser="hers", now=NOW)
    links.use_proof(session, code, now=NOW)
    assert service.recognise(session, bank, "new@example.org", PASSWORD) is joan
    ask(session, bank, "new@example.org")
    assert len(links_told(session, joan)) == 1


def test_a_proof_of_an_address_that_was_changed_again_proves_nothing(session):
    joan = member_with_password(session, number="1")
    bank = bank_of(session, joan)

    def change(email):
        members_service.set_addresses(session, bank, Addresses(email, None), Act(actor(joan), NOW))

    change("first@example.org")
    cause = f"address:{joan.id}:email:now"
    way = links.fill_proof(session, cause, "first@example.org", SENDING, now=NOW)
    change("second@example.org")
    links.use_proof(session, way.link.split("/sign-in/address/")[1], now=NOW)
    for email in ("first@example.org", "second@example.org"):
        with pytest.raises(NotRecognised):
            service.recognise(session, bank, email, PASSWORD)


def test_of_several_with_an_address_those_who_have_proved_it_come_first(session):
    joan = member_with_password(session, number="1", email="us@example.org")
    tom = member_with_password(session, name="Tom", number="2", email="us@example.org")
    bank = bank_of(session, joan)
    ask(session, bank, "2")
    (code,) = links_told(session, tom)
    used(session, code, browser="his", now=NOW)
    assert service.recognise(session, bank, "us@example.org", PASSWORD) is tom


def test_who_changes_an_address_is_told_at_the_old_one_and_what_is_new_goes_to_the_new(session):
    joan = make_member(session, email="old@example.org", phone="01632 960142")
    bank = bank_of(session, joan)
    members_service.set_addresses(
        session, bank, Addresses("new@example.org", "01632 960143"), Act(actor(joan), NOW)
    )
    told = session.execute(select(Notice.address, Notice.subject).order_by(Notice.id)).all()
    assert [(address, "e-mail" in subject) for address, subject in told] == [
        ("old@example.org", True),
        ("new@example.org", True),
        ("new@example.org", False),
    ]


def test_who_had_no_address_hears_of_a_new_one_from_a_broker(session):
    joan = make_member(session, email=None)
    bank = bank_of(session, joan)
    members_service.set_addresses(
        session, bank, Addresses("new@example.org", None), Act(actor(joan), NOW)
    )
    (notice,) = session.execute(select(Notice)).scalars()
    assert (notice.channel, "e-mail address" in notice.subject) == ("call", True)


def test_a_password_counts_in_its_own_bank_only(session):
    here, there = make_bank(session), make_bank(session, name="Another")
    member_with_password(session, here, email="joan@example.org")
    with pytest.raises(NotRecognised):
        service.recognise(session, there, "joan@example.org", PASSWORD)


def test_a_member_without_a_password_is_not_recognised_by_an_empty_one(session):
    joan = make_member(session, number="1042")
    with pytest.raises(NotRecognised):
        service.recognise(session, bank_of(session, joan), "1042", "")


def test_who_has_left_is_not_recognised(session):
    joan = member_with_password(session, number="1042")
    bank = bank_of(session, joan)
    members_service.leave(session, bank, joan.id, Act(actor(joan), NOW))
    with pytest.raises(NotRecognised):
        service.recognise(session, bank, "1042", PASSWORD)


def test_who_is_paused_still_signs_in(session):
    joan = member_with_password(session, number="1042")
    bank = bank_of(session, joan)
    members_service.pause(session, bank, joan.id, Act(system(bank), NOW))
    assert service.recognise(session, bank, "1042", PASSWORD) is joan


def test_nobody_sets_anothers_password_not_even_a_coordinator(session):
    joan, maggie = make_member(session), make_member(session, name="Maggie", role="coordinator")
    with pytest.raises(NotAllowed):
        service.set_password(
            session, bank_of(session, joan), joan.id, PASSWORD, Act(actor(maggie), NOW)
        )


def test_ones_own_details_make_no_password(session):
    joan = make_member(session, name="Joan Whitlock")
    bank = bank_of(session, joan)
    bank.name = "Alder Row Time Bank"
    for known in ("Joan.Whitlock.1950", "alder-row-time-bank-26"):
        with pytest.raises(PasswordRefused):
            set_password(session, joan, known)


def test_a_new_password_ends_every_session_but_the_one_it_is_set_in_and_every_key(session):
    joan = member_with_password(session)
    bank = bank_of(session, joan)
    here, there = (sign_in(session, joan) for _ in range(2))
    key = make_token(session, joan)
    keep = queries.signed_in(session, here).id
    service.set_password(
        session, bank, joan.id, "three other words", Act(actor(joan), NOW), keep=keep
    )
    assert queries.signed_in(session, here)
    assert queries.signed_in(session, there) is None
    assert queries.caller(session, key, now=NOW) is None


def test_signing_out_everywhere_ends_every_session_and_every_key(session):
    joan, tom = make_member(session), make_member(session, name="Tom")
    hers, his = sign_in(session, joan), sign_in(session, tom)
    key, bank = make_token(session, joan), bank_of(session, joan)
    for one in (joan, tom):
        phone = NewDevice("Firefox", f"https://push.example/{one.id}", "key", "secret")
        notices_service.add_device(
            session, bank, f"member:{one.id}", phone, server_key="key", now=NOW
        )
    service.sign_out_everywhere(session, bank, Act(actor(joan), NOW))
    assert notices_queries.devices(session, bank, f"member:{joan.id}") == []
    assert len(notices_queries.devices(session, bank, f"member:{tom.id}")) == 1
    assert queries.signed_in(session, hers) is None
    assert queries.caller(session, key, now=NOW) is None
    assert queries.signed_in(session, his)


def test_a_coordinator_signs_somebody_out_whose_device_is_lost_and_they_are_told(session):
    joan, maggie = make_member(session, name="Joan"), make_member(session, name="Maggie")
    bank, maggie.role = bank_of(session, joan), Role.COORDINATOR
    token, key = sign_in(session, joan), make_token(session, joan)
    for nobodys in (Act(actor(joan), NOW), Act(replace(actor(maggie), role=Role.BROKER), NOW)):
        with pytest.raises(NotAllowed):
            service.sign_member_out(session, bank, joan.id, nobodys)
    service.sign_member_out(session, bank, joan.id, Act(actor(maggie), NOW))
    assert queries.signed_in(session, token) is None
    assert queries.caller(session, key, now=NOW) is None
    assert members.events(session, bank, joan.id)[0].kind == "signed_out"
    subjects = session.execute(select(Notice.subject)).scalars().all()
    assert any(words.startswith("You were signed out everywhere") for words in subjects)


def test_a_session_is_kept_by_a_hash_and_ends_by_its_owner_alone(session):
    joan, tom = make_member(session), make_member(session, name="Tom")
    bank = bank_of(session, joan)
    token = sign_in(session, joan)
    assert token not in str(session.execute(text("SELECT * FROM browser_session")).all())
    session_id = queries.signed_in(session, token).id
    with pytest.raises(NotFound):
        sessions.end(session, bank, session_id, Act(actor(tom), NOW))
    sessions.end(session, bank, session_id, Act(actor(joan), NOW))
    assert queries.signed_in(session, token) is None


@pytest.mark.parametrize(
    ("staff", "stays", "used_after", "asked_after", "over"),
    [
        (False, False, 0, 11, False),
        (False, False, 0, 12, True),
        (False, False, 160, 167, False),
        (False, False, 167, 168, True),
        (False, True, 0, 2000, False),
        (False, True, 2159, 2160, True),
        (True, False, 0, 1, False),
        (True, False, 0, 2, True),
        (True, True, 11, 12, True),
    ],
)
def test_sessions_end_without_use_and_after_a_while_whatever_the_use(
    staff, stays, used_after, asked_after, over
):
    found = LASTING.is_over(
        NOW, NOW + used_after * HOUR, stays=stays, staff=staff, now=NOW + asked_after * HOUR
    )
    assert found is over


def test_a_device_is_told_of_when_another_was_known_before(session):
    joan = make_member(session, email="joan@example.org")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    def come(device):
        return sessions.remember_device(session, actor(joan), device, agent=agent, now=NOW)

    first = come(None)
    come(first)
    assert session.execute(select(Notice)).first() is None
    come(None)
    (notice,) = session.execute(select(Notice)).scalars()
    assert "Firefox, Linux" in notice.body


def test_a_hash_with_old_parameters_is_renewed_and_the_password_still_fits(session, monkeypatch):
    joan = member_with_password(session, number="1042")
    bank = bank_of(session, joan)
    old = queries.credential(session, bank, joan.id).password_hash
    service.renew_hash(session, bank, joan.id, PASSWORD)
    assert queries.credential(session, bank, joan.id).password_hash == old
    monkeypatch.setattr(
        service, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    )
    service.renew_hash(session, bank, joan.id, PASSWORD)
    assert queries.credential(session, bank, joan.id).password_hash != old
    assert service.recognise(session, bank, "1042", PASSWORD) is joan


# ---- Failures ----


def test_failures_pause_for_as_long_as_the_limit_is_reached(session):
    pause = timedelta(minutes=15)
    for minute in range(3):
        service.note_attempt(session, ["joan", "library"], now=NOW + timedelta(minutes=minute))
    when = NOW + timedelta(minutes=3)
    assert queries.paused_until(session, "joan", limit=3, pause=pause, now=when) == NOW + pause
    assert queries.paused_until(session, "joan", limit=4, pause=pause, now=when) is None
    assert queries.paused_until(session, "tom", limit=3, pause=pause, now=when) is None
    assert queries.paused_until(session, "joan", limit=3, pause=pause, now=NOW + pause) is None


def test_success_clears_the_name_but_of_the_address_only_its_own_attempt(session):
    service.note_attempt(session, ["joan", "library"], now=NOW)
    mine = service.note_attempt(session, ["tom", "library"], now=NOW)
    service.note_attempt(session, ["tom", "library"], now=NOW)
    service.forget_attempts(session, mine, ["tom"])
    left = (
        session.execute(select(FailedSignIn.counted).order_by(FailedSignIn.counted)).scalars().all()
    )
    assert left == ["joan", "library", "library"]


def test_old_failures_and_links_are_dropped(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    service.note_attempt(session, ["joan"], now=NOW)
    links.make(session, bank, joan.id, Act(system(bank), NOW))
    service.tidy(session, now=NOW + timedelta(hours=2))
    assert session.execute(select(FailedSignIn)).first()
    service.tidy(session, now=NOW + timedelta(days=2))
    assert not session.execute(select(FailedSignIn)).first()
    assert not session.execute(select(SignInLink)).first()


# ---- Links ----


def test_a_link_signs_in_once(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = links.make(session, bank, joan.id, Act(system(bank), NOW))
    assert queries.link_holder(session, code, now=NOW) is joan
    assert used(session, code, browser="hers", now=NOW) is joan
    assert queries.link_holder(session, code, now=NOW) is None
    with pytest.raises(LinkGone):
        used(session, code, browser="somebody else's", now=NOW)


def test_a_second_click_in_the_same_browser_counts_as_the_first_for_a_minute(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = links.make(session, bank, joan.id, Act(system(bank), NOW))
    used(session, code, browser="hers", now=NOW)
    assert used(session, code, browser="hers", now=NOW + timedelta(seconds=50)) is joan
    with pytest.raises(LinkGone):
        used(session, code, browser="hers", now=NOW + timedelta(seconds=70))


def test_a_link_is_typed_as_people_type(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = links.make(session, bank, joan.id, Act(system(bank), NOW))
    assert used(session, code.upper().replace("-", " "), browser="hers", now=NOW) is joan


def test_a_link_runs_out(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = links.make(session, bank, joan.id, Act(system(bank), NOW), minutes=60)
    assert queries.link_holder(session, code, now=NOW + timedelta(minutes=59)) is joan
    late = NOW + timedelta(minutes=60)
    assert queries.link_holder(session, code, now=late) is None
    with pytest.raises(LinkGone):
        used(session, code, browser="hers", now=late)


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "é", "x" * 5000])
def test_a_link_nobody_made_signs_nobody_in(session, code):
    with pytest.raises(LinkGone):
        used(session, code, browser="hers", now=NOW)


def test_a_link_is_not_kept_in_clear(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = links.make(session, bank, joan.id, Act(system(bank), NOW))
    kept = session.execute(text("SELECT token_hash FROM sign_in_link")).scalar_one()
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_a_link_does_nothing_for_who_has_left(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = links.make(session, bank, joan.id, Act(system(bank), NOW))
    members_service.leave(session, bank, joan.id, Act(actor(joan), NOW))
    assert queries.link_holder(session, code, now=NOW) is None
    with pytest.raises(LinkGone):
        used(session, code, browser="hers", now=NOW)


def test_a_broker_makes_links_for_members_and_only_a_coordinator_for_staff(session):
    joan, ben = make_member(session), make_member(session, name="Ben", role="broker")
    maggie = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, joan)
    assert links.make(session, bank, joan.id, Act(actor(ben), NOW))
    assert links.make(session, bank, ben.id, Act(actor(maggie), NOW))
    for member in (maggie, ben):
        with pytest.raises(NotForStaff):
            links.make(session, bank, member.id, Act(actor(ben), NOW))
    with pytest.raises(NotAllowed):
        links.make(session, bank, maggie.id, Act(actor(joan), NOW))


def test_that_a_broker_made_a_link_is_on_record(session):
    joan, ben = make_member(session), make_member(session, name="Ben", role="broker")
    bank = bank_of(session, joan)
    links.make(session, bank, joan.id, Act(actor(ben), NOW))
    latest = members.events(session, bank, joan.id)[0]
    assert (latest.kind, latest.by) == ("link_made", f"member:{ben.id}")


def test_no_link_for_a_member_of_another_bank(session):
    here, there = make_bank(session), make_bank(session, name="Another")
    joan = make_member(session, here)
    with pytest.raises(NotFound):
        links.make(session, there, joan.id, Act(system(there), NOW))


def ask(session, bank, name, now=NOW, browser="hers", wanted=None):
    """Ask for a link, and do the job that finds out whom it means."""
    links.ask(session, bank, name, browser=browser, wanted=wanted, now=now)
    (request_id,) = session.execute(select(LinkRequest.id)).scalars()
    links.answer(session, request_id, SENDING, now=now)


def filled(session, now=NOW):
    """What the latest letter with a link says while it is being sent: its text and six digits."""
    latest = select(Notice).where(Notice.secret == links.LINK).order_by(Notice.id.desc()).limit(1)
    way = links.fill(session, session.execute(latest).scalar_one().cause, SENDING, now=now)
    body = way.letter.render(ENGLISH)[1]
    return body, re.search(r"\b\d{6}\b", body)[0]


def test_a_link_asked_for_comes_by_e_mail_and_works(session):
    joan = make_member(session, name="Joan", email="joan@example.org")
    bank = bank_of(session, joan)
    ask(session, bank, "joan@example.org")
    body, digits = filled(session)
    assert "https://time.example/sign-in/link/" in body
    assert "within 1 hour" in body
    mail = session.execute(select(Notice)).scalar_one()
    code = body.split("/sign-in/link/")[1].split()[0]
    kept = str(session.execute(text("SELECT * FROM notice")).all())
    kept += str(session.execute(text("SELECT * FROM job")).all())
    kept += str(session.execute(text("SELECT * FROM sign_in_link")).all())
    assert "sign-in/link" not in kept
    assert code not in kept
    assert digits not in kept
    assert "joan@example.org" not in str(session.execute(text("SELECT * FROM job")).all())
    assert mail.secret == links.LINK
    assert used(session, code, browser="hers", now=NOW) is joan


def guess(session, digits, browser="hers", now=NOW):
    return links.guess(session, digits, key=SENDING.key, browser=browser, member_id=None, now=now)


def test_six_digits_work_where_the_link_was_asked_for_alone(session):
    joan = make_member(session, email="joan@example.org")
    bank = bank_of(session, joan)
    ask(session, bank, "joan@example.org")
    _, digits = filled(session)
    assert guess(session, digits, browser="somebody else's") is None
    token_hash = guess(session, digits)
    link = links.use_hash(session, token_hash, browser="hers", now=NOW)
    assert link.member_id == joan.id
    assert guess(session, digits) is None


def test_six_digits_are_guessed_three_times_and_the_link_beside_them_is_still_good(session):
    joan = make_member(session, email="joan@example.org")
    bank = bank_of(session, joan)
    ask(session, bank, "joan@example.org")
    body, digits = filled(session)
    wrong = "000000" if digits != "000000" else "000001"
    for _ in range(3):
        assert guess(session, wrong) is None
    assert guess(session, digits) is None
    code = body.split("/sign-in/link/")[1].split()[0]
    assert used(session, code, browser="hers", now=NOW) is joan


def test_six_digits_are_guessed_a_few_times_a_day_whatever_is_asked_for(session):
    joan = make_member(session, email="joan@example.org")
    bank = bank_of(session, joan)
    found = []
    for hour in range(8):
        now = NOW + hour * 2 * HOUR
        ask(session, bank, "joan@example.org", now=now)
        _, digits = filled(session, now=now)
        wrong = "000000" if digits != "000000" else "000001"
        guess(session, wrong, now=now)
        guess(session, wrong, now=now)
        found.append(guess(session, digits, now=now) is not None)
    assert found == [True] * 4 + [False] * 4


def test_who_has_a_phone_alone_is_texted_the_digits_where_texts_are_set_up(session):
    joan = make_member(session, number="1042", email=None, phone="01632 960142")
    tom = make_member(session, name="Tom", number="7", email=None, phone="ask at the shop")
    bank = bank_of(session, joan)
    texting = replace(SENDING, texts=True)
    for name in ("1042", "7"):
        links.ask(session, bank, name, browser="hers", wanted=None, now=NOW)
        links.answer(
            session, session.execute(select(LinkRequest.id)).scalar_one(), texting, now=NOW
        )
    text_, call = session.execute(select(Notice).order_by(Notice.id)).scalars()
    assert (text_.channel, text_.addressee) == ("text", f"member:{joan.id}")
    assert (call.channel, call.addressee) == ("call", f"member:{tom.id}")
    way = links.fill(session, text_.cause, texting, now=NOW)
    digits = str(way.short).split()[0]
    assert links.use_hash(session, guess(session, digits), browser="hers", now=NOW)


def test_who_comes_in_by_one_link_needs_none_of_the_others(session):
    joan = make_member(session, email="joan@example.org")
    bank = bank_of(session, joan)
    for _ in range(2):
        ask(session, bank, "joan@example.org")
    first, second = links_told(session, joan)
    used(session, first, browser="hers", now=NOW)
    with pytest.raises(LinkGone):
        used(session, second, browser="hers", now=NOW)


def test_a_link_to_an_address_that_is_theirs_no_more_is_neither_sent_nor_taken(session):
    joan = make_member(session, email="joan@example.org")
    bank = bank_of(session, joan)
    for _ in range(2):
        ask(session, bank, "joan@example.org")
    sent = links_told(session, joan)
    addresses = Addresses("new@example.org", None)
    members_service.set_addresses(session, bank, addresses, Act(actor(joan), NOW))
    assert links_told(session, joan) == []
    for code in sent:
        with pytest.raises(LinkGone):
            used(session, code, browser="whoever reads the old one", now=NOW)


def test_a_letter_sent_again_has_another_link_and_the_last_is_the_one_that_works(session):
    joan = make_member(session, email="joan@example.org")
    ask(session, bank_of(session, joan), "joan@example.org")
    (first,), (second,) = links_told(session, joan), links_told(session, joan)
    assert first != second
    with pytest.raises(LinkGone):
        used(session, first, browser="hers", now=NOW)
    assert used(session, second, browser="hers", now=NOW) is joan


def test_a_link_whose_letter_bounced_is_over_and_the_desk_learns_no_more_than_that(session):
    joan = make_member(session, name="Joan", email="joan@example.org")
    bank = bank_of(session, joan)
    ask(session, bank, "joan@example.org")
    (code,) = links_told(session, joan)
    cause = session.execute(select(Notice.cause)).scalar_one()
    links.end(session, cause, now=NOW)
    with pytest.raises(LinkGone):
        used(session, code, browser="hers", now=NOW)


def test_asking_for_nobody_tells_nobody_and_refuses_nothing(session):
    joan = make_member(session, email="joan@example.org")
    ask(session, bank_of(session, joan), "nobody@example.org")
    assert not session.execute(select(Notice)).first()
    assert not session.execute(select(SignInLink)).first()


def test_a_couple_with_one_address_gets_a_link_each(session):
    joan, tom = (
        make_member(session, name=name, email="us@example.org") for name in ("Joan", "Tom")
    )
    bank = bank_of(session, joan)
    ask(session, bank, "us@example.org")
    for member in (joan, tom):
        (code,) = links_told(session, member)
        assert used(session, code, browser="theirs", now=NOW) is member


def test_who_has_no_e_mail_is_put_on_the_call_sheet_once_a_day_without_a_link(session):
    joan = make_member(session, name="Joan", number="1042")
    bank = bank_of(session, joan)
    ask(session, bank, "1042")
    ask(session, bank, "1042", now=NOW + timedelta(minutes=5))
    call = session.execute(select(Notice)).scalar_one()
    assert call.channel == "call"
    assert not session.execute(select(SignInLink)).first()
    ask(session, bank, "1042", now=NOW + timedelta(days=1))
    assert len(session.execute(select(Notice)).all()) == 2


def test_nobody_is_flooded_with_links(session):
    joan = make_member(session, name="Joan", email="joan@example.org")
    bank = bank_of(session, joan)
    for _ in range(10):
        ask(session, bank, "joan@example.org")
    assert len(links_told(session, joan)) == 3
    ask(session, bank, "joan@example.org", now=NOW + timedelta(hours=2))
    assert len(links_told(session, joan, now=NOW + timedelta(hours=2))) == 4


# ---- The second factor ----


@pytest.fixture
def broker(session):
    return make_member(session, name="Ben", role="broker")


def set_up(session, member, now=NOW):
    """Set up a second factor and return its seed and recovery codes."""
    seed, bank = service.new_second_factor(), bank_of(session, member)
    codes = service.set_up_second_factor(
        session, bank, member.id, seed, TOTP(seed).at(now), SEALS, Act(actor(member), now)
    )
    return seed, codes


def test_a_second_factor_is_set_up_by_a_code_it_makes(session, broker):
    bank = bank_of(session, broker)
    with pytest.raises(WrongCode):
        service.set_up_second_factor(
            session,
            bank,
            broker.id,
            service.new_second_factor(),
            "000000x",
            SEALS,
            Act(actor(broker), NOW),
        )
    assert not queries.has_second_factor(session, bank, broker.id)
    set_up(session, broker)
    assert queries.has_second_factor(session, bank, broker.id)


def test_a_code_works_once_and_the_one_of_the_set_up_not_again(session, broker):
    bank = bank_of(session, broker)
    seed, _ = set_up(session, broker)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(NOW), SEALS, now=NOW)
    later = NOW + timedelta(minutes=5)
    service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), SEALS, now=later)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), SEALS, now=later)


def test_a_code_already_used_by_somebody_quicker_is_refused(session, broker):
    """Two who type the same code at the same moment both find it unused; the statement that uses it
    lets one through."""
    bank = bank_of(session, broker)
    seed, _ = set_up(session, broker)
    later = NOW + timedelta(minutes=5)
    credential = queries.credential(session, bank, broker.id)
    step = int(later.timestamp()) // 30
    session.execute(
        update(Credential).values(totp_last=step), execution_options={"synchronize_session": False}
    )
    assert credential.totp_last < step  # what the slower one read before
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), SEALS, now=later)


def test_a_recovery_code_stands_in_once(session, broker):
    bank = bank_of(session, broker)
    _, codes = set_up(session, broker)
    assert len(set(codes)) == 10
    service.show_second_factor(session, bank, broker.id, codes[3].upper(), SEALS, now=NOW)
    assert queries.recovery_codes_left(session, bank, broker.id) == 9
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, codes[3], SEALS, now=NOW)


def test_a_recovery_code_is_its_owners_alone(session, broker):
    other = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, broker)
    _, codes = set_up(session, broker)
    set_up(session, other)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, other.id, codes[0], SEALS, now=NOW)


def test_new_recovery_codes_end_the_old_ones(session, broker):
    bank = bank_of(session, broker)
    _, old = set_up(session, broker)
    new = service.new_recovery_codes(session, bank, broker.id, Act(actor(broker), NOW))
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, old[0], SEALS, now=NOW)
    service.show_second_factor(session, bank, broker.id, new[0], SEALS, now=NOW)


def test_nothing_fits_where_no_second_factor_is_set_up(session, broker):
    for code in ("", "000000"):
        with pytest.raises(WrongCode):
            service.show_second_factor(
                session, bank_of(session, broker), broker.id, code, SEALS, now=NOW
            )


def test_a_coordinator_takes_off_a_lost_second_factor_and_it_is_on_record(session, broker):
    maggie = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, broker)
    _, codes = set_up(session, broker)
    token = sign_in(session, broker)
    service.reset_second_factor(session, bank, broker.id, Act(actor(maggie), NOW))
    assert not queries.has_second_factor(session, bank, broker.id)
    assert queries.signed_in(session, token) is None
    assert queries.recovery_codes_left(session, bank, broker.id) == 0
    latest = members.events(session, bank, broker.id)[0]
    assert (latest.kind, latest.by) == ("second_factor_reset", f"member:{maggie.id}")
    bodies = session.execute(select(Notice.body)).scalars().all()
    assert any("Maggie took the second factor off" in body for body in bodies)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, codes[0], SEALS, now=NOW)
    with pytest.raises(Conflict):
        service.reset_second_factor(session, bank, broker.id, Act(actor(maggie), NOW))


def test_nobody_takes_off_their_own_second_factor_and_a_broker_nobodys(session, broker):
    maggie = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, broker)
    for member in (broker, maggie):
        set_up(session, member)
    for member, by in ((maggie, maggie), (maggie, broker), (broker, broker)):
        with pytest.raises(NotAllowed):
            service.reset_second_factor(session, bank, member.id, Act(actor(by), NOW))


# ---- Tokens ----


def make_token(session, member, scope="read", staff=False):
    bank = bank_of(session, member)
    return service.make_token(
        session,
        bank,
        member.id,
        NewToken("sheet", Scope(scope)),
        Act(actor(member), NOW),
        staff=staff,
    )


def test_a_token_stands_for_its_member_until_it_is_taken_away(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    secret = make_token(session, joan, "write")
    caller = queries.caller(session, secret, now=NOW)
    assert caller is not None
    assert (caller.actor.member_id, caller.scope) == (joan.id, "write")
    for _ in range(2):
        service.revoke_token(session, bank, caller.token_id, Act(actor(joan), NOW))
    session.flush()
    assert queries.caller(session, secret, now=NOW) is None
    assert list(queries.tokens(session, bank, joan.id, now=NOW)) == []


def test_a_token_is_not_kept_in_clear(session):
    secret = make_token(session, make_member(session))
    assert secret not in str(session.execute(text("SELECT * FROM token")).all())


@pytest.mark.parametrize("token", ["", "tb_", "tb_" + "x" * 43])
def test_a_token_nobody_made_stands_for_nobody(session, token):
    make_token(session, make_member(session))
    assert queries.caller(session, token, now=NOW) is None


def test_nobody_makes_anothers_token_and_a_coordinator_alone_takes_it_away(session):
    joan, maggie = make_member(session), make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, joan)
    make_token(session, joan)
    with pytest.raises(NotAllowed):
        service.make_token(
            session, bank, joan.id, NewToken("x", Scope.READ), Act(actor(maggie), NOW), staff=True
        )
    token_id = session.execute(select(Token.id)).scalar_one()
    ben = make_member(session, name="Ben", role="broker")
    with pytest.raises(NotFound):
        service.revoke_token(session, bank, token_id, Act(actor(ben), NOW))
    service.revoke_token(session, bank, token_id, Act(actor(maggie), NOW))
    session.expire_all()
    assert session.get_one(Token, token_id).ended_because == "coordinator"


def test_a_key_ends_after_a_year_at_most(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    secret = make_token(session, joan)
    assert queries.caller(session, secret, now=NOW + timedelta(days=364))
    assert queries.caller(session, secret, now=NOW + timedelta(days=365)) is None
    for days in (0, -1, 366):
        with pytest.raises(Invalid):
            service.make_token(
                session,
                bank,
                joan.id,
                NewToken("x", Scope.READ, days),
                Act(actor(joan), NOW),
                staff=False,
            )


def test_a_key_falls_with_a_changed_role_and_does_not_come_back(session):
    joan = make_member(session)
    maggie = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, joan)
    secret, hers = make_token(session, joan), make_token(session, maggie, staff=True)
    for role in ("broker", "member"):
        members_service.set_role(session, bank, joan.id, Role(role), Act(actor(maggie), NOW))
        assert queries.caller(session, secret, now=NOW) is None
    assert queries.ended_token(session, secret).ended_because == "role"
    assert queries.caller(session, hers, now=NOW)


def test_a_key_of_the_staff_made_without_a_second_factor_acts_as_a_members(session):
    ben = make_member(session, name="Ben", role="broker")
    plain = queries.caller(session, make_token(session, ben), now=NOW)
    full = queries.caller(session, make_token(session, ben, staff=True), now=NOW)
    assert (plain.actor.role, plain.plain) == ("member", True)
    assert (full.actor.role, full.plain) == ("broker", False)


def test_a_seed_is_kept_sealed_and_the_key_can_be_changed(session, broker):
    seed, _ = set_up(session, broker)
    credential = queries.credential(session, bank_of(session, broker), broker.id)
    assert seed not in credential.totp_seed
    old, new = SEALS, Seals("another key of thirty-two letters", "for tests only " * 4)
    assert service.seal_seeds(session, new) == (1, 0)
    assert old.open(credential.totp_seed) is None
    assert Seals("another key of thirty-two letters").open(credential.totp_seed) == seed


def test_a_seed_that_no_key_opens_lets_nobody_in_and_is_taken_off_when_it_is_said_so(
    session, broker
):
    seed, codes = set_up(session, broker)
    bank, lost = bank_of(session, broker), Seals("another key of thirty-two letters")
    later = NOW + timedelta(minutes=5)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), lost, now=later)
    service.show_second_factor(session, bank, broker.id, codes[0], lost, now=later)
    assert service.seal_seeds(session, lost) == (0, 1)
    assert service.forget_lost_seeds(session, lost) == 1
    assert not queries.has_second_factor(session, bank, broker.id)


def test_a_seed_from_before_there_were_seals_is_sealed(session, broker):
    seed, _ = set_up(session, broker)
    credential = queries.credential(session, bank_of(session, broker), broker.id)
    credential.totp_seed = seed
    assert SEALS.open(credential.totp_seed) == seed
    service.seal_seeds(session, SEALS)
    assert seed not in credential.totp_seed


def test_a_token_is_for_reading_or_writing_and_nothing_else():
    with pytest.raises(Invalid) as refused:
        load(TokenIn(), {"name": "x", "scope": "admin"})
    assert list(refused.value.fields) == ["scope"]


def test_what_leavers_signed_in_with_is_erased(session):
    joan, tom = (member_with_password(session, name=name) for name in ("Joan", "Tom"))
    bank = bank_of(session, joan)
    for member in (joan, tom):
        make_token(session, member)
        links.make(session, bank, member.id, Act(system(bank), NOW))
        set_up(session, member)
        sign_in(session, member)
        sessions.remember_device(session, actor(member), None, agent="", now=NOW)
    leaving.forget(session, bank, joan, Act(system(bank), NOW))
    tables = ("credential", "token", "sign_in_link", "recovery_code", "browser_session", "device")
    for table in tables:
        found = session.execute(text(f"SELECT DISTINCT member_id FROM {table}")).scalars().all()
        assert found == [tom.id], table
