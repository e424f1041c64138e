"""What makes a good password, a code that can be read out, a name however it is written."""

from datetime import UTC, datetime, timedelta

import pytest
from pyotp.totp import TOTP

from timebank.access import rules
from timebank.access.errors import PasswordRefused
from timebank.members.rules import phone_tail

NOW = datetime(2026, 11, 12, 10, 42, tzinfo=UTC)
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OWN = ["Joan Whitlock", "1042", "joan.whitlock@example.org", "joan.whitlock", "01632 960 142"]


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "пароль из трёх слов", "abcdefghik", "          ten letters"],
)
def test_length_is_all_that_a_password_needs(password):
    rules.check_password(password, OWN)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "at least 10"),
        ("ninechars", "at least 10"),
        ("   nine   ", "at least 10"),
        ("x" * 501, "at most 500"),
        ("Password123", "first passwords"),
        ("aaaaaaaaaaaa", "first passwords"),
        ("1234567890", "first passwords"),
        ("joan whitlock", "your own"),
        ("JoanWhitlock1950!", "your own"),
        ("joan.whitlock@example.org", "your own"),
        ("01632960142", "your own"),
    ],
)
def test_a_password_anybody_could_guess_is_refused_in_words(password, words):
    with pytest.raises(PasswordRefused, match=words) as refused:
        rules.check_password(password, OWN)
    assert "password" in refused.value.fields


def test_the_same_letters_from_another_keyboard_are_the_same_password():
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    assert rules.plain(composed) == rules.plain(decomposed)


@pytest.mark.parametrize(
    "written", ["01632 960142", "+44 1632 960 142", "(01632) 960-142", "0044/1632/960142"]
)
def test_a_phone_number_is_the_same_however_it_is_written(written):
    assert phone_tail(written) == "632960142"


@pytest.mark.parametrize("written", ["", "12345", "joan", "1042a5678", "²²²²²²²²"])
def test_what_is_no_phone_number_has_no_tail(written):
    assert phone_tail(written) is None


@pytest.mark.parametrize(
    ("seconds", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_second_factor_code_fits_half_a_minute_either_way(seconds, fits):
    code = TOTP(SEED).at(NOW + timedelta(seconds=seconds))
    assert (rules.matching_step(SEED, code, now=NOW, after=0) is not None) is fits


def test_a_second_factor_code_fits_once_and_none_before_it():
    earlier, this = (TOTP(SEED).at(NOW + timedelta(seconds=seconds)) for seconds in (-30, 0))
    step = rules.matching_step(SEED, this, now=NOW, after=0)
    assert step is not None
    assert rules.matching_step(SEED, this, now=NOW, after=step) is None
    assert rules.matching_step(SEED, earlier, now=NOW, after=step) is None


@pytest.mark.parametrize("code", ["", "abcdef", "12345", "１２３４５６", "000000000"])
def test_what_is_no_code_fits_nothing(code):
    assert rules.matching_step(SEED, code, now=NOW, after=0) is None


def test_what_failures_are_counted_against_cannot_be_read_back():
    here = rules.counted("the key of one installation", "subject", "member:12")
    assert here == rules.counted("the key of one installation", "subject", "member:12")
    assert here != rules.counted("the key of another one", "subject", "member:12")
    assert here != rules.counted("the key of one installation", "address", "member:12")
