"""A bank's rules of exchange, applied, and what they may be. Amounts are minutes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from timebank import hours, voices
from timebank.colours import READABLE, contrast, is_colour, lightened, mixed
from timebank.errors import Invalid
from timebank.say import Said, say
from timebank.text import fault_of

STEPS = (1, 5, 6, 10, 12, 15, 20, 30, 60)
"""The rounding steps that make whole hours."""

FEW = (5, 8, 10)
"""Below how many people a count may be withheld in figures that leave the staff."""

LONGEST = {
    "name": 120,
    "place": 120,
    "about": 2000,
    "contact_name": 120,
    "contact_phone": 40,
    "contact_email": 254,
    "timezone": 60,
    "embeds": 600,
    "privacy": 4000,
    "welcome": 2000,
}
"""The longest text each of a bank's details may be, in characters."""

KEPT = (
    "keep_messages",
    "keep_notes",
    "keep_notices",
    "keep_applications",
    "keep_slips",
    "keep_checks",
    "keep_concerns",
)
"""Settings of how long something is kept, in months."""

_LONGEST_KEPT = 240
_DAY = 24 * 60
_LONGEST_WAIT = 365
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class SlipNumbers(StrEnum):
    """Whether the paper slips of a bank have numbers."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True)
class LogRules:
    """What may be logged at once: multiples of `rounding`, from `smallest` to `largest` minutes."""

    rounding: int
    smallest: int
    largest: int

    def check(self, minutes: int) -> None:
        """Raises Invalid, naming the nearest amounts that would do; nothing is rounded for
        anybody."""
        time = hours.words(minutes)
        if minutes < self.smallest or minutes > self.largest:
            outside = say(
                "You wrote %(time)s. One log is from %(shortest)s to %(longest)s.",
                time=time,
                shortest=hours.words(self.smallest),
                longest=hours.words(self.largest),
            )
            raise Invalid.on("minutes", outside)
        if minutes % self.rounding:
            # Below the first step there is nothing to name: the smallest log is a step or more.
            below = minutes - minutes % self.rounding
            between = say(
                "You wrote %(time)s. We count in steps of %(step)s: the nearest are %(below)s and"
                " %(above)s.",
                time=time,
                step=hours.words(self.rounding),
                below=hours.words(below),
                above=hours.words(below + self.rounding),
            )
            raise Invalid.on("minutes", between)


@dataclass(frozen=True)
class NewBank:
    """A bank to be opened. Without a `slug` its address is made from the name."""

    name: str
    slug: str | None = None
    timezone: str = "Europe/London"
    language: str = "en"


OLDEST_FIGURES = 24 * 60
"""Minutes that a bank may let the figures of its own pages be old."""


@dataclass(frozen=True)
class Settings:
    """A bank's details and its rules of exchange, in minutes and days: all that can be changed of a
    bank. (Its address cannot: people have it written down.)

    `place` is the town or district people look for; `languages` are the tags of those that may be
    chosen, parted by spaces; `embeds` the sites that
    may show what the bank does together, such as `https://council.example`. `privacy` is what the
    bank itself says of what it keeps; the figures of a large bank are shown that are
    `figures_minutes` old at most; each `keep_…` for how many months it keeps something.
    `welcome` is said to whoever joins. `colour` takes the place of damson, `colour_dark` on dark
    screens; without it the first is made light enough.
    """

    name: str
    timezone: str
    rounding: int
    smallest_log: int
    largest_log: int
    member_floor: int
    chest_floor: int
    waiting_days: int
    few: int
    figures_minutes: int = 60
    member_ceiling: int | None = None
    place: str = ""
    about: str = ""
    language: str = "en"
    languages: str = "en"
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    joining_open: bool = False
    confirm_automatically: bool = False
    feed: bool = False
    embeds: str = ""
    privacy: str = ""
    keep_messages: int = 24
    keep_notes: int = 24
    keep_notices: int = 12
    keep_applications: int = 6
    keep_slips: int = 24
    keep_checks: int = 12
    keep_concerns: int = 72
    welcome: str = ""
    colour: str = ""
    colour_dark: str = ""
    slip_numbers: SlipNumbers = SlipNumbers.OPTIONAL


_SITE = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?", re.ASCII)
"""A site, as a browser compares it: no page, and nothing that stands for several (CSP 3, 6.7.2.8
takes more)."""


def is_slug(text: str) -> bool:
    """Whether a bank can have this address: small letters a to z, digits and hyphens between them,
    at most 60."""
    return len(text) <= 60 and _SLUG.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether this may be a whole e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def is_timezone(name: str) -> bool:
    """Whether this is the name of an IANA time zone, such as Europe/London."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # Not known, not a name, the name of a folder of them.
        return False
    return True


