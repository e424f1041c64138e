"""What becomes of exchanges and gifts when one of their sides goes, and what a member is given of
theirs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act, Channel, Role
from timebank.archive import Archive
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.base import columns_of, table_of
from timebank.exchanges import steps
from timebank.exchanges.models import Exchange, Gift, Step, Thanks
from timebank.exchanges.rules import OPEN, Status, StepKind
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.notices import service as notices_service
from timebank.notices.rules import Letter
from timebank.room import Change, Merging, Rebooked, Trace, Two
from timebank.say import Said, count, say
from timebank.skills.leaving import WORDLESS

TRACES = (
    Trace("exchange.giver_id", "exchanges", stays=True),
    Trace("exchange.receiver_id", "exchanges", stays=True),
    Trace("exchange_step.by", "exchanges", stays=True),
    Trace("exchange_step.on_word_of", "exchanges", stays=True),
    Trace("gift.from_id", "gifts", stays=True),
    Trace("gift.to_id", "gifts", stays=True),
    Trace("gift.by", "gifts", stays=True),
    Trace("gift.on_word_of", "gifts", stays=True),
    Trace("gift.decided_by", "gifts"),
)

ARCHIVE = Archive(
    keeps=("exchange", "exchange_step", "thanks", "gift"),
    keys={"exchange": "exchange", "gift": "gift"},
    lists={"exchange_step.entry_id": "entry"},
)


def of_party(bank: Bank, account_id: int) -> tuple[ColumnElement[bool], ...]:
    """The exchanges that an account is a side of."""
    return Exchange.bank_id == bank.id, or_(
        Exchange.giver_id == account_id, Exchange.receiver_id == account_id
    )


def _gifts_of(bank: Bank, account_id: int) -> tuple[ColumnElement[bool], ...]:
    return Gift.bank_id == bank.id, or_(Gift.from_id == account_id, Gift.to_id == account_id)


def under_way(session: Session, bank: Bank, account_id: int) -> int:
    """How many exchanges of an account would be called off if its holder went."""
    return session.execute(_open(bank, account_id).with_only_columns(func.count())).scalar_one()


def _open(bank: Bank, account_id: int) -> Select[Any]:
    return select(Exchange).where(*of_party(bank, account_id), Exchange.status.in_(OPEN))


def causes(session: Session, bank: Bank, member: Member) -> list[str]:
    """What notices about a member's exchanges and gifts go by."""
    account_id = member.account_id or 0
    exchanges = select(Exchange.id).where(*of_party(bank, account_id))
    gifts = select(Gift.id).where(*_gifts_of(bank, account_id))
    return [
        *(f"exchange:{exchange_id}" for exchange_id in session.execute(exchanges).scalars()),
        *(f"gift:{gift_id}" for gift_id in session.execute(gifts).scalars()),
    ]


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """End what is under way with this account, and tell the other side without naming who has
    gone."""
    rows = session.execute(_open(bank, account_id).order_by(Exchange.id).with_for_update())
    for exchange in rows.scalars().all():
        exchange.status, exchange.waiting_for = "cancelled", None
        session.add(
            Step(
                bank_id=bank.id,
                exchange_id=exchange.id,
                step="cancelled",
                by=act.by.key,
                channel="system",
                note="",
                at=act.now,
            )
        )
        others_id = exchange.receiver_id if exchange.giver_id == account_id else exchange.giver_id
        # A cause of its own: notices that go by `exchange:12` are forgotten with who leaves, and
        # this one has yet to be read.
        steps.tell_party(
            session,
            bank,
            members.party(session, bank, others_id),
            _called_off(exchange),
            act,
            cause=f"leaving:{exchange.id}",
        )
    session.flush()


