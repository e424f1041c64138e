"""Checks are written down, renewed and ended; whom to ring; concerns."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_check, make_member, post_listing, system
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed, NotFound
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.members import helping
from timebank.members.errors import NotInThatState
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.room import Reach
from timebank.safeguarding import leaving, lists, queries, reminders, service
from timebank.safeguarding.errors import EndedAlready, HeldAlready, NameTaken, NotInUse
from timebank.safeguarding.models import CheckReminder, Concern, ConcernReading, HeldCheck
from timebank.safeguarding.rules import (
    SHIPPED,
    Doorstep,
    End,
    Ending,
    KindDetails,
    NewCheck,
    NewConcern,
    Renewal,
    State,
    Wanted,
)
from timebank.skills import queries as skills
from timebank.skills import service as skills_service
from timebank.skills.rules import NewCategory, SkillDetails

TODAY = NOW.date()
END = End(Ending.NOT_NEEDED, "She drives no more.")


@pytest.fixture
def owen(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Owen", "coordinator")


def by(member: Member) -> Act:
    return Act(actor(member), NOW)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def rows(session: Session, bank: Bank, wanted: Wanted | None = None) -> list[tuple[str, str, str]]:
    found = queries.register(session, bank, FEATURES, wanted or Wanted(), on=TODAY)
    return [(row.member.name, row.kind.code, row.state) for row in found]


def needing(session: Session, bank: Bank, *codes: str) -> int:
    """A skill that needs checks of these kinds."""
    act = Act(system(bank), NOW)
    category = skills_service.add_category(session, bank, NewCategory("Out and about"), act)
    details = SkillDetails("Lifts", category.id, needs_checks=codes)
    return skills_service.add_skill(session, bank, details, act).id


# ---- Kinds ----


def test_a_bank_begins_with_six_kinds_once_and_names_more(session, bank, owen, maggie):
    service.plant_kinds(session, bank)
    assert {one.code for one in queries.kinds(session, bank)} == set(SHIPPED)
    added = service.add_kind(session, bank, KindDetails(" Food  hygiene "), by(owen))
    assert (added.name, added.code) == ("Food hygiene", "food_hygiene")
    with pytest.raises(NameTaken, match="There is a check called “FOOD HYGIENE” already"):
        service.add_kind(session, bank, KindDetails("FOOD HYGIENE"), by(owen))
    renamed = service.rename_kind(session, bank, added.id, KindDetails("Kitchen"), by(owen))
    assert (renamed.name, renamed.code) == ("Kitchen", "food_hygiene")
    with pytest.raises(NotAllowed):
        service.add_kind(session, bank, KindDetails("Mine"), by(maggie))


def test_what_is_looked_at_no_more_is_written_down_for_nobody(session, bank, ana, owen):
    kind = queries.kind_called(session, bank, "driving")
    service.retire_kind(session, bank, kind.id, by(owen))
    with pytest.raises(NotInUse, match="A coordinator can bring it back"):
        make_check(session, bank, ana)
    service.bring_back_kind(session, bank, kind.id, by(owen))
    make_check(session, bank, ana)


# ---- Checks ----


def test_a_paper_is_kept_with_its_number_and_who_saw_it(session, bank, ana, maggie, owen):
    check = service.record(
        session, bank, ana.id, NewCheck(days(-9), days(400), "D 12", owen.id, "driving"), by(maggie)
    )
    assert (check.number, check.seen_by_id, check.by) == ("D 12", owen.id, f"member:{maggie.id}")
    (row,) = queries.file_of(session, bank, ana.id, FEATURES, by=actor(ana), on=TODAY).rows
    assert (row.kind.code, row.state, row.seen_by) == ("driving", "in_order", "Owen")


def test_a_renewed_check_stays_and_another_takes_its_place(session, bank, ana, maggie):
    first = make_check(session, bank, ana, until=days(3), number="1")
    second = service.renew(session, bank, first.id, Renewal(TODAY, days(365), "2"), by(maggie))
    kept = queries.file_of(session, bank, ana.id, FEATURES, by=actor(maggie), on=TODAY)
    assert [row.check.id for row in kept.rows if row.check] == [second.id]
    assert [(one.check.number, one.check.ending, one.ended_by) for one in kept.past] == [
        ("1", "renewed", "Maggie")
    ]
    with pytest.raises(EndedAlready, match="renewed already"):
        service.renew(session, bank, first.id, Renewal(TODAY), by(maggie))
    with pytest.raises(EndedAlready):
        service.end(session, bank, first.id, END, by(maggie))
    with pytest.raises(Invalid) as refused:
        service.renew(session, bank, second.id, Renewal(days(-30)), by(maggie))
    assert "held_since" in refused.value.fields


def test_one_of_a_kind_stands_at_a_time(session, bank, ana):
    make_check(session, bank, ana)
    with pytest.raises(HeldAlready, match="of Ana stands here already. Renew it instead."):
        make_check(session, bank, ana)


def test_a_check_is_ended_with_a_reason_and_can_be_written_down_anew(session, bank, ana, maggie):
    check = make_check(session, bank, ana)
    with pytest.raises(Invalid) as refused:
        service.end(session, bank, check.id, End(Ending.NOT_NEEDED, "  "), by(maggie))
    assert "why" in refused.value.fields
    with pytest.raises(Invalid):
        service.end(session, bank, check.id, End(Ending.RENEWED, "So."), by(maggie))
    service.end(session, bank, check.id, END, by(maggie))
    assert (check.ending, check.why) == ("not_needed", "She drives no more.")
    assert make_check(session, bank, ana).id != check.id


def test_checks_are_for_brokers_members_who_take_part_and_kinds_of_the_bank(
    session, bank, ana, maggie, owen
):
    elsewhere = make_bank(session, slug="ayr")
    service.plant_kinds(session, elsewhere)
    service.add_kind(session, elsewhere, KindDetails("Theirs"), Act(system(elsewhere), NOW))
    with pytest.raises(NotAllowed):
        make_check(session, bank, ana, act=by(ana))
    with pytest.raises(Invalid, match="Choose from the bank’s own checks: criminal_record"):
        make_check(session, bank, ana, "theirs")
    stranger = make_member(session, elsewhere, "Cy")
    with pytest.raises(NotFound):
        make_check(session, bank, stranger)
    there = make_check(session, elsewhere, stranger)
    for do in (
        lambda: service.renew(session, bank, there.id, Renewal(TODAY), by(maggie)),
        lambda: service.end(session, bank, there.id, END, by(maggie)),
    ):
        with pytest.raises(NotFound):
            do()
    with pytest.raises(Invalid) as refused:
        service.record(
            session, bank, ana.id, NewCheck(TODAY, seen_by_id=ana.id, kind="driving"), by(maggie)
        )
    assert list(refused.value.fields) == ["seen_by"]
    leaving_service.leave(session, bank, ana.id, FEATURES, Farewell(), Act(system(bank), NOW))
    with pytest.raises(NotInThatState, match="has left"):
        make_check(session, bank, ana)


def test_only_the_member_and_the_staff_see_a_file(session, bank, ana, maggie):
    ben = make_member(session, bank, "Ben")
    for reader in (ana, maggie):
        queries.file_of(session, bank, ana.id, FEATURES, by=actor(reader), on=TODAY)
    with pytest.raises(NotAllowed):
        queries.file_of(session, bank, ana.id, FEATURES, by=actor(ben), on=TODAY)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE held_check SET number = 'forged'",
        "UPDATE held_check SET expires_on = '2100-01-01'",
        "UPDATE held_check SET ended_at = NULL, ending = NULL, ended_by = NULL",
        "DELETE FROM held_check WHERE ended_at IS NULL",
        "UPDATE concern SET words = 'nothing'",
        "UPDATE concern_reading SET by = 'member:0'",
    ],
)
def test_the_database_keeps_what_was_written_down(session, bank, ana, maggie, owen, attack):
    first = make_check(session, bank, ana, until=days(3))
    service.renew(session, bank, first.id, Renewal(TODAY), by(maggie))
    worry = service.write_concern(session, bank, NewConcern(ana.id, "No light."), by(maggie))
    service.read_concern(session, bank, worry.id, by(owen))
    with pytest.raises(DBAPIError, match="check|concern"), session.begin_nested():
        session.execute(text(attack))


@pytest.mark.parametrize(
    "fault",
    [
        {"held_since": TODAY, "expires_on": TODAY - timedelta(days=1)},
        {"ending": "mistake"},
        {"ending": "mistake", "ended_by": "system:x", "ended_at": NOW, "why": ""},
        {"ending": "lost", "ended_by": "system:x", "ended_at": NOW, "why": "So."},
        {"kind_id": 0},
        {},  # A second one that stands.
    ],
)
def test_the_database_takes_no_check_that_cannot_be(session, bank, ana, fault):
    there = make_check(session, bank, ana)
    check = {
        "bank_id": bank.id,
        "member_id": ana.id,
        "kind_id": there.kind_id,
        "held_since": TODAY,
        "by": "system:x",
        "at": NOW,
    }
    with pytest.raises(DBAPIError), session.begin_nested():
        session.add(HeldCheck(**(check | fault)))
        session.flush()


# ---- The list ----


def test_the_list_says_how_checks_stand_and_which_are_missing(session, bank, ana, maggie):
    ben, cy = make_member(session, bank, "Ben"), make_member(session, bank, "Cy")
    lifts = needing(session, bank, "driving", "references")
    for one in (ana, cy):
        post_listing(session, bank, "offer", by(one), holder_id=one.account_id, title="Lifts",
                     skill_id=lifts)  # fmt: skip
    make_check(session, bank, ana, until=days(-1))
    make_check(session, bank, ben, "first_aid", until=days(60))
    make_check(session, bank, ben, "induction")
    assert rows(session, bank) == [
        ("Ana", "driving", "run_out"),
        ("Ana", "references", "missing"),
        ("Ben", "first_aid", "ends_soon"),
        ("Ben", "induction", "in_order"),
        ("Cy", "driving", "missing"),
        ("Cy", "references", "missing"),
    ]
    assert rows(session, bank, Wanted("driving", State.MISSING)) == [("Cy", "driving", "missing")]
    counted = {
        one.kind.code: (one.in_order, one.ends_soon, one.run_out, one.missing)
        for one in queries.counts(session, bank, FEATURES, on=TODAY)
    }
    assert counted["driving"] == (0, 0, 1, 1)
    assert counted["criminal_record"] == (0, 0, 0, 0)
    with pytest.raises(Invalid):
        rows(session, bank, Wanted("sailing"))


def test_members_are_shown_no_offer_whose_holder_lacks_a_check(session, bank, ana, maggie):
    ben, lifts = make_member(session, bank, "Ben"), needing(session, bank, "driving", "references")
    offer = post_listing(
        session, bank, "offer", by(ana), holder_id=ana.account_id, title="Lifts", skill_id=lifts
    )

    def shown_to(reader: Member) -> list[int]:
        found = skills.open_listings(session, bank, by=actor(reader), on=TODAY)
        return [one.id for one in found]

    make_check(session, bank, ana, "references")
    make_check(session, bank, ana, "driving", until=days(-1))
    assert shown_to(ben) == []
    assert shown_to(ana) == shown_to(maggie) == [offer.id]
    assert skills.open_listings(session, bank, to_members=True, on=TODAY) == []
    with pytest.raises(NotFound):
        skills.show(session, bank, offer.id, by=actor(ben), on=TODAY)
    shown = skills.shown(session, bank, [offer])[0]
    lacking = skills.lacking(session, bank, shown, on=TODAY)
    assert [kind.code for kind in lacking] == ["driving"]
    service.renew(
        session, bank, _standing(session, ana, "driving").id, Renewal(TODAY, TODAY), by(maggie)
    )
    assert shown_to(ben) == [offer.id]


def _standing(session: Session, member: Member, code: str) -> HeldCheck:
    statement = select(HeldCheck).where(
        HeldCheck.member_id == member.id, HeldCheck.ended_at.is_(None)
    )
    for check in session.execute(statement).scalars():
        if queries.kind(session, session.get_one(Bank, member.bank_id), check.kind_id).code == code:
            return check
    raise AssertionError(code)


# ---- Reminders ----


def told(session: Session) -> list[str]:
    notices = session.execute(select(Notice).order_by(Notice.id)).scalars()
    return [one.subject for one in notices if one.cause.startswith("check:")]


def test_each_reminder_is_given_once_also_after_days_of_not_running(session, bank, ana):
    make_check(session, bank, ana, until=days(40), act=Act(system(bank), NOW - timedelta(days=90)))
    assert reminders.remind(session, bank, now=NOW) == 1
    assert reminders.remind(session, bank, now=NOW) == 0
    # Nobody ran it on the thirtieth and seventh day: the last one due is told, and not both.
    assert reminders.remind(session, bank, now=NOW + timedelta(days=38)) == 1
    assert reminders.remind(session, bank, now=NOW + timedelta(days=40)) == 1
    for later in (47, 48, 70, 99):
        reminders.remind(session, bank, now=NOW + timedelta(days=later))
    assert told(session) == [
        "Your check ends soon: Driving licence and insurance",
        "Your check ends soon: Driving licence and insurance",
        "Your check ends today: Driving licence and insurance",
        "Your check has run out: Driving licence and insurance",
        "Your check has run out: Driving licence and insurance",
    ]
    given = session.execute(select(CheckReminder.days).order_by(CheckReminder.days)).scalars()
    assert list(given) == [-30, -7, 0, 7, 60]


def test_what_was_dealt_with_and_who_has_left_is_reminded_of_nothing(session, bank, ana, maggie):
    ben = make_member(session, bank, "Ben")
    old = Act(system(bank), NOW - timedelta(days=90))
    for one, code in ((ana, "driving"), (ana, "first_aid"), (ben, "driving")):
        make_check(session, bank, one, code, until=days(-8), act=old)
    checks = session.execute(select(HeldCheck).order_by(HeldCheck.id)).scalars().all()
    service.renew(session, bank, checks[0].id, Renewal(TODAY, days(365)), by(maggie))
    service.end(session, bank, checks[1].id, END, by(maggie))
    leaving_service.leave(session, bank, ben.id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert reminders.remind(session, bank, now=NOW) == 0


def test_the_desk_shows_a_check_until_it_is_dealt_with(session, bank, ana, maggie):
    make_check(session, bank, ana, until=days(-200))
    make_check(session, bank, ana, "first_aid", until=days(61))
    (waiting,) = lists.waiting(session, bank, Reach(), by(maggie))
    assert [(str(line.title), line.since) for line in waiting.lines] == [
        ("A check ran out on 26 April 2026: Driving licence and insurance", days(-200))
    ]
    assert [answer.link.endpoint for answer in waiting.lines[0].answers] == [
        "safeguarding.renew",
        "safeguarding.book",
        "safeguarding.end",
    ]
    assert lists.first_page(session, bank, by(ana)).waits == 1
    check = _standing(session, ana, "driving")
    service.end(session, bank, check.id, END, by(maggie))
    (waiting,) = lists.waiting(session, bank, Reach(), by(maggie))
    assert waiting.total == 0


# ---- Doorsteps ----


SAID = Doorstep("Ruth", "daughter", "01632 960 111", "Ring twice.")


def test_whom_to_ring_is_for_the_member_their_helpers_and_the_staff(session, bank, ana, maggie):
    ben, cy = make_member(session, bank, "Ben"), make_member(session, bank, "Cy")
    helping.grant_helper(session, bank, ana.id, ben.id, by(ana))
    for one in (ana, ben, maggie):
        assert service.set_doorstep(session, bank, ana.id, SAID, by(one)) == SAID
        assert queries.doorstep_for(session, bank, ana.id, by=actor(one)) == SAID
    with pytest.raises(NotAllowed):
        service.set_doorstep(session, bank, ana.id, SAID, by(cy))
    with pytest.raises(NotAllowed):
        queries.doorstep_for(session, bank, ana.id, by=actor(cy))
    assert queries.doorstep_on_visit(session, bank, ana.id) is None
    service.set_doorstep(session, bank, ana.id, Doorstep(), by(ana))
    assert queries.doorstep(session, bank, ana.id) == Doorstep()


# ---- Concerns ----


@pytest.fixture
def worry(session: Session, bank: Bank, ana: Member, maggie: Member) -> Concern:
    return service.write_concern(session, bank, NewConcern(ana.id, "No light."), by(maggie))


def test_a_concern_is_for_coordinators_and_each_reading_is_written_down(
    session, bank, maggie, owen, worry
):
    assert service.read_concern(session, bank, worry.id, by(maggie)).readings == []
    service.read_concern(session, bank, worry.id, by(owen))
    read = service.read_concern(session, bank, worry.id, by(owen))
    assert [one.name for one in read.readings] == ["Owen", "Owen"]
    (seen,) = queries.concerns(session, bank, by=actor(maggie))
    assert [one.name for one in seen.readings] == ["Owen", "Owen"]


def test_nobody_else_learns_that_there_is_a_concern(session, bank, ana, maggie, worry):
    other = make_member(session, bank, "Nell", "broker")
    elsewhere = make_bank(session, slug="ayr")
    theirs = make_member(session, elsewhere, "Cy", "coordinator")
    for reader in (ana, other):
        assert queries.concerns(session, bank, by=actor(reader)) == []
        with pytest.raises(NotFound):
            service.read_concern(session, bank, worry.id, by(reader))
    with pytest.raises(NotFound):
        service.read_concern(session, elsewhere, worry.id, by(theirs))
    with pytest.raises(NotAllowed):
        service.write_concern(session, bank, NewConcern(maggie.id, "x"), by(ana))
    for one in FEATURES:
        told = repr(one.export(session, bank, ana)) if one.export else ""
        assert "No light." not in told
    assert not lists.waiting(session, bank, Reach(), by(other))[1:]


def test_a_coordinator_reads_no_concern_about_themselves(session, bank, maggie, owen):
    about = service.write_concern(session, bank, NewConcern(owen.id, "Shouted."), by(maggie))
    ines = make_member(session, bank, "Ines", "coordinator")
    assert queries.concerns(session, bank, by=actor(owen)) == []
    assert queries.unread(session, bank, by=actor(owen), limit=5).total == 0
    with pytest.raises(NotFound):
        service.read_concern(session, bank, about.id, by(owen))
    service.read_concern(session, bank, about.id, by(ines))


def test_the_desk_tells_a_coordinator_of_what_they_have_not_read(session, bank, owen, worry):
    _, waiting = lists.waiting(session, bank, Reach(), by(owen))
    assert (waiting.kind, waiting.total) == ("concerns", 1)
    service.read_concern(session, bank, worry.id, by(owen))
    _, waiting = lists.waiting(session, bank, Reach(), by(owen))
    assert waiting.total == 0


@pytest.mark.parametrize(("words", "says"), [("  ", "Write what you saw"), ("x" * 4001, "4,000")])
def test_a_concern_says_something(session, bank, ana, maggie, words, says):
    with pytest.raises(Invalid) as refused:
        service.write_concern(session, bank, NewConcern(ana.id, words), by(maggie))
    assert says in str(refused.value.fields["words"])


# ---- What is erased ----


def test_who_leaves_takes_their_file_along_and_a_concern_stays_for_its_time(
    session, bank, ana, maggie, worry
):
    first = make_check(session, bank, ana, until=days(3))
    service.renew(session, bank, first.id, Renewal(TODAY), by(maggie))
    service.set_doorstep(session, bank, ana.id, SAID, by(ana))
    leaving_service.leave(session, bank, ana.id, FEATURES, Farewell(), Act(system(bank), NOW))
    assert session.execute(select(HeldCheck)).all() == []
    assert queries.doorstep(session, bank, ana.id) == Doorstep()
    assert [one.words for one in session.execute(select(Concern)).scalars()] == ["No light."]


def test_what_is_old_goes_and_what_stands_stays(session, bank, ana, maggie, owen, worry):
    bank.keep_checks, bank.keep_concerns = 2, 3
    first = make_check(session, bank, ana, until=days(3))
    stands = service.renew(session, bank, first.id, Renewal(TODAY), by(maggie))
    service.read_concern(session, bank, worry.id, by(owen))

    def left() -> tuple[list[int], int, int]:
        session.expire_all()
        checks = session.execute(select(HeldCheck.id).order_by(HeldCheck.id)).scalars().all()
        concerns, readings = (
            len(session.execute(select(one.id)).all()) for one in (Concern, ConcernReading)
        )
        return list(checks), concerns, readings

    ids = first.id, stands.id
    leaving.expire(session, bank, NOW + timedelta(days=50))
    assert left() == ([*ids], 1, 1)
    leaving.expire(session, bank, NOW + timedelta(days=70))
    assert left() == ([ids[1]], 1, 1)
    leaving.expire(session, bank, NOW + timedelta(days=100))
    assert left() == ([ids[1]], 0, 0)
