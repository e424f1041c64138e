"""Sheets without names, details left apart, themes, sorting, closing: on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.dialogue.asking import (
    TODAY,
    ask,
    make_audit,
    make_broker,
    name_themes,
    sort_all,
    staff,
)
from tests.factories import NOW, actor, make_bank, make_member
from timebank.act import Act
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audit_rules as rules
from timebank.dialogue import audits, contacts, results, sorting
from timebank.dialogue.audit_rules import (
    Joining,
    NewDetails,
    NewRound,
    NewSheet,
    NewThemes,
    Sorting,
)
from timebank.dialogue.errors import AuditClosed, CodeUsed, NotInThatState
from timebank.dialogue.rules import GroupKind, Way
from timebank.errors import Invalid, NotAllowed, NotFound

LATER = NOW + timedelta(days=30)


def rows(session, table):
    return session.execute(text(f"SELECT * FROM {table}")).all()


# ---- Planning ----


def test_what_cannot_be_asked_is_said_together(session, bank):
    with pytest.raises(Invalid) as refusal:
        make_audit(
            session,
            bank,
            title=" ",
            closes_on=TODAY - timedelta(days=1),
            target=0,
            questions=("Yes? No",),
            ages=("Under 25 = many",),
            areas=("Canal Street", "canal street"),
        )
    assert refusal.value.fields.keys() == {
        "title",
        "closes_on",
        "target",
        "questions",
        "ages",
        "areas",
    }
    with pytest.raises(Invalid, match="at most 8"):
        make_audit(session, bank, questions=["How is it?"] * 9)


def test_only_a_coordinator_plans_and_only_the_staff_and_collectors_take_sheets(session, bank):
    maggie, tom, eve = (
        make_broker(session, bank, "Maggie"),
        make_member(session, bank, "Tom"),
        make_member(session, bank, "Eve"),
    )
    audit = make_audit(session, bank)
    with pytest.raises(NotAllowed):
        audits.close_audit(session, bank, audit.id, Act(actor(maggie), NOW))
    audits.add_round(session, bank, audit.id, NewRound("Canal Street", "Tom"), staff(bank))
    sheet = NewSheet(Way.DOOR, ["benches"])
    for who in (maggie, tom):
        audits.take_sheet(session, bank, audit.id, sheet, Act(actor(who), NOW))
    for refused in (
        lambda: audits.take_sheet(session, bank, audit.id, sheet, Act(actor(eve), NOW)),
        lambda: sorting.next_answer(session, bank, audit.id, actor(eve)),
        lambda: audits.add_round(session, bank, audit.id, NewRound("Mine"), Act(actor(tom), NOW)),
        lambda: audits.print_codes(session, bank, audit.id, 3, Act(actor(tom), NOW)),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert [one.title for one in queries.collected_by(session, bank, tom.id)] == ["Spring"]
    other = make_bank(session, slug="other", name="Other")
    with pytest.raises(NotFound):
        audits.take_sheet(session, other, audit.id, sheet, staff(other))


# ---- Sheets ----


def test_a_sheet_says_nothing_of_who_or_when_and_hides_among_others(session, bank, audit):
    for number in range(9):
        ask(session, bank, audit, f"wish {number}", age="Under 25")
    before = {row.key for row in rows(session, "audit_sheet")}
    ask(session, bank, audit, "benches", "benches", assets=["singing"], closed={1: 4, 2: 1})
    after = rows(session, "audit_sheet")
    # The new one and seven others have keys that were not there; their answers went with them.
    assert len(before & {row.key for row in after}) == 2
    answers = rows(session, "audit_answer")
    assert {row.key for row in answers} == {row.key for row in after}
    assert len(answers) == 9 + 5
    columns = {name for row in after for name in row._mapping}
    assert columns == {
        *("bank_id", "audit_id", "key", "way", "round_id", "age", "area", "part"),
        # The number of a file it came in with others: this one came by itself.
        "stack",
    }
    assert {row.stack for row in after} == {None}


def test_what_is_no_answer_is_said_together_and_nothing_is_kept(session, bank, audit):
    with pytest.raises(Invalid) as refusal:
        ask(
            session,
            bank,
            audit,
            *("a", "b", "c", "d"),
            closed={1: 9, 3: 1},
            age="Old",
            area="Nowhere",
            round_id=99,
        )
    assert refusal.value.fields.keys() == {"wishes", "q1", "q3", "age", "area", "round_id"}
    with pytest.raises(Invalid, match="Nothing is answered"):
        ask(session, bank, audit, " ")
    assert not rows(session, "audit_sheet")


def test_outside_the_days_of_asking_no_sheet_is_taken(session, bank):
    early = make_audit(session, bank, opens_on=TODAY + timedelta(days=1))
    late = make_audit(session, bank)
    with pytest.raises(AuditClosed, match="begin to ask"):
        ask(session, bank, early, "benches")
    with pytest.raises(AuditClosed, match="stopped asking"):
        audits.take_sheets(
            session, bank, late.id, [NewSheet(Way.DOOR, ["a"])], Act(staff(bank).by, LATER)
        )


def test_a_printed_sheet_counts_once(session, bank, audit):
    (code,) = audits.print_codes(session, bank, audit.id, 1, staff(bank))
    other = make_audit(session, bank, title="Autumn")
    with pytest.raises(Invalid, match="another round"):
        ask(session, bank, other, "benches", code=code)
    ask(session, bank, audit, "benches", code=code.upper().replace("-", " "))
    with pytest.raises(CodeUsed):
        audits.take_by_code(session, bank, code, NewSheet(wishes=["again"]), now=NOW)
    with pytest.raises(Invalid, match="No sheet has that code"):
        audits.take_by_code(session, bank, "0000", NewSheet(wishes=["again"]), now=NOW)
    with pytest.raises(Invalid, match="1 to 500"):
        audits.print_codes(session, bank, audit.id, 501, staff(bank))
    assert queries.people(session, bank, audit.id) == 1


def test_the_public_link_counts_as_such_whatever_is_sent_by_it(session, bank, audit):
    key = audits.open_link(session, bank, audit.id, staff(bank)).link_key
    audits.take_by_link(session, bank, key, NewSheet(Way.DOOR, ["a"], code="x"), now=NOW)
    assert queries.reach(session, bank, audit).ways == {Way.LINK: 1}
    audits.end_link(session, bank, audit.id, staff(bank))
    with pytest.raises(NotFound):
        audits.take_by_link(session, bank, key, NewSheet(wishes=["a"]), now=NOW)


def test_who_has_been_asked_is_shown_against_what_is_known(session, bank, audit):
    ask(session, bank, audit, "a", age="25 to 44", area="Canal Street")
    reach = queries.reach(session, bank, audit)
    assert (reach.people, reach.target) == (1, 250)
    assert "Under 25" in reach.nobody
    assert reach.by[GroupKind.AREA] == (("Canal Street", 1, 120), ("Alder Row", 0, None))


# ---- Details left apart ----


def test_details_are_on_a_row_that_no_sheet_leads_to(session, bank, audit):
    for number in range(9):
        ask(session, bank, audit, f"wish {number}")
        given = NewDetails(f"Neighbour {number}", phone="0123", hear=True)
        contacts.leave_details(session, bank, audit.id, given, now=NOW)
    left = queries.details(session, bank, audit.id)
    assert not {one.key for one in left} & {row.key for row in rows(session, "audit_sheet")}
    with pytest.raises(Invalid) as refusal:
        contacts.leave_details(session, bank, audit.id, NewDetails("  "), now=NOW)
    assert refusal.value.fields.keys() == {"name"}
    with pytest.raises(Invalid) as refusal:
        contacts.leave_details(session, bank, audit.id, NewDetails("Ann"), now=NOW)
    assert refusal.value.fields.keys() == {"phone", "hear"}
    keys = [one.key for one in left[:2]]
    assert contacts.mark_told(session, bank, audit.id, keys, staff(bank)) == 2
    contacts.erase_details(session, bank, audit.id, keys[0], staff(bank))
    told = [one.told_on for one in queries.details(session, bank, audit.id)]
    assert (len(told), told.count(TODAY)) == (8, 1)


# ---- Themes and sorting ----


def test_themes_are_named_once_and_kept_to_what_can_be_kept_in_mind(session, bank, audit):
    name_themes(session, bank, audit, "Debt", "Benches")
    for wrong, words in ((["debt"], "there already"), (["a", "A"], "already"), ([" "], "one on")):
        with pytest.raises(Invalid, match=words):
            sorting.name_themes(session, bank, audit.id, NewThemes(wrong), staff(bank))
    with pytest.raises(Invalid, match="at most"):
        sorting.name_themes(
            session, bank, audit.id, NewThemes([f"t{n}" for n in range(14)]), staff(bank)
        )


def test_two_who_sort_one_answer_are_both_kept_and_the_difference_is_shown(session, bank, audit):
    maggie, owen = make_broker(session, bank, "Maggie"), make_broker(session, bank, "Owen")
    ask(session, bank, audit, "a bench by the canal")
    themes = name_themes(session, bank, audit, "Benches", "Water", "Debt")
    answer = sorting.next_answer(session, bank, audit.id, actor(maggie))
    assert (answer.words, answer.left) == ("a bench by the canal", 1)
    for who, words in ((maggie, "Benches"), (owen, "Water")):
        put = Sorting(answer.key, answer.place, [themes[words].id])
        sorting.sort(session, bank, audit.id, put, Act(actor(who), NOW))
    ((key, place, words, choices),) = sorting.differences(session, bank, audit.id, actor(owen))
    assert (key, place, words) == (answer.key, answer.place, answer.words)
    assert [one.sorter_id for one in choices] == [maggie.id, owen.id]
    # Until they have talked about it, it counts as what each of them says.
    assert queries.settled(choices) == {themes["Benches"].id, themes["Water"].id}
    again = Sorting(answer.key, answer.place, [themes["Benches"].id, themes["Water"].id])
    sorting.sort(session, bank, audit.id, again, Act(actor(owen), NOW))
    assert not sorting.differences(session, bank, audit.id, actor(owen))
    (choices,) = queries.choices(session, bank, audit.id).values()
    assert queries.settled(choices) == {themes["Benches"].id}


def test_an_answer_is_sorted_once_and_one_in_ten_by_two(session, bank):
    maggie, owen = make_broker(session, bank, "Maggie"), make_broker(session, bank, "Owen")
    audit = make_audit(session, bank)
    sheets = [NewSheet(Way.DOOR, ["Debt"] if number % 3 else ["Benches"]) for number in range(80)]
    audits.take_sheets(session, bank, audit.id, sheets, staff(bank))
    name_themes(session, bank, audit, "Debt", "Benches")
    sort_all(session, bank, audit, maggie)
    double = sorting.waiting(session, bank, audit, actor(owen))
    answers = list(queries.wishes(session, bank, audit.id))
    assert sorted(double) == sorted(one for one in answers if rules.is_for_two(*one))
    sort_all(session, bank, audit, owen)
    agreed = sorting.agreement(session, bank, audit)
    assert agreed.answers == len(double)
    assert agreed.kappa in {None, 1.0}
    assert sorting.next_answer(session, bank, audit.id, actor(owen)) is None


def test_what_cannot_be_sorted_is_said(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    ask(session, bank, audit, "a")
    themes = name_themes(session, bank, audit, "Debt", "Benches", "Water")
    answer = sorting.next_answer(session, bank, audit.id, actor(maggie))
    act = Act(actor(maggie), NOW)
    for wrong in ([], [0], [one.id for one in themes.values()]):
        with pytest.raises(Invalid, match="one theme, or two"):
            put = Sorting(answer.key, answer.place, wrong)
            sorting.sort(session, bank, audit.id, put, act)
    with pytest.raises(NotFound, match="mixed"):
        sorting.sort(session, bank, audit.id, Sorting("0" * 32, 1, [themes["Debt"].id]), act)
    with pytest.raises(Invalid, match="another theme"):
        sorting.join_theme(
            session, bank, audit.id, themes["Debt"].id, Joining(themes["Debt"].id), act
        )


@pytest.mark.parametrize(
    ("words", "signs"),
    [
        ("More benches on Canal Street", 0),
        ("Ring me on 01632 960142", 1),
        ("ann@example.org knows", 1),
        ("Mrs Whitlock at number 14 needs a ramp", 2),
        ("A ramp for Joan Whitlock", 1),
        ("my old mother cannot get out", 1),
    ],
)
def test_what_could_tell_who_wrote_it_is_marked(words, signs):
    assert len(rules.could_tell(words)) == signs


# ---- Closing ----


def test_it_closes_once_everything_is_sorted_and_no_theme_is_one_persons(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    themes = name_themes(session, bank, audit, "Debt", "Benches", "Water")
    for words in ("Debt", "Debt", "Benches", "Water", "Water"):
        ask(session, bank, audit, words)
    with pytest.raises(NotInThatState, match="5 answers are not sorted"):
        audits.close_audit(session, bank, audit.id, staff(bank))
    sort_all(session, bank, audit, maggie)
    with pytest.raises(NotInThatState, match="one person alone"):
        audits.close_audit(session, bank, audit.id, staff(bank))
    joining = Joining(themes["Water"].id)
    sorting.join_theme(session, bank, audit.id, themes["Benches"].id, joining, staff(bank))
    with pytest.raises(NotInThatState, match="told once"):
        results.results(session, bank, audit)
    audits.close_audit(session, bank, audit.id, staff(bank))
    # Five people are too few to say anything of.
    found = results.results(session, bank, audit)
    assert (found.people, found.blocks, found.ways) == (None, (), {})
    for refused in (
        lambda: audits.close_audit(session, bank, audit.id, staff(bank)),
        lambda: sorting.next_answer(session, bank, audit.id, actor(maggie)),
        lambda: ask(session, bank, audit, "late"),
        lambda: contacts.leave_details(
            session, bank, audit.id, NewDetails("A", phone="1", hear=True), now=NOW
        ),
    ):
        with pytest.raises(AuditClosed):
            refused()


def test_the_first_wording_is_erased_when_it_closes(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    themes = name_themes(session, bank, audit, "Debt", "Benches")
    first = "A ramp for Mrs Whitlock at number 14"
    for _ in range(2):
        ask(session, bank, audit, first)
        answer = sorting.next_answer(session, bank, audit.id, actor(maggie))
        put = Sorting(answer.key, answer.place, [themes["Debt"].id], "A ramp for a neighbour")
        sorting.sort(session, bank, audit.id, put, Act(actor(maggie), NOW))
    assert set(queries.wishes(session, bank, audit.id).values()) == {"A ramp for a neighbour"}
    audits.close_audit(session, bank, audit.id, staff(bank))
    assert set(queries.wishes(session, bank, audit.id).values()) == {"A ramp for a neighbour"}
    assert first not in str(rows(session, "audit_answer") + rows(session, "audit_wording"))


def test_a_finished_audit_says_shares_of_people_and_nothing_of_few(session, bank):
    maggie = make_broker(session, bank, "Maggie")
    audit = make_audit(session, bank)
    said = ["Debt"] * 60 + ["Dentist"] * 26 + ["Benches"] * 24 + ["Young"] * 4 + [None] * 6
    sheets = [
        NewSheet(
            Way.DOOR,
            [words, words] if words else [],
            closed={1: 1 + n % 5, 2: 1 + n % 2},
            age=("Under 25", "45 to 64")[n % 2],
            area="Canal Street" if n < 3 else "Alder Row",
        )
        for n, words in enumerate(said)
    ]
    link = [NewSheet(Way.LINK, ["Debt"])] * 3
    audits.take_sheets(session, bank, audit.id, [*sheets, *link], staff(bank))
    name_themes(session, bank, audit, "Debt", "Dentist", "Benches", "Young")
    sort_all(session, bank, audit, maggie)
    audits.close_audit(session, bank, audit.id, staff(bank))
    found = results.results(session, bank, audit)
    assert found.people == 120
    (debt,), (dentist, benches) = found.blocks
    assert (debt.words, debt.standing.people, debt.standing.rank) == ("Debt", 60, 1)
    assert [one.standing.people for one in (dentist, benches)] == [26, 24]
    assert str(results.rank_words(dentist.standing)) == "2nd or 3rd"
    assert [one.words for one in found.rare] == ["Young"]
    # Three by the link are few; three of Canal Street hide that whole table.
    assert (found.link_people, found.by_link) == (None, ())
    assert [one.kind for one in found.groups] == [GroupKind.AGE]
    assert found.groups[0].themes[debt.theme_id] == {"Under 25": 30, "45 to 64": 30}
    assert found.not_reached[0] == "25 to 44"
    assert [list(one.people.values()) for one in found.closed][1] == [60, 60, 0]


# ---- What the database keeps, whoever writes ----

ATTACKS = {
    "audit_sheet_kept": "UPDATE audit_sheet SET age = 'Under 25'",
    "audit_answer_kept": "UPDATE audit_answer SET words = 'other' WHERE question = 0",
    "audit_kept": "UPDATE audit SET question = 'Are you glad?'",
    "audit_question_kept_update": "UPDATE audit_question SET words = 'Other?'",
    "audit_question_kept_delete": "DELETE FROM audit_question WHERE n = 2",
    "audit_code_once": "UPDATE audit_code SET used = FALSE",
}
CLOSED = {
    "audit_kept": "UPDATE audit SET closed_at = NULL",
    "audit_sheet_kept": "UPDATE audit_sheet SET stack = 3",
    "audit_sheet_kept_delete": "DELETE FROM audit_sheet WHERE key = 'bare'",
    "audit_answer_kept_delete": "DELETE FROM audit_answer WHERE question = 1",
    "audit_sheet_open": (
        "INSERT INTO audit_sheet (bank_id, audit_id, key, way)"
        " SELECT bank_id, id, 'another', 'door' FROM audit"
    ),
    "audit_answer_open": (
        "INSERT INTO audit_answer (bank_id, audit_id, key, question, place, words, shortened)"
        " SELECT bank_id, audit_id, key, 0, 3, 'more', FALSE FROM audit_sheet"
    ),
    "sorted_as_open_insert": (
        "INSERT INTO sorted_as (bank_id, audit_id, key, question, place, sorter_id, n, theme_id)"
        " SELECT bank_id, audit_id, key, question, place, sorter_id, 2, theme_id + 1 FROM sorted_as"
    ),
    "sorted_as_open_delete": "DELETE FROM sorted_as",
    "audit_wording_open_insert": (
        'INSERT INTO audit_wording (bank_id, audit_id, key, question, place, words, "by")'
        " SELECT bank_id, audit_id, key, question, place, 'other', 'x' FROM audit_answer"
        " WHERE question = 0"
    ),
}


def _attack(session, guard, statement):
    """Refused with the guard, and done without it."""
    with pytest.raises(IntegrityError, match="audit"), session.begin_nested():
        session.execute(text(statement))
    with session.begin_nested() as inside:
        table = statement.replace("DELETE FROM", "INTO").split("INTO ")[-1].split()[0]
        table = statement.split()[1] if statement.startswith("UPDATE") else table
        on = f" ON {table}" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(text(f"DROP TRIGGER {guard}{on}"))
        assert session.execute(text(statement)).rowcount
        inside.rollback()


def test_what_was_given_stays_as_it_was_given(session, bank, audit):
    (code,) = audits.print_codes(session, bank, audit.id, 1, staff(bank))
    ask(session, bank, audit, "Debt", closed={1: 2}, code=code)
    # Which came in together is known, and stays as it was, until it closes.
    _attack(session, "audit_sheet_kept", "UPDATE audit_sheet SET stack = 3")
    for guard, statement in ATTACKS.items():
        _attack(session, guard, statement)


def test_a_closed_audit_takes_nothing_more(session, bank, audit):
    maggie = make_broker(session, bank, "Maggie")
    name_themes(session, bank, audit, "Debt", "Benches")
    for _ in range(2):
        ask(session, bank, audit, "Debt", closed={1: 2})
    sort_all(session, bank, audit, maggie)
    # One without answers, which would go with them.
    bare = (
        "INSERT INTO audit_sheet (bank_id, audit_id, key, way)"
        " VALUES (:bank, :audit, 'bare', 'door')"
    )
    session.execute(text(bare), {"bank": bank.id, "audit": audit.id})
    audits.close_audit(session, bank, audit.id, staff(bank))
    session.execute(
        text("UPDATE audit_sheet SET key = 'bare' WHERE key NOT IN (SELECT key FROM audit_answer)")
    )
    for guard, statement in CLOSED.items():
        _attack(session, guard, statement)
