"""Two members who turn out to be one person: everything is of the one who stays, the books prove,
and within a day both are there again with everything."""

import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, delete, select, update
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    limit,
    make_activity,
    make_bank,
    make_check,
    make_group,
    make_logged_exchange,
    make_meeting,
    make_member,
    post_listing,
    set_rules,
    system,
)
from tests.fund.rounds import new_round
from tests.leaving.conftest import PLANTED
from tests.leaving.conftest import leaver as leaver
from tests.leaving.test_rooms import (
    _stand_in_every_column,  # pyright: ignore[reportPrivateUsage]
    naming,
)
from tests.races import outcome_behind
from timebank.access import queries as access
from timebank.act import Act, Role
from timebank.activities import posting, register, signing
from timebank.activities import queries as activities
from timebank.activities.rules import Mark
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.base import Base
from timebank.db import WRITING
from timebank.dialogue.models import FRAME, Dialogue
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.models import Exchange
from timebank.exchanges.rules import NewGift, Proposal
from timebank.fund import service as fund_service
from timebank.fund.rules import NewProposal
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger import queries as ledger
from timebank.ledger.check import check
from timebank.ledger.models import Account
from timebank.members import helping
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.errors import NotInThatState
from timebank.members.models import GroupMember, Member
from timebank.members.rules import FORMER, NewMember, PartyName, Status
from timebank.merging import feature, service
from timebank.merging.errors import CannotMerge, CannotUndo
from timebank.merging.rules import Wanted
from timebank.messages import queries as messages
from timebank.messages import service as messages_service
from timebank.messages.rules import Words
from timebank.notices import queries as notices
from timebank.safeguarding import queries as safeguarding
from timebank.statement import queries as statement

GROWS = {
    # The books and the trails are only ever added to, and what is told to programs.
    *("account", "entry", "posting", "intervention", "event", "member_event", "member_merge"),
    *("exchange_step", "session_posting", "held_check"),
}
RENUMBERED = {"exchange.entry_id", "gift.entry_id"}
"""Columns that name the entry that stands now."""


@contextmanager
def writing(engine: Engine) -> Generator[Session]:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        yield session
        session.commit()


def merge(
    session: Session, bank: Bank, goes: Member, stays: Member, by: Member, why: str = "She said so."
) -> service.Merged:
    done = service.merge(
        session, bank, goes.id, Wanted(stays.id, why), FEATURES, Act(actor(by), NOW)
    )
    session.expire_all()
    return done


def undo(
    session: Session, bank: Bank, merged: service.Merged, by: Member, now=NOW
) -> service.Undone:
    done = service.undo(session, bank, merged.id, FEATURES, Act(actor(by), now))
    session.expire_all()
    return done


