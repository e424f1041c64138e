"""Casting a vote, changing it by its receipt, papers, closing and counting. The caller commits.

Nothing is written down of who cast a ballot, when, or who typed it in: with each ballot seven
others get new keys, and at closing all do, in random order, so that nothing joins them to electors.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from timebank import apart
from timebank.act import Act, Actor, Channel
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.clock import local_date
from timebank.codes import folded_code, grouped, new_code, secret_hash
from timebank.errors import Conflict, Invalid, NotAllowed, NotFound
from timebank.fund import acts, counting, letters, pabulib, queries, rules, telling
from timebank.fund.errors import NotOpen, PapersOut, VotedAlready
from timebank.fund.models import Ballot, Count, Elector, PaperCode, Round
from timebank.fund.pabulib import Poll
from timebank.fund.rules import Accounted, RoundState, Ticks, Turnout
from timebank.jobs import service as jobs_service
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.rules import require_broker, require_coordinator
from timebank.say import Said, count, say
from timebank.text import tidy

COUNT = "fund.count"
"""The job that counts a round once its vote has closed."""

# ---- Casting ----


def vote(session: Session, bank: Bank, round_id: int, ticks: Ticks, act: Act) -> str:
    """Cast a member's vote: one's own, or as a broker on the word of somebody there or on the
    phone. Gives back the receipt, which nothing else keeps.

    Raises NotFound for who is no elector; NotOpen, VotedAlready, Invalid, NotAllowed.
    """
    elector = elector_of(session, bank, round_id, act)
    receipt = new_code(rules.CODE_LETTERS)
    _cast(session, bank, elector, ticks, receipt, act.now)
    return grouped(receipt)


def checked(session: Session, bank: Bank, round_id: int, ticks: Ticks, act: Act) -> list[int]:
    """What would be cast, by the ids of what is ticked; nothing is written. Raises as `vote`."""
    elector = elector_of(session, bank, round_id, act)
    round_ = _open_round(session, bank, elector.round_id, act.now)
    if elector.voted:
        raise _cast_already()
    return rules.choices_of(_choices(session, bank, round_, ticks))


def elector_of(session: Session, bank: Bank, round_id: int, act: Act) -> Elector:
    """Whose vote in this round `act` would cast. Raises NotFound for who is no elector, Invalid,
    NotAllowed."""
    elector = queries.elector(session, bank, round_id, _voter(session, bank, act))
    if elector is None:
        raise NotFound(say("They had not joined yet when this vote opened, so they cannot vote."))
    return elector


def _voter(session: Session, bank: Bank, act: Act) -> int:
    """Whose vote it is. Acting for somebody does not include voting for them."""
    own = act.by.member_id
    member_id = own
    if act.word.on_word_of is not None and act.word.on_word_of != act.by.account_id:
        require_broker(act.by)
        if act.word.channel not in (Channel.PHONE, Channel.IN_PERSON):
            words = say("Somebody votes on the phone, or here with you.")
            raise Invalid.on("channel", words)
        member_id = members.party(session, bank, act.word.on_word_of).member_id
    if member_id is None:
        raise NotAllowed(say("Only a member can vote for themselves."))
    return member_id


def vote_by_code(
    session: Session, bank: Bank, round_id: int, code: str, ticks: Ticks, *, now: datetime
) -> None:
    """Cast the vote of whoever holds the paper of this round with that code, typed by them or by
    somebody of the staff. Its code is its receipt too. Else as `vote`."""
    elector = queries.by_code(session, bank, code)
    _check_round(session, bank, elector.round_id, round_id)
    _cast(session, bank, elector, ticks, folded_code(code), now)


def _check_round(session: Session, bank: Bank, of_paper: int, wanted: int) -> None:
    """Raises Invalid for the paper of another round, whose lines mean other ideas."""
    if of_paper != wanted:
        title = queries.round_of(session, bank, of_paper).title
        words = say("This paper is of another round, “%(title)s”. Type it in there.", title=title)
        raise Invalid.on("code", words)


def _cast(
    session: Session,
    bank: Bank,
    elector: Elector,
    ticks: Ticks,
    receipt: str,
    now: datetime,
) -> None:
    # Whoever closes the vote meanwhile waits, or is waited for, before it is seen whether it is
    # open.
    one_at_a_time(session, bank)
    round_ = _open_round(session, bank, elector.round_id, now)
    choices = _choices(session, bank, round_, ticks)
    mine = (Elector.bank_id == bank.id, Elector.id == elector.id, Elector.voted.is_(False))
    marked = session.execute(
        update(Elector).where(*mine).values(voted=True).returning(Elector.id)
    ).first()
    if marked is None:
        raise _cast_already()
    _put(session, bank, round_.id, choices, queries.receipt_hash(receipt))


def _cast_already() -> VotedAlready:
    return VotedAlready(
        say("This vote was cast already. To change it, use the code that came with it.")
    )


def _open_round(session: Session, bank: Bank, round_id: int, now: datetime) -> Round:
    """The round, if it takes votes now. Raises NotOpen."""
    round_ = queries.round_of(session, bank, round_id)
    session.refresh(round_)
    today = local_date(now, bank.timezone)
    if round_.state != RoundState.VOTING or today > round_.closes_on:
        raise NotOpen(say("This vote is closed. No more votes are taken."))
    if today < round_.voting_on:
        raise NotOpen(say("This vote begins on %(day)s.", day=round_.voting_on))
    return round_


def _choices(session: Session, bank: Bank, round_: Round, ticks: Ticks) -> str:
    return rules.check_ticks(ticks, [one.id for one in queries.on_ballot(session, bank, round_)])


def _put(
    session: Session,
    bank: Bank,
    round_id: int,
    choices: str,
    receipt_hash: str,
    replaces: str | None = None,
) -> None:
    """Put a ballot among the others, and mix some of those."""
    key = apart.new_key()
    session.execute(
        insert(Ballot).values(
            bank_id=bank.id,
            round_id=round_id,
            key=key,
            choices=choices,
            receipt_hash=receipt_hash,
            replaces=replaces,
        )
    )
    apart.hide(session, Ballot.key, key, *_of(bank, round_id))


def _of(bank: Bank, round_id: int) -> tuple[Any, Any]:
    return Ballot.bank_id == bank.id, Ballot.round_id == round_id


# ---- By the receipt ----


@dataclass(frozen=True)
class Standing:
    """How a ballot stands: its round, what it ticks, and whether it may still be changed."""

    round: Round
    choices: Sequence[int]
    open: bool


def standing(session: Session, bank: Bank, receipt: str, *, now: datetime) -> Standing:
    """How the vote stands that a receipt, or the code of a paper, speaks of. Raises NotFound."""
    ballot = queries.by_receipt(session, bank, receipt)
    round_ = queries.round_of(session, bank, ballot.round_id)
    today = local_date(now, bank.timezone)
    still = round_.state == RoundState.VOTING and today <= round_.closes_on
    return Standing(round_, rules.choices_of(ballot.choices), still)


def checked_change(
    session: Session, bank: Bank, receipt: str, ticks: Ticks, *, now: datetime
) -> list[int]:
    """What would stand in the place of the ballot with that receipt; nothing is written. Raises as
    `change_by_receipt`."""
    before = queries.by_receipt(session, bank, receipt)
    round_ = _open_round(session, bank, before.round_id, now)
    return rules.choices_of(_choices(session, bank, round_, ticks))


def change_by_receipt(
    session: Session, bank: Bank, receipt: str, ticks: Ticks, *, now: datetime
) -> str:
    """Put another ballot in the place of the one with that receipt, and give back its own. The
    first counts no more. Raises NotFound, NotOpen, Invalid."""
    one_at_a_time(session, bank)
    before = queries.by_receipt(session, bank, receipt)
    round_ = _open_round(session, bank, before.round_id, now)
    choices = _choices(session, bank, round_, ticks)
    code = new_code(rules.CODE_LETTERS)
    _put(session, bank, round_.id, choices, queries.receipt_hash(code), before.receipt_hash)
    return grouped(code)


def read_again(
    session: Session, bank: Bank, round_id: int, code: str, ticks: Ticks, act: Act
) -> Sequence[int]:
    """Hold a paper of this round, read by somebody else, against what was typed in from it: the ids
    of what the two readings differ in. A broker's to do; nothing is written."""
    require_broker(act.by)
    ballot = queries.by_receipt(session, bank, code)
    _check_round(session, bank, ballot.round_id, round_id)
    round_ = queries.round_of(session, bank, ballot.round_id)
    second = rules.choices_of(_choices(session, bank, round_, ticks))
    return sorted(set(second) ^ set(rules.choices_of(ballot.choices)))


