"""What a notice says, which way it goes, when, and what it looks like on its way out. Pure
decisions."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from timebank.room import Ask
from timebank.say import ENGLISH, Said, Voice, Weekday, say, spoken


class NoticeChannel(StrEnum):
    """How somebody can be told: by e-mail, by text message, on paper, by a person who rings or
    calls round, or on a device of theirs (web push)."""

    EMAIL = "email"
    TEXT = "text"
    LETTER = "letter"
    CALL = "call"
    PUSH = "push"


BY_HAND = (NoticeChannel.CALL, NoticeChannel.LETTER)
"""The ways that are a broker's."""

NAME, ADDRESS, SUBJECT, CAUSE = 120, 500, 200, 200
"""The longest a name, an address, a subject and a cause may be, in characters."""

STALE = timedelta(days=14)
"""A notice that has waited this long for a mail server is not news any more: somebody had better
ring."""

BY_ITSELF = (NoticeChannel.EMAIL, NoticeChannel.TEXT, NoticeChannel.PUSH)
"""The ways that a worker goes."""

DIGEST = "digest"
"""The cause of a weekly letter begins so (`digest:2026-W48`). It is nothing that somebody would
have to be rung up about."""

_DIGEST_WAYS = {
    None: NoticeChannel.EMAIL,
    NoticeChannel.EMAIL: NoticeChannel.EMAIL,
    NoticeChannel.TEXT: NoticeChannel.EMAIL,
    NoticeChannel.PUSH: NoticeChannel.EMAIL,
    NoticeChannel.LETTER: NoticeChannel.LETTER,
}
"""How the weekly letter goes for each wish: it is too long for a text, and who likes to be rung is
not rung for it."""

NIGHT = (21 * 60, 8 * 60)
"""When no text message goes out and nothing to a device, unless somebody says otherwise: from nine
in the evening until eight in the morning."""


@dataclass(frozen=True)
class Item:
    """A line of a letter with the address to click beneath it, which is left out on paper; one of
    a list unless `bullet` is False. A string is what somebody wrote."""

    words: Said | str
    address: str = ""
    bullet: bool = True

    def render(self, voice: Voice) -> str:
        mark = "- " if self.bullet else ""
        # Two spaces mark what is there to be clicked: see `on_paper`.
        address = f"\n  {self.address}" if self.address else ""
        return f"{mark}{spoken(self.words, voice)}{address}"


Lines: TypeAlias = "Said | str | Sequence[Said | str | Item]"
"""A paragraph, or the lines of one. A string is what somebody wrote, or an address."""


@dataclass(frozen=True)
class Letter:
    """What somebody is told, in no language yet: a subject, and a body of one paragraph or
    several; and what it asks them, as the kind of a `room.Question`."""

    subject: Said
    body: Said | Sequence[Lines]
    asks: str | None = None

    def render(self, voice: Voice) -> tuple[str, str]:
        """Subject and body as this voice says them."""
        paragraphs = [self.body] if isinstance(self.body, Said) else self.body
        body = "\n\n".join(_paragraph(lines, voice) for lines in paragraphs)
        return self.subject.render(voice), body.replace("\r\n", "\n")


def _paragraph(lines: Lines, voice: Voice) -> str:
    if isinstance(lines, (Said, str)):
        return spoken(lines, voice)
    return "\n".join(
        line.render(voice) if isinstance(line, Item) else spoken(line, voice) for line in lines
    )


@dataclass(frozen=True)
class WayIn:
    """What a notice that carries a way in says while it is being sent: the whole letter, and for a
    text one sentence and an address."""

    letter: Letter
    short: Said
    link: str


@dataclass(frozen=True)
class Words:
    """What a notice says on its way out: as a letter, and as a text; and what a question of its
    carries."""

    subject: str
    body: str
    short: str
    link: str = ""
    ask: Ask | None = None


