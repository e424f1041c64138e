"""An audit to test with: planned, asked, sorted."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_member, system
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits, sorting
from timebank.dialogue.audit_models import Audit, Theme
from timebank.dialogue.audit_rules import NewAudit, NewSheet, NewThemes, Sorting
from timebank.dialogue.rules import Way
from timebank.members.models import Member

TODAY: date = NOW.date()
AREAS = ("Canal Street = 120", "Alder Row")


def staff(bank: Bank) -> Act:
    return Act(system(bank), NOW)


def make_audit(session: Session, bank: Bank, **details: Any) -> Audit:
    """One that is open: two closed questions, two areas."""
    plain = {
        "title": "Spring",
        "opens_on": TODAY,
        "closes_on": TODAY + timedelta(days=20),
        "questions": ("How safe is it after dark?", "Do you rent? Yes / No"),
        "areas": AREAS,
        "target": 250,
    }
    return audits.plan_audit(session, bank, NewAudit(**{**plain, **details}), staff(bank))


def make_broker(session: Session, bank: Bank, name: str) -> Member:
    return make_member(session, bank, name, role="broker")


def ask(session: Session, bank: Bank, audit: Audit, *wishes: str, **details: Any) -> None:
    """One more sheet, from the door."""
    sheet = NewSheet(**{"way": Way.DOOR, "wishes": wishes, **details})
    audits.take_sheet(session, bank, audit.id, sheet, staff(bank))


def name_themes(session: Session, bank: Bank, audit: Audit, *words: str) -> dict[str, Theme]:
    sorting.name_themes(session, bank, audit.id, NewThemes(words), staff(bank))
    return {theme.words: theme for theme in queries.themes(session, bank, audit.id)}


def sort_all(session: Session, bank: Bank, audit: Audit, by: Member) -> None:
    """Each answer under the theme that it is called like."""
    themes = {theme.words: theme.id for theme in queries.themes(session, bank, audit.id)}
    act = Act(actor(by), NOW)
    while (answer := sorting.next_answer(session, bank, audit.id, act.by)) is not None:
        put = Sorting(answer.key, answer.place, [themes[answer.words]])
        sorting.sort(session, bank, audit.id, put, act)
