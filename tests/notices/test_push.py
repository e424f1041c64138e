"""Notices to devices, against a push service that looks at what it is handed: whether it is signed
as ours, and what the device it is for reads."""

import json
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from flask import Flask
from sqlalchemy import select

from tests.factories import make_bank, write_notice
from tests.pushes import Phone, PushService, plain, running, text
from timebank import clock
from timebank.banks.queries import all_banks
from timebank.db import db, reading, transaction
from timebank.errors import Invalid
from timebank.jobs.worker import Worker
from timebank.notices import devices as sealing
from timebank.notices import queries, rules, service
from timebank.notices.feature import feature
from timebank.notices.models import Notice, PushDevice
from timebank.notices.rules import NoticeChannel

NOON, NIGHT = datetime(2026, 11, 12, 12, tzinfo=UTC), datetime(2026, 11, 12, 23, tzinfo=UTC)
KEY = sealing.new_key()


def claims_of(header: str) -> dict[str, Any]:
    """What the sender says of itself, if its signature is right (RFC 8292, 2 and 3)."""
    kind, _, rest = header.partition(" ")
    assert kind == "vapid"
    given = dict(part.split("=", 1) for part in rest.split(","))
    signed, _, signature = given["t"].rpartition(".")
    raw = plain(signature)
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain(given["k"]))
    ours.verify(utils.encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    head, claims = (json.loads(plain(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return claims


@pytest.fixture
def push_service() -> Generator[PushService]:
    with running() as made:
        yield made


@pytest.fixture
def at() -> list[datetime]:
    """What time it is."""
    return [NOON]


@pytest.fixture
def served(
    app: Flask, lend: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, at: list[datetime]
) -> Generator[Flask]:
    monkeypatch.setattr(clock, "now", lambda: at[0])
    lend(app, base_url="https://tb.example", push_key=KEY, push_services="127.0.0.1")
    with app.app_context():
        with transaction() as session:
            make_bank(session, name="Fife Time Bank", slug="fife")
        yield app
        db.session.remove()


def tell_on(app: Flask, *phones: Phone, **wishes: Any) -> None:
    """Joan would like to be told on these."""
    signer = sealing.Signer.of(app.config["TIMEBANK"])
    assert signer is not None
    with transaction() as session:
        bank = all_banks(session)[0]
        likes = {"channel": NoticeChannel.PUSH, "quiet_from": None, "quiet_until": None}
        service.set_preference(session, bank, "member:12", digest=True, **{**likes, **wishes})
        for phone in phones:
            service.add_device(
                session, bank, "member:12", phone.told, server_key=signer.public, now=NOON
            )


def write(**changes: Any) -> None:
    with transaction() as session:
        write_notice(session, all_banks(session)[0], **{"now": clock.now(), **changes})


def work(app: Flask) -> None:
    Worker(app, feature.jobs).run_due()
    reading().rollback()


def told() -> dict[str, Notice]:
    """The notices, by their channel."""
    return {str(one.channel): one for one in reading().execute(select(Notice)).scalars()}


def devices() -> list[str]:
    found = reading().execute(select(PushDevice).order_by(PushDevice.id)).scalars()
    return [urlsplit(one.endpoint).path for one in found]


def test_a_message_is_sealed_as_the_standard_has_it() -> None:
    """The example of RFC 8291, appendix A."""
    private = int.from_bytes(plain("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = sealing.sealed(
        b"When I grow up, I want to be a watermelon",
        plain(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        plain("BTBZMqHH6r4Tts7J_aSIgg"),
        sender=ec.derive_private_key(private, ec.SECP256R1()),
        salt=plain("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_a_device_is_told_whose_it_is_and_nothing_that_others_may_not_read(
    served: Flask, push_service: PushService
) -> None:
    phones = [Phone(f"{push_service.site}/{name}") for name in ("phone", "laptop")]
    tell_on(served, *phones)
    write()
    work(served)
    assert sorted(path for path, _, _ in push_service.taken) == ["/laptop", "/phone"]
    for path, headers, body in push_service.taken:
        phone = next(one for one in phones if one.endpoint.endswith(path))
        said = json.loads(phone.read(body))
        assert said["title"] == "Fife Time Bank"
        assert said["body"] == "There is news for you."
        assert said["url"] == "/b/fife/"
        assert not any(word in str(said) for word in ("Ben", "Joan", "hour", "token"))
        claims = claims_of(headers["Authorization"])
        assert claims["aud"] == push_service.site
        assert claims["sub"] == "https://tb.example"
        assert 0 < claims["exp"] - NOON.timestamp() <= 24 * 3600
        assert headers["Topic"] == said["tag"]
        assert int(headers["Ttl"]) > 0
    assert told()["push"].sent_at == NOON
    assert told().keys() == {"push"}


def test_a_device_that_is_gone_is_dropped_and_the_other_told(
    served: Flask, push_service: PushService
) -> None:
    push_service.answers = {"/gone": 410, "/lost": 404}
    tell_on(served, *(Phone(f"{push_service.site}/{name}") for name in ("gone", "lost", "here")))
    write()
    work(served)
    assert devices() == ["/here"]
    assert told()["push"].sent_at == NOON


@pytest.mark.parametrize("answer", [403, 410, 413])
def test_what_no_device_takes_goes_the_next_way(
    served: Flask, push_service: PushService, answer: int
) -> None:
    push_service.answers = {"/phone": answer}
    tell_on(served, Phone(f"{push_service.site}/phone"))
    write()
    work(served)
    assert told()["push"].failed_at == NOON
    instead = told()["email"]
    assert (instead.address, instead.body) == ("joan@example.org", told()["push"].body)
    assert devices() == ([] if answer == 410 else ["/phone"])


def test_without_an_address_somebody_rings(served: Flask, push_service: PushService) -> None:
    push_service.answers = {"/phone": 410}
    tell_on(served, Phone(f"{push_service.site}/phone"))
    write(email=None)
    write(email=None, cause="not:worth", worth_a_call=False)
    work(served)
    calls = queries.to_tell(reading(), all_banks(reading())[0], 100)
    assert [call.cause for call in calls] == ["exchange:7:logged"]


def test_what_may_pass_is_tried_again(served: Flask, push_service: PushService) -> None:
    push_service.answers = {"/phone": 503}
    tell_on(served, Phone(f"{push_service.site}/phone"))
    write()
    work(served)
    assert told()["push"].sent_at is None
    assert told()["push"].failed_at is None


def test_it_is_quiet_at_night(served: Flask, push_service: PushService, at: list[datetime]) -> None:
    tell_on(served, Phone(f"{push_service.site}/phone"))
    at[0] = NIGHT
    write()
    work(served)
    assert push_service.taken == []
    at[0] = NIGHT.replace(day=13, hour=9)
    work(served)
    assert len(push_service.taken) == 1


def test_nobody_is_called_but_the_services_that_are_named(
    served: Flask, push_service: PushService
) -> None:
    services = "push.services.mozilla.com push.apple.com"
    allowed = (
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x",
    )
    assert all(sealing.may_hand_over(one, services) for one in allowed)
    for one in (
        "http://web.push.apple.com/x",
        "https://evilpush.apple.com.example/x",
        "https://xpush.apple.com/x",
        "https://push.apple.com@10.0.0.1/x",
        "https://10.0.0.1/x",
        "https://push.apple.com:nine/x",
        "file:///etc/passwd",
        "",
    ):
        assert not sealing.may_hand_over(one, services), one
    # One that was taken down before the settings changed is not called either.
    tell_on(served, Phone(f"{push_service.site.replace('127.0.0.1', 'localhost')}/phone"))
    write()
    work(served)
    assert (push_service.taken, told().keys()) == ([], {"push", "email"})


def test_under_another_key_of_ours_a_device_is_told_nothing(
    served: Flask, lend: Callable[..., Flask], push_service: PushService
) -> None:
    tell_on(served, Phone(f"{push_service.site}/phone"))
    lend(served, push_key=sealing.new_key(), push_services="127.0.0.1")
    write()
    work(served)
    assert (push_service.taken, told().keys()) == ([], {"push", "email"})


def test_a_device_is_one_persons_at_a_time_and_there_is_an_end_of_them(served: Flask) -> None:
    phone = Phone("http://127.0.0.1/phone")
    tell_on(served, phone)
    with transaction() as session:
        bank = all_banks(session)[0]
        service.add_device(session, bank, "member:13", phone.told, server_key="k", now=NOON)
        assert queries.devices(session, bank, "member:12") == []
        for number in range(rules.DEVICES - 1):
            other = Phone(f"http://127.0.0.1/{number}")
            service.add_device(session, bank, "member:13", other.told, server_key="k", now=NOON)
        with pytest.raises(Invalid):
            one_more = Phone("http://127.0.0.1/more")
            service.add_device(session, bank, "member:13", one_more.told, server_key="k", now=NOON)
        service.forget(session, bank, "member:13")
        assert queries.devices(session, bank, "member:13") == []