# ---- Papers ----


@dataclass(frozen=True)
class Paper:
    """A ballot paper to print: its code, and its number, or the name that goes on the slip to be
    torn off."""

    code: str
    number: int | None = None
    name: str = ""


def print_ballots(
    session: Session, bank: Bank, round_id: int, member_ids: Sequence[int], act: Act
) -> list[Paper]:
    """A ballot paper for each of these members who has not voted. Codes printed before stay good.
    A broker's to do. Raises NotOpen, NotFound."""
    require_broker(act.by)
    round_ = _open_to_print(session, bank, round_id)
    papers: list[Paper] = []
    for member_id in member_ids:
        elector = queries.elector(session, bank, round_.id, member_id)
        if elector is not None and not elector.voted:
            name = members.member(session, bank, member_id).name
            papers.append(Paper(_code_for(session, bank, elector.id), name=name))
    return papers


def hand_out(session: Session, bank: Bank, round_id: int, n: int, act: Act) -> list[Paper]:
    """So many numbered papers for a meeting: whoever is handed one votes by it. A broker's to do.
    Raises NotOpen, Invalid."""
    require_broker(act.by)
    one_at_a_time(session, bank)
    round_ = _open_to_print(session, bank, round_id)
    if not 1 <= n <= rules.MOST_PAPERS:
        words = say("Print 1 to %(most)s papers at once.", most=rules.MOST_PAPERS)
        raise Invalid.on("number", words)
    last = queries.turnout(session, bank, round_.id).papers
    papers: list[Paper] = []
    for number in range(last + 1, last + n + 1):
        elector = Elector(bank_id=bank.id, round_id=round_.id, paper_number=number)
        session.add(elector)
        session.flush()
        papers.append(Paper(_code_for(session, bank, elector.id), number=number))
    return papers


