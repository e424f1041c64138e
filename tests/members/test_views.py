"""The pages about people, as the people concerned see them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import (
    NOW,
    actor,
    change_details,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    system,
)
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.ledger import queries as ledger
from timebank.members import helping, queries
from timebank.members.models import Contact, Helper, Member, Organisation
from timebank.notices.models import Notice

SignIn = Callable[..., Browser]


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: ana and ben, members; bo, a broker; co, a coordinator; all of one bank. eve is a
    coordinator of another."""
    with app.app_context(), transaction() as session:
        bank = make_bank(
            session,
            name="Fife",
            slug="fife",
            contact_name="Maggie Orr",
            contact_phone="01632 960 140",
        )
        other = make_bank(session, name="Leith", slug="leith")
        made = {
            "ana": make_member(session, bank, "Ana", phone="01632 960 101"),
            "ben": make_member(session, bank, "Ben"),
            "bo": make_member(session, bank, "Bo", role="broker"),
            "co": make_member(session, bank, "Co", role="coordinator"),
            "eve": make_member(session, other, "Eve", role="coordinator"),
        }
        make_group(session, bank, "Walkers", [made["ana"], made["ben"]])
        return {name: member.id for name, member in made.items()}


def _member(app: Flask, **wanted: object) -> Member | None:
    with app.app_context(), transaction() as session:
        found = session.execute(select(Member).filter_by(**wanted)).scalar_one_or_none()
        session.expunge_all()
        return found


JOAN = {"name": "Joan", "phone": "07700 900123"}


# ---- Joining ----


def test_a_name_and_one_way_to_be_reached_are_enough_to_ask_to_join(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    data = {"name": "Zoë 🌻 李", "address": "4 Mill Lane"}
    answer = sign_in().post("/b/fife/join", data=data, follow_redirects=True)
    assert answer.status_code == 200
    assert "What happens next" in answer.text
    assert "01632 960 140" in answer.text
    applicant = _member(app, name="Zoë 🌻 李")
    assert applicant is not None
    assert (applicant.status, applicant.account_id, applicant.number) == ("applied", None, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Write the name."),
        ({"phone": ""}, "Write one way to reach you"),
        ({"phone": "abc"}, "Write the whole number"),
        ({"name": "A" * 121}, "at most 120 characters"),
        ({"name": "A\x07na"}, "characters that cannot be read"),
        ({"email": "joan"}, "whole e-mail address"),
        ({"date_of_birth": "31/02/1950"}, "Write a date"),
        ({"date_of_birth": "2150-01-01"}, "in the future"),
        ({"date_of_birth": "1066-10-14"}, "year of birth"),
    ],
)
def test_wrong_answers_are_named_and_everything_written_is_kept(
    app: Flask, people: dict[str, int], sign_in: SignIn, wrong: dict[str, str], words: str
) -> None:
    answer = sign_in().post("/b/fife/join", data={**JOAN, "about": "I knit & sew", **wrong})
    assert answer.status_code == 422
    assert words in answer.text
    assert "I knit &amp; sew" in answer.text
    assert _member(app, status="applied") is None


