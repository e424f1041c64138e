"""The broker's pages."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.browsers import Browser
from tests.factories import (
    actor,
    change_details,
    make_bank,
    make_logged_exchange,
    make_member,
    make_notice,
)
from timebank import clock, voices
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks.rules import SlipNumbers
from timebank.db import reading, transaction
from timebank.desk import rules
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.members import acts, helping
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Details, Wishes
from timebank.notices import queries as notices
from timebank.notices.models import Notice
from timebank.say import say
from timebank.voices import PSEUDO

SignIn = Callable[..., Browser]


@pytest.fixture
def people(app: Flask) -> dict[str, int]:
    """Ids: joan and tom, and two called Pat; bo, a broker; co, a coordinator; eve is a broker of
    another bank."""
    with app.app_context(), transaction() as session:
        bank, other = (
            make_bank(session, name="Fife", slug="fife"),
            make_bank(session, name="Leith", slug="leith"),
        )
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
        make_logged_exchange(
            session, bank, joan, tom, now=old, occurred_on=old.date(), title="Garden gate"
        )
        wrong = make_logged_exchange(
            session, bank, tom, joan, now=now, occurred_on=old.date(), title="Lift to the clinic"
        )
        exchanges_service.dispute(
            session, bank, wrong.id, Act(actor(joan), now), note="It was less"
        )
        members_service.join(session, bank, Details("Zoë Lind"), now=now)


CELLS = ("slip", "occurred_on", "giver", "receiver", "minutes", "title")


def sheet(*lines: str, do: str = "enter", **more: Any) -> dict[str, Any]:
    """A form with these lines, the cells of each parted by bars."""
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    cells = {name: [row[number] for row in rows] for number, name in enumerate(CELLS)}
    return {**cells, "do": do, **more}


JOAN_TO_TOM = "2231 | {today} | Joan Whitlock | Tom Keane | 1:30 | Put up a shelf"


@pytest.fixture
def line() -> str:
    """A slip of today: Joan helped Tom for an hour and a half."""
    return JOAN_TO_TOM.format(today=clock.now().date().isoformat())


def entered(app: Flask) -> list[str | None]:
    """The numbers of the slips in the books."""
    with app.app_context(), transaction() as session:
        return list(
            session.execute(
                select(Exchange.slip).where(Exchange.status == "confirmed").order_by(Exchange.id)
            ).scalars()
        )


def cells(page: str, name: str) -> list[str]:
    """What stands in a column of the sheet, empty cells left out."""
    found = re.findall(rf'name="{name}"\s+aria-label="[^"]*"\s+value="([^"]*)"', page)
    return [html.unescape(value) for value in found if value]


@pytest.mark.parametrize("path", ["", "/slips", "/calls", "/letters"])
@pytest.mark.parametrize(("who", "status"), [("joan", 403), ("bo", 200), ("co", 200), ("eve", 404)])
def test_the_desk_is_for_the_staff_of_the_bank(
    people: dict[str, int], sign_in: SignIn, who: str, status: int, path: str
) -> None:
    assert sign_in(people[who]).get(f"/b/fife/desk{path}").status_code == status


@pytest.mark.parametrize(("who", "status"), [("joan", 403), ("eve", 404)])
@pytest.mark.parametrize("path", ["/slips", "/told", "/calls", "/letters"])
def test_nobody_else_does_anything_there(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str, who: str, status: int, path: str
) -> None:
    assert (
        sign_in(people[who])
        .post(f"/b/fife/desk{path}", data={**sheet(line), "notices": "1"})
        .status_code
        == status
    )
    with app.app_context(), transaction() as session:
        assert session.execute(select(Exchange.id)).all() == []


def test_an_empty_desk_says_that_nothing_waits(people: dict[str, int], sign_in: SignIn) -> None:
    page = sign_in(people["bo"]).get("/b/fife/desk").text
    assert "Nothing waits for you just now" in page
    assert "Enter slips" in page
    assert "To begin with" not in page


def test_the_desk_of_a_new_bank_says_how_to_begin(app: Flask, sign_in: SignIn) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, name="New", slug="new")
        staff = {
            role: make_member(session, bank, role.capitalize(), role=role).id
            for role in ("broker", "coordinator")
        }
    for role, led_to in (
        ("broker", ["members/new", "directory"]),
        ("coordinator", ["settings/first-day"]),
    ):
        begin = (
            sign_in(staff[role])
            .get("/b/new/desk")
            .text.partition("To begin with")[2]
            .partition("</section>")[0]
        )
        assert re.findall(r'href="/b/new/([^"]*)"', begin) == led_to
    broker = sign_in(staff["broker"])
    assert "Log the first hours" in broker.get("/b/new/exchanges").text
    assert "Log the first hours" not in broker.get("/b/new/exchanges?status=logged").text


@pytest.mark.usefixtures("busy")
def test_a_full_desk_shows_each_thing_that_waits(people: dict[str, int], sign_in: SignIn) -> None:
    page = sign_in(people["bo"]).get("/b/fife/desk").text
    for words in (
        "Garden gate",
        "Lift to the clinic",
        "Zoë Lind",
        "01632 960 187",
        "Is this right?",
    ):
        assert words in page


@pytest.mark.usefixtures("busy")
def test_what_was_done_today_is_seen_by_whoever_did_it_and_taken_back(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    bo, co = sign_in(people["bo"]), sign_in(people["co"])
    assert "Nothing yet." in bo.get("/b/fife/desk/done").text
    with app.app_context():
        waits = select(Exchange.id).where(Exchange.title == "Garden gate")
        exchange_id = reading().execute(waits).scalar_one()
        receiver = reading().get_one(Exchange, exchange_id).receiver_id
    word = {"on_word_of": receiver, "channel": "phone"}
    bo.post(f"/b/fife/exchanges/{exchange_id}/confirm", data=word)
    bo.post(f"/b/fife/desk/people/{people['joan']}/no-answer")
    done = bo.get("/b/fife/desk/done").text.partition('<ul class="list"')[2].partition("</ul>")[0]
    assert "that’s right." in done
    assert "Joan Whitlock: no answer." in done
    assert "Nothing yet." in co.get("/b/fife/desk/done").text, "Each sees their own."
    undo = re.findall(r'action="([^"]*)"', done)
    assert len(undo) == 2
    for address in undo:
        assert bo.post(address, data={"back": "/b/fife/desk/done"}).status_code == 303
    left = bo.get("/b/fife/desk/done").text.partition('<ul class="list"')[2]
    assert "that’s right." not in left
    assert "no answer." not in left
    assert entered(app) == []


@pytest.mark.usefixtures("busy")
def test_after_the_time_to_undo_what_was_done_is_seen_without_a_button(
    app: Flask, lend: Any, people: dict[str, int], sign_in: SignIn
) -> None:
    lend(app, undo_minutes=0)
    with app.app_context():
        waits = select(Exchange.id).where(Exchange.title == "Garden gate")
        exchange_id = reading().execute(waits).scalar_one()
        receiver = reading().get_one(Exchange, exchange_id).receiver_id
    word = {"on_word_of": receiver, "channel": "phone"}
    bo = sign_in(people["bo"])
    bo.post(f"/b/fife/exchanges/{exchange_id}/confirm", data=word)
    done = bo.get("/b/fife/desk/done").text.partition('<ul class="list"')[2].partition("</ul>")[0]
    assert "that’s right." in done
    assert "<form" not in done


def test_the_books_and_the_second_factor_are_for_coordinators(
    people: dict[str, int], sign_in: SignIn
) -> None:
    check = "timebank ledger check --bank fife"
    coordinators = sign_in(people["co"]).get("/b/fife/desk").text
    assert check in coordinators
    assert "No second factor yet" in coordinators
    brokers = sign_in(people["bo"]).get("/b/fife/desk").text
    assert check not in brokers
    assert "No second factor yet" not in brokers


@pytest.mark.usefixtures("busy")
def test_a_call_that_was_made_is_off_the_list(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        theirs = f"member:{people['joan']}"
        waiting = list(
            session.execute(select(Notice.id).where(Notice.addressee == theirs)).scalars()
        )
        assert waiting
    browser = sign_in(people["bo"])
    answer = browser.post("/b/fife/desk/told", data={"notices": waiting}, follow_redirects=True)
    assert "Done: told Joan Whitlock." in answer.text
    with app.app_context(), transaction() as session:
        told = session.execute(
            select(Notice.told_by, Notice.sent_at).where(Notice.id.in_(waiting))
        ).all()
        assert {row.told_by for row in told} == {f"member:{people['bo']}"}


def test_a_notice_of_another_bank_cannot_be_told(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        elsewhere = make_bank(session, name="Elsewhere", slug="elsewhere")
        ida = make_member(session, elsewhere, "Ida", phone="01632 960 199")
        acts.tell(
            session,
            elsewhere,
            ida.id,
            make_notice("Dear Ida"),
            now=clock.now(),
        )
        theirs = notices.to_tell(session, elsewhere, 1)[0].id
    sign_in(people["bo"]).post("/b/fife/desk/told", data={"notices": [str(theirs)]})
    with app.app_context():
        assert (
            notices.to_tell(reading(), banks.by_slug(reading(), "elsewhere"), 1)[0].sent_at is None
        )


# ---- Calls and letters on paper ----


@pytest.fixture
def by_post(app: Flask, people: dict[str, int]) -> None:
    """Joan and Tom like letters; two wait for Joan and one for Tom."""
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        bank.contact_name, bank.contact_phone = "Maggie Reid", "01592 555 010"
        for name, address in (("joan", "7 Mill Lane\nCupar\nKY15 4AA"), ("tom", "2 Bow Street")):
            one = session.get_one(Member, people[name])
            change_details(session, bank, one.id, Act(actor(one), clock.now()), address=address)
            members_service.set_preference(
                session, bank, one.id, Wishes(channel="letter"), Act(actor(one), clock.now())
            )
    tell(app, people["joan"], "Ben said yes", "Ben said yes: mending the gate.")
    tell(
        app,
        people["joan"],
        "A gift from Ana",
        "Ana gave you 1 hour.\n\nThey write: <b>Well done</b>",
    )
    tell(app, people["tom"], "Ann said yes", "Ann said yes: reading aloud.")


def tell(app: Flask, member_id: int, subject: str, body: str = "Something was said.") -> None:
    with app.app_context(), transaction() as session:
        notice = make_notice(subject, body, cause=f"test:{subject}")
        acts.tell(session, banks.by_slug(session, "fife"), member_id, notice, now=clock.now())


def shown(page: str) -> list[str]:
    """The ids of the notices that the page would mark as told."""
    return re.findall(r'name="notices"\s+value="(\d+)"', page)


def waiting(app: Flask) -> list[str]:
    """What is still to be told, by its subject."""
    with app.app_context(), transaction() as session:
        return list(
            session.execute(
                select(Notice.subject).where(Notice.sent_at.is_(None)).order_by(Notice.id)
            ).scalars()
        )


@pytest.mark.usefixtures("by_post")
def test_everything_for_one_person_is_in_one_letter_with_their_address(
    people: dict[str, int], sign_in: SignIn
) -> None:
    joans, toms = sign_in(people["bo"]).get("/b/fife/desk/letters").text.split("</article>")[:2]
    for words in (
        "Joan Whitlock",
        "7 Mill Lane",
        "Cupar",
        "KY15 4AA",
        "Ben said yes: mending the gate.",
        "A gift from Ana",
    ):
        assert words in joans
        assert words not in toms
    assert "They write: &lt;b&gt;Well done&lt;/b&gt;" in joans
    for letter in (joans, toms):
        assert "Fife" in letter
        assert "Maggie Reid on 01592 555 010" in letter


@pytest.mark.usefixtures("by_post")
def test_printing_marks_nothing_and_posting_marks_what_was_shown(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(people["bo"])
    assert "<b>2</b> letters to post" in browser.get("/b/fife/desk").text
    page = browser.get("/b/fife/desk/letters").text
    assert waiting(app) == ["Ben said yes", "A gift from Ana", "Ann said yes"]
    tell(app, people["joan"], "Cy said no")
    answer = browser.post(
        "/b/fife/desk/letters", data={"notices": shown(page)}, follow_redirects=True
    )
    assert "Done: 2 letters are posted." in answer.text
    assert waiting(app) == ["Cy said no"]
    assert "Ben said yes" not in answer.text
    assert "Cy said no" in answer.text
    again = browser.post(
        "/b/fife/desk/letters", data={"notices": shown(page)}, follow_redirects=True
    )
    assert "Done: 0 letters are posted." in again.text
    with app.app_context(), transaction() as session:
        told = (
            session.execute(select(Notice.told_by).where(Notice.sent_at.is_not(None)))
            .scalars()
            .all()
        )
        assert told == [f"member:{people['bo']}"] * 3


@pytest.mark.usefixtures("by_post")
def test_who_leaves_between_printing_and_posting_holds_nobody_up(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    browser = sign_in(people["bo"])
    page = browser.get("/b/fife/desk/letters").text
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        joan = session.get_one(Member, people["joan"])
        members_service.leave(session, bank, joan.id, Act(actor(joan), clock.now()))
    answer = browser.post(
        "/b/fife/desk/letters", data={"notices": shown(page)}, follow_redirects=True
    )
    assert "Done: 1 letter is posted." in answer.text
    assert waiting(app) == []


@pytest.mark.usefixtures("by_post")
@pytest.mark.parametrize("path", ["calls", "letters"])
def test_nothing_of_another_bank_is_marked(
    app: Flask, people: dict[str, int], sign_in: SignIn, path: str
) -> None:
    ids = shown(sign_in(people["bo"]).get("/b/fife/desk/letters").text)
    assert len(ids) == 3
    sign_in(people["eve"]).post(f"/b/leith/desk/{path}", data={"notices": ids})
    assert len(waiting(app)) == 3


@pytest.mark.usefixtures("by_post")
def test_a_letter_goes_where_somebody_lives_now(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        joan = session.get_one(Member, people["joan"])
        change_details(
            session,
            banks.by_slug(session, "fife"),
            joan.id,
            Act(actor(joan), clock.now()),
            address="9 New Row",
        )
    page = sign_in(people["bo"]).get("/b/fife/desk/letters").text
    assert "9 New Row" in page
    assert "7 Mill Lane" not in page


@pytest.mark.usefixtures("by_post")
def test_a_letter_is_in_the_language_of_its_reader_on_a_page_in_that_of_the_broker(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    with app.app_context(), transaction() as session:
        session.get_one(Member, people["joan"]).language = PSEUDO
    tell(app, people["joan"], "Cy said yes")
    page = sign_in(people["bo"]).get("/b/fife/desk/letters").text
    joans, toms = page.split("</article>")[:2]
    voice = voices.voice(PSEUDO)
    for words in (
        say("Dear %(name)s,", name="Joan Whitlock"),
        rules.whom_to_ask("Maggie Reid", "01592 555 010", ""),
        rules.WISHES,
    ):
        assert words.render(voice) in joans
    assert 'lang="en-XA" dir="ltr"' in joans
    assert "Dear Tom Keane," in toms
    assert "With good wishes," in toms
    assert "⟦" not in toms
    assert " dir=" not in toms


@pytest.mark.parametrize("path", ["", "/calls", "/people/{joan}"])
def test_nobody_has_to_read_out_the_address_of_a_page(
    app: Flask, people: dict[str, int], sign_in: SignIn, path: str
) -> None:
    tell(
        app,
        people["joan"],
        "It ends soon",
        "Your offer ends on Friday.\n  https://time.example/b/fife/directory/3\n\nThat is all.",
    )
    page = sign_in(people["bo"]).get(f"/b/fife/desk{path.format(**people)}").text
    for words in ("Your offer ends on Friday.", "That is all."):
        assert words in page
    assert "https://time.example" not in page


def test_the_call_sheet_says_whom_to_ring_and_takes_what_is_ticked(
    app: Flask, people: dict[str, int], sign_in: SignIn
) -> None:
    for subject in ("Ben said yes", "A gift from Ana"):
        tell(app, people["joan"], subject)
    tell(app, people["tom"], "Ann said yes")
    browser = sign_in(people["bo"])
    page = browser.get("/b/fife/desk/calls").text
    for words in (
        "Joan Whitlock",
        "01632 960 187",
        "A gift from Ana",
        "Tom Keane",
        "No phone: call at the door",
    ):
        assert words in page
    bare = browser.post("/b/fife/desk/calls")
    assert bare.status_code == 422
    assert '<a href="#notices">Tick whom you have told' in bare.text
    assert len(waiting(app)) == 3
    ticked = re.findall(r'name="notices"\s+value="(\d+)"', page)[1:]
    answer = browser.post("/b/fife/desk/calls", data={"notices": ticked}, follow_redirects=True)
    assert "Done: told Joan Whitlock and Tom Keane." in answer.text
    assert waiting(app) == ["Ben said yes"]


def test_a_long_list_is_printed_in_parts_and_nobody_is_cut_in_two(
    app: Flask, people: dict[str, int], sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "STACK_OF_PAPER", 1)
    for subject in ("First", "Second"):
        tell(app, people["joan"], subject)
        tell(app, people["tom"], subject)
    page = sign_in(people["bo"]).get("/b/fife/desk/calls").text
    assert len(shown(page)) == 2
    assert "Joan Whitlock" in page
    assert "Tom Keane" not in page
    assert "1 more follow" in page


def test_a_good_sheet_is_entered_and_an_empty_one_is_there_for_the_next(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    data = sheet(line, '2232 | " | Pat Ellison | " | 2 | "', count="2", by_hand="3:30")
    page = sign_in(people["bo"]).post("/b/fife/desk/slips", data=data, follow_redirects=True).text
    assert "Done: 2 slips, 3½ hours." in page
    assert "That agrees with your count." in page
    assert cells(page, "slip") == []
    assert entered(app) == ["2231", "2232"]


def test_looking_at_a_sheet_enters_nothing_and_writes_out_who_is_meant(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    answer = sign_in(people["bo"]).post(
        "/b/fife/desk/slips", data=sheet(line, do="check", count="3", by_hand="1")
    )
    assert answer.status_code == 200
    assert cells(answer.text, "giver")[0].startswith("Joan Whitlock ")
    assert "Ready: 1 h 30" in answer.text
    assert "By your count it is 2 slips more and 30 minutes less." in answer.text
    assert entered(app) == []


def test_a_bad_line_stays_as_it_was_written_and_the_good_ones_are_entered(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    bad = '2232 | " | Pat | " | 2 | "'
    answer = sign_in(people["bo"]).post(
        "/b/fife/desk/slips",
        data=sheet(line, bad, "2233 | 1 | Pat Moran | Joan Whitlock | 1 | Company"),
    )
    assert answer.status_code == 422
    assert entered(app) == ["2231", "2233"]
    written = [cells(answer.text, name) for name in CELLS]
    assert written == [
        ["2232"],
        [clock.now().date().isoformat()],
        ["Pat"],
        ["Tom Keane"],
        ["2"],
        ["Put up a shelf"],
    ]
    for words in (
        "Who gave the help: You wrote “Pat”, and that could be Pat Ellison (",
        "or Pat Moran (",
        "3 slips, 4½ hours.",
    ):
        assert words in answer.text


def test_a_sheet_sent_twice_is_entered_once_and_keeps_its_bad_lines(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    browser, data = sign_in(people["bo"]), sheet(line, '2232 | " | Pat | " | 2 | "', once="k1")
    for _ in range(2):
        answer = browser.post("/b/fife/desk/slips", data=data)
        assert cells(answer.text, "slip") == ["2232"]
    assert entered(app) == ["2231"]


def test_a_number_entered_before_is_named_under_its_line(
    people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    browser = sign_in(people["bo"])
    browser.post("/b/fife/desk/slips", data=sheet(line))
    answer = browser.post(
        "/b/fife/desk/slips", data=sheet("2231 | 1 | Ellison | Moran | 1 | Lift", do="check")
    )
    assert "Joan Whitlock helped Tom Keane, 1½ hours. Check the number on the paper." in answer.text
    assert cells(answer.text, "giver") == ["Ellison"]


def test_the_same_help_twice_asks_whether_it_was_another_time(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    browser, second = sign_in(people["bo"]), line.replace("2231", "2232")
    answer = browser.post("/b/fife/desk/slips", data=sheet(line, second))
    assert "Line 1 was another time" in answer.text
    assert entered(app) == ["2231"]
    assert browser.post("/b/fife/desk/slips", data=sheet(second, another="1")).status_code == 303
    assert entered(app) == ["2231", "2232"]


def test_a_bank_whose_slips_have_no_numbers_is_not_asked_for_any(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    with app.app_context(), transaction() as session:
        banks.by_slug(session, "fife").slip_numbers = SlipNumbers.NONE
    browser = sign_in(people["bo"])
    page = browser.get("/b/fife/desk/slips").text
    assert 'aria-label="Slip, line 1"' not in page
    assert page.count('<input type="hidden" name="slip" value="">') == 20
    assert re.search(r'id="occurred_on-1"[^>]*autofocus', page)
    unnumbered = line.replace("2231", "")
    wrong = browser.post("/b/fife/desk/slips", data=sheet("| soon | A | B | 1 | C", do="check"))
    assert 'id="slip-1"' in wrong.text
    answer = browser.post("/b/fife/desk/slips", data=sheet(unnumbered), follow_redirects=True)
    assert entered(app) == [None]
    assert "Put up a shelf</a>" in answer.text
    assert "Slip None" not in answer.text


def test_one_slip_is_undone_and_the_sheet_stays(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    browser = sign_in(people["bo"])
    page = browser.post("/b/fife/desk/slips", data=sheet(line), follow_redirects=True).text
    undo = re.findall(r'value="(undo:\d+)"', page)[0]
    data = sheet(
        "2240 | 1 | Pat Moran | Joan Whitlock | 1 | Company",
        do=undo,
        entered=undo.partition(":")[2],
    )
    page = browser.post("/b/fife/desk/slips", data=data).text
    assert "Done: slip 2231 is undone" in page
    assert "1 slip, 1 hour." in page
    assert cells(page, "slip") == ["2240"]
    assert entered(app) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("1:30", "1:10"), "We count in steps of"),
        (("1:30", "long"), "is not a length of time"),
        (("{today}", "1/1/2150"), "still to come"),
        (("{today}", "someday"), "“someday” is not a date"),
        (("1:30", ""), "Fill this in."),
        (("Joan Whitlock", "Nobody"), "We know nobody called “Nobody”"),
        (("Tom Keane", "Joan Whitlock"), "Giver and receiver are the same"),
        (("1:30", "12"), "take Tom Keane past what the account allows"),
    ],
)
def test_what_cannot_be_is_named_and_everything_kept(
    app: Flask, people: dict[str, int], sign_in: SignIn, wrong: tuple[str, str], words: str
) -> None:
    line = JOAN_TO_TOM.replace(*wrong).format(today=clock.now().date().isoformat())
    answer = sign_in(people["bo"]).post("/b/fife/desk/slips", data=sheet(line))
    assert answer.status_code == 422
    assert words in answer.text
    assert cells(answer.text, "title") == ["Put up a shelf"]
    assert entered(app) == []


def test_a_full_sheet_gets_more_lines_and_an_overfull_one_a_sentence(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    browser = sign_in(people["bo"])

    def lines(number: int, do: str) -> Any:
        return browser.post(
            "/b/fife/desk/slips",
            data=sheet(*[line.replace("Joan Whitlock", "Nobody")] * number, do=do),
        )

    assert 'id="slip-30"' in lines(20, "check").text
    assert "A sheet holds 100 lines. Enter these" in lines(100, "check").text
    overfull = lines(101, "enter")
    assert overfull.status_code == 422
    assert "A sheet holds 100 lines, and this has 101. Enter it in two parts." in overfull.text
    assert len(cells(overfull.text, "title")) == 101


def test_an_empty_sheet_is_no_stack(people: dict[str, int], sign_in: SignIn) -> None:
    answer = sign_in(people["bo"]).post(
        "/b/fife/desk/slips", data={"do": "enter", "slip": ["", ""]}
    )
    assert answer.status_code == 422
    assert "Write at least one slip." in answer.text


def test_a_slip_of_two_who_are_kept_apart_goes_in_with_a_reason(
    app: Flask, people: dict[str, int], sign_in: SignIn, line: str
) -> None:
    with app.app_context(), transaction() as session:
        tom = session.get_one(Member, people["tom"])
        bank = banks.by_id(session, tom.bank_id)
        act = Act(actor(tom), clock.now())
        helping.keep_apart(session, bank, tom.id, people["joan"], act)
    broker = sign_in(people["bo"])
    for do in ("check", "enter"):
        stopped = broker.post("/b/fife/desk/slips", data=sheet(line, do=do))
        assert "Tom Keane and Joan Whitlock are kept apart." in stopped.text
        assert 'name="despite"' in stopped.text
    assert entered(app) == []
    data = sheet(line, despite="It was at the lunch club, with everybody.")
    page = broker.post("/b/fife/desk/slips", data=data, follow_redirects=True)
    assert "Done: 1 slip" in page.text
    assert entered(app) == ["2231"]
