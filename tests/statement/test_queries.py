"""What statements show of the books, on both engines."""

from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member, make_organisation
from tests.statement.books import account_of, chest_of, gift, help_given, taken_back
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotFound
from timebank.members import helping
from timebank.members.models import Member
from timebank.statement import queries, rules


@dataclass
class People:
    """Joan and Tom have traded; Bo is a broker."""

    bank: Bank
    joan: Member
    tom: Member
    bo: Member


@pytest.fixture
def people(session: Session) -> People:
    bank = make_bank(session)
    return People(
        bank,
        make_member(session, bank, "Joan"),
        make_member(session, bank, "Tom"),
        make_member(session, bank, "Bo", "broker"),
    )


def read(
    session: Session, people: People, whose: Member, by: Member | None = None
) -> queries.Reader:
    return queries.reader(session, people.bank, whose.account_id, by=actor(by or whose))


def test_the_newest_line_comes_first_with_the_balance_it_left(
    session: Session, people: People
) -> None:
    joan, tom = account_of(people.joan), account_of(people.tom)
    help_given(session, people.bank, joan, tom, 90, title="Reading aloud")
    help_given(session, people.bank, tom, joan, 30)
    gift(session, people.bank, people.joan, chest_of(session, people.bank), 15)
    found = queries.newest(session, people.bank, read(session, people, people.joan)).lines
    assert [(str(line.happened), line.minutes, line.balance) for line in found] == [
        ("Your gift to the community chest", -15, 45),
        ("Tom helped you", -30, 60),
        ("You helped Tom", 90, 90),
    ]
    assert str(found[2].what) == "Reading aloud"


def test_pages_follow_one_another_without_a_gap(session: Session, people: People) -> None:
    for minutes in (15, 30, 45, 60, 75):
        help_given(session, people.bank, account_of(people.joan), account_of(people.tom), minutes)
    reader = read(session, people, people.joan)
    seen: list[int] = []
    before = None
    for expected in (3, 3, 1):
        page = queries.newest(session, people.bank, reader, before=before, limit=2).lines
        assert len(page) == expected, "One line too many says that there is more."
        seen += [line.minutes for line in page[:2]]
        before = page[:2][-1].seq
    assert seen == [75, 60, 45, 30, 15]
    assert queries.newest(session, people.bank, reader, before=1).lines == []


def test_between_dates_lines_stand_by_when_things_happened(
    session: Session, people: People
) -> None:
    joan, tom = account_of(people.joan), account_of(people.tom)
    help_given(session, people.bank, joan, tom, 60, on=date(2026, 11, 3), title="Third")
    help_given(session, people.bank, tom, joan, 45, on=date(2026, 11, 2), title="Second")
    help_given(session, people.bank, joan, tom, 120, on=date(2026, 10, 31), title="Before")
    help_given(session, people.bank, joan, tom, 15, on=date(2026, 11, 1), title="First")
    help_given(session, people.bank, joan, tom, 30, on=date(2026, 11, 6), title="After")
    found = queries.between(
        session,
        people.bank,
        read(session, people, people.joan),
        date(2026, 11, 1),
        date(2026, 11, 3),
    )
    assert [(str(line.what), line.balance) for line in found.lines] == [
        ("First", 135),
        ("Second", 90),
        ("Third", 150),
    ]
    assert (found.brought_forward, found.added, found.taken_off, found.carried_forward) == (
        120,
        75,
        45,
        150,
    )


def test_without_a_first_date_a_statement_begins_with_nothing_and_ends_at_the_balance(
    session: Session, people: People
) -> None:
    joan, tom = account_of(people.joan), account_of(people.tom)
    help_given(session, people.bank, joan, tom, 60)
    help_given(session, people.bank, tom, joan, 90)
    reader = read(session, people, people.joan)
    found = queries.between(session, people.bank, reader, None, None)
    assert (found.brought_forward, found.carried_forward) == (0, reader.account.balance)


def test_an_empty_stretch_carries_forward_what_was_brought(
    session: Session, people: People
) -> None:
    help_given(
        session,
        people.bank,
        account_of(people.joan),
        account_of(people.tom),
        60,
        on=date(2026, 10, 1),
    )
    found = queries.between(
        session,
        people.bank,
        read(session, people, people.joan),
        date(2026, 11, 1),
        date(2026, 11, 3),
    )
    assert (found.lines, found.brought_forward, found.carried_forward) == ([], 60, 60)


