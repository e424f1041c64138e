"""A register as its pages are sent: what they say of each line, as marks.

The pages call their fields `was-m12`, `part-m12`: the name of the field in a schema of one line,
and the key of the person.
"""

from collections.abc import Collection, Iterable, Mapping

from timebank.activities.queries import Line
from timebank.activities.rules import Mark, PartInTheRoom
from timebank.activities.schemas import TickForm, TimesForm
from timebank.errors import Invalid
from timebank.say import Said, say
from timebank.schema import load


def ticked(form: Mapping[str, str], lines: Iterable[Line]) -> list[Mark]:
    """The people about whom the form says something else than it was shown with. Raises
    Invalid."""
    known = {line.key: line for line in lines}
    marks: list[Mark] = []
    for key, written in _by_person(form, ("was", "part")).items():
        tick = load(TickForm(), written)
        # What was shown begins with the part.
        if tick.part == tick.was.partition(" ")[0]:
            continue
        line = known.get(key)
        if line is not None:
            minutes = line.minutes if line.part else None
            marks.append(
                _mark(line, tick.part, minutes, line.prepared, line.without_hours, tick.was)
            )
        elif (member_id := _member_id(key)) is not None:
            marks.append(Mark(member_id, part=tick.part, was=tick.was))
    return marks


def timed(form: Mapping[str, str], lines: Iterable[Line]) -> list[Mark]:
    """How long everybody was there, as the form says of those it was shown with. Raises Invalid
    with a sentence for every time that cannot be read."""
    written = _by_person(form, ("was", "minutes", "prepared", "without"))
    faults: dict[str, Said] = {}
    marks: list[Mark] = []
    for line in lines:
        if line.key not in written:
            continue
        try:
            times = load(TimesForm(), written[line.key])
        except Invalid as refusal:
            for name, fault in refusal.fields.items():
                faults[f"{name}-{line.key}"] = say(
                    # Translators: a person, and what is wrong with the time written for them.
                    "%(name)s: %(fault)s",
                    name=line.name,
                    fault=fault,
                )
            continue
        if line.part and not times.minutes:
            faults[f"minutes-{line.key}"] = say(
                "%(name)s: write how long they were there, or take them off the register.",
                name=line.name,
            )
        marks.append(
            _mark(line, line.part, times.minutes, times.prepared, times.without, times.was)
        )
    if faults:
        raise Invalid(say("Some times have to be corrected."), fields=faults)
    return marks


def _by_person(form: Mapping[str, str], names: Collection[str]) -> dict[str, dict[str, str]]:
    """What a page says of everybody whom it was shown with, by their key; what is empty is not
    said."""
    by_key: dict[str, dict[str, str]] = {
        field.removeprefix("was-"): {} for field in form if field.startswith("was-")
    }
    for field, value in form.items():
        name, _, key = field.partition("-")
        if name in names and key in by_key and value.strip():
            by_key[key][name] = value
    return by_key


def _mark(
    line: Line, part: PartInTheRoom, minutes: int | None, prepared: int, without: bool, was: str
) -> Mark:
    guest = "" if line.member_id is not None else line.name
    return Mark(line.member_id, guest, part, minutes, prepared, without, was=was)


def _member_id(key: str) -> int | None:
    """The member whom a key such as `m12` means; None for a guest, and for what is no key."""
    number = key.removeprefix("m")
    in_range = number != key and number.isdecimal() and len(number) < 11
    return int(number) if in_range else None
