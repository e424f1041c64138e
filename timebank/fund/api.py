"""The fund for programs: rounds, ideas and what is said of them, one's own vote, counts and awards.

Casting a vote takes no Idempotency-Key: what is kept for one would say who voted, when, and by
which receipt. That an elector has voted makes it once.
"""

from typing import Any

from flask import make_response
from flask_smorest import Blueprint
from werkzeug.wrappers import Response

from timebank.act import Channel, Entered, Word
from timebank.api.install import kept_nowhere
from timebank.api.paging import PageIn, cut, page_of
from timebank.base import columns_of
from timebank.db import reading, transaction
from timebank.errors import NotFound
from timebank.fund import awards, money, queries, service, small, voting
from timebank.fund.rules import (
    Checked,
    Found,
    NewCeiling,
    NewPoint,
    NewProposal,
    NewReport,
    NewRound,
    NewSmallAward,
    RoundState,
    Scrutineers,
    Ticks,
)
from timebank.fund.schemas import (
    AwardOut,
    AwardReportIn,
    AwardReportOut,
    CeilingIn,
    CeilingOut,
    ConditionsIn,
    FindingIn,
    FundCountOut,
    FundReasonIn,
    FundResultOut,
    IdeaAnswerIn,
    IdeaCheckedIn,
    IdeaIn,
    IdeaOut,
    IdeaPointIn,
    IdeaPointOut,
    JoinedIn,
    MoneyOut,
    OrganisationPutInIn,
    ReceiptOut,
    RoundIn,
    RoundMeetingIn,
    RoundOut,
    RoundStepIn,
    SameIn,
    ScrutineersIn,
    SmallAwardIn,
    SmallAwardOut,
    SmallAwardTold,
    SmallReportOut,
    TicksIn,
    VoteClosingIn,
)
from timebank.http import access, shown
from timebank.members.current import act, actor, bank
from timebank.say import say

fund = Blueprint(
    "fund", __name__, url_prefix="/api/v1/fund", description="Hours and money shared out"
)


@fund.route("/rounds", methods=["GET"])
@access("member")
@fund.arguments(PageIn, location="query")
@fund.response(200, page_of(RoundOut))
def rounds(wanted: dict[str, Any]) -> Any:
    """The rounds, the latest first; drafts for coordinators alone."""
    visible = [
        one
        for one in queries.rounds(reading(), bank())
        if one.state != RoundState.DRAFTED or actor().is_coordinator
    ]
    return cut(visible, wanted)


