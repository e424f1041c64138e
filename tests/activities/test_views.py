"""The pages of activities, as residents, leads and brokers use them."""

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from PIL import Image

from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_bank,
    make_meeting,
    make_member,
    make_organisation,
    system,
)
from timebank import clock
from timebank.act import Act
from timebank.activities import evidence, queries, register
from timebank.activities.models import Activity, Contribution, SessionPosting, SignUp
from timebank.activities.rules import Mark, NewPhoto
from timebank.banks.models import Bank
from timebank.db import reading, transaction
from timebank.members import helping
from timebank.members.models import Member

HOME = "/b/fife-time-bank/activities"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def town(app: Flask) -> dict[str, int]:
    """Ids: Lee leads a café that whoever comes pays for, with a session now and one tomorrow;
    Maggie is a broker."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, chest_floor=-600)
        lee, ana, ben = (
            make_member(session, bank, name, number=name[:1]) for name in ("Lee", "Ana", "Ben")
        )
        maggie, owen = (
            make_member(session, bank, "Maggie", "broker"),
            make_member(session, bank, "Owen", "coordinator"),
        )
        make_organisation(session, bank, "Surgery")
        cafe = make_activity(
            session, bank, rule="attendees_pay", payer_id=None, resident_lead_id=lee.id
        )
        today, tomorrow = (
            make_meeting(session, bank, cafe),
            make_meeting(session, bank, cafe, starts_at=NOW + timedelta(days=1)),
        )
        people = {one.name.lower(): one.id for one in (lee, ana, ben, maggie, owen)}
        return {**people, "cafe": cafe.id, "today": today.id, "tomorrow": tomorrow.id}


def marks(app: Flask) -> dict[str, tuple[str, int]]:
    """Everybody on a register: part and minutes."""
    with app.app_context():
        names = {one.id: one.name for one in reading().query(Member)}
        rows = reading().query(Contribution).order_by(Contribution.id)
        return {
            names.get(row.member_id or 0, row.guest or ""): (row.part, row.minutes) for row in rows
        }


def ticked(page: str) -> dict[str, str]:
    """The fields of a register as the page shows them."""
    fields = dict(re.findall(r'<input type="hidden"\s+name="(was-[^"]+)"\s+value="([^"]*)"', page))
    for tag in re.findall(r'<input type="radio"[^>]*checked[^>]*>', page):
        name, value = re.findall(r'name="([^"]+)"', tag)[0], re.findall(r'value="([^"]*)"', tag)[0]
        fields[name] = value
    return fields


def test_a_resident_finds_what_is_coming_and_signs_up(town, sign_in, app):
    browser = sign_in(town["ana"])
    assert "Repair café" in browser.get(HOME).text
    page = browser.get(f"{HOME}/sessions/{town['tomorrow']}").text
    assert "This costs you" in page
    assert "I’ll come: costs 1 hour" in page
    answer = browser.post(
        f"{HOME}/sessions/{town['tomorrow']}/sign-up",
        data={"member": town["ana"]},
        follow_redirects=True,
    )
    assert "You are on the list" in answer.text
    answer = browser.post(
        f"{HOME}/sessions/{town['tomorrow']}/withdraw",
        data={"member": town["ana"]},
        follow_redirects=True,
    )
    assert "no longer on the list" in answer.text


def test_a_resident_sees_no_names_of_others_and_no_register(town, sign_in):
    sign_in(town["ben"]).post(
        f"{HOME}/sessions/{town['tomorrow']}/sign-up", data={"member": town["ben"]}
    )
    browser = sign_in(town["ana"])
    assert "Ben" not in browser.get(f"{HOME}/sessions/{town['tomorrow']}").text
    for page in ("register", "times", "register/print", "door", "edit", "call-off", "write-up"):
        assert browser.get(f"{HOME}/sessions/{town['today']}/{page}").status_code == 403
    assert browser.get(f"{HOME}/sessions/{town['today']}/post").status_code == 403


def test_a_broker_puts_on_the_list_who_rang(town, sign_in, app):
    browser = sign_in(town["maggie"])
    address = f"{HOME}/sessions/{town['tomorrow']}/sign-up"
    wrong = browser.post(address, data={"who": "Nobody at all", "channel": "phone"})
    assert wrong.status_code == 422
    assert "Nobody at all" in wrong.text
    browser.post(address, data={"who": "Ana", "channel": "phone"})
    with app.app_context():
        (row,) = reading().query(SignUp)
        assert (row.member_id, row.channel) == (town["ana"], "phone")


# ---- Opening and planning ----

NEW = {
    "title": "Walk",
    "purpose": "To walk.",
    "rule": "sponsored",
    "sponsor": "chest",
    "percent": "100",
    "stage": "deliver",
}


def test_a_broker_opens_an_activity_and_plans_its_sessions(town, sign_in, app):
    browser = sign_in(town["maggie"])
    answer = browser.post(
        f"{HOME}/new", data={**NEW, "resident_lead": "Ana", "access_notes": "Two steps."}
    )
    assert answer.status_code == 303
    with app.app_context():
        walk = reading().query(Activity).filter_by(title="Walk").one()
        assert (walk.resident_lead_id, walk.access_notes) == (town["ana"], "Two steps.")
    plan = {
        "starts_on": "20/11/2026",
        "starts_time": "2 pm",
        "minutes": "1:30",
        "repeat": "weekly",
        "count": "3",
    }
    assert browser.post(answer.location, data=plan).status_code == 303
    page = browser.get(f"{HOME}/{walk.id}").text
    assert [f"{day} November, 14:00 to 15:30" in page for day in ("Friday 20", "Friday 27")] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"title": " "}, "title"),
        ({"rule": ""}, "rule"),
        ({"rule": "working_bee"}, "receiver"),
        ({"rule": "working_bee", "receiver": "Zed"}, "receiver"),
        ({"resident_lead": "Zed"}, "resident_lead"),
        ({"professional_lead": "Ana"}, "professional_lead"),
        ({"places": "many"}, "places"),
        ({"percent": "101"}, "percent"),
    ],
)
def test_what_is_wrong_with_an_activity_is_said_beside_it_and_the_rest_is_kept(
    town, sign_in, app, change, wrong
):
    answer = sign_in(town["maggie"]).post(
        f"{HOME}/new", data={**NEW, "purpose": "To be kept.", **change}
    )
    assert answer.status_code == 422
    assert f'href="#{wrong}"' in answer.text
    assert "To be kept." in answer.text
    with app.app_context():
        assert reading().query(Activity).count() == 1


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"starts_time": "noonish"}, "starts_time"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"minutes": "25:00"}, "minutes"),
        ({"count": "1000"}, "count"),
        ({"repeat": "once", "count": "2"}, "repeat"),
        # The clocks go forward that night, at the first session and at the last.
        ({"starts_on": "2027-03-28", "starts_time": "01:30"}, "starts_time"),
        ({"starts_on": "2027-03-14", "starts_time": "01:30"}, "starts_time"),
    ],
)
def test_a_session_that_cannot_be_is_refused_with_what_was_written(town, sign_in, change, wrong):
    plan = {
        "starts_on": "2026-11-20",
        "starts_time": "14:00",
        "minutes": "1:30",
        "repeat": "weekly",
        "count": "3",
    }
    answer = sign_in(town["lee"]).post(
        f"{HOME}/{town['cafe']}/sessions/new", data={**plan, "place": "The barn", **change}
    )
    assert answer.status_code == 422
    assert f'href="#{wrong}"' in answer.text
    assert "The barn" in answer.text


def test_everything_that_is_wrong_with_a_session_is_said_at_once_in_the_order_of_the_page(
    town, sign_in
):
    wrong = {
        "starts_on": "soon",
        "starts_time": "noonish",
        "minutes": "25:00",
        "places": "0",
        "count": "1000",
    }
    answer = sign_in(town["lee"]).post(
        f"{HOME}/{town['cafe']}/sessions/new", data={**wrong, "repeat": "weekly"}
    )
    assert sorted(wrong, key=lambda name: answer.text.index(f'href="#{name}"')) == list(wrong)


def test_a_lead_changes_what_it_says_and_not_who_pays(town, sign_in, app):
    form = {**NEW, "title": "Repair café", "rule": "none", "lessons": "Bring fuses."}
    assert sign_in(town["lee"]).post(f"{HOME}/{town['cafe']}/edit", data=form).status_code == 303
    with app.app_context():
        cafe = reading().get_one(Activity, town["cafe"])
        assert (cafe.lessons, cafe.rule) == ("Bring fuses.", "attendees_pay")


def test_a_session_is_moved_and_called_off(town, sign_in):
    browser, address = sign_in(town["lee"]), f"{HOME}/sessions/{town['tomorrow']}"
    moved = {
        "starts_on": "2026-11-14",
        "starts_time": "15.00",
        "minutes": "60m",
        "place": "The barn",
    }
    assert (
        "15:00 to 16:00, The barn"
        in browser.post(f"{address}/edit", data=moved, follow_redirects=True).text
    )
    browser.post(f"{address}/call-off", data={"why": "The barn is cold."})
    assert "The barn is cold." in browser.get(address).text


# ---- The register and the hours ----


def test_a_lead_keeps_the_register_and_a_broker_posts_it(town, sign_in, app):
    lee, address = sign_in(town["lee"]), f"{HOME}/sessions/{town['today']}"
    form = ticked(lee.get(f"{address}/register").text)
    assert form[f"part-m{town['lee']}"] == "led"
    lee.post(f"{address}/register", data=form)
    lee.post(f"{address}/register", data={"who": "Ana", "do": "member"})
    lee.post(f"{address}/register", data={"who": "Cy Ray", "do": "guest"})
    lee.post(f"{address}/register", data={"who": "Dee Fox", "do": "newcomer"})
    assert marks(app) == {
        "Lee": ("led", 60),
        "Ana": ("attended", 60),
        "Cy Ray": ("attended", 60),
        "Dee Fox": ("attended", 60),
    }
    times = ticked(lee.get(f"{address}/times").text)
    was = {key: value for key, value in times.items() if key.startswith("was-")}
    minutes = {key.replace("was-", "minutes-"): "1 h" for key in was}
    lee.post(
        f"{address}/times",
        data={
            **was,
            **minutes,
            f"minutes-m{town['ana']}": "45",
            f"prepared-m{town['lee']}": "0:30",
        },
    )
    assert marks(app)["Ana"] == ("attended", 45)
    maggie = sign_in(town["maggie"])
    page = maggie.get(f"{address}/post").text
    assert [words in page for words in ("+1 h 30", "−45 min", "Cy Ray, Dee Fox")] == [
        True,
        True,
        True,
    ]
    digest = re.findall(r'name="digest"\s+value="([^"]+)"', page)[0]
    assert (
        "in the books"
        in maggie.post(f"{address}/post", data={"digest": digest}, follow_redirects=True).text
    )
    assert maggie.get(f"{address}/post").status_code == 302
    answer = maggie.post(f"{address}/take-back", data={"why": "Ana stayed."}, follow_redirects=True)
    assert "where they were before" in answer.text


def test_what_was_just_ticked_is_saved_on_the_way_to_the_hours(town, sign_in, app):
    maggie, address = sign_in(town["maggie"]), f"{HOME}/sessions/{town['today']}"
    ana = f"m{town['ana']}"
    answer = maggie.post(
        f"{address}/register", data={f"was-{ana}": "", f"part-{ana}": "helped", "do": "post"}
    )
    assert answer.location.endswith(f"/{town['today']}/post")
    assert marks(app) == {"Ana": ("helped", 60)}


def test_a_register_sent_twice_is_written_once(town, sign_in, app):
    lee, address = sign_in(town["lee"]), f"{HOME}/sessions/{town['today']}/register"
    form = {"who": "Cy", "do": "guest", "once": "a" * 32}
    for _ in range(2):
        assert lee.post(address, data=form).status_code == 303
    assert marks(app) == {"Cy": ("attended", 60)}


def test_what_somebody_else_ticked_meanwhile_is_named_and_ones_own_ticks_are_kept(
    town, sign_in, app
):
    lee, maggie, address = (
        sign_in(town["lee"]),
        sign_in(town["maggie"]),
        f"{HOME}/sessions/{town['today']}/register",
    )
    ana, ben = (f"m{town[name]}" for name in ("ana", "ben"))
    assert maggie.post(address, data={f"was-{ana}": "", f"part-{ana}": "helped"}).status_code == 303
    mine = {
        f"was-{ana}": "",
        f"part-{ana}": "attended",
        f"was-{ben}": "",
        f"part-{ben}": "attended",
    }
    answer = lee.post(address, data=mine)
    assert answer.status_code == 409
    assert "Ana: somebody else has just marked “Helped, 60 minutes”." in answer.text
    assert marks(app) == {"Ana": ("helped", 60)}
    assert ticked(answer.text)[f"part-{ana}"] == "attended"
    assert lee.post(address, data={**mine, **ticked(answer.text)}).status_code == 303
    assert marks(app)["Ana"] == ("attended", 60)


@pytest.mark.parametrize(
    ("minutes", "says"),
    [("2:00", "longer than the session"), ("lots", "not a length"), ("", "how long")],
)
def test_times_that_cannot_be_are_refused_by_name_and_kept(town, sign_in, app, minutes, says):
    lee, address, ana = sign_in(town["lee"]), f"{HOME}/sessions/{town['today']}", f"m{town['ana']}"
    lee.post(f"{address}/register", data={"who": "Ana", "do": "member"})
    answer = lee.post(
        f"{address}/times", data={f"was-{ana}": "attended 60 0 0", f"minutes-{ana}": minutes}
    )
    assert answer.status_code == 422
    assert says in answer.text
    assert "Ana" in answer.text
    assert f'value="{minutes}"' in answer.text
    assert marks(app) == {"Ana": ("attended", 60)}


@pytest.mark.parametrize(("who", "do"), [("", "guest"), ("Zed", "member"), ("Lee", "member")])
def test_somebody_who_cannot_be_added_is_said_so_and_the_ticks_are_kept(
    town, sign_in, app, who, do
):
    lee, address, ana = (
        sign_in(town["lee"]),
        f"{HOME}/sessions/{town['today']}/register",
        f"m{town['ana']}",
    )
    lee.post(address, data={"who": "Lee", "do": "member"})
    answer = lee.post(
        address, data={f"was-{ana}": "", f"part-{ana}": "helped", "who": who, "do": do}
    )
    assert answer.status_code == 422
    assert 'href="#who"' in answer.text
    assert "Ana" not in marks(app)


def test_hours_that_an_account_does_not_allow_are_shown_before_anything_is_posted(
    town, sign_in, app
):
    with app.app_context(), transaction() as session:
        bank = session.query(Bank).one()
        broke = make_member(session, bank, "Zoe", number="Z")
        meeting = make_meeting(
            session,
            bank,
            session.get_one(Activity, town["cafe"]),
            1400,
            starts_at=NOW - timedelta(days=2),
        )
        register.mark(
            session, bank, meeting.id, [Mark(broke.id, part="attended")], Act(system(bank), NOW)
        )
        address = f"{HOME}/sessions/{meeting.id}/post"
    maggie = sign_in(town["maggie"])
    page = maggie.get(address).text
    assert "cannot be posted yet" in page
    assert "Zoe has 0 h" in page
    assert ">Post it<" not in page
    assert maggie.post(address, data={}).status_code == 409
    with app.app_context():
        assert reading().query(SessionPosting).count() == 0


# ---- The code at the door ----


def test_a_member_scans_the_code_at_the_door(town, sign_in, app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW - timedelta(minutes=30))
    with app.app_context():
        key = queries.meeting(reading(), reading().query(Bank).one(), town["today"]).row.door_key
    assert (
        "data:image/svg+xml"
        in sign_in(town["lee"]).get(f"{HOME}/sessions/{town['today']}/door").text
    )
    ana, address = sign_in(town["ana"]), f"{HOME}/sessions/{town['today']}/here"
    assert ana.post(f"{address}?key=wrong").status_code == 403
    door = ana.get(f"{address}?key={key}").text
    assert "This costs you" in door
    assert "I am here" in door
    came = ana.post(f"{address}?key={key}", follow_redirects=True).text
    assert "you are on the register" in came
    # Who is there is not asked whether they will come.
    assert "You are here" in came
    assert "Will you come?" not in came
    assert "already" in ana.post(f"{address}?key={key}", follow_redirects=True).text
    assert marks(app) == {"Ana": ("attended", 60)}


def test_who_scans_the_code_on_the_way_out_reads_that_the_register_has_it(town, sign_in, app):
    with app.app_context():
        key = queries.meeting(reading(), reading().query(Bank).one(), town["today"]).row.door_key
    page = f"{HOME}/sessions/{town['today']}"
    ana, ben = sign_in(town["ana"]), sign_in(town["ben"])
    ana.post(f"{page}/here?key={key}")
    assert "You were there: the register has it." in ana.get(page).text
    assert "Will you come?" not in ana.get(page).text
    assert "the register has it" not in ben.get(page).text
    assert "Will you come?" not in ben.get(page).text


# ---- Evidence ----


def picture() -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), "plum").save(made, "PNG")
    made.seek(0)
    return made


def test_pictures_and_quotes_are_kept_with_consent(town, sign_in):
    lee, address = sign_in(town["lee"]), f"{HOME}/{town['cafe']}"
    refused = lee.post(
        f"{address}/photos/new", data={"photo": (picture(), "cafe.jpg"), "alt": "A lamp"}
    )
    assert refused.status_code == 422
    assert 'href="#consent"' in refused.text
    assert "A lamp" in refused.text
    no_picture = {
        "photo": (io.BytesIO(b"%PDF-1.7 not a picture"), "cafe.jpg"),
        "alt": "A lamp",
        "consent": "yes",
    }
    assert lee.post(f"{address}/photos/new", data=no_picture).status_code == 422
    assert (
        lee.post(f"{address}/photos/new", data={"alt": "A lamp", "consent": "yes"}).status_code
        == 422
    )
    assert (
        lee.post(
            f"{address}/photos/new",
            data={"photo": (picture(), "a.png"), "alt": "A lamp", "consent": "yes"},
        ).status_code
        == 303
    )
    assert (
        lee.post(
            f"{address}/quotes/new", data={"words": "It works!", "said_by": "a neighbour"}
        ).status_code
        == 422
    )
    lee.post(
        f"{address}/quotes/new",
        data={"words": "It works!", "said_by": "a neighbour", "consent": "yes"},
    )
    assert sign_in(town["ana"]).get(f"{HOME}/photos/1").mimetype == "image/jpeg"
    assert "It works!" in sign_in(town["ana"]).get(address).text
    assert sign_in(town["ana"]).post(f"{HOME}/quotes/1/remove").status_code == 403
    lee.post(f"{HOME}/quotes/1/remove")
    lee.post(f"{HOME}/photos/1/remove")
    assert "It works!" not in lee.get(address).text
    assert lee.get(f"{HOME}/photos/1").status_code == 404


def test_what_was_agreed_and_what_came_of_it(town, sign_in):
    lee, address = sign_in(town["lee"]), f"{HOME}/{town['cafe']}"
    wrong = lee.post(
        f"{address}/outcomes/new", data={"words": "Less thrown away", "target": "many"}
    )
    assert wrong.status_code == 422
    assert "Less thrown away" in wrong.text
    lee.post(
        f"{address}/outcomes/new",
        data={"words": "Less thrown away", "partner": "Council", "target": "12"},
    )
    assert lee.post(f"{HOME}/outcomes/1", data={"result": " "}).status_code == 422
    lee.post(f"{HOME}/outcomes/1", data={"reached": "14", "result": "Weighed in March."})
    page = sign_in(town["ana"]).get(address).text
    assert [words in page for words in ("Council", "Reached: 14", "Weighed in March.")] == [
        True,
        True,
        True,
    ]


def test_beside_a_leaf_of_the_calendar_the_day_is_said_to_those_who_hear_it(town, sign_in, app):
    with app.app_context(), transaction() as session:
        bank, cafe = session.query(Bank).one(), session.get_one(Activity, town["cafe"])
        cafe.public = True
        of_next_year = make_meeting(session, bank, cafe, starts_at=NOW + timedelta(days=60)).id
    ana = sign_in(town["ana"])
    for address in (
        HOME,
        f"{HOME}/sessions/{town['tomorrow']}",
        f"{HOME}/{town['cafe']}/public",
        f"{HOME}/public",
    ):
        beside = '<span class="vh">Friday 13 November, </span>10:42 to 11:42'
        assert beside in ana.get(address).text, address
    # The leaf has no year.
    page = ana.get(f"{HOME}/sessions/{of_next_year}").text
    assert "Monday 11 January 2027, 10:42 to 11:42" in page
    # Where no leaf stands, the whole day does.
    assert "Friday 13 November, 10:42 to 11:42" in ana.get(f"{HOME}/{town['cafe']}").text


def test_anybody_reads_of_an_activity_only_where_the_bank_wants_it(town, sign_in, app):
    with app.app_context(), transaction() as session:
        bank, cafe = session.query(Bank).one(), session.get_one(Activity, town["cafe"])
        photo = NewPhoto(picture().getvalue(), "A lamp", consent=True)
        evidence.add_photo(session, bank, cafe.id, photo, Act(system(bank), NOW))
    stranger = sign_in()
    for address in (f"{HOME}/public", "/b/fife-time-bank/"):
        assert "Repair café" not in stranger.get(address).text
    for address in (f"{HOME}/{town['cafe']}/public", f"{HOME}/public/photos/1"):
        assert stranger.get(address).status_code == 404
    with app.app_context(), transaction() as session:
        session.get_one(Activity, town["cafe"]).public = True
    shown = (f"{HOME}/public", f"{HOME}/public.ics", "/b/fife-time-bank/")
    for address in (f"{HOME}/{town['cafe']}/public", *shown):
        page = stranger.get(address)
        assert page.status_code == 200
        assert "Repair café" in page.text
        assert "Lee" not in page.text
    assert stranger.get(f"{HOME}/public/photos/1").mimetype == "image/jpeg"
    assert stranger.get(f"{HOME}/photos/1").status_code != 200


def test_the_record_of_an_activity_can_be_handed_on_and_names_nobody(town, sign_in):
    lee, address = sign_in(town["lee"]), f"{HOME}/sessions/{town['today']}"
    lee.post(f"{address}/register", data={"who": "Ana", "do": "member"})
    lee.post(f"{address}/write-up", data={"done": "Three lamps."})
    answer = lee.get(f"{HOME}/{town['cafe']}/record")
    held, _ = answer.json["sessions"]
    assert (held["done"], held["people"], held["minutes"], held["in_the_books"]) == (
        "Three lamps.",
        1,
        60,
        False,
    )
    assert "Ana" not in answer.text
    assert sign_in(town["ana"]).get(f"{HOME}/{town['cafe']}/record").status_code == 403


def test_the_sessions_go_into_a_calendar(town, sign_in):
    answer = sign_in(town["ana"]).get(f"{HOME}/{town['cafe']}/calendar")
    assert answer.mimetype == "text/calendar"
    assert answer.text.count("BEGIN:VEVENT") == 2


# ---- Sponsors ----


def test_a_coordinator_writes_down_what_a_sponsor_pays_and_ends_it(town, sign_in):
    owen = sign_in(town["owen"])
    form = {
        "organisation_id": "1",
        "minutes": "120:00",
        "starts_on": "2026-11-01",
        "ends_on": "2026-10-01",
        "terms": "Walks",
    }
    wrong = owen.post(f"{HOME}/sponsors/new", data=form)
    assert wrong.status_code == 422
    assert 'href="#ends_on"' in wrong.text
    many = {**form, "ends_on": "2027-10-01", "minutes": "12000 hours"}
    asked = owen.post(f"{HOME}/sponsors/new", data=many)
    assert (asked.status_code, "a great many" in asked.text) == (422, True)
    assert 'name="sure"' in asked.text
    owen.post(f"{HOME}/sponsors/new", data={**form, "ends_on": "2027-10-01"})
    assert "120 h" in sign_in(town["maggie"]).get(f"{HOME}/sponsors").text
    owen.post(f"{HOME}/sponsors/1/end")
    assert "Ended" in owen.get(f"{HOME}/sponsors").text
    assert owen.post(f"{HOME}/sponsors/1/end").status_code == 409
    assert sign_in(town["maggie"]).post(f"{HOME}/sponsors/new", data=form).status_code == 403


def test_an_activity_with_sessions_to_come_is_not_over(town, sign_in):
    answer = sign_in(town["maggie"]).post(f"{HOME}/{town['cafe']}/end")
    assert answer.status_code == 409
    assert "Call them off first" in answer.text


def test_who_acts_for_somebody_signs_them_up(town, sign_in, app):
    with app.app_context(), transaction() as session:
        bank = session.query(Bank).one()
        ana = session.get_one(Member, town["ana"])
        helping.grant_helper(session, bank, ana.id, town["ben"], Act(actor(ana), NOW))
    answer = sign_in(town["ben"]).post(
        f"{HOME}/sessions/{town['tomorrow']}/sign-up",
        data={"member": town["ana"]},
        follow_redirects=True,
    )
    assert "Ana is on the list" in answer.text
    assert (
        sign_in(town["lee"])
        .post(f"{HOME}/sessions/{town['tomorrow']}/sign-up", data={"member": town["ben"]})
        .status_code
        == 303
    )
    refused = sign_in(town["ben"]).post(
        f"{HOME}/sessions/{town['tomorrow']}/sign-up", data={"member": town["lee"]}
    )
    assert refused.status_code == 403