def _called_off(exchange: Exchange) -> Letter:
    when = exchange.occurred_on or exchange.planned_on
    if when:
        words = say(
            "One of your exchanges was called off, the one of %(day)s: the other person no longer"
            " takes part in the time bank. No hours move.",
            day=when,
        )
    else:
        words = say(
            "One of your exchanges was called off, one that had no day yet: the other side no"
            " longer takes part in the time bank. No hours move."
        )
    return Letter(
        say("An exchange was called off"),
        [
            words,
            say(
                "Ring your broker if you need somebody else, or if hours of yours should still be"
                " counted."
            ),
        ],
    )


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase what was written in the member's exchanges and gifts, by either side."""
    account_id = member.account_id or 0
    of_member = of_party(bank, account_id)
    # Brokers were told of these in a list with others, which goes by the cause of its first line
    # alone.
    titles = (
        select(Exchange.title).where(*of_member, Exchange.brokers_told_at.is_not(None)).distinct()
    )
    for title in session.execute(titles).scalars().all():
        notices_service.rename(session, bank, title, WORDLESS)
    ids = select(Exchange.id).where(*of_member)
    session.execute(
        update(Step).where(Step.bank_id == bank.id, Step.exchange_id.in_(ids)).values(note="")
    )
    session.execute(update(Exchange).where(*of_member).values(title=WORDLESS, thanks=""))
    session.execute(delete(Thanks).where(Thanks.bank_id == bank.id, Thanks.exchange_id.in_(ids)))
    # Why the chest gave stays, for everybody to read.
    theirs_alone = (*_gifts_of(bank, account_id), Gift.decided_by.is_(None))
    session.execute(update(Gift).where(*theirs_alone).values(message=""))


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase the numbers of paper slips that are kept no longer from the exchanges they were entered
    as."""
    old = (
        Exchange.bank_id == bank.id,
        Exchange.slip.is_not(None),
        Exchange.status.not_in(OPEN),
        Exchange.logged_at < expired(now, bank.keep_slips),
    )
    session.execute(update(Exchange).where(*old).values(slip=None))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The member's exchanges, each with its steps, and gifts, with the others by name."""
    account_id = member.account_id or 0
    exchanges = _rows(session, select(Exchange).where(*of_party(bank, account_id)), Exchange.id)
    gifts = _rows(session, select(Gift).where(*_gifts_of(bank, account_id)), Gift.id)
    sides = {side for row in exchanges for side in (row.giver_id, row.receiver_id)}
    sides |= {side for row in gifts for side in (row.from_id, row.to_id)}
    parties = members.parties(session, bank, sides)
    taken = select(Step).join(Exchange, Exchange.id == Step.exchange_id)
    steps_of: dict[int, list[dict[str, Any]]] = {row.id: [] for row in exchanges}
    for step in _rows(session, taken.where(*of_party(bank, account_id)), Step.id):
        steps_of[step.exchange_id].append(
            columns_of(step, leave_out=("id", "bank_id", "exchange_id"))
        )
    shown = select(Thanks).join(Exchange, Exchange.id == Thanks.exchange_id)
    by_giver = {row.id: row.giver_id == account_id for row in exchanges}
    words_since = [
        (row, row.giver_at if by_giver[row.exchange_id] else row.receiver_at)
        for row in _rows(session, shown.where(*of_party(bank, account_id)), Thanks.exchange_id)
    ]
    return {
        "thanks_to_be_shown": [
            {"exchange": row.exchange_id, "words": row.words, "since": since}
            for row, since in words_since
            if since is not None
        ],
        "exchanges": [
            {
                "giver": parties[row.giver_id].name,
                "receiver": parties[row.receiver_id].name,
                **columns_of(row, leave_out=("bank_id", "giver_id", "receiver_id")),
                "steps": steps_of[row.id],
            }
            for row in exchanges
        ],
        "gifts": [
            {
                "from": parties[row.from_id].name,
                "to": parties[row.to_id].name,
                **columns_of(row, leave_out=("bank_id", "from_id", "to_id")),
            }
            for row in gifts
        ],
    }


# ---- Two members turn out to be one ----


def refuses(session: Session, bank: Bank, two: Two, act: Act) -> Iterable[Said]:
    """Nobody helps themselves, and nobody is brought together unawares with somebody from whom they
    are kept apart."""
    goes, stays = two.goes.account_id or 0, two.stays.account_id or 0
    between = and_(*of_party(bank, goes), *of_party(bank, stays))
    counts = Exchange.status.in_((*OPEN, Status.CONFIRMED))
    for exchange in _rows(session, select(Exchange).where(between, counts), Exchange.id):
        when = exchange.occurred_on or exchange.planned_on
        if when is None:
            yield say(
                "They have an exchange with each other, “%(title)s”, and nobody helps themselves."
                " Call it off first, if they are one person.",
                title=exchange.title,
            )
        else:
            yield say(
                "They have an exchange with each other, “%(title)s” on %(day)s, and nobody helps"
                " themselves. Call it off or take its hours back first, if they are one person.",
                title=exchange.title,
                day=when,
            )
    apart = meeting.hidden(session, bank, [two.goes.id, two.stays.id])
    for member, twin in ((two.goes, two.stays), (two.stays, two.goes)):
        hidden = apart.get(twin.id, ())
        account_id = member.account_id or 0
        for exchange in _rows(session, _open(bank, account_id), Exchange.id):
            others_id = (
                exchange.receiver_id if exchange.giver_id == account_id else exchange.giver_id
            )
            if others_id in hidden:
                yield say(
                    "Number %(apart)s is kept apart from %(other)s, with whom number %(number)s has"
                    " an exchange under way. Call it off first.",
                    apart=twin.number or "",
                    other=members.party(session, bank, others_id).name,
                    number=member.number or "",
                )


