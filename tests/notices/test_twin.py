"""The twin of a letter in HTML."""

import re
from html.parser import HTMLParser

from flask import Flask

from timebank.notices import rules, twin
from timebank.notices.rules import Contact, Words
from timebank.notices.twin import Block, Line
from timebank.room import Ask
from timebank.say import say

SITE = "https://tb.example"
BANK = Contact("Fife Time Bank", "Maggie", "01592 555 010")


def test_paragraphs_and_lists_stay_what_they_were():
    body = (
        f"You have 2 hours.\n\nNew on offer\n- Taps\n  {SITE}/b/fife/directory/1\n- Hedges\n\nBye"
    )
    assert twin.blocks(body, SITE) == [
        Block([Line("You have 2 hours.")]),
        Block([Line("New on offer")]),
        Block([Line("Taps", f"{SITE}/b/fife/directory/1"), Line("Hedges")], is_list=True),
        Block([Line("Bye")]),
    ]


def test_an_address_of_ours_on_a_line_of_its_own_leads_there():
    address = f"{SITE}/sign-in/link/abcd"
    assert twin.blocks(f"Open this:\n\n{address}", SITE)[1] == Block([Line(address, address)])


def test_what_somebody_wrote_cannot_hide_where_it_leads():
    for elsewhere in (
        "Your balance\n  https://evil.example/steal",
        f"Your balance\n  {SITE}.evil.example/steal",
        f"Your balance\n  {SITE}@evil.example/",
    ):
        (block,) = twin.blocks(elsewhere, SITE)
        assert not any(line.address for line in block.lines)


class Page(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def twin_of(app: Flask, words: Words) -> Page:
    letter = rules.outgoing(words, BANK, change=f"{SITE}/b/fife/me/notices")
    with app.app_context():
        return Page(twin.html(letter, SITE))


def test_the_twin_says_what_the_text_says(app: Flask):
    ask = Ask(say("Say whether that is right"), f"{SITE}/a/7kq2")
    words = Words("Is this right? <b>1 hour</b>", "Ben & you\nsay “so”.", "", ask=ask)
    letter = rules.outgoing(words, BANK, change=f"{SITE}/b/fife/me/notices")
    page = twin_of(app, words)
    said = " ".join(page.words.split())
    for line in (words.subject, *letter.text.splitlines()):
        if line.strip() and line != "-- " and not line.strip().startswith("https"):
            assert " ".join(line.split()) in said
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == ["tel:01592555010", ask.address, f"{SITE}/b/fife/me/notices"]
    assert len([tag for tag, _ in page.tags if tag == "h1"]) == 1


def test_nothing_is_fetched_by_the_twin_and_nothing_counts_who_reads_it(app: Flask):
    page = twin_of(app, Words("Hello", "Hello", ""))
    assert {tag for tag, _ in page.tags}.isdisjoint(
        {"img", "link", "script", "iframe", "object", "form", "input", "video"}
    )
    assert not [attrs for _, attrs in page.tags if {"src", "background", "srcset"} & attrs.keys()]
    assert not re.search(r"url\(|@import|@font-face", page.words)


def test_the_plain_text_says_how_to_answer_and_where_to_change_how_one_is_told():
    ask = Ask(say("Say yes or no"), f"{SITE}/a/7kq2")
    text = rules.outgoing(Words("Hi", "Body", "", ask=ask), BANK, change=f"{SITE}/me").text
    assert text == (
        f"Body\n\nSay yes or no\n  {SITE}/a/7kq2\n\n"
        "You are asked to sign in first, and then come straight to it.\n\n"
        "-- \nFife Time Bank\nIs anything unclear? To reach Maggie, ring 01592 555 010.\n\n"
        "You have this because you are told by e-mail.\nChange how you are told\n"
        f"  {SITE}/me\n"
    )
