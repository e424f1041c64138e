"""The safeguarding file of the demonstration: papers that were looked at, some about to end and
some run out, whom to ring in need, and concerns."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Role
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding import service as safeguarding_service
from timebank.safeguarding.rules import Doorstep, NewCheck, NewConcern, Renewal
from timebank.skills import queries as skills

_LASTS = {"criminal_record": 1095, "driving": 365, "first_aid": 1095, "references": None}
"""For how many days a paper of each kind is good; None: it does not run out."""

_DAYS_LEFT = (-40, 5, -9, 26, 0, 12, 48)
"""How many days some of the papers are still good; below zero: they have run out."""

_NO_ANSWER = (
    "Ring twice, she is slow on the stairs. The key is with number 8.",
    "He may be in the garden: go round by the side gate. If the curtains are drawn, ring.",
    "Knock on the kitchen window. If nobody comes, ring her daughter before anybody else.",
)


def fill(
    session: Session, bank: Bank, draw: Random, staff: Sequence[Actor], *, now: datetime
) -> None:
    """Write down the checks that people need for what they offer, most of them; `staff` are a
    broker and a coordinator."""
    broker, coordinator = staff
    on = local_date(now, bank.timezone)
    codes = {one.id: one.code for one in safeguarding.kinds(session, bank)}
    needed = skills.checks_needed(session, bank, on)
    wanted = [
        (member_id, codes[kind_id])
        for member_id in sorted(needed)
        for kind_id in sorted(needed[member_id])
    ]
    for place, (member_id, code) in enumerate(wanted):
        # Every fifth has not been looked at yet.
        if place % 5 != 4:
            _write_down(session, bank, draw, (member_id, code), Act(broker, now), place)
    for place, member in enumerate(members.members(session, bank, limit=60)[8:40:12]):
        doorstep = Doorstep(
            "Ruth Ellis", "daughter", f"01632 960 {draw.randrange(200, 900)}", _NO_ANSWER[place],
            on_visits=place != 1,
        )  # fmt: skip
        safeguarding_service.set_doorstep(session, bank, member.id, doorstep, Act(broker, now))
    residents = [one for one in members.members(session, bank, limit=60) if one.role == Role.MEMBER]
    about = residents[:18][-1]
    words = (
        "Rang at ten and again at two: nobody, though the light was on. The neighbour has not seen"
        " them since Sunday, and there was no milk taken in. I have asked the surgery to look in."
    )
    act = Act(broker, now - timedelta(days=3))
    first = safeguarding_service.write_concern(session, bank, NewConcern(about.id, words), act)
    safeguarding_service.read_concern(
        session, bank, first.id, Act(coordinator, now - timedelta(days=2))
    )
    words = "They were short of breath on the stairs today, and did not want anybody told."
    safeguarding_service.write_concern(session, bank, NewConcern(about.id, words), Act(broker, now))


def _write_down(
    session: Session, bank: Bank, draw: Random, whose: tuple[int, str], act: Act, place: int
) -> None:
    """One check of a member, of a kind; the first of them end soon or have run out, and every
    second was renewed."""
    (member_id, code), on = whose, local_date(act.now, bank.timezone)
    lasts, seen = _LASTS.get(code), replace(act, now=act.now - timedelta(days=70))
    if lasts is None:
        since = on - timedelta(days=draw.randrange(80, 700))
        safeguarding_service.record(session, bank, member_id, NewCheck(since, kind=code), seen)
        return
    left = _DAYS_LEFT[place] if place < len(_DAYS_LEFT) else draw.randrange(90, lasts - 80)
    ends = on + timedelta(days=left)
    since, number = ends - timedelta(days=lasts), f"{draw.randrange(10**11, 10**12)}"
    if place % 2:
        before = NewCheck(since - timedelta(days=lasts), since + timedelta(days=9), kind=code)
        first = safeguarding_service.record(session, bank, member_id, before, seen)
        paper = Renewal(since, ends, number)
        safeguarding_service.renew(session, bank, first.id, paper, replace(seen, now=act.now))
    else:
        new = NewCheck(since, ends, number, kind=code)
        safeguarding_service.record(session, bank, member_id, new, seen)
