"""Who may be introduced, and how much each reason counts. Pure decisions.

Hard rules come first: `barred` says in words why two are not to be introduced, and no weight
outdoes it. For those who may, each reason has a strength from 0 to 1, and the score is the
strengths by the bank's weights, from 0 to 1. What speaks against somebody has no strength, so that
a reason more never puts anybody further down.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from timebank import hours
from timebank.act import Channel
from timebank.errors import Invalid
from timebank.exchanges.rules import Side
from timebank.members.rules import languages_of
from timebank.safeguarding.rules import Kind, is_held
from timebank.say import Said, count, say
from timebank.skills.rules import ListingKind, Place
from timebank.text import folded
from timebank.times import times_in_words


class IntroductionStatus(StrEnum):
    """Where an introduction is."""

    INTRODUCED = "introduced"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class IntroductionStepKind(StrEnum):
    """What was done with an introduction: its first side was asked, one of them said yes or no, it
    was put off, called off or done; and that one of these was undone."""

    ASKED = "asked"
    YES = "yes"
    NO = "no"
    PUT_OFF = "put_off"
    CALLED_OFF = "called_off"
    DONE = "done"
    UNDONE = "undone"


def why_it_stays(
    kind: IntroductionStepKind, status: IntroductionStatus, *, last: bool, heard: bool, hours: bool
) -> Said | None:
    """Why a step of an introduction that stands so cannot be undone; None where it can.

    `last`: nothing was done with it since. `heard`: the other side had heard of it. `hours`: they
    were written down with it.
    """
    if kind == IntroductionStepKind.YES:
        if status == IntroductionStatus.AGREED:
            return say("Each was told how to reach the other. It can be called off on its page.")
        return say("The other one is asked by now. If it was a no, say so on its page.")
    if not last:
        return say("Something else was done with it since.")
    if kind == IntroductionStepKind.CALLED_OFF:
        return say("Whoever had heard of it is told. Introduce them again if it was wrong.")
    if kind == IntroductionStepKind.NO and heard:
        return say("The other one is told that nothing came of it. Introduce them again.")
    if kind == IntroductionStepKind.DONE and hours:
        return say("Its hours are written down. They are put right on their own page.")
    return None


UNDER_WAY = (IntroductionStatus.INTRODUCED, IntroductionStatus.AGREED)
"""Where an introduction still holds its request."""

NO_ANSWER = timedelta(days=3)
"""So long two people have to answer an introduction before anybody asks."""


class Says(StrEnum):
    """What one side says to an introduction."""

    YES = "yes"
    NO = "no"


class Searched(StrEnum):
    """What may be searched alone."""

    OFFERS = "offers"
    REQUESTS = "requests"

    @property
    def kind(self) -> ListingKind:
        """The kind of listing it is."""
        return ListingKind.OFFER if self is Searched.OFFERS else ListingKind.REQUEST


class Kinship(IntEnum):
    """How an offer answers to a request: it is what was asked for, it is of the same kind, or
    nothing on offer comes nearer."""

    FITS = 0
    AKIN = 1
    NEAREST = 2


ON_BOARD = 20
"""So many requests stand on a page of the board."""

NEAREST = 3
"""Where nobody fits, so many of those who come nearest are named."""


class Route(StrEnum):
    """By what a search went: the letters of words, or the meaning of a sentence."""

    WORDS = "words"
    MEANING = "meaning"


@dataclass(frozen=True)
class Weights:
    """How much each reason counts, 0 to 10; unless a bank says otherwise, as here."""

    meaning: int = 10
    skill: int = 8
    near: int = 4
    times: int = 5
    language: int = 3
    fairness: int = 4
    known: int = 2
    hours: int = 1


REASONS = tuple(field.name for field in fields(Weights))

WEIGHT_WORDS = {
    "meaning": say("Says the same in other words"),
    "skill": say("The same skill, or one like it"),
    "near": say("Lives close by"),
    "times": say("Free at the same times"),
    "language": say("Shares a language"),
    "fairness": say("Everybody gets a turn, and nobody is worn out"),
    "known": say("Has helped before"),
    "hours": say("Has hours to earn"),
}
"""The reasons, as a coordinator reads them."""

STANDS = {
    IntroductionStatus.INTRODUCED: say("Not both have said yes yet"),
    IntroductionStatus.AGREED: say("Both said yes"),
    IntroductionStatus.DECLINED: say("Nothing came of it"),
    IntroductionStatus.WITHDRAWN: say("Called off"),
    IntroductionStatus.DONE: say("Done"),
}
"""Where an introduction stands."""

FOLLOW_UP = timedelta(days=7)
"""How long after an introduction somebody rings to hear how it went."""

LATELY = timedelta(days=90)
"""How far back giving counts for taking turns."""

AT_ONCE = 2
"""How many introductions somebody who helps has at a time, as far as the board proposes them."""

ALIKE = 0.3
"""From this likeness on, an offer may answer a request of another skill."""

_SOON = timedelta(days=30)
_MUCH = 8 * 60
_TIRING = 20 * 60
_PLENTY = 10 * 60


@dataclass(frozen=True)
class SkillNamed:
    """The skill under which a listing is to stand."""

    skill_id: int


@dataclass(frozen=True)
class BoardFilters:
    """Which of the open requests are looked at: those that the reader looks after (`mine`), of a
    category, of a part of town, or for which nobody is proposed (`nobody`); those after the request
    `cursor`."""

    mine: bool = False
    category: int | None = None
    area: str = ""
    nobody: bool = False
    cursor: int | None = None


@dataclass(frozen=True)
class NewIntroduction:
    """Whom to introduce over a request: the giver's account, the offer that answers it if there is
    one, how the broker asked, and the day to ask how it went (None: a week from today).

    `receiver_agrees`: whoever asked for the help has told the broker that they would like this
    helper. `despite`: why the two are introduced though they are kept apart.
    """

    giver_id: int
    offer_id: int | None = None
    channel: Channel = Channel.PHONE
    follow_up_on: date | None = None
    receiver_agrees: bool = False
    despite: str = ""


@dataclass(frozen=True)
class Answer:
    """What one side says, and with a yes by what the other may reach them; `despite` as in
    `NewIntroduction`."""

    side: Side
    says: Says
    phone: bool = False
    email: bool = False
    despite: str = ""


@dataclass(frozen=True)
class FollowUp:
    """When to ask how it went; None: not at all."""

    follow_up_on: date | None = None


@dataclass(frozen=True)
class Outcome:
    """The hours that came of an introduction: to be logged now, or an exchange that is there
    already; neither: it went without. `another` as in `exchanges.rules.NewLog`."""

    occurred_on: date | None = None
    minutes: int | None = None
    exchange_id: int | None = None
    another: bool = False


@dataclass(frozen=True)
class Wish:
    """A request, as far as matching needs to know of it. `needs` are the checks a helper has to
    hold."""

    account_id: int
    member_id: int | None
    name: str
    active: bool
    open: bool
    ends_on: date
    area: str | None = None
    place: Place = Place.ANY
    times: int = 0
    languages: str = ""
    needs: frozenset[Kind] = frozenset()


@dataclass(frozen=True)
class Helper:
    """Somebody who could help. Minutes are whole; `checks` are the last days of those that they
    hold, run out or not, by the ids of their kinds."""

    account_id: int
    member_id: int | None
    name: str
    active: bool
    area: str | None = None
    times: int = 0
    languages: str = ""
    access_needs: str = ""
    checks: Mapping[int, date | None] = field(default_factory=dict[int, date | None])
    balance: int = 0
    given_lately: int = 0
    given_this_month: int = 0
    people_helped: int = 0
    last_gave_on: date | None = None
    under_way: int = 0


@dataclass(frozen=True)
class Fit:
    """What joins the two: the offer's words and their likeness to the request's (0 to 1), skills,
    and what was before.

    `steps` is how far their areas are apart, see `skills.queries.steps_between`. `offer_times` are
    the offer's own.
    """

    likeness: float = 0.0
    title: str = ""
    same_skill: str = ""
    same_category: str = ""
    gave_skill: str = ""
    offer_times: int = 0
    steps: int | None = None
    known: bool = False


@dataclass(frozen=True)
class Reason:
    """A reason in words, for somebody or (not `speaks_for`) against."""

    words: Said
    speaks_for: bool = True


@dataclass(frozen=True)
class Strength:
    """How far a kind of reason holds, 0 to 1, and the words for it; some hold without being worth a
    word."""

    kind: str
    strength: float
    reason: Reason | None = None


def closed(wish: Wish, *, on: date) -> list[Said]:
    """Why nobody can be introduced over this request on that day, in whole sentences; empty when
    somebody may."""
    faults: list[Said] = []
    if not wish.open:
        faults.append(say("This request is no longer open."))
    elif wish.ends_on < on:
        faults.append(
            say(
                "The time for this request is over: it ended on %(day)s. Renew it first.",
                day=wish.ends_on,
            )
        )
    if not wish.active:
        faults.append(_takes_no_part(wish.name))
    return faults


def _takes_no_part(name: str) -> Said:
    return say("%(name)s does not take part in the time bank just now.", name=name)


def barred(wish: Wish, helper: Helper, *, on: date) -> list[Said]:
    """Why the two cannot be introduced over this request on that day, in whole sentences; empty
    when they can."""
    faults = closed(wish, on=on)
    if wish.account_id == helper.account_id:
        faults.append(say("Nobody can be introduced to themselves."))
    if not helper.active:
        faults.append(_takes_no_part(helper.name))
    faults += [_lacks(helper, need) for need in sorted(lacking(wish, helper, on=on))]
    return faults


def _lacks(helper: Helper, need: Kind) -> Said:
    ran_out_on = helper.checks.get(need.id)
    if ran_out_on is not None:
        return say(
            "A check that this needs ran out for %(name)s on %(day)s: %(check)s. Look at the new"
            " paper and renew it first.",
            name=helper.name,
            day=ran_out_on,
            check=need.name,
        )
    return say(
        # Translators: the check is the bank's own name for it, such as "First aid certificate".
        "%(name)s does not hold what this needs: %(check)s. Look at the paper and write the"
        " check down first.",
        name=helper.name,
        check=need.name,
    )


def lacking(wish: Wish, helper: Helper, *, on: date) -> frozenset[Kind]:
    """The checks that are needed and not held on that day."""
    return frozenset(need for need in wish.needs if not is_held(helper.checks, need.id, on=on))


def strengths(wish: Wish, helper: Helper, fit: Fit, *, on: date) -> list[Strength]:
    """Every reason for and against, the weightiest kinds first."""
    return [
        *_skill(fit),
        *_meaning(fit),
        *_near(wish, fit),
        *_times(wish, helper, fit),
        *_language(wish, helper),
        *_checks(wish, helper, on),
        *_fairness(helper),
        *_known(wish, helper, fit),
        *_hours(helper),
        *_access(wish, helper),
    ]


def score(found: Sequence[Strength], weights: Weights) -> float:
    """The strengths by the weights, from 0 to 1; 0 where nothing counts."""
    counting = asdict(weights)
    total = sum(counting.values())
    best: dict[str, float] = {}
    for strength in found:
        best[strength.kind] = max(strength.strength, best.get(strength.kind, 0.0))
    reached = sum(weight * best.get(kind, 0.0) for kind, weight in counting.items())
    return reached / total if total else 0.0


def in_words(found: Sequence[Strength]) -> list[Reason]:
    """The reasons to be said, those for somebody first."""
    reasons = [one.reason for one in found if one.reason]
    return sorted(reasons, key=lambda reason: not reason.speaks_for)


def check_weights(weights: Weights) -> None:
    """Raises Invalid for weights that are not 0 to 10."""
    wrong = {
        name: say("Choose a number from 0 to 10.")
        for name, weight in asdict(weights).items()
        if not 0 <= weight <= 10
    }
    if wrong:
        raise Invalid.of(wrong)


def _skill(fit: Fit) -> list[Strength]:
    if fit.same_skill:
        return [Strength("skill", 1.0, Reason(say("offers %(skill)s", skill=fit.same_skill)))]
    if fit.gave_skill:
        words = say("has given help with %(skill)s before", skill=fit.gave_skill)
        return [Strength("skill", 0.8, Reason(words))]
    if fit.same_category:
        words = say("offers something of the same kind: %(category)s", category=fit.same_category)
        return [Strength("skill", 0.4, Reason(words))]
    return []


def _meaning(fit: Fit) -> list[Strength]:
    if not fit.title or fit.likeness <= 0:
        return []
    alike = fit.likeness >= ALIKE and not fit.same_skill
    reason = Reason(say("offers “%(title)s”", title=fit.title)) if alike else None
    return [Strength("meaning", min(fit.likeness, 1.0), reason)]


def _near(wish: Wish, fit: Fit) -> list[Strength]:
    if wish.place == Place.REMOTE:
        return [Strength("near", 1.0, Reason(say("can help from anywhere")))]
    if fit.steps is None:
        return []
    if fit.steps == 0:
        return [Strength("near", 1.0, Reason(say("lives in the same area")))]
    return [Strength("near", 0.5, Reason(say("lives in the next area")))]


def _times(wish: Wish, helper: Helper, fit: Fit) -> list[Strength]:
    free = fit.offer_times or helper.times
    if not wish.times or not free:
        return [Strength("times", 0.4)]
    shared = wish.times & free
    if shared:
        words = say("free at the right times: %(times)s", times=times_in_words(shared))
        return [Strength("times", 1.0, Reason(words))]
    words = say("free at other times: %(times)s", times=times_in_words(free))
    return [Strength("times", 0.0, Reason(words, False))]


def _language(wish: Wish, helper: Helper) -> list[Strength]:
    wanted, spoken = (
        languages_of(wish.languages),
        {folded(one) for one in languages_of(helper.languages)},
    )
    if not wanted or not spoken:
        return [Strength("language", 0.5)]
    shared = [one for one in wanted if folded(one) in spoken]
    if shared:
        return [Strength("language", 1.0, Reason(say("speaks %(language)s", language=shared[0])))]
    words = say("speaks no %(language)s that we know of", language=wanted[0])
    return [Strength("language", 0.0, Reason(words, False))]


def _checks(wish: Wish, helper: Helper, on: date) -> list[Strength]:
    strengths: list[Strength] = []
    for need in sorted(wish.needs - lacking(wish, helper, on=on)):
        ends_on, check = helper.checks[need.id], need.name
        soon = ends_on is not None and ends_on <= on + _SOON
        if ends_on is None:
            words = say("%(check)s held", check=check)
        elif soon:
            words = say("%(check)s ends on %(day)s", check=check, day=ends_on)
        else:
            words = say("%(check)s good until %(day)s", check=check, day=ends_on)
        strengths.append(Strength("check", 0.0, Reason(words, not soon)))
    return strengths


def _fairness(helper: Helper) -> list[Strength]:
    rested = 1 - min(helper.given_lately / _TIRING, 1.0)
    strength = max(rested - 0.25 * helper.under_way, 0.0)
    strengths: list[Strength] = []
    if helper.given_this_month >= _MUCH:
        words = say(
            "has given %(time)s this month already", time=hours.words(helper.given_this_month)
        )
        strengths.append(Strength("fairness", strength, Reason(words, False)))
    elif helper.last_gave_on is None:
        strengths.append(
            Strength("fairness", strength, Reason(say("has had no chance to give yet")))
        )
    elif helper.given_lately == 0:
        words = say("has given nothing since %(day)s", day=helper.last_gave_on)
        strengths.append(Strength("fairness", strength, Reason(words)))
    else:
        strengths.append(Strength("fairness", strength))
    if helper.under_way:
        words = count(
            "has %(n)s introduction under way",
            "has %(n)s introductions under way",
            helper.under_way,
        )
        strengths.append(Strength("fairness", 0.0, Reason(words, False)))
    return strengths


def _known(wish: Wish, helper: Helper, fit: Fit) -> list[Strength]:
    strengths: list[Strength] = []
    if fit.known:
        words = say(
            "%(name)s and %(other)s have helped each other before",
            name=wish.name,
            other=helper.name,
        )
        strengths.append(Strength("known", 1.0, Reason(words)))
    if helper.people_helped:
        words = count("has helped %(n)s person", "has helped %(n)s people", helper.people_helped)
        strengths.append(Strength("known", min(helper.people_helped, 5) / 10, Reason(words)))
    return strengths


def _hours(helper: Helper) -> list[Strength]:
    strength = min(max(1 - helper.balance / _PLENTY, 0.0), 1.0)
    return [
        Strength(
            "hours", strength, Reason(say("has hours to earn")) if helper.balance < 60 else None
        )
    ]


def _access(wish: Wish, helper: Helper) -> list[Strength]:
    if not helper.access_needs or wish.place == Place.REMOTE:
        return []
    words = say("to allow for: %(needs)s", needs=helper.access_needs)
    return [Strength("language", 0.0, Reason(words, False))]


class Offered:
    """What somebody offers, as skills with their categories, and the kinds of checks they hold."""

    def __init__(self, places: Collection[tuple[int, int]], held: Collection[int]):
        self._skills = {skill for skill, _ in places}
        self._categories = {category for _, category in places}
        self._held = set(held)

    def suits(self, wanted: tuple[int, int] | None, needs: Collection[int], *, near: bool) -> int:
        """How well a request suits them: 3 for a skill they offer, 2 for its category, 1 where they
        live; 0 not at all.

        Who does not hold every check that is needed cannot help.
        """
        if not self._held >= set(needs):
            return 0
        if wanted is not None and wanted[0] in self._skills:
            return 3
        if wanted is not None and wanted[1] in self._categories:
            return 2
        return 1 if near else 0


def capacities(under_way: Mapping[int, int], *, at_once: int = AT_ONCE) -> dict[int, int]:
    """How many introductions more each may have, by account."""
    return {account_id: max(at_once - number, 0) for account_id, number in under_way.items()}
