"""A charity's six spreadsheets from `init` to books that prove: screens, questions, minutes.

    .venv/bin/python -m bench.charity

Sixty people, three hundred hours and forty offers, as small charities keep them: XLSX, days as dd/mm,
names and never numbers, one year's hours as 1.5, one as 1h30, one as 90 min, one as 1:30; titles, a
total at the end, a name misspelt. They are made up. A screen is a page that is shown, a question is
one that the page asks of a whole file, and is answered as a person would. Minutes are what the model
of keystrokes gives somebody who knows their way with a mouse: 3.4 s to look at a screen and press its
button, 3.1 s to read a question and choose, 8 s to find the file on the disk; `work` is the
processor's.
"""

import html
import io
import pathlib
import random
import re
import tempfile
import time
from collections.abc import Iterator, Sequence

import xlsxwriter

from tests.browsers import Browser
from timebank import clock
from timebank.access import queries as access
from timebank.access import sessions
from timebank.access.rules import SignedInBy
from timebank.act import Act, Actor
from timebank.app import create_app
from timebank.banks.rules import NewBank
from timebank.config import Config
from timebank.db import migrate, transaction
from timebank.ledger.check import check
from timebank.members import service as members_service
from timebank.members.rules import NewMember, Role

SCREEN, QUESTION, FILE = 3.4, 3.1, 8.0
"""Seconds, by the keystroke-level model: one decision (1.35), a look, pointing and a press."""

FIRST = ["Ann", "Bea", "Cyril", "Dora", "Edith", "Fay", "Gus", "Hal", "Ivy", "Joan"]
LAST = ["Whitlock", "Hampton", "Bradley", "Ashworth", "Clayton", "Dunmore"]
PEOPLE = [f"{first} {last}" for last in LAST for first in FIRST]
WRITTEN = (
    lambda minutes: f"{minutes / 60:g}",
    lambda minutes: f"{minutes // 60}h{minutes % 60:02}",
    lambda minutes: f"{minutes} min",
    lambda minutes: f"{minutes // 60}:{minutes % 60:02}",
)
WANTED = ("drop", "day-first", "hours", "add", "paid", "helped")
"""What whoever made the files would answer."""


def files() -> Iterator[tuple[str, str, list[Sequence[str]]]]:
    """Name, kind and rows of each."""
    draw = random.Random(7)  # noqa: S311 (nothing secret about it)
    people = [
        (
            f"Mrs {name}" if draw.random() < 0.2 else name,
            f"07700 9{n:05}",
            f"{n % 28 + 1:02}/03/2021",
        )
        for n, name in enumerate(PEOPLE)
    ]
    yield (
        "Members 2026.xlsx",
        "members",
        [("Our members", "", ""), ("Name", "Tel", "Joined"), *people, ("TOTAL", "60", "")],
    )
    for year, write in zip(range(2022, 2026), WRITTEN, strict=True):
        rows: list[Sequence[str]] = [("Date", "Helper", "Helped", "Time", "What")]
        for _ in range(75):
            helper, helped = draw.sample(PEOPLE, 2)
            day = f"{draw.randint(1, 28):02}/{draw.randint(1, 12):02}/{year}"
            rows.append((day, helper, helped, write(draw.choice((30, 60, 90, 120))), "Garden"))
        rows.append((f"13/05/{year}", "Dora Whitlok", "Joan Dunmore", write(90), "Lift to clinic"))
        yield f"Hours {year}.xlsx", "hours", rows
    offers = [(draw.choice(PEOPLE), f"Offer {n}", "Gardening") for n in range(40)]
    yield "Offers.xlsx", "offers", [("Name", "What", "Category"), *offers]


def as_workbook(rows: list[Sequence[str]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(
                    number, place, float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) else cell
                )
    return file.getvalue()


def answers_of(page: str) -> dict[str, str]:
    """The form of the page, with the answers to what it asks."""
    answers = {
        name: value
        for name, value in re.findall(r'name="(ask-[^"]+)"\s+value="([^"]+)"', page)
        if value in WANTED or (name.startswith("ask-person:") and value != "nobody")
    }
    selects = re.findall(r'<select[^>]*name="(column-\d+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    for name, inside in selects:
        chosen = re.search(r'value="(\w*)" selected', inside)
        answers[name] = chosen[1] if chosen else ""
    return {html.unescape(name): html.unescape(value) for name, value in answers.items()}


def bring_in(browser: Browser, name: str, kind: str, content: bytes) -> tuple[int, int]:
    """Hand a file in, answer, confirm: so many screens and questions."""
    sent = browser.post(
        "/b/charity/imports/new",
        data={"kind": kind, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )
    page = browser.get(sent.location).text
    screens, questions = 2, 0  # The form, and how it is read.
    asked = answers_of(page)
    if any(one.startswith("ask-") for one in asked):
        questions = page.count("<legend>")
        browser.post(f"{sent.location}/read", data=asked)
        page = browser.get(sent.location).text
        screens += 1
    if "To put right" in page:
        raise SystemExit(page)
    browser.post(f"{sent.location}/confirm")
    if "In the books" not in browser.get(sent.location).text:
        raise SystemExit(browser.get(sent.location).text)
    return screens + 1, questions


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{pathlib.Path(folder) / 'bank.sqlite3'}"
        migrate(database)
        app = create_app(Config(database_url=database, secret_key="bench " * 8))
        app.test_client_class = Browser
        browser = app.test_client()
        assert isinstance(browser, Browser)
        with app.app_context(), transaction() as session:
            bank = members_service.open_bank(
                session, NewBank("Charity", slug="charity"), now=clock.now()
            )
            act = Act(Actor.system(bank.id, "bench"), clock.now())
            new = NewMember("Maggie", number="900", role=Role.COORDINATOR)
            maggie = members_service.enrol(session, bank, new, act)
            token = sessions.begin(
                session,
                access.actor_of(maggie),
                SignedInBy.PASSWORD,
                sessions.lasting(app.config["TIMEBANK"]),
                agent="",
                now=clock.now(),
            )
            begun = access.signed_in(session, token)
            sessions.prove(session, begun.id if begun else 0, second_factor=True, now=clock.now())
        browser.sign_in(token)
        print("| file | lines | screens | questions | minutes | work |")
        print("|---|---|---|---|---|---|")
        all_screens = all_questions = 0
        for name, kind, rows in files():
            content, before = as_workbook(rows), time.process_time()
            screens, questions = bring_in(browser, name, kind, content)
            work = time.process_time() - before
            seconds = screens * SCREEN + questions * QUESTION + FILE
            print(
                f"| {name} | {len(rows) - 1} | {screens} | {questions} | {seconds / 60:.1f} | {work:.1f} s |"
            )
            all_screens, all_questions = all_screens + screens, all_questions + questions
        seconds = all_screens * SCREEN + all_questions * QUESTION + 6 * FILE
        print(f"| all | | {all_screens} | {all_questions} | {seconds / 60:.1f} | |")
        with app.app_context(), transaction() as session:
            report = check(session)
            print(f"\nFaults in the books: {len(report.faults)}")


if __name__ == "__main__":
    main()
