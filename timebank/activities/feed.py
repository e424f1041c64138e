"""What the bank does together next as an Atom feed (RFC 4287), for other sites and feed readers. It
has what, when and where, and no member's last name."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from sqlalchemy.orm import Session

from timebank.activities import letters, queries
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.members import queries as members
from timebank.say import Gap, Said, Voice, say, spoken

_ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document of XML 1.0 can hold (2.2), even escaped."""

_AT_ONCE = 40


@dataclass(frozen=True)
class Shown:
    """A session as anybody may read of it: what it is, and where, without a member's last name."""

    meeting: Meeting
    title: str
    place: str


@dataclass(frozen=True)
class Feed:
    """The sessions of a feed, and when anything in it last changed: it does so too when one is over
    and goes."""

    shown: Sequence[Shown]
    changed_at: datetime


def shown(
    session: Session, bank: Bank, *, now: datetime, limit: int = _AT_ONCE, called_off: bool = False
) -> list[Shown]:
    """The next sessions that anybody may read of; those called off only if they are asked for."""
    meetings = queries.shown_to_all(session, bank, since=now, limit=limit, called_off=called_off)
    texts = [text for one in meetings for text in (one.activity.title, one.place)]
    nameless = iter(members.without_surnames(session, bank, texts))
    return [Shown(meeting, next(nameless), next(nameless)) for meeting in meetings]


def feed(session: Session, bank: Bank, *, now: datetime) -> Feed:
    """What stands in the feed now."""
    entries = shown(session, bank, now=now, called_off=True)
    begun = queries.last_begun(session, bank, before=now)
    changes = [one.meeting.changed_at for one in entries]
    return Feed(entries, max([bank.created_at, *changes, *([begun] if begun else [])]))


def atom(
    bank: Bank, feed: Feed, *, own: str, page: str, url: Callable[[Meeting], str], voice: Voice
) -> bytes:
    """The feed as it is sent. `own` is its address, `page` that of the same for people, and `url`
    says where the page of an activity is."""
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed", {"xml:lang": voice.language})

    def add(
        parent: ElementTree.Element, name: str, text: Gap = "", **attributes: str
    ) -> ElementTree.Element:
        child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
        child.text = _NO_XML.sub("", spoken(text, voice)) or None
        return child

    add(root, "title", say("What %(bank)s does together next", bank=bank.name))
    add(root, "id", _id(bank, "activities"))
    add(root, "updated", _instant(feed.changed_at))
    add(root, "link", rel="self", type="application/atom+xml", href=own)
    add(root, "link", rel="alternate", type="text/html", href=page)
    add(add(root, "author"), "name", bank.name)
    for one in feed.shown:
        row, entry = one.meeting.row, add(root, "entry")
        title: Said | str = one.title
        if row.cancelled_at is not None:
            title = say("Called off: %(title)s", title=one.title)
        add(entry, "title", title)
        add(entry, "id", _id(bank, f"session-{row.id}"))
        add(entry, "updated", _instant(one.meeting.changed_at))
        add(entry, "link", rel="alternate", type="text/html", href=url(one.meeting))
        where = [one.place] if one.place else []
        add(entry, "summary", [letters.when(bank, row), *where])
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _id(bank: Bank, key: str) -> str:
    """The same for as long as it is the same thing, wherever the installation moves to (4.2.6)."""
    name = f"{key}.bank-{bank.id}.{bank.created_at.astimezone(UTC):%Y%m%dT%H%M%S}@timebank"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
