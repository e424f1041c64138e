"""Rounds and what is wished for, up to the vote: one function per use case. The caller commits.

A coordinator plans a round and takes it from step to step; anybody proposes and speaks. NotFound is
raised for what is not in the bank, NotAllowed for whoever may not.
"""

import secrets
from collections.abc import Collection, Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Role
from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.dialogue import queries as dialogue
from timebank.dialogue.rules import PointKind
from timebank.errors import Conflict, Invalid, NotAllowed, together
from timebank.fund import acts, letters, money, queries, rules
from timebank.fund.errors import NotCovered, NotOpen
from timebank.fund.models import AnswerTo, Elector, Point, Proposal, Round, RoundMeeting
from timebank.fund.rules import (
    Checked,
    Finding,
    Found,
    FundUnit,
    Movement,
    NewPoint,
    NewProposal,
    NewRound,
    PotKind,
    RoundState,
    Scrutineers,
)
from timebank.fund.telling import amount
from timebank.ledger import queries as ledger
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.rules import Capacity, require_broker, require_coordinator
from timebank.say import say
from timebank.text import tidy


def plan_round(session: Session, bank: Bank, new: NewRound, act: Act) -> Round:
    """Draft a round. Raises Invalid."""
    require_coordinator(act.by)
    tidied = rules.check_round(new)
    round_ = Round(
        bank_id=bank.id,
        title=tidied.title,
        purpose=tidied.purpose,
        not_for=tidied.not_for,
        unit=new.unit,
        budget=new.budget,
        smallest=new.smallest,
        largest=new.largest,
        method=new.method,
        publish_ballots=new.publish_ballots,
        ideas_on=new.days.ideas_on,
        checking_on=new.days.checking_on,
        talking_on=new.days.talking_on,
        voting_on=new.days.voting_on,
        closes_on=new.days.closes_on,
        reports_on=new.days.reports_on,
        by=act.by.key,
        at=act.now,
    )
    session.add(round_)
    session.flush()
    return round_


def open_ideas(session: Session, bank: Bank, round_id: int, act: Act) -> Round:
    """Take ideas from now on."""
    return move_on(session, bank, round_id, RoundState.IDEAS, "", act)


def move_on(
    session: Session, bank: Bank, round_id: int, state: RoundState, why: str, act: Act
) -> Round:
    """Take a round to its next step before the vote, back one step, or off; the last two with a
    reason that everybody reads. Raises Conflict, Invalid."""
    require_coordinator(act.by)
    # The bank first, as whoever votes holds it when their ballot looks at the round.
    one_at_a_time(session, bank)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    reason = tidy("why", why, rules.LONGEST["reason"])
    if state not in (RoundState.CALLED_OFF, *rules.BEFORE_VOTING):
        raise Conflict(say("This step is taken in another way."))
    rules.check_step(round_.state, state, reason)
    if state == RoundState.CALLED_OFF:
        if round_.state == RoundState.VOTING:
            release(session, bank, round_, act)
        round_.off_why = reason
    elif rules.is_back(round_.state, state):
        round_.back_why = reason
    round_.state = state
    session.flush()
    return round_


def release(session: Session, bank: Bank, round_: Round, act: Act) -> None:
    """What is still set aside for a round goes back to what is not promised. The bank is held by
    the caller."""
    if round_.unit != FundUnit.PENCE:
        return
    aside = money.pot(session, bank, PotKind.AVAILABLE, round_id=round_.id)
    if aside.balance:
        back = Movement(aside.balance, f"released:{round_.id}")
        money.move(session, bank, aside, money.pot(session, bank, PotKind.AVAILABLE), back, act)


# ---- Ideas ----


