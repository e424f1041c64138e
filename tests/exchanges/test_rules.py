"""The life of an exchange, as pure decisions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.act import Channel, Role, Word
from timebank.errors import Invalid, NotAllowed, Refusal
from timebank.exchanges import rules
from timebank.exchanges.errors import StillWaiting, TooLate, WordNeeded, WrongMoment
from timebank.exchanges.rules import NEW, SIDES, Case, Relation, Side, Status
from timebank.say import say

GIVER, RECEIVER = (
    Relation(frozenset({Side.GIVER}), Side.GIVER),
    Relation(frozenset({Side.RECEIVER}), Side.RECEIVER),
)
DAUGHTER = Relation(frozenset({Side.RECEIVER}))
STRANGER, BROKER = Relation(), Relation(is_broker=True)
LOGGED = Case("logged", waiting_for=Side.RECEIVER, names={Side.GIVER: "Ana", Side.RECEIVER: "Ben"})

STEPS = sorted({step for step, _ in rules.TRANSITIONS})
ENDS = {"declined", "cancelled", "reversed"}

sides = st.sampled_from(SIDES)
maybe_side = st.none() | sides
relations = st.builds(
    Relation, st.frozensets(sides), maybe_side, st.booleans(), st.booleans()
).filter(lambda relation: relation.own is None or relation.own in relation.sides)


def step_taken(case: Case, step: str, relation: Relation, word: Side | None) -> Case:
    """The exchange after the step, as the service leaves it; as it was, when the step is
    refused."""
    try:
        side = rules.speaker(step, case, relation, word)
    except Refusal:
        return case
    after = rules.TRANSITIONS[step, case.status].after
    awaited = rules.other(side) if side and after in ("proposed", "logged", "disputed") else None
    return replace(case, status=after, waiting_for=awaited)


@given(
    st.lists(st.tuples(st.sampled_from(STEPS), relations, maybe_side), max_size=30), st.booleans()
)
def test_whatever_anybody_tries_only_the_moves_of_the_table_happen_and_hours_move_once(
    tries: list[tuple[str, Relation, Side | None]], overdue: bool
) -> None:
    case = Case(NEW, overdue=overdue)
    posted = taken_back = 0
    for step, relation, word in tries:
        after = step_taken(case, step, relation, word)
        if after != case:
            assert rules.TRANSITIONS[step, case.status].after == after.status
            assert case.status not in ENDS
            posted += after.status == "confirmed"
            taken_back += after.status == "reversed"
        case = after
    assert posted <= 1
    assert taken_back <= posted


@given(
    st.sampled_from(STEPS),
    relations.filter(lambda relation: not relation.is_broker),
    maybe_side,
    st.booleans(),
)
def test_a_member_never_answers_for_a_side_that_is_not_theirs(
    step: str, relation: Relation, word: Side | None, overdue: bool
) -> None:
    for status in (NEW, *Status):
        for awaited in SIDES if status in ("proposed", "logged", "disputed") else (None,):
            case = Case(status, waiting_for=awaited, overdue=overdue)
            if rules.offer(step, case, relation):
                assert relation.sides
            try:
                side = rules.speaker(step, case, relation, word)
            except Refusal:
                continue
            assert side in relation.sides
            if step in ("agree", "confirm", "dispute"):
                assert side == awaited
                assert not relation.began
                assert relation.own != rules.other(side)


@pytest.mark.parametrize("step", STEPS)
def test_a_stranger_may_take_no_step(step: str) -> None:
    for status in (NEW, *Status):
        with pytest.raises(NotAllowed, match="between two other people"):
            rules.speaker(step, Case(status, waiting_for=Side.RECEIVER), STRANGER)


def test_the_other_side_confirms_and_not_the_one_who_logged() -> None:
    assert rules.speaker("confirm", LOGGED, RECEIVER) == "receiver"
    assert rules.speaker("confirm", LOGGED, DAUGHTER) == "receiver"
    with pytest.raises(NotAllowed, match="It is for Ben"):
        rules.speaker("confirm", LOGGED, GIVER)


def test_a_helper_who_is_the_other_side_or_wrote_the_log_does_not_answer_it() -> None:
    for relation in (
        Relation(frozenset(SIDES), Side.GIVER),
        Relation(frozenset(SIDES), None, began=True),
    ):
        with pytest.raises(NotAllowed, match="You wrote this yourself. Ben has to say so"):
            rules.speaker("confirm", LOGGED, relation)


def test_a_broker_confirms_on_the_awaited_word_or_after_the_waiting_time() -> None:
    assert rules.speaker("confirm", LOGGED, BROKER, Side.RECEIVER) == "receiver"
    with pytest.raises(NotAllowed, match="It is for Ben"):
        rules.speaker("confirm", LOGGED, BROKER, Side.GIVER)
    with pytest.raises(StillWaiting, match="on the word of Ben"):
        rules.speaker("confirm", LOGGED, BROKER)
    assert rules.speaker("confirm", replace(LOGGED, overdue=True), BROKER) is None


def test_a_broker_who_is_a_side_needs_the_other_sides_word_even_after_the_waiting_time() -> None:
    giver_too = replace(GIVER, is_broker=True)
    with pytest.raises(WordNeeded, match="on the word of Ben"):
        rules.speaker("confirm", replace(LOGGED, overdue=True), giver_too)
    assert rules.speaker("confirm", LOGGED, giver_too, Side.RECEIVER) == "receiver"


def test_any_broker_speaks_for_the_chest_but_not_to_pay_themselves() -> None:
    for_chest = replace(LOGGED, chest=Side.RECEIVER)
    assert (
        rules.speaker(
            "confirm", for_chest, Relation(frozenset({Side.RECEIVER}), None, is_broker=True)
        )
        == "receiver"
    )
    with pytest.raises(NotAllowed, match="answering yourself for the chest"):
        rules.speaker("confirm", for_chest, replace(GIVER, is_broker=True), Side.RECEIVER)


@pytest.mark.parametrize("step", ["propose", "log"])
def test_what_begins_an_exchange_is_on_somebodys_word(step: str) -> None:
    with pytest.raises(WordNeeded) as refusal:
        rules.speaker(step, Case(NEW), BROKER)
    assert "on_word_of" in refusal.value.fields
    assert rules.speaker(step, Case(NEW), BROKER, Side.RECEIVER) == "receiver"
    with pytest.raises(WordNeeded, match="both"):
        rules.speaker(step, Case(NEW), Relation(frozenset(SIDES)))


def test_who_logged_may_call_it_off_and_after_a_dispute_still() -> None:
    assert rules.speaker("cancel", LOGGED, GIVER) == "giver"
    assert rules.speaker("cancel", Case("disputed", waiting_for=Side.GIVER), GIVER) == "giver"
    with pytest.raises(NotAllowed):
        rules.speaker("cancel", LOGGED, RECEIVER)
    assert rules.speaker("cancel", LOGGED, BROKER) is None


@pytest.mark.parametrize("step", ["settle", "reverse"])
def test_only_a_broker_settles_and_takes_back(step: str) -> None:
    case = Case("disputed", waiting_for=Side.GIVER) if step == "settle" else Case("confirmed")
    assert rules.offer(step, case, BROKER)
    with pytest.raises(NotAllowed, match="Only a broker"):
        rules.speaker(step, case, GIVER)


def test_a_stale_step_says_where_the_exchange_relations() -> None:
    with pytest.raises(WrongMoment, match="confirmed already, and the hours have moved"):
        rules.speaker("confirm", Case("confirmed"), RECEIVER)


AT = datetime(2026, 11, 12, 10, 32, tzinfo=UTC)


def undo(**change: object) -> None:
    facts = {
        "status": "confirmed",
        "confirmed_by": "member:1",
        "by": "member:1",
        "now": AT,
        "confirmed_at": AT,
        "minutes": 10,
    }
    rules.check_undo(**{**facts, **change})  # pyright: ignore[reportArgumentType]


def test_undo_is_for_whoever_confirmed_and_for_ten_minutes() -> None:
    undo(now=AT + timedelta(minutes=10))
    with pytest.raises(TooLate, match="10 minutes"):
        undo(now=AT + timedelta(minutes=10, seconds=1))
    with pytest.raises(NotAllowed):
        undo(by="member:2")
    with pytest.raises(WrongMoment):
        undo(status="reversed")


TODAY = date(2026, 2, 28)


@pytest.mark.parametrize(
    ("on", "is_broker", "words"),
    [
        (date(2026, 3, 1), False, "still to come"),
        (date(2026, 3, 1), True, "still to come"),
        (date(2024, 2, 27), False, "more than two years ago"),
        (date(1979, 12, 31), True, "year"),
        (date(202, 2, 28), True, "year"),
    ],
)
def test_days_that_cannot_be_logged(on: date, is_broker: bool, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_day(on, today=TODAY, is_broker=is_broker)
    assert words in str(refusal.value.fields["occurred_on"])


def test_members_look_back_two_years_and_brokers_to_the_first_time_banks() -> None:
    rules.check_day(TODAY, today=TODAY, is_broker=False)
    rules.check_day(date(2024, 2, 28), today=TODAY, is_broker=False)
    rules.check_day(date(1980, 1, 1), today=TODAY, is_broker=True)


def test_help_is_not_planned_for_a_day_that_is_past_or_far_off() -> None:
    rules.check_plan(None, today=TODAY)
    rules.check_plan(TODAY, today=TODAY)
    for wrong in (TODAY - timedelta(days=1), TODAY + timedelta(days=731)):
        with pytest.raises(Invalid):
            rules.check_plan(wrong, today=TODAY)


def test_only_brokers_write_down_what_came_by_phone_or_on_paper() -> None:
    for word in (Word(Channel.PHONE), Word(Channel.PAPER, slip="12")):
        with pytest.raises(NotAllowed):
            rules.check_word(word, role=Role.MEMBER)
        rules.check_word(word, role=Role.BROKER)
    for channel in rules.ITS_OWN:
        with pytest.raises(Invalid, match="by itself"):
            rules.check_word(Word(channel), role=Role.BROKER)
        rules.check_word(Word(channel), role=Role.SYSTEM)


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.PHONE, Channel.IN_PERSON, Channel.TEXT])
def test_only_what_is_on_paper_has_a_slip(channel: Channel) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_word(Word(channel, slip="12"), role=Role.BROKER)
    assert refusal.value.fields.keys() == {"slip"}


def test_gifts_are_in_the_banks_steps() -> None:
    rules.check_gift(30, rounding=15)
    for wrong in (0, -15, 20):
        with pytest.raises(Invalid) as refusal:
            rules.check_gift(wrong, rounding=15)
        assert "minutes" in refusal.value.fields


def test_words_are_kept_trimmed_and_within_length() -> None:
    assert rules.tidy("note", "  two\r\nlines ") == "two\nlines"
    for wrong in ("", "   "):
        with pytest.raises(Invalid, match="Say what"):
            rules.tidy("note", wrong, required=say("Say what"))
    for wrong in ("x" * 201, "a\x00b"):
        with pytest.raises(Invalid):
            rules.tidy("title", wrong)


def test_what_may_be_done_says_on_whose_word() -> None:
    nobody, own = rules.Offer(), rules.Offer(True, Side.GIVER, SIDES)
    alone, heard = rules.Offer(True, None, SIDES), rules.Offer(words=SIDES)
    assert [bool(offer) for offer in (nobody, own, alone, heard)] == [False, True, True, True]
    assert [offer.own for offer in (nobody, own, alone, heard)] == [False, True, False, False]
    assert [offer.alone for offer in (nobody, own, alone, heard)] == [False, False, True, False]
    assert [offer.heard for offer in (nobody, own, alone, heard)] == [
        (),
        (Side.RECEIVER,),
        SIDES,
        SIDES,
    ]


def test_a_broker_who_acts_for_both_says_on_whose_word_it_is() -> None:
    both = Relation(frozenset(SIDES), is_broker=True)
    with pytest.raises(WordNeeded):
        rules.speaker("propose", Case(NEW), both)
    assert rules.speaker("propose", Case(NEW), both, Side.GIVER) == Side.GIVER


def test_a_link_is_a_members_own_way_and_nobody_elses() -> None:
    link = Word(Channel.LINK)
    rules.check_word(link, role=Role.MEMBER)
    for role in (Role.BROKER, Role.COORDINATOR):
        with pytest.raises(Invalid):
            rules.check_word(link, role=role)


@pytest.mark.parametrize(
    ("choice", "another", "day"),
    [
        ("today", None, TODAY),
        ("today", TODAY, TODAY),
        ("yesterday", None, TODAY - timedelta(days=1)),
        ("other", date(2026, 11, 2), date(2026, 11, 2)),
        (None, date(2026, 11, 2), date(2026, 11, 2)),
    ],
)
def test_a_day_is_chosen_or_written(choice: str | None, another: date | None, day: date) -> None:
    assert rules.day_meant(choice, another, today=TODAY) == day


@pytest.mark.parametrize(
    ("choice", "another", "field"),
    [
        ("today", TODAY - timedelta(days=1), "occurred_on"),
        ("other", None, "occurred_on"),
        (None, None, "day"),
    ],
)
def test_two_days_or_none_are_asked_about(
    choice: str | None, another: date | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        rules.day_meant(choice, another, today=TODAY)
    assert [*refused.value.fields] == [field]


MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("days", "minutes", "title", "skill", "same"),
    [
        (0, 15, "Choir", "Singing", True),
        (1, 60, "Hedge trimmed", None, True),
        (-1, 60, "The hedge", "Gardening", True),
        (1, 60, "The hedge", "Singing", False),
        (1, 60, "Choir", None, False),
        (1, 45, "Hedge trimmed", None, False),
        (2, 60, "Hedge trimmed", None, False),
    ],
)
def test_help_told_twice_is_told_by_day_length_and_words(
    days: int, minutes: int, title: str, skill: str | None, same: bool
) -> None:
    earlier = rules.Help(MONDAY, 60, "Hedge cut", "gardening")
    new = rules.Help(MONDAY + timedelta(days=days), minutes, title, skill)
    assert rules.may_be_same(earlier, new) is same


@pytest.mark.parametrize(
    ("step", "case", "relation", "offered"),
    [
        # Whose word is awaited gives it; who logged may say on whose it is only as a broker.
        ("confirm", LOGGED, RECEIVER, rules.Offer(True, Side.RECEIVER, (Side.RECEIVER,))),
        ("confirm", LOGGED, GIVER, rules.Offer()),
        ("confirm", LOGGED, STRANGER, rules.Offer()),
        ("confirm", LOGGED, BROKER, rules.Offer(words=(Side.RECEIVER,))),
        (
            "confirm",
            replace(LOGGED, overdue=True),
            BROKER,
            rules.Offer(True, None, (Side.RECEIVER,)),
        ),
        ("confirm", LOGGED, replace(GIVER, is_broker=True), rules.Offer(words=(Side.RECEIVER,))),
        # What is either's is offered as one's own, and on the word of each for whom one acts.
        ("propose", Case(NEW), GIVER, rules.Offer(True, Side.GIVER, (Side.GIVER,))),
        ("propose", Case(NEW), Relation(frozenset(SIDES)), rules.Offer(words=SIDES)),
        (
            "propose",
            Case(NEW),
            Relation(frozenset(SIDES), Side.GIVER),
            rules.Offer(True, Side.GIVER, SIDES),
        ),
        ("propose", Case(NEW), BROKER, rules.Offer(words=SIDES)),
        # On nobody's word a broker calls off, and settles what is disputed.
        ("cancel", LOGGED, BROKER, rules.Offer(True, None, (Side.GIVER,))),
        (
            "settle",
            Case("disputed", waiting_for=Side.GIVER),
            BROKER,
            rules.Offer(True, None, SIDES),
        ),
        # Nobody has said how long it was instead; then somebody has.
        ("accept", Case("disputed", waiting_for=Side.GIVER), GIVER, rules.Offer()),
        (
            "accept",
            Case("disputed", waiting_for=Side.GIVER, thought=30),
            GIVER,
            rules.Offer(True, Side.GIVER, (Side.GIVER,)),
        ),
    ],
)
def test_what_is_offered_is_what_may_be_done_and_on_whose_word(
    step: str, case: Case, relation: Relation, offered: rules.Offer
) -> None:
    assert rules.offer(step, case, relation) == offered


def test_a_broker_settles_on_the_word_that_is_said() -> None:
    disputed = Case("disputed", waiting_for=Side.GIVER)
    assert rules.speaker("settle", disputed, BROKER) is None
    assert rules.speaker("settle", disputed, BROKER, Side.RECEIVER) == Side.RECEIVER


def test_a_member_has_the_word_of_no_side_but_those_they_speak_for() -> None:
    rules.check_part(GIVER, Side.GIVER)
    rules.check_part(BROKER, Side.GIVER)
    with pytest.raises(NotAllowed):
        rules.check_part(GIVER, Side.RECEIVER)


def test_who_is_a_side_speaks_for_that_and_for_others_only_by_what_they_heard() -> None:
    both = Relation(frozenset(SIDES), Side.GIVER)
    assert [relation.foremost for relation in (both, DAUGHTER, STRANGER)] == [
        {Side.GIVER},
        {Side.RECEIVER},
        frozenset(),
    ]
    spoken = [(GIVER, Side.GIVER), (DAUGHTER, Side.RECEIVER), (both, Side.GIVER)]
    assert all(relation.speaks_for(side) for relation, side in spoken)
    others = [(GIVER, Side.RECEIVER), (BROKER, Side.GIVER), (both, Side.RECEIVER), (GIVER, None)]
    assert not any(relation.speaks_for(side) for relation, side in others)


def test_ones_own_word_came_by_no_telephone_whatever_is_said() -> None:
    phone, link = Word(Channel.PHONE), Word(Channel.LINK)
    slip = Word(Channel.PAPER, slip="12")
    own = replace(GIVER, is_broker=True)
    assert rules.as_heard(phone, Side.GIVER, own).channel == Channel.WEB
    for word, side in (
        (phone, Side.RECEIVER),
        (phone, None),
        (slip, Side.GIVER),
        (link, Side.GIVER),
    ):
        assert rules.as_heard(word, side, own) == word


def test_what_was_logged_waits_so_many_days() -> None:
    assert rules.waiting_ends(AT, 14) == AT + timedelta(days=14)


def test_members_look_back_as_far_on_the_last_days_of_a_month() -> None:
    """To the 28th, whatever February of two years ago had."""
    rules.check_day(date(2024, 3, 28), today=date(2026, 3, 31), is_broker=False)
    with pytest.raises(Invalid):
        rules.check_day(date(2024, 3, 27), today=date(2026, 3, 31), is_broker=False)
    rules.check_day(date(2022, 2, 28), today=date(2024, 2, 29), is_broker=False)
    with pytest.raises(Invalid):
        rules.check_day(date(2024, 3, 1), today=date(2026, 3, 2), is_broker=False)


@pytest.mark.parametrize(
    ("choice", "another", "day"),
    [
        ("", None, None),
        ("any", None, None),
        ("2026-03-02", None, date(2026, 3, 2)),
        ("2026-03-02", date(2026, 3, 2), date(2026, 3, 2)),
        ("other", date(2026, 3, 9), date(2026, 3, 9)),
    ],
)
def test_a_day_is_wanted_or_none_in_particular(
    choice: str, another: date | None, day: date | None
) -> None:
    assert rules.day_wanted(choice, another) == day


@pytest.mark.parametrize(
    ("choice", "another", "field"),
    [
        ("other", None, "planned_on"),
        ("soon", None, "when"),
        ("any", date(2026, 3, 9), "when"),
        ("2026-03-02", date(2026, 3, 9), "when"),
    ],
)
def test_no_day_is_wanted_where_none_is_written_or_two(
    choice: str, another: date | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        rules.day_wanted(choice, another)
    assert [*refused.value.fields] == [field]


def test_what_somebody_asks_is_its_own_title_or_begins_it() -> None:
    most = "x" * rules._SHORT
    assert rules.in_short(" A lift\nto town ") == ("A lift to town", "")
    assert rules.in_short(most) == (most, "")
    words = "help " * rules._SHORT
    title, rest = rules.in_short(words)
    assert rest == words
    assert title.endswith("help…")
    assert len(title) > rules._SHORT - 5
    assert rules.in_short(f"{most} y") == (f"{most}…", f"{most} y")


def test_the_hours_of_the_chest_are_given_away_by_somebody_for_a_reason() -> None:
    assert rules.gift_words(" Well done. ", None, from_chest=False) == ("Well done.", None)
    assert rules.gift_words("For bulbs.", "The group", from_chest=True) == (
        "For bulbs.",
        "The group",
    )
    with pytest.raises(Invalid) as refused:
        rules.gift_words("", "", from_chest=True)
    assert refused.value.fields.keys() == {"message", "decided_by"}
    with pytest.raises(Invalid) as refused:
        rules.gift_words("Well done.", "The group", from_chest=False)
    assert refused.value.fields.keys() == {"decided_by"}


def test_the_last_day_that_help_is_planned_for() -> None:
    rules.check_plan(TODAY + timedelta(days=730), today=TODAY)
    rules.check_gift(1, rounding=1)
