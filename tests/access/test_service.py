"""What people sign in with: passwords, links, the second factor, tokens. Each on both engines."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from pyotp.totp import TOTP
from sqlalchemy import select, text, update

from tests.factories import NOW, actor, make_bank, make_member, system
from timebank.access import leaving, queries, service
from timebank.access.errors import LinkGone, NotForStaff, NotRecognised, PasswordRefused, WrongCode
from timebank.access.models import Credential, FailedSignIn, SignInLink, Token
from timebank.access.rules import NewToken, Scope
from timebank.access.schemas import TokenIn
from timebank.act import Act
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.notices.models import Notice
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


def links_told(session, member):
    """The codes in the mail that went to a member."""
    bodies = session.execute(
        select(Notice.body).where(
            Notice.addressee == f"member:{member.id}", Notice.channel == "email"
        )
    )
    return [body.split("/sign-in/link/")[1].split()[0] for body in bodies.scalars()]


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


def test_who_shares_an_e_mail_address_signs_in_by_number(session):
    joan = member_with_password(session, number="1", email="us@example.org")
    tom = member_with_password(session, name="Tom", number="2", email="us@example.org")
    bank = bank_of(session, joan)
    with pytest.raises(NotRecognised, match="write your member number instead"):
        service.recognise(session, bank, "us@example.org", PASSWORD)
    assert service.recognise(session, bank, "2", PASSWORD) is tom


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
    with pytest.raises(PasswordRefused):
        set_password(session, joan, "Joan.Whitlock.1950")


def test_a_new_password_ends_every_session(session):
    joan = member_with_password(session)
    bank = bank_of(session, joan)
    before = service.session_key(session, bank, joan.id)
    assert queries.signed_in(session, joan.id, before)
    set_password(session, joan, "three other words")
    session.flush()
    assert queries.signed_in(session, joan.id, before) is None


def test_signing_out_everywhere_ends_every_session(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    before = service.session_key(session, bank, joan.id)
    after = service.end_sessions(session, bank, joan.id)
    assert queries.signed_in(session, joan.id, before) is None
    assert queries.signed_in(session, joan.id, after)


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
    service.make_link(session, bank, joan.id, Act(system(bank), NOW))
    service.tidy(session, now=NOW + timedelta(hours=2))
    assert session.execute(select(FailedSignIn)).first()
    service.tidy(session, now=NOW + timedelta(days=2))
    assert not session.execute(select(FailedSignIn)).first()
    assert not session.execute(select(SignInLink)).first()


# ---- Links ----


def test_a_link_signs_in_once(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = service.make_link(session, bank, joan.id, Act(system(bank), NOW))
    assert queries.link_holder(session, code, now=NOW) is joan
    assert service.use_link(session, code, browser="hers", now=NOW) is joan
    assert queries.link_holder(session, code, now=NOW) is None
    with pytest.raises(LinkGone):
        service.use_link(session, code, browser="somebody else's", now=NOW)


def test_a_second_click_in_the_same_browser_counts_as_the_first_for_a_minute(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = service.make_link(session, bank, joan.id, Act(system(bank), NOW))
    service.use_link(session, code, browser="hers", now=NOW)
    assert service.use_link(session, code, browser="hers", now=NOW + timedelta(seconds=50)) is joan
    with pytest.raises(LinkGone):
        service.use_link(session, code, browser="hers", now=NOW + timedelta(seconds=70))


def test_a_link_is_typed_as_people_type(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = service.make_link(session, bank, joan.id, Act(system(bank), NOW))
    assert (
        service.use_link(session, code.upper().replace("-", " "), browser="hers", now=NOW) is joan
    )


def test_a_link_runs_out(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = service.make_link(session, bank, joan.id, Act(system(bank), NOW), minutes=60)
    assert queries.link_holder(session, code, now=NOW + timedelta(minutes=59)) is joan
    late = NOW + timedelta(minutes=60)
    assert queries.link_holder(session, code, now=late) is None
    with pytest.raises(LinkGone):
        service.use_link(session, code, browser="hers", now=late)


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "é", "x" * 5000])
def test_a_link_nobody_made_signs_nobody_in(session, code):
    with pytest.raises(LinkGone):
        service.use_link(session, code, browser="hers", now=NOW)


def test_a_link_is_not_kept_in_clear(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = service.make_link(session, bank, joan.id, Act(system(bank), NOW))
    kept = session.execute(text("SELECT token_hash FROM sign_in_link")).scalar_one()
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_a_link_does_nothing_for_who_has_left(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    code = service.make_link(session, bank, joan.id, Act(system(bank), NOW))
    members_service.leave(session, bank, joan.id, Act(actor(joan), NOW))
    assert queries.link_holder(session, code, now=NOW) is None
    with pytest.raises(LinkGone):
        service.use_link(session, code, browser="hers", now=NOW)


def test_a_broker_makes_links_for_members_and_only_a_coordinator_for_staff(session):
    joan, ben = make_member(session), make_member(session, name="Ben", role="broker")
    maggie = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, joan)
    assert service.make_link(session, bank, joan.id, Act(actor(ben), NOW))
    assert service.make_link(session, bank, ben.id, Act(actor(maggie), NOW))
    for member in (maggie, ben):
        with pytest.raises(NotForStaff):
            service.make_link(session, bank, member.id, Act(actor(ben), NOW))
    with pytest.raises(NotAllowed):
        service.make_link(session, bank, maggie.id, Act(actor(joan), NOW))


def test_that_a_broker_made_a_link_is_on_record(session):
    joan, ben = make_member(session), make_member(session, name="Ben", role="broker")
    bank = bank_of(session, joan)
    service.make_link(session, bank, joan.id, Act(actor(ben), NOW))
    latest = members.events(session, bank, joan.id)[0]
    assert (latest.kind, latest.by) == ("link_made", f"member:{ben.id}")


def test_no_link_for_a_member_of_another_bank(session):
    here, there = make_bank(session), make_bank(session, name="Another")
    joan = make_member(session, here)
    with pytest.raises(NotFound):
        service.make_link(session, there, joan.id, Act(system(there), NOW))


def ask(session, bank, name, now=NOW):
    service.send_links(session, bank, name, base_url="https://time.example/", minutes=60, now=now)


def test_a_link_asked_for_comes_by_e_mail_and_works(session):
    joan = make_member(session, name="Joan", email="joan@example.org")
    bank = bank_of(session, joan)
    ask(session, bank, "joan@example.org")
    mail = session.execute(select(Notice)).scalar_one()
    assert "https://time.example/sign-in/link/" in mail.body
    assert "within 1 hour" in mail.body
    (code,) = links_told(session, joan)
    assert service.use_link(session, code, browser="hers", now=NOW) is joan


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
        assert service.use_link(session, code, browser="theirs", now=NOW) is member


def test_who_has_no_e_mail_is_put_on_the_call_sheet_once_a_day_without_a_link(session):
    joan = make_member(session, name="Joan", number="1042")
    bank = bank_of(session, joan)
    ask(session, bank, "1042")
    ask(session, bank, "1042", now=NOW + timedelta(minutes=5))
    call = session.execute(select(Notice)).scalar_one()
    assert call.channel == "call"
    assert "/sign-in/link/" not in call.body
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
    assert len(links_told(session, joan)) == 4


# ---- The second factor ----


@pytest.fixture
def broker(session):
    return make_member(session, name="Ben", role="broker")


def set_up(session, member, now=NOW):
    """Set up a second factor and return its seed and recovery codes."""
    seed, bank = service.new_second_factor(), bank_of(session, member)
    codes = service.set_up_second_factor(
        session, bank, member.id, seed, TOTP(seed).at(now), Act(actor(member), now)
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
            Act(actor(broker), NOW),
        )
    assert not queries.has_second_factor(session, bank, broker.id)
    set_up(session, broker)
    assert queries.has_second_factor(session, bank, broker.id)


def test_a_code_works_once_and_the_one_of_the_set_up_not_again(session, broker):
    bank = bank_of(session, broker)
    seed, _ = set_up(session, broker)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(NOW), now=NOW)
    later = NOW + timedelta(minutes=5)
    service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), now=later)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), now=later)


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
        service.show_second_factor(session, bank, broker.id, TOTP(seed).at(later), now=later)


def test_a_recovery_code_stands_in_once(session, broker):
    bank = bank_of(session, broker)
    _, codes = set_up(session, broker)
    assert len(set(codes)) == 10
    service.show_second_factor(session, bank, broker.id, codes[3].upper(), now=NOW)
    assert queries.recovery_codes_left(session, bank, broker.id) == 9
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, codes[3], now=NOW)


def test_a_recovery_code_is_its_owners_alone(session, broker):
    other = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, broker)
    _, codes = set_up(session, broker)
    set_up(session, other)
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, other.id, codes[0], now=NOW)


def test_new_recovery_codes_end_the_old_ones(session, broker):
    bank = bank_of(session, broker)
    _, old = set_up(session, broker)
    new = service.new_recovery_codes(session, bank, broker.id, Act(actor(broker), NOW))
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, old[0], now=NOW)
    service.show_second_factor(session, bank, broker.id, new[0], now=NOW)


def test_nothing_fits_where_no_second_factor_is_set_up(session, broker):
    for code in ("", "000000"):
        with pytest.raises(WrongCode):
            service.show_second_factor(session, bank_of(session, broker), broker.id, code, now=NOW)


def test_a_coordinator_takes_off_a_lost_second_factor_and_it_is_on_record(session, broker):
    maggie = make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, broker)
    _, codes = set_up(session, broker)
    key = service.session_key(session, bank, broker.id)
    service.reset_second_factor(session, bank, broker.id, Act(actor(maggie), NOW))
    assert not queries.has_second_factor(session, bank, broker.id)
    assert queries.signed_in(session, broker.id, key) is None
    assert queries.recovery_codes_left(session, bank, broker.id) == 0
    latest = members.events(session, bank, broker.id)[0]
    assert (latest.kind, latest.by) == ("second_factor_reset", f"member:{maggie.id}")
    assert "Maggie took the second factor off" in session.execute(select(Notice.body)).scalar_one()
    with pytest.raises(WrongCode):
        service.show_second_factor(session, bank, broker.id, codes[0], now=NOW)
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


def make_token(session, member, scope="read"):
    bank = bank_of(session, member)
    return service.make_token(
        session, bank, member.id, NewToken("sheet", Scope(scope)), Act(actor(member), NOW)
    )


def test_a_token_stands_for_its_member_until_it_is_taken_away(session):
    joan = make_member(session)
    bank = bank_of(session, joan)
    secret = make_token(session, joan, "write")
    caller = queries.caller(session, secret)
    assert caller is not None
    assert (caller.actor.member_id, caller.scope) == (joan.id, "write")
    for _ in range(2):
        service.revoke_token(session, bank, caller.token_id, Act(actor(joan), NOW))
    session.flush()
    assert queries.caller(session, secret) is None
    assert list(queries.tokens(session, bank, joan.id)) == []


def test_a_token_is_not_kept_in_clear(session):
    secret = make_token(session, make_member(session))
    assert secret not in str(session.execute(text("SELECT * FROM token")).all())


@pytest.mark.parametrize("token", ["", "tb_", "tb_" + "x" * 43])
def test_a_token_nobody_made_stands_for_nobody(session, token):
    make_token(session, make_member(session))
    assert queries.caller(session, token) is None


def test_nobody_makes_or_takes_away_anothers_token(session):
    joan, maggie = make_member(session), make_member(session, name="Maggie", role="coordinator")
    bank = bank_of(session, joan)
    make_token(session, joan)
    with pytest.raises(NotAllowed):
        service.make_token(
            session, bank, joan.id, NewToken("x", Scope.READ), Act(actor(maggie), NOW)
        )
    with pytest.raises(NotFound):
        token_id = session.execute(select(Token.id)).scalar_one()
        service.revoke_token(session, bank, token_id, Act(actor(maggie), NOW))


def test_a_token_is_for_reading_or_writing_and_nothing_else():
    with pytest.raises(Invalid) as refused:
        load(TokenIn(), {"name": "x", "scope": "admin"})
    assert list(refused.value.fields) == ["scope"]


def test_what_leavers_signed_in_with_is_erased(session):
    joan, tom = (member_with_password(session, name=name) for name in ("Joan", "Tom"))
    bank = bank_of(session, joan)
    for member in (joan, tom):
        make_token(session, member)
        service.make_link(session, bank, member.id, Act(system(bank), NOW))
        set_up(session, member)
    leaving.forget(session, bank, joan, Act(system(bank), NOW))
    for table in ("credential", "token", "sign_in_link", "recovery_code"):
        found = session.execute(text(f"SELECT DISTINCT member_id FROM {table}")).scalars().all()
        assert found == [tom.id], table