def check_new(new: NewBank) -> None:
    """Raises Invalid for a bank that cannot be opened so."""
    if not is_timezone(new.timezone):
        raise Invalid.on("timezone", _no_timezone(new.timezone))
    if not new.name.strip() or len(new.name) > LONGEST["name"]:
        raise Invalid.on("name", say("Write the bank's name, at most 120 characters."))
    if new.slug is not None and not is_slug(new.slug):
        raise Invalid.on(
            "slug",
            say("The address is made of small letters a to z, digits and hyphens, at most 60."),
        )
    faults = _faults_of_languages(new.language, [new.language])
    if faults:
        raise Invalid.of(faults)


def _no_timezone(name: str) -> Said:
    # Translators: %(name)s is what somebody wrote instead of the name of a time zone.
    return say("“%(name)s” is no time zone. Write one such as Europe/London.", name=name)


def reads_english(language: str) -> bool:
    """Whether what people write in a bank of this language can be understood by what was learned
    from English."""
    return language.partition("-")[0] == "en"


def check(settings: Settings) -> None:
    """Raises Invalid with a sentence for each of a bank's details and rules of exchange that cannot
    be so. A limit is judged by the one it stands beside."""
    wrong = {
        **_faults_of_details(settings),
        **_faults_of_languages(settings.language, settings.languages.split()),
        **_faults_of_logs(settings),
        **_faults_of_limits(settings),
        **_faults_of_colours(settings),
    }
    if not 1 <= settings.waiting_days <= _LONGEST_WAIT:
        wrong["waiting_days"] = say(
            "Write a number of days from 1 to %(longest)s.", longest=_LONGEST_WAIT
        )
    if not all(_SITE.fullmatch(site) for site in settings.embeds.split()):
        wrong["embeds"] = say(
            "Write each site as its address begins, such as https://council.example, without a page"
            " or a star, and a space between two."
        )
    if settings.few not in FEW:
        wrong["few"] = say("Choose 5, 8 or 10 people.")
    if not 0 <= settings.figures_minutes <= OLDEST_FIGURES:
        wrong["figures_minutes"] = say(
            "Write a number of minutes from 0 to %(longest)s.", longest=OLDEST_FIGURES
        )
    for name in KEPT:
        if not 1 <= getattr(settings, name) <= _LONGEST_KEPT:
            wrong[name] = say(
                "Write a number of months from 1 to %(longest)s.", longest=_LONGEST_KEPT
            )
    if wrong:
        raise Invalid.of(wrong)


def expired(now: datetime, months: int) -> datetime:
    """What is older than this has been kept for so many months. A month counts 31 days."""
    return now - timedelta(days=31 * months)


def _faults_of_details(settings: Settings) -> dict[str, Said]:
    faults = {name: fault_of(getattr(settings, name), longest) for name, longest in LONGEST.items()}
    wrong = {name: fault for name, fault in faults.items() if fault is not None}
    if not settings.name.strip():
        wrong["name"] = say("Write the bank’s name.")
    if settings.contact_email and not is_email(settings.contact_email):
        wrong["contact_email"] = say(
            "Write a whole e-mail address, such as broker@example.org, or leave it empty."
        )
    if not is_timezone(settings.timezone):
        wrong["timezone"] = _no_timezone(settings.timezone)
    return wrong


def _faults_of_languages(language: str, choice: Sequence[str]) -> dict[str, Said]:
    spoken = voices.offered()
    unknown = next((code for code in (language, *choice) if code not in spoken), None)
    if unknown is not None:
        fault = say(
            "“%(code)s” is not spoken here. Choose among %(choices)s.",
            code=unknown,
            choices=list(spoken),
        )
        return {"language" if unknown == language else "languages": fault}
    if language not in choice:
        return {
            "languages": say("The bank’s own language has to be among those that may be chosen.")
        }
    return {}