@dataclass(frozen=True)
class Addressee:
    """Whom a notice is for: a key such as `member:12`, the language they read (None: the bank's),
    and where they can be reached."""

    key: str
    name: str
    language: str | None = None
    email: str | None = None
    phone: str | None = None
    postal: str | None = None

    @property
    def reach(self) -> dict[NoticeChannel, str]:
        """The channels that reach them, each with its address."""
        phone = self.phone if self.phone and can_be_texted(self.phone) else None
        ways = {
            NoticeChannel.EMAIL: self.email,
            NoticeChannel.TEXT: phone,
            NoticeChannel.LETTER: self.postal,
        }
        return {channel: address for channel, address in ways.items() if address}


@dataclass(frozen=True)
class NewNotice:
    """A notice to be written: what it says, and the event that it is about (`exchange:12:logged`),
    of which a person is told once.

    `through` is the one channel that it can take, whatever they prefer. Without `worth_a_call` it
    is dropped when it cannot go by e-mail or text. What goes out by itself waits for the end of
    quiet hours, unless it is wanted `at_once`. With a `secret` the letter is only what is kept of
    it: what is sent is made then, by the room that knows this kind of `feature.Secret`. `about` is
    the id of what a letter that asks something asks about. `to_helpers`: those who act for a member
    get a copy, where the member wishes; never of a way in, nor of a link that answers.
    """

    letter: Letter
    cause: str
    through: NoticeChannel | None = None
    worth_a_call: bool = True
    at_once: bool = False
    secret: str | None = None
    about: int | None = None
    to_helpers: bool = False


_WAYS: dict[NoticeChannel | None, tuple[NoticeChannel, ...]] = {
    None: (NoticeChannel.EMAIL, NoticeChannel.CALL),
    NoticeChannel.EMAIL: (NoticeChannel.EMAIL, NoticeChannel.TEXT, NoticeChannel.CALL),
    NoticeChannel.TEXT: (NoticeChannel.TEXT, NoticeChannel.EMAIL, NoticeChannel.CALL),
    NoticeChannel.LETTER: (NoticeChannel.LETTER, NoticeChannel.CALL),
    NoticeChannel.CALL: (NoticeChannel.CALL,),
    NoticeChannel.PUSH: (
        NoticeChannel.PUSH,
        NoticeChannel.EMAIL,
        NoticeChannel.TEXT,
        NoticeChannel.CALL,
    ),
}
"""The ways to try, in order, for each wish. Who asks for paper or a voice is not written to by
machine instead."""


def way(
    wish: NoticeChannel | None,
    possible: Collection[NoticeChannel],
    *,
    worth_a_call: bool = True,
) -> NoticeChannel | None:
    """The channel by which somebody is told who would like `wish` and whom `possible` channels
    reach. A call can always be.

    Without `worth_a_call`, only what goes out by itself: None when nothing does.
    """
    open_ones = {*possible, NoticeChannel.CALL} if worth_a_call else {*possible} & {*BY_ITSELF}
    return next((one for one in _WAYS[wish] if one in open_ones), None)


def digest_way(
    wish: NoticeChannel | None, possible: Collection[NoticeChannel]
) -> NoticeChannel | None:
    """The channel by which the weekly letter goes; None when it does not."""
    way = _DIGEST_WAYS.get(wish)
    return way if way in possible else None


def quiet_hours(
    channel: NoticeChannel, wish: tuple[int | None, int | None]
) -> tuple[int, int] | None:
    """When nothing goes out through the channel, in minutes after midnight; `wish` is what the
    person said, if anything."""
    start, end = wish
    if start is not None and end is not None:
        return start, end
    return NIGHT if channel in (NoticeChannel.TEXT, NoticeChannel.PUSH) else None


def instead_of_push(address: str | None) -> NoticeChannel | None:
    """The way that is gone when no device could be reached: `address` is where to, as it was kept
    with the notice; None: a call, and empty: none, for what is not worth one."""
    if address is None:
        return NoticeChannel.CALL
    if not address:
        return None
    return NoticeChannel.EMAIL if is_address(address) else NoticeChannel.TEXT


