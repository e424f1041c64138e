"""Addresses from outside lead back into this site or nowhere."""

import pytest
from flask import Flask

from timebank.web.paths import inside


@pytest.fixture(autouse=True)
def request_to_us():
    with Flask(__name__).test_request_context(base_url="https://fife.example"):
        yield


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/b/fife/", "/b/fife/"),
        ("/b/fife/exchanges?page=2#end", "/b/fife/exchanges?page=2"),
        ("https://fife.example/b/fife/me", "/b/fife/me"),
        ("http://fife.example/b/fife/me", "/b/fife/me"),
        ("///b/fife/", "/b/fife/"),
    ],
)
def test_our_own_pages_are_gone_back_to(address: str, path: str):
    assert inside(address) == path


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "b/fife",
        "https://elsewhere.example/b/fife/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "\\\\elsewhere.example/",
        "javascript:alert(1)",
        "https:/elsewhere.example/",
        "https://fife.example@elsewhere.example/",
        "https://fife.example",
        "http://[::1/",
    ],
)
def test_nobody_is_led_elsewhere(address: str | None):
    assert inside(address) is None
