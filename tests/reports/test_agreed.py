"""What members agree to for those outside: stories that are told of them, and their address on a
list."""

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member
from timebank.act import Act, Channel
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members import helping
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.reports import addresses, funder, funder_files, leaving, stories
from timebank.reports.models import AddressConsent, Story
from timebank.reports.rules import Format, NewStory, StoryAgreement

DAYS = (date(2025, 10, 1), date(2026, 9, 30))
STORY = NewStory("Joan brought my shopping.\nNow I teach her grandson.", "Margaret, 74")
BASE = "/b/fife-time-bank/reports"


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 600), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


@pytest.fixture
def owen(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Owen", "coordinator")


@pytest.fixture
def meg(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Meg", email="meg@example.org")


def by(member: Member) -> Act:
    return Act(actor(member), NOW)


def read(story: Story, channel: Channel = Channel.WEB) -> StoryAgreement:
    return StoryAgreement(channel, story.at)


def kinds(session: Session, bank: Bank, member: Member) -> list[str]:
    return [event.kind for event in members.events(session, bank, member.id)]


def test_a_story_is_told_once_agreed_to_and_never_after_it_was_taken_back(
    session: Session, bank: Bank, owen: Member, meg: Member
) -> None:
    picture = NewStory(STORY.words, STORY.called, jpeg(), "Margaret at her piano.")
    story = stories.write(session, bank, meg.id, picture, by(owen))
    with pytest.raises(Invalid, match="not agreed"):
        funder.summary(session, bank, *DAYS, story=story.id, now=NOW)
    with pytest.raises(NotAllowed):
        other = make_member(session, bank, "Ben")
        stories.agree(session, bank, story.id, read(story), by(other))
    stories.agree(session, bank, story.id, read(story), by(meg))
    assert (story.agreed_by, story.agreed_channel) == (f"member:{meg.id}", Channel.WEB)
    made = funder.summary(session, bank, *DAYS, story=story.id, now=NOW)
    assert "Joan brought my shopping." in funder_files.in_words(made)
    assert made.story is not None
    assert made.story.picture is not None
    with Image.open(io.BytesIO(made.story.picture.jpeg)) as kept:
        assert kept.size == (900, 450)
    assert funder_files.file(made, Format.PDF).startswith(b"%PDF")
    stories.take_back(session, bank, story.id, by(meg))
    with pytest.raises(NotFound):
        as_of = made.as_of.isoformat()
        funder.summary(session, bank, *DAYS, as_of, story=story.id, now=NOW)
    assert kinds(session, bank, meg)[:3] == ["story_taken_back", "story_agreed", "story_written"]


def test_the_staff_say_through_what_they_were_told(
    session: Session, bank: Bank, owen: Member, meg: Member
) -> None:
    story = stories.write(session, bank, meg.id, STORY, by(owen))
    with pytest.raises(Invalid) as refusal:
        stories.agree(session, bank, story.id, read(story), by(owen))
    assert set(refusal.value.fields) == {"channel"}
    stories.agree(session, bank, story.id, read(story, Channel.PHONE), by(owen))
    assert (story.agreed_by, story.agreed_channel) == (f"member:{owen.id}", Channel.PHONE)
    with pytest.raises(Conflict, match="taken it back|agreed to as it is"):
        stories.agree(session, bank, story.id, read(story, Channel.PAPER), by(owen))


def test_what_was_agreed_to_is_not_put_into_other_words(
    session: Session, bank: Bank, owen: Member, meg: Member
) -> None:
    story = stories.write(session, bank, meg.id, STORY, by(owen))
    other = NewStory("Something else.", "Meg")
    stories.change(session, bank, story.id, other, by(owen))
    assert story.words == "Something else."
    stories.agree(session, bank, story.id, read(story), by(meg))
    with pytest.raises(Conflict, match="agreed to as it is"):
        stories.change(session, bank, story.id, STORY, by(owen))
    with pytest.raises(DBAPIError, match="agreed to as it is"), session.begin_nested():
        session.execute(text("UPDATE story SET words = 'x'"))


def test_only_the_words_that_were_read_are_agreed_to(
    session: Session, bank: Bank, owen: Member, meg: Member
) -> None:
    story = stories.write(session, bank, meg.id, STORY, by(owen))
    before = read(story)
    later = Act(actor(owen), NOW + timedelta(minutes=1))
    stories.change(session, bank, story.id, NewStory("Something else.", "Meg"), later)
    with pytest.raises(Conflict, match="Read it again"):
        stories.agree(session, bank, story.id, before, by(meg))
    assert story.agreed_at is None
    told = session.scalars(select(Notice.body).where(Notice.addressee == f"member:{meg.id}")).all()
    assert sum("Something else." in body for body in told) == 1
    stories.agree(session, bank, story.id, read(story), by(meg))
    assert story.agreed_at == NOW


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        (NewStory("", ""), {"words", "called"}),
        (NewStory("x" * 1201, "x" * 81), {"words", "called"}),
        (NewStory("Help.", "Meg", jpeg(), ""), {"alt"}),
    ],
)
def test_a_story_that_cannot_be_told_is_refused_field_by_field(
    session: Session, bank: Bank, owen: Member, meg: Member, new: NewStory, wrong: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        stories.write(session, bank, meg.id, new, by(owen))
    assert set(refusal.value.fields) == wrong
    with pytest.raises(NotAllowed):
        stories.write(session, bank, meg.id, STORY, by(meg))


def test_whom_it_is_of_is_asked(session: Session, bank: Bank, owen: Member, meg: Member) -> None:
    stories.write(session, bank, meg.id, STORY, by(owen))
    session.flush()
    rows = session.execute(text("SELECT subject FROM notice")).scalars().all()
    assert list(rows) == ["May we tell this of you?"]


def test_only_those_who_agreed_are_on_the_list_and_that_it_was_taken_is_written_on_them(
    session: Session, bank: Bank, owen: Member, meg: Member
) -> None:
    ben = make_member(session, bank, "Ben", email="ben@example.org")
    nobody = make_member(session, bank, "Cy", email=None)
    helper = make_member(session, bank, "Dee")
    helping.grant_helper(session, bank, ben.id, helper.id, by(ben))
    for act, whom, channel in (
        (by(meg), meg, Channel.WEB),
        (by(helper), ben, Channel.WEB),
    ):
        addresses.agree(session, bank, whom.id, channel, act)
    with pytest.raises(Conflict, match="no e-mail address"):
        addresses.agree(session, bank, nobody.id, Channel.WEB, by(nobody))
    with pytest.raises(NotAllowed):
        addresses.agree(session, bank, owen.id, Channel.WEB, by(meg))
    taken = addresses.take(session, bank, by(owen))
    assert [one.email for one in taken] == ["ben@example.org", "meg@example.org"]
    assert kinds(session, bank, meg)[0] == addresses.TAKEN
    assert addresses.TAKEN not in kinds(session, bank, owen)
    (taking,) = addresses.takings(session, bank)
    assert (taking.by, taking.people) == ("Owen", 2)
    addresses.take_back(session, bank, ben.id, by(ben))
    assert [one.name for one in addresses.take(session, bank, by(owen))] == ["Meg"]
    with pytest.raises(NotAllowed):
        addresses.take(session, bank, by(meg))


def test_who_leaves_takes_it_all_along_and_leaves_nothing(
    session: Session, bank: Bank, owen: Member, meg: Member
) -> None:
    story = stories.write(session, bank, meg.id, STORY, by(owen))
    stories.agree(session, bank, story.id, read(story), by(meg))
    addresses.agree(session, bank, meg.id, Channel.WEB, by(meg))
    given = leaving.export(session, bank, meg)
    assert given["stories"][0]["words"] == STORY.words
    assert given["address_on_the_list"]["channel"] == "web"
    leaving_service.leave(session, bank, meg.id, FEATURES, Farewell(), by(owen))
    assert session.execute(select(Story)).first() is None
    assert session.execute(select(AddressConsent)).first() is None


def test_it_is_all_done_on_pages(app: Any, sign_in: Any) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        owen = make_member(session, bank, "Owen", "coordinator").id
        meg = make_member(session, bank, "Meg", email="meg@example.org").id
        ben = make_member(session, bank, "Ben").id
    coordinator, own = sign_in(owen), sign_in(meg)
    page = f"{BASE}/agreed/{meg}"
    refused = coordinator.post(f"{page}/story", data={"words": "Help.", "called": ""})
    assert refused.status_code == 422
    assert "Help." in refused.text
    coordinator.post(f"{page}/story", data={"words": "Help.", "called": "Margaret"})
    assert "Yes, it may be told" in own.get(page).text
    assert sign_in(ben).get(page).status_code == 403
    own.post(f"{BASE}/stories/1/agree", data={"written_at": "2026-01-01T00:00:00+00:00"})
    assert "Agreed to on" not in own.get(page).text
    was = re.search(r'name="written_at" value="([^"]*)"', own.get(page).text)
    own.post(f"{BASE}/stories/1/agree", data={"written_at": was[1]})
    assert "Agreed to on" in own.get(page).text
    assert "Margaret" in coordinator.get(f"{BASE}/stories").text
    days = "from=2025-10-01&to=2026-09-30&story=1"
    ready = coordinator.get(f"{BASE}/funder?{days}").text
    assert re.search(r'href="[^"]*/funder\.pdf\?[^"]*story=1', ready)
    own.post(f"{page}/address")
    assert "1 person agreed" in coordinator.get(f"{BASE}/addresses").text
    file = coordinator.post(f"{BASE}/addresses.csv")
    assert "Meg,meg@example.org" in file.text
    assert sign_in(ben).post(f"{BASE}/addresses.csv").status_code == 403
    own.post(f"{page}/address/back")
    own.post(f"{BASE}/stories/1/back")
    assert coordinator.get(f"{BASE}/funder?{days}").status_code == 404
    assert "0 people agreed" in coordinator.get(f"{BASE}/addresses").text


def test_programs_do_the_same(app: Any, bearer: Any) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        owen = make_member(session, bank, "Owen", "coordinator").id
        meg = make_member(session, bank, "Meg", email="meg@example.org").id
    client, api = app.test_client(), "/api/v1/reports"
    staff, own = bearer(owen), bearer(meg)
    new = {"member_id": str(meg), "words": "Help.", "called": "Margaret"}
    made = client.post(f"{api}/stories", data=new, headers=staff)
    assert (made.status_code, made.json["agreed_at"]) == (201, None)
    agreement = f"{api}/stories/{made.json['id']}/agreement"
    assert client.put(agreement, json={}, headers=own).status_code == 422
    agreed = client.put(agreement, json={"written_at": made.json["at"]}, headers=own)
    assert agreed.json["agreed_channel"] == "web"
    assert len(client.get(f"{api}/stories", headers=staff).json["items"]) == 1
    client.put(f"{api}/addresses/{meg}", json={}, headers=own)
    listed = client.post(f"{api}/addresses", headers=staff)
    assert listed.json["items"] == [{"name": "Meg", "email": "meg@example.org"}]
    assert client.post(f"{api}/addresses", headers=own).status_code == 403
    assert client.delete(f"{api}/addresses/{meg}", headers=own).status_code == 204
    assert client.delete(f"{api}/stories/{made.json['id']}", headers=own).status_code == 204