def refused(session: Session, bank: Bank, goes: Member, stays: Member, by: Member) -> str:
    """Why the two are not made one; the same stands in the preview."""
    seen = service.preview(session, bank, goes.id, stays.id, FEATURES, Act(actor(by), NOW))
    with pytest.raises(CannotMerge) as refusal:
        merge(session, bank, goes, stays, by)
    assert seen.merged is None
    assert str(seen.refused[0]) in str(refusal.value.message)
    return str(refusal.value.message)


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a merge may change and has to put back."""
    session.flush()
    rows: dict[str, list[tuple[object, ...]]] = {}
    for name, table in Base.metadata.tables.items():
        if name not in GROWS and not name.startswith("merge_"):
            kept = [one for one in table.columns if f"{name}.{one.name}" not in RENUMBERED]
            there = select(*kept)
            if name == "notice":
                # That they were told of it stays.
                there = there.where(table.c.cause.not_like("merge:%"))
            if name != "job":
                rows[name] = sorted((tuple(row) for row in session.execute(there)), key=repr)
    return rows


def balances(session: Session, bank: Bank) -> dict[int, int]:
    of_bank = select(Account.id, Account.balance).where(Account.bank_id == bank.id)
    return {row.id: row.balance for row in session.execute(of_bank)}


def helped(session: Session, bank: Bank, giver: Member, receiver: Member, minutes: int) -> Exchange:
    exchange = make_logged_exchange(session, bank, giver, receiver, minutes, title="Garden")
    exchanges_service.confirm(session, bank, exchange.id, Act(actor(receiver), NOW))
    return exchange


# ---- Every room ----


def test_every_column_that_names_somebody_is_answered_for_when_two_become_one() -> None:
    for room in FEATURES:
        says = room.merging
        answered = [
            *(one.column for one in says.carries),
            *says.by_hand,
            *says.leaves,
        ]
        assert sorted(answered) == sorted(one.column for one in room.traces), room.name
        assert all(says.leaves.values())
        for carry in says.carries:
            table: Table = Base.metadata.tables[carry.column.split(".")[0]]
            named = {carry.column.split(".")[1], *(carry.once or ()), carry.live, carry.other}
            assert named - {None} <= {*table.columns.keys()}, carry


def test_whoever_stands_everywhere_stands_nowhere_afterwards_and_is_back_whole(
    session: Session, bank: Bank, leaver: Member, coordinator: Member
) -> None:
    joan = make_member(session, bank, "Joan Whitlock", number="J1")
    _stand_in_every_column(session, bank, leaver)
    session.execute(update(Dialogue).values(decider_id=None))
    before, held = everything(session), balances(session, bank)
    own = {carry.column for room in FEATURES for carry in room.merging.carries}
    own |= {column for room in FEATURES for column in room.merging.by_hand} - {
        # A check is never altered: what stands of it for the one who stays is another row.
        "held_check.member_id"
    }
    there = naming(session, leaver.id, leaver.account_id or 0)
    assert own & there

    merged = merge(session, bank, leaver, joan, coordinator)

    left = naming(session, leaver.id, leaver.account_id or 0) & own
    assert left == set()
    # The lesser id stands first in a conversation, whoever it is.
    asked = {"conversation.first_id", "conversation.second_id"}
    assert (there & own) - naming(session, joan.id, joan.account_id or 0) <= asked
    assert check(session).faults == []
    assert sum(balances(session, bank).values()) == 0
    assert members.member(session, bank, joan.id).email == PLANTED["email"]

    undone = undo(session, bank, merged, coordinator)

    assert undone.lost == {}
    after = everything(session)
    assert {name for name in before if before[name] != after[name]} == set()
    assert balances(session, bank) == held
    assert check(session).faults == []


# ---- Hours ----


def test_hours_are_taken_back_and_posted_again_and_say_why(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, joan, ben, 60)
    garden = helped(session, bank, twin, ben, 90)
    merged = merge(session, bank, twin, joan, coordinator, "The same birthday and telephone.")
    assert (merged.rebooked, merged.stayed, merged.balance) == (1, 0, 150)
    standing = balances(session, bank)
    assert standing[joan.account_id or 0] == 150
    assert standing[twin.account_id or 0] == 0
    assert standing[ben.account_id or 0] == -150
    now = session.get_one(Exchange, garden.id)
    assert now.giver_id == joan.account_id
    entry = ledger.entry(session, bank, now.entry_id or 0)
    assert entry.legs[0].payee_id == joan.account_id
    assert entry.occurred_on == now.occurred_on
    trail = ledger.interventions(session, bank, ledger.Wanted())
    assert [row.why for row in trail] == ["The same birthday and telephone."]
    assert [row.by for row in trail] == [f"member:{coordinator.id}"]
    # And they can be taken back later, as any hours.
    exchanges_service.reverse(
        session, bank, garden.id, Act(actor(coordinator), NOW), note="It never was."
    )
    assert balances(session, bank)[joan.account_id or 0] == 60


def test_gifts_openings_and_what_the_chest_gave_go_along(
    session: Session, bank: Bank, joan: Member, ben: Member, coordinator: Member
) -> None:
    twin = members_service.enrol(
        session,
        bank,
        NewMember(name="Joan Whitlok", number="7"),
        Act(system(bank), NOW),
        another=True,
    )
    chest = ledger.chest(session, bank).id
    for giver, receiver, by in (
        (ben.account_id, twin.account_id, ben),
        (twin.account_id, chest, twin),
        (chest, twin.account_id, coordinator),
    ):
        decided = "Owen" if giver == chest else None
        gift = NewGift(giver or 0, receiver or 0, 30, message="For cake", decided_by=decided)
        exchanges_service.give(session, bank, gift, Act(actor(by), NOW))
    merged = merge(session, bank, twin, joan, coordinator)
    assert merged.rebooked == 3
    assert balances(session, bank)[joan.account_id or 0] == 30
    grants = exchanges.gifts_from(session, bank, chest)
    assert [gift.to_id for gift in grants] == [joan.account_id]
    assert check(session).faults == []
    undo(session, bank, merged, coordinator)
    assert balances(session, bank)[twin.account_id or 0] == 30
    assert check(session).faults == []


def test_what_is_with_somebody_who_has_gone_stays_and_its_hours_go_over_in_one_line(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, twin, ben, 90)
    leaving_service.leave(session, bank, ben.id, FEATURES, Farewell(), Act(actor(ben), NOW))
    merged = merge(session, bank, twin, joan, coordinator)
    assert (merged.rebooked, merged.stayed, merged.balance) == (0, 1, 90)
    assert balances(session, bank)[twin.account_id or 0] == 0
    undo(session, bank, merged, coordinator)
    assert balances(session, bank)[twin.account_id or 0] == 90
    assert balances(session, bank)[joan.account_id or 0] == 0


def test_hours_that_the_account_of_the_one_who_stays_cannot_hold_are_refused(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, twin, ben, 90)
    limit(session, bank, joan.account_id or 0, floor=-600, ceiling=60)
    assert "1 h 30, the account of Joan Whitlock would be past" in refused(
        session, bank, twin, joan, coordinator
    )
    assert balances(session, bank)[twin.account_id or 0] == 90


def test_no_account_passes_its_limits_on_the_way(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, ben, twin, 60)
    helped(session, bank, twin, ben, 60)
    helped(session, bank, ben, twin, 60)
    helped(session, bank, twin, ben, 60)
    limit(session, bank, joan.account_id or 0, floor=-60, ceiling=60)
    limit(session, bank, ben.account_id or 0, floor=0, ceiling=60)
    merged = merge(session, bank, twin, joan, coordinator)
    assert (merged.rebooked, merged.stayed, merged.balance) == (4, 0, 0)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from("jt"), st.booleans(), st.integers(1, 16)), min_size=1, max_size=8
    ),
    st.booleans(),
)
def test_balances_come_to_the_same_and_the_books_prove(
    session: Session, moves: list[tuple[str, bool, int]], the_other_way: bool
) -> None:
    slug = f"fife-{uuid.uuid4().hex[:8]}"
    bank = make_bank(session, slug=slug, name=slug, member_floor=-10_000)
    joan, twin, ben, coordinator = (
        make_member(session, bank, name, role)
        for name, role in (
            ("Joan Whitlock", "member"),
            ("Joan Whitlok", "member"),
            ("Ben", "member"),
            ("Owen", "coordinator"),
        )
    )
    for who, gives, minutes in moves:
        person = joan if who == "j" else twin
        helped(session, bank, *((person, ben) if gives else (ben, person)), minutes * 15)
    before = balances(session, bank)
    goes, stays = (joan, twin) if the_other_way else (twin, joan)
    merged = merge(session, bank, goes, stays, coordinator)
    after = balances(session, bank)
    of, to = goes.account_id or 0, stays.account_id or 0
    assert after == {**before, of: 0, to: before[of] + before[to]}
    assert check(session).faults == []
    undo(session, bank, merged, coordinator)
    assert balances(session, bank) == before
    assert check(session).faults == []


def test_a_register_with_posted_hours_names_the_one_who_stays(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    by = Act(system(bank), NOW)
    set_rules(session, bank, chest_floor=-600)
    paid = make_meeting(session, bank)
    counted = make_meeting(session, bank, make_activity(session, bank, rule="none", payer_id=None))
    for meeting in (paid, counted):
        marks = [Mark(twin.id, part="led"), Mark(ben.id, part="led")]
        register.mark(session, bank, meeting.id, marks, by)
        posting.post(session, bank, meeting.id, by)
    before = balances(session, bank)
    merged = merge(session, bank, twin, joan, coordinator)
    for meeting in (paid, counted):
        held = activities.meeting(session, bank, meeting.id)
        assert held.posting is not None
        lines = activities.register(session, bank, held)
        assert {line.name for line in lines if line.here} == {"Joan Whitlock", "Ben Cole"}
    assert balances(session, bank)[joan.account_id or 0] == before[twin.account_id or 0] > 0
    undo(session, bank, merged, coordinator)
    held = activities.meeting(session, bank, paid.id)
    there = {line.name for line in activities.register(session, bank, held) if line.here}
    assert there == {"Joan Whitlok", "Ben Cole"}
    assert balances(session, bank) == before
    assert check(session).faults == []


# ---- What is carried ----


def test_what_both_have_is_there_once(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    group = make_group(session, bank, "Lunch club", [joan, twin])
    for member in (joan, twin):
        helping.grant_helper(session, bank, member.id, ben.id, Act(system(bank), NOW))
    before = everything(session)
    merged = merge(session, bank, twin, joan, coordinator)
    assert [one.helper.id for one in members.helpers_of(session, bank, joan.id)] == [ben.id]
    (people,) = members.people_of(session, bank, [group.id]).values()
    assert joan.id in [row.member.id for row in people]
    undo(session, bank, merged, coordinator)
    assert everything(session) == before


def test_whoever_was_kept_apart_from_the_one_is_kept_apart_from_the_other(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helping.keep_apart(session, bank, twin.id, ben.id, Act(actor(coordinator), NOW))
    merge(session, bank, twin, joan, coordinator)
    assert [one.other.id for one in members.apart(session, bank, joan.id)] == [ben.id]


def test_a_check_of_the_other_stands_and_ends_when_they_are_two_again(
    session: Session, bank: Bank, joan: Member, twin: Member, coordinator: Member
) -> None:
    make_check(session, bank, twin)

    def standing(member: Member) -> int:
        return len(safeguarding.standing(session, bank, [member.id]))

    merged = merge(session, bank, twin, joan, coordinator)
    assert standing(joan) == 1
    undo(session, bank, merged, coordinator)
    assert (standing(joan), standing(twin)) == (0, 1)


def test_the_number_of_the_other_leads_to_the_one_who_stays(
    session: Session, bank: Bank, joan: Member, twin: Member, coordinator: Member
) -> None:
    merged = merge(session, bank, twin, joan, coordinator)
    told = notices.told(session, bank, f"member:{joan.id}", 9)
    assert [one.subject for one in told] == ["You have one number at Fife Time Bank now"]
    assert "numbers 7 and 1" in told[0].body
    assert notices.told(session, bank, f"member:{twin.id}", 9) == []
    whole = members.EVERYBODY
    party = PartyName("no", number="7")
    assert members.by_number(session, bank, "7").id == joan.id
    assert members.by_numbers(session, bank, ["7", "1"])["7"].id == joan.id
    assert [one.member_id for one in members.find_parties(session, bank, "7", within=whole)] == [
        joan.id
    ]
    assert [one.member_id for one in members.look_up(session, bank, "7", limit=9)] == [joan.id]
    assert members.parties_meant(session, bank, [party], within=whole)[party].member_id == joan.id
    assert [one.id for one in members.members(session, bank, text="7")] == [joan.id]
    assert [one.id for one in access.by_name(session, bank, "7")] == [joan.id]
    with pytest.raises(Invalid):
        make_member(session, bank, "Cy", number="7")
    undo(session, bank, merged, coordinator)
    assert members.by_number(session, bank, "7").id == twin.id
    assert [one.id for one in access.by_name(session, bank, "7")] == [twin.id]
    last = notices.told(session, bank, f"member:{joan.id}", 9)[0]
    assert "number 7 leads to them" in last.body


def test_a_conversation_about_the_same_is_one_conversation(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    listing = post_listing(
        session, bank, "offer", Act(actor(ben), NOW), holder_id=ben.account_id, title="Cakes"
    )
    for member in (joan, twin):
        messages_service.write_about_listing(
            session, bank, listing.id, Words(words="Two, please"), Act(actor(member), NOW)
        )
    before = everything(session)
    merged = merge(session, bank, twin, joan, coordinator)
    session.expire_all()
    listed = messages.unread(session, bank, [ben.id], by=actor(ben))
    assert [{one.first.name, one.second.name} for one in listed] == [{"Joan Whitlock", "Ben Cole"}]
    undo(session, bank, merged, coordinator)
    assert everything(session) == before


# ---- What is in the way ----


def test_it_is_a_coordinators_to_do_and_not_about_oneself(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    broker = make_member(session, bank, "Bo", role="broker")
    for by in (ben, broker):
        with pytest.raises(NotAllowed):
            merge(session, bank, twin, joan, by)
    with pytest.raises(NotAllowed, match="about yourself"):
        merge(session, bank, twin, coordinator, coordinator)
    with pytest.raises(Invalid, match="How|how you know"):
        merge(session, bank, twin, joan, coordinator, "  ")


def test_nobody_is_made_one_with_themselves_nor_with_another_bank_nor_with_who_has_left(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    elsewhere = make_member(session, make_bank(session, slug="angus", name="Angus"), "Ann")
    with pytest.raises(NotInThatState, match="one member already"):
        merge(session, bank, joan, joan, coordinator)
    for goes, stays in ((elsewhere, joan), (joan, elsewhere)):
        with pytest.raises(NotFound):
            merge(session, bank, goes, stays, coordinator)
    leaving_service.leave(session, bank, ben.id, FEATURES, Farewell(), Act(actor(ben), NOW))
    for goes, stays in ((ben, joan), (joan, ben)):
        with pytest.raises(NotInThatState):
            merge(session, bank, goes, stays, coordinator)
    merge(session, bank, twin, joan, coordinator)
    with pytest.raises(NotInThatState, match="Number 7 is one with Joan Whitlock"):
        merge(session, bank, twin, coordinator, coordinator)


def keep_apart(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    helping.keep_apart(session, bank, joan.id, twin.id, Act(system(bank), NOW))


def help_each_other(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    helping.grant_helper(session, bank, joan.id, twin.id, Act(system(bank), NOW))


def be_staff(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    twin.role = Role.BROKER


def have_an_exchange(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    make_logged_exchange(session, bank, joan, twin, 60, title="Tea")


def have_had_one(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    helped(session, bank, joan, twin, 60)


def meet_somebody_unwanted(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member
) -> None:
    make_logged_exchange(session, bank, twin, ben, 60, title="Tea")
    helping.keep_apart(session, bank, joan.id, ben.id, Act(system(bank), NOW))


def be_helped_by_somebody_unwanted(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member
) -> None:
    helping.grant_helper(session, bank, twin.id, ben.id, Act(system(bank), NOW))
    helping.keep_apart(session, bank, joan.id, ben.id, Act(system(bank), NOW))


def ask_each_other(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    proposal = Proposal(joan.account_id or 0, twin.account_id or 0, "Tea")
    exchanges_service.propose(session, bank, proposal, Act(actor(joan), NOW))


def be_to_answer(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    session.add(
        Dialogue(
            bank_id=bank.id,
            title="The green",
            **dict.fromkeys(FRAME, "So it is."),
            decider_id=twin.id,
            answers_on=NOW.date() + timedelta(days=9),
            opened_at=NOW,
            by="system:test",
            at=NOW,
        )
    )


def have_an_idea(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    by = Act(system(bank), NOW)
    round_ = fund_service.plan_round(session, bank, new_round(), by)
    fund_service.open_ideas(session, bank, round_.id, by)
    idea = NewProposal("A bench", "So we sit.", 50_000)
    fund_service.propose(session, bank, round_.id, idea, Act(actor(twin), NOW))


def be_in_one_register(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member
) -> None:
    meeting = make_meeting(session, bank)
    marks = [Mark(joan.id, part="led"), Mark(twin.id, part="led")]
    register.mark(session, bank, meeting.id, marks, Act(system(bank), NOW))


def both_come(session: Session, bank: Bank, joan: Member, twin: Member, ben: Member) -> None:
    meeting = make_meeting(session, bank, starts_at=NOW + timedelta(days=1))
    for member in (joan, twin):
        signing.sign_up(session, bank, meeting.id, member.id, Act(actor(member), NOW))


@pytest.mark.parametrize(
    ("in_the_way", "says"),
    [
        (keep_apart, "are kept apart from each other"),
        (help_each_other, "may act for the other"),
        (be_staff, "Number 7 is one of the staff"),
        (have_an_exchange, "exchange with each other, “Tea”"),
        (have_had_one, "exchange with each other, “Garden”"),
        (ask_each_other, "exchange with each other, “Tea”, and"),
        (meet_somebody_unwanted, "Number 1 is kept apart from Ben Cole"),
        (be_helped_by_somebody_unwanted, "Somebody from whom the one is kept apart may act"),
        (be_to_answer, "Number 7 is to answer in the conversation “The green”"),
        (have_an_idea, "Number 7 has an idea, a vote or an office in the round “The winter fund”"),
        (be_in_one_register, "Both stand in the register"),
        (both_come, "Both mean to come"),
    ],
)
def test_what_is_in_the_way_is_said_and_nothing_is_done(
    session: Session,
    bank: Bank,
    joan: Member,
    twin: Member,
    ben: Member,
    coordinator: Member,
    in_the_way: Callable[..., None],
    says: str,
) -> None:
    in_the_way(session, bank, joan, twin, ben)
    session.flush()
    before = everything(session)
    assert says in refused(session, bank, twin, joan, coordinator)
    session.expire_all()
    assert everything(session) == before


def test_open_exchanges_with_others_go_along_and_are_confirmed_by_the_one_who_stays(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    for person in (joan, twin):
        make_logged_exchange(session, bank, ben, person, 60, title="Tea")
    merge(session, bank, twin, joan, coordinator)
    for exchange in session.execute(select(Exchange)).scalars().all():
        exchanges_service.confirm(session, bank, exchange.id, Act(actor(joan), NOW))
    assert balances(session, bank)[joan.account_id or 0] == -120


def test_a_preview_does_nothing(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, twin, ben, 90)
    before, held = everything(session), balances(session, bank)
    seen = service.preview(session, bank, twin.id, joan.id, FEATURES, Act(actor(coordinator), NOW))
    assert seen.merged is not None
    assert seen.merged.balance == 90
    assert [str(words) for words in seen.merged.carried] == ["1 exchange"]
    assert everything(session) == before
    assert balances(session, bank) == held
    assert len(ledger.standing(session, bank, twin.account_id or 0)) == 1


# ---- Two again ----


def test_what_was_under_way_and_is_confirmed_since_goes_back_too(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, twin, ben, 30)
    tea = make_logged_exchange(session, bank, twin, ben, 60, title="Tea")
    merged = merge(session, bank, twin, joan, coordinator)
    exchanges_service.confirm(session, bank, tea.id, Act(actor(ben), NOW))
    helped(session, bank, joan, ben, 15)
    undo(session, bank, merged, coordinator)
    after = balances(session, bank)
    assert (after[twin.account_id or 0], after[joan.account_id or 0]) == (90, 15)
    assert check(session).faults == []


def test_hours_that_were_spent_since_are_named_and_nothing_is_undone(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    helped(session, bank, twin, ben, 90)
    merged = merge(session, bank, twin, joan, coordinator)
    helped(session, bank, ben, joan, 90)
    limit(session, bank, joan.account_id or 0, floor=0, ceiling=None)
    with pytest.raises(CannotUndo, match="Joan Whitlock has spent too many since"):
        undo(session, bank, merged, coordinator)


def test_what_was_taken_away_since_is_told(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    group = make_group(session, bank, "Lunch club", [twin])
    helping.grant_helper(session, bank, twin.id, ben.id, Act(system(bank), NOW))
    merged = merge(session, bank, twin, joan, coordinator)
    session.execute(delete(GroupMember).where(GroupMember.group_id == group.id))
    undone = undo(session, bank, merged, coordinator)
    assert undone.lost == {"group_member": 1}
    assert [one.helper.id for one in members.helpers_of(session, bank, twin.id)] == [ben.id]


def test_after_a_day_what_is_left_is_erased_and_the_number_leads_on(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    merged = merge(session, bank, twin, joan, coordinator)
    later = NOW + timedelta(days=1)
    with pytest.raises(CannotUndo, match="more than a day ago"):
        undo(session, bank, merged, coordinator, later)
    row = members.merges(session, bank, unforgotten=True)[0]
    service.forget(session, bank, row, FEATURES, Act(system(bank), later))
    session.expire_all()
    gone = members.member(session, bank, twin.id)
    assert (gone.name, gone.phone, gone.status) == (FORMER, None, Status.LEFT)
    assert members.by_number(session, bank, "7").id == joan.id
    assert members.merges(session, bank, unforgotten=True) == []
    with pytest.raises(CannotUndo):
        undo(session, bank, merged, coordinator)


def test_it_is_undone_once_and_not_after_the_one_who_stayed_has_left(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    merged = merge(session, bank, twin, joan, coordinator)
    undo(session, bank, merged, coordinator)
    with pytest.raises(CannotUndo, match="undone already"):
        undo(session, bank, merged, coordinator)
    with pytest.raises(NotAllowed):
        undo(session, bank, merged, ben)
    merged = merge(session, bank, twin, joan, coordinator)
    assert refused(session, bank, joan, ben, coordinator).startswith("Number 7 turned out")
    for room in FEATURES:
        assert room.name != "merging" or room.forget is feature.forget


def test_whoever_leaves_takes_along_who_turned_out_to_be_them(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    merge(session, bank, twin, joan, coordinator)
    rooms = [room for room in FEATURES if room.name != "merging"]
    row = members.merges(session, bank)[0]
    service.forget(session, bank, row, rooms, Act(system(bank), NOW))
    leaving_service.leave(session, bank, joan.id, FEATURES, Farewell(), Act(actor(joan), NOW))
    session.expire_all()
    with pytest.raises(NotFound):
        members.by_number(session, bank, "7")
    assert members.member(session, bank, twin.id).name == FORMER


# ---- Two at once ----


def test_of_two_who_make_the_same_two_one_at_once_the_second_is_told(engine: Engine) -> None:
    with writing(engine) as session:
        bank = make_bank(session)
        joan, twin, ben = (
            make_member(session, bank, name) for name in ("Joan Whitlock", "Joan Whitlok", "Ben")
        )
        helped(session, bank, twin, ben, 60)
        ids = joan.id, twin.id

    def one(goes_id: int, stays_id: int) -> Callable[[Session], object]:
        def step(session: Session) -> object:
            bank = session.execute(select(Bank)).scalar_one()
            wanted = Wanted(stays_id, "The same telephone.")
            return service.merge(session, bank, goes_id, wanted, FEATURES, Act(system(bank), NOW))

        return step

    assert outcome_behind(engine, one(ids[1], ids[0]), one(ids[0], ids[1])) == "NotInThatState"
    with Session(engine) as session:
        bank = session.execute(select(Bank)).scalar_one()
        assert sum(balances(session, bank).values()) == 0
        assert check(session).faults == []


def test_hours_confirmed_meanwhile_are_of_the_one_who_stays(engine: Engine) -> None:
    with writing(engine) as session:
        bank = make_bank(session)
        joan, twin, ben = (
            make_member(session, bank, name) for name in ("Joan Whitlock", "Joan Whitlok", "Ben")
        )
        tea = make_logged_exchange(session, bank, twin, ben, 60, title="Tea")
        joan_id, twin_id, ben_id, tea_id = joan.id, twin.id, ben.id, tea.id

    def make_one(session: Session) -> None:
        bank = session.execute(select(Bank)).scalar_one()
        wanted = Wanted(joan_id, "The same telephone.")
        service.merge(session, bank, twin_id, wanted, FEATURES, Act(system(bank), NOW))

    def confirm(session: Session) -> None:
        bank = session.execute(select(Bank)).scalar_one()
        ben = session.get_one(Member, ben_id)
        exchanges_service.confirm(session, bank, tea_id, Act(actor(ben), NOW))

    assert outcome_behind(engine, make_one, confirm) == "done"
    with Session(engine) as session:
        bank = session.execute(select(Bank)).scalar_one()
        joan = session.get_one(Member, joan_id)
        assert balances(session, bank)[joan.account_id or 0] == 60


def test_the_other_person_s_statement_says_of_a_gift_that_it_was_written_down_anew(
    session: Session, bank: Bank, joan: Member, twin: Member, ben: Member, coordinator: Member
) -> None:
    gift = NewGift(ben.account_id or 0, twin.account_id or 0, 30, message="For cake")
    exchanges_service.give(session, bank, gift, Act(actor(ben), NOW))
    helped(session, bank, ben, twin, 60)

    def gifts_and_help() -> list[tuple[str, str]]:
        reader = statement.reader(session, bank, ben.account_id, by=actor(ben))
        lines = statement.newest(session, bank, reader).lines
        return sorted(
            (str(line.happened), str(line.what)) for line in lines if line.kind != "reversal"
        )

    assert gifts_and_help() == [
        ("You helped Joan Whitlok", "Garden"),
        ("Your gift to Joan Whitlok", ""),
    ]
    merge(session, bank, twin, joan, coordinator)
    on = "Taken back on 12 November 2026"
    assert gifts_and_help() == [
        ("You helped Joan Whitlock", "Garden. Written down anew, under another number"),
        ("You helped Joan Whitlok", f"Garden. {on}"),
        ("Your gift to Joan Whitlock", "Written down anew, under another number"),
        ("Your gift to Joan Whitlok", on),
    ]
