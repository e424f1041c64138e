"""Agreed help for the calendars of its two sides."""

from datetime import date

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.exchanges import queries
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import Status
from timebank.members import queries as members
from timebank.room import Appointment, Link, Stands
from timebank.say import Said, say


def appointments(session: Session, bank: Bank, member_id: int, since: date) -> list[Appointment]:
    """The help that a member has agreed to give or to be given on a day, for the whole day: the
    hour is between the two."""
    account_id = members.member(session, bank, member_id).account_id
    if account_id is None:
        return []
    return [
        Appointment(
            key=f"exchange-{shown.id}",
            title=_title(shown, account_id),
            link=Link("exchanges.show", {"exchange_id": shown.id}),
            at=shown.exchange.planned_on,
            sequence=steps,
            stands=Stands.CANCELLED
            if shown.exchange.status == Status.CANCELLED
            else Stands.CONFIRMED,
        )
        for shown, steps in queries.planned(session, bank, account_id, since=since)
        if shown.exchange.planned_on is not None
    ]


def _title(shown: Shown, account_id: int) -> Said:
    """What it is and with whom, by the first name alone: calendars are read over shoulders."""
    name, title = shown.other(account_id).first_name, shown.exchange.title
    if shown.giver.account_id == account_id:
        return say("%(title)s: you help %(name)s", title=title, name=name)
    return say("%(title)s: %(name)s helps you", title=title, name=name)
