"""A report that is due, from the worker's clock to the mail server."""

from datetime import date
from typing import Any

from sqlalchemy import select, update

from tests.factories import actor, make_member
from tests.letters import plain
from tests.notices.test_mail import app, port, server, settings, wait_until_due
from timebank import clock
from timebank.access import commissioners
from timebank.access.rules import NewCommissioner
from timebank.act import Act
from timebank.banks.queries import all_banks
from timebank.db import transaction
from timebank.jobs.worker import Worker
from timebank.measures.figures import Topic
from timebank.measures.windows import Period, ended
from timebank.notices.feature import feature as notices
from timebank.reports import feature as reports
from timebank.reports import schedules
from timebank.reports.models import KeptReport, Schedule
from timebank.reports.schedules import NewSchedule

__all__ = ["app", "port", "server", "settings"]


def work(app: Any) -> None:
    """Let a worker do what is due, as often as something makes something else due."""
    for _ in range(3):
        Worker(app, [*reports.feature.jobs, *notices.jobs]).run_due()


def test_a_worker_sends_what_is_due_once(app, server):
    with transaction() as session:
        bank = all_banks(session)[0]
        owen = make_member(session, bank, "Owen", "coordinator", email="owen@example.org")
        jo = commissioners.invite(
            session,
            bank,
            NewCommissioner("Jo", "jo@council.example", ""),
            Act(actor(owen), clock.now()),
        )
        for reader in (actor(owen).key, f"commissioner:{jo.id}"):
            new = NewSchedule(Topic.PARTICIPATION, Period.QUARTER, reader)
            schedules.add(session, bank, new, Act(actor(owen), clock.now()))
        # As if a quarter had ended since.
        session.execute(update(Schedule).values(sent_to=date(2020, 3, 31)))
    work(app)
    wait_until_due()
    work(app)
    found = {
        letter["To"].addresses[0].addr_spec: letter
        for letter in server.letters
        if "Participation" in letter["Subject"]
    }
    assert sorted(found) == ["jo@council.example", "owen@example.org"]
    assert len([letter for letter in server.letters if "Participation" in letter["Subject"]]) == 2
    assert "/reports/shared?report=participation" in plain(found["jo@council.example"])
    assert "/reports/files?report=participation" in plain(found["owen@example.org"])
    with transaction() as session:
        assert sorted(session.execute(select(KeptReport.shared)).scalars()) == [False, True]
        assert {one.sent_to for one in session.execute(select(Schedule)).scalars()} == {
            ended(Period.QUARTER, (clock.now() - schedules.SETTLED).date())
        }