def propose(session: Session, bank: Bank, round_id: int, new: NewProposal, act: Act) -> Proposal:
    """Wish for something from a round: for oneself, for a group or an organisation that one acts
    for, or as a broker on somebody's word. Raises NotOpen, Invalid, NotAllowed; CannotTakePart and
    KeptApart where they and who leads it are kept apart."""
    round_ = queries.round_of(session, bank, round_id)
    if round_.state != RoundState.IDEAS:
        raise NotOpen(say("This round takes no ideas now."))
    party_id = new.party_id or act.by.account_id
    if party_id is None:
        raise Invalid.on("party_id", say("Say whose idea this is."))
    members.party(session, bank, party_id)
    if not act.by.is_broker and party_id not in members.may_act_for(session, bank, act.by):
        raise NotAllowed(say("You can propose for yourself and for those you act for."))
    if new.resident_lead_id is not None:
        members.member(session, bank, new.resident_lead_id)
    if new.option_id is not None:
        queries.option(session, bank, new.option_id)
    if new.priority_id is not None:
        dialogue.priority(session, bank, new.priority_id)
    title, what, whom, place, brings, _ = together(
        lambda: tidy(
            "title", new.title, rules.LONGEST["title"], required=say("Give your idea a name.")
        ),
        lambda: tidy(
            "what", new.what, rules.LONGEST["words"], required=say("Write what you would do.")
        ),
        lambda: tidy("whom", new.whom, rules.LONGEST["words"]),
        lambda: tidy("place", new.place, rules.LONGEST["place"]),
        lambda: tidy("brings", new.brings, rules.LONGEST["words"]),
        lambda: _check_cost(round_, new.cost),
    )
    proposal = Proposal(
        bank_id=bank.id,
        round_id=round_.id,
        title=title,
        what=what,
        whom=whom,
        place=place,
        cost=new.cost,
        brings=brings,
        party_id=party_id,
        resident_lead_id=new.resident_lead_id,
        option_id=new.option_id,
        by=act.by.key,
        channel=act.word.channel,
        at=act.now,
    )
    session.add(proposal)
    session.flush()
    if new.priority_id is not None:
        answers = {"proposal_id": proposal.id, "priority_id": new.priority_id}
        session.add(AnswerTo(bank_id=bank.id, **answers))
        session.flush()
    _bring(session, bank, proposal, {new.resident_lead_id}, act)
    return proposal


def _bring(
    session: Session, bank: Bank, proposal: Proposal, people: Collection[int | None], act: Act
) -> None:
    """See to it that these members may come to do with one another, and with whose idea it is and
    who leads it. Raises as `meeting.bring`."""
    accounts = members.accounts_of(session, bank, people)
    others = accounts | _whose(session, bank, proposal)
    meeting.bring(session, bank, accounts, others, act, what=f"proposal:{proposal.id}")


def _whose(session: Session, bank: Bank, proposal: Proposal) -> frozenset[int]:
    """The accounts of whose idea it is, and of who leads it."""
    leads = members.accounts_of(session, bank, {proposal.resident_lead_id})
    return leads | {proposal.party_id} if proposal.party_id else leads


def _check_cost(round_: Round, cost: int) -> None:
    words = (
        say(
            "The smallest award of this round is %(smallest)s.",
            smallest=amount(round_.unit, round_.smallest),
        ),
        say(
            "The largest award of this round is %(largest)s. Ask for less, or for a part of it.",
            largest=amount(round_.unit, round_.largest),
        ),
    )
    rules.check_cost(cost, round_.smallest, round_.largest, words)


def check(session: Session, bank: Bank, proposal_id: int, found: Checked, act: Act) -> Proposal:
    """Write down what a resident and a professional found of a proposal, on the word of both: a
    broker's to do. What was found before may be found anew until voting opens.

    Raises NotOpen, Invalid, NotAllowed for one's own; CannotTakePart and KeptApart where any of
    them, and whose idea it is, are kept apart.
    """
    require_broker(act.by)
    proposal = queries.proposal(session, bank, proposal_id)
    round_ = _looked_over(session, bank, proposal)
    why = _why(found.verdict, found.why)
    _note_checkers(session, bank, proposal, found, act)
    if found.verdict == Finding.CAN_IF:
        if found.cost is not None:
            _check_cost(round_, found.cost)
            proposal.cost = found.cost
        if found.title:
            proposal.title = tidy("title", found.title, rules.LONGEST["title"])
    proposal.verdict, proposal.why, proposal.joined_into = found.verdict, why, None
    proposal.agreed = True
    session.flush()
    _tell_found(session, bank, proposal, act)
    return proposal


