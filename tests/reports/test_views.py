"""The coordinator's pages of figures, as a browser gets them."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import (
    NOW,
    actor,
    change_details,
    make_bank,
    make_entry,
    make_logged_exchange,
    make_member,
    system,
)
from tests.measures.test_service import record, ring
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import service as exchanges_service
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Topic
from timebank.members.models import Member
from timebank.reports import dashboard, drawing, kept, queries, words
from timebank.reports.models import KeptReport, Place
from timebank.surveys import equality
from timebank.surveys.rules import EqualityAsked

BASE = "/b/fife-time-bank/reports"
DAYS = "from=2025-10-01&to=2026-09-30"


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    """Thirty-two who helped each other round, one who was only helped, one who never was; and a
    coordinator."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, member_floor=-(10**6), largest_log=1440)
        people = [
            make_member(
                session,
                bank,
                f"Person {number}",
                area=("North", "South")[number % 2],
                date_of_birth=date(1940, 1, 1),
            )
            for number in range(34)
        ]
        record(session, bank, people, [*ring(32, 50), (0, 32, 60)])
        return {
            "owen": make_member(session, bank, "Owen", "coordinator", email="owen@example.org").id,
            "maggie": make_member(session, bank, "Maggie", "broker").id,
            "one": people[0].id,
            "helped": people[32].id,
            "never": people[33].id,
        }


@pytest.fixture
def owen(town: dict[str, int], sign_in: Any) -> Any:
    return sign_in(town["owen"])


def test_one_page_tells_the_split_the_balance_the_funnel_the_groups_and_whom_to_ring(owen):
    page = owen.get(f"{BASE}/?{DAYS}").text
    assert (
        "Of every 10 hours given, none came back from the same person, all 10 from somebody else"
        in page
    )
    for heading in (
        "Does help come round?",
        "Who gives, who is helped?",
        "Do groups mix?",
        "Whom to ring",
        "The network",
    ):
        assert heading in page
    assert "Person 32" in page
    assert "33 people took part" in page


def test_every_chart_has_a_title_and_a_description(owen):
    for path in (f"?{DAYS}", f"network?{DAYS}", "growth", f"shared?{DAYS}"):
        page = owen.get(f"{BASE}/{path}").text
        for chart in re.findall(r'<svg class="chart[^>]*>', page):
            if "aria-hidden" not in chart and "focusable" not in chart:
                assert "aria-labelledby" in chart, chart


def test_a_bank_without_any_exchange_is_told_so_in_words(app, sign_in):
    with app.app_context(), transaction() as session:
        owen = make_member(session, make_bank(session), "Owen", "coordinator").id
    browser = sign_in(owen)
    for path in (
        "",
        "network",
        "people",
        "growth",
        "before-and-after?day=2026-03-01&months=6",
        "participation",
        "shared",
        "files",
    ):
        answer = browser.get(f"{BASE}/{path}")
        assert answer.status_code == 200, path
        assert "nan" not in re.sub("<[^>]*>", "", answer.text).lower().split()
    assert "No help was given in this window." in browser.get(f"{BASE}/").text


@pytest.mark.parametrize(
    "path",
    [
        "?from=2026-12-31&to=2026-01-01",
        "?from=soon&to=2026-01-01",
        "people?which=everybody",
        "growth?by=week",
        "growth?figure=nothing",
        "growth?from=1900-01-01&by=month",
        "before-and-after?day=2026-03-01&months=0",
        "before-and-after?day=2026-03-01&months=many",
        "before-and-after?day=2026-11-01&months=6",
        "before-and-after?day=9999-12-31&months=6",
        "?from=2026-01-01&to=9999-12-31",
        "shared?from=2026-01-01&to=9999-12-31",
        "files?report=reciprocity&from=2026-01-02&to=2026-03-31&share=true",
        "files?report=reciprocity&from=2026-01-01&to=2026-03-31&as_of=2999-01-01",
        "shared?from=2026-01-02&to=2026-03-31",
        "shared?by=month",
        "network?from=2026-12-31&to=2026-01-01",
    ],
)
def test_what_cannot_be_is_said_on_the_page_with_what_was_written(owen, path):
    answer = owen.get(f"{BASE}/{path}")
    assert answer.status_code == 422
    assert 'class="summary' in answer.text or "error" in answer.text
    for written in re.findall(r"=([^&=]+)", path):
        if written not in ("everybody", "week", "nothing", "month", "reciprocity", "true"):
            assert written in answer.text


def test_the_lists_name_whom_to_ring(owen, town):
    assert "Person 32" in owen.get(f"{BASE}/people?which=only_receive&{DAYS}").text
    assert (
        "Person 33"
        in owen.get(f"{BASE}/people?which=never_traded&from=2025-10-01&to=2026-12-31").text
    )
    assert "Nobody" in owen.get(f"{BASE}/people?which=only_give&{DAYS}").text


