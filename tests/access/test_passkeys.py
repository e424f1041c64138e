"""Passkeys: what is taken, and what is refused. The authenticator here is of the tests' own making,
so that it can lie."""

import hashlib
import json
import struct
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, text
from webauthn.helpers import bytes_to_base64url, encode_cbor

from tests.factories import NOW, actor, make_member, system
from timebank.access import passkeys, queries
from timebank.access.errors import PasskeyRefused
from timebank.access.passkeys import Site
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.members import service as members_service
from timebank.notices.models import Notice

HERE = Site.of("https://time.example")
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class Phone:
    """An authenticator with one key."""

    def __init__(self, credential_id: bytes = b"phone 1"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = credential_id
        self.count = 0

    def _of_site(self, site: Site, flags: int) -> bytes:
        self.count += 1
        host = hashlib.sha256(site.host.encode()).digest()
        return host + bytes([flags]) + struct.pack(">I", self.count)

    def _answer(self, response: dict[str, bytes]) -> str:
        own = bytes_to_base64url(self.credential_id)
        told = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": told})

    def make(self, question: str, site: Site = HERE, *, flags: int = PRESENT | VERIFIED) -> str:
        """What a browser says to have made a passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        data = self._of_site(site, flags | ATTESTED) + bytes(16)
        data += struct.pack(">H", len(self.credential_id)) + self.credential_id + public
        return self._answer(
            {
                "clientDataJSON": _client(question, "webauthn.create", site),
                "attestationObject": encode_cbor({"fmt": "none", "attStmt": {}, "authData": data}),
            }
        )

    def sign(self, question: str, site: Site = HERE, *, flags: int = PRESENT | VERIFIED) -> str:
        """What a browser says to sign in."""
        client, data = _client(question, "webauthn.get", site), self._of_site(site, flags)
        signed = data + hashlib.sha256(client).digest()
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
            }
        )


def _client(question: str, kind: str, site: Site) -> bytes:
    challenge = json.loads(question)["challenge"]
    return json.dumps({"type": kind, "challenge": challenge, "origin": site.origin}).encode()


@pytest.fixture
def joan(session):
    return make_member(session, name="Joan", email="joan@example.org")


@pytest.fixture
def bank(session, joan):
    return session.get_one(Bank, joan.bank_id)


def register(session, bank, member, phone, **lies):
    by = actor(member)
    question = passkeys.ask_to_register(session, bank, by, HERE, browser="hers", now=NOW)
    answer = phone.make(question, **lies)
    return passkeys.register(session, bank, "phone", answer, HERE, Act(by, NOW), browser="hers")


def ask(session, browser="hers", now=NOW):
    return passkeys.ask_to_sign_in(session, HERE, browser=browser, now=now)


def sign_in(session, answer, browser="hers", now=NOW):
    return passkeys.sign_in(session, answer, HERE, browser=browser, now=now)


def test_a_passkey_is_made_told_of_and_signs_in(session, bank, joan):
    phone = Phone()
    made = register(session, bank, joan, phone)
    assert queries.has_second_factor(session, bank, joan.id)
    (notice,) = session.execute(select(Notice)).scalars()
    assert "A passkey was added" in notice.subject
    assert sign_in(session, phone.sign(ask(session))) is joan
    assert (made.sign_count, made.last_used_at) == (2, NOW)


@pytest.mark.parametrize(
    "site",
    [
        Site.of("https://evil.example"),
        Site("https://time.example", "evil.example"),
        Site("https://evil.example", "time.example"),
        Site("http://time.example", "time.example"),
    ],
)
def test_a_passkey_of_another_site_is_refused(session, bank, joan, site):
    with pytest.raises(PasskeyRefused):
        register(session, bank, joan, Phone(b"another"), site=site)
    phone = Phone()
    register(session, bank, joan, phone)
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session), site))


def test_an_answer_is_good_once_for_the_browser_that_was_asked_and_for_a_while(session, bank, joan):
    phone = Phone()
    register(session, bank, joan, phone)
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session)), browser="somebody else's")
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session)), now=NOW + timedelta(minutes=6))
    answer = phone.sign(ask(session))
    sign_in(session, answer)
    with pytest.raises(PasskeyRefused):
        sign_in(session, answer)
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(json.dumps({"challenge": "bm9ib2R5IGFza2Vk"})))


def test_whoever_holds_the_phone_has_to_be_its_owner(session, bank, joan):
    with pytest.raises(PasskeyRefused):
        register(session, bank, joan, Phone(b"another"), flags=PRESENT)
    phone = Phone()
    register(session, bank, joan, phone)
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session), flags=PRESENT))


def test_a_copy_that_counts_behind_is_refused(session, bank, joan):
    phone = Phone()
    register(session, bank, joan, phone)
    sign_in(session, phone.sign(ask(session)))
    phone.count = 0
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session)))


def test_another_key_under_the_same_id_is_refused_and_none_is_taken_twice(session, bank, joan):
    register(session, bank, joan, Phone())
    forged = Phone()
    forged.count = 9
    with pytest.raises(PasskeyRefused):
        sign_in(session, forged.sign(ask(session)))
    tom = make_member(session, bank, name="Tom")
    with pytest.raises(PasskeyRefused):
        register(session, bank, tom, forged)


@pytest.mark.parametrize("nonsense", ["", "x", "{}", "[]", "null", '{"id": 1}', "[" * 9000])
def test_nonsense_is_refused_in_words(session, bank, joan, nonsense):
    act = Act(actor(joan), NOW)
    with pytest.raises(PasskeyRefused):
        sign_in(session, nonsense)
    with pytest.raises(PasskeyRefused):
        passkeys.register(session, bank, "x", nonsense, HERE, act, browser="hers")


def test_a_passkey_is_ended_by_its_owner_alone_and_opens_nothing_then(session, bank, joan):
    phone = Phone()
    made = register(session, bank, joan, phone)
    tom = make_member(session, bank, name="Tom")
    with pytest.raises(NotFound):
        passkeys.end(session, bank, made.id, Act(actor(tom), NOW))
    passkeys.end(session, bank, made.id, Act(actor(joan), NOW))
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session)))


def test_who_has_left_has_no_passkey(session, bank, joan):
    phone = Phone()
    register(session, bank, joan, phone)
    members_service.leave(session, bank, joan.id, Act(system(bank), NOW))
    with pytest.raises(PasskeyRefused):
        sign_in(session, phone.sign(ask(session)))


def test_questions_nobody_answers_are_dropped(session, bank, joan):
    ask(session)
    passkeys.tidy(session, now=NOW + timedelta(minutes=6))
    assert session.execute(text("SELECT count(*) FROM passkey_challenge")).scalar_one() == 0
