"""What the dialogue speaks of, and what may follow what. No session, no clock, no web."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from timebank.act import Channel
from timebank.dialogue.errors import NotInThatState
from timebank.errors import Invalid
from timebank.members.rules import Capacity
from timebank.members.words import CAPACITIES
from timebank.say import Said, say

STEPS = 7
"""So many steps a partnership takes, unless the bank has words for more."""

MOST_STEPS = 12
CLOSED_QUESTIONS = 8
"""So many closed questions an audit has at most."""

WISHES = 3
"""So many answers somebody gives to the open question at most."""

ASSETS = 9
"""The number of the question what somebody would be glad to do or show; the open one is 0."""

LOWEST, HIGHEST = 0, 100


class Way(StrEnum):
    """How an audit's sheet came."""

    DOOR = "door"
    EVENT = "event"
    PHONE = "phone"
    PAPER = "paper"
    LINK = "link"


class QuestionKind(StrEnum):
    """How a closed question is answered: one of some choices, or a number from 1 to 5."""

    CHOICE = "choice"
    SCALE = "scale"


class GroupKind(StrEnum):
    """What is asked of who somebody is."""

    AGE = "age"
    AREA = "area"
    PART = "part"


PROFESSIONALS = (Capacity.PRACTITIONER, Capacity.PLANNER)

HEARD = tuple(channel for channel in Channel if channel not in {Channel.IMPORT, Channel.LINK})
"""The channels by which a word comes here."""


class PointKind(StrEnum):
    """What a point is: for it, against it, for it only if, or a question."""

    FOR = "for"
    AGAINST = "against"
    ONLY_IF = "only_if"
    QUESTION = "question"


class Sound(StrEnum):
    """How somebody finds an option."""

    YES = "yes"
    CAN_LIVE = "can_live"
    NO = "no"


class Decision(StrEnum):
    """The answer to an option."""

    AGREED = "agreed"
    AGREED_IF = "agreed_if"
    NOT_NOW = "not_now"
    NO = "no"


class OwnerKind(StrEnum):
    """Whose promise it is. A body is named in words: it has no account and needs none."""

    MEMBER = "member"
    ORGANISATION = "organisation"
    BODY = "body"


class StepKind(StrEnum):
    """A step of a commitment."""

    PROMISED = "promised"
    MOVED = "moved"
    HANDED = "handed"
    DONE = "done"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"
    MISTAKEN = "mistaken"


UNDER_WAY = (StepKind.PROMISED, StepKind.MOVED, StepKind.HANDED)
"""The last step of what is still to be done."""

FOLLOWS: dict[StepKind | None, tuple[StepKind, ...]] = {
    None: (StepKind.PROMISED,),
    **dict.fromkeys(
        UNDER_WAY,
        (StepKind.MOVED, StepKind.HANDED, StepKind.DONE, StepKind.DROPPED, StepKind.MISTAKEN),
    ),
    # Who was told that it is done, and finds that it is not, gives it a new day.
    StepKind.DONE: (StepKind.MOVED, StepKind.CONFIRMED, StepKind.MISTAKEN),
    StepKind.CONFIRMED: (StepKind.MISTAKEN,),
    StepKind.DROPPED: (StepKind.MISTAKEN,),
    StepKind.MISTAKEN: (),
}
"""What may follow which last step. Nothing is taken back: what was wrong is marked as a mistake."""

NEEDS_WORDS = (StepKind.MOVED, StepKind.DONE, StepKind.DROPPED, StepKind.MISTAKEN)
"""Why it was moved, dropped or a mistake; what shows that it is done."""


class EvaluationItem(StrEnum):
    """What an evaluation asks: eight statements, the ladder, two open questions."""

    KNEW_WHAT_FOR = "knew_what_for"
    TOLD_WHAT_CHANGES = "told_what_changes"
    HAD_WHAT_NEEDED = "had_what_needed"
    COULD_SAY = "could_say"
    LISTENED_TO = "listened_to"
    DIFFERENT_PEOPLE = "different_people"
    SOMETHING_COMES = "something_comes"
    WORTH_MY_TIME = "worth_my_time"
    LADDER = "ladder"
    BETTER = "better"
    HEALTH = "health"


