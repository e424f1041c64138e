"""Changing a bank's rules together with the accounts they are for. The caller commits."""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act
from timebank.banks import queries as banks
from timebank.banks import rules as banks_rules
from timebank.banks import service as banks_service
from timebank.banks.models import Bank, BankLogo, BankPicture
from timebank.banks.queries import one_at_a_time
from timebank.errors import Conflict, Invalid, NotFound, together
from timebank.ledger import queries as ledger
from timebank.ledger import rules as ledger_rules
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import AccountKind, InterventionKind, said_why
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import Limits, limits_in_words, require_coordinator
from timebank.notices.rules import Letter, NewNotice, NoticeChannel
from timebank.say import say
from timebank.settings.rules import LIMITS, LONGEST_ALT, NewBankPicture, NewSettings
from timebank.text import fault_of

_AT_ONCE = 1000


@dataclass(frozen=True)
class Carried:
    """How many members were given new default limits, and how many keep an old one because their
    balance is outside the new."""

    changed: int = 0
    kept: int = 0


def change(session: Session, bank: Bank, new: NewSettings, act: Act) -> Carried:
    """Change the bank's details and rules, and the chest's limit with them; why, where limits
    change.

    New members' accounts get the new limits. With `carry_over`, so do those of members whose limit
    is the old default; one whose balance is outside the new limit keeps the old. A coordinator's to
    do. Raises NotAllowed, Invalid.
    """
    require_coordinator(act.by)
    # Whoever is taken in meanwhile waits, and is given the new limits.
    one_at_a_time(session, bank)
    before = Limits(bank.member_floor, bank.member_ceiling)
    why = _why(bank, new)
    _keep_why(session, bank, new, why, act)
    _limit_chest(session, bank, new.chest_floor, why, act)
    banks_service.change(session, bank, new)
    if bank.settled_at is None:
        bank.settled_at = act.now
    if not new.carry_over:
        return Carried()
    after = Limits(bank.member_floor, bank.member_ceiling)
    kind, by = AccountKind.MEMBER, act.by.key
    floors = ledger_service.replace_limit(
        session, bank, kind, "floor", old=before.floor, new=after.floor, why=why, by=by
    )
    ceilings = ledger_service.replace_limit(
        session, bank, kind, "ceiling", old=before.ceiling, new=after.ceiling, why=why, by=by
    )
    changed = sorted({*floors.changed, *ceilings.changed})
    detail = f"new default: {limits_in_words(after)}"
    # So many at once, since a statement takes only so many values.
    for start in range(0, len(changed), _AT_ONCE):
        accounts = changed[start : start + _AT_ONCE]
        acts.record_for_accounts(session, bank, accounts, act, "limits", detail)
    return Carried(len(changed), max(floors.unchanged, ceilings.unchanged))


def _why(bank: Bank, new: NewSettings) -> str:
    """Why limits change, as it is kept; nothing where none does. Raises Invalid for settings that
    cannot be, and without a reason."""
    limits = any(getattr(new, name) != getattr(bank, name) for name in LIMITS)
    _, why = together(
        lambda: banks_rules.check(new), lambda: said_why(new.why) if limits else new.why
    )
    return why


def _keep_why(session: Session, bank: Bank, new: NewSettings, why: str, act: Act) -> None:
    for kind, floor, ceiling in (
        (InterventionKind.DEFAULT_LIMITS, "member_floor", "member_ceiling"),
        (InterventionKind.LOG_RANGE, "smallest_log", "largest_log"),
    ):
        old, now = (
            ledger_rules.Limits(getattr(one, floor), getattr(one, ceiling)) for one in (bank, new)
        )
        ledger_service.set_default(session, bank, kind, old=old, new=now, why=why, by=act.by.key)


def _limit_chest(session: Session, bank: Bank, floor: int, why: str, act: Act) -> None:
    chest = ledger.chest(session, bank)
    if chest.floor == floor:
        return
    if chest.balance < floor:
        too_near = say(
            "The chest is %(time)s below zero just now, which is further than that.",
            time=hours.words(chest.balance),
        )
        raise Invalid.on("chest_floor", too_near)
    ledger_service.set_limits(
        session, bank, chest.id, floor=floor, ceiling=chest.ceiling, why=why, by=act.by.key
    )


