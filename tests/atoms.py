"""Atom feeds, held against what RFC 4287 wants of them."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree

ATOM = {"a": "http://www.w3.org/2005/Atom"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONCE = ("id", "title", "updated")
_AT_MOST_ONCE = (
    "content",
    "generator",
    "icon",
    "logo",
    "published",
    "rights",
    "subtitle",
    "summary",
)


def read(content: bytes) -> ElementTree.Element:
    """The feed that was sent."""
    return ElementTree.fromstring(content)  # noqa: S314  (our own)


def faults(content: bytes) -> list[str]:
    """What is wrong with a feed, each with the section that says so."""
    feed = read(content)
    entries = feed.findall("a:entry", ATOM)
    found = [*_faults(feed, "the feed")]
    if feed.tag != f"{{{ATOM['a']}}}feed":
        found.append("4.1.1: it is no feed")
    if feed.find("a:link[@rel='self']", ATOM) is None:
        found.append("4.1.1: a feed should say where it is")
    for entry in entries:
        name = entry.findtext("a:title", "", ATOM)
        found += _faults(entry, name)
        if feed.find("a:author", ATOM) is None and entry.find("a:author", ATOM) is None:
            found.append(f"4.1.2: {name} is by nobody")
        links = entry.findall("a:link", ATOM)
        if all(link.get("rel", "alternate") != "alternate" for link in links):
            found.append(f"4.1.2: {name} leads nowhere")
    ids = [entry.findtext("a:id", "", ATOM) for entry in entries]
    if len(set(ids)) != len(ids):
        found.append("4.1.1: two entries have one id")
    return found


def _faults(place: ElementTree.Element, name: str) -> Iterator[str]:
    for child in _ONCE:
        if len(place.findall(f"a:{child}", ATOM)) != 1:
            yield f"4.1: {name} needs one {child}"
    for child in _AT_MOST_ONCE:
        if len(place.findall(f"a:{child}", ATOM)) > 1:
            yield f"4.1: {name} has two of {child}"
    for child in ("title", "summary"):
        text = place.find(f"a:{child}", ATOM)
        if text is not None and (len(text) or text.get("type", "text") != "text"):
            yield f"3.1.1.1: {child} of {name} is no text"
    if not urlsplit(place.findtext("a:id", "", ATOM)).scheme:
        yield f"4.2.6: the id of {name} is no address"
    if not _INSTANT.fullmatch(place.findtext("a:updated", "", ATOM)):
        yield f"3.3: {name} was changed at no instant"
    for person in place.findall("a:author", ATOM):
        if len(person.findall("a:name", ATOM)) != 1:
            yield f"3.2.1: an author of {name} needs one name"
    links = [
        (one.get("rel", "alternate"), one.get("type")) for one in place.findall("a:link", ATOM)
    ]
    if len(set(links)) != len(links):
        yield f"4.1: {name} has two links of one kind"
    for link in place.findall("a:link", ATOM):
        if not urlsplit(link.get("href", "")).netloc:
            yield f"4.2.7.1: a link of {name} leads nowhere"