OPEN_ITEMS = (EvaluationItem.BETTER, EvaluationItem.HEALTH)


# ---- What comes in ----

LONGEST = {
    "name": 120,
    "words": 200,
    "promise": 300,
    "about": 2_000,
    "reason": 1_000,
    "point": 1_000,
    "contact": 120,
    "place": 200,
}

SPOKEN = (Channel.PHONE, Channel.IN_PERSON, Channel.PAPER, Channel.TEXT)
"""How a broker heard what they enter for somebody."""

MOST_PEOPLE = 10_000
LARGEST_PENCE = 100_000_000
LARGEST_MINUTES = 600_000


@dataclass(frozen=True)
class NewPartnership:
    """A place or a concern; `chair_id` is the resident who chairs it, if there is one yet."""

    name: str
    about: str = ""
    place: str = ""
    chair_id: int | None = None
    formed_on: date | None = None


@dataclass(frozen=True)
class NewPartner:
    """A member, who takes part as what they are, or an organisation, in the part said."""

    member_id: int | None = None
    organisation_id: int | None = None
    part: Capacity | None = None


@dataclass(frozen=True)
class Reached:
    """A step reached, on the word of a resident and of a professional, and what shows it: words, or
    a session, an audit or a commitment."""

    step: int
    resident_id: int
    professional_id: int
    words: str = ""
    reached_on: date | None = None
    session_id: int | None = None
    audit_id: int | None = None
    commitment_id: int | None = None


@dataclass(frozen=True)
class Lost:
    """A step lost again, and why."""

    step: int
    words: str = ""
    lost_on: date | None = None


@dataclass(frozen=True)
class NewPriority:
    """Something that matters: its words, or its theme; why it stands where it does; other evidence
    with its source; what is already going on; whom it touches most."""

    words: str = ""
    theme_id: int | None = None
    reason: str = ""
    evidence: str = ""
    going_on: str = ""
    touches: str = ""


@dataclass(frozen=True)
class Priorities:
    """The priorities of a partnership in the order in which a meeting set them; the audit they are
    made from, and the session of the meeting."""

    priorities: Sequence[NewPriority]
    audit_id: int | None = None
    session_id: int | None = None
    set_on: date | None = None


@dataclass(frozen=True)
class Owner:
    """Whose promise it is: a member, an organisation, or a body in words, with somebody there whom
    one can reach. `shown`: a member lets their name stand where everybody can read it."""

    member_id: int | None = None
    organisation_id: int | None = None
    body: str = ""
    contact_name: str = ""
    contact_phone: str | None = None
    contact_email: str | None = None
    commissioner_id: int | None = None
    part: Capacity | None = None
    shown: bool = False

    @property
    def kind(self) -> OwnerKind | None:
        """What kind of owner is named; None unless exactly one is."""
        named = {
            OwnerKind.MEMBER: self.member_id is not None,
            OwnerKind.ORGANISATION: self.organisation_id is not None,
            OwnerKind.BODY: self.body != "",
        }
        kinds = [kind for kind, is_named in named.items() if is_named]
        return kinds[0] if len(kinds) == 1 else None


@dataclass(frozen=True)
class NewCommitment:
    """A promise: what, by whom and by when; for which priority or option, and which plan it answers
    to."""

    words: str
    due_on: date
    owner: Owner
    partnership_id: int | None = None
    priority_id: int | None = None
    option_id: int | None = None
    answers_to: str = ""


@dataclass(frozen=True)
class NewStep:
    """What has become of a promise: moved to another day, done, dropped, confirmed by a resident
    (`confirmed_id`), or a mistake. `shown`: they may be named where everybody can read it."""

    kind: StepKind
    words: str = ""
    due_on: date | None = None
    happened_on: date | None = None
    confirmed_id: int | None = None
    shown: bool = False