def entries(session: Session, bank: Bank, two: Two) -> Collection[int]:
    """The entries behind the exchanges and the gifts of whoever goes that stand."""
    account_id = two.goes.account_id or 0
    exchanges = _meant(two, Exchange, Exchange.entry_id).where(
        *of_party(bank, account_id), Exchange.status == Status.CONFIRMED
    )
    gifts = _meant(two, Gift, Gift.entry_id).where(
        *_gifts_of(bank, account_id), Gift.reversal_id.is_(None)
    )
    ids = [*session.execute(exchanges).scalars(), *session.execute(gifts).scalars()]
    return {entry_id for entry_id in ids if entry_id is not None}


def _meant(two: Two, table: Any, column: Any) -> Select[Any]:
    ids = two.of(table.__tablename__)
    return select(column) if ids is None else select(column).where(table.id.in_(ids))


def move(
    session: Session, bank: Bank, two: Two, rebooked: Mapping[int, Rebooked], act: Act, why: str
) -> Sequence[Change]:
    """What has moved no hours, or whose hours were rebooked, is the other's from now on. What the
    two have with each other stays as it is, and so does what was taken back, or is with somebody
    whose account is closed."""
    of, to = two.goes.account_id or 0, two.stays.account_id or 0
    changes: list[Change] = []
    for exchange in _rows(
        session, _meant(two, Exchange, Exchange).where(*of_party(bank, of)), Exchange.id
    ):
        posted = exchange.status in (Status.CONFIRMED, Status.REVERSED)
        done = rebooked.get(exchange.entry_id or 0)
        if to in (exchange.giver_id, exchange.receiver_id) or (posted and done is None):
            continue
        if done is not None:
            _step(session, exchange, StepKind.REVERSED, done.reversal_id, act, why)
        side = "giver_id" if exchange.giver_id == of else "receiver_id"
        setattr(exchange, side, to)
        session.flush()
        if done is not None:
            exchange.entry_id = done.again_id
            session.flush()
            _step(session, exchange, StepKind.CONFIRMED, done.again_id, act, why)
        changes.append(Change("exchange", {"id": exchange.id}, {side: of}, {side: to}))
    for gift in _rows(session, _meant(two, Gift, Gift).where(*_gifts_of(bank, of)), Gift.id):
        done = rebooked.get(gift.entry_id or 0)
        if done is None or to in (gift.from_id, gift.to_id):
            continue
        side = "from_id" if gift.from_id == of else "to_id"
        setattr(gift, side, to)
        gift.entry_id = done.again_id
        changes.append(Change("gift", {"id": gift.id}, {side: of}, {side: to}))
    session.flush()
    return changes


def _step(
    session: Session, exchange: Exchange, kind: StepKind, entry_id: int, act: Act, why: str
) -> None:
    moves = kind == StepKind.CONFIRMED
    row = {
        "bank_id": exchange.bank_id,
        "exchange_id": exchange.id,
        "step": kind,
        "by": act.by.key,
        "channel": Channel.SYSTEM if act.by.role == Role.SYSTEM else Channel.WEB,
        "minutes": exchange.minutes if moves else None,
        "occurred_on": exchange.occurred_on if moves else None,
        "entry_id": entry_id,
        "note": why,
        "at": act.now,
    }
    session.execute(insert(table_of(Step)), row)


_WHO_WROTE = "It says who wrote it down, and on whose word, and stays as it was."

MERGING = Merging(
    by_hand=("exchange.giver_id", "exchange.receiver_id", "gift.from_id", "gift.to_id"),
    leaves={
        **dict.fromkeys(("exchange_step.by", "exchange_step.on_word_of"), _WHO_WROTE),
        **dict.fromkeys(("gift.by", "gift.on_word_of"), _WHO_WROTE),
        "gift.decided_by": "It says who decided, in words.",
    },
    refuses=refuses,
    entries=entries,
    move=move,
    counts={
        "exchange": lambda n: count("%(n)s exchange", "%(n)s exchanges", n),
        "gift": lambda n: count("%(n)s gift of hours", "%(n)s gifts of hours", n),
    },
)


def _rows(session: Session, statement: Select[Any], order: Any) -> list[Any]:
    return list(session.execute(statement.order_by(order)).scalars())
