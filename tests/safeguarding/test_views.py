"""The safeguarding file on pages, in the API and on the command line."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask

from tests.browsers import Browser
from tests.factories import NOW, actor, make_bank, make_check, make_member, post_listing, system
from timebank import clock
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import Proposal
from timebank.members import queries as members
from timebank.safeguarding import queries, service, views
from timebank.safeguarding.cli import safeguarding
from timebank.safeguarding.rules import Doorstep, NewConcern
from timebank.skills import service as skills_service
from timebank.skills.rules import NewCategory, SkillDetails

HOME = "/b/fife/safeguarding"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """The bank `fife`: Ana offers lifts, for which a licence is needed; hers has run out."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        service.plant_kinds(session, bank)
        made = {name.lower(): make_member(session, bank, name) for name in ("Ana", "Ben")}
        for name, role in (("Maggie", "broker"), ("Nell", "broker"), ("Owen", "coordinator")):
            made[name.lower()] = make_member(session, bank, name, role)
        by = Act(system(bank), NOW)
        category = skills_service.add_category(session, bank, NewCategory("Out and about"), by)
        details = SkillDetails("Lifts", category.id, needs_checks=("driving",))
        lifts = skills_service.add_skill(session, bank, details, by)
        ana = made["ana"]
        post_listing(
            session, bank, "offer", by, holder_id=ana.account_id, title="Lifts", skill_id=lifts.id
        )
        check = make_check(session, bank, ana, until=NOW.date().replace(day=2), number="=D 12")
        proposal = Proposal(
            giver_id=ana.account_id or 0,
            receiver_id=made["ben"].account_id or 0,
            title="To the clinic",
            skill="lifts",
        )
        exchange = exchanges_service.propose(session, bank, proposal, Act(actor(made["ben"]), NOW))
        ids = {name: one.id for name, one in made.items()}
        return {**ids, "check": check.id, "exchange": exchange.id}


def test_a_check_is_written_down_renewed_and_ended(app, people, sign_in):
    broker, file = sign_in(people["maggie"]), f"{HOME}/people/{people['ana']}"
    page = broker.get(file).text
    assert "Run out" in page
    wrong = {"kind": "first_aid", "held_since": "2026-11-02", "expires_on": "2026-11-01"}
    answer = broker.post(file, data=wrong | {"number": "F 7"})
    assert answer.status_code == 422
    assert "That is before the check was given." in answer.text
    assert 'value="F 7"' in answer.text
    assert broker.post(file, data=wrong | {"expires_on": "2029-11-01"}).status_code == 303
    renew = f"{HOME}/checks/{people['check']}/renew"
    assert 'value="=D 12"' in broker.get(renew).text
    paper = {"held_since": "2026-11-10", "expires_on": "2027-11-10", "number": "D 13"}
    assert broker.post(renew, data=paper).status_code == 303
    again = broker.post(renew, data=paper)
    assert again.status_code == 409
    assert "This check was renewed already." in again.text
    page = broker.get(file).text
    assert "What was before" in page
    assert "=D 12" in page
    with app.app_context():
        bank = banks.by_slug(reading(), "fife")
        rows = queries.of_member(reading(), bank, people["ana"], on=NOW.date())
        assert rows == []
    assert "Driving licence" in sign_in(people["ana"]).get(f"{HOME}/mine").text


def test_a_form_sent_twice_is_done_once(app, people, sign_in):
    broker = sign_in(people["maggie"])
    paper = {"held_since": "2026-11-10", "once": "k" * 32}
    for _ in range(2):
        answer = broker.post(f"{HOME}/checks/{people['check']}/renew", data=paper)
        assert answer.status_code == 303


def test_ending_wants_a_reason(people, sign_in):
    broker, end = sign_in(people["maggie"]), f"{HOME}/checks/{people['check']}/end"
    answer = broker.post(end, data={"ending": "not_needed"})
    assert answer.status_code == 422
    assert "Say in a few words why." in answer.text
    data = {"ending": "not_needed", "why": "She drives no more."}
    assert broker.post(end, data=data).status_code == 303