@dataclass(frozen=True)
class Frame:
    """What a conversation says before it opens."""

    title: str
    can_change: str = ""
    fixed: str = ""
    decides: str = ""
    decider_id: int | None = None
    answers_on: date | None = None
    there_is: str = ""
    there_limit: str = ""
    last_year: str = ""


@dataclass(frozen=True)
class NewOption:
    """What could be done: its cost in minutes and pence, or that it is not known yet; what it needs
    from whom; who gains, who loses, and what is given up for it."""

    words: str
    minutes: int | None = None
    pence: int | None = None
    not_known: bool = False
    about: str = ""
    from_residents: str = ""
    from_practitioners: str = ""
    from_planners: str = ""
    gains: str = ""
    loses: str = ""
    given_up: str = ""


@dataclass(frozen=True)
class NewPoint:
    """Something said, by a member, or at a table by somebody in a part."""

    kind: PointKind
    words: str
    option_id: int | None = None
    member_id: int | None = None
    part: Capacity | None = None


@dataclass(frozen=True)
class NewSounding:
    """How somebody finds an option; a “no” is asked why."""

    answer: Sound
    why: str = ""
    member_id: int | None = None


@dataclass(frozen=True)
class Hands:
    """Hands counted at a meeting in one part: yes, can live with it, no."""

    session_id: int
    part: Capacity
    yes: int = 0
    can_live: int = 0
    no: int = 0


@dataclass(frozen=True)
class OptionHands:
    """Hands counted for one of the options of a meeting, in one part."""

    option_id: int
    part: Capacity
    yes: int = 0
    can_live: int = 0
    no: int = 0


@dataclass(frozen=True)
class MeetingHands:
    """All the hands that were counted at a meeting."""

    hands: Sequence[OptionHands]


@dataclass(frozen=True)
class NewVerdict:
    """The answer to an option, and its reason."""

    answer: Decision
    reason: str


@dataclass(frozen=True)
class EvaluationAnswers:
    """What one person answered: statements and the ladder by number, and two open questions."""

    values: Mapping[EvaluationItem, int]
    words: Mapping[EvaluationItem, str]


# ---- Words ----

STEP_WORDS: dict[int, Said] = {
    1: say("Groundwork: the first residents are found"),
    2: say("Residents and services learn together"),
    3: say("A listening event, reported back within days"),
    4: say("The partnership is formed, with a place to meet"),
    5: say("It meets every month, and early wins are shown"),
    6: say("There is evidence of change"),
    7: say("It stands by itself"),
}
"""In our words, after the seven steps of C2 Connecting Communities and the Health Empowerment
Leverage Project (HELP)."""

PART_WORDS = CAPACITIES

POINT_WORDS: dict[PointKind, Said] = {
    PointKind.FOR: say("For it"),
    PointKind.AGAINST: say("Against it"),
    PointKind.ONLY_IF: say("Only if"),
    PointKind.QUESTION: say("A question"),
}

SOUND_WORDS: dict[Sound, Said] = {
    Sound.YES: say("Yes", context="to an option"),
    Sound.CAN_LIVE: say("I can live with it"),
    Sound.NO: say("No", context="to an option"),
}

DECISION_WORDS: dict[Decision, Said] = {
    Decision.AGREED: say("Agreed"),
    Decision.AGREED_IF: say("Agreed, if"),
    Decision.NOT_NOW: say("Not now"),
    Decision.NO: say("No", context="answer to an option"),
}

STEP_KIND_WORDS: dict[StepKind, Said] = {
    StepKind.PROMISED: say("Promised"),
    StepKind.MOVED: say("Given another day"),
    StepKind.HANDED: say("Given to another owner"),
    StepKind.DONE: say("Said to be done"),
    StepKind.CONFIRMED: say("Confirmed by a resident"),
    StepKind.DROPPED: say("Not done, and why"),
    StepKind.MISTAKEN: say("Written down by mistake"),
}

