from datetime import UTC, datetime, timedelta

from timebank.jobs import rules


def test_the_pause_doubles_from_a_minute_to_four_hours():
    assert [rules.pause(attempt) // timedelta(minutes=1) for attempt in range(1, 12)] == [
        1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240,
    ]  # fmt: skip


def test_a_job_is_given_up_within_a_day():
    assert sum(
        (rules.pause(attempt) for attempt in range(1, rules.ATTEMPTS)), timedelta()
    ) < timedelta(days=1)


def test_every_moment_of_a_period_has_its_name():
    ten = timedelta(minutes=10)
    start = datetime(2026, 11, 12, 10, 40, tzinfo=UTC)
    assert rules.period(start, ten) == rules.period(start + timedelta(minutes=9, seconds=59), ten)
    assert rules.period(start, ten) != rules.period(start + ten, ten)