@fund.route("/rounds", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(RoundIn)
@fund.response(201, RoundOut)
def new(planned: NewRound) -> Any:
    """Draft a round."""
    with transaction() as session:
        return service.plan_round(session, bank(), planned, act())


def _visible(round_id: int) -> Any:
    round_ = queries.round_of(reading(), bank(), round_id)
    if round_.state == RoundState.DRAFTED and not actor().is_coordinator:
        raise NotFound(say("There is no such round here."))
    return round_


@fund.route("/rounds/<int:round_id>", methods=["GET"])
@access("member")
@fund.response(200, RoundOut)
def show(round_id: int) -> Any:
    """A round."""
    return _visible(round_id)


@fund.route("/rounds/<int:round_id>/step", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(RoundStepIn)
@fund.response(200, RoundOut)
def step(wanted: dict[str, Any], round_id: int) -> Any:
    """Take a round to its next step before the vote, a step back, or off."""
    with transaction() as session:
        if wanted["state"] == RoundState.IDEAS and not wanted["why"]:
            return service.open_ideas(session, bank(), round_id, act())
        return service.move_on(session, bank(), round_id, wanted["state"], wanted["why"], act())


@fund.route("/rounds/<int:round_id>/proposals", methods=["GET"])
@access("member")
@fund.arguments(PageIn, location="query")
@fund.response(200, page_of(IdeaOut))
def proposals(wanted: dict[str, Any], round_id: int) -> Any:
    """The ideas of a round, in the order of the ballot."""
    return cut(queries.proposals(reading(), bank(), _visible(round_id)), wanted)


@fund.route("/rounds/<int:round_id>/proposals", methods=["POST"])
@access("member", scope="write")
@fund.arguments(IdeaIn)
@fund.response(201, IdeaOut)
def propose(sent: Entered[NewProposal], round_id: int) -> Any:
    """Wish for something; `cost` in the round's unit, as a number."""
    with transaction() as session:
        return service.propose(session, bank(), round_id, sent.value, act(sent.word))


@fund.route("/proposals/<int:proposal_id>", methods=["GET"])
@access("member")
@fund.response(200, IdeaOut)
def proposal(proposal_id: int) -> Any:
    """An idea."""
    return queries.proposal(reading(), bank(), proposal_id)


@fund.route("/proposals/<int:proposal_id>/points", methods=["GET"])
@access("member")
@fund.arguments(PageIn, location="query")
@fund.response(200, page_of(IdeaPointOut))
def points(wanted: dict[str, Any], proposal_id: int) -> Any:
    """What was said of an idea; what is out of sight for the staff alone."""
    queries.proposal(reading(), bank(), proposal_id)
    return cut(queries.points(reading(), bank(), proposal_id, hidden=actor().is_broker), wanted)


@fund.route("/proposals/<int:proposal_id>/points", methods=["POST"])
@access("member", scope="write")
@fund.arguments(IdeaPointIn)
@fund.response(201, IdeaPointOut)
def speak(said: NewPoint, proposal_id: int) -> Any:
    """Say something of an idea."""
    with transaction() as session:
        return service.speak(session, bank(), proposal_id, said, act())


@fund.route("/points/<int:point_id>/answer", methods=["PUT"])
@access("member", scope="write")
@fund.arguments(IdeaAnswerIn)
@fund.response(200, IdeaPointOut)
def answer(given: dict[str, Any], point_id: int) -> Any:
    """Answer a question."""
    with transaction() as session:
        return service.answer(session, bank(), point_id, given["words"], act())


@fund.route("/points/<int:point_id>/hiding", methods=["POST"])
@access("broker", scope="write")
@fund.arguments(FundReasonIn)
@fund.response(200, IdeaPointOut)
def hide(given: dict[str, Any], point_id: int) -> Any:
    """Take what was said out of sight."""
    with transaction() as session:
        return service.hide(session, bank(), point_id, given["why"], act())


@fund.route("/proposals/<int:proposal_id>/checks", methods=["POST"])
@access("broker", scope="write")
@fund.arguments(IdeaCheckedIn)
@fund.response(200, IdeaOut)
def check(sent: Entered[Checked], proposal_id: int) -> Any:
    """Write down what a resident and a professional found, on the word of both."""
    with transaction() as session:
        return service.check(session, bank(), proposal_id, sent.value, act(sent.word))


@fund.route("/proposals/<int:proposal_id>/finding", methods=["POST"])
@access("member", scope="write")
@fund.arguments(FindingIn)
@fund.response(200, IdeaOut)
def find(found: Found, proposal_id: int) -> Any:
    """Say what one found oneself; it stands once a resident and a professional found the same."""
    with transaction() as session:
        return service.find(session, bank(), proposal_id, found, act())


@fund.route("/proposals/<int:proposal_id>/joining", methods=["POST"])
@access("broker", scope="write")
@fund.arguments(JoinedIn)
@fund.response(200, IdeaOut)
def join(wanted: Any, proposal_id: int) -> Any:
    """Join an idea with another of the round."""
    into_id, sent = wanted
    with transaction() as session:
        return service.join_proposals(
            session, bank(), proposal_id, into_id, sent.value, act(sent.word)
        )


@fund.route("/rounds/<int:round_id>/opening", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(ScrutineersIn)
@fund.response(200, RoundOut)
def open_vote(sent: Entered[Scrutineers], round_id: int) -> Any:
    """Open the vote."""
    with transaction() as session:
        return service.open_voting(session, bank(), round_id, sent.value, act(sent.word))


@fund.route("/rounds/<int:round_id>/ballot", methods=["POST"])
@access("member", scope="write")
@kept_nowhere
@fund.arguments(TicksIn)
@fund.response(201, ReceiptOut)
def vote(ticks: Ticks, round_id: int) -> Any:
    """Cast one's vote, once. The receipt is told this once, and lets it be changed until closing.
    An Idempotency-Key is not kept."""
    with transaction() as session:
        return {"receipt": voting.vote(session, bank(), round_id, ticks, act())}


@fund.route("/rounds/<int:round_id>/closing", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(VoteClosingIn)
@fund.response(200, RoundOut)
def close(given: dict[str, Any], round_id: int) -> Any:
    """Close the vote, and have it counted."""
    with transaction() as session:
        return voting.close(session, bank(), round_id, given["papers"], act())


@fund.route("/rounds/<int:round_id>/result", methods=["GET"])
@access("member")
@fund.response(200, FundResultOut)
def result(round_id: int) -> Any:
    """What a round was counted to, once it is announced; before, for its scrutineers and
    coordinators."""
    round_ = queries.round_of(reading(), bank(), round_id)
    counts = queries.counts(reading(), bank(), round_id)
    announced = queries.announced(reading(), bank(), round_id)
    if announced is None and counts and _sees_count(round_):
        announced = counts[0]
    if announced is None:
        raise NotFound(say("There is no result yet."))
    checked = voting.checked_by(reading(), bank(), round_, announced, by=actor())
    return {
        **columns_of(announced),
        "checked": [
            {"name": one.name, "said": one.said, "entered_by": shown(one.entered_by or "") or None}
            for one in checked
        ],
    }


def _sees_count(round_: Any) -> bool:
    return actor().is_coordinator or voting.is_scrutineer(round_, act())


@fund.route("/rounds/<int:round_id>/ballots.pb", methods=["GET"])
@access("member")
@fund.response(200, content_type="text/plain")
def ballots(round_id: int) -> Response:
    """The ballots of a closed round as a file in Pabulib's format, for its scrutineers; for
    everybody where the round said so before it opened and enough people voted."""
    answer = make_response(voting.ballots_file(reading(), bank(), round_id, act()))
    answer.mimetype = "text/plain"
    return answer


@fund.route("/rounds/<int:round_id>/same", methods=["POST"])
@access("member", scope="write")
@fund.arguments(SameIn)
@fund.response(200, FundCountOut)
def say_same(given: dict[str, Any], round_id: int) -> Any:
    """Say that one has counted again, and the latest count is the same."""
    word = Word(Channel.WEB, on_word_of=given["on_word_of"])
    with transaction() as session:
        return voting.say_same(session, bank(), round_id, act(word))


@fund.route("/rounds/<int:round_id>/meetings", methods=["POST"])
@access("broker", scope="write")
@fund.arguments(RoundMeetingIn)
@fund.response(204)
def add_meeting(given: dict[str, Any], round_id: int) -> None:
    """A session of an activity is a meeting at which a round is talked over."""
    with transaction() as session:
        service.add_meeting(session, bank(), round_id, given["session_id"], act())


@fund.route("/rounds/<int:round_id>/announcement", methods=["POST"])
@access("coordinator", scope="write")
@fund.response(200, FundCountOut)
def announce(round_id: int) -> Any:
    """Announce the latest count."""
    with transaction() as session:
        return voting.announce(session, bank(), round_id, act())


@fund.route("/rounds/<int:round_id>/refusal", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(FundReasonIn)
@fund.response(200, FundCountOut)
def refuse(given: dict[str, Any], round_id: int) -> Any:
    """Refuse to announce the latest count; it is counted anew."""
    with transaction() as session:
        return voting.refuse(session, bank(), round_id, given["why"], act())


@fund.route("/rounds/<int:round_id>/finishing", methods=["POST"])
@access("coordinator", scope="write")
@fund.response(200, RoundOut)
def finish(round_id: int) -> Any:
    """Finish a round once every award has reported."""
    with transaction() as session:
        return awards.finish(session, bank(), round_id, act())


@fund.route("/proposals/<int:proposal_id>/award", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(ConditionsIn)
@fund.response(201, AwardOut)
def award(given: dict[str, Any], proposal_id: int) -> Any:
    """Award what the announced count funds."""
    with transaction() as session:
        return awards.award(session, bank(), proposal_id, given["conditions"], act())


@fund.route("/awards/<int:award_id>/payments", methods=["POST"])
@access("coordinator", scope="write")
@fund.response(201, MoneyOut)
def pay(award_id: int) -> Any:
    """Write down that an award was paid."""
    with transaction() as session:
        return awards.pay(session, bank(), award_id, act())


@fund.route("/awards/<int:award_id>/back", methods=["POST"])
@access("coordinator", scope="write")
@fund.response(201, MoneyOut)
def take_back(award_id: int) -> Any:
    """Write down that what was not spent of an award came back."""
    with transaction() as session:
        return awards.take_back(session, bank(), award_id, act())


@fund.route("/awards/<int:award_id>/report", methods=["POST"])
@access("member", scope="write")
@fund.arguments(AwardReportIn)
@fund.response(201, AwardReportOut)
def report(told: NewReport, award_id: int) -> Any:
    """Say what came of an award; `spent` in the round's unit, as a number."""
    with transaction() as session:
        return awards.report(session, bank(), award_id, told, act())


@fund.route("/ceilings", methods=["GET"])
@access("member")
@fund.arguments(PageIn, location="query")
@fund.response(200, page_of(CeilingOut))
def ceilings(wanted: dict[str, Any]) -> Any:
    """How much a panel may give between rounds, of hours and of money."""
    return cut(queries.ceilings(reading(), bank()), wanted)


@fund.route("/ceilings", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(CeilingIn)
@fund.response(201, CeilingOut)
def settle_ceiling(new_ceiling: NewCeiling) -> Any:
    """Settle how much a panel may give from now on."""
    with transaction() as session:
        return small.settle_ceiling(session, bank(), new_ceiling, act())


@fund.route("/small-awards", methods=["GET"])
@access("member")
@fund.arguments(PageIn, location="query")
@fund.response(200, page_of(SmallAwardTold))
def small_awards(wanted: dict[str, Any]) -> Any:
    """What panels gave between rounds, the latest first, but for what was given to somebody of
    whom one is shown nothing."""
    hidden = queries.unseen(reading(), bank(), actor())
    made = [
        one
        for one in queries.small_awards(reading(), bank(), actor())
        if one.award.party_id not in hidden
    ]
    return cut(made, wanted)


@fund.route("/small-awards", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(SmallAwardIn)
@fund.response(201, SmallAwardOut)
def decide_small(sent: Entered[NewSmallAward]) -> Any:
    """Write down what a panel decided: hours move at once, money is promised."""
    with transaction() as session:
        return small.decide_small(session, bank(), sent.value, act(sent.word))


@fund.route("/small-awards/<int:small_id>/payments", methods=["POST"])
@access("coordinator", scope="write")
@fund.response(201, MoneyOut)
def pay_small(small_id: int) -> Any:
    """Write down that a small award was paid."""
    with transaction() as session:
        return small.pay_small(session, bank(), small_id, act())


@fund.route("/small-awards/<int:small_id>/back", methods=["POST"])
@access("coordinator", scope="write")
@fund.response(201, MoneyOut)
def take_back_small(small_id: int) -> Any:
    """Write down that what was not spent of a small award came back."""
    with transaction() as session:
        return small.take_back_small(session, bank(), small_id, act())


@fund.route("/small-awards/<int:small_id>/report", methods=["POST"])
@access("member", scope="write")
@fund.arguments(AwardReportIn)
@fund.response(201, SmallReportOut)
def report_small(told: NewReport, small_id: int) -> Any:
    """Say what came of a small award; `spent` in its unit, as a number."""
    with transaction() as session:
        return small.report_small(session, bank(), small_id, told, act())


@fund.route("/money", methods=["GET"])
@access("member")
@fund.arguments(PageIn, location="query")
@fund.response(200, page_of(MoneyOut))
def book(wanted: dict[str, Any]) -> Any:
    """The book of money, the latest movement first."""
    return cut(queries.money(reading(), bank()), wanted)


@fund.route("/money", methods=["POST"])
@access("coordinator", scope="write")
@fund.arguments(OrganisationPutInIn)
@fund.response(201, MoneyOut)
def put_in(given: Any) -> Any:
    """Write down that an organisation put money in."""
    organisation_id, new_money = given
    with transaction() as session:
        return money.put_in(session, bank(), organisation_id, new_money, act())
