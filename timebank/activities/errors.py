"""Why activities refuses."""

from timebank.errors import Conflict
from timebank.say import Said


class WrongMoment(Conflict):
    """The activity or session is not where this step starts from: over, called off, still to come,
    posted already."""

    code = "wrong_moment"


class MarkedMeanwhile(Conflict):
    """Somebody else has said something different of the same people since the register was
    opened."""

    code = "marked_meanwhile"


class NotEnough(Conflict):
    """Posting would take accounts outside what they allow, or move hours of those who have left.
    Nothing is posted.

    `fields` names what is wrong for each account, by `account:12`.
    """

    code = "not_enough"


class SponsorshipUsedUp(Conflict):
    """The sponsor has agreed to no more hours, or not for this day or activity."""

    code = "sponsorship_used_up"


class HelpedAlready(Conflict):
    """Two between whom hours would move have help written down for that day already, which may be
    the same. It is a question, answered by `another`."""

    code = "helped_already"

    def __init__(self, words: Said):
        super().__init__(words, fields={"another": words})


class PlanChanged(Conflict):
    """The register was changed after the hours were looked over."""

    code = "plan_changed"
