from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank import hours
from timebank.errors import Invalid

amounts = st.integers(min_value=1, max_value=hours.LARGEST)


@given(amounts)
def test_what_a_table_says_reads_back_as_the_same_time(minutes: int) -> None:
    assert hours.parse(str(hours.table(minutes))) == minutes


@given(amounts)
def test_what_a_sentence_says_reads_back_as_the_same_time(minutes: int) -> None:
    assert hours.parse(str(hours.words(minutes))) == minutes


@given(amounts)
def test_hours_and_minutes_read_back_however_they_are_parted(minutes: int) -> None:
    whole, rest = divmod(minutes, 60)
    for text in (
        f"{whole}:{rest:02d}",
        f"{whole} h {rest}",
        f"{whole}h{rest}m",
        f" {whole} HOURS  {rest} mins ",
        f"{minutes}m",
    ):
        assert hours.parse(text) == minutes


@given(amounts)
def test_a_small_number_alone_is_hours_and_a_larger_one_minutes_or_a_question(number: int) -> None:
    small = number <= hours.MOST_BARE_HOURS
    assert hours.parse(f"{number}") == (number * 60 if small else number)
    if not small:
        with pytest.raises(Invalid, match=f"Write {number} h, or {number} min"):
            hours.parse(f"{number}", large=True)


@given(st.integers(min_value=0, max_value=800_000), st.integers(min_value=0, max_value=99))
def test_a_decimal_is_taken_exactly_or_not_at_all(whole: int, hundredths: int) -> None:
    text = f"{whole}.{hundredths:02d}"
    if hundredths * 60 % 100:
        with pytest.raises(Invalid, match="whole number of minutes"):
            hours.parse(text)
    else:
        assert (
            hours.parse(text)
            == hours.parse(text.replace(".", ","))
            == whole * 60 + hundredths * 60 // 100
        )


@given(st.text(max_size=200))
def test_any_text_is_a_time_within_reason_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert 0 <= hours.parse(text) <= hours.LARGEST


@given(st.integers(min_value=-hours.LARGEST, max_value=hours.LARGEST))
def test_a_table_shows_which_side_of_zero_it_is_and_a_sentence_leaves_that_to_its_words(
    minutes: int,
) -> None:
    assert str(hours.table(minutes)).startswith("−") == (minutes < 0)
    assert str(hours.words(minutes)) == str(hours.words(-minutes))


@pytest.mark.parametrize(
    ("minutes", "table", "words"),
    [
        (0, "0 h", "no hours"),
        (1, "1 min", "1 minute"),
        (15, "15 min", "15 minutes"),
        (30, "30 min", "30 minutes"),
        (60, "1 h", "1 hour"),
        (61, "1 h 01", "1 hour 1 minute"),
        (75, "1 h 15", "1¼ hours"),
        (80, "1 h 20", "1 hour 20 minutes"),
        (90, "1 h 30", "1½ hours"),
        (120, "2 h", "2 hours"),
        (165, "2 h 45", "2¾ hours"),
        (-90, "−1 h 30", "1½ hours"),
    ],
)
def test_time_reads_as_a_neighbour_would_say_it(minutes: int, table: str, words: str) -> None:
    assert (str(hours.table(minutes)), str(hours.words(minutes))) == (table, words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a while",
        "-30",
        "1:60",
        "1:5",
        "1 h 75",
        "1.5 m",
        "1.2.3",
        "h",
        "½½",
        "1e3",
        "9" * 50,
        "9" * 5000,
        "²",
        *("a", "an", "1 30", "one two", "an hour ago", "half past one"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        hours.parse(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("½", 30), ("1½", 90), ("2 ¼ h", 135), ("1,5h", 90), ("0:00", 0), ("90m", 90)),
        *(("an hour", 60), ("one", 60), ("1h", 60), ("90 min", 90), ("90", 90), ("2", 120)),
        *(("one and a half", 90), ("an hour and a half", 90), ("two and a half hours", 150)),
        *(("half an hour", 30), ("a quarter of an hour", 15), ("three quarters of an hour", 45)),
        *(("an hour and 20 minutes", 80), ("a couple of hours", 120), ("hour and a quarter", 75)),
        *(("una hora y media", 90), ("media hora", 30), ("tres cuartos de hora", 45)),
        *(("hora y media", 90), ("90 minutos", 90), ("dos horas", 120)),
    ],
)
def test_the_ways_people_write_it(text: str, minutes: int) -> None:
    assert hours.parse(text) == minutes
