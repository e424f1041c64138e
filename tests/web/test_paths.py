"""Addresses from outside lead back into this site or nowhere, and ask for rows there can be."""

import pytest
from flask import Flask

from timebank.schema import LARGEST_NUMBER
from timebank.web.paths import inside, row_id


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


def test_a_row_has_a_number_from_one_to_the_largest():
    assert [row_id("1"), row_id(str(LARGEST_NUMBER))] == [1, LARGEST_NUMBER]
    for text in ("", "0", "-1", "x", "1.5", str(LARGEST_NUMBER + 1), "9" * 60, "9" * 5000):
        with pytest.raises(ValueError, match="."):
            row_id(text)
