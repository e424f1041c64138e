"""What an audit says, once it has closed: one value from which every page and file is made.

It is the version for everybody: of few people nothing is told, counts by group are rounded or
withheld, and who answered by the public link is counted apart, since nobody knows whom it reached.
A door-to-door audit is no random sample either, and nothing is weighted; the interval says only how
far chance could have it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import ranking, sorting
from timebank.dialogue.audit_models import Audit
from timebank.dialogue.audit_queries import Asked, Sheet
from timebank.dialogue.errors import NotInThatState
from timebank.dialogue.ranking import Standing
from timebank.dialogue.rules import GroupKind, Way
from timebank.measures import disclosure
from timebank.say import Said, say
from timebank.surveys import rules as surveys_rules

NOT_SAID = ""
"""The group of those who left out who they are."""


@dataclass(frozen=True)
class Named:
    """A theme as it may be told: `standing` None where few named it, or all but few."""

    theme_id: int
    words: str
    standing: Standing[int] | None


@dataclass(frozen=True)
class ByGroup:
    """Themes by group of one kind. `groups` are their sizes, `themes` by theme how many of each
    group named it; None: withheld."""

    kind: GroupKind
    groups: Mapping[str, int | None]
    themes: Mapping[int, Mapping[str, int | None]]


@dataclass(frozen=True)
class Answered:
    """A closed question, with how many chose each answer; None: withheld."""

    asked: Asked
    people: Mapping[str, int | None]


@dataclass(frozen=True)
class Results:
    """What an audit says. `people` were asked; None: too few to say, and nothing else is said.

    `blocks` are themes in the order of rank, those side by side whose ranges overlap; `rare` those
    that few named. `ways` and those who answered `by_link` are rounded or withheld. `kappa` is the
    agreement of two sorters on `sorted_by_two` answers.
    """

    audit_id: int
    title: str
    question: str
    opens_on: date
    closed_on: date
    few: int
    people: int | None
    ways: Mapping[Way, int | None]
    blocks: tuple[tuple[Named, ...], ...] = ()
    rare: tuple[Named, ...] = ()
    by_link: tuple[Named, ...] = ()
    link_people: int | None = None
    groups: tuple[ByGroup, ...] = ()
    closed: tuple[Answered, ...] = ()
    not_reached: tuple[str, ...] = ()
    kappa: float | None = None
    sorted_by_two: int = 0

    @property
    def named(self) -> tuple[Named, ...]:
        """Every theme that can be told, the most named first."""
        return tuple(one for block in self.blocks for one in block)


def results(session: Session, bank: Bank, audit: Audit) -> Results:
    """What may be told of an audit to anybody. Raises NotInThatState before it has closed: results
    that move with each sheet would give people away."""
    if audit.closed_at is None:
        raise NotInThatState(
            say("What was said is told once all answers are sorted and the asking is closed.")
        )
    words = {theme.id: theme.words for theme in queries.themes(session, bank, audit.id)}
    everybody = queries.sheets(session, bank, audit.id)
    asked = [sheet for sheet in everybody if sheet.way != Way.LINK]
    link = [sheet for sheet in everybody if sheet.way == Way.LINK]
    agreed = sorting.agreement(session, bank, audit)
    enough = len(asked) >= bank.few
    ways = surveys_rules.parts(Counter(sheet.way.value for sheet in everybody), bank.few)
    head = Results(
        audit.id,
        audit.title,
        audit.question,
        audit.opens_on,
        audit.closes_on,
        bank.few,
        len(asked) if enough else None,
        {Way(way): people for way, people in ways.items()} if enough else {},
    )
    if not enough:
        return head
    standings = ranking.rank([sheet.themes for sheet in asked], words)
    fine = [one for one in standings if ranking.shown(one.people, one.n, bank.few)]
    blocks = tuple(
        tuple(Named(one.theme, words[one.theme], one) for one in block)
        for block in ranking.side_by_side([one for one in fine if one.people])
    )
    reached = queries.reach(session, bank, audit)
    return replace(
        head,
        blocks=blocks,
        # By their words: the order of the count would say which of them more people named.
        rare=tuple(
            sorted(
                (
                    Named(one.theme, words[one.theme], None)
                    for one in standings
                    if one not in fine or not one.people
                ),
                key=lambda rare: rare.words.casefold(),
            )
        ),
        by_link=_by_link(link, words, bank.few),
        link_people=disclosure.shown(len(link), bank.few),
        groups=_groups(session, bank, audit, asked, [one.theme for one in fine]),
        closed=_closed(session, bank, audit, asked),
        not_reached=tuple(reached.nobody),
        kappa=agreed.kappa,
        sorted_by_two=agreed.answers,
    )


def _by_link(link: Sequence[Sheet], words: Mapping[int, str], few: int) -> tuple[Named, ...]:
    if len(link) < few:
        return ()
    standings = ranking.rank([sheet.themes for sheet in link], words)
    return tuple(
        Named(one.theme, words[one.theme], one)
        for one in standings
        if one.people and ranking.shown(one.people, one.n, few)
    )


def _groups(
    session: Session, bank: Bank, audit: Audit, sheets: Sequence[Sheet], themes: Sequence[int]
) -> tuple[ByGroup, ...]:
    by_group = []
    for kind in (GroupKind.PART, GroupKind.AGE, GroupKind.AREA):
        of = [(_group(sheet, kind), sheet.themes) for sheet in sheets]
        order = [one.words for one in queries.groups(session, bank, audit.id, kind)]
        order += sorted({group for group, _ in of} - set(order))
        parted = ranking.parted(of, order, themes, bank.few)
        if parted is not None:
            by_group.append(ByGroup(kind, parted.groups, parted.themes))
    return tuple(by_group)


def _group(sheet: Sheet, kind: GroupKind) -> str:
    return {GroupKind.AGE: sheet.age, GroupKind.AREA: sheet.area, GroupKind.PART: sheet.part}[
        kind
    ] or NOT_SAID


def _closed(
    session: Session, bank: Bank, audit: Audit, sheets: Sequence[Sheet]
) -> tuple[Answered, ...]:
    answered = []
    for asked in queries.questions(session, bank, audit.id):
        counts = Counter(sheet.closed.get(asked.n, 0) for sheet in sheets)
        of = {words: counts[value] for value, words in asked.options} | {NOT_SAID: counts[0]}
        answered.append(Answered(asked, surveys_rules.parts(of, bank.few)))
    return tuple(answered)


def rank_words(standing: Standing[int]) -> Said:
    """The places a theme could have: “1st or 2nd”."""
    first, last = standing.first, standing.last
    if first == last:
        return say("%(place)s", place=ordinal(first))
    if last == first + 1:
        return say("%(first)s or %(last)s", first=ordinal(first), last=ordinal(last))
    return say("%(first)s to %(last)s", first=ordinal(first), last=ordinal(last))


def ordinal(place: int) -> Said:
    """A place in a ranking in words; there are never more than `audit_rules.MOST_THEMES`."""
    return _ORDINALS[place - 1]


_ORDINALS = (
    say("1st"),
    say("2nd"),
    say("3rd"),
    say("4th"),
    say("5th"),
    say("6th"),
    say("7th"),
    say("8th"),
    say("9th"),
    say("10th"),
    say("11th"),
    say("12th"),
    say("13th"),
    say("14th"),
    say("15th"),
)
