"""A count in words: one sentence for each proposal that won or lost, and what is said beside them.

All of it is made from the content of a count (`counting.content`) and the titles of what was voted
on, so that what was announced reads the same in ten years.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from timebank import hours
from timebank.fund.counting import Reason, Stopped
from timebank.fund.rules import Accounted, FundUnit, Turnout
from timebank.say import Gap, Money, Said, count, one_after_another, say


@dataclass(frozen=True)
class Verdict:
    """What became of a proposal, and why."""

    id: str
    title: str
    cost: int
    funded: bool
    why: Said


def amount(unit: FundUnit, value: int | Fraction) -> Gap:
    """An amount as a sentence has it; part of a penny or of a minute to the nearest one."""
    if unit == FundUnit.PENCE:
        return Money(value)
    return hours.words(int((2 * value + 1) // 2))


@dataclass(frozen=True)
class Told:
    """A result in words, as the page, the poster, the letter and whoever reads it out tell it:
    `headline` how many ideas are funded, `voted` how many voted, `papers` what became of numbered
    papers, `head` how much is used, the `verdicts`, `how` it was counted, and what the other method
    would have come to."""

    title: str
    unit: FundUnit
    headline: Said
    voted: Said
    papers: Said | None
    head: Said
    verdicts: Sequence[Verdict]
    how: Sequence[Said]
    other_heading: Said
    other: Sequence[Said]


@dataclass(frozen=True)
class Counted:
    """What is told: the round's title and unit, the content of its count, the titles of what was
    voted on by id, who voted, and what became of numbered papers."""

    title: str
    unit: FundUnit
    content: Mapping[str, Any]
    titles: Mapping[str, str]
    turnout: Turnout
    accounted: Accounted | None


def told(counted: Counted) -> Told:
    """A count in words."""
    content, titles, unit = counted.content, counted.titles, counted.unit
    by_shares = content["method"] == "shares"
    return Told(
        title=counted.title,
        unit=unit,
        headline=count(
            "%(title)s: %(n)s idea is funded",
            "%(title)s: %(n)s ideas are funded",
            len(content["funded"]),
            title=counted.title,
        ),
        voted=say(
            "%(voted)s of %(electors)s people voted.",
            voted=counted.turnout.voted,
            electors=counted.turnout.electors,
        ),
        papers=papers(counted.turnout, counted.accounted),
        head=head(content, unit),
        verdicts=verdicts(content, titles, unit),
        how=how(content, unit),
        other_heading=say("By most votes alone") if by_shares else say("By equal shares"),
        other=other(content, titles, unit),
    )


def papers(turnout: Turnout, accounted: Accounted | None) -> Said | None:
    """What became of the numbered papers, if there were any; None: the vote has not closed."""
    if not turnout.papers:
        return None
    if accounted is None:
        return say(
            "Numbered papers: %(printed)s printed, %(returned)s came back so far.",
            printed=turnout.papers,
            returned=turnout.returned,
        )
    return say(
        "Numbered papers: %(printed)s printed, %(given_out)s given out, %(returned)s came back,"
        " %(spoilt)s spoilt, %(out)s did not come back.",
        printed=turnout.papers,
        given_out=accounted.given_out,
        returned=turnout.returned,
        spoilt=accounted.spoilt,
        out=accounted.given_out - turnout.returned - accounted.spoilt,
    )


def verdicts(
    content: Mapping[str, Any], titles: Mapping[str, str], unit: FundUnit
) -> list[Verdict]:
    """Each proposal's, those that are funded first, in the order in which they were."""
    won = [(one, True, _won(one, unit)) for one in content["rounds"]]
    left_over = content["budget"] - content["spent"]
    lost = [(one, False, _lost(one, unit, left_over)) for one in content["not_funded"]]
    return [
        Verdict(one["id"], titles[one["id"]], one["cost"], funded, why)
        for one, funded, why in won + lost
    ]


def _won(one: Mapping[str, Any], unit: FundUnit) -> Said:
    ticked = _ticked(one["ticks"])
    if one["by"] == "votes":
        return ticked
    if one["by"] == "fill":
        return one_after_another([ticked, say("It still fitted into what was left over.")])
    each = amount(unit, Fraction(one["each"]))
    poor = one["all_they_had"]
    if not poor:
        return one_after_another([ticked, say("It took %(each)s of each one’s share.", each=each)])
    return one_after_another(
        [
            ticked,
            count(
                "%(n)s of them put in all they had left.",
                "%(n)s of them put in all they had left.",
                poor,
            ),
            count(
                "The other one put in %(each)s.",
                "The other %(n)s put in %(each)s each.",
                one["ticks"] - poor,
                each=each,
            ),
        ]
    )


