"""Who sees what of a member: said once, for the page “What we keep about you” and for the test that
walks every page and every answer of the API as each reader and compares.
"""

from collections.abc import Mapping
from enum import StrEnum

from timebank.say import Said, say


class Reader(StrEnum):
    """Who may look: somebody not signed in, a member who has nothing to do with the other, one who
    has agreed something with them, who acts for them, the staff, and somebody of another bank."""

    STRANGER = "stranger"
    MEMBER = "member"
    PARTNER = "partner"
    HELPER = "helper"
    BROKER = "broker"
    COORDINATOR = "coordinator"
    ANOTHER_BANK = "another_bank"


class Sees(StrEnum):
    """Whether somebody sees it: always, never, or once the member allows it: a way to reach them
    when they are introduced, an offer or a sentence on the front page, the rest on a page of
    theirs."""

    YES = "yes"
    NO = "no"
    IF_ALLOWED = "if_allowed"


READERS: Mapping[Reader, Said] = {
    Reader.STRANGER: say("Anybody"),
    Reader.MEMBER: say("Members"),
    Reader.PARTNER: say("Who agreed something with you"),
    Reader.HELPER: say("Who acts for you"),
    Reader.BROKER: say("Brokers"),
    Reader.COORDINATOR: say("Coordinators"),
    Reader.ANOTHER_BANK: say("Other time banks"),
}

SEES: Mapping[Sees, Said] = {
    # Translators: whether somebody sees something.
    Sees.YES: say("yes", context="sees"),
    Sees.NO: say("no", context="sees"),
    Sees.IF_ALLOWED: say("if you allow it", context="sees"),
}

_YES, _NO, _IF = Sees.YES, Sees.NO, Sees.IF_ALLOWED

FIELDS: Mapping[str, Said] = {
    "name": say("Your name"),
    "picture": say("A picture of you, if you gave one"),
    "area": say("Your part of town"),
    "phone": say("Your telephone"),
    "email": say("Your e-mail"),
    "offers": say("What you offer and ask for"),
    "about": say("What you say about yourself"),
    "languages": say("The languages you speak"),
    "helped": say("How many neighbours you have helped"),
    "hours": say("The help you gave and were given"),
    "thanks": say("The thanks with it"),
    "street": say("A sentence of yours for anybody, with your first name and part of town"),
}

WHO_SEES: Mapping[str, Mapping[Reader, Sees]] = {
    name: dict(zip(Reader, cells, strict=True))
    for name, cells in {
        "name": (_IF, _YES, _YES, _YES, _YES, _YES, _IF),
        "picture": (_NO, _IF, _YES, _YES, _YES, _YES, _NO),
        "area": (_IF, _YES, _YES, _YES, _YES, _YES, _IF),
        "phone": (_NO, _NO, _IF, _IF, _YES, _YES, _NO),
        "email": (_NO, _NO, _IF, _IF, _YES, _YES, _NO),
        "offers": (_IF, _YES, _YES, _YES, _YES, _YES, _IF),
        "about": (_NO, _IF, _IF, _IF, _YES, _YES, _NO),
        "languages": (_NO, _IF, _IF, _YES, _YES, _YES, _NO),
        "helped": (_NO, _IF, _IF, _IF, _IF, _IF, _NO),
        "hours": (_NO, _NO, _YES, _YES, _YES, _YES, _NO),
        "thanks": (_NO, _IF, _YES, _YES, _YES, _YES, _NO),
        "street": (_IF, _IF, _IF, _IF, _IF, _IF, _IF),
    }.items()
}
"""By field, in the order of `Reader`."""