@dataclass(frozen=True)
class NewDevice:
    """A device to be told on (a subscription of the W3C Push API): what it is called, where
    messages for it are handed over, and its two keys, in base64url."""

    name: str
    endpoint: str
    p256dh: str
    auth: str


DEVICES = 10
"""So many devices somebody may be told on."""


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


_TITLES = "Mr|Mrs|Ms|Miss|Mx|Dr"


def code_of(error: str) -> str:
    """The code at the head of an error, or what stands for it where there is none: nothing of the
    other side's own words."""
    code = error.split()[0] if error.split() else ""
    return code if code.isdecimal() else "–"


def renamed(text: str, name: str, instead: str) -> str:
    """The text with another name wherever it has the whole name, in small or large letters, with
    whichever apostrophe, with or without its accents; or the last name after a title (Mrs
    Whitlock).

    First or last names alone are left: they may be anybody's, or words of the language.
    """
    words = name.split()
    whole = r"\s+".join(spelt(word) for word in words)
    titled = rf"(?:{_TITLES})\.?\s+{spelt(words[-1])}" if len(words) > 1 else whole
    return re.sub(rf"(?<!\w)(?:{whole}|{titled})(?!\w)", lambda _: instead, text, flags=re.I)


_APOSTROPHES = "'’‘ʼ`´"


def spelt(word: str) -> str:
    """A pattern for a word as people type it."""
    return "".join(_typed(letter) for letter in unicodedata.normalize("NFC", word))


def _typed(letter: str) -> str:
    if letter in _APOSTROPHES:
        return f"[{_APOSTROPHES}]?"
    parts = unicodedata.normalize("NFD", letter)
    if len(parts) == 1:
        return re.escape(letter)
    return f"(?:{re.escape(letter)}|{parts[0]}(?:{re.escape(parts[1:])})?)"


def part_to_look_for(name: str) -> str:
    """What stands in every text in which `renamed` would find the name, however it is typed there:
    the longest run of plain letters of the last name."""
    runs = re.findall("[A-Za-z0-9]+", name.split()[-1])
    return max(runs, key=len, default="")


def message_id(notice_id: int, created_at: datetime, sender: str, again: str = "") -> str:
    """The Message-ID of a notice, the same however often it is sent, so that mail systems fold a
    repeat into the first.

    `created_at` (aware) tells apart two installations that count their notices from 1 under one
    sender's domain; `again` what must not be folded.
    """
    moment = f"{created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}{again}"
    return f"<notice-{notice_id}-{moment}@{sender.rpartition('@')[2] or 'localhost'}>"


@dataclass(frozen=True)
class Contact:
    """Who says it, how to reach a person at the bank, and its own colour; what is not known is
    empty."""

    bank: str
    name: str = ""
    phone: str = ""
    email: str = ""
    colour: str = ""


@dataclass(frozen=True)
class Outgoing:
    """An e-mail as it is written, in the language of its reader: what is said; the button of what
    it asks with its address and how that goes; who says it, whom to ring and whom to ask; why it
    came, and what changes that, with its address.

    What does not stand in a letter is empty.
    """

    subject: str
    body: str
    contact: Contact
    to_ask: str
    language: str
    right_to_left: bool = False
    button: str = ""
    address: str = ""
    how: str = ""
    ring: str = ""
    dial: str = ""
    why: str = ""
    change: str = ""
    change_at: str = ""

    @property
    def text(self) -> str:
        """The whole of it as plain text."""
        asked = f"{self.button}\n  {self.address}\n\n{self.how}\n\n" if self.address else ""
        why = f"\n{self.why}\n{self.change}\n  {self.change_at}\n" if self.why else ""
        sender = f"-- \n{self.contact.bank}\n{self.to_ask}\n"
        return f"{self.body.strip()}\n\n{asked}{sender}{why}"


