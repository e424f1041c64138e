"""Entering what comes to the desk on paper. The caller commits."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from timebank import hours
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.desk import queries
from timebank.desk.errors import EnteredAlready, SlipEntered, WhoIsMeant
from timebank.exchanges import queries as exchanges
from timebank.exchanges import service
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import Shown
from timebank.members.queries import Party
from timebank.members.rules import Actor


def enter_slip(
    session: Session,
    bank: Bank,
    *,
    slip: str,
    occurred_on: date,
    giver: str,
    receiver: str,
    minutes: int,
    title: str,
    giver_id: int | None = None,
    receiver_id: int | None = None,
    another: bool = False,
    by: Actor,
    now: datetime,
) -> Exchange:
    """Enter a signed slip as it is written: who is meant is found out, and what is in the books already is noticed.

    `giver` and `receiver` are numbers or letters of a name; where those can mean several, `giver_id` and `receiver_id`
    are the accounts of those chosen. `another` says that help between the two on that day is not the help already in the books.
    Raises WhoIsMeant, SlipEntered, EnteredAlready; Invalid, SameParty, CannotTakePart and PastFloor as exchanges do.
    """
    gave = _one(session, bank, "giver", giver, giver_id)
    received = _one(session, bank, "receiver", receiver, receiver_id)
    if gave.account_id == received.account_id:
        raise WhoIsMeant("Giver and receiver are the same. Look at the slip again.", field="receiver")
    _check_new(session, bank, slip, gave, received, occurred_on, another=another)
    return service.enter_slip(
        session,
        bank,
        giver_id=gave.account_id,
        receiver_id=received.account_id,
        occurred_on=occurred_on,
        minutes=minutes,
        title=title,
        slip=slip,
        by=by,
        now=now,
    )


def _one(session: Session, bank: Bank, side: str, text: str, chosen: int | None) -> Party:
    found = queries.meant(session, bank, text)
    if not found:
        raise WhoIsMeant(f"We know nobody called “{text}”. Write the number, or the name as it is on the list.", field=side)
    picked = [party for party in found if party.account_id == chosen]
    if len(found) > 1 and not picked:
        number = ("", "", "two", "three", "four", "five")[len(found)] if len(found) < 6 else "several"
        raise WhoIsMeant(f"You wrote “{text}”, and we know {number}. Choose one.", field=f"{side}_id")
    return (picked or found)[0]


def _check_new(
    session: Session, bank: Bank, slip: str, gave: Party, received: Party, occurred_on: date, *, another: bool
) -> None:
    entered = exchanges.by_slip(session, bank, slip)
    if entered is not None:
        seen = exchanges.shown(session, bank, [entered])[0]
        on = local_date(entered.logged_at or entered.proposed_at, bank.timezone)
        raise SlipEntered(f"Slip {slip} was entered on {_day(on)}: {_told(seen)}. Check the number on the paper.")
    same = queries.same_help(session, bank, gave.account_id, received.account_id, occurred_on)
    if same is not None and not another:
        stands = {"logged": ", and waits to be confirmed", "disputed": ", and somebody says that it is wrong"}
        how = f" from slip {same.exchange.slip}" if same.exchange.slip else ""
        raise EnteredAlready(
            f"On {_day(occurred_on)} there is this{how} already: {_told(same)}{stands.get(same.exchange.status, '')}. "
            "Tick here if the slip is about another time."
        )


def _told(seen: Shown) -> str:
    return f"{seen.giver.name} helped {seen.receiver.name}, {hours.words(seen.exchange.minutes or 0)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
