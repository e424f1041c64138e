"""Nothing that is shared of an audit, in whatever order, tells how many a group of few are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from tests.dialogue.asking import TODAY, make_audit, make_broker, name_themes, sort_all, staff
from tests.factories import NOW, make_bank
from timebank.dialogue import audits, evidence, results
from timebank.dialogue.audit_rules import NewSheet
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.rules import Way

THEMES = ("Debt", "Benches", "Dentist", "Young")
AGES = ("Under 25", "25 to 44", "45 to 64", "65 or more")
FEW = (8, 5, 8)
"""The threshold as a bank might settle it, one after the other."""
SLACK = 2
"""A number that is rounded to the nearest five is so far off at most."""


def drawn(chance: Random) -> NewSheet:
    """A sheet of a street of which most say the same."""
    way = chance.choices([Way.DOOR, Way.PHONE, Way.LINK], [8, 1, 4])[0]
    wishes = [
        one
        for one, often in zip(THEMES, (0.8, 0.4, 0.2, 0.08), strict=True)
        if chance.random() < often
    ]
    return NewSheet(
        way,
        wishes[:3],
        closed={1: chance.choices(range(1, 6), [10, 5, 2, 1, 1])[0], 2: chance.choice((1, 2))},
        age=chance.choices([*AGES, ""], [1, 6, 8, 2, 1])[0],
        area=chance.choices(["Canal Street", "Alder Row"], [1, 9])[0],
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_sequence_of_what_is_shared_tells_a_group_of_few(session, seed):
    chance = Random(seed)  # noqa: S311
    bank = make_bank(session)
    maggie = make_broker(session, bank, "Maggie")
    audit = make_audit(session, bank, ages=AGES)
    sheets = [drawn(chance) for _ in range(chance.randrange(20, 60))]
    # What one person alone named is joined to another theme before it closes.
    often = Counter(theme for one in sheets for theme in one.wishes)
    sheets = [
        replace(one, wishes=[theme for theme in one.wishes if often[theme] > 1]) for one in sheets
    ]

    def evidence_now() -> object:
        days = (TODAY, TODAY + timedelta(days=1))
        return evidence.evidence(session, bank, *days, as_of=NOW).blocks

    # While people are asked nothing is shared that changes with a sheet.
    silent = evidence_now()
    for first in range(0, len(sheets), 10):
        audits.take_sheets(
            session, bank, audit.id, sheets[first : first + 10], staff(bank), another=True
        )
        assert evidence_now() == silent
        with pytest.raises(NotInThatState):
            results.results(session, bank, audit)
    name_themes(session, bank, audit, *(one for one in THEMES if often[one] > 1))
    sort_all(session, bank, audit, maggie)
    audits.close_audit(session, bank, audit.id, staff(bank))
    # Whoever holds against each other what is shared under one threshold and the next.
    told: dict[str, tuple[int, int]] = {}
    for few in FEW:
        bank.few = few
        session.flush()
        found = results.results(session, bank, audit)
        for cell, (low, high) in could_be(found, few).items():
            before = told.get(cell, (low, high))
            told[cell] = max(low, before[0]), min(high, before[1])
    asked = [one for one in sheets if one.way != Way.LINK]
    for cell, size in sizes(asked, [one for one in sheets if one.way == Way.LINK]).items():
        low, high = told.get(cell, (0, len(sheets)))
        assert low <= size <= high, cell
        assert not 0 < size < min(FEW) or low < high, cell


def sizes(asked: list[NewSheet], link: list[NewSheet]) -> dict[str, int]:
    """How many every group that could be told has."""
    groups: Counter[str] = Counter()
    for one in asked:
        groups.update((f"age {one.age}", f"area {one.area}", f"way {one.way}"))
        groups.update(f"question {n} {value}" for n, value in one.closed.items())
        for theme in THEMES:
            named = theme in one.wishes
            groups.update((f"theme {theme} {named}",))
            if named:
                groups.update((f"{theme} age {one.age}", f"{theme} area {one.area}"))
    for one in link:
        groups.update(f"link {theme} {theme in one.wishes}" for theme in THEMES)
    return dict(groups)


def could_be(found: results.Results, few: int) -> dict[str, tuple[int, int]]:
    """The least and the most that each group could be, for whoever reads what is shared."""
    if found.people is None:
        return {}
    n = found.people
    cells: dict[str, tuple[int, int]] = {}
    for block in (found.blocks, (found.by_link,)):
        for one in (one for group in block for one in group):
            of = "theme" if block is found.blocks else "link"
            assert one.standing is not None
            cells[f"{of} {one.words} True"] = (one.standing.people,) * 2
            cells[f"{of} {one.words} False"] = (one.standing.n - one.standing.people,) * 2
    ways = {f"way {way}": people for way, people in found.ways.items() if way != Way.LINK}
    cells |= bounds(ways, n, few)
    words = {one.theme_id: (one.words, one.standing) for one in found.named}
    for table in found.groups:
        cells |= bounds({f"{table.kind} {key}": one for key, one in table.groups.items()}, n, few)
        for theme_id, row in table.themes.items():
            if theme_id in words:
                theme, standing = words[theme_id]
                named = {f"{theme} {table.kind} {key}": one for key, one in row.items()}
                cells |= bounds(named, standing.people, few)
    for question in found.closed:
        value = {said: value for value, said in question.asked.options}
        row = {
            f"question {question.asked.n} {value.get(said, 0)}": people
            for said, people in question.people.items()
        }
        cells |= bounds(row, n, few)
    return cells


def bounds(row: Mapping[str, int | None], whole: int, few: int) -> dict[str, tuple[int, int]]:
    """Of numbers that add up to `whole`, the least and the most that each could be."""
    alone = {
        key: (0, whole)
        if shown is None
        else (max(few, shown - SLACK), shown + SLACK)
        if shown
        else (0, 0)
        for key, shown in row.items()
    }
    least, most = (sum(one[end] for one in alone.values()) for end in (0, 1))
    return {
        key: (max(low, whole - (most - high)), min(high, whole - (least - low)))
        for key, (low, high) in alone.items()
    }
