"""The safeguarding file of the demonstration: papers that were looked at, some about to end and
some run out, whom to ring in need, and concerns."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.members import queries as members
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding import service as safeguarding_service
from timebank.safeguarding.models import HeldCheck
from timebank.safeguarding.rules import Doorstep, NewCheck, NewConcern, Renewal
from timebank.skills import queries as skills

_LASTS = {"criminal_record": 1095, "driving": 365, "first_aid": 1095, "references": None}
"""For how many days a paper of each kind is good; None: it does not run out."""

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
    kinds = {one.id: one.code for one in safeguarding.kinds(session, bank)}
    written = []
    for member_id, kind_ids in sorted(skills.checks_needed(session, bank, on).items()):
        if draw.random() < 0.2:
            continue
        for code in sorted(kinds[kind_id] for kind_id in kind_ids):
            lasts = _LASTS.get(code)
            days = draw.randrange(20, (lasts or 900) - 90)
            number = f"{draw.randrange(10**11, 10**12)}" if code != "references" else ""
            since = on - timedelta(days=days)
            ends = since + timedelta(days=lasts) if lasts else None
            check = NewCheck(since, ends, number, kind=code)
            act = Act(broker, now - timedelta(days=days - 10))
            written.append(
                (safeguarding_service.record(session, bank, member_id, check, act), lasts)
            )
    _let_some_end(session, bank, [check for check, lasts in written if lasts], broker, now=now)
    for place, member in enumerate(members.members(session, bank, limit=60)[8:40:12]):
        doorstep = Doorstep(
            "Ruth Ellis", "daughter", f"01632 960 {draw.randrange(200, 900)}", _NO_ANSWER[place],
            on_visits=place != 1,
        )  # fmt: skip
        safeguarding_service.set_doorstep(session, bank, member.id, doorstep, Act(broker, now))
    about = members.members(session, bank, limit=60)[20]
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


def _let_some_end(
    session: Session, bank: Bank, checks: Sequence[HeldCheck], by: Actor, *, now: datetime
) -> None:
    """Some of the papers were renewed by one that has run out, or ends soon."""
    on = local_date(now, bank.timezone)
    for check, days in zip(checks, (-40, -9, 0, 5, 12, 26, 48), strict=False):
        ends = on + timedelta(days=days)
        since = max(check.held_since, ends - timedelta(days=365))
        paper = Renewal(min(since, on), ends, check.number)
        safeguarding_service.renew(
            session, bank, check.id, paper, Act(by, max(check.at, now - timedelta(60)))
        )