def outgoing(
    words: Words, contact: Contact, voice: Voice = ENGLISH, *, change: str = ""
) -> Outgoing:
    """The e-mail that says these words; `change` is the address where its reader says how they like
    to be told."""
    ask = words.ask if words.ask and not words.ask.by_program else None
    return Outgoing(
        words.subject,
        words.body,
        contact,
        _to_ask(contact).render(voice),
        voice.language,
        voice.right_to_left,
        button=ask.label.render(voice) if ask else "",
        address=ask.address if ask else "",
        how=_how(ask).render(voice) if ask else "",
        # Translators: a telephone number follows.
        ring=say("Ring %(name)s", name=contact.name).render(voice) if contact.name else "",
        dial=dialled(contact.phone),
        why=say("You have this because you are told by e-mail.").render(voice) if change else "",
        change=say("Change how you are told").render(voice) if change else "",
        change_at=change,
    )


def _how(ask: Ask) -> Said:
    if ask.until is None:
        return say("You are asked to sign in first, and then come straight to it.")
    return say(
        "The link opens this one question, where you press once more; you need no password. It"
        " answers once, until %(day)s, and it is yours alone: pass it on to nobody.",
        day=Weekday(ask.until),
    )


def _to_ask(contact: Contact) -> Said:
    name = contact.name or say("your broker")
    if contact.phone and contact.email:
        return say(
            "Is anything unclear? To reach %(name)s, ring %(phone)s or write to %(email)s.",
            name=name,
            phone=contact.phone,
            email=contact.email,
        )
    if contact.phone:
        return say(
            "Is anything unclear? To reach %(name)s, ring %(phone)s.",
            name=name,
            phone=contact.phone,
        )
    if contact.email:
        return say(
            "Is anything unclear? To reach %(name)s, write to %(email)s.",
            name=name,
            email=contact.email,
        )
    return say("Is anything unclear? Ask %(name)s.", name=name)


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


def text_message(
    subject: str, *, bank: str, link: str, contact_phone: str, voice: Voice = ENGLISH
) -> str:
    """A text message: who says it, what it is about, and what to do. Two segments at most; a long
    subject is cut and says so.

    What the notice says beyond its subject is not put into a text, which others may read over a
    shoulder.
    """
    who = one_line(bank, 24).translate(_PLAIN)
    about = re.sub(r"(?<![0-9])\.(25|5|75)(?![0-9])", r"0.\1", subject.translate(_PLAIN))
    link = link if len(link) <= 60 else ""
    phone = contact_phone if len(contact_phone) <= 25 else ""
    # Where both would leave no room for what it is about, a number to ring says more than an
    # address.
    if link and phone and not is_plain(f"{who}{about}{link}"):
        link = ""
    end = f" {_what_to_do(link, phone).render(voice).translate(_PLAIN)}"
    about = f"{about}." if about[-1:] not in (".", "!", "?") else about
    whole = f"{who}: {about}{end}"
    # In any other alphabet a letter outside the first plane takes up the room of two.
    size = len if is_plain(whole) else _units
    most = TWO_SEGMENTS[0 if is_plain(whole) else 1]
    while size(whole) > most and about != "...":
        about = f"{about.removesuffix('...')[:-1].rstrip()}..."
        whole = f"{who}: {about}{end}"
    return whole


def _what_to_do(link: str, phone: str) -> Said:
    if link and phone:
        # Translators: the end of a text message, which has little room.
        return say("See %(address)s or ring %(phone)s", address=link, phone=phone)
    if link:
        return say("See %(address)s", address=link)
    if phone:
        return say("Ring %(phone)s", phone=phone)
    return say("Ask your broker")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text_key(notice_id: int, created_at: datetime, again: str = "") -> str:
    """The key of a text message, the same however often it is sent, by which the other side drops a
    repeat; `again` tells apart what must not be dropped."""
    return f"notice-{notice_id}-{created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}{again}-text"
