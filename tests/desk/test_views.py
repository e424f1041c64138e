"""The broker's pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import actor, make_bank, make_logged_exchange, make_member
from timebank import clock
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.exchanges import service as exchanges
from timebank.exchanges.models import Exchange
from timebank.ledger import queries as ledger
from timebank.members import service as members
from timebank.members.models import Member
from timebank.notices.models import Notice

SignIn = Callable[..., Browser]


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: joan and tom, and two called Pat; bo, a broker; co, a coordinator; eve is a broker of another bank."""
    with app.app_context(), transaction() as session:
        bank, other = make_bank(session, name="Fife", slug="fife"), make_bank(session, name="Leith", slug="leith")
        made = {
            "joan": make_member(session, bank, "Joan Whitlock", phone="01632 960 187"),
            "tom": make_member(session, bank, "Tom Keane"),
            "ellison": make_member(session, bank, "Pat Ellison"),
            "moran": make_member(session, bank, "Pat Moran"),
            "bo": make_member(session, bank, "Bo", role="broker"),
            "co": make_member(session, bank, "Co", role="coordinator"),
            "eve": make_member(session, other, "Eve", role="broker"),
        }
        return {name: member.id for name, member in made.items()}


@pytest.fixture
def busy(app: Flask, people: dict[str, int]) -> None:
    """One of everything waits for a broker of the bank."""
    with app.app_context(), transaction() as session:
        joan, tom = (session.get_one(Member, people[name]) for name in ("joan", "tom"))
        bank = banks.by_slug(session, "fife")
        now = clock.now()
        old = now - timedelta(days=30)
        make_logged_exchange(session, bank, joan, tom, now=old, occurred_on=old.date(), title="Garden gate")
        wrong = make_logged_exchange(session, bank, tom, joan, now=now, occurred_on=old.date(), title="Lift to the clinic")
        exchanges.dispute(session, bank, wrong.id, note="It was less", by=actor(joan), now=now)
        members.join(session, bank, name="Zoë Lind", now=now)


def slip(**wanted: str) -> dict[str, str]:
    said = {"slip": "2231", "occurred_on": clock.now().date().isoformat(), "giver": "Joan", "receiver": "Tom"}
    return {**said, "minutes": "1 h 30", "title": "Put up a shelf", **wanted}


@pytest.mark.parametrize("path", ["", "/slip"])
@pytest.mark.parametrize(("who", "status"), [("joan", 403), ("bo", 200), ("co", 200), ("eve", 404)])
def test_the_desk_is_for_the_staff_of_the_bank(
    people: dict[str, int], sign_in: SignIn, who: str, status: int, path: str
) -> None:
    assert sign_in(people[who]).get(f"/b/fife/desk{path}").status_code == status


@pytest.mark.parametrize(("who", "status"), [("joan", 403), ("eve", 404)])
@pytest.mark.parametrize("path", ["/slip", "/told"])
def test_nobody_else_does_anything_there(
    app: Flask, people: dict[str, int], sign_in: SignIn, who: str, status: int, path: str
) -> None:
    assert sign_in(people[who]).post(f"/b/fife/desk{path}", data={**slip(), "notices": "1"}).status_code == status
    with app.app_context(), transaction() as session:
        assert session.execute(select(Exchange.id)).all() == []


def test_an_empty_desk_says_that_nothing_waits(people: dict[str, int], sign_in: SignIn) -> None:
    page = sign_in(people["bo"]).get("/b/fife/desk").text
    assert "Nothing waits for you just now" in page
    assert "Enter a slip" in page


@pytest.mark.usefixtures("busy")
def test_a_full_desk_shows_each_thing_that_waits(people: dict[str, int], sign_in: SignIn) -> None:
    page = sign_in(people["bo"]).get("/b/fife/desk").text
    for words in ("Garden gate", "Lift to the clinic", "Zoë Lind", "01632 960 187", "Past the waiting time"):
        assert words in page


def test_the_books_and_the_second_factor_are_for_coordinators(people: dict[str, int], sign_in: SignIn) -> None:
    check = "timebank ledger check --bank fife"
    coordinators = sign_in(people["co"]).get("/b/fife/desk").text
    assert check in coordinators
    assert "No second factor yet" in coordinators
    brokers = sign_in(people["bo"]).get("/b/fife/desk").text
    assert check not in brokers
    assert "No second factor yet" not in brokers