def find(session: Session, bank: Bank, proposal_id: int, found: Found, act: Act) -> Proposal:
    """Say oneself what one found of a proposal: as a resident, or as a professional. It stands once
    one of each has found the same; where they do not, the staff write down what the two agree on.

    Raises NotOpen, Invalid, NotAllowed for one's own, Conflict for what was said already;
    CannotTakePart where they are kept apart from the other, or from whose idea it is.
    """
    proposal = queries.proposal(session, bank, proposal_id)
    if act.by.member_id is None:
        raise NotAllowed(say("Only a member can say what they found themselves."))
    member = members.member(session, bank, act.by.member_id)
    _looked_over(session, bank, proposal)
    session.refresh(proposal)
    why = _why(found.verdict, found.why)
    _require_not_theirs(session, bank, proposal, (member.id,))
    resident = member.capacity == Capacity.RESIDENT
    first, other = proposal.checked_by_resident, proposal.checked_by_professional
    if not resident:
        first, other = other, first
    if proposal.agreed:
        raise Conflict(say("Two people have looked this over. The staff can look at it again."))
    if first is not None and first != member.id:
        raise Conflict(
            say("A resident has looked this over. Now a practitioner or a planner has to.")
            if resident
            else say("A practitioner or planner has looked this over. Now a resident has to.")
        )
    if other is not None and proposal.verdict != found.verdict:
        raise Conflict(say("The other one found something else. Talk it over, and tell the staff."))
    _bring(session, bank, proposal, (member.id, other), act)
    if other is None:
        proposal.verdict, proposal.why = found.verdict, why
    if resident:
        proposal.checked_by_resident = member.id
    else:
        proposal.checked_by_professional = member.id
    proposal.agreed = other is not None
    session.flush()
    if proposal.agreed:
        _tell_found(session, bank, proposal, act)
    return proposal


def _tell_found(
    session: Session, bank: Bank, proposal: Proposal, act: Act, *, into: str = ""
) -> None:
    """Tell whoever has an idea what two people found of it, once of each finding."""
    if proposal.verdict is not None:
        letter = letters.found(proposal.title, proposal.verdict, proposal.why, into)
        cause = f"proposal:{proposal.id}:{proposal.verdict}"
        acts.tell_whose(session, bank, proposal, letter, cause, act)


def _looked_over(session: Session, bank: Bank, proposal: Proposal) -> Round:
    """The round of a proposal, held. Raises NotOpen where its ideas are not looked over now."""
    round_ = queries.round_of(session, bank, proposal.round_id, hold=True)
    if round_.state not in rules.LOOKED_OVER:
        raise NotOpen(say("Ideas are checked after they were taken and before the vote."))
    return round_


def _why(verdict: Finding, why: str) -> str:
    """The reason as it is kept. Raises Invalid."""
    if verdict == Finding.JOINED:
        raise Invalid.on("verdict", say("Say with which other idea it is joined."))
    reason = tidy("why", why, rules.LONGEST["reason"])
    if verdict != Finding.CAN and not reason:
        raise Invalid.on("why", say("Write why. Everybody can read it."))
    return reason


def _note_checkers(
    session: Session, bank: Bank, proposal: Proposal, found: Checked, act: Act
) -> None:
    two = (found.resident_id, found.professional_id)
    resident, professional = (members.member(session, bank, one) for one in two)
    _require_not_theirs(session, bank, proposal, two)
    rules.check_checkers(resident.capacity, professional.capacity, two)
    _bring(session, bank, proposal, two, act)
    proposal.checked_by_resident, proposal.checked_by_professional = two


def _require_not_theirs(
    session: Session, bank: Bank, proposal: Proposal, checkers: Collection[int]
) -> None:
    """Raises NotAllowed for one's own, whoever wrote it in."""
    party = members.party(session, bank, proposal.party_id) if proposal.party_id else None
    proposer = party.member_id if party else None
    if proposer in checkers or proposal.by in (f"member:{one}" for one in checkers):
        raise NotAllowed(say("Nobody checks what they proposed themselves. Ask somebody else."))