def test_of_a_visit_that_names_no_skill_the_staff_read_that_nothing_can_be_told(
    app, people, sign_in
):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        ana, ben = (members.member(session, bank, people[name]) for name in ("ana", "ben"))
        sides = {"giver_id": ana.account_id or 0, "receiver_id": ben.account_id or 0}
        for skill in (None, "Sailing"):
            proposal = Proposal(**sides, title=f"Help {skill}", skill=skill)
            made = exchanges_service.propose(session, bank, proposal, Act(actor(ben), NOW))
        page = f"/b/fife/exchanges/{made.id}"
    nell = sign_in(people["nell"])
    assert "Ana does not hold: Driving licence" in nell.get(page).text
    desk = nell.get("/b/fife/desk?kind=unchecked").text
    assert "2 more visits name no skill" in desk
    assert "does not hold" not in sign_in(people["ben"]).get(page).text


def test_the_list_can_be_narrowed_and_taken_away_as_a_file(people, sign_in):
    broker = sign_in(people["maggie"])
    assert "Ana" in broker.get(HOME, query_string={"state": "run_out"}).text
    assert "Nobody has a check that stands so." in broker.get(f"{HOME}?state=in_order").text
    wrong = broker.get(f"{HOME}?kind=sailing")
    assert wrong.status_code == 422
    assert "Choose from the bank’s own checks" in wrong.text
    file = broker.get(f"{HOME}/list.csv")
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    # A spreadsheet takes it for no formula.
    assert ",driving,run_out,2025-01-01,2026-11-02,'=D 12," in file.text
    report = broker.get(f"{HOME}/report.csv").text
    assert "driving,Driving licence and insurance,0,0,1,0" in report
    for name, told in (("list", {"Ana", "=D 12", "run_out"}), ("report", {"driving", "run_out"})):
        book = zipfile.ZipFile(io.BytesIO(broker.get(f"{HOME}/{name}.xlsx").data))
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert told <= {*re.findall(r"<t[^>]*>([^<]*)</t>", sheet)}
        assert "<f>" not in sheet


def test_the_exchange_tells_the_staff_what_is_lacking_and_members_nothing(people, sign_in):
    page = f"/b/fife/exchanges/{people['exchange']}"
    assert (
        "does not hold what this help needs: Driving licence"
        in sign_in(people["nell"]).get(page).text
    )
    theirs = sign_in(people["ben"]).get(page).text
    assert "The staff look at every visit of this kind" in theirs
    assert "Driving licence" not in theirs
    desk = sign_in(people["nell"]).get("/b/fife/desk?kind=unchecked").text
    assert "Visits for which a check is lacking" in desk
    assert "names no skill" not in theirs
    for who, there in (("ben", False), ("ana", True), ("nell", True)):
        page = sign_in(people[who]).get("/b/fife/directory").text
        assert bool(re.search(r"/b/fife/directory/\d", page)) == there


def test_what_to_do_at_the_door_is_seen_on_an_agreed_visit_if_allowed(app, people, sign_in):
    def say(on_visits: bool) -> None:
        with app.app_context(), transaction() as session:
            bank = banks.by_slug(session, "fife")
            said = Doorstep("Ruth", "daughter", "01632 960 111", "Ring twice.", on_visits)
            ben = members.member(session, bank, people["ben"])
            service.set_doorstep(session, bank, ben.id, said, Act(actor(ben), NOW))

    ana, page = sign_in(people["ana"]), f"/b/fife/exchanges/{people['exchange']}"
    say(on_visits=True)
    assert "Ring twice." not in ana.get(page).text
    assert ana.post(f"{page}/agree").status_code == 303
    assert "Ring twice." in ana.get(page).text
    say(on_visits=False)
    assert "Ring twice." not in ana.get(page).text


def test_a_member_says_whom_to_ring(people, sign_in):
    ana, page = sign_in(people["ana"]), f"{HOME}/people/{people['ana']}/doorstep"
    answer = ana.post(page, data={"contact_name": "Ruth"})
    assert answer.status_code == 422
    assert "Write a telephone number to ring" in answer.text
    said = {"contact_name": "Ruth", "contact_phone": "01632 960 111", "no_answer": "Ring twice."}
    assert ana.post(page, data=said).status_code == 303
    assert "Ring twice." in ana.get(f"{HOME}/mine").text
    assert "Ring twice." in sign_in(people["maggie"]).get(f"{HOME}/people/{people['ana']}").text
    assert sign_in(people["ben"]).get(page).status_code == 403


