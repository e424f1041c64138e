"""The tables of the evidence that are made of facts alone. Pure."""

from timebank.dialogue.evidence_figures import RECORDS, Block, Facts
from timebank.say import say

_ROUNDED = say(
    "Fewer people than the bank’s threshold are withheld; counts by way are rounded to the nearest"
    " five."
)
_OPEN = say("Promises are made in the open. No member is named.")


def asked(facts: Facts) -> Block:
    rows = [
        (found.title, found.opens_on.isoformat(), found.closed_on.isoformat(), "all", found.people)
        for found in facts.audits
    ]
    rows += [
        (found.title, found.opens_on.isoformat(), found.closed_on.isoformat(), str(way), people)
        for found in facts.audits
        for way, people in found.ways.items()
    ]
    return Block(
        "asked",
        1,
        say("Who was asked, and how"),
        say("Sheets of rounds of asking: doors, events, telephone, paper, public link."),
        _ROUNDED,
        ("audit", "from", "to", "way", "people"),
        tuple(rows),
    )


def ranked(facts: Facts) -> Block:
    rows = [
        (
            found.title,
            one.words,
            *(
                (None,) * 7
                if one.standing is None
                else (
                    one.standing.people,
                    one.standing.n,
                    round(one.standing.share, 4),
                    round(one.standing.low, 4),
                    round(one.standing.high, 4),
                    one.standing.first,
                    one.standing.last,
                )
            ),
        )
        for found in facts.audits
        for one in (*found.named, *found.rare)
    ]
    columns = ("audit", "theme", "people", "n", "share", "low", "high", "rank_from", "rank_to")
    return Block(
        "themes",
        2,
        say("What people said matters"),
        say(
            "Answers to one open question, sorted by hand under themes. People who were asked are"
            " no random sample; nothing is weighted."
        ),
        say("Of a theme that few named, or all but few, no number is given."),
        columns,
        tuple(rows),
    )


def promises(facts: Facts) -> Block:
    return Block(
        "commitments",
        4,
        say("What was promised, and what became of it"),
        say("Promises due in these days, as they stood; dropped ones count as not kept."),
        _OPEN,
        (
            *("promise", "owner_kind", "part", "answers_to", "state"),
            *("promised_on", "due_on", "done_on", "days_late"),
        ),
        tuple(
            (
                one.words,
                one.owner_kind,
                one.part,
                one.answers_to,
                str(one.state),
                one.promised_on.isoformat(),
                one.due_on.isoformat(),
                one.done_on.isoformat() if one.done_on else None,
                one.late_by(facts.on),
            )
            for one in facts.due
        ),
    )


def figures(facts: Facts) -> Block:
    return Block(
        "figures",
        5,
        say("Figures"),
        say("Made from tables 1 to 4, by the definitions that stand with them."),
        _ROUNDED,
        ("id", "value", "n", "low", "high"),
        tuple(
            (
                shown.id,
                _rounded(shown.value),
                shown.n,
                _rounded(shown.low),
                _rounded(shown.high),
            )
            for record in RECORDS
            for shown in record.make(facts)
        ),
    )


def _rounded(value: float | None) -> float | None:
    return round(value, 6) if isinstance(value, float) else value


def talked(facts: Facts) -> Block:
    """Options of conversations that closed, with their answers."""
    return Block(
        "conversations",
        7,
        say("What was talked about, and what was answered"),
        say("Options of conversations that closed in these days, and how people found them."),
        say("Common ground is withheld where fewer people of a group said so than the threshold."),
        ("conversation", "option", "answer", "given_on", "in_time", "common_ground", "apart"),
        tuple(
            (
                one.conversation,
                one.option,
                one.answer,
                one.given_on.isoformat(),
                "yes" if one.in_time else "no",
                _rounded(one.ground),
                _rounded(one.apart),
            )
            for one in facts.talked
        ),
    )


def steps(facts: Facts) -> Block:
    """How far each partnership is."""
    return Block(
        "steps",
        8,
        say("How far partnerships are"),
        say("Seven steps, each on the word of a resident and of a professional."),
        say("Nobody is named."),
        ("partnership", "step", "words", "reached_on", "lost_on"),
        tuple(
            (
                one.partnership,
                one.step,
                one.words,
                one.reached_on.isoformat() if one.reached_on else None,
                one.lost_on.isoformat() if one.lost_on else None,
            )
            for one in facts.steps
        ),
    )


def judged(facts: Facts) -> Block:
    """How the asking was."""
    return Block(
        "evaluation",
        9,
        say("How the asking was"),
        say("Sheets without names from those who were there, of evaluations closed in these days."),
        say(
            "Nothing is told of fewer sheets than the bank’s threshold; words are never told here."
        ),
        ("of", "closed_on", "sheets", "people", "item", "n", "mean", "low", "high"),
        tuple(
            (
                one.of,
                one.closed_on.isoformat(),
                one.sheets,
                one.people,
                str(item),
                *(
                    (None,) * 4
                    if mean is None
                    else (mean.n, _rounded(mean.mean), _rounded(mean.low), _rounded(mean.high))
                ),
            )
            for one in facts.judged
            for item, mean in one.means.items()
        ),
    )
