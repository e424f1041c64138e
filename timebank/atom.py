"""Atom feeds (RFC 4287): what is told, as other sites and feed readers take it up."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

from timebank.say import Gap, Voice, spoken

MIMETYPE = "application/atom+xml"

_ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document of XML 1.0 can hold (2.2), even escaped."""


@dataclass(frozen=True)
class Entry:
    """One thing that is told. It keeps its `key` for as long as it is the same thing; `page` is its
    address for people."""

    key: str
    title: Gap
    updated: datetime
    page: str
    summary: Gap


@dataclass(frozen=True)
class Feed:
    """What is told, by whom, and when anything of it last changed. `own` is its address, `page`
    that of the same for people; `names` tells its keys from those of every other feed."""

    names: str
    key: str
    title: Gap
    author: str
    updated: datetime
    own: str
    page: str
    entries: Sequence[Entry]


def written(feed: Feed, voice: Voice) -> bytes:
    """The feed as it is sent."""
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed", {"xml:lang": voice.language})

    def add(
        parent: ElementTree.Element, name: str, text: Gap = "", **attributes: str
    ) -> ElementTree.Element:
        child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
        child.text = _NO_XML.sub("", spoken(text, voice)) or None
        return child

    def add_what_all_have(
        parent: ElementTree.Element, key: str, title: Gap, updated: datetime, page: str
    ) -> None:
        add(parent, "title", title)
        add(parent, "id", _id(feed.names, key))
        add(parent, "updated", f"{updated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        add(parent, "link", rel="alternate", type="text/html", href=page)

    add_what_all_have(root, feed.key, feed.title, feed.updated, feed.page)
    add(root, "link", rel="self", type=MIMETYPE, href=feed.own)
    add(add(root, "author"), "name", feed.author)
    for item in feed.entries:
        entry = add(root, "entry")
        add_what_all_have(entry, item.key, item.title, item.updated, item.page)
        add(entry, "summary", item.summary)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _id(names: str, key: str) -> str:
    """The same for as long as it is the same thing, wherever the installation moves to (4.2.6)."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{key}.{names}')}"
