"""Taking the name of somebody who goes out of what others wrote: every column of free words in
every table, found from the models, so that a new one is gone through without being listed.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import Column, ColumnElement, String, Table, Text, and_, or_, select, update
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import Base, Coded
from timebank.leaving.rules import Naming

NO_WORDS = frozenset(
    {
        # Keys, codes, hashes, addresses of devices and tags of languages, whatever the table.
        *("by", "on_word_of", "kind", "of", "what", "cause", "key", "detail", "reference"),
        *(
            "respondent",
            "stride",
            "among",
            "language",
            "encoding",
            "addressee",
            "wanted",
        ),
        *("recorded_by", "registered_by", "undone_by", "granted_by", "told_by", "settled_by"),
        *("asked_by", "handed_in_by", "made_by", "used_by", "link_used_by", "leased_by"),
        *("giver_said_by", "receiver_said_by", "door_key", "hash", "token_hash", "text_hash"),
        *("request_hash", "link_hash", "digits_hash", "code_hash", "challenge_hash"),
        *("password_hash", "totp_seed", "pending_seed", "credential_id", "public_key", "model"),
        *(
            "wanted",
            "secret",
            "slug",
            "timezone",
            "counted",
            "guest_key",
            *("name_key", "surname_key", "email_key", "phone_key", "address_key", "area_key"),
            *("code", "asks", "reply", "owner", "ended_by"),
            "missing",
            "embedded",
        ),
    }
)
"""Columns of text, by their names, in which nobody writes anything."""

LEFT: Mapping[str, str] = {
    "member.name": "says who somebody else is, who may have the same name",
    "member.number": "says who somebody else is",
    "member.email": "is how somebody else is reached",
    "member.phone": "is how somebody else is reached",
    "member.address": "is how the post reaches somebody else, who may live with them",
    "member.language": "is a tag",
    "own_address.address": "is how somebody else is reached",
    "contact.name": "says who somebody else is",
    "contact.email": "is how somebody else is reached",
    "contact.phone": "is how somebody else is reached",
    "commissioner.name": "says who somebody outside is",
    "commissioner.email": "is how somebody outside is reached",
    "commissioner.organisation": "says who somebody outside is",
    "organisation.name": "is a partner’s name, and may have theirs in it",
    "member_group.name": "is a group’s name, and may have theirs in it",
    "notice.name": "says to whom something was sent",
    "notice.address": "says where something was sent",
    "link_request.name": "says who asked for a link, and goes after a day",
    "reply_link.address": "says where a letter went, and goes with it",
    "held_check.number": "is the number of a paper",
    "held_check.why": "is the history of a check, which is kept as it was written until its time",
    "check_kind.name": "is what the bank calls a check",
    "concern.words": "is kept to protect people, also from who has left, until its time",
    "doorstep.contact_name": "says whom to ring in need",
    "doorstep.contact_phone": "says whom to ring in need",
    "sign_in_link.address": "is how somebody else is reached, and goes with the link",
    "contribution.guest": "is a guest, who has a number instead (activities)",
    "account.label": "is the holder’s name, which leaves with them (members)",
    "bank.name": "is the time bank’s",
    "bank.place": "is a name on a map",
    "bank.search_key": "is made of the two above",
    "bank.contact_name": "is whom people ring; a coordinator settles another",
    "bank.contact_phone": "is whom people ring; a coordinator settles another",
    "bank.contact_email": "is whom people ring; a coordinator settles another",
    "bank.languages": "is a list of tags",
    "bank.colour": "is a colour",
    "bank.colour_dark": "is a colour",
    "area_link.area": "is a name on a map",
    "area_link.other": "is a name on a map",
    "member.area": "is a name on a map",
    "listing.area": "is a name on a map",
    "category.name": "is a word of the list of skills",
    "skill.name": "is a word of the list of skills",
    "skill.synonyms": "is a word of the list of skills",
    "exchange.skill": "is a word of the list of skills",
    "equality_answer.question": "is a question’s code",
    "equality_answer.choice": "is a code",
    "equality_area.words": "is what the bank asks",
    "equality_asked.question": "is a question’s code",
    "equality_count.content": "is numbers",
    "survey_scale.title": "is a published instrument",
    "survey_scale.licence": "is a published instrument",
    "survey_scale.lowest_words": "is a published instrument",
    "survey_scale.highest_words": "is a published instrument",
    "survey_scale_item.words": "is a published instrument",
    "kept_report.name": "stays as it was first made, and holds figures alone",
    "kept_report.content": "stays as it was first made, and holds figures alone",
    "match_weight.reason": "is a code",
    "worker_beat.name": "is a machine’s",
    "job.error": "is a machine’s words, without anybody’s",
    "request_once.body": "is an answer kept for a repeat, and goes after some days",
    "notice.error": "is a machine’s code",
    "browser_session.device": "is what a browser says of itself",
}
"""Columns of text in which a name is left, and why."""


def columns() -> Iterator[Column[str]]:
    """Every column in which people write about one another."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            text = isinstance(column.type, String | Text) and not isinstance(column.type, Coded)
            if text and column.name not in NO_WORDS and f"{table.name}.{column.name}" not in LEFT:
                yield column


def unname(session: Session, bank: Bank, naming: Naming, *, now: datetime) -> None:
    """Put “Former member” wherever one of the bank's texts names whoever has gone.

    What would then be longer than it may be is cut off at its end.
    """
    session.flush()
    for column in columns():
        table = cast(Table, column.table)
        # The books keep when a name was taken out of a reason.
        dated = {"unnamed_at": now} if "unnamed_at" in table.columns else {}
        keys = tuple(table.primary_key)
        rows = session.execute(
            select(column, *keys).where(*_of(bank, table), _may_name(column, naming))
        )
        longest = cast(String, column.type).length
        for words, *key in rows.all():
            unnamed = naming.taken_out(words)[:longest]
            if unnamed != words:
                this = (one == value for one, value in zip(keys, key, strict=True))
                session.execute(update(table).where(*this).values({column.name: unnamed, **dated}))
    session.expire_all()


def _of(bank: Bank, table: Table) -> list[ColumnElement[bool]]:
    own = table.columns.get("bank_id" if table.name != "bank" else "id")
    return [] if own is None else [own == bank.id]


def _may_name(column: Column[str], naming: Naming) -> ColumnElement[bool]:
    return or_(
        *(
            and_(*(column.icontains(part, autoescape=True) for part in parts))
            for parts in naming.parts()
        )
    )