ASKED_STEPS: dict[StepKind, Said] = {
    StepKind.MOVED: say("It needs another day"),
    StepKind.DONE: say("It is done"),
    StepKind.CONFIRMED: say("It is done, and a resident says so"),
    StepKind.DROPPED: say("It is not done"),
    StepKind.MISTAKEN: say("It was written down by mistake"),
}
"""The same for whoever says what has become of it."""

STATEMENTS: dict[EvaluationItem, Said] = {
    EvaluationItem.KNEW_WHAT_FOR: say("I knew what it was for."),
    EvaluationItem.TOLD_WHAT_CHANGES: say("I was told what could change and what could not."),
    EvaluationItem.HAD_WHAT_NEEDED: say("I had what I needed to have a view."),
    EvaluationItem.COULD_SAY: say("I could say what I wanted."),
    EvaluationItem.LISTENED_TO: say("I was listened to, by professionals too."),
    EvaluationItem.DIFFERENT_PEOPLE: say("Different kinds of people were there."),
    EvaluationItem.SOMETHING_COMES: say("Something will come of it."),
    EvaluationItem.WORTH_MY_TIME: say("It was worth my time."),
}
"""Timebank's own wording, after published themes: integrity, influence, culture, purpose."""

OPEN_QUESTIONS: dict[EvaluationItem, Said] = {
    EvaluationItem.BETTER: say("What would have made it better?"),
    EvaluationItem.HEALTH: say("What would you call better health round here?"),
}


RUNGS: dict[int, Said] = {
    1: say("Coercion"),
    2: say("Educating"),
    3: say("Informing"),
    4: say("Consultation"),
    5: say("Engagement"),
    6: say("Co-design"),
    7: say("Co-production"),
}
"""The Ladder of Co-production, Think Local Act Personal (National Co-production Advisory Group), as
in `surveys.instruments`."""


# ---- Decisions ----

PAST_DAY = say("That day is past. Choose today or a day to come.")


def check_new(new: NewCommitment, *, today: date) -> None:
    """Raises Invalid with everything that is wrong with a promise."""
    wrong: dict[str, Said] = {}
    if new.due_on < today:
        wrong["due_on"] = PAST_DAY
    if new.owner.kind is None:
        wrong["member"] = say("Name one owner: somebody, an organisation, or a body in words.")
    if new.owner.kind == OwnerKind.BODY and not new.owner.contact_name:
        wrong["contact_name"] = say("Write whom there one can ask about it.")
    if wrong:
        raise Invalid.of(wrong)


def check_step(last: StepKind, due_on: date, new: NewStep, *, today: date) -> None:
    """Raises NotInThatState when the step cannot follow the last one; Invalid with everything that
    has to be put right."""
    if new.kind not in FOLLOWS[last]:
        raise NotInThatState(
            say(
                "That cannot follow: the last step says “%(last)s”. Look at the promise again.",
                last=STEP_KIND_WORDS[last],
            )
        )
    wrong: dict[str, Said] = {}
    if new.kind in NEEDS_WORDS and not new.words:
        wrong["words"] = _WHY[new.kind]
    if new.kind == StepKind.MOVED:
        if new.due_on is None:
            wrong["due_on"] = say("Choose the new day.")
        elif new.due_on < today:
            wrong["due_on"] = PAST_DAY
        elif new.due_on == due_on:
            wrong["due_on"] = say("That is the day it has now. Choose another.")
    if new.happened_on is not None and new.happened_on > today:
        wrong["happened_on"] = say("That day is still to come.")
    if new.kind == StepKind.CONFIRMED and new.confirmed_id is None:
        wrong["confirmed_by"] = say("Choose the resident who says so.")
    # What was filled in without its choice is asked about, never passed over.
    if new.kind != StepKind.CONFIRMED and new.confirmed_id is not None:
        wrong["confirmed_by"] = say("You named who confirms it. Choose that, or name nobody.")
    if new.kind != StepKind.MOVED and new.due_on not in (None, due_on):
        wrong["due_on"] = say("You wrote another day. Choose that it needs one, or clear it.")
    if wrong:
        raise Invalid.of(wrong)


