"""What the dialogue speaks of, and what may follow what. No session, no clock, no web."""

from enum import StrEnum

from timebank.act import Channel
from timebank.members.rules import Capacity

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
