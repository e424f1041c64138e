"""What a browser is given to install the site, and being told on a device."""

import json
from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import make_bank, make_member
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.members import queries as members
from timebank.notices import devices
from timebank.notices.models import PushDevice
from timebank.notices.rules import NoticeChannel

HERE = "/b/fife/phones"


def town(app: Flask) -> tuple[int, int]:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife", name="Fife Time Bank")
        return make_member(session, bank, "Joan").id, make_member(session, bank, "Tom").id


def subscription(endpoint: str = "https://web.push.apple.com/x") -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    keys = {"p256dh": devices.text_of(point), "auth": devices.text_of(b"sixteen bytes it")}
    return {"endpoint": endpoint, **keys}


def test_a_browser_is_told_how_to_install_the_site_of_this_bank(app: Flask) -> None:
    town(app)
    visitor = app.test_client()
    manifest = visitor.get(f"{HERE}/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    told = json.loads(manifest.text)
    assert (told["name"], told["short_name"]) == ("Fife Time Bank", "Fife")
    assert {told[name] for name in ("id", "start_url", "scope")} == {"/b/fife/"}
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        picture = visitor.get(icon["src"])
        assert (picture.status_code, picture.mimetype) == (200, "image/png")
    worker = visitor.get(f"{HERE}/worker.js")
    assert worker.headers["Service-Worker-Allowed"] == "/b/fife/"
    kept = json.loads(worker.text.partition("const KEPT = ")[2].partition(";\n")[0])
    for path in (kept["page"], *kept["files"]):
        assert visitor.get(path).status_code == 200
    front = visitor.get("/b/fife/")
    assert f'rel="manifest" href="{HERE}/manifest.webmanifest"' in front.text
    assert "<script" not in front.text


def test_whoever_is_told_on_a_device_is_told_there_first_until_they_end_it(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    joan, tom = town(app)
    assert "Tell me on this device" not in sign_in(joan).get(HERE).text
    assert sign_in(joan).post(f"{HERE}/devices", data=subscription()).status_code == 409
    app.config["TIMEBANK"] = replace(app.config["TIMEBANK"], push_key=devices.new_key())
    assert "Tell me on this device" in sign_in(joan).get(HERE).text
    for wrong in (
        subscription("https://10.0.0.1/x"),
        {**subscription(), "p256dh": "AAAA"},
        {**subscription(), "auth": "AAAA"},
    ):
        assert sign_in(joan).post(f"{HERE}/devices", data=wrong).status_code == 422
    assert sign_in(joan).post(f"{HERE}/devices", data=subscription()).status_code == 303
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        assert members.preference(session, bank, joan).channel == NoticeChannel.PUSH
        device = session.execute(select(PushDevice.id)).scalar_one()
    assert "End it" in sign_in(joan).get(HERE).text
    assert sign_in(tom).post(f"{HERE}/devices/{device}/end", data={}).status_code == 404
    assert sign_in(joan).post(f"{HERE}/devices/{device}/end", data={}).status_code == 303
    with app.app_context(), transaction() as session:
        assert session.execute(select(PushDevice)).first() is None


def test_signing_out_clears_what_the_site_keeps_on_the_device(
    app: Flask, sign_in: Callable[..., Browser]
) -> None:
    joan, _ = town(app)
    answer = sign_in(joan).post("/sign-out", data={})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