@pytest.mark.usefixtures("busy")
def test_a_call_that_was_made_is_off_the_list(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    with app.app_context(), transaction() as session:
        theirs = f"member:{people['joan']}"
        waiting = list(session.execute(select(Notice.id).where(Notice.addressee == theirs)).scalars())
        assert waiting
    browser = sign_in(people["bo"])
    answer = browser.post("/b/fife/desk/told", data={"notices": waiting}, follow_redirects=True)
    assert "Joan Whitlock has been told" in answer.text
    with app.app_context(), transaction() as session:
        told = session.execute(select(Notice.told_by, Notice.sent_at).where(Notice.id.in_(waiting))).all()
        assert {row.told_by for row in told} == {f"member:{people['bo']}"}


def test_a_notice_of_another_bank_cannot_be_told(people: dict[str, int], sign_in: SignIn) -> None:
    assert sign_in(people["bo"]).post("/b/fife/desk/told", data={"notices": ["999"]}).status_code == 404


def test_after_a_slip_the_form_is_ready_for_the_next_with_the_date_kept(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    answer = sign_in(people["bo"]).post("/b/fife/desk/slip", data=slip(), follow_redirects=True)
    assert "Done: slip 2231. Joan Whitlock helped Tom Keane, 1½ hours." in answer.text
    form = answer.text.partition('<main id="main"')[2].partition("</main>")[0]
    assert f'value="{clock.now().date().isoformat()}"' in form
    assert 'value="Joan"' not in form
    with app.app_context(), transaction() as session:
        entered = session.execute(select(Exchange)).scalar_one()
        assert (entered.status, entered.slip, entered.minutes) == ("confirmed", "2231", 90)
        assert ledger.balance(session, banks.by_slug(session, "fife"), entered.giver_id) == 90


def test_a_slip_sent_twice_is_entered_once(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    browser = sign_in(people["bo"])
    for _ in range(2):
        assert browser.post("/b/fife/desk/slip", data=slip(once="k1")).status_code == 303
    with app.app_context(), transaction() as session:
        assert len(session.execute(select(Exchange.id)).all()) == 1


def test_of_two_people_of_one_name_one_is_chosen_and_nothing_typed_twice(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(people["bo"])
    answer = browser.post("/b/fife/desk/slip", data=slip(giver="Pat"))
    assert answer.status_code == 422
    for words in ("You wrote “Pat”, and we know two. Choose one.", "Pat Ellison", "Pat Moran", 'value="Put up a shelf"'):
        assert words in answer.text
    with app.app_context(), transaction() as session:
        moran = session.get_one(Member, people["moran"]).account_id
    assert f'name="giver_id" value="{moran}"' in " ".join(answer.text.split())
    assert browser.post("/b/fife/desk/slip", data=slip(giver="Pat", giver_id=str(moran))).status_code == 303


def test_a_number_entered_before_is_refused_in_a_sentence(people: dict[str, int], sign_in: SignIn) -> None:
    browser = sign_in(people["bo"])
    browser.post("/b/fife/desk/slip", data=slip())
    answer = browser.post("/b/fife/desk/slip", data=slip(giver="Ellison", receiver="Moran"))
    assert answer.status_code == 409
    assert "Joan Whitlock helped Tom Keane, 1½ hours. Check the number on the paper." in answer.text
    assert 'value="Ellison"' in answer.text


def test_the_same_help_twice_asks_whether_it_was_another_time(people: dict[str, int], sign_in: SignIn) -> None:
    browser = sign_in(people["bo"])
    browser.post("/b/fife/desk/slip", data=slip())
    answer = browser.post("/b/fife/desk/slip", data=slip(slip="2232"))
    assert answer.status_code == 409
    assert "This was another time" in answer.text
    assert browser.post("/b/fife/desk/slip", data=slip(slip="2232", another="yes")).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"minutes": "1:10"}, "We count in steps of"),
        ({"minutes": "long"}, "is not a length of time"),
        ({"occurred_on": "2150-01-01"}, "still to come"),
        ({"slip": ""}, "Fill this in."),
        ({"giver": "Nobody"}, "We know nobody called “Nobody”"),
        ({"receiver": "Joan"}, "Giver and receiver are the same"),
        ({"minutes": "12 h"}, "take Tom Keane past what the account allows"),
    ],
)
def test_what_cannot_be_is_named_and_everything_kept(
    people: dict[str, int], sign_in: SignIn, wrong: dict[str, str], words: str
) -> None:
    answer = sign_in(people["bo"]).post("/b/fife/desk/slip", data=slip(**wrong))
    assert answer.status_code in (409, 422)
    assert words in answer.text
    assert 'value="Put up a shelf"' in answer.text
