"""The pages and the API of the dialogue, as people use them and as they must not."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from marshmallow import ValidationError
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.dialogue.asking import make_audit, staff
from tests.dialogue.scene import TODAY, make_scene
from tests.factories import NOW
from timebank import clock
from timebank.access import commissioners, sessions
from timebank.access.rules import NewCommissioner, SignedInBy
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits, lists
from timebank.dialogue.audit_rules import NewRound
from timebank.dialogue.rules import Owner
from timebank.dialogue.schemas import HandsIn, Pence
from timebank.errors import Invalid
from timebank.schema import load
from timebank.workbook import Book

HOME = "/b/fife-time-bank/dialogue"
API = "/api/v1"


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def made(app: Flask) -> dict[str, int]:
    """Ids of what there is: two commissioners, a promise that the first answers for, one of Joan's,
    an open conversation, an audit in which Rosa goes round."""
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        by = scene.act()
        readers = [
            commissioners.invite(
                session, scene.bank, NewCommissioner(name, f"{name}@council.example", "Council"), by
            ).id
            for name in ("jo", "kit")
        ]
        council = Owner(
            body="The council, parks",
            contact_name="Ms Hall",
            contact_phone="01632 960100",
            commissioner_id=readers[0],
        )
        talk, options = scene.talk(options=2)
        audit = make_audit(session, scene.bank)
        audits.add_round(session, scene.bank, audit.id, NewRound("Canal Street", "Rosa"), by)
        people = ("joan", "rosa", "lloyd", "nell", "maggie")
        return {
            **{name: getattr(scene, name).id for name in people},
            "jo": readers[0],
            "kit": readers[1],
            "theirs": scene.promise(council).id,
            "joans": scene.promise().id,
            "place": scene.place_id,
            "talk": talk.id,
            "option": options[0].id,
            "other": options[1].id,
            "audit": audit.id,
        }


@pytest.fixture
def reader(app, sign_in, made):
    """`reader("jo")`: a browser in which that commissioner is signed in."""

    def browser(name: str):
        with app.app_context(), transaction() as session:
            from_bank = commissioners.commissioner(session, _bank(session), made[name])
            token = sessions.begin(
                session,
                commissioners.actor_of(from_bank),
                SignedInBy.LINK,
                sessions.lasting(app.config["TIMEBANK"]),
                agent="",
                now=NOW,
            )
        page = sign_in()
        page.sign_in(token)
        return page

    return browser


def _bank(session):
    return banks.by_slug(session, "fife-time-bank")


def steps(app, promise_id):
    with app.app_context():
        rows = reading().execute(
            text("SELECT kind FROM commitment_step WHERE commitment_id = :id ORDER BY n"),
            {"id": promise_id},
        )
        return list(rows.scalars())


# ---- Whoever reads the figures ----


def test_a_commissioner_moves_finishes_and_drops_their_own_promise_and_nothing_else(
    app, made, reader, sign_in, bearer
):
    jo, kit = reader("jo"), reader("kit")
    own, other = (f"{HOME}/owned/{made[name]}" for name in ("theirs", "joans"))
    done = {"kind": "done", "words": "The benches stand."}
    assert "The benches" not in jo.get(f"{HOME}/owned").text
    assert kit.post(own, data=done).status_code == 403
    assert jo.post(other, data=done).status_code == 403
    for kind in ("confirmed", "mistaken", "handed", "promised"):
        assert jo.post(own, data={"kind": kind, "words": "x"}).status_code in (403, 422)
    past = {"kind": "moved", "words": "Rain.", "due_on": (TODAY - timedelta(days=1)).isoformat()}
    refused = jo.post(own, data=past)
    assert refused.status_code == 422
    assert steps(app, made["theirs"]) == ["promised"]
    later = {**past, "due_on": (TODAY + timedelta(days=40)).isoformat()}
    assert jo.post(own, data=later).status_code == 303
    assert jo.post(own, data=done).status_code == 303
    assert steps(app, made["theirs"]) == ["promised", "moved", "done"]
    assert steps(app, made["joans"]) == ["promised"]
    for path, form in (
        (f"promises/{made['theirs']}/step", done),
        (f"promises/{made['theirs']}/hand", {"member": f"member:{made['joan']}"}),
        ("promises/new", {"words": "x", "due_on": "2027-01-01", "body": "Me"}),
        (f"conversations/{made['talk']}/speak", {"kind": "for", "words": "x"}),
        (f"options/{made['option']}/verdict", {"answer": "no", "reason": "x"}),
        (f"{made['place']}/priorities", {"words_1": "x"}),
    ):
        assert jo.post(f"{HOME}/{path}", data=form).status_code == 403, path
    assert jo.get(f"{HOME}/conversations/{made['talk']}").status_code == 403


# ---- What is put in wrongly ----


def test_a_promise_that_cannot_be_is_refused_in_words_on_the_page_and_in_the_api(
    app, made, sign_in, bearer
):
    joan, key = sign_in(made["joan"]), bearer(made["joan"])
    past = (TODAY - timedelta(days=1)).isoformat()
    own = {"words": "Tea", "member": f"member:{made['joan']}"}
    others = {**own, "member": f"member:{made['rosa']}", "due_on": "2027-01-01"}
    for wrong, status in ((own, 422), ({**own, "due_on": past}, 422), (others, 403)):
        page = joan.post(f"{HOME}/promises/new", data=wrong)
        assert page.status_code == status
        answer = joan.post(f"{API}/promises", json=wrong, headers=key)
        assert answer.status_code == status
        assert answer.json["message"]
    page = joan.post(f"{HOME}/promises/new", data={**own, "due_on": past})
    assert "Tea" in page.text
    # Nobody confirms their own, nor somebody else's promise for them.
    step = f"{HOME}/promises/{made['joans']}/step"
    assert joan.post(step, data={"kind": "done", "words": "They stand."}).status_code == 303
    assert joan.post(step, data={"kind": "confirmed"}).status_code == 403
    assert sign_in(made["nell"]).post(step, data={"kind": "confirmed"}).status_code == 403
    assert sign_in(made["rosa"]).post(step, data={"kind": "confirmed"}).status_code == 303
    assert steps(app, made["joans"]) == ["promised", "done", "confirmed"]


def test_who_enters_anothers_word_says_how_they_heard_it_and_everybody_in_the_bank_reads_it(
    app, made, sign_in, bearer
):
    maggie, key = sign_in(made["maggie"]), bearer(made["maggie"])
    step = f"{HOME}/promises/{made['joans']}/step"
    page = maggie.get(f"{HOME}/promises/{made['joans']}").text
    chosen = page.partition('name="channel"')[2].partition("</select>")[0]
    assert 'value="" selected>Choose one' in chosen
    assert "my own word" not in chosen
    done = {"kind": "done", "words": "They stand."}
    silent = maggie.post(step, data=done)
    assert silent.status_code == 422
    assert 'href="#channel"' in silent.text
    assert "They stand." in silent.text
    by_api = maggie.post(f"{API}/promises/{made['joans']}/steps", json=done, headers=key)
    assert by_api.status_code == 422
    assert set(by_api.json["fields"]) == {"channel"}
    assert maggie.post(step, data={**done, "channel": "phone"}).status_code == 303
    confirmed = {"kind": "confirmed", "confirmed_by": f"member:{made['rosa']}"}
    assert maggie.post(step, data=confirmed).status_code == 422
    assert maggie.post(step, data={**confirmed, "channel": "paper"}).status_code == 303
    read = sign_in(made["nell"]).get(f"{HOME}/promises/{made['joans']}").text
    for words in ("Joan said so by telephone.", "Rosa said so on paper.", "Entered by Maggie."):
        assert words in read
    heard = app.test_client().get(f"{API}/promises/{made['joans']}", headers=key).json["heard"]
    assert [(one["n"], one["channel"], one["said_by"], one["entered_by"]) for one in heard] == [
        (1, "phone", "Joan", "Maggie"),
        (2, "phone", "Joan", "Maggie"),
        (3, "paper", "Rosa", "Maggie"),
    ]
    # Everybody outside reads what became of it, and of nobody who wrote it down.
    outside = sign_in().get(f"{HOME}/promises/{made['joans']}").text
    assert "They stand." in outside
    assert "Maggie" not in outside
    assert "by telephone" not in outside


def test_ones_own_word_is_not_asked_how_it_was_heard(app, made, sign_in):
    joan, rosa, maggie = (sign_in(made[name]) for name in ("joan", "rosa", "maggie"))
    own = {"words": "Tea", "due_on": "2027-01-01", "partnership_id": str(made["place"])}
    mine = maggie.post(f"{HOME}/promises/new", data={**own, "member": f"member:{made['maggie']}"})
    assert mine.status_code == 303
    assert "Entered by" not in maggie.get(mine.location).text
    # The chair enters it for others, and is asked as the staff are.
    others = {**own, "member": f"member:{made['rosa']}"}
    assert 'name="channel"' in joan.get(f"{HOME}/promises/new?partnership_id={made['place']}").text
    assert joan.post(f"{HOME}/promises/new", data=others).status_code == 422
    entered = joan.post(f"{HOME}/promises/new", data={**others, "channel": "in_person"})
    assert entered.status_code == 303
    read = rosa.get(entered.location).text
    assert "Rosa said so in person." in read
    assert "Entered by Joan." in read
    assert 'name="channel"' not in rosa.get(f"{HOME}/promises/new").text
    mistaken = {"kind": "mistaken", "words": "Twice."}
    assert maggie.post(f"{entered.location}/step", data=mistaken).status_code == 303


def test_a_conversation_does_not_open_unframed_nor_close_unanswered(app, made, sign_in, bearer):
    maggie, key = sign_in(made["maggie"]), bearer(made["maggie"])
    planned = maggie.post(f"{HOME}/{made['place']}/conversations/new", data={"title": "Debt"})
    assert planned.status_code == 303
    opened = maggie.post(f"{planned.headers['Location']}/open")
    assert opened.status_code == 409
    assert "what" in opened.text.casefold()
    at = f"{HOME}/conversations/{made['talk']}"
    assert maggie.post(f"{at}/close").status_code == 409
    yes = {"answer": "agreed", "reason": "It fits."}
    assert maggie.post(f"{HOME}/options/{made['option']}/verdict", data=yes).status_code == 303
    half = maggie.post(f"{at}/close")
    assert half.status_code == 409
    assert "Option 1" in half.text
    api = maggie.post(f"{API}/dialogues/{made['talk']}/closing", headers=key)
    assert api.status_code in (404, 405, 409)
    for no_cost in ({"words": "Leaflets"}, {"words": "Leaflets", "minutes": "1 h"}):
        page = maggie.post(f"{at}/options/new", data=no_cost)
        assert page.status_code == 422
        assert "Leaflets" in page.text


def test_four_sheets_a_used_code_and_a_number_in_an_answer(app, made, sign_in):
    maggie = sign_in(made["maggie"])
    at = f"{HOME}/audits/{made['audit']}"
    form = maggie.post(f"{at}/print", data={"number": "1"})
    assert form.data.startswith(b"%PDF")
    assert maggie.post(f"{at}/print", data={"number": "501"}).status_code == 422
    with app.app_context(), transaction() as session:
        (code,) = audits.print_codes(
            session, _bank(session), made["audit"], 1, staff(_bank(session))
        )
    sheet = {"wishes": "Ring me on 01632 960142", "way": "paper", "code": code}
    assert maggie.post(f"{at}/sheets", data=sheet).status_code == 303
    again = maggie.post(f"{at}/sheets", data=sheet)
    assert again.status_code == 409
    assert "is in already" in again.text
    assert "01632 960142" in again.text
    for _ in range(3):
        plain = {"wishes": "Ring me on 01632 960142", "way": "door"}
        assert maggie.post(f"{at}/sheets", data=plain).status_code == 303
    assert maggie.post(f"{at}/themes", data={"words": "Debt\nBenches"}).status_code == 303
    # Marked, and not refused.
    assert "could tell who wrote it" in maggie.get(f"{at}/sort").text
    with app.app_context():
        answers = list(queries.wishes(reading(), _bank(reading()), made["audit"]))
    rosa = sign_in(made["rosa"])
    put: dict[str, str] = {}
    for key, place in answers:
        put = {"key": key, "place": str(place), "numbers": "1"}
        for sorter in (maggie, rosa):
            assert sorter.post(f"{at}/sort", data=put).status_code == 303
    assert maggie.post(f"{at}/sort", data={**put, "numbers": "9"}).status_code == 422
    assert sign_in(made["nell"]).get(f"{at}/sort").status_code == 403
    assert maggie.post(f"{at}/close").status_code == 303
    said = sign_in().get(at).text
    assert "Too few people to say." in said
    assert maggie.post(f"{at}/sort", data=put).status_code == 409


# ---- What is told by itself ----


def test_a_stack_of_sheets_comes_in_from_a_spreadsheet_or_not_at_all(app, made, sign_in):
    maggie = sign_in(made["maggie"])
    at = f"{HOME}/audits/{made['audit']}"
    assert f"{at}/stack" in maggie.get(at).text
    headings = maggie.get(f"{at}/stack.csv").text.strip("\ufeff\r\n")
    assert headings.startswith("way,wish1,wish2,wish3,glad1")

    def bring(*lines: str, encoding: str = "utf-8") -> TestResponse:
        file = io.BytesIO("\n".join(lines).encode(encoding)), "sheets.csv"
        return maggie.post(f"{at}/stack", data={"file": file})

    refused = bring("way;wish1", "door;Debt", "swimming;Benches")
    assert refused.status_code == 422
    assert "Sheet 2: “way” is one of" in refused.text
    assert "Choose the file." in maggie.post(f"{at}/stack", data={}).text
    assert bring("wish1;way", "Café;door", "Bänke;", encoding="windows-1252").status_code == 303
    workbook = io.BytesIO()
    with Book(workbook) as book:
        sheet = book.sheet("Sheets")
        for row, cells in enumerate((("wish1", "way"), ("Debt", "phone"))):
            for column, words in enumerate(cells):
                sheet.cell(row, column, words)
    workbook.seek(0)
    sent = maggie.post(f"{at}/stack", data={"file": (workbook, "sheets.xlsx")})
    assert sent.status_code == 303
    with app.app_context():
        bank = banks.by_slug(reading(), "fife-time-bank")
        words = set(queries.wishes(reading(), bank, made["audit"]).values())
        assert words == {"Café", "Bänke", "Debt"}
    assert sign_in(made["rosa"]).get(f"{at}/stack").status_code == 403


def test_owners_are_reminded_once_for_each_day_two_weeks_before(app, made):
    with app.app_context(), transaction() as session:
        for now in (NOW, NOW + timedelta(hours=6)):
            lists.remind(session, banks.all_banks(session)[0], now=now)
        told = session.execute(
            text("SELECT addressee, cause FROM notice WHERE cause LIKE 'commitment:%' ORDER BY id")
        ).all()
    day = (TODAY + timedelta(days=10)).isoformat()
    assert sorted(tuple(row) for row in told) == [
        (f"commitment:{made['theirs']}", f"commitment:{made['theirs']}:due:{day}"),
        (f"member:{made['joan']}", f"commitment:{made['joans']}:due:{day}"),
    ]


def test_a_late_promise_stands_in_the_weekly_letter_of_those_in_the_partnership(app, made):
    since = NOW + timedelta(days=8)
    with app.app_context():
        (part,) = lists.digest(
            reading(),
            _bank(reading()),
            [made["rosa"], made["nell"]],
            since,
            since + timedelta(days=7),
        )
    assert [str(one.words) for one in part.news[made["rosa"]]] == ["Late: Benches"] * 2
    assert made["nell"] not in part.news


@pytest.mark.parametrize(
    ("written", "pence"),
    [("250", 25000), ("£12.50", 1250), ("1,250", 125000), ("1,250.00", 125000), ("£ 8", 800)],
)
def test_money_is_read_as_people_write_it(written: str, pence: int) -> None:
    assert Pence().deserialize(written) == pence


@pytest.mark.parametrize("written", ["12,50", "1,25", "12.5", "1,2500", "12.50.00", "ten", "-4"])
def test_money_that_could_be_another_amount_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="such as 250"):
        Pence().deserialize(written)


def test_a_meeting_is_planned_from_the_conversation_and_all_its_hands_are_one_form(
    app, made, sign_in, bearer
):
    maggie, joan = sign_in(made["maggie"]), sign_in(made["joan"])
    talk = f"{HOME}/conversations/{made['talk']}"
    meeting = {"starts_on": "2026-12-03", "starts_time": "18:30", "minutes": "2:00"}
    assert f"{talk}/meetings/new" not in joan.get(talk).text
    early = joan.post(f"{talk}/meetings/new", data=meeting)
    assert early.status_code == 403
    assert "Your broker plans the first meeting." in joan.get(talk).text
    wrong = maggie.post(f"{talk}/meetings/new", data={**meeting, "minutes": "long"})
    assert wrong.status_code == 422
    assert 'value="18:30"' in wrong.text
    planned = maggie.post(f"{talk}/meetings/new", data={**meeting, "place": "The hall"})
    assert planned.status_code == 303
    # The chair leads what was begun so, and plans on in the same activity.
    later = {**meeting, "starts_on": "2026-12-10"}
    assert joan.post(f"{talk}/meetings/new", data=later).status_code == 303
    with app.app_context():
        met = (
            reading()
            .execute(
                text(
                    "SELECT s.id, s.activity_id, s.stage FROM dialogue_meeting m"
                    " JOIN activity_session s ON s.id = m.session_id ORDER BY s.starts_at"
                )
            )
            .all()
        )
    assert len({row.activity_id for row in met}) == 1
    assert [row.stage for row in met] == ["agree_outcomes"] * 2
    first, second = (row.id for row in met)
    hands = f"{talk}/meetings/{first}/hands"
    assert hands in joan.get(talk).text
    one, other = made["option"], made["other"]
    written = {
        **{f"yes-{one}-resident": "12", f"no-{one}-resident": "3"},
        f"can_live-{other}-planner": "2",
    }
    bad = joan.post(hands, data={**written, f"no-{other}-planner": "many"})
    assert bad.status_code == 422
    assert f'href="#no-{other}-planner"' in bad.text
    assert 'value="12"' in bad.text
    assert joan.post(hands, data={}).status_code == 422
    assert joan.post(hands, data=written).status_code == 303
    assert "Residents: 12 yes, 0 can live with it, 3 no." in joan.get(talk).text
    assert 'value="12"' in joan.get(hands).text
    # What is written again takes the place of it, of that meeting alone.
    del written[f"can_live-{other}-planner"]
    assert joan.post(hands, data={**written, f"yes-{one}-resident": "11"}).status_code == 303
    api = f"{API}/dialogues/{made['talk']}/meetings"
    sent = {"hands": [{"option_id": one, "part": "resident", "yes": 4}]}
    key = bearer(made["joan"])
    client = app.test_client()
    assert client.put(f"{api}/{second}/hands", json=sent, headers=key).status_code == 204
    (line, bare) = client.get(f"{API}/dialogues/{made['talk']}/options", headers=key).json["items"]
    assert line["residents"] == {"yes": 15, "can_live": 0, "no": 3}
    assert bare["professionals"] == {"yes": 0, "can_live": 0, "no": 0}
    for broken in (
        {"hands": []},
        {"hands": sent["hands"] * 2},
        {"hands": [{**sent["hands"][0], "option_id": 999}]},
        {"hands": [{**sent["hands"][0], "yes": -1}]},
    ):
        assert client.put(f"{api}/{second}/hands", json=broken, headers=key).status_code == 422
    assert client.put(f"{api}/999/hands", json=sent, headers=key).status_code == 422
    by_api = client.post(
        f"{api}/planned", json={"starts_at": "2026-12-17T18:30:00Z", "minutes": 90}, headers=key
    )
    assert by_api.status_code == 201
    assert by_api.json["items"][0]["activity_id"] == met[0].activity_id
    nell = sign_in(made["nell"])
    assert nell.get(hands).status_code == 403
    assert nell.get(f"{talk}/meetings/new").status_code == 403
    assert joan.get(f"{talk}/meetings/999/hands").status_code == 404


def test_a_form_of_hands_with_nothing_on_it_is_refused() -> None:
    sent = {"session_id": "1", "part": "resident"}
    with pytest.raises(Invalid) as refusal:
        load(HandsIn(), sent)
    assert set(refusal.value.fields) == {"yes"}
    none: Any = load(HandsIn(), {**sent, "no": "0"})
    assert (none.yes, none.can_live, none.no) == (0, 0, 0)