def join_proposals(
    session: Session, bank: Bank, proposal_id: int, into_id: int, found: Checked, act: Act
) -> Proposal:
    """Join a proposal with another of the round, which stands for both from then on: a broker's to
    do, on the word of both who checked. Whose they are come to do with one another. Raises as
    `check`."""
    require_broker(act.by)
    proposal = queries.proposal(session, bank, proposal_id)
    round_ = queries.round_of(session, bank, proposal.round_id, hold=True)
    into = queries.proposal(session, bank, into_id)
    if round_.state not in rules.LOOKED_OVER:
        raise NotOpen(say("Ideas are joined after they were taken and before the vote."))
    if into.round_id != proposal.round_id or into.id == proposal.id:
        raise Invalid.on("into_id", say("Choose another idea of the same round."))
    if into.verdict == Finding.JOINED:
        raise Invalid.on("into_id", say("That one was joined with another itself."))
    _note_checkers(session, bank, proposal, found, act)
    those, others = (_whose(session, bank, one) for one in (proposal, into))
    meeting.bring(session, bank, those, others, act, what=f"proposal:{into.id}")
    proposal.verdict, proposal.joined_into = Finding.JOINED, into.id
    proposal.agreed = True
    proposal.why = tidy("why", found.why, rules.LONGEST["reason"])
    session.flush()
    _tell_found(session, bank, proposal, act, into=into.title)
    return proposal


# ---- Talking ----


def add_meeting(session: Session, bank: Bank, round_id: int, session_id: int, act: Act) -> None:
    """A session of an activity is a meeting at which the round is talked over: its register says
    who was there. A broker's to do. Raises NotOpen once the vote has begun, NotFound, Conflict."""
    require_broker(act.by)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    if round_.state not in rules.BEFORE_VOTING:
        raise NotOpen(say("Ideas are talked over before the vote."))
    talk = activities.meeting(session, bank, session_id)
    if talk.row.id in queries.meetings(session, bank, round_.id):
        raise Conflict(say("That session is a meeting of it already."))
    session.add(RoundMeeting(bank_id=bank.id, round_id=round_.id, session_id=talk.row.id))
    session.flush()


def speak(session: Session, bank: Bank, proposal_id: int, new: NewPoint, act: Act) -> Point:
    """Say something for or against a proposal, on which condition, or ask; from a page, a call or
    the flip chart of a meeting, where nobody is named. Raises NotOpen, Invalid."""
    proposal = queries.proposal(session, bank, proposal_id)
    round_ = queries.round_of(session, bank, proposal.round_id)
    if round_.state not in rules.BEFORE_VOTING:
        raise NotOpen(say("Ideas are talked over before the vote."))
    words = tidy(
        "words",
        new.words,
        rules.LONGEST["words"],
        required=say("Write what you would like to say."),
    )
    writer = None
    if new.nobody:
        require_broker(act.by)
    else:
        writer = _speaker(session, bank, act)
    capacity = members.member(session, bank, writer).capacity if writer else new.capacity
    point = Point(
        bank_id=bank.id,
        proposal_id=proposal.id,
        kind=new.kind,
        words=words,
        capacity=capacity,
        member_id=writer,
        channel=act.word.channel,
        at=act.now,
    )
    session.add(point)
    session.flush()
    return point


def _speaker(session: Session, bank: Bank, act: Act) -> int:
    """Who says it: whoever acts, or on whose word they do. Raises Invalid where that is nobody."""
    if act.word.on_word_of is not None:
        require_broker(act.by)
        member_id = members.party(session, bank, act.word.on_word_of).member_id
    else:
        member_id = act.by.member_id
    if member_id is None:
        raise Invalid.on("on_word_of", say("Say who said it, or that it was at a meeting."))
    return member_id


def require_proposer(session: Session, bank: Bank, proposal_id: int, by: Actor) -> None:
    """Raises NotAllowed for who may not act for whoever proposed it and is not of the staff."""
    proposal = queries.proposal(session, bank, proposal_id)
    if not by.is_broker and proposal.party_id not in members.may_act_for(session, bank, by):
        raise NotAllowed(say("Whoever proposed it answers, or the staff."))


def answer(session: Session, bank: Bank, point_id: int, words: str, act: Act) -> Point:
    """Answer a question: whoever proposed it, or the staff. Raises NotAllowed, Invalid."""
    point = queries.point(session, bank, point_id)
    require_proposer(session, bank, point.proposal_id, act.by)
    if point.kind != PointKind.QUESTION:
        raise Invalid.on("words", say("Only a question is answered."))
    point.answer = tidy("words", words, rules.LONGEST["words"], required=say("Write your answer."))
    point.answered_by = act.by.key
    session.flush()
    return point


def hide(session: Session, bank: Bank, point_id: int, why: str, act: Act) -> Point:
    """Take what was said out of sight, with a reason. A broker's to do."""
    require_broker(act.by)
    point = queries.point(session, bank, point_id)
    reason = say("Write why it is taken out of sight.")
    point.hidden_why = tidy("why", why, rules.LONGEST["reason"], required=reason)
    session.flush()
    return point


