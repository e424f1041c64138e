"""Browser sessions on the server, the devices they were begun on, and being told of them. The
caller commits.

What a browser holds is a random token; what is kept is its hash. Signed out is over, for every copy
of the cookie.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from timebank.access import queries, rules, telling
from timebank.access.models import BrowserSession, Device
from timebank.access.queries import OpenSession
from timebank.access.rules import Lasting, SignedInBy
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import insert_of
from timebank.codes import secret_hash
from timebank.config import Config
from timebank.errors import NotFound
from timebank.say import say


def lasting(config: Config) -> Lasting:
    """How long sessions last here."""
    return Lasting(
        idle=timedelta(hours=config.session_hours),
        absolute=timedelta(days=config.session_days),
        stay=timedelta(days=config.stay_days),
        staff_idle=timedelta(minutes=config.staff_session_minutes),
        staff_absolute=timedelta(hours=config.staff_session_hours),
    )


def begin(
    session: Session,
    actor: Actor,
    how: SignedInBy,
    lasting: Lasting,
    *,
    agent: str,
    stays: bool = False,
    now: datetime,
) -> str:
    """Sign somebody in to a browser that says `agent` of itself; what its cookie is to hold.

    One of the staff never stays signed in. A passkey is a second factor too.
    """
    token = secrets.token_urlsafe(32)
    stays = stays and not actor.is_broker and not actor.is_commissioner
    session.add(
        BrowserSession(
            bank_id=actor.bank_id,
            member_id=actor.member_id,
            commissioner_id=actor.commissioner_id,
            token_hash=secret_hash(token),
            device=rules.device_words(agent),
            how=how,
            stays=stays,
            began_at=now,
            proved_at=now,
            second_factor_at=now if how == SignedInBy.PASSKEY else None,
            last_used_at=now,
            ends_at=lasting.end(now, stays=stays, staff=actor.is_broker),
        )
    )
    session.flush()
    return token


def is_over(open_session: OpenSession, lasting: Lasting, *, now: datetime) -> bool:
    """Whether a session has been without use for too long, or has lasted too long."""
    return lasting.is_over(
        open_session.began_at,
        open_session.last_used_at,
        stays=open_session.stays,
        staff=open_session.actor.is_broker,
        now=now,
    )


def open_ones(
    session: Session, bank: Bank, actor: Actor, lasting: Lasting, *, now: datetime
) -> list[BrowserSession]:
    """The browsers in which a member is signed in, the last used first."""
    return [
        each
        for each in queries.sessions(session, bank, actor.member_id or 0)
        if not lasting.is_over(
            each.began_at, each.last_used_at, stays=each.stays, staff=actor.is_broker, now=now
        )
    ]


def touch(session: Session, session_id: int, *, now: datetime) -> None:
    """Take down that a session was used."""
    used = update(BrowserSession).where(BrowserSession.id == session_id).values(last_used_at=now)
    session.execute(used, execution_options={"synchronize_session": False})


def prove(session: Session, session_id: int, *, second_factor: bool = False, now: datetime) -> None:
    """Take down that whoever is in this session has shown again who they are, or their second
    factor."""
    values = {"proved_at": now} | ({"second_factor_at": now} if second_factor else {})
    session.execute(
        update(BrowserSession).where(BrowserSession.id == session_id).values(**values),
        execution_options={"synchronize_session": False},
    )


def end(session: Session, bank: Bank, session_id: int, act: Act) -> None:
    """End one of one's own sessions. Raises NotFound for what is none."""
    ended = session.execute(
        delete(BrowserSession)
        .where(
            BrowserSession.bank_id == bank.id,
            BrowserSession.id == session_id,
            BrowserSession.member_id == act.by.member_id,
        )
        .returning(BrowserSession.id)
    ).first()
    if ended is None:
        raise NotFound(say("There is no such sign-in of yours. It may have ended by itself."))


def end_by_token(session: Session, token: str) -> None:
    """Sign out of the browser that holds this token. A second time changes nothing."""
    session.execute(delete(BrowserSession).where(BrowserSession.token_hash == secret_hash(token)))


def end_all(session: Session, bank: Bank, member_id: int, *, but: int | None = None) -> None:
    """Sign a member out of every browser, `but` for the session of that id."""
    of_member = [BrowserSession.bank_id == bank.id, BrowserSession.member_id == member_id]
    if but is not None:
        of_member.append(BrowserSession.id != but)
    session.execute(delete(BrowserSession).where(*of_member))


def keep_seed(session: Session, session_id: int, sealed: str | None) -> None:
    """Keep, sealed, the seed of a second factor that is being set up in this session."""
    session.execute(
        update(BrowserSession).where(BrowserSession.id == session_id).values(pending_seed=sealed),
        execution_options={"synchronize_session": False},
    )


def pending_seed(session: Session, session_id: int) -> str | None:
    """The sealed seed that is being set up in this session."""
    return session.get_one(BrowserSession, session_id, populate_existing=True).pending_seed


# ---- Devices ----


def remember_device(
    session: Session, actor: Actor, device: str | None, *, agent: str, now: datetime
) -> str:
    """Take down that somebody signs in on a device: the one whose cookie it is, or a new one. What
    its cookie is to hold.

    Who has signed in elsewhere before is told of a new one.
    """
    token = device or secrets.token_urlsafe(32)
    if actor.member_id is None:
        return token
    bank = banks.by_id(session, actor.bank_id)
    before = queries.has_devices(session, actor.member_id)
    seen = {
        "member_id": actor.member_id,
        "token_hash": secret_hash(token),
        "bank_id": actor.bank_id,
        "seen_at": now,
    }
    if before and not queries.knows_device(session, actor.member_id, token):
        telling.new_device(session, bank, actor.member_id, rules.device_words(agent), now=now)
    row = insert_of(session)(Device).values(seen)
    key = [Device.member_id, Device.token_hash]
    session.execute(row.on_conflict_do_update(index_elements=key, set_={"seen_at": now}))
    return token


# ---- Forgetting ----


def tidy(session: Session, *, now: datetime) -> None:
    """Drop sessions that are over, and devices on which nobody has signed in for a year."""
    session.execute(delete(BrowserSession).where(BrowserSession.ends_at < now))
    session.execute(delete(Device).where(Device.seen_at < now - rules.DEVICE_KEPT))