def test_a_concern_is_written_by_a_broker_and_read_by_coordinators(people, sign_in):
    maggie, nell, owen, ana = (sign_in(people[who]) for who in ("maggie", "nell", "owen", "ana"))
    answer = maggie.post(f"{HOME}/concerns/new", data={"who": "Nobody At All", "words": "No light"})
    assert answer.status_code == 422
    assert "No light" in answer.text
    assert (
        maggie.post(
            f"{HOME}/concerns/new", data={"who": "Ana", "words": "No light for days."}
        ).status_code
        == 303
    )
    assert "Nobody yet" in maggie.get(f"{HOME}/concerns").text
    assert "Concerns you have not read" in owen.get("/b/fife/desk?kind=concerns").text
    assert "Concerns you have not read" not in nell.get("/b/fife/desk").text
    assert "No light for days." in owen.get(f"{HOME}/concerns/1").text
    assert "Owen" in maggie.get(f"{HOME}/concerns").text
    assert "Ana" not in nell.get(f"{HOME}/concerns").text
    assert nell.get(f"{HOME}/concerns/1").status_code == 404
    assert ana.get(f"{HOME}/concerns").status_code == 403
    assert "No light" not in maggie.get(f"/b/fife/members/{people['ana']}").text
    assert "No light" not in ana.get("/b/fife/me/data").text


def test_kinds_are_a_coordinators(people, sign_in):
    owen = sign_in(people["owen"])
    assert owen.post(f"{HOME}/kinds", data={"name": "Food hygiene"}).status_code == 303
    twice = owen.post(f"{HOME}/kinds", data={"name": "food hygiene"})
    assert twice.status_code == 409
    assert "There is a check called “food hygiene” already." in twice.text
    assert sign_in(people["maggie"]).get(f"{HOME}/kinds").status_code == 403


# ---- For programs ----


def test_a_program_does_the_same(app, people, bearer):
    client = app.test_client()
    broker, ana, owen = (bearer(people[who]) for who in ("maggie", "ana", "owen"))
    path = f"/api/v1/members/{people['ana']}/checks"
    body = {"kind": "first_aid", "held_since": "2026-11-01", "seen_by": f"member:{people['nell']}"}
    made = client.post(path, json=body, headers=broker)
    assert (made.status_code, made.json["ending"]) == (201, None)
    assert client.post(path, json=body, headers=broker).json["code"] == "held_already"
    wrong = client.post(path, json=body | {"kind": "x", "number": "7" * 5000}, headers=broker)
    assert wrong.json["fields"].keys() == {"number"}
    assert client.post(path, json=body, headers=ana).status_code == 403
    file = client.get(path, headers=ana).json
    assert [(row["kind"], row["state"]) for row in file["rows"]] == [
        ("driving", "run_out"),
        ("first_aid", "in_order"),
    ]
    renewal = f"/api/v1/checks/{people['check']}/renewal"
    assert (
        client.post(renewal, json={"held_since": "2026-11-02"}, headers=broker).status_code == 201
    )
    assert client.post(renewal, json={"held_since": "2026-11-02"}, headers=broker).json["code"] == (
        "ended_already"
    )
    counted = client.get("/api/v1/checks/report", headers=broker).json["items"]
    assert {one["kind"]: one["in_order"] for one in counted}["first_aid"] == 1
    concern = {"about": f"member:{people['ana']}", "words": "No light."}
    written = client.post("/api/v1/concerns", json=concern, headers=broker)
    assert "No light." not in written.text
    there = f"/api/v1/concerns/{written.json['id']}"
    assert client.get(there, headers=owen).json["words"] == "No light."
    assert client.get(there, headers=bearer(people["nell"])).status_code == 404
    seen = client.get("/api/v1/concerns", headers=broker).json["items"][0]
    assert [one["name"] for one in seen["readings"]] == ["Owen"]


def test_the_command_lists_checks_and_no_concerns(app, people):
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        owen = members.member(session, bank, people["owen"])
        new = NewConcern(people["ana"], "No light.")
        service.write_concern(session, bank, new, Act(actor(owen), NOW))
    with app.app_context():
        said = app.test_cli_runner().invoke(
            safeguarding, ["checks", "--bank", "fife", "--state", "run_out"]
        )
    assert said.exit_code == 0
    assert "Ana\tdriving\trun_out\t2026-11-02" in said.output
    assert "No light" not in said.output


def test_another_banks_kinds_and_checks_are_not_there(app, people, sign_in: Callable[..., Browser]):
    with app.app_context(), transaction() as session:
        elsewhere = make_bank(session, slug="ayr")
        theirs = make_member(session, elsewhere, "Cy", "coordinator")
        check = make_check(session, elsewhere, theirs).id
        kind = queries.kinds(session, elsewhere)[0].id
    owen = sign_in(people["owen"])
    for path in (f"checks/{check}/renew", f"checks/{check}/end", f"kinds/{kind}"):
        assert owen.get(f"{HOME}/{path}").status_code == 404