def _open_to_print(session: Session, bank: Bank, round_id: int) -> Round:
    round_ = queries.round_of(session, bank, round_id)
    session.refresh(round_)
    if round_.state != RoundState.VOTING:
        raise NotOpen(say("Ballot papers are printed while the vote is open."))
    return round_


def _code_for(session: Session, bank: Bank, elector_id: int) -> str:
    code = new_code(rules.CODE_LETTERS)
    session.add(PaperCode(bank_id=bank.id, code_hash=secret_hash(code), elector_id=elector_id))
    session.flush()
    return grouped(code)


# ---- Closing and counting ----


def close(session: Session, bank: Bank, round_id: int, papers: Accounted | None, act: Act) -> Round:
    """Close the vote on its last day or after, and have it counted. Where numbered papers did not
    come back, say how many were given out and how many of those were spoilt. All ballots get new
    keys, in random order.

    Raises NotOpen, PapersOut, Invalid.
    """
    require_coordinator(act.by)
    # The bank first, as whoever votes holds it when their ballot looks at the round.
    one_at_a_time(session, bank)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    if round_.state != RoundState.VOTING:
        raise NotOpen(say("This vote is not open."))
    if local_date(act.now, bank.timezone) < round_.closes_on:
        raise Conflict(say("People may vote until %(day)s.", day=round_.closes_on))
    accounted = _accounted(queries.turnout(session, bank, round_id), papers)
    apart.mix_all(session, Ballot.key, *_of(bank, round_id))
    round_.given_out, round_.spoilt = accounted.given_out, accounted.spoilt
    round_.state = RoundState.COUNTED
    session.flush()
    payload = {"bank": bank.id, "round": round_.id}
    jobs_service.queue(session, COUNT, payload, run_at=act.now, key=f"{round_.id}:1")
    # In case that somebody reads just as this is committed.
    jobs_service.wipe_soon(session, now=act.now)
    return round_


def _accounted(turnout: Turnout, papers: Accounted | None) -> Accounted:
    """What became of the numbered papers. Raises PapersOut where that has to be said and is not,
    Invalid where it cannot be."""
    printed, returned = turnout.papers, turnout.returned
    if papers is None:
        if printed == returned:
            return Accounted(printed)
        words = count(
            "%(n)s of the numbered papers did not come back. Say how many were given out, and how"
            " many of those were spoilt.",
            "%(n)s of the numbered papers did not come back. Say how many were given out, and how"
            " many of those were spoilt.",
            printed - returned,
        )
        raise PapersOut(words, fields={"given_out": words})
    if not returned <= papers.given_out <= printed:
        raise Invalid.on(
            "given_out",
            say(
                "%(printed)s were printed and %(returned)s came back: write a number between the"
                " two.",
                printed=printed,
                returned=returned,
            ),
        )
    out = papers.given_out - returned
    if not 0 <= papers.spoilt <= out:
        words = count(
            "Only %(n)s paper that was given out did not come back.",
            "Only %(n)s papers that were given out did not come back.",
            out,
        )
        raise Invalid.on("spoilt", words)
    return papers


