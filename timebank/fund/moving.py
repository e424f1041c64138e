"""The fund of a bank that moves. Rounds, ballots and the book of money go along as they are; what
was counted is counted again from the ballots, and has to come to the same."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from timebank.archive import SECRET, Archive, Bank, Behind, Coming
from timebank.base import table_of
from timebank.fund import proof, queries, voting
from timebank.fund.models import Count
from timebank.fund.rules import RoundState
from timebank.ledger import moving as ledger_moving
from timebank.say import Said, say

_WHAT = "fund_count"


def _counts(bank: Bank) -> Select[Any]:
    """Counts with the digest that was announced, and without their content, which holds numbers of
    proposals."""
    own = table_of(Count).columns
    return (
        select(
            *(one for one in own if one.name not in ("bank_id", "content", "sha256")),
            func.coalesce(ledger_moving.Original.hash, Count.sha256).label("sha256"),
        )
        .outerjoin(ledger_moving.Original, ledger_moving.original(_WHAT, bank, Count.id))
        .where(Count.bank_id == bank.id)
        .order_by(Count.id)
    )


def _bring(session: Session, bank: Bank, coming: Coming) -> None:
    """Count again what was counted. The digests that were announced are kept beside it."""
    for row in coming.rows(_WHAT):
        round_id, count_id = coming.new("fund_round", row["round_id"]), coming.new(_WHAT, row["id"])
        round_ = queries.round_of(session, bank, round_id or 0)
        content = voting.recounted(session, bank, round_)
        here = {
            **row,
            "id": count_id,
            "bank_id": bank.id,
            "round_id": round_id,
            "content": content.decode(),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        here |= {name: coming.named(row[name]) for name in ("same_1", "same_2", "told_by")}
        session.execute(insert(table_of(Count)), [here])
        was = {"id": count_id, "was_id": row["id"], "hash": row["sha256"]}
        ledger_moving.remember(session, bank, _WHAT, [was])


def _under_way(session: Session, bank: Bank, now: datetime) -> Sequence[Said]:
    return [
        say(
            "The vote on “%(title)s” is still open. Wait until it is counted, and move the bank"
            " then.",
            title=round_.title,
        )
        for round_ in queries.rounds(session, bank)
        if round_.state == RoundState.VOTING
    ]


ARCHIVE = Archive(
    keeps=(
        *("fund_round", "fund_meeting", "fund_proposal", "fund_answer", "fund_point"),
        "fund_elector",
        *("fund_ballot", "fund_count", "fund_award", "fund_report", "fund_pot", "fund_money"),
        *("fund_ceiling", "fund_panel", "fund_panelist", "fund_small_award", "fund_small_report"),
    ),
    behind=(
        Behind("fund_paper_code", SECRET),
        Behind("fund_count.content", say("It is counted again from the ballots.")),
    ),
    keys={
        **dict.fromkeys(("award", "paid", "spent", "unspent"), "fund_award"),
        **dict.fromkeys(("fund_round", "released", "set_aside"), "fund_round"),
        **dict.fromkeys(
            ("small", "small_award", "small_paid", "small_spent", "small_unspent"),
            "fund_small_award",
        ),
        "fund_panel": "fund_panel",
        "proposal": "fund_proposal",
        "back": "fund_money",
    },
    causes={"award": "fund_proposal", "small": "fund_panel"},
    named=("fund_money.cause", "fund_count.same_1", "fund_count.same_2"),
    lists={
        "fund_round.lot": "fund_proposal",
        "fund_round.ballot_order": "fund_proposal",
        "fund_ballot.choices": "fund_proposal",
        "fund_pot.last_id": "fund_money",
    },
    reads={_WHAT: _counts},
    writes=(_WHAT,),
    bring=_bring,
    under_way=_under_way,
    wrong=proof.faults,
)
