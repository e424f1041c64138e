"""Offers and requests out of files, and into them again."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.factories import NOW, make_bank, make_organisation, system
from tests.imports.files import MEMBERS, bring_in, check, words
from tests.races import outcome_behind
from tests.reports.exports import rows, text
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import WRITING
from timebank.imports.errors import BadRows
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.models import Listing

HEADER = "member,title,skill,description,starts_on,ends_on\n"


@pytest.fixture
def bank(session: Session) -> Bank:
    """A bank with the members 1 Ana, 2 Ben and 3 Cy, a partner and the tree that banks begin
    with."""
    bank = make_bank(session)
    skills_service.plant_tree(session, bank)
    bring_in(session, bank, MEMBERS, "members")
    make_organisation(session, bank, "Surgery")
    return bank


def offers(session: Session, bank: Bank, kind: str = "offer") -> list[Listing]:
    return skills.open_listings(session, bank, kind=kind, on=NOW.date())[::-1]


def test_offers_come_in_with_what_the_file_says(session: Session, bank: Bank):
    header = (
        "member,title,skill,description,area,place,frequency,times,minutes,needs_check,"
        "starts_on,ends_on\n"
    )
    row = (
        "2,Taps,plumbing,Drips,Mill Lane,receiver_home,weekly,monday morning;"
        " Sunday,1:30,driving; references,2026-12-01,2027-03-01\n"
    )
    assert bring_in(session, bank, header + row, "offers").new == 1
    one = skills.shown(session, bank, offers(session, bank))[0]
    assert (one.party.name, one.skill.name if one.skill else None, one.listing.title) == (
        "Ben Okoro",
        "Plumbing",
        "Taps",
    )
    said = one.listing
    assert (said.description, said.area, said.place, said.frequency, said.minutes) == (
        "Drips",
        "Mill Lane",
        "receiver_home",
        "weekly",
        90,
    )
    assert (said.times, one.needs_checks) == (1 | 0b111 << 18, ("driving", "references"))
    assert (said.starts_on, said.ends_on, said.channel) == (
        date(2026, 12, 1),
        date(2027, 3, 1),
        "import",
    )


def test_two_columns_are_enough(session: Session, bank: Bank):
    bring_in(session, bank, "member,title\n1,Company\nsurgery,Serving lunch\n", "requests")
    found = offers(session, bank, "request")
    assert [(one.title, one.ends_on) for one in found] == [
        (title, NOW.date() + timedelta(days=60)) for title in ("Company", "Serving lunch")
    ]


def test_a_skill_is_known_by_its_synonyms_and_a_new_one_is_added_once_and_said(
    session: Session, bank: Bank
):
    result = bring_in(
        session,
        bank,
        HEADER + "1,Taps,Dripping,,,\n1,Kites,Kite flying,,,\n2,More kites,kite Flying,,,\n",
        "offers",
    )
    shown = skills.shown(session, bank, offers(session, bank))
    assert [one.skill.name for one in shown if one.skill] == [
        "Plumbing",
        "Kite flying",
        "Kite flying",
    ]
    assert [one.category.name for one in shown if one.category][1:] == ["From files", "From files"]
    assert list(map(str, result.notes)) == [
        "New skills, under “From files”: Kite flying. Move them to where they belong."
    ]


def test_a_check_says_what_the_real_thing_does_and_writes_nothing(session: Session, bank: Bank):
    file = HEADER + "1,Taps,Unheard of,,,\n2,Lifts,,,,\n"
    before = check(session, bank, file, "offers")
    assert (before.new, offers(session, bank)) == (2, [])
    after = bring_in(session, bank, file, "offers")
    assert (after.new, after.notes) == (before.new, before.notes)


def test_a_second_run_changes_nothing_and_an_update_follows_the_file(session: Session, bank: Bank):
    first = "reference,member,title,description\nA,1,Taps,Drips\n"
    second = "reference,member,title,description\nA,1,Taps,Drips and drains\n"
    bring_in(session, bank, first, "offers")
    assert bring_in(session, bank, first, "offers").unchanged == 1
    left_alone = bring_in(session, bank, second, "offers")
    assert list(map(str, left_alone.differences)) == [
        "Line 2, Taps: it has another description here."
    ]
    assert offers(session, bank)[0].description == "Drips"
    assert bring_in(session, bank, second, "offers", update=True).updated == 1
    assert offers(session, bank)[0].description == "Drips and drains"


def test_of_two_who_bring_in_the_same_file_at_once_the_second_finds_it_there(engine: Engine):
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=WRITING)
        bank = make_bank(session)
        bring_in(session, bank, MEMBERS, "members")
        session.commit()
    came: list[int] = []

    def run(session: Session) -> None:
        came.append(bring_in(session, bank, HEADER + "1,Taps,Unheard of,,,\n", "offers").new)

    assert outcome_behind(engine, run, run) == "done"
    assert came == [1, 0]


def test_rows_without_references_are_known_again_by_what_they_say(session: Session, bank: Bank):
    file = HEADER + "1,Taps,,Drips,,\n1,Taps,,Drains,,\n"
    assert (
        bring_in(session, bank, file, "offers").new,
        bring_in(session, bank, file, "offers").unchanged,
    ) == (2, 2)
    doubled = check(session, bank, HEADER + "3,Taps,,,,\n3,Taps,,,,\n", "offers")
    assert "Line 3, reference" in words(doubled)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("9,Taps,,,,", "No member has this number"),
        ("chest,Taps,,,,", "belong to a member who takes part"),
        ("1,,,,,", "Write in a few words what you offer."),
        (f"1,{'x' * 201},,,,", "at most 200 characters"),
        ("1,Taps,,,,2026-11-11", "That day is past"),
        ("1,Taps,,,2026-12-02,2026-12-01", "That is before the first day"),
        ("1,Taps,,,soon,", "Write the day as"),
        ("1,Taps,,,,2036-01-01", "more than three years off"),
    ],
)
def test_a_bad_row_is_named_with_what_to_do_and_nothing_is_written(
    session: Session, bank: Bank, row: str, said: str
):
    with pytest.raises(BadRows) as refusal:
        bring_in(session, bank, HEADER + f"2,Lifts,,,,\n{row}\n", "offers")
    assert said in words(refusal.value.result)
    assert offers(session, bank) == []


def test_an_offer_is_no_request_and_nobody_else_s(session: Session, bank: Bank):
    bring_in(session, bank, "reference,member,title\nA,1,Taps\n", "offers")
    for kind, member in (("requests", "1"), ("offers", "2")):
        again = check(session, bank, f"reference,member,title\nA,{member},Taps\n", kind)
        assert "brought in before for something else" in words(again)


def test_what_is_exported_comes_back_the_same_elsewhere(session: Session, bank: Bank):
    header = "member,title,skill,description,place,times,minutes,ends_on\n"
    bring_in(
        session,
        bank,
        header + "1,=Taps,Plumbing,“Drips”,remote,friday evening,45,2027-01-31\n",
        "offers",
    )
    elsewhere = make_bank(session, name="Elsewhere")
    skills_service.plant_tree(session, elsewhere)
    bring_in(session, elsewhere, MEMBERS, "members")
    bring_in(session, elsewhere, text(session, bank, "offers"), "offers")
    ours, theirs = (rows(session, one, "offers") for one in (bank, elsewhere))
    assert [{**row, "posted_at": ""} for row in ours] == [
        {**row, "posted_at": ""} for row in theirs
    ]
    assert ours[0]["title"] == "'=Taps"
    assert bring_in(session, bank, text(session, bank, "offers"), "offers").unchanged == 1


def test_an_export_holds_what_stood_open_at_that_instant(session: Session, bank: Bank):
    bring_in(session, bank, HEADER + "1,Taps,,,,\n2,Lifts,,,,2026-11-12\n3,Soup,,,,\n", "offers")
    soup = offers(session, bank)[2]
    skills_service.withdraw(session, bank, soup.id, Act(system(bank), NOW))
    assert [
        row["title"] for row in rows(session, bank, "offers", as_of=NOW + timedelta(minutes=1))
    ] == ["Taps", "Lifts"]
    assert rows(session, bank, "requests") == []
    assert rows(session, bank, "offers", end=date(2026, 11, 11)) == []


def test_timeoverflow_s_posts_come_in_as_offers_and_again_as_requests(session: Session, bank: Bank):
    posts = (
        "1,Offer,Taps,Drips,3,2024-01-05 10:00:00 UTC,2024-01-05,2027-01-05\n"
        "2,Inquiry,A lift,Thursday,4,2024-02-05 10:00:00 UTC,,\n"
        "9,Offer,Nobody's,,3,2024-01-05 10:00:00 UTC,,\n"
    )
    result = bring_in(session, bank, posts, "offers", good_rows=True)
    assert (result.format, result.new, result.bad) == ("timeoverflow", 1, 1)
    assert list(map(str, result.notes)) == [
        "Passed over, being requests: 1. Import the file once more as requests."
    ]
    assert "Line 3, user_id “9”: No member has this number" in words(result)
    bring_in(session, bank, posts, "requests")
    assert [(one.title, one.ends_on) for one in offers(session, bank)] == [
        ("Taps", date(2027, 1, 5))
    ]
    assert [one.title for one in offers(session, bank, "request")] == ["A lift"]