def count_job(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Count a round that has closed, unless it was counted or announced meanwhile."""
    bank = banks.by_id(session, payload["bank"])
    round_ = queries.round_of(session, bank, payload["round"], hold=True)
    if round_.state == RoundState.COUNTED:
        count_round(session, bank, round_.id, now=now)


def count_round(session: Session, bank: Bank, round_id: int, *, now: datetime) -> Count:
    """Count a round that has closed, and keep what came of it. Counted again it comes to the same,
    and is kept again only after the count before it was refused."""
    round_ = queries.round_of(session, bank, round_id, hold=True)
    before = queries.counts(session, bank, round_id)
    if round_.state != RoundState.COUNTED:
        raise NotOpen(say("A round is counted once its vote has closed."))
    if before and before[0].refused_why is None:
        return before[0]
    content = recounted(session, bank, round_)
    made = Count(
        bank_id=bank.id,
        round_id=round_.id,
        n=len(before) + 1,
        content=content.decode(),
        sha256=hashlib.sha256(content).hexdigest(),
        made_at=now,
    )
    session.add(made)
    session.flush()
    return made


def recounted(session: Session, bank: Bank, round_: Round) -> bytes:
    """What the ballots of a round come to, as canonical JSON."""
    election = queries.election(session, bank, round_)
    return counting.canonical(counting.counted(election, round_.method))


def poll(session: Session, bank: Bank, round_: Round) -> Poll:
    """A round as an election, for a file or to be counted again. Raises NotFound before its vote
    is closed."""
    if round_.state not in (RoundState.COUNTED, RoundState.REPORTING, RoundState.FINISHED):
        raise NotFound(say("There are no ballots to count yet."))
    names = {str(one.id): one.title for one in queries.on_ballot(session, bank, round_)}
    about = {
        "description": round_.title,
        "unit": bank.name,
        "currency": str(round_.unit),
        "rule": pabulib.RULES[round_.method],
    }
    return Poll(queries.election(session, bank, round_), names, (), about)


def shows_ballots(session: Session, bank: Bank, round_: Round, act: Act | None) -> bool:
    """Whether the ballots of a closed round are shown: to its scrutineers, and to everybody where
    the round said so before it opened and enough people voted. `act` None: of a visitor."""
    published = (
        round_.publish_ballots
        and round_.state in (RoundState.REPORTING, RoundState.FINISHED)
        and queries.turnout(session, bank, round_.id).voted >= rules.FEWEST_PUBLISHED
    )
    return published or (act is not None and is_scrutineer(round_, act))


def ballots_file(session: Session, bank: Bank, round_id: int, act: Act | None) -> str:
    """The ballots of a closed round in Pabulib's format. Raises NotFound, NotAllowed."""
    round_ = queries.round_of(session, bank, round_id)
    made = poll(session, bank, round_)
    if not shows_ballots(session, bank, round_, act):
        raise NotAllowed(say("The ballots are for the two who check the count."))
    return pabulib.write(made.election, made.names, made.about)


def is_scrutineer(round_: Round, act: Act) -> bool:
    """Whether whoever acts is one of the two who see the count before it is announced."""
    own = act.by.member_id
    return own is not None and own in (round_.scrutineer_1, round_.scrutineer_2)


def say_same(session: Session, bank: Bank, round_id: int, act: Act) -> Count:
    """Say that one has counted again, and the latest count is the same: each of the two who check
    it, or a broker on the word of one of them. Nobody enters both. Raises NotAllowed, NotOpen,
    Conflict."""
    round_ = queries.round_of(session, bank, round_id, hold=True)
    word_of = act.word.on_word_of
    if word_of is not None and word_of != act.by.account_id:
        require_broker(act.by)
        member_id = members.party(session, bank, word_of).member_id
    else:
        member_id = act.by.member_id
    if member_id is None or member_id not in (round_.scrutineer_1, round_.scrutineer_2):
        raise NotAllowed(say("Only the two who check this count can say that."))
    latest = _not_told(session, bank, round_)
    first = member_id == round_.scrutineer_1
    if act.by.key == (latest.same_2 if first else latest.same_1):
        raise Conflict(
            say(
                "You entered the word of the other one. Somebody else has to enter this one, or"
                " they say it themselves."
            )
        )
    if first:
        latest.same_1 = act.by.key
    else:
        latest.same_2 = act.by.key
    session.flush()
    return latest


def _not_told(session: Session, bank: Bank, round_: Round) -> Count:
    """The latest count, of which nobody was told yet. Raises NotOpen."""
    counts = queries.counts(session, bank, round_.id)
    if round_.state != RoundState.COUNTED or not counts or counts[0].refused_why is not None:
        raise NotOpen(say("There is no count of which nobody was told yet."))
    return counts[0]


def not_said(round_: Round, latest: Count) -> list[int]:
    """Which of the two have not said yet that a count is the same, by their member ids; whoever has
    left is not waited for."""
    two = ((round_.scrutineer_1, latest.same_1), (round_.scrutineer_2, latest.same_2))
    return [one for one, same in two if one is not None and same is None]


@dataclass(frozen=True)
class Checked:
    """One of the two who check a count: their name, and who entered their word; None: themselves,
    and nothing before anybody has."""

    name: str
    said: bool
    entered_by: str | Said | None


def checked_by(
    session: Session, bank: Bank, round_: Round, made: Count, *, by: Actor | None
) -> list[Checked]:
    """The two who check a count and whose word stands with it, for this reader."""
    two = [(round_.scrutineer_1, made.same_1), (round_.scrutineer_2, made.same_2)]
    ids = [one for one, _ in two if one is not None]
    names = meeting.names(session, bank, ids, by=by)
    writers = members.who(session, bank, [key for _, key in two if key])
    checked: list[Checked] = []
    for member_id, key in two:
        name = names.get(member_id or 0, "")
        own = key is None or key == f"member:{member_id}"
        checked.append(Checked(name, key is not None, None if own else writers.get(key or "")))
    return checked


def announce(session: Session, bank: Bank, round_id: int, act: Act) -> Count:
    """Tell everybody what the latest count funds, once both who check it have said that it is the
    same; whoever had an idea by their own channel. From now on awards are made. Raises NotOpen,
    Conflict."""
    require_coordinator(act.by)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    latest = _not_told(session, bank, round_)
    waited_for = not_said(round_, latest)
    if waited_for:
        names = [members.member(session, bank, one).name for one in waited_for]
        raise Conflict(
            say("It is not announced before they have counted again: %(names)s.", names=names)
        )
    latest.announced_at, latest.told_by = act.now, act.by.key
    round_.state = RoundState.REPORTING
    session.flush()
    _tell_result(session, bank, round_, latest, act)
    return latest


def _tell_result(session: Session, bank: Bank, round_: Round, made: Count, act: Act) -> None:
    """Tell whoever had an idea that was voted on what became of it, and why."""
    listed = {str(one.id): one for one in queries.on_ballot(session, bank, round_)}
    titles = {id_: one.title for id_, one in listed.items()}
    for verdict in telling.verdicts(json.loads(made.content), titles, round_.unit):
        proposal = listed[verdict.id]
        letter = letters.counted(proposal.title, round_.title, verdict.why, funded=verdict.funded)
        acts.tell_whose(session, bank, proposal, letter, f"proposal:{proposal.id}:counted", act)


def refuse(session: Session, bank: Bank, round_id: int, why: str, act: Act) -> Count:
    """Refuse to announce the latest count, with a reason that everybody reads; then it is counted
    anew. Raises NotOpen, Invalid."""
    require_coordinator(act.by)
    round_ = queries.round_of(session, bank, round_id, hold=True)
    latest = _not_told(session, bank, round_)
    reason = say("Write why. Everybody can read it.")
    latest.refused_why = tidy("why", why, rules.LONGEST["reason"], required=reason)
    latest.told_by = act.by.key
    session.flush()
    payload = {"bank": bank.id, "round": round_.id}
    jobs_service.queue(session, COUNT, payload, run_at=act.now, key=f"{round_.id}:{latest.n + 1}")
    return latest
