"""What one of the staff settled is seen by them on the day, and taken back while it can be."""

from datetime import timedelta

import pytest

from tests.exchanges.conftest import Neighbours, account, by
from tests.factories import NOW, make_logged_exchange
from timebank.act import Channel, Word
from timebank.exchanges import lists, service
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import Settlement
from timebank.members.models import Member
from timebank.room import Did


@pytest.fixture
def wrong(row: Neighbours) -> Exchange:
    """An hour that Ana logged and Ben says was half of it."""
    logged = make_logged_exchange(row.session, row.bank, row.ana, row.ben, title="Hedge")
    service.dispute(row.session, row.bank, logged.id, by(row.ben), note="It was less.", minutes=30)
    return logged


def did(row: Neighbours, member: Member, *, minutes: float = 1) -> list[Did]:
    act = by(member, minutes=minutes)
    return lists.did(row.session, row.bank, NOW - timedelta(hours=6), act, undo_minutes=10)


def test_a_settlement_is_undone_to_what_was_disputed(row: Neighbours, wrong: Exchange) -> None:
    settled = Settlement("They agree on 45.", 45)
    service.settle(row.session, row.bank, wrong.id, settled, by(row.maggie))
    assert row.balance(row.ana) == 45
    (line,) = did(row, row.maggie)
    assert str(line.title).endswith("settled with 45 minutes.")
    assert (line.undo is not None, line.stays) == (True, None)
    undone = by(row.maggie, minutes=2)
    service.undo(row.session, row.bank, wrong.id, undone, undo_minutes=10)
    assert row.balance(row.ana) == 0
    assert (wrong.status, wrong.minutes, wrong.thought_minutes) == ("disputed", 60, 30)
    assert did(row, row.maggie) == []


def test_what_was_accepted_on_somebodys_word_is_there_too(row: Neighbours, wrong: Exchange) -> None:
    word = Word(Channel.PHONE, on_word_of=account(row.ana))
    service.accept(row.session, row.bank, wrong.id, by(row.maggie, word=word))
    (line,) = did(row, row.maggie)
    assert str(line.title).endswith("settled with 30 minutes.")
    assert line.undo is not None


def test_where_no_hours_move_or_the_time_is_over_the_line_says_why_it_stays(
    row: Neighbours, wrong: Exchange
) -> None:
    other = make_logged_exchange(row.session, row.bank, row.ana, row.ben, title="Walls")
    word = Word(Channel.PHONE, on_word_of=account(row.ben))
    service.confirm(row.session, row.bank, other.id, by(row.maggie, word=word))
    settled = Settlement("Nobody came.")
    service.settle(row.session, row.bank, wrong.id, settled, by(row.maggie, minutes=9))
    lines = {line.link.values["exchange_id"]: line for line in did(row, row.maggie, minutes=11)}
    assert "The time to undo it is over." in str(lines[other.id].stays)
    assert "log them again" in str(lines[wrong.id].stays)
    assert [line.undo for line in lines.values()] == [None, None]


def test_what_somebody_else_did_since_is_no_longer_theirs(row: Neighbours, wrong: Exchange) -> None:
    settled = Settlement("They agree on 45.", 45)
    service.settle(row.session, row.bank, wrong.id, settled, by(row.maggie))
    service.reverse(row.session, row.bank, wrong.id, by(row.maggie), note="It was another day.")
    assert did(row, row.maggie) == []
