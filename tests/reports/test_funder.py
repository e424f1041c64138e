"""Two pages for whoever pays: what may leave the staff, never more than two pages, and the same
figures again."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member, system
from tests.measures.test_service import make_people, record, ring
from timebank import clock
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.cli import timebank
from timebank.db import transaction
from timebank.errors import Invalid
from timebank.reports import funder, funder_files
from timebank.reports.figures import Books
from timebank.reports.funder import KindOfHelp, Logo, Picture, Summary, Told
from timebank.reports.rules import FUNDER_FORMATS, Format
from timebank.say import ENGLISH
from timebank.settings import service as settings_service
from timebank.settings.rules import NewBankPicture
from timebank.voices import voice

FIRST, LAST = date(2025, 10, 1), date(2026, 9, 30)
DAYS = "from=2025-10-01&to=2026-09-30"
PAGE = re.compile(rb"/Type ?/Page\b")


def jpeg(width: int = 60, height: int = 40, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


def pages(made: Summary, language: str = "en") -> int:
    spoken = ENGLISH if language == "en" else voice(language)
    return len(PAGE.findall(funder_files.file(made, Format.PDF, spoken)))


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, member_floor=-(10**6), largest_log=1440)


def make(session: Session, bank: Bank, as_of: str = "") -> Summary:
    session.flush()
    return funder.summary(session, bank, FIRST, LAST, as_of, now=clock.now())


def test_it_says_what_a_funder_asks_first(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 60)
    for one in people:
        one.joined_on = FIRST
    record(session, bank, people, [*ring(40, 60), *((0, other, 120) for other in range(40, 56))])
    made = make(session, bank)
    # 56 took part, 40 of whom gave and were helped, and the others were helped alone.
    assert (made.members, made.took_part, made.helped) == (60, 55, 55)
    assert made.minutes == 4200
    assert round(sum(made.split), 6) == 1
    told = str(funder_files.sentences(made)["round"])
    assert told.startswith("Of every 10 hours of help, 0 came back from the same person and 6")
    words = funder_files.in_words(made)
    assert "60 members on the last day" in words
    assert "70 hours of help between members" in words


def test_people_helped_are_not_told_where_that_would_tell_of_few(
    session: Session, bank: Bank
) -> None:
    people = make_people(session, bank, 43)
    # Three only gave: who took part without those who were helped would be just them.
    record(session, bank, people, [*ring(40, 60), *((giver, 0, 60) for giver in (40, 41, 42))])
    made = make(session, bank)
    assert made.took_part == 45
    assert made.helped is None


def test_of_few_people_no_number_is_told(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 5)
    for one in people:
        one.joined_on = FIRST
    record(session, bank, people, ring(5, 60))
    made = make(session, bank)
    assert (made.members, made.took_part, made.helped, made.split) == (None, None, None, ())
    assert [kind.minutes for kind in made.kinds] == [None]
    assert "cannot be said" in str(funder_files.sentences(made)["round"])
    assert "“" not in funder_files.in_words(made)
    assert pages(made) == 2


def test_a_bank_of_nobody_has_its_two_pages(session: Session, bank: Bank) -> None:
    made = make(session, bank)
    assert (made.members, made.took_part, made.minutes, made.kinds) == (0, 0, 0, ())
    assert "No help between two people" in funder_files.in_words(made)
    assert pages(made) == pages(made, "es") == 2


def test_the_same_days_and_moment_are_the_same_bytes(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 40)
    record(session, bank, people, ring(40, 60))
    first = make(session, bank)
    record(session, bank, people, ring(40, 600), date(2026, 5, 5))
    again = make(session, bank, first.as_of.isoformat())
    for file_format in FUNDER_FORMATS:
        assert funder_files.file(first, file_format) == funder_files.file(again, file_format)
    assert make(session, bank).minutes > first.minutes


def test_only_whole_quarters_that_have_ended_leave_the_staff(session: Session, bank: Bank) -> None:
    with pytest.raises(Invalid) as refusal:
        funder.summary(session, bank, date(2026, 1, 2), LAST, now=clock.now())
    assert "first day of a quarter" in str(refusal.value.fields["from"])


def test_of_a_quarter_it_is_not_told_what_the_hours_went_on(session: Session, bank: Bank) -> None:
    people = make_people(session, bank, 40)
    record(session, bank, people, ring(40, 60))
    session.flush()
    made = funder.summary(session, bank, date(2026, 4, 1), date(2026, 6, 30), now=clock.now())
    assert (made.kinds, made.tells_kinds) == ((), False)
    assert "twelve months alone" in funder_files.in_words(made)


def test_the_picture_of_the_front_page_is_on_it(session: Session, bank: Bank) -> None:
    owen = make_member(session, bank, "Owen", "coordinator")
    act = Act(replace(system(bank), member_id=owen.id), clock.now())
    settings_service.put_picture(session, bank, NewBankPicture(jpeg(), "Our hall"), act)
    made = make(session, bank)
    assert made.picture is not None
    assert made.picture.alt == "Our hall"
    assert b"/Subtype/Image" in funder_files.file(made, Format.PDF)


def test_the_letterhead_has_the_colour_and_the_logo_of_the_bank(
    session: Session, bank: Bank
) -> None:
    plain = funder_files.file(make(session, bank), Format.PDF)
    bank.colour = "#1f5f8b"
    coloured = funder_files.file(make(session, bank), Format.PDF)
    assert coloured != plain
    assert b"/Subtype/Image" not in coloured
    act = Act(system(bank), clock.now())
    settings_service.put_logo(session, bank, jpeg(300, 120), act)
    made = make(session, bank)
    assert made.logo is not None
    assert b"/Subtype/Image" in funder_files.file(made, Format.PDF)


def longest() -> Summary:
    """Everything as long as it may be, in letters that are as wide as any."""
    return Summary(
        bank="fife",
        name="W" * 120,
        contact=("W" * 120, "0" * 40, "w" * 254),
        start=FIRST,
        end=LAST,
        as_of=datetime(2026, 11, 30, 18, tzinfo=UTC),
        few=10,
        books=Books(10**12, "ab" * 32),
        members=10**7,
        took_part=10**7,
        helped=10**7,
        minutes=60 * 10**9,
        split=(1 / 3, 1 / 3, 1 / 3),
        why="",
        codelivery=(1 / 3, 1 / 3, 1 / 3),
        kinds=(
            *(KindOfHelp(f"{'W' * 78}{number}", 60 * 10**7) for number in range(40)),
            *(KindOfHelp(f"few {number}", None) for number in range(40)),
        ),
        tells_kinds=True,
        picture=Picture(jpeg(1600, 200), "w" * 200),
        story=Told(1, ("W" * 599 + "\n") * 2, "W" * 80, Picture(jpeg(200, 900), "w" * 200)),
        version="9.9.9",
        colour="#1f5f8b",
        logo=Logo(jpeg(480, 480, "PNG"), 480, 480),
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_is_never_more_than_two_pages(language: str) -> None:
    assert pages(longest(), language) == 2
    words_apart = replace(longest(), name=" ".join(["Banco"] * 20))
    assert pages(words_apart, language) == 2


def test_kinds_beyond_ten_are_summed_and_not_left_out() -> None:
    shown, others, minutes = funder.on_paper(longest().kinds)
    assert (len(shown), others, minutes) == (10, 30, 30 * 60 * 10**7)
    assert "30 more kinds of help come to 300,000,000 h together." in funder_files.in_words(
        longest()
    )
    assert "40 kinds of help were given by so few people" in funder_files.in_words(longest())


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, member_floor=-(10**6), largest_log=1440)
        record(session, bank, make_people(session, bank, 40), ring(40, 60))
        return {
            "owen": make_member(session, bank, "Owen", "coordinator").id,
            "maggie": make_member(session, bank, "Maggie", "broker").id,
        }


def test_a_coordinator_takes_it_from_its_page(sign_in: Any, town: dict[str, int]) -> None:
    owen = sign_in(town["owen"])
    base = "/b/fife-time-bank/reports"
    assert "ready to take" not in owen.get(f"{base}/funder").text
    page = owen.get(f"{base}/funder?{DAYS}").text
    assert "people gave or were helped" in page
    link = re.search(r'href="([^"]+/funder\.pdf[^"]*)"', page)
    assert link is not None
    file = owen.get(link[1].replace("&amp;", "&"))
    assert file.data.startswith(b"%PDF")
    assert "fife-time-bank-funder-2025-10-01-2026-09-30.pdf" in file.headers["Content-Disposition"]
    refused = owen.get(f"{base}/funder?from=2026-01-02&to=2026-09-30")
    assert refused.status_code == 422
    assert 'value="2026-01-02"' in refused.text
    assert "first day of a quarter" in refused.text
    assert sign_in(town["maggie"]).get(f"{base}/funder").status_code == 403


def test_programs_and_commands_have_it_too(
    app: Flask, bearer: Any, town: dict[str, int], database: str, tmp_path: Any
) -> None:
    headers = bearer(town["owen"])
    answer = app.test_client().get(f"/api/v1/reports/funder?{DAYS}", headers=headers)
    assert (answer.json["took_part"], answer.json["minutes"]) == (40, 2400)
    as_csv = f"/api/v1/reports/funder?{DAYS}&format=csv"
    assert app.test_client().get(as_csv, headers=headers).status_code == 422
    run = CliRunner(
        env={"TIMEBANK_DATABASE_URL": database, "TIMEBANK_SECRET_KEY": "for tests only " * 4},
        catch_exceptions=False,
    )
    words = ["report", "funder", "--bank", "fife-time-bank"]
    words += ["--from", FIRST.isoformat(), "--to", LAST.isoformat()]
    path = tmp_path / "pages.pdf"
    run.invoke(timebank, [*words, "-o", str(path)])
    assert path.read_bytes().startswith(b"%PDF")
    assert json.loads(run.invoke(timebank, [*words, "--json"]).output)["took_part"] == 40
    assert "40 people gave or were helped" in run.invoke(timebank, words).output
    assert run.invoke(timebank, [*words, "--format", "csv"]).exit_code == 2
