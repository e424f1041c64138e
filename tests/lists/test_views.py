"""The pages of the working list: filtered, ticked, done to many at once and undone."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import make_bank, make_member, post_listing, system
from timebank import clock
from timebank.act import Act
from timebank.app import FEATURES
from timebank.db import reading, transaction
from timebank.jobs.worker import Worker
from timebank.lists import service
from timebank.lists.models import ListRun, MemberTag, OwnField, RunLine
from timebank.lists.rules import LineState
from timebank.members.models import MemberEvent, Profile

SignIn = Callable[..., Browser]


def run_jobs(app: Flask) -> None:
    """Do what a worker would."""
    jobs = [job for room in FEATURES for job in room.jobs if job.kind == service.GO_ON]
    Worker(app, jobs).run_due()


HERE = "/b/fife/lists"


@pytest.fixture
def office(app: Flask) -> dict[str, int]:
    """A bank of a hundred and twenty members whom nobody looks after, and its staff."""
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        made = {
            "bo": make_member(session, bank, "Bo Reed", role="broker").id,
            "co": make_member(session, bank, "Co Lane", role="coordinator").id,
        }
        for n in range(120):
            # The first names run the other way round than the surnames.
            member = make_member(session, bank, f"Given{999 - n} Family{n:03}", area="Mill Lane")
            made[f"m{n}"] = member.id
            if n < 2:
                act = Act(system(bank), clock.now())
                post_listing(session, bank, "offer", act, holder_id=member.account_id, title="Taps")
        return made


def ids_on(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'name="ids"\s+value="(\d+)"', page)]


def test_a_hundred_members_get_a_broker_in_three_screens_and_lose_them_again(
    app: Flask, office: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(office["bo"])
    listed = browser.get(f"{HERE}?list=members&broker=0&area=Mill+Lane").text  # the first screen
    assert "1 to 50 of 120." in listed
    assert ids_on(listed) == [office[f"m{n}"] for n in range(50)]
    wanted = {"list": "members", "broker": "0", "area": "Mill Lane", "all": "yes", "do": "broker"}
    asked = browser.post(f"{HERE}/tick", data=wanted, follow_redirects=True)  # the second
    assert "120 lines that you ticked" in asked.text
    run = asked.request.path
    done = browser.post(f"{run}/do", data={"broker": office["bo"]}, follow_redirects=True)
    assert "100 of 120" in browser.get(run).text or "0 of 120" in done.text
    run_jobs(app)
    assert "Done for 120 lines." in browser.get(run).text  # the third
    with app.app_context():
        rows = reading().execute(select(Profile.member_id, Profile.broker_id)).all()
        assert len([one for one in rows if one.broker_id == office["bo"]]) == 120
        written = select(MemberEvent).where(MemberEvent.kind == "profile")
        assert len(reading().execute(written).all()) == 120
    # What was changed since stays as it was made.
    with app.app_context(), transaction() as session:
        session.query(Profile).filter_by(member_id=office["m7"]).update({"broker_id": office["co"]})
    browser.post(f"{run}/undo")
    run_jobs(app)
    page = browser.get(run).text
    assert "Undone for 119 lines." in page
    assert "Family007, Given992: It was changed again since" in page


def test_what_is_ticked_is_tagged_kept_and_found_again(
    app: Flask, office: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(office["bo"])
    two = [office["m3"], office["m4"]]
    for twice in (False, True):
        asked = browser.post(f"{HERE}/tick", data={"ids": two, "do": "tag"}, follow_redirects=True)
        path = asked.request.path
        nothing = browser.post(f"{path}/do", data={})
        assert (nothing.status_code, "Say which tag." in nothing.text) == (422, True)
        done = browser.post(f"{path}/do", data={"tag_name": "Drives"}, follow_redirects=True)
        assert ("has this tag already" in done.text) is twice
    with app.app_context():
        (tag_id,) = set(reading().execute(select(MemberTag.tag_id)).scalars())
    assert ids_on(browser.get(f"{HERE}?tag={tag_id}").text) == two
    saved = {"list": "members", "tag": tag_id, "name": "Drivers"}
    assert (
        "kept as “Drivers”" in browser.post(f"{HERE}/save", data=saved, follow_redirects=True).text
    )
    assert "Drivers" in browser.get(HERE).text
    # A tag that a saved list asks for is not dropped from under it.
    owner = sign_in(office["co"])
    refused = owner.post(f"{HERE}/tags/{tag_id}/drop")
    assert "The saved list “Drivers” asks for this tag" in refused.text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("list=members&ends_within=7", "cannot be asked for that"),
        ("list=members&status=confirmed", "Choose one of"),
        ("list=exchanges&sort=balance", "Choose one of"),
        ("list=members&tag=99", "no such tag any more"),
        ("list=members&own_field=99", "no such field any more"),
        ("list=offers&own_words=Yale", "cannot be asked for that"),
        ("list=members&broker=99", "no such broker"),
        ("list=nothing", "Choose one of"),
        ("born_in=13", "1 to 12"),
    ],
)
def test_a_list_that_cannot_be_is_refused_in_words(
    office: dict[str, int], sign_in: SignIn, asked: str, words: str
) -> None:
    answer = sign_in(office["bo"]).get(f"{HERE}?{asked}")
    assert (answer.status_code, words in answer.text) == (422, True)


def test_nothing_ticked_and_what_cannot_be_done_are_said(
    app: Flask, office: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(office["bo"])
    nobody = browser.post(f"{HERE}/tick", data={"do": "pause"})
    assert (nobody.status_code, "Tick at least one line" in nobody.text) == (422, True)
    wrong = browser.post(f"{HERE}/tick", data={"do": "renew", "ids": office["m1"]})
    assert "cannot be done from this list" in wrong.text
    # One of the staff is no broker's to pause; the others are paused all the same.
    ids = [office["co"], office["m1"]]
    asked = browser.post(f"{HERE}/tick", data={"do": "pause", "ids": ids}, follow_redirects=True)
    done = browser.post(f"{asked.request.path}/do", follow_redirects=True).text
    assert "Done for 1 line." in done
    assert "Lane, Co: Only a coordinator may do this to one of the staff." in done
    again = browser.post(f"{asked.request.path}/do")
    assert (again.status_code, "begun already" in again.text) == (409, True)


def test_labels_and_files_hold_what_was_ticked_and_are_written_down(
    app: Flask, office: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(office["bo"])
    for verb in ("labels", "export"):
        ticked = {"do": verb, "ids": [office["m1"]]}
        run = browser.post(f"{HERE}/tick", data=ticked, follow_redirects=True).request.path
        early = browser.get(f"{run}/labels" if verb == "labels" else f"{run}/file.csv")
        assert early.status_code == 409
        browser.post(f"{run}/do")
        if verb == "labels":
            assert "1 has no address, and no label" in browser.get(f"{run}/labels").text
        else:
            file = browser.get(f"{run}/file.csv").text
            assert "Family001, Given998" in file
            assert "Family002" not in file
    with app.app_context():
        kinds = select(MemberEvent.kind).where(MemberEvent.member_id == office["m1"])
        assert {"on_labels", "in_file"} <= set(reading().execute(kinds).scalars())


def test_offers_are_renewed_taken_out_and_looked_after_together(
    app: Flask, office: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(office["bo"])
    offers = ids_on(browser.get(f"{HERE}?list=offers").text)
    assert len(offers) == 2
    for verb, more in (("renew", {}), ("broker", {"broker": office["bo"]}), ("take_out", {})):
        ticked = {"list": "offers", "do": verb, "ids": offers}
        run = browser.post(f"{HERE}/tick", data=ticked, follow_redirects=True).request.path
        done = browser.post(f"{run}/do", data=more, follow_redirects=True).text
        assert "Done for 2 lines." in done
        assert ("Undo it" in done) is (verb != "take_out")
        if verb != "take_out":
            assert "Undone for 2 lines." in browser.post(f"{run}/undo", follow_redirects=True).text
    assert ids_on(browser.get(f"{HERE}?list=offers").text) == []
    with app.app_context():
        states = reading().execute(select(RunLine.state)).scalars().all()
        assert set(states) == {LineState.UNDONE, LineState.DONE}
        assert len(reading().execute(select(ListRun)).all()) == 3


def test_a_member_has_tags_and_fields_that_the_staff_alone_keep(
    office: dict[str, int], sign_in: SignIn
) -> None:
    owner, browser = sign_in(office["co"]), sign_in(office["bo"])
    owner.post(f"{HERE}/fields", data={"name": "Key safe"})
    assert "of that name already" in owner.post(f"{HERE}/fields", data={"name": "key  SAFE"}).text
    assert browser.post(f"{HERE}/fields", data={"name": "Shoes"}).status_code == 403
    page = f"{HERE}/people/{office['m1']}"
    browser.post(page, data={"new_tags.0": "First aid", "words.0.words": "Under the stone"})
    kept = browser.get(page).text
    assert "First aid" in kept
    assert 'value="Under the stone"' in kept
    too_long = browser.post(page, data={"words.0.words": "x" * 201})
    assert too_long.status_code == 422
    assert sign_in(office["m1"]).get(page).status_code == 403


def test_a_list_is_narrowed_by_the_banks_own_fields_and_can_be_saved_so(
    app: Flask, office: dict[str, int], sign_in: SignIn
) -> None:
    owner, browser = sign_in(office["co"]), sign_in(office["bo"])
    assert 'name="own_field"' not in browser.get(HERE).text, "There is no such field yet."
    for name in ("Key safe", "Shoes"):
        owner.post(f"{HERE}/fields", data={"name": name})
    with app.app_context():
        safe, _ = reading().execute(select(OwnField.id).order_by(OwnField.id)).scalars()
    for who, place, words in (("m1", 0, "Under the 50% stone"), ("m2", 1, "Size 38")):
        browser.post(f"{HERE}/people/{office[who]}", data={f"words.{place}.words": words})
    one, two = office["m1"], office["m2"]
    for asked, found in (
        (f"own_field={safe}", [one]),
        ("own_words=size", [two]),
        (f"own_field={safe}&own_words=STONE", [one]),
        (f"own_field={safe}&own_words=size", []),
        ("own_words=50%25", [one]),
        ("own_words=%25", [one]),
    ):
        page = browser.get(f"{HERE}?list=members&{asked}").text
        assert ids_on(page) == found, asked
    assert 'value="size"' in browser.get(f"{HERE}?own_words=size").text
    saved = {"list": "members", "own_field": safe, "own_words": "stone", "name": "Stones"}
    browser.post(f"{HERE}/save", data=saved)
    refused = owner.post(f"{HERE}/fields/{safe}/drop")
    assert "The saved list “Stones” asks for this field" in refused.text
