"""From an idea to a report, through the services."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    make_activity,
    make_entry,
    make_meeting,
    make_member,
)
from tests.fund import rounds
from tests.fund.rounds import POUND, TODAY, make_town, ticks
from timebank.act import Act, Channel, Role, Word
from timebank.activities import queries as activities
from timebank.dialogue.rules import PointKind
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.fund import (
    awards,
    evidence,
    leaving,
    lists,
    money,
    proof,
    queries,
    records,
    service,
    small,
    telling,
    voting,
)
from timebank.fund.errors import NotCovered, NotOpen, PapersOut, VotedAlready
from timebank.fund.models import Proposal
from timebank.fund.rules import (
    Accounted,
    Checked,
    Finding,
    Found,
    FundUnit,
    NewPoint,
    NewProposal,
    NewReport,
    PotKind,
    RoundState,
    Scrutineers,
    Ticks,
)
from timebank.ledger import queries as ledger
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.reports import evidence_words


def test_a_round_of_money_from_idea_to_report(session: Session) -> None:
    town = make_town(session)
    bank = town.bank
    round_ = rounds.open_round(town)
    assert queries.turnout(session, bank, round_.id).electors == 18
    assert queries.held_in(session, bank, PotKind.AVAILABLE) == 1200 * POUND
    receipts = rounds.all_vote(town, round_)
    assert voting.standing(session, bank, receipts[0].upper(), now=NOW).open
    assert proof.faults(session, bank) == []
    voting.close(session, bank, round_.id, None, town.by)
    count = voting.count_round(session, bank, round_.id, now=NOW)
    content = json.loads(count.content)
    assert rounds.titles(town, round_, content["funded"]) == [
        "Tea and Tools",
        "Pond",
        "Sewing",
        "Welsh",
    ]
    assert rounds.titles(town, round_, content["other"]["funded"]) == [
        "Tea and Tools",
        "Pond",
        "Benches",
    ]
    assert voting.count_round(session, bank, round_.id, now=NOW).id == count.id
    rounds.both_say_same(town, round_)
    voting.announce(session, bank, round_.id, town.by)
    with pytest.raises(Conflict, match="does not fund"):
        awards.award(session, bank, rounds.proposals(town, round_)["Benches"].id, "", town.by)
    made = [awards.award(session, bank, int(one), "", town.by) for one in content["funded"]]
    assert queries.held_in(session, bank, PotKind.PROMISED) == 1190 * POUND
    with pytest.raises(Conflict, match="awarded already"):
        awards.award(session, bank, made[0].proposal_id, "", town.by)
    with pytest.raises(Conflict, match="not paid yet"):
        awards.report(session, bank, made[0].id, NewReport("Good", 1), town.by)
    for one in made:
        awards.pay(session, bank, one.id, town.by)
    with pytest.raises(Conflict, match="paid already"):
        awards.pay(session, bank, made[0].id, town.by)
    with pytest.raises(Invalid, match="at most £300"):
        awards.report(session, bank, made[0].id, NewReport("Good", 30001), town.act(town.pat))
    with pytest.raises(NotAllowed):
        awards.report(session, bank, made[0].id, NewReport("Good", 1), town.act(town.rosa))
    with pytest.raises(Conflict, match="not reported yet"):
        awards.finish(session, bank, round_.id, town.by)
    for one in made:
        spent = NewReport("We met each week.", one.amount - 500, 12)
        awards.report(session, bank, one.id, spent, town.act(town.pat))
        awards.take_back(session, bank, one.id, town.by)
    with pytest.raises(Conflict, match="came back already"):
        awards.take_back(session, bank, made[0].id, town.by)
    assert awards.finish(session, bank, round_.id, town.by).state == RoundState.FINISHED
    assert queries.held_in(session, bank, PotKind.AVAILABLE) == (10 + 4 * 5) * POUND
    assert queries.held_in(session, bank, PotKind.SPENT) == (1190 - 20) * POUND
    assert proof.faults(session, bank) == []
    told = text("SELECT count(*) FROM notice WHERE cause LIKE 'award:%'")
    assert session.execute(told).scalar_one() == 4


def test_a_round_of_hours_moves_them_out_of_the_chest(session: Session) -> None:
    town = make_town(session)
    bank, pat = town.bank, town.pat
    hours = {"unit": FundUnit.MINUTES, "budget": 1200, "smallest": 60, "largest": 1000}
    round_ = rounds.talked_over(town, **hours)
    two = Scrutineers(town.kwame.id, town.anne.id)
    with pytest.raises(NotCovered, match="The chest can give no hours, and 20 hours is needed"):
        service.open_voting(session, bank, round_.id, two, town.by)
    chest = ledger.chest(session, bank).id
    make_entry(session, bank, "given", (ledger.opening(session, bank).id, chest, 1200))
    service.open_voting(session, bank, round_.id, two, town.by)
    rounds.all_vote(town, round_)
    voting.close(session, bank, round_.id, None, town.by)
    funded = json.loads(voting.count_round(session, bank, round_.id, now=NOW).content)["funded"]
    rounds.both_say_same(town, round_)
    voting.announce(session, bank, round_.id, town.by)
    assert pat.account_id is not None
    award = awards.award(session, bank, int(funded[0]), "", town.by)
    assert ledger.balance(session, bank, pat.account_id) == award.amount == 300
    assert ledger.entry(session, bank, award.entry_id or 0).cause == f"award:{funded[0]}"
    with pytest.raises(Conflict, match="hours, which have moved"):
        awards.pay(session, bank, award.id, town.by)
    awards.report(session, bank, award.id, NewReport("Well", 300), town.act(pat))
    # Meanwhile somebody was given the rest of the chest.
    make_entry(session, bank, "taken", (chest, pat.account_id, 900))
    with pytest.raises(NotCovered):
        awards.award(session, bank, int(funded[1]), "", town.by)
    assert queries.pots(session, bank) == []
    assert proof.faults(session, bank) == []


def test_ideas_are_for_oneself_and_within_what_the_round_gives(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    round_ = service.plan_round(session, bank, rounds.new_round(), town.by)
    new = NewProposal("Bench", "Seats", 100 * POUND)
    pat = town.act(town.pat)
    with pytest.raises(NotOpen):
        service.propose(session, bank, round_.id, new, pat)
    service.open_ideas(session, bank, round_.id, town.by)
    for cost, words in ((0, "smallest award"), (4999, "£50"), (100_001, "largest award")):
        with pytest.raises(Invalid, match=words):
            service.propose(session, bank, round_.id, replace(new, cost=cost), pat)
    with pytest.raises(Invalid, match="Give your idea a name"):
        service.propose(session, bank, round_.id, replace(new, title=" "), pat)
    with pytest.raises(NotAllowed):
        other = replace(new, party_id=town.rosa.account_id)
        service.propose(session, bank, round_.id, other, pat)
    on_word = service.propose(
        session, bank, round_.id, replace(new, party_id=town.rosa.account_id), town.by
    )
    assert on_word.party_id == town.rosa.account_id
    with pytest.raises(NotFound):
        service.propose(session, bank, round_.id, replace(new, option_id=9), pat)


def test_nobody_checks_their_own_and_it_takes_two(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    round_ = rounds.talked_over(town, {"Bench": 100, "Pond": 200, "Kiosk": 300})
    bench, pond, kiosk = rounds.proposals(town, round_).values()
    rosa, lee, pat = town.rosa.id, town.dr_lee.id, town.pat.id
    for two, refusal, words in (
        ((pat, lee), NotAllowed, "proposed themselves"),
        ((rosa, rosa), Invalid, "Two different"),
        ((rosa, town.kwame.id), Invalid, "practitioner or a planner"),
        ((town.anne.id, lee), Invalid, "as a resident"),
    ):
        with pytest.raises(refusal, match=words):
            service.check(session, bank, bench.id, Checked(*two, Finding.CAN), town.by)
    with pytest.raises(Invalid, match="Write why"):
        service.check(session, bank, bench.id, Checked(rosa, lee, Finding.CANNOT), town.by)
    # Nobody names another as the one who checked it with them.
    with pytest.raises(NotAllowed):
        service.check(session, bank, bench.id, Checked(rosa, lee, Finding.CAN), town.act(town.rosa))
    cheaper = Checked(rosa, lee, Finding.CAN_IF, "Two of them.", 80 * POUND, "Two benches")
    changed = service.check(session, bank, bench.id, cheaper, town.by)
    assert (changed.title, changed.cost) == ("Two benches", 80 * POUND)
    both = Checked(rosa, lee, Finding.JOINED)
    service.join_proposals(session, bank, pond.id, kiosk.id, both, town.by)
    assert [one.id for one in queries.on_ballot(session, bank, round_)] == [bench.id, kiosk.id]
    with pytest.raises(Invalid, match="joined with another itself"):
        service.join_proposals(session, bank, kiosk.id, pond.id, both, town.by)


def test_each_of_the_two_says_themselves_what_they_found(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    round_ = service.plan_round(session, bank, rounds.new_round(), town.by)
    service.open_ideas(session, bank, round_.id, town.by)
    new = NewProposal("Bench", "So we do.", 100 * POUND)
    bench = service.propose(session, bank, round_.id, new, town.act(town.pat))
    service.move_on(session, bank, round_.id, RoundState.CHECKING, "", town.by)

    def finds(member: Member, verdict: Finding, why: str = "") -> Proposal:
        return service.find(session, bank, bench.id, Found(verdict, why), town.act(member))

    with pytest.raises(NotAllowed, match="proposed themselves"):
        finds(town.pat, Finding.CAN)
    assert not finds(town.dr_lee, Finding.CAN_IF, "Two of them.").agreed
    assert queries.on_ballot(session, bank, round_) == []
    with pytest.raises(Conflict, match="Now a resident has to"):
        finds(town.anne, Finding.CAN_IF, "Two of them.")
    with pytest.raises(Conflict, match="found something else"):
        finds(town.rosa, Finding.CAN)
    found = finds(town.rosa, Finding.CAN_IF, "Yes, two.")
    assert (found.checked_by_resident, found.why) == (town.rosa.id, "Two of them.")
    assert queries.on_ballot(session, bank, round_) == [bench]
    with pytest.raises(Conflict, match="Two people have looked this over"):
        finds(town.kwame, Finding.CANNOT, "No.")


def test_what_is_said_of_an_idea_and_taken_out_of_sight(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    round_ = rounds.talked_over(town, {"Bench": 100, "Pond": 200})
    bench = rounds.proposals(town, round_)["Bench"]
    asked = service.speak(
        session, bank, bench.id, NewPoint(PointKind.QUESTION, "Where?"), town.act(town.dr_lee)
    )
    assert asked.capacity == "practitioner"
    with pytest.raises(NotAllowed):
        service.answer(session, bank, asked.id, "Here", town.act(town.rosa))
    service.answer(session, bank, asked.id, "By the canal", town.act(town.pat))
    at_meeting = NewPoint(PointKind.AGAINST, "Noise", nobody=True)
    with pytest.raises(NotAllowed):
        service.speak(session, bank, bench.id, at_meeting, town.act(town.rosa))
    chart = service.speak(session, bank, bench.id, at_meeting, town.by)
    assert chart.member_id is None
    with pytest.raises(Invalid, match="Only a question"):
        service.answer(session, bank, chart.id, "No", town.by)
    service.hide(session, bank, chart.id, "It names somebody.", town.by)
    assert [one.id for one in queries.points(session, bank, bench.id)] == [asked.id]
    assert len(queries.points(session, bank, bench.id, hidden=True)) == 2


def test_a_session_of_an_activity_is_a_meeting_of_a_round(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    round_ = rounds.talked_over(town, {"Bench": 100, "Pond": 200})
    activity = make_activity(session, bank, act=town.by, payer_id=None, rule="none")
    first, second = (
        make_meeting(session, bank, activity, starts_at=NOW - timedelta(days=n), act=town.by).id
        for n in (1, 2)
    )
    with pytest.raises(NotAllowed):
        service.add_meeting(session, bank, round_.id, first, town.act(town.rosa))
    service.add_meeting(session, bank, round_.id, first, town.by)
    assert queries.meetings(session, bank, round_.id) == [first]
    with pytest.raises(Conflict, match="meeting of it already"):
        service.add_meeting(session, bank, round_.id, first, town.by)
    with pytest.raises(NotFound):
        service.add_meeting(session, bank, round_.id, second + 1, town.by)
    rounds.put_in(town, 1200)
    rounds.begin(town, round_)
    with pytest.raises(NotOpen):
        service.add_meeting(session, bank, round_.id, second, town.by)


def test_a_report_stands_in_the_log_of_the_activity_it_was_for(session: Session) -> None:
    town = make_town(session)
    bank, pat = town.bank, town.act(town.pat)
    round_ = rounds.announced(town)
    led, other = (
        make_activity(session, bank, act=town.by, payer_id=None, rule="none", resident_lead_id=lead)
        for lead in (town.pat.id, town.rosa.id)
    )
    assert [one.id for one in activities.run_by(session, bank, pat.by)] == [led.id]
    tea = rounds.proposals(town, round_)["Tea and Tools"].id
    made = awards.award(session, bank, tea, "", town.by)
    awards.pay(session, bank, made.id, town.by)
    told = NewReport("We mended forty things. " * 80, 100, reached=40)
    with pytest.raises(NotAllowed, match="those who lead the activity"), session.begin_nested():
        awards.report(session, bank, made.id, replace(told, activity_id=other.id), pat)
    awards.report(session, bank, made.id, replace(told, activity_id=led.id), pat)
    (outcome,) = activities.outcomes(session, bank, led.id)
    assert (outcome.words, outcome.partner) == ("Tea and Tools", round_.title)
    assert (outcome.reached, outcome.result) == (40, told.words.strip())
    rounds.settled(town)
    rounds.put_in(town, 300)
    little = rounds.small_award(town)
    small.pay_small(session, bank, little.id, town.by)
    report = NewReport("It shines.", 100, activity_id=led.id)
    small.report_small(session, bank, little.id, report, pat)
    assert len(activities.outcomes(session, bank, led.id)) == 2


def test_voting_opens_with_two_ideas_two_scrutineers_and_the_money(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    alone = rounds.talked_over(town, {"Bench": 100})
    good = Scrutineers(town.kwame.id, town.anne.id)
    with pytest.raises(Conflict, match="two ideas at least"):
        service.open_voting(session, bank, alone.id, good, town.by)
    round_ = rounds.talked_over(town, {"Bench": 100, "Pond": 100})
    assert [len(alike) for alike in service.same_costs(session, bank, round_)] == [2]
    for two, words in (
        (Scrutineers(town.pat.id, town.anne.id), "proposed something in this round"),
        (Scrutineers(town.kwame.id, town.pat.id), "proposed something in this round"),
        (Scrutineers(town.owen.id, town.anne.id), "resident who is not one of the staff"),
        (Scrutineers(town.kwame.id, town.kwame.id), "two different people"),
    ):
        with pytest.raises(Invalid, match=words):
            service.open_voting(session, bank, round_.id, two, town.by)
    with pytest.raises(NotCovered, match="There is £0, and £1,200 is needed"):
        service.open_voting(session, bank, round_.id, good, town.by)
    with pytest.raises(NotAllowed):
        service.open_voting(session, bank, round_.id, good, town.act(town.rosa))
    rounds.put_in(town, 1200)
    service.open_voting(session, bank, round_.id, good, town.by)
    # The same money is not set aside twice.
    second = rounds.talked_over(town, {"Bench": 100, "Pond": 100})
    with pytest.raises(NotCovered):
        service.open_voting(session, bank, second.id, good, town.by)
    with pytest.raises(Conflict):
        service.move_on(session, bank, round_.id, RoundState.TALKING, "We forgot one.", town.by)
    service.move_on(session, bank, round_.id, RoundState.CALLED_OFF, "A power cut.", town.by)
    service.open_voting(session, bank, second.id, good, town.by)


def test_a_vote_is_cast_once_and_changed_by_its_receipt(session: Session) -> None:
    town = make_town(session, 3)
    bank = town.bank
    round_ = rounds.open_round(town)
    ana, ben, cy = town.voters
    mine = ticks(town, round_, "Pond", "Welsh")
    receipt = voting.vote(session, bank, round_.id, mine, town.act(ana))
    with pytest.raises(VotedAlready):
        voting.vote(session, bank, round_.id, mine, town.act(ana))
    for wrong, words in (
        (Ticks(), "Nothing is ticked"),
        (Ticks([1, 1]), "ticked twice"),
        (Ticks([999]), "not on the ballot"),
        (replace(mine, none=True), "None of these"),
    ):
        with pytest.raises(Invalid, match=words):
            voting.vote(session, bank, round_.id, wrong, town.act(ben))
    other = voting.change_by_receipt(session, bank, receipt, ticks(town, round_, "Sewing"), now=NOW)
    with pytest.raises(NotFound):
        voting.standing(session, bank, receipt, now=NOW)
    with pytest.raises(NotFound):
        voting.change_by_receipt(session, bank, receipt, mine, now=NOW)
    sewing = rounds.proposals(town, round_)["Sewing"].id
    assert voting.standing(session, bank, other, now=NOW).choices == [sewing]
    on_word = Act(actor(town.owen), NOW, Word(Channel.PHONE, on_word_of=ben.account_id))
    voting.vote(session, bank, round_.id, Ticks(none=True), on_word)
    with pytest.raises(Invalid, match="on the phone, or here"):
        by_web = replace(on_word, word=Word(Channel.WEB, on_word_of=cy.account_id))
        voting.vote(session, bank, round_.id, mine, by_web)
    with pytest.raises(NotAllowed):
        helper = replace(town.act(ana), word=Word(Channel.PHONE, on_word_of=cy.account_id))
        voting.vote(session, bank, round_.id, mine, helper)
    late = make_member(session, bank, "Late")
    with pytest.raises(NotFound, match="had not joined"):
        voting.vote(session, bank, round_.id, mine, town.act(late))
    tomorrow = Act(actor(cy), NOW + timedelta(days=1))
    with pytest.raises(NotOpen, match="closed"):
        voting.vote(session, bank, round_.id, mine, tomorrow)
    assert queries.ballots(session, bank, round_.id) == [[], [sewing]]
    assert proof.faults(session, bank) == []


def test_papers_are_voted_by_their_code_read_again_and_accounted_for(session: Session) -> None:
    town = make_town(session, 2)
    bank = town.bank
    round_ = rounds.open_round(town)
    papers = voting.hand_out(session, bank, round_.id, 4, town.by)
    assert [paper.number for paper in papers] == [1, 2, 3, 4]
    (named,) = voting.print_ballots(session, bank, round_.id, [town.voters[0].id], town.by)
    assert named.name == "Voter 1"
    mine = ticks(town, round_, "Pond", "Welsh")
    for paper in (papers[0], papers[1], named):
        voting.vote_by_code(session, bank, round_.id, paper.code.upper(), mine, now=NOW)
    with pytest.raises(VotedAlready):
        voting.vote_by_code(session, bank, round_.id, named.code, mine, now=NOW)
    with pytest.raises(VotedAlready):
        voting.vote(session, bank, round_.id, mine, town.act(town.voters[0]))
    with pytest.raises(NotFound, match="No paper has this code"):
        voting.vote_by_code(session, bank, round_.id, "0" * 16, mine, now=NOW)
    pond = ticks(town, round_, "Pond")
    second = voting.read_again(session, bank, round_.id, papers[0].code, pond, town.by)
    assert second == [rounds.proposals(town, round_)["Welsh"].id]
    # A slip of the person who typed is undone by the code on the paper.
    voting.change_by_receipt(session, bank, papers[0].code, ticks(town, round_, "Pond"), now=NOW)
    with pytest.raises(Invalid, match="Print 1 to 500"):
        voting.hand_out(session, bank, round_.id, 0, town.by)
    with pytest.raises(PapersOut, match="2 of the numbered papers did not come back"):
        voting.close(session, bank, round_.id, None, town.by)
    for wrong, words in (
        (Accounted(1), "4 were printed and 2 came back"),
        (Accounted(5), "4 were printed and 2 came back"),
        (Accounted(3, 2), "Only 1 paper that was given out"),
        (Accounted(4, -1), "Only 2 papers that were given out"),
    ):
        with pytest.raises(Invalid, match=words):
            voting.close(session, bank, round_.id, wrong, town.by)
    accounted = Accounted(3, 1)
    voting.close(session, bank, round_.id, accounted, town.by)
    assert (round_.given_out, round_.spoilt) == (3, 1)
    assert str(telling.papers(queries.turnout(session, bank, round_.id), accounted)) == (
        "Numbered papers: 4 printed, 3 given out, 2 came back, 1 spoilt, 0 did not come back."
    )
    turnout = queries.turnout(session, bank, round_.id)
    assert (turnout.papers, turnout.returned, turnout.voted) == (4, 2, 3)
    with pytest.raises(NotOpen):
        voting.close(session, bank, round_.id, accounted, town.by)
    with pytest.raises(NotOpen):
        voting.hand_out(session, bank, round_.id, 4, town.by)


def test_a_count_is_refused_with_a_reason_and_made_anew(session: Session) -> None:
    town = make_town(session)
    bank = town.bank
    round_ = rounds.counted(town)
    with pytest.raises(NotOpen):
        voting.close(session, bank, round_.id, None, town.by)
    first = queries.counts(session, bank, round_.id)[0]
    with pytest.raises(Invalid, match="Write why"):
        voting.refuse(session, bank, round_.id, "", town.by)
    voting.refuse(session, bank, round_.id, "A paper turned up.", town.by)
    with pytest.raises(NotOpen):
        voting.announce(session, bank, round_.id, town.by)
    # What counts it anew is the job that was queued, which may run twice.
    for _ in range(2):
        voting.count_job(session, {"bank": bank.id, "round": round_.id}, NOW)
    second = queries.counts(session, bank, round_.id)[0]
    assert (second.n, second.content) == (2, first.content)
    # Each of the two counts again; nobody says it for them, but the staff on their word.
    with pytest.raises(NotAllowed, match="Only the two"):
        voting.say_same(session, bank, round_.id, town.act(town.rosa))
    with pytest.raises(NotAllowed, match="Only the two"):
        voting.say_same(session, bank, round_.id, town.by)
    voting.say_same(session, bank, round_.id, town.act(town.kwame))
    with pytest.raises(Conflict, match="counted again: Anne"):
        voting.announce(session, bank, round_.id, town.by)
    on_the_phone = Word(Channel.PHONE, on_word_of=town.anne.account_id)
    voting.say_same(session, bank, round_.id, Act(actor(town.owen), NOW, on_the_phone))
    kwame, anne = voting.checked_by(session, bank, round_, second, by=None)
    assert (kwame.entered_by, anne.name, anne.entered_by) == (None, "Anne", "Owen")
    voting.announce(session, bank, round_.id, town.by)
    assert queries.announced(session, bank, round_.id) == second


def test_whoever_has_an_idea_is_told_what_is_found_and_what_is_counted(session: Session) -> None:
    town = make_town(session)
    round_ = rounds.announced(town)
    found = rounds.proposals(town, round_)

    def letter(title: str, what: str) -> str:
        cause = f"proposal:{found[title].id}:{what}"
        written = select(Notice).where(Notice.cause == cause, Notice.name == "Pat")
        notice = session.execute(written).scalar_one()
        return f"{notice.subject} {notice.body}"

    assert "it can be done" in letter("Pond", "can")
    assert "The vote funds “Pond”" in letter("Pond", "counted")
    assert "“Benches” is not funded this time" in letter("Benches", "counted")
    assert "£7 was missing" in letter("Benches", "counted")


def test_nobody_enters_the_word_of_both_who_check_a_count(session: Session) -> None:
    town = make_town(session)
    bank = town.bank
    round_ = rounds.counted(town)
    words = [Word(Channel.PHONE, on_word_of=one.account_id) for one in (town.kwame, town.anne)]
    voting.say_same(session, bank, round_.id, Act(actor(town.owen), NOW, words[0]))
    with pytest.raises(Conflict, match="You entered the word of the other one"):
        voting.say_same(session, bank, round_.id, Act(actor(town.owen), NOW, words[1]))
    # Nor does somebody say it for themselves and for the other one.
    town.anne.role = Role.BROKER
    session.flush()
    again = rounds.open_beside(town)
    voting.close(session, bank, again.id, None, town.by)
    voting.count_round(session, bank, again.id, now=NOW)
    voting.say_same(session, bank, again.id, town.act(town.anne))
    with pytest.raises(Conflict, match="You entered the word of the other one"):
        voting.say_same(session, bank, again.id, Act(actor(town.anne), NOW, words[0]))


def test_a_vote_in_the_last_second_and_a_paper_of_another_round(session: Session) -> None:
    town = make_town(session, 2)
    bank, (ana, ben) = town.bank, town.voters
    round_ = rounds.open_round(town)
    beside = rounds.open_beside(town)
    (paper,) = voting.hand_out(session, bank, beside.id, 1, town.by)
    none = Ticks(none=True)
    with pytest.raises(Invalid, match="of another round, “Beside”"):
        voting.vote_by_code(session, bank, round_.id, paper.code, none, now=NOW)
    voting.vote_by_code(session, bank, beside.id, paper.code, none, now=NOW)
    with pytest.raises(Invalid, match="of another round, “Beside”"):
        voting.read_again(session, bank, round_.id, paper.code, none, town.by)
    # The last second where the bank is, in winter; one later it is another day.
    last = datetime(2026, 11, 12, 23, 59, 59, tzinfo=UTC)
    receipt = voting.vote(session, bank, round_.id, none, Act(actor(ana), last))
    after = last + timedelta(seconds=1)
    with pytest.raises(NotOpen, match="closed"):
        voting.vote(session, bank, round_.id, none, Act(actor(ben), after))
    with pytest.raises(NotOpen, match="closed"):
        voting.change_by_receipt(session, bank, receipt, none, now=after)
    assert not voting.standing(session, bank, receipt, now=after).open


def test_a_panel_gives_a_little_between_rounds(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    with pytest.raises(Conflict, match="not settled yet"):
        rounds.small_award(town)
    rounds.settled(town)
    with pytest.raises(NotCovered, match="There is £0"), session.begin_nested():
        rounds.small_award(town)
    rounds.put_in(town, 1000)
    two = (town.rosa.id, town.kwame.id)
    mine = town.pat.account_id
    for changes, refusal, words in (
        ({"amount": 201 * POUND}, Invalid, "may give £200 at once"),
        ({"amount": 0}, Invalid, "more than nothing"),
        ({"why": " "}, Invalid, "Write why"),
        ({"sat_on": TODAY + timedelta(days=1)}, Invalid, "still to come"),
        ({"report_due_on": TODAY - timedelta(days=1)}, Invalid, "before the one on which"),
        ({"panel": (*two, town.pat.id)}, Invalid, "two residents at least, and one"),
        ({"panel": (town.rosa.id, town.dr_lee.id)}, Invalid, "two residents at least"),
        ({"panel": (*two, town.rosa.id)}, Invalid, "twice"),
        ({"panel": (town.pat.id, town.rosa.id, town.dr_lee.id)}, NotAllowed, "themselves"),
        ({"party_id": ledger.chest(session, bank).id}, Invalid, "a person, a group"),
    ):
        with pytest.raises(refusal, match=words):
            rounds.small_award(town, **changes)
    made = rounds.small_award(town)
    rounds.small_award(town, amount=180 * POUND)
    with pytest.raises(Invalid, match="£0 is left of what panels may give in 2026"):
        rounds.small_award(town, amount=POUND)
    before = rounds.small_award(town, amount=POUND, sat_on=TODAY.replace(year=2025))
    assert queries.held_in(session, bank, PotKind.PROMISED) == 301 * POUND
    told = text("SELECT count(*) FROM notice WHERE cause = :cause")
    assert session.execute(told, {"cause": f"small_award:{made.id}"}).scalar_one() == 4
    pat = town.act(town.pat)
    with pytest.raises(Conflict, match="not paid yet"):
        small.report_small(session, bank, made.id, NewReport("Done", 1), pat)
    small.pay_small(session, bank, made.id, town.by)
    with pytest.raises(Conflict, match="paid already"):
        small.pay_small(session, bank, made.id, town.by)
    with pytest.raises(NotAllowed):
        small.report_small(session, bank, made.id, NewReport("Done", 1), town.act(town.rosa))
    with pytest.raises(Invalid, match="at most £120"):
        small.report_small(session, bank, made.id, NewReport("Done", 121 * POUND), pat)
    small.report_small(session, bank, made.id, NewReport("Done", 100 * POUND), pat)
    with pytest.raises(Conflict, match="reported already"):
        small.report_small(session, bank, made.id, NewReport("Done", 100 * POUND), pat)
    small.take_back_small(session, bank, made.id, town.by)
    with pytest.raises(Conflict, match="came back already"):
        small.take_back_small(session, bank, made.id, town.by)
    later = TODAY + timedelta(days=200)
    late = queries.to_see_to(session, bank, later, limit=5).small
    assert (late.total, late.shown[-1].id) == (2, before.id)
    assert proof.faults(session, bank) == []
    # Hours move out of the chest at once.
    rounds.settled(town, FundUnit.MINUTES, 1)
    chest = ledger.chest(session, bank).id
    make_entry(session, bank, "given", (ledger.opening(session, bank).id, chest, 200))
    assert mine is not None
    hours = rounds.small_award(town, unit=FundUnit.MINUTES, amount=200)
    assert ledger.balance(session, bank, mine) == 200
    small.report_small(session, bank, hours.id, NewReport("We met.", 200), pat)
    assert proof.faults(session, bank) == []


def test_what_is_new_and_what_is_taken_out_of_the_books(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = make_town(session)
    bank, (ana, ben) = town.bank, town.voters[:2]
    round_ = rounds.announced(town)
    funded = json.loads(queries.counts(session, bank, round_.id)[0].content)["funded"]
    made = awards.award(session, bank, int(funded[0]), "", town.by)
    awards.pay(session, bank, made.id, town.by)
    awards.report(session, bank, made.id, NewReport("We met.", 20_000, 12), town.by)
    rounds.settled(town)
    rounds.put_in(town, 1400)
    rounds.small_award(town)
    beside = rounds.begin(town, rounds.talked_over(town, title="Beside"))
    voting.vote(session, bank, beside.id, Ticks(none=True), town.act(ana))
    week, later = NOW - timedelta(days=7), NOW + timedelta(minutes=1)
    (part,) = lists.digest(session, bank, [ana.id, ben.id], week, later)
    told = {id_: [str(one.words) for one in news] for id_, news in part.news.items()}
    assert told[ben.id][0] == "“Beside”: you can vote until 12 November 2026."
    assert told[ana.id] == told[ben.id][1:]
    assert "“The winter fund” has its result. Everybody can see why." in told[ana.id]
    assert "What came of “Tea and Tools”: We met." in told[ana.id]
    given = records.given(session, bank, as_of=NOW)
    assert [(one.reference, one.amount) for one in given] == [
        ("award:1", 300 * POUND),
        ("small:1", 120 * POUND),
    ]
    assert records.given(session, bank, as_of=NOW - timedelta(seconds=1)) == []
    moved = records.moved(session, bank, as_of=NOW)
    assert [(one.from_pot, one.to_pot) for one in moved][:3] == [
        ("source:Council", "available"),
        ("available", "available:round:1"),
        ("available:round:1", "promised"),
    ]
    blocks = evidence.blocks(session, bank, TODAY, TODAY, as_of=NOW)
    figures = {row[0]: row[1:] for row in blocks[2].rows}
    assert [block.number for block in blocks] == [11, 12, 13]
    assert blocks[1].rows == (
        ("panel", "pence", 10_000, 50_000, 1, 120 * POUND),
        ("vote", "pence", 10_000, 50_000, 1, 300 * POUND),
    )
    # The largest have no upper end; that is no number which is withheld.
    with monkeypatch.context() as patched:
        patched.setattr(evidence, "SIZES", dict.fromkeys(FundUnit, (1000,)))
        largest = evidence.blocks(session, bank, TODAY, TODAY, as_of=NOW)[1]
    assert largest.rows[0] == ("panel", "pence", 1_000, "", 1, 120 * POUND)
    assert str(evidence_words.cell("below", "")) == "no upper end"
    # Twelve of 18 voted, so that six did not, who are few; each of the twelve won two.
    assert figures["fund_turnout"] == (None, 18)
    assert figures["fund_without_a_win"] == (0, 12)
    assert figures["fund_median_wins"] == (2, 12)
    assert figures["fund_proposed_by_residents"] == (1, 5)
    assert figures["fund_spent:pence"] == (pytest.approx(2 / 3), 1)
    assert figures["fund_days_to_money"] == (0, 1)
    assert {str(one).partition(":")[0] for one in figures} == evidence.DEFINITIONS.keys()


def test_what_somebody_wished_for_when_they_go(session: Session) -> None:
    town = make_town(session)
    bank, pat = town.bank, town.pat
    round_ = service.plan_round(session, bank, rounds.new_round(), town.by)
    service.open_ideas(session, bank, round_.id, town.by)
    led, alone = (
        service.propose(session, bank, round_.id, new, town.act(pat))
        for new in (
            NewProposal("Led", "Seats", 100 * POUND, resident_lead_id=town.rosa.id),
            NewProposal("Alone", "Seats", 100 * POUND),
        )
    )
    counted = rounds.announced(town, title="Counted")
    funded = json.loads(queries.counts(session, bank, counted.id)[0].content)["funded"]
    assert pat.account_id is not None
    leaving.wind_up(session, bank, pat.account_id, town.by)
    assert (led.party_id, led.verdict) == (town.rosa.account_id, None)
    assert (alone.party_id, alone.verdict) == (pat.account_id, Finding.CANNOT)
    assert "has left" in alone.why
    # What was voted on stays; nobody is there to be given it, and the round ends without.
    closed = text("UPDATE account SET closed_at = :now WHERE id = :id")
    session.execute(closed, {"now": NOW, "id": pat.account_id})
    with pytest.raises(Conflict, match="stays in the fund"):
        awards.award(session, bank, int(funded[0]), "", town.by)
    awards.finish(session, bank, counted.id, town.by)
    assert queries.held_in(session, bank, PotKind.AVAILABLE) == 1200 * POUND


def test_the_sentences_of_a_result(session: Session) -> None:
    town = make_town(session)
    round_ = rounds.counted(town)
    content = json.loads(queries.counts(session, town.bank, round_.id)[0].content)
    names = {str(one.id): title for title, one in rounds.proposals(town, round_).items()}
    found = {one.title: one for one in telling.verdicts(content, names, FundUnit.PENCE)}
    assert str(found["Tea and Tools"].why) == (
        "7 people ticked it. It took £42.86 of each one’s share."
    )
    assert str(found["Benches"].why) == (
        "7 people ticked it. They had £393 left between them, and £7 was missing. The £10 left over"
        " is not enough for it either."
    )
    assert str(telling.head(content, FundUnit.PENCE)) == (
        "What is funded costs £1,190 of £1,200. £10 stays for the next round."
    )
    assert [str(one) for one in telling.how(content, FundUnit.PENCE)] == [
        "Each of the 12 people who ticked something had the same share, £100.",
        "So that the fund is used up, every share was then raised to £149. That is pretend money:"
        " what is funded costs £1,190.",
    ]
    assert [str(one) for one in telling.other(content, names, FundUnit.PENCE)] == [
        "Tea and Tools, Pond and Benches would have won, for £1,050.",
        "Then 5 people would have got nothing they ticked.",
        "This way everybody got something they ticked.",
    ]


def test_money_that_was_put_in_by_mistake_goes_back_once(session: Session) -> None:
    town = make_town(session, 0)
    bank = town.bank
    rounds.put_in(town, 100)
    (row,) = queries.money(session, bank)
    back = money.give_back(session, bank, row.id, "The wrong year.", town.by)
    assert back.reverses_id == row.id
    assert queries.held_in(session, bank, PotKind.AVAILABLE) == 0
    with pytest.raises(Conflict, match="taken back already"):
        money.give_back(session, bank, row.id, "Again.", town.by)
    with pytest.raises(Conflict, match="taken back already"):
        money.give_back(session, bank, back.id, "Back again.", town.by)
    assert proof.faults(session, bank) == []
    assert row.occurred_on == TODAY
