"""What everybody may see of the chest: its figures add up, and its grants name nobody to those who
are not to know."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    limit,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    system,
)
from tests.statement.books import account_of, chest_of, gift, help_given, taken_back
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.exchanges import history
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.history import PastGift
from timebank.exchanges.models import Gift
from timebank.exchanges.rules import NewGift
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.statement import chest, queries
from timebank.statement.chest import Chest

TODAY = NOW.date()


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, chest_floor=-600)


def grant(
    session: Session,
    bank: Bank,
    to: int,
    minutes: int = 60,
    *,
    why: str = "A course",
    days: int = 0,
) -> Gift:
    """Hours out of the chest, so many days from now."""
    said = {
        "message": why,
        "decided_by": "The steering group",
    }
    return exchanges_service.give(
        session,
        bank,
        NewGift(from_id=chest_of(session, bank), to_id=to, minutes=minutes, **said),
        Act(system(bank), NOW + timedelta(days=days)),
    )


def figures(found: Chest) -> tuple[int, int, int, int, int, int]:
    return (
        found.began,
        found.gifts,
        found.added,
        found.grants,
        found.taken_off,
        found.account.balance,
    )


def shown(session: Session, bank: Bank, who: Member, **page: int) -> list[chest.Grant]:
    reader = queries.reader(session, bank, chest_of(session, bank), by=actor(who))
    return chest.grants(session, bank, reader, **page)


def test_a_new_chest_is_empty_and_says_how_far_it_may_go(session: Session, bank: Bank) -> None:
    found = chest.chest(session, bank, now=NOW)
    assert (figures(found), found.room, found.since) == (
        (0, 0, 0, 0, 0, 0),
        600,
        TODAY - timedelta(days=365),
    )
    limit(session, bank, chest_of(session, bank))
    assert chest.chest(session, bank, now=NOW).room is None


def test_what_moved_in_a_year_adds_up_to_what_there_is(session: Session, bank: Bank) -> None:
    ana, ben = make_member(session, bank), make_member(session, bank, "Ben")
    long_ago = PastGift(
        "import:1",
        TODAY - timedelta(days=400),
        account_of(ana),
        chest_of(session, bank),
        120,
        "import",
    )
    history.record_gifts(session, bank, [long_ago], by=system(bank))
    gift(session, bank, ana, chest_of(session, bank), 90)
    grant(session, bank, account_of(ben), 75)
    help_given(session, bank, account_of(ana), chest_of(session, bank), 45)
    members_service.leave(session, bank, ben.id, Act(actor(ben), NOW))
    found = chest.chest(session, bank, now=NOW)
    assert figures(found) == (120, 90, 75, 75, 45, 165)
    assert found.room == 765


def test_what_was_taken_back_is_neither_a_gift_nor_a_grant(session: Session, bank: Bank) -> None:
    ana = make_member(session, bank)
    for one in (
        gift(session, bank, ana, chest_of(session, bank)),
        grant(session, bank, account_of(ana)),
    ):
        exchanges_service.take_back(
            session, bank, one.id, Act(system(bank), NOW), undo_minutes=10, why="Twice."
        )
    taken_back(session, bank, help_given(session, bank, account_of(ana), chest_of(session, bank)))
    assert figures(chest.chest(session, bank, now=NOW)) == (0, 0, 0, 0, 0, 0)
    assert shown(session, bank, ana) == []


def test_a_correction_of_something_earlier_is_something_else(session: Session, bank: Bank) -> None:
    ana = make_member(session, bank)
    help_ = help_given(
        session, bank, account_of(ana), chest_of(session, bank), on=TODAY - timedelta(days=400)
    )
    taken_back(session, bank, help_)
    found = chest.chest(session, bank, now=NOW)
    assert (
        found.began + found.gifts + found.added - found.grants - found.taken_off
        == found.account.balance
        == 0
    )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["gift", "grant", "help"]), st.integers(1, 8), st.booleans()),
        max_size=8,
    )
)
def test_whatever_happens_the_figures_add_up(
    session: Session, steps: list[tuple[str, int, bool]]
) -> None:
    with session.begin_nested() as savepoint:
        bank = make_bank(session, slug="figures", chest_floor=-6000, member_floor=-6000)
        ana = make_member(session, bank)
        for kind, quarters, back in steps:
            if kind == "help":
                done = help_given(
                    session, bank, account_of(ana), chest_of(session, bank), quarters * 15
                )
                if back:
                    taken_back(session, bank, done)
                continue
            give = (
                gift(session, bank, ana, chest_of(session, bank), quarters * 15)
                if kind == "gift"
                else None
            )
            one = give or grant(session, bank, account_of(ana), quarters * 15)
            if back:
                exchanges_service.take_back(
                    session, bank, one.id, Act(system(bank), NOW), undo_minutes=10, why="Twice."
                )
        found = chest.chest(session, bank, now=NOW)
        kept = {
            kind: sum(q * 15 for one, q, back in steps if one == kind and not back)
            for kind in ("gift", "grant", "help")
        }
        assert figures(found) == (
            0,
            kept["gift"],
            0,
            kept["grant"],
            kept["help"],
            kept["gift"] - kept["grant"] - kept["help"],
        )
        savepoint.rollback()


def test_who_decided_and_why_is_for_everybody_and_to_whom_is_not(
    session: Session, bank: Bank
) -> None:
    ana, ben, cy = (make_member(session, bank, name) for name in ("Ana", "Ben", "Cy"))
    bo = make_member(session, bank, "Bo", role="broker")
    choir = make_group(session, bank, "Choir", [cy])
    grant(session, bank, account_of(ana), 30, why="Home from hospital")
    grant(session, bank, choir.account_id, 45, why="Song sheets", days=1)
    for reader, names in ((ben, ["Choir", None]), (ana, ["Choir", "Ana"]), (bo, ["Choir", "Ana"])):
        found = shown(session, bank, reader)
        assert [(one.minutes, one.reason, one.decided_by) for one in found] == [
            (45, "Song sheets", "The steering group"),
            (30, "Home from hospital", "The steering group"),
        ]
        assert [one.to.name if one.to else None for one in found] == names
    assert [one.given_on for one in found] == [TODAY + timedelta(days=1), TODAY]


def test_what_was_said_to_one_alone_before_reasons_were_kept_stays_so(
    session: Session, bank: Bank
) -> None:
    ana, bo = make_member(session, bank), make_member(session, bank, "Bo", role="broker")
    made = grant(session, bank, account_of(ana), why="Get well, dear Ana")
    made.decided_by = None
    session.flush()
    for reader in (ana, bo):
        (one,) = shown(session, bank, reader)
        assert (one.reason, one.decided_by) == ("", "")


def test_grants_come_a_page_at_a_time_and_every_one_once(session: Session, bank: Bank) -> None:
    surgery, bo = make_organisation(session, bank), make_member(session, bank, "Bo", role="broker")
    for number, days in enumerate((3, 1, 2, 2, 0)):
        grant(session, bank, surgery.account_id, 15, why=f"No {number}", days=days)
    seen, before = [], None
    while True:
        page = shown(session, bank, bo, **({"before": before} if before else {}), limit=2)
        seen += [one.reason for one in page[:2]]
        if len(page) <= 2:
            break
        before = page[1].id
    assert seen == ["No 0", "No 3", "No 2", "No 1", "No 4"]
    other = make_bank(session, slug="leith")
    eve = make_member(session, other, "Eve")
    with pytest.raises(NotFound):
        shown(session, other, eve, before=before or 0)
    assert shown(session, other, eve) == []