def test_a_file_for_sharing_holds_no_number_of_few(owen):
    page = owen.get(f"{BASE}/files?report=reciprocity&{DAYS}&share=true").text
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*reciprocity\.[^"]*)"', page)
    ]
    assert len(links) == 5
    for link in links:
        assert "share=true" in link
        assert owen.get(link).status_code == 200
    file = owen.get(next(link for link in links if ".csv" in link)).text
    assert "receiver_only,,,[c]," in file
    staff = owen.get(f"{BASE}/reciprocity.csv?{DAYS}").text
    assert "receiver_only,,,0.03" in staff


def test_the_shared_page_shows_what_the_shared_file_holds(owen):
    page = owen.get(f"{BASE}/shared?{DAYS}").text
    assert "[c]" in page
    assert "Person" not in page


def test_looking_again_makes_no_other_shared_report(app, owen):
    for _ in range(3):
        owen.get(f"{BASE}/shared?{DAYS}")
    with app.app_context(), transaction() as session:
        assert len(session.execute(select(KeptReport)).all()) == 1


def test_days_that_are_not_over_are_said_to_be_so(owen):
    assert "Not over yet" in owen.get(f"{BASE}/?from=2026-01-01&to=2099-12-31").text
    assert "Not over yet" in owen.get(f"{BASE}/growth?by=year&from=2025-01-01&to=2099-12-31").text
    assert "Not over yet" not in owen.get(f"{BASE}/?{DAYS}").text


def test_a_bank_of_this_quarter_shows_what_was_given_so_far(app, sign_in):
    day = clock.now().date()
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="new")
        owen = make_member(session, bank, "Owen", role="coordinator")
        ana, ben = (make_member(session, bank, name) for name in ("Ana", "Ben"))
        logged = make_logged_exchange(session, bank, ana, ben, now=clock.now(), occurred_on=day)
        exchanges_service.confirm(session, bank, logged.id, Act(actor(ben), clock.now()))
    page = sign_in(owen).get("/b/new/reports/").text
    chosen = page.partition('aria-label="Which days"')[2].partition("</nav>")[0]
    assert 'aria-current="true">So far this quarter<' in chosen
    assert re.search(r"in 1 exchange or session", page)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "new")
        legs = (ana.account_id, ben.account_id, 60)
        make_entry(session, bank, "exchange:99", legs, on=day - timedelta(days=200))
    page = sign_in(owen).get("/b/new/reports/").text
    assert 'aria-current="true">The last four whole quarters<' in page


def test_the_way_in_a_letter_leads_to_the_report_it_is_about(app, owen, town):
    """Whatever was written into the books since the letter went out."""
    wanted = {"share": "true", "from": "2025-10-01", "to": "2026-09-30"}
    as_of = owen.get(f"{BASE}/reciprocity.json", query_string=wanted).json["as_of"]
    asked = {"report": "reciprocity", "from": "2025-10-01", "to": "2026-09-30", "as_of": as_of}
    before = owen.get(f"{BASE}/shared", query_string=asked).text
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        one, other = (session.get_one(Member, town[name]) for name in ("one", "helped"))
        logged = make_logged_exchange(session, bank, one, other, occurred_on=date(2026, 9, 1))
        exchanges_service.confirm(session, bank, logged.id, Act(actor(other), NOW))
    position = re.compile(r"ledger position [^)]*\)")
    after = owen.get(f"{BASE}/shared", query_string=asked).text
    assert position.search(after)[0] == position.search(before)[0]
    assert position.search(owen.get(f"{BASE}/shared?{DAYS}").text)[0] != position.search(before)[0]


# ---- Never stale ----


def minutes(app: Flask) -> tuple[int, int]:
    """What the page would show now: minutes of help, and members of the area North among those who
    gave in it."""
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        days = (date(2025, 10, 1), date(2026, 9, 30))
        seen, _ = kept.shown(session, bank, dashboard.Everything(*days), now=clock.now())
        report = seen.reports[Topic.RECIPROCITY]
        table = next(one for one in report.last.tables if one.id == "between:area")
        north = sum(cell.value or 0 for cell in table.cells if cell.row == "North")
        return report.totals.minutes, round(north)


def test_the_page_is_made_once_until_somebody_writes(app, town, monkeypatch):
    made = []
    real = dashboard._made
    monkeypatch.setattr(dashboard, "_made", lambda *given: made.append(1) or real(*given))
    assert minutes(app) == minutes(app)
    assert len(made) == 1


def test_the_page_is_never_stale(app, town):
    before = minutes(app)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        one, other = (session.get_one(Member, town[name]) for name in ("one", "helped"))
        logged = make_logged_exchange(session, bank, one, other, occurred_on=date(2026, 9, 1))
        exchanges_service.confirm(session, bank, logged.id, Act(actor(other), NOW))
        number = logged.id
    after = minutes(app)
    assert after[0] == before[0] + 60
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        exchanges_service.reverse(session, bank, number, Act(system(bank), NOW), note="No.")
    assert minutes(app) == before
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        change_details(session, bank, town["one"], Act(system(bank), NOW), area="South")
    assert minutes(app)[1] < before[1]