def set_first_day_aside(session: Session, bank: Bank, act: Act) -> None:
    """Show the list of what a new bank begins with on the desk no more. A coordinator's to do.
    Raises NotAllowed."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    bank.first_day_over_at = act.now
    session.flush()


def bring_first_day_back(session: Session, bank: Bank, act: Act) -> None:
    """Show it on the desk again. A coordinator's to do. Raises NotAllowed."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    bank.first_day_over_at = None
    session.flush()


def send_trial(session: Session, bank: Bank, act: Act) -> None:
    """Send whoever asks a letter by e-mail, to see whether it goes. A coordinator's to do. Raises
    NotAllowed, Conflict without an address of theirs."""
    require_coordinator(act.by)
    member = members.member(session, bank, act.by.member_id or 0)
    if not member.email:
        raise Conflict(say("You have no e-mail address here. Write it on the page “Me” first."))
    letter = Letter(
        say("E-mail leaves %(bank)s", bank=bank.name),
        [
            say(
                "You asked for this letter to see whether e-mail of %(bank)s arrives. It does.",
                bank=bank.name,
            )
        ],
    )
    cause = f"trial:{act.now:%Y-%m-%dT%H:%M:%S}"
    notice = NewNotice(letter, cause, through=NoticeChannel.EMAIL, at_once=True)
    acts.tell(session, bank, member.id, notice, now=act.now)


def put_picture(session: Session, bank: Bank, new: NewBankPicture, act: Act) -> BankPicture:
    """Show this picture on the bank's front page, in place of the one there was: upright, at most
    `pictures.LONGER_SIDE` pixels long, and freed of all that a camera writes into it.

    Without a file the one there is stays, and is described anew. A coordinator's to do. Raises
    NotAllowed, NoPicture; Invalid without words for those who cannot see it.
    """
    from timebank import pictures  # noqa: PLC0415  (heavy, and few requests bring a picture)

    require_coordinator(act.by)
    one_at_a_time(session, bank)
    before = banks.picture(session, bank)
    alt = new.alt.strip()
    if before is not None and not new.data:
        before.alt, before.by, before.at = _described(alt), act.by.key, act.now
        return before
    _, picture = together(lambda: _described(alt), lambda: pictures.shrunk(new.data))
    if before is not None:
        session.delete(before)
        session.flush()
    row = BankPicture(
        bank_id=bank.id,
        mark=secrets.token_hex(8),
        alt=alt,
        width=picture.width,
        height=picture.height,
        by=act.by.key,
        at=act.now,
        jpeg=pictures.jpeg(picture),
    )
    session.add(row)
    session.flush()
    return row


def take_picture_away(session: Session, bank: Bank, act: Act) -> None:
    """Show the street that is drawn again. A coordinator's to do. Raises NotAllowed; NotFound where
    there is no picture."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    picture = banks.picture(session, bank)
    if picture is None:
        raise NotFound(say("There is no such picture here."))
    session.delete(picture)
    session.flush()


def put_logo(session: Session, bank: Bank, data: bytes, act: Act) -> BankLogo:
    """Show this sign beside the bank's name, in place of the one there was, within the bounds of
    other pictures. A coordinator's to do. Raises NotAllowed, NoPicture."""
    from timebank import pictures  # noqa: PLC0415  (heavy, and few requests bring a picture)

    require_coordinator(act.by)
    one_at_a_time(session, bank)
    sign = pictures.sign(data)
    before = banks.logo(session, bank)
    if before is not None:
        session.delete(before)
        session.flush()
    row = BankLogo(
        bank_id=bank.id,
        mark=secrets.token_hex(8),
        width=sign.width,
        height=sign.height,
        by=act.by.key,
        at=act.now,
        png=pictures.png(sign),
    )
    session.add(row)
    session.flush()
    return row


def take_logo_away(session: Session, bank: Bank, act: Act) -> None:
    """Show the mark of Timebank again. A coordinator's to do. Raises NotAllowed; NotFound where
    there is no logo."""
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    logo = banks.logo(session, bank)
    if logo is None:
        raise NotFound(say("There is no logo here."))
    session.delete(logo)
    session.flush()


def _described(alt: str) -> str:
    fault = fault_of(alt, LONGEST_ALT)
    if fault is not None:
        raise Invalid.on("alt", fault)
    if not alt:
        raise Invalid.on("alt", say("Write what is to be seen, for those who cannot see it."))
    return alt
