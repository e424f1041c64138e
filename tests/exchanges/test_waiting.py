"""What happens when nobody answers."""

from datetime import timedelta

from sqlalchemy import func, select

from tests.exchanges.conftest import Neighbours
from tests.factories import NOW, make_logged_exchange, system
from timebank.act import Act
from timebank.exchanges import queries, waiting
from timebank.jobs.models import Job
from timebank.members import service as members_service
from timebank.members.rules import NewLimits
from timebank.notices import queries as notices


def told(row: Neighbours, member_id: int) -> list[str]:
    return [one.subject for one in notices.told(row.session, row.bank, f"member:{member_id}", 20)]


def test_the_silent_are_reminded_once_at_half_of_the_waiting_time(row: Neighbours) -> None:
    make_logged_exchange(row.session, row.bank, row.ana, row.ben)
    assert waiting.remind(row.session, row.bank, now=NOW + timedelta(days=6.9)) == 0
    for _ in "ab":
        waiting.remind(row.session, row.bank, now=NOW + timedelta(days=7))
    assert [words for words in told(row, row.ben.id) if words.startswith("Still waiting")] == [
        "Still waiting for you: 1 hour with Ana"
    ]


def test_brokers_are_told_once_of_what_is_past_the_waiting_time(row: Neighbours) -> None:
    make_logged_exchange(row.session, row.bank, row.ana, row.ben)
    for days in (14, 15):
        waiting.remind(row.session, row.bank, now=NOW + timedelta(days=days))
    assert told(row, row.maggie.id) == ["Past the waiting time: 1"]


def test_a_bank_that_wants_it_confirms_by_itself_once(row: Neighbours) -> None:
    row.bank.confirm_automatically = True
    exchange = make_logged_exchange(row.session, row.bank, row.ana, row.ben)
    over = NOW + timedelta(days=14)
    assert not waiting.confirm_one(
        row.session, row.bank, exchange.id, now=over - timedelta(minutes=1)
    )
    for _ in "ab":
        waiting.queue_confirmations(row.session, row.bank, now=over)
    queued = row.session.execute(
        select(func.count()).where(Job.kind == "exchanges.confirm_one")
    ).scalar()
    assert queued == 1
    for _ in "ab":
        waiting.confirm_one(row.session, row.bank, exchange.id, now=over)
    assert row.balance(row.ana) == 60
    last = queries.steps(row.session, row.bank, exchange.id)[-1]
    assert (last.step, last.channel) == ("confirmed", "waiting_time")


def test_a_bank_that_does_not_want_it_queues_nothing(row: Neighbours) -> None:
    make_logged_exchange(row.session, row.bank, row.ana, row.ben)
    assert waiting.queue_confirmations(row.session, row.bank, now=NOW + timedelta(days=20)) == 0


def test_what_cannot_move_is_left_waiting_and_the_brokers_are_told_once(row: Neighbours) -> None:
    row.bank.confirm_automatically = True
    members_service.set_limits(
        row.session, row.bank, row.ben.id, NewLimits(0, None, "A test."), Act(system(row.bank), NOW)
    )
    stuck = make_logged_exchange(row.session, row.bank, row.ana, row.ben)
    other = make_logged_exchange(row.session, row.bank, row.ana, row.cy)
    over = NOW + timedelta(days=14)
    for exchange in (stuck, other):
        waiting.confirm_one(row.session, row.bank, exchange.id, now=over)
    assert (stuck.status, other.status) == ("logged", "confirmed")
    assert waiting.queue_confirmations(row.session, row.bank, now=over) == 0
    assert told(row, row.maggie.id) == ["Past the waiting time: 1"]
