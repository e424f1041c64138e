"""How somebody finds an option, entered on their word: how it came, changed, taken back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from tests.dialogue.scene import TODAY, Scene, make_scene
from tests.factories import NOW
from timebank import clock
from timebank.app import FEATURES
from timebank.db import reading, transaction
from timebank.dialogue import conversation_queries as queries
from timebank.dialogue import conversations, leaving
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.rules import Decision, NewSounding, NewVerdict, Sound
from timebank.errors import Invalid, NotAllowed
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell

HOME, API = "/b/fife-time-bank/dialogue", "/api/v1/dialogues"


def test_the_staff_enter_it_with_how_it_came_and_the_last_word_counts(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    _, (option,) = scene.talk()
    said = NewSounding(Sound.NO, "Too far.", scene.rosa.id)
    with pytest.raises(Invalid, match="how you heard") as refusal:
        conversations.sound(session, bank, option.id, said, scene.act())
    assert list(refusal.value.fields) == ["channel"]
    conversations.sound(session, bank, option.id, said, scene.act(heard="phone"))
    yes = NewSounding(Sound.YES, member_id=scene.lloyd.id)
    conversations.sound(session, bank, option.id, yes, scene.act(scene.joan, heard="in_person"))
    by_staff, by_joan = (
        queries.entered_soundings(session, bank, option.id, by=scene.act(who).by)
        for who in (None, scene.joan)
    )
    assert [
        (line.name, line.sounding.answer, line.sounding.channel, line.entered_by)
        for line in by_staff
    ] == [("Lloyd", "yes", "in_person", "Joan"), ("Rosa", "no", "phone", "Maggie")]
    # The chair reads what she entered herself, and nobody else's.
    assert [line.name for line in by_joan] == ["Lloyd"]
    # Rosa says it herself now: nobody reads that any more, it counts once, and is hers to change.
    own = NewSounding(Sound.CAN_LIVE)
    conversations.sound(session, bank, option.id, own, scene.act(scene.rosa))
    with pytest.raises(NotInThatState, match="only they can say otherwise"):
        conversations.sound(session, bank, option.id, said, scene.act(heard="phone"))
    lines = queries.entered_soundings(session, bank, option.id, by=scene.act().by)
    assert [line.name for line in lines] == ["Lloyd"]
    assert session.execute(text("SELECT count(*) FROM sounding")).scalar_one() == 2


def test_it_is_taken_back_by_oneself_or_on_ones_word_until_it_closes(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    talk, (option,) = scene.talk()
    yes = NewSounding(Sound.YES)
    for_rosa = NewSounding(Sound.YES, member_id=scene.rosa.id)
    conversations.sound(session, bank, option.id, yes, scene.act(scene.rosa))
    with pytest.raises(NotAllowed, match="for yourself alone"):
        conversations.take_back_sounding(
            session, bank, option.id, scene.rosa.id, scene.act(scene.lloyd)
        )
    # What she said by herself nobody else takes back, the staff neither.
    with pytest.raises(NotInThatState, match="you could take back"):
        conversations.take_back_sounding(session, bank, option.id, scene.rosa.id, scene.act())
    conversations.take_back_sounding(session, bank, option.id, None, scene.act(scene.rosa))
    with pytest.raises(NotInThatState, match="you could take back"):
        conversations.take_back_sounding(session, bank, option.id, None, scene.act(scene.rosa))
    conversations.sound(session, bank, option.id, for_rosa, scene.act(heard="paper"))
    conversations.take_back_sounding(session, bank, option.id, scene.rosa.id, scene.act())
    assert queries.own_soundings(session, bank, talk.id, scene.rosa.id) == {}
    conversations.sound(session, bank, option.id, for_rosa, scene.act(heard="paper"))
    answer = NewVerdict(Decision.NO, "No money.")
    conversations.give_verdict(session, bank, option.id, answer, scene.act())
    conversations.close(session, bank, talk.id, scene.act())
    with pytest.raises(NotInThatState, match="It has closed"):
        conversations.take_back_sounding(session, bank, option.id, scene.rosa.id, scene.act())


def test_one_takes_it_along_with_how_it_came_and_leaves_a_count(scene: Scene) -> None:
    session, bank = scene.session, scene.bank
    _, (option,) = scene.talk()
    said = NewSounding(Sound.NO, "Too far.", scene.rosa.id)
    conversations.sound(session, bank, option.id, said, scene.act(heard="phone"))
    assert leaving.export(session, bank, scene.rosa)["soundings"] == [
        {"option": "Option 0", "answer": "no", "why": "Too far.", "channel": "phone"}
    ]
    leaving_service.leave(session, bank, scene.rosa.id, FEATURES, Farewell(), scene.act(scene.rosa))
    assert queries.entered_soundings(session, bank, option.id, by=scene.act().by) == []
    ((member_id, answer),) = session.execute(text("SELECT member_id, answer FROM sounding")).all()
    assert (member_id, answer) == (None, "no")


@pytest.fixture
def made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        talk, (option,) = scene.talk()
        people = ("joan", "rosa", "lloyd", "nell", "maggie")
        return {
            **{name: getattr(scene, name).id for name in people},
            **{"talk": talk.id, "option": option.id, "place": scene.place_id},
        }


def test_a_word_by_telephone_is_entered_seen_by_whose_it_is_and_taken_back(app, made, sign_in):
    maggie, rosa = sign_in(made["maggie"]), sign_in(made["rosa"])
    at, talk = f"{HOME}/options/{made['option']}", f"{HOME}/conversations/{made['talk']}"
    assert f"{at}/word" in maggie.get(talk).text
    assert f"{at}/word" not in rosa.get(talk).text
    said = {"member": "Rosa", "answer": "no", "why": "Too far."}
    silent = maggie.post(f"{at}/word", data=said)
    assert silent.status_code == 422
    assert "Choose how you heard it." in silent.text
    assert 'value="Too far."' in silent.text
    for wrong in ({"member": "Nobody Here"}, {"member": "Nell"}, {"answer": "perhaps"}):
        page = maggie.post(f"{at}/word", data={**said, "channel": "phone", **wrong})
        assert page.status_code == 422, wrong
    entered = maggie.post(
        f"{at}/word", data={**said, "channel": "phone"}, follow_redirects=True
    ).text
    assert "by telephone, entered by Maggie" in entered
    own = rosa.get(talk).text
    assert "You said: No (by telephone, entered by Maggie)." in " ".join(own.split())
    # Nobody else reads it, nor gets at it.
    assert "entered by Maggie" not in sign_in(made["lloyd"]).get(talk).text
    for name in ("rosa", "lloyd", "nell"):
        assert sign_in(made[name]).get(f"{at}/word").status_code == 403
    on_word = {"member": f"member:{made['rosa']}", "back": f"{at}/word"}
    assert sign_in(made["lloyd"]).post(f"{at}/sound/back", data=on_word).status_code == 403
    back = maggie.post(f"{at}/sound/back", data=on_word)
    assert back.headers["Location"].endswith(f"{at}/word")
    assert "You said:" not in rosa.get(talk).text
    assert rosa.post(f"{at}/sound", data={"answer": "yes"}).status_code == 303
    assert rosa.post(f"{at}/sound/back").status_code == 303
    with app.app_context():
        assert not reading().execute(text("SELECT * FROM sounding")).all()


def test_programs_enter_list_and_take_back_as_the_pages_do(app, made, bearer):
    web, staff, rosa = app.test_client(), bearer(made["maggie"]), bearer(made["rosa"])
    at = f"{API}/options/{made['option']}"
    said = {"answer": "can_live", "member": f"member:{made['rosa']}"}
    refused = web.put(f"{at}/sounding", json=said, headers=staff)
    assert (refused.status_code, list(refused.json["fields"])) == (422, ["channel"])
    heard = {**said, "channel": "phone"}
    assert web.put(f"{at}/sounding", json=heard, headers=staff).status_code == 204
    (line,) = web.get(f"{at}/soundings", headers=staff).json["items"]
    assert line == {
        "member_id": made["rosa"],
        "name": "Rosa",
        "answer": "can_live",
        "why": "",
        "channel": "phone",
        "entered_by": "Maggie",
    }
    assert web.get(f"{at}/soundings", headers=rosa).status_code == 403
    whose = f"{at}/sounding?member=member:{made['rosa']}"
    assert web.delete(whose, headers=bearer(made["lloyd"])).status_code == 403
    assert web.delete(f"{at}/sounding", headers=rosa).status_code == 204
    assert web.delete(whose, headers=staff).status_code == 409


def test_a_past_day_to_answer_by_is_refused_as_soon_as_it_is_sent(app, made, sign_in, bearer):
    maggie, past = sign_in(made["maggie"]), (TODAY - timedelta(days=1)).isoformat()
    page = maggie.post(
        f"{HOME}/{made['place']}/conversations/new", data={"title": "Debt", "answers_on": past}
    )
    assert page.status_code == 422
    assert "That day is past." in page.text
    assert f'value="{past}"' in page.text
    planned = maggie.post(f"{HOME}/{made['place']}/conversations/new", data={"title": "Debt"})
    frame = maggie.post(
        f"{planned.headers['Location']}/frame", data={"title": "Debt", "answers_on": past}
    )
    assert frame.status_code == 422
    number = planned.headers["Location"].rsplit("/", 1)[1]
    answer = app.test_client().put(
        f"{API}/{number}/frame",
        json={"title": "Debt", "answers_on": past},
        headers=bearer(made["maggie"]),
    )
    assert list(answer.json["fields"]) == ["answers_on"]
