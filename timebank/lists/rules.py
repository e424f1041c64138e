"""Which lists there are, what may be asked of each, and what may be done to what is ticked. Pure
decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

from timebank.errors import Invalid
from timebank.notices.rules import NoticeChannel
from timebank.say import Either, Said, say


class ListKind(StrEnum):
    """What a list is of. What ends are the offers and requests that end within a week."""

    MEMBERS = "members"
    OFFERS = "offers"
    REQUESTS = "requests"
    ENDINGS = "endings"
    EXCHANGES = "exchanges"
    CHECKS = "checks"


class Verb(StrEnum):
    """What can be done to all that is ticked."""

    TAG = "tag"
    UNTAG = "untag"
    BROKER = "broker"
    PAUSE = "pause"
    RESUME = "resume"
    RENEW = "renew"
    TAKE_OUT = "take_out"
    REMIND = "remind"
    WRITE = "write"
    LABELS = "labels"
    EXPORT = "export"


_LISTINGS = (Verb.RENEW, Verb.TAKE_OUT, Verb.BROKER, Verb.WRITE, Verb.EXPORT)

VERBS: Mapping[ListKind, Sequence[Verb]] = {
    ListKind.MEMBERS: (
        *(Verb.WRITE, Verb.BROKER, Verb.TAG, Verb.UNTAG, Verb.PAUSE, Verb.RESUME),
        *(Verb.LABELS, Verb.EXPORT),
    ),
    ListKind.OFFERS: _LISTINGS,
    ListKind.REQUESTS: _LISTINGS,
    ListKind.ENDINGS: _LISTINGS,
    ListKind.EXCHANGES: (Verb.REMIND, Verb.EXPORT),
    ListKind.CHECKS: (Verb.REMIND, Verb.WRITE, Verb.EXPORT),
}
"""What can be done to the lines of each list; the first is what most will want."""

UNDONE = (Verb.TAG, Verb.UNTAG, Verb.BROKER, Verb.PAUSE, Verb.RESUME, Verb.RENEW)
"""What can be undone. The others say beforehand that they cannot."""

UNDO_WITHIN = timedelta(days=7)
"""How long a run can be undone."""

ASKED_FOR = timedelta(days=1)
"""How long a selection waits for somebody to say what is to be done with it."""

AT_ONCE = 100
"""So many lines are done while somebody waits; more are a job's, so many at a time."""

TAGS, OWN_FIELDS, SAVED = 60, 8, 60
"""So many tags, fields of its own and saved lists a bank may have."""

LONGEST = {"tag": 40, "field": 60, "words": 200, "saved": 60, "q": 120}
"""The longest each may be, in characters."""

LABELS_MOST = 2000
"""So many labels are printed at a time."""


class RunState(StrEnum):
    """How far a run is: it is asked about, goes, is done; is being undone, and was."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class LineState(StrEnum):
    """What became of a line: it waits, was done or refused; was undone, or stays as it is."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"
    STAYS = "stays"


class Sort(StrEnum):
    """The order of a list."""

    SURNAME = "surname"
    NUMBER = "number"
    LAST = "last"
    BALANCE = "balance"
    JOINED = "joined"
    ENDS = "ends"
    NEWEST = "newest"
    OLDEST = "oldest"


_OF_LISTINGS = (Sort.ENDS, Sort.SURNAME, Sort.NEWEST, Sort.OLDEST)

SORTS: Mapping[ListKind, Sequence[Sort]] = {
    ListKind.MEMBERS: (Sort.SURNAME, Sort.NUMBER, Sort.LAST, Sort.BALANCE, Sort.JOINED),
    ListKind.OFFERS: _OF_LISTINGS,
    ListKind.REQUESTS: _OF_LISTINGS,
    ListKind.ENDINGS: _OF_LISTINGS,
    ListKind.EXCHANGES: (Sort.NEWEST, Sort.OLDEST),
    ListKind.CHECKS: (Sort.SURNAME, Sort.ENDS),
}
"""The orders of each list, the usual one first."""


class Quiet(StrEnum):
    """How long ago somebody last helped or was helped."""

    MONTH = "30"
    QUARTER = "90"
    NEVER = "never"


class Reach(StrEnum):
    """How somebody is told things, as far as that is one thing for those who work with a list."""

    EMAIL = "email"
    TEXT = "text"
    BY_HAND = "by_hand"


REACHED_BY: Mapping[Reach, Sequence[NoticeChannel]] = {
    Reach.EMAIL: (NoticeChannel.EMAIL, NoticeChannel.PUSH),
    Reach.TEXT: (NoticeChannel.TEXT,),
    Reach.BY_HAND: (NoticeChannel.CALL, NoticeChannel.LETTER),
}
"""The channels that each stands for."""

NOBODY = 0
"""The broker of those whom nobody looks after."""


@dataclass(frozen=True)
class Wanted:
    """Which lines of a list are wanted; what is None or empty narrows nothing.

    `broker` is a member's id, or `NOBODY`; `tag` a tag's; `born_in` a month; `ends_within` days.
    `own_field` is a field of the bank's own in which something stands, and `own_words` what stands
    in it or, without one, in any.
    """

    kind: ListKind = ListKind.MEMBERS
    q: str = ""
    status: str | None = None
    role: str | None = None
    capacity: str | None = None
    broker: int | None = None
    area: str = ""
    tag: int | None = None
    told: Reach | None = None
    quiet: Quiet | None = None
    born_in: int | None = None
    own_field: int | None = None
    own_words: str = ""
    category: int | None = None
    ends_within: int | None = None
    state: str | None = None
    check: str | None = None
    sort: Sort | None = None

    def asked(self) -> dict[str, Any]:
        """What was asked for, by name, but for the kind: for addresses, and to be kept."""
        return {
            field.name: value
            for field in fields(self)
            for value in [getattr(self, field.name)]
            if field.name != "kind" and value not in (None, "")
        }

    @property
    def order(self) -> Sort:
        """The order of its lines: the usual one, unless another is asked for that the list has."""
        usual = SORTS[self.kind][0]
        return self.sort if self.sort and self.sort in SORTS[self.kind] else usual


