"""Reading letters to many and announcements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import held, one_or_refuse
from timebank.mailings import rules
from timebank.mailings.models import Announcement, Mailing, MailingTo
from timebank.mailings.rules import Fate
from timebank.members import queries as members
from timebank.members.queries import TAKING_PART
from timebank.notices import queries as notices
from timebank.notices.rules import Addressee, NoticeChannel, way
from timebank.say import Said, say

_PART = 500


def mailing(session: Session, bank: Bank, mailing_id: int, *, lock: bool = False) -> Mailing:
    """Raises NotFound. With `lock` nobody else goes on with it until this transaction ends."""
    statement = select(Mailing).where(Mailing.bank_id == bank.id, Mailing.id == mailing_id)
    words = say("There is no such letter here.")
    return one_or_refuse(session, held(statement) if lock else statement, words)


def mailings(
    session: Session, bank: Bank, *, before: int | None = None, limit: int
) -> list[Mailing]:
    """Up to `limit + 1` letters, the newest first, those before the letter `before`."""
    statement = select(Mailing).where(Mailing.bank_id == bank.id)
    if before is not None:
        statement = statement.where(Mailing.id < before)
    return list(session.execute(statement.order_by(Mailing.id.desc()).limit(limit + 1)).scalars())


@dataclass(frozen=True)
class Sum:
    """A letter and to whom it goes: how many of each fate, and of those it goes to, how many by
    each way."""

    mailing: Mailing
    fates: Mapping[Fate, int]
    ways: Mapping[NoticeChannel, int]
    by: str | Said

    @property
    def id(self) -> int:
        return self.mailing.id

    @property
    def total(self) -> int:
        """How many it was meant for."""
        return sum(self.fates.values())

    @property
    def goes(self) -> int:
        """To how many it goes, or has gone."""
        return self.fates[Fate.WAITING] + self.fates[Fate.WRITTEN]

    @property
    def counted(self) -> list[Mapping[str, object]]:
        """The same, fate by fate."""
        return [{"fate": fate, "number": number} for fate, number in self.fates.items()]

    def number(self, fate: str) -> int:
        """How many of a fate."""
        return self.fates[Fate(fate)]


def sum_of(session: Session, bank: Bank, mailing_id: int) -> Sum:
    """Raises NotFound."""
    this = mailing(session, bank, mailing_id)
    rows = session.execute(
        select(MailingTo.fate, MailingTo.way, func.count())
        .where(MailingTo.bank_id == bank.id, MailingTo.mailing_id == this.id)
        .group_by(MailingTo.fate, MailingTo.way)
    ).all()
    fates, ways = dict.fromkeys(Fate, 0), dict.fromkeys(NoticeChannel, 0)
    for fate, channel, number in rows:
        fates[fate] += number
        if channel is not None and not rules.is_left_out(fate):
            ways[channel] += number
    names = members.who(session, bank, [this.by])
    return Sum(this, fates, ways, names.get(this.by, ""))


@dataclass(frozen=True)
class Got:
    """One of those a letter is for: what became of it, by which channel, and when it was sent or
    told, as far as the outbox still knows."""

    id: int
    name: str
    fate: Fate
    way: NoticeChannel | None
    sent_at: datetime | None
    error: str | None


def got(session: Session, bank: Bank, mailing_id: int, *, after: int = 0, limit: int) -> list[Got]:
    """Up to `limit + 1` of those a letter is for, after the member `after`."""
    statement = select(MailingTo).where(
        MailingTo.bank_id == bank.id,
        MailingTo.mailing_id == mailing_id,
        MailingTo.member_id > after,
    )
    rows = list(session.execute(statement.order_by(MailingTo.member_id).limit(limit + 1)).scalars())
    people = members.by_ids(session, bank, [row.member_id for row in rows])
    keys = [f"member:{row.member_id}" for row in rows]
    written = {
        one.addressee: one for one in notices.of_cause(session, bank, cause(mailing_id), keys)
    }
    return [
        Got(
            row.member_id,
            people[row.member_id].name,
            row.fate,
            notice.channel if notice else row.way,
            notice.sent_at if notice else None,
            notice.error if notice else None,
        )
        for row in rows
        for notice in [written.get(f"member:{row.member_id}")]
    ]


def cause(mailing_id: int) -> str:
    """What the notices of a letter go by."""
    return f"mailing:{mailing_id}"


@dataclass(frozen=True)
class Prospect:
    """What would become of a letter for somebody, and how it would go."""

    member_id: int
    fate: Fate
    way: NoticeChannel | None


def prospects(
    session: Session, bank: Bank, member_ids: Sequence[int], *, calls: bool
) -> list[Prospect]:
    """What would become of a letter for each of these members, in their order."""
    each: list[Prospect] = []
    for start in range(0, len(member_ids), _PART):
        part = member_ids[start : start + _PART]
        people = members.by_ids(session, bank, part)
        wishes = notices.preferences(session, bank, [f"member:{one}" for one in part])
        for member_id in part:
            member, wish = people.get(member_id), wishes.get(f"member:{member_id}")
            if member is None or member.status not in TAKING_PART:
                each.append(Prospect(member_id, Fate.GONE, None))
                continue
            to = Addressee(
                f"member:{member_id}",
                member.name,
                email=member.email,
                phone=member.phone,
                postal=member.address,
            )
            channel = way(wish.channel if wish else None, to.reach) or NoticeChannel.CALL
            fate = rules.fate(
                channel,
                phone=bool(member.phone),
                letters=wish.letters if wish else True,
                calls=calls,
            )
            goes = None if rules.is_left_out(fate) else channel
            each.append(Prospect(member_id, fate, goes))
    return each


def waiting(session: Session, bank: Bank, mailing_id: int, *, limit: int) -> list[MailingTo]:
    """Up to `limit` of those to whom a letter has still to go."""
    statement = select(MailingTo).where(
        MailingTo.bank_id == bank.id,
        MailingTo.mailing_id == mailing_id,
        MailingTo.fate == Fate.WAITING,
    )
    return list(session.execute(statement.order_by(MailingTo.member_id).limit(limit)).scalars())


def first_for(session: Session, bank: Bank, mailing_id: int) -> int | None:
    """The first member to whom a letter goes, for looking at it; None: nobody."""
    statement = select(MailingTo.member_id).where(
        MailingTo.bank_id == bank.id,
        MailingTo.mailing_id == mailing_id,
        MailingTo.fate.in_((Fate.WAITING, Fate.WRITTEN)),
    )
    return session.execute(statement.order_by(MailingTo.member_id).limit(1)).scalar_one_or_none()


# ---- Announcements ----


def announcement(session: Session, bank: Bank, announcement_id: int) -> Announcement:
    """Raises NotFound."""
    this = (Announcement.bank_id == bank.id, Announcement.id == announcement_id)
    statement = select(Announcement).where(*this)
    return one_or_refuse(session, statement, say("There is no such announcement here."))


def announcements(
    session: Session, bank: Bank, *, before: int | None = None, limit: int
) -> list[Announcement]:
    """Up to `limit + 1` announcements, over or not, the newest first."""
    statement = select(Announcement).where(Announcement.bank_id == bank.id)
    if before is not None:
        statement = statement.where(Announcement.id < before)
    newest = statement.order_by(Announcement.id.desc()).limit(limit + 1)
    return list(session.execute(newest).scalars())


def standing(session: Session, bank: Bank, *, on: date, limit: int) -> list[Announcement]:
    """The announcements that stand on a day, the newest first."""
    statement = select(Announcement).where(
        Announcement.bank_id == bank.id,
        Announcement.starts_on <= on,
        Announcement.ends_on >= on,
    )
    newest = statement.order_by(Announcement.starts_on.desc(), Announcement.id.desc())
    return list(session.execute(newest.limit(limit)).scalars())