_WHY: dict[StepKind, Said] = {
    StepKind.MOVED: say("Write why the day is moved: everybody can read it."),
    StepKind.DONE: say("Write what shows that it is done."),
    StepKind.DROPPED: say("Write why it is not done: everybody can read it."),
    StepKind.MISTAKEN: say("Write what the mistake was."),
}


def late_by(last: StepKind, due_on: date, *, today: date) -> int:
    """By how many days a promise is late; 0 where it is not."""
    return max((today - due_on).days, 0) if last in UNDER_WAY else 0


FRAME_PARTS: dict[str, Said] = {
    "can_change": say("Write what can change."),
    "fixed": say("Write what cannot change, and why."),
    "decides": say("Write who decides."),
    "answers_on": say("Choose by when they answer."),
    "there_is": say("Write what there is: hours, money, rooms, staff time, skills nearby."),
    "there_limit": say("Write its limit: what there is at most."),
    "last_year": say("Write what the last year was spent on."),
}
"""What is missing in a frame, said."""


def check_frame(frame: Frame, *, today: date) -> None:
    """Raises Invalid with each part of the frame that a conversation cannot open without."""
    wrong = {name: said for name, said in FRAME_PARTS.items() if not getattr(frame, name)}
    if frame.answers_on is not None and frame.answers_on < today:
        wrong["answers_on"] = PAST_DAY
    if wrong:
        raise Invalid.of(wrong)


def check_option(option: NewOption) -> None:
    """Raises Invalid unless both costs are said, or that they are not known yet."""
    missing = say("Write it, 0 if it takes none, or tick “not known yet”.")
    wrong = {
        name: missing
        for name in ("minutes", "pence")
        if getattr(option, name) is None and not option.not_known
    }
    if wrong:
        raise Invalid.of(wrong)


def out_of_order(
    counted: Sequence[Collection[int]], themes: Sequence[int | None]
) -> tuple[list[int], list[int]]:
    """Which priorities stand in another order than the count, by their index: those before whose
    theme one is left out, or stands later, that clearly more people named; and those that nobody
    counted, with something behind them that was.

    `counted` are the themes that were, in blocks: within one nobody can say which comes first.
    """
    block = {theme: number for number, of in enumerate(counted) for theme in of}
    passed, uncounted = [], []
    for index, theme in enumerate(themes):
        own = block.get(theme or 0)
        if own is None and any(later in block for later in themes[index + 1 :]):
            uncounted.append(index)
        if own is not None and {one for of in counted[:own] for one in of} - set(themes[:index]):
            passed.append(index)
    return passed, uncounted


@dataclass(frozen=True)
class Sounded:
    """How people of some part find an option."""

    yes: int = 0
    can_live: int = 0
    no: int = 0

    @property
    def people(self) -> int:
        return self.yes + self.can_live + self.no

    @property
    def share(self) -> float:
        """The smoothed share of those who say yes or can live with it, (a + 1) / (n + 2)."""
        return (self.yes + self.can_live + 1) / (self.people + 2)

    def __add__(self, other: "Sounded") -> "Sounded":
        return Sounded(self.yes + other.yes, self.can_live + other.can_live, self.no + other.no)


def common_ground(residents: Sounded, professionals: Sounded) -> float:
    """The lower of the two smoothed shares of yes and can live with it."""
    return min(residents.share, professionals.share)


def apart_by(residents: Sounded, professionals: Sounded) -> float:
    """The gap between the two smoothed shares."""
    return abs(residents.share - professionals.share)
