"""Which way a notice goes, when, and what it looks like on its way out. Pure decisions."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

CHANNELS = ("email", "text", "letter", "call")
"""How somebody can be told: by e-mail, by text message, on paper, or by a person who rings or calls
round."""

NAME, ADDRESS, SUBJECT, CAUSE = 120, 500, 200, 200
"""The longest a name, an address, a subject and a cause may be, in characters."""

STALE = timedelta(days=14)
"""A notice that has waited this long for a mail server is not news any more: somebody had better
ring."""

BY_ITSELF = ("email", "text")
"""The ways that a worker goes; the others are a broker's."""

DIGEST = "digest"
"""The cause of a weekly letter begins so (`digest:2026-W48`). It is nothing that somebody would
have to be rung up about."""

_DIGEST_WAYS = {None: "email", "email": "email", "text": "email", "letter": "letter"}
"""How the weekly letter goes for each wish: it is too long for a text, and who likes to be rung is
not rung for it."""

NIGHT = (21 * 60, 8 * 60)
"""When no text message goes out unless somebody says otherwise: from nine in the evening until
eight in the morning."""

_WAYS: dict[str | None, tuple[str, ...]] = {
    None: ("email", "call"),
    "email": ("email", "text", "call"),
    "text": ("text", "email", "call"),
    "letter": ("letter", "call"),
    "call": ("call",),
}
"""The ways to try, in order, for each wish. Who asks for paper or a voice is not written to by
machine instead."""


def way(wish: str | None, possible: Collection[str], *, worth_a_call: bool = True) -> str | None:
    """The channel by which somebody is told who would like `wish` and whom `possible` channels
    reach. A call can always be.

    Without `worth_a_call`, only what goes out by itself: None when nothing does.
    """
    open_ones = {*possible, "call"} if worth_a_call else {*possible} & {*BY_ITSELF}
    return next((one for one in _WAYS[wish] if one in open_ones), None)


def digest_way(wish: str | None, possible: Collection[str]) -> str | None:
    """The channel by which the weekly letter goes; None when it does not."""
    way = _DIGEST_WAYS.get(wish)
    return way if way in possible else None


def quiet_hours(channel: str, wish: tuple[int | None, int | None]) -> tuple[int, int] | None:
    """When nothing goes out through the channel, in minutes after midnight; `wish` is what the
    person said, if anything."""
    start, end = wish
    if start is not None and end is not None:
        return start, end
    return NIGHT if channel == "text" else None


def is_quiet(instant: datetime, timezone: str, hours: tuple[int, int]) -> bool:
    """Whether the clock on the wall of the bank stands within the quiet hours. They may reach past
    midnight."""
    local = instant.astimezone(ZoneInfo(timezone))
    minute, (start, end) = local.hour * 60 + local.minute, hours
    return start <= minute < end if start < end else minute >= start or minute < end


def not_before(now: datetime, timezone: str, hours: tuple[int, int] | None) -> datetime:
    """The first instant from `now` on that is not in the quiet hours, to the minute, whatever the
    clocks do that night."""
    instant = now
    while hours is not None and is_quiet(instant, timezone, hours):
        # Offsets from UTC are whole minutes, so that the minute on the wall begins with one of UTC.
        instant = instant.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return instant


_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+", re.ASCII)


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain address. Other letters than ASCII may stand behind
    the @ only."""
    name, _, domain = text.rpartition("@")
    try:
        return (
            bool(_ADDRESS.fullmatch(name))
            and bool(re.fullmatch(r"[\w.-]+", domain))
            and bool(domain.encode("idna"))
        )
    except UnicodeError:
        return False


def one_line(text: str, longest: int) -> str:
    """`text` as one line of at most `longest` characters: what stands in a header can start no
    other header."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def renamed(text: str, name: str, instead: str) -> str:
    """The text with another name wherever it has the whole name."""
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", lambda _: instead, text)