def test_what_was_put_right_stays_in_sight(session: Session, people: People) -> None:
    wrong = help_given(
        session,
        people.bank,
        account_of(people.joan),
        account_of(people.tom),
        180,
        on=date(2026, 11, 5),
        title="Reading",
    )
    taken_back(session, people.bank, wrong)
    found = queries.newest(session, people.bank, read(session, people, people.joan)).lines
    assert [(str(line.happened), line.minutes) for line in found] == [
        ("Corrected", -180),
        ("You helped Tom", 180),
    ]
    assert str(found[0].what) == "Taken back: You helped Tom, 5 November 2026"
    assert str(found[1].what) == "Reading. Taken back on 12 November 2026"
    assert found[0].reverses == found[1].entry_id
    assert {line.exchange_id for line in found} == {wrong.id}


def test_dates_the_wrong_way_round_are_refused(session: Session, people: People) -> None:
    with pytest.raises(Invalid) as refused:
        queries.between(
            session,
            people.bank,
            read(session, people, people.joan),
            date(2026, 11, 2),
            date(2026, 11, 1),
        )
    assert "to" in refused.value.fields


def test_more_lines_than_anybody_reads_are_refused(
    session: Session, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_LINES", 2)
    reader = read(session, people, people.joan)
    for _ in range(2):
        help_given(session, people.bank, account_of(people.joan), account_of(people.tom), 15)
    assert len(queries.between(session, people.bank, reader, None, None).lines) == 2
    help_given(session, people.bank, account_of(people.joan), account_of(people.tom), 15)
    with pytest.raises(Invalid, match="more than 2 lines"):
        queries.between(session, people.bank, reader, None, None)


def test_the_chest_tells_members_what_moved_but_not_who_else_it_was(
    session: Session, people: People
) -> None:
    chest = chest_of(session, people.bank)
    surgery = make_organisation(session, people.bank, "Surgery")
    gift(session, people.bank, people.joan, chest, 90)
    gift(session, people.bank, people.tom, chest, 120)
    help_given(
        session, people.bank, people.tom.account_id or 0, chest, 60, title="Sat with somebody"
    )
    help_given(session, people.bank, surgery.account_id, chest, 30, title="Room")
    by_joan = queries.reader(session, people.bank, chest, by=actor(people.joan))
    told = [
        (str(line.happened), str(line.what), line.other_id)
        for line in queries.newest(session, people.bank, by_joan).lines
    ]
    assert told == [
        ("Surgery helped the community chest", "Room", surgery.account_id),
        ("A member helped the community chest", "", None),
        ("Gift from a member", "", None),
        ("Gift from you", "", people.joan.account_id),
    ]
    by_bo = queries.reader(session, people.bank, chest, by=actor(people.bo))
    assert (
        str(queries.newest(session, people.bank, by_bo).lines[1].happened)
        == "Tom helped the community chest"
    )


def test_an_account_of_another_bank_is_not_found(session: Session, people: People) -> None:
    elsewhere = make_member(session, make_bank(session, name="Leith", slug="leith"), "Eve")
    with pytest.raises(NotFound):
        queries.reader(session, people.bank, elsewhere.account_id, by=actor(people.bo))


def test_who_is_kept_apart_keeps_their_lines_without_the_name(
    session: Session, people: People
) -> None:
    joan, tom = account_of(people.joan), account_of(people.tom)
    help_given(session, people.bank, joan, tom, 90)
    act = Act(actor(people.tom), NOW)
    helping.keep_apart(session, people.bank, people.tom.id, people.joan.id, act)
    session.flush()
    for whose in (people.joan, people.tom):
        lines = queries.newest(session, people.bank, read(session, people, whose)).lines
        assert "a member" in str(lines[0].happened).lower()
        assert [line.balance for line in lines] == [90 if whose is people.joan else -90]
    seen_by_broker = read(session, people, people.joan, people.bo)
    lines = queries.newest(session, people.bank, seen_by_broker).lines
    assert "Tom" in str(lines[0].happened)
