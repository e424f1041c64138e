"""What neighbours of the demonstration bank said when they were asked, made up like all here: an
audit of 251 sheets, taken at doors, at events, by phone, on paper and by the link, sorted by two
people and closed.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.dialogue import audit_queries, audits, contacts, sorting
from timebank.dialogue.audit_models import Audit
from timebank.dialogue.audit_rules import (
    AGES,
    NewAudit,
    NewDetails,
    NewRound,
    NewSheet,
    NewThemes,
    Sorting,
    is_for_two,
)
from timebank.dialogue.rules import Way
from timebank.members.rules import Capacity

_ASKED = 251

_SAID: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "Help with debt, near home": (
        68,
        (
            "Somebody to talk to about what I owe",
            "The bus to the debt advice costs more than I have",
            "Debt advice at the library, not in town",
        ),
    ),
    "A dentist who takes new patients": (
        52,
        ("A dentist!", "I pulled my own tooth", "No dentist has a place for the children"),
    ),
    "Help to stay at home": (
        47,
        ("Help with shopping and the bins", "I want to stay in my own flat when I am old"),
    ),
    "Somewhere to sit": (
        44,
        ("Benches on Canal Street", "Nowhere to sit between the shop and the bridge"),
    ),
    "Something to do for under-25s": (
        31,
        ("The young ones hang about at the bus stop", "A youth club, like there was"),
    ),
    "Lights after dark": (29, ("It is pitch dark along the canal", "Mend the street lights")),
    "Damp and mould": (27, ("Mould in the bedroom again", "The landlord paints over the damp")),
    "Buses in the evening": (24, ("The last bus goes at half past six",)),
    "Company": (22, ("I see nobody from Friday to Monday", "Somewhere warm to have a cup of tea")),
    "Rubbish": (18, ("Fly-tipping behind the garages",)),
    "A place to meet": (15, ("The hall is always locked",)),
    "Speeding cars": (12, ("Cars race down Mill Lane", "A crossing by the school")),
}
"""What people named, how many of them did, and how they put it."""

_GLAD = (
    *("Show somebody how to knit", "Walk a dog", "Fill in forms", "Fix bicycles", "Bake for forty"),
    *("Drive somebody to the hospital", "Teach Polish", "Mend a tap", "Sit with somebody"),
)
_WAYS = (Way.DOOR,) * 6 + (Way.EVENT,) * 2 + (Way.PAPER,) + (Way.PHONE,)
_LINK = 24
"""So many answered by the public link besides."""


def ask_neighbours(
    session: Session, bank: Bank, sorters: tuple[Actor, Actor], act: Act, *, seed: int
) -> Audit:
    """An audit that opened 200 days ago and was closed 120 days ago. `act` is a coordinator's."""
    draw = Random(seed)  # noqa: S311  (the same bank again, not a secret)
    opened = act.now - timedelta(days=200)
    then = Act(act.by, opened)
    audit = audits.plan_audit(
        session,
        bank,
        NewAudit(
            "Alder Row: what would make life better?",
            opened.date(),
            opened.date() + timedelta(days=60),
            target=250,
            questions=(
                "How safe do you feel out of doors after dark?",
                "Could you ask a neighbour for help? Yes / Perhaps / No",
            ),
            areas=("The Crofts = 410", "Canal Street = 380", "Mill Lane = 290"),
        ),
        then,
    )
    for words in ("Canal Street, even numbers", "The Crofts"):
        audits.add_round(session, bank, audit.id, NewRound(words), then)
    people = _people(draw)
    audits.take_sheets(session, bank, audit.id, [*people, *_by_link(draw)], then)
    for name, phone in (("Ida Lund", "01632 960701"), ("Tariq Aziz", "01632 960702")):
        left = NewDetails(name, phone, address="3 Canal Street", hear=True)
        contacts.leave_details(session, bank, audit.id, left, now=opened)
    themes = sorting.name_themes(session, bank, audit.id, NewThemes(list(_SAID)), then)
    _sort(session, bank, audit, {one.words: one.id for one in themes}, sorters, draw)
    audits.close_audit(session, bank, audit.id, Act(act.by, act.now - timedelta(days=120)))
    return audit


def _people(draw: Random) -> list[NewSheet]:
    """Those who were asked: each theme is named by as many as `_SAID` says."""
    named: list[list[str]] = [[] for _ in range(_ASKED)]
    for theme, (number, _) in _SAID.items():
        # Nobody has more than three wishes.
        free = [wishes for wishes in named if len(wishes) < 3]
        for wishes in draw.sample(free, number):
            wishes.append(theme)
    return [_sheet(wishes, draw.choice(_WAYS), draw) for wishes in named]


def _by_link(draw: Random) -> list[NewSheet]:
    themes = ("Buses in the evening", "Speeding cars", "Lights after dark")
    return [_sheet([draw.choice(themes)], Way.LINK, draw) for _ in range(_LINK)]


def _sheet(themes: Sequence[str], way: Way, draw: Random) -> NewSheet:
    return NewSheet(
        way,
        [draw.choice(_SAID[theme][1]) for theme in themes],
        [draw.choice(_GLAD)] if draw.random() < 0.4 or not themes else [],
        {1: draw.choice((1, 2, 2, 3, 3, 4, 5)), 2: draw.choice((1, 1, 2, 3))},
        # Nobody under 25 was at home in the day.
        age=draw.choice(AGES[1:]),
        area=draw.choice(("The Crofts", "Canal Street", "Mill Lane")),
        part=Capacity.RESIDENT if draw.random() < 0.9 else Capacity.PRACTITIONER,
    )


def _sort(
    session: Session,
    bank: Bank,
    audit: Audit,
    themes: Mapping[str, int],
    sorters: tuple[Actor, Actor],
    draw: Random,
) -> None:
    """The first sorts all of it, the second every tenth, and now and then sees it otherwise."""
    of = {said: themes[theme] for theme, (_, answers) in _SAID.items() for said in answers}
    wishes = audit_queries.wishes(session, bank, audit.id)
    first = [Sorting(*answer, [of[words]]) for answer, words in wishes.items()]
    second = [
        Sorting(one.key, one.place, one.themes if draw.random() < 0.85 else [themes["Company"]])
        for one in first
        if is_for_two(one.key, one.place)
    ]
    for sorter, done in zip(sorters, (first, second), strict=True):
        sorting.sort_many(session, bank, audit.id, done, Act(sorter, audit.at))
