"""Files into the books: all or nothing, once, and the same whether it is a check or the real
thing."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    actor,
    change_details,
    make_bank,
    make_group,
    make_member,
    make_organisation,
    system,
)
from tests.imports.files import HOURS, MEMBERS, balance, bring_in, check, mend, words
from timebank.act import Act
from timebank.app import FEATURES
from timebank.banks.models import Bank
from timebank.exchanges.models import Exchange, Gift, Step
from timebank.imports import service
from timebank.imports.errors import BadRows
from timebank.imports.rules import Confirmation, Files, How, Imported, NewUpload
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell
from timebank.ledger import queries as ledger
from timebank.ledger.models import Entry
from timebank.members import helping, meeting
from timebank.members import queries as members
from timebank.members.errors import KeptApart
from timebank.members.models import Member
from timebank.notices.models import Notice
from timebank.reports.rules import mark
from timebank.tables.errors import BadFile

GIFTS = "reference,given_on,from,to,minutes\n"


@pytest.fixture
def bank(session: Session) -> Bank:
    """A bank with the members 1 Ana, 2 Ben and 3 Cy."""
    bank = make_bank(session)
    bring_in(session, bank, MEMBERS, "members")
    return bank


def entries(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Entry)).scalar_one()


def hours(*rows: str) -> str:
    return HOURS + "".join(f"{row}\n" for row in rows)


# ---- Members ----


def test_members_are_enrolled_with_what_the_file_says(session: Session):
    bank = make_bank(session)
    text = (
        "number,name,email,phone,capacity,role,status,joined_on,area,date_of_birth,opening_balance\nA7,Zoë"
        " Müller,zoe@example.org,'+44"
        " 1632,practitioner,broker,paused,2019-05-01,North,1950-02-03,2:30\n"
    )
    result = bring_in(session, bank, text, "members")
    zoe = members.by_number(session, bank, "A7")
    assert (result.new, result.written) == (1, True)
    assert (zoe.name, zoe.email, zoe.phone, zoe.area) == (
        "Zoë Müller",
        "zoe@example.org",
        "+44 1632",
        "North",
    )
    assert (zoe.capacity, zoe.role, zoe.status) == ("practitioner", "broker", "paused")
    assert (zoe.joined_on, zoe.date_of_birth) == (date(2019, 5, 1), date(1950, 2, 3))
    assert balance(session, bank, "A7") == 150


def test_opening_balances_are_entries_from_the_opening_account_and_have_either_sign(
    session: Session,
):
    bank = make_bank(session)
    bring_in(session, bank, "number,name,opening_balance\n1,Ana,120\n2,Ben,-90\n", "members")
    assert (balance(session, bank, "1"), balance(session, bank, "2")) == (120, -90)
    assert ledger.opening(session, bank).balance == -30
    found = session.execute(
        select(Entry.cause, Entry.kind, Entry.recorded_by, Entry.channel).order_by(Entry.id)
    ).all()
    assert found == [(f"opening:{n}", "opening", "system:import", "import") for n in (1, 2)]


def test_an_opening_balance_below_the_floor_lowers_that_member_s_own_floor(session: Session):
    bank = make_bank(session, member_floor=-600)
    result = bring_in(
        session, bank, "number,name,opening_balance\n1,Ana,-1200\n2,Ben,60\n", "members"
    )
    assert [str(one.words) for one in result.widened] == ["Ana (1): floor from −10 h to −20 h"]
    assert (
        members.standing(session, bank, [members.by_number(session, bank, "1")]).popitem()[1].floor
        == -1200
    )


def test_a_second_run_of_members_changes_nothing(session: Session):
    bank = make_bank(session)
    text = "number,name,email,opening_balance\n1,Ana,ana@example.org,120\n2,Ben,,-90\n"
    bring_in(session, bank, text, "members")
    before = entries(session)
    again = bring_in(session, bank, text, "members")
    assert (again.new, again.unchanged, again.different) == (0, 2, 0)
    assert entries(session) == before


def test_a_member_who_differs_is_named_and_left_alone(session: Session, bank: Bank):
    text = "number,name,email,opening_balance\n1,Ana Sousa,ana@example.org,60\n"
    result = bring_in(session, bank, text, "members")
    assert (result.different, result.updated) == (1, 0)
    assert "name is Ana Silva here and Ana Sousa in the file" in str(result.differences[0])
    assert "opening_balance is 0 h here and 1 h in the file" in str(result.differences[0])
    assert members.by_number(session, bank, "1").name == "Ana Silva"
    assert balance(session, bank, "1") == 0


def test_everything_wrong_with_a_member_is_said_at_once(session: Session, bank: Bank):
    with pytest.raises(BadRows) as refusal:
        bring_in(
            session, bank, "number,name,email,role,joined_on\n7,,no address,boss,soon\n", "members"
        )
    assert set(refusal.value.fields) == {
        f"line 2, {column}" for column in ("name", "email", "role", "joined_on")
    }


@pytest.mark.parametrize("update", [False, True])
def test_a_number_that_is_somebody_else_s_here_is_to_be_mended(
    session: Session, bank: Bank, update: bool
):
    with pytest.raises(BadRows) as refusal:
        bring_in(session, bank, "number,name\n1,Cora Dee\n2,Ben Okoro\n", "members", update=update)
    assert "1 is Ana Silva here" in str(refusal.value.fields["line 2, number"])
    assert members.by_number(session, bank, "1").name == "Ana Silva"


def test_with_update_the_details_follow_the_file_and_role_and_status_do_not(
    session: Session, bank: Bank
):
    text = (
        "number,name,email,role,opening_balance\n1,Ana Sousa,ana@example.org,coordinator,60\n2,Ben"
        " Okoro,,,\n"
    )
    result = bring_in(session, bank, text, "members", update=True)
    ana = members.by_number(session, bank, "1")
    assert (result.updated, result.unchanged, result.different) == (1, 1, 1)
    assert (ana.name, ana.email, ana.role) == ("Ana Sousa", "ana@example.org", "member")
    assert "role is member here and coordinator in the file" in str(result.differences[0])
    assert balance(session, bank, "1") == 60


def test_an_opening_balance_that_is_in_the_books_is_never_changed(session: Session):
    bank = make_bank(session)
    bring_in(session, bank, "number,name,opening_balance\n1,Ana,120\n", "members")
    result = bring_in(
        session, bank, "number,name,opening_balance\n1,Ana,180\n", "members", update=True
    )
    assert "opening_balance is 2 h here and 3 h in the file" in str(result.differences[0])
    assert balance(session, bank, "1") == 120


def test_what_the_file_leaves_empty_stays(session: Session, bank: Bank):
    bring_in(
        session, bank, "number,name,email\n1,Ana Silva,ana@example.org\n", "members", update=True
    )
    result = bring_in(session, bank, "number,name,email\n1,Ana Silva,\n", "members", update=True)
    assert result.unchanged == 1
    assert members.by_number(session, bank, "1").email == "ana@example.org"


def test_a_number_that_had_an_opening_balance_is_not_given_to_somebody_else(session: Session):
    bank = make_bank(session)
    bring_in(session, bank, "number,name,opening_balance\n1,Ana,120\n", "members")
    ana = members.by_number(session, bank, "1")
    change_details(session, bank, ana.id, Act(system(bank), NOW), number="77")
    result = check(session, bank, "number,name,opening_balance\n1,Ben,60\n", "members")
    assert "Choose a number that was never used" in words(result)


def test_a_member_who_has_left_is_left_alone(session: Session, bank: Bank):
    leaving_service.leave(
        session,
        bank,
        members.by_number(session, bank, "1").id,
        FEATURES,
        Farewell(),
        Act(system(bank), NOW),
    )
    result = bring_in(session, bank, "number,name\n4,Ana Silva\n", "members", update=True)
    assert "4 has left since" in str(result.differences[0])
    assert members.by_number(session, bank, "4").name == "Former member"


def test_a_file_from_before_somebody_left_does_not_know_them_by_their_number(
    session: Session, bank: Bank
):
    text = hours("R1,2026-10-01,1,2,60,,,,")
    bring_in(session, bank, text)
    ana = members.by_number(session, bank, "1").id
    act = Act(system(bank), NOW)
    leaving_service.leave(session, bank, ana, FEATURES, Farewell(), act)
    assert "giver" in words(check(session, bank, text))
    assert bring_in(session, bank, MEMBERS, "members").new == 1
    assert members.by_number(session, bank, "1").id != ana


def test_nobody_is_told_of_an_import(session: Session):
    bank = make_bank(session)
    bring_in(
        session, bank, "number,name,email\n1,Ana,a@example.org\n2,Ben,b@example.org\n", "members"
    )
    bring_in(session, bank, hours("R1,2026-10-01,1,2,60,,,,"))
    assert session.execute(select(func.count()).select_from(Notice)).scalar_one() == 0


# ---- Hours ----


def test_hours_become_confirmed_exchanges_with_an_entry(session: Session, bank: Bank):
    result = bring_in(
        session, bank, hours("R1,2020-10-01,1,2,1:30,repairs,Repair café,Shelf,phone")
    )
    exchange = session.execute(select(Exchange)).scalar_one()
    entry = session.execute(select(Entry)).scalar_one()
    step = session.execute(select(Step)).scalar_one()
    assert (result.new, result.minutes) == (1, 90)
    assert (exchange.status, exchange.reference, exchange.minutes) == ("confirmed", "R1", 90)
    assert (exchange.title, exchange.skill, exchange.activity) == (
        "Shelf",
        "repairs",
        "Repair café",
    )
    assert (exchange.entry_id, exchange.occurred_on) == (entry.id, date(2020, 10, 1))
    assert (entry.cause, entry.kind, entry.recorded_by, entry.channel) == (
        "import:R1",
        "exchange",
        "system:import",
        "phone",
    )
    assert (step.step, step.by, step.channel, step.exchange_id) == (
        "confirmed",
        "system:import",
        "phone",
        exchange.id,
    )
    assert (balance(session, bank, "1"), balance(session, bank, "2")) == (90, -90)


def test_organisations_groups_and_the_chest_take_part(session: Session, bank: Bank):
    make_organisation(session, bank, "Surgery")
    choir = make_group(session, bank, "Choir")
    rows = (
        "R1,2026-10-01,1,surgery,60,,,,",
        "R2,2026-10-01,2,Chest,30,,,,",
        "R3,2026-10-01,choir,1,15,,,,",
    )
    bring_in(session, bank, hours(*rows))
    assert balance(session, bank, "chest") == -30
    assert balance(session, bank, "1") == 45
    assert ledger.balance(session, bank, choir.account_id) == 15


def test_a_second_run_of_hours_changes_nothing(session: Session, bank: Bank):
    text = hours("R1,2026-10-01,1,2,60,,,,", "R2,2026-10-02,2,3,90,lifts,,To town,phone")
    bring_in(session, bank, text)
    before = entries(session)
    again = bring_in(session, bank, text)
    assert (again.new, again.unchanged, again.minutes) == (0, 2, 0)
    assert entries(session) == before


def test_a_longer_file_adds_only_what_is_new(session: Session, bank: Bank):
    bring_in(session, bank, hours("R1,2026-10-01,1,2,60,,,,"))
    result = bring_in(session, bank, hours("R1,2026-10-01,1,2,60,,,,", "R2,2026-10-02,2,1,60,,,,"))
    assert (result.new, result.unchanged) == (1, 1)
    assert balance(session, bank, "1") == 0


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("R1,2026-10-02,1,2,60,,,,", "occurred_on"),
        ("R1,2026-10-01,3,2,60,,,,", "giver"),
        ("R1,2026-10-01,1,3,60,,,,", "receiver"),
        ("R1,2026-10-01,1,2,61,,,,", "minutes"),
        ("R1,2026-10-01,1,2,60,lifts,,,", "skill"),
        ("R1,2026-10-01,1,2,60,,,Other words,", "description"),
    ],
)
def test_a_reference_with_other_content_is_refused(
    session: Session, bank: Bank, row: str, column: str
):
    bring_in(session, bank, hours("R1,2026-10-01,1,2,60,,,,"))
    assert f"brought in before with another {column}." in words(check(session, bank, hours(row)))


def test_hours_below_the_floor_lower_that_account_s_own_floor_and_are_listed(
    session: Session, bank: Bank
):
    rows = [f"R{n},2026-10-{n + 1:02},1,2,120,,,," for n in range(8)]
    result = bring_in(session, bank, hours(*rows))
    ben = members.by_number(session, bank, "2")
    assert balance(session, bank, "2") == -960
    assert [str(one.words) for one in result.widened] == [
        "Ben Okoro (2): floor from −10 h to −16 h"
    ]
    assert members.standing(session, bank, [ben])[ben.id].floor == -960
    assert members.events(session, bank, ben.id)[0].detail == "floor −16 h, no ceiling"


def test_an_account_that_only_strays_on_the_way_keeps_its_floor(session: Session, bank: Bank):
    down = [f"D{n},2026-10-{n + 1:02},1,2,120,,,," for n in range(8)]
    up = [f"U{n},2026-10-{n + 10:02},2,3,100,,,," for n in range(5)]
    result = bring_in(session, bank, hours(*down, *up))
    ben = members.by_number(session, bank, "2")
    assert result.widened == []
    assert members.standing(session, bank, [ben])[ben.id].floor == -600


def test_hours_above_the_ceiling_raise_it(session: Session):
    bank = make_bank(session, member_ceiling=60)
    bring_in(session, bank, MEMBERS, "members")
    result = bring_in(session, bank, hours("R1,2026-10-01,1,2,90,,,,"))
    assert [str(one.words) for one in result.widened] == [
        "Ana Silva (1): ceiling from 1 h to 1 h 30"
    ]


def test_a_check_says_exactly_what_the_import_then_does(session: Session, bank: Bank):
    rows = [f"R{n},2026-10-01,1,2,120,,,," for n in range(8)]
    told = check(session, bank, hours(*rows))
    assert (told.written, entries(session)) == (False, 0)
    done = bring_in(session, bank, hours(*rows))
    assert {**told.to_json(), "written": True} == done.to_json()


def test_one_bad_row_and_nothing_at_all_is_written(session: Session, bank: Bank):
    rows = [f"R{n},2026-10-01,1,2,60,,,," for n in range(1500)]
    with pytest.raises(BadRows) as refusal:
        bring_in(session, bank, hours(*rows, "R1500,2026-10-01,1,99,60,,,,"))
    assert str(refusal.value) == "1 row has to be mended. Nothing was written."
    assert list(refusal.value.fields) == ["line 1502, receiver"]
    assert (entries(session), balance(session, bank, "1")) == (0, 0)
    assert session.execute(select(func.count()).select_from(Exchange)).scalar_one() == 0


def test_with_good_rows_the_others_stay_out_and_come_back_mended(session: Session, bank: Bank):
    text = hours(
        "R1,2026-10-01,1,2,60,,,,", "R2,soon,1,99,60,,,=SUM(A1),", "R3,2026-10-01,2,1,30,,,,"
    )
    result = bring_in(session, bank, text, good_rows=True)
    assert (result.new, result.bad, result.written) == (2, 1, True)
    bad = mend(session, bank, text)
    header, row = bad.splitlines()
    assert header.endswith("channel,entry,reverses,reversed_by,line,mend")
    assert row.startswith("R2,soon,1,99,60,,,'=SUM(A1),,,,,3,")
    mended = bad.replace("soon", "2026-10-01").replace(",99,", ",3,")
    assert bring_in(session, bank, mended).new == 1
    assert (
        session.execute(select(Exchange.title).where(Exchange.reference == "R2")).scalar_one()
        == "=SUM(A1)"
    )


def test_rows_with_the_same_reference_in_one_file_are_refused(session: Session, bank: Bank):
    result = check(session, bank, hours("R1,2026-10-01,1,2,60,,,,", "R1,2026-10-02,1,2,60,,,,"))
    assert words(result).startswith("Line 3, reference “R1”: Line 2 has it already.")


def test_a_file_with_a_header_only_is_refused(session: Session, bank: Bank):
    with pytest.raises(BadFile, match="has no rows"):
        check(session, bank, HOURS)


def test_a_closed_account_takes_no_more_hours(session: Session, bank: Bank):
    text = hours("R1,2026-10-01,1,2,60,,,,")
    bring_in(session, bank, text)
    leaving_service.leave(
        session,
        bank,
        members.by_number(session, bank, "1").id,
        FEATURES,
        Farewell(),
        Act(system(bank), NOW),
    )
    result = check(session, bank, hours("R2,2026-10-01,4,2,60,,,,"))
    assert "This account is closed and takes no more hours." in words(result)
    assert bring_in(session, bank, hours("R1,2026-10-01,4,2,60,,,,")).unchanged == 1


def test_members_of_another_bank_are_unknown(session: Session, bank: Bank):
    elsewhere = make_bank(session, name="Elsewhere")
    make_member(session, elsewhere, number="77")
    assert "No member has this number" in words(
        check(session, bank, hours("R1,2026-10-01,77,2,60,,,,"))
    )


def test_the_same_reference_in_two_banks_is_two_rows(session: Session, bank: Bank):
    elsewhere = make_bank(session, name="Elsewhere")
    bring_in(session, elsewhere, MEMBERS, "members")
    text = hours("R1,2026-10-01,1,2,60,,,,")
    assert (bring_in(session, bank, text).new, bring_in(session, elsewhere, text).new) == (1, 1)


def test_a_stray_reference_of_this_bank_s_own_is_refused(session: Session, bank: Bank):
    own = f"{mark(bank.id, bank.created_at)}-12"
    assert "It is one of this bank's own" in words(
        check(session, bank, hours(f"{own},2026-10-01,1,2,60,,,,"))
    )


# ---- Corrections and gifts ----

TAKEN_BACK = (
    "reference,occurred_on,giver,receiver,minutes,entry,reverses,reversed_by\n"
    "R1,2026-10-01,1,2,60,10,,11\n"
    "R2,2026-10-02,3,2,30,12,,\n"
    "R1/back,2026-10-01,1,2,-60,11,10,\n"
)


def test_hours_that_were_taken_back_come_in_taken_back(session: Session, bank: Bank):
    result = bring_in(session, bank, TAKEN_BACK)
    assert (result.rows, result.new, result.minutes) == (3, 3, 30)
    found = session.execute(
        select(Exchange.reference, Exchange.status).order_by(Exchange.reference)
    ).all()
    assert found == [("R1", "reversed"), ("R2", "confirmed")]
    assert (balance(session, bank, "1"), balance(session, bank, "2")) == (0, -30)
    assert bring_in(session, bank, TAKEN_BACK).unchanged == 3


def test_a_correction_made_since_is_brought_in_by_itself(session: Session, bank: Bank):
    bring_in(session, bank, hours("R1,2026-10-01,1,2,60,,,,", "R2,2026-10-02,3,2,30,,,,"))
    result = bring_in(session, bank, TAKEN_BACK)
    assert (result.new, result.unchanged, result.minutes) == (1, 2, -60)
    assert balance(session, bank, "1") == 0


def test_a_correction_without_its_row_is_refused_with_good_rows_too(session: Session, bank: Bank):
    text = TAKEN_BACK.replace("R1/back,2026-10-01,1,2,-60", "R1/back,2026-10-01,1,2,-45")
    result = bring_in(session, bank, text, good_rows=True)
    assert (result.new, result.bad) == (1, 2)
    assert balance(session, bank, "1") == 0


def test_gifts_come_in_as_gifts_and_not_as_help(session: Session, bank: Bank):
    text = GIFTS + "G1,2026-10-01,1,chest,60\nG2,2026-10-02,2,3,30\n"
    result = bring_in(session, bank, text, "gifts")
    assert (result.new, result.minutes) == (2, 90)
    assert session.execute(select(func.count()).select_from(Exchange)).scalar_one() == 0
    assert session.execute(select(func.count()).select_from(Gift)).scalar_one() == 2
    assert (
        balance(session, bank, "1"),
        balance(session, bank, "chest"),
        balance(session, bank, "3"),
    ) == (-60, 60, 30)
    assert bring_in(session, bank, text, "gifts").unchanged == 2


def test_a_gift_that_was_taken_back_comes_in_taken_back(session: Session, bank: Bank):
    header = "reference,given_on,from,to,minutes,entry,reverses,reversed_by\n"
    text = header + "G1,2026-10-01,1,2,60,10,,11\nG1/back,2026-10-01,1,2,-60,11,10,\n"
    assert bring_in(session, bank, text, "gifts").new == 2
    assert balance(session, bank, "2") == 0
    assert session.execute(select(Gift.reversal_id)).scalar_one() is not None
    assert bring_in(session, bank, text, "gifts").unchanged == 2


# ---- TimeOverflow ----

USERS = (
    "1,2014-03-01,Ana,Silva,,1,1950-02-03,0123,,ana@example.org\n"
    "2,2014-03-02,Ben,Okoro,,2,,,,user1394444444@example.com\n"
)
TRANSFERS = (
    "1,Member,2,Member,3600,2014-05-01 10:00:00 UTC,Thank you,1\n"
    "1,Organization,2,Member,1800,2014-05-02 10:00:00 UTC,,\n"
    "1,Member,2,Member,3600,2014-05-01 10:00:00 UTC,Thank you,1\n"
)
POSTS = "55,Offer,Bicycle repair,I mend bicycles,3,2014-01-02 10:00:00 UTC,,\n"


def test_a_bank_moves_here_from_timeoverflow(session: Session):
    bank = make_bank(session)
    people = bring_in(session, bank, USERS, "members")
    done = bring_in(session, bank, TRANSFERS, posts=POSTS)
    assert (people.format, people.new, done.format, done.new) == (
        "timeoverflow",
        2,
        "timeoverflow",
        3,
    )
    assert members.by_number(session, bank, "2").email is None
    assert (
        balance(session, bank, "1"),
        balance(session, bank, "2"),
        balance(session, bank, "chest"),
    ) == (-120, 150, -30)
    titles = session.execute(select(Exchange.title).order_by(Exchange.id)).scalars().all()
    assert titles == ["Bicycle repair: Thank you", "", "Bicycle repair: Thank you"]
    assert bring_in(session, bank, TRANSFERS, posts=POSTS).unchanged == 3
    assert bring_in(session, bank, USERS, "members").unchanged == 2


def test_bad_rows_of_timeoverflow_s_come_back_in_our_own_format(session: Session):
    bank = make_bank(session)
    bring_in(session, bank, USERS, "members")
    bad = mend(session, bank, TRANSFERS.replace("1800", "1830"))
    assert "30 min" in bad
    assert bring_in(session, bank, bad.replace("1830 seconds", "30")).new == 1


def test_a_file_of_posts_goes_with_transfers_only(session: Session, bank: Bank):
    with pytest.raises(BadFile, match="TimeOverflow's transfers only"):
        check(session, bank, hours("R1,2026-10-01,1,2,60,,,,"), posts=POSTS)


def test_members_left_behind_by_other_books_can_still_have_their_hours(session: Session):
    bank = make_bank(session)
    bring_in(session, bank, "number,name,status\n1,Former member,left\n2,Ben,active\n", "members")
    bring_in(session, bank, hours("R1,2026-10-01,1,2,900,,,,", "R2,2026-10-02,2,1,1800,,,,"))
    assert balance(session, bank, "1") == -900
    assert session.execute(select(Member.status).where(Member.number == "1")).scalar_one() == "left"


# ---- Corrections on their way in ----

LINKED = "reference,occurred_on,giver,receiver,minutes,channel,entry,reverses,reversed_by\n"


def test_hours_taken_back_may_go_past_a_limit_on_the_way(session: Session):
    bank = make_bank(session, member_ceiling=60)
    bring_in(session, bank, MEMBERS, "members")
    # The first are written before they are taken back, so that for a moment Ana holds both.
    rows = (
        "a,2026-01-05,1,2,45,phone,1,,2\n"
        "a/back,2026-01-05,1,2,-45,web,2,1,\n"
        "b,2026-01-06,1,2,45,phone,3,,\n"
    )
    result = bring_in(session, bank, LINKED + rows)
    assert (result.new, result.widened, balance(session, bank, "1")) == (3, [], 45)


def test_how_the_word_of_a_correction_came_is_kept(session: Session, bank: Bank):
    rows = "a,2026-01-05,1,2,45,paper,1,,2\na/back,2026-01-05,1,2,-45,phone,2,1,\n"
    bring_in(session, bank, LINKED + rows)
    assert session.execute(select(Entry.channel).order_by(Entry.id)).scalars().all()[-2:] == [
        "paper",
        "phone",
    ]


# ---- Who is kept apart ----

WHY = "From the paper book of 2024, before they were."


@pytest.fixture
def parted(session: Session, bank: Bank) -> Bank:
    """Ana, number 1, asked to be kept apart from Ben, number 2."""
    bring_in(session, bank, MEMBERS, "members")
    ana, ben = (members.by_number(session, bank, number).id for number in ("1", "2"))
    helping.keep_apart(session, bank, ana, ben, Act(system(bank), NOW))
    session.flush()
    return bank


@pytest.mark.parametrize("kind", ["hours", "gifts"])
def test_rows_between_two_who_are_kept_apart_go_in_with_a_reason(session, parted, kind):
    rows = ("R1,2026-10-01,1,2,60", "R2,2026-10-01,1,3,60", "R3,2026-10-02,2,1,60")
    text = {"hours": HOURS, "gifts": GIFTS}[kind]
    text += "".join(f"{row}{',,,,' if kind == 'hours' else ''}\n" for row in rows)
    checked = check(session, parted, text, kind)
    assert [str(one.words) for one in checked.apart] == [
        "Line 2, 4: Ana Silva and Ben Okoro are kept apart."
    ]
    assert not checked.bad
    with pytest.raises(KeptApart, match="Line 2, 4: Ana Silva and Ben Okoro are kept apart"):
        bring_in(session, parted, text, kind)
    assert check(session, parted, text, kind).new == 3
    assert bring_in(session, parted, text, kind, despite=WHY).new == 3
    (met,) = meeting.met(session, parted, limit=5)
    assert (met.one.name, met.another.name, met.why) == ("Ana Silva", "Ben Okoro", WHY)
    # What is in already is not asked about again.
    assert bring_in(session, parted, text, kind).unchanged == 3


def test_a_file_that_was_looked_over_is_asked_once_and_keeps_who_confirmed_it(session, parted):
    owen = make_member(session, parted, "Owen", role="coordinator")
    text = hours("R1,2026-10-01,1,2,60,,,,", "R2,2026-10-02,2,1,60,,,,")
    new = NewUpload(How(Imported.HOURS), Files("hours.csv", text.encode()))
    upload = service.hand_in(session, parted, new, Act(actor(owen), NOW))
    with pytest.raises(KeptApart) as refused:
        service.confirm(session, parted, upload.id, Confirmation(), Act(actor(owen), NOW))
    assert "despite" in refused.value.fields
    confirmed = Confirmation(despite=WHY)
    service.confirm(session, parted, upload.id, confirmed, Act(actor(owen), NOW))
    assert (upload.state, upload.result["new"]) == ("done", 2)
    (met,) = meeting.met(session, parted, limit=5)
    assert (met.what, met.why, met.by) == (f"import:{upload.id}", WHY, "Owen")


def test_who_came_to_be_kept_apart_after_the_check_is_asked_about_anew(session, bank):
    bring_in(session, bank, MEMBERS, "members")
    owen = make_member(session, bank, "Owen", role="coordinator")
    text = hours("R1,2026-10-01,1,2,60,,,,")
    new = NewUpload(How(Imported.HOURS), Files("hours.csv", text.encode()))
    act = Act(actor(owen), NOW)
    upload = service.hand_in(session, bank, new, act)
    ana, ben = (members.by_number(session, bank, number).id for number in ("1", "2"))
    helping.keep_apart(session, bank, ana, ben, act)
    session.flush()
    service.confirm(session, bank, upload.id, Confirmation(), act)
    assert (upload.state, len(upload.result["apart"])) == ("checked", 1)
    service.confirm(session, bank, upload.id, Confirmation(despite=WHY), act)
    assert upload.state == "done"
