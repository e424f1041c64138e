"""What the evidence is called on its page: its columns, its codes and its figures. Files for
programs, and what is kept, have the codes."""

from collections.abc import Mapping, Sequence
from datetime import date

from timebank.activities.rules import STAGE_WORDS
from timebank.dialogue.audit_rules import WAYS
from timebank.dialogue.evidence_figures import Cell
from timebank.dialogue.rules import (
    DECISION_WORDS,
    STATEMENTS,
    STEP_KIND_WORDS,
    EvaluationItem,
    OwnerKind,
)
from timebank.fund.rules import FundUnit
from timebank.measures.disclosure import SIGN
from timebank.members.words import CAPACITIES
from timebank.say import Figure, Gap, Said, say

_UNITS: Mapping[str, Said] = {
    FundUnit.MINUTES: say("minutes", context="what a round shares out"),
    FundUnit.PENCE: say("pence", context="what a round shares out"),
}
_ITEMS: Mapping[str, Said] = {
    **STATEMENTS,
    EvaluationItem.LADDER: say("The Ladder of Co-production, from 1 to 7"),
}

COLUMNS: Mapping[str, Said] = {
    "amount": say("Amount"),
    "announced_on": say("Announced on"),
    "answer": say("Answer", context="to an option"),
    "answers_to": say("Plan it answers to"),
    "apart": say("How far apart"),
    "area": say("Area"),
    "audit": say("Round of asking"),
    "awards": say("Awards"),
    "below": say("Below", context="an amount"),
    "budget": say("Budget"),
    "closed_on": say("Closed on"),
    "common_ground": say("Common ground"),
    "conversation": say("Conversation"),
    "days_late": say("Days late"),
    "decided_by": say("Decided by"),
    "done_on": say("Done on"),
    "due_on": say("Due on"),
    "evidence": say("Other evidence"),
    "from": say("From"),
    "funded": say("Ideas funded"),
    "given": say("Given", context="by a round of the fund"),
    "given_on": say("Answered on"),
    "high": say("Highest likely"),
    "hours": say("Hours"),
    "id": say("Figure"),
    "in_time": say("In time"),
    "item": say("Statement", context="of an evaluation"),
    "lost_on": say("Lost on"),
    "low": say("Lowest likely"),
    "mean": say("Mean"),
    "n": say("Of how many"),
    "of": say("Of what"),
    "option": say("Option"),
    "owner_kind": say("Whose"),
    "part": say("Part", context="somebody takes"),
    "partnership": say("Partnership"),
    "people": say("People"),
    "place": say("Place", context="in an order"),
    "priority": say("Priority"),
    "promise": say("Promise"),
    "promised_on": say("Promised on"),
    "rank_from": say("Rank, at best"),
    "rank_to": say("Rank, at worst"),
    "reached_on": say("Reached on"),
    "reason": say("Reason"),
    "reported": say("Awards reported on"),
    "round": say("Round of the fund"),
    "sessions": say("Sessions"),
    "set_on": say("Set on"),
    "share": say("Share"),
    "sheets": say("Sheets"),
    "skills": say("Skills"),
    "stage": say("Stage"),
    "state": say("What became of it"),
    "step": say("Step"),
    "theme": say("Theme"),
    "to": say("To", context="a day"),
    "unit": say("Counted in"),
    "used": say("Used"),
    "value": say("Value"),
    "voters": say("Voters"),
    "way": say("How they were asked"),
    "words": say("What the step says"),
}
"""What each column is called."""

FIGURES: Mapping[str, Said] = {
    "audit_reached": say("People asked"),
    "theme_share": say("Share who named a theme"),
    "commitments_kept": say("Promises kept"),
    "commitments_on_time": say("Promises kept on time"),
    "commitments_confirmed": say("Promises confirmed by a resident"),
    "days_said_to_done": say("Days from said to done"),
    "verdicts_in_time": say("Answers in time"),
    "steps_reached": say("Steps reached"),
    "common_ground": say("Common ground"),
    "evaluation": say("How the asking was"),
    "fund_turnout": say("Share who voted"),
    "fund_without_a_win": say("Ballots with no idea funded"),
    "fund_median_wins": say("Ideas of a ballot that are funded"),
    "fund_proposed_by_residents": say("Ideas that residents had"),
    "fund_spent": say("Share that was spent"),
    "fund_reported_in_time": say("Awards reported on in time"),
    "fund_days_to_money": say("Days until the money was paid"),
}
"""What each figure is called, by its id."""

_CODES: Mapping[str, Mapping[str, Said]] = {
    "answer": {**DECISION_WORDS},
    "decided_by": {
        "vote": say("By vote", context="an award"),
        "panel": say("By a panel", context="an award"),
    },
    "in_time": {
        "yes": say("Yes", context="answered in time"),
        "no": say("No", context="answered in time"),
    },
    "item": _ITEMS,
    "owner_kind": {
        OwnerKind.MEMBER: say("A member’s"),
        OwnerKind.ORGANISATION: say("An organisation’s"),
        OwnerKind.BODY: say("A public body’s"),
    },
    "part": CAPACITIES,
    "stage": {**STAGE_WORDS},
    "state": {**STEP_KIND_WORDS},
    "unit": _UNITS,
    "way": {"all": say("All ways together"), **WAYS},
}
"""What codes mean, by the column they stand in."""

_DAYS = {column for column in COLUMNS if column.endswith("_on")} | {"from", "to"}


def headings(columns: Sequence[str]) -> list[Said]:
    """What columns are called."""
    return [COLUMNS[column] for column in columns]


def cell(column: str, value: Cell) -> Gap:
    """What a cell says."""
    if value is None:
        return SIGN
    if isinstance(value, float):
        # Three places, and none that says nothing.
        return Figure(value, len(f"{value:.3f}".rstrip("0").partition(".")[2]))
    if not isinstance(value, str):
        return value
    if column == "id":
        return _figure(value)
    if column == "below" and not value:
        return say("no upper end")
    if column in _DAYS:
        return date.fromisoformat(value)
    return _CODES[column][value] if column in _CODES else value


def _figure(id_: str) -> Said:
    """What a figure is called, and of what it is where there are several: a theme, an option, a
    statement, a unit."""
    name, _, of = id_.partition(":")
    if not of:
        return FIGURES[name]
    words = {**_ITEMS, **_UNITS}.get(of, of) if name in {"evaluation", "fund_spent"} else of
    return say("%(figure)s: %(of)s", figure=FIGURES[name], of=words)