def _faults_of_logs(settings: Settings) -> dict[str, Said]:
    rounding, smallest, largest = settings.rounding, settings.smallest_log, settings.largest_log
    if rounding not in STEPS:
        uneven = say(
            "Steps of %(n)s minutes do not make whole hours. Choose one of the steps.", n=rounding
        )
        return {"rounding": uneven}
    wrong: dict[str, Said] = {}
    step = hours.words(rounding)
    if smallest <= 0 or smallest % rounding:
        wrong["smallest_log"] = say(
            "The smallest log has to be one or more steps of %(step)s.", step=step
        )
    if largest > _DAY or largest % rounding:
        wrong["largest_log"] = say(
            "The largest log has to be whole steps of %(step)s, and no more than the 24 hours of a"
            " day.",
            step=step,
        )
    elif largest < smallest:
        wrong["largest_log"] = say(
            "The largest log is smaller than the smallest, %(time)s.", time=hours.words(smallest)
        )
    return wrong


def _faults_of_limits(settings: Settings) -> dict[str, Said]:
    """A limit of less than an hour is taken for a slip of the pen: minutes written for hours."""
    floors = {"member_floor": settings.member_floor, "chest_floor": settings.chest_floor}
    wrong = {
        name: say("Write how far below zero it may go: 0, or an hour or more, such as 10 h.")
        for name, floor in floors.items()
        if floor != 0 and not 60 <= -floor <= hours.LARGEST
    }
    ceiling = settings.member_ceiling
    if ceiling is not None and not 60 <= ceiling <= hours.LARGEST:
        wrong["member_ceiling"] = say(
            "Write how much an account may hold, such as 100 h, or leave it empty for no limit."
        )
    return wrong


# ---- The bank's colour ----

_LIGHT, _DARK = "#f4f1ea", "#262027"
"""The panel on the sheet, by day and on dark screens: of all that words in the colour stand on,
what is nearest to them."""

ON_FILL, ON_FILL_DARK = "#fff6ee", "#1b161b"
"""What is written on a button in the colour."""


@dataclass(frozen=True)
class Palette:
    """A bank's colour, and what is made of it: `hover` for what is pointed at, `wash` for what is
    shaded with it."""

    colour: str
    hover: str
    wash: str


def palettes(colour: str, colour_dark: str) -> tuple[Palette, Palette]:
    """What pages are drawn with in a bank that has a colour, by day and on dark screens."""
    dark = colour_dark or lightened(colour, _DARK, READABLE + 0.5)
    return (
        Palette(colour, mixed(colour, "#000000", 0.3), mixed(colour, "#fdfcf9", 0.93)),
        Palette(dark, mixed(dark, "#ffffff", 0.3), mixed(dark, "#1b161b", 0.88)),
    )


def _faults_of_colours(settings: Settings) -> dict[str, Said]:
    colours = {"colour": settings.colour, "colour_dark": settings.colour_dark}
    wrong = {
        name: say("Write a colour as # and six digits or letters a to f, such as #1f5f8b.")
        for name, colour in colours.items()
        if colour and not is_colour(colour)
    }
    if settings.colour_dark and not settings.colour:
        wrong["colour"] = say("Write the colour for light screens as well.")
    if wrong or not settings.colour:
        return wrong
    light, dark = palettes(settings.colour, settings.colour_dark)
    for name, palette, sheet, letters in (
        ("colour", light, _LIGHT, ON_FILL),
        ("colour_dark", dark, _DARK, ON_FILL_DARK),
    ):
        fault = _too_weak(name, palette, sheet, letters)
        if fault is not None:
            wrong[name] = fault
    return wrong


def _too_weak(name: str, palette: Palette, sheet: str, letters: str) -> Said | None:
    """Which of the pairs of colours cannot be read, the weakest of them; None where all can."""
    pairs = {
        "words": contrast(palette.colour, sheet),
        "shaded": contrast(palette.colour, palette.wash),
        "button": contrast(palette.colour, letters),
    }
    where, weakest = min(pairs.items(), key=lambda pair: pair[1])
    if weakest >= READABLE:
        return None
    colour, on_button = palette.colour, where == "button"
    if name == "colour" and on_button:
        return say(
            "White letters are too weak on a button in %(colour)s. Choose a darker colour.",
            colour=colour,
        )
    if name == "colour":
        return say(
            "Words in %(colour)s are too weak on the light page. Choose a darker colour.",
            colour=colour,
        )
    if on_button:
        return say(
            "Dark letters are too weak on a button in %(colour)s. Choose a lighter colour.",
            colour=colour,
        )
    return say(
        "Words in %(colour)s are too weak on the dark page. Choose a lighter colour.",
        colour=colour,
    )


def whom_to_ring(contact_name: str) -> str | Said:
    """The first name of whoever answers the bank's telephone, for the end of a sentence."""
    # Translators: stands where a person's first name may stand, as in "speak to Maggie".
    return contact_name.partition(" ")[0] or say("your broker")
