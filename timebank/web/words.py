"""Words for the templates: hours, dates and instants as a neighbour would say them."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g

from timebank import clock, hours
from timebank.http import voice
from timebank.say import Figure, Gap, Money, Said, Weekday, say, spoken
from timebank.times import DAYS, PARTS, times_in_words


def day(value: date | None) -> str:
    """12 November 2026; nothing for no date."""
    return voice().day(value) if value else ""


def leaf(value: date) -> tuple[str, int, str]:
    """What a leaf of a calendar has on it: weekday, number and month. An instant is taken by the
    bank's clock."""
    day = local_day(value) if isinstance(value, datetime) else value
    weekday, month = voice().leaf(day)
    return weekday, day.day, month


def weekday(value: date | None) -> str:
    """Thursday 12 November, with the year when it is another one."""
    return voice().weekday(Weekday(value, today())) if value else ""


def moment(value: datetime | None) -> str:
    """12 November 2026, 10:42, in the bank's own time."""
    return voice().moment(value.astimezone(_zone())) if value else ""


def time(value: datetime | None) -> str:
    """10:42, in the bank's own time."""
    return voice().time(value.astimezone(_zone()).time()) if value else ""


def local_day(value: datetime) -> date:
    """The date of an instant where the bank is."""
    return value.astimezone(_zone()).date()


def today() -> date:
    """Today's date where the bank is."""
    return clock.now().astimezone(_zone()).date()


def full_day(value: date) -> str:
    """Thursday 12 November 2026."""
    return voice().weekday(Weekday(value))


def language_tag() -> str:
    """The language of the page, for those who read it aloud."""
    language = voice().language
    return "en-GB" if language == "en" else language


def spelt(number: int) -> str:
    """A count as it is written in a sentence: in English one to nine as words, more as figures.

    Elsewhere always figures: how "one" is written depends on what is counted.
    """
    if voice().language != "en":
        return voice().number(Figure(number))
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[number] if 0 <= number < len(words) else str(number)


def dialled(phone: str) -> str:
    """A telephone number as a link wants it: "01632 960 142" → "01632960142"."""
    return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


def begun(words: str | Said) -> str:
    """The words as a sentence begins: the first letter large, and names within them left as they
    are."""
    text = spoken(words, voice())
    return text[:1].upper() + text[1:]


def paragraphs(text: str) -> list[str]:
    """What somebody wrote, as the paragraphs they left empty lines between."""
    return [
        part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()
    ]


def week() -> list[tuple[Said, list[tuple[int, Said]]]]:
    """The days, each with the numbers and words of its parts ("Monday mornings"), for choosing
    times of the week."""
    numbers = range(len(PARTS))
    return [
        (
            day,
            [
                (len(PARTS) * place + at, times_in_words(1 << len(PARTS) * place + at))
                for at in numbers
            ],
        )
        for place, day in enumerate(DAYS)
    ]


def greeting() -> Said:
    """By the bank's clock."""
    hour = clock.now().astimezone(_zone()).hour
    if hour < 12:
        return say("Good morning")
    return say("Good afternoon") if hour < 18 else say("Good evening")


def part_of_disc(minutes: int) -> str:
    """The SVG path of part of an hour, of 1 to 59 minutes, within a 24 × 24 disc: filled from the
    top, leftwards."""
    angle = minutes / 60 * math.tau
    x, y = 12 - 11 * math.sin(angle), 12 - 11 * math.cos(angle)
    return f"M12 12V1A11 11 0 {int(minutes > 30)} 0 {x:.2f} {y:.2f}z"


def listed(parts: Iterable[str]) -> str:
    """Names one after the other, as the reader's language lists them."""
    return spoken([*parts], voice())


def _spoken(sentence_of: Callable[[int], Gap]) -> Callable[[int], str]:
    return lambda value: spoken(sentence_of(value), voice())


def _zone() -> ZoneInfo:
    bank = g.get("bank")
    return ZoneInfo(bank.timezone if bank is not None else "UTC")


def finalized(value: object) -> object:
    """What a template is about to write: a sentence, as the reader understands it."""
    return value.render(voice()) if isinstance(value, Said) else value


def mail_leaves() -> bool:
    """Whether e-mail goes out of here, as far as that was set up; else it waits."""
    return bool(current_app.config["TIMEBANK"].mail_server)


def install(app: Flask) -> None:
    """Give the templates their filters, and the marks of what can be translated."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(  # pyright: ignore[reportAttributeAccessIssue]  (made by the extension)
        lambda sentence: voice().template(Said(sentence)),
        lambda one, many, number: voice().template(Said(one, many, number)),
        newstyle=True,
        pgettext=lambda context, sentence: voice().template(Said(sentence, context=context)),
        npgettext=lambda context, one, many, number: voice().template(
            Said(one, many, number, context)
        ),
    )
    for name, sentence_of in (
        ("hours", hours.table),
        ("hours_in_words", hours.words),
        ("whole_hours", hours.whole),
        ("times_in_words", times_in_words),
        ("money", Money),
    ):
        app.add_template_filter(_spoken(sentence_of), name)
    app.add_template_filter(lambda gap: spoken(gap, voice()), "said")
    app.add_template_global(voice)
    app.add_template_global(language_tag)
    for word in (
        day,
        local_day,
        leaf,
        listed,
        weekday,
        full_day,
        moment,
        time,
        spelt,
        dialled,
        begun,
        paragraphs,
        part_of_disc,
    ):
        app.add_template_filter(word)
    app.add_template_global(today)
    app.add_template_global(week)
    app.jinja_env.globals["parts_of_the_day"] = PARTS
    app.add_template_global(greeting)
    app.add_template_global(mail_leaves)
