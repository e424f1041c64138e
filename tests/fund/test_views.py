"""Pages of the fund: who may do what at which step."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.dialogue.scene import make_scene
from tests.factories import make_bank, make_member
from tests.fund import rounds
from tests.fund.rounds import make_town
from tests.town import FRAME
from timebank.db import reading, transaction
from timebank.dialogue import conversations, partnerships
from timebank.dialogue.rules import NewOption, NewPriority, Priorities
from timebank.fund import pabulib, queries, service
from timebank.fund.models import Proposal


def test_a_count_is_announced_once_both_who_check_it_said_so(app: Flask, sign_in) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
        round_id = rounds.counted(town).id
        ida = make_member(session, make_bank(session, slug="elsewhere"), "Ida").id
        at = f"/b/{town.bank.slug}/fund/{round_id}"
        kwame, owen, rosa = town.kwame.id, town.owen.id, town.rosa.id
        annes_account = town.anne.account_id
    assert sign_in(ida).post(f"{at}/same").status_code == 404
    stranger = sign_in(rosa)
    assert stranger.get(f"{at}/result").status_code == 404
    assert stranger.post(f"{at}/same").status_code == 403
    first, staff = sign_in(kwame), sign_in(owen)
    assert "I counted again and it is the same" in first.get(f"{at}/result").text
    assert first.post(f"{at}/same").status_code == 303
    assert "I counted again and it is the same" not in first.get(f"{at}/result").text
    early = staff.post(f"{at}/announce")
    assert early.status_code == 409
    assert "before they have counted again: Anne" in early.text
    # The staff write it down on the word of somebody who told them.
    assert staff.post(f"{at}/same", data={"on_word_of": annes_account}).status_code == 303
    assert staff.post(f"{at}/announce").status_code == 303
    assert staff.post(f"{at}/announce").status_code == 409
    assert "Tea and Tools" in stranger.get(f"{at}/result").text


def test_a_result_goes_out_on_paper_and_its_ballots_to_those_who_check_it(
    app: Flask, sign_in
) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session)
        round_id = rounds.announced(town).id
        beside = rounds.open_beside(town)
        at = f"/b/{town.bank.slug}/fund"
        kwame, owen, rosa = town.kwame.id, town.owen.id, town.rosa.id
        beside_id = beside.id
    stranger, staff = sign_in(), sign_in(owen)
    for name in ("poster", "letter", "script"):
        assert stranger.get(f"{at}/{round_id}/{name}.pdf").data.startswith(b"%PDF")
        assert stranger.get(f"{at}/{beside_id}/{name}.pdf").status_code == 404
    assert stranger.get(f"{at}/{round_id}/ballots.pb").status_code == 403
    assert sign_in(rosa).get(f"{at}/{round_id}/ballots.pb").status_code == 403
    scrutineer = sign_in(kwame)
    assert f"{at}/{round_id}/ballots.pb" in scrutineer.get(f"{at}/{round_id}/result").text
    found = pabulib.read(scrutineer.get(f"{at}/{round_id}/ballots.pb").text)
    assert len(found.election.ballots) == 12
    # Papers for a hall are numbered on from those there are.
    for n in ("2", "3"):
        printed = staff.post(f"{at}/{beside_id}/papers", data={"number": n})
        assert printed.data.startswith(b"%PDF")
    assert "So far 5 numbered papers" in staff.get(f"{at}/{beside_id}/papers").text
    assert "Print 1 to 500" in staff.post(f"{at}/{beside_id}/papers", data={"number": "501"}).text


def test_a_page_tells_what_panels_gave_and_takes_what_they_decide(
    app: Flask, sign_in, bearer
) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 0)
        rounds.put_in(town, 300)
        rosa, pat, owen = town.rosa.id, town.pat.id, town.owen.id
        panel = [one.name for one in (town.rosa, town.kwame, town.dr_lee)]
        gets, at = town.pat.name, f"/b/{town.bank.slug}/fund/small"
    staff = sign_in(owen)
    settled = {"unit": "pence", "at_once": "£200", "a_year": "£100"}
    assert "cannot be less than at once" in staff.post(f"{at}/ceiling", data=settled).text
    staff.post(f"{at}/ceiling", data=settled | {"a_year": "£250"})
    decided = {
        **{"title": "Paint", "unit": "pence", "amount": "£120", "party": gets},
        **{"why": "It peels.", "sat_on": "2026-01-02", "report_due_on": "2027-01-02"},
    }
    two = staff.post(f"{at}/new", data=decided | {"panel": [*panel[:2], "", ""]})
    assert two.status_code == 422
    assert "It takes two residents at least" in two.text
    assert "It peels." in two.text
    done = staff.post(f"{at}/new", data=decided | {"panel": [*panel, "", ""]})
    assert done.status_code == 303
    page = sign_in(rosa).get(at).text
    assert "Given to Pat on 2 January 2026" in page
    assert "Dr Lee, a practitioner" in page
    listed = app.test_client().get("/api/v1/fund/small-awards", headers=bearer(rosa)).json
    assert [(one["title"], one["amount"]) for one in listed["items"]] == [("Paint", 12_000)]
    assert [one["capacity"] for one in listed["items"][0]["panel"]].count("resident") == 2
    assert "Tell what came of it" not in page
    staff.post(f"{at}/1/pay")
    owner = sign_in(pat)
    assert "Tell what came of it" in owner.get(at).text
    assert sign_in(rosa).get(f"{at}/1/report").status_code == 403
    told = {"words": "It shines.", "spent": "£100"}
    assert owner.post(f"{at}/1/report", data=told).status_code == 303
    assert staff.post(f"{at}/1/back").status_code == 303
    assert "It shines." in sign_in(rosa).get(at).text


def test_two_ideas_are_joined_and_each_bad_step_is_told(app: Flask, sign_in) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 1)
        round_ = rounds.talked_over(town)
        found = rounds.proposals(town, round_)
        pond, benches, round_id = found["Pond"].id, found["Benches"].id, round_.id
        rounds.put_in(town, 1200)
        owen, rosa = town.owen.id, town.rosa.id
        people = {"resident": town.rosa.name, "professional": town.dr_lee.name}
        at = f"/b/{town.bank.slug}/fund"
    staff, member = sign_in(owen), sign_in(rosa)
    assert member.get(f"{at}/proposals/{pond}/join").status_code == 403
    asked = {"verdict": "joined", "into_id": str(pond), **people}
    itself = staff.post(f"{at}/proposals/{pond}/join", data=asked | {"why": "Both by water"})
    assert itself.status_code == 422
    assert "Choose another idea of the same round." in itself.text
    assert "Both by water" in itself.text
    # Whoever is named means somebody, and what is wrong with them stands where they are named.
    nobody = staff.post(f"{at}/proposals/{pond}/join", data=asked | {"resident": "Zoe"})
    assert "We know nobody called “Zoe”" in nobody.text
    assert 'value="Zoe"' in nobody.text
    begun = staff.post(f"{at}/proposals/{pond}/join", data=asked | {"resident": "Ros"})
    assert "If you mean Rosa, choose them" in begun.text
    assert 'name="resident_id"' in begun.text
    wrong = asked | {"into_id": str(benches), "professional": "Kwame"}
    other = staff.post(f"{at}/proposals/{pond}/join", data=wrong)
    assert other.status_code == 422
    assert 'href="#professional"' in other.text
    done = staff.post(f"{at}/proposals/{pond}/join", data=asked | {"into_id": str(benches)})
    assert done.location.endswith(f"/proposals/{benches}")
    assert "The idea that stands for both" in member.get(f"{at}/proposals/{pond}").text
    # Before a vote is open nothing is cast, closed or printed, and a code of nobody finds nothing.
    none = {"none": "yes"}
    assert member.post(f"{at}/{round_id}/vote", data=none).status_code == 404
    assert staff.post(f"{at}/{round_id}/close").status_code == 409
    assert staff.post(f"{at}/{round_id}/papers", data={"number": "2"}).status_code == 409
    wrong = {"code": "abcd-efgh-jkmn-pqrs"}
    assert "No vote that stands has this code" in member.post(f"{at}/receipt", data=wrong).text


def test_an_idea_answers_what_matters_by_itself_or_through_its_option(
    app: Flask, sign_in, bearer
) -> None:
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        by, bank = scene.act(), scene.bank
        new = Priorities([NewPriority(words="Somewhere to sit"), NewPriority(words="Debt")])
        sit, debt = partnerships.set_priorities(session, bank, scene.place_id, new, by)
        talk = conversations.plan(session, bank, scene.place_id, FRAME, by, priority_id=debt.id)
        option = conversations.add_option(
            session, bank, talk.id, NewOption("An adviser", 60, 500), by
        )
        round_ = service.plan_round(session, bank, rounds.new_round(smallest=100), by)
        service.open_ideas(session, bank, round_.id, by)
        at, rosa = f"/b/{bank.slug}/fund", scene.rosa.id
        round_id, sit_id, option_id = round_.id, sit.id, option.id
    member = sign_in(rosa)
    page = member.get(f"{at}/{round_id}/propose?priority_id={sit_id}").text
    assert f'value="{sit_id}" selected>Somewhere to sit (Estate)' in page
    idea = {"title": "Benches", "what": "Three of them", "cost": "£5", "priority_id": str(sit_id)}
    wrong = member.post(f"{at}/{round_id}/propose", data=idea | {"cost": "much"})
    assert wrong.status_code == 422
    assert f'value="{sit_id}" selected' in wrong.text
    made = member.post(f"{at}/{round_id}/propose", data=idea)
    assert "It answers what matters here:" in member.get(made.location).text
    assert "Somewhere to sit" in member.get(made.location).text
    sent = {"title": "Tea", "what": "With cake", "cost": 500, "option_id": option_id}
    api = f"/api/v1/fund/rounds/{round_id}/proposals"
    by_api = app.test_client().post(api, json=sent, headers=bearer(rosa))
    assert by_api.status_code == 201
    assert "Debt" in member.get(f"{at}/proposals/{by_api.json['id']}").text
    nowhere = sent | {"priority_id": 999}
    assert app.test_client().post(api, json=nowhere, headers=bearer(rosa)).status_code == 404
    with app.app_context(), transaction() as session:
        for attack in (
            "UPDATE fund_answer SET priority_id = priority_id + 1",
            "DELETE FROM fund_answer",
        ):
            with pytest.raises(DBAPIError, match="is said once"), session.begin_nested():
                session.execute(text(attack))


def test_an_option_of_a_conversation_becomes_an_idea_in_one_step(app: Flask, sign_in) -> None:
    with app.app_context(), transaction() as session:
        scene = make_scene(session)
        talk, (option,) = scene.talk()
        by, bank = scene.act(), scene.bank
        first, second = (
            service.plan_round(session, bank, rounds.new_round(title=title, smallest=100), by).id
            for title in ("Winter", "Spring")
        )
        service.open_ideas(session, bank, first, by)
        at, option_id, rosa, maggie = f"/b/{bank.slug}", option.id, scene.rosa.id, scene.maggie.id
        talk_id = talk.id
    member = sign_in(rosa)
    step = f"{at}/fund/options/{option_id}"
    assert step in member.get(f"{at}/dialogue/conversations/{talk_id}").text
    page = member.get(step, follow_redirects=True).text
    assert 'value="Option 0"' in page
    assert 'value="£5"' in page
    idea = {"title": "Option 0", "what": "As we said", "cost": "£5", "option_id": str(option_id)}
    made = member.post(f"{at}/fund/{first}/propose", data=idea)
    assert made.status_code == 303
    with app.app_context():
        proposal_id = int(made.location.rpartition("/")[2])
        assert reading().get_one(Proposal, proposal_id).option_id == option_id
    # Where several rounds take ideas one chooses; where none does it says so.
    staff = sign_in(maggie)
    staff.post(f"{at}/fund/{second}/step", data={"state": "ideas"})
    both = member.get(step).text
    assert f"/fund/{first}/propose?option_id={option_id}" in both
    assert f"/fund/{second}/propose?option_id={option_id}" in both
    for round_id in (first, second):
        staff.post(f"{at}/fund/{round_id}/step", data={"state": "called_off", "why": "Snow"})
    assert "No round of the fund takes ideas just now" in member.get(step).text


def test_a_vote_is_read_back_before_it_is_cast(app: Flask, sign_in) -> None:
    days = rounds.days_from_today(-20, -19, -18, -17, 0, 60)
    with app.app_context(), transaction() as session:
        town = make_town(session, 1)
        round_ = rounds.open_round(town, days=days)
        found = rounds.proposals(town, round_)
        pond, welsh, round_id = found["Pond"].id, found["Welsh"].id, round_.id
        voter, at = town.voters[0].id, f"/b/{town.bank.slug}/fund"
        bank = town.bank
    browser = sign_in(voter)

    def voted() -> int:
        with app.app_context():
            return queries.turnout(reading(), bank, round_id).voted

    # What cannot be cast is not read back, and what was ticked stays.
    refused = browser.post(f"{at}/{round_id}/vote", data={"proposals": [pond], "none": "yes"})
    assert refused.status_code == 422
    assert "Choose one or the other" in refused.text
    asked = browser.post(f"{at}/{round_id}/vote", data={"proposals": [pond]})
    assert "It is not cast yet" in asked.text
    ticked, _, others = asked.text.partition('<h2 id="others">')
    assert "Pond" in ticked
    assert "Welsh" not in ticked
    assert "Welsh" in others
    back = browser.post(f"{at}/{round_id}/vote", data={"proposals": [pond], "step": "change"})
    assert back.text.count("checked>") == 1
    assert voted() == 0
    cast = browser.post(f"{at}/{round_id}/vote", data={"proposals": [pond], "step": "cast"})
    assert "your vote is cast" in cast.text
    assert voted() == 1
    again = browser.post(f"{at}/{round_id}/vote", data={"proposals": [welsh]})
    assert again.status_code == 409
    assert "cast already" in again.text


def test_the_staff_write_an_idea_down_for_somebody_and_say_who_leads_it(
    app: Flask, sign_in
) -> None:
    with app.app_context(), transaction() as session:
        town = make_town(session, 0)
        round_id = service.plan_round(session, town.bank, rounds.new_round(), town.by).id
        service.open_ideas(session, town.bank, round_id, town.by)
        owen, pat, rosa = town.owen.id, town.pat.id, town.rosa.id
        rosas = town.rosa.account_id
        at = f"/b/{town.bank.slug}/fund/{round_id}/propose"
    idea = {"title": "Benches", "what": "Seats", "cost": "£100"}
    staff = sign_in(owen)
    wrong = staff.post(at, data=idea | {"cost": "£1", "whose": "Zed", "resident_lead": "Yan"})
    assert wrong.status_code == 422
    assert wrong.text.count('class="error"') >= 2
    assert 'value="Zed"' in wrong.text
    made = staff.post(at, data=idea | {"whose": "Rosa", "resident_lead": "Kwame"})
    assert made.status_code == 303
    with app.app_context():
        proposal = reading().get_one(Proposal, int(made.location.rpartition("/")[2]))
        assert (proposal.party_id, proposal.by) == (rosas, f"member:{owen}")
        assert proposal.resident_lead_id is not None
    # Nobody else writes down what is somebody's.
    assert "If somebody told you" not in sign_in(pat).get(at).text
    assert sign_in(pat).post(at, data=idea | {"whose": "Rosa"}).status_code in (403, 422)
    own = sign_in(rosa).post(at, data=idea | {"resident_lead": "Rosa"})
    assert own.status_code == 303