@dataclass(frozen=True)
class Ticked:
    """What is to be done (`verb`) to which lines of a list: those of these ids, or with `all` every
    one that is wanted."""

    verb: Verb
    ids: Sequence[int] = ()
    all: bool = False


@dataclass(frozen=True)
class Doing:
    """What a verb needs besides: the tag, by its id or by a name it is called or to be called; the
    broker, `NOBODY` for nobody."""

    tag: int | None = None
    tag_name: str = ""
    broker: int | None = None


@dataclass(frozen=True)
class NewName:
    """What a saved list, or a field of the bank's own, is to be called."""

    name: str


@dataclass(frozen=True)
class FieldWords:
    """What is to stand in a field of the bank's own; empty: nothing."""

    field: int
    words: str = ""


@dataclass(frozen=True)
class Kept:
    """The tags that a member is to have, by their ids and new ones by name; and what is to stand in
    the bank's own fields, of which those left out stay."""

    tags: Sequence[int] = ()
    new_tags: Sequence[str] = ()
    words: Sequence[FieldWords] = ()


_OF_LISTING = ("q", "area", "broker", "category", "sort")

FILTERS: Mapping[ListKind, Sequence[str]] = {
    ListKind.MEMBERS: (
        *("q", "status", "role", "capacity", "broker", "area", "tag", "told", "quiet"),
        *("born_in", "own_field", "own_words", "sort"),
    ),
    ListKind.OFFERS: (*_OF_LISTING, "ends_within"),
    ListKind.REQUESTS: (*_OF_LISTING, "ends_within"),
    ListKind.ENDINGS: _OF_LISTING,
    ListKind.EXCHANGES: ("q", "status", "sort"),
    ListKind.CHECKS: ("q", "state", "check", "sort"),
}
"""What each list can be narrowed by and sorted."""


def check_asked(wanted: Wanted, *, statuses: Sequence[str]) -> None:
    """Raises Invalid for what a list of that kind cannot be asked; `statuses` are those that its
    lines can have."""
    wrong: dict[str, Said] = {
        name: say("This list cannot be asked for that. Leave it out.")
        for name in wanted.asked()
        if name not in FILTERS[wanted.kind]
    }
    if wanted.status is not None and wanted.status not in statuses:
        wrong["status"] = say("Choose one of: %(choices)s.", choices=Either(statuses))
    if wanted.sort is not None and wanted.sort not in SORTS[wanted.kind]:
        choices = Either(SORTS[wanted.kind])
        wrong["sort"] = say("Choose one of: %(choices)s.", choices=choices)
    if wrong:
        raise Invalid.of(wrong)


def check_verb(kind: ListKind, verb: Verb) -> None:
    """Raises Invalid for what cannot be done to the lines of such a list."""
    if verb not in VERBS[kind]:
        raise Invalid.on("do", say("That cannot be done from this list. Choose another."))


def one_line(text: str) -> str:
    """Words as a name of a tag, a field or a list: one line, single spaces."""
    return " ".join(text.split())


KIND_WORDS: Mapping[ListKind, Said] = {
    ListKind.MEMBERS: say("Members"),
    ListKind.OFFERS: say("Offers"),
    ListKind.REQUESTS: say("Requests"),
    ListKind.ENDINGS: say("What ends soon"),
    ListKind.EXCHANGES: say("Exchanges"),
    ListKind.CHECKS: say("Checks"),
}
"""The lists, as they are called."""

VERB_WORDS: Mapping[Verb, Said] = {
    Verb.TAG: say("Tag", context="do"),
    Verb.UNTAG: say("Take a tag off"),
    Verb.BROKER: say("Give a broker"),
    Verb.PAUSE: say("Pause", context="do"),
    Verb.RESUME: say("Take part again"),
    Verb.RENEW: say("Renew", context="offers and requests"),
    Verb.TAKE_OUT: say("Take out of the directory"),
    Verb.REMIND: say("Remind", context="do"),
    Verb.WRITE: say("Write to them"),
    Verb.LABELS: say("Labels", context="for envelopes"),
    Verb.EXPORT: say("Export", context="do"),
}
"""What the buttons say."""

SORT_WORDS: Mapping[Sort, Said] = {
    Sort.SURNAME: say("Surname"),
    Sort.NUMBER: say("Number"),
    Sort.LAST: say("Last exchange"),
    Sort.BALANCE: say("Balance"),
    Sort.JOINED: say("Joined last"),
    Sort.ENDS: say("Ends first"),
    Sort.NEWEST: say("Newest first"),
    Sort.OLDEST: say("Oldest first"),
}

QUIET_WORDS: Mapping[Quiet, Said] = {
    Quiet.MONTH: say("Over 30 days ago"),
    Quiet.QUARTER: say("Over 90 days ago"),
    Quiet.NEVER: say("Never"),
}

REACH_WORDS: Mapping[Reach, Said] = {
    Reach.EMAIL: say("E-mail or device"),
    Reach.TEXT: say("Text"),
    Reach.BY_HAND: say("Phone or letter"),
}

WAY_WORDS: Mapping[str, Said] = {
    NoticeChannel.EMAIL: say("E-mail"),
    NoticeChannel.TEXT: say("Text"),
    NoticeChannel.LETTER: say("Letter"),
    NoticeChannel.CALL: say("Telephone"),
    NoticeChannel.PUSH: say("Device"),
}
"""How somebody is told, as a column says it."""