def _ticked(ticks: int) -> Said:
    return count("%(n)s person ticked it.", "%(n)s people ticked it.", ticks)


def _lost(one: Mapping[str, Any], unit: FundUnit, left_over: int) -> Said:
    reason = Reason(one["reason"])
    if reason == Reason.TOO_DEAR:
        return say("It costs more than there is.")
    if reason == Reason.NO_TICKS:
        return say("Nobody ticked it.")
    ticked = _ticked(one["ticks"])
    if reason == Reason.NO_ROOM:
        why = say("There was no room left for it in the budget.")
        return one_after_another([ticked, why])
    left, missing = Fraction(one["left"]), Fraction(one["missing"])
    nothing = say(
        "They had nothing left of their shares: %(missing)s was missing.",
        missing=amount(unit, missing),
    )
    too_little = say(
        "They had %(left)s left between them, and %(missing)s was missing.",
        left=amount(unit, left),
        missing=amount(unit, missing),
    )
    sentences = [ticked, too_little if left else nothing]
    if missing <= left_over:
        sentences.append(
            say(
                "The %(rest)s left over is not enough for it either.",
                rest=amount(unit, left_over),
            )
        )
    return one_after_another(sentences)


def head(content: Mapping[str, Any], unit: FundUnit) -> Said:
    """How much of the budget is used."""
    spent, budget = content["spent"], content["budget"]
    if not content["funded"]:
        return say("Nothing is funded. All %(budget)s stays.", budget=amount(unit, budget))
    if spent == budget:
        return say("All of the %(budget)s is used.", budget=amount(unit, budget))
    return say(
        "What is funded costs %(spent)s of %(budget)s. %(rest)s stays for the next round.",
        spent=amount(unit, spent),
        budget=amount(unit, budget),
        rest=amount(unit, budget - spent),
    )


def how(content: Mapping[str, Any], unit: FundUnit) -> Sequence[Said]:
    """How it was counted, a sentence each."""
    voters = content["voters"]
    if not voters:
        return [say("Nobody ticked anything, so there was nothing to count.")]
    if content["pot"] is None:
        return [say("What most people ticked came first, for as long as there was room.")]
    sentences = [
        count(
            "The one person who ticked something held it all, %(share)s.",
            "Each of the %(n)s people who ticked something had the same share, %(share)s.",
            voters,
            share=amount(unit, Fraction(content["budget"], voters)),
        )
    ]
    if content["raises"]:
        sentences.append(
            say(
                "So that the fund is used up, every share was then raised to %(share)s. That is"
                " pretend money: what is funded costs %(spent)s.",
                share=amount(unit, Fraction(content["pot"], voters)),
                spent=amount(unit, content["spent"]),
            )
        )
    if content["stopped"] == Stopped.LIMIT:
        sentences.append(
            count(
                "Shares were raised once, and no further.",
                "Shares were raised %(n)s times, and no further.",
                content["raises"],
            )
        )
    return sentences


def without_a_win(wins: Sequence[int]) -> int:
    """How many voters got nothing that they ticked."""
    return wins[0] if wins else 0


def other(content: Mapping[str, Any], titles: Mapping[str, str], unit: FundUnit) -> Sequence[Said]:
    """What the other method would have funded, and how many would have got nothing."""
    beside = content["other"]
    names = [titles[one] for one in beside["funded"]]
    by_votes = beside["method"] == "votes"
    if not names:
        return [say("Counted the other way, nothing would have won either.")]
    if set(beside["funded"]) == set(content["funded"]):
        return [
            say("By most votes alone the same would have won.")
            if by_votes
            else say("By equal shares the same would have won.")
        ]
    spent = amount(unit, beside["spent"])
    return [
        say("%(names)s would have won, for %(spent)s.", names=names, spent=spent),
        count(
            "Then %(n)s person would have got nothing they ticked.",
            "Then %(n)s people would have got nothing they ticked.",
            without_a_win(beside["wins"]),
        ),
        count(
            "This way it is %(n)s person.",
            "This way it is %(n)s people.",
            without_a_win(content["wins"]),
        )
        if without_a_win(content["wins"])
        else say("This way everybody got something they ticked."),
    ]