def test_a_form_sent_twice_is_one_application(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in()
    for _ in range(2):
        assert browser.post("/b/fife/join", data={**JOAN, "once": "k1"}).status_code == 303
    assert _member(app, name="Joan") is not None


@pytest.mark.parametrize(
    ("reached", "channels"),
    [
        ({"email": "joan@example.org", "phone": "07700 900123"}, ["email"]),
        ({"phone": "07700 900123"}, ["text"]),
        ({"address": "4 Mill Lane"}, ["letter"]),
    ],
)
def test_whoever_asks_is_answered_once_the_way_they_can_be_reached(
    app: Flask,
    people: dict[str, int],
    sign_in: SignIn,
    reached: dict[str, str],
    channels: list[str],
) -> None:
    for _ in range(3):
        assert sign_in().post("/b/fife/join", data={"name": "Joan", **reached}).status_code == 303
    with app.app_context(), transaction() as session:
        (joan,) = session.execute(select(Member).where(Member.name == "Joan")).scalars()
        notices = session.execute(
            select(Notice).where(Notice.addressee == f"member:{joan.id}")
        ).scalars()
        assert [notice.channel for notice in notices] == channels


def test_a_bank_that_takes_nobody_says_so(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        session.execute(select(Bank).filter_by(slug="fife")).scalar_one().joining_open = False
    assert "not taking new members" in sign_in().get("/b/fife/join").text
    answer = sign_in().post("/b/fife/join", data=JOAN)
    assert answer.status_code == 409
    assert _member(app, name="Joan") is None


def test_the_applicant_is_not_told_who_is_known_but_the_broker_is(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    twice = {"name": "Joan", "email": "joan@example.org"}
    sign_in().post("/b/fife/join", data=twice)
    answer = sign_in().post(
        "/b/fife/join", data={"name": "J. Low", "email": "JOAN@example.org"}, follow_redirects=True
    )
    assert "same" not in answer.text
    second = _member(app, name="J. Low")
    assert second is not None
    page = sign_in(people["bo"]).get(f"/b/fife/members/applications/{second.id}")
    assert "Do we know them?" in page.text
    assert "Joan" in page.text


def test_a_broker_takes_somebody_in_and_the_welcome_goes_out(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    sign_in().post("/b/fife/join", data=JOAN)
    joan = _member(app, name="Joan")
    assert joan is not None
    assert "Joan" in sign_in(people["bo"]).get("/b/fife/members/applications").text
    answer = sign_in(people["bo"]).post(
        f"/b/fife/members/applications/{joan.id}/approve", follow_redirects=True
    )
    assert "with number 5" in answer.text
    taken_in = _member(app, id=joan.id)
    assert taken_in is not None
    assert (taken_in.status, taken_in.number) == ("active", "5")
    again = sign_in(people["bo"]).post(f"/b/fife/members/applications/{joan.id}/approve")
    assert again.status_code == 409


def test_turning_down_asks_first_and_then_erases(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    sign_in().post("/b/fife/join", data=JOAN)
    joan = _member(app, name="Joan")
    assert joan is not None
    browser = sign_in(people["bo"])
    assert (
        "cannot be brought back"
        in browser.get(f"/b/fife/members/applications/{joan.id}/decline").text
    )
    assert _member(app, name="Joan") is not None
    assert browser.post(f"/b/fife/members/applications/{joan.id}/decline").status_code == 303
    assert _member(app, id=joan.id) is None


# ---- The list, and one member ----


def test_members_are_found_by_number_and_by_letters_whatever_their_accents(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        make_member(session, fife, "José Ångström", number="M-7")
    browser = sign_in(people["bo"])
    for text in ("M-7", "jose", "angs jos", "ÅNG"):
        page = browser.get("/b/fife/lists", query_string={"q": text}).text
        assert "Ångström, José" in page
        assert "Ana" not in page
    assert "Nothing is like that" in browser.get("/b/fife/lists", query_string={"q": "%"}).text


def test_who_sees_a_member(people: dict[str, int], sign_in: SignIn) -> None:
    page = f"/b/fife/members/{people['ana']}"
    for who, status in {"bo": 200, "co": 200, "ana": 403, "ben": 403, "eve": 404}.items():
        assert sign_in(people[who]).get(page).status_code == status, who
    assert "/sign-in" in sign_in().get(page).headers["Location"]


def test_a_members_page_leads_to_their_exchanges_and_statement(
    people: dict[str, int], sign_in: SignIn
) -> None:
    bo = sign_in(people["bo"])
    page = bo.get(f"/b/fife/members/{people['ana']}").text
    for leads_to in ("/b/fife/exchanges?who=1", "/b/fife/statement?account="):
        assert leads_to in page
        address = page.partition(f'href="{leads_to}')[2].partition('"')[0]
        assert bo.get(f"{leads_to}{address}").status_code == 200


def test_people_of_another_bank_are_not_to_be_found(
    people: dict[str, int], sign_in: SignIn
) -> None:
    for page in ("", "/edit", "/helper"):
        assert (
            sign_in(people["bo"]).get(f"/b/fife/members/{people['eve']}{page}").status_code == 404
        )


def test_a_broker_writes_in_somebody_without_email_or_phone(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    answer = sign_in(people["bo"]).post(
        "/b/fife/members/new", data={"name": "Arthur Pell", "number": "094"}
    )
    assert answer.status_code == 303
    arthur = _member(app, number="094")
    assert arthur is not None
    assert (arthur.name, arthur.status, arthur.role) == ("Arthur Pell", "active", "member")
    refused = sign_in(people["bo"]).post(
        "/b/fife/members/new", data={"name": "Arthur Two", "number": "094"}
    )
    assert refused.status_code == 422
    assert "belongs to another member" in refused.text
    assert 'value="Arthur Two"' in refused.text


def test_who_may_change_details(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    """Oneself, a broker for a member, a coordinator for the staff; nobody else."""
    allowed = {("ana", "ana"), ("bo", "ana"), ("co", "ana"), ("co", "bo"), ("bo", "bo")}
    for who in ("ana", "ben", "bo", "co"):
        for whom in ("ana", "bo"):
            browser, url = sign_in(people[who]), f"/b/fife/members/{people[whom]}/edit"
            answers = (
                browser.get(url).status_code,
                browser.post(url, data={"name": whom, "number": whom}).status_code,
            )
            assert answers == ((200, 303) if (who, whom) in allowed else (403, 403)), (who, whom)


def test_a_member_cannot_change_their_number(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    url = f"/b/fife/members/{people['ana']}/edit"
    assert 'name="number"' not in sign_in(people["ana"]).get(url).text
    sign_in(people["ana"]).post(url, data={"name": "Ana", "number": "999", "area": "Canal Street"})
    ana = _member(app, id=people["ana"])
    assert ana is not None
    assert (ana.number, ana.area) == ("1", "Canal Street")


def test_an_emptied_field_is_emptied(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    sign_in(people["bo"]).post(
        f"/b/fife/members/{people['ana']}/edit",
        data={"name": "Ana Ray", "number": "1", "capacity": "resident", "phone": ""},
    )
    ana = _member(app, id=people["ana"])
    assert ana is not None
    assert (ana.name, ana.phone) == ("Ana Ray", None)
    history = sign_in(people["bo"]).get(f"/b/fife/members/{people['ana']}").text
    assert "Details changed: name, phone and joined on" in history
    assert "01632 960 101" not in history


def test_only_a_coordinator_gives_roles_and_limits(people: dict[str, int], sign_in: SignIn) -> None:
    for page, data in {
        "role": {"role": "broker"},
        "limits": {"floor": "5 h", "why": "Ill."},
    }.items():
        url = f"/b/fife/members/{people['ana']}/{page}"
        for who, status in {"ana": 403, "bo": 403, "eve": 404, "co": 303}.items():
            assert sign_in(people[who]).post(url, data=data).status_code == status, (page, who)


def test_the_last_coordinator_stays(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    answer = sign_in(people["co"]).post(
        f"/b/fife/members/{people['co']}/role", data={"role": "member"}
    )
    assert answer.status_code == 409
    assert "Make somebody else coordinator first" in answer.text
    co = _member(app, id=people["co"])
    assert co is not None
    assert co.role == "coordinator"


def test_limits_are_written_as_hours_and_shown_again(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    url = f"/b/fife/members/{people['ana']}/limits"
    assert (
        sign_in(people["co"])
        .post(url, data={"floor": "5 h", "ceiling": "100 h", "why": "So."})
        .status_code
        == 303
    )
    page = sign_in(people["co"]).get(url).text
    assert 'value="5 h"' in page
    assert 'value="100 h"' in page
    refused = sign_in(people["co"]).post(url, data={"floor": "lots"})
    assert refused.status_code == 422
    assert 'value="lots"' in refused.text


def test_pausing_can_be_undone(app: Flask, people: dict[str, int], sign_in: SignIn) -> None:
    bo, url = sign_in(people["bo"]), f"/b/fife/members/{people['ana']}"
    page = bo.post(f"{url}/pause", follow_redirects=True).text
    assert f"{url}/resume" in page
    assert bo.post(f"{url}/pause").status_code == 409
    assert "takes part again" in bo.post(f"{url}/resume", follow_redirects=True).text
    assert bo.post(f"/b/fife/members/{people['co']}/pause").status_code == 403


# ---- Me, and who helps whom ----


def test_a_helper_is_seen_from_both_sides_and_ended_by_either(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    ana, ben = sign_in(people["ana"]), sign_in(people["ben"])
    page = ana.post(
        f"/b/fife/members/{people['ana']}/helper",
        data={"helper": "ben", "relation": "son"},
        follow_redirects=True,
    ).text
    assert "Ben may act for you" in page
    assert "son" in ana.get("/b/fife/me").text
    assert "People I may act for" in ben.get("/b/fife/me").text
    with app.app_context(), transaction() as session:
        grant_id = session.execute(select(Helper.id)).scalar_one()
    assert ben.post(f"/b/fife/members/{people['ben']}/helpers/{grant_id}/end").status_code == 303
    assert "People I may act for" not in ben.get("/b/fife/me").text


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("Ana", "their own helper"),
        ("Nobody", "We know nobody called"),
        ("", "Write who it is."),
        ("B", "We know nobody called “B”"),
    ],
)
def test_a_helper_who_cannot_be_is_refused_in_words(
    people: dict[str, int], sign_in: SignIn, named: str, words: str
) -> None:
    answer = sign_in(people["ana"]).post(
        f"/b/fife/members/{people['ana']}/helper",
        data={"helper": named, "relation": "my neighbour"},
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="my neighbour"' in answer.text


def test_a_stranger_names_and_ends_no_helper(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        ana, ben = (session.get_one(Member, people[name]) for name in ("ana", "ben"))
        fife = session.get_one(Bank, ana.bank_id)
        grant_id = helping.grant_helper(session, fife, ana.id, ben.id, Act(actor(ana), NOW)).id
        stranger = make_member(session, fife, "Cy").id
    browser = sign_in(stranger)
    assert (
        browser.post(f"/b/fife/members/{people['ana']}/helper", data={"helper": "Ben"}).status_code
        == 403
    )
    assert (
        browser.post(f"/b/fife/members/{people['ana']}/helpers/{grant_id}/end").status_code == 404
    )
    answer = sign_in(people["eve"]).post(f"/b/leith/members/{people['eve']}/helpers/{grant_id}/end")
    assert answer.status_code == 404
    with app.app_context(), transaction() as session:
        assert session.get_one(Helper, grant_id).revoked_at is None


# ---- Organisations ----


def test_a_partner_is_taken_in_with_somebody_who_speaks_for_it(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    bo = sign_in(people["bo"])
    page = bo.post("/b/fife/organisations/new", data={"name": "Surgery"}, follow_redirects=True)
    assert "Nobody yet" in page.text
    url = page.request.path
    assert (
        "Ana speaks for Surgery"
        in bo.post(f"{url}/contacts/new", data={"member": "1"}, follow_redirects=True).text
    )
    assert bo.post(f"{url}/contacts/new", data={"member": "1"}).status_code == 422
    assert bo.post(f"{url}/contacts/new", data={"phone": "1"}).status_code == 422
    assert bo.post("/b/fife/organisations/new", data={"name": "Surgery"}).status_code == 422
    assert "Surgery" in sign_in(people["ana"]).get("/b/fife/me").text
    with app.app_context(), transaction() as session:
        ana = session.get_one(Member, people["ana"])
        partner = session.execute(select(Organisation)).scalar_one()
        assert partner.account_id in queries.may_act_for(
            session, session.get_one(Bank, ana.bank_id), actor(ana)
        )
        contact_id = session.execute(select(Contact.id)).scalar_one()
    assert bo.post(f"{url}/contacts/{contact_id}/remove").status_code == 303
    assert "Surgery" not in sign_in(people["ana"]).get("/b/fife/me").text


def test_organisations_are_for_the_staff_of_their_bank(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        partner_id = make_organisation(session, fife).id
    for page in (
        "",
        "/new",
        f"/{partner_id}",
        f"/{partner_id}/edit",
        f"/{partner_id}/contacts/new",
    ):
        for who, status in {"ana": 403, "eve": 404, "bo": 200}.items():
            assert sign_in(people[who]).get(f"/b/fife/organisations{page}").status_code == status, (
                page,
                who,
            )
    assert sign_in(people["eve"]).get(f"/b/leith/organisations/{partner_id}").status_code == 404


def test_the_account_goes_by_the_new_name(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        fife = session.execute(select(Bank).filter_by(slug="fife")).scalar_one()
        partner = make_organisation(session, fife)
        partner_id, account_id = partner.id, partner.account_id
        change_details(session, fife, people["ana"], Act(system(fife), NOW), name="Ana Ray")
    sign_in(people["bo"]).post(
        f"/b/fife/organisations/{partner_id}/edit", data={"name": "Health Centre"}
    )
    with app.app_context(), transaction() as session:
        ana = session.get_one(Member, people["ana"])
        fife = session.get_one(Bank, ana.bank_id)
        assert ledger.account(session, fife, account_id).label == "Health Centre"
        assert ledger.account(session, fife, ana.account_id or 0).label == "Ana Ray"


# ---- Groups ----


@pytest.fixture
def choir(app: Flask, people: dict[str, int]) -> int:
    """The id of a group that Ana is in."""
    with app.app_context(), transaction() as session:
        ana = session.get_one(Member, people["ana"])
        return make_group(session, session.get_one(Bank, ana.bank_id), "Choir", [ana]).id


def test_a_group_is_made_and_people_are_taken_in(people: dict[str, int], sign_in: SignIn) -> None:
    bo = sign_in(people["bo"])
    page = bo.post(
        "/b/fife/groups/new", data={"name": "Choir", "about": "We sing."}, follow_redirects=True
    )
    assert "Nobody yet" in page.text
    url = page.request.path
    again = bo.post("/b/fife/groups/new", data={"name": "Choir", "about": "Others"})
    assert (
        again.status_code,
        "a group called Choir already" in again.text,
        "Others" in again.text,
    ) == (422, True, True)
    assert (
        "Ana is in Choir"
        in bo.post(f"{url}/people/new", data={"member": "1"}, follow_redirects=True).text
    )
    for wrong in ({"member": "1"}, {"member": "Nobody"}, {}):
        assert bo.post(f"{url}/people/new", data=wrong).status_code == 422
    assert "Band" in bo.post(f"{url}/edit", data={"name": "Band"}, follow_redirects=True).text
    assert "Ana" in bo.get("/b/fife/groups").text
    assert "Band" in sign_in(people["ana"]).get("/b/fife/me").text


def test_what_a_group_holds_and_who_is_in_it_is_for_those_who_are(
    people: dict[str, int], choir: int, sign_in: SignIn
) -> None:
    url = f"/b/fife/groups/{choir}"
    for who, knows in {"ana": True, "bo": True, "ben": False}.items():
        page = sign_in(people[who]).get(url).text
        assert ("Choir" in page, "Balance" in page, "Who is in it" in page) == (
            True,
            knows,
            knows,
        ), who
    assert "Choir" in sign_in(people["ben"]).get("/b/fife/groups").text
    for bank in ("fife", "leith"):
        assert sign_in(people["eve"]).get(f"/b/{bank}/groups/{choir}").status_code == 404


def test_who_may_do_what_with_a_group(people: dict[str, int], choir: int, sign_in: SignIn) -> None:
    url = f"/b/fife/groups/{choir}"
    for page, allowed in {"/edit": "bo co", "/people/new": "bo co", "/limits": "co"}.items():
        for who in ("ana", "ben", "bo", "co"):
            expected = 200 if who in allowed.split() else 403
            assert sign_in(people[who]).get(f"{url}{page}").status_code == expected, (page, who)


def test_limits_of_a_group_are_set_by_a_coordinator(
    app: Flask, people: dict[str, int], choir: int, sign_in: SignIn
) -> None:
    co, url = sign_in(people["co"]), f"/b/fife/groups/{choir}/limits"
    assert co.post(url, data={"floor": "soon"}).status_code == 422
    new = {"floor": "20 h", "ceiling": "", "why": "They sing for all of us."}
    assert "−20 h" in co.post(url, data=new, follow_redirects=True).text


def test_one_leaves_a_group_by_oneself(people: dict[str, int], choir: int, sign_in: SignIn) -> None:
    url = f"/b/fife/groups/{choir}/people/{people['ana']}/leave"
    for who, status in {"ben": 403, "eve": 404, "ana": 303}.items():
        assert sign_in(people[who]).post(url).status_code == status, who
    ana = sign_in(people["ana"])
    assert f"/b/fife/groups/{choir}" not in ana.get("/b/fife/me").text
    again = ana.post(url)
    assert (again.status_code, "Ana is not in Choir" in again.text) == (404, True)


def test_a_change_that_makes_somebody_who_is_here_is_asked_about_with_all_that_was_written(
    people: dict[str, int], sign_in: Callable[..., Browser]
) -> None:
    broker, page = sign_in(people["bo"]), f"/b/fife/members/{people['ben']}/edit"
    written = {"name": "Ben", "phone": "01632 960 101", "about": "Sings", "number": "2"}
    asked = broker.post(page, data=written)
    assert asked.status_code == 409
    assert "Somebody here may be the same person" in asked.text
    assert "Sings" in asked.text
    assert broker.post(page, data=written | {"another": "yes"}).status_code == 303
    theirs = broker.get(f"/b/fife/members/{people['ben']}").text
    assert "May be the same person" in theirs
    assert f"/b/fife/members/{people['ana']}" in theirs