def test_a_long_list_stands_on_several_pages_and_whole_in_a_file(app, people, sign_in, monkeypatch):
    monkeypatch.setattr(views, "ON_A_PAGE", 2)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        for name in ("Uma", "Vic", "Wyn"):
            make_check(session, bank, make_member(session, bank, name))
    broker = sign_in(people["maggie"])
    whole = broker.get("/b/fife/safeguarding/list.csv").text.count("\n") - 1
    address, lines = "/b/fife/safeguarding", 0
    while address:
        html = broker.get(address).text
        assert f"{whole} lines" in html
        lines += html.count("<tr") - 1
        assert html.count("<tr") - 1 <= 2
        address = next(iter(re.findall(r'rel="next" href="([^"]+)"', html)), "")
    assert lines == whole >= 3
    assert broker.get("/b/fife/safeguarding?after=-1").status_code == 422


def test_a_day_is_booked_from_the_desk_and_called_off_again(people, sign_in):
    broker, book = sign_in(people["maggie"]), f"{HOME}/checks/{people['check']}/day"
    assert book in broker.get("/b/fife/desk").text
    past = broker.post(book, data={"day": "2026-11-01", "words": "From ten"})
    assert past.status_code == 422
    assert "That day is past." in past.text
    assert 'value="From ten"' in past.text
    assert broker.post(book, data={"day": "2026-11-20", "words": "From ten"}).status_code == 303
    file = broker.get(f"{HOME}/people/{people['ana']}").text
    assert "Friday 20 November is booked" in file
    assert "New paper on 20 November 2026" in file
    assert "The new paper is brought on" in broker.get("/b/fife/desk").text
    own = sign_in(people["ana"])
    assert "Bring your new paper on" in own.get("/b/fife/").text
    assert "From ten" in own.get(f"{HOME}/mine").text
    assert own.get(book).status_code == 403
    done = broker.get("/b/fife/desk/done").text
    (off,) = re.findall(r'action="([^"]*/day/off)"', done)
    assert broker.post(off).status_code == 303
    assert "New paper on" not in broker.get(f"{HOME}/people/{people['ana']}").text


def test_a_check_is_undone_from_what_was_done_today_and_its_name_stands_in_the_history(
    people, sign_in
):
    broker, file = sign_in(people["maggie"]), f"{HOME}/people/{people['ana']}"
    broker.post(file, data={"kind": "first_aid", "held_since": "2026-11-02"})
    done = broker.get("/b/fife/desk/done").text
    assert "Ana: “First aid certificate” written down." in done
    undo, *_ = re.findall(r'action="([^"]*/undo)"', done)
    assert broker.post(undo).status_code == 303
    assert "Undone by whoever wrote it down." in broker.get(file).text
    assert broker.post(undo).status_code == 409
    history = broker.get(f"/b/fife/members/{people['ana']}").text
    assert "Check written down: First aid certificate" in history
    assert "first_aid" not in history


def test_a_program_undoes_and_books_too(app, people, bearer):
    client = app.test_client()
    staff, member = ({"headers": bearer(people[who])} for who in ("maggie", "ana"))
    check = f"/api/v1/checks/{people['check']}"
    day = {"day": "2026-11-20", "words": "From ten"}
    assert client.put(f"{check}/day", json=day, **member).status_code == 403
    booked = client.put(f"{check}/day", json=day, **staff)
    assert booked.json == day | {"check_id": people["check"]}
    (row,) = client.get(f"/api/v1/members/{people['ana']}/checks", **staff).json["rows"]
    assert row["day"]["day"] == "2026-11-20"
    assert client.delete(f"{check}/day", **staff).status_code == 204
    assert client.delete(f"{check}/day", **staff).status_code == 409
    ended = {"ending": "not_needed", "why": "She drives no more."}
    client.post(f"{check}/end", json=ended, **staff)
    assert client.post(f"{check}/undo", **member).status_code == 403
    again = client.post(f"{check}/undo", **staff)
    assert (again.json["ending"], again.json["number"]) == (None, "=D 12")
    assert again.json["id"] != people["check"]
    assert client.post(f"{check}/undo", **staff).json["code"] == "nothing_to_undo"