def message_id(notice_id: int, created_at: datetime, sender: str) -> str:
    """The Message-ID of a notice, the same however often it is sent, so that mail systems fold a
    repeat into the first.

    `created_at` (aware) tells apart two installations that count their notices from 1 under one
    sender's domain.
    """
    moment = created_at.astimezone(UTC)
    return (
        f"<notice-{notice_id}-{moment:%Y%m%dT%H%M%S%f}@{sender.rpartition('@')[2] or 'localhost'}>"
    )


def letter(
    body: str, *, bank: str, contact_name: str, contact_phone: str, contact_email: str
) -> str:
    """The whole text of an e-mail: what is said, who says it, and how to reach a person."""
    ways = [
        way
        for way, known in (
            (f"ring {contact_phone}", contact_phone),
            (f"write to {contact_email}", contact_email),
        )
        if known
    ]
    who = contact_name or "your broker"
    help_line = (
        f"Is anything unclear? To reach {who}, {' or '.join(ways)}."
        if ways
        else f"Is anything unclear? Ask {who}."
    )
    return f"{body.strip()}\n\n-- \n{bank}\n{help_line}\n"


_TO_CLICK = re.compile(r"\n {2}https?://\S+$", re.MULTILINE)


def on_paper(body: str) -> str:
    """What a letter on paper says: an address that stands indented beneath a line is there to be
    clicked, and left out."""
    return _TO_CLICK.sub("", body)


# ---- Text messages ----

_PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "¼": ".25",
        "½": ".5",
        "¾": ".75",
    }
)
_GSM = re.compile(
    r"[A-Za-z0-9@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà\n]*"
)
TWO_SEGMENTS = (306, 134)
"""How many letters two text messages sent as one hold: in the alphabet of all telephones, and in
any other."""


def dialled(phone: str) -> str:
    """A telephone number as machines want it: digits, and a plus at its beginning if it has one."""
    digits = "".join(sign for sign in phone if sign in "0123456789")
    return f"+{digits}" if phone.strip().startswith("+") else digits


def can_be_texted(phone: str) -> bool:
    """Whether it looks like the number of a telephone: from six to fifteen digits, and nothing but
    what stands between them."""
    return (
        bool(re.fullmatch(r"\+?[0-9 ()./-]+", phone.strip()))
        and 6 <= len(dialled(phone).lstrip("+")) <= 15
    )


def is_plain(text: str) -> bool:
    """Whether it is written in the alphabet of all telephones, of which more goes into a
    message."""
    return _GSM.fullmatch(text) is not None


def text_message(subject: str, *, bank: str, link: str, contact_phone: str) -> str:
    """A text message: who says it, what it is about, and what to do. Two segments at most; a long
    subject is cut and says so.

    What the notice says beyond its subject is not put into a text, which others may read over a
    shoulder.
    """
    who = one_line(bank, 24).translate(_PLAIN)
    about = re.sub(r"(?<![0-9])\.(25|5|75)(?![0-9])", r"0.\1", subject.translate(_PLAIN))
    # Where both would leave no room for what it is about, a number to ring says more than an
    # address.
    ways = {
        f"see {link}": link and len(link) <= 60,
        f"ring {contact_phone}": contact_phone and len(contact_phone) <= 25,
    }
    if is_plain(f"{who}{about}{link}") or not all(ways.values()):
        what_to_do = " or ".join(way for way, known in ways.items() if known) or "ask your broker"
    else:
        what_to_do = f"ring {contact_phone}"
    end = f" {what_to_do[0].upper()}{what_to_do[1:]}"
    about = f"{about}." if about[-1:] not in (".", "!", "?") else about
    whole = f"{who}: {about}{end}"
    # In any other alphabet a letter outside the first plane takes up the room of two.
    size = len if is_plain(whole) else _units
    most = TWO_SEGMENTS[0 if is_plain(whole) else 1]
    while size(whole) > most and about != "...":
        about = f"{about.removesuffix('...')[:-1].rstrip()}..."
        whole = f"{who}: {about}{end}"
    return whole


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text_key(notice_id: int, created_at: datetime) -> str:
    """The key of a text message, the same however often it is sent, by which the other side drops a
    repeat."""
    return f"notice-{notice_id}-{created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}-text"