# ---- Opening the vote ----


def open_voting(
    session: Session, bank: Bank, round_id: int, scrutineers: Scrutineers, act: Act
) -> Round:
    """Open the vote: the electors are drawn up, the order of the ballot is shuffled once for all,
    and the lot for ties is drawn, before anybody votes. The money of a money round is set aside.

    Raises Conflict for fewer than two proposals, NotCovered where the chest or the pot does not
    hold the budget, Invalid for the scrutineers, KeptApart where the two are.
    """
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    rules.check_step(round_.state, RoundState.VOTING, "")
    listed = queries.on_ballot(session, bank, round_)
    if len(listed) < rules.FEWEST_PROPOSALS:
        raise Conflict(say("There have to be two ideas at least that can be done."))
    _check_scrutineers(session, bank, queries.proposals(session, bank, round_), scrutineers)
    resident, other = (
        members.accounts_of(session, bank, {one})
        for one in (scrutineers.resident_id, scrutineers.other_id)
    )
    meeting.bring(session, bank, resident, other, act, what=f"fund_round:{round_.id}")
    _cover(session, bank, round_, act)
    chance = secrets.SystemRandom()
    ids = [one.id for one in listed]
    round_.lot = ",".join(str(one) for one in chance.sample(ids, len(ids)))
    round_.ballot_order = ",".join(str(one) for one in chance.sample(ids, len(ids)))
    round_.scrutineer_1 = scrutineers.resident_id
    round_.scrutineer_2 = scrutineers.other_id
    round_.state = RoundState.VOTING
    session.flush()
    electors = [
        {"bank_id": bank.id, "round_id": round_.id, "member_id": member.id, "voted": False}
        for member in members.active(session, bank)
    ]
    if electors:
        session.execute(insert(Elector), electors)
    return round_


def _check_scrutineers(
    session: Session, bank: Bank, found: Sequence[Proposal], scrutineers: Scrutineers
) -> None:
    two = (scrutineers.resident_id, scrutineers.other_id)
    if two[0] == two[1]:
        raise Invalid.on("other_id", say("Choose two different people."))
    resident, _ = (members.member(session, bank, one) for one in two)
    if resident.role != Role.MEMBER or resident.capacity != Capacity.RESIDENT:
        words = say("Choose a resident who is not one of the staff.")
        raise Invalid.on("resident_id", words)
    parties = members.parties(session, bank, [one.party_id for one in found if one.party_id])
    own = {party.member_id for party in parties.values()}
    own |= {one.resident_lead_id for one in found}
    for name, member_id in zip(("resident_id", "other_id"), two, strict=True):
        if member_id in own or any(one.by == f"member:{member_id}" for one in found):
            words = say("They proposed something in this round themselves. Choose somebody else.")
            raise Invalid.on(name, words)


def _cover(session: Session, bank: Bank, round_: Round, act: Act) -> None:
    """Raises NotCovered where there is less than the budget."""
    if round_.unit == FundUnit.MINUTES:
        require_chest(session, bank, round_.budget)
        return
    there = money.pot(session, bank, PotKind.AVAILABLE)
    aside = money.pot(session, bank, PotKind.AVAILABLE, round_id=round_.id)
    set_aside = Movement(round_.budget, f"set_aside:{round_.id}")
    money.move(session, bank, there, aside, set_aside, act)


def require_chest(session: Session, bank: Bank, minutes: int) -> None:
    """Raises NotCovered where the chest cannot give so much."""
    chest = ledger.chest(session, bank)
    can = chest.balance - (chest.floor or 0)
    if can < minutes:
        raise NotCovered(
            say(
                "The chest can give %(there)s, and %(needed)s is needed.",
                there=amount(FundUnit.MINUTES, max(0, can)),
                needed=amount(FundUnit.MINUTES, minutes),
            )
        )


def same_costs(session: Session, bank: Bank, round_: Round) -> list[list[Proposal]]:
    """Proposals that cost the same: a lot may decide between them, which is said beforehand."""
    by_cost: dict[int, list[Proposal]] = {}
    for proposal in queries.on_ballot(session, bank, round_):
        by_cost.setdefault(proposal.cost, []).append(proposal)
    return [alike for alike in by_cost.values() if len(alike) > 1]
