"""Small awards between rounds: a panel of residents and others decides, within what was settled for
it; who, when, why and how much stand in the open. The caller commits.
"""

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import Conflict, Invalid, NotAllowed, together
from timebank.fund import awards, money, queries, rules
from timebank.fund.models import Ceiling, Money, Panel, Panelist, SmallAward, SmallReport
from timebank.fund.rules import FundUnit, Movement, NewCeiling, NewReport, NewSmallAward, PotKind
from timebank.fund.telling import amount
from timebank.ledger import queries as ledger
from timebank.ledger.rules import Leg
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.acts import tell, today
from timebank.members.queries import Party
from timebank.members.rules import require_coordinator
from timebank.notices.rules import Letter, NewNotice
from timebank.say import Said, say
from timebank.text import tidy


def settle_ceiling(session: Session, bank: Bank, new: NewCeiling, act: Act) -> Ceiling:
    """Settle how much a panel may give of a unit from now on. Raises Invalid."""
    require_coordinator(act.by)
    rules.check_ceiling(new)
    made = Ceiling(
        bank_id=bank.id,
        unit=new.unit,
        at_once=new.at_once,
        a_year=new.a_year,
        by=act.by.key,
        at=act.now,
    )
    session.add(made)
    session.flush()
    return made


def decide_small(session: Session, bank: Bank, new: NewSmallAward, act: Act) -> SmallAward:
    """Write down what a panel decided: hours move out of the chest at once, money is promised.
    Whoever is given it is told, and so are those who sat there, who can say that it was not so.

    Raises Invalid; NotAllowed where somebody decides for themselves; Conflict for more than may be
    given; NotCovered where it is not there; KeptApart.
    """
    require_coordinator(act.by)
    party = members.party(session, bank, new.party_id)
    if party.member_id is None and party.organisation_id is None and party.group_id is None:
        raise Invalid.on("party_id", say("Choose a person, a group or an organisation."))
    title, why, *_ = together(
        lambda: tidy("title", new.title, rules.LONGEST["title"], required=say("Write what for.")),
        lambda: tidy(
            "why",
            new.why,
            rules.LONGEST["reason"],
            required=say("Write why. Everybody can read it."),
        ),
        lambda: _check_days(bank, new, act),
        lambda: _check_amount(new),
        lambda: _check_panel(session, bank, new, party),
    )
    one_at_a_time(session, bank)
    _check_ceiling(session, bank, new)
    panel = _seat(session, bank, new, act)
    made = SmallAward(
        bank_id=bank.id,
        panel_id=panel.id,
        title=title,
        unit=new.unit,
        amount=new.amount,
        party_id=new.party_id,
        why=why,
        report_due_on=new.report_due_on,
        entry_id=_grant(session, bank, new, panel, title, act),
        by=act.by.key,
        at=act.now,
    )
    session.add(made)
    session.flush()
    if new.unit == FundUnit.PENCE:
        there = money.pot(session, bank, PotKind.AVAILABLE)
        promised = money.pot(session, bank, PotKind.PROMISED)
        move = Movement(new.amount, f"small:{made.id}")
        money.move(session, bank, there, promised, move, act)
    _tell(session, bank, made, party, new, act)
    return made


def _check_days(bank: Bank, new: NewSmallAward, act: Act) -> None:
    if new.sat_on > today(bank, act):
        raise Invalid.on("sat_on", say("That day is still to come."))
    if new.report_due_on < new.sat_on:
        words = say("This day is before the one on which it was decided.")
        raise Invalid.on("report_due_on", words)


def _check_amount(new: NewSmallAward) -> None:
    if new.amount <= 0:
        raise Invalid.on("amount", say("The amount has to be more than nothing."))


def _check_panel(session: Session, bank: Bank, new: NewSmallAward, party: Party) -> None:
    if len(set(new.panel)) < len(new.panel):
        raise Invalid.on("panel", say("Somebody stands there twice. Choose each person once."))
    people = [members.member(session, bank, one) for one in new.panel]
    rules.check_panel([one.capacity for one in people])
    acting = members.acting_for(session, bank, new.panel)
    if any(party.account_id in {one.account_id, *acting.get(one.id, ())} for one in people):
        raise NotAllowed(say("Nobody decides about what they would be given themselves."))


def _check_ceiling(session: Session, bank: Bank, new: NewSmallAward) -> None:
    """Raises Conflict for more than a panel may give, at once or in the year."""
    ceiling = queries.ceiling(session, bank, new.unit)
    if ceiling is None or not ceiling.at_once:
        raise Conflict(say("It is not settled yet how much a panel may give. Settle that first."))
    if new.amount > ceiling.at_once:
        words = say("A panel may give %(most)s at once.", most=amount(new.unit, ceiling.at_once))
        raise Invalid.on("amount", words)
    left = ceiling.a_year - queries.given_in_year(session, bank, new.unit, new.sat_on.year)
    if new.amount > left:
        words = say(
            "%(left)s is left of what panels may give in %(year)s.",
            left=amount(new.unit, max(0, left)),
            year=str(new.sat_on.year),
        )
        raise Invalid.on("amount", words)


