"""Two who are kept apart do not meet by hours: members are refused in words that tell nothing, the
staff go on only with a reason, and nobody hears of the other meanwhile."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.exchanges.conftest import Neighbours, account, by
from tests.factories import actor, make_group, make_logged_exchange
from timebank.act import Act, Channel, Word
from timebank.errors import NotFound
from timebank.exchanges import queries, service, waiting
from timebank.exchanges.rules import NewGift, NewLog, Proposal
from timebank.ledger import queries as ledger
from timebank.members import helping, meeting, partners
from timebank.members.errors import CannotTakePart, KeptApart
from timebank.members.models import Member
from timebank.members.rules import Status
from timebank.notices.models import Notice

WHY = "Both daughters will be there."


def part(row: Neighbours, member: Member, other: Member) -> None:
    helping.keep_apart(row.session, row.bank, member.id, other.id, by(row.maggie))
    row.session.flush()


def log_of(row: Neighbours, giver: int, receiver: int) -> NewLog:
    return NewLog(giver, receiver, date(2026, 1, 5), 60, "Hedge")


def on_word_of(row: Neighbours, member: Member, *, despite: str = "") -> Act:
    return by(row.maggie, word=Word(Channel.PHONE, account(member), despite=despite))


def hidden(row: Neighbours, reader: Member) -> set[int]:
    """The accounts this reader is shown nothing of."""
    accounts = meeting.hidden_from(row.bank, actor(reader))
    assert accounts is not None
    return {*row.session.execute(accounts).scalars()}


def told(row: Neighbours) -> list[str]:
    return [*row.session.execute(select(Notice.addressee)).scalars()]


@pytest.mark.parametrize("asked_by", ["ana", "ben"])
def test_members_kept_apart_begin_nothing_with_each_other(row: Neighbours, asked_by: str):
    ana, ben = row.ana, row.ben
    part(row, *((ana, ben) if asked_by == "ana" else (ben, ana)))
    for act in (
        lambda: service.propose(
            row.session, row.bank, Proposal(account(ana), account(ben), "Tea"), by(ana)
        ),
        lambda: service.log_new(
            row.session, row.bank, log_of(row, account(ana), account(ben)), by(ben)
        ),
        lambda: service.give(
            row.session, row.bank, NewGift(account(ana), account(ben), 15, "I see you"), by(ana)
        ),
    ):
        with pytest.raises(CannotTakePart) as refused:
            act()
        assert "apart" not in str(refused.value)
    assert not told(row)


def test_kept_apart_reads_as_taking_a_break(row: Neighbours):
    wish = Proposal(account(row.ana), account(row.ben), "Tea")
    part(row, row.ben, row.ana)
    with pytest.raises(CannotTakePart) as apart:
        service.propose(row.session, row.bank, wish, by(row.ana))
    (asked,) = helping.queries.apart(row.session, row.bank, row.ben.id)
    helping.end_keeping_apart(row.session, row.bank, row.ben.id, asked.id, by(row.maggie))
    row.ben.status = Status.PAUSED
    row.session.flush()
    with pytest.raises(CannotTakePart) as pausing:
        service.propose(row.session, row.bank, wish, by(row.ana))
    assert str(apart.value) == str(pausing.value)


def test_the_staff_are_stopped_and_go_on_with_a_reason_that_is_kept(row: Neighbours):
    part(row, row.ana, row.ben)
    new = log_of(row, account(row.ana), account(row.ben))
    with pytest.raises(KeptApart, match="Ana and Ben are kept apart"):
        service.log_new(row.session, row.bank, new, on_word_of(row, row.ana))
    logged = service.log_new(row.session, row.bank, new, on_word_of(row, row.ana, despite=WHY))
    with pytest.raises(KeptApart):
        service.confirm(row.session, row.bank, logged.id, on_word_of(row, row.ben))
    service.confirm(row.session, row.bank, logged.id, on_word_of(row, row.ben, despite=WHY))
    kept = meeting.met(row.session, row.bank, limit=10)
    assert [((met.one.name, met.another.name), met.what, met.why, met.by) for met in kept] == [
        (("Ana", "Ben"), f"exchange:{logged.id}", WHY, "Maggie")
    ] * 2


def test_a_reason_is_words(row: Neighbours):
    part(row, row.ana, row.ben)
    new = log_of(row, account(row.ana), account(row.ben))
    for nothing in (" ", "x" * 501):
        with pytest.raises(KeptApart):
            service.log_new(row.session, row.bank, new, on_word_of(row, row.ana, despite=nothing))


def test_hours_logged_before_are_for_the_staff_to_settle(row: Neighbours):
    exchange = make_logged_exchange(row.session, row.bank, giver=row.ana, receiver=row.ben)
    part(row, row.ben, row.ana)
    before = len(told(row))
    for step in (service.confirm, service.cancel):
        with pytest.raises(CannotTakePart):
            step(
                row.session,
                row.bank,
                exchange.id,
                by(row.ben if step is service.confirm else row.ana),
            )
    with pytest.raises(CannotTakePart):
        service.dispute(row.session, row.bank, exchange.id, by(row.ben), note="No.")
    waiting.remind(row.session, row.bank, now=by(row.ana, days=10).now)
    assert len(told(row)) == before
    for member in (row.ana, row.ben):
        mine = {account(member)}
        assert not queries.waiting_for(row.session, row.bank, mine, by=actor(member))
        assert not queries.in_progress(row.session, row.bank, mine, by=actor(member))
        assert not queries.mine(row.session, row.bank, mine, by=actor(member))
        with pytest.raises(NotFound):
            queries.show(row.session, row.bank, exchange.id, by=actor(member))
    for_the_staff = queries.to_see_to(row.session, row.bank, now=by(row.ana, days=10).now)
    assert [seen.id for seen in for_the_staff.apart.shown] == [exchange.id]
    ended = service.cancel(row.session, row.bank, exchange.id, on_word_of(row, row.ana))
    assert ended.exchange.status == "cancelled"


def test_who_acts_for_either_keeps_them_apart_too(row: Neighbours):
    helping.grant_helper(row.session, row.bank, row.ana.id, row.cy.id, by(row.maggie))
    part(row, row.cy, row.ben)
    with pytest.raises(CannotTakePart):
        service.propose(
            row.session, row.bank, Proposal(account(row.ana), account(row.ben), "Tea"), by(row.ana)
        )
    (grant,) = helping.queries.helpers_of(row.session, row.bank, row.ana.id)
    helping.revoke_helper(row.session, row.bank, grant.id, by(row.maggie))
    service.propose(
        row.session, row.bank, Proposal(account(row.ana), account(row.ben), "Tea"), by(row.ana)
    )


def test_lists_look_at_those_who_act_for_either(row: Neighbours):
    exchange = make_logged_exchange(row.session, row.bank, giver=row.ana, receiver=row.ben)
    helping.grant_helper(row.session, row.bank, row.ana.id, row.cy.id, by(row.maggie))
    part(row, row.ben, row.cy)
    for member in (row.ana, row.ben):
        mine = {account(member)}
        assert not queries.mine(row.session, row.bank, mine, by=actor(member))
        assert not queries.awaited(row.session, row.bank, mine)
        with pytest.raises(NotFound):
            queries.show(row.session, row.bank, exchange.id, by=actor(member))
    found = queries.to_see_to(row.session, row.bank, now=by(row.ana, days=10).now)
    assert [seen.id for seen in found.apart.shown] == [exchange.id]


def test_whoever_is_in_a_group_keeps_it_apart(row: Neighbours):
    group = make_group(row.session, row.bank, "Knitters")
    partners.add_to_group(row.session, row.bank, group.id, row.cy.id, by(row.maggie))
    part(row, row.ben, row.cy)
    with pytest.raises(CannotTakePart):
        service.give(
            row.session, row.bank, NewGift(account(row.ben), group.account_id, 15), by(row.ben)
        )
    assert hidden(row, row.ben) == {account(row.cy), group.account_id}
    assert hidden(row, row.cy) == {account(row.ben)}


def test_nothing_stands_between_others(row: Neighbours):
    part(row, row.ana, row.ben)
    seen = service.propose(
        row.session, row.bank, Proposal(account(row.ana), account(row.cy), "Tea"), by(row.ana)
    )
    assert seen.exchange.status == "proposed"
    chest = ledger.chest(row.session, row.bank).id
    service.give(row.session, row.bank, NewGift(account(row.ana), chest, 15), by(row.ana))