def test_what_members_say_shows_at_once_on_both_pages(app, owen, town):
    pages = (f"{BASE}/participation?{DAYS}", f"{BASE}/shared?report=participation&{DAYS}")
    assert not any("Members by" in owen.get(page).text for page in pages)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        equality.ask(session, bank, EqualityAsked(["carer"], []), Act(system(bank), NOW))
        equality.count(session, bank, Act(system(bank), clock.now()))
    assert all("Members by" in owen.get(page).text for page in pages)


# ---- The network ----


def places(app: Flask) -> dict[int, tuple[float, float]]:
    with app.app_context(), transaction() as session:
        return queries.places(session, banks.by_slug(session, "fife-time-bank"))


def test_everybody_stands_where_they_stood_at_the_last_visit(app, owen, town):
    owen.get(f"{BASE}/network?{DAYS}")
    before = places(app)
    assert len(before) == 33
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife-time-bank")
        one, never = (session.get_one(Member, town[name]) for name in ("one", "never"))
        logged = make_logged_exchange(session, bank, one, never, occurred_on=date(2026, 9, 1))
        exchanges_service.confirm(session, bank, logged.id, Act(actor(never), NOW))
    owen.get(f"{BASE}/network?{DAYS}")
    after = places(app)
    assert len(after) == 34
    assert {one: after[one] for one in before} == before
    assert all(-1 <= side <= 1 for place in after.values() for side in place)


def test_the_drawing_names_people_to_who_hears_it_and_shows_numbers_to_who_sees_it(owen):
    page = owen.get(f"{BASE}/network?{DAYS}").text
    assert re.search(r'aria-label="[0-9]+ Person 0, 3 partners"', page)
    assert re.search(r'<text class="number"[^>]*>1</text>', page)


def test_an_area_is_drawn_alone(owen):
    assert "In North" in owen.get(f"{BASE}/network?{DAYS}&area=North").text


def test_somebody_is_drawn_with_their_partners(owen):
    page = owen.get(f"{BASE}/network?{DAYS}&person=1").text
    assert page.count('class="person') == 4
    assert owen.get(f"{BASE}/network?{DAYS}&person=none").status_code == 422


def test_too_many_to_draw_are_not_drawn_in_part(owen, monkeypatch):
    monkeypatch.setattr(drawing, "MOST", 20)
    page = owen.get(f"{BASE}/network?{DAYS}").text
    assert "too many to draw" in page
    assert 'class="person' not in page


def test_a_new_arrangement_is_made_from_the_beginning(app, owen):
    owen.get(f"{BASE}/network?{DAYS}")
    assert owen.post(f"{BASE}/network/arrangement").status_code == 303
    with app.app_context(), transaction() as session:
        assert session.execute(select(Place)).first() is None


# ---- Who reads them, and by e-mail ----


def test_somebody_is_invited_reads_what_is_shared_and_is_let_in_no_more(app, owen, sign_in):
    owen.post(
        f"{BASE}/readers",
        data={"name": "Jo", "email": "jo@council.example", "organisation": "Council"},
    )
    assert "jo@council.example" in owen.get(f"{BASE}/readers").text
    owen.post(
        f"{BASE}/schedules",
        data={"name": "participation", "stride": "year", "reader": "commissioner:1"},
    )
    assert "for sharing" in owen.get(f"{BASE}/schedules").text
    owen.post(f"{BASE}/readers/1/end")
    assert "jo@council.example" not in owen.get(f"{BASE}/readers").text
    assert "Participation</th>" not in owen.get(f"{BASE}/schedules").text


@pytest.mark.parametrize(
    "data", [{"name": "", "email": "jo@council.example"}, {"name": "Jo", "email": "council"}]
)
def test_a_bad_invitation_is_said_and_kept(owen, data):
    answer = owen.post(f"{BASE}/readers", data=data)
    assert answer.status_code == 422
    assert (data["name"] or data["email"]) in answer.text


def test_brokers_and_members_see_none_of_it(town, sign_in):
    for who in ("maggie", "one"):
        browser = sign_in(town[who])
        for path in (
            "",
            "network",
            "people",
            "shared",
            "files",
            "reciprocity.csv",
            "readers",
            "schedules",
        ):
            assert browser.get(f"{BASE}/{path}").status_code == 403


# ---- In words ----


@pytest.mark.parametrize(
    ("shares", "tenths"),
    [
        ((0.4, 0.396, 0.204), (4, 4, 2)),
        ((1 / 3, 1 / 3, 1 / 3), (4, 3, 3)),
        ((0.04, 0.04, 0.92), (1, 0, 9)),
        ((0, 0, 1), (0, 0, 10)),
        ((0.95, 0.05, 0), (10, 0, 0)),
    ],
)
def test_tenths_add_up_to_ten(shares, tenths):
    assert words.tenths(shares) == tenths


def test_every_figure_has_a_name_and_says_what_it_tells():
    for figure in FIGURES.values():
        assert str(words.name(figure.id))
        assert len(str(words.meaning(figure.id))) > 10