def _seat(session: Session, bank: Bank, new: NewSmallAward, act: Act) -> Panel:
    """Keep who sat there. They and whoever is given it come to do with one another."""
    panel = Panel(bank_id=bank.id, sat_on=new.sat_on, by=act.by.key, at=act.now)
    session.add(panel)
    session.flush()
    accounts = members.accounts_of(session, bank, new.panel)
    what = f"fund_panel:{panel.id}"
    meeting.bring(session, bank, accounts, accounts | {new.party_id}, act, what=what)
    for n, member_id in enumerate(new.panel, 1):
        capacity = members.member(session, bank, member_id).capacity
        session.add(
            Panelist(
                bank_id=bank.id, panel_id=panel.id, n=n, member_id=member_id, capacity=capacity
            )
        )
    session.flush()
    return panel


def _grant(
    session: Session, bank: Bank, new: NewSmallAward, panel: Panel, title: str, act: Act
) -> int | None:
    if new.unit != FundUnit.MINUTES:
        return None
    leg = Leg(ledger.chest(session, bank).id, new.party_id, new.amount)
    return awards.grant(session, bank, f"small:{panel.id}", leg, title, act)


def _tell(
    session: Session,
    bank: Bank,
    made: SmallAward,
    party: Party,
    new: NewSmallAward,
    act: Act,
) -> None:
    given = amount(made.unit, made.amount)
    due = say(
        "Please tell everybody by %(day)s what came of it. A call is enough.",
        day=made.report_due_on,
    )
    letter = Letter(
        say("“%(title)s” is funded", title=made.title),
        [say("A panel gives %(amount)s to “%(title)s”.", amount=given, title=made.title), due],
    )
    decided = say(
        "It stands written that on %(day)s you decided with others to give %(amount)s to %(name)s,"
        " for “%(title)s”. If that is not so, tell us.",
        day=new.sat_on,
        amount=given,
        name=party.name,
        title=made.title,
    )
    for member_id in members.speakers(session, bank, party):
        _write(session, bank, member_id, letter, made, act)
    for member_id in new.panel:
        _write(session, bank, member_id, Letter(_SAT, [decided]), made, act)


_SAT: Said = say("What your panel decided")


def _write(
    session: Session, bank: Bank, member_id: int, letter: Letter, made: SmallAward, act: Act
) -> None:
    notice = NewNotice(letter, cause=f"small_award:{made.id}")
    tell(session, bank, member_id, notice, now=act.now)


# ---- What becomes of it ----


def pay_small(session: Session, bank: Bank, small_id: int, act: Act) -> Money:
    """Write down that the money of a small award was paid. Raises Conflict."""
    require_coordinator(act.by)
    made = queries.small_award(session, bank, small_id)
    if made.entry_id is not None:
        raise Conflict(say("These are hours, which have moved already."))
    return awards.paid_out(session, bank, Movement(made.amount, f"small_paid:{made.id}"), act)


def require_reporter(session: Session, bank: Bank, made: SmallAward, by: Actor) -> None:
    """Raises NotAllowed as for every award."""
    awards.require_for(session, bank, made.party_id, by)


def report_small(
    session: Session, bank: Bank, small_id: int, new: NewReport, act: Act
) -> SmallReport:
    """Say what a small award led to. Raises as for every award."""
    made = queries.small_award(session, bank, small_id)
    require_reporter(session, bank, made, act.by)
    one_at_a_time(session, bank)
    if queries.small_report(session, bank, made.id) is not None:
        raise Conflict(say("This was reported already."))
    tidied = awards.tidied_report(session, bank, new, amount(made.unit, made.amount), made)
    report = SmallReport(
        bank_id=bank.id,
        small_id=made.id,
        words=tidied.words,
        spent=tidied.spent,
        reached=tidied.reached,
        lesson=tidied.lesson,
        by=act.by.key,
        channel=act.word.channel,
        at=act.now,
    )
    session.add(report)
    session.flush()
    if made.entry_id is None:
        awards.spend(session, bank, Movement(new.spent, f"small_spent:{made.id}"), act)
    awards.log(session, bank, tidied, made.title, bank.name, act)
    return report


def take_back_small(session: Session, bank: Bank, small_id: int, act: Act) -> Money:
    """Write down that what was not spent of a small award came back. Raises Conflict."""
    require_coordinator(act.by)
    made = queries.small_award(session, bank, small_id)
    report = queries.small_report(session, bank, made.id)
    return awards.came_back(session, bank, made, report, f"small_unspent:{made.id}", act)
